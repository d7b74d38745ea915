package ruletest

import (
	"crypto/sha1"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/content/nearest"
	"github.com/seed-caab1ad3/blindspot/content/tables"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/symbol"
)

// expander turns the short events of a case into whole rows, in the order that content/events/README.md describes.
type expander struct {
	bundle *content.Bundle
	file   string
	test   *content.TestCase
	now    time.Time
	errs   []error

	known   map[*tables.Schema]map[string]string
	scratch []byte
	moment  string // the text of a time that was written last

	reads  map[string][]string // what the rule reads by table, a nil list for all columns; nil when that is not known
	layers *layers             // what templates give, kept for all cases; nil keeps nothing
	rounds int                 // the most rounds that placeholders took
}

// columns returns the types of a table's columns by their names.
func (x *expander) columns(s *tables.Schema) map[string]string {
	if m, ok := x.known[s]; ok {
		return m
	}
	if x.layers != nil && x.layers.shares(s) {
		return x.layers.columns(s)
	}
	return x.typesOf(s)
}

func (x *expander) typesOf(s *tables.Schema) map[string]string {
	m := make(map[string]string, len(s.Columns))
	for _, c := range s.Columns {
		m[c.Name] = c.Type
	}
	if x.known == nil {
		x.known = map[*tables.Schema]map[string]string{}
	}
	x.known[s] = m
	return m
}

// mistake is an error of the test file at a place in it.
func (x *expander) mistake(at content.Position, format string, args ...any) {
	x.errs = append(x.errs, fmt.Errorf("%s:%d:%d: %s", x.file, at.Line, at.Column, fmt.Sprintf(format, args...)))
}

const maxPlaceholderRounds = 8

// Expand makes the rows of a case. now is the case's instant. Mistakes are all of them, with their places.
func Expand(bundle *content.Bundle, file string, test *content.TestCase, now time.Time) (*Set, []error) {
	return (&expander{bundle: bundle, file: file, test: test, now: now}).expand()
}

func (x *expander) expand() (*Set, []error) {
	test := x.test
	set := &Set{}
	number := 0
	for _, te := range test.Events {
		schema := x.schema(te.Table, te.Position)
		if schema == nil {
			continue
		}
		t := TableRows{Schema: schema}
		empty := x.emptied(te.Table)
		for _, e := range te.Events {
			base, wanted, ok := x.narrowed(schema, e)
			if !ok {
				parts, ok := x.parts(e, te.Table)
				if !ok {
					continue
				}
				base = x.merge(schema, e, parts)
			}
			from := len(t.Rows)
			t.Rows = x.times(t.Rows, schema, e)
			rows := t.Rows[from:]
			event := x.repeats(schema, e, base, wanted, empty, rows, number+1)
			for k := range rows {
				rows[k].event = event
			}
			number += len(rows)
		}
		set.Tables = append(set.Tables, t)
	}
	for _, tt := range test.Tables {
		if len(tt.Rows) == 0 && tt.Columns == nil {
			continue
		}
		x.plainTable(set, tt)
	}
	return set, x.errs
}

// schema finds a table's columns: those the case states, the content's own, or the service's.
func (x *expander) schema(name string, at content.Position) *tables.Schema {
	for _, t := range x.test.Tables {
		if t.Name == name && t.Columns != nil {
			return &tables.Schema{Name: name, Columns: t.Columns}
		}
	}
	if in, table := symbol.SplitWorkspace(name); in != "" {
		s := x.schema(table, at)
		if s != nil {
			there := *s
			there.Name = symbol.InWorkspace(in, s.Name)
			s = &there
		}
		return s
	}
	if t := x.bundle.Table(name); t != nil {
		return &tables.Schema{Name: name, Columns: t.Columns}
	}
	if s, ok := tables.Lookup(tables.Sentinel, name); ok {
		return s
	}
	hint := ""
	if n := tables.Nearest(tables.Sentinel, name); n != "" {
		hint = fmt.Sprintf("; the nearest table is %q", n)
	}
	x.mistake(at, "no table is named %q%s", name, hint)
	return nil
}

func (x *expander) emptied(table string) map[string]bool {
	out := map[string]bool{}
	for _, t := range x.test.Tables {
		if t.Name == table {
			for _, c := range t.Empty {
				out[c] = true
			}
		}
	}
	return out
}

// parts collects the layers of fields of a template for a table, the oldest first.
func (x *expander) parts(e content.Event, table string) ([]content.Record, bool) {
	if e.Use == "" {
		return nil, true
	}
	var chain []*content.EventTemplate
	for name := e.Use; name != ""; {
		t := x.bundle.Template(name)
		if t == nil {
			var names []string
			for _, t := range x.bundle.Templates {
				names = append(names, t.Name)
			}
			hint := ""
			if n := nearest.Of(name, names); n != "" {
				hint = fmt.Sprintf("; the nearest is %q", n)
			}
			x.mistake(e.Position, "no event template is named %q%s", name, hint)
			return nil, false
		}
		chain = append(chain, t)
		if len(chain) > len(x.bundle.Templates) {
			x.mistake(e.Position, "event template %q is like itself", e.Use)
			return nil, false
		}
		name = t.Like
	}
	var out []content.Record
	for i := len(chain) - 1; i >= 0; i-- {
		out = append(out, chain[i].Fields)
	}
	for i := len(chain) - 1; i >= 0; i-- {
		for _, in := range chain[i].In {
			if _, name := symbol.SplitWorkspace(table); in.Table == name {
				out = append(out, in.Fields)
			}
		}
	}
	return out, true
}

// merge lays the template's layers and the test's own values over each other, once for all repeats of an event.
func (x *expander) merge(schema *tables.Schema, e content.Event, parts []content.Record) content.Record {
	rec := make(content.Record, 0, 96)
	for _, p := range parts {
		for _, f := range p {
			rec = x.put(rec, f.Name, f.Value, e.Position)
		}
	}
	return x.own(schema, e, rec)
}

// own lays the test's values over a record.
func (x *expander) own(schema *tables.Schema, e content.Event, rec content.Record) content.Record {
	for _, f := range e.Set {
		at := f.Position
		if at.Line == 0 {
			at = e.Position
		}
		top, _, _ := strings.Cut(f.Name, ".")
		if !schema.Open && !has(schema, top) {
			hint := ""
			if n := nearest.Of(top, columnNames(schema)); n != "" {
				hint = fmt.Sprintf("; the nearest is %q", n)
			}
			x.mistake(at, "%s has no column %q%s", schema.Name, top, hint)
			continue
		}
		rec = x.put(rec, f.Name, f.Value, at)
	}
	return rec
}

// times appends an event's rows with their times and nothing else.
func (x *expander) times(rows []Row, schema *tables.Schema, e content.Event) []Row {
	rows = slices.Grow(rows, e.Repeat)
	for k := 0; k < e.Repeat; k++ {
		row := Row{Table: schema.Name, From: e.Position, Use: e.Use, Index: k + 1, at: k}
		row.Time = e.At.At(x.now).Add(time.Duration(k) * e.Every)
		if !e.At.IsSet() {
			row.Time = x.now.Add(time.Duration(k) * e.Every)
		}
		switch {
		case !e.Ingested.IsSet():
			row.Ingested = row.Time
		case e.Ingested.Relative:
			row.Ingested = row.Time.Add(e.Ingested.Offset)
		default:
			row.Ingested = e.Ingested.Time
		}
		rows = append(rows, row)
	}
	return rows
}

// id is a stable GUID for a row's own identifiers: the same file gives the same bytes.
func (x *expander) id(column string, number int) string {
	x.scratch = append(append(append(append(x.scratch[:0], x.test.Name...), 0), column...), 0)
	x.scratch = strconv.AppendInt(x.scratch, int64(number), 10)
	h := sha1.Sum(x.scratch)
	var u uuid.UUID
	copy(u[:], h[:])
	u[6] = u[6]&0x0f | 0x50
	u[8] = u[8]&0x3f | 0x80
	return u.String()
}

func has(s *tables.Schema, column string) bool {
	_, ok := s.Column(column)
	return ok
}

func columnNames(s *tables.Schema) []string {
	var out []string
	for _, c := range s.Columns {
		out = append(out, c.Name)
	}
	return out
}

// put sets a column or, with a dotted name, a value inside one, in a record of the expander's own. Nested containers are
// copied, never changed in place, because templates are shared.
func (x *expander) put(rec content.Record, name string, v any, at content.Position) content.Record {
	top, rest, dotted := strings.Cut(name, ".")
	for i := range rec {
		if rec[i].Name != top {
			continue
		}
		if dotted {
			v = x.inside(rec[i].Value, rest, v, at)
		}
		rec[i].Value = v
		return rec
	}
	if dotted {
		v = x.inside(nil, rest, v, at)
	}
	return append(rec, content.Field{Name: top, Value: v})
}

func (x *expander) inside(in any, path string, v any, at content.Position) any {
	key, rest, more := strings.Cut(path, ".")
	switch in := in.(type) {
	case []any:
		i, err := strconv.Atoi(key)
		if err != nil || i < 0 || i > len(in) {
			x.mistake(at, "%q is no index into a list of %d; use 0 to %d", key, len(in), len(in))
			return in
		}
		out := append([]any(nil), in...)
		if i == len(out) {
			out = append(out, nil)
		}
		if more {
			v = x.inside(out[i], rest, v, at)
		}
		out[i] = v
		return out
	case content.Record:
		return x.put(append(content.Record(nil), in...), path, v, at)
	}
	if more {
		v = x.inside(nil, rest, v, at)
	}
	return content.Record{{Name: key, Value: v}}
}

// typed gives a value the type of its column: containers in a text column become their JSON text, text in a typed
// column is checked.
func (x *expander) typed(types map[string]string, f content.Field, at content.Position) any {
	typ, known := types[f.Name]
	if !known {
		return f.Value
	}
	wrong := func(want string) any {
		x.mistake(at, "column %s is %s; %v is none; write %s", f.Name, typ, show(f.Value), want)
		return nil
	}
	if f.Value == nil {
		if typ == "string" {
			return ""
		}
		return nil
	}
	switch typ {
	case "string", "guid":
		switch v := f.Value.(type) {
		case string:
			return v
		case json.Number:
			return string(v)
		case bool:
			return strconv.FormatBool(v)
		}
		return string(content.AppendJSON(nil, f.Value))
	case "dynamic":
		return f.Value
	case "bool":
		switch v := f.Value.(type) {
		case bool:
			return v
		case string:
			if b, err := strconv.ParseBool(v); err == nil {
				return b
			}
		}
		return wrong("true or false")
	case "int", "long", "real", "decimal":
		switch v := f.Value.(type) {
		case json.Number:
			return v
		case string:
			if _, err := strconv.ParseFloat(v, 64); err == nil {
				return json.Number(v)
			}
		}
		return wrong("a number")
	case "datetime":
		if v, ok := f.Value.(string); ok {
			if v == x.moment { // as most of them are: the row's own
				return f.Value
			}
			if m, err := content.ParseMoment(v); err == nil {
				return written(m.At(x.now))
			}
		}
		return wrong("a moment, for instance -30m or 2026-01-05T10:00:00Z")
	}
	return f.Value
}

func emptyOf(schema *tables.Schema, column string) any {
	if c, ok := schema.Column(column); ok && c.Type == "string" {
		return ""
	}
	return nil
}

func show(v any) string {
	if s, ok := v.(string); ok {
		return strconv.Quote(s)
	}
	return string(content.AppendJSON(nil, v))
}

// plainTable adds the rows that a case states under tables.
func (x *expander) plainTable(set *Set, tt content.TestTable) {
	schema := x.schema(tt.Name, tt.Position)
	if schema == nil {
		return
	}
	var t *TableRows
	for i := range set.Tables {
		if set.Tables[i].Schema.Name == schema.Name {
			t = &set.Tables[i]
		}
	}
	if t == nil {
		set.Tables = append(set.Tables, TableRows{Schema: schema})
		t = &set.Tables[len(set.Tables)-1]
	}
	for k, rec := range tt.Rows {
		row := Row{Table: tt.Name, From: tt.Position, Index: k + 1, Time: x.now, Ingested: x.now}
		if v, ok := rec.Get("TimeGenerated"); ok {
			if s, ok := v.(string); ok {
				if m, err := content.ParseMoment(s); err == nil {
					row.Time = m.At(x.now)
					row.Ingested = row.Time
				}
			}
		}
		row.event = &repeats{}
		for _, f := range rec {
			row.event.fields = append(row.event.fields, repeatField{name: f.Name, value: x.typed(x.columns(schema), f, tt.Position)})
		}
		t.Rows = append(t.Rows, row)
	}
}
