package bind_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-caab1ad3/blindspot/content/nearest"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/bind"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/source"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/symbol"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/syntax"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
)

var update = flag.Bool("update", false, "write what the binder says into testdata")

// workspace is a small catalog for the scripts in testdata. Its declarations are
//
//	table Name (a: string, b: long)
//	open Name (a: string)                 a table with further columns
//	watchlist alias (a: string)
//	function name(x: string, y: long = 1) (a: string)      known by its result
//	function name(x: string) { body }
type workspace struct {
	tables     map[string]*symbol.Table
	functions  map[string]*symbol.StoredFunction
	watchlists map[string]*symbol.Watchlist
	names      []string
}

func (w *workspace) Table(name string) (*symbol.Table, bool) { t, ok := w.tables[name]; return t, ok }
func (w *workspace) Function(name string) (*symbol.StoredFunction, bool) {
	f, ok := w.functions[name]
	return f, ok
}
func (w *workspace) Watchlist(alias string) (*symbol.Watchlist, bool) {
	l, ok := w.watchlists[alias]
	return l, ok
}
func (w *workspace) TableNames(pattern string) []string {
	var out []string
	for _, n := range w.names {
		if ok, _ := filepath.Match(pattern, n); ok {
			out = append(out, n)
		}
	}
	return out
}
func (w *workspace) NearestTable(name string) string { return nearest.Of(name, w.names) }

func columns(s string) []symbol.Column {
	var out []symbol.Column
	for _, part := range strings.Split(strings.Trim(s, "() "), ",") {
		name, typ, ok := strings.Cut(part, ":")
		if !ok {
			continue
		}
		name = strings.TrimSpace(name)
		t, _ := value.ParseType(strings.TrimSpace(typ))
		out = append(out, symbol.Column{Name: name, Type: t, Hidden: strings.HasPrefix(name, "_")})
	}
	return out
}

func declare(w *workspace, line string) bool {
	word, rest, _ := strings.Cut(line, " ")
	name, args, _ := strings.Cut(rest, "(")
	name = strings.TrimSpace(name)
	switch word {
	case "table", "open":
		if !strings.HasSuffix(line, ")") || strings.Contains(line, "|") {
			return false
		}
		w.tables[name] = &symbol.Table{Name: name, Columns: columns(args), Open: word == "open"}
		w.names = append(w.names, name)
	case "watchlist":
		w.watchlists[name] = &symbol.Watchlist{Alias: name, Columns: columns(args)}
	case "function":
		params, result := parameters(args)
		f := &symbol.StoredFunction{Name: name}
		for _, p := range params {
			n, t, ok := strings.Cut(p, ":")
			if !ok {
				continue
			}
			if inner, tabular := strings.CutPrefix(strings.TrimSpace(t), "("); tabular {
				f.Parameters = append(f.Parameters, symbol.Parameter{Name: strings.TrimSpace(n), Tabular: true, Columns: columns(inner)})
				continue
			}
			t, def, has := strings.Cut(t, "=")
			typ, _ := value.ParseType(strings.TrimSpace(t))
			f.Parameters = append(f.Parameters, symbol.Parameter{Name: strings.TrimSpace(n), Type: typ, Default: strings.TrimSpace(def), HasDefault: has})
		}
		result = strings.TrimSpace(result)
		if body, ok := strings.CutPrefix(result, "{"); ok {
			f.Body = strings.TrimSuffix(body, "}")
		} else {
			f.Returns = &symbol.Table{Name: name, Columns: columns(result), Open: name == "_GetWatchlist"}
		}
		w.functions[name] = f
	default:
		return false
	}
	return true
}

// parameters splits "a: string, T: (b: long)) rest" at the commas that stand in no brackets, and gives the rest.
func parameters(s string) (list []string, rest string) {
	depth, from := 0, 0
	for i, c := range s {
		switch {
		case c == '(':
			depth++
		case c == ')' && depth == 0:
			return append(list, s[from:i]), s[i+1:]
		case c == ')':
			depth--
		case c == ',' && depth == 0:
			list, from = append(list, s[from:i]), i+1
		}
	}
	return list, ""
}

type script struct {
	head    []string // comments and declarations before the query
	query   string
	answer  []string
	comment []string
}

// readScripts splits a file into queries, each a paragraph: the query, then lines that begin with "=> " or "!! ".
func readScripts(text string, w *workspace) (head []string, list []script) {
	for _, para := range strings.Split(strings.TrimSpace(text), "\n\n") {
		var s script
		var query []string
		for _, line := range strings.Split(para, "\n") {
			switch {
			case len(query) == 0 && strings.HasPrefix(line, "#"):
				s.comment = append(s.comment, line)
			case len(query) == 0 && declare(w, line):
				s.head = append(s.head, line)
			case strings.HasPrefix(line, "=> "), strings.HasPrefix(line, "!! "), line == "=>":
				s.answer = append(s.answer, line)
			default:
				query = append(query, line)
			}
		}
		s.query = strings.Join(query, "\n")
		list = append(list, s)
	}
	return nil, list
}

// answer is what the binder says of a query: its columns, or its diagnostics.
func answer(text string, c symbol.Catalog) []string {
	q := syntax.Parse(text)
	b := bind.Bind(q, c)
	var out []string
	x := source.NewLineIndex(text)
	diags := append(append([]source.Diagnostic(nil), q.Diagnostics...), b.Diagnostics...)
	source.Sort(diags)
	for _, d := range diags {
		if d.Severity == source.Suggestion {
			continue
		}
		p := x.Position(d.Span.Start)
		line := fmt.Sprintf("!! %s %d:%d-%d: %s", d.Code, p.Line, p.Column, p.Column+d.Span.Len(), d.Message)
		if d.Severity == source.Warning {
			line += " (warning)"
		}
		if d.Help != "" {
			line += "; " + d.Help
		}
		out = append(out, line)
	}
	if source.HasErrors(diags) {
		return out
	}
	for _, r := range b.Results {
		var cols []string
		for _, c := range r.Rel.Columns() {
			if !c.Hidden {
				cols = append(cols, c.Name+": "+c.Type.String())
			}
		}
		out = append(out, strings.TrimSpace("=> "+strings.Join(cols, ", ")))
	}
	return out
}

func TestScripts(t *testing.T) {
	files, _ := filepath.Glob("testdata/*.txt")
	if len(files) == 0 {
		t.Fatal("no scripts")
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		w := &workspace{tables: map[string]*symbol.Table{}, functions: map[string]*symbol.StoredFunction{}, watchlists: map[string]*symbol.Watchlist{}}
		_, list := readScripts(string(b), w)
		var out []string
		for _, s := range list {
			lines := append(append([]string(nil), s.comment...), s.head...)
			if s.query != "" {
				got := answer(s.query, w)
				if !*update && strings.Join(got, "\n") != strings.Join(s.answer, "\n") {
					t.Errorf("%s:\n%s\ngot\n\t%s\nwant\n\t%s", file, s.query, strings.Join(got, "\n\t"), strings.Join(s.answer, "\n\t"))
				}
				lines = append(append(lines, s.query), got...)
			}
			out = append(out, strings.Join(lines, "\n"))
		}
		if *update {
			if err := os.WriteFile(file, []byte(strings.Join(out, "\n\n")+"\n"), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// Whatever a text is, binding it ends without a panic.
func FuzzBind(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.txt")
	w := &workspace{tables: map[string]*symbol.Table{}, functions: map[string]*symbol.StoredFunction{}, watchlists: map[string]*symbol.Watchlist{}}
	for _, file := range files {
		if b, err := os.ReadFile(file); err == nil {
			_, list := readScripts(string(b), w)
			for _, s := range list {
				f.Add(s.query)
			}
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 4096 {
			return
		}
		q := bind.Bind(syntax.Parse(text), w)
		bind.Walk(q, bind.Visitor{Expr: func(e bind.Expr) { e.Span() }})
		for _, d := range q.Diagnostics {
			if d.Message == "" {
				t.Errorf("a diagnostic without words: %+v", d)
			}
		}
	})
}

// Deep and wide texts end in bounded time.
func TestLimits(t *testing.T) {
	deep := 5000
	for name, text := range map[string]string{
		"brackets":   "print " + strings.Repeat("(", deep) + "1" + strings.Repeat(")", deep),
		"sum":        "print 1" + strings.Repeat("+1", 100000),
		"condition":  "print a = 1 | where a == 1" + strings.Repeat(" or a == 2", 50000),
		"pipes":      "print a = 1" + strings.Repeat(" | extend a = a + 1", 3000),
		"calls":      "print " + strings.Repeat("tostring(", deep) + "1" + strings.Repeat(")", deep),
		"paths":      "print d = dynamic({}) | project d" + strings.Repeat(".a", 20000),
		"lets":       "let a0 = 1;" + strings.Repeat("let a0 = a0;", 2000) + "print a0",
		"functions":  bomb(40),
		"list":       "print 1 in (" + strings.Repeat("1,", 100000) + "1)",
		"union":      "union " + strings.Repeat("(print a = 1),", 5000) + "(print a = 2)",
		"subqueries": strings.Repeat("print toscalar(", 1000) + "1" + strings.Repeat(")", 1000),
		"self":       "let f = (x: long) { f(x) }; print f(1)",
	} {
		b := bind.Bind(syntax.Parse(text), nil)
		if len(b.Diagnostics) > 1000 {
			t.Errorf("%s: %d diagnostics", name, len(b.Diagnostics))
		}
	}
}

// bomb is functions that each call the one before twice.
func bomb(n int) string {
	s := "let f0 = (x: long) { x };\n"
	for i := 1; i < n; i++ {
		s += fmt.Sprintf("let f%d = (x: long) { f%d(x) + f%d(x) };\n", i, i-1, i-1)
	}
	return s + fmt.Sprintf("print f%d(1)", n-1)
}
