// Package emulator is a Log Analytics workspace in memory: tables of events, saved functions, watchlists and a clock, and
// queries over them. Rows come in through Ingest and the files of LoadPaths; a query's text goes in through Query, which
// compiles, plans and runs it as of a moment, over a range of time, seeing only the rows that had arrived by then.
//
// What rules, workbooks and the HTTP server make of answers is the business of the packages below this one.
package emulator

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"sort"
	"strings"
	"sync"
	"time"

	"github.com/seed-caab1ad3/blindspot/content/nearest"
	"github.com/seed-caab1ad3/blindspot/emulator/exec/expr"
	"github.com/seed-caab1ad3/blindspot/emulator/kql"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/symbol"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/store"
)

// Options make a workspace.
type Options struct {
	// Catalog knows the tables, functions and watchlists of the content; what is added to the workspace comes on top of it.
	Catalog symbol.Catalog
	// Clock is asked for now() where a query does not say; nil stands for time.Now.
	Clock func() time.Time
	// TenantID is what TenantId holds in rows that do not say: the workspace's id.
	TenantID string
	// AnyWorkspace takes a workspace that is not known for one like this, without rows, for those who only compile.
	AnyWorkspace bool
	// Name is what workspace() calls the workspace itself, beside its id; "" is none.
	Name string
	// Plans, when not nil, keeps compiled queries for this and other workspaces.
	Plans *Plans
	// Memory bounds, in bytes, what is kept between queries of results over stored rows; 0 stands for DefaultMemory, below 0
	// nothing is kept.
	Memory int64
}

// DefaultMemory is enough for some ten million events that a pack of rules reads again and again.
const DefaultMemory = 512 << 20

// Workspace holds tables, functions and watchlists. It is safe for concurrent use.
type Workspace struct {
	o Options

	mu         sync.RWMutex
	tables     map[string]*store.Table
	functions  map[string]*symbol.StoredFunction
	watchlists map[string]*watchlist
	neighbours []*Neighbour
	version    int // grows when what names mean may have changed

	compiled compiledCache
	memory   *expr.Memory
}

type watchlist struct {
	shape     *symbol.Watchlist
	rows      *store.Table
	described string
}

// DefaultTenantID is the workspace id of a workspace that was given none.
const DefaultTenantID = "00000000-0000-0000-0000-000000000000"

// New returns an empty workspace.
func New(o Options) *Workspace {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.TenantID == "" {
		o.TenantID = DefaultTenantID
	}
	w := &Workspace{o: o, tables: map[string]*store.Table{}, functions: map[string]*symbol.StoredFunction{}, watchlists: map[string]*watchlist{}}
	if o.Memory == 0 {
		o.Memory = DefaultMemory
	}
	if o.Memory > 0 {
		w.memory = expr.NewMemory(o.Memory)
	}
	return w
}

// TenantID returns the workspace's id.
func (w *Workspace) TenantID() string { return w.o.TenantID }

// Now returns the workspace's time.
func (w *Workspace) Now() time.Time { return w.o.Clock() }

// Schema returns the columns of a table: those of the catalog, or those that its rows brought.
func (w *Workspace) Schema(table string) ([]store.Column, bool) {
	if holder, name := w.holder(table); holder != w {
		return holder.Schema(name)
	}
	if w.o.Catalog != nil {
		if t, ok := w.o.Catalog.Table(table); ok {
			cols := make([]store.Column, 0, len(t.Columns))
			for _, c := range t.Columns {
				if c.Type != value.Unknown {
					cols = append(cols, store.Column{Name: c.Name, Type: c.Type})
				}
			}
			return cols, true
		}
	}
	w.mu.RLock()
	t, ok := w.tables[table]
	w.mu.RUnlock()
	if !ok {
		return nil, false
	}
	return t.Columns(), true
}

// CreateTable makes a table with columns, which may be none; a table that exists is left as it is.
func (w *Workspace) CreateTable(name string, columns []store.Column) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, ok := w.tables[name]; !ok {
		w.tables[name] = w.newTable(name, columns)
		w.version++
	}
}

// shaped makes a table that the catalog knows, nil when it knows none of that name.
func (w *Workspace) shaped(name string) *store.Table {
	s := w.known(name)
	if s == nil {
		return nil
	}
	t := store.NewTableOf(name, s)
	t.Tenant = w.o.TenantID
	return t
}

// known returns the shape of a table of the catalog, nil when it has none of that name.
func (w *Workspace) known(name string) *store.Shape {
	if w.o.Catalog == nil {
		return nil
	}
	t, ok := w.o.Catalog.Table(name)
	if !ok {
		return nil
	}
	if w.o.Plans != nil {
		if s, ok := w.o.Plans.shapes.Load(t); ok {
			return s.(*store.Shape)
		}
	}
	cols := make([]store.Column, 0, len(t.Columns))
	for _, c := range t.Columns {
		if c.Type != value.Unknown {
			cols = append(cols, store.Column{Name: c.Name, Type: c.Type})
		}
	}
	s := store.NewShape(cols)
	if w.o.Plans != nil {
		kept, _ := w.o.Plans.shapes.LoadOrStore(t, s)
		return kept.(*store.Shape)
	}
	return s
}

// Shape returns the shape of a table: that of the catalog, or what its rows brought; nil when nothing is known of it.
func (w *Workspace) Shape(table string) *store.Shape {
	holder, name := w.holder(table)
	if s := holder.known(name); s != nil {
		return s
	}
	cols, ok := holder.Schema(name)
	if !ok {
		return nil
	}
	return store.NewShape(cols)
}

func (w *Workspace) newTable(name string, columns []store.Column) *store.Table {
	t := store.NewTable(name, columns)
	t.Tenant = w.o.TenantID
	return t
}

// DropTable takes a table with its rows out of the workspace.
func (w *Workspace) DropTable(name string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.tables, name)
	w.version++
}

// Ingest adds rows to their table, which is made when it is not there.
func (w *Workspace) Ingest(d *store.Data) error {
	if d.Table == "" {
		return errors.New("rows without a table's name")
	}
	if holder, table := w.holder(d.Table); holder != w {
		moved := *d
		moved.Table = table
		return holder.Ingest(&moved)
	}
	w.mu.Lock()
	t, ok := w.tables[d.Table]
	if !ok {
		if t = w.shaped(d.Table); t == nil {
			t = w.newTable(d.Table, nil)
		}
		w.tables[d.Table] = t
		w.version++
	}
	w.mu.Unlock()
	before := t.Width()
	err := t.Append(d)
	if t.Width() != before {
		w.mu.Lock()
		w.version++
		w.mu.Unlock()
	}
	return err
}

// IngestJSON adds rows from JSON lines or a JSON array.
func (w *Workspace) IngestJSON(table string, r io.Reader) (rows int, err error) {
	list, err := store.Read(table+".json", r, store.Options{Table: table, Schema: w.Schema})
	if err != nil {
		return 0, err
	}
	for _, d := range list {
		rows += d.N
		if err := w.Ingest(d); err != nil {
			return rows, err
		}
	}
	return rows, nil
}

// LoadOptions say how files are loaded.
type LoadOptions struct {
	Table   string // "" takes each file's name
	Workers int
	// Columns names the columns that are wanted by table, as Needs gives them; nil loads everything. Of a table with a nil list
	// all columns are loaded, and files named for a table of the catalog that is not in it are not opened.
	Columns map[string][]string
}

// Loaded is what one file gave.
type Loaded struct {
	File  string
	Table string
	Rows  int
}

// LoadPaths loads files, and the data files below folders; what lies in a folder's workspaces/NAME is another workspace's.
func (w *Workspace) LoadPaths(paths []string, o LoadOptions) ([]Loaded, error) {
	files, err := w.DataFiles(paths)
	if err != nil {
		return nil, err
	}
	var out []Loaded
	for _, f := range files {
		within := func(table string) string { return symbol.InWorkspace(f.Workspace, table) }
		if o.Columns != nil && o.Table == "" {
			table := within(store.TableOf(f.Path))
			if _, known := w.Schema(table); known {
				if _, ok := o.Columns[table]; !ok {
					continue
				}
			}
		}
		wanted := map[string][]string{}
		for table, cols := range o.Columns {
			if in, name := symbol.SplitWorkspace(table); in == f.Workspace && cols != nil {
				wanted[name] = cols
			}
		}
		schema := func(table string) ([]store.Column, bool) { return w.Schema(within(table)) }
		list, err := store.LoadFile(f.Path, store.Options{Table: o.Table, Schema: schema, Workers: o.Workers, Columns: wanted})
		if err != nil {
			return out, err
		}
		for _, d := range list {
			d.Table = within(d.Table)
			if err := w.Ingest(d); err != nil {
				return out, fmt.Errorf("%s: %w", f.Path, err)
			}
			out = append(out, Loaded{f.Path, d.Table, d.N})
		}
	}
	return out, nil
}

// AddFunction saves a function; one of the same name is replaced.
func (w *Workspace) AddFunction(f *symbol.StoredFunction) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.functions[f.Name] = f
	w.version++
}

// AddWatchlist adds a watchlist; one of the same alias is replaced. searchKey names the column that SearchKey repeats, ""
// when the rows have a SearchKey.
func (w *Workspace) AddWatchlist(alias, searchKey string, d *store.Data) error {
	rows := *d
	rows.Table = alias
	if key := rows.Column(searchKey); key != nil && rows.Column("SearchKey") == nil {
		for i, c := range rows.Columns {
			if c.Name == searchKey {
				rows.Columns = append(slices.Clone(rows.Columns), store.Column{Name: "SearchKey", Type: c.Type})
				rows.Vectors = append(slices.Clone(rows.Vectors), rows.Vectors[i])
				break
			}
		}
	}
	t := w.newTable(alias, rows.Columns)
	if err := t.Append(&rows); err != nil {
		return err
	}
	shape := &symbol.Watchlist{Alias: alias}
	for _, c := range rows.Columns {
		shape.Columns = append(shape.Columns, symbol.Column{Name: c.Name, Type: c.Type})
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.watchlists[alias] = &watchlist{shape, t, describe(shape)}
	w.version++
	return nil
}

// Tables returns the tables that hold rows, sorted by name, with their numbers of rows.
func (w *Workspace) Tables() []Loaded {
	w.mu.RLock()
	defer w.mu.RUnlock()
	var out []Loaded
	for name, t := range w.tables {
		out = append(out, Loaded{Table: name, Rows: t.Rows()})
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Table < out[j].Table })
	return out
}

// Catalog returns what names mean in the workspace: its own tables, functions and watchlists before the catalog's.
func (w *Workspace) Catalog() symbol.Catalog { return names{w} }

// names is the workspace as a catalog.
type names struct{ w *Workspace }

func (n names) Table(name string) (*symbol.Table, bool) {
	if w, table := n.w.holder(name); w != n.w {
		return names{w}.Table(table)
	}
	n.w.mu.RLock()
	own, ok := n.w.tables[name]
	n.w.mu.RUnlock()
	if n.w.o.Catalog != nil {
		if t, known := n.w.o.Catalog.Table(name); known {
			if !ok {
				return t, true
			}
			return extended(t, own.Columns()), true
		}
	}
	if !ok {
		return nil, false
	}
	t := &symbol.Table{Name: name}
	for _, c := range own.Columns() {
		t.Columns = append(t.Columns, symbol.Column{Name: c.Name, Type: c.Type})
	}
	for _, c := range standardColumns {
		if !slices.ContainsFunc(t.Columns, func(have symbol.Column) bool { return have.Name == c.Name }) {
			t.Columns = append(t.Columns, c)
		}
	}
	return t, true
}

// standardColumns are what every table of a workspace has; they are shown when a query names them.
var standardColumns = []symbol.Column{{Name: "Type", Type: value.String, Hidden: true}, {Name: "TenantId", Type: value.String, Hidden: true},
	{Name: "_ItemId", Type: value.String, Hidden: true}, {Name: "_TimeReceived", Type: value.DateTime, Hidden: true}}

// extended adds the columns that rows brought to a table of the catalog.
func extended(t *symbol.Table, cols []store.Column) *symbol.Table {
	known := make(map[string]bool, len(t.Columns))
	for _, c := range t.Columns {
		known[c.Name] = true
	}
	out := t
	for _, c := range cols {
		if known[c.Name] {
			continue
		}
		if out == t {
			copied := *t
			copied.Columns = slices.Clone(t.Columns)
			out = &copied
		}
		out.Columns = append(out.Columns, symbol.Column{Name: c.Name, Type: c.Type})
	}
	return out
}

func (n names) Function(name string) (*symbol.StoredFunction, bool) {
	n.w.mu.RLock()
	f, ok := n.w.functions[name]
	n.w.mu.RUnlock()
	if !ok && n.w.o.Catalog != nil {
		f, ok = n.w.o.Catalog.Function(name)
	}
	if !ok {
		switch name {
		case "_GetWatchlist":
			return getWatchlist(), true
		case "workspace":
			return otherWorkspace(), true
		}
	}
	return f, ok
}

// otherWorkspace is workspace() for a workspace without a catalog that ships it.
func otherWorkspace() *symbol.StoredFunction {
	return &symbol.StoredFunction{Name: "workspace", Parameters: []symbol.Parameter{{Name: "identifier", Type: value.String}}, Remote: symbol.SameTables}
}

// getWatchlist is _GetWatchlist for a workspace without a catalog that ships it.
func getWatchlist() *symbol.StoredFunction {
	return &symbol.StoredFunction{Name: "_GetWatchlist", Parameters: []symbol.Parameter{{Name: "watchlistAlias", Type: value.String}},
		Returns: &symbol.Table{Name: "_GetWatchlist", Columns: []symbol.Column{{Name: "_DTItemId", Type: value.String},
			{Name: "LastUpdatedTimeUTC", Type: value.DateTime}, {Name: "SearchKey", Type: value.String}}}}
}

func (n names) Watchlist(alias string) (*symbol.Watchlist, bool) {
	n.w.mu.RLock()
	l, ok := n.w.watchlists[alias]
	n.w.mu.RUnlock()
	if ok {
		return l.shape, true
	}
	if n.w.o.Catalog != nil {
		return n.w.o.Catalog.Watchlist(alias)
	}
	return nil, false
}

func (n names) TableNames(pattern string) []string {
	seen := map[string]bool{}
	var out []string
	n.w.mu.RLock()
	for name := range n.w.tables {
		if matches(pattern, name) {
			seen[name] = true
			out = append(out, name)
		}
	}
	n.w.mu.RUnlock()
	if n.w.o.Catalog != nil {
		for _, name := range n.w.o.Catalog.TableNames(pattern) {
			if !seen[name] {
				out = append(out, name)
			}
		}
	}
	sort.Strings(out)
	return out
}

// matches reports whether a name has a pattern with stars.
func matches(pattern, name string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == name
	}
	if !strings.HasPrefix(name, parts[0]) || !strings.HasSuffix(name, parts[len(parts)-1]) {
		return false
	}
	if len(name) < len(parts[0])+len(parts[len(parts)-1]) {
		return false
	}
	rest := name[len(parts[0]):]
	for _, p := range parts[1 : len(parts)-1] {
		i := strings.Index(rest, p)
		if i < 0 {
			return false
		}
		rest = rest[i+len(p):]
	}
	return len(rest) >= len(parts[len(parts)-1])
}

func (n names) NearestTable(name string) string {
	n.w.mu.RLock()
	var own []string
	for t := range n.w.tables {
		own = append(own, t)
	}
	for f := range n.w.functions {
		own = append(own, f)
	}
	n.w.mu.RUnlock()
	sort.Strings(own)
	if near := nearest.Of(name, own); near != "" {
		return near
	}
	if n.w.o.Catalog != nil {
		return n.w.o.Catalog.NearestTable(name)
	}
	return ""
}

// compiledCache keeps the queries compiled last, as long as names mean the same.
type compiledCache struct {
	mu      sync.Mutex
	version int
	entries map[compiledKey]*compiled
	order   []compiledKey
}

type compiledKey struct {
	profile kql.Profile
	text    string
}

const compiledLimit = 256

func (c *compiledCache) get(version int, key compiledKey, compile func() *compiled) *compiled {
	c.mu.Lock()
	if c.version != version || c.entries == nil {
		c.version, c.entries, c.order = version, map[compiledKey]*compiled{}, nil
	}
	if q, ok := c.entries[key]; ok {
		c.mu.Unlock()
		return q
	}
	c.mu.Unlock()
	q := compile()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.version == version {
		if _, ok := c.entries[key]; !ok {
			if len(c.order) >= compiledLimit {
				delete(c.entries, c.order[0])
				c.order = c.order[1:]
			}
			c.entries[key] = q
			c.order = append(c.order, key)
		}
	}
	return q
}

func (c *compiledCache) drop(key compiledKey) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.entries[key]; ok {
		delete(c.entries, key)
		c.order = slices.DeleteFunc(c.order, func(k compiledKey) bool { return k == key })
	}
}
