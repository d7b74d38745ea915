package report

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-caab1ad3/blindspot/content"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func sample() *Report {
	lines := map[string]string{
		"rules/a.yaml:14":   "      | where UserPrincipleName != \"\"",
		"rules/a.yaml:3":    "severity: high",
		"rules/b c.yaml:1":  "\tname: \x1b[31mred\u202e",
		"rules/long.yaml:2": "  " + strings.Repeat("x", 150) + " needle " + strings.Repeat("y", 150),
	}
	return &Report{
		Files: []string{"rules/a.yaml", "rules/b c.yaml", "rules/good.yaml", "rules/long.yaml"},
		Rules: []Rule{
			{"compile", "The query compiles", "A rule whose query does not compile cannot be saved.", Error},
			{"schema", "The file has the shape of its kind", "The service refuses what it does not know.", Error},
		},
		Line: func(file string, line int) (string, bool) {
			l, ok := lines[fmt.Sprintf("%s:%d", file, line)]
			return l, ok
		},
		Findings: []Finding{
			{Check: "schema", Severity: Error, File: "rules/a.yaml", Line: 3, Column: 11, EndLine: 3, EndColumn: 15, Message: `severity is "high"`, Help: `write "High"`,
				Fix: &Fix{Title: "write High", Edits: []content.Edit{{Start: 40, End: 44, Text: "High"}}}},
			{Check: "compile", Code: "KS142", Severity: Error, File: "rules/a.yaml", Line: 14, Column: 15, EndLine: 14, EndColumn: 32, Message: `unknown column "UserPrincipleName"`, Help: `did you mean "UserPrincipalName"?`},
			{Check: "compile", Severity: Warning, File: "rules/b c.yaml", Line: 1, Column: 8, Message: "100% odd, <really>\nyes", Help: ""},
			{Check: "missing-tests", Severity: Info, File: "rules/b c.yaml", Message: "the rule has no test", Help: "write b c.test.yaml"},
			{Check: "compile", Severity: Warning, File: "rules/long.yaml", Line: 2, Column: 154, EndLine: 2, EndColumn: 160, Message: "a needle"},
		},
	}
}

func TestGolden(t *testing.T) {
	for name, write := range map[string]func(*Report, io.Writer) error{
		"text.txt":    func(r *Report, w io.Writer) error { return r.WriteText(w, TextOptions{Width: 80}) },
		"color.txt":   func(r *Report, w io.Writer) error { return r.WriteText(w, TextOptions{Width: 80, Color: true}) },
		"json.json":   func(r *Report, w io.Writer) error { return r.WriteJSON(w) },
		"sarif.json":  func(r *Report, w io.Writer) error { return r.WriteSARIF(w, SARIFOptions{Version: "1.2.3"}) },
		"junit.xml":   func(r *Report, w io.Writer) error { return r.WriteJUnit(w) },
		"github.txt":  func(r *Report, w io.Writer) error { return r.WriteGitHub(w) },
		"azure.txt":   func(r *Report, w io.Writer) error { return r.WriteAzure(w) },
		"gitlab.json": func(r *Report, w io.Writer) error { return r.WriteGitLab(w) },
		"summary.md":  func(r *Report, w io.Writer) error { return r.WriteSummary(w) },
		"empty.txt": func(_ *Report, w io.Writer) error {
			return (&Report{Files: []string{"a"}}).WriteText(w, TextOptions{})
		},
		"empty.json": func(_ *Report, w io.Writer) error { return (&Report{}).WriteJSON(w) },
	} {
		t.Run(name, func(t *testing.T) {
			r := sample()
			r.Sort()
			var got bytes.Buffer
			if err := write(r, &got); err != nil {
				t.Fatal(err)
			}
			file := filepath.Join("testdata", name)
			if *update {
				if err := os.WriteFile(file, got.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got.Bytes(), want) {
				t.Errorf("got\n%s\nwant\n%s", got.Bytes(), want)
			}
		})
	}
}

// What GitHub's code scanning requires must be there and not empty, for any finding.
func TestSARIFRequired(t *testing.T) {
	r := sample()
	r.Findings = append(r.Findings, Finding{Check: "undescribed", File: "x", Message: "m"})
	var b bytes.Buffer
	if err := r.WriteSARIF(&b, SARIFOptions{}); err != nil {
		t.Fatal(err)
	}
	var log struct {
		Schema  string `json:"$schema"`
		Version string
		Runs    []struct {
			Tool struct {
				Driver struct {
					Name  string
					Rules []struct {
						ID                                string
						ShortDescription, FullDescription struct{ Text string }
						Help                              struct{ Text string }
					}
				}
			}
			Results []struct {
				RuleID    string
				RuleIndex int
				Message   struct{ Text string }
				Locations []struct {
					PhysicalLocation struct {
						ArtifactLocation struct{ URI string }
						Region           struct{ StartLine, StartColumn, EndLine, EndColumn int }
					}
				}
				PartialFingerprints map[string]string
			}
		}
	}
	if err := json.Unmarshal(b.Bytes(), &log); err != nil {
		t.Fatal(err)
	}
	run := log.Runs[0]
	if log.Schema == "" || log.Version != "2.1.0" || run.Tool.Driver.Name == "" || len(run.Results) != len(r.Findings) {
		t.Errorf("head: %+v", log)
	}
	for _, d := range run.Tool.Driver.Rules {
		if d.ID == "" || d.ShortDescription.Text == "" || d.FullDescription.Text == "" || d.Help.Text == "" {
			t.Errorf("rule %+v", d)
		}
	}
	prints := map[string]bool{}
	for _, res := range run.Results {
		g := res.Locations[0].PhysicalLocation
		if res.Message.Text == "" || g.ArtifactLocation.URI == "" || strings.Contains(g.ArtifactLocation.URI, " ") || g.Region.StartLine < 1 || g.Region.StartColumn < 1 ||
			g.Region.EndLine < g.Region.StartLine || g.Region.EndLine == g.Region.StartLine && g.Region.EndColumn <= g.Region.StartColumn {
			t.Errorf("result %+v", res)
		}
		if run.Tool.Driver.Rules[res.RuleIndex].ID != res.RuleID {
			t.Errorf("rule index of %s", res.RuleID)
		}
		p := res.PartialFingerprints["primaryLocationLineHash"]
		if p == "" || prints[p] {
			t.Errorf("fingerprint %q of %s", p, res.RuleID)
		}
		prints[p] = true
	}
}

func TestFingerprintHoldsWhenLinesMove(t *testing.T) {
	print := func(line int) string {
		r := &Report{Line: func(string, int) (string, bool) { return "  severity: high", true }}
		return r.fingerprint(&Finding{Check: "c", File: "f", Line: line, Message: "m"}, map[string]int{})
	}
	if print(3) != print(30) {
		t.Error("the fingerprint changed with the line's number")
	}
}

// A job's summary stays within what GitHub takes, and says how much it leaves out.
func TestSummaryIsBounded(t *testing.T) {
	r := &Report{}
	for i := range 9000 {
		r.Findings = append(r.Findings, Finding{Check: "c", File: "f", Line: i + 1, Column: 1, Message: strings.Repeat("m", 200)})
	}
	var b bytes.Buffer
	if err := r.WriteSummary(&b); err != nil {
		t.Fatal(err)
	}
	if b.Len() > 1<<20 || !strings.HasSuffix(b.String(), " more\n") {
		t.Errorf("%d bytes, the end is %s", b.Len(), b.String()[b.Len()-40:])
	}
}

// What a comment ignores is in SARIF, marked with the reason, and in no other format.
func TestSARIFCarriesSuppressions(t *testing.T) {
	r := sample()
	r.Ignored = []Ignored{{r.Findings[0], "known to us"}}
	r.Findings = r.Findings[1:]
	var b bytes.Buffer
	if err := r.WriteSARIF(&b, SARIFOptions{}); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(b.String(), `"suppressions"`); n != 1 || !strings.Contains(b.String(), `"justification": "known to us"`) || !strings.Contains(b.String(), `"inSource"`) {
		t.Errorf("%d suppressions in %s", n, b.String())
	}
}

func TestGitHubKeepsTenOfAKind(t *testing.T) {
	r := &Report{}
	for i := range 25 {
		r.Findings = append(r.Findings, Finding{Check: "c", File: "f", Line: i + 1, Column: 1, Message: "m"})
	}
	var b bytes.Buffer
	r.WriteGitHub(&b)
	lines := strings.Split(strings.TrimSpace(b.String()), "\n")
	if len(lines) != 10 || !strings.Contains(lines[9], "16 more") {
		t.Errorf("%d lines, the last is %s", len(lines), lines[len(lines)-1])
	}
}

func TestJUnitParses(t *testing.T) {
	r := sample()
	r.Findings[0].Message = "bad \x00 \ufffe text"
	var b bytes.Buffer
	if err := r.WriteJUnit(&b); err != nil {
		t.Fatal(err)
	}
	var s junitSuites
	if err := xml.Unmarshal(b.Bytes(), &s); err != nil || s.Tests != 6 || s.Failures != 2 {
		t.Errorf("%v: %d tests, %d failures", err, s.Tests, s.Failures)
	}
}
