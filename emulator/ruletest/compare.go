package ruletest

import (
	"encoding/json"
	"fmt"
	"sort"
	"strings"
	"time"

	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/sentinel"
)

// compareAlerts says how the alerts that were raised differ from those that a case expects, a line a difference, "" when
// they do not. Only what the case names is compared, and alerts pair up in any order.
func compareAlerts(want []content.ExpectedAlert, got []sentinel.Alert, now time.Time) string {
	missing, extra := unpaired(want, got, now)
	if len(want) != len(got) {
		lines := []string{fmt.Sprintf("%s expected, %s raised", alertsOf(len(want)), alertsOf(len(got)))}
		if len(want) > 0 && len(got) > 0 { // else the count says it all
			for _, i := range missing {
				lines = append(lines, fmt.Sprintf("not raised: alert %d: %s", i+1, expectedWords(want[i])))
			}
			for _, k := range extra {
				lines = append(lines, fmt.Sprintf("not expected: %q at %s", got[k].Name, stamp(got[k].Run.Due)))
			}
		}
		return strings.Join(lines[:min(len(lines), 1+shownRows)], "\n")
	}
	if len(missing) == 0 {
		return ""
	}
	first := want[missing[0]]
	var best []string
	for _, k := range extra {
		if d := alertDiff(first, got[k], now); best == nil || len(d) < len(best) {
			best = d
		}
	}
	if len(want) == 1 {
		return strings.Join(best, "\n")
	}
	return fmt.Sprintf("expected alert %d matches none of those raised; the nearest: %s", missing[0]+1, strings.Join(best, "\n"))
}

// unpaired pairs expected alerts with those raised, each with the first that fits, and returns the numbers of those left.
func unpaired(want []content.ExpectedAlert, got []sentinel.Alert, now time.Time) (missing, extra []int) {
	used := make([]bool, len(got))
	for i, w := range want {
		found := false
		for k := range got {
			if !used[k] && len(alertDiff(w, got[k], now)) == 0 {
				used[k], found = true, true
				break
			}
		}
		if !found {
			missing = append(missing, i)
		}
	}
	for k := range got {
		if !used[k] {
			extra = append(extra, k)
		}
	}
	return missing, extra
}

// expectedWords tells what a case says of an alert.
func expectedWords(w content.ExpectedAlert) string {
	var out []string
	add := func(name, text string) {
		if text != "" {
			out = append(out, name+" "+text)
		}
	}
	add("name", w.Name)
	add("severity", w.Severity)
	for _, e := range w.Entities {
		var labels []string
		for _, v := range e.Values {
			labels = append(labels, plainText(v))
		}
		add(e.Type, list(labels))
	}
	for _, f := range w.Columns {
		add(f.Name, show(f.Value))
	}
	if len(out) == 0 {
		return "whatever it is"
	}
	return strings.Join(out, ", ")
}

func alertsOf(n int) string {
	switch n {
	case 0:
		return "no alert"
	case 1:
		return "1 alert"
	}
	return fmt.Sprintf("%d alerts", n)
}

// alertDiff lists the fields of an alert that are not as a case wants them.
func alertDiff(w content.ExpectedAlert, a sentinel.Alert, now time.Time) (out []string) {
	differs := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	for _, f := range [...]struct{ name, want, got string }{
		{"name", w.Name, a.Name}, {"description", strings.TrimSpace(w.Description), strings.TrimSpace(a.Description)}, {"severity", w.Severity, a.Severity},
	} {
		if f.want != "" && f.want != f.got {
			differs("%s: expected %q, got %q", f.name, f.want, f.got)
		}
	}
	if w.Rows >= 0 && w.Rows != len(a.Rows.Rows) {
		differs("rows: expected %d, got %d", w.Rows, len(a.Rows.Rows))
	}
	if w.At.IsSet() && !w.At.At(now).Equal(a.Run.Due) {
		differs("at: expected the run of %s, got that of %s", stamp(w.At.At(now)), stamp(a.Run.Due))
	}
	if w.Tactics != nil && !sameSet(w.Tactics, a.Tactics) {
		differs("tactics: expected %s, got %s", list(w.Tactics), list(a.Tactics))
	}
	if w.Techniques != nil && !sameSet(w.Techniques, a.Techniques) {
		differs("techniques: expected %s, got %s", list(w.Techniques), list(a.Techniques))
	}
	if d := entitiesDiff(w.Entities, a.Entities); d != "" {
		differs("%s", d)
	}
	for _, f := range w.Columns {
		switch c := a.Rows.Column(f.Name); {
		case c < 0:
			differs("columns: the query gives no column %q; it gives %s", f.Name, list(columnsOf(a.Rows)))
		case len(a.Rows.Rows) == 0:
			differs("columns: %s expected, and the alert has no rows", f.Name)
		case !sameValue(f.Value, a.Rows.Rows[0][c], now):
			differs("column %s: expected %s, got %s", f.Name, show(f.Value), showValue(a.Rows.Rows[0][c]))
		}
	}
	for _, f := range w.CustomDetails {
		got, found := detail(a, f.Name)
		if !found {
			differs("customDetails: the rule has no %q", f.Name)
		} else if d := detailDiff(f.Value, got); d != "" {
			differs("customDetails %s: %s", f.Name, d)
		}
	}
	return out
}

func entitiesDiff(want []content.ExpectedEntities, got []sentinel.Entity) string {
	for _, w := range want {
		var labels []string
		for _, e := range got {
			if strings.EqualFold(e.Type, w.Type) {
				labels = append(labels, e.Label())
			}
		}
		for _, v := range w.Values {
			if !contains(labels, plainText(v)) {
				return fmt.Sprintf("entities: no %s %q; the alert has %s", w.Type, plainText(v), list(labels))
			}
		}
		if len(w.Values) == 0 && len(labels) > 0 {
			return fmt.Sprintf("entities: no %s expected; the alert has %s", w.Type, list(labels))
		}
	}
	return ""
}

// compareIncidents is compareAlerts for incidents.
func compareIncidents(want []content.ExpectedIncident, got []*sentinel.Incident) string {
	if len(want) != len(got) {
		return fmt.Sprintf("%d incidents expected, %d made", len(want), len(got))
	}
	for k, w := range want {
		i := got[k]
		for _, f := range [...]struct{ name, want, got string }{{"title", w.Title, i.Title}, {"severity", w.Severity, i.Severity}, {"status", w.Status, i.Status}} {
			if f.want != "" && f.want != f.got {
				return fmt.Sprintf("incident %d: %s: expected %q, got %q", k+1, f.name, f.want, f.got)
			}
		}
		if w.Alerts >= 0 && w.Alerts != len(i.Alerts) {
			return fmt.Sprintf("incident %d: expected %s, got %s", k+1, alertsOf(w.Alerts), alertsOf(len(i.Alerts)))
		}
		var all []sentinel.Entity
		for _, a := range i.Alerts {
			all = append(all, a.Entities...)
		}
		if d := entitiesDiff(w.Entities, all); d != "" {
			return fmt.Sprintf("incident %d: %s", k+1, d)
		}
	}
	return ""
}

// sameValue compares what a test says with a cell: numbers by value, times as moments, containers as JSON whatever the
// order of keys.
func sameValue(want any, got value.Value, now time.Time) bool {
	if want == nil {
		return got.Null || got.Type == value.String && got.S == ""
	}
	if got.Null {
		return false
	}
	switch w := want.(type) {
	case bool:
		return got.Type == value.Bool && got.Bool() == w || got.Text() == fmt.Sprint(w)
	case json.Number:
		f, err := w.Float64()
		if err != nil {
			return false
		}
		switch got.Type {
		case value.Int, value.Long:
			return float64(got.I) == f
		case value.Real:
			return close(got.F, f)
		}
		return got.Text() == string(w)
	case string:
		switch got.Type {
		case value.DateTime:
			m, err := content.ParseMoment(w)
			return err == nil && value.TicksOf(m.At(now)) == got.I
		case value.Timespan:
			t, ok := value.ParseTimespan(w)
			return ok && t == got.I
		}
		return got.Text() == w
	}
	var a, b any
	if json.Unmarshal(content.AppendJSON(nil, want), &a) != nil || json.Unmarshal([]byte(got.Text()), &b) != nil {
		return false
	}
	return canonical(a) == canonical(b)
}

func close(a, b float64) bool {
	d := a - b
	if d < 0 {
		d = -d
	}
	return d <= 1e-9 || d <= 1e-6*max(a, b, -a, -b)
}

func canonical(v any) string {
	b, err := json.Marshal(v) // object keys come out sorted
	if err != nil {
		return ""
	}
	return string(b)
}

func showValue(v value.Value) string {
	switch {
	case v.Null:
		return "null"
	case v.Type == value.String:
		return fmt.Sprintf("%q", v.S)
	}
	return v.Text()
}

func columnsOf(r sentinel.Rows) []string {
	var out []string
	for _, c := range r.Columns {
		out = append(out, c.Name)
	}
	return out
}

func detail(a sentinel.Alert, name string) ([]string, bool) {
	for _, d := range a.Details {
		if d.Name == name {
			return d.Values, true
		}
	}
	return nil, false
}

func detailDiff(want any, got []string) string {
	var w []string
	if l, ok := want.([]any); ok {
		for _, v := range l {
			w = append(w, plainText(v))
		}
	} else {
		w = []string{plainText(want)}
	}
	if sameSet(w, got) {
		return ""
	}
	return fmt.Sprintf("expected %s, got %s", list(w), list(got))
}

func sameSet(a, b []string) bool {
	if len(a) != len(b) {
		return false
	}
	a, b = append([]string(nil), a...), append([]string(nil), b...)
	sort.Strings(a)
	sort.Strings(b)
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func contains(l []string, s string) bool {
	for _, x := range l {
		if strings.EqualFold(x, s) {
			return true
		}
	}
	return false
}

func list(l []string) string {
	if len(l) == 0 {
		return "none"
	}
	const most = 12
	if len(l) > most {
		return strings.Join(l[:most], ", ") + fmt.Sprintf(" and %d more", len(l)-most)
	}
	return strings.Join(l, ", ")
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }
