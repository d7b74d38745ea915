package keys

import "math/bits"

// Longs gives dense ids to 64-bit keys in the order in which they first come: open addressing with linear probing. A slot's
// place is given by the high bits of the key's hash, so that growing reads and writes the slots in one sweep. The zero value
// is empty.
type Longs struct {
	slots []longSlot
	keys  []uint64 // by id
	shift uint8
	seen  uint64 // what touch read, so that it is not left out
}

// longSlot holds the key beside the id, so that a look-up touches one place.
type longSlot struct {
	key uint64
	id  int32 // id+1, 0 is free
}

// firstSlots is the number of slots that a table begins with, a power of two.
const firstSlots = 64

// touched is the number of slots from which on a table is larger than the caches near the processor.
const touched = 1 << 13

func mix(x uint64) uint64 {
	hi, lo := bits.Mul64(x^0x9e3779b97f4a7c15, 0xbf58476d1ce4e5b9)
	return hi ^ lo
}

// Len returns the number of keys.
func (t *Longs) Len() int { return len(t.keys) }

// Keys returns the keys by id. They are the table's own.
func (t *Longs) Keys() []uint64 { return t.keys }

// ID returns the id of key, adding it when insert is set; -1 when it is not there.
func (t *Longs) ID(key uint64, insert bool) int32 {
	if t.slots == nil {
		if !insert {
			return -1
		}
		t.slots, t.shift = make([]longSlot, firstSlots), uint8(64-bits.TrailingZeros(firstSlots))
	}
	mask := uint64(len(t.slots) - 1)
	i := mix(key) >> t.shift
	for {
		s := &t.slots[i&mask]
		if s.id == 0 {
			break
		}
		if s.key == key {
			return s.id - 1
		}
		i++
	}
	if !insert {
		return -1
	}
	t.keys = append(t.keys, key)
	t.slots[i&mask] = longSlot{key, int32(len(t.keys))}
	if len(t.keys)*2 > len(t.slots) {
		t.grow()
	}
	return int32(len(t.keys) - 1)
}

// IDs writes the ids of many keys to out. All slots of a run are read before the first is looked at, so that the reads of
// memory overlap.
func (t *Longs) IDs(keys []uint64, insert bool, out []int32) {
	const run = 512
	for from := 0; from < len(keys); from += run {
		part := keys[from:min(from+run, len(keys))]
		if slots := t.slots; len(slots) >= touched {
			mask, sum := uint64(len(slots)-1), uint64(0)
			for _, k := range part {
				sum += slots[(mix(k)>>t.shift)&mask].key
			}
			t.seen = sum
		}
		ids := out[from : from+len(part)]
		for i, k := range part {
			ids[i] = t.ID(k, insert)
		}
	}
}

func (t *Longs) grow() {
	old := t.slots
	slots := make([]longSlot, 2*len(old))
	t.slots = slots
	t.shift--
	mask := uint64(len(slots) - 1)
	for _, s := range old {
		if s.id == 0 {
			continue
		}
		i := mix(s.key) >> t.shift
		for slots[i&mask].id != 0 {
			i++
		}
		slots[i&mask] = s
	}
}
