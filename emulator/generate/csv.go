package generate

import (
	"bytes"
	"io"
	"strconv"
)

// CSV is a Sink of RFC 4180 files with a header. A null is an empty field, a dynamic its JSON text.
type CSV struct{ open opener }

// NewCSV writes each table to what open returns for its name.
func NewCSV(open func(table string) (io.WriteCloser, error)) *CSV { return &CSV{open} }

// Open implements Sink.
func (c *CSV) Open(table string, columns []Column) (TableSink, error) {
	out, err := c.open(table)
	if err != nil {
		return nil, err
	}
	var header []byte
	for i, col := range columns {
		if i > 0 {
			header = append(header, ',')
		}
		header = append(header, col.Name...)
	}
	header = append(header, '\r', '\n')
	return &textTable{out: out, header: header, append: appendCSVRow}, nil
}

func appendCSVRow(dst []byte, r *Row) []byte {
	for i := range r.values {
		if i > 0 {
			dst = append(dst, ',')
		}
		v := &r.values[i]
		if v.Null {
			continue
		}
		switch r.columns[i].Type {
		case Datetime:
			dst = ticks(v.Number).append(dst)
		case Long:
			dst = appendInt(dst, v.Number)
		case Bool:
			dst = strconv.AppendBool(dst, v.Number != 0)
		default:
			dst = appendCSVField(dst, v.Text)
		}
	}
	return append(dst, '\r', '\n')
}

func appendCSVField(dst, s []byte) []byte {
	if !bytes.ContainsAny(s, ",\"\r\n") {
		return append(dst, s...)
	}
	dst = append(dst, '"')
	for {
		i := bytes.IndexByte(s, '"')
		if i < 0 {
			dst = append(dst, s...)
			return append(dst, '"')
		}
		dst = append(dst, s[:i+1]...)
		dst = append(dst, '"')
		s = s[i+1:]
	}
}
