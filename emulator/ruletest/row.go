package ruletest

import (
	"time"

	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/content/tables"
	"github.com/seed-caab1ad3/blindspot/emulator/store"
)

// Row is one event of a test, ready to be ingested.
type Row struct {
	Table    string
	Time     time.Time // TimeGenerated
	Ingested time.Time
	From     content.Position
	Use      string // the template, "" for a row of its own
	Index    int    // repeat index, from 1

	event *repeats // what the rows of its event share
	at    int      // its place among them
}

// Record returns the row's columns with values of the columns' types.
func (r Row) Record() content.Record { return r.event.record(r.at, written(r.Time)) }

// Set is the rows of one case by table, tables in the order of the file, rows in the order they were written.
type Set struct {
	Tables []TableRows
}

// TableRows is the rows of one table with its schema.
type TableRows struct {
	Schema *tables.Schema
	Rows   []Row
}

// data returns a table's rows as columns; shape is what the workspace knows of the table.
func (t TableRows) data(shape *store.Shape) (*store.Data, error) {
	m := store.NewMaker(shape)
	for from := 0; from < len(t.Rows); {
		event := t.Rows[from].event
		to := from + 1
		for to < len(t.Rows) && t.Rows[to].event == event {
			to++
		}
		if err := event.add(m, t.Rows[from:to]); err != nil {
			return nil, err
		}
		from = to
	}
	return m.Data(t.Schema.Name), nil
}
