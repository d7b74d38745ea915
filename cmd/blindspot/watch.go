package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"
	"github.com/urfave/cli/v2"

	"github.com/seed-caab1ad3/blindspot/cmd/internal/terminal"
	"github.com/seed-caab1ad3/blindspot/content"
)

const (
	// debounce is how long a folder must be quiet before its files are read again: editors write a file in several steps.
	debounce = 8 * time.Millisecond
	// manyFiles is the number of files above which a change is more than an editor's: it takes a while, as a checkout does.
	manyFiles         = 8
	debounceManyFiles = 50 * time.Millisecond
	// patience is how long a file that does not parse is given to become one that does: it may be half written.
	patience = 60 * time.Millisecond
	// pollEvery is how often files are looked at where the system cannot tell of changes.
	pollEvery = 300 * time.Millisecond
)

// watchTests runs again whatever a change of a file touches, until the context ends. first is what was loaded, and run, at
// the start.
func watchTests(c *cli.Context, first *loaded, cache *content.Cache, run func(l *loaded, touched func(*content.TestFile) bool) error) error {
	paths := c.Args().Slice()
	if first.Shipped {
		return fail(exitUsage, "--watch: no folder of content lies here; name one")
	}
	t := talk(c)
	w, err := newWatch(paths)
	if err != nil {
		return err
	}
	defer w.close()
	how := fmt.Sprintf("watching %d folders; Ctrl-C ends", w.folders)
	if w.polls != "" {
		how = fmt.Sprintf("the system does not tell of changes (%s), so the files are looked at every %s; Ctrl-C ends", w.polls, pollEvery)
	}
	fmt.Fprintf(t, "%s\n", t.Paint(terminal.Dim, how))
	before := first
	said := problemText(first)
	for w.next(c.Context) {
		begin := time.Now()
		l, err := loadContentFrom(paths, cache)
		for (err != nil || problemText(l) != "" && problemText(l) != said) && w.quiet(c.Context, patience) {
			l, err = loadContentFrom(paths, cache)
		}
		if c.Context.Err() != nil {
			return nil
		}
		if err != nil {
			if text := err.Error(); text != said {
				fmt.Fprintln(t, text)
				said = text
			}
			continue
		}
		text := problemText(l)
		if text != "" && text != said {
			fmt.Fprint(t, text)
		}
		said = text
		changed, touched := affected(before.Bundle, l.Bundle)
		if len(changed) == 0 {
			continue
		}
		broken := l.broken()
		if slices.ContainsFunc(l.Problems, func(p content.Problem) bool { return broken[p.Span.File] && !l.ofRule(p.Span.File) }) {
			continue // what all rules rest on is broken; before stays, so that nothing that changed meanwhile is forgotten
		}
		before = l
		if len(changed) > manyFiles {
			fmt.Fprintf(t, "%s\n", t.Paint(terminal.Dim, fmt.Sprintf("%d files", len(changed))))
		} else {
			fmt.Fprintf(t, "%s\n", t.Paint(terminal.Dim, strings.Join(changed, ", ")))
		}
		err = run(l, func(f *content.TestFile) bool {
			return !broken[f.File()] && !(f.Rule != nil && broken[f.Rule.File()]) && touched(f)
		})
		if c.Context.Err() != nil {
			return nil
		}
		if err != nil {
			fmt.Fprintln(t, err)
		}
		fmt.Fprintf(t, "%s\n", t.Paint(terminal.Dim, time.Since(begin).Round(time.Millisecond).String()))
	}
	return w.err
}

// broken are the files asked about that cannot be read as they are.
func (l *loaded) broken() map[string]bool {
	out := map[string]bool{}
	for _, p := range l.Problems {
		if p.Severity == content.Error && l.wanted(p.Span.File) {
			out[p.Span.File] = true
		}
	}
	return out
}

// ofRule reports whether a file is a rule's or a test's: a mistake in it is no other rule's.
func (l *loaded) ofRule(file string) bool {
	if d := l.Document(file); d != nil {
		return d.Kind == content.KindRule || d.Kind == content.KindTest
	}
	return strings.Contains("/"+file, "/rules/")
}

// problemText is what keeps files that were asked about from being read, a line each.
func problemText(l *loaded) string {
	if l == nil {
		return ""
	}
	var b strings.Builder
	for _, p := range l.Problems {
		if p.Severity == content.Error && l.wanted(p.Span.File) {
			b.WriteString(p.Error() + "\n")
		}
	}
	return b.String()
}

// watch tells of changes in the folders of content. What changed is found by loading them again: the system's word on it
// is late for folders that are new, and missing when too much happens at once.
type watch struct {
	roots   []string
	parents map[string]bool // folders that are watched only for the coming and going of roots
	folders int
	notify  *fsnotify.Watcher
	polls   string // why files are looked at instead, "" when they are not
	err     error
}

func newWatch(paths []string) (*watch, error) {
	if len(paths) == 0 {
		paths = []string{"content"}
	}
	w := &watch{parents: map[string]bool{}}
	for _, p := range paths {
		st, err := os.Stat(p)
		root, _ := rootOf(p, err == nil && st.IsDir())
		if !slices.Contains(w.roots, root) {
			w.roots = append(w.roots, root)
		}
	}
	var err error
	if w.notify, err = fsnotify.NewWatcher(); err != nil {
		w.polls = err.Error()
		return w, nil
	}
	for _, root := range w.roots {
		if err := w.add(root); err != nil {
			if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
				w.close()
				return nil, fail(exitUsage, "--watch %s: %s", root, plainCause(err))
			}
			w.close()
			w.notify, w.polls = nil, err.Error() // the system's limit on watches
			return w, nil
		}
	}
	w.folders = len(w.notify.WatchList())
	for _, root := range w.roots {
		parent := filepath.Clean(filepath.Join(root, ".."))
		if !slices.Contains(w.notify.WatchList(), parent) && w.notify.Add(parent) == nil {
			w.parents[parent] = true
		}
	}
	return w, nil
}

func (w *watch) close() {
	if w.notify != nil {
		w.notify.Close()
	}
}

// add watches a folder and all below it.
func (w *watch) add(folder string) error {
	return filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case !d.IsDir():
			return nil
		case path != folder && (strings.HasPrefix(d.Name(), ".") || d.Name() == "node_modules"):
			return filepath.SkipDir
		}
		return w.notify.Add(path)
	})
}

// next waits until something changed and the folders are quiet again; false when the context ended.
func (w *watch) next(ctx context.Context) bool {
	if w.notify == nil {
		select {
		case <-ctx.Done():
			return false
		case <-time.After(pollEvery):
			return true
		}
	}
	for {
		select {
		case <-ctx.Done():
			return false
		case err := <-w.notify.Errors:
			return w.overflow(err)
		case e, ok := <-w.notify.Events:
			if !ok {
				return false
			}
			if !w.heed(e) {
				continue
			}
			names := map[string]bool{e.Name: true}
			for w.gather(ctx, names) {
			}
			return ctx.Err() == nil
		}
	}
}

// gather takes one more change, if it comes before the folders have been quiet long enough.
func (w *watch) gather(ctx context.Context, names map[string]bool) bool {
	wait := debounce
	if len(names) > manyFiles {
		wait = debounceManyFiles
	}
	name, ok := w.within(ctx, wait)
	if ok {
		names[name] = true
	}
	return ok
}

// within waits for one change that counts, for as long as that, and names its file.
func (w *watch) within(ctx context.Context, wait time.Duration) (name string, ok bool) {
	limit := time.NewTimer(wait)
	defer limit.Stop()
	for {
		select {
		case <-ctx.Done():
			return "", false
		case <-limit.C:
			return "", false
		case e, open := <-w.notify.Events:
			if !open {
				return "", false
			}
			if w.heed(e) {
				return e.Name, true
			}
		}
	}
}

// quiet waits for one more change for as long as that, and for the folders to be quiet after it. It reports whether one came.
func (w *watch) quiet(ctx context.Context, wait time.Duration) bool {
	if w.notify == nil {
		return false
	}
	name, ok := w.within(ctx, wait)
	if !ok {
		return false
	}
	names := map[string]bool{name: true}
	for w.gather(ctx, names) {
	}
	return true
}

// overflow says whether an error of the watcher is that more happened than it could tell, which is a change.
func (w *watch) overflow(err error) bool {
	if errors.Is(err, fsnotify.ErrEventOverflow) {
		for _, root := range w.roots {
			_ = w.add(root)
		}
		return true
	}
	w.err = fail(exitUsage, "--watch: %v", err)
	return false
}

// heed says whether an event may have changed content, and watches folders that it made.
func (w *watch) heed(e fsnotify.Event) bool {
	base := filepath.Base(e.Name)
	name := filepath.Clean(e.Name)
	if w.parents[filepath.Dir(name)] && !slices.ContainsFunc(w.roots, func(r string) bool { return samePath(r, name) }) {
		return false
	}
	if e.Op == fsnotify.Chmod || strings.HasPrefix(base, ".") || strings.HasSuffix(base, "~") {
		return false
	}
	if e.Has(fsnotify.Create) {
		if st, err := os.Stat(e.Name); err == nil && st.IsDir() {
			_ = w.add(e.Name) // a folder that is gone again has told so
		}
	}
	return true
}

func samePath(a, b string) bool {
	x, err := filepath.Abs(a)
	y, err2 := filepath.Abs(b)
	return err == nil && err2 == nil && x == y
}
