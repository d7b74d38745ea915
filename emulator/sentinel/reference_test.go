package sentinel_test

import (
	"fmt"
	"sort"
	"strings"
	"time"

	"github.com/seed-caab1ad3/blindspot/emulator/sentinel"
)

// The plain account of a world: slow, with lists that are searched from end to end, and written from the facts alone.

type plainRun struct {
	due, at, from, to, oldest time.Time
	first                     bool // of the grid, so that the next one is due
	try                       int
}

type plainAlert struct {
	rule            int
	made, seen      time.Time // of the alert, of its incident
	due, start, end time.Time
	number, rows    int
	summary         bool
	users           []string
}

type plainOutcome struct {
	rule   int
	run    plainRun
	status string
	rows   int
	alerts []plainAlert
	spec   worldSpec
}

type plainIncident struct {
	rule     int
	alerts   []plainAlert
	closed   bool
	reopened int
}

// reference is the account that account() should give.
func (w *world) reference() []string {
	var all []plainOutcome
	for k := range w.specs {
		all = append(all, w.plainRule(k)...)
	}
	// All rules together run in the order of the executions, those of one instant in the order of the rules.
	sort.SliceStable(all, func(i, j int) bool { return all[i].run.at.Before(all[j].run.at) })
	var lines []string
	for _, o := range all {
		rule := o.spec.rule(o.rule)
		line := runLine(rule.ID, w.start, o.run.due, o.run.at, o.run.from, o.run.to, o.run.try, o.status, o.rows)
		for _, a := range o.alerts {
			line += alertLine(w.start, a.start, a.end, a.rows, a.summary, a.users)
		}
		lines = append(lines, line)
	}
	for n, i := range w.plainIncidents(all) {
		status := "New"
		if i.closed {
			status = "Closed"
		}
		line := fmt.Sprintf("incident %d of %04d %s reopened %d:", n+1, i.rule, status, i.reopened)
		for _, a := range i.alerts {
			line += fmt.Sprintf(" %s/%d", a.due.Sub(w.start), a.number)
		}
		lines = append(lines, line)
	}
	return lines
}

// plainRule lives through one rule's days.
func (w *world) plainRule(k int) []plainOutcome {
	spec, anchor, end := w.specs[k], w.anchors[k], w.start.Add(worldSpan)
	var out []plainOutcome
	var waiting []plainRun
	var quiet, covered, soonest time.Time // soonest: the next run is due at it or later
	off, disabled := false, false
	failures, last := 0, ""
	soonest = w.start

	// next queues the first run of the grid that is due at soonest or later.
	next := func() {
		if off {
			return
		}
		step := spec.frequency
		if spec.nrt {
			step = w.options.NRTSlice
		}
		due := anchor
		if due.Before(soonest) { // whole steps
			n := soonest.Sub(due) / step
			due = due.Add(n * step)
			if due.Before(soonest) {
				due = due.Add(step)
			}
		}
		soonest = due.Add(time.Nanosecond)
		if due.After(end) {
			return
		}
		r := plainRun{due: due, at: due.Add(w.options.Delay), from: due.Add(-spec.period), to: due, first: true}
		if due.Equal(anchor) && !w.options.FirstRunWaits {
			r.at = due
		}
		if spec.nrt {
			r.at, r.to = due, due.Add(-w.options.NRTDelay)
			r.from, r.oldest = r.to.Add(-w.options.NRTSlice), due.Add(-w.options.NRTLookback)
		}
		waiting = append(waiting, r)
	}
	next()
	changes := w.changes
	for {
		best := -1
		for i, r := range waiting {
			if best < 0 || r.at.Before(waiting[best].at) {
				best = i
			}
		}
		for len(changes) > 0 && (changes[0].do == sentinel.Other || changes[0].rule != k) {
			changes = changes[1:]
		}
		if len(changes) > 0 && (best < 0 || !changes[0].at.After(waiting[best].at)) {
			c := changes[0]
			changes = changes[1:]
			switch c.do {
			case sentinel.Disable:
				off, waiting = true, nil
				continue
			case sentinel.Edit:
				spec, failures, last = c.with, 0, ""
			case sentinel.Enable:
				off, disabled = false, false
				if w.options.ReanchorOnEnable {
					anchor, quiet = c.at, time.Time{}
				}
				if own := c.at.Add(-w.options.NRTDelay - w.options.NRTSlice); covered.Before(own) {
					covered = own
				}
			}
			// What was due before the change still runs; what is due later is planned anew.
			var kept []plainRun
			for _, r := range waiting {
				if r.due.Before(c.at) {
					r.first = false
					kept = append(kept, r)
				}
			}
			waiting, soonest = kept, c.at
			next()
			continue
		}
		if best < 0 {
			return out
		}
		r := waiting[best]
		waiting = append(waiting[:best:best], waiting[best+1:]...)
		if r.first {
			r.first = false
			next()
		}
		o := plainOutcome{rule: k, run: r, spec: spec}
		switch {
		case disabled:
			o.status = "Disabled"
		case r.at.Before(quiet):
			o.status = "Suppressed"
			covered = r.to
		default:
			if spec.nrt && !covered.IsZero() {
				o.run.from = covered // no gap, no overlap
				if limit := r.to.Add(-time.Duration(w.options.NRTCatchUp+1) * w.options.NRTSlice); o.run.from.Before(limit) {
					o.run.from = limit
				}
			}
			switch reason := w.fault(k, r.due, r.at); reason {
			case "transient":
				o.status = "Failure"
				if !spec.nrt && r.try < w.options.Retries {
					again := r
					again.try++
					again.at = r.at.Add([]time.Duration{1, 2, 4, 8, 15}[r.try] * time.Minute)
					waiting = append(waiting, again)
				}
			default:
				o.status = "Failure"
				if reason != last {
					failures, last = 0, reason
				}
				if failures++; failures >= w.options.PermanentFailures {
					disabled = true
				}
			case "":
				o.status, failures, last, covered = "Success", 0, "", r.to
				o.alerts, o.rows = w.plainAlerts(k, spec, o.run)
				if len(o.alerts) > 0 && spec.quiet > 0 {
					quiet = r.at.Add(spec.quiet)
				}
			}
		}
		out = append(out, o)
	}
}

// plainAlerts looks at every row of the table.
func (w *world) plainAlerts(k int, spec worldSpec, r plainRun) (alerts []plainAlert, found int) {
	var rows []worldRow
	for _, x := range w.rows[spec.table] {
		in := !x.at.Before(r.from) && (x.at.Before(r.to) || w.options.ClosedWindow && x.at.Equal(r.to)) && !x.in.After(r.at)
		if spec.nrt {
			in = x.in.After(r.from) && !x.in.After(r.to) && !x.at.Before(r.oldest)
		}
		if in && x.n%spec.mod == 0 {
			rows = append(rows, x)
		}
	}
	n := len(rows)
	fires := map[string]bool{"GreaterThan": n > spec.threshold, "LessThan": n < spec.threshold, "Equal": n == spec.threshold, "NotEqual": n != spec.threshold}[spec.operator]
	most := 150
	if spec.nrt {
		fires, most = n > 0, 30
	} else if spec.each && !w.options.ThresholdGatesPerResult {
		fires = n > 0
	}
	if !fires {
		return nil, n
	}
	one := func(number int, of []worldRow) plainAlert {
		a := plainAlert{rule: k, made: r.at, seen: r.at.Add(w.options.IncidentDelay), due: r.due, start: r.from, end: r.to, number: number, rows: len(of)}
		for i, x := range of {
			if i == 0 || x.at.Before(a.start) {
				a.start = x.at
			}
			if i == 0 || x.at.After(a.end) {
				a.end = x.at
			}
			known := x.user == ""
			for _, u := range a.users {
				known = known || u == x.user
			}
			if !known {
				a.users = append(a.users, x.user)
			}
		}
		sort.Strings(a.users)
		return a
	}
	if !spec.each || n == 0 {
		return []plainAlert{one(0, rows)}, n
	}
	for i := range rows {
		if n > most && i == most-1 {
			sum := one(i, rows)
			sum.summary = true
			return append(alerts, sum), n
		}
		alerts = append(alerts, one(i, rows[i:i+1]))
	}
	return alerts, n
}

// plainIncidents files the alerts of all runs, and closes what analysts close.
func (w *world) plainIncidents(all []plainOutcome) []plainIncident {
	type step struct {
		at    time.Time
		close *worldChange
		run   *plainOutcome
	}
	var steps []step
	for i := range w.changes {
		if w.changes[i].do == sentinel.Other {
			steps = append(steps, step{at: w.changes[i].at, close: &w.changes[i]})
		}
	}
	for i := range all {
		if len(all[i].alerts) > 0 {
			steps = append(steps, step{at: all[i].alerts[0].seen, run: &all[i]})
		}
	}
	sort.SliceStable(steps, func(i, j int) bool { return steps[i].at.Before(steps[j].at) })
	var list []plainIncident
	for _, s := range steps {
		if s.close != nil {
			if n := len(list); n > 0 {
				list[s.close.nth%n].closed = true
			}
			continue
		}
		spec := s.run.spec
		if !spec.incident {
			continue
		}
		for _, a := range s.run.alerts {
			into := -1
			for i := range list {
				if spec.group && w.takes(spec, &list[i], a) {
					into = i
				}
			}
			if into < 0 {
				list = append(list, plainIncident{rule: a.rule, alerts: []plainAlert{a}})
				continue
			}
			i := &list[into]
			if i.closed {
				i.closed = false
				i.reopened++
			}
			i.alerts = append(i.alerts, a)
		}
	}
	return list
}

// takes says whether an incident takes an alert.
func (w *world) takes(spec worldSpec, i *plainIncident, a plainAlert) bool {
	frame := spec.frame
	if frame == 0 {
		frame = 5 * time.Hour
	}
	if i.rule != a.rule || len(i.alerts) == 150 || a.made.Sub(i.alerts[0].made) > frame || i.closed && (w.options.Defender || !spec.reopen) {
		return false
	}
	if spec.method == "AnyAlert" {
		return true
	}
	theirs := map[string]bool{}
	for _, b := range i.alerts {
		for _, u := range b.users {
			theirs[u] = true
		}
	}
	if len(a.users) == 0 || len(theirs) == 0 {
		return w.options.EmptyEntitiesMatch && len(a.users) == len(theirs)
	}
	for _, u := range a.users {
		if !theirs[u] {
			return false
		}
	}
	return w.options.SubsetEntitiesMatch || len(a.users) == len(theirs)
}

// invariants hold in every world, whatever the reference says.
func (w *world) invariants(log *sentinel.Log) error {
	type key struct {
		rule string
		due  time.Time
		try  int
	}
	changed := map[string][]time.Time{}
	for _, c := range w.changes {
		if c.do != sentinel.Other {
			id := c.with.rule(c.rule).ID
			changed[id] = append(changed[id], c.at)
		}
	}
	untouched := func(id string, from, to time.Time) bool {
		for _, at := range changed[id] {
			if !at.Before(from) && !at.After(to) {
				return false
			}
		}
		return true
	}
	seen := map[key]bool{}
	last := map[string]sentinel.Outcome{}
	covered := map[string]time.Time{}
	alerted := map[string]time.Time{}
	quiet := map[string]time.Duration{}
	for _, o := range log.Outcomes {
		id, r := o.Rule.ID, o.Run
		what := fmt.Sprintf("rule %s due %s try %d", id[len(id)-4:], r.Due.Sub(w.start), r.Attempt)
		k := key{id, r.Due, r.Attempt}
		if seen[k] && untouched(id, r.Due.Add(-time.Hour*24), r.Executes) {
			return fmt.Errorf("%s: ran twice", what)
		}
		seen[k] = true
		if r.Executes.Before(r.Due) || r.Window.To.After(r.Due) {
			return fmt.Errorf("%s: runs before it is due", what)
		}
		nrt := r.Window.ByIngestion
		if p, ok := last[id]; ok && !nrt && r.Attempt == 0 && untouched(id, p.Run.Due.Add(-w.options.Delay), r.Executes) {
			if d := r.Due.Sub(p.Run.Due); d != o.Rule.QueryFrequency.Value {
				return fmt.Errorf("%s: %s after the run before it, not %s", what, d, o.Rule.QueryFrequency.Value)
			}
			if o.Rule.QueryFrequency.Value == o.Rule.QueryPeriod.Value && !r.Window.From.Equal(p.Run.Window.To) {
				return fmt.Errorf("%s: its window begins at %s and the one before ends at %s", what, r.Window.From.Sub(w.start), p.Run.Window.To.Sub(w.start))
			}
		}
		if nrt && (o.Status == sentinel.StatusSuccess) {
			if c, ok := covered[id]; ok && r.Window.From.Before(c) {
				return fmt.Errorf("%s: covers again what was covered until %s", what, c.Sub(w.start))
			}
			covered[id] = r.Window.To
		}
		if r.Attempt == 0 {
			last[id] = o
		}
		if at, ok := alerted[id]; ok && len(o.Alerts) > 0 && quiet[id] > 0 && r.Executes.Before(at.Add(quiet[id])) && untouched(id, at, r.Executes) {
			return fmt.Errorf("%s: alerts %s after an alert that stops the rule for %s", what, r.Executes.Sub(at), quiet[id])
		}
		if len(o.Alerts) > 0 {
			alerted[id], quiet[id] = r.Executes, 0
			if o.Rule.SuppressionEnabled {
				quiet[id] = o.Rule.SuppressionDuration.Value
			}
		}
		if strings.HasPrefix(o.Status, "Dis") != strings.HasPrefix(o.Rule.Name, "AUTO DISABLED") && o.Status != sentinel.StatusFailure && untouched(id, w.start, r.Executes) {
			return fmt.Errorf("%s: %s under the name %q", what, o.Status, o.Rule.Name)
		}
	}
	for _, c := range log.History {
		if c.By == sentinel.ByGrouping && w.options.Defender && c.Incident.Reopened > 0 {
			return fmt.Errorf("incident %d was reopened in the Defender portal", c.Incident.Number)
		}
		if n := len(c.Incident.Alerts); n > 150 {
			return fmt.Errorf("incident %d has %d alerts", c.Incident.Number, n)
		}
	}
	for _, i := range log.Incidents {
		if i.Rule.Incident != nil && !i.Rule.Incident.CreateIncident {
			return fmt.Errorf("incident %d of a rule that makes none", i.Number)
		}
	}
	return nil
}
