// Package kqltest runs conformance scripts: tables and queries with the rows they must answer, in the language of this
// folder's README. In come .kqltest files and a Door that opens an engine; out come failures of a test. The engines are
// the caller's: the emulator in process, or behind its HTTP server.
package kqltest

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/symbol"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/store"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

// Setup is the world in which a query runs.
type Setup struct {
	Now          time.Time
	From, To     time.Time
	VisibleUntil time.Time
	Tables       []*store.Data
	Functions    []*symbol.StoredFunction
	Watchlists   []Watchlist
}

// Watchlist is a watchlist with its search key.
type Watchlist struct {
	Alias, Key string
	Rows       *store.Data
}

// Case is one query with what it must answer.
type Case struct {
	Line  int // of the query command
	Name  string
	Text  string
	Skip  string
	Setup *Setup

	Columns []store.Column
	Rows    [][]value.Value
	Ordered bool

	Fails    bool
	Code     string // "" when any will do
	Words    string
	At       [2]int // line and column, 0 when not said
	rowsLine int    // of the rows command, 0 for none
}

// Script is a file of cases.
type Script struct {
	Path  string
	Cases []*Case
	lines []string
}

// scriptError is a mistake in a script.
func scriptError(path string, line int, format string, args ...any) error {
	return fmt.Errorf("%s:%d: %s", path, line, fmt.Sprintf(format, args...))
}

// Parse reads a script.
func Parse(path string) (*Script, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	s := &Script{Path: path, lines: strings.Split(strings.TrimRight(string(text), "\n"), "\n")}
	p := &parser{s: s, setup: Setup{Now: time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC)}}
	for i := 0; i < len(s.lines); {
		line := s.lines[i]
		if line == "" || line[0] == '#' || strings.TrimSpace(line) == "" {
			i++
			continue
		}
		if line[0] == ' ' || line[0] == '\t' {
			return nil, scriptError(path, i+1, "an indented line belongs to no command")
		}
		body, next := p.body(i + 1)
		if err := p.command(i+1, line, body); err != nil {
			return nil, err
		}
		i = next
	}
	return s, p.open(len(s.lines))
}

type parser struct {
	s     *Script
	setup Setup
	skip  string
	query *Case // the query that waits for its rows
}

// body returns the indented lines from line index i on, and where they end.
func (p *parser) body(i int) (lines []string, next int) {
	end := i
	for next = i; next < len(p.s.lines); next++ {
		line := p.s.lines[next]
		if strings.TrimSpace(line) == "" {
			continue
		}
		if line[0] != ' ' && line[0] != '\t' {
			break
		}
		end = next + 1
	}
	lines = p.s.lines[i:end]
	indent := -1
	for _, l := range lines {
		if strings.TrimSpace(l) != "" {
			n := len(l) - len(strings.TrimLeft(l, " \t"))
			if indent < 0 || n < indent {
				indent = n
			}
		}
	}
	out := make([]string, len(lines))
	for k, l := range lines {
		if len(l) >= indent {
			out[k] = l[indent:]
		}
	}
	return out, next
}

func (p *parser) open(line int) error {
	if p.query != nil && p.query.Skip == "" {
		return scriptError(p.s.Path, p.query.Line, "the query is followed by no rows and no fails")
	}
	return nil
}

func (p *parser) command(line int, text string, body []string) error {
	word, rest, _ := strings.Cut(text, " ")
	rest = strings.TrimSpace(rest)
	fail := func(format string, args ...any) error { return scriptError(p.s.Path, line, format, args...) }
	instant := func(s string) (time.Time, error) {
		t, ok := value.ParseDateTime(s)
		if !ok {
			return time.Time{}, fail("%q is no time", s)
		}
		return value.TimeOf(t), nil
	}
	switch word {
	case "rows", "fails":
	default:
		if err := p.open(line); err != nil {
			return err
		}
		p.query = nil
	}
	var err error
	switch word {
	case "now":
		p.setup.Now, err = instant(rest)
	case "visible":
		p.setup.VisibleUntil = time.Time{}
		if rest != "none" {
			p.setup.VisibleUntil, err = instant(rest)
		}
	case "scope":
		p.setup.From, p.setup.To = time.Time{}, time.Time{}
		if rest != "none" {
			from, to, _ := strings.Cut(rest, " ")
			if p.setup.From, err = instant(from); err == nil {
				p.setup.To, err = instant(strings.TrimSpace(to))
			}
		}
	case "table":
		var d *store.Data
		if d, err = p.table(line, rest, body); err == nil {
			p.addTable(d)
		}
	case "load":
		name, file, ok := strings.Cut(rest, " from ")
		if !ok {
			return fail("load NAME from FILE is expected")
		}
		list, err := store.LoadFile(filepath.Join(filepath.Dir(p.s.Path), file), store.Options{Table: name})
		if err != nil {
			return fail("%v", err)
		}
		for _, d := range list {
			p.addTable(d)
		}
	case "function":
		var f *symbol.StoredFunction
		if f, err = p.function(line, rest, body); err == nil {
			p.setup.Functions = append(p.setup.Functions[:len(p.setup.Functions):len(p.setup.Functions)], f)
		}
	case "watchlist":
		alias, rest, _ := strings.Cut(rest, " key ")
		key, cols, ok := strings.Cut(rest, " ")
		if !ok {
			return fail("watchlist ALIAS key COLUMN (column: type, ...) is expected")
		}
		d, err := p.table(line, alias+" "+cols, body)
		if err != nil {
			return err
		}
		p.setup.Watchlists = append(p.setup.Watchlists[:len(p.setup.Watchlists):len(p.setup.Watchlists)], Watchlist{alias, key, d})
	case "skip":
		p.skip = rest
	case "query":
		setup := p.setup
		p.query = &Case{Line: line, Name: rest, Text: strings.Join(body, "\n"), Skip: p.skip, Setup: &setup}
		p.skip = ""
		p.s.Cases = append(p.s.Cases, p.query)
	case "rows":
		if p.query == nil {
			return fail("rows without a query")
		}
		err = p.rows(line, rest, body)
	case "fails":
		if p.query == nil {
			return fail("fails without a query")
		}
		err = p.fails(line, rest)
	default:
		return fail("unknown command %q", word)
	}
	return err
}

func (p *parser) addTable(d *store.Data) {
	list := p.setup.Tables[:0:0]
	for _, t := range p.setup.Tables {
		if t.Table != d.Table {
			list = append(list, t)
		}
	}
	p.setup.Tables = append(list, d)
}

func (p *parser) fails(line int, rest string) error {
	c := p.query
	c.Fails = true
	if strings.HasPrefix(rest, `"`) {
		if err := json.Unmarshal([]byte(rest), &c.Words); err != nil {
			return scriptError(p.s.Path, line, "the words must stand in double quotes")
		}
	} else {
		code, at, has := strings.Cut(rest, " at ")
		c.Code = code
		if has {
			if _, err := fmt.Sscanf(at, "%d:%d", &c.At[0], &c.At[1]); err != nil {
				return scriptError(p.s.Path, line, "fails CODE at LINE:COLUMN is expected")
			}
		}
	}
	p.query = nil
	return nil
}

func (p *parser) rows(line int, rest string, body []string) error {
	c := p.query
	c.rowsLine = line
	if cut, ok := strings.CutPrefix(rest, "ordered"); ok {
		c.Ordered, rest = true, strings.TrimSpace(cut)
	}
	none := false
	if cut, ok := strings.CutPrefix(rest, "none"); ok {
		none, rest = true, strings.TrimSpace(cut)
	}
	var err error
	if rest != "" {
		if c.Columns, err = p.columns(line, rest); err != nil {
			return err
		}
		if c.Rows, err = p.cells(line, c.Columns, body); err != nil {
			return err
		}
	}
	if none && len(c.Rows) > 0 {
		return scriptError(p.s.Path, line, "rows none has rows")
	}
	p.query = nil
	return nil
}

// columns reads (name: type, ...).
func (p *parser) columns(line int, s string) ([]store.Column, error) {
	s, ok := strings.CutPrefix(s, "(")
	if s, ok = strings.CutSuffix(s, ")"); !ok {
		return nil, scriptError(p.s.Path, line, "(column: type, ...) is expected")
	}
	var out []store.Column
	if strings.TrimSpace(s) == "" {
		return nil, nil
	}
	for _, part := range strings.Split(s, ",") {
		i := strings.LastIndex(part, ":")
		if i < 0 {
			return nil, scriptError(p.s.Path, line, "%q is no column: type", part)
		}
		t, ok := value.ParseType(strings.TrimSpace(part[i+1:]))
		if !ok {
			return nil, scriptError(p.s.Path, line, "%q is no type", strings.TrimSpace(part[i+1:]))
		}
		out = append(out, store.Column{Name: strings.TrimSpace(part[:i]), Type: t})
	}
	return out, nil
}

func (p *parser) cells(line int, cols []store.Column, body []string) ([][]value.Value, error) {
	var rows [][]value.Value
	for i, text := range body {
		if strings.TrimSpace(text) == "" {
			continue
		}
		parts, err := splitCells(text)
		if err != nil {
			return nil, scriptError(p.s.Path, line+1+i, "%v", err)
		}
		if len(parts) != len(cols) {
			return nil, scriptError(p.s.Path, line+1+i, "%d cells where there are %d columns", len(parts), len(cols))
		}
		row := make([]value.Value, len(cols))
		for k, c := range parts {
			if row[k], err = parseCell(c, cols[k].Type); err != nil {
				return nil, scriptError(p.s.Path, line+1+i, "column %s: %v", cols[k].Name, err)
			}
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// splitCells parts a row at the bars that stand outside of quotes.
func splitCells(s string) ([]string, error) {
	var out []string
	for {
		s = strings.TrimLeft(s, " ")
		if strings.HasPrefix(s, `"`) {
			end := 1
			for end < len(s) && s[end] != '"' {
				if s[end] == '\\' {
					end++
				}
				end++
			}
			if end >= len(s) {
				return nil, fmt.Errorf("a quote is not closed")
			}
			rest := strings.TrimLeft(s[end+1:], " ")
			if rest == "" {
				return append(out, s[:end+1]), nil
			}
			if rest[0] == '|' {
				out = append(out, s[:end+1])
				s = rest[1:]
				continue
			}
		}
		cell, rest, more := strings.Cut(s, " | ")
		if !more && strings.HasSuffix(cell, " |") {
			cell, rest, more = cell[:len(cell)-2], "", true
		}
		out = append(out, strings.TrimSpace(cell))
		if !more {
			return out, nil
		}
		s = rest
	}
}

func parseCell(s string, t value.Type) (value.Value, error) {
	if s == "_" {
		return value.Null(t), nil
	}
	switch t {
	case value.String:
		if strings.HasPrefix(s, `"`) {
			var out string
			if err := json.Unmarshal([]byte(s), &out); err != nil {
				return value.Value{}, fmt.Errorf("%s is no quoted text", s)
			}
			return value.NewString(out), nil
		}
		return value.NewString(s), nil
	case value.Dynamic:
		n, ok := value.ParseJSON(s)
		if !ok {
			return value.Value{}, fmt.Errorf("%s is no JSON", s)
		}
		return value.NewDynamic(n), nil
	}
	v := value.Convert(value.NewString(s), t)
	if v.Null {
		return v, fmt.Errorf("%q is no %s", s, t)
	}
	return v, nil
}

func (p *parser) table(line int, rest string, body []string) (*store.Data, error) {
	i := strings.Index(rest, "(")
	if i < 0 {
		return nil, scriptError(p.s.Path, line, "NAME (column: type, ...) is expected")
	}
	cols, err := p.columns(line, rest[i:])
	if err != nil {
		return nil, err
	}
	rows, err := p.cells(line, cols, body)
	if err != nil {
		return nil, err
	}
	d := &store.Data{Table: strings.TrimSpace(rest[:i]), N: len(rows)}
	for k, c := range cols {
		b := vector.NewBuilder(c.Type, len(rows))
		for _, row := range rows {
			b.Append(row[k])
		}
		if c.Name == "_ingested" {
			d.Ingested = b.Finish()
			continue
		}
		d.Columns = append(d.Columns, c)
		d.Vectors = append(d.Vectors, b.Finish())
	}
	return d, nil
}

// function reads NAME(p: type = default, T: (*), ...).
func (p *parser) function(line int, head string, body []string) (*symbol.StoredFunction, error) {
	name, params, has := strings.Cut(head, "(")
	f := &symbol.StoredFunction{Name: strings.TrimSpace(name), Body: strings.Join(body, "\n")}
	if !has {
		return f, nil
	}
	params = strings.TrimSuffix(strings.TrimSpace(params), ")")
	for _, part := range splitTop(params) {
		name, typ, ok := strings.Cut(part, ":")
		if !ok {
			return nil, scriptError(p.s.Path, line, "%q is no parameter: type", part)
		}
		out := symbol.Parameter{Name: strings.TrimSpace(name)}
		typ = strings.TrimSpace(typ)
		if strings.HasPrefix(typ, "(") {
			out.Tabular = true
			if inner := strings.Trim(typ, "() "); inner != "*" {
				cols, err := p.columns(line, typ)
				if err != nil {
					return nil, err
				}
				for _, c := range cols {
					out.Columns = append(out.Columns, symbol.Column{Name: c.Name, Type: c.Type})
				}
			}
		} else {
			t, def, has := strings.Cut(typ, "=")
			if out.Type, ok = value.ParseType(strings.TrimSpace(t)); !ok {
				return nil, scriptError(p.s.Path, line, "%q is no type", strings.TrimSpace(t))
			}
			out.Default, out.HasDefault = strings.TrimSpace(def), has
		}
		f.Parameters = append(f.Parameters, out)
	}
	return f, nil
}

// splitTop parts a text at the commas outside of brackets.
func splitTop(s string) []string {
	var out []string
	depth, from := 0, 0
	for i, c := range s {
		switch c {
		case '(':
			depth++
		case ')':
			depth--
		case ',':
			if depth == 0 {
				out = append(out, s[from:i])
				from = i + 1
			}
		}
	}
	if strings.TrimSpace(s[from:]) != "" {
		out = append(out, s[from:])
	}
	return out
}
