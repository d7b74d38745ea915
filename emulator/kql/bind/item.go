package bind

import (
	"github.com/seed-caab1ad3/blindspot/emulator/kql/source"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/symbol"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/syntax"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
)

type itemKind uint8

const (
	isBad      itemKind = iota // a mistake that is reported; nothing more is said of it
	isScalar                   // a value a row, or a constant
	isTable                    // a relation
	isStar                     // *
	isColumns                  // the columns that a wildcard stands for
	isRow                      // $left, $right, a step of scan, a node of a graph: its columns follow a dot
	isPlace                    // a database or cluster
	isType                     // typeof(...)
	isFunction                 // the name of a function that was not called
	isPattern
	isGroup // an entity group
	isGraph
	isVoid // a word that is no value
)

// item is what an expression turns out to be.
type item struct {
	kind itemKind
	at   source.Span
	node syntax.Expr // what is written, without names and order
	typ  symbol.Type
	expr Expr // of a scalar

	col      *Column      // the column a scalar is
	constant bool         // known at compile time, or a parameter that may be
	literal  bool         // written as a literal
	value    *value.Value // of a literal, or of a name that a let gives to one

	name  string // that a column of it would have
	named bool   // name counts

	table *table
	cols  []*Column // of isColumns and isRow
	owner *table    // of isRow: the relation whose columns these are
	multi []part    // the several values of a call such as arg_max() or series_stats()
	whole Expr      // those of a scalar call as one array, which f(...)[1] reads
	place *place
	fn    *function
	pat   *pattern
	group *entityGroup
	graph *graph
	elem  *element         // of isRow: the node or edge of a pattern
	call  *symbol.Function // of a call of a built-in function

	schema []*Column // of typeof(a: long, b: string), nil for a single type
}

// part is one of several values of a call.
type part struct {
	name   string
	typ    symbol.Type
	expr   Expr
	origin *Column // the column whose value it is
	output *Column // of an aggregate
	hidden bool    // it is a hidden column's value
}

func (b *binder) bad(at source.Span) *item { return b.newItem(item{kind: isBad, at: at}) }

func (it *item) scalar() bool { return it.kind == isScalar || it.kind == isStar }

// unknown reports whether the item's type tells nothing: after a mistake, or of a column that nobody described.
func (it *item) unknown() bool { return it.kind == isBad || it.kind == isScalar && it.typ.Unknown() }

// text returns the value of a constant string.
func (it *item) text() (string, bool) {
	if it.value != nil && it.value.Type == value.String {
		return it.value.S, true
	}
	return "", false
}

// graph is what make-graph gives.
type graph struct {
	nodes, edges []*Column
	open         bool
	built        *Graph // nil of a graph model, which is not here
}

func (b *binder) scalarItem(at source.Span, t symbol.Type, e Expr) *item {
	return b.newItem(item{kind: isScalar, at: at, typ: t, expr: e})
}

func (b *binder) tableItem(at source.Span, t *table) *item {
	return b.newItem(item{kind: isTable, at: at, table: t})
}
