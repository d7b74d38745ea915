package bind

import (
	"github.com/seed-caab1ad3/blindspot/emulator/kql/source"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/symbol"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/syntax"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
)

func (b *binder) parse(t *table, o *syntax.ParseOperator) *table {
	at := o.Span()
	b.operatorParameters(o.Parameters, parseParameters)
	it := b.expr(o.Input)
	b.wantScalar(it)
	r := &Parse{Kind: "simple", Flags: parameterWord(o.Parameters, "flags"), Where: o.Where}
	if k := parameterWord(o.Parameters, "kind"); k != "" {
		r.Kind = k
	}
	r.At, r.Input = at, t.rel
	if it.expr != nil {
		r.Source = convert(it.expr, value.String)
	} else {
		r.Source = NewConst(value.NewString(""), it.at)
	}
	declared := map[string]*Column{}
	var added []*Column
	for i, part := range o.Pattern {
		switch x := part.(type) {
		case *syntax.StringLiteral:
			r.Pattern = append(r.Pattern, ParsePart{Text: x.Value, IsText: true})
		case *syntax.StarExpr:
			b.checkStar(o.Pattern, i)
			r.Pattern = append(r.Pattern, ParsePart{Star: true})
		case *syntax.ParseColumn:
			if i > 0 && !isText(o.Pattern[i-1]) {
				if _, star := o.Pattern[i-1].(*syntax.StarExpr); !star {
					b.nameAfterName(part.Span())
				} else {
					b.nameAfterName(part.Span())
				}
			}
			typ := value.String
			if x.Type != nil {
				typ = b.typeName(x.Type)
			}
			if declared[x.Name.Text] != nil {
				b.duplicateColumn(x.Name.Text, x.Name.Span())
				continue
			}
			c := b.newColumn(x.Name.Text, symbol.Of(typ))
			declared[c.Name] = c
			added = append(added, c)
			r.Pattern = append(r.Pattern, ParsePart{Column: c})
		case *syntax.BadExpr:
		default:
			v := b.expr(part)
			if s, ok := v.text(); ok && v.kind == isScalar {
				r.Pattern = append(r.Pattern, ParsePart{Text: s, IsText: true})
			} else if v.kind != isBad {
				b.patternPart(part.Span())
			}
		}
	}
	r.Passed, r.Cols = passedWith(t.cols, declared, added)
	return newTable(r, t.open)
}

// passedWith lists an operator's output: the input's columns without those that are made anew, which keep their places,
// then the new ones.
func passedWith(in []*Column, declared map[string]*Column, added []*Column) (passed []ColumnPair, out []*Column) {
	placed := map[*Column]bool{}
	for _, c := range in {
		if n := declared[c.Name]; n != nil && !placed[n] {
			placed[n] = true
			out = append(out, n)
			continue
		}
		out = append(out, c)
		passed = append(passed, ColumnPair{c, c})
	}
	for _, c := range added {
		if !placed[c] {
			out = append(out, c)
		}
	}
	return passed, out
}

func isText(e syntax.Expr) bool {
	_, ok := e.(*syntax.StringLiteral)
	return ok
}

// checkStar reports a * in a pattern that leaves open where it ends.
func (b *binder) checkStar(pattern []syntax.Expr, i int) {
	at := pattern[i].Span()
	if i < len(pattern)-1 && !isText(pattern[i+1]) {
		b.starThenName(at)
	}
	if i > 0 {
		if c, ok := pattern[i-1].(*syntax.ParseColumn); ok {
			t, known := value.String, true
			if c.Type != nil {
				t, known = value.ParseType(c.Type.Name)
			}
			if known && t == value.String {
				b.starAfterName(at)
			}
		}
	}
}

func (b *binder) parseKv(t *table, o *syntax.ParseKvOperator) *table {
	it := b.expr(o.Input)
	b.wantScalar(it)
	r := &ParseKv{}
	r.At, r.Input = o.Span(), t.rel
	if it.expr != nil {
		r.Source = convert(it.expr, value.String)
	} else {
		r.Source = NewConst(value.NewString(""), it.at)
	}
	declared := map[string]*Column{}
	added := b.schema(o.Schema, true)
	for _, c := range added {
		declared[c.Name] = c
		r.Keys = append(r.Keys, Assignment{Column: c})
	}
	b.operatorParameters(o.Properties, parseKvProperties)
	for _, p := range o.Properties {
		r.Properties = append(r.Properties, Option{Name: p.Name.Text, Value: parameterText(p.Value)})
	}
	r.Passed, r.Cols = passedWith(t.cols, declared, added)
	return newTable(r, t.open)
}

// schema makes the columns that a schema declares; with check set, a name that comes twice is reported.
func (b *binder) schema(s *syntax.SchemaType, check bool) []*Column {
	if s == nil {
		return nil
	}
	var out []*Column
	seen := map[string]bool{}
	for _, d := range s.Columns {
		if d.Name == nil {
			continue
		}
		if seen[d.Name.Text] {
			if check {
				b.duplicateColumn(d.Name.Text, d.Name.Span())
			}
			continue
		}
		seen[d.Name.Text] = true
		out = append(out, b.newColumn(d.Name.Text, symbol.Of(b.typeName(d.Type))))
	}
	return out
}

func (b *binder) datatable(e *syntax.DataTableExpr) *item {
	at := e.Span()
	b.operatorParameters(e.Parameters, "")
	r := &Datatable{}
	r.At = at
	r.Cols = b.schema(e.Schema, true)
	n := len(r.Cols)
	if n > 0 && len(e.Values)%n != 0 {
		b.valuesUneven(n, source.Span{Start: e.Values[0].Span().Start, End: e.Values[len(e.Values)-1].Span().End})
	}
	var row []value.Value
	for i, x := range e.Values {
		v := value.Value{}
		switch lit := x.(type) { // the common forms, without an item for each
		case *syntax.StringLiteral:
			v = value.NewString(lit.Value)
		case *syntax.Literal:
			v = lit.Value
		default:
			it := b.expr(x)
			b.wantScalar(it)
			if c, ok := it.expr.(*Const); ok {
				v = c.Value
			} else if it.kind == isScalar && it.expr != nil {
				b.unsupported("datatable of values that are no literals", x.Span())
			}
		}
		if n == 0 {
			continue
		}
		row = append(row, datum(v, r.Cols[i%n].Type))
		if len(row) == n {
			r.Rows = append(r.Rows, row)
			row = nil
		}
	}
	return b.tableItem(at, newTable(r, false))
}

// datum makes a literal fit a datatable's column; a text for a number or time is left to the engine's conversion.
func datum(v value.Value, t value.Type) value.Value {
	if v.Type == t || t == value.Unknown {
		return v
	}
	if v.Type == value.Unknown {
		return nullOf(t)
	}
	if out, ok := convertConst(v, t); ok {
		return out
	}
	if out, ok := foldConversion(v, t); ok {
		return out
	}
	return nullOf(t)
}

func (b *binder) externalData(e *syntax.ExternalDataExpr) *item {
	r := &ExternalData{}
	r.At = e.Span()
	r.Cols = b.schema(e.Schema, true)
	for _, u := range e.Uris {
		it := b.expr(u)
		if s, ok := it.text(); ok {
			r.URIs = append(r.URIs, s)
		}
	}
	for _, p := range e.Properties {
		r.Properties = append(r.Properties, Option{Name: p.Name.Text, Value: parameterText(p.Value)})
	}
	return b.tableItem(e.Span(), newTable(r, false))
}

func (b *binder) contextual(e *syntax.ContextualDataTableExpr) *item {
	r := &Scan{Table: "__contextual_datatable", Missing: true}
	r.At = e.Span()
	r.Cols = b.schema(e.Schema, true)
	if e.ID != nil {
		b.expr(e.ID)
	}
	return b.tableItem(e.Span(), b.refused(newTable(r, false), "__contextual_datatable", e.Span()))
}

func (b *binder) viewCombine(e *syntax.MaterializedViewCombineExpr) *item {
	at := e.Span()
	b.tabular(e.Base)
	delta := b.tabular(e.Delta)
	if e.Aggregations == nil || delta.kind != isTable {
		return b.bad(at)
	}
	it := b.apply(delta, e.Aggregations, true)
	if it.kind == isTable {
		it.table = b.refused(it.table, "materialized_view_combine", at)
	}
	return it
}

func (b *binder) macroExpand(t *table, o *syntax.MacroExpandOperator) *item {
	at := o.Span()
	b.operatorParameters(o.Parameters, macroParameters)
	fuzzy := b.fuzzy
	if set, on := parameterTrue(o.Parameters, "isfuzzy", "__isFuzzy"); set {
		b.fuzzy = on
	}
	it := b.withoutRow(func() *item { return b.expr(o.Group) })
	b.fuzzy = fuzzy
	name := ""
	if o.Scope != nil {
		name = o.Scope.Text
	} else if n, ok := o.Group.(*syntax.NameRef); ok {
		name = n.Name.Text
	}
	members := []*item{{kind: isPlace, place: &place{open: true, remote: "macro-expand"}}}
	if it.kind == isGroup && it.group != nil && len(it.group.members) > 0 {
		members = it.group.members
	}
	var tables []*table
	outer := b.scope
	for _, m := range members {
		b.scope = newScope(outer)
		c := *m
		b.scope.declare(&local{name: name, scalar: &c})
		last := b.withoutRow(func() *item { return b.statements(o.Statements, false) })
		if last != nil && b.wantTable(last) {
			tables = append(tables, last.table)
		}
	}
	b.scope = outer
	if len(tables) == 0 {
		return b.bad(at)
	}
	return b.tableItem(at, b.refused(b.unite(tables, false, at), "macro-expand", at))
}
