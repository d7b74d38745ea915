// Package ruletest runs the tests of rules: a case's short events become whole rows in a workspace of its own, the rule
// runs in its window at the case's time (or on its schedule over a span), and the alerts are compared with those that the
// case expects. It also breaks rules to see whether the tests notice (mutants), and moves events to the sibling stream to
// see whether the rule does (replay).
package ruletest

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"time"

	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/emulator"
	"github.com/seed-caab1ad3/blindspot/emulator/kql"
	"github.com/seed-caab1ad3/blindspot/emulator/sentinel"
)

// Runner runs the cases of a bundle's rules.
type Runner struct {
	Bundle  *content.Bundle
	Options sentinel.Options
	// Elsewhere, when set, runs every query in another engine too; a case whose rows differ there fails.
	Elsewhere Elsewhere

	base *base
	kept *Kept
}

// Keep makes the runner use rows that were kept by runners before it, and keep its own.
func (r *Runner) Keep(k *Kept) {
	k.of(r.Bundle)
	r.kept = k
}

// New returns a runner for the content of a bundle.
func New(b *content.Bundle, o sentinel.Options) *Runner {
	return &Runner{Bundle: b, Options: o, base: newBase(b)}
}

// Result is what came of one case.
type Result struct {
	Name     string
	Position content.Position
	Passed   bool
	Skipped  string // the reason, "" when it ran
	// Message says the first difference, or the mistake; "" when passed. Detail shows the events in the window and the rows
	// that the query gave.
	Message string
	Detail  string
	Elapsed time.Duration

	Alerts    []sentinel.Alert
	Incidents []*sentinel.Incident
	Rows      sentinel.Rows // of the last run that gave rows
}

// trial is a case ready to run: its instant, its rows, its workspace.
type trial struct {
	test *content.TestCase
	now  time.Time
	set  *Set
	ws   *emulator.Workspace
}

// Case runs one case of a rule.
func (r *Runner) Case(ctx context.Context, rule *content.Rule, file *content.TestFile, test *content.TestCase) Result {
	begin := time.Now()
	res := Result{Name: test.Name, Position: test.Position, Skipped: test.Skip}
	if test.Skip != "" {
		res.Passed = true
		return res
	}
	if r.Elsewhere == nil { // which would want all columns
		first := res
		if t, errs := r.prepareFor(rule, file, test); t != nil && len(errs) == 0 {
			r.judge(ctx, rule, t, &first)
			if first.Passed {
				first.Elapsed = time.Since(begin)
				return first
			}
		}
	}
	t, errs := r.prepare(file, test)
	if len(errs) > 0 {
		res.Message = joined(errs)
		return res
	}
	r.judge(ctx, rule, t, &res)
	res.Elapsed = time.Since(begin)
	return res
}

func joined(errs []error) string {
	lines := make([]string, len(errs))
	for i, e := range errs {
		lines[i] = e.Error()
	}
	return strings.Join(lines, "\n")
}

// prepare expands a case's events and loads them.
func (r *Runner) prepare(file *content.TestFile, test *content.TestCase) (*trial, []error) {
	return r.trial(nil, file, test)
}

// prepareFor is prepare with the columns that a rule reads, where these can be told; nil when they cannot.
func (r *Runner) prepareFor(rule *content.Rule, file *content.TestFile, test *content.TestCase) (*trial, []error) {
	return r.trial(rule, file, test)
}

func (r *Runner) trial(rule *content.Rule, file *content.TestFile, test *content.TestCase) (*trial, []error) {
	t := &trial{test: test}
	t.now = file.Now.At(time.Time{})
	if test.Now.IsSet() {
		t.now = test.Now.At(t.now)
	}
	if t.now.IsZero() {
		return nil, []error{fmt.Errorf("%s:%d:%d: the case has no time; write now: 2026-01-05T11:00:00Z at the top of the file", file.File(), test.Position.Line, test.Position.Column)}
	}
	place := func(err error) []error {
		return []error{fmt.Errorf("%s:%d:%d: %w", file.File(), test.Position.Line, test.Position.Column, err)}
	}
	x := &expander{bundle: r.Bundle, file: file.File(), test: test, now: t.now}
	var compiled *kql.Compiled
	ws, changed, wrong := r.base.open(test, t.now)
	summaries := r.summarized(test)
	var known *keptCase
	var columns string
	if rule != nil {
		if wrong != nil {
			return nil, nil
		}
		var ok bool
		if x.reads, compiled, ok = ws.Reads(rule.Query.String(), kql.Sentinel); !ok {
			return nil, nil
		}
		for _, s := range summaries {
			if _, read := x.reads[s.DestinationTable]; read {
				return nil, nil // what they read is to be there too
			}
		}
		summaries = nil
		x.layers = &r.base.layers
		if r.kept != nil {
			columns = readOf(test, x.reads)
			known = r.kept.get(test, t.now, columns)
		}
	}
	if known == nil {
		set, errs := x.expand()
		if len(errs) > 0 {
			return nil, errs
		}
		if wrong != nil {
			return nil, place(wrong)
		}
		for _, table := range set.Tables {
			for i := range table.Rows { // as the service does with rows that come days late
				row := &table.Rows[i]
				row.Time = sentinel.Received(row.Time, row.Ingested, r.Options)
			}
		}
		data, err := rowsOf(ws, changed, set)
		if err != nil {
			return nil, place(err)
		}
		known = &keptCase{t.now, columns, set, data}
		if rule != nil {
			r.kept.put(test, known)
		}
	}
	if err := ingest(ws, known.data); err != nil {
		return nil, place(err)
	}
	if err := r.summarize(ws, summaries, test, known.set, t.now); err != nil {
		return nil, place(err)
	}
	if rule != nil && ws.Compile(rule.Query.String(), kql.Sentinel) != compiled {
		return nil, nil // the rows changed what the query means
	}
	t.set, t.ws = known.set, ws
	return t, nil
}

// judge runs a rule over a prepared case and fills the result. A fault of the engine fails the case and no other.
func (r *Runner) judge(ctx context.Context, rule *content.Rule, t *trial, res *Result) {
	defer func() {
		if p := recover(); p != nil {
			res.Passed = false
			res.Message = fmt.Sprintf("a bug of ours: the engine stopped: %v", p)
			res.Detail = string(debug.Stack())
		}
	}()
	log, err := r.fire(ctx, rule, t)
	if err != nil {
		var u *Uncarried
		if errors.As(err, &u) {
			res.Passed, res.Skipped = true, u.Reason
			return
		}
		res.Message = queryMessage(rule, err)
		return
	}
	res.Alerts, res.Incidents = log.Alerts(), log.Incidents
	for _, o := range log.Outcomes {
		if len(o.Rows.Rows) > 0 || len(res.Rows.Columns) == 0 {
			res.Rows = o.Rows
		}
	}
	d := ""
	if t.test.Alerts != nil {
		d = compareAlerts(t.test.Alerts, res.Alerts, t.now)
	}
	if d == "" && t.test.Incidents != nil {
		d = compareIncidents(t.test.Incidents, res.Incidents)
	}
	if d == "" && t.test.Alerts == nil && t.test.Incidents == nil {
		d = "the case expects nothing; write alerts: [] for none"
	}
	if d == "" {
		res.Passed = true
		return
	}
	res.Message = d
	res.Detail = r.detail(rule, t, res)
}

// maxRuns bounds the runs of one case: a year of a rule that runs every five minutes.
const maxRuns = 105_120

// fire runs the rule once at the case's time, or on its schedule from now to until.
func (r *Runner) fire(ctx context.Context, rule *content.Rule, t *trial) (*sentinel.Log, error) {
	var engine sentinel.Engine = sentinel.OnWorkspace{Workspace: t.ws}
	if r.Elsewhere != nil {
		engine = dual{sentinel.OnWorkspace{Workspace: t.ws}, r.Elsewhere}
	}
	s := &sentinel.Scheduler{Engine: engine, Options: r.Options, Rules: []sentinel.Scheduled{{Rule: rule, Anchor: t.now}}}
	last := t.now
	if t.test.Until.IsSet() {
		last = t.test.Until.At(t.now)
		every := time.Minute // of a rule that runs near real time
		if rule.QueryFrequency.Value > 0 {
			every = rule.QueryFrequency.Value
		}
		if n := last.Sub(t.now) / every; n > maxRuns {
			return nil, fmt.Errorf("until asks for %d runs of the rule; a case has at most %d", n, maxRuns)
		}
	}
	log, err := s.Span(ctx, t.now, last)
	if err != nil {
		return nil, err
	}
	for _, o := range log.Outcomes {
		if o.Err != nil {
			return nil, o.Err
		}
	}
	return log, nil
}

// queryMessage places a query's mistake in the rule's file.
func queryMessage(rule *content.Rule, err error) string {
	var q *emulator.QueryError
	if !errors.As(err, &q) {
		return err.Error()
	}
	at, what := 0, q.Error()
	for _, d := range q.Diagnostics {
		if d.Severity.String() == "error" {
			at = d.Span.Start
			what = d.Code + " " + d.Message
			if d.Help != "" {
				what += "; " + d.Help
			}
			break
		}
	}
	if len(q.Diagnostics) == 0 && len(q.Unsupported) > 0 {
		at = q.Unsupported[0].Span.Start
		what = q.Unsupported[0].What + " is not supported by the emulator"
	}
	p := rule.Query.Position(at)
	return fmt.Sprintf("%s:%d:%d: %s", rule.File(), p.Line, p.Column, what)
}
