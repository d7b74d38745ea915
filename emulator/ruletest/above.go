package ruletest

import (
	"slices"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/bind"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
)

const maxClimb = 200

// askedAbove reports whether the rows for which a condition does not hold are dropped further up, whatever reads them, and
// change nothing on the way. c speaks of the columns that pairs have as In; the relation has them as Out.
func (k *knowledge) askedAbove(c bind.Expr, rel bind.Rel, pairs []bind.ColumnPair, climbed int) bool {
	if climbed > maxClimb {
		return false
	}
	if uses := k.t.uses[rel]; len(uses) > 0 {
		if k.t.up[rel] != nil {
			return false
		}
		cols := rel.Columns()
		for _, u := range uses {
			if len(u.Columns()) != len(cols) || !k.askedAbove(c, u, handed(pairs, paired(u.Columns(), cols)), climbed+1) {
				return false
			}
		}
		return true
	}
	next := func(step []bind.ColumnPair) bool { return k.askedAbove(c, k.t.up[rel], handed(pairs, step), climbed+1) }
	switch up := k.t.up[rel].(type) {
	case *bind.Filter:
		if !k.without[up] {
			for _, d := range parts(up.Predicate) {
				if k.follows(c, d, pairs) {
					return true
				}
			}
		}
		return deterministic(up.Predicate) && next(identity(rel))
	case *bind.Sort:
		return next(identity(rel))
	case *bind.Project:
		return rowwise(up.Assign) && next(passed(up.Assign))
	case *bind.Union:
		for i, r := range up.Rels {
			if r == rel && len(up.Map[i]) == len(up.Cols) {
				var step []bind.ColumnPair
				for j, col := range up.Map[i] {
					if col != nil && col.Type == up.Cols[j].Type {
						step = append(step, bind.ColumnPair{Out: up.Cols[j], In: col})
					}
				}
				return next(step)
			}
		}
	case *bind.Aggregate:
		// A condition on keys alone drops whole groups.
		return len(up.Keys) > 0 && next(passed(up.Keys))
	case *bind.MvExpand:
		return up.Limit == nil && next(up.Passed)
	case *bind.Parse:
		return next(up.Passed)
	case *bind.Join:
		return k.askedByJoin(c, rel, up.Kind, up.Left, up.Right, up.LeftKeys, up.RightKeys, up.LeftOut, up.RightOut, pairs, next)
	case *bind.Lookup:
		return k.askedByJoin(c, rel, up.Kind, up.Left, up.Right, up.LeftKeys, up.RightKeys, up.LeftOut, up.RightOut, pairs, next)
	}
	return false
}

// askedByJoin is askedAbove through a join.
func (k *knowledge) askedByJoin(c bind.Expr, rel bind.Rel, kind string, left, right bind.Rel, leftKeys, rightKeys []bind.Expr,
	leftOut, rightOut, pairs []bind.ColumnPair, next func([]bind.ColumnPair) bool) bool {
	if left == right {
		return false
	}
	mine, theirs, other, isLeft := leftKeys, rightKeys, right, rel == left
	if !isLeft {
		mine, theirs, other = rightKeys, leftKeys, left
	}
	// What finds no match goes nowhere: of an inner join, and of the side that an outer, semi or anti join only looks into.
	looked := kind == "inner" || kind == "innerunique" || kind == "leftsemi" || !isLeft && (kind == "leftouter" || kind == "leftanti")
	if looked {
		for i := range mine {
			if i >= len(theirs) {
				break
			}
			a, ok := mine[i].(*bind.ColumnRef)
			b, ok2 := theirs[i].(*bind.ColumnRef)
			if ok && ok2 && a.Column.Type == b.Column.Type && k.matchImplies(c, a.Column, b.Column, other, pairs) {
				return true
			}
		}
	}
	switch {
	case isLeft && (kind == "inner" || kind == "leftsemi" || kind == "leftouter" || kind == "leftanti"):
		return next(leftOut)
	case isLeft && kind == "innerunique":
		var step []bind.ColumnPair
		for _, p := range leftOut {
			if slices.ContainsFunc(leftKeys, func(e bind.Expr) bool {
				ref, ok := e.(*bind.ColumnRef)
				return ok && ref.Column == p.In
			}) {
				step = append(step, p)
			}
		}
		return next(step)
	case !isLeft && (kind == "inner" || kind == "innerunique"):
		return next(rightOut)
	}
	return false
}

// matchImplies reports whether a condition holds of every row whose key a equals some key b of another relation.
func (k *knowledge) matchImplies(c bind.Expr, a, b *bind.Column, other bind.Rel, pairs []bind.ColumnPair) bool {
	x := k.of(other)
	if x.nothing {
		return true
	}
	base := original(a, pairs)
	if base == nil {
		return false
	}
	if slices.Contains(asksOnlyFull(c), base) && x.facts[b]&full != 0 {
		return true
	}
	if col, set, ok := membership(c); ok && col == base {
		if have, closed := x.values[b]; closed && !slices.ContainsFunc(have, func(s string) bool { return !slices.Contains(set, s) }) {
			return true
		}
	}
	// key in ((other | distinct key)) before the join with other on that key
	in, ok := c.(*bind.InSubquery)
	if !ok || in.Op != "in" || a.Type != value.String {
		return false
	}
	ref, ok := in.Arg.(*bind.ColumnRef)
	return ok && ref.Column == base && sameKeys(in.Rel, other, b)
}

// asksOnlyFull is the column of a condition that asks nothing else than that it is full.
func asksOnlyFull(c bind.Expr) []*bind.Column {
	call, ok := c.(*bind.Call)
	if !ok {
		return nil
	}
	switch call.Name {
	case "isnotempty", "isnotnull":
		return asksFull(c, nil)
	case "!=":
		return asksFull(c, nil)
	}
	return nil
}

// sameKeys reports whether every value of a column of rel is in the first column of list: both come from one shared
// relation, and list hands on all of its values.
func sameKeys(list, rel bind.Rel, col *bind.Column) bool {
	if len(list.Columns()) == 0 {
		return false
	}
	first := list.Columns()[0]
	for range maxClimb { // list: only what keeps every value
		switch x := list.(type) {
		case *bind.Project:
			first = assigned(x.Assign, first)
			list = x.Input
		case *bind.Aggregate:
			first = assigned(x.Keys, first)
			list = x.Input
		case *bind.Sort:
			list = x.Input
		case *bind.Shared:
			at := slices.Index(x.Cols, first)
			if at < 0 {
				return false
			}
			for range maxClimb { // rel: only what adds no value
				switch y := rel.(type) {
				case *bind.Project:
					col, rel = assigned(y.Assign, col), y.Input
				case *bind.Aggregate:
					col, rel = assigned(y.Keys, col), y.Input
				case *bind.Filter:
					rel = y.Input
				case *bind.Sort:
					rel = y.Input
				case *bind.Shared:
					if y.Def == x.Def {
						return slices.Index(y.Cols, col) == at
					}
					return false
				default:
					return false
				}
				if col == nil {
					return false
				}
			}
			return false
		default:
			return false
		}
		if first == nil {
			return false
		}
	}
	return false
}

// assigned is the input column that a column is handed on from, nil when it is computed.
func assigned(list []bind.Assignment, c *bind.Column) *bind.Column {
	for _, a := range list {
		if a.Column == c {
			if ref, ok := a.Expr.(*bind.ColumnRef); ok {
				return ref.Column
			}
		}
	}
	return nil
}

// follows reports whether c holds wherever d does.
func (k *knowledge) follows(c, d bind.Expr, pairs []bind.ColumnPair) bool {
	names := map[*bind.Column]*bind.Column{}
	for _, p := range pairs {
		names[p.Out] = p.In
	}
	if deterministic(c) && printed(c, nil) == printed(d, names) {
		return true
	}
	for _, col := range asksFull(d, k) {
		if base := names[col]; base != nil && slices.Contains(asksOnlyFull(c), base) {
			return true
		}
	}
	if col, set, ok := membership(c); ok {
		if above, fewer, ok := membership(d); ok && names[above] == col {
			return !slices.ContainsFunc(fewer, func(s string) bool { return !slices.Contains(set, s) })
		}
	}
	return false
}

// passed are the columns that assignments hand on as they are.
func passed(list []bind.Assignment) []bind.ColumnPair {
	var out []bind.ColumnPair
	for _, a := range list {
		if ref, ok := a.Expr.(*bind.ColumnRef); ok {
			out = append(out, bind.ColumnPair{Out: a.Column, In: ref.Column})
		}
	}
	return out
}

func paired(out, in []*bind.Column) []bind.ColumnPair {
	var list []bind.ColumnPair
	for i := range out {
		list = append(list, bind.ColumnPair{Out: out[i], In: in[i]})
	}
	return list
}

// handed continues pairs by a step.
func handed(pairs, step []bind.ColumnPair) []bind.ColumnPair {
	base := map[*bind.Column]*bind.Column{}
	for _, p := range pairs {
		base[p.Out] = p.In
	}
	var out []bind.ColumnPair
	for _, s := range step {
		if b := base[s.In]; b != nil {
			out = append(out, bind.ColumnPair{Out: s.Out, In: b})
		}
	}
	return out
}

func original(c *bind.Column, pairs []bind.ColumnPair) *bind.Column {
	for _, p := range pairs {
		if p.Out == c {
			return p.In
		}
	}
	return nil
}

// dropsAbsent reports whether rows in which some columns are absent (null, or an empty text) are all dropped further up
// and change nothing on the way.
func (k *knowledge) dropsAbsent(rel bind.Rel, gone map[*bind.Column]bool, climbed int) bool {
	if climbed > maxClimb || len(gone) == 0 {
		return false
	}
	if uses := k.t.uses[rel]; len(uses) > 0 {
		if k.t.up[rel] != nil {
			return false
		}
		cols := rel.Columns()
		for _, u := range uses {
			if len(u.Columns()) != len(cols) || !k.dropsAbsent(u, moved(gone, paired(u.Columns(), cols)), climbed+1) {
				return false
			}
		}
		return true
	}
	next := func(g map[*bind.Column]bool) bool { return k.dropsAbsent(k.t.up[rel], g, climbed+1) }
	switch up := k.t.up[rel].(type) {
	case *bind.Filter:
		for _, d := range parts(up.Predicate) {
			if k.fails(d, gone) {
				return true
			}
		}
		return deterministic(up.Predicate) && next(gone)
	case *bind.Sort:
		return next(gone)
	case *bind.Project:
		if !rowwise(up.Assign) {
			return false
		}
		g := map[*bind.Column]bool{}
		for _, a := range up.Assign {
			if absent(a.Expr, gone) && a.Column.Type != value.Dynamic && a.Column.Type != value.Unknown {
				g[a.Column] = true
			}
		}
		return next(g)
	case *bind.Aggregate:
		// Rows with such a key make groups of their own, or join those of rows that are dropped with them.
		if len(up.Keys) == 0 {
			return false
		}
		g := map[*bind.Column]bool{}
		for _, a := range up.Keys {
			if absent(a.Expr, gone) && a.Column.Type != value.Dynamic && a.Column.Type != value.Unknown {
				g[a.Column] = true
			}
		}
		return next(g)
	case *bind.Join:
		if up.Left == up.Right {
			return false
		}
		mine, theirs, other, out := up.LeftKeys, up.RightKeys, up.Right, up.LeftOut
		if up.Right == rel {
			mine, theirs, other, out = up.RightKeys, up.LeftKeys, up.Left, up.RightOut
		}
		if up.Kind == "inner" || up.Kind == "leftsemi" && up.Left == rel {
			for i := range mine {
				b, ok := theirs[i].(*bind.ColumnRef)
				if ok && absent(mine[i], gone) && b.Column.Type == mine[i].Type() && k.of(other).facts[b.Column]&full != 0 {
					return true // it matches nothing
				}
			}
		}
		if up.Kind == "inner" || up.Left == rel && (up.Kind == "leftouter" || up.Kind == "leftsemi" || up.Kind == "leftanti") {
			return next(moved(gone, out))
		}
	}
	return false
}

func moved(gone map[*bind.Column]bool, step []bind.ColumnPair) map[*bind.Column]bool {
	out := map[*bind.Column]bool{}
	for _, p := range step {
		if gone[p.In] && p.Out.Type == p.In.Type {
			out[p.Out] = true
		}
	}
	return out
}

// absent reports whether an expression is null, or an empty text, when some columns are.
func absent(e bind.Expr, gone map[*bind.Column]bool) bool {
	switch e := e.(type) {
	case *bind.ColumnRef:
		return gone[e.Column]
	case *bind.Call:
		one := func() bool { return len(e.Args) == 1 && e.Args[0].Type() != value.Dynamic && absent(e.Args[0], gone) }
		switch e.Name {
		case "+", "-", "*", "/":
			return slices.ContainsFunc(e.Args, func(a bind.Expr) bool {
				return a.Type() != value.String && a.Type() != value.Dynamic && absent(a, gone)
			})
		case "tolong", "toint", "toreal", "todatetime", "totimespan", "abs", "tolower", "toupper":
			return one() && (e.Args[0].Type() == value.String) == (e.Typ == value.String)
		case "bin":
			return len(e.Args) == 2 && absent(e.Args[0], gone)
		}
	}
	return false
}

// fails reports whether a condition does not hold when some columns are absent.
func (k *knowledge) fails(d bind.Expr, gone map[*bind.Column]bool) bool {
	for _, col := range asksFull(d, k) {
		if gone[col] {
			return true
		}
	}
	if ref, ok := d.(*bind.ColumnRef); ok {
		return gone[ref.Column]
	}
	call, ok := d.(*bind.Call)
	if !ok {
		return false
	}
	switch call.Name {
	case "<", "<=", ">", ">=", "between", "==":
		return slices.ContainsFunc(call.Args, func(a bind.Expr) bool {
			return a.Type() != value.String && a.Type() != value.Dynamic && absent(a, gone)
		})
	case "and":
		return slices.ContainsFunc(call.Args, func(a bind.Expr) bool { return k.fails(a, gone) })
	case "or":
		return len(call.Args) > 0 && !slices.ContainsFunc(call.Args, func(a bind.Expr) bool { return !k.fails(a, gone) })
	}
	return false
}
