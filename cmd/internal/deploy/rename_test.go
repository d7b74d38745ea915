package deploy

import (
	"context"
	"net/http"
	"testing"

	"github.com/seed-caab1ad3/blindspot/emulator/server"
)

// TestSwapIsBrokenAnywhere swaps the names of two rules in a circle of three, and cuts the apply before and after each of its
// requests: the next one finishes it, and no rule is left with the name that it had in between.
func TestSwapIsBrokenAnywhere(t *testing.T) {
	names := func(a, b, c string) map[string]string {
		return map[string]string{"rules/a.yaml": scheduled(1, a, "version: 1.0.0\n"), "rules/b.yaml": scheduled(2, b, "version: 1.0.0\n"), "rules/c.yaml": scheduled(3, c, "version: 1.0.0\n")}
	}
	cuts := 0
	for _, after := range []bool{false, true} {
		for n := 0; ; n++ {
			x := newStandIn(t, server.Options{})
			x.retry.MaxRetries = -1
			x.open()
			x.apply(x.desired(names("Red", "Blue", "Green")), PlanOptions{})
			d := x.desired(names("Blue", "Green", "Red"))
			p := x.plan(d, PlanOptions{})
			dir, hit := t.TempDir(), false
			x.wire.reset()
			x.wire.spoil = func(i int, r *http.Request, send func() (*http.Response, error)) (*http.Response, error) {
				switch {
				case i < n:
					return send()
				case i == n && after:
					if resp, err := send(); err == nil {
						resp.Body.Close()
					}
				}
				hit = true
				return nil, errCut
			}
			_, _ = x.applier(dir).Apply(context.Background(), p)
			x.wire.spoil = nil
			if !hit {
				break
			}
			cuts++
			open, err := OpenStore(dir, x.target).Unfinished()
			if err != nil {
				t.Fatal(err)
			}
			o := PlanOptions{Unfinished: map[string]bool{}}
			for _, k := range open {
				o.Unfinished[k] = true
			}
			rest := x.plan(x.desired(names("Blue", "Green", "Red")), o)
			if rest.Summary.Drift > 0 {
				t.Fatalf("cut at request %d: what the broken apply did passes for somebody else's change", n)
			}
			if out, err := x.applier(dir).Apply(context.Background(), rest); err != nil || !out.Whole() {
				t.Fatalf("cut at request %d: %v %v", n, err, errorsOf(out.Failed))
			}
			if p := x.plan(x.desired(names("Blue", "Green", "Red")), PlanOptions{}); p.Summary.Changes() > 0 {
				t.Fatalf("cut at request %d: there is still something to do: %v", n, lines(p))
			}
		}
	}
	if cuts < 10 {
		t.Errorf("only %d places", cuts)
	}
	t.Logf("%d places", cuts)
}
