package content

import (
	"fmt"
	"path"
	"strings"

	yaml "go.yaml.in/yaml/v4"
)

// Function is a saved function of the workspace, called by its Alias; Sentinel's parsers are functions. Both our own form
// (alias, parameters, query) and that of ASIM parsers (ParserName, ParserParams, ParserQuery) are read.
type Function struct {
	Doc *Document

	ID          string
	Name        string // the title; the alias when the file has none
	Alias       string
	Category    string
	Description string
	Version     string
	Parameters  []Parameter
	Query       Text
	Metadata    Record
}

// File returns the name of the function's file.
func (f *Function) File() string { return f.Doc.File() }

// Parameter is a parameter of a function. Type is a scalar type's name, or a table: "(*)" or "(A: string, B: long)".
// Default is the KQL literal that stands for a missing argument, as the service writes it after "="; a text default that
// is written without quotes in the file gets them.
type Parameter struct {
	Name       string
	Type       string
	Default    string
	HasDefault bool
	Position   Position
}

func readFunction(r *reader, n *yaml.Node) *Function {
	f := &Function{Doc: r.doc}
	var title struct{ title, version string }
	r.object(n, "a function", []field{
		{"id", r.str(&f.ID)},
		{"name", r.str(&f.Name)},
		{"alias", r.str(&f.Alias)},
		{"functionAlias", r.str(&f.Alias)},
		{"FunctionAlias", r.str(&f.Alias)},
		{"FunctionName", r.str(&f.Alias)},
		{"ParserName", r.str(&f.Alias)},
		{"category", r.str(&f.Category)},
		{"Category", r.str(&f.Category)},
		{"description", r.str(&f.Description)},
		{"Description", r.str(&f.Description)},
		{"version", r.str(&f.Version)},
		{"Version", r.str(&f.Version)},
		{"parameters", r.parameters(&f.Parameters)},
		{"ParserParams", r.parameters(&f.Parameters)},
		{"FunctionParams", r.parameters(&f.Parameters)},
		{"query", r.text(&f.Query)},
		{"ParserQuery", r.text(&f.Query)},
		{"FunctionQuery", r.text(&f.Query)},
		{"Parser", func(n *yaml.Node) {
			r.object(n, "Parser", []field{{"Title", r.str(&title.title)}, {"Version", r.str(&title.version)}, {"LastUpdated", nil}})
		}},
		{"Function", func(n *yaml.Node) {
			r.object(n, "Function", []field{{"Title", r.str(&title.title)}, {"Version", r.str(&title.version)}, {"LastUpdated", nil}})
		}},
		{"Product", nil}, {"Normalization", nil}, {"References", nil}, {"EquivalentBuiltInParser", nil}, {"EquivalentBuiltInFunction", nil}, {"Parsers", nil},
		{"tags", nil}, {"streams", nil}, {"blindspots", nil}, {"status", nil}, {"requiredDataConnectors", nil},
		{"metadata", r.rec(&f.Metadata)},
		{"arm", nil}, // what the service keeps and this form has no word for; package deploy reads it
	})
	if f.Name == "" {
		f.Name = title.title
	}
	if f.Version == "" {
		f.Version = title.version
	}
	if f.Alias == "" && f.Name == "" {
		base := path.Base(r.doc.File())
		f.Alias = strings.TrimSuffix(base, path.Ext(base))
	}
	if f.Alias == "" {
		f.Alias = f.Name
	}
	if f.Name == "" {
		f.Name = f.Alias
	}
	key := "query"
	for _, k := range [...]string{"ParserQuery", "FunctionQuery"} {
		if r.doc.Has(k) {
			key = k
		}
	}
	r.require(n, "a function", key, f.Query.String())
	return f
}

func (r *reader) parameters(dst *[]Parameter) func(*yaml.Node) {
	return func(n *yaml.Node) {
		r.list(n, func(_ int, n *yaml.Node) {
			p := Parameter{Position: Position{n.Line, n.Column}}
			def := func(n *yaml.Node) {
				if n = r.scalar(n, "a literal"); n == nil {
					return
				}
				p.Default, p.HasDefault = n.Value, true
			}
			r.object(n, "a parameter", []field{
				{"name", r.str(&p.Name)}, {"Name", r.str(&p.Name)},
				{"type", r.str(&p.Type)}, {"Type", r.str(&p.Type)},
				{"default", def}, {"Default", def},
				{"description", nil}, {"Description", nil},
			})
			if p.HasDefault && strings.EqualFold(p.Type, "string") && !quoted(p.Default) {
				p.Default = QuoteKQL(p.Default)
			}
			*dst = append(*dst, p)
		})
	}
}

// quoted says whether a text is already a KQL string literal.
func quoted(s string) bool {
	s = strings.TrimLeft(s, "@hH")
	return len(s) >= 2 && (s[0] == '"' || s[0] == '\'') && s[len(s)-1] == s[0]
}

// QuoteKQL writes a text as a KQL string literal.
func QuoteKQL(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c == '\n':
			b.WriteString(`\n`)
		case c == '\r':
			b.WriteString(`\r`)
		case c == '\t':
			b.WriteString(`\t`)
		case c < ' ':
			fmt.Fprintf(&b, `\u%04x`, c)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}
