// Package value holds Kusto's scalar types and their values: the ten types, 100 ns ticks for datetime and timespan,
// decimals, and dynamic trees, with their text forms.
//
// In come literals of queries and cells of tables; out go values that the compiler folds and the engine stores. Columns
// of values are package vector's business.
package value

import (
	"github.com/cockroachdb/apd/v3"
)

// Type is one of Kusto's scalar types.
//
// Source: Kusto documentation, "Scalar data types".
type Type uint8

// The scalar types. Unknown stands for an expression whose type cannot be known (after an error, or a column of an open
// table); it agrees with every type.
const (
	Unknown Type = iota
	Bool
	Int
	Long
	Real
	Decimal
	DateTime
	Timespan
	GUID
	String
	Dynamic
)

var typeNames = [...]string{"unknown", "bool", "int", "long", "real", "decimal", "datetime", "timespan", "guid", "string", "dynamic"}

// String returns Kusto's name of the type, for instance "datetime".
func (t Type) String() string {
	if int(t) < len(typeNames) {
		return typeNames[t]
	}
	return "unknown"
}

// ParseType returns the type that a name stands for in a query or a schema, aliases included ("boolean", "double",
// "date", "time", "uuid", "uniqueid", "float", "int32", "int64"). The name is matched without regard to case.
func ParseType(name string) (Type, bool) {
	if len(name) > 16 {
		return Unknown, false
	}
	var buf [16]byte
	for i := 0; i < len(name); i++ {
		c := name[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		buf[i] = c
	}
	switch string(buf[:len(name)]) {
	case "bool", "boolean":
		return Bool, true
	case "int", "int32", "uint", "int8", "int16", "uint8", "uint16", "uint32", "sbyte", "byte":
		return Int, true
	case "long", "int64", "ulong", "uint64":
		return Long, true
	case "real", "double", "float":
		return Real, true
	case "decimal", "sqldecimal":
		return Decimal, true
	case "datetime", "date":
		return DateTime, true
	case "timespan", "time":
		return Timespan, true
	case "guid", "uuid", "uniqueid":
		return GUID, true
	case "string":
		return String, true
	case "dynamic", "object":
		return Dynamic, true
	}
	return Unknown, false
}

// Numeric reports whether t is int, long, real or decimal.
func (t Type) Numeric() bool { return t >= Int && t <= Decimal }

// Integer reports whether t is int or long.
func (t Type) Integer() bool { return t == Int || t == Long }

// Value is one scalar with its type. Strings are never null; every other type has a null.
//
// I holds bool (0 or 1), int, long, and the ticks of datetime (since 0001-01-01T00:00:00Z) and timespan. F holds real.
// S holds string, and guid in its lower-case form with dashes. Dec holds decimal. Dyn holds dynamic, nil for null.
type Value struct {
	Type Type
	Null bool
	I    int64
	F    float64
	S    string
	Dec  *apd.Decimal
	Dyn  *Node
}

// Constructors, one a type.
func NewBool(b bool) Value {
	if b {
		return Value{Type: Bool, I: 1}
	}
	return Value{Type: Bool}
}
func NewInt(i int64) Value            { return Value{Type: Int, I: i} }
func NewLong(i int64) Value           { return Value{Type: Long, I: i} }
func NewReal(f float64) Value         { return Value{Type: Real, F: f} }
func NewDateTime(ticks int64) Value   { return Value{Type: DateTime, I: ticks} }
func NewTimespan(ticks int64) Value   { return Value{Type: Timespan, I: ticks} }
func NewString(s string) Value        { return Value{Type: String, S: s} }
func NewGUID(s string) Value          { return Value{Type: GUID, S: s} }
func NewDecimal(d *apd.Decimal) Value { return Value{Type: Decimal, Dec: d, Null: d == nil} }
func NewDynamic(n *Node) Value        { return Value{Type: Dynamic, Dyn: n, Null: n == nil} }

// Null returns the null of a type; for string it is the empty string, since strings have no null.
func Null(t Type) Value { return Value{Type: t, Null: t != String} }

// Bool reports whether v is true; null is false.
func (v Value) Bool() bool { return v.Type == Bool && !v.Null && v.I != 0 }
