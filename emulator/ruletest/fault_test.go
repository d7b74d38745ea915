package ruletest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/seed-caab1ad3/blindspot/content"
)

// TestFaults disturbs the data of cases: each fault is found where it is known to hurt, and nowhere else.
func TestFaults(t *testing.T) {
	r, files := folder(t, "testdata/five")
	for _, c := range []struct{ rule, want string }{
		// An hour's window that runs once an hour loses what comes half an hour late at its end; a row without a fault of its
		// own that already comes late is left alone.
		{"both-streams", "late-rows silent; missing-table AADNonInteractiveUserSignInLogs silent; missing-table SigninLogs silent"},
		{"hour-with-overlap", "missing-table SigninLogs silent"},
		// A table that is named outside of a fuzzy union must be there, whatever the rule makes of its rows.
		{"needs-enrichment", "missing-table BehaviorAnalytics silent; missing-table SigninLogs silent"},
	} {
		f := files[c.rule]
		var got []string
		for _, s := range Faults(r.Disturb(context.Background(), f.Rule, f)) {
			for _, d := range s.Bad {
				if line := fmt.Sprintf("%s %s", d.Fault, d.Outcome); !slices.Contains(got, line) {
					got = append(got, line)
				}
			}
		}
		if s := strings.Join(got, "; "); s != c.want {
			t.Errorf("%s: %s; want %s", c.rule, s, c.want)
		}
	}
}

// TestFaultsAreDeclared: a rule that names a fault among its blind spots is not blamed for it.
func TestFaultsAreDeclared(t *testing.T) {
	r, files := folder(t, "testdata/five")
	f := files["both-streams"]
	for _, c := range []struct {
		name string
		want Outcome
	}{{"SigninLogs", Silent}, {"late-rows", Declared}, {"missing-table", Silent}} {
		rule := *f.Rule
		rule.Blindspots = []content.Blindspot{{What: "rows that come late", Reason: "an example", Streams: []string{c.name}}}
		for _, d := range r.Disturb(context.Background(), &rule, f) {
			if d.Fault == "late-rows" && d.Outcome != Fires && d.Outcome != c.want {
				t.Errorf("declared %s: %s", c.name, d.Outcome)
			}
		}
	}
}
