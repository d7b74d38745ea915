package exec

import (
	"container/heap"
	"context"
	"slices"
	"sort"

	"github.com/seed-caab1ad3/blindspot/emulator/exec/expr"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/bind"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

// sortNode orders all rows, stably.
type sortNode struct {
	columns
	carried
	keys  []bind.SortKey
	by    *expr.Program
	count bind.Expr // of top; nil for sort
}

func (r *run) prepareSort(x *bind.Sort) (node, error) {
	return r.sorting(x.Input, x.Cols, x.Keys, nil)
}

func (r *run) prepareTop(x *bind.Top) (node, error) {
	return r.sorting(x.Input, x.Cols, x.Keys, x.Count)
}

func (r *run) sorting(input bind.Rel, cols []*bind.Column, keys []bind.SortKey, count bind.Expr) (node, error) {
	in, err := r.prepare(input)
	if err != nil {
		return nil, err
	}
	by, err := r.compileKeys(input.Columns(), keys)
	if err != nil {
		return nil, err
	}
	for _, k := range keys {
		in = r.whole(in, input.Columns(), k.Expr)
	}
	return &sortNode{cols, carried{in}, keys, by, count}, nil
}

func (r *run) compileKeys(in []*bind.Column, keys []bind.SortKey) (*expr.Program, error) {
	exprs := make([]bind.Expr, len(keys))
	for i, k := range keys {
		exprs[i] = k.Expr
	}
	return r.compile(in, exprs...)
}

func (n *sortNode) open(r *run) Operator {
	if n.count == nil {
		return r.breaker(n.input, func(_ context.Context, rows *Batch) (*Batch, error) {
			if rows.N == 0 {
				return rows, nil
			}
			order, err := order(rows, n.by, n.keys)
			if err != nil {
				return nil, err
			}
			return rows.Select(order), nil
		})
	}
	in := r.open(n.input)
	return &lazily{size: r.o.BatchSize, done: in.Close, make: func(ctx context.Context) (*Batch, error) {
		k, err := r.count(n.count)
		if err != nil {
			return nil, err
		}
		return n.top(ctx, in, k)
	}}
}

// order returns the numbers of a batch's rows in the order of the keys; rows with equal keys keep their order.
func order(rows *Batch, by *expr.Program, keys []bind.SortKey) ([]int32, error) {
	cols, err := by.NewFrame().All(rows)
	if err != nil {
		return nil, err
	}
	return orderColumns(cols, keys, rows.N), nil
}

func orderColumns(cols []vector.Column, keys []bind.SortKey, n int) []int32 {
	if out := orderPacked(cols, keys, n); out != nil {
		return out
	}
	compare := comparer(cols, keys)
	out := make([]int32, n)
	for i := range out {
		out[i] = int32(i)
	}
	slices.SortFunc(out, func(a, b int32) int {
		if c := compare(a, b); c != 0 {
			return c
		}
		return int(a - b)
	})
	return out
}

func comparer(cols []vector.Column, keys []bind.SortKey) func(a, b int32) int {
	list := make([]func(i, j int32) int, len(cols))
	for i, c := range cols {
		list[i] = vector.Comparer(c, keys[i].Descending, keys[i].NullsFirst)
	}
	if len(list) == 1 {
		return list[0]
	}
	return func(a, b int32) int {
		for _, f := range list {
			if c := f(a, b); c != 0 {
				return c
			}
		}
		return 0
	}
}

// top keeps the best k rows while reading: the best of each batch pile up to a multiple of k and are then cut to the best k. From
// the first cut on, rows that the worst of those beats by its first key are passed over.
func (n *sortNode) top(ctx context.Context, in Operator, k int) (*Batch, error) {
	width := n.input.width()
	var kept *Batch
	var pile []*Batch
	var bar *topBar
	rows := 0
	frame := n.by.NewFrame()
	cut := func() error {
		all := concat(pile, width)
		if all.N == 0 {
			kept = all
			return nil
		}
		cols, err := n.by.NewFrame().All(all)
		if err != nil {
			return err
		}
		order := best(cols, n.keys, all.N, k)
		kept = all.Select(order)
		pile, rows = []*Batch{kept}, kept.N
		if kept.N == k {
			bar = newTopBar(cols[0], n.keys[0], int(order[k-1]))
		}
		return nil
	}
	for {
		b, err := in.Next(ctx)
		if err != nil {
			return nil, err
		}
		if b == nil {
			break
		}
		if k == 0 {
			continue
		}
		if k < b.N/8 {
			cols, err := frame.All(b)
			if err != nil {
				return nil, err
			}
			if over, ok := bar.over(cols[0]); ok && len(over) < b.N/2 {
				b = b.Select(over)
				for i, c := range cols {
					cols[i] = c.Gather(over)
				}
			}
			b = b.Select(best(cols, n.keys, b.N, k))
		}
		if b.N == 0 {
			continue
		}
		pile = append(pile, b)
		if rows += b.N; rows > max(4*k, 1<<15) || bar == nil && rows >= k {
			if err := cut(); err != nil {
				return nil, err
			}
		}
	}
	if err := cut(); err != nil {
		return nil, err
	}
	return kept, nil
}

// topBar is the first key of the worst row that top keeps, where that is a number without fraction, a time or a span.
type topBar struct {
	key  int64
	down bool
}

// newTopBar returns nil where the key gives no bar. Nulls have their own place in an order and are left to it.
func newTopBar(col vector.Column, key bind.SortKey, row int) *topBar {
	switch col.Type() {
	case value.Int, value.Long, value.DateTime, value.Timespan:
		if v := vector.Int64s(col); !v.IsNull(row) {
			return &topBar{v.At(row), key.Descending}
		}
	}
	return nil
}

// over returns the rows that the bar does not rule out; ok is false when it cannot tell.
func (t *topBar) over(col vector.Column) (rows []int32, ok bool) {
	c, plain := col.(*vector.Longs)
	if t == nil || !plain || c.Nulls != nil {
		return nil, false
	}
	rows = make([]int32, 0, 64)
	if t.down {
		for i, v := range c.Data {
			if v >= t.key {
				rows = append(rows, int32(i))
			}
		}
		return rows, true
	}
	for i, v := range c.Data {
		if v <= t.key {
			rows = append(rows, int32(i))
		}
	}
	return rows, true
}

// best returns the first k of n rows in the order of the keys.
func best(cols []vector.Column, keys []bind.SortKey, n, k int) []int32 {
	if k >= n || k > n/8 {
		return orderColumns(cols, keys, n)[:min(k, n)]
	}
	compare := comparer(cols, keys)
	h := &rowHeap{compare: func(a, b int32) int {
		if c := compare(a, b); c != 0 {
			return c
		}
		return int(a - b)
	}}
	for i := range int32(n) {
		if len(h.rows) < k {
			heap.Push(h, i)
		} else if h.compare(i, h.rows[0]) < 0 {
			h.rows[0] = i
			heap.Fix(h, 0)
		}
	}
	sort.Slice(h.rows, func(i, j int) bool { return h.compare(h.rows[i], h.rows[j]) < 0 })
	return h.rows
}

// rowHeap has the worst row on top.
type rowHeap struct {
	rows    []int32
	compare func(a, b int32) int
}

func (h *rowHeap) Len() int           { return len(h.rows) }
func (h *rowHeap) Less(i, j int) bool { return h.compare(h.rows[i], h.rows[j]) > 0 }
func (h *rowHeap) Swap(i, j int)      { h.rows[i], h.rows[j] = h.rows[j], h.rows[i] }
func (h *rowHeap) Push(x any)         { h.rows = append(h.rows, x.(int32)) }
func (h *rowHeap) Pop() any {
	x := h.rows[len(h.rows)-1]
	h.rows = h.rows[:len(h.rows)-1]
	return x
}
