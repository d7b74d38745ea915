package builtin

import (
	"math"
	"sort"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
)

func fitKernels() []Scalar {
	return []Scalar{
		{Name: "series_fit_line", Kernel: rows(func(_ *Call, a []value.Value) value.Value { return fitLineValue(a, false) })},
		{Name: "series_fit_line_dynamic", Kernel: rows(func(_ *Call, a []value.Value) value.Value { return fitLineValue(a, true) })},
		{Name: "series_fit_2lines", Kernel: rows(func(_ *Call, a []value.Value) value.Value { return fit2LinesValue(a, false) })},
		{Name: "series_fit_2lines_dynamic", Kernel: rows(func(_ *Call, a []value.Value) value.Value { return fit2LinesValue(a, true) })},
		{Name: "series_fit_poly", Kernel: rows(fitPoly)},
		{Name: "series_periods_detect", Kernel: rows(periodsDetect)},
		{Name: "series_periods_validate", Kernel: rows(periodsValidate)},
		{Name: "series_seasonal", Kernel: rows(seasonalKernel)},
		{Name: "series_decompose", Kernel: rows(decomposeKernel)},
		{Name: "series_decompose_anomalies", Kernel: rows(anomaliesKernel)},
		{Name: "series_decompose_forecast", Kernel: rows(forecastKernel)},
	}
}

// line is a least-squares line over the places 0, 1, 2, ...
type line struct {
	slope, interception, variance, residual float64
}

func (l line) rsquare() float64 {
	if l.variance == 0 {
		return 0
	}
	return 1 - l.residual/l.variance
}

// fitLine fits the numbers of x (NaN is passed over), which stand at places from `first` on.
func fitLine(x []float64, first int) line {
	var n, sx, sy, sxx, sxy float64
	for i, v := range x {
		if math.IsNaN(v) {
			continue
		}
		t := float64(first + i)
		n++
		sx += t
		sy += v
		sxx += t * t
		sxy += t * v
	}
	var l line
	if n == 0 {
		return l
	}
	if d := n*sxx - sx*sx; d != 0 {
		l.slope = (n*sxy - sx*sy) / d
	}
	l.interception = (sy - l.slope*sx) / n
	for i, v := range x {
		if math.IsNaN(v) {
			continue
		}
		d, r := v-sy/n, v-l.interception-l.slope*float64(first+i)
		l.variance += d * d
		l.residual += r * r
	}
	if n > 1 {
		l.variance /= n - 1
		l.residual /= n - 1
	}
	return l
}

func (l line) at(i int) float64 { return l.interception + l.slope*float64(i) }

func namedOrArray(bagForm bool, names []string, nodes []*value.Node) value.Value {
	if bagForm {
		return value.NewDynamic(value.NodeBag(names, nodes))
	}
	return arrayValue(nodes)
}

func fitLineValue(a []value.Value, bagForm bool) value.Value {
	x, ok := numbersOf(a[0])
	if !ok || len(x) == 0 {
		return value.Null(value.Dynamic)
	}
	l := fitLine(x, 0)
	fit := make([]float64, len(x))
	for i := range fit {
		fit[i] = l.at(i)
	}
	return namedOrArray(bagForm, []string{"rsquare", "slope", "variance", "rvariance", "interception", "line_fit"},
		[]*value.Node{value.NodeReal(l.rsquare()), value.NodeReal(l.slope), value.NodeReal(l.variance), value.NodeReal(l.residual),
			value.NodeReal(l.interception), realNodes(fit)})
}

// fit2LinesValue splits the series where two lines fit best.
func fit2LinesValue(a []value.Value, bagForm bool) value.Value {
	x, ok := numbersOf(a[0])
	if !ok || len(x) < 4 {
		return value.Null(value.Dynamic)
	}
	split := bestSplit(x)
	left, right := fitLine(x[:split], 0), fitLine(x[split:], 0)
	whole := fitLine(x, 0)
	n := float64(len(x))
	fit := make([]float64, len(x))
	residual := 0.0
	for i := range fit {
		if i < split {
			fit[i] = left.at(i)
		} else {
			fit[i] = right.at(i - split)
		}
		if d := x[i] - fit[i]; !math.IsNaN(d) {
			residual += d * d / (n - 1)
		}
	}
	total := line{variance: whole.variance, residual: residual}
	return namedOrArray(bagForm, []string{"rsquare", "split_idx", "variance", "rvariance", "line_fit",
		"right_rsquare", "right_slope", "right_interception", "right_variance", "right_rvariance",
		"left_rsquare", "left_slope", "left_interception", "left_variance", "left_rvariance"},
		[]*value.Node{value.NodeReal(total.rsquare()), value.NodeLong(int64(split)), value.NodeReal(total.variance), value.NodeReal(residual), realNodes(fit),
			value.NodeReal(right.rsquare()), value.NodeReal(right.slope), value.NodeReal(right.interception), value.NodeReal(right.variance), value.NodeReal(right.residual),
			value.NodeReal(left.rsquare()), value.NodeReal(left.slope), value.NodeReal(left.interception), value.NodeReal(left.variance), value.NodeReal(left.residual)})
}

// bestSplit tries every place with at least two values on each side; sums over prefixes make each try constant time.
func bestSplit(x []float64) int {
	type sums struct{ n, sx, sy, sxx, sxy, syy float64 }
	prefix := make([]sums, len(x)+1)
	for i, v := range x {
		p := prefix[i]
		if t := float64(i); !math.IsNaN(v) {
			p = sums{p.n + 1, p.sx + t, p.sy + v, p.sxx + t*t, p.sxy + t*v, p.syy + v*v}
		}
		prefix[i+1] = p
	}
	rss := func(a, b sums) float64 {
		s := sums{b.n - a.n, b.sx - a.sx, b.sy - a.sy, b.sxx - a.sxx, b.sxy - a.sxy, b.syy - a.syy}
		if s.n == 0 {
			return 0
		}
		r := s.syy - s.sy*s.sy/s.n
		if d := s.sxx - s.sx*s.sx/s.n; d > 0 {
			c := s.sxy - s.sx*s.sy/s.n
			r -= c * c / d
		}
		return r
	}
	best, at := math.Inf(1), 2
	for i := 2; i <= len(x)-2; i++ {
		if r := rss(prefix[0], prefix[i]) + rss(prefix[i], prefix[len(x)]); r < best {
			best, at = r, i
		}
	}
	return at
}

// fitPoly fits a polynomial by the normal equations on x values moved to their middle; it gives rsquare, coefficients, variance, rvariance and poly_fit.
func fitPoly(_ *Call, a []value.Value) value.Value {
	y, ok := numbersOf(a[0])
	degree := int(longOr(a, 2, 2))
	if !ok || len(y) == 0 || degree < 1 || degree > 7 || len(y) <= degree {
		return value.Null(value.Dynamic)
	}
	x := make([]float64, len(y))
	for i := range x {
		x[i] = float64(i)
	}
	if len(a) > 1 && !a[1].Null {
		given, ok := numbersOf(a[1])
		if !ok || len(given) != len(y) {
			return value.Null(value.Dynamic)
		}
		x = given
	}
	coefs, ok := solvePoly(x, y, degree)
	if !ok {
		return value.Null(value.Dynamic)
	}
	fit := make([]float64, len(y))
	m, variance, residual := mean(y), 0.0, 0.0
	for i := range fit {
		for k := degree; k >= 0; k-- {
			fit[i] = fit[i]*x[i] + coefs[k]
		}
		variance += (y[i] - m) * (y[i] - m) / float64(len(y)-1)
		residual += (y[i] - fit[i]) * (y[i] - fit[i]) / float64(len(y)-1)
	}
	return arrayValue([]*value.Node{value.NodeReal(line{variance: variance, residual: residual}.rsquare()), realNodes(coefs),
		value.NodeReal(variance), value.NodeReal(residual), realNodes(fit)})
}

func solvePoly(x, y []float64, degree int) ([]float64, bool) {
	n := degree + 1
	m := make([][]float64, n)
	for r := range m {
		m[r] = make([]float64, n+1)
	}
	for i := range x {
		p := make([]float64, 2*n)
		p[0] = 1
		for k := 1; k < len(p); k++ {
			p[k] = p[k-1] * x[i]
		}
		for r := 0; r < n; r++ {
			for c := 0; c < n; c++ {
				m[r][c] += p[r+c]
			}
			m[r][n] += p[r] * y[i]
		}
	}
	for c := 0; c < n; c++ {
		pivot := c
		for r := c + 1; r < n; r++ {
			if math.Abs(m[r][c]) > math.Abs(m[pivot][c]) {
				pivot = r
			}
		}
		if m[pivot][c] == 0 || math.IsNaN(m[pivot][c]) {
			return nil, false
		}
		m[c], m[pivot] = m[pivot], m[c]
		for r := 0; r < n; r++ {
			if r != c {
				f := m[r][c] / m[c][c]
				for k := c; k <= n; k++ {
					m[r][k] -= f * m[c][k]
				}
			}
		}
	}
	out := make([]float64, n)
	for r := range out {
		out[r] = m[r][n] / m[r][r]
	}
	return out, true
}

// autocorrelation of a series with its line taken off, by lag, 1 at lag 0.
func autocorrelation(x []float64) []float64 {
	l := fitLine(x, 0)
	n := 1
	for n < 2*len(x) {
		n *= 2
	}
	re, im := make([]float64, n), make([]float64, n)
	for i, v := range x {
		if !math.IsNaN(v) {
			re[i] = v - l.at(i)
		}
	}
	fft(re, im, false)
	for i := range re {
		re[i], im[i] = re[i]*re[i]+im[i]*im[i], 0
	}
	fft(re, im, true)
	out := re[:len(x)]
	if zero := out[0]; zero > 0 {
		for i := range out {
			// Fewer pairs meet at longer lags; without this the score of a long period would sink.
			out[i] = out[i] / zero * float64(len(x)) / float64(len(x)-i)
		}
	}
	return out
}

// detectPeriods finds up to `count` periods between two bounds: peaks of the autocorrelation, multiples of a better one left out.
func detectPeriods(x []float64, low, high float64, count int) (periods, scores []float64) {
	if len(x) < 4 {
		return nil, nil
	}
	ac := autocorrelation(x)
	limit := min(int(high), len(x)/2)
	var peaks []int
	for i := max(int(math.Ceil(low)), 2); i <= limit; i++ {
		left := ac[i-1]
		right := math.Inf(-1)
		if i+1 < len(ac) {
			right = ac[i+1]
		}
		if ac[i] > 0 && ac[i] >= left && ac[i] > right {
			peaks = append(peaks, i)
		}
	}
	sort.SliceStable(peaks, func(i, j int) bool { return ac[peaks[i]] > ac[peaks[j]]*1.0001 })
	for _, p := range peaks {
		multiple := false
		for _, q := range periods {
			if r := math.Mod(float64(p), q); r == 0 || r == q-1 || r == 1 && q > 3 {
				multiple = true
			}
		}
		if multiple || len(periods) >= count {
			continue
		}
		periods = append(periods, float64(p))
		scores = append(scores, math.Min(ac[p], 1))
	}
	return periods, scores
}

func periodsDetect(_ *Call, a []value.Value) value.Value {
	x, ok := numbersOf(a[0])
	if !ok {
		return value.Null(value.Dynamic)
	}
	periods, scores := detectPeriods(x, realOr(a, 1, 0), realOr(a, 2, float64(len(x))), int(longOr(a, 3, 1)))
	return arrayValue([]*value.Node{realNodes(periods), realNodes(scores)})
}

// periodsValidate scores given periods.
func periodsValidate(_ *Call, a []value.Value) value.Value {
	x, ok := numbersOf(a[0])
	if !ok || len(x) == 0 {
		return value.Null(value.Dynamic)
	}
	ac := autocorrelation(x)
	var periods, scores []float64
	for i := 1; i < len(a); i++ {
		p := realOr(a, i, 0)
		score := 0.0
		if at := int(math.Round(p)); at > 0 && at <= len(x)/2 {
			score = math.Min(math.Max(ac[at], 0), 1)
		}
		periods, scores = append(periods, p), append(scores, score)
	}
	return arrayValue([]*value.Node{realNodes(periods), realNodes(scores)})
}
