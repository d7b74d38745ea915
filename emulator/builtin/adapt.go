package builtin

import (
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

// The adaptors here make kernels of functions over single rows. Family tables use them where a function is not hot.

// texts views any column as text, as tostring would give it.
func texts(col vector.Column) vector.Texts { return vector.TextsOf(convert(col, value.String)) }

// longs views any column as int64; what is no number is null.
func longs(col vector.Column) vector.View[int64] {
	switch col.Type() {
	case value.Int, value.Long, value.DateTime, value.Timespan:
		return vector.Int64s(col)
	}
	return vector.Int64s(convert(col, value.Long))
}

// floats views any column as real; what is no number is null.
func floats(col vector.Column) vector.View[float64] {
	return vector.Float64s(convert(col, value.Real))
}

// truths views any column as bool.
func truths(col vector.Column) vector.View[bool] { return vector.Truths(convert(col, value.Bool)) }

// trees views any column as dynamic; plain values become nodes.
func trees(col vector.Column) vector.Trees {
	if col.Type() == value.Dynamic {
		return vector.TreesOf(col)
	}
	return vector.TreesOf(asNodes(col))
}

// asNodes wraps plain values as nodes; a string stays a string, it is not parsed.
func asNodes(col vector.Column) vector.Column {
	if k, ok := col.(*vector.Const); ok {
		return &vector.Const{Val: value.NewDynamic(k.Val.Node()), N: k.N}
	}
	if col.Type() == value.Dynamic {
		return col
	}
	n := col.Len()
	out := make([]*value.Node, n)
	for i := range out {
		out[i] = col.Value(i).Node()
	}
	return &vector.Dynamics{Nodes: out}
}

// textToText makes a kernel of a function of one text.
func textToText(f func(string) string) Kernel {
	return func(_ *Call, args []vector.Column, n int) (vector.Column, error) {
		in := texts(args[0])
		out := make([]string, n)
		for i := range out {
			out[i] = f(in.At(i))
		}
		return flatStrings(out), nil
	}
}

func flatStrings(s []string) vector.Column { return &vector.Strings{Typ: value.String, Flat: s} }

// textToLong makes a kernel of a function of one text; false gives null.
func textToLong(f func(string) (int64, bool)) Kernel {
	return func(c *Call, args []vector.Column, n int) (vector.Column, error) {
		in := texts(args[0])
		out := newLongs(c.Out, n)
		for i := 0; i < n; i++ {
			v, ok := f(in.At(i))
			out.put(i, v, ok)
		}
		return out.column(), nil
	}
}

// textToBool makes a kernel of a predicate on one text.
func textToBool(f func(string) bool) Kernel {
	return func(_ *Call, args []vector.Column, n int) (vector.Column, error) {
		in := texts(args[0])
		out := make([]bool, n)
		for i := range out {
			out[i] = f(in.At(i))
		}
		return &vector.Bools{Data: out}, nil
	}
}

// textToNode makes a kernel of a function from one text to a dynamic.
func textToNode(f func(string) *value.Node) Kernel {
	return func(_ *Call, args []vector.Column, n int) (vector.Column, error) {
		in := texts(args[0])
		out := make([]*value.Node, n)
		for i := range out {
			out[i] = f(in.At(i))
		}
		return &vector.Dynamics{Nodes: out}, nil
	}
}

// nodeToNode makes a kernel of a function of one dynamic.
func nodeToNode(f func(*value.Node) *value.Node) Kernel {
	return func(_ *Call, args []vector.Column, n int) (vector.Column, error) {
		in := trees(args[0])
		out := make([]*value.Node, n)
		for i := range out {
			out[i] = f(in.At(i))
		}
		return &vector.Dynamics{Nodes: out}, nil
	}
}

// realToReal makes a kernel of a function of one real; null gives null.
func realToReal(f func(float64) float64) Kernel {
	return func(_ *Call, args []vector.Column, n int) (vector.Column, error) {
		in := floats(args[0])
		out := newReals(n)
		for i := 0; i < n; i++ {
			if in.IsNull(i) {
				out.null(i)
				continue
			}
			out.data[i] = f(in.At(i))
		}
		return out.column(), nil
	}
}

// ticksToLong makes a kernel of a function of one datetime or timespan; null gives null.
func ticksToLong(f func(int64) int64) Kernel {
	return func(c *Call, args []vector.Column, n int) (vector.Column, error) {
		in := longs(args[0])
		out := newLongs(c.Out, n)
		for i := 0; i < n; i++ {
			if in.IsNull(i) {
				out.null(i)
				continue
			}
			out.data[i] = f(in.At(i))
		}
		return out.column(), nil
	}
}

// rows makes a kernel of a function over the values of one row. Results of another type than the call's are converted.
func rows(f func(c *Call, a []value.Value) value.Value) Kernel {
	return func(c *Call, args []vector.Column, n int) (vector.Column, error) {
		out := vector.NewBuilder(c.Out, n)
		a := make([]value.Value, len(args))
		for i := 0; i < n; i++ {
			for j, col := range args {
				a[j] = col.Value(i)
			}
			r := f(c, a)
			if err := c.over(r); err != nil {
				return nil, err
			}
			if r.Type != out.Type() {
				r = toResult(r, out.Type())
			}
			out.Append(r)
		}
		return out.Finish(), nil
	}
}

func toResult(r value.Value, t value.Type) value.Value {
	if t == value.Dynamic {
		return value.NewDynamic(r.Node())
	}
	return value.Convert(r, t)
}

// strict is rows with null for a row in which any argument is null.
func strict(f func(c *Call, a []value.Value) value.Value) Kernel {
	return rows(func(c *Call, a []value.Value) value.Value {
		for _, v := range a {
			if v.Null {
				return value.Null(c.Out)
			}
		}
		return f(c, a)
	})
}

// longsOut and realsOut collect results; the null bitmap is made when the first null comes.
type longsOut struct {
	typ   value.Type
	data  []int64
	nulls vector.Nulls
}

func newLongs(t value.Type, n int) *longsOut { return &longsOut{typ: t, data: make([]int64, n)} }

func (o *longsOut) null(i int) {
	if o.nulls == nil {
		o.nulls = vector.NewNulls(len(o.data))
	}
	o.nulls.Set(i)
}

func (o *longsOut) put(i int, v int64, ok bool) {
	if ok {
		o.data[i] = v
		return
	}
	o.null(i)
}

func (o *longsOut) column() vector.Column {
	return &vector.Longs{Typ: o.typ, Data: o.data, Nulls: o.nulls}
}

type realsOut struct {
	data  []float64
	nulls vector.Nulls
}

func newReals(n int) *realsOut { return &realsOut{data: make([]float64, n)} }

func (o *realsOut) null(i int) {
	if o.nulls == nil {
		o.nulls = vector.NewNulls(len(o.data))
	}
	o.nulls.Set(i)
}

func (o *realsOut) put(i int, v float64, ok bool) {
	if ok {
		o.data[i] = v
		return
	}
	o.null(i)
}

func (o *realsOut) column() vector.Column { return &vector.Reals{Data: o.data, Nulls: o.nulls} }

type boolsOut struct {
	data  []bool
	nulls vector.Nulls
}

func newBools(n int) *boolsOut { return &boolsOut{data: make([]bool, n)} }

func (o *boolsOut) null(i int) {
	if o.nulls == nil {
		o.nulls = vector.NewNulls(len(o.data))
	}
	o.nulls.Set(i)
}

func (o *boolsOut) column() vector.Column { return &vector.Bools{Data: o.data, Nulls: o.nulls} }

// constText returns a constant text argument; "" and false when it is not constant.
func constText(args []vector.Column, i int) (string, bool) {
	if i >= len(args) {
		return "", false
	}
	if k, ok := args[i].(*vector.Const); ok {
		return k.Val.Text(), true
	}
	return "", false
}

// argOr returns argument i of a row, or a default when it was not given.
func argOr(a []value.Value, i int, def value.Value) value.Value {
	if i < len(a) {
		return a[i]
	}
	return def
}

// longOr returns argument i as a long, or a default when it was not given or is null.
func longOr(a []value.Value, i int, def int64) int64 {
	if i < len(a) {
		if v := value.Convert(a[i], value.Long); !v.Null {
			return v.I
		}
	}
	return def
}

// realOr returns argument i as a real, or a default when it was not given or is null.
func realOr(a []value.Value, i int, def float64) float64 {
	if i < len(a) {
		if v := value.Convert(a[i], value.Real); !v.Null {
			return v.F
		}
	}
	return def
}

// boolOr returns argument i as a bool, or a default when it was not given or is null.
func boolOr(a []value.Value, i int, def bool) bool {
	if i < len(a) {
		if v := value.Convert(a[i], value.Bool); !v.Null {
			return v.I != 0
		}
	}
	return def
}
