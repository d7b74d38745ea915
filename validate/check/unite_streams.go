package check

import (
	"slices"
	"strings"

	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/content/tables"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/source"
	"github.com/seed-caab1ad3/blindspot/validate/report"
)

// unite is the fix that lets a query read both halves of a stream. nil when the table is named in a way that a let cannot
// stand for, or when the query would not compile afterwards, or would lose a column or change a column's type.
func (p *Pass) unite(it item, h half, was CompileResult) *report.Fix {
	q := it.query.String()
	m := p.mask(q)
	places := tableMentions(q, m, h.table)
	if len(places) == 0 || source.HasErrors(was.Diagnostics) || was.Columns == nil {
		return nil
	}
	for _, at := range places {
		if !freeStanding(m, at) {
			return nil
		}
	}
	if namedAsText(q, m, h.table, places) {
		return nil
	}
	name := p.freeName(m, h)
	text := replaced(q, places, name)
	text = withLet(text, p.unionLet(name, q, m, h, was, strings.Contains(strings.TrimSpace(q), "\n")))
	return p.rewrite(it, h, was, text, "read "+h.sibling+" too")
}

// rewrite makes the fix that gives a query another text and declares the sibling; nil when the text is not as good as the one that was.
func (p *Pass) rewrite(it item, h half, was CompileResult, text, title string) *report.Fix {
	now := p.compiler.Check(content.NewText(it.query.File(), text), "sentinel", p.Bundle)
	if source.HasErrors(now.Diagnostics) || now.Columns == nil {
		return nil
	}
	for _, c := range was.Columns {
		if !slices.Contains(now.Columns, c) {
			return nil
		}
	}
	e, err := it.doc.ReplaceScalar(text, "query")
	if err != nil {
		return nil
	}
	fix := &report.Fix{Title: title, Unsafe: true, Edits: []content.Edit{e}}
	declares := func(c content.Connector, table string) bool {
		return slices.ContainsFunc(c.DataTypes, func(t string) bool { return dataType(t) == table })
	}
	if slices.ContainsFunc(it.connectors, func(c content.Connector) bool { return declares(c, h.sibling) }) {
		return fix
	}
	for i, c := range it.connectors {
		if declares(c, h.table) {
			if e, err := it.doc.AppendItem(h.sibling, "requiredDataConnectors", i, "dataTypes"); err == nil {
				fix.Edits = append(fix.Edits, e)
			}
			break
		}
	}
	return fix
}

// freeStanding says whether a table's name at a place can give way to another name: it is neither qualified, nor a pattern, nor
// the name of a let.
func freeStanding(m string, at mention) bool {
	if at.end < len(m) && (m[at.end] == '*' || m[at.end] == '.') {
		return false
	}
	before := strings.TrimRight(m[:at.start], " \t\r\n")
	if before != "" && (before[len(before)-1] == '.' || before[len(before)-1] == '*') {
		return false
	}
	k := len(before)
	for k > 0 && wordByte(before[k-1]) {
		k--
	}
	return before[k:] != "let" && before[k:] != "as"
}

// namedAsText says whether a query has the table's name as a whole text elsewhere than in table(): it may be passed on to table()
// or compared with Type, and neither can name a let.
func namedAsText(q, m, table string, places []mention) bool {
	for i := 0; ; {
		j := strings.Index(q[i:], table)
		if j < 0 {
			return false
		}
		at, end := i+j, i+j+len(table)
		i = end
		if at == 0 || end >= len(q) || m[at-1] != '"' && m[at-1] != '\'' || m[end] != m[at-1] {
			continue
		}
		if !slices.ContainsFunc(places, func(p mention) bool { return p.start < at && end < p.end }) {
			return true
		}
	}
}

// freeName returns a name for the union that the query does not use.
func (p *Pass) freeName(m string, h half) string {
	base := "UserSignins"
	if h.workload {
		base = "WorkloadSignins"
	}
	for _, name := range []string{base, "Both" + base, "United" + base, base + "OfBothStreams"} {
		if _, used := hasWord(m, name); !used && p.Bundle.Function(name) == nil && p.Bundle.Table(name) == nil {
			return name
		}
	}
	return base + "OfTheTwoStreams"
}

// unionLet is the statement that names the union of both tables. The columns that the tables keep in different types, and that the
// query names or gives, are converted in the sibling's branch to the type that the query knows.
func (p *Pass) unionLet(name, q, m string, h half, was CompileResult, lines bool) string {
	sibling := h.sibling
	if conversions := p.conversions(q, m, h, was); len(conversions) > 0 {
		sep := " "
		if lines {
			sep = "\n    "
		}
		sibling = "(" + h.sibling + sep + "| extend " + strings.Join(conversions, ", ") + ")"
	}
	if !lines {
		return "let " + name + " = union isfuzzy=true " + h.table + ", " + sibling + "; "
	}
	return "let " + name + " = union isfuzzy=true\n    " + h.table + ",\n    " + sibling + ";\n"
}

func (p *Pass) conversions(q, m string, h half, was CompileResult) []string {
	own, ok := tables.Lookup(tables.Sentinel, h.table)
	other, known := tables.Lookup(tables.Sentinel, h.sibling)
	if !ok || !known {
		return nil
	}
	var out []string
	for _, c := range own.Columns {
		o, both := other.Column(c.Name)
		if !both || o.Type == c.Type {
			continue
		}
		_, named := hasWord(m, c.Name)
		named = named || strings.Contains(q, `"`+c.Name+`"`) || strings.Contains(q, `'`+c.Name+`'`) // of column_ifexists
		if !named && !slices.ContainsFunc(was.Columns, func(r Column) bool { return r.Name == c.Name }) {
			continue
		}
		convert := "to" + c.Type
		if c.Type == "dynamic" {
			convert = "parse_json"
		}
		out = append(out, c.Name+" = "+convert+"("+c.Name+")")
	}
	return out
}

// replaced is a text with the places, in order, replaced by a name.
func replaced(q string, places []mention, name string) string {
	var b strings.Builder
	at := 0
	for _, p := range places {
		if p.start < at {
			continue
		}
		b.WriteString(q[at:p.start])
		b.WriteString(name)
		at = p.end
	}
	b.WriteString(q[at:])
	return b.String()
}

// withLet puts a statement before a query, whose comments stay with what they speak of.
func withLet(q, let string) string {
	at := skipSpace(q, 0)
	for at > 0 && (q[at-1] == ' ' || q[at-1] == '\t') {
		at--
	}
	q = q[at:]
	indent := q[:skipSpace(q, 0)]
	if strings.Contains(let, "\n") && indent != "" {
		let = indent + strings.ReplaceAll(strings.TrimSuffix(let, "\n"), "\n", "\n"+indent) + "\n"
	}
	return let + q
}
