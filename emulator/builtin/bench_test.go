package builtin

import (
	"fmt"
	"testing"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

const benchRows = vector.BatchSize

func benchStrings(distinct int) *vector.Strings {
	values := make([]string, distinct)
	for i := range values {
		values[i] = fmt.Sprintf("Mozilla/5.0 agent-%d contacted host%d.contoso.example for user %d", i, i%100, i*7)
	}
	codes := make([]uint32, benchRows)
	for i := range codes {
		codes[i] = uint32(i*31) % uint32(distinct)
	}
	return &vector.Strings{Typ: value.String, Dict: &vector.Dict{Values: values}, Codes: codes}
}

func flat(c *vector.Strings) *vector.Strings {
	out := make([]string, c.Len())
	for i := range out {
		out[i] = c.At(i)
	}
	return &vector.Strings{Typ: c.Typ, Flat: out}
}

func benchCall(b *testing.B, name string, out value.Type, args ...vector.Column) {
	fn, _ := Lookup(name)
	call := newTestCall(fn, out)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := call.Apply(args, benchRows); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchRows, "ns/row")
}

func BenchmarkHas(b *testing.B) {
	needle := vector.ConstOf(value.NewString("host42"), benchRows)
	b.Run("dictionary", func(b *testing.B) { benchCall(b, "has", value.Bool, benchStrings(200), needle) })
	b.Run("unique", func(b *testing.B) { benchCall(b, "has", value.Bool, flat(benchStrings(benchRows)), needle) })
}

func BenchmarkEqualUnique(b *testing.B) {
	col := flat(benchStrings(benchRows))
	benchCall(b, "==", value.Bool, col, vector.ConstOf(value.NewString(col.At(5)), benchRows))
}

func BenchmarkGreaterThan(b *testing.B) {
	data := make([]int64, benchRows)
	for i := range data {
		data[i] = int64(i * 37 % 1000)
	}
	benchCall(b, ">", value.Bool, &vector.Longs{Typ: value.Long, Data: data}, vector.ConstOf(value.NewLong(500), benchRows))
}

func BenchmarkCountByCode(b *testing.B) {
	codes := benchStrings(200).Codes
	group := make([]int32, len(codes))
	for i, c := range codes {
		group[i] = int32(c)
	}
	agg, _ := LookupAggregate("count")
	a := agg.New(nil, nil, value.Long)
	a.Resize(200)
	b.ReportAllocs()
	for b.Loop() {
		a.Update(nil, group, len(group))
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchRows, "ns/row")
}

func BenchmarkDcountByGroup(b *testing.B) {
	col := benchStrings(500)
	group := make([]int32, benchRows)
	for i := range group {
		group[i] = int32(i % 50)
	}
	agg, _ := LookupAggregate("dcount")
	a := agg.New([]value.Type{value.String}, []value.Value{{}}, value.Long)
	a.Resize(50)
	b.ReportAllocs()
	for b.Loop() {
		a.Update([]vector.Column{col}, group, benchRows)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchRows, "ns/row")
}
