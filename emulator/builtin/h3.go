package builtin

import (
	"github.com/golang/geo/s2"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
)

func h3Kernels() []Scalar {
	node := func(f func(h h3Cell) *value.Node) Kernel {
		return textToNode(func(s string) *value.Node {
			h, ok := parseH3(s)
			if !ok {
				return nil
			}
			return f(h)
		})
	}
	return []Scalar{
		{Name: "geo_point_to_h3cell", Kernel: rows(pointToH3)},
		{Name: "geo_h3cell_to_central_point", Kernel: node(func(h h3Cell) *value.Node {
			ll := s2.LatLngFromPoint(h.center())
			return geoPoint(ll.Lng.Degrees(), ll.Lat.Degrees())
		})},
		{Name: "geo_h3cell_to_polygon", Kernel: node(func(h h3Cell) *value.Node {
			var corners [][2]float64
			for _, p := range h.boundary() {
				ll := s2.LatLngFromPoint(p)
				corners = append(corners, [2]float64{ll.Lng.Degrees(), ll.Lat.Degrees()})
			}
			return geoPolygon(append(corners, corners[0]))
		})},
		{Name: "geo_h3cell_neighbors", Kernel: node(func(h h3Cell) *value.Node { return h3Nodes(h.neighbors()) })},
		{Name: "geo_h3cell_level", Kernel: strict(func(_ *Call, a []value.Value) value.Value {
			h, ok := parseH3(a[0].S)
			if !ok {
				return value.Null(value.Int)
			}
			return value.NewInt(int64(h.level()))
		})},
		{Name: "geo_h3cell_parent", Kernel: rows(h3Parent)},
		{Name: "geo_h3cell_children", Kernel: rows(h3Children)},
		{Name: "geo_h3cell_rings", Kernel: rows(h3Rings)},
		{Name: "geo_polygon_to_h3cells", Kernel: rows(polygonToH3)},
	}
}

func h3Nodes(list []h3Cell) *value.Node {
	out := make([]*value.Node, len(list))
	for i, h := range list {
		out[i] = value.NodeString(h.String())
	}
	return value.NodeArray(out...)
}

// pointToH3 gives "" for what is no place or no level; the level is 6 when it is not given.
func pointToH3(_ *Call, a []value.Value) value.Value {
	p, ok := pointOf(a[0], a[1])
	level := longOr(a, 2, 6)
	if !ok || level < 0 || level > h3MaxLevel || len(a) > 2 && a[2].Null {
		return value.NewString("")
	}
	return value.NewString(h3CellAt(p.s2(), int(level)).String())
}

// h3Parent goes one level up when no level is given.
func h3Parent(_ *Call, a []value.Value) value.Value {
	h, ok := parseH3(a[0].S)
	level := int64(h.level() - 1)
	level = longOr(a, 1, level)
	if !ok || level < 0 || level >= int64(h.level()) || len(a) > 1 && a[1].Null {
		return value.NewString("")
	}
	return value.NewString(h.parent(int(level)).String())
}

// h3Children goes one level down when no level is given; five levels at most.
//
// Source: Kusto documentation, "geo_h3cell_children()".
func h3Children(_ *Call, a []value.Value) value.Value {
	h, ok := parseH3(a[0].S)
	level := longOr(a, 1, int64(h.level()+1))
	if !ok || level <= int64(h.level()) || level > h3MaxLevel || level-int64(h.level()) > 5 || len(a) > 1 && a[1].Null {
		return value.Null(value.Dynamic)
	}
	return value.NewDynamic(h3Nodes(h.children(int(level), nil)))
}

// h3Rings gives the cells at distance 0, 1, ... as arrays; 142 rings at most.
//
// Source: Kusto documentation, "geo_h3cell_rings()".
func h3Rings(_ *Call, a []value.Value) value.Value {
	h, ok := parseH3(a[0].S)
	distance := longOr(a, 1, -1)
	if !ok || distance < 0 || distance > 142 {
		return value.Null(value.Dynamic)
	}
	seen := map[h3Cell]bool{h: true}
	ring := []h3Cell{h}
	var out []*value.Node
	for d := int64(0); ; d++ {
		out = append(out, h3Nodes(ring))
		if d == distance {
			return value.NewDynamic(value.NodeArray(out...))
		}
		var next []h3Cell
		for _, c := range ring {
			for _, n := range c.neighbors() {
				if !seen[n] {
					seen[n] = true
					next = append(next, n)
				}
			}
		}
		ring = next
	}
}

// polygonToH3 gives the cells of a level (6 by default) whose centres lie in a polygon; null when they are too many. A radius around the
// polygon is refused by null.
func polygonToH3(_ *Call, a []value.Value) value.Value {
	s, level := shapeOf(a[0]), longOr(a, 1, 6)
	if !s.isPolygon() || level < 0 || level > h3MaxLevel || realOr(a, 2, 0) != 0 {
		return value.Null(value.Dynamic)
	}
	touches := func(h h3Cell) bool {
		points := h.boundary()
		for _, p := range points {
			if s.contains(p) {
				return true
			}
		}
		cell := shape{chains: [][]s2.Point{append(points[:len(points):len(points)], points[0])}, polygons: [][]*s2.Loop{{s2.LoopFromPoints(points)}}}
		if cell.contains(s.chains[0][0]) {
			return true
		}
		found := false
		crossings(cell, s, func(s2.Point) bool { found = true; return false })
		return found
	}
	seen := map[h3Cell]bool{}
	var todo, out []h3Cell
	add := func(h h3Cell) {
		if h != 0 && !seen[h] {
			seen[h] = true
			if touches(h) {
				todo = append(todo, h)
				if s.contains(h.center()) {
					out = append(out, h)
				}
			}
		}
	}
	for _, c := range s.chains {
		for _, p := range c {
			add(h3CellAt(p, int(level)))
		}
	}
	for len(todo) > 0 {
		h := todo[0]
		todo = todo[1:]
		for _, n := range h.neighbors() {
			add(n)
		}
		if len(seen) > 4*maxCells {
			return value.Null(value.Dynamic)
		}
	}
	return value.NewDynamic(h3Nodes(out))
}
