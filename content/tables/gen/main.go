// Command gen packs the collected schemas (JSON files in a folder) into schemas.bin, which package tables embeds. It is run
// when the schemas change; a build needs only its output.
package main

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

func main() {
	from := flag.String("from", "../shared/schemas", "folder with tables.json, tables-xdr.json, tables-custom.json, tables-adx.json and functions.json")
	out := flag.String("out", "content/tables/schemas.bin", "file to write")
	flag.Parse()
	data, err := Pack(*from)
	if err == nil {
		err = os.WriteFile(*out, data, 0o644)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
	fmt.Printf("%s: %d bytes\n", *out, len(data))
}

const (
	magic     = "BSSCH1\x00\x00"
	dictBlock = 16
	sections  = 6
)

var typeCodes = map[string]int{"string": 0, "datetime": 1, "real": 2, "int": 3, "dynamic": 4, "long": 5, "bool": 6, "guid": 7, "timespan": 8, "decimal": 9, "*": 10}

type column struct{ Name, Type string }

// UnmarshalJSON reads {"name","type"} and ["name","type"].
func (c *column) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '[' {
		var pair [2]string
		if err := json.Unmarshal(b, &pair); err != nil {
			return err
		}
		c.Name, c.Type = pair[0], pair[1]
		return nil
	}
	type plain column
	return json.Unmarshal(b, (*plain)(c))
}

type param struct {
	Name, Type string
	Optional   bool
}

type function struct {
	Params  []param
	Returns string
	Columns []column
}

type packer struct {
	ids map[string]int
	err error
}

func (p *packer) typeCode(t string) int {
	code, ok := typeCodes[t]
	if !ok && p.err == nil {
		p.err = fmt.Errorf("the type %q is not known", t)
	}
	return code
}

func (p *packer) columns(b []byte, cols []column) []byte {
	b = binary.AppendUvarint(b, uint64(len(cols)))
	for _, c := range cols {
		b = binary.AppendUvarint(b, uint64(p.ids[c.Name]<<4|p.typeCode(c.Type)))
	}
	return b
}

// Pack reads the folder and returns the packed file. The same input gives the same bytes.
func Pack(from string) ([]byte, error) {
	var tables [4]map[string][]column
	for i, name := range [...]string{"tables.json", "tables-xdr.json", "tables-custom.json", "tables-adx.json"} {
		if err := readJSON(filepath.Join(from, name), &tables[i]); err != nil {
			return nil, err
		}
	}
	var funcs struct {
		Functions   map[string]function
		ASIMSchemas map[string][]column
	}
	if err := readJSON(filepath.Join(from, "functions.json"), &funcs); err != nil {
		return nil, err
	}

	p := &packer{ids: map[string]int{}}
	note := func(cols []column) {
		for _, c := range cols {
			p.ids[c.Name] = 0
		}
	}
	for _, t := range tables {
		for _, cols := range t {
			note(cols)
		}
	}
	for _, cols := range funcs.ASIMSchemas {
		note(cols)
	}
	for _, f := range funcs.Functions {
		note(f.Columns)
		for _, a := range f.Params {
			p.ids[a.Name] = 0
		}
	}
	names := slices.Sorted(maps.Keys(p.ids))
	for i, n := range names {
		p.ids[n] = i
	}

	out := make([]byte, len(magic)+12+8*sections)
	copy(out, magic)
	put := func(at, v int) { binary.LittleEndian.PutUint32(out[at:], uint32(v)) }

	put(8, len(out))
	var blocks []int
	for i, n := range names {
		if i%dictBlock == 0 {
			blocks = append(blocks, len(out))
			out = append(binary.AppendUvarint(out, uint64(len(n))), n...)
			continue
		}
		shared := 0
		for last := names[i-1]; shared < len(n) && shared < len(last) && n[shared] == last[shared]; shared++ {
		}
		out = binary.AppendUvarint(out, uint64(shared))
		out = append(binary.AppendUvarint(out, uint64(len(n)-shared)), n[shared:]...)
	}
	put(12, len(out))
	for _, at := range blocks {
		out = binary.LittleEndian.AppendUint32(out, uint32(at))
	}
	put(16, len(names))

	asim := slices.Sorted(maps.Keys(funcs.ASIMSchemas))
	section := func(i int, names []string, data func(name string) []byte) {
		at := make([]int, len(names))
		for j, n := range names {
			at[j] = len(out)
			out = append(binary.AppendUvarint(out, uint64(len(n))), n...)
			out = append(out, data(n)...)
		}
		put(20+8*i, len(out))
		put(20+8*i+4, len(names))
		for _, a := range at {
			out = binary.LittleEndian.AppendUint32(out, uint32(a))
		}
	}
	for i, t := range tables {
		section(i, slices.Sorted(maps.Keys(t)), func(n string) []byte { return p.columns(nil, t[n]) })
	}
	section(4, slices.Sorted(maps.Keys(funcs.Functions)), func(n string) []byte {
		return p.function(n, funcs.Functions[n], asim)
	})
	section(5, asim, func(n string) []byte { return p.columns(nil, funcs.ASIMSchemas[n]) })
	return out, p.err
}

func (p *packer) function(name string, f function, asim []string) []byte {
	kind, detail, _ := strings.Cut(f.Returns, ":")
	shape, schema := 0, 0
	switch kind {
	case "asim":
		i, ok := slices.BinarySearch(asim, detail)
		if !ok && p.err == nil {
			p.err = fmt.Errorf("function %s returns the unknown ASIM schema %q", name, detail)
		}
		schema = i + 1
	case "columns":
	case "open":
		shape = 1
	case "invoke":
		shape = 2
	case "scalar":
		shape = 3
	case "database":
		shape = 4
	case "opendatabase":
		shape = 5
	default:
		if p.err == nil {
			p.err = fmt.Errorf("function %s returns %q, which is not known", name, f.Returns)
		}
	}
	b := binary.AppendUvarint(nil, uint64(shape))
	b = binary.AppendUvarint(b, uint64(len(f.Params)))
	for _, a := range f.Params {
		v := p.ids[a.Name]<<5 | p.typeCode(a.Type)
		if a.Optional {
			v |= 16
		}
		b = binary.AppendUvarint(b, uint64(v))
	}
	b = binary.AppendUvarint(b, uint64(schema))
	if shape == 3 {
		return binary.AppendUvarint(b, uint64(p.typeCode(detail)))
	}
	return p.columns(b, f.Columns)
}

func readJSON(file string, into any) error {
	b, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if err := json.NewDecoder(bytes.NewReader(b)).Decode(into); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}
