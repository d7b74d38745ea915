package report

import (
	"encoding/json"
	"io"
)

type jsonFinding struct {
	Check     string   `json:"check"`
	Code      string   `json:"code,omitempty"`
	Severity  string   `json:"severity"`
	File      string   `json:"file"`
	Line      int      `json:"line"`
	Column    int      `json:"column"`
	EndLine   int      `json:"endLine,omitempty"`
	EndColumn int      `json:"endColumn,omitempty"`
	Message   string   `json:"message"`
	Help      string   `json:"help,omitempty"`
	Fix       *jsonFix `json:"fix,omitempty"`
}

type jsonFix struct {
	Title string     `json:"title"`
	Safe  bool       `json:"safe"`
	Edits []jsonEdit `json:"edits"`
}

type jsonEdit struct {
	Start int    `json:"start"` // byte offsets in the file
	End   int    `json:"end"`
	Text  string `json:"text"`
}

// Document is the shape of the JSON form.
type Document struct {
	SchemaVersion int           `json:"schemaVersion"`
	Findings      []jsonFinding `json:"findings"`
	Summary       jsonSummary   `json:"summary"`
}

type jsonSummary struct {
	Files    int `json:"files"`
	Errors   int `json:"errors"`
	Warnings int `json:"warnings"`
	Infos    int `json:"infos"`
	Ignored  int `json:"ignored"`
}

// WriteJSON writes the report as one JSON object: schemaVersion, findings and summary. Fields may be added later, none are
// removed.
func (r *Report) WriteJSON(w io.Writer) error {
	out := Document{1, make([]jsonFinding, 0, len(r.Findings)), jsonSummary{len(r.Files), r.Count(Error), r.Count(Warning), r.Count(Info), len(r.Ignored)}}
	for i := range r.Findings {
		f := &r.Findings[i]
		j := jsonFinding{f.Check, f.Code, f.Severity.String(), f.File, f.Line, f.Column, f.EndLine, f.EndColumn, f.Message, f.Help, nil}
		if f.Fix != nil {
			j.Fix = &jsonFix{Title: f.Fix.Title, Safe: !f.Fix.Unsafe, Edits: []jsonEdit{}}
			for _, e := range f.Fix.Edits {
				j.Fix.Edits = append(j.Fix.Edits, jsonEdit{e.Start, e.End, e.Text})
			}
		}
		out.Findings = append(out.Findings, j)
	}
	return writeJSON(w, out)
}

func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}
