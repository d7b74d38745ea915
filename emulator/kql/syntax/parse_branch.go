package syntax

func (p *parser) parseFork() Operator {
	start := p.start()
	p.next()
	o := &ForkOperator{}
	for {
		n := p.nameLength(0)
		named := n > 0 && p.peek(n).Kind == kindEqual
		if !named && p.kind() != kindOpenParen {
			break
		}
		o.Prongs = append(o.Prongs, p.parseForkProng(named))
	}
	if len(o.Prongs) == 0 {
		p.expectedToken("(")
	}
	o.node = p.from(start)
	return o
}

func (p *parser) parseForkProng(named bool) *ForkProng {
	start := p.start()
	f := &ForkProng{}
	if named {
		f.Name = p.parseName()
		p.next()
	}
	open, ok := p.open(kindOpenParen, "(")
	f.Subquery = p.parseBranch()
	p.close(kindCloseParen, ")", open, ok)
	f.node = p.from(start)
	return f
}

// parseBranch reads operators whose input is implied, or else a query of its own.
func (p *parser) parseBranch() Expr {
	if !p.enter() {
		p.leave()
		return p.bad()
	}
	defer p.leave()
	start := p.start()
	op := p.parseOperator()
	if op == nil {
		return p.requireQueryExpr()
	}
	p.resync()
	return p.parsePipe(start, nil, []Operator{op})
}

func (p *parser) parseFacet() Operator {
	start := p.start()
	p.next()
	o := &FacetOperator{}
	p.expect(kwBy, "by")
	o.Columns = p.exprList((*parser).parseSimplePath, list{what: "name", end: endsAt(kwWith), some: true})
	if p.accept(kwWith) {
		if open := p.tok(); p.accept(kindOpenParen) {
			o.Subquery = p.parseSubquery()
			p.close(kindCloseParen, ")", open, true)
		} else {
			from := p.start()
			op := p.requireOperator()
			o.Subquery = &PipeExpr{p.from(min(from, op.Span().Start)), nil, []Operator{op}}
		}
	}
	o.node = p.from(start)
	return o
}

// parseSimplePath reads a name and members, without calls.
func (p *parser) parseSimplePath() Expr {
	start := p.start()
	e := p.parseElementSelector()
	if e == nil {
		return nil
	}
	return p.parseSelectors(start, e, false)
}

func (p *parser) requireSimplePath() Expr {
	if e := p.parseSimplePath(); e != nil {
		return e
	}
	p.missing("name")
	return p.bad()
}

func (p *parser) parsePartition() Operator {
	start := p.start()
	p.next()
	o := &PartitionOperator{Parameters: p.parseParameters(false)}
	p.expect(kwBy, "by")
	o.By = p.requireSimplePath()
	if p.accept(kwIn) {
		switch {
		case p.startsCall():
			o.Scope = p.parseCall()
		case p.kind() == kwDynamic:
			o.Scope = p.parseLiteral()
		}
		if o.Scope == nil {
			o.Scope = p.badExpr()
		}
	}
	if open := p.tok(); p.accept(kindOpenBrace) {
		o.Braced = true
		o.Subquery = p.requireQueryExpr()
		p.close(kindCloseBrace, "}", open, true)
	} else {
		open, ok := p.open(kindOpenParen, "(")
		if ok {
			o.Subquery = p.parseSubquery()
		} else {
			o.Subquery = p.bad()
		}
		p.close(kindCloseParen, ")", open, ok)
	}
	o.node = p.from(start)
	return o
}

func (p *parser) parsePartitionBy() Operator {
	start := p.start()
	p.next()
	o := &PartitionByOperator{Parameters: p.parseParameters(false), By: p.requireSimplePath()}
	if p.accept(kwId) {
		if o.ID = p.parseLiteral(); o.ID == nil {
			p.missing("value")
			o.ID = p.bad()
		}
	}
	o.Subquery = p.parseContextualSubquery()
	o.node = p.from(start)
	return o
}

func (p *parser) parseReduce() Operator {
	start := p.start()
	p.next()
	o := &ReduceOperator{Parameters: p.parseParameters(false, "threshold", "characters")}
	p.expect(kwBy, "by")
	o.By = p.requireNamed()
	if p.accept(kwWith) {
		o.Properties = p.parsePropertyList("threshold", "characters", "kind")
	}
	o.node = p.from(start)
	return o
}

func (p *parser) parseMacroExpand() Operator {
	start := p.start()
	p.next()
	o := &MacroExpandOperator{Parameters: p.parseParameters(true, "best_effort")}
	switch {
	case p.kind() == kwEntityGroup:
		o.Group = p.parseEntityGroup()
	case p.startsCall():
		o.Group = p.parsePath()
	default:
		if o.Group = p.parseNameRef(); o.Group == nil {
			o.Group = p.badExpr()
		}
	}
	if p.accept(kwAs) {
		o.Scope = p.requireName()
	}
	open, ok := p.open(kindOpenParen, "(")
	if p.enter() {
		o.Statements = p.parseStatements(kindCloseParen)
	}
	p.leave()
	p.close(kindCloseParen, ")", open, ok)
	o.node = p.from(start)
	return o
}
