package builtin

import (
	"math"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

func spreadAggregates() []Aggregate {
	var out []Aggregate
	for _, f := range []struct {
		name         string
		sample, root bool
	}{{"stdev", true, true}, {"stdevp", false, true}, {"variance", true, false}, {"variancep", false, false}} {
		build := func([]value.Type, []value.Value, value.Type) Accumulator {
			return &spread{sample: f.sample, root: f.root}
		}
		out = append(out, Aggregate{Name: f.name, New: build})
		if f.name != "stdevp" { // Kusto has no stdevpif
			out = append(out, only(f.name+"if", 1, build))
		}
	}
	for _, f := range []struct {
		name   string
		sample bool
	}{{"covariance", true}, {"covariancep", false}} {
		build := func([]value.Type, []value.Value, value.Type) Accumulator { return &covariance{sample: f.sample} }
		out = append(out, Aggregate{Name: f.name, New: build}, only(f.name+"if", 2, build))
	}
	return out
}

// spread is variance and standard deviation by Welford's method; fewer than two values give 0, as an empty table does by the reference of summarize.
type spread struct {
	sample, root bool
	n, mean, m2  []float64
}

func (a *spread) Resize(groups int) {
	a.n, a.mean, a.m2 = grown(a.n, groups), grown(a.mean, groups), grown(a.m2, groups)
}

func (a *spread) Update(args []vector.Column, group []int32, n int) {
	v := floats(ticksAsReal(args[0]))
	for i, g := range groupsOf(group, n)[:n] {
		if v.IsNull(i) {
			continue
		}
		x := v.At(i)
		a.n[g]++
		d := x - a.mean[g]
		a.mean[g] += d / a.n[g]
		a.m2[g] += d * (x - a.mean[g])
	}
}

func (a *spread) Merge(other Accumulator, remap []int32) {
	o := other.(*spread)
	for g, n := range o.n {
		if n == 0 {
			continue
		}
		to := remap[g]
		total := a.n[to] + n
		d := o.mean[g] - a.mean[to]
		a.m2[to] += o.m2[g] + d*d*a.n[to]*n/total
		a.mean[to] += d * n / total
		a.n[to] = total
	}
}

func (a *spread) Finish() vector.Column {
	out := make([]float64, len(a.n))
	for g, n := range a.n {
		if a.sample {
			n--
		}
		x := 0.0
		if n > 0 {
			x = a.m2[g] / n
		}
		if a.root {
			x = math.Sqrt(x)
		}
		out[g] = x
	}
	return &vector.Reals{Data: out}
}

// covariance of two columns, rows with a null left out.
type covariance struct {
	sample          bool
	n, meanX, meanY []float64
	c               []float64
}

func (a *covariance) Resize(groups int) {
	a.n, a.meanX, a.meanY, a.c = grown(a.n, groups), grown(a.meanX, groups), grown(a.meanY, groups), grown(a.c, groups)
}

func (a *covariance) Update(args []vector.Column, group []int32, n int) {
	x, y := floats(ticksAsReal(args[0])), floats(ticksAsReal(args[1]))
	for i, g := range groupsOf(group, n)[:n] {
		if x.IsNull(i) || y.IsNull(i) {
			continue
		}
		a.n[g]++
		dx := x.At(i) - a.meanX[g]
		a.meanX[g] += dx / a.n[g]
		a.meanY[g] += (y.At(i) - a.meanY[g]) / a.n[g]
		a.c[g] += dx * (y.At(i) - a.meanY[g])
	}
}

func (a *covariance) Merge(other Accumulator, remap []int32) {
	o := other.(*covariance)
	for g, n := range o.n {
		if n == 0 {
			continue
		}
		to := remap[g]
		total := a.n[to] + n
		dx, dy := o.meanX[g]-a.meanX[to], o.meanY[g]-a.meanY[to]
		a.c[to] += o.c[g] + dx*dy*a.n[to]*n/total
		a.meanX[to] += dx * n / total
		a.meanY[to] += dy * n / total
		a.n[to] = total
	}
}

func (a *covariance) Finish() vector.Column {
	out := make([]float64, len(a.n))
	for g, n := range a.n {
		if a.sample {
			n--
		}
		if n > 0 {
			out[g] = a.c[g] / n
		}
	}
	return &vector.Reals{Data: out}
}
