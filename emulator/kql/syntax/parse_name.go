package syntax

// nameLength returns the number of tokens of a name that begins n places on, 0 when none does.
func (p *parser) nameLength(n int) int {
	t := p.peek(n)
	if t.Kind.isName() {
		return 1
	}
	switch t.Kind {
	case kindOpenBracket:
		return p.bracketedNameLength(n)
	case kindOpenBrace:
		return p.bracedNameLength(n)
	}
	return 0
}

// bracedNameLength returns the number of tokens of a client's {name} or {name[3]}, 0 when none stands n places on. Its parts stand
// without blanks.
func (p *parser) bracedNameLength(n int) int {
	if k := p.peek(n + 1).Kind; p.peek(n).Kind != kindOpenBrace || k != kindIdentifier && !k.isKeyword() || !p.adjacent(n+1) {
		return 0
	}
	m := n + 2
	if p.peek(m).Kind == kindOpenBracket && p.adjacent(m) {
		if m++; p.peek(m).Kind == kindMinus && p.adjacent(m) {
			m++
		}
		if p.peek(m).Kind != kindLong || !p.adjacent(m) || p.peek(m+1).Kind != kindCloseBracket || !p.adjacent(m+1) {
			return 0
		}
		m += 2
	}
	if p.peek(m).Kind != kindCloseBrace || !p.adjacent(m) {
		return 0
	}
	return m + 1 - n
}

// declaredNameLength is nameLength where a name is declared, which more keywords may be.
func (p *parser) declaredNameLength(n int) int {
	if p.peek(n).Kind.isExtended() {
		return 1
	}
	return p.nameLength(n)
}

// bracketedNameLength returns the number of tokens of ['...'], 0 when none stands n places on.
func (p *parser) bracketedNameLength(n int) int {
	m := n + 1
	for p.peek(m).Kind == kindString {
		m++
	}
	if m == n+1 || p.peek(m).Kind != kindCloseBracket {
		return 0
	}
	return m + 1 - n
}

// parseName reads a name, nil when none begins.
func (p *parser) parseName() *Name {
	if p.kind().isName() {
		return p.wordName()
	}
	if p.kind() == kindOpenBracket && p.bracketedNameLength(0) > 0 {
		return p.bracketedName()
	}
	if n := p.bracedNameLength(0); n > 0 {
		start := p.start()
		p.pos += n
		name := &Name{node: p.from(start), Braced: true}
		name.Raw = name.span.Text(p.text)
		name.Text = name.Raw[1 : len(name.Raw)-1]
		return name
	}
	return nil
}

// parseDeclaredName reads a name where one is declared, nil when none begins.
func (p *parser) parseDeclaredName() *Name {
	if p.kind().isExtended() {
		return p.wordName()
	}
	return p.parseName()
}

// requireName reads a name or reports that it is missing; the result is then empty.
func (p *parser) requireName() *Name {
	if n := p.parseName(); n != nil {
		return n
	}
	p.missing("name")
	return p.emptyName()
}

func (p *parser) emptyName() *Name { return &Name{node: node{p.gap()}} }

// missingNameHere reports that a name is missing before the next token, which is the first of its part.
func (p *parser) missingNameHere() *Name {
	p.missing("name")
	at := p.start()
	return &Name{node: node{Span{Start: at, End: at}}}
}

// wordName reads the next token as a name.
func (p *parser) wordName() *Name {
	t := p.next()
	text := p.tokenText(t)
	return &Name{node: node{t.Span()}, Text: text, Raw: text}
}

func (p *parser) bracketedName() *Name {
	start := p.start()
	p.next()
	s := p.parseString()
	p.next()
	n := &Name{node: p.from(start), Text: s.Value, Quoted: true}
	n.Raw = n.span.Text(p.text)
	return n
}

// wildcardLength returns the number of tokens of a name with a * in it that begins n places on, 0 when none does. Its parts
// stand without blanks.
func (p *parser) wildcardLength(n int) int {
	m := n
	switch t := p.peek(n); {
	case t.Kind == kindAsterisk:
		m++
	case (t.Kind.isName() || t.Kind.isExtended()) && p.peek(n+1).Kind == kindAsterisk && p.adjacent(n+1):
		m += 2
	default:
		return 0
	}
	for {
		k := p.peek(m).Kind
		if !k.isName() && k != kindLong && k != kindAsterisk && !k.isExtended() || !p.adjacent(m) {
			return m - n
		}
		m++
	}
}

// parseWildcard reads a name with a * in it, nil when none begins.
func (p *parser) parseWildcard() *NameRef {
	n := p.wildcardLength(0)
	if n == 0 {
		return nil
	}
	start := p.start()
	p.pos += n
	name := &Name{node: p.from(start), Wildcard: true}
	name.Text = name.span.Text(p.text)
	name.Raw = name.Text
	return &NameRef{name.node, name}
}

// parseBracketedWildcard reads [X*], nil when none begins.
func (p *parser) parseBracketedWildcard() *NameRef {
	if p.kind() != kindOpenBracket {
		return nil
	}
	n := p.wildcardLength(1)
	if n == 0 {
		return nil
	}
	open := p.next()
	ref := p.parseWildcard()
	p.close(kindCloseBracket, "]", open, true)
	ref.Name.node = p.from(int(open.Start))
	ref.Name.Raw = ref.Name.span.Text(p.text)
	ref.node = ref.Name.node
	return ref
}

// parseNameRef reads a name as an expression, nil when none begins.
func (p *parser) parseNameRef() Expr {
	if n := p.parseName(); n != nil {
		return &NameRef{n.node, n}
	}
	return nil
}

// parseWildcardOrName reads what project-away and its kin list.
func (p *parser) parseWildcardOrName() Expr {
	if ref := p.parseWildcard(); ref != nil {
		return ref
	}
	return p.parseNameRef()
}

// parseKeywordAsName reads a keyword that stands where only a name makes sense, and reports it.
func (p *parser) parseKeywordAsName() Expr {
	if !p.kind().isKeyword() || !p.peek(1).Kind.followsName() {
		return nil
	}
	p.keywordAsName(p.tok().Span())
	n := p.wordName()
	return &NameRef{n.node, n}
}

// followsName reports whether a token shows that what stands before it was meant as a name.
func (k Kind) followsName() bool {
	switch k {
	case kwAnd, kwOr, kindEqualEqual, kindBangEqual, kindEqualTilde, kindBangTilde, kindGreater, kindGreaterEqual, kindLess, kindLessEqual,
		kindAsterisk, kindSlash, kindPercent, kindCloseParen, kindCloseBracket, kindCloseBrace, kindDot, kindComma, kindColon, kindBar,
		kwIn, kwInCI, kwNotIn, kwNotInCI, kwHasAny, kwHasAll, kwBetween, kwNotBetween:
		return true
	}
	return stringOp(k) != OpNone
}
