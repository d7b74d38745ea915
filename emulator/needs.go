package emulator

import (
	"slices"
	"strings"

	"github.com/seed-caab1ad3/blindspot/emulator/kql"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/bind"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/syntax"
	"github.com/seed-caab1ad3/blindspot/emulator/plan"
)

// Needs returns the columns that a query reads, by table, so that files can be loaded for it alone; a nil list stands for
// all columns. ok is false when that cannot be told before the rows are there: the query does not compile against the
// catalog, or its meaning depends on which tables and columns hold data (search, find, wildcards, column_ifexists, fuzzy
// unions of unknown tables).
func (w *Workspace) Needs(text string, profile kql.Profile) (columns map[string][]string, ok bool) {
	c := w.Compile(text, profile)
	if !c.OK() || dependsOnData(c.Syntax) {
		return nil, false
	}
	catalog := w.Catalog()
	for _, name := range c.Query.Functions {
		if f, found := catalog.Function(name); found && f.Body != "" && dependsOnData(syntax.Parse(f.Body)) {
			return nil, false
		}
	}
	columns = map[string][]string{}
	ok = true
	collect := func(rel bind.Rel) {
		plan.Scans(plan.Optimize(plan.Ingestion(rel)), func(s *bind.Scan) {
			if s.Missing {
				ok = false
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
	return columns, ok
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
