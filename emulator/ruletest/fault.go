package ruletest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/content/tables"
	"github.com/seed-caab1ad3/blindspot/emulator"
	"github.com/seed-caab1ad3/blindspot/emulator/kql"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/symbol"
)

// Disturbance is a case with one fault in its data: a table that is not there, a column that arrives empty, rows that come
// late, rows that come twice.
type Disturbance struct {
	Test    string  `json:"test"`
	Fault   string  `json:"fault"` // missing-table AuditLogs, emptied-column LocationDetails, late-rows, duplicates
	Outcome Outcome `json:"outcome"`
	Message string  `json:"message,omitempty"`
}

// Louder: the rule tells more than the case does, for instance because it counts rows that came twice.
const Louder Outcome = "louder"

// emptyable are the columns that are known to arrive empty.
var emptyable = [...]string{"ConditionalAccessPolicies", "LocationDetails", "AuthenticationDetails"}

// lateBy is how late rows are under the fault late-rows when the table's stream says nothing of its delay.
const lateBy = 30 * time.Minute

// Disturb runs the rule's cases again with faults in their data, each alone. A firing case should still fire, in a later run
// when its rows come late; a case without an alert should stay quiet when its rows come twice; and a rule should run when
// a table is not there, whatever it then sees. Where that is not so the outcome is Silent or Louder, or Declared when the rule
// names the fault (its first word, or all of it) in the streams of one of its blindspots.
func (r *Runner) Disturb(ctx context.Context, rule *content.Rule, file *content.TestFile) []Disturbance {
	var out []Disturbance
	compiled := r.base.shared.Compile(rule.Query.String(), kql.Sentinel)
	for _, t := range file.Tests {
		if t.Skip != "" || ctx.Err() != nil || t.Alerts == nil {
			continue
		}
		add := func(fault string, disturbed *content.TestCase, twice bool) {
			d := Disturbance{Test: t.Name, Fault: fault, Outcome: Fires}
			if len(t.Alerts) == 0 {
				d.Outcome = Quiet
			}
			if why, outcome := r.disturbed(ctx, rule, file, t, disturbed, fault, twice); why != "" {
				d.Outcome, d.Message = outcome, why
				if reason, ok := declaresFault(rule, fault); ok {
					d.Outcome, d.Message = Declared, reason
				}
			}
			out = append(out, d)
		}
		for _, table := range compiled.Query.Tables {
			if gone := withoutTable(t, table); gone != nil {
				add("missing-table "+table, gone, false)
			}
		}
		add("duplicates", t, true)
		if len(t.Alerts) == 0 {
			continue
		}
		for _, column := range emptyable {
			if empty := r.withEmpty(t, column); empty != nil {
				add("emptied-column "+column, empty, false)
			}
		}
		if late := r.late(rule, t); late != nil {
			add("late-rows", late, false)
		}
	}
	return out
}

// Quiet is the outcome of a case without alerts that stays so.
const Quiet Outcome = "quiet"

// disturbed runs a disturbed case and says what is wrong with what comes of it, "" when nothing is.
func (r *Runner) disturbed(ctx context.Context, rule *content.Rule, file *content.TestFile, was, t *content.TestCase, fault string, twice bool) (string, Outcome) {
	ready, errs := r.prepare(file, t)
	if len(errs) > 0 {
		return "the case cannot be disturbed: " + errs[0].Error(), Silent
	}
	if twice {
		changed, _ := changedTables(t)
		again, err := rowsOf(ready.ws, changed, ready.set)
		if err == nil {
			err = ingest(ready.ws, again)
		}
		if err != nil {
			return err.Error(), Silent
		}
	}
	log, err := r.fire(ctx, rule, ready)
	var q *emulator.QueryError
	switch {
	case errors.As(err, &q) && q.Code() == "BS102":
		return "", Fires // the fault took the last of the tables away: nothing is left to see, and the service says so
	case err != nil:
		return queryMessage(rule, err), Silent
	}
	n := len(log.Alerts())
	switch {
	case strings.HasPrefix(fault, "missing-table"):
		// what was in the table is gone, so silence is right; but the rule must run
	case len(was.Alerts) > 0 && n == 0:
		return fmt.Sprintf("%s without the fault, none with it", alertsOf(len(was.Alerts))), Silent
	case twice && n > len(was.Alerts):
		return fmt.Sprintf("%s without the fault, %d with it", alertsOf(len(was.Alerts)), n), Louder
	}
	return "", Fires
}

// withoutTable is a case in which a table is not there, nil when it is so already or has columns of its own.
func withoutTable(t *content.TestCase, table string) *content.TestCase {
	c := *t
	c.Events, c.Tables = nil, nil
	for _, tt := range t.Tables {
		if sameTable(tt.Name, table) {
			if tt.Missing {
				return nil
			}
			continue
		}
		c.Tables = append(c.Tables, tt)
	}
	for _, te := range t.Events {
		if !sameTable(te.Table, table) {
			c.Events = append(c.Events, te)
		}
	}
	c.Tables = append(c.Tables, content.TestTable{Name: table, Missing: true})
	return &c
}

func sameTable(a, b string) bool {
	return symbol.InWorkspace(symbol.SplitWorkspace(a)) == symbol.InWorkspace(symbol.SplitWorkspace(b))
}

// withEmpty is a case in which a column of every table of sign-ins is empty, nil when none has it.
func (r *Runner) withEmpty(t *content.TestCase, column string) *content.TestCase {
	c := *t
	c.Tables = slices.Clone(t.Tables)
	found := false
	for _, te := range t.Events {
		_, name := symbol.SplitWorkspace(te.Table)
		schema, ok := tables.Lookup(tables.Sentinel, name)
		if !ok || len(te.Events) == 0 {
			continue
		}
		if _, has := schema.Column(column); !has {
			continue
		}
		found = true
		at := slices.IndexFunc(c.Tables, func(tt content.TestTable) bool { return tt.Name == te.Table })
		if at < 0 {
			c.Tables = append(c.Tables, content.TestTable{Name: te.Table})
			at = len(c.Tables) - 1
		}
		if !slices.Contains(c.Tables[at].Empty, column) {
			c.Tables[at].Empty = append(slices.Clone(c.Tables[at].Empty), column)
		}
	}
	if !found {
		return nil
	}
	return &c
}

// late is a case whose rows come late, each table's by its stream's delay, and that runs on until they have all been seen; nil
// for near-real-time rules and cases that are about late rows themselves.
func (r *Runner) late(rule *content.Rule, t *content.TestCase) *content.TestCase {
	if rule.Kind == content.NRT || rule.QueryFrequency.Value <= 0 {
		return nil
	}
	c := *t
	c.Events = nil
	most := time.Duration(0)
	for _, te := range t.Events {
		delay := lateBy
		for _, s := range r.Bundle.Streams {
			if s.Table == te.Table && s.Delay.Value > 0 {
				delay = s.Delay.Value
			}
		}
		most = max(most, delay)
		late := te
		late.Events = slices.Clone(te.Events)
		for i := range late.Events {
			if late.Events[i].Ingested.IsSet() {
				return nil
			}
			late.Events[i].Ingested = content.Moment{Relative: true, Offset: delay, Text: delay.String()}
		}
		c.Events = append(c.Events, late)
	}
	end := most + rule.QueryFrequency.Value
	if t.Until.IsSet() {
		if !t.Until.Relative {
			return nil
		}
		end += t.Until.Offset
	}
	c.Until = content.Moment{Relative: true, Offset: end, Text: end.String()}
	return &c
}

// declaresFault finds the rule's own word on a fault.
func declaresFault(rule *content.Rule, fault string) (reason string, ok bool) {
	kind, _, _ := strings.Cut(fault, " ")
	for _, b := range rule.Blindspots {
		for _, name := range b.Streams {
			if strings.EqualFold(name, fault) || strings.EqualFold(name, kind) {
				return b.Reason, true
			}
		}
	}
	return "", false
}

// Faults sums disturbances up: what each fault does to how many cases, in the order of their names.
func Faults(list []Disturbance) []FaultSum {
	by := map[string]*FaultSum{}
	for _, d := range list {
		s := by[d.Fault]
		if s == nil {
			s = &FaultSum{Fault: d.Fault}
			by[d.Fault] = s
		}
		s.Cases++
		switch d.Outcome {
		case Silent, Louder:
			s.Bad = append(s.Bad, d)
		case Declared:
			s.Declared++
		}
	}
	var out []FaultSum
	for _, s := range by {
		out = append(out, *s)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Fault < out[j].Fault })
	return out
}

// FaultSum is what one fault did to a rule's cases.
type FaultSum struct {
	Fault    string
	Cases    int
	Declared int
	Bad      []Disturbance
}
