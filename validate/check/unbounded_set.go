package check

import (
	"strings"

	"github.com/seed-caab1ad3/blindspot/validate/report"
)

var unboundedSet = Check{
	ID:      "unbounded-set",
	Summary: "Sets and lists in a rule have a limit",
	Why:     "make_set and make_list without a limit hold up to a million values; a custom detail keeps 50 and an alert 64 KB, and a burst makes the row too large to store.",
	Level:   report.Info,
	Run: func(p *Pass) {
		for _, r := range p.Bundle.Rules {
			m := p.mask(r.Query.String())
			if !strings.Contains(m, "make") {
				continue
			}
			words(m, func(w string, at int) bool {
				limit := 1
				switch w {
				case "make_set", "make_list", "makeset", "makelist":
				case "make_set_if", "make_list_if":
					limit = 2
				default:
					return true
				}
				open := skipSpace(m, at+len(w))
				if open >= len(m) || m[open] != '(' {
					return true
				}
				end := closing(m, open)
				if end < len(m) && arguments(m[open+1:end]) <= limit {
					p.report(r.Query.Span(at, at+len(w)), "give it a limit, for instance "+w+"("+strings.TrimSpace(clipped(r.Query.String()[open+1:end]))+", 100)", "%s has no limit", w)
				}
				return true
			})
		}
	},
}

// arguments counts the arguments of a call by its inside.
func arguments(inside string) int {
	if strings.TrimSpace(inside) == "" {
		return 0
	}
	n, depth := 1, 0
	for i := 0; i < len(inside); i++ {
		switch inside[i] {
		case '(', '[', '{':
			depth++
		case ')', ']', '}':
			depth--
		case ',':
			if depth == 0 {
				n++
			}
		}
	}
	return n
}
