package syntax

func (p *parser) parseScan() Operator {
	start := p.start()
	p.next()
	o := &ScanOperator{Parameters: p.parseParameters(false)}
	end := endsAt(kwPartition, kwOrder, kwBy, kwDeclare, kwWith)
	if p.accept(kwOrder) {
		p.expect(kwBy, "by")
		o.OrderBy = p.exprList((*parser).parseOrdered, list{end: end, some: true})
	}
	if p.accept(kwPartition) {
		p.expect(kwBy, "by")
		o.PartitionBy = p.exprList((*parser).parseUnnamed, list{end: end, some: true})
	}
	if p.accept(kwDeclare) {
		o.Declare = p.parseFunctionParameters(false)
	}
	p.expect(kwWith, "with")
	open, ok := p.open(kindOpenParen, "(")
	for p.kind() == kwStep {
		o.Steps = append(o.Steps, p.parseScanStep())
	}
	p.close(kindCloseParen, ")", open, ok)
	o.node = p.from(start)
	return o
}

func (p *parser) parseScanStep() *ScanStep {
	start := p.start()
	p.next()
	s := &ScanStep{}
	if s.Name = p.parseDeclaredName(); s.Name == nil {
		p.missing("name")
		s.Name = p.emptyName()
	}
	s.Optional = p.accept(kwOptional)
	if p.accept(kwOutput) {
		p.expect(kindEqual, "=")
		s.Output = p.expectWordOf("all", "last", "none")
	}
	p.expect(kindColon, ":")
	s.Condition = p.requireUnnamed()
	if p.accept(kindFatArrow) {
		s.Assignments = parseList(p, (*parser).parseScanAssignment, func(p *parser) *ScanAssignment {
			return &ScanAssignment{node{p.gap()}, p.emptyName(), p.bad()}
		}, list{what: "assignment", end: atListEnd, some: true})
	}
	p.expect(kindSemicolon, ";")
	s.node = p.from(start)
	return s
}

func (p *parser) parseScanAssignment() (*ScanAssignment, bool) {
	start := p.start()
	a := &ScanAssignment{Name: p.parseDeclaredName()}
	if a.Name == nil {
		return nil, false
	}
	p.expect(kindEqual, "=")
	a.Value = p.requireUnnamed()
	a.node = p.from(start)
	return a, true
}
