package builtin

import (
	"math"
	"sort"
	"strings"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
)

// parts is a series taken apart: x = seasonal + trend + residual, baseline = seasonal + trend.
type parts struct {
	seasonal, trend, residual, baseline []float64
}

// decompose takes a series apart. period -1 finds one, 0 is none; trend is avg, linefit or none; the last `test` points are not learned from.
// A series with a found period needs a score of at least `threshold`.
//
// Source: Kusto documentation, "series_decompose()".
func decompose(x []float64, period int, trend string, test int, threshold float64) parts {
	n := len(x)
	learn := x[:max(0, n-max(test, 0))]
	p := parts{make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)}
	if period < 0 {
		period = 0
		if periods, scores := detectPeriods(learn, 0, float64(len(learn)), 1); len(periods) > 0 && scores[0] >= threshold {
			period = int(periods[0])
		}
	}
	rest := append([]float64(nil), learn...)
	if period > 1 && period <= len(learn)/2 {
		// The line is taken off first, so that a rise is not mistaken for a season.
		base := trendOf(learn, trend)
		for i := range rest {
			rest[i] = learn[i] - base.at(i)
		}
		season := phaseMeans(rest, period)
		for i := range p.seasonal {
			p.seasonal[i] = season[i%period]
		}
	}
	for i := range learn {
		rest[i] = learn[i] - p.seasonal[i]
	}
	l := trendOf(rest, trend)
	for i := range x {
		p.trend[i] = l.at(i)
		p.baseline[i] = p.seasonal[i] + p.trend[i]
		p.residual[i] = x[i] - p.baseline[i]
	}
	return p
}

func trendOf(x []float64, trend string) line {
	switch strings.ToLower(trend) {
	case "linefit":
		return fitLine(x, 0)
	case "none":
		return line{}
	}
	sum, n := 0.0, 0.0
	for _, v := range x {
		if !math.IsNaN(v) {
			sum += v
			n++
		}
	}
	if n == 0 {
		return line{}
	}
	return line{interception: sum / n}
}

// phaseMeans returns the mean of each phase of a period.
func phaseMeans(x []float64, period int) []float64 {
	sum, n := make([]float64, period), make([]float64, period)
	for i, v := range x {
		if !math.IsNaN(v) {
			sum[i%period] += v
			n[i%period]++
		}
	}
	for i := range sum {
		if n[i] > 0 {
			sum[i] /= n[i]
		}
	}
	return sum
}

func seasonalKernel(_ *Call, a []value.Value) value.Value {
	x, ok := numbersOf(a[0])
	if !ok {
		return value.Null(value.Dynamic)
	}
	period, test := int(longOr(a, 1, -1)), int(longOr(a, 2, 0))
	learn := x[:max(0, len(x)-max(test, 0))]
	if period < 0 {
		period = 0
		if periods, scores := detectPeriods(learn, 0, float64(len(learn)), 1); len(periods) > 0 && scores[0] >= 0.6 {
			period = int(periods[0])
		}
	}
	out := make([]float64, len(x))
	if period > 0 && period <= len(learn) {
		season := phaseMeans(learn, period)
		for i := range out {
			out[i] = season[i%period]
		}
	}
	return value.NewDynamic(realNodes(out))
}

func decomposeKernel(_ *Call, a []value.Value) value.Value {
	x, ok := numbersOf(a[0])
	if !ok {
		return value.Null(value.Dynamic)
	}
	p := decompose(x, int(longOr(a, 1, -1)), argOr(a, 2, value.NewString("avg")).Text(), int(longOr(a, 3, 0)), realOr(a, 4, 0.6))
	return arrayValue([]*value.Node{realNodes(p.baseline), realNodes(p.seasonal), realNodes(p.trend), realNodes(p.residual)})
}

// anomaliesKernel gives ad_flag, ad_score and baseline: the residual's score by Tukey's fences against the threshold.
func anomaliesKernel(_ *Call, a []value.Value) value.Value {
	x, ok := numbersOf(a[0])
	if !ok {
		return value.Null(value.Dynamic)
	}
	threshold, test := realOr(a, 1, 1.5), int(longOr(a, 4, 0))
	p := decompose(x, int(longOr(a, 2, -1)), argOr(a, 3, value.NewString("avg")).Text(), test, realOr(a, 6, 0.6))
	low, high := fences(argOr(a, 5, value.NewString("ctukey")).Text())
	score := outliers(p.residual, low, high, test)
	flags := make([]*value.Node, len(x))
	for i, s := range score {
		flag := int64(0)
		if s > threshold {
			flag = 1
		} else if s < -threshold {
			flag = -1
		}
		flags[i] = value.NodeLong(flag)
	}
	return arrayValue([]*value.Node{value.NodeArray(flags...), realNodes(score), realNodes(p.baseline)})
}

// forecastKernel is series_decompose whose last points are not learnt from, with a line as its trend: the baseline goes on over them.
func forecastKernel(_ *Call, a []value.Value) value.Value {
	x, ok := numbersOf(a[0])
	if !ok {
		return value.Null(value.Dynamic)
	}
	p := decompose(x, int(longOr(a, 2, -1)), argOr(a, 3, value.NewString("linefit")).Text(), int(longOr(a, 1, 0)), realOr(a, 4, 0.6))
	return arrayValue([]*value.Node{realNodes(p.baseline), realNodes(p.seasonal), realNodes(p.trend), realNodes(p.residual)})
}

// fences returns the percentiles between which Tukey's test sees nothing unusual.
func fences(kind string) (low, high float64) {
	if strings.EqualFold(kind, "tukey") {
		return 25, 75
	}
	return 10, 90
}

// outliers scores values by how far they lie outside two percentiles, in lengths of the range between them; values between score 0.
func outliers(x []float64, low, high float64, test int) []float64 {
	var sorted []float64
	for _, v := range x[:max(0, len(x)-max(test, 0))] {
		if !math.IsNaN(v) {
			sorted = append(sorted, v)
		}
	}
	sort.Float64s(sorted)
	out := make([]float64, len(x))
	if len(sorted) == 0 {
		return out
	}
	from, to := percentileOf(sorted, low), percentileOf(sorted, high)
	for i, v := range x {
		d := 0.0
		if v > to {
			d = v - to
		} else if v < from {
			d = v - from
		}
		if math.Abs(d) <= 1e-9*math.Max(math.Abs(from), math.Abs(to)) {
			continue // what is left of rounding is no anomaly
		}
		if to > from {
			out[i] = d / (to - from)
		} else {
			out[i] = math.Copysign(math.Inf(1), d)
		}
	}
	return out
}

// outliersKernel takes series, kind, a value to ignore, two percentiles and the number of test points.
func outliersKernel(_ *Call, a []value.Value) value.Value {
	x, ok := numbersOf(a[0])
	if !ok {
		return value.Null(value.Dynamic)
	}
	low, high := fences(argOr(a, 1, value.NewString("ctukey")).Text())
	if ignore := realOr(a, 2, math.NaN()); !math.IsNaN(ignore) {
		for i, v := range x {
			if v == ignore {
				x[i] = math.NaN()
			}
		}
	}
	return value.NewDynamic(realNodes(outliers(x, realOr(a, 3, low), realOr(a, 4, high), int(longOr(a, 5, 0)))))
}
