package main

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/seed-caab1ad3/blindspot/content"
)

// loaded is the content that a command works on.
type loaded struct {
	*content.Bundle
	Problems []content.Problem
	// only limits what is reported to these files and folders; empty means all that was loaded.
	only []string
	// Shipped is set when no folder was named and none lies here: the pack inside the binary.
	Shipped bool
}

// context are the folders that give rules their meaning: they are read even when a command names one rule.
var contextFolders = []string{"functions", "watchlists", "events", "tables", "streams"}

// loadContent reads the files and folders named, ./content when none is, or else the pack inside the binary. Functions,
// watchlists and event templates that the folder lacks are taken from the pack, so a repository need not copy them.
// It is for commands that end: see collectLate.
func loadContent(paths []string) (*loaded, error) {
	collectLate()
	return loadContentFrom(paths, nil)
}

// loadContentFrom is loadContent with a cache of what files gave the last time; nil for none.
func loadContentFrom(paths []string, cache *content.Cache) (*loaded, error) {
	return loadContentOver(paths, cache, os.DirFS)
}

// loadContentOver is loadContentFrom with what opens a folder.
func loadContentOver(paths []string, cache *content.Cache, open func(dir string) fs.FS) (*loaded, error) {
	collectSeldom()
	if len(paths) == 0 {
		if st, err := os.Stat("content"); err == nil && st.IsDir() {
			paths = []string{"content"}
		} else {
			b, problems := content.Load(content.Embedded(), content.Options{Prefix: "shipped"})
			return &loaded{Bundle: b, Problems: problems, Shipped: true}, nil
		}
	}
	l := &loaded{Bundle: &content.Bundle{}}
	byRoot := map[string][]string{}
	var roots []string
	for _, p := range paths {
		st, err := os.Stat(p)
		if err != nil {
			if errors.Is(err, fs.ErrNotExist) {
				return nil, fail(exitUsage, "%s: no such file or folder", p)
			}
			return nil, fail(exitUsage, "%s: %s", p, plainCause(err))
		}
		root, inside := rootOf(p, st.IsDir())
		if _, seen := byRoot[root]; !seen {
			roots = append(roots, root)
		}
		if inside == "" {
			byRoot[root] = append(byRoot[root], "")
			continue
		}
		byRoot[root] = append(byRoot[root], inside)
		l.only = append(l.only, path.Join(filepath.ToSlash(root), inside))
	}
	for _, root := range roots {
		o := content.Options{Prefix: filepath.ToSlash(filepath.Clean(root)), Cache: cache}
		whole := false
		for _, p := range byRoot[root] {
			whole = whole || p == ""
		}
		if !whole {
			o.Paths = append(o.Paths, byRoot[root]...)
			for _, f := range contextFolders {
				if st, err := os.Stat(filepath.Join(root, f)); err == nil && st.IsDir() {
					o.Paths = append(o.Paths, f)
				}
			}
		} else {
			l.only = append(l.only, o.Prefix)
		}
		b, problems := content.Load(open(root), o)
		appendBundle(l.Bundle, b)
		l.Problems = append(l.Problems, problems...)
	}
	content.SortProblems(l.Problems)
	l.borrow(cache)
	return l, nil
}

// plainCause is the operating system's reason without the path, which the message already names.
func plainCause(err error) string {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err.Error()
	}
	return err.Error()
}

// rootOf finds the content folder that a path lies in: the nearest ancestor with a blindspot.yaml, or with folders of
// functions or events beside its rules. A folder that is in none is a root itself; a file alone has its own folder as root.
func rootOf(p string, dir bool) (root, inside string) {
	abs, err := filepath.Abs(p)
	if err != nil {
		abs = p
	}
	start := p
	if !dir {
		start = filepath.Dir(p)
		abs = filepath.Dir(abs)
	}
	up := start
	for i := 0; i < 8; i++ {
		if isRoot(abs) {
			rel, err := filepath.Rel(up, p)
			if err != nil || rel == "." {
				rel = ""
			}
			return up, filepath.ToSlash(rel)
		}
		parent := filepath.Dir(abs)
		if parent == abs {
			break
		}
		abs = parent
		up = filepath.Join(up, "..")
	}
	if dir {
		return p, ""
	}
	return start, filepath.ToSlash(filepath.Base(p))
}

func isRoot(dir string) bool {
	has := func(name string) bool {
		_, err := os.Stat(filepath.Join(dir, name))
		return err == nil
	}
	return has("blindspot.yaml") || has("rules") && (has("functions") || has("events"))
}

func appendBundle(to, b *content.Bundle) {
	to.Rules = append(to.Rules, b.Rules...)
	to.Hunting = append(to.Hunting, b.Hunting...)
	to.Functions = append(to.Functions, b.Functions...)
	to.Watchlists = append(to.Watchlists, b.Watchlists...)
	to.Summaries = append(to.Summaries, b.Summaries...)
	to.Workbooks = append(to.Workbooks, b.Workbooks...)
	to.Templates = append(to.Templates, b.Templates...)
	to.Streams = append(to.Streams, b.Streams...)
	to.Tables = append(to.Tables, b.Tables...)
	to.Tests = append(to.Tests, b.Tests...)
	to.Documents = append(to.Documents, b.Documents...)
	if to.Config == nil {
		to.Config = b.Config
	}
}

// borrow adds what the pack ships and the content does not define.
func (l *loaded) borrow(cache *content.Cache) {
	if len(l.Templates) > 0 && len(l.Streams) > 0 && len(l.Functions) > 0 {
		return
	}
	lent := contextFolders[:3:3]
	if len(l.Streams) == 0 {
		lent = append(lent, "streams")
	}
	pack, _ := content.Load(content.Embedded(), content.Options{Prefix: "shipped", Paths: lent, Cache: cache})
	if len(l.Streams) == 0 {
		l.Streams = pack.Streams
	}
	for _, f := range pack.Functions {
		if l.Function(f.Alias) == nil {
			l.Functions = append(l.Functions, f)
		}
	}
	for _, w := range pack.Watchlists {
		if l.Watchlist(w.Alias) == nil {
			l.Watchlists = append(l.Watchlists, w)
		}
	}
	for _, t := range pack.Templates {
		if l.Template(t.Name) == nil {
			l.Templates = append(l.Templates, t)
		}
	}
}

// wanted reports whether a file is one that the command was asked about.
func (l *loaded) wanted(file string) bool {
	if len(l.only) == 0 {
		return true
	}
	for _, o := range l.only {
		if file == o || o == "." || strings.HasPrefix(file, strings.TrimSuffix(o, "/")+"/") {
			return true
		}
		// A rule goes with its test, and the test with its rule.
		if ext := path.Ext(o); ext != "" {
			base := strings.TrimSuffix(strings.TrimSuffix(o, ext), ".test")
			if file == base+ext || file == base+".test"+ext {
				return true
			}
		}
	}
	return false
}
