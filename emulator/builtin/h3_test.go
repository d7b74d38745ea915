package builtin

import (
	"math/rand/v2"
	"testing"

	"github.com/golang/geo/r3"
	"github.com/golang/geo/s2"
)

func TestH3Grid(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var cells []h3Cell
	for range 4000 {
		p := s2.Point{Vector: r3.Vector{X: r.NormFloat64(), Y: r.NormFloat64(), Z: r.NormFloat64()}.Normalize()}
		cells = append(cells, h3CellAt(p, r.IntN(h3MaxLevel+1)))
	}
	for base, b := range h3Bases {
		for _, level := range []int{0, 1, 2, 5, 10} {
			h := newH3(level, base)
			for l := 1; l <= level; l++ {
				h = h.withDigit(l, 0)
			}
			cells = append(cells, h)
			if b.pentagon {
				cells = append(cells, h.neighbors()...)
			}
		}
	}
	for _, h := range cells {
		if again, ok := parseH3(h.String()); !ok || again != h {
			t.Fatalf("%v is read as %v", h, again)
		}
		if got := h3CellAt(h.center(), h.level()); got != h {
			t.Fatalf("the centre of %v lies in %v", h, got)
		}
		want := 6
		if h.pentagon() {
			want = 5
		}
		list := h.neighbors()
		if len(list) != want {
			t.Fatalf("%v has %d neighbours: %v", h, len(list), list)
		}
		for _, n := range list {
			back := false
			for _, m := range n.neighbors() {
				back = back || m == h
			}
			if !back {
				t.Fatalf("%v has the neighbour %v, which does not have it", h, n)
			}
		}
		if !h3Inside(h, h.center()) {
			t.Fatalf("the centre of %v lies outside of its boundary", h)
		}
		if h.level() > 0 {
			found := false
			for _, c := range h.parent(h.level()-1).children(h.level(), nil) {
				found = found || c == h
			}
			if !found {
				t.Fatalf("%v is no child of its parent", h)
			}
		}
	}
}

func h3Inside(h h3Cell, p s2.Point) bool {
	l := s2.LoopFromPoints(h.boundary())
	return l.ContainsPoint(p) && l.Area() < 0.2
}
