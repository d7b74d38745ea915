package main

import (
	"context"
	"fmt"
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
)

func testCommand() *cli.Command {
	return &cli.Command{
		Name:      "test",
		Usage:     "run the tests of rules in the emulator",
		ArgsUsage: "[PATH|RULE...]",
		Description: `Each case's events become rows of a workspace of its own; the rule runs in its window at the case's time, and its alerts
are compared with those that the case expects. Only failures are shown; --verbose names every rule and case.
RULE is the name, the id or the file's name of a rule of ./content, or of the pack inside the binary where there is none.

Examples:
   blindspot test
   blindspot test content/rules/cross-stream/spray-across-streams.yaml
   blindspot test spray-across-streams --verbose
   blindspot test --run 'seven users' --verbose
   blindspot test --slowest 10
   blindspot test --mutate --min-score 70
   blindspot test --replay-streams
   blindspot test --faults content/rules/cross-stream/spray-across-streams.yaml
   blindspot test --coverage --coverage-out rules.lcov
   blindspot test --watch
   blindspot test --format junit > tests.xml`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "run", Usage: "run only cases whose name, or rule's name or file, matches this regular `EXPRESSION`"},
			&cli.StringFlag{Name: "format", Value: "text", Usage: "`FORMAT`: text, json, jsonl (an event a line, while it runs), junit, github, markdown"},
			&cli.BoolFlag{Name: "verbose", Aliases: []string{"v"}, Usage: "name every rule and case"},
			&cli.IntFlag{Name: "slowest", Usage: "name the slowest cases, this many"},
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
	var kept *ruletest.Kept
	if c.Bool("watch") {
		cache, kept = &content.Cache{}, &ruletest.Kept{}
	}
	l, named, err := contentNamed(c.Args().Slice(), cache)
	if err != nil {
		return err
	}
	if named != nil && cache != nil {
		return fail(exitUsage, "--watch wants files or folders, and %q is neither", c.Args().First())
	}
	broken := l.broken()
	fmt.Fprint(c.App.ErrWriter, problemText(l))
	if len(broken) > 0 && cache == nil {
		return quiet(exitUsage)
	}
	mode := testMode{mutate: c.Bool("mutate"), replay: c.Bool("replay-streams"), faults: c.Bool("faults"), coverage: c.Bool("coverage") || c.String("coverage-out") != "", jobs: c.Int("jobs"), named: named, kept: kept, talk: remarks(c)}
	if c.String("workspace") != "" {
		if mode.elsewhere, err = elsewhere(c, l); err != nil {
			return err
		}
	}
	if c.String("format") == "jsonl" {
		begun := false
		e := events(c)
		mode.each = func(r ruleRun, total int) {
			if !begun {
				begun = true
				e.write(testEventJSON{Event: "begin", Rules: total})
			}
			if len(r.results) > 0 {
				j := testRuleOf(r)
				e.write(testEventJSON{Event: "rule", Rule: &j})
			}
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
		rep := testReport{runs: runs, elapsed: time.Since(begin), verbose: c.Bool("verbose"), named: touched != nil, quiet: c.Bool("quiet"), slowest: c.Int("slowest"), minScore: c.Float64("min-score")}
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
		if c.String("format") == "text" {
			if r, x := rep.firstFailure(); x != nil {
				fmt.Fprintf(remarks(c), "'blindspot explain %s --test %s' shows where its events die\n", shellQuote(r.rule.File()), shellQuote(x.Name))
			}
		}
		return quiet(exitFindings)
	}
	return nil
}

type testMode struct {
	mutate, replay, faults, coverage bool
	jobs                             int
	elsewhere                        ruletest.Elsewhere
	kept                             *ruletest.Kept               // nil keeps no rows for the next time
	touched                          func(*content.TestFile) bool // nil: all
	named                            map[*content.Rule]bool       // nil: all
	each                             func(r ruleRun, total int)   // told of each rule as soon as those before it are done; nil for nobody
	talk                             terminal.Stream
}

// testRules runs the tests of all rules that are wanted, several rules at once; the order of the result does not depend
// on it.
func testRules(ctx context.Context, l *loaded, want *regexp.Regexp, mode testMode) ([]ruleRun, error) {
	var runs []ruleRun
	for _, f := range l.Tests {
		if f.Rule == nil || !l.wanted(f.File()) || mode.touched != nil && !mode.touched(f) || mode.named != nil && !mode.named[f.Rule] {
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
	if mode.kept != nil {
		runner.Keep(mode.kept)
	}
	next := make(chan int)
	var wg sync.WaitGroup
	var done atomic.Int64
	bar := newBar(mode.talk, "rules", len(runs))
	var mu sync.Mutex
	ready, told := make([]bool, len(runs)), 0
	tell := func(i int) {
		mu.Lock()
		defer mu.Unlock()
		ready[i] = true
		for ; told < len(runs) && ready[told]; told++ {
			mode.each(runs[told], len(runs))
		}
	}
	for k := 0; k < min(jobs, len(runs)); k++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := range next {
				testRule(ctx, runner, &runs[i], want, mode)
				bar.set(int(done.Add(1)))
				if mode.each != nil && ctx.Err() == nil {
					tell(i)
				}
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
	slowest  int  // how many cases are named by their time
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
