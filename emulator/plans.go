package emulator

import (
	"context"
	"fmt"
	"sort"
	"strings"
	"sync"

	"github.com/seed-caab1ad3/blindspot/emulator/exec"
	"github.com/seed-caab1ad3/blindspot/emulator/kql"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/bind"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/symbol"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/plan"
)

// compiled is a compiled query with the optimised plans of its relations, those inside expressions too.
type compiled struct {
	*kql.Compiled

	mu    sync.Mutex
	plans map[bind.Rel]bind.Rel
	ready map[bind.Rel]*exec.Prepared // of the results, by their plans
	needs needs
	reads needs
}

const plansLimit = 1024

// plan returns a relation of the query as it is run.
func (c *compiled) plan(rel bind.Rel) bind.Rel {
	p, _ := c.planWithin(context.Background(), rel)
	return p
}

// planWithin is plan until ctx ends; then it returns ctx's cause.
func (c *compiled) planWithin(ctx context.Context, rel bind.Rel) (bind.Rel, error) {
	c.mu.Lock()
	p, ok := c.plans[rel]
	c.mu.Unlock()
	if ok {
		return p, nil
	}
	p, err := plan.OptimizeWithin(ctx, plan.Ingestion(rel))
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.plans == nil {
		c.plans = map[bind.Rel]bind.Rel{}
	}
	if len(c.plans) < plansLimit {
		c.plans[rel] = p
	}
	return p, nil
}

// prepared returns a plan of the query ready to run.
func (c *compiled) prepared(p bind.Rel) *exec.Prepared {
	c.mu.Lock()
	defer c.mu.Unlock()
	known, ok := c.ready[p]
	if !ok {
		known = exec.NewPrepared(p)
		if c.ready == nil {
			c.ready = map[bind.Rel]*exec.Prepared{}
		}
		if len(c.ready) < plansLimit {
			c.ready[p] = known
		}
	}
	return known
}

// Plans keeps compiled queries for many workspaces of one catalog, so that a rule that is tried in a hundred workspaces is
// compiled once. A query is shared only between workspaces in which its names mean the same. It is safe for concurrent use.
type Plans struct {
	mu      sync.Mutex
	entries map[plansKey]*compiled

	shapes sync.Map // *symbol.Table -> *store.Shape, of the catalogs' tables
}

type plansKey struct {
	catalog symbol.Catalog
	names   string // what the workspace adds to the catalog
	profile kql.Profile
	text    string
}

const sharedLimit = 1024

// NewPlans returns an empty store of plans, for Options.Plans. The catalogs of its workspaces must be pointers.
func NewPlans() *Plans { return &Plans{entries: map[plansKey]*compiled{}} }

func (p *Plans) get(w *Workspace, text string, profile kql.Profile) *compiled {
	key := plansKey{w.o.Catalog, w.added(), profile, text}
	p.mu.Lock()
	c, ok := p.entries[key]
	p.mu.Unlock()
	if ok {
		return c
	}
	watch := &listed{Catalog: w.Catalog()}
	c = compile(text, profile, watch)
	if watch.asked {
		return c // its meaning depends on which tables there are
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.entries) >= sharedLimit {
		clear(p.entries)
	}
	p.entries[key] = c
	return c
}

// Forget lets go of a query that will not be asked again, in the workspace and in the plans that it shares.
func (w *Workspace) Forget(text string, profile kql.Profile) {
	w.compiled.drop(compiledKey{profile, text})
	if p := w.o.Plans; p != nil {
		key := plansKey{w.o.Catalog, w.added(), profile, text}
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.entries, key)
	}
}

func compile(text string, profile kql.Profile, names symbol.Catalog) *compiled {
	return &compiled{Compiled: kql.Compile(text, kql.Options{Catalog: names, Profile: profile, HasKernel: exec.Supports})}
}

// listed is a catalog that remembers whether its tables were listed or a name was not found.
type listed struct {
	symbol.Catalog
	asked bool
	outer *listed // of another workspace: the one that asked for it
}

func (l *listed) TableNames(pattern string) []string {
	l.ask()
	return l.Catalog.TableNames(pattern)
}

func (l *listed) NearestTable(name string) string {
	l.ask()
	return l.Catalog.NearestTable(name)
}

func (l *listed) Workspace(identifier string) (string, symbol.Catalog, bool) {
	known, ok := l.Catalog.(symbol.Workspaces)
	if !ok {
		return "", nil, false
	}
	name, names, ok := known.Workspace(identifier)
	if !ok {
		l.ask()
	}
	if name != "" && ok {
		return name, &listed{Catalog: names, outer: l}, true
	}
	return name, names, ok
}

// ask notes that what a query means depends on which names there are.
func (l *listed) ask() {
	for ; l != nil; l = l.outer {
		l.asked = true
	}
}

// added describes what the workspace's own tables, functions and watchlists add to its catalog.
func (w *Workspace) added() string {
	w.mu.RLock()
	defer w.mu.RUnlock()
	var lines []string
	for name, t := range w.tables {
		if s := w.known(name); s != nil && t.Has(s) {
			continue
		}
		own := t.Columns()
		if w.o.Catalog != nil {
			if known, ok := w.o.Catalog.Table(name); ok {
				n := 0
				for _, c := range known.Columns {
					if c.Type == value.Unknown {
						continue
					}
					if n >= len(own) || own[n].Name != c.Name || own[n].Type != c.Type {
						n = -1
						break
					}
					n++
				}
				if n == len(own) {
					continue
				}
			}
		}
		var b strings.Builder
		fmt.Fprintf(&b, "table %s", name)
		for _, c := range own {
			fmt.Fprintf(&b, " %q:%d", c.Name, c.Type)
		}
		lines = append(lines, b.String())
	}
	for name, f := range w.functions {
		lines = append(lines, fmt.Sprintf("function %s %p", name, f))
	}
	for _, l := range w.watchlists {
		lines = append(lines, l.described)
	}
	for _, n := range w.neighbours {
		lines = append(lines, fmt.Sprintf("workspace %q %q %q {%s}", n.Name, n.ID, n.ResourceID, n.Workspace.added()))
	}
	sort.Strings(lines)
	return strings.Join(lines, "\n")
}

// describe is a watchlist's shape as text.
func describe(s *symbol.Watchlist) string {
	var b strings.Builder
	fmt.Fprintf(&b, "watchlist %q", s.Alias)
	for _, c := range s.Columns {
		fmt.Fprintf(&b, " %q:%d", c.Name, c.Type)
	}
	return b.String()
}

// ShareWatchlist gives the workspace a watchlist of another one, rows and all. It reports whether there was one.
func (w *Workspace) ShareWatchlist(alias string, from *Workspace) bool {
	from.mu.RLock()
	l, ok := from.watchlists[alias]
	from.mu.RUnlock()
	if !ok {
		return false
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.watchlists[alias] = l
	w.version++
	return true
}
