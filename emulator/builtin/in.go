package builtin

import (
	"math"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

// members is a set of constants of one type.
type members struct {
	texts map[string]struct{}
	plain map[int64]struct{}
	reals map[float64]struct{}
	nodes []*value.Node
}

// in tells whether a value equals one of a list; arrays in the list stand for their elements. Elements are converted to the value's
// type and those that cannot be are not in the list. A null is in no list.
func in(fold, negate bool) Kernel {
	return func(c *Call, args []vector.Column, n int) (vector.Column, error) {
		out := make([]bool, n)
		for _, a := range args[1:] {
			if _, ok := a.(*vector.Const); !ok {
				inVarying(args, fold, negate, out)
				return &vector.Bools{Data: out}, nil
			}
		}
		t := args[0].Type()
		m := prepare(c, args[1:], func() *members {
			var list []value.Value
			for _, a := range args[1:] {
				list = appendMembers(list, a.(*vector.Const).Val)
			}
			return newMembers(t, list, fold)
		})
		m.test(args[0], fold, negate, out)
		return &vector.Bools{Data: out}, nil
	}
}

func appendMembers(list []value.Value, v value.Value) []value.Value {
	if v.Type == value.Dynamic && v.Dyn != nil && v.Dyn.Kind == value.KindArray {
		for _, e := range v.Dyn.Elems {
			list = append(list, e.Scalar())
		}
		return list
	}
	return append(list, v)
}

func newMembers(t value.Type, list []value.Value, fold bool) *members {
	m := &members{}
	switch t {
	case value.String, value.GUID:
		m.texts = make(map[string]struct{}, len(list))
	case value.Real:
		m.reals = make(map[float64]struct{}, len(list))
	case value.Dynamic, value.Unknown, value.Decimal:
	default:
		m.plain = make(map[int64]struct{}, len(list))
	}
	for _, v := range list {
		switch {
		case m.texts != nil:
			s := v.Text()
			if t == value.GUID {
				s = value.Convert(v, value.GUID).S
			}
			if fold {
				s = foldASCII(s)
			}
			m.texts[s] = struct{}{}
		case m.reals != nil:
			if r := value.Convert(v, value.Real); !r.Null && !math.IsNaN(r.F) {
				m.reals[r.F] = struct{}{}
			}
		case m.plain != nil:
			m.addPlain(t, v)
		default:
			if n := v.Node(); !n.IsNull() {
				m.nodes = append(m.nodes, n)
			}
		}
	}
	return m
}

// addPlain adds a number, truth or tick count; a real with a fraction equals no whole number.
func (m *members) addPlain(t value.Type, v value.Value) {
	if v.Type == value.Real && t.Integer() && v.F != math.Trunc(v.F) {
		return
	}
	if t == value.Int {
		t = value.Long
	}
	if r := value.Convert(v, t); !r.Null {
		m.plain[r.I] = struct{}{}
	}
}

func (m *members) test(col vector.Column, fold, negate bool, out []bool) {
	switch {
	case m.texts != nil:
		s := vector.TextsOf(col)
		for i := range out {
			text := s.At(i)
			if fold {
				text = foldASCII(text)
			}
			_, ok := m.texts[text]
			out[i] = ok != negate
		}
	case m.reals != nil:
		v := vector.Float64s(col)
		for i := range out {
			_, ok := m.reals[v.At(i)]
			out[i] = (ok && !v.IsNull(i)) != negate
		}
	case m.plain != nil:
		if col.Type() == value.Bool {
			for i := range out {
				v := col.Value(i)
				_, ok := m.plain[v.I]
				out[i] = (ok && !v.Null) != negate
			}
			return
		}
		v := vector.Int64s(col)
		for i := range out {
			_, ok := m.plain[v.At(i)]
			out[i] = (ok && !v.IsNull(i)) != negate
		}
	default:
		t := trees(col)
		for i := range out {
			out[i] = nodeIn(t.At(i), m.nodes, fold) != negate
		}
	}
}

// nodeIn compares a dynamic with each member: as values, or by their text when one of them is text.
func nodeIn(n *value.Node, list []*value.Node, fold bool) bool {
	if n.IsNull() {
		return false
	}
	for _, e := range list {
		if e.Kind == value.KindString || n.Kind == value.KindString {
			a, b := n.Text(), e.Text()
			if a == b || fold && equalFold(a, b) {
				return true
			}
			continue
		}
		if value.EqualNodes(n, e) {
			return true
		}
	}
	return false
}

func inVarying(args []vector.Column, fold, negate bool, out []bool) {
	t := args[0].Type()
	var list []value.Value
	for i := range out {
		list = list[:0]
		for _, a := range args[1:] {
			list = appendMembers(list, a.Value(i))
		}
		one := out[i : i+1]
		newMembers(t, list, fold).test(args[0].Slice(i, i+1), fold, negate, one)
	}
}
