package check

import (
	"strings"

	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/validate/report"
)

var resultDescription = Check{
	ID:      "result-description-equality",
	Summary: "Results are told by their code, not by their text",
	Why:     "Microsoft rewords ResultDescription without notice; a rule that compared the text with == went silent when the sentence became shorter. ResultType holds the code.",
	Level:   report.Warning,
	Run: func(p *Pass) {
		ask := func(q content.Text) {
			m := p.mask(q.String())
			const w = "ResultDescription"
			each(m, w, func(at int) bool {
				i := skipSpace(m, at+len(w))
				rest := m[i:]
				for _, op := range []string{"==", "=~", "!=", "!~", "in~", "in", "!in~", "!in"} {
					if !strings.HasPrefix(rest, op) {
						continue
					}
					end := i + len(op)
					if last := op[len(op)-1]; wordByte(last) && end < len(m) && (wordByte(m[end]) || m[end] == '~') {
						continue
					}
					next := skipSpace(m, end)
					if next < len(m) && (m[next] == '(' || m[next] == '"' || m[next] == '\'' || m[next] == '@') {
						if (m[next] == '"' || m[next] == '\'') && next+1 < len(m) && m[next+1] == m[next] && q.String()[next+1] == q.String()[next] {
							break // compared with the empty text
						}
						p.report(q.Span(at, end), "compare ResultType with the code", "the text of a result is compared as a whole")
					}
					break
				}
				return true
			})
		}
		for _, it := range p.items() {
			ask(it.query)
		}
		for _, f := range p.Bundle.Functions {
			ask(f.Query)
		}
	},
}
