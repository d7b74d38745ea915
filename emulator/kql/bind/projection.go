package bind

import (
	"sort"
	"strings"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/source"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/symbol"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/syntax"
)

// output is a column that an operator gives, with what it is computed from.
type output struct {
	col  *Column
	expr Expr
}

// projection collects the columns of an operator's output. Names are kept distinct: a name that the query declares
// twice is a mistake, a derived name that is taken gets a number.
type projection struct {
	b        *binder
	out      []output
	at       map[string]int // places in out
	declared map[string]int
	names    uniqueNames
	skip     map[*Column]bool
}

func (b *binder) projection(size int) *projection {
	return &projection{b: b, at: b.numbers(), out: make([]output, 0, size+4), names: uniqueNames{b: b}}
}

// addRow adds all columns of the input as they are. With declare set their names count as declared.
func (p *projection) addRow(cols []*Column, at source.Span, declare, once bool) {
	refs := make([]ColumnRef, len(cols))
	for i, c := range cols {
		refs[i] = ColumnRef{node: node{c.Type, at}, Column: c}
		n := p.add(c, &refs[i], "", false, once, c)
		if declare && n != nil {
			p.declare(n.Name)
		}
	}
}

func (p *projection) declare(name string) {
	if p.declared == nil {
		p.declared = p.b.numbers()
	}
	p.declared[name] = 1
}

func (p *projection) skipColumn(c *Column) {
	if c == nil {
		return
	}
	if p.skip == nil {
		p.skip = map[*Column]bool{}
	}
	p.skip[c] = true
}

// add appends a column, or with replace puts it in the place of one of the same name. identity is the input's column that
// it is; one that is to be skipped is not added.
func (p *projection) add(c *Column, e Expr, base string, replace, once bool, identity *Column) *Column {
	if c.Name == "" {
		return c
	}
	if identity != nil && p.skip[identity] {
		return c
	}
	if i, ok := p.at[c.Name]; replace && ok {
		p.out[i] = output{c, e}
	} else {
		if name := p.names.get(c.Name, base); name != c.Name {
			n := p.b.copyColumn(c)
			n.Name = name
			c = n
		}
		p.out = append(p.out, output{c, e})
		p.at[c.Name] = len(p.out) - 1
	}
	if once {
		p.skipColumn(identity)
	}
	return c
}

// set adds a column that the query names.
func (p *projection) set(c *Column, e Expr, at source.Span, replace bool, identity *Column) {
	if p.declared[c.Name] > 0 {
		p.b.duplicateColumn(c.Name, at)
		return
	}
	if i, ok := p.at[c.Name]; replace && ok {
		p.out[i] = output{c, e}
		p.declare(c.Name)
		return
	}
	if n := p.add(c, e, "", false, false, identity); n != nil {
		p.declare(n.Name)
	}
}

func (p *projection) columns() []*Column {
	cols := make([]*Column, len(p.out))
	for i := range p.out {
		cols[i] = p.out[i].col
	}
	return cols
}

// style says how an operator's expressions become columns.
type style uint8

const (
	plain style = iota
	extending
	replacing
	summarizing
	printing
)

// put adds the columns of one bound expression. typ, when known, overrides the type; fallback is the name of a nameless
// one.
func (p *projection) put(e syntax.Expr, it *item, s style, once bool, typ *symbol.Type, fallback string) {
	if o, ok := e.(*syntax.OrderedExpr); ok {
		e = o.Expr
	}
	b := p.b
	column := func(name string, t symbol.Type) *Column {
		if typ != nil {
			t = *typ
		}
		return b.newColumn(name, t)
	}
	inPlace := s == replacing || s == extending
	switch n := e.(type) {
	case *syntax.NamedExpr:
		switch {
		case len(n.Names) == 0:
		case it.multi != nil:
			p.putParts(n, it, s, once, column)
		case !n.Tuple:
			name := n.Names[0]
			c := column(name.Text, it.typ)
			replace := inPlace || it.col != nil
			p.set(c, p.exprOf(it, c), name.Span(), replace, nil)
			if it.col != nil && once {
				p.skipColumn(it.col)
			}
		case len(n.Names) == 1:
			c := column(n.Names[0].Text, it.typ)
			p.set(c, p.exprOf(it, c), n.Names[0].Span(), inPlace || it.col != nil, nil)
		case it.kind != isBad:
			b.noSeveralValues(source.Span{Start: n.Names[0].Span().Start, End: n.Names[len(n.Names)-1].Span().End})
		}
		return
	case *syntax.StarExpr:
		for _, c := range b.rowColumns() {
			p.add(c, NewColumnRef(c, e.Span()), "", true, once, c)
		}
		return
	}
	if it.kind == isColumns {
		b.severalColumns(e.Span())
		return
	}
	if it.col != nil && it.multi == nil {
		c := it.col
		if typ != nil || c.Hidden {
			n := column(c.Name, it.typ)
			p.set(n, p.exprOf(it, n), e.Span(), s == replacing, c)
		} else {
			p.set(c, it.expr, e.Span(), s == replacing, c)
		}
		if once {
			p.skipColumn(c)
		}
		return
	}
	if s == printing && (it.multi == nil || len(it.multi) == 1) {
		c := column(fallback, it.typ)
		p.add(c, p.exprOf(it, c), fallback, false, false, nil)
		return
	}
	if it.multi != nil {
		for _, part := range it.multi {
			p.putPart(it, part, once, column)
		}
		return
	}
	name := it.name
	if !it.named {
		name = fallback
		if name == "" {
			name = b.defaultName(s == extending)
		}
	}
	c := column(name, it.typ)
	p.add(c, p.exprOf(it, c), "", inPlace, false, nil)
}

// exprOf is an item's expression, or a null where it has none.
func (p *projection) exprOf(it *item, c *Column) Expr {
	if it.expr == nil {
		return NewConst(nullOf(c.Type), it.at)
	}
	return it.expr
}

func (p *projection) putPart(it *item, part part, once bool, column func(string, symbol.Type) *Column) {
	c := column(part.name, part.typ)
	c.Hidden = part.hidden || part.origin != nil && part.origin.Hidden
	p.add(c, part.expr, "", false, once, part.origin)
}

// putParts adds the values of a call of several values under the names given; those without a name keep their own.
func (p *projection) putParts(n *syntax.NamedExpr, it *item, s style, once bool, column func(string, symbol.Type) *Column) {
	for i, part := range it.multi {
		if i < len(n.Names) {
			c := column(n.Names[i].Text, part.typ)
			p.set(c, part.expr, n.Names[i].Span(), !n.Tuple || s == replacing || s == extending, nil)
			if once {
				p.skipColumn(part.origin)
			}
			continue
		}
		if s == printing {
			break
		}
		p.putPart(it, part, once, column)
	}
	if n.Tuple {
		for i := len(it.multi); i < len(n.Names); i++ {
			p.b.nameWithoutValue(n.Names[i].Span())
		}
	}
}

// keepRest marks a projection that passes on what it does not name.
func keepRest(t *table) *table {
	t.rel.(*Project).KeepsRest = true
	return t
}

// project puts a Project above a relation.
func (b *binder) project(in *table, out []output, at source.Span) *table {
	r := &Project{}
	r.At, r.Input = at, in.rel
	r.Assign = make([]Assignment, len(out))
	r.Cols = make([]*Column, len(out))
	for i := range out {
		r.Assign[i] = Assignment{Column: out[i].col, Expr: out[i].expr}
		r.Cols[i] = out[i].col
	}
	return newTable(r, in.open)
}

// scalars binds expressions of which each must give a value.
func (b *binder) scalars(list []syntax.Expr) ([]*item, bool) {
	items := make([]*item, len(list))
	for i, e := range list {
		items[i] = b.expr(e)
	}
	return items, b.allScalar(items)
}

// allScalar reports the first item that is no value.
func (b *binder) allScalar(items []*item) bool {
	for _, it := range items {
		if !b.wantScalar(it) {
			return false
		}
	}
	return true
}

// noDynamic reports the first item that is dynamic.
func (b *binder) noDynamic(items []*item) bool {
	for _, it := range items {
		if it.kind == isScalar && it.typ.Dynamic() {
			b.typeRefused(it, it.at)
			return false
		}
	}
	return true
}

func (b *binder) extend(in *table, o *syntax.ExtendOperator) *table {
	items, _ := b.scalars(o.Columns)
	p := b.projection(len(in.cols))
	p.addRow(in.cols, o.Span(), false, true)
	for i, e := range o.Columns {
		p.put(e, items[i], extending, false, nil, "")
	}
	return keepRest(b.project(in, p.out, o.Span()))
}

func (b *binder) projectColumns(in *table, o *syntax.ProjectOperator) *table {
	items, _ := b.scalars(o.Columns)
	p := b.projection(len(o.Columns))
	for i, e := range o.Columns {
		p.put(e, items[i], plain, false, nil, "")
	}
	return b.project(in, p.out, o.Span())
}

// columnList binds the columns that project-away, project-keep and project-reorder list.
func (b *binder) columnList(in *table, list []syntax.Expr) [][]*Column {
	out := make([][]*Column, len(list))
	for i, e := range list {
		if o, ok := e.(*syntax.OrderedExpr); ok {
			e = o.Expr
		}
		if n, ok := e.(*syntax.NameRef); ok && n.Name.Wildcard {
			for _, c := range in.cols {
				if matchName(n.Name.Text, c.Name) {
					out[i] = append(out[i], c)
				}
			}
			if len(out[i]) == 0 && !in.open {
				b.noColumnLike(n.Name.Text, e.Span())
			}
			continue
		}
		it := b.expr(e)
		switch {
		case it.col != nil:
			out[i] = []*Column{it.col}
		case it.kind != isBad:
			b.columnWanted(e.Span())
		}
	}
	return out
}

func (b *binder) projectAway(in *table, o *syntax.ProjectAwayOperator) *table {
	return b.pick(in, b.columnList(in, o.Columns), false, o.Span())
}

func (b *binder) projectKeep(in *table, o *syntax.ProjectKeepOperator) *table {
	return b.pick(in, b.columnList(in, o.Columns), true, o.Span())
}

func (b *binder) pick(in *table, lists [][]*Column, keep bool, at source.Span) *table {
	named := map[string]bool{}
	for _, l := range lists {
		for _, c := range l {
			named[c.Name] = true
		}
	}
	var out []output
	for _, c := range in.cols {
		if named[c.Name] == keep || keep && c.Hidden && named[c.Name] {
			out = append(out, output{c, NewColumnRef(c, at)})
		}
	}
	if keep {
		return b.project(in, out, at)
	}
	return keepRest(b.project(in, out, at))
}

func (b *binder) projectRename(in *table, o *syntax.ProjectRenameOperator) *table {
	p := b.projection(len(in.cols))
	var items []*item
	for _, e := range o.Columns {
		items = append(items, b.expr(e))
	}
	p.addRow(in.cols, o.Span(), true, true)
	for i, e := range o.Columns {
		n, ok := e.(*syntax.NamedExpr)
		if !ok || n.Tuple || len(n.Names) != 1 {
			if items[i].kind != isBad {
				b.renameWanted(e.Span())
			}
			continue
		}
		if items[i].col == nil {
			if items[i].kind != isBad {
				b.columnWanted(n.Expr.Span())
			}
			continue
		}
		p.rename(items[i].col, n.Names[0])
	}
	return keepRest(b.project(in, p.out, o.Span()))
}

func (p *projection) rename(old *Column, name *syntax.Name) {
	i, ok := p.at[old.Name]
	if !ok {
		return
	}
	if p.declared[name.Text] > 0 {
		p.b.duplicateColumn(name.Text, name.Span())
		return
	}
	c := p.b.copyColumn(old)
	c.Name, c.Hidden = name.Text, false
	p.out[i].col = c
	delete(p.at, old.Name)
	p.at[c.Name] = i
	p.declare(c.Name)
	p.names.take(c.Name)
}

func (b *binder) projectReorder(in *table, o *syntax.ProjectReorderOperator) *table {
	lists := b.columnList(in, o.Columns)
	p := b.projection(len(in.cols))
	named := map[*Column]bool{}
	for i, e := range o.Columns {
		cols := lists[i]
		if ordered, ok := e.(*syntax.OrderedExpr); ok {
			cols = orderColumns(cols, ordered.Order)
			e = ordered.Expr
		}
		if n, ok := e.(*syntax.NameRef); !ok || !n.Name.Wildcard { // the reference's own example is Col1, Col*
			for _, c := range cols {
				if named[c] {
					b.duplicateColumn(c.Name, e.Span())
				}
				named[c] = true
			}
		}
		for _, c := range cols {
			p.add(c, NewColumnRef(c, o.Span()), "", false, true, c)
		}
	}
	for _, c := range in.cols {
		p.add(c, NewColumnRef(c, o.Span()), "", false, true, c)
	}
	return keepRest(b.project(in, p.out, o.Span()))
}

func orderColumns(cols []*Column, order syntax.Order) []*Column {
	out := append([]*Column(nil), cols...)
	less := func(a, c string) bool { return strings.ToLower(a) < strings.ToLower(c) }
	if order == syntax.OrderGrannyAsc || order == syntax.OrderGrannyDesc {
		less = grannyLess
	}
	switch order {
	case syntax.OrderAsc, syntax.OrderGrannyAsc:
		sort.SliceStable(out, func(i, j int) bool { return less(out[i].Name, out[j].Name) })
	case syntax.OrderDesc, syntax.OrderGrannyDesc:
		sort.SliceStable(out, func(i, j int) bool { return less(out[j].Name, out[i].Name) })
	}
	return out
}

// grannyLess orders names with the numbers in them by the numbers: a9 before a10.
func grannyLess(a, c string) bool {
	a, c = strings.ToLower(a), strings.ToLower(c)
	digits := func(s string) int {
		n := 0
		for n < len(s) && '0' <= s[n] && s[n] <= '9' {
			n++
		}
		return n
	}
	for a != "" && c != "" {
		if n, m := digits(a), digits(c); n > 0 && m > 0 {
			x, y := strings.TrimLeft(a[:n], "0"), strings.TrimLeft(c[:m], "0")
			if len(x) != len(y) {
				return len(x) < len(y)
			}
			if x != y {
				return x < y
			}
			a, c = a[n:], c[m:]
			continue
		}
		if a[0] != c[0] {
			return a[0] < c[0]
		}
		a, c = a[1:], c[1:]
	}
	return len(a) < len(c)
}

// projectByNames keeps the columns whose names expressions give.
func (b *binder) projectByNames(in *table, o *syntax.ProjectByNamesOperator) *table {
	p := b.projection(len(in.cols))
	for _, e := range o.Columns {
		it := b.expr(e)
		for _, pattern := range constantTexts(it) {
			for _, c := range in.cols {
				if matchName(pattern, c.Name) {
					p.add(c, NewColumnRef(c, o.Span()), "", false, true, c)
				}
			}
		}
	}
	return b.project(in, p.out, o.Span())
}

func constantTexts(it *item) []string {
	if s, ok := it.text(); ok {
		return []string{s}
	}
	var out []string
	if it.value != nil && it.value.Dyn != nil {
		n := it.value.Dyn
		if n.S != "" {
			out = append(out, n.S)
		}
		for _, e := range n.Elems {
			if e != nil && e.S != "" {
				out = append(out, e.S)
			}
		}
	}
	return out
}
