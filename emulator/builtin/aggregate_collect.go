package builtin

import (
	"github.com/seed-caab1ad3/blindspot/emulator/keys"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

func collectAggregates() []Aggregate {
	return []Aggregate{
		{Name: "make_set", New: newMakeSet},
		only("make_set_if", 1, newMakeSet),
		{Name: "make_list", New: newMakeList(false)},
		only("make_list_if", 1, newMakeList(false)),
		{Name: "make_list_with_nulls", New: newMakeList(true)},
		{Name: "make_bag", New: newMakeBag},
		only("make_bag_if", 1, newMakeBag),
	}
}

// maxCollected bounds the arrays and bags of make_set, make_list and make_bag.
//
// Source: Kusto documentation, the pages of these aggregates, maxSize.
const maxCollected = 1 << 20

func sizeLimit(consts []value.Value, at int) int {
	if v, ok := constAt(consts, at); ok && v.I > 0 && v.I < maxCollected {
		return int(v.I)
	}
	return maxCollected
}

// makeSet collects the distinct values of a typed column in the order they come; nulls are left out. It keeps ids of values
// and of pairs of group and value, and no value itself.
type makeSet struct {
	typ    value.Type
	limit  int
	values *keys.Column
	pairs  *keys.Pairs
	counts []int32 // by group: its values, no more than limit
	ids    []int32
	fresh  []int32
}

func newMakeSet(t []value.Type, consts []value.Value, _ value.Type) Accumulator {
	limit := sizeLimit(consts, 1)
	if len(t) == 0 || t[0] == value.Dynamic || t[0] == value.Unknown {
		return &makeTreeSet{limit: limit, index: map[setKey]int32{}}
	}
	return &makeSet{typ: t[0], limit: limit, values: keys.NewColumn(t[0]), pairs: keys.NewPairs()}
}

func (a *makeSet) Resize(groups int) { a.counts = grown(a.counts, groups) }

func (a *makeSet) Update(args []vector.Column, group []int32, n int) {
	a.ids = grown(a.ids, n)
	a.values.IDs(fitted(args[0], a.typ), 0, true, true, a.ids[:n])
	a.add(groupsOf(group, n)[:n], a.ids[:n])
}

// add adds values by their ids, which it may change.
func (a *makeSet) add(group, ids []int32) {
	if a.limit < maxCollected {
		for i, g := range group {
			if int(a.counts[g]) >= a.limit {
				ids[i] = -1
			}
		}
	}
	a.fresh = a.pairs.Fresh(group, ids, a.fresh[:0])
	for _, row := range a.fresh {
		if g := group[row]; int(a.counts[g]) < a.limit {
			a.counts[g]++
		}
	}
}

func (a *makeSet) Merge(other Accumulator, remap []int32) {
	o := other.(*makeSet)
	of := make([]int32, o.values.Len())
	all := counting(len(of))
	a.values.IDs(o.values.Values(all), 0, true, true, of)
	const run = 1 << 12
	var group, ids [run]int32
	for from := 0; from < o.pairs.Len(); from += run {
		n := min(run, o.pairs.Len()-from)
		for i := range n {
			g, v := o.pairs.At(from + i)
			group[i], ids[i] = remap[g], of[v]
		}
		a.add(group[:n], ids[:n])
	}
}

func counting(n int) []int32 {
	out := make([]int32, n)
	for i := range out {
		out[i] = int32(i)
	}
	return out
}

func (a *makeSet) Finish() vector.Column {
	offsets := offsetsOf(a.counts)
	next := append([]int32(nil), offsets...)
	ids := make([]int32, offsets[len(offsets)-1])
	a.pairs.Each(func(g, v int32) {
		if next[g] < offsets[g+1] {
			ids[next[g]] = v
			next[g]++
		}
	})
	return vector.NewLists(offsets, a.values.Values(ids))
}

// offsetsOf returns where lists of these lengths begin, and where the last ends.
func offsetsOf(counts []int32) []int32 {
	out := make([]int32, len(counts)+1)
	for i, n := range counts {
		out[i+1] = out[i] + n
	}
	return out
}

type setKey struct {
	group int32
	hash  uint64
}

// makeTreeSet is make_set of dynamic values: arrays give their elements, nulls are left out.
type makeTreeSet struct {
	limit  int
	groups [][]*value.Node
	index  map[setKey]int32
}

func (a *makeTreeSet) Resize(groups int) { a.groups = grown(a.groups, groups) }

func (a *makeTreeSet) Update(args []vector.Column, group []int32, n int) {
	v := trees(args[0])
	for i, g := range groupsOf(group, n)[:n] {
		node := v.At(i)
		if node != nil && node.Kind == value.KindArray {
			for _, e := range node.Elems {
				a.add(g, e)
			}
			continue
		}
		a.add(g, node)
	}
}

// add puts a node into a group unless it is there. Nodes of one hash are compared.
func (a *makeTreeSet) add(g int32, n *value.Node) {
	if n.IsNull() || len(a.groups[g]) >= a.limit {
		return
	}
	var h [1]uint64
	vector.Hash(vector.ConstOf(value.NewDynamic(n), 1), h[:])
	key := setKey{g, h[0]}
	if at, ok := a.index[key]; ok {
		if value.EqualNodes(a.groups[g][at], n) {
			return
		}
		for _, e := range a.groups[g] {
			if value.EqualNodes(e, n) {
				return
			}
		}
	} else {
		a.index[key] = int32(len(a.groups[g]))
	}
	a.groups[g] = append(a.groups[g], n)
}

func (a *makeTreeSet) Merge(other Accumulator, remap []int32) {
	for g, nodes := range other.(*makeTreeSet).groups {
		for _, n := range nodes {
			a.add(remap[g], n)
		}
	}
}

func (a *makeTreeSet) Finish() vector.Column { return arraysColumn(a.groups) }

func arraysColumn(groups [][]*value.Node) vector.Column {
	out := make([]*value.Node, len(groups))
	for g, nodes := range groups {
		out[g] = value.NodeArray(nodes...)
	}
	return &vector.Dynamics{Nodes: out}
}

// makeList collects the values of a typed column in the order they come; nulls are left out unless they are wanted. It keeps
// the columns, and each row's group.
type makeList struct {
	typ    value.Type
	limit  int
	nulls  bool
	counts []int32
	parts  []vector.Column
	groups []int32 // of the rows of parts
	rows   []int32
}

func newMakeList(nulls bool) func([]value.Type, []value.Value, value.Type) Accumulator {
	return func(t []value.Type, consts []value.Value, _ value.Type) Accumulator {
		limit := sizeLimit(consts, 1)
		if len(t) == 0 || t[0] == value.Dynamic || t[0] == value.Unknown {
			return &makeTreeList{limit: limit, nulls: nulls}
		}
		return &makeList{typ: t[0], limit: limit, nulls: nulls}
	}
}

func (a *makeList) Resize(groups int) { a.counts = grown(a.counts, groups) }

func (a *makeList) Update(args []vector.Column, group []int32, n int) {
	a.add(fitted(args[0], a.typ), groupsOf(group, n)[:n])
}

func (a *makeList) add(col vector.Column, group []int32) {
	skip := !a.nulls && col.HasNulls()
	rows := a.rows[:0]
	for i, g := range group {
		if int(a.counts[g]) >= a.limit || skip && col.IsNull(i) {
			continue
		}
		a.counts[g]++
		rows = append(rows, int32(i))
	}
	a.rows = rows
	switch len(rows) {
	case 0:
		return
	case len(group):
		a.groups = append(a.groups, group...)
	default:
		col = col.Gather(rows)
		for _, r := range rows {
			a.groups = append(a.groups, group[r])
		}
	}
	a.parts = append(a.parts, col)
}

func (a *makeList) Merge(other Accumulator, remap []int32) {
	o := other.(*makeList)
	for i, g := range o.groups {
		o.groups[i] = remap[g]
	}
	at := 0
	for _, col := range o.parts {
		a.add(col, o.groups[at:at+col.Len()])
		at += col.Len()
	}
}

func (a *makeList) Finish() vector.Column {
	offsets := offsetsOf(a.counts)
	if len(a.parts) == 0 {
		return vector.NewLists(offsets, vector.NullsOf(a.typ, 0))
	}
	next := append([]int32(nil), offsets...)
	rows := make([]int32, len(a.groups))
	for row, g := range a.groups {
		rows[next[g]] = int32(row)
		next[g]++
	}
	return vector.NewLists(offsets, vector.Concat(a.parts...).Gather(rows))
}

// makeTreeList is make_list of dynamic values. Arrays give their elements, as in make_set.
//
// Source: Kusto documentation, "geo_point_in_polygon()", where make_list of arrays of one polygon each makes the coordinates of a MultiPolygon.
type makeTreeList struct {
	limit  int
	nulls  bool
	groups [][]*value.Node
}

var nullElement = &value.Node{Kind: value.KindNull}

func (a *makeTreeList) Resize(groups int) { a.groups = grown(a.groups, groups) }

func (a *makeTreeList) Update(args []vector.Column, group []int32, n int) {
	v := trees(args[0])
	for i, g := range groupsOf(group, n)[:n] {
		if len(a.groups[g]) >= a.limit {
			continue
		}
		node := v.At(i)
		if node != nil && node.Kind == value.KindArray {
			for _, e := range node.Elems {
				a.add(g, e)
			}
			continue
		}
		a.add(g, node)
	}
}

func (a *makeTreeList) add(g int32, n *value.Node) {
	if len(a.groups[g]) >= a.limit {
		return
	}
	if n.IsNull() {
		if !a.nulls {
			return
		}
		n = nullElement
	}
	a.groups[g] = append(a.groups[g], n)
}

func (a *makeTreeList) Merge(other Accumulator, remap []int32) {
	for g, nodes := range other.(*makeTreeList).groups {
		to := remap[g]
		room := a.limit - len(a.groups[to])
		a.groups[to] = append(a.groups[to], nodes[:min(room, len(nodes))]...)
	}
}

func (a *makeTreeList) Finish() vector.Column { return arraysColumn(a.groups) }

// makeBag joins bags; a key that comes again keeps its first value. What is no bag is left out.
type makeBag struct {
	limit  int
	groups []bag
}

// bag is a bag under construction.
type bag struct {
	keys  []string
	elems []*value.Node
	index map[string]int
}

func (b *bag) set(key string, n *value.Node, replace bool) {
	if b.index == nil {
		b.index = make(map[string]int, 8)
	}
	if at, ok := b.index[key]; ok {
		if replace {
			b.elems[at] = n
		}
		return
	}
	b.index[key] = len(b.keys)
	b.keys = append(b.keys, key)
	b.elems = append(b.elems, n)
}

func (b *bag) node() *value.Node { return value.NodeBag(b.keys, b.elems) }

func newMakeBag(_ []value.Type, consts []value.Value, _ value.Type) Accumulator {
	return &makeBag{limit: sizeLimit(consts, 1)}
}

func (a *makeBag) Resize(groups int) { a.groups = grown(a.groups, groups) }

func (a *makeBag) Update(args []vector.Column, group []int32, n int) {
	v := trees(args[0])
	for i, g := range groupsOf(group, n)[:n] {
		if node := v.At(i); node != nil && node.Kind == value.KindBag {
			a.add(g, node.Keys, node.Elems)
		}
	}
}

func (a *makeBag) add(g int32, keys []string, elems []*value.Node) {
	b := &a.groups[g]
	for i, k := range keys {
		if len(b.keys) >= a.limit {
			return
		}
		b.set(k, elems[i], false)
	}
}

func (a *makeBag) Merge(other Accumulator, remap []int32) {
	for g, b := range other.(*makeBag).groups {
		a.add(remap[g], b.keys, b.elems)
	}
}

func (a *makeBag) Finish() vector.Column {
	out := make([]*value.Node, len(a.groups))
	for g := range a.groups {
		out[g] = a.groups[g].node()
	}
	return &vector.Dynamics{Nodes: out}
}
