package exec

import (
	"context"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/bind"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

// takeNode keeps the first rows.
type takeNode struct {
	columns
	carried
	count bind.Expr
}

func (r *run) prepareTake(x *bind.Take) (node, error) {
	in, err := r.prepare(x.Input)
	if err != nil {
		return nil, err
	}
	if _, err := r.compile(nil, x.Count); err != nil {
		return nil, err
	}
	return &takeNode{x.Cols, carried{in}, x.Count}, nil
}

func (n *takeNode) open(r *run) Operator { return &takeOp{n: n, r: r, in: r.open(n.input), left: -1} }

type takeOp struct {
	n    *takeNode
	r    *run
	in   Operator
	left int
}

func (o *takeOp) Next(ctx context.Context) (*Batch, error) {
	if o.left < 0 {
		n, err := o.r.count(o.n.count)
		if err != nil {
			return nil, err
		}
		o.left = n
	}
	if o.left == 0 {
		o.in.Close()
		return nil, nil
	}
	b, err := o.in.Next(ctx)
	if b == nil || err != nil {
		return nil, err
	}
	if b.N > o.left {
		b = b.Slice(0, o.left)
	}
	o.left -= b.N
	return b, nil
}

func (o *takeOp) Close() { o.in.Close() }

// countNode counts rows.
type countNode struct {
	columns
	input node
}

func (r *run) prepareCount(x *bind.Count) (node, error) {
	in, err := r.prepare(x.Input)
	return &countNode{x.Cols, in}, err
}

func (n *countNode) open(r *run) Operator {
	in := r.open(n.input)
	return &lazily{size: r.o.BatchSize, done: in.Close, make: func(ctx context.Context) (*Batch, error) {
		rows := int64(0)
		for {
			b, err := in.Next(ctx)
			if err != nil {
				return nil, err
			}
			if b == nil {
				return NewBatch(1, []vector.Column{&vector.Longs{Typ: value.Long, Data: []int64{rows}}}), nil
			}
			rows += int64(b.N)
		}
	}}
}

// consumeNode reads its input and yields nothing.
type consumeNode struct {
	columns
	input node
}

func (r *run) prepareConsume(x *bind.Consume) (node, error) {
	in, err := r.prepare(x.Input)
	return &consumeNode{x.Cols, in}, err
}

func (n *consumeNode) open(r *run) Operator {
	in := r.open(n.input)
	return &lazily{size: r.o.BatchSize, done: in.Close, make: func(ctx context.Context) (*Batch, error) {
		for {
			b, err := in.Next(ctx)
			if b == nil || err != nil {
				return NewBatch(0, make([]vector.Column, len(n.columns))), err
			}
		}
	}}
}

// prepareGetSchema makes the rows that describe the input's columns.
func (r *run) prepareGetSchema(x *bind.GetSchema) (node, error) {
	in, err := r.prepare(x.Input)
	if err != nil {
		return nil, err
	}
	return &schemaNode{x.Cols, in, x.Input.Columns()}, nil
}

type schemaNode struct {
	columns
	input node
	of    []*bind.Column
}

// clrType is the .NET type that getschema names beside Kusto's.
var clrType = [...]string{"System.Object", "System.SByte", "System.Int32", "System.Int64", "System.Double", "System.Data.SqlTypes.SqlDecimal",
	"System.DateTime", "System.TimeSpan", "System.Guid", "System.String", "System.Object"}

func (n *schemaNode) open(r *run) Operator {
	return &lazily{size: r.o.BatchSize, make: func(ctx context.Context) (*Batch, error) {
		list := n.of
		if extra := extraOf(n.input); extra != nil {
			op := r.open(n.input)
			defer op.Close()
			if _, err := r.drain(ctx, op, 0); err != nil {
				return nil, err
			}
			list = append(list[:len(list):len(list)], extra()...)
		}
		names, ordinals := vector.NewBuilder(value.String, len(list)), vector.NewBuilder(value.Long, len(list))
		clr, types := vector.NewBuilder(value.String, len(list)), vector.NewBuilder(value.String, len(list))
		rows := 0
		for _, c := range list {
			if c.Hidden {
				continue
			}
			names.AppendString(c.Name)
			ordinals.AppendLong(int64(rows))
			clr.AppendString(clrType[c.Type])
			types.AppendString(c.Type.String())
			rows++
		}
		out := []vector.Column{names.Finish(), ordinals.Finish(), clr.Finish(), types.Finish()}
		for i, c := range n.columns {
			if i < len(out) {
				out[i] = convert(out[i], c.Type)
			}
		}
		return NewBatch(rows, out), nil
	}}
}
