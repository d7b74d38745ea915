package check

import (
	"fmt"

	"github.com/seed-caab1ad3/blindspot/validate/report"
)

var entityDynamicColumn = Check{
	ID:      "entity-dynamic-column",
	Summary: "Entities are mapped from columns of one value, not from sets and bags",
	Why:     "The service makes one entity of a row's column and does not split arrays: a set of three addresses becomes one address that is named [\"..\",\"..\",\"..\"], matches nothing and joins no incident. Map one value, as tostring(Addresses[0]), or give a row to each, and put the whole set into a custom detail. A member of a bag is dynamic too: tostring() makes it a text.",
	Level:   report.Warning,
	Compile: true,
	Run: func(p *Pass) {
		for _, it := range p.items() {
			res := it.compiled(p)
			for i, m := range it.mappings {
				for j, f := range m.FieldMappings {
					for _, c := range res.Columns {
						if c.Name != f.ColumnName || c.Type != "dynamic" {
							continue
						}
						at := it.doc.Where("entityMappings", i, "fieldMappings", j, "columnName")
						p.report(at, fmt.Sprintf("map a text: tostring(%[1]s) when it is a member of a bag; tostring(%[1]s[0]) when it is a set, which a custom detail can hold", c.Name),
							"%s %s is mapped from %s, which is dynamic; the service does not split it into entities", m.EntityType, f.Identifier, c.Name)
					}
				}
			}
		}
	},
}
