package lsp

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"unicode/utf16"
)

func TestFrames(t *testing.T) {
	read := func(s string) (out []string, err error) {
		r := bufio.NewReader(strings.NewReader(s))
		for {
			b, err := readFrame(r)
			if err != nil {
				return out, err
			}
			out = append(out, string(b))
		}
	}
	for _, c := range []struct {
		in   string
		want []string
		end  bool // ends between messages
	}{
		{"", nil, true},
		{"Content-Length: 2\r\n\r\n{}", []string{"{}"}, true},
		{"content-length:2\nContent-Type: x\n\n{}Content-Length: 0\r\n\r\n", []string{"{}", ""}, true},
		{"\r\n\r\nContent-Length: 2\r\n\r\n{}", []string{"{}"}, true},
		{"Content-Length: 3\r\n\r\n{}", nil, false},
		{"Content-Length: -1\r\n\r\n", nil, false},
		{"Content-Length: 99999999999\r\n\r\n", nil, false},
		{"Content-Length: 67108864\r\n\r\nx", nil, false},
		{"Content-Type: x\r\n\r\n{}", nil, false},
		{"nonsense\r\n\r\n", nil, false},
		{"Content-Len", nil, false},
		{strings.Repeat("x", 1<<17), nil, false},
		{strings.Repeat("\n", 5000), nil, false},
	} {
		got, err := read(c.in)
		if strings.Join(got, "\x00") != strings.Join(c.want, "\x00") || errors.Is(err, io.EOF) != c.end {
			t.Errorf("%.40q: %q, %v", c.in, got, err)
		}
	}
}

// Whatever comes in: no panic, no more memory than came in, and what is written can be read.
func FuzzFrame(f *testing.F) {
	f.Add([]byte("Content-Length: 2\r\n\r\n{}"))
	f.Add([]byte("\n\nContent-Length: 5\n\nab"))
	f.Add([]byte("Content-Length: 67108864\r\n\r\n"))
	f.Fuzz(func(t *testing.T, in []byte) {
		r := bufio.NewReaderSize(bytes.NewReader(in), 4096)
		for range 1000 {
			body, err := readFrame(r)
			if err != nil {
				break
			}
			var w bytes.Buffer
			if err := writeFrame(&w, body); err != nil {
				t.Fatal(err)
			}
			back, err := readFrame(bufio.NewReader(&w))
			if err != nil || !bytes.Equal(back, body) {
				t.Fatalf("%q was read back as %q, %v", body, back, err)
			}
		}
	})
}

// A model of an editor's text: UTF-16 code units, cut at positions as the protocol says.
func modelApply(units []uint16, c change) []uint16 {
	at := func(p position) int {
		line, i := 0, 0
		for ; i < len(units) && line < p.Line; i++ {
			if units[i] == '\n' || units[i] == '\r' && (i+1 == len(units) || units[i+1] != '\n') {
				line++
			}
		}
		if line < p.Line {
			return len(units)
		}
		for n := 0; n < p.Character && i < len(units) && units[i] != '\n' && units[i] != '\r'; n++ {
			i++
		}
		// inside of a surrogate pair means its beginning
		if i > 0 && i < len(units) && utf16.IsSurrogate(rune(units[i])) && units[i] >= 0xDC00 {
			i--
		}
		return i
	}
	from, to := at(c.Range.Start), at(c.Range.End)
	if to < from {
		return units
	}
	out := append([]uint16(nil), units[:from]...)
	out = append(out, utf16.Encode([]rune(c.Text))...)
	return append(out, units[to:]...)
}

// Sequences of edits give what an editor has, in UTF-16 code units; positions and offsets are each other's reverse.
func FuzzEdits(f *testing.F) {
	f.Add("a\r\nbé𝛑c\rd\n", []byte{0, 1, 1, 2, 3, 'x', 1, 0, 2, 2, 0, 'y'})
	f.Add("", []byte{0, 0, 0, 0, 1, 'q'})
	f.Add("𝛑𝛑\n𝛑", []byte{0, 1, 0, 3, 2, 'z', 1, 1, 1, 1, 1, '\n'})
	f.Fuzz(func(t *testing.T, text string, script []byte) {
		text = strings.ToValidUTF8(text, "?")
		if len(text) > 2000 || len(script) > 300 {
			return
		}
		b := newBuffer(text)
		units := utf16.Encode([]rune(text))
		pieces := []string{"x", "", "é", "𝛑", "\n", "\r\n", "\r", "ab\ncd"}
		for ; len(script) >= 6; script = script[6:] {
			c := change{Range: &span{position{int(script[0] % 8), int(script[1] % 8)}, position{int(script[2] % 8), int(script[3] % 8)}}, Text: pieces[int(script[5])%len(pieces)]}
			next, err := b.apply([]change{c})
			if err != nil {
				if next != b {
					t.Fatal("a refused edit changed the text")
				}
				continue
			}
			b = next
			units = modelApply(units, c)
			if got, want := b.text, string(utf16.Decode(units)); got != want {
				t.Fatalf("after %+v %q: %q, want %q", *c.Range, c.Text, got, want)
			}
		}
		for i := range b.text + "x" {
			if i > 0 && i < len(b.text) && b.text[i-1] == '\r' && b.text[i] == '\n' {
				continue // inside of a line end
			}
			if back := b.offset(b.position(i)); back != i {
				t.Fatalf("%q: offset %d is %v is offset %d", b.text, i, b.position(i), back)
			}
		}
		other := newBuffer(strings.ToValidUTF8(text, "?"))
		edit := minimal(other, b.text)
		for _, e := range edit {
			after, err := other.apply([]change{{Range: &e.Range, Text: e.NewText}})
			if err != nil || after.text != b.text {
				t.Fatalf("the edit %+v of %q gives %q, want %q", e, other.text, after.text, b.text)
			}
		}
	})
}
