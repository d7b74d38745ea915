package sentinel

import (
	"strings"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/symbol"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
)

// Rows is the result of a rule's query: columns in order, and rows of as many values.
type Rows struct {
	Columns []symbol.Column
	Rows    [][]value.Value
}

// Column returns the position of a column by its exact name, -1 when there is none.
func (r Rows) Column(name string) int {
	for i, c := range r.Columns {
		if c.Name == name {
			return i
		}
	}
	return -1
}

// Text returns a cell as alerts carry it: text, numbers and times in Kusto's own form, "" for null.
func (r Rows) Text(row, column int) string {
	if column < 0 {
		return ""
	}
	v := r.Rows[row][column]
	if v.Null {
		return ""
	}
	return v.Text()
}

// part returns the rows from one index to another as rows of their own.
func (r Rows) part(from, to int) Rows {
	return Rows{Columns: r.Columns, Rows: r.Rows[from:to]}
}

// distinct returns the non-empty texts of a column in order of first appearance, at most limit.
func (r Rows) distinct(column, limit int) []string {
	if column < 0 {
		return nil
	}
	var out []string
	seen := map[string]bool{}
	for i := range r.Rows {
		t := r.Text(i, column)
		if t == "" || seen[t] {
			continue
		}
		seen[t] = true
		out = append(out, t)
		if len(out) == limit {
			break
		}
	}
	return out
}

// times returns the earliest and latest value of the TimeGenerated column; ok is false when there is no such column or
// no value in it.
func (r Rows) times() (from, to int64, ok bool) {
	c := r.Column("TimeGenerated")
	if c < 0 {
		return 0, 0, false
	}
	for i := range r.Rows {
		v := r.Rows[i][c]
		if v.Type != value.DateTime || v.Null {
			continue
		}
		if !ok || v.I < from {
			from = v.I
		}
		if !ok || v.I > to {
			to = v.I
		}
		ok = true
	}
	return from, to, ok
}

func sameName(a, b string) bool { return strings.EqualFold(a, b) }
