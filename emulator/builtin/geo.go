package builtin

import (
	"math"
	"strconv"
	"strings"

	"github.com/golang/geo/r3"
	"github.com/golang/geo/s2"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
)

func geoKernels() []Scalar {
	return []Scalar{
		{Name: "geo_distance_2points", Kernel: strict(func(_ *Call, a []value.Value) value.Value {
			p, ok1 := pointOf(a[0], a[1])
			q, ok2 := pointOf(a[2], a[3])
			if !ok1 || !ok2 {
				return value.Null(value.Real)
			}
			return value.NewReal(geodesic(p, q))
		})},
		{Name: "geo_azimuth", Kernel: strict(azimuth)},
		{Name: "geo_point_in_circle", Kernel: strict(pointInCircle)},
		{Name: "geo_point_in_polygon", Kernel: strict(pointInPolygon)},
		{Name: "geo_point_to_geohash", Kernel: strict(pointToGeohash)},
		{Name: "geo_geohash_to_central_point", Kernel: textToNode(func(s string) *value.Node {
			b, ok := geohashBox(s)
			if !ok {
				return nil
			}
			return geoPoint((b.west+b.east)/2, (b.south+b.north)/2)
		})},
		{Name: "geo_geohash_to_polygon", Kernel: textToNode(func(s string) *value.Node {
			b, ok := geohashBox(s)
			if !ok {
				return nil
			}
			return geoPolygon([][2]float64{{b.west, b.south}, {b.east, b.south}, {b.east, b.north}, {b.west, b.north}, {b.west, b.south}})
		})},
		{Name: "geo_geohash_neighbors", Kernel: textToNode(geohashNeighbors)},
		{Name: "geo_point_to_s2cell", Kernel: strict(pointToS2)},
		{Name: "geo_s2cell_to_central_point", Kernel: textToNode(func(s string) *value.Node {
			id, ok := s2Cell(s)
			if !ok {
				return nil
			}
			ll := id.LatLng()
			return geoPoint(ll.Lng.Degrees(), ll.Lat.Degrees())
		})},
		{Name: "geo_s2cell_to_polygon", Kernel: textToNode(s2Polygon)},
		{Name: "geo_s2cell_neighbors", Kernel: textToNode(s2Neighbors)},
		{Name: "geo_from_wkt", Kernel: textToNode(fromWKT)},
	}
}

// position is a place in degrees.
type position struct{ lng, lat float64 }

func pointOf(lng, lat value.Value) (position, bool) {
	p := position{realOr([]value.Value{lng}, 0, math.NaN()), realOr([]value.Value{lat}, 0, math.NaN())}
	return p, p.valid()
}

func (p position) valid() bool {
	return p.lng >= -180 && p.lng <= 180 && p.lat >= -90 && p.lat <= 90
}

func (p position) s2() s2.Point { return s2.PointFromLatLng(s2.LatLngFromDegrees(p.lat, p.lng)) }

// The earth in metres: WGS 84 for distances between two points.
const (
	earthMajor      = 6378137.0
	earthFlattening = 1 / 298.257223563
	// Lines and polygons are measured on a sphere of this radius. Source: Kusto documentation, the results shown for geo_polygon_area() and
	// geo_polygon_perimeter().
	earthRadius = 6371010.0
)

// geodesic is the shortest distance on WGS 84 in metres, by Vincenty's formula, or on a sphere where that does not converge.
func geodesic(p, q position) float64 {
	const f = earthFlattening
	b := earthMajor * (1 - f)
	rad := math.Pi / 180
	u1, u2 := math.Atan((1-f)*math.Tan(p.lat*rad)), math.Atan((1-f)*math.Tan(q.lat*rad))
	l := (q.lng - p.lng) * rad
	s1, c1 := math.Sincos(u1)
	s2v, c2 := math.Sincos(u2)
	lambda := l
	for i := 0; i < 200; i++ {
		sl, cl := math.Sincos(lambda)
		sinSigma := math.Hypot(c2*sl, c1*s2v-s1*c2*cl)
		if sinSigma == 0 {
			return 0
		}
		cosSigma := s1*s2v + c1*c2*cl
		sigma := math.Atan2(sinSigma, cosSigma)
		sinAlpha := c1 * c2 * sl / sinSigma
		cos2Alpha := 1 - sinAlpha*sinAlpha
		cos2m := 0.0
		if cos2Alpha != 0 {
			cos2m = cosSigma - 2*s1*s2v/cos2Alpha
		}
		c := f / 16 * cos2Alpha * (4 + f*(4-3*cos2Alpha))
		prev := lambda
		lambda = l + (1-c)*f*sinAlpha*(sigma+c*sinSigma*(cos2m+c*cosSigma*(-1+2*cos2m*cos2m)))
		if math.Abs(lambda-prev) < 1e-13 {
			uSq := cos2Alpha * (earthMajor*earthMajor - b*b) / (b * b)
			k := 1 + uSq/16384*(4096+uSq*(-768+uSq*(320-175*uSq)))
			m := uSq / 1024 * (256 + uSq*(-128+uSq*(74-47*uSq)))
			delta := m * sinSigma * (cos2m + m/4*(cosSigma*(-1+2*cos2m*cos2m)-m/6*cos2m*(-3+4*sinSigma*sinSigma)*(-3+4*cos2m*cos2m)))
			return b * k * (sigma - delta)
		}
	}
	return p.s2().Distance(q.s2()).Radians() * earthRadius
}

// azimuth is the angle at the first point between the line to the second and the meridian to the north pole, in radians; null for one point.
func azimuth(_ *Call, a []value.Value) value.Value {
	p, ok1 := pointOf(a[0], a[1])
	q, ok2 := pointOf(a[2], a[3])
	if !ok1 || !ok2 || p == q {
		return value.Null(value.Real)
	}
	north := r3.Vector{Z: 1}
	n1 := p.s2().Cross(north)
	n2 := p.s2().Cross(q.s2().Vector)
	return value.NewReal(n1.Angle(n2).Radians())
}

func pointInCircle(_ *Call, a []value.Value) value.Value {
	p, ok1 := pointOf(a[0], a[1])
	c, ok2 := pointOf(a[2], a[3])
	radius := realOr(a, 4, -1)
	if !ok1 || !ok2 || radius < 0 {
		return value.Null(value.Bool)
	}
	return value.NewBool(geodesic(p, c) <= radius)
}

// ring reads a list of [longitude, latitude] pairs.
func ring(n *value.Node) ([]position, bool) {
	if n.IsNull() || n.Kind != value.KindArray {
		return nil, false
	}
	out := make([]position, len(n.Elems))
	for i, e := range n.Elems {
		out[i] = position{e.At(0).Float(), e.At(1).Float()}
		if !out[i].valid() {
			return nil, false
		}
	}
	return out, true
}

// loops reads the rings of a Polygon; each must be closed and have three different corners at least.
func loops(coordinates *value.Node) ([]*s2.Loop, bool) {
	if coordinates.IsNull() || coordinates.Kind != value.KindArray || len(coordinates.Elems) == 0 {
		return nil, false
	}
	var out []*s2.Loop
	for _, e := range coordinates.Elems {
		r, ok := ring(e)
		if !ok || len(r) < 4 || r[0] != r[len(r)-1] {
			return nil, false
		}
		points := make([]s2.Point, 0, len(r)-1)
		for i, p := range r[:len(r)-1] {
			if i > 0 && p == r[i-1] {
				continue
			}
			points = append(points, p.s2())
		}
		if len(points) < 3 {
			return nil, false
		}
		l := s2.LoopFromPoints(points)
		l.Normalize() // the smaller side is the inside, whichever way the corners run
		out = append(out, l)
	}
	return out, true
}

func pointInPolygon(_ *Call, a []value.Value) value.Value {
	p, ok := pointOf(a[0], a[1])
	polygons, ok2 := polygonsOf(a[2].Node())
	if !ok || !ok2 {
		return value.Null(value.Bool)
	}
	for _, rings := range polygons {
		inside := rings[0].ContainsPoint(p.s2())
		for _, hole := range rings[1:] {
			inside = inside && !hole.ContainsPoint(p.s2())
		}
		if inside {
			return value.NewBool(true)
		}
	}
	return value.NewBool(false)
}

// polygonsOf reads a Polygon or MultiPolygon.
func polygonsOf(n *value.Node) ([][]*s2.Loop, bool) {
	coordinates := n.Get("coordinates")
	switch n.Get("type").Text() {
	case "Polygon":
		l, ok := loops(coordinates)
		return [][]*s2.Loop{l}, ok
	case "MultiPolygon":
		if coordinates.IsNull() || len(coordinates.Elems) == 0 {
			return nil, false
		}
		var out [][]*s2.Loop
		for _, e := range coordinates.Elems {
			l, ok := loops(e)
			if !ok {
				return nil, false
			}
			out = append(out, l)
		}
		return out, true
	}
	return nil, false
}

func geoPoint(lng, lat float64) *value.Node {
	return value.NodeBag([]string{"type", "coordinates"}, []*value.Node{value.NodeString("Point"), realNodes([]float64{lng, lat})})
}

func geoPolygon(corners [][2]float64) *value.Node {
	points := make([]*value.Node, len(corners))
	for i, c := range corners {
		points[i] = realNodes(c[:])
	}
	return value.NodeBag([]string{"type", "coordinates"},
		[]*value.Node{value.NodeString("Polygon"), value.NodeArray(value.NodeArray(points...))})
}

const geohashDigits = "0123456789bcdefghjkmnpqrstuvwxyz"

type box struct{ west, east, south, north float64 }

// encodeGeohash halves longitude and latitude in turn, five bits a character.
func encodeGeohash(p position, length int) string {
	b := box{-180, 180, -90, 90}
	out := make([]byte, length)
	even := true
	for i := range out {
		digit := 0
		for bit := 0; bit < 5; bit++ {
			digit <<= 1
			low, high, v := &b.south, &b.north, p.lat
			if even {
				low, high, v = &b.west, &b.east, p.lng
			}
			if mid := (*low + *high) / 2; v >= mid {
				digit |= 1
				*low = mid
			} else {
				*high = mid
			}
			even = !even
		}
		out[i] = geohashDigits[digit]
	}
	return string(out)
}

// geohashBox returns the area of a geohash of 1 to 18 characters.
func geohashBox(s string) (box, bool) {
	b := box{-180, 180, -90, 90}
	if len(s) == 0 || len(s) > 18 {
		return b, false
	}
	even := true
	for i := 0; i < len(s); i++ {
		digit := strings.IndexByte(geohashDigits, lowerASCII(s[i]))
		if digit < 0 {
			return b, false
		}
		for bit := 4; bit >= 0; bit-- {
			low, high := &b.south, &b.north
			if even {
				low, high = &b.west, &b.east
			}
			if mid := (*low + *high) / 2; digit>>bit&1 == 1 {
				*low = mid
			} else {
				*high = mid
			}
			even = !even
		}
	}
	return b, true
}

func pointToGeohash(_ *Call, a []value.Value) value.Value {
	p, ok := pointOf(a[0], a[1])
	length := longOr(a, 2, 5)
	if !ok || length < 1 || length > 18 {
		return value.NewString("")
	}
	return value.NewString(encodeGeohash(p, int(length)))
}

// geohashNeighbors gives the eight cells around one: north, south, east, west, then the corners.
func geohashNeighbors(s string) *value.Node {
	b, ok := geohashBox(s)
	if !ok {
		return nil
	}
	lng, lat := (b.west+b.east)/2, (b.south+b.north)/2
	w, h := b.east-b.west, b.north-b.south
	var out []string
	for _, d := range [...][2]float64{{-1, 0}, {1, 0}, {0, -1}, {-1, -1}, {1, -1}, {0, 1}, {-1, 1}, {1, 1}} {
		p := position{lng + d[0]*w, lat + d[1]*h}
		p.lng = math.Mod(p.lng+540, 360) - 180
		if p.lat < -90 || p.lat > 90 {
			continue
		}
		out = append(out, encodeGeohash(p, len(s)))
	}
	return textArray(out)
}

func pointToS2(_ *Call, a []value.Value) value.Value {
	p, ok := pointOf(a[0], a[1])
	level := longOr(a, 2, 11)
	if !ok || level < 0 || level > 30 {
		return value.NewString("")
	}
	return value.NewString(s2.CellIDFromLatLng(s2.LatLngFromDegrees(p.lat, p.lng)).Parent(int(level)).ToToken())
}

func s2Cell(s string) (s2.CellID, bool) {
	id := s2.CellIDFromToken(s)
	return id, id.IsValid()
}

func s2Polygon(s string) *value.Node {
	id, ok := s2Cell(s)
	if !ok {
		return nil
	}
	cell := s2.CellFromCellID(id)
	corners := make([][2]float64, 5)
	for i := range corners {
		ll := s2.LatLngFromPoint(cell.Vertex(i % 4))
		corners[i] = [2]float64{ll.Lng.Degrees(), ll.Lat.Degrees()}
	}
	return geoPolygon(corners)
}

func s2Neighbors(s string) *value.Node {
	id, ok := s2Cell(s)
	if !ok {
		return nil
	}
	var out []string
	for _, n := range id.EdgeNeighbors() {
		out = append(out, n.ToToken())
	}
	for _, n := range id.AllNeighbors(id.Level()) {
		token, known := n.ToToken(), false
		for _, o := range out {
			known = known || o == token
		}
		if !known {
			out = append(out, token)
		}
	}
	return textArray(out)
}

// fromWKT reads well-known text into GeoJSON; null when it is none.
func fromWKT(s string) *value.Node {
	p := wktParser{s: s}
	n := p.geometry(0)
	p.space()
	if p.i != len(p.s) {
		return nil
	}
	return n
}

type wktParser struct {
	s string
	i int
}

func (p *wktParser) space() {
	for p.i < len(p.s) && (p.s[p.i] == ' ' || p.s[p.i] == '\t' || p.s[p.i] == '\n') {
		p.i++
	}
}

func (p *wktParser) eat(c byte) bool {
	p.space()
	if p.i < len(p.s) && p.s[p.i] == c {
		p.i++
		return true
	}
	return false
}

func (p *wktParser) geometry(depth int) *value.Node {
	p.space()
	from := p.i
	for p.i < len(p.s) && p.s[p.i]|0x20 >= 'a' && p.s[p.i]|0x20 <= 'z' {
		p.i++
	}
	kind := strings.ToUpper(p.s[from:p.i])
	names := map[string]string{"POINT": "Point", "LINESTRING": "LineString", "POLYGON": "Polygon", "MULTIPOINT": "MultiPoint",
		"MULTILINESTRING": "MultiLineString", "MULTIPOLYGON": "MultiPolygon", "GEOMETRYCOLLECTION": "GeometryCollection"}
	name, ok := names[kind]
	if !ok || depth > 50 {
		return nil
	}
	slot := "coordinates"
	var inner *value.Node
	if kind == "GEOMETRYCOLLECTION" {
		slot = "geometries"
		inner = p.list(func() *value.Node { return p.geometry(depth + 1) })
	} else {
		levels := map[string]int{"POINT": 0, "LINESTRING": 1, "MULTIPOINT": 1, "POLYGON": 2, "MULTILINESTRING": 2, "MULTIPOLYGON": 3}[kind]
		if levels == 0 {
			if l := p.list(p.pair); l != nil && len(l.Elems) == 1 {
				inner = l.Elems[0]
			}
		} else {
			inner = p.nested(levels)
		}
	}
	if inner == nil {
		return nil
	}
	return value.NodeBag([]string{"type", slot}, []*value.Node{value.NodeString(name), inner})
}

// nested reads lists within lists of pairs. A pair may have brackets of its own, as in MULTIPOINT ((1 1), (2 2)).
func (p *wktParser) nested(levels int) *value.Node {
	if levels > 1 {
		return p.list(func() *value.Node { return p.nested(levels - 1) })
	}
	return p.list(func() *value.Node {
		if !p.eat('(') {
			return p.pair()
		}
		n := p.pair()
		if n == nil || !p.eat(')') {
			return nil
		}
		return n
	})
}

func (p *wktParser) list(item func() *value.Node) *value.Node {
	if !p.eat('(') {
		return nil
	}
	var out []*value.Node
	for {
		n := item()
		if n == nil {
			return nil
		}
		out = append(out, n)
		if p.eat(')') {
			return value.NodeArray(out...)
		}
		if !p.eat(',') {
			return nil
		}
	}
}

func (p *wktParser) pair() *value.Node {
	var out []*value.Node
	for k := 0; k < 2; k++ {
		p.space()
		from := p.i
		for p.i < len(p.s) && strings.IndexByte("+-.0123456789eE", p.s[p.i]) >= 0 {
			p.i++
		}
		text := p.s[from:p.i]
		if i, err := strconv.ParseInt(text, 10, 64); err == nil {
			out = append(out, value.NodeLong(i))
			continue
		}
		f, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return nil
		}
		out = append(out, value.NodeReal(f))
	}
	return value.NodeArray(out...)
}
