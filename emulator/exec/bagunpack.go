package exec

import (
	"context"
	"fmt"
	"sort"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/bind"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

// bagUnpack makes a column of each key of the bags in a column, in the order of their names. A column has the type that all
// its values share, and is dynamic otherwise.
//
// Source: Kusto documentation, "bag_unpack plugin".
func bagUnpack(_ context.Context, _ *run, n *evaluateNode, in, _ *Batch) (*Batch, error) {
	if len(n.places) == 0 || n.places[0] < 0 {
		return nil, fmt.Errorf("the first argument must be a column")
	}
	prefix := ""
	if v, ok := n.constant("OutputColumnPrefix"); ok {
		prefix = v.Text()
	}
	conflict := "error"
	if v, ok := n.constant("columnsConflict"); ok {
		conflict = v.Text()
	}
	ignored := map[string]bool{}
	if v, ok := n.constant("ignoredProperties"); ok && v.Dyn != nil {
		for _, e := range v.Dyn.Elems {
			ignored[e.Text()] = true
		}
	}
	wanted := map[*bind.Column]bool{}
	for _, c := range n.rel.Wanted {
		wanted[c] = true
	}
	known := map[string]int{} // the input's columns that stay, by name
	out := make([]vector.Column, len(n.columns))
	missing := map[string]int{}
	source := map[*bind.Column]int{}
	for i, c := range n.inCols {
		source[c] = i
	}
	for i, c := range n.columns {
		if wanted[c] {
			missing[c.Name] = i
			continue
		}
		if j, ok := source[c]; ok {
			known[c.Name] = i
			out[i] = in.Column(j)
		}
	}
	bags := vector.TreesOf(in.Column(n.places[0]))
	values := map[string][]*value.Node{}
	var names []string
	for row := range in.N {
		bag := bags.At(row)
		if bag == nil || bag.Kind != value.KindBag {
			continue
		}
		for k, key := range bag.Keys {
			if ignored[key] {
				continue
			}
			name := prefix + key
			list, ok := values[name]
			if !ok {
				list = make([]*value.Node, in.N)
				values[name] = list
				names = append(names, name)
			}
			list[row] = bag.Elems[k]
		}
	}
	sort.Strings(names)
	for _, name := range names {
		if at, ok := known[name]; ok {
			switch conflict {
			case "keep_source":
			case "replace_source":
				out[at] = unpacked(values[name], n.columns[at].Type)
			default:
				return nil, fmt.Errorf("the bags have a key %q and the input has a column of that name; say columnsConflict='replace_source' or 'keep_source'", name)
			}
			continue
		}
		if at, ok := missing[name]; ok {
			out[at] = unpacked(values[name], n.columns[at].Type)
			continue
		}
		col := unpacked(values[name], value.Unknown)
		n.found = append(n.found, &bind.Column{Name: name, Type: col.Type()})
		out = append(out, col)
	}
	for i, c := range out {
		if c == nil {
			t := value.Unknown
			if i < len(n.columns) {
				t = n.columns[i].Type
			}
			if t == value.Unknown {
				t = value.Dynamic
			}
			out[i] = &vector.Const{Val: value.Null(t), N: in.N}
		}
	}
	return NewBatch(in.N, out), nil
}

// unpacked makes a column of nodes, of the type that they share unless another is asked for.
func unpacked(nodes []*value.Node, t value.Type) vector.Column {
	if t == value.Unknown {
		for _, n := range nodes {
			if n.IsNull() {
				continue
			}
			one := n.Scalar().Type
			switch {
			case t == value.Unknown || t == one:
				t = one
			case t == value.Long && one == value.Real || t == value.Real && one == value.Long:
				t = value.Real
			default:
				t = value.Dynamic
			}
		}
		if t == value.Unknown {
			t = value.Dynamic
		}
	}
	b := vector.NewBuilder(t, len(nodes))
	for _, n := range nodes {
		appendNode(b, n, t)
	}
	return b.Finish()
}
