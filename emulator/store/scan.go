package store

import (
	"encoding/binary"
	"math/bits"
)

const (
	lows  = 0x0101010101010101
	highs = 0x8080808080808080
)

// special returns the place of the first byte from i on that means something inside a JSON string: a quote, a backslash or a
// control character; len(b) when there is none. It looks at eight bytes at once: (x - lows) &^ x & highs marks the zero bytes
// of x, and perhaps ones behind the first, which do not matter.
func special(b []byte, i int) int {
	for ; i+8 <= len(b); i += 8 {
		w := binary.LittleEndian.Uint64(b[i:])
		quote, slash := w^'"'*lows, w^'\\'*lows
		if m := ((quote-lows)&^quote | (slash-lows)&^slash | (w-0x20*lows)&^w) & highs; m != 0 {
			return i + bits.TrailingZeros64(m)>>3
		}
	}
	for i < len(b) && b[i] != '"' && b[i] != '\\' && b[i] >= 0x20 {
		i++
	}
	return i
}

// closing returns the place of the quote that ends the string whose text begins at i, len(b) when it never ends.
func closing(b []byte, i int) int {
	for {
		i = special(b, i)
		switch {
		case i >= len(b):
			return len(b)
		case b[i] == '"':
			return i
		case b[i] == '\\':
			i += 2
		default:
			i++
		}
	}
}
