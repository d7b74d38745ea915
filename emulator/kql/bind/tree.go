// Package bind gives names their meaning: it takes a syntax tree and a catalog and yields a bound tree, in which every
// expression has a type, every column is one particular column, functions are chosen overloads, and let-statements,
// lambdas and stored functions are gone. The bound tree is the logical plan that package plan rewrites and package exec
// runs. Every mistake becomes a source.Diagnostic; binding goes on after each one.
package bind

import (
	"github.com/seed-caab1ad3/blindspot/emulator/kql/source"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/symbol"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
)

// Column is one column of one relation. Its address is its identity: two columns of the same name from the two sides of
// a join are two Columns. A relation that merely passes a column on passes the same pointer.
type Column struct {
	Name   string
	Type   value.Type
	Hidden bool
}

// Query is a bound query: its statements' results in order (most queries have one), and what was found on the way.
type Query struct {
	Results     []Result
	Options     []Option // set statements, in order
	Tables      []string // tables read, each once, in order of first mention
	Functions   []string // stored functions called, likewise
	Watchlists  []string // watchlists read by a constant alias, likewise
	Diagnostics []source.Diagnostic
	// Unsupported names what binds but cannot run here (a function without a kernel, a plugin), with its place.
	Unsupported []Unsupported
	// Unresolved are the fuzzy unions of which no table is there: they compile, and running them is an error
	// (https://learn.microsoft.com/kusto/query/union-operator, parameter isfuzzy).
	Unresolved []source.Span
}

// Result is one tabular result. A scalar expression as a statement yields a relation of one row.
type Result struct {
	Rel    Rel
	Render *Render // the render operator that ends it, nil without one
}

// Columns returns the visible columns of the first result, the query's schema.
func (q *Query) Columns() []symbol.Column {
	if len(q.Results) == 0 || q.Results[0].Rel == nil {
		return nil
	}
	var out []symbol.Column
	for _, c := range q.Results[0].Rel.Columns() {
		if !c.Hidden {
			out = append(out, symbol.Column{Name: c.Name, Type: c.Type})
		}
	}
	return out
}

// Option is a set statement.
type Option struct {
	Name, Value string
}

// Unsupported is a construct that binds but has no implementation in the engine.
type Unsupported struct {
	What string // for instance `function series_fit_poly()`
	Span source.Span
}

// Render is the render operator: it changes no rows.
type Render struct {
	Visualization string
	Properties    []Option
}

// ---- expressions

// Expr is a bound expression. The same *Expr may be shared by several parents: a lambda's argument is bound once.
type Expr interface {
	Type() value.Type
	Span() source.Span
	expr()
}

type node struct {
	Typ value.Type
	At  source.Span
}

func (n *node) Type() value.Type  { return n.Typ }
func (n *node) Span() source.Span { return n.At }
func (*node) expr()               {}

// Const is a value known at compile time: a literal, or folded from literals.
type Const struct {
	node
	Value value.Value
}

// ColumnRef reads a column of the input relation.
type ColumnRef struct {
	node
	Column *Column
}

// Call applies a scalar function, operator or window function. Operators are functions too, named as they are written:
// "+", "==", "has", "!in~", "and", "between", "matches regex", "unary-". not is "not". Implicit conversions are calls of
// tolong, toreal, todatetime, ... that the binder inserts, so a kernel sees exactly its signature's types.
//
// The conversion to dynamic of a plain value is named "dynamic"; no query can write it. A function of several values
// (series_stats) gives a dynamic array of them, read by Path and converted; array_sort_asc of one array gives that array.
//
// Fixed forms: "in" and its kin take the value and then the list's elements, or one dynamic array; "has_any" and
// "has_all" likewise; "between" takes value, low, high; iff and case as written; "a.b" and "a[x]" are Path.
type Call struct {
	node
	Name      string            // canonical name: aliases are resolved (tolower, not lcase)
	Signature *symbol.Signature // the overload, nil for operators
	Args      []Expr
}

// Path reads a part of a dynamic value: a bag's slot when Key is a string, an array's element when it is a number.
// The result is dynamic. Steps with constant keys are chained: Base may itself be a Path.
type Path struct {
	node
	Base Expr
	Key  Expr
}

// Subquery is toscalar(...) or a relation where one value is wanted: the first column of the first row, null when
// there is none. It is run once a query.
type Subquery struct {
	node
	Rel Rel
}

// InSubquery is `x in (T | ...)`: membership in the first column of a relation, arrays flattened. Op is "in", "!in",
// "in~" or "!in~", "has_any", "has_all".
type InSubquery struct {
	node
	Op  string
	Arg Expr
	Rel Rel
}

// SummaryCall stands for a call of a stored function of which the result is known and not the tree; see Summaries. It does not
// run.
type SummaryCall struct {
	node
	Args []Expr // those that the function's body reads
	Uses []Use
	Open bool // a relation in the body has columns that only the data can name
}

// Constructors, used by bind and by rewrites in plan.
func NewConst(v value.Value, at source.Span) *Const {
	return &Const{node: node{v.Type, at}, Value: v}
}
func NewColumnRef(c *Column, at source.Span) *ColumnRef {
	return &ColumnRef{node: node{c.Type, at}, Column: c}
}
func NewCall(name string, sig *symbol.Signature, t value.Type, at source.Span, args ...Expr) *Call {
	return &Call{node: node{t, at}, Name: name, Signature: sig, Args: args}
}
func NewPath(base, key Expr, at source.Span) *Path {
	return &Path{node: node{value.Dynamic, at}, Base: base, Key: key}
}
func NewSubquery(rel Rel, t value.Type, at source.Span) *Subquery {
	return &Subquery{node: node{t, at}, Rel: rel}
}
func NewInSubquery(op string, arg Expr, rel Rel, at source.Span) *InSubquery {
	return &InSubquery{node: node{value.Bool, at}, Op: op, Arg: arg, Rel: rel}
}

// AggregateCall is one aggregate of a summarize or make-series. Multi-result aggregates (arg_max(x, *), percentiles,
// take_any(*)) fill several columns: Outputs lists them in order.
//
// arg_max and arg_min: Args[0] is the extremised expression and Outputs[0] its column (nil in Outputs[0] when the query
// leaves it out never happens: it is always an output); Args[1:] and Outputs[1:] pair up. `*` is expanded by the binder.
// take_any: Args and Outputs pair up. percentiles: Args[0] the value, Args[1:] constants, one output each; percentiles_array one output.
type AggregateCall struct {
	Name      string // canonical: take_any, not any; make_set, not makeset
	Signature *symbol.Signature
	Args      []Expr
	Outputs   []*Column
	At        source.Span
}

// Assignment computes an expression into a column.
type Assignment struct {
	Column *Column
	Expr   Expr
}

// ---- relations

// Rel is a relational operator: a bound tabular operator with its inputs. Columns are its output in order, hidden ones
// included.
type Rel interface {
	Columns() []*Column
	Inputs() []Rel
	Span() source.Span
	rel()
}

// RelBase is what all relations share.
type RelBase struct {
	Cols []*Column
	At   source.Span
}

func (r *RelBase) Columns() []*Column { return r.Cols }
func (r *RelBase) Span() source.Span  { return r.At }
func (r *RelBase) Inputs() []Rel      { return nil }
func (*RelBase) rel()                 {}

// Unary is a relation over one input.
type Unary struct {
	RelBase
	Input Rel
}

func (u *Unary) Inputs() []Rel { return []Rel{u.Input} }

type (
	// Scan reads a stored table. Columns pair with the table's columns by name; optimised plans list only the wanted
	// ones. Scoped says that the request's time range applies (always, but for watchlists).
	Scan struct {
		RelBase
		// Table is its name; a table of another workspace has the name that symbol.InWorkspace gives it.
		Table string
		// Open tables have columns that nobody listed.
		Open bool
		// Missing marks a table that a fuzzy union or column_ifexists let through although the catalog has none: no rows.
		Missing bool
	}
	// Watchlist reads a watchlist; the request's time range does not apply.
	Watchlist struct {
		RelBase
		Alias Expr // a constant string in all supported queries
	}
	// Summary stands for a call of a stored function of which the columns are known and not the tree; see Summaries. It does
	// not run.
	Summary struct {
		RelBase
		Args []Expr // those that the function's body reads
		Uses []Use
		Open bool // a relation in the body has columns that only the data can name
	}
	// Datatable holds literal rows, row by row in the columns' order. print is a Datatable of one empty row under a Project.
	Datatable struct {
		RelBase
		Rows [][]value.Value
	}
	// ExternalData names what externaldata would fetch; running it is refused unless the workspace grants the source.
	ExternalData struct {
		RelBase
		URIs       []string
		Properties []Option
	}
	// Range is `range x from a to b step c`.
	Range struct {
		RelBase
		From, To, Step Expr
	}
	// Shared stands for a let-bound or as-named relation used in several places. Each use has its own Columns, paired in
	// order with Def.Rel's columns. It is computed once.
	Shared struct {
		RelBase
		Def *SharedDef
	}
	// Filter keeps the rows for which Predicate is true (null is not true).
	Filter struct {
		Unary
		Predicate Expr
	}
	// Project yields exactly its assignments, in order. extend and the project family all become Project; a column passed
	// on unchanged is an assignment of ColumnRef to the same Column.
	Project struct {
		Unary
		Assign []Assignment
		// KeepsRest says that columns which only the data can name (see Evaluate.Open) are passed on too: extend, project-away,
		// project-rename and project-reorder do, project does not.
		KeepsRest bool
	}
	// Aggregate is summarize. Output: Keys then aggregates' outputs in the order of Cols. With no aggregates it is the
	// distinct of its keys; without keys it yields one row, also over no rows.
	Aggregate struct {
		Unary
		Keys       []Assignment
		Aggregates []AggregateCall
	}
	// MakeSeries is make-series: one row a key, each aggregate an array over the axis.
	MakeSeries struct {
		Unary
		Keys       []Assignment
		Aggregates []AggregateCall
		Defaults   []Expr // one an aggregate, nil where none was given
		Axis       Assignment
		From, To   Expr // nil when not given
		Step       Expr
		InRange    bool // the `in range(a, b, c)` form: the end is inclusive
		NonEmpty   bool // kind=nonempty
	}
	// Sort orders all rows; it also serialises.
	Sort struct {
		Unary
		Keys []SortKey
	}
	// Top is sort then take, in one operator.
	Top struct {
		Unary
		Count Expr
		Keys  []SortKey
	}
	// Take keeps Count rows; which ones is fixed by the order of the input.
	Take struct {
		Unary
		Count Expr
	}
	// Sample keeps Count rows, drawn by the query's own random source.
	Sample struct {
		Unary
		Count Expr
	}
	// SampleDistinct keeps up to Count distinct values of Expr.
	SampleDistinct struct {
		Unary
		Count Expr
		Expr  Expr
	}
	// Count yields one row with the number of rows.
	Count struct{ Unary }
	// Serialize marks the order of rows as meaningful; window functions in Assign see the rows in order.
	Serialize struct {
		Unary
		Assign []Assignment
	}
	// Union concatenates its inputs. Map[i][j] is input i's column for output column j, nil where it has none (then null or "").
	// Source, when set, is the output column that holds Names[i] for input i.
	Union struct {
		RelBase
		Rels   []Rel
		Map    [][]*Column
		Source *Column
		Names  []string
	}
	// Join of two relations. Cols: left columns then right columns (renamed ones are new Columns, paired through RightMap);
	// semi and anti kinds have one side only. Kind is canonical: innerunique, inner, leftouter, rightouter, fullouter,
	// leftsemi, rightsemi, leftanti, rightanti, cross.
	Join struct {
		RelBase
		Kind        string
		Left, Right Rel
		LeftKeys    []Expr
		RightKeys   []Expr
		// LeftOut and RightOut pair each output Column with the side's Column it comes from; Cols is their concatenation.
		LeftOut, RightOut []ColumnPair
	}
	// Lookup is the lookup operator: a leftouter or inner join that leaves out the right side's keys.
	Lookup struct {
		RelBase
		Kind              string
		Left, Right       Rel
		LeftKeys          []Expr
		RightKeys         []Expr
		LeftOut, RightOut []ColumnPair
	}
	// MvExpand makes a row of each element. Columns of Items that replace an input column have that column's place.
	MvExpand struct {
		Unary
		Items     []ExpandItem
		Passed    []ColumnPair // output column <- input column, for those not replaced
		ItemIndex *Column      // with_itemindex
		BagArray  bool         // kind=array: bags become [key, value] pairs
		Limit     Expr
	}
	// MvApply runs Body over the sub-table of each input row's elements. Body's leaf is ApplyInput.
	MvApply struct {
		Unary
		Items     []ExpandItem
		ItemIndex *Column
		Limit     Expr
		Source    *ApplyInput // the leaf in Body: input columns and items
		Body      Rel
		Passed    []ColumnPair // output <- input column, repeated for each row that Body yields
		BodyOut   []ColumnPair // output <- body column
	}
	// ApplyInput is the leaf of an mv-apply, partition or fork body: the rows handed in.
	ApplyInput struct{ RelBase }
	// Parse is parse and parse-where: Pattern's captures become columns.
	Parse struct {
		Unary
		Source  Expr
		Kind    string // simple, regex, relaxed
		Flags   string
		Pattern []ParsePart
		Where   bool // parse-where: rows that do not match are dropped
		Passed  []ColumnPair
	}
	// ParseKv is parse-kv.
	ParseKv struct {
		Unary
		Source     Expr
		Keys       []Assignment // Column and its type; Expr is nil
		Properties []Option
		Passed     []ColumnPair
	}
	// Evaluate runs a plugin that takes and yields a relation (bag_unpack, pivot, ipv4_lookup, ...). A plugin whose output
	// columns depend on the data (bag_unpack, pivot without a schema) has Open set: Cols hold what is known before, and the
	// columns that later operators name are resolved when it runs, through Wanted.
	Evaluate struct {
		RelBase
		Plugin string
		Input  Rel // nil for a plugin at the head of a query
		Args   []Expr
		Right  Rel // the second relation of ipv4_lookup and its kin
		// ArgNames pair with Args: the parameters they are for. Relations and pivot's aggregate are not among them.
		ArgNames  []string
		Aggregate *AggregateCall // of pivot, nil when it counts rows
		RightOut  []ColumnPair   // of ipv4_lookup and its kin: output column <- column of Right
		Open      bool
		// Wanted are columns that the rest of the query reads by name and that only the data can supply. They are also in
		// Cols; a column the data does not supply is null.
		Wanted []*Column
	}
	// Partition runs Body once a distinct value of Key, rows in order; the results are concatenated.
	Partition struct {
		Unary
		Key    *Column
		Source *ApplyInput
		Body   Rel
	}
	// TopNested is top-nested, one level an element.
	TopNested struct {
		Unary
		Levels []TopNestedLevel
	}
	// GetSchema yields the input's columns as rows.
	GetSchema struct{ Unary }
	// Consume reads its input and yields nothing.
	Consume struct{ Unary }
	// Scanner is the scan operator.
	Scanner struct {
		Unary
		Declare   []Assignment
		MatchID   *Column
		Partition []Expr
		Order     []SortKey
		Steps     []ScanStep
		Passed    []ColumnPair
	}
	// Reduce is the reduce operator.
	Reduce struct {
		Unary
		Expr      Expr
		Threshold Expr
		Chars     Expr
	}
	// Unsupportable is an operator that binds (its result columns are known) and that the engine refuses by name.
	Unsupportable struct {
		Unary
		What string
	}
)

// SharedDef is a relation bound once and used by its Shared uses.
type SharedDef struct {
	Name string
	Rel  Rel
	Uses int
	// Materialize is set for let x = materialize(...): computed once by decree.
	Materialize bool
}

// ColumnPair says that column Out of an operator's output carries column In of its input.
type ColumnPair struct {
	Out, In *Column
}

// SortKey is one key of sort, top and scan. Kusto's default is descending, nulls last; ascending has nulls first.
type SortKey struct {
	Expr       Expr
	Descending bool
	NullsFirst bool
}

// ExpandItem is one column of mv-expand or mv-apply: elements of Expr go to Column, converted to its type.
type ExpandItem struct {
	Column *Column
	Expr   Expr
}

// ParsePart is a piece of a parse pattern: literal text (or a regex fragment in kind=regex), a star, or a capture.
type ParsePart struct {
	Text   string
	IsText bool
	Star   bool
	Column *Column // capture, when set; its Type is the type to convert to
}

// TopNestedLevel is one level of top-nested.
type TopNestedLevel struct {
	Count     Expr // nil: all
	Of        Assignment
	By        AggregateCall
	Others    Expr // with others = ...; nil without
	Ascending bool
}

// ScanStep is one step of scan.
type ScanStep struct {
	Name      string
	Optional  bool
	Output    string // all, last, none
	Condition Expr
	Assign    []Assignment
	// State are the columns `name.col` reads: the values of a step's matched row.
	State []ColumnPair
}
