package syntax

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/source"
)

var update = flag.Bool("update", false, "rewrite what the queries in testdata give")

// A file in testdata holds queries and what they give. A line "query <title>" at column 0 begins one; its text follows, indented
// by four spaces. The lines "= ..." after it, one a statement, comment or diagnostic, are written by -update.
type script struct {
	head  []string // comments and blank lines before the query
	title string
	query string
	want  []string
}

func readScript(t testing.TB, file string) []script {
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var scripts []script
	var head, body []string
	flush := func() {
		if n := len(scripts); n > 0 && body != nil {
			scripts[n-1].query = strings.Join(body, "\n")
		}
		body = nil
	}
	for _, line := range strings.Split(strings.TrimRight(string(data), "\n"), "\n") {
		switch {
		case strings.HasPrefix(line, "query"):
			flush()
			scripts = append(scripts, script{head: head, title: strings.TrimSpace(strings.TrimPrefix(line, "query"))})
			head, body = nil, []string{}
		case strings.HasPrefix(line, "    "):
			body = append(body, line[4:])
		case strings.HasPrefix(line, "= "):
			flush()
			scripts[len(scripts)-1].want = append(scripts[len(scripts)-1].want, line[2:])
		default:
			if body != nil {
				flush()
			}
			head = append(head, line)
		}
	}
	flush()
	return scripts
}

func writeScript(scripts []script) string {
	var b strings.Builder
	for _, s := range scripts {
		for _, line := range s.head {
			b.WriteString(line + "\n")
		}
		b.WriteString(strings.TrimSpace("query "+s.title) + "\n")
		for _, line := range strings.Split(s.query, "\n") {
			b.WriteString("    " + line + "\n")
		}
		for _, line := range s.want {
			b.WriteString("= " + line + "\n")
		}
	}
	return b.String()
}

// result writes what a query gives, a line a statement, comment and diagnostic.
func result(text string) []string {
	q := Parse(text)
	var lines []string
	for _, s := range q.Statements {
		lines = append(lines, dump(s))
	}
	for _, c := range q.Comments {
		lines = append(lines, fmt.Sprintf("comment %q at %d", c.Text, c.Span().Start))
	}
	index := source.NewLineIndex(text)
	for _, d := range q.Diagnostics {
		at := index.Position(d.Span.Start)
		line := fmt.Sprintf("%s %s %d:%d %q %s", d.Code, d.Severity, at.Line, at.Column, d.Span.Text(text), d.Message)
		if d.Help != "" {
			line += "; " + d.Help
		}
		for _, n := range d.Notes {
			line += fmt.Sprintf(" (%q: %s)", n.Span.Text(text), n.Message)
		}
		lines = append(lines, strings.TrimSpace(line))
	}
	return lines
}

func scriptFiles(t testing.TB) []string {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no testdata: %v", err)
	}
	return files
}

func TestParse(t *testing.T) {
	for _, file := range scriptFiles(t) {
		t.Run(filepath.Base(file), func(t *testing.T) {
			scripts := readScript(t, file)
			for i := range scripts {
				s := &scripts[i]
				got := result(s.query)
				if !*update && !reflect.DeepEqual(got, s.want) {
					t.Errorf("%s\n%s\ngot:\n%s\nwant:\n%s", s.title, s.query, strings.Join(got, "\n"), strings.Join(s.want, "\n"))
				}
				s.want = got
				checkTree(t, s.query)
			}
			if *update {
				if err := os.WriteFile(file, []byte(writeScript(scripts)), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// TestPrefixes cuts every query off at each byte: the tree must be whole all the same.
func TestPrefixes(t *testing.T) {
	for _, file := range scriptFiles(t) {
		for _, s := range readScript(t, file) {
			for n := range s.query {
				checkTree(t, s.query[:n])
			}
		}
	}
}

// checkTree checks that the spans of a tree lie in the text and in each other, and that no part is missing.
func checkTree(t testing.TB, text string) {
	q := Parse(text)
	for _, d := range q.Diagnostics {
		checkSpan(t, text, d.Span, source.Span{End: len(text)}, "diagnostic "+d.Message)
		for _, n := range d.Notes {
			checkSpan(t, text, n.Span, source.Span{End: len(text)}, "note "+n.Message)
		}
	}
	for _, s := range q.Statements {
		checkNode(t, text, reflect.ValueOf(s), source.Span{End: len(text)})
	}
}

func checkSpan(t testing.TB, text string, s, in source.Span, what string) {
	if s.Start < in.Start || s.End > in.End || s.Start > s.End {
		t.Fatalf("%s: span %v is not in %v of %q", what, s, in, text)
	}
}

func checkNode(t testing.TB, text string, v reflect.Value, in source.Span) {
	switch v.Kind() {
	case reflect.Interface:
		if !v.IsNil() {
			checkNode(t, text, v.Elem(), in)
		}
	case reflect.Slice:
		for i := 0; i < v.Len(); i++ {
			if e := v.Index(i); (e.Kind() == reflect.Interface || e.Kind() == reflect.Pointer) && e.IsNil() {
				t.Fatalf("a list in %v of %q holds nil", in, text)
			}
			checkNode(t, text, v.Index(i), in)
		}
	case reflect.Pointer:
		n, ok := v.Interface().(Node)
		if !ok || v.IsNil() {
			return
		}
		checkSpan(t, text, n.Span(), in, v.Type().String())
		for i := 0; i < v.Elem().NumField(); i++ {
			if v.Elem().Type().Field(i).IsExported() {
				checkNode(t, text, v.Elem().Field(i), n.Span())
			}
		}
	}
}

func TestLimits(t *testing.T) {
	for name, text := range map[string]string{
		"parens":     "print " + strings.Repeat("(", 10_000) + "1" + strings.Repeat(")", 10_000),
		"open":       strings.Repeat("(", 1_000_000),
		"calls":      "print " + strings.Repeat("f(", 100_000),
		"elements":   "print a" + strings.Repeat("[b", 100_000),
		"json":       "print dynamic(" + strings.Repeat("[", 100_000),
		"bodies":     strings.Repeat("let f = () { ", 100_000),
		"schemas":    "let f = (a:" + strings.Repeat("(a:", 100_000),
		"in":         "T | where " + strings.Repeat("a in (", 100_000),
		"subqueries": strings.Repeat("T | join (", 100_000),
		"macro":      strings.Repeat("macro-expand e as s (", 100_000),
		"forks":      "T" + strings.Repeat(" | fork (where x", 100_000),
		"chain":      "print 1" + strings.Repeat("+1", 2_000_000),
		"path":       "print a" + strings.Repeat(".a", 2_000_000),
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			q := Parse(text)
			if !source.HasErrors(q.Diagnostics) {
				t.Error("no diagnostic")
			}
			if took := time.Since(start); took > 10*time.Second {
				t.Errorf("took %v", took)
			}
			for _, d := range q.Diagnostics {
				if d.Code == "" {
					return
				}
			}
			t.Errorf("no diagnostic names the limit: %v", q.Diagnostics)
		})
	}
}

func TestLargeText(t *testing.T) {
	pipe := "T" + strings.Repeat(" | where A == 'b' and C has_any ('d', 'e') // note\n", 100_000)
	for _, text := range []string{pipe, strings.Repeat("; x", 1_500_000), strings.Repeat("| ", 2_500_000), strings.Repeat("\"", 5_000_000),
		strings.Repeat("\xff", 5_000_000), "T | where A in (" + strings.Repeat("'0123456789', ", 400_000) + "'x')", strings.Repeat("a-", 2_500_000),
		strings.Repeat("(a,", 1_000_000), strings.Repeat("a b ", 1_000_000)} {
		start := time.Now()
		q := Parse(text)
		if len(q.Diagnostics) > maxDiagnostics+1 {
			t.Errorf("%.20q: %d diagnostics", text, len(q.Diagnostics))
		}
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("%.20q took %v", text, took)
		}
	}
	if q := Parse(pipe); len(q.Diagnostics) > 0 || len(q.Comments) != 100_000 {
		t.Errorf("%d comments, %v", len(q.Comments), q.Diagnostics)
	}
}

func TestTooBig(t *testing.T) {
	q := Parse(strings.Repeat(" ", maxText+1))
	if len(q.Diagnostics) != 1 || len(q.Statements) != 0 {
		t.Errorf("%v", q.Diagnostics)
	}
}

func FuzzLex(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, text string) {
		l := NewLexer(text)
		end := 0
		for {
			tok := l.Next()
			if int(tok.Start) < end || int(tok.End) > len(text) || tok.End < tok.Start {
				t.Fatalf("token %+v after %d of %q", tok, end, text)
			}
			if tok.Kind == kindEOF {
				break
			}
			if tok.End == tok.Start {
				t.Fatalf("empty token %+v of %q", tok, text)
			}
			end = int(tok.End)
		}
	})
}

func FuzzParse(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, text string) { checkTree(t, text) })
}

func seed(f *testing.F) {
	for _, file := range scriptFiles(f) {
		for _, s := range readScript(f, file) {
			f.Add(s.query)
		}
	}
}

func BenchmarkParse(b *testing.B) {
	scripts := readScript(b, "testdata/rule.txt")
	text := scripts[0].query
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		Parse(text)
	}
}

func BenchmarkLex(b *testing.B) {
	text := readScript(b, "testdata/rule.txt")[0].query
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		l := NewLexer(text)
		for l.Next().Kind != kindEOF {
		}
	}
}
