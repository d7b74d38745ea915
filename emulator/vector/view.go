package vector

import (
	"github.com/cockroachdb/apd/v3"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
)

// View reads the rows of a column of plain data in any encoding: row i is Data[i&Mask]. A constant has one element and
// Mask 0, so one loop serves both. Nulls is nil when no row is null; a null constant has Null set.
type View[T any] struct {
	Data  []T
	Nulls Nulls
	Mask  int
	Null  bool // a constant null: every row is null
}

// At returns row i.
func (v *View[T]) At(i int) T { return v.Data[i&v.Mask] }

// IsNull reports whether row i is null.
func (v *View[T]) IsNull(i int) bool { return v.Null || v.Nulls.Has(i) }

// IsConst reports whether all rows hold one value.
func (v *View[T]) IsConst() bool { return v.Mask == 0 }

// MayBeNull reports whether any row can be null.
func (v *View[T]) MayBeNull() bool { return v.Null || v.Nulls != nil }

// Int64s views int, long, datetime and timespan columns.
func Int64s(col Column) View[int64] {
	switch c := col.(type) {
	case *Longs:
		return View[int64]{Data: c.Data, Nulls: c.Nulls, Mask: -1}
	case *Const:
		return View[int64]{Data: []int64{c.Val.I}, Null: c.Val.Null}
	}
	return View[int64]{Data: []int64{0}, Null: true}
}

// Float64s views real columns.
func Float64s(col Column) View[float64] {
	switch c := col.(type) {
	case *Reals:
		return View[float64]{Data: c.Data, Nulls: c.Nulls, Mask: -1}
	case *Const:
		return View[float64]{Data: []float64{c.Val.F}, Null: c.Val.Null}
	}
	return View[float64]{Data: []float64{0}, Null: true}
}

// Truths views bool columns.
func Truths(col Column) View[bool] {
	switch c := col.(type) {
	case *Bools:
		return View[bool]{Data: c.Data, Nulls: c.Nulls, Mask: -1}
	case *Const:
		return View[bool]{Data: []bool{c.Val.I != 0}, Null: c.Val.Null}
	}
	return View[bool]{Data: []bool{false}, Null: true}
}

// DecimalView reads the rows of a decimal column; nil is null.
type DecimalView struct {
	Data []*apd.Decimal
	Mask int
}

// At returns row i, nil for null.
func (v *DecimalView) At(i int) *apd.Decimal { return v.Data[i&v.Mask] }

// DecimalsOf views decimal columns.
func DecimalsOf(col Column) DecimalView {
	switch c := col.(type) {
	case *Decimals:
		return DecimalView{Data: c.Data, Mask: -1}
	case *Const:
		return DecimalView{Data: []*apd.Decimal{c.Val.Dec}}
	}
	return DecimalView{Data: []*apd.Decimal{nil}}
}

// Texts reads the rows of a string or guid column in any encoding.
type Texts struct {
	values []string
	codes  []uint32
	mask   int
}

// TextsOf views string and guid columns.
func TextsOf(col Column) Texts {
	switch c := col.(type) {
	case *Strings:
		if c.Dict != nil {
			return Texts{values: c.Dict.Values, codes: c.Codes}
		}
		return Texts{values: c.Flat, mask: -1}
	case *Const:
		return Texts{values: []string{c.Val.S}}
	}
	return Texts{values: []string{""}}
}

// At returns row i.
func (t *Texts) At(i int) string {
	if t.codes != nil {
		return t.values[t.codes[i]]
	}
	return t.values[i&t.mask]
}

// Trees reads the rows of a dynamic column in any encoding.
type Trees struct {
	text  *JSONDict
	lists *Lists
	codes []uint32
	nodes []*value.Node
	mask  int
}

// TreesOf views dynamic columns.
func TreesOf(col Column) Trees {
	switch c := col.(type) {
	case *Dynamics:
		if c.Text != nil {
			return Trees{text: c.Text, codes: c.Codes}
		}
		if c.Lists != nil {
			return Trees{lists: c.Lists, codes: c.Codes}
		}
		return Trees{nodes: c.Nodes, mask: -1}
	case *Const:
		return Trees{nodes: []*value.Node{c.Val.Dyn}}
	}
	return Trees{nodes: []*value.Node{nil}}
}

// At returns row i, nil for null.
func (t *Trees) At(i int) *value.Node {
	switch {
	case t.text != nil:
		return t.text.Node(t.codes[i])
	case t.lists != nil:
		return t.lists.Node(t.codes[i])
	}
	return t.nodes[i&t.mask]
}

// Selected returns the rows of a bool column that are true, in order, appended to sel.
func Selected(col Column, sel []int32) []int32 {
	v := Truths(col)
	n := col.Len()
	if v.IsConst() {
		if v.Null || !v.Data[0] {
			return sel
		}
		for i := 0; i < n; i++ {
			sel = append(sel, int32(i))
		}
		return sel
	}
	for i, b := range v.Data {
		if b && !v.Nulls.Has(i) {
			sel = append(sel, int32(i))
		}
	}
	return sel
}
