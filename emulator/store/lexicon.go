package store

import (
	"maps"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

// lexicon holds, by column, the dictionary that a table's segments share. A text that many segments hold is then kept once, and
// what a query computes of a dictionary's values it computes once a table instead of once a segment: without it both grow with
// the segments times the distinct texts. Small segments keep their own dictionaries, so that rows which come one by one do not
// change what is known of all others.
type lexicon map[string]*entry

// entry is the dictionary of one column. Codes never change their meaning, texts are only added: a dictionary that was
// passed on is a beginning of the ones made later.
type entry struct {
	index  map[string]uint32
	values []string
	rows   int
	closed bool // most texts are distinct: further segments keep their own dictionaries

	source *string // the first of the values that were translated last, which segments made together share
	of     []uint32

	text *vector.Dict     // the newest, of strings
	json *vector.JSONDict // the newest, of dynamics
}

// fewWords is the size up to which a dictionary is shared however often its texts repeat.
const fewWords = 1 << 16

// share makes a segment's columns use the table's dictionaries; a column whose rows are all one text becomes that constant. It
// reports whether some dictionary grew, so that the segments before hold an older one.
func (l lexicon) share(s *segment) (grew bool) {
	for name, col := range s.columns {
		switch c := col.(type) {
		case *vector.Strings:
			if c.Dict == nil {
				continue
			}
			if len(c.Dict.Values) == 1 && c.Typ == value.String {
				s.columns[name] = &vector.Const{Val: value.NewString(c.Dict.Values[0]), N: s.n}
				continue
			}
			if e := l.entry(name, c.Dict.Values, s.n); e != nil {
				codes, more := e.translate(c.Dict.Values, c.Codes)
				if more || e.text == nil {
					grew = grew || e.text != nil
					e.text = &vector.Dict{Values: e.values[:len(e.values):len(e.values)]}
				}
				s.columns[name] = &vector.Strings{Typ: c.Typ, Dict: e.text, Codes: codes}
				s.share(name)
			}
		case *vector.Dynamics:
			if c.Text == nil {
				continue
			}
			if e := l.entry(name, c.Text.Values, s.n); e != nil {
				codes, more := e.translate(c.Text.Values, c.Codes)
				if more || e.json == nil {
					grew = grew || e.json != nil
					e.json = vector.NewJSONDict(e.values[:len(e.values):len(e.values)])
				}
				s.columns[name] = &vector.Dynamics{Text: e.json, Codes: codes}
				s.share(name)
			}
		}
	}
	return grew
}

// entry returns the dictionary that a column with these values shares, nil when it keeps its own.
func (l lexicon) entry(name string, values []string, rows int) *entry {
	e := l[name]
	if e == nil {
		e = &entry{index: map[string]uint32{}}
		l[name] = e
	}
	if e.closed {
		return nil
	}
	if size := len(e.values) + len(values); size > fewWords && len(e.values) > e.rows/2 && !e.last(values) {
		e.closed, e.index, e.of = true, nil, nil
		return nil
	}
	e.rows += rows
	return e
}

// last reports whether these are the values that were translated last.
func (e *entry) last(values []string) bool {
	return len(values) > 0 && len(values) == len(e.of) && e.source == &values[0]
}

// translate returns codes of the shared dictionary for codes of another one, and whether texts were added.
func (e *entry) translate(values []string, codes []uint32) (out []uint32, grew bool) {
	if !e.last(values) {
		e.of = make([]uint32, len(values))
		for i, v := range values {
			code, ok := e.index[v]
			if !ok {
				code = uint32(len(e.values))
				e.values = append(e.values, v)
				e.index[v] = code
				grew = true
			}
			e.of[i] = code
		}
		if len(values) > 0 {
			e.source = &values[0]
		}
	}
	out = make([]uint32, len(codes))
	for i, c := range codes {
		out[i] = e.of[c]
	}
	return out, grew
}

// renewed returns the segment with the newest dictionaries. Those who read the old one may go on.
func (l lexicon) renewed(s *segment) *segment {
	if len(s.shared) == 0 {
		return s
	}
	out := *s
	out.columns = maps.Clone(s.columns)
	for _, name := range s.shared {
		switch c := out.columns[name].(type) {
		case *vector.Strings:
			out.columns[name] = &vector.Strings{Typ: c.Typ, Dict: l[name].text, Codes: c.Codes}
		case *vector.Dynamics:
			out.columns[name] = &vector.Dynamics{Text: l[name].json, Codes: c.Codes}
		}
	}
	return &out
}
