package ruletest

import (
	"slices"
	"strings"
	"time"

	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/content/tables"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/symbol"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/store"
)

// repeats is one event with all its rows. Most columns hold the same value in every row: they are made, typed and stored
// once. What differs is kept row by row: the row's own identifiers, its time, and what placeholders make of those and of {i}.
type repeats struct {
	fields []repeatField
}

// repeatField is a column of a repeated event.
type repeatField struct {
	name  string
	value any   // the same in all rows
	rows  []any // by row, when it differs
	time  bool  // it is the row's own TimeGenerated
}

// record is the k-th row as a record.
func (r *repeats) record(k int, at string) content.Record {
	out := make(content.Record, len(r.fields))
	for i, f := range r.fields {
		v := f.value
		switch {
		case f.time:
			v = at
		case f.rows != nil:
			v = f.rows[k]
		}
		out[i] = content.Field{Name: f.name, Value: v}
	}
	return out
}

// written is the text of a time in a row: ISO 8601 to the tick.
func written(t time.Time) string { return value.FormatDateTime(value.TicksOf(t)) }

// repeats makes the rows of an event; rows have their times already, and number is that of the first in its case. wanted,
// when not nil, says which columns are made.
func (x *expander) repeats(schema *tables.Schema, e content.Event, base content.Record, wanted *wanted, empty map[string]bool, rows []Row, number int) *repeats {
	known := x.columns(schema)
	rec := append(make(content.Record, 0, len(base)+5), base...)
	var own []int // columns that are new for each row
	for _, column := range [...]string{"Id", "CorrelationId", "UniqueTokenIdentifier"} {
		if _, given := rec.Get(column); given {
			continue
		}
		if _, ok := known[column]; ok && wanted.mentioned(column) {
			own = append(own, len(rec))
			rec = append(rec, content.Field{Name: column})
		}
	}
	if _, given := rec.Get("Type"); !given && wanted.mentioned("Type") {
		_, table := symbol.SplitWorkspace(schema.Name)
		rec = append(rec, content.Field{Name: "Type", Value: table})
	}
	times := -1
	if _, given := rec.Get(store.TimeColumn); !given {
		times = len(rec)
		rec = append(rec, content.Field{Name: store.TimeColumn})
	}

	varies, timeAsked := variance(rec, own, times, len(rows))
	var changing []int // what placeholders are replaced in, row by row
	original := make([]any, len(rec))
	for i := range rec {
		original[i] = rec[i].Value
		if varies[i] && !slices.Contains(own, i) && i != times {
			changing = append(changing, i)
		}
	}
	out := &repeats{fields: make([]repeatField, 0, len(rec))}
	at := make([]int, len(rec)) // the place of a column among out's
	keep := func(i int) {
		f := rec[i]
		at[i] = -1
		if _, ok := known[f.Name]; !ok && !schema.Open {
			return // a template may have more columns than this table
		}
		if !wanted.kept(f.Name) {
			return
		}
		at[i] = len(out.fields)
		field := repeatField{name: f.Name}
		switch {
		case empty[f.Name]:
			field.value = emptyOf(schema, f.Name)
			at[i] = -1
		case i == times && known[f.Name] == "datetime":
			field.time = true
			at[i] = -1
		case varies[i]:
			field.rows = make([]any, len(rows))
		default:
			field.value = x.typed(known, f, e.Position)
			at[i] = -1
		}
		out.fields = append(out.fields, field)
	}
	for k := range rows {
		for _, i := range own {
			rec[i].Value = x.id(rec[i].Name, number+k)
		}
		if times >= 0 && (timeAsked || known[store.TimeColumn] != "datetime") {
			x.moment = written(rows[k].Time)
			rec[times].Value = x.moment
		}
		if k == 0 {
			x.fill(rec, nil, 1, e.Position)
			for i := range rec {
				keep(i)
			}
		} else {
			for _, i := range changing {
				rec[i].Value = original[i]
			}
			if len(changing) > 0 {
				x.fill(rec, changing, k+1, e.Position)
			}
		}
		for i := range rec {
			if varies[i] && at[i] >= 0 {
				out.fields[at[i]].rows[k] = x.typed(known, rec[i], e.Position)
			}
		}
	}
	return out
}

// variance tells which columns differ between the n rows of an event: those that are new for each row, those that hold
// {i}, and those whose placeholders name one that differs. It may say so of more columns than really do. timeAsked is set
// when a placeholder may read the row's time.
func variance(rec content.Record, own []int, times, n int) (varies []bool, timeAsked bool) {
	varies = make([]bool, len(rec))
	var holders []int
	for i := range rec {
		if mayHold(rec[i].Value) {
			holders = append(holders, i)
			timeAsked = timeAsked || mentions(rec[i].Value, store.TimeColumn)
		}
	}
	if n == 1 {
		return varies, timeAsked
	}
	for _, i := range own {
		varies[i] = true
	}
	if times >= 0 {
		varies[times] = true
	}
	for changed := true; changed; {
		changed = false
		for _, i := range holders {
			if varies[i] {
				continue
			}
			found := mentions(rec[i].Value, "i}")
			for j := 0; j < len(rec) && !found; j++ {
				found = varies[j] && mentions(rec[i].Value, rec[j].Name)
			}
			if found {
				varies[i], changed = true, true
			}
		}
	}
	return varies, timeAsked
}

// mentions reports whether a value, or one inside it, has a text with a brace in which word stands.
func mentions(v any, word string) bool {
	switch v := v.(type) {
	case string:
		at := strings.IndexByte(v, '{')
		return at >= 0 && strings.Contains(v[at:], word)
	case []any:
		for _, e := range v {
			if mentions(e, word) {
				return true
			}
		}
	case content.Record:
		for i := range v {
			if mentions(v[i].Value, word) {
				return true
			}
		}
	}
	return false
}

// add stores the rows of an event.
func (r *repeats) add(m *store.Maker, rows []Row) error {
	m.Begin(len(rows))
	var text []byte
	one := func(c store.Cells, v any) error {
		if s, ok := v.(string); ok {
			return c.Text(s)
		}
		text = content.AppendJSON(text[:0], v)
		return c.JSON(text)
	}
	for _, f := range r.fields {
		c := m.Column(f.name)
		switch {
		case f.time:
			for i := range rows {
				if err := c.Time(value.TicksOf(rows[i].Time)); err != nil {
					return err
				}
			}
		case f.rows != nil:
			for _, v := range f.rows {
				if err := one(c, v); err != nil {
					return err
				}
			}
		default:
			if err := one(c, f.value); err != nil {
				return err
			}
			c.Repeat(len(rows) - 1)
		}
	}
	for i := range rows {
		m.Ingested(value.TicksOf(rows[i].Ingested))
	}
	return m.End()
}
