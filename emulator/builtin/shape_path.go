package builtin

import (
	"math"
	"sort"

	"github.com/golang/geo/s2"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
)

// Functions that walk along a line, add points to it, cover it with cells or cut it by a polygon.

func shapePathKernels() []Scalar {
	return []Scalar{
		{Name: "geo_line_interpolate_point", Kernel: strict(interpolatePoint)},
		{Name: "geo_line_locate_point", Kernel: strict(locatePoint)},
		{Name: "geo_line_densify", Kernel: strict(densify(shape.isLine))},
		{Name: "geo_polygon_densify", Kernel: strict(densify(shape.isPolygon))},
		{Name: "geo_line_to_s2cells", Kernel: strict(coverKernel(shape.isLine))},
		{Name: "geo_polygon_to_s2cells", Kernel: strict(coverKernel(shape.isPolygon))},
		{Name: "geo_intersection_line_with_polygon", Kernel: bounded(never(clipLine))},
	}
}

// interpolatePoint gives the point at a fraction of a LineString's length.
func interpolatePoint(_ *Call, a []value.Value) value.Value {
	s, fraction := shapeOf(a[0]), realOr(a, 1, -1)
	if !s.isLine() || len(s.chains) != 1 || fraction < 0 || fraction > 1 {
		return value.Null(value.Dynamic)
	}
	chain := s.chains[0]
	left := s.length() / earthRadius * fraction
	for i := 1; i < len(chain); i++ {
		d := chain[i-1].Distance(chain[i]).Radians()
		if left <= d || i == len(chain)-1 {
			return pointValue(s2.Interpolate(math.Min(left/d, 1), chain[i-1], chain[i]))
		}
		left -= d
	}
	return value.Null(value.Dynamic)
}

// locatePoint gives the fraction of a LineString's length at the place nearest to a point.
func locatePoint(_ *Call, a []value.Value) value.Value {
	s := shapeOf(a[0])
	p, ok := pointOf(a[1], a[2])
	if !ok || !s.isLine() || len(s.chains) != 1 {
		return value.Null(value.Real)
	}
	chain := s.chains[0]
	best, at, walked := math.Inf(1), 0.0, 0.0
	for i := 1; i < len(chain); i++ {
		q := s2.Project(p.s2(), chain[i-1], chain[i])
		if d := p.s2().Distance(q).Radians(); d < best {
			best, at = d, walked+chain[i-1].Distance(q).Radians()
		}
		walked += chain[i-1].Distance(chain[i]).Radians()
	}
	return value.NewReal(at / walked)
}

// densify adds points halfway between two, as degrees count, until the straight line in degrees and the geodesic between
// neighbours are nowhere further apart than a tolerance in metres, 10 unless given.
//
// Source: Kusto documentation, "geo_line_densify()"; the measure of the distance is the edge tessellator's of the S2 library.
func densify(is func(shape) bool) func(*Call, []value.Value) value.Value {
	return func(_ *Call, a []value.Value) value.Value {
		tolerance := realOr(a, 1, 10)
		s := shapeOf(a[0])
		if !is(s) || tolerance < 0.1 || tolerance > 10000 {
			return value.Null(value.Dynamic)
		}
		n := a[0].Node()
		coordinates := densifyLists(n.Get("coordinates"), tolerance)
		if pointsIn(coordinates) > maxCells {
			return value.Null(value.Dynamic)
		}
		return value.NewDynamic(value.NodeBag([]string{"type", "coordinates"}, []*value.Node{n.Get("type"), coordinates}))
	}
}

func densifyLists(n *value.Node, tolerance float64) *value.Node {
	if isNumber(n.At(0).At(0)) { // a list of points
		var out []*value.Node
		for i, e := range n.Elems {
			if i > 0 {
				p := position{n.Elems[i-1].At(0).Float(), n.Elems[i-1].At(1).Float()}
				q := position{e.At(0).Float(), e.At(1).Float()}
				if math.Abs(q.lng-p.lng) > 180 { // the short way round
					q.lng -= math.Copysign(360, q.lng-p.lng)
				}
				out = appendHalves(out, p, q, tolerance, 0)
			}
			out = append(out, e)
		}
		return value.NodeArray(out...)
	}
	out := make([]*value.Node, len(n.Elems))
	for i, e := range n.Elems {
		out[i] = densifyLists(e, tolerance)
	}
	return value.NodeArray(out...)
}

func appendHalves(out []*value.Node, p, q position, tolerance float64, depth int) []*value.Node {
	if depth > 16 || len(out) >= maxCells || strayed(p, q) <= tolerance {
		return out
	}
	middle := along(p, q, 0.5)
	out = appendHalves(out, p, middle, tolerance, depth+1)
	out = append(out, realNodes([]float64{math.Remainder(middle.lng, 360), middle.lat}))
	return appendHalves(out, middle, q, tolerance, depth+1)
}

func along(p, q position, t float64) position {
	return position{p.lng + (q.lng-p.lng)*t, p.lat + (q.lat-p.lat)*t}
}

// strayed estimates how many metres lie at most between the line in degrees and the geodesic. It measures at two places; the
// places and the factor make it an upper bound for edges of any direction, see S2EdgeTessellator.
func strayed(p, q position) float64 {
	const place, factor = 0.31215691082248312, 0.83829992569888509
	a, b := p.s2(), q.s2()
	if a.Dot(b.Vector) < -1e-14 {
		return math.Inf(1)
	}
	worst := 0.0
	for _, t := range [...]float64{place, 1 - place} {
		worst = max(worst, s2.Interpolate(t, a, b).Distance(along(p, q, t).s2()).Radians())
	}
	return worst * earthRadius / factor
}

// maxCells is how many cells a covering may have.
//
// Source: Kusto documentation, "geo_polygon_to_s2cells()".
const maxCells = 65536

// coverKernel covers a shape with cells of one level; too many of them give null. A radius around the shape is refused by null too.
func coverKernel(is func(shape) bool) func(*Call, []value.Value) value.Value {
	return func(_ *Call, a []value.Value) value.Value {
		s, level := shapeOf(a[0]), int(longOr(a, 1, 11))
		if !is(s) || level < 0 || level > 30 || realOr(a, 2, 0) != 0 {
			return value.Null(value.Dynamic)
		}
		cells, ok := s.cover(level)
		if !ok {
			return value.Null(value.Dynamic)
		}
		tokens := make([]string, len(cells))
		for i, c := range cells {
			tokens[i] = c.ToToken()
		}
		return value.NewDynamic(textArray(tokens))
	}
}

// tooLarge tells early that a shape needs more cells of a level than there may be.
func (s shape) tooLarge(level int) bool {
	cell := 4 * math.Pi / 6 / math.Pow(4, float64(level)) // mean area on the unit sphere
	return s.area()/(earthRadius*earthRadius) > 2*maxCells*cell || s.length()/earthRadius > 2*maxCells*math.Sqrt(cell)
}

// cover takes the cells of a coarse covering apart until they have the level, dropping those that do not meet the shape.
func (s shape) cover(level int) ([]s2.CellID, bool) {
	if s.tooLarge(level) {
		return nil, false
	}
	var regions []s2.Region
	if s.isPolygon() {
		for _, rings := range s.polygons {
			copies := make([]*s2.Loop, len(rings))
			for i, l := range rings {
				copies[i] = s2.LoopFromPoints(append([]s2.Point(nil), l.Vertices()...)) // the polygon turns its loops
			}
			regions = append(regions, s2.PolygonFromLoops(copies))
		}
	} else {
		for _, c := range s.chains {
			line := s2.Polyline(c)
			regions = append(regions, &line)
		}
	}
	set := map[s2.CellID]bool{}
	for _, r := range regions {
		for _, id := range (&s2.RegionCoverer{MaxLevel: level, LevelMod: 1, MaxCells: 64}).Covering(r) {
			if !descend(r, id, level, set) {
				return nil, false
			}
		}
	}
	out := make([]s2.CellID, 0, len(set))
	for id := range set {
		out = append(out, id)
	}
	sort.Slice(out, func(i, j int) bool { return out[i] < out[j] })
	return out, true
}

func descend(r s2.Region, id s2.CellID, level int, set map[s2.CellID]bool) bool {
	if !r.IntersectsCell(s2.CellFromCellID(id)) {
		return true
	}
	if id.Level() >= level {
		set[id] = true
		return len(set) <= maxCells
	}
	if below := level - id.Level(); below > 8 && r.ContainsCell(s2.CellFromCellID(id)) {
		return false // all 4^below cells within would be too many
	}
	for _, child := range id.Children() {
		if !descend(r, child, level, set) {
			return false
		}
	}
	return true
}

// clipLine gives the parts of a line within a polygon: a LineString, a MultiLineString, or an empty GeometryCollection.
func clipLine(_ *Call, a []value.Value) value.Value {
	line, polygon := shapeOf(a[0]), shapeOf(a[1])
	if !line.isLine() || !polygon.isPolygon() {
		return value.Null(value.Dynamic)
	}
	var parts [][]s2.Point
	for _, chain := range line.chains {
		var part []s2.Point
		for i := 1; i < len(chain); i++ {
			cuts := []s2.Point{chain[i-1]}
			crossings(shape{chains: [][]s2.Point{chain[i-1 : i+1]}}, polygon, func(p s2.Point) bool { cuts = append(cuts, p); return true })
			start := chain[i-1]
			sort.Slice(cuts, func(x, y int) bool { return start.Distance(cuts[x]) < start.Distance(cuts[y]) })
			cuts = append(cuts, chain[i])
			for k := 1; k < len(cuts); k++ {
				if cuts[k] == cuts[k-1] {
					continue
				}
				if !polygon.contains(s2.Interpolate(0.5, cuts[k-1], cuts[k])) {
					parts, part = closePart(parts, part), nil
					continue
				}
				if part == nil {
					part = append(part, cuts[k-1])
				}
				part = append(part, cuts[k])
			}
		}
		parts = closePart(parts, part)
	}
	return linesValue(parts)
}

func closePart(parts [][]s2.Point, part []s2.Point) [][]s2.Point {
	if len(part) > 1 {
		parts = append(parts, part)
	}
	return parts
}

func linesValue(parts [][]s2.Point) value.Value {
	lists := make([]*value.Node, len(parts))
	for i, part := range parts {
		points := make([]*value.Node, len(part))
		for k, p := range part {
			points[k] = pointValue(p).Dyn.Get("coordinates")
		}
		lists[i] = value.NodeArray(points...)
	}
	kind, slot, inner := "MultiLineString", "coordinates", value.NodeArray(lists...)
	switch len(lists) {
	case 0:
		kind, slot = "GeometryCollection", "geometries"
	case 1:
		kind, inner = "LineString", lists[0]
	}
	return value.NewDynamic(value.NodeBag([]string{"type", slot}, []*value.Node{value.NodeString(kind), inner}))
}
