package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/content/tables"
	"github.com/seed-caab1ad3/blindspot/emulator"
	"github.com/seed-caab1ad3/blindspot/emulator/catalog"
	"github.com/seed-caab1ad3/blindspot/emulator/exec"
	"github.com/seed-caab1ad3/blindspot/emulator/kql"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/source"
	"github.com/seed-caab1ad3/blindspot/emulator/result"
	"github.com/seed-caab1ad3/blindspot/validate"
)

// newCompiler is the compiler that validate asks, with what the engine runs.
func newCompiler() validate.Compiler { return validate.NewKQL(exec.Supports) }

func queryCommand() *cli.Command {
	return &cli.Command{
		Name:      "query",
		Usage:     "run KQL over files of events",
		ArgsUsage: "[KQL | -]",
		Description: `The query is the argument, the file of -f, or standard input for -. A file's name is its table unless --table says otherwise.
Files are JSON lines, JSON arrays, CSV, the portal's CSV export, Parquet, Event Hub envelopes; any of them with gzip.

Examples:
   blindspot query --data data 'SigninLogs | summarize count() by ResultType | top 5 by count_'
   blindspot query --data data 'union SigninLogs, workspace("soc-emea").SigninLogs'    the other's files lie in data/workspaces/soc-emea
   blindspot query --data export.csv --table SigninLogs -f hunt.kql --format csv
   blindspot query --now 2026-01-06T12:00:00Z --timespan P1D --data data 'AuditLogs | count'
   blindspot query --check 'SigninLogs | where UserPrincipleName has "a"'
   printf '{"id":"a","query":"print x=1"}\n' | blindspot query --batch
   blindspot query --workspace prod --timespan P1D 'SigninLogs | summarize count() by ResultType'`,
		Flags: workspaceFlags(
			&cli.StringSliceFlag{Name: "data", Usage: "a file or folder of events; may be repeated"},
			&cli.StringFlag{Name: "table", Usage: "the table that all files of --data are rows of"},
			&cli.StringFlag{Name: "file", Aliases: []string{"f"}, Usage: "read the query from `FILE`"},
			&cli.StringFlag{Name: "now", Usage: "what now() answers, for instance 2026-01-05T11:00:00Z"},
			&cli.StringFlag{Name: "timespan", Usage: "bounds TimeGenerated of every table: P1D, PT6H, or START/END"},
			&cli.StringFlag{Name: "format", Value: "table", Usage: "`FORMAT`: table, json, jsonl, csv"},
			&cli.StringFlag{Name: "profile", Value: "", Usage: "refuse what a service does not offer: sentinel, hunting, adx"},
			&cli.BoolFlag{Name: "check", Usage: "compile only: say what is wrong, and the result's columns"},
			&cli.BoolFlag{Name: "explain", Usage: "print the plan instead of running it"},
			&cli.BoolFlag{Name: "batch", Usage: "answer a line of JSON for each line of JSON on standard input"},
			&cli.StringSliceFlag{Name: "functions", Usage: "a folder of content whose functions and watchlists the query may use; may be repeated"},
			&cli.IntFlag{Name: "jobs", Usage: "goroutines; 0 means one a processor, 1 runs on one"},
		),
		Action: runQuery,
	}
}

func runQuery(c *cli.Context) error {
	profile, err := profileOf(c.String("profile"))
	if err != nil {
		return err
	}
	o := emulator.QueryOptions{Profile: profile, Workers: workers(c.Int("jobs"))}
	if o.Now, err = momentOf(c.String("now")); err != nil {
		return err
	}
	if o.From, o.To, err = timespanOf(c.String("timespan"), o.Now); err != nil {
		return err
	}
	if c.String("workspace") != "" {
		if c.Bool("batch") || c.Bool("check") || c.Bool("explain") || len(c.StringSlice("data")) > 0 {
			return fail(exitUsage, "--workspace runs one query there; --data, --batch, --check and --explain work here only")
		}
		text, err := queryText(c)
		if err != nil {
			return err
		}
		return queryRemote(c, text, o)
	}
	ws, err := workspaceOf(c, profile, o.Now)
	if err != nil {
		return err
	}
	if c.Bool("batch") {
		if err := loadData(c, ws, ""); err != nil {
			return err
		}
		return runBatch(c.Context, ws, o, c.Bool("check"), c.App.Reader, c.App.Writer)
	}
	text, err := queryText(c)
	if err != nil {
		return err
	}
	if c.Bool("check") || c.Bool("explain") {
		if err := loadData(c, ws, ""); err != nil {
			return err
		}
	}
	switch {
	case c.Bool("check"):
		return checkQuery(c, ws, text, profile)
	case c.Bool("explain"):
		plan, err := ws.Plan(text, o)
		if err != nil {
			return queryFailure(c, text, err)
		}
		_, err = io.WriteString(c.App.Writer, plan)
		return err
	}
	if err := loadData(c, ws, text); err != nil {
		return err
	}
	res, err := ws.Query(c.Context, text, o)
	if err != nil {
		return queryFailure(c, text, err)
	}
	return writeResult(c, res)
}

func writeResult(c *cli.Context, res *result.Result) error {
	s := out(c)
	switch c.String("format") {
	case "table":
		width := 0
		if s.TTY {
			width = s.Width
		}
		return res.WriteText(s, result.TextOptions{Width: width})
	case "json":
		return res.WriteJSON(s)
	case "jsonl":
		return res.WriteJSONLines(s)
	case "csv":
		return res.WriteCSV(s)
	}
	return fail(exitUsage, "--format %q is unknown; it is table, json, jsonl or csv", c.String("format"))
}

func profileOf(name string) (kql.Profile, error) {
	switch p := kql.Profile(name); p {
	case "", kql.Sentinel, kql.Hunting, kql.ADX:
		return p, nil
	}
	return "", fail(exitUsage, "--profile %q is unknown; it is sentinel, hunting or adx", name)
}

// workers turns --jobs into a number of goroutines.
func workers(jobs int) int {
	if jobs > 0 {
		return jobs
	}
	return runtime.GOMAXPROCS(0)
}

func momentOf(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	m, err := content.ParseMoment(text)
	if err != nil || m.Relative {
		return time.Time{}, fail(exitUsage, "--now %q is no moment; write it as 2026-01-05T11:00:00Z", text)
	}
	return m.Time, nil
}

// timespanOf reads P1D, START/END, START/P1D or P1D/END; a duration alone ends now.
func timespanOf(text string, now time.Time) (from, to time.Time, err error) {
	if text == "" {
		return
	}
	if now.IsZero() {
		now = time.Now().UTC()
	}
	bad := func() (time.Time, time.Time, error) {
		return time.Time{}, time.Time{}, fail(exitUsage, "--timespan %q: write a duration (P1D, PT6H) or START/END", text)
	}
	a, b, both := strings.Cut(text, "/")
	if !both {
		d, err := content.ParseDuration(a)
		if err != nil {
			return bad()
		}
		return now.Add(-d.Value), now, nil
	}
	ta, ea := content.ParseMoment(a)
	tb, eb := content.ParseMoment(b)
	switch {
	case ea == nil && eb == nil && !ta.Relative && !tb.Relative:
		from, to = ta.Time, tb.Time
	case ea == nil && !ta.Relative:
		d, err := content.ParseDuration(b)
		if err != nil {
			return bad()
		}
		from, to = ta.Time, ta.Time.Add(d.Value)
	case eb == nil && !tb.Relative:
		d, err := content.ParseDuration(a)
		if err != nil {
			return bad()
		}
		from, to = tb.Time.Add(-d.Value), tb.Time
	default:
		return bad()
	}
	if !from.Before(to) {
		return time.Time{}, time.Time{}, fail(exitUsage, "--timespan %q ends before it begins", text)
	}
	return from, to, nil
}

// workspaceOf makes the workspace of the flags: the service's tables, the content's functions, and the data.
func workspaceOf(c *cli.Context, profile kql.Profile, now time.Time) (*emulator.Workspace, error) {
	set := tables.Profile(profile)
	if set == "" {
		set = tables.Sentinel
	}
	cat := catalog.New(set)
	ws := emulator.New(emulator.Options{Catalog: cat, AnyWorkspace: c.Bool("check"), Clock: func() time.Time {
		if now.IsZero() {
			return time.Now()
		}
		return now
	}})
	if folders := c.StringSlice("functions"); len(folders) > 0 {
		l, err := loadContent(folders)
		if err != nil {
			return nil, err
		}
		cat.AddBundle(l.Bundle)
		if err := ws.AddWatchlists(l.Bundle); err != nil {
			return nil, err
		}
	} else if len(c.StringSlice("data")) > 0 && set == tables.Sentinel {
		if l, err := loadContent(nil); err == nil { // ./content or the shipped pack: bs_Signins() is at hand
			cat.AddBundle(l.Bundle)
			if err := ws.AddWatchlists(l.Bundle); err != nil {
				return nil, err
			}
		}
	}
	return ws, nil
}

// loadData loads the files of --data. With the query's text, only the columns that it reads are kept.
func loadData(c *cli.Context, ws *emulator.Workspace, text string) error {
	data := c.StringSlice("data")
	if len(data) == 0 {
		return nil
	}
	o := emulator.LoadOptions{Table: c.String("table"), Workers: workers(c.Int("jobs"))}
	if text != "" {
		if needs, ok := ws.Needs(text, kql.Profile(c.String("profile"))); ok {
			o.Columns = needs
		}
	}
	if _, err := ws.LoadPaths(data, o); err != nil {
		return fail(exitUsage, "%v", err)
	}
	return nil
}

const maxQueryBytes = 5 << 20

// queryText finds the query: the argument, -f FILE, or - for standard input.
func queryText(c *cli.Context) (string, error) {
	if f := c.String("file"); f != "" {
		if c.Args().Present() {
			return "", fail(exitUsage, "a query and -f %s: give one of them", f)
		}
		st, err := os.Stat(f)
		if err != nil {
			return "", fail(exitUsage, "%s: %s", f, plainCause(err))
		}
		if st.Size() > maxQueryBytes {
			return "", fail(exitUsage, "%s has %d bytes; a query may have %d", f, st.Size(), maxQueryBytes)
		}
		b, err := os.ReadFile(f)
		if err != nil {
			return "", fail(exitUsage, "%s: %s", f, plainCause(err))
		}
		return string(b), nil
	}
	if c.Args().Len() > 1 {
		return "", fail(exitUsage, "%d arguments: quote the query so that the shell keeps it in one", c.Args().Len())
	}
	switch a := c.Args().First(); a {
	case "":
		return "", fail(exitUsage, "no query: give it as the argument, with -f FILE, or - for standard input")
	case "-":
		b, err := io.ReadAll(io.LimitReader(c.App.Reader, maxQueryBytes+1))
		if err != nil {
			return "", fail(exitUsage, "standard input: %v", err)
		}
		if len(b) > maxQueryBytes {
			return "", fail(exitUsage, "standard input is longer than %d bytes", maxQueryBytes)
		}
		return string(b), nil
	default:
		return a, nil
	}
}

// queryFailure prints what is wrong with a query, all of it, and ends the command.
func queryFailure(c *cli.Context, text string, err error) error {
	var q *emulator.QueryError
	if !errors.As(err, &q) {
		var bug *exec.Fault
		switch {
		case c.Context.Err() != nil:
			return err
		case errors.As(err, &bug):
			return fail(exitBug, "%v\nPlease report it with the query (version %s).", bug, version)
		}
		return fail(exitUsage, "%v", err)
	}
	name := c.String("file")
	if name == "" {
		name = "query"
	}
	w := talk(c)
	for _, d := range q.Diagnostics {
		printDiagnostic(w, name, text, d)
	}
	for _, u := range q.Unsupported {
		printDiagnostic(w, name, text, source.Diagnostic{Severity: source.Error, Span: u.Span, Code: "BS100", Message: u.What + " is not supported by the emulator"})
	}
	return &codedError{code: exitUsage, said: q.Error()}
}

// printDiagnostic shows a mistake with its line and what to do.
func printDiagnostic(w io.Writer, name, text string, d source.Diagnostic) {
	p := source.NewLineIndex(text).Position(d.Span.Start)
	fmt.Fprintf(w, "%s:%d:%d: %s %s: %s\n", name, p.Line, p.Column, d.Severity, d.Code, d.Message)
	from := strings.LastIndexByte(text[:min(d.Span.Start, len(text))], '\n') + 1
	to := len(text)
	if i := strings.IndexByte(text[from:], '\n'); i >= 0 {
		to = from + i
	}
	line := strings.ReplaceAll(text[from:to], "\t", " ")
	if len(line) > 400 {
		line = ""
	}
	if line != "" {
		n := len([]rune(text[d.Span.Start:min(max(d.Span.End, d.Span.Start), to)]))
		fmt.Fprintf(w, "  %s\n  %s%s\n", line, strings.Repeat(" ", max(p.Column-1, 0)), strings.Repeat("~", max(n, 1)))
	}
	if d.Help != "" {
		fmt.Fprintf(w, "  %s\n", d.Help)
	}
}

func checkQuery(c *cli.Context, ws *emulator.Workspace, text string, profile kql.Profile) error {
	q := ws.Compile(text, profile)
	if c.String("format") == "json" {
		if _, err := c.App.Writer.Write(append(checkLine("", q), '\n')); err != nil {
			return err
		}
	} else {
		name := c.String("file")
		if name == "" {
			name = "query"
		}
		for _, d := range q.Diagnostics {
			printDiagnostic(talk(c), name, text, d)
		}
		for _, col := range q.Columns {
			fmt.Fprintf(c.App.Writer, "%s: %s\n", col.Name, col.Type)
		}
	}
	if !q.OK() {
		return quiet(exitFindings)
	}
	return nil
}

// checkLine is the batch answer of --check: diagnostics with offsets in UTF-16 units, and the columns.
func checkLine(id string, q *kql.Compiled) []byte {
	type diagnostic struct {
		Code     string `json:"code"`
		Severity string `json:"severity"`
		Kind     string `json:"kind"`
		Start    int    `json:"start"`
		Length   int    `json:"length"`
		Message  string `json:"message"`
		Help     string `json:"help,omitempty"`
	}
	type column struct {
		Name string `json:"name"`
		Type string `json:"type"`
	}
	v := struct {
		ID          string       `json:"id"`
		Diagnostics []diagnostic `json:"diagnostics"`
		Columns     []column     `json:"columns"`
	}{ID: id, Diagnostics: []diagnostic{}, Columns: []column{}}
	index := source.NewLineIndex(q.Text)
	for _, d := range q.Diagnostics {
		a, b := index.Position(d.Span.Start).UTF16, index.Position(d.Span.End).UTF16
		v.Diagnostics = append(v.Diagnostics, diagnostic{d.Code, d.Severity.String(), d.Kind, a, b - a, d.Message, d.Help})
	}
	if q.OK() {
		for _, c := range q.Columns {
			v.Columns = append(v.Columns, column{c.Name, c.Type.String()})
		}
	}
	b, err := json.Marshal(v)
	if err != nil {
		return []byte("{}")
	}
	return b
}

const maxBatchLine = 16 << 20

// runBatch answers each line of JSON with one; a query that fails is an answer too.
func runBatch(ctx context.Context, ws *emulator.Workspace, o emulator.QueryOptions, check bool, in io.Reader, w io.Writer) error {
	r := bufio.NewReaderSize(in, 1<<16)
	buf := bufio.NewWriter(w)
	for n := 1; ; n++ {
		line, err := readLine(r, maxBatchLine)
		if errors.Is(err, io.EOF) && len(line) == 0 {
			return buf.Flush()
		}
		if err != nil && !errors.Is(err, io.EOF) {
			buf.Flush()
			return fail(exitUsage, "standard input:%d: %v", n, err)
		}
		if len(strings.TrimSpace(string(line))) > 0 {
			answer := batchAnswer(ctx, ws, o, check, line, n)
			if ctx.Err() != nil {
				return ctx.Err()
			}
			buf.Write(answer)
			buf.WriteByte('\n')
		}
		if r.Buffered() == 0 {
			if err := buf.Flush(); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return buf.Flush()
		}
	}
}

func readLine(r *bufio.Reader, most int) ([]byte, error) {
	var line []byte
	for {
		part, err := r.ReadSlice('\n')
		if len(line)+len(part) > most {
			return nil, fmt.Errorf("the line is longer than %d bytes", most)
		}
		line = append(line, part...)
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		return line, err
	}
}

func batchAnswer(ctx context.Context, ws *emulator.Workspace, o emulator.QueryOptions, check bool, line []byte, n int) []byte {
	var q struct {
		ID      any    `json:"id"`
		Query   string `json:"query"`
		Profile string `json:"profile"`
		Now     string `json:"now"`
	}
	if err := json.Unmarshal(line, &q); err != nil {
		return result.AppendBatchError(nil, "", "BadLine", fmt.Sprintf("line %d is not JSON: %v", n, err), 0, 0)
	}
	id, _ := q.ID.(string)
	if id == "" && q.ID != nil {
		id = fmt.Sprint(q.ID)
	}
	if q.Profile != "" {
		p, err := profileOf(q.Profile)
		if err != nil {
			return result.AppendBatchError(nil, id, "BadProfile", err.Error(), 0, 0)
		}
		o.Profile = p
	}
	if q.Now != "" {
		now, err := momentOf(q.Now)
		if err != nil {
			return result.AppendBatchError(nil, id, "BadNow", err.Error(), 0, 0)
		}
		o.Now = now
	}
	if check {
		return checkLine(id, ws.Compile(q.Query, o.Profile))
	}
	res, err := ws.Query(ctx, q.Query, o)
	if err != nil {
		var qe *emulator.QueryError
		if errors.As(err, &qe) {
			l, c := qe.Position()
			return result.AppendBatchError(nil, id, qe.Code(), qe.Error(), l, c)
		}
		return result.AppendBatchError(nil, id, "Failed", err.Error(), 0, 0)
	}
	return res.Primary().AppendBatch(nil, id)
}
