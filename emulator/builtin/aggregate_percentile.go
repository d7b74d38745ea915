package builtin

import (
	"math"
	"sort"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

func percentileAggregates() []Aggregate {
	return []Aggregate{
		{Name: "percentile", New: newPercentiles(false, false)},
		{Name: "percentiles", New: newPercentiles(false, false)},
		{Name: "percentiles_array", New: newPercentiles(false, true)},
		{Name: "percentilew", New: newPercentiles(true, false)},
		{Name: "percentilesw", New: newPercentiles(true, false)},
		{Name: "percentilesw_array", New: newPercentiles(true, true)},
	}
}

// percentiles keeps all values of a group and picks the nearest rank: the value at place ceil(p/100*n). No value gives null.
type percentiles struct {
	weighted, array bool
	typ             value.Type
	ranks           []float64
	groups          []weightedValues
}

type weightedValues struct {
	plain   []int64
	real    []float64
	weights []int64
}

func newPercentiles(weighted, array bool) func([]value.Type, []value.Value, value.Type) Accumulator {
	return func(t []value.Type, consts []value.Value, out value.Type) Accumulator {
		a := &percentiles{weighted: weighted, array: array, typ: value.Real}
		if len(t) > 0 && ticksLike(t[0]) {
			a.typ = t[0]
		}
		first := 1
		if weighted {
			first = 2
		}
		for i := first; i < len(consts); i++ {
			v, ok := constAt(consts, i)
			if !ok {
				continue
			}
			for _, m := range appendMembers(nil, v) {
				if r := value.Convert(m, value.Real); !r.Null {
					a.ranks = append(a.ranks, r.F)
				}
			}
		}
		return a
	}
}

func (a *percentiles) Resize(groups int) { a.groups = grown(a.groups, groups) }

func (a *percentiles) Update(args []vector.Column, group []int32, n int) {
	group = groupsOf(group, n)
	weight := vector.View[int64]{Data: []int64{1}}
	if a.weighted {
		weight = longs(args[1])
	}
	if a.typ != value.Real {
		v := longs(args[0])
		for i, g := range group[:n] {
			if !v.IsNull(i) && !weight.IsNull(i) && weight.At(i) > 0 {
				s := &a.groups[g]
				s.plain = append(s.plain, v.At(i))
				if a.weighted {
					s.weights = append(s.weights, weight.At(i))
				}
			}
		}
		return
	}
	v := floats(args[0])
	for i, g := range group[:n] {
		if !v.IsNull(i) && !weight.IsNull(i) && weight.At(i) > 0 {
			s := &a.groups[g]
			s.real = append(s.real, v.At(i))
			if a.weighted {
				s.weights = append(s.weights, weight.At(i))
			}
		}
	}
}

func (a *percentiles) Merge(other Accumulator, remap []int32) {
	for g, s := range other.(*percentiles).groups {
		to := &a.groups[remap[g]]
		to.plain = append(to.plain, s.plain...)
		to.real = append(to.real, s.real...)
		to.weights = append(to.weights, s.weights...)
	}
}

func (a *percentiles) FinishAll() []vector.Column {
	columns := make([]vector.Column, len(a.ranks))
	for k := range columns {
		b := vector.NewBuilder(a.typ, len(a.groups))
		for g := range a.groups {
			s := &a.groups[g]
			if k == 0 {
				sort.Sort(s)
			}
			b.Append(a.pick(s, a.ranks[k]))
		}
		columns[k] = b.Finish()
	}
	return columns
}

func (a *percentiles) pick(s *weightedValues, p float64) value.Value {
	n := s.Len()
	if n == 0 {
		return value.Null(a.typ)
	}
	p = math.Min(math.Max(p, 0), 100)
	at := n - 1
	if !a.weighted {
		at = int(math.Ceil(p/100*float64(n))) - 1
	} else {
		total := int64(0)
		for _, w := range s.weights {
			total += w
		}
		want := p / 100 * float64(total)
		sum := int64(0)
		for i, w := range s.weights {
			if sum += w; float64(sum) >= want {
				at = i
				break
			}
		}
	}
	at = max(at, 0)
	if a.typ == value.Real {
		return value.NewReal(s.real[at])
	}
	return value.Value{Type: a.typ, I: s.plain[at]}
}

func (a *percentiles) Finish() vector.Column {
	columns := a.FinishAll()
	if !a.array {
		if len(columns) == 0 {
			return vector.NullsOf(a.typ, len(a.groups))
		}
		return columns[0]
	}
	out := make([]*value.Node, len(a.groups))
	for g := range out {
		elems := make([]*value.Node, len(columns))
		for k, c := range columns {
			if elems[k] = c.Value(g).Node(); elems[k] == nil {
				elems[k] = nullElement
			}
		}
		out[g] = value.NodeArray(elems...)
	}
	return &vector.Dynamics{Nodes: out}
}

func (s *weightedValues) Len() int { return max(len(s.plain), len(s.real)) }

func (s *weightedValues) Less(i, j int) bool {
	if s.plain != nil {
		return s.plain[i] < s.plain[j]
	}
	return s.real[i] < s.real[j]
}

func (s *weightedValues) Swap(i, j int) {
	if s.plain != nil {
		s.plain[i], s.plain[j] = s.plain[j], s.plain[i]
	} else {
		s.real[i], s.real[j] = s.real[j], s.real[i]
	}
	if s.weights != nil {
		s.weights[i], s.weights[j] = s.weights[j], s.weights[i]
	}
}
