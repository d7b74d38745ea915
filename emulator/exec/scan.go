package exec

import (
	"context"
	"fmt"
	"slices"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/bind"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

// scanNode reads a stored table or a watchlist.
type scanNode struct {
	columns
	load func(r *run, names []string) ([]Segment, error)
}

func (r *run) prepareScan(x *bind.Scan) (node, error) {
	n := &scanNode{columns: x.Cols}
	n.load = func(r *run, names []string) ([]Segment, error) {
		if x.Missing {
			return nil, nil
		}
		if r.o.Tables == nil {
			return nil, fmt.Errorf("no tables are at hand for %q", x.Table)
		}
		return r.o.Tables.Table(x.Table, names)
	}
	return n, nil
}

func (r *run) prepareWatchlist(x *bind.Watchlist) (node, error) {
	n := &scanNode{columns: x.Cols}
	n.load = func(r *run, names []string) ([]Segment, error) {
		alias, err := r.constant(x.Alias)
		if err != nil {
			return nil, err
		}
		if r.o.Tables == nil {
			return nil, fmt.Errorf("no watchlists are at hand for %q", alias.S)
		}
		return r.o.Tables.Watchlist(alias.S, names)
	}
	return n, nil
}

// segments returns the table's segments with every column present and of its declared type.
func (n *scanNode) segments(r *run) ([]Segment, error) {
	names := make([]string, len(n.columns))
	for i, c := range n.columns {
		names[i] = c.Name
	}
	list, err := n.load(r, names)
	if err != nil {
		return nil, err
	}
	list = slices.Clone(list)
	for k := range list {
		s := &list[k]
		cols := make([]vector.Column, len(n.columns))
		for i, want := range n.columns {
			var c vector.Column
			if i < len(s.Columns) {
				c = s.Columns[i]
			}
			if c == nil {
				c = &vector.Const{Val: value.Null(want.Type), N: s.To}
			} else if c.Type() != want.Type && want.Type != value.Unknown {
				c = convert(c, want.Type)
			}
			cols[i] = c
		}
		s.Columns = cols
	}
	return list, nil
}

// convert returns a column as another type, by the rules of todatetime and its kin.
func convert(col vector.Column, to value.Type) vector.Column {
	if col.Type() == to {
		return col
	}
	if c, ok := col.(*vector.Const); ok {
		return &vector.Const{Val: value.Convert(c.Val, to), N: c.N}
	}
	if l, ok := col.(*vector.Longs); ok && (l.Typ == value.Int && to == value.Long) {
		return &vector.Longs{Typ: to, Data: l.Data, Nulls: l.Nulls}
	}
	b := vector.NewBuilder(to, col.Len())
	for i := range col.Len() {
		b.Append(value.Convert(col.Value(i), to))
	}
	return b.Finish()
}

func (n *scanNode) open(r *run) Operator {
	return &scanOp{n: n, r: r, size: r.o.BatchSize}
}

// piece is a part of a segment: rows from..to of the segment, or of its chosen rows.
type piece struct {
	seg      *Segment
	from, to int
}

func (p piece) batch() *Batch {
	if p.seg.Rows != nil {
		all := baseBatch(p.seg.Columns, 0, p.seg.To)
		return all.Select(p.seg.Rows[p.from:p.to])
	}
	return baseBatch(p.seg.Columns, p.seg.From+p.from, p.to-p.from)
}

func (s *Segment) len() int {
	if s.Rows != nil {
		return len(s.Rows)
	}
	return s.To - s.From
}

type scanOp struct {
	n      *scanNode
	r      *run
	size   int
	pieces []piece
	loaded bool
}

func (o *scanOp) Next(ctx context.Context) (*Batch, error) {
	if !o.loaded {
		o.loaded = true
		segments, err := o.n.segments(o.r)
		if err != nil {
			return nil, err
		}
		for i := range segments {
			if n := segments[i].len(); n > 0 {
				o.pieces = append(o.pieces, piece{&segments[i], 0, n})
			}
		}
	}
	if err := alive(ctx); err != nil {
		return nil, err
	}
	if len(o.pieces) == 0 {
		return nil, nil
	}
	p := &o.pieces[0]
	to := min(p.from+o.size, p.to)
	b := piece{p.seg, p.from, to}.batch()
	if p.from = to; to == p.to {
		o.pieces = o.pieces[1:]
	}
	return b, nil
}

func (o *scanOp) Close() {}

// datatableNode yields literal rows.
type datatableNode struct {
	columns
	rows *Batch
}

func (r *run) prepareDatatable(x *bind.Datatable) (node, error) {
	cols := make([]vector.Column, len(x.Cols))
	for i, c := range x.Cols {
		b := vector.NewBuilder(c.Type, len(x.Rows))
		for _, row := range x.Rows {
			v := row[i]
			if v.Type != c.Type {
				v = value.Convert(v, c.Type)
			}
			b.Append(v)
		}
		cols[i] = b.Finish()
	}
	return &datatableNode{x.Cols, NewBatch(len(x.Rows), cols)}, nil
}

func (n *datatableNode) open(r *run) Operator {
	return &rowsOf{b: n.rows, size: r.o.BatchSize}
}

// rangeNode yields an arithmetic series.
type rangeNode struct {
	columns
	rel *bind.Range
}

func (r *run) prepareRange(x *bind.Range) (node, error) {
	for _, e := range []bind.Expr{x.From, x.To, x.Step} {
		if _, err := r.compile(nil, e); err != nil {
			return nil, err
		}
	}
	return &rangeNode{x.Cols, x}, nil
}

// rangeLimit bounds the rows of range, as a guard against a step that is far too small.
const rangeLimit = 10_000_000

func (n *rangeNode) open(r *run) Operator {
	return &lazily{size: r.o.BatchSize, make: func(context.Context) (*Batch, error) {
		from, err := r.constant(n.rel.From)
		if err != nil {
			return nil, err
		}
		to, err := r.constant(n.rel.To)
		if err != nil {
			return nil, err
		}
		step, err := r.constant(n.rel.Step)
		if err != nil {
			return nil, err
		}
		return series(n.columns[0].Type, from, to, step)
	}}
}

func series(t value.Type, from, to, step value.Value) (*Batch, error) {
	if from.Null || to.Null || step.Null {
		return NewBatch(0, []vector.Column{vector.NewBuilder(t, 0).Finish()}), nil
	}
	if t == value.Real || t == value.Decimal {
		a, z, d := value.Convert(from, value.Real).F, value.Convert(to, value.Real).F, value.Convert(step, value.Real).F
		var data []float64
		if d == 0 {
			return nil, fmt.Errorf("range: the step is 0")
		}
		for i := 0; ; i++ {
			x := a + float64(i)*d
			if d > 0 && x > z || d < 0 && x < z || x != x {
				break
			}
			if i >= rangeLimit {
				return nil, fmt.Errorf("%w: range yields more than %d rows", ErrLimit, rangeLimit)
			}
			data = append(data, x)
		}
		var c vector.Column = &vector.Reals{Data: data}
		return NewBatch(len(data), []vector.Column{convert(c, t)}), nil
	}
	if step.Type == value.Real {
		step = value.Convert(step, value.Long)
	}
	if step.I == 0 {
		return nil, fmt.Errorf("range: the step is 0")
	}
	a, z := from.I, to.I
	if from.Type == value.Real {
		a = int64(from.F)
	}
	if to.Type == value.Real {
		z = int64(to.F)
	}
	var data []int64
	for x := a; step.I > 0 && x <= z || step.I < 0 && x >= z; {
		if len(data) >= rangeLimit {
			return nil, fmt.Errorf("%w: range yields more than %d rows", ErrLimit, rangeLimit)
		}
		data = append(data, x)
		next := x + step.I
		if (next > x) != (step.I > 0) {
			break
		}
		x = next
	}
	return NewBatch(len(data), []vector.Column{&vector.Longs{Typ: t, Data: data}}), nil
}
