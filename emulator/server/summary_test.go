package server

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-caab1ad3/blindspot/content/tables"
	"github.com/seed-caab1ad3/blindspot/emulator"
	"github.com/seed-caab1ad3/blindspot/emulator/catalog"
)

// moving is a clock that a test moves.
type moving struct{ at atomic.Int64 }

func (m *moving) now() time.Time    { return time.Unix(0, m.at.Load()).UTC() }
func (m *moving) set(t time.Time)   { m.at.Store(t.UnixNano()) }
func at(hour, minute int) time.Time { return time.Date(2026, 1, 5, hour, minute, 0, 0, time.UTC) }

func (m *moving) server(t *testing.T, dir string) *Server {
	t.Helper()
	s, err := New(Options{Engine: Adapt(emulator.New(emulator.Options{Catalog: catalog.New(tables.Sentinel), Clock: m.now})), Now: m.now, State: dir})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestSummaryBins lets the clock run: every bin is summed up once, when it is due, over the rows that had come in by then; a
// restart goes on where it was.
func TestSummaryBins(t *testing.T) {
	m := &moving{}
	m.set(at(9, 44))
	dir := t.TempDir()
	s := m.server(t, dir)
	put := func(path, body string) {
		t.Helper()
		if w := send(s, "PUT", s.WorkspaceResource()+path, body); w.Code > 201 {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
	}
	put("/providers/Microsoft.Insights/diagnosticSettings/d?api-version=2021-05-01-preview", `{"properties":{"workspaceId":"`+s.WorkspaceResource()+`","logs":[{"category":"SummaryLogs","enabled":true}]}}`)
	put("/summaryLogs/hourly?api-version=2025-07-01", `{"properties":{"ruleDefinition":{"query":"SigninLogs | summarize N = count() by ResultType","binSize":60,"destinationTable":"Hourly_CL"}}}`)
	row := func(when time.Time, code string) {
		t.Helper()
		body := fmt.Sprintf(`[{"TimeGenerated":%q,"ResultType":%q}]`, when.Format(time.RFC3339), code)
		if w := send(s, "POST", "/dataCollectionRules/d/streams/Microsoft-SigninLogs?api-version=2023-01-01", body); w.Code != 204 {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
	}
	ask := func(query string) string {
		t.Helper()
		w := send(s, "POST", "/v1/workspaces/"+s.opts.WorkspaceID+"/query", fmt.Sprintf(`{"query":%q}`, query))
		_, rows, _ := strings.Cut(w.Body.String(), `"rows":`)
		return strings.TrimSuffix(strings.TrimSpace(rows), "}]}")
	}
	const all = "Hourly_CL | project Bin = format_datetime(_BinStartTime, 'HH'), ResultType, N, Ran = format_datetime(TimeGenerated, 'HH:mm') | sort by Bin asc, ResultType asc"

	row(at(9, 10), "0") // before the rule was made, in its first bin, 09:00 to 10:00
	m.set(at(9, 50))
	row(at(9, 45), "50126")
	m.set(at(10, 3))
	row(at(9, 59), "50126") // late, and not too late
	if got := ask(all); got != "[]" {
		t.Errorf("at 10:03 there is %s; the bin is due at 10:04", got)
	}
	m.set(at(10, 10))
	row(at(9, 58), "50126") // too late, although nobody has asked yet
	first := `["09","0",1,"10:04"],["09","50126",2,"10:04"]`
	if got := ask(all); got != "["+first+"]" {
		t.Errorf("at 10:10 there is %s", got)
	}
	m.set(at(10, 30))
	row(at(10, 20), "0")
	if err := s.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	m.set(at(14, 30)) // bins that were due while nothing ran
	s = m.server(t, dir)
	defer s.Close(context.Background())
	want := "[" + first + `,["10","0",1,"11:04"]]`
	for range 2 {
		if got := ask(all); got != want {
			t.Errorf("at 14:30 there is %s\nwant %s", got, want)
		}
	}
	if got := ask("LASummaryLogs | where RuleName == 'hourly' | summarize count(), take_any(BinSize), sum(ResultsRecordCount) by Status | sort by Status asc"); got != `[["Started",5,60,0],["Succeeded",5,60,3]]` {
		t.Errorf("LASummaryLogs has %s", got)
	}
	if got := ask("Hourly_CL | summarize dcount(_RuleLastModifiedTime), min(_BinSize), take_any(_RuleName)"); got != `[[1,60,"hourly"]]` {
		t.Errorf("the standard columns are %s", got)
	}
}

// TestResetForgetsRows empties tables too, those of earlier runs among them.
func TestResetForgetsRows(t *testing.T) {
	m := &moving{}
	m.set(at(12, 0))
	dir := t.TempDir()
	s := m.server(t, dir)
	count := func() string {
		w := send(s, "POST", "/v1/workspaces/"+s.opts.WorkspaceID+"/query", `{"query":"SigninLogs | count"}`)
		return w.Body.String()
	}
	if w := send(s, "POST", "/dataCollectionRules/d/streams/Microsoft-SigninLogs?api-version=2023-01-01", `[{"ResultType":"0"}]`); w.Code != 204 {
		t.Fatal(w.Body)
	}
	if got := count(); !strings.Contains(got, "[[1]]") {
		t.Fatal(got)
	}
	reset(t, s)
	if got := count(); !strings.Contains(got, "[[0]]") {
		t.Errorf("after the reset: %s", got)
	}
	if err := s.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	s = m.server(t, dir)
	defer s.Close(context.Background())
	if got := count(); !strings.Contains(got, "[[0]]") {
		t.Errorf("after a restart: %s", got)
	}
}

// TestResetKeepsSeeds gives the rows back that the workspace began with, also in a table that others came to.
func TestResetKeepsSeeds(t *testing.T) {
	file := t.TempDir() + "/SigninLogs.jsonl"
	if err := os.WriteFile(file, []byte(`{"TimeGenerated":"2026-01-05T10:00:00Z","UserPrincipalName":"alice@contoso.example"}`+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	e, err := AdaptMade(func() (*emulator.Workspace, error) {
		w := emulator.New(emulator.Options{Catalog: catalog.New(tables.Sentinel), Clock: clock})
		_, err := w.LoadPaths([]string{file}, emulator.LoadOptions{})
		return w, err
	})
	if err != nil {
		t.Fatal(err)
	}
	s, err := New(Options{Engine: e, Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	send(s, "POST", "/dataCollectionRules/d/streams/Microsoft-SigninLogs?api-version=2023-01-01", `[{"ResultType":"0"},{"ResultType":"1"}]`)
	reset(t, s)
	// A standard table has all its columns from the start, whatever its rows name.
	w := send(s, "POST", "/v1/workspaces/"+s.opts.WorkspaceID+"/query", `{"query":"SigninLogs | project UserPrincipalName, ResultType, AppDisplayName"}`)
	if got := w.Body.String(); !strings.Contains(got, `[["alice@contoso.example","",""]]`) {
		t.Errorf("after the reset: %s", got)
	}
}

func reset(t *testing.T, s *Server) {
	t.Helper()
	r := httptest.NewRequest("POST", "/reset", nil)
	r.Header.Set("x-blindspot-reset", "1")
	if w := newRecorder(s, r); w.Code != 204 {
		t.Fatal(w.Code, w.Body)
	}
}

// TestLongQueryStopsNoChange writes functions and asks for them while one query lasts.
func TestLongQueryStopsNoChange(t *testing.T) {
	s, c := started(t, Options{})
	path := "/v1/workspaces/" + s.opts.WorkspaceID + "/query"
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	done := make(chan error, 1)
	go func() {
		r, err := http.NewRequestWithContext(ctx, "POST", s.SecureURL()+path, strings.NewReader(`{"query":"range x from 1 to 4500000 step 1 | extend y = hash_sha256(strcat(x, hash_sha256(tostring(x)))) | where y == '' | count"}`))
		if err != nil {
			done <- err
			return
		}
		r.Header.Set("Authorization", "Bearer x")
		_, err = c.Do(r)
		done <- err
	}()
	for s.running.Load() == 0 {
		time.Sleep(time.Millisecond)
	}
	for i := range 3 {
		if status, _, text := do(t, s, c, "PUT", s.WorkspaceResource()+fmt.Sprintf("/savedSearches/f%d?api-version=2020-08-01", i), fmt.Sprintf(`{"properties":{"category":"F","displayName":"F","query":"SigninLogs","functionAlias":"F%d"}}`, i)); status != 200 {
			t.Fatal(status, text)
		}
		if status, _, text := do(t, s, c, "POST", path, fmt.Sprintf(`{"query":"F%d | count"}`, i)); status != 200 || !strings.Contains(text, "[[3]]") {
			t.Fatal(status, text)
		}
	}
	select {
	case err := <-done:
		t.Errorf("the long query ended before the short ones: %v", err)
	default:
	}
}

// TestFunctionLosesItsAlias takes a function away by a write that leaves a hunting query in its place.
func TestFunctionLosesItsAlias(t *testing.T) {
	s, _ := started(t, Options{})
	put := func(alias string) {
		if w := send(s, "PUT", s.WorkspaceResource()+"/savedSearches/f?api-version=2020-08-01", `{"properties":{"category":"F","displayName":"F","query":"SigninLogs"`+alias+`}}`); w.Code != 200 {
			t.Fatal(w.Code, w.Body)
		}
	}
	ask := func() int {
		return send(s, "POST", "/v1/workspaces/"+s.opts.WorkspaceID+"/query", `{"query":"Failed | count"}`).Code
	}
	put(`,"functionAlias":"Failed"`)
	if got := ask(); got != 200 {
		t.Error(got)
	}
	put("")
	if got := ask(); got != 400 {
		t.Errorf("the function is gone, and a query that calls it is answered with %d", got)
	}
}
