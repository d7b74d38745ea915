package bind

import (
	"github.com/seed-caab1ad3/blindspot/emulator/kql/symbol"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/syntax"
)

// table is a relation on the way through the pipe: the operators so far, and the columns that names may mean.
type table struct {
	rel  Rel
	cols []*Column // in the order of the schema; rel may have more, and in another order
	// open tables have columns that nobody listed; a name that means nothing else becomes one of them.
	open bool
	// name is what the table is called in withsource and Kusto's $table: a stored table's or a let's name.
	name string
	// byName finds columns; it is built when the second name is looked up.
	byName  map[string]*Column
	lookups int
	// before is the input of the operator op that gave this table; broken says that the operator has mistakes.
	before *table
	op     syntax.Operator
	broken bool
}

// maxStages bounds how far back a pipe is searched for what a mistake says.
const maxStages = 1000

// afterBroken reports whether an operator with mistakes, of those that name columns, stands before.
func (t *table) afterBroken() bool {
	for n := 0; t != nil && n < maxStages; n++ {
		if t.broken {
			switch t.op.(type) {
			case *syntax.FilterOperator, *syntax.SortOperator, *syntax.TakeOperator, *syntax.TopOperator, *syntax.SampleOperator:
			default:
				return true
			}
		}
		t = t.before
	}
	return false
}

// root is the relation at the head of the pipe.
func (t *table) root() Rel {
	for n := 0; t.before != nil && n < maxStages; n++ {
		t = t.before
	}
	return t.rel
}

// leftOut returns the table whose operator did not pass on a column of that name, nil when no input had one.
func (t *table) leftOut(name string) *table {
	for n := 0; t != nil && t.before != nil && n < maxStages; n++ {
		for _, c := range t.before.cols {
			if c.Name == name {
				return t
			}
		}
		t = t.before
	}
	return nil
}

func newTable(rel Rel, open bool) *table { return &table{rel: rel, cols: rel.Columns(), open: open} }

// column finds a column by its exact name, nil when there is none.
func (t *table) column(name string) *Column {
	if t.byName != nil {
		return t.byName[name]
	}
	if t.lookups++; t.lookups < 12 || len(t.cols) < 8 {
		for _, c := range t.cols {
			if c.Name == name {
				return c
			}
		}
		return nil
	}
	t.byName = make(map[string]*Column, len(t.cols))
	for _, c := range t.cols {
		if _, ok := t.byName[c.Name]; !ok {
			t.byName[c.Name] = c
		}
	}
	return t.byName[name]
}

// add appends a column to the schema.
func (t *table) add(c *Column) {
	t.cols = append(t.cols[:len(t.cols):len(t.cols)], c)
	if t.byName != nil {
		if _, ok := t.byName[c.Name]; !ok {
			t.byName[c.Name] = c
		}
	}
}

// local is what a let, a parameter, an as or a step of scan declares.
type local struct {
	name string
	// One of these is set.
	scalar  *item      // a value
	shared  *SharedDef // a relation
	fn      *function
	pattern *pattern
	group   *entityGroup
	open    bool // of a relation
	relName string
	cols    []*Column // of shared: its schema
	toBad   bool      // its definition was wrong: uses of it are not reported
	level   int       // of scalar, when it reads a column: the level of the call, plus one
}

// scope holds local names. Names of an inner scope hide those of an outer one.
type scope struct {
	outer *scope
	names map[string]*local
	order []string
}

func newScope(outer *scope) *scope { return &scope{outer: outer} }

func (s *scope) find(name string) *local {
	for ; s != nil; s = s.outer {
		if l, ok := s.names[name]; ok {
			return l
		}
	}
	return nil
}

func (s *scope) declare(l *local) {
	if s.names == nil {
		s.names = map[string]*local{}
	}
	if _, ok := s.names[l.name]; !ok {
		s.order = append(s.order, l.name)
	}
	s.names[l.name] = l
}

// freeze returns the scope as it is now: names declared later do not show in it.
func (s *scope) freeze() *scope {
	if s == nil {
		return nil
	}
	c := &scope{outer: s.outer, order: s.order[:len(s.order):len(s.order)]}
	if s.names != nil {
		c.names = make(map[string]*local, len(s.names))
		for k, v := range s.names {
			c.names[k] = v
		}
	}
	return c
}

// all lists local names for suggestions, innermost first.
func (s *scope) all() []string {
	var out []string
	for ; s != nil; s = s.outer {
		out = append(out, s.order...)
	}
	return out
}

// function is a let-bound lambda or a stored function.
type function struct {
	name   string
	text   string // that the body's spans point into
	params []parameter
	body   *syntax.FunctionBody
	view   bool
	static *scope // where it was declared
	stored *symbol.StoredFunction
	// declared is the result of binding the body at its declaration; nil for stored functions.
	declared *item
	bad      bool // its body has mistakes, already reported
}

// parameter of a function.
type parameter struct {
	name     string
	typ      symbol.Type
	tabular  bool
	star     bool      // (*)
	cols     []*Column // of a tabular parameter
	fallback *item     // the default
}

// pattern is a declared pattern.
type pattern struct {
	name   string
	params []parameter
	rules  []*syntax.PatternRule
	static *scope
}

// entityGroup is entity_group [ ... ].
type entityGroup struct {
	members []*item
}

// place is a database: of this workspace, of another one with the same tables, or one whose tables nobody described.
type place struct {
	name string
	// tables says that the tables are those of the catalog.
	tables bool
	// open says that tables which the catalog does not have are there all the same.
	open bool
	// remote names the call that leads there, for instance `workspace()`; "" for the workspace itself.
	remote string
	// catalog, when it is not nil, is what names mean there, and workspace the name of the workspace.
	catalog   symbol.Catalog
	workspace string
	// cluster says that a .database() must follow.
	cluster bool
}
