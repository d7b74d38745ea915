package vector

import (
	"github.com/cockroachdb/apd/v3"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
)

// A builder leaves the dictionary for flat strings when it has seen more distinct values than dictLimit and they are more than half of the rows.
const dictLimit = 1 << 14

// Builder makes a column row by row. The Append method must suit the type: AppendLong for int, long, datetime and timespan,
// AppendString for string and guid, AppendNode or AppendJSON for dynamic. Strings are dictionary-encoded while that pays.
type Builder struct {
	typ   value.Type
	n     int
	longs []int64
	bools []bool
	reals []float64
	decs  []*apd.Decimal
	nulls Nulls
	flat  []string
	codes []uint32
	dict  *Dict
	index map[string]uint32
	nodes []*value.Node
}

// NewBuilder returns a builder for a type with room for some rows. Unknown builds dynamic.
func NewBuilder(t value.Type, capacity int) *Builder {
	b := &Builder{typ: t}
	switch t {
	case value.Bool:
		b.bools = make([]bool, 0, capacity)
	case value.Real:
		b.reals = make([]float64, 0, capacity)
	case value.Decimal:
		b.decs = make([]*apd.Decimal, 0, capacity)
	case value.String, value.GUID:
		b.dict, b.index = &Dict{}, map[string]uint32{}
		b.codes = make([]uint32, 0, capacity)
	case value.Dynamic, value.Unknown:
		b.typ = value.Dynamic
	default:
		b.longs = make([]int64, 0, capacity)
	}
	return b
}

// Len returns the number of rows so far.
func (b *Builder) Len() int { return b.n }

// Type returns the type of the column.
func (b *Builder) Type() value.Type { return b.typ }

// Append adds a value of the builder's type; a value of another type is added as null.
func (b *Builder) Append(v value.Value) {
	if v.Null || v.Type != b.typ {
		if b.typ == value.Dynamic && !v.Null {
			b.AppendNode(v.Node())
			return
		}
		b.AppendNull()
		return
	}
	switch b.typ {
	case value.Bool:
		b.AppendBool(v.I != 0)
	case value.Real:
		b.AppendReal(v.F)
	case value.Decimal:
		b.AppendDecimal(v.Dec)
	case value.String, value.GUID:
		b.AppendString(v.S)
	case value.Dynamic:
		b.AppendNode(v.Dyn)
	default:
		b.AppendLong(v.I)
	}
}

// AppendNull adds a null, "" for string.
func (b *Builder) AppendNull() {
	switch b.typ {
	case value.String, value.GUID:
		b.AppendString("")
		return
	case value.Decimal:
		b.AppendDecimal(nil)
		return
	case value.Dynamic:
		b.AppendNode(nil)
		return
	}
	for len(b.nulls) <= b.n>>6 {
		b.nulls = append(b.nulls, 0)
	}
	b.nulls.Set(b.n)
	switch b.typ {
	case value.Bool:
		b.AppendBool(false)
	case value.Real:
		b.AppendReal(0)
	default:
		b.AppendLong(0)
	}
}

func (b *Builder) AppendLong(v int64)           { b.longs = append(b.longs, v); b.n++ }
func (b *Builder) AppendBool(v bool)            { b.bools = append(b.bools, v); b.n++ }
func (b *Builder) AppendReal(v float64)         { b.reals = append(b.reals, v); b.n++ }
func (b *Builder) AppendDecimal(v *apd.Decimal) { b.decs = append(b.decs, v); b.n++ }

// AppendString adds a string or guid.
func (b *Builder) AppendString(s string) {
	b.n++
	if b.dict == nil {
		b.flat = append(b.flat, s)
		return
	}
	b.codes = append(b.codes, b.code(s))
	if d := len(b.dict.Values); d > dictLimit && d > b.n/2 {
		b.flatten()
	}
}

// AppendText adds a string by its bytes, which the builder does not hold on to: it asks keep for a copy of a text that it has
// not met.
func (b *Builder) AppendText(text []byte, keep func([]byte) string) {
	if b.dict == nil {
		b.n++
		b.flat = append(b.flat, keep(text))
		return
	}
	if code, ok := b.index[string(text)]; ok {
		b.n++
		b.codes = append(b.codes, code)
		return
	}
	b.AppendString(keep(text))
}

// AppendJSONText is AppendJSON by the text's bytes, which the builder does not hold on to.
func (b *Builder) AppendJSONText(text []byte, keep func([]byte) string) {
	if code, ok := b.index[string(text)]; ok {
		b.n++
		b.codes = append(b.codes, code)
		return
	}
	b.AppendJSON(keep(text))
}

func (b *Builder) code(s string) uint32 {
	code, ok := b.index[s]
	if !ok {
		code = uint32(len(b.dict.Values))
		b.dict.Values = append(b.dict.Values, s)
		b.index[s] = code
	}
	return code
}

func (b *Builder) flatten() {
	b.flat = make([]string, len(b.codes), max(cap(b.codes), 2*len(b.codes)))
	for i, c := range b.codes {
		b.flat[i] = b.dict.Values[c]
	}
	b.codes, b.dict, b.index = nil, nil, nil
}

// AppendJSON adds a dynamic by its JSON text, which is parsed when it is first read. The empty text is null.
func (b *Builder) AppendJSON(text string) {
	if b.nodes != nil {
		b.AppendNode(value.ParseDynamic(text))
		return
	}
	if b.dict == nil {
		b.dict, b.index = &Dict{}, map[string]uint32{}
	}
	b.codes = append(b.codes, b.code(text))
	b.n++
}

// AppendNode adds a dynamic by its tree.
func (b *Builder) AppendNode(n *value.Node) {
	if b.nodes == nil {
		b.nodes = make([]*value.Node, 0, max(8, 2*b.n))
		for _, c := range b.codes {
			b.nodes = append(b.nodes, value.ParseDynamic(b.dict.Values[c]))
		}
		b.codes, b.dict, b.index = nil, nil, nil
	}
	b.nodes = append(b.nodes, n)
	b.n++
}

// Finish returns the column. The builder must not be used afterwards.
func (b *Builder) Finish() Column {
	if b.nulls != nil {
		for len(b.nulls) < (b.n+63)/64 {
			b.nulls = append(b.nulls, 0)
		}
	}
	switch b.typ {
	case value.Bool:
		return &Bools{Data: b.bools, Nulls: b.nulls}
	case value.Real:
		return &Reals{Data: b.reals, Nulls: b.nulls}
	case value.Decimal:
		return &Decimals{Data: b.decs}
	case value.String, value.GUID:
		if b.dict != nil {
			return &Strings{Typ: b.typ, Dict: b.dict, Codes: b.codes}
		}
		return &Strings{Typ: b.typ, Flat: b.flat}
	case value.Dynamic:
		if b.dict != nil {
			return &Dynamics{Text: &JSONDict{Dict: Dict{Values: b.dict.Values}}, Codes: b.codes}
		}
		return &Dynamics{Nodes: b.nodes}
	}
	return &Longs{Typ: b.typ, Data: b.longs, Nulls: b.nulls}
}

// FromValues returns a column of values, all of type t.
func FromValues(t value.Type, values ...value.Value) Column {
	b := NewBuilder(t, len(values))
	for _, v := range values {
		b.Append(v)
	}
	return b.Finish()
}
