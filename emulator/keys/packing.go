package keys

import "math/bits"

// Packing lays the ids of several columns side by side in one 64-bit key.
type Packing struct {
	widths, shifts []uint8
}

// NewPacking returns a packing of ids below the limits with the bits that are left over spread among them; false when 64 are
// too few.
func NewPacking(limits []int) (Packing, bool) {
	sum := 0
	for _, n := range limits {
		sum += bitsFor(n)
	}
	if sum > 64 {
		return Packing{}, false
	}
	p := Packing{make([]uint8, len(limits)), make([]uint8, len(limits))}
	spare := 64 - sum
	at := 0
	for i := len(limits) - 1; i >= 0; i-- {
		extra := spare / (i + 1)
		w := min(bitsFor(limits[i])+extra, 32)
		spare -= extra
		p.widths[i], p.shifts[i] = uint8(w), uint8(at)
		at += w
	}
	return p, true
}

// Fits reports whether ids below the limits have room.
func (p Packing) Fits(limits []int) bool {
	if len(p.widths) != len(limits) {
		return false
	}
	for i, n := range limits {
		if bitsFor(n) > int(p.widths[i]) {
			return false
		}
	}
	return true
}

// Pack writes the keys of rows, of which ids has those of each column.
func (p Packing) Pack(ids [][]int32, out []uint64) {
	for k, in := range ids {
		shift := p.shifts[k]
		if k == 0 {
			for i, v := range in[:len(out)] {
				out[i] = uint64(v) << shift
			}
			continue
		}
		for i, v := range in[:len(out)] {
			out[i] |= uint64(v) << shift
		}
	}
}

// Part returns column k's ids in keys.
func (p Packing) Part(k int, keys []uint64) []int32 {
	out := make([]int32, len(keys))
	shift, mask := p.shifts[k], uint64(1)<<p.widths[k]-1
	for i, key := range keys {
		out[i] = int32(key >> shift & mask)
	}
	return out
}

// Repacked returns a table of the same keys under another packing; ids stay as they are.
func (p Packing) Repacked(t *Longs, to Packing) Longs {
	ids := make([][]int32, len(p.widths))
	for k := range ids {
		ids[k] = p.Part(k, t.keys)
	}
	packed := make([]uint64, len(t.keys))
	to.Pack(ids, packed)
	var out Longs
	out.IDs(packed, true, make([]int32, len(packed)))
	return out
}

// Shares writes to out which of n shares of the hashes each row falls into. It does not depend on a packing.
func Shares(ids [][]int32, n int, out []uint16) {
	for i := range out {
		h := uint64(0)
		for _, in := range ids {
			h = mix(h + uint64(in[i]))
		}
		hi, _ := bits.Mul64(h*0x9e3779b97f4a7c15, uint64(n))
		out[i] = uint16(hi)
	}
}
