package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/seed-caab1ad3/blindspot/cmd/internal/terminal"
	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/emulator/ruletest"
	"github.com/seed-caab1ad3/blindspot/emulator/sentinel"
)

func explainCommand() *cli.Command {
	return &cli.Command{
		Name:      "explain",
		Usage:     "say more about a finding, or show how a test's events go through a rule and where they die",
		ArgsUsage: "CODE | RULE",
		Description: `With the id of a check or a code of the compiler: what it means, why it matters in Sentinel, an example of each, how it is mended
and switched off; nothing is fetched. With a rule:

The operators of the query at which the test's events still make a difference, and the rows there. Where they stop to, the
values that decided are shown. Lines of events that go the same way are told once.

Examples:
   blindspot explain KS142
   blindspot explain --list
   blindspot explain content/rules/cross-stream/spray-across-streams.yaml --test 'four users in front'
   blindspot explain spray-across-streams --test 'seven users' --operators
   blindspot explain spray-across-streams --test 'seven users' --format json`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "test", Usage: "the case's name, or a part of it; the first case unless given"},
			&cli.BoolFlag{Name: "list", Usage: "name every check and code"},
			&cli.StringFlag{Name: "format", Value: "text", Usage: "`FORMAT`: text, json, markdown (of a code)"},
			&cli.BoolFlag{Name: "operators", Usage: "show every operator of the plan, also those inside functions"},
		},
		Action: runExplain,
	}
}

func runExplain(c *cli.Context) error {
	if c.Bool("list") {
		return listCodes(c)
	}
	if c.Args().Len() != 1 {
		return fail(exitUsage, "name one rule or one code such as KS142; see 'blindspot explain --help'")
	}
	if word := c.Args().First(); looksLikeCode(word) {
		if _, err := os.Stat(word); err != nil {
			return explainCode(c, word)
		}
	}
	format := c.String("format")
	if format != "text" && format != "json" {
		return fail(exitUsage, "--format %q is nothing for a rule; it is text or json", format)
	}
	l, rules, err := rulesOf(c)
	if err != nil {
		return err
	}
	rule := rules[0]
	var file *content.TestFile
	for _, t := range l.Tests {
		if t.Rule == rule {
			file = t
		}
	}
	if file == nil {
		return fail(exitUsage, "%s has no test beside it", rule.File())
	}
	var test *content.TestCase
	var names []string
	for _, t := range file.Tests {
		names = append(names, t.Name)
		if test == nil && strings.Contains(strings.ToLower(t.Name), strings.ToLower(c.String("test"))) {
			test = t
		}
	}
	if test == nil {
		return fail(exitUsage, "no case of %s is named %q; there are: %s", file.File(), c.String("test"), strings.Join(names, "; "))
	}
	e, err := ruletest.New(l.Bundle, sentinel.DefaultOptions()).Explain(c.Context, rule, file, test)
	if err != nil {
		return fail(exitFindings, "%v", err)
	}
	if format == "json" {
		return writeIndented(c, explainJSON(rule, file, e))
	}
	_, err = out(c).Write([]byte(explainText(out(c), rule, file, e, c.Bool("operators"))))
	return err
}

// trace is what became of events, and all lines of events of which the same is to be said.
type trace struct {
	lines []ruletest.EventFate
	ruletest.EventFate
}

// traces puts lines of events together that went the same way, in the order of the test, and ends each pipe at the operator
// behind which they make no difference any more.
func traces(events []ruletest.EventFate) []trace {
	var out []trace
	for _, e := range events {
		same := slices.IndexFunc(out, func(t trace) bool {
			return t.Unseen == e.Unseen && t.Reached == e.Reached && slices.Equal(t.Values, e.Values) && slices.Equal(t.Steps, toDeath(e.Steps))
		})
		if same >= 0 {
			out[same].lines = append(out[same].lines, e)
			continue
		}
		t := trace{[]ruletest.EventFate{e}, e}
		t.Steps = toDeath(e.Steps)
		out = append(out, t)
	}
	return out
}

// toDeath leaves out, in each part of a query, what comes behind the first operator at which the events are lost.
func toDeath(steps []ruletest.Step) []ruletest.Step {
	var kept []ruletest.Step
	part, dead := "", false
	for i, s := range steps {
		if i == 0 || s.Part != part {
			part, dead = s.Part, false
		}
		if !dead {
			kept = append(kept, s)
		}
		dead = dead || !s.Alive
	}
	return kept
}

func explainText(w terminal.Stream, rule *content.Rule, file *content.TestFile, e *ruletest.Explanation, all bool) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n%s:%d: %s\n", w.Paint(terminal.Bold, rule.Name), file.File(), e.Result.Position.Line, e.Result.Name)
	fmt.Fprintf(&b, "window %s to %s\n\n", e.Window.From.UTC().Format(time.DateTime), e.Window.To.UTC().Format(time.DateTime))
	if all {
		for _, o := range e.Operators {
			where := "in a function"
			if o.Position.Line > 0 {
				where = fmt.Sprintf("%d:%d", o.Position.Line, o.Position.Column)
			}
			fmt.Fprintf(&b, "%8d rows  %-24s %s\n", o.Rows, o.Name, where)
		}
		b.WriteByte('\n')
	}
	for _, t := range traces(e.Events) {
		traceText(&b, w, rule, file, t)
	}
	fmt.Fprintf(&b, "the query gives %s; the rule wants %s; %s\n", counted(e.Rows, "row"), e.Trigger, counted(len(e.Result.Alerts), "alert"))
	if !e.Result.Passed {
		fmt.Fprintf(&b, "%s\n", w.Paint(terminal.Red, e.Result.Message))
	}
	return b.String()
}

func traceText(b *strings.Builder, w terminal.Stream, rule *content.Rule, file *content.TestFile, t trace) {
	for _, f := range t.lines {
		use := f.Use
		if use == "" {
			use = "row"
		}
		fmt.Fprintf(b, "%s:%d: %d x %s in %s\n", file.File(), f.Position.Line, f.Rows, use, f.Table)
	}
	if t.Unseen != "" {
		fmt.Fprintf(b, "   not seen: %s\n", t.Unseen)
	}
	part := ""
	for _, s := range t.Steps {
		if s.Part != part {
			part = s.Part
			if part != "" {
				fmt.Fprintf(b, "   let %s\n", part)
			} else {
				b.WriteString("   query\n")
			}
		}
		mark := w.Paint(terminal.Green, "+")
		if !s.Alive {
			mark = w.Paint(terminal.Red, "-")
		}
		fmt.Fprintf(b, "   %s %7d rows  %4d  %s\n", mark, s.Rows, s.Position.Line, s.Text)
	}
	switch {
	case t.Reached:
		fmt.Fprintf(b, "   %s\n", w.Paint(terminal.Green, "they make a difference in the result"))
	case t.Died != nil:
		fmt.Fprintf(b, "   %s %s:%d:%d: %s\n", w.Paint(terminal.Red, "died at"), rule.File(), t.Died.Position.Line, t.Died.Position.Column, t.Died.Text)
		for _, v := range t.Values {
			fmt.Fprintf(b, "      %s\n", v)
		}
	default:
		fmt.Fprintf(b, "   %s\n", w.Paint(terminal.Yellow, "they make no difference anywhere"))
	}
	b.WriteByte('\n')
}

// The JSON form of a rule's explanation.
type traceJSON struct {
	SchemaVersion int         `json:"schemaVersion"`
	File          string      `json:"file"`
	ID            string      `json:"id"`
	Name          string      `json:"name"`
	Test          string      `json:"test"`
	TestFile      string      `json:"testFile"`
	Line          int         `json:"line"`
	From          string      `json:"from"`
	To            string      `json:"to"`
	Events        []fateJSON  `json:"events"`
	Operators     []stageJSON `json:"operators"`
	Rows          int         `json:"rows"`
	Trigger       string      `json:"trigger"`
	Alerts        int         `json:"alerts"`
	Passed        bool        `json:"passed"`
	Message       string      `json:"message,omitempty"`
}

// fateJSON is what became of some lines of events.
type fateJSON struct {
	Lines   []linesJSON `json:"lines"`
	Outcome string      `json:"outcome"` // reached, died, unseen, none
	Unseen  string      `json:"unseen,omitempty"`
	Steps   []stageJSON `json:"steps"`
	Died    *stageJSON  `json:"died,omitempty"`
	Values  []string    `json:"values"`
}

type linesJSON struct {
	Line  int    `json:"line"`
	Table string `json:"table"`
	Use   string `json:"use,omitempty"`
	Rows  int    `json:"rows"`
}

// stageJSON is an operator of the rule's query.
type stageJSON struct {
	Part   string `json:"part,omitempty"` // the let that it is in
	Line   int    `json:"line"`           // 0 inside a function
	Column int    `json:"column"`
	Text   string `json:"text"`
	Rows   int64  `json:"rows"`
	Alive  *bool  `json:"alive,omitempty"`
}

func explainJSON(rule *content.Rule, file *content.TestFile, e *ruletest.Explanation) traceJSON {
	stage := func(s ruletest.Step) stageJSON {
		return stageJSON{s.Part, s.Position.Line, s.Position.Column, s.Text, int64(s.Rows), &s.Alive}
	}
	v := traceJSON{SchemaVersion: 1, File: rule.File(), ID: rule.ID, Name: rule.Name, Test: e.Result.Name, TestFile: file.File(), Line: e.Result.Position.Line,
		From: e.Window.From.UTC().Format(time.RFC3339), To: e.Window.To.UTC().Format(time.RFC3339), Events: []fateJSON{}, Operators: []stageJSON{},
		Rows: e.Rows, Trigger: e.Trigger, Alerts: len(e.Result.Alerts), Passed: e.Result.Passed, Message: e.Result.Message}
	for _, t := range traces(e.Events) {
		f := fateJSON{Outcome: "none", Unseen: t.Unseen, Steps: []stageJSON{}, Values: append([]string{}, t.Values...)}
		for _, l := range t.lines {
			f.Lines = append(f.Lines, linesJSON{l.Position.Line, l.Table, l.Use, l.Rows})
		}
		for _, s := range t.Steps {
			f.Steps = append(f.Steps, stage(s))
		}
		switch {
		case t.Reached:
			f.Outcome = "reached"
		case t.Died != nil:
			d := stage(*t.Died)
			f.Outcome, f.Died = "died", &d
		case t.Unseen != "":
			f.Outcome = "unseen"
		}
		v.Events = append(v.Events, f)
	}
	for _, o := range e.Operators {
		v.Operators = append(v.Operators, stageJSON{Line: o.Position.Line, Column: o.Position.Column, Text: o.Name, Rows: o.Rows})
	}
	return v
}
