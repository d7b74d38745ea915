package exec

import (
	"context"

	"github.com/seed-caab1ad3/blindspot/emulator/exec/expr"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/bind"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

// topNestedNode is top-nested: each level keeps the best values within each value of the level above.
type topNestedNode struct {
	columns
	input  node
	rel    *bind.TopNested
	levels []*aggregateNode
	totals []*aggregateNode // the same aggregates without keys, for the row of all others
	of     []*expr.Program
}

func (r *run) prepareTopNested(x *bind.TopNested) (node, error) {
	in, err := r.prepare(x.Input)
	if err != nil {
		return nil, err
	}
	n := &topNestedNode{columns: x.Cols, input: in, rel: x}
	cols := x.Input.Columns()
	for _, level := range x.Levels {
		by := level.By.Outputs[0]
		a, err := r.aggregation(in, cols, []*bind.Column{level.Of.Column, by}, []bind.Assignment{level.Of}, []bind.AggregateCall{level.By})
		if err != nil {
			return nil, err
		}
		total, err := r.aggregation(in, cols, []*bind.Column{by}, nil, []bind.AggregateCall{level.By})
		if err != nil {
			return nil, err
		}
		n.levels, n.totals = append(n.levels, a), append(n.totals, total)
	}
	return n, nil
}

func (n *topNestedNode) open(r *run) Operator {
	return r.breaker(n.input, func(_ context.Context, rows *Batch) (*Batch, error) {
		t := &topNesting{n: n, r: r}
		for _, c := range n.columns {
			t.out = append(t.out, vector.NewBuilder(c.Type, 0))
		}
		if rows.N > 0 {
			if err := t.level(0, rows, map[*bind.Column]value.Value{}); err != nil {
				return nil, err
			}
		}
		cols := make([]vector.Column, len(t.out))
		for i, b := range t.out {
			cols[i] = b.Finish()
		}
		return NewBatch(t.rows, cols), nil
	})
}

type topNesting struct {
	n    *topNestedNode
	r    *run
	out  []*vector.Builder
	rows int
}

func (t *topNesting) emit(row map[*bind.Column]value.Value) {
	for i, c := range t.n.columns {
		v, ok := row[c]
		if !ok {
			v = value.Null(c.Type)
		}
		t.out[i].Append(value.Convert(v, c.Type))
	}
	t.rows++
}

func (t *topNesting) level(k int, rows *Batch, row map[*bind.Column]value.Value) error {
	if k == len(t.n.levels) {
		t.emit(row)
		return nil
	}
	level, agg := t.n.rel.Levels[k], t.n.levels[k]
	g := agg.newGrouping()
	if err := g.add(rows); err != nil {
		return err
	}
	members := make([][]int32, g.table.Len())
	for i, id := range g.ids[:rows.N] {
		members[id] = append(members[id], int32(i))
	}
	groups, err := g.finish()
	if err != nil {
		return err
	}
	by := groups.Column(1)
	ranked := orderColumns([]vector.Column{by}, []bind.SortKey{{Descending: !level.Ascending, NullsFirst: level.Ascending}}, groups.N)
	keep := groups.N
	if level.Count != nil {
		count, err := t.r.count(level.Count)
		if err != nil {
			return err
		}
		keep = min(keep, count)
	}
	of := level.Of.Column
	for _, id := range ranked[:keep] {
		row[of], row[level.By.Outputs[0]] = groups.Column(0).Value(int(id)), by.Value(int(id))
		if err := t.level(k+1, rows.Select(members[id]), row); err != nil {
			return err
		}
	}
	if level.Others != nil && keep < groups.N {
		var rest []int32
		for _, id := range ranked[keep:] {
			rest = append(rest, members[id]...)
		}
		total := t.n.totals[k].newGrouping()
		if err := total.add(rows.Select(rest)); err != nil {
			return err
		}
		sum, err := total.finish()
		if err != nil {
			return err
		}
		others, err := t.r.constant(level.Others)
		if err != nil {
			return err
		}
		row[of], row[level.By.Outputs[0]] = others, sum.Column(0).Value(0)
		for _, below := range t.n.rel.Levels[k+1:] {
			delete(row, below.Of.Column)
			delete(row, below.By.Outputs[0])
		}
		t.emit(row)
	}
	delete(row, of)
	delete(row, level.By.Outputs[0])
	return nil
}
