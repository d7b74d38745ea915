// Package symbol describes what names in a query can mean: tables with their columns, functions with their signatures,
// and the catalog that answers for a workspace. It knows how things look, never how they run: kernels are in
// emulator/builtin, joined to these signatures by name.
package symbol

import (
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
)

// Column is a named and typed column of a table or of a result. Hidden columns (_ItemId, _ResourceId, ...) bind when
// they are named and are left out of results otherwise.
type Column struct {
	Name   string
	Type   value.Type
	Hidden bool
}

// Table is a table by its schema. An open table (a custom log, AzureDiagnostics) has columns nobody listed: any name
// binds, with type Unknown where it is not listed.
type Table struct {
	Name    string
	Columns []Column
	Open    bool
}

// Parameter of a stored function: scalar when Columns is nil and Tabular is false.
type Parameter struct {
	Name       string
	Type       value.Type
	Tabular    bool
	Columns    []Column // of a tabular parameter; none with Tabular set means (*)
	Default    string   // the text of the default expression; "" when the parameter must be given
	HasDefault bool
}

// StoredFunction is a function of the workspace: a saved function with its KQL body, or one known only by what it
// returns (an ASIM parser whose body is not here). It is called with or without brackets when it has no parameters.
type StoredFunction struct {
	Name       string
	Parameters []Parameter
	Body       string     // KQL; "" when only the result is known
	Returns    *Table     // when Body is "": the columns, or an open table; nil when it returns a scalar
	ReturnType value.Type // when Body is "" and Returns is nil
	Extends    []Column   // when Body is "": it returns its tabular argument with these columns added (FileProfile)
	Remote     Remote     // when Body is "": it stands for another place's tables
}

// Remote says what a function such as workspace() stands for.
type Remote uint8

// The kinds of places.
const (
	NotRemote     Remote = iota
	SameTables           // workspace(), app(), resource(): another workspace with the tables of this one
	ForeignTables        // adx(), arg(): tables that nobody described
)

// Watchlist is the shape of a watchlist: its columns beside the fixed ones (_DTItemId, LastUpdatedTimeUTC, SearchKey, WatchlistItem...).
type Watchlist struct {
	Alias   string
	Columns []Column
}

// Catalog answers what names mean in one workspace. Lookups are by exact name; Names serve suggestions only and may be
// slow.
type Catalog interface {
	Table(name string) (*Table, bool)
	Function(name string) (*StoredFunction, bool)
	Watchlist(alias string) (*Watchlist, bool)
	// TableNames lists the tables that a pattern such as "Sec*" stands for, sorted. "*" stands for all that are known to
	// hold data, which may be none.
	TableNames(pattern string) []string
	// NearestTable suggests a table or function for a mistyped name, "" when nothing is near.
	NearestTable(name string) string
}
