package ruletest

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/emulator/sentinel"
)

// folder loads rules with their tests; templates and streams are those of the shipped pack.
func folder(t testing.TB, path string) (*Runner, map[string]*content.TestFile) {
	t.Helper()
	pack, _ := content.Load(content.Embedded(), content.Options{Paths: []string{"events", "streams"}})
	b, problems := content.Load(os.DirFS(path), content.Options{})
	for _, p := range problems {
		if p.Severity == content.Error {
			t.Error(p.Error())
		}
	}
	b.Templates, b.Streams = pack.Templates, pack.Streams
	files := map[string]*content.TestFile{}
	for _, f := range b.Tests {
		files[strings.TrimSuffix(f.File(), ".test.yaml")] = f
	}
	return New(b, sentinel.DefaultOptions()), files
}

func TestFiveMistakes(t *testing.T) {
	r, files := folder(t, "testdata/five")
	if len(files) != 10 {
		t.Fatalf("%d files of tests; want five pairs", len(files))
	}
	for name, f := range files {
		for _, c := range f.Tests {
			if res := r.Case(context.Background(), f.Rule, f, c); !res.Passed {
				t.Errorf("%s: %s: %s\n%s", name, c.Name, res.Message, res.Detail)
			}
		}
	}
}

func TestReplayFindsTheUnreadColumn(t *testing.T) {
	r, files := folder(t, "testdata/five")
	for name, want := range map[string]Outcome{"one-suffix": Silent, "both-suffixes": Fires} {
		f := files[name]
		got := r.Replay(context.Background(), f.Rule, f)
		if len(got) != 1 || got[0].Outcome != want || got[0].To != "AADNonInteractiveUserSignInLogs" {
			t.Errorf("%s: %+v; want one replay that is %s", name, got, want)
		}
	}
}

func TestMissingTableFailsTheJoin(t *testing.T) {
	r, files := folder(t, "testdata/five")
	f := files["needs-enrichment"]
	c := *f.Tests[0]
	c.Tables = []content.TestTable{{Name: "BehaviorAnalytics", Missing: true}}
	res := r.Case(context.Background(), f.Rule, f, &c)
	if res.Passed || !strings.Contains(res.Message, "BehaviorAnalytics") {
		t.Errorf("a table that is not there: passed %v, %q", res.Passed, res.Message)
	}
}

func TestExplainNamesWhereEventsDie(t *testing.T) {
	r, files := folder(t, "testdata/five")
	for _, c := range []struct {
		rule, died, value string
		reached           bool
	}{
		{"both-streams", "", "", true},
		{"series-end-today", "make-series Blocked = count() on TimeGenerated from startofday(ago(6d)) to startofday(now()) step 1d by UserPrincipalName", "", false},
		{"needs-enrichment", "where Priority > 5", "Priority > 5 is null: Priority = null", false},
	} {
		f := files[c.rule]
		e, err := r.Explain(context.Background(), f.Rule, f, f.Tests[0])
		if err != nil {
			t.Fatal(err)
		}
		fate := e.Events[0]
		if fate.Reached != c.reached {
			t.Errorf("%s: reached %v; want %v", c.rule, fate.Reached, c.reached)
		}
		if c.died == "" {
			continue
		}
		if fate.Died == nil || fate.Died.Text != c.died {
			t.Errorf("%s: died at %+v; want %q", c.rule, fate.Died, c.died)
			continue
		}
		if !strings.Contains(strings.Join(fate.Values, "\n"), c.value) {
			t.Errorf("%s: values %q; want %q", c.rule, fate.Values, c.value)
		}
	}
}

func TestCoverage(t *testing.T) {
	r, files := folder(t, "testdata/five")
	f := files["needs-enrichment"]
	c := r.Cover(context.Background(), f.Rule, f)
	var got []string
	for _, u := range c.Undecided {
		got = append(got, u.Text+" never "+u.Never)
	}
	// No case has a sign-in that succeeds, so the first filter could as well let all rows pass.
	if c.Choices != 4 || strings.Join(got, "; ") != `ResultType == "50126" never false` {
		t.Errorf("%d choices, undecided %q", c.Choices, got)
	}
	if l := c.LCOV("x.yaml"); !strings.Contains(l, "BRF:4\nBRH:3\n") || !strings.HasSuffix(l, "end_of_record\n") {
		t.Errorf("lcov\n%s", l)
	}
}
