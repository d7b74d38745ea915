package content

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

const minimalTest = "rule: a.yaml\nnow: 2026-01-05T00:00:00Z\ntests: [{name: x, alerts: []}]\n"

// Each step changes a folder; a load with the cache gives what a load without it gives, and reads again only what changed.
func TestCache(t *testing.T) {
	dir := t.TempDir()
	old := time.Now().Add(-time.Hour)
	write := func(name, text string) {
		t.Helper()
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	aged := func(name string) {
		if err := os.Chtimes(filepath.Join(dir, name), old, old); err != nil {
			t.Fatal(err)
		}
	}
	cache := &Cache{}
	var before *Bundle
	for _, step := range []struct {
		name   string
		change func()
		again  []string // documents that were read anew
		gone   []string
	}{
		{"the first time", func() {
			write("rules/a.yaml", minimalRule)
			write("rules/a.test.yaml", minimalTest)
			write("rules/b.yaml", minimalRule)
			write("hunting/h.yaml", "id: 1\nname: H\nquery: T\n")
			write("hunting/h.test.yaml", strings.ReplaceAll(minimalTest, "a.yaml", "h.yaml"))
			write("watchlists/w.yaml", "alias: w\nitemsSearchKey: A\n")
			write("watchlists/w.csv", "A\n1\n")
			write("events/e.yaml", "x: {table: T, fields: {A: 1}}\n")
			aged("rules/b.yaml")
			aged("watchlists/w.csv")
		}, []string{"events/e.yaml", "hunting/h.test.yaml", "hunting/h.yaml", "rules/a.test.yaml", "rules/a.yaml", "rules/b.yaml", "watchlists/w.yaml"}, nil},
		{"nothing", func() {}, nil, nil},
		{"another time, the same bytes", func() { aged("rules/a.yaml") }, nil, nil},
		{"the same size and the same instant", func() { write("events/e.yaml", "x: {table: T, fields: {A: 2}}\n") }, []string{"events/e.yaml"}, nil},
		{"a rule that no longer parses", func() { write("rules/b.yaml", "name: [\n") }, nil, []string{"rules/b.yaml"}},
		{"and does so again", func() { write("rules/b.yaml", minimalRule) }, []string{"rules/b.yaml"}, nil},
		{"the CSV file of a watchlist", func() { write("watchlists/w.csv", "A\n2\n") }, []string{"watchlists/w.yaml"}, nil},
		{"the CSV file is gone", func() { _ = os.Remove(filepath.Join(dir, "watchlists/w.csv")) }, []string{"watchlists/w.yaml"}, nil},
		{"and comes back", func() { write("watchlists/w.csv", "A\n2\n") }, []string{"watchlists/w.yaml"}, nil},
		{"a test is deleted", func() { _ = os.Remove(filepath.Join(dir, "rules/a.test.yaml")) }, nil, []string{"rules/a.test.yaml"}},
		{"a folder has another name", func() {
			_ = os.Rename(filepath.Join(dir, "rules"), filepath.Join(dir, "detections"))
		}, []string{"detections/a.yaml", "detections/b.yaml"}, []string{"rules/a.yaml", "rules/b.yaml"}},
	} {
		step.change()
		got, problems := Load(os.DirFS(dir), Options{Cache: cache})
		want, wantProblems := Load(os.DirFS(dir), Options{})
		if !reflect.DeepEqual(problems, wantProblems) {
			t.Errorf("%s: problems %v; without the cache %v", step.name, problems, wantProblems)
		}
		if a, b := outline(got), outline(want); a != b {
			t.Errorf("%s:\n got %s\nwant %s", step.name, a, b)
		}
		var again, gone []string
		for _, d := range got.Documents {
			if before == nil || before.Document(d.File()) != d {
				again = append(again, d.File())
			}
		}
		if before != nil {
			for _, d := range before.Documents {
				if got.Document(d.File()) == nil {
					gone = append(gone, d.File())
				}
			}
		}
		if !slices.Equal(again, step.again) || !slices.Equal(gone, step.gone) {
			t.Errorf("%s: read anew %q, gone %q; want %q, %q", step.name, again, gone, step.again, step.gone)
		}
		before = got
	}
}

// outline names what is in a bundle, with what ties it together.
func outline(b *Bundle) string {
	var s strings.Builder
	for _, r := range b.Rules {
		s.WriteString(" rule " + r.File() + " " + r.Name)
		if r.Test != nil {
			s.WriteString(" tested by " + r.Test.File())
			if r.Test.Rule != r {
				s.WriteString(", which tests another")
			}
		}
	}
	for _, w := range b.Watchlists {
		s.WriteString(" watchlist " + w.Alias + string(AppendJSON(nil, any(append(Record(nil), slices.Concat(w.Items...)...)))))
	}
	for _, e := range b.Templates {
		s.WriteString(" template " + e.Name + string(AppendJSON(nil, e.Fields)))
	}
	for _, d := range b.Documents {
		s.WriteString(" " + d.File())
	}
	return s.String()
}
