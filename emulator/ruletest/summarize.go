package ruletest

import (
	"context"
	"time"

	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/emulator"
	bins "github.com/seed-caab1ad3/blindspot/emulator/summary"
)

// summarized are the content's summary rules that fill a table of which a case has no events itself.
func (r *Runner) summarized(test *content.TestCase) (out []*content.SummaryRule) {
	for _, s := range r.Bundle.Summaries {
		given := false
		for _, e := range test.Events {
			given = given || e.Table == s.DestinationTable
		}
		if !given {
			out = append(out, s)
		}
	}
	return out
}

// summarize fills the tables of summary rules from a case's events, so that a rule over one is tried from the sign-ins on.
func (r *Runner) summarize(ws *emulator.Workspace, rules []*content.SummaryRule, test *content.TestCase, set *Set, now time.Time) error {
	if len(rules) == 0 {
		return nil
	}
	until := now
	if test.Until.IsSet() {
		until = test.Until.At(now)
	}
	var first time.Time
	for _, t := range set.Tables {
		for _, row := range t.Rows {
			if first.IsZero() || row.Time.Before(first) {
				first = row.Time
			}
		}
	}
	if first.IsZero() {
		return nil
	}
	return bins.Fill(context.Background(), ws, rules, first, until.Add(time.Hour))
}
