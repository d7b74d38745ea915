package catalog

import (
	"strings"

	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/emulator/kql"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/symbol"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
)

// summaryColumns are what every destination table of summary rules has beside the columns of their queries.
var summaryColumns = [...]symbol.Column{{Name: "_RuleName", Type: value.String}, {Name: "_RuleLastModifiedTime", Type: value.DateTime}, {Name: "_BinSize", Type: value.Int}, {Name: "_BinStartTime", Type: value.DateTime}}

// addSummaries adds the tables that summary rules fill, with the columns of their queries, so that a rule over one is held to
// them. A table that the content describes itself stays as it is described; one whose query does not compile, or has open
// columns, has any.
func (c *Catalog) addSummaries(b *content.Bundle) {
	made := map[string]*symbol.Table{}
	for _, s := range b.Summaries {
		name := s.DestinationTable
		if !strings.HasSuffix(name, "_CL") || b.Table(name) != nil {
			continue
		}
		t := made[name]
		if t == nil {
			t = &symbol.Table{Name: name}
			made[name] = t
			c.addSummaryColumn(t, symbol.Column{Name: "TimeGenerated", Type: value.DateTime})
			for _, col := range summaryColumns {
				c.addSummaryColumn(t, col)
			}
		}
		q := kql.Compile(s.Query.String(), kql.Options{Catalog: c, Profile: kql.Sentinel})
		if !q.OK() {
			t.Open = true
			continue
		}
		t.Open = t.Open || q.Query.Open()
		for _, col := range q.Columns {
			c.addSummaryColumn(t, symbol.Column{Name: SummaryColumn(col.Name), Type: col.Type})
		}
	}
	for _, t := range made {
		c.AddTable(t)
	}
}

func (c *Catalog) addSummaryColumn(t *symbol.Table, col symbol.Column) {
	for _, have := range t.Columns {
		if have.Name == col.Name {
			return
		}
	}
	t.Columns = append(t.Columns, col)
}

// SummaryColumn is the name that a column of a summary rule's query has in the destination table: the workspace fills some
// columns itself.
//
// Source: Azure Monitor documentation, "Aggregate data in a Log Analytics workspace by using summary rules", destinationTable.
func SummaryColumn(name string) string {
	switch name {
	case "TimeGenerated", "_IsBillable", "_ResourceId", "TenantId", "Type":
		return "_Original" + name
	}
	return name
}
