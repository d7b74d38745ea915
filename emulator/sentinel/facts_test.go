package sentinel_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
	"testing"

	"github.com/seed-caab1ad3/blindspot/emulator/sentinel"
)

const factCount = 156

const tree = "../.."

// TestFacts holds docs/facts.md to its word: every fact has its row, in order; what a row names is there; a scenario that
// names a fact is in the fact's row, and the other way round; and an option that a fact left open is in it.
func TestFacts(t *testing.T) {
	page, err := os.ReadFile(filepath.Join(tree, "docs", "facts.md"))
	if err != nil {
		t.Fatal(err)
	}
	shown := map[string][]string{}
	for _, s := range scenarios(t) {
		for _, f := range s.Facts {
			ref := fmt.Sprint("scenario ", s.Number)
			if !slices.Contains(shown[f], ref) {
				shown[f] = append(shown[f], ref)
			}
		}
	}
	for _, a := range sentinel.Assumptions() {
		for _, f := range factsOf(t, a.Facts) {
			shown[f] = append(shown[f], "option "+a.Option)
		}
	}
	next := 1
	for _, line := range strings.Split(string(page), "\n") {
		if !strings.HasPrefix(line, "| S") {
			continue
		}
		cells := strings.Split(strings.Trim(line, "| "), " | ")
		if len(cells) != 3 {
			t.Fatalf("%q has %d cells; want a fact, its sentence, and what shows it", line, len(cells))
		}
		fact := fmt.Sprint("S", next)
		next++
		if cells[0] != fact {
			t.Fatalf("%s stands where %s should", cells[0], fact)
		}
		refs, reason, unmodelled := strings.Cut(cells[2], "not modelled: ")
		if unmodelled && len(reason) < 10 {
			t.Errorf("%s is not modelled, and no reason is given", fact)
		}
		var named []string
		for _, ref := range strings.Split(strings.TrimRight(refs, "; "), ", ") {
			if ref == "" {
				continue
			}
			named = append(named, ref)
			if err := there(ref); err != nil {
				t.Errorf("%s: %v", fact, err)
			}
		}
		if len(named) == 0 && !unmodelled {
			t.Errorf("nothing shows %s, and no reason is given", fact)
		}
		want := shown[fact]
		sort.Strings(want)
		for _, ref := range want {
			if !slices.Contains(named, ref) {
				t.Errorf("%s: %s names the fact, and the page does not name it", fact, ref)
			}
		}
		for _, ref := range named {
			if (strings.HasPrefix(ref, "scenario ") || strings.HasPrefix(ref, "option ")) && !slices.Contains(want, ref) {
				t.Errorf("%s: the page names %s, which does not name the fact", fact, ref)
			}
		}
	}
	if next != factCount+1 {
		t.Errorf("%d facts; want %d", next-1, factCount)
	}
}

// factsOf reads "S5, S6" and "S141 to S147".
func factsOf(t *testing.T, text string) []string {
	var out []string
	for _, part := range strings.Split(text, ", ") {
		first, last, span := strings.Cut(part, " to ")
		if !span {
			last = first
		}
		from, err1 := strconv.Atoi(strings.TrimPrefix(first, "S"))
		to, err2 := strconv.Atoi(strings.TrimPrefix(last, "S"))
		if err1 != nil || err2 != nil {
			t.Fatalf("%q names no facts", text)
		}
		for n := from; n <= to; n++ {
			out = append(out, fmt.Sprint("S", n))
		}
	}
	return out
}

// there tells what is wrong with a reference of the page.
func there(ref string) error {
	kind, name, _ := strings.Cut(ref, " ")
	switch kind {
	case "scenario", "option":
		return nil // compared with those that name the fact
	case "check":
		return exists(ref, "validate/check/testdata", name+".txtar")
	case "talk":
		return exists(ref, "emulator/server/testdata", name+".talk")
	}
	test, sub, _ := strings.Cut(name, "/")
	if !regexp.MustCompile(`^Test[A-Z]\w+$`).MatchString(test) {
		return fmt.Errorf("%q is no reference", ref)
	}
	if test == "TestStories" {
		return exists(ref, kind, "testdata", "script", sub+".txtar")
	}
	files, _ := filepath.Glob(filepath.Join(tree, kind, "*_test.go"))
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			return err
		}
		if bytes.Contains(text, []byte("func "+test+"(")) {
			return nil
		}
	}
	return fmt.Errorf("%q: there is no such test", ref)
}

func exists(ref string, path ...string) error {
	if _, err := os.Stat(filepath.Join(append([]string{tree}, path...)...)); err != nil {
		return fmt.Errorf("%q is not there", ref)
	}
	return nil
}
