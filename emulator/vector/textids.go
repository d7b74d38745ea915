package vector

import (
	"hash/maphash"
	"math/bits"
)

// TextIDs gives dense ids to texts in the order in which they first come: open addressing with linear probing. A slot's place
// is given by the high bits of the hash, so that growing reads and writes the slots in one sweep. The zero value is empty.
type TextIDs struct {
	Values []string // by id
	slots  []textSlot
	shift  uint8
	seed   maphash.Seed
	seen   uint32
}

const (
	firstTextSlots = 64      // a power of two
	touchedSlots   = 1 << 14 // from here on a table is larger than the caches near the processor
)

type textSlot struct {
	hash uint32
	id   int32 // id+1, 0 is free
}

// ID returns the id of a text, adding it when insert is set; -1 when it is not there.
func (t *TextIDs) ID(s string, insert bool) int32 {
	if t.slots == nil && !insert {
		return -1
	}
	return t.Find(s, t.Hash(s), insert)
}

// Hash returns the hash that Find wants. Many are best hashed before the first is looked up, so that the reads of memory overlap.
func (t *TextIDs) Hash(s string) uint32 {
	if t.slots == nil {
		t.slots, t.shift, t.seed = make([]textSlot, firstTextSlots), uint8(32-bits.TrailingZeros(firstTextSlots)), maphash.MakeSeed()
	}
	return uint32(maphash.String(t.seed, s) >> 32)
}

// Find is ID of a text whose hash is known.
func (t *TextIDs) Find(s string, h uint32, insert bool) int32 {
	mask := uint32(len(t.slots) - 1)
	i := h >> t.shift
	for {
		slot := t.slots[i&mask]
		if slot.id == 0 {
			break
		}
		if slot.hash == h && t.Values[slot.id-1] == s {
			return slot.id - 1
		}
		i++
	}
	if !insert {
		return -1
	}
	t.Values = append(t.Values, s)
	t.slots[i&mask] = textSlot{h, int32(len(t.Values))}
	if len(t.Values)*2 > len(t.slots) {
		t.grow()
	}
	return int32(len(t.Values) - 1)
}

// Touch reads the slots where the hashes belong, so that looking at them one by one finds them near.
func (t *TextIDs) Touch(hashes []uint32) {
	slots := t.slots
	if len(slots) < touchedSlots {
		return
	}
	mask, sum := uint32(len(slots)-1), uint32(0)
	for _, h := range hashes {
		sum += slots[(h>>t.shift)&mask].hash
	}
	t.seen = sum
}

func (t *TextIDs) grow() {
	old := t.slots
	slots := make([]textSlot, 2*len(old))
	t.slots = slots
	if t.shift > 0 {
		t.shift--
	}
	mask := uint32(len(slots) - 1)
	for _, s := range old {
		if s.id == 0 {
			continue
		}
		i := s.hash >> t.shift
		for slots[i&mask].id != 0 {
			i++
		}
		slots[i&mask] = s
	}
}
