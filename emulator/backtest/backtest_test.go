package backtest

import (
	"context"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/content/tables"
	"github.com/seed-caab1ad3/blindspot/emulator"
	"github.com/seed-caab1ad3/blindspot/emulator/catalog"
	"github.com/seed-caab1ad3/blindspot/emulator/generate"
	"github.com/seed-caab1ad3/blindspot/emulator/sentinel"
)

const ruleFile = `id: 00000000-0000-4000-8000-000000000001
name: Many failures
description: Many failures.
kind: Scheduled
severity: Low
status: Available
version: 1.0.0
queryFrequency: 1h
queryPeriod: 1h
triggerOperator: gt
triggerThreshold: 0
tactics: [CredentialAccess]
relevantTechniques: [T1110]
query: |
  let least = 1;
  SigninLogs
  | where ResultType != "0"
  | summarize Failures = count() by UserPrincipalName
  | where Failures >= least
eventGroupingSettings: { aggregationKind: AlertPerResult }
entityMappings: [{ entityType: Account, fieldMappings: [{ identifier: FullName, columnName: UserPrincipalName }] }]
`

func setup(t *testing.T, columns bool) (Config, *Loader) {
	t.Helper()
	b, problems := content.Load(fstest.MapFS{"rules/r.yaml": &fstest.MapFile{Data: []byte(ruleFile)}}, content.Options{})
	if len(b.Rules) != 1 {
		t.Fatal(problems)
	}
	ws := emulator.New(emulator.Options{Catalog: catalog.New(tables.Sentinel)})
	l := &Loader{Workspace: ws, Options: sentinel.DefaultOptions(), Tables: map[string]bool{"SigninLogs": true}}
	if columns {
		l.Columns = ColumnsOf(ws, b.Rules)
	}
	cfg := generate.DefaultConfig()
	cfg.Days, cfg.Users = 2, 60
	if _, err := l.Generate(context.Background(), cfg); err != nil {
		t.Fatal(err)
	}
	return Config{Workspace: ws, Rules: b.Rules, From: cfg.Start, To: cfg.Start.AddDate(0, 0, 2), Options: sentinel.DefaultOptions()}, l
}

// Only the columns that rules read are loaded, and the alerts are the same.
func TestOnlyTheColumnsThatRulesRead(t *testing.T) {
	var alerts []int
	for _, some := range []bool{false, true} {
		c, l := setup(t, some)
		if some && (l.Columns["SigninLogs"]["UserAgent"] || !l.Columns["SigninLogs"]["ResultType"] || !l.Columns["SigninLogs"]["TimeGenerated"]) {
			t.Errorf("columns %v", l.Columns)
		}
		rep, err := Run(context.Background(), c)
		if err != nil || rep.Rules[0].Err != nil {
			t.Fatal(err, rep.Rules[0].Err)
		}
		alerts = append(alerts, len(rep.Rules[0].Alerts))
		days := 0
		for _, d := range rep.Rules[0].PerDay {
			days += d.Alerts
		}
		if len(rep.Rules[0].PerDay) < 2 || days != len(rep.Rules[0].Alerts) {
			t.Errorf("%d alerts, by day %v", len(rep.Rules[0].Alerts), rep.Rules[0].PerDay)
		}
	}
	if alerts[0] == 0 || alerts[0] != alerts[1] {
		t.Errorf("%d alerts with all columns, %d with those that are read", alerts[0], alerts[1])
	}
}

func TestSweep(t *testing.T) {
	c, _ := setup(t, true)
	var err error
	if c.Sweep, err = ParseSweep("least=1..4"); err != nil {
		t.Fatal(err)
	}
	rep, err := Run(context.Background(), c)
	if err != nil || rep.Rules[0].Err != nil {
		t.Fatal(err, rep.Rules[0].Err)
	}
	steps := rep.Rules[0].Sweep
	for i, s := range steps {
		if i > 0 && s.Alerts > steps[i-1].Alerts {
			t.Errorf("a higher threshold gives more: %+v", steps)
		}
		if s.Current != (s.Value == 1) || s.Current && (s.Alerts != len(rep.Rules[0].Alerts) || len(s.Lost) > 0) {
			t.Errorf("the value it has: %+v", s)
		}
	}
	if last := steps[len(steps)-1]; len(steps) != 4 || len(last.Lost) == 0 {
		t.Errorf("nothing is lost at the highest threshold: %+v", steps)
	}
	for text, want := range map[string]string{"x": "write FIELD=a..b", "x=5..1": "from the smaller", "x=0..1000": "at most 100 steps", "x=a..b": "write FIELD",
		"x=9223372036854775800..9223372036854775807": "too far", "x=-9223372036854775800..9223372036854775800": "too far",
		"triggerThreshold=-1..3": "0 to 10000", "triggerThreshold=9999..10001": "0 to 10000"} {
		if _, err := ParseSweep(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v; want %q", text, err, want)
		}
	}
}

// TestSweepOfReals keeps a real number real: as a whole one its quotients would be cut.
func TestSweepOfReals(t *testing.T) {
	r := &content.Rule{Kind: content.Scheduled, Query: content.NewText("x", "let share = 2.5; let n = 3; T | where 5 / share > n")}
	for _, c := range []struct {
		field string
		v     int64
		want  string
		now   float64
	}{
		{"share", 2, "let share = 2.0; let n = 3; T | where 5 / share > n", 2.5},
		{"n", 4, "let share = 2.5; let n = 4; T | where 5 / share > n", 3},
	} {
		got, now, err := with(r, c.field, c.v)
		if err != nil || got.Query.String() != c.want || now != c.now {
			t.Errorf("%s = %d: %q, now %v, %v; want %q, now %v", c.field, c.v, got.Query.String(), now, err, c.want, c.now)
		}
	}
}

func TestExpectations(t *testing.T) {
	e, err := ReadExpectations("e.yaml", []byte("unexpected: fail\nrules:\n  - { rule: r.yaml, at_least: 1, at_most: 2, alerts: [{ name: ann, from: +1h, to: +2h, entities: { Account: [ann@contoso.example] } }] }\n"))
	if err != nil {
		t.Fatal(err)
	}
	c, _ := setup(t, true)
	r := c.Rules[0]
	if u := e.Unknown(c.Rules); len(u) != 0 {
		t.Errorf("unknown %q; want none", u)
	}
	if u := (&Expectations{Rules: []RuleExpectation{{Rule: "r.yaml"}, {Rule: "s.yaml"}}}).Unknown(c.Rules); len(u) != 1 || u[0] != "s.yaml" {
		t.Errorf("unknown %q; want s.yaml", u)
	}
	alert := func(h int, who string) sentinel.Alert {
		return sentinel.Alert{Rule: r, Run: sentinel.Run{Due: c.From.Add(time.Duration(h) * time.Hour)}, Entities: []sentinel.Entity{{Type: "Account", Identifiers: []sentinel.Identifier{{Name: "FullName", Value: who}}}}}
	}
	say := func(alerts ...sentinel.Alert) string {
		var out []string
		for _, v := range e.judge(r, alerts, c.From) {
			if !v.Passed {
				out = append(out, v.Says+": "+v.Got)
			}
		}
		return strings.Join(out, "; ")
	}
	for _, x := range []struct {
		got  string
		want string
	}{
		{say(alert(1, "ann@contoso.example")), ""},
		{say(), `at least 1 alert: 0 alerts; alert "ann": 0 alerts`},
		{say(alert(3, "ann@contoso.example")), `alert "ann": 0 alerts; no alert but those marked: 1 alert more`},
		{say(alert(1, "ann@contoso.example"), alert(1, "bob@contoso.example"), alert(2, "bob@contoso.example")), "at most 2 alerts: 3 alerts; no alert but those marked: 2 alerts more"},
	} {
		if x.got != x.want {
			t.Errorf("%q; want %q", x.got, x.want)
		}
	}
	for text, want := range map[string]string{"unexpected: maybe": "it is fail or pass", "rules: [{ at_least: 1 }]": "name the rule", "rules: [{ rule: x, atleast: 1 }]": "atleast",
		"rules: [{ rule: x, at_least: -1 }]": "0 or more", "rules: [{ rule: x, at_least: 3, at_most: 2 }]": "no number", "rules: [{ rule: x, exactly: 3, at_most: 4 }]": "no number",
		"rules: [{ rule: x, alerts: [{ name: any }] }]": `"any" fits any`, "rules: [{ rule: x, alerts: [{ from: +2h, to: +1h }] }]": "from +2h to +1h ends before"} {
		if _, err := ReadExpectations("e.yaml", []byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v; want %q", text, err, want)
		}
	}
}
