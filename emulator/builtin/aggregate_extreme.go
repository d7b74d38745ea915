package builtin

import (
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

func extremeAggregates() []Aggregate {
	return []Aggregate{
		{Name: "max", New: newExtreme(1)},
		only("maxif", 1, newExtreme(1)),
		{Name: "min", New: newExtreme(-1)},
		only("minif", 1, newExtreme(-1)),
		{Name: "take_any", New: newAny},
		only("take_anyif", 1, newAny),
	}
}

func newExtreme(sign int) func([]value.Type, []value.Value, value.Type) Accumulator {
	return func(_ []value.Type, _ []value.Value, out value.Type) Accumulator {
		switch {
		case ticksLike(out):
			return &longExtreme{out: out, sign: sign}
		case out == value.Real:
			return &realExtreme{sign: sign}
		}
		return &valueExtreme{out: out, sign: sign}
	}
}

// longExtreme is min and max of int, long, datetime and timespan: null when a group has no value.
type longExtreme struct {
	out  value.Type
	sign int
	best []int64
	seen []bool
}

func (a *longExtreme) Resize(groups int) {
	a.best, a.seen = grown(a.best, groups), grown(a.seen, groups)
}

func (a *longExtreme) Update(args []vector.Column, group []int32, n int) {
	v := longs(args[0])
	for i, g := range groupsOf(group, n)[:n] {
		if v.IsNull(i) {
			continue
		}
		a.add(g, v.At(i))
	}
}

func (a *longExtreme) add(g int32, x int64) {
	if !a.seen[g] || (a.sign > 0 && x > a.best[g]) || (a.sign < 0 && x < a.best[g]) {
		a.best[g], a.seen[g] = x, true
	}
}

func (a *longExtreme) Merge(other Accumulator, remap []int32) {
	o := other.(*longExtreme)
	for g, ok := range o.seen {
		if ok {
			a.add(remap[g], o.best[g])
		}
	}
}

func (a *longExtreme) Finish() vector.Column {
	out := newLongs(a.out, len(a.best))
	for g, x := range a.best {
		out.put(g, x, a.seen[g])
	}
	return out.column()
}

type realExtreme struct {
	sign int
	best []float64
	seen []bool
}

func (a *realExtreme) Resize(groups int) {
	a.best, a.seen = grown(a.best, groups), grown(a.seen, groups)
}

func (a *realExtreme) Update(args []vector.Column, group []int32, n int) {
	v := floats(args[0])
	for i, g := range groupsOf(group, n)[:n] {
		if !v.IsNull(i) {
			a.add(g, v.At(i))
		}
	}
}

// add passes over NaN while there is a number.
func (a *realExtreme) add(g int32, x float64) {
	if !a.seen[g] || a.best[g] != a.best[g] || (a.sign > 0 && x > a.best[g]) || (a.sign < 0 && x < a.best[g]) {
		a.best[g], a.seen[g] = x, true
	}
}

func (a *realExtreme) Merge(other Accumulator, remap []int32) {
	o := other.(*realExtreme)
	for g, ok := range o.seen {
		if ok {
			a.add(remap[g], o.best[g])
		}
	}
}

func (a *realExtreme) Finish() vector.Column {
	out := newReals(len(a.best))
	for g, x := range a.best {
		out.put(g, x, a.seen[g])
	}
	return out.column()
}

// valueExtreme is min and max of the other types.
type valueExtreme struct {
	out  value.Type
	sign int
	best []value.Value
	seen []bool
}

func (a *valueExtreme) Resize(groups int) {
	a.best, a.seen = grown(a.best, groups), grown(a.seen, groups)
}

func (a *valueExtreme) Update(args []vector.Column, group []int32, n int) {
	col := fitted(args[0], a.out)
	for i, g := range groupsOf(group, n)[:n] {
		if !col.IsNull(i) {
			a.add(g, col.Value(i))
		}
	}
}

func (a *valueExtreme) add(g int32, v value.Value) {
	if !a.seen[g] || a.sign*value.Compare(v, a.best[g]) > 0 {
		a.best[g], a.seen[g] = v, true
	}
}

func (a *valueExtreme) Merge(other Accumulator, remap []int32) {
	o := other.(*valueExtreme)
	for g, ok := range o.seen {
		if ok {
			a.add(remap[g], o.best[g])
		}
	}
}

func (a *valueExtreme) Finish() vector.Column { return valuesColumn(a.out, a.best, a.seen) }

func valuesColumn(t value.Type, values []value.Value, seen []bool) vector.Column {
	b := vector.NewBuilder(t, len(values))
	for g, v := range values {
		if !seen[g] {
			b.AppendNull()
			continue
		}
		b.Append(v)
	}
	return b.Finish()
}

// anyValue is take_any: of one argument the first value that is not null or empty, of several the first row.
type anyValue struct {
	types []value.Type
	rows  [][]value.Value // by argument, then group
	seen  []bool
}

func newAny(t []value.Type, _ []value.Value, out value.Type) Accumulator {
	types := append([]value.Type(nil), t...)
	if len(types) == 0 {
		types = []value.Type{out}
	}
	return &anyValue{types: types, rows: make([][]value.Value, len(types))}
}

func (a *anyValue) Resize(groups int) {
	for k := range a.rows {
		a.rows[k] = grown(a.rows[k], groups)
	}
	a.seen = grown(a.seen, groups)
}

func (a *anyValue) Update(args []vector.Column, group []int32, n int) {
	single := len(a.types) == 1
	for i, g := range groupsOf(group, n)[:n] {
		if a.seen[g] || single && isEmptyRow(args[0], i) {
			continue
		}
		for k := range a.types {
			a.rows[k][g] = args[k].Value(i)
		}
		a.seen[g] = true
	}
}

func (a *anyValue) Merge(other Accumulator, remap []int32) {
	o := other.(*anyValue)
	for g, ok := range o.seen {
		if to := remap[g]; ok && !a.seen[to] {
			for k := range a.types {
				a.rows[k][to] = o.rows[k][g]
			}
			a.seen[to] = true
		}
	}
}

func (a *anyValue) Finish() vector.Column { return valuesColumn(a.types[0], a.rows[0], a.seen) }

func (a *anyValue) FinishAll() []vector.Column {
	out := make([]vector.Column, len(a.types))
	for k, t := range a.types {
		out[k] = valuesColumn(t, a.rows[k], a.seen)
	}
	return out
}
