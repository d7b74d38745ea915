// Package exec runs bound relations: vectorised operators that pull batches of rows from each other, one operator a file.
// In comes a plan of package bind (optimised or not) and the tables it reads; out come batches of columns. Expressions are
// package expr's, functions package builtin's, and where tables come from is the caller's business.
//
// A relation is first prepared (expressions compiled, what cannot run refused by name) and then opened as a tree of
// Operators. Answers are the same bytes for any batch size and number of workers: what runs in parallel is put together
// in the order of rows, and sums of reals are never split.
package exec

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/seed-caab1ad3/blindspot/emulator/builtin"
	"github.com/seed-caab1ad3/blindspot/emulator/exec/expr"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/bind"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/source"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

// Operator yields the rows of a relation, batch by batch. Next returns nil after the last batch; it never returns an empty
// batch. Close may be called at any time, more than once.
type Operator interface {
	Next(ctx context.Context) (*Batch, error)
	Close()
}

// Segment is a run of rows of a table: rows From to To of its columns, or only those of them that Rows names. Columns pair
// with the names that were asked for; a nil column is one the table lacks.
type Segment struct {
	Columns  []vector.Column
	From, To int
	Rows     []int32
}

// Tables gives the rows that a query may see: the time range and the visibility of late rows are applied already.
type Tables interface {
	// Table returns the named columns of a table. A table that is known but holds nothing has no segments.
	Table(name string, columns []string) ([]Segment, error)
	// Watchlist returns the named columns of a watchlist.
	Watchlist(alias string, columns []string) ([]Segment, error)
}

// defaultCells is far more than a query over a desk's data makes, and is reached within seconds.
const defaultCells = 200_000_000

// Limits bound what a query may use; zero means none, but for Cells. The memory of the process is bounded besides, by the limit of
// the Go runtime: see memoryWatch.
type Limits struct {
	Rows  int           // rows of the result
	Bytes int64         // estimated bytes held by one operator
	Time  time.Duration // running time
	Cells int           // rows that one operator may produce from its input (joins, mv-expand), a guard against explosions; zero is defaultCells
}

// Options say how a relation is run.
type Options struct {
	Tables    Tables
	Now       int64 // ticks of now()
	Seed      uint64
	Workers   int // 0 or 1 runs everything on the calling goroutine
	BatchSize int // 0 stands for vector.BatchSize
	Limits    Limits
	Profile   *Profile // filled when not nil
	Context   *builtin.Context
	// Rewrite is applied to the relations inside expressions; nil leaves them as they were bound.
	Rewrite func(bind.Rel) bind.Rel
	// Memory keeps what other queries over the same rows may ask again; nil keeps nothing.
	Memory *expr.Memory
}

// ErrLimit is wrapped by errors that say which limit a query ran into.
var ErrLimit = errors.New("limit reached")

// ErrTime is an ErrLimit of the running time, which another try may keep.
var ErrTime error = timeLimit{}

type timeLimit struct{}

func (timeLimit) Error() string { return ErrLimit.Error() }
func (timeLimit) Unwrap() error { return ErrLimit }

// Refusal is an error that says what the engine does not run, and where.
type Refusal struct {
	What string
	At   source.Span
}

func (r *Refusal) Error() string { return r.What + " is not supported by the emulator" }

func refuse(at source.Span, format string, args ...any) error {
	return &Refusal{What: fmt.Sprintf(format, args...), At: at}
}

// run is the state of one execution.
type run struct {
	o        Options
	env      *expr.Env
	kernels  *builtin.Context
	mu       sync.Mutex
	shared   map[*bind.SharedDef]*sharedRows
	scalars  map[*bind.Subquery]*scalarResult
	lists    map[*bind.InSubquery]*listResult
	random   *rand.Rand
	bodies   map[*bind.ApplyInput]*bodyInput
	inner    map[bind.Rel]node // of relations inside expressions
	named    []*evaluateNode
	programs []*expr.Program
	ctx      context.Context

	preparing bool        // the relation itself, before it runs
	once      bool        // preparing read rows
	clocked   atomic.Bool // an expression asks for now()
}

// Result is what a relation yielded.
type Result struct {
	Columns []*bind.Column // hidden ones included
	Rows    *vector.Batch
}

// Run runs a relation and returns all its rows.
func Run(ctx context.Context, rel bind.Rel, o Options) (*Result, error) {
	return NewPrepared(rel).Run(ctx, o)
}

// result runs what was prepared of a relation.
func (r *run) result(ctx context.Context, rel bind.Rel, n node) (*Result, error) {
	op := r.open(n)
	defer op.Close()
	rows, err := r.collect(ctx, op, n, r.o.Limits.Rows)
	if err != nil {
		return nil, err
	}
	cols := rel.Columns()
	if x, ok := n.(opener); ok {
		cols = append(cols[:len(cols):len(cols)], x.extra()...)
	}
	for rows.Width() < len(cols) { // no rows came to carry the columns that the data named
		rows.cols = append(rows.cols, vector.NewBuilder(cols[rows.Width()].Type, 0).Finish())
	}
	return &Result{Columns: cols, Rows: rows.Vector()}, nil
}

// complete fills in what was left to the engine.
func (o Options) complete() Options {
	if o.BatchSize <= 0 {
		o.BatchSize = vector.BatchSize
	}
	if o.Workers <= 0 {
		o.Workers = 1
	}
	if o.Limits.Cells <= 0 {
		o.Limits.Cells = defaultCells
	}
	return o
}

func newRun(ctx context.Context, o Options) *run {
	r := &run{o: o.complete(), ctx: ctx, shared: map[*bind.SharedDef]*sharedRows{}, scalars: map[*bind.Subquery]*scalarResult{},
		lists: map[*bind.InSubquery]*listResult{}, bodies: map[*bind.ApplyInput]*bodyInput{}, inner: map[bind.Rel]node{}, random: rand.New(rand.NewPCG(o.Seed, 0))}
	r.kernels = o.Context
	if r.kernels == nil {
		r.kernels = &builtin.Context{Now: o.Now, Rand: r.random, Over: func() error { return alive(r.ctx) }}
	}
	r.env = &expr.Env{Kernel: r.kernel, Scalar: r.scalar, List: r.list, Memory: o.Memory}
	return r
}

// kernel finds the implementation of a call.
func (r *run) kernel(call *bind.Call) (func() expr.Kernel, error) {
	fn, ok := builtin.Lookup(call.Name)
	if !ok {
		return nil, refuse(call.Span(), "function %s()", call.Name)
	}
	switch call.Name {
	case "now", "ago":
		r.clocked.Store(true)
	}
	out := call.Type()
	return func() expr.Kernel { return builtin.NewCall(r.kernels, fn, out).Apply }, nil
}

// constant returns the value of an expression that reads no row.
func (r *run) constant(e bind.Expr) (value.Value, error) {
	if c, ok := e.(*bind.Const); ok {
		return c.Value, nil
	}
	p, err := expr.Compile(r.env, nil, e)
	if err != nil {
		return value.Value{}, err
	}
	cols, err := p.NewFrame().All(NewBatch(1, nil))
	if err != nil {
		return value.Value{}, err
	}
	return cols[0].Value(0), nil
}

// count returns the value of a row count such as take's.
func (r *run) count(e bind.Expr) (int, error) {
	v, err := r.constant(e)
	if err != nil {
		return 0, err
	}
	v = value.Convert(v, value.Long)
	if v.Null || v.I < 0 {
		return 0, nil
	}
	return int(min(v.I, 1<<31-1)), nil
}

// alive returns the cause when the query was cancelled or ran out of time.
func alive(ctx context.Context) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return nil
}

// collect reads all rows of a node's operator into one batch. limit bounds the rows, 0 for none.
func (r *run) collect(ctx context.Context, op Operator, n node, limit int) (*Batch, error) {
	if o, ok := op.(*lazily); ok && o.out == nil { // what is one batch already need not be cut and put together again
		b, err := o.make(ctx)
		if err != nil {
			return nil, err
		}
		o.out = &rowsOf{}
		if limit > 0 && b.N > limit {
			return nil, fmt.Errorf("%w: the result has more than %d rows", ErrLimit, limit)
		}
		return filled(b, n), nil
	}
	batches, err := r.drain(ctx, op, limit)
	if err != nil {
		return nil, err
	}
	cells := 0
	for _, b := range batches {
		cells += b.N * n.width()
	}
	if err := roomFor(ctx, cells); err != nil {
		return nil, err
	}
	return filled(concat(batches, n.width()), n), nil
}

func (r *run) drain(ctx context.Context, op Operator, limit int) ([]*Batch, error) {
	var list []*Batch
	rows := 0
	for {
		b, err := op.Next(ctx)
		if err != nil {
			return nil, err
		}
		if b == nil {
			return list, nil
		}
		rows += b.N
		if limit > 0 && rows > limit {
			return nil, fmt.Errorf("%w: the result has more than %d rows", ErrLimit, limit)
		}
		if rows > 1<<31-1 {
			return nil, fmt.Errorf("%w: an operator holds more than %d rows", ErrLimit, 1<<31-1)
		}
		list = append(list, b)
	}
}

// concat makes one batch of many. With none, its columns are nil and it has no rows.
func concat(list []*Batch, width int) *Batch {
	switch len(list) {
	case 0:
		return NewBatch(0, make([]vector.Column, width))
	case 1:
		return list[0]
	}
	n := 0
	for _, b := range list {
		n += b.N
	}
	width = list[0].Width()
	cols := make([]vector.Column, width)
	parts := make([]vector.Column, len(list))
	for i := range cols {
		for j, b := range list {
			parts[j] = b.Column(i)
		}
		cols[i] = vector.Concat(parts...)
	}
	return NewBatch(n, cols)
}

// rowsOf yields a batch in pieces of the batch size.
type rowsOf struct {
	b    *Batch
	at   int
	size int
}

func (o *rowsOf) Next(ctx context.Context) (*Batch, error) {
	if err := alive(ctx); err != nil {
		return nil, err
	}
	if o.b == nil || o.at >= o.b.N {
		return nil, nil
	}
	to := min(o.at+o.size, o.b.N)
	b := o.b.Slice(o.at, to)
	o.at = to
	return b, nil
}

func (o *rowsOf) Close() {}

// lazily runs make on the first Next and yields its batch: the shape of operators that must see all their input first.
type lazily struct {
	make func(ctx context.Context) (*Batch, error)
	size int
	out  *rowsOf
	done func()
}

func (o *lazily) Next(ctx context.Context) (*Batch, error) {
	if o.out == nil {
		b, err := o.make(ctx)
		if err != nil {
			return nil, err
		}
		o.out = &rowsOf{b: b, size: o.size}
	}
	return o.out.Next(ctx)
}

func (o *lazily) Close() {
	if o.done != nil {
		o.done()
	}
}

// breaker returns an operator that makes its rows of all rows of a node.
func (r *run) breaker(of node, f func(ctx context.Context, rows *Batch) (*Batch, error)) Operator {
	in := r.open(of)
	return &lazily{size: r.o.BatchSize, done: in.Close, make: func(ctx context.Context) (*Batch, error) {
		rows, err := r.collect(ctx, in, of, 0)
		if err != nil {
			return nil, err
		}
		return f(ctx, rows)
	}}
}
