package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"

	udiff "github.com/aymanbagabas/go-udiff"
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
   blindspot validate --fix --diff
   blindspot validate --level missing-tests=off --level all=error

A comment "blindspot: ignore ID reason" keeps a finding of its line, or of the next one when it stands alone, from being
reported. 'blindspot explain ID' says more about a finding. With --format github the whole list also goes to the job's
summary, where GITHUB_STEP_SUMMARY names its file; with --format azure to the page of the run, where AGENT_TEMPDIRECTORY names a folder.`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "format", Value: "text", Usage: "`FORMAT`: text, json, sarif, junit, github, azure, gitlab, markdown"},
			&cli.StringSliceFlag{Name: "level", Usage: "`CHECK=LEVEL`: error, warning, info or off; CHECK may be all; may be repeated"},
			&cli.StringSliceFlag{Name: "check", Usage: "run only this check; may be repeated"},
			&cli.BoolFlag{Name: "fix", Usage: "apply the safe fixes"},
			&cli.BoolFlag{Name: "unsafe-fixes", Usage: "with --fix, also those that may change what a query finds, such as the nearest name for an unknown one"},
			&cli.BoolFlag{Name: "diff", Usage: "print what --fix would change, and change nothing; exit 1 when there is something"},
			&cli.StringFlag{Name: "category", Value: "blindspot-validate", Usage: "of a SARIF log: GitHub keeps the alerts of each category apart"},
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
	write, err := findingsWriter(c)
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
	unsafe := c.Bool("unsafe-fixes")
	if unsafe && !c.Bool("fix") && !c.Bool("diff") {
		return fail(exitUsage, "--unsafe-fixes says which fixes --fix or --diff takes; give one of them")
	}
	if c.Bool("diff") {
		return diffFixes(c, rep, unsafe)
	}
	if c.Bool("fix") {
		// A fix may make room for another one: again, until nothing is left to mend.
		total := 0
		for range 10 {
			n, err := applyFixes(rep, unsafe)
			if err != nil {
				return err
			}
			if n == 0 {
				break
			}
			total += n
			if l, err = loadContent(c.Args().Slice()); err != nil {
				return err
			}
			if rep, err = check(c, l); err != nil {
				return err
			}
		}
		fmt.Fprintf(remarks(c), "%d fixed\n", total)
	}
	if name := c.String("write-baseline"); name != "" {
		return writeBaseline(name, rep)
	}
	if name := c.String("baseline"); name != "" {
		if err := applyBaseline(name, rep); err != nil {
			return err
		}
	}
	shown := rep
	switch c.String("format") {
	case "sarif", "github", "azure", "gitlab", "markdown":
		shown = fromRepositoryRoot(rep) // these services know files by their path in the repository
	}
	if c.Bool("quiet") && c.String("format") == "text" && len(rep.Findings) == 0 {
		return nil
	}
	if err := write(shown, out(c)); err != nil {
		return err
	}
	if c.String("format") == "text" && len(rep.Findings) > 0 {
		fmt.Fprintf(remarks(c), "'blindspot explain %s' says more\n", gravest(rep).Name())
	}
	if rep.Failed() {
		return quiet(exitFindings)
	}
	return nil
}

// checkOptions are those that blindspot.yaml asks for; it joins the documents that are checked.
func checkOptions(paths []string, l *loaded, compiler validate.Compiler) (validate.Options, error) {
	opts := validate.Options{Compiler: compiler, Levels: map[string]string{}}
	if l.Config == nil {
		doc, _, err := configOf(paths)
		if err != nil {
			return opts, err
		}
		if doc != nil {
			l.Config = doc
			l.Documents = append(l.Documents, doc)
			if len(l.only) > 0 {
				l.only = append(l.only, doc.File())
			}
		}
	}
	levels, err := configuredLevels(l.Config)
	if err != nil {
		return opts, err
	}
	for id, level := range levels {
		opts.Levels[id] = level
	}
	opts.LevelOf, err = pathLevels(l.Config)
	return opts, err
}

// check runs the checks that the flags and blindspot.yaml want.
func check(c *cli.Context, l *loaded) (*report.Report, error) {
	opts, err := checkOptions(c.Args().Slice(), l, newCompiler())
	if err != nil {
		return nil, err
	}
	opts.Checks = c.StringSlice("check")
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
	rep.Findings = slices.DeleteFunc(rep.Findings, func(f report.Finding) bool { return f.File != "" && !l.wanted(f.File) })
	rep.Ignored = slices.DeleteFunc(rep.Ignored, func(f report.Ignored) bool { return !l.wanted(f.File) })
	files := rep.Files[:0]
	for _, f := range rep.Files {
		if l.wanted(f) {
			files = append(files, f)
		}
	}
	rep.Files = files
	return rep, nil
}

// gravest returns the first of the gravest findings.
func gravest(rep *report.Report) *report.Finding {
	best := &rep.Findings[0]
	for i := range rep.Findings {
		if rep.Findings[i].Severity < best.Severity {
			best = &rep.Findings[i]
		}
	}
	return best
}

func findingsWriter(c *cli.Context) (func(*report.Report, terminal.Stream) error, error) {
	switch format := c.String("format"); format {
	case "text":
		return func(r *report.Report, s terminal.Stream) error {
			return r.WriteText(s, report.TextOptions{Color: s.Colour, Width: s.Width})
		}, nil
	case "json":
		return func(r *report.Report, s terminal.Stream) error { return r.WriteJSON(s) }, nil
	case "sarif":
		return func(r *report.Report, s terminal.Stream) error {
			return r.WriteSARIF(s, report.SARIFOptions{Version: version, Category: c.String("category")})
		}, nil
	case "junit":
		return func(r *report.Report, s terminal.Stream) error { return r.WriteJUnit(s) }, nil
	case "github":
		return func(r *report.Report, s terminal.Stream) error {
			if err := stepSummary(r); err != nil {
				return err
			}
			return r.WriteGitHub(s)
		}, nil
	case "azure":
		return func(r *report.Report, s terminal.Stream) error {
			if err := r.WriteAzure(s); err != nil {
				return err
			}
			return pipelineSummary(r, s)
		}, nil
	case "markdown":
		return func(r *report.Report, s terminal.Stream) error { return r.WriteSummary(s) }, nil
	case "gitlab":
		return func(r *report.Report, s terminal.Stream) error { return r.WriteGitLab(s) }, nil
	default:
		return nil, fail(exitUsage, "--format %q is unknown; it is text, json, sarif, junit, github, azure, gitlab or markdown", format)
	}
}

// repositoryPrefix is the path from the root of the git repository that the current folder is in to that folder; "" where it
// is in none, or at the root.
func repositoryPrefix() string {
	here, err := os.Getwd()
	if err != nil {
		return ""
	}
	for root := here; ; root = filepath.Dir(root) {
		if _, err := os.Stat(filepath.Join(root, ".git")); err == nil {
			if prefix, err := filepath.Rel(root, here); err == nil && prefix != "." {
				return filepath.ToSlash(prefix)
			}
			return ""
		}
		if filepath.Dir(root) == root {
			return ""
		}
	}
}

// inRepository is a file's path from the root of its git repository.
func inRepository(file string) string {
	prefix := repositoryPrefix()
	if prefix == "" || file == "" || strings.HasPrefix(file, "shipped/") || filepath.IsAbs(file) {
		return file
	}
	return path.Join(prefix, file)
}

// fromRepositoryRoot returns a report whose files are named from the root of the git repository that the current folder is
// in; the report itself where it is in none, or at the root.
func fromRepositoryRoot(rep *report.Report) *report.Report {
	if repositoryPrefix() == "" {
		return rep
	}
	named := *rep
	back := map[string]string{}
	name := func(file string) string {
		full := inRepository(file)
		back[full] = file
		return full
	}
	named.Findings = slices.Clone(rep.Findings)
	for i := range named.Findings {
		named.Findings[i].File = name(named.Findings[i].File)
	}
	named.Ignored = slices.Clone(rep.Ignored)
	for i := range named.Ignored {
		named.Ignored[i].File = name(named.Ignored[i].File)
	}
	if rep.Line != nil {
		named.Line = func(file string, line int) (string, bool) {
			if f, ok := back[file]; ok {
				file = f
			}
			return rep.Line(file, line)
		}
	}
	return &named
}

// stepSummary adds the findings to the summary of a GitHub job: annotations hold ten of a kind, the summary holds all.
func stepSummary(r *report.Report) error {
	name := os.Getenv("GITHUB_STEP_SUMMARY")
	if name == "" {
		return nil
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o644)
	if err == nil {
		err = r.WriteSummary(f)
		if e := f.Close(); err == nil {
			err = e
		}
	}
	if err != nil {
		return fail(exitUsage, "%s (GITHUB_STEP_SUMMARY): %s", name, plainCause(err))
	}
	return nil
}

// pipelineSummary lets Azure Pipelines show the findings as a page of the run: a file in the agent's folder for such things,
// and the command that uploads it.
//
// Source: Azure Pipelines documentation, "Logging commands", task.uploadsummary.
func pipelineSummary(r *report.Report, w io.Writer) error {
	dir := os.Getenv("AGENT_TEMPDIRECTORY")
	if dir == "" {
		return nil
	}
	name := filepath.Join(dir, "blindspot-validate.md")
	f, err := os.Create(name)
	if err == nil {
		err = r.WriteSummary(f)
		if e := f.Close(); err == nil {
			err = e
		}
	}
	if err != nil {
		return fail(exitUsage, "%s (AGENT_TEMPDIRECTORY): %s", name, plainCause(err))
	}
	_, err = fmt.Fprintf(w, "##vso[task.uploadsummary]%s\n", name)
	return err
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

// fixed is a file with the edits of its findings.
type fixed struct {
	file         string
	before, next []byte
	n            int
}

// fixes makes the edits of a report's findings, each file once. Of edits that overlap, or that stand twice, the first is
// taken; what is left is found again.
func fixes(rep *report.Report, unsafe bool) ([]fixed, error) {
	byFile := map[string][]*report.Fix{}
	var files []string
	for i := range rep.Findings {
		f := &rep.Findings[i]
		if f.Fix == nil || f.Fix.Unsafe && !unsafe {
			continue
		}
		if _, seen := byFile[f.File]; !seen {
			files = append(files, f.File)
		}
		byFile[f.File] = append(byFile[f.File], f.Fix)
	}
	var out []fixed
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			return nil, fail(exitUsage, "%s: %s", file, plainCause(err))
		}
		x := fixed{file: file, before: src}
		var edits []content.Edit
		for _, fix := range byFile[file] {
			more := append(edits[:len(edits):len(edits)], fix.Edits...)
			if next, err := content.Splice(src, more...); err == nil {
				edits, x.next, x.n = more, next, x.n+1
			}
		}
		if x.n > 0 && string(x.next) != string(src) {
			out = append(out, x)
		}
	}
	return out, nil
}

// applyFixes writes the fixes of a report, each file once and atomically.
func applyFixes(rep *report.Report, unsafe bool) (int, error) {
	list, err := fixes(rep, unsafe)
	if err != nil {
		return 0, err
	}
	n := 0
	for _, x := range list {
		if err := replaceFile(x.file, x.next); err != nil {
			return 0, fail(exitUsage, "%s: %s", x.file, plainCause(err))
		}
		n += x.n
	}
	return n, nil
}

// diffFixes prints what the fixes would change.
func diffFixes(c *cli.Context, rep *report.Report, unsafe bool) error {
	list, err := fixes(rep, unsafe)
	if err != nil {
		return err
	}
	n := 0
	for _, x := range list {
		fmt.Fprint(c.App.Writer, udiff.Unified(x.file, x.file, string(x.before), string(x.next)))
		n += x.n
	}
	fmt.Fprintf(remarks(c), "%d would be fixed\n", n)
	if n > 0 {
		return quiet(exitFindings)
	}
	return nil
}

// replaceFile writes a file whole or not at all; one that exists keeps its mode.
func replaceFile(name string, data []byte) error {
	mode := os.FileMode(0o644)
	if st, err := os.Stat(name); err == nil {
		mode = st.Mode().Perm()
	}
	return deploy.ReplaceFile(name, data, mode)
}
