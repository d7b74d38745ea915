package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/seed-caab1ad3/blindspot/cmd/internal/azure"
	"github.com/seed-caab1ad3/blindspot/cmd/internal/deploy"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/result"
)

// planFlags choose what a plan covers.
func planFlags() []cli.Flag {
	return []cli.Flag{
		&cli.BoolFlag{Name: "prune", Usage: "delete what is ours and in no file any more"},
		&cli.BoolFlag{Name: "adopt", Usage: "mark as ours what is in the workspace as in the files"},
		&cli.BoolFlag{Name: "disabled", Usage: "create rules switched off, and leave the switch of others as it is"},
		&cli.StringSliceFlag{Name: "only", Usage: "only what fits this `PATTERN` (kind, id, name, file, kind/id; * and ?); may be repeated"},
		&cli.BoolFlag{Name: "no-query", Usage: "do not ask whether tables have rows"},
	}
}

func planCommand() *cli.Command {
	return &cli.Command{
		Name:      "plan",
		Usage:     "show what an apply would change in a workspace",
		ArgsUsage: "[PATH...]",
		Description: `Compares the content of PATH (./content, or the pack inside the binary) with a workspace and says what would be created,
updated field by field, deleted, and what was changed in the portal since the last apply. Nothing is written.
Exit code 1 tells drift; with --detailed-exitcode 0 is nothing to do, 1 an error, 2 changes.

Examples:
   blindspot plan --workspace prod
   blindspot plan --workspace prod --format markdown >> "$GITHUB_STEP_SUMMARY"
   blindspot plan --workspace prod --prune --out today.plan
   blindspot plan --workspace http://127.0.0.1:8080 --format json --detailed-exitcode`,
		Flags: workspaceFlags(append(planFlags(), stateFlag(),
			&cli.StringFlag{Name: "format", Value: "text", Usage: "`FORMAT`: text, json, markdown"},
			&cli.StringFlag{Name: "out", Usage: "save the plan to `FILE`, for one apply"},
			&cli.BoolFlag{Name: "detailed-exitcode", Usage: "exit 0 for nothing to do, 1 for an error, 2 for changes"},
		)...),
		Action: func(c *cli.Context) error {
			err := runPlan(c)
			if c.Bool("detailed-exitcode") && err != nil {
				if coded, ok := err.(*codedError); !ok || coded.message != "" {
					return fail(1, "%s", err.Error())
				}
			}
			return err
		},
	}
}

func runPlan(c *cli.Context) error {
	if f := c.String("format"); f != "text" && f != "json" && f != "markdown" {
		return fail(exitUsage, "--format %q is not known; there are text, json and markdown", f)
	}
	p, w, err := placeOf(c, c.Args().Slice())
	if err != nil {
		return failJSON(c, err)
	}
	d, plan, o, err := makePlan(c, p, w)
	if err != nil {
		return failJSON(c, err)
	}
	if name := c.String("out"); name != "" {
		b, err := plan.Save(d, o)
		if err != nil {
			return failJSON(c, err)
		}
		if err := writePrivate(name, b); err != nil {
			return failJSON(c, fail(exitUsage, "%v", err))
		}
	}
	switch c.String("format") {
	case "json":
		err = plan.WriteJSON(c.App.Writer)
	case "markdown":
		err = plan.WriteMarkdown(c.App.Writer)
	default:
		err = plan.WriteText(out(c))
		if err == nil && plan.Summary.Changes() > 0 {
			fmt.Fprintln(remarks(c), "Next: "+nextApply(c))
		}
	}
	if err != nil {
		return err
	}
	switch {
	case c.Bool("detailed-exitcode") && plan.Summary.Changes() > 0:
		return quiet(2)
	case c.Bool("detailed-exitcode"):
		return nil
	case plan.Summary.Drift > 0:
		return quiet(exitFindings)
	}
	return nil
}

// makePlan reads the workspace and compares.
func makePlan(c *cli.Context, p *place, w *azure.Workspace) (*deploy.Desired, *deploy.Plan, deploy.PlanOptions, error) {
	o := deploy.PlanOptions{Prune: c.Bool("prune"), Adopt: c.Bool("adopt"), Disabled: c.Bool("disabled"), Only: c.StringSlice("only")}
	d, err := p.wanted()
	if err != nil {
		return nil, nil, o, err
	}
	if err := unfinished(c, p.store(c), &o); err != nil {
		return nil, nil, o, err
	}
	s, err := deploy.Read(c.Context, w, deploy.ReadFor(d))
	if err != nil {
		return nil, nil, o, remoteError(err)
	}
	plan, err := deploy.BuildPlan(d, s, o)
	if err != nil {
		return nil, nil, o, fail(exitUsage, "%v", err)
	}
	if err := plan.ReadActions(c.Context, w); err != nil {
		return nil, nil, o, remoteError(err)
	}
	if !c.Bool("no-query") {
		plan.WarnTables(c.Context, ask(w))
	}
	return d, plan, o, nil
}

// unfinished takes in what a broken apply left open.
func unfinished(c *cli.Context, s *deploy.Store, o *deploy.PlanOptions) error {
	open, err := s.Unfinished()
	if err != nil {
		return fail(exitUsage, "the journal of the last apply cannot be read: %v", err)
	}
	if len(open) > 0 {
		fmt.Fprintf(remarks(c), "The last apply was broken off; %d it had begun are looked at again.\n", len(open))
		o.Unfinished = map[string]bool{}
		for _, k := range open {
			o.Unfinished[k] = true
		}
	}
	return nil
}

// nextApply is the command line that carries out what was shown.
func nextApply(c *cli.Context) string {
	words := []string{"blindspot apply"}
	if w := c.String("workspace"); w != "" {
		words = append(words, "--workspace "+w)
	}
	if f := c.String("out"); f != "" {
		return strings.Join(append(words, "--plan "+f), " ")
	}
	for _, f := range []string{"prune", "adopt", "disabled"} {
		if c.Bool(f) {
			words = append(words, "--"+f)
		}
	}
	for _, p := range c.StringSlice("only") {
		words = append(words, fmt.Sprintf("--only %q", p))
	}
	return strings.Join(append(words, c.Args().Slice()...), " ")
}

// writePrivate writes a file that only its owner can read.
func writePrivate(name string, b []byte) error {
	if st, err := os.Stat(name); err == nil && !st.Mode().IsRegular() { // a pipe, a terminal: nothing to keep whole
		return os.WriteFile(name, b, 0o600)
	}
	return deploy.ReplaceFile(name, b, 0o600)
}

// cellOf is a cell as plain text; null is "".
func cellOf(t *result.Table, row, column int) string {
	v := t.Value(row, column)
	switch {
	case v.Null:
		return ""
	case v.Type == value.String || v.Type == value.GUID:
		return v.S
	}
	return strings.Trim(string(result.AppendJSONValue(nil, v)), `"`)
}
