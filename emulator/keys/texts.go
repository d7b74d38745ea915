package keys

import (
	"hash/maphash"
	"math/bits"
)

// texts gives dense ids to texts in the order in which they first come. Like Longs it places a slot by the high bits of the
// hash.
type texts struct {
	slots  []textSlot
	values []string // by id
	shift  uint8
	seed   maphash.Seed
	seen   uint32
}

type textSlot struct {
	hash uint32
	id   int32 // id+1, 0 is free
}

func (t *texts) id(s string, insert bool) int32 {
	if t.slots == nil && !insert {
		return -1
	}
	return t.find(s, t.hash(s), insert)
}

func (t *texts) hash(s string) uint32 {
	if t.slots == nil {
		t.slots, t.shift, t.seed = make([]textSlot, firstSlots), uint8(32-bits.TrailingZeros(firstSlots)), maphash.MakeSeed()
	}
	return uint32(maphash.String(t.seed, s) >> 32)
}

func (t *texts) find(s string, h uint32, insert bool) int32 {
	mask := uint32(len(t.slots) - 1)
	i := h >> t.shift
	for {
		slot := t.slots[i&mask]
		if slot.id == 0 {
			break
		}
		if slot.hash == h && t.values[slot.id-1] == s {
			return slot.id - 1
		}
		i++
	}
	if !insert {
		return -1
	}
	t.values = append(t.values, s)
	t.slots[i&mask] = textSlot{h, int32(len(t.values))}
	if len(t.values)*2 > len(t.slots) {
		t.grow()
	}
	return int32(len(t.values) - 1)
}

// touch reads the slots where the hashes belong, so that looking at them one by one finds them near.
func (t *texts) touch(hashes []uint32) {
	slots := t.slots
	if len(slots) < 2*touched {
		return
	}
	mask, sum := uint32(len(slots)-1), uint32(0)
	for _, h := range hashes {
		sum += slots[(h>>t.shift)&mask].hash
	}
	t.seen = sum
}

func (t *texts) grow() {
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
