package main

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/seed-caab1ad3/blindspot/cmd/internal/terminal"
	"github.com/seed-caab1ad3/blindspot/content/nearest"
	"github.com/seed-caab1ad3/blindspot/validate/explain"
)

// looksLikeCode reports whether a word is meant as an id of a finding rather than as a rule: it has the form of a code, or
// it is no file and near the id of a check.
func looksLikeCode(word string) bool {
	if _, ok := explain.Lookup(word); ok {
		return true
	}
	up := strings.ToUpper(word)
	return len(word) == 5 && (strings.HasPrefix(up, "KS") || strings.HasPrefix(up, "BS")) && strings.Trim(word[2:], "0123456789") == ""
}

type explanationJSON struct {
	SchemaVersion int    `json:"schemaVersion"`
	ID            string `json:"id"`
	Title         string `json:"title"`
	Level         string `json:"level"` // "" of codes
	What          string `json:"what"`
	Why           string `json:"why"`
	Fix           string `json:"fix"`
	Markdown      string `json:"markdown"`
}

// explainCode prints what a check or code means.
func explainCode(c *cli.Context, word string) error {
	e, ok := explain.Lookup(word)
	if !ok {
		var names []string
		for _, x := range explain.All() {
			names = append(names, x.ID)
		}
		if n := nearest.Of(strings.ToUpper(word), names); n != "" {
			return fail(exitUsage, "there is no code %q; the nearest is %s, and 'blindspot explain --list' names them all", word, n)
		}
		return fail(exitUsage, "there is no code %q; 'blindspot explain --list' names them all", word)
	}
	switch format := c.String("format"); format {
	case "text":
		_, err := fmt.Fprint(c.App.Writer, plainText(out(c), e.Markdown(1)))
		return err
	case "markdown":
		_, err := fmt.Fprint(c.App.Writer, e.Markdown(1))
		return err
	case "json":
		j := json.NewEncoder(c.App.Writer)
		j.SetEscapeHTML(false)
		j.SetIndent("", "  ")
		return j.Encode(explanationJSON{1, e.ID, e.Title, e.Level, e.What, e.Why, e.Fix, e.Markdown(1)})
	default:
		return fail(exitUsage, "--format %q is unknown; it is text, markdown or json", format)
	}
}

// listCodes prints every id with its title.
func listCodes(c *cli.Context) error {
	for _, e := range explain.All() {
		if _, err := fmt.Fprintf(c.App.Writer, "%-28s %s\n", e.ID, e.Title); err != nil {
			return err
		}
	}
	return nil
}

// plainText shows Markdown of our own making on a terminal: headings stand out, code is indented.
func plainText(w terminal.Stream, markdown string) string {
	var b strings.Builder
	fence := ""
	gap := func() {
		if t := b.String(); t != "" && !strings.HasSuffix(t, "\n\n") {
			b.WriteByte('\n')
		}
	}
	for _, line := range strings.Split(strings.TrimRight(markdown, "\n"), "\n") {
		switch {
		case fence != "" && line == fence:
			fence = ""
			gap()
		case fence != "":
			b.WriteString(w.Paint(terminal.Cyan, "    "+line) + "\n")
		case strings.HasPrefix(line, "```"):
			fence = line[:len(line)-len(strings.TrimLeft(line, "`"))]
		case strings.HasPrefix(line, "#"):
			gap()
			b.WriteString(w.Paint(terminal.Bold, strings.TrimLeft(line, "# ")) + "\n")
		case line == "":
			gap()
		default:
			for _, l := range wrapped(strings.ReplaceAll(line, "`", ""), max(w.Width-2, 30)) {
				b.WriteString("  " + l + "\n")
			}
		}
	}
	return strings.TrimRight(b.String(), "\n") + "\n"
}

// wrapped breaks a text into lines of at most width characters, at blanks.
func wrapped(text string, width int) []string {
	var out []string
	line, n := "", 0
	for _, word := range strings.Fields(text) {
		size := len([]rune(word))
		if n > 0 && n+1+size > width {
			out = append(out, line)
			line, n = "", 0
		}
		if n > 0 {
			line, n = line+" ", n+1
		}
		line, n = line+word, n+size
	}
	return append(out, line)
}
