package deploy

import (
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-caab1ad3/blindspot/cmd/internal/azure"
	"github.com/seed-caab1ad3/blindspot/emulator/server"
)

// exported is content with what templates must escape: brackets, quotes, dollars, several lines.
func exported() map[string]string {
	files := kitchen()
	files["rules/e.yaml"] = "id: " + guid(30) + "\nkind: Scheduled\nname: \"[sic] it's ${odd} %{too}\"\ndescription: |\n  Two\n  lines.\nseverity: Low\nqueryFrequency: 1h\nqueryPeriod: 1h\ntriggerOperator: gt\ntriggerThreshold: 0\nquery: |\n  Failures(3, \"x\")\n  | where UserAgent has \"${a}\" or UserAgent == 'it''s' // [not] an expression\n"
	files["watchlists/m.yaml"] = "alias: Mapped\ndisplayName: Mapped\nitemsSearchKey: Address\ncolumns: [Address, Note]\nitems:\n  - { Address: 192.0.2.9, Note: plain }\n  - { Address: 192.0.2.8, Note: \"[odd] it's\" }\n  - { Address: 192.0.2.8, Note: \"[odd] it's\" }\narm:\n  itemMappings:\n" +
		strings.Repeat("    - { item: { Address: 192.0.2.8, Note: \"[odd] it's\" }, entityMapping: { IP: Address } }\n", 2)
	files["summaries/f.yaml"] = summaryFile("")
	files["automation/about.arm.json"] = `{"resource":"automationRule","id":"` + guid(31) + `","properties":{"displayName":"About a rule","order":2,"triggeringLogic":{"isEnabled":true,"triggersOn":"Incidents","triggersWhen":"Created","conditions":[{"conditionType":"Property","conditionProperties":{"propertyName":"IncidentRelatedAnalyticRuleIds","operator":"Contains","propertyValues":["${workspace:id}/providers/Microsoft.SecurityInsights/alertRules/` + guid(1) + `"]}}]},"actions":[{"order":1,"actionType":"ModifyProperties","actionConfiguration":{"status":"Closed"}}]}}`
	return files
}

// TestExportedTemplateEqualsApply deploys the ARM export to a second stand-in: the same resources stand there.
func TestExportedTemplateEqualsApply(t *testing.T) {
	x := newStandIn(t, server.Options{})
	d := x.desired(exported())
	x.apply(d, PlanOptions{})
	files, _, err := Export("arm", x.desired(exported()).Resources, x.target)
	if err != nil {
		t.Fatal(err)
	}
	y := newStandIn(t, server.Options{Subscription: guid(77), ResourceGroup: "elsewhere", Workspace: "other"})
	var template any
	if err := json.Unmarshal(files[0].Data, &template); err != nil {
		t.Fatal(err)
	}
	a, err := y.w.Do(t.Context(), azure.Request{Method: http.MethodPut, Path: y.target.GroupID() + "/providers/Microsoft.Resources/deployments/export", Version: "2022-09-01",
		Body: map[string]any{"properties": map[string]any{"mode": "Incremental", "template": template, "parameters": map[string]any{"workspace": map[string]any{"value": y.target.Workspace}}}}})
	if err != nil {
		t.Fatalf("%v", err)
	}
	if !strings.Contains(string(a.Body), "Succeeded") {
		t.Fatalf("%s", a.Body)
	}
	one, two := imageFor(t, x, y), takeImage(t, y)
	for k := range one {
		if strings.HasPrefix(k, "mark ") {
			delete(one, k)
		}
	}
	if diff := cmp.Diff(one, two); diff != "" {
		t.Errorf("the deployment gives other resources than apply:\n%s", diff)
	}
}

// imageFor is the image of a workspace as another should look that got the same content: what names the one names the other.
func imageFor(t *testing.T, x, y *standIn) map[string]string {
	t.Helper()
	low := strings.NewReplacer(strings.ToLower(x.target.ResourceID()), strings.ToLower(y.target.ResourceID()), strings.ToLower(x.target.GroupID())+"/", strings.ToLower(y.target.GroupID())+"/")
	out := map[string]string{}
	for k, v := range takeImage(t, x) {
		out[low.Replace(k)] = low.Replace(v)
	}
	return out
}

// TestImportReadsItsOwnExport reads the template back: the same resources.
func TestImportReadsItsOwnExport(t *testing.T) {
	x := &standIn{t: t, target: anyTarget()}
	want := x.desired(exported()).Resources
	files, _, err := Export("arm", want, x.target)
	if err != nil {
		t.Fatal(err)
	}
	got, notes, err := Import("export.json", files[0].Data, x.target)
	if err != nil || len(notes) > 0 {
		t.Fatal(err, notes)
	}
	image := func(list []*Resource) map[string]string {
		out := map[string]string{}
		for _, r := range list {
			out[r.Key()] = string(compact(r.comparable()))
		}
		return out
	}
	if d := cmp.Diff(image(want), image(got)); d != "" {
		t.Error(d)
	}
}

func TestImportOfPortalExports(t *testing.T) {
	for _, tt := range []struct {
		name, text, want, note string
	}{
		{"a rule as the portal exports it", `{"$schema":"x","parameters":{"workspace":{"type":"String"}},"resources":[{"id":"[concat(resourceId('Microsoft.OperationalInsights/workspaces/providers', parameters('workspace'), 'Microsoft.SecurityInsights'),'/alertRules/` + guid(1) + `')]","name":"[concat(parameters('workspace'),'/Microsoft.SecurityInsights/` + guid(1) + `')]","type":"Microsoft.OperationalInsights/workspaces/providers/alertRules","kind":"Scheduled","apiVersion":"2023-12-01-preview","properties":{"displayName":"One","query":"SigninLogs","severity":"Low","enabled":true,"queryFrequency":"PT1H","queryPeriod":"PT1H","triggerOperator":"GreaterThan","triggerThreshold":0,"suppressionDuration":"PT5H","suppressionEnabled":false}}]}`, "rule/" + guid(1) + " One", ""},
		{"a variable names a hunting query", `{"variables":{"q":"hunt-1"},"resources":[{"type":"Microsoft.OperationalInsights/workspaces/savedSearches","name":"[concat(parameters('workspace'),'/',variables('q'))]","properties":{"category":"Hunting Queries","displayName":"H","query":"T"}},{"type":"Microsoft.OperationalInsights/workspaces/savedSearches","name":"x/h2","properties":{"category":"Hunting Queries","displayName":"[variables('q')]","query":"T"}}]}`, "huntingQuery/h2 hunt-1", ""},
		{"an expression that only a deployment can evaluate", `{"resources":[{"type":"Microsoft.OperationalInsights/workspaces/savedSearches","name":"x/h1","properties":{"category":"Hunting Queries","displayName":"H","query":"[reference('x').query]"}},{"type":"Microsoft.OperationalInsights/workspaces/savedSearches","name":"x/h2","properties":{"category":"Hunting Queries","displayName":"H2","query":"T"}}]}`, "huntingQuery/h2 H2", "query is the expression"},
		{"a nested template", `{"resources":[{"type":"Microsoft.OperationalInsights/workspaces/providers/contentTemplates","name":"x","properties":{"mainTemplate":{"resources":[{"type":"Microsoft.OperationalInsights/workspaces/providers/watchlists","name":"x/Microsoft.SecurityInsights/W","properties":{"displayName":"W","provider":"P","itemsSearchKey":"A","rawContent":"junk\nA,B\n1,2\n","numberOfLinesToSkip":1}}]}}}]}`, "watchlist/w W", ""},
		{"a list of the API", `{"value":[{"name":"` + guid(2) + `","type":"Microsoft.SecurityInsights/alertRules","kind":"NRT","properties":{"displayName":"N","query":"T","severity":"Low","enabled":true,"suppressionEnabled":false,"suppressionDuration":"PT5H"}}]}`, "rule/" + guid(2) + " N", ""},
		{"a workbook", `{"version":"Notebook/1.0","items":[]}`, "workbook/", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, notes, err := Import("in.json", []byte(tt.text), anyTarget())
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			for _, r := range got {
				names = append(names, r.Key()+" "+r.Name())
			}
			if !strings.Contains(strings.Join(names, "\n"), tt.want) {
				t.Errorf("got %v, want %s", names, tt.want)
			}
			if all := strings.Join(notes, "\n"); !strings.Contains(all, tt.note) || tt.note == "" && all != "" {
				t.Errorf("notes %q, want %q", all, tt.note)
			}
		})
	}
	for _, bad := range []string{"", "{}", "[]", `{"resources":[]}`, "not json: [", `{"resources":[{"type":"Microsoft.Storage/storageAccounts","name":"x"}]}`} {
		if _, _, err := Import("bad.json", []byte(bad), anyTarget()); err == nil {
			t.Errorf("%q is imported", bad)
		}
	}
}

// TestBicepAndTerraformAreWellFormed checks what can be checked without the tools: balanced brackets outside texts, every
// property there, and texts that read back.
func TestBicepAndTerraformAreWellFormed(t *testing.T) {
	x := &standIn{t: t, target: anyTarget()}
	list := x.desired(exported()).Resources
	for _, to := range []string{"bicep", "terraform"} {
		files, _, err := Export(to, list, x.target)
		if err != nil {
			t.Fatal(err)
		}
		text := string(files[0].Data)
		depth := 0
		for i, line := 0, 1; i < len(text); i++ {
			switch c := text[i]; {
			case c == '\n':
				line++
			case to == "bicep" && c == '\'' || to == "terraform" && c == '"':
				for i++; text[i] != c; i++ {
					if text[i] == '\\' {
						i++
					}
					if text[i] == '\n' {
						t.Fatalf("%s:%d: a text goes over its line", to, line)
					}
				}
			case to == "terraform" && strings.HasPrefix(text[i:], "<<-KQL\n"):
				n := strings.Index(text[i+7:], " KQL\n")
				if n < 0 {
					t.Fatalf("%s:%d: a heredoc does not end", to, line)
				}
				i += 7 + n + 3
			case strings.IndexByte("{[(", c) >= 0:
				depth++
			case strings.IndexByte("}])", c) >= 0:
				if depth--; depth < 0 {
					t.Fatalf("%s:%d: a bracket too many", to, line)
				}
			}
		}
		if depth != 0 {
			t.Errorf("%s: %d brackets are open at the end", to, depth)
		}
		for _, r := range list {
			for k := range r.props() {
				if !strings.Contains(text, k) && k != "isActive" { // the service's own
					t.Errorf("%s: the property %s of %s is lost", to, k, r.Name())
				}
			}
		}
		if to == "bicep" && len(files) < 6 {
			t.Errorf("bicep: only %d files; queries stand beside", len(files))
		}
	}
}

func TestDetections(t *testing.T) {
	for _, tt := range []struct {
		name, change, to string
		query, note      string
	}{
		{"fits", "", "", "SigninLogs\n| where ResultType", "one alert for all rows"},
		{"a threshold becomes part of the query", "triggerThreshold: 0", "triggerThreshold: 5", "toscalar(Found | count) > 5", "the threshold became part"},
		{"no rows cannot be told", "triggerOperator: gt", "triggerOperator: lt", "", "is not written: it fires on lessthan"},
		{"fourteen days every five minutes", "queryFrequency: 1h\nqueryPeriod: 1d", "queryFrequency: 5m\nqueryPeriod: 14d", "", "looks back 14d"},
		{"suppression is lost", "severity: Medium", "severity: Medium\nsuppressionEnabled: true\nsuppressionDuration: 2h", "SigninLogs", "suppression has no place"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			x := &standIn{t: t, target: anyTarget()}
			text := scheduled(1, "Many", "entityMappings:\n  - entityType: Account\n    fieldMappings:\n      - { identifier: UPNSuffix, columnName: Suffix }\n")
			if tt.change != "" {
				text = strings.Replace(text, tt.change, tt.to, 1)
			}
			files, notes, err := Export("defender", x.desired(map[string]string{"rules/a.yaml": text}).Resources, x.target)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(strings.Join(notes, "\n"), tt.note) {
				t.Errorf("notes %q, want %q", notes, tt.note)
			}
			if (len(files) == 1) != (tt.query != "") {
				t.Fatalf("%d files", len(files))
			}
			if tt.query == "" {
				return
			}
			var d struct {
				ID, DisplayName, Status string
				QueryCondition          struct{ QueryText string }
				Schedule                struct{ Frequency string }
				DetectionAction         struct {
					AlertTemplate struct {
						Severity       string
						EntityMappings map[string][]map[string]string
						Tactics        []struct {
							Tactic     string
							Techniques []struct{ Technique string }
						}
					}
				}
			}
			if err := json.Unmarshal(files[0].Data, &d); err != nil {
				t.Fatal(err)
			}
			a := d.DetectionAction.AlertTemplate
			if d.ID != guid(1) || d.Status != "enabled" || d.Schedule.Frequency != "PT1H" || !strings.Contains(d.QueryCondition.QueryText, tt.query) || a.Severity != "medium" ||
				a.EntityMappings["accounts"][0]["upnSuffixColumn"] != "Suffix" || a.Tactics[0].Techniques[0].Technique != "T1078" {
				t.Errorf("%s", files[0].Data)
			}
		})
	}
}

// TestWritingLeavesNothingPartial lets the last of several files fail: none is written.
func TestWritingLeavesNothingPartial(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(dir+"/taken", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := WriteFiles([]File{{dir + "/new/a.yaml", []byte("a")}, {dir + "/taken/b.yaml", []byte("b")}}); err == nil {
		t.Fatal("a file is written below a file")
	}
	list, err := os.ReadDir(dir)
	if err != nil || len(list) != 1 {
		t.Errorf("%v is left, %v", list, err)
	}
}
