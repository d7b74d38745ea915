package syntax

// SearchOperator is search Parameters in (Tables) Predicate. Tables are NameRefs that may be wildcards, or paths; the list is
// empty when not written. In Predicate a lone string means * has it, and x : y is OpSearch.
type SearchOperator struct {
	node
	Parameters []*Parameter
	DataScope  string
	Tables     []Expr
	Predicate  Expr
}

// FindOperator is find Parameters in (Tables) where Predicate project Project. HasWhere tells find where x from find x.
type FindOperator struct {
	node
	Parameters   []*Parameter
	DataScope    string
	Tables       []Expr
	HasWhere     bool
	Predicate    Expr
	Project      []*FindColumn
	ProjectSmart bool
	ProjectAway  []*FindColumn
}

// FindColumn is Name, Name: Type, or pack(*) when Pack, or * when Star, in a find's project or project-away.
type FindColumn struct {
	node
	Name *Name // nil for pack(*) and *
	Type *TypeName
	Pack bool
	Star bool
}

func (*SearchOperator) operator() {}
func (*FindOperator) operator()   {}
