package symbol

import (
	"os"
	"strconv"
	"strings"
	"testing"
)

// Every function, aggregate and plugin that the language service knows is known here, and takes as many arguments. Where the engine has no
// kernel, running it is refused by name; see the list in package builtin.
func TestServiceIsKnown(t *testing.T) {
	data, err := os.ReadFile("testdata/service.txt")
	if err != nil {
		t.Fatal(err)
	}
	// What binds in other ways: the binder knows the first by name; a count or bag_unpack with more arguments is the reference's.
	special := map[string]bool{"toscalar": true, "totable": true, "materialize": true}
	wider := map[string]bool{"bag_unpack": true}
	seen := map[string]int{}
	for _, line := range strings.Split(strings.TrimSpace(string(data)), "\n") {
		w := strings.Fields(line)
		if w[0] == "#" {
			continue
		}
		lookup := LookupFunction
		switch w[0] {
		case "aggregate":
			lookup = LookupAggregate
		case "plugin":
			lookup = LookupPlugin
		}
		seen[w[0]]++
		f := lookup(w[1])
		if f == nil {
			if !special[w[1]] {
				t.Errorf("%s is not known", line)
			}
			continue
		}
		if len(w) < 4 {
			continue
		}
		low, high := 1<<30, 0
		for i := range f.Signatures {
			low, high = min(low, f.Signatures[i].MinArgs()), max(high, f.Signatures[i].MaxArgs())
		}
		wantLow, _ := strconv.Atoi(w[2])
		wantHigh, _ := strconv.Atoi(w[3])
		if low != wantLow && !wider[w[1]] || high != wantHigh && !(high > 1<<12 && wantHigh > 1<<12) && !wider[w[1]] {
			t.Errorf("%s takes %d to %d here", line, low, high)
		}
	}
	if seen["function"] < 420 || seen["aggregate"] < 60 || seen["plugin"] < 45 {
		t.Errorf("the list is short: %v", seen)
	}
}
