package expr

import (
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"io"
	"math"
	"sync"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/bind"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

// Memory keeps what expressions gave for the values of dictionaries, so that queries which ask the same of the same stored
// rows, such as the runs of a rule hour by hour, compute it once. What is kept is told apart by the dictionary's address
// and the expression's text; it is bounded in bytes, and what was not asked for lately goes first. It is safe for
// concurrent use.
type Memory struct {
	limit int64

	mu         sync.Mutex
	young, old map[memoryKey]*lut
	blends     map[blendKey]*blended
	bytes      int64 // of young and blends
}

// memoryKey is an expression over a dictionary. Columns of different types may share a dictionary.
type memoryKey struct {
	dict *vector.Dict
	typ  value.Type
	of   fingerprint
}

// NewMemory returns a memory of about so many bytes.
func NewMemory(limit int64) *Memory { return &Memory{limit: limit, young: map[memoryKey]*lut{}} }

// rememberedValues is the size of dictionary from which on results are worth remembering.
const rememberedValues = 32

// get returns what is known of a key, a new lut when nothing is.
func (m *Memory) get(k memoryKey) *lut {
	m.mu.Lock()
	defer m.mu.Unlock()
	l, ok := m.young[k]
	if ok {
		return l
	}
	if l, ok = m.old[k]; !ok {
		l = &lut{dict: k.dict}
	}
	m.young[k] = l
	m.bytes += lutOverhead + l.bytes.Load()
	m.turn()
	return l
}

func (m *Memory) blend(k blendKey) *blended {
	m.mu.Lock()
	defer m.mu.Unlock()
	b, ok := m.blends[k]
	if !ok {
		b = &blended{}
		if m.blends == nil {
			m.blends = map[blendKey]*blended{}
		}
		m.blends[k] = b
		m.bytes += lutOverhead
		m.turn()
	}
	return b
}

// grew counts the bytes of something that has just been filled.
func (m *Memory) grew(bytes int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.bytes += bytes
	m.turn()
}

const lutOverhead = 128

// turn makes the young old when they fill half of the memory; what is asked for again becomes young again.
func (m *Memory) turn() {
	if m.bytes > m.limit/2 {
		m.old, m.young, m.blends, m.bytes = m.young, map[memoryKey]*lut{}, nil, 0
	}
}

// bytesOf estimates what a column holds beside the dictionary it was made from.
func bytesOf(col vector.Column) int64 {
	n := int64(col.Len())
	switch c := col.(type) {
	case *vector.Bools:
		return n
	case *vector.Strings:
		if c.Dict != nil {
			return 4*n + textBytes(c.Dict.Values, 1)
		}
		return textBytes(c.Flat, 1)
	case *vector.Dynamics:
		if c.Text != nil {
			return 4*n + textBytes(c.Text.Values, treeShare)
		}
		return 100 * n
	case *vector.Const:
		return 64
	}
	return 8 * n
}

// treeShare is about how many times the bytes of a JSON text its tree takes, the text included.
const treeShare = 9

func textBytes(texts []string, share int) int64 {
	n := 0
	for _, t := range texts {
		n += 24 + share*len(t)
	}
	return int64(n)
}

// fingerprint stands for an expression over one column: two expressions with the same one give the same for the same value.
type fingerprint [16]byte

// unmarked is of expressions whose value depends on more than the column: subqueries, and functions that ask the query's
// surroundings.
var unmarked fingerprint

func (n *node) fingerprint() fingerprint {
	n.marked.Do(func() { n.mark = n.makeFingerprint() })
	return n.mark
}

func (n *node) makeFingerprint() fingerprint {
	if !n.pure {
		return unmarked
	}
	h := sha256.New()
	put(h, uint64(n.kind), uint64(n.typ))
	switch n.kind {
	case kindConst:
		printValue(h, n.val)
	case kindColumn:
	case kindPath, kindAnd, kindOr, kindChoose:
	case kindCall:
		call := n.expr.(*bind.Call)
		switch call.Name {
		case "geo_info_from_ip_address", "current_cluster_endpoint", "current_database", "current_principal", "now", "ago":
			return unmarked
		}
		text(h, call.Name)
	default:
		return unmarked
	}
	for _, a := range n.args {
		p := a.fingerprint()
		if p == unmarked {
			return unmarked
		}
		h.Write(p[:])
	}
	var sum [sha256.Size]byte
	return fingerprint(h.Sum(sum[:0])[:len(fingerprint{})])
}

func put(h hash.Hash, words ...uint64) {
	var b [8]byte
	for _, w := range words {
		binary.LittleEndian.PutUint64(b[:], w)
		h.Write(b[:])
	}
}

func text(h hash.Hash, s string) {
	put(h, uint64(len(s)))
	io.WriteString(h, s)
}

func printValue(h hash.Hash, v value.Value) {
	null := uint64(0)
	if v.Null {
		null = 1
	}
	put(h, uint64(v.Type), null, uint64(v.I), math.Float64bits(v.F))
	text(h, v.S)
	if v.Dec != nil {
		text(h, v.Dec.Text('G'))
	}
	if v.Dyn != nil {
		printNode(h, v.Dyn)
	}
}

func printNode(h hash.Hash, n *value.Node) {
	put(h, uint64(n.Kind), uint64(n.I), math.Float64bits(n.F), uint64(len(n.Keys)), uint64(len(n.Elems)))
	text(h, n.S)
	if n.Dec != nil {
		text(h, n.Dec.Text('G'))
	}
	for _, k := range n.Keys {
		text(h, k)
	}
	for _, e := range n.Elems {
		if e == nil {
			text(h, "")
			continue
		}
		printNode(h, e)
	}
}
