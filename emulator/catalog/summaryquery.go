package catalog

import (
	"strings"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/syntax"
)

// SummaryRefusal is something in the query of a summary rule that the service does not take.
type SummaryRefusal struct {
	Start, End int // in the query's text
	What       string
}

// SummaryRefusals finds what the query of a summary rule may not use: other workspaces and services, plugins that change the
// schema with the data, and functions of the workspace, which isFunction knows by their names.
//
// Source: Azure Monitor documentation, "Aggregate data in a Log Analytics workspace by using summary rules: Create or update
// a summary rule".
func SummaryRefusals(query string, isFunction func(name string) bool) []SummaryRefusal {
	type word struct {
		text       string
		start, end int
	}
	var words []word
	Words(query, func(text string, start, end int) { words = append(words, word{text, start, end}) })
	next := func(i int) string {
		if i < len(words) {
			return words[i].text
		}
		return ""
	}
	var out []SummaryRefusal
	for i, w := range words {
		refuse := func(what string) { out = append(out, SummaryRefusal{w.start, w.end, what}) }
		called := next(i+1) == "("
		switch low := strings.ToLower(w.text); {
		case called && (low == "workspace" || low == "app" || low == "resource"):
			refuse(low + "(), which reads another resource")
		case called && (low == "adx" || low == "arg" || low == "cluster"):
			refuse(low + "(), which reads another service")
		case i > 0 && strings.EqualFold(words[i-1].text, "evaluate") && (low == "bag_unpack" || low == "narrow" || low == "pivot"):
			refuse("the plugin " + low + ", whose columns depend on the data")
		case isFunction != nil && isFunction(w.text) && (i == 0 || words[i-1].text != "."):
			refuse("the function " + w.text + " of the workspace; only functions of the service are supported")
		}
	}
	return out
}

// Words calls take with each token of a query, comments and blanks aside, and where it stands.
func Words(query string, take func(text string, start, end int)) {
	l := syntax.NewLexer(query)
	for range 1 << 20 {
		t := l.Next()
		if t.End <= t.Start {
			return
		}
		take(query[t.Start:t.End], int(t.Start), int(t.End))
	}
}
