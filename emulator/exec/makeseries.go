package exec

import (
	"context"
	"fmt"
	"math"

	"github.com/seed-caab1ad3/blindspot/emulator/builtin"
	"github.com/seed-caab1ad3/blindspot/emulator/exec/expr"
	"github.com/seed-caab1ad3/blindspot/emulator/keys"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/bind"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

// makeSeriesNode is make-series: rows are aggregated by key and place on the axis, and each key's results are laid out as
// arrays over the axis; places without rows hold the default.
//
// Source: Kusto documentation, "make-series operator".
type makeSeriesNode struct {
	columns
	input    node
	rel      *bind.MakeSeries
	keys     *expr.Program
	axis     *expr.Program
	calls    []*aggregateCall
	defaults []value.Value
}

func (r *run) prepareMakeSeries(x *bind.MakeSeries) (node, error) {
	in, err := r.prepare(x.Input)
	if err != nil {
		return nil, err
	}
	n := &makeSeriesNode{columns: x.Cols, input: in, rel: x}
	cols := x.Input.Columns()
	exprs := make([]bind.Expr, len(x.Keys))
	for i, k := range x.Keys {
		exprs[i] = k.Expr
	}
	if n.keys, err = r.compile(cols, exprs...); err != nil {
		return nil, err
	}
	if n.axis, err = r.compile(cols, x.Axis.Expr); err != nil {
		return nil, err
	}
	for i, a := range x.Aggregates {
		call, err := r.aggregate(cols, a)
		if err != nil {
			return nil, err
		}
		if call.fn == nil {
			return nil, refuse(a.At, "%s() in make-series", a.Name)
		}
		n.calls = append(n.calls, call)
		def := value.NewLong(0)
		if i < len(x.Defaults) && x.Defaults[i] != nil {
			if def, err = r.constant(x.Defaults[i]); err != nil {
				return nil, err
			}
		}
		n.defaults = append(n.defaults, def)
	}
	return n, nil
}

func (n *makeSeriesNode) open(r *run) Operator {
	return r.breaker(n.input, func(_ context.Context, rows *Batch) (*Batch, error) { return n.build(r, rows) })
}

// axis is the places of a series: from, from+step, ...; real when the axis is one of reals.
type axis struct {
	typ       value.Type
	from      int64
	step      int64
	realFrom  float64
	realStep  float64
	n         int
	knownFrom bool
}

// seriesLimit bounds the places of a series, as Kusto does.
const seriesLimit = 1_048_576

func (n *makeSeriesNode) build(r *run, rows *Batch) (*Batch, error) {
	var keyCols, axisCols []vector.Column
	var err error
	if rows.N > 0 {
		if keyCols, err = n.keys.NewFrame().All(rows); err != nil {
			return nil, err
		}
		if axisCols, err = n.axis.NewFrame().All(rows); err != nil {
			return nil, err
		}
	}
	ax, at, err := n.place(r, axisCols, rows.N)
	if err != nil {
		return nil, err
	}
	types := make([]value.Type, n.keys.Len())
	for i := range types {
		types[i] = n.keys.Type(i)
	}
	table := keys.NewTable(types)
	var inside []int32
	for i, p := range at {
		if p >= 0 {
			inside = append(inside, int32(i))
		}
	}
	kept := rows
	if len(inside) < rows.N {
		kept = rows.Select(inside)
		for i, c := range keyCols {
			keyCols[i] = c.Gather(inside)
		}
	}
	var series []int32
	if kept.N > 0 {
		series = table.IDs(keyCols, kept.N, true, false, nil)
	} else if len(types) == 0 && n.rel.NonEmpty {
		table.AddEmpty()
	}
	cells := &keys.Longs{}
	group := make([]int32, kept.N)
	for i := range group {
		group[i] = cells.ID(uint64(series[i])<<32|uint64(uint32(at[inside[i]])), true)
	}
	return n.layOut(table, cells, group, kept, ax)
}

// place finds the axis and each row's place on it, -1 for rows outside.
func (n *makeSeriesNode) place(r *run, cols []vector.Column, rows int) (axis, []int32, error) {
	ax := axis{typ: n.axis.Type(0)}
	step, err := r.constant(n.rel.Step)
	if err != nil {
		return ax, nil, err
	}
	bound := func(e bind.Expr) (value.Value, bool, error) {
		if e == nil {
			return value.Value{}, false, nil
		}
		v, err := r.constant(e)
		return v, !v.Null, err
	}
	from, hasFrom, err := bound(n.rel.From)
	if err != nil {
		return ax, nil, err
	}
	to, hasTo, err := bound(n.rel.To)
	if err != nil {
		return ax, nil, err
	}
	at := make([]int32, rows)
	if ax.typ == value.Real || ax.typ == value.Decimal || step.Type == value.Real {
		return n.placeReal(cols, rows, step, from, to, hasFrom, hasTo)
	}
	ax.step = step.I
	if step.Null || ax.step <= 0 {
		return ax, nil, fmt.Errorf("make-series: the step must be above 0")
	}
	low, high, any := int64(math.MaxInt64), int64(math.MinInt64), false
	var v vector.View[int64]
	if rows > 0 {
		v = vector.Int64s(cols[0])
	}
	for i := range at {
		at[i] = -1
		if v.IsNull(i) {
			continue
		}
		x := v.At(i)
		if hasFrom && x < from.I || hasTo && x >= to.I && !(n.rel.InRange && x == to.I) {
			continue // also where the last place reaches beyond the end
		}
		at[i] = 0
		low, high, any = min(low, x), max(high, x), true
	}
	switch {
	case hasFrom:
		ax.from = from.I
	case any:
		ax.from = floorTo(low, ax.step)
	}
	end := high + 1
	if hasTo {
		if end = to.I; n.rel.InRange {
			end++
		}
	}
	if hasTo || any {
		if span := end - ax.from; span > 0 {
			places := (span + ax.step - 1) / ax.step
			if places > seriesLimit {
				return ax, nil, fmt.Errorf("%w: make-series has %d places, the limit is %d", ErrLimit, places, seriesLimit)
			}
			ax.n = int(places)
		}
	}
	for i, p := range at {
		if p < 0 {
			continue
		}
		at[i] = -1
		if d := v.At(i) - ax.from; d >= 0 && d/ax.step < int64(ax.n) {
			at[i] = int32(d / ax.step)
		}
	}
	return ax, at, nil
}

func floorTo(x, step int64) int64 {
	q := x / step
	if x%step < 0 {
		q--
	}
	return q * step
}

// before reports whether a place lies before the end of the axis; the form `in range` counts the end.
func (n *makeSeriesNode) before(x, to float64) bool { return x < to || n.rel.InRange && x == to }

func (n *makeSeriesNode) placeReal(cols []vector.Column, rows int, step, from, to value.Value, hasFrom, hasTo bool) (axis, []int32, error) {
	ax := axis{typ: value.Real, realStep: value.Convert(step, value.Real).F}
	if !(ax.realStep > 0) {
		return ax, nil, fmt.Errorf("make-series: the step must be above 0")
	}
	at := make([]int32, rows)
	data := make([]float64, rows)
	low, high := math.Inf(1), math.Inf(-1)
	for i := range data {
		v := value.Convert(cols[0].Value(i), value.Real)
		data[i] = v.F
		if v.Null || hasFrom && v.F < value.Convert(from, value.Real).F || hasTo && !n.before(v.F, value.Convert(to, value.Real).F) {
			data[i] = math.NaN()
			continue
		}
		low, high = min(low, v.F), max(high, v.F)
	}
	ax.realFrom = math.Floor(low/ax.realStep) * ax.realStep
	if hasFrom {
		ax.realFrom = value.Convert(from, value.Real).F
	}
	places := 0.0
	if hasTo {
		places = math.Ceil((value.Convert(to, value.Real).F - ax.realFrom) / ax.realStep)
		if n.rel.InRange && places*ax.realStep+ax.realFrom == value.Convert(to, value.Real).F {
			places++
		}
	} else if high >= ax.realFrom {
		places = math.Floor((high-ax.realFrom)/ax.realStep) + 1
	}
	if places > seriesLimit {
		return ax, nil, fmt.Errorf("%w: make-series has %.0f places, the limit is %d", ErrLimit, places, seriesLimit)
	}
	ax.n = int(max(places, 0))
	for i, x := range data {
		at[i] = -1
		if p := math.Floor((x - ax.realFrom) / ax.realStep); p >= 0 && p < float64(ax.n) {
			at[i] = int32(p)
		}
	}
	return ax, at, nil
}

func (n *makeSeriesNode) layOut(table *keys.Table, cells *keys.Longs, group []int32, rows *Batch, ax axis) (*Batch, error) {
	results := map[*bind.Column]vector.Column{}
	keys := table.Columns()
	for i, k := range n.rel.Keys {
		results[k.Column] = keys[i]
	}
	count := table.Len()
	places := make([]*value.Node, ax.n)
	for i := range places {
		switch ax.typ {
		case value.Real:
			places[i] = value.NodeReal(ax.realFrom + float64(i)*ax.realStep)
		case value.DateTime:
			places[i] = value.NodeDateTime(ax.from + int64(i)*ax.step)
		case value.Timespan:
			places[i] = value.NodeTimespan(ax.from + int64(i)*ax.step)
		default:
			places[i] = value.NodeLong(ax.from + int64(i)*ax.step)
		}
	}
	results[n.rel.Axis.Column] = &vector.Const{Val: value.NewDynamic(value.NodeArray(places...)), N: count}
	for k, c := range n.calls {
		acc := c.fn.New(c.types, c.consts, c.elementType())
		acc.Resize(len(cells.Keys()))
		if rows.N > 0 {
			args, err := c.args.NewFrame().All(rows)
			if err != nil {
				return nil, err
			}
			acc.Update(args, group, rows.N)
		}
		arrays := make([][]*value.Node, count)
		fill := n.defaults[k]
		if fill.Type.Integer() && c.elementType() == value.Real {
			fill = value.Convert(fill, value.Real) // so that all elements of a series of reals are reals
		}
		def := fill.Node()
		for i := range arrays {
			arrays[i] = make([]*value.Node, ax.n)
			for j := range arrays[i] {
				arrays[i][j] = def
			}
		}
		if len(cells.Keys()) > 0 {
			col := finishOne(acc)
			for id, cell := range cells.Keys() {
				if v := col.Value(id); !v.Null {
					arrays[cell>>32][uint32(cell)] = v.Node()
				}
			}
		}
		nodes := make([]*value.Node, count)
		for i, a := range arrays {
			nodes[i] = value.NodeArray(a...)
		}
		results[c.Outputs[0]] = &vector.Dynamics{Nodes: nodes}
	}
	out := make([]vector.Column, len(n.columns))
	for i, c := range n.columns {
		if out[i] = results[c]; out[i] == nil {
			return nil, fmt.Errorf("make-series yields no column %q", c.Name)
		}
	}
	return NewBatch(count, out), nil
}

func finishOne(acc builtin.Accumulator) vector.Column { return acc.Finish() }

// elementType is the type of a series' elements: what the aggregate gives by its signature, its argument's type where that
// decides.
func (c *aggregateCall) elementType() value.Type {
	switch c.Name {
	case "count", "countif", "dcount", "dcountif", "count_distinct", "count_distinctif":
		return value.Long
	case "avg", "avgif", "stdev", "stdevif", "variance", "varianceif", "stdevp", "variancep":
		if len(c.types) > 0 && c.types[0] != value.Decimal && c.types[0] != value.Timespan && c.types[0] != value.DateTime {
			return value.Real
		}
	case "make_set", "make_list", "make_bag", "make_set_if", "make_list_if", "make_list_with_nulls", "make_bag_if":
		return value.Dynamic
	}
	if len(c.types) > 0 {
		if c.types[0] == value.Int && (c.Name == "sum" || c.Name == "sumif") {
			return value.Long
		}
		return c.types[0]
	}
	return value.Long
}
