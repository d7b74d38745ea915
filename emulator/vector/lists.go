package vector

import (
	"sync"
	"sync/atomic"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
)

// Lists holds arrays whose elements are of one type, end to end in one column: what make_set and make_list give. Their trees
// are made when they are first asked for. It is safe for concurrent use.
type Lists struct {
	Offsets []int32 // list k holds the elements from Offsets[k] to Offsets[k+1]
	Elems   Column

	once   sync.Once
	nodes  []atomic.Pointer[value.Node]
	byCode []atomic.Pointer[value.Node] // of elements with a dictionary, which many lists share
}

// NoList is the code of a row that is null.
const NoList = 1<<32 - 1

// NewLists returns the lists of elements, one a row.
func NewLists(offsets []int32, elems Column) *Dynamics {
	codes := make([]uint32, len(offsets)-1)
	for i := range codes {
		codes[i] = uint32(i)
	}
	return &Dynamics{Lists: &Lists{Offsets: offsets, Elems: elems}, Codes: codes}
}

// Range returns where the elements of a list are. A null has none.
func (l *Lists) Range(code uint32) (from, to int) {
	if code == NoList {
		return 0, 0
	}
	return int(l.Offsets[code]), int(l.Offsets[code+1])
}

// Node returns a list as a tree, nil for null.
func (l *Lists) Node(code uint32) *value.Node {
	if code == NoList {
		return nil
	}
	l.once.Do(l.alloc)
	n := l.nodes[code].Load()
	if n == nil {
		from, to := l.Range(code)
		elems := make([]*value.Node, to-from)
		for i := range elems {
			elems[i] = l.elem(from + i)
		}
		n = value.NodeArray(elems...)
		if !l.nodes[code].CompareAndSwap(nil, n) {
			n = l.nodes[code].Load()
		}
	}
	return n
}

func (l *Lists) alloc() {
	l.nodes = make([]atomic.Pointer[value.Node], len(l.Offsets)-1)
	if s, ok := l.Elems.(*Strings); ok && s.Dict != nil && len(s.Dict.Values) <= 4*len(s.Codes)+64 {
		l.byCode = make([]atomic.Pointer[value.Node], len(s.Dict.Values))
	}
}

var nullElem = &value.Node{Kind: value.KindNull}

// Elem returns an element as a tree.
func (l *Lists) Elem(i int) *value.Node {
	l.once.Do(l.alloc)
	return l.elem(i)
}

func (l *Lists) elem(i int) *value.Node {
	if l.byCode != nil {
		s := l.Elems.(*Strings)
		at := &l.byCode[s.Codes[i]]
		if n := at.Load(); n != nil {
			return n
		}
		at.CompareAndSwap(nil, elemNode(s.Value(i)))
		return at.Load()
	}
	return elemNode(l.Elems.Value(i))
}

func elemNode(v value.Value) *value.Node {
	if n := v.Node(); n != nil {
		return n
	}
	return nullElem
}
