package exec

import (
	"context"
	"fmt"
	"sync"

	"github.com/seed-caab1ad3/blindspot/emulator/builtin"
	"github.com/seed-caab1ad3/blindspot/emulator/exec/expr"
	"github.com/seed-caab1ad3/blindspot/emulator/keys"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/bind"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

// aggregateNode is summarize and distinct: a hash aggregation over ids of keys. Groups come out in the order of their
// first rows.
type aggregateNode struct {
	columns
	input   node
	keys    *expr.Program
	calls   []*aggregateCall
	place   []int // place of each output column among keys and then results
	divides bool  // partial results of parts of the input can be merged without changing a bit
}

// aggregateCall is one aggregate made ready.
type aggregateCall struct {
	bind.AggregateCall
	fn     *builtin.Aggregate // nil for those that pick rows
	types  []value.Type
	consts []value.Value
	args   *expr.Program // for those that pick rows, only what decides
	late   *expr.Program // what is computed of the picked rows
}

func (r *run) prepareAggregate(x *bind.Aggregate) (node, error) {
	in, err := r.prepare(x.Input)
	if err != nil {
		return nil, err
	}
	var exprs []bind.Expr
	for _, k := range x.Keys {
		exprs = append(exprs, k.Expr)
	}
	for _, a := range x.Aggregates {
		exprs = append(exprs, a.Args...)
	}
	return r.aggregation(r.whole(in, x.Input.Columns(), exprs...), x.Input.Columns(), x.Cols, x.Keys, x.Aggregates)
}

func (r *run) aggregation(in node, inCols, cols []*bind.Column, keys []bind.Assignment, aggregates []bind.AggregateCall) (*aggregateNode, error) {
	n := &aggregateNode{columns: cols, input: in, divides: true}
	exprs := make([]bind.Expr, len(keys))
	place := map[*bind.Column]int{}
	for i, k := range keys {
		exprs[i] = k.Expr
		place[k.Column] = i
	}
	var err error
	if n.keys, err = r.compile(inCols, exprs...); err != nil {
		return nil, err
	}
	next := len(keys)
	for _, a := range aggregates {
		call, err := r.aggregate(inCols, a)
		if err != nil {
			return nil, err
		}
		n.calls = append(n.calls, call)
		n.divides = n.divides && call.divides()
		for _, out := range a.Outputs {
			if out != nil {
				place[out] = next
			}
			next++
		}
	}
	for _, c := range cols {
		i, ok := place[c]
		if !ok {
			return nil, fmt.Errorf("summarize yields no column %q", c.Name)
		}
		n.place = append(n.place, i)
	}
	return n, nil
}

func (r *run) aggregate(in []*bind.Column, a bind.AggregateCall) (*aggregateCall, error) {
	c := &aggregateCall{AggregateCall: a}
	var err error
	switch {
	case a.Name == "arg_max" || a.Name == "arg_min":
		if c.args, err = r.compile(in, a.Args[0]); err != nil {
			return nil, err
		}
		c.late, err = r.compile(in, a.Args...)
		return c, err
	case a.Name == "take_any" && len(a.Args) > 1:
		if c.args, err = r.compile(in); err != nil {
			return nil, err
		}
		c.late, err = r.compile(in, a.Args...)
		return c, err
	}
	fn, ok := builtin.LookupAggregate(a.Name)
	if !ok {
		return nil, refuse(a.At, "aggregate function %s()", a.Name)
	}
	c.fn = fn
	if c.args, err = r.compile(in, a.Args...); err != nil {
		return nil, err
	}
	c.types, c.consts = make([]value.Type, len(a.Args)), make([]value.Value, len(a.Args))
	for i := range a.Args {
		c.types[i] = c.args.Type(i)
		if v, ok := c.args.Constant(i); ok {
			c.consts[i] = v
		}
	}
	return c, nil
}

// divides reports whether merging partial results gives the same bits as one pass over all rows.
func (c *aggregateCall) divides() bool {
	if c.fn == nil {
		return true
	}
	switch c.Name {
	case "count", "countif", "dcount", "dcountif", "min", "minif", "max", "maxif", "make_set", "make_set_if", "make_list", "make_list_if", "take_any", "take_anyif",
		"count_distinct", "count_distinctif":
		return true
	case "sum", "sumif":
		return c.types[0] != value.Real && c.types[0] != value.Decimal && c.types[0] != value.Dynamic
	}
	return false
}

func (c *aggregateCall) outType() value.Type {
	if len(c.Outputs) > 0 && c.Outputs[0] != nil {
		return c.Outputs[0].Type
	}
	return value.Unknown
}

// grouping is the state of an aggregation over some rows.
type grouping struct {
	n     *aggregateNode
	table *keys.Table
	set   *keys.Set // instead of table where nothing is computed of the groups
	keys  *expr.Frame
	accs  []builtin.Accumulator
	picks []*picker
	args  []*expr.Frame
	ids   []int32
}

func (n *aggregateNode) newGrouping() *grouping {
	types := make([]value.Type, n.keys.Len())
	for i := range types {
		types[i] = n.keys.Type(i)
	}
	g := &grouping{n: n, keys: n.keys.NewFrame()}
	if len(n.calls) == 0 && len(types) > 0 {
		g.set = keys.NewSet(types)
		return g
	}
	g.table = keys.NewTable(types)
	for _, c := range n.calls {
		g.args = append(g.args, c.args.NewFrame())
		if c.fn == nil {
			g.accs, g.picks = append(g.accs, nil), append(g.picks, &picker{call: c})
		} else {
			g.accs, g.picks = append(g.accs, c.fn.New(c.types, c.consts, c.outType())), append(g.picks, nil)
		}
	}
	if n.keys.Len() == 0 {
		g.table.AddEmpty()
		g.size(g.table.Len())
	}
	return g
}

// groups returns the number of groups.
func (g *grouping) groups() int {
	if g.set != nil {
		return g.set.Len()
	}
	return g.table.Len()
}

// key returns key column k of the groups with these numbers, nil for all.
func (g *grouping) key(k int, groups []int32) vector.Column {
	if g.set != nil {
		return g.set.Column(k, groups)
	}
	return g.table.Column(k, groups)
}

// size makes room for so many groups.
func (g *grouping) size(groups int) {
	for i, a := range g.accs {
		if a != nil {
			a.Resize(groups)
		} else {
			g.picks[i].resize(groups)
		}
	}
}

// add adds the rows of a batch.
func (g *grouping) add(b *Batch) error {
	var ids []int32
	if g.n.keys.Len() > 0 {
		keys, err := g.keys.All(b)
		if err != nil {
			return err
		}
		if g.set != nil {
			g.set.Add(keys, b.N, false)
			return nil
		}
		before := g.table.Len()
		g.ids = g.table.IDs(keys, b.N, true, false, g.ids)
		ids = g.ids
		if n := g.table.Len(); n != before {
			g.size(n)
		}
	}
	for i, c := range g.n.calls {
		args, err := g.args[i].All(b)
		if err != nil {
			return err
		}
		if c.fn == nil {
			g.picks[i].add(b, args, ids)
		} else {
			g.accs[i].Update(args, ids, b.N)
		}
	}
	return nil
}

func (g *grouping) merge(o *grouping) {
	if g.set != nil {
		g.set.Add(o.set.Columns(), o.set.Len(), false)
		return
	}
	remap := []int32{0}
	if g.n.keys.Len() > 0 {
		if o.table.Len() == 0 {
			return
		}
		remap = g.table.IDs(o.table.Columns(), o.table.Len(), true, false, nil)
		g.size(g.table.Len())
	}
	for i, c := range g.n.calls {
		if c.fn == nil {
			g.picks[i].merge(o.picks[i], remap)
		} else {
			g.accs[i].Merge(o.accs[i], remap)
		}
	}
}

// finish returns a row a group.
func (g *grouping) finish() (*Batch, error) {
	n := g.groups()
	results, err := g.results(n)
	if err != nil {
		return nil, err
	}
	return g.n.batchOf(n, results, g.key), nil
}

// results returns what the aggregates have of n groups.
func (g *grouping) results(n int) ([]vector.Column, error) {
	var all []vector.Column
	for i, c := range g.n.calls {
		outs := len(c.Outputs)
		switch {
		case c.fn == nil:
			cols, err := g.picks[i].finish(n)
			if err != nil {
				return nil, err
			}
			all = append(all, cols...)
		case outs > 1:
			multi, ok := g.accs[i].(builtin.MultiAccumulator)
			if !ok {
				return nil, fmt.Errorf("%s() gives one column where %d are wanted", c.Name, outs)
			}
			all = append(all, multi.FinishAll()...)
		default:
			col := g.accs[i].Finish()
			if multi, ok := g.accs[i].(builtin.MultiAccumulator); ok && col.Type() != c.outType() {
				col = multi.FinishAll()[0]
			}
			all = append(all, col)
		}
	}
	return all, nil
}

// batchOf returns groups as a batch. Key columns are made when they are asked for: a filter of the results often keeps few. key returns
// key column k of some groups, nil for all.
func (n *aggregateNode) batchOf(groups int, results []vector.Column, key func(k int, groups []int32) vector.Column) *Batch {
	out := make([]vector.Column, len(n.columns))
	for i, p := range n.place {
		if at := p - n.keys.Len(); at >= 0 {
			out[i] = n.fitted(i, results[at])
		}
	}
	var lock sync.Mutex // slices of the batch may be read by several
	return lazyBatch(groups, out, func(i int, rows []int32) vector.Column {
		lock.Lock()
		defer lock.Unlock()
		return n.fitted(i, key(n.place[i], rows))
	})
}

// fitted gives output column i its type.
func (n *aggregateNode) fitted(i int, col vector.Column) vector.Column {
	if t := n.columns[i].Type; col.Type() != t && t != value.Unknown {
		return convert(col, t)
	}
	return col
}

func (n *aggregateNode) open(r *run) Operator {
	var close func()
	return &lazily{size: r.o.BatchSize, done: func() {
		if close != nil {
			close()
		}
	}, make: func(ctx context.Context) (*Batch, error) {
		if n.pure() && (n.divides || n.keys.Len() > 1) {
			if parts := r.split(n.input, morselRows); parts != nil {
				if b, err := n.inParallel(ctx, r, parts); b != nil || err != nil {
					return b, err
				}
			}
		}
		in := r.open(n.input)
		close = in.Close
		g := n.newGrouping()
		for {
			b, err := in.Next(ctx)
			if err != nil {
				return nil, err
			}
			if b == nil {
				return g.finish()
			}
			if err := g.add(b); err != nil {
				return nil, err
			}
			if err := r.within(g.bytes(), "summarize"); err != nil {
				return nil, err
			}
		}
	}}
}

// bytes estimates what the groups hold.
func (g *grouping) bytes() int64 { return int64(g.groups()) * int64(len(g.n.columns)) * 16 }

// within returns an error when an operator holds more than the limit allows.
func (r *run) within(bytes int64, operator string) error {
	if limit := r.o.Limits.Bytes; limit > 0 && bytes > limit {
		return fmt.Errorf("%w: %s holds more than %d bytes", ErrLimit, operator, limit)
	}
	return nil
}

// pure reports whether keys and arguments depend on their row alone.
func (n *aggregateNode) pure() bool {
	for _, c := range n.calls {
		if !c.args.Pure() {
			return false
		}
	}
	return n.keys.Pure()
}

// inParallel aggregates the first part alone. When it shows that groups are few against rows, the other parts are dealt to
// the workers in runs, aggregated on their own and merged in order; else merging would cost more than it saves: groups of
// several keys are divided among the workers by the hash of their keys, others are left to one. It returns nil where no way serves.
func (n *aggregateNode) inParallel(ctx context.Context, r *run, parts []Operator) (*Batch, error) {
	first, err := r.drain(ctx, parts[0], 0)
	parts[0].Close()
	if err != nil {
		return nil, err
	}
	total := n.newGrouping()
	rows := 0
	for _, b := range first {
		rows += b.N
		if err := total.add(b); err != nil {
			return nil, err
		}
	}
	rest := parts[1:]
	many := total.groups() > 64 && total.groups() > rows/8
	switch {
	case many && total.set == nil && n.keys.Len() > 1:
		return n.inPartitions(ctx, r, append([]Operator{&batches{list: first}}, rest...))
	case !n.divides:
		for _, p := range rest {
			p.Close()
		}
		return nil, nil
	case many:
		if err := total.addAll(ctx, r, rest); err != nil {
			return nil, err
		}
		return total.finish()
	}
	runs := min(r.o.Workers, len(rest))
	states := make([]*grouping, runs)
	err = r.forEach(ctx, runs, func(ctx context.Context, i int) error {
		states[i] = n.newGrouping()
		return states[i].addAll(ctx, r, rest[i*len(rest)/runs:(i+1)*len(rest)/runs])
	})
	if err != nil {
		return nil, err
	}
	for _, g := range states {
		total.merge(g)
	}
	return total.finish()
}

// addAll adds the rows of operators, one after another.
func (g *grouping) addAll(ctx context.Context, r *run, parts []Operator) error {
	for _, p := range parts {
		for {
			b, err := p.Next(ctx)
			if err != nil {
				p.Close()
				return err
			}
			if b == nil {
				break
			}
			if err = g.add(b); err == nil {
				err = r.within(g.bytes(), "summarize")
			}
			if err != nil {
				p.Close()
				return err
			}
		}
		p.Close()
	}
	return nil
}
