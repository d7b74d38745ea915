package deploy

import (
	"context"
	"fmt"
	"testing"
	"testing/fstest"

	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/emulator/server"
)

// many are n rules with queries of a real one's length.
func many(n int) fstest.MapFS {
	files := fstest.MapFS{}
	body := ""
	for i := range 30 {
		body += fmt.Sprintf("  | extend Column%d = strcat(UserPrincipalName, \"-%d\") // one more line\n", i, i)
	}
	for i := range n {
		files[fmt.Sprintf("rules/r%d.yaml", i)] = &fstest.MapFile{Data: []byte(scheduled(i+1, fmt.Sprintf("Rule %d", i), "") + body)}
	}
	return files
}

// BenchmarkPlan500 plans 500 rules over TLS from their files: loading, reading the workspace, comparing. The promise is
// three seconds.
func BenchmarkPlan500(b *testing.B) {
	files := many(500)
	x := newStandIn(b, server.Options{})
	load := func() *Desired {
		bundle, _ := content.Load(files, content.Options{})
		d, err := Wanted(bundle, nil, x.target)
		if err != nil {
			b.Fatal(err)
		}
		return d
	}
	if out, err := (&Applier{W: x.w, Store: OpenStore(b.TempDir(), x.target), Jobs: 8}).Apply(context.Background(), x.plan(load(), PlanOptions{})); err != nil || !out.Whole() {
		b.Fatal(err, out)
	}
	for b.Loop() {
		d := load()
		if p := x.plan(d, PlanOptions{Prune: true}); p.Summary.None != 500 {
			b.Fatal(p.Summary)
		}
	}
}
