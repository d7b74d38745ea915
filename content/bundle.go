package content

import "strings"

// Bundle is everything that was found, each list in the order of file names.
type Bundle struct {
	Rules      []*Rule
	Hunting    []*HuntingQuery
	Functions  []*Function
	Watchlists []*Watchlist
	Summaries  []*SummaryRule
	Workbooks  []*Workbook
	Templates  []*EventTemplate
	Streams    []*Stream
	Tables     []*TableSchema
	Tests      []*TestFile
	Config     *Document // blindspot.yaml, nil when there is none

	// Documents are all files that were read, in the order of their names, those of the lists above among them.
	Documents []*Document
}

// Rule returns the rule with an id or a name (letter case aside), or the one of a file, nil when there is none.
func (b *Bundle) Rule(ref string) *Rule {
	for _, r := range b.Rules {
		if strings.EqualFold(r.ID, ref) || r.File() == ref {
			return r
		}
	}
	for _, r := range b.Rules {
		if strings.EqualFold(r.Name, ref) {
			return r
		}
	}
	return nil
}

// Function returns the function with an alias, nil when there is none. Function names are case-sensitive, as in KQL.
func (b *Bundle) Function(alias string) *Function {
	for _, f := range b.Functions {
		if f.Alias == alias {
			return f
		}
	}
	return nil
}

// Watchlist returns the watchlist with an alias, nil when there is none. The service ignores letter case in aliases.
func (b *Bundle) Watchlist(alias string) *Watchlist {
	for _, w := range b.Watchlists {
		if strings.EqualFold(w.Alias, alias) {
			return w
		}
	}
	return nil
}

// Template returns the event template with a name, nil when there is none.
func (b *Bundle) Template(name string) *EventTemplate {
	for _, t := range b.Templates {
		if t.Name == name {
			return t
		}
	}
	return nil
}

// Table returns the schema of a table that the content brings itself, nil when there is none.
func (b *Bundle) Table(name string) *TableSchema {
	for _, t := range b.Tables {
		if t.Name == name {
			return t
		}
	}
	return nil
}

// Document returns a file that was read, nil when it was not.
func (b *Bundle) Document(file string) *Document {
	for _, d := range b.Documents {
		if d.File() == file {
			return d
		}
	}
	return nil
}

// Line returns the text of a line of a file of the bundle, for writers that show the line of a finding.
func (b *Bundle) Line(file string, line int) (string, bool) {
	d := b.Document(file)
	if d == nil || line < 1 || line > d.Source.Lines() {
		return "", false
	}
	return d.Source.Line(line), true
}

// Under returns a bundle whose rules, hunting queries, workbooks and tests are b's, and which finds functions, watchlists,
// event templates, streams and tables also in base, b's own first. It is how a folder of rules uses what is shipped.
func (b *Bundle) Under(base *Bundle) *Bundle {
	n := *b
	for _, f := range base.Functions {
		if b.Function(f.Alias) == nil {
			n.Functions = append(n.Functions[:len(n.Functions):len(n.Functions)], f)
		}
	}
	for _, w := range base.Watchlists {
		if b.Watchlist(w.Alias) == nil {
			n.Watchlists = append(n.Watchlists[:len(n.Watchlists):len(n.Watchlists)], w)
		}
	}
	for _, t := range base.Templates {
		if b.Template(t.Name) == nil {
			n.Templates = append(n.Templates[:len(n.Templates):len(n.Templates)], t)
		}
	}
	for _, t := range base.Tables {
		if b.Table(t.Name) == nil {
			n.Tables = append(n.Tables[:len(n.Tables):len(n.Tables)], t)
		}
	}
	if len(b.Streams) == 0 {
		n.Streams = base.Streams
	}
	return &n
}
