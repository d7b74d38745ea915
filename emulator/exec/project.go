package exec

import (
	"context"

	"github.com/seed-caab1ad3/blindspot/emulator/exec/expr"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/bind"
	"github.com/seed-caab1ad3/blindspot/emulator/plan"
)

// projectNode computes columns; a column merely passed on is not even made.
type projectNode struct {
	columns
	input   node
	program *expr.Program
	mapping []int // column of the input for each output, -1 for a computed one
	whole   bool  // an expression reads the order of rows
	extends bool  // columns of the input that the plan does not know are passed on
}

func (r *run) prepareProject(x *bind.Project) (node, error) {
	return r.project(x.Cols, x.Input, x.Assign, x.KeepsRest)
}

// prepareSerialize treats serialize as a projection that passes on all it does not assign.
func (r *run) prepareSerialize(x *bind.Serialize) (node, error) {
	byColumn := map[*bind.Column]bind.Expr{}
	for _, a := range x.Assign {
		byColumn[a.Column] = a.Expr
	}
	list := make([]bind.Assignment, len(x.Cols))
	for i, c := range x.Cols {
		e, ok := byColumn[c]
		if !ok {
			e = bind.NewColumnRef(c, x.At)
		}
		list[i] = bind.Assignment{Column: c, Expr: e}
	}
	return r.project(x.Cols, x.Input, list, true)
}

func (r *run) project(cols []*bind.Column, input bind.Rel, list []bind.Assignment, keepsRest bool) (node, error) {
	in, err := r.prepare(input)
	if err != nil {
		return nil, err
	}
	n := &projectNode{columns: cols, input: in, extends: keepsRest}
	exprs := make([]bind.Expr, len(list))
	for i, a := range list {
		exprs[i] = a.Expr
		n.whole = n.whole || plan.HasWindow(a.Expr)
	}
	if n.program, err = r.compile(input.Columns(), exprs...); err != nil {
		return nil, err
	}
	n.mapping = make([]int, len(list))
	for i := range list {
		n.mapping[i] = n.program.ColumnOf(i)
	}
	return n, nil
}

func (n *projectNode) extra() []*bind.Column {
	if x, ok := n.input.(opener); ok && n.extends {
		return x.extra()
	}
	return nil
}

func (n *projectNode) open(r *run) Operator {
	o := &projectOp{n: n, frame: n.program.NewFrame()}
	if n.whole {
		return r.breaker(n.input, func(_ context.Context, rows *Batch) (*Batch, error) { return o.apply(rows) })
	}
	o.in = r.open(n.input)
	return o
}

type projectOp struct {
	n     *projectNode
	in    Operator
	frame *expr.Frame
}

func (o *projectOp) Next(ctx context.Context) (*Batch, error) {
	b, err := o.in.Next(ctx)
	if b == nil || err != nil {
		return nil, err
	}
	return o.apply(b)
}

func (o *projectOp) apply(b *Batch) (*Batch, error) {
	mapping := o.n.mapping
	if more := b.Width() - o.n.input.width(); more > 0 && o.n.extends {
		mapping = append([]int(nil), mapping...)
		for i := range more {
			mapping = append(mapping, o.n.input.width()+i)
		}
	}
	out := b.Remap(mapping)
	o.frame.Reset(b)
	for i, from := range o.n.mapping {
		if from < 0 {
			c, err := o.frame.Eval(i)
			if err != nil {
				return nil, err
			}
			out.cols[i] = c
		}
	}
	return out, nil
}

func (o *projectOp) Close() { o.in.Close() }
