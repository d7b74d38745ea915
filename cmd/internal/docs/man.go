package docs

import (
	"sort"
	"strings"
)

// Manual is what help says of a command: the same for a terminal and for a man page.
type Manual struct {
	Name     string // as it is typed: "blindspot connect status"
	Summary  string
	Synopsis string
	Examples []string // lines as typed
	Notes    []string // paragraphs; those with lines that begin with blanks are laid out by hand
	Commands []Term
	Flags    []Term
	Topics   []Term // pages of help on no command, laid out by hand
}

// Term is a word with what it means.
type Term struct{ Name, Text string }

// ManName is the name of a manual's file: blindspot-connect-status.1.
func ManName(m Manual) string { return strings.ReplaceAll(m.Name, " ", "-") + ".1" }

// Man writes a manual in the language of man pages (roff, the macros of man(7)). others are the manuals that it points to.
// There is no date in it: the same help gives the same bytes.
func Man(m Manual, version string, others []string) []byte {
	var b strings.Builder
	line := func(parts ...string) { b.WriteString(strings.Join(parts, " ") + "\n") }
	title := strings.ToUpper(strings.ReplaceAll(m.Name, " ", "-"))
	line(".TH", quoted(title), "1", `""`, quoted("blindspot "+version), quoted("Blindspot"))
	line(".SH NAME")
	line(roff(strings.ReplaceAll(m.Name, " ", "-")) + ` \- ` + roff(m.Summary))
	line(".SH SYNOPSIS")
	line(".nf")
	line(roff(m.Synopsis))
	line(".fi")
	if len(m.Notes) > 0 {
		line(".SH DESCRIPTION")
		for i, n := range m.Notes {
			if i > 0 {
				line(".PP")
			}
			if strings.Contains(n, "\n ") || strings.HasPrefix(n, " ") {
				line(".nf")
				for _, l := range strings.Split(n, "\n") {
					line(roff(l))
				}
				line(".fi")
				continue
			}
			line(roff(strings.Join(strings.Fields(n), " ")))
		}
	}
	terms := func(title string, list []Term) {
		if len(list) == 0 {
			return
		}
		line(".SH", title)
		for _, t := range list {
			line(".TP")
			line(`\fB` + roff(t.Name) + `\fR`)
			line(roff(t.Text))
		}
	}
	terms("COMMANDS", m.Commands)
	terms("OPTIONS", m.Flags)
	if len(m.Examples) > 0 {
		line(".SH EXAMPLES")
		line(".nf")
		for _, e := range m.Examples {
			line(roff(e))
		}
		line(".fi")
	}
	for _, t := range m.Topics {
		line(".SH", quoted(strings.ToUpper(t.Name)))
		line(".nf")
		for _, l := range strings.Split(strings.TrimRight(t.Text, "\n"), "\n") {
			line(roff(l))
		}
		line(".fi")
	}
	if len(others) > 0 {
		line(".SH SEE ALSO")
		sorted := append([]string(nil), others...)
		sort.Strings(sorted)
		for i, o := range sorted {
			end := ","
			if i == len(sorted)-1 {
				end = ""
			}
			line(".BR", roff(o), "(1)"+end)
		}
	}
	return []byte(b.String())
}

// roff escapes what the formatter would take for its own: backslashes, hyphens that are to be copied, and a dot or an
// apostrophe at the beginning of a line.
func roff(s string) string {
	s = strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(s)
	if strings.HasPrefix(s, ".") || strings.HasPrefix(s, "'") {
		s = `\&` + s
	}
	return s
}

func quoted(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }
