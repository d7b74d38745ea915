// Package source says where in a query's text something is and what is wrong there.
//
// In come texts and byte offsets; out go spans, diagnostics, line and column numbers, and the nearest name for a
// mistyped one. What a diagnostic says is worded by the packages that find it.
package source

import "sort"

// Span is a half-open range of byte offsets, [Start, End), in a query's text.
type Span struct {
	Start, End int
}

// Len returns the number of bytes in the span.
func (s Span) Len() int { return s.End - s.Start }

// Union returns the smallest span that holds both.
func (s Span) Union(t Span) Span { return Span{min(s.Start, t.Start), max(s.End, t.End)} }

// Contains reports whether the offset lies in the span.
func (s Span) Contains(offset int) bool { return s.Start <= offset && offset < s.End }

// Text returns the part of text that the span names, cut to the text's bounds.
func (s Span) Text(text string) string {
	start := min(max(s.Start, 0), len(text))
	return text[start:min(max(s.End, start), len(text))]
}

// Severity ranks a diagnostic. Only an Error keeps a query from running.
type Severity uint8

// The severities, as Microsoft's language service names them.
const (
	Error Severity = iota
	Warning
	Suggestion
)

// String returns "error", "warning" or "suggestion".
func (s Severity) String() string {
	switch s {
	case Warning:
		return "warning"
	case Suggestion:
		return "suggestion"
	}
	return "error"
}

// The kinds of diagnostics: what the parser found, and what the binder found.
const (
	Syntax   = "syntax"
	Semantic = "semantic"
)

// Diagnostic is one thing the compiler says of a query.
//
// Code is Microsoft's (KS...) where its language service has one. Message is a sentence without a full stop; Help, when
// not empty, says what would be right. Notes point at other places that matter.
type Diagnostic struct {
	Code     string
	Severity Severity
	Kind     string
	Span     Span
	Message  string
	Help     string
	Notes    []Note
}

// Note points at a place that explains a diagnostic.
type Note struct {
	Span    Span
	Message string
}

// Sort orders diagnostics by where they start, and keeps the order in which they were found within a place.
func Sort(list []Diagnostic) {
	sort.SliceStable(list, func(i, j int) bool {
		if list[i].Span.Start != list[j].Span.Start {
			return list[i].Span.Start < list[j].Span.Start
		}
		return list[i].Span.End < list[j].Span.End
	})
}

// HasErrors reports whether any diagnostic is an Error.
func HasErrors(list []Diagnostic) bool {
	for i := range list {
		if list[i].Severity == Error {
			return true
		}
	}
	return false
}
