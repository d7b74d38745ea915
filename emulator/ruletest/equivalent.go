package ruletest

import (
	"time"

	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/source"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/syntax"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
)

// proofs are the places of a query where some mutants provably change nothing.
type proofs struct {
	// wide are the ago() spans, in comparisons of a table's own TimeGenerated, that reach further back than the rule's
	// period: the window bounds the rows before the query does (fact S15 of package sentinel). By the span's start.
	wide map[int]time.Duration
	// idle are the filters that hold nothing but such a comparison.
	idle map[source.Span]bool
	// single are extremes over a value by which the rows are grouped.
	single map[source.Span]bool
	// positive are comparisons with zero of a count() over groups, which is never below one.
	positive map[source.Span]bool
	period   time.Duration
}

// prove looks through a rule's query.
func prove(rule *content.Rule) *proofs {
	p := &proofs{wide: map[int]time.Duration{}, idle: map[source.Span]bool{}, single: map[source.Span]bool{}, positive: map[source.Span]bool{}, period: rule.QueryPeriod.Value}
	if rule.Kind == content.NRT {
		p.period = 0
	}
	text := rule.Query.String()
	q := syntax.Parse(text)
	lets := map[string]bool{}
	for _, s := range q.Statements {
		if l, ok := s.(*syntax.LetStatement); ok {
			lets[l.Name.Text] = true
		}
	}
	src := func(n syntax.Node) string { return text[n.Span().Start:n.Span().End] }
	for _, s := range q.Statements {
		syntax.Walk(s, func(n syntax.Node) bool {
			pipe, ok := n.(*syntax.PipeExpr)
			if !ok {
				return true
			}
			p.windows(pipe, lets)
			p.groups(pipe, src)
			return true
		})
	}
	return p
}

// windows finds the comparisons of TimeGenerated in the filters that stand first after a table's name.
func (p *proofs) windows(pipe *syntax.PipeExpr, lets map[string]bool) {
	name, ok := pipe.Source.(*syntax.NameRef)
	if !ok || lets[name.Name.Text] || p.period == 0 {
		return
	}
	for _, op := range pipe.Operators {
		f, ok := op.(*syntax.FilterOperator)
		if !ok {
			return
		}
		parts := conjuncts(f.Predicate)
		for _, c := range parts {
			b, ok := c.(*syntax.BinaryExpr)
			if !ok || b.Op != syntax.OpGreater && b.Op != syntax.OpGreaterEqual {
				continue
			}
			left, ok := b.X.(*syntax.NameRef)
			if !ok || left.Name.Text != "TimeGenerated" {
				continue
			}
			call, ok := b.Y.(*syntax.CallExpr)
			if !ok || call.Name.Text != "ago" || len(call.Args) != 1 {
				continue
			}
			lit, ok := call.Args[0].(*syntax.Literal)
			if !ok || lit.Value.Null || lit.Value.Type != value.Timespan {
				continue
			}
			span := time.Duration(lit.Value.I) * 100
			p.wide[lit.Span().Start] = span
			if len(parts) == 1 && span > p.period {
				p.idle[f.Span()] = true
			}
		}
	}
}

// groups finds extremes over a group's own key, and counts of groups compared with zero.
func (p *proofs) groups(pipe *syntax.PipeExpr, src func(syntax.Node) string) {
	counts := map[string]bool{}
	for _, op := range pipe.Operators {
		switch op := op.(type) {
		case *syntax.SummarizeOperator:
			counts = map[string]bool{}
			keys := map[string]bool{}
			for _, g := range op.Groups {
				if r, ok := g.(*syntax.NameRef); ok {
					keys[r.Name.Text] = true
				}
			}
			for _, a := range op.Aggregates {
				named, _ := a.(*syntax.NamedExpr)
				if named != nil {
					a = named.Expr
				}
				call, ok := a.(*syntax.CallExpr)
				if !ok {
					continue
				}
				if call.Name.Text == "count" && len(call.Args) == 0 && len(op.Groups) > 0 {
					name := "count_"
					if named != nil && len(named.Names) == 1 {
						name = named.Names[0].Text
					}
					counts[name] = true
				}
				if (call.Name.Text == "max" || call.Name.Text == "min") && len(call.Args) == 1 && keys[src(call.Args[0])] {
					p.single[call.Name.Span()] = true
				}
			}
		case *syntax.FilterOperator:
			for _, c := range conjuncts(op.Predicate) {
				b, ok := c.(*syntax.BinaryExpr)
				if !ok || b.Op != syntax.OpGreater && b.Op != syntax.OpGreaterEqual {
					continue
				}
				left, ok := b.X.(*syntax.NameRef)
				lit, ok2 := b.Y.(*syntax.Literal)
				if !ok || !ok2 || !counts[left.Name.Text] || lit.Value.Null || !lit.Value.Type.Integer() {
					continue
				}
				// count >= 1 and count > 0 always hold, and so does what asks for less.
				least := lit.Value.I
				if b.Op == syntax.OpGreater {
					least++
				}
				if least <= 1 {
					p.positive[lit.Span()] = true
					if len(conjuncts(op.Predicate)) == 1 {
						p.idle[op.Span()] = true
					}
				}
			}
		case *syntax.ExtendOperator:
			for _, c := range op.Columns {
				if named, ok := c.(*syntax.NamedExpr); ok {
					for _, n := range named.Names {
						delete(counts, n.Text)
					}
				}
			}
		case *syntax.SortOperator:
		default:
			counts = map[string]bool{}
		}
	}
}

// equivalent reports whether a mutant provably behaves as the rule does.
func (p *proofs) equivalent(m Mutant) bool {
	switch m.Kind {
	case "drop-where":
		return p.idle[m.Span]
	case "swap-extreme":
		return p.single[m.Span]
	case "move-threshold":
		return p.positive[m.Span] && (m.Text == "0" || m.Text[0] == '-')
	case "shorten-window":
		span, ok := p.wide[m.Span.Start]
		return ok && span/2 > p.period
	}
	return false
}
