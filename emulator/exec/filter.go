package exec

import (
	"context"
	"sort"

	"github.com/seed-caab1ad3/blindspot/emulator/exec/expr"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/bind"
	"github.com/seed-caab1ad3/blindspot/emulator/plan"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

// filterNode keeps the rows for which all conjuncts are true. Conjuncts run cheapest first, each over the rows that the
// ones before it left.
type filterNode struct {
	columns
	carried
	conjuncts []*expr.Program
	whole     bool // a conjunct reads the order of rows
}

func (r *run) prepareFilter(x *bind.Filter) (node, error) {
	in, err := r.prepare(x.Input)
	if err != nil {
		return nil, err
	}
	n := &filterNode{columns: x.Cols, carried: carried{in}}
	for _, c := range plan.Conjuncts(x.Predicate) {
		if plan.HasWindow(c) {
			n.whole = true
		}
	}
	list := plan.Conjuncts(x.Predicate)
	if n.whole || !plan.Pure(x.Predicate) {
		list = []bind.Expr{x.Predicate}
	}
	for _, c := range list {
		p, err := r.compile(x.Input.Columns(), c)
		if err != nil {
			return nil, err
		}
		n.conjuncts = append(n.conjuncts, p)
	}
	sort.SliceStable(n.conjuncts, func(i, j int) bool { return n.conjuncts[i].Cost(0) < n.conjuncts[j].Cost(0) })
	return n, nil
}

func (n *filterNode) open(r *run) Operator {
	o := &filterOp{}
	for _, p := range n.conjuncts {
		o.frames = append(o.frames, p.NewFrame())
	}
	if n.whole {
		return r.breaker(n.input, func(_ context.Context, rows *Batch) (*Batch, error) {
			if rows.N == 0 {
				return rows, nil
			}
			b, err := o.keep(rows)
			if b == nil {
				return NewBatch(0, nil), err
			}
			return b, err
		})
	}
	o.in = r.open(n.input)
	return o
}

type filterOp struct {
	in     Operator
	frames []*expr.Frame
}

func (o *filterOp) Next(ctx context.Context) (*Batch, error) {
	for {
		b, err := o.in.Next(ctx)
		if b == nil || err != nil {
			return nil, err
		}
		b, err = o.keep(b)
		if b != nil || err != nil {
			return b, err
		}
	}
}

// keep returns the rows of b that pass, nil when none does.
func (o *filterOp) keep(b *Batch) (*Batch, error) {
	for _, f := range o.frames {
		f.Reset(b)
		c, err := f.Eval(0)
		if err != nil {
			return nil, err
		}
		rows, all := passing(c, b.N)
		if all {
			continue
		}
		if len(rows) == 0 {
			return nil, nil
		}
		b = b.Select(rows)
	}
	return b, nil
}

// passing returns the rows for which a predicate is true; all says that they all are.
func passing(c vector.Column, n int) (rows []int32, all bool) {
	if k, ok := c.(*vector.Const); ok {
		return nil, k.Val.Bool()
	}
	v := vector.Truths(c)
	data := v.Data
	if v.IsConst() && n != 1 {
		return nil, !v.Null && data[0]
	}
	if v.Null {
		return nil, false
	}
	count := 0
	if v.Nulls == nil {
		for _, t := range data[:n] {
			if t {
				count++
			}
		}
	} else {
		for i, t := range data[:n] {
			if t && !v.Nulls.Has(i) {
				count++
			}
		}
	}
	if count == n || count == 0 {
		return nil, count == n
	}
	rows = make([]int32, count+1) // one to write to past the last
	k := 0
	if v.Nulls == nil {
		for i, t := range data[:n] {
			rows[k] = int32(i)
			if t {
				k++
			}
		}
	} else {
		for i, t := range data[:n] {
			rows[k] = int32(i)
			if t && !v.Nulls.Has(i) {
				k++
			}
		}
	}
	return rows[:count], false
}

func (o *filterOp) Close() { o.in.Close() }
