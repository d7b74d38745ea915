package exec

import (
	"hash/maphash"
	"math/bits"
)

// longTable gives dense ids to 64-bit keys in the order in which they first come: an open-addressing table with linear
// probing, some 2.5 times as fast as a Go map for this use.
type longTable struct {
	slots []longSlot
	keys  []uint64 // by id
	mask  uint64
}

// longSlot holds the key beside the id, so that a look-up touches one place.
type longSlot struct {
	key uint64
	id  int32 // id+1, 0 is free
}

func mix(x uint64) uint64 {
	hi, lo := bits.Mul64(x^0x9e3779b97f4a7c15, 0xbf58476d1ce4e5b9)
	return hi ^ lo
}

// id returns the id of key, adding it when insert is set; -1 when it is not there.
func (t *longTable) id(key uint64, insert bool) int32 {
	if t.slots == nil {
		if !insert {
			return -1
		}
		t.slots, t.mask = make([]longSlot, 64), 63
	}
	i := mix(key) & t.mask
	for {
		s := &t.slots[i]
		if s.id == 0 {
			break
		}
		if s.key == key {
			return s.id - 1
		}
		i = (i + 1) & t.mask
	}
	if !insert {
		return -1
	}
	t.keys = append(t.keys, key)
	t.slots[i] = longSlot{key, int32(len(t.keys))}
	if len(t.keys)*2 > len(t.slots) {
		t.grow()
	}
	return int32(len(t.keys) - 1)
}

func (t *longTable) grow() {
	t.slots = make([]longSlot, len(t.slots)*4)
	t.mask = uint64(len(t.slots) - 1)
	for id, key := range t.keys {
		i := mix(key) & t.mask
		for t.slots[i].id != 0 {
			i = (i + 1) & t.mask
		}
		t.slots[i] = longSlot{key, int32(id + 1)}
	}
}

// textTable gives dense ids to texts in the order in which they first come.
type textTable struct {
	slots  []textSlot
	values []string
	hashes []uint64 // by id, so that growing reads no text again
	mask   uint64
	seed   maphash.Seed
}

type textSlot struct {
	hash uint32
	id   int32 // id+1, 0 is free
}

func (t *textTable) id(s string, insert bool) int32 {
	if t.slots == nil && !insert {
		return -1
	}
	return t.find(s, t.hash(s), insert)
}

func (t *textTable) hash(s string) uint64 {
	if t.slots == nil {
		t.slots, t.mask, t.seed = make([]textSlot, 64), 63, maphash.MakeSeed()
	}
	return maphash.String(t.seed, s)
}

func (t *textTable) find(s string, h uint64, insert bool) int32 {
	i, short := h&t.mask, uint32(h>>32)
	for {
		slot := t.slots[i]
		if slot.id == 0 {
			break
		}
		if slot.hash == short && t.values[slot.id-1] == s {
			return slot.id - 1
		}
		i = (i + 1) & t.mask
	}
	if !insert {
		return -1
	}
	t.values, t.hashes = append(t.values, s), append(t.hashes, h)
	t.slots[i] = textSlot{short, int32(len(t.values))}
	if len(t.values)*2 > len(t.slots) {
		t.grow()
	}
	return int32(len(t.values) - 1)
}

func (t *textTable) grow() {
	t.slots = make([]textSlot, len(t.slots)*4)
	t.mask = uint64(len(t.slots) - 1)
	for id, h := range t.hashes {
		i := h & t.mask
		for t.slots[i].id != 0 {
			i = (i + 1) & t.mask
		}
		t.slots[i] = textSlot{uint32(h >> 32), int32(id + 1)}
	}
}

// pairTable gives dense ids to pairs of ids. While the product of both ranges is small it is an array indexed by the
// pair, else a hash table.
type pairTable struct {
	dense  []int32 // id+1
	stride int
	pairs  []uint64 // by id: first<<32 | second
	hash   *longTable
}

const denseLimit = 1 << 16

// prepare makes room for first ids below n and second ids below m.
func (t *pairTable) prepare(n, m int) {
	if t.hash != nil || n*t.stride <= len(t.dense) && m <= t.stride {
		return
	}
	stride := t.stride
	for stride < m || stride == 0 {
		stride = max(8, stride*2)
	}
	rows := 8
	for rows < n {
		rows *= 2
	}
	if rows*stride > denseLimit {
		t.hash = &longTable{}
		for _, p := range t.pairs {
			t.hash.id(p, true)
		}
		t.dense, t.pairs = nil, t.hash.keys
		return
	}
	t.stride, t.dense = stride, make([]int32, rows*stride)
	for id, p := range t.pairs {
		t.dense[int(p>>32)*stride+int(uint32(p))] = int32(id + 1)
	}
}

func (t *pairTable) id(first, second int32, insert bool) int32 {
	key := uint64(uint32(first))<<32 | uint64(uint32(second))
	if t.hash != nil {
		id := t.hash.id(key, insert)
		t.pairs = t.hash.keys
		return id
	}
	i := int(first)*t.stride + int(second)
	if i >= len(t.dense) || int(second) >= t.stride {
		return -1
	}
	if id := t.dense[i]; id != 0 {
		return id - 1
	}
	if !insert {
		return -1
	}
	t.pairs = append(t.pairs, key)
	t.dense[i] = int32(len(t.pairs))
	return int32(len(t.pairs) - 1)
}
