package bind

import (
	"github.com/seed-caab1ad3/blindspot/emulator/kql/source"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/symbol"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/syntax"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
)

// operate binds an operator over bound operands. With all unset, operands that fit no overload are reported one by one.
// ok tells whether there is a result to compute; the type is as good as it can be known even without.
func (b *binder) operate(name string, args []*item, at source.Span, all bool) (t symbol.Type, sig *symbol.Signature, ok bool) {
	f := symbol.LookupOperator(name)
	if f == nil {
		return symbol.Type{}, nil, false
	}
	var candidates [16]*symbol.Signature
	chosen := choose(f, args, all, candidates[:0])
	if len(chosen) == 1 {
		sig = chosen[0]
		var space [8]*symbol.Param
		params := layout(f, sig, args, space[:0])
		ok = b.check(f, sig, params, args, at)
		t = operatorType(sig, params, args)
		// A path into a dynamic keeps what is known of its value through arithmetic.
		if t == symbol.Any {
			plain, some := unwrap(args)
			if some {
				b.silent++
				inner, _, fine := b.operate(name, plain, at, all)
				b.silent--
				if fine && !inner.Dynamic() && !inner.Unknown() {
					t = symbol.DynamicOf(inner)
				}
			}
		}
		return t, sig, ok
	}
	if !anyBad(args) {
		b.operatorUndefined(name, args, at)
		if len(chosen) == 0 && all {
			if rest := choose(f, args, false, nil); len(rest) > 0 {
				return agreedResult(rest, args), nil, false
			}
		}
		return agreedResult(chosen, args), nil, false
	}
	// An operand is not known: the type is what the overloads agree in.
	t = agreedResult(chosen, args)
	return t, nil, !anyMistake(args)
}

func anyMistake(args []*item) bool {
	for _, a := range args {
		if a.kind == isBad {
			return true
		}
	}
	return false
}

// agreedResult is the type that several overloads give, unknown when they differ.
func agreedResult(list []*symbol.Signature, args []*item) symbol.Type {
	var t symbol.Type
	for i, s := range list {
		var space [8]*symbol.Param
		params := space[:0]
		for j := range args {
			params = append(params, &s.Params[min(j, len(s.Params)-1)])
		}
		r := operatorType(s, params, args)
		if i > 0 && r != t {
			return symbol.Type{}
		}
		t = r
	}
	return t
}

// unwrap takes dynamics of a known scalar for that scalar.
func unwrap(args []*item) ([]*item, bool) {
	some := false
	out := make([]*item, len(args))
	for i, a := range args {
		out[i] = a
		if a.kind == isScalar && a.typ.Dynamic() && a.typ.Content == symbol.ScalarContent {
			c := *a
			c.typ = symbol.Of(a.typ.Elem)
			out[i], some = &c, true
		}
	}
	return out, some
}

func operatorType(sig *symbol.Signature, params []*symbol.Param, args []*item) symbol.Type {
	switch sig.Return {
	case symbol.ReturnsType:
		return sig.Type
	case symbol.ReturnsArg:
		if sig.Arg < len(args) {
			return args[sig.Arg].typ
		}
	case symbol.ReturnsWidest:
		return widestType(args)
	case symbol.ReturnsCustom: // unary minus and plus
		if len(args) == 1 {
			if args[0].typ.Scalar == value.Int && !args[0].constant {
				return symbol.Of(value.Long)
			}
			return args[0].typ
		}
	}
	return symbol.Type{}
}

// widestType is the type of arithmetic over numbers; of a first operand that is not known, nothing is.
func widestType(args []*item) symbol.Type {
	if len(args) > 0 && args[0].typ.Unknown() {
		return symbol.Type{}
	}
	return symbol.Of(widest(args))
}

func allConstant(args []*item) bool {
	for _, a := range args {
		if !a.constant {
			return false
		}
	}
	return true
}

// result makes the item of an operator's result.
func (b *binder) result(name string, t symbol.Type, ok bool, exprs []Expr, args []*item, at source.Span) *item {
	if !ok {
		it := b.bad(at)
		return it
	}
	it := b.scalarItem(at, t, NewCall(name, nil, t.Scalar, at, exprs...))
	it.constant = allConstant(args)
	return it
}

func (b *binder) unary(e *syntax.UnaryExpr) *item {
	x := b.expr(e.X)
	at := e.Span()
	name := "unary" + e.Op
	t, _, ok := b.operate(name, []*item{x}, source.Span{Start: at.Start, End: at.Start + 1}, true)
	if !ok || x.expr == nil {
		return b.bad(at)
	}
	arg := convert(x.expr, t.Scalar)
	if c, isConst := arg.(*Const); isConst && e.Op == "-" && !c.Value.Null {
		v := c.Value
		switch v.Type {
		case value.Int, value.Long, value.Timespan:
			v.I = -v.I
		case value.Real:
			v.F = -v.F
		default:
			return b.result(name, t, ok, []Expr{arg}, []*item{x}, at)
		}
		it := b.scalarItem(at, t, NewConst(v, at))
		it.constant = true
		return it
	}
	if e.Op == "+" {
		it := b.scalarItem(at, t, arg)
		it.constant = x.constant
		return it
	}
	return b.result(name, t, ok, []Expr{arg}, []*item{x}, at)
}

// binary binds X op Y. Long chains of one operator lean to the left; they are walked without recursion.
func (b *binder) binary(e *syntax.BinaryExpr) *item {
	var spine []*syntax.BinaryExpr
	for {
		spine = append(spine, e)
		left, ok := e.X.(*syntax.BinaryExpr)
		if !ok {
			break
		}
		e = left
	}
	x := b.operand(e.X)
	for i := len(spine) - 1; i >= 0; i-- {
		e = spine[i]
		x = b.binaryOver(e, x, b.operand(e.Y))
	}
	return x
}

func (b *binder) operand(e syntax.Expr) *item {
	return b.expr(e)
}

func (b *binder) binaryOver(e *syntax.BinaryExpr, x, y *item) *item {
	at, op := e.Span(), e.Op.String()
	args := []*item{x, y}
	t, sig, ok := b.operate(op, args, e.OpSpan, true)
	if x.kind == isStar {
		return b.starCondition(op, t, ok, y, at)
	}
	if !ok || x.expr == nil || y.expr == nil {
		it := b.bad(at)
		return it
	}
	l, r := b.operands(e.Op, sig, t, x, y)
	return b.result(op, t, ok, []Expr{l, r}, args, at)
}

// operands converts the two sides so that the operator's kernel sees types that go together.
func (b *binder) operands(op syntax.BinaryOp, sig *symbol.Signature, t symbol.Type, x, y *item) (Expr, Expr) {
	l, r := x.expr, y.expr
	lt, rt := x.typ.Scalar, y.typ.Scalar
	switch {
	case op == syntax.OpAnd || op == syntax.OpOr:
		return convert(l, value.Bool), convert(r, value.Bool)
	case op.StringOp():
		return convert(l, value.String), convert(r, value.String)
	case op.Arithmetic():
		switch {
		case lt.Numeric() && rt.Numeric():
			return convert(l, t.Scalar), convert(r, t.Scalar)
		case lt == value.Dynamic && rt == value.Dynamic, lt == value.Unknown && rt == value.Unknown:
			return l, r
		case lt == value.Dynamic || lt == value.Unknown:
			l = convert(l, partner(op, rt, true))
			if rt.Numeric() {
				r = convert(r, l.Type())
			}
		case rt == value.Dynamic || rt == value.Unknown:
			r = convert(r, partner(op, lt, false))
			if lt.Numeric() {
				l = convert(l, r.Type())
			}
		default: // timespan and datetime with numbers
			if lt == value.Int {
				l = convert(l, value.Long)
			}
			if rt == value.Int {
				r = convert(r, value.Long)
			}
		}
		return l, r
	}
	return compared(l, r, lt, rt)
}

// partner is the type that a dynamic operand takes beside one of type t.
func partner(op syntax.BinaryOp, t value.Type, left bool) value.Type {
	switch t {
	case value.Int:
		return value.Long
	case value.Timespan:
		if op == syntax.OpMultiply || op == syntax.OpDivide {
			return value.Real
		}
		if left {
			return value.DateTime
		}
		return value.Timespan
	}
	return t
}

// compared converts the two sides of a comparison to one type. Text and a number compare as text, text and any other
// type as that type.
func compared(l, r Expr, lt, rt value.Type) (Expr, Expr) {
	if lt == rt {
		return l, r
	}
	t := lt
	switch {
	case lt == value.Unknown || lt == value.Dynamic && rt != value.Unknown:
		t = rt
	case rt == value.Unknown || rt == value.Dynamic:
	case lt.Numeric() && rt.Numeric():
		t = max(lt, rt)
	case lt == value.String && !rt.Numeric():
		t = rt
	case rt == value.String && lt.Numeric():
		t = value.String
	case lt == value.Bool && rt.Numeric():
		t = rt
	case lt == value.String && rt.Numeric():
		t = value.String
	}
	if t == value.Unknown {
		return l, r
	}
	return convert(l, t), convert(r, t)
}

// in binds X in (list), has_any and has_all.
func (b *binder) in(e *syntax.InExpr) *item {
	at, op := e.Span(), e.Op.String()
	x := b.expr(e.X)
	args := make([]*item, 1, len(e.List)+1)
	args[0] = x
	kind := b.kind
	for _, el := range e.List {
		args = append(args, b.expr(el))
	}
	b.kind = kind
	_, _, ok := b.operate(op, args, e.OpSpan, false)
	for _, a := range args[1:] {
		if a.kind == isTable && len(args) > 2 {
			ok = false
		}
	}
	if x.kind == isStar {
		return b.starCondition(op, symbol.Of(value.Bool), ok, args[1], at)
	}
	if !ok || x.expr == nil || len(args) < 2 {
		if !ok || x.kind == isBad || anyMistake(args) {
			return b.boolean(at)
		}
		return b.bad(at)
	}
	t := symbol.Of(value.Bool)
	if args[1].kind == isTable {
		tab := args[1].table
		if len(tab.cols) == 0 {
			if !tab.open {
				b.noColumns(args[1].at)
			}
			return b.boolean(at)
		}
		b.settle(tab)
		left := x.expr
		if lt, rt := left.Type(), tab.cols[0].Type; lt != rt && rt != value.Dynamic && rt != value.Unknown {
			if lt == value.Unknown || lt == value.Dynamic {
				left = convert(left, rt)
			}
		}
		return b.scalarItem(at, t, NewInSubquery(op, left, tab.rel, at))
	}
	left, lt := x.expr, x.typ.Scalar
	if lt == value.Dynamic || lt == value.Unknown {
		// take the elements' type when they have one
		for _, a := range args[1:] {
			if s := a.typ.Scalar; s != value.Dynamic && s != value.Unknown {
				lt = s
				left = convert(left, s)
				break
			}
		}
	}
	if e.Op == syntax.OpHasAny || e.Op == syntax.OpHasAll {
		left, lt = convert(left, value.String), value.String
	}
	exprs := make([]Expr, 1, len(args))
	exprs[0] = left
	for _, a := range args[1:] {
		if a.expr == nil {
			return b.boolean(at)
		}
		el := a.expr
		if a.typ.Scalar != value.Dynamic && lt != value.Unknown && lt != value.Dynamic {
			el = convert(el, lt)
		}
		exprs = append(exprs, el)
	}
	return b.result(op, t, true, exprs, args, at)
}

// boolean stands for a condition that has a mistake: it is bool, and cannot run.
func (b *binder) boolean(at source.Span) *item {
	it := b.bad(at)
	return it
}

// between binds X between (Low .. High).
func (b *binder) between(e *syntax.BetweenExpr) *item {
	at, op := e.Span(), "between"
	if e.Not {
		op = "!between"
	}
	x, low, high := b.expr(e.X), b.expr(e.Low), b.expr(e.High)
	args := []*item{x, low, high}
	t, _, ok := b.operate(op, args, e.OpSpan, false)
	if !ok || anyMistake(args) {
		return b.bad(at)
	}
	if t.Unknown() {
		t = symbol.Of(value.Bool)
	}
	le, he := low.expr, high.expr
	if low.typ.Scalar == value.DateTime && high.typ.Scalar == value.Timespan {
		he = NewCall("+", nil, value.DateTime, he.Span(), le, he)
	}
	xe := x.expr
	if xe == nil || le == nil || he == nil {
		return b.bad(at)
	}
	common := xe.Type()
	for _, o := range []Expr{le, he} {
		switch ot := o.Type(); {
		case common == value.Unknown || common == value.Dynamic:
			common = ot
		case common.Numeric() && ot.Numeric():
			common = max(common, ot)
		}
	}
	if common != value.Unknown {
		xe, le, he = convert(xe, common), convert(le, common), convert(he, common)
	}
	return b.result(op, t, true, []Expr{xe, le, he}, args, at)
}
