package store

import (
	"encoding/binary"
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
)

// maxParquetRows bounds the rows of one file.
const maxParquetRows = 1 << 28

// readParquet reads the flat columns of a Parquet file page by page. A page with a dictionary is read through its indexes:
// each value of the dictionary is converted once. Nested columns are left out.
func readParquet(name string, r io.ReaderAt, size int64, o Options) (out []*Data, err error) {
	defer func() {
		// parquet-go panics on some damaged files.
		if p := recover(); p != nil {
			out, err = nil, &Error{File: name, What: fmt.Sprintf("damaged Parquet file: %v", p)}
		}
	}()
	if !footerFits(r, size) {
		return nil, &Error{File: name, What: "no Parquet file, or a damaged one: its footer is longer than the file"}
	}
	f, err := parquet.OpenFile(r, size)
	if err != nil {
		return nil, &Error{File: name, What: "no Parquet file, or a damaged one: " + err.Error()}
	}
	if o.Table == "" {
		o.Table = TableOf(name)
	}
	types, skips := o.types(o.Table), o.skips(o.Table)
	var leaves []*parquet.Column
	var list []*cells
	for _, c := range f.Root().Columns() {
		if !c.Leaf() || c.Repeated() || skips != nil && skips(c.Name()) {
			continue
		}
		t := types(c.Name())
		if c.Name() == ingestedKey || c.Name() == ingestedKeyOld {
			t = value.DateTime
		}
		if t == value.Unknown {
			t = parquetType(c)
		}
		leaves = append(leaves, c)
		list = append(list, newCells(c.Name(), t))
	}
	rows := 0
	for _, group := range f.RowGroups() {
		if n := group.NumRows(); n < 0 || n > maxParquetRows-int64(rows) {
			return nil, &Error{File: name, What: fmt.Sprintf("a row group claims %d rows; a file may have %d", n, maxParquetRows)}
		}
		rows += int(group.NumRows())
		chunks := group.ColumnChunks()
		for i, leaf := range leaves {
			if err := readChunk(list[i], leaf, chunks[leaf.Index()]); err != nil {
				return nil, &Error{File: name, What: fmt.Sprintf("column %s: %v", leaf.Name(), err)}
			}
			// The count is what the pages hold, not what the file's footer claims: rows are never made up.
			if list[i].n != rows {
				return nil, &Error{File: name, What: fmt.Sprintf("column %s has %d rows where there are %d", leaf.Name(), list[i].n, rows)}
			}
		}
	}
	d := &Data{Table: o.Table, N: rows}
	for _, c := range list {
		if c.n != rows {
			return nil, &Error{File: name, What: fmt.Sprintf("column %s has %d rows where there are %d", c.name, c.n, rows)}
		}
		col, t := c.finish()
		if c.name == ingestedKey || c.name == ingestedKeyOld {
			d.Ingested = convert(col, value.DateTime)
			continue
		}
		d.Columns = append(d.Columns, Column{c.name, t})
		d.Vectors = append(d.Vectors, col)
	}
	return []*Data{d}, nil
}

// footerFits reports whether a file can hold the footer that its end speaks of: the library takes memory for it before it
// looks. A file without an end is the library's to refuse.
func footerFits(r io.ReaderAt, size int64) bool {
	var end [8]byte // the footer's length and a magic number
	if size < int64(len(end)) {
		return true
	}
	if _, err := r.ReadAt(end[:], size-int64(len(end))); err != nil {
		return true
	}
	return int64(binary.LittleEndian.Uint32(end[:])) <= size-int64(len(end))
}

// parquetType returns Kusto's type for a column of no known table.
func parquetType(c *parquet.Column) value.Type {
	if l := c.Type().LogicalType(); l != nil {
		switch l.Value.(type) {
		case *format.TimestampType, *format.DateType:
			return value.DateTime
		case *format.JsonType:
			return value.Dynamic
		case *format.UUIDType:
			return value.GUID
		}
	}
	switch c.Type().Kind() {
	case parquet.Boolean:
		return value.Bool
	case parquet.Int32:
		return value.Int
	case parquet.Int64:
		return value.Long
	case parquet.Float, parquet.Double:
		return value.Real
	case parquet.Int96:
		return value.DateTime
	}
	return value.String
}

func readChunk(c *cells, leaf *parquet.Column, chunk parquet.ColumnChunk) error {
	pages := chunk.Pages()
	defer pages.Close()
	read := parquetValue(leaf, c.typ)
	for {
		page, err := pages.ReadPage()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		err = readPage(c, leaf, page, read)
		parquet.Release(page)
		if err != nil {
			return err
		}
	}
}

// readPage adds the values of a page. Values of a dictionary are converted once; numbers and texts are taken from the page's
// memory as they lie there, the rest value by value.
func readPage(c *cells, leaf *parquet.Column, page parquet.Page, read func(parquet.Value) value.Value) error {
	put, count := putOf(c, leaf, page, read)
	if put == nil {
		return readValues(c, page, read)
	}
	levels := page.DefinitionLevels()
	if len(levels) == 0 {
		for i := range count {
			put(i)
		}
		return nil
	}
	full := byte(leaf.MaxDefinitionLevel())
	next := 0
	for _, l := range levels {
		if l != full {
			c.null()
			continue
		}
		if next >= count {
			return fmt.Errorf("a page has fewer values than rows")
		}
		put(next)
		next++
	}
	return nil
}

// putOf returns what adds the i-th value of a page that is not null, and how many there are; nil when the page must be read
// value by value.
func putOf(c *cells, leaf *parquet.Column, page parquet.Page, read func(parquet.Value) value.Value) (put func(i int), count int) {
	data := page.Data()
	text := c.typ == value.String || c.typ == value.GUID || c.typ == value.Dynamic
	if dict := page.Dictionary(); dict != nil {
		indexes := data.Int32()
		if text {
			refs := make([]textRef, dict.Len())
			return func(i int) {
				if ref := &refs[indexes[i]]; ref.known {
					c.texts.again(ref)
					c.n++
				} else {
					addText(c, dict.Index(indexes[i]), read)
					*ref = c.texts.ref()
				}
			}, len(indexes)
		}
		values := make([]value.Value, dict.Len())
		done := make([]bool, dict.Len())
		return func(i int) {
			k := indexes[i]
			if !done[k] {
				values[k], done[k] = read(dict.Index(k)), true
			}
			c.value(values[k])
		}, len(indexes)
	}
	logical := leaf.Type().LogicalType()
	switch kind := leaf.Type().Kind(); {
	case kind == parquet.ByteArray && (c.typ == value.String || c.typ == value.Dynamic):
		bytes, offsets := data.ByteArray()
		return func(i int) {
			b := bytes[offsets[i]:offsets[i+1]]
			if c.typ == value.Dynamic && !container(b) {
				c.value(read(parquet.ByteArrayValue(b)))
				return
			}
			c.texts.add(b)
			c.n++
		}, max(len(offsets)-1, 0)
	case kind == parquet.Int64 && c.typ == value.Long && logical == nil:
		ints := data.Int64()
		return func(i int) { c.long(ints[i]) }, len(ints)
	case kind == parquet.Int64 && c.typ == value.DateTime && logical != nil:
		ints := data.Int64()
		return func(i int) { c.value(read(parquet.Int64Value(ints[i]))) }, len(ints)
	case kind == parquet.Double && c.typ == value.Real:
		reals := data.Double()
		return func(i int) {
			c.reals = append(c.reals, reals[i])
			c.n++
		}, len(reals)
	}
	return nil, 0
}

// addText adds a value to a column of texts.
func addText(c *cells, v parquet.Value, read func(parquet.Value) value.Value) {
	if b := v.ByteArray(); v.Kind() == parquet.ByteArray && (c.typ == value.String || c.typ == value.Dynamic && container(b)) {
		c.texts.add(b)
		c.n++
		return
	}
	c.value(read(v))
}

// container reports whether a text is a JSON object or array as far as brackets tell, which a dynamic column keeps as it is.
func container(b []byte) bool {
	if len(b) < 2 || b[0] != '{' && b[0] != '[' {
		return false
	}
	end, err := skipContainer(b, 0)
	return err == nil && end == len(b)
}

func readValues(c *cells, page parquet.Page, read func(parquet.Value) value.Value) error {
	var buf [512]parquet.Value
	values := page.Values()
	for {
		n, err := values.ReadValues(buf[:])
		for _, v := range buf[:n] {
			if v.IsNull() {
				c.null()
			} else {
				c.value(read(v))
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// ticksOfUnix is 1970-01-01 in ticks.
const ticksOfUnix = 621_355_968_000_000_000

// parquetValue returns the reader of a leaf's values as a type.
func parquetValue(leaf *parquet.Column, to value.Type) func(parquet.Value) value.Value {
	logical := leaf.Type().LogicalType()
	unit, date, id := int64(0), false, false
	if logical != nil {
		switch l := logical.Value.(type) {
		case *format.TimestampType:
			switch l.Unit.Value.(type) {
			case *format.MilliSeconds:
				unit = 1_000_000
			case *format.MicroSeconds:
				unit = 1_000
			default:
				unit = 1
			}
		case *format.DateType:
			date = true
		case *format.UUIDType:
			id = true
		}
	}
	return func(v parquet.Value) value.Value {
		var out value.Value
		switch v.Kind() {
		case parquet.Boolean:
			out = value.NewBool(v.Boolean())
		case parquet.Int32:
			if date {
				out = value.NewDateTime(ticksOfUnix + int64(v.Int32())*864_000_000_000)
			} else {
				out = value.NewInt(int64(v.Int32()))
			}
		case parquet.Int64:
			switch unit {
			case 0:
				out = value.NewLong(v.Int64())
			case 1:
				out = value.NewDateTime(ticksOfUnix + v.Int64()/100)
			default:
				out = value.NewDateTime(ticksOfUnix + v.Int64()*(unit/100))
			}
		case parquet.Int96:
			days, nanos := int64(v.Int96()[2])-2_440_588, int64(uint64(v.Int96()[1])<<32|uint64(v.Int96()[0]))
			out = value.NewDateTime(ticksOfUnix + days*864_000_000_000 + nanos/100)
		case parquet.Float:
			out = value.NewReal(float64(v.Float()))
		case parquet.Double:
			out = value.NewReal(v.Double())
		default:
			if b := v.ByteArray(); id && len(b) == 16 {
				out = value.NewString(fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:]))
				break
			}
			out = value.NewString(string(v.ByteArray()))
			if to == value.Dynamic {
				return value.NewDynamic(value.ParseDynamic(out.S))
			}
		}
		return value.Convert(out, to)
	}
}
