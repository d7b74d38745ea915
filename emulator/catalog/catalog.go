// Package catalog makes the names of a workspace into symbols for the compiler: the schemas that ship with the program, the
// tables, functions and watchlists of a content folder, and what a caller adds. In come schemas and a content.Bundle; out
// goes a symbol.Catalog. It holds no rows.
package catalog

import (
	"sort"
	"strings"
	"sync"

	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/content/nearest"
	"github.com/seed-caab1ad3/blindspot/content/tables"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/symbol"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
)

// Catalog answers for one workspace. Names that were added come before those that ship with the program. Adding is not
// safe while others look up; looking up is safe for concurrent use.
type Catalog struct {
	profile    tables.Profile
	tables     map[string]*symbol.Table
	functions  map[string]*symbol.StoredFunction
	watchlists map[string]*symbol.Watchlist
	held       []string // tables known to hold data, sorted

	shipped sync.Map // "t" or "f" and a name -> *symbol.Table or *symbol.StoredFunction
}

// New returns the catalog of what ships with the program, as a profile's service has it.
func New(profile tables.Profile) *Catalog {
	return &Catalog{
		profile:    profile,
		tables:     map[string]*symbol.Table{},
		functions:  map[string]*symbol.StoredFunction{},
		watchlists: map[string]*symbol.Watchlist{},
	}
}

// FromBundle returns the catalog of a content folder: what ships with the program, and the folder's table schemas,
// functions and watchlists.
func FromBundle(profile tables.Profile, b *content.Bundle) *Catalog {
	c := New(profile)
	c.AddBundle(b)
	return c
}

// AddBundle adds a content folder's table schemas, functions and watchlists.
func (c *Catalog) AddBundle(b *content.Bundle) {
	if b == nil {
		return
	}
	for _, t := range b.Tables {
		c.AddTable(table(&t.Schema))
	}
	for _, f := range b.Functions {
		c.AddFunction(Function(f))
	}
	for _, w := range b.Watchlists {
		c.AddWatchlist(Watchlist(w))
	}
	c.addSummaries(b)
}

// AddTable adds a table, or takes the place of one with its name.
func (c *Catalog) AddTable(t *symbol.Table) { c.tables[t.Name] = t }

// AddFunction adds a saved function, or takes the place of one with its name.
func (c *Catalog) AddFunction(f *symbol.StoredFunction) { c.functions[f.Name] = f }

// AddWatchlist adds a watchlist, or takes the place of one with its alias.
func (c *Catalog) AddWatchlist(w *symbol.Watchlist) { c.watchlists[w.Alias] = w }

// Hold says that tables hold data: union * and search stand for them.
func (c *Catalog) Hold(names ...string) {
	c.held = append(c.held, names...)
	sort.Strings(c.held)
}

// Table returns a table by its exact name.
func (c *Catalog) Table(name string) (*symbol.Table, bool) {
	if t, ok := c.tables[name]; ok {
		return t, true
	}
	if t, ok := c.shipped.Load("t" + name); ok {
		return t.(*symbol.Table), true
	}
	t := c.described(name)
	if t == nil {
		return nil, false
	}
	c.shipped.Store("t"+name, t)
	return t, true
}

// described returns the shipped table of a name, nil when there is none: a custom table that nobody described is unknown,
// as it is to a workspace that lacks it. A Sentinel workspace takes the tables of Defender that are streamed to it, so
// their names are known to it; the unified portal's hunting knows both services, and a table of both has the columns of
// Defender first.
func (c *Catalog) described(name string) *symbol.Table {
	s, ok := tables.Lookup(c.profile, name)
	ok = ok && s.Known
	if !ok && c.profile == tables.Sentinel {
		s, ok = tables.Lookup(tables.Hunting, name)
		ok = ok && s.Known
	}
	var more *tables.Schema
	if c.profile == tables.Hunting {
		if other, found := tables.Lookup(tables.Sentinel, name); found && other.Known {
			if more = other; !ok {
				s, ok, more = other, true, nil
			}
		}
	}
	if !ok {
		return nil
	}
	t := table(s)
	if more != nil && more != s {
		have := make(map[string]bool, len(t.Columns))
		for _, col := range t.Columns {
			have[col.Name] = true
		}
		for _, col := range columns(more.Columns) {
			if !have[col.Name] {
				t.Columns = append(t.Columns, col)
			}
		}
		t.Open = t.Open || more.Open
	}
	// the columns of a custom table grow with the data; what is known of it is a sample
	t.Open = t.Open || strings.HasSuffix(name, "_CL")
	return t
}

// Workspace takes every other workspace for one with the names of this one: what is checked without data cannot know more.
func (c *Catalog) Workspace(identifier string) (string, symbol.Catalog, bool) {
	return identifier, c, identifier != "" && !strings.ContainsAny(identifier, `"'\`)
}

// AnyWorkspace says so to the compiler.
func (c *Catalog) AnyWorkspace() bool { return true }

// Function returns a saved function by its exact name.
func (c *Catalog) Function(name string) (*symbol.StoredFunction, bool) {
	if f, ok := c.functions[name]; ok {
		return f, true
	}
	if c.profile == tables.ADX {
		return nil, false
	}
	if f, ok := c.shipped.Load("f" + name); ok {
		return f.(*symbol.StoredFunction), true
	}
	known, ok := tables.LookupFunction(name)
	if !ok {
		return nil, false
	}
	f := shippedFunction(known)
	c.shipped.Store("f"+name, f)
	return f, true
}

// Watchlist returns a watchlist by its alias.
func (c *Catalog) Watchlist(alias string) (*symbol.Watchlist, bool) {
	w, ok := c.watchlists[alias]
	return w, ok
}

// TableNames lists the tables that a pattern such as "Sec*" stands for, sorted: those that ship with the program and those
// added, but for "*" only those that are known to hold data.
func (c *Catalog) TableNames(pattern string) []string {
	if pattern == "*" {
		return append([]string(nil), c.held...)
	}
	seen := map[string]bool{}
	var out []string
	try := func(name string) {
		if !seen[name] && match(pattern, name) {
			seen[name] = true
			out = append(out, name)
		}
	}
	for name := range c.tables {
		try(name)
	}
	for _, name := range c.held {
		try(name)
	}
	for _, profile := range c.profiles() {
		for _, name := range tables.Names(profile) {
			try(name)
		}
	}
	sort.Strings(out)
	return out
}

// profiles are those whose tables the catalog's profile knows, its own first.
func (c *Catalog) profiles() []tables.Profile {
	switch c.profile {
	case tables.Sentinel:
		return []tables.Profile{tables.Sentinel, tables.Hunting}
	case tables.Hunting:
		return []tables.Profile{tables.Hunting, tables.Sentinel}
	}
	return []tables.Profile{c.profile}
}

// NearestTable suggests a table or function for a mistyped name, "" when nothing is near.
func (c *Catalog) NearestTable(name string) string {
	f := nearest.New(name)
	own := make([]string, 0, len(c.tables)+len(c.functions))
	for n := range c.tables {
		own = append(own, n)
	}
	for n := range c.functions {
		own = append(own, n)
	}
	sort.Strings(own)
	for _, n := range own {
		f.Try(n)
	}
	if best := f.Best(); best != "" {
		return best
	}
	for _, profile := range c.profiles() {
		if t := tables.Nearest(profile, name); t != "" {
			return t
		}
	}
	if c.profile == tables.ADX {
		return ""
	}
	return tables.NearestFunction(name)
}

// match matches a name against a pattern in which * stands for any characters.
func match(pattern, name string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == name
	}
	if !strings.HasPrefix(name, parts[0]) {
		return false
	}
	name = name[len(parts[0]):]
	last := parts[len(parts)-1]
	for _, p := range parts[1 : len(parts)-1] {
		i := strings.Index(name, p)
		if i < 0 {
			return false
		}
		name = name[i+len(p):]
	}
	return len(name) >= len(last) && strings.HasSuffix(name, last)
}

func typeOf(name string) value.Type {
	t, _ := value.ParseType(name)
	return t
}

func columns(list []tables.Column) []symbol.Column {
	out := make([]symbol.Column, len(list))
	for i, c := range list {
		out[i] = symbol.Column{Name: c.Name, Type: typeOf(c.Type), Hidden: c.Hidden}
	}
	return out
}

func table(s *tables.Schema) *symbol.Table {
	return &symbol.Table{Name: s.Name, Columns: columns(s.Columns), Open: s.Open}
}

// shippedFunction makes a symbol of a function of which only the result is known.
func shippedFunction(f *tables.Function) *symbol.StoredFunction {
	s := &symbol.StoredFunction{Name: f.Name}
	for _, p := range f.Params {
		par := symbol.Parameter{Name: p.Name, HasDefault: p.Optional}
		if p.Type == "*" {
			par.Tabular, par.HasDefault = true, false
		} else {
			par.Type = typeOf(p.Type)
		}
		s.Parameters = append(s.Parameters, par)
	}
	switch f.Shape {
	case tables.Invoke:
		s.Extends = columns(f.Columns)
	case tables.Scalar:
		s.ReturnType = typeOf(f.ScalarType)
	case tables.Database:
		s.Remote = symbol.SameTables
	case tables.OpenDatabase:
		s.Remote = symbol.ForeignTables
	default:
		// a parser of an ASIM schema gives more than the schema lists: a source's own columns too
		cols := columns(f.Columns)
		switch {
		case f.ASIM != "":
			cols = standardFirst(cols)
		case len(cols) == 0:
			cols = []symbol.Column{{Name: "TimeGenerated", Type: value.DateTime}, {Name: "Type", Type: value.String}}
		}
		s.Returns = &symbol.Table{Name: f.Name, Columns: cols, Open: f.ASIM != "" || f.Shape == tables.OpenTabular}
	}
	return s
}

// standardFirst puts the columns that every table has before those of an ASIM schema.
func standardFirst(cols []symbol.Column) []symbol.Column {
	out := []symbol.Column{{Name: "TimeGenerated", Type: value.DateTime}, {Name: "Type", Type: value.String}, {Name: "_ResourceId", Type: value.String, Hidden: true}}
	for _, c := range cols {
		if c.Name != "TimeGenerated" && c.Name != "Type" && c.Name != "_ResourceId" {
			out = append(out, c)
		}
	}
	return out
}

// Function makes a symbol of a saved function with its body.
func Function(f *content.Function) *symbol.StoredFunction {
	s := &symbol.StoredFunction{Name: f.Alias, Body: f.Query.String()}
	for _, p := range f.Parameters {
		par := symbol.Parameter{Name: p.Name, Default: p.Default, HasDefault: p.HasDefault}
		if inner, ok := strings.CutPrefix(strings.TrimSpace(p.Type), "("); ok {
			par.Tabular = true
			par.Columns = tableType(strings.TrimSuffix(inner, ")"))
		} else {
			par.Type = typeOf(strings.TrimSpace(p.Type))
		}
		s.Parameters = append(s.Parameters, par)
	}
	return s
}

// tableType reads "A: string, B: long"; "*" has no columns.
func tableType(s string) []symbol.Column {
	var out []symbol.Column
	for _, part := range strings.Split(s, ",") {
		name, typ, ok := strings.Cut(part, ":")
		if !ok {
			continue
		}
		name = strings.Trim(strings.TrimSpace(name), `[]'"`)
		out = append(out, symbol.Column{Name: name, Type: typeOf(strings.TrimSpace(typ))})
	}
	return out
}

// Watchlist makes a symbol of a watchlist.
func Watchlist(w *content.Watchlist) *symbol.Watchlist {
	s := &symbol.Watchlist{Alias: w.Alias}
	for _, c := range w.Columns {
		t := value.String
		if c.Type != "" {
			t = typeOf(c.Type)
		}
		s.Columns = append(s.Columns, symbol.Column{Name: c.Name, Type: t})
	}
	return s
}
