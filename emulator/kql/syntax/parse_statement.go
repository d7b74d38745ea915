package syntax

// parseQuery reads the whole text.
func (p *parser) parseQuery() []Statement {
	var statements []Statement
	for p.kind() == kindDirective {
		t := p.next()
		statements = append(statements, &DirectiveStatement{node{t.Span()}, p.tokenText(t)})
	}
	if t := p.tok(); t.Kind == kindDot && p.peek(1).Kind != kindEOF {
		return append(statements, p.parseCommand(t))
	}
	for p.kind() != kindEOF {
		statements = append(statements, p.parseStatements(kindEOF)...)
		if p.kind() == kindEOF {
			break
		}
		p.unexpected()
		at := p.pos
		p.dropPipe()
		p.skipTo(kindSemicolon)
		if p.pos == at && p.kind() != kindSemicolon {
			p.next()
		}
	}
	return statements
}

// dropPipe reads operators that belong to nothing, for what is wrong in them.
func (p *parser) dropPipe() {
	for p.accept(kindBar) {
		p.requireOperator()
		p.resync()
	}
}

// parseCommand reads a management command: all the rest. What is wrong with its tokens is not the parser's to say.
func (p *parser) parseCommand(dot Token) Statement {
	p.diagnostics = nil
	p.pos = len(p.toks) - 1
	s := &CommandStatement{node: p.from(int(dot.Start))}
	s.Raw = s.span.Text(p.text)
	return s
}

// parseStatements reads statements up to a token that ends them.
func (p *parser) parseStatements(end Kind) []Statement {
	var statements []Statement
	for {
		for p.accept(kindSemicolon) {
			if len(statements) == 0 {
				p.pos--
				p.unexpected()
				p.pos++
			}
		}
		at := p.pos
		s := p.parseStatement()
		if s == nil {
			return statements
		}
		statements = append(statements, s)
		switch {
		case p.kind() == kindSemicolon:
			p.next()
			if p.kind() == kindSemicolon {
				p.unexpected()
			}
		case p.kind() == end || p.kind() == kindEOF || p.pos == at:
			return statements
		case p.startsStatement():
			p.expectedSemicolon()
		default:
			return statements
		}
	}
}

// startsStatement reports whether the next token begins a statement other than a query.
func (p *parser) startsStatement() bool {
	next := p.peek(1)
	switch p.kind() {
	case kwLet:
		return p.nameLength(1) > 0 || next.Kind.isKeyword()
	case kwSet:
		return true
	case kwAlias:
		return next.Kind == kwDatabase
	case kwDeclare:
		return next.Kind == kwPattern || next.Kind == kwQueryParameters
	case kwRestrict:
		return next.Kind == kwAccess
	}
	return false
}

// parseStatement reads a statement, nil when none begins.
func (p *parser) parseStatement() Statement {
	if p.startsStatement() {
		switch p.kind() {
		case kwLet:
			return p.parseLet()
		case kwSet:
			return p.parseSet()
		case kwAlias:
			return p.parseAlias()
		case kwRestrict:
			return p.parseRestrict()
		case kwDeclare:
			if p.peek(1).Kind == kwPattern {
				return p.parsePattern()
			}
			return p.parseQueryParameters()
		}
	}
	start := p.start()
	e := p.parseQueryExpr()
	if e == nil {
		return nil
	}
	return &QueryStatement{p.from(start), e}
}

// requireQueryExpr reads a tabular or scalar expression or reports that it is missing.
func (p *parser) requireQueryExpr() Expr {
	if e := p.parseQueryExpr(); e != nil {
		return e
	}
	return p.badExpr()
}

func (p *parser) parseLet() Statement {
	start := p.start()
	p.next()
	s := &LetStatement{}
	if t := p.tok(); p.nameLength(0) == 0 && t.Kind.isKeyword() && p.peek(1).Kind == kindEqual {
		p.keywordAsName(t.Span())
		s.Name = p.wordName()
	} else {
		s.Name = p.requireName()
	}
	p.expect(kindEqual, "=")
	switch {
	case p.kind() == kwEntityGroup:
		s.Value = p.parseEntityGroup()
	case p.kind() == kwMaterialize:
		s.Value = p.parseMaterialize()
		if p.kind() == kindBar {
			p.pipeAfterMaterialize()
			p.dropPipe()
		}
	case p.startsFunction():
		s.Value = p.parseFunction()
	default:
		s.Value = p.requireQueryExpr()
	}
	s.node = p.from(start)
	return s
}

// parseMaterialize reads materialize(x), which may stand only as a let's whole value.
func (p *parser) parseMaterialize() Expr {
	start := p.start()
	c := &CallExpr{Name: p.wordName()}
	open, ok := p.open(kindOpenParen, "(")
	c.Args = []Expr{p.requireQueryExpr()}
	p.close(kindCloseParen, ")", open, ok)
	c.node = p.from(start)
	return c
}

// startsFunction reports whether a lambda begins: (), (*, (name:, or one of them after view.
func (p *parser) startsFunction() bool {
	n := 0
	if p.kind() == kwView {
		n++
	}
	if p.peek(n).Kind != kindOpenParen {
		return false
	}
	switch p.peek(n + 1).Kind {
	case kindCloseParen, kindAsterisk:
		return true
	}
	m := p.declaredNameLength(n + 1)
	return m > 0 && p.peek(n+1+m).Kind == kindColon
}

func (p *parser) parseFunction() Expr {
	start := p.start()
	f := &FunctionDeclaration{View: p.accept(kwView)}
	f.Parameters = p.parseFunctionParameters(false)
	f.Body = p.parseFunctionBody(true)
	f.node = p.from(start)
	return f
}

// parseFunctionParameters reads (name: type = default, ...).
func (p *parser) parseFunctionParameters(some bool) []*FunctionParameter {
	open, ok := p.open(kindOpenParen, "(")
	parameters := parseList(p, (*parser).parseFunctionParameter, func(p *parser) *FunctionParameter {
		return &FunctionParameter{node: node{p.gap()}, Name: p.emptyName()}
	}, list{what: "parameter", end: atListEnd, some: some})
	p.close(kindCloseParen, ")", open, ok)
	return parameters
}

func (p *parser) parseFunctionParameter() (*FunctionParameter, bool) {
	start := p.start()
	name, typ, ok := p.parseNameAndType()
	if !ok {
		return nil, false
	}
	f := &FunctionParameter{Name: name, Type: typ}
	if p.accept(kindEqual) {
		if f.Default = p.parseLiteral(); f.Default == nil {
			if f.Default = p.parseNameRef(); f.Default == nil {
				f.Default = p.badExpr()
			}
		}
	}
	f.node = p.from(start)
	return f, true
}

// parseNameAndType reads name: type, where type may be a schema.
func (p *parser) parseNameAndType() (*Name, TypeExpr, bool) {
	name := p.parseDeclaredName()
	if name == nil {
		if p.kind() != kindColon {
			return nil, nil, false
		}
		name = p.missingNameHere()
	}
	p.expect(kindColon, ":")
	if p.kind() == kindOpenParen {
		if !p.enter() {
			return name, nil, true
		}
		defer p.leave()
		return name, p.parseSchema(false, false), true
	}
	if t := p.parseType(parameterTypes); t != nil {
		return name, t, true
	}
	p.missing("type name")
	return name, nil, true
}

// Which type names a place takes.
const (
	parameterTypes = iota
	extendedTypes
	anyTypes
)

// parseType reads the name of a scalar type, nil when no word stands there; a word that is no such type is reported.
func (p *parser) parseType(which int) *TypeName {
	t := p.tok()
	if !t.Kind.isType() && !t.Kind.isName() {
		return nil
	}
	if !t.Kind.isParameterType() && !(which == extendedTypes && t.Kind.isExtendedType()) && which != anyTypes {
		p.invalidType(t)
	}
	p.next()
	return &TypeName{node{t.Span()}, p.tokenText(t)}
}

func (k Kind) isParameterType() bool {
	switch k {
	case kwBool, kwBoolean, kwDate, kwDatetime, kwDecimal, kwDouble, kwDynamic, kwGuid, kwInt, kwInt64, kwInt8, kwLong, kwReal, kwString, kwTime,
		kwTimespan, kwUniqueid:
		return true
	}
	return false
}

func (k Kind) isExtendedType() bool {
	switch k {
	case kwFloat, kwInt16, kwInt32, kwUint, kwUint16, kwUint32, kwUint64, kwUint8, kwUlong:
		return true
	}
	return k.isParameterType()
}

// parseSchema reads (a: string, b: long), (*), or with star (*, a: long); the next token is the bracket.
func (p *parser) parseSchema(star, strict bool) *SchemaType {
	start := p.start()
	open, ok := p.open(kindOpenParen, "(")
	if !ok {
		return &SchemaType{node: node{p.gap()}}
	}
	s := &SchemaType{}
	if !strict {
		p.accept(kindComma)
	}
	if p.accept(kindAsterisk) {
		s.Star = true
		if star && p.kind() != kindCloseParen {
			p.expect(kindComma, ",")
		}
	}
	if !s.Star || star {
		s.Columns = parseList(p, (*parser).parseColumnDeclaration, func(p *parser) *ColumnDeclaration {
			return &ColumnDeclaration{node: node{p.gap()}, Name: p.emptyName()}
		}, list{what: "column", end: atListEnd, trailing: !strict})
	}
	p.close(kindCloseParen, ")", open, ok)
	s.node = p.from(start)
	return s
}

// requireSchema reads a schema or reports that it is missing.
func (p *parser) requireSchema() *SchemaType {
	if p.kind() == kindOpenParen {
		return p.parseSchema(false, false)
	}
	p.missing("schema such as (a: string, b: long)")
	return &SchemaType{node: node{p.gap()}}
}

func (p *parser) parseColumnDeclaration() (*ColumnDeclaration, bool) {
	start := p.start()
	name, typ, ok := p.parseNameAndType()
	if !ok {
		return nil, false
	}
	t, _ := typ.(*TypeName)
	return &ColumnDeclaration{p.from(start), name, t}, true
}

// parseFunctionBody reads { statements; expression }. Patterns' bodies take let statements only.
func (p *parser) parseFunctionBody(declares bool) *FunctionBody {
	start := p.start()
	open, ok := p.open(kindOpenBrace, "{")
	if !ok {
		return &FunctionBody{node: node{p.gap()}}
	}
	b := &FunctionBody{}
	if !p.enter() {
		b.node = p.from(start)
		return b
	}
	defer p.leave()
	for p.startsStatement() && (p.kind() == kwLet || p.kind() == kwDeclare && declares && p.peek(1).Kind == kwQueryParameters) {
		b.Statements = append(b.Statements, p.parseStatement())
		if !p.accept(kindSemicolon) {
			p.expectedSemicolon()
			if !p.startsStatement() {
				break
			}
		}
	}
	b.Expr = p.parseQueryExpr()
	p.accept(kindSemicolon)
	p.close(kindCloseBrace, "}", open, ok)
	b.node = p.from(start)
	return b
}

func (p *parser) parseEntityGroup() Expr {
	if p.peek(1).Kind == kindOpenParen {
		return p.requireQueryExpr()
	}
	start := p.start()
	p.next()
	open, ok := p.open(kindOpenBracket, "[")
	g := &EntityGroupExpr{Entities: p.exprList((*parser).parseUnnamed, list{end: atListEnd, some: true})}
	p.close(kindCloseBracket, "]", open, ok)
	g.node = p.from(start)
	return g
}

func (p *parser) parseSet() Statement {
	start := p.start()
	p.next()
	s := &SetStatement{Name: p.requireName()}
	if p.accept(kindEqual) {
		s.Value = p.requireUnnamed()
	}
	s.node = p.from(start)
	return s
}

func (p *parser) parseAlias() Statement {
	start := p.start()
	p.next()
	p.next()
	s := &AliasStatement{Name: p.requireName()}
	p.expect(kindEqual, "=")
	s.Value = p.requireUnnamed()
	s.node = p.from(start)
	return s
}

func (p *parser) parseQueryParameters() Statement {
	start := p.start()
	p.next()
	p.next()
	s := &QueryParametersStatement{Parameters: p.parseFunctionParameters(true)}
	s.node = p.from(start)
	return s
}

func (p *parser) parseRestrict() Statement {
	start := p.start()
	p.next()
	p.next()
	p.expect(kwTo, "to")
	open, ok := p.open(kindOpenParen, "(")
	s := &RestrictStatement{Entities: p.exprList((*parser).parseEntity, list{end: atListEnd, some: true})}
	p.close(kindCloseParen, ")", open, ok)
	if p.accept(kwWith) {
		s.Properties = p.parseProperties()
	}
	s.node = p.from(start)
	return s
}

func (p *parser) parsePattern() Statement {
	start := p.start()
	p.next()
	p.next()
	s := &PatternStatement{Name: p.requireName()}
	if p.accept(kindEqual) {
		s.Defined = true
		s.Parameters = p.parseFunctionParameters(false)
		if open := p.tok(); p.accept(kindOpenBracket) {
			s.Path, _ = p.parseFunctionParameter()
			if s.Path == nil {
				p.missing("parameter")
			}
			p.close(kindCloseBracket, "]", open, true)
		}
		open, ok := p.open(kindOpenBrace, "{")
		for p.kind() == kindOpenParen {
			s.Rules = append(s.Rules, p.parsePatternRule())
		}
		if len(s.Rules) == 0 {
			p.missing("pattern rule")
		}
		p.close(kindCloseBrace, "}", open, ok)
	}
	s.node = p.from(start)
	return s
}

func (p *parser) parsePatternRule() *PatternRule {
	start := p.start()
	open := p.next()
	r := &PatternRule{Arguments: p.exprList((*parser).parseUnnamed, list{what: "string", end: atListEnd, some: true})}
	p.close(kindCloseParen, ")", open, true)
	if p.accept(kindDot) {
		open, ok := p.open(kindOpenBracket, "[")
		if r.Path = p.parseLiteral(); r.Path == nil {
			p.missing("string")
			r.Path = p.bad()
		}
		p.close(kindCloseBracket, "]", open, ok)
	}
	p.expect(kindEqual, "=")
	r.Body = p.parseFunctionBody(false)
	p.expect(kindSemicolon, ";")
	r.node = p.from(start)
	return r
}
