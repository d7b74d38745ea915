package keys

import (
	"math"
	"math/bits"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

// Set tells which keys it holds and gives them no ids of their own: a bit for each combination of the columns' ids while
// these are few enough, so that the set of a million pairs stays near the processor. Beyond that it is a Table.
type Set struct {
	cols  []*Column
	caps  []int
	cells []uint64 // a bit a combination
	n     int
	order [][]int32 // by column: the ids of the keys as they came
	table *Table    // instead of cells

	ids   [][]int32
	at    []int32
	fresh []int32
	known []int32
}

// NewSet returns an empty set of keys of these types.
func NewSet(types []value.Type) *Set {
	s := &Set{order: make([][]int32, len(types)), ids: make([][]int32, len(types)), caps: make([]int, len(types))}
	for _, t := range types {
		s.cols = append(s.cols, NewColumn(t))
	}
	return s
}

// Len returns the number of keys.
func (s *Set) Len() int {
	if s.table != nil {
		return s.table.Len()
	}
	return s.n
}

// setLimit and setShare bound the bits of a set: any may have setLimit, and setShare for each of its keys and rows.
const (
	setLimit = 1 << 20
	setShare = 256
	setMost  = 1 << 28
)

// columnIDs finds the ids of the rows of a chunk, and whether some has none.
func (s *Set) columnIDs(cols []vector.Column, from, rows int, insert, skipNulls bool) {
	for k, c := range s.cols {
		if cap(s.ids[k]) < rows {
			s.ids[k] = make([]int32, rows)
		}
		s.ids[k] = s.ids[k][:rows]
		c.IDs(cols[k], from, insert, skipNulls, s.ids[k])
	}
}

// places returns the bit of each row of a chunk, -1 for a row without one.
func (s *Set) places(rows int) []int32 {
	if cap(s.at) < rows {
		s.at = make([]int32, rows)
	}
	at := s.at[:rows]
	missing := int32(0)
	for k, ids := range s.ids {
		if k == 0 {
			copy(at, ids)
			for _, id := range ids {
				missing |= id
			}
			continue
		}
		stride := int32(s.caps[k])
		for i, id := range ids[:len(at)] {
			at[i] = at[i]*stride + id
			missing |= id
		}
	}
	if missing < 0 {
		for _, ids := range s.ids {
			for i, id := range ids {
				if id < 0 {
					at[i] = -1
				}
			}
		}
	}
	return at
}

// Add adds the keys of n rows and returns the rows whose keys are new, in order; they are valid until the next call. With skipNulls a row with
// a null is left out.
func (s *Set) Add(cols []vector.Column, n int, skipNulls bool) []int32 {
	s.fresh = s.fresh[:0]
	for from := 0; from < n && s.table == nil; from += chunk {
		rows := min(chunk, n-from)
		s.columnIDs(cols, from, rows, true, skipNulls)
		if !s.makeRoom(n - from) {
			s.toTable()
			return s.addToTable(cols, from, n, skipNulls)
		}
		for i, c := range s.places(rows) {
			if c < 0 {
				continue
			}
			word, bit := c>>6, uint64(1)<<(uint(c)&63)
			if s.cells[word]&bit == 0 {
				s.cells[word] |= bit
				s.fresh = append(s.fresh, int32(from+i))
				for k := range s.order {
					s.order[k] = append(s.order[k], s.ids[k][i])
				}
				s.n++
			}
		}
	}
	if s.table != nil {
		return s.addToTable(cols, 0, n, skipNulls)
	}
	return s.fresh
}

func (s *Set) addToTable(cols []vector.Column, from, n int, skipNulls bool) []int32 {
	before := int32(s.table.Len())
	if from > 0 {
		rest := make([]vector.Column, len(cols))
		for i, c := range cols {
			rest[i] = c.Slice(from, n)
		}
		cols = rest
	}
	s.known = s.table.IDs(cols, n-from, true, skipNulls, s.known)
	for i, id := range s.known {
		if id == before {
			before++
			s.fresh = append(s.fresh, int32(from+i))
		}
	}
	return s.fresh
}

// Learn makes the values of n rows known without adding their keys: AddKnown then adds keys of them alone.
func (s *Set) Learn(cols []vector.Column, n int, skipNulls bool) {
	for from := 0; from < n; from += chunk {
		s.columnIDs(cols, from, min(chunk, n-from), true, skipNulls)
	}
}

// AddKnown adds the keys of those of n rows whose values are known.
func (s *Set) AddKnown(cols []vector.Column, n int, skipNulls bool) {
	for from := 0; from < n; from += chunk {
		rows := min(chunk, n-from)
		s.columnIDs(cols, from, rows, false, skipNulls)
		if s.table == nil && !s.makeRoom(n-from) {
			s.toTable()
		}
		if s.table != nil {
			s.table.makeRoomFor(rows)
			s.known = grownIDs(s.known, rows)
			s.table.ids = s.ids
			s.table.combine(true, s.known)
			s.table.n = s.table.combined()
			continue
		}
		for i, c := range s.places(rows) {
			if c >= 0 && s.cells[c>>6]&(1<<(uint(c)&63)) == 0 {
				s.cells[c>>6] |= 1 << (uint(c) & 63)
				for k := range s.order {
					s.order[k] = append(s.order[k], s.ids[k][i])
				}
				s.n++
			}
		}
	}
}

// Has returns the rows of n whose keys are in the set, or those whose keys are not, appended to sel.
func (s *Set) Has(cols []vector.Column, n int, want bool, sel []int32) []int32 {
	for from := 0; from < n; from += chunk {
		rows := min(chunk, n-from)
		s.columnIDs(cols, from, rows, false, true)
		switch {
		case s.table != nil:
			s.known = grownIDs(s.known, rows)
			s.table.ids = s.ids
			s.table.combine(false, s.known)
			for i, id := range s.known {
				if id >= 0 == want {
					sel = append(sel, int32(from+i))
				}
			}
		case s.cells == nil:
			if !want {
				for i := range rows {
					sel = append(sel, int32(from+i))
				}
			}
		default:
			s.beyond()
			for i, c := range s.places(rows) {
				if (c >= 0 && s.cells[c>>6]&(1<<(uint(c)&63)) != 0) == want {
					sel = append(sel, int32(from+i))
				}
			}
		}
	}
	return sel
}

// beyond marks ids that came after the bits were laid out: no key has them.
func (s *Set) beyond() {
	for k, c := range s.cols {
		if limit := int32(s.caps[k]); c.n > int(limit) {
			for i, id := range s.ids[k] {
				if id >= limit {
					s.ids[k][i] = -1
				}
			}
		}
	}
}

func grownIDs(s []int32, n int) []int32 {
	if cap(s) < n {
		return make([]int32, n)
	}
	return s[:n]
}

// makeRoom lays the bits out for the ids that there are; false when they would be too many.
func (s *Set) makeRoom(rows int) bool {
	fits := s.cells != nil
	for k, c := range s.cols {
		fits = fits && c.n <= s.caps[k]
	}
	if fits {
		return true
	}
	caps, size := make([]int, len(s.cols)), 1
	most := min(max(setLimit, setShare*(s.n+rows)), setMost)
	if len(s.cols) == 1 {
		most = math.MaxInt
	}
	for k, c := range s.cols {
		caps[k] = max(8, c.n+c.n/2, s.caps[k])
		if k == 0 {
			caps[k] = (caps[k] + 63) &^ 63
		}
		if size *= caps[k]; size > most {
			return false
		}
	}
	s.caps, s.cells = caps, make([]uint64, size/64+1)
	for i := range s.n {
		at := 0
		for k, ids := range s.order {
			at = at*caps[k] + int(ids[i])
		}
		s.cells[at>>6] |= 1 << (uint(at) & 63)
	}
	return true
}

// toTable goes over to a table, which has the same columns.
func (s *Set) toTable() {
	t := &Table{cols: s.cols}
	needs := make([]int, len(s.cols))
	for k, c := range s.cols {
		needs[k] = bits.Len(uint(c.n)) + 1
	}
	t.plan(needs)
	t.ids = make([][]int32, len(s.cols))
	out := make([]int32, chunk)
	for from := 0; from < s.n; from += chunk {
		to := min(from+chunk, s.n)
		for k := range s.order {
			t.ids[k] = s.order[k][from:to]
		}
		t.makeRoomFor(s.n - from)
		t.combine(true, out[:to-from])
	}
	t.n = t.combined()
	t.ids = nil
	s.table, s.cells, s.order = t, nil, nil
}

// Columns returns the keys as they came.
func (s *Set) Columns() []vector.Column {
	if s.table != nil {
		return s.table.Columns()
	}
	out := make([]vector.Column, len(s.cols))
	for k, c := range s.cols {
		out[k] = c.Values(s.order[k])
	}
	return out
}

// Column returns column k of some keys, by their numbers; nil for all.
func (s *Set) Column(k int, ids []int32) vector.Column {
	if s.table != nil {
		return s.table.Column(k, ids)
	}
	if ids == nil {
		return s.cols[k].Values(s.order[k])
	}
	picked := make([]int32, len(ids))
	for i, id := range ids {
		picked[i] = s.order[k][id]
	}
	return s.cols[k].Values(picked)
}
