package syntax

// parseOperator reads a tabular operator, nil when none begins.
func (p *parser) parseOperator() Operator {
	switch p.kind() {
	case kwWhere, kwFilter:
		return p.parseFilter()
	case kwExtend:
		start := p.start()
		p.next()
		o := &ExtendOperator{Columns: p.columns((*parser).parseNamed, true)}
		o.node = p.from(start)
		return o
	case kwProject, kwProjectAway, kwProjectKeep, kwProjectRename, kwProjectReorder, kwProjectByNames:
		return p.parseProject()
	case kwSummarize:
		return p.parseSummarize()
	case kwDistinct:
		return p.parseDistinct()
	case kwCount:
		if p.peek(1).Kind == kindOpenParen {
			return nil
		}
		return p.parseCount()
	case kwSort, kwOrder:
		return p.parseSort()
	case kwTop:
		return p.parseTop()
	case kwTopHitters:
		return p.parseTopHitters()
	case kwTopNested:
		return p.parseTopNested()
	case kwTake, kwLimit:
		start := p.start()
		p.next()
		o := &TakeOperator{Parameters: p.parseParameters(true), Count: p.requireNamed()}
		o.node = p.from(start)
		return o
	case kwSample:
		start := p.start()
		p.next()
		o := &SampleOperator{Parameters: p.parseParameters(true), Count: p.requireNamed()}
		o.node = p.from(start)
		return o
	case kwSampleDistinct:
		return p.parseSampleDistinct()
	case kwUnion:
		return p.parseUnion()
	case kwJoin:
		return p.parseJoin()
	case kwLookup:
		return p.parseLookup()
	case kwMvExpand, kwMvexpand:
		return p.parseMvExpand()
	case kwMvApply, kwMvapply:
		return p.parseMvApply()
	case kwParse, kwParseWhere:
		return p.parseParse()
	case kwParseKv:
		return p.parseParseKv()
	case kwMakeSeries:
		return p.parseMakeSeries()
	case kwSerialize:
		start := p.start()
		p.next()
		o := &SerializeOperator{Parameters: p.parseParameters(true), Columns: p.columns((*parser).parseNamed, false)}
		o.node = p.from(start)
		return o
	case kwPrint:
		start := p.start()
		p.next()
		o := &PrintOperator{Columns: p.columns((*parser).parseNamed, true)}
		o.node = p.from(start)
		return o
	case kwRange:
		if p.peek(1).Kind == kindOpenParen {
			return nil
		}
		return p.parseRange()
	case kwEvaluate:
		return p.parseEvaluate()
	case kwRender:
		return p.parseRender()
	case kwAs:
		start := p.start()
		p.next()
		o := &AsOperator{Parameters: p.parseParameters(true), Name: p.requireName()}
		o.node = p.from(start)
		return o
	case kwInvoke:
		return p.parseInvoke()
	case kwGetschema:
		return p.parseGetSchema()
	case kwConsume:
		start := p.start()
		p.next()
		o := &ConsumeOperator{Parameters: p.parseParameters(false)}
		o.node = p.from(start)
		return o
	case kwAssertSchema:
		start := p.start()
		p.next()
		o := &AssertSchemaOperator{Schema: p.requireSchema()}
		o.node = p.from(start)
		return o
	case kwInternalExecuteAndCache:
		return &ExecuteAndCacheOperator{node{p.next().Span()}}
	case kwSearch:
		return p.parseSearch()
	case kwFind:
		return p.parseFind()
	case kwFork:
		return p.parseFork()
	case kwFacet:
		return p.parseFacet()
	case kwPartition:
		return p.parsePartition()
	case kwInternalPartitionby:
		return p.parsePartitionBy()
	case kwReduce:
		return p.parseReduce()
	case kwScan:
		return p.parseScan()
	case kwMacroExpand:
		return p.parseMacroExpand()
	}
	return p.parseGraphOperator()
}

// columns reads an operator's list of expressions.
func (p *parser) columns(item func(*parser) Expr, some bool) []Expr {
	return p.exprList(item, list{end: atListEnd, some: some})
}

// endsAt returns a list's end that is also any of the kinds.
func endsAt(kinds ...Kind) func(*parser) bool {
	return func(p *parser) bool {
		k := p.kind()
		for _, end := range kinds {
			if k == end {
				return true
			}
		}
		return p.atListEnd()
	}
}

func (p *parser) parseFilter() Operator {
	start := p.start()
	p.next()
	o := &FilterOperator{Parameters: p.parseParameters(true), Predicate: p.requireNamed()}
	o.node = p.from(start)
	return o
}

func (p *parser) parseProject() Operator {
	start := p.start()
	switch p.next().Kind {
	case kwProjectAway:
		o := &ProjectAwayOperator{Columns: p.columns((*parser).parseWildcardOrName, false)}
		o.node = p.from(start)
		return o
	case kwProjectKeep:
		o := &ProjectKeepOperator{Columns: p.columns((*parser).parseWildcardOrName, false)}
		o.node = p.from(start)
		return o
	case kwProjectRename:
		o := &ProjectRenameOperator{Columns: p.columns((*parser).parseNamed, false)}
		o.node = p.from(start)
		return o
	case kwProjectReorder:
		o := &ProjectReorderOperator{Columns: p.columns(func(p *parser) Expr { return p.parseOrder(p.parseWildcardOrName(), false) }, false)}
		o.node = p.from(start)
		return o
	case kwProjectByNames:
		o := &ProjectByNamesOperator{Columns: p.columns((*parser).parseUnnamed, false)}
		o.node = p.from(start)
		return o
	}
	o := &ProjectOperator{Columns: p.columns((*parser).parseNamed, false)}
	o.node = p.from(start)
	return o
}

func (p *parser) parseSummarize() Operator {
	start := p.start()
	p.next()
	o := &SummarizeOperator{Parameters: p.parseParameters(true)}
	o.Aggregates = p.exprList((*parser).parseNamed, list{end: endsAt(kwBy)})
	if p.accept(kwBy) {
		o.HasBy = true
		o.Groups = p.exprList((*parser).parseNamed, list{end: (*parser).atGroupsEnd, some: true})
		if p.kind() == kwBin && p.peek(1).Kind == kindEqual {
			p.next()
			p.next()
			o.Bin = p.requireUnnamed()
		}
	}
	o.node = p.from(start)
	return o
}

// atGroupsEnd reports whether the groups of a summarize end: also at the legacy bin = literal.
func (p *parser) atGroupsEnd() bool {
	return p.atListEnd() || p.kind() == kwBin && p.peek(1).Kind == kindEqual && p.peek(2).Kind.isLiteral()
}

func (p *parser) parseDistinct() Operator {
	start := p.start()
	p.next()
	o := &DistinctOperator{Parameters: p.parseParameters(true)}
	o.Columns = p.columns(func(p *parser) Expr {
		if p.kind() == kindAsterisk {
			return &StarExpr{node{p.next().Span()}}
		}
		return p.parseNamed()
	}, true)
	o.node = p.from(start)
	return o
}

func (p *parser) parseCount() Operator {
	start := p.start()
	p.next()
	o := &CountOperator{}
	if p.accept(kwAs) {
		if p.kind() == kindIdentifier {
			o.Name = p.wordName()
		} else {
			p.missing("name")
			o.Name = p.emptyName()
		}
	}
	o.node = p.from(start)
	return o
}

func (p *parser) parseSort() Operator {
	start := p.start()
	p.next()
	o := &SortOperator{Parameters: p.parseParameters(false)}
	p.expect(kwBy, "by")
	o.Columns = p.columns((*parser).parseOrdered, true)
	o.node = p.from(start)
	return o
}

// requireOrdered reads an ordered expression or reports that it is missing.
func (p *parser) requireOrdered() Expr {
	if e := p.parseOrdered(); e != nil {
		return e
	}
	return p.badExpr()
}

func (p *parser) parseTop() Operator {
	start := p.start()
	p.next()
	o := &TopOperator{Parameters: p.parseParameters(true), Count: p.requireNamed()}
	p.expect(kwBy, "by")
	o.By = p.requireOrdered()
	o.node = p.from(start)
	return o
}

func (p *parser) parseTopHitters() Operator {
	start := p.start()
	p.next()
	o := &TopHittersOperator{Count: p.requireNamed()}
	p.expect(kwOf, "of")
	o.Of = p.requireNamed()
	if p.accept(kwBy) {
		o.By = p.requireNamed()
	}
	o.node = p.from(start)
	return o
}

func (p *parser) parseTopNested() Operator {
	start := p.start()
	o := &TopNestedOperator{}
	o.Clauses = parseList(p, func(p *parser) (*TopNestedClause, bool) {
		if p.kind() != kwTopNested {
			return nil, false
		}
		return p.parseTopNestedClause(), true
	}, func(p *parser) *TopNestedClause {
		return &TopNestedClause{node: node{p.gap()}, Of: p.bad(), By: p.bad()}
	}, list{what: "top-nested clause", end: atListEnd, some: true})
	o.node = p.from(start)
	return o
}

func (p *parser) parseTopNestedClause() *TopNestedClause {
	start := p.start()
	p.next()
	c := &TopNestedClause{Count: p.parseNamed()}
	p.expect(kwOf, "of")
	c.Of = p.requireNamed()
	if p.accept(kwWith) {
		p.expect(kwOthers, "others")
		p.expect(kindEqual, "=")
		c.Others = p.requireUnnamed()
	}
	p.expect(kwBy, "by")
	c.By = p.requireOrdered()
	c.node = p.from(start)
	return c
}

func (p *parser) parseSampleDistinct() Operator {
	start := p.start()
	p.next()
	o := &SampleDistinctOperator{Parameters: p.parseParameters(true), Count: p.requireNamed()}
	p.expect(kwOf, "of")
	o.Of = p.requireNamed()
	o.node = p.from(start)
	return o
}

func (p *parser) parseUnion() Operator {
	start := p.start()
	p.next()
	o := &UnionOperator{Parameters: p.parseParameters(true, "best_effort")}
	o.Tables = p.columns(func(p *parser) Expr {
		if p.kind() == kindOpenParen {
			return p.parseParens()
		}
		return p.parseEntity()
	}, true)
	o.node = p.from(start)
	return o
}

// parseEntity reads what union, find and restrict list: a name that may be a wildcard, or a path whose last name may.
func (p *parser) parseEntity() Expr {
	if ref := p.parseWildcard(); ref != nil {
		return ref
	}
	start := p.start()
	var e Expr
	if p.startsCall() {
		e = p.parseCall()
	} else if e = p.parseElementSelector(); e == nil {
		return nil
	}
	for n := 0; ; n++ {
		switch p.kind() {
		case kindDot:
			if !p.link(n) {
				return e
			}
			p.next()
			if ref := p.parseWildcard(); ref != nil {
				return &PathExpr{p.from(start), e, ref}
			}
			e = p.parseSelector(start, e, true)
		case kindOpenBracket:
			if !p.link(n) {
				return e
			}
			if ref := p.parseBracketedWildcard(); ref != nil {
				e = &ElementExpr{p.from(start), e, ref, false}
				continue
			}
			b := p.parseBracketed()
			e = &ElementExpr{p.from(start), e, b.X, false}
		default:
			return e
		}
	}
}

func (p *parser) parseJoin() Operator {
	start := p.start()
	p.next()
	o := &JoinOperator{Parameters: p.parseParameters(true), Right: p.requireUnnamed()}
	switch {
	case p.accept(kwOn):
		o.On = p.exprList((*parser).parseUnnamed, list{some: true})
	case p.accept(kwWhere):
		o.Where = p.requireUnnamed()
	}
	o.node = p.from(start)
	return o
}

func (p *parser) parseLookup() Operator {
	start := p.start()
	p.next()
	o := &LookupOperator{Parameters: p.parseParameters(true), Right: p.requireUnnamed()}
	if p.accept(kwOn) {
		o.On = p.exprList((*parser).parseUnnamed, list{some: true})
	} else {
		p.missing("\"on\" and the columns to look up by")
	}
	o.node = p.from(start)
	return o
}

// parseExpansion reads an expression of mv-expand or mv-apply, with to typeof(...).
func (p *parser) parseExpansion() (*ToTypeOf, bool) {
	start := p.start()
	t := &ToTypeOf{}
	if p.kind() == kwTo {
		p.missing("expression")
		t.Expr = &BadExpr{node{Span{Start: start, End: start}}}
	} else if t.Expr = p.parseNamed(); t.Expr == nil {
		return nil, false
	}
	if p.accept(kwTo) {
		e, _ := p.parseTypeOf().(*TypeOfExpr)
		if e == nil {
			p.missing("typeof(...)")
			e = &TypeOfExpr{node: node{p.gap()}}
		}
		t.Type = e
	}
	t.node = p.from(start)
	return t, true
}

func (p *parser) parseExpansions(end func(*parser) bool) []*ToTypeOf {
	return parseList(p, (*parser).parseExpansion, func(p *parser) *ToTypeOf {
		return &ToTypeOf{node: node{p.gap()}, Expr: p.bad()}
	}, list{what: "expression", end: end, some: true})
}

func (p *parser) parseMvExpand() Operator {
	start := p.start()
	p.next()
	o := &MvExpandOperator{Parameters: p.parseParameters(true)}
	o.Columns = p.parseExpansions(endsAt(kwLimit))
	if p.accept(kwLimit) {
		o.Limit = p.requireUnnamed()
	}
	o.node = p.from(start)
	return o
}

func (p *parser) parseMvApply() Operator {
	start := p.start()
	p.next()
	o := &MvApplyOperator{Parameters: p.parseParameters(true)}
	o.Columns = p.parseExpansions((*parser).atMvApplyEnd)
	if p.accept(kwLimit) {
		o.Limit = p.requireUnnamed()
	}
	if p.accept(kwId) {
		o.ContextID = p.requireUnnamed()
	}
	p.expect(kwOn, "on")
	o.Subquery = p.parseContextualSubquery()
	o.node = p.from(start)
	return o
}

// atMvApplyEnd reports whether the expressions of mv-apply end: at limit, id or on, unless those are names.
func (p *parser) atMvApplyEnd() bool {
	switch p.kind() {
	case kwLimit, kwId, kwOn:
		switch p.peek(1).Kind {
		case kindComma, kwTo, kindEqual:
		default:
			return true
		}
	}
	return p.atListEnd()
}

// parseContextualSubquery reads (operators) whose input is implied, or named by a __contextual_datatable.
func (p *parser) parseContextualSubquery() Expr {
	open, ok := p.open(kindOpenParen, "(")
	if !ok {
		return p.bad()
	}
	var e Expr
	if p.kind() == kwInternalContextualDatatable {
		e = p.requireQueryExpr()
	} else {
		e = p.parseSubquery()
	}
	p.close(kindCloseParen, ")", open, ok)
	return e
}

func (p *parser) parseParse() Operator {
	start := p.start()
	o := &ParseOperator{Where: p.next().Kind == kwParseWhere}
	o.Parameters = p.parseParameters(true, "flags")
	o.Input = p.requireUnnamed()
	p.expect(kwWith, "with")
	for {
		part := p.parsePatternPart()
		if part == nil {
			break
		}
		o.Pattern = append(o.Pattern, part)
	}
	o.node = p.from(start)
	return o
}

// parsePatternPart reads *, a string, or a column of a parse pattern, nil when none begins.
func (p *parser) parsePatternPart() Expr {
	start := p.start()
	switch p.kind() {
	case kindAsterisk:
		return &StarExpr{node{p.next().Span()}}
	case kindString:
		return p.parseString()
	}
	c := &ParseColumn{}
	if c.Name = p.parseDeclaredName(); c.Name == nil {
		if p.kind() != kindColon {
			return nil
		}
		c.Name = p.missingNameHere()
	}
	if p.accept(kindColon) {
		if c.Type = p.parseType(parameterTypes); c.Type == nil {
			p.missing("type name")
		}
	}
	c.node = p.from(start)
	return c
}

func (p *parser) parseParseKv() Operator {
	start := p.start()
	p.next()
	o := &ParseKvOperator{Parameters: p.parseParameters(true), Input: p.requireUnnamed()}
	p.expect(kwAs, "as")
	o.Schema = p.requireSchema()
	if p.accept(kwWith) {
		open, ok := p.open(kindOpenParen, "(")
		o.Properties = p.parsePropertyList("pair_delimiter", "kv_delimiter", "regex", "quote", "escape", "greedy")
		p.close(kindCloseParen, ")", open, ok)
	}
	o.node = p.from(start)
	return o
}

// parsePropertyList reads name = value pairs with the given names, separated by commas.
func (p *parser) parsePropertyList(names ...string) []*Parameter {
	return parseList(p, func(p *parser) (*Parameter, bool) {
		t := p.tok()
		if t.Kind != kindIdentifier && !t.Kind.isKeyword() {
			return nil, false
		}
		word := p.tokenText(t)
		for _, n := range names {
			if n == word {
				return p.parseParameter(1), true
			}
		}
		p.expectedOneOf(names...)
		if p.peek(1).Kind != kindEqual {
			return nil, false
		}
		return p.parseParameter(1), true
	}, (*parser).emptyParameter, list{what: "property", end: atListEnd})
}

func (p *parser) parseMakeSeries() Operator {
	start := p.start()
	p.next()
	o := &MakeSeriesOperator{Parameters: p.parseParameters(true)}
	o.Aggregates = parseList(p, (*parser).parseSeriesAggregate, func(p *parser) *MakeSeriesAggregate {
		return &MakeSeriesAggregate{node: node{p.gap()}, Expr: p.bad()}
	}, list{what: "expression", end: endsAt(kwOn, kwFrom, kwIn), some: true})
	p.expect(kwOn, "on")
	o.On = p.requireNamed()
	switch p.kind() {
	case kwFrom, kwTo, kwStep:
		if p.accept(kwFrom) {
			o.From = p.requireUnnamed()
		}
		if p.accept(kwTo) {
			o.To = p.requireUnnamed()
		}
		p.expect(kwStep, "step")
		o.Step = p.requireUnnamed()
	case kwIn:
		p.next()
		p.parseSeriesRange(o)
	default:
		p.expectedOneOf("from", "step", "in range(...)")
	}
	if p.accept(kwBy) {
		o.Groups = p.exprList((*parser).parseNamed, list{some: true})
	}
	o.node = p.from(start)
	return o
}

func (p *parser) parseSeriesAggregate() (*MakeSeriesAggregate, bool) {
	start := p.start()
	a := &MakeSeriesAggregate{Expr: p.parseNamed()}
	if a.Expr == nil {
		return nil, false
	}
	if p.accept(kwDefault) {
		p.expect(kindEqual, "=")
		a.Default = p.requireNamed()
	}
	a.node = p.from(start)
	return a, true
}

// parseSeriesRange reads range(from, to, step) after in.
func (p *parser) parseSeriesRange(o *MakeSeriesOperator) {
	o.InRange = true
	p.expect(kwRange, "range")
	open, ok := p.open(kindOpenParen, "(")
	args := p.exprList((*parser).parseNamed, list{end: atListEnd})
	p.close(kindCloseParen, ")", open, ok)
	for i, into := range []*Expr{&o.From, &o.To, &o.Step} {
		if i < len(args) {
			*into = args[i]
		}
	}
}

func (p *parser) parseRange() Operator {
	start := p.start()
	p.next()
	o := &RangeOperator{Name: p.requireName()}
	p.expect(kwFrom, "from")
	o.From = p.requireUnnamed()
	p.expect(kwTo, "to")
	o.To = p.requireUnnamed()
	p.expect(kwStep, "step")
	o.Step = p.requireUnnamed()
	o.node = p.from(start)
	return o
}

func (p *parser) parseEvaluate() Operator {
	start := p.start()
	p.next()
	o := &EvaluateOperator{Parameters: p.parseParameters(false)}
	switch {
	case p.startsCall():
		o.Call = p.parseCall()
	case p.nameLength(0) > 0:
		o.Call = &NameRef{Name: p.parseName()}
		o.Call.(*NameRef).node = o.Call.(*NameRef).Name.node
		p.expectedToken("(")
	default:
		p.missing("plugin call")
		o.Call = p.bad()
	}
	if p.accept(kindColon) {
		if p.kind() == kindOpenParen {
			o.Schema = p.parseSchema(true, false)
		} else {
			o.Schema = p.requireSchema()
		}
	}
	o.node = p.from(start)
	return o
}

func (p *parser) parseInvoke() Operator {
	start := p.start()
	p.next()
	o := &InvokeOperator{}
	if !p.startsCall() {
		o.Call = p.badExpr()
		o.node = p.from(start)
		return o
	}
	o.Call = p.parseCall()
	for n := 0; p.kind() == kindDot && p.link(n); n++ {
		at := p.pos
		from := o.Call.Span().Start
		p.next()
		if !p.startsCall() {
			p.pos = at
			break
		}
		o.Call = &PathExpr{node{}, o.Call, p.parseCall()}
		o.Call.(*PathExpr).node = p.from(from)
	}
	o.node = p.from(start)
	return o
}

func (p *parser) parseGetSchema() Operator {
	start := p.start()
	p.next()
	o := &GetSchemaOperator{}
	if p.kind() == kwKind && p.peek(1).Kind == kindEqual {
		o.Parameters = append(o.Parameters, p.parseParameter(1))
	}
	o.node = p.from(start)
	return o
}
