package bind

import (
	"github.com/seed-caab1ad3/blindspot/emulator/kql/symbol"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/syntax"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
)

// expandItems binds what mv-expand and mv-apply expand, and the columns that come of it: in p, a column that is expanded
// stands in its own place.
func (b *binder) expandItems(t *table, params []*syntax.Parameter, list []*syntax.ToTypeOf, p *projection) []ExpandItem {
	items := make([]*item, len(list))
	for i, e := range list {
		items[i] = b.expr(e.Expr)
		if it := items[i]; b.wantScalar(it) && !it.typ.Dynamic() && !it.typ.Unknown() {
			b.typeWanted("KS141", it, "dynamic")
		}
	}
	bag := parameterWord(params, "bagexpansion", "kind")
	var out []ExpandItem
	for i, e := range list {
		it := items[i]
		typ := it.typ
		switch {
		case e.Type != nil:
			typ = b.typeOfLiteral(e.Type).typ
		case typ.Content == symbol.ArrayContent:
			typ = typ.Element()
		case typ.Content == symbol.BagContent && bag == "array":
			typ = symbol.Array
		case typ.Content == symbol.BagContent:
			typ = symbol.Bag
		case typ.Dynamic():
			typ = symbol.Any
		}
		before := len(p.out)
		p.put(e.Expr, it, replacing, false, &typ, "")
		col := expanded(p, e.Expr, it, before)
		if col == nil {
			continue
		}
		expr := it.expr
		if expr == nil {
			expr = NewConst(nullOf(value.Dynamic), it.at)
		}
		out = append(out, ExpandItem{Column: col, Expr: expr})
	}
	return out
}

// expanded finds the column that an expanded expression was given.
func expanded(p *projection, e syntax.Expr, it *item, before int) *Column {
	if len(p.out) > before {
		return p.out[len(p.out)-1].col
	}
	name := it.name
	if n, ok := e.(*syntax.NamedExpr); ok && len(n.Names) > 0 {
		name = n.Names[0].Text
	}
	if i, ok := p.at[name]; ok {
		return p.out[i].col
	}
	return nil
}

// itemIndex adds the column of with_itemindex.
func (b *binder) itemIndex(params []*syntax.Parameter, p *projection) *Column {
	name := parameterWord(params, "with_itemindex")
	if name == "" {
		return nil
	}
	c := &Column{Name: name, Type: value.Long}
	return p.add(c, nil, "", false, false, nil)
}

func isItem(c *Column, items []ExpandItem, index *Column) bool {
	if c == index {
		return true
	}
	for _, it := range items {
		if it.Column == c {
			return true
		}
	}
	return false
}

func (b *binder) mvExpand(t *table, o *syntax.MvExpandOperator) *table {
	at := o.Span()
	b.operatorParameters(o.Parameters, mvExpandParameters)
	p := b.projection(len(t.cols))
	// columns that the expressions name of an open input come first
	for _, e := range o.Columns {
		b.inferIn(e.Expr)
	}
	p.addRow(t.cols, at, false, true)
	r := &MvExpand{}
	r.Items = b.expandItems(t, o.Parameters, o.Columns, p)
	r.ItemIndex = b.itemIndex(o.Parameters, p)
	r.BagArray = parameterWord(o.Parameters, "bagexpansion", "kind") == "array"
	if o.Limit != nil {
		r.Limit = b.rows(o.Limit)
	}
	r.At, r.Input = at, t.rel
	r.Cols = p.columns()
	for _, c := range r.Cols {
		if !isItem(c, r.Items, r.ItemIndex) {
			r.Passed = append(r.Passed, ColumnPair{c, c})
		}
	}
	return newTable(r, t.open)
}

// inferIn binds an expression only so that an open input has the columns that it names.
func (b *binder) inferIn(e syntax.Expr) {
	if b.row != nil && b.row.open {
		b.silent++
		muted := b.muted
		b.expr(e)
		b.muted = muted
		b.silent--
	}
}

func (b *binder) mvApply(t *table, o *syntax.MvApplyOperator) *table {
	at := o.Span()
	b.operatorParameters(o.Parameters, mvApplyParameters)
	p := b.projection(len(t.cols))
	for _, e := range o.Columns {
		b.inferIn(e.Expr)
	}
	p.addRow(t.cols, at, false, true)
	r := &MvApply{}
	r.Items = b.expandItems(t, o.Parameters, o.Columns, p)
	r.ItemIndex = b.itemIndex(o.Parameters, p)
	if o.Limit != nil {
		r.Limit = b.rows(o.Limit)
	}
	if o.ContextID != nil {
		b.expr(o.ContextID)
	}
	r.Source = b.applyInput(t, at)
	r.Source.Cols = p.columns()
	in := newTable(r.Source, t.open)
	b.insideOperators(o.Subquery, "mv-apply")
	it := b.subquery(o.Subquery, in)
	r.At, r.Input = at, t.rel
	if !b.wantTable(it) {
		r.Body = r.Source
		r.Cols = r.Source.Cols
		return newTable(r, t.open)
	}
	body := it.table
	b.settle(body)
	r.Input = t.rel // the body may have asked an open input for more
	r.Body = body.rel
	// the input's columns that are not expanded, then the body's, which take the place of those of their name
	applied := map[*Column]bool{}
	for _, e := range o.Columns {
		x := e.Expr
		if n, ok := x.(*syntax.NamedExpr); ok {
			x = n.Expr
			continue
		}
		if n, ok := x.(*syntax.NameRef); ok {
			if c := t.column(n.Name.Text); c != nil {
				applied[c] = true
			}
		}
	}
	type origin struct {
		in   *Column
		body bool
	}
	from := map[*Column]origin{}
	q := b.projection(len(t.cols) + len(body.cols))
	for _, c := range t.cols {
		if !applied[c] {
			out := b.copyColumn(c)
			from[out] = origin{in: c}
			q.skipColumn(c)
			q.add(out, nil, "", false, false, nil)
		}
	}
	for _, c := range body.cols {
		out := b.copyColumn(c)
		if got := q.add(out, nil, "", true, false, c); got != c && !q.skip[c] {
			from[got] = origin{in: c, body: true}
		}
	}
	for _, x := range q.out {
		o := from[x.col]
		r.Cols = append(r.Cols, x.col)
		if o.body {
			r.BodyOut = append(r.BodyOut, ColumnPair{x.col, o.in})
		} else {
			r.Passed = append(r.Passed, ColumnPair{x.col, o.in})
		}
	}
	return newTable(r, t.open)
}
