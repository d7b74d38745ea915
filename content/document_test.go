package content

import (
	"strings"
	"testing"
)

// What the YAML reader finds is said in our words, at the place a person must look at.
func TestParseProblems(t *testing.T) {
	for _, c := range []struct{ file, want string }{
		{"", "f:1:1: the file is empty; write the content, or delete the file"},
		{"# only a comment\n", "f:1:1: the file is empty; write the content, or delete the file"},
		{"a: 1\n\tb: 2\n", "f:2:1: a tab is used for indentation; YAML does not allow tabs there; use spaces"},
		{"a:\n  - b\n  \t- c\n", "f:3:3: a tab is used for indentation; YAML does not allow tabs there; use spaces"},
		{"a: |\n\tfoo\n", "f:2:1: a tab is used for indentation; YAML does not allow tabs there; use spaces"},
		{"description: Detects: x\n", "f:1:21: a value holds a colon followed by a blank; quote the value: description: '...'"},
		{"a: @x\n", `f:1:4: a value cannot start with "@"; quote the value: it starts with a reserved character`},
		{"a: `x`\n", "f:1:4: a value cannot start with \"`\"; quote the value: it starts with a reserved character"},
		{"a: 1\n---\nb: 2\n", "f:2:1: a second document starts here; keep one document a file"},
		{"a: \"x\ny: 1\n", "f:1:4: the quote opened at 1:4 is never closed; close the quote"},
		{"a: [1, 2\nb: 3\n", "f:2:2: the list opened with [ at 1:4 is not closed; close it with ], or separate its values with commas"},
		{"a: {b: 1\nc: 2\n", "f:2:2: the mapping opened with { at 1:4 is not closed; close it with }, or separate its entries with commas"},
		{"query: |\n  foo\nbar\nb: 1\n", "f:3:1: a line without a colon stands among keys; write key: value; if it belongs to a text or a query above, indent it as far as the text"},
		{"a:\n   b: 1\n  c: 2\n", "f:3:3: the line does not continue the mapping around it; align it with the keys above; if it belongs to a text or a query, indent it as far as the text"},
		{"a: 'it's'\n", "f:1:8: the line does not continue the mapping around it; quote the whole value (two single quotes '' stand for one), or align the line with the keys above"},
		{"a: - b\n", "f:1:4: a list starts on the line of its key; start the list on a line of its own"},
		{"- a\nb: 1\n", "f:2:1: the line does not continue the list around it; align it with the dashes above, or indent it less"},
		{"a: \"\\q\"\n", `f:1:5: a double-quoted text holds an unknown escape; write \\ for a backslash, or use single quotes`},
		{"a: *x\n", "f:1:4: unknown anchor 'x' referenced; quote the value if it is meant to start with *"},
		{"a: 1\nb: 2\na: 3\n", `f:3:1: the key "a" is here for the second time; the first is at 1:1; keep one of them`},
		{"x: {a: 1, a: 2}\n", `f:1:11: the key "a" is here for the second time; the first is at 1:5; keep one of them`},
		{"a: \x00\n", "f:1:4: the file holds the byte 0x00, so it is not text; only UTF-8 text is read"},
		{"a: \xff\n", "f:1:4: the byte 0xff is not UTF-8; save the file as UTF-8"},
		{"\xff\xfea\x00", "f:1:1: the file is written in UTF-16; save it as UTF-8"},
		{"a: b\x1bc\n", "f:1:5: the file holds the control character 0x1b; delete it; only printable UTF-8 text is read"},
		{"<<: {a: 1}\n", "f:1:1: merge keys (<<) are not read; write the keys out"},
		{"a: !foo b\n", "f:1:9: the tag !foo is not known; delete the tag"},
		{"[1]: b\n", "f:1:1: a key is not a word; write key: value"},
		{strings.Repeat("[", 200) + strings.Repeat("]", 200), "f:1:102: the file nests too deeply or holds too many values; at most 100 levels and 2000000 values are read"},
	} {
		_, problems := Parse("f", []byte(c.file))
		got := ""
		if len(problems) > 0 {
			got = problems[0].Error()
		}
		if got != c.want {
			t.Errorf("%.60q\n got %s\nwant %s", c.file, got, c.want)
		}
	}
}

// Aliases must not multiply: six levels of nine make half a million values, eight make 43 million.
func TestAliasBomb(t *testing.T) {
	var b strings.Builder
	b.WriteString("a0: &a0 [x,x,x,x,x,x,x,x,x]\n")
	for i := 1; i <= 8; i++ {
		n, m := string(rune('0'+i)), string(rune('0'+i-1))
		b.WriteString("a" + n + ": &a" + n + " [" + strings.TrimSuffix(strings.Repeat("*a"+m+",", 9), ",") + "]\n")
	}
	doc, problems := Parse("f", []byte(b.String()))
	if doc == nil {
		t.Fatal(problems)
	}
	if _, err := doc.JSON(); err == nil || !strings.Contains(err.Error(), "too many") {
		t.Errorf("%v", err)
	}
	circle, problems := Parse("f", []byte("a: &x [*x]\n"))
	if circle == nil {
		t.Fatal(problems)
	}
	if _, err := circle.JSON(); err == nil {
		t.Error("a circle of aliases was expanded")
	}
}

func TestScalarValues(t *testing.T) {
	doc, _ := Parse("f", []byte("a: 1.10\nb: 0x1F\nc: yes\nd: true\ne: null\nf: 2026-01-05T11:00:00Z\ng: +5\nh: .5\ni: 1_000\nj: '7'\nk: 007\nl: .inf\nm: 50126\nn: ~\no: 1e3\np: {z: 1, a: [x, 2]}\n"))
	r := &reader{doc: doc}
	got := string(AppendJSON(nil, r.value(doc.Root)))
	want := `{"a":1.10,"b":31,"c":"yes","d":true,"e":null,"f":"2026-01-05T11:00:00Z","g":5,"h":0.5,"i":1000,"j":"7","k":7,"l":".inf","m":50126,"n":null,"o":1e3,"p":{"z":1,"a":["x",2]}}`
	if got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
}

func TestWhere(t *testing.T) {
	doc, _ := Parse("f", []byte("name: x\nentityMappings:\n  - entityType: Account\n    fieldMappings: []\n"))
	for _, c := range []struct {
		path []any
		want string
	}{
		{[]any{"name"}, "f:1:7"}, {[]any{"nothing"}, "f:1:1"}, {[]any{"entityMappings", 0, "entityType"}, "f:3:17"},
		{[]any{"entityMappings", 0, "other"}, "f:3:5"}, {[]any{"entityMappings", 7}, "f:2:1"}, {nil, "f:1:1"},
	} {
		if got := doc.Where(c.path...).String(); got != c.want {
			t.Errorf("%v: %s, want %s", c.path, got, c.want)
		}
	}
}
