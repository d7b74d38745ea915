package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/seed-caab1ad3/blindspot/cmd/internal/docs"
	"github.com/seed-caab1ad3/blindspot/content"
)

func docsCommand() *cli.Command {
	return &cli.Command{
		Name:      "docs",
		Usage:     "write a page for each rule, the matrix of rules and streams, and an ATT&CK layer",
		ArgsUsage: "[PATH...]",
		Description: `Pages that are generated are replaced; pages of rules that are gone are removed from DIR/rules and DIR/checks when they bear the
mark of this command. Every other file in DIR stays. DIR/mutants.json, made by blindspot test --mutate --mutants-out, gives the pages
their list of mistakes that no test notices.

Examples:
   blindspot docs
   blindspot docs --out site/detections content
   blindspot docs --check
   blindspot docs --man share/man/man1`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "out", Value: "docs", Usage: "the `FOLDER` to write to"},
			&cli.BoolFlag{Name: "reference", Value: true, Usage: "also the pages of the checks and the emulator's assumptions"},
			&cli.StringFlag{Name: "man", Usage: "write the pages of man(1) to `FOLDER` instead: one for each command, as --help has it"},
			&cli.BoolFlag{Name: "check", Usage: "write nothing, name the pages that differ, and exit 1 when there are any"},
		},
		Action: runDocs,
	}
}

func runDocs(c *cli.Context) error {
	if dir := c.String("man"); dir != "" {
		return writeManual(c, dir)
	}
	l, err := loadContent(c.Args().Slice())
	if err != nil {
		return err
	}
	for _, p := range l.Problems {
		if p.Severity == content.Error && l.wanted(p.Span.File) {
			return fail(exitUsage, "%s", p.Error())
		}
	}
	dir := c.String("out")
	measured, err := readMutants(dir)
	if err != nil {
		return fail(exitUsage, "%v", err)
	}
	files, err := docs.Generate(l.Bundle, newCompiler(), measured, c.Bool("reference"))
	if err != nil {
		return fail(exitUsage, "%v", err)
	}
	changed, gone, err := staleDocs(dir, files)
	if err != nil {
		return err
	}
	if c.Bool("check") {
		for _, f := range changed {
			fmt.Fprintln(c.App.Writer, f.Name)
		}
		for _, name := range gone {
			fmt.Fprintln(c.App.Writer, name)
		}
		if len(changed)+len(gone) > 0 {
			return quiet(exitFindings)
		}
		return nil
	}
	for _, f := range changed {
		name := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return fail(exitUsage, "%s: %s", filepath.Dir(name), plainCause(err))
		}
		if err := replaceFile(name, []byte(f.Text)); err != nil {
			return fail(exitUsage, "%s: %s", name, plainCause(err))
		}
	}
	for _, name := range gone {
		if err := os.Remove(filepath.Join(dir, filepath.FromSlash(name))); err != nil {
			return fail(exitUsage, "%s: %s", name, plainCause(err))
		}
	}
	fmt.Fprintf(remarks(c), "%d pages in %s, %d written, %d removed\n", len(files), dir, len(changed), len(gone))
	return nil
}

// writeManual writes a page of man(1) for each command.
func writeManual(c *cli.Context, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fail(exitUsage, "%s: %s", dir, plainCause(err))
	}
	pages := manuals()
	for name, text := range pages {
		file := filepath.Join(dir, name)
		if err := replaceFile(file, text); err != nil {
			return fail(exitUsage, "%s: %s", file, plainCause(err))
		}
	}
	fmt.Fprintf(remarks(c), "%d pages in %s\n", len(pages), dir)
	return nil
}

// manuals are the pages by the names of their files: the program's, with the topics of help, and one of each command.
func manuals() map[string][]byte {
	app := newApp(nil, nil, nil)
	list := []docs.Manual{appPage(app)}
	var walk func(before string, commands []*cli.Command)
	walk = func(before string, commands []*cli.Command) {
		for _, c := range commands {
			name := before + " " + c.Name
			list = append(list, commandPage(name, c))
			walk(name, c.Subcommands)
		}
	}
	walk("blindspot", app.Commands)
	for _, t := range topicNames() {
		list[0].Topics = append(list[0].Topics, docs.Term{Name: strings.ReplaceAll(t, "-", " "), Text: topicText(t)})
	}
	out := map[string][]byte{}
	for _, m := range list {
		var others []string
		for _, o := range list {
			parent, own := strings.LastIndexByte(o.Name, ' '), strings.LastIndexByte(m.Name, ' ')
			if parent >= 0 && o.Name[:parent] == m.Name || own >= 0 && m.Name[:own] == o.Name {
				others = append(others, strings.ReplaceAll(o.Name, " ", "-"))
			}
		}
		out[docs.ManName(m)] = docs.Man(m, version, others)
	}
	return out
}

// readMutants reads the measurement beside the pages, nil when there is none.
func readMutants(dir string) (docs.Mutants, error) {
	data, err := os.ReadFile(filepath.Join(dir, docs.MutantsFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return docs.ReadMutants(data)
}

// writeMutants keeps what was measured, for the pages.
func writeMutants(name string, runs []ruleRun) error {
	m := docs.Mutants{}
	for _, r := range runs {
		if r.mutation == nil {
			continue
		}
		x := docs.RuleMutants{
			Query: docs.Digest(r.rule.Query.String()), Mutants: r.mutation.Killed + len(r.mutation.Survivors) + r.mutation.Equivalent,
			Killed: r.mutation.Killed, Equivalent: r.mutation.Equivalent, Score: r.mutation.Score(), Survivors: []docs.Survivor{},
		}
		for _, s := range r.mutation.Survivors {
			x.Survivors = append(x.Survivors, docs.Survivor{Kind: s.Kind, Line: s.Line, Diff: s.Diff})
		}
		m[r.rule.ID] = x
	}
	data, err := json.MarshalIndent(m, "", " ")
	if err != nil {
		return err
	}
	if err := replaceFile(name, append(data, '\n')); err != nil {
		return fail(exitUsage, "%s: %s", name, plainCause(err))
	}
	return nil
}

// staleDocs compares the pages with those of a folder: which differ, and which generated ones belong to nothing any more.
func staleDocs(dir string, files []docs.File) (changed []docs.File, gone []string, err error) {
	wanted := map[string]bool{}
	for _, f := range files {
		wanted[f.Name] = true
		old, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(f.Name)))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, nil, fail(exitUsage, "%s: %s", f.Name, plainCause(err))
		}
		if err != nil || string(old) != f.Text {
			changed = append(changed, f)
		}
	}
	for _, folder := range docs.Folders() {
		root := filepath.Join(dir, folder)
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				if errors.Is(err, fs.ErrNotExist) {
					return nil
				}
				return err
			}
			rel, err := filepath.Rel(dir, path)
			if err != nil {
				return err
			}
			name := filepath.ToSlash(rel)
			if wanted[name] || !strings.HasSuffix(name, ".md") {
				return nil
			}
			b, err := os.ReadFile(path)
			if err == nil && docs.Generated(string(b)) {
				gone = append(gone, name)
			}
			return err
		})
		if err != nil {
			return nil, nil, fail(exitUsage, "%s: %v", root, err)
		}
	}
	return changed, gone, nil
}
