package check

import (
	"strings"

	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/validate/report"
)

var streamTypeClash = Check{
	ID:      "stream-type-clash",
	Summary: "A union of both user sign-in tables reads both halves of the columns that clash",
	Why:     "ConditionalAccessPolicies, DeviceDetail, LocationDetails, MfaDetail and Status are dynamic in SigninLogs and text in AADNonInteractiveUserSignInLogs. A union splits each into X_dynamic and X_string; a query that reads one of them sees one stream.",
	Level:   report.Error,
	Run: func(p *Pass) {
		ask := func(q content.Text) {
			m := p.mask(q.String())
			at, ok := rawUnion(m)
			if !ok {
				return
			}
			found := map[string]int{}
			words(m[at:], func(w string, i int) bool {
				if _, seen := found[w]; !seen {
					found[w] = at + i
				}
				return true
			})
			// column_ifexists names columns in texts.
			has := func(name string) (int, bool) {
				if i, ok := found[name]; ok {
					return i, true
				}
				if i := strings.Index(q.String()[at:], `"`+name+`"`); i >= 0 {
					return at + i + 1, true
				}
				if i := strings.Index(q.String()[at:], `'`+name+`'`); i >= 0 {
					return at + i + 1, true
				}
				return 0, false
			}
			for _, c := range []string{"ConditionalAccessPolicies", "DeviceDetail", "LocationDetails", "MfaDetail", "Status"} {
				d, dynamic := has(c + "_dynamic")
				s, text := has(c + "_string")
				switch {
				case dynamic && !text:
					p.report(q.Span(d, d+len(c)+8), "read "+c+"_string too, for instance with coalesce, or parse the text before the union", "only %s_dynamic is read after the union: rows of AADNonInteractiveUserSignInLogs have it empty", c)
				case text && !dynamic:
					p.report(q.Span(s, s+len(c)+7), "read "+c+"_dynamic too, for instance with coalesce, or parse the text before the union", "only %s_string is read after the union: rows of SigninLogs have it empty", c)
				}
			}
		}
		for _, it := range p.items() {
			ask(it.query)
		}
		for _, f := range p.Bundle.Functions {
			ask(f.Query)
		}
	},
}

// rawUnion finds a union whose operands hold both user tables by bare name, and returns where it ends.
func rawUnion(m string) (end int, ok bool) {
	each(m, "union", func(at int) bool {
		var names []string
		i := skipSpace(m, at+5)
		for i < len(m) {
			j := i
			for j < len(m) && wordByte(m[j]) {
				j++
			}
			if j == i {
				break
			}
			name := m[i:j]
			j = skipSpace(m, j)
			if j < len(m) && m[j] == '=' { // a parameter: isfuzzy=true
				j = skipSpace(m, j+1)
				for j < len(m) && wordByte(m[j]) {
					j++
				}
				i = skipSpace(m, j)
				continue
			}
			names = append(names, name)
			if j >= len(m) || m[j] != ',' {
				i = j
				break
			}
			i = skipSpace(m, j+1)
		}
		// SigninLogs | union AADNonInteractiveUserSignInLogs
		if lastByte(m, at) == '|' {
			before := strings.TrimRight(m[:at], " \t\r\n|")
			k := len(before)
			for k > 0 && wordByte(before[k-1]) {
				k--
			}
			names = append(names, before[k:])
		}
		if contains(names, "SigninLogs") && contains(names, "AADNonInteractiveUserSignInLogs") {
			end, ok = i, true
		}
		return !ok
	})
	return end, ok
}
