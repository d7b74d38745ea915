package bind

import (
	"fmt"
	"strings"

	"github.com/seed-caab1ad3/blindspot/content/nearest"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/source"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/symbol"
)

// All that the binder says is worded here, one method a mistake. Codes are those of Microsoft's language service; BS codes
// are our own, for what the service refuses when it runs a query.

func (b *binder) fail(code string, at source.Span, help, format string, args ...any) {
	b.report(source.Diagnostic{Code: code, Span: at, Message: fmt.Sprintf(format, args...), Help: help})
}

func (b *binder) warn(code string, at source.Span, help, format string, args ...any) {
	b.report(source.Diagnostic{Code: code, Severity: source.Warning, Span: at, Message: fmt.Sprintf(format, args...), Help: help})
}

func didYouMean(name string) string {
	if name == "" {
		return ""
	}
	return fmt.Sprintf("did you mean %q?", name)
}

// orList writes "a", "a or b", "a, b or c".
func orList(names []string) string {
	switch len(names) {
	case 0:
		return ""
	case 1:
		return names[0]
	}
	return strings.Join(names[:len(names)-1], ", ") + " or " + names[len(names)-1]
}

func typeNames(types []symbol.Type) string {
	var names []string
	for _, t := range types {
		names = addOnce(names, t.String())
	}
	return orList(names)
}

// describe names what an item is, for messages.
func describe(it *item) string {
	switch it.kind {
	case isTable:
		return "a table"
	case isStar:
		return "*"
	case isPlace:
		return "a database"
	case isGraph:
		return "a graph"
	case isFunction, isPattern:
		return "a function"
	case isType:
		return "a type"
	case isColumns:
		if it.group != nil {
			return "several tables, as fork and facet give"
		}
		return "several columns"
	case isRow:
		return "a row"
	case isVoid:
		return "a word that is no value"
	case isScalar:
		if it.typ.Unknown() {
			return "a value"
		}
		return it.typ.String()
	}
	return "something else"
}

// ---- names

func (b *binder) unknownName(name string, at source.Span) {
	if left := b.leftOut(name); left != nil {
		if !left.broken && !b.told[left] {
			b.columnLeftOut(name, left, at)
		}
		return
	}
	help := didYouMean(nearest.Of(name, b.namesInSight()))
	if help == "" {
		if b.catalog != nil {
			help = didYouMean(b.catalog.NearestTable(name))
		}
	}
	what := "name"
	if b.row != nil {
		what = "column"
	}
	if b.catalog != nil {
		if _, ok := b.catalog.Function(name); ok {
			help = fmt.Sprintf("the function takes arguments: %s(...)", name)
		}
	}
	if help == "" && b.silent == 0 && b.row.afterBroken() {
		return // what the operator with the mistake would have named
	}
	b.fail("KS142", at, help, "unknown %s %q", what, name)
}

// leftOut returns the table whose operator left a column out, nil when none did. In the second binding of a body every mistake counts.
func (b *binder) leftOut(name string) *table {
	if b.silent > 0 {
		return nil
	}
	return b.row.leftOut(name)
}

// columnLeftOut reports the first name that an operator before it took away; the others that it took have the same cause.
func (b *binder) columnLeftOut(name string, left *table, at source.Span) {
	if b.told == nil {
		b.told = map[*table]bool{}
	}
	b.told[left] = true
	word := b.keyword(left.op)
	b.report(source.Diagnostic{Code: "KS142", Span: at, Message: fmt.Sprintf("unknown column %q", name),
		Help:  fmt.Sprintf("%s leaves it out; keep it there", word.Text(b.text)),
		Notes: []source.Note{{Span: word, Message: "left out here"}}})
}

// namesInSight lists what a scalar name could have been: columns first, then lets.
func (b *binder) namesInSight() []string {
	var names []string
	for _, t := range []*table{b.row, b.right} {
		if t != nil {
			for _, c := range t.cols {
				names = append(names, c.Name)
			}
		}
	}
	return append(names, b.scope.all()...)
}

func (b *binder) noColumnLike(pattern string, at source.Span) {
	b.fail("KS142", at, "", "no column matches %q", pattern)
}

func (b *binder) noTableLike(pattern string, at source.Span) {
	b.fail("KS142", at, "", "no table matches %q", pattern)
}

func (b *binder) unknownTable(name string, at source.Span) {
	help := didYouMean(nearest.Of(name, b.scope.all()))
	if help == "" && b.catalog != nil {
		help = didYouMean(b.catalog.NearestTable(name))
	}
	if help == "" && strings.HasSuffix(name, "_CL") {
		help = fmt.Sprintf("describe the custom table in tables/%s.yaml of the content: name: %s, columns: { TimeGenerated: datetime, ... }", name, name)
	}
	b.fail("KS204", at, help, "unknown table %q", name)
}

func (b *binder) fuzzyMissing(what, name string, at source.Span) {
	b.lost++
	b.warn("KS205", at, "the union leaves it out", "no %s %q here", what, name)
}

func (b *binder) unknownFunction(name string, at source.Span) {
	names := append(b.scope.all(), symbol.Names(symbol.Scalar)...)
	if b.kind == aggregate {
		names = append(names, symbol.Names(symbol.Aggregate)...)
	}
	help := didYouMean(nearest.Of(name, names))
	if help == "" && b.catalog != nil {
		help = didYouMean(b.catalog.NearestTable(name))
	}
	if f := symbol.LookupFunction(name); f != nil && f.Graph {
		help = "it reads the elements of a pattern, in graph-match"
	}
	b.fail("KS211", at, help, "unknown function %q", name)
}

func (b *binder) unknownPlugin(name string, at source.Span) {
	b.fail("KS124", at, didYouMean(nearest.Of(name, symbol.Names(symbol.Plugin))), "unknown plugin %q", name)
}

func (b *binder) aggregateHere(name string, at source.Span) {
	b.fail("KS144", at, "aggregates stand in summarize, make-series and top-nested", "aggregate %s() cannot stand here", name)
}

func (b *binder) pluginHere(name string, at source.Span) {
	b.fail("KS126", at, "call it with the evaluate operator", "plugin %s() cannot stand here", name)
}

func (b *binder) noAggregate(name string, at source.Span) {
	b.fail("KS236", at, fmt.Sprintf("aggregate it, for instance take_any(%s), or list it after by", name), "%q is no aggregate", name)
}

func (b *binder) wantsBrackets(name string, at source.Span) {
	b.fail("KS117", at, fmt.Sprintf("%s(...)", name), "function %q is named without its arguments", name)
}

func (b *binder) wildcardHere(at source.Span) {
	b.fail("KS268", at, "wildcards stand in union, search, find, project-away, project-keep and project-reorder", "a wildcard cannot stand here")
}

func (b *binder) declaredTwice(name string, at source.Span) {
	b.fail("KS201", at, "choose another name", "%q is declared already", name)
}

func (b *binder) severalValues(at source.Span) {
	b.fail("KS139", at, "take one of its values in an extend", "an expression of several values cannot be given to a name")
}

func (b *binder) duplicateColumn(name string, at source.Span) {
	b.fail("KS171", at, "give one of them another name", "there are two columns %q", name)
}

func (b *binder) unknownCluster(name string, at source.Span) {
	b.warn("KS207", at, "", "nothing is known of the cluster %q", name)
}

func (b *binder) unknownDatabase(name string, at source.Span) {
	b.fail("KS208", at, "", "unknown database %q", name)
}

func (b *binder) unknownWorkspace(name string, at source.Span) {
	b.fail("BS205", at, "its rows go into a folder workspaces/"+name+" beside the other events; a rule's test names its tables workspace(\""+name+"\").SigninLogs", "unknown workspace %q", name)
}

func (b *binder) unknownExternal(what, code, name string, at source.Span) {
	b.fail(code, at, "", "unknown %s %q", what, name)
}

// ---- kinds of values

func (b *binder) scalarWanted(it *item) {
	if it.kind == isTable && b.afterMistake() {
		return // a column of an input that is not known, and the name of a table too
	}
	b.fail("KS108", it.at, "", "a single value is wanted, not %s", describe(it))
}

func (b *binder) tableWanted(it *item) {
	b.fail("KS111", it.at, "", "a table is wanted, not %s", describe(it))
}

func (b *binder) tableOrScalarWanted(it *item) {
	b.fail("KS112", it.at, "", "a table or a value is wanted, not %s", describe(it))
}

func (b *binder) tableOrGraphWanted(it *item) {
	b.fail("KS231", it.at, "", "a table or a graph is wanted, not %s", describe(it))
}

func (b *binder) elementTurn(edge bool, at source.Span) {
	if edge {
		b.fail("KS239", at, "", "a node such as (n) is wanted before the edge")
		return
	}
	b.fail("KS239", at, "", "an edge such as -[e]-> is wanted before the node")
}

func (b *binder) elementMissing(at source.Span) {
	b.fail("KS238", at, "", "a node such as (n) is wanted after the edge")
}

func (b *binder) graphWanted(at source.Span) {
	b.fail("KS219", at, "make-graph gives one", "the operator works on a graph")
}

func (b *binder) databaseWanted(it *item) {
	b.fail("KS114", it.at, "", "a database is wanted, not %s", describe(it))
}

func (b *binder) columnWanted(at source.Span) {
	b.fail("KS109", at, "", "the name of a column is wanted")
}

func (b *binder) renameWanted(at source.Span) {
	b.fail("KS110", at, "NewName = OldName", "project-rename takes assignments")
}

func (b *binder) noColumns(at source.Span) {
	b.fail("KS190", at, "", "the table has no columns")
}

func (b *binder) typeWanted(code string, it *item, want string) {
	help := ""
	if it.typ.Dynamic() && want == "string" {
		help = "tostring() makes it one"
	}
	b.fail(code, it.at, help, "%s is wanted here, not %s", want, describe(it))
}

func (b *binder) typeRefused(it *item, at source.Span) {
	help := "choose another column"
	if it.typ.Dynamic() {
		help = "convert it, for instance with tostring()"
	}
	b.fail("KS116", at, help, "%s cannot stand here", describe(it))
}

func (b *binder) constantWanted(at source.Span) {
	b.fail("KS129", at, "", "a constant is wanted")
}

func (b *binder) literalWanted(at source.Span) {
	b.fail("KS131", at, "", "a literal is wanted")
}

func (b *binder) quotedNameWanted(at source.Span) {
	b.fail("KS131", at, "a name in brackets is quoted: ['"+at.Text(b.text)+"']", "a literal is wanted")
}

func (b *binder) literalScalarWanted(at source.Span) {
	b.fail("KS132", at, "", "a literal value is wanted")
}

func (b *binder) literalOrNameWanted(at source.Span) {
	b.fail("KS130", at, "", "a constant or a name is wanted")
}

func (b *binder) emptyText(at source.Span) {
	b.fail("KS133", at, "", "the text must not be empty")
}

func (b *binder) valueWanted(at source.Span, values []string) {
	b.fail("KS140", at, "", "one of these is wanted: %s", orList(values))
}

func (b *binder) zeroStep(at source.Span) {
	b.fail("KS140", at, "", "the step must not be zero")
}

func (b *binder) wordWanted(at source.Span, words []string) {
	b.fail("KS005", at, didYouMean(nearest.Of(at.Text(b.text), words)), "expected %s", orList(words))
}

func (b *binder) literalKindWanted(code string, at source.Span, what string) {
	help := ""
	if what == "a bool" {
		help = didYouMean(nearest.Of(at.Text(b.text), []string{"true", "false"}))
	}
	b.fail(code, at, help, "%s literal is wanted", what)
}

func (b *binder) notIndexable(at source.Span, it *item) {
	b.fail("KS147", at, "only dynamic values have elements", "%s has no elements", describe(it))
}

func (b *binder) severalColumns(at source.Span) {
	b.fail("KS184", at, "", "this names more than one column")
}

func (b *binder) noSeveralValues(at source.Span) {
	b.fail("KS149", at, "", "the expression has one value only")
}

func (b *binder) nameWithoutValue(at source.Span) {
	b.fail("KS150", at, "", "the expression has no value for this name")
}

func (b *binder) starHere(at source.Span) {
	b.fail("KS191", at, "", "* cannot stand here")
}

// ---- calls

// afterMistake reports whether the input is not known for a mistake that is reported.
func (b *binder) afterMistake() bool {
	if b.row == nil || !b.row.open || b.silent > 0 {
		return false
	}
	scan, ok := b.row.root().(*Scan)
	return ok && scan.Missing && b.errors() > 0
}

func (b *binder) operatorUndefined(op string, args []*item, at source.Span) {
	var types []string
	for _, a := range args {
		if a.kind == isTable && b.afterMistake() {
			return
		}
		types = append(types, describe(a))
	}
	help := ""
	if len(args) == 2 && args[0].scalar() && args[1].scalar() && args[0].typ.Scalar != args[1].typ.Scalar {
		help = "convert one side"
	}
	b.fail("KS106", at, help, "%s does not work on %s", op, strings.Join(types, " and "))
}

// argumentCount reports a call of so many arguments as given.
func (b *binder) argumentCount(name string, given, low, high int, at source.Span) {
	switch {
	case low != high && high >= symbol.Many && given >= low:
		b.fail("KS120", at, "put the values into a watchlist or a table", "%s takes a million values at most", name)
	case low != high && high >= symbol.Many:
		b.fail("KS120", at, "", "%s() takes at least %s", name, arguments(low))
	case low != high:
		b.fail("KS120", at, "", "%s() takes %d to %s", name, low, arguments(high))
	default:
		b.fail("KS119", at, "", "%s() takes %s", name, arguments(high))
	}
}

func arguments(n int) string {
	switch n {
	case 0:
		return "no arguments"
	case 1:
		return "1 argument"
	}
	return fmt.Sprintf("%d arguments", n)
}

func (b *binder) oddArguments(name string, at source.Span) {
	b.fail("KS121", at, "", "%s() has a wrong number of arguments", name)
}

func (b *binder) noOverload(name string, args []*item, at source.Span) {
	var types []string
	for _, a := range args {
		types = append(types, describe(a))
	}
	b.fail("KS127", at, "", "%s() does not take (%s)", name, strings.Join(types, ", "))
}

func (b *binder) noCommonType(at source.Span) {
	b.fail("KS232", at, "convert them to one type", "the arguments have no type in common")
}

func (b *binder) argumentUnknown(name string, at source.Span) {
	b.fail("KS196", at, "", "the function has no parameter %q", name)
}

func (b *binder) argumentMissing(name string, at source.Span) {
	b.fail("KS197", at, "", "the argument for %q is missing", name)
}

func (b *binder) argumentOrder(at source.Span) {
	b.fail("KS195", at, "", "arguments after a named one that is out of order must be named")
}

func (b *binder) tupleArgument(at source.Span) {
	b.fail("KS194", at, "", "an argument cannot be given several names")
}

func (b *binder) columnsMissing(at source.Span, missing []string, in *table) {
	var names []string
	for _, c := range in.cols {
		names = append(names, c.Name)
	}
	help := ""
	if near := nearest.Of(missing[0], names); near != "" {
		help = fmt.Sprintf("it has %q", near)
	}
	b.fail("KS249", at, help, "the table lacks %s", orList(missing))
}

func (b *binder) tabularFirst(at source.Span) {
	b.fail("KS226", at, "", "tables come first among the parameters")
}

func (b *binder) noPatternRule(at source.Span) {
	b.fail("KS188", at, "", "the pattern has no rule for these arguments")
}

func (b *binder) argumentCountExpected(n int, at source.Span) {
	b.fail("KS118", at, "", "%s expected", arguments(n))
}

func (b *binder) bodyFails(name string, at source.Span, inner source.Diagnostic) {
	b.fail("KS200", at, "", "function %s() does not compile: %s", name, inner.Message)
}

func (b *binder) callsItself(name string, at source.Span) {
	b.fail("BS111", at, "", "function %s() calls itself, which Kusto does not allow", name)
}

// ---- operators

func (b *binder) notFirst(at source.Span) {
	b.fail("KS174", at, "a table or print comes first", "the operator needs an input")
}

func (b *binder) notInFork(at source.Span) {
	b.fail("KS177", at, "a branch of fork takes operators that read its rows once", "%s cannot stand in a branch of fork", at.Text(b.text))
}

func (b *binder) notInside(at source.Span, of string) {
	b.fail("KS177", at, "put it behind "+of, "%s cannot stand in the body of %s", at.Text(b.text), of)
}

func (b *binder) onlyFirst(at source.Span) {
	b.fail("KS175", at, "", "the operator must be the first")
}

func (b *binder) unknownParameter(name string, at source.Span, known []string) {
	b.warn("KS179", at, didYouMean(nearest.Of(name, known)), "the operator has no parameter %q", name)
}

func (b *binder) parameterTwice(name string, at source.Span) {
	b.fail("KS180", at, "", "parameter %q is given twice", name)
}

func (b *binder) invalidType(name string, at source.Span) {
	b.fail("KS160", at, didYouMean(nearest.Of(name, []string{"string", "long", "int", "datetime", "dynamic", "real", "bool", "guid", "timespan", "decimal"})), "%q is no type", name)
}

func (b *binder) valuesUneven(n int, at source.Span) {
	b.fail("KS173", at, "", "the values do not fill rows of %d", n)
}

func (b *binder) columnOnBothSides(name string, at source.Span) {
	if left := b.leftOut(name); left != nil && (left.broken || b.told[left]) {
		return
	}
	b.fail("KS145", at, "$left.A == $right.B joins columns of different names", "column %q is not on both sides", name)
}

func (b *binder) columnTypesDiffer(name string, left, right symbol.Type, at source.Span) {
	b.fail("KS227", at, "convert one side before the join", "column %q is %s on the left and %s on the right", name, left, right)
}

func (b *binder) joinCondition(at source.Span) {
	b.fail("KS182", at, "", "a join is on a column of both sides, or $left.A == $right.B")
}

func (b *binder) joinSide(side string, at source.Span) {
	b.fail("KS183", at, side+".Column", "%s is wanted on this side of the condition", side)
}

func (b *binder) joinWithoutOn(at source.Span) {
	b.fail("KS006", at, "on Column", "the join says not what it is on")
}

func (b *binder) joinKeyDynamic(at source.Span) {
	b.fail("KS241", at, "convert it, for instance with tostring()", "a join cannot be on a dynamic")
}

func (b *binder) joinKeyTypes(left, right symbol.Type, at source.Span) {
	b.fail("KS242", at, "convert one side", "a join cannot compare %s and %s", left, right)
}

func (b *binder) notInterval(step, axis symbol.Type, at source.Span) {
	b.fail("KS178", at, "", "%s is no step for %s", step, axis)
}

func (b *binder) packLast(at source.Span) {
	b.fail("KS185", at, "", "pack(*) must be the last column")
}

func (b *binder) starThenName(at source.Span) {
	b.fail("KS102", at, "", "text must follow *")
}

func (b *binder) starAfterName(at source.Span) {
	b.fail("KS103", at, "put text between them", "* after a string column leaves open where the column ends")
}

func (b *binder) nameAfterName(at source.Span) {
	b.fail("KS101", at, "put text between them", "a column must follow text")
}

func (b *binder) patternPart(at source.Span) {
	b.fail("KS104", at, "", "this cannot stand in a pattern")
}

func (b *binder) identifierWanted(at source.Span) {
	b.fail("KS105", at, "", "the name must be a plain one")
}

func (b *binder) entityWanted(at source.Span) {
	b.fail("KS216", at, "", "a cluster, database or table is wanted")
}

func (b *binder) unknownDirective(name string, at source.Span) {
	b.fail("KS250", at, "", "unknown directive %q", name)
}

func (b *binder) tooDeep(at source.Span) {
	b.fail("KS245", at, "", "the query is nested too deeply")
}

func (b *binder) graphKeyDynamic(at source.Span) {
	b.fail("KS240", at, "convert it, for instance with tostring()", "a graph's nodes cannot be told apart by a dynamic")
}

func (b *binder) deprecated(name, instead string, at source.Span) {
	b.report(source.Diagnostic{Code: "BS112", Severity: source.Suggestion, Span: at,
		Message: fmt.Sprintf("%s() is an old spelling", name), Help: "use " + instead + "()"})
}
