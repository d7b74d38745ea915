package ruletest

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/emulator/sentinel"
)

// FuzzTestFile reads anything as the tests of a rule and runs them: each case has a verdict, and nothing panics.
func FuzzTestFile(f *testing.F) {
	const rule = "id: 11111111-1111-4111-8111-111111111111\nname: A\nkind: Scheduled\nseverity: Low\nqueryFrequency: 1h\nqueryPeriod: 1h\ntriggerOperator: gt\ntriggerThreshold: 0\nquery: SigninLogs | where ResultType == '50126' | summarize n = count() by IPAddress, UserPrincipalName\nentityMappings:\n  - entityType: IP\n    fieldMappings: [{identifier: Address, columnName: IPAddress}]\n"
	for _, s := range []string{
		"rule: a.yaml\nnow: 2026-01-05T11:00:00Z\ntests:\n  - name: fires\n    events:\n      SigninLogs:\n        - { use: signin.failure, at: -30m, repeat: 3, every: 30s, ingested: +4m, set: { UserPrincipalName: \"u{i}@contoso.example\", IPAddress: 203.0.113.9 } }\n    alerts:\n      - { severity: Low, entities: { IP: [203.0.113.9] }, columns: { n: 1 } }\n",
		"rule: a.yaml\ntests:\n  - name: quiet\n    until: +3h\n    watchlists: { vip: [{ SearchKey: a }] }\n    tables: { SigninLogs: missing, X_CL: [{ A: 1 }] }\n    functions: { f: print 1 }\n    alerts: []\n    incidents: [{ alerts: 2 }]\n",
		"rule: a.yaml\ntests: [{name: x, events: {SigninLogs: [{at: -1h, repeat: 100, every: 0s, set: {Status: {errorCode: {a: [1, null]}}}}]}, alerts: [{}]}]\n",
		"rule: other.yaml\ntests: []\n", "tests: x\n",
	} {
		f.Add([]byte(s))
	}
	files, err := filepath.Glob("testdata/five/*.test.yaml")
	if err != nil || len(files) == 0 {
		f.Fatal("no tests", err)
	}
	pack, _ := content.Load(content.Embedded(), content.Options{Paths: []string{"events", "streams"}})
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 1<<13 {
			return
		}
		bundle, _ := content.Load(fstest.MapFS{"rules/a.yaml": {Data: []byte(rule)}, "rules/a.test.yaml": {Data: b}}, content.Options{})
		bundle.Templates, bundle.Streams = pack.Templates, pack.Streams
		r := New(bundle, sentinel.DefaultOptions())
		for _, file := range bundle.Tests {
			for _, c := range file.Tests {
				n := 0
				for _, table := range c.Events {
					for _, e := range table.Events {
						n += max(1, e.Repeat)
					}
				}
				if n > 5000 || file.Rule == nil {
					continue // long, and no other kind of case
				}
				ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
				res := r.Case(ctx, file.Rule, file, c)
				cancel()
				if !res.Passed && res.Skipped == "" && res.Message == "" {
					t.Errorf("a case that failed says nothing: %q", b)
				}
				if strings.Contains(res.Message, "a bug of ours") {
					t.Errorf("%s\n%s", b, res.Message)
				}
			}
		}
	})
}
