package exec

import (
	"math"

	"github.com/cockroachdb/apd/v3"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

// keyTable gives dense ids to rows of key values, in the order in which they first come. group-by, distinct, joins and
// partitions are built on it. Each key column first becomes ids of its own values (for a dictionary column one array
// look-up a row), then columns are combined pair by pair.
type keyTable struct {
	cols  []*keyColumn
	pairs []*pairTable
	n     int
	buf   [2][]int32
}

func newKeyTable(types []value.Type) *keyTable {
	t := &keyTable{}
	for i, typ := range types {
		t.cols = append(t.cols, &keyColumn{typ: typ, nullID: -1})
		if i > 0 {
			t.pairs = append(t.pairs, &pairTable{})
		}
	}
	return t
}

// Len returns the number of distinct keys so far.
func (t *keyTable) Len() int { return t.n }

// ids writes the id of each row's key to out, and adds keys that are new when insert is set. Without insert a key that is
// not there has -1. With skipNulls a row with a null in its key has -1 too: null equals nothing, not even null.
func (t *keyTable) ids(cols []vector.Column, n int, insert, skipNulls bool, out []int32) []int32 {
	if cap(out) < n {
		out = make([]int32, n)
	}
	out = out[:n]
	if len(t.cols) == 0 {
		clear(out)
		if insert && n > 0 {
			t.n = 1
		}
		if !insert && t.n == 0 {
			for i := range out {
				out[i] = -1
			}
		}
		return out
	}
	t.cols[0].ids(cols[0], insert, skipNulls, out)
	for k, p := range t.pairs {
		if cap(t.buf[0]) < n {
			t.buf[0] = make([]int32, n)
		}
		second := t.buf[0][:n]
		t.cols[k+1].ids(cols[k+1], insert, skipNulls, second)
		if insert {
			first := t.cols[0].n
			if k > 0 {
				first = len(t.pairs[k-1].pairs)
			}
			p.prepare(first, t.cols[k+1].n)
		}
		for i, a := range out {
			if b := second[i]; a < 0 || b < 0 {
				out[i] = -1
			} else {
				out[i] = p.id(a, b, insert)
			}
		}
	}
	if k := len(t.pairs); k > 0 {
		t.n = len(t.pairs[k-1].pairs)
	} else {
		t.n = t.cols[0].n
	}
	return out
}

// columns returns the key columns of all distinct keys, in the order of their ids.
func (t *keyTable) columns() []vector.Column {
	out := make([]vector.Column, len(t.cols))
	if len(t.cols) == 0 {
		return out
	}
	ids := make([]int32, t.n)
	for i := range ids {
		ids[i] = int32(i)
	}
	for k := len(t.pairs) - 1; k >= 0; k-- {
		second := make([]int32, len(ids))
		first := make([]int32, len(ids))
		for i, id := range ids {
			p := t.pairs[k].pairs[id]
			first[i], second[i] = int32(p>>32), int32(uint32(p))
		}
		out[k+1] = t.cols[k+1].column(second)
		ids = first
	}
	out[0] = t.cols[0].column(ids)
	return out
}

// keyColumn gives ids to the values of one key column. Null is a value of its own.
type keyColumn struct {
	typ    value.Type
	n      int
	nullID int32
	longs  longTable
	texts  textTable
	hashes []uint64
	order  []int32 // by id: the value's id in its table, -1 for null
	byVal  []int32 // by id in the table: the id
	nodes  []*value.Node
	decs   []*apd.Decimal
	remaps map[*vector.Dict][]int32
	last   *vector.Dict
	remap  []int32
}

const (
	remapUnknown = -2
	remapAbsent  = -1
)

func (k *keyColumn) null(insert bool) int32 {
	if k.nullID < 0 && insert {
		k.nullID = int32(k.n)
		k.n++
		k.order = append(k.order, -1)
	}
	return k.nullID
}

// added returns the id of the value with the given id in its table, a new one when the table has just grown.
func (k *keyColumn) added(inTable int32) int32 {
	if inTable < 0 {
		return -1
	}
	if int(inTable) == len(k.byVal) {
		k.byVal = append(k.byVal, int32(k.n))
		k.order = append(k.order, inTable)
		k.n++
	}
	return k.byVal[inTable]
}

func (k *keyColumn) long(v int64, insert bool) int32 { return k.added(k.longs.id(uint64(v), insert)) }

func (k *keyColumn) text(s string, insert bool) int32 { return k.added(k.texts.id(s, insert)) }

func (k *keyColumn) ids(col vector.Column, insert, skipNulls bool, out []int32) {
	nullID := func() int32 {
		if skipNulls {
			return -1
		}
		return k.null(insert)
	}
	switch c := col.(type) {
	case *vector.Const:
		var id int32
		if c.Val.Null || c.Val.Type == value.GUID && c.Val.S == "" {
			id = nullID()
		} else if len(out) > 0 {
			id = k.value(c.Val, insert)
		}
		for i := range out {
			out[i] = id
		}
	case *vector.Longs:
		var lastValue int64
		lastID := int32(-2)
		for i, v := range c.Data[:len(out)] {
			if c.Nulls != nil && c.Nulls.Has(i) {
				out[i] = nullID()
				continue
			}
			if lastID == -2 || v != lastValue {
				lastValue, lastID = v, k.long(v, insert)
			}
			out[i] = lastID
		}
	case *vector.Bools:
		for i, v := range c.Data[:len(out)] {
			switch {
			case c.Nulls != nil && c.Nulls.Has(i):
				out[i] = nullID()
			case v:
				out[i] = k.long(1, insert)
			default:
				out[i] = k.long(0, insert)
			}
		}
	case *vector.Reals:
		for i, v := range c.Data[:len(out)] {
			if c.Nulls != nil && c.Nulls.Has(i) {
				out[i] = nullID()
			} else {
				out[i] = k.long(realBits(v), insert)
			}
		}
	case *vector.Decimals:
		for i := range out {
			if c.Data[i] == nil {
				out[i] = nullID()
			} else {
				out[i] = k.value(value.NewDecimal(c.Data[i]), insert)
			}
		}
	case *vector.Strings:
		guid := c.Typ == value.GUID
		if c.Dict == nil {
			k.flat(c.Flat[:len(out)], guid, insert, nullID, out)
			return
		}
		remap := k.remapOf(c.Dict)
		for i, code := range c.Codes[:len(out)] {
			id := remap[code]
			if id == remapUnknown {
				if s := c.Dict.Values[code]; guid && s == "" {
					id = nullID()
				} else {
					id = k.text(s, insert)
				}
				if id >= 0 || !insert {
					remap[code] = id
				}
			}
			out[i] = id
		}
	case *vector.Dynamics:
		if c.Text == nil {
			for i, n := range c.Nodes[:len(out)] {
				if n.IsNull() {
					out[i] = nullID()
				} else {
					out[i] = k.value(value.NewDynamic(n), insert)
				}
			}
			return
		}
		remap := k.remapOf(&c.Text.Dict)
		for i, code := range c.Codes[:len(out)] {
			id := remap[code]
			if id == remapUnknown {
				if v := col.Value(i); v.Null || v.Dyn.IsNull() {
					id = nullID()
				} else {
					id = k.value(v, insert)
				}
				if id >= 0 || !insert {
					remap[code] = id
				}
			}
			out[i] = id
		}
	default:
		for i := range out {
			if v := col.Value(i); v.Null {
				out[i] = nullID()
			} else {
				out[i] = k.value(v, insert)
			}
		}
	}
}

// flat gives ids to texts without a dictionary. All are hashed before the first is looked up, so that the reads of memory
// overlap.
func (k *keyColumn) flat(texts []string, guid, insert bool, nullID func() int32, out []int32) {
	if len(k.texts.values) == 0 && !insert {
		for i, s := range texts {
			if out[i] = -1; guid && s == "" {
				out[i] = nullID()
			}
		}
		return
	}
	if cap(k.hashes) < hashRun {
		k.hashes = make([]uint64, hashRun)
	}
	for from := 0; from < len(texts); from += hashRun {
		run := texts[from:min(from+hashRun, len(texts))]
		hashes := k.hashes[:len(run)]
		for i, s := range run {
			hashes[i] = k.texts.hash(s)
		}
		for i, s := range run {
			if guid && s == "" {
				out[from+i] = nullID()
			} else {
				out[from+i] = k.added(k.texts.find(s, hashes[i], insert))
			}
		}
	}
}

const hashRun = 1024

// realBits returns the bits under which equal reals are equal keys: one zero, one NaN.
func realBits(f float64) int64 {
	if f == 0 {
		return 0
	}
	if f != f {
		return int64(math.Float64bits(math.NaN()))
	}
	return int64(math.Float64bits(f))
}

func (k *keyColumn) value(v value.Value, insert bool) int32 {
	switch v.Type {
	case value.Real:
		return k.long(realBits(v.F), insert)
	case value.String, value.GUID:
		return k.text(v.S, insert)
	case value.Decimal:
		var reduced apd.Decimal
		reduced.Reduce(v.Dec)
		before := len(k.texts.values)
		id := k.text(reduced.Text('G'), insert)
		if len(k.texts.values) > before {
			k.decs = append(k.decs, v.Dec)
		}
		return id
	case value.Dynamic:
		before := len(k.texts.values)
		id := k.text(v.Dyn.JSON(), insert)
		if len(k.texts.values) > before {
			k.nodes = append(k.nodes, v.Dyn)
		}
		return id
	}
	return k.long(v.I, insert)
}

// remapOf returns the map from a dictionary's codes to ids, filled as codes are met.
func (k *keyColumn) remapOf(d *vector.Dict) []int32 {
	if k.last == d && len(k.remap) >= len(d.Values) {
		return k.remap
	}
	remap, ok := k.remaps[d]
	if !ok || len(remap) < len(d.Values) {
		grown := make([]int32, len(d.Values))
		n := copy(grown, remap)
		for i := n; i < len(grown); i++ {
			grown[i] = remapUnknown
		}
		if k.remaps == nil {
			k.remaps = map[*vector.Dict][]int32{}
		}
		remap = grown
		k.remaps[d] = remap
	}
	k.last, k.remap = d, remap
	return remap
}

// column returns the values of the given ids.
func (k *keyColumn) column(ids []int32) vector.Column {
	hasNull := k.nullID >= 0
	var nulls vector.Nulls
	if hasNull {
		nulls = vector.NewNulls(len(ids))
		for i, id := range ids {
			if id == k.nullID {
				nulls.Set(i)
			}
		}
		if !nulls.Any() {
			nulls = nil
		}
	}
	at := func(i int) int32 { return k.order[ids[i]] }
	switch k.typ {
	case value.String, value.GUID:
		values := k.texts.values
		nullCode := uint32(len(values))
		if hasNull {
			values = append(values[:len(values):len(values)], "")
		}
		codes := make([]uint32, len(ids))
		for i := range ids {
			if a := at(i); a < 0 {
				codes[i] = nullCode
			} else {
				codes[i] = uint32(a)
			}
		}
		return &vector.Strings{Typ: k.typ, Dict: &vector.Dict{Values: values[:len(values):len(values)]}, Codes: codes}
	case value.Real:
		data := make([]float64, len(ids))
		for i := range ids {
			if a := at(i); a >= 0 {
				data[i] = math.Float64frombits(k.longs.keys[a])
			}
		}
		return &vector.Reals{Data: data, Nulls: nulls}
	case value.Bool:
		data := make([]bool, len(ids))
		for i := range ids {
			if a := at(i); a >= 0 {
				data[i] = k.longs.keys[a] != 0
			}
		}
		return &vector.Bools{Data: data, Nulls: nulls}
	case value.Decimal:
		data := make([]*apd.Decimal, len(ids))
		for i := range ids {
			if a := at(i); a >= 0 {
				data[i] = k.decs[a]
			}
		}
		return &vector.Decimals{Data: data}
	case value.Dynamic, value.Unknown:
		nodes := make([]*value.Node, len(ids))
		for i := range ids {
			if a := at(i); a >= 0 {
				nodes[i] = k.nodes[a]
			}
		}
		return &vector.Dynamics{Nodes: nodes}
	}
	data := make([]int64, len(ids))
	for i := range ids {
		if a := at(i); a >= 0 {
			data[i] = int64(k.longs.keys[a])
		}
	}
	return &vector.Longs{Typ: k.typ, Data: data, Nulls: nulls}
}
