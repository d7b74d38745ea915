package workbook

import (
	"fmt"
	"strings"
	"time"
)

// TimeRange is a resolved time range. Relative ranges keep their length for the label.
type TimeRange struct {
	Start, End time.Time
	Relative   time.Duration // 0 for a custom range
}

// Label is what the portal writes for the range.
func (r *TimeRange) Label() string {
	if r.Relative == 0 {
		return r.Start.Format("2006-01-02 15:04") + " to " + r.End.Format("2006-01-02 15:04")
	}
	return "Last " + spell(r.Relative)
}

func spell(d time.Duration) string {
	unit := func(n int64, word string) string {
		if n == 1 {
			return word
		}
		return fmt.Sprintf("%d %ss", n, word)
	}
	switch {
	case d%(24*time.Hour) == 0 && d > 48*time.Hour:
		return unit(int64(d/(24*time.Hour)), "day")
	case d%time.Hour == 0:
		return unit(int64(d/time.Hour), "hour")
	default:
		return unit(int64(d/time.Minute), "minute")
	}
}

// Grain is the step of a series over the range: the smallest usual one that gives at most 60 points. The portal's own table is
// not published; queries must not depend on a certain step.
func (r *TimeRange) Grain() string {
	length := r.End.Sub(r.Start)
	for _, g := range [...]struct {
		d    time.Duration
		text string
	}{{time.Minute, "1m"}, {5 * time.Minute, "5m"}, {15 * time.Minute, "15m"}, {30 * time.Minute, "30m"}, {time.Hour, "1h"}, {2 * time.Hour, "2h"},
		{4 * time.Hour, "4h"}, {6 * time.Hour, "6h"}, {12 * time.Hour, "12h"}, {24 * time.Hour, "1d"}} {
		if length <= 60*g.d {
			return g.text
		}
	}
	return "7d"
}

func datetime(t time.Time) string {
	return "datetime(" + t.UTC().Format("2006-01-02T15:04:05.000Z") + ")"
}

// condition is what follows a column in a where.
func (r *TimeRange) condition() string {
	if r.Relative > 0 && r.Relative%time.Minute == 0 {
		switch {
		case r.Relative%(24*time.Hour) == 0:
			return fmt.Sprintf("> ago(%dd)", r.Relative/(24*time.Hour))
		case r.Relative%time.Hour == 0:
			return fmt.Sprintf("> ago(%dh)", r.Relative/time.Hour)
		}
		return fmt.Sprintf("> ago(%dm)", r.Relative/time.Minute)
	}
	return fmt.Sprintf("between (%s .. %s)", datetime(r.Start), datetime(r.End))
}

// Value is what a parameter stands for.
type Value struct {
	Set       bool
	All       bool // every option is chosen
	Values    []string
	Labels    []string
	Quote     string
	Delimiter string
	Time      *TimeRange
}

func textValue(s string) Value {
	return Value{Set: true, Values: []string{s}, Labels: []string{s}, Delimiter: ","}
}

// Text is the parameter's value as it stands in a query; form is what follows the colon: label, value, start, end, grain or
// query. ok is false for a form that the parameter does not have.
//
// Values are put in as they are: a value that holds its own quote breaks the query here as it does in the portal.
func (v Value) Text(form string) (text string, ok bool) {
	if v.Time != nil {
		switch form {
		case "", "query", "value":
			return v.Time.condition(), true
		case "label":
			return v.Time.Label(), true
		case "start", "startISO":
			return datetime(v.Time.Start), true
		case "end", "endISO":
			return datetime(v.Time.End), true
		case "grain":
			return v.Time.Grain(), true
		}
		return "", false
	}
	switch form {
	case "":
		parts := make([]string, len(v.Values))
		for i, s := range v.Values {
			parts[i] = v.Quote + s + v.Quote
		}
		return strings.Join(parts, v.Delimiter), true
	case "value":
		return strings.Join(v.Values, v.Delimiter), true
	case "label":
		return v.Label(), true
	case "escape":
		return strings.ReplaceAll(strings.ReplaceAll(strings.Join(v.Values, v.Delimiter), `\`, `\\`), `"`, `\"`), true
	}
	return "", false
}

// Label is the value for people.
func (v Value) Label() string {
	switch {
	case v.Time != nil:
		return v.Time.Label()
	case v.All:
		return "All"
	}
	return strings.Join(v.Labels, ", ")
}

// reference is a {name} or {name:form} in a text.
type reference struct {
	start, end int
	name, form string
}

// references finds what may be parameters in a text. Bags and lambdas of KQL use braces too, so a name that no parameter has is
// not one of them.
func references(text string) []reference {
	var list []reference
	for i := 0; i < len(text); i++ {
		if text[i] != '{' {
			continue
		}
		j := i + 1
		name := word(text, j)
		if name == "" {
			continue
		}
		j += len(name)
		form := ""
		if j < len(text) && text[j] == ':' {
			form = word(text, j+1)
			if form == "" {
				continue
			}
			j += 1 + len(form)
		}
		if j < len(text) && text[j] == '}' {
			list = append(list, reference{i, j + 1, name, form})
			i = j
		}
	}
	return list
}

// word returns the name that begins at i.
func word(s string, i int) string {
	j := i
	for j < len(s) && (s[j] == '_' || 'a' <= s[j]|0x20 && s[j]|0x20 <= 'z' || j > i && (s[j] >= '0' && s[j] <= '9' || s[j] == '-')) {
		j++
	}
	return s[i:j]
}

// Values are the parameters of a page by name.
type Values map[string]Value

// substitute puts the values into a text. unset lists the parameters without a value, in the order of the text; wrong lists
// references to a form that the parameter does not have. People's texts get labels where queries get conditions.
func (vs Values) substitute(text string, people bool) (out string, unset, wrong []string) {
	var b strings.Builder
	at := 0
	for _, r := range references(text) {
		v, known := vs[r.name]
		if !known {
			continue
		}
		b.WriteString(text[at:r.start])
		at = r.end
		if !v.Set {
			unset = append(unset, r.name)
			continue
		}
		s, ok := v.Text(r.form)
		if people && r.form == "" {
			s = v.Label()
		}
		if !ok {
			wrong = append(wrong, r.name+":"+r.form)
			continue
		}
		b.WriteString(s)
	}
	b.WriteString(text[at:])
	return b.String(), unset, wrong
}

// holds reports whether an item with these conditions is shown.
func (vs Values) holds(conditions []Condition) bool {
	for _, c := range conditions {
		v := vs[c.Parameter]
		is := v.Set && strings.Join(v.Values, ",") == c.Value || !v.Set && c.Value == ""
		if is == c.Not {
			return false
		}
	}
	return true
}
