package bind

import (
	"github.com/seed-caab1ad3/blindspot/emulator/kql/symbol"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/syntax"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
)

// joinKinds maps the kinds as written to the names that Join.Kind has.
func joinKind(s string) string {
	switch s {
	case "":
		return "innerunique"
	case "anti", "leftantisemi":
		return "leftanti"
	case "rightantisemi":
		return "rightanti"
	}
	return s
}

// sides binds the right side of a join or lookup and its condition.
func (b *binder) sides(t *table, right syntax.Expr, on []syntax.Expr) (*table, []joinKey) {
	row, kind := b.row, b.kind
	b.row, b.kind = nil, normal
	it := b.tabular(right)
	b.row, b.kind = row, kind
	r := it.table
	if !b.wantTable(it) {
		r = b.missing("", right.Span())
	}
	before := b.right
	b.right = r
	var keys []joinKey
	for _, e := range on {
		keys = b.joinOn(t, r, e, keys)
	}
	b.right = before
	return r, keys
}

// joinKey is a pair of columns that must be equal, or the expressions for it.
type joinKey struct {
	left, right         Expr
	leftCol, rightCol   *Column
	leftType, rightType symbol.Type
}

func unparen(e syntax.Expr) syntax.Expr {
	for {
		p, ok := e.(*syntax.ParenExpr)
		if !ok {
			return e
		}
		e = p.X
	}
}

// joinOn binds one condition of a join.
func (b *binder) joinOn(t, r *table, e syntax.Expr, keys []joinKey) []joinKey {
	e = unparen(e)
	switch e := e.(type) {
	case *syntax.BadExpr:
		return keys
	case *syntax.NameRef:
		return b.joinOnColumn(t, r, e, keys)
	case *syntax.BinaryExpr:
		switch e.Op {
		case syntax.OpAnd:
			if !b.enter(e.Span()) {
				return keys
			}
			defer b.leave()
			return b.joinOn(t, r, e.Y, b.joinOn(t, r, e.X, keys))
		case syntax.OpEqual:
			left, lok := b.joinOperand(e.X, "$left")
			right, rok := b.joinOperand(e.Y, "$right")
			if !lok || !rok {
				return keys
			}
			switch {
			case left.typ.Dynamic():
				b.joinKeyDynamic(e.X.Span())
				return keys
			case right.typ.Dynamic():
				b.joinKeyDynamic(e.Y.Span())
				return keys
			}
			lt, rt := left.typ.Scalar, right.typ.Scalar
			if !left.typ.Unknown() && !right.typ.Unknown() && promoted(lt) != promoted(rt) {
				b.joinKeyTypes(left.typ, right.typ, e.Span())
				return keys
			}
			le, re := compared(left.expr, right.expr, lt, rt)
			return append(keys, joinKey{left: le, right: re, leftCol: left.col, rightCol: right.col})
		}
	}
	if b.expr(e).kind != isBad {
		b.joinCondition(e.Span())
	}
	return keys
}

func promoted(t value.Type) value.Type {
	if t == value.Int {
		return value.Long
	}
	return t
}

func (b *binder) joinOnColumn(t, r *table, e *syntax.NameRef, keys []joinKey) []joinKey {
	name, at := e.Name.Text, e.Span()
	if name == "" {
		return keys
	}
	left, right := t.column(name), r.column(name)
	if left == nil && right == nil && !t.open && !r.open {
		it := b.name(e, false)
		if it.kind != isBad {
			b.columnWanted(at)
		}
		return keys
	}
	if left == nil && t.open {
		left = b.infer(t, name)
	}
	if right == nil && r.open {
		right = b.infer(r, name)
	}
	if left == nil || right == nil {
		b.columnOnBothSides(name, at)
		return keys
	}
	lt, rt := b.typeOf(left), b.typeOf(right)
	if lt.Scalar != rt.Scalar && !lt.Unknown() && !rt.Unknown() {
		b.columnTypesDiffer(name, lt, rt, at)
		return keys
	}
	le, re := compared(NewColumnRef(left, at), NewColumnRef(right, at), lt.Scalar, rt.Scalar)
	return append(keys, joinKey{left: le, right: re, leftCol: left, rightCol: right})
}

// joinOperand binds $left.Column or $right.Column.
func (b *binder) joinOperand(e syntax.Expr, side string) (*item, bool) {
	e = unparen(e)
	p, ok := e.(*syntax.PathExpr)
	if ok {
		n, isName := p.Target.(*syntax.NameRef)
		ok = isName && n.Name.Text == side
	}
	if !ok {
		// the mistakes inside come first
		if b.silentlyBad(e) {
			b.expr(e)
			return nil, false
		}
		b.joinSide(side, e.Span())
		return nil, false
	}
	it := b.expr(e)
	if it.col == nil {
		if it.kind != isBad {
			b.columnWanted(e.Span())
		}
		return nil, false
	}
	return it, it.expr != nil
}

// silentlyBad reports whether an expression has a mistake, without reporting it.
func (b *binder) silentlyBad(e syntax.Expr) bool {
	b.silent++
	muted, first := b.muted, b.first
	b.muted = 0
	it := b.expr(e)
	bad := b.muted > 0 || it.kind == isBad
	b.muted, b.first = muted, first
	b.silent--
	return bad
}

func (b *binder) join(t *table, o *syntax.JoinOperator) *table {
	at := o.Span()
	b.operatorParameters(o.Parameters, joinParameters)
	right, keys := b.sides(t, o.Right, o.On)
	r := &Join{Kind: joinKind(parameterWord(o.Parameters, "kind"))}
	r.At = at
	switch {
	case len(o.On) > 0:
	case o.Where != nil:
		before := b.right
		b.right = right
		b.condition(b.expr(o.Where))
		b.right = before
		b.unsupported("join where", at)
	default:
		b.joinWithoutOn(at)
	}
	for _, k := range keys {
		r.LeftKeys = append(r.LeftKeys, k.left)
		r.RightKeys = append(r.RightKeys, k.right)
	}
	out := &table{}
	var names []*Column
	if r.Kind != "rightanti" && r.Kind != "rightsemi" {
		out.open = out.open || t.open
		names = append(names, t.cols...)
	}
	if r.Kind != "leftanti" && r.Kind != "leftsemi" {
		out.open = out.open || right.open
		names = append(names, right.cols...)
	}
	cols := b.distinctNames(names)
	if r.Kind != "rightanti" && r.Kind != "rightsemi" {
		r.LeftOut = pairs(cols[:len(t.cols)], t.cols)
		if r.LeftOut == nil {
			r.LeftOut = []ColumnPair{}
		}
		cols = cols[len(t.cols):]
	}
	if r.Kind != "leftanti" && r.Kind != "leftsemi" {
		r.RightOut = pairs(cols, right.cols)
		if r.RightOut == nil {
			r.RightOut = []ColumnPair{}
		}
	}
	r.Left, r.Right = t.rel, right.rel
	r.Cols = pairColumns(r.LeftOut, r.RightOut)
	out.rel, out.cols = r, r.Cols
	return out
}

// Inputs of a join are its two sides.
func (r *Join) Inputs() []Rel { return []Rel{r.Left, r.Right} }

// Inputs of a lookup are its two sides.
func (r *Lookup) Inputs() []Rel { return []Rel{r.Left, r.Right} }

func pairs(out, in []*Column) []ColumnPair {
	list := make([]ColumnPair, 0, len(in))
	for i := range in {
		list = append(list, ColumnPair{out[i], in[i]})
	}
	return list
}

// distinctNames gives columns whose name came before a number, without taking the names of others: a, a, a1 become
// a, a2, a1. Each result is a new column, save those whose name is their own and first.
func (b *binder) distinctNames(cols []*Column) []*Column {
	first := make(map[string]int, len(cols))
	names := uniqueNames{b: b}
	for i, c := range cols {
		if _, ok := first[c.Name]; !ok {
			first[c.Name] = i
			names.take(c.Name)
		}
	}
	out := make([]*Column, len(cols))
	for i, c := range cols {
		out[i] = c
		if first[c.Name] != i {
			n := b.copyColumn(c)
			n.Name = names.get(c.Name, "")
			out[i] = n
		}
	}
	return out
}

func (b *binder) lookup(t *table, o *syntax.LookupOperator) *table {
	at := o.Span()
	b.operatorParameters(o.Parameters, lookupParameters)
	right, keys := b.sides(t, o.Right, o.On)
	if len(o.On) == 0 {
		b.joinWithoutOn(at)
	}
	r := &Lookup{Kind: "leftouter"}
	if k := parameterWord(o.Parameters, "kind"); k == "inner" {
		r.Kind = k
	}
	r.At = at
	used := map[*Column]bool{}
	for _, k := range keys {
		r.LeftKeys = append(r.LeftKeys, k.left)
		r.RightKeys = append(r.RightKeys, k.right)
		used[k.rightCol] = true
	}
	var rest []*Column
	for _, c := range right.cols {
		if !used[c] {
			rest = append(rest, c)
		}
	}
	cols := b.distinctNames(append(append([]*Column(nil), t.cols...), rest...))
	r.LeftOut = pairs(cols[:len(t.cols)], t.cols)
	r.RightOut = pairs(cols[len(t.cols):], rest)
	r.Left, r.Right = t.rel, right.rel
	r.Cols = cols
	return &table{rel: r, cols: cols, open: t.open || right.open}
}
