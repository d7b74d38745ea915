package workbook

import (
	"fmt"
	"testing"
	"time"
)

func TestSubstitute(t *testing.T) {
	end := time.Date(2026, 1, 6, 12, 0, 0, 0, time.UTC)
	values := Values{
		"One":    textValue("a b"),
		"Two":    {Set: true, Values: []string{"x", "y"}, Labels: []string{"Ex", "Why"}, Quote: "'", Delimiter: ","},
		"All":    {Set: true, All: true, Values: []string{"*"}, Labels: []string{"All"}, Quote: "'", Delimiter: ","},
		"Unset":  {},
		"Range":  {Set: true, Time: &TimeRange{Start: end.Add(-24 * time.Hour), End: end, Relative: 24 * time.Hour}},
		"Custom": {Set: true, Time: &TimeRange{Start: end.Add(-90 * time.Minute), End: end}},
	}
	for _, c := range []struct {
		text, want, people string
		unset, wrong       string
	}{
		{"where a == '{One}'", "where a == 'a b'", "where a == 'a b'", "[]", "[]"},
		{"in ({Two})", "in ('x','y')", "in (Ex, Why)", "[]", "[]"},
		{"{Two:value} {Two:label}", "x,y Ex, Why", "x,y Ex, Why", "[]", "[]"},
		{"'*' in ({All})", "'*' in ('*')", "'*' in (All)", "[]", "[]"},
		{"{All:label}", "All", "All", "[]", "[]"},
		{"a {Unset} b", "a  b", "a  b", "[Unset]", "[]"},
		{"T {Range}", "T > ago(1d)", "T Last 24 hours", "[]", "[]"},
		{"{Range:start}..{Range:end}", "datetime(2026-01-05T12:00:00.000Z)..datetime(2026-01-06T12:00:00.000Z)", "datetime(2026-01-05T12:00:00.000Z)..datetime(2026-01-06T12:00:00.000Z)", "[]", "[]"},
		{"step {Range:grain}", "step 30m", "step 30m", "[]", "[]"},
		{"{Range:label}", "Last 24 hours", "Last 24 hours", "[]", "[]"},
		{"T {Custom:query}", "T between (datetime(2026-01-06T10:30:00.000Z) .. datetime(2026-01-06T12:00:00.000Z))", "T between (datetime(2026-01-06T10:30:00.000Z) .. datetime(2026-01-06T12:00:00.000Z))", "[]", "[]"},
		{"{Custom:label} {Custom:grain}", "2026-01-06 10:30 to 2026-01-06 12:00 5m", "2026-01-06 10:30 to 2026-01-06 12:00 5m", "[]", "[]"},
		{"{One:start}", "", "", "[]", "[One:start]"},
		{"let f = (x:int) {x}; dynamic({\"a\":1}) {Nobody}", "let f = (x:int) {x}; dynamic({\"a\":1}) {Nobody}", "let f = (x:int) {x}; dynamic({\"a\":1}) {Nobody}", "[]", "[]"},
		{"{{One}} {One", "{a b} {One", "{a b} {One", "[]", "[]"},
	} {
		out, unset, wrong := values.substitute(c.text, false)
		if out != c.want || fmt.Sprint(unset) != c.unset || fmt.Sprint(wrong) != c.wrong {
			t.Errorf("%s: %q %v %v", c.text, out, unset, wrong)
		}
		if out, _, _ := values.substitute(c.text, true); out != c.people {
			t.Errorf("%s for people: %q", c.text, out)
		}
	}
}

func TestGrain(t *testing.T) {
	for length, want := range map[time.Duration]string{time.Hour: "1m", 4 * time.Hour: "5m", 12 * time.Hour: "15m", 24 * time.Hour: "30m", 7 * 24 * time.Hour: "4h", 30 * 24 * time.Hour: "12h", 90 * 24 * time.Hour: "7d"} {
		if got := (&TimeRange{Start: testNow.Add(-length), End: testNow}).Grain(); got != want {
			t.Errorf("%v: %s, want %s", length, got, want)
		}
	}
}
