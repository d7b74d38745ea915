package exec

import (
	"context"
	"slices"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/bind"
	"github.com/seed-caab1ad3/blindspot/emulator/plan"
)

// wholeNode hands on its input as one batch.
type wholeNode struct {
	columns
	carried
}

// whole returns in, made to yield one batch when one of the expressions over it calls a function over the order of rows,
// which must see them all.
func (r *run) whole(in node, cols []*bind.Column, exprs ...bind.Expr) node {
	if slices.ContainsFunc(exprs, func(e bind.Expr) bool { return e != nil && plan.HasWindow(e) }) {
		return &wholeNode{cols, carried{in}}
	}
	return in
}

func (n *wholeNode) open(r *run) Operator {
	in := r.open(n.input)
	return &lazily{size: 1<<31 - 1, done: in.Close, make: func(ctx context.Context) (*Batch, error) {
		return r.collect(ctx, in, n.input, 0)
	}}
}
