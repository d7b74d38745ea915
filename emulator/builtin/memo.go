package builtin

import (
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

// memoLimit bounds the dictionaries that a Memo remembers; the oldest goes first.
const memoLimit = 16

// Memo keeps what a pure function of one column gave for each value of a dictionary. It serves one goroutine at a time.
type Memo struct {
	entries []*memoEntry
	consts  []value.Value
}

type memoEntry struct {
	dict   *vector.Dict
	rows   int           // rows seen so far
	partly bool          // some value of the dictionary is an error: only those that occur are computed
	result vector.Column // by code, once the whole dictionary was computed
	place  []int32       // scratch: code -> place among the distinct codes of a batch + 1
}

// dictOf returns the dictionary of a column, nil when it has none.
func dictOf(col vector.Column) *vector.Dict {
	switch c := col.(type) {
	case *vector.Strings:
		return c.Dict
	case *vector.Dynamics:
		if c.Text != nil {
			return &c.Text.Dict
		}
	}
	return nil
}

func codesOf(col vector.Column) []uint32 {
	switch c := col.(type) {
	case *vector.Strings:
		return c.Codes
	case *vector.Dynamics:
		return c.Codes
	}
	return nil
}

// PerDistinct computes a pure function of one dictionary column: eval is called with distinct values (a flat column) and must
// return one row for each, and its rows are gathered by code. String results of whole dictionaries keep a dictionary, so that
// what follows profits too. The whole dictionary is computed once the rows seen make that pay; before that only the values of
// the batch. consts are the other arguments: when a constant among them changes, what was kept is dropped. A column without a
// dictionary is handed to eval as it is.
//
// An expression evaluator may hand in a whole expression that reads one column only.
func (m *Memo) PerDistinct(col vector.Column, eval func(distinct vector.Column) (vector.Column, error), consts []vector.Column) (vector.Column, error) {
	dict := dictOf(col)
	if dict == nil {
		return eval(col)
	}
	if !sameConsts(m.consts, consts) {
		m.consts = constsOf(consts)
		m.entries = m.entries[:0]
	}
	e := m.entry(dict)
	codes := codesOf(col)
	e.rows += len(codes)
	if e.result == nil {
		if size := len(dict.Values); e.partly || size > 64 && size > 2*e.rows {
			return e.batchOnly(col, codes, eval)
		}
		r, err := eval(flatOf(col, nil))
		if err != nil { // perhaps of a value that no row holds
			e.partly = true
			return e.batchOnly(col, codes, eval)
		}
		e.result = withDictionary(r)
		e.place = nil
	}
	return byCode(e.result, codes), nil
}

func (m *Memo) entry(dict *vector.Dict) *memoEntry {
	for _, e := range m.entries {
		if e.dict == dict {
			return e
		}
	}
	if len(m.entries) >= memoLimit {
		copy(m.entries, m.entries[1:])
		m.entries = m.entries[:memoLimit-1]
	}
	e := &memoEntry{dict: dict}
	m.entries = append(m.entries, e)
	return e
}

// batchOnly computes the distinct values of one batch.
func (e *memoEntry) batchOnly(col vector.Column, codes []uint32, eval func(vector.Column) (vector.Column, error)) (vector.Column, error) {
	if e.place == nil {
		e.place = make([]int32, len(e.dict.Values))
	}
	distinct := make([]uint32, 0, len(codes))
	rows := make([]int32, len(codes))
	for i, code := range codes {
		p := e.place[code]
		if p == 0 {
			distinct = append(distinct, code)
			p = int32(len(distinct))
			e.place[code] = p
		}
		rows[i] = p - 1
	}
	for _, code := range distinct {
		e.place[code] = 0
	}
	r, err := eval(flatOf(col, distinct))
	if err != nil {
		return nil, err
	}
	if len(distinct) == len(codes) {
		return r, nil
	}
	return withDictionary(r).Gather(rows), nil
}

// flatOf returns the values of a column's dictionary without the dictionary, so that a kernel does not look for one again.
// codes picks some; nil stands for all.
func flatOf(col vector.Column, codes []uint32) vector.Column {
	switch c := col.(type) {
	case *vector.Strings:
		if codes == nil {
			return &vector.Strings{Typ: c.Typ, Flat: c.Dict.Values}
		}
		out := make([]string, len(codes))
		for i, code := range codes {
			out[i] = c.Dict.Values[code]
		}
		return &vector.Strings{Typ: c.Typ, Flat: out}
	case *vector.Dynamics:
		n := len(codes)
		if codes == nil {
			n = len(c.Text.Values)
		}
		out := make([]*value.Node, n)
		for i := range out {
			code := uint32(i)
			if codes != nil {
				code = codes[i]
			}
			out[i] = c.Text.Node(code)
		}
		return &vector.Dynamics{Nodes: out}
	}
	return col
}

// withDictionary puts a flat string or dynamic result into a dictionary.
func withDictionary(col vector.Column) vector.Column {
	switch c := col.(type) {
	case *vector.Strings:
		if c.Dict == nil {
			dict, codes := vector.DictOf(c.Flat)
			return &vector.Strings{Typ: c.Typ, Dict: dict, Codes: codes}
		}
	case *vector.Dynamics:
		if c.Text == nil && c.Lists == nil {
			codes := make([]uint32, len(c.Nodes))
			for i := range codes {
				codes[i] = uint32(i)
			}
			return &vector.Dynamics{Text: vector.NewNodeDict(c.Nodes), Codes: codes}
		}
	}
	return col
}

// byCode gathers a result that is indexed by code.
func byCode(result vector.Column, codes []uint32) vector.Column {
	switch r := result.(type) {
	case *vector.Bools:
		if r.Nulls == nil {
			out := make([]bool, len(codes))
			for i, c := range codes {
				out[i] = r.Data[c]
			}
			return &vector.Bools{Data: out}
		}
	case *vector.Strings:
		out := make([]uint32, len(codes))
		for i, c := range codes {
			out[i] = r.Codes[c]
		}
		return &vector.Strings{Typ: r.Typ, Dict: r.Dict, Codes: out}
	case *vector.Dynamics:
		out := make([]uint32, len(codes))
		for i, c := range codes {
			out[i] = r.Codes[c]
		}
		return &vector.Dynamics{Text: r.Text, Lists: r.Lists, Codes: out}
	case *vector.Const:
		return &vector.Const{Val: r.Val, N: len(codes)}
	}
	rows := make([]int32, len(codes))
	for i, c := range codes {
		rows[i] = int32(c)
	}
	return result.Gather(rows)
}
