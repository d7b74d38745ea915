package builtin

import (
	"math"

	"github.com/cockroachdb/apd/v3"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

func countAggregates() []Aggregate {
	return []Aggregate{
		{Name: "count", New: newCount},
		only("countif", 0, newCount),
	}
}

// count counts rows, nulls included.
type count struct{ n []int64 }

func newCount([]value.Type, []value.Value, value.Type) Accumulator { return &count{} }

func (a *count) Resize(groups int) { a.n = grown(a.n, groups) }

func (a *count) Update(_ []vector.Column, group []int32, n int) {
	if group == nil {
		a.n[0] += int64(n)
		return
	}
	for _, g := range group[:n] {
		a.n[g]++
	}
}

func (a *count) Merge(other Accumulator, remap []int32) {
	for g, n := range other.(*count).n {
		a.n[remap[g]] += n
	}
}

func (a *count) Finish() vector.Column { return &vector.Longs{Typ: value.Long, Data: a.n} }

func sumAggregates() []Aggregate {
	return []Aggregate{
		{Name: "sum", New: newSum},
		only("sumif", 1, newSum),
		{Name: "avg", New: newAvg},
		only("avgif", 1, newAvg),
	}
}

// sum adds what is not null; a group of nulls only, or of nothing, sums to 0, or to null where the query's rows were all null.
type longSum struct {
	out value.Type
	sum []int64
}

func newSum(t []value.Type, _ []value.Value, out value.Type) Accumulator {
	switch {
	case out == value.Decimal:
		return &decimalSum{}
	case ticksLike(out):
		return &longSum{out: out}
	}
	return &realSum{}
}

func (a *longSum) Resize(groups int) { a.sum = grown(a.sum, groups) }

func (a *longSum) Update(args []vector.Column, group []int32, n int) {
	v := longs(args[0])
	group = groupsOf(group, n)
	if !v.MayBeNull() {
		for i, g := range group[:n] {
			a.sum[g] += v.At(i)
		}
		return
	}
	for i, g := range group[:n] {
		if !v.IsNull(i) {
			a.sum[g] += v.At(i)
		}
	}
}

func (a *longSum) Merge(other Accumulator, remap []int32) {
	for g, s := range other.(*longSum).sum {
		a.sum[remap[g]] += s
	}
}

func (a *longSum) Finish() vector.Column { return &vector.Longs{Typ: a.out, Data: a.sum} }

type realSum struct{ sum []float64 }

func (a *realSum) Resize(groups int) { a.sum = grown(a.sum, groups) }

func (a *realSum) Update(args []vector.Column, group []int32, n int) {
	v := floats(args[0])
	for i, g := range groupsOf(group, n)[:n] {
		if !v.IsNull(i) {
			a.sum[g] += v.At(i)
		}
	}
}

func (a *realSum) Merge(other Accumulator, remap []int32) {
	for g, s := range other.(*realSum).sum {
		a.sum[remap[g]] += s
	}
}

func (a *realSum) Finish() vector.Column { return &vector.Reals{Data: a.sum} }

type decimalSum struct {
	sum   []*apd.Decimal
	count []int64
	mean  bool
}

func (a *decimalSum) Resize(groups int) {
	a.sum = grown(a.sum, groups)
	a.count = grown(a.count, groups)
}

func (a *decimalSum) add(g int32, d *apd.Decimal, n int64) {
	if a.sum[g] == nil {
		a.sum[g] = new(apd.Decimal)
	}
	if _, err := value.DecimalContext().Add(a.sum[g], a.sum[g], d); err == nil {
		a.count[g] += n
	}
}

func (a *decimalSum) Update(args []vector.Column, group []int32, n int) {
	v := vector.DecimalsOf(convert(args[0], value.Decimal))
	for i, g := range groupsOf(group, n)[:n] {
		if d := v.At(i); d != nil {
			a.add(g, d, 1)
		}
	}
}

func (a *decimalSum) Merge(other Accumulator, remap []int32) {
	o := other.(*decimalSum)
	for g, d := range o.sum {
		if d != nil {
			a.add(remap[g], d, o.count[g])
		}
	}
}

func (a *decimalSum) Finish() vector.Column {
	for g, d := range a.sum {
		switch {
		case d != nil && d.Form != apd.Finite:
			a.sum[g] = nil
		case d == nil && !a.mean:
			a.sum[g] = new(apd.Decimal)
		case d != nil && a.mean:
			q := new(apd.Decimal)
			if _, err := value.DecimalContext().Quo(q, d, apd.New(a.count[g], 0)); err == nil {
				a.sum[g] = q
			}
		}
	}
	return &vector.Decimals{Data: a.sum}
}

// avg is the mean of what is not null. No value gives NaN for numbers, null for ticks and decimals.
type avg struct {
	out   value.Type
	real  []float64
	ticks []int64
	n     []int64
}

func newAvg(_ []value.Type, _ []value.Value, out value.Type) Accumulator {
	if out == value.Decimal {
		return &decimalSum{mean: true}
	}
	return &avg{out: out}
}

func (a *avg) Resize(groups int) {
	a.real, a.ticks, a.n = grown(a.real, groups), grown(a.ticks, groups), grown(a.n, groups)
}

func (a *avg) Update(args []vector.Column, group []int32, n int) {
	group = groupsOf(group, n)
	if ticksLike(a.out) {
		v := longs(args[0])
		for i, g := range group[:n] {
			if !v.IsNull(i) {
				a.n[g]++
				a.real[g] += float64(v.At(i))
				a.ticks[g] += (v.At(i) - a.ticks[g]) / a.n[g]
			}
		}
		return
	}
	v := floats(args[0])
	for i, g := range group[:n] {
		if !v.IsNull(i) {
			a.n[g]++
			a.real[g] += v.At(i)
		}
	}
}

func (a *avg) Merge(other Accumulator, remap []int32) {
	o := other.(*avg)
	for g := range o.n {
		if o.n[g] == 0 {
			continue
		}
		to := remap[g]
		a.n[to] += o.n[g]
		a.real[to] += o.real[g]
		a.ticks[to] += int64(float64(o.ticks[g]-a.ticks[to]) * float64(o.n[g]) / float64(a.n[to]))
	}
}

func (a *avg) Finish() vector.Column {
	if !ticksLike(a.out) {
		for g := range a.real {
			a.real[g] /= float64(a.n[g])
			if a.n[g] == 0 {
				a.real[g] = math.NaN()
			}
		}
		return &vector.Reals{Data: a.real}
	}
	out := newLongs(a.out, len(a.n))
	for g := range a.n {
		mean := a.ticks[g]
		if a.n[g] > 0 && math.Abs(a.real[g]) < 1<<53 {
			mean = int64(math.Round(a.real[g] / float64(a.n[g])))
		}
		out.put(g, mean, a.n[g] > 0)
	}
	return out.column()
}
