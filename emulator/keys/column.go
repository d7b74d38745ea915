package keys

import (
	"math"

	"github.com/cockroachdb/apd/v3"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

// Column gives ids to the values of one column. Null is a value of its own.
//
// As long as all texts come from one dictionary their codes stand for them, and the values that are given back use it too.
// When others come, the texts themselves are entered once each.
type Column struct {
	typ    value.Type
	n      int
	nullID int32
	longs  Longs
	order  []int32 // by id: the value's code in own, or its id in its table; -1 for null

	own *vector.Dict // the dictionary that all texts so far come from
	by  codeIDs      // ids by its codes

	texts  vector.TextIDs
	isText bool    // texts are entered
	byText []int32 // ids by id in texts
	others map[*vector.Dict]*codeIDs
	last   *vector.Dict
	lastBy *codeIDs
	absent bool         // some code is known to have no id
	given  *vector.Dict // of the texts entered so far, as they were last given back
	byID   *vector.Dict // of all values so far by id

	nodes  []*value.Node
	decs   []*apd.Decimal
	hashes []uint32
}

// NewColumn returns a column of no values. Unknown stands for dynamic.
func NewColumn(typ value.Type) *Column { return &Column{typ: typ, nullID: -1} }

// Len returns the number of distinct values, null among them.
func (c *Column) Len() int { return c.n }

const (
	unknownID = -2
	absentID  = -1
)

// codeIDs are ids by the codes of a dictionary, in an array once enough rows have asked.
type codeIDs struct {
	ids    []int32 // unknownID where no row has asked
	rows   int
	sparse Longs   // codes while few have asked
	of     []int32 // ids by id in sparse
}

// at returns where the id of a code is kept.
func (m *codeIDs) at(code uint32) *int32 {
	if m.ids != nil {
		return &m.ids[code]
	}
	i := m.sparse.ID(uint64(code), true)
	if int(i) == len(m.of) {
		m.of = append(m.of, unknownID)
	}
	return &m.of[i]
}

// asked makes the array when the rows so far and some more make it pay.
func (m *codeIDs) asked(rows, size int) {
	if m.ids != nil {
		return
	}
	if m.rows += rows; m.rows*8 < size {
		return
	}
	m.ids = make([]int32, size)
	for i := range m.ids {
		m.ids[i] = unknownID
	}
	for i, code := range m.sparse.Keys() {
		m.ids[code] = m.of[i]
	}
	m.sparse, m.of = Longs{}, nil
}

func (m *codeIDs) forgetAbsent() {
	for _, ids := range [][]int32{m.ids, m.of} {
		for i, id := range ids {
			if id == absentID {
				ids[i] = unknownID
			}
		}
	}
}

func (c *Column) null(insert bool) int32 {
	if c.nullID < 0 && insert {
		c.nullID = c.add(-1)
	}
	return c.nullID
}

// add gives the next id to a value that is kept at a place.
func (c *Column) add(place int32) int32 {
	if c.absent { // no longer certain
		c.absent = false
		c.by.forgetAbsent()
		for _, m := range c.others {
			m.forgetAbsent()
		}
	}
	c.order = append(c.order, place)
	c.n++
	return int32(c.n - 1)
}

func (c *Column) long(v int64, insert bool) int32 { return c.entered(c.longs.ID(uint64(v), insert)) }

// entered returns the id of the value with an id in longs, a new one when that has just grown. Before the first null both are the same.
func (c *Column) entered(in int32) int32 {
	if in < 0 {
		return -1
	}
	switch c.nullID {
	case -1:
		if int(in) == c.n {
			c.add(in)
		}
		return in
	}
	id := in
	if in >= c.nullID {
		id++
	}
	if int(id) == c.n {
		c.add(in)
	}
	return id
}

func (c *Column) text(s string, insert bool) int32 {
	c.enterTexts()
	return c.textID(c.texts.ID(s, insert))
}

func (c *Column) textID(in int32) int32 {
	if in < 0 {
		return -1
	}
	if int(in) == len(c.byText) {
		c.byText = append(c.byText, c.add(in))
	}
	return c.byText[in]
}

// enterTexts enters the texts that codes have stood for.
func (c *Column) enterTexts() {
	if c.isText {
		return
	}
	c.isText = true
	if c.own == nil {
		return
	}
	const run = 1024
	var hashes [run]uint32
	for from := 0; from < len(c.order); from += run {
		part := c.order[from:min(from+run, len(c.order))]
		for i, code := range part {
			if code >= 0 {
				hashes[i] = c.texts.Hash(c.own.Values[code])
			}
		}
		c.texts.Touch(hashes[:len(part)])
		for i, code := range part {
			if code >= 0 {
				part[i] = c.texts.Find(c.own.Values[code], hashes[i], true)
				c.byText = append(c.byText, int32(from+i))
			}
		}
	}
	c.others = map[*vector.Dict]*codeIDs{c.own: &c.by}
	c.last, c.lastBy = c.own, &c.by
}

// IDs writes the ids of a column's rows to out, those from a row on. A value that is new is added when insert is set; else,
// and for nulls with skipNulls, it has -1.
func (c *Column) IDs(col vector.Column, from int, insert, skipNulls bool, out []int32) {
	c.find(col, from, insert, skipNulls, out)
	if skipNulls && c.nullID >= 0 { // a code may stand for null
		for i, id := range out {
			if id == c.nullID {
				out[i] = -1
			}
		}
	}
}

func (c *Column) find(col vector.Column, from int, insert, skipNulls bool, out []int32) {
	nullID := func() int32 {
		if skipNulls {
			return -1
		}
		return c.null(insert)
	}
	switch x := col.(type) {
	case *vector.Const:
		var id int32
		if x.Val.Null || x.Val.Type == value.GUID && x.Val.S == "" {
			id = nullID()
		} else if len(out) > 0 {
			id = c.value(x.Val, insert)
		}
		for i := range out {
			out[i] = id
		}
	case *vector.Longs:
		c.longIDs(x.Data[from:from+len(out)], x.Nulls, from, insert, nullID, out)
	case *vector.Bools:
		for i := range out {
			switch {
			case x.Nulls != nil && x.Nulls.Has(from+i):
				out[i] = nullID()
			case x.Data[from+i]:
				out[i] = c.long(1, insert)
			default:
				out[i] = c.long(0, insert)
			}
		}
	case *vector.Reals:
		for i := range out {
			if x.Nulls != nil && x.Nulls.Has(from+i) {
				out[i] = nullID()
			} else {
				out[i] = c.long(realBits(x.Data[from+i]), insert)
			}
		}
	case *vector.Strings:
		guid := x.Typ == value.GUID
		if x.Dict == nil {
			c.flat(x.Flat[from:from+len(out)], guid, insert, nullID, out)
			return
		}
		c.codes(x.Dict, x.Codes[from:from+len(out)], guid, insert, nullID, out)
	case *vector.Dynamics:
		if x.Text == nil {
			for i := range out {
				if n := x.At(from + i); n.IsNull() {
					out[i] = nullID()
				} else {
					out[i] = c.value(value.NewDynamic(n), insert)
				}
			}
			return
		}
		m := c.idsOf(&x.Text.Dict)
		m.asked(len(out), len(x.Text.Values))
		for i := range out {
			code := x.Codes[from+i]
			id := *m.at(code)
			if id < 0 && (insert || id == unknownID) {
				if v := x.Text.Node(code); v.IsNull() {
					id = nullID()
				} else {
					id = c.value(value.NewDynamic(v), insert)
				}
				c.keep(m.at(code), id, insert)
			}
			out[i] = id
		}
	default:
		for i := range out {
			if v := col.Value(from + i); v.Null {
				out[i] = nullID()
			} else {
				out[i] = c.value(v, insert)
			}
		}
	}
}

func (c *Column) longIDs(data []int64, nulls vector.Nulls, from int, insert bool, nullID func() int32, out []int32) {
	var lastValue int64
	lastID := int32(unknownID)
	for i, v := range data {
		if nulls != nil && nulls.Has(from+i) {
			out[i] = nullID()
			continue
		}
		if lastID == unknownID || v != lastValue {
			lastValue, lastID = v, c.long(v, insert)
		}
		out[i] = lastID
	}
}

// codes gives ids to texts of a dictionary.
func (c *Column) codes(d *vector.Dict, codes []uint32, guid, insert bool, nullID func() int32, out []int32) {
	m := c.idsOf(d)
	m.asked(len(codes), len(d.Values))
	if m.ids == nil {
		for i, code := range codes {
			id := *m.at(code)
			if id < 0 && (insert || id == unknownID) {
				id = c.ofCode(d, code, guid, insert, nullID)
				c.keep(m.at(code), id, insert)
			}
			out[i] = id
		}
		return
	}
	ids, missing := m.ids, int32(0)
	for i, code := range codes {
		id := ids[code]
		out[i] = id
		missing |= id
	}
	switch {
	case missing >= 0:
	case !c.isText || guid:
		for i, code := range codes {
			if id := ids[code]; id >= 0 || id == absentID && !insert {
				out[i] = id
			} else {
				out[i] = c.ofCode(d, code, guid, insert, nullID)
				c.keep(&ids[code], out[i], insert)
			}
		}
	default:
		c.missing(d, ids, codes, insert, out)
	}
}

// missing looks up the texts of codes that have no id yet, all of them hashed before the first is looked at.
func (c *Column) missing(d *vector.Dict, ids []int32, codes []uint32, insert bool, out []int32) {
	const run = 1024
	var rows [run]int32
	var hashes [run]uint32
	for from := 0; from < len(codes); {
		n := 0
		for ; from < len(codes) && n < run; from++ {
			if id := ids[codes[from]]; id >= 0 || id == absentID && !insert {
				out[from] = id
				continue
			}
			rows[n], hashes[n] = int32(from), c.texts.Hash(d.Values[codes[from]])
			n++
		}
		c.texts.Touch(hashes[:n])
		for i, row := range rows[:n] {
			code := codes[row]
			id := ids[code]
			if id < 0 {
				id = c.textID(c.texts.Find(d.Values[code], hashes[i], insert))
				c.keep(&ids[code], id, insert)
			}
			out[row] = id
		}
	}
}

// keep remembers what a code has: its id, or that it had none.
func (c *Column) keep(at *int32, id int32, insert bool) {
	if id >= 0 {
		*at = id
	} else if !insert {
		*at = absentID
		c.absent = true
	}
}

// ofCode returns the id of a code that is met for the first time, or that had none.
func (c *Column) ofCode(d *vector.Dict, code uint32, guid, insert bool, nullID func() int32) int32 {
	switch {
	case guid && d.Values[code] == "":
		return nullID()
	case d == c.own && !c.isText:
		if !insert {
			return -1
		}
		return c.add(int32(code))
	}
	return c.text(d.Values[code], insert)
}

// idsOf returns the ids by the codes of a dictionary.
func (c *Column) idsOf(d *vector.Dict) *codeIDs {
	if c.own == nil && !c.isText && c.typ != value.Dynamic && c.typ != value.Unknown {
		c.own = d
	}
	if c.own == d {
		return &c.by
	}
	if c.last == d {
		return c.lastBy
	}
	c.enterTexts()
	m := c.others[d]
	if m == nil {
		if c.others == nil {
			c.others = map[*vector.Dict]*codeIDs{}
		}
		m = &codeIDs{}
		c.others[d] = m
	}
	c.last, c.lastBy = d, m
	return m
}

// flat gives ids to texts without a dictionary. All are hashed before the first is looked up, so that the reads of memory
// overlap.
func (c *Column) flat(list []string, guid, insert bool, nullID func() int32, out []int32) {
	c.enterTexts()
	if len(c.texts.Values) == 0 && !insert {
		for i, s := range list {
			if out[i] = -1; guid && s == "" {
				out[i] = nullID()
			}
		}
		return
	}
	const run = 1024
	if cap(c.hashes) < min(run, len(list)) {
		c.hashes = make([]uint32, min(run, len(list)))
	}
	for from := 0; from < len(list); from += run {
		part := list[from:min(from+run, len(list))]
		hashes := c.hashes[:len(part)]
		for i, s := range part {
			hashes[i] = c.texts.Hash(s)
		}
		c.texts.Touch(hashes)
		for i, s := range part {
			if guid && s == "" {
				out[from+i] = nullID()
			} else {
				out[from+i] = c.textID(c.texts.Find(s, hashes[i], insert))
			}
		}
	}
}

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

func (c *Column) value(v value.Value, insert bool) int32 {
	switch v.Type {
	case value.Real:
		return c.long(realBits(v.F), insert)
	case value.String, value.GUID:
		return c.text(v.S, insert)
	case value.Decimal:
		var reduced apd.Decimal
		reduced.Reduce(v.Dec)
		before := len(c.texts.Values)
		id := c.text(reduced.Text('G'), insert)
		if len(c.texts.Values) > before {
			c.decs = append(c.decs, v.Dec)
		}
		return id
	case value.Dynamic:
		before := len(c.texts.Values)
		id := c.text(v.Dyn.JSON(), insert)
		if len(c.texts.Values) > before {
			c.nodes = append(c.nodes, v.Dyn)
		}
		return id
	}
	return c.long(v.I, insert)
}

// Values returns the values of the given ids.
func (c *Column) Values(ids []int32) vector.Column {
	var nulls vector.Nulls
	if c.nullID >= 0 {
		nulls = vector.NewNulls(len(ids))
		for i, id := range ids {
			if id == c.nullID {
				nulls.Set(i)
			}
		}
		if !nulls.Any() {
			nulls = nil
		}
	}
	order := c.order
	switch c.typ {
	case value.String, value.GUID:
		return c.textValues(ids, nulls != nil)
	case value.Real:
		data := make([]float64, len(ids))
		for i, id := range ids {
			if a := order[id]; a >= 0 {
				data[i] = math.Float64frombits(c.longs.keys[a])
			}
		}
		return &vector.Reals{Data: data, Nulls: nulls}
	case value.Bool:
		data := make([]bool, len(ids))
		for i, id := range ids {
			if a := order[id]; a >= 0 {
				data[i] = c.longs.keys[a] != 0
			}
		}
		return &vector.Bools{Data: data, Nulls: nulls}
	case value.Decimal:
		data := make([]*apd.Decimal, len(ids))
		for i, id := range ids {
			if a := order[id]; a >= 0 {
				data[i] = c.decs[a]
			}
		}
		return &vector.Decimals{Data: data}
	case value.Dynamic, value.Unknown:
		nodes := make([]*value.Node, len(ids))
		for i, id := range ids {
			if a := order[id]; a >= 0 {
				nodes[i] = c.nodes[a]
			}
		}
		return &vector.Dynamics{Nodes: nodes}
	}
	data := make([]int64, len(ids))
	for i, id := range ids {
		if a := order[id]; a >= 0 {
			data[i] = int64(c.longs.keys[a])
		}
	}
	return &vector.Longs{Typ: c.typ, Data: data, Nulls: nulls}
}

// fewTexts is the size of dictionary up to which a few of its values keep it whole.
const fewTexts = 1 << 12

// textValues gives back the dictionary that the texts came from, unless they are few of many: then one of their own, which
// all calls share.
func (c *Column) textValues(ids []int32, nulls bool) vector.Column {
	dict := c.own
	if c.isText || dict == nil {
		if from := c.texts.Values; c.given == nil || len(c.given.Values) != len(from) {
			c.given = &vector.Dict{Values: from[:len(from):len(from)]}
		}
		dict = c.given
	}
	few := len(dict.Values) > fewTexts && c.n*16 < len(dict.Values)
	blank := uint32(0)
	if nulls && !few {
		var ok bool
		blank, ok = dict.Empty()
		few = !ok
	}
	codes := make([]uint32, len(ids))
	if !few {
		for i, id := range ids {
			if a := c.order[id]; a >= 0 {
				codes[i] = uint32(a)
			} else {
				codes[i] = blank
			}
		}
		return &vector.Strings{Typ: c.typ, Dict: dict, Codes: codes}
	}
	if c.byID == nil || len(c.byID.Values) != c.n {
		values := make([]string, c.n)
		for id, a := range c.order {
			if a >= 0 {
				values[id] = dict.Values[a]
			}
		}
		c.byID = &vector.Dict{Values: values}
	}
	for i, id := range ids {
		codes[i] = uint32(id)
	}
	return &vector.Strings{Typ: c.typ, Dict: c.byID, Codes: codes}
}
