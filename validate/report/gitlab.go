package report

import "io"

// WriteGitLab writes a code quality report of GitLab: one array, paths from the repository's root.
//
// Source: GitLab documentation, "Code Quality", code quality report format.
func (r *Report) WriteGitLab(w io.Writer) error {
	type lines struct {
		Begin int `json:"begin"`
	}
	type location struct {
		Path  string `json:"path"`
		Lines lines  `json:"lines"`
	}
	type issue struct {
		Description string   `json:"description"`
		CheckName   string   `json:"check_name"`
		Fingerprint string   `json:"fingerprint"`
		Severity    string   `json:"severity"`
		Location    location `json:"location"`
	}
	out := make([]issue, 0, len(r.Findings))
	seen := map[string]int{}
	for _, f := range r.bySeverity() {
		text := f.Message
		if f.Help != "" {
			text += "; " + f.Help
		}
		severity := map[Severity]string{Error: "critical", Warning: "minor"}[f.Severity]
		if severity == "" {
			severity = "info"
		}
		out = append(out, issue{text, f.Name(), r.fingerprint(&f, seen), severity, location{f.File, lines{max(f.Line, 1)}}})
	}
	return writeJSON(w, out)
}
