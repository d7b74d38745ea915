package store

import (
	"hash/maphash"
	"slices"
	"unsafe"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

// cells gathers one column's values as a reader meets them. Texts get a dictionary that is given up once most values are
// distinct. Where the type is not known, values are kept as JSON texts, strings as a quote and their text, and the type is found
// at the end.
type cells struct {
	name  string
	typ   value.Type // Unknown: to be found out
	skip  bool       // not wanted
	plain bool       // the name stands in JSON as it is
	n     int
	texts textCells
	longs []int64
	reals []float64
	bools []bool
	nulls []uint64
	any   bool // a null is there
	decs  []value.Value

	lastDate  string // the date part of the datetime before, and its ticks
	lastTicks int64
}

func newCells(name string, t value.Type) *cells { return &cells{name: name, typ: t} }

// expect makes room for the values that a column is likely to get.
func (c *cells) expect(h hint) {
	switch c.typ {
	case value.String, value.GUID, value.Dynamic, value.Unknown:
		if c.texts.isFlat = h.flat; h.flat {
			c.texts.flat = make([]string, 0, h.rows)
		} else {
			c.texts.codes = make([]uint32, 0, h.rows)
		}
	case value.Bool, value.Real, value.Decimal:
	default:
		c.longs = make([]int64, 0, h.rows)
	}
}

func (c *cells) setNull(i int) {
	for len(c.nulls) <= i>>6 {
		c.nulls = append(c.nulls, 0)
	}
	c.nulls[i>>6] |= 1 << (uint(i) & 63)
	c.any = true
}

// pad adds nulls up to row n.
func (c *cells) pad(n int) {
	for c.n < n {
		c.null()
	}
}

func (c *cells) null() {
	switch c.typ {
	case value.String, value.GUID, value.Dynamic, value.Unknown:
		c.texts.add(nil)
	case value.Bool:
		c.bools = append(c.bools, false)
		c.setNull(c.n)
	case value.Real:
		c.reals = append(c.reals, 0)
		c.setNull(c.n)
	case value.Decimal:
		c.decs = append(c.decs, value.Null(value.Decimal))
	default:
		c.longs = append(c.longs, 0)
		c.setNull(c.n)
	}
	c.n++
}

func (c *cells) long(v int64) {
	c.longs = append(c.longs, v)
	c.n++
}

// value adds a value of the column's type.
func (c *cells) value(v value.Value) {
	if v.Null {
		c.null()
		return
	}
	switch c.typ {
	case value.Bool:
		c.bools = append(c.bools, v.I != 0)
	case value.Real:
		c.reals = append(c.reals, v.F)
	case value.Decimal:
		c.decs = append(c.decs, v)
	case value.String, value.GUID:
		c.texts.add([]byte(v.S))
	case value.Dynamic:
		c.texts.add([]byte(v.Dyn.JSON()))
	case value.Unknown:
		c.texts.add(unknownText(v.Dyn))
	default:
		c.longs = append(c.longs, v.I)
	}
	c.n++
}

// unknownText is a value as a column of unknown type keeps it.
func unknownText(n *value.Node) []byte {
	if n.Kind == value.KindString {
		return append([]byte{'"'}, n.S...)
	}
	return []byte(n.JSON())
}

// text adds a value from its text, as CSV has it: converted to the column's type, the empty text as null.
func (c *cells) text(s []byte) {
	switch c.typ {
	case value.String:
		c.texts.add(s)
		c.n++
		return
	case value.Dynamic:
		c.texts.add(s)
		c.n++
		return
	case value.Unknown:
		if len(s) == 0 {
			c.null()
			return
		}
		c.texts.add(append([]byte{'"'}, s...))
		c.n++
		return
	}
	if len(s) == 0 {
		c.null()
		return
	}
	if c.typ == value.DateTime {
		if t, ok := c.datetime(s); ok {
			c.long(t)
		} else {
			c.null()
		}
		return
	}
	c.value(value.Convert(value.NewString(string(s)), c.typ))
}

// datetime reads a date and time; the date part of the value before is remembered, since logs come in order.
func (c *cells) datetime(s []byte) (int64, bool) {
	if len(s) >= 19 && s[4] == '-' && s[7] == '-' && (s[10] == 'T' || s[10] == ' ') && s[13] == ':' && s[16] == ':' {
		if string(s[:10]) != c.lastDate {
			day, ok := value.ParseDateTime(string(s[:10]))
			if !ok {
				return 0, false
			}
			c.lastDate, c.lastTicks = string(s[:10]), day
		}
		h, m, sec := twoDigits(s[11:]), twoDigits(s[14:]), twoDigits(s[17:])
		i := 19
		frac := int64(0)
		if i < len(s) && s[i] == '.' {
			scale := int64(1_000_000)
			for i++; i < len(s) && '0' <= s[i] && s[i] <= '9'; i++ {
				frac += int64(s[i]-'0') * scale
				scale /= 10
			}
		}
		if h >= 0 && h < 24 && m >= 0 && m < 60 && sec >= 0 && sec < 60 && (i == len(s) || i == len(s)-1 && s[i] == 'Z') {
			return c.lastTicks + (int64(h)*3600+int64(m)*60+int64(sec))*10_000_000 + frac, true
		}
	}
	return value.ParseDateTime(string(s))
}

func twoDigits(s []byte) int {
	a, b := s[0]-'0', s[1]-'0'
	if a > 9 || b > 9 {
		return -1
	}
	return int(a)*10 + int(b)
}

// finish returns the column.
func (c *cells) finish() (vector.Column, value.Type) {
	nulls := vector.Nulls(nil)
	if c.any {
		nulls = vector.NewNulls(c.n)
		copy(nulls, c.nulls)
	}
	switch c.typ {
	case value.String, value.GUID:
		return c.texts.column(c.typ), c.typ
	case value.Dynamic:
		return c.texts.dynamic(), c.typ
	case value.Unknown:
		return c.texts.infer()
	case value.Bool:
		return &vector.Bools{Data: c.bools, Nulls: nulls}, c.typ
	case value.Real:
		return &vector.Reals{Data: c.reals, Nulls: nulls}, c.typ
	case value.Decimal:
		return vector.FromValues(value.Decimal, c.decs...), c.typ
	}
	return &vector.Longs{Typ: c.typ, Data: c.longs, Nulls: nulls}, c.typ
}

// textCells is an adaptive dictionary: codes into distinct values, until more than half of many values are distinct.
type textCells struct {
	values []string
	codes  []uint32
	flat   []string
	isFlat bool
	slots  []textSlot
	mask   uint64
	seed   maphash.Seed
	arena  []byte
	last   uint32
}

type textSlot struct {
	hash uint32
	code uint32 // code+1, 0 is free
}

// fewTexts is the number of distinct values up to which they are looked through one by one: most columns of a small table
// never need a hash table.
const fewTexts = 8

// adaptAt is the number of distinct values from which on a dictionary must earn its keep.
const adaptAt = 2048

func (t *textCells) add(s []byte) {
	if t.isFlat {
		t.flat = append(t.flat, t.keep(s))
		return
	}
	if len(t.codes) > 0 && t.values[t.last] == string(s) {
		t.codes = append(t.codes, t.last)
		return
	}
	if t.slots == nil {
		for code, have := range t.values {
			if have == string(s) {
				t.last = uint32(code)
				t.codes = append(t.codes, t.last)
				return
			}
		}
		if len(t.values) < fewTexts {
			t.values = append(t.values, t.keep(s))
			t.last = uint32(len(t.values) - 1)
			t.codes = append(t.codes, t.last)
			return
		}
		t.seed = maphash.MakeSeed()
		t.grow()
	}
	h := maphash.Bytes(t.seed, s)
	i, short := h&t.mask, uint32(h>>32)
	for {
		slot := t.slots[i]
		if slot.code == 0 {
			break
		}
		if slot.hash == short && t.values[slot.code-1] == string(s) {
			t.last = slot.code - 1
			t.codes = append(t.codes, t.last)
			return
		}
		i = (i + 1) & t.mask
	}
	t.values = append(t.values, t.keep(s))
	t.slots[i] = textSlot{short, uint32(len(t.values))}
	t.last = uint32(len(t.values) - 1)
	t.codes = append(t.codes, t.last)
	if len(t.values)*2 > len(t.slots) {
		t.grow()
	}
	if len(t.values) > adaptAt && len(t.values) > len(t.codes)/2 {
		t.flatten()
	}
}

// textRef is a text that was added before.
type textRef struct {
	known bool
	code  uint32
	text  string
}

// ref remembers the text added last.
func (t *textCells) ref() textRef {
	if t.isFlat {
		return textRef{true, 0, t.flat[len(t.flat)-1]}
	}
	return textRef{true, t.last, t.values[t.last]}
}

// again adds a text that was added before.
func (t *textCells) again(r *textRef) {
	if t.isFlat {
		t.flat = append(t.flat, r.text)
		return
	}
	t.last = r.code
	t.codes = append(t.codes, r.code)
}

func (t *textCells) grow() {
	t.slots = make([]textSlot, max(len(t.slots)*4, 64))
	t.mask = uint64(len(t.slots) - 1)
	for code, s := range t.values {
		h := maphash.String(t.seed, s)
		i := h & t.mask
		for t.slots[i].code != 0 {
			i = (i + 1) & t.mask
		}
		t.slots[i] = textSlot{uint32(h >> 32), uint32(code + 1)}
	}
}

func (t *textCells) flatten() {
	t.flat = make([]string, len(t.codes), 2*len(t.codes))
	for i, c := range t.codes {
		t.flat[i] = t.values[c]
	}
	t.isFlat = true
	t.values, t.codes, t.slots = nil, nil, nil
}

// keep copies a text into memory of the column's own, many texts to an allocation.
func (t *textCells) keep(s []byte) string {
	if len(s) == 0 {
		return ""
	}
	if len(t.arena)+len(s) > cap(t.arena) {
		t.arena = make([]byte, 0, max(min(32<<10, 4*cap(t.arena)), 64, len(s)))
	}
	from := len(t.arena)
	t.arena = append(t.arena, s...)
	return unsafe.String(&t.arena[from], len(s))
}

func (t *textCells) column(typ value.Type) vector.Column {
	if t.isFlat {
		return &vector.Strings{Typ: typ, Flat: trimmed(t.flat)}
	}
	return &vector.Strings{Typ: typ, Dict: &vector.Dict{Values: t.values}, Codes: t.codes}
}

// trimmed gives back memory that a long list grew into and does not use.
func trimmed(list []string) []string {
	if len(list) > 1<<16 && cap(list)-len(list) > len(list)/8 {
		return slices.Clone(list)
	}
	return list
}

func (t *textCells) dynamic() vector.Column {
	if t.isFlat {
		d, codes := vector.DictOf(t.flat)
		return &vector.Dynamics{Text: vector.NewJSONDict(d.Values), Codes: codes}
	}
	return &vector.Dynamics{Text: vector.NewJSONDict(t.values), Codes: t.codes}
}

// infer finds the type of JSON texts: that of all values alike, real for numbers of both kinds, datetime for texts that all
// are dates with a time, dynamic for a mixture.
func (t *textCells) infer() (vector.Column, value.Type) {
	if c := t.strings(); c != nil {
		return c, value.String
	}
	values, codes := t.values, t.codes
	if t.isFlat {
		d, c := vector.DictOf(t.flat)
		values, codes = d.Values, c
	}
	nodes := make([]*value.Node, len(values))
	typ := value.Unknown
	dates := true
	for i, s := range values {
		if s == "" {
			continue
		}
		var n *value.Node
		if s[0] == '"' {
			n = value.NodeString(s[1:])
		} else if parsed, ok := value.ParseJSON(s); ok {
			n = parsed
		} else {
			n = value.NodeString(s)
		}
		nodes[i] = n
		var one value.Type
		switch {
		case n.IsNull():
			continue
		case n.Kind == value.KindBool:
			one = value.Bool
		case n.Kind == value.KindLong:
			one = value.Long
		case n.Kind == value.KindReal:
			one = value.Real
		case n.Kind == value.KindString:
			one = value.String
			if n.S != "" && dates {
				dates = looksLikeTime(n.S)
			}
		default:
			one = value.Dynamic
		}
		switch {
		case typ == value.Unknown || typ == one:
			typ = one
		case typ == value.Long && one == value.Real || typ == value.Real && one == value.Long:
			typ = value.Real
		default:
			typ = value.Dynamic
		}
	}
	switch {
	case typ == value.Unknown:
		typ = value.String
	case typ == value.String && dates && anyText(nodes):
		typ = value.DateTime
	}
	b := vector.NewBuilder(typ, len(nodes))
	for _, n := range nodes {
		if typ == value.Dynamic {
			b.AppendNode(n)
		} else {
			b.Append(value.Convert(value.NewDynamic(n), typ))
		}
	}
	if typ == value.String {
		flat := make([]string, len(nodes))
		for i, n := range nodes {
			flat[i] = n.Text()
		}
		d, inner := vector.DictOf(flat)
		out := make([]uint32, len(codes))
		for i, c := range codes {
			out[i] = inner[c]
		}
		return &vector.Strings{Typ: typ, Dict: d, Codes: out}, typ
	}
	if typ == value.Dynamic {
		return &vector.Dynamics{Text: vector.NewNodeDict(nodes), Codes: codes}, typ
	}
	rows := make([]int32, len(codes))
	for i, c := range codes {
		rows[i] = int32(c)
	}
	return b.Finish().Gather(rows), typ
}

// strings returns JSON texts that are all strings (or missing) and not all dates as a column of strings, nil when they are
// something else. It is what infer would find, without a tree of each value.
func (t *textCells) strings() vector.Column {
	list := t.values
	if t.isFlat {
		list = t.flat
	}
	plain := false // one is no date
	for _, s := range list {
		if s != "" && s[0] != '"' {
			return nil
		}
		plain = plain || len(s) > 1 && !looksLikeTime(s[1:])
	}
	if !plain {
		return nil
	}
	out := make([]string, len(list))
	for i, s := range list {
		if s != "" {
			out[i] = s[1:]
		}
	}
	switch {
	case t.isFlat:
		return &vector.Strings{Typ: value.String, Flat: out}
	case !slices.Contains(list, ""): // else a missing value and an empty text are the same
		return &vector.Strings{Typ: value.String, Dict: &vector.Dict{Values: out}, Codes: t.codes}
	}
	d, inner := vector.DictOf(out)
	codes := make([]uint32, len(t.codes))
	for i, c := range t.codes {
		codes[i] = inner[c]
	}
	return &vector.Strings{Typ: value.String, Dict: d, Codes: codes}
}

func anyText(nodes []*value.Node) bool {
	for _, n := range nodes {
		if n != nil && n.Kind == value.KindString && n.S != "" {
			return true
		}
	}
	return false
}

// looksLikeTime reports whether a text is an ISO 8601 date with a time, which is taken for a datetime without a schema.
func looksLikeTime(s string) bool {
	if len(s) < 16 || len(s) > 40 || s[4] != '-' || s[7] != '-' || s[10] != 'T' {
		return false
	}
	_, ok := value.ParseDateTime(s)
	return ok
}

// finishCSV finds the type of texts that came without one: long, real, bool (true and false in any case), datetime, JSON,
// or string where they disagree.
func finishCSV(c *cells) (vector.Column, value.Type) {
	if c.typ != value.Unknown {
		return c.finish()
	}
	values, codes := c.texts.values, c.texts.codes
	if c.texts.isFlat {
		d, k := vector.DictOf(c.texts.flat)
		values, codes = d.Values, k
	}
	texts := make([]string, len(values))
	typ := value.Unknown
	for i, quoted := range values {
		if quoted == "" {
			continue
		}
		texts[i] = quoted[1:]
		one := csvType(texts[i])
		switch {
		case typ == value.Unknown || typ == one:
			typ = one
		case typ.Numeric() && one.Numeric():
			typ = value.Real
		default:
			typ = value.String
		}
	}
	if typ == value.Unknown {
		typ = value.String
	}
	col := &vector.Strings{Typ: value.String, Dict: &vector.Dict{Values: texts}, Codes: codes}
	if typ == value.String {
		d, inner := vector.DictOf(texts)
		out := make([]uint32, len(codes))
		for i, code := range codes {
			out[i] = inner[code]
		}
		return &vector.Strings{Typ: typ, Dict: d, Codes: out}, typ
	}
	if typ == value.Dynamic {
		return &vector.Dynamics{Text: vector.NewJSONDict(texts), Codes: codes}, typ
	}
	b := vector.NewBuilder(typ, len(texts))
	for _, s := range texts {
		b.Append(value.Convert(value.NewString(s), typ))
	}
	rows := make([]int32, len(col.Codes))
	for i, code := range col.Codes {
		rows[i] = int32(code)
	}
	return b.Finish().Gather(rows), typ
}

func csvType(s string) value.Type {
	switch s[0] {
	case '{', '[':
		if _, ok := value.ParseJSON(s); ok {
			return value.Dynamic
		}
	case 't', 'f', 'T', 'F':
		if _, ok := value.ParseBool(s); ok {
			return value.Bool
		}
	}
	if isNumber([]byte(s)) && (len(s) < 2 || s[0] != '0' || s[1] == '.') {
		if _, ok := smallInt([]byte(s)); ok {
			return value.Long
		}
		return value.Real
	}
	if looksLikeTime(s) || len(s) >= 16 && len(s) <= 40 && s[4] == '-' && s[7] == '-' && s[10] == ' ' {
		if _, ok := value.ParseDateTime(s); ok {
			return value.DateTime
		}
	}
	return value.String
}
