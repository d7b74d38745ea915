package syntax

func (p *parser) parseSearch() Operator {
	start := p.start()
	p.next()
	o := &SearchOperator{Parameters: p.parseParameters(true)}
	o.DataScope = p.parseDataScope()
	o.Tables = p.parseFindTables()
	o.Predicate = p.parseSearchPredicate()
	o.node = p.from(start)
	return o
}

// parseSearchPredicate reads a predicate, in which a lone * may stand first.
func (p *parser) parseSearchPredicate() Expr {
	start := p.start()
	e := p.parseUnnamed()
	if e == nil {
		if p.kind() != kindAsterisk {
			return p.badExpr()
		}
		e = &StarExpr{node{p.next().Span()}}
	}
	if t := p.tok(); p.accept(kwAnd) {
		right := p.requireUnnamed()
		e = &BinaryExpr{p.from(start), OpAnd, p.tokenText(t), t.Span(), e, right}
	}
	return e
}

// parseFindTables reads in (tables), nil when in does not stand next.
func (p *parser) parseFindTables() []Expr {
	if !p.accept(kwIn) {
		return nil
	}
	open, ok := p.open(kindOpenParen, "(")
	tables := p.columns(func(p *parser) Expr {
		start := p.start()
		e := p.parseEntity()
		if e == nil || p.kind() != kindBar {
			return e
		}
		return p.parsePipe(start, e, nil)
	}, true)
	p.close(kindCloseParen, ")", open, ok)
	return tables
}

func (p *parser) parseFind() Operator {
	start := p.start()
	p.next()
	o := &FindOperator{DataScope: p.parseDataScope(), Parameters: p.parseParameters(false)}
	in := p.kind() == kwIn
	o.Tables = p.parseFindTables()
	if o.HasWhere = p.accept(kwWhere); !o.HasWhere && (in || len(o.Parameters) > 0) {
		p.expectedToken("where")
	}
	o.Predicate = p.requireUnnamed()
	switch {
	case p.accept(kwProject):
		o.Project = p.parseFindColumns()
	case p.accept(kwProjectSmart):
		o.ProjectSmart = true
	}
	if p.accept(kwInternalProjectAway) {
		o.ProjectAway = p.parseFindColumns()
	}
	o.node = p.from(start)
	return o
}

func (p *parser) parseFindColumns() []*FindColumn {
	return parseList(p, (*parser).parseFindColumn, func(p *parser) *FindColumn {
		return &FindColumn{node: node{p.gap()}, Name: p.emptyName()}
	}, list{what: "column", some: true})
}

func (p *parser) parseFindColumn() (*FindColumn, bool) {
	start := p.start()
	c := &FindColumn{}
	switch {
	case p.accept(kwPack):
		open, ok := p.open(kindOpenParen, "(")
		p.expect(kindAsterisk, "*")
		p.close(kindCloseParen, ")", open, ok)
		c.Pack = true
	case p.accept(kindAsterisk):
		c.Star = true
	default:
		if c.Name = p.parseName(); c.Name == nil {
			return nil, false
		}
		if p.accept(kindColon) {
			if c.Type = p.parseType(extendedTypes); c.Type == nil {
				p.missing("type name")
			}
		}
	}
	c.node = p.from(start)
	return c, true
}
