package generate

import (
	"encoding/base64"
	"math/rand/v2"
)

// text is a value that many rows share, held in both shapes a writer may need: the characters themselves,
// and the JSON string token (quotes and escapes included). Preparing both once keeps the row path to copies.
type text struct{ plain, json []byte }

func newText(s string) text { return text{[]byte(s), appendJSONString(nil, []byte(s))} }

const hexDigits = "0123456789abcdef"

// appendJSONString writes s as a JSON string; UTF-8 passes through, as in the service's own exports.
func appendJSONString(dst, s []byte) []byte {
	dst = append(dst, '"')
	dst = appendEscaped(dst, s)
	return append(dst, '"')
}

func appendEscaped(dst, s []byte) []byte {
	from := 0
	for i, c := range s {
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		dst = append(dst, s[from:i]...)
		from = i + 1
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
	}
	return append(dst, s[from:]...)
}

// stamped is a text with one or more holes for a time stamp, such as AuthenticationDetails.
type stamped struct{ pieces []text }

// newStamped splits s at every '@'. The JSON pieces carry no outer quotes.
func newStamped(s string) stamped {
	var out stamped
	from := 0
	for i := 0; i <= len(s); i++ {
		if i == len(s) || s[i] == '@' {
			piece := []byte(s[from:i])
			out.pieces = append(out.pieces, text{piece, appendEscaped(nil, piece)})
			from = i + 1
		}
	}
	return out
}

// uuid is a version 4 identifier.
type uuid [16]byte

const uuidSize = 36

func newUUID(r *rand.Rand) uuid { return uuidFrom(r.Uint64(), r.Uint64()) }

func uuidFrom(hi, lo uint64) (u uuid) {
	for i := range 8 {
		u[i] = byte(hi >> (56 - 8*i))
		u[8+i] = byte(lo >> (56 - 8*i))
	}
	u[6] = u[6]&0x0f | 0x40
	u[8] = u[8]&0x3f | 0x80
	return u
}

// uuidOf derives an identifier from numbers, so that two tables name the same thing without sharing state.
func uuidOf(parts ...uint64) uuid {
	h := mix(parts...)
	return uuidFrom(h, splitmix(h^0x5bd1e995))
}

func (u uuid) append(dst []byte) []byte {
	for i, b := range u {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			dst = append(dst, '-')
		}
		dst = append(dst, hexDigits[b>>4], hexDigits[b&15])
	}
	return dst
}

func (u uuid) String() string { return string(u.append(nil)) }

// appendToken writes u the way UniqueTokenIdentifier looks: 22 characters of base64url.
func (u uuid) appendToken(dst []byte) []byte { return base64.RawURLEncoding.AppendEncode(dst, u[:]) }

// splitmix is the finaliser of SplitMix64 (https://prng.di.unimi.it/splitmix64.c): a good 64-bit hash of a number.
func splitmix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

func mix(parts ...uint64) uint64 {
	h := uint64(0x243f6a8885a308d3)
	for _, p := range parts {
		h = splitmix(h ^ p)
	}
	return h
}

// hashText turns a name into a seed (FNV-1a).
func hashText(s string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return h
}

// newRand is a generator for one purpose: seed, and what it is for.
func newRand(seed uint64, purpose string, more ...uint64) *rand.Rand {
	h := mix(append([]uint64{seed, hashText(purpose)}, more...)...)
	return rand.New(rand.NewPCG(h, splitmix(h)))
}

// chance is true with probability p.
func chance(r *rand.Rand, p float64) bool { return r.Float64() < p }
