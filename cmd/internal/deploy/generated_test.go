package deploy

import (
	"context"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/seed-caab1ad3/blindspot/cmd/internal/azure"
	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/emulator/server"
)

// memory is a folder that forgets: an apply of thousands flushes its journal thousands of times.
func memory(t *testing.T) string {
	dir, err := os.MkdirTemp("/dev/shm", "blindspot-test-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// TestGeneratedWorkspace puts generated resources of every kind into the stand-in as another program would, pulls them,
// applies the files to an empty workspace of another name, group and subscription and pulls that: the bytes must be the same. BLINDSPOT_SWEEP makes a thousand of
// each kind instead of fifty.
func TestGeneratedWorkspace(t *testing.T) {
	list := readProperties(t)
	each := 50
	if os.Getenv("BLINDSPOT_SWEEP") != "" {
		each = 1000
	}
	total := 0
	for _, k := range list.kinds {
		if k.kind.info() == nil {
			continue
		}
		n := each
		if k.kind == Onboarding {
			n = 1 // there is one
		}
		t.Run(strings.ReplaceAll(k.String(), " ", "_"), func(t *testing.T) {
			m := &maker{list: list, made: map[string]int{}, valid: true}
			for left, round := n, 0; left > 0; round++ {
				batch := min(left, 100) // the service bounds the rules of a workspace
				left -= batch
				var all []*Resource
				gen := rapid.Custom(func(t *rapid.T) *Resource { return m.resource(t, k, false) })
				for i := range batch {
					all = append(all, gen.Example(round*1000+i))
				}
				total += len(all)
				throughTheStandIn(t, k, all)
				if t.Failed() {
					return
				}
			}
		})
	}
	t.Logf("%d resources", total)
}

func throughTheStandIn(t *testing.T, k *kindOf, all []*Resource) {
	x := newStandIn(t, server.Options{})
	if k.kind == RuleAction {
		x.put(Rule, guid(1), x.desired(map[string]string{"rules/a.yaml": scheduled(1, "Has actions", "version: 1.0.0\n")}).Resources[0].wire())
	}
	for _, r := range all {
		if r.Kind == Workbook {
			r.props()["sourceId"] = x.target.ResourceID()
		}
		body := r.wire()
		if r.Kind == Watchlist && len(r.Items) > 0 {
			body = sendable(r)
		}
		if _, err := x.w.Do(context.Background(), azure.Request{Method: http.MethodPut, Path: resourceID(x.target, r.Kind, r.ID), Version: writeVersion(r.Kind, r.Body), Body: body}); err != nil {
			t.Fatalf("the stand-in refuses %s: %v\n%s", r.ID, err, compact(body))
		}
		if r.Kind != Watchlist || !hasMappings(r.Items) {
			continue
		}
		var rows Resource
		rows.ID = r.ID
		if err := readItems(context.Background(), x.w, &rows); err != nil {
			t.Fatal(err)
		}
		for _, it := range r.Items {
			if it[mappingKey] == nil {
				continue
			}
			for i, have := range rows.Items {
				if have[mappingKey] == nil && string(compact(have)) == string(compact(cells(it))) {
					have[mappingKey] = it[mappingKey]
					if _, err := x.w.Do(context.Background(), azure.Request{Method: http.MethodPut, Path: resourceID(x.target, Watchlist, r.ID) + "/watchlistItems/" + rows.itemIDs[i], Version: stableVersion, Body: itemBody(it)}); err != nil {
						t.Fatal(err)
					}
					break
				}
			}
		}
	}
	first := pullInto(t, x, memory(t), PullOptions{})
	for _, text := range first { // what the service never shows comes from the environment
		for _, part := range strings.Split(text, "${env:BLINDSPOT_")[1:] {
			name, _, _ := strings.Cut(part, "}")
			t.Setenv("BLINDSPOT_"+name, "https://contoso.example/secret")
		}
	}
	if k.kind != Onboarding && len(first) < len(all) {
		t.Fatalf("%d files for %d resources", len(first), len(all))
	}
	y := newStandIn(t, server.Options{Subscription: guid(77), ResourceGroup: "elsewhere", Workspace: "other"})
	a := y.applier(memory(t))
	a.Jobs = 4
	d := y.desired(first)
	out, err := a.Apply(context.Background(), y.plan(d, PlanOptions{}))
	if err != nil || !out.Whole() {
		t.Fatalf("the apply is not whole: %v %.2000v", err, errorsOf(out.Failed))
	}
	second := pullInto(t, y, memory(t), PullOptions{})
	if d := cmp.Diff(first, second); d != "" {
		t.Fatalf("pull, apply, pull gives other bytes:\n%.3000s", d)
	}
	if p := y.plan(y.desired(second), PlanOptions{}); p.Summary.Changes() > 0 {
		t.Fatalf("after the second pull there is still something to do: %v %v", lines(p), p.Actions[0].Fields)
	}
}

// TestConnectKeepsEveryProperty turns a category on and off again in generated diagnostic settings: the rest of each is as
// it was, to the byte, and categories that were there keep their place.
func TestConnectKeepsEveryProperty(t *testing.T) {
	list := readProperties(t)
	k := list.kind("diagnosticSetting")
	m := &maker{list: list, made: map[string]int{}, valid: true}
	x := newStandIn(t, server.Options{})
	streams := []*content.Stream{{Category: "MicrosoftGraphActivityLogs", Table: "MicrosoftGraphActivityLogs"}}
	count := 100
	if os.Getenv("BLINDSPOT_SWEEP") != "" {
		count = 1000
	}
	gen := rapid.Custom(func(t *rapid.T) map[string]any {
		p, _ := m.fields(t, &k.object, k.String(), nil, false)
		seen := map[any]bool{}
		var logs []any
		for _, l := range p["logs"].([]any) { // a category has one entry
			if c := l.(map[string]any)["category"]; !seen[c] {
				seen[c] = true
				logs = append(logs, l)
			}
		}
		p["logs"], p["workspaceId"] = logs, x.target.ResourceID()
		return roundJSON(p)
	})
	const at = diagnosticSettings + "/generated"
	shown := func() map[string]any {
		got, _, err := x.w.Get(t.Context(), at, entraVersion)
		if err != nil {
			t.Fatal(err)
		}
		return got["properties"].(map[string]any)
	}
	change := func(on bool) {
		c, err := PlanConnection(t.Context(), x.w, []string{"MicrosoftGraphActivityLogs"}, on, "", streams, nil, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		if err := Connect(t.Context(), x.w, c); err != nil {
			t.Fatal(err)
		}
	}
	for i := range count {
		if _, err := x.w.Do(t.Context(), azure.Request{Method: http.MethodPut, Path: at, Version: entraVersion, Body: map[string]any{"properties": gen.Example(i)}}); err != nil {
			t.Fatal(err)
		}
		before := shown()
		change(true)
		change(false)
		after := shown()
		logs := after["logs"].([]any)
		last := logs[len(logs)-1].(map[string]any)
		if last["category"] != "MicrosoftGraphActivityLogs" || last["enabled"] != false {
			t.Fatalf("the category was not turned off: %v", last)
		}
		after["logs"] = logs[:len(logs)-1]
		if d := cmp.Diff(string(compact(before)), string(compact(after))); d != "" {
			t.Fatalf("something else of the setting changed:\n%s", d)
		}
	}
	list.walk(k, func(path string, p *property) {
		if m.made[path] == 0 {
			t.Errorf("no generated setting has %s", path)
		}
	})
}
