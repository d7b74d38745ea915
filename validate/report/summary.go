package report

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// maxSummary is how much a job's summary takes: GitHub refuses more than 1 MiB a step.
const maxSummary = 1<<20 - 4096

// WriteSummary writes the findings as a Markdown table, the gravest first, for the summary page of a CI job.
func (r *Report) WriteSummary(w io.Writer) error {
	b := bufio.NewWriter(w)
	cell := strings.NewReplacer("|", "\\|", "<", "&lt;", "`", "'", "\n", " ", "\r", " ")
	fmt.Fprintf(b, "### blindspot validate\n\n%s\n", cell.Replace(r.summary()))
	size := 0
	findings := r.bySeverity()
	for i := range findings {
		f := &findings[i]
		if i == 0 {
			b.WriteString("\n| | where | what | what would be right |\n|---|---|---|---|\n")
		}
		place := f.File
		if f.Line > 0 {
			place = fmt.Sprintf("%s:%d:%d", f.File, f.Line, f.Column)
		}
		row := fmt.Sprintf("| %s | `%s` | %s: %s | %s |\n", f.Severity, cell.Replace(place), f.Name(), cell.Replace(clean(f.Message)), cell.Replace(clean(f.Help)))
		if size += len(row); size > maxSummary {
			fmt.Fprintf(b, "\n%d more\n", len(findings)-i)
			break
		}
		b.WriteString(row)
	}
	return b.Flush()
}
