package bind

// Graph is what make-graph builds, and what the operators between it and a match do to it. It is no relation: GraphMatch
// and GraphTable read it. A node is a distinct value among the keys of Tables and the ends of Edges; one that only an edge
// names has that value in its key columns and nothing in the others.
type Graph struct {
	Edges          Rel
	Source, Target *Column // of Edges
	EdgeColumns    []*Column
	Tables         []GraphNodes
	Nodes          []*Column // the columns of a node
	ID             *Column   // of Nodes: with_node_id's
	// DegreeIn and DegreeOut stand for node_degree_in() and node_degree_out() in the conditions of Steps; NodeBag and EdgeBag
	// for a node or edge as a whole.
	DegreeIn, DegreeOut, NodeBag, EdgeBag *Column
	Steps                                 []GraphStep
}

// GraphNodes is a table of nodes: Out pairs Graph.Nodes with the table's columns.
type GraphNodes struct {
	Rel Rel
	Key *Column
	Out []ColumnPair
}

// GraphStep keeps the nodes or edges for which Where is true, or numbers the components into a column of Nodes.
type GraphStep struct {
	Where     Expr
	Edges     bool
	Component *Column
	Strong    bool
}

func (g *Graph) inputs() []Rel {
	out := []Rel{g.Edges}
	for _, t := range g.Tables {
		out = append(out, t.Rel)
	}
	return out
}

// NodeLayout lists the columns that conditions on a node read, EdgeLayout those on an edge.
func (g *Graph) NodeLayout() []*Column {
	return append(g.Nodes[:len(g.Nodes):len(g.Nodes)], g.DegreeIn, g.DegreeOut, g.NodeBag)
}

// EdgeLayout lists the columns that conditions on an edge read.
func (g *Graph) EdgeLayout() []*Column {
	return append(g.EdgeColumns[:len(g.EdgeColumns):len(g.EdgeColumns)], g.EdgeBag)
}

// GraphElement is a node or an edge of a pattern. Elements of one name have one Slot: they are one node or edge.
type GraphElement struct {
	Edge      bool
	Slot      int
	Direction int // of an edge: 1 as written from left to right, -1 the other way, 0 either
	Variable  bool
	Low, High int
	// Columns are what expressions read of a fixed element, in the order of NodeLayout or EdgeLayout.
	Columns []*Column
}

// GraphValue is a column computed for each match, before the condition: all, any or map of Body over the edges of a variable
// edge, over its inner nodes, or over one fixed element. Body reads Columns, in the order of NodeLayout or EdgeLayout.
type GraphValue struct {
	Column  *Column
	Kind    string
	Slot    int
	Inner   bool
	Columns []*Column
	Body    Expr
}

type (
	// GraphMatch is graph-match and graph-shortest-paths.
	GraphMatch struct {
		RelBase
		Graph    *Graph
		Patterns [][]GraphElement
		Values   []GraphValue
		Where    Expr // nil without one
		Assign   []Assignment
		Cycles   string // unique_edges, all or none
		Shortest bool
		All      bool // all shortest paths, not one of a pair
	}
	// GraphTable is graph-to-table: the nodes or the edges as rows, after their numbers where these are asked for.
	GraphTable struct {
		RelBase
		Graph              *Graph
		Edges              bool
		NodeID             *Column // nil when not asked for
		SourceID, TargetID *Column
		Out                []ColumnPair
	}
)

func (r *GraphMatch) Inputs() []Rel { return r.Graph.inputs() }
func (r *GraphTable) Inputs() []Rel { return r.Graph.inputs() }
