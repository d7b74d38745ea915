package main

import (
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/urfave/cli/v2"

	"github.com/seed-caab1ad3/blindspot/cmd/internal/docs"
	"github.com/seed-caab1ad3/blindspot/cmd/internal/terminal"
)

// helpPrinter lets --help of every command print a page of ours; the library keeps the printer in a global.
func helpPrinter() { helpPrinterOnce.Do(setHelpPrinter) }

var helpPrinterOnce sync.Once

func setHelpPrinter() {
	cli.HelpPrinter = func(w io.Writer, _ string, data any) {
		s := terminal.Stream{Writer: w, Width: 80}
		if t, ok := w.(*tally); ok {
			s = terminal.Of(t.File, "auto")
			s.Writer = t
		}
		switch x := data.(type) {
		case *cli.App:
			writeHelp(s, appPage(x))
		case *cli.Command:
			if x.Name == x.HelpName { // the library gives the program as a command as well
				writeHelp(s, appPage(newApp(nil, w, nil)))
				return
			}
			writeHelp(s, commandPage(x.HelpName, x))
		}
	}
}

// commandName is a command as it is typed, without the program's name: "connect status".
func commandName(c *cli.Command) string { return strings.TrimPrefix(c.HelpName, "blindspot ") }

// appPage is the page of the program as a whole.
func appPage(a *cli.App) docs.Manual {
	p := docs.Manual{Name: "blindspot", Summary: a.Usage, Synopsis: "blindspot COMMAND [options] [arguments]", Flags: flagsOf(a.Flags)}
	for _, c := range a.Commands {
		p.Commands = append(p.Commands, docs.Term{Name: c.Name, Text: c.Usage})
		if e := examplesIn(c.Description); len(e) > 0 && (c.Name == "validate" || c.Name == "test" || c.Name == "query") {
			p.Examples = append(p.Examples, e[0])
		}
	}
	p.Notes = append(p.Notes, "'blindspot help COMMAND' says more of each; 'blindspot help "+alternatives(topicNames())+"' is about all of them.")
	return p
}

// commandPage is the page of a command; name is how it is called, with the program's name.
func commandPage(name string, c *cli.Command) docs.Manual {
	p := docs.Manual{Name: name, Summary: c.Usage, Synopsis: strings.TrimSpace(name + " [options] " + c.ArgsUsage), Flags: flagsOf(c.Flags), Examples: examplesIn(c.Description)}
	if len(c.Subcommands) > 0 {
		p.Synopsis = name + " COMMAND [options] [arguments]"
		p.Examples = nil
	}
	for _, s := range c.Subcommands {
		if s.Name == "help" {
			continue
		}
		p.Commands = append(p.Commands, docs.Term{Name: s.Name, Text: s.Usage})
		for i, e := range examplesIn(s.Description) {
			if i < 2 {
				p.Examples = append(p.Examples, e)
			}
		}
	}
	for _, block := range strings.Split(c.Description, "\n\n") {
		if strings.TrimSpace(block) != "" && !strings.HasPrefix(block, "Examples:\n") {
			p.Notes = append(p.Notes, block)
		}
	}
	return p
}

// examplesIn are the lines of a description below "Examples:".
func examplesIn(description string) []string {
	_, after, found := strings.Cut(description, "Examples:\n")
	if !found {
		return nil
	}
	block, _, _ := strings.Cut(after, "\n\n")
	var out []string
	for _, line := range strings.Split(block, "\n") {
		if line = strings.TrimSpace(line); line != "" {
			out = append(out, line)
		}
	}
	return out
}

// flagsOf describes flags: --format FORMAT and what FORMAT can be, with the default where there is one to tell.
func flagsOf(flags []cli.Flag) []docs.Term {
	var out []docs.Term
	for _, f := range flags {
		d, ok := f.(cli.DocGenerationFlag)
		if !ok || f.Names()[0] == "help" || f.Names()[0] == "version" {
			continue
		}
		usage, placeholder := d.GetUsage(), placeholderOf(f)
		if i := strings.IndexByte(usage, '`'); i >= 0 {
			if n := strings.IndexByte(usage[i+1:], '`'); n >= 0 {
				placeholder = usage[i+1 : i+1+n]
				usage = strings.ReplaceAll(usage, "`", "")
			}
		}
		usage = strings.TrimPrefix(usage, placeholder+": ")
		var names []string
		for _, n := range f.Names() {
			if len(n) == 1 {
				n = "-" + n
			} else {
				n = "--" + n
			}
			names = append(names, n)
		}
		t := docs.Term{Name: strings.Join(names, ", "), Text: usage}
		if d.TakesValue() {
			t.Name += " " + placeholder
			if v := d.GetValue(); v != "" && v != "0" && v != "[]" && !strings.Contains(usage, "(default: ") {
				t.Text += fmt.Sprintf(" (default: %s)", v)
			}
		}
		out = append(out, t)
	}
	return out
}

// placeholderOf stands for the value of a flag whose usage names none.
func placeholderOf(f cli.Flag) string {
	switch f.(type) {
	case *cli.IntFlag, *cli.Uint64Flag, *cli.Float64Flag:
		return "N"
	}
	switch f.Names()[0] {
	case "data":
		return "PATH"
	case "from", "to", "now", "until":
		if s, ok := f.(*cli.StringFlag); ok && strings.Contains(s.Usage, "arm,") {
			return "FORM"
		}
		return "TIME"
	case "start":
		return "DATE"
	case "timespan":
		return "SPAN"
	case "table":
		return "TABLE"
	case "file":
		return "FILE"
	case "out", "functions":
		return "FOLDER"
	case "delay":
		return "DELAY"
	case "check":
		return "CHECK"
	case "attack", "fault", "test", "title":
		return strings.ToUpper(map[string]string{"attack": "attack", "fault": "fault", "test": "name", "title": "text"}[f.Names()[0]])
	case "streams":
		return "STREAM"
	case "severity":
		return "SEVERITY"
	case "profile", "category":
		return "NAME"
	}
	return "VALUE"
}

// writeHelp prints a page: what it is, how it is typed, examples, and only then the rest.
func writeHelp(w terminal.Stream, p docs.Manual) {
	width := max(min(w.Width, 100), 30)
	var b strings.Builder
	head := func(s string) { b.WriteString("\n" + w.Paint(terminal.Bold, s) + "\n") }
	text := func(indent, s string) {
		for _, l := range wrapped(s, width-len(indent)) {
			b.WriteString(indent + l + "\n")
		}
	}
	text("", p.Name+": "+p.Summary)
	head("Usage:")
	text("   ", p.Synopsis)
	if len(p.Examples) > 0 {
		head("Examples:")
		for _, e := range p.Examples {
			b.WriteString("   " + e + "\n")
		}
	}
	for _, n := range p.Notes {
		b.WriteByte('\n')
		if strings.Contains(n, "\n   ") || strings.HasPrefix(n, " ") { // laid out by hand
			b.WriteString(n + "\n")
			continue
		}
		text("", n)
	}
	table := func(title string, list []docs.Term) {
		if len(list) == 0 {
			return
		}
		head(title)
		column := 0
		for _, t := range list {
			if n := len(t.Name); n <= min(28, width/3) {
				column = max(column, n)
			}
		}
		for _, t := range list {
			if len(t.Name) > column || width < 60 {
				b.WriteString("   " + t.Name + "\n")
				text("      "+strings.Repeat(" ", map[bool]int{true: 0, false: column - 1}[width < 60]), t.Text)
				continue
			}
			for i, l := range wrapped(t.Text, width-column-5) {
				if i == 0 {
					fmt.Fprintf(&b, "   %-*s  %s\n", column, t.Name, l)
				} else {
					fmt.Fprintf(&b, "   %-*s  %s\n", column, "", l)
				}
			}
		}
	}
	table("Commands:", p.Commands)
	table("Options:", p.Flags)
	if p.Name != "blindspot" {
		b.WriteByte('\n')
		text("", "With every command: --color auto|always|never, --quiet (-q), --help (-h).")
	}
	_, _ = io.WriteString(w, b.String())
}
