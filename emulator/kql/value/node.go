package value

import "github.com/cockroachdb/apd/v3"

// Kind tells what a dynamic node holds. JSON gives the first six and the containers; the others come from dynamic
// literals and from functions such as pack and make_list, which keep Kusto's types.
type Kind uint8

// The kinds of dynamic nodes.
const (
	KindNull Kind = iota
	KindBool
	KindLong
	KindReal
	KindString
	KindDateTime
	KindTimespan
	KindGUID
	KindDecimal
	KindArray
	KindBag
)

// Node is one value of a dynamic tree. Nodes are shared and must not be changed once built. A nil *Node is dynamic(null).
//
// Kusto keeps the order in which a bag's keys came; a key that comes twice keeps its first place and its last value.
type Node struct {
	Kind  Kind
	I     int64        // bool, long, ticks of datetime and timespan
	F     float64      // real
	S     string       // string, guid
	Dec   *apd.Decimal // decimal
	Keys  []string     // names of a bag's slots, one an element of Elems
	Elems []*Node      // elements of an array, or values of a bag
}

// Constructors of nodes.
func NodeBool(b bool) *Node {
	if b {
		return &Node{Kind: KindBool, I: 1}
	}
	return &Node{Kind: KindBool}
}
func NodeLong(i int64) *Node           { return &Node{Kind: KindLong, I: i} }
func NodeReal(f float64) *Node         { return &Node{Kind: KindReal, F: f} }
func NodeString(s string) *Node        { return &Node{Kind: KindString, S: s} }
func NodeDateTime(ticks int64) *Node   { return &Node{Kind: KindDateTime, I: ticks} }
func NodeTimespan(ticks int64) *Node   { return &Node{Kind: KindTimespan, I: ticks} }
func NodeGUID(s string) *Node          { return &Node{Kind: KindGUID, S: s} }
func NodeDecimal(d *apd.Decimal) *Node { return &Node{Kind: KindDecimal, Dec: d} }
func NodeArray(elems ...*Node) *Node   { return &Node{Kind: KindArray, Elems: elems} }

// NodeBag returns a bag of the given slots; keys must be distinct.
func NodeBag(keys []string, elems []*Node) *Node {
	return &Node{Kind: KindBag, Keys: keys, Elems: elems}
}

// IsNull reports whether n is null: nil, or a null inside a container.
func (n *Node) IsNull() bool { return n == nil || n.Kind == KindNull }

// Get returns the value of a bag's key, nil when n is no bag or has no such key. Keys are compared with regard to case.
func (n *Node) Get(key string) *Node {
	if n == nil || n.Kind != KindBag {
		return nil
	}
	for i, k := range n.Keys {
		if k == key {
			return n.Elems[i]
		}
	}
	return nil
}

// At returns an array's element; a negative index counts from the end. nil when n is no array or has no such element.
func (n *Node) At(i int64) *Node {
	if n == nil || n.Kind != KindArray {
		return nil
	}
	if i < 0 {
		i += int64(len(n.Elems))
	}
	if i < 0 || i >= int64(len(n.Elems)) {
		return nil
	}
	return n.Elems[i]
}
