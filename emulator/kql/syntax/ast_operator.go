package syntax

// FilterOperator is where Predicate (or filter).
type FilterOperator struct {
	node
	Parameters []*Parameter
	Predicate  Expr
}

// ExtendOperator is extend Columns; each is a NamedExpr or a plain expression.
type ExtendOperator struct {
	node
	Columns []Expr
}

// ProjectOperator is project Columns; each is a NamedExpr or a plain expression.
type ProjectOperator struct {
	node
	Columns []Expr
}

// ProjectAwayOperator is project-away Columns; each is a NameRef that may be a wildcard.
type ProjectAwayOperator struct {
	node
	Columns []Expr
}

// ProjectKeepOperator is project-keep Columns; each is a NameRef that may be a wildcard.
type ProjectKeepOperator struct {
	node
	Columns []Expr
}

// ProjectRenameOperator is project-rename New = Old, ...; each is a NamedExpr, or a plain expression in faulty text.
type ProjectRenameOperator struct {
	node
	Columns []Expr
}

// ProjectReorderOperator is project-reorder Columns; each is a NameRef that may be a wildcard, or an OrderedExpr of one.
type ProjectReorderOperator struct {
	node
	Columns []Expr
}

// ProjectByNamesOperator is project-by-names Columns; each is an expression that gives names.
type ProjectByNamesOperator struct {
	node
	Columns []Expr
}

// SummarizeOperator is summarize Parameters Aggregates by Groups. Either list may be empty. HasBy tells summarize count() by
// nothing, which is faulty, from one without by. BinClause is the legacy bin = x after the groups, or nil.
type SummarizeOperator struct {
	node
	Parameters []*Parameter
	Aggregates []Expr
	HasBy      bool
	Groups     []Expr
	Bin        Expr
}

// DistinctOperator is distinct Columns; a lone StarExpr stands for all.
type DistinctOperator struct {
	node
	Parameters []*Parameter
	Columns    []Expr
}

// CountOperator is count, or count as Name; Name is nil without as.
type CountOperator struct {
	node
	Parameters []*Parameter
	Name       *Name
}

// SortOperator is sort by Columns (or order by); each is an OrderedExpr or a plain expression. The default is descending.
type SortOperator struct {
	node
	Parameters []*Parameter
	Columns    []Expr
}

// TopOperator is top Count by By; By is an OrderedExpr or a plain expression. The default is descending.
type TopOperator struct {
	node
	Parameters []*Parameter
	Count      Expr
	By         Expr
}

// TopHittersOperator is top-hitters Count of Of by By. Of and By may be NamedExprs; By is nil when not written.
type TopHittersOperator struct {
	node
	Parameters []*Parameter
	Count      Expr
	Of         Expr
	By         Expr
}

// TopNestedOperator is top-nested 3 of a by sum(b), top-nested 2 of c by max(d), one clause a level.
type TopNestedOperator struct {
	node
	Clauses []*TopNestedClause
}

// TopNestedClause is top-nested Count of Of with others = Others by By. Count and Others are nil when not written.
type TopNestedClause struct {
	node
	Count  Expr
	Of     Expr
	Others Expr
	By     Expr
}

// TakeOperator is take Count (or limit).
type TakeOperator struct {
	node
	Parameters []*Parameter
	Count      Expr
}

// SampleOperator is sample Count.
type SampleOperator struct {
	node
	Parameters []*Parameter
	Count      Expr
}

// SampleDistinctOperator is sample-distinct Count of Of.
type SampleDistinctOperator struct {
	node
	Parameters []*Parameter
	Count      Expr
	Of         Expr
}

// UnionOperator is union Parameters Tables. A table is any tabular expression: a NameRef that may be a wildcard, a path with a
// wildcard, a call, or a ParenExpr.
type UnionOperator struct {
	node
	Parameters []*Parameter
	Tables     []Expr
}

// JoinOperator is join Parameters Right on On. An element of On is a NameRef, a condition such as $left.a == $right.b (its sides
// are PathExprs whose target is a NameRef $left or $right), or another expression in faulty text. Where is the predicate of a
// join with where, else nil.
type JoinOperator struct {
	node
	Parameters []*Parameter
	Right      Expr
	On         []Expr
	Where      Expr
}

// LookupOperator is lookup Parameters Right on On, with On as in JoinOperator.
type LookupOperator struct {
	node
	Parameters []*Parameter
	Right      Expr
	On         []Expr
}

// MvExpandOperator is mv-expand Parameters Columns limit Limit (or mvexpand). Limit is nil when not written.
type MvExpandOperator struct {
	node
	Parameters []*Parameter
	Columns    []*ToTypeOf
	Limit      Expr
}

// ToTypeOf is an expression that mv-expand or mv-apply expands: a plain expression or a NamedExpr, with to typeof(Type), nil
// when not written.
type ToTypeOf struct {
	node
	Expr Expr
	Type *TypeOfExpr
}

// MvApplyOperator is mv-apply Parameters Columns limit Limit on (Subquery). ContextID is the id parameter that tools write, or
// nil. Subquery is a PipeExpr without a Source, as a rule.
type MvApplyOperator struct {
	node
	Parameters []*Parameter
	Columns    []*ToTypeOf
	Limit      Expr
	ContextID  Expr
	Subquery   Expr
}

// ParseOperator is parse Parameters Input with Pattern, or parse-where when Where. Kind and flags are parameters.
type ParseOperator struct {
	node
	Where      bool
	Parameters []*Parameter
	Input      Expr
	Pattern    []Expr // StarExpr, StringLiteral and ParseColumn
}

// ParseColumn is a column in a parse pattern: Name, or Name: Type; Type is nil when not written.
type ParseColumn struct {
	node
	Name *Name
	Type *TypeName
}

func (*ParseColumn) expr() {}

// ParseKvOperator is parse-kv Input as (Schema) with (Properties).
type ParseKvOperator struct {
	node
	Parameters []*Parameter
	Input      Expr
	Schema     *SchemaType
	Properties []*Parameter
}

// MakeSeriesOperator is make-series Aggregates on On from From to To step Step by Groups. From, To, On and Step are nil when not
// written. The legacy form in range(a, b, c) fills From, To and Step and sets InRange.
type MakeSeriesOperator struct {
	node
	Parameters []*Parameter
	Aggregates []*MakeSeriesAggregate
	On         Expr
	InRange    bool
	From       Expr
	To         Expr
	Step       Expr
	Groups     []Expr
}

// MakeSeriesAggregate is an aggregate with default = Default, nil when not written.
type MakeSeriesAggregate struct {
	node
	Expr    Expr
	Default Expr
}

// SerializeOperator is serialize Columns; the list may be empty.
type SerializeOperator struct {
	node
	Parameters []*Parameter
	Columns    []Expr
}

// PrintOperator is print Columns.
type PrintOperator struct {
	node
	Columns []Expr
}

// RangeOperator is range Name from From to To step Step.
type RangeOperator struct {
	node
	Name           *Name
	From, To, Step Expr
}

// EvaluateOperator is evaluate Parameters Plugin(...) : (Schema). Schema is nil when not written.
type EvaluateOperator struct {
	node
	Parameters []*Parameter
	Call       Expr // a CallExpr, except in faulty text
	Schema     *SchemaType
}

// RenderOperator is render Chart with (Properties); the legacy properties (kind=stacked, title="x", by a) are kept as well.
// Values are literals, NameRefs, or a ListExpr of NameRefs.
type RenderOperator struct {
	node
	Chart      *Name
	Properties []*Parameter
}

// AsOperator is as Name.
type AsOperator struct {
	node
	Parameters []*Parameter
	Name       *Name
}

// InvokeOperator is invoke Call; Call is a CallExpr or a path that ends in one.
type InvokeOperator struct {
	node
	Call Expr
}

// GetSchemaOperator is getschema, with kind=csl as its only parameter.
type GetSchemaOperator struct {
	node
	Parameters []*Parameter
}

// ConsumeOperator is consume.
type ConsumeOperator struct {
	node
	Parameters []*Parameter
}

// AssertSchemaOperator is assert-schema (Schema).
type AssertSchemaOperator struct {
	node
	Schema *SchemaType
}

// ExecuteAndCacheOperator is execute-and-cache.
type ExecuteAndCacheOperator struct{ node }

// ForkOperator is fork a = (x) (y).
type ForkOperator struct {
	node
	Prongs []*ForkProng
}

// ForkProng is Name = (Subquery); Name is nil when not written.
type ForkProng struct {
	node
	Name     *Name
	Subquery Expr
}

// FacetOperator is facet by Columns with (Subquery); Subquery is nil when not written.
type FacetOperator struct {
	node
	Columns  []Expr
	Subquery Expr
}

// PartitionOperator is partition Parameters by By (Subquery), or by By { Query } when Braced. In the first the input is implied;
// the second is a query of its own, in which toscope names the part.
type PartitionOperator struct {
	node
	Parameters []*Parameter
	By         Expr
	Scope      Expr // in Scope: the legacy scope between the column and the brackets; nil when not written
	Braced     bool
	Subquery   Expr
}

// PartitionByOperator is partition-by Parameters Entity (Subquery), of the internal dialect.
type PartitionByOperator struct {
	node
	Parameters []*Parameter
	By         Expr
	ID         Expr
	Subquery   Expr
}

// ReduceOperator is reduce Parameters by By with Properties.
type ReduceOperator struct {
	node
	Parameters []*Parameter
	By         Expr
	Properties []*Parameter
}

// ScanOperator is scan Parameters order by OrderBy partition by PartitionBy declare (Declare) with (Steps).
type ScanOperator struct {
	node
	Parameters  []*Parameter
	OrderBy     []Expr
	PartitionBy []Expr
	Declare     []*FunctionParameter
	Steps       []*ScanStep
}

// ScanStep is step Name optional output = Output : Condition => Assignments;. Output is "", "all", "last" or "none".
type ScanStep struct {
	node
	Name        *Name
	Optional    bool
	Output      string
	Condition   Expr
	Assignments []*ScanAssignment
}

// ScanAssignment is Name = Value in a step.
type ScanAssignment struct {
	node
	Name  *Name
	Value Expr
}

// MacroExpandOperator is macro-expand Parameters Group as Scope ( Statements ).
type MacroExpandOperator struct {
	node
	Parameters []*Parameter
	Group      Expr
	Scope      *Name
	Statements []Statement
}

// BadOperator stands where no operator could be read. Keyword is the word that stands there, or "".
type BadOperator struct {
	node
	Keyword string
}

func (*FilterOperator) operator()          {}
func (*ExtendOperator) operator()          {}
func (*ProjectOperator) operator()         {}
func (*ProjectAwayOperator) operator()     {}
func (*ProjectKeepOperator) operator()     {}
func (*ProjectRenameOperator) operator()   {}
func (*ProjectReorderOperator) operator()  {}
func (*ProjectByNamesOperator) operator()  {}
func (*SummarizeOperator) operator()       {}
func (*DistinctOperator) operator()        {}
func (*CountOperator) operator()           {}
func (*SortOperator) operator()            {}
func (*TopOperator) operator()             {}
func (*TopHittersOperator) operator()      {}
func (*TopNestedOperator) operator()       {}
func (*TakeOperator) operator()            {}
func (*SampleOperator) operator()          {}
func (*SampleDistinctOperator) operator()  {}
func (*UnionOperator) operator()           {}
func (*JoinOperator) operator()            {}
func (*LookupOperator) operator()          {}
func (*MvExpandOperator) operator()        {}
func (*MvApplyOperator) operator()         {}
func (*ParseOperator) operator()           {}
func (*ParseKvOperator) operator()         {}
func (*MakeSeriesOperator) operator()      {}
func (*SerializeOperator) operator()       {}
func (*PrintOperator) operator()           {}
func (*RangeOperator) operator()           {}
func (*EvaluateOperator) operator()        {}
func (*RenderOperator) operator()          {}
func (*AsOperator) operator()              {}
func (*InvokeOperator) operator()          {}
func (*GetSchemaOperator) operator()       {}
func (*ConsumeOperator) operator()         {}
func (*AssertSchemaOperator) operator()    {}
func (*ExecuteAndCacheOperator) operator() {}
func (*ForkOperator) operator()            {}
func (*FacetOperator) operator()           {}
func (*PartitionOperator) operator()       {}
func (*PartitionByOperator) operator()     {}
func (*ReduceOperator) operator()          {}
func (*ScanOperator) operator()            {}
func (*MacroExpandOperator) operator()     {}
func (*BadOperator) operator()             {}
