package plan

import (
	"slices"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/bind"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
)

// pushdown moves the conjuncts of filters towards the tables they come from, as far as that changes no answer.
func (o *optimizer) pushdown(rel bind.Rel) bind.Rel {
	var visit func(bind.Rel) bind.Rel
	visit = func(rel bind.Rel) bind.Rel {
		o.alive()
		if use, ok := rel.(*bind.Shared); ok {
			return o.rewriteDef(use, visit)
		}
		f, ok := rel.(*bind.Filter)
		if !ok || !Pure(f.Predicate) { // a conjunct over the order of rows must see the rows that another would drop
			return mapInputs(rel, visit)
		}
		return o.pushRun(f, visit)
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

// pushRun pushes the conjuncts of the filters that follow on each other from f down: all at once, so that a long run of
// filters is gone through once and not once a filter.
func (o *optimizer) pushRun(f *bind.Filter, visit func(bind.Rel) bind.Rel) bind.Rel {
	type part struct {
		filter    *bind.Filter
		conjuncts int
	}
	var run []part
	var all []bind.Expr
	var in bind.Rel = f
	for {
		next, ok := in.(*bind.Filter)
		if !ok || !Pure(next.Predicate) {
			break
		}
		o.alive()
		list := Conjuncts(next.Predicate)
		run, all, in = append(run, part{next, len(list)}), append(all, list...), next.Input
	}
	moved, stays := push(all, in)
	out := visit(moved)
	for end := len(all); len(run) > 0; run = run[:len(run)-1] {
		p := run[len(run)-1]
		from := end - p.conjuncts
		var rest []bind.Expr
		for i := from; i < end; i++ {
			if stays[i] {
				rest = append(rest, all[i])
			}
		}
		end = from
		switch {
		case len(rest) < p.conjuncts:
			out = filter(out, rest)
		case out == p.filter.Input:
			out = p.filter
		default:
			copied := *p.filter
			copied.Input = out
			out = &copied
		}
	}
	return out
}

// push returns in with those of the conjuncts placed below it that can be, and which of them stay. A filter that stays
// right above in is not a push.
func push(all []bind.Expr, in bind.Rel) (bind.Rel, []bool) {
	stays := make([]bool, len(all))
	// take moves the conjuncts for which to gives one, which is over an input of in, and returns those.
	take := func(to func(bind.Expr) bind.Expr) []bind.Expr {
		var out []bind.Expr
		for i, c := range all {
			if !stays[i] {
				continue
			}
			if m := to(c); m != nil {
				out, stays[i] = append(out, m), false
			}
		}
		return out
	}
	pure := false
	for i, c := range all {
		stays[i] = true
		pure = pure || Pure(c)
	}
	if !pure {
		return in, stays
	}
	if impure := slices.ContainsFunc(all, func(c bind.Expr) bool { return !Pure(c) }); impure {
		inner := take
		take = func(to func(bind.Expr) bind.Expr) []bind.Expr {
			return inner(func(c bind.Expr) bind.Expr {
				if !Pure(c) {
					return nil
				}
				return to(c)
			})
		}
	}
	switch r := in.(type) {
	case *bind.Filter:
		if !Pure(r.Predicate) {
			break // it reads the rows before, which must stay
		}
		below, left := push(all, r.Input)
		if slices.Contains(left, false) {
			copied := *r
			copied.Input = below
			return &copied, left
		}
	case *bind.Project:
		if moved := take(throughProject(r)); moved != nil {
			copied := *r
			copied.Input = sink(moved, r.Input)
			return &copied, stays
		}
	case *bind.Sort:
		if moved := take(func(c bind.Expr) bind.Expr { return c }); moved != nil {
			copied := *r
			copied.Input = sink(moved, r.Input)
			return &copied, stays
		}
	case *bind.Union:
		return pushUnion(take(func(c bind.Expr) bind.Expr { return c }), r), stays
	case *bind.Aggregate:
		if moved := take(throughAggregate(r)); moved != nil {
			copied := *r
			copied.Input = sink(moved, r.Input)
			return &copied, stays
		}
	case *bind.Join:
		return pushJoin(take, r), stays
	case *bind.Lookup:
		if moved := take(through(r.LeftOut)); moved != nil {
			copied := *r
			copied.Left = sink(moved, r.Left)
			return &copied, stays
		}
	case *bind.MvExpand:
		if r.ItemIndex != nil {
			break
		}
		if moved := take(through(r.Passed)); moved != nil {
			copied := *r
			copied.Input = sink(moved, r.Input)
			return &copied, stays
		}
	case *bind.Parse:
		if moved := take(through(r.Passed)); moved != nil {
			copied := *r
			copied.Input = sink(moved, r.Input)
			return &copied, stays
		}
	}
	return in, stays
}

// sink places conjuncts below in where they can be, and else right above it.
func sink(all []bind.Expr, in bind.Rel) bind.Rel {
	below, stays := push(all, in)
	var rest []bind.Expr
	for i, c := range all {
		if stays[i] {
			rest = append(rest, c)
		}
	}
	return filter(below, rest)
}

// through returns what gives a conjunct over the input's columns when it reads only columns that are passed on, nil
// otherwise.
func through(pairs []bind.ColumnPair) func(bind.Expr) bind.Expr {
	out := columnSet{}
	renamed := map[*bind.Column]*bind.Column{}
	for _, p := range pairs {
		out.add(p.Out)
		if p.Out != p.In {
			renamed[p.Out] = p.In
		}
	}
	return func(c bind.Expr) bind.Expr {
		if !out.covers(c) {
			return nil
		}
		with := map[*bind.Column]bind.Expr{}
		walk(c, func(x bind.Expr) {
			if ref, ok := x.(*bind.ColumnRef); ok {
				if to := renamed[ref.Column]; to != nil {
					with[ref.Column] = bind.NewColumnRef(to, c.Span())
				}
			}
		})
		return replace(c, with)
	}
}

// throughProject takes a conjunct below a projection when it reads only columns that are passed on, renamed or constant:
// computing a column twice could cost more than it saves. Functions over the order of rows must see every row.
func throughProject(r *bind.Project) func(bind.Expr) bind.Expr {
	with := map[*bind.Column]bind.Expr{}
	simple := columnSet{}
	for _, a := range r.Assign {
		if HasWindow(a.Expr) {
			return func(bind.Expr) bind.Expr { return nil }
		}
		switch a.Expr.(type) {
		case *bind.ColumnRef, *bind.Const:
			simple.add(a.Column)
			with[a.Column] = a.Expr
		}
	}
	return func(c bind.Expr) bind.Expr {
		if !simple.covers(c) {
			return nil
		}
		return replace(c, with)
	}
}

// pushUnion puts conjuncts into every input, where a column that an input lacks is a null.
func pushUnion(moved []bind.Expr, r *bind.Union) bind.Rel {
	if moved == nil {
		return r
	}
	copied := *r
	copied.Rels = make([]bind.Rel, len(r.Rels))
	at := moved[0].Span()
	for i, in := range r.Rels {
		with := map[*bind.Column]bind.Expr{}
		for j, out := range r.Cols {
			switch {
			case out == r.Source:
				with[out] = bind.NewConst(value.NewString(r.Names[i]), at)
			case r.Map[i][j] == nil:
				with[out] = bind.NewConst(value.Null(out.Type), at)
			default:
				with[out] = bind.NewColumnRef(r.Map[i][j], at)
			}
		}
		list := make([]bind.Expr, len(moved))
		for k, c := range moved {
			list[k] = replace(c, with)
		}
		copied.Rels[i] = sink(list, in)
	}
	return &copied
}

// throughAggregate takes a conjunct below a summarize when it reads only keys that are plain columns. Without keys there is
// one row whatever the input, so nothing moves.
func throughAggregate(r *bind.Aggregate) func(bind.Expr) bind.Expr {
	with := map[*bind.Column]bind.Expr{}
	keys := columnSet{}
	for _, k := range r.Keys {
		if _, ok := k.Expr.(*bind.ColumnRef); ok {
			keys.add(k.Column)
			with[k.Column] = k.Expr
		}
	}
	pure := !slices.ContainsFunc(exprsOf(r), func(e bind.Expr) bool { return !Pure(e) })
	return func(c bind.Expr) bind.Expr {
		if !pure || len(keys) == 0 || !keys.covers(c) || !reads(c) {
			return nil
		}
		return replace(c, with)
	}
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

// pushJoin moves conjuncts into a side whose rows each decide alone whether they appear. innerunique picks one row a key on
// the left before it matches, so only its right side qualifies.
func pushJoin(take func(func(bind.Expr) bind.Expr) []bind.Expr, r *bind.Join) bind.Rel {
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
	side := func(in bind.Rel, pairs []bind.ColumnPair) (bind.Rel, bool) {
		to := through(pairs)
		moved := take(func(c bind.Expr) bind.Expr {
			if !reads(c) {
				return nil
			}
			return to(c)
		})
		if moved == nil {
			return in, false
		}
		return sink(moved, in), true
	}
	copied, some := *r, false
	if left {
		in, ok := side(r.Left, r.LeftOut)
		copied.Left, some = in, ok
	}
	if right {
		in, ok := side(r.Right, r.RightOut)
		copied.Right, some = in, some || ok
	}
	if !some {
		return r
	}
	return &copied
}
