package expr

import (
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

// path reads base.key or base[key] row by row: a bag's slot for a text, an array's element for a number, null for what is
// not there.
func path(base, key vector.Column, n int) vector.Column {
	out := make([]*value.Node, n)
	b := nodesOf(base)
	if k, ok := key.(*vector.Const); ok {
		for i := range out {
			out[i] = step(b(i), k.Val)
		}
		return &vector.Dynamics{Nodes: out}
	}
	for i := range out {
		out[i] = step(b(i), key.Value(i))
	}
	return &vector.Dynamics{Nodes: out}
}

func step(n *value.Node, key value.Value) *value.Node {
	if n == nil || key.Null {
		return nil
	}
	switch key.Type {
	case value.String:
		return n.Get(key.S)
	case value.Int, value.Long:
		return n.At(key.I)
	case value.Dynamic:
		switch key.Dyn.Kind {
		case value.KindString:
			return n.Get(key.Dyn.S)
		case value.KindLong:
			return n.At(key.Dyn.I)
		}
	}
	return nil
}

// nodesOf returns the rows of a dynamic column as trees. A string column, which a path over an untyped column may meet,
// is read as JSON.
func nodesOf(col vector.Column) func(int) *value.Node {
	switch c := col.(type) {
	case *vector.Dynamics:
		if c.Text != nil {
			return func(i int) *value.Node { return c.Text.Node(c.Codes[i]) }
		}
		return c.At
	case *vector.Const:
		node := c.Val.Node()
		return func(int) *value.Node { return node }
	case *vector.Strings:
		return func(i int) *value.Node { return value.ParseDynamic(c.Value(i).S) }
	}
	return func(i int) *value.Node { return col.Value(i).Node() }
}
