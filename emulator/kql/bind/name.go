package bind

import (
	"github.com/seed-caab1ad3/blindspot/emulator/kql/source"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/symbol"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/syntax"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
)

// What a name means is asked in Kusto's order: a column of the input, a column of a join's right side, a let, a function of
// the workspace that needs no arguments, a table, and, when the input is open, a column that nobody listed.

// name binds a name where a value is wanted, or with tabular set where a table is.
func (b *binder) name(n *syntax.NameRef, tabular bool) *item {
	at := n.Span()
	text := n.Name.Text
	if text == "" {
		return b.bad(at)
	}
	if n.Name.Wildcard {
		b.wildcardHere(at)
		return b.bad(at)
	}
	var it *item
	if !tabular {
		it = b.columnName(text, at)
	}
	if it == nil && !tabular && b.kind != aggregate && b.columnOfAny(text) {
		it = b.columnItem(b.infer(b.row, text), at)
	}
	if it == nil {
		it = b.otherName(text, at, tabular)
	}
	if it == nil && !tabular && b.kind != aggregate && b.row != nil && b.row.open {
		it = b.columnItem(b.infer(b.row, text), at)
	}
	if it == nil {
		return b.missingName(text, at, tabular)
	}
	it.node = n
	it.setName(text)
	return it
}

// columnOfAny reports whether a name that means a table is rather a column: the row is of all tables there are, of which
// some have columns with the names of others (Operation).
func (b *binder) columnOfAny(text string) bool {
	if b.row == nil || !b.row.open || b.catalog == nil || b.scope.find(text) != nil {
		return false
	}
	if _, table := b.catalog.Table(text); !table {
		return false
	}
	return ofEveryTable(b.row.rel, 0)
}

// ofEveryTable reports whether a relation's rows are those of union * or search *, of which nothing is known.
func ofEveryTable(r Rel, depth int) bool {
	if depth > maxDepth {
		return false
	}
	switch r := r.(type) {
	case *Scan:
		return r.Missing && r.Table == "*"
	case *Filter, *Project, *Sort, *Top, *Take, *Sample, *Serialize, *Union:
		for _, in := range r.Inputs() {
			if ofEveryTable(in, depth+1) {
				return true
			}
		}
	}
	return false
}

// columnName finds a column of the input, nil when there is none.
func (b *binder) columnName(text string, at source.Span) *item {
	if b.row != nil && b.right != nil && text == "$left" {
		return b.newItem(item{kind: isRow, at: at, cols: b.row.cols, owner: b.row})
	}
	if b.right != nil && text == "$right" {
		return b.newItem(item{kind: isRow, at: at, cols: b.right.cols, owner: b.right})
	}
	if b.kind == aggregate {
		return nil
	}
	if b.row != nil {
		if c := b.row.column(text); c != nil {
			return b.columnItem(c, at)
		}
	}
	if b.right != nil {
		if c := b.right.column(text); c != nil {
			return b.columnItem(c, at)
		}
	}
	return nil
}

func (b *binder) columnItem(c *Column, at source.Span) *item {
	it := b.scalarItem(at, b.typeOf(c), NewColumnRef(c, at))
	it.col = c
	it.setName(c.Name)
	return it
}

// otherName finds a let, a function without arguments or a table, nil when there is none.
func (b *binder) otherName(text string, at source.Span, tabular bool) *item {
	if l := b.scope.find(text); l != nil {
		return b.localName(l, at)
	}
	if f := b.storedFunction(text); f != nil && f.minArgs() == 0 {
		return b.callFunction(f, nil, nil, at)
	}
	if t := b.storedTable(text, at); t != nil {
		return b.tableItem(at, t)
	}
	if !tabular && (symbol.LookupFunction(text) != nil || b.kind == aggregate && symbol.LookupAggregate(text) != nil) {
		b.wantsBrackets(text, at)
		return b.bad(at)
	}
	return nil
}

// localName is the use of a let, parameter, as or step.
func (b *binder) localName(l *local, at source.Span) *item {
	switch {
	case l.toBad:
		return b.bad(at)
	case l.scalar != nil:
		it := b.newItem(*l.scalar)
		it.at = at
		if l.level > 0 && b.level >= l.level {
			// Kusto refuses this when it runs: a table within a row's expression cannot depend on the row
			b.unsupported("argument "+l.name+", which depends on the row, inside a table", at)
			it.expr = NewConst(nullOf(it.typ.Scalar), at)
		}
		it.literal = false
		it.multi = nil
		return it
	case l.shared != nil:
		return b.tableItem(at, b.use(l, at))
	case l.fn != nil:
		if l.fn.minArgs() == 0 {
			return b.callFunction(l.fn, nil, nil, at)
		}
		b.wantsBrackets(l.name, at)
		return b.bad(at)
	case l.pattern != nil:
		return b.newItem(item{kind: isPattern, at: at, pat: l.pattern})
	case l.group != nil:
		return b.newItem(item{kind: isGroup, at: at, group: l.group})
	}
	return b.bad(at)
}

// use makes one use of a let-bound relation.
func (b *binder) use(l *local, at source.Span) *table {
	l.shared.Uses++
	r := &Shared{Def: l.shared}
	r.At = at
	block := make([]Column, len(l.cols))
	r.Cols = make([]*Column, len(l.cols))
	for i, c := range l.cols {
		block[i] = *c
		r.Cols[i] = &block[i]
		if c.Type == value.Dynamic {
			b.know(&block[i], b.typeOf(c))
		}
	}
	t := newTable(r, l.open)
	t.name = l.relName
	return t
}

// define makes a relation into one that a name can stand for several times.
func (b *binder) define(name string, t *table, materialize bool) *local {
	b.settle(t)
	if name == "" {
		name = "$"
	}
	cols := t.cols
	return &local{name: name, shared: &SharedDef{Name: name, Rel: t.rel, Materialize: materialize}, open: t.open, cols: cols, relName: t.name}
}

// storedTable reads a table of the workspace, nil when it has none of that name.
func (b *binder) storedTable(name string, at source.Span) *table {
	if b.catalog == nil {
		return nil
	}
	t, ok := b.catalog.Table(name)
	if !ok {
		return nil
	}
	return b.scan(t, at)
}

func (b *binder) scan(t *symbol.Table, at source.Span) *table {
	table := symbol.InWorkspace(b.workspace, t.Name)
	b.out.Tables = addOnce(b.out.Tables, table)
	r := &Scan{Table: table, Open: t.Open}
	r.At = at
	extra := b.opened[table]
	block := make([]Column, len(t.Columns), len(t.Columns)+len(extra))
	r.Cols = make([]*Column, 0, len(t.Columns)+len(extra))
	for i, c := range t.Columns {
		block[i] = Column{Name: c.Name, Type: c.Type, Hidden: c.Hidden}
		r.Cols = append(r.Cols, &block[i])
	}
	for _, name := range extra {
		r.Cols = append(r.Cols, &Column{Name: name})
	}
	out := newTable(r, t.Open)
	out.name = table
	return out
}

// missing stands for a table that is not there: it has no rows and any column.
func (b *binder) missing(name string, at source.Span) *table {
	r := &Scan{Table: name, Missing: true}
	r.At = at
	t := newTable(r, true)
	t.name = name
	return t
}

// missingName reports a name that means nothing.
func (b *binder) missingName(text string, at source.Span, tabular bool) *item {
	if b.kind == aggregate && !tabular {
		b.kind = normal
		found := b.columnName(text, at) != nil || b.row != nil && b.row.open
		b.kind = aggregate
		if found {
			b.noAggregate(text, at)
			return b.bad(at)
		}
	}
	if tabular {
		if b.fuzzy {
			b.fuzzyMissing("table", text, at)
		} else {
			b.unknownTable(text, at)
		}
		it := b.tableItem(at, b.missing(text, at))
		it.setName(text)
		return it
	}
	b.unknownName(text, at)
	it := b.bad(at)
	it.setName(text)
	return it
}

// matchName matches a name against a pattern with *, case-sensitively.
func matchName(pattern, name string) bool {
	// Two-pointer matching with one point to fall back to.
	p, n, star, mark := 0, 0, -1, 0
	for n < len(name) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, n
			p++
		case p < len(pattern) && pattern[p] == name[n]:
			p++
			n++
		case star >= 0:
			mark++
			p, n = star+1, mark
		default:
			return false
		}
	}
	for p < len(pattern) && pattern[p] == '*' {
		p++
	}
	return p == len(pattern)
}
