package deploy

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

// TestExportScenarios runs the scenarios of the rule engine's model whose rules leave for Defender (number 82, facts S148 to
// S156) against the writer that the command line uses. Their data stand with the other scenarios.
func TestExportScenarios(t *testing.T) {
	const folder = "../../../emulator/sentinel/testdata/scenarios/"
	files, err := filepath.Glob(folder + "*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scenarios: %v", err)
	}
	ran := 0
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		var list []struct {
			Number int              `yaml:"scenario"`
			Case   string           `yaml:"case"`
			Rules  []map[string]any `yaml:"rules"`
			Expect struct {
				Export *struct {
					Frequency string   `yaml:"frequency"`
					Refused   string   `yaml:"refused"`
					Lost      []string `yaml:"lost"`
				} `yaml:"export"`
			} `yaml:"expect"`
		}
		if err := yaml.Unmarshal(data, &list); err != nil {
			t.Fatalf("%s: %v", f, err)
		}
		for _, s := range list {
			want := s.Expect.Export
			if want == nil {
				continue
			}
			ran++
			t.Run(fmt.Sprintf("%d %s", s.Number, s.Case), func(t *testing.T) {
				rules := map[string]string{}
				for i, over := range s.Rules {
					m := map[string]any{"id": guid(i + 1), "kind": "Scheduled", "name": fmt.Sprint("rule ", i), "description": "A rule.", "severity": "Medium", "version": "1.0.0", "requiredDataConnectors": []any{}}
					if over["kind"] != "NRT" {
						m["queryFrequency"], m["queryPeriod"], m["triggerOperator"], m["triggerThreshold"] = "5m", "5m", "gt", 0
					}
					for k, v := range over {
						m[k] = v
					}
					b, err := yaml.Marshal(m)
					if err != nil {
						t.Fatal(err)
					}
					rules[fmt.Sprintf("rules/rule%d.yaml", i)] = string(b)
				}
				x := &standIn{t: t, target: anyTarget()}
				files, notes, err := Export("defender", x.desired(rules).Resources, x.target)
				if err != nil {
					t.Fatal(err)
				}
				if want.Refused != "" {
					if len(files) != 0 || len(notes) != len(rules) || !strings.Contains(notes[0], want.Refused) {
						t.Errorf("%d files, notes %q; want none and %q", len(files), notes, want.Refused)
					}
					return
				}
				if len(files) != len(rules) || len(notes) != len(rules)*len(want.Lost) {
					t.Errorf("%d files, notes\n%s\nwant %d files and %d notes each", len(files), strings.Join(notes, "\n"), len(rules), len(want.Lost))
				}
				for _, w := range want.Lost {
					if n := strings.Count(strings.Join(notes, "\n"), w); n < len(rules) {
						t.Errorf("notes\n%s\nwant %q of each rule", strings.Join(notes, "\n"), w)
					}
				}
				for _, f := range files {
					var d struct{ Schedule struct{ Frequency string } }
					if err := json.Unmarshal(f.Data, &d); err != nil || want.Frequency != "" && d.Schedule.Frequency != want.Frequency {
						t.Errorf("%s, %v; want the frequency %s", f.Data, err, want.Frequency)
					}
				}
			})
		}
	}
	if ran == 0 {
		t.Error("no scenario exports a rule")
	}
}
