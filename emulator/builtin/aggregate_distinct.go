package builtin

import (
	"github.com/axiomhq/hyperloglog"

	"github.com/seed-caab1ad3/blindspot/emulator/keys"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

func distinctAggregates() []Aggregate {
	exact := func(t []value.Type, _ []value.Value, _ value.Type) Accumulator { return newDistinct(t, -1, 0) }
	return []Aggregate{
		{Name: "dcount", New: newDcount},
		only("dcountif", 1, newDcount),
		{Name: "count_distinct", New: exact},
		only("count_distinctif", 1, exact),
	}
}

// exactLimit is how many distinct values of a group dcount counts exactly; beyond it estimates.
const exactLimit = 1 << 17

// precisionOf returns the sketch precision of dcount's accuracy 0 to 4.
//
// Source: Kusto documentation, "dcount() (aggregation function)", estimation accuracy.
func precisionOf(accuracy int64) uint8 {
	switch accuracy {
	case 0:
		return 12
	case 2:
		return 16
	case 3:
		return 17
	case 4:
		return 18
	}
	return 14
}

func newDcount(t []value.Type, consts []value.Value, _ value.Type) Accumulator {
	accuracy := int64(1)
	if v, ok := constAt(consts, 1); ok {
		accuracy = v.I
	}
	return newDistinct(t, exactLimit, precisionOf(accuracy))
}

// hashSet is a set of 64-bit hashes by linear probing. The zero value is empty.
type hashSet struct {
	slots []uint64
	n     int
	zero  bool
}

func (s *hashSet) len() int {
	if s.zero {
		return s.n + 1
	}
	return s.n
}

// add reports whether the hash is new.
func (s *hashSet) add(h uint64) bool {
	if h == 0 {
		was := s.zero
		s.zero = true
		return !was
	}
	if 4*(s.n+1) > 3*len(s.slots) {
		s.grow()
	}
	mask := uint64(len(s.slots) - 1)
	for i := h & mask; ; i = (i + 1) & mask {
		switch s.slots[i] {
		case h:
			return false
		case 0:
			s.slots[i] = h
			s.n++
			return true
		}
	}
}

func (s *hashSet) grow() {
	old := s.slots
	s.slots = make([]uint64, max(8, 2*len(old)))
	s.n = 0
	for _, h := range old {
		if h != 0 {
			s.add(h)
		}
	}
}

func (s *hashSet) each(f func(h uint64)) {
	if s.zero {
		f(0)
	}
	for _, h := range s.slots {
		if h != 0 {
			f(h)
		}
	}
}

// counter counts distinct hashes: exactly while they are few, then by HyperLogLog. A limit below 0 keeps it exact.
type counter struct {
	set    hashSet
	sketch *hyperloglog.Sketch
}

func (c *counter) add(h uint64, limit int, precision uint8) {
	if c.sketch != nil {
		c.sketch.InsertHash(h)
		return
	}
	c.set.add(h)
	if limit >= 0 && c.set.n > limit {
		c.toSketch(precision)
	}
}

func (c *counter) toSketch(precision uint8) {
	if c.sketch != nil {
		return
	}
	s, err := hyperloglog.NewSketch(precision, false)
	if err != nil {
		return
	}
	c.set.each(func(h uint64) { s.InsertHash(h) })
	c.sketch = s
	c.set = hashSet{}
}

func (c *counter) merge(o *counter, limit int, precision uint8) {
	if o.sketch == nil {
		o.set.each(func(h uint64) { c.add(h, limit, precision) })
		return
	}
	c.toSketch(precision)
	if c.sketch != nil {
		_ = c.sketch.Merge(o.sketch) // fails only for another precision, which one aggregate never mixes
	}
}

func (c *counter) count() int64 {
	if c.sketch != nil {
		return int64(c.sketch.Estimate())
	}
	return int64(c.set.len())
}

// distinct is dcount and count_distinct. Nulls do not count; the empty string does. Pairs of group and value are told apart by
// ids; a group with more than limit values goes over to a sketch, which loses order and grows no more.
type distinct struct {
	typ       value.Type
	limit     int
	precision uint8
	values    valueIDs
	pairs     *keys.Pairs
	counts    []int64
	sketches  map[int32]*hyperloglog.Sketch
	ids       []int32
	fresh     []int32
	rows      []int32
}

// valueIDs gives ids to the values of a column: those that aggregates take for equal have one, however they are written.
type valueIDs struct {
	exact  *keys.Column
	hashed keys.Longs // of types whose equal values are written in several ways
	hashes []uint64
}

func newValueIDs(t value.Type) valueIDs {
	switch t {
	case value.Dynamic, value.Unknown, value.Decimal, value.Real:
		return valueIDs{}
	}
	return valueIDs{exact: keys.NewColumn(t)}
}

// of writes the ids of a column's rows to out, -1 for null.
func (v *valueIDs) of(col vector.Column, out []int32) {
	if v.exact != nil {
		v.exact.IDs(col, 0, true, true, out)
		return
	}
	v.hashes = grown(v.hashes, len(out))
	hashes := v.hashes[:len(out)]
	clear(hashes)
	vector.Hash(col, hashes)
	v.hashed.IDs(hashes, true, out)
	if col.HasNulls() {
		for i := range out {
			if col.IsNull(i) {
				out[i] = -1
			}
		}
	}
}

// hashesOf returns the hashes of values as a sketch wants them.
func (v *valueIDs) hashesOf(ids []int32) []uint64 {
	out := make([]uint64, len(ids))
	if v.exact != nil {
		vector.Hash(v.exact.Values(ids), out)
		return out
	}
	for i, id := range ids {
		out[i] = v.hashed.Keys()[id]
	}
	return out
}

// from writes the ids here of all values of another one.
func (v *valueIDs) from(o *valueIDs) []int32 {
	if v.exact != nil {
		out := make([]int32, o.exact.Len())
		v.exact.IDs(o.exact.Values(counting(len(out))), 0, true, true, out)
		return out
	}
	out := make([]int32, o.hashed.Len())
	v.hashed.IDs(o.hashed.Keys(), true, out)
	return out
}

func newDistinct(t []value.Type, limit int, precision uint8) *distinct {
	typ := value.Unknown
	if len(t) > 0 {
		typ = t[0]
	}
	return &distinct{typ: typ, limit: limit, precision: precision, values: newValueIDs(typ), pairs: keys.NewPairs()}
}

func (a *distinct) Resize(groups int) { a.counts = grown(a.counts, groups) }

func (a *distinct) Update(args []vector.Column, group []int32, n int) {
	col := fitted(args[0], a.typ)
	group = groupsOf(group, n)[:n]
	if len(a.sketches) > 0 {
		if col, group = a.sketched(col, group); len(group) == 0 {
			return
		}
	}
	a.ids = grown(a.ids, len(group))
	a.values.of(col, a.ids[:len(group)])
	a.add(group, a.ids[:len(group)])
}

// sketched adds the rows of groups that have a sketch and returns the others.
func (a *distinct) sketched(col vector.Column, group []int32) (vector.Column, []int32) {
	hashes := make([]uint64, len(group))
	vector.Hash(col, hashes)
	nulls := col.HasNulls()
	a.rows = a.rows[:0]
	for i, g := range group {
		if s := a.sketches[g]; s == nil {
			a.rows = append(a.rows, int32(i))
		} else if !nulls || !col.IsNull(i) {
			s.InsertHash(hashes[i])
		}
	}
	rest := make([]int32, len(a.rows))
	for i, r := range a.rows {
		rest[i] = group[r]
	}
	return col.Gather(a.rows), rest
}

func (a *distinct) add(group, ids []int32) {
	a.fresh = a.pairs.Fresh(group, ids, a.fresh[:0])
	var full []int32
	for _, row := range a.fresh {
		g := group[row]
		if a.counts[g]++; a.limit >= 0 && a.counts[g] == int64(a.limit)+1 {
			full = append(full, g)
		}
	}
	for _, g := range full {
		a.toSketch(g)
	}
}

// toSketch returns the sketch of a group, which it makes of the group's values if there is none.
func (a *distinct) toSketch(g int32) *hyperloglog.Sketch {
	if s := a.sketches[g]; s != nil {
		return s
	}
	s, err := hyperloglog.NewSketch(a.precision, false)
	if err != nil {
		return nil // fails only for a precision that precisionOf never gives
	}
	var ids []int32
	a.pairs.Each(func(in, v int32) {
		if in == g {
			ids = append(ids, v)
		}
	})
	for _, h := range a.values.hashesOf(ids) {
		s.InsertHash(h)
	}
	if a.sketches == nil {
		a.sketches = map[int32]*hyperloglog.Sketch{}
	}
	a.sketches[g] = s
	return s
}

func (a *distinct) Merge(other Accumulator, remap []int32) {
	o := other.(*distinct)
	for g, s := range o.sketches {
		if mine := a.toSketch(remap[g]); mine != nil {
			_ = mine.Merge(s) // fails only for another precision, which one aggregate never mixes
		}
	}
	of := a.values.from(&o.values)
	const run = 1 << 12
	var group, ids [run]int32
	n := 0
	flush := func() {
		a.add(group[:n], ids[:n])
		n = 0
	}
	o.pairs.Each(func(g, v int32) {
		if o.sketches[g] != nil {
			return
		}
		to := remap[g]
		if s := a.sketches[to]; s != nil {
			s.InsertHash(o.values.hashesOf([]int32{v})[0])
			return
		}
		group[n], ids[n] = to, of[v]
		if n++; n == run {
			flush()
		}
	})
	flush()
}

func (a *distinct) Finish() vector.Column {
	for g, s := range a.sketches {
		a.counts[g] = int64(s.Estimate())
	}
	return &vector.Longs{Typ: value.Long, Data: a.counts}
}
