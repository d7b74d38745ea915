package generate

import (
	"io"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/zstd"
)

// Parquet is a Sink of Parquet files: strings with dictionaries, dynamic as JSON, datetime as a UTC timestamp in
// nanoseconds (which holds Kusto's 100 ns without loss), zstd. Everything but strings may be null.
type Parquet struct{ open opener }

// NewParquet writes each table to what open returns for its name.
func NewParquet(open func(table string) (io.WriteCloser, error)) *Parquet { return &Parquet{open} }

// rowGroupRows bounds the memory of a file being written: a row group is held until it is complete.
const rowGroupRows = 32 * 1024

// Open implements Sink.
func (p *Parquet) Open(table string, columns []Column) (TableSink, error) {
	out, err := p.open(table)
	if err != nil {
		return nil, err
	}
	schema := parquet.NewSchema(table, newOrderedGroup(columns))
	w := parquet.NewWriter(out, schema, parquet.Compression(&zstd.Codec{Level: zstd.SpeedFastest}),
		parquet.CreatedBy("blindspot", "generate", ""))
	return &parquetTable{out: out, writer: w, columns: columns}, nil
}

// orderedGroup keeps the table's column order, which parquet.Group would sort away.
type orderedGroup struct {
	parquet.Group
	fields []parquet.Field
}

func (g orderedGroup) Fields() []parquet.Field { return g.fields }

func newOrderedGroup(columns []Column) parquet.Node {
	group := parquet.Group{}
	for _, c := range columns {
		var n parquet.Node
		switch c.Type {
		case String:
			n = parquet.Encoded(parquet.String(), &parquet.RLEDictionary)
		case Dynamic:
			n = parquet.Optional(parquet.Encoded(parquet.JSON(), &parquet.RLEDictionary))
		case Datetime:
			n = parquet.Optional(parquet.Timestamp(parquet.Nanosecond))
		case Long:
			n = parquet.Optional(parquet.Int(64))
		case Bool:
			n = parquet.Optional(parquet.Leaf(parquet.BooleanType))
		}
		group[c.Name] = n
	}
	byName := map[string]parquet.Field{}
	for _, f := range group.Fields() {
		byName[f.Name()] = f
	}
	ordered := orderedGroup{Group: group}
	for _, c := range columns {
		ordered.fields = append(ordered.fields, byName[c.Name])
	}
	return ordered
}

type parquetTable struct {
	out     io.WriteCloser
	writer  *parquet.Writer
	columns []Column
	rows    int
}

type parquetChunk struct {
	rows   []parquet.Row
	values []parquet.Value
	buf    []byte
}

func (c *parquetChunk) Append(r *Row) {
	from := len(c.values)
	for i, v := range r.values {
		var value parquet.Value
		definition := 0
		switch typ := r.columns[i].Type; {
		case v.Null:
			value = parquet.NullValue()
		case typ == String || typ == Dynamic:
			text := v.Text
			if !v.shared {
				at := len(c.buf)
				c.buf = append(c.buf, text...)
				text = c.buf[at:len(c.buf):len(c.buf)]
			}
			value = parquet.ByteArrayValue(text)
			if typ == Dynamic {
				definition = 1
			}
		case typ == Datetime:
			value, definition = parquet.Int64Value(v.Number*100), 1
		case typ == Long:
			value, definition = parquet.Int64Value(v.Number), 1
		case typ == Bool:
			value, definition = parquet.BooleanValue(v.Number != 0), 1
		}
		c.values = append(c.values, value.Level(0, definition, i))
	}
	c.rows = append(c.rows, c.values[from:len(c.values):len(c.values)])
}

func (t *parquetTable) NewChunk() Chunk { return &parquetChunk{} }

func (t *parquetTable) Write(c Chunk) error {
	rows := c.(*parquetChunk).rows
	if _, err := t.writer.WriteRows(rows); err != nil {
		return err
	}
	if t.rows += len(rows); t.rows >= rowGroupRows {
		t.rows = 0
		return t.writer.Flush()
	}
	return nil
}

func (t *parquetTable) Close() error {
	err := t.writer.Close()
	if e := t.out.Close(); err == nil {
		err = e
	}
	return err
}
