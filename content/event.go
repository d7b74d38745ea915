package content

import yaml "go.yaml.in/yaml/v4"

// EventTemplate is a realistic row under a name, which tests and the generator fill and bend. events/README.md of the
// shipped content says how a template becomes a row.
type EventTemplate struct {
	Doc      *Document
	Name     string
	Position Position

	Table  string // inherited through Like when empty
	Like   string
	Fields Record        // column, or dotted path into a column, to value
	In     []TableFields // fields that are added when the row is made for a table
}

// TableFields are fields for the rows of one table.
type TableFields struct {
	Table  string
	Fields Record
}

func readEventTemplates(r *reader, n *yaml.Node) []*EventTemplate {
	var out []*EventTemplate
	r.entries(n, func(name string, key, v *yaml.Node) {
		t := &EventTemplate{Doc: r.doc, Name: name, Position: Position{key.Line, key.Column}}
		r.object(v, "an event template", []field{
			{"table", r.str(&t.Table)},
			{"like", r.str(&t.Like)},
			{"description", nil},
			{"fields", r.rec(&t.Fields)},
			{"in", func(n *yaml.Node) {
				r.entries(n, func(table string, _, v *yaml.Node) {
					t.In = append(t.In, TableFields{Table: table, Fields: r.record(v)})
				})
			}},
		})
		out = append(out, t)
	})
	return out
}
