package exec

import (
	"context"

	"github.com/seed-caab1ad3/blindspot/emulator/exec/expr"
	"github.com/seed-caab1ad3/blindspot/emulator/keys"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/bind"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

// mvApplyNode is mv-apply: each row's elements become rows, the body runs over them, and its rows are put beside the
// columns of the row.
type mvApplyNode struct {
	columns
	input    node
	e        *expansion
	in       *bodyInput
	inFrom   []int // by column of the body's input: the input's column, -1 for an item, -2 for the index
	inItem   []int
	body     node
	fromIn   []int // by output column: the input's column
	fromBody []int // by output column: the body's column
}

func (r *run) prepareMvApply(x *bind.MvApply) (node, error) {
	in, err := r.prepare(x.Input)
	if err != nil {
		return nil, err
	}
	n := &mvApplyNode{columns: x.Cols, input: in}
	if n.e, err = r.expansion(x.Input.Columns(), x.Items, false, x.Limit); err != nil {
		return nil, err
	}
	n.inFrom, n.inItem = bodySources(x.Source.Cols, x.Input.Columns(), x.Items, x.ItemIndex)
	if n.body, err = r.prepare(x.Body); err != nil {
		return nil, err
	}
	n.in = r.bodies[x.Source]
	if n.in == nil {
		n.in = &bodyInput{}
	}
	n.fromIn = places(x.Cols, x.Passed, x.Input.Columns())
	n.fromBody = places(x.Cols, x.BodyOut, x.Body.Columns())
	return n, nil
}

// bodySources finds where each column of a body's input comes from: the same column of the input, an item, or one of the
// input with its name.
func bodySources(cols, in []*bind.Column, items []bind.ExpandItem, index *bind.Column) (from, item []int) {
	at := expr.Layout(in)
	byName := map[string]int{}
	for i, c := range in {
		byName[c.Name] = i
	}
	from, item = make([]int, len(cols)), make([]int, len(cols))
	for i, c := range cols {
		from[i] = -3
		for k, it := range items {
			if it.Column == c {
				from[i], item[i] = -1, k
			}
		}
		if index != nil && c == index {
			from[i] = -2
		}
		if from[i] == -3 {
			if j, ok := at[c]; ok {
				from[i] = j
			} else if j, ok := byName[c.Name]; ok {
				from[i] = j
			}
		}
	}
	return from, item
}

func (n *mvApplyNode) open(r *run) Operator {
	return &mvApplyOp{n: n, r: r, in: r.open(n.input), frame: n.e.exprs.NewFrame()}
}

type mvApplyOp struct {
	n     *mvApplyNode
	r     *run
	in    Operator
	frame *expr.Frame
	done  bool
}

func (o *mvApplyOp) Next(ctx context.Context) (*Batch, error) {
	for !o.done {
		b, err := o.in.Next(ctx)
		if err != nil {
			return nil, err
		}
		if b == nil {
			o.done = true
			break
		}
		out, err := o.apply(ctx, b)
		if err != nil {
			return nil, err
		}
		if out != nil && out.N > 0 {
			return out, nil
		}
	}
	return nil, nil
}

func (o *mvApplyOp) apply(ctx context.Context, b *Batch) (*Batch, error) {
	n := o.n
	limit, err := n.e.rowLimit(o.r)
	if err != nil {
		return nil, err
	}
	under, err := n.e.begin(o.frame, b, limit, nil)
	if err != nil {
		return nil, err
	}
	x := under.next(limit, min(o.r.o.Limits.Cells, 1<<30)+1)
	if err := o.r.expanded(ctx, "mv-apply", len(x.rows)); err != nil {
		return nil, err
	}
	mapping := make([]int, len(n.inFrom))
	for i, from := range n.inFrom {
		mapping[i] = max(from, -1)
	}
	all := b.Select(x.rows).Remap(mapping)
	for i, from := range n.inFrom {
		switch from {
		case -1:
			all.cols[i] = x.cols[n.inItem[i]]
		case -2:
			all.cols[i] = &vector.Longs{Typ: value.Long, Data: x.index}
		}
	}
	var bodies []*Batch
	var rows []int32
	for from := 0; from < len(x.rows); {
		to := from + 1
		for to < len(x.rows) && x.rows[to] == x.rows[from] {
			to++
		}
		got, err := o.r.runBody(ctx, n.body, n.in, all.Slice(from, to))
		if err != nil {
			return nil, err
		}
		for _, g := range got {
			bodies = append(bodies, g)
			for range g.N {
				rows = append(rows, x.rows[from])
			}
		}
		from = to
	}
	if len(rows) == 0 {
		return nil, nil
	}
	body := concat(bodies, n.body.width())
	outer := b.Select(rows)
	cols := make([]vector.Column, len(n.columns))
	for i, c := range n.columns {
		switch {
		case n.fromBody[i] >= 0:
			cols[i] = body.Column(n.fromBody[i])
		case n.fromIn[i] >= 0:
			cols[i] = outer.Column(n.fromIn[i])
		default:
			cols[i] = &vector.Const{Val: value.Null(c.Type), N: len(rows)}
		}
	}
	return NewBatch(len(rows), cols), nil
}

// runBody runs a body over the rows handed to it.
func (r *run) runBody(ctx context.Context, body node, in *bodyInput, rows *Batch) ([]*Batch, error) {
	saved := in.rows
	in.rows = rows
	defer func() { in.rows = saved }()
	op := r.open(body)
	defer op.Close()
	list, err := r.drain(ctx, op, 0)
	for _, b := range list {
		b.Columns()
	}
	return list, err
}

func (o *mvApplyOp) Close() { o.in.Close() }

// partitionNode runs its body once a distinct key, keys in the order of their first rows.
type partitionNode struct {
	columns
	input node
	key   int
	typ   value.Type
	in    *bodyInput
	from  []int
	body  node
}

func (r *run) preparePartition(x *bind.Partition) (node, error) {
	in, err := r.prepare(x.Input)
	if err != nil {
		return nil, err
	}
	n := &partitionNode{columns: x.Cols, input: in, key: -1}
	for i, c := range x.Input.Columns() {
		if c == x.Key {
			n.key, n.typ = i, c.Type
		}
	}
	if n.key < 0 {
		return nil, refuse(x.At, "partition by a column that its input lacks")
	}
	if n.body, err = r.prepare(x.Body); err != nil {
		return nil, err
	}
	if n.in = r.bodies[x.Source]; n.in == nil {
		n.in = &bodyInput{}
	}
	n.from, _ = bodySources(x.Source.Cols, x.Input.Columns(), nil, nil)
	return n, nil
}

func (n *partitionNode) open(r *run) Operator {
	return r.breaker(n.input, func(ctx context.Context, rows *Batch) (*Batch, error) {
		if rows.N == 0 {
			return NewBatch(0, make([]vector.Column, len(n.columns))), nil
		}
		table := keys.NewTable([]value.Type{n.typ})
		ids := table.IDs([]vector.Column{rows.Column(n.key)}, rows.N, true, false, nil)
		groups := make([][]int32, table.Len())
		for i, id := range ids {
			groups[id] = append(groups[id], int32(i))
		}
		all := rows.Remap(n.from)
		var out []*Batch
		for _, g := range groups {
			list, err := r.runBody(ctx, n.body, n.in, all.Select(g))
			if err != nil {
				return nil, err
			}
			out = append(out, list...)
		}
		return concat(out, len(n.columns)), nil
	})
}
