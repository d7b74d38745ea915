package exec

import (
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

// picker is arg_max, arg_min and take_any over several columns: it keeps one row a group, by batch and number, and
// computes what is wanted of these rows at the end. Of equal rows the first is kept.
//
// A null extreme loses against any other; where all are null, the first row is taken.
// Source: Kusto documentation, "arg_max()".
type picker struct {
	call    *aggregateCall
	batches []*Batch
	rows    []pickedRow
	longs   []int64
	values  []value.Value
}

type pickedRow struct {
	batch int32 // -1: none yet
	row   int32
	null  bool
}

func (p *picker) resize(groups int) {
	for len(p.rows) < groups {
		p.rows = append(p.rows, pickedRow{batch: -1})
	}
	if n := groups - len(p.longs); n > 0 {
		p.longs = append(p.longs, make([]int64, n)...)
	}
	if n := groups - len(p.values); n > 0 && !p.whole() {
		p.values = append(p.values, make([]value.Value, n)...)
	}
}

// whole reports whether the extreme is held as a whole number.
func (p *picker) whole() bool {
	if p.call.args.Len() == 0 {
		return true
	}
	switch p.call.args.Type(0) {
	case value.Int, value.Long, value.DateTime, value.Timespan:
		return true
	}
	return false
}

func (p *picker) add(b *Batch, args []vector.Column, ids []int32) {
	number := int32(len(p.batches))
	p.batches = append(p.batches, b)
	if len(args) == 0 {
		for i := range b.N {
			if g := groupOf(ids, i); p.rows[g].batch < 0 {
				p.rows[g] = pickedRow{number, int32(i), false}
			}
		}
		return
	}
	max := p.call.Name == "arg_max"
	if p.whole() {
		v := vector.Int64s(args[0])
		for i := range b.N {
			g := groupOf(ids, i)
			best := &p.rows[g]
			if v.IsNull(i) {
				if best.batch < 0 {
					*best = pickedRow{number, int32(i), true}
				}
				continue
			}
			x := v.At(i)
			if best.batch < 0 || best.null || max && x > p.longs[g] || !max && x < p.longs[g] {
				*best = pickedRow{number, int32(i), false}
				p.longs[g] = x
			}
		}
		return
	}
	for i := range b.N {
		g := groupOf(ids, i)
		p.offer(g, number, int32(i), args[0].Value(i), max)
	}
}

func (p *picker) offer(g, batch, row int32, v value.Value, max bool) {
	best := &p.rows[g]
	if v.Null {
		if best.batch < 0 {
			*best = pickedRow{batch, row, true}
		}
		return
	}
	if best.batch >= 0 && !best.null {
		if c := value.Compare(v, p.values[g]); max && c <= 0 || !max && c >= 0 {
			return
		}
	}
	*best = pickedRow{batch, row, false}
	p.values[g] = v
}

func groupOf(ids []int32, i int) int32 {
	if ids == nil {
		return 0
	}
	return ids[i]
}

// merge takes in the rows of another picker, which come after all rows here.
func (p *picker) merge(o *picker, remap []int32) {
	shift := int32(len(p.batches))
	p.batches = append(p.batches, o.batches...)
	max := p.call.Name == "arg_max"
	for from, row := range o.rows {
		if row.batch < 0 {
			continue
		}
		g := remap[from]
		best := &p.rows[g]
		moved := pickedRow{row.batch + shift, row.row, row.null}
		switch {
		case best.batch < 0:
		case p.call.args.Len() == 0 || row.null:
			continue
		case best.null:
		case p.whole():
			if max && o.longs[from] <= p.longs[g] || !max && o.longs[from] >= p.longs[g] {
				continue
			}
		default:
			if c := value.Compare(o.values[from], p.values[g]); max && c <= 0 || !max && c >= 0 {
				continue
			}
		}
		*best = moved
		if p.whole() {
			p.longs[g] = o.longs[from]
		} else {
			p.values[g] = o.values[from]
		}
	}
}

// finish computes the wanted columns of the picked rows, batch by batch, and puts them into the order of groups.
func (p *picker) finish(groups int) ([]vector.Column, error) {
	counts := make([]int32, len(p.batches)+1)
	for _, row := range p.rows[:groups] {
		if row.batch >= 0 {
			counts[row.batch+1]++
		}
	}
	for i := 1; i < len(counts); i++ {
		counts[i] += counts[i-1]
	}
	starts := append([]int32(nil), counts...)
	rows := make([]int32, counts[len(counts)-1])
	place := make([]int32, groups)
	for g, row := range p.rows[:groups] {
		if row.batch < 0 {
			place[g] = -1
			continue
		}
		at := starts[row.batch]
		starts[row.batch]++
		rows[at] = row.row
		place[g] = at
	}
	width := p.call.late.Len()
	parts := make([][]vector.Column, width)
	frame := p.call.late.NewFrame()
	for i, b := range p.batches {
		if counts[i] == counts[i+1] {
			continue
		}
		cols, err := frame.All(b.Select(rows[counts[i]:counts[i+1]]))
		if err != nil {
			return nil, err
		}
		for k, c := range cols {
			parts[k] = append(parts[k], c)
		}
	}
	out := make([]vector.Column, width)
	for k := range out {
		if len(parts[k]) == 0 {
			out[k] = &vector.Const{Val: value.Null(p.call.late.Type(k)), N: groups}
			continue
		}
		out[k] = vector.Concat(parts[k]...).Gather(place)
	}
	return out, nil
}
