package kqltest

import (
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strings"
	"testing"

	"github.com/seed-caab1ad3/blindspot/emulator/exec"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/symbol"
)

// bar is how many calls of a function the scripts and the kernels' case files hold it to, at least.
const bar = 5

// below are functions that need fewer, and why.
var below = map[string]string{}

// TestBar counts the calls of each function, aggregate, window function and plugin that runs: in the scripts' queries, and
// in the case files of the kernels.
func TestBar(t *testing.T) {
	call, line := regexp.MustCompile(`([A-Za-z_][A-Za-z0-9_]*)[ ]*\(`), regexp.MustCompile(`^([A-Za-z_][A-Za-z0-9_]*)[(:]`)
	calls := map[string]int{}
	scripts, _ := filepath.Glob("testdata/*.kqltest")
	for _, path := range scripts {
		s, err := Parse(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range s.Cases {
			for _, m := range call.FindAllStringSubmatch(c.Text, -1) {
				calls[m[1]]++
			}
		}
	}
	kernels, _ := filepath.Glob("../builtin/testdata/*")
	for _, path := range kernels {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for text := range strings.Lines(string(text)) {
			if m := line.FindStringSubmatch(text); m != nil {
				calls[m[1]]++
			}
		}
	}
	var few []string
	for _, kind := range []symbol.FunctionKind{symbol.Scalar, symbol.Window, symbol.Aggregate, symbol.Plugin} {
		for _, name := range symbol.Names(kind) {
			f := lookup(kind, name)
			if f == nil || f.Hidden || !exec.Supports(kind, f.Canonical) {
				continue
			}
			n := calls[name]
			if name != f.Canonical {
				n += calls[f.Canonical]
			}
			if _, excused := below[name]; excused {
				if n >= bar {
					t.Errorf("%s has %d cases and needs no excuse", name, n)
				}
			} else if n < bar {
				few = append(few, name)
			}
		}
	}
	sort.Strings(few)
	for _, name := range few {
		t.Errorf("%s has %d cases, fewer than %d", name, calls[name], bar)
	}
}

func lookup(kind symbol.FunctionKind, name string) *symbol.Function {
	switch kind {
	case symbol.Aggregate:
		return symbol.LookupAggregate(name)
	case symbol.Plugin:
		return symbol.LookupPlugin(name)
	}
	return symbol.LookupFunction(name)
}
