package ruletest

import (
	"fmt"
	"maps"
	"slices"
	"sort"
	"strings"
	"sync"
	"time"

	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/content/tables"
	"github.com/seed-caab1ad3/blindspot/emulator"
	"github.com/seed-caab1ad3/blindspot/emulator/catalog"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/symbol"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/store"
)

// base is what the workspaces of all cases share: the content's names and its watchlists. It is safe for
// concurrent use.
type base struct {
	catalog    *catalog.Catalog
	watchlists []watchlistData
	shared     *emulator.Workspace // holds the watchlists
	plans      *emulator.Plans
	layers     layers
	err        error

	mu       sync.Mutex
	variants map[string]*caseCatalog // by what they take away and add
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

// open makes a workspace with the names and watchlists of a case, and no events; changed are the tables that it lacks
// or has otherwise, by workspace.
func (x *base) open(test *content.TestCase, now time.Time) (ws *emulator.Workspace, changed map[string]*changes, err error) {
	var names symbol.Catalog = x.catalog
	var others []string
	changed, others = changedTables(test)
	hidden, own := changed[""].hidden, changed[""].own
	gone, replaced := map[string]bool{}, map[string]bool{}
	for _, w := range test.Watchlists {
		replaced[w.Alias] = true
		if w.Missing {
			gone[w.Alias] = true
		}
	}
	if len(hidden)+len(own)+len(gone) > 0 {
		names = x.variant(&caseCatalog{Catalog: names, hidden: hidden, own: own, gone: gone})
	}
	ws = emulator.New(emulator.Options{Catalog: names, Clock: func() time.Time { return now }, Plans: x.plans})
	if x.err != nil {
		return nil, nil, x.err
	}
	for _, name := range others {
		there := emulator.Options{Catalog: x.catalog, Clock: func() time.Time { return now }, Name: name}
		if c := changed[name]; len(c.hidden)+len(c.own) > 0 {
			there.Catalog = &caseCatalog{Catalog: x.catalog, hidden: c.hidden, own: c.own}
		}
		ws.AddNeighbour(emulator.Neighbour{Name: name, Workspace: emulator.New(there)})
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
		shape, key := &content.Watchlist{}, ""
		for _, s := range x.watchlists {
			if s.alias == w.Alias { // keep the columns of the shipped one, also those that no item fills
				key = s.key
				for _, c := range s.data.Columns {
					shape.Columns = append(shape.Columns, content.WatchlistColumn{Name: c.Name})
				}
			}
		}
		data := emulator.WatchlistRows(shape, w.Items)
		if err := ws.AddWatchlist(w.Alias, key, data); err != nil {
			return nil, nil, fmt.Errorf("watchlist %s: %w", w.Alias, err)
		}
	}
	for _, f := range test.Functions {
		ws.AddFunction(catalog.Function(&content.Function{Alias: f.Name, Parameters: f.Parameters, Query: f.Query}))
	}
	return ws, changed, nil
}

// rowsOf makes the rows of a case for its workspace.
func rowsOf(ws *emulator.Workspace, changed map[string]*changes, set *Set) ([]*store.Data, error) {
	var out []*store.Data
	for _, t := range set.Tables {
		in, name := symbol.SplitWorkspace(t.Schema.Name)
		if len(t.Rows) == 0 || changed[in].hidden[name] {
			continue
		}
		data, err := t.data(ws.Shape(t.Schema.Name))
		if err != nil {
			return nil, fmt.Errorf("table %s: %w", t.Schema.Name, err)
		}
		out = append(out, data)
	}
	return out, nil
}

// variant returns the catalog that was made first for the same changes, so that a query means the same in both.
func (x *base) variant(c *caseCatalog) *caseCatalog {
	var b strings.Builder
	for _, n := range slices.Sorted(maps.Keys(c.hidden)) {
		fmt.Fprintf(&b, "hidden %q\n", n)
	}
	for _, n := range slices.Sorted(maps.Keys(c.gone)) {
		fmt.Fprintf(&b, "gone %q\n", n)
	}
	for _, n := range slices.Sorted(maps.Keys(c.own)) {
		fmt.Fprintf(&b, "own %q", n)
		for _, col := range c.own[n].Columns {
			fmt.Fprintf(&b, " %q:%d:%t", col.Name, col.Type, col.Hidden)
		}
		b.WriteByte('\n')
	}
	key := b.String()
	x.mu.Lock()
	defer x.mu.Unlock()
	if known := x.variants[key]; known != nil {
		return known
	}
	if x.variants == nil {
		x.variants = map[string]*caseCatalog{}
	}
	x.variants[key] = c
	return c
}

// changes are the tables of one workspace that a case takes away, or gives columns of its own.
type changes struct {
	hidden map[string]bool
	own    map[string]*symbol.Table
}

// changedTables sorts a case's tables by workspace, and lists the other workspaces that it names, in the order of the file.
func changedTables(test *content.TestCase) (map[string]*changes, []string) {
	out := map[string]*changes{"": {map[string]bool{}, map[string]*symbol.Table{}}}
	var others []string
	in := func(workspace string) *changes {
		if out[workspace] == nil {
			out[workspace] = &changes{map[string]bool{}, map[string]*symbol.Table{}}
			others = append(others, workspace)
		}
		return out[workspace]
	}
	for _, e := range test.Events {
		workspace, _ := symbol.SplitWorkspace(e.Table)
		in(workspace)
	}
	for _, t := range test.Tables {
		workspace, name := symbol.SplitWorkspace(t.Name)
		c := in(workspace)
		switch {
		case t.Missing:
			c.hidden[name] = true
		case t.Columns != nil:
			s := &symbol.Table{Name: name}
			for _, col := range t.Columns {
				typ, _ := value.ParseType(col.Type)
				s.Columns = append(s.Columns, symbol.Column{Name: col.Name, Type: typ, Hidden: col.Hidden})
			}
			c.own[name] = s
		}
	}
	return out, others
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
