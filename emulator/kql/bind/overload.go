package bind

import (
	"strings"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/source"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/symbol"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/syntax"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
)

// How an overload is chosen. An argument fits a parameter to a degree; the overloads that the most arguments fit are
// kept, and of these the one whose worst fit is best, then whose best fit is best. Two that are equally good leave the call
// undecided.

// fit ranks how well an argument suits a parameter.
type fit uint8

const (
	fitsNot fit = iota
	fitsUnknown
	fitsDynamic
	fitsPromoted
	fitsNotType
	fitsOneOfMany
	fitsScalar
	fitsSummable
	fitsOrderable
	fitsNumber
	fitsInteger
	fitsTabular
	fitsExactly
)

// isTilde reports whether the argument is the "~" that stands for a default.
func isTilde(p *symbol.Param, a *item) bool {
	if !p.Tilde || !a.literal {
		return false
	}
	s, ok := a.text()
	return ok && s == "~"
}

func fits(sig *symbol.Signature, params []*symbol.Param, args []*item, p *symbol.Param, a *item) fit {
	if p == nil {
		return fitsNot
	}
	if a.kind == isBad || a.kind == isRow || a.kind == isScalar && a.typ.Unknown() {
		return fitsUnknown
	}
	if isTilde(p, a) {
		return fitsExactly
	}
	if a.kind == isStar {
		if p.Arg == symbol.StarOnly || p.Arg == symbol.StarAllowed {
			return fitsExactly
		}
		return fitsNot
	}
	if p.Arg == symbol.StarOnly {
		return fitsNot
	}
	t, scalar := a.typ, a.kind == isScalar
	yes := func(ok bool, f fit) fit {
		if ok {
			return f
		}
		return fitsNot
	}
	switch p.Kind {
	case symbol.Anything:
		return fitsUnknown
	case symbol.Tabular:
		return yes(a.kind == isTable, fitsTabular)
	case symbol.TypeLiteral:
		return yes(a.kind == isType, fitsExactly)
	}
	if !scalar {
		// what is no value at all is not bool either; it is reported as no value
		if a.kind == isTable && (p.Kind == symbol.NotBool || p.Kind == symbol.NotRealOrBool) {
			return fitsNotType
		}
		return fitsNot
	}
	switch p.Kind {
	case symbol.Exactly:
		for _, want := range p.Types {
			if symbol.Assignable(want, t, symbol.NoConversion) {
				if len(p.Types) == 1 {
					return fitsExactly
				}
				return fitsOneOfMany
			}
		}
		for _, want := range p.Types {
			if symbol.Assignable(want, t, symbol.Promotion) {
				return fitsPromoted
			}
		}
	case symbol.AnyScalar:
		return fitsScalar
	case symbol.Integer:
		return yes(t.Integer(), fitsInteger)
	case symbol.RealOrDecimal:
		return yes(t.Scalar == value.Real || t.Scalar == value.Decimal, fitsOneOfMany)
	case symbol.StringOrDynamic:
		return yes(t.Scalar == value.String || t.Dynamic(), fitsOneOfMany)
	case symbol.StringOrArray:
		return yes(stringOrArray(t), fitsOneOfMany)
	case symbol.IntegerOrArray:
		return yes(integerOrArray(t), fitsOneOfMany)
	case symbol.DynamicArray:
		return yes(t.MaybeArray(), fitsOneOfMany)
	case symbol.DynamicBag:
		return yes(t.MaybeBag(), fitsOneOfMany)
	case symbol.Number:
		return yes(t.Numeric(), fitsNumber)
	case symbol.NumberOrBool:
		return yes(t.Numeric() || t.Scalar == value.Bool, fitsNumber)
	case symbol.Summable:
		return yes(t.Summable(), fitsSummable)
	case symbol.Orderable:
		return yes(t.Orderable(), fitsOrderable)
	case symbol.NotBool:
		return yes(t.Scalar != value.Bool, fitsNotType)
	case symbol.NotRealOrBool:
		return yes(t.Scalar != value.Real && t.Scalar != value.Bool, fitsNotType)
	case symbol.NotDynamic:
		return yes(!t.Dynamic(), fitsNotType)
	case symbol.SameAsFirst:
		return fits(sig, params, args, params[0], a)
	case symbol.SameAsSecond:
		if len(params) > 1 {
			return fits(sig, params, args, params[1], a)
		}
	case symbol.Common, symbol.CommonScalar, symbol.CommonOrderable:
		if common, ok := commonType(params, args, false); ok {
			switch {
			case symbol.Assignable(common, t, symbol.NoConversion):
				return fitsExactly
			case symbol.Assignable(common, t, symbol.Promotion):
				return fitsPromoted
			case symbol.Assignable(common, t, symbol.ToDynamic):
				return fitsDynamic
			case p.Kind == symbol.Common && t.Dynamic():
				return fitsExactly
			}
		}
	}
	return fitsNot
}

func stringOrArray(t symbol.Type) bool {
	switch {
	case t.Scalar == value.String, t == symbol.Any, t == symbol.Array:
		return true
	case t.Dynamic() && (t.Content == symbol.ScalarContent || t.Content == symbol.ArrayContent):
		return t.Elem == value.String
	}
	return false
}

func integerOrArray(t symbol.Type) bool {
	switch {
	case t.Integer(), t == symbol.Any, t == symbol.Array:
		return true
	case t.Dynamic() && (t.Content == symbol.ScalarContent || t.Content == symbol.ArrayContent):
		return t.Elem == value.Long
	}
	return false
}

// commonType returns the type that the arguments for the Common parameters agree in. With ignoreDynamic, dynamic ones do
// not count unless there are no others.
func commonType(params []*symbol.Param, args []*item, ignoreDynamic bool) (symbol.Type, bool) {
	var common symbol.Type
	none := true
	for i, a := range args {
		if i >= len(params) || params[i] == nil || a.kind != isScalar {
			continue
		}
		if ignoreDynamic && a.typ.Dynamic() {
			continue
		}
		var c symbol.Conversion
		switch p := params[i]; {
		case p.Kind == symbol.CommonScalar, p.Kind == symbol.CommonOrderable && a.typ.Orderable():
			c = symbol.Promotion
		case p.Kind == symbol.Common:
			c = symbol.ToDynamic
		default:
			continue
		}
		t, ok := symbol.Agree(common, a.typ, none, c)
		if !ok {
			return symbol.Type{}, false
		}
		common, none = t, false
	}
	if none && ignoreDynamic {
		return commonType(params, args, false)
	}
	return common, !none
}

// layout pairs arguments with parameters; nil stands for an argument that there is no parameter for.
func layout(f *symbol.Function, sig *symbol.Signature, args []*item, buf []*symbol.Param) []*symbol.Param {
	params := buf[:0]
	if custom := customLayout(f, sig, args, params); custom != nil {
		return custom
	}
	switch {
	case sig.Block:
		return blockLayout(sig, len(args), params)
	case sig.Repeats():
		return repeatLayout(sig, args, params)
	}
	for i := range args {
		if i < len(sig.Params) {
			params = append(params, &sig.Params[i])
		} else {
			params = append(params, nil)
		}
	}
	return params
}

// blockLayout pairs arguments with parameters that come by turns, as those of case() do.
func blockLayout(sig *symbol.Signature, n int, params []*symbol.Param) []*symbol.Param {
	first, last := -1, -1
	for i := range sig.Params {
		if sig.Params[i].Repeats() {
			if first < 0 {
				first = i
			}
			last = i
		}
	}
	width := last - first + 1
	after := len(sig.Params) - last - 1
	repeating := max(width*sig.Params[first].Min, n-first-after)
	total := (repeating + width - 1) / width * width
	for i := range n {
		switch {
		case i < first:
			params = append(params, &sig.Params[i])
		case i < first+total:
			params = append(params, &sig.Params[first+(i-first)%width])
		case last+1+i-first-total < len(sig.Params):
			params = append(params, &sig.Params[last+1+i-first-total])
		default:
			params = append(params, nil)
		}
	}
	return params
}

// repeatLayout pairs arguments with parameters of which some may come several times: an argument goes to the current
// parameter while it fits that better than the next.
func repeatLayout(sig *symbol.Signature, args []*item, params []*symbol.Param) []*symbol.Param {
	cur, count, most := 0, 0, sig.MaxArgs()
	for i, a := range args {
		if i >= most || len(sig.Params) == 0 {
			params = append(params, nil)
			continue
		}
		p := &sig.Params[cur]
		if cur < len(sig.Params)-1 && count >= p.Max {
			cur, count = cur+1, 0
			p = &sig.Params[cur]
		}
		switch {
		case count < p.Min || count == 0 && p.Min == 0:
			params = append(params, p)
			count++
		case cur == len(sig.Params)-1:
			if count < p.Max {
				params = append(params, p)
				count++
			} else {
				params = append(params, nil)
			}
		default:
			next := &sig.Params[cur+1]
			here, there := fitHere(sig, params, args, p, a), fitHere(sig, params, args, next, a)
			if here >= there && here != fitsNot || there == fitsNot {
				params = append(params, p)
				count++
			} else {
				params = append(params, next)
				cur, count = cur+1, 1
			}
		}
	}
	return params
}

// fitHere is fits while the layout is not done yet.
func fitHere(sig *symbol.Signature, params []*symbol.Param, args []*item, p *symbol.Param, a *item) fit {
	switch p.Kind {
	case symbol.SameAsFirst, symbol.SameAsSecond:
		if len(params) < 2 {
			return fitsNot
		}
	}
	return fits(sig, params, args, p, a)
}

func isBoolean(a *item) bool { return a.kind == isScalar && a.typ.Scalar == value.Bool }

// customLayout pairs the arguments of the few functions that have rules of their own; nil for the others.
func customLayout(f *symbol.Function, sig *symbol.Signature, args []*item, params []*symbol.Param) []*symbol.Param {
	at := func(i int) *symbol.Param { return &sig.Params[min(i, len(sig.Params)-1)] }
	switch {
	case f.Kind == symbol.Scalar && (f.Name == "array_sort_asc" || f.Name == "array_sort_desc"):
		for i, a := range args {
			if i < len(args)-1 || !isBoolean(a) {
				params = append(params, at(0))
			} else {
				params = append(params, at(1))
			}
		}
	case f.Kind != symbol.Plugin:
		return nil
	case f.Name == "geo_polygon_lookup", f.Name == "geo_line_lookup":
		for i, a := range args {
			params = append(params, at(i))
			if n, ok := a.node.(*syntax.NamedExpr); ok && i > 3 {
				for j := 4; j < len(sig.Params); j++ {
					if strings.EqualFold(sig.Params[j].Name, n.Names[0].Text) {
						params[i] = at(j)
					}
				}
			}
		}
	case f.Name == "bag_unpack":
		for i, a := range args {
			params = append(params, nil)
			if i < len(sig.Params) {
				params[i] = at(i)
			}
			if n, ok := a.node.(*syntax.NamedExpr); ok {
				for j := range sig.Params {
					if strings.EqualFold(sig.Params[j].Name, n.Names[0].Text) {
						params[i] = at(j)
					}
				}
			}
		}
	case f.Name == "ipv4_lookup":
		for i, a := range args {
			switch {
			case i < 3:
				params = append(params, at(i))
			case i == len(args)-1 && (isNamed(a, "return_unmatched") || a.literal && isBoolean(a)):
				params = append(params, at(4))
			default:
				params = append(params, at(3))
			}
		}
	case f.Name == "sequence_detect":
		for i, a := range args {
			switch {
			case i <= 3:
				params = append(params, at(i))
			case params[i-1] == at(3) && isBoolean(a):
				params = append(params, at(3))
			default:
				params = append(params, at(4))
			}
		}
	case f.Name == "new_activity_metrics":
		for i, a := range args {
			switch {
			case i < 5:
				params = append(params, at(i))
			case i == 5 && (a.constant || a.col == nil) && a.kind == isScalar:
				params = append(params, at(5))
			case a.kind == isTable:
				params = append(params, at(7))
			default:
				params = append(params, at(6))
			}
		}
	default:
		return nil
	}
	if params == nil {
		params = []*symbol.Param{}
	}
	return params
}

func isNamed(a *item, name string) bool {
	n, ok := a.node.(*syntax.NamedExpr)
	return ok && len(n.Names) == 1 && n.Names[0].Text == name
}

// validCount reports whether the signature can take so many arguments.
func validCount(f *symbol.Function, sig *symbol.Signature, n int) bool {
	low, high := sig.MinArgs(), sig.MaxArgs()
	if n < low || n > high {
		return false
	}
	if sig.Block {
		width, rest := 0, 0
		for i := range sig.Params {
			if sig.Params[i].Repeats() {
				width++
			} else {
				rest++
			}
		}
		return (n-rest)%width == 0
	}
	return true
}

// matches counts the arguments that fit.
func matches(f *symbol.Function, sig *symbol.Signature, args []*item, buf *[]*symbol.Param) int {
	*buf = layout(f, sig, args, *buf)
	n := 0
	for i, a := range args {
		if i < len(*buf) && fits(sig, *buf, args, (*buf)[i], a) != fitsNot {
			n++
		}
	}
	return n
}

// extremes returns the worst and the best fit.
func extremes(f *symbol.Function, sig *symbol.Signature, args []*item, buf *[]*symbol.Param) (worst, best fit) {
	*buf = layout(f, sig, args, *buf)
	worst = fitsExactly
	for i, a := range args {
		k := fitsNot
		if i < len(*buf) {
			k = fits(sig, *buf, args, (*buf)[i], a)
		}
		worst, best = min(worst, k), max(best, k)
	}
	return worst, best
}

// choose returns the overloads that suit the arguments best: one when the choice is clear. With all set, only overloads
// that every argument fits are kept.
func choose(f *symbol.Function, args []*item, all bool, list []*symbol.Signature) []*symbol.Signature {
	if len(f.Signatures) == 1 {
		return append(list, &f.Signatures[0])
	}
	n := len(args)
	most := 0
	for i := range f.Signatures {
		s := &f.Signatures[i]
		if s.MinArgs() <= n && n <= s.MaxArgs() {
			list = append(list, s)
		}
		most = max(most, s.MaxArgs())
	}
	if len(list) == 0 {
		for i := range f.Signatures {
			s := &f.Signatures[i]
			if s.MinArgs() <= most && most <= s.MaxArgs() {
				list = append(list, s)
			}
		}
	}
	if len(list) < 2 {
		return list
	}
	var space [8]*symbol.Param
	buf := space[:0]
	var room [16]int
	counts := room[:0]
	if len(list) > len(room) {
		counts = make([]int, 0, len(list))
	}
	best := 0
	for i, s := range list {
		counts = append(counts, matches(f, s, args, &buf))
		best = max(best, counts[i])
	}
	if all {
		best = max(best, n)
	}
	kept := list[:0]
	for i, s := range list {
		if counts[i] == best {
			kept = append(kept, s)
		}
	}
	if len(kept) < 2 {
		return kept
	}
	// All that are left fit as many arguments; compare their fits.
	better := func(a, c *symbol.Signature) int {
		aw, ab := extremes(f, a, args, &buf)
		cw, cb := extremes(f, c, args, &buf)
		if aw != cw {
			return int(aw) - int(cw)
		}
		return int(ab) - int(cb)
	}
	top := kept[0]
	for _, s := range kept[1:] {
		switch d := better(s, top); {
		case d > 0:
			top = s
		case d == 0:
			return kept
		}
	}
	for _, s := range kept {
		if s != top && better(top, s) <= 0 {
			return kept
		}
	}
	return []*symbol.Signature{top}
}

// check reports what is wrong with the arguments of a call whose overload is chosen. It answers whether nothing is.
func (b *binder) check(f *symbol.Function, sig *symbol.Signature, params []*symbol.Param, args []*item, at source.Span) bool {
	name := f.Name
	if !validCount(f, sig, len(args)) {
		switch {
		case !sig.Repeats():
			b.argumentCount(name, len(args), len(sig.Params), len(sig.Params), at)
		case len(args) < sig.MinArgs() || len(args) > sig.MaxArgs():
			b.argumentCount(name, len(args), sig.MinArgs(), sig.MaxArgs(), at)
		default:
			b.oddArguments(name, at)
		}
		return false
	}
	for i := range args {
		if args[i].kind == isBad {
			continue
		}
		if i < len(params) && params[i] != nil {
			switch params[i].Kind {
			case symbol.Common, symbol.CommonScalar, symbol.CommonOrderable:
				if _, ok := commonType(params, args, false); !ok && !anyBad(args) {
					b.noCommonType(at)
					return false
				}
			}
		}
	}
	ok := true
	for i, a := range args {
		if i < len(params) && params[i] != nil && !b.checkArgument(f, sig, params, args, i, a) {
			ok = false
		}
	}
	return ok
}

func anyBad(args []*item) bool {
	for _, a := range args {
		if a.unknown() {
			return true
		}
	}
	return false
}

func (b *binder) checkArgument(f *symbol.Function, sig *symbol.Signature, params []*symbol.Param, args []*item, i int, a *item) bool {
	p := params[i]
	if a.kind == isBad {
		return false
	}
	if a.kind == isStar && f.Kind != symbol.Operator {
		if p.Arg != symbol.StarOnly && p.Arg != symbol.StarAllowed {
			b.starHere(a.at)
			return false
		}
		return true
	}
	if isTilde(p, a) {
		return true
	}
	if n, ok := a.node.(*syntax.NamedExpr); ok && n.Tuple {
		b.tupleArgument(a.at)
		return false
	}
	if !b.checkType(sig, params, args, p, a) {
		return false
	}
	switch p.Arg {
	case symbol.ColumnName, symbol.ColumnOfFirst, symbol.ColumnOfBoth:
		if a.col == nil {
			b.columnWanted(a.at)
			return false
		}
	case symbol.Constant:
		if !a.constant {
			b.constantWanted(a.at)
			return false
		}
	case symbol.Literal:
		if !a.literal && a.kind != isType {
			b.literalWanted(a.at)
			return false
		}
		if len(p.Named) > 0 {
			return b.checkNamed(p, a)
		}
	case symbol.LiteralNotEmpty:
		if !a.literal {
			b.literalWanted(a.at)
			return false
		}
		if s, ok := a.text(); ok && s == "" {
			b.emptyText(a.at)
			return false
		}
	}
	return true
}

func (b *binder) checkNamed(p *symbol.Param, a *item) bool {
	s, _ := a.text()
	for _, n := range p.Named {
		if strings.EqualFold(n, s) {
			return true
		}
	}
	b.valueWanted(a.at, p.Named)
	return false
}

// checkType reports an argument of a wrong type.
func (b *binder) checkType(sig *symbol.Signature, params []*symbol.Param, args []*item, p *symbol.Param, a *item) bool {
	switch p.Kind {
	case symbol.Anything:
		return true
	case symbol.Tabular:
		return b.wantTable(a)
	case symbol.TypeLiteral:
		if a.kind != isType {
			b.typeWanted("KS107", a, "typeof(...)")
			return false
		}
		return true
	}
	if p.Kind != symbol.Exactly && !b.wantScalar(a) {
		return false
	}
	t := a.typ
	if a.kind == isRow || a.kind == isScalar && t.Unknown() {
		return true
	}
	want := func(ok bool, code, what string) bool {
		if !ok {
			b.typeWanted(code, a, what)
		}
		return ok
	}
	switch p.Kind {
	case symbol.Exactly:
		return want(fits(sig, params, args, p, a) != fitsNot, "KS107", typeNames(p.Types))
	case symbol.Integer:
		return want(t.Integer(), "KS134", "an integer")
	case symbol.RealOrDecimal:
		return want(t.Scalar == value.Real || t.Scalar == value.Decimal, "KS135", "a real or decimal number")
	case symbol.IntegerOrArray:
		return want(integerOrArray(t), "KS136", "an integer or an array of integers")
	case symbol.StringOrDynamic:
		return want(t.Scalar == value.String || t.Dynamic(), "KS141", "string or dynamic")
	case symbol.StringOrArray:
		return want(stringOrArray(t), "KS233", "a string or an array of strings")
	case symbol.DynamicArray:
		return want(t.MaybeArray(), "KS234", "a dynamic array")
	case symbol.DynamicBag:
		return want(t.MaybeBag(), "KS235", "a dynamic bag")
	case symbol.Number:
		return want(t.Numeric(), "KS137", "a number")
	case symbol.NumberOrBool:
		return want(t.Numeric() || t.Scalar == value.Bool, "KS137", "a number or bool")
	case symbol.Summable:
		return want(t.Summable(), "KS138", "a number, timespan or datetime")
	case symbol.Orderable:
		return want(t.Orderable(), "KS206", "a number, timespan, datetime, string or bool")
	case symbol.NotBool:
		return b.refuse(a, t.Scalar == value.Bool)
	case symbol.NotRealOrBool:
		return b.refuse(a, t.Scalar == value.Real || t.Scalar == value.Bool)
	case symbol.NotDynamic:
		return b.refuse(a, t.Dynamic())
	case symbol.SameAsFirst, symbol.SameAsSecond:
		other := args[0]
		if p.Kind == symbol.SameAsSecond && len(args) > 1 {
			other = args[1]
		}
		if other.unknown() {
			return true
		}
		return want(symbol.Assignable(other.typ, t, symbol.NoConversion), "KS141", other.typ.String())
	case symbol.CommonScalar, symbol.CommonOrderable:
		if p.Kind == symbol.CommonOrderable && !t.Orderable() {
			return want(false, "KS206", "a number, timespan, datetime, string or bool")
		}
		if common, ok := commonType(params, args, false); ok {
			return want(symbol.Assignable(common, t, symbol.Promotion), "KS141", common.String())
		}
	}
	return true
}

func (b *binder) refuse(a *item, refused bool) bool {
	if refused {
		b.typeRefused(a, a.at)
	}
	return !refused
}

// wantScalar reports an item that is no value. A mistake that is reported already is not again.
func (b *binder) wantScalar(a *item) bool {
	switch a.kind {
	case isScalar, isStar, isRow:
		return true
	case isBad:
		return false
	}
	b.scalarWanted(a)
	return false
}

func (b *binder) wantTable(a *item) bool {
	switch a.kind {
	case isTable:
		return true
	case isBad:
		return false
	}
	b.tableWanted(a)
	return false
}
