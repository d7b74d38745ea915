package exec

import (
	"context"
	"fmt"

	"github.com/seed-caab1ad3/blindspot/emulator/exec/expr"
	"github.com/seed-caab1ad3/blindspot/emulator/keys"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/bind"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

// joinNode is a hash join of all kinds, and lookup. The right side's rows are chained by the id of their key; then the left
// side streams by. Rows come out in the order of the left side, matches of one row in the order of the right side, unmatched
// right rows at the end. A null key matches nothing.
//
// Both sides are read by turns until one ends. When that is the left one, only right rows with a key of it are kept: a join
// of a few rows with a big table holds few rows, whichever side they stand on.
type joinNode struct {
	columns
	kind                string
	left, right         node
	leftCols, rightCols []*bind.Column
	leftKeys, rightKeys *expr.Program
	fromLeft, fromRight []int // by output column: the side's column, -1 when it is the other side's
}

func (r *run) prepareJoin(x *bind.Join) (node, error) {
	return r.joining(x.Kind, x.Cols, x.Left, x.Right, x.LeftKeys, x.RightKeys, x.LeftOut, x.RightOut)
}

func (r *run) prepareLookup(x *bind.Lookup) (node, error) {
	return r.joining(x.Kind, x.Cols, x.Left, x.Right, x.LeftKeys, x.RightKeys, x.LeftOut, x.RightOut)
}

func (r *run) joining(kind string, cols []*bind.Column, left, right bind.Rel, leftKeys, rightKeys []bind.Expr, leftOut, rightOut []bind.ColumnPair) (node, error) {
	n := &joinNode{columns: cols, kind: kind, leftCols: left.Columns(), rightCols: right.Columns()}
	switch kind {
	case "innerunique", "inner", "leftouter", "rightouter", "fullouter", "leftsemi", "rightsemi", "leftanti", "rightanti", "cross":
	default:
		return nil, refuse(left.Span(), "join kind=%s", kind)
	}
	var err error
	if n.left, err = r.prepare(left); err != nil {
		return nil, err
	}
	if n.right, err = r.prepare(right); err != nil {
		return nil, err
	}
	n.left, n.right = r.whole(n.left, n.leftCols, leftKeys...), r.whole(n.right, n.rightCols, rightKeys...)
	if n.leftKeys, err = r.compile(n.leftCols, leftKeys...); err != nil {
		return nil, err
	}
	if n.rightKeys, err = r.compile(n.rightCols, rightKeys...); err != nil {
		return nil, err
	}
	n.fromLeft, n.fromRight = places(cols, leftOut, n.leftCols), places(cols, rightOut, n.rightCols)
	return n, nil
}

// places returns for each output column the number of the side's column it comes from, -1 for none.
func places(out []*bind.Column, pairs []bind.ColumnPair, side []*bind.Column) []int {
	at := expr.Layout(side)
	from := make(map[*bind.Column]int, len(pairs))
	for _, p := range pairs {
		if i, ok := at[p.In]; ok {
			from[p.Out] = i
		}
	}
	list := make([]int, len(out))
	for i, c := range out {
		if j, ok := from[c]; ok {
			list[i] = j
		} else {
			list[i] = -1
		}
	}
	return list
}

func (n *joinNode) open(r *run) Operator {
	if n.kind == "leftsemi" || n.kind == "leftanti" {
		return &semiJoinOp{n: n, r: r}
	}
	return &joinOp{n: n, r: r}
}

type joinOp struct {
	n       *joinNode
	r       *run
	left    Operator
	right   *Batch
	keys    *keys.Table
	starts  []int32 // by key id: its first place in rows
	rows    []int32 // the right rows, key by key
	matched []bool  // right rows that met a left row, or key ids, for the kinds that ask
	unique  *keys.Table
	frame   *expr.Frame

	batch    *Batch    // the left batch at hand
	ids      []int32   // its keys' ids
	known    [][]int32 // the ids of left batches that have been read, and come again
	uniqueID []int32
	seen     int
	row      int // the next left row of batch
	match    int // the next match of that row
	total    int
	ended    bool
}

func (o *joinOp) build(ctx context.Context) error {
	types := make([]value.Type, o.n.rightKeys.Len())
	for i := range types {
		types[i] = o.n.leftKeys.Type(i)
	}
	o.keys = keys.NewTable(types)
	o.frame = o.n.leftKeys.NewFrame()
	if o.n.kind == "innerunique" {
		o.unique = keys.NewTable(types)
	}
	right := o.r.open(o.n.right)
	defer right.Close()
	ids, err := o.read(ctx, right, types)
	if err != nil {
		return err
	}
	if err := o.r.within(int64(o.right.N)*int64(o.right.Width())*8, "join"); err != nil {
		return err
	}
	o.starts = make([]int32, o.keys.Len()+1)
	for _, id := range ids {
		if id >= 0 {
			o.starts[id+1]++
		}
	}
	for i := 1; i < len(o.starts); i++ {
		o.starts[i] += o.starts[i-1]
	}
	next := append([]int32(nil), o.starts...)
	o.rows = make([]int32, o.starts[len(o.starts)-1])
	for row, id := range ids {
		if id >= 0 {
			o.rows[next[id]] = int32(row)
			next[id]++
		}
	}
	if o.keepsRight() {
		o.matched = make([]bool, o.right.N)
	}
	return nil
}

// keepsRight reports whether right rows may come out without a match.
func (o *joinOp) keepsRight() bool {
	switch o.n.kind {
	case "rightouter", "fullouter", "rightsemi", "rightanti":
		return true
	}
	return false
}

// read reads the right side, and the left one by turns, and returns the ids of the right rows' keys.
func (o *joinOp) read(ctx context.Context, right Operator, types []value.Type) ([]int32, error) {
	o.left = o.r.open(o.n.left)
	var lefts, rights []*Batch
	leftRows, rightRows := 0, 0
	for {
		if !o.keepsRight() && leftRows <= rightRows {
			b, err := o.left.Next(ctx)
			if err != nil {
				return nil, err
			}
			if b == nil {
				o.left.Close()
				o.left = &batches{list: lefts}
				return o.readMatching(ctx, lefts, rights, right, types)
			}
			lefts, leftRows = append(lefts, b), leftRows+b.N
			continue
		}
		b, err := right.Next(ctx)
		if err != nil {
			return nil, err
		}
		if b == nil {
			break
		}
		if rights, rightRows = append(rights, b), rightRows+b.N; rightRows > 1<<31-1 {
			return nil, fmt.Errorf("%w: an operator holds more than %d rows", ErrLimit, 1<<31-1)
		}
	}
	o.left = &batches{list: lefts, rest: o.left}
	o.right = filled(concat(rights, o.n.right.width()), o.n.right)
	if o.right.N == 0 {
		return nil, nil
	}
	cols, err := o.n.rightKeys.NewFrame().All(o.right)
	if err != nil {
		return nil, err
	}
	alike(cols, types)
	return o.keys.IDs(cols, o.right.N, true, true, nil), nil
}

// readMatching reads the rest of the right side and keeps the rows that meet a key of the left side's rows.
func (o *joinOp) readMatching(ctx context.Context, lefts, rights []*Batch, right Operator, types []value.Type) ([]int32, error) {
	var scratch []int32
	for _, b := range lefts {
		cols, err := o.frame.All(b)
		if err != nil {
			return nil, err
		}
		o.known = append(o.known, o.keys.IDs(cols, b.N, true, true, nil))
	}
	frame := o.n.rightKeys.NewFrame()
	var kept []*Batch
	var ids []int32
	keep := func(b *Batch) error {
		if o.keys.Len() == 0 {
			return nil
		}
		cols, err := frame.All(b)
		if err != nil {
			return err
		}
		alike(cols, types)
		scratch = o.keys.IDs(cols, b.N, false, true, scratch)
		var rows []int32
		for i, id := range scratch {
			if id >= 0 {
				rows, ids = append(rows, int32(i)), append(ids, id)
			}
		}
		if len(rows) == b.N {
			kept = append(kept, b)
		} else if len(rows) > 0 {
			kept = append(kept, b.Select(rows))
		}
		return nil
	}
	for _, b := range rights {
		if err := keep(b); err != nil {
			return nil, err
		}
	}
	for {
		b, err := right.Next(ctx)
		if err != nil {
			return nil, err
		}
		if b == nil {
			break
		}
		if err := keep(b); err != nil {
			return nil, err
		}
	}
	o.right = filled(concat(kept, o.n.right.width()), o.n.right)
	return ids, nil
}

// batches yields batches that have been read, and then those of the operator that they came from.
type batches struct {
	list []*Batch
	rest Operator // nil when it has ended
}

func (o *batches) Next(ctx context.Context) (*Batch, error) {
	if len(o.list) > 0 {
		b := o.list[0]
		o.list[0], o.list = nil, o.list[1:]
		return b, nil
	}
	if o.rest == nil {
		return nil, nil
	}
	return o.rest.Next(ctx)
}

func (o *batches) Close() {
	if o.rest != nil {
		o.rest.Close()
	}
}

// alike gives key columns of the two sides one type.
func alike(cols []vector.Column, types []value.Type) {
	for i, c := range cols {
		if types[i] != value.Unknown && c.Type() != types[i] {
			cols[i] = convert(c, types[i])
		}
	}
}

func (o *joinOp) Next(ctx context.Context) (*Batch, error) {
	if o.right == nil {
		if err := o.build(ctx); err != nil {
			return nil, err
		}
	}
	for !o.ended {
		if o.batch == nil {
			b, err := o.left.Next(ctx)
			if err != nil {
				return nil, err
			}
			if b == nil {
				o.ended = true
				break
			}
			if err := o.take(b); err != nil {
				return nil, err
			}
		}
		if err := alive(ctx); err != nil {
			return nil, err
		}
		if b := o.probe(); b != nil {
			if o.total += b.N; o.r.o.Limits.Cells > 0 && o.total > o.r.o.Limits.Cells {
				return nil, fmt.Errorf("%w: join yields more than %d rows", ErrLimit, o.r.o.Limits.Cells)
			}
			return b, nil
		}
	}
	return o.rest(), nil
}

// take makes b the left batch at hand and finds its keys.
func (o *joinOp) take(b *Batch) error {
	var cols []vector.Column
	if o.unique != nil || len(o.known) == 0 {
		var err error
		if cols, err = o.frame.All(b); err != nil {
			return err
		}
	}
	o.batch, o.row, o.match = b, 0, 0
	if len(o.known) > 0 {
		o.ids, o.known = o.known[0], o.known[1:]
	} else {
		o.ids = o.keys.IDs(cols, b.N, false, true, o.ids)
	}
	for i, id := range o.ids {
		if id >= 0 && o.starts[id] == o.starts[id+1] {
			o.ids[i] = -1 // a key of the left side alone
		}
	}
	if o.unique != nil {
		o.seen = o.unique.Len()
		o.uniqueID = o.unique.IDs(cols, b.N, true, true, o.uniqueID)
	}
	return nil
}

// joinChunk is about the number of rows that one Next yields, so that a key with many matches does not make one huge batch.
const joinChunk = 1 << 14

// probe yields the next rows of the left batch at hand, nil when there are none.
func (o *joinOp) probe() *Batch {
	var left, right []int32
	b := o.batch
	keepsLeft := o.n.kind == "leftouter" || o.n.kind == "fullouter"
	for ; o.row < b.N && len(left) < joinChunk; o.row++ {
		id := o.ids[o.row]
		if o.n.kind == "innerunique" && o.match == 0 {
			u := o.uniqueID[o.row]
			if u < 0 || int(u) < o.seen {
				continue
			}
			o.seen++
		}
		if id < 0 {
			if keepsLeft {
				left, right = append(left, int32(o.row)), append(right, -1)
			}
			continue
		}
		matches := o.rows[o.starts[id]:o.starts[id+1]]
		switch o.n.kind {
		case "rightsemi", "rightanti":
			for _, m := range matches {
				o.matched[m] = true
			}
			continue
		}
		for ; o.match < len(matches) && len(left) < joinChunk; o.match++ {
			m := matches[o.match]
			left, right = append(left, int32(o.row)), append(right, m)
			if o.matched != nil {
				o.matched[m] = true
			}
		}
		if o.match < len(matches) {
			break
		}
		o.match = 0
	}
	if o.row >= b.N {
		o.batch = nil
	}
	if len(left) == 0 {
		return nil
	}
	return o.output(b, left, right)
}

// output puts together left rows and right rows; -1 stands for no row.
func (o *joinOp) output(b *Batch, left, right []int32) *Batch {
	var l, r *Batch
	n := max(len(left), len(right))
	if left != nil && b != nil {
		l = b.Select(left)
	}
	if right != nil && o.right.N > 0 {
		r = o.right.Select(right)
	}
	cols := make([]vector.Column, len(o.n.columns))
	for i, c := range o.n.columns {
		switch {
		case o.n.fromLeft[i] >= 0 && l != nil:
			cols[i] = l.Column(o.n.fromLeft[i])
		case o.n.fromRight[i] >= 0 && r != nil:
			cols[i] = r.Column(o.n.fromRight[i])
		default:
			cols[i] = &vector.Const{Val: value.Null(c.Type), N: n}
		}
	}
	return NewBatch(n, cols)
}

// rest yields the right rows that the kind asks for once the left side has ended.
func (o *joinOp) rest() *Batch {
	if o.matched == nil {
		return nil
	}
	want := o.n.kind == "rightsemi"
	var rows []int32
	for i, m := range o.matched {
		if m == want {
			rows = append(rows, int32(i))
		}
	}
	o.matched = nil
	if len(rows) == 0 {
		return nil
	}
	return o.output(nil, nil, rows)
}

func (o *joinOp) Close() {
	if o.left != nil {
		o.left.Close()
	}
}
