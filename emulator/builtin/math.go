package builtin

import (
	"math"
	"math/bits"

	"github.com/cockroachdb/apd/v3"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

func mathKernels() []Scalar {
	kernels := []Scalar{
		{Name: "abs", Kernel: absolute},
		{Name: "sign", Kernel: realToReal(signOf)},
		{Name: "ceiling", Kernel: ceiling},
		{Name: "round", Kernel: strict(round)},
		{Name: "pow", Kernel: twoReals(math.Pow)},
		{Name: "atan2", Kernel: twoReals(math.Atan2)},
		{Name: "pi", Kernel: func(_ *Call, _ []vector.Column, n int) (vector.Column, error) {
			return vector.ConstOf(value.NewReal(math.Pi), n), nil
		}},
		{Name: "loggamma", Kernel: realToReal(func(x float64) float64 { r, _ := math.Lgamma(x); return r })},
		{Name: "isnan", Kernel: realTest(math.IsNaN)},
		{Name: "isinf", Kernel: realTest(func(x float64) bool { return math.IsInf(x, 0) })},
		{Name: "isfinite", Kernel: realTest(func(x float64) bool { return !math.IsInf(x, 0) && !math.IsNaN(x) })},
		{Name: "beta_cdf", Kernel: strict(betaCDF)},
		{Name: "beta_inv", Kernel: strict(betaInv)},
		{Name: "beta_pdf", Kernel: strict(betaPDF)},
		{Name: "welch_test", Kernel: strict(welchTest)},
		{Name: "binary_and", Kernel: twoLongs(func(a, b int64) (int64, bool) { return a & b, true })},
		{Name: "binary_or", Kernel: twoLongs(func(a, b int64) (int64, bool) { return a | b, true })},
		{Name: "binary_xor", Kernel: twoLongs(func(a, b int64) (int64, bool) { return a ^ b, true })},
		{Name: "binary_not", Kernel: ticksToLong(func(a int64) int64 { return ^a })},
		// A shift counts modulo 64. Source: Kusto documentation, "binary_shift_left()".
		{Name: "binary_shift_left", Kernel: twoLongs(func(a, b int64) (int64, bool) { return a << (uint64(b) & 63), b >= 0 })},
		{Name: "binary_shift_right", Kernel: twoLongs(func(a, b int64) (int64, bool) { return a >> (uint64(b) & 63), b >= 0 })},
		{Name: "bitset_count_ones", Kernel: ticksToLong(func(a int64) int64 { return int64(bits.OnesCount64(uint64(a))) })},
	}
	for _, f := range []struct {
		name string
		fn   func(float64) float64
	}{
		{"acos", math.Acos}, {"asin", math.Asin}, {"atan", math.Atan}, {"cos", math.Cos}, {"sin", math.Sin}, {"tan", math.Tan},
		{"cot", func(x float64) float64 { return 1 / math.Tan(x) }}, {"exp", math.Exp}, {"exp2", math.Exp2},
		{"exp10", func(x float64) float64 { return math.Pow(10, x) }}, {"log", math.Log}, {"log2", math.Log2}, {"log10", math.Log10},
		{"sqrt", math.Sqrt}, {"gamma", math.Gamma}, {"erf", math.Erf}, {"erfc", math.Erfc},
		{"degrees", func(x float64) float64 { return x * 180 / math.Pi }}, {"radians", func(x float64) float64 { return x * math.Pi / 180 }},
	} {
		kernels = append(kernels, Scalar{Name: f.name, Kernel: realToReal(f.fn)})
	}
	return kernels
}

func twoReals(f func(a, b float64) float64) Kernel {
	return func(_ *Call, args []vector.Column, n int) (vector.Column, error) {
		a, b := floats(args[0]), floats(args[1])
		out := newReals(n)
		for i := 0; i < n; i++ {
			if a.IsNull(i) || b.IsNull(i) {
				out.null(i)
				continue
			}
			out.data[i] = f(a.At(i), b.At(i))
		}
		return out.column(), nil
	}
}

func twoLongs(f func(a, b int64) (int64, bool)) Kernel {
	return func(c *Call, args []vector.Column, n int) (vector.Column, error) {
		a, b := longs(args[0]), longs(args[1])
		out := newLongs(c.Out, n)
		for i := 0; i < n; i++ {
			if a.IsNull(i) || b.IsNull(i) {
				out.null(i)
				continue
			}
			r, ok := f(a.At(i), b.At(i))
			out.put(i, r, ok)
		}
		return out.column(), nil
	}
}

// realTest is false for null.
func realTest(f func(float64) bool) Kernel {
	return func(_ *Call, args []vector.Column, n int) (vector.Column, error) {
		v := floats(args[0])
		out := make([]bool, n)
		for i := range out {
			out[i] = !v.IsNull(i) && f(v.At(i))
		}
		return &vector.Bools{Data: out}, nil
	}
}

func signOf(x float64) float64 {
	switch {
	case x > 0:
		return 1
	case x < 0:
		return -1
	}
	return x
}

func absolute(c *Call, args []vector.Column, n int) (vector.Column, error) {
	switch c.Out {
	case value.Real:
		return realToReal(math.Abs)(c, args, n)
	case value.Decimal:
		return strict(func(_ *Call, a []value.Value) value.Value {
			v := value.Convert(a[0], value.Decimal)
			if v.Null {
				return v
			}
			d := new(apd.Decimal)
			d.Abs(v.Dec)
			return value.NewDecimal(d)
		})(c, args, n)
	}
	return ticksToLong(func(x int64) int64 { return max(x, -x) })(c, args, n)
}

func ceiling(c *Call, args []vector.Column, n int) (vector.Column, error) {
	switch c.Out {
	case value.Int, value.Long:
		return convert(args[0], c.Out), nil
	case value.Decimal:
		return strict(func(_ *Call, a []value.Value) value.Value {
			v := value.Convert(a[0], value.Decimal)
			if v.Null {
				return v
			}
			d := new(apd.Decimal)
			if _, err := value.DecimalContext().Ceil(d, v.Dec); err != nil {
				return value.Null(value.Decimal)
			}
			return value.NewDecimal(d)
		})(c, args, n)
	}
	return realToReal(math.Ceil)(c, args, n)
}

// round rounds halves away from zero, to digits after the point, or before it when they are negative.
func round(c *Call, a []value.Value) value.Value {
	digits := min(max(longOr(a, 1, 0), -30), 30)
	if c.Out == value.Decimal {
		v := value.Convert(a[0], value.Decimal)
		if v.Null {
			return v
		}
		d := new(apd.Decimal)
		ctx := *value.DecimalContext()
		ctx.Rounding = apd.RoundHalfUp
		if _, err := ctx.Quantize(d, v.Dec, int32(-digits)); err != nil {
			return value.Null(value.Decimal)
		}
		return value.NewDecimal(d)
	}
	x := value.Convert(a[0], value.Real).F
	if c.Out != value.Real && digits >= 0 {
		return value.Convert(a[0], c.Out)
	}
	return value.Convert(value.NewReal(roundTo(x, digits)), c.Out)
}

func roundTo(x float64, digits int64) float64 {
	if digits == 0 {
		return math.Round(x)
	}
	scale := math.Pow(10, math.Abs(float64(digits)))
	if digits < 0 {
		return math.Round(x/scale) * scale
	}
	r := math.Round(x*scale) / scale
	if math.IsInf(r, 0) || math.IsNaN(r) {
		return x
	}
	return r
}

// logBeta is the logarithm of the beta function.
func logBeta(a, b float64) float64 {
	x, _ := math.Lgamma(a)
	y, _ := math.Lgamma(b)
	z, _ := math.Lgamma(a + b)
	return x + y - z
}

// regularBeta is the regularised incomplete beta function by Lentz's continued fraction.
func regularBeta(x, a, b float64) float64 {
	switch {
	case x <= 0:
		return 0
	case x >= 1:
		return 1
	case x > (a+1)/(a+b+2):
		return 1 - regularBeta(1-x, b, a)
	}
	const tiny = 1e-300
	front := math.Exp(math.Log(x)*a+math.Log1p(-x)*b-logBeta(a, b)) / a
	f, c, d := 1.0, 1.0, 0.0
	for i := 0; i <= 400; i++ {
		m := float64(i / 2)
		var num float64
		switch {
		case i == 0:
			num = 1
		case i%2 == 0:
			num = m * (b - m) * x / ((a + 2*m - 1) * (a + 2*m))
		default:
			num = -(a + m) * (a + b + m) * x / ((a + 2*m) * (a + 2*m + 1))
		}
		d = 1 + num*d
		if math.Abs(d) < tiny {
			d = tiny
		}
		d = 1 / d
		c = 1 + num/c
		if math.Abs(c) < tiny {
			c = tiny
		}
		f *= c * d
		if math.Abs(1-c*d) < 1e-15 {
			break
		}
	}
	return front * (f - 1)
}

func betaArgs(a []value.Value) (x, alpha, beta float64, ok bool) {
	x, alpha, beta = realOr(a, 0, 0), realOr(a, 1, 0), realOr(a, 2, 0)
	return x, alpha, beta, x >= 0 && x <= 1 && alpha > 0 && beta > 0
}

func betaCDF(_ *Call, a []value.Value) value.Value {
	x, alpha, beta, ok := betaArgs(a)
	if !ok {
		return value.NewReal(math.NaN())
	}
	return value.NewReal(regularBeta(x, alpha, beta))
}

func betaPDF(_ *Call, a []value.Value) value.Value {
	x, alpha, beta, ok := betaArgs(a)
	if !ok {
		return value.NewReal(math.NaN())
	}
	return value.NewReal(math.Exp((alpha-1)*math.Log(x) + (beta-1)*math.Log1p(-x) - logBeta(alpha, beta)))
}

// betaInv inverts beta_cdf by halving; a probability outside 0 to 1 gives null, a parameter that is not positive NaN.
func betaInv(_ *Call, a []value.Value) value.Value {
	p, alpha, beta, ok := betaArgs(a)
	if !ok {
		if alpha <= 0 || beta <= 0 {
			return value.NewReal(math.NaN())
		}
		return value.Null(value.Real)
	}
	if p == 0 || p == 1 {
		return value.NewReal(p)
	}
	low, high := 0.0, 1.0
	for i := 0; i < 200 && high-low > 1e-16; i++ {
		if mid := (low + high) / 2; regularBeta(mid, alpha, beta) < p {
			low = mid
		} else {
			high = mid
		}
	}
	return value.NewReal((low + high) / 2)
}

// welchTest gives the p-value of Welch's test of two means, from mean, variance and count of each sample.
func welchTest(_ *Call, a []value.Value) value.Value {
	m1, v1, n1 := realOr(a, 0, 0), realOr(a, 1, 0), realOr(a, 2, 0)
	m2, v2, n2 := realOr(a, 3, 0), realOr(a, 4, 0), realOr(a, 5, 0)
	s1, s2 := v1/n1, v2/n2
	t := (m1 - m2) / math.Sqrt(s1+s2)
	df := (s1 + s2) * (s1 + s2) / (s1*s1/(n1-1) + s2*s2/(n2-1))
	return value.NewReal(regularBeta(df/(df+t*t), df/2, 0.5))
}
