package store

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
)

// csvReader reads RFC 4180: fields parted by commas, quoted fields with doubled quotes and line breaks, CRLF or LF.
type csvReader struct {
	b       []byte
	i       int
	line    int
	fields  [][]byte
	scratch []byte
}

// next reads a record; nil at the end. The fields are valid until the next call.
func (r *csvReader) next() ([][]byte, error) {
	for r.i < len(r.b) && (r.b[r.i] == '\n' || r.b[r.i] == '\r' && r.i+1 < len(r.b) && r.b[r.i+1] == '\n') {
		if r.b[r.i] == '\n' {
			r.line++
		}
		r.i++
	}
	if r.i >= len(r.b) {
		return nil, nil
	}
	r.fields, r.scratch = r.fields[:0], r.scratch[:0]
	start := r.line
	for {
		if r.i < len(r.b) && r.b[r.i] == '"' {
			if err := r.quoted(start); err != nil {
				return nil, err
			}
		} else {
			end := r.i
			for end < len(r.b) && r.b[end] != ',' && r.b[end] != '\n' {
				end++
			}
			field := r.b[r.i:end]
			if end == len(r.b) || r.b[end] == '\n' {
				field = bytes.TrimSuffix(field, []byte{'\r'})
			}
			r.fields = append(r.fields, field)
			r.i = end
		}
		if r.i >= len(r.b) {
			return r.fields, nil
		}
		switch r.b[r.i] {
		case ',':
			r.i++
			if r.i == len(r.b) {
				r.fields = append(r.fields, nil)
				return r.fields, nil
			}
		case '\n':
			r.i++
			r.line++
			return r.fields, nil
		}
	}
}

func (r *csvReader) quoted(start int) error {
	r.i++
	from := len(r.scratch)
	plain := r.i
	for {
		k := bytes.IndexByte(r.b[r.i:], '"')
		if k < 0 {
			return fmt.Errorf("a quoted field is not closed: the file may be truncated")
		}
		r.i += k
		if r.i+1 < len(r.b) && r.b[r.i+1] == '"' {
			r.scratch = append(r.scratch, r.b[plain:r.i+1]...)
			r.i += 2
			plain = r.i
			continue
		}
		break
	}
	var field []byte
	if from == len(r.scratch) {
		field = r.b[plain:r.i]
	} else {
		r.scratch = append(r.scratch, r.b[plain:r.i]...)
		field = r.scratch[from:len(r.scratch):len(r.scratch)]
	}
	r.line += bytes.Count(field, []byte{'\n'})
	r.fields = append(r.fields, field)
	r.i++
	if r.i < len(r.b) && r.b[r.i] == '\r' {
		r.i++
	}
	if r.i < len(r.b) && r.b[r.i] != ',' && r.b[r.i] != '\n' {
		return fmt.Errorf("%s after the closing quote of a field: a quote inside a field must be doubled", found(r.b, r.i))
	}
	return nil
}

// csvColumn is where a header's fields go.
type csvColumn struct {
	cells    *cells
	portal   bool // a US date of the portal's export
	fallback bool // the _string half of a pair: used where the _dynamic half is empty
	ingested bool
}

func readCSV(name string, all []byte, o Options) ([]*Data, error) {
	all = bytes.TrimPrefix(all, []byte("\xef\xbb\xbf"))
	r := &csvReader{b: all, line: 1}
	header, err := r.next()
	if err != nil {
		return nil, &Error{File: name, Line: r.line, What: err.Error()}
	}
	if header == nil {
		return nil, &Error{File: name, Line: 1, What: "the file is empty: a header line is expected"}
	}
	columns, list, err := csvColumns(header, o)
	if err != nil {
		return nil, &Error{File: name, Line: 1, What: err.Error()}
	}
	rows := 0
	for {
		line := r.line
		record, err := r.next()
		if err != nil {
			return nil, &Error{File: name, Line: line, What: err.Error()}
		}
		if record == nil {
			break
		}
		if len(record) != len(columns) {
			return nil, &Error{File: name, Line: line, What: fmt.Sprintf("%d fields where the header has %d", len(record), len(columns))}
		}
		rows++
		for i, field := range record {
			if !columns[i].cells.skip {
				columns[i].add(field, rows)
			}
		}
		for _, c := range list {
			if !c.skip {
				c.pad(rows)
			}
		}
	}
	d := &Data{Table: o.Table, N: rows}
	for _, c := range list {
		if c.skip {
			continue
		}
		col, t := finishCSV(c)
		if c.name == ingestedKey || c.name == ingestedKeyOld {
			d.Ingested = convert(col, value.DateTime)
			continue
		}
		d.Columns = append(d.Columns, Column{c.name, t})
		d.Vectors = append(d.Vectors, col)
	}
	if o.Schema != nil && d.Column(TimeColumn) == nil {
		timeFromCreation(d, o)
	}
	return []*Data{d}, nil
}

// csvColumns finds the column of each header field. The portal writes "TimeGenerated [UTC]", and a pair X_dynamic, X_string
// where rows disagree about X's type.
func csvColumns(header [][]byte, o Options) ([]csvColumn, []*cells, error) {
	types, skips := o.types(o.Table), o.skips(o.Table)
	byName := map[string]*cells{}
	var list []*cells
	out := make([]csvColumn, len(header))
	all := map[string]bool{}
	for _, h := range header {
		all[strings.TrimSpace(string(h))] = true
	}
	for i, h := range header {
		name := strings.TrimSpace(string(h))
		if cut, ok := strings.CutSuffix(name, " [UTC]"); ok {
			name, out[i].portal = cut, true
		}
		for _, half := range []string{"_dynamic", "_string"} {
			base, ok := strings.CutSuffix(name, half)
			if ok && (all[base+"_dynamic"] && all[base+"_string"] || types(name) == value.Unknown && types(base) != value.Unknown) {
				out[i].fallback = half == "_string" && all[base+"_dynamic"]
				name = base
			}
		}
		if name == "" {
			return nil, nil, fmt.Errorf("the name of column %d is empty", i+1)
		}
		c, ok := byName[name]
		if ok && !out[i].fallback {
			return nil, nil, fmt.Errorf("column %q comes twice", name)
		}
		if !ok {
			t := types(name)
			if t == value.Unknown && out[i].portal {
				t = value.DateTime
			}
			if name == ingestedKey || name == ingestedKeyOld {
				t = value.DateTime
			}
			c = newCells(name, t)
			c.skip = skips != nil && skips(name) && name != "CreatedDateTime"
			byName[name] = c
			list = append(list, c)
		}
		out[i].cells = c
	}
	return out, list, nil
}

// add adds a field as the value of row n (counted from 1).
func (c *csvColumn) add(field []byte, n int) {
	if c.cells.n >= n {
		if !c.fallback || len(field) == 0 || !c.cells.lastEmpty() {
			return
		}
		c.cells.drop()
	} else if c.fallback && len(field) == 0 {
		return
	}
	if c.portal {
		if t, ok := portalTime(field); ok {
			if c.cells.typ == value.DateTime {
				c.cells.long(t)
				return
			}
			field = value.AppendDateTime(nil, t)
		}
	}
	if c.cells.typ == value.Dynamic && len(field) > 0 && field[0] != '{' && field[0] != '[' {
		if _, ok := value.ParseJSON(string(field)); !ok {
			field = value.AppendQuoted(nil, string(field))
		}
	}
	c.cells.text(field)
}

func (c *cells) lastEmpty() bool {
	if c.texts.isFlat {
		return c.texts.flat[c.n-1] == ""
	}
	if len(c.texts.codes) == c.n && c.n > 0 {
		return c.texts.values[c.texts.codes[c.n-1]] == ""
	}
	return false
}

// portalTime reads the portal's dates: 4/28/2021, 2:08:45.221 PM.
func portalTime(s []byte) (int64, bool) {
	text := strings.TrimSpace(string(s))
	date, clock, _ := strings.Cut(text, ",")
	parts := strings.Split(strings.TrimSpace(date), "/")
	if len(parts) != 3 {
		return 0, false
	}
	var mdy [3]int
	for i, p := range parts {
		v, ok := smallInt([]byte(p))
		if !ok {
			return 0, false
		}
		mdy[i] = int(v)
	}
	clock = strings.ReplaceAll(strings.TrimSpace(clock), "\u202f", " ")
	clock, half, _ := strings.Cut(clock, " ")
	hms := strings.Split(clock, ":")
	var h, m, sec int
	var frac int64
	if clock != "" {
		if len(hms) < 2 {
			return 0, false
		}
		hv, ok1 := smallInt([]byte(hms[0]))
		mv, ok2 := smallInt([]byte(hms[1]))
		if !ok1 || !ok2 {
			return 0, false
		}
		h, m = int(hv), int(mv)
		if len(hms) == 3 {
			whole, part, _ := strings.Cut(hms[2], ".")
			sv, ok := smallInt([]byte(whole))
			if !ok {
				return 0, false
			}
			sec = int(sv)
			scale := int64(1_000_000)
			for _, c := range []byte(part) {
				if c < '0' || c > '9' {
					return 0, false
				}
				frac += int64(c-'0') * scale
				scale /= 10
			}
		}
	}
	switch strings.ToUpper(half) {
	case "PM":
		if h < 12 {
			h += 12
		}
	case "AM":
		if h == 12 {
			h = 0
		}
	}
	return value.MakeDateTime(mdy[2], mdy[0], mdy[1], h, m, sec, frac)
}

// timeFromCreation gives rows of a portal export that left out TimeGenerated the time of CreatedDateTime.
func timeFromCreation(d *Data, o Options) {
	cols, ok := o.Schema(o.Table)
	if !ok {
		return
	}
	for _, c := range cols {
		if c.Name == TimeColumn {
			if created := d.Column("CreatedDateTime"); created != nil && created.Type() == value.DateTime {
				d.Columns = append(d.Columns, Column{TimeColumn, value.DateTime})
				d.Vectors = append(d.Vectors, created)
			}
			return
		}
	}
}
