package content

import (
	"fmt"
	"sort"
	"sync"
	"unicode/utf8"
)

// Position is a place in a file: line and column counted from 1, the column in characters (code points), as the YAML
// reader counts them. The zero Position means "the file as a whole".
type Position struct {
	Line   int
	Column int
}

// Span is a stretch of one file. End is the first position after it; a zero End means that only the start is known.
type Span struct {
	File  string
	Start Position
	End   Position
}

// String gives file:line:col, or the file alone when no line is known.
func (s Span) String() string {
	if s.Start.Line == 0 {
		return s.File
	}
	return fmt.Sprintf("%s:%d:%d", s.File, s.Start.Line, s.Start.Column)
}

// Source is the text of one file with an index of its lines. A byte order mark at the start is no part of Bytes. Lines end
// where YAML ends them: at LF, CR LF, CR, NEL, LS and PS.
type Source struct {
	File  string // slash-separated, as shown to people
	Bytes []byte

	once   sync.Once
	starts []int
}

// NewSource wraps the bytes of a file; the bytes must not change afterwards.
func NewSource(file string, data []byte) *Source {
	return &Source{File: file, Bytes: data}
}

// breakLen returns the length in bytes of the line break at i, 0 when there is none.
func breakLen(b []byte, i int) int {
	switch b[i] {
	case '\n':
		return 1
	case '\r':
		if i+1 < len(b) && b[i+1] == '\n' {
			return 2
		}
		return 1
	case 0xC2:
		if i+1 < len(b) && b[i+1] == 0x85 {
			return 2
		}
	case 0xE2:
		if i+2 < len(b) && b[i+1] == 0x80 && (b[i+2] == 0xA8 || b[i+2] == 0xA9) {
			return 3
		}
	}
	return 0
}

func (s *Source) index() []int {
	s.once.Do(func() {
		starts := make([]int, 1, 1+len(s.Bytes)/32)
		for i := 0; i < len(s.Bytes); {
			n := breakLen(s.Bytes, i)
			if n == 0 {
				i++
				continue
			}
			i += n
			starts = append(starts, i)
		}
		s.starts = starts
	})
	return s.starts
}

// Lines returns the number of lines; an empty file has one.
func (s *Source) Lines() int { return len(s.index()) }

// Line returns the text of line n (from 1) without its line break, "" when there is no such line.
func (s *Source) Line(n int) string {
	from, to := s.lineRange(n)
	return string(s.Bytes[from:to])
}

// lineRange returns the bytes of line n without its line break.
func (s *Source) lineRange(n int) (from, to int) {
	starts := s.index()
	if n < 1 || n > len(starts) {
		return len(s.Bytes), len(s.Bytes)
	}
	from = starts[n-1]
	for to = from; to < len(s.Bytes) && breakLen(s.Bytes, to) == 0; to++ {
	}
	return from, to
}

// Position returns the place of a byte offset; offsets outside the file are moved to its nearest end.
func (s *Source) Position(offset int) Position {
	offset = min(max(offset, 0), len(s.Bytes))
	starts := s.index()
	line := sort.SearchInts(starts, offset+1) // the first start after offset; the line before it holds offset
	return Position{Line: line, Column: utf8.RuneCount(s.Bytes[starts[line-1]:offset]) + 1}
}

// Offset returns the byte offset of a position, or the nearest one that exists.
func (s *Source) Offset(p Position) int {
	from, to := s.lineRange(p.Line)
	for c := 1; c < p.Column && from < to; c++ {
		_, n := utf8.DecodeRune(s.Bytes[from:to])
		from += n
	}
	return from
}
