package check

import (
	"unicode/utf8"

	"github.com/seed-caab1ad3/blindspot/validate/report"
)

const maxQuery = 10_000

var queryLength = Check{
	ID:      "query-length",
	Summary: "A rule's query has at most 10,000 characters",
	Why:     "The service refuses a longer query. Parts that several rules share belong into a function, long lists into a watchlist.",
	Level:   report.Error,
	Run: func(p *Pass) {
		for _, r := range p.Bundle.Rules {
			if n := utf8.RuneCountInString(r.Query.String()); n > maxQuery {
				p.report(r.Doc.WhereKey("query"), "move shared parts into a function, or lists into a watchlist", "the query has %d characters; the service takes %d", n, maxQuery)
			}
		}
	},
}
