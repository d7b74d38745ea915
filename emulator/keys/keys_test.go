package keys

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

// columnsOf makes key columns of rows in every encoding: texts from several dictionaries, flat or constant, longs and guids
// with nulls, dynamics of JSON.
func columnsOf(r *rand.Rand, dicts []*vector.Dict, types []value.Type, spread, n int) []vector.Column {
	out := make([]vector.Column, len(types))
	for k, t := range types {
		switch t {
		case value.String, value.GUID:
			d := dicts[r.IntN(len(dicts))]
			s := &vector.Strings{Typ: t}
			switch r.IntN(5) {
			case 0:
				for range n {
					s.Flat = append(s.Flat, d.Values[r.IntN(min(spread, len(d.Values)))])
				}
				out[k] = s
			case 1:
				v := value.Value{Type: t, S: d.Values[r.IntN(len(d.Values))]}
				v.Null = t == value.GUID && v.S == ""
				out[k] = vector.ConstOf(v, n)
			default:
				s.Dict = d
				for range n {
					s.Codes = append(s.Codes, uint32(r.IntN(min(spread, len(d.Values)))))
				}
				out[k] = s
			}
		case value.Dynamic:
			d := vector.NewJSONDict([]string{`{"a":1}`, `{"a": 1}`, "", "null", `"x"`, "[1,2]", "[1, 2]"})
			c := &vector.Dynamics{Text: d}
			for range n {
				c.Codes = append(c.Codes, uint32(r.IntN(len(d.Values))))
			}
			out[k] = c
		case value.Real:
			b := vector.NewBuilder(t, n)
			for range n {
				b.Append(value.NewReal([]float64{0, 1.5, -2}[r.IntN(3)]))
			}
			out[k] = b.Finish()
		default:
			b := vector.NewBuilder(t, n)
			for range n {
				if r.IntN(20) == 0 {
					b.AppendNull()
				} else {
					b.AppendLong(int64(r.IntN(spread)) * 1_000_003)
				}
			}
			out[k] = b.Finish()
		}
	}
	return out
}

// plainKey is what a row's key is by its values.
func plainKey(cols []vector.Column, i int) (key string, null bool) {
	var b strings.Builder
	for _, c := range cols {
		v := c.Value(i)
		if v.Type == value.Dynamic && v.Dyn.IsNull() {
			v.Null = true
		}
		null = null || v.Null
		text := v.Text()
		if v.Type == value.Dynamic && !v.Null {
			text = v.Dyn.JSON()
		}
		fmt.Fprintf(&b, "%t %q|", v.Null, text)
	}
	return b.String(), null
}

var shapes = [][]value.Type{
	{value.String}, {value.Long}, {value.GUID}, {value.Dynamic}, {value.Real},
	{value.String, value.String}, {value.String, value.Long}, {value.GUID, value.Dynamic},
	{value.String, value.String, value.Long},
	{value.Long, value.Long, value.Long, value.Long},
	{value.String, value.Long, value.GUID, value.Real, value.Long, value.String, value.Dynamic},
}

func dictsOf(n int) []*vector.Dict {
	out := make([]*vector.Dict, 3)
	for i := range out {
		out[i] = &vector.Dict{}
		for k := range n {
			out[i].Values = append(out[i].Values, fmt.Sprintf("t%d", (k*7+i*3)%(n+11)))
		}
		out[i].Values[3] = ""
	}
	return out
}

// TestTableAndSet hold ids and memberships against a map of texts.
func TestTableAndSet(t *testing.T) {
	for seed := range uint64(6) {
		for _, types := range shapes {
			r := rand.New(rand.NewPCG(seed, 1))
			spread := []int{5, 300, 20_000}[seed%3]
			dicts := dictsOf(max(20, min(spread, 6000)))
			if seed >= 3 {
				dicts = dicts[:1]
			}
			table, set := NewTable(types), NewSet(types)
			ids := map[string]int32{}
			var first []string
			for range 5 {
				n := 1 + r.IntN(3000)
				cols := columnsOf(r, dicts, types, spread, n)
				before := len(first)
				fresh := set.Add(cols, n, false)
				got := table.IDs(cols, n, true, false, nil)
				var wantFresh []int32
				for i := range n {
					key, _ := plainKey(cols, i)
					id, ok := ids[key]
					if !ok {
						id = int32(len(first))
						ids[key] = id
						first = append(first, key)
						wantFresh = append(wantFresh, int32(i))
					}
					if got[i] != id {
						t.Fatalf("seed %d, %v: row %d has id %d, its key %q has %d", seed, types, i, got[i], key, id)
					}
				}
				if fmt.Sprint(fresh) != fmt.Sprint(wantFresh) {
					t.Fatalf("seed %d, %v: new rows %v, want %v (after %d keys)", seed, types, fresh, wantFresh, before)
				}
			}
			for what, cols := range map[string][]vector.Column{"table": table.Columns(), "set": set.Columns()} {
				if cols[0].Len() != len(first) {
					t.Fatalf("seed %d, %v: %s has %d keys, want %d", seed, types, what, cols[0].Len(), len(first))
				}
				for i, want := range first {
					if got, _ := plainKey(cols, i); got != want {
						t.Fatalf("seed %d, %v: key %d of the %s is %q, want %q", seed, types, i, what, got, want)
					}
				}
			}
			// Looking up adds nothing, and nulls equal nothing.
			for range 4 {
				n := 1 + r.IntN(3000)
				cols := columnsOf(r, dicts, types, 2*spread, n)
				got := table.IDs(cols, n, false, true, nil)
				has := set.Has(cols, n, true, nil)
				for i := range n {
					key, null := plainKey(cols, i)
					id, ok := ids[key]
					if !ok || null {
						id = -1
					}
					if got[i] != id {
						t.Fatalf("seed %d, %v: looking up %q gives %d, want %d", seed, types, key, got[i], id)
					}
					in := len(has) > 0 && has[0] == int32(i)
					if in != (id >= 0) {
						t.Fatalf("seed %d, %v: the set has %q: %t", seed, types, key, in)
					}
					if in {
						has = has[1:]
					}
				}
			}
		}
	}
}

// TestKnown adds only keys of values that were learned.
func TestKnown(t *testing.T) {
	for seed := range uint64(4) {
		for _, types := range shapes {
			r := rand.New(rand.NewPCG(seed, 2))
			spread := []int{4, 2000}[seed%2]
			dicts := dictsOf(max(20, spread))
			set := NewSet(types)
			learned := columnsOf(r, dicts, types, spread, 500)
			set.Learn(learned, 500, true)
			right := map[string]bool{}
			for range 5 {
				n := 1 + r.IntN(2500)
				cols := columnsOf(r, dicts, types, 2*spread, n)
				set.AddKnown(cols, n, true)
				for i := range n {
					if key, null := plainKey(cols, i); !null {
						right[key] = true
					}
				}
			}
			want := []int32{}
			for i := range 500 {
				if key, _ := plainKey(learned, i); !right[key] {
					want = append(want, int32(i))
				}
			}
			if got := set.Has(learned, 500, false, []int32{}); fmt.Sprint(got) != fmt.Sprint(want) {
				t.Fatalf("seed %d, %v: without a match %v, want %v", seed, types, got, want)
			}
		}
	}
}

// TestPairs holds pairs of ids against a map, over ranges that grow out of the array.
func TestPairs(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 3))
	p, set := NewPairs(), NewPairs()
	want := map[[2]int32]int32{}
	for round := range 8 {
		n, spread := 5000, 10<<(2*round)
		a, b, out := make([]int32, n), make([]int32, n), make([]int32, n)
		for i := range a {
			a[i], b[i] = int32(r.IntN(spread)), int32(r.IntN(2*spread))-1
		}
		p.IDs(a, b, out)
		fresh := set.Fresh(a, b, nil)
		for i := range a {
			key := [2]int32{a[i], b[i]}
			id, ok := want[key]
			switch {
			case b[i] < 0:
				id = -1
			case !ok:
				id = int32(len(want))
				want[key] = id
				if len(fresh) == 0 || fresh[0] != int32(i) {
					t.Fatalf("round %d: %v is not new in the set", round, key)
				}
				fresh = fresh[1:]
			}
			if out[i] != id {
				t.Fatalf("round %d: %v has %d, want %d", round, key, out[i], id)
			}
		}
	}
	n := 0
	set.Each(func(a, b int32) {
		if id, ok := want[[2]int32{a, b}]; !ok || int(id) != n {
			t.Fatalf("pair %d of the set is %d, %d", n, a, b)
		}
		n++
	})
	if n != len(want) || set.Len() != n {
		t.Errorf("the set has %d pairs, want %d", n, len(want))
	}
	for key, id := range want {
		if a, b := p.At(int(id)); a != key[0] || b != key[1] {
			t.Errorf("%d is %d, %d, want %v", id, a, b, key)
		}
	}
}
