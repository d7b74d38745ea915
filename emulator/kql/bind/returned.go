package bind

import (
	"strconv"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/symbol"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/syntax"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
)

// returned works out the result type of a scalar or aggregate function of one value.
func (b *binder) returned(f *symbol.Function, sig *symbol.Signature, params []*symbol.Param, args []*item) symbol.Type {
	arg := func(i int) (symbol.Type, bool) {
		for k := range args {
			if k < len(params) && params[k] == &sig.Params[i] {
				return args[k].typ, args[k].kind == isScalar || args[k].kind == isType
			}
		}
		return symbol.Type{}, false
	}
	switch sig.Return {
	case symbol.ReturnsType:
		return sig.Type
	case symbol.ReturnsArg, symbol.ReturnsTypeOf:
		t, _ := arg(sig.Arg)
		return t
	case symbol.ReturnsArgAsLong:
		t, _ := arg(sig.Arg)
		if t.Scalar == value.Int {
			return symbol.Of(value.Long)
		}
		return t
	case symbol.ReturnsArrayOf:
		t, _ := arg(sig.Arg)
		return symbol.ArrayOf(t)
	case symbol.ReturnsCommon:
		t, _ := commonType(params, args, true)
		return t
	case symbol.ReturnsWidest:
		return widestType(args)
	case symbol.ReturnsCustom:
		return b.customType(f, args)
	}
	return symbol.Type{}
}

// agreed returns the type that some arguments have in common; known tells whether there is one.
func agreed(args []*item, c symbol.Conversion) (t symbol.Type, known bool) {
	for i, a := range args {
		next, ok := symbol.Agree(t, a.typ, i == 0, c)
		if !ok {
			return symbol.Type{}, false
		}
		t = next
	}
	return t, len(args) > 0
}

// customType works out the results that no rule of the table gives.
func (b *binder) customType(f *symbol.Function, args []*item) symbol.Type {
	switch f.Canonical {
	case "array_concat":
		if t, ok := agreed(args, symbol.NoConversion); ok && t.Dynamic() {
			return t
		}
		return symbol.Array
	case "array_iff":
		if len(args) > 1 {
			if args[1].typ.Dynamic() {
				return args[1].typ
			}
			return symbol.ArrayOf(args[1].typ)
		}
	case "bag_merge", "bag_set_key", "bag_remove_keys", "series_fit_line_dynamic", "series_fit_2lines_dynamic", "series_stats_dynamic":
		return symbol.Bag
	case "bag_pack", "bag_pack_columns":
		var slots []symbol.Slot
		if f.Canonical == "bag_pack" {
			for i := 0; i+1 < len(args); i += 2 {
				if key, ok := args[i].text(); ok {
					slots = append(slots, symbol.Slot{Name: key, Type: args[i+1].typ})
				}
			}
		} else {
			for _, a := range args {
				if a.col != nil {
					slots = append(slots, symbol.Slot{Name: a.col.Name, Type: a.typ})
				}
			}
		}
		t := symbol.Bag
		if len(slots) > 0 {
			t.Props = &slots
		}
		return t
	case "pack_all":
		return symbol.Bag
	case "pack_array":
		t, ok := agreed(args, symbol.Promotion)
		if !ok {
			return symbol.Array
		}
		return symbol.ArrayOf(t)
	case "set_union", "set_intersect", "set_difference":
		if t, ok := agreed(args, symbol.Promotion); ok && t.Content == symbol.ArrayContent {
			return t
		}
		return symbol.Array
	case "bin_auto":
		if len(args) == 1 {
			if args[0].typ.Scalar == value.Int {
				return symbol.Of(value.Long)
			}
			return args[0].typ
		}
	case "map":
		if len(args) > 1 {
			return symbol.ArrayOf(args[1].typ)
		}
		return symbol.Array
	case "inner_nodes":
		return symbol.ArrayOf(symbol.Bag)
	}
	return symbol.Type{}
}

// parts lists the values of a function that has several, nil for the others. They are named function_argument_part.
func (b *binder) parts(f *symbol.Function, args []*item) []part {
	real, long := symbol.Of(value.Real), symbol.Of(value.Long)
	reals := symbol.ArrayOf(real)
	list := func(pairs ...any) []part {
		arg := ""
		if len(args) > 0 {
			arg = args[0].name
		}
		var out []part
		for i := 0; i < len(pairs); i += 2 {
			out = append(out, part{name: f.Name + "_" + arg + "_" + pairs[i].(string), typ: pairs[i+1].(symbol.Type)})
		}
		return out
	}
	switch f.Name {
	case "series_stats":
		return list("min", real, "min_idx", long, "max", real, "max_idx", long, "avg", real, "stdev", real, "variance", real)
	case "series_decompose", "series_decompose_forecast":
		return list("baseline", symbol.Array, "seasonal", symbol.Array, "trend", symbol.Array, "residual", symbol.Array)
	case "series_decompose_anomalies":
		return list("ad_flag", symbol.Array, "ad_score", symbol.Array, "baseline", symbol.Array)
	case "series_fft", "series_ifft":
		return list("real", reals, "imag", reals)
	case "series_fit_line":
		return list("rsquare", real, "slope", real, "variance", real, "rvariance", real, "interception", real, "line_fit", reals)
	case "series_fit_2lines":
		return list("rsquare", real, "split_idx", long, "variance", real, "rvariance", real, "line_fit", reals,
			"right_rsquare", real, "right_slope", real, "right_interception", real, "right_variance", real, "right_rvariance", real,
			"left_rsquare", real, "left_slope", real, "left_interception", real, "left_variance", real, "left_rvariance", real)
	case "series_fit_poly":
		return list("rsquare", real, "coefficients", reals, "variance", real, "rvariance", real, "poly_fit", reals)
	case "series_periods_detect", "series_periods_validate":
		return list("periods", reals, "scores", reals)
	case "array_sort_asc", "array_sort_desc":
		var out []part
		for i, a := range args {
			if !a.typ.MaybeArray() {
				break
			}
			name := a.name + "_sorted"
			if a.name == "" {
				name = "array" + strconv.Itoa(i) + "_sorted"
			}
			out = append(out, part{name: name, typ: a.typ})
		}
		return out
	}
	return nil
}

// multiple makes the item of a call of several values: the call gives a dynamic array of them, and each value is a step
// into it. array_sort over one array gives that array alone.
func (b *binder) multiple(e *syntax.CallExpr, f *symbol.Function, sig *symbol.Signature, params []*symbol.Param, args []*item, parts []part) *item {
	at := e.Span()
	exprs := convertArguments(sig, params, args, symbol.Type{})
	call := NewCall(f.Canonical, sig, value.Dynamic, at, exprs...)
	if len(parts) == 1 {
		parts[0].expr = call
	} else {
		for i := range parts {
			parts[i].expr = convert(NewPath(call, NewConst(value.NewLong(int64(i)), at), at), parts[i].typ.Scalar)
		}
	}
	it := b.scalarItem(at, symbol.Type{}, call)
	it.call, it.multi = f, parts
	if len(parts) > 0 {
		it.expr, it.whole = parts[0].expr, call
		if len(parts) == 1 {
			it.typ = parts[0].typ
		} else {
			it.typ = symbol.Type{}
		}
	}
	return it
}
