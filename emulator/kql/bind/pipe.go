package bind

import (
	"github.com/seed-caab1ad3/blindspot/emulator/kql/source"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/symbol"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/syntax"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
)

// tables are the results of fork and facet.
func (it *item) tables() []*table {
	if it.group == nil {
		return nil
	}
	var out []*table
	for _, m := range it.group.members {
		if m.kind == isTable {
			out = append(out, m.table)
		}
	}
	return out
}

// pipe binds Source | operator | operator.
func (b *binder) pipe(e *syntax.PipeExpr) *item {
	at := e.Span()
	var cur *item
	if e.Source != nil {
		b.level++
		defer func() { b.level-- }()
		fuzzy := b.fuzzy
		if len(e.Operators) > 0 {
			if u, ok := e.Operators[0].(*syntax.UnionOperator); ok {
				if set, on := parameterTrue(u.Parameters, "isfuzzy", "__isFuzzy"); set {
					b.fuzzy = on
				}
			}
		}
		row, right := b.row, b.right
		kind := b.kind
		b.right, b.kind = nil, normal
		cur = b.tabular(e.Source)
		b.row, b.right, b.kind, b.fuzzy = row, right, kind, fuzzy
	} else if b.row != nil {
		cur = b.tableItem(at, b.row)
	} else {
		cur = b.bad(at)
	}
	row, right, kind := b.row, b.right, b.kind
	b.right, b.kind = nil, normal
	for i, op := range e.Operators {
		if i == maxPipe {
			b.tooDeep(op.Span())
			break
		}
		piped := e.Source != nil || op != e.Operators[0]
		cur = b.apply(cur, op, piped || b.row != nil)
	}
	b.row, b.right, b.kind = row, right, kind
	cur.at = at
	return cur
}

// leading binds an operator that begins a query.
func (b *binder) leading(e *syntax.OperatorExpr) *item {
	kind, right := b.kind, b.right
	b.kind, b.right = normal, nil
	b.level++
	defer func() { b.level-- }()
	it := b.apply(nil, e.Operator, b.row != nil && contextual(e.Operator))
	b.kind, b.right = kind, right
	return it
}

// contextual operators take the implied input of a subquery; print, range and their kin never do.
func contextual(o syntax.Operator) bool {
	switch o.(type) {
	case *syntax.PrintOperator, *syntax.RangeOperator:
		return false
	}
	return true
}

// keyword returns the place of an operator's first word.
func (b *binder) keyword(o syntax.Operator) source.Span {
	at := o.Span()
	end := at.Start
	for end < len(b.text) && end < at.End {
		c := b.text[end]
		if c != '-' && c != '_' && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
			break
		}
		end++
	}
	if end == at.Start {
		return at
	}
	return source.Span{Start: at.Start, End: end}
}

// apply puts one operator behind what came before. piped says that there is an input.
func (b *binder) apply(in *item, op syntax.Operator, piped bool) *item {
	at := op.Span()
	if !b.enter(at) {
		return b.bad(at)
	}
	defer b.leave()
	switch o := op.(type) {
	case *syntax.PrintOperator:
		if in != nil {
			b.onlyFirst(b.keyword(op))
		}
		return b.tableItem(at, b.print(o))
	case *syntax.RangeOperator:
		if in != nil {
			b.onlyFirst(b.keyword(op))
		}
		return b.tableItem(at, b.rangeOver(o))
	case *syntax.BadOperator:
		return b.bad(at)
	}
	if in == nil && b.row != nil && piped {
		in = b.tableItem(at, b.row)
	}
	if in != nil && in.kind == isGraph {
		return b.graphOperator(in, op)
	}
	var t *table
	switch {
	case in == nil:
	case in.kind == isTable:
		t = in.table
	case in.kind == isBad:
		// An open input without columns: names in the operator are not judged.
		t = b.missing("", at)
	default:
		b.tableWanted(in)
		t = b.missing("", at)
	}
	switch o := op.(type) {
	case *syntax.UnionOperator:
		return b.tableItem(at, b.union(t, o))
	case *syntax.SearchOperator:
		return b.tableItem(at, b.search(t, o))
	case *syntax.FindOperator:
		return b.tableItem(at, b.find(t, o))
	case *syntax.EvaluateOperator:
		return b.evaluate(t, o)
	case *syntax.MacroExpandOperator:
		return b.macroExpand(t, o)
	}
	if t == nil {
		b.notFirst(b.keyword(op))
		t = b.missing("", at)
	}
	row, errors := b.row, b.errors()
	b.row = t
	it := b.operator(t, op)
	b.row = row
	if it.kind == isTable && it.table != nil && it.table != t && it.table.before == nil {
		it.table.before, it.table.op, it.table.broken = t, op, b.silent == 0 && b.errors() > errors
	}
	if it.kind == isTable && it.table.name == "" {
		switch op.(type) {
		case *syntax.FilterOperator, *syntax.TakeOperator, *syntax.SortOperator, *syntax.TopOperator, *syntax.AsOperator, *syntax.ExtendOperator:
			it.table.name = t.name
		}
	}
	return it
}

// operator binds an operator over an input; b.row is the input.
func (b *binder) operator(t *table, op syntax.Operator) *item {
	at := op.Span()
	out := func(t *table) *item { return b.tableItem(at, t) }
	switch o := op.(type) {
	case *syntax.FilterOperator:
		return out(b.filter(t, o))
	case *syntax.ExtendOperator:
		return out(b.extend(t, o))
	case *syntax.ProjectOperator:
		return out(b.projectColumns(t, o))
	case *syntax.ProjectAwayOperator:
		return out(b.projectAway(t, o))
	case *syntax.ProjectKeepOperator:
		return out(b.projectKeep(t, o))
	case *syntax.ProjectRenameOperator:
		return out(b.projectRename(t, o))
	case *syntax.ProjectReorderOperator:
		return out(b.projectReorder(t, o))
	case *syntax.ProjectByNamesOperator:
		return out(b.projectByNames(t, o))
	case *syntax.SummarizeOperator:
		return out(b.summarize(t, o))
	case *syntax.DistinctOperator:
		return out(b.distinct(t, o))
	case *syntax.CountOperator:
		return out(b.count(t, o))
	case *syntax.SortOperator:
		return out(b.sort(t, o))
	case *syntax.TopOperator:
		return out(b.top(t, o))
	case *syntax.TopHittersOperator:
		return out(b.topHitters(t, o))
	case *syntax.TopNestedOperator:
		return out(b.topNested(t, o))
	case *syntax.TakeOperator:
		b.operatorParameters(o.Parameters, takeParameters)
		n := b.rows(o.Count)
		r := &Take{Count: n}
		r.At = at
		return out(b.over(t, r, &r.Unary))
	case *syntax.SampleOperator:
		b.operatorParameters(o.Parameters, takeParameters)
		n := b.rows(o.Count)
		r := &Sample{Count: n}
		r.At = at
		return out(b.over(t, r, &r.Unary))
	case *syntax.SampleDistinctOperator:
		return out(b.sampleDistinct(t, o))
	case *syntax.JoinOperator:
		return out(b.join(t, o))
	case *syntax.LookupOperator:
		return out(b.lookup(t, o))
	case *syntax.MvExpandOperator:
		return out(b.mvExpand(t, o))
	case *syntax.MvApplyOperator:
		return out(b.mvApply(t, o))
	case *syntax.ParseOperator:
		return out(b.parse(t, o))
	case *syntax.ParseKvOperator:
		return out(b.parseKv(t, o))
	case *syntax.MakeSeriesOperator:
		return out(b.makeSeries(t, o))
	case *syntax.SerializeOperator:
		return out(b.serialize(t, o))
	case *syntax.RenderOperator:
		return out(b.render(t, o))
	case *syntax.AsOperator:
		return out(b.as(t, o))
	case *syntax.InvokeOperator:
		return b.invoke(t, o)
	case *syntax.GetSchemaOperator:
		return out(b.getSchema(t, o))
	case *syntax.ConsumeOperator:
		b.operatorParameters(o.Parameters, consumeParameters)
		r := &Consume{}
		r.At, r.Input = at, t.rel
		return out(newTable(r, false))
	case *syntax.AssertSchemaOperator:
		return out(t)
	case *syntax.ExecuteAndCacheOperator:
		return out(t)
	case *syntax.ForkOperator:
		return b.fork(t, o)
	case *syntax.FacetOperator:
		return b.facet(t, o)
	case *syntax.PartitionOperator:
		return out(b.partition(t, o))
	case *syntax.PartitionByOperator:
		return out(b.partitionBy(t, o))
	case *syntax.ReduceOperator:
		return out(b.reduce(t, o))
	case *syntax.ScanOperator:
		return out(b.scanSteps(t, o))
	case *syntax.MakeGraphOperator:
		return b.makeGraph(t, o)
	case *syntax.GraphMatchOperator, *syntax.GraphShortestPathsOperator, *syntax.GraphToTableOperator,
		*syntax.GraphMarkComponentsOperator, *syntax.GraphWhereNodesOperator, *syntax.GraphWhereEdgesOperator:
		b.graphWanted(b.keyword(op))
		return b.bad(at)
	}
	return b.bad(at)
}

// over puts an operator that passes all columns on above a relation.
func (b *binder) over(t *table, r Rel, u *Unary) *table {
	u.Input = t.rel
	u.Cols = t.rel.Columns()
	out := &table{rel: r, cols: t.cols, open: t.open}
	return out
}

func (b *binder) filter(t *table, o *syntax.FilterOperator) *table {
	b.operatorParameters(o.Parameters, filterParameters)
	it := b.expr(o.Predicate)
	r := &Filter{Predicate: b.condition(it)}
	r.At = o.Span()
	return b.over(t, r, &r.Unary)
}

// condition checks that an item is bool and gives its expression, false where it has none.
func (b *binder) condition(it *item) Expr {
	switch {
	case it.kind == isBad:
	case it.kind != isScalar, len(it.multi) > 1:
		b.typeWanted("KS141", it, "bool")
	case it.typ.Unknown() && it.expr != nil:
		return convert(it.expr, value.Bool)
	case it.typ.Scalar != value.Bool:
		b.typeWanted("KS141", it, "bool")
	case it.expr != nil:
		return it.expr
	}
	return NewConst(value.NewBool(false), it.at)
}

// rows binds a number of rows.
func (b *binder) rows(e syntax.Expr) Expr {
	return b.integer(b.expr(e))
}

func (b *binder) integer(it *item) Expr {
	switch {
	case it.kind == isBad:
	case it.kind != isScalar || !it.typ.Integer():
		b.typeWanted("KS134", it, "an integer")
	case it.expr != nil:
		return convert(it.expr, value.Long)
	}
	return NewConst(value.NewLong(0), it.at)
}

func (b *binder) print(o *syntax.PrintOperator) *table {
	row := b.row
	b.row = nil
	p := b.projection(len(o.Columns))
	items := make([]*item, len(o.Columns))
	for i, e := range o.Columns {
		items[i] = b.expr(e)
		b.wantScalar(items[i])
	}
	for i, e := range o.Columns {
		p.put(e, items[i], printing, false, nil, "print_"+itoa(i))
	}
	b.row = row
	return b.project(oneRow(o.Span()), p.out, o.Span())
}

func (b *binder) rangeOver(o *syntax.RangeOperator) *table {
	row := b.row
	b.row = nil
	from, to, step := b.expr(o.From), b.expr(o.To), b.expr(o.Step)
	b.row = row
	for _, it := range []*item{from, to, step} {
		if b.wantScalar(it) && !it.typ.Summable() {
			b.typeWanted("KS138", it, "a number, timespan or datetime")
		}
	}
	if step.value != nil && step.value.Type.Integer() && step.value.I == 0 && !step.value.Null {
		b.zeroStep(step.at)
	}
	var t symbol.Type
	if from.kind == isScalar && to.kind == isScalar && step.kind == isScalar {
		common, _ := symbol.Agree(from.typ, to.typ, false, symbol.Promotion)
		if common == step.typ && common.Scalar == value.Int {
			t = common
		} else {
			l, r := *from, *step
			l.typ = common
			t, _, _ = b.operate("+", []*item{&l, &r}, step.at, true)
		}
	}
	r := &Range{}
	r.At = o.Span()
	r.Cols = []*Column{b.newColumn(o.Name.Text, t)}
	r.From, r.To, r.Step = rangeValue(from, t), rangeValue(to, t), step.expr
	if t.Scalar.Numeric() && step.expr != nil {
		r.Step = convert(step.expr, t.Scalar)
	}
	if r.Step == nil {
		r.Step = NewConst(value.NewLong(1), o.Span())
	}
	return newTable(r, false)
}

func rangeValue(it *item, t symbol.Type) Expr {
	if it.expr == nil {
		return NewConst(nullOf(t.Scalar), it.at)
	}
	return convert(it.expr, t.Scalar)
}

func (b *binder) summarize(t *table, o *syntax.SummarizeOperator) *table {
	at := o.Span()
	b.operatorParameters(o.Parameters, summarizeParameters)
	by := make([]*item, len(o.Groups))
	for i, e := range o.Groups {
		by[i] = b.expr(e)
	}
	if o.Bin != nil {
		b.expr(o.Bin)
	}
	aggs := &aggregates{}
	for _, it := range by {
		if it.col != nil {
			aggs.by = append(aggs.by, it.col)
		}
	}
	items := make([]*item, len(o.Aggregates))
	b.inAggregates(aggs, func() {
		for i, e := range o.Aggregates {
			items[i] = b.expr(e)
		}
	})
	b.allScalar(items)
	p := b.projection(len(by) + len(items))
	if b.allScalar(by) {
		b.noDynamic(by)
	}
	for i, e := range o.Groups {
		p.put(e, by[i], plain, false, nil, "")
	}
	keys := make([]Assignment, len(p.out))
	for i := range p.out {
		keys[i] = Assignment{Column: p.out[i].col, Expr: p.out[i].expr}
		p.skipColumn(p.out[i].col)
	}
	for i, e := range o.Aggregates {
		p.put(e, items[i], summarizing, false, nil, "")
	}
	return b.aggregated(t, keys, aggs, p.out, at)
}

func (b *binder) distinct(t *table, o *syntax.DistinctOperator) *table {
	at := o.Span()
	b.operatorParameters(o.Parameters, distinctParameters)
	items := make([]*item, len(o.Columns))
	for i, e := range o.Columns {
		items[i] = b.expr(e)
	}
	p := b.projection(len(items))
	for i, e := range o.Columns {
		p.put(e, items[i], plain, false, nil, "")
	}
	if b.allScalar(items) {
		b.noDynamicOrStar(items, p)
	}
	keys := make([]Assignment, 0, len(p.out))
	for i := range p.out {
		keys = append(keys, Assignment{Column: p.out[i].col, Expr: p.out[i].expr})
	}
	return b.aggregated(t, keys, &aggregates{}, p.out, at)
}

func (b *binder) noDynamicOrStar(items []*item, p *projection) bool {
	if !b.noDynamic(items) {
		return false
	}
	for _, it := range items {
		if it.kind != isStar {
			continue
		}
		for i := range p.out {
			if c := p.out[i].col; c.Type == value.Dynamic {
				b.fail("KS116", it.at, "list the columns and convert it, for instance with tostring()", "* holds the dynamic column %q, which cannot stand here", c.Name)
				return false
			}
		}
	}
	return true
}

func (b *binder) count(t *table, o *syntax.CountOperator) *table {
	name := "Count"
	if o.Name != nil {
		name = o.Name.Text
	}
	r := &Count{}
	r.At, r.Input = o.Span(), t.rel
	r.Cols = []*Column{b.newColumn(name, symbol.Of(value.Long))}
	return newTable(r, false)
}

// sortKeys binds the keys of sort, top and scan.
func (b *binder) sortKeys(list []syntax.Expr, items []*item) []SortKey {
	var keys []SortKey
	for i, e := range list {
		k := SortKey{Descending: true}
		if o, ok := e.(*syntax.OrderedExpr); ok {
			k.Descending = o.Order != syntax.OrderAsc && o.Order != syntax.OrderGrannyAsc
			switch o.Nulls {
			case syntax.NullsFirst:
				k.NullsFirst = true
			case syntax.NullsNone:
				k.NullsFirst = !k.Descending
			}
		}
		if items[i].expr == nil {
			continue
		}
		k.Expr = items[i].expr
		keys = append(keys, k)
	}
	return keys
}

func (b *binder) sort(t *table, o *syntax.SortOperator) *table {
	b.operatorParameters(o.Parameters, sortParameters)
	items := make([]*item, len(o.Columns))
	for i, e := range o.Columns {
		items[i] = b.expr(e)
	}
	if b.allScalar(items) {
		b.noDynamic(items)
	}
	r := &Sort{Keys: b.sortKeys(o.Columns, items)}
	r.At = o.Span()
	return b.over(t, r, &r.Unary)
}

func (b *binder) top(t *table, o *syntax.TopOperator) *table {
	n := b.rows(o.Count)
	it := b.expr(o.By)
	b.wantScalar(it)
	r := &Top{Count: n, Keys: b.sortKeys([]syntax.Expr{o.By}, []*item{it})}
	r.At = o.Span()
	return b.over(t, r, &r.Unary)
}

func (b *binder) topHitters(t *table, o *syntax.TopHittersOperator) *table {
	at := o.Span()
	n := b.rows(o.Count)
	of := b.expr(o.Of)
	b.wantColumn(of)
	p := b.projection(2)
	p.put(o.Of, of, plain, false, nil, "")
	call := AggregateCall{Name: "count", Signature: &symbol.LookupAggregate("count").Signatures[0], At: at}
	var out *Column
	if o.By != nil {
		by := b.expr(o.By)
		if b.wantScalar(by) && !by.typ.Numeric() {
			b.typeWanted("KS137", by, "a number")
		}
		out = b.newColumn("approximate_sum_"+by.name, by.typ)
		call.Name, call.Signature = "sum", &symbol.LookupAggregate("sum").Signatures[0]
		if by.expr != nil {
			call.Args = []Expr{by.expr}
		}
	} else {
		out = b.newColumn("approximate_count_"+of.name, symbol.Of(value.Long))
	}
	out = p.add(out, NewColumnRef(out, at), "", false, false, nil)
	call.Outputs = []*Column{out}
	r := &Aggregate{Aggregates: []AggregateCall{call}}
	r.At, r.Input = at, t.rel
	for _, x := range p.out[:len(p.out)-1] {
		r.Keys = append(r.Keys, Assignment{Column: x.col, Expr: x.expr})
		r.Cols = append(r.Cols, x.col)
	}
	r.Cols = append(r.Cols, out)
	top := &Top{Count: n, Keys: []SortKey{{Expr: NewColumnRef(out, at), Descending: true}}}
	top.At = at
	return b.over(newTable(r, t.open), top, &top.Unary)
}

func (b *binder) topNested(t *table, o *syntax.TopNestedOperator) *table {
	r := &TopNested{}
	r.At, r.Input = o.Span(), t.rel
	names := uniqueNames{b: b}
	for _, c := range o.Clauses {
		level := TopNestedLevel{}
		if c.Count != nil {
			level.Count = b.rows(c.Count)
		}
		of := b.expr(c.Of)
		b.wantScalar(of)
		if c.Others != nil {
			others := b.expr(c.Others)
			if b.wantScalar(others) {
				level.Others = others.expr
			}
		}
		aggs := &aggregates{}
		var by *item
		node := c.By
		if ord, ok := node.(*syntax.OrderedExpr); ok {
			level.Ascending = ord.Order == syntax.OrderAsc || ord.Order == syntax.OrderGrannyAsc
			node = ord.Expr
		}
		b.inAggregates(aggs, func() { by = b.expr(node) })
		b.wantScalar(by)
		ofName := names.get(of.name, "")
		ofCol := of.col
		if ofCol == nil || ofCol.Name != ofName {
			ofCol = b.newColumn(ofName, of.typ)
		}
		byName := "aggregated_" + ofName
		if n, ok := node.(*syntax.NamedExpr); ok && len(n.Names) > 0 {
			byName = n.Names[0].Text
		}
		byCol := b.newColumn(names.get(byName, ""), by.typ)
		if of.expr != nil {
			level.Of = Assignment{Column: ofCol, Expr: of.expr}
		} else {
			level.Of = Assignment{Column: ofCol, Expr: NewConst(nullOf(of.typ.Scalar), of.at)}
		}
		if len(aggs.calls) == 1 {
			level.By = aggs.calls[0]
			if ref, ok := by.expr.(*ColumnRef); ok && len(level.By.Outputs) > 0 && ref.Column == level.By.Outputs[0] {
				level.By.Outputs = []*Column{byCol}
			} else if by.kind == isScalar {
				b.unsupported("an expression over an aggregate in top-nested", c.Span())
			}
		} else if by.kind == isScalar {
			b.unsupported("top-nested by more than one aggregate", c.Span())
			level.By = AggregateCall{Name: "count", Outputs: []*Column{byCol}, At: c.Span()}
		}
		r.Cols = append(r.Cols, ofCol, byCol)
		r.Levels = append(r.Levels, level)
	}
	return newTable(r, t.open)
}

func (b *binder) sampleDistinct(t *table, o *syntax.SampleDistinctOperator) *table {
	b.operatorParameters(o.Parameters, takeParameters)
	n := b.rows(o.Count)
	it := b.expr(o.Of)
	if b.wantColumn(it) && it.typ.Dynamic() {
		b.typeRefused(it, it.at)
	}
	r := &SampleDistinct{Count: n, Expr: it.expr}
	r.At, r.Input = o.Span(), t.rel
	c := it.col
	if c == nil {
		name := it.name
		if name == "" {
			name = "Column1"
		}
		c = b.newColumn(name, it.typ)
	}
	if r.Expr == nil {
		r.Expr = NewConst(nullOf(c.Type), it.at)
	}
	r.Cols = []*Column{c}
	return newTable(r, t.open)
}

func (b *binder) serialize(t *table, o *syntax.SerializeOperator) *table {
	at := o.Span()
	items, _ := b.scalars(o.Columns)
	r := &Serialize{}
	r.At = at
	out := b.over(t, r, &r.Unary)
	if len(items) == 0 {
		return out
	}
	p := b.projection(len(t.cols))
	p.addRow(t.cols, at, false, true)
	for i, e := range o.Columns {
		p.put(e, items[i], plain, false, nil, "")
	}
	return b.project(out, p.out, at)
}

func (b *binder) render(t *table, o *syntax.RenderOperator) *table {
	if o.Chart != nil && o.Chart.Text != "" {
		if !contains(chartTypes, o.Chart.Text) {
			b.wordWanted(o.Chart.Span(), fields(chartTypes))
		}
	}
	b.operatorParameters(o.Properties, renderParameters)
	out := *t
	out.byName, out.lookups = nil, 0
	return &out
}

func (b *binder) as(t *table, o *syntax.AsOperator) *table {
	b.operatorParameters(o.Parameters, asParameters)
	l := b.define(o.Name.Text, t, parameterWord(o.Parameters, "hint.materialized") == "true")
	l.relName = o.Name.Text
	b.scope.declare(l)
	out := b.use(l, o.Span())
	return out
}

func (b *binder) invoke(t *table, o *syntax.InvokeOperator) *item {
	saved, row := b.implicit, b.row
	b.implicit = b.tableItem(source.Span{}, t)
	b.row = nil
	it := b.bindExpr(o.Call, false)
	b.implicit, b.row = saved, row
	return it
}

func (b *binder) getSchema(t *table, o *syntax.GetSchemaOperator) *table {
	at := o.Span()
	if parameterWord(o.Parameters, "kind") == "csl" {
		r := &GetSchema{}
		r.At, r.Input = at, t.rel
		r.Cols = []*Column{{Name: "Schema", Type: value.String}}
		return b.refused(newTable(r, false), "getschema kind=csl", at)
	}
	b.settle(t)
	r := &GetSchema{}
	r.At, r.Input = at, t.rel
	r.Cols = []*Column{{Name: "ColumnName", Type: value.String}, {Name: "ColumnOrdinal", Type: value.Long},
		{Name: "DataType", Type: value.String}, {Name: "ColumnType", Type: value.String}}
	return newTable(r, false)
}

func (b *binder) reduce(t *table, o *syntax.ReduceOperator) *table {
	at := o.Span()
	b.operatorParameters(o.Parameters, reduceParameters)
	it := b.expr(o.By)
	if b.wantScalar(it) && it.typ.Scalar != value.String && !it.typ.Unknown() {
		b.typeWanted("KS141", it, "string")
	}
	b.operatorParameters(o.Properties, reduceProperties)
	r := &Reduce{Expr: it.expr}
	r.At, r.Input = at, t.rel
	for _, p := range o.Properties {
		v := b.expr(p.Value)
		switch p.Name.Text {
		case "threshold":
			r.Threshold = v.expr
		case "characters":
			r.Chars = v.expr
		}
	}
	if r.Expr == nil {
		r.Expr = NewConst(value.NewString(""), at)
	}
	if parameterWord(o.Parameters, "kind") == "source" {
		r.Cols = append(r.Cols, t.cols...)
	}
	r.Cols = append(r.Cols, &Column{Name: "Pattern", Type: value.String}, &Column{Name: "Count", Type: value.Long}, &Column{Name: "Representative", Type: value.String})
	return newTable(r, false)
}

// subquery binds an expression whose input is implied: the body of mv-apply, partition, fork and facet.
func (b *binder) subquery(e syntax.Expr, input *table) *item {
	row, right, kind := b.row, b.right, b.kind
	b.row, b.right, b.kind = input, nil, normal
	it := b.expr(e)
	b.row, b.right, b.kind = row, right, kind
	return it
}

// insideOperators reports the operators that the body of mv-apply or partition does not take.
func (b *binder) insideOperators(e syntax.Expr, of string) {
	forbidden := func(o syntax.Operator) {
		switch o.(type) {
		case *syntax.AssertSchemaOperator, *syntax.MacroExpandOperator:
			b.notInside(b.keyword(o), of)
		}
	}
	switch e := e.(type) {
	case *syntax.PipeExpr:
		b.insideOperators(e.Source, of)
		for _, o := range e.Operators {
			forbidden(o)
		}
	case *syntax.OperatorExpr:
		forbidden(e.Operator)
	}
}

// applyInput makes the leaf that stands for an input.
func (b *binder) applyInput(t *table, at source.Span) *ApplyInput {
	r := &ApplyInput{}
	r.At, r.Cols = at, t.cols
	if b.outer == nil {
		b.outer = map[*ApplyInput]*table{}
	}
	b.outer[r] = t
	return r
}

func (b *binder) fork(t *table, o *syntax.ForkOperator) *item {
	at := o.Span()
	l := b.define("fork", t, false)
	g := &entityGroup{}
	for _, prong := range o.Prongs {
		b.forkOperators(prong.Subquery)
		it := b.subquery(prong.Subquery, b.use(l, at))
		if b.wantTable(it) {
			g.members = append(g.members, b.tableItem(it.at, it.table))
		}
	}
	return b.newItem(item{kind: isColumns, at: at, group: g})
}

// forkOperators reports the operators that a branch of fork does not take.
func (b *binder) forkOperators(e syntax.Expr) {
	switch e := e.(type) {
	case *syntax.PipeExpr:
		b.forkOperators(e.Source)
		for _, o := range e.Operators {
			b.forkOperator(o)
		}
	case *syntax.OperatorExpr:
		b.forkOperator(e.Operator)
	}
}

func (b *binder) forkOperator(o syntax.Operator) {
	switch o.(type) {
	case *syntax.FilterOperator, *syntax.ExtendOperator, *syntax.ProjectOperator, *syntax.ProjectAwayOperator, *syntax.ProjectKeepOperator,
		*syntax.ProjectRenameOperator, *syntax.ProjectReorderOperator, *syntax.ProjectByNamesOperator, *syntax.SummarizeOperator,
		*syntax.DistinctOperator, *syntax.CountOperator, *syntax.SortOperator, *syntax.TopOperator, *syntax.TopHittersOperator,
		*syntax.TopNestedOperator, *syntax.TakeOperator, *syntax.SampleOperator, *syntax.SampleDistinctOperator, *syntax.MvExpandOperator,
		*syntax.ParseOperator, *syntax.ParseKvOperator, *syntax.AsOperator, *syntax.ReduceOperator, *syntax.InvokeOperator, *syntax.BadOperator:
		return
	}
	b.notInFork(b.keyword(o))
}

func (b *binder) facet(t *table, o *syntax.FacetOperator) *item {
	at := o.Span()
	l := b.define("facet", t, false)
	g := &entityGroup{}
	if o.Subquery != nil {
		it := b.subquery(o.Subquery, b.use(l, at))
		if b.wantTable(it) {
			g.members = append(g.members, b.tableItem(it.at, it.table))
		}
	}
	for _, e := range o.Columns {
		in := b.use(l, at)
		row := b.row
		b.row = in
		it := b.expr(e)
		b.row = row
		if b.wantColumn(it) && it.typ.Dynamic() {
			b.typeRefused(it, it.at)
		}
		if it.col == nil {
			continue
		}
		out := b.newColumn("count_"+it.name, symbol.Of(value.Long))
		call := AggregateCall{Name: "count", Signature: &symbol.LookupAggregate("count").Signatures[0], Outputs: []*Column{out}, At: at}
		r := &Aggregate{Keys: []Assignment{{Column: it.col, Expr: it.expr}}, Aggregates: []AggregateCall{call}}
		r.At, r.Input, r.Cols = at, in.rel, []*Column{it.col, out}
		g.members = append(g.members, b.tableItem(at, newTable(r, false)))
	}
	return b.newItem(item{kind: isColumns, at: at, group: g})
}

func (b *binder) partition(t *table, o *syntax.PartitionOperator) *table {
	at := o.Span()
	b.operatorParameters(o.Parameters, partitionParameters)
	by := b.expr(o.By)
	if b.wantColumn(by) && by.typ.Dynamic() {
		b.typeRefused(by, by.at)
	}
	leaf := b.applyInput(t, at)
	input := newTable(leaf, t.open)
	scope := b.scope
	b.scope = newScope(scope)
	if by.col != nil {
		c := *by
		b.scope.declare(&local{name: by.col.Name, scalar: &c, level: b.level + 1})
	}
	var it *item
	if o.Braced {
		b.scope.declare(&local{name: "toscope", shared: &SharedDef{Name: "toscope", Rel: leaf}, cols: leaf.Cols, open: t.open})
		it = b.withoutRow(func() *item { return b.expr(o.Subquery) })
	} else {
		b.insideOperators(o.Subquery, "partition")
		it = b.subquery(o.Subquery, input)
	}
	b.scope = scope
	if !b.wantTable(it) {
		return t
	}
	body := it.table
	b.settle(body)
	r := &Partition{Key: by.col, Source: leaf, Body: body.rel}
	r.At, r.Input = at, t.rel
	r.Cols = body.rel.Columns()
	if r.Key == nil {
		r.Key = &Column{Name: by.name}
	}
	return newTable(r, body.open)
}

func (b *binder) partitionBy(t *table, o *syntax.PartitionByOperator) *table {
	by := b.expr(o.By)
	if b.wantColumn(by) && by.typ.Dynamic() {
		b.typeRefused(by, by.at)
	}
	leaf := b.applyInput(t, o.Span())
	it := b.subquery(o.Subquery, newTable(leaf, t.open))
	if !b.wantTable(it) {
		return t
	}
	b.settle(it.table)
	r := &Partition{Key: by.col, Source: leaf, Body: it.table.rel}
	r.At, r.Input, r.Cols = o.Span(), t.rel, it.table.rel.Columns()
	if r.Key == nil {
		r.Key = &Column{Name: by.name}
	}
	return newTable(r, it.table.open)
}
