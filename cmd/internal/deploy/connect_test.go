package deploy

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-caab1ad3/blindspot/cmd/internal/azure"
	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/emulator"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/result"
	"github.com/seed-caab1ad3/blindspot/emulator/server"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

// withEvents is a stand-in whose SigninLogs hold rows of the last hours.
func withEvents(t testing.TB, n int) *standIn {
	t.Helper()
	e := emulator.New(emulator.Options{})
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `{"TimeGenerated":%q,"UserPrincipalName":"u%d@contoso.example","ResultType":"0"}`+"\n", time.Now().UTC().Add(-time.Duration(i+1)*time.Minute).Format(time.RFC3339Nano), i%7)
	}
	if _, err := e.IngestJSON("SigninLogs", strings.NewReader(b.String())); err != nil {
		t.Fatal(err)
	}
	return newStandIn(t, server.Options{Engine: server.Adapt(e)})
}

func (x *standIn) ask(ctx context.Context, kql string) ([][]string, error) {
	r, err := x.w.Query(ctx, kql, azure.QueryOptions{})
	if err != nil {
		return nil, err
	}
	t := r.Primary()
	out := make([][]string, t.Rows)
	for i := range out {
		for j := range t.Columns {
			if v := t.Value(i, j); v.Null {
				out[i] = append(out[i], "")
			} else if v.Type == value.String {
				out[i] = append(out[i], v.S)
			} else {
				out[i] = append(out[i], strings.Trim(string(result.AppendJSONValue(nil, v)), `"`))
			}
		}
	}
	return out, nil
}

func entraStreams(t testing.TB) []*content.Stream {
	t.Helper()
	b, _ := content.Load(content.Embedded(), content.Options{Paths: []string{"streams"}})
	if len(b.Streams) < 4 {
		t.Fatal("the pack has no streams")
	}
	return b.Streams
}

func TestConnectKeepsWhatIsThere(t *testing.T) {
	x := withEvents(t, 50)
	ctx := t.Context()
	other := map[string]any{"workspaceId": x.target.ResourceID(), "eventHubName": "hub", "logs": []any{
		map[string]any{"category": "AuditLogs", "enabled": true, "retentionPolicy": map[string]any{"enabled": false, "days": 0}},
		map[string]any{"category": "SignInLogs", "enabled": false, "retentionPolicy": map[string]any{"enabled": true, "days": 30}}}}
	if _, err := x.w.Do(ctx, azure.Request{Method: http.MethodPut, Path: diagnosticSettings + "/soc", Version: entraVersion, Body: map[string]any{"properties": other}}); err != nil {
		t.Fatal(err)
	}
	users := x.desired(map[string]string{"rules/a.yaml": scheduled(1, "Failures", ""), "rules/b.yaml": strings.Replace(scheduled(2, "Background", ""), "SigninLogs", "AADNonInteractiveUserSignInLogs", 1)}).Resources
	s, err := ReadStatus(ctx, x.w, entraStreams(t), users, 7, x.ask)
	if err != nil {
		t.Fatal(err)
	}
	byName := map[string]*StreamStatus{}
	for _, r := range s.Streams {
		byName[r.Category] = r
	}
	signin := byName["SignInLogs"]
	if signin.Enabled == nil || *signin.Enabled || signin.Rows != 50 || signin.BytesPerDay <= 0 || signin.DelayP95Seconds == nil || cmp.Diff(signin.UsedBy, []string{"Failures"}) != "" || len(signin.Blind) != 0 {
		t.Errorf("%+v", signin)
	}
	if b := byName["NonInteractiveUserSignInLogs"]; b.Rows != 0 || b.Note != "" || cmp.Diff(b.Blind, []string{"Background"}) != "" {
		t.Errorf("%+v", b)
	}
	if a := byName["AuditLogs"]; a.Enabled == nil || !*a.Enabled || a.Setting != "soc" {
		t.Errorf("%+v", a)
	}
	c, err := PlanConnection(ctx, x.w, []string{"signinlogs", "NonInteractiveUserSignInLogs", "AuditLogs"}, true, "", entraStreams(t), map[string]float64{"noninteractiveusersigninlogs": 2}, s, 4)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"SignInLogs", "NonInteractiveUserSignInLogs"}, c.On); d != "" || c.Setting != "soc" || c.New || c.Already[0] != "AuditLogs" {
		t.Errorf("%s %+v", d, c)
	}
	if c.Total == nil || math.Abs(*c.Total-(8+signin.BytesPerDay/1e9*4)) > 1e-9 || c.Cost[1].From != "given" || c.Cost[0].From != "measured" {
		t.Errorf("cost %+v total %v", c.Cost, c.Total)
	}
	if err := Connect(ctx, x.w, c); err != nil {
		t.Fatal(err)
	}
	m, _, err := x.w.Get(ctx, diagnosticSettings+"/soc", entraVersion)
	if err != nil {
		t.Fatal(err)
	}
	p := m["properties"].(map[string]any)
	b, _ := json.Marshal(p["logs"])
	if p["eventHubName"] != "hub" || !strings.Contains(string(b), `{"category":"SignInLogs","enabled":true,"retentionPolicy":{"days":30,"enabled":true}}`) || !strings.Contains(string(b), "NonInteractive") || !strings.Contains(string(b), `"AuditLogs","enabled":true`) {
		t.Errorf("%v %s", p, b)
	}
	// Somebody else's change between the plan and the change is not lost.
	if err := Connect(ctx, x.w, c); err == nil {
		t.Error("a setting that was changed meanwhile is overwritten")
	}
}

func TestQueryIsExact(t *testing.T) {
	x := withEvents(t, 3)
	r, err := x.w.Query(t.Context(), `print L=9223372036854775807, I=int(-5), D=decimal(1.10), S=1d + 2h, R=real(0.1), B=true, G=guid(01234567-89ab-cdef-0123-456789abcdef), T=datetime(2026-01-05T10:00:00.1234567Z), J=dynamic({"a":[1,9007199254740993]}), N=long(null), E=""`, azure.QueryOptions{})
	if err != nil {
		t.Fatal(err)
	}
	tab := r.Primary()
	var got []string
	for j, c := range tab.Columns {
		v := tab.Value(0, j)
		text := string(result.AppendJSONValue(nil, v))
		if v.Null {
			text = "null"
		}
		got = append(got, c.Name+":"+c.Type.String()+"="+text)
	}
	want := []string{"L:long=9223372036854775807", "I:int=-5", "D:decimal=1.10", `S:timespan="1.02:00:00"`, "R:real=0.1", "B:bool=true", `G:guid="01234567-89ab-cdef-0123-456789abcdef"`, `T:datetime="2026-01-05T10:00:00.1234567Z"`, `J:dynamic={"a":[1,9007199254740993]}`, "N:long=null", `E:string=""`}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if _, err := x.w.Query(t.Context(), "SigninLogs | where Nowhere == 1", azure.QueryOptions{}); err == nil || !strings.Contains(err.Error(), "Nowhere") || !strings.Contains(err.Error(), "400") {
		t.Errorf("a wrong query: %v", err)
	}
}

// TestPreludeStandsForTables runs a query over rows that come with it, in the workspace.
func TestPreludeStandsForTables(t *testing.T) {
	x := withEvents(t, 3)
	when := func(s string) value.Value { v, _ := value.ParseDateTime(s); return value.NewDateTime(v) }
	tab := &result.Table{Rows: 2, Columns: []result.Column{{Name: "TimeGenerated", Type: value.DateTime}, {Name: "Who", Type: value.String}, {Name: "Doc", Type: value.Dynamic}, {Name: azure.IngestedColumn, Type: value.DateTime}},
		Vectors: []vector.Column{
			vector.FromValues(value.DateTime, when("2026-01-05T10:00:00Z"), when("2026-01-05T09:00:00Z")), vector.FromValues(value.String, value.NewString(`a"b\c`), value.NewString("two")),
			vector.FromValues(value.Dynamic, value.NewDynamic(value.ParseDynamic(`{"k":"v\"w"}`)), value.Null(value.Dynamic)), vector.FromValues(value.DateTime, when("2026-01-05T10:04:00Z"), when("2026-01-05T09:30:00Z"))}}
	prelude, err := azure.Prelude(map[string]*result.Table{"SigninLogs": tab})
	if err != nil {
		t.Fatal(err)
	}
	query := azure.WithPrelude(prelude, []azure.Function{{Alias: "Late", Parameters: "", Query: "SigninLogs | extend D = ingestion_time() - TimeGenerated"}}, "Late() | where TimeGenerated > ago(1h) | project Who, D, K = tostring(Doc.k) // ago(9d)", when("2026-01-05T10:30:00Z"))
	rows, err := x.ask(t.Context(), query)
	if err != nil {
		t.Fatalf("%v\n%s", err, query)
	}
	if d := cmp.Diff([][]string{{`a"b\c`, "00:04:00", `v"w`}}, rows); d != "" {
		t.Errorf("%s\n%s", d, query)
	}
}

func TestTablesWithoutRowsWarn(t *testing.T) {
	x := withEvents(t, 3)
	p := x.plan(x.desired(map[string]string{"rules/a.yaml": scheduled(1, "A", ""), "rules/b.yaml": strings.Replace(scheduled(2, "B", ""), "SigninLogs", "AuditLogs", 1)}), PlanOptions{})
	p.WarnTables(t.Context(), x.ask)
	if len(p.Actions[0].Warnings) != 0 || len(p.Actions[1].Warnings) != 1 || !strings.Contains(p.Actions[1].Warnings[0], "AuditLogs") {
		t.Errorf("%v %v %v", p.Actions[0].Warnings, p.Actions[1].Warnings, p.Notes)
	}
}
