package schema

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/seed-caab1ad3/blindspot/content"
)

const rule = `id: 11111111-1111-4111-8111-111111111111
name: A
description: D
severity: High
kind: Scheduled
query: T
version: 1.0.0
`

func check(t *testing.T, file, text string) []string {
	t.Helper()
	b, problems := content.Load(fstest.MapFS{file: &fstest.MapFile{Data: []byte(text)}}, content.Options{})
	if len(b.Documents) != 1 {
		t.Fatal(problems)
	}
	violations, err := Check(b.Documents[0])
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, v := range violations {
		got = append(got, fmt.Sprintf("%s: %s; %s", v.Span, v.Message, v.Help))
	}
	return got
}

func TestCheck(t *testing.T) {
	replace := func(old, new string) string { return strings.Replace(rule, old, new, 1) }
	for _, c := range []struct{ name, file, text, want string }{
		{"good", "rules/a.yaml", rule, ""},
		{"lacks", "rules/a.yaml", replace("severity: High\n", ""), "rules/a.yaml:1:1: the rule lacks severity; add a line severity: ..."},
		{"enum", "rules/a.yaml", replace("High", "high"), `rules/a.yaml:4:11: severity is "high"; write High; it must be one of Informational, Low, Medium, High`},
		{"empty", "rules/a.yaml", replace("name: A", "name: ''"), "rules/a.yaml:2:7: name is empty; write a value, or delete the key"},
		{"too long", "rules/a.yaml", replace("name: A", "name: "+strings.Repeat("é", 300)), "rules/a.yaml:2:7: name is 300 characters long; at most 256 are allowed"},
		{"null", "rules/a.yaml", replace("description: D", "description:"), "rules/a.yaml:3:13: description is empty; it must be a text"},
		{"keys kept for later", "rules/a.yaml", rule + "tactics:\nentityMappings:\nalertDetailsOverride:\n  alertTacticsColumnName:\n", ""},
		{"an empty entry", "rules/a.yaml", rule + "relevantTechniques:\n  -\n", "rules/a.yaml:9:4: an entry of relevantTechniques is empty; it must be a text"},
		{"a list", "rules/a.yaml", rule + "tactics: InitialAccess\n", `rules/a.yaml:8:10: tactics is "InitialAccess"; it must be a list`},
		{"threshold", "rules/a.yaml", rule + "triggerThreshold: 20000\n", "rules/a.yaml:8:19: triggerThreshold is 20000; it must be 10000 or less"},
		{"threshold no integer", "rules/a.yaml", rule + "triggerThreshold: 1.5\n", "rules/a.yaml:8:19: triggerThreshold is 1.5; it must be a whole number"},
		{"technique", "rules/a.yaml", rule + "relevantTechniques: [T1078, Phishing]\n", `rules/a.yaml:8:29: an entry of relevantTechniques is "Phishing"; write a technique as T1078, a sub-technique as T1078.004`},
		{"twice", "rules/a.yaml", rule + "tactics: [Impact, Impact]\n", "rules/a.yaml:8:10: tactics holds a value twice: entries 0 and 1; delete one of them"},
		{"nested", "rules/a.yaml", rule + "entityMappings:\n  - entityType: IP\n    fieldMappings:\n      - identifier: Address\n", "rules/a.yaml:11:9: an entry of fieldMappings lacks columnName; add a line columnName: ..."},
		{"unknown keys are the reader's", "rules/a.yaml", rule + "zzz: 1\n", ""},
		{"test", "rules/a.test.yaml", "rule: a.yaml\ntests: []\n", "rules/a.test.yaml:2:8: tests is empty; 1 or more entries are needed"},
		{"watchlist", "watchlists/a.yaml", "itemsSearchKey: A\nitems: [1]\n", "watchlists/a.yaml:2:9: an entry of items is 1; it must be a mapping of keys to values"},
		{"config", "blindspot.yaml", "checks: {compile: fatal}\n", `blindspot.yaml:1:19: compile is "fatal"; it must be one of error, warning, info, off`},
		{"unknown keys of the configuration", "blindspot.yaml", "chekcs: {compile: off}\n", `blindspot.yaml:1:1: nothing reads the key "chekcs"; did you mean "checks"?`},
		{"unknown keys of defaults", "blindspot.yaml", "defaults: {job: 1}\n", `blindspot.yaml:1:12: nothing reads the key "job"; did you mean "jobs"?`},
		{"unknown keys of a workspace", "blindspot.yaml", "workspaces: {prod: {subscripton: a}}\n", `blindspot.yaml:1:21: nothing reads the key "subscripton"; did you mean "subscription"?`},
		{"a workspace's unknown key", "blindspot.yaml", "workspaces:\n  prod: {subscripton: a}\n", `blindspot.yaml:2:10: nothing reads the key "subscripton"; did you mean "subscription"?`},
		{"version as a number", "rules/a.yaml", replace("1.0.0", "1.10"), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := strings.Join(check(t, c.file, c.text), "\n"); got != c.want {
				t.Errorf("\n got %s\nwant %s", got, c.want)
			}
		})
	}
}

// One mistake must give one sentence: no echoes of branches.
func TestOneSentenceAMistake(t *testing.T) {
	if got := check(t, "rules/a.yaml", strings.Replace(rule, "High", "[1]", 1)); len(got) != 1 {
		t.Errorf("%d sentences: %v", len(got), got)
	}
}

type forbidden struct{ t *testing.T }

func (f forbidden) RoundTrip(r *http.Request) (*http.Response, error) {
	f.t.Errorf("the network was asked for %s", r.URL)
	return nil, errors.New("no network here")
}

// The schemas must compile and run without asking the network, and refer to nothing that is not embedded.
func TestNoNetwork(t *testing.T) {
	old := http.DefaultTransport
	http.DefaultTransport = forbidden{t}
	defer func() { http.DefaultTransport = old }()
	cache.Clear()
	for _, n := range Names() {
		if _, err := compile(n); err != nil {
			t.Errorf("%s: %v", n, err)
		}
	}
	check(t, "rules/a.yaml", rule)
}

func TestReferencesAreEmbedded(t *testing.T) {
	var common struct{ Definitions map[string]any }
	b, _ := files.ReadFile("common.json")
	if err := json.Unmarshal(b, &common); err != nil {
		t.Fatal(err)
	}
	names, _ := fs.Glob(files, "*.json")
	if len(names) != len(Names())+1 {
		t.Errorf("%d files, %d names", len(names), len(Names()))
	}
	for _, file := range names {
		b, _ := files.ReadFile(file)
		var v any
		if err := json.Unmarshal(b, &v); err != nil {
			t.Errorf("%s: %v", file, err)
		}
		walk(v, func(m map[string]any) {
			if ref, ok := m["$ref"].(string); ok {
				d, found := strings.CutPrefix(ref, "common.json#/definitions/")
				if _, there := common.Definitions[d]; !found || !there {
					t.Errorf("%s refers to %s", file, ref)
				}
			}
			if p, ok := m["pattern"].(string); ok && strings.HasPrefix(patternWords(p), "it must match") {
				t.Errorf("%s: the pattern %s has no words", file, p)
			}
			if _, ok := m["format"].(string); ok && m["type"] != nil {
				t.Errorf("%s uses a format; formats are global in the runner", file)
			}
		})
	}
	for _, n := range Names() {
		b, err := Text(n)
		if err != nil || strings.Contains(string(b), "common.json#") || !json.Valid(b) {
			t.Errorf("the text of %s does not stand alone: %v", n, err)
		}
	}
	if _, err := Text("nope"); err == nil {
		t.Error("nope is a schema")
	}
}

func walk(v any, f func(map[string]any)) {
	switch v := v.(type) {
	case map[string]any:
		f(v)
		for _, e := range v {
			walk(e, f)
		}
	case []any:
		for _, e := range v {
			walk(e, f)
		}
	}
}

func TestShippedContent(t *testing.T) {
	b, _ := content.Load(content.Embedded(), content.Options{})
	for _, d := range b.Documents {
		vs, err := Check(d)
		if err != nil {
			t.Error(err)
		}
		for _, v := range vs {
			t.Errorf("%s: %s; %s", v.Span, v.Message, v.Help)
		}
	}
}

func TestParallel(t *testing.T) {
	cache.Clear()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 20 {
				check(t, "rules/a.yaml", rule+"triggerThreshold: 20000\n")
			}
		})
	}
	wg.Wait()
}
