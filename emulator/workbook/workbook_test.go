package workbook

import (
	"bytes"
	"context"
	"io"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/content/tables"
	"github.com/seed-caab1ad3/blindspot/emulator"
	"github.com/seed-caab1ad3/blindspot/emulator/catalog"
	"github.com/seed-caab1ad3/blindspot/emulator/generate"
)

var testNow = time.Date(2026, 1, 6, 0, 0, 0, 0, time.UTC)

// shipped is the pack inside the binary.
func shipped(t testing.TB) *content.Bundle {
	b, problems := content.Load(content.Embedded(), content.Options{Prefix: "shipped"})
	for _, p := range problems {
		t.Error(p)
	}
	return b
}

func newWorkspace(t testing.TB, b *content.Bundle) *emulator.Workspace {
	cat := catalog.New(tables.Sentinel)
	cat.AddBundle(b)
	ws := emulator.New(emulator.Options{Catalog: cat, Clock: func() time.Time { return testNow }})
	if err := ws.AddWatchlists(b); err != nil {
		t.Fatal(err)
	}
	return ws
}

// readBook loads a workbook as a file of a folder would be.
func readBook(t testing.TB, name string, data []byte) *content.Workbook {
	b, problems := content.Load(memory{name: data}.fs(), content.Options{})
	for _, p := range problems {
		t.Error(p)
	}
	if len(b.Workbooks) != 1 {
		t.Fatalf("%s is no workbook", name)
	}
	return b.Workbooks[0]
}

// TestScripts reads testdata/*.txtar: workbook.json, rows as TABLE.jsonl, the findings that Test must give (findings, a line each)
// and texts that the rendered page must hold (page) or must not hold (not page).
func TestScripts(t *testing.T) {
	files, _ := filepath.Glob("testdata/*.txtar")
	if len(files) == 0 {
		t.Fatal("no scripts")
	}
	b := shipped(t)
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			a, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			ws := newWorkspace(t, b)
			var book *content.Workbook
			var page *Page
			html := ""
			for _, f := range a.Files {
				switch {
				case strings.HasSuffix(f.Name, ".json"):
					book = readBook(t, f.Name, f.Data)
				case strings.HasSuffix(f.Name, ".jsonl"):
					if _, err := ws.IngestJSON(strings.TrimSuffix(f.Name, ".jsonl"), bytes.NewReader(f.Data)); err != nil {
						t.Fatal(err)
					}
				case f.Name == "findings":
					out, err := Test(context.Background(), ws, book, testNow)
					if err != nil {
						t.Fatal(err)
					}
					var got strings.Builder
					for _, x := range out.Findings {
						if x.Warning {
							got.WriteString("warning: ")
						}
						got.WriteString(x.String() + "\n")
					}
					if got.String() != string(f.Data) {
						t.Errorf("findings:\n%swant:\n%s", got.String(), f.Data)
					}
				case f.Name == "error":
					if _, err := Test(context.Background(), ws, book, testNow); err == nil || err.Error()+"\n" != string(f.Data) {
						t.Errorf("error %v, want %s", err, f.Data)
					}
				case f.Name == "page", f.Name == "not page":
					if page == nil {
						if page, err = Render(context.Background(), ws, book, testNow, nil); err != nil {
							t.Fatal(err)
						}
						html = write(t, page)
					}
					for _, line := range strings.Split(strings.TrimSpace(string(f.Data)), "\n") {
						if strings.Contains(html, line) != (f.Name == "page") {
							t.Errorf("%s: %q; the page is\n%s", f.Name, line, html[strings.Index(html, "<main>"):])
						}
					}
				}
			}
		})
	}
}

func write(t testing.TB, p *Page) string {
	var b bytes.Buffer
	if err := p.WriteHTML(&b); err != nil {
		t.Fatal(err)
	}
	html := b.String()
	// Nothing is fetched and nothing runs.
	for _, bad := range []string{"<script", "javascript:", "src=", "@import", "url("} {
		if strings.Contains(html, bad) {
			t.Errorf("the page holds %s", bad)
		}
	}
	return html
}

// TestShipped runs the pack's workbooks on a generated day with an attack of each kind.
func TestShipped(t *testing.T) {
	b := shipped(t)
	if len(b.Workbooks) < 3 {
		t.Fatalf("%d workbooks", len(b.Workbooks))
	}
	ws := newWorkspace(t, b)
	cfg := generate.DefaultConfig()
	cfg.Days, cfg.Users, cfg.Ratio = 1, 15, 5
	rows := map[string]*bytes.Buffer{}
	sink := generate.NewJSONLines(func(table string) (io.WriteCloser, error) {
		rows[table] = &bytes.Buffer{}
		return closer{rows[table]}, nil
	})
	if _, err := generate.Generate(context.Background(), cfg, sink); err != nil {
		t.Fatal(err)
	}
	for table, data := range rows {
		if _, err := ws.IngestJSON(table, data); err != nil {
			t.Fatal(err)
		}
	}
	empty := newWorkspace(t, b)
	for _, w := range b.Workbooks {
		t.Run(w.Name, func(t *testing.T) {
			out, err := Test(context.Background(), ws, w, testNow)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range out.Findings {
				t.Error(f)
			}
			full := 0
			for _, it := range out.Items {
				if it.Rows > 0 {
					full++
				}
			}
			if full*10 < len(out.Items)*8 {
				t.Errorf("%d of %d queries have rows", full, len(out.Items))
			}
			page, err := Render(context.Background(), ws, w, testNow, nil)
			if err != nil || page.Failed > 0 {
				t.Fatalf("%v, %d items do not run", err, page.Failed)
			}
			if html := write(t, page); html != write(t, page) || regexp.MustCompile(`\{[A-Za-z]+(:[a-z]+)?\}`).MatchString(html[strings.Index(html, "<main>"):]) {
				t.Error("a parameter is left in the page")
			}
			// Without rows nothing fails either.
			if out, err = Test(context.Background(), empty, w, testNow); err != nil || out.Failed() {
				t.Errorf("without rows: %v %v", err, out.Findings)
			}
			checkTypes(t, w)
		})
	}
}

// checkTypes holds that the shipped workbooks use only items that Sentinel and the local page both show.
func checkTypes(t *testing.T, w *content.Workbook) {
	parsed, err := Parse(w)
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	walk(parsed.Items, func(it *Item) {
		switch it.Type {
		case typeText, typeQuery, typeParameters, typeLinks, typeGroup:
		default:
			t.Errorf("%s has type %d", it.Path, it.Type)
		}
		if it.Name == "" || names[it.Name] && it.Type != typeGroup {
			t.Errorf("%s: the name %q is missing or used twice", it.Path, it.Name)
		}
		names[it.Name] = true
	})
}

type closer struct{ *bytes.Buffer }

func (closer) Close() error { return nil }

// FuzzParse holds that no file makes a run fail in another way than with a finding or an error.
func FuzzParse(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.txtar")
	for _, file := range files {
		a, err := txtar.ParseFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(a.Files[0].Data)
	}
	ws := newWorkspace(f, &content.Bundle{})
	f.Fuzz(func(t *testing.T, data []byte) {
		b, _ := content.Load(memory{"w.json": data}.fs(), content.Options{})
		for _, w := range b.Workbooks {
			if _, err := Test(context.Background(), ws, w, testNow); err != nil {
				continue
			}
			if p, err := Render(context.Background(), ws, w, testNow, nil); err == nil {
				if err := p.WriteHTML(io.Discard); err != nil {
					t.Error(err)
				}
			}
		}
	})
}
