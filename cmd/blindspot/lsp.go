package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/seed-caab1ad3/blindspot/cmd/internal/lsp"
	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/emulator/exec"
	"github.com/seed-caab1ad3/blindspot/emulator/kql"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/source"
	"github.com/seed-caab1ad3/blindspot/emulator/ruletest"
	"github.com/seed-caab1ad3/blindspot/emulator/sentinel"
	"github.com/seed-caab1ad3/blindspot/validate"
	"github.com/seed-caab1ad3/blindspot/validate/report"
)

func lspCommand() *cli.Command {
	return &cli.Command{
		Name:  "lsp",
		Usage: "serve an editor: diagnostics, completion, hover, fixes and tests while you type",
		Description: `The Language Server Protocol over standard input and output; an editor starts it. What it says of a file is what validate says.
docs/editors.md has the set-up of VS Code, Neovim, Helix and JetBrains.

Examples:
   blindspot lsp
   blindspot lsp --stdio`,
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "stdio", Usage: "standard input and output, which is the only way; editors pass it"},
		},
		Action: func(c *cli.Context) error {
			if c.Args().Present() {
				return fail(exitUsage, "lsp takes no arguments; the editor names the folder")
			}
			err := lsp.New(&editorBackend{cache: &content.Cache{}, compiler: validate.NewIncremental(exec.Supports)}, version).Run(c.Context, c.App.Reader, c.App.Writer)
			if err != nil && c.Context.Err() == nil {
				return fail(exitUsage, "%v", err)
			}
			return err
		},
	}
}

// editorBackend reads, checks, formats and tests content as the commands do, over the texts that an editor has open.
type editorBackend struct {
	cache    *content.Cache
	compiler *validate.Incremental
}

func (e *editorBackend) Open(dir string) error { return os.Chdir(dir) }

func (e *editorBackend) Load(texts map[string]string) (*lsp.Content, error) {
	paths := []string{"."}
	if st, err := os.Stat("content"); err == nil && st.IsDir() {
		paths = []string{"content"}
	}
	l, err := loadContentOver(paths, e.cache, func(dir string) fs.FS {
		inside := map[string]string{}
		for name, text := range texts {
			if dir = path.Clean(dir); dir == "." {
				inside[name] = text
			} else if rel, ok := strings.CutPrefix(name, dir+"/"); ok {
				inside[rel] = text
			}
		}
		return lsp.Overlay(os.DirFS(dir), inside)
	})
	if err != nil {
		return nil, err
	}
	l.Problems = dropped(l.Problems)
	if text, ok := texts["blindspot.yaml"]; ok && l.Config == nil {
		doc, problems := content.Parse("blindspot.yaml", []byte(text))
		l.Problems = append(l.Problems, problems...)
		if doc != nil {
			doc.Kind = content.KindConfig
			l.Config = doc
			l.Documents = append(l.Documents, doc)
		}
	}
	return &lsp.Content{
		Bundle:   l.Bundle,
		Catalog:  e.compiler.Catalog(l.Bundle),
		Validate: func(ctx context.Context) (*report.Report, error) { return e.validate(ctx, l) },
		Query: func(file, text string) []report.Finding {
			q := content.NewText(file, text)
			return validate.Diagnosed(q, e.compiler.Check(q, "sentinel", l.Bundle))
		},
	}, nil
}

// dropped leaves out that a folder has no content: an editor opens any folder.
func dropped(list []content.Problem) []content.Problem {
	kept := list[:0:0]
	for _, p := range list {
		if p.Code != content.CodeNoContent {
			kept = append(kept, p)
		}
	}
	return kept
}

// validate is what the command validate does. Settings that are wrong are said at their place, and the rest goes on.
func (e *editorBackend) validate(ctx context.Context, l *loaded) (*report.Report, error) {
	opts, wrong := checkOptions(nil, l, e.compiler)
	if wrong != nil {
		opts = validate.Options{Compiler: e.compiler}
	}
	rep, err := validate.Run(ctx, l.Bundle, l.Problems, opts)
	if err != nil {
		return nil, err
	}
	kept := rep.Findings[:0]
	for _, f := range rep.Findings {
		if !strings.HasPrefix(f.File, "shipped/") {
			kept = append(kept, f)
		}
	}
	rep.Findings = kept
	if wrong != nil {
		rep.Findings = append(rep.Findings, settingFinding(wrong))
	}
	return rep, nil
}

// settingFinding puts the message of a wrong setting, which begins with its place, at that place.
func settingFinding(err error) report.Finding {
	f := report.Finding{Check: validate.SchemaCheck, Severity: report.Error, File: "blindspot.yaml", Line: 1, Column: 1, Message: err.Error()}
	parts := strings.SplitN(err.Error(), ":", 4)
	if len(parts) == 4 {
		line, e1 := strconv.Atoi(parts[1])
		column, e2 := strconv.Atoi(parts[2])
		if e1 == nil && e2 == nil {
			f.File, f.Line, f.Column, f.Message = parts[0], line, column, strings.TrimSpace(parts[3])
		}
	}
	return f
}

func (e *editorBackend) Format(c *lsp.Content, file, text string) (string, error) {
	unreadable := func(list []source.Diagnostic) error {
		for _, d := range list {
			if d.Severity == source.Error {
				return errors.New("the query does not parse: " + d.Message)
			}
		}
		return nil
	}
	if !strings.HasSuffix(file, ".yaml") && !strings.HasSuffix(file, ".yml") {
		if strings.HasSuffix(file, ".json") {
			return text, nil
		}
		out, diagnostics := kql.Format(text)
		return out, unreadable(diagnostics)
	}
	for _, q := range queriesOf(&loaded{Bundle: c.Bundle}) {
		if q.doc.File() != file || string(q.doc.Source.Bytes) != text {
			continue
		}
		next, diagnostics, err := formatDocument(q.doc, q.text)
		if err == nil {
			err = unreadable(diagnostics)
		}
		if err != nil || next == nil {
			return text, err
		}
		return string(next), nil
	}
	return text, nil
}

func (e *editorBackend) Test(ctx context.Context, c *lsp.Content, file string) ([]lsp.TestResult, error) {
	var out []lsp.TestResult
	found := false
	runner := ruletest.New(c.Bundle, sentinel.DefaultOptions())
	for _, t := range c.Bundle.Tests {
		if t.File() != file && (t.Rule == nil || t.Rule.File() != file) {
			continue
		}
		found = true
		if t.Rule == nil {
			return nil, fmt.Errorf("%s names a rule that is not there", t.File())
		}
		for _, x := range t.Tests {
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			if x.Skip != "" {
				continue
			}
			r := runner.Case(ctx, t.Rule, t, x)
			out = append(out, lsp.TestResult{File: t.File(), At: r.Position, Name: r.Name, Passed: r.Passed, Message: r.Message})
		}
	}
	if !found {
		return nil, fmt.Errorf("%s has no tests", file)
	}
	return out, nil
}
