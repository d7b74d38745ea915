package deploy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-caab1ad3/blindspot/emulator/server"
)

// thirty is a workspace before and after thirty changes: creations, updates and deletions of every kind that is marked.
func thirty() (before, after map[string]string) {
	before, after = map[string]string{}, map[string]string{}
	for i := 1; i <= 8; i++ { // stay, go, or change
		f := fmt.Sprintf("rules/old%d.yaml", i)
		before[f] = scheduled(100+i, fmt.Sprintf("Old %d", i), "")
		if i <= 5 {
			after[f] = strings.Replace(before[f], "severity: Medium", "severity: Low", 1)
		}
	}
	for i := 1; i <= 8; i++ {
		after[fmt.Sprintf("rules/new%d.yaml", i)] = scheduled(200+i, fmt.Sprintf("New %d", i), "")
	}
	for i := 1; i <= 3; i++ {
		f := fmt.Sprintf("hunting/h%d.yaml", i)
		text := fmt.Sprintf("id: %s\nname: Hunt %d\nquery: SigninLogs | take %d\n", guid(300+i), i, i)
		after[f] = text
		if i == 1 {
			before[f] = strings.Replace(text, "take 1", "take 9", 1)
		}
		f = fmt.Sprintf("functions/f%d.yaml", i)
		after[f] = fmt.Sprintf("alias: F%d\nquery: SigninLogs | take %d\n", i, i)
	}
	before["functions/gone.yaml"] = "alias: Gone\nquery: SigninLogs\n"
	before["watchlists/w.yaml"] = "alias: W\nitemsSearchKey: A\nitems:\n  - { A: one, B: \"1\" }\n  - { A: two, B: \"2\" }\n  - { A: three, B: \"3\" }\n"
	after["watchlists/w.yaml"] = "alias: W\nitemsSearchKey: A\nitems:\n  - { A: one, B: \"1\" }\n  - { A: two, B: \"22\" }\n  - { A: four, B: \"4\" }\n"
	after["watchlists/v.yaml"] = "alias: V\nitemsSearchKey: A\nitems:\n  - { A: x }\n"
	before["watchlists/u.yaml"] = "alias: U\nitemsSearchKey: A\nitems:\n  - { A: x }\n"
	for i := 1; i <= 2; i++ {
		after[fmt.Sprintf("workbooks/board%d.json", i)] = `{"version":"Notebook/1.0","items":[]}`
	}
	before["workbooks/board1.json"] = `{"version":"Notebook/1.0","items":[{"type":1,"content":{"json":"x"},"name":"n"}]}`
	after["automation/a.arm.json"] = automation(401, "Close")
	before["automation/b.arm.json"] = automation(402, "Gone too")
	return before, after
}

func automation(n int, name string) string {
	return `{"resource":"automationRule","id":"` + guid(n) + `","properties":{"displayName":"` + name + `","order":1,"triggeringLogic":{"isEnabled":true,"triggersOn":"Incidents","triggersWhen":"Created"},"actions":[{"order":1,"actionType":"ModifyProperties","actionConfiguration":{"status":"Closed"}}]}}`
}

// breakage is one way in which a request goes wrong.
type breakage struct {
	name  string
	kill  bool // the process ends there: what is on disk at that moment is all that the next one knows
	spoil func(r *http.Request, send func() (*http.Response, error), stop context.CancelFunc) (*http.Response, error)
}

func answer(r *http.Request, status int, header ...string) (*http.Response, error) {
	h := http.Header{"Content-Type": {"application/json"}}
	for i := 0; i+1 < len(header); i += 2 {
		h.Set(header[i], header[i+1])
	}
	return &http.Response{StatusCode: status, Status: http.StatusText(status), Header: h, Request: r, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Body: io.NopCloser(strings.NewReader(`{"error":{"code":"Injected","message":"injected"}}`))}, nil
}

var errCut = errors.New("connection reset by peer")

func breakages() []breakage {
	status := func(n int, header ...string) func(*http.Request, func() (*http.Response, error), context.CancelFunc) (*http.Response, error) {
		return func(r *http.Request, _ func() (*http.Response, error), _ context.CancelFunc) (*http.Response, error) {
			return answer(r, n, header...)
		}
	}
	return []breakage{
		{"409", false, status(409)},
		{"429", false, status(429, "Retry-After", "0")},
		{"500", false, status(500)},
		{"503", false, status(503, "Retry-After", "0")},
		{"412, a wrong etag", false, status(412)},
		{"kill -9 before it is sent", true, func(*http.Request, func() (*http.Response, error), context.CancelFunc) (*http.Response, error) {
			return nil, errCut
		}},
		{"kill -9 after it was carried out", true, func(r *http.Request, send func() (*http.Response, error), _ context.CancelFunc) (*http.Response, error) {
			if resp, err := send(); err == nil {
				resp.Body.Close()
			}
			return nil, errCut
		}},
		{"time-out", false, func(r *http.Request, _ func() (*http.Response, error), _ context.CancelFunc) (*http.Response, error) {
			return nil, context.DeadlineExceeded
		}},
		{"cut before the answer", false, func(r *http.Request, _ func() (*http.Response, error), _ context.CancelFunc) (*http.Response, error) {
			return nil, errCut
		}},
		{"cut after it was carried out", false, func(r *http.Request, send func() (*http.Response, error), _ context.CancelFunc) (*http.Response, error) {
			resp, err := send()
			if err == nil {
				resp.Body.Close()
			}
			return nil, errCut
		}},
		{"half a body", false, func(r *http.Request, send func() (*http.Response, error), _ context.CancelFunc) (*http.Response, error) {
			resp, err := send()
			if err != nil {
				return nil, err
			}
			b, _ := io.ReadAll(resp.Body)
			resp.Body.Close()
			resp.Body = io.NopCloser(io.MultiReader(strings.NewReader(string(b[:len(b)/2])), failing{}))
			resp.ContentLength = int64(len(b))
			return resp, nil
		}},
		{"Ctrl-C before it is sent", false, func(r *http.Request, send func() (*http.Response, error), stop context.CancelFunc) (*http.Response, error) {
			stop()
			return send()
		}},
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// TestInterruptedAtEveryRequest breaks an apply of thirty changes at each of its requests in each of ten ways, with the
// SDK's retries off so that every breakage is felt, and with them on. After each, the next plan shows the rest and nothing
// else, the second apply converges, nothing was written twice, and what others made is as it was.
func TestInterruptedAtEveryRequest(t *testing.T) {
	before, after := thirty()
	base := newStandIn(t, server.Options{})
	base.apply(base.desired(before), PlanOptions{})
	foreign := base.desired(map[string]string{"rules/z.yaml": scheduled(999, "Of another team", "")}).Resources[0]
	base.put(Rule, guid(999), foreign.wire())
	want := base.desired(after)
	o := PlanOptions{Prune: true}
	full := base.plan(want, o)
	if n := full.Summary.Changes(); n != 30 {
		t.Fatalf("%d changes, want 30: %v", n, lines(full))
	}
	image := takeImage(t, base)
	// How many requests a whole apply makes.
	base.wire.reset()
	if out, err := base.applier(t.TempDir()).Apply(context.Background(), full); err != nil || !out.Whole() {
		t.Fatalf("%v %+v", err, out)
	}
	requests := base.wire.n
	final := takeImage(t, base)
	if requests < 60 {
		t.Fatalf("only %d requests", requests)
	}
	// All places take minutes; a part of them, spread over all ways, is what every run can afford.
	scenarios, step := 0, 8
	switch {
	case os.Getenv("BLINDSPOT_SWEEP") != "":
		step = 1
	case testing.Short():
		step = 24
	}
	for _, retries := range []int32{-1, 2} {
		for k, how := range breakages() {
			for n := (k * 3) % step; n < requests; n += step {
				if retries > 0 && (n+k)%5 != 0 {
					continue // with retries on the outcome varies less; a fifth of the places is enough
				}
				scenarios++
				interruptOnce(t, base, image, final, after, how, n, retries)
				if t.Failed() {
					return
				}
			}
		}
	}
	t.Logf("%d requests, %d scenarios", requests, scenarios)
}

func interruptOnce(t *testing.T, x *standIn, image, final map[string]string, after map[string]string, how breakage, n int, retries int32) {
	t.Helper()
	name := fmt.Sprintf("%s at request %d, retries %d", how.name, n, retries)
	restoreImage(t, x, image)
	x.wire.reset()
	x.retry.MaxRetries = retries
	x.open()
	o := PlanOptions{Prune: true}
	d := x.desired(after)
	p := x.plan(d, o)
	all := lines(p)
	dir := t.TempDir()
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	x.wire.reset()
	x.wire.spoil = func(i int, r *http.Request, send func() (*http.Response, error)) (*http.Response, error) {
		switch {
		case i > n && how.kill:
			return nil, errCut
		case i != n:
			return send()
		}
		resp, err := how.spoil(r, send, stop)
		if how.kill {
			left := t.TempDir()
			if err := os.CopyFS(left, os.DirFS(dir)); err != nil {
				t.Error(err)
			}
			dir = left
			stop()
		}
		return resp, err
	}
	begun := time.Now()
	out, err := x.applier(dir).Apply(ctx, p)
	if how.kill {
		out, err = nil, nil
	}
	if err != nil { // it may refuse to begin; then nothing was written
		if len(x.wire.writes) > 0 {
			t.Errorf("%s: the apply fails as a whole after writing: %v", name, err)
			return
		}
		out = &Outcome{}
		for _, a := range p.Actions {
			if a.Action != None {
				out.Left = append(out.Left, Item{Kind: a.Kind, ID: a.ID})
			}
		}
	}
	if d := time.Since(begun); d > 5*time.Second {
		t.Errorf("%s: the apply took %v", name, d)
	}
	x.wire.spoil = nil
	// Every action is told of exactly once.
	if out == nil {
		out = &Outcome{}
	} else if got := len(out.Done) + len(out.Failed) + len(out.Left); got != len(all) {
		t.Errorf("%s: %d of %d actions are told of", name, got, len(all))
	}
	// The next plan shows exactly the rest.
	store := OpenStore(dir, x.target)
	open, err := store.Unfinished()
	if err != nil {
		t.Fatal(err)
	}
	o.Unfinished = map[string]bool{}
	for _, k := range open {
		o.Unfinished[k] = true
	}
	rest := x.plan(x.desired(after), o)
	told := map[string]bool{}
	for _, i := range append(append([]Item{}, out.Failed...), out.Left...) {
		told[string(i.Kind)+" "+i.ID] = true
	}
	var got, wantRest []string
	for _, a := range rest.Actions {
		if a.Action != None {
			id := a.ID
			kind := a.Kind
			if a.Kind == Metadata { // the mark of something whose deletion was cut in two
				for k := range told {
					if strings.HasSuffix(a.ID, "-"+strings.Fields(k)[1]) {
						id, kind = strings.Fields(k)[1], Kind(strings.Fields(k)[0])
					}
				}
			}
			got = append(got, string(kind)+" "+id)
		}
	}
	for k := range told {
		wantRest = append(wantRest, k)
	}
	sort.Strings(got)
	sort.Strings(wantRest)
	if d := cmp.Diff(wantRest, got); d != "" && !how.kill {
		t.Errorf("%s: the next plan is not the rest (-told as not done, +planned):\n%s", name, d)
		return
	}
	// The second apply converges, and writes nothing a second time.
	first := x.wire.writes
	x.wire.reset()
	{ // also when nothing is left: that is what closes the journal
		out, err = x.applier(dir).Apply(context.Background(), rest)
		if err != nil || !out.Whole() {
			t.Errorf("%s: the second apply does not converge: %v %v", name, err, errorsOf(out.Failed))
			return
		}
	}
	for k, c := range x.wire.writes {
		// A resource that was written is not written again; only what the breakage itself repeated may be.
		if c > 1 || first[k] > 1 && how.name != "half a body" && !strings.HasPrefix(how.name, "cut after") {
			t.Errorf("%s: %s was written %d times", name, k, c+first[k])
		}
	}
	if d := cmp.Diff(final, takeImage(t, x)); d != "" {
		t.Errorf("%s: after the second apply the workspace is not as after a whole one:\n%s", name, d)
	}
	if got := lines(x.plan(x.desired(after), PlanOptions{Prune: true})); len(got) > 0 {
		t.Errorf("%s: a third plan is not empty: %v", name, got)
	}
	if left, _ := store.Unfinished(); len(left) > 0 {
		t.Errorf("%s: the journal is left open: %v", name, left)
	}
	if release, err := store.Lock(); err != nil {
		t.Errorf("%s: the lock is left: %v", name, err)
	} else {
		release()
	}
}

// takeImage is the whole workspace by meaning: resources, rows and marks.
func takeImage(t *testing.T, x *standIn) map[string]string {
	t.Helper()
	o := ReadFor(&Desired{})
	o.Items = nil
	s, err := Read(context.Background(), x.w, o)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for k, r := range s.Resources {
		out[k] = string(compact(r.comparable()))
	}
	for k, m := range s.Marks {
		out["mark "+k] = m.Owner + " " + m.Hash
	}
	return out
}

// restoreImage puts the workspace back to an image by the plain way: deleting what is not in it and writing what is.
func restoreImage(t *testing.T, x *standIn, image map[string]string) {
	t.Helper()
	x.wire.reset()
	x.retry.MaxRetries = 2
	x.open()
	before, _ := thirty()
	now := takeImage(t, x)
	if cmp.Equal(now, image) {
		return
	}
	x.apply(x.desired(before), PlanOptions{Prune: true, Adopt: true})
	if d := cmp.Diff(image, takeImage(t, x)); d != "" {
		t.Fatalf("the workspace could not be put back:\n%s", d)
	}
}
