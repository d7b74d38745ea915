package bind

import (
	"github.com/seed-caab1ad3/blindspot/emulator/kql/source"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/symbol"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/syntax"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
)

// call binds Name(Args). in is the place before the dot, nil without one. With tabular set a table is wanted.
func (b *binder) call(e *syntax.CallExpr, tabular bool, in *place) *item {
	name, at := e.Name.Text, e.Span()
	if in == nil {
		switch name {
		case "toscalar":
			return b.toScalar(e)
		case "totable":
			it := b.withoutRow(func() *item { return b.argument(e, 0) })
			b.wantTable(it)
			return it
		case "materialize":
			return b.materialize(e)
		}
	}
	if f := b.builtin(name, in); f != nil {
		if f.Deprecated != "" {
			b.deprecated(name, f.Deprecated, e.Name.Span())
		}
		return b.callBuiltin(e, f, in)
	}
	if in == nil && b.kind != plugin {
		if l := b.scope.find(name); l != nil {
			switch {
			case l.fn != nil:
				return b.callFunction(l.fn, e, b.implicit, at)
			case l.pattern != nil:
				return b.callPattern(e, l.pattern)
			case l.shared != nil || l.scalar != nil:
				b.arguments(e.Args)
				if len(e.Args) == 0 && l.shared != nil { // let T = view () {...} called, or a table with brackets
					return b.tableItem(at, b.use(l, at))
				}
			case l.toBad:
				b.arguments(e.Args)
				return b.bad(at)
			}
		}
		if f := b.storedFunction(name); f != nil {
			return b.callFunction(f, e, b.implicit, at)
		}
	}
	if b.kind == aggregate && in == nil && symbol.LookupAggregate(name) == nil {
		b.kind = normal // what an unknown aggregate reads is no aggregate itself
		b.arguments(e.Args)
		b.kind = aggregate
	} else {
		b.arguments(e.Args)
	}
	return b.missingFunction(e, tabular, in)
}

// builtin finds a function, aggregate or plugin by what may stand here.
func (b *binder) builtin(name string, in *place) *symbol.Function {
	if in != nil {
		switch {
		case in.cluster && name == "database":
		case !in.cluster && (name == "table" || name == "external_table" || name == "materialized_view" ||
			name == "entity_group" || name == "stored_query_result" || name == "graph"):
		default:
			return nil
		}
		return symbol.LookupFunction(name)
	}
	switch b.kind {
	case plugin:
		return symbol.LookupPlugin(name)
	case aggregate:
		if f := symbol.LookupAggregate(name); f != nil {
			return f
		}
	}
	f := symbol.LookupFunction(name)
	if f != nil && f.Graph && (b.graph == nil || name == "inner_nodes" && !b.elements) {
		return nil
	}
	return f
}

// arguments binds arguments for the mistakes in them.
func (b *binder) arguments(args []syntax.Expr) []*item {
	out := make([]*item, 0, len(args))
	kind := b.kind
	if kind == plugin {
		b.kind = normal
	}
	for _, a := range args {
		out = append(out, b.expr(a))
	}
	b.kind = kind
	return out
}

func (b *binder) missingFunction(e *syntax.CallExpr, tabular bool, in *place) *item {
	name, at := e.Name.Text, e.Name.Span()
	switch {
	case name == "":
		return b.bad(at)
	case b.kind != aggregate && symbol.LookupAggregate(name) != nil:
		b.aggregateHere(name, at)
	case b.kind != plugin && symbol.LookupPlugin(name) != nil:
		b.pluginHere(name, at)
	case b.kind == plugin:
		b.unknownPlugin(name, at)
	case b.fuzzy:
		b.fuzzyMissing("function", name, e.Span())
		return b.tableItem(e.Span(), b.missing(name, e.Span()))
	case in != nil && in.open:
		return b.tableItem(e.Span(), b.remote(b.missing(name, e.Span()), in, e.Span()))
	case len(name) > 2 && name[:2] == "__" && !tabular && in == nil:
		// an internal function of the service: it binds, and does not run
		b.unsupported("function "+name+"()", e.Span())
		it := b.scalarItem(e.Span(), symbol.Type{}, NewCall(name, nil, value.Dynamic, e.Span()))
		return it
	default:
		b.unknownFunction(name, at)
		if tabular || in != nil {
			return b.tableItem(e.Span(), b.missing(name, e.Span()))
		}
	}
	it := b.bad(e.Span())
	return it
}

// withoutRow binds something that does not see the columns of the input.
func (b *binder) withoutRow(bind func() *item) *item {
	row, right, kind, implicit := b.row, b.right, b.kind, b.implicit
	b.row, b.right, b.kind, b.implicit = nil, nil, normal, nil
	it := bind()
	b.row, b.right, b.kind, b.implicit = row, right, kind, implicit
	return it
}

func (b *binder) argument(e *syntax.CallExpr, i int) *item {
	if i >= len(e.Args) {
		return b.bad(e.Span())
	}
	return b.expr(e.Args[i])
}

func (b *binder) toScalar(e *syntax.CallExpr) *item {
	at := e.Span()
	if len(e.Args) == 0 {
		return b.bad(at)
	}
	b.operatorParameters(e.Parameters, toScalarParameters)
	it := b.withoutRow(func() *item { return b.argument(e, 0) })
	switch it.kind {
	case isTable:
		t := it.table
		if len(t.cols) == 0 {
			b.noColumns(it.at)
			return b.bad(at)
		}
		b.settle(t)
		typ := b.typeOf(t.cols[0])
		out := b.scalarItem(at, typ, NewSubquery(t.rel, typ.Scalar, at))
		out.constant = true
		return out
	case isScalar:
		out := *it
		out.at, out.constant = at, true
		out.named = false
		return &out
	case isBad:
	default:
		b.tableOrScalarWanted(it)
	}
	return b.bad(at)
}

func (b *binder) materialize(e *syntax.CallExpr) *item {
	at := e.Span()
	it := b.withoutRow(func() *item { return b.argument(e, 0) })
	switch it.kind {
	case isTable:
		l := b.define("materialize", it.table, true)
		out := b.tableItem(at, b.use(l, at))
		return out
	case isGraph, isBad:
		return it
	}
	b.tableOrGraphWanted(it)
	return b.bad(at)
}

// callBuiltin binds a call of a function, aggregate or plugin.
func (b *binder) callBuiltin(e *syntax.CallExpr, f *symbol.Function, in *place) *item {
	at := e.Span()
	args := b.builtinArguments(e, f)
	var candidates [16]*symbol.Signature
	chosen := choose(f, args, false, candidates[:0])
	if len(chosen) != 1 {
		switch {
		case len(args) == 0 && minimum(f) > 0:
			low, high := minimum(f), maximum(f)
			b.argumentCount(f.Name, 0, low, high, e.Name.Span())
			return b.bad(at)
		case !anyBad(args):
			b.noOverload(f.Name, args, e.Name.Span())
			return b.bad(at)
		case anyMistake(args) || len(chosen) == 0:
			it := b.bad(at)
			b.callName(it, f, args)
			return it
		}
		// an argument's type is not known: take the first overload that may do, its result when all agree
		sig := chosen[0]
		var space [8]*symbol.Param
		params := layout(f, sig, args, space[:0])
		it := b.finish(e, f, sig, params, args, in)
		if it.kind == isScalar {
			for _, other := range chosen[1:] {
				if b.returned(f, other, layout(f, other, args, nil), args) != it.typ {
					it.typ = symbol.Type{}
				}
			}
		}
		return it
	}
	sig := chosen[0]
	var space [8]*symbol.Param
	params := layout(f, sig, args, space[:0])
	if !b.check(f, sig, params, args, e.Name.Span()) {
		it := b.bad(at)
		if f.Kind == symbol.Plugin && b.row != nil {
			return b.tableItem(at, b.missing(f.Name, at))
		}
		b.callName(it, f, args)
		return it
	}
	return b.finish(e, f, sig, params, args, in)
}

func minimum(f *symbol.Function) int {
	n := f.Signatures[0].MinArgs()
	for i := range f.Signatures {
		n = min(n, f.Signatures[i].MinArgs())
	}
	return n
}

func maximum(f *symbol.Function) int {
	n := 0
	for i := range f.Signatures {
		n = max(n, f.Signatures[i].MaxArgs())
	}
	return n
}

// builtinArguments binds the arguments of a built-in function, each seeing what its parameter lets it see.
func (b *binder) builtinArguments(e *syntax.CallExpr, f *symbol.Function) []*item {
	kind, implicit := b.kind, b.implicit
	b.implicit = nil
	if kind == plugin || f.Kind == symbol.Aggregate {
		b.kind = normal
	}
	defer func() { b.kind, b.implicit = kind, implicit }()
	args := make([]*item, 0, len(e.Args))
	for i, a := range e.Args {
		var p *symbol.Param
		if len(f.Signatures) == 1 {
			sig := &f.Signatures[0]
			switch {
			case i < len(sig.Params):
				p = &sig.Params[i]
			case len(sig.Params) > 0:
				p = &sig.Params[len(sig.Params)-1]
			}
		}
		if p == nil {
			args = append(args, b.expr(a))
			continue
		}
		switch p.Arg {
		case symbol.AggregateCall:
			k := b.kind
			b.kind = aggregate
			if b.aggs == nil {
				b.aggs = &aggregates{}
			}
			args = append(args, b.expr(a))
			b.kind = k
		case symbol.ColumnOfFirst, symbol.ColumnOfBoth:
			if i > 0 && args[0].kind == isTable && !isNamedArg(a) {
				row := b.row
				switch {
				case p.Arg == symbol.ColumnOfFirst || row == nil:
					b.row = args[0].table
				default:
					b.row = commonTable(row, args[0].table)
				}
				args = append(args, b.expr(a))
				b.row = row
			} else {
				args = append(args, b.expr(a))
			}
		case symbol.ElementOfFirst:
			row, outer := b.row, b.degrees
			if i > 0 && args[0].kind == isRow {
				b.row = b.elementRow(args[0], a.Span())
			}
			args = append(args, b.expr(a))
			b.row, b.degrees = row, outer
		default:
			b.elements = i == 0 && f.Graph && len(f.Signatures[0].Params) > 1
			if p.Kind == symbol.Tabular && !p.Optional() {
				args = append(args, b.withoutRow(func() *item { return b.expr(a) }))
			} else {
				args = append(args, b.expr(a))
			}
			b.elements = false
		}
	}
	return args
}

func isNamedArg(e syntax.Expr) bool {
	_, ok := e.(*syntax.NamedExpr)
	return ok
}

// commonTable has the columns that two relations have in common.
func commonTable(left, right *table) *table {
	t := &table{rel: left.rel}
	for _, c := range left.cols {
		if right.column(c.Name) != nil {
			t.cols = append(t.cols, c)
		}
	}
	return t
}

// finish makes the item of a call whose overload is chosen.
func (b *binder) finish(e *syntax.CallExpr, f *symbol.Function, sig *symbol.Signature, params []*symbol.Param, args []*item, in *place) *item {
	at := e.Span()
	switch {
	case f.Kind == symbol.Plugin:
		return b.callPlugin(e, f, sig, params, args)
	case sig.Return == symbol.ReturnsNamed:
		return b.named(e, f, args, in)
	case f.Kind == symbol.Aggregate:
		return b.callAggregate(e, f, sig, params, args)
	}
	if it := b.special(e, f, args); it != nil {
		return it
	}
	if it := b.graphFunction(e, f, args); it != nil {
		return it
	}
	for i, a := range args {
		if a.kind == isRow && a.elem != nil {
			args[i] = b.wholeElement(a)
		}
	}
	t := b.returned(f, sig, params, args)
	if parts := b.parts(f, args); parts != nil {
		return b.multiple(e, f, sig, params, args, parts)
	}
	if t == symbol.Any && f.Foldable {
		if plain, some := unwrap(args); some {
			if other := choose(f, plain, false, nil); len(other) == 1 {
				inner := b.returned(f, other[0], layout(f, other[0], plain, nil), plain)
				if !inner.Dynamic() && !inner.Unknown() {
					t = symbol.DynamicOf(inner)
				}
			}
		}
	}
	exprs := convertArguments(sig, params, args, t)
	if f.Name == "replace" && len(exprs) == 3 { // (regex, rewrite, source) became (source, regex, rewrite)
		exprs = []Expr{exprs[2], exprs[0], exprs[1]}
	}
	name := f.Canonical
	if f.Name == "replace" {
		name = "replace_regex"
	}
	it := b.scalarItem(at, t, NewCall(name, sig, t.Scalar, at, exprs...))
	it.call = f
	it.constant = f.Foldable && allConstant(args)
	b.callName(it, f, args)
	// a conversion of a column to the type that it has is the column itself
	if len(args) == 1 && args[0].col != nil && isConversion(f.Name) && args[0].typ == t {
		it.col = args[0].col
		it.expr = args[0].expr
	}
	return it
}

func isConversion(name string) bool {
	switch name {
	case "tobool", "todatetime", "todecimal", "todouble", "todynamic", "toguid", "toint", "tolong", "toreal", "tostring", "totime", "totimespan":
		return true
	}
	return false
}

// special binds the few functions whose result is not a call: column_ifexists is the column or the default, pack_all and
// pack_array(*) list the columns.
func (b *binder) special(e *syntax.CallExpr, f *symbol.Function, args []*item) *item {
	at := e.Span()
	switch f.Canonical {
	case "column_ifexists":
		name, ok := args[0].text()
		if !ok || b.row == nil {
			break
		}
		it := *args[1]
		it.at, it.constant, it.literal, it.value, it.col, it.node = at, false, false, nil, nil, nil
		it.named = false
		if c := b.row.column(name); c != nil {
			it.expr = NewColumnRef(c, at)
			it.typ = args[1].typ
			if c.Type == value.Unknown || it.typ.Scalar != c.Type && it.typ.Scalar != value.Unknown {
				it.expr = convert(it.expr, it.typ.Scalar)
			}
			it.setName(name)
		} else if b.row.open {
			c := b.infer(b.row, name)
			it.expr = NewCall("coalesce", nil, it.typ.Scalar, at, convert(NewColumnRef(c, at), it.typ.Scalar), args[1].expr)
			b.row.forget(c)
		}
		it.call = f
		return &it
	case "pack_all":
		if b.row == nil {
			break
		}
		var exprs []Expr
		slots := make([]symbol.Slot, 0, len(b.row.cols))
		for _, c := range b.row.cols {
			if c.Hidden {
				continue
			}
			exprs = append(exprs, NewConst(value.NewString(c.Name), at), NewColumnRef(c, at))
			slots = append(slots, symbol.Slot{Name: c.Name, Type: b.typeOf(c)})
		}
		t := symbol.Bag
		t.Props = &slots
		name := "bag_pack"
		if len(args) == 1 && args[0].value != nil && args[0].value.Bool() {
			name = "pack_all" // with empty values left out
		}
		it := b.scalarItem(at, t, NewCall(name, nil, value.Dynamic, at, exprs...))
		it.call = f
		return it
	case "bag_pack_columns":
		var exprs []Expr
		for _, a := range args {
			if a.col == nil {
				return nil
			}
			exprs = append(exprs, NewConst(value.NewString(a.col.Name), a.at), a.expr)
		}
		it := b.scalarItem(at, b.customType(f, args), NewCall("bag_pack", nil, value.Dynamic, at, exprs...))
		it.call = f
		return it
	case "pack_array":
		if len(args) != 1 || args[0].kind != isStar || b.row == nil {
			break
		}
		var exprs []Expr
		var common symbol.Type
		for i, c := range b.row.cols {
			if c.Hidden {
				continue
			}
			exprs = append(exprs, NewColumnRef(c, at))
			if t, ok := symbol.Agree(common, b.typeOf(c), i == 0, symbol.Promotion); ok {
				common = t
			}
		}
		it := b.scalarItem(at, symbol.ArrayOf(common), NewCall("pack_array", nil, value.Dynamic, at, exprs...))
		it.call = f
		return it
	case "ingestion_time":
		if b.row != nil {
			if c := b.row.column("_TimeReceived"); c != nil && c.Type == value.DateTime {
				it := b.scalarItem(at, symbol.Of(value.DateTime), NewCall("ingestion_time", &f.Signatures[0], value.DateTime, at, NewColumnRef(c, at)))
				it.call = f
				it.setName(f.Prefix)
				return it
			}
		}
	case "column_names_of":
		if args[0].kind == isTable {
			var names []*value.Node
			for _, c := range args[0].table.cols {
				if !c.Hidden {
					names = append(names, value.NodeString(c.Name))
				}
			}
			it := b.literal(value.NewDynamic(value.NodeArray(names...)), at)
			it.typ = symbol.ArrayOf(symbol.Of(value.String))
			it.literal = false
			return it
		}
	}
	return nil
}

// forget takes back a column that was only tried.
func (t *table) forget(c *Column) {
	if n := len(t.cols); n > 0 && t.cols[n-1] == c {
		t.cols = t.cols[:n-1]
		delete(t.byName, c.Name)
	}
}

// named binds table(), database(), cluster() and their kin.
func (b *binder) named(e *syntax.CallExpr, f *symbol.Function, args []*item, in *place) *item {
	at := e.Span()
	name, known := "", false
	if len(args) > 0 {
		name, known = args[0].text()
	}
	switch f.Name {
	case "cluster":
		if known {
			if b.fuzzy {
				b.fuzzyMissing("cluster", name, args[0].at)
			} else {
				b.unknownCluster(name, args[0].at)
			}
		}
		return b.newItem(item{kind: isPlace, at: at, place: &place{name: name, open: true, cluster: true, remote: "cluster()"}})
	case "database":
		if len(args) == 0 || known && name == "" {
			return b.newItem(item{kind: isPlace, at: at, place: &place{tables: true}})
		}
		if p := b.aliases[name]; p != nil && known {
			return b.newItem(item{kind: isPlace, at: at, place: p})
		}
		if in == nil && known {
			if b.fuzzy {
				b.fuzzyMissing("database", name, args[0].at)
			} else {
				b.unknownDatabase(name, args[0].at)
			}
		}
		return b.newItem(item{kind: isPlace, at: at, place: &place{name: name, open: true, remote: "database()"}})
	case "table":
		return b.tableFunction(e, args, in, name, known)
	case "graph":
		b.unsupported("graph()", at)
		if known {
			b.fail("KS260", e.Name.Span(), "", "unknown graph model %q", name)
		}
		return b.newItem(item{kind: isGraph, at: at, graph: &graph{open: true}})
	case "entity_group":
		return b.newItem(item{kind: isGroup, at: at, group: &entityGroup{}})
	}
	codes := map[string]string{"external_table": "KS209", "materialized_view": "KS210", "stored_query_result": "KS248"}
	if known && !(in != nil && in.open) {
		b.unknownExternal(f.Name, codes[f.Name], name, args[0].at)
	}
	t := b.missing(name, at)
	return b.tableItem(at, b.refused(t, f.Name+"()", at))
}

func (b *binder) tableFunction(e *syntax.CallExpr, args []*item, in *place, name string, known bool) *item {
	at := e.Span()
	if !known {
		t := b.missing("", at)
		return b.tableItem(at, b.refused(t, "table() of a name that is not constant", at))
	}
	if in == nil {
		if l := b.scope.find(name); l != nil {
			if l.shared != nil || l.fn != nil && l.fn.minArgs() == 0 {
				it := b.localName(l, at)
				return it
			}
		}
	}
	if in == nil || in.tables {
		if t := b.storedTable(name, at); t != nil {
			return b.tableItem(at, b.remote(t, in, at))
		}
	}
	if in == nil || !in.open {
		if b.fuzzy {
			b.fuzzyMissing("table", name, args[0].at)
		} else {
			b.unknownTable(name, args[0].at)
		}
	}
	return b.tableItem(at, b.remote(b.missing(name, at), in, at))
}

// remote marks a relation as one of another place, which the engine does not reach.
func (b *binder) remote(t *table, p *place, at source.Span) *table {
	if p == nil || p.remote == "" {
		return t
	}
	return b.refused(t, p.remote, at)
}

// refused marks a relation that binds and does not run.
func (b *binder) refused(t *table, what string, at source.Span) *table {
	b.unsupported(what, at)
	b.settle(t)
	u := &Unsupportable{What: what}
	u.At = at
	u.Input = t.rel
	u.Cols = t.rel.Columns()
	out := newTable(u, t.open)
	out.name = t.name
	return out
}
