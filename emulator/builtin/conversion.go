package builtin

import (
	"math"
	"strconv"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

func conversionKernels() []Scalar {
	return []Scalar{
		{Name: "tostring", Kernel: conversion(value.String)},
		{Name: "tobool", Kernel: conversion(value.Bool)},
		{Name: "toint", Kernel: conversion(value.Int)},
		{Name: "tolong", Kernel: conversion(value.Long)},
		{Name: "toreal", Kernel: conversion(value.Real)},
		{Name: "todecimal", Kernel: conversion(value.Decimal)},
		{Name: "todatetime", Kernel: conversion(value.DateTime)},
		{Name: "totimespan", Kernel: conversion(value.Timespan)},
		{Name: "toguid", Kernel: conversion(value.GUID)},
		{Name: "parse_json", Kernel: parseJSON},
		{Name: "dynamic_to_json", Kernel: rows(dynamicToJSON)},
		{Name: "gettype", Kernel: rows(getType)},
		{Name: "tohex", Kernel: strict(toHex)},
	}
}

// ToDynamic wraps plain values as dynamic without parsing text, as the binder's implicit promotion to dynamic does.
var ToDynamic = &Scalar{Name: "to dynamic", Kernel: func(_ *Call, args []vector.Column, n int) (vector.Column, error) {
	return asNodes(args[0]), nil
}}

func conversion(to value.Type) Kernel {
	return func(_ *Call, args []vector.Column, n int) (vector.Column, error) {
		return convert(args[0], to), nil
	}
}

// convert returns a column as another type by the rules of value.Convert.
func convert(col vector.Column, to value.Type) vector.Column {
	from := col.Type()
	if from == to {
		return col
	}
	if k, ok := col.(*vector.Const); ok {
		return &vector.Const{Val: value.Convert(k.Val, to), N: k.N}
	}
	n := col.Len()
	switch c := col.(type) {
	case *vector.Longs:
		if out := convertLongs(c, to); out != nil {
			return out
		}
	case *vector.Reals:
		if to == value.Long {
			out := newLongs(to, n)
			for i, f := range c.Data {
				v, ok := value.LongOfReal(f)
				out.put(i, v, ok && !c.Nulls.Has(i))
			}
			return out.column()
		}
	case *vector.Strings:
		if from == value.GUID && to == value.String {
			return &vector.Strings{Typ: to, Dict: c.Dict, Codes: c.Codes, Flat: c.Flat}
		}
	case *vector.Dynamics:
		if to == value.String {
			return dynamicsToText(c, n)
		}
	}
	out := vector.NewBuilder(to, n)
	for i := 0; i < n; i++ {
		out.Append(value.Convert(col.Value(i), to))
	}
	return out.Finish()
}

func convertLongs(c *vector.Longs, to value.Type) vector.Column {
	switch to {
	case value.Real:
		out := make([]float64, len(c.Data))
		for i, v := range c.Data {
			out[i] = float64(v)
		}
		return &vector.Reals{Data: out, Nulls: c.Nulls}
	case value.Long, value.Timespan:
		return &vector.Longs{Typ: to, Data: c.Data, Nulls: c.Nulls}
	case value.Int:
		out := newLongs(to, len(c.Data))
		for i, v := range c.Data {
			out.put(i, v, v >= math.MinInt32 && v <= math.MaxInt32 && !c.Nulls.Has(i))
		}
		return out.column()
	case value.DateTime:
		out := newLongs(to, len(c.Data))
		for i, v := range c.Data {
			out.put(i, v, value.InDateTime(v) && !c.Nulls.Has(i))
		}
		return out.column()
	case value.String:
		out := make([]string, len(c.Data))
		var buf []byte
		for i, v := range c.Data {
			if !c.Nulls.Has(i) {
				buf = value.AppendText(buf[:0], value.Value{Type: c.Typ, I: v})
				out[i] = string(buf)
			}
		}
		return flatStrings(out)
	}
	return nil
}

func dynamicsToText(c *vector.Dynamics, n int) vector.Column {
	out := make([]string, n)
	for i := range out {
		out[i] = c.At(i).Text()
	}
	return flatStrings(out)
}

// parseJSON shares a dictionary's texts: they are parsed when they are first read.
func parseJSON(_ *Call, args []vector.Column, n int) (vector.Column, error) {
	switch c := args[0].(type) {
	case *vector.Strings:
		if c.Typ == value.String {
			out := make([]*value.Node, n)
			for i := range out {
				out[i] = value.ParseDynamic(c.At(i))
			}
			return &vector.Dynamics{Nodes: out}, nil
		}
	case *vector.Dynamics:
		return c, nil
	}
	if args[0].Type() == value.Dynamic {
		return args[0], nil
	}
	return convert(convert(args[0], value.String), value.Dynamic), nil
}

// dynamicToJSON writes a canonical text: keys sorted.
func dynamicToJSON(_ *Call, a []value.Value) value.Value {
	n := a[0].Node()
	if n.IsNull() {
		return value.NewString("")
	}
	return value.NewString(sortedNode(n).JSON())
}

// getType names the type of what a dynamic holds; a number of 32 bits counts as int.
//
// Source: Kusto documentation, "gettype()".
func getType(_ *Call, a []value.Value) value.Value {
	v := a[0]
	if v.Type != value.Dynamic {
		if v.Null {
			return value.NewString("null")
		}
		return value.NewString(v.Type.String())
	}
	if v.Dyn.IsNull() {
		return value.NewString("null")
	}
	switch v.Dyn.Kind {
	case value.KindArray:
		return value.NewString("array")
	case value.KindBag:
		return value.NewString("dictionary")
	case value.KindLong:
		if v.Dyn.I >= math.MinInt32 && v.Dyn.I <= math.MaxInt32 {
			return value.NewString("int")
		}
	case value.KindReal:
		return value.NewString("double")
	}
	return value.NewString(v.Dyn.Scalar().Type.String())
}

func toHex(_ *Call, a []value.Value) value.Value {
	s := strconv.FormatUint(uint64(a[0].I), 16)
	for min := longOr(a, 1, 0); int64(len(s)) < min && min <= 64; {
		s = "0" + s
	}
	return value.NewString(s)
}
