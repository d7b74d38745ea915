package bind

import (
	"github.com/seed-caab1ad3/blindspot/emulator/kql/source"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/symbol"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/syntax"
)

// otherWorkspace binds workspace("name or id"). A catalog that knows no other workspaces takes any for one with its own
// tables, and what is read of it does not run.
//
// Source: Azure Monitor documentation, "Query data across Log Analytics workspaces": the reference is explicit, never a
// parameter, and what a function of another workspace does with a third one is not offered.
func (b *binder) otherWorkspace(given []*item, at source.Span) *item {
	p := &place{name: "workspace", tables: true, open: true, remote: "workspace()"}
	it := b.newItem(item{kind: isPlace, at: at, place: p})
	known, ok := b.catalog.(symbol.Workspaces)
	switch {
	case !ok:
		return it
	case len(given) == 0 || given[0] == nil || !given[0].literal:
		p.remote = "workspace() of a name that is not written out"
		return it
	case b.workspace != "":
		p.remote = "workspace() in a function of another workspace"
		return it
	}
	identifier, _ := given[0].text()
	name, names, ok := known.Workspace(identifier)
	if !ok {
		if b.fuzzy {
			b.fuzzyMissing("workspace", identifier, given[0].at)
		} else {
			b.unknownWorkspace(identifier, given[0].at)
		}
		p.remote, p.tables = "", false
		return it
	}
	p.remote, p.open = "", false
	if any, ok := names.(symbol.AnyWorkspace); ok && any.AnyWorkspace() {
		p.open = true
	}
	if name != "" {
		p.catalog, p.workspace = names, name
	}
	return it
}

// within binds names as a place has them.
func (b *binder) within(p *place, bind func() *item) *item {
	if p == nil || p.catalog == nil {
		return bind()
	}
	catalog, workspace := b.catalog, b.workspace
	b.catalog, b.workspace = p.catalog, p.workspace
	it := bind()
	b.catalog, b.workspace = catalog, workspace
	return it
}

// inPlace binds what follows database("x"). or workspace("x"). .
func (b *binder) inPlace(base *item, selector syntax.Expr, tabular bool) *item {
	p := base.place
	return b.within(p, func() *item {
		switch s := selector.(type) {
		case *syntax.CallExpr:
			return b.callInPlace(s, p, tabular)
		case *syntax.NameRef:
			return b.nameInPlace(s, p)
		}
		return b.bad(selector.Span())
	})
}

func (b *binder) callInPlace(s *syntax.CallExpr, p *place, tabular bool) *item {
	if p.cluster || !p.tables || b.builtin(s.Name.Text, p) != nil {
		return b.call(s, tabular, p)
	}
	f := b.storedFunction(s.Name.Text)
	if f == nil {
		return b.call(s, tabular, p)
	}
	it := b.callFunction(f, s, nil, s.Span())
	return b.resultInPlace(it, f, p, s.Span())
}

func (b *binder) nameInPlace(s *syntax.NameRef, p *place) *item {
	name, at := s.Name.Text, s.Span()
	if p.cluster {
		b.fail("KS142", at, "cluster('...').database('...')", "unknown name %q: a database is wanted", name)
		return b.bad(at)
	}
	if s.Name.Wildcard {
		return b.wildcardTables(s, p)
	}
	if p.tables {
		if f := b.storedFunction(name); f != nil && f.minArgs() == 0 {
			return b.resultInPlace(b.callFunction(f, nil, nil, at), f, p, at)
		}
		if t := b.storedTable(name, at); t != nil {
			it := b.tableItem(at, b.remote(t, p, at))
			it.setName(name)
			return it
		}
	}
	if !p.open {
		b.unknownTable(name, at)
	}
	it := b.tableItem(at, b.elsewhere(b.missing(name, at), p, at))
	it.setName(name)
	return it
}

// resultInPlace is what a function of a place gives. Those of another workspace take no parameters.
func (b *binder) resultInPlace(it *item, f *function, p *place, at source.Span) *item {
	if it.kind != isTable {
		return it
	}
	if p.catalog != nil && len(f.params) > 0 {
		it.table = b.refused(it.table, "function "+f.name+"() of another workspace, which has parameters", at)
		return it
	}
	it.table = b.remote(it.table, p, at)
	return it
}

// elsewhere marks a table that a place is said to have, although nobody described it.
func (b *binder) elsewhere(t *table, p *place, at source.Span) *table {
	if p != nil && p.open && p.catalog != nil {
		return b.refused(t, "table "+t.name+" of another workspace, which is not described", at)
	}
	return b.remote(t, p, at)
}
