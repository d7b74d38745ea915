package sentinel

import (
	"slices"
	"strings"

	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/content/attack"
)

// Detail is one custom detail of an alert with its values, in the order they appeared.
type Detail struct {
	Name   string
	Values []string
}

// Limits of the service on custom details (fact S78) and alert details (facts S80, S85).
const (
	maxDetailValues    = 50
	maxDetailBytes     = 2 << 10
	maxNameBytes       = 256
	maxDescription     = 5000
	maxPropertyBytes   = 256
	maxCollectionBytes = 5 << 10
)

// detailsOf fills the rule's custom details from an alert's rows. Values over 2 KB together are left out, the last first.
func detailsOf(details []content.CustomDetail, rows Rows) []Detail {
	var out []Detail
	size := 0
	for _, d := range details {
		x := Detail{Name: d.Name}
		for _, v := range rows.distinct(rows.Column(d.Column), maxDetailValues) {
			if size+len(v) > maxDetailBytes {
				break
			}
			size += len(v)
			x.Values = append(x.Values, v)
		}
		out = append(out, x)
	}
	return out
}

// detailsJSON is the value of ExtendedProperties["Custom Details"].
func detailsJSON(details []Detail) string {
	var b strings.Builder
	b.WriteByte('{')
	for i, d := range details {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(quoteJSON(d.Name))
		b.WriteString(":[")
		for j, v := range d.Values {
			if j > 0 {
				b.WriteByte(',')
			}
			b.WriteString(quoteJSON(v))
		}
		b.WriteByte(']')
	}
	b.WriteByte('}')
	return b.String()
}

// fillFormat replaces {{Column}} in a name or description format by the first row's values. ok is false when a
// placeholder has no value and the whole format gives way to the rule's own text (facts S81, S82).
func fillFormat(format string, rows Rows, o Options) (text string, ok bool) {
	var b strings.Builder
	for {
		i := strings.Index(format, "{{")
		if i < 0 {
			break
		}
		j := strings.Index(format[i:], "}}")
		if j < 0 {
			break
		}
		b.WriteString(format[:i])
		column := rows.Column(strings.TrimSpace(format[i+2 : i+j]))
		v := ""
		if len(rows.Rows) > 0 {
			v = rows.Text(0, column)
		}
		if v == "" && o.WholeFormatFallsBack {
			return "", false
		}
		b.WriteString(v)
		format = format[i+j+2:]
	}
	b.WriteString(format)
	return b.String(), true
}

// override applies alertDetailsOverride to an alert made from the rule's own texts.
func override(a *Alert, d *content.AlertDetails, rows Rows, o Options) {
	if d == nil {
		return
	}
	if d.DisplayNameFormat != "" {
		if t, ok := fillFormat(d.DisplayNameFormat, rows, o); ok {
			a.Name = cut(t, maxNameBytes)
		}
	}
	if d.DescriptionFormat != "" {
		if t, ok := fillFormat(d.DescriptionFormat, rows, o); ok {
			a.Description = cut(t, maxDescription)
		}
	}
	first := func(column string) string {
		if column == "" || len(rows.Rows) == 0 {
			return ""
		}
		return rows.Text(0, rows.Column(column))
	}
	if s := severity(first(d.SeverityColumn), o); s != "" {
		a.Severity = s
	}
	var tactics []string
	for _, t := range collected(d.TacticsColumn, rows, o) {
		if attack.IsTactic(strings.ReplaceAll(t, " ", "")) {
			tactics = append(tactics, strings.ReplaceAll(t, " ", ""))
		}
	}
	if len(tactics) > 0 { // names that the service does not know are left out; none left means the rule's own stay
		a.Tactics = tactics
	}
	for _, p := range d.DynamicProperties {
		v := cut(first(p.Column), maxPropertyBytes)
		if p.Property == "Techniques" || p.Property == "ExtendedLinks" {
			v = collection(p.Column, rows, o)
		}
		if v == "" {
			continue
		}
		a.Properties = append(a.Properties, Property{p.Property, v})
	}
}

// collection is the value of a property that holds a list: what the column holds when it says the same in every row, else
// the distinct values as a JSON array, as many as the service's size takes.
func collection(column string, rows Rows, o Options) string {
	at := rows.Column(column)
	texts := rows.distinct(at, maxDetailValues)
	switch {
	case len(texts) == 0 || len(rows.Rows) == 0:
		return ""
	case len(texts) == 1 || !o.CollectionsOfAllRows:
		return cut(rows.Text(0, at), maxCollectionBytes)
	}
	list := collected(column, rows, o)
	for ; len(list) > 0; list = list[:len(list)-1] {
		if v := techniquesJSON(list); len(v) <= maxCollectionBytes {
			return v
		}
	}
	return ""
}

func severity(v string, o Options) string {
	for _, s := range [...]string{"Informational", "Low", "Medium", "High"} {
		if v == s || o.SeverityAnyCase && sameName(v, s) {
			return s
		}
	}
	return ""
}

// collected reads a column of lists: a name, names with commas, or a JSON array in each row, each once, at most 50
// (facts S83, S85).
func collected(column string, rows Rows, o Options) []string {
	at := rows.Column(column)
	if at < 0 {
		return nil
	}
	var out []string
	for r := range rows.Rows {
		for _, t := range strings.Split(strings.Trim(strings.TrimSpace(rows.Text(r, at)), "[]"), ",") {
			t = strings.Trim(strings.TrimSpace(t), `"'`)
			if t != "" && !slices.Contains(out, t) && len(out) < maxDetailValues {
				out = append(out, t)
			}
		}
		if !o.CollectionsOfAllRows {
			break
		}
	}
	return out
}

func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && s[n]&0xC0 == 0x80 { // not inside a rune
		n--
	}
	return s[:n]
}
