package report

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// WriteAzure writes logging commands of Azure Pipelines, the gravest first; notes are plain lines, because a pipeline knows
// errors and warnings only.
//
// Source: Azure Pipelines documentation, "Logging commands", task.logissue.
func (r *Report) WriteAzure(w io.Writer) error {
	b := bufio.NewWriter(w)
	property := strings.NewReplacer("%", "%AZP25", ";", "%3B", "\r", "%0D", "\n", "%0A", "]", "%5D")
	message := strings.NewReplacer("%", "%AZP25", "\r", "%0D", "\n", "%0A")
	for _, f := range r.bySeverity() {
		text := f.Message
		if f.Help != "" {
			text += "; " + f.Help
		}
		if f.Severity == Info {
			place := f.File
			if f.Line > 0 {
				place = fmt.Sprintf("%s:%d:%d", f.File, f.Line, f.Column)
			}
			fmt.Fprintf(b, "%s: info %s: %s\n", clean(place), f.Name(), clean(text))
			continue
		}
		fmt.Fprintf(b, "##vso[task.logissue type=%s;sourcepath=%s;", f.Severity, property.Replace(f.File))
		if f.Line > 0 {
			fmt.Fprintf(b, "linenumber=%d;columnnumber=%d;", f.Line, f.Column)
		}
		fmt.Fprintf(b, "code=%s;]%s\n", property.Replace(f.Name()), message.Replace(text))
	}
	fmt.Fprintln(b, r.summary())
	return b.Flush()
}
