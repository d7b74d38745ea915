package bind

import (
	"strconv"

	"github.com/cockroachdb/apd/v3"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/symbol"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
)

// Kusto converts many arguments and operands on its own. The bound tree has each such conversion as a call of tolong,
// toreal, todatetime, ...; the call named "dynamic", which no query can write, makes a dynamic of a plain value.

// conversion names the function that makes a type.
func conversion(t value.Type) string {
	switch t {
	case value.Bool:
		return "tobool"
	case value.Int:
		return "toint"
	case value.Long:
		return "tolong"
	case value.Real:
		return "toreal"
	case value.Decimal:
		return "todecimal"
	case value.DateTime:
		return "todatetime"
	case value.Timespan:
		return "totimespan"
	case value.GUID:
		return "toguid"
	case value.String:
		return "tostring"
	case value.Dynamic:
		return "dynamic"
	}
	return ""
}

// convert makes an expression have a type.
func convert(e Expr, t value.Type) Expr {
	if e == nil || t == value.Unknown || e.Type() == t {
		return e
	}
	if c, ok := e.(*Const); ok {
		if v, ok := convertConst(c.Value, t); ok {
			return NewConst(v, c.At)
		}
	}
	name := conversion(t)
	var sig *symbol.Signature
	if f := symbol.LookupFunction(name); f != nil {
		sig = &f.Signatures[0]
	}
	return NewCall(name, sig, t, e.Span(), e)
}

// convertConst converts the constants that need no calendar or parser.
func convertConst(v value.Value, t value.Type) (value.Value, bool) {
	if v.Null && t != value.String && v.Type != value.Dynamic {
		return value.Null(t), true
	}
	switch t {
	case value.Long:
		if v.Type == value.Int {
			return value.NewLong(v.I), true
		}
	case value.Int:
		if v.Type == value.Long && v.I == int64(int32(v.I)) {
			return value.NewInt(v.I), true
		}
	case value.Real:
		if v.Type.Integer() {
			return value.NewReal(float64(v.I)), true
		}
	case value.Decimal:
		if v.Type.Integer() {
			return value.NewDecimal(apd.New(v.I, 0)), true
		}
	case value.String:
		switch v.Type {
		case value.Int, value.Long:
			if !v.Null {
				return value.NewString(strconv.FormatInt(v.I, 10)), true
			}
		case value.GUID:
			return value.NewString(v.S), true
		}
	case value.Dynamic:
		switch v.Type {
		case value.Int, value.Long:
			return value.NewDynamic(value.NodeLong(v.I)), true
		case value.String:
			return value.NewDynamic(value.NodeString(v.S)), true
		case value.Bool:
			return value.NewDynamic(value.NodeBool(v.I != 0)), true
		case value.Real:
			return value.NewDynamic(value.NodeReal(v.F)), true
		}
	}
	return value.Value{}, false
}

// widest returns the widest number type among the items, int made long; Unknown without any.
func widest(args []*item) value.Type {
	t := value.Unknown
	for _, a := range args {
		if a.kind != isScalar || !a.typ.Scalar.Numeric() {
			continue
		}
		if s := a.typ.Scalar; t == value.Unknown || s > t { // int < long < real < decimal
			t = s
		}
	}
	if t == value.Int {
		return value.Long
	}
	return t
}

// convertArguments makes the arguments of a call have the types of its overload.
func convertArguments(sig *symbol.Signature, params []*symbol.Param, args []*item, result symbol.Type) []Expr {
	if len(args) == 0 {
		return nil
	}
	wide := value.Unknown
	if sig.Return == symbol.ReturnsWidest {
		wide = widest(args)
	}
	out := make([]Expr, 0, len(args))
	for i, a := range args {
		e := a.expr
		if e == nil {
			continue
		}
		if i < len(params) && params[i] != nil {
			switch p := params[i]; p.Kind {
			case symbol.Exactly:
				if len(p.Types) == 1 && !p.Types[0].Dynamic() {
					e = convert(e, p.Types[0].Scalar)
				}
			case symbol.Integer:
				if a.typ.Scalar == value.Int || a.typ.Unknown() {
					e = convert(e, value.Long)
				}
			case symbol.Number:
				if wide != value.Unknown {
					e = convert(e, wide)
				}
			case symbol.Common, symbol.CommonScalar, symbol.CommonOrderable:
				e = convert(e, result.Scalar)
			case symbol.StringOrDynamic:
				if a.typ.Unknown() {
					e = convert(e, value.String)
				}
			}
		}
		out = append(out, e)
	}
	return out
}

func nullOf(t value.Type) value.Value {
	if t == value.Unknown {
		t = value.Dynamic
	}
	return value.Null(t)
}

// foldConversion converts constants between the remaining types: text to numbers, numbers to text.
func foldConversion(v value.Value, t value.Type) (value.Value, bool) {
	if v.Null {
		return value.Null(t), true
	}
	switch v.Type {
	case value.String:
		switch t {
		case value.Int, value.Long:
			if n, err := strconv.ParseInt(v.S, 10, 64); err == nil {
				return value.Value{Type: t, I: n}, true
			}
		case value.Real:
			if f, err := strconv.ParseFloat(v.S, 64); err == nil {
				return value.NewReal(f), true
			}
		case value.Bool:
			switch v.S {
			case "true", "True", "1":
				return value.NewBool(true), true
			case "false", "False", "0":
				return value.NewBool(false), true
			}
		case value.GUID:
			return value.NewGUID(v.S), true
		}
	case value.Bool:
		switch t {
		case value.String:
			if v.I != 0 {
				return value.NewString("True"), true
			}
			return value.NewString("False"), true
		case value.Int, value.Long:
			return value.Value{Type: t, I: v.I}, true
		}
	case value.Int, value.Long:
		switch t {
		case value.Bool:
			return value.NewBool(v.I != 0), true
		case value.Int:
			return value.NewInt(v.I), true
		}
	case value.Real:
		switch t {
		case value.Int, value.Long:
			return value.Value{Type: t, I: int64(v.F)}, true
		case value.Decimal:
			d := new(apd.Decimal)
			if _, err := d.SetFloat64(v.F); err == nil {
				return value.NewDecimal(d), true
			}
		case value.String:
			return value.NewString(strconv.FormatFloat(v.F, 'g', -1, 64)), true
		}
	case value.Dynamic:
		n := v.Dyn
		switch {
		case t == value.String && n != nil && n.Kind == value.KindString:
			return value.NewString(n.S), true
		case t.Integer() && n != nil && n.Kind == value.KindLong:
			return value.Value{Type: t, I: n.I}, true
		case t == value.Real && n != nil && n.Kind == value.KindReal:
			return value.NewReal(n.F), true
		}
	}
	return value.Value{}, false
}
