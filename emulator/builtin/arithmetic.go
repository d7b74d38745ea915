package builtin

import (
	"math"

	"github.com/cockroachdb/apd/v3"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

func arithmeticKernels() []Scalar {
	return []Scalar{
		{Name: "+", Kernel: plus},
		{Name: "-", Kernel: minus},
		{Name: "*", Kernel: times},
		{Name: "/", Kernel: divide},
		{Name: "%", Kernel: modulo},
		{Name: "unary-", Kernel: negate},
		{Name: "unary+", Kernel: func(c *Call, args []vector.Column, n int) (vector.Column, error) { return fitted(args[0], c.Out), nil }},
		{Name: "bin", Kernel: binKernel},
		{Name: "bin_at", Kernel: strict(binAt)},
		{Name: "bin_auto", Kernel: binAuto},
	}
}

// arithmetic is one operator for each representation; false or nil gives null.
type arithmetic struct {
	long    func(a, b int64) (int64, bool)
	real    func(a, b float64) float64
	decimal func(ctx *apd.Context, d, a, b *apd.Decimal) bool
}

var (
	addition = arithmetic{
		func(a, b int64) (int64, bool) { return a + b, true },
		func(a, b float64) float64 { return a + b },
		func(ctx *apd.Context, d, a, b *apd.Decimal) bool { _, err := ctx.Add(d, a, b); return err == nil },
	}
	subtraction = arithmetic{
		func(a, b int64) (int64, bool) { return a - b, true },
		func(a, b float64) float64 { return a - b },
		func(ctx *apd.Context, d, a, b *apd.Decimal) bool { _, err := ctx.Sub(d, a, b); return err == nil },
	}
	multiplication = arithmetic{
		func(a, b int64) (int64, bool) { return a * b, true },
		func(a, b float64) float64 { return a * b },
		func(ctx *apd.Context, d, a, b *apd.Decimal) bool { _, err := ctx.Mul(d, a, b); return err == nil },
	}
	division = arithmetic{
		func(a, b int64) (int64, bool) {
			if b == 0 {
				return 0, false
			}
			if b == -1 {
				return -a, true
			}
			return a / b, true
		},
		func(a, b float64) float64 { return a / b },
		func(ctx *apd.Context, d, a, b *apd.Decimal) bool {
			if b.IsZero() {
				return false
			}
			_, err := ctx.Quo(d, a, b)
			return err == nil
		},
	}
	// The result of % is never negative.
	//
	// Source: Kusto documentation, "Numerical operators".
	remainder = arithmetic{
		func(a, b int64) (int64, bool) {
			if b == 0 {
				return 0, false
			}
			if b == -1 {
				return 0, true
			}
			r := a % b
			if r < 0 {
				if b < 0 {
					r -= b
				} else {
					r += b
				}
			}
			return r, true
		},
		func(a, b float64) float64 {
			r := math.Mod(a, b)
			if r < 0 {
				r += math.Abs(b)
			}
			return r
		},
		func(ctx *apd.Context, d, a, b *apd.Decimal) bool {
			if b.IsZero() {
				return false
			}
			if _, err := ctx.Rem(d, a, b); err != nil {
				return false
			}
			if d.Sign() < 0 {
				var abs apd.Decimal
				abs.Abs(b)
				_, err := ctx.Add(d, d, &abs)
				return err == nil
			}
			return true
		},
	}
)

func plus(c *Call, args []vector.Column, n int) (vector.Column, error) {
	if fast := fastLongs(c.Out, args, n, func(out, a, b []int64, ma, mb int) {
		for i := range out {
			out[i] = a[i&ma] + b[i&mb]
		}
	}); fast != nil {
		return fast, nil
	}
	return compute(c, args, n, &addition)
}

func minus(c *Call, args []vector.Column, n int) (vector.Column, error) {
	if fast := fastLongs(c.Out, args, n, func(out, a, b []int64, ma, mb int) {
		for i := range out {
			out[i] = a[i&ma] - b[i&mb]
		}
	}); fast != nil {
		return fast, nil
	}
	return compute(c, args, n, &subtraction)
}

// fastLongs computes long and timespan results when nothing can be null or leave its range; nil otherwise.
func fastLongs(out value.Type, args []vector.Column, n int, loop func(out, a, b []int64, ma, mb int)) vector.Column {
	if out != value.Long && out != value.Timespan || !ticksLike(args[0].Type()) || !ticksLike(args[1].Type()) {
		return nil
	}
	a, b := vector.Int64s(args[0]), vector.Int64s(args[1])
	if a.MayBeNull() || b.MayBeNull() {
		return nil
	}
	data := make([]int64, n)
	loop(data, a.Data, b.Data, a.Mask, b.Mask)
	return &vector.Longs{Typ: out, Data: data}
}

func ticksLike(t value.Type) bool {
	return t == value.Int || t == value.Long || t == value.DateTime || t == value.Timespan
}

func times(c *Call, args []vector.Column, n int) (vector.Column, error) {
	return scaled(c, args, n, &multiplication)
}

func divide(c *Call, args []vector.Column, n int) (vector.Column, error) {
	return scaled(c, args, n, &division)
}

// scaled is for * and /, where ticks meet plain numbers: ticks by a real are computed as reals and rounded back, ticks over ticks
// give a real.
func scaled(c *Call, args []vector.Column, n int, op *arithmetic) (vector.Column, error) {
	a, b := args[0].Type(), args[1].Type()
	if c.Out == value.Real && ticksLike(a) && ticksLike(b) {
		return compute(c, []vector.Column{ticksAsReal(args[0]), ticksAsReal(args[1])}, n, op)
	}
	if (c.Out == value.Timespan || c.Out == value.DateTime) && (isReal(a) || isReal(b)) {
		r, err := compute(&Call{Ctx: c.Ctx, Out: value.Real}, []vector.Column{ticksAsReal(args[0]), ticksAsReal(args[1])}, n, op)
		if err != nil {
			return nil, err
		}
		return ticksOfReals(floats(r), c.Out, n), nil
	}
	return compute(c, args, n, op)
}

func isReal(t value.Type) bool {
	return t == value.Real || t == value.Decimal || t == value.Dynamic
}

// ticksAsReal reads ticks as numbers; everything else is converted to real.
func ticksAsReal(col vector.Column) vector.Column {
	switch col.Type() {
	case value.DateTime, value.Timespan:
		v := vector.Int64s(col)
		if v.IsConst() {
			return vector.ConstOf(value.Value{Type: value.Real, F: float64(v.Data[0]), Null: v.Null}, col.Len())
		}
		return convertLongs(&vector.Longs{Typ: value.Long, Data: v.Data, Nulls: v.Nulls}, value.Real)
	}
	return convert(col, value.Real)
}

func ticksOfReals(v vector.View[float64], t value.Type, n int) vector.Column {
	out := newLongs(t, n)
	for i := 0; i < n; i++ {
		if v.IsNull(i) {
			out.null(i)
			continue
		}
		ticks, ok := value.LongOfReal(math.RoundToEven(v.At(i)))
		out.put(i, ticks, ok && (t != value.DateTime || value.InDateTime(ticks)))
	}
	return out.column()
}

func modulo(c *Call, args []vector.Column, n int) (vector.Column, error) {
	return compute(c, args, n, &remainder)
}

// compute runs an operator in the representation of the result.
func compute(c *Call, args []vector.Column, n int, op *arithmetic) (vector.Column, error) {
	switch c.Out {
	case value.Int, value.Long, value.DateTime, value.Timespan:
		a, b := longOperand(args[0], c.Out), longOperand(args[1], c.Out)
		out := newLongs(c.Out, n)
		for i := 0; i < n; i++ {
			if a.IsNull(i) || b.IsNull(i) {
				out.null(i)
				continue
			}
			r, ok := op.long(a.At(i), b.At(i))
			switch c.Out {
			case value.Int:
				r = int64(int32(r))
			case value.DateTime:
				ok = ok && value.InDateTime(r)
			}
			out.put(i, r, ok)
		}
		return out.column(), nil
	case value.Real:
		a, b := floats(args[0]), floats(args[1])
		out := newReals(n)
		for i := 0; i < n; i++ {
			if a.IsNull(i) || b.IsNull(i) {
				out.null(i)
				continue
			}
			out.data[i] = op.real(a.At(i), b.At(i))
		}
		return out.column(), nil
	case value.Decimal:
		return computeDecimal(args, n, op), nil
	}
	return computeDynamic(args, n, op), nil
}

// longOperand reads a dynamic operand as ticks where the result is ticks: a timespan first, else a datetime.
func longOperand(col vector.Column, out value.Type) vector.View[int64] {
	if col.Type() != value.Dynamic || out != value.DateTime && out != value.Timespan {
		return longs(col)
	}
	n := col.Len()
	r := newLongs(out, n)
	for i := 0; i < n; i++ {
		v := col.Value(i)
		t := value.Convert(v, value.Timespan)
		if t.Null {
			t = value.Convert(v, value.DateTime)
		}
		r.put(i, t.I, !t.Null)
	}
	return vector.Int64s(r.column())
}

func computeDecimal(args []vector.Column, n int, op *arithmetic) vector.Column {
	a, b := vector.DecimalsOf(convert(args[0], value.Decimal)), vector.DecimalsOf(convert(args[1], value.Decimal))
	out := make([]*apd.Decimal, n)
	ctx := value.DecimalContext()
	for i := range out {
		x, y := a.At(i), b.At(i)
		if x == nil || y == nil {
			continue
		}
		d := new(apd.Decimal)
		if op.decimal(ctx, d, x, y) && d.Form == apd.Finite {
			out[i] = d
		}
	}
	return &vector.Decimals{Data: out}
}

// computeDynamic computes row by row with what the nodes hold: whole numbers stay whole, others are reals; text is null.
func computeDynamic(args []vector.Column, n int, op *arithmetic) vector.Column {
	a, b := trees(args[0]), trees(args[1])
	out := make([]*value.Node, n)
	for i := range out {
		out[i] = op.nodes(a.At(i), b.At(i))
	}
	return &vector.Dynamics{Nodes: out}
}

func (op *arithmetic) nodes(a, b *value.Node) *value.Node {
	if a.IsNull() || b.IsNull() {
		return nil
	}
	x, y := a.Scalar(), b.Scalar()
	if ticksLike(x.Type) && ticksLike(y.Type) {
		if r, ok := op.long(x.I, y.I); ok {
			t := value.Long
			switch {
			case x.Type == value.DateTime && y.Type == value.DateTime:
				t = value.Timespan
			case x.Type == value.DateTime || y.Type == value.DateTime:
				t = value.DateTime
			case x.Type == value.Timespan || y.Type == value.Timespan:
				t = value.Timespan
			}
			return value.Value{Type: t, I: r}.Node()
		}
		return nil
	}
	if !x.Type.Numeric() || !y.Type.Numeric() {
		return nil
	}
	return value.NodeReal(op.real(a.Float(), b.Float()))
}

func negate(c *Call, args []vector.Column, n int) (vector.Column, error) {
	zero := value.NewLong(0)
	if c.Out == value.Real {
		return realToReal(func(f float64) float64 { return -f })(c, args, n)
	}
	return compute(c, []vector.Column{vector.ConstOf(zero, n), args[0]}, n, &subtraction)
}

// binKernel rounds down to a multiple of the second argument; a size of zero or less gives null.
func binKernel(c *Call, args []vector.Column, n int) (vector.Column, error) {
	switch c.Out {
	case value.Int, value.Long, value.DateTime, value.Timespan:
		v, size := longs(args[0]), longs(args[1])
		out := newLongs(c.Out, n)
		for i := 0; i < n; i++ {
			if v.IsNull(i) || size.IsNull(i) || size.At(i) <= 0 {
				out.null(i)
				continue
			}
			out.data[i] = floorTo(v.At(i), size.At(i))
		}
		return out.column(), nil
	case value.Decimal:
		return strict(binDecimal)(c, args, n)
	}
	v, size := floats(args[0]), floats(args[1])
	out := newReals(n)
	for i := 0; i < n; i++ {
		if v.IsNull(i) || size.IsNull(i) || size.At(i) <= 0 {
			out.null(i)
			continue
		}
		out.data[i] = math.Floor(v.At(i)/size.At(i)) * size.At(i)
	}
	return out.column(), nil
}

// floorTo rounds down to a multiple of size, which is positive.
func floorTo(v, size int64) int64 {
	r := v % size
	if r < 0 {
		r += size
	}
	return v - r
}

func binDecimal(_ *Call, a []value.Value) value.Value {
	v, size := value.Convert(a[0], value.Decimal), value.Convert(a[1], value.Decimal)
	if v.Null || size.Null || size.Dec.Sign() <= 0 {
		return value.Null(value.Decimal)
	}
	ctx := value.DecimalContext()
	var q, d apd.Decimal
	if _, err := ctx.Quo(&q, v.Dec, size.Dec); err != nil {
		return value.Null(value.Decimal)
	}
	if _, err := ctx.Floor(&q, &q); err != nil || q.Form != apd.Finite {
		return value.Null(value.Decimal)
	}
	if _, err := ctx.Mul(&d, &q, size.Dec); err != nil || d.Form != apd.Finite {
		return value.Null(value.Decimal)
	}
	return value.NewDecimal(&d)
}

// binAt is bin with a point that some bin begins at.
func binAt(c *Call, a []value.Value) value.Value {
	if ticksLike(c.Out) {
		size := a[1].I
		if a[1].Type == value.Real {
			size = int64(a[1].F)
		}
		if size <= 0 {
			return value.Null(c.Out)
		}
		r := a[2].I + floorTo(a[0].I-a[2].I, size)
		if c.Out == value.DateTime && !value.InDateTime(r) {
			return value.Null(c.Out)
		}
		return value.Value{Type: c.Out, I: r}
	}
	v, size, at := realOr(a, 0, 0), realOr(a, 1, 0), realOr(a, 2, 0)
	if size <= 0 {
		return value.Null(c.Out)
	}
	return value.NewReal(at + math.Floor((v-at)/size)*size)
}

// binAuto is bin with the size that a query sets by query_bin_auto_size; its default is one day, or 1 for numbers.
func binAuto(c *Call, args []vector.Column, n int) (vector.Column, error) {
	size := value.NewLong(1)
	if c.Out == value.DateTime || c.Out == value.Timespan {
		size = value.NewTimespan(value.TicksPerDay)
	}
	return binKernel(c, []vector.Column{args[0], vector.ConstOf(size, n)}, n)
}
