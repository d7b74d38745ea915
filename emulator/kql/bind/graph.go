package bind

import (
	"github.com/seed-caab1ad3/blindspot/emulator/kql/source"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/symbol"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/syntax"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
)

// Graphs bind, so that their results have columns; the engine refuses to run them.

func (b *binder) makeGraph(t *table, o *syntax.MakeGraphOperator) *item {
	at := o.Span()
	b.operatorParameters(o.Parameters, makeGraphParameters)
	g := &graph{edges: t.cols, rel: t.rel, open: t.open}
	for _, n := range []*syntax.Name{o.Source, o.Target} {
		if n == nil || n.Text == "" {
			continue
		}
		c := t.column(n.Text)
		switch {
		case c == nil && t.open:
			b.infer(t, n.Text)
		case c == nil:
			b.unknownName(n.Text, n.Span())
		case c.Type == value.Dynamic:
			b.graphKeyDynamic(n.Span())
		}
	}
	g.edges = t.cols
	seen := map[string]bool{}
	for _, x := range o.Tables {
		it := b.withoutRow(func() *item { return b.tabular(x.Table) })
		if !b.wantTable(it) {
			continue
		}
		nodes := it.table
		g.open = g.open || nodes.open
		if x.Key != nil && x.Key.Text != "" {
			c := nodes.column(x.Key.Text)
			switch {
			case c == nil && nodes.open:
				b.infer(nodes, x.Key.Text)
			case c == nil:
				row := b.row
				b.row = nodes
				b.unknownName(x.Key.Text, x.Key.Span())
				b.row = row
			case c.Type == value.Dynamic:
				b.graphKeyDynamic(x.Key.Span())
			}
		}
		for _, c := range nodes.cols {
			if !seen[c.Name] {
				seen[c.Name] = true
				g.nodes = append(g.nodes, c)
			}
		}
	}
	if o.NodeID != nil {
		typ := value.String
		if o.Source != nil {
			if c := t.column(o.Source.Text); c != nil {
				typ = c.Type
			}
		}
		g.nodes = append(g.nodes, &Column{Name: o.NodeID.Text, Type: typ})
	}
	out := &item{kind: isGraph, at: at, graph: g}
	if o.PartitionedBy != nil {
		b.wantColumn(b.expr(o.PartitionedBy))
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
	switch o := op.(type) {
	case *syntax.GraphMatchOperator:
		b.operatorParameters(o.Parameters, graphMatchParameters)
		return tableItem(at, b.graphMatch(g, o.Patterns, o.Where, o.Project, at, false))
	case *syntax.GraphShortestPathsOperator:
		b.operatorParameters(o.Parameters, shortestParameters)
		return tableItem(at, b.graphMatch(g, o.Patterns, o.Where, o.Project, at, true))
	case *syntax.GraphToTableOperator:
		return b.graphToTable(g, o)
	case *syntax.GraphMarkComponentsOperator:
		b.operatorParameters(o.Parameters, componentParameters)
		name := parameterWord(o.Parameters, "with_component_id")
		if name == "" {
			name = "ComponentId"
		}
		n := *g
		n.nodes = appendColumn(g.nodes, &Column{Name: name, Type: value.Long})
		return &item{kind: isGraph, at: at, graph: &n}
	case *syntax.GraphWhereNodesOperator:
		b.graphPredicate(g, g.nodes, o.Predicate, at)
		return in
	case *syntax.GraphWhereEdgesOperator:
		b.graphPredicate(g, g.edges, o.Predicate, at)
		return in
	case *syntax.AsOperator:
		c := *in
		b.scope.declare(&local{name: o.Name.Text, scalar: &c})
		return in
	}
	b.tableWanted(in)
	return bad(at)
}

func (b *binder) graphPredicate(g *graph, cols []*Column, e syntax.Expr, at source.Span) {
	row := b.row
	b.row = &table{rel: b.missing("graph", at).rel, cols: cols, open: g.open}
	b.condition(b.expr(e))
	b.row = row
}

func (b *binder) graphMatch(g *graph, patterns []*syntax.GraphPattern, where syntax.Expr, project []syntax.Expr, at source.Span, shortest bool) *table {
	leaf := b.missing("graph", at)
	scope, row := b.scope, b.row
	b.scope = newScope(scope)
	var names []string
	for _, p := range patterns {
		for _, e := range p.Elements {
			if e.Name == nil || e.Name.Text == "" {
				continue
			}
			it := &item{kind: isRow, at: e.Span(), cols: g.nodes}
			if e.Edge {
				it.cols = g.edges
			}
			if g.open {
				it.owner = &table{rel: leaf.rel, open: true}
			}
			b.scope.declare(&local{name: e.Name.Text, scalar: it})
			names = append(names, e.Name.Text)
			for _, x := range []syntax.Expr{e.Low, e.High} {
				if x != nil {
					b.expr(x)
				}
			}
		}
	}
	before := b.graph
	b.row, b.graph = nil, g
	defer func() { b.graph = before }()
	if where != nil {
		b.condition(b.expr(where))
	}
	p := b.projection(len(project))
	for _, e := range project {
		it := b.expr(e)
		if !b.wantScalar(it) && it.kind != isRow {
			continue
		}
		name := b.graphName(e, it)
		if n, ok := e.(*syntax.NamedExpr); ok && len(n.Names) > 0 {
			name = n.Names[0].Text
		}
		if name == "" {
			name = b.defaultName(false)
		}
		c := b.newColumn(name, it.typ)
		p.add(c, NewConst(nullOf(c.Type), at), "", false, false, nil)
	}
	if len(project) == 0 {
		for _, n := range names {
			cols := g.nodes
			if l := b.scope.find(n); l != nil && l.scalar != nil {
				cols = l.scalar.cols
			}
			for _, c := range cols {
				x := b.newColumn(n+"_"+c.Name, b.typeOf(c))
				p.add(x, NewConst(nullOf(c.Type), at), "", false, false, nil)
			}
		}
	}
	b.scope, b.row = scope, row
	out := b.project(leaf, p.out, at)
	out.open = false
	what := "graph-match"
	if shortest {
		what = "graph-shortest-paths"
	}
	return b.refused(out, what, at)
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
		cols := g.nodes
		ids := []string{"with_node_id"}
		if out.Edges {
			cols, ids = g.edges, []string{"with_source_id", "with_target_id"}
		}
		r := &Scan{Table: "graph", Missing: true}
		r.At = at
		for _, id := range ids {
			if name := parameterWord(out.Parameters, id); name != "" {
				r.Cols = append(r.Cols, b.newColumn(name, symbol.Of(value.Long)))
			}
		}
		for _, c := range cols {
			r.Cols = append(r.Cols, b.copyColumn(c))
		}
		t := b.refused(newTable(r, g.open), "graph-to-table", at)
		group.members = append(group.members, tableItem(at, t))
		if out.Name != nil {
			l := b.define(out.Name.Text, t, false)
			b.scope.declare(l)
		}
	}
	if len(group.members) == 1 {
		return group.members[0]
	}
	return &item{kind: isColumns, at: at, group: group}
}
