package main

import (
	"os"
	"path/filepath"

	"github.com/seed-caab1ad3/blindspot/content"
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

// configuredLevels reads checks: from blindspot.yaml.
func configuredLevels(doc *content.Document) map[string]string {
	if doc == nil {
		return nil
	}
	out := map[string]string{}
	v, err := doc.JSON()
	if err != nil {
		return nil // the schema check has said so
	}
	root, _ := v.(map[string]any)
	checks, _ := root["checks"].(map[string]any)
	for id, level := range checks {
		if s, ok := level.(string); ok {
			out[id] = s
		}
	}
	return out
}
