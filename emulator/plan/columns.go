package plan

import "github.com/seed-caab1ad3/blindspot/emulator/kql/bind"

// columnSet is a set of columns by identity.
type columnSet map[*bind.Column]bool

func (s columnSet) add(cols ...*bind.Column) {
	for _, c := range cols {
		if c != nil {
			s[c] = true
		}
	}
}

func (s columnSet) addExprs(exprs ...bind.Expr) {
	for _, e := range exprs {
		if e != nil {
			walk(e, func(x bind.Expr) {
				if ref, ok := x.(*bind.ColumnRef); ok {
					s[ref.Column] = true
				}
			})
		}
	}
}

// readsOnly reports whether every column that e reads is one for which ok holds.
func readsOnly(e bind.Expr, ok func(*bind.Column) bool) bool {
	return !contains(e, func(x bind.Expr) bool {
		ref, is := x.(*bind.ColumnRef)
		return is && !ok(ref.Column)
	})
}

// walk calls f for e and all expressions below it, each shared one once a parent. Relations of subqueries are not entered:
// they read no columns of the row.
func walk(e bind.Expr, f func(bind.Expr)) {
	f(e)
	switch x := e.(type) {
	case *bind.Call:
		for _, a := range x.Args {
			walk(a, f)
		}
	case *bind.Path:
		walk(x.Base, f)
		walk(x.Key, f)
	case *bind.InSubquery:
		walk(x.Arg, f)
	}
}

// contains reports whether f holds for e or an expression below it, as walk goes.
func contains(e bind.Expr, f func(bind.Expr) bool) bool {
	if f(e) {
		return true
	}
	switch x := e.(type) {
	case *bind.Call:
		for _, a := range x.Args {
			if contains(a, f) {
				return true
			}
		}
	case *bind.Path:
		return contains(x.Base, f) || contains(x.Key, f)
	case *bind.InSubquery:
		return contains(x.Arg, f)
	}
	return false
}

// replace returns e with each column that has a replacement read from there instead; shared parts stay shared.
func replace(e bind.Expr, with map[*bind.Column]bind.Expr) bind.Expr {
	return replacer{with: with, done: map[bind.Expr]bind.Expr{}}.expr(e)
}

type replacer struct {
	with map[*bind.Column]bind.Expr
	done map[bind.Expr]bind.Expr
}

func (r replacer) expr(e bind.Expr) bind.Expr {
	if out, ok := r.done[e]; ok {
		return out
	}
	out := e
	switch x := e.(type) {
	case *bind.ColumnRef:
		if to, ok := r.with[x.Column]; ok {
			out = to
		}
	case *bind.Call:
		args := make([]bind.Expr, len(x.Args))
		changed := false
		for i, a := range x.Args {
			args[i] = r.expr(a)
			changed = changed || args[i] != a
		}
		if changed {
			c := *x
			c.Args = args
			out = &c
		}
	case *bind.Path:
		if base, key := r.expr(x.Base), r.expr(x.Key); base != x.Base || key != x.Key {
			c := *x
			c.Base, c.Key = base, key
			out = &c
		}
	case *bind.InSubquery:
		if arg := r.expr(x.Arg); arg != x.Arg {
			c := *x
			c.Arg = arg
			out = &c
		}
	}
	r.done[e] = out
	return out
}

// Pure reports whether e gives the same value for the same row wherever in the plan it is computed: it calls neither a
// random source nor a function over the order of rows.
func Pure(e bind.Expr) bool {
	return !contains(e, func(x bind.Expr) bool {
		call, ok := x.(*bind.Call)
		return ok && (volatile(call.Name) || IsWindow(call.Name))
	})
}

func volatile(name string) bool {
	switch name {
	case "rand", "new_guid", "random":
		return true
	}
	return false
}

// IsWindow reports whether name is a function over the order of rows, which must see them all.
func IsWindow(name string) bool {
	switch name {
	case "prev", "next", "row_number", "row_cumsum", "row_rank_dense", "row_rank_min", "row_window_session":
		return true
	}
	return false
}

// HasWindow reports whether e calls a function over the order of rows.
func HasWindow(e bind.Expr) bool {
	return contains(e, func(x bind.Expr) bool {
		call, ok := x.(*bind.Call)
		return ok && IsWindow(call.Name)
	})
}

// Conjuncts splits a predicate at its ands.
func Conjuncts(e bind.Expr) []bind.Expr { return conjuncts(nil, e) }

func conjuncts(out []bind.Expr, e bind.Expr) []bind.Expr {
	if call, ok := e.(*bind.Call); ok && call.Name == "and" {
		for _, a := range call.Args {
			out = conjuncts(out, a)
		}
		return out
	}
	return append(out, e)
}
