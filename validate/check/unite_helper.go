package check

import (
	"slices"
	"strings"

	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/source"
	"github.com/seed-caab1ad3/blindspot/validate/report"
)

// uniteHelper is the fix of a helper that is called once a stream: it reads the union of both tables and is called once. nil when the
// helper uses its parameter for more than table(), or its results for more than a union.
func (p *Pass) uniteHelper(it item, name string, start, end int) *report.Fix {
	if p.compiler == nil {
		return nil
	}
	was := it.compiled(p)
	if source.HasErrors(was.Diagnostics) || was.Columns == nil {
		return nil
	}
	q := it.query.String()
	m := p.mask(q)
	h := p.halves()[0]
	let := strings.LastIndex(m[:start], "let")
	if let < 0 {
		return nil
	}
	open := let + strings.IndexByte(m[let:start], '(')
	parameter, rest, _ := strings.Cut(m[open+1:closing(m, open)], ":")
	parameter = strings.TrimSpace(parameter)
	if parameter == "" || strings.TrimSpace(rest) != "string" {
		return nil
	}
	union := p.freeName(m, h)
	edits := []content.Edit{{Start: open + 1, End: closing(m, open)}}
	// The body: each table(parameter) gives way to the union, and the parameter has no other use.
	ok := true
	for at := start; at < end && ok; {
		i, found := hasWord(m[at:end], parameter)
		if !found {
			break
		}
		i += at
		at = i + len(parameter)
		before := strings.TrimRight(m[:i], " \t\r\n")
		after := skipSpace(m, at)
		t := strings.TrimRight(strings.TrimSuffix(before, "("), " \t\r\n")
		if ok = strings.HasSuffix(before, "(") && strings.HasSuffix(t, "table") && after < len(m) && m[after] == ')'; ok {
			edits = append(edits, content.Edit{Start: len(t) - len("table"), End: after + 1, Text: union})
		}
	}
	// The calls: one a table.
	front, back := mention{-1, -1}, mention{-1, -1}
	words(m, func(w string, at int) bool {
		if w != name || at < end && at > let {
			return true
		}
		open := skipSpace(m, at+len(w))
		if open >= len(m) || m[open] != '(' {
			ok = false
			return false
		}
		call := mention{at, closing(m, open) + 1}
		switch arg := strings.Trim(strings.TrimSpace(q[open+1:call.end-1]), `"'`); {
		case arg == h.table && front.start < 0:
			front = call
			edits = append(edits, content.Edit{Start: open + 1, End: call.end - 1})
		case arg == h.sibling && back.start < 0:
			back = call
		default:
			ok = false
		}
		return ok
	})
	if !ok || front.start < 0 || back.start < 0 {
		return nil
	}
	more, ok := withoutRelation(m, back)
	if !ok {
		return nil
	}
	edits = append(edits, more...)
	edited, err := content.Splice([]byte(q), edits...)
	if err != nil {
		return nil
	}
	text := soleOperands(string(edited))
	text = withLet(text, p.unionLet(union, q, m, h, was, true))
	return p.rewrite(it, h, was, text, "count both streams together")
}

// withoutRelation takes a relation out of a masked query: out of the union that it is an operand of, or, when a let names it, that let
// and its name out of every union. ok is false when it is used in another way.
func withoutRelation(m string, at mention) (edits []content.Edit, ok bool) {
	before := strings.TrimRight(m[:at.start], " \t\r\n")
	if !strings.HasSuffix(before, "=") {
		e, ok := withoutOperand(m, at)
		return []content.Edit{e}, ok
	}
	before = strings.TrimRight(strings.TrimSuffix(before, "="), " \t\r\n")
	k := len(before)
	for k > 0 && wordByte(before[k-1]) {
		k--
	}
	name, let := before[k:], strings.TrimRight(before[:k], " \t\r\n")
	semicolon := skipSpace(m, at.end)
	if name == "" || !strings.HasSuffix(let, "let") || semicolon >= len(m) || m[semicolon] != ';' {
		return nil, false
	}
	from, to := len(let)-len("let"), semicolon+1
	for from > 0 && (m[from-1] == ' ' || m[from-1] == '\t') {
		from--
	}
	for to < len(m) && (m[to] == ' ' || m[to] == '\t' || m[to] == '\r') {
		to++
	}
	if to < len(m) && m[to] == '\n' && (from == 0 || m[from-1] == '\n') {
		to++
	}
	edits = append(edits, content.Edit{Start: from, End: to})
	ok = true
	words(m, func(w string, i int) bool {
		if w != name || i >= from && i < to {
			return true
		}
		var e content.Edit
		e, ok = withoutOperand(m, mention{i, i + len(w)})
		edits = append(edits, e)
		return ok
	})
	return edits, ok
}

// withoutOperand takes an operand out of the list of a union.
func withoutOperand(m string, at mention) (content.Edit, bool) {
	for {
		open, end := strings.TrimRight(m[:at.start], " \t\r\n"), skipSpace(m, at.end)
		if !strings.HasSuffix(open, "(") || end >= len(m) || m[end] != ')' {
			break
		}
		at = mention{len(open) - 1, end + 1}
	}
	step := strings.LastIndexAny(m[:at.start], "|;{")
	if first := strings.LastIndex(m[:at.start], "union"); first < step || first < 0 {
		return content.Edit{}, false
	}
	before := strings.TrimRight(m[:at.start], " \t\r\n")
	after := skipSpace(m, at.end)
	switch {
	case strings.HasSuffix(before, ","):
		return content.Edit{Start: len(before) - 1, End: at.end}, true
	case after < len(m) && m[after] == ',':
		return content.Edit{Start: at.start, End: skipSpace(m, after+1)}, true
	case step >= 0 && m[step] == '|': // T | union this
		return content.Edit{Start: len(strings.TrimRight(m[:step], " \t\r\n")), End: at.end}, true
	}
	return content.Edit{}, false
}

// soleOperands writes a union of one relation, at the start of a statement, as that relation.
func soleOperands(q string) string {
	m := mask(q)
	var edits []content.Edit
	words(m, func(w string, at int) bool {
		before := strings.TrimRight(m[:at], " \t\r\n")
		if w != "union" || before != "" && !slices.Contains([]byte("=;({"), before[len(before)-1]) {
			return true
		}
		i := skipSpace(m, at+len(w))
		for {
			word, rest := firstWord(m[i:])
			eq := skipSpace(rest, 0)
			if word == "" {
				return true
			}
			if eq >= len(rest) || rest[eq] != '=' {
				break
			}
			value := skipSpace(rest, eq+1)
			_, rest = firstWord(rest[value:])
			i = skipSpace(m, len(m)-len(rest))
		}
		word, rest := firstWord(m[i:])
		next := skipSpace(rest, 0)
		if next < len(rest) && rest[next] == '(' {
			next = skipSpace(rest, closing(rest, next)+1)
		}
		if word != "withsource" && (next >= len(rest) || rest[next] == '|' || rest[next] == ';' || rest[next] == ')') {
			edits = append(edits, content.Edit{Start: at, End: i})
		}
		return true
	})
	out, err := content.Splice([]byte(q), edits...)
	if err != nil {
		return q
	}
	return string(out)
}
