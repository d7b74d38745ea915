package syntax

// Levels of binary operators, loosest first. Source: the order in which the language service nests them; string operators
// bind tighter than multiplication.
const (
	levelOr = iota + 1
	levelAnd
	levelEquality // ==, !=, in, has_any, between: does not chain
	levelRelation // <, <=, >, >=: does not chain
	levelAdd
	levelMultiply
	levelString // has, contains, =~ and so on: does not chain
)

// parseUnnamed reads a scalar expression, or a tabular one that needs no pipe, nil when none begins.
func (p *parser) parseUnnamed() Expr {
	if !p.enter() {
		p.leave()
		return p.bad()
	}
	defer p.leave()
	return p.parseBinary(levelOr)
}

// requireUnnamed reads an expression or reports that it is missing.
func (p *parser) requireUnnamed() Expr {
	if e := p.parseUnnamed(); e != nil {
		return e
	}
	return p.badExpr()
}

// parseBinary reads operands and operators of the level and tighter ones.
func (p *parser) parseBinary(level int) Expr {
	start := p.start()
	left := p.parseStarOperand(level)
	if left == nil {
		if left = p.parseUnary(); left == nil {
			return nil
		}
	}
	highest := levelString
	for n := 0; ; n++ {
		t := p.tok()
		op, at, chains := binaryOp(t.Kind)
		if op == OpNone || at < level || at > highest || t.Kind == kwIn && p.peek(1).Kind == kwRange {
			return left
		}
		if !p.link(n) {
			return left
		}
		p.next()
		switch {
		case op == opBetween:
			left = p.parseBetween(start, left, t)
		case op >= OpIn:
			left = p.parseIn(start, left, op, t)
		default:
			right := p.parseBinary(at + 1)
			if right == nil {
				right = p.badExpr()
			}
			left = &BinaryExpr{p.from(start), op, p.tokenText(t), t.Span(), left, right}
		}
		highest = at
		if !chains {
			highest = at - 1
		}
	}
}

// parseStarOperand reads the * of * has "x" and * == "x", nil when none stands.
func (p *parser) parseStarOperand(level int) Expr {
	if p.kind() != kindAsterisk {
		return nil
	}
	next := p.peek(1).Kind
	if stringOp(next) == OpNone && (next != kindEqualEqual || level > levelEquality) {
		return nil
	}
	return &StarExpr{node{p.next().Span()}}
}

// opBetween stands for between and !between, which have a node of their own.
const opBetween = BinaryOp(255)

// binaryOp returns the operator that a token is, its level, and whether it chains.
func binaryOp(k Kind) (op BinaryOp, level int, chains bool) {
	switch k {
	case kwOr:
		return OpOr, levelOr, true
	case kwAnd:
		return OpAnd, levelAnd, true
	case kindEqualEqual:
		return OpEqual, levelEquality, false
	case kindBangEqual, kindLessGreater:
		return OpNotEqual, levelEquality, false
	case kwIn:
		return OpIn, levelEquality, false
	case kwNotIn:
		return OpNotIn, levelEquality, false
	case kwInCI:
		return OpInCI, levelEquality, false
	case kwNotInCI:
		return OpNotInCI, levelEquality, false
	case kwHasAny:
		return OpHasAny, levelEquality, false
	case kwHasAll:
		return OpHasAll, levelEquality, false
	case kwBetween, kwNotBetween:
		return opBetween, levelEquality, false
	case kindLess:
		return OpLess, levelRelation, false
	case kindLessEqual:
		return OpLessEqual, levelRelation, false
	case kindGreater:
		return OpGreater, levelRelation, false
	case kindGreaterEqual:
		return OpGreaterEqual, levelRelation, false
	case kindPlus:
		return OpAdd, levelAdd, true
	case kindMinus:
		return OpSubtract, levelAdd, true
	case kindAsterisk:
		return OpMultiply, levelMultiply, true
	case kindSlash:
		return OpDivide, levelMultiply, true
	case kindPercent:
		return OpModulo, levelMultiply, true
	}
	return stringOp(k), levelString, false
}

// stringOp returns the string operator that a token is, OpNone when it is none.
func stringOp(k Kind) BinaryOp {
	switch k {
	case kindEqualTilde:
		return OpEqualCI
	case kindBangTilde:
		return OpNotEqualCI
	case kindColon:
		return OpSearch
	case kwHas:
		return OpHas
	case kwNotHas:
		return OpNotHas
	case kwHasCs:
		return OpHasCS
	case kwNotHasCs:
		return OpNotHasCS
	case kwHasprefix:
		return OpHasPrefix
	case kwNotHasprefix:
		return OpNotHasPrefix
	case kwHasprefixCs:
		return OpHasPrefixCS
	case kwNotHasprefixCs:
		return OpNotHasPrefixCS
	case kwHassuffix:
		return OpHasSuffix
	case kwNotHassuffix:
		return OpNotHasSuffix
	case kwHassuffixCs:
		return OpHasSuffixCS
	case kwNotHassuffixCs:
		return OpNotHasSuffixCS
	case kwContains:
		return OpContains
	case kwNotContains, kwNotcontains:
		return OpNotContains
	case kwContainsCs, kwContainscsLegacy:
		return OpContainsCS
	case kwNotContainsCs, kwNotcontainscs:
		return OpNotContainsCS
	case kwStartswith:
		return OpStartsWith
	case kwNotStartswith:
		return OpNotStartsWith
	case kwStartswithCs:
		return OpStartsWithCS
	case kwNotStartswithCs:
		return OpNotStartsWithCS
	case kwEndswith:
		return OpEndsWith
	case kwNotEndswith:
		return OpNotEndsWith
	case kwEndswithCs:
		return OpEndsWithCS
	case kwNotEndswithCs:
		return OpNotEndsWithCS
	case kwLike:
		return OpLike
	case kwNotlike:
		return OpNotLike
	case kwLikecs:
		return OpLikeCS
	case kwNotlikecs:
		return OpNotLikeCS
	case kwMatchesRegex:
		return OpMatchesRegex
	}
	return OpNone
}

// parseIn reads the list of in, has_any and their kin. A lone item may be a subquery.
func (p *parser) parseIn(start int, left Expr, op BinaryOp, t Token) Expr {
	e := &InExpr{Op: op, Raw: p.tokenText(t), OpSpan: t.Span(), X: left}
	open, ok := p.open(kindOpenParen, "(")
	if !ok {
		if right := p.parseBinary(levelRelation); right != nil {
			e.List = []Expr{right}
		}
		e.node = p.from(start)
		return e
	}
	first := true
	e.List = p.exprList(func(p *parser) Expr {
		if first {
			first = false
			return p.parseQueryExpr()
		}
		return p.parseUnnamed()
	}, list{end: atListEnd, some: true})
	p.close(kindCloseParen, ")", open, ok)
	e.node = p.from(start)
	return e
}

// parseBetween reads (low .. high).
func (p *parser) parseBetween(start int, left Expr, t Token) Expr {
	e := &BetweenExpr{Not: t.Kind == kwNotBetween, OpSpan: t.Span(), X: left}
	open, ok := p.open(kindOpenParen, "(")
	e.Low = p.requireUnnamed()
	if !p.expect(kindDotDot, "..") {
		p.accept(kindComma)
	}
	e.High = p.requireUnnamed()
	p.close(kindCloseParen, ")", open, ok)
	e.node = p.from(start)
	return e
}

// parseUnary reads an operand with its sign, nil when none begins.
func (p *parser) parseUnary() Expr {
	t := p.tok()
	if t.Kind != kindPlus && t.Kind != kindMinus {
		return p.parsePath()
	}
	p.next()
	x := p.parsePath()
	if x == nil {
		x = p.badExpr()
	}
	return &UnaryExpr{p.from(int(t.Start)), p.tokenText(t), x}
}

// parsePath reads a primary expression and what is selected from it: a.b, a["x"], a.f().
func (p *parser) parsePath() Expr {
	start := p.start()
	e := p.parsePrimary()
	if e == nil {
		return nil
	}
	return p.parseSelectors(start, e, true)
}

// parseSelectors reads .b and [x] after e.
func (p *parser) parseSelectors(start int, e Expr, calls bool) Expr {
	for n := 0; ; n++ {
		switch p.kind() {
		case kindDot:
			if !p.link(n) {
				return e
			}
			p.next()
			e = p.parseSelector(start, e, calls)
		case kindOpenBracket:
			if !p.link(n) {
				return e
			}
			b := p.parseBracketed()
			e = &ElementExpr{p.from(start), e, b.X, false}
		default:
			return e
		}
	}
}

// parseSelector reads what follows a dot.
func (p *parser) parseSelector(start int, target Expr, calls bool) Expr {
	var s Expr
	if calls && p.startsCall() {
		s = p.parseCall()
	} else {
		s = p.parseElementSelector()
	}
	switch s := s.(type) {
	case nil:
		p.missing("name")
		name := p.emptyName()
		return &PathExpr{p.from(start), target, &NameRef{name.node, name}}
	case *BracketedExpr:
		return &ElementExpr{p.from(start), target, s.X, true}
	default:
		return &PathExpr{p.from(start), target, s}
	}
}

// parseElementSelector reads a name, a bracketed one, or @; the result is a BracketedExpr for [expression].
func (p *parser) parseElementSelector() Expr {
	switch p.kind() {
	case kindOpenBracket:
		if ref := p.parseBracketedWildcard(); ref != nil {
			return ref
		}
		if e := p.parseNameRef(); e != nil {
			return e
		}
		return p.parseBracketed()
	case kindAt:
		return &AtExpr{node{p.next().Span()}}
	case kwKind, kwWithsource, kwWithSource2:
		n := p.wordName()
		return &NameRef{n.node, n}
	}
	return p.parseNameRef()
}

// parseBracketed reads [x]; the next token is the bracket.
func (p *parser) parseBracketed() *BracketedExpr {
	open := p.next()
	b := &BracketedExpr{}
	if b.X = p.parseUnnamed(); b.X == nil {
		p.missing("name")
		b.X = p.bad()
	}
	p.close(kindCloseBracket, "]", open, true)
	b.node = p.from(int(open.Start))
	return b
}

// parsePrimary reads a literal, a name, a call, or something in brackets, nil when none begins.
func (p *parser) parsePrimary() Expr {
	k := p.kind()
	switch k {
	case kindIdentifier:
		if p.peek(1).Kind == kindOpenParen {
			return p.parseCall()
		}
		return p.parsePrimaryName()
	case kindString:
		return p.parseString()
	case kindOpenParen:
		return p.parseParens()
	case kwDynamic:
		if e := p.parseLiteral(); e != nil {
			return e
		}
	case kwDatatable:
		if next := p.peek(1).Kind; next == kindOpenParen || !next.followsName() && next != kindEOF {
			return p.parseDataTable()
		}
	case kwExternaldata, kwExternalData2:
		if next := p.peek(1).Kind; next == kindOpenParen || !next.followsName() && next != kindEOF {
			return p.parseExternalData()
		}
	case kwInternalContextualDatatable:
		return p.parseContextualDataTable()
	case kwMaterializedViewCombine:
		return p.parseViewCombine()
	case kwToscalar, kwTotable:
		return p.parseToScalar()
	case kwTypeof:
		if e := p.parseTypeOf(); e != nil {
			return e
		}
	default:
		if k.isLiteral() {
			return p.parseToken()
		}
	}
	if p.startsCall() {
		return p.parseCall()
	}
	if k == kwMaterialize && p.peek(1).Kind == kindOpenParen {
		p.misplacedMaterialize()
		return p.parseMaterialize()
	}
	if e := p.parsePrimaryName(); e != nil {
		return e
	}
	return p.parseKeywordAsName()
}

// parsePrimaryName reads a name and its data scope.
func (p *parser) parsePrimaryName() Expr {
	start := p.start()
	e := p.parseElementSelector()
	if e == nil || p.kind() != kwDatascope {
		return e
	}
	scope := p.parseDataScope()
	return &ScopedExpr{p.from(start), e, scope}
}

// parseDataScope reads datascope = all; the result is "" when none stands.
func (p *parser) parseDataScope() string {
	if !p.accept(kwDatascope) {
		return ""
	}
	p.expect(kindEqual, "=")
	return p.expectWordOf("all", "hotcache")
}

// expectWordOf reads one of the words or reports that it is missing.
func (p *parser) expectWordOf(words ...string) string {
	t := p.tok()
	if t.Kind == kindIdentifier || t.Kind.isKeyword() {
		for _, w := range words {
			if p.tokenText(t) == w {
				p.next()
				return w
			}
		}
	}
	p.expectedOneOf(words...)
	if t.Kind == kindIdentifier {
		p.next()
	}
	return ""
}

// parseParens reads (x), where x may be a subquery.
func (p *parser) parseParens() Expr {
	open := p.next()
	e := &ParenExpr{X: p.requireQueryExpr()}
	p.close(kindCloseParen, ")", open, true)
	e.node = p.from(int(open.Start))
	return e
}

// startsCall reports whether a name with a bracket stands next.
func (p *parser) startsCall() bool {
	n := p.nameLength(0)
	return n > 0 && p.peek(n).Kind == kindOpenParen
}

// parseCall reads name(arguments).
func (p *parser) parseCall() Expr {
	start := p.start()
	c := &CallExpr{Name: p.parseName()}
	open := p.next()
	if !p.accept(kindCloseParen) {
		c.Args = p.exprList((*parser).parseArgument, list{end: atListEnd})
		p.close(kindCloseParen, ")", open, true)
	}
	c.node = p.from(start)
	return c
}

// parseArgument reads an argument: *, a named one, or an expression.
func (p *parser) parseArgument() Expr {
	if p.kind() == kindAsterisk {
		if next := p.peek(1).Kind; next == kindCloseParen || next == kindComma {
			return &StarExpr{node{p.next().Span()}}
		}
	}
	return p.parseNamed()
}

// parseToScalar reads toscalar(x) and totable(x), with their kind.
func (p *parser) parseToScalar() Expr {
	start := p.start()
	c := &CallExpr{Name: p.wordName()}
	if p.kind() == kwKind && p.peek(1).Kind == kindEqual {
		c.Parameters = append(c.Parameters, p.parseParameter(1))
	}
	open, ok := p.open(kindOpenParen, "(")
	c.Args = []Expr{p.requireQueryExpr()}
	p.close(kindCloseParen, ")", open, ok)
	c.node = p.from(start)
	return c
}

// parseNamed reads name = x, (a, b) = x, or x, nil when none begins.
func (p *parser) parseNamed() Expr {
	start := p.start()
	if n := p.declaredNameLength(0); n > 0 && p.peek(n).Kind == kindEqual {
		e := &NamedExpr{Names: []*Name{p.parseDeclaredName()}}
		p.next()
		e.Expr = p.requireUnnamed()
		e.node = p.from(start)
		return e
	}
	if n := p.dashedLength(); n > 0 && p.peek(n).Kind == kindEqual {
		return p.parseDashedNamed(n)
	}
	if n := p.nameTupleLength(); n > 0 && p.peek(n).Kind == kindEqual {
		e := &NamedExpr{Tuple: true}
		open := p.next()
		e.Names = parseList(p, func(p *parser) (*Name, bool) {
			name := p.parseDeclaredName()
			return name, name != nil
		}, (*parser).emptyName, list{what: "name", end: atListEnd, some: true})
		p.close(kindCloseParen, ")", open, true)
		p.next()
		e.Expr = p.requireUnnamed()
		e.node = p.from(start)
		return e
	}
	return p.parseUnnamed()
}

// requireNamed reads a named or plain expression or reports that it is missing.
func (p *parser) requireNamed() Expr {
	if e := p.parseNamed(); e != nil {
		return e
	}
	return p.badExpr()
}

// dashedLength returns the number of tokens of a name with dashes in it, which would need brackets, 0 when none stands next.
func (p *parser) dashedLength() int {
	k := p.kind()
	if k != kindIdentifier && !k.isKeyword() {
		return 0
	}
	n := 1
	for {
		k := p.peek(n).Kind
		if k != kindIdentifier && k != kindMinus && !k.isKeyword() || !p.adjacent(n) {
			return n
		}
		n++
	}
}

func (p *parser) parseDashedNamed(n int) Expr {
	start := p.start()
	first := p.pos
	p.pos += n
	name := &Name{node: p.from(start)}
	name.Text = name.span.Text(p.text)
	name.Raw = name.Text
	end := p.pos
	p.pos = first
	p.keywordAsName(name.span)
	p.pos = end
	p.next()
	e := &NamedExpr{Names: []*Name{name}, Expr: p.requireUnnamed()}
	e.node = p.from(start)
	return e
}

// nameTupleLength returns the number of tokens of (a, b), 0 when none stands next.
func (p *parser) nameTupleLength() int {
	if p.kind() != kindOpenParen {
		return 0
	}
	n := 1
	for {
		m := p.declaredNameLength(n)
		if m == 0 {
			break
		}
		n += m
		if p.peek(n).Kind != kindComma {
			break
		}
		n++
	}
	if n == 1 || p.peek(n).Kind != kindCloseParen {
		return 0
	}
	return n + 1
}

// parseOrdered reads x asc nulls first.
func (p *parser) parseOrdered() Expr {
	return p.parseOrder(p.parseNamed(), true)
}

func (p *parser) parseOrder(e Expr, nulls bool) Expr {
	if e == nil {
		return nil
	}
	o := &OrderedExpr{Expr: e}
	switch p.kind() {
	case kwAsc:
		o.Order = OrderAsc
	case kwDesc:
		o.Order = OrderDesc
	case kwGrannyAsc:
		o.Order = OrderGrannyAsc
	case kwGrannyDesc:
		o.Order = OrderGrannyDesc
	}
	if o.Order != OrderNone {
		p.next()
	}
	if nulls && p.kind() == kwNulls {
		p.next()
		switch p.expectWordOf("first", "last") {
		case "first":
			o.Nulls = NullsFirst
		case "last":
			o.Nulls = NullsLast
		}
	}
	if o.Order == OrderNone && o.Nulls == NullsNone {
		return e
	}
	o.node = p.from(e.Span().Start)
	return o
}

// parseDataTable reads datatable (schema) [ values ].
func (p *parser) parseDataTable() Expr {
	start := p.start()
	p.next()
	d := &DataTableExpr{Parameters: p.parseParameters(false)}
	d.Schema = p.requireSchema()
	open, ok := p.open(kindOpenBracket, "[")
	p.accept(kindComma)
	d.Values = p.exprList((*parser).parseDataValue, list{what: "value", end: atListEnd, trailing: true})
	p.close(kindCloseBracket, "]", open, ok)
	d.node = p.from(start)
	return d
}

// parseDataValue reads a literal; another expression is reported and kept.
func (p *parser) parseDataValue() Expr {
	if e := p.parseLiteral(); e != nil {
		return e
	}
	at := p.pos
	if p.kind() == kindComma || p.atListEnd() {
		return nil
	}
	p.literalExpected()
	if e := p.parseUnnamed(); e != nil && p.pos > at {
		return e
	}
	return nil
}

// parseExternalData reads externaldata (schema) [ uris ] with (properties).
func (p *parser) parseExternalData() Expr {
	start := p.start()
	p.next()
	d := &ExternalDataExpr{Parameters: p.parseParameters(false)}
	d.Schema = p.requireSchema()
	open, ok := p.open(kindOpenBracket, "[")
	d.Uris = p.exprList((*parser).parseQueryExpr, list{what: "value", end: atListEnd, trailing: true})
	p.close(kindCloseBracket, "]", open, ok)
	if p.accept(kwWith) {
		d.Properties = p.parseProperties()
	}
	d.node = p.from(start)
	return d
}

// parseProperties reads (name = value, ...) of externaldata and restrict.
func (p *parser) parseProperties() []*Parameter {
	open, ok := p.open(kindOpenParen, "(")
	properties := parseList(p, func(p *parser) (*Parameter, bool) {
		start := p.start()
		name := p.parseDeclaredName()
		if name == nil {
			return nil, false
		}
		v := &Parameter{Name: name}
		p.expect(kindEqual, "=")
		if v.Value = p.parseLiteral(); v.Value == nil {
			if n := p.parseDeclaredName(); n != nil {
				v.Value = &NameRef{n.node, n}
			} else {
				p.missing("value")
				v.Value = p.bad()
			}
		}
		v.node = p.from(start)
		return v, true
	}, (*parser).emptyParameter, list{what: "property", end: atListEnd})
	p.close(kindCloseParen, ")", open, ok)
	return properties
}

func (p *parser) emptyParameter() *Parameter {
	return &Parameter{node{p.gap()}, p.emptyName(), p.bad()}
}

func (p *parser) parseContextualDataTable() Expr {
	start := p.start()
	p.next()
	d := &ContextualDataTableExpr{}
	if d.ID = p.parseLiteral(); d.ID == nil {
		d.ID = p.requireUnnamed()
	}
	d.Schema = p.requireSchema()
	d.node = p.from(start)
	return d
}

func (p *parser) parseViewCombine() Expr {
	start := p.start()
	p.next()
	v := &MaterializedViewCombineExpr{}
	clause := func() Expr {
		open, ok := p.open(kindOpenParen, "(")
		e := p.requireQueryExpr()
		p.close(kindCloseParen, ")", open, ok)
		return e
	}
	v.View = clause()
	p.expectWord("base")
	v.Base = clause()
	p.expectWord("delta")
	v.Delta = clause()
	p.expectWord("aggregations")
	open, ok := p.open(kindOpenParen, "(")
	if p.kind() == kwSummarize {
		v.Aggregations = p.parseSummarize()
	} else {
		p.missing("summarize")
	}
	p.close(kindCloseParen, ")", open, ok)
	v.node = p.from(start)
	return v
}
