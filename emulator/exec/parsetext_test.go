package exec

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/bind"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
)

// TestPlainPattern holds patterns without a regular expression against theirs, over texts that nearly fit.
func TestPlainPattern(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	pieces := []string{"a", "ab", " ", "id=", "=", "1", "-2", "30.5", ".5e3", "e", "x", "\n", "é"}
	types := []value.Type{value.String, value.Long, value.Real, value.DateTime}
	tried := 0
	for range 4000 {
		x := &bind.Parse{Kind: []string{"simple", "relaxed"}[r.IntN(2)]}
		for range 1 + r.IntN(5) {
			switch r.IntN(3) {
			case 0:
				x.Pattern = append(x.Pattern, bind.ParsePart{Star: true})
			case 1:
				x.Pattern = append(x.Pattern, bind.ParsePart{IsText: true, Text: pieces[r.IntN(len(pieces))]})
			default:
				x.Pattern = append(x.Pattern, bind.ParsePart{Column: &bind.Column{Type: types[r.IntN(len(types))]}})
			}
		}
		n := &parseNode{strict: x.Kind != "relaxed"}
		if n.plain = plain(x, n.strict); n.plain == nil {
			continue
		}
		if _, err := n.pattern(x); err != nil {
			t.Fatal(err)
		}
		both := *n
		n.plain = nil
		for range 20 {
			var b strings.Builder
			for range r.IntN(9) {
				b.WriteString(pieces[r.IntN(len(pieces))])
			}
			s := b.String()
			at := make([]int, 2*len(n.types))
			want, got := make([]value.Value, len(n.types)), make([]value.Value, len(n.types))
			ok := n.match(s, at, want)
			if fast := both.match(s, at, got); fast != ok {
				t.Fatalf("%s over %q: %t, the regular expression says %t", n.re, s, fast, ok)
			}
			for k := range want {
				if ok && want[k].Text() != got[k].Text() {
					t.Fatalf("%s over %q: capture %d is %q, the regular expression says %q", n.re, s, k, got[k].Text(), want[k].Text())
				}
			}
			tried++
		}
	}
	if tried < 10_000 {
		t.Errorf("only %d texts tried", tried)
	}
}
