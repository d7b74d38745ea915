package content

import (
	"sort"
	"sync"
	"unicode/utf8"
)

// Text is a string that knows where each of its bytes stands in a file, so that an offset in a query becomes a line and a
// column of the YAML file around it. The zero Text is the empty string of no file. A Text is a small value; copies share
// the map, which is made when a position is first asked for.
type Text struct {
	s string
	o *origin
}

type origin struct {
	source *Source
	scalar scalar // where the value stands in the source

	once  sync.Once
	align alignment
}

// NewText makes a Text that stands at the start of a source of its own, for a query that comes from a flag or a plain file.
func NewText(file, s string) Text {
	src := NewSource(file, []byte(s))
	t := Text{s: s, o: &origin{source: src}}
	t.o.once.Do(func() {
		t.o.align = alignment{exact: true, end: len(s), segments: []segment{{value: 0, source: 0, length: len(s)}}}
	})
	return t
}

// String returns the text itself.
func (t Text) String() string { return t.s }

// Len returns the length of the text in bytes.
func (t Text) Len() int { return len(t.s) }

// File returns the name of the file the text was read from, "" when there is none.
func (t Text) File() string {
	if t.o == nil {
		return ""
	}
	return t.o.source.File
}

// Source returns the file the text was read from, nil when there is none.
func (t Text) Source() *Source {
	if t.o == nil {
		return nil
	}
	return t.o.source
}

func (t Text) alignment() *alignment {
	t.o.once.Do(func() { t.o.align = align(t.o.source.Bytes, t.o.scalar, t.s) })
	return &t.o.align
}

// Exact says whether every offset maps to its own place. It is false only for scalars whose layout the reader of this
// package cannot follow; their offsets all map to the start of the scalar.
func (t Text) Exact() bool { return t.o == nil || t.alignment().exact }

// SourceOffset returns the offset in the file of a byte of the text. Offset Len() is allowed and means the end.
func (t Text) SourceOffset(offset int) int {
	if t.o == nil {
		return offset
	}
	a := t.alignment()
	offset = min(max(offset, 0), len(t.s))
	i := sort.Search(len(a.segments), func(i int) bool { return a.segments[i].value > offset }) - 1
	if i < 0 {
		return t.o.scalar.offset
	}
	g := a.segments[i]
	return g.source + min(offset-g.value, g.length)
}

// Position returns the place in the file of a byte of the text.
func (t Text) Position(offset int) Position {
	if t.o == nil {
		return Position{}
	}
	return t.o.source.Position(t.SourceOffset(offset))
}

// Span returns the place in the file of the bytes [start, end).
func (t Text) Span(start, end int) Span {
	sp := Span{File: t.File(), Start: t.Position(start)}
	if t.o == nil {
		return sp
	}
	if end > start {
		// The end is measured from the last byte, so that a span that ends with a line does not reach into the next one.
		last := end - 1
		for last > start && !utf8.RuneStart(t.s[min(last, len(t.s)-1)]) {
			last--
		}
		sp.End = t.Position(last)
		sp.End.Column++
	} else {
		sp.End = sp.Start
	}
	return sp
}
