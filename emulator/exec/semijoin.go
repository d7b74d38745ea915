package exec

import (
	"context"
	"fmt"

	"github.com/seed-caab1ad3/blindspot/emulator/exec/expr"
	"github.com/seed-caab1ad3/blindspot/emulator/keys"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

// semiJoinOp is leftsemi and leftanti: of the right side it keeps which keys there are, and no rows. Like joinOp it reads both
// sides by turns: when the left one ends first, only keys of its values are kept.
type semiJoinOp struct {
	n     *joinNode
	r     *run
	left  Operator
	frame *expr.Frame
	keys  *keys.Set
	total int
}

func (o *semiJoinOp) build(ctx context.Context) error {
	types := make([]value.Type, o.n.rightKeys.Len())
	for i := range types {
		types[i] = o.n.leftKeys.Type(i)
	}
	o.keys, o.frame = keys.NewSet(types), o.n.leftKeys.NewFrame()
	o.left = o.r.open(o.n.left)
	right := o.r.open(o.n.right)
	defer right.Close()
	rightFrame := o.n.rightKeys.NewFrame()
	var lefts []*Batch
	leftRows, rightRows, ended := 0, 0, false
	for {
		if !ended && leftRows <= rightRows {
			b, err := o.left.Next(ctx)
			if err != nil {
				return err
			}
			if b != nil {
				lefts, leftRows = append(lefts, b), leftRows+b.N
				continue
			}
			ended = true
			for _, b := range lefts {
				cols, err := o.frame.All(b)
				if err != nil {
					return err
				}
				o.keys.Learn(cols, b.N, true)
			}
		}
		b, err := right.Next(ctx)
		if err != nil {
			return err
		}
		if b == nil {
			break
		}
		rightRows += b.N
		cols, err := rightFrame.All(b)
		if err != nil {
			return err
		}
		alike(cols, types)
		if ended {
			o.keys.AddKnown(cols, b.N, true)
		} else {
			o.keys.Add(cols, b.N, true)
		}
		if err := o.r.within(int64(o.keys.Len())*int64(len(cols))*16, "join"); err != nil {
			return err
		}
	}
	if ended {
		o.left.Close()
		o.left = &batches{list: lefts}
	} else {
		o.left = &batches{list: lefts, rest: o.left}
	}
	return nil
}

func (o *semiJoinOp) Next(ctx context.Context) (*Batch, error) {
	if o.keys == nil {
		if err := o.build(ctx); err != nil {
			return nil, err
		}
	}
	for {
		b, err := o.left.Next(ctx)
		if b == nil || err != nil {
			return nil, err
		}
		if err := alive(ctx); err != nil {
			return nil, err
		}
		cols, err := o.frame.All(b)
		if err != nil {
			return nil, err
		}
		rows := o.keys.Has(cols, b.N, o.n.kind == "leftsemi", nil)
		if len(rows) == 0 {
			continue
		}
		if o.total += len(rows); o.r.o.Limits.Cells > 0 && o.total > o.r.o.Limits.Cells {
			return nil, fmt.Errorf("%w: join yields more than %d rows", ErrLimit, o.r.o.Limits.Cells)
		}
		return o.output(b, rows), nil
	}
}

func (o *semiJoinOp) output(b *Batch, rows []int32) *Batch {
	mapping := make([]int, len(o.n.columns))
	missing := false
	for i := range mapping {
		mapping[i] = o.n.fromLeft[i]
		missing = missing || mapping[i] < 0
	}
	if len(rows) < b.N {
		b = b.Select(rows)
	}
	out := b.Remap(mapping)
	if missing {
		for i, c := range o.n.columns {
			if mapping[i] < 0 {
				out.cols[i] = &vector.Const{Val: value.Null(c.Type), N: len(rows)}
			}
		}
	}
	return out
}

func (o *semiJoinOp) Close() {
	if o.left != nil {
		o.left.Close()
	}
}
