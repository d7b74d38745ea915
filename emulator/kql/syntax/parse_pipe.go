package syntax

// parseQueryExpr reads a pipe of operators, or a scalar expression, nil when neither begins.
func (p *parser) parseQueryExpr() Expr {
	if !p.enter() {
		p.leave()
		return p.bad()
	}
	defer p.leave()
	start := p.start()
	var source Expr
	if p.startsOperator() {
		if op := p.parseOperator(); op != nil {
			source = &OperatorExpr{p.from(start), op}
		} else {
			source = p.parseUnnamed()
		}
	} else if source = p.parseUnnamed(); source == nil {
		if op := p.parseOperator(); op != nil {
			source = &OperatorExpr{p.from(start), op}
		}
	}
	if source == nil {
		return nil
	}
	p.resync()
	if p.kind() != kindBar {
		return source
	}
	return p.parsePipe(start, source, nil)
}

// parsePipe reads the operators after a source, or after a first operator when the source is implied.
func (p *parser) parsePipe(start int, source Expr, operators []Operator) Expr {
	for p.accept(kindBar) {
		operators = append(operators, p.requireOperator())
		p.resync()
	}
	if source == nil {
		start = min(start, operators[0].Span().Start)
	}
	return &PipeExpr{p.from(start), source, operators}
}

// parseSubquery reads operators whose input is implied: where x | take 1.
func (p *parser) parseSubquery() Expr {
	if !p.enter() {
		p.leave()
		return p.bad()
	}
	defer p.leave()
	start := p.start()
	op := p.requireOperator()
	p.resync()
	return p.parsePipe(start, nil, []Operator{op})
}

// resync reads away what stands between an operator and the next pipe, so that the operators after a mistake are read, too. It
// acts only on tokens that nothing can be made of.
func (p *parser) resync() {
	switch k := p.kind(); k {
	case kindIdentifier, kindString, kindLong, kindReal, kindTimespan, kindDateTime, kindGUID, kindInt, kindBool, kindDecimal, kindOpenParen,
		kindOpenBracket, kindOpenBrace, kindEqual, kindEqualEqual, kindFatArrow, kindLess, kindGreater, kindLessEqual, kindGreaterEqual, kindBangEqual,
		kindBad, kindQuestion, kindAsterisk, kindPlus, kindMinus, kindLessGreater, kindDirective:
		at := p.pos
		line := p.toks[at]
		p.skipTo(kindBar)
		if p.kind() != kindBar || p.startsLineStatement(at) {
			p.pos = at
			return
		}
		end := p.pos
		p.pos = at
		p.unexpectedAt(line)
		p.pos = end
	}
}

// unexpectedAt reports the token as unexpected unless it has a flaw that was reported.
func (p *parser) unexpectedAt(t Token) {
	if t.Kind != kindBad {
		p.unexpected()
	}
}

// startsLineStatement reports whether a statement keyword stands among the tokens from at to the next one to read.
func (p *parser) startsLineStatement(at int) bool {
	end := p.pos
	defer func() { p.pos = end }()
	for p.pos = at; p.pos < end; p.pos++ {
		if k := p.kind(); (k == kwLet || k == kwSet) && p.startsStatement() {
			return true
		}
	}
	return false
}

// requireOperator reads the operator after a pipe. A word that is no operator is reported and its arguments are read away.
func (p *parser) requireOperator() Operator {
	if op := p.parseOperator(); op != nil {
		return op
	}
	start := p.start()
	p.operatorExpected()
	bad := &BadOperator{node: node{p.gap()}}
	if t := p.tok(); t.Kind == kindIdentifier {
		p.next()
		bad.Keyword = p.tokenText(t)
		p.skipTo(kindBar)
		bad.node = p.from(start)
	}
	return bad
}

// startsOperator reports whether an operator, not an expression, begins where both may. Keywords that can be names begin an
// operator only when what follows them tells so.
func (p *parser) startsOperator() bool {
	next := p.peek(1).Kind
	switch k := p.kind(); k {
	case kwEvaluate:
		return p.nameLength(1) > 0 || p.parameterLength(1, false) > 0
	case kwFacet:
		return next == kwBy
	case kwPartition, kwReduce:
		return next == kwBy || p.parameterLength(1, false) > 0
	case kwRange:
		n := p.nameLength(1)
		return n > 0 && p.peek(1+n).Kind == kwFrom
	case kwRender:
		return next == kindIdentifier || next.isKeyword() && p.isChart(p.peek(1)) || next.isName()
	case kwAs, kwAssertSchema, kwInternalExecuteAndCache, kwFind, kwGraphMatch, kwGraphToTable, kwGraphMarkComponents, kwInvoke, kwMacroExpand,
		kwMakeGraph, kwMakeSeries, kwMvApply, kwMvExpand, kwParseWhere, kwParseKv, kwPrint, kwProject, kwProjectAway, kwProjectKeep,
		kwProjectRename, kwProjectByNames, kwProjectReorder, kwSample, kwSampleDistinct, kwSearch, kwTopHitters, kwTopNested, kwUnion, kwWhere:
		return true
	}
	return false
}

// parameterLength returns the number of tokens of a known parameter's name that begins n places on, 0 when none does; with
// equals it must be followed by =.
func (p *parser) parameterLength(n int, equals bool, more ...string) int {
	t := p.peek(n)
	if t.Kind != kindIdentifier && !t.Kind.isKeyword() {
		return 0
	}
	length := 0
	word := p.tokenText(t)
	switch word {
	case "bagexpansion", "bin_legacy", "__crossCluster", "__crossDB", "decodeblocks", "expandoutput", "hint.concurrency", "hint.distribution",
		"hint.materialized", "hint.progressive_top", "hint.remote", "hint.shufflekey", "hint.spread", "hint.strategy", "__id", "isfuzzy",
		"__isFuzzy", "kind", "__noWithSource", "__packedColumn", "__sourceColumnIndex", "cycles", "with_match_id", "with_itemindex",
		"withsource", "with_source", "with_step_name", "force_remote":
		length = 1
	case "hint":
		if p.peek(n+1).Kind == kindDot && p.adjacent(n+1) && p.adjacent(n+2) {
			switch p.tokenText(p.peek(n + 2)) {
			case "num_partitions", "pass_filters", "pass_filters_column":
				length = 3
			}
		}
	}
	for i := 0; length == 0 && i < len(more); i++ {
		if more[i] == word {
			length = 1
		}
	}
	if length > 0 && equals && p.peek(n+length).Kind != kindEqual {
		return 0
	}
	return length
}

// parseParameters reads name=value parameters: those that all operators know, and more names that this one does. With equals a
// name without = is no parameter.
func (p *parser) parseParameters(equals bool, more ...string) []*Parameter {
	var parameters []*Parameter
	for {
		n := p.parameterLength(0, equals, more...)
		if n == 0 {
			return parameters
		}
		parameters = append(parameters, p.parseParameter(n))
	}
}

// parseParameter reads one parameter whose name has n tokens.
func (p *parser) parseParameter(n int) *Parameter {
	start := p.start()
	p.pos += n
	name := &Name{node: p.from(start)}
	name.Text = name.span.Text(p.text)
	name.Raw = name.Text
	v := &Parameter{Name: name}
	p.expect(kindEqual, "=")
	if v.Value = p.parseParameterValue(); v.Value == nil {
		p.missing("value")
		v.Value = p.bad()
	}
	v.node = p.from(start)
	return v
}

// parseParameterValue reads a literal or a word, nil when neither stands.
func (p *parser) parseParameterValue() Expr {
	if e := p.parseLiteral(); e != nil {
		return e
	}
	if e := p.parseNameRef(); e != nil {
		return e
	}
	if t := p.tok(); t.Kind.isKeyword() {
		switch p.tokenText(t) {
		case "simple", "relaxed", "nooptimization":
			n := p.wordName()
			return &NameRef{n.node, n}
		}
	}
	return nil
}
