package content

import (
	"fmt"
	"io/fs"
	"strings"
	"testing"

	yaml "go.yaml.in/yaml/v4"
)

// sameTree says where two trees differ, comments aside; "" when they do not.
func sameTree(a, b *yaml.Node, path string) string {
	x := fmt.Sprintf("%v %v %q %q %q %d:%d, %d inside", a.Kind, a.Style, a.Tag, a.Value, a.Anchor, a.Line, a.Column, len(a.Content))
	y := fmt.Sprintf("%v %v %q %q %q %d:%d, %d inside", b.Kind, b.Style, b.Tag, b.Value, b.Anchor, b.Line, b.Column, len(b.Content))
	if x != y {
		return fmt.Sprintf("at %s: %s; the library has %s", path, x, y)
	}
	for i := range a.Content {
		if d := sameTree(a.Content[i], b.Content[i], fmt.Sprintf("%s/%d", path, i)); d != "" {
			return d
		}
	}
	return ""
}

// against compares the tree of the plain reader with the library's; read is false when the file is left to the library.
func against(data []byte) (diff string, read bool) {
	if _, bad := textProblem(NewSource("x.yaml", data)); bad {
		return "", false
	}
	root, ok := plainYAML(data)
	if !ok {
		return "", false
	}
	var doc yaml.Node
	if err := load(data, &doc); err != nil {
		return "the library refuses it: " + err.Error(), true
	}
	return sameTree(root, doc.Content[0], ""), true
}

var plainTexts = []struct {
	text string
	read bool
}{
	{"a: b\n", true}, {"a: b", true}, {"a: 1\nb: 2.5\nc: true\nd: null\ne: 2026-01-05T11:00:00Z\nf: -30m\ng: +4m\nh: 0x1F\ni: 1_000\nj: .5\nk: -0\nl: 007\nm: 12345678901\nn: 2026-01-05\n", true},
	{"a: 192.0.2.10\nb: 1.0.0\nc: 2b3c6f1e-0d0a-4e0b-9c4f-5a1d7e8f9b10\nd: 1d\ne: 0x1d\nf: 0x1D\ng: 12345678-1234-1234-1234-123456789012\nh: +1h\ni: -1.5.e\nj: 2026-13-05T11:00:00Z\nk: 1e5\nl: 0b1d\nm: .d\nn: 1..2\no: 2026-1-5 1.2.3s\n", true},
	{"a:\n  b: c\n  d:\n    - e\n    - f: g\n      h: i\n    -   j\n", true}, {"a:\n- b\n- c\nd: e\n", true}, {"- a\n- - b\n  - c\n-\n  d: e\n", true},
	{"# x\n\na: b # y\n  # z\nb: 'it''s' # w\nc: \"a\\n\\\"b\\\\\"\n", true}, {"a: http://x:80/#y\nb: c#d\n", true},
	{"a: |\n  x\n    y\n\n  z  \n\nb: |-\n  x\nc: |+\n  x\n\n\nd: e\n", true}, {"a: >\n  x\n  y\n\n  z\n\n\n  w\nb: >-\n  x\n\n  y\n", true}, {"a: |\n\n  x\n", true},
	{"- |\n x\n- >-\n  y\n", true}, {"a: { b: c, d: [e, f g, 'h, i'], \"j\": {}, k: [] }\n", true}, {"a: [b,\n  c,\n\n  { d: e,\n    f: g }\n ]\nb: c\n", true}, {"a: [b, c, ]\n", true},
	{"a: {b: http://x, c: -1, d: 1}\n", true}, {"\u00e9: a\n", false}, {"a: \u00e9\u00e9 x\nb: { c: \u00e9, d: e }\n", true}, {"a b: c\n", true}, {"a.b: c\n1: d\ntrue: e\n", true},
	{"  a: b\n  c: d\n", true}, {"a: b\n\n\n", true}, {"a: |\n  x\n # y\nb: c\n", true}, {"a: |\n  x\n#y\nb: c\n", true},
	{"a:\n", false}, {"a:\nb: c\n", false}, {"a: b\n c\n", false}, {"a: b: c\n", false}, {"a: &x b\n", false}, {"a: *x\n", false}, {"a: !!str b\n", false}, {"<<: a\n", false}, {"a: ~\n", false},
	{"a: 'b\n  c'\n", false}, {"a: [b\n", false}, {"a: {b}\n", false}, {"a: [b: c]\n", false}, {"a: [b # c\n  ]\n", false}, {"a: \"\\x41\"\n", false}, {"a: |2\n   x\n", false}, {"a: |\n    \n  x\n", false},
	{"---\na: b\n", false}, {"a: b\n...\n", false}, {"%YAML 1.2\n---\na: b\n", false}, {"a:\tb\n", false}, {"a\n", false}, {"", false}, {"# x\n", false}, {"a: b\r\n", false}, {"a: b\n  \tc\n", false},
	{"a: - b\n", false}, {"a: b\n- c\n", false}, {"a:\n    b: c\n  d: e\n", false}, {"? a\n: b\n", false}, {"a: @b\n", false}, {"a: [a\nb]\n", false}, {"a: x\nb: |\n  y", false}, {"a: {b: c}d\n", false}, {"a: 'b' c\n", false},
	{"a: >\n  x\n   y\n", false}, {"a: [,]\n", false}, {"a: [b,,c]\n", false}, {"a: {b: , c: d}\n", false}, {"a: {\"b\":c}\n", false}, {"a: b #c\n  d\n", false}, {"a: |\n x\n\ty\n", false}, {"a: -\n", false}, {"a: ?\n", false},
}

func TestPlainYAML(t *testing.T) {
	for _, c := range plainTexts {
		diff, read := against([]byte(c.text))
		if diff != "" || read != c.read {
			t.Errorf("%q: read %v, want %v; %s", c.text, read, c.read, diff)
		}
	}
}

// The shipped content is read without the library, all but a few files.
func TestPlainYAMLReadsThePack(t *testing.T) {
	files, left := 0, 0
	err := fs.WalkDir(Embedded(), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".yaml") {
			return err
		}
		data, err := fs.ReadFile(Embedded(), path)
		if err != nil {
			return err
		}
		files++
		diff, read := against(data)
		if diff != "" {
			t.Errorf("%s: %s", path, diff)
		}
		if !read {
			left++
			t.Logf("%s is left to the library", path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if left*10 > files {
		t.Errorf("%d of %d files are left to the library", left, files)
	}
}

func FuzzPlainYAML(f *testing.F) {
	for _, c := range plainTexts {
		f.Add([]byte(c.text))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		if diff, _ := against(in); diff != "" {
			t.Errorf("%q: %s", in, diff)
		}
	})
}

func BenchmarkParse(b *testing.B) {
	data, err := fs.ReadFile(Embedded(), "rules/cross-stream/spray-across-streams.test.yaml")
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if d, problems := Parse("x.yaml", data); d == nil {
			b.Fatal(problems)
		}
	}
}
