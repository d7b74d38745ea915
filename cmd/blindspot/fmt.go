package main

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"

	udiff "github.com/aymanbagabas/go-udiff"
	"github.com/urfave/cli/v2"

	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/emulator/kql"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/source"
)

func fmtCommand() *cli.Command {
	return &cli.Command{
		Name:      "fmt",
		Usage:     "lay out the queries of rules, hunting queries and functions, and .kql files",
		ArgsUsage: "[PATH...|-]",
		Description: `Only the query in a YAML file changes; every other byte of the file stays. A query that does not parse is left as it is and named.
With - a query is read from standard input and written to standard output.

Examples:
   blindspot fmt
   blindspot fmt content/rules/cross-stream
   blindspot fmt --check --diff
   echo 'T|where a==1|take 5' | blindspot fmt -`,
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "check", Usage: "change nothing, name the files that would change, and exit 1 when there are any"},
			&cli.BoolFlag{Name: "diff", Usage: "print what changes; without --write nothing is written"},
			&cli.BoolFlag{Name: "write", Usage: "write the files: the default without --check and --diff"},
		},
		Action: runFmt,
	}
}

// formatted is a file whose layout is not the canonical one.
type formatted struct {
	file         string
	before, next []byte
}

func runFmt(c *cli.Context) error {
	args := c.Args().Slice()
	if len(args) == 1 && args[0] == "-" {
		return fmtStdin(c)
	}
	files, faulty, err := fmtFiles(c, args)
	if err != nil {
		return err
	}
	write := c.Bool("write") || !c.Bool("check") && !c.Bool("diff")
	for _, f := range files {
		if c.Bool("diff") {
			fmt.Fprint(c.App.Writer, udiff.Unified(f.file, f.file, string(f.before), string(f.next)))
		} else {
			fmt.Fprintln(c.App.Writer, f.file)
		}
		if write {
			if err := replaceFile(f.file, f.next); err != nil {
				return fail(exitUsage, "%s: %s", f.file, plainCause(err))
			}
		}
	}
	if faulty > 0 || c.Bool("check") && len(files) > 0 {
		return quiet(exitFindings)
	}
	return nil
}

func fmtStdin(c *cli.Context) error {
	const most = 64 << 20
	b, err := io.ReadAll(io.LimitReader(c.App.Reader, most+1))
	if err != nil {
		return fail(exitUsage, "standard input: %v", err)
	}
	if len(b) > most {
		return fail(exitUsage, "standard input is longer than %d MB", most>>20)
	}
	out, diagnostics := kql.Format(string(b))
	if source.HasErrors(diagnostics) {
		tellDiagnostics(talk(c), content.NewText("-", string(b)), diagnostics)
	}
	changed := out != string(b)
	switch {
	case c.Bool("diff"):
		fmt.Fprint(c.App.Writer, udiff.Unified("-", "-", string(b), out))
	case !c.Bool("check"):
		fmt.Fprint(c.App.Writer, out)
	}
	if source.HasErrors(diagnostics) || c.Bool("check") && changed {
		return quiet(exitFindings)
	}
	return nil
}

// fmtFiles finds the files under the paths whose layout differs, and counts the queries that do not parse.
func fmtFiles(c *cli.Context, args []string) (files []formatted, faulty int, err error) {
	plain, yaml, err := kqlFiles(args)
	if err != nil {
		return nil, 0, err
	}
	for _, name := range plain {
		b, err := os.ReadFile(name)
		if err != nil {
			return nil, 0, fail(exitUsage, "%s: %s", name, plainCause(err))
		}
		out, diagnostics := kql.Format(string(b))
		if source.HasErrors(diagnostics) {
			faulty++
			tellDiagnostics(talk(c), content.NewText(name, string(b)), diagnostics)
		} else if out != string(b) {
			files = append(files, formatted{name, b, []byte(out)})
		}
	}
	if len(args) > 0 && len(yaml) == 0 {
		return files, faulty, nil
	}
	l, err := loadContent(yaml)
	if err != nil {
		return nil, 0, err
	}
	if l.Shipped {
		return nil, 0, fail(exitUsage, "there is no ./content here; name the files or folders to format")
	}
	read := map[string]bool{}
	for _, d := range l.Documents {
		read[d.File()] = true
	}
	for _, p := range l.Problems {
		if p.Severity == content.Error && !read[p.Span.File] {
			faulty++
			fmt.Fprintln(talk(c), p)
		}
	}
	for _, q := range queriesOf(l) {
		next, diagnostics, err := formatDocument(q.doc, q.text)
		switch {
		case err != nil:
			faulty++
			fmt.Fprintln(talk(c), err)
		case source.HasErrors(diagnostics):
			faulty++
			tellDiagnostics(talk(c), q.text, diagnostics)
		case next != nil:
			files = append(files, formatted{q.doc.File(), q.doc.Source.Bytes, next})
		}
	}
	sort.SliceStable(files, func(i, j int) bool { return files[i].file < files[j].file })
	return files, faulty, nil
}

// kqlFiles finds the .kql files under the paths; what is left is content.
func kqlFiles(args []string) (plain, rest []string, err error) {
	roots := args
	if len(args) == 0 {
		roots = []string{"content"}
	}
	for _, arg := range roots {
		st, err := os.Stat(arg)
		if err != nil {
			if len(args) == 0 {
				return nil, nil, nil
			}
			return nil, nil, fail(exitUsage, "%s: %s", arg, plainCause(err))
		}
		if !st.IsDir() {
			if strings.EqualFold(filepath.Ext(arg), ".kql") {
				plain = append(plain, arg)
			} else {
				rest = append(rest, arg)
			}
			continue
		}
		if len(args) > 0 {
			rest = append(rest, arg)
		}
		err = filepath.WalkDir(arg, func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return fail(exitUsage, "%s: %s", path, plainCause(err))
			}
			if d.IsDir() && path != arg && strings.HasPrefix(d.Name(), ".") {
				return fs.SkipDir
			}
			if d.Type().IsRegular() && strings.EqualFold(filepath.Ext(path), ".kql") {
				plain = append(plain, path)
			}
			return nil
		})
		if err != nil {
			return nil, nil, err
		}
	}
	return plain, rest, nil
}

// contentQuery is the query of a rule, hunting query or function.
type contentQuery struct {
	doc  *content.Document
	text content.Text
}

// queriesOf lists the queries that a command was asked about.
func queriesOf(l *loaded) []contentQuery {
	var list []contentQuery
	add := func(doc *content.Document, text content.Text) {
		if text.Len() > 0 && l.wanted(doc.File()) {
			list = append(list, contentQuery{doc, text})
		}
	}
	for _, r := range l.Rules {
		add(r.Doc, r.Query)
	}
	for _, h := range l.Hunting {
		add(h.Doc, h.Query)
	}
	for _, f := range l.Functions {
		if !strings.HasPrefix(f.File(), "shipped/") {
			add(f.Doc, f.Query)
		}
	}
	return list
}

// formatDocument returns a file's bytes with its query laid out, nil when it is so already.
func formatDocument(doc *content.Document, text content.Text) ([]byte, []source.Diagnostic, error) {
	out, diagnostics := kql.Format(text.String())
	if source.HasErrors(diagnostics) {
		return nil, diagnostics, nil
	}
	// How many line ends follow a query is the YAML layout's matter.
	body := strings.TrimRight(text.String(), "\n")
	out = strings.TrimRight(out, "\n") + text.String()[len(body):]
	if out == text.String() {
		return nil, diagnostics, nil
	}
	key := "query"
	for _, k := range [...]string{"ParserQuery", "FunctionQuery"} {
		if doc.Has(k) {
			key = k
		}
	}
	edit, err := doc.ReplaceScalar(out, key)
	if err != nil {
		return nil, diagnostics, err
	}
	next, err := content.Splice(doc.Source.Bytes, edit)
	return next, diagnostics, err
}

// tellDiagnostics names what keeps a query from being read, a line each.
func tellDiagnostics(w io.Writer, text content.Text, list []source.Diagnostic) {
	for _, d := range list {
		if d.Severity != source.Error {
			continue
		}
		at := text.Position(d.Span.Start)
		line := fmt.Sprintf("%s:%d:%d: %s", text.File(), at.Line, at.Column, d.Message)
		if d.Help != "" {
			line += "; " + d.Help
		}
		fmt.Fprintln(w, line)
	}
}
