package deploy

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-caab1ad3/blindspot/emulator/server"
)

func summaryFile(extra string) string {
	return "id: failures\nname: Failures an hour\ndestinationTable: Failures_CL\nbinSize: 6h\nbinDelay: 10m\nquery: |\n  SigninLogs\n  | summarize N = count() by ResultType\n" + extra
}

// shownSummary is what the service shows of the rule "failures".
func shownSummary(x *standIn) map[string]any {
	x.t.Helper()
	m, _, err := x.w.Get(x.t.Context(), resourceID(x.target, SummaryRule, "failures"), summaryVersion)
	if err != nil || m == nil {
		x.t.Fatal(m, err)
	}
	return m["properties"].(map[string]any)
}

// TestSummaryRuleIsSwitched follows a rule through being made stopped, started, and changed while it stands as it is.
func TestSummaryRuleIsSwitched(t *testing.T) {
	x := newStandIn(t, server.Options{})
	for _, step := range []struct {
		extra  string
		active bool
		fields []string
	}{
		{"enabled: false\n", false, nil},
		{"", true, []string{"isActive"}},
		{"description: more\n", true, []string{"description"}},
		{"description: more\nenabled: false\n", false, []string{"isActive"}},
	} {
		d := x.desired(map[string]string{"summaries/f.yaml": summaryFile(step.extra)})
		p := x.plan(d, PlanOptions{})
		if len(lines(p)) != 1 || !strings.HasSuffix(lines(p)[0], "summaryRule failures") {
			t.Fatalf("%q: the plan is %v", step.extra, lines(p))
		}
		if step.fields != nil {
			if d := cmp.Diff(step.fields, fieldPaths(p.Actions[0])); d != "" {
				t.Errorf("%q: %s", step.extra, d)
			}
		}
		x.apply(d, PlanOptions{})
		if shown := shownSummary(x); shown["isActive"] != step.active {
			t.Errorf("%q: isActive is %v", step.extra, shown["isActive"])
		}
		if p := x.plan(d, PlanOptions{}); p.Summary.Changes() > 0 {
			t.Errorf("%q: then there is still %v %v", step.extra, lines(p), p.Actions[0].Fields)
		}
	}
}

// TestSummaryRuleStarts gives a new rule the first start on its grid that the service takes, and leaves a start that the
// file does not name to the service.
func TestSummaryRuleStarts(t *testing.T) {
	now := time.Date(2026, 1, 5, 12, 30, 0, 0, time.UTC)
	x := newStandIn(t, server.Options{Now: func() time.Time { return now }})
	d := x.desired(map[string]string{"summaries/f.yaml": summaryFile("binStartTime: 2025-12-01T02:00:00Z\n")})
	a := x.applier(t.TempDir())
	a.Now = func() time.Time { return now }
	if out, err := a.Apply(t.Context(), x.plan(d, PlanOptions{})); err != nil || !out.Whole() {
		t.Fatal(err, errorsOf(out.Failed))
	}
	if got := shownSummary(x)["ruleDefinition"].(map[string]any)["binStartTime"]; got != "2026-01-05T08:00:00Z" {
		t.Errorf("the rule starts at %v", got)
	}
	for _, extra := range []string{"binStartTime: 2025-12-01T02:00:00Z\n", "binStartTime: 2026-01-01T14:00:00Z\n", ""} {
		if p := x.plan(x.desired(map[string]string{"summaries/f.yaml": summaryFile(extra)}), PlanOptions{}); p.Summary.Changes() > 0 {
			t.Errorf("%q: bins begin at the same times, and the plan is %v %v", extra, lines(p), p.Actions[0].Fields)
		}
	}
	if p := x.plan(x.desired(map[string]string{"summaries/f.yaml": summaryFile("binStartTime: 2026-01-05T13:00:00Z\n")}), PlanOptions{}); p.Summary.Changes() != 1 {
		t.Errorf("bins at other times, and the plan is %v", lines(p))
	}
}

// TestRuleAfterItsSummary deploys a rule that reads what a summary rule makes: the table must be there first.
func TestRuleAfterItsSummary(t *testing.T) {
	x := newStandIn(t, server.Options{})
	rule := strings.Replace(scheduled(1, "Reads it", ""), "SigninLogs\n  | where ResultType != \"0\"", "Failures_CL\n  | where N > 5", 1)
	d := x.desired(map[string]string{"rules/r.yaml": rule, "summaries/f.yaml": summaryFile("")})
	x.apply(d, PlanOptions{})
	var order []string
	for _, s := range x.wire.seen {
		if strings.HasPrefix(s, "PUT") && (strings.Contains(s, "/alertRules/") || strings.Contains(s, "/summaryLogs/")) {
			order = append(order, s[strings.LastIndexByte(s, '/')+1:strings.IndexByte(s, '?')])
		}
	}
	if d := cmp.Diff([]string{"failures", guid(1)}, order); d != "" {
		t.Error(d)
	}
	files, notes, err := Export("arm", d.Resources, x.target)
	if err != nil || len(notes) > 0 {
		t.Fatal(err, notes)
	}
	if text := string(files[0].Data); !strings.Contains(text, "workspaces/summaryLogs', parameters('workspace'), 'failures')]") || strings.Contains(text, "isActive") {
		t.Errorf("the template is\n%s", text)
	}
	_, notes, err = Export("arm", x.desired(map[string]string{"summaries/f.yaml": summaryFile("enabled: false\n")}).Resources, x.target)
	if err != nil || len(notes) != 1 || !strings.Contains(notes[0], "stop it after the deployment") {
		t.Error(err, notes)
	}
}

// TestSummaryRuleInterrupted cuts the connection at each request of applies that make a stopped rule, start it and delete it,
// before and after it reached the service: the next apply does the rest.
func TestSummaryRuleInterrupted(t *testing.T) {
	for _, after := range []bool{false, true} {
		for n, cut := 0, true; cut; n++ {
			x := newStandIn(t, server.Options{})
			x.retry.MaxRetries = -1
			x.open()
			cut = false
			dir := memory(t)
			for _, files := range []map[string]string{{"summaries/f.yaml": summaryFile("enabled: false\n")}, {"summaries/f.yaml": summaryFile("")}} {
				d := x.desired(files)
				p := x.plan(d, PlanOptions{})
				x.wire.reset()
				x.wire.spoil = func(i int, _ *http.Request, send func() (*http.Response, error)) (*http.Response, error) {
					if i != n {
						return send()
					}
					cut = true
					if after {
						if resp, err := send(); err == nil {
							resp.Body.Close()
						}
					}
					return nil, errors.New("the line is cut")
				}
				_, _ = x.applier(dir).Apply(t.Context(), p)
				x.wire.reset()
				if out, err := x.applier(dir).Apply(t.Context(), x.plan(d, PlanOptions{})); err != nil || !out.Whole() {
					t.Fatalf("request %d, after %v: the second apply: %v %v", n, after, err, errorsOf(out.Failed))
				}
				if p := x.plan(d, PlanOptions{}); p.Summary.Changes() > 0 {
					t.Fatalf("request %d, after %v: then there is still %v %v", n, after, lines(p), p.Actions[0].Fields)
				}
				if got, want := shownSummary(x)["isActive"], d.Resources[0].props()["isActive"]; got != want {
					t.Fatalf("request %d, after %v: isActive is %v", n, after, got)
				}
			}
		}
	}
}

// TestCloudWithoutSummaryRules reads all of a workspace in a cloud that has no summary rules: that is a note.
func TestCloudWithoutSummaryRules(t *testing.T) {
	f, err := server.ParseFault("400:GET:summaryLogs")
	if err != nil {
		t.Fatal(err)
	}
	x := newStandIn(t, server.Options{Faults: []server.Fault{f}})
	s, err := Read(t.Context(), x.w, ReadOptions{})
	if err == nil { // the fault's own code is none of a missing type
		t.Fatalf("a refusal without a reason is read past: %v", s.Notes)
	}
	x = newStandIn(t, server.Options{})
	x.wire.spoil = func(_ int, r *http.Request, send func() (*http.Response, error)) (*http.Response, error) {
		if !strings.Contains(r.URL.Path, "/summaryLogs") {
			return send()
		}
		return &http.Response{StatusCode: 400, Header: http.Header{"Content-Type": {"application/json"}}, Request: r,
			Body: io.NopCloser(strings.NewReader(`{"error":{"code":"NoRegisteredProviderFound","message":"No registered resource provider found."}}`))}, nil
	}
	s, err = Read(t.Context(), x.w, ReadOptions{})
	if err != nil || len(s.Notes) != 1 || !strings.Contains(s.Notes[0], "summary rules were not read") {
		t.Errorf("%v, %v", err, s)
	}
}
