package builtin

import (
	"math"
	"strings"
	"unicode/utf8"
)

// Parameters of RFC 3492.
const (
	punyBase    = 36
	punyTMin    = 1
	punyTMax    = 26
	punySkew    = 38
	punyDamp    = 700
	punyBias    = 72
	punyInitial = 128
)

func punyAdapt(delta, points int32, first bool) int32 {
	if first {
		delta /= punyDamp
	} else {
		delta /= 2
	}
	delta += delta / points
	k := int32(0)
	for delta > (punyBase-punyTMin)*punyTMax/2 {
		delta /= punyBase - punyTMin
		k += punyBase
	}
	return k + (punyBase-punyTMin+1)*delta/(delta+punySkew)
}

func punyThreshold(k, bias int32) int32 { return min(max(k-bias, punyTMin), punyTMax) }

// punycodeEncode encodes a text by RFC 3492, "" when it is too large.
func punycodeEncode(s string) string {
	var out []byte
	runes := []rune(s)
	for _, r := range runes {
		if r < utf8.RuneSelf {
			out = append(out, byte(r))
		}
	}
	basic := int32(len(out))
	done := basic
	if basic > 0 {
		out = append(out, '-')
	}
	n, delta, bias := rune(punyInitial), int32(0), int32(punyBias)
	for done < int32(len(runes)) {
		next := rune(math.MaxInt32)
		for _, r := range runes {
			if r >= n && r < next {
				next = r
			}
		}
		if next-n > (math.MaxInt32-delta)/(done+1) {
			return ""
		}
		delta += (next - n) * (done + 1)
		n = next
		for _, r := range runes {
			if r < n {
				delta++
			}
			if r != n {
				continue
			}
			q := delta
			for k := int32(punyBase); ; k += punyBase {
				t := punyThreshold(k, bias)
				if q < t {
					break
				}
				out = append(out, punyDigit(t+(q-t)%(punyBase-t)))
				q = (q - t) / (punyBase - t)
			}
			out = append(out, punyDigit(q))
			bias = punyAdapt(delta, done+1, done == basic)
			delta = 0
			done++
		}
		delta++
		n++
	}
	return string(out)
}

func punyDigit(d int32) byte {
	if d < 26 {
		return byte('a' + d)
	}
	return byte('0' + d - 26)
}

// punycodeDecode decodes by RFC 3492, "" when the text is no punycode.
func punycodeDecode(s string) string {
	var out []rune
	rest := s
	if i := strings.LastIndexByte(s, '-'); i >= 0 {
		out = []rune(s[:i])
		rest = s[i+1:]
	}
	n, i, bias := int32(punyInitial), int32(0), int32(punyBias)
	for len(rest) > 0 {
		old, w := i, int32(1)
		for k := int32(punyBase); ; k += punyBase {
			if rest == "" {
				return ""
			}
			d := punyValue(rest[0])
			rest = rest[1:]
			if d < 0 || d > (math.MaxInt32-i)/w {
				return ""
			}
			i += d * w
			t := punyThreshold(k, bias)
			if d < t {
				break
			}
			if w > math.MaxInt32/(punyBase-t) {
				return ""
			}
			w *= punyBase - t
		}
		points := int32(len(out) + 1)
		bias = punyAdapt(i-old, points, old == 0)
		n += i / points
		if n < 0 || n > utf8.MaxRune {
			return ""
		}
		i %= points
		out = append(out, 0)
		copy(out[i+1:], out[i:])
		out[i] = n
		i++
	}
	return string(out)
}

func punyValue(c byte) int32 {
	switch {
	case 'a' <= c && c <= 'z':
		return int32(c - 'a')
	case 'A' <= c && c <= 'Z':
		return int32(c - 'A')
	case '0' <= c && c <= '9':
		return int32(c-'0') + 26
	}
	return -1
}

// eachLabel applies f to the labels of a domain name; the four full stops of IDNA part them and become ".".
func eachLabel(s string, f func(string) string) string {
	labels := strings.FieldsFunc(strings.Map(func(r rune) rune {
		switch r {
		case '。', '．', '｡':
			return '.'
		}
		return r
	}, s), func(r rune) bool { return r == '.' })
	for i, l := range labels {
		labels[i] = f(l)
	}
	return strings.Join(labels, ".")
}

func decodeLabel(l string) string {
	if len(l) > 4 && equalFold(l[:4], "xn--") {
		return punycodeDecode(l[4:])
	}
	return l
}

func encodeLabel(l string) string {
	if isASCII(l) {
		return l
	}
	return "xn--" + punycodeEncode(l)
}
