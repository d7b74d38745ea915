package syntax

// statement begins a line.
func (l *layout) statement(s Statement) {
	if first, _, ok := l.place(s); ok {
		l.hard[first], l.free[first] = true, true
	}
	switch s := s.(type) {
	case *QueryStatement:
		if p, ok := s.Expr.(*PipeExpr); ok {
			l.pipes[p] = pipeStatement
		}
	case *LetStatement:
		if p, ok := s.Value.(*PipeExpr); ok {
			l.pipes[p] = pipeLet
		}
	}
}

// visit lays out one node; a parent is visited before its parts.
func (l *layout) visit(n Node) bool {
	switch n := n.(type) {
	case *PipeExpr:
		l.pipe(n)
	case *ParenExpr:
		l.inParens[n.X] = true
		l.brackets(n)
	case *BracketedExpr:
		l.brackets(n)
	case *CallExpr:
		l.call(n)
	case *PathExpr:
	case *ElementExpr:
		if n.Index != nil {
			if i := l.at(n.Index.Span().Start) - 1; i > 0 && l.kinds[i] == kindOpenBracket {
				l.tight[i] = true
			}
		}
	case *UnaryExpr:
		if first, last, ok := l.place(n); ok && first < last {
			l.tight[first+1] = true
		}
	case *BinaryExpr:
		l.binary(n)
	case *InExpr:
		l.in(n)
	case *StringLiteral:
		if first, last, ok := l.place(n); ok && first < last {
			l.list(first, last, first+1, last, true)
		}
	case *Parameter:
		l.tightEqual(n)
	case *FunctionDeclaration:
		if n.View && n.Body != nil {
			if first, _, ok := l.place(n); ok && first+1 < len(l.items) && l.kinds[first+1] == kindOpenParen {
				l.tight[first+1] = false
			}
		}
		l.parameters(n.Parameters)
	case *QueryParametersStatement:
		l.parameters(n.Parameters)
	case *FunctionBody:
		l.body(n)
	case *TypeOfExpr:
		if first, last, ok := l.place(n); ok && first < last {
			l.tight[first+1] = true
		}
	case *SchemaType:
		l.schema(n)
	case *DataTableExpr:
		l.dataTable(n)
	case *EntityGroupExpr:
		l.elements(n.Entities, false)
	case Operator:
		l.operator(n)
	case *TopNestedClause:
	case *MakeSeriesAggregate:
		if n.Default != nil {
			if i := l.at(n.Default.Span().Start) - 1; i > 0 && l.kinds[i] == kindEqual {
				l.tight[i], l.tight[i+1] = true, true
			}
		}
	case *ForkProng:
		l.subquery(n.Subquery)
	case *ScanStep:
		if _, last, ok := l.place(n); ok && l.kinds[last] == kindSemicolon {
			l.tight[last] = true
		}
	}
	return true
}

// pipe puts each operator on a line of its own. Within an expression a short pipe stays on its line.
func (l *layout) pipe(n *PipeExpr) {
	first, last, ok := l.place(n)
	if !ok {
		return
	}
	style := l.pipes[n]
	g := group{first: first, last: last, forced: style != pipeNested || len(n.Operators) > 2, follows: true}
	for _, op := range n.Operators {
		if i := l.at(op.Span().Start) - 1; i > first-1 && i > 0 && l.kinds[i] == kindBar {
			g.breaks = append(g.breaks, lineBreak{gap: i})
		}
	}
	if len(g.breaks) == 0 {
		return
	}
	if style == pipeLet {
		g.indents = append(g.indents, [2]int{g.breaks[0].gap, last + 1})
		if _, ok := n.Source.(*OperatorExpr); ok {
			g.indents = append(g.indents, [2]int{first, g.breaks[0].gap})
		}
	}
	l.groups = append(l.groups, g)
}

// brackets indents what stands in the first and last item of a node.
func (l *layout) brackets(n Node) {
	if first, last, ok := l.place(n); ok {
		l.enclose(first, last)
	}
}

// enclose makes a group of a bracket and its partner.
func (l *layout) enclose(open, shut int) {
	if shut-open < 2 {
		return
	}
	l.groups = append(l.groups, group{first: open, last: shut, breaks: []lineBreak{{gap: open + 1}, {gap: shut}}, indents: [][2]int{{open + 1, shut}}})
}

// subquery encloses the brackets that surround a node but are not part of it.
func (l *layout) subquery(n Expr) {
	if n == nil {
		return
	}
	if _, own := n.(*ParenExpr); own {
		return
	}
	first, last, ok := l.place(n)
	if !ok || first == 0 || last+1 >= len(l.items) {
		return
	}
	if k := l.kinds[first-1]; k == kindOpenParen || k == kindOpenBrace {
		l.enclose(first-1, last+1)
	}
}

// list makes a group of the items first to last that breaks before each item from to until.
func (l *layout) list(first, last, from, until int, fill bool) {
	g := group{first: first, last: last, indents: [][2]int{{from, last + 1}}}
	for i := from; i <= until; i++ {
		g.breaks = append(g.breaks, lineBreak{gap: i, fill: fill})
	}
	l.groups = append(l.groups, g)
}

// call lays out arguments: one a line when they do not fit, or as many as fit when most are plain names. case and bag_pack keep
// their pairs together.
func (l *layout) call(n *CallExpr) {
	_, last, ok := l.place(n)
	if !ok {
		return
	}
	open := l.at(n.Name.span.End)
	if k := len(n.Parameters); k > 0 {
		open = l.at(n.Parameters[k-1].span.End)
	} else {
		l.tight[min(open, len(l.items))] = true
	}
	if open > last || l.kinds[open] != kindOpenParen || l.kinds[last] != kindCloseParen || len(n.Args) == 0 {
		return
	}
	paired := 0 // leading arguments that go in pairs
	switch n.Name.Text {
	case "case":
		if len(n.Args) >= 3 {
			paired = len(n.Args) - 1
		}
	case "bag_pack", "pack", "pack_dictionary":
		paired = len(n.Args)
	}
	fill := paired == 0 && len(n.Args) > 3 && mostlyNames(n.Args)
	g := group{first: open, last: last, indents: [][2]int{{open + 1, last}}}
	var pairs []group
	for i, a := range n.Args {
		at, end, ok := l.place(a)
		if !ok {
			return
		}
		if i%2 == 1 && i < paired {
			start, _, _ := l.place(n.Args[i-1])
			pairs = append(pairs, group{first: start, last: end, breaks: []lineBreak{{gap: at, fill: true}}, indents: [][2]int{{at, end + 1}}})
			continue
		}
		g.breaks = append(g.breaks, lineBreak{gap: at, fill: fill && i > 0})
	}
	g.breaks = append(g.breaks, lineBreak{gap: last})
	l.groups = append(append(l.groups, g), pairs...)
	if len(n.Args) == 1 {
		l.inParens[n.Args[0]] = true
	}
}

// binary breaks a chain of and, or or + before each operator.
func (l *layout) binary(n *BinaryExpr) {
	if n.Op == OpSearch {
		if i := l.at(n.OpSpan.Start); i < len(l.items) {
			l.tight[i+1] = true
		}
	}
	if l.chained[n] || n.Op != OpAnd && n.Op != OpOr && n.Op != OpAdd {
		return
	}
	first, last, ok := l.place(n)
	if !ok {
		return
	}
	g := group{first: first, last: last}
	for m := n; m != nil; {
		g.breaks = append(g.breaks, lineBreak{gap: l.at(m.OpSpan.Start)})
		next, ok := m.X.(*BinaryExpr)
		if !ok || next.Op != n.Op {
			break
		}
		l.chained[next] = true
		m = next
	}
	if !l.inParens[n] {
		g.indents = [][2]int{{g.breaks[len(g.breaks)-1].gap, last + 1}}
	}
	l.groups = append(l.groups, g)
}

// in lays out the list of an in: as many elements on a line as fit.
func (l *layout) in(n *InExpr) {
	open := l.at(n.OpSpan.End)
	_, last, ok := l.place(n)
	if !ok || open >= last || l.kinds[open] != kindOpenParen || len(n.List) == 0 {
		return
	}
	g := group{first: open, last: last, indents: [][2]int{{open + 1, last}}}
	for i, e := range n.List {
		if at, _, ok := l.place(e); ok {
			g.breaks = append(g.breaks, lineBreak{gap: at, fill: i > 0})
		}
	}
	g.breaks = append(g.breaks, lineBreak{gap: last})
	l.groups = append(l.groups, g)
	if len(n.List) == 1 {
		l.inParens[n.List[0]] = true
	}
}

// tightEqual writes a parameter as name=value.
func (l *layout) tightEqual(n *Parameter) {
	if n.Name == nil || n.Value == nil {
		return
	}
	if i := l.at(n.Name.span.End); i+1 < len(l.items) && l.kinds[i] == kindEqual {
		l.tight[i], l.tight[i+1] = true, true
	}
}

func (l *layout) parameters(list []*FunctionParameter) {
	if len(list) == 0 {
		return
	}
	first, _, _ := l.place(list[0])
	_, last, _ := l.place(list[len(list)-1])
	if first == 0 || last+1 >= len(l.items) || l.kinds[first-1] != kindOpenParen {
		return
	}
	g := group{first: first - 1, last: last + 1, indents: [][2]int{{first, last + 1}}}
	for _, p := range list {
		if at, _, ok := l.place(p); ok {
			g.breaks = append(g.breaks, lineBreak{gap: at})
		}
	}
	g.breaks = append(g.breaks, lineBreak{gap: last + 1})
	l.groups = append(l.groups, g)
}

// body lays out a function's body: one line when it is a short expression.
func (l *layout) body(n *FunctionBody) {
	first, last, ok := l.place(n)
	if !ok || l.kinds[first] != kindOpenBrace || last-first < 2 {
		return
	}
	l.enclose(first, last)
	g := &l.groups[len(l.groups)-1]
	for _, s := range n.Statements {
		g.forced = true
		if at, _, ok := l.place(s); ok && at > first+1 {
			g.breaks = append(g.breaks, lineBreak{gap: at})
			l.free[at] = true
		}
		if let, ok := s.(*LetStatement); ok {
			if p, ok := let.Value.(*PipeExpr); ok {
				l.pipes[p] = pipeLet
			}
		}
	}
	if n.Expr == nil {
		return
	}
	if p, ok := n.Expr.(*PipeExpr); ok {
		l.pipes[p] = pipeStatement
	}
	if at, _, ok := l.place(n.Expr); ok && at > first+1 {
		g.breaks = append(g.breaks, lineBreak{gap: at})
		l.free[at] = true
	}
}

// schema fills lines with the columns of (a: string, b: long).
func (l *layout) schema(n *SchemaType) {
	first, last, ok := l.place(n)
	if !ok || len(n.Columns) < 2 || l.kinds[first] != kindOpenParen {
		return
	}
	g := group{first: first, last: last, indents: [][2]int{{first + 1, last}}}
	for i, c := range n.Columns {
		if at, _, ok := l.place(c); ok {
			g.breaks = append(g.breaks, lineBreak{gap: at, fill: i > 0})
		}
	}
	g.breaks = append(g.breaks, lineBreak{gap: last})
	l.groups = append(l.groups, g)
}

// dataTable writes a row a line; the values of a single column fill lines.
func (l *layout) dataTable(n *DataTableExpr) {
	if n.Schema == nil || len(n.Values) == 0 {
		return
	}
	_, last, ok := l.place(n)
	open := l.at(n.Schema.span.End)
	if !ok || open >= last || l.kinds[open] != kindOpenBracket {
		return
	}
	width := max(len(n.Schema.Columns), 1)
	g := group{first: open, last: last, indents: [][2]int{{open + 1, last}}, forced: width > 1 && len(n.Values) > width}
	for i, v := range n.Values {
		if at, _, ok := l.place(v); ok && i%width == 0 {
			g.breaks = append(g.breaks, lineBreak{gap: at, fill: width == 1 && i > 0})
		}
	}
	g.breaks = append(g.breaks, lineBreak{gap: last})
	l.groups = append(l.groups, g)
}

// elements breaks a list of expressions in brackets.
func (l *layout) elements(list []Expr, fill bool) {
	if len(list) == 0 {
		return
	}
	first, _, ok := l.place(list[0])
	_, last, _ := l.place(list[len(list)-1])
	if !ok || first == 0 || last+1 >= len(l.items) {
		return
	}
	g := group{first: first - 1, last: last + 1, indents: [][2]int{{first, last + 1}}}
	for i, e := range list {
		if at, _, ok := l.place(e); ok {
			g.breaks = append(g.breaks, lineBreak{gap: at, fill: fill && i > 0})
		}
	}
	g.breaks = append(g.breaks, lineBreak{gap: last + 1})
	l.groups = append(l.groups, g)
}
