package ruletest

import (
	"fmt"
	"sort"
	"time"

	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/content/tables"
	"github.com/seed-caab1ad3/blindspot/emulator"
	"github.com/seed-caab1ad3/blindspot/emulator/catalog"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/symbol"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/store"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

// base is what the workspaces of all cases share: the content's names and its watchlists. It is read only.
type base struct {
	catalog    *catalog.Catalog
	watchlists []watchlistData
	shared     *emulator.Workspace // holds the watchlists
	plans      *emulator.Plans
	err        error
}

type watchlistData struct {
	alias, key string
	data       *store.Data
}

func newBase(b *content.Bundle) *base {
	x := &base{catalog: catalog.FromBundle(tables.Sentinel, b), plans: emulator.NewPlans()}
	x.shared = emulator.New(emulator.Options{Catalog: x.catalog})
	for _, w := range b.Watchlists {
		data := emulator.WatchlistRows(w, w.Items)
		x.watchlists = append(x.watchlists, watchlistData{w.Alias, w.ItemsSearchKey, data})
		if err := x.shared.AddWatchlist(w.Alias, w.ItemsSearchKey, data); err != nil && x.err == nil {
			x.err = fmt.Errorf("watchlist %s: %w", w.Alias, err)
		}
	}
	return x
}

// workspace loads a case into a workspace of its own.
func (x *base) workspace(test *content.TestCase, set *Set, now time.Time) (*emulator.Workspace, error) {
	var names symbol.Catalog = x.catalog
	hidden := map[string]bool{}
	own := map[string]*symbol.Table{}
	for _, t := range test.Tables {
		switch {
		case t.Missing:
			hidden[t.Name] = true
		case t.Columns != nil:
			s := &symbol.Table{Name: t.Name}
			for _, c := range t.Columns {
				typ, _ := value.ParseType(c.Type)
				s.Columns = append(s.Columns, symbol.Column{Name: c.Name, Type: typ, Hidden: c.Hidden})
			}
			own[t.Name] = s
		}
	}
	gone, replaced := map[string]bool{}, map[string]bool{}
	for _, w := range test.Watchlists {
		replaced[w.Alias] = true
		if w.Missing {
			gone[w.Alias] = true
		}
	}
	plans := x.plans
	if len(hidden)+len(own)+len(gone) > 0 {
		names, plans = &caseCatalog{Catalog: names, hidden: hidden, own: own, gone: gone}, nil
	}
	ws := emulator.New(emulator.Options{Catalog: names, Clock: func() time.Time { return now }, Plans: plans})
	if x.err != nil {
		return nil, x.err
	}
	for _, w := range x.watchlists {
		if !replaced[w.alias] {
			ws.ShareWatchlist(w.alias, x.shared)
		}
	}
	for _, w := range test.Watchlists {
		if w.Missing {
			continue
		}
		shipped := watchlistData{alias: w.Alias}
		for _, s := range x.watchlists {
			if s.alias == w.Alias {
				shipped.key = s.key
				shipped.data = s.data
			}
		}
		data := emulator.WatchlistRows(nil, w.Items)
		if shipped.data != nil { // keep the columns of the shipped one, also those that no item fills
			for _, c := range shipped.data.Columns {
				if data.Column(c.Name) == nil {
					data.Columns = append(data.Columns, c)
					data.Vectors = append(data.Vectors, vector.ConstOf(value.NewString(""), data.N))
				}
			}
		}
		if err := ws.AddWatchlist(w.Alias, shipped.key, data); err != nil {
			return nil, fmt.Errorf("watchlist %s: %w", w.Alias, err)
		}
	}
	for _, f := range test.Functions {
		ws.AddFunction(catalog.Function(&content.Function{Alias: f.Name, Parameters: f.Parameters, Query: f.Query}))
	}
	for _, t := range set.Tables {
		if hidden[t.Schema.Name] || len(t.Rows) == 0 {
			continue
		}
		columns, _ := ws.Schema(t.Schema.Name)
		data, err := t.data(columns)
		if err == nil {
			err = ws.Ingest(data)
		}
		if err != nil {
			return nil, fmt.Errorf("table %s: %w", t.Schema.Name, err)
		}
	}
	return ws, nil
}

// caseCatalog is the content's catalog without what a case takes away, and with what it adds.
type caseCatalog struct {
	symbol.Catalog
	hidden map[string]bool
	own    map[string]*symbol.Table
	gone   map[string]bool
}

func (c *caseCatalog) Table(name string) (*symbol.Table, bool) {
	if t, ok := c.own[name]; ok {
		return t, true
	}
	if c.hidden[name] {
		return nil, false
	}
	return c.Catalog.Table(name)
}

func (c *caseCatalog) Watchlist(alias string) (*symbol.Watchlist, bool) {
	if c.gone[alias] {
		return nil, false
	}
	return c.Catalog.Watchlist(alias)
}

func (c *caseCatalog) TableNames(pattern string) []string {
	var out []string
	for _, n := range c.Catalog.TableNames(pattern) {
		if !c.hidden[n] {
			out = append(out, n)
		}
	}
	for n := range c.own {
		out = append(out, n)
	}
	sort.Strings(out)
	return out
}
