package main

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/seed-caab1ad3/blindspot/cmd/internal/terminal"
	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/emulator/ruletest"
	"github.com/seed-caab1ad3/blindspot/emulator/sentinel"
	"github.com/seed-caab1ad3/blindspot/validate/explain"
)

func explainCommand() *cli.Command {
	return &cli.Command{
		Name:      "explain",
		Usage:     "say more about a finding, or show how a test's events go through a rule and where they die",
		ArgsUsage: "CODE | RULE",
		Description: `With the id of a check or a code of the compiler: what it means, why it matters in Sentinel, an example of each, how it is mended
and switched off; nothing is fetched. With a rule:

Rows at each operator of the query; and for each line of events the operators at which they still make a difference. Where
they stop to, the values that decided are shown.

Examples:
   blindspot explain KS142
   blindspot explain --list
   blindspot explain content/rules/cross-stream/spray-across-streams.yaml --test 'four users in front'
   blindspot explain spray-across-streams.yaml --test 'seven users' --operators`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "test", Usage: "the case's name, or a part of it; the first case unless given"},
			&cli.BoolFlag{Name: "list", Usage: "name every check and code"},
			&cli.StringFlag{Name: "format", Value: "text", Usage: "of a code: text, markdown, json"},
			&cli.BoolFlag{Name: "operators", Usage: "show every operator of the plan, also those inside functions"},
		},
		BashComplete: completing(func() []string {
			var ids []string
			for _, e := range explain.All() {
				ids = append(ids, e.ID)
			}
			return ids
		}),
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
	_, err = out(c).Write([]byte(explainText(out(c), rule, file, e, c.Bool("operators"))))
	return err
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
	for _, f := range e.Events {
		eventText(&b, w, rule, file, f)
	}
	fmt.Fprintf(&b, "the query gives %d rows; the rule wants %s; %d alerts\n", e.Rows, e.Trigger, len(e.Result.Alerts))
	if !e.Result.Passed {
		fmt.Fprintf(&b, "%s\n", w.Paint(terminal.Red, e.Result.Message))
	}
	return b.String()
}

func eventText(b *strings.Builder, w terminal.Stream, rule *content.Rule, file *content.TestFile, f ruletest.EventFate) {
	use := f.Use
	if use == "" {
		use = "row"
	}
	fmt.Fprintf(b, "%s:%d: %d x %s in %s\n", file.File(), f.Position.Line, f.Rows, use, f.Table)
	if f.Unseen != "" {
		fmt.Fprintf(b, "   not seen: %s\n", f.Unseen)
	}
	part := ""
	for _, s := range f.Steps {
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
			mark = w.Paint(terminal.Dim, "-")
		}
		fmt.Fprintf(b, "   %s %7d rows  %4d  %s\n", mark, s.Rows, s.Position.Line, s.Text)
	}
	switch {
	case f.Reached:
		fmt.Fprintf(b, "   %s\n", w.Paint(terminal.Green, "they make a difference in the result"))
	case f.Died != nil:
		fmt.Fprintf(b, "   %s %s:%d:%d: %s\n", w.Paint(terminal.Red, "died at"), rule.File(), f.Died.Position.Line, f.Died.Position.Column, f.Died.Text)
		for _, v := range f.Values {
			fmt.Fprintf(b, "      %s\n", v)
		}
	default:
		fmt.Fprintf(b, "   %s\n", w.Paint(terminal.Yellow, "they make no difference anywhere"))
	}
	b.WriteByte('\n')
}
