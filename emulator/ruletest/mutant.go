package ruletest

import (
	"fmt"
	"sort"
	"strconv"
	"strings"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/source"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/syntax"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
)

// Mutant is a query with one small change: a mistake of the kind that people make. A rule's tests should notice it.
type Mutant struct {
	Kind string // drop-where, flip-equality, ...
	// Span is what was changed in the original, Text what stands there now.
	Span source.Span
	Text string
	// Query is the whole mutated text.
	Query string
}

// Mutants makes the mutants of a query in the order of the text. A query that does not parse has none.
func Mutants(query string) []Mutant {
	q := syntax.Parse(query)
	if source.HasErrors(q.Diagnostics) {
		return nil
	}
	m := &mutator{text: query}
	for _, s := range q.Statements {
		syntax.Walk(s, func(n syntax.Node) bool {
			m.visit(n)
			return true
		})
	}
	sort.SliceStable(m.out, func(i, j int) bool {
		a, b := m.out[i], m.out[j]
		if a.Span.Start != b.Span.Start {
			return a.Span.Start < b.Span.Start
		}
		if a.Span.End != b.Span.End {
			return a.Span.End < b.Span.End
		}
		return a.Kind < b.Kind
	})
	return m.out
}

type mutator struct {
	text string
	out  []Mutant
}

func (m *mutator) add(kind string, at source.Span, text string) {
	if m.text[at.Start:at.End] == text {
		return
	}
	m.out = append(m.out, Mutant{Kind: kind, Span: at, Text: text, Query: m.text[:at.Start] + text + m.text[at.End:]})
}

// visit makes the mutants that change one node.
func (m *mutator) visit(n syntax.Node) {
	switch n := n.(type) {
	case *syntax.PipeExpr:
		m.pipe(n)
	case *syntax.BinaryExpr:
		m.binary(n)
	case *syntax.InExpr:
		m.membership(n)
	case *syntax.BetweenExpr:
		text := "!between"
		if n.Not {
			text = "between"
		}
		m.add("negate-set", n.OpSpan, text)
	case *syntax.JoinOperator:
		m.join(n)
	case *syntax.UnionOperator:
		if len(n.Tables) > 1 {
			for i := range n.Tables {
				m.dropItem("drop-union-leg", n.Tables, i)
			}
		}
	case *syntax.SummarizeOperator:
		if len(n.Groups) > 1 {
			for i := range n.Groups {
				m.dropItem("drop-key", n.Groups, i)
			}
		}
	case *syntax.CallExpr:
		m.call(n)
	}
}

// pipe drops each where, and each distinct.
func (m *mutator) pipe(n *syntax.PipeExpr) {
	for _, op := range n.Operators {
		f, ok := op.(*syntax.FilterOperator)
		if !ok {
			continue
		}
		at := f.Span()
		m.add("drop-where", source.Span{Start: at.Start, End: at.End}, "where true")
	}
}

func (m *mutator) binary(n *syntax.BinaryExpr) {
	flip := func(kind, text string) { m.add(kind, n.OpSpan, text) }
	switch n.Op {
	case syntax.OpEqual:
		flip("flip-equality", "!=")
	case syntax.OpNotEqual:
		flip("flip-equality", "==")
	case syntax.OpEqualCI:
		flip("flip-equality", "!~")
	case syntax.OpNotEqualCI:
		flip("flip-equality", "=~")
	case syntax.OpHas:
		flip("has-contains", "contains")
		flip("negate-match", "!has")
	case syntax.OpContains:
		flip("has-contains", "has")
		flip("negate-match", "!contains")
	case syntax.OpNotHas:
		flip("negate-match", "has")
	case syntax.OpNotContains:
		flip("negate-match", "contains")
	case syntax.OpStartsWith:
		flip("negate-match", "!startswith")
	case syntax.OpNotStartsWith:
		flip("negate-match", "startswith")
	case syntax.OpEndsWith:
		flip("negate-match", "!endswith")
	case syntax.OpNotEndsWith:
		flip("negate-match", "endswith")
	case syntax.OpAnd:
		flip("swap-and-or", "or")
	case syntax.OpOr:
		flip("swap-and-or", "and")
	case syntax.OpLess, syntax.OpLessEqual, syntax.OpGreater, syntax.OpGreaterEqual:
		m.comparison(n)
	}
}

// comparison moves the bound by one step: a threshold to its neighbour, a strict comparison to the other.
func (m *mutator) comparison(n *syntax.BinaryExpr) {
	swap := map[syntax.BinaryOp]string{syntax.OpLess: ">", syntax.OpLessEqual: ">", syntax.OpGreater: "<", syntax.OpGreaterEqual: "<"}
	m.add("reverse-comparison", n.OpSpan, swap[n.Op])
	side := n.Y
	lit, ok := side.(*syntax.Literal)
	if !ok {
		if lit, ok = n.X.(*syntax.Literal); !ok {
			// A name compared, for instance with a let-bound threshold: off by one through the operator.
			if isNumberLike(n) {
				m.add("move-threshold", n.OpSpan, offByOne(n.Op))
			}
			return
		}
	}
	if lit.Value.Null || !lit.Value.Type.Integer() {
		return
	}
	m.add("move-threshold", lit.Span(), strconv.FormatInt(lit.Value.I+1, 10))
	m.add("move-threshold", lit.Span(), strconv.FormatInt(lit.Value.I-1, 10))
}

func offByOne(op syntax.BinaryOp) string {
	switch op {
	case syntax.OpLess:
		return "<="
	case syntax.OpLessEqual:
		return "<"
	case syntax.OpGreater:
		return ">="
	}
	return ">"
}

// isNumberLike leaves out comparisons of times, for which one tick more is no mistake that anybody makes.
func isNumberLike(n *syntax.BinaryExpr) bool {
	timeLike := false
	for _, e := range []syntax.Expr{n.X, n.Y} {
		syntax.Walk(e, func(x syntax.Node) bool {
			switch x := x.(type) {
			case *syntax.CallExpr:
				switch x.Name.Text {
				case "ago", "now", "ingestion_time", "startofday", "datetime_add", "bin", "todatetime":
					timeLike = true
				}
			case *syntax.Literal:
				timeLike = timeLike || x.Value.Type == value.Timespan || x.Value.Type == value.DateTime
			case *syntax.NameRef:
				timeLike = timeLike || strings.Contains(x.Name.Text, "Time") || strings.Contains(x.Name.Text, "time")
			}
			return true
		})
	}
	return !timeLike
}

func (m *mutator) membership(n *syntax.InExpr) {
	negated := map[syntax.BinaryOp]string{syntax.OpIn: "!in", syntax.OpNotIn: "in", syntax.OpInCI: "!in~", syntax.OpNotInCI: "in~"}
	if text, ok := negated[n.Op]; ok {
		m.add("negate-set", n.OpSpan, text)
	}
	if len(n.List) < 2 {
		return
	}
	for i, e := range n.List {
		switch e.(type) {
		case *syntax.Literal, *syntax.StringLiteral:
			m.dropItem("drop-set-member", n.List, i)
		}
	}
}

func (m *mutator) join(n *syntax.JoinOperator) {
	p := syntax.FindParameter(n.Parameters, "kind")
	if p == nil {
		s := n.Span()
		at := source.Span{Start: s.Start + len("join"), End: s.Start + len("join")}
		m.add("join-kind", at, " kind=leftanti")
		return
	}
	name, ok := p.Value.(*syntax.NameRef)
	if !ok {
		return
	}
	other := map[string]string{"inner": "leftouter", "innerunique": "leftouter", "leftouter": "inner", "leftanti": "leftsemi", "leftsemi": "leftanti",
		"rightanti": "rightsemi", "rightsemi": "rightanti", "fullouter": "inner", "rightouter": "inner", "anti": "leftsemi", "leftantisemi": "leftsemi"}
	if text, ok := other[name.Name.Text]; ok {
		m.add("join-kind", name.Span(), text)
	}
}

// call shortens windows, ago(1d) to ago(30m), and swaps the extremes.
func (m *mutator) call(n *syntax.CallExpr) {
	swap := map[string]string{"arg_max": "arg_min", "arg_min": "arg_max", "max": "min", "min": "max"}
	if text, ok := swap[n.Name.Text]; ok {
		m.add("swap-extreme", n.Name.Span(), text)
	}
	if n.Name.Text != "ago" || len(n.Args) != 1 {
		return
	}
	if l, ok := n.Args[0].(*syntax.Literal); ok && l.Value.Type == value.Timespan && !l.Value.Null && l.Value.I > 1 {
		m.add("shorten-window", l.Span(), halved(l.Value.I))
	}
}

// halved writes half of a span of ticks as a KQL literal.
func halved(ticks int64) string {
	const second, minute, hour = int64(10_000_000), int64(600_000_000), int64(36_000_000_000)
	h := ticks / 2
	switch {
	case h >= hour && h%hour == 0:
		return strconv.FormatInt(h/hour, 10) + "h"
	case h >= minute && h%minute == 0:
		return strconv.FormatInt(h/minute, 10) + "m"
	case h >= second:
		return strconv.FormatInt(h/second, 10) + "s"
	}
	return strconv.FormatInt(h, 10) + "tick"
}

// dropItem leaves one element of a list out, with the comma that goes with it.
func (m *mutator) dropItem(kind string, list []syntax.Expr, i int) {
	at := list[i].Span()
	if i+1 < len(list) {
		at.End = list[i+1].Span().Start
	} else {
		at.Start = list[i-1].Span().End
	}
	m.add(kind, at, "")
}

// Diff shows a mutant as two lines of its first changed line, before and after.
func (m Mutant) Diff(query string) string {
	line := func(text string, at int) string {
		at = min(at, len(text))
		from := strings.LastIndexByte(text[:at], '\n') + 1
		to := strings.IndexByte(text[at:], '\n')
		if to < 0 {
			to = len(text)
		} else {
			to += at
		}
		return strings.TrimSpace(text[from:to])
	}
	return fmt.Sprintf("- %s\n+ %s", line(query, m.Span.Start), line(m.Query, m.Span.Start))
}
