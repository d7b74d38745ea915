package lsp

import (
	"fmt"
	"sort"
	"strings"
	"unicode/utf8"
)

// position counts lines from 0, and within a line UTF-16 code units, as the protocol does.
type position struct {
	Line      int `json:"line"`
	Character int `json:"character"`
}

type span struct {
	Start position `json:"start"`
	End   position `json:"end"`
}

// buffer is the text of a document with an index of its lines, which end at \n, \r\n or \r.
type buffer struct {
	text  string
	lines []int // offset of each line's first byte
}

func newBuffer(text string) *buffer {
	b := &buffer{text: text, lines: make([]int, 1, 1+strings.Count(text, "\n"))}
	for i := 0; i < len(text); i++ {
		if text[i] == '\n' || text[i] == '\r' && (i+1 == len(text) || text[i+1] != '\n') {
			b.lines = append(b.lines, i+1)
		}
	}
	return b
}

// line returns the bytes of a line without its end; the last line's number is len(lines)-1.
func (b *buffer) line(n int) (from, to int) {
	if n < 0 {
		return 0, 0
	}
	if n >= len(b.lines) {
		return len(b.text), len(b.text)
	}
	from, to = b.lines[n], len(b.text)
	if n+1 < len(b.lines) {
		to = b.lines[n+1]
	}
	for to > from && (b.text[to-1] == '\n' || b.text[to-1] == '\r') {
		to--
	}
	return from, to
}

// offset returns the byte at a position. A column past the line's end means its end; a position inside of a character that
// takes two code units means its beginning.
func (b *buffer) offset(p position) int {
	from, to := b.line(p.Line)
	for units := p.Character; from < to && units > 0; {
		r, size := utf8.DecodeRuneInString(b.text[from:to])
		n := 1
		if r >= 0x10000 {
			n = 2
		}
		if n > units {
			break
		}
		units -= n
		from += size
	}
	return from
}

// position returns the place of a byte.
func (b *buffer) position(offset int) position {
	offset = min(max(offset, 0), len(b.text))
	line := sort.SearchInts(b.lines, offset+1) - 1
	units := 0
	for i := b.lines[line]; i < offset; {
		r, size := utf8.DecodeRuneInString(b.text[i:])
		units++
		if r >= 0x10000 {
			units++
		}
		i += size
	}
	return position{line, units}
}

func (b *buffer) span(from, to int) span { return span{b.position(from), b.position(to)} }

// change is an edit of the protocol: a stretch and its new text, or the whole text where the stretch is missing.
type change struct {
	Range *span  `json:"range"`
	Text  string `json:"text"`
}

// maxText bounds an open document.
const maxText = 32 << 20

// apply returns the text after edits, each of which means the text that those before it left.
func (b *buffer) apply(changes []change) (*buffer, error) {
	for _, c := range changes {
		if c.Range == nil {
			b = newBuffer(c.Text)
			continue
		}
		from, to := b.offset(c.Range.Start), b.offset(c.Range.End)
		if to < from {
			return b, fmt.Errorf("the edit from %v to %v ends before it begins", c.Range.Start, c.Range.End)
		}
		if len(b.text)-(to-from)+len(c.Text) > maxText {
			return b, fmt.Errorf("the document grows beyond %d bytes", maxText)
		}
		b = newBuffer(b.text[:from] + c.Text + b.text[to:])
	}
	return b, nil
}

// minimal returns the smallest single edit that turns a text into another, nil when they are equal.
func minimal(b *buffer, next string) []textEdit {
	if b.text == next {
		return []textEdit{}
	}
	from := 0
	for from < len(b.text) && from < len(next) && b.text[from] == next[from] {
		from++
	}
	for from > 0 && !(utf8.RuneStart(byteAt(b.text, from)) && utf8.RuneStart(byteAt(next, from))) {
		from--
	}
	end, nextEnd := len(b.text), len(next)
	for end > from && nextEnd > from && b.text[end-1] == next[nextEnd-1] {
		end, nextEnd = end-1, nextEnd-1
	}
	for end < len(b.text) && !utf8.RuneStart(b.text[end]) {
		end, nextEnd = end+1, nextEnd+1
	}
	// A line end of two characters is never cut in half.
	if from > 0 && b.text[from-1] == '\r' {
		from--
	}
	if end < len(b.text) && end > 0 && b.text[end] == '\n' && b.text[end-1] == '\r' {
		end, nextEnd = end+1, nextEnd+1
	}
	return []textEdit{{b.span(from, end), next[from:nextEnd]}}
}

func byteAt(s string, i int) byte {
	if i < len(s) {
		return s[i]
	}
	return 0
}
