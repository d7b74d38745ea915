package main

import (
	"os"
	"path"
	"path/filepath"
	"sort"
	"strings"

	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/content/nearest"
	"github.com/seed-caab1ad3/blindspot/validate/explain"
	"github.com/seed-caab1ad3/blindspot/validate/report"
)

// configFile finds blindspot.yaml: in the folders named, or above them.
func configFile(paths []string) (string, error) {
	if len(paths) == 0 {
		paths = []string{"."}
	}
	for _, p := range paths {
		dir, err := filepath.Abs(p)
		if err != nil {
			return "", err
		}
		if st, err := os.Stat(dir); err == nil && !st.IsDir() {
			dir = filepath.Dir(dir)
		}
		for range 12 {
			for _, n := range []string{"blindspot.yaml", "blindspot.yml"} {
				if st, err := os.Stat(filepath.Join(dir, n)); err == nil && st.Mode().IsRegular() {
					return filepath.Join(dir, n), nil
				}
			}
			up := filepath.Dir(dir)
			if up == dir {
				break
			}
			dir = up
		}
	}
	for _, n := range []string{"content/blindspot.yaml"} {
		if _, err := os.Stat(n); err == nil {
			return n, nil
		}
	}
	return "", nil
}

// configOf reads the blindspot.yaml that belongs to the paths, and names its folder. doc is nil and home the current folder
// where there is none.
func configOf(paths []string) (doc *content.Document, home string, err error) {
	file, err := configFile(paths)
	if err != nil || file == "" {
		return nil, ".", err
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, "", fail(exitUsage, "%s: %s", file, plainCause(err))
	}
	shown := file
	if wd, err := os.Getwd(); err == nil {
		if rel, err := filepath.Rel(wd, file); err == nil {
			shown = filepath.ToSlash(rel)
		}
	}
	doc, problems := content.Parse(shown, data)
	if doc == nil {
		return nil, "", fail(exitUsage, "%v", problems[0])
	}
	doc.Kind = content.KindConfig
	return doc, filepath.Dir(file), nil
}

// configuredLevels reads checks: from blindspot.yaml. An id that there is none of is named with its place.
func configuredLevels(doc *content.Document) (map[string]string, error) {
	root := configRoot(doc)
	out, err := levelsAt(doc, root["checks"], "checks")
	if err != nil {
		return nil, err
	}
	return out, nil
}

func configRoot(doc *content.Document) map[string]any {
	if doc == nil {
		return nil
	}
	v, err := doc.JSON()
	if err != nil {
		return nil // the schema check has said so
	}
	root, _ := v.(map[string]any)
	return root
}

// levelsAt reads a mapping of checks to levels.
func levelsAt(doc *content.Document, v any, path ...any) (map[string]string, error) {
	out := map[string]string{}
	m, _ := v.(map[string]any)
	ids := make([]string, 0, len(m))
	for id := range m {
		ids = append(ids, id)
	}
	sort.Strings(ids)
	for _, id := range ids {
		if _, ok := explain.Lookup(id); !ok && id != "all" {
			at := doc.WhereKey(append(path[:len(path):len(path)], id)...)
			var names []string
			for _, e := range explain.All() {
				names = append(names, e.ID)
			}
			if n := nearest.Of(id, names); n != "" {
				return nil, fail(exitUsage, "%s: there is no check %q; the nearest is %q", at, id, n)
			}
			return nil, fail(exitUsage, "%s: there is no check %q; 'blindspot validate --checks' lists them", at, id)
		}
		if s, ok := m[id].(string); ok {
			out[id] = s
		}
	}
	return out, nil
}

// pathLevel is an entry of paths: in blindspot.yaml.
type pathLevel struct {
	pattern string
	levels  map[string]report.Severity
}

// readPathLevels reads paths:, the longest pattern first, which is the most particular one.
func readPathLevels(doc *content.Document) ([]pathLevel, error) {
	m, _ := configRoot(doc)["paths"].(map[string]any)
	var out []pathLevel
	for pattern, v := range m {
		levels, err := levelsAt(doc, v, "paths", pattern)
		if err != nil {
			return nil, err
		}
		p := pathLevel{pattern, map[string]report.Severity{}}
		for id, s := range levels {
			level, err := report.ParseSeverity(s)
			if err != nil {
				return nil, fail(exitUsage, "%s: the level of %s: %v", doc.Where("paths", pattern, id), id, err)
			}
			p.levels[id] = level
		}
		out = append(out, p)
	}
	sort.Slice(out, func(i, j int) bool {
		if len(out[i].pattern) != len(out[j].pattern) {
			return len(out[i].pattern) > len(out[j].pattern)
		}
		return out[i].pattern < out[j].pattern
	})
	return out, nil
}

// pathLevels answers the level that paths: gives a check in a file. Patterns are relative to the folder of blindspot.yaml.
func pathLevels(doc *content.Document) (func(file, id string) (report.Severity, bool), error) {
	list, err := readPathLevels(doc)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	home := path.Dir(doc.File())
	return func(file, id string) (report.Severity, bool) {
		if home != "." {
			rel, err := filepath.Rel(filepath.FromSlash(home), filepath.FromSlash(file))
			if err != nil {
				return 0, false
			}
			file = filepath.ToSlash(rel)
		}
		for _, p := range list {
			if !under(p.pattern, file) {
				continue
			}
			if level, ok := p.levels[id]; ok {
				return level, true
			}
			if level, ok := p.levels["all"]; ok {
				return level, true
			}
		}
		return 0, false
	}, nil
}

// under reports whether a file lies at or below a pattern: a path whose parts may hold *, and in which ** stands for any
// number of folders.
func under(pattern, file string) bool {
	return underParts(strings.Split(strings.Trim(path.Clean(pattern), "/"), "/"), strings.Split(file, "/"))
}

func underParts(pattern, file []string) bool {
	if len(pattern) == 0 {
		return true
	}
	if pattern[0] == "**" {
		for i := range len(file) + 1 {
			if underParts(pattern[1:], file[i:]) {
				return true
			}
		}
		return false
	}
	if len(file) == 0 {
		return false
	}
	if ok, err := path.Match(pattern[0], file[0]); err != nil || !ok {
		return false
	}
	return underParts(pattern[1:], file[1:])
}
