package check

import (
	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/content/nearest"
	"github.com/seed-caab1ad3/blindspot/content/tables"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/symbol"
	"github.com/seed-caab1ad3/blindspot/validate/report"
)

var testReferences = Check{
	ID:      "test-references",
	Summary: "Tests use event templates and tables that exist",
	Why:     "A case with a misspelt template or table cannot run, or proves less than it says.",
	Level:   report.Error,
	Run: func(p *Pass) {
		var templates []string
		for _, t := range p.Bundle.Templates {
			templates = append(templates, t.Name)
		}
		for _, t := range p.Bundle.Tests {
			names := map[string]bool{}
			for i, c := range t.Tests {
				if c.Name != "" && names[c.Name] {
					p.report(t.Doc.Where("tests", i, "name"), "give each case a name of its own", "the test has a second case %q", c.Name)
				}
				names[c.Name] = true
				own := map[string]bool{}
				for _, table := range c.Tables {
					own[table.Name] = table.Columns != nil
				}
				for _, te := range c.Events {
					_, name := symbol.SplitWorkspace(te.Table) // workspace("other").SigninLogs has the columns of SigninLogs
					if !own[te.Table] && !p.knownTable(name) {
						help := "describe it under tables: of the case, or in a file of tables/"
						if best := tables.Nearest(tables.Sentinel, name); best != "" {
							help = "write " + best
						}
						p.report(content.Span{File: t.File(), Start: te.Position}, help, "the table %q is not known", te.Table)
					}
					for j, e := range te.Events {
						if e.Use == "" || p.Bundle.Template(e.Use) != nil {
							continue
						}
						help := "name a template of events/"
						if best := nearest.Of(e.Use, templates); best != "" {
							help = "write " + best
						}
						p.report(t.Doc.Where("tests", i, "events", te.Table, j, "use"), help, "there is no event template %q", e.Use)
					}
				}
			}
		}
	},
}
