package result

import (
	"bufio"
	"io"
	"math"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
)

// AppendJSONValue appends a value as the batch line form has it: bool, int, long and real as JSON; decimal as a number; NaN
// and the infinities as text; datetime as ISO 8601 in UTC; timespan as [-][d.]hh:mm:ss[.fffffff]; dynamic as plain JSON;
// guid as text; null as null.
func AppendJSONValue(dst []byte, v value.Value) []byte {
	if v.Null {
		return append(dst, "null"...)
	}
	switch v.Type {
	case value.Bool:
		if v.I != 0 {
			return append(dst, "true"...)
		}
		return append(dst, "false"...)
	case value.Real:
		if math.IsNaN(v.F) || math.IsInf(v.F, 0) {
			return value.AppendQuoted(dst, value.FormatReal(v.F))
		}
		return value.AppendReal(dst, v.F)
	case value.Dynamic:
		return value.AppendJSON(dst, v.Dyn)
	case value.String, value.GUID, value.DateTime, value.Timespan:
		return value.AppendQuoted(dst, v.Text())
	}
	return value.AppendText(dst, v)
}

func (t *Table) appendColumns(dst []byte) []byte {
	dst = append(dst, '[')
	for i, c := range t.Columns {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, `{"name":`...)
		dst = value.AppendQuoted(dst, c.Name)
		dst = append(dst, `,"type":`...)
		dst = value.AppendQuoted(dst, c.Type.String())
		dst = append(dst, '}')
	}
	return append(dst, ']')
}

func (t *Table) appendRow(dst []byte, row int) []byte {
	dst = append(dst, '[')
	for i, col := range t.Vectors {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = AppendJSONValue(dst, col.Value(row))
	}
	return append(dst, ']')
}

// AppendBatch appends the batch line of a table, without a line break: {"id","columns","rows"}.
func (t *Table) AppendBatch(dst []byte, id string) []byte {
	dst = append(dst, `{"id":`...)
	dst = value.AppendQuoted(dst, id)
	dst = append(dst, `,"columns":`...)
	dst = t.appendColumns(dst)
	dst = append(dst, `,"rows":[`...)
	for i := range t.Rows {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = t.appendRow(dst, i)
	}
	return append(dst, "]}"...)
}

// AppendBatchError appends the batch line of a query that failed. Line and column are left out when line is 0.
func AppendBatchError(dst []byte, id, code, message string, line, column int) []byte {
	dst = append(dst, `{"id":`...)
	dst = value.AppendQuoted(dst, id)
	dst = append(dst, `,"error":{"code":`...)
	dst = value.AppendQuoted(dst, code)
	dst = append(dst, `,"message":`...)
	dst = value.AppendQuoted(dst, message)
	if line > 0 {
		dst = append(dst, `,"line":`...)
		dst = value.AppendText(dst, value.NewLong(int64(line)))
		dst = append(dst, `,"column":`...)
		dst = value.AppendText(dst, value.NewLong(int64(column)))
	}
	return append(dst, "}}"...)
}

// WriteJSON writes all tables: {"tables":[{"name","columns","rows"}]}.
func (r *Result) WriteJSON(w io.Writer) error {
	b := bufio.NewWriter(w)
	r.writeTables(b, func(dst []byte, t *Table, row int) []byte { return t.appendRow(append(dst, '\n'), row) })
	b.WriteString("}\n")
	return b.Flush()
}

// writeTables writes {"tables":[{"name","columns","rows"}], which the caller closes.
func (r *Result) writeTables(b *bufio.Writer, appendRow func(dst []byte, t *Table, row int) []byte) {
	b.WriteString(`{"tables":[`)
	var buf []byte
	for k, t := range r.Tables {
		if k > 0 {
			b.WriteByte(',')
		}
		buf = append(buf[:0], `{"name":`...)
		buf = value.AppendQuoted(buf, t.Name)
		buf = append(buf, `,"columns":`...)
		buf = t.appendColumns(buf)
		buf = append(buf, `,"rows":[`...)
		for row := range t.Rows {
			if row > 0 {
				buf = append(buf, ',')
			}
			buf = appendRow(buf, t, row)
			b.Write(buf)
			buf = buf[:0]
		}
		b.Write(buf)
		b.WriteString("]}")
	}
	b.WriteByte(']')
}

// appendTextRow is appendRow with dynamic values as JSON in a text.
func (t *Table) appendTextRow(dst []byte, row int) []byte {
	dst = append(dst, '[')
	for i, col := range t.Vectors {
		if i > 0 {
			dst = append(dst, ',')
		}
		v := col.Value(row)
		if v.Type == value.Dynamic && !v.Null {
			v = value.NewString(v.Text())
		}
		dst = AppendJSONValue(dst, v)
	}
	return append(dst, ']')
}

// WriteJSONLines writes the first table as one object a row.
func (r *Result) WriteJSONLines(w io.Writer) error {
	t := r.Primary()
	b := bufio.NewWriter(w)
	names := make([][]byte, len(t.Columns))
	for i, c := range t.Columns {
		names[i] = append(value.AppendQuoted(nil, c.Name), ':')
	}
	var buf []byte
	for row := range t.Rows {
		buf = append(buf[:0], '{')
		for i, col := range t.Vectors {
			if i > 0 {
				buf = append(buf, ',')
			}
			buf = append(buf, names[i]...)
			buf = AppendJSONValue(buf, col.Value(row))
		}
		b.Write(append(buf, '}', '\n'))
	}
	return b.Flush()
}

// WriteLogAnalytics writes the answer of the Log Analytics query API: {"tables":[{"name","columns":[{"name","type"}],"rows"}]},
// where dynamic values are JSON in a text, and render's properties when withRender is set.
//
// Source: Azure Monitor documentation, "Response format of the API".
func (r *Result) WriteLogAnalytics(w io.Writer, withRender bool) error {
	b := bufio.NewWriter(w)
	r.writeTables(b, func(dst []byte, t *Table, row int) []byte { return t.appendTextRow(dst, row) })
	if withRender && r.Render != nil {
		b.WriteString(`,"render":{"visualization":`)
		b.Write(value.AppendQuoted(nil, r.Render.Visualization))
		for _, p := range r.Render.Properties {
			b.WriteByte(',')
			b.Write(value.AppendQuoted(nil, p[0]))
			b.WriteByte(':')
			b.Write(value.AppendQuoted(nil, p[1]))
		}
		b.WriteByte('}')
	}
	b.WriteString("}\n")
	return b.Flush()
}
