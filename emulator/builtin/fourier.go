package builtin

import (
	"math"
	"math/cmplx"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
)

// fft transforms in place, its length a power of two; the inverse divides by the length.
func fft(re, im []float64, inverse bool) {
	n := len(re)
	for i, j := 1, 0; i < n; i++ {
		bit := n >> 1
		for ; j&bit != 0; bit >>= 1 {
			j ^= bit
		}
		j |= bit
		if i < j {
			re[i], re[j] = re[j], re[i]
			im[i], im[j] = im[j], im[i]
		}
	}
	sign := -1.0
	if inverse {
		sign = 1
	}
	for size := 2; size <= n; size *= 2 {
		half := size / 2
		for k := 0; k < half; k++ {
			s, c := math.Sincos(sign * 2 * math.Pi * float64(k) / float64(size))
			for start := k; start < n; start += size {
				x, y := re[start+half]*c-im[start+half]*s, re[start+half]*s+im[start+half]*c
				re[start+half], im[start+half] = re[start]-x, im[start]-y
				re[start], im[start] = re[start]+x, im[start]+y
			}
		}
	}
	if inverse {
		for i := range re {
			re[i] /= float64(n)
			im[i] /= float64(n)
		}
	}
}

// transform is the Fourier transform of any length, by Bluestein's convolution where it is no power of two.
func transform(x []complex128, inverse bool) []complex128 {
	n := len(x)
	size := 1
	for size < n {
		size *= 2
	}
	if size == n {
		re, im := split2(x, n)
		fft(re, im, inverse)
		return join2(re, im, n)
	}
	for size < 2*n-1 {
		size *= 2
	}
	sign := -1.0
	if inverse {
		sign = 1
	}
	chirp := make([]complex128, n)
	for i := range chirp {
		chirp[i] = cmplx.Rect(1, sign*math.Pi*math.Mod(float64(i)*float64(i), float64(2*n))/float64(n))
	}
	a, b := make([]complex128, size), make([]complex128, size)
	for i := range x {
		a[i] = x[i] * chirp[i]
		b[i] = cmplx.Conj(chirp[i])
		if i > 0 {
			b[size-i] = b[i]
		}
	}
	are, aim := split2(a, size)
	bre, bim := split2(b, size)
	fft(are, aim, false)
	fft(bre, bim, false)
	for i := range are {
		are[i], aim[i] = are[i]*bre[i]-aim[i]*bim[i], are[i]*bim[i]+aim[i]*bre[i]
	}
	fft(are, aim, true)
	out := make([]complex128, n)
	for i := range out {
		out[i] = complex(are[i], aim[i]) * chirp[i]
		if inverse {
			out[i] /= complex(float64(n), 0)
		}
	}
	return out
}

func split2(x []complex128, n int) (re, im []float64) {
	re, im = make([]float64, n), make([]float64, n)
	for i, c := range x {
		re[i], im[i] = real(c), imag(c)
	}
	return re, im
}

func join2(re, im []float64, n int) []complex128 {
	out := make([]complex128, n)
	for i := range out {
		out[i] = complex(re[i], im[i])
	}
	return out
}

// fourier gives the real and the imaginary parts as two arrays.
func fourier(a []value.Value, inverse bool) value.Value {
	re, ok := numbersOf(a[0])
	if !ok || len(re) == 0 {
		return value.Null(value.Dynamic)
	}
	im := make([]float64, len(re))
	if len(a) > 1 && !a[1].Null {
		if im, ok = numbersOf(a[1]); !ok || len(im) != len(re) {
			return value.Null(value.Dynamic)
		}
	}
	out := transform(join2(re, im, len(re)), inverse)
	x, y := split2(out, len(out))
	return arrayValue([]*value.Node{realNodes(x), realNodes(y)})
}
