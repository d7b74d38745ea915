package source

import (
	"sort"
	"strings"
	"unicode/utf8"
)

// Position is a place for people and editors. Line and Column count from one, Column in runes; UTF16 is the offset from
// the start of the text in UTF-16 code units, as the language service and editors count.
type Position struct {
	Line, Column, UTF16 int
}

// LineIndex turns byte offsets of one text into lines and columns. Lines end at "\n", "\r\n" or a lone "\r".
type LineIndex struct {
	text  string
	lines []int // offset of each line's first byte
	utf16 []int // UTF-16 offset of each line's first byte
}

// NewLineIndex reads the text once.
func NewLineIndex(text string) *LineIndex {
	x := &LineIndex{text: text, lines: make([]int, 1, 1+strings.Count(text, "\n"))}
	for i := 0; i < len(text); i++ {
		if text[i] == '\n' || text[i] == '\r' && (i+1 == len(text) || text[i+1] != '\n') {
			x.lines = append(x.lines, i+1)
		}
	}
	x.utf16 = make([]int, len(x.lines))
	for i := 1; i < len(x.lines); i++ {
		x.utf16[i] = x.utf16[i-1] + utf16Len(text[x.lines[i-1]:x.lines[i]])
	}
	return x
}

// Position returns the place of a byte offset; an offset outside the text is moved to its nearest end.
func (x *LineIndex) Position(offset int) Position {
	offset = min(max(offset, 0), len(x.text))
	line := sort.SearchInts(x.lines, offset+1) - 1
	head := x.text[x.lines[line]:offset]
	return Position{Line: line + 1, Column: utf8.RuneCountInString(head) + 1, UTF16: x.utf16[line] + utf16Len(head)}
}

// Line returns the text of a line, counted from one, without its line end.
func (x *LineIndex) Line(n int) string {
	if n < 1 || n > len(x.lines) {
		return ""
	}
	end := len(x.text)
	if n < len(x.lines) {
		end = x.lines[n]
	}
	return strings.TrimRight(x.text[x.lines[n-1]:end], "\r\n")
}

// utf16Len counts UTF-16 code units; a byte that is no UTF-8 counts as one.
func utf16Len(s string) int {
	n := 0
	for i := 0; i < len(s); {
		if s[i] < utf8.RuneSelf {
			i, n = i+1, n+1
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if r >= 0x10000 {
			n++
		}
		i, n = i+size, n+1
	}
	return n
}
