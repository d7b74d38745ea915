package builtin

import (
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

func logicKernels() []Scalar {
	return []Scalar{
		{Name: "and", Kernel: and},
		{Name: "or", Kernel: or},
		{Name: "not", Kernel: not},
		{Name: "iff", Kernel: iff},
		{Name: "case", Kernel: caseOf},
		{Name: "coalesce", Kernel: coalesce},
		{Name: "max_of", Kernel: extreme(1)},
		{Name: "min_of", Kernel: extreme(-1)},
		{Name: "isnull", Kernel: nullTest(true)},
		{Name: "isnotnull", Kernel: nullTest(false)},
		{Name: "isempty", Kernel: emptyTest(true)},
		{Name: "isnotempty", Kernel: emptyTest(false)},
		{Name: "assert", Kernel: assert},
	}
}

// and is false when any side is false, whatever the other; otherwise null when any side is null.
func and(_ *Call, args []vector.Column, n int) (vector.Column, error) {
	return connect(args, n, false), nil
}

// or is true when any side is true, whatever the other; otherwise null when any side is null.
func or(_ *Call, args []vector.Column, n int) (vector.Column, error) {
	return connect(args, n, true), nil
}

// connect folds the arguments: the value decides wins over null.
func connect(args []vector.Column, n int, decides bool) vector.Column {
	out := newBools(n)
	for i := range out.data {
		out.data[i] = !decides
	}
	var nulls vector.Nulls
	for _, col := range args {
		v := truths(col)
		if v.IsConst() {
			if v.Null {
				nulls = vector.NewNulls(n)
				for i := 0; i < n; i++ {
					nulls.Set(i)
				}
			} else if v.Data[0] == decides {
				for i := range out.data {
					out.data[i] = decides
				}
			}
			continue
		}
		for i, b := range v.Data {
			if b == decides && !v.Nulls.Has(i) {
				out.data[i] = decides
			}
		}
		if v.Nulls != nil {
			nulls = vector.Or(n, nulls, v.Nulls)
		}
	}
	if nulls != nil {
		for i := range out.data {
			if nulls.Has(i) && out.data[i] != decides {
				out.data[i] = false
				out.null(i)
			}
		}
	}
	return out.column()
}

func not(_ *Call, args []vector.Column, n int) (vector.Column, error) {
	v := truths(args[0])
	out := newBools(n)
	for i := range out.data {
		if v.IsNull(i) {
			out.null(i)
			continue
		}
		out.data[i] = !v.At(i)
	}
	return out.column(), nil
}

// iff takes the second argument where the first is true, else the third: null counts as false.
func iff(c *Call, args []vector.Column, n int) (vector.Column, error) {
	return caseOf(c, args, n)
}

// caseOf takes condition, result, condition, result, ..., otherwise.
func caseOf(c *Call, args []vector.Column, n int) (vector.Column, error) {
	choice := make([]int32, n)
	last := int32(len(args) - 1)
	for i := range choice {
		choice[i] = last
	}
	for k := len(args) - 3; k >= 0; k -= 2 {
		v := truths(args[k])
		if v.IsConst() {
			if !v.Null && v.Data[0] {
				for i := range choice {
					choice[i] = int32(k + 1)
				}
			}
			continue
		}
		for i, b := range v.Data {
			if b && !v.Nulls.Has(i) {
				choice[i] = int32(k + 1)
			}
		}
	}
	return choose(c.Out, args, choice), nil
}

// choose builds a column whose row i comes from column choice[i] of columns.
func choose(t value.Type, columns []vector.Column, choice []int32) vector.Column {
	if len(choice) > 0 {
		same := true
		for _, k := range choice {
			if k != choice[0] {
				same = false
				break
			}
		}
		if same {
			return fitted(columns[choice[0]], t)
		}
	}
	used := make([]vector.Column, len(columns))
	for _, k := range choice {
		if used[k] == nil {
			used[k] = fitted(columns[k], t)
		}
	}
	switch t {
	case value.Int, value.Long, value.DateTime, value.Timespan:
		views := make([]vector.View[int64], len(columns))
		for k, col := range used {
			if col != nil {
				views[k] = vector.Int64s(col)
			}
		}
		out := newLongs(t, len(choice))
		for i, k := range choice {
			v := &views[k]
			if v.IsNull(i) {
				out.null(i)
				continue
			}
			out.data[i] = v.At(i)
		}
		return out.column()
	case value.String, value.GUID:
		return chooseTexts(t, used, choice)
	}
	out := vector.NewBuilder(t, len(choice))
	for i, k := range choice {
		out.Append(used[k].Value(i))
	}
	return out.Finish()
}

// chooseTexts keeps codes when the choice is among constants.
func chooseTexts(t value.Type, used []vector.Column, choice []int32) vector.Column {
	dict := &vector.Dict{}
	codes := make([]uint32, len(used))
	for k, col := range used {
		if col == nil {
			continue
		}
		c, ok := col.(*vector.Const)
		if !ok {
			out := make([]string, len(choice))
			views := make([]vector.Texts, len(used))
			for j, u := range used {
				if u != nil {
					views[j] = vector.TextsOf(u)
				}
			}
			for i, j := range choice {
				out[i] = views[j].At(i)
			}
			return &vector.Strings{Typ: t, Flat: out}
		}
		codes[k] = uint32(len(dict.Values))
		for code, v := range dict.Values {
			if v == c.Val.S {
				codes[k] = uint32(code)
			}
		}
		if codes[k] == uint32(len(dict.Values)) {
			dict.Values = append(dict.Values, c.Val.S)
		}
	}
	out := make([]uint32, len(choice))
	for i, k := range choice {
		out[i] = codes[k]
	}
	return &vector.Strings{Typ: t, Dict: dict, Codes: out}
}

// fitted returns a column as type t; plain values become nodes, not parsed text, where t is dynamic.
func fitted(col vector.Column, t value.Type) vector.Column {
	switch {
	case col.Type() == t || t == value.Unknown:
		return col
	case t == value.Dynamic:
		return asNodes(col)
	}
	return convert(col, t)
}

// coalesce takes the first argument that is not null; a string is passed over when it is empty.
func coalesce(c *Call, args []vector.Column, n int) (vector.Column, error) {
	choice := make([]int32, n)
	for i := range choice {
		k := 0
		for k < len(args)-1 && isEmptyRow(args[k], i) {
			k++
		}
		choice[i] = int32(k)
	}
	return choose(c.Out, args, choice), nil
}

func isEmptyRow(col vector.Column, i int) bool {
	if col.Type() == value.String {
		return col.Value(i).S == ""
	}
	return col.IsNull(i)
}

// extreme takes the largest (sign 1) or smallest (-1) argument; nulls are passed over.
func extreme(sign int) Kernel {
	return func(c *Call, args []vector.Column, n int) (vector.Column, error) {
		fit := make([]vector.Column, len(args))
		for k, col := range args {
			fit[k] = fitted(col, c.Out)
		}
		choice := make([]int32, n)
		for i := range choice {
			best := 0
			for k := 1; k < len(fit); k++ {
				if fit[k].IsNull(i) {
					continue
				}
				if fit[best].IsNull(i) || sign*value.Compare(fit[k].Value(i), fit[best].Value(i)) > 0 {
					best = k
				}
			}
			choice[i] = int32(best)
		}
		return choose(c.Out, fit, choice), nil
	}
}

// nullTest is isnull and isnotnull; a string is never null.
func nullTest(want bool) Kernel {
	return func(_ *Call, args []vector.Column, n int) (vector.Column, error) {
		out := make([]bool, n)
		if !args[0].HasNulls() {
			if !want {
				for i := range out {
					out[i] = true
				}
			}
			return &vector.Bools{Data: out}, nil
		}
		for i := range out {
			out[i] = args[0].IsNull(i) == want
		}
		return &vector.Bools{Data: out}, nil
	}
}

// emptyTest is isempty and isnotempty: the empty string, null, and a dynamic whose text is empty.
func emptyTest(want bool) Kernel {
	return func(_ *Call, args []vector.Column, n int) (vector.Column, error) {
		out := make([]bool, n)
		switch args[0].Type() {
		case value.String:
			in := vector.TextsOf(args[0])
			for i := range out {
				out[i] = (in.At(i) == "") == want
			}
		case value.Dynamic:
			in := vector.TreesOf(args[0])
			for i := range out {
				node := in.At(i)
				out[i] = (node.IsNull() || node.Kind == value.KindString && node.S == "") == want
			}
		default:
			for i := range out {
				out[i] = args[0].IsNull(i) == want
			}
		}
		return &vector.Bools{Data: out}, nil
	}
}
