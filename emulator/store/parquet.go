package store

import (
	"fmt"
	"io"
	"strings"

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

func readPage(c *cells, leaf *parquet.Column, page parquet.Page, read func(parquet.Value) value.Value) error {
	if dict := page.Dictionary(); dict != nil {
		data := page.Data()
		indexes := data.Int32()
		values := make([]value.Value, dict.Len())
		done := make([]bool, dict.Len())
		at := func(i int32) value.Value {
			if !done[i] {
				values[i], done[i] = read(dict.Index(i)), true
				values[i].S = strings.Clone(values[i].S)
			}
			return values[i]
		}
		levels := page.DefinitionLevels()
		if len(levels) == 0 {
			for _, i := range indexes {
				c.value(at(i))
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
			if next >= len(indexes) {
				return fmt.Errorf("a page has fewer values than rows")
			}
			c.value(at(indexes[next]))
			next++
		}
		return nil
	}
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
	unit, date := int64(0), false
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
			out = value.NewString(string(v.ByteArray()))
			if to == value.Dynamic {
				return value.NewDynamic(value.ParseDynamic(out.S))
			}
		}
		return value.Convert(out, to)
	}
}
