package kql_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/seed-caab1ad3/blindspot/content/tables"
	"github.com/seed-caab1ad3/blindspot/emulator/catalog"
	"github.com/seed-caab1ad3/blindspot/emulator/kql"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/source"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/syntax"
)

// TestCauses compiles the queries of testdata/causes.txt. A query is followed by its errors, "!! CODE line:column sentence", with
// their notes, "   line:column sentence".
func TestCauses(t *testing.T) {
	data, err := os.ReadFile("testdata/causes.txt")
	if err != nil {
		t.Fatal(err)
	}
	sentinel := catalog.New(tables.Sentinel)
	for _, block := range strings.Split(strings.TrimSpace(string(data)), "\n\n") {
		var query, want []string
		for _, line := range strings.Split(block, "\n") {
			switch {
			case strings.HasPrefix(line, "#"):
			case strings.HasPrefix(line, "!!"), want != nil:
				want = append(want, line)
			default:
				query = append(query, line)
			}
		}
		text := strings.Join(query, "\n")
		lines := source.NewLineIndex(text)
		var got []string
		for _, d := range kql.Compile(text, kql.Options{Catalog: sentinel}).Diagnostics {
			if d.Severity != source.Error {
				continue
			}
			at := lines.Position(d.Span.Start)
			got = append(got, fmt.Sprintf("!! %s %d:%d %s", d.Code, at.Line, at.Column, d.Message))
			for _, n := range d.Notes {
				at := lines.Position(n.Span.Start)
				got = append(got, fmt.Sprintf("   %d:%d %s", at.Line, at.Column, n.Message))
			}
		}
		if strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("%s\ngot\n%s\nwant\n%s", text, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
}

// TestOneMistakeIsSaidOnce puts single mistakes into a rule, one at each place, and counts the errors: a letter less in a word, a bracket, a
// quote, a pipe, a comma or a semicolon that is missing, a column that is called as a function.
func TestOneMistakeIsSaidOnce(t *testing.T) {
	sentinel := catalog.New(tables.Sentinel)
	mistakes, once := map[string]int{}, map[string]int{}
	try := func(kind string, at source.Span, put string) {
		text := rule[:at.Start] + put + rule[at.End:]
		errors := 0
		for _, d := range kql.Compile(text, kql.Options{Catalog: sentinel}).Diagnostics {
			if d.Severity == source.Error {
				errors++
			}
		}
		if errors == 0 {
			return // still a query
		}
		for _, k := range []string{kind, ""} {
			mistakes[k]++
			if errors == 1 {
				once[k]++
			}
		}
	}
	lexer := syntax.NewLexer(rule)
	for {
		at := lexer.Next().Span()
		if at.Len() == 0 {
			break
		}
		s := at.Text(rule)
		switch c := s[0]; {
		case 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z':
			try("letter", at, s[:len(s)-1])
			try("call", at, s+"s(1)")
		case c == '"':
			try("quote", at, s[:len(s)-1])
			try("quote", at, s[1:])
		case c == '(' || c == ')' || c == '[' || c == ']' || c == '{' || c == '}':
			try("bracket", at, "")
		case c == '|' || c == ',' || c == ';' || c == '=':
			try("sign", at, "")
		}
	}
	for kind, n := range mistakes {
		t.Logf("%q: %d of %d said once", kind, once[kind], n)
	}
	if n := mistakes[""]; n < 200 || float64(once[""]) < 0.95*float64(n) {
		t.Errorf("%d of %d mistakes are said once, want 95 of 100", once[""], n)
	}
}

// FuzzCauses holds the compiler to what the parser and the binder found: errors of theirs are never left out altogether, and their places
// are in the text.
func FuzzCauses(f *testing.F) {
	f.Add(rule)
	data, err := os.ReadFile("testdata/causes.txt")
	if err != nil {
		f.Fatal(err)
	}
	for _, line := range strings.Split(string(data), "\n") {
		f.Add(line)
	}
	sentinel := catalog.New(tables.Sentinel)
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 4096 {
			return
		}
		c := kql.Compile(text, kql.Options{Catalog: sentinel})
		if found := source.HasErrors(c.Syntax.Diagnostics) || source.HasErrors(c.Query.Diagnostics); found != source.HasErrors(c.Diagnostics) {
			t.Errorf("errors found: %v, said: %v", found, c.Diagnostics)
		}
		for _, d := range c.Diagnostics {
			for _, n := range append(d.Notes, source.Note{Span: d.Span, Message: d.Message}) {
				if n.Message == "" || n.Span.Start < 0 || n.Span.End < n.Span.Start || n.Span.End > len(text) {
					t.Errorf("%q at %v of %d bytes", n.Message, n.Span, len(text))
				}
			}
		}
	})
}

// TestNearestNameIsNamed mistypes each word of a rule, tables, columns, functions, operators and words of the language alike, and looks for
// the word in the help of the first error.
func TestNearestNameIsNamed(t *testing.T) {
	sentinel := catalog.New(tables.Sentinel)
	mistyped, named := 0, 0
	lexer := syntax.NewLexer(rule)
	for {
		at := lexer.Next().Span()
		if at.Len() == 0 {
			break
		}
		s := at.Text(rule)
		if c := s[0]; !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z') || len(s) < 4 {
			continue
		}
		for _, m := range []string{s[:len(s)-1], s[:1] + s[2:], s[:2] + s[1:], s[:1] + s[2:3] + s[1:2] + s[3:], s + "s"} {
			if m == s {
				continue
			}
			text := rule[:at.Start] + m + rule[at.End:]
			for _, d := range kql.Compile(text, kql.Options{Catalog: sentinel}).Diagnostics {
				if d.Severity != source.Error {
					continue
				}
				mistyped++
				// a name that is mistyped where it is given is missed where it is used
				if strings.Contains(d.Help, s) || strings.Contains(d.Help, m) {
					named++
				} else {
					t.Logf("%s for %s: %s; %s", m, s, d.Message, d.Help)
				}
				break
			}
		}
	}
	if mistyped < 500 || float64(named) < 0.98*float64(mistyped) {
		t.Errorf("%d of %d mistyped words are named", named, mistyped)
	}
}
