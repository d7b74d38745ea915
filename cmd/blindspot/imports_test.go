package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"
)

const module = "github.com/seed-caab1ad3/blindspot/"

// allowed says which of our own packages a package may import. A key ending in "/..." stands for the folder and all
// below it; the longest key that fits counts. "..." alone allows everything.
var allowed = map[string][]string{
	"content/nearest":       {},
	"content/...":           {"content/..."},
	"emulator/kql/source":   {},
	"emulator/kql/value":    {},
	"emulator/kql/syntax":   {"emulator/kql/source", "emulator/kql/value", "content/nearest"}, // which imports nothing
	"emulator/kql/symbol":   {"emulator/kql/value", "emulator/kql/source"},
	"emulator/kql/bind":     {"emulator/kql/syntax", "emulator/kql/symbol", "emulator/kql/source", "emulator/kql/value", "content/nearest"},
	"emulator/kql":          {"emulator/kql/..."},
	"emulator/catalog":      {"content/...", "emulator/kql/..."},
	"emulator/vector":       {"emulator/kql/value"},
	"emulator/keys":         {"emulator/vector", "emulator/kql/value"},
	"emulator/builtin":      {"emulator/vector", "emulator/keys", "emulator/kql/symbol", "emulator/kql/value"},
	"emulator/plan":         {"emulator/kql/..."},
	"emulator/exec/...":     {"emulator/plan", "emulator/exec/...", "emulator/vector", "emulator/keys", "emulator/builtin", "emulator/kql/..."},
	"emulator/store":        {"content/...", "emulator/vector", "emulator/kql/value"},
	"emulator/result":       {"emulator/vector", "emulator/kql/value"},
	"emulator/generate":     {"content/...", "emulator/vector", "emulator/kql/value"},
	"emulator":              {"content/...", "emulator/catalog", "emulator/kql/...", "emulator/plan", "emulator/exec/...", "emulator/store", "emulator/result", "emulator/builtin", "emulator/vector"},
	"emulator/...":          {"content/...", "emulator/..."},
	"validate/...":          {"content/...", "validate/...", "emulator/catalog", "emulator/kql/..."},
	"cmd/internal/lsp":      {"content/...", "validate/...", "emulator/catalog", "emulator/kql/..."}, // reading, running and testing are its Backend's
	"cmd/internal/scaffold": {"content/..."},
	"cmd/internal/shape":    {},
	"cmd/internal/terminal": {},
	"cmd/sbom":              {},
	"cmd/...":               {"..."},
	"bench/...":             {"..."},
}

func rule(pkg string) ([]string, bool) {
	best, found := "", false
	for key := range allowed {
		if fits(key, pkg) && len(key) >= len(best) {
			best, found = key, true
		}
	}
	return allowed[best], found
}

func fits(pattern, pkg string) bool {
	if pattern == "..." || pattern == pkg {
		return true
	}
	folder, deep := strings.CutSuffix(pattern, "/...")
	return deep && (pkg == folder || strings.HasPrefix(pkg, folder+"/"))
}

// TestImportsPointOneWay holds the table of import directions: a package imports only rooms that its row allows.
func TestImportsPointOneWay(t *testing.T) {
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", module+"...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	seen := 0
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p struct {
			ImportPath string
			Imports    []string
		}
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		pkg, ours := strings.CutPrefix(p.ImportPath, module)
		if !ours {
			continue
		}
		seen++
		list, found := rule(pkg)
		if !found {
			t.Errorf("%s: no row in the table of import directions says what it may import", pkg)
			continue
		}
	next:
		for _, imp := range p.Imports {
			target, ours := strings.CutPrefix(imp, module)
			if !ours {
				continue
			}
			for _, pattern := range list {
				if fits(pattern, target) {
					continue next
				}
			}
			t.Errorf("%s imports %s; its row allows %q", pkg, target, list)
		}
	}
	if seen < 10 {
		t.Fatalf("go list named %d of our packages", seen)
	}
}
