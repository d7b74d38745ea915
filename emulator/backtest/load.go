package backtest

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/emulator"
	"github.com/seed-caab1ad3/blindspot/emulator/generate"
	"github.com/seed-caab1ad3/blindspot/emulator/kql"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/bind"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/symbol"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/plan"
	"github.com/seed-caab1ad3/blindspot/emulator/sentinel"
	"github.com/seed-caab1ad3/blindspot/emulator/store"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

// Loader puts events into a workspace, a column at a time, and only the columns that rules read.
type Loader struct {
	Workspace *emulator.Workspace
	Options   sentinel.Options
	// Columns are the names that are kept of each table; a table that is not named, or whose names are nil, keeps all.
	Columns map[string]map[string]bool
	// Delay gives rows that have no ingestion time of their own one; nil makes them arrive at once.
	Delay *sentinel.Latencies
	// Tables limits what is loaded; nil loads all.
	Tables map[string]bool

	rows        map[string]uint64
	First, Last time.Time // of the events loaded so far
}

// ColumnsOf lists the columns that rules read, by table: those that their plans ask of the stored tables. A table of which
// everything is asked has nil, and a rule whose names mean nothing before the rows are there makes the whole answer nil. Columns that the catalog does not know are kept by the Loader in any case, because what a
// query makes of them depends on the rows.
func ColumnsOf(ws *emulator.Workspace, rules []*content.Rule) map[string]map[string]bool {
	out := map[string]map[string]bool{}
	whole := map[string]bool{}
	collect := func(rel bind.Rel) {
		plan.Scans(plan.Optimize(plan.Ingestion(rel)), func(s *bind.Scan) {
			names := out[s.Table]
			if names == nil {
				names = map[string]bool{store.TimeColumn: true, "Type": true, "TenantId": true, generate.IngestedColumn: true}
				out[s.Table] = names
			}
			for _, c := range s.Cols {
				names[c.Name] = true
			}
		})
	}
	for _, r := range rules {
		c := ws.Compile(r.Query.String(), kql.Sentinel)
		if !c.OK() {
			return nil
		}
		for _, res := range c.Query.Results {
			collect(res.Rel)
		}
		bind.Walk(c.Query, bind.Visitor{Expr: func(e bind.Expr) {
			switch x := e.(type) {
			case *bind.Subquery:
				collect(x.Rel)
			case *bind.InSubquery:
				collect(x.Rel)
			}
		}})
		for _, table := range c.Query.Tables {
			if out[table] == nil { // read in a way that the plan does not show
				whole[table] = true
			}
		}
	}
	for table := range whole {
		delete(out, table)
	}
	return out
}

// Files loads files and folders. What lies in a folder named watchlists becomes watchlists, what lies in workspaces/NAME
// the tables of another workspace.
func (l *Loader) Files(paths []string, workers int) error {
	files, err := l.Workspace.DataFiles(paths)
	if err != nil {
		return err
	}
	for _, d := range files {
		f, workspace := d.Path, d.Workspace
		name := filepath.Base(f)
		if name == generate.TruthFile {
			continue
		}
		if filepath.Base(filepath.Dir(f)) == generate.WatchlistFolder && workspace == "" {
			list, err := store.LoadFile(f, store.Options{})
			if err != nil {
				return err
			}
			for _, d := range list {
				if err := l.watchlist(d); err != nil {
					return err
				}
			}
			continue
		}
		list, err := store.LoadFile(f, store.Options{Schema: l.Workspace.Schema, Workers: workers})
		if err != nil {
			return err
		}
		for _, d := range list {
			d.Table = symbol.InWorkspace(workspace, d.Table)
			if err := l.ingest(d); err != nil {
				return fmt.Errorf("%s: %w", f, err)
			}
		}
	}
	return nil
}

// wanted says which columns of a table are kept; nil keeps all.
func (l *Loader) wanted(table string) func(string) bool {
	names := l.Columns[table]
	if names == nil {
		return nil
	}
	known := map[string]bool{}
	if cols, ok := l.Workspace.Schema(table); ok {
		for _, c := range cols {
			known[c.Name] = true
		}
	}
	return func(name string) bool { return names[name] || !known[name] }
}

// watchlist adds rows as a watchlist whose key is its first column; every cell is text there.
func (l *Loader) watchlist(d *store.Data) error {
	if len(d.Columns) == 0 {
		return nil
	}
	w := store.Data{N: d.N}
	for i, c := range d.Columns {
		b := vector.NewBuilder(value.String, d.N)
		for r := range d.N {
			v := d.Vectors[i].Value(r)
			if v.Null {
				b.AppendString("")
				continue
			}
			b.AppendString(v.Text())
		}
		w.Columns = append(w.Columns, store.Column{Name: c.Name, Type: value.String})
		w.Vectors = append(w.Vectors, b.Finish())
	}
	return l.Workspace.AddWatchlist(d.Table, d.Columns[0].Name, &w)
}

// ingest drops the columns that nobody reads, gives rows their delay and adds them.
func (l *Loader) ingest(d *store.Data) error {
	if l.Tables != nil && !l.Tables[d.Table] || d.N == 0 {
		return nil
	}
	if names := l.wanted(d.Table); names != nil {
		kept := store.Data{Table: d.Table, N: d.N, Ingested: d.Ingested}
		for i, c := range d.Columns {
			if names(c.Name) {
				kept.Columns, kept.Vectors = append(kept.Columns, c), append(kept.Vectors, d.Vectors[i])
			}
		}
		d = &kept
	}
	col := d.Column(store.TimeColumn)
	if col == nil || col.Type() != value.DateTime {
		return l.Workspace.Ingest(d)
	}
	at := vector.Int64s(col)
	if l.rows == nil {
		l.rows = map[string]uint64{}
	}
	row := l.rows[d.Table]
	l.rows[d.Table] += uint64(d.N)
	if d.Ingested == nil && l.Delay != nil {
		in := make([]int64, d.N)
		late := l.Delay.Of(d.Table)
		for i := range in {
			in[i] = at.At(i) + int64(late.Draw(row+uint64(i))/100)
		}
		d.Ingested = &vector.Longs{Typ: value.DateTime, Data: in}
	}
	first, last := at.At(0), at.At(0)
	for i := range d.N {
		if t := at.At(i); !at.IsNull(i) {
			first, last = min(first, t), max(last, t)
		}
	}
	if t := value.TimeOf(first); l.First.IsZero() || t.Before(l.First) {
		l.First = t
	}
	if t := value.TimeOf(last); t.After(l.Last) {
		l.Last = t
	}
	if d.Ingested != nil {
		l.receive(d)
	}
	return l.Workspace.Ingest(d)
}

// receive replaces the times that are too far from the arrival (fact S139).
func (l *Loader) receive(d *store.Data) {
	at, in := vector.Int64s(d.Column(store.TimeColumn)), vector.Int64s(d.Ingested)
	var moved []int64
	for i := range d.N {
		t, a := at.At(i), in.At(i)
		late := time.Duration(a-t) * 100
		if at.IsNull(i) || in.IsNull(i) || late <= 24*time.Hour && late >= -24*time.Hour { // the usual, without building times
			if moved != nil {
				moved[i] = t
			}
			continue
		}
		r := value.TicksOf(sentinel.Received(value.TimeOf(t), value.TimeOf(a), l.Options))
		if r != t && moved == nil {
			moved = make([]int64, d.N)
			for k := range i {
				moved[k] = at.At(k)
			}
		}
		if moved != nil {
			moved[i] = r
		}
	}
	if moved == nil {
		return
	}
	for i, c := range d.Columns {
		if c.Name == store.TimeColumn {
			d.Vectors[i] = &vector.Longs{Typ: value.DateTime, Data: moved}
		}
	}
}

// generatedChunk is how many generated rows are built before they go into the workspace.
const generatedChunk = 1 << 16

// arenaSize is how much text shares a piece of memory.
const arenaSize = 1 << 20

// generated builds the columns of one generated table.
type generated struct {
	table   string
	columns []generate.Column
	keep    []int
	build   []*vector.Builder
	arena   strings.Builder // where texts lie, many in one piece of memory
	copied  func([]byte) string
	in      []int64
	n       int
}

var epoch = value.TicksOf(time.Unix(0, 0))

// Generate fills the workspace from the sample generator, without files between, and returns the attacks that were laid.
func (l *Loader) Generate(ctx context.Context, cfg generate.Config) ([]generate.Attack, error) {
	for _, w := range generate.Watchlists(cfg) {
		d := &store.Data{Table: w.Name, N: len(w.Rows)}
		for c, name := range w.Columns {
			b := vector.NewBuilder(value.String, len(w.Rows))
			for _, r := range w.Rows {
				b.AppendString(r[c])
			}
			d.Columns, d.Vectors = append(d.Columns, store.Column{Name: name, Type: value.String}), append(d.Vectors, b.Finish())
		}
		if err := l.watchlist(d); err != nil {
			return nil, err
		}
	}
	if l.Tables != nil && len(cfg.Streams) == 0 {
		for _, t := range generate.Tables() {
			if l.Tables[t] {
				cfg.Streams = append(cfg.Streams, t)
			}
		}
		if len(cfg.Streams) == 0 {
			return nil, nil
		}
	}
	var g *generated
	sum, err := generate.Generate(ctx, cfg, generate.NewCallback(func(table string, row *generate.Row) error {
		if g == nil || g.table != table {
			if err := l.flush(g); err != nil {
				return err
			}
			g = l.begin(table, row.Columns())
		}
		g.add(row)
		if g.n == generatedChunk {
			return l.flush(g)
		}
		return nil
	}))
	if err != nil {
		return nil, err
	}
	return sum.Attacks, l.flush(g)
}

var kindOf = map[generate.Type]value.Type{generate.String: value.String, generate.Datetime: value.DateTime, generate.Long: value.Long, generate.Bool: value.Bool, generate.Dynamic: value.Dynamic}

func (l *Loader) begin(table string, columns []generate.Column) *generated {
	g := &generated{table: table, columns: columns}
	g.copied = g.copyText
	names := l.wanted(table)
	for i, c := range columns {
		if c.Name == generate.IngestedColumn || names == nil || names(c.Name) {
			g.keep = append(g.keep, i)
		}
	}
	g.fresh()
	return g
}

func (g *generated) fresh() {
	g.build, g.in, g.n = make([]*vector.Builder, len(g.columns)), nil, 0
	for _, i := range g.keep {
		if g.columns[i].Name == generate.IngestedColumn {
			g.in = make([]int64, 0, generatedChunk)
			continue
		}
		g.build[i] = vector.NewBuilder(kindOf[g.columns[i].Type], generatedChunk)
	}
}

func (g *generated) add(row *generate.Row) {
	g.n++
	for _, i := range g.keep {
		v, b := row.Value(i), g.build[i]
		if b == nil {
			g.in = append(g.in, v.Number+epoch)
			continue
		}
		switch g.columns[i].Type {
		case generate.String:
			b.AppendText(v.Text, g.copied)
		case generate.Dynamic:
			if v.Null {
				b.AppendNull()
			} else {
				b.AppendJSONText(v.Text, g.copied)
			}
		case generate.Datetime:
			if v.Null {
				b.AppendNull()
			} else {
				b.AppendLong(v.Number + epoch)
			}
		case generate.Long:
			if v.Null {
				b.AppendNull()
			} else {
				b.AppendLong(v.Number)
			}
		case generate.Bool:
			if v.Null {
				b.AppendNull()
			} else {
				b.AppendBool(v.Number != 0)
			}
		}
	}
}

// copyText copies a cell's bytes.
func (g *generated) copyText(b []byte) string {
	if g.arena.Cap()-g.arena.Len() < len(b) {
		g.arena = strings.Builder{}
		g.arena.Grow(max(arenaSize, len(b)))
	}
	from := g.arena.Len()
	g.arena.Write(b)
	return g.arena.String()[from:]
}

func (l *Loader) flush(g *generated) error {
	if g == nil || g.n == 0 {
		return nil
	}
	d := &store.Data{Table: g.table, N: g.n}
	for _, i := range g.keep {
		if g.build[i] == nil {
			continue
		}
		d.Columns = append(d.Columns, store.Column{Name: g.columns[i].Name, Type: kindOf[g.columns[i].Type]})
		d.Vectors = append(d.Vectors, g.build[i].Finish())
	}
	if g.in != nil {
		d.Ingested = &vector.Longs{Typ: value.DateTime, Data: g.in}
	}
	g.fresh()
	return l.ingest(d)
}
