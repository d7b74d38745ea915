package builtin

import (
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

func comparisonKernels() []Scalar {
	return []Scalar{
		{Name: "==", Kernel: comparison(func(c int) bool { return c == 0 }, opEqual)},
		{Name: "!=", Kernel: comparison(func(c int) bool { return c != 0 }, opNotEqual)},
		{Name: "<", Kernel: comparison(func(c int) bool { return c < 0 }, opLess)},
		{Name: "<=", Kernel: comparison(func(c int) bool { return c <= 0 }, opLessEqual)},
		{Name: ">", Kernel: comparison(func(c int) bool { return c > 0 }, opGreater)},
		{Name: ">=", Kernel: comparison(func(c int) bool { return c >= 0 }, opGreaterEqual)},
		{Name: "between", Kernel: between(false)},
		{Name: "!between", Kernel: between(true)},
		{Name: "around", Kernel: around},
	}
}

type compareOp uint8

const (
	opEqual compareOp = iota
	opNotEqual
	opLess
	opLessEqual
	opGreater
	opGreaterEqual
)

// comparison compares two columns. Null with null gives null; == of null and a value is false, != is true; the
// ordering operators give null when any side is null.
//
// Source: Kusto documentation, "Null values", predicates on null values.
func comparison(holds func(int) bool, op compareOp) Kernel {
	return func(_ *Call, args []vector.Column, n int) (vector.Column, error) {
		a, b, t := commonType(args[0], args[1])
		switch t {
		case value.Int, value.Long, value.DateTime, value.Timespan:
			return comparePlain(vector.Int64s(a), vector.Int64s(b), n, op), nil
		case value.Real:
			return comparePlain(vector.Float64s(a), vector.Float64s(b), n, op), nil
		case value.String:
			return compareTexts(vector.TextsOf(a), vector.TextsOf(b), n, op), nil
		}
		out := newBools(n)
		for i := 0; i < n; i++ {
			x, y := a.Value(i), b.Value(i)
			if x.Null || y.Null {
				nullCompare(out, i, x.Null && y.Null, op)
				continue
			}
			out.data[i] = holds(value.Compare(x, y))
		}
		return out.column(), nil
	}
}

func nullCompare(out *boolsOut, i int, both bool, op compareOp) {
	switch {
	case both, op > opNotEqual:
		out.null(i)
	default:
		out.data[i] = op == opNotEqual
	}
}

// commonType brings two columns to the type in which they are compared: the wider number, or the other side's type where one is
// dynamic or string.
func commonType(a, b vector.Column) (vector.Column, vector.Column, value.Type) {
	ta, tb := a.Type(), b.Type()
	if ta == tb {
		return a, b, ta
	}
	t := ta
	switch {
	case ta == value.Dynamic || ta == value.Unknown:
		t = tb
	case tb == value.Dynamic || tb == value.Unknown:
	case ta == value.GUID || tb == value.GUID:
		t = value.String
	case ta == value.String:
		t = tb
	case tb == value.String:
	case ta == value.Bool || tb == value.Bool:
		t = value.Long
	case ta.Integer() && tb.Integer():
		return a, b, value.Long
	case tb > ta:
		t = tb
	}
	return convert(a, t), convert(b, t), t
}

func comparePlain[T int64 | float64](a, b vector.View[T], n int, op compareOp) vector.Column {
	out := newBools(n)
	if !a.MayBeNull() && !b.MayBeNull() {
		comparePlainInto(out.data, a, b, op)
		return out.column()
	}
	for i := 0; i < n; i++ {
		x, y := a.IsNull(i), b.IsNull(i)
		if x || y {
			nullCompare(out, i, x && y, op)
			continue
		}
		u, v := a.At(i), b.At(i)
		switch op {
		case opEqual:
			out.data[i] = u == v
		case opNotEqual:
			out.data[i] = u != v
		case opLess:
			out.data[i] = u < v
		case opLessEqual:
			out.data[i] = u <= v
		case opGreater:
			out.data[i] = u > v
		default:
			out.data[i] = u >= v
		}
	}
	return out.column()
}

func comparePlainInto[T int64 | float64](out []bool, a, b vector.View[T], op compareOp) {
	x, y, mx, my := a.Data, b.Data, a.Mask, b.Mask
	switch op {
	case opEqual:
		for i := range out {
			out[i] = x[i&mx] == y[i&my]
		}
	case opNotEqual:
		for i := range out {
			out[i] = x[i&mx] != y[i&my]
		}
	case opLess:
		for i := range out {
			out[i] = x[i&mx] < y[i&my]
		}
	case opLessEqual:
		for i := range out {
			out[i] = x[i&mx] <= y[i&my]
		}
	case opGreater:
		for i := range out {
			out[i] = x[i&mx] > y[i&my]
		}
	default:
		for i := range out {
			out[i] = x[i&mx] >= y[i&my]
		}
	}
}

func compareTexts(a, b vector.Texts, n int, op compareOp) vector.Column {
	out := make([]bool, n)
	for i := range out {
		x, y := a.At(i), b.At(i)
		switch op {
		case opEqual:
			out[i] = x == y
		case opNotEqual:
			out[i] = x != y
		case opLess:
			out[i] = x < y
		case opLessEqual:
			out[i] = x <= y
		case opGreater:
			out[i] = x > y
		default:
			out[i] = x >= y
		}
	}
	return &vector.Bools{Data: out}
}

// between holds the bounds to belong to the range. A timespan as the upper bound of a datetime counts from the lower one.
func between(negate bool) Kernel {
	atLeast := comparison(func(c int) bool { return c >= 0 }, opGreaterEqual)
	atMost := comparison(func(c int) bool { return c <= 0 }, opLessEqual)
	return func(c *Call, args []vector.Column, n int) (vector.Column, error) {
		low, high := args[1], args[2]
		if high.Type() == value.Timespan && low.Type() == value.DateTime {
			sum, err := plus(&Call{Ctx: c.Ctx, Out: value.DateTime}, []vector.Column{low, high}, n)
			if err != nil {
				return nil, err
			}
			high = sum
		}
		a, err := atLeast(c, []vector.Column{args[0], low}, n)
		if err != nil {
			return nil, err
		}
		b, err := atMost(c, []vector.Column{args[0], high}, n)
		if err != nil {
			return nil, err
		}
		both, err := and(c, []vector.Column{a, b}, n)
		if err != nil || !negate {
			return both, err
		}
		return not(c, []vector.Column{both}, n)
	}
}

// around(value, center, delta) is value between (center-delta .. center+delta).
func around(c *Call, args []vector.Column, n int) (vector.Column, error) {
	typed := &Call{Ctx: c.Ctx, Out: args[1].Type()}
	low, err := minus(typed, args[1:3], n)
	if err != nil {
		return nil, err
	}
	high, err := plus(typed, args[1:3], n)
	if err != nil {
		return nil, err
	}
	return between(false)(c, []vector.Column{args[0], low, high}, n)
}
