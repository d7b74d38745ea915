package bind

import (
	"sync"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/source"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/syntax"
)

// bodies keeps the parsed bodies of stored functions by their text: a rule's function is called by most queries, and every
// query would parse it again. Trees are read only.
var bodies struct {
	mu   sync.Mutex
	kept map[string]*syntax.FunctionBody
}

const bodiesLimit = 256

// storedBody is the body of a stored function, nil when it does not parse or yields nothing.
func (b *binder) storedBody(f *function) *syntax.FunctionBody {
	text := f.stored.Body
	bodies.mu.Lock()
	body, known := bodies.kept[text]
	bodies.mu.Unlock()
	if known {
		return body
	}
	body = parseBody(text)
	bodies.mu.Lock()
	defer bodies.mu.Unlock()
	if bodies.kept == nil || len(bodies.kept) >= bodiesLimit {
		bodies.kept = map[string]*syntax.FunctionBody{}
	}
	bodies.kept[text] = body
	return body
}

func parseBody(text string) *syntax.FunctionBody {
	q := syntax.Parse(text)
	if source.HasErrors(q.Diagnostics) {
		return nil
	}
	body := &syntax.FunctionBody{}
	for _, s := range q.Statements {
		if e, ok := s.(*syntax.QueryStatement); ok {
			body.Expr = e.Expr
			continue
		}
		body.Statements = append(body.Statements, s)
	}
	if body.Expr == nil {
		return nil
	}
	return body
}
