package bind

import (
	"strings"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/syntax"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
)

// Operators take parameters (kind=inner, hint.strategy=shuffle). What each knows is listed as "name:kind=value|value",
// ~ before another name of the same parameter. Kinds: word, int, number, scalar, bool, text, string, column, name, any.
const (
	filterParameters      = "hint.pass_filters:any hint.pass_filters_column:any"
	toScalarParameters    = "kind:word"
	asParameters          = "hint.materialized:bool"
	consumeParameters     = "decodeblocks:bool"
	distinctParameters    = "hint.shufflekey:column* hint.strategy:word=auto|broadcast|centralized|shuffle hint.num_partitions:int"
	evaluateParameters    = "hint.distribution:word=single|per_node|per_shard|default hint.remote:word=auto|local"
	findParameters        = "withsource~with_source:name"
	graphMatchParameters  = "cycles:word=none|all|unique_edges"
	shortestParameters    = "output:word=any|all"
	joinParameters        = "kind:word=inner|fullouter|innerunique|leftanti|leftantisemi|anti|leftouter|leftsemi|rightanti|rightantisemi|rightouter|rightsemi hint.remote:word=auto|left|local|right|unresolved hint.shufflekey:column* hint.strategy:word=auto|broadcast|centralized|shuffle hint.num_partitions:int"
	componentParameters   = "kind:word=weak|strong with_component_id:name"
	lookupParameters      = "kind:word=inner|leftouter"
	makeSeriesParameters  = "hint.shufflekey:column* kind:word=nonempty"
	mvApplyParameters     = "with_itemindex:name"
	mvExpandParameters    = "kind:word=bag|array bagexpansion:word=bag|array with_itemindex:name"
	parseParameters       = "kind:word=simple|regex|relaxed flags:word"
	parseKvProperties     = "pair_delimiter:text kv_delimiter:text regex:text quote:text* escape:text* greedy:bool"
	partitionParameters   = "hint.concurrency:wordnumber=auto|left|local|right|unresolved hint.spread:wordnumber=auto|local hint.materialized:bool hint.shufflekey:column* hint.strategy:word=shuffle|native|legacy"
	reduceParameters      = "kind:word=source"
	reduceProperties      = "threshold:number characters:text"
	renderParameters      = "kind:word=default|unstacked|stacked|stacked100|map title:string accumulate:bool with:text by:any xcolumn:column ycolumns:column anomalycolumns:column series:column xtitle:string ytitle:string xaxis:word=linear|log yaxis:word=linear|log legend:word=visible|hidden ysplit:word=none|axes|panels ymin:number ymax:number xmin:scalar xmax:scalar"
	scanParameters        = "kind:word=partial|full with_match_id:name"
	searchParameters      = "kind:word=default|case_insensitive|case_sensitive"
	sortParameters        = "hint.strategy:word=splitBlock|multipleBlocks"
	summarizeParameters   = "hint.shufflekey:column* hint.strategy:word=shuffle hint.num_partitions:int"
	takeParameters        = ""
	unionParameters       = "kind:word=inner|outer withsource~with_source:name isfuzzy~__isFuzzy:bool best_effort:bool hint.concurrency:wordnumber=auto|left|local|right|unresolved hint.spread:wordnumber=auto|local"
	macroParameters       = "force_remote:bool isfuzzy~__isFuzzy:bool best_effort:bool"
	makeGraphParameters   = "hint.strategy:word=shuffle|native"
	graphOutputParameters = "with_node_id:name with_source_id:name with_target_id:name"
)

// chartTypes are what render draws.
const chartTypes = "table list barchart piechart ladderchart timechart linechart anomalychart pivotchart areachart stackedareachart scatterchart timepivot columnchart timeline 3Dchart card treemap plotly graph sankey"

// operatorParameters checks an operator's parameters against what it knows. Column parameters are bound in the input.
func (b *binder) operatorParameters(list []*syntax.Parameter, known string) {
	if len(list) == 0 {
		return
	}
	seen := map[string]bool{}
	for _, p := range list {
		name := p.Name.Text
		if name == "" {
			continue
		}
		canonical, kind, values, many := findParameter(known, name)
		if kind == "" {
			b.unknownParameter(name, p.Name.Span(), parameterNames(known))
			continue
		}
		if seen[canonical] && !many {
			b.parameterTwice(name, p.Name.Span())
		}
		seen[canonical] = true
		b.parameterValue(p, kind, values)
	}
}

// findParameter finds a parameter by its name or another name of it.
func findParameter(known, name string) (canonical, kind string, values []string, many bool) {
	for _, spec := range strings.Fields(known) {
		names, rest, _ := strings.Cut(spec, ":")
		for _, n := range strings.Split(names, "~") {
			if n != name {
				continue
			}
			kind, list, ok := strings.Cut(rest, "=")
			if ok {
				values = strings.Split(list, "|")
			}
			canonical, _, _ = strings.Cut(names, "~")
			kind, many = strings.CutSuffix(kind, "*")
			return canonical, kind, values, many
		}
	}
	return "", "", nil, false
}

func parameterNames(known string) []string {
	var out []string
	for _, spec := range strings.Fields(known) {
		names, _, _ := strings.Cut(spec, ":")
		out = append(out, strings.Split(names, "~")...)
	}
	return out
}

func (b *binder) parameterValue(p *syntax.Parameter, kind string, values []string) {
	at := p.Value.Span()
	lit, isLiteral := p.Value.(*syntax.Literal)
	_, isText := p.Value.(*syntax.StringLiteral)
	word, isWord := p.Value.(*syntax.NameRef)
	if _, isBad := p.Value.(*syntax.BadExpr); isBad {
		return
	}
	switch kind {
	case "word", "wordnumber":
		if kind == "wordnumber" && isLiteral && lit.Value.Type.Numeric() {
			return
		}
		if isLiteral && lit.Value.Type == value.Bool {
			return
		}
		if !isWord {
			b.wordWanted(at, values)
			return
		}
		for _, v := range values {
			if v == word.Name.Text {
				return
			}
		}
		if len(values) > 0 {
			b.wordWanted(at, values)
		}
	case "int":
		if !isLiteral || !lit.Value.Type.Integer() {
			b.literalKindWanted("KS221", at, "an integer")
		}
	case "number":
		if !isLiteral || !lit.Value.Type.Numeric() {
			if u, ok := p.Value.(*syntax.UnaryExpr); ok {
				if l, ok := u.X.(*syntax.Literal); ok && l.Value.Type.Numeric() {
					return
				}
			}
			b.literalKindWanted("KS224", at, "a number")
		}
	case "scalar":
		if !isLiteral && !isText {
			if u, ok := p.Value.(*syntax.UnaryExpr); ok {
				if _, ok := u.X.(*syntax.Literal); ok {
					return
				}
			}
			b.literalKindWanted("KS226", at, "a scalar")
		}
	case "bool":
		if !isLiteral || lit.Value.Type != value.Bool {
			b.literalKindWanted("KS223", at, "a bool")
		}
	case "text":
		if !isText {
			b.literalKindWanted("KS222", at, "a string")
		}
	case "string":
		if isText {
			return
		}
		it := b.expr(p.Value)
		if it.kind == isScalar && it.typ.Scalar != value.String && !it.typ.Unknown() && !it.typ.Dynamic() {
			b.typeWanted("KS141", it, "string or dynamic")
		}
	case "column":
		if list, ok := p.Value.(*syntax.ListExpr); ok {
			for _, x := range list.Items {
				b.wantColumn(b.expr(x))
			}
			return
		}
		b.wantColumn(b.expr(p.Value))
	}
}

// wantColumn reports an item that is no column.
func (b *binder) wantColumn(it *item) bool {
	if it.col != nil {
		return true
	}
	if it.kind != isBad {
		b.columnWanted(it.at)
	}
	return false
}

// parameterWord returns a parameter's value as a word, "" when it is not given.
func parameterWord(list []*syntax.Parameter, names ...string) string {
	p := syntax.FindParameter(list, names...)
	if p == nil {
		return ""
	}
	return parameterText(p.Value)
}

func parameterTrue(list []*syntax.Parameter, names ...string) (set, on bool) {
	p := syntax.FindParameter(list, names...)
	if p == nil {
		return false, false
	}
	if l, ok := p.Value.(*syntax.Literal); ok {
		return true, l.Value.Bool()
	}
	return true, parameterText(p.Value) == "true"
}
