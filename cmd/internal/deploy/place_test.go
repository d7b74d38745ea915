package deploy

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-caab1ad3/blindspot/cmd/internal/azure"
	"github.com/seed-caab1ad3/blindspot/emulator/server"
)

// TestAnotherWorkspace pulls content whose properties name the workspace and applies the files to another one: it is the
// same content there, and names that one.
func TestAnotherWorkspace(t *testing.T) {
	x := newStandIn(t, server.Options{})
	files := kitchen()
	id := x.target.ResourceID()
	rule := id + "/providers/Microsoft.SecurityInsights/alertRules/" + guid(1)
	x.apply(x.desired(files), PlanOptions{})
	// As the portal and other programs write them, in their letter case.
	x.put(AutomationRule, guid(50), decoded(t, `{"properties":{"displayName":"About one rule","order":3,"triggeringLogic":{"isEnabled":true,"triggersOn":"Incidents","triggersWhen":"Created","conditions":[{"conditionType":"Property","conditionProperties":{"propertyName":"IncidentRelatedAnalyticRuleIds","operator":"Contains","propertyValues":["`+rule+`","`+strings.ToLower(rule)+`","/subscriptions/`+guid(9)+`/resourceGroups/x/providers/Microsoft.OperationalInsights/workspaces/`+x.target.Workspace+`/providers/y"]}}]},"actions":[{"order":1,"actionType":"ModifyProperties","actionConfiguration":{"status":"Closed"}}]}}`))
	x.put(Workbook, guid(51), decoded(t, `{"location":"westeurope","kind":"shared","properties":{"displayName":"Reads","category":"sentinel","version":"Notebook/1.0","sourceId":"`+id+`","serializedData":"{\"version\":\"Notebook/1.0\",\"items\":[{\"type\":3,\"content\":{\"version\":\"KqlItem/1.0\",\"query\":\"SigninLogs\",\"crossComponentResources\":[\"`+strings.ToLower(id)+`\",\"`+id+`2\"]}}],\"fallbackResourceIds\":[\"`+id+`\"]}"}}`))
	x.put(Metadata, "rule-mark", decoded(t, `{"properties":{"parentId":"`+strings.ToLower(rule)+`","contentId":"`+guid(1)+`","kind":"AnalyticsRule","source":{"kind":"LocalWorkspace","name":"here","sourceId":"`+id+`"}}}`))
	x.put(Metadata, "workbook-mark", decoded(t, `{"properties":{"parentId":"`+x.target.GroupID()+"/providers/Microsoft.Insights/workbooks/"+guid(51)+`","contentId":"w","kind":"Workbook","source":{"kind":"LocalWorkspace","name":"here","sourceId":"`+id+`"}}}`))
	x.put(RuleAction, guid(1)+"/"+guid(52), decoded(t, `{"properties":{"logicAppResourceId":"/subscriptions/`+guid(9)+`/resourceGroups/play/providers/Microsoft.Logic/workflows/Tell","triggerUri":"https://contoso.example/x"}}`))
	first := pullInto(t, x, memory(t), PullOptions{Adopt: true})
	for name, text := range first {
		if strings.Contains(strings.ToLower(text), strings.ToLower(id)+`"`) || strings.Contains(strings.ToLower(text), strings.ToLower(id)+"/") {
			t.Errorf("%s names the workspace that it was pulled from:\n%s", name, text)
		}
		for _, part := range strings.Split(text, "${env:BLINDSPOT_")[1:] {
			name, _, _ := strings.Cut(part, "}")
			t.Setenv("BLINDSPOT_"+name, "https://contoso.example/secret")
		}
	}
	if p := x.plan(x.desired(first), PlanOptions{}); p.Summary.Changes() > 0 {
		t.Errorf("after a pull there is something to do: %v %v", lines(p), p.Actions[0].Fields)
	}

	y := newStandIn(t, server.Options{Subscription: guid(77), ResourceGroup: "elsewhere", Workspace: "other"})
	y.apply(y.desired(first), PlanOptions{Adopt: true})
	if p := y.plan(y.desired(first), PlanOptions{}); p.Summary.Changes() > 0 {
		t.Errorf("after the apply there is something to do: %v %v", lines(p), p.Actions[0].Fields)
	}
	unmarked := func(m map[string]string) map[string]string { // marks of ours are made by each apply for itself
		for k := range m {
			if strings.HasPrefix(k, "mark ") {
				delete(m, k)
			}
		}
		return m
	}
	whole := func(z *standIn) map[string]string {
		o := ReadOptions{}
		s, err := Read(context.Background(), z.w, o)
		if err != nil {
			t.Fatal(err)
		}
		out := map[string]string{}
		for k, r := range s.Resources {
			out[k] = string(compact(r.comparable()))
		}
		return out
	}
	low := strings.NewReplacer(strings.ToLower(id)+`"`, strings.ToLower(y.target.ResourceID())+`"`, strings.ToLower(id)+"/", strings.ToLower(y.target.ResourceID())+"/",
		strings.ToLower(x.target.GroupID())+"/providers/microsoft.insights/", strings.ToLower(y.target.GroupID())+"/providers/microsoft.insights/")
	want := map[string]string{}
	for k, v := range unmarked(whole(x)) {
		want[k] = low.Replace(v)
	}
	if d := cmp.Diff(want, unmarked(whole(y))); d != "" {
		t.Errorf("the other workspace holds something else:\n%s", d)
	}
	if d := cmp.Diff(first, pullInto(t, y, memory(t), PullOptions{Adopt: true})); d != "" {
		t.Errorf("the other workspace gives other files:\n%s", d)
	}
}

// TestParentOfAnotherWorkspace applies a mark whose file still names the workspace that it came from.
func TestParentOfAnotherWorkspace(t *testing.T) {
	y := newStandIn(t, server.Options{})
	for _, tt := range []struct{ in, want string }{
		{"/subscriptions/" + guid(9) + "/resourceGroups/old/providers/Microsoft.OperationalInsights/workspaces/old/providers/Microsoft.SecurityInsights/alertRules/" + guid(1), y.target.ResourceID() + "/providers/Microsoft.SecurityInsights/alertRules/" + guid(1)},
		{"/SUBSCRIPTIONS/" + guid(9) + "/resourcegroups/old/providers/microsoft.operationalinsights/workspaces/old/savedSearches/a", y.target.ResourceID() + "/savedSearches/a"},
		{"/subscriptions/" + guid(9) + "/resourceGroups/old/providers/Microsoft.Insights/workbooks/" + guid(2), y.target.GroupID() + "/providers/Microsoft.Insights/workbooks/" + guid(2)},
		{"/subscriptions/" + guid(9) + "/resourceGroups/old/providers/Microsoft.Logic/workflows/p", "/subscriptions/" + guid(9) + "/resourceGroups/old/providers/Microsoft.Logic/workflows/p"},
		{"something else", "something else"},
	} {
		d := y.desired(map[string]string{"m.arm.json": `{"resource":"metadata","id":"m","properties":{"parentId":"` + tt.in + `","kind":"AnalyticsRule"}}`})
		y.apply(d, PlanOptions{Adopt: true})
		got, _, err := y.w.Get(t.Context(), resourceID(y.target, Metadata, "m"), stableVersion)
		if err != nil {
			t.Fatal(err)
		}
		if p := got["properties"].(map[string]any)["parentId"]; p != tt.want {
			t.Errorf("%s became %v; want %s", tt.in, p, tt.want)
		}
		if _, err := y.w.Do(t.Context(), azure.Request{Method: http.MethodDelete, Path: resourceID(y.target, Metadata, "m"), Version: stableVersion}); err != nil {
			t.Fatal(err)
		}
	}
}

func decoded(t *testing.T, text string) map[string]any {
	t.Helper()
	v, err := decodeAny([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return v.(map[string]any)
}
