package builtin

import (
	"math"

	"github.com/golang/geo/s1"
	"github.com/golang/geo/s2"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
)

// Lines and polygons of GeoJSON. Edges are the shortest lines on the sphere. What is no such shape gives null.

func shapeKernels() []Scalar {
	return []Scalar{
		{Name: "geo_angle", Kernel: strict(geoAngle)},
		{Name: "geo_line_length", Kernel: shapeToReal(shape.isLine, func(s shape) float64 { return s.length() })},
		{Name: "geo_polygon_perimeter", Kernel: shapeToReal(shape.isPolygon, func(s shape) float64 { return s.length() })},
		{Name: "geo_polygon_area", Kernel: shapeToReal(shape.isPolygon, func(s shape) float64 { return s.area() })},
		{Name: "geo_line_centroid", Kernel: shapeToNode(shape.isLine, shape.centroid)},
		{Name: "geo_polygon_centroid", Kernel: shapeToNode(shape.isPolygon, shape.centroid)},
		{Name: "geo_distance_point_to_line", Kernel: strict(func(_ *Call, a []value.Value) value.Value { return distanceTo(a, shape.isLine) })},
		{Name: "geo_distance_point_to_polygon", Kernel: strict(func(_ *Call, a []value.Value) value.Value { return distanceTo(a, shape.isPolygon) })},
		{Name: "geo_closest_point_on_line", Kernel: strict(func(_ *Call, a []value.Value) value.Value { return closestOn(a, shape.isLine) })},
		{Name: "geo_closest_point_on_polygon", Kernel: strict(func(_ *Call, a []value.Value) value.Value { return closestOn(a, shape.isPolygon) })},
		{Name: "geo_intersects_2lines", Kernel: bounded(never(intersects(shape.isLine, shape.isLine)))},
		{Name: "geo_intersects_2polygons", Kernel: bounded(never(intersects(shape.isPolygon, shape.isPolygon)))},
		{Name: "geo_intersects_line_with_polygon", Kernel: bounded(never(intersects(shape.isLine, shape.isPolygon)))},
		{Name: "geo_intersection_2lines", Kernel: bounded(never(intersectionOfLines))},
	}
}

// shape is a LineString, MultiLineString, Polygon or MultiPolygon: its chains of points, those of a polygon closed, and its polygons' loops.
type shape struct {
	chains   [][]s2.Point
	polygons [][]*s2.Loop
}

func (s shape) isLine() bool    { return len(s.chains) > 0 && s.polygons == nil }
func (s shape) isPolygon() bool { return s.polygons != nil }

// shapeOf reads a GeoJSON shape; the zero shape is neither line nor polygon.
func shapeOf(v value.Value) shape {
	n := v.Node()
	coordinates := n.Get("coordinates")
	var s shape
	switch n.Get("type").Text() {
	case "LineString":
		s.addLine(coordinates)
	case "MultiLineString":
		if coordinates.IsNull() {
			return shape{}
		}
		for _, e := range coordinates.Elems {
			if !s.addLine(e) {
				return shape{}
			}
		}
	case "Polygon", "MultiPolygon":
		polygons, ok := polygonsOf(n)
		if !ok {
			return shape{}
		}
		s.polygons = polygons
		for _, rings := range polygons {
			for _, l := range rings {
				points := append([]s2.Point(nil), l.Vertices()...)
				s.chains = append(s.chains, append(points, points[0]))
			}
		}
	}
	return s
}

func (s *shape) addLine(n *value.Node) bool {
	r, ok := ring(n)
	if !ok || len(r) < 2 {
		return false
	}
	points := make([]s2.Point, 0, len(r))
	for i, p := range r {
		if i == 0 || p != r[i-1] {
			points = append(points, p.s2())
		}
	}
	if len(points) < 2 {
		return false
	}
	s.chains = append(s.chains, points)
	return true
}

func shapeToReal(is func(shape) bool, f func(shape) float64) Kernel {
	return rows(func(_ *Call, a []value.Value) value.Value {
		if s := shapeOf(a[0]); is(s) {
			return value.NewReal(f(s))
		}
		return value.Null(value.Real)
	})
}

func shapeToNode(is func(shape) bool, f func(shape) s2.Point) Kernel {
	return rows(func(_ *Call, a []value.Value) value.Value {
		if s := shapeOf(a[0]); is(s) {
			return pointValue(f(s))
		}
		return value.Null(value.Dynamic)
	})
}

func pointValue(p s2.Point) value.Value {
	ll := s2.LatLngFromPoint(p)
	return value.NewDynamic(geoPoint(ll.Lng.Degrees(), ll.Lat.Degrees()))
}

func (s shape) length() float64 {
	sum := s1.Angle(0)
	s.edges(func(a, b s2.Point) { sum += a.Distance(b) })
	return sum.Radians() * earthRadius
}

func (s shape) area() float64 {
	sum := 0.0
	for _, rings := range s.polygons {
		for i, l := range rings {
			if i == 0 {
				sum += l.Area()
			} else {
				sum -= l.Area()
			}
		}
	}
	return sum * earthRadius * earthRadius
}

func (s shape) edges(f func(a, b s2.Point)) {
	for _, c := range s.chains {
		for i := 1; i < len(c); i++ {
			f(c[i-1], c[i])
		}
	}
}

// centroid weighs edges by their length, or areas by their size.
func (s shape) centroid() s2.Point {
	var sum s2.Point
	if s.isPolygon() {
		for _, rings := range s.polygons {
			for i, l := range rings {
				c := l.Centroid()
				if i > 0 {
					c.Vector = c.Mul(-1)
				}
				sum.Vector = sum.Add(c.Vector)
			}
		}
	} else {
		s.edges(func(a, b s2.Point) { sum.Vector = sum.Add(s2.EdgeTrueCentroid(a, b).Vector) })
	}
	return s2.Point{Vector: sum.Normalize()}
}

func (s shape) contains(p s2.Point) bool {
	for _, rings := range s.polygons {
		inside := rings[0].ContainsPoint(p)
		for _, hole := range rings[1:] {
			inside = inside && !hole.ContainsPoint(p)
		}
		if inside {
			return true
		}
	}
	return false
}

// closest returns the place on the shape's edges that is nearest to p.
func (s shape) closest(p s2.Point) s2.Point {
	best, at := s1.Angle(math.Inf(1)), p
	s.edges(func(a, b s2.Point) {
		q := s2.Project(p, a, b)
		if d := p.Distance(q); d < best {
			best, at = d, q
		}
	})
	return at
}

// distanceTo is 0 within a polygon.
func distanceTo(a []value.Value, is func(shape) bool) value.Value {
	p, ok := pointOf(a[0], a[1])
	s := shapeOf(a[2])
	if !ok || !is(s) {
		return value.Null(value.Real)
	}
	if s.contains(p.s2()) {
		return value.NewReal(0)
	}
	return value.NewReal(p.s2().Distance(s.closest(p.s2())).Radians() * earthRadius)
}

func closestOn(a []value.Value, is func(shape) bool) value.Value {
	p, ok := pointOf(a[0], a[1])
	s := shapeOf(a[2])
	if !ok || !is(s) {
		return value.Null(value.Dynamic)
	}
	if s.contains(p.s2()) {
		return value.NewDynamic(geoPoint(p.lng, p.lat))
	}
	return pointValue(s.closest(p.s2()))
}

// crossings calls f with the places where edges of two shapes cross or touch, until f returns false.
func crossings(s, t shape, f func(p s2.Point) bool) {
	more := true
	s.edges(func(a, b s2.Point) {
		t.edges(func(c, d s2.Point) {
			switch {
			case !more:
			case s2.CrossingSign(a, b, c, d) == s2.Cross:
				more = f(s2.Intersection(a, b, c, d))
			case a == c || a == d:
				more = f(a)
			case b == c || b == d:
				more = f(b)
			}
		})
	})
}

func intersects(is1, is2 func(shape) bool) func(*Call, []value.Value) value.Value {
	return func(_ *Call, a []value.Value) value.Value {
		s, t := shapeOf(a[0]), shapeOf(a[1])
		if !is1(s) || !is2(t) {
			return value.Null(value.Bool)
		}
		found := t.contains(s.chains[0][0]) || s.contains(t.chains[0][0])
		if !found {
			crossings(s, t, func(s2.Point) bool { found = true; return false })
		}
		return value.NewBool(found)
	}
}

// intersectionOfLines gives a Point, a MultiPoint, or an empty GeometryCollection.
func intersectionOfLines(_ *Call, a []value.Value) value.Value {
	s, t := shapeOf(a[0]), shapeOf(a[1])
	if !s.isLine() || !t.isLine() {
		return value.Null(value.Dynamic)
	}
	var points []*value.Node
	seen := map[s2.Point]bool{}
	crossings(s, t, func(p s2.Point) bool {
		if !seen[p] {
			seen[p] = true
			points = append(points, pointValue(p).Dyn)
		}
		return true
	})
	switch len(points) {
	case 0:
		return value.NewDynamic(value.NodeBag([]string{"type", "geometries"}, []*value.Node{value.NodeString("GeometryCollection"), value.NodeArray()}))
	case 1:
		return value.NewDynamic(points[0])
	}
	for i, p := range points {
		points[i] = p.Get("coordinates")
	}
	return value.NewDynamic(value.NodeBag([]string{"type", "coordinates"}, []*value.Node{value.NodeString("MultiPoint"), value.NodeArray(points...)}))
}

// geoAngle is the angle at the second of three points, in radians; null when it is one of the others.
func geoAngle(_ *Call, a []value.Value) value.Value {
	p, ok1 := pointOf(a[0], a[1])
	q, ok2 := pointOf(a[2], a[3])
	r, ok3 := pointOf(a[4], a[5])
	if !ok1 || !ok2 || !ok3 || p == q || q == r {
		return value.Null(value.Real)
	}
	x, y := q.s2().Cross(p.s2().Vector), q.s2().Cross(r.s2().Vector)
	return value.NewReal(x.Angle(y).Radians())
}
