package ruletest

import (
	"cmp"
	"context"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/emulator/sentinel"
)

// Every case of the pack gives the same on rows of the columns that its rule reads as on whole rows, and nearly all are
// tried on these alone.
func TestNarrowRowsGiveTheSame(t *testing.T) {
	pack, _ := content.Load(content.Embedded(), content.Options{Prefix: "shipped"})
	r := New(pack, sentinel.DefaultOptions())
	ctx := context.Background()
	cases, whole := 0, 0
	for _, f := range pack.Tests {
		for _, c := range f.Tests {
			if c.Skip != "" {
				continue
			}
			cases++
			full, errs := r.prepare(f, c)
			if len(errs) > 0 {
				t.Fatal(errs)
			}
			some, errs := r.prepareFor(f.Rule, f, c)
			if len(errs) > 0 {
				t.Errorf("%s: %s: %v", f.File(), c.Name, errs)
				continue
			}
			if some == nil {
				whole++
				t.Logf("%s: %s: on whole rows", f.File(), c.Name)
				continue
			}
			var a, b Result
			r.judge(ctx, f.Rule, full, &a)
			r.judge(ctx, f.Rule, some, &b)
			if !reflect.DeepEqual(a, b) {
				t.Errorf("%s: %s:\nwhole rows  %+v\nnarrow rows %+v", f.File(), c.Name, a, b)
			}
		}
	}
	if whole*20 > cases {
		t.Errorf("%d of %d cases need whole rows", whole, cases)
	}
}

// A test's mistakes are found although the rule does not read the column.
func TestNarrowRowsHideNoMistake(t *testing.T) {
	const rule = "id: 11111111-1111-4111-8111-111111111111\nname: A\nkind: Scheduled\nseverity: Low\nqueryFrequency: 1h\nqueryPeriod: 1h\ntriggerOperator: gt\ntriggerThreshold: 0\nquery: SigninLogs | summarize count() by UserPrincipalName\n"
	for _, c := range []struct{ template, set, want string }{
		{"", "{ }", ""},
		{"", "{ ResultTyp: 5 }", `has no column "ResultTyp"`},
		{"", "{ DurationMs: many }", "column DurationMs is"},
		{"", "{ CreatedDateTime: never }", "column CreatedDateTime is datetime"},
		{"", "{ ConditionalAccessPolicies.7.result: failure }", `"7" is no index into a list`},
		{"", "{ Location: '{Identity}' }", ""},
		{"", "{ Location: '{Identity}', Identity: '{Location}' }", "in a circle"},
		{"DurationMs: many", "{ }", "column DurationMs is"},
		{"DurationMs: '{Identity}', Identity: b", "{ }", "column DurationMs is"},
		{"DurationMs: '{Identity}'", "{ Identity: '5' }", ""},
		{"DurationMs: '{Level}', Level: '5'", "{ Level: x }", "column DurationMs is"},
		{"Location: '{Identity}', Identity: '{Location}'", "{ }", "in a circle"},
	} {
		memory := fstest.MapFS{}
		for name, text := range map[string]string{
			"rules/a.yaml":      rule,
			"rules/a.test.yaml": "rule: a.yaml\nnow: 2026-01-05T11:00:00Z\ntests:\n  - name: x\n    events:\n      SigninLogs:\n        - { use: t, at: -5m, set: " + c.set + " }\n    alerts:\n      - { severity: Low }\n",
			"events/e.yaml":     "t: { table: SigninLogs, fields: { UserPrincipalName: a, ConditionalAccessPolicies: [], Status: { errorCode: 0 }, " + cmp.Or(c.template, "Level: '4', Identity: b") + " } }\n",
		} {
			memory[name] = &fstest.MapFile{Data: []byte(text)}
		}
		b, problems := content.Load(memory, content.Options{})
		if len(problems) > 0 {
			t.Fatalf("%+v: %v", c, problems)
		}
		res := New(b, sentinel.DefaultOptions()).Case(context.Background(), b.Rules[0], b.Tests[0], b.Tests[0].Tests[0])
		if res.Passed != (c.want == "") || !strings.Contains(res.Message, c.want) {
			t.Errorf("template %q, set %s: passed %v, %q; want %q", c.template, c.set, res.Passed, res.Message, c.want)
		}
	}
}
