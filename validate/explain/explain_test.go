package explain_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/source"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/symbol"
	"github.com/seed-caab1ad3/blindspot/validate"
	"github.com/seed-caab1ad3/blindspot/validate/check"
	"github.com/seed-caab1ad3/blindspot/validate/explain"
)

// Every id that validate can report, and every code that stands in the source, is explained; nothing else is.
func TestEveryCodeIsExplained(t *testing.T) {
	known := map[string]bool{}
	for _, r := range validate.Rules() {
		known[r.ID] = true
	}
	code := regexp.MustCompile(`"((?:KS|BS)\d{3})"`)
	for _, root := range []string{"../../emulator", "../../validate", "../../cmd"} {
		err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
				return err
			}
			b, err := os.ReadFile(file)
			for _, m := range code.FindAllStringSubmatch(string(b), -1) {
				known[m[1]] = true
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(known) < 120 {
		t.Fatalf("%d ids are known", len(known))
	}
	for id := range known {
		if _, ok := explain.Lookup(id); !ok {
			t.Errorf("%s is not explained", id)
		}
	}
	for _, e := range explain.All() {
		if !known[e.ID] {
			t.Errorf("%s is explained, and nothing reports it", e.ID)
		}
		if e.Title == "" || strings.HasSuffix(e.Title, ".") || e.Why == "" || e.Fix == "" || len(e.Bad) == 0 && e.Note == "" {
			t.Errorf("%s is not explained well: %+v", e.ID, e)
		}
		if m := e.Markdown(1); !strings.HasPrefix(m, "# "+e.ID+"\n") || !strings.Contains(m, "\n## Why\n") || !strings.Contains(m, "\n## Switching it off\n") {
			t.Errorf("%s: %s", e.ID, m)
		}
	}
}

// The examples of codes: the bad query gets the code, the good one nothing. Those of checks are run by package check.
func TestExamplesOfCodes(t *testing.T) {
	compiler := validate.NewKQL(func(kind symbol.FunctionKind, name string) bool { return name != "diffpatterns" })
	for _, e := range explain.All() {
		if !e.Code() || e.Options.RunOnly || e.Options.QueryOnly || len(e.Bad) == 0 {
			continue
		}
		t.Run(e.ID, func(t *testing.T) {
			b := &content.Bundle{}
			if e.Options.Function != "" {
				alias, body, _ := strings.Cut(strings.TrimSuffix(e.Options.Function, " }"), "() { ")
				doc, _ := content.Parse("f.yaml", []byte("alias: "+alias))
				b.Functions = append(b.Functions, &content.Function{Doc: doc, Alias: alias, Query: content.NewText("f.yaml", body)})
			}
			said := func(text string) []source.Diagnostic {
				if n := e.Options.Repeat; n > 0 {
					text = strings.NewReplacer("%(", strings.Repeat("(", n), "%)", strings.Repeat(")", n)).Replace(text)
				}
				return compiler.Check(content.NewText("q.kql", text), "sentinel", b).Diagnostics
			}
			bad := said(e.Bad[0].Text)
			if !slices.ContainsFunc(bad, func(d source.Diagnostic) bool { return d.Code == e.ID }) {
				t.Errorf("%s gives %v", e.Bad[0].Text, bad)
			}
			if good := said(e.Good[0].Text); len(good) > 0 {
				t.Errorf("%s gives %v", e.Good[0].Text, good)
			}
		})
	}
}

// The examples of what is said of files.
func TestExamplesOfReading(t *testing.T) {
	special := map[string]fs.FS{
		content.CodeBinary:     fstest.MapFS{"rules/a.yaml": {Data: []byte("id: \x00\xff\xfe")}},
		content.CodeTooLarge:   fstest.MapFS{"rules/a.yaml": {Data: make([]byte, content.MaxFileSize+1)}},
		content.CodeSymlink:    linked(t),
		content.CodeUnreadable: fstest.MapFS{"rules/a.yaml": {Mode: fs.ModeDevice}},
	}
	ids := func(fsys fs.FS) []string {
		b, problems := content.Load(fsys, content.Options{})
		r, err := validate.Run(t.Context(), b, problems, validate.Options{Compiler: validate.NewKQL(nil), Levels: map[string]string{"missing-tests": "off"}})
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, f := range r.Findings {
			out = append(out, f.Check)
		}
		return out
	}
	folder := func(list []explain.Example) fs.FS {
		m := fstest.MapFS{}
		for _, f := range list {
			m[f.Name] = &fstest.MapFile{Data: []byte(f.Text)}
		}
		return m
	}
	for _, e := range explain.All() {
		if e.Code() {
			continue
		}
		if _, ok := check.Lookup(e.ID); ok {
			continue // package check runs its examples
		}
		bad := special[e.ID]
		if bad == nil {
			bad = folder(e.Bad)
		}
		if got := ids(bad); !slices.Contains(got, e.ID) {
			t.Errorf("%s: the bad example gives %v", e.ID, got)
		}
		if len(e.Good) > 0 {
			if got := ids(folder(e.Good)); slices.Contains(got, e.ID) {
				t.Errorf("%s: the good example gives %v", e.ID, got)
			}
		}
	}
}

func linked(t *testing.T) fs.FS {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "rules"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/etc/passwd", filepath.Join(dir, "rules", "a.yaml")); err != nil {
		t.Skipf("no symbolic links here: %v", err)
	}
	return os.DirFS(dir)
}
