package main

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"
	"github.com/urfave/cli/v2"

	"github.com/seed-caab1ad3/blindspot/cmd/internal/terminal"
	"github.com/seed-caab1ad3/blindspot/content"
)

// debounce is how long a folder must be quiet before tests run: editors write a file in several steps.
const debounce = 50 * time.Millisecond

// watchTests runs again whatever a change of a file touches, until the context ends.
func watchTests(c *cli.Context, paths []string, again func(l *loaded, touched func(*content.TestFile) bool) error) error {
	if len(paths) == 0 {
		paths = []string{"content"}
	}
	w, err := fsnotify.NewWatcher()
	if err != nil {
		return fail(exitUsage, "--watch: %v", err)
	}
	defer w.Close()
	folders, err := watchedFolders(paths)
	if err != nil {
		return err
	}
	for _, f := range folders {
		if err := w.Add(f); err != nil {
			return fail(exitUsage, "--watch %s: %v", f, err)
		}
	}
	t := talk(c)
	fmt.Fprintf(t, "%s\n", t.Paint(terminal.Dim, fmt.Sprintf("watching %d folders; Ctrl-C ends", len(folders))))
	for {
		changed, err := nextChange(c.Context, w)
		if err != nil || len(changed) == 0 {
			return err
		}
		for _, f := range changed { // folders that are new
			if more, err := watchedFolders([]string{f}); err == nil {
				for _, m := range more {
					_ = w.Add(m)
				}
			}
		}
		begin := time.Now()
		l, err := loadContent(reload(c.Args().Slice(), changed))
		if err != nil {
			fmt.Fprintln(t, err)
			continue
		}
		bad := false
		for _, p := range l.Problems {
			if p.Severity == content.Error && l.wanted(p.Span.File) {
				fmt.Fprintln(t, p.Error())
				bad = true
			}
		}
		if bad {
			continue
		}
		fmt.Fprintf(t, "%s\n", t.Paint(terminal.Dim, strings.Join(changed, ", ")))
		if err := again(l, touches(l, changed)); err != nil {
			fmt.Fprintln(t, err)
		}
		fmt.Fprintf(t, "%s\n", t.Paint(terminal.Dim, time.Since(begin).Round(time.Millisecond).String()))
	}
}

// reload says what must be read again: the rules and tests that changed when nothing else did, which is quicker than
// everything.
func reload(all, changed []string) []string {
	for _, f := range changed {
		if st, err := os.Stat(f); err != nil || st.IsDir() || !strings.Contains(f, "/rules/") || !strings.HasSuffix(f, ".yaml") {
			return all
		}
	}
	return changed
}

// watchedFolders lists the folders of paths and all below them; of a file, the content folder that it lies in.
func watchedFolders(paths []string) ([]string, error) {
	var out []string
	seen := map[string]bool{}
	for _, p := range paths {
		root, _ := rootOf(p, isDir(p))
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if d.IsDir() && !seen[path] {
				if strings.HasPrefix(d.Name(), ".") && path != root {
					return filepath.SkipDir
				}
				seen[path] = true
				out = append(out, path)
			}
			return nil
		})
		if err != nil {
			return nil, fail(exitUsage, "--watch: %v", err)
		}
	}
	return out, nil
}

func isDir(p string) bool {
	matches, err := filepath.Glob(filepath.Join(p, "*"))
	return err == nil && len(matches) > 0
}

// nextChange waits for files of content to change and for the folder to be quiet again; nil when the context ended.
func nextChange(ctx context.Context, w *fsnotify.Watcher) ([]string, error) {
	var changed []string
	seen := map[string]bool{}
	var quietFor <-chan time.Time
	for {
		select {
		case <-ctx.Done():
			return nil, nil
		case err := <-w.Errors:
			return nil, fail(exitUsage, "--watch: %v", err)
		case e := <-w.Events:
			if e.Op == fsnotify.Chmod || strings.HasPrefix(filepath.Base(e.Name), ".") || strings.HasSuffix(e.Name, "~") {
				continue
			}
			name := filepath.ToSlash(filepath.Clean(e.Name))
			if !seen[name] {
				seen[name] = true
				changed = append(changed, name)
			}
			quietFor = time.After(debounce)
		case <-quietFor:
			return changed, nil
		}
	}
}

// touches says which rules' tests a change can alter: a rule or test file its own, a function or watchlist the rules whose
// queries name it, directly or through functions, and templates, tables and streams all.
func touches(l *loaded, changed []string) func(*content.TestFile) bool {
	names := map[string]bool{}
	files := map[string]bool{}
	for _, f := range changed {
		switch {
		case strings.Contains(f, "/events/"), strings.Contains(f, "/tables/"), strings.Contains(f, "/streams/"):
			return func(*content.TestFile) bool { return true }
		}
		files[f] = true
		for _, x := range l.Functions {
			if x.Doc != nil && x.Doc.File() == f {
				names[x.Alias] = true
			}
		}
		for _, x := range l.Watchlists {
			if x.Doc != nil && x.Doc.File() == f {
				names[x.Alias] = true
			}
		}
	}
	for grew := true; grew; {
		grew = false
		for _, f := range l.Functions {
			if !names[f.Alias] && mentions(f.Query.String(), names) {
				names[f.Alias], grew = true, true
			}
		}
	}
	return func(t *content.TestFile) bool {
		return files[t.File()] || t.Rule != nil && (files[t.Rule.File()] || mentions(t.Rule.Query.String(), names))
	}
}

func mentions(text string, names map[string]bool) bool {
	for n := range names {
		if strings.Contains(text, n) {
			return true
		}
	}
	return false
}
