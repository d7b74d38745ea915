package symbol

import "github.com/seed-caab1ad3/blindspot/emulator/kql/value"

// FunctionKind tells where a function may stand.
type FunctionKind uint8

// The kinds of built-in functions.
const (
	Scalar    FunctionKind = iota // in any expression
	Aggregate                     // in summarize, make-series, top-nested
	Window                        // over serialised rows: prev, next, row_number, row_cumsum, row_rank..., row_window_session
	Plugin                        // after evaluate
	Operator                      // written between or before operands: "+", "has", "unary-"
)

// String returns "function", "aggregate", "window function", "plugin" or "operator".
func (k FunctionKind) String() string {
	switch k {
	case Aggregate:
		return "aggregate"
	case Window:
		return "window function"
	case Plugin:
		return "plugin"
	case Operator:
		return "operator"
	}
	return "function"
}

// Function is a built-in function or operator with all its overloads.
type Function struct {
	// Name as written in a query; Canonical names the function that it is a spelling of, itself for most: iif is iff.
	Name       string
	Canonical  string
	Kind       FunctionKind
	Signatures []Signature
	// Deprecated names the function to use instead, "" when it is current.
	Deprecated string
	// Hidden functions bind and are never suggested.
	Hidden bool
	// Foldable functions give a constant when all their arguments are constants.
	Foldable bool
	// Graph functions read the elements of a pattern and stand in graph operators only.
	Graph bool
	// Naming and Prefix say how the result is named when the query does not name it.
	Naming Naming
	Prefix string
}

// Naming is the rule by which a call's result is named.
type Naming uint8

// The rules.
const (
	NamedByPosition Naming = iota // Column1, print_0
	PrefixAndFirst                // prefix, _, the name of the first argument: count_, set_User
	FirstArgument                 // the name of the first argument: bin, tostring
	OnlyArgument                  // the name of the argument when there is one only
	ColumnIfKnown                 // column_ifexists: the column's name when it exists
	PrefixOnly                    // the prefix
	PrefixOfEach                  // each of several results is prefixed: argmax
)

// ParamKind is the set of types a parameter takes.
type ParamKind uint8

// The kinds of parameters, named as the language service does.
const (
	Exactly         ParamKind = iota // one of Types, with Kusto's implicit promotions (int to long, ...)
	AnyScalar                        // any scalar type
	Number                           // int, long, real, decimal
	NumberOrBool                     // a number or bool
	RealOrDecimal                    // real, decimal
	Integer                          // int, long
	Summable                         // a number, datetime or timespan
	Orderable                        // a number, datetime, timespan, string or bool
	StringOrDynamic                  //
	StringOrArray                    // a string or an array of strings
	IntegerOrArray                   // an integer or an array of integers
	DynamicArray                     // an array, or a dynamic that may be one
	DynamicBag                       // a bag, or a dynamic that may be one
	NotDynamic                       //
	NotBool                          //
	NotRealOrBool                    //
	Common                           // all parameters of this kind agree in one type, or one of them is dynamic
	CommonScalar                     // all parameters of this kind agree in one type after promotion
	CommonOrderable                  // the same, and it can be ordered
	SameAsFirst                      // exactly the type of the first argument
	SameAsSecond                     // exactly the type of the second argument
	Tabular                          // a relation
	TypeLiteral                      // typeof(x)
	Anything                         // not judged
)

// ArgKind restricts what may be written for a parameter.
type ArgKind uint8

// The restrictions.
const (
	Expression      ArgKind = iota
	Constant                // known at compile time
	Literal                 // a literal
	LiteralNotEmpty         // a literal that is no empty string
	ColumnName              // the name of a column
	ColumnOfFirst           // the name of a column of the relation that is the first argument
	ColumnOfBoth            // the name of a column of both
	StarOnly                // only *
	StarAllowed             // * or an expression
	AggregateCall           // a call of an aggregate
	ElementOfFirst          // an expression over the elements of the first argument
)

// Many is a parameter's Max when it may come any number of times: a list after `in` has up to a million values.
//
// Source: the page of the in operator in the edition that https://www.ibm.com/docs/en/uax?topic=sof-in-1 keeps.
const Many = 1_000_000

// Param is one parameter of a signature.
type Param struct {
	Name  string
	Kind  ParamKind
	Arg   ArgKind
	Types []Type   // with Exactly
	Min   int      // how often it must come: 0 when it is optional
	Max   int      // how often it may come: 1, or more when it repeats
	Named []string // for a constant string: what it may be; nil when free
	// Tilde says that "~" may stand for the default.
	Tilde bool
}

// Type returns the type of an Exactly parameter that takes one type, Unknown of others.
func (p *Param) Type() value.Type {
	if p.Kind == Exactly && len(p.Types) == 1 {
		return p.Types[0].Scalar
	}
	return value.Unknown
}

// Optional reports whether the parameter may be left out.
func (p *Param) Optional() bool { return p.Min == 0 }

// Repeats reports whether the parameter may come more than once.
func (p *Param) Repeats() bool { return p.Max > 1 }

// ReturnKind tells how a signature's result type follows from its arguments.
type ReturnKind uint8

// The kinds of results.
const (
	ReturnsType      ReturnKind = iota // always Signature.Type
	ReturnsArg                         // the type of the argument for parameter Signature.Arg
	ReturnsArgAsLong                   // the same, int made long
	ReturnsArrayOf                     // an array of it
	ReturnsTypeOf                      // the type that the typeof literal for parameter Signature.Arg names
	ReturnsCommon                      // the common type of the Common parameters, dynamic ones left out while there are others
	ReturnsWidest                      // the widest of the number arguments, int made long
	ReturnsCustom                      // package bind decides
	ReturnsTable                       // the relation with columns Signature.Columns
	ReturnsNamed                       // what a name stands for: table(), database(), cluster(), ... by Function.Name
)

// Signature is one overload.
type Signature struct {
	Params  []Param
	Return  ReturnKind
	Type    Type
	Arg     int
	Columns []Column // with ReturnsTable
	// Block says that the repeated parameters come by turns: case(predicate, then, predicate, then, else).
	Block bool
}

// MinArgs returns the least number of arguments.
func (s *Signature) MinArgs() int {
	n := 0
	for i := range s.Params {
		n += s.Params[i].Min
	}
	return n
}

// MaxArgs returns the greatest number of arguments.
func (s *Signature) MaxArgs() int {
	n := 0
	for i := range s.Params {
		n += s.Params[i].Max
	}
	return n
}

// Repeats reports whether any parameter may come more than once.
func (s *Signature) Repeats() bool {
	for i := range s.Params {
		if s.Params[i].Max > 1 {
			return true
		}
	}
	return false
}
