package exec

import (
	"math/bits"
	"slices"
	"strings"

	"github.com/seed-caab1ad3/blindspot/emulator/keys"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/bind"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

// packedKey is one sort key as a number below 1<<width a row, in the order of the key.
type packedKey struct {
	width int
	at    func(row int) uint64
}

// packKey numbers the values of a sort key: whole numbers by their distance from the smallest, texts by their rank in the
// dictionary. ok is false for what has no such numbers.
func packKey(col vector.Column, k bind.SortKey, n int) (packedKey, bool) {
	switch c := col.(type) {
	case *vector.Const:
		return packedKey{0, func(int) uint64 { return 0 }}, true
	case *vector.Longs:
		low, high, nulls, first := int64(0), int64(0), false, true
		for i, v := range c.Data[:n] {
			switch {
			case c.Nulls.Has(i):
				nulls = true
			case first:
				low, high, first = v, v, false
			default:
				low, high = min(low, v), max(high, v)
			}
		}
		span := uint64(high) - uint64(low)
		if span >= 1<<62 {
			return packedKey{}, false
		}
		null, shift := span+1, uint64(0)
		if nulls && k.NullsFirst {
			null, shift = 0, 1
		}
		width := bits.Len64(span)
		if nulls {
			width = bits.Len64(span + 1)
		}
		return packedKey{width, func(i int) uint64 {
			switch {
			case c.Nulls.Has(i):
				return null
			case k.Descending:
				return uint64(high) - uint64(c.Data[i]) + shift
			}
			return uint64(c.Data[i]) - uint64(low) + shift
		}}, true
	case *vector.Bools:
		return packedKey{2, func(i int) uint64 {
			switch {
			case c.Nulls.Has(i) && k.NullsFirst:
				return 0
			case c.Nulls.Has(i):
				return 3
			case c.Data[i] != k.Descending:
				return 2
			}
			return 1
		}}, true
	case *vector.Strings:
		if c.Typ != value.String || c.Dict == nil {
			return packedKey{}, false
		}
		codes, ranks := c.Codes[:n], []int32(nil)
		if len(c.Dict.Values) > 2*n {
			codes, ranks = usedRanks(c.Dict.Values, codes)
		} else {
			ranks = c.Dict.Ranks()
		}
		last := uint64(len(ranks))
		if k.Descending {
			return packedKey{bits.Len64(last), func(i int) uint64 { return last - 1 - uint64(ranks[codes[i]]) }}, true
		}
		return packedKey{bits.Len64(last), func(i int) uint64 { return uint64(ranks[codes[i]]) }}, true
	}
	return packedKey{}, false
}

// usedRanks numbers the values that some rows of a large dictionary have, and returns each row's number and each number's place
// in ordinal order.
func usedRanks(values []string, codes []uint32) (numbers []uint32, ranks []int32) {
	var used keys.Longs
	numbers = make([]uint32, len(codes))
	for i, c := range codes {
		numbers[i] = uint32(used.ID(uint64(c), true))
	}
	list := used.Keys()
	order := make([]int32, len(list))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int { return strings.Compare(values[list[a]], values[list[b]]) })
	ranks = make([]int32, len(list))
	for i, at := range order {
		ranks[at] = int32(i)
	}
	return numbers, ranks
}

// orderPacked sorts by keys that fit into one 64-bit number together; nil when they do not.
func orderPacked(cols []vector.Column, keys []bind.SortKey, n int) []int32 {
	list := make([]packedKey, len(cols))
	width := 0
	for i, c := range cols {
		var ok bool
		if list[i], ok = packKey(c, keys[i], n); !ok {
			return nil
		}
		if width += list[i].width; width > 64 {
			return nil
		}
	}
	pairs := make([]keyedRow, n)
	sorted := true
	for i := range pairs {
		key := uint64(0)
		for _, k := range list {
			key = key<<k.width | k.at(i)
		}
		pairs[i] = keyedRow{key, int32(i)}
		sorted = sorted && (i == 0 || pairs[i-1].key <= key)
	}
	switch {
	case sorted:
	case n < 1024:
		slices.SortStableFunc(pairs, func(a, b keyedRow) int {
			switch {
			case a.key < b.key:
				return -1
			case a.key > b.key:
				return 1
			}
			return 0
		})
	default:
		pairs = radixSort(pairs, width)
	}
	out := make([]int32, n)
	for i, p := range pairs {
		out[i] = p.row
	}
	return out
}

type keyedRow struct {
	key uint64
	row int32
}

// radixSort sorts by the low width bits of the keys, stably, eleven bits a pass.
func radixSort(pairs []keyedRow, width int) []keyedRow {
	const digit = 11
	other := make([]keyedRow, len(pairs))
	for shift := 0; shift < width; shift += digit {
		var counts [1<<digit + 1]int32
		for _, p := range pairs {
			counts[p.key>>shift&(1<<digit-1)+1]++
		}
		if counts[pairs[0].key>>shift&(1<<digit-1)+1] == int32(len(pairs)) {
			continue
		}
		for i := 1; i < len(counts); i++ {
			counts[i] += counts[i-1]
		}
		for _, p := range pairs {
			d := p.key >> shift & (1<<digit - 1)
			other[counts[d]] = p
			counts[d]++
		}
		pairs, other = other, pairs
	}
	return pairs
}
