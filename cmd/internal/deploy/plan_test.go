package deploy

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-caab1ad3/blindspot/emulator/server"
)

func kitchen() map[string]string {
	return map[string]string{
		"rules/a.yaml":              scheduled(1, "Many failures", "entityMappings:\n  - entityType: IP\n    fieldMappings:\n      - { identifier: Address, columnName: IPAddress }\n"),
		"rules/b.yaml":              "id: " + guid(2) + "\nkind: NRT\nname: At once\ndescription: x\nseverity: High\ntactics: [CredentialAccess]\nrelevantTechniques: [T1110.003]\nquery: SigninLogs | where ResultType == \"50053\"\nversion: 1.0.0\n",
		"hunting/h.yaml":            "id: " + guid(3) + "\nname: Who fails\ndescription: |\n  Everyone who fails.\ntactics: [CredentialAccess]\nrelevantTechniques: [T1110]\nquery: |\n  SigninLogs | summarize count() by UserPrincipalName\n",
		"functions/f.yaml":          "alias: Failures\nparameters:\n  - { name: low, type: int, default: 3 }\n  - { name: why, type: string, default: any }\nquery: |\n  SigninLogs | where ResultType != \"0\"\n",
		"watchlists/w.yaml":         "alias: Known\ndisplayName: Known addresses\nitemsSearchKey: Address\ncolumns: [Address, Note]\nitems:\n  - { Address: 192.0.2.1, Note: office }\n  - { Address: 192.0.2.2, Note: \"\" }\n",
		"workbooks/overview.json":   `{"version":"Notebook/1.0","items":[{"type":1,"content":{"json":"# Overview"},"name":"t"}],"$schema":"x"}`,
		"automation/close.arm.json": `{"resource":"automationRule","id":"` + guid(4) + `","properties":{"displayName":"Close","order":1,"triggeringLogic":{"isEnabled":true,"triggersOn":"Incidents","triggersWhen":"Created","conditions":[]},"actions":[{"order":1,"actionType":"ModifyProperties","actionConfiguration":{"status":"Closed"}}]}}`,
	}
}

func TestApplyThenNothingToDo(t *testing.T) {
	x := newStandIn(t, server.Options{})
	d := x.desired(kitchen())
	p := x.plan(d, PlanOptions{})
	if p.Summary.Create != 7 {
		t.Fatalf("the plan creates %d of 7: %v", p.Summary.Create, lines(p))
	}
	x.apply(d, PlanOptions{})
	if got := lines(x.plan(x.desired(kitchen()), PlanOptions{Prune: true, Adopt: true})); len(got) > 0 {
		for _, a := range x.plan(x.desired(kitchen()), PlanOptions{}).Actions {
			t.Logf("%s %s %v", a.Action, a.Name, a.Fields)
		}
		t.Fatalf("the second plan is not empty: %v", got)
	}
	// NRT goes out with the preview version, Scheduled with the stable one.
	for _, s := range x.wire.seen {
		if !strings.HasPrefix(s, "PUT") || !strings.Contains(s, "/alertRules/") {
			continue
		}
		want := "2025-09-01"
		if strings.Contains(s, guid(2)) {
			want = "2025-07-01-preview"
		}
		if !strings.Contains(s, "api-version="+want) {
			t.Errorf("%s: want api-version %s", s, want)
		}
	}
}

func TestPlanTellsFieldsDriftAndPrune(t *testing.T) {
	x := newStandIn(t, server.Options{})
	x.apply(x.desired(kitchen()), PlanOptions{})
	files := kitchen()
	files["rules/a.yaml"] = strings.Replace(strings.Replace(files["rules/a.yaml"], "severity: Medium", "severity: High", 1), "where ResultType != \"0\"", "where ResultType !in (\"0\", \"50140\")", 1)
	delete(files, "functions/f.yaml")
	p := x.plan(x.desired(files), PlanOptions{Prune: true})
	if d := cmp.Diff([]string{"update rule " + guid(1), "delete function Failures"}, lines(p)); d != "" {
		t.Fatal(d)
	}
	for _, a := range p.Actions {
		if a.Action == Update {
			if d := cmp.Diff([]string{"query", "severity"}, fieldPaths(a)); d != "" {
				t.Error(d)
			}
			for _, f := range a.Fields {
				if f.Path == "query" && !(strings.Contains(f.Diff, "-| where ResultType != \"0\"") && strings.Contains(f.Diff, "+| where ResultType !in")) {
					t.Errorf("the query's diff is not by line:\n%s", f.Diff)
				}
				if f.Path == "severity" && (f.From != "Medium" || f.To != "High") {
					t.Errorf("severity %v to %v", f.From, f.To)
				}
			}
		}
	}
	// Without --prune nothing is deleted, and it is said.
	p = x.plan(x.desired(files), PlanOptions{})
	if p.Summary.Delete != 0 || !strings.Contains(strings.Join(p.Notes, "\n"), "--prune") {
		t.Errorf("without prune: %v, notes %v", lines(p), p.Notes)
	}
	// A change in the portal is drift.
	d := x.desired(kitchen())
	s := x.state(d)
	r := s.Resources["rule/"+guid(1)]
	c := switched(r, false)
	x.put(Rule, guid(1), c.wire())
	p = x.plan(x.desired(kitchen()), PlanOptions{})
	if d := cmp.Diff([]string{"drift rule " + guid(1)}, lines(p)); d != "" {
		t.Fatal(d)
	}
	if len(p.Actions) == 0 || fieldPaths(p.Actions[indexOf(p, guid(1))])[0] != "enabled" {
		t.Error("the drifted field is not named")
	}
	// What others made is left alone, pruning or not.
	other := x.desired(map[string]string{"rules/z.yaml": scheduled(99, "Of another team", "")}).Resources[0]
	x.put(Rule, guid(99), other.wire())
	if p := x.plan(x.desired(map[string]string{"rules/z.yaml": scheduled(98, "One", "")}), PlanOptions{Prune: true}); strings.Contains(strings.Join(lines(p), " "), guid(99)) {
		t.Errorf("a foreign rule is planned for: %v", lines(p))
	} else if p.Summary.Unmanaged != 1 {
		t.Errorf("unmanaged: %d, want 1", p.Summary.Unmanaged)
	}
}

func fieldPaths(a Action) (out []string) {
	for _, f := range a.Fields {
		out = append(out, f.Path)
	}
	return out
}

func indexOf(p *Plan, id string) int {
	for i, a := range p.Actions {
		if a.ID == id {
			return i
		}
	}
	return -1
}

func TestDeletingWhatIsUsedWarns(t *testing.T) {
	x := newStandIn(t, server.Options{})
	files := map[string]string{
		"functions/f.yaml":  "alias: Failures\nquery: SigninLogs | where ResultType != \"0\"\n",
		"watchlists/w.yaml": "alias: Known\nitemsSearchKey: A\nitems:\n  - { A: x }\n",
		"rules/r.yaml":      strings.Replace(scheduled(1, "Uses", ""), "  SigninLogs\n", "  Failures\n  | join (_GetWatchlist('Known')) on $left.IPAddress == $right.A\n", 1),
	}
	x.apply(x.desired(files), PlanOptions{})
	delete(files, "functions/f.yaml")
	delete(files, "watchlists/w.yaml")
	p := x.plan(x.desired(files), PlanOptions{Prune: true})
	n := 0
	for _, a := range p.Actions {
		if a.Action == Delete && strings.Contains(strings.Join(a.Warnings, " "), `rule "Uses" still uses it`) {
			n++
		}
	}
	if n != 2 {
		t.Errorf("%d of 2 deletions warn: %+v", n, p.Actions)
	}
}

func TestSavedPlanIsBoundAndStale(t *testing.T) {
	x := newStandIn(t, server.Options{})
	d := x.desired(kitchen())
	p := x.plan(d, PlanOptions{})
	b, err := p.Save(d, PlanOptions{})
	if err != nil {
		t.Fatal(err)
	}
	saved, err := ReadSaved(b)
	if err != nil {
		t.Fatal(err)
	}
	state := x.state(saved.Desired)
	if err := saved.Fits(state); err != nil {
		t.Fatalf("a fresh plan does not fit: %v", err)
	}
	if again, err := BuildPlan(saved.Desired, state, saved.Options); err != nil || again.Summary != p.Summary {
		t.Fatalf("the saved plan does other things: %v %v, want %v", err, again.Summary, p.Summary)
	}
	// Made on an empty workspace, stale after the first foreign rule.
	x.put(Rule, guid(77), x.desired(map[string]string{"rules/z.yaml": scheduled(77, "Another", "")}).Resources[0].wire())
	if err := saved.Fits(x.state(saved.Desired)); err == nil || !strings.Contains(err.Error(), "stale") {
		t.Errorf("a stale plan of an empty workspace is not refused: %v", err)
	}
	other := *state.Target
	other.Tenant = guid(5)
	if err := saved.Fits(&State{Target: &other}); err == nil || !strings.Contains(err.Error(), "tenant") {
		t.Errorf("a plan for another tenant is not refused: %v", err)
	}
	other = *state.Target
	other.Workspace = "elsewhere"
	if err := saved.Fits(&State{Target: &other}); err == nil || !strings.Contains(err.Error(), "not for") {
		t.Errorf("a plan for another workspace is not refused: %v", err)
	}
	store := OpenStore(t.TempDir(), x.target)
	if err := store.Spend(saved.Plan.ID); err != nil {
		t.Fatal(err)
	}
	if err := store.Spend(saved.Plan.ID); err == nil {
		t.Error("a plan can be used twice")
	}
}
