package check

import (
	"slices"
	"strings"

	"github.com/seed-caab1ad3/blindspot/content/tables"
	"github.com/seed-caab1ad3/blindspot/validate/report"
)

var siblingStream = Check{
	ID:      "sibling-stream",
	Summary: "A query that reads one half of the sign-ins reads the other half too, or blindspots says why it need not",
	Why:     "Entra ID keeps sign-ins in a table a stream. A rule over SigninLogs alone does not see what the same user does through a token in the background, which is 10 to 50 times as many rows; nobody notices, because such a rule is not broken, only silent.",
	Fix:     "`blindspot validate --fix --unsafe-fixes` puts a let before the query that unites both tables, converts the columns whose types differ, reads it in place of the one table, and adds the other table to the connector's data types. It is unsafe, because the rule sees more than before: run its tests with `--replay-streams`, and backtest it.",
	Level:   report.Warning,
	Compile: true,
	Run: func(p *Pass) {
		halves := p.halves()
		for _, it := range p.items() {
			res := it.compiled(p)
			m := p.mask(it.query.String())
			if filtersBy(m, "IsInteractive") {
				continue // the query says itself which of the two it wants
			}
			for _, h := range halves {
				if !slices.Contains(res.Tables, h.table) || slices.Contains(res.Tables, h.sibling) || declaresBlindspot(it, h) || needsOwnColumn(m, h) {
					continue
				}
				if it.rule == nil && !h.front {
					continue // a hunting query over one of the lesser known tables was meant so
				}
				at := it.query.Span(0, 0)
				if places := tableMentions(it.query.String(), m, h.table); len(places) > 0 {
					at = it.query.Span(places[0].start, places[0].end)
				}
				level := p.level
				if it.rule == nil || !h.front {
					level = max(level, report.Info)
				}
				p.add(at, level, "read both, as "+h.function+"() does, or give the reason under blindspots, with streams: ["+h.siblingName+"]",
					"%s is read without %s: %s pass unseen", h.table, h.sibling, h.unseen)
				if fix := p.unite(it, h, res); fix != nil {
					p.fix(fix)
				}
			}
		}
	},
}

// filtersBy says whether a where of a masked query names a column.
func filtersBy(masked, column string) (is bool) {
	words(masked, func(w string, at int) bool {
		if w == column {
			step := masked[strings.LastIndexByte(masked[:at], '|')+1 : at]
			first := skipSpace(step, 0)
			is = strings.HasPrefix(step[first:], "where") && !wordByte(step[min(first+len("where"), len(step)-1)])
		}
		return !is
	})
	return is
}

// half is one of two tables that hold the halves of one story.
type half struct {
	table, sibling string
	siblingNames   []string // by which blindspots may name the sibling
	siblingName    string
	unseen         string // what is missed, for the message
	function       string // of the shipped pack, which reads both
	front          bool   // the table of interactive sign-ins, of which rules commonly think that it is all
	workload       bool
}

// halves returns the tables whose readers commonly think that they are all, each with the one that they are without. Who reads managed
// identities alone has not forgotten the applications: theirs was the table first.
func (p *Pass) halves() []half {
	out := []half{
		{table: "SigninLogs", sibling: "AADNonInteractiveUserSignInLogs", siblingName: "noninteractive", siblingNames: []string{"NonInteractiveUserSignInLogs"}, unseen: "background sign-ins", function: "bs_Signins", front: true},
		{table: "AADNonInteractiveUserSignInLogs", sibling: "SigninLogs", siblingName: "interactive", siblingNames: []string{"SignInLogs"}, unseen: "interactive sign-ins", function: "bs_Signins"},
		{table: "AADServicePrincipalSignInLogs", sibling: "AADManagedIdentitySignInLogs", siblingName: "managedidentity", siblingNames: []string{"ManagedIdentitySignInLogs"}, unseen: "managed identities", function: "bs_Workloads", workload: true},
	}
	for _, s := range p.Bundle.Streams {
		for i := range out {
			if out[i].sibling == s.Table {
				out[i].siblingNames = append(out[i].siblingNames, s.Name, s.Category)
			}
		}
	}
	return out
}

// declaresBlindspot says whether the content knows that it does not see the sibling.
func declaresBlindspot(it item, h half) bool {
	for _, b := range it.blindspots {
		for _, name := range b.Streams {
			same := func(s string) bool { return strings.EqualFold(s, name) }
			if same(h.sibling) || same(h.siblingName) || slices.ContainsFunc(h.siblingNames, same) {
				return true
			}
		}
	}
	return false
}

// needsOwnColumn says whether a query over workloads names a column that its sibling lacks or leaves empty: managed identities
// have no address, place or key.
func needsOwnColumn(masked string, h half) bool {
	if !h.workload {
		return false
	}
	for _, c := range []string{"IPAddress", "Location", "LocationDetails", "AutonomousSystemNumber"} {
		if _, is := hasWord(masked, c); is {
			return true
		}
	}
	own, ok := tables.Lookup(tables.Sentinel, h.table)
	other, known := tables.Lookup(tables.Sentinel, h.sibling)
	if !ok || !known {
		return false
	}
	for _, c := range own.Columns {
		if _, both := other.Column(c.Name); !both {
			if _, is := hasWord(masked, c.Name); is {
				return true
			}
		}
	}
	return false
}

// mention is a place where a query names a table.
type mention struct{ start, end int }

// tableMentions returns where a query names a table: as a word, or as the text of table(). The places come in order.
func tableMentions(q, masked, table string) []mention {
	var out []mention
	words(masked, func(w string, at int) bool {
		switch w {
		case table:
			out = append(out, mention{at, at + len(w)})
		case "table":
			open := skipSpace(masked, at+len(w))
			if open >= len(masked) || masked[open] != '(' {
				return true
			}
			end := closing(masked, open)
			if end >= len(masked) {
				return true
			}
			switch strings.TrimSpace(q[open+1 : end]) {
			case `"` + table + `"`, `'` + table + `'`:
				out = append(out, mention{at, end + 1})
			}
		}
		return true
	})
	return out
}
