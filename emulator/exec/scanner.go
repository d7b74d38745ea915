package exec

import (
	"context"

	"github.com/seed-caab1ad3/blindspot/emulator/exec/expr"
	"github.com/seed-caab1ad3/blindspot/emulator/keys"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/bind"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

// scannerNode is the scan operator: it matches sequences of rows against steps. Each step may hold one open sequence; a row
// is offered to the steps from the last to the first, so that one row takes a sequence one step on at most. A row first
// tries to take over the sequence of the step before; else it continues the step's own sequence; at the first step it opens
// a new one.
//
// Source: Kusto documentation, "scan operator", scan logic walkthrough.
type scannerNode struct {
	columns
	input     node
	rel       *bind.Scanner
	partition *expr.Program
	order     *expr.Program
	in        []*bind.Column
	steps     []*scanStep
	declared  map[*bind.Column]int
	defaults  []value.Value
	from      []int // by output column: the input's column
}

type scanStep struct {
	bind.ScanStep
	condition *expr.Program
	assigns   *expr.Program
	targets   []int // by assignment: the declared column
	state     []stateColumn
}

// stateColumn is a column `step.name` that conditions and assignments read.
type stateColumn struct {
	step     int
	input    int // the input's column, -1 for a declared one
	declared int
	typ      value.Type
}

func (r *run) prepareScanner(x *bind.Scanner) (node, error) {
	in, err := r.prepare(x.Input)
	if err != nil {
		return nil, err
	}
	n := &scannerNode{columns: x.Cols, input: in, rel: x, in: x.Input.Columns(), declared: map[*bind.Column]int{}}
	if n.partition, err = r.compile(n.in, x.Partition...); err != nil {
		return nil, err
	}
	if n.order, err = r.compileKeys(n.in, x.Order); err != nil {
		return nil, err
	}
	for i, d := range x.Declare {
		n.declared[d.Column] = i
		v := value.Null(d.Column.Type)
		if d.Expr != nil {
			if v, err = r.constant(d.Expr); err != nil {
				return nil, err
			}
		}
		n.defaults = append(n.defaults, value.Convert(v, d.Column.Type))
	}
	n.from = places(x.Cols, x.Passed, n.in)
	layout := append([]*bind.Column(nil), n.in...)
	at := expr.Layout(n.in)
	var state []stateColumn
	for k, s := range x.Steps {
		for _, p := range s.State {
			c := stateColumn{step: k, input: -1, declared: -1, typ: p.Out.Type}
			if i, ok := n.declared[p.In]; ok {
				c.declared = i
			} else if i, ok := at[p.In]; ok {
				c.input = i
			}
			layout = append(layout, p.Out)
			state = append(state, c)
		}
	}
	for _, s := range x.Steps {
		step := &scanStep{ScanStep: s, state: state}
		if step.condition, err = r.compile(layout, s.Condition); err != nil {
			return nil, err
		}
		exprs := make([]bind.Expr, len(s.Assign))
		for i, a := range s.Assign {
			exprs[i] = a.Expr
			d, ok := n.declared[a.Column]
			if !ok {
				return nil, refuse(x.At, "scan that assigns to %q, which it does not declare", a.Column.Name)
			}
			step.targets = append(step.targets, d)
		}
		if step.assigns, err = r.compile(layout, exprs...); err != nil {
			return nil, err
		}
		n.steps = append(n.steps, step)
	}
	return n, nil
}

// sequence is an open sequence: by step, the row that matched and the declared columns as they were then.
type sequence struct {
	id    int64
	rows  []int32 // -1 for a step that no row has matched
	state [][]value.Value
	last  *scanRow // the row that output=last holds back
}

type scanRow struct {
	row    int32
	id     int64
	values []value.Value
}

func (n *scannerNode) open(r *run) Operator {
	return r.breaker(n.input, func(ctx context.Context, rows *Batch) (*Batch, error) {
		if rows.N == 0 {
			return NewBatch(0, make([]vector.Column, len(n.columns))), nil
		}
		parts, err := n.parts(rows)
		if err != nil {
			return nil, err
		}
		s := &scanning{n: n, rows: rows}
		for _, st := range n.steps {
			s.conditions = append(s.conditions, st.condition.NewFrame())
			s.assigns = append(s.assigns, st.assigns.NewFrame())
		}
		for _, part := range parts {
			s.open = make([]*sequence, len(n.steps))
			for _, row := range part {
				if err := alive(ctx); err != nil {
					return nil, err
				}
				if err := s.offer(row); err != nil {
					return nil, err
				}
			}
			for _, seq := range s.open {
				s.release(seq)
			}
		}
		return s.output(), nil
	})
}

// parts returns the rows of each partition in their order.
func (n *scannerNode) parts(rows *Batch) ([][]int32, error) {
	ordered := make([]int32, rows.N)
	for i := range ordered {
		ordered[i] = int32(i)
	}
	if len(n.rel.Order) > 0 {
		var err error
		if ordered, err = order(rows, n.order, n.rel.Order); err != nil {
			return nil, err
		}
	}
	if len(n.rel.Partition) == 0 {
		return [][]int32{ordered}, nil
	}
	cols, err := n.partition.NewFrame().All(rows)
	if err != nil {
		return nil, err
	}
	types := make([]value.Type, len(cols))
	for i := range types {
		types[i] = n.partition.Type(i)
	}
	table := keys.NewTable(types)
	ids := table.IDs(cols, rows.N, true, false, nil)
	parts := make([][]int32, table.Len())
	for _, row := range ordered {
		parts[ids[row]] = append(parts[ids[row]], row)
	}
	return parts, nil
}

type scanning struct {
	n          *scannerNode
	rows       *Batch
	open       []*sequence
	conditions []*expr.Frame
	assigns    []*expr.Frame
	nextID     int64
	out        []scanRow
}

// source is one row with the state of a sequence beside it.
func (s *scanning) source(row int32, seq *sequence) *Batch {
	in := s.rows.Select([]int32{row})
	cols := make([]vector.Column, len(s.n.in)+len(s.n.steps[0].state))
	for i := range s.n.in {
		cols[i] = in.Column(i)
	}
	for i, c := range s.n.steps[0].state {
		v := value.Null(c.typ)
		switch {
		case c.declared >= 0 && (seq == nil || seq.rows[c.step] < 0):
			v = s.n.defaults[c.declared]
		case seq == nil || seq.rows[c.step] < 0:
		case c.declared >= 0:
			v = seq.state[c.step][c.declared]
		case c.input >= 0:
			v = s.rows.Column(c.input).Value(int(seq.rows[c.step]))
		}
		cols[len(s.n.in)+i] = &vector.Const{Val: v, N: 1}
	}
	return NewBatch(1, cols)
}

func (s *scanning) offer(row int32) error {
	for k := len(s.n.steps) - 1; k >= 0; k-- {
		step := s.n.steps[k]
		var tries []*sequence
		if k > 0 {
			for j := k - 1; j >= 0; j-- {
				if s.open[j] != nil {
					tries = append(tries, s.open[j])
					break
				}
				if !s.n.steps[j].Optional {
					break
				}
			}
		}
		if s.open[k] != nil {
			tries = append(tries, s.open[k])
		} else if k == 0 || s.allOptional(k) && len(tries) == 0 {
			tries = append(tries, nil)
		}
		for _, seq := range tries {
			src := s.source(row, seq)
			s.conditions[k].Reset(src)
			c, err := s.conditions[k].Eval(0)
			if err != nil {
				return err
			}
			if !c.Value(0).Bool() {
				continue
			}
			if err := s.match(k, step, row, seq, src); err != nil {
				return err
			}
			break
		}
	}
	return nil
}

// allOptional reports whether all steps before k may be left out.
func (s *scanning) allOptional(k int) bool {
	for _, st := range s.n.steps[:k] {
		if !st.Optional {
			return false
		}
	}
	return true
}

func (s *scanning) match(k int, step *scanStep, row int32, seq *sequence, src *Batch) error {
	next := &sequence{rows: make([]int32, len(s.n.steps)), state: make([][]value.Value, len(s.n.steps))}
	current := s.n.defaults
	if seq == nil {
		next.id = s.nextID
		s.nextID++
		for i := range next.rows {
			next.rows[i] = -1
		}
	} else {
		next.id = seq.id
		copy(next.rows, seq.rows)
		copy(next.state, seq.state)
		next.last = seq.last
		for j := k; j >= 0; j-- {
			if seq.state[j] != nil {
				current = seq.state[j]
				break
			}
		}
	}
	values := append([]value.Value(nil), current...)
	cols, err := s.assigns[k].All(src)
	if err != nil {
		return err
	}
	for i, c := range cols {
		t := step.targets[i]
		values[t] = value.Convert(c.Value(0), s.n.rel.Declare[t].Column.Type)
	}
	for j, open := range s.open {
		if open == seq && seq != nil && j != k {
			s.release(seq)
			next.last = nil
			s.open[j] = nil
		}
	}
	next.rows[k], next.state[k] = row, values
	s.open[k] = next
	got := scanRow{row, next.id, values}
	switch step.Output {
	case "none":
	case "last":
		next.last = &got
	default:
		s.out = append(s.out, got)
	}
	return nil
}

// release yields the row that a step with output=last held back.
func (s *scanning) release(seq *sequence) {
	if seq != nil && seq.last != nil {
		s.out = append(s.out, *seq.last)
		seq.last = nil
	}
}

func (s *scanning) output() *Batch {
	rows := make([]int32, len(s.out))
	ids := make([]int64, len(s.out))
	for i, o := range s.out {
		rows[i], ids[i] = o.row, o.id
	}
	picked := s.rows.Select(rows)
	cols := make([]vector.Column, len(s.n.columns))
	for i, c := range s.n.columns {
		if c == s.n.rel.MatchID {
			cols[i] = &vector.Longs{Typ: value.Long, Data: ids}
			continue
		}
		if d, ok := s.n.declared[c]; ok {
			b := vector.NewBuilder(c.Type, len(s.out))
			for _, o := range s.out {
				b.Append(o.values[d])
			}
			cols[i] = b.Finish()
			continue
		}
		if s.n.from[i] >= 0 {
			cols[i] = picked.Column(s.n.from[i])
			continue
		}
		cols[i] = &vector.Const{Val: value.Null(c.Type), N: len(s.out)}
	}
	return NewBatch(len(s.out), cols)
}
