package syntax

import (
	"reflect"
	"strings"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/source"
)

// formatWidth is the length of a line that the layout keeps to where it can break one.
const formatWidth = 120

// Format writes a query in the canonical layout: one operator a line with its pipe at the line's start, lists that do not fit
// into 120 columns broken one element a line, what lies in brackets indented by four spaces. Literals, names and comments stay
// as they are written; no token is added or dropped, so the tree is the same. Formatting what Format gave changes nothing.
//
// A blank line between statements is kept, several become one. The result ends with one line end, unless it is empty.
// A text that does not parse comes back as it is, with the diagnostics; so does a management command.
func Format(text string) (string, []source.Diagnostic) {
	q := Parse(text)
	if source.HasErrors(q.Diagnostics) {
		return text, q.Diagnostics
	}
	for _, s := range q.Statements {
		if _, ok := s.(*CommandStatement); ok {
			return text, q.Diagnostics
		}
	}
	out := newLayout(q).print()
	if again := Parse(out); source.HasErrors(again.Diagnostics) || !SameTree(q, again) {
		// Some tokens mean something else where blanks surround them; such a text keeps its layout.
		return text, q.Diagnostics
	}
	return out, q.Diagnostics
}

// SameTree reports whether two queries have equal trees: the same nodes with the same names, operators and literals. Places,
// comments and the layout of what is written within a literal do not count.
func SameTree(a, b *Query) bool {
	if len(a.Statements) != len(b.Statements) {
		return false
	}
	for i := range a.Statements {
		if !sameNode(a.Statements[i], b.Statements[i]) {
			return false
		}
	}
	return true
}

func sameNode(a, b Node) bool {
	left, right := flatten(a), flatten(b)
	if len(left) != len(right) {
		return false
	}
	for i := range left {
		if reflect.TypeOf(left[i]) != reflect.TypeOf(right[i]) || nodeWord(left[i]) != nodeWord(right[i]) {
			return false
		}
	}
	return true
}

// flatten lists a node and all that is in it, each bracketed by its depth's end, so that lists with the same nodes come from
// the same tree.
func flatten(n Node) []Node {
	var list []Node
	var visit func(Node) bool
	visit = func(n Node) bool {
		list = append(list, n)
		children(n, visit)
		list = append(list, nil)
		return false
	}
	visit(n)
	return list
}

// nodeWord is what a node says by itself, without its children.
func nodeWord(n Node) string {
	switch n := n.(type) {
	case nil:
		return ""
	case *Name:
		return n.Text
	case *TypeName:
		return n.Name
	case *Literal:
		return n.Raw
	case *StringLiteral:
		return n.Value
	case *DynamicLiteral:
		return n.Raw
	case *BinaryExpr:
		return n.Raw
	case *InExpr:
		return n.Raw
	case *UnaryExpr:
		return n.Op
	case *BetweenExpr:
		if n.Not {
			return "!"
		}
	case *OrderedExpr:
		return string(rune('0'+n.Order)) + string(rune('0'+n.Nulls))
	case *ScopedExpr:
		return n.Scope
	case *ScanStep:
		return n.Output
	case *DirectiveStatement:
		return strings.TrimSpace(n.Raw)
	case *GraphElement:
		return string(rune('0' + n.Arrow))
	}
	return ""
}
