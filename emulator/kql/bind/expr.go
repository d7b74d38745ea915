package bind

import (
	"github.com/seed-caab1ad3/blindspot/content/nearest"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/source"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/symbol"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/syntax"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
)

// expr binds an expression where a value is wanted. A relation may come of it all the same; who needs a value says so.
func (b *binder) expr(e syntax.Expr) *item { return b.bindExpr(e, false) }

// tabular binds an expression where a table is wanted. The item may be something else.
func (b *binder) tabular(e syntax.Expr) *item { return b.bindExpr(e, true) }

func (b *binder) bindExpr(e syntax.Expr, tabular bool) *item {
	if e == nil {
		return b.bad(source.Span{})
	}
	if !b.enter(e.Span()) {
		return b.bad(e.Span())
	}
	defer b.leave()
	it := b.bindNode(e, tabular)
	if it.node == nil {
		it.node = e
	}
	it.at = e.Span()
	return it
}

func (b *binder) bindNode(e syntax.Expr, tabular bool) *item {
	at := e.Span()
	switch e := e.(type) {
	case *syntax.NameRef:
		return b.name(e, tabular)
	case *syntax.Literal:
		return b.literal(e.Value, at)
	case *syntax.StringLiteral:
		return b.literal(value.NewString(e.Value), at)
	case *syntax.DynamicLiteral:
		it := b.literal(value.NewDynamic(e.Value), at)
		it.typ = nodeType(e.Value)
		return it
	case *syntax.CallExpr:
		return b.call(e, tabular, nil)
	case *syntax.PathExpr:
		return b.path(e, tabular)
	case *syntax.ElementExpr:
		return b.element(e)
	case *syntax.ParenExpr:
		it := b.newItem(*b.bindExpr(e.X, tabular))
		it.at = at
		it.literal = false
		it.node = e
		return it
	case *syntax.NamedExpr:
		it := b.newItem(*b.bindExpr(e.Expr, tabular))
		it.at = at
		it.node = e
		if len(e.Names) > 0 && !e.Tuple {
			it.setName(e.Names[0].Text)
		}
		return it
	case *syntax.OrderedExpr:
		it := b.newItem(*b.bindExpr(e.Expr, tabular))
		it.at = at
		return it
	case *syntax.UnaryExpr:
		return b.unary(e)
	case *syntax.BinaryExpr:
		return b.binary(e)
	case *syntax.InExpr:
		return b.in(e)
	case *syntax.BetweenExpr:
		return b.between(e)
	case *syntax.StarExpr:
		return b.newItem(item{kind: isStar, at: at, typ: symbol.Any})
	case *syntax.TypeOfExpr:
		return b.typeOfLiteral(e)
	case *syntax.PipeExpr:
		return b.pipe(e)
	case *syntax.OperatorExpr:
		return b.leading(e)
	case *syntax.DataTableExpr:
		return b.datatable(e)
	case *syntax.ExternalDataExpr:
		return b.externalData(e)
	case *syntax.ContextualDataTableExpr:
		return b.contextual(e)
	case *syntax.EntityGroupExpr:
		return b.entityGroup(e)
	case *syntax.MaterializedViewCombineExpr:
		return b.viewCombine(e)
	case *syntax.ScopedExpr:
		it := b.newItem(*b.tabular(e.X))
		b.wantTable(it)
		return it
	case *syntax.BracketedExpr:
		return b.bracketed(e)
	case *syntax.ListExpr:
		for _, x := range e.Items {
			b.expr(x)
		}
		return b.newItem(item{kind: isVoid, at: at})
	}
	return b.bad(at)
}

// bracketed binds [x]: brackets hold a name between quotes, and x is none.
func (b *binder) bracketed(e *syntax.BracketedExpr) *item {
	it := b.expr(e.X)
	switch {
	case it.kind == isBad:
	case it.kind == isScalar && it.typ.Scalar != value.String && !it.typ.Unknown():
		b.typeWanted("KS141", it, "string")
	default:
		b.quotedNameWanted(e.X.Span())
	}
	return b.bad(e.Span())
}

func (b *binder) literal(v value.Value, at source.Span) *item {
	it := b.scalarItem(at, symbol.Of(v.Type), NewConst(v, at))
	it.constant, it.literal = true, true
	it.value = &v
	return it
}

// nodeType tells what a dynamic literal holds.
func nodeType(n *value.Node) symbol.Type {
	if n == nil {
		return symbol.Any
	}
	switch n.Kind {
	case value.KindBool:
		return symbol.DynamicOf(symbol.Of(value.Bool))
	case value.KindLong:
		return symbol.DynamicOf(symbol.Of(value.Long))
	case value.KindReal:
		return symbol.DynamicOf(symbol.Of(value.Real))
	case value.KindString:
		return symbol.DynamicOf(symbol.Of(value.String))
	case value.KindDateTime:
		return symbol.DynamicOf(symbol.Of(value.DateTime))
	case value.KindTimespan:
		return symbol.DynamicOf(symbol.Of(value.Timespan))
	case value.KindGUID:
		return symbol.DynamicOf(symbol.Of(value.GUID))
	case value.KindBag:
		if len(n.Keys) > 200 {
			return symbol.Bag
		}
		slots := make([]symbol.Slot, 0, len(n.Keys))
		for i, k := range n.Keys {
			slots = append(slots, symbol.Slot{Name: k, Type: nodeType(n.Elems[i])})
		}
		t := symbol.Bag
		t.Props = &slots
		return t
	case value.KindArray:
		var common symbol.Type
		none := true
		for i, e := range n.Elems {
			if i > 1000 {
				break
			}
			t := nodeType(e)
			if t.Content == symbol.BagContent {
				t.Props = nil
			}
			c, ok := symbol.Agree(common, t, none, symbol.Promotion)
			if !ok {
				return symbol.Array
			}
			common, none = c, false
		}
		if none {
			return symbol.Array
		}
		return symbol.ArrayOf(common)
	}
	return symbol.Any
}

// path binds Target.Selector.
func (b *binder) path(e *syntax.PathExpr, tabular bool) *item {
	at := e.Span()
	base := b.expr(e.Target)
	switch base.kind {
	case isPlace:
		return b.inPlace(base, e.Selector, tabular)
	case isRow:
		return b.rowMember(base, e.Selector)
	case isPattern:
		return b.patternPath(base, e.Selector)
	case isBad:
		// the arguments of a call may have mistakes of their own
		if c, ok := e.Selector.(*syntax.CallExpr); ok {
			for _, a := range c.Args {
				b.expr(a)
			}
		}
		return b.bad(at)
	}
	sel, ok := e.Selector.(*syntax.NameRef)
	if !ok {
		if c, isCall := e.Selector.(*syntax.CallExpr); isCall {
			b.unknownFunction(c.Name.Text, c.Name.Span())
		}
		return b.bad(at)
	}
	if base.kind != isScalar || !base.typ.Dynamic() && !base.typ.Unknown() {
		b.unknownMember(base, sel.Name.Text, sel.Span())
		return b.bad(at)
	}
	key := sel.Name.Text
	t := symbol.Any
	if base.typ.Unknown() {
		t = symbol.Type{}
	} else if slot, ok := base.typ.Slot(key); ok {
		t = symbol.DynamicOf(slot)
	}
	it := b.step(base, NewConst(value.NewString(key), sel.Span()), t, at)
	if pathNames(base) {
		it.setName(joinNames(base, key))
	} else {
		it.setName(key)
	}
	return it
}

func (b *binder) step(base *item, key Expr, t symbol.Type, at source.Span) *item {
	if base.expr == nil {
		return b.bad(at)
	}
	of := base.expr
	if base.whole != nil && len(base.multi) > 1 && key.Type().Integer() {
		of = base.whole
	}
	p := NewPath(of, key, at)
	it := b.scalarItem(at, t, p)
	if t.Unknown() {
		p.Typ = value.Dynamic
		it.typ = symbol.Type{}
	}
	return it
}

// unknownMember reports X.name on a value that has no members.
func (b *binder) unknownMember(base *item, name string, at source.Span) {
	b.fail("KS142", at, "only dynamic values have members", "unknown name %q: %s has no members", name, describe(base))
}

// rowMember binds $left.Column, $right.Column and step.Column.
func (b *binder) rowMember(base *item, selector syntax.Expr) *item {
	sel, ok := selector.(*syntax.NameRef)
	if !ok {
		if c, isCall := selector.(*syntax.CallExpr); isCall {
			b.unknownFunction(c.Name.Text, c.Name.Span())
		}
		return b.bad(selector.Span())
	}
	for _, c := range base.cols {
		if c.Name == sel.Name.Text {
			it := b.elementColumn(base, c, sel.Span())
			it.node = sel
			return it
		}
	}
	if base.owner != nil && base.owner.open {
		return b.columnItem(b.infer(base.owner, sel.Name.Text), sel.Span())
	}
	var names []string
	for _, c := range base.cols {
		names = append(names, c.Name)
	}
	b.fail("KS142", sel.Span(), didYouMean(nearest.Of(sel.Name.Text, names)), "unknown column %q", sel.Name.Text)
	it := b.bad(sel.Span())
	it.setName(sel.Name.Text)
	return it
}

// element binds Target[Index].
func (b *binder) element(e *syntax.ElementExpr) *item {
	at := e.Span()
	base := b.expr(e.Target)
	// the index is not judged as part of an aggregate
	index := b.expr(e.Index)
	if base.kind == isBad || index.kind == isBad {
		return b.bad(at)
	}
	bracket := source.Span{Start: e.Target.Span().End, End: at.End}
	if base.kind != isScalar {
		b.notIndexable(bracket, base)
		return b.bad(at)
	}
	if index.kind != isScalar {
		b.scalarWanted(index)
		return b.bad(at)
	}
	if base.multi != nil {
		// one of several values
		if index.value != nil && index.value.Type.Integer() && 0 <= index.value.I && index.value.I < int64(len(base.multi)) {
			p := base.multi[index.value.I]
			return b.scalarItem(at, p.typ, p.expr)
		}
	}
	var t symbol.Type
	number := index.typ.Integer() || index.typ == symbol.Any || index.typ.Dynamic() && index.typ.Elem == value.Long && index.typ.Content == symbol.ScalarContent
	text := index.typ.Scalar == value.String || index.typ.Dynamic() || index.typ.Unknown()
	switch {
	case base.typ.Unknown():
	case base.typ.Content == symbol.ArrayContent:
		if t = base.typ.Element(); !number {
			b.typeWanted("KS141", index, "int or long")
		}
	case base.typ.Content == symbol.BagContent:
		t = symbol.Any
		if !text {
			b.typeWanted("KS141", index, "string")
		} else if key, ok := index.text(); ok {
			if slot, ok := base.typ.Slot(key); ok {
				t = symbol.DynamicOf(slot)
			}
		}
	case base.typ == symbol.Any:
		if t = symbol.Any; !number && !text {
			b.typeWanted("KS141", index, "int, long or string")
		}
	default:
		b.notIndexable(bracket, base)
		return b.bad(at)
	}
	it := b.step(base, index.expr, t, at)
	step := ""
	if index.literal && index.value != nil && (index.typ.Scalar == value.String || index.typ.Scalar.Integer()) {
		step = literalText(*index.value)
	}
	if pathNames(base) {
		it.setName(joinNames(base, step))
	} else if step != "" {
		it.setName(step)
	}
	return it
}

// typeOfLiteral binds typeof(...).
func (b *binder) typeOfLiteral(e *syntax.TypeOfExpr) *item {
	it := b.newItem(item{kind: isType, at: e.Span(), constant: true, literal: true})
	if e.Schema == nil && len(e.Types) == 1 {
		it.typ = symbol.Of(b.typeName(e.Types[0]))
		return it
	}
	it.schema = []*Column{}
	if e.Schema != nil {
		if e.Schema.Star {
			if b.row == nil {
				b.fail("KS199", e.Span(), "", "there are no columns that * could stand for")
			} else {
				for _, c := range b.row.cols {
					it.schema = append(it.schema, b.copyColumn(c))
				}
			}
		}
		for _, d := range e.Schema.Columns {
			it.schema = append(it.schema, b.newColumn(d.Name.Text, symbol.Of(b.typeName(d.Type))))
		}
	}
	return it
}

// typeName reads the name of a type; a wrong one is reported. nil, after a mistake of spelling, is Unknown.
func (b *binder) typeName(t *syntax.TypeName) value.Type {
	if t == nil || t.Name == "" {
		return value.Unknown
	}
	typ, ok := value.ParseType(t.Name)
	if !ok {
		b.invalidType(t.Name, t.Span())
	}
	return typ
}
