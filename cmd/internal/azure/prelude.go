package azure

import (
	"fmt"
	"sort"
	"strings"

	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/syntax"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/result"
)

// IngestedColumn holds, in the rows of a prelude, when a row was ingested. A datatable has no ingestion_time().
const IngestedColumn = "_BlindspotIngested"

// maxPrelude bounds the text that goes before a query; the service refuses requests far beyond it.
const maxPrelude = 1 << 20

// Prelude writes tables as let statements over datatables, so that a query reads these rows instead of the workspace's
// tables of the same names. Names are the tables'; a column named IngestedColumn stands for ingestion_time(), see
// WithPrelude.
func Prelude(rows map[string]*result.Table) (string, error) {
	names := make([]string, 0, len(rows))
	for n := range rows {
		names = append(names, n)
	}
	sort.Strings(names)
	var b strings.Builder
	for _, n := range names {
		t := rows[n]
		fmt.Fprintf(&b, "let %s = datatable(", kqlName(n))
		for i, c := range t.Columns {
			if i > 0 {
				b.WriteString(", ")
			}
			fmt.Fprintf(&b, "%s: %s", kqlName(c.Name), c.Type)
		}
		b.WriteString(")[")
		for r := range t.Rows {
			for j := range t.Columns {
				if r > 0 || j > 0 {
					b.WriteByte(',')
				}
				if j == 0 {
					b.WriteString("\n  ")
				}
				b.WriteString(literal(t.Value(r, j)))
			}
			if b.Len() > maxPrelude {
				return "", fmt.Errorf("the rows of %s make a query of more than %d bytes; use fewer events", n, maxPrelude)
			}
		}
		b.WriteString("];\n")
	}
	return b.String(), nil
}

func kqlName(n string) string {
	for i := 0; i < len(n); i++ {
		c := n[i]
		if c != '_' && !('a' <= c|0x20 && c|0x20 <= 'z') && (i == 0 || c < '0' || c > '9') {
			return "['" + strings.ReplaceAll(strings.ReplaceAll(n, `\`, `\\`), "'", `\'`) + "']"
		}
	}
	return n
}

// literal is a value in KQL.
func literal(v value.Value) string {
	if v.Null {
		return v.Type.String() + "(null)"
	}
	switch v.Type {
	case value.String:
		return content.QuoteKQL(v.S)
	case value.GUID:
		return "guid(" + v.S + ")"
	case value.DateTime:
		return "datetime(" + value.FormatDateTime(v.I) + ")"
	case value.Timespan:
		return "timespan(" + value.FormatTimespan(v.I) + ")"
	case value.Dynamic:
		return "dynamic(" + v.Node().JSON() + ")" // a datatable takes literals only
	case value.Bool:
		return fmt.Sprint(v.I != 0)
	}
	return v.Type.String() + "(" + strings.Trim(string(result.AppendJSONValue(nil, v)), `"`) + ")"
}

// WithPrelude puts a prelude before a query. Calls of ingestion_time() in the query, and in the functions that come with
// it, read IngestedColumn instead; now() and ago() count from the test's now.
func WithPrelude(prelude string, functions []Function, query string, now value.Value) string {
	var b strings.Builder
	b.WriteString(prelude)
	for _, f := range functions {
		fmt.Fprintf(&b, "let %s = (%s) {\n%s\n};\n", kqlName(f.Alias), f.Parameters, rewrite(f.Query, now))
	}
	b.WriteString(rewrite(query, now))
	return b.String()
}

// Function is a workspace function that a query brings along: its parameters as the service writes them.
type Function struct{ Alias, Parameters, Query string }

// rewrite replaces calls without arguments of ingestion_time and now, and ago(x), by name; strings and comments stay.
func rewrite(query string, now value.Value) string {
	type token struct{ from, to int }
	var list []token
	l := syntax.NewLexer(query)
	for {
		t := l.Next()
		if t.End <= t.Start {
			break
		}
		list = append(list, token{int(t.Start), int(t.End)})
	}
	word := func(i int) string {
		if i >= len(list) {
			return ""
		}
		return query[list[i].from:list[i].to]
	}
	var b strings.Builder
	at := 0
	put := func(from, to int, text string) {
		b.WriteString(query[at:from])
		b.WriteString(text)
		at = to
	}
	for i := range list {
		if list[i].from < at || word(i+1) != "(" {
			continue
		}
		switch {
		case word(i) == "ingestion_time" && word(i+2) == ")":
			put(list[i].from, list[i+2].to, `todatetime(column_ifexists("`+IngestedColumn+`", datetime(null)))`)
		case word(i) == "now" && word(i+2) == ")" && !now.Null:
			put(list[i].from, list[i+2].to, literal(now))
		case word(i) == "ago" && !now.Null:
			put(list[i].from, list[i+1].to, "("+literal(now)+" - ")
		}
	}
	b.WriteString(query[at:])
	return b.String()
}
