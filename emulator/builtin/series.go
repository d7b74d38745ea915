package builtin

import (
	"math"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
)

// Functions that Kusto documents as giving several columns give an array here, one element a column, in the documented order.

func seriesKernels() []Scalar {
	kernels := []Scalar{
		{Name: "series_add", Kernel: rows(func(_ *Call, a []value.Value) value.Value { return pairwise(a, addition.nodes) })},
		{Name: "series_subtract", Kernel: rows(func(_ *Call, a []value.Value) value.Value { return pairwise(a, subtraction.nodes) })},
		{Name: "series_multiply", Kernel: rows(func(_ *Call, a []value.Value) value.Value { return pairwise(a, multiplication.nodes) })},
		{Name: "series_divide", Kernel: rows(func(_ *Call, a []value.Value) value.Value {
			return pairwise(a, pairOfReals(func(x, y float64) float64 { return x / y }))
		})},
		{Name: "series_pow", Kernel: rows(func(_ *Call, a []value.Value) value.Value { return pairwise(a, pairOfReals(math.Pow)) })},
		{Name: "series_abs", Kernel: rows(func(_ *Call, a []value.Value) value.Value { return eachElement(a, absNode) })},
		{Name: "series_sign", Kernel: rows(func(_ *Call, a []value.Value) value.Value {
			return eachElement(a, func(n *value.Node) *value.Node { return value.NodeLong(int64(signOf(n.Float()))) })
		})},
		{Name: "series_sum", Kernel: rows(func(_ *Call, a []value.Value) value.Value {
			return foldSeries(a, 0, func(acc, x float64) float64 { return acc + x })
		})},
		{Name: "series_product", Kernel: rows(func(_ *Call, a []value.Value) value.Value {
			return foldSeries(a, 1, func(acc, x float64) float64 { return acc * x })
		})},
		{Name: "series_magnitude", Kernel: rows(func(_ *Call, a []value.Value) value.Value {
			r := foldSeries(a, 0, func(acc, x float64) float64 { return acc + x*x })
			r.F = math.Sqrt(r.F)
			return r
		})},
		{Name: "series_dot_product", Kernel: rows(dotProduct)},
		{Name: "series_cosine_similarity", Kernel: rows(cosineSimilarity)},
		{Name: "series_pearson_correlation", Kernel: rows(pearson)},
		{Name: "series_stats", Kernel: rows(seriesStats)},
		{Name: "series_stats_dynamic", Kernel: rows(seriesStatsDynamic)},
		{Name: "series_fir", Kernel: rows(fir)},
		{Name: "series_iir", Kernel: rows(iir)},
		{Name: "series_fill_const", Kernel: rows(fillConst)},
		{Name: "series_fill_forward", Kernel: rows(func(_ *Call, a []value.Value) value.Value { return fillFrom(a, 1) })},
		{Name: "series_fill_backward", Kernel: rows(func(_ *Call, a []value.Value) value.Value { return fillFrom(a, -1) })},
		{Name: "series_fill_linear", Kernel: rows(fillLinear)},
		{Name: "series_outliers", Kernel: rows(outliersKernel)},
		{Name: "series_fft", Kernel: rows(func(_ *Call, a []value.Value) value.Value { return fourier(a, false) })},
		{Name: "series_ifft", Kernel: rows(func(_ *Call, a []value.Value) value.Value { return fourier(a, true) })},
	}
	for _, f := range []struct {
		name string
		fn   func(float64) float64
	}{
		{"acos", math.Acos}, {"asin", math.Asin}, {"atan", math.Atan}, {"cos", math.Cos}, {"sin", math.Sin}, {"tan", math.Tan},
		{"exp", math.Exp}, {"log", math.Log}, {"ceiling", math.Ceil}, {"floor", math.Floor},
	} {
		kernels = append(kernels, Scalar{Name: "series_" + f.name, Kernel: rows(func(_ *Call, a []value.Value) value.Value {
			return eachElement(a, func(n *value.Node) *value.Node { return value.NodeReal(f.fn(n.Float())) })
		})})
	}
	for _, f := range []struct {
		name  string
		holds func(c int) bool
	}{
		{"equals", func(c int) bool { return c == 0 }}, {"not_equals", func(c int) bool { return c != 0 }},
		{"less", func(c int) bool { return c < 0 }}, {"less_equals", func(c int) bool { return c <= 0 }},
		{"greater", func(c int) bool { return c > 0 }}, {"greater_equals", func(c int) bool { return c >= 0 }},
	} {
		kernels = append(kernels, Scalar{Name: "series_" + f.name, Kernel: rows(func(_ *Call, a []value.Value) value.Value {
			return pairwise(a, func(x, y *value.Node) *value.Node {
				if !isNumber(x) || !isNumber(y) {
					return nil
				}
				return value.NodeBool(f.holds(value.CompareNodes(x, y)))
			})
		})})
	}
	return kernels
}

func isNumber(n *value.Node) bool {
	return n != nil && (n.Kind == value.KindLong || n.Kind == value.KindReal || n.Kind == value.KindDecimal)
}

func absNode(n *value.Node) *value.Node {
	if n.Kind == value.KindLong {
		return value.NodeLong(max(n.I, -n.I))
	}
	return value.NodeReal(math.Abs(n.Float()))
}

// eachElement applies f to the numbers of a series; everything else becomes null.
func eachElement(a []value.Value, f func(*value.Node) *value.Node) value.Value {
	elems, ok := elements(a[0])
	if !ok {
		return value.Null(value.Dynamic)
	}
	out := make([]*value.Node, len(elems))
	for i, e := range elems {
		out[i] = nullElement
		if isNumber(e) {
			out[i] = f(e)
		}
	}
	return arrayValue(out)
}

func pairOfReals(f func(x, y float64) float64) func(x, y *value.Node) *value.Node {
	return func(x, y *value.Node) *value.Node {
		if !isNumber(x) || !isNumber(y) {
			return nil
		}
		return value.NodeReal(f(x.Float(), y.Float()))
	}
}

// pairwise applies f to the elements of two series; a plain number serves for all places, a missing element gives null.
func pairwise(a []value.Value, f func(x, y *value.Node) *value.Node) value.Value {
	x, ok1 := elements(a[0])
	y, ok2 := elements(a[1])
	if !ok1 && !ok2 || !ok1 && a[0].Null || !ok2 && a[1].Null {
		return value.Null(value.Dynamic)
	}
	out := make([]*value.Node, max(len(x), len(y)))
	at := func(elems []*value.Node, ok bool, v value.Value, i int) *value.Node {
		switch {
		case !ok:
			return v.Node()
		case i < len(elems):
			return elems[i]
		}
		return nil
	}
	for i := range out {
		if out[i] = f(at(x, ok1, a[0], i), at(y, ok2, a[1], i)); out[i] == nil {
			out[i] = nullElement
		}
	}
	return arrayValue(out)
}

// numbersOf reads a series as reals, NaN for what is no number; false when it is no array.
func numbersOf(v value.Value) ([]float64, bool) {
	elems, ok := elements(v)
	if !ok {
		return nil, false
	}
	out := make([]float64, len(elems))
	for i, e := range elems {
		out[i] = e.Float()
	}
	return out, true
}

func realNodes(x []float64) *value.Node {
	nodes := make([]value.Node, len(x))
	out := make([]*value.Node, len(x))
	for i, f := range x {
		nodes[i] = value.Node{Kind: value.KindReal, F: f}
		out[i] = &nodes[i]
	}
	return value.NodeArray(out...)
}

func foldSeries(a []value.Value, start float64, f func(acc, x float64) float64) value.Value {
	x, ok := numbersOf(a[0])
	if !ok {
		return value.Null(value.Real)
	}
	for _, v := range x {
		start = f(start, v)
	}
	return value.NewReal(start)
}

// pairs reads two series of one length; a plain number is repeated.
func pairs(a []value.Value) (x, y []float64, ok bool) {
	x, ok1 := numbersOf(a[0])
	y, ok2 := numbersOf(a[1])
	fill := func(v value.Value, n int) []float64 {
		out := make([]float64, n)
		for i := range out {
			out[i] = realOr([]value.Value{v}, 0, math.NaN())
		}
		return out
	}
	switch {
	case ok1 && !ok2 && !a[1].Null && a[1].Type != value.Dynamic:
		y, ok2 = fill(a[1], len(x)), true
	case ok2 && !ok1 && !a[0].Null && a[0].Type != value.Dynamic:
		x, ok1 = fill(a[0], len(y)), true
	}
	return x, y, ok1 && ok2 && len(x) == len(y)
}

func dot(x, y []float64) float64 {
	sum := 0.0
	for i := range x {
		sum += x[i] * y[i]
	}
	return sum
}

func dotProduct(_ *Call, a []value.Value) value.Value {
	x, y, ok := pairs(a)
	if !ok {
		return value.Null(value.Real)
	}
	return value.NewReal(dot(x, y))
}

func cosineSimilarity(_ *Call, a []value.Value) value.Value {
	x, y, ok := pairs(a)
	if !ok {
		return value.Null(value.Real)
	}
	m1, m2 := realOr(a, 2, math.Sqrt(dot(x, x))), realOr(a, 3, math.Sqrt(dot(y, y)))
	return value.NewReal(dot(x, y) / (m1 * m2))
}

func pearson(_ *Call, a []value.Value) value.Value {
	x, y, ok := pairs(a)
	if !ok || len(x) == 0 {
		return value.Null(value.Real)
	}
	mx, my := mean(x), mean(y)
	var sxy, sxx, syy float64
	for i := range x {
		sxy += (x[i] - mx) * (y[i] - my)
		sxx += (x[i] - mx) * (x[i] - mx)
		syy += (y[i] - my) * (y[i] - my)
	}
	return value.NewReal(sxy / math.Sqrt(sxx*syy))
}

func mean(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v
	}
	return sum / float64(len(x))
}

// stats are what series_stats gives. A value that is not finite makes them null unless such values are to be ignored.
type stats struct {
	min, max, avg, stdev, variance, sum float64
	minAt, maxAt                        int
	n                                   int
	ok                                  bool
}

func statsOf(a []value.Value) stats {
	x, ok := numbersOf(a[0])
	ignore := boolOr(a, 1, false)
	s := stats{ok: ok && len(x) > 0}
	mean, m2 := 0.0, 0.0
	for i, v := range x {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			if !ignore {
				s.ok = false
			}
			continue
		}
		if s.n == 0 || v < s.min {
			s.min, s.minAt = v, i
		}
		if s.n == 0 || v > s.max {
			s.max, s.maxAt = v, i
		}
		s.n++
		s.sum += v
		d := v - mean
		mean += d / float64(s.n)
		m2 += d * (v - mean)
	}
	s.ok = s.ok && s.n > 0
	s.avg = s.sum / float64(s.n)
	if s.n > 1 {
		s.variance = m2 / float64(s.n-1)
	}
	s.stdev = math.Sqrt(s.variance)
	return s
}

// seriesStats gives min, min_idx, max, max_idx, avg, stdev and variance.
func seriesStats(_ *Call, a []value.Value) value.Value {
	s := statsOf(a)
	if !s.ok {
		return value.Null(value.Dynamic)
	}
	return arrayValue([]*value.Node{value.NodeReal(s.min), value.NodeLong(int64(s.minAt)), value.NodeReal(s.max), value.NodeLong(int64(s.maxAt)),
		value.NodeReal(s.avg), value.NodeReal(s.stdev), value.NodeReal(s.variance)})
}

func seriesStatsDynamic(_ *Call, a []value.Value) value.Value {
	s := statsOf(a)
	if !s.ok {
		return value.Null(value.Dynamic)
	}
	return value.NewDynamic(value.NodeBag(
		[]string{"min", "min_idx", "max", "max_idx", "avg", "stdev", "variance", "sum", "len"},
		[]*value.Node{value.NodeReal(s.min), value.NodeLong(int64(s.minAt)), value.NodeReal(s.max), value.NodeLong(int64(s.maxAt)),
			value.NodeReal(s.avg), value.NodeReal(s.stdev), value.NodeReal(s.variance), value.NodeReal(s.sum), value.NodeLong(int64(s.n))}))
}

// zeroed returns a series with 0 for what is no number, as filters read it.
func zeroed(x []float64) []float64 {
	out := append([]float64(nil), x...)
	for i, v := range out {
		if math.IsNaN(v) {
			out[i] = 0
		}
	}
	return out
}

// fir filters a series. The filter is divided by its sum unless it has negative values or normalize is false; center moves it by half its length.
func fir(_ *Call, a []value.Value) value.Value {
	x, ok1 := numbersOf(a[0])
	f, ok2 := numbersOf(a[1])
	if !ok1 || !ok2 || len(f) == 0 {
		return value.Null(value.Dynamic)
	}
	sum, negative := 0.0, false
	for _, v := range f {
		sum += v
		negative = negative || v < 0
	}
	normalize := boolOr(a, 2, !negative)
	if normalize && negative {
		return value.Null(value.Dynamic)
	}
	if !normalize || sum == 0 {
		sum = 1
	}
	shift := 0
	if boolOr(a, 3, false) {
		shift = len(f) / 2
	}
	x = zeroed(x)
	out := make([]float64, len(x))
	for i := range out {
		for j, w := range f {
			if k := i - j + shift; k >= 0 && k < len(x) {
				out[i] += w * x[k]
			}
		}
		out[i] /= sum
	}
	return value.NewDynamic(realNodes(out))
}

// iir filters a series by numerators and denominators.
func iir(_ *Call, a []value.Value) value.Value {
	x, ok1 := numbersOf(a[0])
	b, ok2 := numbersOf(a[1])
	d, ok3 := numbersOf(a[2])
	if !ok1 || !ok2 || !ok3 || len(d) == 0 || d[0] == 0 {
		return value.Null(value.Dynamic)
	}
	x = zeroed(x)
	out := make([]float64, len(x))
	for i := range out {
		sum := 0.0
		for j, w := range b {
			if i >= j {
				sum += w * x[i-j]
			}
		}
		for j := 1; j < len(d) && j <= i; j++ {
			sum -= d[j] * out[i-j]
		}
		out[i] = sum / d[0]
	}
	return value.NewDynamic(realNodes(out))
}
