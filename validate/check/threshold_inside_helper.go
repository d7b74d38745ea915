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
	Fix:     "Where the helper is called for both user sign-in tables, `blindspot validate --fix --unsafe-fixes` lets it read the union of both and calls it once. It is unsafe, because counts grow: run the rule's tests, and look at its threshold again.",
	Level:   report.Warning,
	Run: func(p *Pass) {
		ask := func(q content.Text, mend func(name string, start, end int) *report.Fix) {
			m := p.mask(q.String())
			each(m, "let", func(at int) bool {
				name, body, start, end, ok := lambda(m, at)
				if !ok || calls(m[end:], name) < 2 {
					return true
				}
				if _, reads := hasWord(body, "table"); !reads {
					return true
				}
				if i := threshold(body); i >= 0 {
					p.report(q.Span(start+i, start+i+len("where")), "let "+name+" only read and shape a table; unite its results, then summarize and compare",
						"%s counts and compares inside, and is called once a table: events of several tables are never counted together", name)
					if fix := mend(name, start, end); fix != nil {
						p.fix(fix)
					}
				}
				return true
			})
		}
		for _, it := range p.items() {
			ask(it.query, func(name string, start, end int) *report.Fix { return p.uniteHelper(it, name, start, end) })
		}
		for _, f := range p.Bundle.Functions {
			ask(f.Query, func(string, int, int) *report.Fix { return nil })
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

// threshold finds a where that compares what was counted before it: a name that summarize or make-series gave to a count, a sum or a
// set, or one that was computed from such a name. Newest rows and first times are no counts.
func threshold(body string) int {
	counted := map[string]bool{}
	names := func(s string) (first string, any bool) {
		words(s, func(w string, _ int) bool {
			if counted[w] {
				any = true
			}
			if first == "" {
				first = w
			}
			return !any
		})
		return first, any
	}
	at := -1
	steps(body, func(step string, start int) bool {
		op, rest := firstWord(step)
		switch op {
		case "summarize", "make-series":
			given := rest
			if by, is := hasWord(rest, "by"); is {
				given = rest[:by]
			}
			for _, a := range split(given) {
				name, expr, named := strings.Cut(a, "=")
				if !named || strings.HasPrefix(expr, "=") {
					name, expr = "", a
				}
				agg, _ := firstWord(expr)
				if !counts(agg) {
					continue
				}
				if name = strings.TrimSpace(name); name == "" {
					name = agg + "_" // and what was counted, as the service names it
					if open := strings.IndexByte(expr, '('); open >= 0 && agg != "count" && agg != "countif" {
						of, _ := firstWord(expr[open+1:])
						name = strings.TrimPrefix(agg, "make_") + "_" + of
						name = strings.TrimPrefix(name, "make")
					}
				}
				counted[name] = true
			}
		case "extend", "project", "project-rename", "mv-expand":
			for _, a := range split(rest) {
				name, expr, named := strings.Cut(a, "=")
				if name = strings.TrimSpace(name); !named {
					continue
				}
				if _, any := names(expr); any {
					for _, n := range strings.FieldsFunc(name, func(r rune) bool { return r >= 0x80 || !wordByte(byte(r)) }) {
						counted[n] = true
					}
				}
			}
		case "where":
			if _, any := names(rest); any && strings.ContainsAny(rest, "<>=") {
				at = start
				return false
			}
		}
		return true
	})
	return at
}

// counts says whether an aggregate grows with the number of rows.
func counts(aggregate string) bool {
	for _, p := range [...]string{"count", "dcount", "sum", "avg", "make_set", "makeset", "make_list", "makelist"} {
		if strings.HasPrefix(aggregate, p) {
			return true
		}
	}
	return false
}

// steps calls f for what stands between the pipes and semicolons of a masked query, at whatever depth, with the offset of its first word.
func steps(m string, f func(step string, at int) bool) {
	for i := 0; i < len(m); {
		j := i
		for j < len(m) && m[j] != '|' && m[j] != ';' {
			j++
		}
		if at := skipSpace(m, i); at < j && !f(m[at:j], at) {
			return
		}
		i = j + 1
	}
}

// firstWord cuts the first word, which may hold a dash, from a masked text.
func firstWord(s string) (word, rest string) {
	i := skipSpace(s, 0)
	j := i
	for j < len(s) && (wordByte(s[j]) || s[j] == '-' && j > i) {
		j++
	}
	return s[i:j], s[j:]
}

// split cuts a masked text at the commas that stand in no bracket of its own. A bracket that closes what was opened before ends it.
func split(s string) []string {
	var out []string
	depth, from := 0, 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '(', '[', '{':
			depth++
		case ')', ']', '}':
			if depth--; depth < 0 {
				return append(out, s[from:i])
			}
		case ',':
			if depth == 0 {
				out = append(out, s[from:i])
				from = i + 1
			}
		}
	}
	return append(out, s[from:])
}
