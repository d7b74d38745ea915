package check

import (
	"strings"
	"time"

	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/emulator/catalog"
	"github.com/seed-caab1ad3/blindspot/validate/report"
)

// maxSummaries is the number of active summary rules of a workspace.
const maxSummaries = 100

var summaryRule = Check{
	ID:      "summary-rule",
	Summary: "A summary rule has a bin size that the service takes, a table of its own, and a query that it runs",
	Why: "The service takes eight bin sizes, fills tables whose names end in _CL only, and runs no query that reads other workspaces or services, calls the workspace's own functions, or has " +
		"columns that depend on the data. It refuses such a rule when it is saved, and what reads its table then finds nothing.",
	Level: report.Error,
	Run: func(p *Pass) {
		isFunction := func(name string) bool { return p.Bundle.Function(name) != nil }
		active := 0
		first := map[string]*content.SummaryRule{}
		for _, s := range p.Bundle.Summaries {
			if s.Enabled {
				active++
			}
			if twin := first[strings.ToLower(s.ID)]; twin != nil {
				p.report(s.Doc.Where("id"), "give each summary rule an id of its own", "the id %q is taken by %s", s.ID, twin.File())
			} else {
				first[strings.ToLower(s.ID)] = s
			}
			if strings.ContainsAny(s.ID, "/?#%\\") {
				p.report(s.Doc.Where("id"), "use letters, digits, - and _", "the id %q holds a character that no name in the workspace may have", s.ID)
			}
			p.summaryTimes(s)
			if t := s.DestinationTable; t != "" && (!strings.HasSuffix(t, "_CL") || !columnName(t)) {
				p.report(s.Doc.Where("destinationTable"), "name a custom table, of letters, digits and _, with _CL at its end", "summary rules fill custom tables, and %q is the name of none", t)
			}
			for _, r := range catalog.SummaryRefusals(s.Query.String(), isFunction) {
				help := "read one workspace's tables"
				if strings.HasPrefix(r.What, "the function") {
					help = "put the function's body into the query"
				} else if strings.HasPrefix(r.What, "the plugin") {
					help = "name the columns that the table shall have"
				}
				p.report(s.Query.Span(r.Start, r.End), help, "the query of a summary rule may not use %s", r.What)
			}
			for _, w := range queryWords(s.Query.String()) {
				if w == s.DestinationTable && w != "" {
					p.hint(s.Doc.WhereKey("query"), "fill another table", "the query reads %s, the table that it fills, so each bin sums up earlier ones", w)
					break
				}
			}
			if active == maxSummaries+1 {
				p.report(s.Doc.WhereKey("query"), "switch some off with enabled: false", "more than %d summary rules are on; a workspace runs no more", maxSummaries)
			}
		}
	},
}

func (p *Pass) summaryTimes(s *content.SummaryRule) {
	switch m := s.BinSize.Value / time.Minute; {
	case !s.BinSize.IsSet():
	case s.BinSize.Value%time.Minute != 0 || m != 20 && m != 30 && m != 60 && m != 120 && m != 180 && m != 360 && m != 720 && m != 1440:
		p.report(s.Doc.Where("binSize"), "the service takes 20m, 30m, 1h, 2h, 3h, 6h, 12h and 1d", "binSize is %s", s.BinSize.Text)
	}
	if d := s.BinDelay; d.IsSet() && (d.Value < 0 || d.Value > day || d.Value%time.Minute != 0) {
		p.report(s.Doc.Where("binDelay"), "the service takes whole minutes, a day at most", "binDelay is %s", d.Text)
	}
	if t := s.BinStartTime; t != "" {
		at, err := time.Parse(time.RFC3339, t)
		switch {
		case err != nil:
			p.report(s.Doc.Where("binStartTime"), "write it as 2026-01-05T00:00:00Z", "binStartTime %q is no time", t)
		case at.UTC().Truncate(time.Hour) != at.UTC():
			p.report(s.Doc.Where("binStartTime"), "write a whole hour", "binStartTime is %s, and bins begin on the hour", t)
		}
	}
}

// queryWords are the names in a query, comments and texts aside.
func queryWords(q string) []string {
	var out []string
	catalog.Words(q, func(word string, _, _ int) { out = append(out, word) })
	return out
}
