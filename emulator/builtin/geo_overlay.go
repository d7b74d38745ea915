package builtin

import (
	"fmt"
	"math"
	"sort"

	"github.com/golang/geo/s1"
	"github.com/golang/geo/s2"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

// Unions and intersections of shapes, and shapes made simpler. Edges of all shapes are cut where they cross or touch; the pieces that
// bound the result are kept and joined again. Corners nearer than a ten-millionth of a degree are one.

func overlayKernels() []Scalar {
	return []Scalar{
		{Name: "geo_intersection_2polygons", Kernel: bounded(intersectionOfPolygons)},
		{Name: "geo_union_polygons_array", Kernel: bounded(func(_ *Call, a []value.Value) (value.Value, error) {
			list, ok := shapesOf(a[0], shape.isPolygon)
			if !ok {
				return value.Null(value.Dynamic), nil
			}
			rings, err := overlay(list, false)
			if err != nil {
				return value.Value{}, err
			}
			return polygonsValue(rings), nil
		})},
		{Name: "geo_simplify_polygons_array", Kernel: bounded(func(_ *Call, a []value.Value) (value.Value, error) {
			list, ok := shapesOf(a[0], shape.isPolygon)
			if !ok {
				return value.Null(value.Dynamic), nil
			}
			rings, err := overlay(list, false)
			if err != nil {
				return value.Value{}, err
			}
			return simplifyLoops(rings, a), nil
		})},
		{Name: "geo_polygon_simplify", Kernel: bounded(never(func(_ *Call, a []value.Value) value.Value {
			s := shapeOf(a[0])
			if !s.isPolygon() {
				return value.Null(value.Dynamic)
			}
			return simplifyLoops(orientedLoops(s), a)
		}))},
		{Name: "geo_line_simplify", Kernel: bounded(never(simplifyLine))},
		{Name: "geo_union_lines_array", Kernel: bounded(unionOfLines)},
	}
}

// pointLimit bounds the points of all shapes of a call that compares every edge with every other; pieceLimit bounds the pieces
// into which they cut each other.
const (
	pointLimit = 10_000
	pieceLimit = 200_000
)

// bounded makes a kernel of a function over shapes, which fails where there are more than pointLimit points in its arguments.
func bounded(f func(c *Call, a []value.Value) (value.Value, error)) Kernel {
	return func(c *Call, args []vector.Column, n int) (vector.Column, error) {
		var err error
		each := rows(func(c *Call, a []value.Value) value.Value {
			if err != nil {
				return value.Null(c.Out)
			}
			points := 0
			for _, v := range a {
				points += pointsIn(v.Dyn)
			}
			if points > pointLimit {
				err = fmt.Errorf("%s(): the shapes have %d points together, the limit is %d", c.Fn.Name, points, pointLimit)
				return value.Null(c.Out)
			}
			var out value.Value
			if out, err = f(c, a); err != nil {
				err = fmt.Errorf("%s(): %w", c.Fn.Name, err)
				return value.Null(c.Out)
			}
			return out
		})
		out, failed := each(c, args, n)
		if err != nil {
			return nil, err
		}
		return out, failed
	}
}

// never makes a function that always answers fit for bounded.
func never(f func(*Call, []value.Value) value.Value) func(*Call, []value.Value) (value.Value, error) {
	return func(c *Call, a []value.Value) (value.Value, error) { return f(c, a), nil }
}

// pointsIn counts the points of a shape, or of an array of shapes.
func pointsIn(n *value.Node) int {
	switch {
	case n == nil:
		return 0
	case n.Kind == value.KindBag:
		return pointsIn(n.Get("coordinates"))
	case isNumber(n.At(0)):
		return 1
	}
	sum := 0
	for _, e := range n.Elems {
		sum += pointsIn(e)
	}
	return sum
}

func shapesOf(v value.Value, is func(shape) bool) ([]shape, bool) {
	n := v.Node()
	if n.IsNull() || n.Kind != value.KindArray || len(n.Elems) == 0 {
		return nil, false
	}
	var out []shape
	for _, e := range n.Elems {
		s := shapeOf(value.NewDynamic(e))
		if !is(s) {
			return nil, false
		}
		out = append(out, s)
	}
	return out, true
}

// orientedLoops returns a polygon's rings with the inside on their left: holes run clockwise.
func orientedLoops(s shape) [][]s2.Point {
	var out [][]s2.Point
	for _, rings := range s.polygons {
		for i, l := range rings {
			points := append([]s2.Point(nil), l.Vertices()...)
			if i > 0 {
				for a, b := 0, len(points)-1; a < b; a, b = a+1, b-1 {
					points[a], points[b] = points[b], points[a]
				}
			}
			out = append(out, points)
		}
	}
	return out
}

// corner is a point as a key that points almost equal share.
type corner struct{ x, y, z int64 }

func cornerOf(p s2.Point) corner {
	const scale = 1 / 1.5e-9
	return corner{int64(math.Round(p.X * scale)), int64(math.Round(p.Y * scale)), int64(math.Round(p.Z * scale))}
}

type edgePiece struct {
	a, b s2.Point
	of   int // the shape
}

// pieces cuts the edges of shapes at each other.
func pieces(shapes [][][]s2.Point) ([]edgePiece, error) {
	var edges []edgePiece
	var middles []s2.Point
	var halves []float64 // half of each edge's length, as the crow flies through the ball
	for of, loops := range shapes {
		for _, l := range loops {
			for i, p := range l {
				e := edgePiece{p, l[(i+1)%len(l)], of}
				edges = append(edges, e)
				middle := s2.Point{Vector: e.a.Add(e.b.Vector).Mul(0.5)}
				middles, halves = append(middles, middle), append(halves, e.a.Sub(middle.Vector).Norm())
			}
		}
	}
	var out []edgePiece
	for i, e := range edges {
		cuts := []s2.Point{e.a, e.b}
		for k, f := range edges {
			// An edge bulges from its chord by less than half of its length, so what is further apart than both lengths cannot meet.
			if reach := 2*(halves[i]+halves[k]) + 1e-8; i == k || middles[i].Sub(middles[k].Vector).Norm2() > reach*reach {
				continue
			}
			if s2.CrossingSign(e.a, e.b, f.a, f.b) == s2.Cross {
				cuts = append(cuts, s2.Intersection(e.a, e.b, f.a, f.b))
			}
			for _, p := range []s2.Point{f.a, f.b} {
				if q := s2.Project(p, e.a, e.b); p.Distance(q) < 1.5e-9 {
					cuts = append(cuts, p)
				}
			}
		}
		sort.SliceStable(cuts, func(x, y int) bool { return e.a.Distance(cuts[x]) < e.a.Distance(cuts[y]) })
		for k := 1; k < len(cuts); k++ {
			if cornerOf(cuts[k-1]) != cornerOf(cuts[k]) {
				out = append(out, edgePiece{cuts[k-1], cuts[k], e.of})
			}
		}
		if len(out) > pieceLimit {
			return nil, fmt.Errorf("the shapes cut each other into more than %d pieces, the limit", pieceLimit)
		}
	}
	return out, nil
}

// overlay returns the rings of the union of polygons, or of the intersection of two.
func overlay(list []shape, intersection bool) ([][]s2.Point, error) {
	loops := make([][][]s2.Point, len(list))
	for i, s := range list {
		loops[i] = orientedLoops(s)
	}
	all, err := pieces(loops)
	if err != nil {
		return nil, err
	}
	type way struct{ a, b corner }
	type wayOf struct {
		way
		of int
	}
	has, hasOf := map[way]bool{}, map[wayOf]bool{}
	for _, e := range all {
		w := way{cornerOf(e.a), cornerOf(e.b)}
		has[w], hasOf[wayOf{w, e.of}] = true, true
	}
	done := map[way]bool{}
	var kept []edgePiece
	for _, e := range all {
		w := way{cornerOf(e.a), cornerOf(e.b)}
		if done[w] || has[way{w.b, w.a}] {
			continue // twice the same, or a border between two: no border of the union, and nothing lies inside of both
		}
		done[w] = true
		middle := s2.Interpolate(0.5, e.a, e.b)
		inside, along := 0, 0
		for i, s := range list {
			if i == e.of {
				continue
			}
			switch {
			case hasOf[wayOf{w, i}]:
				along++
			case s.contains(middle):
				inside++
			}
		}
		if intersection && inside+along == len(list)-1 || !intersection && inside == 0 {
			kept = append(kept, e)
		}
	}
	return joinLoops(kept), nil
}

// joinLoops makes rings of pieces, at a corner of several ways turning as far left as it can.
func joinLoops(list []edgePiece) [][]s2.Point {
	from := map[corner][]int{}
	for i, e := range list {
		from[cornerOf(e.a)] = append(from[cornerOf(e.a)], i)
	}
	used := make([]bool, len(list))
	var out [][]s2.Point
	for start := range list {
		if used[start] {
			continue
		}
		var ring []s2.Point
		at := start
		for !used[at] {
			used[at] = true
			ring = append(ring, list[at].a)
			next, best := -1, -math.Pi*2
			for _, k := range from[cornerOf(list[at].b)] {
				if used[k] {
					continue
				}
				if turn := s2.TurnAngle(list[at].a, list[at].b, list[k].b).Radians(); turn > best {
					next, best = k, turn
				}
			}
			if next < 0 {
				break
			}
			at = next
		}
		if len(ring) > 2 {
			out = append(out, ring)
		}
	}
	return out
}

// polygonsValue gives a Polygon, a MultiPolygon, or an empty GeometryCollection.
func polygonsValue(rings [][]s2.Point) value.Value {
	var shells, holes [][]s2.Point
	for _, r := range rings {
		if s2.LoopFromPoints(r).TurningAngle() >= 0 {
			shells = append(shells, r)
		} else {
			holes = append(holes, r)
		}
	}
	ringNode := func(r []s2.Point) *value.Node {
		points := make([]*value.Node, 0, len(r)+1)
		for _, p := range r {
			points = append(points, pointValue(p).Dyn.Get("coordinates"))
		}
		return value.NodeArray(append(points, points[0])...)
	}
	polygons := make([][]*value.Node, len(shells))
	loops := make([]*s2.Loop, len(shells))
	for i, r := range shells {
		polygons[i] = []*value.Node{ringNode(r)}
		loops[i] = s2.LoopFromPoints(r)
	}
	for _, h := range holes {
		best := -1
		for i, l := range loops {
			if l.ContainsPoint(h[0]) && (best < 0 || l.Area() < loops[best].Area()) {
				best = i
			}
		}
		if best >= 0 {
			polygons[best] = append(polygons[best], ringNode(h))
		}
	}
	lists := make([]*value.Node, len(polygons))
	for i, p := range polygons {
		lists[i] = value.NodeArray(p...)
	}
	kind, slot, inner := "MultiPolygon", "coordinates", value.NodeArray(lists...)
	switch len(lists) {
	case 0:
		kind, slot = "GeometryCollection", "geometries"
	case 1:
		kind, inner = "Polygon", lists[0]
	}
	return value.NewDynamic(value.NodeBag([]string{"type", slot}, []*value.Node{value.NodeString(kind), inner}))
}

func intersectionOfPolygons(_ *Call, a []value.Value) (value.Value, error) {
	s, t := shapeOf(a[0]), shapeOf(a[1])
	if !s.isPolygon() || !t.isPolygon() {
		return value.Null(value.Dynamic), nil
	}
	rings, err := overlay([]shape{s, t}, true)
	if err != nil {
		return value.Value{}, err
	}
	return polygonsValue(rings), nil
}

// tolerance reads a tolerance in metres, 10 by default.
func simplifyTolerance(a []value.Value) (s1.Angle, bool) {
	metres := realOr(a, 1, 10)
	return s1.Angle(metres / earthRadius), metres >= 0 && metres <= 7800000
}

// subsample drops corners that lie within the tolerance of the line without them: each edge of the result is made as long as it can be.
func subsample(points []s2.Point, tolerance s1.Angle) []s2.Point {
	out := []s2.Point{points[0]}
	for from := 0; from < len(points)-1; {
		to := from + 1
		for to+1 < len(points) && points[to+1] != points[from] && near(points[from:to+2], tolerance) {
			to++
		}
		out = append(out, points[to])
		from = to
	}
	return out
}

// near reports whether all points lie within the tolerance of the line from the first to the last.
func near(points []s2.Point, tolerance s1.Angle) bool {
	a, b := points[0], points[len(points)-1]
	for _, p := range points[1 : len(points)-1] {
		if s2.DistanceFromSegment(p, a, b) > tolerance {
			return false
		}
	}
	return true
}

// simplifyLoops gives null when nothing is left.
func simplifyLoops(rings [][]s2.Point, a []value.Value) value.Value {
	tolerance, ok := simplifyTolerance(a)
	if !ok {
		return value.Null(value.Dynamic)
	}
	var out [][]s2.Point
	for _, r := range rings {
		closed := append(append([]s2.Point(nil), r...), r[0])
		if got := subsample(closed, tolerance); len(got) > 3 {
			out = append(out, got[:len(got)-1])
		}
	}
	if len(out) == 0 {
		return value.Null(value.Dynamic)
	}
	return polygonsValue(out)
}

func simplifyLine(_ *Call, a []value.Value) value.Value {
	s := shapeOf(a[0])
	tolerance, ok := simplifyTolerance(a)
	if !s.isLine() || !ok {
		return value.Null(value.Dynamic)
	}
	var parts [][]s2.Point
	for _, c := range s.chains {
		parts = closePart(parts, subsample(c, tolerance))
	}
	return linesValue(parts)
}

// unionOfLines keeps each piece once and joins pieces where just two meet.
func unionOfLines(_ *Call, a []value.Value) (value.Value, error) {
	list, ok := shapesOf(a[0], shape.isLine)
	if !ok {
		return value.Null(value.Dynamic), nil
	}
	var edges [][][]s2.Point
	for _, s := range list {
		var pairs [][]s2.Point
		for _, c := range s.chains {
			for i := 1; i < len(c); i++ {
				pairs = append(pairs, c[i-1:i+1])
			}
		}
		edges = append(edges, pairs)
	}
	type way struct{ a, b corner }
	seen := map[way]bool{}
	var kept []edgePiece
	at := map[corner][]int{}
	all, err := pieces(edges)
	if err != nil {
		return value.Value{}, err
	}
	for _, e := range all {
		x, y := cornerOf(e.a), cornerOf(e.b)
		if seen[way{x, y}] || seen[way{y, x}] {
			continue
		}
		seen[way{x, y}] = true
		at[x], at[y] = append(at[x], len(kept)), append(at[y], len(kept))
		kept = append(kept, e)
	}
	used := make([]bool, len(kept))
	// walk follows pieces from a corner as long as just two meet
	walk := func(i int, from corner) []s2.Point {
		var out []s2.Point
		for {
			used[i] = true
			e := kept[i]
			if cornerOf(e.a) != from {
				e.a, e.b = e.b, e.a
			}
			if out == nil {
				out = append(out, e.a)
			}
			out = append(out, e.b)
			from = cornerOf(e.b)
			next := -1
			if len(at[from]) == 2 {
				for _, k := range at[from] {
					if !used[k] {
						next = k
					}
				}
			}
			if next < 0 {
				return out
			}
			i = next
		}
	}
	var parts [][]s2.Point
	for i, e := range kept {
		for _, end := range []corner{cornerOf(e.a), cornerOf(e.b)} {
			if !used[i] && len(at[end]) != 2 {
				parts = append(parts, walk(i, end))
			}
		}
	}
	for i, e := range kept { // rings
		if !used[i] {
			parts = append(parts, walk(i, cornerOf(e.a)))
		}
	}
	return linesValue(parts), nil
}
