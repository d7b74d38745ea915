package ruletest

import (
	"context"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/seed-caab1ad3/blindspot/content"
)

func TestMutants(t *testing.T) {
	for _, c := range []struct{ query, want string }{
		{`T | where a == 1`, `drop-where: where true; flip-equality: !=`},
		{`T | where a > 5`, `drop-where: where true; move-threshold: 4; move-threshold: 6; reverse-comparison: <`},
		{`T | where a has "x" and b !in (1, 2)`, `drop-set-member: ; drop-set-member: ; drop-where: where true; has-contains: contains; negate-match: !has; negate-set: in; swap-and-or: or`},
		{`union A, B | summarize max(x) by k, l`, `drop-key: ; drop-key: ; drop-union-leg: ; drop-union-leg: ; swap-extreme: min`},
		{`T | join kind=inner (U) on k`, `join-kind: leftouter`},
		{`T | where t > ago(1d)`, `drop-where: where true; reverse-comparison: <; shorten-window: 12h`},
		{`T | where`, ``},
	} {
		var got []string
		for _, m := range Mutants(c.query) {
			got = append(got, m.Kind+": "+m.Text)
		}
		sort.Strings(got)
		if s := strings.Join(got, "; "); s != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.query, s, c.want)
		}
	}
}

func TestEquivalentMutants(t *testing.T) {
	for _, c := range []struct {
		query  string
		period time.Duration
		want   string
	}{
		// The window is one hour, so nothing that the query says of a day or half of one matters.
		{`T | where TimeGenerated > ago(1d) | count`, time.Hour, "drop-where where true; shorten-window 12h"},
		{`T | where TimeGenerated > ago(1h) | count`, time.Hour, ""},
		{`T | where TimeGenerated > ago(90m) | count`, time.Hour, "drop-where where true"},
		{`let T = datatable(TimeGenerated: datetime) []; T | where TimeGenerated > ago(1d) | count`, time.Hour, ""},
		{`T | extend TimeGenerated = now() | where TimeGenerated > ago(1d)`, time.Hour, ""},
		{`T | summarize N = count() by k | where N > 0`, time.Hour, "drop-where where true; move-threshold -1"},
		{`T | summarize N = count() by k | where N > 1`, time.Hour, ""},
		{`T | summarize N = count() | where N > 0`, time.Hour, ""},
		{`T | summarize N = count() by k | extend N = N - 1 | where N > 0`, time.Hour, ""},
		{`T | summarize max(k) by k`, time.Hour, "swap-extreme min"},
		{`T | summarize max(k) by l`, time.Hour, ""},
	} {
		p := prove(&content.Rule{Kind: content.Scheduled, Query: content.NewText("x", c.query), QueryPeriod: content.Duration{Value: c.period}})
		var got []string
		for _, m := range Mutants(c.query) {
			if p.equivalent(m) {
				got = append(got, m.Kind+" "+m.Text)
			}
		}
		sort.Strings(got)
		if s := strings.Join(got, "; "); s != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.query, s, c.want)
		}
	}
}

func TestMutationScore(t *testing.T) {
	r, files := folder(t, "testdata/five")
	f := files["both-streams"]
	m := r.Mutate(context.Background(), f.Rule, f)
	if m.Killed == 0 || len(m.Survivors) == 0 || m.Score() <= 0 || m.Score() >= 100 {
		t.Errorf("one case with six failures: %d killed, survivors %+v", m.Killed, m.Survivors)
	}
	for _, s := range m.Survivors {
		if s.Line < 10 || s.Diff == "" {
			t.Errorf("a survivor without its place: %+v", s)
		}
	}
}
