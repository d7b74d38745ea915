package builtin

import (
	"github.com/axiomhq/hyperloglog"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

func distinctAggregates() []Aggregate {
	exact := func([]value.Type, []value.Value, value.Type) Accumulator { return &distinct{limit: -1} }
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

func newDcount(_ []value.Type, consts []value.Value, _ value.Type) Accumulator {
	accuracy := int64(1)
	if v, ok := constAt(consts, 1); ok {
		accuracy = v.I
	}
	return &distinct{limit: exactLimit, precision: precisionOf(accuracy)}
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

// distinct is dcount and count_distinct. Nulls do not count; the empty string does.
type distinct struct {
	limit     int
	precision uint8
	groups    []counter
	hashes    []uint64
}

func (a *distinct) Resize(groups int) { a.groups = grown(a.groups, groups) }

func (a *distinct) Update(args []vector.Column, group []int32, n int) {
	a.hashes = grown(a.hashes, n)
	clear(a.hashes[:n])
	col := args[0]
	vector.Hash(col, a.hashes[:n])
	nulls := col.HasNulls()
	for i, g := range groupsOf(group, n)[:n] {
		if nulls && col.IsNull(i) {
			continue
		}
		a.groups[g].add(a.hashes[i], a.limit, a.precision)
	}
}

func (a *distinct) Merge(other Accumulator, remap []int32) {
	o := other.(*distinct)
	for g := range o.groups {
		a.groups[remap[g]].merge(&o.groups[g], a.limit, a.precision)
	}
}

func (a *distinct) Finish() vector.Column {
	out := make([]int64, len(a.groups))
	for g := range a.groups {
		out[g] = a.groups[g].count()
	}
	return &vector.Longs{Typ: value.Long, Data: out}
}
