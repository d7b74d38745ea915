package bind

import (
	"testing"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/source"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/symbol"
)

// A list that is longer than the service takes is told so; one with nothing in it lacks something.
func TestArgumentsWithoutEnd(t *testing.T) {
	for _, c := range []struct {
		given int
		want  string
	}{{symbol.Many + 2, "in takes a million values at most"}, {1, "in() takes at least 2 arguments"}} {
		b := &binder{out: &Query{}}
		b.argumentCount("in", c.given, 2, symbol.Many+1, source.Span{})
		if got := b.out.Diagnostics[0].Message; got != c.want {
			t.Errorf("%d arguments: %q, want %q", c.given, got, c.want)
		}
	}
}
