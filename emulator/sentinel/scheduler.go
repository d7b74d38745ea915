package sentinel

import (
	"context"
	"sort"
	"time"

	"github.com/seed-caab1ad3/blindspot/content"
)

// Scheduler runs rules over a span of virtual time. Same rules, rows and options give the same alerts; nothing in it
// reads the machine's clock.
type Scheduler struct {
	Engine  Engine
	Options Options
	Rules   []Scheduled
}

// Scheduled is a rule on the clock.
type Scheduled struct {
	Rule *content.Rule
	// Anchor is when the rule was created or enabled; its first run is due then.
	Anchor time.Time
}

// Outcome is what came of one due run.
type Outcome struct {
	Rule   *content.Rule
	Run    Run
	Status string // Success, Failure, Suppressed, Disabled
	Reason string // of a failure
	Err    error
	Rows   Rows
	Alerts []Alert
}

// Statuses of an Outcome.
const (
	StatusSuccess    = "Success"
	StatusFailure    = "Failure"
	StatusSuppressed = "Suppressed"
	StatusDisabled   = "Disabled"
)

// Log is everything that a span of time brought, in the order of execution.
type Log struct {
	Outcomes  []Outcome
	Incidents []*Incident
	// Disabled are the rules that the service would have disabled, with the instant and the reason.
	Disabled []Disabled
}

// Disabled is a rule that failed for good too often.
type Disabled struct {
	Rule   *content.Rule
	At     time.Time
	Reason string
}

// Alerts returns all alerts of the log in order.
func (l *Log) Alerts() []Alert {
	var out []Alert
	for _, o := range l.Outcomes {
		out = append(out, o.Alerts...)
	}
	return out
}

// state is what the scheduler keeps of one rule between runs.
type state struct {
	Scheduled
	order    int
	next     int       // number of the next scheduled run
	minute   time.Time // instant of the next near-real-time run
	covered  time.Time // end of the last near-real-time window that was covered
	quiet    time.Time // suppressed before this instant
	failures int       // permanent failures in a row
	reason   string    // of those
	off      bool
}

// due is a run waiting in the queue.
type due struct {
	s   *state
	run Run
}

// Span runs every rule for the runs that are due from the first instant (inclusive) to the last (inclusive).
func (s *Scheduler) Span(ctx context.Context, from, to time.Time) (*Log, error) {
	log := &Log{}
	incidents := &Incidents{Options: s.Options}
	var queue []due
	for k, r := range s.Rules {
		st := &state{Scheduled: r, order: k}
		if r.Rule.Kind == content.NRT {
			st.minute = from
			if r.Anchor.After(from) {
				st.minute = r.Anchor
			}
		} else {
			st.next = Grid{r.Anchor, r.Rule.QueryFrequency.Value, r.Rule.QueryPeriod.Value}.From(from)
		}
		if d, ok := s.following(st, to); ok {
			queue = append(queue, d)
		}
	}
	for len(queue) > 0 {
		if err := ctx.Err(); err != nil {
			return log, err
		}
		sort.SliceStable(queue, func(i, j int) bool {
			a, b := queue[i], queue[j]
			if !a.run.Executes.Equal(b.run.Executes) {
				return a.run.Executes.Before(b.run.Executes)
			}
			return a.s.order < b.s.order
		})
		d := queue[0]
		queue = queue[1:]
		if d.run.Attempt == 0 { // a retry does not hold up the grid
			if n, ok := s.following(d.s, to); ok {
				queue = append(queue, n)
			}
		}
		o, again := s.step(ctx, d)
		if o.Status == "" {
			continue
		}
		if again.s != nil {
			queue = append(queue, again)
		}
		if o.Status == StatusFailure && d.s.off {
			log.Disabled = append(log.Disabled, Disabled{d.s.Rule, d.run.Executes, o.Reason})
		}
		incidents.Add(d.s.Rule, o.Alerts, d.run.Executes)
		log.Outcomes = append(log.Outcomes, o)
	}
	log.Incidents = incidents.All
	return log, nil
}

// following returns the rule's next run that is due by the last instant.
func (s *Scheduler) following(st *state, last time.Time) (due, bool) {
	if st.Rule.Kind == content.NRT {
		e := st.minute
		if e.After(last) {
			return due{}, false
		}
		st.minute = e.Add(s.Options.NRTSlice)
		return due{st, NRTRun(e, time.Time{}, s.Options)}, true
	}
	g := Grid{st.Anchor, st.Rule.QueryFrequency.Value, st.Rule.QueryPeriod.Value}
	if g.Frequency <= 0 {
		return due{}, false
	}
	r := g.At(st.next, s.Options)
	if r.Due.After(last) {
		return due{}, false
	}
	st.next++
	return due{st, r}, true
}

// step executes one due run. again, when its state is not nil, is the retry that follows a passing failure.
func (s *Scheduler) step(ctx context.Context, d due) (o Outcome, again due) {
	st, run := d.s, d.run
	o = Outcome{Rule: st.Rule, Run: run}
	switch {
	case st.off:
		o.Status, o.Reason = StatusDisabled, "The analytics rule is disabled and was not executed."
		return o, due{}
	case run.Due.Before(st.quiet) && run.Attempt == 0:
		o.Status = StatusSuppressed
		if st.Rule.Kind == content.NRT { // a skipped minute is not made up for (fact S62)
			st.covered = run.Window.To
		}
		return o, due{}
	}
	nrt := st.Rule.Kind == content.NRT
	if nrt {
		run = NRTRun(run.Due, st.covered, s.Options)
		o.Run = run
	}
	rows, alerts, err := Execute(ctx, s.Engine, st.Rule, run, s.Options)
	if err != nil {
		o.Status, o.Err, o.Reason = StatusFailure, err, reasonOf(err)
		if !transient(err) {
			if o.Reason != st.reason {
				st.failures, st.reason = 0, o.Reason
			}
			st.failures++
			st.off = st.failures >= s.Options.PermanentFailures
			return o, due{}
		}
		if !nrt && run.Attempt < s.Options.Retries {
			next := run
			next.Attempt++
			next.Executes = run.Executes.Add(wait(s.Options.RetryAfter, run.Attempt))
			return o, due{st, next}
		}
		return o, due{}
	}
	st.failures, st.reason = 0, ""
	if nrt {
		st.covered = run.Window.To
	}
	o.Status, o.Rows, o.Alerts = StatusSuccess, rows, alerts
	if len(alerts) > 0 && st.Rule.SuppressionEnabled {
		st.quiet = run.Due.Add(st.Rule.SuppressionDuration.Value)
	}
	return o, due{}
}

// wait is the pause before retry number attempt+1; the last entry serves all later ones.
func wait(waits []time.Duration, attempt int) time.Duration {
	if len(waits) == 0 {
		return time.Minute
	}
	if attempt >= len(waits) {
		attempt = len(waits) - 1
	}
	return waits[attempt]
}
