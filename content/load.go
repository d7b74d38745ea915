package content

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"sort"
	"strings"
	"sync"
)

// The bounds of what is read. Files beyond them are refused by name.
const (
	MaxFileSize = 8 << 20
	MaxFiles    = 50_000
)

// Options say how a folder is read.
type Options struct {
	// Prefix is put before every file name that is shown, so that names are right where the person stands ("content").
	Prefix string
	// Paths limits the reading to these files and folders (slash-separated, inside the file system); none means all. A
	// rule's test, and the rule of a test, are read with it.
	Paths []string
	// Workers is the number of files parsed at once; 0 means up to 4. The result does not depend on it.
	Workers int
	// Cache, when not nil, keeps what files gave for the next load.
	Cache *Cache
}

// Load reads everything below the root of a file system. It never stops early: what cannot be read becomes a Problem, and
// the rest is in the Bundle. Problems are ordered by file, line and column. File names use slashes on every system.
func Load(fsys fs.FS, opts Options) (*Bundle, []Problem) {
	l := &loader{fsys: fsys, opts: opts}
	files := l.walk()
	items := make([]item, len(files))
	l.each(len(files), func(i int) { items[i] = l.file(files[i]) })
	b := &Bundle{}
	for _, it := range items {
		l.problems = append(l.problems, it.problems...)
		if it.add != nil {
			it.add(b)
		}
		if it.doc != nil {
			b.Documents = append(b.Documents, it.doc)
		}
	}
	l.join(b)
	if len(b.Documents) == 0 && len(l.problems) == 0 {
		l.problems = append(l.problems, l.nothing(len(files)))
	}
	SortProblems(l.problems)
	return b, l.problems
}

// SortProblems orders problems by file, line, column and code.
func SortProblems(p []Problem) {
	slices.SortStableFunc(p, func(a, b Problem) int {
		if c := strings.Compare(a.Span.File, b.Span.File); c != 0 {
			return c
		}
		if c := a.Span.Start.Line - b.Span.Start.Line; c != 0 {
			return c
		}
		if c := a.Span.Start.Column - b.Span.Start.Column; c != 0 {
			return c
		}
		return strings.Compare(a.Code, b.Code)
	})
}

// item is what one file gave.
type item struct {
	doc      *Document
	problems []Problem
	add      func(*Bundle)
}

type loader struct {
	fsys     fs.FS
	opts     Options
	problems []Problem
	skipped  int // files that are no content by their extension
}

// outside returns the name of a file as shown; inside is its reverse.
func (l *loader) outside(file string) string {
	if l.opts.Prefix == "" || l.opts.Prefix == "." {
		return file
	}
	if file == "." {
		return l.opts.Prefix
	}
	return strings.TrimSuffix(l.opts.Prefix, "/") + "/" + file
}

func (l *loader) inside(file string) string {
	if l.opts.Prefix == "" || l.opts.Prefix == "." {
		return file
	}
	return strings.TrimPrefix(file, strings.TrimSuffix(l.opts.Prefix, "/")+"/")
}

func (l *loader) fail(file, code, message, help string) {
	l.problems = append(l.problems, Problem{Span: Span{File: l.outside(file)}, Code: code, Severity: Error, Message: message, Help: help})
}

func (l *loader) each(n int, do func(int)) {
	workers := l.opts.Workers
	if workers <= 0 {
		workers = 4
	}
	if workers = min(workers, n/32); workers <= 1 {
		for i := range n {
			do(i)
		}
		return
	}
	var wg sync.WaitGroup
	for w := range workers {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := w; i < n; i += workers {
				do(i)
			}
		}()
	}
	wg.Wait()
}

// contentFile says whether a file may hold content by its extension. CSV files are read through their watchlist.
// Resources of the service that have no form of their own here (*.arm.json) are read by package deploy.
func contentFile(name string) bool {
	if strings.HasSuffix(strings.ToLower(name), ".arm.json") {
		return false
	}
	switch strings.ToLower(path.Ext(name)) {
	case ".yaml", ".yml", ".json", ".workbook":
		return !strings.HasPrefix(path.Base(name), ".")
	}
	return false
}

// walk lists the files to read, sorted by name.
func (l *loader) walk() []string {
	paths := l.opts.Paths
	if len(paths) == 0 {
		paths = []string{"."}
	}
	seen := map[string]bool{}
	var files []string
	full := false
	take := func(name string) {
		if seen[name] || full {
			return
		}
		if len(files) >= MaxFiles {
			full = true
			l.fail(name, CodeTooLarge, fmt.Sprintf("the folder holds more than %d files of content", MaxFiles), "name the folders to read")
			return
		}
		seen[name] = true
		files = append(files, name)
	}
	for _, root := range paths {
		root = path.Clean(strings.ReplaceAll(root, `\`, "/"))
		if !fs.ValidPath(root) {
			l.fail(root, CodeUnreadable, fmt.Sprintf("the path %q is outside the folder that is read", root), "name a path inside it")
			continue
		}
		info, err := fs.Stat(l.fsys, root)
		if err != nil {
			l.fail(root, CodeUnreadable, "the path cannot be read: "+cause(err), "check its spelling")
			continue
		}
		if !info.IsDir() {
			take(root)
			if test := testOf(root); kindOfPath(root) != KindTest && l.exists(test) {
				take(test)
			}
			continue
		}
		err = fs.WalkDir(l.fsys, root, func(name string, d fs.DirEntry, err error) error {
			if full {
				return fs.SkipAll
			}
			if err != nil {
				l.fail(name, CodeUnreadable, "it cannot be read: "+cause(err), "check its permissions")
				if d != nil && d.IsDir() {
					return fs.SkipDir
				}
				return nil
			}
			if d.IsDir() {
				if base := path.Base(name); name != root && (strings.HasPrefix(base, ".") || base == "node_modules" || base == "testdata") {
					return fs.SkipDir
				}
				return nil
			}
			if !contentFile(name) {
				l.skipped++
				return nil
			}
			if d.Type()&fs.ModeSymlink != 0 && !l.linkStays(name) {
				return nil
			}
			if d.Type()&(fs.ModeDevice|fs.ModeNamedPipe|fs.ModeSocket|fs.ModeIrregular) != 0 {
				l.fail(name, CodeUnreadable, "it is no regular file", "")
				return nil
			}
			take(name)
			return nil
		})
		if err != nil {
			l.fail(root, CodeUnreadable, "the folder cannot be read: "+cause(err), "")
		}
	}
	sort.Strings(files)
	return files
}

func (l *loader) exists(name string) bool {
	info, err := fs.Stat(l.fsys, name)
	return err == nil && !info.IsDir()
}

// testOf returns the name of a rule's test file.
func testOf(rule string) string {
	return strings.TrimSuffix(rule, path.Ext(rule)) + ".test.yaml"
}

// linkStays says whether a symbolic link leads to a regular file inside the root, and reports it when it does not. Links
// to folders are not followed.
func (l *loader) linkStays(name string) bool {
	links, ok := l.fsys.(fs.ReadLinkFS)
	if !ok {
		l.fail(name, CodeSymlink, "it is a symbolic link", "put the file itself here")
		return false
	}
	at := name
	for range 16 {
		target, err := links.ReadLink(at)
		if err != nil {
			l.fail(name, CodeSymlink, "the symbolic link cannot be read: "+cause(err), "put the file itself here")
			return false
		}
		target = strings.ReplaceAll(target, `\`, "/")
		to := path.Join(path.Dir(at), target)
		if path.IsAbs(target) || strings.Contains(target, ":") || !fs.ValidPath(to) {
			l.fail(name, CodeSymlink, "the symbolic link leads outside the folder", "put the file itself here")
			return false
		}
		for dir := path.Dir(to); dir != "."; dir = path.Dir(dir) {
			if info, err := links.Lstat(dir); err != nil || info.Mode()&fs.ModeSymlink != 0 {
				l.fail(name, CodeSymlink, "the symbolic link leads through another link", "put the file itself here")
				return false
			}
		}
		info, err := links.Lstat(to)
		switch {
		case err != nil:
			l.fail(name, CodeSymlink, "the symbolic link leads nowhere", "put the file itself here")
			return false
		case info.Mode()&fs.ModeSymlink != 0:
			at = to
			continue
		case !info.Mode().IsRegular():
			l.fail(name, CodeSymlink, "the symbolic link leads to a folder", "links to folders are not followed")
			return false
		}
		return true
	}
	l.fail(name, CodeSymlink, "the symbolic links form a circle", "put the file itself here")
	return false
}

// read returns the bytes of a file within the bounds.
func (l *loader) read(name string) ([]byte, *Problem) {
	problem := func(code, message, help string) ([]byte, *Problem) {
		return nil, &Problem{Span: Span{File: l.outside(name)}, Code: code, Severity: Error, Message: message, Help: help}
	}
	f, err := l.fsys.Open(name)
	if err != nil {
		return problem(CodeUnreadable, "the file cannot be read: "+cause(err), "check its name and permissions")
	}
	defer f.Close()
	size := int64(0)
	if info, err := f.Stat(); err == nil {
		if info.IsDir() {
			return problem(CodeUnreadable, "it is a folder, not a file", "")
		}
		size = info.Size()
	}
	tooLarge := func() ([]byte, *Problem) {
		return problem(CodeTooLarge, fmt.Sprintf("the file is larger than %d MB", MaxFileSize>>20), "split it; content files are small")
	}
	if size > MaxFileSize {
		return tooLarge()
	}
	var b bytes.Buffer
	b.Grow(int(size) + 512)
	if _, err := b.ReadFrom(io.LimitReader(f, MaxFileSize+1)); err != nil {
		return problem(CodeUnreadable, "the file cannot be read: "+cause(err), "")
	}
	if b.Len() > MaxFileSize {
		return tooLarge()
	}
	return b.Bytes(), nil
}

// cause is the reason in an error of a file system, without the path and the call that the person did not make.
func cause(err error) string {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		err = pe.Err
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "there is no such file or folder"
	case errors.Is(err, fs.ErrPermission):
		return "permission denied"
	}
	return err.Error()
}

// file reads one file into its item.
func (l *loader) file(name string) item {
	if l.opts.Cache != nil {
		return l.opts.Cache.file(l, name)
	}
	return l.parse(name, l.read)
}

// parse makes an item of one file; read gives the bytes of it and of files that belong to it.
func (l *loader) parse(name string, read func(name string) ([]byte, *Problem)) item {
	data, problem := read(name)
	if problem != nil {
		return item{problems: []Problem{*problem}}
	}
	shown := l.outside(name)
	kind := kindOfPath(name)
	if ext := strings.ToLower(path.Ext(name)); ext == ".workbook" || ext == ".json" && (kind == KindWorkbook || kind == KindUnknown && looksLikeWorkbook(data)) {
		src := NewSource(shown, bytes.TrimPrefix(data, []byte("\xEF\xBB\xBF")))
		w, problems := readWorkbook(src)
		if w == nil {
			return item{problems: problems}
		}
		return item{doc: w.Doc, problems: problems, add: func(b *Bundle) { b.Workbooks = append(b.Workbooks, w) }}
	}
	doc, problems := Parse(shown, data)
	if doc == nil {
		return item{problems: problems}
	}
	if kind == KindUnknown {
		kind = kindOfShape(doc.Root)
	}
	doc.Kind = kind
	it := item{doc: doc}
	r := &reader{doc: doc, problems: problems}
	root := doc.Root
	switch kind {
	case KindRule:
		v := readRule(r, root)
		it.add = func(b *Bundle) { // a copy: join ties it to the test of this bundle
			own := *v
			b.Rules = append(b.Rules, &own)
		}
	case KindHunting:
		v := readHunting(r, root)
		it.add = func(b *Bundle) {
			own := *v // its test is tied to it in each bundle anew
			b.Hunting = append(b.Hunting, &own)
		}
	case KindFunction:
		v := readFunction(r, root)
		it.add = func(b *Bundle) { b.Functions = append(b.Functions, v) }
	case KindWatchlist:
		v := readWatchlist(r, root, l, read)
		it.add = func(b *Bundle) { b.Watchlists = append(b.Watchlists, v) }
	case KindSummary:
		v := readSummaryRule(r, root)
		it.add = func(b *Bundle) { b.Summaries = append(b.Summaries, v) }
	case KindEvents:
		v := readEventTemplates(r, root)
		it.add = func(b *Bundle) { b.Templates = append(b.Templates, v...) }
	case KindStream:
		v := readStreams(r, root)
		it.add = func(b *Bundle) { b.Streams = append(b.Streams, v...) }
	case KindTable:
		v := readTable(r, root)
		it.add = func(b *Bundle) { b.Tables = append(b.Tables, v) }
	case KindTest:
		v := readTest(r, root)
		it.add = func(b *Bundle) {
			own := *v
			b.Tests = append(b.Tests, &own)
		}
	case KindConfig:
		it.add = func(b *Bundle) {
			if b.Config == nil {
				b.Config = doc
			}
		}
	default:
		it.doc = nil
		r.problems = append(r.problems, Problem{Span: Span{File: shown, Start: Position{1, 1}}, Code: CodeKind, Severity: Warning,
			Message: "nothing tells what this file is, so it is not read", Help: "put it into rules/, hunting/, functions/, watchlists/, summaries/, workbooks/, events/, streams/ or tables/"})
	}
	it.problems = r.problems
	return it
}

// join ties tests to their rules and reports names that stand twice where one would hide the other.
func (l *loader) join(b *Bundle) {
	byFile := make(map[string]*Rule, len(b.Rules))
	for _, r := range b.Rules {
		byFile[r.File()] = r
	}
	queries := make(map[string]*HuntingQuery, len(b.Hunting))
	for _, h := range b.Hunting {
		queries[h.File()] = h
	}
	for _, t := range b.Tests {
		file := path.Join(path.Dir(t.File()), strings.ReplaceAll(t.RuleFile, `\`, "/"))
		rule := byFile[file]
		if rule == nil && queries[file] == nil && len(l.opts.Paths) > 0 && l.exists(l.inside(file)) {
			// The test was named without its rule: read the rule as well.
			it := l.file(l.inside(file))
			l.problems = append(l.problems, it.problems...)
			if it.add != nil && it.doc.Kind == KindRule {
				it.add(b)
				b.Documents = append(b.Documents, it.doc)
				rule = b.Rules[len(b.Rules)-1]
				byFile[file] = rule
			} else if it.add != nil && it.doc.Kind == KindHunting {
				it.add(b)
				b.Documents = append(b.Documents, it.doc)
				queries[file] = b.Hunting[len(b.Hunting)-1]
			}
		}
		if h := queries[file]; rule == nil && h != nil {
			if h.Test == nil {
				h.Test, t.Rule = t, h.AsRule()
				t.Rule.Test = t
				continue
			}
			rule = h.Test.Rule
		}
		if rule == nil {
			span := t.Doc.Where("rule")
			l.problems = append(l.problems, Problem{Span: span, Code: CodeReference, Severity: Error, Path: "rule",
				Message: fmt.Sprintf("the test names the rule %q, which is not there", t.RuleFile), Help: "name the rule's file, relative to the test's folder"})
			continue
		}
		t.Rule = rule
		if rule.Test != nil {
			l.problems = append(l.problems, Problem{Span: t.Doc.Where("rule"), Code: CodeReference, Severity: Error, Path: "rule",
				Message: fmt.Sprintf("the rule %q has a second test file; the first is %s", t.RuleFile, rule.Test.File()), Help: "put all cases into one file"})
			continue
		}
		rule.Test = t
	}
	sort.SliceStable(b.Rules, func(i, j int) bool { return b.Rules[i].File() < b.Rules[j].File() })
	sort.SliceStable(b.Documents, func(i, j int) bool { return b.Documents[i].File() < b.Documents[j].File() })

	templates := map[string]*EventTemplate{}
	for _, t := range b.Templates {
		if first := templates[t.Name]; first != nil {
			l.twice(t.Doc.File(), t.Position, "event template", t.Name, first.Doc.File(), first.Position)
			continue
		}
		templates[t.Name] = t
	}
	for _, t := range b.Templates {
		if t.Like != "" && templates[t.Like] == nil {
			l.problems = append(l.problems, Problem{Span: t.Doc.Where(t.Name, "like"), Code: CodeReference, Severity: Error,
				Message: fmt.Sprintf("the event template %q is like %q, which is not there", t.Name, t.Like), Help: "name a template of this folder"})
		}
		for at, n := t, 0; at != nil && at.Like != ""; at, n = templates[at.Like], n+1 {
			if n > 50 {
				l.problems = append(l.problems, Problem{Span: t.Doc.Where(t.Name, "like"), Code: CodeReference, Severity: Error,
					Message: fmt.Sprintf("the event template %q is like itself, in a circle", t.Name), Help: "let one template of the circle stand alone"})
				break
			}
		}
	}
}

func (l *loader) twice(file string, at Position, what, name, firstFile string, first Position) {
	l.problems = append(l.problems, Problem{Span: Span{File: file, Start: at}, Code: CodeDuplicateKey, Severity: Error,
		Message: fmt.Sprintf("the %s %q is defined for the second time; the first is %s:%d:%d", what, name, firstFile, first.Line, first.Column), Help: "rename one of them"})
}

func (l *loader) nothing(files int) Problem {
	root := "."
	if len(l.opts.Paths) == 1 {
		root = l.opts.Paths[0]
	}
	message := "no content was found"
	if l.skipped > 0 {
		message = fmt.Sprintf("no content was found: %d files, none of them YAML or a workbook", l.skipped)
	}
	return Problem{Span: Span{File: l.outside(root)}, Code: CodeNoContent, Severity: Error, Message: message,
		Help: "name a folder with rules/, hunting/, functions/, watchlists/ or workbooks/, or a file of content"}
}
