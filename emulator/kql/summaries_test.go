package kql_test

import (
	"reflect"
	"testing"

	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/content/tables"
	"github.com/seed-caab1ad3/blindspot/emulator/catalog"
	"github.com/seed-caab1ad3/blindspot/emulator/kql"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/bind"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/symbol"
)

// What is said of the shipped queries does not depend on whether calls of functions are bound anew.
func TestSummariesOfShippedQueries(t *testing.T) {
	b, _ := content.Load(content.Embedded(), content.Options{})
	cat := catalog.FromBundle(tables.Sentinel, b)
	var queries []string
	for _, r := range b.Rules {
		queries = append(queries, r.Query.String())
	}
	for _, h := range b.Hunting {
		queries = append(queries, h.Query.String())
	}
	none := func(symbol.FunctionKind, string) bool { return false }
	var kept bind.Summaries
	for range 2 {
		for _, text := range queries {
			want := kql.Compile(text, kql.Options{Catalog: cat, Profile: kql.Sentinel, HasKernel: none})
			got := kql.Compile(text, kql.Options{Catalog: cat, Profile: kql.Sentinel, HasKernel: none, Summaries: &kept})
			unsupported := map[string]bool{}
			for _, u := range want.Query.Unsupported {
				unsupported[u.What] = true
			}
			for _, u := range got.Query.Unsupported {
				if !unsupported[u.What] {
					t.Errorf("%s\nis said to use %s", text, u.What)
				}
			}
			if len(got.Query.Unsupported) != len(unsupported) {
				t.Errorf("%s\nuses %v, want %v", text, got.Query.Unsupported, want.Query.Unsupported)
			}
			if !reflect.DeepEqual(got.Diagnostics, want.Diagnostics) || !reflect.DeepEqual(got.Columns, want.Columns) ||
				!reflect.DeepEqual(got.Query.Tables, want.Query.Tables) || got.Query.Open() != want.Query.Open() {
				t.Errorf("%s\n got %v %v %v\nwant %v %v %v", text, got.Diagnostics, got.Columns, got.Query.Tables, want.Diagnostics, want.Columns, want.Query.Tables)
			}
		}
	}
}
