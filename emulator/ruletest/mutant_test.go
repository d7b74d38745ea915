package ruletest

import (
	"context"
	"sort"
	"strings"
	"testing"
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
