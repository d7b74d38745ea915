// Package report holds what validation found, and writes it: in come Findings, out go text for people, JSON, SARIF, JUnit and
// GitHub's annotations. It knows nothing of how a finding was made.
package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/seed-caab1ad3/blindspot/content"
)

// Severity of a finding. Off is a level that settings may give to a check; no finding has it.
type Severity uint8

// The severities, the gravest first.
const (
	Error Severity = iota
	Warning
	Info
	Off
)

var severityNames = [...]string{"error", "warning", "info", "off"}

// String returns "error", "warning", "info" or "off".
func (s Severity) String() string {
	if int(s) < len(severityNames) {
		return severityNames[s]
	}
	return "error"
}

// ParseSeverity reads the name of a level.
func ParseSeverity(s string) (Severity, error) {
	for i, n := range severityNames {
		if n == s {
			return Severity(i), nil
		}
	}
	return Off, fmt.Errorf("%q is no level; it is one of error, warning, info, off", s)
}

// Finding is one thing that a check says of a file. Lines and columns count from 1, columns in characters; Line 0 means the
// file as a whole, EndLine 0 that only the start is known. EndColumn is the first column after the finding.
type Finding struct {
	Check     string
	Code      string // the compiler's code of a diagnostic (KS142), else ""
	Severity  Severity
	File      string
	Line      int
	Column    int
	EndLine   int
	EndColumn int
	Message   string // one sentence, no full stop
	Help      string // what would be right; may be empty
	Fix       *Fix
}

// Fix is an edit that mends a finding. An unsafe one may change what the content does.
type Fix struct {
	Title  string
	Unsafe bool
	Edits  []content.Edit
}

// Name is what stands before the message: the compiler's code when there is one, else the check.
func (f *Finding) Name() string {
	if f.Code != "" {
		return f.Code
	}
	return f.Check
}

// At sets the place of a finding.
func (f Finding) At(s content.Span) Finding {
	f.File, f.Line, f.Column = s.File, s.Start.Line, s.Start.Column
	f.EndLine, f.EndColumn = s.End.Line, s.End.Column
	return f
}

// Rule describes a check, for formats that list them.
type Rule struct {
	ID      string
	Summary string // one sentence
	Why     string // why it matters in Sentinel
	Level   Severity
}

// Ignored is a finding that a comment beside it keeps from being reported.
type Ignored struct {
	Finding
	Reason string
}

// Report is the result of a validation.
type Report struct {
	Findings []Finding
	Ignored  []Ignored
	Files    []string // every file that was read, sorted
	Rules    []Rule   // every check that ran, sorted by id
	// Explain returns the long text about a check or code as Markdown; nil explains nothing.
	Explain func(id string) (string, bool)
	// Codes describes a code of the compiler; nil describes none.
	Codes func(code string) (Rule, bool)
	// Line returns a line of a file, for formats that show it; nil shows none.
	Line func(file string, line int) (string, bool)
}

// Sort orders the findings by file, place, check and message, and drops repetitions.
func (r *Report) Sort() {
	slices.SortStableFunc(r.Findings, func(a, b Finding) int {
		return cmp.Or(strings.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column),
			strings.Compare(a.Check, b.Check), strings.Compare(a.Code, b.Code), strings.Compare(a.Message, b.Message))
	})
	r.Findings = slices.CompactFunc(r.Findings, func(a, b Finding) bool {
		return a.File == b.File && a.Line == b.Line && a.Column == b.Column && a.Check == b.Check && a.Code == b.Code && a.Message == b.Message
	})
	slices.SortStableFunc(r.Ignored, func(a, b Ignored) int {
		return cmp.Or(strings.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), strings.Compare(a.Name(), b.Name()))
	})
}

// Count returns the number of findings of a severity.
func (r *Report) Count(s Severity) int {
	n := 0
	for i := range r.Findings {
		if r.Findings[i].Severity == s {
			n++
		}
	}
	return n
}

// Failed says whether there are errors.
func (r *Report) Failed() bool { return r.Count(Error) > 0 }

// bySeverity returns the findings, the gravest first, else in their order.
func (r *Report) bySeverity() []Finding {
	sorted := slices.Clone(r.Findings)
	slices.SortStableFunc(sorted, func(a, b Finding) int { return cmp.Compare(a.Severity, b.Severity) })
	return sorted
}

// rule returns the description of a check.
func (r *Report) rule(id string) Rule {
	for _, d := range r.Rules {
		if d.ID == id {
			return d
		}
	}
	if r.Codes != nil {
		if d, ok := r.Codes(id); ok {
			return d
		}
	}
	return Rule{ID: id, Summary: id, Why: id}
}

// summary is the last line of the text form: "3 files: 1 error, 2 warnings".
func (r *Report) summary() string {
	count := func(n int, one string) string {
		if n == 1 {
			return "1 " + one
		}
		return fmt.Sprintf("%d %ss", n, one)
	}
	files := count(len(r.Files), "file")
	ignored := ""
	if n := len(r.Ignored); n > 0 {
		ignored = fmt.Sprintf("; %d ignored", n)
	}
	if len(r.Findings) == 0 {
		return files + ": no findings" + ignored
	}
	var parts []string
	for _, s := range [...]Severity{Error, Warning, Info} {
		if n := r.Count(s); n > 0 {
			name := s.String()
			if s == Info {
				name = "note"
			}
			parts = append(parts, count(n, name))
		}
	}
	fixable, unsafe := 0, 0
	for i := range r.Findings {
		switch f := r.Findings[i].Fix; {
		case f == nil:
		case f.Unsafe:
			unsafe++
		default:
			fixable++
		}
	}
	s := files + ": " + strings.Join(parts, ", ")
	if fixable > 0 {
		s += fmt.Sprintf("; --fix mends %d", fixable)
	}
	if unsafe > 0 {
		s += fmt.Sprintf("; --unsafe-fixes would change %d", unsafe)
	}
	return s + ignored
}
