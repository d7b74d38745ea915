package content

import (
	"github.com/seed-caab1ad3/blindspot/content/tables"
	yaml "go.yaml.in/yaml/v4"
)

// Stream is one kind of log that a source sends: an Entra ID category and the table its rows land in.
type Stream struct {
	Doc *Document

	Name        string
	Category    string // the category's name in the diagnostic setting
	Table       string
	Sibling     string   // the table that holds the other half of the same story, "" when there is none
	Differs     []string // columns that the sibling keeps in another type
	Lacks       []string // columns of the sibling that this table does not have
	Description string
	License     string
	Delay       Duration // how late rows usually are
}

// File returns the name of the stream's file.
func (s *Stream) File() string { return s.Doc.File() }

// TableSchema is the schema of a table that the content brings itself (a custom table). The tables of the service are in
// package tables.
type TableSchema struct {
	Doc *Document
	tables.Schema
	Description string
}

// File returns the name of the schema's file.
func (t *TableSchema) File() string { return t.Doc.File() }

func readStreams(r *reader, n *yaml.Node) []*Stream {
	var out []*Stream
	one := func(n *yaml.Node) {
		s := &Stream{Doc: r.doc}
		r.object(n, "a stream", []field{
			{"name", r.str(&s.Name)}, {"category", r.str(&s.Category)}, {"table", r.str(&s.Table)}, {"sibling", r.str(&s.Sibling)},
			{"differs", r.strs(&s.Differs)}, {"lacks", r.strs(&s.Lacks)},
			{"description", r.str(&s.Description)}, {"license", r.str(&s.License)}, {"delay", r.duration(&s.Delay)},
		})
		out = append(out, s)
	}
	if n.Kind == yaml.SequenceNode {
		r.list(n, func(_ int, n *yaml.Node) { one(n) })
	} else {
		one(n)
	}
	return out
}

func readTable(r *reader, n *yaml.Node) *TableSchema {
	t := &TableSchema{Doc: r.doc}
	t.Known = true
	r.object(n, "a table", []field{
		{"name", r.str(&t.Name)}, {"Name", r.str(&t.Name)},
		{"description", r.str(&t.Description)},
		{"open", r.boolean(&t.Open)},
		{"columns", func(n *yaml.Node) { t.Columns = r.columns(n) }},
		{"Properties", func(n *yaml.Node) { t.Columns = r.columns(n) }}, // the form of Azure-Sentinel's own test schemas
	})
	key := "name"
	if r.doc.Has("Name") {
		key = "Name"
	}
	r.require(n, "a table", key, t.Name)
	return t
}

// columns reads a list of names with types, or a mapping of names to types.
func (r *reader) columns(n *yaml.Node) []tables.Column {
	var cols []tables.Column
	n = r.resolve(n)
	if n == nil {
		return nil
	}
	if n.Kind == yaml.MappingNode {
		r.entries(n, func(name string, _, v *yaml.Node) {
			c := tables.Column{Name: name}
			r.str(&c.Type)(v)
			cols = append(cols, r.columnType(v, c))
		})
		return cols
	}
	r.list(n, func(_ int, n *yaml.Node) {
		var c tables.Column
		r.object(n, "a column", []field{
			{"name", r.str(&c.Name)}, {"type", r.str(&c.Type)}, {"Name", r.str(&c.Name)}, {"Type", r.str(&c.Type)}, {"description", nil},
		})
		cols = append(cols, r.columnType(n, c))
	})
	return cols
}

func (r *reader) columnType(n *yaml.Node, c tables.Column) tables.Column {
	if t := tables.NormalType(c.Type); t != "" {
		c.Type = t
	} else {
		r.report(n, CodeType, Error, "the type "+c.Type+" of column "+c.Name+" is not known", "it is one of bool, int, long, real, decimal, datetime, timespan, guid, string, dynamic")
		c.Type = "string"
	}
	return c
}
