package kqltest

import (
	"context"
	"errors"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/seed-caab1ad3/blindspot/emulator"
	"github.com/seed-caab1ad3/blindspot/emulator/exec"
	"github.com/seed-caab1ad3/blindspot/emulator/plan"
)

// FuzzQuery runs any text as a query over small sign-in tables, in two ways: with the optimiser and batches of three, and
// without either. Nothing panics; every run ends; and the two agree on whether there is an answer and on how many rows it has,
// unless one of them came to a limit or the text may give other rows each time.
func FuzzQuery(f *testing.F) {
	r := rand.New(rand.NewPCG(5, 11))
	rows := map[string][]string{}
	for _, table := range relationTables {
		rows[table] = relationRows(table, r, 12)
	}
	w := workspace(f, rows, 1<<30)
	g := &generator{r: r}
	for range 60 {
		f.Add(g.query(1 + r.IntN(6)).text())
	}
	files, err := filepath.Glob("testdata/*.kqltest")
	if err != nil || len(files) == 0 {
		f.Fatal("no scripts", err)
	}
	for i, file := range files {
		if i%5 > 0 {
			continue // a part is enough to begin with
		}
		s, err := Parse(file)
		if err != nil {
			f.Fatal(err)
		}
		for _, c := range s.Cases[:min(3, len(s.Cases))] {
			if len(c.Text) < 2000 {
				f.Add(c.Text)
			}
		}
	}
	limits := exec.Limits{Time: 2 * time.Second, Bytes: 64 << 20, Cells: 1 << 16, Rows: 1 << 12}
	run := func(t *testing.T, text string, o emulator.QueryOptions) (int, error) {
		o.Limits, o.Seed = limits, 1
		start := time.Now()
		res, err := w.Query(context.Background(), text, o)
		if took := time.Since(start); took > 30*time.Second {
			t.Errorf("took %v", took)
		}
		var fault *exec.Fault
		if errors.As(err, &fault) {
			t.Fatalf("%v\n%s\n%s", err, text, fault.Stack)
		}
		if err != nil {
			if strings.ContainsAny(err.Error(), "\n\r") {
				t.Errorf("an error of several lines: %q", err)
			}
			return 0, err
		}
		n := 0
		for _, table := range res.Tables {
			n += table.Rows
			for i := range table.Rows {
				rowOf(table, i)
			}
		}
		return n, nil
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 2000 {
			return
		}
		many, merr := run(t, text, emulator.QueryOptions{Workers: 1, BatchSize: 3})
		plain, perr := run(t, text, emulator.QueryOptions{Workers: 1, NoOptimizer: true})
		if merr == nil {
			if c := w.Compile(text, ""); c.OK() {
				for _, q := range c.Query.Results {
					plan.Explain(q.Rel)
				}
			}
		}
		for _, loose := range []string{"rand", "sample", "take", "limit", "top", "any", "arg_m", "row", "prev", "next", "serialize", "scan", "sort", "order", "partition", "graph", "reduce", "autocluster", "basket", "diffpatterns", "now", "ago", "new_guid", "estimate", "hint", "getschema"} {
			if strings.Contains(text, loose) {
				return
			}
		}
		var q *emulator.QueryError
		if errors.As(merr, &q) || errors.As(perr, &q) {
			if (merr == nil) != (perr == nil) {
				t.Errorf("%s\noptimised: %v\nplain: %v", text, merr, perr)
			}
			return
		}
		if merr == nil && perr == nil && many != plain {
			t.Errorf("%s\n%d rows optimised, %d plain", text, many, plain)
		}
	})
}
