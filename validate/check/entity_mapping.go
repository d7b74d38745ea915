package check

import (
	"fmt"
	"strings"

	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/content/nearest"
	"github.com/seed-caab1ad3/blindspot/validate/report"
)

const (
	maxMappings    = 10
	maxIdentifiers = 3
)

// Source: Microsoft Learn "Map data fields to entities" and "Entity types reference"; the required sets are those of the
// service's validation.
var entityMapping = Check{
	ID:      "entity-mapping",
	Summary: "Entity mappings use the service's types and identifiers, in its spelling, and map what each type requires",
	Why:     "The service refuses an unknown type or identifier (letter case counts: Url of a URL, Sid of an Account but SID of a SecurityGroup), more than 10 mappings or 3 identifiers, and a mapping without one of the identifiers that make an entity.",
	Level:   report.Error,
	Run: func(p *Pass) {
		names := make([]string, 0, 20)
		for _, t := range content.EntityTypes() {
			names = append(names, t.Name)
		}
		for _, it := range p.items() {
			if n := len(it.mappings); n > maxMappings {
				p.report(it.doc.WhereKey("entityMappings"), fmt.Sprintf("the service takes %d", maxMappings), "%d entity mappings", n)
			}
			for i, m := range it.mappings {
				t := content.LookupEntity(m.EntityType)
				if m.EntityType != "" && t == nil {
					at := it.doc.Where("entityMappings", i, "entityType")
					if best := nearest.Of(m.EntityType, names); best != "" {
						p.report(at, "write "+best, "the entity type %q is not known", m.EntityType)
						p.fix(replace(it.doc, "write "+best, best, "entityMappings", i, "entityType"))
					} else {
						p.report(at, "it is one of "+strings.Join(names, ", "), "the entity type %q is not known", m.EntityType)
					}
				}
				p.mapping(it.doc, i, m, t)
			}
		}
	},
}

func (p *Pass) mapping(doc *content.Document, i int, m content.EntityMapping, t *content.EntityType) {
	at := doc.WhereKey("entityMappings", i, "fieldMappings")
	if !doc.Has("entityMappings", i, "fieldMappings") {
		at = doc.Where("entityMappings", i)
	}
	switch n := len(m.FieldMappings); {
	case n == 0:
		p.report(at, "map one to three identifiers", "the mapping of %s has no identifiers", m.EntityType)
		return
	case n > maxIdentifiers:
		p.report(at, fmt.Sprintf("the service takes %d", maxIdentifiers), "the mapping of %s has %d identifiers", m.EntityType, n)
	}
	seen := map[string]bool{}
	valid := true
	for j, f := range m.FieldMappings {
		where := doc.Where("entityMappings", i, "fieldMappings", j, "identifier")
		if seen[f.Identifier] {
			p.report(where, "map each identifier once; two values of it need two mappings", "the identifier %s is mapped twice", f.Identifier)
		}
		seen[f.Identifier] = true
		if t != nil && f.Identifier != "" && !t.Has(f.Identifier) {
			valid = false
			help := fmt.Sprintf("%s has %s", t.Name, strings.Join(t.Identifiers, ", "))
			best := nearest.Of(f.Identifier, t.Identifiers)
			if best != "" {
				help = "write " + best
			}
			p.report(where, help, "%s has no identifier %q", t.Name, f.Identifier)
			if best != "" {
				p.fix(replace(doc, help, best, "entityMappings", i, "fieldMappings", j, "identifier"))
			}
		}
		if f.ColumnName != "" && !columnName(f.ColumnName) {
			p.report(doc.Where("entityMappings", i, "fieldMappings", j, "columnName"), "a column here is letters, digits and _, not a path; project the value to a column of its own",
				"%q cannot be mapped", f.ColumnName)
		}
	}
	if t == nil || !valid {
		return
	}
	var sets []string
	for _, set := range t.Required {
		all := true
		for _, id := range set {
			all = all && seen[id]
		}
		if all {
			return
		}
		sets = append(sets, strings.Join(set, " with "))
	}
	p.report(at, "map "+strings.Join(sets, ", or "), "the mapping of %s lacks an identifier that makes one", t.Name)
}
