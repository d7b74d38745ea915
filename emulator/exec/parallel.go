package exec

import (
	"context"
	"sync"
)

// parallelRows is the number of rows of a table from which on its scan is divided among workers; below it everything runs
// on the caller's goroutine.
const parallelRows = 10_000

// morselRows is the number of rows of one piece of work.
const morselRows = 1 << 16

// splitter is a node that can be run over parts of its table on their own: reading, filtering and projecting.
type splitter interface {
	// rows returns the number of rows that would be read; ok is false when the node cannot be divided.
	rows(r *run) (n int, ok bool)
	// split opens the node once a part; the parts' rows, one after another, are the node's.
	split(r *run, size int) []Operator
}

// split divides a node into parts of some rows of its table, nil when it should run as one.
func (r *run) split(n node, size int) []Operator {
	if r.o.Workers <= 1 {
		return nil
	}
	s, ok := n.(splitter)
	if !ok {
		return nil
	}
	rows, ok := s.rows(r)
	if !ok || rows < parallelRows {
		return nil
	}
	parts := s.split(r, min(size, (rows+r.o.Workers)/(r.o.Workers+1)))
	if len(parts) < 2 {
		return nil
	}
	return parts
}

func (n *scanNode) rows(r *run) (int, bool) {
	segments, err := n.segments(r)
	if err != nil {
		return 0, false
	}
	total := 0
	for i := range segments {
		total += segments[i].len()
	}
	return total, true
}

func (n *scanNode) split(r *run, size int) []Operator {
	segments, _ := n.segments(r)
	var out []Operator
	for i := range segments {
		rows := segments[i].len()
		for from := 0; from < rows; from += size {
			p := piece{&segments[i], from, min(from+size, rows)}
			out = append(out, &scanOp{n: n, r: r, size: r.o.BatchSize, loaded: true, pieces: []piece{p}})
		}
	}
	return out
}

func (n *filterNode) rows(r *run) (int, bool) {
	if n.whole {
		return 0, false
	}
	for _, p := range n.conjuncts {
		if !p.Pure() {
			return 0, false
		}
	}
	s, ok := n.input.(splitter)
	if !ok {
		return 0, false
	}
	return s.rows(r)
}

func (n *filterNode) split(r *run, size int) []Operator {
	parts := n.input.(splitter).split(r, size)
	for i, in := range parts {
		o := &filterOp{in: in}
		for _, p := range n.conjuncts {
			o.frames = append(o.frames, p.NewFrame())
		}
		parts[i] = o
	}
	return parts
}

func (n *projectNode) rows(r *run) (int, bool) {
	if n.whole || !n.program.Pure() {
		return 0, false
	}
	s, ok := n.input.(splitter)
	if !ok {
		return 0, false
	}
	return s.rows(r)
}

func (n *projectNode) split(r *run, size int) []Operator {
	parts := n.input.(splitter).split(r, size)
	for i, in := range parts {
		parts[i] = &projectOp{n: n, in: in, frame: n.program.NewFrame()}
	}
	return parts
}

func (n *unionNode) rows(r *run) (int, bool) {
	total := 0
	for _, in := range n.inputs {
		s, ok := in.(splitter)
		if !ok {
			return 0, false
		}
		rows, ok := s.rows(r)
		if !ok {
			return 0, false
		}
		total += rows
	}
	return total, true
}

func (n *unionNode) split(r *run, size int) []Operator {
	var out []Operator
	for i, in := range n.inputs {
		for _, part := range in.(splitter).split(r, size) {
			out = append(out, &unionPart{n: n, input: i, in: part})
		}
	}
	return out
}

// works reports whether a node computes something a row, so that dividing it pays.
func works(n node) bool {
	switch x := n.(type) {
	case *filterNode:
		return true
	case *projectNode:
		for _, from := range x.mapping {
			if from < 0 {
				return true
			}
		}
		return works(x.input)
	case *unionNode:
		for _, in := range x.inputs {
			if works(in) {
				return true
			}
		}
	}
	return false
}

// forEach calls f for 0..n-1 on the run's workers and returns the error of the lowest number that failed.
func (r *run) forEach(ctx context.Context, n int, f func(ctx context.Context, i int) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	errs := make([]error, n)
	var next int
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range min(r.o.Workers, n) {
		wg.Go(func() {
			for {
				mu.Lock()
				i := next
				next++
				mu.Unlock()
				if i >= n {
					return
				}
				if errs[i] = Guard(func() error { return f(ctx, i) }); errs[i] != nil {
					cancel(errs[i])
					return
				}
			}
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// open opens a node, divided among workers when it reads and filters a large table.
func (r *run) open(n node) Operator {
	if r.o.Workers > 1 && works(n) {
		if s, ok := n.(splitter); ok {
			if rows, ok := s.rows(r); ok && rows >= parallelRows {
				if parts := s.split(r, min(morselRows, (rows+r.o.Workers-1)/r.o.Workers)); len(parts) > 1 {
					return &gather{workers: r.o.Workers, parts: parts}
				}
			}
		}
	}
	return n.open(r)
}

// gather runs parts on workers and yields their batches in the order of parts. At most twice as many parts as there are
// workers are ahead of the reader.
type gather struct {
	workers int
	parts   []Operator
	results []chan partRows
	at      int
	now     []*Batch
	cancel  context.CancelCauseFunc
	slots   chan struct{}
	wg      sync.WaitGroup
	closed  bool
}

type partRows struct {
	batches []*Batch
	err     error
}

func (g *gather) start(ctx context.Context) {
	ctx, g.cancel = context.WithCancelCause(ctx)
	g.results = make([]chan partRows, len(g.parts))
	for i := range g.results {
		g.results[i] = make(chan partRows, 1)
	}
	g.slots = make(chan struct{}, 2*g.workers)
	work := make(chan int)
	for range g.workers {
		g.wg.Go(func() {
			for i := range work {
				var rows partRows
				if err := Guard(func() error { rows = g.runPart(ctx, g.parts[i]); return nil }); err != nil {
					rows = partRows{err: err}
				}
				g.results[i] <- rows
			}
		})
	}
	g.wg.Go(func() {
		defer close(work)
		for i := range g.parts {
			select {
			case g.slots <- struct{}{}:
			case <-ctx.Done():
				return
			}
			select {
			case work <- i:
			case <-ctx.Done():
				return
			}
		}
	})
}

func (g *gather) runPart(ctx context.Context, op Operator) partRows {
	defer op.Close()
	var out partRows
	for {
		b, err := op.Next(ctx)
		if err != nil {
			return partRows{err: err}
		}
		if b == nil {
			return out
		}
		out.batches = append(out.batches, b)
	}
}

func (g *gather) Next(ctx context.Context) (*Batch, error) {
	if g.closed {
		return nil, nil
	}
	if g.results == nil {
		g.start(ctx)
	}
	for len(g.now) == 0 {
		if g.at == len(g.parts) {
			return nil, nil
		}
		var res partRows
		select {
		case res = <-g.results[g.at]:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
		<-g.slots
		g.at++
		if res.err != nil {
			return nil, res.err
		}
		g.now = res.batches
	}
	b := g.now[0]
	g.now = g.now[1:]
	return b, nil
}

func (g *gather) Close() {
	if g.closed {
		return
	}
	g.closed = true
	if g.cancel != nil {
		g.cancel(context.Canceled)
		g.wg.Wait()
	}
	for _, p := range g.parts {
		p.Close()
	}
}
