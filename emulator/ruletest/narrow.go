package ruletest

import (
	"strings"
	"sync"
	"time"

	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/content/tables"
	"github.com/seed-caab1ad3/blindspot/emulator/store"
)

// A rule reads some ten columns of the seventy-five that a template gives, so a case is tried first on rows of these alone.
// What that leaves out cannot be missed: columns that the rule does not read, texts and dynamics whose values fit any text,
// in rows of templates that were made whole once without a complaint. Where it is not as simple, the rows are made whole;
// and a case that fails is run again on whole rows, so that what it shows is all there.

// layers keeps what event templates give under tables, for all cases of a runner. It is safe for concurrent use.
type layers struct {
	mu    sync.Mutex
	kept  map[layerKey]*layer
	types map[*tables.Schema]map[string]string
}

// shares reports whether a schema is one of the service's: there is one of each, so it can stand for what is known of it.
func (l *layers) shares(s *tables.Schema) bool {
	known, ok := tables.Lookup(tables.Sentinel, s.Name)
	return ok && known == s
}

// columns returns the types of a shared schema's columns by their names.
func (l *layers) columns(s *tables.Schema) map[string]string {
	l.mu.Lock()
	defer l.mu.Unlock()
	m := l.types[s]
	if m == nil {
		m = (&expander{}).typesOf(s)
		if l.types == nil {
			l.types = map[*tables.Schema]map[string]string{}
		}
		l.types[s] = m
	}
	return m
}

type layerKey struct {
	use    string
	schema *tables.Schema // of the service: shared, one for each table
}

// layer is the fields of a template under a table, laid over each other.
type layer struct {
	record content.Record
	sound  bool // the row that it makes alone is right

	mu     sync.Mutex
	narrow map[string]*narrow // by the columns that are read
}

// narrow is the part of a layer that a list of columns needs.
type narrow struct {
	record content.Record
	wanted wanted
}

// wanted says which columns are made: kept are stored, asked are those that placeholders read. A nil wanted wants all.
type wanted struct {
	columns map[string]bool
	asked   map[string]bool
	set     content.Record // what the test sets is kept too
}

// kept reports whether a column is stored.
func (w *wanted) kept(column string) bool {
	if w == nil || w.columns[column] {
		return true
	}
	for _, f := range w.set {
		if top, _, _ := strings.Cut(f.Name, "."); top == column {
			return true
		}
	}
	return false
}

// mentioned reports whether a column that rows get by themselves is stored, or read by a placeholder.
func (w *wanted) mentioned(column string) bool { return w == nil || w.asked[column] || w.kept(column) }

// narrowed is an event's record with the columns that the rule needs; ok is false when it must be made whole.
func (x *expander) narrowed(schema *tables.Schema, e content.Event) (rec content.Record, w *wanted, ok bool) {
	if x.layers == nil || x.reads == nil || e.Use == "" || schema.Open {
		return nil, nil, false
	}
	if !x.layers.shares(schema) {
		return nil, nil, false
	}
	columns, read := x.reads[schema.Name]
	if read && columns == nil {
		return nil, nil, false
	}
	for _, f := range e.Set {
		if !plain(f.Value) {
			return nil, nil, false
		}
	}
	l := x.layers.of(x.bundle, e.Use, schema)
	if !l.sound {
		return nil, nil, false
	}
	n := l.narrowTo(x, schema, columns)
	rec = append(make(content.Record, 0, len(n.record)+len(e.Set)+5), n.record...)
	for _, f := range e.Set { // what is set inside a column goes into the template's
		if top, _, dotted := strings.Cut(f.Name, "."); dotted {
			if _, there := rec.Get(top); !there {
				if v, given := l.record.Get(top); given {
					rec = append(rec, content.Field{Name: top, Value: v})
				}
			}
		}
	}
	return x.own(schema, e, rec), &wanted{columns: n.wanted.columns, asked: n.wanted.asked, set: e.Set}, true
}

// plain reports whether a value holds no placeholder but {i}.
func plain(v any) bool {
	switch v := v.(type) {
	case string:
		for {
			_, after, found := strings.Cut(v, "{")
			if !found {
				return true
			}
			if !strings.HasPrefix(after, "i}") {
				return false
			}
			v = after
		}
	case []any:
		for _, e := range v {
			if !plain(e) {
				return false
			}
		}
	case content.Record:
		for _, f := range v {
			if !plain(f.Value) {
				return false
			}
		}
	}
	return true
}

// of returns what a template gives under a table.
func (l *layers) of(b *content.Bundle, use string, schema *tables.Schema) *layer {
	key := layerKey{use, schema}
	l.mu.Lock()
	known := l.kept[key]
	l.mu.Unlock()
	if known != nil {
		return known
	}
	x := &expander{bundle: b, test: &content.TestCase{}, now: time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)}
	e := content.Event{Use: use, Repeat: 1}
	made := &layer{narrow: map[string]*narrow{}}
	if parts, ok := x.parts(e, schema.Name); ok {
		made.record = x.merge(schema, e, parts)
		rows := x.times(nil, schema, e)
		x.repeats(schema, e, made.record, nil, nil, rows, 1)
		// Half of the rounds are left for what a test sets: it can lengthen a chain of placeholders by one.
		made.sound = len(x.errs) == 0 && x.rounds <= maxPlaceholderRounds/2
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.kept == nil {
		l.kept = map[layerKey]*layer{}
	}
	if known := l.kept[key]; known != nil {
		return known
	}
	l.kept[key] = made
	return made
}

// narrowTo returns the part of a layer that columns need: they, the columns whose values may be wrong, and what their
// placeholders read.
func (l *layer) narrowTo(x *expander, schema *tables.Schema, columns []string) *narrow {
	key := strings.Join(columns, "\x00")
	l.mu.Lock()
	defer l.mu.Unlock()
	if n := l.narrow[key]; n != nil {
		return n
	}
	n := &narrow{wanted: wanted{columns: map[string]bool{store.TimeColumn: true}, asked: map[string]bool{}}}
	for _, c := range columns {
		n.wanted.columns[c] = true
	}
	known := x.columns(schema)
	need := map[string]bool{}
	for _, f := range l.record {
		if !fits(known[f.Name], f.Value) {
			n.wanted.columns[f.Name] = true
		}
		if n.wanted.columns[f.Name] {
			need[f.Name] = true
		}
	}
	for grew := true; grew; {
		grew = false
		for _, f := range l.record {
			if !need[f.Name] {
				continue
			}
			asks(f.Value, func(path string) {
				top, _, _ := strings.Cut(path, ".")
				if !need[top] {
					need[top], grew = true, true
				}
				n.wanted.asked[top] = true
			})
		}
	}
	for _, f := range l.record {
		if need[f.Name] {
			n.record = append(n.record, f)
		}
	}
	l.narrow[key] = n
	return n
}

// fits reports whether a template's value has its column's type whatever a test sets beside it: any value is a text, and what
// holds no placeholder was found right with the template. A type of "" is of a column that the table lacks.
func fits(typ string, v any) bool {
	switch typ {
	case "string", "dynamic", "":
		return true
	case "datetime":
		if v == "{"+store.TimeColumn+"}" {
			return true // it is one where the row's time is one
		}
	}
	return !mayHold(v)
}

// asks calls found with each path that a placeholder of a value may read.
func asks(v any, found func(path string)) {
	switch v := v.(type) {
	case string:
		for {
			_, rest, open := strings.Cut(v, "{")
			inner, _, closed := strings.Cut(rest, "}")
			if !open || !closed {
				return
			}
			_, _, path := reference(inner)
			found(path)
			v = rest
		}
	case []any:
		for _, e := range v {
			asks(e, found)
		}
	case content.Record:
		for _, f := range v {
			asks(f.Value, found)
		}
	}
}
