package generate

// Type is a Kusto column type, by Kusto's own name.
type Type string

const (
	String   Type = "string"
	Datetime Type = "datetime"
	Long     Type = "long"
	Bool     Type = "bool"
	Dynamic  Type = "dynamic"
)

// Column is one column of a generated table.
type Column struct {
	Name string
	Type Type
}

// Value is one cell of a Row. Text holds a string's characters or a dynamic's JSON text and is valid only
// during the call that hands the row over. Number holds a long, a datetime as 100 ns ticks since 1970-01-01Z,
// or a bool as 0 or 1. Strings are never null, as in Kusto.
type Value struct {
	Null   bool
	Number int64
	Text   []byte

	token  []byte // ready JSON token of Text, when one was prepared
	plain  bool   // Text needs no JSON escape
	shared bool   // Text outlives the row: many rows hold the same bytes
}

// Row is one record, a value for each column of its table in the table's order.
// It is reused: keep nothing of it after the call it was given to.
type Row struct {
	columns []Column
	values  []Value
	scratch []byte
}

// Columns are the columns of the row's table.
func (r *Row) Columns() []Column { return r.columns }

// Len is the number of values, always the number of columns.
func (r *Row) Len() int { return len(r.values) }

// Value is the value of column i.
func (r *Row) Value(i int) Value { return r.values[i] }

func (r *Row) reset() {
	r.values = r.values[:0]
	r.scratch = r.scratch[:0]
}

func (r *Row) text(t text) {
	r.values = append(r.values, Value{Text: t.plain, token: t.json, shared: true})
}

// doc is a dynamic value: its characters are its JSON.
func (r *Row) doc(t text) {
	r.values = append(r.values, Value{Text: t.plain, token: t.plain, shared: true})
}

func (r *Row) null() { r.values = append(r.values, Value{Null: true}) }

func (r *Row) empty() { r.values = append(r.values, Value{plain: true}) }

func (r *Row) long(n int64) { r.values = append(r.values, Value{Number: n}) }

func (r *Row) datetime(t ticks) { r.values = append(r.values, Value{Number: int64(t)}) }

func (r *Row) bool(b bool) {
	var n int64
	if b {
		n = 1
	}
	r.values = append(r.values, Value{Number: n})
}

func (r *Row) uuid(u uuid) {
	from := len(r.scratch)
	r.scratch = u.append(r.scratch)
	r.built(from)
}

// uuidOrEmpty writes nothing for the zero identifier.
func (r *Row) uuidOrEmpty(u uuid) {
	if u == (uuid{}) {
		r.empty()
		return
	}
	r.uuid(u)
}

func (r *Row) token(u uuid) {
	from := len(r.scratch)
	r.scratch = u.appendToken(r.scratch)
	r.built(from)
}

// digits is a number in a string column, such as ProcessingTimeInMs.
func (r *Row) digits(n int64) {
	from := len(r.scratch)
	r.scratch = appendInt(r.scratch, n)
	r.built(from)
}

// built ends a value that needs no escape and was appended to scratch. Growing scratch moves it but leaves
// the old bytes in place, so earlier values stay good.
func (r *Row) built(from int) {
	r.values = append(r.values, Value{Text: r.scratch[from:len(r.scratch):len(r.scratch)], plain: true})
}

// stamped writes a text with its time stamps, in both shapes.
func (r *Row) stamped(s stamped, times ...ticks) {
	from := len(r.scratch)
	for i, p := range s.pieces {
		r.scratch = append(r.scratch, p.plain...)
		if i < len(s.pieces)-1 {
			r.scratch = times[min(i, len(times)-1)].append(r.scratch)
		}
	}
	mid := len(r.scratch)
	r.scratch = append(r.scratch, '"')
	for i, p := range s.pieces {
		r.scratch = append(r.scratch, p.json...)
		if i < len(s.pieces)-1 {
			r.scratch = times[min(i, len(times)-1)].append(r.scratch)
		}
	}
	r.scratch = append(r.scratch, '"')
	end := len(r.scratch)
	r.values = append(r.values, Value{Text: r.scratch[from:mid:mid], token: r.scratch[mid:end:end]})
}

func appendInt(dst []byte, n int64) []byte {
	if n < 0 {
		dst = append(dst, '-')
		n = -n
	}
	var buf [20]byte
	i := len(buf)
	for {
		i--
		buf[i] = byte('0' + n%10)
		n /= 10
		if n == 0 {
			return append(dst, buf[i:]...)
		}
	}
}

// empty values that a column takes when its content is lost (fault emptied-columns, attack f4).
// Issue 13176 of Azure/Azure-Sentinel shows "[]" for AuthenticationDetails; a dynamic column becomes null.
func (r *Row) clear(i int) {
	switch c := r.columns[i]; {
	case c.Type != String:
		r.values[i] = Value{Null: true}
	case c.Name == "AuthenticationDetails" || c.Name == "AuthenticationProcessingDetails":
		r.values[i] = Value{Text: emptyArray.plain, token: emptyArray.json, shared: true}
	default:
		r.values[i] = Value{plain: true}
	}
}

var emptyArray = text{[]byte("[]"), []byte(`"[]"`)}
