package main

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"os"
	"sort"
	"strings"
	"time"

	"github.com/seed-caab1ad3/blindspot/cmd/internal/terminal"
	"github.com/seed-caab1ad3/blindspot/emulator/ruletest"
	"github.com/seed-caab1ad3/blindspot/validate/report"
)

func testWriter(format string) (func(testReport, terminal.Stream) error, error) {
	switch format {
	case "text":
		return testReport.text, nil
	case "json":
		return testReport.json, nil
	case "jsonl":
		return testReport.jsonl, nil
	case "junit":
		return testReport.junit, nil
	case "github":
		return testReport.github, nil
	case "markdown":
		return testReport.markdown, nil
	}
	return nil, fail(exitUsage, "--format %q is unknown; it is text, json, jsonl, junit, github or markdown", format)
}

func (t testReport) text(w terminal.Stream) error {
	var b strings.Builder
	for _, r := range t.runs {
		failed := r.failed()
		if !t.named && !t.verbose && !r.says() {
			continue
		}
		mark := w.Paint(terminal.Green, "ok  ")
		if failed > 0 {
			mark = w.Paint(terminal.Red, "FAIL")
		}
		fmt.Fprintf(&b, "%s  %-*s %8s", mark, min(58, max(20, w.Width-22)), r.rule.Name, counted(len(r.results), "test"))
		if failed > 0 {
			fmt.Fprintf(&b, ", %d failed", failed)
		}
		b.WriteByte('\n')
		for _, x := range r.results {
			switch {
			case x.Skipped != "":
				fmt.Fprintf(&b, "      skipped  %s: %s\n", x.Name, x.Skipped)
			case x.Passed && t.verbose:
				fmt.Fprintf(&b, "      ok       %s\n", x.Name)
			case !x.Passed:
				fmt.Fprintf(&b, "  %s:%d:%d: %s\n", r.file.File(), x.Position.Line, x.Position.Column, w.Paint(terminal.Bold, x.Name))
				fmt.Fprintf(&b, "      %s\n", strings.ReplaceAll(x.Message, "\n", "\n      "))
				if x.Detail != "" {
					fmt.Fprintf(&b, "      %s\n", strings.ReplaceAll(strings.TrimRight(x.Detail, "\n"), "\n", "\n      "))
				}
			}
		}
		if m := r.mutation; m != nil {
			fmt.Fprintf(&b, "      mutants  %d of %d noticed, score %.0f %%\n", m.Killed, m.Killed+len(m.Survivors), m.Score())
			for _, s := range m.Survivors {
				fmt.Fprintf(&b, "        %s:%d:%d: survived: %s\n          %s\n", r.rule.File(), s.Line, s.Column, s.Kind, strings.ReplaceAll(s.Diff, "\n", "\n          "))
			}
		}
		if v := r.coverage; v != nil {
			fmt.Fprintf(&b, "      coverage %d of %d choices decided, %.0f %%\n", v.Decided, v.Choices, v.Share())
			for _, u := range v.Undecided {
				word := "no test needs it " + u.Never
				if u.Kind == "leg" {
					word = "no test needs it"
				}
				fmt.Fprintf(&b, "        %s:%d:%d: %s: %s: %s\n", r.rule.File(), u.Line, u.Column, u.Kind, word, u.Text)
			}
		}
		if n := len(r.replay); n > 0 {
			outcomes := map[ruletest.Outcome]int{}
			for _, p := range r.replay {
				outcomes[p.Outcome]++
			}
			fmt.Fprintf(&b, "      replay   %s moved to the sibling stream: %d fire, %d declared, %d blind\n", counted(n, "case"), outcomes[ruletest.Fires], outcomes[ruletest.Declared], outcomes[ruletest.Silent])
		}
		for _, p := range r.replay {
			if p.Outcome != ruletest.Silent && !t.verbose {
				continue
			}
			word := string(p.Outcome)
			if p.Outcome == ruletest.Silent {
				word = w.Paint(terminal.Red, "BLIND SPOT")
			}
			fmt.Fprintf(&b, "      replay   %s: %s -> %s: %s\n", p.Test, p.From, p.To, word)
			if p.Outcome == ruletest.Silent && p.Message != "" {
				fmt.Fprintf(&b, "               %s\n", p.Message)
			}
		}
		sums := ruletest.Faults(r.faults)
		if len(sums) > 0 {
			fmt.Fprintf(&b, "      faults   %s of data, %s\n", counted(len(sums), "fault"), counted(len(r.faults), "case")+" run again")
		}
		for _, s := range sums {
			if len(s.Bad) == 0 && !t.verbose {
				continue
			}
			fmt.Fprintf(&b, "      fault    %s: %s disturbed", s.Fault, counted(s.Cases, "case"))
			if s.Declared > 0 {
				fmt.Fprintf(&b, ", %d declared", s.Declared)
			}
			b.WriteByte('\n')
			for _, d := range s.Bad {
				fmt.Fprintf(&b, "               %s: %s: %s\n", d.Test, w.Paint(terminal.Red, string(d.Outcome)), d.Message)
			}
		}
	}
	t.slowestText(&b)
	if t.quiet && !t.bad() {
		_, err := io.WriteString(w, b.String())
		return err
	}
	tests, passed, skipped := t.counts()
	fmt.Fprintf(&b, "%s, %s, %d passed, %d failed", t.tested(), counted(tests, "test"), passed, tests-passed)
	if skipped > 0 {
		fmt.Fprintf(&b, ", %d skipped", skipped)
	}
	b.WriteByte('\n')
	_, err := io.WriteString(w, b.String())
	if w.TTY {
		fmt.Fprintf(w, "%s\n", w.Paint(terminal.Dim, t.elapsed.Round(time.Millisecond).String()))
	}
	return err
}

// The JSON form; fields may be added, not removed.
type testJSON struct {
	SchemaVersion int             `json:"schemaVersion"`
	Rules         []testRuleJSON  `json:"rules"`
	Summary       testSummaryJSON `json:"summary"`
}

type testSummaryJSON struct {
	Rules     int   `json:"rules"`
	Tests     int   `json:"tests"`
	Passed    int   `json:"passed"`
	Failed    int   `json:"failed"`
	Skipped   int   `json:"skipped"`
	ElapsedMs int64 `json:"elapsedMs"`
}

type testRuleJSON struct {
	File     string                 `json:"file"`
	ID       string                 `json:"id"`
	Name     string                 `json:"name"`
	Tests    []testCaseJSON         `json:"tests"`
	Mutation *mutationJSON          `json:"mutation,omitempty"`
	Coverage *ruletest.Coverage     `json:"coverage,omitempty"`
	Replay   []ruletest.Replay      `json:"replay,omitempty"`
	Faults   []ruletest.Disturbance `json:"faults,omitempty"`
}

type testCaseJSON struct {
	Name      string `json:"name"`
	Passed    bool   `json:"passed"`
	Skipped   string `json:"skipped,omitempty"`
	Message   string `json:"message,omitempty"`
	Detail    string `json:"detail,omitempty"`
	Line      int    `json:"line"`
	ElapsedUs int64  `json:"elapsedUs"`
}

type mutationJSON struct {
	Mutants    int                 `json:"mutants"`
	Killed     int                 `json:"killed"`
	Equivalent int                 `json:"equivalent"`
	Score      float64             `json:"score"`
	Survivors  []ruletest.Survivor `json:"survivors"`
}

func (t testReport) json(w terminal.Stream) error {
	v := testJSON{SchemaVersion: 1, Rules: []testRuleJSON{}, Summary: t.summary()}
	for _, r := range t.runs {
		v.Rules = append(v.Rules, testRuleOf(r))
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

func (t testReport) summary() testSummaryJSON {
	tests, passed, skipped := t.counts()
	return testSummaryJSON{len(t.runs), tests, passed, tests - passed, skipped, t.elapsed.Milliseconds()}
}

func testRuleOf(r ruleRun) testRuleJSON {
	j := testRuleJSON{File: r.rule.File(), ID: r.rule.ID, Name: r.rule.Name, Tests: []testCaseJSON{}, Coverage: r.coverage, Replay: r.replay, Faults: r.faults}
	for _, x := range r.results {
		j.Tests = append(j.Tests, testCaseJSON{x.Name, x.Passed, x.Skipped, x.Message, x.Detail, x.Position.Line, x.Elapsed.Microseconds()})
	}
	if m := r.mutation; m != nil {
		j.Mutation = &mutationJSON{m.Killed + len(m.Survivors) + m.Equivalent, m.Killed, m.Equivalent, m.Score(), append([]ruletest.Survivor{}, m.Survivors...)}
	}
	return j
}

// testEventJSON is a line of --format jsonl: begin, then a rule for each in the order of the content as soon as it is done,
// then summary; or error, and nothing more.
type testEventJSON struct {
	SchemaVersion int              `json:"schemaVersion"`
	Event         string           `json:"event"`
	Rules         int              `json:"rules,omitempty"` // of begin: how many there are
	Rule          *testRuleJSON    `json:"rule,omitempty"`
	Summary       *testSummaryJSON `json:"summary,omitempty"`
	Error         *messageJSON     `json:"error,omitempty"`
}

func (t testReport) jsonl(w terminal.Stream) error {
	s := t.summary()
	return eventStream{w}.write(testEventJSON{Event: "summary", Summary: &s})
}

// firstFailure is the first case that did not pass, of a rule whose file can be named.
func (t testReport) firstFailure() (ruleRun, *ruletest.Result) {
	for _, r := range t.runs {
		for i := range r.results {
			if x := &r.results[i]; !x.Passed && !strings.HasPrefix(r.rule.File(), "shipped/") {
				return r, x
			}
		}
	}
	return ruleRun{}, nil
}

// slowestText names the cases that took longest, with their times.
func (t testReport) slowestText(b *strings.Builder) {
	type timed struct {
		rule string
		ruletest.Result
	}
	var all []timed
	for _, r := range t.runs {
		for _, x := range r.results {
			all = append(all, timed{r.rule.Name, x})
		}
	}
	sort.SliceStable(all, func(i, j int) bool { return all[i].Elapsed > all[j].Elapsed })
	for _, x := range all[:min(max(t.slowest, 0), len(all))] {
		fmt.Fprintf(b, "%8.1f ms  %s: %s\n", float64(x.Elapsed.Microseconds())/1000, x.rule, x.Name)
	}
}

// maxAnnotations is how many annotations of a kind GitHub keeps of one step; it drops the rest without a word.
const maxAnnotations = 10

// github writes what people read in a job's log, an annotation at each case that failed, and the markdown form to the job's
// summary, where GITHUB_STEP_SUMMARY names its file.
func (t testReport) github(w terminal.Stream) error {
	if name := os.Getenv("GITHUB_STEP_SUMMARY"); name != "" {
		f, err := os.OpenFile(name, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o644)
		if err == nil {
			err = t.markdown(terminal.Stream{Writer: f})
			if e := f.Close(); err == nil {
				err = e
			}
		}
		if err != nil {
			return fail(exitUsage, "%s (GITHUB_STEP_SUMMARY): %s", name, plainCause(err))
		}
	}
	if err := t.text(w); err != nil {
		return err
	}
	tests, passed, _ := t.counts()
	property := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
	data := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	n := 0
	for _, r := range t.runs {
		for _, x := range r.results {
			if x.Passed {
				continue
			}
			if n++; tests-passed > maxAnnotations && n == maxAnnotations {
				_, err := fmt.Fprintf(w, "::error title=blindspot::%d more tests failed; the job's summary has them all\n", tests-passed-n+1)
				return err
			}
			if _, err := fmt.Fprintf(w, "::error file=%s,line=%d,col=%d,title=%s::%s\n", property.Replace(inRepository(r.file.File())), x.Position.Line, x.Position.Column,
				property.Replace(r.rule.Name), data.Replace(x.Name+": "+x.Message)); err != nil {
				return err
			}
		}
	}
	return nil
}

// maxMarkdown is how much of a page or comment is written: GitHub takes comments of up to 65,536 characters.
const maxMarkdown = 60000

// markdown is for the summary of a CI job and for comments: a line of totals, and what failed.
func (t testReport) markdown(w terminal.Stream) error {
	var b strings.Builder
	tests, passed, skipped := t.counts()
	fmt.Fprintf(&b, "### blindspot test\n\n%s, %s, %d passed, %d failed", t.tested(), counted(tests, "test"), passed, tests-passed)
	if skipped > 0 {
		fmt.Fprintf(&b, ", %d skipped", skipped)
	}
	b.WriteString("\n")
	cell := strings.NewReplacer("|", "\\|", "<", "&lt;", "`", "'", "\n", " ", "\r", " ")
	header := false
	row := func(kind, place, what, why string) {
		if !header {
			header = true
			b.WriteString("\n| | where | what | why |\n|---|---|---|---|\n")
		}
		if b.Len() < maxMarkdown {
			fmt.Fprintf(&b, "| %s | `%s` | %s | %s |\n", kind, cell.Replace(place), cell.Replace(what), cell.Replace(firstRunes(why, 600)))
		}
	}
	for _, r := range t.runs {
		for _, x := range r.results {
			if !x.Passed {
				row("failed", fmt.Sprintf("%s:%d", r.file.File(), x.Position.Line), r.rule.Name+": "+x.Name, x.Message)
			}
		}
		if m := r.mutation; m != nil && m.Score() < t.minScore {
			row("score", r.rule.File(), r.rule.Name, fmt.Sprintf("%d of %d mistakes noticed, %.0f %%", m.Killed, m.Killed+len(m.Survivors), m.Score()))
		}
		for _, p := range r.replay {
			if p.Outcome == ruletest.Silent {
				row("blind spot", r.rule.File(), r.rule.Name+": "+p.Test, fmt.Sprintf("%s to %s: %s", p.From, p.To, p.Message))
			}
		}
		for _, s := range ruletest.Faults(r.faults) {
			for _, d := range s.Bad {
				row("fault", r.rule.File(), r.rule.Name+": "+d.Test, s.Fault+": "+d.Message)
			}
		}
	}
	if b.Len() >= maxMarkdown {
		b.WriteString("\nand more; run blindspot test to see them all\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// firstRunes is a text's beginning.
func firstRunes(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n]) + " ..."
	}
	return s
}

type junitSuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	File     string      `xml:"file,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Name    string      `xml:"name,attr"`
	Class   string      `xml:"classname,attr"`
	File    string      `xml:"file,attr"`
	Line    int         `xml:"line,attr"`
	Time    string      `xml:"time,attr"`
	Failure *junitText  `xml:"failure,omitempty"`
	Skipped *junitEmpty `xml:"skipped,omitempty"`
}

type junitText struct {
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

type junitEmpty struct {
	Message string `xml:"message,attr"`
}

func (t testReport) junit(w terminal.Stream) error {
	tests, passed, _ := t.counts()
	v := junitSuites{Tests: tests, Failures: tests - passed}
	for _, r := range t.runs {
		s := junitSuite{Name: r.rule.Name, File: r.file.File(), Tests: len(r.results), Failures: r.failed()}
		for _, x := range r.results {
			c := junitCase{Name: x.Name, Class: r.rule.Name, File: r.file.File(), Line: x.Position.Line, Time: fmt.Sprintf("%.6f", x.Elapsed.Seconds())}
			if !x.Passed {
				c.Failure = &junitText{x.Message, x.Detail}
			}
			if x.Skipped != "" {
				c.Skipped = &junitEmpty{x.Skipped}
			}
			s.Cases = append(s.Cases, c)
		}
		v.Suites = append(v.Suites, s)
	}
	return report.WriteXML(w, v)
}

// counted is a number with its noun: 1 rule, 2 rules.
func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
