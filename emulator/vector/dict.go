package vector

import (
	"sort"

	"github.com/cespare/xxhash/v2"
)

// Empty returns the code of the empty text, false when there is none.
func (d *Dict) Empty() (uint32, bool) {
	d.blanks.Do(func() {
		d.blank = -1
		for i, v := range d.Values {
			if v == "" {
				d.blank = int64(i)
				break
			}
		}
	})
	return uint32(d.blank), d.blank >= 0
}

// asked counts rows that want hashes, and reports whether they have become enough to hash all values once.
func (d *Dict) asked(rows int) bool {
	return d.hashing.Load() >= int64(len(d.Values)) || d.hashing.Add(int64(4*rows+1024)) >= int64(len(d.Values))
}

// Hashes returns the hash of each value, by code. It is computed once.
func (d *Dict) Hashes() []uint64 {
	d.hashes.Do(func() {
		d.hashed = make([]uint64, len(d.Values))
		for i, v := range d.Values {
			d.hashed[i] = xxhash.Sum64String(v)
		}
	})
	return d.hashed
}

// Ranks returns the place of each value in ordinal order, by code. It is computed once.
func (d *Dict) Ranks() []int32 {
	d.ranks.Do(func() {
		order := make([]int32, len(d.Values))
		for i := range order {
			order[i] = int32(i)
		}
		sort.Slice(order, func(a, b int) bool { return d.Values[order[a]] < d.Values[order[b]] })
		d.ranked = make([]int32, len(order))
		rank := int32(-1)
		for i, code := range order {
			if i == 0 || d.Values[code] != d.Values[order[i-1]] {
				rank++
			}
			d.ranked[code] = rank
		}
	})
	return d.ranked
}

// DictOf dictionary-encodes texts: codes[i] is the code of texts[i], equal texts share a code.
func DictOf(texts []string) (*Dict, []uint32) {
	index := make(map[string]uint32, len(texts))
	d := &Dict{}
	codes := make([]uint32, len(texts))
	for i, t := range texts {
		code, ok := index[t]
		if !ok {
			code = uint32(len(d.Values))
			index[t] = code
			d.Values = append(d.Values, t)
		}
		codes[i] = code
	}
	return d, codes
}
