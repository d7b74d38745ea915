package syntax

import (
	"sort"
	"strings"
)

// A layout is the tokens of a query with what may stand between them. Gap i lies before item i; the last gap is before the end.
// The tree says which gaps may hold a line end: groups, whose gaps are all broken or all kept.
type layout struct {
	text     string
	items    []Span // tokens, and parts that are kept as written
	kinds    []Kind
	tight    []bool // gap i never holds a blank
	hard     []bool // gap i always holds a line end
	free     []bool // gap i is between statements: a blank line in it is kept
	comments [][]comment
	blank    []bool // a blank line stands before item i
	groups   []group
	pipes    map[*PipeExpr]pipeStyle
	chained  map[*BinaryExpr]bool // part of a chain that an outer node lays out
	inParens map[Expr]bool        // stands alone in brackets, which indent it already
}

// comment is a comment in a gap. A trailing one follows the token before it on its line.
type comment struct {
	text     string
	trailing bool
	blank    bool // a blank line stands before it
}

// group is a run of items whose breaks are taken together: all when it does not fit its line, else none.
type group struct {
	first, last int
	breaks      []lineBreak
	indents     [][2]int // gaps [from, to) that are one step deeper while the group is broken
	forced      bool
	follows     bool // broken when the brackets around it are
}

// lineBreak is a gap that may be a line end. A fill break is one only where the next part does not fit.
type lineBreak struct {
	gap  int
	fill bool
}

// pipeStyle says where a pipe stands.
type pipeStyle uint8

const (
	pipeNested    pipeStyle = iota // within an expression: short ones stay on the line
	pipeStatement                  // a statement or function body of its own
	pipeLet                        // a let's value: its operators are indented
)

func newLayout(q *Query) *layout {
	l := &layout{text: q.Text, pipes: map[*PipeExpr]pipeStyle{}, chained: map[*BinaryExpr]bool{}, inParens: map[Expr]bool{}}
	l.tokens(q)
	n := len(l.items) + 1
	l.tight, l.hard, l.free, l.blank = make([]bool, n), make([]bool, n), make([]bool, n), make([]bool, n)
	l.comments = make([][]comment, n)
	l.placeComments(q)
	for _, s := range q.Statements {
		l.statement(s)
		Walk(s, l.visit)
	}
	for _, g := range l.groups {
		sort.Slice(g.breaks, func(i, j int) bool { return g.breaks[i].gap < g.breaks[j].gap })
	}
	sort.SliceStable(l.groups, func(i, j int) bool {
		a, b := l.groups[i], l.groups[j]
		if a.first != b.first {
			return a.first < b.first
		}
		return a.last > b.last
	})
	return l
}

// tokens cuts the text, keeping together what is kept as written.
func (l *layout) tokens(q *Query) {
	var whole []Span
	keep := func(s Span) { whole = append(whole, s) }
	for _, s := range q.Statements {
		Walk(s, func(n Node) bool {
			switch n := n.(type) {
			case *DynamicLiteral, *Literal, *GraphPattern, *DirectiveStatement, *Name, *TypeName:
				if n.Span().Len() > 0 {
					keep(n.Span())
				}
				return false
			case *MakeGraphOperator:
				if n.Source != nil && n.Target != nil {
					keep(n.Source.span.Union(n.Target.span))
				}
			}
			return true
		})
	}
	sort.SliceStable(whole, func(i, j int) bool {
		if whole[i].Start != whole[j].Start {
			return whole[i].Start < whole[j].Start
		}
		return whole[i].End > whole[j].End
	})
	lex, w := NewLexer(l.text), 0
	for t := lex.Next(); t.Kind != kindEOF; t = lex.Next() {
		s := t.Span()
		if n := len(l.items); n > 0 && s.Start < l.items[n-1].End {
			continue
		}
		for w < len(whole) && whole[w].Start < s.Start {
			w++
		}
		if w < len(whole) && whole[w].Start == s.Start && whole[w].End > s.End {
			s.End = whole[w].End
			t.Kind = kindIdentifier
		}
		l.items = append(l.items, s)
		l.kinds = append(l.kinds, t.Kind)
	}
}

// at returns the item that begins at or after an offset.
func (l *layout) at(offset int) int {
	return sort.Search(len(l.items), func(i int) bool { return l.items[i].Start >= offset })
}

// place returns the first and last item of a node; ok is false for a node without items.
func (l *layout) place(n Node) (first, last int, ok bool) {
	s := n.Span()
	first = l.at(s.Start)
	last = sort.Search(len(l.items), func(i int) bool { return l.items[i].End > s.End }) - 1
	return first, last, first <= last
}

// placeComments puts each comment into the gap where it lies, and moves those that would part a comma or pipe from its line.
func (l *layout) placeComments(q *Query) {
	for i := range l.items {
		from := 0
		if i > 0 {
			from = l.items[i-1].End
		}
		l.blank[i] = hasBlankLine(l.text[from:l.items[i].Start])
	}
	end := 0 // of the comment before
	for _, c := range q.Comments {
		s := c.Span()
		i := l.at(s.Start)
		if i > 0 && l.items[i-1].End > s.Start {
			continue // within a part that is kept as written
		}
		from := end
		if i > 0 {
			from = max(from, l.items[i-1].End)
		}
		between := l.text[from:s.Start]
		end = s.End
		l.comments[i] = append(l.comments[i], comment{
			text:     strings.TrimRight(c.Text, " \t\r"),
			trailing: i > 0 && !strings.ContainsAny(between, "\n\r\u2028\u2029"),
			blank:    hasBlankLine(between),
		})
		rest := l.text[s.End:]
		if i < len(l.items) {
			rest = l.text[s.End:l.items[i].Start]
		}
		l.blank[i] = hasBlankLine(rest)
	}
	for i := len(l.items); i > 0; i-- {
		if l.kinds[i-1] == kindBar && len(l.comments[i]) > 0 {
			// A comment between a pipe and its operator goes before the pipe.
			moved := l.comments[i]
			alone := len(l.comments[i-1]) > 0 || i == 1 || strings.ContainsAny(l.text[l.items[i-2].End:l.items[i-1].Start], "\n\r")
			if alone {
				moved[0].trailing = false
			}
			l.comments[i-1] = append(l.comments[i-1], moved...)
			l.comments[i] = nil
		}
	}
	for i := 0; i < len(l.items); i++ {
		if k := l.kinds[i]; (k == kindComma || k == kindSemicolon) && len(l.comments[i]) > 0 {
			// A comment before a comma goes after it.
			if next := l.comments[i+1]; len(next) > 0 {
				next[0].trailing = false
			}
			l.comments[i+1] = append(l.comments[i], l.comments[i+1]...)
			l.comments[i] = nil
		}
	}
}

// hasBlankLine reports whether a text between tokens holds an empty line.
func hasBlankLine(s string) bool {
	first := strings.IndexByte(s, '\n')
	if first < 0 {
		return false
	}
	for _, line := range strings.Split(s[first+1:], "\n") {
		if line = strings.TrimSpace(line); line != "" {
			return false
		}
		if strings.Count(s, "\n") > 1 {
			return true
		}
	}
	return false
}
