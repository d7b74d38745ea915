package sentinel

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/emulator"
	"github.com/seed-caab1ad3/blindspot/emulator/exec"
	"github.com/seed-caab1ad3/blindspot/emulator/kql"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/source"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/symbol"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/syntax"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/result"
)

// OnWorkspace is an Engine over a workspace in memory.
type OnWorkspace struct {
	Workspace *emulator.Workspace
	Workers   int
	Limits    exec.Limits
}

// tick is the resolution of Kusto's clock.
const tick = 100 * time.Nanosecond

// Options are the query options for a request.
func (e OnWorkspace) Options(r Request) emulator.QueryOptions {
	o := emulator.QueryOptions{Now: r.Now, From: r.Window.From, To: r.Window.To, VisibleUntil: r.Visible, Profile: kql.Sentinel, Workers: e.Workers, Limits: e.Limits}
	if r.Window.ByIngestion {
		o.From, o.To = r.Window.Oldest, time.Time{}
		o.IngestedFrom, o.VisibleUntil = r.Window.From, r.Window.To
		return o
	}
	if r.Closed {
		o.To = o.To.Add(tick)
	}
	return o
}

// Run runs a rule's query over the window of a request.
func (e OnWorkspace) Run(ctx context.Context, _ *content.Rule, r Request) (Rows, error) {
	res, err := e.Workspace.Query(ctx, r.Query, e.Options(r))
	if err != nil {
		var q *emulator.QueryError
		switch {
		case errors.As(err, &q):
			err = &queryFault{q}
		case errors.Is(err, exec.ErrTime):
			err = &runFault{err, "QUERY_TIMEOUT", true}
		case errors.Is(err, exec.ErrLimit):
			err = &runFault{err, "QUERY_CONSUMES_TOO_MANY_RESOURCES", false}
		}
		return Rows{}, err
	}
	if n := len(res.Tables); n > 1 {
		return Rows{}, &runFault{fmt.Errorf("the query gives %d results; a rule's query gives one", n), "MULTIPLE_RESULT_SET_NOT_ALLOWED", false}
	}
	return RowsOf(res), nil
}

// RowsOf takes the first table of a result.
func RowsOf(res *result.Result) Rows {
	var out Rows
	if len(res.Tables) == 0 {
		return out
	}
	t := res.Tables[0]
	for _, c := range t.Columns {
		out.Columns = append(out.Columns, symbol.Column{Name: c.Name, Type: c.Type})
	}
	out.Rows = make([][]value.Value, t.Rows)
	for i := range out.Rows {
		row := make([]value.Value, len(t.Vectors))
		for c, v := range t.Vectors {
			row[c] = v.Value(i)
		}
		out.Rows[i] = row
	}
	return out
}

// otherWorkspaces lists the workspaces that a query names, as it names them, each once.
func otherWorkspaces(query string) []string {
	if !strings.Contains(query, "workspace") {
		return nil
	}
	var out []string
	for _, s := range syntax.Parse(query).Statements {
		syntax.Walk(s, func(n syntax.Node) bool {
			if call, ok := n.(*syntax.CallExpr); ok && call.Name.Text == "workspace" && len(call.Args) == 1 {
				if l, ok := call.Args[0].(*syntax.StringLiteral); ok && !slices.Contains(out, l.Value) {
					out = append(out, l.Value)
				}
			}
			return true
		})
	}
	return out
}

// runFault is what went wrong while a query ran.
type runFault struct {
	error
	reason  string
	passing bool
}

func (f *runFault) Unwrap() error   { return f.error }
func (f *runFault) Reason() string  { return f.reason }
func (f *runFault) Transient() bool { return f.passing }

// queryFault is a query's own mistake with the reason that SentinelHealth gives for it (fact S133).
type queryFault struct{ *emulator.QueryError }

func (f *queryFault) Unwrap() error { return f.QueryError }

// Reason is the reason code of a query that does not compile.
func (f *queryFault) Reason() string {
	switch f.Code() {
	case "KS211":
		return "UNKNOWN_FUNCTION"
	case "BS102":
		return "TABLE_NOT_EXISTS"
	case "BS205":
		return "WORKSPACE_NOT_EXIST"
	}
	for _, d := range f.Diagnostics {
		if d.Severity == source.Error && standsForTable(f.Text, d.Span) {
			return "TABLE_NOT_EXISTS"
		}
		if d.Kind == "syntax" {
			return "SYNTAX_ERROR"
		}
	}
	return "SEMANTIC_ERROR"
}

// standsForTable reports whether a place of a query is a name where only a table can stand.
func standsForTable(text string, at source.Span) bool {
	found := false
	table := func(e syntax.Expr) {
		for {
			p, ok := e.(*syntax.ParenExpr)
			if !ok {
				break
			}
			e = p.X
		}
		if n, ok := e.(*syntax.NameRef); ok && n.Span() == at {
			found = true
		}
	}
	for _, s := range syntax.Parse(text).Statements {
		syntax.Walk(s, func(n syntax.Node) bool {
			switch n := n.(type) {
			case *syntax.PipeExpr:
				table(n.Source)
			case *syntax.QueryStatement:
				table(n.Expr)
			case *syntax.UnionOperator:
				for _, t := range n.Tables {
					table(t)
				}
			case *syntax.JoinOperator:
				table(n.Right)
			case *syntax.LookupOperator:
				table(n.Right)
			}
			return !found
		})
	}
	return found
}
