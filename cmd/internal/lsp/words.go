package lsp

import (
	_ "embed"
	"fmt"
	"strings"
	"sync"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/symbol"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
)

//go:embed words.txt
var wordsText string

// words holds what each word does, by kind and name.
var words = sync.OnceValue(func() map[string]string {
	m := map[string]string{}
	for _, line := range strings.Split(wordsText, "\n") {
		if line == "" || line[0] == '#' {
			continue
		}
		key, text, _ := strings.Cut(line, ": ")
		m[key] = text
	}
	return m
})

// word returns what a word does, "" when nothing is said of it.
func word(kind, name string) string { return words()[kind+" "+name] }

// kindWord is the kind of a function in words.txt.
func kindWord(k symbol.FunctionKind) string {
	switch k {
	case symbol.Aggregate:
		return "agg"
	case symbol.Plugin:
		return "plug"
	case symbol.Operator:
		return "sign"
	}
	return "fn"
}

// operators that can follow a bar, and those that can begin a statement.
var (
	pipeOperators = []string{"as", "consume", "count", "distinct", "evaluate", "extend", "facet", "fork", "getschema", "graph-match", "graph-to-table", "invoke", "join", "lookup", "make-graph", "make-series", "mv-apply", "mv-expand", "order by", "parse", "parse-kv", "parse-where", "partition", "project", "project-away", "project-keep", "project-rename", "project-reorder", "reduce", "render", "sample", "sample-distinct", "scan", "search", "serialize", "sort by", "summarize", "take", "top", "top-hitters", "top-nested", "union", "where"}
	starters      = []string{"datatable", "externaldata", "find", "let", "print", "range", "search", "set", "union"}
	charts        = []string{"anomalychart", "areachart", "barchart", "card", "columnchart", "ladderchart", "linechart", "piechart", "pivotchart", "scatterchart", "stackedareachart", "table", "timechart", "timepivot", "treemap"}
	joinKinds     = []string{"anti", "fullouter", "inner", "innerunique", "leftanti", "leftantisemi", "leftouter", "leftsemi", "rightanti", "rightantisemi", "rightouter", "rightsemi"}
	scalarTypes   = []string{"bool", "datetime", "decimal", "dynamic", "guid", "int", "long", "real", "string", "timespan"}
	signs         = []string{"and", "between", "contains", "contains_cs", "endswith", "endswith_cs", "has", "has_all", "has_any", "has_cs", "hasprefix", "hassuffix", "in", "in~", "!in", "matches regex", "or", "startswith", "startswith_cs", "!contains", "!has", "!startswith", "!endswith", "!between"}
)

// signatures writes the forms of a function.
func signatures(f *symbol.Function) []signatureInfo {
	var out []signatureInfo
	seen := map[string]bool{}
	for i := range f.Signatures {
		s := &f.Signatures[i]
		info := signatureInfo{}
		var parts []string
		for k := range s.Params {
			p := &s.Params[k]
			text := p.Name + ": " + paramType(p)
			if p.Optional() {
				text = "[" + text + "]"
			}
			if p.Repeats() {
				text += ", ..."
			}
			parts = append(parts, text)
			info.Parameters = append(info.Parameters, parameterInfo{text})
		}
		info.Label = f.Name + "(" + strings.Join(parts, ", ") + ")" + result(s)
		if !seen[info.Label] {
			seen[info.Label] = true
			out = append(out, info)
		}
	}
	return out
}

func result(s *symbol.Signature) string {
	if s.Return == symbol.ReturnsType && s.Type.Scalar != value.Unknown {
		return ": " + s.Type.String()
	}
	return ""
}

func paramType(p *symbol.Param) string {
	switch p.Kind {
	case symbol.Exactly:
		var names []string
		for _, t := range p.Types {
			names = append(names, t.String())
		}
		return strings.Join(names, "|")
	case symbol.Number:
		return "number"
	case symbol.NumberOrBool:
		return "number|bool"
	case symbol.RealOrDecimal:
		return "real|decimal"
	case symbol.Integer:
		return "integer"
	case symbol.Summable:
		return "number|timespan|datetime"
	case symbol.StringOrDynamic:
		return "string|dynamic"
	case symbol.StringOrArray:
		return "string|array"
	case symbol.IntegerOrArray:
		return "integer|array"
	case symbol.DynamicArray:
		return "array"
	case symbol.DynamicBag:
		return "bag"
	case symbol.Tabular:
		return "table"
	case symbol.TypeLiteral:
		return "typeof(...)"
	}
	return "scalar"
}

// storedSignature writes a saved function as it is called.
func storedSignature(f *symbol.StoredFunction) signatureInfo {
	info := signatureInfo{}
	var parts []string
	for _, p := range f.Parameters {
		typ := p.Type.String()
		if p.Tabular {
			typ = "table"
		}
		text := p.Name + ": " + typ
		if p.HasDefault {
			text = "[" + text
			if p.Default != "" {
				text += " = " + p.Default
			}
			text += "]"
		}
		parts = append(parts, text)
		info.Parameters = append(info.Parameters, parameterInfo{text})
	}
	info.Label = fmt.Sprintf("%s(%s)", f.Name, strings.Join(parts, ", "))
	return info
}

// lookupBuiltin finds a built-in function by its name, aggregates first where they can stand.
func lookupBuiltin(name string, aggregate bool) *symbol.Function {
	if aggregate {
		if f := symbol.LookupAggregate(name); f != nil {
			return f
		}
	}
	if f := symbol.LookupFunction(name); f != nil {
		return f
	}
	if f := symbol.LookupAggregate(name); f != nil {
		return f
	}
	return symbol.LookupPlugin(name)
}
