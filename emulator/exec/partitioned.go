package exec

import (
	"context"

	"github.com/seed-caab1ad3/blindspot/emulator/exec/expr"
	"github.com/seed-caab1ad3/blindspot/emulator/keys"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

// partitioned aggregates rows into very many groups on several workers. Workers compute the keys and arguments of parts, then
// a key column each gives ids to its values, then rows are dealt by the hash of their packed ids, and each worker has the
// groups of one share of the hashes to itself. So nothing is computed twice and nothing is merged: a group sees its rows in their
// order, and groups come out in the order of their first rows.
type partitioned struct {
	n       *aggregateNode
	columns []*keys.Column
	packing keys.Packing
	shares  []*share
	rows    int64 // so far
	keys    []*expr.Frame
	args    [][]*expr.Frame
}

// share is the groups of one share of the hashes.
type share struct {
	keys   keys.Longs
	g      *grouping // its accumulators alone
	firsts []int64   // by group: the number of its first row
	ids    []int32
}

// waveParts is the number of parts a worker whose rows are held at a time.
const waveParts = 8

// evaluated is a batch whose keys and arguments are computed.
type evaluated struct {
	b     *Batch
	first int64 // the number of its first row
	keys  []vector.Column
	args  [][]vector.Column
	ids   [][]int32 // by key column
	dealt []dealt   // by share
}

type dealt struct {
	rows []int32
	keys []uint64
}

// inPartitions aggregates parts; nil when their keys do not fit into 64 bits.
func (n *aggregateNode) inPartitions(ctx context.Context, r *run, parts []Operator) (*Batch, error) {
	p := &partitioned{n: n}
	for k := range n.keys.Len() {
		p.columns = append(p.columns, keys.NewColumn(n.keys.Type(k)))
	}
	for range min(r.o.Workers, 1<<8) {
		s := &share{g: n.newGrouping()}
		p.shares = append(p.shares, s)
	}
	defer func() {
		for _, part := range parts {
			part.Close()
		}
	}()
	for len(parts) > 0 {
		wave := parts[:min(waveParts*r.o.Workers, len(parts))]
		done, err := p.wave(ctx, r, wave)
		if !done || err != nil {
			return nil, err
		}
		parts = parts[len(wave):]
	}
	return p.finish(ctx, r)
}

// wave takes in the rows of some parts; false when their keys do not fit.
func (p *partitioned) wave(ctx context.Context, r *run, parts []Operator) (bool, error) {
	byPart := make([][]*evaluated, len(parts))
	err := r.forEach(ctx, len(parts), func(ctx context.Context, i int) (err error) {
		byPart[i], err = p.n.evaluate(ctx, parts[i])
		parts[i].Close()
		return err
	})
	if err != nil {
		return false, err
	}
	var all []*evaluated
	for _, list := range byPart {
		for _, e := range list {
			e.first = p.rows
			p.rows += int64(e.b.N)
			all = append(all, e)
		}
	}
	err = r.forEach(ctx, len(p.columns), func(_ context.Context, k int) error {
		for _, e := range all {
			e.ids[k] = make([]int32, e.b.N)
			p.columns[k].IDs(e.keys[k], 0, true, false, e.ids[k])
		}
		return nil
	})
	if err != nil {
		return false, err
	}
	if !p.makeRoom() {
		return false, nil
	}
	err = r.forEach(ctx, len(all), func(_ context.Context, i int) error {
		all[i].deal(p.packing, len(p.shares))
		return nil
	})
	if err != nil {
		return false, err
	}
	err = r.forEach(ctx, len(p.shares), func(_ context.Context, i int) error {
		for _, e := range all {
			if len(e.dealt[i].rows) > 0 {
				p.shares[i].take(e, e.dealt[i])
			}
		}
		return r.within(int64(p.shares[i].keys.Len())*int64(len(p.n.columns))*16*int64(len(p.shares)), "summarize")
	})
	return true, err
}

// evaluate computes the keys and arguments of all rows of a part.
func (n *aggregateNode) evaluate(ctx context.Context, part Operator) ([]*evaluated, error) {
	frame := n.keys.NewFrame()
	args := make([]*expr.Frame, len(n.calls))
	for i, c := range n.calls {
		args[i] = c.args.NewFrame()
	}
	var out []*evaluated
	for {
		b, err := part.Next(ctx)
		if b == nil || err != nil {
			return out, err
		}
		e := &evaluated{b: b, args: make([][]vector.Column, len(n.calls)), ids: make([][]int32, n.keys.Len())}
		cols, err := frame.All(b)
		if err != nil {
			return nil, err
		}
		e.keys = append(e.keys, cols...)
		for i, f := range args {
			cols, err := f.All(b)
			if err != nil {
				return nil, err
			}
			e.args[i] = append(e.args[i], cols...)
		}
		out = append(out, e)
	}
}

// makeRoom gives the ids of all columns bits in the keys; false when there are too few.
func (p *partitioned) makeRoom() bool {
	limits := make([]int, len(p.columns))
	for k, c := range p.columns {
		limits[k] = c.Len()
	}
	if p.packing.Fits(limits) {
		return true
	}
	wider, ok := keys.NewPacking(limits)
	if !ok {
		return false
	}
	for _, s := range p.shares {
		if s.keys.Len() > 0 {
			s.keys = p.packing.Repacked(&s.keys, wider)
		}
	}
	p.packing = wider
	return true
}

// deal packs the ids of the rows and deals them by their hash.
func (e *evaluated) deal(packing keys.Packing, shares int) {
	packed := make([]uint64, e.b.N)
	packing.Pack(e.ids, packed)
	share := make([]uint16, e.b.N)
	keys.Shares(e.ids, shares, share)
	e.dealt = make([]dealt, shares)
	room := e.b.N/shares + e.b.N/16 + 8
	for i := range e.dealt {
		e.dealt[i] = dealt{make([]int32, 0, room), make([]uint64, 0, room)}
	}
	for i, k := range packed {
		d := &e.dealt[share[i]]
		d.rows, d.keys = append(d.rows, int32(i)), append(d.keys, k)
	}
	e.keys, e.ids = nil, nil
}

func (s *share) take(e *evaluated, d dealt) {
	if cap(s.ids) < len(d.rows) {
		s.ids = make([]int32, len(d.rows))
	}
	ids := s.ids[:len(d.rows)]
	before := int32(s.keys.Len())
	s.keys.IDs(d.keys, true, ids)
	for i, id := range ids {
		if id == before {
			before++
			s.firsts = append(s.firsts, e.first+int64(d.rows[i]))
		}
	}
	s.g.size(s.keys.Len())
	b := e.b.Select(d.rows)
	for i, c := range s.g.n.calls {
		args := make([]vector.Column, len(e.args[i]))
		for k, col := range e.args[i] {
			args[k] = col.Gather(d.rows)
		}
		if c.fn == nil {
			s.g.picks[i].add(b, args, ids)
		} else {
			s.g.accs[i].Update(args, ids, b.N)
		}
	}
}

// finish puts the groups of all shares into the order of their first rows.
func (p *partitioned) finish(ctx context.Context, r *run) (*Batch, error) {
	results := make([][]vector.Column, len(p.shares))
	err := r.forEach(ctx, len(p.shares), func(_ context.Context, i int) (err error) {
		s := p.shares[i]
		results[i], err = s.g.results(s.keys.Len())
		return err
	})
	if err != nil {
		return nil, err
	}
	total := 0
	starts := make([]int32, len(p.shares))
	for i, s := range p.shares {
		starts[i] = int32(total)
		total += len(s.firsts)
	}
	order, packed := make([]int32, total), make([]uint64, total)
	next := make([]int, len(p.shares))
	for i := range total {
		best, first := -1, int64(0)
		for k, s := range p.shares {
			if at := next[k]; at < len(s.firsts) && (best < 0 || s.firsts[at] < first) {
				best, first = k, s.firsts[at]
			}
		}
		order[i], packed[i] = starts[best]+int32(next[best]), p.shares[best].keys.Keys()[next[best]]
		next[best]++
	}
	columns := make([]vector.Column, len(results[0]))
	err = r.forEach(ctx, len(columns), func(_ context.Context, k int) error {
		parts := make([]vector.Column, len(results))
		for i := range results {
			parts[i] = results[i][k]
		}
		columns[k] = vector.Concat(parts...).Gather(order)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return p.n.batchOf(total, columns, func(k int, groups []int32) vector.Column {
		picked := packed
		if groups != nil {
			picked = make([]uint64, len(groups))
			for i, g := range groups {
				picked[i] = packed[g]
			}
		}
		return p.columns[k].Values(p.packing.Part(k, picked))
	}), nil
}
