package plan

import (
	"github.com/seed-caab1ad3/blindspot/emulator/kql/bind"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
)

// pushdown moves the conjuncts of filters towards the tables they come from, as far as that changes no answer.
func (o *optimizer) pushdown(rel bind.Rel) bind.Rel {
	var visit func(bind.Rel) bind.Rel
	visit = func(rel bind.Rel) bind.Rel {
		if use, ok := rel.(*bind.Shared); ok {
			return o.rewriteDef(use, visit)
		}
		f, ok := rel.(*bind.Filter)
		if !ok || !Pure(f.Predicate) { // a conjunct over the order of rows must see the rows that another would drop
			return mapInputs(rel, visit)
		}
		in, rest := f.Input, []bind.Expr(nil)
		for _, c := range Conjuncts(f.Predicate) {
			if moved, ok := push(c, in); ok {
				in = moved
			} else {
				rest = append(rest, c)
			}
		}
		if in == f.Input {
			return mapInputs(rel, visit)
		}
		return filter(visit(in), rest)
	}
	var out bind.Rel
	o.withDefs(func() { out = visit(rel) })
	return out
}

// filter puts the conjuncts, if any, over in.
func filter(in bind.Rel, conjuncts []bind.Expr) bind.Rel {
	if len(conjuncts) == 0 {
		return in
	}
	pred := conjuncts[0]
	for _, c := range conjuncts[1:] {
		pred = bind.NewCall("and", nil, value.Bool, pred.Span().Union(c.Span()), pred, c)
	}
	f := &bind.Filter{Predicate: pred}
	f.Cols, f.At, f.Input = in.Columns(), pred.Span(), in
	return f
}

// push returns in with the conjunct c placed below it, and whether it could be. A filter that stays right above in is
// not a push.
func push(c bind.Expr, in bind.Rel) (bind.Rel, bool) {
	if !Pure(c) {
		return in, false
	}
	switch r := in.(type) {
	case *bind.Filter:
		if !Pure(r.Predicate) {
			return in, false // it reads the rows before, which must stay
		}
		if below, ok := push(c, r.Input); ok {
			copied := *r
			copied.Input = below
			return &copied, true
		}
	case *bind.Project:
		return pushProject(c, r)
	case *bind.Sort:
		copied := *r
		copied.Input = sink(c, r.Input)
		return &copied, true
	case *bind.Union:
		return pushUnion(c, r)
	case *bind.Aggregate:
		return pushAggregate(c, r)
	case *bind.Join:
		return pushJoin(c, r)
	case *bind.Lookup:
		if moved := through(c, r.LeftOut); moved != nil {
			copied := *r
			copied.Left = sink(moved, r.Left)
			return &copied, true
		}
	case *bind.MvExpand:
		if moved := through(c, r.Passed); moved != nil && r.ItemIndex == nil {
			copied := *r
			copied.Input = sink(moved, r.Input)
			return &copied, true
		}
	case *bind.Parse:
		if moved := through(c, r.Passed); moved != nil {
			copied := *r
			copied.Input = sink(moved, r.Input)
			return &copied, true
		}
	}
	return in, false
}

// sink places c below in if it can, and else right above it.
func sink(c bind.Expr, in bind.Rel) bind.Rel {
	if below, ok := push(c, in); ok {
		return below
	}
	return filter(in, []bind.Expr{c})
}

// through returns c over the input's columns when it reads only columns that are passed on, nil otherwise.
func through(c bind.Expr, pairs []bind.ColumnPair) bind.Expr {
	out := columnSet{}
	with := map[*bind.Column]bind.Expr{}
	for _, p := range pairs {
		out.add(p.Out)
		if p.Out != p.In {
			with[p.Out] = bind.NewColumnRef(p.In, c.Span())
		}
	}
	if !out.covers(c) {
		return nil
	}
	return replace(c, with)
}

// pushProject moves c below a projection when it reads only columns that are passed on, renamed or constant: computing a
// column twice could cost more than it saves. Functions over the order of rows must see every row.
func pushProject(c bind.Expr, r *bind.Project) (bind.Rel, bool) {
	with := map[*bind.Column]bind.Expr{}
	simple := columnSet{}
	for _, a := range r.Assign {
		if HasWindow(a.Expr) {
			return r, false
		}
		switch a.Expr.(type) {
		case *bind.ColumnRef, *bind.Const:
			simple.add(a.Column)
			with[a.Column] = a.Expr
		}
	}
	if !simple.covers(c) {
		return r, false
	}
	copied := *r
	copied.Input = sink(replace(c, with), r.Input)
	return &copied, true
}

// pushUnion puts c into every input, where a column that an input lacks is a null.
func pushUnion(c bind.Expr, r *bind.Union) (bind.Rel, bool) {
	copied := *r
	copied.Rels = make([]bind.Rel, len(r.Rels))
	for i, in := range r.Rels {
		with := map[*bind.Column]bind.Expr{}
		for j, out := range r.Cols {
			switch {
			case out == r.Source:
				with[out] = bind.NewConst(value.NewString(r.Names[i]), c.Span())
			case r.Map[i][j] == nil:
				with[out] = bind.NewConst(value.Null(out.Type), c.Span())
			default:
				with[out] = bind.NewColumnRef(r.Map[i][j], c.Span())
			}
		}
		copied.Rels[i] = sink(replace(c, with), in)
	}
	return &copied, true
}

// pushAggregate moves c below a summarize when it reads only keys that are plain columns. Without keys there is one row
// whatever the input, so nothing moves.
func pushAggregate(c bind.Expr, r *bind.Aggregate) (bind.Rel, bool) {
	for _, e := range exprsOf(r) {
		if !Pure(e) {
			return r, false
		}
	}
	with := map[*bind.Column]bind.Expr{}
	keys := columnSet{}
	for _, k := range r.Keys {
		if _, ok := k.Expr.(*bind.ColumnRef); ok {
			keys.add(k.Column)
			with[k.Column] = k.Expr
		}
	}
	if len(keys) == 0 || !keys.covers(c) || !reads(c) {
		return r, false
	}
	copied := *r
	copied.Input = sink(replace(c, with), r.Input)
	return &copied, true
}

func reads(e bind.Expr) bool {
	found := false
	walk(e, func(x bind.Expr) {
		if _, ok := x.(*bind.ColumnRef); ok {
			found = true
		}
	})
	return found
}

// pushJoin moves c into a side whose rows each decide alone whether they appear. innerunique picks one row a key on the
// left before it matches, so only its right side qualifies.
func pushJoin(c bind.Expr, r *bind.Join) (bind.Rel, bool) {
	var left, right bool
	switch r.Kind {
	case "inner", "cross":
		left, right = true, true
	case "innerunique":
		right = true
	case "leftouter", "leftsemi", "leftanti":
		left = true
	case "rightouter", "rightsemi", "rightanti":
		right = true
	}
	if !reads(c) {
		return r, false
	}
	if left {
		if moved := through(c, r.LeftOut); moved != nil {
			copied := *r
			copied.Left = sink(moved, r.Left)
			return &copied, true
		}
	}
	if right {
		if moved := through(c, r.RightOut); moved != nil {
			copied := *r
			copied.Right = sink(moved, r.Right)
			return &copied, true
		}
	}
	return r, false
}
