package vector

import (
	"github.com/cockroachdb/apd/v3"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
)

// Concat returns the columns, all of one type, as one. Dictionaries are merged by translating codes. With no columns it
// returns nil.
func Concat(columns ...Column) Column {
	kept := columns[:0:0]
	total := 0
	for _, c := range columns {
		if n := c.Len(); n > 0 {
			kept = append(kept, c)
			total += n
		}
	}
	switch {
	case len(columns) == 0:
		return nil
	case len(kept) == 0:
		return columns[0]
	case len(kept) == 1:
		return kept[0]
	}
	if c := concatConst(kept, total); c != nil {
		return c
	}
	for i, c := range kept {
		kept[i] = Materialize(c)
	}
	switch first := kept[0].(type) {
	case *Longs:
		data, nulls := concatPlain(kept, total, func(c Column) ([]int64, Nulls) { l := c.(*Longs); return l.Data, l.Nulls })
		return &Longs{Typ: first.Typ, Data: data, Nulls: nulls}
	case *Bools:
		data, nulls := concatPlain(kept, total, func(c Column) ([]bool, Nulls) { l := c.(*Bools); return l.Data, l.Nulls })
		return &Bools{Data: data, Nulls: nulls}
	case *Reals:
		data, nulls := concatPlain(kept, total, func(c Column) ([]float64, Nulls) { l := c.(*Reals); return l.Data, l.Nulls })
		return &Reals{Data: data, Nulls: nulls}
	case *Decimals:
		data := make([]*apd.Decimal, 0, total)
		for _, c := range kept {
			data = append(data, c.(*Decimals).Data...)
		}
		return &Decimals{Data: data}
	case *Strings:
		return concatStrings(first.Typ, kept, total)
	}
	return concatDynamics(kept, total)
}

// concatConst keeps equal constants as one.
func concatConst(columns []Column, total int) Column {
	first, ok := columns[0].(*Const)
	if !ok {
		return nil
	}
	for _, c := range columns[1:] {
		k, ok := c.(*Const)
		if !ok || !value.Equal(first.Val, k.Val) {
			return nil
		}
	}
	return &Const{Val: first.Val, N: total}
}

func concatPlain[T any](columns []Column, total int, parts func(Column) ([]T, Nulls)) ([]T, Nulls) {
	out := make([]T, 0, total)
	var nulls Nulls
	for _, c := range columns {
		data, n := parts(c)
		if n != nil {
			if nulls == nil {
				nulls = NewNulls(total)
			}
			for i := range data {
				if n.Has(i) {
					nulls.Set(len(out) + i)
				}
			}
		}
		out = append(out, data...)
	}
	return out, nulls
}

func concatStrings(t value.Type, columns []Column, total int) Column {
	distinct := 0
	shared := columns[0].(*Strings).Dict
	var last *Dict
	for _, c := range columns {
		s := c.(*Strings)
		if s.Dict != shared {
			shared = nil
		}
		if s.Dict == nil {
			distinct += len(s.Flat)
		} else if s.Dict != last {
			distinct += min(len(s.Dict.Values), len(s.Codes))
			last = s.Dict
		}
	}
	if shared != nil {
		codes := make([]uint32, 0, total)
		for _, c := range columns {
			codes = append(codes, c.(*Strings).Codes...)
		}
		return &Strings{Typ: t, Dict: shared, Codes: codes}
	}
	if distinct > dictLimit && distinct > total/2 {
		flat := make([]string, 0, total)
		for _, c := range columns {
			s := c.(*Strings)
			if s.Dict == nil {
				flat = append(flat, s.Flat...)
				continue
			}
			for _, code := range s.Codes {
				flat = append(flat, s.Dict.Values[code])
			}
		}
		return &Strings{Typ: t, Flat: flat}
	}
	var m merger
	codes := make([]uint32, 0, total)
	for _, c := range columns {
		s := c.(*Strings)
		if s.Dict == nil {
			for _, text := range s.Flat {
				codes = append(codes, m.code(text))
			}
			continue
		}
		codes = m.translate(codes, s.Dict, s.Codes)
	}
	return &Strings{Typ: t, Dict: &Dict{Values: m.texts.Values}, Codes: codes}
}

// merger collects the values that occur in several dictionaries.
type merger struct {
	texts TextIDs
	remap map[*Dict][]uint32 // code + 1
}

func (m *merger) code(s string) uint32 { return uint32(m.texts.ID(s, true)) }

func (m *merger) translate(out []uint32, d *Dict, codes []uint32) []uint32 {
	if m.remap == nil {
		m.remap = map[*Dict][]uint32{}
	}
	to := m.remap[d]
	if to == nil {
		to = make([]uint32, len(d.Values))
		m.remap[d] = to
	}
	const run = 512
	var fresh [run]uint32
	var hashes [run]uint32
	for len(codes) > 0 {
		part := codes[:min(run, len(codes))]
		codes = codes[len(part):]
		n := 0
		for _, c := range part {
			if to[c] == 0 {
				fresh[n], hashes[n] = c, m.texts.Hash(d.Values[c])
				n++
			}
		}
		m.texts.Touch(hashes[:n])
		for i, c := range fresh[:n] {
			if to[c] == 0 {
				to[c] = uint32(m.texts.Find(d.Values[c], hashes[i], true)) + 1
			}
		}
		for _, c := range part {
			out = append(out, to[c]-1)
		}
	}
	return out
}

func concatDynamics(columns []Column, total int) Column {
	shared, lists := columns[0].(*Dynamics).Text, columns[0].(*Dynamics).Lists
	for _, c := range columns {
		if c.(*Dynamics).Text != shared {
			shared = nil
		}
		if c.(*Dynamics).Lists != lists {
			lists = nil
		}
	}
	if shared != nil || lists != nil {
		codes := make([]uint32, 0, total)
		for _, c := range columns {
			codes = append(codes, c.(*Dynamics).Codes...)
		}
		return &Dynamics{Text: shared, Lists: lists, Codes: codes}
	}
	if d := concatTexts(columns, total); d != nil {
		return d
	}
	nodes := make([]*value.Node, 0, total)
	for _, c := range columns {
		d := c.(*Dynamics)
		for i := 0; i < d.Len(); i++ {
			nodes = append(nodes, d.At(i))
		}
	}
	return &Dynamics{Nodes: nodes}
}

// concatTexts joins dictionaries of JSON end to end, trees that are parsed already included; nil when a column holds trees.
func concatTexts(columns []Column, total int) Column {
	offsets := map[*JSONDict]uint32{}
	size := 0
	for _, c := range columns {
		d := c.(*Dynamics)
		if d.Text == nil {
			return nil
		}
		if _, ok := offsets[d.Text]; !ok {
			offsets[d.Text] = uint32(size)
			size += len(d.Text.Values)
		}
	}
	if size > 2*total+dictLimit {
		return nil
	}
	merged := NewJSONDict(make([]string, size))
	merged.once.Do(merged.alloc)
	codes := make([]uint32, 0, total)
	for _, c := range columns {
		d := c.(*Dynamics)
		off := offsets[d.Text]
		merged.copyFrom(d.Text, off)
		for _, code := range d.Codes {
			codes = append(codes, code+off)
		}
	}
	return &Dynamics{Text: merged, Codes: codes}
}
