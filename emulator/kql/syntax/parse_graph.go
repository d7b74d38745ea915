package syntax

// parseGraphOperator reads an operator that makes or reads a graph, nil when none begins.
func (p *parser) parseGraphOperator() Operator {
	start := p.start()
	switch p.kind() {
	case kwMakeGraph:
		return p.parseMakeGraph()
	case kwGraphMatch:
		p.next()
		o := &GraphMatchOperator{Parameters: p.parseParameters(true), Patterns: p.parseGraphPatterns()}
		o.Where, o.Project = p.parseGraphClauses()
		o.node = p.from(start)
		return o
	case kwGraphShortestPaths:
		p.next()
		o := &GraphShortestPathsOperator{Parameters: p.parseParameters(true, "output"), Patterns: p.parseGraphPatterns()}
		o.Where, o.Project = p.parseGraphClauses()
		o.node = p.from(start)
		return o
	case kwGraphToTable:
		p.next()
		o := &GraphToTableOperator{Outputs: parseList(p, (*parser).parseGraphOutput, func(p *parser) *GraphOutput {
			return &GraphOutput{node: node{p.gap()}}
		}, list{what: "nodes or edges", some: true})}
		o.node = p.from(start)
		return o
	case kwGraphMarkComponents:
		p.next()
		o := &GraphMarkComponentsOperator{Parameters: p.parseParameters(true, "with_component_id")}
		o.node = p.from(start)
		return o
	case kwGraphWhereNodes:
		p.next()
		o := &GraphWhereNodesOperator{Predicate: p.requireUnnamed()}
		o.node = p.from(start)
		return o
	case kwGraphWhereEdges:
		p.next()
		o := &GraphWhereEdgesOperator{Predicate: p.requireUnnamed()}
		o.node = p.from(start)
		return o
	}
	return nil
}

func (p *parser) parseMakeGraph() Operator {
	start := p.start()
	p.next()
	o := &MakeGraphOperator{Parameters: p.parseParameters(true)}
	o.Source = p.requireName()
	switch {
	case p.acceptAll(kindMinus, kindMinus, kindGreater):
		o.Directed = true
	case p.acceptAll(kindMinus, kindMinus):
	default:
		p.expectedToken("-->")
	}
	o.Target = p.requireName()
	switch {
	case p.accept(kwWithNodeId):
		p.expect(kindEqual, "=")
		o.NodeID = p.requireName()
	case p.accept(kwWith):
		o.Tables = parseList(p, (*parser).parseGraphTable, func(p *parser) *MakeGraphTable {
			return &MakeGraphTable{node{p.gap()}, p.bad(), p.emptyName()}
		}, list{what: "table", end: endsAt(kwPartitionedBy), some: true})
	}
	if p.accept(kwPartitionedBy) {
		o.PartitionedBy = p.requireSimplePath()
		o.Subquery = p.parseContextualSubquery()
	}
	o.node = p.from(start)
	return o
}

func (p *parser) parseGraphTable() (*MakeGraphTable, bool) {
	start := p.start()
	t := &MakeGraphTable{Table: p.parseUnary()}
	if t.Table == nil {
		return nil, false
	}
	p.expect(kwOn, "on")
	t.Key = p.requireName()
	t.node = p.from(start)
	return t, true
}

// acceptAll reads the tokens when they stand next without blanks between them.
func (p *parser) acceptAll(kinds ...Kind) bool {
	for i, k := range kinds {
		if p.peek(i).Kind != k || i > 0 && !p.adjacent(i) {
			return false
		}
	}
	p.pos += len(kinds)
	return true
}

func (p *parser) parseGraphPatterns() []*GraphPattern {
	return parseList(p, func(p *parser) (*GraphPattern, bool) {
		start := p.start()
		g := &GraphPattern{}
		for {
			e := p.parseGraphElement()
			if e == nil {
				break
			}
			g.Elements = append(g.Elements, e)
		}
		if len(g.Elements) == 0 {
			return nil, false
		}
		g.node = p.from(start)
		return g, true
	}, func(p *parser) *GraphPattern { return &GraphPattern{node: node{p.gap()}} }, list{what: "pattern such as (a)-[e]->(b)", some: true})
}

// parseGraphElement reads a node or an edge of a pattern, nil when neither begins.
func (p *parser) parseGraphElement() *GraphElement {
	start := p.start()
	e := &GraphElement{}
	if open := p.tok(); p.accept(kindOpenParen) {
		e.Name = p.parseName()
		p.close(kindCloseParen, ")", open, true)
		e.node = p.from(start)
		return e
	}
	e.Edge = true
	switch {
	case p.acceptAll(kindMinus, kindMinus, kindGreater):
		e.Arrow = ArrowRight
	case p.acceptAll(kindLess, kindMinus, kindMinus):
		e.Arrow = ArrowLeft
	case p.acceptAll(kindMinus, kindMinus):
	case p.acceptAll(kindMinus, kindOpenBracket):
		p.parseGraphEdge(e, false)
	case p.acceptAll(kindLess, kindMinus, kindOpenBracket):
		p.parseGraphEdge(e, true)
	default:
		return nil
	}
	e.node = p.from(start)
	return e
}

// parseGraphEdge reads an edge's name, its length, and the arrow's end.
func (p *parser) parseGraphEdge(e *GraphElement, left bool) {
	e.Name = p.parseName()
	if p.accept(kindAsterisk) {
		e.Variable = true
		if e.Low = p.parseUnary(); e.Low == nil {
			e.Low = p.badExpr()
		}
		p.expect(kindDotDot, "..")
		if e.High = p.parseUnary(); e.High == nil {
			e.High = p.badExpr()
		}
	}
	if left {
		e.Arrow = ArrowLeft
	}
	switch {
	case p.acceptAll(kindCloseBracket, kindMinus, kindGreater):
		e.Arrow = ArrowRight
	case p.acceptAll(kindCloseBracket, kindMinus):
	default:
		p.expectedOneOf("]->", "]-")
	}
}

// parseGraphClauses reads where and project after a pattern.
func (p *parser) parseGraphClauses() (where Expr, project []Expr) {
	if p.accept(kwWhere) {
		where = p.requireQueryExpr()
	}
	if p.accept(kwProject) {
		project = p.columns((*parser).parseNamed, true)
	}
	return where, project
}

func (p *parser) parseGraphOutput() (*GraphOutput, bool) {
	start := p.start()
	o := &GraphOutput{Edges: p.kind() == kwEdges}
	if !p.accept(kwEdges) && !p.accept(kwNodes) {
		return nil, false
	}
	if p.accept(kwAs) {
		o.Name = p.requireName()
	}
	if o.Edges {
		o.Parameters = p.parseParameters(true, "with_source_id", "with_target_id")
	} else {
		o.Parameters = p.parseParameters(true, "with_node_id")
	}
	o.node = p.from(start)
	return o, true
}
