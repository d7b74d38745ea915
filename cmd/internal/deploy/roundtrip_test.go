package deploy

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/seed-caab1ad3/blindspot/cmd/internal/azure"
	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/emulator/server"
)

func anyTarget() *azure.Target {
	return &azure.Target{Name: "t", Subscription: guid(1), ResourceGroup: "g", Workspace: "w", Values: map[string]string{}, Overrides: map[string]map[string]any{}}
}

// text generates what people write: words, several lines, quotes, colons, blanks at odd places, other scripts.
func text() *rapid.Generator[string] {
	part := rapid.SampledFrom([]string{"alpha", "Beta", "-", ": ", "#", "'", "\"", "\\", "{{Column}}", "\n", "\n\n", "\n  ", "\t", " ", "é", "東京", "${x}", "| where A == \"b\"", "yes", "1.10", "null", "//", "%", "@", "`", "[", "}", ",", "\r\n", "*", "&a", "!b", ">", "|", "\u00a0", "\u2028", "0x1F", "2026-01-05"})
	return rapid.Custom(func(t *rapid.T) string {
		return "x" + strings.Join(rapid.SliceOfN(part, 0, 8).Draw(t, "parts"), "")
	})
}

func word() *rapid.Generator[string] { return rapid.StringMatching(`[A-Za-z_][A-Za-z0-9_]{0,12}`) }

func duration() *rapid.Generator[string] {
	return rapid.SampledFrom([]string{"PT5M", "PT1H", "P1D", "PT60M", "P14D", "PT1H30M", "P2DT1H30M", "PT24H", "PT90S"})
}

func maybe(t *rapid.T, m map[string]any, name string, v func() any) {
	switch rapid.IntRange(0, 3).Draw(t, name+"?") {
	case 0:
	case 1:
		m[name] = nil
	default:
		m[name] = v()
	}
}

func list(g *rapid.Generator[string], n int) func(t *rapid.T) any {
	return func(t *rapid.T) any {
		var out []any
		for _, s := range rapid.SliceOfNDistinct(g, 0, n, rapid.ID[string]).Draw(t, "list") {
			out = append(out, s)
		}
		return out
	}
}

func ruleBody(t *rapid.T) map[string]any {
	kind := rapid.SampledFrom([]string{"Scheduled", "NRT", "Fusion", "MLBehaviorAnalytics", "MicrosoftSecurityIncidentCreation"}).Draw(t, "kind")
	p := map[string]any{}
	switch kind {
	case "Scheduled", "NRT":
	case "MicrosoftSecurityIncidentCreation":
		p["displayName"], p["enabled"], p["productFilter"] = text().Draw(t, "name"), true, "Azure Active Directory Identity Protection"
		maybe(t, p, "displayNamesFilter", func() any { return list(word(), 3)(t) })
		return map[string]any{"kind": kind, "properties": p}
	default:
		p["alertRuleTemplateName"], p["enabled"], p["displayName"], p["severity"] = guid(3), rapid.Bool().Draw(t, "on"), "set by the service", "High"
		maybe(t, p, "sourceSettings", func() any {
			return []any{map[string]any{"enabled": true, "sourceName": "Defender", "sourceSubTypes": nil}}
		})
		return map[string]any{"kind": kind, "properties": p}
	}
	p["displayName"], p["query"] = text().Draw(t, "name"), text().Draw(t, "query")
	p["severity"] = rapid.SampledFrom([]string{"High", "Medium", "Low", "Informational"}).Draw(t, "severity")
	p["enabled"], p["suppressionEnabled"] = rapid.Bool().Draw(t, "enabled"), rapid.Bool().Draw(t, "suppressed")
	p["suppressionDuration"] = duration().Draw(t, "suppression")
	p["lastModifiedUtc"] = "2026-01-01T00:00:00Z"
	if kind == "Scheduled" {
		p["queryFrequency"], p["queryPeriod"] = duration().Draw(t, "frequency"), duration().Draw(t, "period")
		p["triggerOperator"] = rapid.SampledFrom([]string{"GreaterThan", "LessThan", "Equal", "NotEqual"}).Draw(t, "operator")
		p["triggerThreshold"] = json.Number(fmt.Sprint(rapid.IntRange(0, 10000).Draw(t, "threshold")))
	}
	maybe(t, p, "description", func() any { return text().Draw(t, "description") })
	maybe(t, p, "tactics", func() any {
		return list(rapid.SampledFrom([]string{"InitialAccess", "Persistence", "CredentialAccess"}), 3)(t)
	})
	maybe(t, p, "techniques", func() any {
		return list(rapid.SampledFrom([]string{"T1078", "T1110", "T1098", "T1566"}), 4)(t)
	})
	maybe(t, p, "subTechniques", func() any {
		return list(rapid.SampledFrom([]string{"T1078.004", "T1110.003", "T1110.001", "T1499.001"}), 4)(t)
	})
	maybe(t, p, "entityMappings", func() any {
		return []any{map[string]any{"entityType": "IP", "fieldMappings": []any{map[string]any{"identifier": "Address", "columnName": word().Draw(t, "column")}}},
			map[string]any{"entityType": "Account", "fieldMappings": []any{map[string]any{"identifier": "Name", "columnName": "A"}, map[string]any{"identifier": "UPNSuffix", "columnName": "B"}}}}
	})
	maybe(t, p, "sentinelEntitiesMappings", func() any { return []any{map[string]any{"columnName": "Entities"}} })
	maybe(t, p, "customDetails", func() any {
		m := map[string]any{}
		for _, k := range rapid.SliceOfNDistinct(rapid.StringMatching(`Key[A-Z]{1,4}`), 0, 4, rapid.ID[string]).Draw(t, "details") {
			m[k] = word().Draw(t, "detail")
		}
		return m
	})
	maybe(t, p, "alertDetailsOverride", func() any {
		m := map[string]any{}
		maybe(t, m, "alertDisplayNameFormat", func() any { return text().Draw(t, "format") })
		maybe(t, m, "alertDescriptionFormat", func() any { return text().Draw(t, "format") })
		maybe(t, m, "alertSeverityColumnName", func() any { return "S" })
		maybe(t, m, "alertDynamicProperties", func() any {
			return []any{map[string]any{"alertProperty": "AlertLink", "value": "Link"}}
		})
		return m
	})
	maybe(t, p, "eventGroupingSettings", func() any {
		return map[string]any{"aggregationKind": rapid.SampledFrom([]string{"SingleAlert", "AlertPerResult"}).Draw(t, "grouping")}
	})
	maybe(t, p, "incidentConfiguration", func() any {
		m := map[string]any{"createIncident": rapid.Bool().Draw(t, "incident")}
		maybe(t, m, "groupingConfiguration", func() any {
			return map[string]any{"enabled": true, "reopenClosedIncident": false, "lookbackDuration": duration().Draw(t, "lookback"), "matchingMethod": "Selected",
				"groupByEntities": list(rapid.SampledFrom([]string{"Account", "IP"}), 2)(t), "groupByAlertDetails": []any{"Severity"}, "groupByCustomDetails": []any{}}
		})
		return m
	})
	maybe(t, p, "alertRuleTemplateName", func() any { return guid(7) })
	maybe(t, p, "templateVersion", func() any { return "1.0.10" })
	maybe(t, p, "startTimeUtc", func() any { return "2026-02-01T00:00:00Z" })
	maybe(t, p, "aPropertyOfTheNextVersion", func() any {
		return map[string]any{"deep": []any{json.Number("1.50"), nil, "x"}, "text": text().Draw(t, "unknown")}
	})
	return map[string]any{"kind": kind, "properties": p}
}

func savedBody(t *rapid.T) map[string]any {
	p := map[string]any{"displayName": text().Draw(t, "name"), "query": text().Draw(t, "query"), "version": json.Number("2")}
	p["category"] = rapid.SampledFrom([]string{"Hunting Queries", "Livestream Queries", "ASIM", "Functions", "General Exploration"}).Draw(t, "category")
	maybe(t, p, "functionAlias", func() any { return word().Draw(t, "alias") })
	maybe(t, p, "functionParameters", func() any {
		return rapid.SampledFrom([]string{"", "a:string", `a:string="x, y:z", b:int=1`, "T:(*), n:long = 3", "when:datetime=datetime(2026-01-01), s:string='it''s'", "broken"}).Draw(t, "parameters")
	})
	maybe(t, p, "tags", func() any {
		var out []any
		for _, n := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"description", "tactics", "techniques", "createdBy", "x"}), 0, 5, rapid.ID[string]).Draw(t, "tags") {
			v := text().Draw(t, "tag")
			if n == "tactics" {
				v = rapid.SampledFrom([]string{"InitialAccess,Persistence", "InitialAccess, Persistence", ""}).Draw(t, "tactics")
			}
			out = append(out, map[string]any{"name": n, "value": v})
		}
		return out
	})
	maybe(t, p, "somethingNew", func() any { return true })
	return map[string]any{"properties": p}
}

func watchlistBody(t *rapid.T) (map[string]any, []map[string]any) {
	columns := rapid.SliceOfNDistinct(word(), 1, 4, func(s string) string { return strings.ToLower(s) }).Draw(t, "columns")
	p := map[string]any{"displayName": text().Draw(t, "name"), "provider": rapid.SampledFrom([]string{"Custom", "Microsoft"}).Draw(t, "provider"), "itemsSearchKey": columns[0],
		"created": "2026-01-01T00:00:00Z", "watchlistId": guid(5)}
	maybe(t, p, "description", func() any { return text().Draw(t, "description") })
	maybe(t, p, "labels", func() any { return list(word(), 3)(t) })
	maybe(t, p, "defaultDuration", func() any { return duration().Draw(t, "duration") })
	maybe(t, p, "source", func() any { return "people.csv" })
	maybe(t, p, "sourceType", func() any { return "Local" })
	items := []map[string]any{}
	for range rapid.IntRange(0, 60).Draw(t, "rows") {
		row := map[string]any{}
		for _, c := range columns {
			row[c] = rapid.SampledFrom([]string{"", "a", "1.10", "x,y", "quote\"d", "line\nbreak", " lead", "true", "192.0.2.1", "東"}).Draw(t, "cell")
		}
		items = append(items, row)
	}
	return map[string]any{"properties": p}, items
}

func workbookBody(t *rapid.T) map[string]any {
	doc := map[string]any{"version": "Notebook/1.0", "$schema": "https://contoso.example/workbook.json", "items": []any{map[string]any{"type": json.Number("1"), "name": "t", "content": map[string]any{"json": text().Draw(t, "text")}}}}
	b := compact(doc)
	if rapid.Bool().Draw(t, "indented") {
		b, _ = json.MarshalIndent(doc, "", "\t")
	}
	p := map[string]any{"displayName": text().Draw(t, "name"), "category": "sentinel", "serializedData": string(b), "version": "Notebook/1.0", "sourceId": anyTarget().ResourceID(), "timeModified": "x"}
	maybe(t, p, "description", func() any { return text().Draw(t, "description") })
	maybe(t, p, "storageUri", func() any { return "https://contoso.example/x" })
	m := map[string]any{"kind": "shared", "location": "westeurope", "properties": p}
	maybe(t, m, "tags", func() any { return map[string]any{"hidden-title": "x", "team": "soc"} })
	return m
}

// asFiles writes a resource as a pull does and reads it back as a plan does.
func asFiles(t interface{ Fatalf(string, ...any) }, r *Resource) (map[string][]byte, *Resource) {
	taken := map[string]bool{}
	files, err := newFiles(r, anyTarget(), func(n string) string { return unique("content", n, taken) })
	if err != nil {
		t.Fatalf("%v", err)
	}
	out := map[string][]byte{}
	fsys := fstest.MapFS{}
	var raw []*Resource
	for _, f := range files {
		out[f.Name] = f.Data
		name := strings.TrimPrefix(f.Name, "content/")
		if strings.HasSuffix(name, rawSuffix) {
			x, err := readRaw(f.Name, f.Data)
			if err != nil {
				t.Fatalf("%v\n%s", err, f.Data)
			}
			raw = append(raw, x)
			continue
		}
		fsys[name] = &fstest.MapFile{Data: f.Data}
	}
	b := &content.Bundle{}
	if len(fsys) > 0 {
		var problems []content.Problem
		if b, problems = content.Load(fsys, content.Options{Prefix: "content"}); len(problems) > 0 {
			t.Fatalf("the file has problems: %v\n%s", problems, files[0].Data)
		}
	}
	d, err := Wanted(b, raw, anyTarget())
	if err != nil {
		t.Fatalf("%v\n%s", err, files[0].Data)
	}
	if len(d.Resources) != 1 {
		t.Fatalf("%d resources come back:\n%s", len(d.Resources), files[0].Data)
	}
	return out, d.Resources[0]
}

// comesBack writes a resource as a pull does and reads it as a plan does: it must mean the same, and what a second pull
// would write after an apply must be the same bytes.
func comesBack(t interface{ Fatalf(string, ...any) }, r *Resource) {
	files, back := asFiles(t, r)
	if !r.equal(back) {
		t.Fatalf("what comes back differs:\n%s\nfiles: %s", cmp.Diff(r.comparable(), back.comparable()), dump(files))
	}
	if back.ID != r.ID || back.armKind() != r.armKind() {
		t.Fatalf("id or kind differ: %q %q, was %q %q", back.ID, back.armKind(), r.ID, r.armKind())
	}
	// As the service would answer after an apply.
	m := back.wire()
	m["name"] = back.ID
	again := received(back.Kind, roundJSON(m))
	if back.Kind == RuleAction {
		again.ID = back.ID
	}
	again.Items = back.Items
	second, _ := asFiles(t, again)
	if d := cmp.Diff(dump(files), dump(second)); d != "" {
		t.Fatalf("pull, apply, pull gives other bytes:\n%s", d)
	}
}

// TestOddTextsComeBack generates resources of the kinds that have a form of ours, with texts that YAML finds hard, nulls,
// unknown properties and odd parameter lists.
func TestOddTextsComeBack(t *testing.T) {
	t.Run("rules", rapid.MakeCheck(func(t *rapid.T) {
		m := ruleBody(t)
		m["name"] = rapid.SampledFrom([]string{guid(1), "BuiltInFusion", "0e5a"}).Draw(t, "id")
		comesBack(t, received(Rule, roundJSON(m)))
	}))
	t.Run("saved searches", rapid.MakeCheck(func(t *rapid.T) {
		m := savedBody(t)
		m["name"] = rapid.SampledFrom([]string{guid(1), "abc", "some id_with-dashes"}).Draw(t, "id")
		m = roundJSON(m)
		comesBack(t, received(savedKind(m["properties"].(map[string]any)), m))
	}))
	t.Run("watchlists", rapid.MakeCheck(func(t *rapid.T) {
		m, items := watchlistBody(t)
		m["name"] = "People"
		r := received(Watchlist, roundJSON(m))
		r.Items = items
		comesBack(t, r)
	}))
	t.Run("workbooks", rapid.MakeCheck(func(t *rapid.T) {
		m := workbookBody(t)
		m["name"] = guid(4)
		comesBack(t, received(Workbook, roundJSON(m)))
	}))
}

// TestEveryPropertyComesBack makes a thousand resources of every kind from the list of properties, half of them with what
// only the service sets, and fails when a property of the list was never made: the list is proven, not claimed.
func TestEveryPropertyComesBack(t *testing.T) {
	list := readProperties(t)
	m := &maker{list: list, made: map[string]int{}}
	const each = 10 // rapid checks a hundred times
	for _, k := range list.kinds {
		if k.kind.info() == nil {
			continue
		}
		made := 0
		t.Run(strings.ReplaceAll(k.String(), " ", "_"), rapid.MakeCheck(func(t *rapid.T) {
			for i := range each {
				made++
				comesBack(t, m.resource(t, k, i%2 == 0))
			}
		}))
		if made < 1000 {
			t.Errorf("only %d of %s", made, k)
		}
	}
	for _, k := range list.kinds {
		if k.kind == "diagnosticSetting" {
			continue // TestConnectKeepsEveryProperty
		}
		list.walk(k, func(path string, p *property) {
			if m.made[path] == 0 && p.typ != "=" {
				t.Errorf("no generated resource has %s, so nothing shows that it comes back", path)
			}
		})
	}
}

func roundJSON(m map[string]any) map[string]any {
	v, err := decodeAny(compact(m))
	if err != nil {
		panic(err)
	}
	return v.(map[string]any)
}

func dump(files map[string][]byte) string {
	var b strings.Builder
	names := map[string]bool{}
	for n := range files {
		names[n] = true
	}
	for _, n := range sorted(names) {
		fmt.Fprintf(&b, "== %s\n%s", n, files[n])
	}
	return b.String()
}

// TestPullApplyPull goes through the stand-in: what is there becomes files, the files make another workspace, and pulling
// that gives the same bytes.
func TestPullApplyPull(t *testing.T) {
	x := newStandIn(t, server.Options{})
	files := kitchen()
	files["rules/fusion.arm.json"] = `{"resource":"rule","id":"BuiltInFusion","kind":"Fusion","properties":{"alertRuleTemplateName":"` + guid(50) + `","enabled":true}}`
	files["rules/c.yaml"] = scheduled(5, "With all", "customDetails: { Who: UserPrincipalName }\nalertDetailsOverride: { alertDisplayNameFormat: \"{{UserPrincipalName}} fails\" }\neventGroupingSettings: { aggregationKind: AlertPerResult }\nincidentConfiguration:\n  createIncident: true\n  groupingConfiguration: { enabled: true, reopenClosedIncident: false, lookbackDuration: 5h, matchingMethod: AllEntities }\nsuppressionEnabled: true\nsuppressionDuration: 2h\nversion: 1.2.3\n")
	files["connectors/ip.arm.json"] = `{"resource":"dataConnector","id":"` + guid(60) + `","kind":"AzureActiveDirectory","properties":{"tenantId":"` + guid(61) + `","dataTypes":{"alerts":{"state":"Enabled"}}}}`
	files["tables/mine.arm.json"] = `{"resource":"table","id":"Mine_CL","properties":{"plan":"Analytics","retentionInDays":30,"schema":{"name":"Mine_CL","columns":[{"name":"TimeGenerated","type":"datetime"},{"name":"A","type":"string"}]}}}`
	x.apply(x.desired(files), PlanOptions{})
	first := pullInto(t, x, t.TempDir(), PullOptions{})
	y := newStandIn(t, server.Options{})
	y.apply(y.desired(first), PlanOptions{})
	second := pullInto(t, y, t.TempDir(), PullOptions{})
	if d := cmp.Diff(first, second); d != "" {
		t.Errorf("pull, apply, pull gives other bytes:\n%s", d)
	}
	if got := lines(y.plan(y.desired(second), PlanOptions{})); len(got) > 0 {
		t.Errorf("after a pull the plan is not empty: %v", got)
	}
	if len(first) < 11 {
		t.Errorf("only %d files: %v", len(first), first)
	}
}

// pullInto pulls everything into a folder and returns its files.
func pullInto(t *testing.T, x *standIn, dir string, o PullOptions) map[string]string {
	t.Helper()
	s, err := Read(t.Context(), x.w, ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	p, err := BuildPull(&Desired{}, s, dir, o)
	if err != nil {
		t.Fatal(err)
	}
	if err := WriteFiles(p.Files); err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	err = filepath.WalkDir(dir, func(name string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(name)
		rel, _ := filepath.Rel(dir, name)
		out[filepath.ToSlash(rel)] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestPullKeepsTheFile edits files in place: only the lines that changed differ.
func TestPullKeepsTheFile(t *testing.T) {
	x := newStandIn(t, server.Options{})
	x.target.Values["team"] = "Blue Team"
	file := "# Why this rule is here.\nid: " + guid(1) + "\nkind: Scheduled # not NRT\nname: 'Many ${team} failures'\n\nseverity: Medium   # by the table\ndescription: >-\n  For ${team},\n  folded.\nqueryFrequency: 01:00:00\nqueryPeriod: 24h\ntriggerOperator: GreaterThan\ntriggerThreshold: 5\n# The query.\nquery: |\n  SigninLogs\n  | where ResultType != \"0\" // failures\n\n# Entities.\nentityMappings:\n  - entityType: IP\n    fieldMappings: [ { identifier: Address, columnName: IPAddress } ]\ntactics:\n  - InitialAccess # first\nversion: 1.0.0\nstreams: [interactive]\n"
	x.apply(x.desired(map[string]string{"rules/a.yaml": file}), PlanOptions{})
	s, err := Read(t.Context(), x.w, ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	r := s.Resources["rule/"+guid(1)]
	p := r.props()
	p["severity"], p["queryPeriod"], p["displayName"] = "High", "P2D", "Very many Blue Team failures"
	p["query"] = "SigninLogs\n| where ResultType !in (\"0\") // failures\n"
	p["customDetails"] = map[string]any{"Who": "UserPrincipalName"}
	delete(p, "tactics")
	delete(p, "techniques")
	p["entityMappings"].([]any)[0].(map[string]any)["fieldMappings"].([]any)[0].(map[string]any)["columnName"] = "Address"
	pulled, err := BuildPull(x.desired(map[string]string{"rules/a.yaml": file}), s, ".", PullOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if len(pulled.Files) != 1 {
		t.Fatalf("%d files change", len(pulled.Files))
	}
	want := strings.NewReplacer("severity: Medium ", "severity: High ", "queryPeriod: 24h", "queryPeriod: 2d", "'Many ${team}", "'Very many ${team}", "!= \"0\" //", "!in (\"0\") //",
		"columnName: IPAddress", "columnName: Address", "tactics:\n  - InitialAccess # first\n", "customDetails:\n  Who: UserPrincipalName\n").Replace(file)
	// The new key stands behind the entities, where the order of keys has it; the old one is gone.
	if d := cmp.Diff(want, string(pulled.Files[0].Data)); d != "" {
		t.Error(d)
	}
	if !x.desired(map[string]string{"rules/a.yaml": string(pulled.Files[0].Data)}).Resources[0].equal(r) {
		t.Error("the edited file does not mean what the workspace holds")
	}
}
