package bind

import (
	"strings"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/source"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/syntax"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
)

// statements binds a list of statements. With results set, each expression is a result of the query. The last
// expression's item is returned.
func (b *binder) statements(list []syntax.Statement, results bool) *item {
	var last *item
	for _, s := range list {
		switch s := s.(type) {
		case *syntax.LetStatement:
			b.let(s)
		case *syntax.SetStatement:
			b.set(s)
		case *syntax.AliasStatement:
			b.alias(s)
		case *syntax.QueryParametersStatement:
			b.queryParameters(s)
		case *syntax.PatternStatement:
			b.patternStatement(s)
		case *syntax.RestrictStatement:
			b.restrict(s)
		case *syntax.QueryStatement:
			b.suffix = 1
			last = b.expr(s.Expr)
			if results {
				b.result1(last, s.Expr)
			}
		case *syntax.CommandStatement:
			if results {
				b.unsupported("management command", s.Span())
			}
		case *syntax.DirectiveStatement:
			b.directive(s)
		}
	}
	return last
}

// result1 keeps what a statement gives.
func (b *binder) result1(it *item, e syntax.Expr) {
	switch it.kind {
	case isTable:
		if it.table == nil {
			return
		}
		b.settle(it.table)
		b.out.Results = append(b.out.Results, Result{Rel: it.table.rel, Render: b.rendered(e)})
	case isScalar:
		if it.expr == nil {
			return
		}
		name := "print_0"
		c := b.newColumn(name, it.typ)
		t := b.project(oneRow(it.at), []output{{c, it.expr}}, it.at)
		b.out.Results = append(b.out.Results, Result{Rel: t.rel})
	case isColumns:
		// fork and facet: several results
		for _, t := range it.tables() {
			b.settle(t)
			b.out.Results = append(b.out.Results, Result{Rel: t.rel})
		}
	case isGraph:
		b.unsupported("a graph as a result", it.at)
	case isFunction:
		if it.fn != nil {
			b.wantsBrackets(it.fn.name, it.at)
		}
	}
}

// oneRow is a relation of one row without columns.
func oneRow(at source.Span) *table {
	d := &Datatable{Rows: [][]value.Value{{}}}
	d.At = at
	return newTable(d, false)
}

// rendered finds the render that ends a query.
func (b *binder) rendered(e syntax.Expr) *Render {
	p, ok := e.(*syntax.PipeExpr)
	if !ok || len(p.Operators) == 0 {
		return nil
	}
	r, ok := p.Operators[len(p.Operators)-1].(*syntax.RenderOperator)
	if !ok {
		return nil
	}
	out := &Render{}
	if r.Chart != nil {
		out.Visualization = r.Chart.Text
	}
	for _, prop := range r.Properties {
		out.Properties = append(out.Properties, Option{Name: prop.Name.Text, Value: parameterText(prop.Value)})
	}
	return out
}

// parameterText writes the value of a parameter as text.
func parameterText(e syntax.Expr) string {
	switch e := e.(type) {
	case *syntax.NameRef:
		return e.Name.Text
	case *syntax.StringLiteral:
		return e.Value
	case *syntax.Literal:
		if e.Value.Type == value.Bool {
			if e.Value.Bool() {
				return "true"
			}
			return "false"
		}
		return e.Raw
	case *syntax.ListExpr:
		var parts []string
		for _, x := range e.Items {
			parts = append(parts, parameterText(x))
		}
		return strings.Join(parts, ",")
	}
	return ""
}

func (b *binder) let(s *syntax.LetStatement) {
	name := s.Name.Text
	again := b.scope.names[name] != nil
	l := &local{name: name}
	switch v := s.Value.(type) {
	case *syntax.FunctionDeclaration:
		l.fn = b.declareFunction(name, v)
	case *syntax.EntityGroupExpr:
		it := b.entityGroup(v)
		l.group, l.toBad = it.group, it.kind == isBad
	default:
		b.suffix = 1
		it := b.expr(s.Value)
		switch it.kind {
		case isScalar:
			if it.multi != nil && len(it.multi) > 1 {
				b.severalValues(s.Value.Span())
			}
			c := *it
			c.multi, c.col = nil, nil
			c.node = nil
			if c.call != nil || c.value == nil {
				c.value = valueOf(it)
			}
			c.call = nil
			l.scalar = &c
			if len(b.stack) > 0 && readsColumns(c.expr, 0) {
				l.level = b.level + 1
			}
		case isTable:
			d := b.define(name, it.table, isMaterialize(s.Value))
			d.relName = it.table.name
			if d.relName == "" {
				d.relName = name
			}
			*l = *d
		case isFunction:
			l.fn = it.fn
		case isGroup:
			l.group = it.group
		case isGraph, isRow, isType, isPlace:
			c := *it
			l.scalar = &c
		case isStar, isColumns, isPattern, isVoid:
			l.toBad = true
		default:
			l.toBad = true
		}
	}
	if again {
		b.declaredTwice(name, s.Name.Span())
	}
	b.scope.declare(l)
}

// valueOf is the constant that an item is, nil when it is none that is known.
func valueOf(it *item) *value.Value {
	if it.literal && it.value != nil {
		return it.value
	}
	return it.value
}

func isMaterialize(e syntax.Expr) bool {
	c, ok := e.(*syntax.CallExpr)
	return ok && c.Name.Text == "materialize"
}

func (b *binder) set(s *syntax.SetStatement) {
	if s.Name == nil {
		return
	}
	opt := Option{Name: s.Name.Text, Value: "true"}
	if s.Name.Quoted {
		b.identifierWanted(s.Name.Span())
	}
	if s.Value != nil {
		switch s.Value.(type) {
		case *syntax.Literal, *syntax.StringLiteral, *syntax.DynamicLiteral, *syntax.NameRef:
		default:
			b.literalOrNameWanted(s.Value.Span())
		}
		opt.Value = parameterText(s.Value)
	}
	b.out.Options = append(b.out.Options, opt)
}

func (b *binder) alias(s *syntax.AliasStatement) {
	it := b.expr(s.Value)
	if it.kind == isBad {
		return
	}
	if it.kind != isPlace || it.place.cluster {
		b.databaseWanted(it)
		return
	}
	if b.aliases == nil {
		b.aliases = map[string]*place{}
	}
	b.aliases[s.Name.Text] = it.place
}

func (b *binder) queryParameters(s *syntax.QueryParametersStatement) {
	for _, p := range s.Parameters {
		par := b.parameter(p)
		l := &local{name: par.name}
		switch {
		case par.tabular:
			t := newTable(&Scan{RelBase: RelBase{Cols: par.cols}, Table: par.name, Missing: true}, par.star)
			l = b.define(par.name, t, false)
			l.name = par.name
		case par.fallback != nil && par.fallback.expr != nil:
			c := *par.fallback
			c.typ = par.typ
			c.expr = convert(c.expr, par.typ.Scalar)
			c.literal = false
			l.scalar = &c
		default:
			b.unsupported("query parameter "+par.name+" without a value", p.Span())
			l.scalar = b.scalarItem(p.Span(), par.typ, NewConst(nullOf(par.typ.Scalar), p.Span()))
		}
		b.scope.declare(l)
	}
}

func (b *binder) patternStatement(s *syntax.PatternStatement) {
	p := &pattern{name: s.Name.Text, rules: s.Rules, static: b.scope.freeze()}
	for _, f := range s.Parameters {
		p.params = append(p.params, b.parameter(f))
	}
	inner := newScope(b.scope)
	for _, par := range p.params {
		inner.declare(placeholder(par, b))
	}
	if s.Path != nil {
		inner.declare(placeholder(b.parameter(s.Path), b))
	}
	outer := b.scope
	b.scope = inner
	for _, r := range s.Rules {
		if len(r.Arguments) != len(p.params) {
			b.fail("KS185", r.Span(), "", "the rule has not as many values as the pattern has parameters")
		}
		b.body(r.Body)
	}
	b.scope = outer
	b.scope.declare(&local{name: p.name, pattern: p})
}

func (b *binder) restrict(s *syntax.RestrictStatement) {
	for _, e := range s.Entities {
		if n, ok := e.(*syntax.NameRef); ok && n.Name.Wildcard {
			b.wildcardTables(n, nil)
			continue
		}
		b.tabular(e)
	}
	b.unsupported("restrict access", s.Span())
}

func (b *binder) directive(s *syntax.DirectiveStatement) {
	text := strings.TrimPrefix(s.Raw, "#")
	end := 0
	for end < len(text) && (text[end] == '_' || text[end] == '-' || 'a' <= text[end] && text[end] <= 'z' || 'A' <= text[end] && text[end] <= 'Z') {
		end++
	}
	name := text[:end]
	switch name {
	case "connect", "database", "cluster", "crp", "save", "results", "line", "blockmode", "dbcontext", "markdown", "querylimit":
	default:
		start := s.Span().Start + 1
		b.unknownDirective(name, source.Span{Start: start, End: start + len(name)})
	}
}

// callPattern binds a call of a pattern: the first rule whose values are the arguments'.
func (b *binder) callPattern(e *syntax.CallExpr, p *pattern) *item {
	at := e.Span()
	args := b.arguments(e.Args)
	if len(args) != len(p.params) {
		b.argumentCountExpected(len(p.params), e.Name.Span())
		return b.bad(at)
	}
	for _, a := range args {
		if a.kind == isBad {
			return b.bad(at)
		}
		if !a.literal {
			b.literalWanted(a.at)
			return b.bad(at)
		}
	}
	for _, r := range p.rules {
		same := len(r.Arguments) == len(args)
		for i := 0; same && i < len(args); i++ {
			want := b.expr(r.Arguments[i])
			x, _ := want.text()
			y, _ := args[i].text()
			same = x == y
		}
		if !same {
			continue
		}
		if r.Path != nil {
			return b.newItem(item{kind: isPattern, at: at, pat: &pattern{name: p.name, params: p.params, rules: p.rules, static: p.static}})
		}
		return b.runPattern(p, r, args, at)
	}
	b.noPatternRule(e.Name.Span())
	return b.bad(at)
}

func (b *binder) runPattern(p *pattern, r *syntax.PatternRule, args []*item, at source.Span) *item {
	outer := b.scope
	b.scope = newScope(p.static)
	for i, par := range p.params {
		if i < len(args) {
			c := *args[i]
			b.scope.declare(&local{name: par.name, scalar: &c})
		}
	}
	b.silent++
	it := b.withoutRow(func() *item { return b.body(r.Body) })
	b.silent--
	b.scope = outer
	if it == nil {
		return b.bad(at)
	}
	return it
}

// patternPath binds pattern(...).path.
func (b *binder) patternPath(base *item, selector syntax.Expr) *item {
	sel, ok := selector.(*syntax.NameRef)
	if !ok {
		return b.bad(selector.Span())
	}
	for _, r := range base.pat.rules {
		if r.Path == nil {
			continue
		}
		if s, ok := b.expr(r.Path).text(); ok && s == sel.Name.Text {
			return b.runPattern(base.pat, r, nil, sel.Span())
		}
	}
	b.fail("KS142", sel.Span(), "", "the pattern has no rule for %q", sel.Name.Text)
	return b.bad(sel.Span())
}

// entityGroup binds entity_group [a, b].
func (b *binder) entityGroup(e *syntax.EntityGroupExpr) *item {
	at := e.Span()
	if len(e.Entities) == 0 {
		b.entityWanted(at)
		return b.bad(at)
	}
	g := &entityGroup{}
	for _, x := range e.Entities {
		it := b.expr(x)
		switch it.kind {
		case isPlace, isTable:
			g.members = append(g.members, it)
		case isBad:
		default:
			b.entityWanted(x.Span())
		}
	}
	return b.newItem(item{kind: isGroup, at: at, group: g})
}
