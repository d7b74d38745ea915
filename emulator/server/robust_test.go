package server

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// A server under hostile and heavy clients: it answers or cuts off, keeps its bounds, and serves the next one.

// do sends a request with a token, over the plain listener.
func do(t *testing.T, s *Server, c *http.Client, method, path, body string, headers ...string) (int, http.Header, string) {
	t.Helper()
	r, err := http.NewRequest(method, s.URL()+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer x")
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	a, err := c.Do(r)
	if err != nil {
		return 0, nil, err.Error()
	}
	defer a.Body.Close()
	b, err := io.ReadAll(a.Body)
	if err != nil {
		return 0, nil, err.Error()
	}
	return a.StatusCode, a.Header, string(b)
}

// slowEngine answers once it is let.
type slowEngine struct {
	Engine
	running atomic.Int64
	let     chan struct{}
}

func (e *slowEngine) Query(ctx context.Context, text string, r Run) (*Answer, error) {
	e.running.Add(1)
	select {
	case <-e.let:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return e.Engine.Query(ctx, text, r)
}

// TestOverload sends more queries than may run: those that are too many are told to come again, and the others are answered.
func TestOverload(t *testing.T) {
	e := &slowEngine{Engine: testEngine(t), let: make(chan struct{})}
	s, c := started(t, Options{Engine: e})
	path := "/v1/workspaces/" + s.opts.WorkspaceID + "/query"
	const more = 60
	var wait sync.WaitGroup
	var good, refused atomic.Int64
	for range mostConcurrent {
		wait.Go(func() {
			if status, _, text := do(t, s, c, "POST", path, `{"query":"print 1"}`); status == 200 {
				good.Add(1)
			} else {
				t.Error(status, text)
			}
		})
	}
	for deadline := time.Now().Add(60 * time.Second); s.running.Load() < mostConcurrent || e.running.Load() < mostRunning; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("only %d queries run and %d are there", e.running.Load(), s.running.Load())
		}
	}
	if n := e.running.Load(); n != mostRunning {
		t.Errorf("%d queries run at once, want %d", n, mostRunning)
	}
	for range more {
		wait.Go(func() {
			status, h, text := do(t, s, c, "POST", path, `{"query":"print 1"}`)
			if n, err := strconv.Atoi(h.Get("Retry-After")); status != 429 || err != nil || n < 1 || !strings.Contains(text, "TooManyRequests") {
				t.Error(status, h, text)
			}
			if refused.Add(1) == more {
				close(e.let)
			}
		})
	}
	wait.Wait()
	if good.Load() != mostConcurrent {
		t.Errorf("%d queries were answered, want %d", good.Load(), mostConcurrent)
	}
	if status, _, text := do(t, s, c, "POST", path, `{"query":"print 1"}`); status != 200 {
		t.Error("after the rush:", status, text)
	}
}

func TestThrottledARM(t *testing.T) {
	s, c := started(t, Options{})
	s.throttle.n, s.throttle.since = throttleMost-2, time.Now()
	var codes []int
	for range 4 {
		status, h, _ := do(t, s, c, "GET", s.WorkspaceResource()+"?api-version=2022-10-01", "")
		codes = append(codes, status)
		if status == 429 && h.Get("Retry-After") == "" {
			t.Error("no Retry-After")
		}
	}
	if fmt.Sprint(codes) != "[200 200 429 429]" {
		t.Error(codes)
	}
	s.throttle.since = s.throttle.since.Add(-throttleWindow - time.Second) // the workspace's clock stands still
	if status, _, text := do(t, s, c, "GET", s.WorkspaceResource()+"?api-version=2022-10-01", ""); status != 200 {
		t.Error("after the window:", status, text)
	}
}

// dial opens a connection of bytes.
func dial(t *testing.T, s *Server) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(s.URL(), "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// answered reads the status line of an answer; "" when the connection is cut without one.
func answered(t *testing.T, c net.Conn, within time.Duration) string {
	t.Helper()
	if err := c.SetReadDeadline(time.Now().Add(within)); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(c).ReadString('\n')
	if e, ok := err.(net.Error); ok && e.Timeout() {
		t.Fatalf("no answer and no cut within %s", within)
	}
	return strings.TrimSpace(line)
}

func TestMillionHeaders(t *testing.T) {
	s, c := started(t, Options{})
	for name, line := range map[string]string{"many": "X-%d: y\r\n", "long": "X-%d: " + strings.Repeat("y", 1000) + "\r\n"} {
		conn := dial(t, s)
		w := bufio.NewWriter(conn)
		fmt.Fprint(w, "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n")
		sent := 0
		for i := range 1_000_000 {
			if _, err := fmt.Fprintf(w, line, i); err != nil {
				break // it has been cut off
			}
			sent++
		}
		if sent > 500_000 {
			t.Errorf("%s: %d headers were taken", name, sent)
		}
		if line := answered(t, conn, 30*time.Second); line != "" && !strings.Contains(line, "431") {
			t.Errorf("%s: %q", name, line)
		}
	}
	if status, _, _ := do(t, s, c, "GET", "/health", ""); status != 200 {
		t.Error("the server is not well:", status)
	}
}

// TestSlowLoris keeps 200 connections that send a byte now and then: others are served, and a body that does not come in
// time is given up.
func TestSlowLoris(t *testing.T) {
	s, c := started(t, Options{})
	s.bodyTime = 700 * time.Millisecond
	var conns []net.Conn
	for i := range 200 {
		conn := dial(t, s)
		head := "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: "
		if i%2 == 1 {
			head = "PUT " + metadataPath(s, fmt.Sprint("slow", i)) + " HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer x\r\nContent-Length: 100000\r\n\r\n{"
		}
		if _, err := io.WriteString(conn, head); err != nil {
			t.Fatal(err)
		}
		conns = append(conns, conn)
	}
	stop := make(chan struct{})
	var drip sync.WaitGroup
	drip.Go(func() {
		for {
			for _, conn := range conns {
				_, _ = io.WriteString(conn, " ")
			}
			select {
			case <-stop:
				return
			case <-time.After(100 * time.Millisecond):
			}
		}
	})
	begin := time.Now()
	for i := range 20 {
		if status, _, text := do(t, s, c, "PUT", metadataPath(s, fmt.Sprint("quick", i)), fmt.Sprintf(metadataBody, "1.0.0")); status != 201 {
			t.Error(status, text)
		}
	}
	if d := time.Since(begin); d > 30*time.Second {
		t.Errorf("20 writes took %s beside slow clients", d)
	}
	for i := 1; i < len(conns); i += 2 {
		if line := answered(t, conns[i], 30*time.Second); line != "" && !strings.Contains(line, "408") {
			t.Fatalf("a body that does not come is answered %q", line)
		}
	}
	close(stop)
	drip.Wait()
}

// TestSlowQueryAfterBody shows that the time for a body is no time for a query.
func TestSlowQueryAfterBody(t *testing.T) {
	e := &slowEngine{Engine: testEngine(t), let: make(chan struct{})}
	s, c := started(t, Options{Engine: e})
	s.bodyTime = 50 * time.Millisecond
	time.AfterFunc(400*time.Millisecond, func() { close(e.let) })
	for range 2 {
		if status, _, text := do(t, s, c, "POST", "/v1/workspaces/"+s.opts.WorkspaceID+"/query", `{"query":"print 1"}`); status != 200 {
			t.Error(status, text)
		}
	}
}

func TestHugeBodies(t *testing.T) {
	s, c := started(t, Options{})
	rule := s.WorkspaceResource() + "/providers/Microsoft.SecurityInsights/alertRules/r?api-version=2025-09-01"
	search := s.WorkspaceResource() + "/savedSearches/r?api-version=2020-08-01"
	deploy := "/subscriptions/" + s.opts.Subscription + "/resourceGroups/" + s.opts.ResourceGroup + "/providers/Microsoft.Resources/deployments/d?api-version=2021-04-01"
	query := "/v1/workspaces/" + s.opts.WorkspaceID + "/query"
	logs := "/dataCollectionRules/d/streams/Custom-Big_CL?api-version=2023-01-01"
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	piece := bytes.Repeat([]byte(" "), 1<<20)
	for range 512 { // half a gigabyte in half a megabyte
		if _, err := z.Write(piece); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("x", 9<<20)
	deep := func(n int) string { return strings.Repeat(`{"a":`, n) + "1" + strings.Repeat("}", n) }
	list := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	numbers := "[" + strings.Repeat("1,", 2_000_000) + "1]"
	for _, x := range []struct {
		name, method, path, body string
		want                     string
		headers                  []string
	}{
		{"a long body", "PUT", rule, `{"properties":{"query":"` + long + `"}}`, "413", nil},
		{"a long deployment", "PUT", deploy, `{"properties":{"template":"` + long + `"}}`, "413", nil},
		{"a long query", "POST", query, `{"query":"` + long + `"}`, "413", nil},
		{"a query over its bound", "POST", query, `{"query":"` + long[:2<<20] + `"}`, "400", nil},
		{"long rows", "POST", logs, `[{"a":"` + long[:2<<20] + `"}]`, "413", nil},
		{"rows that swell", "POST", logs, packed.String(), "413", []string{"Content-Encoding", "gzip"}},
		{"a query that swells", "POST", query, packed.String(), "413", []string{"Content-Encoding", "gzip"}},
		{"streaming rows that swell", "POST", "/v1/rest/ingest/db/Big?streamFormat=json", packed.String(), "413", []string{"Content-Encoding", "gzip"}},
		{"no gzip", "POST", query, "x", "400", []string{"Content-Encoding", "gzip"}},
		{"very deep", "PUT", rule, `{"kind":"Scheduled","properties":{"query":` + deep(200_000) + `}}`, "400", nil},
		{"very deep lists", "PUT", deploy, `{"properties":{"mode":"Incremental","template":` + list(200_000) + `}}`, "400", nil},
		{"very deep lists, loosely written", "PUT", deploy, `{properties:{mode:'Incremental',template:` + list(200_000) + `}}`, "400", nil},
		{"deep", "PUT", search, `{"properties":{"category":"c","displayName":"d","query":"SigninLogs","x":` + deep(9_000) + `}}`, "200", nil},
		{"many numbers", "PUT", search, `{"properties":{"category":"c","displayName":"d","query":"SigninLogs","x":` + numbers + `}}`, "200", nil},
		{"not a thing", "PUT", rule, "\x00\x01\x02", "400", nil},
		{"nothing", "PUT", rule, "", "400", nil},
		{"another thing", "PUT", rule, "[]", "400", nil},
		{"null", "PUT", rule, "null", "400", nil},
	} {
		begin := time.Now()
		status, _, text := do(t, s, c, x.method, x.path, x.body, x.headers...)
		if fmt.Sprint(status) != x.want || status != 200 && !strings.Contains(text, `"error"`) {
			t.Errorf("%s: %d %.300s, want %s", x.name, status, text, x.want)
		}
		if d := time.Since(begin); d > 60*time.Second {
			t.Errorf("%s took %s", x.name, d)
		}
	}
	do(t, s, c, "DELETE", search, "")
	// A body that is promised and never sent.
	conn := dial(t, s)
	fmt.Fprintf(conn, "PUT %s HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer x\r\nContent-Length: 1000000000000\r\n\r\n", rule)
	if line := answered(t, conn, 30*time.Second); !strings.Contains(line, "413") {
		t.Errorf("a terabyte that is promised is answered %q", line)
	}
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	if m.HeapAlloc > 256<<20 {
		t.Errorf("%d MiB are still held", m.HeapAlloc>>20)
	}
}

// TestOneWinner lets 64 clients write a resource with the same etag, beside 1,000 connections that do nothing: one of them
// writes, the others are refused, and what is there is what the winner sent. BLINDSPOT_ROUNDS sets how often.
func TestOneWinner(t *testing.T) {
	rounds := 40
	if v := os.Getenv("BLINDSPOT_ROUNDS"); v != "" {
		n, err := strconv.Atoi(v)
		if err != nil {
			t.Fatal(err)
		}
		rounds = n
	}
	if testing.Short() {
		rounds = 5
	}
	s, _ := started(t, Options{State: t.TempDir()})
	for range 1000 {
		conn := dial(t, s)
		if _, err := io.WriteString(conn, "GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
	}
	c := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}, Timeout: 60 * time.Second}
	defer c.CloseIdleConnections()
	const clients = 64
	paths := map[string]string{ // both ways to send an etag
		"header": metadataPath(s, "contested"),
		"body":   s.WorkspaceResource() + "/savedSearches/contested?api-version=2020-08-01",
	}
	body := func(way, etag string, n int) string {
		b, err := json.Marshal(map[string]any{"etag": etag, "properties": map[string]any{"parentId": "x", "kind": "AnalyticsRule", "category": "c", "displayName": fmt.Sprint(n), "query": "SigninLogs", "version": fmt.Sprintf("1.0.%d", n)}})
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	for way, path := range paths {
		if status, _, text := do(t, s, c, "PUT", path, body(way, "", 0)); status/100 != 2 {
			t.Fatal(status, text)
		}
	}
	for round := range rounds {
		way := []string{"header", "body"}[round%2]
		path := paths[way]
		s.throttle.mu.Lock()
		s.throttle.n = 0 // this is about etags
		s.throttle.mu.Unlock()
		_, h, _ := do(t, s, c, "GET", path, "")
		etag := h.Get("ETag")
		var winner, refused atomic.Int64
		winner.Store(-1)
		var wait sync.WaitGroup
		for n := range clients {
			wait.Go(func() {
				var headers []string
				inBody := etag
				if way == "header" {
					headers, inBody = []string{"If-Match", etag}, ""
				}
				switch status, _, text := do(t, s, c, "PUT", path, body(way, inBody, n), headers...); status {
				case 200:
					if !winner.CompareAndSwap(-1, int64(n)) {
						t.Errorf("round %d: %d and %d have both won", round, winner.Load(), n)
					}
				case 412:
					refused.Add(1)
				default:
					t.Errorf("round %d: %d %s", round, status, text)
				}
			})
		}
		wait.Wait()
		if winner.Load() < 0 || refused.Load() != clients-1 {
			t.Fatalf("round %d: winner %d, %d refused", round, winner.Load(), refused.Load())
		}
		if _, _, text := do(t, s, c, "GET", path, ""); !strings.Contains(text, fmt.Sprintf(`"version":"1.0.%d"`, winner.Load())) {
			t.Fatalf("round %d: %d has won, and there is %s", round, winner.Load(), text)
		}
	}
}

func TestHealthAndReset(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	health := func() string { w := send(s, "GET", "/health", ""); return fmt.Sprint(w.Code, " ", w.Body) }
	if got := health(); !strings.HasPrefix(got, `200 {"queries":0,"resources":`) {
		t.Error(got)
	}
	before := send(s, "GET", s.WorkspaceResource()+"/providers/Microsoft.SecurityInsights/alertRuleTemplates?api-version=2025-09-01", "").Body.String()
	if w := send(s, "PUT", metadataPath(s, "m"), fmt.Sprintf(metadataBody, "1.0.0")); w.Code != 201 {
		t.Fatal(w.Code, w.Body)
	}
	if w := send(s, "POST", "/reset", ""); w.Code != 400 { // a form of a page cannot send the header
		t.Error(w.Code, w.Body)
	}
	r, err := http.NewRequest("POST", "/reset", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = "localhost"
	r.Header.Set("x-blindspot-reset", "1")
	w := newRecorder(s, r)
	if w.Code != 204 {
		t.Fatal(w.Code, w.Body)
	}
	check := func(when string) {
		t.Helper()
		if w := send(s, "GET", metadataPath(s, "m"), ""); w.Code != 404 {
			t.Error(when, w.Code, w.Body)
		}
		if w := send(s, "GET", s.WorkspaceResource()+"?api-version=2022-10-01", ""); w.Code != 200 {
			t.Error(when, w.Code, w.Body)
		}
	}
	check("after the reset")
	abandon(t, s)
	s = open(t, dir)
	check("after a restart")
	if after := send(s, "GET", s.WorkspaceResource()+"/providers/Microsoft.SecurityInsights/alertRuleTemplates?api-version=2025-09-01", "").Body.String(); len(after) != len(before) {
		t.Errorf("the templates are %d bytes, were %d", len(after), len(before))
	}
	if err := s.store.journal.Close(); err != nil {
		t.Fatal(err)
	}
	if w := send(s, "PUT", metadataPath(s, "m"), fmt.Sprintf(metadataBody, "1.0.0")); w.Code != 500 {
		t.Error(w.Code, w.Body)
	}
	if got := health(); !strings.HasPrefix(got, "503 ") || !strings.Contains(got, "restart the server") {
		t.Error(got)
	}
	_ = s.store.lock.Close()
}

// TestOlderState opens folders as earlier versions left them, killed with a journal that was not yet part of the snapshot.
// testdata/state/format1 was written by commit f5fe9fa of 2026-11-24.
func TestOlderState(t *testing.T) {
	folders, err := filepath.Glob("testdata/state/*")
	if err != nil || len(folders) == 0 {
		t.Fatal("no folders", err)
	}
	for _, from := range folders {
		dir := t.TempDir()
		for _, name := range []string{stateFile, journalFile, rowsFile} {
			b, err := os.ReadFile(filepath.Join(from, name))
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		for _, again := range []string{"first", "second"} {
			s := open(t, dir)
			si := s.WorkspaceResource() + "/providers/Microsoft.SecurityInsights/"
			for path, want := range map[string]string{
				si + "alertRules/old-rule?api-version=2025-09-01":                             `"etag":"\"`,
				si + "metadata/kept?api-version=2025-09-01":                                   `"version":"1.0.0"`,
				si + "metadata/gone?api-version=2025-09-01":                                   `NotFound`,
				si + "watchlists/old-list/watchlistItems?api-version=2025-09-01":              `"itemsKeyValue":{"A":"3","B":"4"}`,
				s.WorkspaceResource() + "/savedSearches/old-function?api-version=2020-08-01":  `"functionAlias":"OldWords"`,
				s.WorkspaceResource() + "?api-version=2022-10-01":                             s.opts.WorkspaceID,
				"/v1/workspaces/" + s.opts.WorkspaceID + "/query?query=OldWords('one')|count": `"rows":[[2]]`,
				"/subscriptions/" + s.opts.Subscription + "/resourceGroups/" + s.opts.ResourceGroup + "/providers/Microsoft.Insights/workbooks/00000000-0000-4000-8000-00000000b001?api-version=2023-06-01": `"displayName":"W"`,
			} {
				if got := send(s, "GET", path, "").Body.String(); !strings.Contains(got, want) {
					t.Errorf("%s, %s time: %s: %s, want %s", from, again, path, got, want)
				}
			}
			if w := send(s, "PUT", metadataPath(s, "new-"+again), fmt.Sprintf(metadataBody, "1.0.0")); w.Code != 201 {
				t.Error(w.Code, w.Body)
			}
			abandon(t, s)
		}
	}
}
