package check

import (
	"slices"

	"github.com/seed-caab1ad3/blindspot/content/tables"
	"github.com/seed-caab1ad3/blindspot/validate/report"
)

var tableDeclared = Check{
	ID:      "table-declared",
	Summary: "requiredDataConnectors names the tables that the query reads, and no others",
	Why:     "People switch on the logs that a rule declares. A rule that reads a stream it does not declare is blind where the stream is off; one that declares a stream it does not read claims a coverage it has not.",
	Level:   report.Warning,
	Compile: true,
	Run: func(p *Pass) {
		for _, it := range p.items() {
			if !it.doc.Has("requiredDataConnectors") {
				continue
			}
			res := it.compiled(p)
			if res.Columns == nil && len(res.Tables) == 0 {
				continue
			}
			declared := map[string]bool{}
			for i, c := range it.connectors {
				for j, t := range c.DataTypes {
					name := dataType(t)
					declared[name] = true
					if slices.Contains(res.Tables, name) {
						continue
					}
					if _, known := tables.Lookup(tables.Sentinel, name); !known && p.Bundle.Table(name) == nil {
						continue // connector-types speaks of it
					}
					p.report(it.doc.Where("requiredDataConnectors", i, "dataTypes", j), "read it, or delete it here", "the data type %s is declared, but the query never reads it", t)
				}
			}
			for _, t := range res.Tables {
				if declared[t] || ownTable(t) {
					continue
				}
				p.report(it.doc.WhereKey("requiredDataConnectors"), "add "+t+" to the dataTypes of its connector", "the query reads %s, which is not declared", t)
			}
		}
	},
}

// ownTable says whether a table is Sentinel's own, filled without a connector.
func ownTable(name string) bool {
	switch name {
	case "Watchlist", "ConfidentialWatchlist", "SecurityAlert", "SecurityIncident", "SentinelHealth", "SentinelAudit", "Usage", "LAQueryLogs", "Operation", "_LogOperation":
		return true
	}
	return false
}
