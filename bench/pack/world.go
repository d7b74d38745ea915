package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/content/tables"
	"github.com/seed-caab1ad3/blindspot/emulator"
	"github.com/seed-caab1ad3/blindspot/emulator/catalog"
	"github.com/seed-caab1ad3/blindspot/emulator/generate"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/store"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

// unread are columns that no rule decides on and that take most of a row's bytes.
var unread = []string{"ConditionalAccessPolicies", "AuthenticationProcessingDetails", "MfaDetail", "NetworkLocationDetails"}

// world is generated data in a workspace, with the truth about the attacks in it.
type world struct {
	ws       *emulator.Workspace
	attacks  []generate.Attack
	from, to time.Time // the first and the last midnight of the data
	rows     int64
}

// build generates the data of a configuration into a workspace that knows the content's functions and watchlists. The
// watchlists that the generator has for the data replace the shipped samples.
func build(ctx context.Context, b *content.Bundle, cfg generate.Config) (*world, error) {
	from := cfg.Start
	to := from.AddDate(0, 0, cfg.Days)
	w := &world{from: from, to: to}
	w.ws = emulator.New(emulator.Options{Catalog: catalog.FromBundle(tables.Sentinel, b), Clock: func() time.Time { return to }})
	if err := w.ws.AddWatchlists(b); err != nil {
		return nil, err
	}
	for _, l := range generate.Watchlists(cfg) {
		if err := w.ws.AddWatchlist(l.Name, l.Columns[0], watchlist(l)); err != nil {
			return nil, fmt.Errorf("watchlist %s: %w", l.Name, err)
		}
	}
	in := &loader{ws: w.ws, named: namedIn(b)}
	sum, err := generate.Generate(ctx, cfg, generate.NewCallback(in.row))
	if err == nil {
		err = in.flush()
	}
	w.attacks, w.rows = sum.Attacks, sum.Rows()
	return w, err
}

func watchlist(l generate.Watchlist) *store.Data {
	d := &store.Data{N: len(l.Rows)}
	for i, name := range l.Columns {
		v := vector.NewBuilder(value.String, len(l.Rows))
		for _, r := range l.Rows {
			v.AppendString(r[i])
		}
		d.Columns = append(d.Columns, store.Column{Name: name, Type: value.String})
		d.Vectors = append(d.Vectors, v.Finish())
	}
	return d
}

// namedIn returns a test of whether any rule or function names a column.
func namedIn(b *content.Bundle) func(column string) bool {
	var text strings.Builder
	for _, r := range b.Rules {
		text.WriteString(r.Query.String())
	}
	for _, f := range b.Functions {
		text.WriteString(f.Query.String())
	}
	all := text.String()
	return func(column string) bool {
		return column == store.TimeColumn || strings.Contains(all, column) && !slices.Contains(unread, column)
	}
}

// loader makes segments of columns of the generator's rows. Equal texts of a column are kept once.
type loader struct {
	ws    *emulator.Workspace
	named func(string) bool

	table   string
	columns []loading
	n       int
}

type loading struct {
	column   generate.Column
	at       int // in the generator's row
	ingested bool
	build    *vector.Builder
	seen     map[string]string
}

// segmentRows is how many rows are handed over at a time.
const segmentRows = 1 << 17

func (l *loader) row(table string, r *generate.Row) error {
	if table != l.table {
		if err := l.flush(); err != nil {
			return err
		}
		l.begin(table, r.Columns())
	}
	for i := range l.columns {
		l.columns[i].add(r.Value(l.columns[i].at))
	}
	if l.n++; l.n == segmentRows {
		return l.flush()
	}
	return nil
}

func (l *loader) begin(table string, columns []generate.Column) {
	l.table, l.columns = table, nil
	for i, c := range columns {
		ingested := c.Name == generate.IngestedColumn
		if ingested || l.named(c.Name) {
			l.columns = append(l.columns, loading{column: c, at: i, ingested: ingested, seen: map[string]string{}})
		}
	}
	l.renew()
}

func (l *loader) renew() {
	l.n = 0
	for i := range l.columns {
		c := &l.columns[i]
		typ, _ := value.ParseType(string(c.column.Type))
		c.build = vector.NewBuilder(typ, segmentRows)
		if len(c.seen) > segmentRows { // ids do not repeat
			c.seen = map[string]string{}
		}
	}
}

func (c *loading) add(v generate.Value) {
	switch {
	case v.Null:
		c.build.AppendNull()
	case c.column.Type == generate.String:
		c.build.AppendString(c.text(v.Text))
	case c.column.Type == generate.Dynamic:
		c.build.AppendJSON(c.text(v.Text))
	case c.column.Type == generate.Datetime:
		c.build.AppendLong(value.UnixEpoch + v.Number)
	case c.column.Type == generate.Bool:
		c.build.AppendBool(v.Number != 0)
	default:
		c.build.AppendLong(v.Number)
	}
}

func (c *loading) text(b []byte) string {
	s, ok := c.seen[string(b)]
	if !ok {
		s = string(b)
		c.seen[s] = s
	}
	return s
}

func (l *loader) flush() error {
	if l.n == 0 {
		return nil
	}
	d := &store.Data{Table: l.table, N: l.n}
	for _, c := range l.columns {
		v := c.build.Finish()
		if c.ingested {
			d.Ingested = v
			continue
		}
		typ, _ := value.ParseType(string(c.column.Type))
		d.Columns = append(d.Columns, store.Column{Name: c.column.Name, Type: typ})
		d.Vectors = append(d.Vectors, v)
	}
	l.renew()
	return l.ws.Ingest(d)
}
