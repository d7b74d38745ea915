package main

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/seed-caab1ad3/blindspot/cmd/internal/terminal"
	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/content/tables"
	"github.com/seed-caab1ad3/blindspot/emulator"
	"github.com/seed-caab1ad3/blindspot/emulator/catalog"
	"github.com/seed-caab1ad3/blindspot/emulator/generate"
	"github.com/seed-caab1ad3/blindspot/emulator/workbook"
	"github.com/seed-caab1ad3/blindspot/validate/report"
)

func workbookCommand() *cli.Command {
	data := &cli.StringSliceFlag{Name: "data", Usage: "a file or folder of events; without it some generated days of a small company"}
	now := &cli.StringFlag{Name: "now", Usage: "what now() answers; without it the end of the generated data, or with --data the present"}
	return &cli.Command{
		Name:  "workbook",
		Usage: "run the queries of workbooks on sample data",
		Subcommands: []*cli.Command{
			{
				Name:      "test",
				Usage:     "run every query, and name the items that would not work",
				ArgsUsage: "[FILE...]",
				Description: `Without FILE all workbooks of ./content, or of the shipped pack, are tested. Parameters have their default values; an item that
depends on a click runs once with the default and once with the first row of the table above it.

Examples:
   blindspot workbook test
   blindspot workbook test content/workbooks/legacy-authentication.json
   blindspot workbook test --data data --now 2026-01-20T00:00:00Z --format junit`,
				Flags:  []cli.Flag{data, now, &cli.StringFlag{Name: "format", Value: "text", Usage: "`FORMAT`: text, json, junit"}, &cli.BoolFlag{Name: "verbose", Aliases: []string{"v"}, Usage: "name every query"}},
				Action: runWorkbookTest,
			},
			{
				Name:      "render",
				Usage:     "write a workbook as one page of HTML",
				ArgsUsage: "FILE",
				Description: `The page holds everything it needs and no script. Tabs work; what a click would show is there with its default.

Examples:
   blindspot workbook render content/workbooks/legacy-authentication.json --out legacy.html
   blindspot workbook render --set TimeRange=P1D --data data workbook.json > page.html`,
				Flags:  []cli.Flag{data, now, &cli.StringFlag{Name: "out", Usage: "the `FILE` to write; standard output without it"}, &cli.StringSliceFlag{Name: "set", Usage: "`NAME=VALUE` of a parameter; may be repeated"}},
				Action: runWorkbookRender,
			},
		},
	}
}

// bookTest is a workbook and what its test found.
type bookTest struct {
	book    *content.Workbook
	outcome *workbook.Outcome
	err     error
}

func runWorkbookTest(c *cli.Context) error {
	write, err := workbookWriter(c.String("format"), c.Bool("verbose"))
	if err != nil {
		return err
	}
	l, books, err := workbooksOf(c.Args().Slice())
	if err != nil {
		return err
	}
	ws, now, err := sampleWorkspace(c, l, 2)
	if err != nil {
		return err
	}
	var tests []bookTest
	failed := false
	for _, b := range books {
		outcome, err := workbook.Test(c.Context, ws, b, now)
		if c.Context.Err() != nil {
			return c.Context.Err()
		}
		tests = append(tests, bookTest{b, outcome, err})
		failed = failed || err != nil || outcome.Failed()
	}
	if err := write(out(c), tests); err != nil {
		return err
	}
	if failed {
		return quiet(exitFindings)
	}
	return nil
}

func runWorkbookRender(c *cli.Context) error {
	if c.Args().Len() != 1 {
		return fail(exitUsage, "name one workbook file")
	}
	given := map[string]string{}
	for _, s := range c.StringSlice("set") {
		name, v, ok := strings.Cut(s, "=")
		if !ok {
			return fail(exitUsage, "--set %q: write NAME=VALUE", s)
		}
		given[name] = v
	}
	l, books, err := workbooksOf(c.Args().Slice())
	if err != nil {
		return err
	}
	ws, now, err := sampleWorkspace(c, l, 7)
	if err != nil {
		return err
	}
	page, err := workbook.Render(c.Context, ws, books[0], now, given)
	if err != nil {
		if c.Context.Err() != nil {
			return err
		}
		return fail(exitUsage, "%v", err)
	}
	var b bytes.Buffer
	if err := page.WriteHTML(&b); err != nil {
		return err
	}
	if name := c.String("out"); name != "" {
		if err := replaceFile(name, b.Bytes()); err != nil {
			return fail(exitUsage, "%s: %s", name, plainCause(err))
		}
		fmt.Fprintf(remarks(c), "%s: %d items, %d without a result\n", name, page.Items, page.Failed)
		return nil
	}
	_, err = c.App.Writer.Write(b.Bytes())
	return err
}

// workbooksOf loads the workbooks that a command was asked about, with the functions their queries call.
func workbooksOf(paths []string) (*loaded, []*content.Workbook, error) {
	l, err := loadContent(paths)
	if err != nil {
		return nil, nil, err
	}
	for _, p := range l.Problems {
		if p.Severity == content.Error && l.wanted(p.Span.File) {
			return nil, nil, fail(exitUsage, "%s", p.Error())
		}
	}
	var books []*content.Workbook
	for _, w := range l.Workbooks {
		if l.wanted(w.File()) {
			books = append(books, w)
		}
	}
	if len(books) == 0 {
		return nil, nil, fail(exitUsage, "there is no workbook in %s; workbooks are JSON files of the advanced editor", strings.Join(append(paths, ""), " "))
	}
	return l, books, nil
}

// sampleWorkspace holds the data of --data, or generated days, and the content's functions and watchlists.
func sampleWorkspace(c *cli.Context, l *loaded, days int) (*emulator.Workspace, time.Time, error) {
	now, err := momentOf(c.String("now"))
	if err != nil {
		return nil, now, err
	}
	cfg := generate.DefaultConfig()
	cfg.Days, cfg.Users, cfg.Ratio = days, 40, 8
	data := c.StringSlice("data")
	if now.IsZero() {
		now = time.Now().UTC()
		if len(data) == 0 {
			now = cfg.Start.AddDate(0, 0, cfg.Days)
		}
	}
	cat := catalog.New(tables.Sentinel)
	cat.AddBundle(l.Bundle)
	ws := emulator.New(emulator.Options{Catalog: cat, Clock: func() time.Time { return now }})
	if err := ws.AddWatchlists(l.Bundle); err != nil {
		return nil, now, fail(exitUsage, "%v", err)
	}
	if len(data) > 0 {
		if _, err := ws.LoadPaths(data, emulator.LoadOptions{Workers: workers(0)}); err != nil {
			return nil, now, fail(exitUsage, "%v", err)
		}
		return ws, now, nil
	}
	return ws, now, ingestGenerated(c.Context, ws, cfg)
}

// ingestGenerated puts generated rows into a workspace.
func ingestGenerated(ctx context.Context, ws *emulator.Workspace, cfg generate.Config) error {
	var names []string
	rows := map[string]*bytes.Buffer{}
	sink := generate.NewJSONLines(func(table string) (io.WriteCloser, error) {
		b := &bytes.Buffer{}
		names, rows[table] = append(names, table), b
		return bufferCloser{b}, nil
	})
	if _, err := generate.Generate(ctx, cfg, sink); err != nil {
		return err
	}
	for _, table := range names {
		if _, err := ws.IngestJSON(table, rows[table]); err != nil {
			return fmt.Errorf("generated rows of %s: %w", table, err)
		}
	}
	return nil
}

type bufferCloser struct{ *bytes.Buffer }

func (bufferCloser) Close() error { return nil }

func workbookWriter(format string, verbose bool) (func(terminal.Stream, []bookTest) error, error) {
	switch format {
	case "text":
		return func(w terminal.Stream, tests []bookTest) error { return writeBooksText(w, tests, verbose) }, nil
	case "json":
		return func(w terminal.Stream, tests []bookTest) error { return writeBooksJSON(w, tests) }, nil
	case "junit":
		return func(w terminal.Stream, tests []bookTest) error { return writeBooksJUnit(w, tests) }, nil
	}
	return nil, fail(exitUsage, "--format %q is unknown; it is text, json or junit", format)
}

func writeBooksText(w terminal.Stream, tests []bookTest, verbose bool) error {
	queries, errors, warnings := 0, 0, 0
	for _, t := range tests {
		if t.err != nil {
			errors++
			fmt.Fprintln(w, t.err)
			continue
		}
		if verbose {
			for _, it := range t.outcome.Items {
				fmt.Fprintf(w, "%s: %s (%s): %d rows, %s\n", t.book.File(), it.Path, it.Item, it.Rows, it.Elapsed.Round(time.Microsecond))
			}
		}
		queries += len(t.outcome.Items)
		for _, f := range t.outcome.Findings {
			word := "error"
			if f.Warning {
				word = "warning"
				warnings++
			} else {
				errors++
			}
			fmt.Fprintf(w, "%s: %s: %s\n", f.Place(), word, f.Text())
		}
	}
	_, err := fmt.Fprintf(w, "%d workbooks, %d queries ran, %d errors, %d warnings\n", len(tests), queries, errors, warnings)
	return err
}

type jsonBook struct {
	File     string            `json:"file"`
	Name     string            `json:"name"`
	Error    string            `json:"error,omitempty"`
	Items    []jsonBookItem    `json:"items"`
	Findings []jsonBookFinding `json:"findings"`
}

type jsonBookItem struct {
	Item      string `json:"item"`
	Path      string `json:"path"`
	Rows      int    `json:"rows"`
	Clicked   bool   `json:"clicked,omitempty"`
	ElapsedUs int64  `json:"elapsedUs"`
}

type jsonBookFinding struct {
	Severity string `json:"severity"`
	Item     string `json:"item"`
	Path     string `json:"path"`
	Line     int    `json:"line,omitempty"`
	Column   int    `json:"column,omitempty"`
	Message  string `json:"message"`
	Help     string `json:"help,omitempty"`
}

type booksJSON struct {
	SchemaVersion int        `json:"schemaVersion"`
	Workbooks     []jsonBook `json:"workbooks"`
	Summary       struct {
		Workbooks int `json:"workbooks"`
		Queries   int `json:"queries"`
		Errors    int `json:"errors"`
		Warnings  int `json:"warnings"`
	} `json:"summary"`
}

func writeBooksJSON(w io.Writer, tests []bookTest) error {
	report := booksJSON{SchemaVersion: 1, Workbooks: []jsonBook{}}
	report.Summary.Workbooks = len(tests)
	for _, t := range tests {
		b := jsonBook{File: t.book.File(), Name: t.book.Name, Items: []jsonBookItem{}, Findings: []jsonBookFinding{}}
		if t.err != nil {
			b.Error = t.err.Error()
			report.Summary.Errors++
		} else {
			for _, it := range t.outcome.Items {
				b.Items = append(b.Items, jsonBookItem{it.Item, it.Path, it.Rows, it.Clicked, it.Elapsed.Microseconds()})
			}
			report.Summary.Queries += len(b.Items)
			for _, f := range t.outcome.Findings {
				j := jsonBookFinding{"error", f.Item, f.Path, f.Line, f.Column, f.Message, f.Help}
				if f.Warning {
					j.Severity = "warning"
					report.Summary.Warnings++
				} else {
					report.Summary.Errors++
				}
				b.Findings = append(b.Findings, j)
			}
		}
		report.Workbooks = append(report.Workbooks, b)
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(report)
}

type junitBooks struct {
	XMLName xml.Name    `xml:"testsuites"`
	Suites  []junitBook `xml:"testsuite"`
}

type junitBook struct {
	Name     string          `xml:"name,attr"`
	Tests    int             `xml:"tests,attr"`
	Failures int             `xml:"failures,attr"`
	Cases    []junitBookCase `xml:"testcase"`
}

type junitBookCase struct {
	Class    string   `xml:"classname,attr"`
	Name     string   `xml:"name,attr"`
	Time     string   `xml:"time,attr"`
	Failures []string `xml:"failure"`
}

func writeBooksJUnit(w io.Writer, tests []bookTest) error {
	var all junitBooks
	for _, t := range tests {
		s := junitBook{Name: t.book.File()}
		if t.err != nil {
			s.Cases = append(s.Cases, junitBookCase{Class: t.book.Name, Name: "the file", Time: "0", Failures: []string{t.err.Error()}})
		} else {
			place := map[string]int{}
			for _, it := range t.outcome.Items {
				place[it.Path] = len(s.Cases)
				s.Cases = append(s.Cases, junitBookCase{Class: t.book.Name, Name: it.Item + " (" + it.Path + ")", Time: fmt.Sprintf("%.6f", it.Elapsed.Seconds())})
			}
			for _, f := range t.outcome.Findings {
				if f.Warning {
					continue
				}
				at, known := place[f.Path]
				if !known {
					at = len(s.Cases)
					place[f.Path] = at
					s.Cases = append(s.Cases, junitBookCase{Class: t.book.Name, Name: f.Item + " (" + f.Path + ")", Time: "0"})
				}
				s.Cases[at].Failures = append(s.Cases[at].Failures, f.String())
			}
		}
		s.Tests = len(s.Cases)
		for _, c := range s.Cases {
			if len(c.Failures) > 0 {
				s.Failures++
			}
		}
		all.Suites = append(all.Suites, s)
	}
	return report.WriteXML(w, all)
}
