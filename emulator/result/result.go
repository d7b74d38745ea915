// Package result holds what a query answered, and writes it: as a table for a terminal, JSON, JSON lines, CSV, the answer
// of the Log Analytics API, and the line form of query --batch. In come named columns; out go
// bytes. It computes nothing.
package result

import (
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

// Column is a named and typed column of a table.
type Column struct {
	Name string
	Type value.Type
}

// Table is rows under columns.
type Table struct {
	Name    string // PrimaryResult for a query's first
	Columns []Column
	Vectors []vector.Column // one a column, all of Rows rows
	Rows    int
}

// Render is how a query asks its result to be shown.
type Render struct {
	Visualization string
	Properties    [][2]string
}

// Result is a query's answer: its tables in the order of its statements.
type Result struct {
	Tables []*Table
	Render *Render
	Stats  Stats
}

// Stats says what a query did.
type Stats struct {
	ElapsedUs int64
}

// Primary returns the first table, an empty one when there is none.
func (r *Result) Primary() *Table {
	if len(r.Tables) == 0 {
		return &Table{Name: "PrimaryResult"}
	}
	return r.Tables[0]
}

// Value returns the value of a row and column.
func (t *Table) Value(row, column int) value.Value { return t.Vectors[column].Value(row) }

// Index returns the number of a column, -1 when there is none of that name.
func (t *Table) Index(name string) int {
	for i, c := range t.Columns {
		if c.Name == name {
			return i
		}
	}
	return -1
}

// Head returns the table cut to n rows.
func (t *Table) Head(n int) *Table {
	if n >= t.Rows {
		return t
	}
	out := &Table{Name: t.Name, Columns: t.Columns, Rows: n}
	for _, v := range t.Vectors {
		out.Vectors = append(out.Vectors, v.Slice(0, n))
	}
	return out
}
