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

// Function is a built-in function or operator with all its overloads.
type Function struct {
	Name       string // canonical
	Kind       FunctionKind
	Signatures []Signature
	// NoKernel marks a function that binds and that the engine does not run.
	NoKernel bool
	// Deprecated names the function to use instead, "" when it is current.
	Deprecated string
	// Doc is the page of the KQL reference, without its host: "round-function".
	Doc string
	// Obsolete spellings resolve to another function through the alias table and never get here.
}

// ParamKind is the set of types a parameter takes.
type ParamKind uint8

// The kinds of parameters, named as the language service does.
const (
	Exactly   ParamKind = iota // the parameter's Type, with Kusto's implicit promotions (int to long, ...)
	AnyScalar                  // any type
	Number                     // int, long, real, decimal
	Integer                    // int, long
	Summable                   // a number or timespan
	Orderable                  // anything but dynamic and bool? see the reference of each function
	StringOrDynamic
	StringOrArray
	IntegerOrDynamic
	Interval // number, timespan (bin sizes)
	NotDynamic
	NotBool
	Common // all parameters of this kind agree in one type after promotion
	CommonNumber
	CommonSummable
	CommonScalarOrDynamic
	Tabular // a relation
	ColumnName
	TypeLiteral // typeof(x)
)

// Param is one parameter of a signature.
type Param struct {
	Name     string
	Kind     ParamKind
	Type     value.Type // with Exactly
	Optional bool
	Repeat   bool     // may come any number of times (one at least, unless Optional)
	Constant bool     // must be known at compile time
	Values   []string // for a constant string: what it may be; nil when free
}

// ReturnKind tells how a signature's result type follows from its arguments.
type ReturnKind uint8

// The kinds of results.
const (
	ReturnsType             ReturnKind = iota // always Signature.Type
	ReturnsArg                                // the type of argument Signature.Arg
	ReturnsCommon                             // the common type of the Common parameters
	ReturnsWidest                             // the widest of the number arguments
	ReturnsArgDynamicAsReal                   // as aggregates such as sum do: dynamic gives real? see each
	ReturnsCustom                             // Signature.Custom decides
)

// Signature is one overload.
type Signature struct {
	Params []Param
	Return ReturnKind
	Type   value.Type
	Arg    int
	// Custom decides the result type from the argument types, for ReturnsCustom.
	Custom func(args []value.Type) value.Type
}
