package symbol

import "github.com/seed-caab1ad3/blindspot/emulator/kql/value"

// Content says what is known of what a dynamic value holds.
type Content uint8

// What a dynamic may be known to hold.
const (
	AnyContent Content = iota // nothing is known
	ScalarContent
	ArrayContent
	BagContent
)

// Type is a scalar type with what is known of a dynamic's content. Types are compared with ==.
//
// The engine stores every dynamic alike; content only decides which calls are accepted: extract() takes a dynamic for its
// string and no array, array_length() takes an array or a dynamic of unknown content.
type Type struct {
	Scalar  value.Type
	Content Content
	// Elem is the type of a ScalarContent, or of an array's elements: Unknown when they are not known.
	Elem value.Type
	// Inner is the content of the elements of an array whose Elem is Dynamic.
	Inner Content
	// Props are a bag's known slots, nil when none are.
	Props *[]Slot
}

// Slot is a known slot of a bag.
type Slot struct {
	Name string
	Type Type
}

// Of returns the plain type.
func Of(t value.Type) Type { return Type{Scalar: t} }

// The dynamic types that are asked for most.
var (
	Any   = Type{Scalar: value.Dynamic}
	Array = Type{Scalar: value.Dynamic, Content: ArrayContent}
	Bag   = Type{Scalar: value.Dynamic, Content: BagContent}
)

// DynamicOf returns the dynamic that holds a value of type t: what a path into a bag or an element of an array has.
// Integers become long; decimals and unknown types give plain dynamic.
func DynamicOf(t Type) Type {
	switch t.Scalar {
	case value.Dynamic:
		return t
	case value.Int, value.Long:
		return Type{Scalar: value.Dynamic, Content: ScalarContent, Elem: value.Long}
	case value.Bool, value.Real, value.DateTime, value.Timespan, value.GUID, value.String:
		return Type{Scalar: value.Dynamic, Content: ScalarContent, Elem: t.Scalar}
	}
	return Any
}

// ArrayOf returns the array whose elements have type t.
func ArrayOf(t Type) Type {
	a := Array
	switch {
	case t.Scalar == value.Dynamic && t.Content == ScalarContent:
		a.Elem = t.Elem
	case t.Scalar == value.Dynamic && t.Content != AnyContent:
		a.Elem, a.Inner = value.Dynamic, t.Content
	case t.Scalar == value.Int:
		a.Elem = value.Long
	case t.Scalar != value.Dynamic && t.Scalar != value.Decimal:
		a.Elem = t.Scalar
	}
	return a
}

// Element returns the type of an array's elements, plain dynamic when it is not known.
func (t Type) Element() Type {
	switch {
	case t.Content != ArrayContent:
		return Any
	case t.Elem == value.Dynamic:
		return Type{Scalar: value.Dynamic, Content: t.Inner}
	case t.Elem == value.Unknown:
		return Any
	}
	return DynamicOf(Of(t.Elem))
}

// Slot returns the known type of a bag's slot.
func (t Type) Slot(name string) (Type, bool) {
	if t.Props != nil {
		for _, s := range *t.Props {
			if s.Name == name {
				return s.Type, true
			}
		}
	}
	return Type{}, false
}

// Dynamic reports whether t is any dynamic.
func (t Type) Dynamic() bool { return t.Scalar == value.Dynamic }

// Unknown reports whether nothing is known of the type.
func (t Type) Unknown() bool { return t.Scalar == value.Unknown }

// Summable reports whether values can be added: numbers, datetime, timespan, and types that are not known.
func (t Type) Summable() bool {
	return t.Scalar.Numeric() || t.Scalar == value.DateTime || t.Scalar == value.Timespan || t.Scalar == value.Unknown
}

// Orderable reports whether values can be compared by < in min() and max(): what is summable, and string and bool.
func (t Type) Orderable() bool {
	return t.Summable() || t.Scalar == value.String || t.Scalar == value.Bool
}

// Numeric reports whether t is a number or not known.
func (t Type) Numeric() bool { return t.Scalar.Numeric() || t.Scalar == value.Unknown }

// Integer reports whether t is int, long or not known.
func (t Type) Integer() bool { return t.Scalar.Integer() || t.Scalar == value.Unknown }

// MaybeArray reports whether t is an array, or a dynamic that may be one.
func (t Type) MaybeArray() bool {
	return t.Scalar == value.Dynamic && (t.Content == ArrayContent || t.Content == AnyContent)
}

// MaybeBag reports whether t is a bag, or a dynamic that may be one.
func (t Type) MaybeBag() bool {
	return t.Scalar == value.Dynamic && (t.Content == BagContent || t.Content == AnyContent)
}

// String returns the type's name, content left out.
func (t Type) String() string { return t.Scalar.String() }

// wider tells which type takes the values of which others without loss, as Kusto promotes: long takes int; real takes
// int and long; decimal takes those and real; string takes dynamic of unknown content.
func wider(a, b Type) bool {
	switch a.Scalar {
	case value.Long:
		return b.Scalar == value.Int
	case value.Real:
		return b.Scalar == value.Int || b.Scalar == value.Long
	case value.Decimal:
		return b.Scalar == value.Int || b.Scalar == value.Long || b.Scalar == value.Real
	case value.String:
		return b == Any
	}
	return false
}

// Conversion says how far a value may be bent to fit a parameter.
type Conversion uint8

// The conversions, each allowing what those before it allow.
const (
	NoConversion Conversion = iota
	Promotion               // int to long and the like, array to dynamic
	ToDynamic               // anything to dynamic
	Compatible              // also from wide to narrow
	AnyConversion
)

// Promotable reports whether a value of type from becomes a to without loss.
func Promotable(from, to Type) bool {
	return wider(to, from) || to == Any && (from.Content == ArrayContent || from.Content == BagContent)
}

// Assignable reports whether a value of type from may stand where to is wanted.
func Assignable(to, from Type, c Conversion) bool {
	if to == from || to.Unknown() || from.Unknown() {
		return true
	}
	if to == Any && (from.Dynamic() || c >= ToDynamic) {
		return true
	}
	if to.Dynamic() && from.Dynamic() {
		switch {
		case to.Content == ScalarContent && from.Content == ScalarContent:
			return Assignable(Of(to.Elem), Of(from.Elem), c)
		case to.Content == ArrayContent && from.Content == ArrayContent:
			return to == Array && c != NoConversion || Assignable(from.Element(), to.Element(), c)
		case to.Content == BagContent && from.Content == BagContent:
			return to.Props == nil || from.Props == to.Props
		}
		return false
	}
	// Arrays and bags are of another kind than the plain types and dynamic.
	if from.Content == ArrayContent || from.Content == BagContent || to.Dynamic() {
		return false
	}
	switch c {
	case Promotion, ToDynamic:
		return c == Promotion && Promotable(from, to)
	case Compatible:
		return Promotable(from, to) || Promotable(to, from)
	}
	return c == AnyConversion
}

// Agree returns the type that two types agree in, for instance of the two results of iff. none stands for no type yet.
func Agree(a, b Type, none bool, c Conversion) (Type, bool) {
	switch {
	case none || a == b:
		return b, true
	case a.Unknown() || b.Unknown():
		return Type{}, true
	case a == Any || b == Any:
		return Any, true
	case c >= Promotion && Promotable(a, b):
		return b, true
	case c >= Promotion && Promotable(b, a):
		return a, true
	case a.Dynamic() && b.Dynamic():
		switch {
		case a.Content == ArrayContent && b.Content == ArrayContent:
			return Array, true
		case a.Content == BagContent && b.Content == BagContent:
			return Bag, true
		case a.Content == ScalarContent && b.Content == ScalarContent:
			if t, ok := Agree(Of(a.Elem), Of(b.Elem), false, c); ok {
				return DynamicOf(t), true
			}
		}
		return Any, true
	case a.Dynamic() && a.Content == ScalarContent:
		if t, ok := Agree(Of(a.Elem), b, false, c); ok {
			return DynamicOf(t), true
		}
	case b.Dynamic() && b.Content == ScalarContent:
		if t, ok := Agree(a, Of(b.Elem), false, c); ok {
			return DynamicOf(t), true
		}
	}
	if c >= ToDynamic {
		return Any, true
	}
	return Type{}, false
}
