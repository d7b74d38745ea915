package exec

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"

	"github.com/seed-caab1ad3/blindspot/emulator/exec/expr"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/bind"
)

// Prepared keeps a relation ready to run: its expressions are compiled once and not for every run. Any number of runs may
// go on at once, each on a preparation of its own. The zero value is not ready; see NewPrepared.
type Prepared struct {
	rel bind.Rel

	mu   sync.Mutex
	free []*ready
}

// readyLimit bounds the preparations of one relation that are kept.
const readyLimit = 4

// ready is a relation prepared for one run at a time.
type ready struct {
	r *run
	n node
}

// NewPrepared returns a relation that is prepared when it first runs. Options.Rewrite must do the same in all its runs.
func NewPrepared(rel bind.Rel) *Prepared { return &Prepared{rel: rel} }

// Run is Run for the relation.
func (p *Prepared) Run(ctx context.Context, o Options) (*Result, error) {
	if limit := o.Limits.Time; limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, limit, fmt.Errorf("%w: the query ran longer than %s", ErrTime, limit))
		defer cancel()
	}
	ctx, unwatch := watchMemory(ctx)
	defer unwatch()
	x := p.take(o)
	if x != nil {
		x.r.again(ctx, o)
	} else {
		r := newRun(ctx, o)
		r.preparing = true
		n, err := r.prepare(p.rel)
		if err != nil {
			return nil, err
		}
		r.preparing = false
		x = &ready{r, n}
	}
	res, err := x.r.result(ctx, p.rel, x.n)
	if err == nil && x.r.reusable() {
		x.r.forget()
		p.put(x)
	}
	return res, err
}

// take returns a preparation that fits the options, nil when there is none.
func (p *Prepared) take(o Options) *ready {
	if o.Profile != nil || o.Context != nil {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, x := range p.free {
		if !x.r.clocked.Load() || x.r.o.Now == o.Now {
			last := len(p.free) - 1
			p.free[i] = p.free[last]
			p.free[last] = nil
			p.free = p.free[:last]
			return x
		}
	}
	return nil
}

func (p *Prepared) put(x *ready) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.free) >= readyLimit {
		copy(p.free, p.free[1:])
		p.free[len(p.free)-1] = x
		return
	}
	p.free = append(p.free, x)
}

// reusable reports whether what was prepared is the same for another run, and at rest. It is not where preparing asked for
// the rows of a relation, where each operator is counted, and where workers may still be ending.
func (r *run) reusable() bool {
	return !r.once && r.o.Workers == 1 && r.o.Profile == nil && r.o.Context == nil
}

// again makes a prepared run ready for other rows, at the same instant where its expressions depend on it.
func (r *run) again(ctx context.Context, o Options) {
	r.o, r.ctx = o.complete(), ctx
	r.random = rand.New(rand.NewPCG(o.Seed, 0))
	r.kernels.Now, r.kernels.Rand = o.Now, r.random
	r.env.Memory = o.Memory
}

// forget lets go of all that came of the rows of a run.
func (r *run) forget() {
	r.ctx, r.o.Tables, r.o.Memory, r.env.Memory = nil, nil, nil, nil
	for _, s := range r.shared {
		s.reset()
	}
	for _, in := range r.bodies {
		in.rows = nil
	}
	for _, n := range r.named {
		n.found = nil
	}
	for _, p := range r.programs {
		p.Forget()
	}
	clear(r.scalars)
	clear(r.lists)
}

// compile prepares expressions of a node. It is for preparing alone; see constant for what runs later.
func (r *run) compile(in []*bind.Column, exprs ...bind.Expr) (*expr.Program, error) {
	p, err := expr.Compile(r.env, expr.Layout(in), exprs...)
	if err == nil {
		r.programs = append(r.programs, p)
	}
	return p, err
}
