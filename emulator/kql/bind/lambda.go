package bind

import (
	"github.com/seed-caab1ad3/blindspot/emulator/kql/source"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/symbol"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/syntax"
)

// Functions are bound twice: once where they are declared, for the mistakes in them, with parameters that are only known by
// their types; and again at each call, with the arguments in the parameters' places, for the bound tree. In the second
// binding nothing is reported: what fails there cannot run, and that is said at the call.

func (f *function) minArgs() int {
	n := 0
	for _, p := range f.params {
		if p.fallback == nil {
			n++
		}
	}
	return n
}

// parameter binds the declaration of a parameter.
func (b *binder) parameter(p *syntax.FunctionParameter) parameter {
	out := parameter{}
	if p.Name != nil {
		out.name = p.Name.Text
	}
	switch t := p.Type.(type) {
	case *syntax.TypeName:
		out.typ = symbol.Of(b.typeName(t))
	case *syntax.SchemaType:
		out.tabular = true
		out.star = t.Star && len(t.Columns) == 0
		for _, c := range t.Columns {
			out.cols = append(out.cols, b.newColumn(c.Name.Text, symbol.Of(b.typeName(c.Type))))
		}
		if len(t.Columns) == 0 && !t.Star {
			b.fail("KS220", t.Span(), "", "a column is wanted")
		}
	}
	if p.Default != nil {
		it := b.expr(p.Default)
		if it.kind == isScalar {
			if !it.literal && !it.constant {
				b.literalScalarWanted(p.Default.Span())
			} else if !out.typ.Unknown() && !symbol.Assignable(out.typ, it.typ, symbol.Compatible) {
				b.typeWanted("KS141", it, out.typ.String())
			}
		}
		out.fallback = it
	}
	return out
}

// declareFunction binds a lambda where it is declared.
func (b *binder) declareFunction(name string, d *syntax.FunctionDeclaration) *function {
	f := &function{name: name, text: b.text, body: d.Body, view: d.View, static: b.scope.freeze()}
	tabular := true
	for _, p := range d.Parameters {
		par := b.parameter(p)
		if par.tabular && !tabular {
			b.tabularFirst(p.Span())
		}
		tabular = par.tabular
		f.params = append(f.params, par)
	}
	outer, suffix := b.scope, b.suffix
	b.scope, b.suffix = newScope(outer), 1
	for _, par := range f.params {
		b.scope.declare(placeholder(par, b))
	}
	before := b.errors()
	tables, stored, unsupported, unresolved := len(b.out.Tables), len(b.out.Functions), len(b.out.Unsupported), len(b.out.Unresolved)
	f.declared = b.withoutRow(func() *item { return b.body(d.Body) })
	f.bad = b.errors() > before
	// what the declaration alone reads is not read until it is called
	b.out.Tables, b.out.Functions, b.out.Unsupported = b.out.Tables[:tables], b.out.Functions[:stored], b.out.Unsupported[:unsupported]
	b.out.Unresolved = b.out.Unresolved[:unresolved]
	b.scope, b.suffix = outer, suffix
	return f
}

// errors counts the errors so far, kept or not.
func (b *binder) errors() int {
	n := b.muted
	for i := range b.out.Diagnostics {
		if b.out.Diagnostics[i].Severity == source.Error {
			n++
		}
	}
	return n
}

// placeholder stands for a parameter while no call gives it a value.
func placeholder(p parameter, b *binder) *local {
	if p.tabular {
		r := &Scan{Table: p.name, Missing: true}
		r.Cols = p.cols
		l := b.define(p.name, newTable(r, false), false) // of (*) no column is known until a call
		l.name = p.name
		return l
	}
	it := b.scalarItem(source.Span{}, p.typ, NewConst(nullOf(p.typ.Scalar), source.Span{}))
	it.constant = true
	it.setName(p.name)
	return &local{name: p.name, scalar: it}
}

// body binds the body of a function and gives what it results in.
func (b *binder) body(body *syntax.FunctionBody) *item {
	if body == nil {
		return b.bad(source.Span{})
	}
	b.statements(body.Statements, false)
	if body.Expr == nil {
		return b.bad(body.Span())
	}
	return b.expr(body.Expr)
}

// storedFunction finds a function of the workspace.
func (b *binder) storedFunction(name string) *function {
	if b.catalog == nil {
		return nil
	}
	s, ok := b.catalog.Function(name)
	if !ok {
		return nil
	}
	f := &function{name: name, stored: s, text: s.Body}
	for _, p := range s.Parameters {
		par := parameter{name: p.Name, typ: symbol.Of(p.Type), tabular: p.Tabular || p.Columns != nil}
		par.star = par.tabular && len(p.Columns) == 0
		for _, c := range p.Columns {
			par.cols = append(par.cols, &Column{Name: c.Name, Type: c.Type})
		}
		if p.HasDefault {
			par.fallback = b.defaultOf(p)
		}
		f.params = append(f.params, par)
	}
	return f
}

// defaultOf reads the default of a stored function's parameter.
func (b *binder) defaultOf(p symbol.Parameter) *item {
	null := b.scalarItem(source.Span{}, symbol.Of(p.Type), NewConst(nullOf(p.Type), source.Span{}))
	null.constant = true
	if p.Default == "" {
		return null
	}
	q := syntax.Parse(p.Default)
	if len(q.Statements) == 1 && !source.HasErrors(q.Diagnostics) {
		if s, ok := q.Statements[0].(*syntax.QueryStatement); ok {
			b.silent++
			it := b.withoutRow(func() *item { return b.expr(s.Expr) })
			b.silent--
			if it.kind == isScalar && it.expr != nil {
				it.typ = symbol.Of(p.Type)
				it.expr = convert(it.expr, p.Type)
				return it
			}
		}
	}
	return null
}

// callFunction binds a call of a lambda or stored function. e is nil when only its name is written; implicit is the table that
// invoke hands in.
func (b *binder) callFunction(f *function, e *syntax.CallExpr, implicit *item, at source.Span) *item {
	nameAt := at
	var args []*item
	if implicit != nil {
		args = append(args, implicit)
	}
	if e != nil {
		nameAt = e.Name.Span()
		kind := b.kind
		if kind == plugin {
			b.kind = normal
		}
		saved := b.implicit
		b.implicit = nil
		for i, a := range e.Args {
			if magicArguments(f.name) && len(f.params) > 0 {
				// FileProfile(SHA1, 1000) takes the bare name of a column
				b.silent++
				it := b.expr(a)
				b.silent--
				args = append(args, it)
				continue
			}
			k := i
			if implicit != nil {
				k++
			}
			if k < len(f.params) && f.params[k].tabular {
				args = append(args, b.withoutRow(func() *item { return b.expr(a) }))
			} else {
				args = append(args, b.expr(a))
			}
		}
		b.kind, b.implicit = kind, saved
	}
	given, ok := b.pair(f, args, nameAt, implicit != nil)
	if f.stored != nil {
		b.out.Functions = addOnce(b.out.Functions, f.name)
		if f.stored.Body == "" {
			return b.knownResult(f, given, at)
		}
	}
	if !ok {
		if f.declared != nil && f.declared.kind == isTable && f.declared.table != nil {
			return b.tableItem(at, b.missing(f.name, at))
		}
		return b.bad(at)
	}
	return b.expand(f, given, at, nameAt)
}

// magicArguments names the functions of the hunting service that take bare names of columns.
func magicArguments(name string) bool {
	switch name {
	case "FileProfile", "DeviceFromIP", "SeenBy":
		return true
	}
	return len(name) > 13 && name[:13] == "_ASIM_Resolve"
}

// pair puts arguments in the parameters' places and reports those that do not fit. nil stands for a default.
func (b *binder) pair(f *function, args []*item, at source.Span, invoked bool) ([]*item, bool) {
	given := make([]*item, len(f.params))
	low := f.minArgs()
	if len(args) < low || len(args) > len(f.params) {
		if magicArguments(f.name) {
			return given, true
		}
		if low == len(f.params) {
			b.argumentCount(f.name, len(args), low, low, at)
		} else {
			b.argumentCount(f.name, len(args), low, len(f.params), at)
		}
		return given, false
	}
	ok, out, told := true, false, false
	for i, a := range args {
		k := i
		named, isNamed := a.node.(*syntax.NamedExpr)
		isNamed = isNamed && !(invoked && i == 0)
		if isNamed {
			k = -1
			if named.Tuple {
				b.tupleArgument(a.at)
				ok = false
				continue
			}
			for j, p := range f.params {
				if p.name == named.Names[0].Text {
					k = j
				}
			}
			if k < 0 {
				b.argumentUnknown(named.Names[0].Text, named.Names[0].Span())
				ok = false
				continue
			}
			out = out || k != i
		} else if out && !told {
			b.argumentOrder(a.at)
			ok, told = false, true
		}
		given[k] = a
		if a.kind == isBad {
			ok = false
			continue
		}
		if magicArguments(f.name) {
			continue
		}
		if !b.fitsParameter(f.params[k], a, invoked && i == 0, at) {
			ok = false
		}
	}
	for i, p := range f.params {
		if given[i] == nil && p.fallback == nil {
			if ok {
				b.argumentMissing(p.name, at)
			}
			ok = false
		}
	}
	return given, ok
}

func (b *binder) fitsParameter(p parameter, a *item, invoked bool, at source.Span) bool {
	if !p.tabular {
		return b.wantScalar(a)
	}
	if !b.wantTable(a) {
		return false
	}
	var missing []string
	for _, want := range p.cols {
		c := a.table.column(want.Name)
		switch {
		case c == nil && a.table.open:
			b.infer(a.table, want.Name)
		case c == nil:
			missing = append(missing, want.Name)
		case !symbol.Assignable(symbol.Of(want.Type), symbol.Of(c.Type), symbol.NoConversion):
			missing = append(missing, want.Name+": "+want.Type.String())
		}
	}
	if missing != nil {
		where := a.at
		if where.Len() == 0 {
			where = at
		}
		b.columnsMissing(where, missing, a.table)
	}
	return missing == nil
}

// expand binds a function's body with arguments in the parameters' places.
func (b *binder) expand(f *function, given []*item, at, nameAt source.Span) *item {
	var key any = f
	if f.stored != nil {
		key = symbol.InWorkspace(b.workspace, f.stored.Name)
	} else if f.body != nil {
		key = f.body
	}
	for _, s := range b.stack {
		if s == key {
			b.callsItself(f.name, nameAt)
			return b.bad(at)
		}
	}
	if b.calls++; b.calls > maxCalls || len(b.stack) > maxDepth/4 {
		b.tooDeep(at)
		return b.bad(at)
	}
	summary, may := b.summarizable(f, given)
	if may {
		if it := b.recall(summary, given, at); it != nil {
			return it
		}
	}
	body := f.body
	if f.stored != nil {
		if body = b.storedBody(f); body == nil {
			b.fail("KS200", nameAt, "", "function %s() does not compile", f.name)
			return b.bad(at)
		}
	}
	inner := newScope(f.static)
	for i, p := range f.params {
		inner.declare(b.bindParameter(p, given[i]))
	}
	var heard *listening
	if may {
		heard = b.listen()
	}
	b.stack = append(b.stack, key)
	b.tallest = max(b.tallest, len(b.stack))
	unsupported, unresolved := len(b.out.Unsupported), len(b.out.Unresolved)
	outer, text, suffix, muted, first, fuzzy := b.scope, b.text, b.suffix, b.muted, b.first, b.fuzzy
	b.scope, b.text, b.suffix, b.muted, b.fuzzy = inner, f.text, 1, 0, false
	b.silent++
	it := b.withoutRow(func() *item { return b.body(body) })
	b.silent--
	failed, why := b.muted, b.first
	if f.stored != nil {
		// places in the body's own text mean nothing in the query's
		respan(it, f.params, given, inner, at)
		for i := unsupported; i < len(b.out.Unsupported); i++ {
			b.out.Unsupported[i].Span = at
		}
		for i := unresolved; i < len(b.out.Unresolved); i++ {
			b.out.Unresolved[i] = at
		}
	}
	b.scope, b.text, b.suffix, b.muted, b.first, b.fuzzy = outer, text, suffix, muted, first, fuzzy
	b.stack = b.stack[:len(b.stack)-1]
	out := b.called(f, it, failed, why, at, nameAt)
	if heard != nil {
		b.heard(heard, summary, given, out, failed > 0)
	}
	return out
}

// called makes the item of a call from what its body gave.
func (b *binder) called(f *function, it *item, failed int, why source.Diagnostic, at, nameAt source.Span) *item {
	if failed > 0 {
		switch {
		case f.stored != nil:
			b.bodyFails(f.name, nameAt, why)
			if b.silent > 0 {
				b.muted++
			}
		case !f.bad:
			if why.Code == "BS111" {
				b.callsItself(f.name, nameAt)
				return b.bad(at)
			}
			b.unsupported("call of "+f.name+"(): "+why.Message, at)
			b.warn("KS200", nameAt, "", "this call of %s() fails: %s", f.name, why.Message)
		}
	}
	out := *it
	out.at, out.literal, out.node = at, false, nil
	out.named, out.multi = false, nil
	switch out.kind {
	case isBad:
		if f.declared != nil && f.declared.kind == isTable {
			return b.tableItem(at, b.missing(f.name, at))
		}
		if failed > 0 && (f.declared != nil && f.declared.kind == isScalar) {
			e := NewConst(nullOf(f.declared.typ.Scalar), at)
			return b.scalarItem(at, f.declared.typ, e)
		}
	case isTable:
		t := *out.table
		t.byName, t.lookups = nil, 0
		t.before, t.op, t.broken = nil, nil, false // its operators are of another text
		if f.view || t.name == "" {
			t.name = f.name
		}
		out.table = &t
	case isScalar:
		out.col, out.call = nil, nil
		out.value = nil
	}
	return &out
}

// respan puts all that a stored function's body gave at the place of its call; the arguments stay where they are.
func respan(it *item, params []parameter, given []*item, inner *scope, at source.Span) {
	w := walker{seen: map[*SharedDef]bool{}, skip: expressions(given), v: Visitor{
		Expr: func(e Expr) {
			switch e := e.(type) {
			case *Const:
				e.At = at
			case *ColumnRef:
				e.At = at
			case *Call:
				e.At = at
			case *Path:
				e.At = at
			case *Subquery:
				e.At = at
			case *InSubquery:
				e.At = at
			case *SummaryCall:
				e.At = at
			}
		},
		Aggregate: func(a *AggregateCall) { a.At = at },
		Rel: func(r Rel) {
			if p, ok := r.(interface{ place(source.Span) }); ok {
				p.place(at)
			}
		},
	}}
	for i, a := range given {
		if a != nil && a.kind == isTable {
			if l := inner.names[params[i].name]; l != nil && l.shared != nil {
				w.seen[l.shared] = true
			}
		}
	}
	if it.kind == isTable && it.table != nil {
		w.rel(it.table.rel)
	}
	w.expr(it.expr)
}

// expressions are those of scalar arguments.
func expressions(given []*item) map[Expr]bool {
	var out map[Expr]bool
	for _, a := range given {
		if a != nil && a.expr != nil {
			if out == nil {
				out = map[Expr]bool{}
			}
			out[a.expr] = true
		}
	}
	return out
}

func (r *RelBase) place(at source.Span) { r.At = at }

// bindParameter gives a parameter its value in one call.
func (b *binder) bindParameter(p parameter, a *item) *local {
	if p.tabular {
		if a == nil || a.kind != isTable {
			return placeholder(p, b)
		}
		l := b.define(p.name, a.table, false)
		l.name = p.name
		return l
	}
	if a == nil {
		a = p.fallback
	}
	if a == nil || a.kind != isScalar || a.expr == nil {
		return placeholder(p, b)
	}
	c := *a
	c.col, c.multi, c.call, c.node = nil, nil, nil, nil
	c.literal = false
	if !p.typ.Unknown() && p.typ != a.typ {
		if c.value != nil {
			if v, ok := convertConst(*c.value, p.typ.Scalar); ok {
				c.value = &v
			} else if c.value.Type != p.typ.Scalar {
				c.value = nil
			}
		}
		if p.typ.Scalar != a.typ.Scalar {
			c.typ = p.typ
			c.expr = convert(a.expr, p.typ.Scalar)
		}
	}
	c.setName(p.name)
	c.constant = true
	l := &local{name: p.name, scalar: &c}
	if readsColumns(c.expr, 0) {
		l.level = b.level + 1
	}
	return l
}

// knownResult binds a call of a function of which only the result is known.
func (b *binder) knownResult(f *function, given []*item, at source.Span) *item {
	s := f.stored
	switch {
	case s.Name == "workspace" && s.Remote == symbol.SameTables:
		return b.otherWorkspace(given, at)
	case s.Remote == symbol.SameTables:
		return b.newItem(item{kind: isPlace, at: at, place: &place{name: s.Name, tables: true, open: true, remote: s.Name + "()"}})
	case s.Remote == symbol.ForeignTables:
		return b.newItem(item{kind: isPlace, at: at, place: &place{name: s.Name, open: true, remote: s.Name + "()"}})
	case s.Name == "_GetWatchlist":
		return b.watchlist(s, given, at)
	case s.Extends != nil:
		if len(given) == 0 || given[0] == nil || given[0].kind != isTable {
			return b.tableItem(at, b.refused(b.missing(f.name, at), "function "+f.name+"()", at))
		}
		in := given[0].table
		p := b.projection(len(in.cols))
		p.addRow(in.cols, at, false, true)
		for _, c := range s.Extends {
			n := &Column{Name: c.Name, Type: c.Type}
			p.set(n, NewConst(nullOf(c.Type), at), at, true, nil)
		}
		return b.tableItem(at, b.refused(b.project(in, p.out, at), "function "+f.name+"()", at))
	case s.Returns != nil:
		r := &Scan{Table: s.Name, Missing: true}
		r.At = at
		for _, c := range s.Returns.Columns {
			r.Cols = append(r.Cols, &Column{Name: c.Name, Type: c.Type, Hidden: c.Hidden})
		}
		t := newTable(r, s.Returns.Open)
		t.name = s.Name
		return b.tableItem(at, b.refused(t, "function "+f.name+"(), whose body is not here", at))
	}
	b.unsupported("function "+f.name+"(), whose body is not here", at)
	return b.scalarItem(at, symbol.Of(s.ReturnType), NewConst(nullOf(s.ReturnType), at))
}

// watchlist binds _GetWatchlist('alias').
func (b *binder) watchlist(s *symbol.StoredFunction, given []*item, at source.Span) *item {
	r := &Watchlist{}
	r.At = at
	open := true
	have := map[string]bool{}
	add := func(c symbol.Column) {
		if !have[c.Name] {
			have[c.Name] = true
			r.Cols = append(r.Cols, &Column{Name: c.Name, Type: c.Type, Hidden: c.Hidden})
		}
	}
	if s.Returns != nil {
		for _, c := range s.Returns.Columns {
			add(c)
		}
	}
	if len(given) > 0 && given[0] != nil && given[0].kind == isScalar {
		r.Alias = given[0].expr
		if alias, ok := given[0].text(); ok {
			b.out.Watchlists = addOnce(b.out.Watchlists, alias)
			if b.catalog != nil {
				if w, ok := b.catalog.Watchlist(alias); ok {
					open = false
					for _, c := range w.Columns {
						add(c)
					}
				}
			}
		}
	}
	t := newTable(r, open)
	return b.tableItem(at, t)
}
