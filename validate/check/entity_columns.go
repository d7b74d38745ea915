package check

import (
	"fmt"
	"strings"

	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/content/nearest"
	"github.com/seed-caab1ad3/blindspot/validate/report"
)

var entityColumns = Check{
	ID:      "entity-columns",
	Summary: "Every column of an entity mapping is in the query's result",
	Why:     "The service refuses a mapping of a column that the query does not give; letter case counts. A column that was renamed on the way leaves the alert without the entity.",
	Level:   report.Error,
	Compile: true,
	Run: func(p *Pass) {
		for _, it := range p.items() {
			res := it.compiled(p)
			for i, m := range it.mappings {
				for j, f := range m.FieldMappings {
					p.column(it.doc, res, f.ColumnName, fmt.Sprintf("the mapping of %s %s", m.EntityType, f.Identifier), "entityMappings", i, "fieldMappings", j, "columnName")
				}
			}
			if it.rule != nil {
				for i, c := range it.rule.SentinelEntities {
					p.column(it.doc, res, c, "sentinelEntitiesMappings", "sentinelEntitiesMappings", i, "columnName")
				}
			}
		}
	},
}

// column reports a column that a query's result does not have, at a path of the document that holds its name. It returns
// the column's type when it is there.
func (p *Pass) column(doc *content.Document, res CompileResult, name, user string, path ...any) (typ string, ok bool) {
	if name == "" || res.Columns == nil {
		return "", false
	}
	names := make([]string, len(res.Columns))
	for i, c := range res.Columns {
		if c.Name == name {
			return c.Type, true
		}
		names[i] = c.Name
	}
	if res.Open {
		return "", false
	}
	at := doc.Where(path...)
	if best := nearest.Of(name, names); best != "" {
		p.report(at, fmt.Sprintf("did you mean %q?", best), "%s names the column %q, which the query does not give", user, name)
		if strings.EqualFold(best, name) {
			p.fix(replace(doc, "write "+best, best, path...))
		}
		return "", false
	}
	help := "the query gives " + strings.Join(names, ", ")
	if len(names) > 12 {
		help = "the query gives " + strings.Join(names[:12], ", ") + " and others"
	}
	p.report(at, help, "%s names the column %q, which the query does not give", user, name)
	return "", false
}
