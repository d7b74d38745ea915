package sentinel_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/seed-caab1ad3/blindspot/emulator/sentinel"
)

func (x *stage) same(what, want string, got time.Time) {
	x.t.Helper()
	if want == "" {
		return
	}
	if w := x.moment(want); !w.Equal(got) {
		x.t.Errorf("%s: %s; want %s", what, got.UTC().Format(time.RFC3339Nano), w.UTC().Format(time.RFC3339Nano))
	}
}

func number[T comparable](t *testing.T, what string, want *T, got T) {
	t.Helper()
	if want != nil && *want != got {
		t.Errorf("%s: %v; want %v", what, got, *want)
	}
}

func word(t *testing.T, what, want, got string) {
	t.Helper()
	if want != "" && want != got {
		t.Errorf("%s: %q; want %q", what, got, want)
	}
}

func part(t *testing.T, what, want, got string) {
	t.Helper()
	if want != "" && !strings.Contains(got, want) {
		t.Errorf("%s: %q; want %q in it", what, got, want)
	}
}

func (x *stage) checkAlerts() {
	t, e := x.t, x.s.Expect
	alerts := x.log.Alerts()
	if e.Count != nil && len(alerts) != *e.Count {
		t.Errorf("%d alerts; want %d", len(alerts), *e.Count)
	}
	if e.Visible != nil {
		if n := len(x.log.Visible(x.options)); n != *e.Visible {
			t.Errorf("%d alerts visible; want %d", n, *e.Visible)
		}
	}
	if e.Alerts == nil {
		return
	}
	if e.Count == nil && len(alerts) != len(*e.Alerts) {
		for _, a := range alerts {
			t.Logf("alert of %q, run of %s, %d rows", a.Rule.Name, a.Run.Due.Format(time.RFC3339), len(a.Rows.Rows))
		}
		t.Fatalf("%d alerts; want %d", len(alerts), len(*e.Alerts))
	}
	for i, w := range *e.Alerts {
		if w.Number != nil {
			i = *w.Number
		}
		if i >= len(alerts) {
			t.Fatalf("there is no alert %d", i)
		}
		x.checkAlert(fmt.Sprintf("alert %d", i), w, alerts[i])
	}
}

func (x *stage) checkAlert(what string, w wantAlert, a sentinel.Alert) {
	t := x.t
	word(t, what+" rule", w.Rule, a.Rule.Name)
	word(t, what+" name", w.Name, a.Name)
	word(t, what+" severity", w.Severity, a.Severity)
	part(t, what+" description", w.Description, a.Description)
	x.same(what+" at", w.At, a.Time)
	x.same(what+" due", w.Due, a.Run.Due)
	x.same(what+" start", w.Start, a.StartTime)
	x.same(what+" end", w.End, a.EndTime)
	number(t, what+" rows", w.Rows, len(a.Rows.Rows))
	number(t, what+" summary", w.Summary, a.Summary)
	number(t, what+" entities", w.EntityCount, len(a.Entities))
	number(t, what+" dropped", w.Dropped, a.Dropped)
	for kind, want := range w.Entities {
		var got []string
		for _, e := range a.Entities {
			if e.Type == kind {
				got = append(got, e.Label())
			}
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %s entities %q; want %q", what, kind, got, want)
		}
	}
	if w.ByType != nil {
		var got []int
		last := ""
		for _, e := range a.Entities {
			id := e.Type + " " + e.Identifiers[0].Name
			if id != last {
				got, last = append(got, 0), id
			}
			got[len(got)-1]++
		}
		if !reflect.DeepEqual(got, w.ByType) {
			t.Errorf("%s: entities per mapping %v; want %v", what, got, w.ByType)
		}
	}
	for name, want := range w.Details {
		got := -1
		for _, d := range a.Details {
			if d.Name == name {
				got = len(d.Values)
			}
		}
		if got != want {
			t.Errorf("%s: custom detail %s has %d values; want %d", what, name, got, want)
		}
	}
	for name, want := range w.Values {
		if got := a.Rows.Text(0, a.Rows.Column(name)); got != want {
			t.Errorf("%s: column %s is %q; want %q", what, name, got, want)
		}
	}
}

func (x *stage) checkRuns() {
	t, e := x.t, x.s.Expect
	got := map[string]int{}
	for _, o := range x.log.Outcomes {
		got[o.Status]++
	}
	for status, n := range e.Statuses {
		if got[status] != n {
			t.Errorf("%d runs with the status %s; want %d", got[status], status, n)
		}
	}
	for i, w := range e.Runs {
		if i >= len(x.log.Outcomes) {
			t.Fatalf("%d runs; want %d", len(x.log.Outcomes), len(e.Runs))
		}
		o := x.log.Outcomes[i]
		what := fmt.Sprintf("run %d", i)
		word(t, what+" status", w.Status, o.Status)
		x.same(what+" due", w.Due, o.Run.Due)
		x.same(what+" executes", w.Executes, o.Run.Executes)
		x.same(what+" from", w.From, o.Run.Window.From)
		x.same(what+" to", w.To, o.Run.Window.To)
		number(t, what+" attempt", w.Attempt, o.Run.Attempt)
		number(t, what+" rows", w.Rows, len(o.Rows.Rows))
		number(t, what+" manual", w.Manual, o.Run.Manual)
	}
	if e.Disabled != nil {
		if len(x.log.Disabled) != len(*e.Disabled) {
			t.Fatalf("%d rules disabled; want %d", len(x.log.Disabled), len(*e.Disabled))
		}
		for i, w := range *e.Disabled {
			d := x.log.Disabled[i]
			x.same("disabled at", w.At, d.At)
			word(t, "disabled name", w.Name, d.Rule.Name)
			word(t, "disabled reason", w.Reason, d.Reason)
		}
	}
}

func (x *stage) checkIncidents() {
	t, e := x.t, x.s.Expect
	if e.Incidents != nil {
		if len(x.log.Incidents) != len(*e.Incidents) {
			t.Fatalf("%d incidents; want %d", len(x.log.Incidents), len(*e.Incidents))
		}
		for k, w := range *e.Incidents {
			i := x.log.Incidents[k]
			what := fmt.Sprintf("incident %d", k+1)
			word(t, what+" title", w.Title, i.Title)
			word(t, what+" severity", w.Severity, i.Severity)
			word(t, what+" status", w.Status, i.Status)
			word(t, what+" owner", w.Owner, i.Owner)
			word(t, what+" labels", w.Labels, strings.Join(i.Labels, ","))
			if w.Alerts != 0 {
				number(t, what+" alerts", &w.Alerts, len(i.Alerts))
			}
			number(t, what+" reopened", &w.Reopened, i.Reopened)
		}
	}
	if e.History != nil {
		var got []string
		for _, c := range x.log.History {
			got = append(got, fmt.Sprintf("%d %s: %s", c.Incident.Number, c.By, strings.Join(c.What, ", ")))
		}
		if !reflect.DeepEqual(got, *e.History) {
			t.Errorf("history\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(*e.History, "\n  "))
		}
	}
}
