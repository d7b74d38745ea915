// Package vector holds the engine's data at work: typed columns with null bitmaps, dictionary-encoded strings, batches
// of columns and builders for them. Rows come from package store or from builders; operators and kernels read columns
// and make new ones. A column is read-only once it has been passed on. The package computes nothing of KQL.
package vector

import (
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/apd/v3"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
)

// BatchSize is the number of rows an operator hands on at a time. Tests run with other sizes.
const BatchSize = 1 << 14

// Column is a vector of one type. Its concrete types are *Longs (int, long, datetime, timespan), *Bools, *Reals, *Decimals,
// *Strings (string, guid), *Dynamics and *Const (one value for all rows, any type). Kernels switch on them; everything else uses
// the methods.
type Column interface {
	Type() value.Type
	Len() int
	// IsNull reports whether row i is null. Strings are never null (an empty guid text is the null guid).
	IsNull(i int) bool
	// HasNulls is false when no row can be null.
	HasNulls() bool
	// Value returns row i as a value, for the places where speed is no matter.
	Value(i int) value.Value
	// Slice returns rows from (inclusive) to (exclusive), sharing memory.
	Slice(from, to int) Column
	// Gather returns the rows that the indexes name, in their order; an index of -1 gives null ("" for string).
	Gather(rows []int32) Column
}

// Nulls is a bitmap of null rows: bit i set means row i is null. A nil Nulls has no null. Offset-free: slicing copies.
type Nulls []uint64

// NewNulls returns a bitmap for n rows, none null.
func NewNulls(n int) Nulls { return make(Nulls, (n+63)/64) }

// Has reports whether row i is null.
func (n Nulls) Has(i int) bool { return n != nil && n[i>>6]&(1<<(uint(i)&63)) != 0 }

// Set marks row i as null.
func (n Nulls) Set(i int) { n[i>>6] |= 1 << (uint(i) & 63) }

// Any reports whether any row is null.
func (n Nulls) Any() bool {
	for _, w := range n {
		if w != 0 {
			return true
		}
	}
	return false
}

// Slice returns the bitmap of rows from to to.
func (n Nulls) Slice(from, to int) Nulls {
	if n == nil {
		return nil
	}
	out := NewNulls(to - from)
	for i := from; i < to; i++ {
		if n.Has(i) {
			out.Set(i - from)
		}
	}
	if !out.Any() {
		return nil
	}
	return out
}

// Or returns the union of bitmaps over n rows, nil when none has a null.
func Or(n int, maps ...Nulls) Nulls {
	var out Nulls
	for _, m := range maps {
		if m == nil {
			continue
		}
		if out == nil {
			out = NewNulls(n)
		}
		for i := range out {
			out[i] |= m[i]
		}
	}
	return out
}

// Longs holds int, long, datetime (ticks since 0001-01-01) and timespan (ticks).
type Longs struct {
	Typ   value.Type
	Data  []int64
	Nulls Nulls
}

// Bools holds bool.
type Bools struct {
	Data  []bool
	Nulls Nulls
}

// Reals holds real.
type Reals struct {
	Data  []float64
	Nulls Nulls
}

// Decimals holds decimal; a nil element is null.
type Decimals struct {
	Data []*apd.Decimal
}

// Strings holds string and guid in one of two encodings. Dictionary: row i is Dict.Values[Codes[i]]. Flat, when Dict is
// nil: row i is Flat[i].
type Strings struct {
	Typ   value.Type // String or GUID; a guid that is "" is null
	Dict  *Dict
	Codes []uint32
	Flat  []string
}

// Dict is a dictionary of distinct strings shared by the columns of a table. Its address identifies it: evaluators keep
// results for each of its values under it. Values never change once a column that uses them has been passed on; a
// builder makes a new Dict.
type Dict struct {
	Values  []string
	hashes  sync.Once
	hashed  []uint64
	hashing atomic.Int64 // rows that have asked for hashes
	ranks   sync.Once
	ranked  []int32
	blanks  sync.Once
	blank   int64
}

// Dynamics holds dynamic values in one of three encodings. Text, when it is not nil: row i is the JSON text
// Text.Values[Codes[i]], parsed once a distinct text when first asked for; the empty text is null. Lists, when it is not nil: row i is
// list Codes[i] of them, NoList is null. Nodes: row i is Nodes[i], nil is null.
type Dynamics struct {
	Text  *JSONDict
	Lists *Lists
	Codes []uint32
	Nodes []*value.Node
}

// Const is one value standing for n rows.
type Const struct {
	Val value.Value
	N   int
}

// Batch is a set of columns of equal length.
type Batch struct {
	Columns []Column
	N       int
}
