package docs

import (
	"encoding/json"
	"fmt"
	"strings"
)

// MutantsFile is the measurement that pages take their list of surviving mutants from, in the folder of the pages; it is
// written by `blindspot test --mutate --mutants-out`.
const MutantsFile = "mutants.json"

// Mutants is how well each rule's tests notice mistakes in it, by the rule's id.
type Mutants map[string]RuleMutants

// RuleMutants is the measurement of one rule. Query is a digest of the query it was measured on, so that a page never
// shows the survivors of another.
type RuleMutants struct {
	Query      string     `json:"query"`
	Mutants    int        `json:"mutants"`
	Killed     int        `json:"killed"`
	Equivalent int        `json:"equivalent"`
	Score      float64    `json:"score"`
	Survivors  []Survivor `json:"survivors"`
}

// Survivor is a mutant that no test noticed. Line counts in the rule's file.
type Survivor struct {
	Kind string `json:"kind"`
	Line int    `json:"line"`
	Diff string `json:"diff"`
}

// ReadMutants reads a measurement.
func ReadMutants(data []byte) (Mutants, error) {
	var m Mutants
	if err := json.Unmarshal(data, &m); err != nil {
		return nil, fmt.Errorf("%s: %w; make it with blindspot test --mutate --mutants-out", MutantsFile, err)
	}
	return m, nil
}

func (g *generator) mutants(p *rulePage, w func(string, ...any)) {
	m, ok := g.measured[p.ID]
	if !ok || m.Query != Digest(p.Query.String()) {
		return
	}
	w("\n## Mistakes that its tests notice\n\n%d small changes of the query were tried; the tests notice %d of the %d that can change its answer (%.0f %%).\n", m.Mutants, m.Killed, m.Killed+len(m.Survivors), m.Score)
	if len(m.Survivors) == 0 {
		return
	}
	w("\nThese pass unnoticed:\n\n| line | change | |\n|---|---|---|\n")
	for _, s := range m.Survivors {
		before, after, _ := strings.Cut(s.Diff, "\n")
		w("| %d | %s | %s became %s |\n", s.Line, s.Kind, code(strings.TrimPrefix(before, "- ")), code(strings.TrimPrefix(after, "+ ")))
	}
}
