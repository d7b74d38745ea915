package deploy

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/seed-caab1ad3/blindspot/cmd/internal/terminal"
)

// WriteJSON writes a plan for programs.
func (p *Plan) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(p)
}

// inReadingOrder lists what does something, deletions first: they are what must not be overlooked.
func (p *Plan) inReadingOrder() []*Action {
	var out []*Action
	for _, deletes := range [...]bool{true, false} {
		for i := range p.Actions {
			if a := &p.Actions[i]; a.Action != None && (a.Action == Delete) == deletes {
				out = append(out, a)
			}
		}
	}
	return out
}

// standing are unchanged items with something to say about them.
func (p *Plan) standing() []*Action {
	var out []*Action
	for i := range p.Actions {
		if a := &p.Actions[i]; a.Action == None && len(a.Warnings) > 0 {
			out = append(out, a)
		}
	}
	return out
}

// Totals is the plan in one line.
func (p *Plan) Totals() string {
	s := p.Summary
	if s.Changes() == 0 {
		return fmt.Sprintf("Nothing to do: %d as in the files.", s.None)
	}
	var parts []string
	for _, x := range []struct {
		n    int
		what string
	}{{s.Delete, "to delete"}, {s.Create, "to create"}, {s.Update, "to update"}, {s.Drift, "drifted"}, {s.None, "unchanged"}} {
		if x.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", x.n, x.what))
		}
	}
	return "Plan: " + strings.Join(parts, ", ") + "."
}

// Remarks are what a person should know beside the actions.
func (p *Plan) Remarks() []string {
	var out []string
	if n := p.Summary.Unmanaged; n > 0 {
		out = append(out, fmt.Sprintf("%d in the workspace are in no file and not ours; they are left alone", n))
	}
	if n := p.Summary.Unmarked; n > 0 {
		out = append(out, fmt.Sprintf("%d are as in the files and carry no mark of ours; apply --adopt marks them", n))
	}
	return append(out, p.Notes...)
}

var signs = map[Verb]struct {
	sign   string
	colour terminal.Colour
}{Create: {"+", terminal.Green}, Update: {"~", terminal.Yellow}, Drift: {"!", terminal.Cyan}, Delete: {"-", terminal.Red}, None: {"=", terminal.Dim}}

// WriteText writes a plan for people: only what changes, totals last.
func (p *Plan) WriteText(w terminal.Stream) error {
	var b strings.Builder
	for _, a := range append(p.inReadingOrder(), p.standing()...) {
		s := signs[a.Action]
		where := ""
		if a.File != "" {
			where = "  " + w.Paint(terminal.Dim, a.File)
		}
		fmt.Fprintf(&b, "%s %s %s %s%s\n", w.Paint(s.colour, s.sign), w.Paint(s.colour, fmt.Sprintf("%-6s", a.Action)), a.Kind.people(), quoted(a.Name), where)
		for _, t := range a.Warnings {
			fmt.Fprintf(&b, "    %s %s\n", w.Paint(terminal.Yellow, "warning:"), t)
		}
		if a.Action == Create || a.Action == Delete || a.Action == None {
			continue
		}
		for _, f := range a.Fields {
			writeField(&b, w, f)
		}
	}
	if b.Len() > 0 {
		b.WriteByte('\n')
	}
	b.WriteString(p.Totals() + "\n")
	for _, r := range p.Remarks() {
		b.WriteString("Note: " + r + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func quoted(s string) string { return `"` + strings.Map(printableRune, s) + `"` }

// printableRune keeps a name in the workspace from driving the terminal.
func printableRune(r rune) rune {
	if r < ' ' || r == 0x7F || 0x80 <= r && r < 0xA0 || r == 0x2028 || r == 0x2029 || 0x202A <= r && r <= 0x202E || 0x2066 <= r && r <= 0x2069 {
		return '?'
	}
	return r
}

func printableText(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' {
			return r
		}
		return printableRune(r)
	}, s)
}

func writeField(b *strings.Builder, w terminal.Stream, f Field) {
	switch {
	case f.Hidden:
		fmt.Fprintf(b, "    %s: (changed, hidden)\n", f.Path)
	case f.Diff != "":
		fmt.Fprintf(b, "    %s:\n", f.Path)
		for _, line := range strings.Split(strings.TrimRight(printableText(f.Diff), "\n"), "\n") {
			switch {
			case strings.HasPrefix(line, "+"):
				line = w.Paint(terminal.Green, line)
			case strings.HasPrefix(line, "-"):
				line = w.Paint(terminal.Red, line)
			case strings.HasPrefix(line, "@@"):
				line = w.Paint(terminal.Dim, line)
			}
			b.WriteString("      " + line + "\n")
		}
	case f.From == nil:
		fmt.Fprintf(b, "    %s: %s\n", f.Path, w.Paint(terminal.Green, "+ "+shown(f.To)))
	case f.To == nil:
		fmt.Fprintf(b, "    %s: %s\n", f.Path, w.Paint(terminal.Red, "- "+shown(f.From)))
	default:
		fmt.Fprintf(b, "    %s: %s -> %s\n", f.Path, shown(f.From), shown(f.To))
	}
}

// shown is a value in one line of bounded length.
func shown(v any) string {
	s := printableText(strings.ReplaceAll(string(compact(v)), "\n", " "))
	if r := []rune(s); len(r) > 160 {
		s = string(r[:157]) + "..."
	}
	return s
}

// WriteMarkdown writes a plan for a pull request: a table, and the differences folded away below it.
func (p *Plan) WriteMarkdown(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "### Blindspot plan for `%s`\n\n%s\n", p.Workspace, p.Totals())
	list := append(p.inReadingOrder(), p.standing()...)
	if len(list) > 0 {
		b.WriteString("\n| | kind | name | file |\n|---|---|---|---|\n")
		for _, a := range list {
			fmt.Fprintf(&b, "| %s %s | %s | %s | %s |\n", signs[a.Action].sign, a.Action, a.Kind.people(), cell(a.Name), cell(a.File))
		}
	}
	for _, a := range list {
		if len(a.Warnings) == 0 && (len(a.Fields) == 0 || a.Action == Create) {
			continue
		}
		fmt.Fprintf(&b, "\n<details><summary>%s %s %s</summary>\n\n", a.Action, a.Kind.people(), escapeHTML(a.Name))
		for _, t := range a.Warnings {
			fmt.Fprintf(&b, "> **Warning:** %s\n\n", cell(t))
		}
		if a.Action != Create && a.Action != Delete {
			for _, f := range a.Fields {
				switch {
				case f.Hidden:
					fmt.Fprintf(&b, "- `%s` changed (hidden)\n", f.Path)
				case f.Diff != "":
					fence := fenceFor(f.Diff)
					fmt.Fprintf(&b, "- `%s`\n\n%sdiff\n%s%s\n", f.Path, fence, endLine(f.Diff), fence)
				default:
					fmt.Fprintf(&b, "- `%s`: %s → %s\n", f.Path, code(shown(f.From)), code(shown(f.To)))
				}
			}
		}
		b.WriteString("\n</details>\n")
	}
	for _, r := range p.Remarks() {
		fmt.Fprintf(&b, "\n%s.\n", cell(r))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// fenceFor is a fence longer than any in the text.
func fenceFor(s string) string {
	f := "```"
	for strings.Contains(s, f) {
		f += "`"
	}
	return f
}

func code(s string) string {
	f := "`"
	for strings.Contains(s, f) {
		f += "`"
	}
	if len(f) > 1 {
		return f + " " + s + " " + f
	}
	return f + s + f
}

func cell(s string) string {
	return escapeHTML(strings.NewReplacer("|", `\|`, "\n", " ", "`", "'").Replace(s))
}

func escapeHTML(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}
