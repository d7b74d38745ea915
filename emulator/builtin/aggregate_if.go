package builtin

import (
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

// conditional feeds an accumulator with the rows for which a predicate is true.
type conditional struct {
	inner Accumulator
	at    int // the predicate's place among the arguments
	sel   []int32
}

// only makes the ...if form of an aggregate, whose predicate is argument `at`.
func only(name string, at int, build func(t []value.Type, c []value.Value, out value.Type) Accumulator) Aggregate {
	return Aggregate{Name: name, New: func(t []value.Type, c []value.Value, out value.Type) Accumulator {
		return &conditional{inner: build(without(t, at), without(c, at), out), at: at}
	}}
}

func without[T any](s []T, at int) []T {
	if at >= len(s) {
		return s
	}
	out := append([]T(nil), s[:at]...)
	return append(out, s[at+1:]...)
}

func (a *conditional) Resize(groups int) { a.inner.Resize(groups) }

func (a *conditional) Update(args []vector.Column, group []int32, n int) {
	a.sel = vector.Selected(convert(args[a.at], value.Bool), a.sel[:0])
	rest := without(args, a.at)
	if len(a.sel) == n {
		a.inner.Update(rest, group, n)
		return
	}
	if len(a.sel) == 0 {
		return
	}
	for i, col := range rest {
		rest[i] = col.Gather(a.sel)
	}
	if group != nil {
		picked := make([]int32, len(a.sel))
		for i, r := range a.sel {
			picked[i] = group[r]
		}
		group = picked
	}
	a.inner.Update(rest, group, len(a.sel))
}

func (a *conditional) Merge(other Accumulator, remap []int32) {
	a.inner.Merge(other.(*conditional).inner, remap)
}

func (a *conditional) Finish() vector.Column { return a.inner.Finish() }
