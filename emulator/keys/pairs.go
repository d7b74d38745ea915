package keys

import "math/bits"

// Pairs gives ids to combinations of ids: mostly pairs, or as many as fit into 64 bits. While the product of their ranges is
// small against the rows it is an array indexed by the combination, else a hash table.
type Pairs struct {
	widths []uint8 // bits of each input in a packed key
	shifts []uint8
	limits []int // scratch

	caps  []int   // dense: inputs are below
	dense []int32 // id+1
	keys  []uint64
	hash  *Longs
	bits  []uint64 // instead of dense, for Fresh: whether there is one

	packed []uint64 // scratch
	places []int32
	found  []int32
	seen   int32
}

// NewPairs returns an empty set of pairs of ids.
func NewPairs() *Pairs { return newPairs([]int{32, 31}) }

// newPairs spreads the bits that are left over the inputs.
func newPairs(widths []int) *Pairs {
	sum := 0
	for _, w := range widths {
		sum += w
	}
	spare := (64 - sum) / len(widths)
	p := &Pairs{widths: make([]uint8, len(widths)), shifts: make([]uint8, len(widths))}
	at := 0
	for i := len(widths) - 1; i >= 0; i-- {
		w := min(widths[i]+max(spare, 0), 32)
		p.widths[i], p.shifts[i] = uint8(w), uint8(at)
		at += w
	}
	return p
}

// bitsFor returns the bits that ids below n take.
func bitsFor(n int) int { return max(1, bits.Len(uint(max(n-1, 0)))) }

// Len returns the number of combinations.
func (p *Pairs) Len() int {
	if p.hash != nil {
		return p.hash.Len()
	}
	return len(p.keys)
}

// At returns a pair by its id.
func (p *Pairs) At(id int) (first, second int32) {
	key := p.all()[id]
	return int32(key >> p.shifts[0]), int32(key & (1<<p.widths[1] - 1))
}

// Each calls f with all pairs, in the order of their ids.
func (p *Pairs) Each(f func(first, second int32)) {
	shift, mask := p.shifts[0], uint64(1)<<p.widths[1]-1
	for _, key := range p.all() {
		f(int32(key>>shift), int32(key&mask))
	}
}

func (p *Pairs) all() []uint64 {
	if p.hash != nil {
		return p.hash.keys
	}
	return p.keys
}

// part returns one input of each of some combinations.
func (p *Pairs) part(input int, ids []int32) []int32 {
	out := make([]int32, len(ids))
	keys, shift, mask := p.all(), p.shifts[input], uint64(1)<<p.widths[input]-1
	for i, id := range ids {
		out[i] = int32(keys[id] >> shift & mask)
	}
	return out
}

const (
	denseLimit = 1 << 16 // cells that any array may have
	denseShare = 16      // cells an array may have for each combination
	denseMost  = 1 << 25
)

// prepare makes room for inputs below the limits, when so many rows are to come; false when they have too many bits.
func (p *Pairs) prepare(limits []int, rows int) bool {
	for i, n := range limits {
		if bitsFor(n) > int(p.widths[i]) {
			return false
		}
	}
	if p.hash != nil {
		return true
	}
	fits := p.caps != nil
	for i, n := range limits {
		if fits && n > p.caps[i] {
			fits = false
		}
	}
	if fits {
		return true
	}
	caps, cells := make([]int, len(limits)), 1
	most := min(max(denseLimit, denseShare*(len(p.keys)+rows)), denseMost)
	for i, n := range limits {
		caps[i] = max(8, n+n/4)
		if p.caps != nil {
			caps[i] = max(caps[i], p.caps[i])
		}
		if cells *= caps[i]; cells > most {
			p.hash = &Longs{}
			for _, k := range p.keys {
				p.hash.ID(k, true)
			}
			p.dense, p.caps, p.keys = nil, nil, nil
			return true
		}
	}
	p.caps, p.dense = caps, make([]int32, cells)
	for id, k := range p.keys {
		p.dense[p.cell(k)] = int32(id + 1)
	}
	return true
}

// cell returns the place of a packed key in the array.
func (p *Pairs) cell(key uint64) int {
	at := 0
	for i, c := range p.caps {
		at = at*c + int(key>>p.shifts[i]&(1<<p.widths[i]-1))
	}
	return at
}

// IDs writes the ids of pairs to out, which is none of the two, and adds those that are new. A pair with a negative part has -1.
func (p *Pairs) IDs(first, second []int32, out []int32) {
	for from := 0; from < len(first); from += chunk {
		to := min(from+chunk, len(first))
		a, b := first[from:to], second[from:to]
		m, n := int32(0), int32(0)
		for i, x := range a {
			m, n = max(m, x), max(n, b[i])
		}
		p.limits = append(p.limits[:0], int(m)+1, int(n)+1)
		p.prepare(p.limits, len(first)-from)
		p.combine([][]int32{a, b}, true, out[from:to])
	}
}

// Fresh adds pairs and returns the rows whose pairs are new, in order, appended to rows. It is for sets that are never asked
// for ids: a bit each is enough while their ranges are small, and one set may not use both Fresh and IDs.
func (p *Pairs) Fresh(first, second []int32, rows []int32) []int32 {
	for from := 0; from < len(first); from += chunk {
		to := min(from+chunk, len(first))
		a, b := first[from:to], second[from:to]
		m, n := int32(0), int32(0)
		for i, x := range a {
			m, n = max(m, x), max(n, b[i])
		}
		if p.hash == nil {
			p.layBits(int(m)+1, int(n)+1, len(first)-from)
		}
		if p.hash != nil {
			p.found = grownIDs(p.found, len(a))
			out := p.found
			next := int32(p.hash.Len())
			p.combine([][]int32{a, b}, true, out)
			for i, id := range out {
				if id == next {
					next++
					rows = append(rows, int32(from+i))
				}
			}
			continue
		}
		stride := p.caps[1]
		for i, x := range a {
			y := b[i]
			if x|y < 0 {
				continue
			}
			at := int(x)*stride + int(y)
			if w := &p.bits[at>>6]; *w&(1<<(uint(at)&63)) == 0 {
				*w |= 1 << (uint(at) & 63)
				p.keys = append(p.keys, uint64(x)<<p.shifts[0]|uint64(y))
				rows = append(rows, int32(from+i))
			}
		}
	}
	return rows
}

// layBits makes bits for first ids below m and second below n, or goes over to a hash table.
func (p *Pairs) layBits(m, n, rows int) {
	if p.caps != nil && m <= p.caps[0] && n <= p.caps[1] {
		return
	}
	if p.caps == nil {
		p.caps = []int{8, 8}
	}
	if m > p.caps[0] {
		p.caps[0] = max(m+m/4, p.caps[0])
	}
	if n > p.caps[1] {
		p.caps[1] = max(n+n/2, p.caps[1])
	}
	size := p.caps[0] * p.caps[1]
	if size > min(max(setLimit, setShare*(len(p.keys)+rows)), setMost) {
		p.hash = &Longs{}
		for _, k := range p.keys {
			p.hash.ID(k, true)
		}
		p.bits, p.keys = nil, nil
		return
	}
	p.bits = make([]uint64, size/64+1)
	for _, k := range p.keys {
		at := int(k>>p.shifts[0])*p.caps[1] + int(k&(1<<p.widths[1]-1))
		p.bits[at>>6] |= 1 << (uint(at) & 63)
	}
}

// combine writes the ids of combinations to out; those with a negative part have -1.
func (p *Pairs) combine(inputs [][]int32, insert bool, out []int32) {
	negative := int32(0)
	for _, in := range inputs {
		for _, v := range in {
			negative |= v
		}
	}
	if cap(p.packed) < len(out) {
		p.packed = make([]uint64, max(len(out), min(chunk, 2*len(out))))
	}
	packed := p.packed[:len(out)]
	if negative >= 0 {
		p.pack(inputs, packed)
		p.find(inputs, packed, insert, out)
		return
	}
	// Only the rows that are whole are looked up.
	places := p.places[:0]
	for i := range out {
		whole := int32(0)
		for _, in := range inputs {
			whole |= in[i]
		}
		if out[i] = -1; whole >= 0 {
			places = append(places, int32(i))
		}
	}
	p.places = places
	if len(places) == 0 {
		return
	}
	kept := make([][]int32, len(inputs))
	for k, in := range inputs {
		kept[k] = make([]int32, len(places))
		for i, at := range places {
			kept[k][i] = in[at]
		}
	}
	ids := make([]int32, len(places))
	packed = packed[:len(places)]
	p.pack(kept, packed)
	p.find(kept, packed, insert, ids)
	for i, at := range places {
		out[at] = ids[i]
	}
}

func (p *Pairs) pack(inputs [][]int32, packed []uint64) {
	for k, in := range inputs {
		shift := p.shifts[k]
		if k == 0 {
			for i, v := range in[:len(packed)] {
				packed[i] = uint64(v) << shift
			}
			continue
		}
		for i, v := range in[:len(packed)] {
			packed[i] |= uint64(v) << shift
		}
	}
}

func (p *Pairs) find(inputs [][]int32, packed []uint64, insert bool, out []int32) {
	if p.hash != nil {
		p.hash.IDs(packed, insert, out)
		return
	}
	if p.dense == nil {
		for i := range out {
			out[i] = -1
		}
		return
	}
	cells := out // where each stands, until its id does
	for k, in := range inputs {
		if k == 0 {
			copy(cells, in)
			continue
		}
		stride := int32(p.caps[k])
		for i, v := range in[:len(cells)] {
			cells[i] = cells[i]*stride + v
		}
	}
	if len(p.dense) > 1<<16 {
		sum := int32(0)
		for _, c := range cells {
			sum += p.dense[c]
		}
		p.seen = sum
	}
	for i, c := range cells {
		id := p.dense[c]
		if id == 0 && insert {
			p.keys = append(p.keys, packed[i])
			id = int32(len(p.keys))
			p.dense[c] = id
		}
		out[i] = id - 1
	}
}

func (p *Pairs) bytes() int64 {
	if p.hash != nil {
		return int64(len(p.hash.slots))*16 + int64(len(p.hash.keys))*8
	}
	return int64(len(p.dense))*4 + int64(len(p.keys))*8
}
