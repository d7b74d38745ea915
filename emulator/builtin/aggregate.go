package builtin

import (
	"sort"
	"sync"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

// Aggregate is an aggregate function that runs.
type Aggregate struct {
	Name string
	// New returns an empty accumulator. consts[i] is argument i's value when it is constant; otherwise its Type is Unknown.
	New func(argTypes []value.Type, consts []value.Value, out value.Type) Accumulator
}

// Accumulator gathers an aggregate for many groups at once, in arrays indexed by group. It serves one goroutine at a time.
type Accumulator interface {
	// Resize makes room for groups 0 to groups-1; it never shrinks. New groups are empty.
	Resize(groups int)
	// Update adds n rows: row i belongs to group[i]; a nil group puts all rows in group 0. Arguments have n rows in any encoding.
	Update(args []vector.Column, group []int32, n int)
	// Merge adds another accumulator of the same aggregate, whose rows come after all rows here: its group g is remap[g] here.
	Merge(other Accumulator, remap []int32)
	// Finish returns one row a group. The accumulator must not be used afterwards.
	Finish() vector.Column
}

// MultiAccumulator is an accumulator of several result columns (percentiles); Finish gives them as one array column.
type MultiAccumulator interface {
	Accumulator
	FinishAll() []vector.Column
}

var aggregateTable = sync.OnceValue(func() map[string]*Aggregate {
	m := make(map[string]*Aggregate, 64)
	for _, family := range aggregateFamilies() {
		for i := range family {
			m[family[i].Name] = &family[i]
		}
	}
	return m
})

// LookupAggregate returns an aggregate by its canonical name.
func LookupAggregate(name string) (*Aggregate, bool) {
	a, ok := aggregateTable()[name]
	return a, ok
}

// AggregateNames returns the names of all aggregates here, sorted. arg_max and arg_min are package exec's.
func AggregateNames() []string {
	m := aggregateTable()
	names := make([]string, 0, len(m))
	for n := range m {
		names = append(names, n)
	}
	sort.Strings(names)
	return names
}

func aggregateFamilies() [][]Aggregate {
	return [][]Aggregate{
		countAggregates(), sumAggregates(), extremeAggregates(), distinctAggregates(), collectAggregates(), spreadAggregates(),
		percentileAggregates(), bitAggregates(), sketchAggregates(), schemaAggregates(),
	}
}

// zeroGroups is what a nil group stands for, for a batch.
var zeroGroups = sync.OnceValue(func() []int32 { return make([]int32, vector.BatchSize) })

// groupsOf returns the groups of n rows.
func groupsOf(group []int32, n int) []int32 {
	if group != nil {
		return group
	}
	if z := zeroGroups(); n <= len(z) {
		return z[:n]
	}
	return make([]int32, n)
}

// grown returns s with room for n elements, new ones zero.
func grown[T any](s []T, n int) []T {
	if n <= len(s) {
		return s
	}
	if n <= cap(s) {
		return s[:n]
	}
	out := make([]T, n, max(n, 2*cap(s)))
	copy(out, s)
	return out
}

// constAt returns the constant of argument i, false when it was not given or is null.
func constAt(consts []value.Value, i int) (value.Value, bool) {
	if i < 0 || i >= len(consts) || consts[i].Type == value.Unknown || consts[i].Null {
		return value.Value{}, false
	}
	return consts[i], true
}
