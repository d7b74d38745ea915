package deploy

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-caab1ad3/blindspot/cmd/internal/azure"
	"github.com/seed-caab1ad3/blindspot/emulator/server"
)

// TestRollbackIsTheWayBack undoes thirty changes: the workspace is as it was, marks too.
func TestRollbackIsTheWayBack(t *testing.T) {
	before, after := thirty()
	x := newStandIn(t, server.Options{})
	x.apply(x.desired(before), PlanOptions{})
	adopted := x.desired(map[string]string{"rules/z.yaml": scheduled(201, "New 1", "")}).Resources[0]
	x.put(Rule, guid(201), switched(adopted, false).wire()) // what the apply will take over
	image := takeImage(t, x)
	dir := t.TempDir()
	a := x.applier(dir)
	out, err := a.Apply(t.Context(), x.plan(x.desired(after), PlanOptions{Prune: true}))
	if err != nil || !out.Whole() {
		t.Fatal(err, errorsOf(out.Failed))
	}
	snap, err := a.Store.Snapshot(out.Snapshot)
	if err != nil {
		t.Fatal(err)
	}
	s, err := Read(t.Context(), x.w, ReadAll(snap))
	if err != nil {
		t.Fatal(err)
	}
	p, err := BuildRollback(snap, s)
	if err != nil {
		t.Fatal(err)
	}
	if out, err = a.Apply(t.Context(), p); err != nil || !out.Whole() {
		t.Fatal(err, errorsOf(out.Failed))
	}
	if d := cmp.Diff(image, takeImage(t, x)); d != "" {
		t.Errorf("after the rollback:\n%s", d)
	}
	other := *s.Target
	other.Workspace = "elsewhere"
	if _, err := BuildRollback(snap, &State{Target: &other}); err == nil {
		t.Error("a snapshot of another workspace is rolled back")
	}
	list, err := a.Store.Snapshots()
	if err != nil || len(list) != 2 || list[1] != out.Snapshot && list[0] < list[1] {
		t.Errorf("snapshots %v %v", list, err)
	}
}

// TestOfTwoAppliesOneWins lets two people apply different plans of the same moment.
func TestOfTwoAppliesOneWins(t *testing.T) {
	x := newStandIn(t, server.Options{})
	x.apply(x.desired(map[string]string{"rules/a.yaml": scheduled(1, "A", "")}), PlanOptions{})
	version := func(s string) *Plan {
		return x.plan(x.desired(map[string]string{"rules/a.yaml": strings.Replace(scheduled(1, "A", ""), "severity: Medium", "severity: "+s, 1), "rules/b.yaml": strings.Replace(scheduled(2, "B", ""), "severity: Medium", "severity: "+s, 1)}), PlanOptions{})
	}
	first, second := version("High"), version("Low")
	if out, err := x.applier(t.TempDir()).Apply(t.Context(), first); err != nil || !out.Whole() {
		t.Fatal(err, out)
	}
	image := takeImage(t, x)
	out, err := x.applier(t.TempDir()).Apply(t.Context(), second)
	if err != nil {
		t.Fatal(err)
	}
	if len(out.Done) != 0 || len(out.Failed) != 2 || !errors.Is(out.Failed[0].Err, ErrChanged) || !errors.Is(out.Failed[1].Err, ErrChanged) {
		t.Errorf("the second one: done %v, failed %v", out.Done, errorsOf(out.Failed))
	}
	if d := cmp.Diff(image, takeImage(t, x)); d != "" {
		t.Errorf("the second one wrote over the first:\n%s", d)
	}
	// From one folder they do not even run at once.
	store := OpenStore(t.TempDir(), x.target)
	release, err := store.Lock()
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	if _, err := (&Applier{W: x.w, Store: store}).Apply(t.Context(), version("Low")); !errors.Is(err, ErrLocked) {
		t.Errorf("two applies from one folder: %v", err)
	}
}

func TestDisabledOnlyAndPatterns(t *testing.T) {
	x := newStandIn(t, server.Options{})
	d := x.desired(kitchen())
	p := x.plan(d, PlanOptions{Disabled: true, Only: []string{"rule/*"}})
	if d := cmp.Diff([]string{"create rule " + guid(1), "create rule " + guid(2)}, lines(p)); d != "" {
		t.Fatal(d)
	}
	if out, err := x.applier(t.TempDir()).Apply(t.Context(), p); err != nil || !out.Whole() {
		t.Fatal(err, out)
	}
	s := x.state(d)
	if s.Resources["rule/"+guid(1)].props()["enabled"] != false {
		t.Error("the rule is on")
	}
	if got := lines(x.plan(x.desired(kitchen()), PlanOptions{Disabled: true, Only: []string{"rule"}})); len(got) != 0 {
		t.Errorf("a second time with --disabled: %v", got)
	}
	if got := lines(x.plan(x.desired(kitchen()), PlanOptions{Only: []string{"a.yaml"}})); cmp.Diff(got, []string{"update rule " + guid(1)}) != "" {
		t.Errorf("without --disabled: %v", got)
	}
	if _, err := BuildPlan(x.desired(kitchen()), s, PlanOptions{Only: []string{"nothing"}}); err == nil {
		t.Error("a pattern that selects nothing is taken")
	}
}

// TestForbiddenStopsEverything ends an apply at the first refusal for lack of rights.
func TestForbiddenStopsEverything(t *testing.T) {
	x := newStandIn(t, server.Options{})
	p := x.plan(x.desired(kitchen()), PlanOptions{})
	x.wire.spoil = func(_ int, r *http.Request, send func() (*http.Response, error)) (*http.Response, error) {
		if r.Method == http.MethodPut {
			return answer(r, http.StatusForbidden)
		}
		return send()
	}
	out, err := x.applier(t.TempDir()).Apply(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	if len(out.Failed) != 1 || len(out.Left) != 6 || !azure.IsDenied(out.Failed[0].Err) {
		t.Errorf("failed %v, left %v", errorsOf(out.Failed), out.Left)
	}
}

// TestRetryAfterIsHonoured waits as long as the service says and not less.
func TestRetryAfterIsHonoured(t *testing.T) {
	x := newStandIn(t, server.Options{})
	var first, second time.Time
	x.wire.reset()
	x.wire.spoil = func(n int, r *http.Request, send func() (*http.Response, error)) (*http.Response, error) {
		if n == 0 {
			first = time.Now()
			return answer(r, http.StatusTooManyRequests, "Retry-After", "1")
		}
		if second.IsZero() {
			second = time.Now()
		}
		return send()
	}
	if _, _, err := x.w.Get(t.Context(), x.target.ResourceID(), "2022-10-01"); err != nil {
		t.Fatal(err)
	}
	if d := second.Sub(first); d < time.Second || d > 3*time.Second {
		t.Errorf("waited %v", d)
	}
}

// TestListsAreReadToTheEnd goes over more than one page, and never to another host.
func TestListsAreReadToTheEnd(t *testing.T) {
	x := newStandIn(t, server.Options{})
	files := map[string]string{}
	for i := range 130 {
		files[fmt.Sprintf("hunting/h%d.yaml", i)] = fmt.Sprintf("id: %s\nname: H%d\nquery: T | take %d\n", guid(i+1), i, i)
	}
	a := x.applier(t.TempDir())
	a.Jobs = 8
	if out, err := a.Apply(t.Context(), x.plan(x.desired(files), PlanOptions{})); err != nil || !out.Whole() {
		t.Fatal(err, out)
	}
	if p := x.plan(x.desired(files), PlanOptions{}); p.Summary.None != 130 || p.Summary.Changes() != 0 {
		t.Errorf("%+v", p.Summary)
	}
	x.wire.spoil = func(_ int, r *http.Request, _ func() (*http.Response, error)) (*http.Response, error) {
		if !strings.HasPrefix(r.URL.Host, "127.0.0.1") {
			t.Errorf("a token goes to %s", r.URL.Host)
		}
		resp, _ := answer(r, 200)
		resp.Body = http.NoBody
		resp.Body = readCloser(`{"value":[],"nextLink":"https://attacker.example/next"}`)
		return resp, nil
	}
	if _, err := x.w.List(t.Context(), collection(x.target, Rule), stableVersion, nil); err == nil || !strings.Contains(err.Error(), "not the service") {
		t.Errorf("a list that goes on elsewhere: %v", err)
	}
}

type stringBody struct{ *strings.Reader }

func (stringBody) Close() error { return nil }

func readCloser(s string) stringBody { return stringBody{strings.NewReader(s)} }

// TestEveryCredential signs in over TLS in each way that needs no person.
func TestEveryCredential(t *testing.T) {
	x := newStandIn(t, server.Options{})
	dir := t.TempDir()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	write := func(name string, b []byte) string {
		name = filepath.Join(dir, name)
		if err := os.WriteFile(name, b, 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	t.Setenv("AZURE_CLIENT_CERTIFICATE_PATH", write("c.pem", append(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...)))
	t.Setenv("AZURE_FEDERATED_TOKEN_FILE", write("token", []byte("header.body.sig")))
	t.Setenv("IDENTITY_ENDPOINT", x.server.URL()+"/msi/token")
	t.Setenv("IDENTITY_HEADER", testSecret)
	cl := azure.StandInCloud(x.server.SecureURL())
	for _, auth := range []string{"secret", "certificate", "workload-identity", "managed-identity"} {
		t.Run(auth, func(t *testing.T) {
			target := *x.target
			target.Auth = auth
			if auth == "managed-identity" {
				target.ClientID = ""
			}
			w, err := azure.Open(t.Context(), &target, azure.Options{Transport: x.wire, Cloud: &cl, Retry: x.retry})
			if err != nil {
				t.Fatal(err)
			}
			if m, _, err := w.Get(t.Context(), target.ResourceID(), "2022-10-01"); err != nil || m == nil {
				t.Error(err)
			}
		})
	}
	t.Setenv("AZURE_CLIENT_SECRET", "wrong")
	w, err := azure.Open(context.Background(), x.target, azure.Options{Transport: x.wire, Cloud: &cl, Retry: x.retry})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := w.Get(t.Context(), x.target.ResourceID(), "2022-10-01"); !azure.IsDenied(err) || strings.Contains(err.Error(), "wrong") {
		t.Errorf("a wrong secret: %v", err)
	}
}
