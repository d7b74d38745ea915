package report

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"unicode"
)

// TextOptions say how the text form looks.
type TextOptions struct {
	Color bool // ANSI colours; nothing is told by colour alone
	Width int  // columns of the terminal; 0 means 120
}

const (
	bold   = "\x1b[1m"
	red    = "\x1b[31m"
	yellow = "\x1b[33m"
	cyan   = "\x1b[36m"
	reset  = "\x1b[0m"
)

// WriteText writes the findings for people:
//
//	rules/spray.yaml:14:31: error KS142: unknown column "UserPrincipleName"
//	  | where UserPrincipleName != ""
//	          ~~~~~~~~~~~~~~~~~ did you mean "UserPrincipalName"?
//
// A star marks what --fix mends. The last line counts.
func (r *Report) WriteText(w io.Writer, opts TextOptions) error {
	b := bufio.NewWriter(w)
	paint := func(code, s string) string {
		if !opts.Color {
			return s
		}
		return code + s + reset
	}
	width := opts.Width
	if width <= 0 {
		width = 120
	}
	for i := range r.Findings {
		f := &r.Findings[i]
		code := map[Severity]string{Error: red, Warning: yellow, Info: cyan}[f.Severity]
		place := clean(f.File)
		if f.Line > 0 {
			place += fmt.Sprintf(":%d:%d", f.Line, f.Column)
		}
		star := ""
		if f.Fix != nil && !f.Fix.Unsafe {
			star = " [*]"
		}
		fmt.Fprintf(b, "%s: %s %s: %s%s\n", paint(bold, place), paint(code, f.Severity.String()), f.Name(), clean(f.Message), star)
		help := clean(f.Help)
		if line, ok := r.line(f); ok {
			text, under := underline(f, line, max(width-2, 20))
			fmt.Fprintf(b, "  %s\n  %s", text, paint(code, under))
			if help != "" {
				fmt.Fprintf(b, " %s", help)
			}
			b.WriteByte('\n')
		} else if help != "" {
			fmt.Fprintf(b, "  %s\n", help)
		}
	}
	fmt.Fprintln(b, r.summary())
	return b.Flush()
}

func (r *Report) line(f *Finding) (string, bool) {
	if r.Line == nil || f.Line < 1 {
		return "", false
	}
	line, ok := r.Line(f.File, f.Line)
	return line, ok && strings.TrimSpace(line) != ""
}

// clean keeps a text from steering the terminal: control characters become spaces or question marks.
func clean(s string) string {
	return strings.Map(func(c rune) rune {
		switch {
		case c == '\t' || c == '\n' || c == '\r':
			return ' '
		case unicode.IsControl(c) || c == 0x2028 || c == 0x2029 || 0x202A <= c && c <= 0x202E || 0x2066 <= c && c <= 0x2069:
			return '?'
		}
		return c
	}, s)
}

// underline returns the line without its indentation, cut to a window around the finding, and the tildes below it.
func underline(f *Finding, line string, width int) (text, under string) {
	runes := []rune(clean(line))
	from := min(max(f.Column-1, 0), len(runes))
	to := from + 1
	switch {
	case f.EndLine == f.Line && f.EndColumn > f.Column:
		to = f.EndColumn - 1
	case f.EndLine > f.Line:
		to = len(runes)
	}
	to = max(min(to, len(runes)), from)
	start := 0
	for start < from && start < len(runes) && runes[start] == ' ' {
		start++
	}
	end := len(runes)
	for end > to && runes[end-1] == ' ' {
		end--
	}
	if end-start > width {
		if from-start > width/2 {
			start = from - width/3
		}
		end = min(end, start+width)
	}
	to = min(to, end)
	text = string(runes[start:end])
	return text, strings.Repeat(" ", max(from-start, 0)) + strings.Repeat("~", max(to-from, 1))
}
