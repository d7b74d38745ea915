package generate

import "sync"

// RowFunc receives one row of a table; the row is valid only during the call. An error stops the run.
type RowFunc func(table string, row *Row) error

// Callback is a Sink that calls a function for each row, in order, from one goroutine: how an engine takes the
// data without a file between.
type Callback struct{ call RowFunc }

// NewCallback makes a Callback.
func NewCallback(call RowFunc) *Callback { return &Callback{call} }

// Open implements Sink.
func (c *Callback) Open(table string, columns []Column) (TableSink, error) {
	return &callbackTable{call: c.call, table: table, columns: columns}, nil
}

type callbackTable struct {
	call    RowFunc
	table   string
	columns []Column
	pool    sync.Pool
}

// callbackChunk keeps the values of its rows until their turn. Values that many rows share are kept by reference;
// only what a row built for itself is copied.
type callbackChunk struct {
	values []Value
	buf    []byte
}

func (c *callbackChunk) Append(r *Row) {
	for _, v := range r.values {
		if !v.shared && len(v.Text) > 0 {
			from := len(c.buf)
			c.buf = append(c.buf, v.Text...)
			v.Text = c.buf[from:len(c.buf):len(c.buf)]
		}
		v.token = nil
		c.values = append(c.values, v)
	}
}

func (t *callbackTable) NewChunk() Chunk {
	if c, ok := t.pool.Get().(*callbackChunk); ok {
		c.values, c.buf = c.values[:0], c.buf[:0]
		return c
	}
	return &callbackChunk{values: make([]Value, 0, chunkRows*len(t.columns))}
}

func (t *callbackTable) Write(c Chunk) error {
	chunk := c.(*callbackChunk)
	n := len(t.columns)
	row := Row{columns: t.columns}
	for at := 0; at < len(chunk.values); at += n {
		row.values = chunk.values[at : at+n]
		if err := t.call(t.table, &row); err != nil {
			return err
		}
	}
	t.pool.Put(chunk)
	return nil
}

func (t *callbackTable) Close() error { return nil }
