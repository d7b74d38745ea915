package exec

import (
	"context"
	"slices"

	"github.com/seed-caab1ad3/blindspot/emulator/exec/expr"
	"github.com/seed-caab1ad3/blindspot/emulator/keys"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/bind"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

// sampleNode keeps some rows, drawn by the query's own random source, in the order of the input.
type sampleNode struct {
	columns
	carried
	count bind.Expr
}

func (r *run) prepareSample(x *bind.Sample) (node, error) {
	in, err := r.prepare(x.Input)
	return &sampleNode{x.Cols, carried{in}, x.Count}, err
}

func (n *sampleNode) open(r *run) Operator {
	return r.breaker(n.input, func(_ context.Context, rows *Batch) (*Batch, error) {
		k, err := r.count(n.count)
		if err != nil || k >= rows.N {
			return rows, err
		}
		drawn := make([]int32, k)
		for i := range int32(rows.N) {
			if int(i) < k {
				drawn[i] = i
			} else if j := r.random.IntN(int(i) + 1); j < k {
				drawn[j] = i
			}
		}
		slices.Sort(drawn)
		return rows.Select(drawn), nil
	})
}

// sampleDistinctNode keeps the first distinct values.
type sampleDistinctNode struct {
	columns
	input node
	count bind.Expr
	of    *expr.Program
}

func (r *run) prepareSampleDistinct(x *bind.SampleDistinct) (node, error) {
	in, err := r.prepare(x.Input)
	if err != nil {
		return nil, err
	}
	of, err := r.compile(x.Input.Columns(), x.Expr)
	return &sampleDistinctNode{x.Cols, in, x.Count, of}, err
}

func (n *sampleDistinctNode) open(r *run) Operator {
	in := r.open(n.input)
	return &lazily{size: r.o.BatchSize, done: in.Close, make: func(ctx context.Context) (*Batch, error) {
		k, err := r.count(n.count)
		if err != nil {
			return nil, err
		}
		table := keys.NewTable([]value.Type{n.of.Type(0)})
		frame := n.of.NewFrame()
		var ids []int32
		for table.Len() < k {
			b, err := in.Next(ctx)
			if err != nil {
				return nil, err
			}
			if b == nil {
				break
			}
			cols, err := frame.All(b)
			if err != nil {
				return nil, err
			}
			ids = table.IDs(cols, b.N, true, false, ids)
		}
		m := min(k, table.Len())
		return NewBatch(m, []vector.Column{table.Columns()[0].Slice(0, m)}), nil
	}}
}
