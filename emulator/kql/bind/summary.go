package bind

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"sync"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/source"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/symbol"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/syntax"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
)

// Summaries keep what calls of stored functions gave, for as long as their catalog stays as it is. Thousands of rules call the
// same few functions, and what a call gives depends on the function and on what is known of its arguments, not on the rule
// around it. Where all that is wanted of a query is what is wrong with it and which columns it has, a call that was bound
// before needs no tree: a Summary or a SummaryCall stands for it. Queries that run are bound without Summaries.
//
// The zero Summaries are empty and ready, and safe for concurrent use. They serve one catalog.
type Summaries struct {
	mu   sync.RWMutex
	kept map[summaryKey]*summary
}

// summariesLimit bounds what is kept; beyond it the keeping begins anew.
const summariesLimit = 4096

type summaryKey struct {
	workspace, function string
	arguments           string // what is known of them
}

// summary is what one call gave.
type summary struct {
	table  *table     // of a relation: its columns, without a tree
	types  []known    // of its columns of which more is known than the type
	scalar item       // else
	typ    value.Type // of the scalar's expression

	used        []bool // arguments that are in the tree
	uses        []Use
	open        bool // a relation in the tree has columns that only the data can name
	tables      []string
	functions   []string
	watchlists  []string
	unsupported []string
	unresolved  int
	calls       int // bodies that were bound
	depth       int // how much deeper the binding went
	stack       int // how much deeper calls stood in calls
}

type known struct {
	column int
	typ    symbol.Type
}

func (s *Summaries) get(k summaryKey) *summary {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.kept[k]
}

func (s *Summaries) put(k summaryKey, v *summary) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.kept == nil || len(s.kept) >= summariesLimit {
		s.kept = map[summaryKey]*summary{}
	}
	s.kept[k] = v
}

// Check is Bind for a query that will not run: calls of stored functions may be summaries. All that Bind finds, it finds.
func Check(q *syntax.Query, catalog symbol.Catalog, s *Summaries) *Query {
	return bindQuery(q, catalog, s)
}

// Use is a function, aggregate, plugin or operator that a tree uses.
type Use struct {
	Kind symbol.FunctionKind
	Name string
}

// summarizable gives the key of a call, false where the result may depend on more than the key says.
func (b *binder) summarizable(f *function, given []*item) (summaryKey, bool) {
	if b.summaries == nil || f.stored == nil || b.graph != nil || len(b.aliases) > 0 {
		return summaryKey{}, false
	}
	k := summaryKey{workspace: b.workspace, function: f.stored.Name}
	if len(given) == 0 {
		return k, true
	}
	var text strings.Builder
	for i, a := range given {
		if i > 0 {
			text.WriteByte(0)
		}
		if a == nil {
			continue // the default
		}
		if f.params[i].tabular || a.kind != isScalar || a.expr == nil || a.typ.Props != nil || a.whole != nil || a.elem != nil || a.schema != nil {
			return k, false
		}
		for _, n := range [...]int{int(a.typ.Scalar), int(a.typ.Content), int(a.typ.Elem), int(a.typ.Inner)} {
			text.WriteString(strconv.Itoa(n))
			text.WriteByte(' ')
		}
		v := a.value
		if c, ok := a.expr.(*Const); ok && v == nil {
			v = &c.Value
			text.WriteByte('c')
		}
		switch {
		case v != nil && (v.Type == value.Dynamic || v.Type == value.Decimal):
			return k, false
		case v != nil:
			fmt.Fprint(&text, v.Type, " ", v.Null, v.I, math.Float64bits(v.F), strconv.Quote(v.S))
		case readsColumns(a.expr, 0):
			text.WriteByte('r')
		}
	}
	k.arguments = text.String()
	return k, true
}

// recall gives what a call gave before, nil when that is not known or may be otherwise here.
func (b *binder) recall(k summaryKey, given []*item, at source.Span) *item {
	s := b.summaries.get(k)
	if s == nil || b.depth+s.depth >= maxDepth || b.calls+s.calls > maxCalls || len(b.stack)+s.stack > maxDepth/4 {
		return nil
	}
	for _, name := range s.tables {
		if len(b.opened[name]) > 0 {
			return nil
		}
	}
	b.calls += s.calls
	for _, name := range s.tables {
		b.out.Tables = addOnce(b.out.Tables, name)
	}
	for _, name := range s.functions {
		b.out.Functions = addOnce(b.out.Functions, name)
	}
	for _, name := range s.watchlists {
		b.out.Watchlists = addOnce(b.out.Watchlists, name)
	}
	for _, what := range s.unsupported {
		b.unsupported(what, at)
	}
	for range s.unresolved {
		b.out.Unresolved = append(b.out.Unresolved, at)
	}
	var args []Expr
	for i, used := range s.used {
		if used {
			args = append(args, given[i].expr)
		}
	}
	if s.table == nil {
		it := s.scalar
		it.at = at
		it.expr = &SummaryCall{node: node{s.typ, at}, Args: args, Uses: s.uses, Open: s.open}
		return &it
	}
	r := &Summary{Args: args, Uses: s.uses, Open: s.open}
	r.At = at
	block := make([]Column, len(s.table.cols))
	r.Cols = make([]*Column, len(block))
	for i, c := range s.table.cols {
		block[i] = *c
		r.Cols[i] = &block[i]
	}
	for _, k := range s.types {
		b.know(r.Cols[k.column], k.typ)
	}
	t := newTable(r, false)
	t.name = s.table.name
	return b.tableItem(at, t)
}

// listening is what a query had found before a call that is to be summarised.
type listening struct {
	out         Query
	calls, lost int
	opened      int
	depth       int
	deepest     int
	stack       int
	tallest     int
}

// listen sets aside what was found so far, so that what a call finds can be told apart.
func (b *binder) listen() *listening {
	l := &listening{out: *b.out, calls: b.calls, lost: b.lost, opened: len(b.opened),
		depth: b.depth, deepest: b.deepest, stack: len(b.stack), tallest: b.tallest}
	b.out.Tables, b.out.Functions, b.out.Watchlists, b.out.Unsupported, b.out.Unresolved = nil, nil, nil, nil, nil
	b.deepest, b.tallest = b.depth, len(b.stack)
	return l
}

// heard puts back what was set aside, and keeps a summary of the call where it may be kept.
func (b *binder) heard(l *listening, k summaryKey, given []*item, it *item, failed bool) {
	s := &summary{tables: b.out.Tables, functions: b.out.Functions, watchlists: b.out.Watchlists, unresolved: len(b.out.Unresolved),
		calls: b.calls - l.calls, depth: b.deepest - l.depth, stack: b.tallest - l.stack}
	for _, u := range b.out.Unsupported {
		s.unsupported = append(s.unsupported, u.What)
	}
	found := *b.out
	b.out.Tables, b.out.Functions, b.out.Watchlists = l.out.Tables, l.out.Functions, l.out.Watchlists
	b.out.Unsupported, b.out.Unresolved = l.out.Unsupported, l.out.Unresolved
	for _, name := range found.Tables {
		b.out.Tables = addOnce(b.out.Tables, name)
	}
	for _, name := range found.Functions {
		b.out.Functions = addOnce(b.out.Functions, name)
	}
	for _, name := range found.Watchlists {
		b.out.Watchlists = addOnce(b.out.Watchlists, name)
	}
	for _, u := range found.Unsupported {
		b.unsupported(u.What, u.Span)
	}
	b.out.Unresolved = append(b.out.Unresolved, found.Unresolved...)
	b.deepest, b.tallest = max(b.deepest, l.deepest), max(b.tallest, l.tallest)
	if failed || b.lost != l.lost || l.opened > 0 || len(b.opened) > 0 {
		return
	}
	switch it.kind {
	case isTable:
		t := it.table
		if _, plain := t.rel.(*Scan); plain || t.open || b.isOpen(t.rel, 0) {
			return
		}
		s.table = &table{cols: make([]*Column, len(t.cols)), name: t.name}
		for i, c := range t.cols {
			own := *c
			s.table.cols[i] = &own
			if typ := b.typeOf(c); typ != symbol.Of(c.Type) {
				s.types = append(s.types, known{i, typ})
			}
		}
	case isScalar:
		if it.whole != nil || it.elem != nil || it.schema != nil {
			return
		}
		switch e := it.expr.(type) {
		case *Call:
			if isConversion(e.Name) {
				return
			}
		case *SummaryCall, *Path, *Subquery, *InSubquery:
		default:
			return // a constant or a column: what is done with it may depend on which
		}
		s.scalar, s.typ = *it, it.expr.Type()
		s.scalar.expr, s.scalar.node = nil, nil
	default:
		return
	}
	s.inTree(it, given)
	b.summaries.put(k, s)
}

// inTree notes what the tree of a call holds.
func (s *summary) inTree(it *item, given []*item) {
	args := expressions(given)
	whole := walker{seen: map[*SharedDef]bool{}, skip: args, v: usesVisitor(func(u Use, _ source.Span) { s.uses = append(s.uses, u) })}
	open := walker{seen: map[*SharedDef]bool{}, skip: expressions(given), v: openVisitor(&s.open)}
	for _, w := range []*walker{&whole, &open} {
		if it.kind == isTable {
			w.rel(it.table.rel)
		} else {
			w.expr(it.expr)
		}
	}
	seen := map[Use]bool{}
	uses := s.uses[:0]
	for _, u := range s.uses {
		if !seen[u] {
			seen[u] = true
			uses = append(uses, u)
		}
	}
	s.uses = uses
	for i, a := range given {
		if a != nil && a.expr != nil && !args[a.expr] {
			if s.used == nil {
				s.used = make([]bool, len(given))
			}
			s.used[i] = true
		}
	}
}

// WalkUses calls note for every function, aggregate, plugin and operator that a query uses, with its place.
func WalkUses(q *Query, note func(Use, source.Span)) { Walk(q, usesVisitor(note)) }

func usesVisitor(note func(Use, source.Span)) Visitor {
	return Visitor{
		Expr: func(e Expr) {
			switch e := e.(type) {
			case *Call:
				kind := symbol.Scalar
				if f := symbol.LookupFunction(e.Name); f != nil {
					kind = f.Kind
				} else if symbol.LookupOperator(e.Name) != nil {
					kind = symbol.Operator
				}
				note(Use{kind, e.Name}, e.Span())
			case *InSubquery:
				note(Use{symbol.Operator, e.Op}, e.Span())
			case *SummaryCall:
				for _, u := range e.Uses {
					note(u, e.Span())
				}
			}
		},
		Aggregate: func(a *AggregateCall) {
			if a.Name != "" {
				note(Use{symbol.Aggregate, a.Name}, a.At)
			}
		},
		Rel: func(r Rel) {
			switch r := r.(type) {
			case *Evaluate:
				note(Use{symbol.Plugin, r.Plugin}, r.At)
			case *Summary:
				for _, u := range r.Uses {
					note(u, r.At)
				}
			}
		},
	}
}

// Open reports whether a relation in the tree has columns that only the data can name.
func (q *Query) Open() bool {
	open := false
	Walk(q, openVisitor(&open))
	return open
}

func openVisitor(open *bool) Visitor {
	return Visitor{
		Expr: func(e Expr) {
			if c, ok := e.(*SummaryCall); ok {
				*open = *open || c.Open
			}
		},
		Rel: func(r Rel) {
			switch r := r.(type) {
			case *Evaluate:
				*open = *open || r.Open
			case *Scan:
				*open = *open || r.Open
			case *Summary:
				*open = *open || r.Open
			}
		},
	}
}
