package vector

import (
	"sync"
	"sync/atomic"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
)

// JSONDict is a dictionary of distinct JSON texts with their parsed trees, parsed on first use. It is safe for
// concurrent use. The empty text is null, and text that is no JSON stands for a string of that text. Two texts may mean equal values ({"a":1} and
// {"a": 1}): groups and joins go by Hash and Equal, not by code.
type JSONDict struct {
	Dict
	once  sync.Once
	nodes []atomic.Pointer[value.Node]
}

// nullNode marks a text that was parsed and found null.
var nullNode = &value.Node{Kind: value.KindNull}

// NewJSONDict returns a dictionary of texts, which it keeps.
func NewJSONDict(texts []string) *JSONDict { return &JSONDict{Dict: Dict{Values: texts}} }

// NewNodeDict returns a dictionary of trees; its texts are their JSON.
func NewNodeDict(nodes []*value.Node) *JSONDict {
	texts := make([]string, len(nodes))
	for i, n := range nodes {
		if !n.IsNull() {
			texts[i] = n.JSON()
		}
	}
	return NodeDictOf(nodes, texts)
}

// NodeDictOf returns a dictionary of trees whose JSON texts are known, "" for null. It keeps the texts.
func NodeDictOf(nodes []*value.Node, texts []string) *JSONDict {
	d := &JSONDict{Dict: Dict{Values: texts}}
	d.once.Do(d.alloc)
	for i, n := range nodes {
		if n.IsNull() {
			n = nullNode
		}
		d.nodes[i].Store(n)
	}
	return d
}

// Node returns the tree of a code, nil for null.
func (d *JSONDict) Node(code uint32) *value.Node {
	d.once.Do(d.alloc)
	n := d.nodes[code].Load()
	if n == nil {
		n = value.ParseDynamic(d.Values[code])
		if n == nil {
			n = nullNode
		}
		if !d.nodes[code].CompareAndSwap(nil, n) {
			n = d.nodes[code].Load()
		}
	}
	if n == nullNode {
		return nil
	}
	return n
}

func (d *JSONDict) alloc() { d.nodes = make([]atomic.Pointer[value.Node], len(d.Values)) }

// copyFrom fills the codes from offset on with another dictionary's texts and the trees it has parsed. d must be new.
func (d *JSONDict) copyFrom(from *JSONDict, offset uint32) {
	copy(d.Values[offset:], from.Values)
	from.once.Do(from.alloc)
	for i := range from.nodes {
		if n := from.nodes[i].Load(); n != nil {
			d.nodes[int(offset)+i].Store(n)
		}
	}
}
