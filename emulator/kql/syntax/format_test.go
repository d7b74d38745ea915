package syntax

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/source"
)

// checkFormat checks what holds for every text: the tokens, comments and tree stay, and formatting again changes nothing.
func checkFormat(t testing.TB, text string) (changed bool) {
	out, diagnostics := Format(text)
	if source.HasErrors(diagnostics) {
		if out != text {
			t.Fatalf("a faulty text was changed:\n%q\n%q", text, out)
		}
		return false
	}
	q, again := Parse(text), Parse(out)
	if source.HasErrors(again.Diagnostics) {
		t.Fatalf("%q\nno longer parses: %v\n%s", text, again.Diagnostics, out)
	}
	if len(q.Statements) != len(again.Statements) {
		t.Fatalf("%q\nhas other statements:\n%s", text, out)
	}
	if !SameTree(q, again) {
		t.Fatalf("%q\nhas another tree:\n%s", text, out)
	}
	if a, b := commentTexts(q), commentTexts(again); !reflect.DeepEqual(a, b) {
		t.Fatalf("%q\nhas comments\n%q, had\n%q\n%s", text, b, a, out)
	}
	if twice, _ := Format(out); twice != out {
		t.Fatalf("formatting twice changes\n%s\nto\n%s", out, twice)
	}
	return out != text
}

func commentTexts(q *Query) []string {
	list := []string{}
	for _, c := range q.Comments {
		list = append(list, strings.TrimRight(c.Text, " \t\r"))
	}
	return list
}

// TestFormat reads testdata/format/*.txt: a query, a line of dashes, its layout, a line of equal signs.
func TestFormat(t *testing.T) {
	files, _ := filepath.Glob("testdata/format/*.txt")
	if len(files) == 0 {
		t.Fatal("no testdata")
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var b strings.Builder
			for _, c := range strings.Split(strings.TrimSuffix(string(data), "=====\n"), "=====\n") {
				text, want, _ := strings.Cut(c, "-----\n")
				got, diagnostics := Format(text)
				if source.HasErrors(diagnostics) {
					t.Errorf("%s\n%v", text, diagnostics)
				}
				if !*update && got != want {
					t.Errorf("%s\ngot:\n%s\nwant:\n%s", text, got, want)
				}
				checkFormat(t, text)
				b.WriteString(text + "-----\n" + got + "=====\n")
			}
			if *update {
				if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// TestFormatLayout holds that the layout itself keeps the tree: Format never has to fall back to the text as it was.
func TestFormatLayout(t *testing.T) {
	for _, file := range scriptFiles(t) {
		for _, s := range readScript(t, file) {
			checkLayout(t, s.query)
		}
	}
}

func checkLayout(t testing.TB, text string) {
	checkFormat(t, text)
	q := Parse(text)
	if source.HasErrors(q.Diagnostics) {
		return
	}
	for _, s := range q.Statements {
		if _, ok := s.(*CommandStatement); ok {
			return
		}
	}
	out := newLayout(q).print()
	again := Parse(out)
	if source.HasErrors(again.Diagnostics) || !SameTree(q, again) {
		t.Errorf("%s\nis laid out as\n%s\n%v", text, out, again.Diagnostics)
	}
}

// TestFormatCorpus formats the queries of a file of JSON lines with a member query, in the folder or file that BLINDSPOT_CORPUS names.
func TestFormatCorpus(t *testing.T) {
	file := os.Getenv("BLINDSPOT_CORPUS")
	if file == "" {
		t.Skip("BLINDSPOT_CORPUS names no corpus")
	}
	if st, err := os.Stat(file); err == nil && st.IsDir() {
		file = filepath.Join(file, "corpus.jsonl")
	}
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	n, changed := 0, 0
	for sc := bufio.NewReaderSize(f, 1<<20); ; {
		line, err := sc.ReadBytes('\n')
		if len(line) > 1 {
			var c struct{ ID, Query string }
			if err := json.Unmarshal(line, &c); err != nil {
				t.Fatal(err)
			}
			n++
			t.Run(c.ID, func(t *testing.T) {
				checkLayout(t, c.Query)
				if out, _ := Format(c.Query); out != c.Query {
					changed++
				}
			})
		}
		if err != nil {
			break
		}
	}
	t.Logf("%d queries, %d changed", n, changed)
}

func TestFormatLimits(t *testing.T) {
	for _, text := range []string{
		"print " + strings.Repeat("(", 500) + "1" + strings.Repeat(")", 500),
		"T | where A in (" + strings.Repeat("'0123456789', ", 50_000) + "'x')",
		"T" + strings.Repeat(" | where A == 'b' // note\n", 30_000),
		"print " + strings.Repeat("f(", 300) + "1" + strings.Repeat(")", 300),
	} {
		checkFormat(t, text)
	}
}

func FuzzFormat(f *testing.F) {
	for _, file := range scriptFiles(f) {
		for _, s := range readScript(f, file) {
			f.Add(s.query)
		}
	}
	f.Add("T // a\n| // b\nwhere x // c\n, y // d\n; // e\n\n\n// f\nlet z = ( // g\n1 // h\n)")
	f.Fuzz(func(t *testing.T, text string) { checkFormat(t, text) })
}
