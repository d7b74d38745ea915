package sentinel_test

import (
	"bytes"
	"encoding/json"
	"fmt"
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
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/sentinel"
	"github.com/seed-caab1ad3/blindspot/emulator/store"
)

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
