package check

import (
	"strings"

	"github.com/seed-caab1ad3/blindspot/content/tables"
	"github.com/seed-caab1ad3/blindspot/validate/report"
)

var connectorTypes = Check{
	ID:      "connector-types",
	Summary: "requiredDataConnectors names tables that exist",
	Why:     "The data types tell people and tools which logs must flow before the rule can see anything; a misspelt one tells them wrong.",
	Level:   report.Warning,
	Run: func(p *Pass) {
		for _, it := range p.items() {
			for i, c := range it.connectors {
				if len(c.DataTypes) == 0 && c.ID != "" {
					p.report(it.doc.Where("requiredDataConnectors", i), "list its tables under dataTypes", "the connector %s names no data types", c.ID)
				}
				for j, t := range c.DataTypes {
					name := dataType(t)
					if p.knownTable(name) {
						continue
					}
					at := it.doc.Where("requiredDataConnectors", i, "dataTypes", j)
					if best := tables.Nearest(tables.Sentinel, name); best != "" {
						p.report(at, "write "+best, "the data type %q is no table", t)
						p.fix(replace(it.doc, "write "+best, best, "requiredDataConnectors", i, "dataTypes", j))
					} else {
						p.report(at, "name the tables that the rule reads", "the data type %q is no table that is known", t)
					}
				}
			}
		}
	},
}

// dataType returns the table of a data type: connectors write SecurityAlert (IPC) for the alerts of one product.
func dataType(s string) string {
	name, _, _ := strings.Cut(s, "(")
	return strings.TrimSpace(name)
}

// knownTable says whether a name is a table, or a function that stands for one.
func (p *Pass) knownTable(name string) bool {
	if p.Bundle.Table(name) != nil || p.Bundle.Function(name) != nil {
		return true
	}
	if _, ok := tables.Lookup(tables.Sentinel, name); ok {
		return true
	}
	if _, ok := tables.Lookup(tables.Hunting, name); ok {
		return true
	}
	_, ok := tables.LookupFunction(name)
	return ok
}
