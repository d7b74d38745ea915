package docs

import (
	"encoding/json"
	"testing"

	"github.com/seed-caab1ad3/blindspot/content"
)

// FuzzMutants reads anything as a measurement of mutants: it is one or an error, and a rule's page is written from it.
func FuzzMutants(f *testing.F) {
	f.Add([]byte(`{"a":{"query":"x","mutants":3,"killed":1,"equivalent":1,"score":50,"survivors":[{"kind":"k","line":1,"diff":"- a\n+ b"},{"diff":""}]}}`))
	f.Add([]byte(`{"a":null}`))
	f.Add([]byte(`[]`))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := ReadMutants(b)
		if err != nil {
			return
		}
		g := &generator{measured: m}
		for id, of := range m {
			of.Query = Digest("T") // that it is for another query is the simpler case
			m[id] = of
			g.mutants(&rulePage{Rule: &content.Rule{ID: id, Query: content.NewText("a.yaml", "T")}}, func(string, ...any) {})
		}
		if _, err := json.Marshal(m); err != nil {
			t.Error(err)
		}
	})
}
