package sentinel_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"sort"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	yaml "go.yaml.in/yaml/v4"

	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/emulator"
	"github.com/seed-caab1ad3/blindspot/emulator/catalog"
	"github.com/seed-caab1ad3/blindspot/emulator/exec"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/sentinel"
	"github.com/seed-caab1ad3/blindspot/emulator/store"
)

// The language of testdata/scenarios is described in its README.md.

type scenario struct {
	Number  int      `yaml:"scenario"`
	Case    string   `yaml:"case"`
	Title   string   `yaml:"title"`
	Facts   []string `yaml:"facts"`
	Waiting string   `yaml:"waiting"`

	Start      string                         `yaml:"start"`
	Until      string                         `yaml:"until"`
	Options    map[string]yaml.Node           `yaml:"options"`
	Rules      []yaml.Node                    `yaml:"rules"`
	Delay      string                         `yaml:"delay"`
	Events     map[string][]event             `yaml:"events"`
	Watchlists map[string][]map[string]string `yaml:"watchlists"`
	Functions  map[string]string              `yaml:"functions"`
	Tables     []string                       `yaml:"tables"`
	Workspaces []string                       `yaml:"workspaces"`
	Faults     []fault                        `yaml:"faults"`
	Changes    []change                       `yaml:"changes"`
	Automation []automation                   `yaml:"automation"`
	Expect     expect                         `yaml:"expect"`

	file string
}

type event struct {
	At       string         `yaml:"at"`
	Ingested string         `yaml:"ingested"`
	Repeat   int            `yaml:"repeat"`
	Every    string         `yaml:"every"`
	Set      map[string]any `yaml:"set"`
}

type fault struct {
	Rule     string `yaml:"rule"`
	From     string `yaml:"from"` // due at or after
	To       string `yaml:"to"`   // due before; "" for one run
	Attempts int    `yaml:"attempts"`
	Kind     string `yaml:"kind"` // transient, permanent
	Reason   string `yaml:"reason"`
}

type change struct {
	At    string         `yaml:"at"`
	Rule  int            `yaml:"rule"`
	Do    string         `yaml:"do"` // edit, disable, enable, rerun, close, drop-table
	Set   map[string]any `yaml:"set"`
	Due   string         `yaml:"due"`
	Close int            `yaml:"close"`
	Table string         `yaml:"table"`
}

type automation struct {
	Name       string                      `yaml:"name"`
	Order      int                         `yaml:"order"`
	On         string                      `yaml:"on"`
	Expires    string                      `yaml:"expires"`
	Conditions []sentinel.Condition        `yaml:"conditions"`
	Actions    []sentinel.AutomationAction `yaml:"actions"`
}

type expect struct {
	Error      string            `yaml:"error"`
	Alerts     *[]wantAlert      `yaml:"alerts"`
	Count      *int              `yaml:"count"`
	Visible    *int              `yaml:"visible"`
	Statuses   map[string]int    `yaml:"statuses"`
	Runs       []wantRun         `yaml:"runs"`
	Health     []wantHealth      `yaml:"health"`
	HealthRows *int              `yaml:"healthRows"`
	Incident   map[string]string `yaml:"incidentRow"` // of the last change
	Incidents  *[]wantIncident   `yaml:"incidents"`
	History    *[]string         `yaml:"history"`
	Disabled   *[]wantDisabled   `yaml:"disabled"`
	Missed     map[string]int    `yaml:"missed"`
	Doubled    *int              `yaml:"doubled"`
	Notes      []string          `yaml:"notes"`
	AlertRow   map[string]string `yaml:"alertRow"`
	Properties map[string]string `yaml:"properties"`
	Findings   *[]string         `yaml:"findings"`
	Loses      map[string]string `yaml:"loses"`
	Export     map[string]any    `yaml:"export"` // of a rule to Defender, which cmd/internal/deploy does: its TestExportScenarios runs these
	Golden     string            `yaml:"golden"`
	Longest    map[string]int    `yaml:"longest"` // bytes of a column of the first alert's row
}

type wantAlert struct {
	Rule        string              `yaml:"rule"`
	At          string              `yaml:"at"`
	Due         string              `yaml:"due"`
	Rows        *int                `yaml:"rows"`
	Name        string              `yaml:"name"`
	Severity    string              `yaml:"severity"`
	Description string              `yaml:"description"`
	Start       string              `yaml:"start"`
	End         string              `yaml:"end"`
	Summary     *bool               `yaml:"summary"`
	Entities    map[string][]string `yaml:"entities"`
	EntityCount *int                `yaml:"entityCount"`
	ByType      []int               `yaml:"perMapping"`
	Dropped     *int                `yaml:"dropped"`
	Details     map[string]int      `yaml:"details"` // number of values
	Values      map[string]string   `yaml:"values"`  // of the first row
	Number      *int                `yaml:"number"`
}

type wantRun struct {
	Due      string `yaml:"due"`
	Executes string `yaml:"executes"`
	From     string `yaml:"from"`
	To       string `yaml:"to"`
	Status   string `yaml:"status"`
	Attempt  *int   `yaml:"attempt"`
	Rows     *int   `yaml:"rows"`
	Manual   *bool  `yaml:"manual"`
}

type wantHealth struct {
	Run         int               `yaml:"run"`
	Status      string            `yaml:"status"`
	Description string            `yaml:"description"`
	Reason      string            `yaml:"reason"`
	Properties  map[string]string `yaml:"properties"`
}

type wantIncident struct {
	Title    string `yaml:"title"`
	Severity string `yaml:"severity"`
	Status   string `yaml:"status"`
	Alerts   int    `yaml:"alerts"`
	Reopened int    `yaml:"reopened"`
	Owner    string `yaml:"owner"`
	Labels   string `yaml:"labels"`
}

type wantDisabled struct {
	At     string `yaml:"at"`
	Name   string `yaml:"name"`
	Reason string `yaml:"reason"`
}

func scenarios(t testing.TB) []scenario {
	t.Helper()
	files, err := filepath.Glob("testdata/scenarios/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scenarios: %v", err)
	}
	var out []scenario
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		var list []scenario
		d := yaml.NewDecoder(bytes.NewReader(data))
		d.KnownFields(true)
		if err := d.Decode(&list); err != nil {
			t.Fatalf("%s: %v", f, err)
		}
		for i := range list {
			list[i].file = filepath.Base(f)
		}
		out = append(out, list...)
	}
	sort.SliceStable(out, func(i, j int) bool { return out[i].Number < out[j].Number })
	return out
}

const scenarioCount = 84

func TestScenarios(t *testing.T) {
	have := map[int]bool{}
	waiting := 0
	for _, s := range scenarios(t) {
		have[s.Number] = true
		name := fmt.Sprintf("%02d %s", s.Number, s.Title)
		if s.Case != "" {
			name += ", " + s.Case
		}
		t.Run(name, func(t *testing.T) {
			if s.Title == "" || len(s.Facts) == 0 {
				t.Fatalf("%s: a scenario has a title and names its facts", s.file)
			}
			if s.Waiting != "" {
				waiting++
				t.Skip(s.Waiting)
			}
			t.Parallel()
			newStage(t, s).check()
		})
	}
	changed := map[string]bool{}
	for _, s := range scenarios(t) {
		for name := range s.Options {
			changed[name] = true
		}
	}
	for _, a := range sentinel.Assumptions() {
		if !changed[a.Option] {
			t.Errorf("no scenario shows what the option %s changes", a.Option)
		}
	}
	for n := 1; n <= scenarioCount; n++ {
		if !have[n] {
			t.Errorf("scenario %d is missing", n)
		}
	}
	t.Logf("%d scenarios wait", waiting)
}

// stage is a scenario ready to run.
type stage struct {
	t       *testing.T
	s       scenario
	start   time.Time
	options sentinel.Options
	rules   []*content.Rule
	bundle  *content.Bundle
	problem []content.Problem
	ws      *emulator.Workspace
	rows    map[string]*sentinel.Arrivals
	log     *sentinel.Log
}

var scenarioTables = []string{"Logons", "Baseline", "Changes"}

var scenarioColumns = []store.Column{{Name: "TimeGenerated", Type: value.DateTime}, {Name: "User", Type: value.String}, {Name: "IP", Type: value.String},
	{Name: "Result", Type: value.String}, {Name: "Note", Type: value.String}, {Name: "Level", Type: value.String}, {Name: "N", Type: value.Long}}

func newStage(t *testing.T, s scenario) *stage {
	x := &stage{t: t, s: s, start: time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC), options: sentinel.DefaultOptions(), rows: map[string]*sentinel.Arrivals{}}
	if s.Start != "" {
		x.start = x.moment(s.Start)
	}
	x.setOptions()
	x.loadRules()
	x.ws = emulator.New(emulator.Options{Clock: func() time.Time { return x.start }})
	tables := scenarioTables
	if s.Tables != nil {
		tables = s.Tables
	}
	for _, table := range tables {
		x.ws.CreateTable(table, scenarioColumns)
	}
	for i, name := range s.Workspaces {
		other := emulator.New(emulator.Options{Clock: func() time.Time { return x.start }, TenantID: fmt.Sprintf("22222222-2222-4222-8222-%012d", i+1)})
		for _, table := range tables {
			other.CreateTable(table, scenarioColumns)
		}
		for name, text := range s.Functions {
			other.AddFunction(catalog.Function(&content.Function{Alias: name, Query: content.NewText(s.file, text)}))
		}
		x.ws.AddNeighbour(emulator.Neighbour{Name: name, ID: other.TenantID(), Workspace: other,
			ResourceID: "/subscriptions/33333333-3333-4333-8333-333333333333/resourceGroups/soc/providers/Microsoft.OperationalInsights/workspaces/" + name})
	}
	for alias, items := range s.Watchlists {
		var list []content.Record
		for _, i := range items {
			var r content.Record
			for _, k := range sortedKeys(i) {
				r = append(r, content.Field{Name: k, Value: i[k]})
			}
			list = append(list, r)
		}
		if err := x.ws.AddWatchlist(alias, "SearchKey", emulator.WatchlistRows(nil, list)); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range s.Functions {
		x.ws.AddFunction(catalog.Function(&content.Function{Alias: name, Query: content.NewText(s.file, text)}))
	}
	x.ingest()
	return x
}

func sortedKeys[V any](m map[string]V) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	sort.Strings(out)
	return out
}

// moment reads a time that is relative to the scenario's start.
func (x *stage) moment(text string) time.Time {
	x.t.Helper()
	m, err := content.ParseMoment(text)
	if err != nil {
		x.t.Fatal(err)
	}
	return m.At(x.start)
}

func (x *stage) duration(text string) time.Duration {
	x.t.Helper()
	sign := time.Duration(1)
	if strings.HasPrefix(text, "-") {
		sign = -1
	}
	d, err := content.ParseDuration(strings.TrimLeft(text, "+-"))
	if err != nil {
		x.t.Fatal(err)
	}
	return sign * d.Value
}

func (x *stage) setOptions() {
	v := reflect.ValueOf(&x.options).Elem()
	for name, node := range x.s.Options {
		f := v.FieldByName(name)
		if !f.IsValid() {
			x.t.Fatalf("there is no option %q", name)
		}
		var err error
		switch f.Interface().(type) {
		case time.Duration:
			var text string
			err = node.Decode(&text)
			if text == "0" {
				text = "0s"
			}
			if err == nil {
				f.SetInt(int64(x.duration(text)))
			}
		case []time.Duration:
			var texts []string
			err = node.Decode(&texts)
			var list []time.Duration
			for _, text := range texts {
				list = append(list, x.duration(text))
			}
			f.Set(reflect.ValueOf(list))
		default:
			err = node.Decode(f.Addr().Interface())
		}
		if err != nil {
			x.t.Fatal(err)
		}
	}
}

const ruleDefaults = `kind: Scheduled
severity: Medium
description: what the rule says
status: Available
version: 1.0.0
queryFrequency: 5m
queryPeriod: 5m
triggerOperator: gt
triggerThreshold: 0
tactics: [CredentialAccess]
relevantTechniques: [T1110]
`

// loadRules reads the rules through package content, with defaults for what a scenario does not care about.
func (x *stage) loadRules() {
	files := fstest.MapFS{}
	for i, n := range x.s.Rules {
		var over map[string]any
		if err := n.Decode(&over); err != nil {
			x.t.Fatal(err)
		}
		delete(over, "anchor")
		delete(over, "start")
		files[fmt.Sprintf("rules/rule%d.yaml", i)] = &fstest.MapFile{Data: x.ruleFile(i, over)}
	}
	x.bundle, x.problem = content.Load(files, content.Options{})
	if len(x.bundle.Rules) != len(x.s.Rules) {
		x.t.Fatalf("%d rules of %d can be read: %v", len(x.bundle.Rules), len(x.s.Rules), x.problem)
	}
	x.rules = x.bundle.Rules
}

func (x *stage) ruleFile(i int, over map[string]any) []byte {
	var m map[string]any
	if err := yaml.Unmarshal([]byte(ruleDefaults), &m); err != nil {
		x.t.Fatal(err)
	}
	m["id"] = fmt.Sprintf("00000000-0000-4000-8000-%012d", i+1)
	m["name"] = fmt.Sprintf("rule %d", i)
	if over["kind"] == "NRT" {
		for _, k := range []string{"queryFrequency", "queryPeriod", "triggerOperator", "triggerThreshold"} {
			delete(m, k)
		}
	}
	for k, v := range over {
		m[k] = v
	}
	b, err := yaml.Marshal(m)
	if err != nil {
		x.t.Fatal(err)
	}
	return b
}

func (x *stage) ingest() {
	delays, err := sentinel.ParseLatency(x.s.Delay)
	if err != nil {
		x.t.Fatal(err)
	}
	for _, table := range sortedKeys(x.s.Events) {
		var b []byte
		a := &sentinel.Arrivals{Table: table}
		x.rows[table] = a
		for _, e := range x.s.Events[table] {
			at := x.moment(e.At)
			for k := range max(e.Repeat, 1) {
				t := at
				if e.Every != "" {
					t = at.Add(time.Duration(k) * x.duration(e.Every))
				}
				in := t.Add(delays.Of(table).Draw(uint64(len(a.Time))))
				if e.Ingested != "" {
					m, err := content.ParseMoment(e.Ingested)
					if err != nil {
						x.t.Fatal(err)
					}
					in = m.At(t)
				}
				t = sentinel.Received(t, in, x.options)
				row := map[string]any{"TimeGenerated": t.Format("2006-01-02T15:04:05.0000000Z"), "_ingested": in.Format("2006-01-02T15:04:05.0000000Z")}
				for c, v := range e.Set {
					if s, ok := v.(string); ok {
						v = strings.ReplaceAll(s, "{i}", fmt.Sprint(k+1))
					}
					row[c] = v
				}
				line, err := json.Marshal(row)
				if err != nil {
					x.t.Fatal(err)
				}
				b = append(append(b, line...), '\n')
				a.Time, a.Ingested = append(a.Time, value.TicksOf(t)), append(a.Ingested, value.TicksOf(in))
			}
		}
		if _, err := x.ws.IngestJSON(table, bytes.NewReader(b)); err != nil {
			x.t.Fatal(err)
		}
	}
}

// faulty is the real engine with the scenario's faults in front.
type faulty struct {
	sentinel.OnWorkspace
	x     *stage
	tries map[string]int
}

type engineFault struct {
	kind, reason string
}

func (e *engineFault) Error() string { return "the engine failed: " + e.kind }

var errUnknown = errors.New("something that nobody foresaw")

func (e *engineFault) Transient() bool { return e.kind == "transient" }
func (e *engineFault) Reason() string  { return e.reason }

func (f *faulty) Run(ctx context.Context, rule *content.Rule, r sentinel.Request) (sentinel.Rows, error) {
	for i, w := range f.x.s.Faults {
		from := f.x.moment(w.From)
		to := from.Add(time.Nanosecond)
		if w.To != "" {
			to = f.x.moment(w.To)
		}
		if w.Rule != "" && w.Rule != rule.Name || r.Now.Before(from) || !r.Now.Before(to) {
			continue
		}
		key := fmt.Sprint(i, r.Now)
		f.tries[key]++
		if w.Attempts == 0 || f.tries[key] <= w.Attempts {
			reason := w.Reason
			if reason == "" {
				reason = "GENERAL_ERROR"
			}
			switch w.Kind {
			case "unknown":
				return sentinel.Rows{}, errUnknown
			case "too large", "too slow":
				tight := f.OnWorkspace
				tight.Limits.Rows = 1
				if w.Kind == "too slow" {
					tight.Limits = exec.Limits{Time: time.Nanosecond}
				}
				return tight.Run(ctx, rule, r)
			}
			return sentinel.Rows{}, &engineFault{w.Kind, reason}
		}
	}
	return f.OnWorkspace.Run(ctx, rule, r)
}

func (x *stage) scheduler() *sentinel.Scheduler {
	s := &sentinel.Scheduler{Engine: &faulty{OnWorkspace: sentinel.OnWorkspace{Workspace: x.ws}, x: x, tries: map[string]int{}}, Options: x.options}
	for i, n := range x.s.Rules {
		var clock struct {
			Anchor string `yaml:"anchor"`
			Start  string `yaml:"start"`
		}
		if err := n.Decode(&clock); err != nil {
			x.t.Fatal(err)
		}
		r := sentinel.Scheduled{Rule: x.rules[i], Anchor: x.start}
		if clock.Anchor != "" {
			r.Anchor = x.moment(clock.Anchor)
		}
		if clock.Start != "" {
			r.Start = x.moment(clock.Start)
		}
		s.Rules = append(s.Rules, r)
	}
	for _, c := range x.s.Changes {
		s.Changes = append(s.Changes, x.change(c))
	}
	for _, a := range x.s.Automation {
		r := sentinel.AutomationRule{Name: a.Name, Order: a.Order, Trigger: sentinel.AutomationTrigger(a.On), Conditions: a.Conditions, Actions: a.Actions}
		if a.Expires != "" {
			r.Expires = x.moment(a.Expires)
		}
		s.Automation = append(s.Automation, r)
	}
	return s
}

func (x *stage) change(c change) sentinel.Change {
	out := sentinel.Change{At: x.moment(c.At), Rule: c.Rule, Do: sentinel.Action(c.Do)}
	switch c.Do {
	case "edit":
		var over map[string]any
		if err := x.s.Rules[c.Rule].Decode(&over); err != nil {
			x.t.Fatal(err)
		}
		delete(over, "anchor")
		delete(over, "start")
		for k, v := range c.Set {
			over[k] = v
		}
		b, problems := content.Load(fstest.MapFS{"rules/edited.yaml": &fstest.MapFile{Data: x.ruleFile(c.Rule, over)}}, content.Options{})
		if len(b.Rules) != 1 {
			x.t.Fatal(problems)
		}
		out.With = b.Rules[0]
	case "rerun":
		out.Due = x.moment(c.Due)
	case "close":
		out.Do = sentinel.Other
		out.Then = func(i *sentinel.Incidents) {
			if c.Close < 1 || c.Close > len(i.All) {
				x.t.Errorf("there is no incident %d to close", c.Close)
				return
			}
			i.Close(i.All[c.Close-1], out.At)
		}
	case "drop-workspace":
		out.Do = sentinel.Other
		out.Then = func(*sentinel.Incidents) { x.ws.DropNeighbour(c.Table) }
	case "drop-table":
		out.Do = sentinel.Other
		out.Then = func(*sentinel.Incidents) { x.ws.DropTable(c.Table) }
	}
	return out
}

func (x *stage) check() {
	t, e := x.t, x.s.Expect
	if e.Findings != nil {
		x.checkFindings(*e.Findings)
	}
	if e.Export != nil {
		t.Skip("cmd/internal/deploy TestExportScenarios runs it")
	}
	if e.Loses != nil {
		x.checkLoses(e.Loses)
	}
	if x.s.Until == "" {
		if e.Findings == nil && e.Loses == nil {
			t.Fatal("a scenario runs until an instant")
		}
		return
	}
	log, err := x.scheduler().Span(context.Background(), x.start, x.moment(x.s.Until))
	if e.Error != "" {
		if err == nil || !strings.Contains(err.Error(), e.Error) {
			t.Fatalf("error %v; want %q", err, e.Error)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	x.log = log
	for _, o := range log.Outcomes {
		var f *engineFault
		if o.Err != nil && !errors.Is(o.Err, errUnknown) && !errors.As(o.Err, &f) && e.Disabled == nil && e.Health == nil {
			t.Fatalf("the query fails: %v", o.Err)
		}
	}
	x.checkAlerts()
	x.checkRuns()
	x.checkIncidents()
	x.checkRecords()
	if e.Missed != nil {
		for _, table := range sortedKeys(e.Missed) {
			n := 0
			for _, r := range x.rules {
				n += len(sentinel.Missed(r, log.Outcomes, *x.rows[table], x.options))
			}
			if n != e.Missed[table] {
				t.Errorf("%d rows of %s missed; want %d", n, table, e.Missed[table])
			}
		}
	}
	if e.Doubled != nil {
		if n := len(sentinel.DoubledAlerts(log.Alerts())); n != *e.Doubled {
			t.Errorf("%d alerts doubled; want %d", n, *e.Doubled)
		}
	}
	var notes []string
	for _, r := range x.rules {
		notes = append(notes, sentinel.Notes(r, x.options)...)
	}
	for i, want := range e.Notes {
		if i >= len(notes) || !strings.Contains(notes[i], want) {
			t.Errorf("notes %q; want one with %q", notes, want)
		}
	}
}

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

var scenarioWorkspace = sentinel.Workspace{ID: "11111111-1111-4111-8111-111111111111", Name: "contoso-soc"}

func (x *stage) checkRecords() {
	t, e := x.t, x.s.Expect
	for _, w := range e.Health {
		i := w.Run
		if i < 0 {
			i += len(x.log.Outcomes)
		}
		r := sentinel.SentinelHealth(x.log.Outcomes[i], scenarioWorkspace)
		what := fmt.Sprintf("health of run %d ", w.Run)
		word(t, what+"status", w.Status, field(r, "Status"))
		part(t, what+"description", w.Description, field(r, "Description"))
		part(t, what+"reason", w.Reason, field(r, "Reason"))
		p, _ := r.Get("ExtendedProperties")
		for name, want := range w.Properties {
			part(t, what+name, want, field(p.(content.Record), name))
		}
	}
	number(t, "rows of SentinelHealth", e.HealthRows, len(x.log.Health(x.options, scenarioWorkspace)))
	if e.Golden != "" {
		x.checkGolden(e.Golden)
	}
	if e.Incident != nil {
		if len(x.log.History) == 0 {
			t.Fatal("no incident, no row")
		}
		row := sentinel.SecurityIncident(x.log.History[len(x.log.History)-1], x.options, scenarioWorkspace)
		for name, want := range e.Incident {
			v, _ := row.Get(name)
			part(t, name, want, strings.Trim(string(content.AppendJSON(nil, v)), `"`))
		}
	}
	if e.AlertRow == nil && e.Properties == nil && e.Longest == nil {
		return
	}
	alerts := x.log.Alerts()
	if len(alerts) == 0 {
		t.Fatal("no alert, no row")
	}
	row := sentinel.SecurityAlert(alerts[0], scenarioWorkspace)
	for name, want := range e.AlertRow {
		part(t, name, want, field(row, name))
	}
	for name, want := range e.Longest {
		if got := len(field(row, name)); got != want {
			t.Errorf("%s has %d bytes; want %d", name, got, want)
		}
	}
	var p map[string]string
	if err := json.Unmarshal([]byte(field(row, "ExtendedProperties")), &p); err != nil {
		t.Fatal(err)
	}
	for name, want := range e.Properties {
		part(t, name, want, p[name])
	}
}

func field(r content.Record, name string) string {
	v, _ := r.Get(name)
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case json.Number:
		return string(v)
	}
	return fmt.Sprint(v)
}

// checkLoses runs the rules for a day under each preset of delay, with an event every 20 seconds, and says whether the
// pairs of frequency and period lose any: "all" for every rule, "none", or the names of those that do.
func (x *stage) checkLoses(want map[string]string) {
	for _, preset := range sortedKeys(want) {
		l, err := sentinel.ParseLatency(preset)
		if err != nil {
			x.t.Fatal(err)
		}
		a := sentinel.Arrivals{Table: "Logons"}
		for i := range 24 * 60 * 3 {
			at := x.start.Add(time.Duration(i) * 20 * time.Second)
			a.Time = append(a.Time, value.TicksOf(at))
			a.Ingested = append(a.Ingested, value.TicksOf(at.Add(l.Of("Logons").Draw(uint64(i)))))
		}
		s := x.scheduler()
		s.Engine = silent{}
		log, err := s.Span(context.Background(), x.start, x.start.Add(24*time.Hour))
		if err != nil {
			x.t.Fatal(err)
		}
		var losing []string
		for _, r := range x.rules {
			if n := len(sentinel.Missed(r, log.Outcomes, a, x.options)); n > 0 {
				losing = append(losing, r.Name)
			}
		}
		got := strings.Join(losing, ", ")
		if got == "" {
			got = "none"
		}
		if got != want[preset] {
			x.t.Errorf("delay %s: %s lose events; want %s", preset, got, want[preset])
		}
	}
}

// silent is an engine whose queries give nothing.
type silent struct{}

func (silent) Run(context.Context, *content.Rule, sentinel.Request) (sentinel.Rows, error) {
	return sentinel.Rows{}, nil
}
