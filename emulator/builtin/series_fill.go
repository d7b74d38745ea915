package builtin

import (
	"math"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
)

// missing tells which elements of a series are to be filled: null, or the placeholder at argument `at`.
func missing(a []value.Value, at int) func(*value.Node) bool {
	hole := argOr(a, at, value.Null(value.Real))
	if hole.Null {
		return func(n *value.Node) bool { return n.IsNull() }
	}
	want := hole.Node()
	return func(n *value.Node) bool { return value.EqualNodes(n, want) }
}

func fillConst(_ *Call, a []value.Value) value.Value {
	elems, ok := elements(a[0])
	if !ok {
		return value.Null(value.Dynamic)
	}
	isHole := missing(a, 2)
	fill := element(argOr(a, 1, value.NewLong(0)))
	out := make([]*value.Node, len(elems))
	for i, e := range elems {
		out[i] = e
		if isHole(e) {
			out[i] = fill
		}
	}
	return arrayValue(out)
}

// fillFrom fills from the left neighbour (1) or the right one (-1); what has none stays.
func fillFrom(a []value.Value, step int) value.Value {
	elems, ok := elements(a[0])
	if !ok {
		return value.Null(value.Dynamic)
	}
	isHole := missing(a, 1)
	out := append([]*value.Node(nil), elems...)
	i := 0
	if step < 0 {
		i = len(out) - 1
	}
	var last *value.Node
	for ; i >= 0 && i < len(out); i += step {
		if !isHole(out[i]) {
			last = out[i]
		} else if last != nil {
			out[i] = last
		}
	}
	return arrayValue(out)
}

// fillLinear draws lines between the known neighbours; edges take the nearest value unless fill_edges is false. A series of whole numbers
// stays one: fractions are cut. A series of holes only takes the constant.
func fillLinear(_ *Call, a []value.Value) value.Value {
	elems, ok := elements(a[0])
	if !ok {
		return value.Null(value.Dynamic)
	}
	isHole := missing(a, 1)
	edges := boolOr(a, 2, true)
	out := append([]*value.Node(nil), elems...)
	whole, prev := true, -1
	for _, e := range elems {
		if !isHole(e) && e.Kind != value.KindLong {
			whole = false
		}
	}
	number := func(x float64) *value.Node {
		if whole {
			return value.NodeLong(int64(x))
		}
		return value.NodeReal(x)
	}
	for i, e := range elems {
		if isHole(e) {
			continue
		}
		for k := prev + 1; k < i; k++ {
			switch {
			case prev >= 0:
				x, y := elems[prev].Float(), e.Float()
				out[k] = number(x + (y-x)*float64(k-prev)/float64(i-prev))
			case edges:
				out[k] = e
			default:
				out[k] = nullElement
			}
		}
		prev = i
	}
	switch {
	case prev < 0:
		fill := element(argOr(a, 3, value.NewReal(0)))
		for i := range out {
			out[i] = fill
		}
	default:
		for k := prev + 1; k < len(out); k++ {
			out[k] = nullElement
			if edges {
				out[k] = elems[prev]
			}
		}
	}
	return arrayValue(out)
}

// percentileOf interpolates between ranks of sorted values; p is held within 0 to 100.
func percentileOf(sorted []float64, p float64) float64 {
	if len(sorted) == 0 {
		return math.NaN()
	}
	at := math.Min(math.Max(p, 0), 100) / 100 * float64(len(sorted)-1)
	if math.IsNaN(at) {
		return at
	}
	low := int(math.Floor(at))
	high := min(low+1, len(sorted)-1)
	return sorted[low] + (sorted[high]-sorted[low])*(at-float64(low))
}
