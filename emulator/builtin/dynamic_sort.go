package builtin

import (
	"sort"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
)

// sortedNode returns a tree whose bags have their keys sorted.
func sortedNode(n *value.Node) *value.Node {
	if n.IsNull() || n.Kind != value.KindBag && n.Kind != value.KindArray {
		return n
	}
	elems := make([]*value.Node, len(n.Elems))
	for i, e := range n.Elems {
		elems[i] = sortedNode(e)
	}
	if n.Kind == value.KindArray {
		return value.NodeArray(elems...)
	}
	keys := append([]string(nil), n.Keys...)
	sort.Sort(&bagOrder{keys, elems})
	return value.NodeBag(keys, elems)
}

type bagOrder struct {
	keys  []string
	elems []*value.Node
}

func (b *bagOrder) Len() int           { return len(b.keys) }
func (b *bagOrder) Less(i, j int) bool { return b.keys[i] < b.keys[j] }
func (b *bagOrder) Swap(i, j int) {
	b.keys[i], b.keys[j] = b.keys[j], b.keys[i]
	b.elems[i], b.elems[j] = b.elems[j], b.elems[i]
}
