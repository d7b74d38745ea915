package ruletest

import (
	"time"

	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/content/tables"
)

// Row is one event of a test, ready to be ingested.
type Row struct {
	Table    string
	Time     time.Time // TimeGenerated
	Ingested time.Time
	Record   content.Record // columns with values of the columns' types
	From     content.Position
	Use      string // the template, "" for a row of its own
	Index    int    // repeat index, from 1
}

// Set is the rows of one case by table, tables in the order of the file, rows in the order they were written.
type Set struct {
	Tables []TableRows
}

// TableRows is the rows of one table with its schema.
type TableRows struct {
	Schema *tables.Schema
	Rows   []Row
}

// Len is the number of rows in all tables.
func (s *Set) Len() int {
	n := 0
	for _, t := range s.Tables {
		n += len(t.Rows)
	}
	return n
}

// Lines returns a table's rows as JSON lines with the ingestion time in the field that readers look for.
func (t TableRows) Lines() []byte {
	var b []byte
	for _, r := range t.Rows {
		b = content.AppendJSON(b, r.Record)
		b = b[:len(b)-1]
		b = append(b, `,"_ingested":"`...)
		b = r.Ingested.UTC().AppendFormat(b, "2006-01-02T15:04:05.0000000Z")
		b = append(b, "\"}\n"...)
	}
	return b
}
