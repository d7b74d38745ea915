package bind

import (
	"github.com/seed-caab1ad3/blindspot/emulator/kql/source"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/symbol"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/syntax"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
)

func (b *binder) makeSeries(t *table, o *syntax.MakeSeriesOperator) *table {
	at := o.Span()
	b.operatorParameters(o.Parameters, makeSeriesParameters)
	aggs := &aggregates{}
	items := make([]*item, len(o.Aggregates))
	counts := make([]int, len(o.Aggregates))
	b.inAggregates(aggs, func() {
		for i, a := range o.Aggregates {
			before := len(aggs.calls)
			items[i] = b.expr(a.Expr)
			if len(aggs.calls) == before {
				b.seriesConstant(items[i], aggs)
			}
			counts[i] = len(aggs.calls)
		}
	})
	defaults := make([]Expr, len(o.Aggregates))
	for i, a := range o.Aggregates {
		if a.Default == nil {
			continue
		}
		d := b.expr(a.Default)
		switch {
		case d.kind == isBad:
		case !d.literal && !isSigned(a.Default):
			b.literalWanted(d.at)
		case items[i].kind == isScalar && !items[i].unknown() && !symbol.Assignable(items[i].typ, d.typ, symbol.Compatible):
			b.unsupported("make-series with a default of another type", d.at)
		default:
			defaults[i] = convert(d.expr, items[i].typ.Scalar)
		}
	}
	on := b.bad(at)
	if o.On != nil {
		on = b.expr(o.On)
	}
	var from, to, step *item
	for _, x := range []struct {
		e  syntax.Expr
		to **item
	}{{o.From, &from}, {o.To, &to}, {o.Step, &step}} {
		if x.e != nil {
			row := b.row
			b.row = nil // bounds are constants: a let-bound StartTime counts, not a column of that name
			*x.to = b.expr(x.e)
			b.row = row
		}
	}
	by := make([]*item, len(o.Groups))
	for i, e := range o.Groups {
		by[i] = b.expr(e)
	}
	p := b.projection(len(by) + len(items) + 1)
	for i, e := range o.Groups {
		b.wantScalar(by[i])
		p.put(e, by[i], plain, false, nil, "")
	}
	keys := make([]Assignment, len(p.out))
	for i := range p.out {
		keys[i] = Assignment{Column: p.out[i].col, Expr: p.out[i].expr}
	}
	dynamic := symbol.Any
	for i, a := range o.Aggregates {
		b.wantScalar(items[i])
		p.put(a.Expr, items[i], summarizing, false, &dynamic, "")
	}
	r := &MakeSeries{Keys: keys, InRange: o.InRange, NonEmpty: parameterWord(o.Parameters, "kind") == "nonempty"}
	r.At, r.Input = at, t.rel
	series := len(p.out)
	axis := on.typ
	if o.On != nil {
		b.wantScalar(on)
		p.put(o.On, on, plain, false, &dynamic, "")
		b.boundary(from, axis)
		b.boundary(to, axis)
		b.interval(step, axis)
	}
	b.seriesCalls(r, p.out[len(keys):series], aggs, defaults, counts, at)
	if len(p.out) > series {
		e := on.expr
		if e == nil {
			e = NewConst(nullOf(value.DateTime), at)
		}
		r.Axis = Assignment{Column: p.out[series].col, Expr: e}
	} else {
		r.Axis = Assignment{Column: &Column{Name: "", Type: value.Dynamic}, Expr: NewConst(nullOf(value.DateTime), at)}
	}
	r.From, r.To, r.Step = exprOrNil(from, axis), exprOrNil(to, axis), exprOrNil(step, symbol.Type{})
	if r.Step == nil {
		r.Step = NewConst(value.NewLong(1), at)
	}
	r.Cols = p.columns()
	return newTable(r, t.open)
}

// isSigned reports whether an expression is a literal with a sign before it.
func isSigned(e syntax.Expr) bool {
	u, ok := e.(*syntax.UnaryExpr)
	if !ok {
		return false
	}
	_, ok = u.X.(*syntax.Literal)
	return ok
}

func exprOrNil(it *item, t symbol.Type) Expr {
	if it == nil || it.expr == nil {
		return nil
	}
	return convert(it.expr, t.Scalar)
}

// boundary checks an end of the axis.
func (b *binder) boundary(it *item, axis symbol.Type) {
	if it == nil || it.kind != isScalar || axis.Unknown() || it.typ.Unknown() {
		return
	}
	if !symbol.Assignable(axis, it.typ, symbol.Promotion) {
		b.typeWanted("KS141", it, axis.String())
	}
}

// interval checks the step of the axis.
func (b *binder) interval(it *item, axis symbol.Type) {
	if it == nil || it.kind != isScalar || axis.Unknown() || it.typ.Unknown() {
		return
	}
	b.silent++
	muted := b.muted
	left := *it
	left.typ, left.literal = axis, false
	t, _, ok := b.operate("+", []*item{&left, it}, it.at, true)
	b.muted = muted
	b.silent--
	if !ok || !symbol.Assignable(axis, t, symbol.NoConversion) {
		b.notInterval(it.typ, axis, it.at)
	}
}

// seriesConstant makes a series of a value that calls no aggregate: it is what any row of the bin has.
func (b *binder) seriesConstant(it *item, aggs *aggregates) {
	if it.kind != isScalar || it.expr == nil {
		return
	}
	out := b.newColumn("", it.typ)
	f := symbol.LookupAggregate("take_any")
	aggs.calls = append(aggs.calls, AggregateCall{Name: "take_any", Signature: &f.Signatures[0], Args: []Expr{it.expr}, Outputs: []*Column{out}, At: it.at})
	it.expr, it.literal, it.value = NewColumnRef(out, it.at), false, nil
}

// seriesCalls gives the aggregates the columns of the series. A series that is more than a call cannot run.
func (b *binder) seriesCalls(r *MakeSeries, out []output, aggs *aggregates, defaults []Expr, counts []int, at source.Span) {
	r.Aggregates = aggs.calls
	r.Defaults = make([]Expr, len(aggs.calls))
	for i := range defaults {
		if n := counts[i] - 1; n >= 0 && n < len(r.Defaults) {
			r.Defaults[n] = defaults[i]
		}
	}
	taken := map[*Column]*Column{}
	for _, o := range out {
		ref, ok := o.expr.(*ColumnRef)
		if !ok {
			b.unsupported("an expression over an aggregate in make-series", at)
			continue
		}
		taken[ref.Column] = o.col
	}
	for i := range r.Aggregates {
		outputs := r.Aggregates[i].Outputs
		for j, c := range outputs {
			if to := taken[c]; to != nil {
				outputs[j] = to
			}
		}
	}
}
