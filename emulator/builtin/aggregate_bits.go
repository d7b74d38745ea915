package builtin

import (
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

func bitAggregates() []Aggregate {
	return []Aggregate{
		{Name: "binary_all_and", New: newBits(func(a, b int64) int64 { return a & b })},
		{Name: "binary_all_or", New: newBits(func(a, b int64) int64 { return a | b })},
		{Name: "binary_all_xor", New: newBits(func(a, b int64) int64 { return a ^ b })},
	}
}

// bitFold folds the values of a group by a bitwise operator; no value gives null.
type bitFold struct {
	out  value.Type
	op   func(a, b int64) int64
	acc  []int64
	seen []bool
}

func newBits(op func(a, b int64) int64) func([]value.Type, []value.Value, value.Type) Accumulator {
	return func(_ []value.Type, _ []value.Value, out value.Type) Accumulator { return &bitFold{out: out, op: op} }
}

func (a *bitFold) Resize(groups int) { a.acc, a.seen = grown(a.acc, groups), grown(a.seen, groups) }

func (a *bitFold) add(g int32, x int64) {
	if a.seen[g] {
		x = a.op(a.acc[g], x)
	}
	a.acc[g], a.seen[g] = x, true
}

func (a *bitFold) Update(args []vector.Column, group []int32, n int) {
	v := longs(args[0])
	for i, g := range groupsOf(group, n)[:n] {
		if !v.IsNull(i) {
			a.add(g, v.At(i))
		}
	}
}

func (a *bitFold) Merge(other Accumulator, remap []int32) {
	o := other.(*bitFold)
	for g, ok := range o.seen {
		if ok {
			a.add(remap[g], o.acc[g])
		}
	}
}

func (a *bitFold) Finish() vector.Column {
	out := newLongs(a.out, len(a.acc))
	for g, x := range a.acc {
		out.put(g, x, a.seen[g])
	}
	return out.column()
}
