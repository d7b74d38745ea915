package exec

import (
	"context"
	"fmt"
	"sort"

	"github.com/seed-caab1ad3/blindspot/emulator/keys"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/bind"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

// preparePivot makes ready the aggregation that pivot runs: the keys, then the pivot column, count() unless another
// aggregate is given.
func (r *run) preparePivot(n *evaluateNode) error {
	x := n.rel
	if len(x.Args) == 0 || n.places[0] < 0 {
		return refuse(x.At, "pivot by what is no column")
	}
	call := bind.AggregateCall{Name: "count", At: x.At, Outputs: []*bind.Column{{Name: "count_", Type: value.Long}}}
	if x.Aggregate != nil {
		call = *x.Aggregate
		if len(call.Outputs) == 0 || call.Outputs[0] == nil {
			call.Outputs = []*bind.Column{{Name: call.Name, Type: value.Unknown}}
		}
	}
	var keys []bind.Assignment
	var cols []*bind.Column
	add := func(e bind.Expr) {
		c := e.(*bind.ColumnRef).Column
		keys = append(keys, bind.Assignment{Column: c, Expr: e})
		cols = append(cols, c)
	}
	for i := 1; i < len(x.Args); i++ {
		if n.places[i] < 0 {
			return refuse(x.At, "pivot whose keys are no columns")
		}
		add(x.Args[i])
	}
	add(x.Args[0])
	cols = append(cols, call.Outputs[0])
	var err error
	n.aggregate, err = r.aggregation(n.input, n.inCols, cols, keys, []bind.AggregateCall{call})
	return err
}

// pivot makes a column of each value of the pivot column, in the order of their names, holding the aggregate of the rows
// with that value; where there are no such rows, what the aggregate gives over none.
//
// Source: Kusto documentation, "pivot plugin".
func pivot(_ context.Context, _ *run, n *evaluateNode, in, _ *Batch) (*Batch, error) {
	keyCount := len(n.rel.Args) - 1
	g := n.aggregate.newGrouping()
	if in.N > 0 {
		if err := g.add(in); err != nil {
			return nil, err
		}
	}
	groups, err := g.finish()
	if err != nil {
		return nil, err
	}
	types := make([]value.Type, keyCount)
	groupKeys := make([]vector.Column, keyCount)
	for i := range groupKeys {
		groupKeys[i] = groups.Column(i)
		types[i] = groupKeys[i].Type()
	}
	table := keys.NewTable(types)
	rowOf := table.IDs(groupKeys, groups.N, true, false, nil)
	if len(types) == 0 && groups.N > 0 {
		table.AddEmpty()
	}
	byName := map[string][]int32{} // groups by row, -1 for none
	var names []string
	pivots, results := groups.Column(keyCount), groups.Column(keyCount+1)
	for id := range groups.N {
		name := pivots.Value(id).Text()
		list, ok := byName[name]
		if !ok {
			list = make([]int32, table.Len())
			for i := range list {
				list[i] = -1
			}
			byName[name] = list
			names = append(names, name)
		}
		list[rowOf[id]] = int32(id)
	}
	sort.Strings(names)
	call := n.aggregate.calls[0]
	if call.fn == nil {
		return nil, fmt.Errorf("pivot takes no %s()", call.Name)
	}
	empty := call.fn.New(call.types, call.consts, results.Type())
	empty.Resize(1)
	none := empty.Finish().Value(0)
	out := make([]vector.Column, len(n.columns))
	keyCols := table.Columns()
	placed := map[string]bool{}
	column := func(name string) vector.Column {
		b := vector.NewBuilder(results.Type(), table.Len())
		for _, id := range byName[name] {
			if id < 0 {
				b.Append(none)
			} else {
				b.Append(results.Value(int(id)))
			}
		}
		return b.Finish()
	}
	for i, c := range n.columns {
		for k, a := range n.rel.Args[1:] {
			if ref, ok := a.(*bind.ColumnRef); ok && (ref.Column == c || out[i] == nil && ref.Column.Name == c.Name) {
				out[i] = keyCols[k]
			}
		}
		if out[i] != nil {
			continue
		}
		if _, ok := byName[c.Name]; ok {
			out[i], placed[c.Name] = column(c.Name), true
		} else {
			t := c.Type
			if t == value.Unknown {
				t = results.Type()
			}
			out[i] = &vector.Const{Val: value.Null(t), N: table.Len()}
		}
	}
	for _, name := range names {
		if !placed[name] {
			n.found = append(n.found, &bind.Column{Name: name, Type: results.Type()})
			out = append(out, column(name))
		}
	}
	return NewBatch(table.Len(), out), nil
}

// narrow makes a row of each cell: the number of its row, its column's name, its text.
func narrow(_ context.Context, _ *run, n *evaluateNode, in, _ *Batch) (*Batch, error) {
	rows, names, values := vector.NewBuilder(value.Long, in.N), vector.NewBuilder(value.String, in.N), vector.NewBuilder(value.String, in.N)
	for row := range in.N {
		for i, c := range n.inCols {
			if c.Hidden {
				continue
			}
			rows.AppendLong(int64(row))
			names.AppendString(c.Name)
			values.AppendString(in.Column(i).Value(row).Text())
		}
	}
	return NewBatch(rows.Len(), []vector.Column{rows.Finish(), names.Finish(), values.Finish()}), nil
}
