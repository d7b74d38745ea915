package content

import (
	"strings"
	"testing"
)

func TestReplaceScalar(t *testing.T) {
	for _, c := range []struct{ name, file, path, value, want string }{
		{"plain", "severity: High # keep\nx: 1\n", "severity", "Low", "severity: Low # keep\nx: 1\n"},
		{"plain that needs quotes", "name: a\n", "name", "a: b", "name: 'a: b'\n"},
		{"plain text that would be a number", "name: a\n", "name", "10", "name: '10'\n"},
		{"version stays plain", "version: 1.0.0\n", "version", "1.0.1", "version: 1.0.1\n"},
		{"version of two parts", "version: 1.10\n", "version", "1.11", "version: 1.11\n"},
		{"single quotes", "n: 'a' # c\n", "n", "it's", "n: 'it''s' # c\n"},
		{"double quotes", "n: \"a\"\n", "n", "x\n\"y\"\u2028", "n: \"x\\n\\\"y\\\"\\u2028\"\n"},
		{"block", "q: |\n  A\n  | B\nz: 1\n", "q", "C\n\n  | D\n", "q: |\n  C\n\n    | D\nz: 1\n"},
		{"block keeps the blank line after it", "q: |\n  A\n\nz: 1\n", "q", "B\n", "q: |\n  B\n\nz: 1\n"},
		{"block without final line break", "q: |-\n  A\nz: 1\n", "q", "B", "q: |-\n  B\nz: 1\n"},
		{"block becomes stripped", "q: |\n  A\nz: 1\n", "q", "B", "q: |-\n  B\nz: 1\n"},
		{"block with CRLF", "q: |\r\n  A\r\nz: 1\r\n", "q", "B\nC\n", "q: |\r\n  B\r\n  C\r\nz: 1\r\n"},
		{"block with a deeper first line", "q: |\n    A\nz: 1\n", "q", "  B\nC\n", "q: |4\n      B\n    C\nz: 1\n"},
		{"in a list", "a:\n  - b: x # c\n    d: y\n", "a/0/b", "z", "a:\n  - b: z # c\n    d: y\n"},
		{"flow", "a: {b: x, c: y}\n", "a/b", "p, q", "a: {b: 'p, q', c: y}\n"},
		{"empty", "a:\nb: 1\n", "a", "x", "a: x\nb: 1\n"},
		{"plain over lines", "d: one\n  two\nb: 1\n", "d", "three", "d: three\nb: 1\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			doc, problems := Parse("f.yaml", []byte(c.file))
			if doc == nil {
				t.Fatal(problems)
			}
			var path []any
			for _, p := range strings.Split(c.path, "/") {
				if p == "0" {
					path = append(path, 0)
				} else {
					path = append(path, p)
				}
			}
			e, err := doc.ReplaceScalar(c.value, path...)
			if err != nil {
				t.Fatal(err)
			}
			got, err := Splice(doc.Source.Bytes, e)
			if err != nil || string(got) != c.want {
				t.Errorf("%v\n got %q\nwant %q", err, got, c.want)
			}
		})
	}
}

// Replacing a value by another of one line must change one line only, in every file we ship.
func TestReplaceScalarTouchesOneLine(t *testing.T) {
	b, _ := Load(Embedded(), Options{})
	edits := 0
	for _, r := range b.Rules {
		for key, value := range map[string]string{"severity": "Informational", "name": "Another name", "version": "9.9.9", "id": "00000000-0000-4000-8000-000000000000"} {
			e, err := r.Doc.ReplaceScalar(value, key)
			if err != nil {
				t.Error(err)
				continue
			}
			after, _ := Splice(r.Doc.Source.Bytes, e)
			was, is := strings.Split(string(r.Doc.Source.Bytes), "\n"), strings.Split(string(after), "\n")
			changed := 0
			for i := range min(len(was), len(is)) {
				if was[i] != is[i] {
					changed++
				}
			}
			if len(was) != len(is) || changed > 1 {
				t.Errorf("%s %s: %d lines became %d, %d changed", r.File(), key, len(was), len(is), changed)
			}
			edits++
		}
		// The query replaced by itself must leave the file as it was.
		e, err := r.Doc.ReplaceScalar(r.Query.String(), "query")
		if err != nil {
			t.Error(err)
			continue
		}
		if after, _ := Splice(r.Doc.Source.Bytes, e); string(after) != string(r.Doc.Source.Bytes) {
			t.Errorf("%s: replacing the query by itself changed the file", r.File())
		}
	}
	if edits == 0 {
		t.Skip("no rules are shipped yet")
	}
}

func TestSpliceRefusesOverlap(t *testing.T) {
	if _, err := Splice([]byte("abcdef"), Edit{0, 3, "x"}, Edit{2, 4, "y"}); err == nil {
		t.Error("overlapping edits were applied")
	}
	if _, err := Splice([]byte("abc"), Edit{2, 9, "x"}); err == nil {
		t.Error("an edit beyond the end was applied")
	}
	got, err := Splice([]byte("abcdef"), Edit{4, 5, "Y"}, Edit{0, 1, "X"})
	if err != nil || string(got) != "XbcdYf" {
		t.Errorf("%q %v", got, err)
	}
}
