// Package store keeps tables of events in memory as columns in time order, and reads them from files: JSON lines, JSON
// arrays, CSV, the portal's CSV export, Parquet and the Event Hub envelope, each also packed with gzip. In come bytes and,
// where the table is known, its schema; out come segments of columns for a time range. It knows nothing of queries.
package store

import (
	"fmt"
	"hash/fnv"
	"math"
	"slices"
	"sort"
	"sync"
	"unsafe"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

// Column is a named and typed column of a table.
type Column struct {
	Name string
	Type value.Type
}

// Names of columns with a meaning of their own. IngestionColumn is what ingestion_time() reads: it is not a column that a
// query can name.
const (
	TimeColumn      = "TimeGenerated"
	IngestionColumn = "$ingestion_time"
	itemIDColumn    = "_ItemId"
	receivedColumn  = "_TimeReceived"
	typeColumn      = "Type"
	tenantColumn    = "TenantId"
)

// Data is rows as a reader made them: columns of equal length. Ingested, when not nil, holds each row's ingestion time.
type Data struct {
	Table    string
	Columns  []Column
	Vectors  []vector.Column
	N        int
	Ingested vector.Column
}

// Column returns the vector of a name, nil when there is none.
func (d *Data) Column(name string) vector.Column {
	for i, c := range d.Columns {
		if c.Name == name {
			return d.Vectors[i]
		}
	}
	return nil
}

// Table is a table in memory. Appending and reading may go on at once; a reader sees whole appends.
type Table struct {
	Name   string
	Tenant string // what TenantId holds where rows do not say

	mu       sync.RWMutex
	shape    *Shape
	own      bool // the shape is no other table's
	segments []*segment
	words    lexicon
	stale    bool // some segments hold older dictionaries than the lexicon
}

// segment is rows in the order of their time, never changed once it is in a table.
type segment struct {
	n        int
	columns  map[string]vector.Column
	times    []int64 // TimeGenerated, ascending; nil when the table has none
	untimed  int     // rows at the start whose time is null
	ingested []int64 // nil when every row was ingested at its own time
	number   int
	shared   []string // the columns whose dictionary is the lexicon's
	ids      *rowIDs
}

// rowIDs are the ids of a segment's rows, made when they are asked for.
type rowIDs struct {
	once sync.Once
	col  vector.Column
}

func (s *segment) share(column string) { s.shared = append(s.shared, column) }

// NewTable returns an empty table. Columns may be nil: rows bring their own.
func NewTable(name string, columns []Column) *Table {
	return &Table{Name: name, shape: NewShape(columns), own: true}
}

// NewTableOf is NewTable for a shape that other tables have too.
func NewTableOf(name string, s *Shape) *Table { return &Table{Name: name, shape: s} }

func (t *Table) addColumn(c Column) {
	if !t.own {
		t.shape, t.own = t.shape.clone(), true
	}
	t.shape.add(c)
}

// Has reports whether the table still has just the columns of a shape that it was made with.
func (t *Table) Has(s *Shape) bool {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.shape == s
}

// Columns returns the table's columns: those of its schema, then others in the order in which rows brought them.
func (t *Table) Columns() []Column {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return slices.Clone(t.shape.columns)
}

// Width returns the number of columns.
func (t *Table) Width() int {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return len(t.shape.columns)
}

// Rows returns the number of rows.
func (t *Table) Rows() int {
	t.mu.RLock()
	defer t.mu.RUnlock()
	n := 0
	for _, s := range t.segments {
		n += s.n
	}
	return n
}

// smallSegment is the number of rows below which an append is merged with the segment before it, and from which on a segment
// shares the table's dictionaries.
const smallSegment = 8192

// Append adds rows. They are put in the order of TimeGenerated; of equal times the order stays.
func (t *Table) Append(d *Data) error {
	if d.N == 0 {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for i, c := range d.Columns {
		if at, ok := t.shape.index[c.Name]; ok {
			if have := t.shape.columns[at].Type; have != c.Type {
				d.Vectors[i] = convert(d.Vectors[i], have)
			}
			continue
		}
		t.addColumn(c)
	}
	s := &segment{n: d.N, columns: map[string]vector.Column{}, ids: &rowIDs{}}
	for i, c := range d.Columns {
		if v := d.Vectors[i]; v.Len() != d.N {
			return fmt.Errorf("table %s: column %q has %d rows where there are %d", t.Name, c.Name, v.Len(), d.N)
		}
		s.columns[c.Name] = d.Vectors[i]
	}
	if d.Ingested != nil {
		s.ingested = make([]int64, d.N)
		at, in := vector.Int64s(s.columnOr(TimeColumn, value.DateTime)), vector.Int64s(d.Ingested)
		for i := range s.ingested {
			switch {
			case !in.IsNull(i):
				s.ingested[i] = in.At(i)
			case !at.IsNull(i):
				s.ingested[i] = at.At(i)
			}
		}
	}
	// Small segments are joined as the digits of a counter carry: each row is copied a few times, not once an append.
	for last := len(t.segments) - 1; last >= 0 && t.segments[last].n <= 2*s.n && t.segments[last].n+s.n <= smallSegment; last-- {
		s = join(t.segments[last], s, t.shape.columns)
		t.segments = t.segments[:last]
	}
	s.number = len(t.segments)
	s.sort()
	if s.n >= smallSegment {
		if t.words == nil {
			t.words = lexicon{}
		}
		t.stale = t.words.share(s) || t.stale
	}
	t.segments = append(t.segments[:len(t.segments):len(t.segments)], s)
	return nil
}

func (s *segment) columnOr(name string, t value.Type) vector.Column {
	if c, ok := s.columns[name]; ok {
		return c
	}
	return &vector.Const{Val: value.Null(t), N: s.n}
}

// join puts the rows of two segments together.
func join(a, b *segment, columns []Column) *segment {
	out := &segment{n: a.n + b.n, columns: map[string]vector.Column{}, ids: &rowIDs{}}
	for _, c := range columns {
		_, inA := a.columns[c.Name]
		_, inB := b.columns[c.Name]
		if inA || inB {
			out.columns[c.Name] = vector.Concat(a.columnOr(c.Name, c.Type), b.columnOr(c.Name, c.Type))
		}
	}
	if a.ingested != nil || b.ingested != nil {
		out.ingested = append(slices.Clone(a.ingestion()), b.ingestion()...)
	}
	return out
}

// ingestion returns each row's ingestion time.
func (s *segment) ingestion() []int64 {
	if s.ingested != nil {
		return s.ingested
	}
	out := make([]int64, s.n)
	at := vector.Int64s(s.columnOr(TimeColumn, value.DateTime))
	for i := range out {
		if !at.IsNull(i) {
			out[i] = at.At(i)
		}
	}
	return out
}

// sort puts the rows in the order of their time, rows without one first.
func (s *segment) sort() {
	col, ok := s.columns[TimeColumn]
	if !ok || col.Type() != value.DateTime {
		return
	}
	at := vector.Int64s(col)
	keys := make([]int64, s.n)
	sorted := true
	for i := range keys {
		keys[i] = math.MinInt64
		if !at.IsNull(i) {
			keys[i] = at.At(i)
		} else {
			s.untimed++
		}
		sorted = sorted && (i == 0 || keys[i] >= keys[i-1])
	}
	s.times = keys
	if sorted {
		return
	}
	rows := make([]int32, s.n)
	for i := range rows {
		rows[i] = int32(i)
	}
	slices.SortFunc(rows, func(a, b int32) int {
		switch {
		case keys[a] < keys[b]:
			return -1
		case keys[a] > keys[b]:
			return 1
		}
		return int(a - b)
	})
	for name, c := range s.columns {
		s.columns[name] = c.Gather(rows)
	}
	moved := make([]int64, s.n)
	for i, r := range rows {
		moved[i] = keys[r]
	}
	s.times = moved
	if s.ingested != nil {
		in := make([]int64, s.n)
		for i, r := range rows {
			in[i] = s.ingested[r]
		}
		s.ingested = in
	}
}

// Range bounds the rows that a read sees. Zero values bound nothing.
type Range struct {
	From, To     int64 // TimeGenerated in [From, To), ticks; 0 for no bound
	VisibleUntil int64 // ingestion time at most this, ticks; 0 for no bound
	IngestedFrom int64 // ingestion time after this (exclusive), ticks; 0 for no bound
}

// Rows is a run of rows of a segment: From to To of its columns, or only those of them that Pick names. A nil column is
// one that the rows lack.
type Rows struct {
	Columns  []vector.Column
	From, To int
	Pick     []int32
}

// Read returns the named columns of the rows in a range, in the order of time within each segment.
func (t *Table) Read(columns []string, r Range) []Rows {
	var out []Rows
	for _, s := range t.current() {
		from, to := s.bounds(r)
		if from >= to {
			continue
		}
		rows := Rows{From: from, To: to}
		if pick, some := s.visible(r, from, to); some {
			if len(pick) == 0 {
				continue
			}
			rows.Pick = pick
		}
		for _, name := range columns {
			rows.Columns = append(rows.Columns, t.column(s, name))
		}
		out = append(out, rows)
	}
	return out
}

// current returns the segments, all with the newest dictionaries.
func (t *Table) current() []*segment {
	t.mu.RLock()
	segments, stale := t.segments, t.stale
	t.mu.RUnlock()
	if !stale {
		return segments
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.stale {
		segments = make([]*segment, len(t.segments))
		for i, s := range t.segments {
			segments[i] = t.words.renewed(s)
		}
		t.segments, t.stale = segments, false
	}
	return t.segments
}

// bounds returns the run of rows whose time is in the range. A table without times is not bounded.
func (s *segment) bounds(r Range) (from, to int) {
	if s.times == nil {
		return 0, s.n
	}
	from, to = 0, s.n
	if r.From != 0 {
		from = sort.Search(s.n, func(i int) bool { return s.times[i] >= r.From })
	}
	if r.To != 0 {
		to = sort.Search(s.n, func(i int) bool { return s.times[i] >= r.To })
		if r.From == 0 {
			from = s.untimed
		}
	}
	return from, to
}

// visible returns the rows of the run that the range's bounds on ingestion let through; some is false when all are.
func (s *segment) visible(r Range, from, to int) (pick []int32, some bool) {
	if r.VisibleUntil == 0 && r.IngestedFrom == 0 || s.times == nil && s.ingested == nil {
		return nil, false
	}
	at := s.ingested
	if at == nil {
		at = s.times
	}
	for i := from; i < to; i++ {
		in := (r.VisibleUntil == 0 || at[i] <= r.VisibleUntil) && (r.IngestedFrom == 0 || at[i] > r.IngestedFrom)
		if in && some {
			pick = append(pick, int32(i))
		} else if !in && !some {
			some = true
			pick = make([]int32, 0, to-from)
			for j := from; j < i; j++ {
				pick = append(pick, int32(j))
			}
		}
	}
	return pick, some
}

// column returns a segment's column; the columns that Log Analytics adds to every row are made when rows lack them.
func (t *Table) column(s *segment, name string) vector.Column {
	if c, ok := s.columns[name]; ok {
		return c
	}
	switch name {
	case typeColumn:
		return &vector.Const{Val: value.NewString(t.Name), N: s.n}
	case tenantColumn:
		return &vector.Const{Val: value.NewString(t.Tenant), N: s.n}
	case receivedColumn, IngestionColumn:
		if s.ingested == nil {
			if c, ok := s.columns[TimeColumn]; ok {
				return c
			}
			return nil
		}
		return &vector.Longs{Typ: value.DateTime, Data: s.ingested}
	case itemIDColumn:
		s.ids.once.Do(func() { s.ids.col = t.itemIDs(s) })
		return s.ids.col
	}
	return nil
}

// itemIDs makes an id of each row from the table's name and the row's place, the same in every run.
func (t *Table) itemIDs(s *segment) vector.Column {
	const size = 36
	h := fnv.New64a()
	fmt.Fprintf(h, "%s/%d", t.Name, s.number)
	high := h.Sum64()
	arena := make([]byte, s.n*size)
	flat := make([]string, s.n)
	for i := range flat {
		low := (uint64(i) + 1) * 0x9e3779b97f4a7c15
		low ^= low >> 29
		id := arena[i*size : (i+1)*size]
		for k, at := 0, 0; k < 32; k++ {
			if k == 8 || k == 12 || k == 16 || k == 20 {
				id[at] = '-'
				at++
			}
			word := high
			if k >= 16 {
				word = low
			}
			id[at] = "0123456789abcdef"[word>>(60-4*(k%16))&15]
			at++
		}
		flat[i] = unsafe.String(&id[0], size)
	}
	return &vector.Strings{Typ: value.String, Flat: flat}
}

// convert returns a column as another type, once a distinct value where it has a dictionary.
func convert(col vector.Column, to value.Type) vector.Column {
	if col.Type() == to {
		return col
	}
	switch c := col.(type) {
	case *vector.Const:
		return &vector.Const{Val: value.Convert(c.Val, to), N: c.N}
	case *vector.Strings:
		if to == value.Dynamic && c.Dict != nil {
			return &vector.Dynamics{Text: vector.NewJSONDict(c.Dict.Values), Codes: c.Codes}
		}
		if c.Dict != nil && len(c.Dict.Values) < len(c.Codes) {
			b := vector.NewBuilder(to, len(c.Dict.Values))
			for _, s := range c.Dict.Values {
				b.Append(value.Convert(value.Value{Type: c.Typ, S: s, Null: c.Typ == value.GUID && s == ""}, to))
			}
			rows := make([]int32, len(c.Codes))
			for i, code := range c.Codes {
				rows[i] = int32(code)
			}
			return b.Finish().Gather(rows)
		}
	}
	b := vector.NewBuilder(to, col.Len())
	for i := range col.Len() {
		b.Append(value.Convert(col.Value(i), to))
	}
	return b.Finish()
}
