package emulator

import (
	"slices"
	"strings"
	"sync"

	"github.com/seed-caab1ad3/blindspot/emulator/kql"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/bind"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/syntax"
	"github.com/seed-caab1ad3/blindspot/emulator/plan"
)

// Needs returns the columns that a query reads, by table, so that files can be loaded for it alone; a nil list stands for
// all columns. ok is false when that cannot be told before the rows are there: the query does not compile against the
// catalog, or its meaning depends on which tables and columns hold data (search, find, wildcards, column_ifexists, fuzzy
// unions of unknown tables). The result is shared and must not be changed.
func (w *Workspace) Needs(text string, profile kql.Profile) (columns map[string][]string, ok bool) {
	c := w.compile(text, profile)
	c.needs.once.Do(func() { c.needs.columns, c.needs.ok = w.needs(c) })
	return c.needs.columns, c.needs.ok
}

// Reads is Needs for the query as it is compiled now: what its meaning would be with other rows does not matter. The columns
// are right for as long as Compile gives the same result, which comes with them. ok is false when the query does not run.
func (w *Workspace) Reads(text string, profile kql.Profile) (columns map[string][]string, of *kql.Compiled, ok bool) {
	c := w.compile(text, profile)
	if !c.OK() || len(c.Query.Unsupported) > 0 {
		return nil, nil, false
	}
	c.reads.once.Do(func() { c.reads.columns, _ = w.scanned(c) })
	return c.reads.columns, c.Compiled, true
}

// needs is what a compiled query reads, found once.
type needs struct {
	once    sync.Once
	columns map[string][]string
	ok      bool
}

func (w *Workspace) needs(c *compiled) (columns map[string][]string, ok bool) {
	if !c.OK() || dependsOnData(c.Syntax) {
		return nil, false
	}
	catalog := w.Catalog()
	for _, name := range c.Query.Functions {
		if f, found := catalog.Function(name); found && f.Body != "" && dependsOnData(syntax.Parse(f.Body)) {
			return nil, false
		}
	}
	columns, missing := w.scanned(c)
	return columns, !missing
}

// scanned lists the columns of the tables that a compiled query reads; missing says that it names one that is not there.
func (w *Workspace) scanned(c *compiled) (columns map[string][]string, missing bool) {
	columns = map[string][]string{}
	collect := func(rel bind.Rel) {
		plan.Scans(c.plan(rel), func(s *bind.Scan) {
			if s.Missing {
				missing = true
				return
			}
			list, seen := columns[s.Table]
			if seen && list == nil || w.readsAll(s) {
				columns[s.Table] = nil
				return
			}
			if list == nil {
				list = []string{}
			}
			for _, col := range s.Cols {
				if !slices.Contains(list, col.Name) {
					list = append(list, col.Name)
				}
			}
			columns[s.Table] = list
		})
	}
	for _, r := range c.Query.Results {
		collect(r.Rel)
	}
	bind.Walk(c.Query, bind.Visitor{Expr: func(e bind.Expr) {
		switch x := e.(type) {
		case *bind.Subquery:
			collect(x.Rel)
		case *bind.InSubquery:
			collect(x.Rel)
		}
	}})
	return columns, missing
}

// readsAll reports whether a table's columns are all asked for: then those that only its rows know are too.
func (w *Workspace) readsAll(s *bind.Scan) bool {
	t, ok := w.Catalog().Table(s.Table)
	if !ok || t.Open {
		return true
	}
	visible, asked := 0, 0
	for _, c := range t.Columns {
		if !c.Hidden {
			visible++
		}
	}
	for _, c := range s.Cols {
		if !c.Hidden {
			asked++
		}
	}
	return asked >= visible
}

// dependsOnData reports whether what a query means depends on the rows that are there.
func dependsOnData(q *syntax.Query) bool {
	found := false
	look := func(n syntax.Node) bool {
		switch x := n.(type) {
		case *syntax.SearchOperator, *syntax.FindOperator, *syntax.MacroExpandOperator:
			found = true
		case *syntax.UnionOperator:
			for _, t := range x.Tables {
				if p, ok := t.(*syntax.PathExpr); ok {
					t = p.Selector
				}
				if ref, ok := t.(*syntax.NameRef); ok && strings.Contains(ref.Name.Text, "*") {
					found = true
				}
			}
		case *syntax.CallExpr:
			switch x.Name.Text {
			case "column_ifexists", "columnifexists", "table":
				found = true
			}
		}
		return !found
	}
	for _, s := range q.Statements {
		syntax.Walk(s, look)
	}
	return found
}
