package syntax

// isChart reports whether the token is a kind of chart that render draws.
func (p *parser) isChart(t Token) bool {
	switch p.tokenText(t) {
	case "table", "list", "barchart", "piechart", "ladderchart", "timechart", "linechart", "anomalychart", "pivotchart", "areachart",
		"stackedareachart", "scatterchart", "timepivot", "columnchart", "timeline", "3Dchart", "card", "treemap", "plotly", "graph", "sankey":
		return true
	}
	return false
}

func (p *parser) parseRender() Operator {
	start := p.start()
	p.next()
	o := &RenderOperator{}
	if t := p.tok(); t.Kind == kindIdentifier || t.Kind.isKeyword() && p.isChart(t) {
		o.Chart = p.wordName()
	} else {
		p.report("KS005", p.tok().Span(), "expected a kind of chart such as timechart, found "+p.found(), "")
		o.Chart = p.emptyName()
	}
	for {
		v := p.parseLegacyProperty()
		if v == nil {
			break
		}
		o.Properties = append(o.Properties, v)
	}
	if p.accept(kwWith) {
		open, ok := p.open(kindOpenParen, "(")
		p.accept(kindComma)
		o.Properties = append(o.Properties, parseList(p, (*parser).parseRenderProperty, (*parser).emptyParameter,
			list{what: "property", end: atListEnd})...)
		p.close(kindCloseParen, ")", open, ok)
	}
	o.node = p.from(start)
	return o
}

// parseLegacyProperty reads what may follow the chart without brackets: kind=, title=, accumulate=, with "x", by a, b.
func (p *parser) parseLegacyProperty() *Parameter {
	t := p.tok()
	if !t.Kind.isKeyword() {
		return nil
	}
	word := p.tokenText(t)
	next := p.peek(1).Kind
	switch {
	case next == kindEqual && (word == "kind" || word == "title" || word == "accumulate"):
		v, _ := p.parseRenderProperty()
		return v
	case t.Kind == kwWith && next != kindOpenParen:
		v := &Parameter{Name: p.wordName()}
		if v.Value = p.parseParameterValue(); v.Value == nil {
			p.missing("string")
			v.Value = p.bad()
		}
		v.node = p.from(int(t.Start))
		return v
	case t.Kind == kwBy:
		v := &Parameter{Name: p.wordName()}
		v.Value = p.parseNameList(func(p *parser) bool {
			switch p.tokenText(p.tok()) {
			case "kind", "title", "accumulate", "with", "by":
				return true
			}
			return p.atListEnd()
		})
		v.node = p.from(int(t.Start))
		return v
	}
	return nil
}

// parseNameList reads names separated by commas.
func (p *parser) parseNameList(end func(*parser) bool) Expr {
	start := p.start()
	l := &ListExpr{Items: p.exprList(func(p *parser) Expr {
		if p.renderProperty(0) {
			return nil
		}
		if n := p.parseDeclaredName(); n != nil {
			return &NameRef{n.node, n}
		}
		return nil
	}, list{what: "name", end: end, some: true})}
	if len(l.Items) > 0 { // a missing name stands in the gap before the comma
		start = min(start, l.Items[0].Span().Start)
	}
	l.node = p.from(start)
	return l
}

// renderProperty reports whether a property with its = begins n places on.
func (p *parser) renderProperty(n int) bool {
	if p.peek(n+1).Kind != kindEqual {
		return false
	}
	return isRenderProperty(p.tokenText(p.peek(n)))
}

func isRenderProperty(word string) bool {
	switch word {
	case "kind", "title", "accumulate", "xcolumn", "ycolumns", "anomalycolumns", "series", "xtitle", "ytitle", "xaxis", "yaxis", "legend", "ysplit",
		"ymin", "ymax", "xmin", "xmax":
		return true
	}
	return false
}

// parseRenderProperty reads name = value in a render's brackets. Lists of columns end before the next property.
func (p *parser) parseRenderProperty() (*Parameter, bool) {
	start := p.start()
	t := p.tok()
	if t.Kind != kindIdentifier && !t.Kind.isKeyword() {
		return nil, false
	}
	word := p.tokenText(t)
	if !p.renderProperty(0) {
		if isRenderProperty(word) {
			p.next()
			p.expectedToken("=")
			return &Parameter{p.from(start), &Name{node: node{t.Span()}, Text: word, Raw: word}, p.bad()}, true
		}
		p.expectedOneOf("kind", "title", "xcolumn", "ycolumns", "series", "xtitle", "ytitle", "xaxis", "yaxis", "legend", "ysplit", "ymin", "ymax",
			"xmin", "xmax", "accumulate", "anomalycolumns")
		if p.peek(1).Kind != kindEqual {
			return nil, false
		}
	}
	v := &Parameter{Name: p.wordName()}
	p.next()
	switch word {
	case "title", "xtitle", "ytitle":
		v.Value = p.parsePath()
	case "ycolumns", "anomalycolumns", "series":
		v.Value = p.parseColumnList()
	default:
		v.Value = p.parseParameterValue()
	}
	if v.Value == nil {
		p.missing("value")
		v.Value = p.bad()
	}
	v.node = p.from(start)
	return v, true
}

// parseColumnList reads the columns of a property; the comma before the next property is not theirs.
func (p *parser) parseColumnList() Expr {
	start := p.start()
	l := &ListExpr{}
	for {
		n := p.parseDeclaredName()
		if n == nil {
			p.missing("name")
			n = p.emptyName()
		}
		l.Items = append(l.Items, &NameRef{n.node, n})
		if p.kind() != kindComma || p.renderProperty(1) || p.declaredNameLength(1) == 0 {
			l.node = p.from(min(start, l.Items[0].Span().Start))
			return l
		}
		p.next()
	}
}
