package syntax

// LetStatement is let Name = Value. Value is a scalar or tabular expression, a FunctionDeclaration (lambda or view), or an
// EntityGroupExpr; only the binder can tell scalar from tabular.
type LetStatement struct {
	node
	Name  *Name
	Value Expr
}

// SetStatement is set Name, or set Name = Value where Value is a literal or a NameRef; else Value is nil.
type SetStatement struct {
	node
	Name  *Name
	Value Expr
}

// AliasStatement is alias database Name = Value.
type AliasStatement struct {
	node
	Name  *Name
	Value Expr
}

// QueryParametersStatement is declare query_parameters (a: string, b: long = 1).
type QueryParametersStatement struct {
	node
	Parameters []*FunctionParameter
}

// PatternStatement is declare pattern Name, or with a definition:
// declare pattern Name = (a: string)[p: string] { ("x").["y"] = { query }; }.
type PatternStatement struct {
	node
	Name       *Name
	Defined    bool
	Parameters []*FunctionParameter
	Path       *FunctionParameter // nil when there is none
	Rules      []*PatternRule
}

// PatternRule is one ("x").["y"] = { query } of a pattern.
type PatternRule struct {
	node
	Arguments []Expr
	Path      Expr // nil when there is none
	Body      *FunctionBody
}

// RestrictStatement is restrict access to (a, b*, database('x').T) with (Properties).
type RestrictStatement struct {
	node
	Entities   []Expr
	Properties []*Parameter
}

// QueryStatement is a statement that is an expression: the query itself.
type QueryStatement struct {
	node
	Expr Expr
}

// CommandStatement is a management command, .show tables. It is kept, not understood.
type CommandStatement struct {
	node
	Raw string
}

// DirectiveStatement is a client directive, #connect cluster('x'). It is kept, not understood.
type DirectiveStatement struct {
	node
	Raw string
}

// BadStatement stands where no statement could be read.
type BadStatement struct{ node }

func (*LetStatement) statement()             {}
func (*SetStatement) statement()             {}
func (*AliasStatement) statement()           {}
func (*QueryParametersStatement) statement() {}
func (*PatternStatement) statement()         {}
func (*RestrictStatement) statement()        {}
func (*QueryStatement) statement()           {}
func (*CommandStatement) statement()         {}
func (*DirectiveStatement) statement()       {}
func (*BadStatement) statement()             {}

// FunctionDeclaration is a lambda: (a: string, n: long = 3) { body }, or view () { body }. It stands only as a let's value.
type FunctionDeclaration struct {
	node
	View       bool
	Parameters []*FunctionParameter
	Body       *FunctionBody
}

// FunctionParameter is name: type, or name: type = default. Type is a TypeName for a scalar and a SchemaType for a table,
// nil when it could not be read. Default is a literal, or nil.
type FunctionParameter struct {
	node
	Name    *Name
	Type    TypeExpr
	Default Expr
}

// FunctionBody is what stands between the braces: let (or declare) statements, then an expression, nil when there is none.
type FunctionBody struct {
	node
	Statements []Statement
	Expr       Expr
}

// TypeExpr is a TypeName or a SchemaType.
type TypeExpr interface {
	Node
	typeExpr()
}

// TypeName is a scalar type as written, such as string, long, date or Guid.
type TypeName struct {
	node
	Name string
}

// SchemaType is (a: string, b: long) or (*). A leading * in (*, a: long), which plugins' schemas allow, sets Star and
// keeps the columns.
type SchemaType struct {
	node
	Star    bool
	Columns []*ColumnDeclaration
}

// ColumnDeclaration is name: type. Type is nil when it could not be read.
type ColumnDeclaration struct {
	node
	Name *Name
	Type *TypeName
}

func (*TypeName) typeExpr()   {}
func (*SchemaType) typeExpr() {}
