package builtin

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Kusto's terms are maximal runs of letters and digits; operators without _cs fold the case of ASCII letters only.
//
// Source: Kusto documentation, "String operators", understanding string terms and case-insensitive operators.

func lowerASCII(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + ('a' - 'A')
	}
	return c
}

// foldASCII returns s with its ASCII letters in lower case.
func foldASCII(s string) string {
	for i := 0; i < len(s); i++ {
		if c := s[i]; 'A' <= c && c <= 'Z' {
			b := []byte(s)
			for ; i < len(b); i++ {
				b[i] = lowerASCII(b[i])
			}
			return string(b)
		}
	}
	return s
}

// equalFold compares with ASCII letters folded.
func equalFold(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := 0; i < len(a); i++ {
		if a[i] != b[i] && lowerASCII(a[i]) != lowerASCII(b[i]) {
			return false
		}
	}
	return true
}

// needle is a text to search for, prepared.
type needle struct {
	text  string // in lower case when fold is set
	fold  bool
	first [2]byte // the first byte in lower and upper case
	// startsTerm and endsTerm tell whether the first and last characters belong to terms, so that a match there must be at the edge of one.
	startsTerm, endsTerm bool
}

func newNeedle(s string, fold bool) needle {
	n := needle{text: s, fold: fold}
	if fold {
		n.text = foldASCII(s)
	}
	if s != "" {
		c := n.text[0]
		n.first = [2]byte{c, c}
		if fold && 'a' <= c && c <= 'z' {
			n.first[1] = c - ('a' - 'A')
		}
		r, _ := utf8.DecodeRuneInString(s)
		n.startsTerm = isTermRune(r)
		r, _ = utf8.DecodeLastRuneInString(s)
		n.endsTerm = isTermRune(r)
	}
	return n
}

func isTermRune(r rune) bool {
	if r < utf8.RuneSelf {
		return isTermByte(byte(r))
	}
	return unicode.IsLetter(r) || unicode.IsDigit(r)
}

func isTermByte(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z'
}

// index returns the first place at or after from where the needle stands, -1 when there is none.
func (n *needle) index(s string, from int) int {
	if !n.fold {
		i := strings.Index(s[from:], n.text)
		if i >= 0 {
			i += from
		}
		return i
	}
	m := len(n.text)
	if m == 0 {
		return from
	}
	last := len(s) - m
	if n.first[0] == n.first[1] {
		for i := from; i <= last; i++ {
			k := strings.IndexByte(s[i:last+1], n.first[0])
			if k < 0 {
				return -1
			}
			i += k
			if equalFold(s[i:i+m], n.text) {
				return i
			}
		}
		return -1
	}
	lo, up := -2, -2 // next places of the two cases, -1 when there is none, -2 when unknown
	for i := from; i <= last; {
		lo = nextByte(s, last, lo, i, n.first[0])
		up = nextByte(s, last, up, i, n.first[1])
		switch {
		case lo < 0 && up < 0:
			return -1
		case lo < 0 || up >= 0 && up < lo:
			i = up
		default:
			i = lo
		}
		if equalFold(s[i:i+m], n.text) {
			return i
		}
		i++
	}
	return -1
}

func nextByte(s string, last, known, from int, c byte) int {
	if known == -1 || known >= from {
		return known
	}
	k := strings.IndexByte(s[from:last+1], c)
	if k < 0 {
		return -1
	}
	return from + k
}

func (n *needle) prefixOf(s string) bool {
	if len(s) < len(n.text) {
		return false
	}
	if n.fold {
		return equalFold(s[:len(n.text)], n.text)
	}
	return s[:len(n.text)] == n.text
}

func (n *needle) suffixOf(s string) bool {
	if len(s) < len(n.text) {
		return false
	}
	t := s[len(s)-len(n.text):]
	if n.fold {
		return equalFold(t, n.text)
	}
	return t == n.text
}

func (n *needle) equals(s string) bool {
	if n.fold {
		return equalFold(s, n.text)
	}
	return s == n.text
}

// term reports whether the needle stands in s with term edges on the sides asked for.
func (n *needle) term(s string, left, right bool) bool {
	if n.text == "" {
		return true
	}
	for from := 0; ; {
		i := n.index(s, from)
		if i < 0 {
			return false
		}
		end := i + len(n.text)
		if (!left || !n.startsTerm || !termBefore(s, i)) && (!right || !n.endsTerm || !termAfter(s, end)) {
			return true
		}
		from = i + 1
	}
}

func termBefore(s string, i int) bool {
	if i == 0 {
		return false
	}
	if c := s[i-1]; c < utf8.RuneSelf {
		return isTermByte(c)
	}
	r, _ := utf8.DecodeLastRuneInString(s[:i])
	return isTermRune(r)
}

func termAfter(s string, i int) bool {
	if i >= len(s) {
		return false
	}
	if c := s[i]; c < utf8.RuneSelf {
		return isTermByte(c)
	}
	r, _ := utf8.DecodeRuneInString(s[i:])
	return isTermRune(r)
}

// isPlainTerm reports whether s is one term of ASCII letters and digits.
func isPlainTerm(s string) bool {
	for i := 0; i < len(s); i++ {
		if !isTermByte(s[i]) {
			return false
		}
	}
	return s != ""
}

// termSet finds which of many terms occur in a text, in one pass over it.
type termSet struct {
	places map[string]int
	buf    []byte
}

// each calls f with the place of every term of s that is in the set, until f returns false.
func (t *termSet) each(s string, f func(place int) bool) {
	for i := 0; i < len(s); {
		if c := s[i]; c < utf8.RuneSelf && !isTermByte(c) {
			i++
			continue
		}
		start, ascii := i, true
		for i < len(s) {
			c := s[i]
			if c < utf8.RuneSelf {
				if !isTermByte(c) {
					break
				}
				i++
				continue
			}
			r, size := utf8.DecodeRuneInString(s[i:])
			if !isTermRune(r) {
				if i == start {
					i += size
					start = i
					continue
				}
				break
			}
			ascii = false
			i += size
		}
		if !ascii || i == start {
			continue
		}
		t.buf = t.buf[:0]
		for k := start; k < i; k++ {
			t.buf = append(t.buf, lowerASCII(s[k]))
		}
		if p, ok := t.places[string(t.buf)]; ok && !f(p) {
			return
		}
	}
}
