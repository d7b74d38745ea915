package content

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	yaml "go.yaml.in/yaml/v4"
)

// Each case names a word of the value under the key q and where it stands in the file.
func TestTextPosition(t *testing.T) {
	for _, c := range []struct{ name, file, word, at string }{
		{"literal", "q: |\n  A\n  | where x\n", "where", "3:5"},
		{"literal with deeper first line", "q: |2\n    A\n  B\n", "B", "3:3"},
		{"literal stripped", "q: |-\n  A\n\n  B\n", "B", "4:3"},
		{"literal in a list", "x:\n  - q: |\n      A\n      BB\n", "BB", "4:7"},
		{"literal with CRLF", "q: |\r\n  A\r\n  BB\r\n", "BB", "3:3"},
		{"literal after a comment", "q: | # why\n  A\n", "A", "2:3"},
		{"literal with non-ASCII", "q: |\n  ä€ B\n", "B", "2:6"},
		{"folded", "q: >\n  one\n  two\n\n  three\n", "three", "5:3"},
		{"folded with deeper line", "q: >\n  one\n    two\n  three\n", "three", "4:3"},
		{"plain", "q: T | take 1\n", "take", "1:8"},
		{"plain over lines", "q: T\n  | take 1\n\n  | count\n", "count", "4:5"},
		{"single quotes", "q: 'it''s B'\n", "B", "1:11"},
		{"double quotes", "q: \"a\\u00e4\\n\\\"B\"\n", "B", "1:16"},
		{"double quotes over lines", "q: \"a \\\n    b\n   c\"\n", "c", "3:4"},
		{"anchor and tag", "q: &a !!str T | x\n", "x", "1:17"},
		{"byte order mark", "\uFEFFq: T | x\n", "x", "1:8"},
		{"JSON", `{"q": "T\n| x"}`, "x", "1:13"},
		{"block at the end without a line break", "q: |\n  A\n  B", "B", "3:3"},
		{"tabs inside", "q: |\n  A\t| B\n", "B", "2:7"},
	} {
		t.Run(c.name, func(t *testing.T) {
			doc, problems := Parse("f.yaml", []byte(c.file))
			if doc == nil {
				t.Fatal(problems)
			}
			n, _, ok := doc.find([]any{"q"})
			if !ok {
				n, _, _ = doc.find([]any{"x", 0, "q"})
			}
			text := doc.text(n)
			if !text.Exact() {
				t.Fatalf("not exact: %q", text)
			}
			p := text.Position(strings.LastIndex(text.String(), c.word))
			if got := fmt.Sprintf("%d:%d", p.Line, p.Column); got != c.at {
				t.Errorf("%q in %q is at %s, want %s", c.word, text, got, c.at)
			}
		})
	}
}

func TestTextSpan(t *testing.T) {
	doc, _ := Parse("f.yaml", []byte("q: |\n  aé\n  bb\n"))
	n, _, _ := doc.find([]any{"q"})
	text := doc.text(n) // "aé\nbb\n"
	for _, c := range []struct {
		start, end int
		want       string
	}{
		{0, 3, "2:3-2:5"}, {1, 3, "2:4-2:5"}, {4, 6, "3:3-3:5"}, {0, 4, "2:3-2:6"}, {6, 6, "3:5-3:5"},
	} {
		s := text.Span(c.start, c.end)
		if got := fmt.Sprintf("%d:%d-%d:%d", s.Start.Line, s.Start.Column, s.End.Line, s.End.Column); got != c.want {
			t.Errorf("span %d,%d = %s, want %s", c.start, c.end, got, c.want)
		}
	}
	if got := NewText("", "a\nb").Position(2); got != (Position{2, 1}) {
		t.Errorf("NewText: %v", got)
	}
	if got := (Text{}).Span(0, 1); got != (Span{}) {
		t.Errorf("zero Text: %v", got)
	}
}

// checkTexts holds for any file: an exact text maps every ordinary byte to an equal byte of the source, never backwards.
func checkTexts(t *testing.T, doc *Document, n *yaml.Node, depth int) {
	if depth > 20 {
		return
	}
	for _, c := range n.Content {
		checkTexts(t, doc, c, depth+1)
	}
	if n.Kind != yaml.ScalarNode {
		return
	}
	text := doc.text(n)
	src := doc.Source.Bytes
	last := 0
	for i := range text.Len() + 1 {
		o := text.SourceOffset(i)
		if o < last && text.Exact() {
			t.Fatalf("%q: offset %d maps to %d after %d", text, i, o, last)
		}
		last = o
		if o < 0 || o > len(src) {
			t.Fatalf("%q: offset %d maps to %d of %d", text, i, o, len(src))
		}
		if p := text.Position(i); p.Line < 1 || p.Column < 1 {
			t.Fatalf("%q: offset %d is at %v", text, i, p)
		}
	}
	if !text.Exact() {
		return
	}
	for _, g := range text.alignment().segments {
		if string(src[g.source:g.source+g.length]) != text.String()[g.value:g.value+g.length] {
			t.Fatalf("%q: segment %+v does not match", text, g)
		}
	}
}

func FuzzText(f *testing.F) {
	for _, s := range []string{
		"q: |\n  A\n  | where x\n", "q: >+\n  one\n    two\n\n  three\n\n", "q: \"a\\u00e4\\n\\\"B\"\n", "q: 'it''s\n\n  B'\n", "a: &x |2-\n    b\n  c\nd: *x\n",
		"q: T\r\n  | x\r\n", "- - >-\n   a\n\n   b\n", "{\"q\": [1, \"\\x41\"]}", "q: \"a \\\n    b\n   c\"\n", "q: |\n  a\u2028b\n", "? |\n a\n: b\n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 4096 {
			return
		}
		doc, _ := Parse("f.yaml", data)
		if doc != nil {
			checkTexts(t, doc, doc.Root, 0)
		}
	})
}

// The layouts that our own content uses must all be exact, with every character placed.
func TestShippedTextsAreExact(t *testing.T) {
	b, _ := Load(Embedded(), Options{})
	n := 0
	var walk func(doc *Document, n *yaml.Node)
	walk = func(doc *Document, node *yaml.Node) {
		for _, c := range node.Content {
			walk(doc, c)
		}
		if node.Kind == yaml.ScalarNode {
			n++
			if text := doc.text(node); !text.Exact() {
				t.Errorf("%s: not exact", doc.NodeSpan(node))
			}
		}
	}
	for _, d := range b.Documents {
		if d.Root != nil {
			checkTexts(t, d, d.Root, 0)
			walk(d, d.Root)
		}
	}
	if n < 100 {
		t.Errorf("only %d scalars", n)
	}
}

func TestSourcePositions(t *testing.T) {
	s := NewSource("f", []byte("aé\r\nb\rc\u0085d\n"))
	for i := range len(s.Bytes) + 1 {
		p := s.Position(i)
		if i < len(s.Bytes) && !utf8.RuneStart(s.Bytes[i]) || breakInside(s.Bytes, i) {
			continue
		}
		if got := s.Offset(p); got != i {
			t.Errorf("offset %d -> %v -> %d", i, p, got)
		}
	}
	if s.Lines() != 5 || s.Line(1) != "aé" || s.Line(3) != "c" || s.Line(4) != "d" || s.Line(9) != "" {
		t.Errorf("lines: %d %q %q %q", s.Lines(), s.Line(1), s.Line(3), s.Line(4))
	}
}

func breakInside(b []byte, i int) bool { return i > 0 && i < len(b) && b[i] == '\n' && b[i-1] == '\r' }
