package deploy

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"sort"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/seed-caab1ad3/blindspot/cmd/internal/azure"
	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/emulator/server"
)

// standIn is the service on the desk, reached over TLS by the SDKs with a client secret.
type standIn struct {
	t      testing.TB
	server *server.Server
	wire   *wire
	target *azure.Target
	w      *azure.Workspace
	retry  policy.RetryOptions
}

const testSecret = "canary-client-secret-7f3a"

// wire is the transport of a test: it counts requests, and can spoil one.
type wire struct {
	next   *http.Client
	mu     sync.Mutex
	n      int
	seen   []string
	writes map[string]int // PUT and DELETE that the service answered well, by method and path
	spoil  func(n int, r *http.Request, send func() (*http.Response, error)) (*http.Response, error)
}

func (x *wire) Do(r *http.Request) (*http.Response, error) {
	counted := strings.Contains(r.URL.Path, "/providers/") || strings.Contains(r.URL.Path, "/savedSearches")
	x.mu.Lock()
	n := -1
	if counted {
		n = x.n
		x.n++
		x.seen = append(x.seen, r.Method+" "+r.URL.Path+"?"+r.URL.RawQuery)
	}
	spoil := x.spoil
	x.mu.Unlock()
	send := func() (*http.Response, error) {
		resp, err := x.next.Do(r)
		if err == nil && resp.StatusCode < 300 && (r.Method == http.MethodPut || r.Method == http.MethodDelete) {
			x.mu.Lock()
			x.writes[r.Method+" "+r.URL.Path]++
			x.mu.Unlock()
		}
		return resp, err
	}
	if counted && spoil != nil {
		return spoil(n, r, send)
	}
	return send()
}

func (x *wire) reset() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.n, x.seen, x.spoil, x.writes = 0, nil, nil, map[string]int{}
}

func newStandIn(t testing.TB, o server.Options) *standIn {
	t.Helper()
	if o.Secret == "" {
		o.Secret = testSecret
	}
	s, err := server.New(o)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	var client *http.Client
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		if client != nil {
			client.CloseIdleConnections() // or the server waits for them
		}
		_ = s.Close(ctx)
	})
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(s.CA()) {
		t.Fatal("the stand-in's certificate cannot be read")
	}
	client = &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, MaxIdleConnsPerHost: 16}}
	x := &standIn{t: t, server: s, wire: &wire{writes: map[string]int{}, next: client}}
	x.retry = policy.RetryOptions{MaxRetries: 2, RetryDelay: time.Millisecond, MaxRetryDelay: 2 * time.Second, TryTimeout: 5 * time.Second}
	parts := strings.Split(s.WorkspaceResource(), "/")
	x.target = &azure.Target{Name: "test", Subscription: parts[2], ResourceGroup: parts[4], Workspace: parts[8], Tenant: "00000000-0000-4000-8000-0000000000ff", Auth: "secret", Cloud: "public",
		ClientID: "00000000-0000-4000-8000-0000000000c9", Values: map[string]string{}, Overrides: map[string]map[string]any{}}
	if tt, ok := t.(interface{ Setenv(k, v string) }); ok {
		tt.Setenv("AZURE_CLIENT_SECRET", testSecret)
		tt.Setenv("AZURE_AUTHORITY_HOST", s.SecureURL())
	}
	x.open()
	return x
}

func (x *standIn) open() {
	x.t.Helper()
	c := azure.StandInCloud(x.server.SecureURL())
	w, err := azure.Open(context.Background(), x.target, azure.Options{Transport: x.wire, Cloud: &c, Retry: x.retry})
	if err != nil {
		x.t.Fatal(err)
	}
	x.w = w
}

// files turns names and texts into what a folder wants.
func (x *standIn) desired(files map[string]string) *Desired {
	x.t.Helper()
	fsys := fstest.MapFS{}
	var raw []*Resource
	for n, text := range files {
		if strings.HasSuffix(n, rawSuffix) {
			r, err := readRaw(n, []byte(text))
			if err != nil {
				x.t.Fatal(err)
			}
			raw = append(raw, r)
			continue
		}
		fsys[n] = &fstest.MapFile{Data: []byte(text)}
	}
	sort.Slice(raw, func(i, j int) bool { return raw[i].File < raw[j].File })
	b := &content.Bundle{}
	if len(fsys) > 0 {
		var problems []content.Problem
		b, problems = content.Load(fsys, content.Options{})
		for _, p := range problems {
			if p.Severity == content.Error {
				x.t.Fatal(p)
			}
		}
	}
	d, err := Wanted(b, raw, x.target)
	if err != nil {
		x.t.Fatal(err)
	}
	return d
}

func (x *standIn) state(d *Desired) *State {
	x.t.Helper()
	s, err := Read(context.Background(), x.w, ReadFor(d))
	if err != nil {
		x.t.Fatal(err)
	}
	return s
}

func (x *standIn) plan(d *Desired, o PlanOptions) *Plan {
	x.t.Helper()
	p, err := BuildPlan(d, x.state(d), o)
	if err != nil {
		x.t.Fatal(err)
	}
	return p
}

func (x *standIn) applier(dir string) *Applier {
	return &Applier{W: x.w, Store: OpenStore(dir, x.target), Jobs: 1}
}

func (x *standIn) apply(d *Desired, o PlanOptions) *Outcome {
	x.t.Helper()
	out, err := x.applier(x.t.TempDir()).Apply(context.Background(), x.plan(d, o))
	if err != nil {
		x.t.Fatal(err)
	}
	if !out.Whole() {
		x.t.Fatalf("the apply is not whole: failed %v, left %v: %v", out.Failed, out.Left, errorsOf(out.Failed))
	}
	return out
}

func errorsOf(items []Item) (out []string) {
	for _, i := range items {
		out = append(out, fmt.Sprintf("%s: %v", i.Name, i.Err))
	}
	return out
}

// put writes a resource as another program would.
func (x *standIn) put(k Kind, id string, body map[string]any) {
	x.t.Helper()
	version := readVersion(k)
	if _, err := x.w.Do(context.Background(), azure.Request{Method: http.MethodPut, Path: resourceID(x.target, k, id), Version: version, Body: body}); err != nil {
		x.t.Fatal(err)
	}
}

// lines are the actions of a plan that do something, for comparing.
func lines(p *Plan) []string {
	var out []string
	for _, a := range p.Actions {
		if a.Action != None {
			out = append(out, string(a.Action)+" "+string(a.Kind)+" "+a.ID)
		}
	}
	return out
}

func guid(n int) string { return fmt.Sprintf("00000000-0000-4000-8000-%012d", n) }

func scheduled(n int, name, extra string) string {
	return "id: " + guid(n) + "\nkind: Scheduled\nname: " + name + "\ndescription: |\n  Says what it is for.\nseverity: Medium\nqueryFrequency: 1h\nqueryPeriod: 1d\ntriggerOperator: gt\ntriggerThreshold: 0\ntactics: [InitialAccess]\nrelevantTechniques: [T1078]\nquery: |\n  SigninLogs\n  | where ResultType != \"0\"\n" + extra
}
