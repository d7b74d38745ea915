package exec

import (
	"context"
	"fmt"
	"sync"

	"github.com/seed-caab1ad3/blindspot/emulator/exec/expr"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/bind"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

// sharedRows is a definition's rows, computed once a run.
type sharedRows struct {
	once sync.Once
	node node
	err  error
	rows []*Batch
}

func (s *sharedRows) reset() { s.once, s.err, s.rows = sync.Once{}, nil, nil }

// sharedNode is one use of a shared relation.
type sharedNode struct {
	columns
	rows *sharedRows
}

func (r *run) prepareShared(x *bind.Shared) (node, error) {
	rows, ok := r.shared[x.Def]
	if !ok {
		def, err := r.prepare(x.Def.Rel)
		if err != nil {
			return nil, err
		}
		rows = &sharedRows{node: def}
		r.shared[x.Def] = rows
	}
	return &sharedNode{x.Cols, rows}, nil
}

func (n *sharedNode) extra() []*bind.Column {
	if x, ok := n.rows.node.(opener); ok {
		return x.extra()
	}
	return nil
}

func (n *sharedNode) open(r *run) Operator { return &sharedOp{n: n, r: r} }

type sharedOp struct {
	n  *sharedNode
	r  *run
	at int
}

func (o *sharedOp) Next(ctx context.Context) (*Batch, error) {
	s := o.n.rows
	s.once.Do(func() {
		in := o.r.open(s.node)
		defer in.Close()
		if s.rows, s.err = o.r.drain(ctx, in, 0); s.err != nil {
			return
		}
		for _, b := range s.rows { // several readers may follow
			b.share()
		}
	})
	if s.err != nil || o.at >= len(s.rows) {
		return nil, s.err
	}
	if err := alive(ctx); err != nil {
		return nil, err
	}
	o.at++
	return s.rows[o.at-1].reader(), nil
}

func (o *sharedOp) Close() {}

// scalarResult is the value of a toscalar, computed once a run.
type scalarResult struct {
	once sync.Once
	val  value.Value
	err  error
}

func (r *run) scalar(s *bind.Subquery) (value.Value, error) {
	r.mu.Lock()
	res, ok := r.scalars[s]
	if !ok {
		res = &scalarResult{}
		r.scalars[s] = res
	}
	r.mu.Unlock()
	res.once.Do(func() {
		res.val = value.Null(s.Type())
		b, err := r.subquery(s.Rel, 1)
		if err != nil {
			res.err = fmt.Errorf("toscalar: %w", err)
			return
		}
		if b.N > 0 && b.Width() > 0 {
			res.val = b.Column(0).Value(0)
			if t := s.Type(); res.val.Type != t && t != value.Unknown {
				res.val = value.Convert(res.val, t)
			}
		}
	})
	return res.val, res.err
}

type listResult struct {
	once sync.Once
	list *expr.List
	err  error
}

func (r *run) list(s *bind.InSubquery) (*expr.List, error) {
	r.mu.Lock()
	res, ok := r.lists[s]
	if !ok {
		res = &listResult{}
		r.lists[s] = res
	}
	r.mu.Unlock()
	res.once.Do(func() {
		b, err := r.subquery(s.Rel, 0)
		if err != nil {
			res.err = err
			return
		}
		var first vector.Column = &vector.Longs{Typ: value.Long}
		if b.Width() > 0 && b.N > 0 {
			first = b.Column(0)
		}
		res.list = expr.NewList(first)
	})
	return res.list, res.err
}

// subquery runs a relation inside an expression; rows bounds how many are read, 0 for all. It runs on its own state but
// for the shared relations, which it may be the first to compute.
func (r *run) subquery(rel bind.Rel, rows int) (*Batch, error) {
	n, err := r.prepareInner(rel)
	if err != nil {
		return nil, err
	}
	op := r.open(n)
	defer op.Close()
	if rows == 1 {
		b, err := op.Next(r.ctx)
		if b == nil {
			b = filled(NewBatch(0, nil), n)
		}
		return b, err
	}
	return r.collect(r.ctx, op, n, 0)
}

// prepareInner prepares a relation inside an expression, once a run or a row of runs.
func (r *run) prepareInner(rel bind.Rel) (node, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	n, ok := r.inner[rel]
	if ok {
		return n, nil
	}
	rewritten := rel
	if r.o.Rewrite != nil {
		rewritten = r.o.Rewrite(rel)
	}
	r.once = r.once || r.preparing
	n, err := r.prepare(rewritten)
	if err == nil {
		r.inner[rel] = n
	}
	return n, err
}

// bodyInput is where the rows handed to a body stand while it runs.
type bodyInput struct {
	rows *Batch
}

type applyInputNode struct {
	columns
	in *bodyInput
}

func (r *run) prepareApplyInput(x *bind.ApplyInput) (node, error) {
	in, ok := r.bodies[x]
	if !ok {
		in = &bodyInput{}
		r.bodies[x] = in
	}
	return &applyInputNode{x.Cols, in}, nil
}

func (n *applyInputNode) open(r *run) Operator { return &rowsOf{b: n.in.rows, size: r.o.BatchSize} }
