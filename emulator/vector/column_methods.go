package vector

import (
	"github.com/cockroachdb/apd/v3"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
)

// ---- Longs

func (c *Longs) Type() value.Type  { return c.Typ }
func (c *Longs) Len() int          { return len(c.Data) }
func (c *Longs) IsNull(i int) bool { return c.Nulls.Has(i) }
func (c *Longs) HasNulls() bool    { return c.Nulls != nil }
func (c *Longs) Value(i int) value.Value {
	if c.Nulls.Has(i) {
		return value.Null(c.Typ)
	}
	return value.Value{Type: c.Typ, I: c.Data[i]}
}
func (c *Longs) Slice(from, to int) Column {
	return &Longs{Typ: c.Typ, Data: c.Data[from:to:to], Nulls: c.Nulls.Slice(from, to)}
}
func (c *Longs) Gather(rows []int32) Column {
	data, nulls := gather(c.Data, c.Nulls, rows)
	return &Longs{Typ: c.Typ, Data: data, Nulls: nulls}
}

// ---- Bools

func (c *Bools) Type() value.Type  { return value.Bool }
func (c *Bools) Len() int          { return len(c.Data) }
func (c *Bools) IsNull(i int) bool { return c.Nulls.Has(i) }
func (c *Bools) HasNulls() bool    { return c.Nulls != nil }
func (c *Bools) Value(i int) value.Value {
	if c.Nulls.Has(i) {
		return value.Null(value.Bool)
	}
	return value.NewBool(c.Data[i])
}
func (c *Bools) Slice(from, to int) Column {
	return &Bools{Data: c.Data[from:to:to], Nulls: c.Nulls.Slice(from, to)}
}
func (c *Bools) Gather(rows []int32) Column {
	data, nulls := gather(c.Data, c.Nulls, rows)
	return &Bools{Data: data, Nulls: nulls}
}

// ---- Reals

func (c *Reals) Type() value.Type  { return value.Real }
func (c *Reals) Len() int          { return len(c.Data) }
func (c *Reals) IsNull(i int) bool { return c.Nulls.Has(i) }
func (c *Reals) HasNulls() bool    { return c.Nulls != nil }
func (c *Reals) Value(i int) value.Value {
	if c.Nulls.Has(i) {
		return value.Null(value.Real)
	}
	return value.NewReal(c.Data[i])
}
func (c *Reals) Slice(from, to int) Column {
	return &Reals{Data: c.Data[from:to:to], Nulls: c.Nulls.Slice(from, to)}
}
func (c *Reals) Gather(rows []int32) Column {
	data, nulls := gather(c.Data, c.Nulls, rows)
	return &Reals{Data: data, Nulls: nulls}
}

// gather picks rows of plain data; -1 gives null.
func gather[T any](data []T, nulls Nulls, rows []int32) ([]T, Nulls) {
	out := make([]T, len(rows))
	var outNulls Nulls
	for j, r := range rows {
		if r >= 0 && !nulls.Has(int(r)) {
			out[j] = data[r]
			continue
		}
		if outNulls == nil {
			outNulls = NewNulls(len(rows))
		}
		outNulls.Set(j)
	}
	return out, outNulls
}

// ---- Decimals

func (c *Decimals) Type() value.Type  { return value.Decimal }
func (c *Decimals) Len() int          { return len(c.Data) }
func (c *Decimals) IsNull(i int) bool { return c.Data[i] == nil }
func (c *Decimals) HasNulls() bool {
	for _, d := range c.Data {
		if d == nil {
			return true
		}
	}
	return false
}
func (c *Decimals) Value(i int) value.Value   { return value.NewDecimal(c.Data[i]) }
func (c *Decimals) Slice(from, to int) Column { return &Decimals{Data: c.Data[from:to:to]} }
func (c *Decimals) Gather(rows []int32) Column {
	out := make([]*apd.Decimal, len(rows))
	for j, r := range rows {
		if r >= 0 {
			out[j] = c.Data[r]
		}
	}
	return &Decimals{Data: out}
}

// ---- Strings

func (c *Strings) Type() value.Type { return c.Typ }
func (c *Strings) Len() int {
	if c.Dict != nil {
		return len(c.Codes)
	}
	return len(c.Flat)
}

// At returns the text of row i, "" for a null guid.
func (c *Strings) At(i int) string {
	if c.Dict != nil {
		return c.Dict.Values[c.Codes[i]]
	}
	return c.Flat[i]
}
func (c *Strings) IsNull(i int) bool { return c.Typ != value.String && c.At(i) == "" }
func (c *Strings) HasNulls() bool    { return c.Typ != value.String }
func (c *Strings) Value(i int) value.Value {
	s := c.At(i)
	return value.Value{Type: c.Typ, S: s, Null: s == "" && c.Typ != value.String}
}
func (c *Strings) Slice(from, to int) Column {
	if c.Dict != nil {
		return &Strings{Typ: c.Typ, Dict: c.Dict, Codes: c.Codes[from:to:to]}
	}
	return &Strings{Typ: c.Typ, Flat: c.Flat[from:to:to]}
}
func (c *Strings) Gather(rows []int32) Column {
	if c.Dict != nil {
		if codes, ok := gatherCodes(c.Codes, rows, func() (uint32, bool) { return c.Dict.Empty() }); ok {
			return &Strings{Typ: c.Typ, Dict: c.Dict, Codes: codes}
		}
	}
	out := make([]string, len(rows))
	for j, r := range rows {
		if r >= 0 {
			out[j] = c.At(int(r))
		}
	}
	return &Strings{Typ: c.Typ, Flat: out}
}

// gatherCodes picks rows of codes. It fails when a row is -1 and the dictionary has no code for the empty text.
func gatherCodes(codes []uint32, rows []int32, empty func() (uint32, bool)) ([]uint32, bool) {
	out := make([]uint32, len(rows))
	blank, known := uint32(0), false
	for j, r := range rows {
		if r >= 0 {
			out[j] = codes[r]
			continue
		}
		if !known {
			if blank, known = empty(); !known {
				return nil, false
			}
		}
		out[j] = blank
	}
	return out, true
}

// ---- Dynamics

func (c *Dynamics) Type() value.Type { return value.Dynamic }
func (c *Dynamics) Len() int {
	if c.Text != nil || c.Lists != nil {
		return len(c.Codes)
	}
	return len(c.Nodes)
}

// At returns the tree of row i, nil for null.
func (c *Dynamics) At(i int) *value.Node {
	switch {
	case c.Text != nil:
		return c.Text.Node(c.Codes[i])
	case c.Lists != nil:
		return c.Lists.Node(c.Codes[i])
	}
	return c.Nodes[i]
}
func (c *Dynamics) IsNull(i int) bool { return c.At(i).IsNull() }
func (c *Dynamics) HasNulls() bool    { return true }
func (c *Dynamics) Value(i int) value.Value {
	n := c.At(i)
	if n.IsNull() {
		return value.Null(value.Dynamic)
	}
	return value.NewDynamic(n)
}
func (c *Dynamics) Slice(from, to int) Column {
	if c.Text != nil || c.Lists != nil {
		return &Dynamics{Text: c.Text, Lists: c.Lists, Codes: c.Codes[from:to:to]}
	}
	return &Dynamics{Nodes: c.Nodes[from:to:to]}
}
func (c *Dynamics) Gather(rows []int32) Column {
	if c.Text != nil {
		if codes, ok := gatherCodes(c.Codes, rows, func() (uint32, bool) { return c.Text.Empty() }); ok {
			return &Dynamics{Text: c.Text, Codes: codes}
		}
	}
	if c.Lists != nil {
		codes, _ := gatherCodes(c.Codes, rows, func() (uint32, bool) { return NoList, true })
		return &Dynamics{Lists: c.Lists, Codes: codes}
	}
	out := make([]*value.Node, len(rows))
	for j, r := range rows {
		if r >= 0 {
			out[j] = c.At(int(r))
		}
	}
	return &Dynamics{Nodes: out}
}

// ---- Const

func (c *Const) Type() value.Type          { return c.Val.Type }
func (c *Const) Len() int                  { return c.N }
func (c *Const) IsNull(int) bool           { return c.Val.Null }
func (c *Const) HasNulls() bool            { return c.Val.Null }
func (c *Const) Value(int) value.Value     { return c.Val }
func (c *Const) Slice(from, to int) Column { return &Const{Val: c.Val, N: to - from} }
func (c *Const) Gather(rows []int32) Column {
	for _, r := range rows {
		if r < 0 {
			return Materialize(c).Gather(rows)
		}
	}
	return &Const{Val: c.Val, N: len(rows)}
}

// ConstOf returns a column that holds one value n times.
func ConstOf(v value.Value, n int) Column { return &Const{Val: v, N: n} }

// NullsOf returns a column of n nulls of a type, "" for string.
func NullsOf(t value.Type, n int) Column { return &Const{Val: value.Null(t), N: n} }

// Materialize returns a column that is no Const: a Const is written out, everything else is returned as it is. A string
// becomes a dictionary of one.
func Materialize(col Column) Column {
	c, ok := col.(*Const)
	if !ok {
		return col
	}
	switch v := c.Val; v.Type {
	case value.String, value.GUID:
		return &Strings{Typ: v.Type, Dict: &Dict{Values: []string{v.S}}, Codes: make([]uint32, c.N)}
	case value.Bool:
		return &Bools{Data: filled(v.I != 0, c.N), Nulls: allNulls(v.Null, c.N)}
	case value.Real:
		return &Reals{Data: filled(v.F, c.N), Nulls: allNulls(v.Null, c.N)}
	case value.Decimal:
		return &Decimals{Data: filled(v.Dec, c.N)}
	case value.Dynamic, value.Unknown:
		return &Dynamics{Nodes: filled(v.Dyn, c.N)}
	default:
		return &Longs{Typ: v.Type, Data: filled(v.I, c.N), Nulls: allNulls(v.Null, c.N)}
	}
}

func filled[T any](v T, n int) []T {
	out := make([]T, n)
	for i := range out {
		out[i] = v
	}
	return out
}

func allNulls(null bool, n int) Nulls {
	if !null {
		return nil
	}
	out := NewNulls(n)
	for i := 0; i < n; i++ {
		out.Set(i)
	}
	return out
}
