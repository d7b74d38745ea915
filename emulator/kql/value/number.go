package value

import (
	"math"
	"strconv"
	"strings"
	"sync"

	"github.com/cockroachdb/apd/v3"
)

// FormatReal returns the text of a real: the shortest digits that read back the same, always with a point or an
// exponent ("1.0"), "NaN", "Infinity" and "-Infinity".
func FormatReal(f float64) string { return string(AppendReal(make([]byte, 0, 24), f)) }

// AppendReal appends FormatReal's text.
func AppendReal(dst []byte, f float64) []byte {
	switch {
	case math.IsNaN(f):
		return append(dst, "NaN"...)
	case math.IsInf(f, 1):
		return append(dst, "Infinity"...)
	case math.IsInf(f, -1):
		return append(dst, "-Infinity"...)
	}
	if a := math.Abs(f); a != 0 && (a < 1e-5 || a >= 1e15) {
		return strconv.AppendFloat(dst, f, 'e', -1, 64)
	}
	from := len(dst)
	dst = strconv.AppendFloat(dst, f, 'f', -1, 64)
	for _, c := range dst[from:] {
		if c == '.' {
			return dst
		}
	}
	return append(dst, '.', '0')
}

// ParseReal reads a real: decimal digits with an optional exponent, "nan", "inf" and "infinity" with a sign.
func ParseReal(s string) (float64, bool) {
	s = strings.TrimSpace(s)
	if s == "" || strings.ContainsAny(s, "_xXpP") {
		return 0, false
	}
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil
}

// ParseLong reads a long: decimal digits with an optional sign, or hexadecimal after 0x.
func ParseLong(s string) (int64, bool) {
	s = strings.TrimSpace(s)
	if len(s) > 2 && s[0] == '0' && (s[1]|0x20) == 'x' {
		u, err := strconv.ParseUint(s[2:], 16, 64)
		return int64(u), err == nil
	}
	if s == "" || len(s) > 40 {
		return 0, false
	}
	i, err := strconv.ParseInt(s, 10, 64)
	return i, err == nil
}

// decimalExponent is the largest exponent of a decimal of 34 digits, as IEEE 754's decimal128 has it.
const decimalExponent = 6144

// decimalContext computes with the 34 digits of Kusto's decimal.
var decimalContext = sync.OnceValue(func() *apd.Context {
	c := apd.BaseContext.WithPrecision(34)
	c.MaxExponent, c.MinExponent = decimalExponent, -decimalExponent+1
	c.Traps = 0
	return c
})

// DecimalContext returns the arithmetic of decimals: 34 digits, no traps.
func DecimalContext() *apd.Context { return decimalContext() }

// ParseDecimal reads a decimal number, false when the text is none or the number is too large or too near to 0.
func ParseDecimal(s string) (*apd.Decimal, bool) {
	s = strings.TrimSpace(s)
	if s == "" || len(s) > 400 {
		return nil, false
	}
	d, _, err := apd.NewFromString(s)
	if err != nil || d.Form != apd.Finite {
		return nil, false
	}
	if high := d.NumDigits() + int64(d.Exponent) - 1; high > decimalExponent || high < -decimalExponent+1 {
		if d.Sign() != 0 {
			return nil, false
		}
		d.Exponent = 0
	}
	return d, true
}

// FormatDecimal returns the plain text of a decimal, without an exponent.
func FormatDecimal(d *apd.Decimal) string { return d.Text('f') }

// DecimalOfLong returns a long as a decimal.
func DecimalOfLong(i int64) *apd.Decimal { return apd.New(i, 0) }

// DecimalOfReal returns a real as a decimal of up to 17 digits, nil when it is not finite.
func DecimalOfReal(f float64) *apd.Decimal {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return nil
	}
	d, _, err := apd.NewFromString(strconv.FormatFloat(f, 'g', -1, 64))
	if err != nil {
		return nil
	}
	return d
}

// RealOfDecimal returns the nearest real.
func RealOfDecimal(d *apd.Decimal) float64 {
	f, err := strconv.ParseFloat(d.Text('e'), 64)
	if err != nil {
		return math.NaN()
	}
	return f
}

// LongOfDecimal returns a decimal without its fraction, false when it does not fit.
func LongOfDecimal(d *apd.Decimal) (int64, bool) {
	var whole apd.Decimal
	c := *DecimalContext()
	c.Rounding = apd.RoundDown
	if _, err := c.Quantize(&whole, d, 0); err != nil {
		return 0, false
	}
	i, err := whole.Int64()
	return i, err == nil
}

// LongOfReal cuts a real to a long, false for NaN and what does not fit.
func LongOfReal(f float64) (int64, bool) {
	if math.IsNaN(f) || f >= 9223372036854775808.0 || f < -9223372036854775808.0 {
		return 0, false
	}
	return int64(f), true
}

// ParseGUID reads a guid: 32 hexadecimal digits, dashes anywhere between them, in braces or brackets or bare. It returns the
// lower-case form with dashes.
func ParseGUID(s string) (string, bool) {
	s = strings.TrimSpace(s)
	if n := len(s); n > 2 && (s[0] == '{' && s[n-1] == '}' || s[0] == '(' && s[n-1] == ')') {
		s = s[1 : n-1]
	}
	if len(s) < 32 || len(s) > 64 {
		return "", false
	}
	var buf [36]byte
	j := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '-' && i > 0:
			continue
		case c >= '0' && c <= '9' || c >= 'a' && c <= 'f':
		case c >= 'A' && c <= 'F':
			c += 'a' - 'A'
		default:
			return "", false
		}
		if j == 8 || j == 13 || j == 18 || j == 23 {
			buf[j] = '-'
			j++
		}
		if j >= len(buf) {
			return "", false
		}
		buf[j] = c
		j++
	}
	if j != len(buf) {
		return "", false
	}
	if string(buf[:]) == s {
		return s, true
	}
	return string(buf[:]), true
}
