package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/seed-caab1ad3/blindspot/cmd/internal/deploy"
	"github.com/seed-caab1ad3/blindspot/cmd/internal/terminal"
	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/validate"
	"github.com/seed-caab1ad3/blindspot/validate/report"
)

func validateCommand() *cli.Command {
	return &cli.Command{
		Name:      "validate",
		Usage:     "check content against schemas, the service's limits and the KQL compiler",
		ArgsUsage: "[PATH...]",
		Description: `PATH is a file or folder of content; without one it is ./content, or the pack inside the binary where there is none.

Examples:
   blindspot validate
   blindspot validate content/rules/cross-stream/spray-across-streams.yaml
   blindspot validate --format sarif > findings.sarif
   blindspot validate --since origin/main --format github
   blindspot validate --level missing-tests=off --level all=error`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "format", Value: "text", Usage: "text, json, sarif, junit, github"},
			&cli.StringSliceFlag{Name: "level", Usage: "`CHECK=LEVEL`: error, warning, info or off; CHECK may be all; may be repeated"},
			&cli.StringSliceFlag{Name: "check", Usage: "run only this check; may be repeated"},
			&cli.BoolFlag{Name: "fix", Usage: "apply the safe fixes"},
			&cli.StringFlag{Name: "since", Usage: "report only files that differ from this git `REVISION`"},
			&cli.StringFlag{Name: "baseline", Usage: "`FILE` of known findings that are not reported; made by --write-baseline"},
			&cli.StringFlag{Name: "write-baseline", Usage: "write today's findings to `FILE` and exit well"},
			&cli.BoolFlag{Name: "checks", Usage: "list the checks and exit"},
		},
		Action: runValidate,
	}
}

func runValidate(c *cli.Context) error {
	if c.Bool("checks") {
		for _, r := range validate.Rules() {
			fmt.Fprintf(c.App.Writer, "%-28s %-8s %s\n", r.ID, r.Level, r.Summary)
		}
		return nil
	}
	write, err := findingsWriter(c.String("format"))
	if err != nil {
		return err
	}
	l, err := loadContent(c.Args().Slice())
	if err != nil {
		return err
	}
	rep, err := check(c, l)
	if err != nil {
		return err
	}
	if c.Bool("fix") {
		n, err := applyFixes(rep)
		if err != nil {
			return err
		}
		fmt.Fprintf(talk(c), "%d fixed\n", n)
		if n > 0 {
			if l, err = loadContent(c.Args().Slice()); err != nil {
				return err
			}
			if rep, err = check(c, l); err != nil {
				return err
			}
		}
	}
	if name := c.String("write-baseline"); name != "" {
		return writeBaseline(name, rep)
	}
	if name := c.String("baseline"); name != "" {
		if err := applyBaseline(name, rep); err != nil {
			return err
		}
	}
	if err := write(rep, out(c)); err != nil {
		return err
	}
	if rep.Failed() {
		return quiet(exitFindings)
	}
	return nil
}

// check runs the checks that the flags and blindspot.yaml want.
func check(c *cli.Context, l *loaded) (*report.Report, error) {
	opts := validate.Options{Compiler: newCompiler(), Checks: c.StringSlice("check"), Levels: map[string]string{}}
	if l.Config == nil {
		doc, _, err := configOf(c.Args().Slice())
		if err != nil {
			return nil, err
		}
		if doc != nil {
			l.Config = doc
			l.Documents = append(l.Documents, doc)
			if len(l.only) > 0 {
				l.only = append(l.only, doc.File())
			}
		}
	}
	for id, level := range configuredLevels(l.Config) {
		opts.Levels[id] = level
	}
	for _, s := range c.StringSlice("level") {
		id, level, ok := strings.Cut(s, "=")
		if !ok {
			return nil, fail(exitUsage, "--level %q: write CHECK=LEVEL, for instance missing-tests=off", s)
		}
		opts.Levels[id] = level
	}
	if rev := c.String("since"); rev != "" {
		changed, err := changedSince(rev)
		if err != nil {
			return nil, err
		}
		opts.Only = changed
	}
	rep, err := validate.Run(c.Context, l.Bundle, l.Problems, opts)
	if err != nil {
		if c.Context.Err() != nil {
			return nil, err
		}
		return nil, fail(exitUsage, "%v", err)
	}
	kept := rep.Findings[:0]
	for _, f := range rep.Findings {
		if f.File == "" || l.wanted(f.File) {
			kept = append(kept, f)
		}
	}
	rep.Findings = kept
	files := rep.Files[:0]
	for _, f := range rep.Files {
		if l.wanted(f) {
			files = append(files, f)
		}
	}
	rep.Files = files
	return rep, nil
}

func findingsWriter(format string) (func(*report.Report, terminal.Stream) error, error) {
	switch format {
	case "text":
		return func(r *report.Report, s terminal.Stream) error {
			return r.WriteText(s, report.TextOptions{Color: s.Colour, Width: s.Width})
		}, nil
	case "json":
		return func(r *report.Report, s terminal.Stream) error { return r.WriteJSON(s) }, nil
	case "sarif":
		return func(r *report.Report, s terminal.Stream) error {
			return r.WriteSARIF(s, report.SARIFOptions{Version: version})
		}, nil
	case "junit":
		return func(r *report.Report, s terminal.Stream) error { return r.WriteJUnit(s) }, nil
	case "github":
		return func(r *report.Report, s terminal.Stream) error { return r.WriteGitHub(s) }, nil
	}
	return nil, fail(exitUsage, "--format %q is unknown; it is text, json, sarif, junit or github", format)
}

// changedSince lists the files that differ from a revision, and new ones, as paths from the current folder.
func changedSince(rev string) (map[string]bool, error) {
	changed := map[string]bool{}
	for _, args := range [][]string{{"diff", "--name-only", "-z", "--relative", rev, "--"}, {"ls-files", "-o", "-z", "--exclude-standard"}} {
		cmd := exec.Command("git", args...)
		var words strings.Builder
		cmd.Stderr = &words
		b, err := cmd.Output()
		if err != nil {
			why := strings.TrimSpace(words.String())
			if why == "" {
				why = err.Error()
			}
			first, _, _ := strings.Cut(why, "\n")
			if strings.Contains(strings.ToLower(first), "not a git repository") {
				return nil, fail(exitUsage, "--since %s: this folder is in no git repository; run it inside one, or leave --since out", rev)
			}
			return nil, fail(exitUsage, "--since %s: git says: %s", rev, first)
		}
		for _, f := range strings.Split(string(b), "\x00") {
			if f != "" {
				changed[filepath.ToSlash(f)] = true
			}
		}
	}
	return changed, nil
}

// applyFixes writes the safe fixes of a report, each file once and atomically.
func applyFixes(rep *report.Report) (int, error) {
	byFile := map[string][]content.Edit{}
	var files []string
	n := 0
	for _, f := range rep.Findings {
		if f.Fix == nil || f.Fix.Unsafe {
			continue
		}
		if _, seen := byFile[f.File]; !seen {
			files = append(files, f.File)
		}
		byFile[f.File] = append(byFile[f.File], f.Fix.Edits...)
		n++
	}
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			return 0, fail(exitUsage, "%s: %s", file, plainCause(err))
		}
		fixed, err := content.Splice(src, byFile[file]...)
		if err != nil {
			return 0, fail(exitUsage, "%s: %v", file, err)
		}
		if err := replaceFile(file, fixed); err != nil {
			return 0, fail(exitUsage, "%s: %s", file, plainCause(err))
		}
	}
	return n, nil
}

// replaceFile writes a file whole or not at all; one that exists keeps its mode.
func replaceFile(name string, data []byte) error {
	mode := os.FileMode(0o644)
	if st, err := os.Stat(name); err == nil {
		mode = st.Mode().Perm()
	}
	return deploy.ReplaceFile(name, data, mode)
}
