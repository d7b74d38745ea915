package kqltest

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the engine's answers into the scripts")

func TestScripts(t *testing.T) { Run(t, "testdata", Doors(), *update) }

// TestSortSaysOrdered holds scripts to the rule that a query which ends in sort or top says ordered.
func TestSortSaysOrdered(t *testing.T) {
	files, _ := filepath.Glob("testdata/*.kqltest")
	for _, f := range files {
		s, err := Parse(f)
		if err != nil {
			t.Error(err)
			continue
		}
		for _, c := range s.Cases {
			lines := strings.Split(strings.TrimSpace(c.Text), "\n")
			last := strings.TrimSpace(lines[len(lines)-1])
			if i := strings.LastIndex(last, "| "); i >= 0 {
				last = last[i+2:]
			}
			sorts := strings.HasPrefix(last, "sort ") || strings.HasPrefix(last, "order ") || strings.HasPrefix(last, "top ")
			if sorts && !c.Ordered && !c.Fails && len(c.Rows) > 0 {
				t.Errorf("%s:%d: %s ends in a sort and should say ordered", f, c.Line, c.Name)
			}
		}
	}
}

func TestParseErrors(t *testing.T) {
	for in, want := range map[string]string{
		"  x\n":                       ":1: an indented line belongs to no command",
		"frobnicate\n":                ":1: unknown command",
		"table T (a: what)\n":         `:1: "what" is no type`,
		"table T (a: long)\n    x\n":  `:2: column a: "x" is no long`,
		"table T (a: long)\n  1 | 2":  ":2: 2 cells where there are 1 columns",
		"query\n  print 1\nnow now\n": ":1: the query is followed by no rows",
		"rows (a: long)\n":            ":1: rows without a query",
		"now yesterday-ish\n":         `:1: "yesterday-ish" is no time`,
	} {
		path := filepath.Join(t.TempDir(), "x.kqltest")
		if err := os.WriteFile(path, []byte(in), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Parse(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", in, err, want)
		}
	}
}
