package kqltest

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"sort"
	"strings"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/bind"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
)

func (n *naive) expr(e bind.Expr, p place) value.Value {
	switch e := e.(type) {
	case *bind.Const:
		return e.Value
	case *bind.ColumnRef:
		v, ok := p.row()[e.Column]
		if !ok {
			panic(fmt.Sprintf("column %s is not in the row", e.Column.Name))
		}
		return v
	case *bind.Path:
		base, key := n.expr(e.Base, p), n.expr(e.Key, p)
		if base.Null || base.Dyn == nil {
			return value.Null(value.Dynamic)
		}
		var found *value.Node
		if key.Type == value.String {
			if base.Dyn.Kind == value.KindBag {
				for i, k := range base.Dyn.Keys {
					if k == key.S {
						found = base.Dyn.Elems[i]
					}
				}
			}
		} else if base.Dyn.Kind == value.KindArray && !key.Null {
			i := key.I
			if i < 0 {
				i += int64(len(base.Dyn.Elems))
			}
			if i >= 0 && i < int64(len(base.Dyn.Elems)) {
				found = base.Dyn.Elems[i]
			}
		}
		if found == nil || found.Kind == value.KindNull {
			return value.Null(value.Dynamic)
		}
		return value.NewDynamic(found)
	case *bind.Subquery:
		rows := n.rel(e.Rel)
		if len(rows) == 0 {
			return value.Null(e.Type())
		}
		return rows[0][e.Rel.Columns()[0]]
	case *bind.InSubquery:
		arg := n.expr(e.Arg, p)
		var list []value.Value
		for _, row := range n.rel(e.Rel) {
			list = append(list, row[e.Rel.Columns()[0]])
		}
		return member(e.Op, arg, list)
	case *bind.Call:
		return n.function(e, p)
	}
	dontKnow("%T", e)
	return value.Value{}
}

// member is in and its kin. A value that is null, on either side, equals nothing.
func member(op string, arg value.Value, list []value.Value) value.Value {
	fold := strings.HasSuffix(op, "~")
	found := false
	for _, v := range flat(list) {
		if arg.Null || v.Null {
			continue
		}
		a, b := arg, v
		if a.Type == value.Dynamic {
			a = a.Dyn.Scalar()
		}
		if b.Type == value.Dynamic {
			b = b.Dyn.Scalar()
		}
		if a.Type == value.String || b.Type == value.String {
			x, y := a.Text(), b.Text()
			found = found || x == y || fold && strings.EqualFold(x, y)
		} else if a.Type.Numeric() && b.Type.Numeric() {
			found = found || value.Convert(a, value.Real).F == value.Convert(b, value.Real).F
		} else if a.Type == b.Type {
			found = found || size(a, b) == 0
		}
	}
	return value.NewBool(found != strings.HasPrefix(op, "!"))
}

func flat(list []value.Value) []value.Value {
	var out []value.Value
	for _, v := range list {
		if v.Type == value.Dynamic && v.Dyn != nil && v.Dyn.Kind == value.KindArray {
			for _, e := range v.Dyn.Elems {
				out = append(out, value.NewDynamic(e))
			}
			continue
		}
		out = append(out, v)
	}
	return out
}

func nodeOrNull(v value.Value) *value.Node {
	if v.Null {
		return &value.Node{}
	}
	return v.Node()
}

func letterOrDigit(s string, i int) bool {
	if i < 0 || i >= len(s) {
		return false
	}
	c := s[i]
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

// hasTerm looks for a text whose ends are ends of terms: both, the first or the last.
func hasTerm(s, t string, atStart, atEnd bool) bool {
	for i := 0; i+len(t) <= len(s); i++ {
		if s[i:i+len(t)] != t {
			continue
		}
		if t == "" {
			return true
		}
		if atStart && letterOrDigit(t, 0) && letterOrDigit(s, i-1) {
			continue
		}
		if atEnd && letterOrDigit(t, len(t)-1) && letterOrDigit(s, i+len(t)) {
			continue
		}
		return true
	}
	return false
}

// stringPredicate is one of the operators on two texts.
func stringPredicate(op, a, b string) (bool, bool) {
	base := strings.TrimPrefix(op, "!")
	cased := strings.HasSuffix(base, "_cs")
	base = strings.TrimSuffix(base, "_cs")
	if !cased {
		a, b = strings.ToLower(a), strings.ToLower(b)
	}
	var ok bool
	switch base {
	case "has":
		ok = hasTerm(a, b, true, true)
	case "hasprefix":
		ok = hasTerm(a, b, true, false)
	case "hassuffix":
		ok = hasTerm(a, b, false, true)
	case "contains":
		ok = strings.Contains(a, b)
	case "startswith":
		ok = strings.HasPrefix(a, b)
	case "endswith":
		ok = strings.HasSuffix(a, b)
	case "=~", "~":
		ok = a == b
	default:
		return false, false
	}
	return ok != strings.HasPrefix(op, "!"), true
}

func (n *naive) function(e *bind.Call, p place) value.Value {
	arg := func(i int) value.Value { return n.expr(e.Args[i], p) }
	text := func(i int) string { return arg(i).Text() }
	null := value.Null(e.Type())
	yes := func(b bool) value.Value { return value.NewBool(b) }
	switch e.Name {
	case "and", "or":
		// Three values: what decides alone decides, else null spreads.
		decides := e.Name == "or"
		unknown := false
		for i := range e.Args {
			v := arg(i)
			if v.Null {
				unknown = true
			} else if v.Bool() == decides {
				return yes(decides)
			}
		}
		if unknown {
			return null
		}
		return yes(!decides)
	case "not":
		if v := arg(0); !v.Null {
			return yes(!v.Bool())
		}
		return null
	case "iff", "case":
		for i := 0; i+1 < len(e.Args); i += 2 {
			if arg(i).Bool() {
				return arg(i + 1)
			}
		}
		return arg(len(e.Args) - 1)
	case "coalesce":
		for i := range e.Args {
			if v := arg(i); !v.Null && !(v.Type == value.String && v.S == "") {
				return v
			}
		}
		return null
	case "isnull", "isnotnull":
		v := arg(0)
		none := v.Null || v.Type == value.Dynamic && v.Dyn.IsNull()
		return yes(none == (e.Name == "isnull"))
	case "isempty", "isnotempty":
		v := arg(0)
		return yes((v.Text() == "" || v.Null) == (e.Name == "isempty"))
	case "in", "!in", "in~", "!in~":
		var list []value.Value
		for i := range e.Args[1:] {
			list = append(list, arg(i+1))
		}
		return member(e.Name, arg(0), list)
	case "has_any", "has_all":
		var list []value.Value
		for i := range e.Args[1:] {
			list = append(list, arg(i+1))
		}
		all := true
		for _, v := range flat(list) {
			ok, _ := stringPredicate("has", text(0), v.Text())
			if ok && e.Name == "has_any" {
				return yes(true)
			}
			all = all && ok
		}
		return yes(all && e.Name == "has_all")
	case "matches regex":
		return yes(regexp.MustCompile(text(1)).MatchString(text(0)))
	case "tostring":
		return value.NewString(text(0))
	case "tolong", "toint", "toreal", "todouble", "tobool", "todatetime", "totimespan", "todecimal", "toguid":
		return value.Convert(arg(0), e.Type())
	case "dynamic":
		v := arg(0)
		if v.Null {
			return null
		}
		return value.NewDynamic(v.Node())
	case "strcat":
		var b strings.Builder
		for i := range e.Args {
			b.WriteString(text(i))
		}
		return value.NewString(b.String())
	case "pack_array":
		var elems []*value.Node
		for i := range e.Args {
			elems = append(elems, nodeOrNull(arg(i)))
		}
		return value.NewDynamic(value.NodeArray(elems...))
	case "bag_pack":
		var keys []string
		var elems []*value.Node
		for i := 0; i+1 < len(e.Args); i += 2 {
			keys, elems = append(keys, text(i)), append(elems, nodeOrNull(arg(i+1)))
		}
		return value.NewDynamic(value.NodeBag(keys, elems))
	case "format_datetime":
		v := arg(0)
		if v.Null {
			return value.NewString("")
		}
		layout := map[string]string{"yyyy-MM-dd": "2006-01-02", "HH:mm": "15:04", "yyyy-MM-dd HH:mm:ss": "2006-01-02 15:04:05"}[text(1)]
		if layout == "" {
			dontKnow("format_datetime %s", text(1))
		}
		return value.NewString(value.TimeOf(v.I).Format(layout))
	case "row_number":
		return value.NewLong(int64(p.at) + 1)
	case "prev", "next":
		step := 1
		if len(e.Args) > 1 {
			step = int(arg(1).I)
		}
		if e.Name == "prev" {
			step = -step
		}
		if q := (place{p.rows, p.at + step}); q.row() != nil {
			return n.expr(e.Args[0], q)
		}
		if len(e.Args) > 2 {
			return arg(2)
		}
		return null
	case "row_cumsum":
		sum := value.Value{Type: e.Type()}
		for i := 0; i <= p.at; i++ {
			if v := n.expr(e.Args[0], place{p.rows, i}); !v.Null {
				sum.I += v.I
				sum.F += v.F
			}
		}
		return sum
	case "max_of", "min_of":
		var list []value.Value
		for i := range e.Args {
			if v := arg(i); !v.Null {
				list = append(list, v)
			}
		}
		return outermost(list, e.Name == "max_of", null)
	}
	if len(e.Args) == 2 {
		if ok, known := stringPredicate(e.Name, text(0), text(1)); known {
			return yes(ok)
		}
	}
	switch e.Name {
	case "==", "!=", "<", "<=", ">", ">=":
		return compared(e.Name, arg(0), arg(1))
	case "between", "!between":
		low, high := compared(">=", arg(0), arg(1)), compared("<=", arg(0), arg(2))
		var in value.Value
		switch {
		case !low.Null && !low.Bool() || !high.Null && !high.Bool():
			in = yes(false)
		case low.Null || high.Null:
			return null
		default:
			in = yes(true)
		}
		return yes(in.Bool() == (e.Name == "between"))
	}
	// What follows gives null when an argument is null.
	a := make([]value.Value, len(e.Args))
	for i := range a {
		if a[i] = arg(i); a[i].Null {
			return null
		}
	}
	return plain(e, a)
}

// compared compares two values. Null equals no value and differs from every value; of two nulls, and of sizes, nothing is known.
func compared(op string, a, b value.Value) value.Value {
	if a.Type == value.Dynamic && a.Dyn != nil {
		a = a.Dyn.Scalar()
	}
	if b.Type == value.Dynamic && b.Dyn != nil {
		b = b.Dyn.Scalar()
	}
	if a.Null || b.Null {
		if a.Null != b.Null && (op == "==" || op == "!=") {
			return value.NewBool(op == "!=")
		}
		return value.Null(value.Bool)
	}
	if a.Type != b.Type {
		if a.Type.Numeric() && b.Type.Numeric() {
			a, b = value.Convert(a, value.Real), value.Convert(b, value.Real)
		} else {
			a, b = value.NewString(a.Text()), value.NewString(b.Text())
		}
	}
	if a.Type == value.Real && (math.IsNaN(a.F) || math.IsNaN(b.F)) {
		return value.NewBool(op == "!=")
	}
	c := size(a, b)
	switch op {
	case "==":
		return value.NewBool(c == 0)
	case "!=":
		return value.NewBool(c != 0)
	case "<":
		return value.NewBool(c < 0)
	case "<=":
		return value.NewBool(c <= 0)
	case ">":
		return value.NewBool(c > 0)
	}
	return value.NewBool(c >= 0)
}

func downTo(v, step int64) int64 { return v - ((v%step)+step)%step }

// plain is a function of arguments that are not null.
func plain(e *bind.Call, a []value.Value) value.Value {
	null := value.Null(e.Type())
	integer := func(i int64) value.Value { return value.Value{Type: e.Type(), I: i} }
	switch e.Name {
	case "+", "-", "*", "/", "%":
		return arithmetic(e, a[0], a[1])
	case "unary-":
		if e.Type() == value.Real {
			return value.NewReal(-a[0].F)
		}
		return integer(-a[0].I)
	case "bin":
		step := a[1]
		if e.Type() == value.Real {
			if step.F <= 0 {
				return null
			}
			return value.NewReal(math.Floor(a[0].F/step.F) * step.F)
		}
		if step.I <= 0 {
			return null
		}
		return integer(downTo(a[0].I, step.I))
	case "abs":
		if e.Type() == value.Real {
			return value.NewReal(math.Abs(a[0].F))
		}
		return integer(max(a[0].I, -a[0].I))
	case "strlen":
		return value.NewLong(int64(len([]rune(a[0].S))))
	case "substring":
		s := []rune(a[0].S)
		from := a[1].I
		if from < 0 {
			from = max(0, from+int64(len(s)))
		}
		from = min(from, int64(len(s)))
		to := int64(len(s))
		if len(a) > 2 {
			to = min(to, from+max(0, a[2].I))
		}
		return value.NewString(string(s[from:to]))
	case "toupper":
		return value.NewString(strings.ToUpper(a[0].S))
	case "tolower":
		return value.NewString(strings.ToLower(a[0].S))
	case "reverse":
		s := []rune(a[0].Text())
		for i, j := 0, len(s)-1; i < j; i, j = i+1, j-1 {
			s[i], s[j] = s[j], s[i]
		}
		return value.NewString(string(s))
	case "replace_string":
		if a[1].S == "" {
			return a[0]
		}
		return value.NewString(strings.ReplaceAll(a[0].S, a[1].S, a[2].S))
	case "indexof":
		return value.NewLong(int64(strings.Index(a[0].Text(), a[1].Text())))
	case "countof":
		count := int64(0)
		for i := range a[0].S {
			if a[1].S != "" && strings.HasPrefix(a[0].S[i:], a[1].S) {
				count++
			}
		}
		return value.NewLong(count)
	case "split":
		var parts []*value.Node
		for _, s := range strings.Split(a[0].S, a[1].S) {
			parts = append(parts, value.NodeString(s))
		}
		return value.NewDynamic(value.NodeArray(parts...))
	case "array_concat":
		var elems []*value.Node
		for _, v := range a {
			if v.Dyn.Kind != value.KindArray {
				return null
			}
			elems = append(elems, v.Dyn.Elems...)
		}
		return value.NewDynamic(value.NodeArray(elems...))
	case "array_slice":
		if a[0].Dyn.Kind != value.KindArray {
			return null
		}
		count := int64(len(a[0].Dyn.Elems))
		from, to := a[1].I, a[2].I
		if from < 0 {
			from += count
		}
		if to < 0 {
			to += count
		}
		var elems []*value.Node
		for i, e := range a[0].Dyn.Elems {
			if int64(i) >= from && int64(i) <= to {
				elems = append(elems, e)
			}
		}
		return value.NewDynamic(value.NodeArray(elems...))
	case "extract":
		m := regexp.MustCompile(a[0].S).FindStringSubmatch(a[2].S)
		if m == nil || a[1].I >= int64(len(m)) {
			return value.NewString("")
		}
		return value.NewString(m[a[1].I])
	case "trim", "trim_start", "trim_end":
		s := a[1].S
		if e.Name != "trim_end" {
			s = regexp.MustCompile("^(?:"+a[0].S+")").ReplaceAllString(s, "")
		}
		if e.Name != "trim_start" {
			s = regexp.MustCompile("(?:"+a[0].S+")$").ReplaceAllString(s, "")
		}
		return value.NewString(s)
	case "datetime_add":
		unit := map[string]int64{"minute": 600_000_000, "hour": 36_000_000_000, "day": 864_000_000_000}[a[0].S]
		if unit == 0 {
			dontKnow("datetime_add of %s", a[0].S)
		}
		if t := a[2].I + a[1].I*unit; t >= 0 && t <= value.MaxDateTime {
			return integer(t)
		}
		return null
	case "array_sort_asc":
		if a[0].Dyn.Kind != value.KindArray {
			dontKnow("array_sort_asc of what is no array")
		}
		elems := slices.Clone(a[0].Dyn.Elems)
		sort.SliceStable(elems, func(i, j int) bool { return elems[i].Text() < elems[j].Text() })
		for _, e := range elems {
			if e.Kind != value.KindString {
				dontKnow("array_sort_asc of %s", e.JSON())
			}
		}
		return value.NewDynamic(value.NodeArray(elems...))
	case "array_length":
		if a[0].Dyn == nil || a[0].Dyn.Kind != value.KindArray {
			return null
		}
		return value.NewLong(int64(len(a[0].Dyn.Elems)))
	case "parse_json":
		if a[0].Type == value.Dynamic {
			return a[0]
		}
		return value.NewDynamic(value.ParseDynamic(a[0].S))
	case "hourofday":
		return integer(a[0].I / 36_000_000_000 % 24)
	case "startofday":
		return integer(downTo(a[0].I, 864_000_000_000))
	case "dayofweek":
		return integer((a[0].I/864_000_000_000 + 1) % 7 * 864_000_000_000)
	case "datetime_diff":
		unit := map[string]int64{"second": 10_000_000, "minute": 600_000_000, "hour": 36_000_000_000, "day": 864_000_000_000}[a[0].S]
		if unit == 0 {
			dontKnow("datetime_diff of %s", a[0].S)
		}
		return value.NewLong(a[1].I/unit - a[2].I/unit)
	case "round":
		scale := 1.0
		if len(a) > 1 {
			scale = math.Pow(10, float64(a[1].I))
		}
		return value.NewReal(math.Round(a[0].F*scale) / scale)
	case "binary_and":
		return integer(a[0].I & a[1].I)
	}
	dontKnow("function %s", e.Name)
	return value.Value{}
}

func arithmetic(e *bind.Call, a, b value.Value) value.Value {
	t := e.Type()
	if a.Type == value.Dynamic || b.Type == value.Dynamic || a.Type == value.Decimal || b.Type == value.Decimal {
		dontKnow("%s %s %s", a.Type, e.Name, b.Type)
	}
	if t == value.Real && (a.Type == value.Real || a.Type.Integer()) && (b.Type == value.Real || b.Type.Integer()) {
		x, y := value.Convert(a, value.Real).F, value.Convert(b, value.Real).F
		switch e.Name {
		case "+":
			return value.NewReal(x + y)
		case "-":
			return value.NewReal(x - y)
		case "*":
			return value.NewReal(x * y)
		case "/":
			return value.NewReal(x / y)
		}
	}
	if a.Type == value.Real || b.Type == value.Real {
		if t == value.Timespan && e.Name == "*" {
			dontKnow("timespan by real")
		}
		dontKnow("%s %s %s", a.Type, e.Name, b.Type)
	}
	if a.Type == value.Timespan && b.Type == value.Timespan && e.Name == "/" {
		return value.NewReal(float64(a.I) / float64(b.I))
	}
	out := value.Value{Type: t}
	switch e.Name {
	case "+":
		out.I = a.I + b.I
	case "-":
		out.I = a.I - b.I
	case "*":
		out.I = a.I * b.I
	case "/", "%":
		if b.I == 0 {
			return value.Null(t)
		}
		if e.Name == "/" {
			out.I = a.I / b.I
		} else if out.I = a.I % b.I; out.I < 0 {
			out.I += max(b.I, -b.I)
		}
	}
	if t == value.DateTime && (out.I < 0 || out.I > value.MaxDateTime) {
		return value.Null(t)
	}
	return out
}
