package symbol

import (
	"sort"
	"strconv"
	"strings"
	"sync"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
)

// The tables of built-in functions are texts, so that starting the program costs nothing; a function is read when it is
// first looked up. A line is
//
//	name(param, param) result flags
//
// A param is name:kind, then what restricts the argument (!const, !lit, !litne, !col, !col0, !col0common, !star, !starok,
// !agg, !elem0), how often it comes (? at most once, * any number, + at least once, +2..64 from 2 to 64), ~ when "~" stands
// for the default, and {a|b} for the values that are allowed, {@x} for a set of table_values.go. A kind is a type, several with / between,
// or the name of a set of types. A result is a type such as array(string) or bag(a:long), or =arg0, =arg0long, =array0, =typeof1, =common, =widest,
// =custom, =table. Flags: fold, window, graph, hidden, block, deprecated=NAME, prefix=P and name=RULE.

var functions sync.Map // "kind\x00name" -> *Function, nil for names that are none

// LookupFunction returns the scalar or window function of that name. Names are compared with regard to case.
func LookupFunction(name string) *Function { return lookup(Scalar, scalarTable, name) }

// LookupAggregate returns the aggregate function of that name.
func LookupAggregate(name string) *Function { return lookup(Aggregate, aggregateTable, name) }

// LookupPlugin returns the plugin of that name.
func LookupPlugin(name string) *Function { return lookup(Plugin, pluginTable, name) }

// LookupOperator returns the operator written so, for instance "has" or "unary-".
func LookupOperator(name string) *Function { return lookup(Operator, operatorTable, name) }

// Names returns the names of the functions of a kind, sorted, deprecated and hidden ones included.
func Names(kind FunctionKind) []string {
	table := scalarTable
	switch kind {
	case Aggregate:
		table = aggregateTable
	case Plugin:
		table = pluginTable
	case Operator:
		table = operatorTable
	}
	var out []string
	for _, line := range strings.Split(strings.Trim(table, "\n"), "\n") {
		name := line[:strings.IndexByte(line, '(')]
		if len(out) > 0 && out[len(out)-1] == name {
			continue
		}
		if (kind == Scalar || kind == Window) && (kind == Window) != strings.Contains(line, " window") {
			continue
		}
		out = append(out, name)
	}
	return out
}

func lookup(kind FunctionKind, table, name string) *Function {
	key := string([]byte{'0' + byte(kind)}) + name
	if f, ok := functions.Load(key); ok {
		return f.(*Function)
	}
	lines := find(table, name)
	if lines == "" {
		return nil // not kept: names of queries are without number
	}
	f := read(kind, name, lines)
	actual, _ := functions.LoadOrStore(key, f)
	return actual.(*Function)
}

// find returns the lines of a function, "" when the table has none, by halving the text.
func find(table, name string) string {
	if name == "" || strings.ContainsAny(name, "(\n") {
		return ""
	}
	// the line that starts at or after a byte, and its name
	at := func(i int) (start int, line string) {
		for i < len(table) && i > 0 && table[i-1] != '\n' {
			i++
		}
		end := strings.IndexByte(table[i:], '\n')
		if end < 0 {
			return len(table), ""
		}
		return i, table[i : i+end]
	}
	nameOf := func(line string) string {
		if k := strings.IndexByte(line, '('); k >= 0 {
			return line[:k]
		}
		return ""
	}
	i := sort.Search(len(table), func(i int) bool {
		start, line := at(i)
		return start >= len(table) || nameOf(line) >= name
	})
	start, line := at(i)
	end := start
	for line != "" && nameOf(line) == name {
		end += len(line) + 1
		_, line = at(end)
	}
	return table[start:end]
}

func read(kind FunctionKind, name, lines string) *Function {
	f := &Function{Name: name, Canonical: canonical(kind, name), Kind: kind}
	for _, line := range strings.Split(strings.TrimSuffix(lines, "\n"), "\n") {
		sig, flags := readSignature(line[len(name):])
		for _, flag := range strings.Fields(flags) {
			key, val, _ := strings.Cut(flag, "=")
			switch key {
			case "fold":
				f.Foldable = true
			case "graph":
				f.Graph = true
			case "window":
				f.Kind = Window
			case "hidden":
				f.Hidden = true
			case "block":
				sig.Block = true
			case "deprecated":
				f.Deprecated = strings.ReplaceAll(val, ",", " or ")
			case "prefix":
				f.Naming, f.Prefix = PrefixOfEach, val
			case "name":
				switch {
				case val == "arg0":
					f.Naming = FirstArgument
				case val == "only":
					f.Naming = OnlyArgument
				case val == "column":
					f.Naming = ColumnIfKnown
				case strings.HasSuffix(val, "_arg0"):
					f.Naming, f.Prefix = PrefixAndFirst, strings.TrimSuffix(val, "_arg0")
				default:
					f.Naming, f.Prefix = PrefixOnly, val
				}
			}
		}
		f.Signatures = append(f.Signatures, sig)
	}
	if f.Hidden && f.Deprecated == "" && len(f.Signatures) > 1 {
		f.Hidden = false // only some of its overloads are
	}
	return f
}

// readSignature reads "(params) result flags".
func readSignature(s string) (Signature, string) {
	var sig Signature
	depth, end := 0, 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '(':
			depth++
		case ')':
			depth--
		}
		if depth == 0 {
			end = i
			break
		}
	}
	for _, p := range splitTop(s[1:end], ',') {
		sig.Params = append(sig.Params, readParam(strings.TrimSpace(p)))
	}
	rest := strings.TrimSpace(s[end+1:])
	// the result ends at the first blank outside brackets
	depth = 0
	cut := len(rest)
	for i := 0; i < len(rest); i++ {
		switch rest[i] {
		case '(':
			depth++
		case ')':
			depth--
		case ' ':
			if depth == 0 {
				cut = i
			}
		}
		if cut < len(rest) {
			break
		}
	}
	readResult(&sig, rest[:cut])
	return sig, rest[cut:]
}

func readResult(sig *Signature, s string) {
	digit := func() int { return int(s[len(s)-1] - '0') }
	switch {
	case s == "=common", s == "=commonnd":
		sig.Return = ReturnsCommon
	case s == "=widest":
		sig.Return = ReturnsWidest
	case s == "=custom", s == "=unary":
		sig.Return = ReturnsCustom
	case s == "=typeofN":
		sig.Return, sig.Arg = ReturnsTypeOf, len(sig.Params)-1
	case strings.HasPrefix(s, "=typeof"):
		sig.Return, sig.Arg = ReturnsTypeOf, digit()
	case strings.HasSuffix(s, "long") && strings.HasPrefix(s, "=arg"):
		sig.Return = ReturnsArgAsLong
	case strings.HasPrefix(s, "=arg"):
		sig.Return, sig.Arg = ReturnsArg, digit()
	case strings.HasPrefix(s, "=array"):
		sig.Return, sig.Arg = ReturnsArrayOf, digit()
	case strings.HasPrefix(s, "="):
		sig.Return = ReturnsNamed
	case strings.HasPrefix(s, "table("):
		sig.Return = ReturnsTable
		for _, slot := range readSlots(s[len("table(") : len(s)-1]) {
			sig.Columns = append(sig.Columns, Column{Name: slot.Name, Type: slot.Type.Scalar})
		}
	default:
		sig.Type = readType(s)
	}
}

func readParam(s string) Param {
	p := Param{Min: 1, Max: 1}
	name, s, _ := strings.Cut(s, ":")
	p.Name = name
	if i := strings.IndexByte(s, '{'); i >= 0 {
		p.Named = readValues(strings.Trim(s[i:], "{}"))
		s = s[:i]
	}
	if strings.HasSuffix(s, "~") {
		p.Tilde = true
		s = s[:len(s)-1]
	}
	if i := strings.IndexAny(s, "?*+"); i >= 0 {
		p.Max = Many
		switch s[i] {
		case '?':
			p.Min, p.Max = 0, 1
		case '*':
			p.Min = 0
		}
		low, high, _ := strings.Cut(s[i+1:], "..")
		if n, err := strconv.Atoi(low); err == nil {
			p.Min = n
		}
		if n, err := strconv.Atoi(high); err == nil {
			p.Max = n
		}
		s = s[:i]
	}
	s, arg, _ := strings.Cut(s, "!")
	switch arg {
	case "const":
		p.Arg = Constant
	case "lit":
		p.Arg = Literal
	case "litne":
		p.Arg = LiteralNotEmpty
	case "col":
		p.Arg = ColumnName
	case "col0":
		p.Arg = ColumnOfFirst
	case "col0common":
		p.Arg = ColumnOfBoth
	case "star":
		p.Arg = StarOnly
	case "starok":
		p.Arg = StarAllowed
	case "agg":
		p.Arg = AggregateCall
	case "elem0":
		p.Arg = ElementOfFirst
	}
	p.Kind = readKind(s)
	if p.Kind == Exactly {
		for _, t := range strings.Split(s, "/") {
			p.Types = append(p.Types, readType(t))
		}
	}
	return p
}

func readKind(s string) ParamKind {
	switch s {
	case "scalar":
		return AnyScalar
	case "number":
		return Number
	case "numberorbool":
		return NumberOrBool
	case "realordecimal":
		return RealOrDecimal
	case "integer":
		return Integer
	case "summable":
		return Summable
	case "orderable":
		return Orderable
	case "stringordynamic":
		return StringOrDynamic
	case "stringorarray":
		return StringOrArray
	case "integerorarray":
		return IntegerOrArray
	case "array":
		return DynamicArray
	case "bag":
		return DynamicBag
	case "notdynamic":
		return NotDynamic
	case "notbool":
		return NotBool
	case "notrealorbool":
		return NotRealOrBool
	case "common":
		return Common
	case "commonscalar":
		return CommonScalar
	case "commonorderable":
		return CommonOrderable
	case "arg0":
		return SameAsFirst
	case "arg1":
		return SameAsSecond
	case "tabular":
		return Tabular
	case "type":
		return TypeLiteral
	case "any":
		return Anything
	}
	return Exactly
}

// readType reads string, array, array(string), bag(a:long,b:bag(c:string)) and dynamic(long).
func readType(s string) Type {
	head, inner, ok := strings.Cut(s, "(")
	if ok {
		inner = inner[:len(inner)-1]
	}
	switch head {
	case "array":
		if ok {
			return ArrayOf(readType(inner))
		}
		return Array
	case "bag":
		t := Bag
		if ok {
			slots := readSlots(inner)
			t.Props = &slots
		}
		return t
	case "dynamic":
		if ok {
			return DynamicOf(readType(inner))
		}
		return Any
	}
	t, _ := value.ParseType(head)
	return Of(t)
}

func readSlots(s string) []Slot {
	var out []Slot
	for _, part := range splitTop(s, ',') {
		if name, typ, ok := strings.Cut(part, ":"); ok {
			out = append(out, Slot{Name: name, Type: readType(typ)})
		}
	}
	return out
}

// readValues reads "a|b" or "@set".
func readValues(s string) []string {
	if set, ok := strings.CutPrefix(s, "@"); ok {
		i := strings.Index(valueSets, "\n"+set+" ")
		if i < 0 {
			return nil
		}
		s, _, _ = strings.Cut(valueSets[i+len(set)+2:], "\n")
	}
	return strings.Split(s, "|")
}

// splitTop splits at separators outside brackets.
func splitTop(s string, sep byte) []string {
	var out []string
	depth, start := 0, 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '(', '{':
			depth++
		case ')', '}':
			depth--
		case sep:
			if depth == 0 {
				out = append(out, s[start:i])
				start = i + 1
			}
		}
	}
	if start < len(s) {
		out = append(out, s[start:])
	}
	return out
}
