package syntax

// operator lays out an operator's lists and subqueries.
func (l *layout) operator(op Operator) {
	switch n := op.(type) {
	case *ExtendOperator:
		l.columns(n, n.Columns, false)
	case *ProjectOperator:
		l.columns(n, n.Columns, mostlyNames(n.Columns))
	case *ProjectAwayOperator:
		l.columns(n, n.Columns, true)
	case *ProjectKeepOperator:
		l.columns(n, n.Columns, true)
	case *ProjectRenameOperator:
		l.columns(n, n.Columns, false)
	case *ProjectReorderOperator:
		l.columns(n, n.Columns, true)
	case *ProjectByNamesOperator:
		l.columns(n, n.Columns, true)
	case *DistinctOperator:
		l.columns(n, n.Columns, mostlyNames(n.Columns))
	case *SerializeOperator:
		l.columns(n, n.Columns, false)
	case *PrintOperator:
		l.columns(n, n.Columns, false)
	case *SortOperator:
		l.columns(n, n.Columns, true)
	case *UnionOperator:
		l.columns(n, n.Tables, mostlyNames(n.Tables))
	case *SummarizeOperator:
		l.summarize(n)
	case *MakeSeriesOperator:
		l.makeSeries(n)
	case *MvExpandOperator:
		l.columns(n, toTypeOfs(n.Columns), false)
	case *MvApplyOperator:
		l.subquery(n.Subquery)
	case *ParseOperator:
		if len(n.Pattern) > 1 {
			l.columns(n, n.Pattern, true)
		}
	case *FacetOperator:
		l.subquery(n.Subquery)
	case *PartitionOperator:
		l.subquery(n.Subquery)
	case *PartitionByOperator:
		l.subquery(n.Subquery)
	case *MakeGraphOperator:
		l.subquery(n.Subquery)
	case *ForkOperator:
		l.prongs(n)
	case *TopNestedOperator:
		l.clauses(n)
	case *ScanOperator:
		l.scan(n)
	case *MacroExpandOperator:
		l.macro(n)
	case *GraphMatchOperator:
		l.graphList(n, n.Project)
	case *GraphShortestPathsOperator:
		l.graphList(n, n.Project)
	case *SearchOperator:
		l.tableList(n.Tables)
	case *FindOperator:
		l.tableList(n.Tables)
	}
}

// mostlyNames reports whether at least half of a list are plain names, which read well side by side.
func mostlyNames(list []Expr) bool {
	names := 0
	for _, e := range list {
		if _, ok := e.(*NameRef); ok {
			names++
		}
	}
	return names*2 >= len(list)
}

func toTypeOfs(list []*ToTypeOf) []Expr {
	exprs := make([]Expr, 0, len(list))
	for _, t := range list {
		if t.Expr != nil {
			exprs = append(exprs, t.Expr)
		}
	}
	return exprs
}

// columns breaks an operator before each element of its list; a single element stays on the operator's line.
func (l *layout) columns(op Operator, list []Expr, fill bool) {
	first, last, ok := l.place(op)
	if !ok || len(list) < 2 {
		return
	}
	g := group{first: first, last: last}
	for i, e := range list {
		if at, _, ok := l.place(e); ok && at > first {
			g.breaks = append(g.breaks, lineBreak{gap: at, fill: fill && i > 0})
		}
	}
	if len(g.breaks) > 0 {
		g.indents = [][2]int{{g.breaks[0].gap, last + 1}}
		l.groups = append(l.groups, g)
	}
}

// summarize breaks before each aggregate and before by; after a lone aggregate by follows on its last line where it fits.
func (l *layout) summarize(n *SummarizeOperator) {
	first, last, ok := l.place(n)
	if !ok {
		return
	}
	if len(n.Aggregates) == 0 {
		l.columns(n, n.Groups, true)
		return
	}
	g := group{first: first, last: last}
	for _, a := range n.Aggregates {
		if at, _, ok := l.place(a); ok && len(n.Aggregates) > 1 {
			g.breaks = append(g.breaks, lineBreak{gap: at})
		}
	}
	by := l.by(n.Groups)
	if by > first {
		g.breaks = append(g.breaks, lineBreak{gap: by, fill: len(n.Aggregates) == 1})
	}
	if len(g.breaks) == 0 {
		return
	}
	g.indents = [][2]int{{g.breaks[0].gap, last + 1}}
	l.groups = append(l.groups, g)
	l.byList(by, last, n.Groups)
}

// by returns the item of the word by before a list of groups, 0 when there is none.
func (l *layout) by(groups []Expr) int {
	if len(groups) == 0 {
		return 0
	}
	at, _, ok := l.place(groups[0])
	if !ok || at == 0 {
		return 0
	}
	return at - 1
}

// byList fills lines with the groups after by.
func (l *layout) byList(by, last int, groups []Expr) {
	if by == 0 || len(groups) < 2 {
		return
	}
	g := group{first: by, last: last}
	for _, e := range groups[1:] {
		if at, _, ok := l.place(e); ok {
			g.breaks = append(g.breaks, lineBreak{gap: at, fill: true})
		}
	}
	if len(g.breaks) > 0 {
		g.indents = [][2]int{{g.breaks[0].gap, last + 1}}
		l.groups = append(l.groups, g)
	}
}

// makeSeries breaks before each aggregate, before on and before by.
func (l *layout) makeSeries(n *MakeSeriesOperator) {
	first, last, ok := l.place(n)
	if !ok {
		return
	}
	g := group{first: first, last: last}
	for _, a := range n.Aggregates {
		if at, _, ok := l.place(a); ok && len(n.Aggregates) > 1 {
			g.breaks = append(g.breaks, lineBreak{gap: at})
		}
	}
	if n.On != nil {
		if at, _, ok := l.place(n.On); ok && at-1 > first {
			g.breaks = append(g.breaks, lineBreak{gap: at - 1})
		}
	}
	by := l.by(n.Groups)
	if by > first {
		g.breaks = append(g.breaks, lineBreak{gap: by})
	}
	if len(g.breaks) == 0 {
		return
	}
	g.indents = [][2]int{{g.breaks[0].gap, last + 1}}
	l.groups = append(l.groups, g)
	l.byList(by, last, n.Groups)
}

// prongs puts each subquery of a fork on a line of its own.
func (l *layout) prongs(n *ForkOperator) {
	first, last, ok := l.place(n)
	if !ok || len(n.Prongs) == 0 {
		return
	}
	g := group{first: first, last: last, forced: len(n.Prongs) > 1}
	for _, p := range n.Prongs {
		if at, _, ok := l.place(p); ok {
			g.breaks = append(g.breaks, lineBreak{gap: at})
		}
	}
	if len(g.breaks) > 0 {
		g.indents = [][2]int{{g.breaks[0].gap, last + 1}}
		l.groups = append(l.groups, g)
	}
}

func (l *layout) clauses(n *TopNestedOperator) {
	first, last, ok := l.place(n)
	if !ok || len(n.Clauses) < 2 {
		return
	}
	g := group{first: first, last: last, forced: true}
	for _, c := range n.Clauses {
		// The first clause's word is the operator's own.
		if at, _, ok := l.place(c); ok && at > first {
			g.breaks = append(g.breaks, lineBreak{gap: at})
		}
	}
	if len(g.breaks) > 0 {
		g.indents = [][2]int{{g.breaks[0].gap, last + 1}}
		l.groups = append(l.groups, g)
	}
}

// scan puts each step on a line of its own.
func (l *layout) scan(n *ScanOperator) {
	l.parameters(n.Declare)
	_, last, ok := l.place(n)
	if !ok || len(n.Steps) == 0 {
		return
	}
	first, _, ok := l.place(n.Steps[0])
	if !ok || first == 0 || l.kinds[first-1] != kindOpenParen || l.kinds[last] != kindCloseParen {
		return
	}
	g := group{first: first - 1, last: last, forced: true, indents: [][2]int{{first, last}}}
	for _, s := range n.Steps {
		if at, _, ok := l.place(s); ok {
			g.breaks = append(g.breaks, lineBreak{gap: at})
		}
	}
	g.breaks = append(g.breaks, lineBreak{gap: last})
	l.groups = append(l.groups, g)
}

func (l *layout) macro(n *MacroExpandOperator) {
	_, last, ok := l.place(n)
	if !ok || len(n.Statements) == 0 {
		return
	}
	first, _, ok := l.place(n.Statements[0])
	if !ok || first == 0 || l.kinds[first-1] != kindOpenParen || l.kinds[last] != kindCloseParen {
		return
	}
	g := group{first: first - 1, last: last, forced: true, indents: [][2]int{{first, last}}}
	for _, s := range n.Statements {
		if at, _, ok := l.place(s); ok {
			g.breaks = append(g.breaks, lineBreak{gap: at})
			l.free[at] = at > first
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
	g.breaks = append(g.breaks, lineBreak{gap: last})
	l.groups = append(l.groups, g)
}

// graphList breaks the columns that a graph operator projects.
func (l *layout) graphList(op Operator, list []Expr) {
	if len(list) < 2 {
		return
	}
	at, _, ok := l.place(list[0])
	_, last, _ := l.place(op)
	if !ok || at == 0 {
		return
	}
	g := group{first: at - 1, last: last, indents: [][2]int{{at, last + 1}}}
	for _, e := range list {
		if at, _, ok := l.place(e); ok {
			g.breaks = append(g.breaks, lineBreak{gap: at})
		}
	}
	l.groups = append(l.groups, g)
}

// tableList fills lines with the tables of search in (...) and find in (...).
func (l *layout) tableList(list []Expr) {
	l.elements(list, true)
}
