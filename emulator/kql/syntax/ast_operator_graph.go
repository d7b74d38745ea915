package syntax

// MakeGraphOperator is make-graph Source --> Target with Nodes on Key, ...; an undirected edge (--) leaves Directed false. NodeID
// is the name after with_node_id =, or nil.
type MakeGraphOperator struct {
	node
	Parameters    []*Parameter
	Source        *Name
	Directed      bool
	Target        *Name
	Tables        []*MakeGraphTable
	NodeID        *Name
	PartitionedBy Expr // the column of partitioned-by, nil when not written
	Subquery      Expr // the subquery of partitioned-by
}

// MakeGraphTable is Table on Key in a make-graph's with.
type MakeGraphTable struct {
	node
	Table Expr
	Key   *Name
}

// GraphMatchOperator is graph-match Parameters Patterns where Where project Project.
type GraphMatchOperator struct {
	node
	Parameters []*Parameter
	Patterns   []*GraphPattern
	Where      Expr
	Project    []Expr
}

// GraphShortestPathsOperator is graph-shortest-paths Parameters Patterns where Where project Project.
type GraphShortestPathsOperator struct {
	node
	Parameters []*Parameter
	Patterns   []*GraphPattern
	Where      Expr
	Project    []Expr
}

// GraphPattern is (a)-[e]->(b): nodes and edges by turns, as they stand.
type GraphPattern struct {
	node
	Elements []*GraphElement
}

// GraphElement is a node (a) or an edge. Name is nil for (), --, --> and <--. An edge may have a variable length, *1..3.
type GraphElement struct {
	node
	Edge     bool
	Name     *Name
	Arrow    GraphArrow
	Variable bool
	Low      Expr // nil when not variable
	High     Expr
}

// GraphArrow is an edge's direction.
type GraphArrow uint8

// The directions.
const (
	ArrowNone  GraphArrow = iota // -[e]- and --
	ArrowRight                   // -[e]-> and -->
	ArrowLeft                    // <-[e]- and <--
)

// GraphToTableOperator is graph-to-table nodes as N with_node_id=id, edges as E.
type GraphToTableOperator struct {
	node
	Outputs []*GraphOutput
}

// GraphOutput is nodes (or edges) as Name with parameters. Name is nil when not written.
type GraphOutput struct {
	node
	Edges      bool
	Name       *Name
	Parameters []*Parameter
}

// GraphMarkComponentsOperator is graph-mark-components Parameters.
type GraphMarkComponentsOperator struct {
	node
	Parameters []*Parameter
}

// GraphWhereNodesOperator is graph-where-nodes Predicate.
type GraphWhereNodesOperator struct {
	node
	Parameters []*Parameter
	Predicate  Expr
}

// GraphWhereEdgesOperator is graph-where-edges Predicate.
type GraphWhereEdgesOperator struct {
	node
	Parameters []*Parameter
	Predicate  Expr
}

func (*MakeGraphOperator) operator()           {}
func (*GraphMatchOperator) operator()          {}
func (*GraphShortestPathsOperator) operator()  {}
func (*GraphToTableOperator) operator()        {}
func (*GraphMarkComponentsOperator) operator() {}
func (*GraphWhereNodesOperator) operator()     {}
func (*GraphWhereEdgesOperator) operator()     {}
