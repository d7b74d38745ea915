package exec

import (
	"slices"
	"sync"

	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

// Batch is a set of rows on its way through the operators. Columns are made when they are first asked for: a filter
// hands on its input with the rows it kept, and only columns that somebody reads are ever gathered.
//
// A batch belongs to one goroutine at a time, unless it was shared.
type Batch struct {
	N    int
	cols []vector.Column

	// A column that cols lacks comes from one of these: rows from..from+N of base, those of lazy where base has none, or a
	// column of parent.
	base    []vector.Column
	from    int
	lazy    func(i int, rows []int32) vector.Column // rows of column i, all for nil
	parent  *Batch
	rows    []int32 // rows of parent, nil for all
	mapping []int   // column of parent for each column, nil for the same; -1 where cols has it

	lock *sync.Mutex // of a batch that several readers share, nil otherwise
}

// NewBatch returns a batch of columns that exist.
func NewBatch(n int, cols []vector.Column) *Batch { return &Batch{N: n, cols: cols} }

// baseBatch returns rows from..from+n of columns of a table.
func baseBatch(base []vector.Column, from, n int) *Batch {
	return &Batch{N: n, cols: make([]vector.Column, len(base)), base: base, from: from}
}

// lazyBatch returns a batch whose columns that are nil are made when they are asked for, and only of the rows that are.
func lazyBatch(n int, cols []vector.Column, lazy func(i int, rows []int32) vector.Column) *Batch {
	return &Batch{N: n, cols: cols, lazy: lazy}
}

// Select returns the batch's rows that the indexes name, in their order.
func (b *Batch) Select(rows []int32) *Batch {
	return &Batch{N: len(rows), cols: make([]vector.Column, len(b.cols)), parent: b, rows: rows}
}

// Remap returns the batch's rows with column i taken from column mapping[i]; columns with -1 are for the caller to set.
func (b *Batch) Remap(mapping []int) *Batch {
	return &Batch{N: b.N, cols: make([]vector.Column, len(mapping)), parent: b, mapping: mapping}
}

// share makes the batch one that any number of goroutines may read, each through its own reader. Columns are still made
// when they are first asked for.
func (b *Batch) share() { b.lock = new(sync.Mutex) }

// reader returns a batch of the same rows for one goroutine.
func (b *Batch) reader() *Batch {
	return &Batch{N: b.N, cols: make([]vector.Column, len(b.cols)), parent: b}
}

// Rows returns the number of rows.
func (b *Batch) Rows() int { return b.N }

// Width returns the number of columns.
func (b *Batch) Width() int { return len(b.cols) }

// Column returns column i.
func (b *Batch) Column(i int) vector.Column {
	if b.lock != nil {
		b.lock.Lock()
		defer b.lock.Unlock()
	}
	return b.made(i)
}

func (b *Batch) made(i int) vector.Column {
	if c := b.cols[i]; c != nil {
		return c
	}
	var c vector.Column
	if b.lazy != nil && (b.base == nil || b.base[i] == nil) {
		var rows []int32
		if b.base != nil {
			rows = counted(b.from, b.N)
		}
		c = b.lazy(i, rows)
	} else if b.base != nil {
		c = b.base[i]
		if b.from != 0 || b.N != c.Len() {
			c = c.Slice(b.from, b.from+b.N)
		}
	} else {
		j := i
		if b.mapping != nil {
			j = b.mapping[i]
		}
		if b.rows != nil {
			c = b.parent.gather(j, b.rows)
		} else {
			c = b.parent.Column(j)
		}
	}
	b.cols[i] = c
	return c
}

// gather returns the named rows of column i without making the whole column when it has not been made yet.
func (b *Batch) gather(i int, rows []int32) vector.Column {
	if b.lock != nil {
		b.lock.Lock()
		defer b.lock.Unlock()
		if len(rows)*2 > b.N { // most of it: other readers are likely to want it too
			return b.made(i).Gather(rows)
		}
	}
	if c := b.cols[i]; c != nil {
		return c.Gather(rows)
	}
	if b.lazy != nil && (b.base == nil || b.base[i] == nil) {
		if slices.ContainsFunc(rows, func(r int32) bool { return r < 0 }) {
			return b.made(i).Gather(rows)
		}
		if b.from == 0 {
			return b.lazy(i, rows)
		}
		moved := make([]int32, len(rows))
		for k, r := range rows {
			moved[k] = r + int32(b.from)
		}
		return b.lazy(i, moved)
	}
	if b.base != nil {
		if b.from == 0 {
			return b.base[i].Gather(rows)
		}
		if len(rows)*4 > b.N {
			return b.made(i).Gather(rows)
		}
		moved := make([]int32, len(rows))
		for k, r := range rows {
			moved[k] = r + int32(b.from)
			if r < 0 {
				moved[k] = -1
			}
		}
		return b.base[i].Gather(moved)
	}
	j := i
	if b.mapping != nil {
		j = b.mapping[i]
	}
	if b.rows == nil {
		return b.parent.gather(j, rows)
	}
	moved := make([]int32, len(rows))
	for k, r := range rows {
		if r < 0 {
			moved[k] = -1
		} else {
			moved[k] = b.rows[r]
		}
	}
	return b.parent.gather(j, moved)
}

// Slice returns rows from (inclusive) to (exclusive).
func (b *Batch) Slice(from, to int) *Batch {
	if from == 0 && to == b.N {
		return b
	}
	switch {
	case b.lazy != nil && b.base == nil:
		return &Batch{N: to - from, cols: make([]vector.Column, len(b.cols)), base: b.cols, from: from, lazy: b.lazy}
	case b.rows != nil:
		out := &Batch{N: to - from, cols: make([]vector.Column, len(b.cols)), parent: b.parent, rows: b.rows[from:to:to], mapping: b.mapping}
		for i, c := range b.cols {
			if c != nil {
				out.cols[i] = c.Slice(from, to)
			}
		}
		return out
	case b.base != nil && b.rows == nil:
		out := baseBatch(b.base, b.from+from, to-from)
		out.lazy = b.lazy
		return out
	}
	return b.Select(counted(from, to-from))
}

// counted returns n numbers from one on.
func counted(from, n int) []int32 {
	rows := make([]int32, n)
	for i := range rows {
		rows[i] = int32(from + i)
	}
	return rows
}

// Columns returns all columns, made.
func (b *Batch) Columns() []vector.Column {
	for i := range b.cols {
		b.Column(i)
	}
	return b.cols
}

// Vector returns the batch as package vector has it.
func (b *Batch) Vector() *vector.Batch { return &vector.Batch{Columns: b.Columns(), N: b.N} }
