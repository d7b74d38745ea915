// Package keys gives dense numbers, ids, to values and to combinations of values, in the order in which they first come:
// what group-by, distinct, joins, partitions and the aggregates that tell values apart are built on. In come columns of
// package vector; out go ids and, for ids, columns again. It knows nothing of operators.
//
// A column with a dictionary costs an array look-up a row and no text is read, as long as all its rows share one dictionary.
// Ids of several columns are packed into one number, which is looked up in an array where that is small and in a hash table
// otherwise.
package keys

import (
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

// Table gives ids to rows of several columns.
type Table struct {
	cols   []*Column
	stages []stage
	n      int

	ids  [][]int32 // scratch: ids of a chunk's rows, by column
	join [2][]int32
}

// stage combines the ids of some columns, and before them those of the stage before.
type stage struct {
	first, count int // columns
	*Pairs
}

// NewTable returns a table of keys of these types.
func NewTable(types []value.Type) *Table {
	t := &Table{}
	needs := make([]int, len(types))
	for i, typ := range types {
		t.cols = append(t.cols, NewColumn(typ))
		needs[i] = 1
	}
	t.plan(needs)
	return t
}

// Len returns the number of distinct keys so far.
func (t *Table) Len() int { return t.n }

// AddEmpty makes the key of no columns known, as its first row does.
func (t *Table) AddEmpty() {
	if len(t.cols) == 0 {
		t.n = 1
	}
}

// plan divides the columns into stages: as many a stage as fit into 64 bits with some room to grow.
func (t *Table) plan(needs []int) {
	t.stages = nil
	if len(needs) < 2 {
		return
	}
	for from := 0; from < len(needs); {
		sum, to, inputs := 0, from, 0
		if from > 0 {
			sum, inputs = 31, 1
		}
		for to < len(needs) && (inputs < 2 || sum+needs[to]+1 <= 64) {
			sum += needs[to] + 1
			to++
			inputs++
		}
		widths := make([]int, 0, inputs)
		if from > 0 {
			widths = append(widths, 31)
		}
		for _, need := range needs[from:to] {
			widths = append(widths, need+1)
		}
		t.stages = append(t.stages, stage{from, to - from, newPairs(widths)})
		from = to
	}
}

// chunk is the number of rows whose ids are combined at a time, so that they stay near the processor.
const chunk = 2048

// IDs writes the id of each row's key to out, and adds keys that are new when insert is set. Without insert a key that is
// not there has -1. With skipNulls a row with a null in its key has -1 too: null equals nothing, not even null.
func (t *Table) IDs(cols []vector.Column, n int, insert, skipNulls bool, out []int32) []int32 {
	if cap(out) < n {
		out = make([]int32, n)
	}
	out = out[:n]
	switch len(t.cols) {
	case 0:
		clear(out)
		if insert && n > 0 {
			t.n = 1
		}
		if !insert && t.n == 0 {
			for i := range out {
				out[i] = -1
			}
		}
		return out
	case 1:
		t.cols[0].IDs(cols[0], 0, insert, skipNulls, out)
		t.n = t.cols[0].n
		return out
	}
	if t.ids == nil {
		t.ids = make([][]int32, len(t.cols))
	}
	for from := 0; from < n; from += chunk {
		rows := min(chunk, n-from)
		for k, c := range t.cols {
			if cap(t.ids[k]) < rows {
				t.ids[k] = make([]int32, rows)
			}
			t.ids[k] = t.ids[k][:rows]
			c.IDs(cols[k], from, insert, skipNulls, t.ids[k])
		}
		if insert {
			t.makeRoomFor(n - from)
		}
		t.combine(insert, out[from:from+rows])
	}
	t.n = t.combined()
	return out
}

// combined returns the number of keys that combine has given ids.
func (t *Table) combined() int {
	if len(t.stages) == 0 {
		return t.cols[0].n
	}
	return t.stages[len(t.stages)-1].Len()
}

// makeRoomFor prepares the stages for the ids that columns have given, when so many rows are still to come.
func (t *Table) makeRoomFor(rows int) {
	for s := range t.stages {
		p := t.stages[s].Pairs
		limits := p.limits[:0]
		if s > 0 {
			limits = append(limits, t.stages[s-1].Len()+chunk)
		}
		for _, c := range t.cols[t.stages[s].first:][:t.stages[s].count] {
			limits = append(limits, c.n)
		}
		p.limits = limits
		if !p.prepare(limits, rows) {
			t.replan()
			t.makeRoomFor(rows)
			return
		}
	}
}

// replan gives columns that have outgrown their bits more of them. Ids stay as they are.
func (t *Table) replan() {
	n := t.stages[len(t.stages)-1].Len()
	needs := make([]int, len(t.cols))
	for i, c := range t.cols {
		needs[i] = bitsFor(c.n) + 1
	}
	all := make([]int32, n)
	for i := range all {
		all[i] = int32(i)
	}
	ids := make([][]int32, len(t.cols))
	for k := range ids {
		ids[k] = t.columnIDs(k, all)
	}
	scratch := t.ids
	t.plan(needs)
	t.ids = make([][]int32, len(t.cols))
	for from := 0; from < n; from += chunk {
		to := min(from+chunk, n)
		for k := range ids {
			t.ids[k] = ids[k][from:to]
		}
		t.makeRoomFor(n - from)
		t.combine(true, all[from:to])
	}
	t.ids = scratch
}

// combine combines the columns' ids of a chunk.
func (t *Table) combine(insert bool, out []int32) {
	inputs := make([][]int32, 0, 8)
	for s := range t.stages {
		st := &t.stages[s]
		inputs = inputs[:0]
		if s > 0 {
			inputs = append(inputs, t.join[(s-1)&1][:len(out)])
		}
		inputs = append(inputs, t.ids[st.first:st.first+st.count]...)
		to := out
		if s < len(t.stages)-1 {
			if cap(t.join[s&1]) < len(out) {
				t.join[s&1] = make([]int32, chunk)
			}
			to = t.join[s&1][:len(out)]
		}
		st.combine(inputs, insert, to)
	}
}

// columnIDs returns the ids of column k's values in keys.
func (t *Table) columnIDs(k int, ids []int32) []int32 {
	for s := len(t.stages) - 1; s >= 0; s-- {
		st := &t.stages[s]
		input := k - st.first
		if s > 0 {
			input++
		}
		if k >= st.first {
			return st.part(input, ids)
		}
		ids = st.part(0, ids)
	}
	return ids
}

// Column returns the values of column k in the keys with these ids; nil ids are all, in their order.
func (t *Table) Column(k int, ids []int32) vector.Column {
	if ids == nil {
		ids = make([]int32, t.n)
		for i := range ids {
			ids[i] = int32(i)
		}
	}
	return t.cols[k].Values(t.columnIDs(k, ids))
}

// Columns returns the key columns of all distinct keys, in the order of their ids.
func (t *Table) Columns() []vector.Column {
	out := make([]vector.Column, len(t.cols))
	for k := range out {
		out[k] = t.Column(k, nil)
	}
	return out
}

// Bytes estimates what the table holds.
func (t *Table) Bytes() int64 {
	n := int64(0)
	for _, c := range t.cols {
		n += int64(c.n) * 24
	}
	for _, s := range t.stages {
		n += s.bytes()
	}
	return n
}
