package bind

import "sync"

// arena is what binding needs and its result does not hold: items, and the maps of names. Binding makes some hundreds of
// each for a query; they are used again for the next one.
type arena struct {
	blocks [][]item
	used   int // items handed out
	maps   []map[string]int
	lent   int // maps handed out
}

// itemsInBlock is how many items are made at once.
const itemsInBlock = 64

// What an arena keeps is bounded, so that one enormous query does not hold memory for good.
const (
	maxBlocks  = 64
	maxMaps    = 256
	maxMapSize = 512
)

var arenas = sync.Pool{New: func() any { return &arena{} }}

// release gives an arena back; nothing may hold its items or maps any more.
func (a *arena) release() {
	for i := 0; i*itemsInBlock < a.used; i++ {
		clear(a.blocks[i])
	}
	if len(a.blocks) > maxBlocks {
		a.blocks = a.blocks[:maxBlocks:maxBlocks]
	}
	kept := a.maps[:0]
	for i, m := range a.maps {
		if len(m) <= maxMapSize && i < maxMaps {
			clear(m)
			kept = append(kept, m)
		}
	}
	clear(a.maps[len(kept):])
	a.maps = kept
	a.used, a.lent = 0, 0
	arenas.Put(a)
}

// newItem keeps an item for as long as the query is bound.
func (b *binder) newItem(it item) *item {
	a := b.arena
	block, i := a.used/itemsInBlock, a.used%itemsInBlock
	if block == len(a.blocks) {
		a.blocks = append(a.blocks, make([]item, itemsInBlock))
	}
	a.used++
	p := &a.blocks[block][i]
	*p = it
	return p
}

// numbers returns an empty map for as long as the query is bound.
func (b *binder) numbers() map[string]int {
	a := b.arena
	if a.lent == len(a.maps) {
		a.maps = append(a.maps, map[string]int{})
	}
	a.lent++
	return a.maps[a.lent-1]
}
