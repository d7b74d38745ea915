package server

import (
	"context"
	"fmt"
	"time"

	"github.com/seed-caab1ad3/blindspot/emulator/result"
)

// Engine runs the workspace's queries. Package emulator's Workspace does, through Adapt.
type Engine interface {
	// Query runs a text. What goes wrong with the text is a *QueryError; other errors are the engine's own.
	Query(ctx context.Context, text string, how Run) (*Answer, error)
	// Check compiles a text without running it and returns the columns of its result; errors as of Query.
	Check(ctx context.Context, text string, library *Library) ([]result.Column, error)
	// Ingest appends rows, JSON objects one a line, that arrived at a time.
	Ingest(ctx context.Context, table string, lines []byte, arrived time.Time) error
	// Forget drops the rows that Ingest appended; what the engine began with stays.
	Forget() error
	// Tables lists the tables that queries can name, in the order of their names.
	Tables() []TableInfo
}

// Run is what a query is run with.
type Run struct {
	// Now is what now() returns; rows ingested later are not seen.
	Now time.Time
	// From and To bound TimeGenerated, [From, To); zero bounds nothing.
	From, To time.Time
	// Library are the workspace's own functions and watchlists.
	Library *Library
	// Rows is the number of rows that an answer may have; more make it partial. 0 is no bound.
	Rows int
}

// Library is what the workspace's content adds to a query. Two libraries of one Version are equal.
type Library struct {
	Version    int64
	Functions  []Function
	Watchlists []Watchlist
	// Tables are those that were made over ARM, with their columns.
	Tables []TableInfo
	// Summaries are the active summary rules, in the order of their names. The server runs them, not the engine.
	Summaries []SummaryRule
}

// Function is a saved function: its alias, its parameters as the service writes them (`a:string="x", b:int`), and its body.
type Function struct{ Alias, Parameters, Query string }

// Watchlist is a watchlist's items; cells are text.
type Watchlist struct {
	Alias, SearchKey string
	Columns          []string
	Items            [][]string
	Updated          time.Time
}

// TableInfo is a table that queries can name.
type TableInfo struct {
	Name    string
	Columns []result.Column
	Rows    int64
}

// Answer is what a query returned.
type Answer struct {
	*result.Result
	// Partial says why rows are missing, nil when none are.
	Partial *QueryError
}

// QueryErrorKind says which of the service's bodies a failure becomes.
type QueryErrorKind uint8

// The kinds of failure.
const (
	SyntaxError   QueryErrorKind = iota + 1
	SemanticError                // a name, a type or a function
	UnknownTable                 // a semantic error that names a table which does not exist
	Unsupported                  // valid, and not run here
	LimitExceeded                // rows, bytes or memory
	RuntimeError                 // while rows were read
)

// QueryError is what is wrong with a query, in the service's code and words where they are known.
type QueryError struct {
	Kind         QueryErrorKind
	Code         string // SYN0002, SEM0100, ...
	Message      string
	Line, Column int // from 1; 0 is unknown
}

func (e *QueryError) Error() string {
	if e.Line > 0 {
		return fmt.Sprintf("%s: %s [%d:%d]", e.Code, e.Message, e.Line, e.Column)
	}
	return e.Code + ": " + e.Message
}
