package bind

import (
	"github.com/seed-caab1ad3/blindspot/emulator/kql/source"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/symbol"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/syntax"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
)

func (b *binder) makeGraph(t *table, o *syntax.MakeGraphOperator) *item {
	at := o.Span()
	b.operatorParameters(o.Parameters, makeGraphParameters)
	g := &graph{open: t.open}
	built := &Graph{}
	keys := make([]*Column, 2)
	for i, n := range []*syntax.Name{o.Source, o.Target} {
		if n == nil || n.Text == "" {
			continue
		}
		c := t.column(n.Text)
		switch {
		case c == nil && t.open:
			c = b.infer(t, n.Text)
		case c == nil:
			b.unknownName(n.Text, n.Span())
		case c.Type == value.Dynamic:
			b.graphKeyDynamic(n.Span())
			c = nil
		}
		keys[i] = c
	}
	b.settle(t)
	g.edges = t.cols
	built.Edges, built.EdgeColumns, built.Source, built.Target = t.rel, t.cols, keys[0], keys[1]
	seen := map[string]*Column{}
	for _, x := range o.Tables {
		it := b.withoutRow(func() *item { return b.tabular(x.Table) })
		if !b.wantTable(it) {
			continue
		}
		nodes := it.table
		g.open = g.open || nodes.open
		var key *Column
		if x.Key != nil && x.Key.Text != "" {
			key = nodes.column(x.Key.Text)
			switch {
			case key == nil && nodes.open:
				key = b.infer(nodes, x.Key.Text)
			case key == nil:
				row := b.row
				b.row = nodes
				b.unknownName(x.Key.Text, x.Key.Span())
				b.row = row
			case key.Type == value.Dynamic:
				b.graphKeyDynamic(x.Key.Span())
				key = nil
			}
		}
		b.settle(nodes)
		in := GraphNodes{Rel: nodes.rel, Key: key}
		for _, c := range nodes.cols {
			out := seen[c.Name]
			if out == nil {
				out = b.copyColumn(c)
				seen[c.Name] = out
				g.nodes = append(g.nodes, out)
			} else if out.Type != c.Type {
				b.unsupported("make-graph over tables that have a column "+c.Name+" of different types", at)
			}
			in.Out = append(in.Out, ColumnPair{Out: out, In: c})
		}
		built.Tables = append(built.Tables, in)
		if key == nil {
			b.unsupported("make-graph without a key of its nodes", at)
		}
	}
	if o.NodeID != nil {
		typ := value.String
		if keys[0] != nil {
			typ = keys[0].Type
		}
		built.ID = &Column{Name: o.NodeID.Text, Type: typ}
		g.nodes = append(g.nodes, built.ID)
	}
	built.Nodes = g.nodes
	long := symbol.Of(value.Long)
	built.DegreeIn, built.DegreeOut = b.newColumn("node_degree_in", long), b.newColumn("node_degree_out", long)
	built.NodeBag, built.EdgeBag = b.newColumn("node", symbol.Bag), b.newColumn("edge", symbol.Bag)
	g.built = built
	out := b.newItem(item{kind: isGraph, at: at, graph: g})
	if o.PartitionedBy != nil {
		b.wantColumn(b.expr(o.PartitionedBy))
		b.unsupported("make-graph partitioned-by", at)
	}
	if o.Subquery != nil {
		if p, ok := o.Subquery.(*syntax.PipeExpr); ok && p.Source == nil {
			for _, op := range p.Operators {
				out = b.apply(out, op, true)
			}
			return out
		}
		return b.expr(o.Subquery)
	}
	return out
}

// graphOperator binds an operator whose input is a graph.
func (b *binder) graphOperator(in *item, op syntax.Operator) *item {
	at := op.Span()
	g := in.graph
	step := func(nodes []*Column, s GraphStep) *item {
		n := *g
		n.nodes = nodes
		if g.built != nil {
			built := *g.built
			built.Nodes = nodes
			built.Steps = append(built.Steps[:len(built.Steps):len(built.Steps)], s)
			n.built = &built
		}
		return b.newItem(item{kind: isGraph, at: at, graph: &n})
	}
	switch o := op.(type) {
	case *syntax.GraphMatchOperator:
		b.operatorParameters(o.Parameters, graphMatchParameters)
		m := &GraphMatch{Cycles: parameterWord(o.Parameters, "cycles")}
		if m.Cycles == "" {
			m.Cycles = "unique_edges"
		}
		return b.tableItem(at, b.graphMatch(g, m, o.Patterns, o.Where, o.Project, at))
	case *syntax.GraphShortestPathsOperator:
		b.operatorParameters(o.Parameters, shortestParameters)
		m := &GraphMatch{Cycles: "none", Shortest: true, All: parameterWord(o.Parameters, "output") == "all"}
		return b.tableItem(at, b.graphMatch(g, m, o.Patterns, o.Where, o.Project, at))
	case *syntax.GraphToTableOperator:
		return b.graphToTable(g, o)
	case *syntax.GraphMarkComponentsOperator:
		b.operatorParameters(o.Parameters, componentParameters)
		name := parameterWord(o.Parameters, "with_component_id")
		if name == "" {
			name = "ComponentId"
		}
		c := &Column{Name: name, Type: value.Long}
		return step(appendColumn(g.nodes, c), GraphStep{Component: c, Strong: parameterWord(o.Parameters, "kind") == "strong"})
	case *syntax.GraphWhereNodesOperator:
		return step(g.nodes, GraphStep{Where: b.graphPredicate(g, false, o.Predicate, at)})
	case *syntax.GraphWhereEdgesOperator:
		return step(g.nodes, GraphStep{Where: b.graphPredicate(g, true, o.Predicate, at), Edges: true})
	case *syntax.AsOperator:
		c := *in
		b.scope.declare(&local{name: o.Name.Text, scalar: &c})
		return in
	}
	b.tableWanted(in)
	return b.bad(at)
}

func (b *binder) graphPredicate(g *graph, edges bool, e syntax.Expr, at source.Span) Expr {
	row, before, element := b.row, b.graph, b.degrees
	defer func() { b.row, b.graph, b.degrees = row, before, element }()
	cols := g.nodes
	if edges {
		cols = g.edges
	} else if g.built != nil {
		b.degrees = g.built.NodeLayout()
	}
	b.row = &table{rel: b.missing("graph", at).rel, cols: cols, open: g.open}
	b.graph = &matching{graph: g}
	return b.condition(b.expr(e))
}

// matching is the pattern of a graph-match while its expressions are bound.
type matching struct {
	graph *graph
	match *GraphMatch
	open  *table // of a graph whose columns are not all known: those that were named
}

// element is what a name in a pattern stands for.
type element struct {
	slot     int
	edge     bool
	variable bool
	inner    bool      // the inner nodes of a variable edge
	layout   []*Column // of a fixed element
	body     []*Column // what the second argument of all, any and map reads
}

func (b *binder) graphMatch(g *graph, m *GraphMatch, patterns []*syntax.GraphPattern, where syntax.Expr, project []syntax.Expr, at source.Span) *table {
	leaf := b.missing("graph", at)
	scope, row, before, outer := b.scope, b.row, b.graph, b.degrees
	b.scope = newScope(scope)
	defer func() { b.scope, b.row, b.graph, b.degrees = scope, row, before, outer }()
	state := &matching{graph: g, match: m}
	if g.open {
		state.open = &table{rel: leaf.rel, open: true}
	}
	m.Graph, m.At = g.built, at
	var names []string
	elements := map[string]*item{}
	slots := 0
	for _, p := range patterns {
		var list []GraphElement
		b.graphTurns(p)
		for _, e := range p.Elements {
			x := GraphElement{Edge: e.Edge, Variable: e.Variable, Slot: slots}
			switch e.Arrow {
			case syntax.ArrowRight:
				x.Direction = 1
			case syntax.ArrowLeft:
				x.Direction = -1
			}
			for k, bound := range []syntax.Expr{e.Low, e.High} {
				if bound == nil {
					continue
				}
				it := b.expr(bound)
				if it.value == nil || !it.value.Type.Integer() || it.value.I < 0 || it.value.I > 1<<20 {
					b.unsupported("graph-match with a length that is no literal", bound.Span())
					continue
				}
				if k == 0 {
					x.Low = int(it.value.I)
				} else {
					x.High = int(it.value.I)
				}
			}
			named := e.Name != nil && e.Name.Text != ""
			if named && elements[e.Name.Text] != nil {
				known := elements[e.Name.Text].elem
				x.Slot, x.Columns = known.slot, known.layout
				if known.variable || known.edge != e.Edge || x.Variable {
					b.unsupported("graph-match with the edge "+e.Name.Text+" twice", e.Span())
				}
				list = append(list, x)
				continue
			}
			slots++
			it := b.newItem(item{kind: isRow, at: e.Span(), cols: g.nodes, owner: state.open, elem: &element{slot: x.Slot, edge: e.Edge, variable: e.Variable}})
			if e.Edge {
				it.cols = g.edges
			}
			if g.built != nil {
				layout := g.built.NodeLayout()
				if e.Edge {
					layout = g.built.EdgeLayout()
				}
				if !e.Variable {
					x.Columns = b.copies(layout)
					it.elem.layout = x.Columns
					it.cols = x.Columns[:len(it.cols)]
				}
			}
			list = append(list, x)
			if named {
				elements[e.Name.Text] = it
				b.scope.declare(&local{name: e.Name.Text, scalar: it})
				names = append(names, e.Name.Text)
			}
		}
		m.Patterns = append(m.Patterns, list)
	}
	b.row, b.graph, b.degrees = nil, state, nil
	if where != nil {
		m.Where = b.condition(b.expr(where))
	}
	p := b.projection(len(project))
	for _, e := range project {
		it := b.expr(e)
		if !b.wantScalar(it) {
			continue
		}
		name := b.graphName(e, it)
		if n, ok := e.(*syntax.NamedExpr); ok && len(n.Names) > 0 {
			name = n.Names[0].Text
		}
		if name == "" {
			name = b.defaultName(false)
		}
		if it.kind == isRow {
			it = b.wholeElement(it)
		}
		c := b.newColumn(name, it.typ)
		x := it.expr
		if x == nil {
			x = NewConst(nullOf(c.Type), at)
		}
		p.add(c, x, "", false, false, nil)
	}
	if len(project) == 0 {
		for _, n := range names {
			it := elements[n]
			for _, c := range it.cols {
				if c.Hidden {
					continue
				}
				v := b.elementColumn(it, c, at)
				x := b.newColumn(n+"_"+c.Name, v.typ)
				p.add(x, v.expr, "", false, false, nil)
			}
		}
	}
	for _, o := range p.out {
		m.Assign = append(m.Assign, Assignment{Column: o.col, Expr: o.expr})
		m.Cols = append(m.Cols, o.col)
	}
	what := "graph-match"
	if m.Shortest {
		what = "graph-shortest-paths"
	}
	switch {
	case g.built == nil || g.built.Source == nil || g.built.Target == nil:
		return b.refused(b.project(leaf, p.out, at), what, at)
	case state.open != nil && len(state.open.cols) > 0:
		return b.refused(b.project(leaf, p.out, at), what+" over columns that nobody listed", at)
	case m.Where != nil && m.Where.Type() != value.Bool:
		m.Where = nil
	}
	return newTable(m, false)
}

// graphTurns reports a pattern whose nodes and edges do not take turns, or that ends in an edge.
func (b *binder) graphTurns(p *syntax.GraphPattern) {
	for i, e := range p.Elements {
		if e.Edge != (i%2 == 1) {
			b.elementTurn(e.Edge, e.Span())
			return
		}
	}
	if n := len(p.Elements); n > 0 && p.Elements[n-1].Edge {
		b.elementMissing(p.Elements[n-1].Span())
	}
}

func (b *binder) copies(cols []*Column) []*Column {
	out := make([]*Column, len(cols))
	for i, c := range cols {
		out[i] = b.copyColumn(c)
	}
	return out
}

// elementColumn reads a column of an element: a value of a fixed one, an array of a variable edge's.
func (b *binder) elementColumn(base *item, c *Column, at source.Span) *item {
	if base.elem == nil || !base.elem.variable {
		return b.columnItem(c, at)
	}
	list := base.cols
	if b.graph != nil && b.graph.graph.built != nil {
		if base.elem.edge && !base.elem.inner {
			list = b.graph.graph.built.EdgeLayout()
		} else {
			list = b.graph.graph.built.NodeLayout()
		}
	}
	body := b.copies(list)
	for i, x := range base.cols {
		if x == c && i < len(body) {
			it := b.graphValue(base, "map", body, NewColumnRef(body[i], at), symbol.ArrayOf(b.typeOf(c)), at)
			it.setName(c.Name)
			return it
		}
	}
	return b.bad(at)
}

// wholeElement is an element as a bag, a variable edge as an array of bags.
func (b *binder) wholeElement(base *item) *item {
	if base.elem == nil || b.graph == nil || b.graph.match == nil || b.graph.graph.built == nil {
		return b.scalarItem(base.at, symbol.Any, NewConst(value.Null(value.Dynamic), base.at))
	}
	if !base.elem.variable {
		it := b.scalarItem(base.at, symbol.Bag, NewColumnRef(base.elem.layout[len(base.elem.layout)-1], base.at))
		it.name, it.named = base.name, base.named
		return it
	}
	list := b.graph.graph.built.EdgeLayout()
	if base.elem.inner {
		list = b.graph.graph.built.NodeLayout()
	}
	body := b.copies(list)
	it := b.graphValue(base, "map", body, NewColumnRef(body[len(body)-1], base.at), symbol.ArrayOf(symbol.Bag), base.at)
	it.name, it.named = base.name, base.named
	return it
}

// graphValue adds a column that is computed for each match.
func (b *binder) graphValue(base *item, kind string, cols []*Column, body Expr, t symbol.Type, at source.Span) *item {
	if b.graph == nil || b.graph.match == nil {
		return b.scalarItem(at, t, NewConst(nullOf(t.Scalar), at))
	}
	c := b.newColumn(kind, t)
	m := b.graph.match
	m.Values = append(m.Values, GraphValue{Column: c, Kind: kind, Slot: base.elem.slot, Inner: base.elem.inner, Columns: cols, Body: body})
	return b.scalarItem(at, t, NewColumnRef(c, at))
}

// graphFunction binds the functions over elements of a pattern; nil when f is none of them or stands elsewhere.
func (b *binder) graphFunction(e *syntax.CallExpr, f *symbol.Function, args []*item) *item {
	at := e.Span()
	if b.graph == nil {
		return nil
	}
	switch f.Canonical {
	case "inner_nodes":
		it := b.newItem(item{kind: isRow, at: at, cols: b.graph.graph.nodes, owner: b.graph.open})
		if args[0].elem != nil {
			it.elem = &element{slot: args[0].elem.slot, edge: true, variable: true, inner: true}
			if !args[0].elem.variable {
				b.unsupported("inner_nodes() of an edge of a fixed length", at)
			}
		}
		return it
	case "all", "any", "map":
		base := args[0]
		if base.kind != isRow || base.elem == nil || base.elem.body == nil {
			return nil
		}
		body := args[1]
		if body.kind == isRow {
			body = b.wholeElement(body)
		}
		if body.expr == nil {
			return nil
		}
		t := symbol.Of(value.Bool)
		if f.Canonical == "map" {
			t = symbol.ArrayOf(body.typ)
		}
		it := b.graphValue(base, f.Canonical, base.elem.body, body.expr, t, at)
		it.call = f
		b.callName(it, f, args)
		return it
	case "node_degree_in", "node_degree_out":
		layout := b.degrees
		if len(args) > 0 {
			if args[0].elem == nil || args[0].elem.edge || args[0].elem.variable {
				return nil
			}
			layout = args[0].elem.layout
		}
		if len(layout) < 3 {
			return nil
		}
		c := layout[len(layout)-3]
		if f.Canonical == "node_degree_out" {
			c = layout[len(layout)-2]
		}
		it := b.scalarItem(at, symbol.Of(value.Long), NewColumnRef(c, at))
		it.call = f
		it.setName(f.Name)
		return it
	}
	return nil
}

// elementRow is what the expression over the elements of an argument sees.
func (b *binder) elementRow(base *item, at source.Span) *table {
	t := &table{rel: b.missing("", at).rel, cols: base.cols, open: base.owner != nil}
	if base.elem == nil || b.graph == nil || b.graph.graph.built == nil {
		return t
	}
	layout := b.graph.graph.built.NodeLayout()
	if base.elem.edge && !base.elem.inner {
		layout = b.graph.graph.built.EdgeLayout()
	}
	base.elem.body = b.copies(layout)
	t.cols = base.elem.body[:len(base.cols)]
	b.degrees = nil
	if !base.elem.edge || base.elem.inner {
		b.degrees = base.elem.body
	}
	return t
}

// graphName names node.Column node_Column.
func (b *binder) graphName(e syntax.Expr, it *item) string {
	switch x := e.(type) {
	case *syntax.PathExpr:
		left := b.graphName(x.Target, nil)
		if n, ok := x.Selector.(*syntax.NameRef); ok {
			if left != "" {
				return left + "_" + n.Name.Text
			}
			return n.Name.Text
		}
	case *syntax.NameRef:
		return x.Name.Text
	}
	if it != nil && it.named {
		return it.name
	}
	return ""
}

func (b *binder) graphToTable(g *graph, o *syntax.GraphToTableOperator) *item {
	at := o.Span()
	group := &entityGroup{}
	for _, out := range o.Outputs {
		b.operatorParameters(out.Parameters, graphOutputParameters)
		r := &GraphTable{Graph: g.built, Edges: out.Edges}
		r.At = at
		long := symbol.Of(value.Long)
		id := func(parameter string) *Column {
			name := parameterWord(out.Parameters, parameter)
			if name == "" {
				return nil
			}
			c := b.newColumn(name, long)
			r.Cols = append(r.Cols, c)
			return c
		}
		cols := g.nodes
		if out.Edges {
			cols = g.edges
			r.SourceID, r.TargetID = id("with_source_id"), id("with_target_id")
		} else {
			r.NodeID = id("with_node_id")
		}
		for _, c := range cols {
			n := b.copyColumn(c)
			r.Cols = append(r.Cols, n)
			r.Out = append(r.Out, ColumnPair{Out: n, In: c})
		}
		t := newTable(r, g.open)
		if g.built == nil || g.built.Source == nil || g.built.Target == nil {
			s := &Scan{Table: "graph", Missing: true}
			s.RelBase = r.RelBase
			t = b.refused(newTable(s, g.open), "graph-to-table", at)
		}
		group.members = append(group.members, b.tableItem(at, t))
		if out.Name != nil {
			l := b.define(out.Name.Text, t, false)
			b.scope.declare(l)
		}
	}
	if len(group.members) == 1 {
		return group.members[0]
	}
	return b.newItem(item{kind: isColumns, at: at, group: group})
}
