package bind

import (
	"sort"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/source"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/symbol"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/syntax"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
)

// maxDepth bounds nested expressions and calls of functions; what lies deeper is refused.
const maxDepth = 400

// maxPipe bounds the operators of one pipe, each of which is the input of the next: what runs them goes down as deep.
const maxPipe = 20_000

// maxCalls bounds how often bodies of functions are bound in one query: calls of calls grow fast.
const maxCalls = 20000

// maxDiagnostics bounds how many diagnostics a query gives.
const maxDiagnostics = 500

// Bind gives a parsed query its meaning in a workspace. Diagnostics of the syntax tree are not repeated in the result.
// It never fails: what has no meaning becomes a diagnostic, and the rest is bound.
func Bind(q *syntax.Query, catalog symbol.Catalog) *Query { return bindQuery(q, catalog, nil) }

func bindQuery(q *syntax.Query, catalog symbol.Catalog, summaries *Summaries) *Query {
	b := &binder{
		out:       &Query{},
		catalog:   catalog,
		summaries: summaries,
		text:      q.Text,
		scope:     newScope(nil),
		suffix:    1,
	}
	b.arena = arenas.Get().(*arena)
	defer b.arena.release()
	b.statements(q.Statements, true)
	source.Sort(b.out.Diagnostics)
	sort.SliceStable(b.out.Unsupported, func(i, j int) bool {
		return b.out.Unsupported[i].Span.Start < b.out.Unsupported[j].Span.Start
	})
	return b.out
}

// scopeKind says which functions a name may mean.
type scopeKind uint8

const (
	normal    scopeKind = iota
	aggregate           // aggregates too, and no columns
	plugin              // plugins only
)

type binder struct {
	out     *Query
	catalog symbol.Catalog
	text    string // that the spans of the nodes at hand point into

	summaries *Summaries // nil where a tree that runs is wanted
	arena     *arena

	workspace string // whose names are bound, "" for the catalog's own

	scope    *scope
	row      *table // what columns names may mean
	right    *table // the right side, in a join's condition
	kind     scopeKind
	aggs     *aggregates // where aggregates of the operator at hand are kept
	fuzzy    bool        // in a union with isfuzzy=true
	lost     int         // tables that were not there, in the leg of a fuzzy union that is bound
	implicit *item       // what invoke hands to its function
	graph    *matching   // in the conditions of graph-match
	elements bool        // the first argument of all, any and map is bound: inner_nodes() may stand
	degrees  []*Column   // of a graph: what node_degree_in() without an argument reads
	level    int         // how many relations deep: an argument that reads a column serves only at its call's level

	content map[*Column]symbol.Type // what is known of dynamic columns
	outer   map[*ApplyInput]*table  // the relation that an mv-apply's or partition's input stands for
	opened  map[string][]string     // columns that the query has named of open tables
	aliases map[string]*place       // alias database
	told    map[*table]bool         // operators of which is said that they leave a column out

	suffix int // of the next Column1
	depth  int
	calls  int
	stack  []any // functions whose bodies are being bound

	deepest, tallest int // how far depth and stack went; see listen

	silent int // while positive, diagnostics are counted in muted and not kept
	muted  int
	first  source.Diagnostic // the first of them that is an error
}

// report keeps a diagnostic.
func (b *binder) report(d source.Diagnostic) {
	d.Kind = source.Semantic
	if b.silent > 0 {
		if d.Severity == source.Error {
			if b.muted == 0 {
				b.first = d
			}
			b.muted++
		}
		return
	}
	if len(b.out.Diagnostics) < maxDiagnostics {
		b.out.Diagnostics = append(b.out.Diagnostics, d)
	}
}

// unsupported notes what binds and cannot run.
func (b *binder) unsupported(what string, at source.Span) {
	for _, u := range b.out.Unsupported {
		if u.What == what {
			return
		}
	}
	b.out.Unsupported = append(b.out.Unsupported, Unsupported{What: what, Span: at})
}

// enter goes one level deeper; it reports and answers false when that is too deep. Every true has its leave.
func (b *binder) enter(at source.Span) bool {
	if b.depth >= maxDepth {
		if b.muted == 0 || b.silent == 0 {
			b.tooDeep(at)
		}
		return false
	}
	b.depth++
	b.deepest = max(b.deepest, b.depth)
	return true
}

func (b *binder) leave() { b.depth-- }

// newColumn makes a column.
func (b *binder) newColumn(name string, t symbol.Type) *Column {
	c := &Column{Name: name, Type: t.Scalar}
	b.know(c, t)
	return c
}

// know remembers what is known of a dynamic column's content.
func (b *binder) know(c *Column, t symbol.Type) {
	if t.Scalar == value.Dynamic && t.Content != symbol.AnyContent {
		if b.content == nil {
			b.content = map[*Column]symbol.Type{}
		}
		b.content[c] = t
	}
}

// typeOf returns a column's type with what is known of its content.
func (b *binder) typeOf(c *Column) symbol.Type {
	if c.Type == value.Dynamic {
		if t, ok := b.content[c]; ok {
			return t
		}
	}
	return symbol.Of(c.Type)
}

// copyColumn makes a new column of the same name and type.
func (b *binder) copyColumn(c *Column) *Column {
	n := &Column{Name: c.Name, Type: c.Type, Hidden: c.Hidden}
	b.know(n, b.typeOf(c))
	return n
}

// addOnce appends a name to a list unless it is there.
func addOnce(list []string, name string) []string {
	for _, n := range list {
		if n == name {
			return list
		}
	}
	return append(list, name)
}
