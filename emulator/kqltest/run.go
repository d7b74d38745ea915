package kqltest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"github.com/seed-caab1ad3/blindspot/emulator"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/result"
	"github.com/seed-caab1ad3/blindspot/emulator/store"
)

// Engine answers queries over one Setup.
type Engine interface {
	Query(ctx context.Context, text string) (*result.Table, error)
}

// Failure is how an engine says that a query does not compile: the emulator's QueryError is one.
type Failure interface {
	error
	Code() string
	Position() (line, column int)
}

// Door opens an engine in which a setup's tables, functions and watchlists are.
type Door struct {
	Name string
	Open func(t testing.TB, s *Setup) Engine
}

// Local is the emulator in this process, run with options.
func Local(name string, o emulator.QueryOptions) Door {
	return Door{name, func(t testing.TB, s *Setup) Engine {
		w := unfilled(t, s)
		fill(t, w, s)
		return local{w, under(o, s)}
	}}
}

// Again is Local for a query that was prepared before the rows came: it ran over tables without rows first.
func Again(name string, o emulator.QueryOptions) Door {
	return Door{name, func(t testing.TB, s *Setup) Engine { return again{t, s, under(o, s)} }}
}

// unfilled is a setup's workspace before rows come into its tables.
func unfilled(t testing.TB, s *Setup) *emulator.Workspace {
	w := emulator.New(emulator.Options{})
	for _, d := range s.Tables {
		w.CreateTable(d.Table, d.Columns)
	}
	for _, f := range s.Functions {
		w.AddFunction(f)
	}
	for _, l := range s.Watchlists {
		if err := w.AddWatchlist(l.Alias, l.Key, l.Rows); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

func fill(t testing.TB, w *emulator.Workspace, s *Setup) {
	for _, d := range s.Tables {
		copied := *d
		copied.Columns, copied.Vectors = append([]store.Column(nil), d.Columns...), append(copied.Vectors[:0:0], d.Vectors...)
		if err := w.Ingest(&copied); err != nil {
			t.Fatal(err)
		}
	}
}

// under returns options with a setup's time and ranges.
func under(o emulator.QueryOptions, s *Setup) emulator.QueryOptions {
	o.Now, o.From, o.To, o.VisibleUntil = s.Now, s.From, s.To, s.VisibleUntil
	return o
}

type again struct {
	t testing.TB
	s *Setup
	o emulator.QueryOptions
}

func (a again) Query(ctx context.Context, text string) (*result.Table, error) {
	w := unfilled(a.t, a.s)
	w.Query(ctx, text, a.o) // its answer, or mistake, is of no rows
	fill(a.t, w, a.s)
	return local{w, a.o}.Query(ctx, text)
}

type local struct {
	w *emulator.Workspace
	o emulator.QueryOptions
}

func (l local) Query(ctx context.Context, text string) (*result.Table, error) {
	r, err := l.w.Query(ctx, text, l.o)
	if err != nil {
		return nil, err
	}
	return r.Primary(), nil
}

// Doors are the ways in which every script is run in process.
func Doors() []Door {
	var out []Door
	for _, size := range []int{1, 3, 1024} {
		for _, off := range []bool{false, true} {
			for _, workers := range []int{1, 4} {
				name := fmt.Sprintf("batch=%d optimizer=%v workers=%d", size, !off, workers)
				out = append(out, Local(name, emulator.QueryOptions{BatchSize: size, NoOptimizer: off, Workers: workers}))
			}
		}
	}
	return append(out, Again("prepared before", emulator.QueryOptions{}))
}

// Run runs the scripts of a folder through doors. With update, the first door's answers are written into the scripts.
func Run(t *testing.T, folder string, doors []Door, update bool) {
	files, err := filepath.Glob(filepath.Join(folder, "*.kqltest"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts in %s: %v", folder, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".kqltest"), func(t *testing.T) {
			s, err := Parse(file)
			if err != nil {
				t.Fatal(err)
			}
			if update {
				if err := s.update(t, doors[0]); err != nil {
					t.Fatal(err)
				}
				if s, err = Parse(file); err != nil {
					t.Fatal(err)
				}
			}
			for _, c := range s.Cases {
				if c.Skip != "" {
					continue
				}
				for _, d := range doors {
					if msg := c.check(t, d); msg != "" {
						t.Errorf("%s:%d: %s (%s)\n%s", file, c.Line, c.Name, d.Name, msg)
						break
					}
				}
			}
		})
	}
}

// check runs the case through a door and returns what is wrong, "" when nothing is.
func (c *Case) check(t testing.TB, d Door) string {
	got, err := d.Open(t, c.Setup).Query(context.Background(), c.Text)
	if c.Fails {
		return c.checkFailure(err)
	}
	if err != nil {
		return err.Error()
	}
	if len(c.Columns) != len(got.Columns) {
		return fmt.Sprintf("columns %s\nwant    %s", showColumns(columnsOf(got)), showColumns(c.Columns))
	}
	for i, want := range c.Columns {
		if got.Columns[i].Name != want.Name || got.Columns[i].Type != want.Type {
			return fmt.Sprintf("columns %s\nwant    %s", showColumns(columnsOf(got)), showColumns(c.Columns))
		}
	}
	want, have := make([]string, len(c.Rows)), make([]string, got.Rows)
	for i, row := range c.Rows {
		want[i] = canonical(row)
	}
	for i := range have {
		have[i] = canonical(rowOf(got, i))
	}
	if !c.Ordered {
		sort.Strings(want)
		sort.Strings(have)
	}
	for i := 0; i < max(len(want), len(have)); i++ {
		switch {
		case i >= len(want):
			return fmt.Sprintf("%d rows where %d are wanted; more: %s", len(have), len(want), have[i])
		case i >= len(have):
			return fmt.Sprintf("%d rows where %d are wanted; missing: %s", len(have), len(want), want[i])
		case want[i] != have[i]:
			return fmt.Sprintf("row %d: %s\nwant:   %s", i+1, have[i], want[i])
		}
	}
	return ""
}

func (c *Case) checkFailure(err error) string {
	if err == nil {
		return "the query answers, where it should fail"
	}
	if c.Words != "" {
		if !strings.Contains(err.Error(), c.Words) {
			return fmt.Sprintf("fails with %q, not with %q", err, c.Words)
		}
		return ""
	}
	var f Failure
	if !errors.As(err, &f) {
		return fmt.Sprintf("fails with %q, which has no code", err)
	}
	if c.Code != "" && f.Code() != c.Code {
		return fmt.Sprintf("fails with %s (%v), not with %s", f.Code(), err, c.Code)
	}
	if line, column := f.Position(); c.At[0] > 0 && (line != c.At[0] || column != c.At[1]) {
		return fmt.Sprintf("fails at %d:%d, not at %d:%d: %v", line, column, c.At[0], c.At[1], err)
	}
	return ""
}

func columnsOf(t *result.Table) []store.Column {
	out := make([]store.Column, len(t.Columns))
	for i, c := range t.Columns {
		out[i] = store.Column{Name: c.Name, Type: c.Type}
	}
	return out
}

func rowOf(t *result.Table, row int) []value.Value {
	out := make([]value.Value, len(t.Columns))
	for i := range out {
		out[i] = t.Value(row, i)
	}
	return out
}

func showColumns(cols []store.Column) string {
	parts := make([]string, len(cols))
	for i, c := range cols {
		parts[i] = c.Name + ": " + c.Type.String()
	}
	return "(" + strings.Join(parts, ", ") + ")"
}

// canonical is a row as a text that equal rows share.
func canonical(row []value.Value) string {
	parts := make([]string, len(row))
	for i, v := range row {
		parts[i] = Cell(rounded(v))
	}
	return strings.Join(parts, " | ")
}

// rounded cuts reals to nine digits, so that those nearly equal are equal.
func rounded(v value.Value) value.Value {
	if v.Type == value.Real && !v.Null {
		v.F = nine(v.F)
	}
	if v.Type == value.Dynamic && v.Dyn != nil {
		v.Dyn = roundedNode(v.Dyn)
	}
	return v
}

func nine(f float64) float64 {
	if f == 0 || math.IsNaN(f) || math.IsInf(f, 0) {
		return f
	}
	scale := math.Pow(10, 9-math.Ceil(math.Log10(math.Abs(f))))
	if math.IsInf(scale, 0) {
		return f
	}
	return math.Round(f*scale*(1+1e-13)) / scale // a little off, so that the last bit of a number halfway between two decides nothing
}

// roundedNode gives numbers one spelling and sorts the keys of bags.
func roundedNode(n *value.Node) *value.Node {
	if n == nil {
		return nil
	}
	out := *n
	switch n.Kind {
	case value.KindReal:
		out.F = nine(n.F)
	case value.KindDateTime, value.KindTimespan, value.KindGUID:
		return value.NodeString(n.Text())
	case value.KindArray, value.KindBag:
		out.Elems = make([]*value.Node, len(n.Elems))
		for i, e := range n.Elems {
			out.Elems[i] = roundedNode(e)
		}
		if n.Kind == value.KindBag {
			out.Keys = append([]string(nil), n.Keys...)
			sort.Sort(byKey{&out})
		}
	}
	return &out
}

type byKey struct{ n *value.Node }

func (b byKey) Len() int           { return len(b.n.Keys) }
func (b byKey) Less(i, j int) bool { return b.n.Keys[i] < b.n.Keys[j] }
func (b byKey) Swap(i, j int) {
	b.n.Keys[i], b.n.Keys[j] = b.n.Keys[j], b.n.Keys[i]
	b.n.Elems[i], b.n.Elems[j] = b.n.Elems[j], b.n.Elems[i]
}

// Cell writes a value as scripts have it.
func Cell(v value.Value) string {
	if v.Null || v.Type == value.Dynamic && v.Dyn.IsNull() {
		return "_"
	}
	switch v.Type {
	case value.String:
		s := v.S
		if s == "" || s == "_" || s[0] == '"' || strings.TrimSpace(s) != s || strings.ContainsAny(s, "|\n\r\t\\") {
			b, _ := json.Marshal(s)
			return string(b)
		}
		return s
	case value.Dynamic:
		return v.Dyn.JSON()
	}
	return v.Text()
}

// update writes what an engine answers into the script's rows.
func (s *Script) update(t testing.TB, d Door) error {
	var out []string
	byLine := map[int]*Case{}
	for _, c := range s.Cases {
		if c.rowsLine > 0 && c.Skip == "" {
			byLine[c.rowsLine] = c
		}
	}
	for i := 0; i < len(s.lines); i++ {
		c, ok := byLine[i+1]
		if !ok {
			out = append(out, s.lines[i])
			continue
		}
		got, err := d.Open(t, c.Setup).Query(context.Background(), c.Text)
		if err != nil {
			t.Errorf("%s:%d: %s: %v", s.Path, c.Line, c.Name, err)
			out = append(out, s.lines[i])
			continue
		}
		word := "rows "
		if c.Ordered {
			word = "rows ordered "
		}
		if got.Rows == 0 {
			word = "rows none "
		}
		out = append(out, word+showColumns(columnsOf(got)))
		for row := range got.Rows {
			parts := make([]string, len(got.Columns))
			for k, v := range rowOf(got, row) {
				parts[k] = Cell(v)
			}
			out = append(out, "    "+strings.Join(parts, " | "))
		}
		for i+1 < len(s.lines) && s.lines[i+1] != "" && (s.lines[i+1][0] == ' ' || s.lines[i+1][0] == '\t') {
			i++
		}
	}
	return os.WriteFile(s.Path, []byte(strings.Join(out, "\n")+"\n"), 0o644)
}
