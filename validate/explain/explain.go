// Package explain says at length what a finding says in a line: the id of a check or a code of the compiler comes in, out
// comes what it means, why it matters in Sentinel, an example that gets it and one that does not, whether it can be mended
// by itself, and how to switch it off. The pages under docs, SARIF's help, the language server and the command line show the
// same text. A test runs every example.
package explain

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/seed-caab1ad3/blindspot/validate/check"
	"github.com/seed-caab1ad3/blindspot/validate/report"
)

//go:embed codes.txt
var codesText string

//go:embed reading.txt
var readingText string

// Explanation is all that is said of one id.
type Explanation struct {
	ID      string // a check's ("overlap"), or a code of the compiler ("KS142")
	Title   string // one sentence, no full stop
	Level   string // "error", "warning" or "info" as it ships; "" of codes, whose findings say it
	What    string
	Why     string
	Good    []Example
	Bad     []Example
	Found   string // what is said of the bad example, "" where the text says it all
	Note    string // what a person must know who cannot have the bad example as a text
	Fix     string // whether --fix mends it
	Options ExampleOptions
}

// Example is a file of an example; Name is "" for a query alone.
type Example struct{ Name, Text string }

// ExampleOptions say how a test must run an example.
type ExampleOptions struct {
	RunOnly   bool // said when the query runs, not by the compiler alone
	QueryOnly bool // said of a query, not of content
	Function  string
	Repeat    int
}

// All returns every explanation: checks, reading, and the compiler's codes, each group sorted by id.
func All() []*Explanation { return load().list }

// Lookup finds an explanation by its id, letter case aside.
func Lookup(id string) (*Explanation, bool) {
	e, ok := load().byID[strings.ToUpper(id)]
	return e, ok
}

type all struct {
	list []*Explanation
	byID map[string]*Explanation
}

var load = sync.OnceValue(func() *all {
	a := &all{byID: map[string]*Explanation{}}
	for _, c := range check.All() {
		a.list = append(a.list, ofCheck(c))
	}
	codes := parse(codesText)
	for _, e := range codes {
		e.Fix = "No: what was meant is for a person to say."
		switch e.ID {
		case "BS112", "KS124", "KS142", "KS176", "KS204", "KS211":
			e.Fix = "Where the message suggests a name, `blindspot validate --fix --unsafe-fixes` writes it; it is unsafe, because only a person knows what was meant: read the diff."
		}
	}
	a.list = append(append(a.list, parse(readingText)...), codes...)
	slices.SortStableFunc(a.list, func(x, y *Explanation) int {
		if g := group(x) - group(y); g != 0 {
			return g
		}
		return strings.Compare(x.ID, y.ID)
	})
	for _, e := range a.list {
		a.byID[strings.ToUpper(e.ID)] = e
	}
	return a
})

func group(e *Explanation) int {
	if e.Code() {
		return 1
	}
	return 0
}

// Code reports whether the id is one of the compiler's codes.
func (e *Explanation) Code() bool {
	return len(e.ID) == 5 && (strings.HasPrefix(e.ID, "KS") || strings.HasPrefix(e.ID, "BS"))
}

func ofCheck(c check.Check) *Explanation {
	e := &Explanation{ID: c.ID, Title: c.Summary, Level: c.Level.String(), Why: c.Why}
	ex, err := c.Example()
	if err != nil {
		return e
	}
	e.What = ex.Intro
	for _, f := range ex.Good {
		e.Good = append(e.Good, Example{f.Name, f.Text})
	}
	for _, f := range ex.Bad {
		e.Bad = append(e.Bad, Example{f.Name, f.Text})
	}
	e.Found = strings.Join(ex.Findings, "\n") + "\n"
	e.Fix = "No: what is right is for a person to say."
	if c.Fix != "" {
		e.Fix = c.Fix
	} else if strings.Contains(e.Found, "[*]") {
		e.Fix = "`blindspot validate --fix` mends what is marked `[*]`; it is safe, and the rest of the file stays as it is."
	}
	return e
}

// parse reads the entries of a file of texts.
func parse(text string) []*Explanation {
	var out []*Explanation
	for _, block := range strings.Split(text, "\n\n") {
		var e *Explanation
		for _, line := range strings.Split(block, "\n") {
			if line == "" || line[0] == '#' && e == nil {
				continue
			}
			if e == nil {
				id, title, _ := strings.Cut(line, " ")
				e = &Explanation{ID: id, Title: title}
				out = append(out, e)
				continue
			}
			key, value, ok := strings.Cut(line, ": ")
			if !ok {
				panic("explain: " + e.ID + ": a line without a key: " + line)
			}
			switch key {
			case "level":
				e.Level = value
			case "what":
				e.What = value
			case "why":
				e.Why = value
			case "bad":
				e.Bad = append(e.Bad, Example{Text: value + "\n"})
			case "good":
				e.Good = append(e.Good, Example{Text: value + "\n"})
			case "note":
				e.Note = value
			case "fix":
				e.Fix = value
			case "function":
				e.Options.Function = value
			case "query-only":
				e.Options.QueryOnly = true
			case "run-only":
				e.Options.RunOnly = true
			case "repeat":
				fmt.Sscanf(value, "%d", &e.Options.Repeat)
			default:
				name, which, _ := strings.Cut(key, " ")
				example := Example{which, strings.ReplaceAll(value, `\n`, "\n") + "\n"}
				switch name {
				case "bad-file":
					e.Bad = append(e.Bad, example)
				case "good-file":
					e.Good = append(e.Good, example)
				default:
					panic("explain: " + e.ID + ": unknown key " + key)
				}
			}
		}
	}
	return out
}

// Rule describes the id for formats that list rules.
func (e *Explanation) Rule() report.Rule {
	level, err := report.ParseSeverity(e.Level)
	if err != nil {
		level = report.Error
	}
	summary := e.Title
	why := e.Why
	if e.Code() {
		why = e.What + " " + e.Why
	}
	return report.Rule{ID: e.ID, Summary: summary, Why: why, Level: level}
}

// Markdown returns the whole text about an id, for writers of reports.
func Markdown(id string) (string, bool) {
	e, ok := Lookup(id)
	if !ok {
		return "", false
	}
	return e.Markdown(1), true
}

// Rule describes an id, for writers of reports.
func Rule(id string) (report.Rule, bool) {
	e, ok := Lookup(id)
	if !ok {
		return report.Rule{}, false
	}
	return e.Rule(), true
}

// Markdown is the whole text, headings from the given level on.
func (e *Explanation) Markdown(level int) string {
	var b strings.Builder
	head := func(s string) { fmt.Fprintf(&b, "\n%s %s\n\n", strings.Repeat("#", level+1), s) }
	fmt.Fprintf(&b, "%s %s\n\n%s.\n", strings.Repeat("#", level), e.ID, e.Title)
	if e.Level != "" {
		fmt.Fprintf(&b, "\nLevel: %s.\n", e.Level)
	}
	if e.What != "" && e.Code() || e.Level != "" && e.What != "" && len(e.Good) == 0 {
		fmt.Fprintf(&b, "\n%s\n", e.What)
	}
	head("Why")
	b.WriteString(e.Why + "\n")
	if len(e.Good) > 0 {
		head("Good")
		if !e.Code() && e.What != "" {
			b.WriteString(e.What + "\n\n")
		}
		files(&b, e.Good, 1)
	}
	if len(e.Bad) > 0 {
		head("Bad")
		files(&b, e.Bad, e.Options.Repeat)
		if e.Options.Function != "" {
			b.WriteString("\nwith the saved function\n")
			fence(&b, "kql", e.Options.Function+"\n")
		}
		if e.Found != "" {
			b.WriteString("\nwhich is told as\n")
			fence(&b, "text", e.Found)
		}
	}
	if e.Note != "" {
		b.WriteString("\n" + e.Note + "\n")
	}
	head("Mending")
	b.WriteString(e.Fix + "\n")
	head("Switching it off")
	if e.Code() {
		b.WriteString("A code is part of the check `compile`. For one line of a query, with a reason:\n")
		fence(&b, "kql", "SigninLogs // blindspot: ignore "+e.ID+" the reason\n")
		return b.String()
	}
	b.WriteString("In `blindspot.yaml`, for all of the content:\n")
	fence(&b, "yaml", "checks:\n  "+e.ID+": off\n")
	b.WriteString("\nFor one line of a file, with a reason:\n")
	fence(&b, "yaml", "severity: High # blindspot: ignore "+e.ID+" the reason\n")
	return b.String()
}

func files(b *strings.Builder, list []Example, repeat int) {
	for i, f := range list {
		if i > 0 {
			b.WriteByte('\n')
		}
		if f.Name == "" {
			text := f.Text
			if repeat > 1 {
				text = strings.NewReplacer("%(", "(((... ", "%)", " ...)))").Replace(text)
			}
			fence(b, "kql", text)
			continue
		}
		fmt.Fprintf(b, "`%s`\n", f.Name)
		language := "yaml"
		if strings.HasSuffix(f.Name, ".json") {
			language = "json"
		}
		if strings.HasSuffix(f.Name, ".csv") {
			language = "csv"
		}
		text := f.Text
		if len(text) > maxExample {
			text = text[:strings.LastIndexByte(text[:maxExample], '\n')+1] + "...\n"
		}
		fence(b, language, text)
	}
}

// maxExample is how much of a file is shown; a few examples are long only to be too long.
const maxExample = 6000

// fence writes a code block; its fence is longer than any in the text.
func fence(b *strings.Builder, language, text string) {
	marks := "```"
	for strings.Contains(text, marks) {
		marks += "`"
	}
	if s := b.String(); !strings.HasSuffix(s, "\n\n") {
		b.WriteByte('\n')
	}
	fmt.Fprintf(b, "%s%s\n%s", marks, language, text)
	if !strings.HasSuffix(text, "\n") {
		b.WriteByte('\n')
	}
	b.WriteString(marks + "\n")
}
