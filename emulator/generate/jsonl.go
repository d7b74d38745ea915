package generate

import (
	"io"
	"strconv"
	"sync"
)

// textTable writes rows as bytes: JSON lines or CSV.
type textTable struct {
	out    io.WriteCloser
	append func([]byte, *Row) []byte
	pool   sync.Pool
	header []byte
}

type textChunk struct {
	table *textTable
	buf   []byte
}

func (c *textChunk) Append(r *Row) { c.buf = c.table.append(c.buf, r) }

func (t *textTable) NewChunk() Chunk {
	if c, ok := t.pool.Get().(*textChunk); ok {
		c.buf = c.buf[:0]
		return c
	}
	return &textChunk{table: t, buf: make([]byte, 0, 1<<20)}
}

func (t *textTable) Write(c Chunk) error {
	if t.header != nil {
		if _, err := t.out.Write(t.header); err != nil {
			return err
		}
		t.header = nil
	}
	chunk := c.(*textChunk)
	_, err := t.out.Write(chunk.buf)
	t.pool.Put(chunk)
	return err
}

func (t *textTable) Close() error {
	if t.header != nil { // a table without rows still has its header
		if _, err := t.out.Write(t.header); err != nil {
			t.out.Close()
			return err
		}
	}
	return t.out.Close()
}

// opener gives the destination of a table.
type opener func(table string) (io.WriteCloser, error)

// JSONLines is a Sink of one JSON object a line, each with every column in the table's order.
type JSONLines struct{ open opener }

// NewJSONLines writes each table to what open returns for its name.
func NewJSONLines(open func(table string) (io.WriteCloser, error)) *JSONLines {
	return &JSONLines{open}
}

// Open implements Sink.
func (j *JSONLines) Open(table string, columns []Column) (TableSink, error) {
	out, err := j.open(table)
	if err != nil {
		return nil, err
	}
	keys := make([][]byte, len(columns))
	for i, c := range columns {
		lead := byte(',')
		if i == 0 {
			lead = '{'
		}
		keys[i] = append(appendJSONString([]byte{lead}, []byte(c.Name)), ':')
	}
	return &textTable{out: out, append: func(dst []byte, r *Row) []byte { return appendJSONRow(dst, keys, r) }}, nil
}

func appendJSONRow(dst []byte, keys [][]byte, r *Row) []byte {
	for i := range r.values {
		dst = append(dst, keys[i]...)
		v := &r.values[i]
		if v.Null {
			dst = append(dst, "null"...)
			continue
		}
		switch r.columns[i].Type {
		case String:
			switch {
			case v.token != nil:
				dst = append(dst, v.token...)
			case v.plain:
				dst = append(dst, '"')
				dst = append(dst, v.Text...)
				dst = append(dst, '"')
			default:
				dst = appendJSONString(dst, v.Text)
			}
		case Dynamic:
			dst = append(dst, v.Text...)
		case Datetime:
			dst = append(dst, '"')
			dst = ticks(v.Number).append(dst)
			dst = append(dst, '"')
		case Long:
			dst = appendInt(dst, v.Number)
		case Bool:
			dst = strconv.AppendBool(dst, v.Number != 0)
		}
	}
	return append(dst, '}', '\n')
}
