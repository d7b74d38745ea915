package kql_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/seed-caab1ad3/blindspot/emulator/kql"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/source"
)

// TestMistakes compiles queries into which one mistake was put (a column renamed, a quote dropped, an argument removed, a type
// changed) and compares the place of what is said with the places that Microsoft's language service names: lines of id, env, kind,
// query (ASCII) and starts, its errors as [start, length, code], in $BLINDSPOT_CORPUS/mistakes.jsonl.
func TestMistakes(t *testing.T) {
	dir := os.Getenv("BLINDSPOT_CORPUS")
	if dir == "" {
		t.Skip("BLINDSPOT_CORPUS names no folder with mistakes.jsonl")
	}
	file := filepath.Join(dir, "mistakes.jsonl")
	if _, err := os.Stat(file); err != nil {
		t.Skip("no mistakes.jsonl")
	}
	known := readSchemas(t, filepath.Join(dir, "schemas"))
	if known == nil {
		known = readSchemas(t, filepath.Join("..", "..", "..", "shared", "schemas"))
	}
	if known == nil {
		t.Skip("no folder of schemas")
	}
	cats := map[string]*judgeCatalog{"la": known.catalog("la"), "xdr": known.catalog("xdr")}
	all, same := map[string]int{}, map[string]int{}
	lines(t, file, func(b []byte) {
		var q struct {
			ID, Env, Kind, Query string
			Starts               [][]any
		}
		if json.Unmarshal(b, &q) != nil || cats[q.Env] == nil {
			return
		}
		all[q.Kind]++
		all[""]++
		r := kql.Compile(q.Query, kql.Options{Catalog: cats[q.Env]})
		first := -1
		for _, d := range r.Diagnostics {
			if d.Severity != source.Error {
				continue
			}
			if first < 0 {
				first = d.Span.Start
			}
			for _, s := range q.Starts {
				start, length := int(s[0].(float64)), int(s[1].(float64))
				// one place: the spans touch, or begin within a few characters of each other
				if d.Span.Start <= start+length && start <= d.Span.End || d.Span.Start-start < 4 && start-d.Span.Start < 4 {
					same[q.Kind]++
					same[""]++
					return
				}
			}
		}
		t.Logf("%s %s: here at %d, there at %v", q.ID, q.Kind, first, q.Starts[0])
	})
	for kind, n := range all {
		t.Logf("%q: %d of %d in the same place", kind, same[kind], n)
	}
	if n := all[""]; n == 0 || float64(same[""]) < 0.95*float64(n) {
		t.Errorf("%d of %d mistakes in the same place, below 95 %%", same[""], n)
	}
}
