package bind

import (
	"github.com/seed-caab1ad3/blindspot/emulator/kql/symbol"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/syntax"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
)

// scanSteps binds the scan operator. In a step, a step's name with a dot reads the row that the step matched last.
func (b *binder) scanSteps(t *table, o *syntax.ScanOperator) *table {
	at := o.Span()
	b.operatorParameters(o.Parameters, scanParameters)
	r := &Scanner{}
	r.At, r.Input = at, t.rel
	items := make([]*item, len(o.OrderBy))
	for i, e := range o.OrderBy {
		items[i] = b.expr(e)
	}
	r.Order = b.sortKeys(o.OrderBy, items)
	for _, e := range o.PartitionBy {
		if it := b.expr(e); it.expr != nil {
			r.Partition = append(r.Partition, it.expr)
		}
	}
	scope := b.scope
	b.scope = newScope(scope)
	declared := map[string]*Column{}
	var added []*Column
	for _, d := range o.Declare {
		p := b.parameter(d)
		c := b.newColumn(p.name, p.typ)
		a := Assignment{Column: c, Expr: NewConst(nullOf(p.typ.Scalar), d.Span())}
		if p.fallback != nil && p.fallback.expr != nil {
			a.Expr = convert(p.fallback.expr, p.typ.Scalar)
		}
		r.Declare = append(r.Declare, a)
		declared[c.Name] = c
		added = append(added, c)
		b.scope.declare(&local{name: c.Name, scalar: b.columnItem(c, d.Span())})
	}
	states := make([][]ColumnPair, len(o.Steps))
	for i, s := range o.Steps {
		row := b.newItem(item{kind: isRow, at: s.Span()})
		for _, c := range append(append([]*Column(nil), t.cols...), added...) {
			n := b.copyColumn(c)
			states[i] = append(states[i], ColumnPair{Out: n, In: c})
			row.cols = append(row.cols, n)
		}
		if s.Name != nil {
			b.scope.declare(&local{name: s.Name.Text, scalar: row})
		}
	}
	for i, s := range o.Steps {
		step := ScanStep{Optional: s.Optional, Output: s.Output, State: states[i]}
		if s.Name != nil {
			step.Name = s.Name.Text
		}
		step.Condition = b.condition(b.expr(s.Condition))
		for _, a := range s.Assignments {
			v := b.expr(a.Value)
			c := declared[a.Name.Text]
			if c == nil {
				b.unknownName(a.Name.Text, a.Name.Span())
				continue
			}
			if v.expr != nil {
				step.Assign = append(step.Assign, Assignment{Column: c, Expr: convert(v.expr, c.Type)})
			}
		}
		r.Steps = append(r.Steps, step)
	}
	b.scope = scope
	if name := parameterWord(o.Parameters, "with_match_id"); name != "" {
		r.MatchID = b.newColumn(name, symbol.Of(value.Long))
		added = append(added, r.MatchID)
	}
	r.Passed, r.Cols = passedWith(t.cols, nil, added)
	return newTable(r, t.open)
}
