package check

import (
	"slices"
	"strings"

	"github.com/seed-caab1ad3/blindspot/content/tables"
	"github.com/seed-caab1ad3/blindspot/validate/report"
)

var tableDeclared = Check{
	ID:      "table-declared",
	Summary: "requiredDataConnectors names the tables that the query reads, and no others; of a saved function's tables at least one",
	Why:     "People switch on the logs that a rule declares. A rule that reads a stream it does not declare is blind where the stream is off; one that declares a stream it does not read claims a coverage it has not. A saved function over several streams works with those that are there, so a rule that uses it declares those it cares for.",
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
			text := p.mask(it.query.String())
			through := p.throughFunctions(text)
			told := map[string]bool{}
			for _, t := range res.Tables {
				if declared[t] || ownTable(t) {
					continue
				}
				at := it.doc.WhereKey("requiredDataConnectors")
				_, direct := hasWord(text, t)
				f := through[t]
				switch {
				case direct || f == nil:
					p.report(at, "add "+t+" to the dataTypes of its connector", "the query reads %s, which is not declared", t)
				case !told[f.name] && !slices.ContainsFunc(f.tables, func(t string) bool { return declared[t] }):
					told[f.name] = true
					p.report(at, "add those that the rule needs to the dataTypes of their connector", "the query calls %s, which reads %s, and none of them is declared", f.name, strings.Join(f.tables, ", "))
				}
			}
		}
	},
}

// calledFunction is a saved function with the tables it reads, those of functions that it calls included.
type calledFunction struct {
	name   string
	tables []string
}

// throughFunctions returns, for each table that a saved function named in a masked query reads, that function: the one
// with the fewest tables when there are several.
func (p *Pass) throughFunctions(masked string) map[string]*calledFunction {
	out := map[string]*calledFunction{}
	for _, f := range p.Bundle.Functions {
		if _, named := hasWord(masked, f.Alias); !named {
			continue
		}
		res, ok := p.compiledFunction(f)
		if !ok {
			continue
		}
		called := &calledFunction{f.Alias, res.Tables}
		for _, t := range res.Tables {
			if other := out[t]; other == nil || len(called.tables) < len(other.tables) {
				out[t] = called
			}
		}
	}
	return out
}

// ownTable says whether a table is Sentinel's own, filled without a connector.
func ownTable(name string) bool {
	switch name {
	case "Watchlist", "ConfidentialWatchlist", "SecurityAlert", "SecurityIncident", "SentinelHealth", "SentinelAudit", "Usage", "LAQueryLogs", "Operation", "_LogOperation":
		return true
	}
	return false
}
