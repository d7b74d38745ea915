package check

import (
	"strings"

	"github.com/seed-caab1ad3/blindspot/validate/report"
)

var searchUnion = Check{
	ID:      "search-union",
	Summary: "A rule names the tables it reads",
	Why:     "The service refuses search and union * in a rule: they read every table of the workspace at each run.",
	Level:   report.Error,
	Run: func(p *Pass) {
		for _, r := range p.Bundle.Rules {
			q := r.Query.String()
			m := p.mask(q)
			if !strings.Contains(m, "search") && !strings.Contains(m, "union") {
				continue
			}
			words(m, func(w string, at int) bool {
				switch w {
				case "search":
					// The operator starts a statement or follows a pipe; a column of that name does neither.
					if before := lastByte(m, at); before == 0 || before == '|' || before == ';' || before == '(' {
						p.report(r.Query.Span(at, at+len(w)), "name the tables, and filter with where", "the query uses search")
					}
				case "union":
					if star := unionStar(m, at+len(w)); star >= 0 {
						p.report(r.Query.Span(at, star+1), "name the tables", "the query unites all tables (union *)")
					}
				}
				return true
			})
		}
	},
}

// lastByte returns the byte before an offset that is no blank, 0 at the start.
func lastByte(s string, i int) byte {
	for i--; i >= 0; i-- {
		if c := s[i]; c != ' ' && c != '\t' && c != '\n' && c != '\r' {
			return c
		}
	}
	return 0
}

// unionStar looks for a lone * among the operands after union, past its parameters, and returns its offset or -1.
func unionStar(m string, i int) int {
	for i = skipSpace(m, i); i < len(m); i = skipSpace(m, i) {
		switch {
		case m[i] == '*':
			return i
		case m[i] == '(':
			i = closing(m, i) + 1
		case m[i] == ',' || m[i] == '=':
			i++
		case wordByte(m[i]):
			for i < len(m) && (wordByte(m[i]) || m[i] == '*') {
				i++ // a wildcard such as Sig* is not union *
			}
			if j := skipSpace(m, i); j < len(m) && m[j] != ',' && m[j] != '=' && !wordByte(m[j]) && m[j] != '*' && m[j] != '(' {
				return -1
			}
		default:
			return -1
		}
	}
	return -1
}
