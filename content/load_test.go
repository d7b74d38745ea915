package content

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

const minimalRule = "id: 11111111-1111-4111-8111-111111111111\nname: A\nkind: Scheduled\nquery: T\n"

func fsOf(pairs ...string) fstest.MapFS {
	m := fstest.MapFS{}
	for i := 0; i < len(pairs); i += 2 {
		m[pairs[i]] = &fstest.MapFile{Data: []byte(pairs[i+1])}
	}
	return m
}

func TestLoadProblems(t *testing.T) {
	for _, c := range []struct {
		name string
		fs   fstest.MapFS
		want []string
	}{
		{"nothing", fsOf("a.txt", "x"), []string{"c: no content was found: 1 files, none of them YAML or a workbook; name a folder with rules/, hunting/, functions/, watchlists/ or workbooks/, or a file of content"}},
		{"a rule without a query", fsOf("rules/a.yaml", "name: A\nkind: Scheduled\n"), []string{"c/rules/a.yaml:1:1: a rule without query; add a line query: ..."}},
		{"an empty query", fsOf("rules/a.yaml", "name: A\nkind: Scheduled\nquery: ''\n"), []string{"c/rules/a.yaml:3:1: query of a rule is empty; add a line query: ..."}},
		{"an unknown key", fsOf("rules/a.yaml", minimalRule+"sevrity: High\n"), []string{`c/rules/a.yaml:5:1: a rule has no key "sevrity"; did you mean "severity"?`}},
		{"values of the wrong kind", fsOf("rules/a.yaml", minimalRule+"tactics: InitialAccess\ntriggerThreshold: many\nqueryFrequency: 5 minutes\nseverity: [High]\nsuppressionEnabled: yes\nentityMappings:\n  - Account\n"), []string{
			`c/rules/a.yaml:5:10: tactics is "InitialAccess"; it must be a list`,
			`c/rules/a.yaml:6:19: triggerThreshold is "many"; it must be a whole number`,
			`c/rules/a.yaml:7:17: "5 minutes" is not a duration; write it as 5m, 1h, 14d, hh:mm:ss or PT5M`,
			`c/rules/a.yaml:8:11: severity is a list; it must be a text`,
			`c/rules/a.yaml:9:21: suppressionEnabled is "yes"; it must be true or false`,
			`c/rules/a.yaml:11:5: entityMappings is "Account"; it must be a mapping of keys to values`,
		}},
		{"a list instead of a rule", fsOf("rules/a.yaml", "- a\n"), []string{`c/rules/a.yaml:1:1: the file is a list; it must be a mapping of keys to values`, `c/rules/a.yaml:1:1: a rule without kind; add kind: Scheduled or kind: NRT`}[:1]},
		{"a binary file", fsOf("rules/a.yaml", "\x7fELF\x00\x01"), []string{"c/rules/a.yaml:1:1: the file holds the byte 0x7f, so it is not text; only UTF-8 text is read"}},
		{"a file that is too large", fsOf("rules/a.yaml", strings.Repeat("# x\n", MaxFileSize/4+1)), []string{"c/rules/a.yaml: the file is larger than 8 MB; split it; content files are small"}},
		{"a test without its rule", fsOf("rules/a.test.yaml", "rule: b.yaml\nnow: 2026-01-05\ntests: [{name: x, alerts: []}]\n"), []string{`c/rules/a.test.yaml:1:7: the test names the rule "b.yaml", which is not there; name the rule's file, relative to the test's folder`}},
		{"a JSON workbook that is none", fsOf("workbooks/a.json", "{\"a\": 1"), []string{"c/workbooks/a.json:1:7: the file is no JSON: unexpected end of JSON input; a workbook is one JSON object"}},
		{"unknown kind", fsOf("x.yaml", "a: 1\n"), []string{"c/x.yaml:1:1: nothing tells what this file is, so it is not read; put it into rules/, hunting/, functions/, watchlists/, summaries/, workbooks/, events/, streams/ or tables/"}},
		{"templates", fsOf("events/a.yaml", "x: {table: T, fields: {A: 1}}\ny: {like: z}\n", "events/b.yaml", "x: {like: x}\n"), []string{
			`c/events/a.yaml:2:11: the event template "y" is like "z", which is not there; name a template of this folder`,
			`c/events/b.yaml:1:1: the event template "x" is defined for the second time; the first is c/events/a.yaml:1:1; rename one of them`,
		}},
		{"a watchlist without items", fsOf("watchlists/w.yaml", "alias: w\nitemsSearchKey: A\n"), []string{"c/watchlists/w.yaml:1:1: the watchlist has no items; add items:, or a file w.csv beside it"}},
		{"a watchlist that leaves the folder", fsOf("watchlists/w.yaml", "alias: w\nitemsSearchKey: A\nsource: ../../x.csv\n"), []string{`c/watchlists/w.yaml:3:9: the watchlist's source "../../x.csv" is outside the folder; keep the CSV file beside the watchlist`}},
		{"a broken CSV file", fsOf("watchlists/w.yaml", "alias: w\nitemsSearchKey: A\n", "watchlists/w.csv", "A,B\n1\n"), []string{"c/watchlists/w.csv:2:1: the CSV file cannot be read: wrong number of fields; write one row a line, with the header's number of cells"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, problems := Load(c.fs, Options{Prefix: "c"})
			var got []string
			for _, p := range problems {
				got = append(got, p.Error())
			}
			if !reflect.DeepEqual(got, c.want) {
				t.Errorf("\n got %s\nwant %s", strings.Join(got, "\n     "), strings.Join(c.want, "\n     "))
			}
		})
	}
}

func TestLoadPaths(t *testing.T) {
	fsys := fsOf("rules/a.yaml", minimalRule, "rules/a.test.yaml", "rule: a.yaml\nnow: 2026-01-05T00:00:00Z\ntests: [{name: x, alerts: []}]\n", "rules/b.yaml", minimalRule)
	for _, c := range []struct {
		path       string
		rules      int
		tests      int
		firstError string
	}{
		{"rules", 2, 1, ""}, {"rules/a.yaml", 1, 1, ""}, {"rules/a.test.yaml", 1, 1, ""}, {"rules/b.yaml", 1, 0, ""},
		{"nowhere", 0, 0, "nowhere: the path cannot be read: there is no such file or folder; check its spelling"},
		{"../x", 0, 0, `../x: the path "../x" is outside the folder that is read; name a path inside it`},
	} {
		b, problems := Load(fsys, Options{Paths: []string{c.path}})
		first := ""
		if len(problems) > 0 {
			first = problems[0].Error()
		}
		if len(b.Rules) != c.rules || len(b.Tests) != c.tests || first != c.firstError {
			t.Errorf("%s: %d rules, %d tests, %q", c.path, len(b.Rules), len(b.Tests), first)
		}
		for _, test := range b.Tests {
			if test.Rule == nil || test.Rule.Test != test {
				t.Errorf("%s: the test is not tied to its rule", c.path)
			}
		}
	}
}

func TestLoadSymlinks(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("making links needs a right that tests do not have")
	}
	dir := t.TempDir()
	outside := filepath.Join(t.TempDir(), "secret.yaml")
	os.WriteFile(outside, []byte(minimalRule), 0o644)
	os.MkdirAll(filepath.Join(dir, "rules"), 0o755)
	os.WriteFile(filepath.Join(dir, "rules", "real.yaml"), []byte(minimalRule), 0o644)
	for name, target := range map[string]string{"inside.yaml": "real.yaml", "absolute.yaml": outside, "up.yaml": "../../x.yaml", "circle.yaml": "circle.yaml", "dead.yaml": "none.yaml"} {
		if err := os.Symlink(target, filepath.Join(dir, "rules", name)); err != nil {
			t.Skip(err)
		}
	}
	b, problems := Load(os.DirFS(dir), Options{})
	var got []string
	for _, p := range problems {
		got = append(got, p.Span.File+" "+p.Message)
	}
	want := []string{
		"rules/absolute.yaml the symbolic link leads outside the folder",
		"rules/circle.yaml the symbolic links form a circle",
		"rules/dead.yaml the symbolic link leads nowhere",
		"rules/up.yaml the symbolic link leads outside the folder",
	}
	if !reflect.DeepEqual(got, want) || len(b.Rules) != 2 {
		t.Errorf("%d rules\n%s", len(b.Rules), strings.Join(got, "\n"))
	}
}

func TestReadRule(t *testing.T) {
	b, problems := Load(fsOf("rules/r.yaml", `id: 11111111-1111-4111-8111-111111111111
name: A rule
kind: Scheduled
version: 1.10
severity: High
requiredDataConnectors:
  - connectorId: AzureActiveDirectory
    dataTypes: [SigninLogs]
queryFrequency: 1h
queryPeriod: P1D
triggerOperator: gt
triggerThreshold: 0
tactics: [InitialAccess]
relevantTechniques: [T1078, T1078.004]
query: |
  SigninLogs
  | where ResultType == "0"
entityMappings:
  - entityType: Account
    fieldMappings:
      - { identifier: FullName, columnName: UserPrincipalName }
customDetails: { Zeta: B, Alpha: A }
alertDetailsOverride:
  alertDisplayNameFormat: 'x {{User}}'
  alertDynamicProperties: [{ alertProperty: AlertLink, value: Link }]
incidentConfiguration:
  groupingConfiguration: { enabled: true, lookbackDuration: 5h, matchingMethod: Selected, groupByEntities: [Account] }
suppressionDuration: 5h
tags: [one, { Schema: ASIMAuthentication }]
blindspots:
  - { what: w, reason: r, streams: [SigninLogs] }
`), Options{})
	if len(problems) > 0 || len(b.Rules) != 1 {
		t.Fatal(problems)
	}
	r := b.Rules[0]
	if r.Version != "1.10" || r.TriggerOperator != "GreaterThan" || r.QueryPeriod.Value != 24*time.Hour || !r.Enabled ||
		!reflect.DeepEqual(r.CustomDetails, []CustomDetail{{"Zeta", "B"}, {"Alpha", "A"}}) ||
		!reflect.DeepEqual(r.Tags, []Tag{{"", "one"}, {"Schema", "ASIMAuthentication"}}) ||
		r.EntityMappings[0].FieldMappings[0] != (FieldMapping{"FullName", "UserPrincipalName"}) ||
		r.AlertDetails.DynamicProperties[0] != (DynamicProperty{"AlertLink", "Link"}) ||
		!r.Incident.CreateIncident || r.Incident.Grouping.MatchingMethod != "Selected" ||
		r.Blindspots[0].Streams[0] != "SigninLogs" {
		t.Errorf("%+v", r)
	}
	if p := r.Query.Position(strings.Index(r.Query.String(), "ResultType")); p != (Position{17, 11}) {
		t.Errorf("ResultType is at %v", p)
	}
}

func TestReadOthers(t *testing.T) {
	b, problems := Load(fsOf(
		"functions/f.yaml", "alias: F\nparameters:\n  - { name: a, type: string, default: x }\n  - { name: b, type: int, default: 5 }\n  - { name: T, type: '(*)' }\nquery: print a\n",
		"Parsers/ASIM/p.yaml", "Parser: { Title: T, Version: '0.1' }\nParserName: vimX\nParserParams:\n  - { Name: disabled, Type: bool, Default: false }\nParserQuery: print 1\n",
		"watchlists/w.yaml", "alias: w\nitemsSearchKey: A\nitems:\n  - { A: x, B: 5 }\n  - { A: y, B: null }\n",
		"watchlists/v.yaml", "itemsSearchKey: A\n", "watchlists/v.csv", "\uFEFFA,B\nx,\"1,2\"\n",
		"workbooks/b.json", `{"version":"Notebook/1.0","items":[{"type":12,"content":{"items":[{"type":3,"name":"q","content":{"query":"T"}}]}},{"type":9,"content":{"parameters":[{"name":"P","query":"U"}]}}]}`,
		"tables/t.yaml", "name: My_CL\ncolumns: { TimeGenerated: datetime, N: Int32 }\n",
		"events/e.yaml", "x:\n  table: T\n  fields: { A.b: 1 }\n  in: { U: { C: 2 } }\n",
		"hunting/h.yaml", "id: 1\nname: H\nquery: T\n",
		"blindspot.yaml", "workspaces: {}\n",
	), Options{})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	f := b.Function("F")
	if f == nil || f.Parameters[0].Default != `"x"` || f.Parameters[1].Default != "5" || f.Parameters[2].Type != "(*)" {
		t.Errorf("%+v", f)
	}
	if p := b.Function("vimX"); p == nil || p.Version != "0.1" || p.Parameters[0].Type != "bool" {
		t.Errorf("%+v", p)
	}
	if w := b.Watchlist("W"); w == nil || len(w.Items) != 2 || w.Items[0][1].Value != "5" || w.Items[1][1].Value != "" || len(w.Columns) != 2 {
		t.Errorf("%+v", w)
	}
	if v := b.Watchlist("v"); v == nil || v.Body != "watchlists/v.csv" || v.Items[0][1].Value != "1,2" || v.Items[0][0].Name != "A" {
		t.Errorf("%+v", v)
	}
	if k := b.Workbooks; len(k) != 1 || fmt.Sprint(k[0].Items[1].Query, k[0].Items[1].Path, k[0].Items[3].Query) != "Titems.0.content.items.0U" {
		t.Errorf("%+v", k)
	}
	if tb := b.Table("My_CL"); tb == nil || tb.Columns[1].Type != "int" {
		t.Errorf("%+v", tb)
	}
	if e := b.Template("x"); e == nil || e.Fields[0].Name != "A.b" || e.In[0].Table != "U" {
		t.Errorf("%+v", e)
	}
	if b.Config == nil || len(b.Hunting) != 1 {
		t.Errorf("config %v, %d hunting queries", b.Config, len(b.Hunting))
	}
}

func TestReadTest(t *testing.T) {
	b, problems := Load(fsOf("rules/a.yaml", minimalRule, "rules/a.test.yaml", `rule: a.yaml
now: 2026-01-05T11:00:00Z
tests:
  - name: fires
    until: 2026-01-05T13:00:00Z
    events:
      SigninLogs:
        - { use: signin.failure, at: -30m, repeat: 4, every: 30s, ingested: +4m, set: { IPAddress: 203.0.113.9, ResultType: 50126 } }
        - { use: signin.success, at: -1d, every: -1d }
    tables: { A: missing, B: { empty: [X] }, C: [ { N: 1 } ] }
    watchlists: { w: [ { User: a } ], v: missing }
    functions: { f: "print 1" }
    alerts:
      - { severity: Medium, entities: { IP: [203.0.113.9], Account: one }, columns: { Users: 9 } }
    incidents:
      - { title: x, alerts: 2 }
  - name: quiet
    alerts: []
`), Options{})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	c := b.Tests[0].Tests[0]
	e := c.Events[0].Events[0]
	if e.Repeat != 4 || e.Every != 30*time.Second || e.At.Offset != -30*time.Minute || e.Ingested.Offset != 4*time.Minute || e.Set[0].Value != "203.0.113.9" ||
		c.Events[0].Events[1].Every != -24*time.Hour || c.Events[0].Events[1].Repeat != 1 {
		t.Errorf("%+v", c.Events)
	}
	if !c.Tables[0].Missing || c.Tables[1].Empty[0] != "X" || len(c.Tables[2].Rows) != 1 || !c.Watchlists[1].Missing || c.Functions[0].Query.String() != "print 1" {
		t.Errorf("%+v", c)
	}
	if a := c.Alerts[0]; a.Entities[0].Values[0] != "203.0.113.9" || a.Entities[1].Values[0] != "one" || a.Rows != -1 || c.Incidents[0].Alerts != 2 {
		t.Errorf("%+v", c.Alerts)
	}
	if q := b.Tests[0].Tests[1]; q.Alerts == nil || len(q.Alerts) != 0 || q.Incidents != nil {
		t.Errorf("%+v", q)
	}
}

// The result must not depend on the number of workers.
func TestLoadIsDeterministic(t *testing.T) {
	fsys := fstest.MapFS{}
	for i := range 200 {
		fsys[fmt.Sprintf("rules/r%03d.yaml", i)] = &fstest.MapFile{Data: []byte(minimalRule + "zzz: 1\n")}
	}
	var first string
	for _, workers := range []int{1, 2, 8} {
		b, problems := Load(fsys, Options{Workers: workers})
		var s strings.Builder
		for _, r := range b.Rules {
			s.WriteString(r.File() + "\n")
		}
		for _, p := range problems {
			s.WriteString(p.Error() + "\n")
		}
		if first == "" {
			first = s.String()
		}
		if s.String() != first || len(b.Rules) != 200 || len(problems) != 200 {
			t.Errorf("%d workers: another result (%d rules, %d problems)", workers, len(b.Rules), len(problems))
		}
	}
}

func TestEmbedded(t *testing.T) {
	b, problems := Load(Embedded(), Options{})
	for _, p := range problems {
		if p.Severity == Error {
			t.Error(p)
		}
	}
	if len(b.Streams) < 5 {
		t.Errorf("%d streams", len(b.Streams))
	}
}

func FuzzLoadRule(f *testing.F) {
	f.Add([]byte(minimalRule), "rules/a.yaml")
	f.Add([]byte("rule: a.yaml\ntests: [{events: {T: [{at: -5m, set: {A: 1}}]}, alerts: [{}]}]\n"), "rules/a.test.yaml")
	f.Add([]byte("alias: w\nitemsSearchKey: A\nitems: [{A: 1}]\n"), "watchlists/a.yaml")
	f.Add([]byte("x: {table: T, fields: {A: &a [1, *a]}}\n"), "events/a.yaml")
	f.Add([]byte(`{"version":"Notebook/1.0","items":[{"type":3}]}`), "workbooks/a.json")
	f.Add([]byte("- {name: a, columns: {A: int}}\n"), "x.yaml")
	f.Fuzz(func(t *testing.T, data []byte, name string) {
		if len(data) > 1<<16 {
			return
		}
		switch name {
		case "rules/a.yaml", "rules/a.test.yaml", "watchlists/a.yaml", "events/a.yaml", "workbooks/a.json", "x.yaml", "functions/a.yaml", "tables/a.yaml", "streams/a.yaml", "hunting/a.yaml":
		default:
			name = "rules/a.yaml"
		}
		_, problems := Load(fstest.MapFS{name: &fstest.MapFile{Data: data}}, Options{})
		for _, p := range problems {
			if p.Message == "" || strings.ContainsAny(p.Message, "\n\r") || strings.Contains(p.Message, "the YAML reader failed") {
				t.Errorf("%q", p.Error())
			}
		}
	})
}

// FuzzWatchlistCSV reads anything as the CSV of a watchlist: its rows have the columns of its head, and a mistake is named at a place.
func FuzzWatchlistCSV(f *testing.F) {
	for _, s := range []string{"A,B\n1,2\n", "\xef\xbb\xbfA\r\n\"x\ny\"\r\n", "A,A\n1,2\n", "A\n1,2\n", "\"", "", ",\n,\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<16 {
			return
		}
		b, problems := Load(fstest.MapFS{"watchlists/w.yaml": {Data: []byte("alias: w\ndisplayName: w\nitemsSearchKey: A\n")}, "watchlists/w.csv": {Data: data}}, Options{})
		for _, p := range problems {
			if p.Message == "" || strings.ContainsAny(p.Message, "\n\r") {
				t.Errorf("%q", p.Error())
			}
		}
		for _, w := range b.Watchlists {
			for _, item := range w.Items {
				if len(item) > len(w.Columns) {
					t.Errorf("%q: a row of %d for %d columns", data, len(item), len(w.Columns))
				}
			}
		}
	})
}
