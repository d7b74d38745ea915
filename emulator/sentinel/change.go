package sentinel

import (
	"context"
	"fmt"
	"time"

	"github.com/seed-caab1ad3/blindspot/content"
)

// Change is something that happens between runs: to a rule, to its past runs, or outside of them.
type Change struct {
	At time.Time
	// Rule is the number of the rule in Scheduler.Rules.
	Rule int
	Do   Action
	// With is the new rule of Edit.
	With *content.Rule
	// Due names the run that Rerun repeats.
	Due time.Time
	// Then is called by Other: an analyst closes an incident, a table is dropped.
	Then func(*Incidents)
}

// Action is what a Change does.
type Action string

// The actions.
const (
	Edit    Action = "edit"    // the rule's text or settings change from the next run on; the grid stays (fact S10)
	Disable Action = "disable" // runs that are due no longer happen
	Enable  Action = "enable"  // starts the grid anew unless Options.ReanchorOnEnable is off
	Rerun   Action = "rerun"
	Other   Action = "other"
)

func (x *span) change(ctx context.Context, c *Change) error {
	if c.Do == Other {
		c.Then(x.incidents)
		return nil
	}
	if c.Rule < 0 || c.Rule >= len(x.states) {
		return fmt.Errorf("change %q at %s: there is no rule %d", c.Do, c.At.Format(time.RFC3339), c.Rule)
	}
	st := x.states[c.Rule]
	switch c.Do {
	case Edit:
		st.rule = c.With
		st.failures, st.reason = 0, ""
		x.restart(st, c.At)
	case Disable:
		st.off = true
		st.epoch++
	case Enable:
		st.off, st.auto = false, false
		if x.Options.ReanchorOnEnable {
			st.anchor = c.At
			st.quiet = time.Time{}
		}
		// What was ingested while the rule was off is not made up for, and what was covered before is not repeated.
		if own := NRTRun(c.At, time.Time{}, x.Options).Window.From; st.covered.Before(own) {
			st.covered = own
		}
		x.restart(st, c.At)
	case Rerun:
		for _, o := range x.log.Outcomes {
			if !o.Run.Due.Equal(c.Due) || o.Run.Manual || !sameRule(o.Rule, st.rule) {
				continue
			}
			again, err := x.Rerun(ctx, st.rule, o.Run, c.At)
			if err != nil {
				return err
			}
			x.file(again)
			return nil
		}
		return fmt.Errorf("no run of %q was due at %s", st.rule.Name, c.Due.Format(time.RFC3339))
	default:
		return fmt.Errorf("%q is no change; it is edit, disable, enable, rerun or other", c.Do)
	}
	return nil
}

// restart forgets the runs that wait and queues those that are due from an instant on.
func (x *span) restart(st *state, at time.Time) {
	// Runs that were due before the change and wait for their delay still happen, with the rule as it is then.
	var waiting []due
	for _, d := range x.queue.list {
		if d.s == st && d.epoch == st.epoch && d.run.Due.Before(at) {
			waiting = append(waiting, d)
		}
	}
	st.epoch++
	for _, d := range waiting {
		d.epoch = st.epoch
		d.chained = true
		x.queue.add(d)
	}
	x.begin(st, at)
	x.follow(st)
}

// ruleKey tells a rule from others through its edits.
func ruleKey(r *content.Rule) any {
	if r.ID != "" {
		return r.ID
	}
	return r
}

func sameRule(a, b *content.Rule) bool { return ruleKey(a) == ruleKey(b) }
