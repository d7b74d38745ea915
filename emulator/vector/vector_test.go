package vector

import (
	"fmt"
	"testing"

	"github.com/cockroachdb/apd/v3"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
)

// samples holds four rows of each type, the second null (or empty).
func samples() map[value.Type][]value.Value {
	d := apd.New(125, -1)
	return map[value.Type][]value.Value{
		value.Bool:     {value.NewBool(true), value.Null(value.Bool), value.NewBool(false), value.NewBool(true)},
		value.Int:      {value.NewInt(5), value.Null(value.Int), value.NewInt(-5), value.NewInt(5)},
		value.Long:     {value.NewLong(5), value.Null(value.Long), value.NewLong(-5), value.NewLong(5)},
		value.Real:     {value.NewReal(2.5), value.Null(value.Real), value.NewReal(-1), value.NewReal(2.5)},
		value.Decimal:  {value.NewDecimal(d), value.Null(value.Decimal), value.NewDecimal(apd.New(1, 0)), value.NewDecimal(d)},
		value.DateTime: {value.NewDateTime(5), value.Null(value.DateTime), value.NewDateTime(7), value.NewDateTime(5)},
		value.Timespan: {value.NewTimespan(5), value.Null(value.Timespan), value.NewTimespan(-7), value.NewTimespan(5)},
		value.String:   {value.NewString("b"), value.NewString(""), value.NewString("a"), value.NewString("b")},
		value.GUID:     {value.NewGUID("0a1b2c3d-0000-4000-8000-00000000abcd"), value.Null(value.GUID), value.NewGUID("0a1b2c3d-0000-4000-8000-00000000abce"), value.NewGUID("0a1b2c3d-0000-4000-8000-00000000abcd")},
		value.Dynamic: {value.NewDynamic(value.NodeArray(value.NodeLong(1))), value.Null(value.Dynamic), value.NewDynamic(value.NodeString("x")),
			value.NewDynamic(value.NodeArray(value.NodeLong(1)))},
	}
}

// encodings gives the rows as every encoding of their type.
func encodings(t value.Type, rows []value.Value) map[string]Column {
	out := map[string]Column{"built": FromValues(t, rows...)}
	switch t {
	case value.String, value.GUID:
		var flat []string
		for _, v := range rows {
			flat = append(flat, v.S)
		}
		out["flat"] = &Strings{Typ: t, Flat: flat}
		dict, codes := DictOf(append([]string{"unused"}, flat...))
		out["dictionary"] = &Strings{Typ: t, Dict: dict, Codes: codes[1:]}
	case value.Dynamic:
		b := NewBuilder(t, 0)
		for _, v := range rows {
			text := ""
			if !v.Null {
				text = v.Dyn.JSON()
			}
			b.AppendJSON(text)
		}
		out["text"] = b.Finish()
	}
	return out
}

func equalRows(t *testing.T, what string, got Column, want []value.Value) {
	t.Helper()
	if got.Len() != len(want) {
		t.Errorf("%s: %d rows, want %d", what, got.Len(), len(want))
		return
	}
	for i, w := range want {
		v := got.Value(i)
		if !value.Equal(v, w) || v.Null != w.Null || got.IsNull(i) != w.Null || got.Type() != w.Type {
			t.Errorf("%s: row %d is %v, want %v", what, i, v, w)
		}
	}
}

func TestColumns(t *testing.T) {
	for typ, rows := range samples() {
		for name, col := range encodings(typ, rows) {
			what := fmt.Sprintf("%s %s", typ, name)
			equalRows(t, what, col, rows)
			equalRows(t, what+" sliced", col.Slice(1, 3), rows[1:3])
			equalRows(t, what+" gathered", col.Gather([]int32{2, -1, 0}), []value.Value{rows[2], value.Null(typ), rows[0]})
			equalRows(t, what+" concatenated", Concat(col, col.Slice(0, 0), col.Slice(2, 4)), append(append([]value.Value{}, rows...), rows[2:]...))
			equalRows(t, what+" with a constant", Concat(ConstOf(rows[0], 2), col), append([]value.Value{rows[0], rows[0]}, rows...))
			equalRows(t, what+" with another encoding", Concat(col, FromValues(typ, rows...)), append(append([]value.Value{}, rows...), rows...))
		}
		equalRows(t, typ.String()+" constants", Concat(ConstOf(rows[0], 2), ConstOf(rows[0], 1)), []value.Value{rows[0], rows[0], rows[0]})
		equalRows(t, typ.String()+" constant gathered", ConstOf(rows[0], 2).Gather([]int32{1, -1}), []value.Value{rows[0], value.Null(typ)})
		equalRows(t, typ.String()+" nulls", NullsOf(typ, 2), []value.Value{value.Null(typ), value.Null(typ)})
	}
}

// Equal rows have equal hashes in all encodings, other rows differ.
func TestHashAndEqual(t *testing.T) {
	for typ, rows := range samples() {
		for name, a := range encodings(typ, rows) {
			for other, b := range encodings(typ, rows) {
				x, y := make([]uint64, a.Len()), make([]uint64, b.Len())
				Hash(a, x)
				Hash(b, y)
				for i := range rows {
					for j := range rows {
						want := value.Equal(rows[i], rows[j])
						if got := Equal(a, i, b, j); got != want {
							t.Errorf("%s: Equal(%s %d, %s %d) = %v", typ, name, i, other, j, got)
						}
						if (x[i] == y[j]) != want {
							t.Errorf("%s: hashes of %s %d and %s %d: %x %x", typ, name, i, other, j, x[i], y[j])
						}
					}
				}
			}
		}
	}
}

func TestComparer(t *testing.T) {
	for typ, rows := range samples() {
		for name, col := range encodings(typ, rows) {
			for _, descending := range []bool{false, true} {
				for _, first := range []bool{false, true} {
					less := Comparer(col, descending, first)
					for i := range rows {
						for j := range rows {
							want := value.Compare(rows[i], rows[j])
							if descending {
								want = -want
							}
							if rows[i].Null != rows[j].Null {
								want = 1
								if rows[i].Null == first {
									want = -1
								}
							}
							if got := less(int32(i), int32(j)); (got < 0) != (want < 0) || (got > 0) != (want > 0) {
								t.Errorf("%s %s, descending %v, nulls first %v: rows %d and %d give %d, want %d", typ, name, descending, first, i, j, got, want)
							}
						}
					}
				}
			}
		}
	}
}

// A builder gives up its dictionary when nearly all strings differ, and only then.
func TestBuilderAdapts(t *testing.T) {
	for _, c := range []struct {
		distinct   int
		dictionary bool
	}{{10, true}, {dictLimit, true}, {20000, false}} {
		b := NewBuilder(value.String, 0)
		for i := range 20000 {
			b.AppendString(fmt.Sprint("v", i%c.distinct))
		}
		col := b.Finish().(*Strings)
		if (col.Dict != nil) != c.dictionary || col.Len() != 20000 || col.At(19999) != fmt.Sprint("v", 19999%c.distinct) {
			t.Errorf("%d distinct: dictionary %v, last row %q", c.distinct, col.Dict != nil, col.At(col.Len()-1))
		}
	}
}

func TestBuilderMixesTextAndNodes(t *testing.T) {
	b := NewBuilder(value.Dynamic, 0)
	b.AppendJSON(`{"a":1}`)
	b.AppendNode(value.NodeLong(2))
	b.AppendJSON("")
	b.AppendJSON("no json")
	col := b.Finish().(*Dynamics)
	if col.At(0).Get("a").I != 1 || col.At(1).I != 2 || col.At(2) != nil || col.At(3).S != "no json" {
		t.Errorf("got %v", col.Nodes)
	}
}

func TestNulls(t *testing.T) {
	n := NewNulls(130)
	n.Set(0)
	n.Set(129)
	if !n.Has(129) || n.Has(128) || !n.Any() || Nulls(nil).Has(5) {
		t.Error("bits are not where they were put")
	}
	if s := n.Slice(129, 130); !s.Has(0) {
		t.Error("a slice lost its null")
	}
	if n.Slice(1, 129) != nil {
		t.Error("a slice without nulls has a bitmap")
	}
	m := NewNulls(130)
	m.Set(64)
	if u := Or(130, n, nil, m); !u.Has(0) || !u.Has(64) || !u.Has(129) || u.Has(1) {
		t.Error("the union misses a null")
	}
}

func TestSelected(t *testing.T) {
	col := FromValues(value.Bool, value.NewBool(true), value.Null(value.Bool), value.NewBool(false), value.NewBool(true))
	if got := Selected(col, nil); len(got) != 2 || got[0] != 0 || got[1] != 3 {
		t.Errorf("got %v", got)
	}
	if got := Selected(ConstOf(value.NewBool(true), 2), nil); len(got) != 2 {
		t.Errorf("got %v", got)
	}
	if got := Selected(NullsOf(value.Bool, 2), nil); len(got) != 0 {
		t.Errorf("got %v", got)
	}
}
