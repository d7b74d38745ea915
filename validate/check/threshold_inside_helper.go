package check

import (
	"strings"

	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/validate/report"
)

var thresholdInsideHelper = Check{
	ID:      "threshold-inside-helper",
	Summary: "Streams are united before their events are counted",
	Why:     "A helper that takes a table's name and holds the threshold is run once a stream: three failures in one stream and three in the other never reach a threshold of five. Unite the streams first, then count.",
	Level:   report.Warning,
	Run: func(p *Pass) {
		ask := func(q content.Text) {
			m := p.mask(q.String())
			each(m, "let", func(at int) bool {
				name, body, start, end, ok := lambda(m, at)
				if !ok || calls(m[end:], name) < 2 {
					return true
				}
				if _, reads := hasWord(body, "table"); !reads {
					return true
				}
				counted, is := hasWord(body, "summarize")
				if !is {
					return true
				}
				if i := threshold(body, counted); i >= 0 {
					p.report(q.Span(start+i, start+i+len("where")), "let "+name+" only read and shape a table; unite its results, then summarize and compare",
						"%s counts and compares inside, and is called once a table: events of several tables are never counted together", name)
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

// lambda reads "let name = (parameters) { body }" at an offset.
func lambda(m string, at int) (name, body string, start, end int, ok bool) {
	i := skipSpace(m, at+3)
	j := i
	for j < len(m) && wordByte(m[j]) {
		j++
	}
	name = m[i:j]
	if i = skipSpace(m, j); i >= len(m) || m[i] != '=' {
		return
	}
	if i = skipSpace(m, i+1); i >= len(m) || m[i] != '(' {
		return
	}
	if i = skipSpace(m, closing(m, i)+1); i >= len(m) || m[i] != '{' {
		return
	}
	end = closing(m, i)
	if end >= len(m) {
		return
	}
	return name, m[i+1 : end], i + 1, end, name != ""
}

// calls counts calls of a function.
func calls(m, name string) int {
	n := 0
	words(m, func(w string, at int) bool {
		if w == name {
			if i := skipSpace(m, at+len(w)); i < len(m) && m[i] == '(' {
				n++
			}
		}
		return true
	})
	return n
}

// threshold finds a where after an offset that compares with > or >= before the next pipe.
func threshold(body string, from int) int {
	at := -1
	words(body[from:], func(w string, i int) bool {
		if w != "where" {
			return true
		}
		i += from
		end := len(body)
		if j := strings.IndexByte(body[i:], '|'); j >= 0 {
			end = i + j
		}
		if strings.Contains(body[i:end], ">") {
			at = i
			return false
		}
		return true
	})
	return at
}
