// Package syntax reads the text of a KQL query into a tree.
//
// In comes text; out goes a Query: statements with a span on every node, the comments, and all that is wrong with the
// spelling as diagnostics. The parser always returns a tree: where it could not read on it leaves a BadExpr, BadOperator or
// BadStatement. Whether names exist, calls fit and types agree is left to package bind.
//
// How it works: the whole text is cut into tokens first (Lexer), with a small array of offsets and kinds and no strings;
// then a recursive descent parser with one token of lookahead, and a few bounded peeks, builds the tree. Keywords are
// contextual: each place that takes a name accepts the keywords that Kusto accepts there. Nesting is bounded, so is time.
package syntax

import "github.com/seed-caab1ad3/blindspot/emulator/kql/source"

// Query is a parsed text.
type Query struct {
	// Text is what was parsed; all spans are byte offsets into it.
	Text string
	// Statements in the order of the text.
	Statements []Statement
	// Comments in the order of the text.
	Comments []Comment
	// Diagnostics in the order of the text; all of Kind source.Syntax.
	Diagnostics []source.Diagnostic
}

// Span covers the whole text.
func (q *Query) Span() source.Span { return source.Span{Start: 0, End: len(q.Text)} }

// Comment is one // comment, from the slashes to the end of its line, without the line end.
type Comment struct {
	node
	// Text holds the slashes.
	Text string
}

// Node is a part of the tree.
type Node interface {
	// Span is the node's place, from its first byte to past its last, without surrounding blanks and comments.
	Span() source.Span
}

// Statement is one of LetStatement, SetStatement, AliasStatement, QueryParametersStatement, PatternStatement,
// RestrictStatement, QueryStatement, CommandStatement, DirectiveStatement and BadStatement.
type Statement interface {
	Node
	statement()
}

// Expr is an expression: a scalar, a table, a name or a literal. Which of them a name or call stands for is the binder's to
// find out. The types are in ast_expr.go and ast_literal.go.
type Expr interface {
	Node
	expr()
}

// Operator is a tabular operator: what may follow a pipe, or begin a query. The types are in ast_operator.go,
// ast_operator_graph.go and ast_operator_search.go.
type Operator interface {
	Node
	operator()
}

// node holds the span of every node.
type node struct{ span source.Span }

// Span returns the node's place.
func (n *node) Span() source.Span { return n.span }

// Name is a name as written: of a column, table, function, variable or parameter.
type Name struct {
	node
	// Text is the name itself: unquoted, escapes decoded.
	Text string
	// Raw is the written form, for instance ['a b'].
	Raw string
	// Quoted says that the name is written ['...'], ["..."] or [@"..."]. A quoted name is never a wildcard, except for a bare
	// [*...] pattern, which is Wildcard and not Quoted.
	Quoted bool
	// Braced says that the name is a client's parameter, {name}, which the client replaces before the query is sent.
	Braced bool
	// Wildcard says that Text holds a *, each of which stands for any characters.
	Wildcard bool
}

// Parameter is a name = value pair that follows an operator's keyword, such as kind=inner, hint.strategy=shuffle or
// withsource=Table. The parser keeps them all; which ones an operator knows is the binder's to say.
type Parameter struct {
	node
	// Name as written; names such as hint.strategy hold the dot.
	Name *Name
	// Value is a NameRef, a literal, or for a few parameters (render's ycolumns) a ListExpr.
	Value Expr
}

// FindParameter returns the first parameter with one of the names, or nil. Names are compared exactly.
func FindParameter(list []*Parameter, names ...string) *Parameter {
	for _, p := range list {
		for _, n := range names {
			if p.Name.Text == n {
				return p
			}
		}
	}
	return nil
}
