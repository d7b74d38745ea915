package exec

import (
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

// elementCodes are the elements, as texts, of the arrays that a dictionary of dynamic values holds: looked at once a distinct array, so
// that expanding a row copies codes. It belongs to one operator.
type elementCodes struct {
	of     *vector.JSONDict
	starts []int32 // by code: where its elements begin, -1 when it has not been met
	ends   []int32
	codes  []uint32
	texts  vector.TextIDs
	dict   *vector.Dict // texts as they were last handed on
}

// expandTexts expands one column of arrays with a dictionary to texts; nil when the columns are others.
func (e *expansion) expandTexts(c *elementCodes, cols []vector.Column, n, limit int) *expanded {
	if c == nil || len(cols) != 1 || e.items[0].Column.Type != value.String {
		return nil
	}
	d, ok := cols[0].(*vector.Dynamics)
	if !ok || d.Text == nil || len(d.Text.Values) > 4*n && c.of != d.Text {
		return nil
	}
	if c.of != d.Text {
		*c = elementCodes{of: d.Text, starts: make([]int32, len(d.Text.Values)), ends: make([]int32, len(d.Text.Values))}
		for i := range c.starts {
			c.starts[i] = -1
		}
	}
	total := 0
	elems := e.elements(d)
	for row, code := range d.Codes[:n] {
		if c.starts[code] < 0 {
			c.enter(code, elems(row))
		}
		total += min(int(c.ends[code]-c.starts[code]), limit)
	}
	if total > expandedWhole || len(c.codes) > 1<<30 {
		return nil
	}
	out := &expanded{rows: make([]int32, 0, total), index: make([]int64, 0, total)}
	codes := make([]uint32, 0, total)
	for row, code := range d.Codes[:n] {
		list := c.codes[c.starts[code]:c.ends[code]]
		list = list[:min(len(list), limit)]
		codes = append(codes, list...)
		for k := range list {
			out.rows, out.index = append(out.rows, int32(row)), append(out.index, int64(k))
		}
	}
	if c.dict == nil || len(c.dict.Values) != len(c.texts.Values) {
		c.dict = &vector.Dict{Values: c.texts.Values[:len(c.texts.Values):len(c.texts.Values)]}
	}
	out.cols = []vector.Column{&vector.Strings{Typ: value.String, Dict: c.dict, Codes: codes}}
	return out
}

// enter keeps the elements of an array; without any it stays as one row of the empty text.
func (c *elementCodes) enter(code uint32, list []*value.Node) {
	c.starts[code] = int32(len(c.codes))
	if len(list) == 0 {
		c.codes = append(c.codes, uint32(c.texts.ID("", true)))
	}
	for _, n := range list {
		s := ""
		if n != nil && n.Kind == value.KindString {
			s = n.S
		} else if v := value.Convert(value.NewDynamic(n), value.String); !v.Null {
			s = v.S
		}
		c.codes = append(c.codes, uint32(c.texts.ID(s, true)))
	}
	c.ends[code] = int32(len(c.codes))
}
