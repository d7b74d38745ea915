package check

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sort"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/source"
	"github.com/seed-caab1ad3/blindspot/validate/report"
)

var update = flag.Bool("update", false, "rewrite the wanted findings")

// wordCompiler is a compiler for tests: the columns are those of the last project (TimeGenerated is a datetime, the rest text; the
// name OPEN makes the result open; Set... are dynamic), the tables are the names with Logs or SecurityAlert and those of the functions that
// it names, WRONG is an error and ODD a warning.
type wordCompiler struct{}

var (
	projectRE = regexp.MustCompile(`project ([A-Za-z0-9_, ]+)`)
	tableRE   = regexp.MustCompile(`\b([A-Z]\w*Logs|SecurityAlert)\b`)
)

func (wordCompiler) Check(q content.Text, _ string, b *content.Bundle) CompileResult {
	text := q.String()
	var res CompileResult
	for _, w := range []struct {
		word string
		sev  source.Severity
	}{{"WRONG", source.Error}, {"ODD", source.Warning}} {
		if i := strings.Index(text, w.word); i >= 0 {
			res.Diagnostics = append(res.Diagnostics, source.Diagnostic{Code: "KS142", Severity: w.sev, Span: source.Span{Start: i, End: i + len(w.word)}, Message: "the name " + w.word + " is not known", Help: "rename it"})
		}
	}
	named := text
	for _, f := range b.Functions {
		if f.Alias != "" && strings.Contains(text, f.Alias+"(") {
			named += f.Query.String()
		}
	}
	for _, t := range tableRE.FindAllString(named, -1) {
		if !slices.Contains(res.Tables, t) {
			res.Tables = append(res.Tables, t)
		}
	}
	sort.Strings(res.Tables)
	if source.HasErrors(res.Diagnostics) {
		return res
	}
	if m := projectRE.FindAllStringSubmatch(text, -1); m != nil {
		for _, c := range strings.Split(m[len(m)-1][1], ",") {
			name := strings.TrimSpace(c)
			typ := "string"
			if name == "TimeGenerated" {
				typ = "datetime"
			}
			if strings.HasPrefix(name, "Set") {
				typ = "dynamic"
			}
			if name == "OPEN" {
				res.Open = true
			}
			res.Columns = append(res.Columns, Column{name, typ})
		}
	}
	return res
}

func (c wordCompiler) CheckFunction(f *content.Function, profile string, b *content.Bundle) CompileResult {
	return c.Check(f.Query, profile, b)
}

func run(files fstest.MapFS, c Check) ([]report.Finding, *content.Bundle) {
	b, _ := content.Load(files, content.Options{})
	s := NewSession(b, wordCompiler{})
	s.Run(c, c.Level)
	r := report.Report{Findings: s.Findings}
	r.Sort()
	return r.Findings, b
}

func lines(findings []report.Finding) string {
	var b strings.Builder
	for _, f := range findings {
		star := ""
		if f.Fix != nil {
			star = " [*]"
		}
		fmt.Fprintf(&b, "%s:%d:%d: %s: %s; %s%s\n", f.File, f.Line, f.Column, f.Severity, f.Message, f.Help, star)
	}
	return b.String()
}

// Every check has an archive: its good files give nothing, its bad files the wanted findings, and its fixes mend.
func TestChecks(t *testing.T) {
	for _, c := range All() {
		t.Run(c.ID, func(t *testing.T) {
			name := filepath.Join("testdata", c.ID+".txtar")
			archive, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			good, bad := fstest.MapFS{}, fstest.MapFS{}
			want, wantAt := "", -1
			for i, f := range archive.Files {
				if n, ok := strings.CutPrefix(f.Name, "good/"); ok {
					good[n] = &fstest.MapFile{Data: f.Data}
				} else if n, ok := strings.CutPrefix(f.Name, "bad/"); ok {
					bad[n] = &fstest.MapFile{Data: f.Data}
				} else if f.Name == "want" {
					want, wantAt = string(f.Data), i
				}
			}
			if len(good) == 0 || len(bad) == 0 || wantAt < 0 {
				t.Fatalf("%s lacks good, bad or want", name)
			}
			if found, _ := run(good, c); len(found) > 0 {
				t.Errorf("the good example gives\n%s", lines(found))
			}
			found, b := run(bad, c)
			if len(found) == 0 {
				t.Error("the bad example gives nothing")
			}
			if got := lines(found); got != want {
				if *update {
					archive.Files[wantAt].Data = []byte(got)
					if err := os.WriteFile(name, txtar.Format(archive), 0o644); err != nil {
						t.Fatal(err)
					}
				} else {
					t.Errorf("got\n%swant\n%s", got, want)
				}
			}
			for _, f := range found {
				if f.Fix == nil {
					continue
				}
				fixed := fstest.MapFS{}
				for n, file := range bad {
					fixed[n] = file
				}
				data, err := content.Splice(b.Document(f.File).Source.Bytes, f.Fix.Edits...)
				if err != nil {
					t.Fatal(err)
				}
				fixed[f.File] = &fstest.MapFile{Data: data}
				after, _ := run(fixed, c)
				for _, a := range after {
					if a.File == f.File && a.Line == f.Line && a.Message == f.Message {
						t.Errorf("the fix %q does not mend %s", f.Fix.Title, f.Message)
					}
				}
			}
		})
	}
}

func TestArchivesBelongToChecks(t *testing.T) {
	files, _ := filepath.Glob("testdata/*.txtar")
	for _, f := range files {
		if _, ok := Lookup(strings.TrimSuffix(filepath.Base(f), ".txtar")); !ok {
			t.Errorf("%s belongs to no check", f)
		}
	}
	for _, c := range All() {
		if c.Summary == "" || c.Why == "" || c.Run == nil || strings.HasSuffix(c.Summary, ".") || strings.ToLower(c.ID) != c.ID {
			t.Errorf("%s is not described well", c.ID)
		}
		if _, err := os.Stat(strings.ReplaceAll(c.ID, "-", "_") + ".go"); err != nil {
			t.Errorf("%s has no file of its name", c.ID)
		}
	}
}

// Without a compiler, the checks that need one stay silent instead of failing.
func TestWithoutCompiler(t *testing.T) {
	b, _ := content.Load(fstest.MapFS{"rules/a.yaml": &fstest.MapFile{Data: []byte("name: A\nkind: NRT\nquery: T | where WRONG\nentityMappings: [{entityType: IP, fieldMappings: [{identifier: Address, columnName: Zzz}]}]\n")}}, content.Options{})
	s := NewSession(b, nil)
	for _, c := range All() {
		if c.Compile {
			s.Run(c, c.Level)
		}
	}
	if len(s.Findings) > 0 {
		t.Error(lines(s.Findings))
	}
}

func TestMask(t *testing.T) {
	for in, want := range map[string]string{
		`a "b" c`:            `a " " c`,
		`a 'x\'y' b`:         `a '    ' b`,
		`a @'x\' b`:          `a @'  ' b`,
		"a // 'x\nb":         "a      \nb",
		"a ```x 'y' ``` b":   "a              b",
		`h"secret" b`:        `h"      " b`,
		`@"a""b" c`:          `@"    " c`,
		"'open\nnext":        "'    \nnext",
		"a ~~~ 'q' ~~~ word": "a             word",
	} {
		if got := mask(in); got != want || len(got) != len(in) {
			t.Errorf("%q\n got %q\nwant %q", in, got, want)
		}
	}
}

func FuzzTextualChecks(f *testing.F) {
	f.Add("let f = (t: string) { table(t) | summarize c = count() by U | where c > 5 }; union f('a'), f('b')")
	f.Add("union isfuzzy=true SigninLogs, AADNonInteractiveUserSignInLogs, * | where ResultDescription in (\"a\") | summarize make_set(x)")
	f.Add("SigninLogs | where TimeGenerated > ago(1d + (2h)) | extend Status_dynamic, s = @'x")
	f.Fuzz(func(t *testing.T, q string) {
		if len(q) > 4096 {
			return
		}
		b := &content.Bundle{Rules: []*content.Rule{{Doc: &content.Document{Source: content.NewSource("f", nil)}, Kind: content.Scheduled, Query: content.NewText("f", q), QueryPeriod: content.Duration{Value: 1, Text: "1ms"}}}}
		s := NewSession(b, nil)
		for _, c := range []Check{searchUnion, lookback, resultDescription, streamTypeClash, thresholdInsideHelper, unboundedSet} {
			s.Run(c, c.Level)
		}
		if len(mask(q)) != len(q) {
			t.Error("mask changed the length")
		}
	})
}
