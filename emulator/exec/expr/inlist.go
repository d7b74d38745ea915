package expr

import (
	"fmt"
	"strings"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/bind"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

// inList computes `x in (T)` and its kin: the relation's first column, arrays flattened, is made a dynamic array once a
// query, and the operator's own kernel searches it.
func (f *Frame) inList(n *node) (vector.Column, error) {
	arg, err := f.eval(n.args[0])
	if err != nil {
		return nil, err
	}
	in := n.expr.(*bind.InSubquery)
	set, err := f.p.env.List(in)
	if err != nil {
		return nil, err
	}
	fold := strings.HasSuffix(in.Op, "~")
	switch in.Op {
	case "in", "!in", "in~", "!in~":
		return set.contains(arg, f.n, fold, strings.HasPrefix(in.Op, "!")), nil
	}
	kernel, err := f.p.env.Kernel(bind.NewCall(in.Op, nil, value.Bool, in.Span(), in.Arg, bind.NewConst(value.NewDynamic(set.array()), in.Span())))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", in.Op, err)
	}
	return kernel()([]vector.Column{arg, &vector.Const{Val: value.NewDynamic(set.array()), N: f.n}}, f.n)
}

// List is the values that an `in (T)` searches.
type List struct {
	values []value.Value
	texts  map[string]bool // strings alone, as they are
	exact  map[string]bool // by memberKey
	folded map[string]bool
}

// NewList prepares the values of a column for membership tests; arrays are flattened.
func NewList(col vector.Column) *List {
	l := &List{texts: map[string]bool{}, exact: map[string]bool{}, folded: map[string]bool{}}
	for i := range col.Len() {
		l.add(col.Value(i))
	}
	return l
}

func (l *List) add(v value.Value) {
	if v.Type == value.Dynamic {
		if v.Dyn != nil && v.Dyn.Kind == value.KindArray {
			for _, e := range v.Dyn.Elems {
				l.add(value.NewDynamic(e))
			}
			return
		}
		v = v.Dyn.Scalar()
	}
	if v.Null {
		return
	}
	l.values = append(l.values, v)
	if v.Type == value.String || v.Type == value.GUID {
		l.texts[v.S] = true
	}
	key := memberKey(v)
	l.exact[key] = true
	l.folded[strings.ToLower(key)] = true
}

// memberKey returns a text that two values share when `in` takes them for equal: numbers of all types alike.
func memberKey(v value.Value) string {
	switch v.Type {
	case value.Int, value.Long:
		return "n" + v.Text()
	case value.Real:
		if i, ok := value.LongOfReal(v.F); ok && float64(i) == v.F {
			return "n" + value.NewLong(i).Text()
		}
		return "n" + v.Text()
	case value.String, value.GUID:
		return "s" + v.S
	}
	return v.Type.String() + v.Text()
}

func (l *List) array() *value.Node {
	nodes := make([]*value.Node, len(l.values))
	for i, v := range l.values {
		nodes[i] = v.Node()
	}
	return value.NodeArray(nodes...)
}

func (l *List) contains(arg vector.Column, n int, fold, negate bool) vector.Column {
	out := &vector.Bools{Data: make([]bool, n)}
	if s, ok := arg.(*vector.Strings); ok && !fold && s.Typ == value.String {
		for i := range out.Data {
			out.Data[i] = l.texts[s.At(i)] != negate
		}
		return out
	}
	for i := range out.Data {
		v := arg.Value(i)
		if v.Type == value.Dynamic && v.Dyn != nil {
			v = v.Dyn.Scalar()
		}
		found := false
		if !v.Null {
			if key := memberKey(v); fold {
				found = l.folded[strings.ToLower(key)]
			} else {
				found = l.exact[key]
			}
		}
		out.Data[i] = found != negate
	}
	return out
}
