package bind

import (
	"github.com/seed-caab1ad3/blindspot/emulator/kql/source"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/symbol"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/syntax"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
)

// Inputs of a union are its relations.
func (r *Union) Inputs() []Rel { return r.Rels }

// Inputs of a plugin are its one or two relations.
func (r *Evaluate) Inputs() []Rel {
	var out []Rel
	for _, in := range []Rel{r.Input, r.Right} {
		if in != nil {
			out = append(out, in)
		}
	}
	return out
}

// Inputs of a shared relation's use is the relation.
func (r *Shared) Inputs() []Rel {
	if r.Def == nil || r.Def.Rel == nil {
		return nil
	}
	return []Rel{r.Def.Rel}
}

// wildcardTables binds a name with * where tables are listed.
func (b *binder) wildcardTables(n *syntax.NameRef, in *place) *item {
	at := n.Span()
	var members []*item
	if b.catalog != nil && (in == nil || in.tables) {
		for _, name := range b.catalog.TableNames(n.Name.Text) {
			if t := b.storedTable(name, at); t != nil {
				members = append(members, b.tableItem(at, b.remote(t, in, at)))
			}
		}
	}
	if in == nil {
		for s := b.scope; s != nil; s = s.outer {
			for _, name := range s.order {
				if l := s.names[name]; l != nil && l.fn != nil && l.fn.view && matchName(n.Name.Text, name) {
					members = append(members, b.callFunction(l.fn, nil, nil, at))
				}
			}
		}
	}
	if len(members) == 0 {
		if n.Name.Text == "*" || in != nil && in.open {
			// no table is known to hold data: whatever there is
			return b.tableItem(at, b.remote(b.missing(n.Name.Text, at), in, at))
		}
		b.noTableLike(n.Name.Text, at)
		return b.bad(at)
	}
	return b.newItem(item{kind: isColumns, at: at, group: &entityGroup{members: members}})
}

// tablesOf binds an operand of union, search or find: a table, or the tables of a wildcard.
func (b *binder) tablesOf(e syntax.Expr) []*table {
	var it *item
	if n, ok := unparen(e).(*syntax.NameRef); ok && n.Name.Wildcard {
		it = b.wildcardTables(n, nil)
	} else {
		it = b.tabular(e)
	}
	if it.kind == isColumns {
		return it.tables()
	}
	if !b.wantTable(it) {
		return nil
	}
	return []*table{it.table}
}

func (b *binder) union(in *table, o *syntax.UnionOperator) *table {
	at := o.Span()
	row, fuzzy := b.row, b.fuzzy
	b.row = nil
	b.operatorParameters(o.Parameters, unionParameters)
	if set, on := parameterTrue(o.Parameters, "isfuzzy", "__isFuzzy"); set {
		b.fuzzy = on
	}
	var tables []*table
	if in != nil {
		tables = append(tables, in)
	}
	// A fuzzy union leaves out the legs whose tables are not there, with all that they would have brought; when none is
	// there, the legs stay as they are, the union cannot run, and a fuzzy union around this one leaves it out as a whole.
	lost, unresolved := b.lost, len(b.out.Unresolved)
	var gone []*table
	for _, e := range o.Tables {
		b.lost = 0
		before := len(b.out.Unresolved)
		legs := b.tablesOf(e)
		if b.fuzzy && b.lost > 0 {
			gone = append(gone, legs...)
			b.out.Unresolved = b.out.Unresolved[:before]
		} else {
			tables = append(tables, legs...)
		}
	}
	if len(tables) == 0 {
		tables = gone
		lost += len(gone)
		b.out.Unresolved = append(b.out.Unresolved[:unresolved], at)
	}
	b.lost = lost
	b.row, b.fuzzy = row, fuzzy
	out := b.unite(tables, parameterWord(o.Parameters, "kind") == "inner", at)
	if name := parameterWord(o.Parameters, "withsource", "with_source"); name != "" {
		r := out.rel.(*Union)
		c := &Column{Name: name, Type: value.String}
		r.Source = c
		r.Cols = append([]*Column{c}, r.Cols...)
		for i := range r.Map {
			r.Map[i] = append([]*Column{nil}, r.Map[i]...)
		}
		out.cols = r.Cols
	}
	return out
}

// unite puts relations one after the other. Columns of one name and type become one; of a name that comes in several
// types each becomes name_type. With inner set only the columns that all have, by name and type, are kept.
func (b *binder) unite(tables []*table, inner bool, at source.Span) *table {
	r := &Union{}
	r.At = at
	out := &table{rel: r}
	type slot struct {
		name string
		typ  value.Type
	}
	types := map[string][]value.Type{}
	var order []string
	for _, t := range tables {
		out.open = out.open || t.open
		for _, c := range t.cols {
			seen, ok := types[c.Name]
			if !ok {
				order = append(order, c.Name)
			}
			have := false
			for _, s := range seen {
				have = have || s == c.Type
			}
			if !have {
				types[c.Name] = append(seen, c.Type)
			}
		}
	}
	names := uniqueNames{b: b}
	place := map[slot]int{}
	hidden := map[string]bool{}
	known := map[slot]symbol.Type{}
	for i, t := range tables {
		for _, c := range t.cols {
			k := slot{c.Name, c.Type}
			if i == 0 || !c.Hidden {
				if _, ok := hidden[c.Name]; !ok || !c.Hidden {
					hidden[c.Name] = c.Hidden
				}
			}
			typ := b.typeOf(c)
			if before, ok := known[k]; ok && before != typ {
				typ = symbol.Of(c.Type)
				if agreed, ok := symbol.Agree(before, b.typeOf(c), false, symbol.NoConversion); ok {
					typ = agreed
				}
			}
			known[k] = typ
		}
	}
	for _, name := range order {
		list := types[name]
		for _, typ := range list {
			k := slot{name, typ}
			full := name
			if len(list) > 1 {
				full = name + "_" + typ.String()
			}
			c := b.newColumn(names.get(full, ""), known[k])
			c.Hidden = hidden[name]
			place[k] = len(r.Cols)
			r.Cols = append(r.Cols, c)
		}
	}
	for _, t := range tables {
		m := make([]*Column, len(r.Cols))
		for _, c := range t.cols {
			if i := place[slot{c.Name, c.Type}]; m[i] == nil {
				m[i] = c
			}
		}
		r.Rels = append(r.Rels, t.rel)
		r.Map = append(r.Map, m)
		r.Names = append(r.Names, t.name)
	}
	if inner {
		r.keepCommon()
	}
	out.cols = r.Cols
	return out
}

// keepCommon drops the columns that not all inputs have.
func (r *Union) keepCommon() {
	kept := 0
	for j, c := range r.Cols {
		common := true
		for _, m := range r.Map {
			common = common && m[j] != nil
		}
		if !common {
			continue
		}
		r.Cols[kept] = c
		for _, m := range r.Map {
			m[kept] = m[j]
		}
		kept++
	}
	r.Cols = r.Cols[:kept]
	for i, m := range r.Map {
		r.Map[i] = m[:kept]
	}
}

// implied lists the tables that search and find read when they name none: all of the workspace, and views.
func (b *binder) implied(at source.Span) []*table {
	n := &syntax.NameRef{Name: &syntax.Name{Text: "*", Wildcard: true}}
	it := b.wildcardTables(n, nil)
	switch it.kind {
	case isColumns:
		return it.tables()
	case isTable:
		return []*table{it.table}
	}
	return []*table{b.missing("*", at)}
}

func (b *binder) search(in *table, o *syntax.SearchOperator) *table {
	at := o.Span()
	b.operatorParameters(o.Parameters, searchParameters)
	row := b.row
	b.row = nil
	var tables []*table
	switch {
	case len(o.Tables) > 0:
		if in != nil {
			b.onlyFirst(b.keyword(o))
		}
		for _, e := range o.Tables {
			tables = append(tables, b.tablesOf(e)...)
		}
	case in != nil:
		tables = []*table{in}
	default:
		tables = b.implied(at)
	}
	u := b.unite(tables, false, at)
	r := u.rel.(*Union)
	if in != nil && len(o.Tables) == 0 {
		for i, c := range in.cols {
			if c.Hidden {
				r.Cols[i].Hidden = true
			}
		}
	}
	name := &Column{Name: "$table", Type: value.String}
	r.Source = name
	r.Cols = append([]*Column{name}, r.Cols...)
	for i := range r.Map {
		r.Map[i] = append([]*Column{nil}, r.Map[i]...)
	}
	u.cols = r.Cols
	b.row = &table{rel: r, cols: r.Cols[1:], open: u.open}
	cond := b.searchCondition(o.Predicate, parameterWord(o.Parameters, "kind") == "case_sensitive")
	if b.row.rel != Rel(r) {
		u.rel = b.row.rel
	}
	u.cols = append([]*Column{name}, b.row.cols...)
	b.row = row
	f := &Filter{Predicate: b.condition(cond)}
	f.At = at
	return b.over(u, f, &f.Unary)
}

// searchCondition binds the predicate of search and find: a lone text means that any column has it.
func (b *binder) searchCondition(e syntax.Expr, caseSensitive bool) *item {
	if e == nil {
		return b.literal(value.NewBool(true), source.Span{})
	}
	if !b.enter(e.Span()) {
		return b.bad(e.Span())
	}
	defer b.leave()
	op := "has"
	if caseSensitive {
		op = "has_cs"
	}
	switch x := e.(type) {
	case *syntax.ParenExpr:
		it := *b.searchCondition(x.X, caseSensitive)
		it.at = e.Span()
		return &it
	case *syntax.StarExpr:
		it := b.literal(value.NewBool(true), e.Span())
		it.node = e
		return it
	case *syntax.BinaryExpr:
		if x.Op == syntax.OpAnd || x.Op == syntax.OpOr {
			l, r := b.searchCondition(x.X, caseSensitive), b.searchCondition(x.Y, caseSensitive)
			return b.binaryOver(x, l, r)
		}
	case *syntax.StringLiteral, *syntax.NameRef, *syntax.Literal:
		it := b.expr(e)
		if it.kind == isScalar && it.constant && it.typ.Scalar == value.String && it.expr != nil {
			out := b.starCondition(op, symbol.Of(value.Bool), true, it, e.Span())
			out.node = e
			return out
		}
		return it
	}
	return b.expr(e)
}

// starCondition is * op value: the condition on any text or dynamic column.
func (b *binder) starCondition(op string, t symbol.Type, ok bool, y *item, at source.Span) *item {
	if !ok || y.expr == nil {
		return b.bad(at)
	}
	var any Expr
	n := 0
	for _, c := range b.rowColumns() {
		if c.Type != value.String && c.Type != value.Dynamic && c.Type != value.Unknown {
			continue
		}
		if n++; n > 2000 {
			b.unsupported("search over more than 2000 columns", at)
			break
		}
		one := Expr(NewCall(op, nil, value.Bool, at, convert(NewColumnRef(c, at), value.String), convert(y.expr, value.String)))
		if op == ":" {
			one = NewCall("has", nil, value.Bool, at, convert(NewColumnRef(c, at), value.String), convert(y.expr, value.String))
		}
		if any == nil {
			any = one
		} else {
			any = NewCall("or", nil, value.Bool, at, any, one)
		}
	}
	if any == nil {
		any = NewConst(value.NewBool(false), at)
	}
	return b.scalarItem(at, symbol.Of(value.Bool), any)
}

func (b *binder) find(in *table, o *syntax.FindOperator) *table {
	at := o.Span()
	b.operatorParameters(o.Parameters, findParameters)
	row := b.row
	b.row = nil
	var tables []*table
	if len(o.Tables) > 0 {
		for _, e := range o.Tables {
			tables = append(tables, b.tablesOf(e)...)
		}
	} else {
		tables = b.implied(at)
	}
	// The condition sees each name once, whatever its types.
	see := b.uniteByName(tables, at)
	r := see.rel.(*Union)
	before := len(see.cols)
	b.row = see
	cond := b.searchCondition(o.Predicate, false)
	refs := columnsIn(cond.expr, nil, 0)
	predicate := b.condition(cond)
	name := parameterWord(o.Parameters, "withsource", "with_source")
	if name == "" {
		name = "source_"
	}
	source := &Column{Name: name, Type: value.String}
	r.Source = source
	r.Cols = append([]*Column{source}, r.Cols...)
	for i := range r.Map {
		r.Map[i] = append([]*Column{nil}, r.Map[i]...)
	}
	open := see.open
	p := b.projection(8)
	p.add(source, NewColumnRef(source, at), "", false, false, nil)
	var pack []*Column
	if len(o.Project) == 0 || o.ProjectSmart {
		for _, common := range []bool{true, false} { // what all tables have, then what the condition names
			for _, c := range see.cols[:before] {
				if inAll(tables, c.Name) == common && (common || refs[c]) {
					p.add(c, NewColumnRef(c, at), "", true, false, c)
				}
			}
		}
		for _, c := range see.cols[before:] {
			p.add(c, NewColumnRef(c, at), "", true, false, c)
		}
		for _, c := range see.cols[:before] {
			if _, have := p.at[c.Name]; !have && !c.Hidden && inClosed(tables, c.Name) {
				pack = append(pack, c)
			}
		}
		if len(pack) > 0 {
			p.add(&Column{Name: "pack_", Type: value.Dynamic}, packOf(pack, at), "", false, false, nil)
		}
	} else {
		open = false
		for i, c := range o.Project {
			switch {
			case c.Pack:
				if i < len(o.Project)-1 {
					b.packLast(c.Span())
					continue
				}
				for _, x := range see.cols {
					if _, have := p.at[x.Name]; !have {
						pack = append(pack, x)
					}
				}
				p.add(&Column{Name: "pack_", Type: value.Dynamic}, packOf(pack, at), "", false, false, nil)
			case c.Name != nil:
				col := see.column(c.Name.Text)
				if col == nil && see.open {
					col = b.infer(see, c.Name.Text)
				}
				if col == nil {
					b.unknownName(c.Name.Text, c.Name.Span())
					continue
				}
				e := Expr(NewColumnRef(col, at))
				if c.Type != nil {
					typ := b.typeName(c.Type)
					col = b.newColumn(col.Name, symbol.Of(typ))
					e = convert(e, typ)
				}
				p.add(col, e, "", false, false, nil)
			}
		}
	}
	away := map[string]bool{}
	for _, c := range o.ProjectAway {
		if c.Name != nil {
			away[c.Name.Text] = true
		}
		if c.Star {
			for _, x := range p.out[1:] {
				away[x.col.Name] = true
			}
		}
	}
	b.row = row
	kept := p.out[:0]
	for _, x := range p.out {
		if !away[x.col.Name] {
			kept = append(kept, x)
		}
	}
	f := &Filter{Predicate: predicate}
	f.At = at
	return b.project(b.over(&table{rel: r, cols: r.Cols, open: open}, f, &f.Unary), kept, at)
}

// inClosed reports whether a table whose columns are all known has a column.
func inClosed(tables []*table, name string) bool {
	for _, t := range tables {
		if !t.open && t.column(name) != nil {
			return true
		}
	}
	return false
}

func packOf(cols []*Column, at source.Span) Expr {
	var args []Expr
	for _, c := range cols {
		args = append(args, NewConst(value.NewString(c.Name), at), NewColumnRef(c, at))
	}
	return NewCall("bag_pack", nil, value.Dynamic, at, args...)
}

func inAll(tables []*table, name string) bool {
	for _, t := range tables {
		if t.column(name) == nil {
			return false
		}
	}
	return true
}

// columnsIn collects the columns that an expression reads.
func columnsIn(e Expr, into map[*Column]bool, depth int) map[*Column]bool {
	if into == nil {
		into = map[*Column]bool{}
	}
	if depth > maxDepth {
		return into
	}
	switch e := e.(type) {
	case *ColumnRef:
		into[e.Column] = true
	case *Call:
		for _, a := range e.Args {
			columnsIn(a, into, depth+1)
		}
	case *Path:
		columnsIn(e.Base, into, depth+1)
		columnsIn(e.Key, into, depth+1)
	case *InSubquery:
		columnsIn(e.Arg, into, depth+1)
	case *SummaryCall:
		for _, a := range e.Args {
			columnsIn(a, into, depth+1)
		}
	}
	return into
}

// readsColumns reports whether an expression reads any column, as columnsIn would find.
func readsColumns(e Expr, depth int) bool {
	if depth > maxDepth {
		return false
	}
	any := func(args []Expr) bool {
		for _, a := range args {
			if readsColumns(a, depth+1) {
				return true
			}
		}
		return false
	}
	switch e := e.(type) {
	case *ColumnRef:
		return true
	case *Call:
		return any(e.Args)
	case *Path:
		return readsColumns(e.Base, depth+1) || readsColumns(e.Key, depth+1)
	case *InSubquery:
		return readsColumns(e.Arg, depth+1)
	case *SummaryCall:
		return any(e.Args)
	}
	return false
}

// uniteByName is unite with one column a name: dynamic where types differ.
func (b *binder) uniteByName(tables []*table, at source.Span) *table {
	r := &Union{}
	r.At = at
	out := &table{rel: r}
	place := map[string]int{}
	for _, t := range tables {
		out.open = out.open || t.open
		for _, c := range t.cols {
			i, ok := place[c.Name]
			if !ok {
				place[c.Name] = len(r.Cols)
				r.Cols = append(r.Cols, b.copyColumn(c))
				continue
			}
			if have := r.Cols[i]; have.Type != c.Type {
				typ, ok := symbol.Agree(symbol.Of(have.Type), symbol.Of(c.Type), false, symbol.Promotion)
				if !ok {
					typ = symbol.Any
				}
				have.Type = typ.Scalar
			}
		}
	}
	for _, t := range tables {
		m := make([]*Column, len(r.Cols))
		rel := t.rel
		var conv []output
		for _, c := range t.cols {
			i := place[c.Name]
			to := c
			if r.Cols[i].Type != c.Type {
				to = &Column{Name: c.Name, Type: r.Cols[i].Type, Hidden: c.Hidden}
				conv = append(conv, output{to, convert(NewColumnRef(c, at), to.Type)})
			} else {
				conv = append(conv, output{c, NewColumnRef(c, at)})
			}
			m[i] = to
		}
		if len(conv) > 0 {
			rel = b.project(&table{rel: t.rel, open: t.open}, conv, at).rel
		}
		r.Rels = append(r.Rels, rel)
		r.Map = append(r.Map, m)
		r.Names = append(r.Names, t.name)
	}
	out.cols = r.Cols
	return out
}
