package report

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// maxAnnotations is how many annotations of a kind GitHub keeps of one step; it drops the rest without a word.
const maxAnnotations = 10

// WriteGitHub writes workflow commands that become annotations on the changed files: the gravest first, and where a kind
// has more than GitHub keeps, a last one that says how many are left out.
func (r *Report) WriteGitHub(w io.Writer) error {
	b := bufio.NewWriter(w)
	kinds := map[Severity]string{Error: "error", Warning: "warning", Info: "notice"}
	written := map[Severity]int{}
	for _, f := range r.bySeverity() {
		total := r.Count(f.Severity)
		n := written[f.Severity]
		if total > maxAnnotations && n >= maxAnnotations-1 {
			if n == maxAnnotations-1 {
				fmt.Fprintf(b, "::%s title=blindspot::%d more findings of this kind; run blindspot validate to see them all\n", kinds[f.Severity], total-n)
				written[f.Severity]++
			}
			continue
		}
		written[f.Severity]++
		props := []string{"file=" + property(f.File)}
		if f.Line > 0 {
			props = append(props, fmt.Sprintf("line=%d", f.Line))
			if f.EndLine > 0 {
				props = append(props, fmt.Sprintf("endLine=%d", f.EndLine))
			}
			if f.EndLine == 0 || f.EndLine == f.Line { // GitHub takes columns only within one line
				props = append(props, fmt.Sprintf("col=%d", f.Column))
				if f.EndColumn > 0 {
					props = append(props, fmt.Sprintf("endColumn=%d", f.EndColumn))
				}
			}
		}
		props = append(props, "title="+property(f.Name()))
		message := f.Message
		if f.Help != "" {
			message += "; " + f.Help
		}
		fmt.Fprintf(b, "::%s %s::%s\n", kinds[f.Severity], strings.Join(props, ","), data(message))
	}
	return b.Flush()
}

func data(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(s)
}

func property(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C").Replace(s)
}
