package ruletest

import (
	"context"
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/emulator"
	"github.com/seed-caab1ad3/blindspot/emulator/exec"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/source"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/symbol"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/syntax"
	"github.com/seed-caab1ad3/blindspot/emulator/sentinel"
)

// Explanation shows how the rows of a case go through a rule's query.
type Explanation struct {
	Result Result
	Window sentinel.Window
	// Operators are those of the plan as written, inputs before the operators that read them.
	Operators []OperatorRows
	Events    []EventFate
	// Trigger says what the rule asks of the number of rows, and Rows how many there were.
	Trigger string
	Rows    int
}

// OperatorRows is what one operator yielded.
type OperatorRows struct {
	Name     string
	Position content.Position // in the rule's file; zero for what lies in a function
	Rows     int64
	Time     time.Duration
}

// EventFate is what became of the events of one line of the case: at each operator of the pipes they went through, whether
// the result would be another without them.
type EventFate struct {
	Table    string
	Use      string
	Position content.Position // in the test's file
	Rows     int
	// Unseen says why no run saw them: outside the window, or late.
	Unseen string
	Steps  []Step
	// Reached: they still make a difference in the query's result.
	Reached bool
	// Died is the operator at which they stopped making one, nil when they reached the end or never began.
	Died *Step
	// Values are what decided: for a where, each part of the predicate with its outcome and the values it looked at.
	Values []string
}

// Step is one operator of a pipe.
type Step struct {
	Part     string // the let that the pipe belongs to, "" for the query itself
	Position content.Position
	Text     string // the operator's first line
	Rows     int    // that the prefix up to it yields
	Alive    bool
}

// Explain runs one case and follows its events. The rule need not pass.
func (r *Runner) Explain(ctx context.Context, rule *content.Rule, file *content.TestFile, test *content.TestCase) (*Explanation, error) {
	t, errs := r.prepare(file, test)
	if len(errs) > 0 {
		return nil, fmt.Errorf("%s", joined(errs))
	}
	x := &explainer{runner: r, rule: rule, trial: t, text: rule.Query.String()}
	x.run = r.firstRun(rule, t)
	e := &Explanation{Result: Result{Name: test.Name, Position: test.Position}, Window: x.run.Window}
	r.judge(ctx, rule, t, &e.Result)
	trace := &exec.Profile{}
	o := x.options()
	o.Trace, o.NoOptimizer = trace, true
	res, err := t.ws.Query(ctx, x.text, o)
	if err != nil {
		return nil, fmt.Errorf("%s", queryMessage(rule, err))
	}
	e.Rows = res.Tables[0].Rows
	if rule.Kind == content.NRT {
		e.Trigger = "any row"
	} else {
		e.Trigger = sentinel.Trigger{Operator: rule.TriggerOperator, Threshold: rule.TriggerThreshold}.Words()
	}
	for _, p := range trace.Operators {
		row := OperatorRows{Name: p.Name, Rows: p.Rows, Time: p.Time}
		if p.At.End > p.At.Start && p.At.End <= len(x.text) {
			row.Position = rule.Query.Position(p.At.Start)
		}
		e.Operators = append(e.Operators, row)
	}
	x.pipes = pipesOf(x.text)
	for ti := range test.Events {
		for ei := range test.Events[ti].Events {
			f, err := x.follow(ctx, file, ti, ei)
			if err != nil {
				return nil, err
			}
			e.Events = append(e.Events, f)
		}
	}
	return e, nil
}

// firstRun is the run of a case, or the first of its span.
func (r *Runner) firstRun(rule *content.Rule, t *trial) sentinel.Run {
	if rule.Kind == content.NRT {
		return sentinel.NRTRun(t.now, time.Time{}, r.Options)
	}
	return sentinel.Grid{Anchor: t.now, Frequency: rule.QueryFrequency.Value, Period: rule.QueryPeriod.Value}.At(0, r.Options)
}

type explainer struct {
	runner *Runner
	rule   *content.Rule
	trial  *trial
	run    sentinel.Run
	text   string
	pipes  []pipe
}

func (x *explainer) options() emulator.QueryOptions {
	return sentinel.OnWorkspace{}.Options(sentinel.Request{Now: x.run.Due, Window: x.run.Window, Visible: x.run.Executes, Closed: x.runner.Options.ClosedWindow})
}

// pipe is a tabular expression of a query with the statements before it.
type pipe struct {
	name   string // of the let
	before string // text of the statements that go before
	expr   *syntax.PipeExpr
	final  bool
}

// pipesOf lists the pipes of a query: those that lets bind, through materialize, brackets and views without parameters, the
// right sides of joins and the legs of unions in them, and the query itself, which comes last.
func pipesOf(text string) []pipe {
	q := syntax.Parse(text)
	if source.HasErrors(q.Diagnostics) {
		return nil
	}
	var out []pipe
	before := ""
	for _, s := range q.Statements {
		at := s.Span()
		switch s := s.(type) {
		case *syntax.LetStatement:
			if p := pipeIn(s.Value); p != nil {
				out = append(out, inner(before, s.Name.Text, p)...)
				out = append(out, pipe{name: s.Name.Text, before: before, expr: p})
			}
		case *syntax.QueryStatement:
			if p := pipeIn(s.Expr); p != nil {
				out = append(out, inner(before, "", p)...)
				out = append(out, pipe{before: before, expr: p, final: true})
			}
		}
		before += text[at.Start:at.End]
		if !strings.HasSuffix(strings.TrimSpace(before), ";") {
			before += ";"
		}
		before += "\n"
	}
	return out
}

// inner lists the pipes within the operators of a pipe.
func inner(before, name string, p *syntax.PipeExpr) []pipe {
	var out []pipe
	add := func(e syntax.Expr, what string) {
		if q := pipeIn(e); q != nil && q.Source != nil {
			label := what
			if name != "" {
				label = name + ", " + what
			}
			out = append(out, pipe{name: label, before: before, expr: q})
		}
	}
	legs := func(e syntax.Node) {
		syntax.Walk(e, func(n syntax.Node) bool {
			switch n := n.(type) {
			case *syntax.JoinOperator:
				add(n.Right, "right side of join")
			case *syntax.LookupOperator:
				add(n.Right, "right side of lookup")
			case *syntax.UnionOperator:
				for _, t := range n.Tables {
					add(t, "leg of union")
				}
			}
			return true
		})
	}
	legs(p)
	return out
}

func pipeIn(e syntax.Expr) *syntax.PipeExpr {
	for {
		switch v := e.(type) {
		case *syntax.PipeExpr:
			return v
		case *syntax.ParenExpr:
			e = v.X
		case *syntax.CallExpr:
			if v.Name.Text != "materialize" || len(v.Args) != 1 {
				return nil
			}
			e = v.Args[0]
		case *syntax.FunctionDeclaration:
			if len(v.Parameters) > 0 || v.Body == nil || len(v.Body.Statements) > 0 {
				return nil
			}
			e = v.Body.Expr
		default:
			return nil
		}
	}
}

// prefix is the query of a pipe's first n operators.
func (x *explainer) prefix(p pipe, n int) string {
	if p.expr.Source == nil {
		if n == 0 {
			return ""
		}
		return p.before + x.text[p.expr.Operators[0].Span().Start:p.expr.Operators[n-1].Span().End]
	}
	end := p.expr.Source.Span().End
	if n > 0 {
		end = p.expr.Operators[n-1].Span().End
	}
	return p.before + x.text[p.expr.Source.Span().Start:end]
}

// without is the case with one line of events left out.
func without(t *content.TestCase, table, event int) *content.TestCase {
	c := *t
	c.Events = append([]content.TableEvents(nil), t.Events...)
	te := c.Events[table]
	te.Events = append(append([]content.Event(nil), te.Events[:event]...), te.Events[event+1:]...)
	c.Events[table] = te
	return &c
}

// follow finds how far one line of events goes: a prefix of a pipe is run with and without it, and where both give the
// same, it no longer makes a difference.
func (x *explainer) follow(ctx context.Context, file *content.TestFile, table, event int) (EventFate, error) {
	te := x.trial.test.Events[table]
	ev := te.Events[event]
	f := EventFate{Table: te.Table, Use: ev.Use, Position: ev.Position, Rows: ev.Repeat}
	unseen, why := 0, ""
	for _, t := range x.trial.set.Tables {
		for _, row := range t.Rows {
			if t.Schema.Name == symbol.InWorkspace(symbol.SplitWorkspace(te.Table)) && row.From == ev.Position {
				if note := x.unseen(row); note != "" {
					unseen++
					why = note
				}
			}
		}
	}
	if unseen > 0 {
		f.Unseen = fmt.Sprintf("%d of %d %s", unseen, ev.Repeat, why)
	}
	other, errs := x.runner.prepare(file, without(x.trial.test, table, event))
	if len(errs) > 0 {
		return f, fmt.Errorf("%s", joined(errs))
	}
	last := -1
	var at pipe
	var n int
	lost := map[string]death{} // by let, where the events stopped to make a difference in it
	for _, p := range x.pipes {
		for k := 0; k <= len(p.expr.Operators); k++ {
			q := x.prefix(p, k)
			if q == "" {
				continue
			}
			a, err := x.rows(ctx, x.trial.ws, q)
			if err != nil {
				continue // the part does not stand alone, for instance one that reads a row context
			}
			b, err := x.rows(ctx, other.ws, q)
			if err != nil {
				continue
			}
			alive := !sameRows(a, b)
			s := Step{Part: p.name, Rows: len(a.lines), Alive: alive, Position: x.position(p, k), Text: x.opText(p, k)}
			if alive {
				last = len(f.Steps)
			} else if last == len(f.Steps)-1 && last >= 0 && k > 0 && f.Steps[last].Part == p.name {
				at, n = p, k
			}
			if k > 0 && !alive && len(f.Steps) > 0 && f.Steps[len(f.Steps)-1].Part == p.name && f.Steps[len(f.Steps)-1].Alive {
				lost[p.name] = death{p, k}
			} else if alive {
				delete(lost, p.name)
			}
			f.Steps = append(f.Steps, s)
			f.Reached = p.final && k == len(p.expr.Operators) && alive
		}
	}
	if !f.Reached && last >= 0 && at.expr != nil {
		for i := range f.Steps {
			if f.Steps[i].Part == at.name && f.Steps[i].Position == x.position(at, n) {
				s := f.Steps[i]
				f.Died = &s
			}
		}
		values, failed := x.decided(ctx, other.ws, at, n)
		f.Values = append(values, x.partners(ctx, at, n)...)
		// A condition that asks a let fails for what the let has lost: the cause lies there.
		for range len(lost) {
			name, d, found := cause(failed, lost)
			if !found {
				break
			}
			delete(lost, name)
			where := x.position(d.pipe, d.n)
			f.Values = append(f.Values, fmt.Sprintf("because %s lost them at %s:%d:%d: %s", name, x.rule.File(), where.Line, where.Column, x.opText(d.pipe, d.n)))
			values, failed = x.decided(ctx, other.ws, d.pipe, d.n)
			f.Values = append(f.Values, values...)
		}
	}
	return f, nil
}

// death is the operator of a pipe at which events stopped to make a difference.
type death struct {
	pipe pipe
	n    int
}

// cause finds a let that one of the conditions names and that has lost the events.
func cause(conditions []syntax.Expr, lost map[string]death) (name string, d death, found bool) {
	for _, c := range conditions {
		syntax.Walk(c, func(node syntax.Node) bool {
			if r, ok := node.(*syntax.NameRef); ok && !found {
				if d, found = lost[r.Name.Text]; found {
					name = r.Name.Text
				}
			}
			return !found
		})
	}
	return name, d, found
}

// partners tells of a join how many rows its other side has.
func (x *explainer) partners(ctx context.Context, p pipe, n int) []string {
	join, ok := p.expr.Operators[n-1].(*syntax.JoinOperator)
	if !ok {
		return nil
	}
	at := join.Right.Span()
	side := x.text[at.Start:at.End]
	r, err := x.rows(ctx, x.trial.ws, p.before+side)
	if err != nil {
		return nil
	}
	what := "the right side"
	if ref, ok := join.Right.(*syntax.NameRef); ok {
		what = ref.Name.Text
	}
	if len(r.lines) == 0 {
		return []string{what + " has no row to match"}
	}
	rows := "rows"
	if len(r.lines) == 1 {
		rows = "row"
	}
	return []string{fmt.Sprintf("none of the %d %s of %s matches as it should", len(r.lines), rows, what)}
}

func (x *explainer) unseen(row Row) string {
	w := x.run.Window
	switch {
	case x.trial.test.Until.IsSet():
	case w.ByIngestion && (row.Ingested.After(w.To) || !row.Ingested.After(w.From)):
		return "ingested outside the window"
	case w.ByIngestion:
	case row.Time.Before(w.From):
		return "before the window"
	case !row.Time.Before(w.To):
		return "after the window"
	case row.Ingested.After(x.run.Executes):
		return "ingested after the run"
	}
	return ""
}

func (x *explainer) position(p pipe, k int) content.Position {
	if k == 0 {
		return x.rule.Query.Position(p.expr.Source.Span().Start)
	}
	return x.rule.Query.Position(p.expr.Operators[k-1].Span().Start)
}

func (x *explainer) opText(p pipe, k int) string {
	var at source.Span
	if k == 0 {
		at = p.expr.Source.Span()
	} else {
		at = p.expr.Operators[k-1].Span()
	}
	line, _, more := strings.Cut(x.text[at.Start:at.End], "\n")
	if more {
		line += " ..."
	}
	return line
}

// rowText is a result as lines of text, for comparing, with its rows.
type rowText struct {
	rows  sentinel.Rows
	lines []string
}

// maxExplained bounds the rows that are compared.
const maxExplained = 100_000

func (x *explainer) rows(ctx context.Context, ws *emulator.Workspace, q string) (rowText, error) {
	res, err := ws.Query(ctx, q, x.options())
	if err != nil {
		return rowText{}, err
	}
	out := rowText{rows: sentinel.RowsOf(res)}
	for i := range out.rows.Rows {
		if i == maxExplained {
			break
		}
		var b strings.Builder
		for c, col := range out.rows.Columns {
			if col.Name == "_ItemId" {
				continue
			}
			b.WriteString(out.rows.Text(i, c))
			b.WriteByte(0)
		}
		out.lines = append(out.lines, b.String())
	}
	return out, nil
}

func sameRows(a, b rowText) bool {
	if len(a.lines) != len(b.lines) {
		return false
	}
	x, y := append([]string(nil), a.lines...), append([]string(nil), b.lines...)
	sort.Strings(x)
	sort.Strings(y)
	for i := range x {
		if x[i] != y[i] {
			return false
		}
	}
	return true
}

// decided shows what the rows that die looked like to the operator that drops them, and the conditions that failed.
func (x *explainer) decided(ctx context.Context, other *emulator.Workspace, p pipe, n int) (out []string, failed []syntax.Expr) {
	filter, ok := p.expr.Operators[n-1].(*syntax.FilterOperator)
	if !ok {
		return nil, nil
	}
	before := x.prefix(p, n-1)
	parts := conjuncts(filter.Predicate)
	q := before + "\n| extend "
	for i, c := range parts {
		if i > 0 {
			q += ", "
		}
		at := c.Span()
		q += fmt.Sprintf("decided_%d = tobool(%s)", i+1, x.text[at.Start:at.End])
	}
	with, err := x.rows(ctx, x.trial.ws, q)
	if err != nil {
		return nil, nil
	}
	without, err := x.rows(ctx, other, q)
	if err != nil {
		return nil, nil
	}
	had := map[string]int{}
	for _, l := range without.lines {
		had[l]++
	}
	said := map[string]bool{}
	for i, l := range with.lines {
		if had[l] > 0 {
			had[l]--
			continue
		}
		for k, c := range parts {
			at := c.Span()
			if v := with.rows.Text(i, with.rows.Column(fmt.Sprintf("decided_%d", k+1))); v != "true" {
				if v == "" {
					v = "null"
				}
				line := fmt.Sprintf("%s is %s", oneLine(x.text[at.Start:at.End]), v)
				if list := x.values(c, with.rows, i); list != "" {
					line += ": " + list
				}
				if !slices.Contains(failed, c) {
					failed = append(failed, c)
				}
				if !said[line] {
					said[line] = true
					out = append(out, line)
				}
			}
		}
		if len(out) >= 5 {
			break
		}
	}
	return out, failed
}

func conjuncts(e syntax.Expr) []syntax.Expr {
	for {
		p, ok := e.(*syntax.ParenExpr)
		if !ok {
			break
		}
		e = p.X
	}
	if b, ok := e.(*syntax.BinaryExpr); ok && b.Op == syntax.OpAnd {
		return append(conjuncts(b.X), conjuncts(b.Y)...)
	}
	return []syntax.Expr{e}
}

// constants are the lets that stand for a plain value, as they are written.
func (x *explainer) constants() map[string]string {
	out := map[string]string{}
	for _, s := range syntax.Parse(x.text).Statements {
		l, ok := s.(*syntax.LetStatement)
		if !ok {
			continue
		}
		switch l.Value.(type) {
		case *syntax.Literal, *syntax.StringLiteral, *syntax.DynamicLiteral:
			at := l.Value.Span()
			if text := oneLine(x.text[at.Start:at.End]); len(text) <= 120 {
				out[l.Name.Text] = text
			}
		}
	}
	return out
}

// values names the columns and constants of an expression with what a row holds in them.
func (x *explainer) values(e syntax.Expr, rows sentinel.Rows, row int) string {
	constants := x.constants()
	var out []string
	seen := map[string]bool{}
	syntax.Walk(e, func(n syntax.Node) bool {
		if r, ok := n.(*syntax.NameRef); ok && !seen[r.Name.Text] {
			if c := rows.Column(r.Name.Text); c >= 0 {
				seen[r.Name.Text] = true
				out = append(out, fmt.Sprintf("%s = %s", r.Name.Text, showValue(rows.Rows[row][c])))
			} else if text, ok := constants[r.Name.Text]; ok {
				seen[r.Name.Text] = true
				out = append(out, fmt.Sprintf("%s = %s", r.Name.Text, text))
			}
		}
		return true
	})
	return strings.Join(out, ", ")
}
