package ruletest

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/bind"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/source"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/syntax"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
)

// proofs says of a rule's mutants which provably change nothing, whatever rows there are. A proof looks at the bound query, so
// that a column is one column through lets, unions and functions, and knows of the rule that its window bounds TimeGenerated
// of every table (fact S15 of package sentinel).
type proofs struct {
	tree *tree
	// period is the rule's, 0 where the window does not bound TimeGenerated.
	period time.Duration
	text   string
	query  *syntax.Query

	// single are extremes over a value by which the rows are grouped.
	single map[source.Span]bool
	// positive are comparisons with zero of a count() over groups, which is never below one; certain are filters that hold
	// nothing else.
	positive, certain map[source.Span]bool
}

// prove prepares the proofs of a rule; bound is its query.
func prove(rule *content.Rule, bound *bind.Query) *proofs {
	p := &proofs{text: rule.Query.String(), period: rule.QueryPeriod.Value, single: map[source.Span]bool{}, positive: map[source.Span]bool{}, certain: map[source.Span]bool{}}
	if rule.Kind == content.NRT {
		p.period = 0
	}
	p.tree = newTree(bound, p.period)
	p.query = syntax.Parse(p.text)
	for _, s := range p.query.Statements {
		syntax.Walk(s, func(n syntax.Node) bool {
			if pipe, ok := n.(*syntax.PipeExpr); ok {
				p.groups(pipe)
			}
			return true
		})
	}
	return p
}

// equivalent reports whether a mutant provably behaves as the rule does.
func (p *proofs) equivalent(m Mutant) bool {
	switch m.Kind {
	case "drop-where":
		return p.certain[m.Span] || p.tree.idle(m.Span)
	case "swap-extreme":
		return p.single[m.Span]
	case "move-threshold":
		return p.positive[m.Span] && (m.Text == "0" || m.Text[0] == '-')
	case "shorten-window":
		span, ok := p.tree.windows()[m.Span]
		return ok && span/2 > p.period
	case "has-contains":
		return p.edgeless(m.Span)
	case "join-kind":
		return m.Text == "leftouter" && p.tree.rejectsUnmatched(m.Span) || m.Text == "inner" && p.tree.alwaysMatches(m.Span)
	}
	return false
}

// edgeless reports whether the text that has or contains looks for begins and ends with characters that belong to no term:
// then every place where it stands is at the edge of terms, and both find the same.
func (p *proofs) edgeless(at source.Span) bool {
	found := false
	for _, s := range p.query.Statements {
		syntax.Walk(s, func(n syntax.Node) bool {
			b, ok := n.(*syntax.BinaryExpr)
			if !ok || b.OpSpan != at {
				return true
			}
			if l, ok := b.Y.(*syntax.StringLiteral); ok && l.Value != "" {
				first, _ := utf8.DecodeRuneInString(l.Value)
				last, _ := utf8.DecodeLastRuneInString(l.Value)
				found = !ofTerm(first) && !ofTerm(last)
			}
			return false
		})
	}
	return found
}

func ofTerm(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || r == utf8.RuneError
}

// groups finds extremes over a group's own key, and counts of groups compared with zero.
func (p *proofs) groups(pipe *syntax.PipeExpr) {
	counts := map[string]bool{}
	src := func(n syntax.Node) string { return p.text[n.Span().Start:n.Span().End] }
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
				// without a name of its own the column would be called after the function
				if named != nil && (call.Name.Text == "max" || call.Name.Text == "min") && len(call.Args) == 1 && keys[src(call.Args[0])] {
					p.single[call.Name.Span()] = true
				}
			}
		case *syntax.FilterOperator:
			parts := conjuncts(op.Predicate)
			for _, c := range parts {
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
					if len(parts) == 1 {
						p.certain[op.Span()] = true
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

// tree is a bound query with the way up from each relation.
type tree struct {
	period time.Duration
	up     map[bind.Rel]bind.Rel   // the relation that reads a relation; nil for results and what an expression reads
	uses   map[bind.Rel][]bind.Rel // of a shared definition: the relations that stand for it
	all    []bind.Rel
}

func newTree(q *bind.Query, period time.Duration) *tree {
	t := &tree{period: period, up: map[bind.Rel]bind.Rel{}, uses: map[bind.Rel][]bind.Rel{}}
	if q == nil {
		return t
	}
	var visit func(bind.Rel)
	seen := map[bind.Rel]bool{}
	visit = func(r bind.Rel) {
		if r == nil || seen[r] {
			return
		}
		seen[r] = true
		t.all = append(t.all, r)
		if s, ok := r.(*bind.Shared); ok {
			if s.Def != nil && s.Def.Rel != nil {
				t.uses[s.Def.Rel] = append(t.uses[s.Def.Rel], s)
				visit(s.Def.Rel)
			}
			return
		}
		inputs := r.Inputs()
		switch x := r.(type) { // bodies that run once for each row or part
		case *bind.MvApply:
			inputs = append(inputs, x.Body)
		case *bind.Partition:
			inputs = append(inputs, x.Body)
		}
		for _, in := range inputs {
			if in != nil {
				if _, twice := t.up[in]; twice {
					t.up[in] = nil // read from two places: nothing is known of what happens above
				} else {
					t.up[in] = r
				}
				visit(in)
			}
		}
	}
	for _, r := range q.Results {
		visit(r.Rel)
	}
	bind.Walk(q, bind.Visitor{Expr: func(e bind.Expr) {
		switch x := e.(type) {
		case *bind.Subquery:
			visit(x.Rel)
		case *bind.InSubquery:
			visit(x.Rel)
		}
	}})
	return t
}

// filters are those of a place in the text; one in a function's body has a node for each call.
func (t *tree) filters(at source.Span) []*bind.Filter {
	var out []*bind.Filter
	for _, r := range t.all {
		if f, ok := r.(*bind.Filter); ok && f.At == at {
			out = append(out, f)
		}
	}
	return out
}

// idle reports whether a where drops no row that would have come to anything: each of its conditions holds of all rows
// that reach it, or is asked again by what reads them.
func (t *tree) idle(at source.Span) bool {
	list := t.filters(at)
	if len(list) == 0 {
		return false
	}
	without := map[bind.Rel]bool{}
	for _, f := range list {
		without[f] = true
	}
	k := t.knowledge(without)
	for _, f := range list {
		in := k.of(f.Input)
		for _, c := range parts(f.Predicate) {
			if !deterministic(c) {
				return false
			}
			if !in.implies(c, t.period) && !k.askedAbove(c, f, identity(f.Input), 0) {
				return false
			}
		}
	}
	return true
}

// windows are the spans of ago() with which a column is compared that the window bounds already, by the literal's place.
func (t *tree) windows() map[source.Span]time.Duration {
	out := map[source.Span]time.Duration{}
	if t.period == 0 {
		return out
	}
	k := t.knowledge(nil)
	bad := map[source.Span]bool{}
	for _, r := range t.all {
		f, ok := r.(*bind.Filter)
		if !ok {
			continue
		}
		bounded := map[source.Span]bool{}
		in := k.of(f.Input)
		for _, c := range parts(f.Predicate) {
			if col, span, at, ok := since(c); ok && (in.nothing || in.facts[col]&inWindow != 0) {
				out[at], bounded[at] = span, true
			}
		}
		each(f.Predicate, func(e bind.Expr) {
			if _, _, at, ok := since(e); ok && !bounded[at] {
				bad[at] = true // also in a place where nothing bounds it
			}
		})
	}
	for at := range bad {
		delete(out, at)
	}
	return out
}

// since reads `column > ago(literal)`.
func since(e bind.Expr) (*bind.Column, time.Duration, source.Span, bool) {
	c, ok := e.(*bind.Call)
	if !ok || c.Name != ">" && c.Name != ">=" || len(c.Args) != 2 {
		return nil, 0, source.Span{}, false
	}
	ref, ok := c.Args[0].(*bind.ColumnRef)
	ago, ok2 := c.Args[1].(*bind.Call)
	if !ok || !ok2 || ago.Name != "ago" || len(ago.Args) != 1 {
		return nil, 0, source.Span{}, false
	}
	span, ok := ago.Args[0].(*bind.Const)
	if !ok || span.Value.Null || span.Value.Type != value.Timespan {
		return nil, 0, source.Span{}, false
	}
	return ref.Column, time.Duration(span.Value.I) * 100, span.At, true
}

// rejectsUnmatched reports whether the rows that an inner join drops, because they match nothing, would be dropped above an
// outer join too: by a condition that does not hold of the nulls that stand there for the other side.
func (t *tree) rejectsUnmatched(at source.Span) bool {
	list := t.joins(at)
	outer := map[bind.Rel]bool{}
	for _, j := range list {
		outer[j] = true
	}
	k := t.knowledge(outer)
	for _, j := range list {
		if j.Kind != "inner" {
			return false
		}
		gone := map[*bind.Column]bool{}
		for _, p := range j.RightOut {
			if p.Out.Type != value.Dynamic && p.Out.Type != value.Unknown {
				gone[p.Out] = true
			}
		}
		if !k.dropsAbsent(j, gone, 0) {
			return false
		}
	}
	return len(list) > 0
}

// joins are those that hold a place of the text most closely; one in a function's body has a node for each call.
func (t *tree) joins(at source.Span) []*bind.Join {
	var list []*bind.Join
	for _, r := range t.all {
		j, ok := r.(*bind.Join)
		if !ok || j.At.Start > at.Start || j.At.End < at.End {
			continue
		}
		switch {
		case len(list) == 0 || j.At == list[0].At:
			list = append(list, j)
		case j.At.End-j.At.Start < list[0].At.End-list[0].At.Start:
			list = []*bind.Join{j}
		}
	}
	return list
}

// parts are the conditions that a predicate joins by and.
func parts(e bind.Expr) []bind.Expr {
	if c, ok := e.(*bind.Call); ok && c.Name == "and" {
		var out []bind.Expr
		for _, a := range c.Args {
			out = append(out, parts(a)...)
		}
		return out
	}
	return []bind.Expr{e}
}

// each visits an expression and those in it, not relations.
func each(e bind.Expr, f func(bind.Expr)) {
	if e == nil {
		return
	}
	f(e)
	switch x := e.(type) {
	case *bind.Call:
		for _, a := range x.Args {
			each(a, f)
		}
	case *bind.Path:
		each(x.Base, f)
		each(x.Key, f)
	case *bind.InSubquery:
		each(x.Arg, f)
	}
}

// deterministic reports whether an expression depends on its row alone.
func deterministic(e bind.Expr) bool {
	ok := true
	each(e, func(x bind.Expr) {
		if c, call := x.(*bind.Call); call {
			switch c.Name {
			case "rand", "new_guid", "prev", "next", "ingestion_time":
				ok = false
			}
			ok = ok && !strings.HasPrefix(c.Name, "row_")
		}
	})
	return ok
}

func rowwise(list []bind.Assignment) bool {
	return !slices.ContainsFunc(list, func(a bind.Assignment) bool { return !deterministic(a.Expr) && !isIngestion(a.Expr) })
}

func isIngestion(e bind.Expr) bool {
	c, ok := e.(*bind.Call)
	return ok && c.Name == "ingestion_time"
}
