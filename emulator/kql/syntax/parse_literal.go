package syntax

import (
	"github.com/cockroachdb/apd/v3"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
)

// parseLiteral reads a literal, which may have a sign, nil when none begins.
func (p *parser) parseLiteral() Expr {
	switch k := p.kind(); {
	case k == kindString:
		return p.parseString()
	case k.isLiteral():
		return p.parseToken()
	case k == kwDynamic:
		if p.peek(1).Kind == kindOpenParen {
			return p.parseDynamic()
		}
	case k == kindPlus || k == kindMinus:
		switch t := p.peek(1); t.Kind {
		case kindLong, kindReal, kindTimespan:
			if p.adjacent(1) && isDigit(p.text[t.Start]) {
				return p.parseToken()
			}
		}
	case k == kwTypeof:
		return p.parseTypeOf()
	case k == kindOpenBrace:
		return p.parseNameRef()
	}
	return nil
}

// parseToken reads one literal token, with its sign when there is one.
func (p *parser) parseToken() Expr {
	start := p.start()
	if k := p.kind(); k == kindPlus || k == kindMinus {
		p.next()
	}
	t := p.next()
	if t.Kind == kindRawGUID {
		p.pos--
		p.rawGUID(t)
		p.pos++
	}
	lit := &Literal{node: p.from(start)}
	lit.Raw = lit.span.Text(p.text)
	v, ok := literalValue(t.Kind, lit.Raw)
	lit.Value, lit.Invalid = v, !ok
	if !ok && t.Flaw == flawNone {
		p.malformedLiteral(lit.span, literalType(t.Kind).String())
	}
	return lit
}

// parseString reads a string and those that stand beside it.
func (p *parser) parseString() *StringLiteral {
	start := p.start()
	t := p.next()
	s := &StringLiteral{Parts: 1}
	s.Value, s.Hidden = stringValue(p.tokenText(t), t.Flaw)
	if p.kind() == kindString {
		buf := []byte(s.Value)
		for p.kind() == kindString {
			t := p.next()
			part, hidden := stringValue(p.tokenText(t), t.Flaw)
			buf = append(buf, part...)
			s.Hidden = s.Hidden || hidden
			s.Parts++
		}
		s.Value = string(buf)
	}
	s.node = p.from(start)
	s.Raw = s.span.Text(p.text)
	return s
}

// parseTypeOf reads typeof(...), nil when no bracket follows the word.
func (p *parser) parseTypeOf() Expr {
	if p.kind() != kwTypeof || p.peek(1).Kind != kindOpenParen {
		return nil
	}
	start := p.start()
	p.next()
	e := &TypeOfExpr{}
	inner := p.peek(1)
	if inner.Kind.isExtendedType() || inner.Kind == kindIdentifier && p.peek(2).Kind == kindCloseParen {
		open := p.next()
		if t := p.parseType(anyTypes); t != nil {
			e.Types = append(e.Types, t)
		}
		p.close(kindCloseParen, ")", open, true)
	} else {
		e.Schema = p.parseSchema(true, true)
	}
	e.node = p.from(start)
	return e
}

// parseDynamic reads dynamic(...).
func (p *parser) parseDynamic() Expr {
	start := p.start()
	before := len(p.diagnostics)
	p.next()
	open := p.next()
	d := &DynamicLiteral{}
	n, ok := p.parseJSON()
	if !ok {
		p.missing("value; dynamic(...) holds a literal, an array or an object")
		p.skipTo(kindCloseParen)
	}
	p.close(kindCloseParen, ")", open, true)
	d.node = p.from(start)
	d.Raw = d.span.Text(p.text)
	d.Invalid = len(p.diagnostics) > before
	if !n.IsNull() {
		d.Value = n
	}
	return d
}

// parseJSON reads a value in dynamic(...): JSON, and Kusto's own literals. ok is false when none begins.
func (p *parser) parseJSON() (*value.Node, bool) {
	if !p.enter() {
		p.leave()
		return nil, true
	}
	defer p.leave()
	switch k := p.kind(); {
	case k == kindOpenBracket:
		return p.parseJSONArray(), true
	case k == kindOpenBrace:
		if name := p.parseName(); name != nil {
			return value.NodeString(name.Raw), true
		}
		return p.parseJSONObject(), true
	case k == kwNull:
		p.next()
		return &value.Node{}, true
	case k == kindString:
		return value.NodeString(p.parseString().Value), true
	case k == kindMinus:
		if next := p.peek(1).Kind; next != kindLong && next != kindReal {
			return nil, false
		}
		p.next()
		return negated(p.parseToken()), true
	case k == kwDynamic:
		if d, ok := p.parseLiteral().(*DynamicLiteral); ok {
			return d.Value, true
		}
	case k.isLiteral():
		return literalNode(p.parseToken()), true
	}
	return nil, false
}

func (p *parser) parseJSONArray() *value.Node {
	open := p.next()
	elems := parseList(p, (*parser).parseJSON, func(*parser) *value.Node { return nil }, list{what: "value", end: atListEnd})
	p.close(kindCloseBracket, "]", open, true)
	return value.NodeArray(elems...)
}

func (p *parser) parseJSONObject() *value.Node {
	type pair struct {
		key   string
		value *value.Node
	}
	open := p.next()
	pairs := parseList(p, func(p *parser) (pair, bool) {
		var v pair
		var ok bool
		switch p.kind() {
		case kindString:
			t := p.next()
			v.key, _ = stringValue(p.tokenText(t), t.Flaw)
			p.expect(kindColon, ":")
		case kindColon:
			p.missing("key")
			p.next()
		default:
			if !p.startsJSON() {
				return v, false
			}
			p.missing("key")
		}
		if v.value, ok = p.parseJSON(); !ok {
			p.missing("value")
		}
		return v, true
	}, func(*parser) pair { return pair{} }, list{what: "pair \"key\": value", end: atListEnd})
	p.close(kindCloseBrace, "}", open, true)

	keys := make([]string, 0, len(pairs))
	elems := make([]*value.Node, 0, len(pairs))
	slots := make(map[string]int, len(pairs))
	for _, v := range pairs {
		if at, twice := slots[v.key]; twice {
			elems[at] = v.value
			continue
		}
		slots[v.key] = len(keys)
		keys = append(keys, v.key)
		elems = append(elems, v.value)
	}
	return value.NodeBag(keys, elems)
}

func (p *parser) startsJSON() bool {
	k := p.kind()
	return k.isLiteral() || k == kindOpenBracket || k == kindOpenBrace || k == kwNull || k == kwDynamic
}

// literalNode makes a literal a dynamic value.
func literalNode(e Expr) *value.Node {
	lit, ok := e.(*Literal)
	if !ok || lit.Value.Null {
		return &value.Node{}
	}
	v := lit.Value
	switch v.Type {
	case value.Bool:
		return value.NodeBool(v.I != 0)
	case value.Int, value.Long:
		return value.NodeLong(v.I)
	case value.Real:
		return value.NodeReal(v.F)
	case value.DateTime:
		return value.NodeDateTime(v.I)
	case value.Timespan:
		return value.NodeTimespan(v.I)
	case value.GUID:
		return value.NodeGUID(v.S)
	case value.Decimal:
		return value.NodeDecimal(v.Dec)
	}
	return &value.Node{}
}

// negated is literalNode of a number after a minus.
func negated(e Expr) *value.Node {
	n := literalNode(e)
	switch n.Kind {
	case value.KindLong:
		return value.NodeLong(-n.I)
	case value.KindReal:
		return value.NodeReal(-n.F)
	case value.KindDecimal:
		return value.NodeDecimal(new(apd.Decimal).Neg(n.Dec))
	}
	return n
}
