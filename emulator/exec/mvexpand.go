package exec

import (
	"context"
	"fmt"

	"github.com/seed-caab1ad3/blindspot/emulator/exec/expr"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/bind"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

// expansion makes a row of each element of arrays and bags. Several items go side by side, the shorter ones filled with
// nulls. A row whose items are all null or empty stays as one row of nulls; a value that is no array or bag is its own
// only element.
//
// Source: Kusto documentation, "mv-expand operator".
type expansion struct {
	items    []bind.ExpandItem
	exprs    *expr.Program
	bagArray bool
	limit    bind.Expr
}

func (r *run) expansion(in []*bind.Column, items []bind.ExpandItem, bagArray bool, limit bind.Expr) (*expansion, error) {
	exprs := make([]bind.Expr, len(items))
	for i, it := range items {
		exprs[i] = it.Expr
	}
	p, err := r.compile(in, exprs...)
	return &expansion{items, p, bagArray, limit}, err
}

// expanded is what became of a batch or of a part of it: output row i comes from input row rows[i] and is element index[i] there.
type expanded struct {
	rows  []int32
	index []int64
	cols  []vector.Column
}

// expanding is the expansion of one batch, under way: element is the next of row.
type expanding struct {
	e            *expansion
	b            *Batch
	elems        []func(row int) []*value.Node
	lists        [][]*value.Node // of row
	row, element int
	whole        *expanded // all of it, where that was simpler
}

// begin evaluates the items over a batch, of which a row becomes at most limit rows. known is what the operator has learned of
// arrays so far; it may be nil.
func (e *expansion) begin(f *expr.Frame, b *Batch, limit int, known *elementCodes) (*expanding, error) {
	cols, err := f.All(b)
	if err != nil {
		return nil, err
	}
	if x := e.expandLists(cols, b.N, limit); x != nil {
		return &expanding{e: e, b: b, whole: x}, nil
	}
	if x := e.expandTexts(known, cols, b.N, limit); x != nil {
		return &expanding{e: e, b: b, whole: x}, nil
	}
	x := &expanding{e: e, b: b, elems: make([]func(row int) []*value.Node, len(cols)), lists: make([][]*value.Node, len(cols))}
	for i, c := range cols {
		x.elems[i] = e.elements(c)
	}
	return x, nil
}

// next yields most rows more, or fewer when the batch ends; all of a batch of lists. It is over when row is the batch's length.
func (x *expanding) next(limit, most int) *expanded {
	if x.whole != nil {
		x.row = x.b.N
		return x.whole
	}
	n := min(x.b.N-x.row, most)
	out := &expanded{rows: make([]int32, 0, n), index: make([]int64, 0, n)}
	builders := make([]*vector.Builder, len(x.elems))
	for i, it := range x.e.items {
		builders[i] = vector.NewBuilder(it.Column.Type, n)
	}
	for ; x.row < x.b.N && len(out.rows) < most; x.row++ {
		longest := 0
		for i := range x.elems {
			if x.element == 0 {
				x.lists[i] = x.elems[i](x.row)
			}
			longest = max(longest, len(x.lists[i]))
		}
		longest = min(max(longest, 1), limit)
		end := min(longest, x.element+most-len(out.rows))
		for k := x.element; k < end; k++ {
			out.rows = append(out.rows, int32(x.row))
			out.index = append(out.index, int64(k))
			for i, it := range x.e.items {
				if k >= len(x.lists[i]) {
					builders[i].AppendNull()
					continue
				}
				appendNode(builders[i], x.lists[i][k], it.Column.Type)
			}
		}
		if end < longest {
			x.element = end
			break
		}
		x.element = 0
	}
	for _, b := range builders {
		out.cols = append(out.cols, b.Finish())
	}
	return out
}

// expandLists expands lists that are held end to end, without their trees; nil when the columns are others.
func (e *expansion) expandLists(cols []vector.Column, n, limit int) *expanded {
	lists := make([]*vector.Dynamics, len(cols))
	for i, c := range cols {
		d, ok := c.(*vector.Dynamics)
		if !ok || d.Lists == nil {
			return nil
		}
		if want := e.items[i].Column.Type; want != value.Dynamic && want != value.Unknown && want != d.Lists.Elems.Type() {
			return nil
		}
		lists[i] = d
	}
	total := 0
	lengths := make([]int32, n)
	for row := range n {
		longest := 1
		for _, d := range lists {
			from, to := d.Lists.Range(d.Codes[row])
			longest = max(longest, to-from)
		}
		lengths[row] = int32(min(longest, limit))
		total += int(lengths[row])
	}
	if total > expandedWhole {
		return nil
	}
	out := &expanded{rows: make([]int32, 0, total), index: make([]int64, 0, total)}
	for row, length := range lengths {
		for k := range length {
			out.rows, out.index = append(out.rows, int32(row)), append(out.index, int64(k))
		}
	}
	for i, d := range lists {
		places := make([]int32, 0, total)
		straight := true // the elements stand in this order already
		for row, length := range lengths {
			from, to := d.Lists.Range(d.Codes[row])
			for k := range int(length) {
				at := int32(-1)
				if from+k < to {
					at = int32(from + k)
				}
				straight = straight && at >= 0 && (len(places) == 0 || at == places[len(places)-1]+1)
				places = append(places, at)
			}
		}
		out.cols = append(out.cols, elementsAt(d.Lists, places, straight, e.items[i].Column.Type))
	}
	return out
}

// elementsAt returns the elements of lists at these places, null at -1.
func elementsAt(l *vector.Lists, places []int32, straight bool, t value.Type) vector.Column {
	if t == value.Dynamic || t == value.Unknown {
		nodes := make([]*value.Node, len(places))
		for i, at := range places {
			if at >= 0 {
				nodes[i] = l.Elem(int(at))
			}
		}
		return &vector.Dynamics{Nodes: nodes}
	}
	if straight && len(places) > 0 {
		return l.Elems.Slice(int(places[0]), int(places[len(places)-1])+1)
	}
	return l.Elems.Gather(places)
}

func appendNode(b *vector.Builder, n *value.Node, t value.Type) {
	if t == value.Dynamic || t == value.Unknown {
		b.AppendNode(n)
		return
	}
	if n != nil && t == value.String && n.Kind == value.KindString {
		b.AppendString(n.S)
		return
	}
	b.Append(value.Convert(value.NewDynamic(n), t))
}

// elements returns a reader of a column's elements by row.
func (e *expansion) elements(col vector.Column) func(row int) []*value.Node {
	tree := func(i int) *value.Node { return col.Value(i).Node() }
	if col.Type() == value.Dynamic {
		trees := vector.TreesOf(col)
		tree = trees.At
	}
	return func(row int) []*value.Node {
		n := tree(row)
		switch {
		case n.IsNull():
			return nil
		case n.Kind == value.KindArray:
			return n.Elems
		case n.Kind == value.KindBag:
			list := make([]*value.Node, len(n.Elems))
			for i, k := range n.Keys {
				if e.bagArray {
					list[i] = value.NodeArray(value.NodeString(k), n.Elems[i])
				} else {
					list[i] = value.NodeBag([]string{k}, []*value.Node{n.Elems[i]})
				}
			}
			return list
		}
		return []*value.Node{n}
	}
}

func (e *expansion) rowLimit(r *run) (int, error) {
	if e.limit == nil {
		return 1<<31 - 1, nil
	}
	return r.count(e.limit)
}

// expanded returns an error when an operator has made more rows than it may, or when the run is over.
func (r *run) expanded(ctx context.Context, operator string, rows int) error {
	if err := alive(ctx); err != nil {
		return err
	}
	if most := r.o.Limits.Cells; rows > most {
		return fmt.Errorf("%w: %s yields more than %d rows", ErrLimit, operator, most)
	}
	return nil
}

// mvExpandNode is mv-expand.
type mvExpandNode struct {
	columns
	input node
	e     *expansion
	from  []int // by output column: the input's column, -1 for an item, -2 for the index
	item  []int
}

func (r *run) prepareMvExpand(x *bind.MvExpand) (node, error) {
	in, err := r.prepare(x.Input)
	if err != nil {
		return nil, err
	}
	for _, it := range x.Items {
		in = r.whole(in, x.Input.Columns(), it.Expr)
	}
	n := &mvExpandNode{columns: x.Cols, input: in}
	if n.e, err = r.expansion(x.Input.Columns(), x.Items, x.BagArray, x.Limit); err != nil {
		return nil, err
	}
	n.from = places(x.Cols, x.Passed, x.Input.Columns())
	n.item = make([]int, len(x.Cols))
	for i, c := range x.Cols {
		for k, it := range x.Items {
			if it.Column == c {
				n.from[i], n.item[i] = -1, k
			}
		}
		if x.ItemIndex != nil && c == x.ItemIndex {
			n.from[i] = -2
		}
	}
	return n, nil
}

func (n *mvExpandNode) open(r *run) Operator {
	return &mvExpandOp{n: n, r: r, in: r.open(n.input), frame: n.e.exprs.NewFrame(), limit: -1}
}

type mvExpandOp struct {
	n     *mvExpandNode
	r     *run
	in    Operator
	frame *expr.Frame
	limit int
	total int
	known elementCodes
	under *expanding // the batch that is expanded, nil between batches
}

// expandedRows is how many rows of one batch are made at once: a row may become a million.
const expandedRows = 1 << 16

// expandedWhole is up to how many rows lists are expanded at once.
const expandedWhole = 1 << 23

func (o *mvExpandOp) Next(ctx context.Context) (*Batch, error) {
	if o.limit < 0 {
		var err error
		if o.limit, err = o.n.e.rowLimit(o.r); err != nil {
			return nil, err
		}
	}
	for {
		if o.under == nil {
			b, err := o.in.Next(ctx)
			if b == nil || err != nil {
				return nil, err
			}
			if o.under, err = o.n.e.begin(o.frame, b, o.limit, &o.known); err != nil {
				return nil, err
			}
		}
		x := o.under.next(o.limit, expandedRows)
		b := o.under.b
		if o.under.row == b.N {
			o.under = nil
		}
		if len(x.rows) == 0 {
			continue
		}
		o.total += len(x.rows)
		if err := o.r.expanded(ctx, "mv-expand", o.total); err != nil {
			return nil, err
		}
		mapping := make([]int, len(o.n.columns))
		for i, from := range o.n.from {
			mapping[i] = max(from, -1)
		}
		out := b.Select(x.rows).Remap(mapping)
		for i, from := range o.n.from {
			switch from {
			case -1:
				out.cols[i] = x.cols[o.n.item[i]]
			case -2:
				out.cols[i] = &vector.Longs{Typ: value.Long, Data: x.index}
			}
		}
		return out, nil
	}
}

func (o *mvExpandOp) Close() { o.in.Close() }
