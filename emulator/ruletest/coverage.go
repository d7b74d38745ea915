package ruletest

import (
	"context"
	"fmt"
	"sort"
	"strings"

	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/source"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/syntax"
)

// Coverage says which choices of a rule's query its tests decide. A choice is decided both ways when a test fails as soon
// as it is always, and as soon as it is never, made.
type Coverage struct {
	Choices   int         `json:"choices"` // two for each predicate and condition, one for each leg of a union
	Decided   int         `json:"decided"`
	Undecided []Undecided `json:"undecided"`

	points []point
}

// Undecided is a choice that no test decides.
type Undecided struct {
	Line   int    `json:"line"`
	Column int    `json:"column"`
	Kind   string `json:"kind"` // predicate, branch, leg
	// Never is what no test needs it to be: true, false, or read (of a leg).
	Never string `json:"never"`
	Text  string `json:"text"`
}

// point is one choice in the text with its outcome.
type point struct {
	at      source.Span
	kind    string
	never   string
	text    string // what stands in its place to take the choice away
	decided bool
	line    int
}

// Share is the part of the choices that are decided, in percent; 100 when there are none.
func (c Coverage) Share() float64 {
	if c.Choices == 0 {
		return 100
	}
	return 100 * float64(c.Decided) / float64(c.Choices)
}

// Cover takes each choice of a rule's query away in turn and runs its tests, which must pass as they are.
func (r *Runner) Cover(ctx context.Context, rule *content.Rule, file *content.TestFile) Coverage {
	trials := r.trials(file)
	text := rule.Query.String()
	c := Coverage{points: choices(text), Undecided: []Undecided{}}
	for i := range c.points {
		if ctx.Err() != nil {
			break
		}
		p := &c.points[i]
		query := text[:p.at.Start] + p.text + text[p.at.End:]
		pos := rule.Query.Position(p.at.Start)
		p.line = pos.Line
		c.Choices++
		broken := *rule
		broken.Query = content.NewText(rule.File(), query)
		if runs, failed := r.noticed(ctx, &broken, trials); !runs || failed { // where nothing else can stand it is decided too
			p.decided = true
			c.Decided++
			continue
		}
		c.Undecided = append(c.Undecided, Undecided{pos.Line, pos.Column, p.kind, p.never, oneLine(text[p.at.Start:p.at.End])})
	}
	return c
}

// trials prepares the cases that are run.
func (r *Runner) trials(file *content.TestFile) []*trial {
	var out []*trial
	for _, t := range file.Tests {
		if t.Skip != "" {
			continue
		}
		if p, errs := r.prepare(file, t); len(errs) == 0 {
			out = append(out, p)
		}
	}
	return out
}

func oneLine(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if len(s) > 100 {
		s = cutText(s, 97) + "..."
	}
	return s
}

// choices lists the atomic predicates of where, the conditions of iff, iif and case, and the legs of unions.
func choices(text string) []point {
	q := syntax.Parse(text)
	if source.HasErrors(q.Diagnostics) {
		return nil
	}
	var out []point
	both := func(kind string, e syntax.Expr) {
		for _, atom := range atoms(e) {
			at := atom.Span()
			out = append(out, point{at: at, kind: kind, never: "false", text: "true"}, point{at: at, kind: kind, never: "true", text: "false"})
		}
	}
	for _, s := range q.Statements {
		syntax.Walk(s, func(n syntax.Node) bool {
			switch n := n.(type) {
			case *syntax.FilterOperator:
				both("predicate", n.Predicate)
			case *syntax.CallExpr:
				switch n.Name.Text {
				case "iff", "iif":
					if len(n.Args) == 3 {
						both("branch", n.Args[0])
					}
				case "case":
					for i := 0; i+1 < len(n.Args); i += 2 {
						both("branch", n.Args[i])
					}
				}
			case *syntax.UnionOperator:
				for _, t := range n.Tables {
					at := t.Span()
					out = append(out, point{at: at, kind: "leg", never: "read", text: "(" + text[at.Start:at.End] + " | take 0)"})
				}
			}
			return true
		})
	}
	sort.SliceStable(out, func(i, j int) bool { return out[i].at.Start < out[j].at.Start })
	return out
}

// atoms are the parts of a predicate that and, or and not join.
func atoms(e syntax.Expr) []syntax.Expr {
	switch v := e.(type) {
	case *syntax.ParenExpr:
		return atoms(v.X)
	case *syntax.BinaryExpr:
		if v.Op == syntax.OpAnd || v.Op == syntax.OpOr {
			return append(atoms(v.X), atoms(v.Y)...)
		}
	case *syntax.CallExpr:
		if v.Name.Text == "not" && len(v.Args) == 1 {
			return atoms(v.Args[0])
		}
	}
	return []syntax.Expr{e}
}

// LCOV writes the coverage of a rule's file in the form that editors read: a line with choices is hit when one of them is
// decided, and each choice is a branch.
func (c Coverage) LCOV(file string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "TN:\nSF:%s\n", file)
	type line struct{ found, hit int }
	lines := map[int]*line{}
	var order []int
	for i, p := range c.points {
		l := lines[p.line]
		if l == nil {
			l = &line{}
			lines[p.line] = l
			order = append(order, p.line)
		}
		taken := 0
		if p.decided {
			taken = 1
		}
		fmt.Fprintf(&b, "BRDA:%d,%d,%d,%d\n", p.line, i/2, i%2, taken)
		l.found++
		l.hit += taken
	}
	fmt.Fprintf(&b, "BRF:%d\nBRH:%d\n", c.Choices, c.Decided)
	sort.Ints(order)
	hit := 0
	for _, n := range order {
		fmt.Fprintf(&b, "DA:%d,%d\n", n, lines[n].hit)
		if lines[n].hit > 0 {
			hit++
		}
	}
	fmt.Fprintf(&b, "LF:%d\nLH:%d\nend_of_record\n", len(order), hit)
	return b.String()
}
