package sentinel

import (
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
	if t := first(d.TacticsColumn); t != "" {
		if tactics := tacticsOf(t); len(tactics) > 0 {
			a.Tactics = tactics
		}
	}
	for _, p := range d.DynamicProperties {
		v := first(p.Column)
		if v == "" {
			continue
		}
		if p.Property == "Techniques" || p.Property == "ExtendedLinks" {
			v = cut(v, maxCollectionBytes)
		} else {
			v = cut(v, maxPropertyBytes)
		}
		a.Properties = append(a.Properties, Property{p.Property, v})
	}
}

func severity(v string, o Options) string {
	for _, s := range [...]string{"Informational", "Low", "Medium", "High"} {
		if v == s || o.SeverityAnyCase && sameName(v, s) {
			return s
		}
	}
	return ""
}

// tacticsOf reads a tactics column: a name, a list with commas, or a JSON array. Names the service does not know are
// left out; none left means the rule's own tactics stay.
func tacticsOf(text string) []string {
	text = strings.Trim(strings.TrimSpace(text), "[]")
	var out []string
	for _, t := range strings.Split(text, ",") {
		t = strings.Trim(strings.TrimSpace(t), `"'`)
		t = strings.ReplaceAll(t, " ", "")
		if attack.IsTactic(t) {
			out = append(out, t)
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
