package syntax

// NameRef is a name in an expression. It may be a wildcard (X*) where tables or columns are listed.
type NameRef struct {
	node
	Name *Name
}

// PathExpr is Target.Selector: a dynamic member, database('x').T, or cluster('c').database('d'). Selector is a NameRef or a
// CallExpr; a.['x y'] has a NameRef with a quoted name.
type PathExpr struct {
	node
	Target   Expr
	Selector Expr
}

// ElementExpr is Target[Index]; the legacy spelling Target.[Index] with an expression that is no quoted name is Dotted.
type ElementExpr struct {
	node
	Target Expr
	Index  Expr
	Dotted bool
}

// CallExpr is Name(Args). An argument may be a NamedExpr, a StarExpr, or a tabular PipeExpr. toscalar, totable and
// materialize are calls too; toscalar kind=nooptimization (x) has the Parameter.
type CallExpr struct {
	node
	Name       *Name
	Parameters []*Parameter
	Args       []Expr
}

// NamedExpr is Name = Expr, or (Names) = Expr, for instance (Mean, Dev) = series_stats(x), which is a Tuple.
type NamedExpr struct {
	node
	Names []*Name
	Tuple bool
	Expr  Expr
}

// UnaryExpr is -X or +X.
type UnaryExpr struct {
	node
	Op string
	X  Expr
}

// BinaryExpr is X Op Y: or, and, comparison, arithmetic and string operators. Op is one of the constants in binaryop.go; Raw
// is the operator as written, which tells <> from !=. X is a StarExpr in search predicates such as * has "x".
type BinaryExpr struct {
	node
	Op     BinaryOp
	Raw    string
	OpSpan Span
	X, Y   Expr
}

// InExpr is X Op (List): in, !in, in~, !in~, has_any and has_all. An element of List may be tabular.
type InExpr struct {
	node
	Op     BinaryOp
	Raw    string
	OpSpan Span
	X      Expr
	List   []Expr
}

// BetweenExpr is X between (Low .. High), or !between when Not.
type BetweenExpr struct {
	node
	Not       bool
	OpSpan    Span
	X         Expr
	Low, High Expr
}

// ParenExpr is (X). X may be tabular: a subquery.
type ParenExpr struct {
	node
	X Expr
}

// BracketedExpr is [X] on its own, which only faulty queries hold.
type BracketedExpr struct {
	node
	X Expr
}

// StarExpr is a lone *.
type StarExpr struct{ node }

// AtExpr is a lone @, which names the current entity in some hints.
type AtExpr struct{ node }

// ListExpr is a list without a parser-visible operator, such as the columns of hint.shufflekey = a, b.
type ListExpr struct {
	node
	Items []Expr
}

// Order is a sort direction, or its absence.
type Order uint8

// The directions. GrannyAsc and GrannyDesc order names with numbers in them by the numbers (project-reorder).
const (
	OrderNone Order = iota
	OrderAsc
	OrderDesc
	OrderGrannyAsc
	OrderGrannyDesc
)

// NullsOrder says where nulls go, when it is said.
type NullsOrder uint8

// Where nulls go.
const (
	NullsNone NullsOrder = iota
	NullsFirst
	NullsLast
)

// OrderedExpr is Expr asc nulls first, where order or nulls is written. Sort lists hold plain expressions where neither is.
type OrderedExpr struct {
	node
	Expr  Expr
	Order Order
	Nulls NullsOrder
}

// PipeExpr is Source | Operators[0] | Operators[1] and so on. Source is nil where the input is implied: in the subqueries of
// mv-apply, partition, fork, facet and the like, which begin with an operator.
type PipeExpr struct {
	node
	Source    Expr
	Operators []Operator
}

// OperatorExpr is an operator that begins a query: print, range, union, search, find, evaluate, macro-expand.
type OperatorExpr struct {
	node
	Operator Operator
}

// DataTableExpr is datatable (a: string) [ values ]. Values run row by row.
type DataTableExpr struct {
	node
	Parameters []*Parameter
	Schema     *SchemaType
	Values     []Expr
}

// ExternalDataExpr is externaldata (a: string) [ "uri" ] with (format="csv"). Uris are StringLiterals or other expressions.
type ExternalDataExpr struct {
	node
	Parameters []*Parameter
	Schema     *SchemaType
	Uris       []Expr
	Properties []*Parameter
}

// ContextualDataTableExpr is __contextual_datatable id (schema), which tools write into queries.
type ContextualDataTableExpr struct {
	node
	ID     Expr
	Schema *SchemaType
}

// EntityGroupExpr is entity_group [ a, b ].
type EntityGroupExpr struct {
	node
	Entities []Expr
}

// MaterializedViewCombineExpr is materialized_view_combine('v') base (x) delta (y) aggregations (summarize ...).
type MaterializedViewCombineExpr struct {
	node
	View         Expr
	Base, Delta  Expr
	Aggregations Operator // nil when it could not be read
}

// TypeOfExpr is typeof(long), typeof(a: long, b: string) or typeof(*).
type TypeOfExpr struct {
	node
	Types  []*TypeName
	Schema *SchemaType // nil unless columns or * are written
}

// ScopedExpr is Name datascope = Scope.
type ScopedExpr struct {
	node
	X     Expr
	Scope string
}

// BadExpr stands where no expression could be read.
type BadExpr struct{ node }

func (*NameRef) expr()                     {}
func (*PathExpr) expr()                    {}
func (*ElementExpr) expr()                 {}
func (*CallExpr) expr()                    {}
func (*NamedExpr) expr()                   {}
func (*UnaryExpr) expr()                   {}
func (*BinaryExpr) expr()                  {}
func (*InExpr) expr()                      {}
func (*BetweenExpr) expr()                 {}
func (*ParenExpr) expr()                   {}
func (*BracketedExpr) expr()               {}
func (*StarExpr) expr()                    {}
func (*AtExpr) expr()                      {}
func (*ListExpr) expr()                    {}
func (*OrderedExpr) expr()                 {}
func (*PipeExpr) expr()                    {}
func (*OperatorExpr) expr()                {}
func (*DataTableExpr) expr()               {}
func (*ExternalDataExpr) expr()            {}
func (*ContextualDataTableExpr) expr()     {}
func (*EntityGroupExpr) expr()             {}
func (*MaterializedViewCombineExpr) expr() {}
func (*TypeOfExpr) expr()                  {}
func (*ScopedExpr) expr()                  {}
func (*BadExpr) expr()                     {}
func (*FunctionDeclaration) expr()         {}
func (*Literal) expr()                     {}
func (*StringLiteral) expr()               {}
func (*DynamicLiteral) expr()              {}
