package main

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"os"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/seed-caab1ad3/blindspot/cmd/internal/terminal"
	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/emulator/ruletest"
	"github.com/seed-caab1ad3/blindspot/emulator/sentinel"
	"github.com/seed-caab1ad3/blindspot/validate/report"
)

func testCommand() *cli.Command {
	return &cli.Command{
		Name:      "test",
		Usage:     "run the tests of rules in the emulator",
		ArgsUsage: "[PATH...]",
		Description: `Each case's events become rows of a workspace of its own; the rule runs in its window at the case's time, and its alerts
are compared with those that the case expects. Only failures are shown; --verbose names every rule and case.

Examples:
   blindspot test
   blindspot test content/rules/cross-stream/spray-across-streams.yaml
   blindspot test --run 'seven users' --verbose
   blindspot test --mutate --min-score 70
   blindspot test --replay-streams
   blindspot test --faults content/rules/cross-stream/spray-across-streams.yaml
   blindspot test --coverage --coverage-out rules.lcov
   blindspot test --watch
   blindspot test --format junit > tests.xml`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "run", Usage: "run only cases whose name, or rule's name or file, matches this regular `EXPRESSION`"},
			&cli.StringFlag{Name: "format", Value: "text", Usage: "text, json, junit"},
			&cli.BoolFlag{Name: "verbose", Aliases: []string{"v"}, Usage: "name every rule and case"},
			&cli.BoolFlag{Name: "mutate", Usage: "break each rule in small ways and see whether its tests notice"},
			&cli.StringFlag{Name: "mutants-out", Usage: "with --mutate, write what was measured to `FILE`, for the pages of blindspot docs"},
			&cli.Float64Flag{Name: "min-score", Usage: "with --mutate, fail rules whose score in percent is lower"},
			&cli.BoolFlag{Name: "replay-streams", Usage: "move each firing case's events to the sibling stream; a rule that goes silent has a blind spot"},
			&cli.BoolFlag{Name: "faults", Usage: "run each case with its data disturbed: tables that are not there, columns that arrive empty, rows that come late or twice"},
			&cli.BoolFlag{Name: "coverage", Usage: "name the predicates, branches and union legs that no test decides"},
			&cli.StringFlag{Name: "coverage-out", Usage: "write coverage to `FILE` as lcov; implies --coverage"},
			&cli.BoolFlag{Name: "watch", Usage: "run again whatever a changed file touches"},
			&cli.IntFlag{Name: "jobs", Usage: "rules tested at once; 0 means one a processor"},
			&cli.StringFlag{Name: "workspace", Aliases: []string{"w"}, Usage: "run each query there too, its rows carried along, and want the same answer: `NAME` in blindspot.yaml, or the URL of a blindspot serve"},
		},
		Action: runTest,
	}
}

// ruleRun is the outcome of one rule's tests.
type ruleRun struct {
	rule     *content.Rule
	file     *content.TestFile
	results  []ruletest.Result
	mutation *ruletest.Mutation
	replay   []ruletest.Replay
	faults   []ruletest.Disturbance
	coverage *ruletest.Coverage
}

func (r ruleRun) failed() int {
	n := 0
	for _, x := range r.results {
		if !x.Passed {
			n++
		}
	}
	return n
}

// says reports whether a rule has something to tell beside that all went well.
func (r ruleRun) says() bool {
	for _, x := range r.results {
		if !x.Passed || x.Skipped != "" {
			return true
		}
	}
	return r.mutation != nil || r.coverage != nil || len(r.replay) > 0 || len(r.faults) > 0
}

func runTest(c *cli.Context) error {
	write, err := testWriter(c.String("format"))
	if err != nil {
		return err
	}
	var want *regexp.Regexp
	if e := c.String("run"); e != "" {
		if want, err = regexp.Compile(e); err != nil {
			return fail(exitUsage, "--run %q is no regular expression: %v", e, err)
		}
	}
	var cache *content.Cache
	if c.Bool("watch") {
		cache = &content.Cache{}
	}
	l, err := loadContentFrom(c.Args().Slice(), cache)
	if err != nil {
		return err
	}
	broken := l.broken()
	fmt.Fprint(c.App.ErrWriter, problemText(l))
	if len(broken) > 0 && cache == nil {
		return quiet(exitUsage)
	}
	mode := testMode{mutate: c.Bool("mutate"), replay: c.Bool("replay-streams"), faults: c.Bool("faults"), coverage: c.Bool("coverage") || c.String("coverage-out") != "", jobs: c.Int("jobs"), talk: remarks(c)}
	if c.String("workspace") != "" {
		if mode.elsewhere, err = elsewhere(c, l); err != nil {
			return err
		}
	}
	once := func(l *loaded, touched func(*content.TestFile) bool) (testReport, error) {
		begin := time.Now()
		mode := mode
		mode.touched = touched
		runs, err := testRules(c.Context, l, want, mode)
		if err != nil {
			return testReport{}, err
		}
		rep := testReport{runs: runs, elapsed: time.Since(begin), verbose: c.Bool("verbose"), named: touched != nil, quiet: c.Bool("quiet"), minScore: c.Float64("min-score")}
		if f := c.String("coverage-out"); f != "" {
			if err := os.WriteFile(f, []byte(rep.lcov()), 0o644); err != nil {
				return rep, fail(exitUsage, "%s: %s", f, plainCause(err))
			}
		}
		if f := c.String("mutants-out"); f != "" {
			if err := writeMutants(f, runs); err != nil {
				return rep, err
			}
		}
		if len(runs) == 0 && touched != nil {
			return rep, nil
		}
		return rep, write(rep, out(c))
	}
	if c.Bool("watch") {
		whole := func(f *content.TestFile) bool { return !broken[f.File()] && !(f.Rule != nil && broken[f.Rule.File()]) }
		if _, err := once(l, whole); err != nil {
			return err
		}
		return watchTests(c, l, cache, func(l *loaded, touched func(*content.TestFile) bool) error {
			_, err := once(l, touched)
			return err
		})
	}
	rep, err := once(l, nil)
	if err != nil {
		return err
	}
	if len(rep.runs) == 0 {
		if want != nil {
			return fail(exitUsage, "no case, rule or file matches --run %q", c.String("run"))
		}
		return fail(exitUsage, "no tests: a rule's tests stand beside it, in <rule>.test.yaml")
	}
	if rep.bad() {
		return quiet(exitFindings)
	}
	return nil
}

type testMode struct {
	mutate, replay, faults, coverage bool
	jobs                             int
	elsewhere                        ruletest.Elsewhere
	touched                          func(*content.TestFile) bool // nil: all
	talk                             terminal.Stream
}

// testRules runs the tests of all rules that are wanted, several rules at once; the order of the result does not depend
// on it.
func testRules(ctx context.Context, l *loaded, want *regexp.Regexp, mode testMode) ([]ruleRun, error) {
	var runs []ruleRun
	for _, f := range l.Tests {
		if f.Rule == nil || !l.wanted(f.File()) || mode.touched != nil && !mode.touched(f) {
			continue
		}
		runs = append(runs, ruleRun{rule: f.Rule, file: f})
	}
	jobs := mode.jobs
	if jobs <= 0 {
		jobs = runtime.GOMAXPROCS(0)
	}
	runner := ruletest.New(l.Bundle, sentinel.DefaultOptions())
	runner.Elsewhere = mode.elsewhere
	next := make(chan int)
	var wg sync.WaitGroup
	var done atomic.Int64
	bar := newBar(mode.talk, "rules", len(runs))
	for k := 0; k < min(jobs, len(runs)); k++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := range next {
				testRule(ctx, runner, &runs[i], want, mode)
				bar.set(int(done.Add(1)))
			}
		}()
	}
	for i := range runs {
		if ctx.Err() != nil {
			break
		}
		next <- i
	}
	close(next)
	wg.Wait()
	bar.finish()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	kept := runs[:0]
	for _, r := range runs {
		if len(r.results) > 0 {
			kept = append(kept, r)
		}
	}
	return kept, nil
}

func testRule(ctx context.Context, runner *ruletest.Runner, r *ruleRun, want *regexp.Regexp, mode testMode) {
	whole := want == nil || want.MatchString(r.rule.Name) || want.MatchString(r.file.File())
	for _, t := range r.file.Tests {
		if ctx.Err() != nil {
			return
		}
		if whole || want.MatchString(t.Name) {
			r.results = append(r.results, runner.Case(ctx, r.rule, r.file, t))
		}
	}
	if len(r.results) == 0 || r.failed() > 0 {
		return
	}
	if mode.mutate {
		m := runner.Mutate(ctx, r.rule, r.file)
		r.mutation = &m
	}
	if mode.coverage {
		v := runner.Cover(ctx, r.rule, r.file)
		r.coverage = &v
	}
	if mode.replay {
		r.replay = runner.Replay(ctx, r.rule, r.file)
	}
	if mode.faults {
		r.faults = runner.Disturb(ctx, r.rule, r.file)
	}
}

// testReport is everything that a test run has to say.
type testReport struct {
	runs     []ruleRun
	elapsed  time.Duration
	verbose  bool // every rule and case is named, not only those that say something
	named    bool // every rule is named
	quiet    bool
	minScore float64
}

func (t testReport) counts() (tests, passed, skipped int) {
	for _, r := range t.runs {
		for _, x := range r.results {
			tests++
			if x.Passed {
				passed++
			}
			if x.Skipped != "" {
				skipped++
			}
		}
	}
	return
}

// bad says whether anything failed: a test, a mutation score, an undeclared blind spot.
func (t testReport) bad() bool {
	for _, r := range t.runs {
		if r.failed() > 0 || r.mutation != nil && r.mutation.Score() < t.minScore {
			return true
		}
		for _, p := range r.replay {
			if p.Outcome == ruletest.Silent {
				return true
			}
		}
		for _, s := range ruletest.Faults(r.faults) {
			if len(s.Bad) > 0 {
				return true
			}
		}
	}
	return false
}

// lcov is the coverage of all rules as editors read it.
func (t testReport) lcov() string {
	var b strings.Builder
	for _, r := range t.runs {
		if r.coverage != nil {
			b.WriteString(r.coverage.LCOV(r.rule.File()))
		}
	}
	return b.String()
}

func testWriter(format string) (func(testReport, terminal.Stream) error, error) {
	switch format {
	case "text":
		return testReport.text, nil
	case "json":
		return testReport.json, nil
	case "junit":
		return testReport.junit, nil
	}
	return nil, fail(exitUsage, "--format %q is unknown; it is text, json or junit", format)
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
		fmt.Fprintf(&b, "%s  %-58s %3d tests", mark, r.rule.Name, len(r.results))
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
	if t.quiet && !t.bad() {
		_, err := io.WriteString(w, b.String())
		return err
	}
	tests, passed, skipped := t.counts()
	fmt.Fprintf(&b, "%s, %s, %d passed, %d failed", counted(len(t.runs), "rule"), counted(tests, "test"), passed, tests-passed)
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
	tests, passed, skipped := t.counts()
	v := testJSON{SchemaVersion: 1, Rules: []testRuleJSON{}, Summary: testSummaryJSON{len(t.runs), tests, passed, tests - passed, skipped, t.elapsed.Milliseconds()}}
	for _, r := range t.runs {
		j := testRuleJSON{File: r.rule.File(), ID: r.rule.ID, Name: r.rule.Name, Tests: []testCaseJSON{}, Coverage: r.coverage, Replay: r.replay, Faults: r.faults}
		for _, x := range r.results {
			j.Tests = append(j.Tests, testCaseJSON{x.Name, x.Passed, x.Skipped, x.Message, x.Detail, x.Position.Line, x.Elapsed.Microseconds()})
		}
		if m := r.mutation; m != nil {
			j.Mutation = &mutationJSON{m.Killed + len(m.Survivors) + m.Equivalent, m.Killed, m.Equivalent, m.Score(), append([]ruletest.Survivor{}, m.Survivors...)}
		}
		v.Rules = append(v.Rules, j)
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
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
