package bind

import (
	"strconv"
	"strings"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/source"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/symbol"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/syntax"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
)

// aggregates are the calls of aggregates in one operator. An expression around a call, such as count() * 2, reads the
// call's output column and is computed by a Project above.
type aggregates struct {
	calls []AggregateCall
	by    []*Column // columns that the operator groups by, which * leaves out
}

// callAggregate binds a call of an aggregate function.
func (b *binder) callAggregate(e *syntax.CallExpr, f *symbol.Function, sig *symbol.Signature, params []*symbol.Param, args []*item) *item {
	at := e.Span()
	if b.aggs == nil {
		b.aggs = &aggregates{}
	}
	call := AggregateCall{Name: f.Canonical, Signature: sig, At: at}
	if f.Canonical == "count" && len(args) == 1 {
		// count(x) counts the rows; of a condition, those for which it is true
		if args[0].typ.Scalar == value.Bool {
			call.Name = "countif"
		} else {
			out := b.newColumn("", symbol.Of(value.Long))
			call.Outputs = []*Column{out}
			b.aggs.calls = append(b.aggs.calls, call)
			it := b.scalarItem(at, symbol.Of(value.Long), NewColumnRef(out, at))
			it.call = f
			b.callName(it, f, args)
			return it
		}
	}
	parts := b.aggregateParts(f, args, &call)
	if parts == nil {
		t := b.returned(f, sig, params, args)
		call.Args = convertArguments(sig, params, args, t)
		if (f.Canonical == "sum" || f.Canonical == "sumif") && t.Scalar == value.Long && len(call.Args) > 0 {
			call.Args[0] = convert(call.Args[0], value.Long)
		}
		out := b.newColumn("", t)
		call.Outputs = []*Column{out}
		b.aggs.calls = append(b.aggs.calls, call)
		it := b.scalarItem(at, t, NewColumnRef(out, at))
		it.call = f
		b.callName(it, f, args)
		if strings.HasPrefix(f.Name, "covariance") && len(args) > 1 {
			it.setName(it.name + "_" + args[1].name)
		}
		return it
	}
	for i := range parts {
		p := &parts[i]
		p.output = b.newColumn(p.name, p.typ)
		p.output.Hidden = p.hidden || p.origin != nil && p.origin.Hidden
		p.expr = NewColumnRef(p.output, at)
		call.Outputs = append(call.Outputs, p.output)
	}
	b.aggs.calls = append(b.aggs.calls, call)
	it := b.scalarItem(at, symbol.Type{}, nil)
	it.call, it.multi = f, parts
	if len(parts) > 0 {
		it.expr = parts[0].expr
		if len(parts) == 1 {
			it.typ = parts[0].typ
		}
	}
	return it
}

// aggregateParts lists the values of an aggregate that has several, or whose value is named by rules of its own, and puts
// the call's arguments in their fixed form. nil for the others.
func (b *binder) aggregateParts(f *symbol.Function, args []*item, call *AggregateCall) []part {
	switch f.Name {
	case "arg_max", "arg_min":
		return b.extremumParts(args, call, f.Name[4:], false)
	case "argmax", "argmin":
		return b.extremumParts(args, call, f.Name[3:], true)
	case "take_any":
		return b.anyParts(args, call, "any_", "")
	case "any":
		if len(args) > 1 || len(args) == 1 && args[0].kind == isStar {
			return b.anyParts(args, call, "", "any_")
		}
	case "percentile", "percentiles":
		return b.percentileParts(args, args[1:], call)
	case "percentilew", "percentilesw":
		return b.percentileParts(args, args[2:], call)
	case "percentiles_array", "percentilesw_array":
		for _, a := range args {
			call.Args = append(call.Args, a.expr)
		}
		return []part{{name: "percentiles_" + args[0].name, typ: symbol.Array}}
	}
	return nil
}

func (b *binder) percentileParts(args, ranks []*item, call *AggregateCall) []part {
	t := args[0].typ
	switch t.Scalar {
	case value.Int:
		t = symbol.Of(value.Long)
	case value.Decimal:
		t = symbol.Of(value.Real)
	}
	for i, a := range args {
		e := a.expr
		if i == 0 {
			e = convert(e, t.Scalar)
		}
		call.Args = append(call.Args, e)
	}
	var parts []part
	for _, r := range ranks {
		text := ""
		if r.value != nil {
			text = literalText(*r.value)
		}
		parts = append(parts, part{name: "percentile_" + args[0].name + "_" + fragment(text), typ: t})
	}
	return parts
}

// anyParts lists what take_any gives: the arguments' columns, and for * all columns that are not listed otherwise.
func (b *binder) anyParts(args []*item, call *AggregateCall, unnamed, prefix string) []part {
	seen := map[*Column]bool{}
	for _, c := range b.aggs.by {
		seen[c] = true
	}
	star := hasStar(args)
	var parts []part
	add := func(name string, t symbol.Type, e Expr, origin *Column) {
		parts = append(parts, part{name: prefix + name, typ: t, origin: origin})
		call.Args = append(call.Args, e)
	}
	for i, a := range args {
		switch {
		case a.kind == isStar:
			for _, c := range b.rowColumns() {
				if !seen[c] {
					seen[c] = true
					add(c.Name, b.typeOf(c), NewColumnRef(c, a.at), c)
				}
			}
		case a.col != nil:
			if star && seen[a.col] {
				continue
			}
			origin := a.col
			if seen[a.col] || isNamedArg(a.node) {
				origin = nil
			}
			seen[a.col] = true
			name := a.col.Name
			if isNamedArg(a.node) {
				name = a.name
			}
			add(name, a.typ, a.expr, origin)
		default:
			name := a.name
			if name == "" {
				name = unnamed + "arg" + strconv.Itoa(i)
			}
			add(name, a.typ, a.expr, nil)
		}
	}
	return parts
}

// extremumParts lists what arg_max gives: the extremised value, then the arguments' columns. old is the naming of argmax,
// max_Time and max_Time_User.
func (b *binder) extremumParts(args []*item, call *AggregateCall, prefix string, old bool) []part {
	by := map[*Column]bool{}
	for _, c := range b.aggs.by {
		by[c] = true
	}
	seen := map[*Column]bool{}
	star := hasStar(args)
	primary := ""
	if len(args) > 0 {
		primary = args[0].name
	}
	lead := func(i int, name string) string {
		switch {
		case !old:
			return name
		case i == 0:
			return prefix + "_" + name
		}
		return prefix + "_" + primary + "_" + name
	}
	var parts []part
	add := func(i int, name string, t symbol.Type, e Expr, origin *Column) {
		hidden := origin != nil && origin.Hidden
		if old {
			origin = nil
		}
		parts = append(parts, part{name: lead(i, name), typ: t, origin: origin, hidden: hidden})
		call.Args = append(call.Args, e)
	}
	// may tells whether a column is listed by argument i; with * a column is listed once, and never a key
	may := func(i int, c *Column) bool { return i == 0 || !star || !seen[c] && !by[c] }
	for i, a := range args {
		switch {
		case a.kind == isStar:
			for _, c := range b.rowColumns() {
				if may(i, c) {
					seen[c] = true
					add(i, c.Name, b.typeOf(c), NewColumnRef(c, a.at), c)
				}
			}
		case a.col != nil:
			if !may(i, a.col) {
				continue
			}
			name, origin := a.col.Name, a.col
			if isNamedArg(a.node) {
				name, origin = a.name, nil
			}
			if seen[a.col] || by[a.col] {
				origin = nil
			}
			seen[a.col] = true
			add(i, name, a.typ, a.expr, origin)
		default:
			name := a.name
			if !a.named {
				switch {
				case old && i > 0:
					name = "arg" + strconv.Itoa(i)
				case i == 0:
					name = prefix + "_"
				default:
					name = prefix + "_" + primary + "_arg" + strconv.Itoa(i)
				}
			}
			add(i, name, a.typ, a.expr, nil)
		}
	}
	return parts
}

func hasStar(args []*item) bool {
	for _, a := range args {
		if a.kind == isStar {
			return true
		}
	}
	return false
}

func (b *binder) rowColumns() []*Column {
	if b.row == nil {
		return nil
	}
	return b.row.cols
}

// inAggregates binds expressions that may call aggregates; the calls are kept in aggs.
func (b *binder) inAggregates(aggs *aggregates, bind func()) {
	kind, before := b.kind, b.aggs
	b.kind, b.aggs = aggregate, aggs
	bind()
	b.kind, b.aggs = kind, before
}

// aggregated puts an Aggregate below the outputs of a projection: keys first, then the aggregates' results, which take
// their columns from the projection where it uses them as they are. A Project is put above where it does not.
func (b *binder) aggregated(in *table, keys []Assignment, aggs *aggregates, out []output, at source.Span) *table {
	r := &Aggregate{Keys: keys, Aggregates: aggs.calls}
	r.At, r.Input = at, in.rel
	for _, k := range keys {
		r.Cols = append(r.Cols, k.Column)
	}
	// where does each output column come from?
	rename := map[*Column]*Column{}
	for i := range out {
		ref, ok := out[i].expr.(*ColumnRef)
		if !ok || i < len(keys) {
			continue
		}
		if _, taken := rename[ref.Column]; !taken {
			rename[ref.Column] = out[i].col
		}
	}
	for i := range r.Aggregates {
		outputs := r.Aggregates[i].Outputs
		for j, c := range outputs {
			if to := rename[c]; to != nil && to.Type == c.Type && !usedTwice(out, c) {
				outputs[j] = to
			}
			r.Cols = append(r.Cols, outputs[j])
		}
	}
	same := len(out) == len(r.Cols)
	for i := range out {
		if !same || out[i].col != r.Cols[i] {
			same = false
			break
		}
	}
	t := &table{rel: r, open: in.open}
	for i := range out {
		t.cols = append(t.cols, out[i].col)
	}
	if same {
		return t
	}
	// columns that an aggregate fills and that are not used as they are need a name of their own
	p := &Project{}
	p.At, p.Input, p.Cols = at, r, t.cols
	for i := range out {
		e := out[i].expr
		switch ref, ok := e.(*ColumnRef); {
		case i < len(keys):
			e = NewColumnRef(keys[i].Column, at)
		case ok && rename[ref.Column] == out[i].col && !usedTwice(out, ref.Column) && out[i].col.Type == ref.Column.Type:
			e = NewColumnRef(out[i].col, at)
		}
		p.Assign = append(p.Assign, Assignment{Column: out[i].col, Expr: e})
	}
	t.rel = p
	return t
}

// usedTwice reports whether an aggregate's output is read by more than one output, or inside an expression.
func usedTwice(out []output, c *Column) bool {
	n := 0
	for i := range out {
		n += uses(out[i].expr, c, 0)
		if n > 1 {
			return true
		}
	}
	return false
}

func uses(e Expr, c *Column, depth int) int {
	if depth > maxDepth {
		return 2
	}
	switch e := e.(type) {
	case *ColumnRef:
		if e.Column == c {
			return 1
		}
	case *Call:
		n := 0
		for _, a := range e.Args {
			n += uses(a, c, depth+1)
		}
		return n
	case *Path:
		return uses(e.Base, c, depth+1) + uses(e.Key, c, depth+1)
	case *InSubquery:
		return uses(e.Arg, c, depth+1)
	case *SummaryCall:
		n := 0
		for _, a := range e.Args {
			n += uses(a, c, depth+1)
		}
		return n
	}
	return 0
}
