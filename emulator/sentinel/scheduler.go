package sentinel

import (
	"container/heap"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/seed-caab1ad3/blindspot/content"
)

// Scheduler runs rules over a span of virtual time. Same rules, rows and options give the same alerts; nothing in it
// reads the machine's clock.
type Scheduler struct {
	Engine  Engine
	Options Options
	Rules   []Scheduled
	// Changes happen between the runs; one at the instant of an execution comes before it.
	Changes []Change
	// Automation rules act on alerts and incidents.
	Automation []AutomationRule
	// Observe, when set, is shown each outcome before it goes into the log and may change what is kept of it, for instance
	// drop Rows over a long span.
	Observe func(*Outcome)
}

// Scheduled is a rule on the clock.
type Scheduled struct {
	Rule *content.Rule
	// Anchor is when the rule was created or enabled; its first run is due then.
	Anchor time.Time
	// Start, when set, is the chosen instant of the first run, 10 minutes to 30 days after the anchor (fact S4).
	Start time.Time
}

// The bounds of a chosen start (fact S4).
const (
	minStart = 10 * time.Minute
	maxStart = 30 * 24 * time.Hour
)

// CheckStart tells what is wrong with a chosen start.
func (s Scheduled) CheckStart() error {
	if s.Start.IsZero() {
		return nil
	}
	if d := s.Start.Sub(s.Anchor); d < minStart || d > maxStart {
		return fmt.Errorf("rule %q starts %s after it is enabled; a start lies 10 minutes to 30 days ahead", s.Rule.Name, d)
	}
	return nil
}

func (s Scheduled) anchor() time.Time {
	if s.Start.IsZero() {
		return s.Anchor
	}
	return s.Start
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
	// History holds every state that an incident went through, in order; each is a SecurityIncident row.
	History []IncidentChange
	// Disabled are the rules that the service would have disabled, with the instant and the reason.
	Disabled []Disabled
}

// Disabled is a rule that failed for good too often. The rule carries the name and description that the service gives it.
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
	rule     *content.Rule
	anchor   time.Time
	order    int
	epoch    int       // grows when runs that wait in the queue no longer count
	next     int       // number of the next scheduled run
	minute   time.Time // instant of the next near-real-time run
	covered  time.Time // end of the last near-real-time window that was covered
	quiet    time.Time // suppressed: what executes before this instant does not run
	failures int       // permanent failures in a row
	reason   string    // of those
	auto     bool      // disabled by the service
	off      bool      // disabled by a person
}

func (st *state) grid() Grid {
	return Grid{st.anchor, st.rule.QueryFrequency.Value, st.rule.QueryPeriod.Value}
}

// due is a run or a change waiting in the queue.
type due struct {
	at     time.Time
	order  int // of things at one instant: changes first, then rules in their order
	serial int
	s      *state
	run    Run
	epoch  int
	// chained: the run that follows on the grid is queued already.
	chained bool
	change  *Change
}

// queue is a heap of what is due.
type queue struct {
	list   []due
	serial int
}

func (q *queue) Len() int { return len(q.list) }
func (q *queue) Less(i, j int) bool {
	a, b := &q.list[i], &q.list[j]
	if !a.at.Equal(b.at) {
		return a.at.Before(b.at)
	}
	if a.order != b.order {
		return a.order < b.order
	}
	return a.serial < b.serial
}
func (q *queue) Swap(i, j int) { q.list[i], q.list[j] = q.list[j], q.list[i] }
func (q *queue) Push(x any)    { q.list = append(q.list, x.(due)) }
func (q *queue) Pop() any {
	d := q.list[len(q.list)-1]
	q.list = q.list[:len(q.list)-1]
	return d
}

func (q *queue) add(d due) {
	q.serial++
	d.serial = q.serial
	heap.Push(q, d)
}

// span is one call of Span under way.
type span struct {
	*Scheduler
	log       *Log
	incidents *Incidents
	queue     queue
	states    []*state
	from, to  time.Time
}

// Span runs every rule for the runs that are due from the first instant (inclusive) to the last (inclusive). Runs that
// are due by the last instant execute, and are retried, also when that is after it.
func (s *Scheduler) Span(ctx context.Context, from, to time.Time) (*Log, error) {
	if err := checkAutomation(s.Automation); err != nil {
		return nil, err
	}
	x := &span{Scheduler: s, log: &Log{}, incidents: &Incidents{Options: s.Options, Automation: s.Automation}, from: from, to: to}
	for k, r := range s.Rules {
		if err := r.CheckStart(); err != nil {
			return nil, err
		}
		st := &state{rule: r.Rule, anchor: r.anchor(), order: k}
		x.states = append(x.states, st)
		x.begin(st, from)
		x.follow(st)
	}
	for i := range s.Changes {
		if c := &s.Changes[i]; !c.At.Before(from) && !c.At.After(to) {
			x.queue.add(due{at: c.At, order: -1, change: c})
		}
	}
	for x.queue.Len() > 0 {
		if err := ctx.Err(); err != nil {
			return x.log, err
		}
		d := heap.Pop(&x.queue).(due)
		if d.change != nil {
			if err := x.change(ctx, d.change); err != nil {
				return x.log, err
			}
			continue
		}
		if d.epoch != d.s.epoch {
			continue
		}
		if d.run.Attempt == 0 && !d.chained { // a retry does not hold up the grid
			x.follow(d.s)
		}
		x.step(ctx, d)
	}
	x.log.Incidents, x.log.History = x.incidents.All, x.incidents.History
	return x.log, nil
}

// begin sets a rule's next run to the first that is due at or after an instant.
func (x *span) begin(st *state, from time.Time) {
	st.minute = st.anchor
	if slice := x.Options.NRTSlice; st.anchor.Before(from) {
		st.minute = Grid{Anchor: st.anchor, Frequency: slice}.At(Grid{Anchor: st.anchor, Frequency: slice}.From(from), Options{FirstRunWaits: true}).Due
	}
	if st.rule.QueryFrequency.Value > 0 {
		st.next = st.grid().From(from)
	}
}

// follow queues the rule's next run when it is due by the last instant.
func (x *span) follow(st *state) {
	if st.off {
		return
	}
	var r Run
	switch {
	case st.rule.Kind == content.NRT:
		r = NRTRun(st.minute, time.Time{}, x.Options)
		st.minute = st.minute.Add(x.Options.NRTSlice)
	case st.rule.QueryFrequency.Value <= 0:
		return
	default:
		r = st.grid().At(st.next, x.Options)
		st.next++
	}
	if r.Due.After(x.to) {
		return
	}
	x.queue.add(due{at: r.Executes, order: st.order, s: st, run: r, epoch: st.epoch})
}

// step executes one due run and files what came of it.
func (x *span) step(ctx context.Context, d due) {
	st, run := d.s, d.run
	o := Outcome{Rule: st.rule, Run: run}
	nrt := st.rule.Kind == content.NRT
	switch {
	case st.auto:
		o.Status, o.Reason = StatusDisabled, "The analytics rule is disabled and was not executed."
		x.file(o)
		return
	case run.Executes.Before(st.quiet): // the rule does not run at all, so a waiting retry does not either (fact S60)
		o.Status = StatusSuppressed
		if nrt { // a skipped minute is not made up for (fact S62)
			st.covered = run.Window.To
		}
		x.file(o)
		return
	}
	if nrt {
		run = NRTRun(run.Due, st.covered, x.Options)
		o.Run = run
	}
	rows, alerts, err := Execute(ctx, x.Engine, st.rule, run, x.Options)
	if err != nil {
		o.Status, o.Err, o.Reason = StatusFailure, err, reasonOf(err)
		x.failed(st, run, &o)
		x.file(o)
		return
	}
	st.failures, st.reason = 0, ""
	if nrt {
		st.covered = run.Window.To
	}
	o.Status, o.Rows, o.Alerts = StatusSuccess, rows, alerts
	if len(alerts) > 0 && st.rule.SuppressionEnabled {
		st.quiet = run.Executes.Add(st.rule.SuppressionDuration.Value) // from the last trigger (fact S61)
	}
	x.file(o)
}

// failed queues the retry of a passing failure, and disables a rule that failed for good too often (facts S23 to S26).
func (x *span) failed(st *state, run Run, o *Outcome) {
	if transient(o.Err) {
		if st.rule.Kind != content.NRT && run.Attempt < x.Options.Retries {
			run.Executes = run.Executes.Add(wait(x.Options.RetryAfter, run.Attempt))
			run.Attempt++
			x.queue.add(due{at: run.Executes, order: st.order, s: st, run: run, epoch: st.epoch})
		}
		return
	}
	if o.Reason != st.reason {
		st.failures, st.reason = 0, o.Reason
	}
	st.failures++
	if st.failures < x.Options.PermanentFailures {
		return
	}
	st.auto = true
	st.rule = autoDisabled(st.rule, o.Err)
	x.log.Disabled = append(x.log.Disabled, Disabled{st.rule, run.Executes, o.Reason})
}

// autoDisabled is the rule as the service leaves it when it gives up on it.
func autoDisabled(r *content.Rule, err error) *content.Rule {
	c := *r
	c.Name = "AUTO DISABLED " + r.Name
	c.Enabled = false
	c.Description = r.Description + "\nThe rule was disabled: " + errorText(err)
	return &c
}

func (x *span) file(o Outcome) {
	if late := x.Options.IncidentDelay; late > 0 && len(o.Alerts) > 0 {
		at := o.Run.Executes.Add(late)
		x.queue.add(due{at: at, order: -1, change: &Change{At: at, Do: Other, Then: func(i *Incidents) { i.Add(o.Rule, o.Alerts, at) }}})
	} else {
		x.incidents.Add(o.Rule, o.Alerts, o.Run.Executes)
	}
	if x.Observe != nil {
		x.Observe(&o)
	}
	x.log.Outcomes = append(x.log.Outcomes, o)
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

// maxRerunAge is how long ago a run may have been that is run again (fact S29).
const maxRerunAge = 7 * 24 * time.Hour

// Rerun runs a past run again at an instant: the same window and clock, the rule as it is now, and all rows that have
// arrived by then (fact S29). Only runs of the system's own can be run again, of scheduled rules, up to seven days back.
func (s *Scheduler) Rerun(ctx context.Context, rule *content.Rule, past Run, at time.Time) (Outcome, error) {
	switch {
	case past.Manual:
		return Outcome{}, errors.New("this run was itself started by a user; only system-triggered runs can be run again")
	case rule.Kind == content.NRT:
		return Outcome{}, errors.New("near-real-time rules cannot be run again")
	case at.Sub(past.Executes) > maxRerunAge:
		return Outcome{}, fmt.Errorf("the run of %s is more than seven days back", past.Executes.UTC().Format(time.RFC3339))
	}
	run := past
	run.Manual, run.Original, run.Executes = true, past.Executes, at
	rows, alerts, err := Execute(ctx, s.Engine, rule, run, s.Options)
	o := Outcome{Rule: rule, Run: run, Status: StatusSuccess, Rows: rows, Alerts: alerts}
	if err != nil {
		o.Status, o.Err, o.Reason = StatusFailure, err, reasonOf(err)
	}
	return o, nil
}
