package builtin

import (
	"math"
	"strconv"

	"github.com/golang/geo/r3"
	"github.com/golang/geo/s2"
)

// The H3 grid: hexagons (and 12 pentagons a level) over the faces of an icosahedron, each level seven times as fine as the one
// before and turned by a fixed angle. A cell's number holds its level, its cell of level 0 and one digit a level.
//
// Source: https://h3geo.org/docs/core-library/overview and the bit layout in https://h3geo.org/docs/core-library/h3Indexing.

// h3IJK is a place in a hexagonal grid by three axes 120 degrees apart; none is negative and one is 0.
type h3IJK struct{ i, j, k int }

func (p h3IJK) normal() h3IJK {
	m := min(p.i, p.j, p.k)
	return h3IJK{p.i - m, p.j - m, p.k - m}
}

func (p h3IJK) plus(q h3IJK) h3IJK  { return h3IJK{p.i + q.i, p.j + q.j, p.k + q.k}.normal() }
func (p h3IJK) minus(q h3IJK) h3IJK { return h3IJK{p.i - q.i, p.j - q.j, p.k - q.k}.normal() }
func (p h3IJK) times(n int) h3IJK   { return h3IJK{p.i * n, p.j * n, p.k * n}.normal() }
func (p h3IJK) sum() int            { return p.i + p.j + p.k }
func (p h3IJK) turned() h3IJK       { return h3IJK{p.i + p.k, p.i + p.j, p.j + p.k}.normal() }
func (p h3IJK) turnedBack() h3IJK   { return h3IJK{p.i + p.j, p.j + p.k, p.i + p.k}.normal() }

// finer is the centre of p in the next level; odd levels are turned counter-clockwise, even ones back.
func (p h3IJK) finer(level int) h3IJK {
	if level%2 == 1 {
		return h3IJK{3*p.i + p.j, 3*p.j + p.k, p.i + 3*p.k}.normal()
	}
	return h3IJK{3*p.i + p.k, p.i + 3*p.j, p.j + 3*p.k}.normal()
}

// coarser is the cell of the level above in which p of the level lies.
func (p h3IJK) coarser(level int) h3IJK {
	i, j := float64(p.i-p.k), float64(p.j-p.k)
	if level%2 == 1 {
		return h3IJK{int(math.Round((3*i - j) / 7)), int(math.Round((i + 2*j) / 7)), 0}.normal()
	}
	return h3IJK{int(math.Round((2*i + j) / 7)), int(math.Round((3*j - i) / 7)), 0}.normal()
}

func (p h3IJK) plane() (x, y float64) {
	i, j := float64(p.i-p.k), float64(p.j-p.k)
	return i - j/2, j * math.Sqrt(3) / 2
}

// h3At returns the place whose hexagon holds a point of the plane.
func h3At(x, y float64) h3IJK {
	j := y / (math.Sqrt(3) / 2)
	i := x + j/2
	// i, -j and j-i sum to 0: the one that rounding moved most follows from the other two
	a, b := i, -j
	c := -a - b
	ra, rb, rc := math.Round(a), math.Round(b), math.Round(c)
	da, db, dc := math.Abs(ra-a), math.Abs(rb-b), math.Abs(rc-c)
	switch {
	case da > db && da > dc:
		ra = -rb - rc
	case db > dc:
		rb = -ra - rc
	}
	return h3IJK{int(ra), int(-rb), 0}.normal()
}

// the digits: which neighbour of its parent's centre a cell is.
var h3Digits = [7]h3IJK{{0, 0, 0}, {0, 0, 1}, {0, 1, 0}, {0, 1, 1}, {1, 0, 0}, {1, 0, 1}, {1, 1, 0}}

const (
	h3Turned     = "0531642" // a digit turned by 60 degrees counter-clockwise
	h3TurnedBack = "0362514"
	h3Gnomonic   = 0.38196601125010500003      // the length of a unit of level 0 in the gnomonic projection
	h3Twist      = 0.3334731722518321153360907 // the angle between levels, asin(sqrt(3/28))
	h3MaxLevel   = 15
)

// h3Cell is a cell's number.
type h3Cell uint64

func parseH3(s string) (h3Cell, bool) {
	v, err := strconv.ParseUint(s, 16, 64)
	h := h3Cell(v)
	if err != nil || !h.valid() {
		return 0, false
	}
	return h, true
}

func (h h3Cell) String() string      { return strconv.FormatUint(uint64(h), 16) }
func (h h3Cell) level() int          { return int(h>>52) & 15 }
func (h h3Cell) base() int           { return int(h>>45) & 127 }
func (h h3Cell) digit(level int) int { return int(h>>(3*(h3MaxLevel-level))) & 7 }
func (h h3Cell) withDigit(level, d int) h3Cell {
	shift := 3 * (h3MaxLevel - level)
	return h&^(7<<shift) | h3Cell(d)<<shift
}

func newH3(level, base int) h3Cell {
	return 1<<59 | h3Cell(level)<<52 | h3Cell(base)<<45 | (1<<45 - 1)
}

func (h h3Cell) valid() bool {
	if h>>59 != 1 || h>>56&7 != 0 || h.base() > 121 {
		return false
	}
	for l := 1; l <= h3MaxLevel; l++ {
		if d := h.digit(l); (d == 7) != (l > h.level()) {
			return false
		}
	}
	return !h3Bases[h.base()].pentagon || h.leading() != 1
}

// leading is the first digit that is not 0.
func (h h3Cell) leading() int {
	for l := 1; l <= h.level(); l++ {
		if d := h.digit(l); d != 0 {
			return d
		}
	}
	return 0
}

func (h h3Cell) pentagon() bool { return h3Bases[h.base()].pentagon && h.leading() == 0 }

func (h h3Cell) turn(table string) h3Cell {
	for l := 1; l <= h.level(); l++ {
		h = h.withDigit(l, int(table[h.digit(l)]-'0'))
	}
	return h
}

// turnPentagon turns around a pentagon, over its missing direction.
func (h h3Cell) turnPentagon() h3Cell {
	found := false
	for l := 1; l <= h.level(); l++ {
		h = h.withDigit(l, int(h3Turned[h.digit(l)]-'0'))
		if !found && h.digit(l) != 0 {
			found = true
			if h.leading() == 1 {
				h = h.turn(h3Turned)
			}
		}
	}
	return h
}

// parent is the cell of a coarser level that the number is within.
func (h h3Cell) parent(level int) h3Cell {
	p := h&^(15<<52) | h3Cell(level)<<52
	for l := level + 1; l <= h3MaxLevel; l++ {
		p = p.withDigit(l, 7)
	}
	return p
}

// children appends the cells of a finer level.
func (h h3Cell) children(level int, out []h3Cell) []h3Cell {
	if h.level() == level {
		return append(out, h)
	}
	pentagon := h.pentagon()
	next := h&^(15<<52) | h3Cell(h.level()+1)<<52
	for d := range 7 {
		if pentagon && d == 1 {
			continue
		}
		out = next.withDigit(h.level()+1, d).children(level, out)
	}
	return out
}

// h3Place is a place on a face.
type h3Place struct {
	face int
	at   h3IJK
}

func h3Angle(a float64) float64 {
	if a = math.Mod(a, 2*math.Pi); a < 0 {
		a += 2 * math.Pi
	}
	return a
}

func h3Center(face int) s2.Point {
	c := h3Faces[face].center
	return s2.Point{Vector: r3.Vector{X: c[0], Y: c[1], Z: c[2]}}
}

// h3Basis returns the directions north and east at a point.
func h3Basis(p s2.Point) (north, east r3.Vector) {
	east = r3.Vector{X: -p.Y, Y: p.X}.Normalize()
	return p.Cross(east), east
}

// h3CellAt returns the cell of a level that holds a point.
func h3CellAt(p s2.Point, level int) h3Cell {
	face, best := 0, -2.0
	for f := range h3Faces {
		if d := h3Center(f).Dot(p.Vector); d > best {
			face, best = f, d
		}
	}
	center := h3Center(face)
	north, east := h3Basis(center)
	r := math.Tan(center.Angle(p.Vector).Radians()) / h3Gnomonic * math.Pow(math.Sqrt(7), float64(level))
	theta := 0.0
	if r > 1e-15 {
		theta = h3Angle(h3Faces[face].axis - math.Atan2(p.Dot(east), p.Dot(north)))
		if level%2 == 1 {
			theta = h3Angle(theta - h3Twist)
		}
	}
	return h3Number(h3Place{face, h3At(r*math.Cos(theta), r*math.Sin(theta))}, level)
}

// h3Number returns the number of the cell at a place.
func h3Number(p h3Place, level int) h3Cell {
	h := newH3(level, 0)
	at := p.at
	for l := level; l > 0; l-- {
		up := at.coarser(l)
		diff := at.minus(up.finer(l))
		for d, u := range h3Digits {
			if u == diff {
				h = h.withDigit(l, d)
			}
		}
		at = up
	}
	if at.i > 2 || at.j > 2 || at.k > 2 {
		return 0
	}
	index := p.face*27 + at.i*9 + at.j*3 + at.k
	base, turns := int(h3BaseAt[index]), int(h3TurnsAt[index]-'0')
	h |= h3Cell(base) << 45
	if !h3Bases[base].pentagon {
		for range turns {
			h = h.turn(h3Turned)
		}
		return h
	}
	if h.leading() == 1 {
		if c := h3Bases[base].clockwise; c[0] == p.face || c[1] == p.face {
			h = h.turn(h3TurnedBack)
		} else {
			h = h.turn(h3Turned)
		}
	}
	for range turns {
		h = h.turnPentagon()
	}
	return h
}

// overage says whether a place lies over the edge of its face.
type overage uint8

const (
	onFace overage = iota
	onEdge
	overEdge
)

// settle moves a place of an even level that lies over the edge of its face to the face where it belongs. A substrate is the grid
// three times as fine on which corners lie.
func (p *h3Place) settle(level int, leading4, substrate bool) overage {
	unit := 1
	for range level / 2 {
		unit *= 7
	}
	if substrate {
		unit *= 3
	}
	limit := 2 * unit
	switch {
	case substrate && p.at.sum() == limit:
		return onEdge
	case p.at.sum() <= limit:
		return onFace
	}
	edge := h3Faces[p.face].edges[0]
	if p.at.k > 0 {
		if edge = h3Faces[p.face].edges[2]; p.at.j == 0 {
			edge = h3Faces[p.face].edges[1]
			if leading4 {
				origin := h3IJK{limit, 0, 0}
				p.at = p.at.minus(origin).turnedBack().plus(origin)
			}
		}
	}
	p.face = edge.face
	for range edge.turns {
		p.at = p.at.turned()
	}
	p.at = p.at.plus(edge.move.times(unit))
	if substrate && p.at.sum() == limit {
		return onEdge
	}
	return overEdge
}

// place returns where the cell lies.
func (h h3Cell) place() h3Place {
	b := h3Bases[h.base()]
	if b.pentagon && h.leading() == 5 {
		h = h.turn(h3TurnedBack)
	}
	level := h.level()
	p := h3Place{b.face, b.at}
	for l := 1; l <= level; l++ {
		p.at = p.at.finer(l).plus(h3Digits[h.digit(l)])
	}
	if !b.pentagon && (level == 0 || b.at == h3IJK{}) {
		return p
	}
	before, even := p.at, level
	if level%2 == 1 {
		even++
		p.at = p.at.finer(even)
	}
	if p.settle(even, b.pentagon && h.leading() == 4, false) == onFace {
		p.at = before
		return p
	}
	for b.pentagon && p.settle(even, false, false) != onFace {
	}
	if even != level {
		p.at = p.at.coarser(even)
	}
	return p
}

// h3Point is the point of the sphere at x, y in the plane of a face. Corners lie on the substrate of an even level.
func h3Point(face int, x, y float64, level int, substrate bool) s2.Point {
	r := math.Hypot(x, y)
	if r < 1e-15 {
		return h3Center(face)
	}
	theta := math.Atan2(y, x)
	r /= math.Pow(math.Sqrt(7), float64(level))
	if substrate {
		r /= 3
		if level%2 == 1 {
			r /= math.Sqrt(7)
		}
	}
	r = math.Atan(r * h3Gnomonic)
	if !substrate && level%2 == 1 {
		theta += h3Twist
	}
	azimuth := h3Faces[face].axis - theta
	center := h3Center(face)
	north, east := h3Basis(center)
	direction := north.Mul(math.Cos(azimuth)).Add(east.Mul(math.Sin(azimuth)))
	return s2.Point{Vector: center.Mul(math.Cos(r)).Add(direction.Mul(math.Sin(r))).Normalize()}
}

func (h h3Cell) center() s2.Point {
	p := h.place()
	x, y := p.at.plane()
	return h3Point(p.face, x, y, h.level(), false)
}

// boundary returns the cell's corners, and where an edge crosses two faces the place of the crossing. An edge there is bent.
func (h h3Cell) boundary() []s2.Point {
	home := h.place()
	level := h.level()
	corners := []h3IJK{{2, 1, 0}, {1, 2, 0}, {0, 2, 1}, {0, 1, 2}, {1, 0, 2}, {2, 0, 1}}
	center := home.at.times(3)
	even := level
	if level%2 == 1 {
		corners = []h3IJK{{5, 4, 0}, {1, 5, 0}, {0, 5, 4}, {0, 1, 5}, {4, 0, 5}, {5, 0, 1}}
		even++
		center = center.finer(even)
	}
	pentagon := h.pentagon()
	if pentagon {
		corners = corners[:5]
	}
	n := len(corners)
	var out []s2.Point
	var last h3Place
	lastOverage := onFace
	for v := 0; v <= n; v++ {
		raw := h3Place{home.face, center.plus(corners[v%n])}
		p := raw
		o := p.settle(even, false, true)
		for pentagon && o == overEdge {
			o = p.settle(even, false, true)
		}
		switch {
		case level%2 == 0 || v == 0:
		case pentagon:
			out = h3Bend(out, last, p, even)
		case p.face != last.face && lastOverage != onEdge:
			other := last.face
			if last.face == home.face {
				other = p.face
			}
			before := center.plus(corners[(v+n-1)%n])
			out = h3Crossing(out, home.face, other, before, raw.at, even)
		}
		if v < n {
			x, y := p.at.plane()
			out = append(out, h3Point(p.face, x, y, even, true))
		}
		last, lastOverage = p, o
	}
	return out
}

// h3Bend adds the place where the edge of a pentagon between two faces crosses from one to the other.
func h3Bend(out []s2.Point, from, to h3Place, level int) []s2.Point {
	for q, edge := range h3Faces[to.face].edges {
		if edge.face != from.face {
			continue
		}
		unit := 3
		for range level / 2 {
			unit *= 7
		}
		at := to.at
		for range h3Faces[to.face].edges[q].turns {
			at = at.turned()
		}
		return h3Crossing(out, from.face, to.face, from.at, at.plus(edge.move.times(unit)), level)
	}
	return out
}

// h3Crossing adds the place where the line between two places of a face's plane crosses the edge to another face.
func h3Crossing(out []s2.Point, face, other int, a, b h3IJK, level int) []s2.Point {
	limit := 2.0 * 3
	for range level / 2 {
		limit *= 7
	}
	corner := [3][2]float64{{3 * limit / 3, 0}, {-1.5 * limit / 3, 1.5 * math.Sqrt(3) * limit / 3}, {-1.5 * limit / 3, -1.5 * math.Sqrt(3) * limit / 3}}
	var e0, e1 [2]float64
	switch {
	case h3Faces[face].edges[0].face == other: // ij
		e0, e1 = corner[0], corner[1]
	case h3Faces[face].edges[2].face == other: // jk
		e0, e1 = corner[1], corner[2]
	default:
		e0, e1 = corner[2], corner[0]
	}
	ax, ay := a.plane()
	bx, by := b.plane()
	s1x, s1y, s2x, s2y := bx-ax, by-ay, e1[0]-e0[0], e1[1]-e0[1]
	t := (s2x*(ay-e0[1]) - s2y*(ax-e0[0])) / (-s2x*s1y + s1x*s2y)
	x, y := ax+t*s1x, ay+t*s1y
	near := func(px, py float64) bool { return math.Abs(px-x) < 1e-6 && math.Abs(py-y) < 1e-6 }
	if near(ax, ay) || near(bx, by) {
		return out
	}
	return append(out, h3Point(face, x, y, level, true))
}

// neighbors returns the cells that share an edge: those just beyond the middle of each edge.
func (h h3Cell) neighbors() []h3Cell {
	points := h.boundary()
	center := h.center()
	var out []h3Cell
	for i, a := range points {
		b := points[(i+1)%len(points)]
		middle := a.Add(b.Vector).Mul(0.5)
		beyond := s2.Point{Vector: center.Add(middle.Sub(center.Vector).Mul(1.2)).Normalize()}
		n := h3CellAt(beyond, h.level())
		known := n == h || n == 0
		for _, o := range out {
			known = known || o == n
		}
		if !known {
			out = append(out, n)
		}
	}
	return out
}
