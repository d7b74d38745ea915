package builtin

import (
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

type setKey struct {
	group int32
	hash  uint64
}

// makeSet collects distinct values in the order they come: arrays give their elements, nulls are left out.
type makeSet struct {
	limit  int
	groups [][]*value.Node
	index  map[setKey]int32 // of dynamic values
	seen   hashSet          // of typed values: group and value in one hash
	values [][]uint64       // the hashes of typed values, by group
	hashes []uint64
	nodes  sharedNodes
}

// sharedNodes makes one node of each distinct text of a dictionary, however many groups hold it.
type sharedNodes struct {
	dict   *vector.Dict
	byCode []*value.Node
}

// of returns the node of a row, whose value is not null.
func (s *sharedNodes) of(col vector.Column, i int) *value.Node {
	c, ok := col.(*vector.Strings)
	if !ok || c.Dict == nil || c.Typ != value.String {
		return col.Value(i).Node()
	}
	if s.dict != c.Dict {
		s.dict, s.byCode = c.Dict, make([]*value.Node, len(c.Dict.Values))
	}
	code := c.Codes[i]
	n := s.byCode[code]
	if n == nil {
		n = value.NodeString(c.Dict.Values[code])
		s.byCode[code] = n
	}
	return n
}

func newMakeSet(_ []value.Type, consts []value.Value, _ value.Type) Accumulator {
	return &makeSet{limit: sizeLimit(consts, 1), index: map[setKey]int32{}}
}

func (a *makeSet) Resize(groups int) {
	a.groups, a.values = grown(a.groups, groups), grown(a.values, groups)
}

func (a *makeSet) Update(args []vector.Column, group []int32, n int) {
	group = groupsOf(group, n)
	col := args[0]
	if col.Type() == value.Dynamic {
		v := vector.TreesOf(col)
		for i, g := range group[:n] {
			node := v.At(i)
			if node != nil && node.Kind == value.KindArray {
				for _, e := range node.Elems {
					a.add(g, e)
				}
				continue
			}
			a.add(g, node)
		}
		return
	}
	a.hashes = grown(a.hashes, n)
	clear(a.hashes[:n])
	vector.Hash(col, a.hashes[:n])
	nulls := col.HasNulls()
	for i, g := range group[:n] {
		if nulls && col.IsNull(i) {
			continue
		}
		if len(a.groups[g]) >= a.limit || !a.seen.add(vector.MixGroup(g, a.hashes[i])) {
			continue
		}
		a.groups[g] = append(a.groups[g], a.nodes.of(col, i))
		a.values[g] = append(a.values[g], a.hashes[i])
	}
}

// add puts a node into a group unless it is there. Nodes of one hash are compared.
func (a *makeSet) add(g int32, n *value.Node) {
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

func (a *makeSet) Merge(other Accumulator, remap []int32) {
	o := other.(*makeSet)
	if len(a.index) == 0 && len(o.index) == 0 {
		for g, hashes := range o.values {
			to := remap[g]
			for i, h := range hashes {
				if len(a.groups[to]) < a.limit && a.seen.add(vector.MixGroup(to, h)) {
					a.groups[to], a.values[to] = append(a.groups[to], o.groups[g][i]), append(a.values[to], h)
				}
			}
		}
		return
	}
	for g, nodes := range o.groups {
		for _, n := range nodes {
			a.add(remap[g], n)
		}
	}
}

func (a *makeSet) Finish() vector.Column { return arraysColumn(a.groups) }

func arraysColumn(groups [][]*value.Node) vector.Column {
	out := make([]*value.Node, len(groups))
	for g, nodes := range groups {
		out[g] = value.NodeArray(nodes...)
	}
	return &vector.Dynamics{Nodes: out}
}

// makeList collects values in the order they come; nulls are left out unless they are wanted. Arrays give their elements, as in make_set.
//
// Source: Kusto documentation, "geo_point_in_polygon()", where make_list of arrays of one polygon each makes the coordinates of a MultiPolygon.
type makeList struct {
	limit  int
	nulls  bool
	groups [][]*value.Node
}

func newMakeList(nulls bool) func([]value.Type, []value.Value, value.Type) Accumulator {
	return func(_ []value.Type, consts []value.Value, _ value.Type) Accumulator {
		return &makeList{limit: sizeLimit(consts, 1), nulls: nulls}
	}
}

var nullElement = &value.Node{Kind: value.KindNull}

func (a *makeList) Resize(groups int) { a.groups = grown(a.groups, groups) }

func (a *makeList) Update(args []vector.Column, group []int32, n int) {
	col := args[0]
	byCode := codeNodes(col)
	for i, g := range groupsOf(group, n)[:n] {
		if len(a.groups[g]) >= a.limit {
			continue
		}
		var node *value.Node
		if byCode != nil {
			node = byCode(i)
		} else {
			node = col.Value(i).Node()
		}
		if node != nil && node.Kind == value.KindArray {
			for _, e := range node.Elems {
				a.add(g, e)
			}
			continue
		}
		a.add(g, node)
	}
}

func (a *makeList) add(g int32, n *value.Node) {
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

// codeNodes shares one node among the rows of a dictionary's value; nil for other columns.
func codeNodes(col vector.Column) func(i int) *value.Node {
	c, ok := col.(*vector.Strings)
	if !ok || c.Dict == nil || c.Typ != value.String {
		return nil
	}
	seen := make(map[uint32]*value.Node, 16)
	return func(i int) *value.Node {
		code := c.Codes[i]
		n := seen[code]
		if n == nil {
			n = value.NodeString(c.Dict.Values[code])
			seen[code] = n
		}
		return n
	}
}

func (a *makeList) Merge(other Accumulator, remap []int32) {
	for g, nodes := range other.(*makeList).groups {
		to := remap[g]
		room := a.limit - len(a.groups[to])
		a.groups[to] = append(a.groups[to], nodes[:min(room, len(nodes))]...)
	}
}

func (a *makeList) Finish() vector.Column { return arraysColumn(a.groups) }

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
