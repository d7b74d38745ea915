package store

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"unicode/utf8"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
)

// jsonRows reads JSON objects into cells. It predicts that a record's keys come in the order of the record before, ends
// strings with bytes.IndexByte, and keeps nested values as their text: no tree is built.
type jsonRows struct {
	types   func(column string) value.Type
	skips   func(column string) bool // nil skips none
	cells   []*cells
	index   map[string]int
	order   []int // the columns of the record before, in the order of their keys
	n       int
	scratch []byte
	hints   map[string]hint // by column; may be nil
}

// hint is what a column was like in rows before.
type hint struct {
	flat bool // most texts were distinct
	rows int
}

// learned tells what the columns are like, for rows that are read after these.
func (r *jsonRows) learned() map[string]hint {
	m := make(map[string]hint, len(r.cells))
	for _, c := range r.cells {
		m[c.name] = hint{c.texts.isFlat, r.n + r.n/16}
	}
	return m
}

// A column by one of these names gives each row's ingestion time and is no column of the table.
const (
	ingestedKey    = "_ingested"
	ingestedKeyOld = "ingested"
)

func newJSONRows(types func(string) value.Type) *jsonRows {
	return &jsonRows{types: types, index: map[string]int{}}
}

// jsonError is a mistake at an offset of the buffer.
type jsonError struct {
	at   int
	what string
}

func (e *jsonError) Error() string { return e.what }

func fail(at int, format string, args ...any) error {
	return &jsonError{at, fmt.Sprintf(format, args...)}
}

// errCut marks a text that ends in the middle of a value.
func errCut(at int) error {
	return fail(at, "the JSON object is cut off: the file may be truncated; remove the last line or fetch the file again")
}

func skipSpace(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\t' || b[i] == '\r') {
		i++
	}
	return i
}

// record reads the object at b[i] as one row and returns where it ends.
func (r *jsonRows) record(b []byte, i int) (int, error) {
	if i >= len(b) {
		return i, errCut(i)
	}
	if b[i] != '{' {
		return i, fail(i, "%s where a JSON object should begin with {", found(b, i))
	}
	i = skipSpace(b, i+1)
	if i < len(b) && b[i] == '}' {
		r.endRecord()
		return i + 1, nil
	}
	place := 0
	for {
		if i >= len(b) {
			return i, errCut(i)
		}
		if b[i] != '"' {
			return i, fail(i, "%s where a name in double quotes should be", found(b, i))
		}
		c, next := r.expected(b, i, place)
		if c != nil {
			i = skipSpace(b, next)
		} else {
			start := i
			name, next, err := r.str(b, i)
			if err != nil {
				return next, err
			}
			i = skipSpace(b, next)
			if i >= len(b) {
				return i, errCut(i)
			}
			if b[i] != ':' {
				return i, fail(i, "%s where a colon should follow the name %s", found(b, i), clip(b[start:next]))
			}
			i = skipSpace(b, i+1)
			c = r.column(name, place)
		}
		place++
		if c.skip {
			var err error
			if i, err = r.skipValue(b, i); err != nil {
				return i, err
			}
			if i = skipSpace(b, i); i >= len(b) {
				return i, errCut(i)
			}
			if b[i] == '}' {
				r.endRecord()
				return i + 1, nil
			}
			if b[i] != ',' {
				return i, fail(i, "%s where a comma or } should follow a value", found(b, i))
			}
			i = skipSpace(b, i+1)
			continue
		}
		if c.n > r.n { // a name that comes twice: the last value counts
			c.drop()
		}
		var err error
		if i, err = r.value(c, b, i); err != nil {
			return i, err
		}
		i = skipSpace(b, i)
		if i >= len(b) {
			return i, errCut(i)
		}
		if b[i] == '}' {
			r.endRecord()
			return i + 1, nil
		}
		if b[i] != ',' {
			return i, fail(i, "%s where a comma or } should follow a value", found(b, i))
		}
		i = skipSpace(b, i+1)
	}
}

// expected returns the column that stood at the place of the record before and the end of its name and colon, when they stand
// at b[i] letter for letter; nil when they do not.
func (r *jsonRows) expected(b []byte, i, place int) (*cells, int) {
	if place >= len(r.order) {
		return nil, 0
	}
	c := r.cells[r.order[place]]
	end := i + 1 + len(c.name)
	if !c.plain || end+1 >= len(b) || string(b[i+1:end]) != c.name || b[end] != '"' || b[end+1] != ':' {
		return nil, 0
	}
	if c.n < r.n && !c.skip {
		c.pad(r.n)
	}
	return c, end + 2
}

func (r *jsonRows) endRecord() { r.n++ }

// column returns the cells of a name; place is its place in the record, by which the column is guessed.
func (r *jsonRows) column(name []byte, place int) *cells {
	if place < len(r.order) {
		if c := r.cells[r.order[place]]; c.name == string(name) {
			if c.n < r.n && !c.skip {
				c.pad(r.n)
			}
			return c
		}
	}
	at, ok := r.index[string(name)]
	if !ok {
		at = len(r.cells)
		n := string(name)
		t := r.types(n)
		if n == ingestedKey || n == ingestedKeyOld {
			t = value.DateTime
		}
		r.index[n] = at
		c := newCells(n, t)
		c.plain = special(name, 0) == len(name)
		c.skip = r.skips != nil && r.skips(n)
		if h, ok := r.hints[n]; ok && !c.skip {
			c.expect(h)
		}
		r.cells = append(r.cells, c)
	}
	if place < len(r.order) {
		r.order[place] = at
	} else {
		r.order = append(r.order, at)
	}
	c := r.cells[at]
	if c.n < r.n && !c.skip {
		c.pad(r.n)
	}
	return c
}

// skipValue returns the end of the value at b[i] without reading it.
func (r *jsonRows) skipValue(b []byte, i int) (int, error) {
	if i >= len(b) {
		return i, errCut(i)
	}
	switch b[i] {
	case '{', '[':
		return skipContainer(b, i)
	case '"':
		end := closing(b, i+1)
		if end >= len(b) {
			return len(b), errCut(len(b))
		}
		return end + 1, nil
	}
	end := i
	for end < len(b) && !stops(b[end]) {
		end++
	}
	if end == len(b) {
		return end, errCut(end)
	}
	if word := b[i:end]; !isNumber(word) && string(word) != "null" && string(word) != "true" && string(word) != "false" {
		return i, fail(i, "%s is no JSON value: text needs double quotes", clip(word))
	}
	return end, nil
}

// drop takes back the last value.
func (c *cells) drop() {
	c.n--
	switch c.typ {
	case value.String, value.GUID, value.Dynamic, value.Unknown:
		if c.texts.isFlat {
			c.texts.flat = c.texts.flat[:c.n]
		} else {
			c.texts.codes = c.texts.codes[:c.n]
		}
	case value.Bool:
		c.bools = c.bools[:c.n]
	case value.Real:
		c.reals = c.reals[:c.n]
	case value.Decimal:
		c.decs = c.decs[:c.n]
	default:
		c.longs = c.longs[:c.n]
	}
	if c.n>>6 < len(c.nulls) {
		c.nulls[c.n>>6] &^= 1 << (uint(c.n) & 63)
	}
}

// finish returns the rows as columns.
func (r *jsonRows) finish(table string) *Data {
	d := &Data{Table: table, N: r.n}
	for _, c := range r.cells {
		if c.skip {
			continue
		}
		c.pad(r.n)
		col, t := c.finish()
		if c.name == ingestedKey || c.name == ingestedKeyOld {
			d.Ingested = col
			continue
		}
		d.Columns = append(d.Columns, Column{c.name, t})
		d.Vectors = append(d.Vectors, col)
	}
	return d
}

// str reads the string at b[i] and returns its text, decoded; it is valid until the next call.
func (r *jsonRows) str(b []byte, i int) ([]byte, int, error) {
	start := i + 1
	switch end := special(b, start); {
	case end >= len(b):
		return nil, len(b), errCut(len(b))
	case b[end] == '"':
		return b[start:end], end + 1, nil
	case b[end] == '\\':
		return r.escaped(b, start)
	default:
		if closing(b, end) >= len(b) {
			return nil, len(b), errCut(len(b))
		}
		return nil, end, fail(end, "a control character in a string: a line break inside quotes must be written \\n")
	}
}

func (r *jsonRows) escaped(b []byte, i int) ([]byte, int, error) {
	out := append(r.scratch[:0], '"') // what a column of unknown type puts before a string
	defer func() { r.scratch = out }()
	for {
		if i >= len(b) {
			return nil, i, errCut(i)
		}
		from := i
		i = special(b, i)
		out = append(out, b[from:i]...)
		if i >= len(b) {
			return nil, i, errCut(i)
		}
		switch c := b[i]; {
		case c == '"':
			return out[1:], i + 1, nil
		case c == '\\':
			if i+1 >= len(b) {
				return nil, i, errCut(i)
			}
			i++
			switch b[i] {
			case '"', '\\', '/':
				out = append(out, b[i])
			case 'b':
				out = append(out, '\b')
			case 'f':
				out = append(out, '\f')
			case 'n':
				out = append(out, '\n')
			case 'r':
				out = append(out, '\r')
			case 't':
				out = append(out, '\t')
			case 'u':
				u, ok := hex4(b, i+1)
				if !ok {
					return nil, i, fail(i, "a \\u escape without four hexadecimal digits")
				}
				i += 4
				if u >= 0xd800 && u < 0xdc00 && i+6 < len(b) && b[i+1] == '\\' && b[i+2] == 'u' {
					if low, ok := hex4(b, i+3); ok && low >= 0xdc00 && low < 0xe000 {
						u = (u-0xd800)<<10 + (low - 0xdc00) + 0x10000
						i += 6
					}
				}
				out = utf8.AppendRune(out, u)
			default:
				return nil, i, fail(i, "an unknown escape \\%s in a string", clip(b[i:i+1]))
			}
			i++
		default:
			return nil, i, fail(i, "a control character in a string: a line break inside quotes must be written \\n")
		}
	}
}

func hex4(b []byte, i int) (rune, bool) {
	if i+4 > len(b) {
		return 0, false
	}
	v, err := strconv.ParseUint(string(b[i:i+4]), 16, 32)
	return rune(v), err == nil
}

// value reads the value at b[i] into the cells.
func (r *jsonRows) value(c *cells, b []byte, i int) (int, error) {
	if i >= len(b) {
		return i, errCut(i)
	}
	switch b[i] {
	case '"':
		text, end, err := r.str(b, i)
		if err != nil {
			return end, err
		}
		switch c.typ {
		case value.String:
			c.texts.add(text)
			c.n++
		case value.Unknown:
			if end-i == len(text)+2 { // nothing was escaped
				c.texts.add(b[i : end-1])
			} else {
				c.texts.add(r.scratch[:1+len(text)])
			}
			c.n++
		case value.Dynamic:
			// Log Analytics keeps a text sent for a dynamic column as what it parses to.
			if len(text) == 0 {
				c.null()
				break
			}
			switch text[0] {
			case '{', '[':
				c.texts.add(text)
			default:
				c.texts.add(b[i:end])
			}
			c.n++
		default:
			c.text(text)
		}
		return end, nil
	case '{', '[':
		end, err := skipContainer(b, i)
		if err != nil {
			return end, err
		}
		switch c.typ {
		case value.String, value.Dynamic, value.Unknown:
			c.texts.add(b[i:end])
			c.n++
		default:
			c.value(value.Convert(value.NewDynamic(value.ParseDynamic(string(b[i:end]))), c.typ))
		}
		return end, nil
	}
	end := i
	for end < len(b) && !stops(b[end]) {
		end++
	}
	word := b[i:end]
	if end == len(b) {
		return end, errCut(end)
	}
	switch string(word) {
	case "null":
		c.null()
		return end, nil
	case "true", "false":
		switch c.typ {
		case value.Bool:
			c.bools = append(c.bools, word[0] == 't')
			c.n++
		case value.String:
			c.texts.add(word)
			c.n++
		case value.Dynamic, value.Unknown:
			c.texts.add(word)
			c.n++
		default:
			c.value(value.Convert(value.NewBool(word[0] == 't'), c.typ))
		}
		return end, nil
	}
	if !isNumber(word) {
		return i, fail(i, "%s is no JSON value: text needs double quotes", clip(word))
	}
	switch c.typ {
	case value.String, value.Dynamic, value.Unknown:
		c.texts.add(word)
		c.n++
	case value.Long, value.Int:
		if v, ok := smallInt(word); ok {
			c.long(v)
		} else {
			c.value(value.Convert(value.NewString(string(word)), c.typ))
		}
	case value.Real:
		if f, err := strconv.ParseFloat(string(word), 64); err == nil || math.IsInf(f, 0) {
			c.reals = append(c.reals, f)
			c.n++
		} else {
			c.null()
		}
	case value.DateTime, value.Timespan:
		c.value(value.Convert(value.NewString(string(word)), c.typ))
	default:
		c.value(value.Convert(value.ParseDynamic(string(word)).Scalar(), c.typ))
	}
	return end, nil
}

func stops(c byte) bool {
	return c == ',' || c == '}' || c == ']' || c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == ':' || c == '"'
}

func smallInt(s []byte) (int64, bool) {
	neg := false
	if len(s) > 0 && s[0] == '-' {
		neg, s = true, s[1:]
	}
	if len(s) == 0 || len(s) > 18 {
		return 0, false
	}
	v := int64(0)
	for _, c := range s {
		if c < '0' || c > '9' {
			return 0, false
		}
		v = v*10 + int64(c-'0')
	}
	if neg {
		v = -v
	}
	return v, true
}

// isNumber reports whether s is a JSON number.
func isNumber(s []byte) bool {
	i := 0
	digits := func() bool {
		from := i
		for i < len(s) && '0' <= s[i] && s[i] <= '9' {
			i++
		}
		return i > from
	}
	if i < len(s) && s[i] == '-' {
		i++
	}
	if !digits() {
		return false
	}
	if i < len(s) && s[i] == '.' {
		i++
		if !digits() {
			return false
		}
	}
	if i < len(s) && (s[i] == 'e' || s[i] == 'E') {
		i++
		if i < len(s) && (s[i] == '+' || s[i] == '-') {
			i++
		}
		if !digits() {
			return false
		}
	}
	return i == len(s)
}

// maxJSONDepth bounds how deep values may nest.
const maxJSONDepth = 256

// skipContainer returns the end of the object or array at b[i]. Brackets must match; what is inside is looked at when
// somebody reads it.
func skipContainer(b []byte, i int) (int, error) {
	var stack [maxJSONDepth]byte
	depth := 0
	for i < len(b) {
		switch c := b[i]; c {
		case '"':
			end := special(b, i+1)
			if end >= len(b) || b[end] != '"' {
				end = closing(b, end)
			}
			if end >= len(b) {
				return len(b), errCut(len(b))
			}
			if k := bytes.IndexByte(b[i:end], '\n'); k >= 0 {
				return i + k, fail(i+k, "a line break inside quotes must be written \\n")
			}
			i = end + 1
		case '{', '[':
			if depth == maxJSONDepth {
				return i, fail(i, "values nest deeper than %d", maxJSONDepth)
			}
			stack[depth] = c + 2
			depth++
			i++
		case '}', ']':
			depth--
			if stack[depth] != c {
				return i, fail(i, "%q closes what %q opened", c, stack[depth]-2)
			}
			i++
			if depth == 0 {
				return i, nil
			}
		default:
			i++
		}
	}
	return i, errCut(i)
}

// found describes what stands at b[i], for messages.
func found(b []byte, i int) string {
	if i >= len(b) {
		return "the end of the file"
	}
	if b[i] == '\n' {
		return "the end of the line"
	}
	_, size := utf8.DecodeRune(b[i:])
	return clip(b[i : i+size])
}

// clip quotes a piece of input for a message, shortened.
func clip(b []byte) string {
	if len(b) > 40 {
		b = b[:40]
	}
	return strconv.Quote(string(b))
}
