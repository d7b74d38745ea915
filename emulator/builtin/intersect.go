package builtin

import "github.com/seed-caab1ad3/blindspot/emulator/kql/value"

// intersectLimit is how many sketches are intersected at most: each one more doubles the unions to count.
const intersectLimit = 12

// Intersections returns, for saved hll values s0, s1, ..., how many values s0 has, s0 and s1 share, s0, s1 and s2 share, and so
// on: exactly while all of them hold hashes, else by counting unions. What is no hll shares nothing. False says that there are
// too many sketches.
func Intersections(saved []*value.Node) ([]int64, bool) {
	out := make([]int64, len(saved))
	sets := make([]*counter, len(saved))
	exact := true
	for i, n := range saved {
		c, _, ok := loadHLL(n)
		if !ok {
			c = &counter{}
		}
		sets[i] = c
		exact = exact && c.sketch == nil
	}
	if exact {
		var shared hashSet
		for i, c := range sets {
			next := hashSet{}
			c.set.each(func(h uint64) {
				if i == 0 || shared.has(h) {
					next.add(h)
				}
			})
			shared = next
			out[i] = int64(shared.len())
		}
		return out, true
	}
	if len(sets) > intersectLimit {
		return nil, false
	}
	accuracy := int64(1)
	for _, n := range saved {
		if _, a, ok := loadHLL(n); ok {
			accuracy = a
			break
		}
	}
	for last := range sets {
		sum := int64(0) // the sizes of the unions of all choices among the first sets, odd ones added, even ones taken away
		for choice := 1; choice < 1<<(last+1); choice++ {
			union, sign := &counter{}, int64(-1)
			for i := range last + 1 {
				if choice>>i&1 == 1 {
					union.merge(sets[i], savedHashes, precisionOf(accuracy))
					sign = -sign
				}
			}
			sum += sign * union.count()
		}
		out[last] = max(sum, 0)
	}
	return out, true
}

func (s *hashSet) has(h uint64) bool {
	if h == 0 {
		return s.zero
	}
	if len(s.slots) == 0 {
		return false
	}
	mask := uint64(len(s.slots) - 1)
	for i := h & mask; ; i = (i + 1) & mask {
		switch s.slots[i] {
		case h:
			return true
		case 0:
			return false
		}
	}
}
