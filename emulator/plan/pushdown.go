package plan

import (
	"slices"
	"sync"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/bind"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/source"
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
	below, stays := push(all, in)
	out := visit(below)
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
		if list := take(throughProject(r)); list != nil {
			copied := *r
			copied.Input = sink(list, r.Input)
			return &copied, stays
		}
	case *bind.Sort:
		if list := take(func(c bind.Expr) bind.Expr { return c }); list != nil {
			copied := *r
			copied.Input = sink(list, r.Input)
			return &copied, stays
		}
	case *bind.Union:
		return pushUnion(take(func(c bind.Expr) bind.Expr { return c }), r), stays
	case *bind.Aggregate:
		if list := take(throughAggregate(r)); list != nil {
			copied := *r
			copied.Input = sink(list, r.Input)
			return &copied, stays
		}
	case *bind.Join:
		return pushJoin(take, r), stays
	case *bind.Lookup:
		if list := take(through(r.LeftOut)); list != nil {
			copied := *r
			copied.Left = sink(list, r.Left)
			return &copied, stays
		}
	case *bind.MvExpand:
		if r.ItemIndex != nil {
			break
		}
		if list := take(through(r.Passed)); list != nil {
			copied := *r
			copied.Input = sink(list, r.Input)
			return &copied, stays
		}
	case *bind.Parse:
		if list := take(through(r.Passed)); list != nil {
			copied := *r
			copied.Input = sink(list, r.Input)
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
	return func(c bind.Expr) bind.Expr {
		return moved(c, func(col *bind.Column) (bind.Expr, bool) {
			for _, p := range pairs {
				if p.Out == col {
					if p.In == col {
						return nil, true
					}
					return bind.NewColumnRef(p.In, c.Span()), true
				}
			}
			return nil, false
		})
	}
}

// moved returns a conjunct with each of its columns read from where to says, nil when it does not know one. A column for
// which to gives nil is read as it is.
func moved(c bind.Expr, to func(*bind.Column) (bind.Expr, bool)) bind.Expr {
	var with map[*bind.Column]bind.Expr
	known := readsOnly(c, func(col *bind.Column) bool {
		if _, seen := with[col]; seen {
			return true
		}
		e, ok := to(col)
		if ok && e != nil {
			if with == nil {
				with = map[*bind.Column]bind.Expr{}
			}
			with[col] = e
		}
		return ok
	})
	switch {
	case !known:
		return nil
	case with == nil:
		return c
	}
	return replace(c, with)
}

// throughProject takes a conjunct below a projection when it reads only columns that are passed on, renamed or constant:
// computing a column twice could cost more than it saves. Functions over the order of rows must see every row.
func throughProject(r *bind.Project) func(bind.Expr) bind.Expr {
	windowed := sync.OnceValue(func() bool {
		return slices.ContainsFunc(r.Assign, func(a bind.Assignment) bool { return HasWindow(a.Expr) })
	})
	return func(c bind.Expr) bind.Expr {
		out := moved(c, func(col *bind.Column) (bind.Expr, bool) { return plainOf(r.Assign, col) })
		if out != nil && windowed() {
			return nil
		}
		return out
	}
}

// plainOf returns what is assigned to a column when that is a column or a constant.
func plainOf(list []bind.Assignment, col *bind.Column) (bind.Expr, bool) {
	for i := len(list) - 1; i >= 0; i-- {
		if list[i].Column == col {
			switch list[i].Expr.(type) {
			case *bind.ColumnRef, *bind.Const:
				return list[i].Expr, true
			}
		}
	}
	return nil, false
}

// pushUnion puts conjuncts into every input, where a column that an input lacks is a null.
func pushUnion(list []bind.Expr, r *bind.Union) bind.Rel {
	if list == nil {
		return r
	}
	copied := *r
	copied.Rels = make([]bind.Rel, len(r.Rels))
	at := list[0].Span()
	for i, in := range r.Rels {
		below := make([]bind.Expr, len(list))
		for k, c := range list {
			below[k] = moved(c, func(col *bind.Column) (bind.Expr, bool) { return inputOf(r, i, col, at), true })
		}
		copied.Rels[i] = sink(below, in)
	}
	return &copied
}

// inputOf is a column of a union as its input i gives it; nil when it is none of the union's.
func inputOf(r *bind.Union, i int, col *bind.Column, at source.Span) bind.Expr {
	j := slices.Index(r.Cols, col)
	switch {
	case j < 0:
		return nil
	case col == r.Source:
		return bind.NewConst(value.NewString(r.Names[i]), at)
	case r.Map[i][j] == nil:
		return bind.NewConst(value.Null(col.Type), at)
	}
	return bind.NewColumnRef(r.Map[i][j], at)
}

// throughAggregate takes a conjunct below a summarize when it reads only keys that are plain columns. Without keys there is
// one row whatever the input, so nothing moves.
func throughAggregate(r *bind.Aggregate) func(bind.Expr) bind.Expr {
	pure := !slices.ContainsFunc(exprsOf(r), func(e bind.Expr) bool { return !Pure(e) })
	return func(c bind.Expr) bind.Expr {
		if !pure || !reads(c) {
			return nil
		}
		return moved(c, func(col *bind.Column) (bind.Expr, bool) {
			e, ok := plainOf(r.Keys, col)
			if _, ref := e.(*bind.ColumnRef); !ok || !ref {
				return nil, false
			}
			return e, true
		})
	}
}

func reads(e bind.Expr) bool {
	return contains(e, func(x bind.Expr) bool {
		_, ok := x.(*bind.ColumnRef)
		return ok
	})
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
		list := take(func(c bind.Expr) bind.Expr {
			if !reads(c) {
				return nil
			}
			return to(c)
		})
		if list == nil {
			return in, false
		}
		return sink(list, in), true
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
