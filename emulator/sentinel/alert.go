// Package sentinel is Microsoft Sentinel's rule engine in virtual time: it schedules rules on a clock, hands their
// queries to an engine with the window and the rows that the service would have seen, and makes alerts, incidents and
// health records of the results. Rules come from package content, rows from package emulator; what happens to an alert
// afterwards is the caller's.
//
// Facts carry the numbers of docs/sentinel-facts.md (S1 to S156); docs/assumptions.md lists what was decided here.
package sentinel

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
)

// Alert is what one run of a rule raises.
type Alert struct {
	Rule *content.Rule
	// Number tells apart the alerts of one run, from 0.
	Number int

	// Time is the instant the alert is written: the run's execution.
	Time        time.Time
	Name        string // display name, overrides applied
	Description string
	Severity    string
	Tactics     []string
	Techniques  []string
	Entities    []Entity
	Details     []Detail
	Properties  []Property // alertDynamicProperties that had a value

	// StartTime and EndTime are those of the first and last event captured; the window's bounds without TimeGenerated.
	StartTime, EndTime time.Time
	// Rows are the result rows that the alert stands for.
	Rows Rows
	// Summary marks the last alert of an overflowing AlertPerResult run: it stands for all rows.
	Summary bool
	// Dropped counts entities that limits or empty identifiers kept out, and OverLimit those of them that a limit did.
	Dropped, OverLimit int
	Run                Run
}

// Property is one overridden property of an alert.
type Property struct {
	Name, Value string
}

// Limits on alerts of one run under AlertPerResult (facts S40, S54).
const (
	maxAlerts    = 150
	maxAlertsNRT = 30
)

// Raise makes the alerts of one run from the rows its query gave: the trigger, event grouping, entities, custom details
// and alert details, in that order. No alert means the threshold was not reached.
func Raise(rule *content.Rule, run Run, rows Rows, o Options) []Alert {
	nrt := rule.Kind == content.NRT
	each := perResult(rule)
	fires := len(rows.Rows) > 0
	if !nrt {
		fires = Trigger{rule.TriggerOperator, rule.TriggerThreshold}.Fires(len(rows.Rows))
		if each && !o.ThresholdGatesPerResult {
			fires = len(rows.Rows) > 0
		}
	}
	if !fires {
		return nil
	}
	if !each || len(rows.Rows) == 0 {
		return []Alert{makeAlert(rule, run, rows, o)}
	}
	limit := maxAlerts
	if nrt {
		limit = maxAlertsNRT
	}
	n := len(rows.Rows)
	overflow := n > limit
	if overflow {
		n = limit - 1
	}
	alerts := make([]Alert, 0, n+1)
	for i := 0; i < n; i++ {
		a := makeAlert(rule, run, rows.part(i, i+1), o)
		a.Number = i
		alerts = append(alerts, a)
	}
	if overflow {
		a := makeAlert(rule, run, rows, o)
		a.Summary, a.Number = true, n
		alerts = append(alerts, a)
	}
	return alerts
}

func makeAlert(rule *content.Rule, run Run, rows Rows, o Options) Alert {
	a := Alert{
		Rule: rule, Time: run.Executes, Run: run, Rows: rows,
		Name: rule.Name, Description: rule.Description, Severity: rule.Severity,
		Tactics: rule.Tactics, Techniques: rule.Techniques,
		StartTime: run.Window.From, EndTime: run.Window.To,
	}
	if from, to, ok := rows.times(); ok {
		a.StartTime, a.EndTime = value.TimeOf(from), value.TimeOf(to)
	}
	a.Entities, a.Dropped, a.OverLimit = entitiesOf(rule.EntityMappings, rows, o)
	a.Details = detailsOf(rule.CustomDetails, rows)
	override(&a, rule.AlertDetails, rows, o)
	return a
}

func rowsOf(n int) string {
	if n == 1 {
		return "1 row"
	}
	return fmt.Sprintf("%d rows", n)
}

func quoteJSON(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		return `""`
	}
	return string(b)
}
