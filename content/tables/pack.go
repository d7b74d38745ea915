package tables

import (
	_ "embed"
)

//go:embed schemas.bin
var packed string

// Layout of schemas.bin, all numbers little endian:
//
//	magic "BSSCH1\x00\x00"
//	u32 offset of the dictionary, u32 of its block index, u32 number of names
//	for each section: u32 offset of its index, u32 number of entries
//	dictionary: the distinct column and parameter names, sorted, in blocks of dictBlock; in a block the first name is
//	  whole (uvarint length, bytes), each next one is (uvarint shared prefix, uvarint rest length, bytes of the rest)
//	block index: u32 offset of each block
//	section index: for each entry, sorted by name, u32 offset of the entry
//	entry: uvarint name length, name, data
//	data of a table: uvarint number of columns, then for each uvarint(name id x 16 + type)
//	data of a function: see function
const (
	magic      = "BSSCH1\x00\x00"
	dictBlock  = 16
	headerSize = 8 + 12 + 8*sectionCount
)

var typeNames = [...]string{"string", "datetime", "real", "int", "dynamic", "long", "bool", "guid", "timespan", "decimal", "*"}

var shapeNames = [...]Shape{Tabular, OpenTabular, Invoke, Scalar, Database, OpenDatabase}

type packFile string

func pack() packFile { return packFile(packed) }

func (p packFile) u32(at int) int {
	b := p[at : at+4]
	return int(uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24)
}

func (p packFile) uvarint(at int) (v, next int) {
	for shift := 0; ; shift += 7 {
		c := p[at]
		at++
		v |= int(c&0x7F) << shift
		if c < 0x80 {
			return v, at
		}
	}
}

func (p packFile) count(section int) int { return p.u32(20 + 8*section + 4) }

// entry returns the name and the offset of the data of an entry.
func (p packFile) entry(section, i int) (name string, data int) {
	at := p.u32(p.u32(20+8*section) + 4*i)
	n, at := p.uvarint(at)
	return string(p[at : at+n]), at + n
}

// find searches the sorted index of a section; no name but those it compares is touched.
func (p packFile) find(section int, name string) (int, bool) {
	lo, hi := 0, p.count(section)
	for lo < hi {
		mid := (lo + hi) / 2
		switch n, _ := p.entry(section, mid); {
		case n == name:
			return mid, true
		case n < name:
			lo = mid + 1
		default:
			hi = mid
		}
	}
	return 0, false
}

// name decodes one name of the dictionary.
func (p packFile) name(id int) string {
	at := p.u32(p.u32(12) + 4*(id/dictBlock))
	n, at := p.uvarint(at)
	if id%dictBlock == 0 {
		return string(p[at : at+n])
	}
	buf := make([]byte, n, n+64)
	copy(buf, p[at:at+n])
	at += n
	for range id % dictBlock {
		var shared, rest int
		shared, at = p.uvarint(at)
		rest, at = p.uvarint(at)
		buf = append(buf[:shared], p[at:at+rest]...)
		at += rest
	}
	return string(buf)
}

func (p packFile) columns(at int) []Column {
	cols, _ := p.columnsAt(at)
	return cols
}

func (p packFile) columnsAt(at int) ([]Column, int) {
	n, at := p.uvarint(at)
	cols := make([]Column, n)
	for i := range cols {
		var v int
		v, at = p.uvarint(at)
		cols[i] = Column{Name: p.name(v >> 4), Type: typeNames[v&15]}
	}
	return cols, at
}

// function decodes: uvarint shape; uvarint number of parameters, each uvarint(name id x 32 + optional x 16 + type); then
// uvarint ASIM ordinal + 1 (0: none); then, for a scalar, uvarint type; for a shape with own columns, a column list.
func (p packFile) function(name string, at int) *Function {
	f := &Function{Name: name}
	v, at := p.uvarint(at)
	f.Shape = shapeNames[v]
	n, at := p.uvarint(at)
	f.Params = make([]Param, n)
	for i := range f.Params {
		v, at = p.uvarint(at)
		f.Params[i] = Param{Name: p.name(v >> 5), Optional: v&16 != 0, Type: typeNames[v&15]}
	}
	v, at = p.uvarint(at)
	if v > 0 {
		schema, data := p.entry(sectionASIM, v-1)
		f.ASIM, f.Columns = schema, p.columns(data)
	}
	if f.Shape == Scalar {
		v, _ = p.uvarint(at)
		f.ScalarType = typeNames[v]
		return f
	}
	if own := p.columns(at); len(own) > 0 {
		f.Columns = own
	}
	return f
}
