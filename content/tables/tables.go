// Package tables knows the schemas of the service's tables and functions: 924 Log Analytics tables, 64 of Defender XDR, 1,004
// custom and solution tables, the sample tables of Azure Data Explorer's documentation, and the ASIM and other saved
// functions. A name comes in, columns with Kusto types come out. Schemas that a content folder brings itself are
// content.TableSchema; symbols for the compiler are made by package catalog.
//
// The schemas lie packed in schemas.bin, which is part of the program's image: nothing is read or decoded at start-up, a
// table is decoded when it is first named and then kept. Package gen writes the file.
//
// Hidden columns (_ItemId, _TimeReceived, _ResourceId, _SubscriptionId, _IsBillable, _BilledSize) exist in every Log Analytics
// table: they bind when named and are left out of results otherwise.
package tables

import (
	"strings"
	"sync"

	"github.com/seed-caab1ad3/blindspot/content/nearest"
)

//go:generate go run ./gen -from ../../../shared/schemas -out schemas.bin

// Profile says for which service a query is written.
type Profile string

// The profiles. Sentinel sees Log Analytics and custom tables, hunting sees Defender's tables first and then Log
// Analytics', ADX the sample tables of its documentation.
const (
	Sentinel Profile = "sentinel"
	Hunting  Profile = "hunting"
	ADX      Profile = "adx"
)

// Column is a column of a table. Type is a Kusto type's name: bool, int, long, real, decimal, datetime, timespan, guid,
// string or dynamic.
type Column struct {
	Name   string
	Type   string
	Hidden bool
}

// Schema is the schema of a table. It is shared and must not be changed.
type Schema struct {
	Name    string
	Columns []Column // the visible ones in the service's order, then the hidden ones
	// Open tables have more columns than are listed: AzureDiagnostics, custom tables that nobody described, and sample
	// tables without a schema. Any name binds in them.
	Open bool
	// Known is false for a custom table (*_CL) that only its name vouches for.
	Known bool
}

// Column returns the column with a name, hidden ones too.
func (s *Schema) Column(name string) (Column, bool) {
	for _, c := range s.Columns {
		if c.Name == name {
			return c, true
		}
	}
	return Column{}, false
}

// Visible returns the columns that a result shows.
func (s *Schema) Visible() []Column {
	for i, c := range s.Columns {
		if c.Hidden {
			return s.Columns[:i:i]
		}
	}
	return s.Columns
}

// the sections of schemas.bin, in the order in which a profile searches them.
const (
	sectionLA = iota
	sectionXDR
	sectionCustom
	sectionADX
	sectionFunctions
	sectionASIM
	sectionCount
)

func sections(p Profile) []int {
	switch p {
	case Hunting:
		return []int{sectionXDR, sectionLA}
	case ADX:
		return []int{sectionADX}
	}
	return []int{sectionLA, sectionCustom}
}

var hiddenColumns = [...]Column{
	{"_ItemId", "string", true},
	{"_TimeReceived", "datetime", true},
	{"_ResourceId", "string", true},
	{"_SubscriptionId", "string", true},
	{"_IsBillable", "string", true},
	{"_BilledSize", "real", true},
}

func isHidden(name string) bool {
	if name == "" || name[0] != '_' {
		return false
	}
	for _, h := range hiddenColumns {
		if h.Name == name {
			return true
		}
	}
	return false
}

// decoded holds what has been named so far: key{section, ordinal} to *Schema or *Function.
var decoded sync.Map

type key struct{ section, ordinal int }

// Lookup returns the schema of a table in a profile. Names are case-sensitive, as in KQL. A name that ends in _CL and is
// not described anywhere gives an open schema that is not Known.
func Lookup(p Profile, name string) (*Schema, bool) {
	for _, section := range sections(p) {
		if i, ok := pack().find(section, name); ok {
			return schema(section, i), true
		}
	}
	if p != ADX && strings.HasSuffix(name, "_CL") && len(name) > 3 && identifier(name) {
		return &Schema{Name: name, Open: true, Columns: append([]Column{
			{Name: "TenantId", Type: "string"}, {Name: "TimeGenerated", Type: "datetime"}, {Name: "Type", Type: "string"},
		}, hiddenColumns[:]...)}, true
	}
	return nil, false
}

func identifier(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c != '_' && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return len(s) <= 128
}

func schema(section, ordinal int) *Schema {
	k := key{section, ordinal}
	if s, ok := decoded.Load(k); ok {
		return s.(*Schema)
	}
	name, data := pack().entry(section, ordinal)
	s := &Schema{Name: name, Known: true}
	listed := pack().columns(data)
	if section == sectionLA || section == sectionCustom {
		cols := make([]Column, 0, len(listed)+len(hiddenColumns))
		for _, c := range listed {
			if !isHidden(c.Name) {
				cols = append(cols, c)
			}
		}
		s.Columns = append(cols, hiddenColumns[:]...)
	} else {
		s.Columns = listed
	}
	s.Open = name == "AzureDiagnostics" || len(listed) == 0
	got, _ := decoded.LoadOrStore(k, s)
	return got.(*Schema)
}

// Names returns the names of a profile's tables, sorted within each of its sources.
func Names(p Profile) []string {
	var names []string
	seen := map[string]bool{}
	for _, section := range sections(p) {
		for i := range pack().count(section) {
			if name, _ := pack().entry(section, i); !seen[name] {
				seen[name] = true
				names = append(names, name)
			}
		}
	}
	return names
}

// Nearest returns the table of a profile whose name is closest to a misspelt one, "" when none is close.
func Nearest(p Profile, name string) string {
	f := nearest.New(name)
	for _, section := range sections(p) {
		for i := range pack().count(section) {
			n, _ := pack().entry(section, i)
			f.Try(n)
		}
	}
	return f.Best()
}

// Shape says what a function gives.
type Shape string

// The shapes of functions.
const (
	Tabular      Shape = "tabular"      // a table of exactly Columns
	OpenTabular  Shape = "open"         // a table whose columns are not known beyond Columns
	Invoke       Shape = "invoke"       // its table argument with Columns added
	Scalar       Shape = "scalar"       // a value of ScalarType
	Database     Shape = "database"     // a database of another workspace with the same tables
	OpenDatabase Shape = "opendatabase" // a database whose tables are not known
)

// Function is a saved function that every workspace has or may have. It is shared and must not be changed.
type Function struct {
	Name       string
	Params     []Param
	Shape      Shape
	Columns    []Column
	ScalarType string // of a Scalar
	ASIM       string // the ASIM schema it returns, "" for others
}

// Param is a parameter of a Function. The type "*" stands for a table of any columns.
type Param struct {
	Name     string
	Type     string
	Optional bool
}

// LookupFunction returns a function by its name; names are case-sensitive.
func LookupFunction(name string) (*Function, bool) {
	i, ok := pack().find(sectionFunctions, name)
	if !ok {
		return nil, false
	}
	k := key{sectionFunctions, i}
	if f, ok := decoded.Load(k); ok {
		return f.(*Function), true
	}
	_, data := pack().entry(sectionFunctions, i)
	f := pack().function(name, data)
	got, _ := decoded.LoadOrStore(k, f)
	return got.(*Function), true
}

// NearestFunction returns the function whose name is closest to a misspelt one, "" when none is close.
func NearestFunction(name string) string {
	f := nearest.New(name)
	for i := range pack().count(sectionFunctions) {
		n, _ := pack().entry(sectionFunctions, i)
		f.Try(n)
	}
	return f.Best()
}

// ASIMSchema returns the columns of an ASIM schema, for instance "Authentication".
func ASIMSchema(name string) ([]Column, bool) {
	i, ok := pack().find(sectionASIM, name)
	if !ok {
		return nil, false
	}
	_, data := pack().entry(sectionASIM, i)
	return pack().columns(data), true
}

// NormalType returns Kusto's name of a column type, from any of the spellings that schemas use ("String", "boolean",
// "double"), "" when there is none.
func NormalType(t string) string {
	switch strings.ToLower(t) {
	case "bool", "boolean":
		return "bool"
	case "int", "int32", "integer":
		return "int"
	case "long", "int64", "bigint":
		return "long"
	case "real", "double", "float":
		return "real"
	case "decimal":
		return "decimal"
	case "datetime", "date":
		return "datetime"
	case "timespan", "time":
		return "timespan"
	case "guid", "uuid", "uniqueid":
		return "guid"
	case "string", "text":
		return "string"
	case "dynamic", "object", "json":
		return "dynamic"
	}
	return ""
}
