package expr

import (
	"fmt"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/bind"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

// window computes a function over the order of rows. The source must hold all rows of the relation.
func (f *Frame) window(n *node) (vector.Column, error) {
	args := make([]vector.Column, len(n.args))
	for i, a := range n.args {
		c, err := f.eval(a)
		if err != nil {
			return nil, err
		}
		args[i] = c
	}
	name := n.expr.(*bind.Call).Name
	switch name {
	case "prev":
		return shift(n.typ, args, f.n, -1), nil
	case "next":
		return shift(n.typ, args, f.n, 1), nil
	case "row_number":
		return rowNumber(args, f.n), nil
	case "row_cumsum":
		return rowCumsum(n.typ, args, f.n), nil
	case "row_rank_dense":
		return rowRank(args, f.n, true), nil
	case "row_rank_min":
		return rowRank(args, f.n, false), nil
	case "row_window_session":
		return rowWindowSession(args, f.n)
	}
	return nil, fmt.Errorf("function %s() over the order of rows is not run by the engine", name)
}

// shift is prev and next: the value offset rows away, 1 unless given, and the default, null unless given, past the ends.
func shift(t value.Type, args []vector.Column, n, direction int) vector.Column {
	offset := 1
	if len(args) > 1 && n > 0 {
		offset = int(args[1].Value(0).I)
	}
	rows := make([]int32, n)
	outside := false
	for i := range rows {
		j := i + direction*offset
		if j < 0 || j >= n {
			j, outside = -1, true
		}
		rows[i] = int32(j)
	}
	col := args[0].Gather(rows)
	if !outside || len(args) < 3 {
		return col
	}
	out := vector.NewBuilder(t, n)
	for i, j := range rows {
		if j < 0 {
			out.Append(value.Convert(args[2].Value(i), t))
		} else {
			out.Append(col.Value(i))
		}
	}
	return out.Finish()
}

// restarts returns whether counting starts anew at a row: argument i, false when it is not given.
func restarts(args []vector.Column, i int) func(row int) bool {
	if len(args) <= i {
		return func(int) bool { return false }
	}
	v := vector.Truths(args[i])
	return func(row int) bool { return !v.IsNull(row) && v.At(row) }
}

func rowNumber(args []vector.Column, n int) vector.Column {
	start := int64(1)
	if len(args) > 0 && n > 0 {
		start = args[0].Value(0).I
	}
	restart := restarts(args, 1)
	out := &vector.Longs{Typ: value.Long, Data: make([]int64, n)}
	next := start
	for i := range out.Data {
		if restart(i) {
			next = start
		}
		out.Data[i] = next
		next++
	}
	return out
}

// rowCumsum adds up the values so far; a null adds nothing.
func rowCumsum(t value.Type, args []vector.Column, n int) vector.Column {
	restart := restarts(args, 1)
	if t == value.Real {
		v := vector.Float64s(args[0])
		out := &vector.Reals{Data: make([]float64, n)}
		sum := 0.0
		for i := range out.Data {
			if restart(i) {
				sum = 0
			}
			if !v.IsNull(i) {
				sum += v.At(i)
			}
			out.Data[i] = sum
		}
		return out
	}
	if t == value.Decimal {
		v := vector.DecimalsOf(args[0])
		out := vector.NewBuilder(t, n)
		sum := value.DecimalOfLong(0)
		for i := range n {
			if restart(i) {
				sum = value.DecimalOfLong(0)
			}
			if d := v.At(i); d != nil {
				total := value.DecimalOfLong(0)
				value.DecimalContext().Add(total, sum, d)
				sum = total
			}
			out.AppendDecimal(sum)
		}
		return out.Finish()
	}
	v := vector.Int64s(args[0])
	out := &vector.Longs{Typ: t, Data: make([]int64, n)}
	sum := int64(0)
	for i := range out.Data {
		if restart(i) {
			sum = 0
		}
		if !v.IsNull(i) {
			sum += v.At(i)
		}
		out.Data[i] = sum
	}
	return out
}

// rowRank counts changes of the value: by one for the dense rank, to the row's own number for the minimal rank.
func rowRank(args []vector.Column, n int, dense bool) vector.Column {
	restart := restarts(args, 1)
	out := &vector.Longs{Typ: value.Long, Data: make([]int64, n)}
	rank, row := int64(0), int64(0)
	for i := range out.Data {
		row++
		switch {
		case i == 0 || restart(i):
			rank, row = 1, 1
		case !vector.Equal(args[0], i, args[0], i-1):
			if dense {
				rank++
			} else {
				rank = row
			}
		}
		out.Data[i] = rank
	}
	return out
}

// rowWindowSession returns the first time of each row's session. A session ends when a row comes more than maxBetween
// after the one before, more than maxFromFirst after the session's first, or where restart is true.
//
// Source: Kusto documentation, "row_window_session()".
func rowWindowSession(args []vector.Column, n int) (vector.Column, error) {
	if len(args) < 3 {
		return nil, fmt.Errorf("row_window_session() takes a time and two distances")
	}
	at, fromFirst, between := vector.Int64s(args[0]), vector.Int64s(args[1]), vector.Int64s(args[2])
	restart := restarts(args, 3)
	out := &vector.Longs{Typ: value.DateTime, Data: make([]int64, n)}
	var first, before int64
	open := false
	for i := range out.Data {
		if at.IsNull(i) {
			if out.Nulls == nil {
				out.Nulls = vector.NewNulls(n)
			}
			out.Nulls.Set(i)
			open = false
			continue
		}
		t := at.At(i)
		if !open || restart(i) || t-first > fromFirst.At(i) || t-before > between.At(i) {
			first = t
		}
		open, before = true, t
		out.Data[i] = first
	}
	return out, nil
}
