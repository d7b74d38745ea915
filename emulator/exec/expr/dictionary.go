package expr

import (
	"sync"
	"sync/atomic"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

// lutSet holds a node's results for the dictionaries it has met.
type lutSet struct {
	last atomic.Pointer[lut]
	mu   sync.Mutex
	all  map[*vector.Dict]*lut
}

// lut is a node's results for all values of one dictionary, computed once enough rows have asked.
type lut struct {
	dict *vector.Dict
	rows atomic.Int64
	once sync.Once
	done atomic.Bool
	col  vector.Column
	err  error

	bytes atomic.Int64 // of col, once it is done
}

// lut returns n's results for a dictionary of a column of type t: the query's own, or those that memory keeps.
func (f *Frame) lut(n *node, d *vector.Dict, t value.Type) *lut {
	s := &n.luts
	if l := s.last.Load(); l != nil && l.dict == d {
		return l
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	l, ok := s.all[d]
	if !ok {
		if m := f.p.env.Memory; m != nil && len(d.Values) >= rememberedValues {
			if p := n.fingerprint(); p != unmarked {
				l = m.get(memoryKey{d, t, p})
			}
		}
		if l == nil {
			l = &lut{dict: d}
		}
		if s.all == nil {
			s.all = map[*vector.Dict]*lut{}
		}
		s.all[d] = l
	}
	s.last.Store(l)
	return l
}

// one is a source whose only column stands at every number.
type one struct {
	col vector.Column
}

func (o one) Rows() int                { return o.col.Len() }
func (o one) Column(int) vector.Column { return o.col }

// byDictionary computes a node that depends on one dictionary column through the dictionary. ok is false when that does
// not pay: then the rows that asked so far are fewer than a quarter of the dictionary's values.
func (f *Frame) byDictionary(n *node) (col vector.Column, ok bool, err error) {
	var dict *vector.Dict
	var codes []uint32
	var values func() vector.Column
	typ := value.Dynamic
	switch c := f.src.Column(n.single).(type) {
	case *vector.Strings:
		if c.Dict == nil {
			return nil, false, nil
		}
		dict, codes, typ = c.Dict, c.Codes, c.Typ
		values = func() vector.Column { return &vector.Strings{Typ: c.Typ, Flat: dict.Values} }
	case *vector.Dynamics:
		if c.Text == nil {
			return nil, false, nil
		}
		dict, codes = &c.Text.Dict, c.Codes
		values = func() vector.Column {
			all := make([]uint32, len(dict.Values))
			for i := range all {
				all[i] = uint32(i)
			}
			return &vector.Dynamics{Text: c.Text, Codes: all}
		}
	default:
		return nil, false, nil
	}
	l := f.lut(n, dict, typ)
	if !l.done.Load() {
		if l.rows.Add(int64(f.n))*4 < int64(len(dict.Values)) || len(dict.Values) > 8 && f.n*4 < len(dict.Values) && l.rows.Load() < int64(len(dict.Values))/2 {
			return nil, false, nil
		}
		l.once.Do(func() {
			l.col, l.err = f.overDictionary(n, values())
			l.done.Store(true)
			if m := f.p.env.Memory; m != nil && l.col != nil {
				l.bytes.Store(bytesOf(l.col))
				m.grew(l.bytes.Load())
			}
		})
	}
	if l.err != nil {
		return nil, true, l.err
	}
	return gatherCodes(l.col, codes[:f.n]), true, nil
}

// overDictionary evaluates n over a dictionary's values, which are flat so that nothing below looks them up again.
func (f *Frame) overDictionary(n *node, values vector.Column) (vector.Column, error) {
	sub := f.below(one{values})
	var c vector.Column
	var err error
	if _, ok := values.(*vector.Dynamics); ok {
		c, err = sub.direct(n)
	} else {
		c, err = sub.eval(n)
	}
	if err != nil {
		return nil, err
	}
	if s, ok := c.(*vector.Strings); ok && s.Dict == nil {
		d, codes := vector.DictOf(s.Flat)
		return &vector.Strings{Typ: s.Typ, Dict: d, Codes: codes}, nil
	}
	if d, ok := c.(*vector.Dynamics); ok && d.Text == nil && d.Lists == nil {
		return encodeNodes(d), nil
	}
	return c, nil
}

// direct computes n over JSON texts themselves: its parts must not look for a dictionary again.
func (f *Frame) direct(n *node) (vector.Column, error) {
	flat := f.src.(one)
	nodes := make([]*value.Node, flat.col.Len())
	d := flat.col.(*vector.Dynamics)
	for i, code := range d.Codes {
		nodes[i] = d.Text.Node(code)
	}
	f.src = one{&vector.Dynamics{Nodes: nodes}}
	return f.eval(n)
}

// encodeNodes gives equal trees one code, so that what is computed of them is computed once. Where most differ they get a
// code each: a row then still costs a look-up where it would cost a walk through its tree.
func encodeNodes(d *vector.Dynamics) vector.Column {
	texts := make([]string, len(d.Nodes))
	for i, n := range d.Nodes {
		if !n.IsNull() {
			texts[i] = kindTag[n.Kind] + n.JSON()
		}
	}
	dict, codes := vector.DictOf(texts)
	nodes := make([]*value.Node, len(dict.Values))
	for i, code := range codes {
		nodes[code] = d.Nodes[i]
	}
	for i, t := range dict.Values {
		if t != "" {
			dict.Values[i] = t[1:]
		}
	}
	return &vector.Dynamics{Text: vector.NodeDictOf(nodes, dict.Values), Codes: codes}
}

// kindTag keeps apart values of different kinds that have one JSON text: a datetime and the string of it.
var kindTag = [...]string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "a"}

func gatherCodes(col vector.Column, codes []uint32) vector.Column {
	switch c := col.(type) {
	case *vector.Bools:
		out := &vector.Bools{Data: make([]bool, len(codes))}
		for i, code := range codes {
			out.Data[i] = c.Data[code]
		}
		if c.Nulls != nil {
			out.Nulls = gatherNulls(c.Nulls, codes)
		}
		return out
	case *vector.Strings:
		if c.Dict != nil {
			out := &vector.Strings{Typ: c.Typ, Dict: c.Dict, Codes: make([]uint32, len(codes))}
			for i, code := range codes {
				out.Codes[i] = c.Codes[code]
			}
			return out
		}
	case *vector.Dynamics:
		if c.Text != nil {
			out := &vector.Dynamics{Text: c.Text, Codes: make([]uint32, len(codes))}
			for i, code := range codes {
				out.Codes[i] = c.Codes[code]
			}
			return out
		}
	case *vector.Const:
		return &vector.Const{Val: c.Val, N: len(codes)}
	}
	rows := make([]int32, len(codes))
	for i, code := range codes {
		rows[i] = int32(code)
	}
	return col.Gather(rows)
}

func gatherNulls(from vector.Nulls, codes []uint32) vector.Nulls {
	out := vector.NewNulls(len(codes))
	found := false
	for i, code := range codes {
		if from.Has(int(code)) {
			out.Set(i)
			found = true
		}
	}
	if !found {
		return nil
	}
	return out
}
