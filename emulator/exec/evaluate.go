package exec

import (
	"context"
	"fmt"
	"strings"

	"github.com/seed-caab1ad3/blindspot/emulator/exec/expr"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/bind"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

// evaluateNode runs a plugin: all rows in, all rows out.
type evaluateNode struct {
	columns
	rel         *bind.Evaluate
	input       node
	right       node
	inCols      []*bind.Column
	args        *expr.Program // the arguments over the input, for plugins that take expressions
	places      []int         // by argument: the column of the input or the right side that it names, -1 for none
	consts      []value.Value // by argument: its value where it is constant
	isConst     []bool
	aggregate   *aggregateNode
	found       []*bind.Column // the columns that only the data could name
	run         pluginFunc
	hasWildcard bool
}

// pluginFunc computes a plugin's result columns from all rows of its input (nil at the head of a query) and of its right
// side. It yields the columns of the plan in order, and then others whose names it sets in n.found.
type pluginFunc func(ctx context.Context, r *run, n *evaluateNode, in, right *Batch) (*Batch, error)

func pluginNamed(name string) pluginFunc {
	switch name {
	case "bag_unpack":
		return bagUnpack
	case "pivot":
		return pivot
	case "narrow":
		return narrow
	case "ipv4_lookup", "ipv6_lookup":
		return addressLookup
	case "geo_polygon_lookup", "geo_line_lookup":
		return geoLookup
	case "identity", "preview":
		return identity
	case "schema_merge":
		return schemaMerge
	case "sliding_window_counts":
		return slidingWindowCounts
	case "active_users_count":
		return activeUsersCount
	case "rolling_percentile":
		return rollingPercentile
	case "session_count":
		return sessionCount
	case "activity_counts_metrics":
		return activityCounts
	case "activity_metrics":
		return activityMetrics
	case "rows_near":
		return rowsNear
	case "dcount_intersect":
		return dcountIntersect
	}
	return nil
}

func (r *run) prepareEvaluate(x *bind.Evaluate) (node, error) {
	n := &evaluateNode{columns: x.Cols, rel: x}
	r.named = append(r.named, n)
	if n.run = pluginNamed(x.Plugin); n.run == nil {
		return nil, refuse(x.At, "plugin %s()", x.Plugin)
	}
	var err error
	if x.Input != nil {
		if n.input, err = r.prepare(x.Input); err != nil {
			return nil, err
		}
		n.inCols = x.Input.Columns()
	}
	var rightCols []*bind.Column
	if x.Right != nil {
		if n.right, err = r.prepare(x.Right); err != nil {
			return nil, err
		}
		rightCols = x.Right.Columns()
	}
	in, right := expr.Layout(n.inCols), expr.Layout(rightCols)
	for _, a := range x.Args {
		place := -1
		var v value.Value
		constant := false
		if ref, ok := a.(*bind.ColumnRef); ok {
			if i, ok := in[ref.Column]; ok {
				place = i
			} else if i, ok := right[ref.Column]; ok {
				place = i
			}
		} else if p, err := r.compile(nil, a); err == nil {
			cols, err := p.NewFrame().All(NewBatch(1, nil))
			if err != nil {
				return nil, err
			}
			v, constant = cols[0].Value(0), true
		}
		n.places, n.consts, n.isConst = append(n.places, place), append(n.consts, v), append(n.isConst, constant)
	}
	switch x.Plugin {
	case "rows_near", "dcount_intersect":
		if n.args, err = r.compile(n.inCols, x.Args...); err != nil {
			return nil, err
		}
	case "pivot":
		if err := r.preparePivot(n); err != nil {
			return nil, err
		}
	}
	return n, nil
}

// extra are the columns that the data named, known once the plugin has run.
func (n *evaluateNode) extra() []*bind.Column { return n.found }

func (n *evaluateNode) open(r *run) Operator {
	return &lazily{size: r.o.BatchSize, make: func(ctx context.Context) (*Batch, error) {
		var in, right *Batch
		for _, side := range []struct {
			node node
			to   **Batch
		}{{n.input, &in}, {n.right, &right}} {
			if side.node == nil {
				continue
			}
			op := r.open(side.node)
			rows, err := r.collect(ctx, op, side.node, 0)
			op.Close()
			if err != nil {
				return nil, err
			}
			*side.to = rows
		}
		n.found = nil
		out, err := n.run(ctx, r, n, in, right)
		if err != nil {
			return nil, fmt.Errorf("%s(): %w", n.rel.Plugin, err)
		}
		for _, c := range n.rel.Cols {
			if c.Type == value.Unknown {
				n.hasWildcard = true
			}
		}
		return out, nil
	}}
}

// filled gives a batch of no rows its columns.
func filled(b *Batch, n node) *Batch {
	if b.N > 0 {
		return b
	}
	cols := make([]vector.Column, n.width())
	typed, _ := n.(interface{ at(int) *bind.Column })
	for i := range cols {
		t := value.Dynamic
		if typed != nil {
			t = typed.at(i).Type
		}
		cols[i] = vector.NewBuilder(t, 0).Finish()
	}
	return NewBatch(0, cols)
}

// argument returns the number of the argument of a name, -1 when it is not given.
func (n *evaluateNode) argument(name string) int {
	for i, a := range n.rel.ArgNames {
		if strings.EqualFold(a, name) {
			return i
		}
	}
	return -1
}

// constant returns the value of the constant argument of a name.
func (n *evaluateNode) constant(name string) (value.Value, bool) {
	i := n.argument(name)
	if i < 0 || !n.isConst[i] {
		return value.Value{}, false
	}
	return n.consts[i], true
}

// column returns the column that the argument of a name stands for, in the batch that it belongs to.
func (n *evaluateNode) column(b *Batch, name string) (vector.Column, error) {
	i := n.argument(name)
	if i < 0 || n.places[i] < 0 {
		return nil, fmt.Errorf("%s must be a column", name)
	}
	return b.Column(n.places[i]), nil
}

// identity hands on its input; preview shows its first rows.
func identity(_ context.Context, _ *run, n *evaluateNode, in, _ *Batch) (*Batch, error) {
	if n.rel.Plugin == "preview" && len(n.consts) > 0 {
		return in.Slice(0, min(in.N, int(n.consts[0].I))), nil
	}
	return in, nil
}
