package builtin

import (
	"os"
	"strings"
	"testing"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

type aggregateCase struct {
	at, name string
	args     [][]value.Value // of one value: a constant
	want     value.Value
}

func readAggregateCases(t *testing.T) []aggregateCase {
	t.Helper()
	data, err := os.ReadFile("testdata/aggregates.txt")
	if err != nil {
		t.Fatal(err)
	}
	var out []aggregateCase
	for _, text := range strings.Split(string(data), "\n") {
		if text == "" || text[0] == '#' {
			continue
		}
		c := aggregateCase{at: text}
		name, rest, _ := strings.Cut(text, ":")
		c.name = name
		rest = strings.TrimSpace(rest)
		for !strings.HasPrefix(rest, "=>") {
			var column []value.Value
			inList := strings.HasPrefix(rest, "[")
			rest = strings.TrimPrefix(rest, "[")
			for {
				v, r, err := parseLiteral(strings.TrimSpace(rest))
				if err != nil {
					t.Fatalf("%s: %v", text, err)
				}
				column = append(column, v)
				rest = strings.TrimSpace(r)
				if !inList {
					break
				}
				if strings.HasPrefix(rest, "]") {
					rest = strings.TrimSpace(rest[1:])
					break
				}
				rest = strings.TrimPrefix(rest, ";")
			}
			c.args = append(c.args, column)
		}
		v, _, err := parseLiteral(strings.TrimSpace(rest[2:]))
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		c.want = v
		out = append(out, c)
	}
	return out
}

func (c *aggregateCase) columns(n int, dictionary bool) (columns []vector.Column, types, consts []value.Value) {
	for _, values := range c.args {
		types = append(types, value.Value{Type: values[0].Type})
		if len(values) == 1 {
			columns = append(columns, vector.ConstOf(values[0], n))
			consts = append(consts, values[0])
			continue
		}
		col := vector.FromValues(values[0].Type, values...)
		if s, ok := col.(*vector.Strings); ok && !dictionary {
			flat := make([]string, n)
			for i := range flat {
				flat[i] = s.At(i)
			}
			col = &vector.Strings{Typ: s.Typ, Flat: flat}
		}
		columns = append(columns, col)
		consts = append(consts, value.Value{})
	}
	return columns, types, consts
}

// Each case must give the same answer at once, in pieces that are merged, and for each of several groups.
func TestAggregates(t *testing.T) {
	const n = 5
	for _, c := range readAggregateCases(t) {
		agg, ok := LookupAggregate(c.name)
		if !ok {
			t.Errorf("no aggregate %q", c.name)
			continue
		}
		for _, dictionary := range []bool{false, true} {
			columns, typed, consts := c.columns(n, dictionary)
			types := make([]value.Type, len(typed))
			for i, v := range typed {
				types[i] = v.Type
			}
			fresh := func() Accumulator { return agg.New(types, consts, c.want.Type) }
			slices := func(from, to int) []vector.Column {
				out := make([]vector.Column, len(columns))
				for i, col := range columns {
					out[i] = col.Slice(from, to)
				}
				return out
			}
			check := func(how string, got vector.Column, row int) {
				t.Helper()
				if v := got.Value(row); !same(v, c.want) {
					t.Errorf("%s\n  %s: %s, want %s", c.at, how, show(v), show(c.want))
				}
			}

			whole := fresh()
			whole.Resize(1)
			whole.Update(columns, nil, n)
			check("at once", whole.Finish(), 0)

			first, second := fresh(), fresh()
			first.Resize(1)
			second.Resize(2)
			first.Update(slices(0, 2), nil, 2)
			second.Update(slices(2, 3), []int32{1}, 1)
			second.Update(slices(3, n), []int32{1, 1}, n-3)
			first.Resize(2)
			first.Merge(second, []int32{1, 0})
			check("merged", first.Finish(), 0)

			grouped := fresh()
			grouped.Resize(1)
			grouped.Resize(4)
			for g := int32(3); g >= 0; g -= 2 {
				grouped.Update(columns, []int32{g, g, g, g, g}, n)
			}
			got := grouped.Finish()
			check("group 1", got, 1)
			check("group 3", got, 3)
		}
	}
}

// An empty group gives what the reference says of empty input.
func TestAggregatesOfNothing(t *testing.T) {
	for _, c := range []struct {
		name string
		arg  value.Type
		want value.Value
	}{
		{"count", value.Long, value.NewLong(0)},
		{"sum", value.Long, value.NewLong(0)},
		{"dcount", value.String, value.NewLong(0)},
		{"stdev", value.Real, value.NewReal(0)},
		{"variance", value.Real, value.NewReal(0)},
		{"max", value.Long, value.Null(value.Long)},
		{"take_any", value.DateTime, value.Null(value.DateTime)},
		{"make_set", value.String, value.NewDynamic(value.NodeArray())},
		{"make_list", value.String, value.NewDynamic(value.NodeArray())},
		{"percentile", value.Long, value.Null(value.Long)},
	} {
		agg, _ := LookupAggregate(c.name)
		a := agg.New([]value.Type{c.arg, value.Long}, []value.Value{{}, value.NewLong(50)}, c.want.Type)
		a.Resize(1)
		if got := a.Finish().Value(0); !same(got, c.want) {
			t.Errorf("%s of nothing is %s, want %s", c.name, show(got), show(c.want))
		}
	}
}

// Beyond the exact limit dcount estimates, within the error that its accuracy promises (1.6 % at 1, three times that here).
func TestDcountEstimates(t *testing.T) {
	agg, _ := LookupAggregate("dcount")
	a := agg.New([]value.Type{value.Long}, []value.Value{{}}, value.Long)
	a.Resize(1)
	const total = 3 * exactLimit
	data := make([]int64, 4096)
	for from := 0; from < total; from += len(data) {
		for i := range data {
			data[i] = int64(from + i)
		}
		a.Update([]vector.Column{&vector.Longs{Typ: value.Long, Data: data}}, nil, len(data))
	}
	got := a.Finish().Value(0).I
	if diff := float64(got-total) / total; diff > 0.05 || diff < -0.05 {
		t.Errorf("dcount of %d values is %d", total, got)
	}
}

// A saved sketch survives being merged and read again.
func TestSketches(t *testing.T) {
	agg, _ := LookupAggregate("hll")
	merge, _ := Lookup("hll_merge")
	read, _ := Lookup("dcount_hll")
	for _, n := range []int64{3, 3 * savedHashes} {
		half := func(from, to int64) vector.Column {
			a := agg.New([]value.Type{value.Long}, []value.Value{{}}, value.Dynamic)
			a.Resize(1)
			var data []int64
			for i := from; i < to; i++ {
				data = append(data, i)
			}
			a.Update([]vector.Column{&vector.Longs{Typ: value.Long, Data: data}}, nil, len(data))
			return a.Finish()
		}
		both, err := newTestCall(merge, value.Dynamic).Apply([]vector.Column{half(0, n), half(n/2, 2*n)}, 1)
		if err != nil {
			t.Fatal(err)
		}
		got, err := newTestCall(read, value.Long).Apply([]vector.Column{both}, 1)
		if err != nil {
			t.Fatal(err)
		}
		if diff := float64(got.Value(0).I-2*n) / float64(2*n); diff > 0.05 || diff < -0.05 {
			t.Errorf("%d values counted as %d", 2*n, got.Value(0).I)
		}
	}
	digest, _ := LookupAggregate("tdigest")
	pick, _ := Lookup("percentile_tdigest")
	a := digest.New([]value.Type{value.Long}, []value.Value{{}}, value.Dynamic)
	a.Resize(1)
	data := make([]int64, 10000)
	for i := range data {
		data[i] = int64((i * 7919) % 10000)
	}
	a.Update([]vector.Column{&vector.Longs{Typ: value.Long, Data: data}}, nil, len(data))
	got, err := newTestCall(pick, value.Real).Apply([]vector.Column{a.Finish(), vector.ConstOf(value.NewReal(90), 1)}, 1)
	if v := got.Value(0).F; err != nil || v < 8900 || v > 9100 {
		t.Errorf("the 90th percentile of 0 to 9999 is %v (%v)", v, err)
	}
}
