package store

import (
	"fmt"
	"unsafe"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

// Maker makes rows of one table from values that a program holds, column by column. Values go through the same rules as
// those of JSON files, so a row made here is the row that its JSON line would give; a value that many rows share is
// converted once. Rows come in runs: Begin, then each column's cells, then End. A column that a run leaves out is null in it.
type Maker struct {
	rows     *jsonRows
	run      int // rows of the run that is being made
	place    int
	ingested []int64
	scratch  []byte
}

// NewMaker returns a maker for a table of a shape; types of columns that it lacks are found from their values.
func NewMaker(s *Shape) *Maker {
	if s == nil {
		s = &Shape{}
	}
	return &Maker{rows: newJSONRows(s.typeOf)}
}

// Begin starts a run of n rows.
func (m *Maker) Begin(n int) { m.run, m.place = n, 0 }

// End ends a run. Every column named in it must have all its cells by now.
func (m *Maker) End() error {
	n := m.rows.n + m.run
	for _, c := range m.rows.cells {
		if c.n != n && c.n > m.rows.n {
			return fmt.Errorf("column %q has %d cells in a run of %d rows", c.name, c.n-m.rows.n, m.run)
		}
	}
	m.rows.n = n
	return nil
}

// Ingested gives the ingestion times of the run's rows, in ticks.
func (m *Maker) Ingested(ticks ...int64) { m.ingested = append(m.ingested, ticks...) }

// Column starts the cells of a column in this run. A column may be named once a run.
func (m *Maker) Column(name string) Cells {
	c := m.rows.column(unsafe.Slice(unsafe.StringData(name), len(name)), m.place)
	m.place++
	return Cells{m, c}
}

// Data returns the rows.
func (m *Maker) Data(table string) *Data {
	d := m.rows.finish(table)
	if len(m.ingested) == d.N && d.N > 0 {
		d.Ingested = &vector.Longs{Typ: value.DateTime, Data: m.ingested}
	}
	return d
}

// Cells takes the values of one column of a run, row by row.
type Cells struct {
	m *Maker
	c *cells
}

// JSON adds a value by its JSON text.
func (c Cells) JSON(text []byte) error {
	c.m.scratch = append(append(c.m.scratch[:0], text...), ',')
	_, err := c.m.rows.value(c.c, c.m.scratch, 0)
	return err
}

// Text adds a JSON string.
func (c Cells) Text(s string) error {
	if c.c.typ == value.String {
		c.c.texts.add(unsafe.Slice(unsafe.StringData(s), len(s)))
		c.c.n++
		return nil
	}
	return c.JSON(value.AppendQuoted(nil, s))
}

// Time adds a moment, in ticks, as its text in ISO 8601 would be.
func (c Cells) Time(ticks int64) error {
	if c.c.typ == value.DateTime {
		c.c.long(ticks)
		return nil
	}
	return c.Text(value.FormatDateTime(ticks))
}

// Repeat adds the last value n times more.
func (c Cells) Repeat(n int) { c.c.repeat(n) }

// repeat adds the last value n times more.
func (c *cells) repeat(n int) {
	if n <= 0 || c.n == 0 {
		return
	}
	switch c.typ {
	case value.String, value.GUID, value.Dynamic, value.Unknown:
		c.texts.repeat(n)
	case value.Bool:
		c.bools = repeated(c.bools, n)
	case value.Real:
		c.reals = repeated(c.reals, n)
	case value.Decimal:
		c.decs = repeated(c.decs, n)
	default:
		c.longs = repeated(c.longs, n)
	}
	if last := c.n - 1; last>>6 < len(c.nulls) && c.nulls[last>>6]>>(uint(last)&63)&1 != 0 {
		for i := range n {
			c.setNull(c.n + i)
		}
	}
	c.n += n
}

func (t *textCells) repeat(n int) {
	if t.isFlat {
		t.flat = repeated(t.flat, n)
		return
	}
	t.codes = repeated(t.codes, n)
}

// repeated returns list with its last element n times more.
func repeated[T any](list []T, n int) []T {
	from := len(list)
	last := list[from-1]
	if cap(list)-from < n {
		grown := make([]T, from, max(from+n, 2*from))
		copy(grown, list)
		list = grown
	}
	list = list[:from+n]
	for i := from; i < from+n; i++ {
		list[i] = last
	}
	return list
}
