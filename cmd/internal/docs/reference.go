package docs

import (
	"fmt"
	"strings"

	"github.com/seed-caab1ad3/blindspot/emulator/sentinel"
	"github.com/seed-caab1ad3/blindspot/validate/check"
)

// checks writes a page a check, and their list.
func (g *generator) checks() error {
	var index strings.Builder
	fmt.Fprintf(&index, "%s# Checks\n\nWhat %s looks at beside the shape of files. Levels can be changed in %s and with %s; the examples are those that the checks' own tests run.\n\n| check | level | what holds |\n|---|---|---|\n", mark, code("blindspot validate"), code("blindspot.yaml"), code("--level CHECK=LEVEL"))
	for _, c := range check.All() {
		e, err := c.Example()
		if err != nil {
			return err
		}
		fmt.Fprintf(&index, "| [%s](%s.md) | %s | %s |\n", c.ID, c.ID, c.Level, cell(c.Summary))
		g.add("checks/"+c.ID+".md", checkPage(c, e))
	}
	g.add("checks/README.md", index.String())
	return nil
}

func checkPage(c check.Check, e check.Example) string {
	var b strings.Builder
	w := func(format string, args ...any) { fmt.Fprintf(&b, format, args...) }
	w("%s# %s\n\n%s.\n\nLevel: %s.", mark, c.ID, strings.TrimRight(c.Summary, "."), c.Level)
	if c.Compile {
		w(" It asks the compiler about the query.")
	}
	w("\n\n## Why\n\n%s\n", strings.TrimSpace(c.Why))
	w("\n## Good\n\n")
	if e.Intro != "" {
		w("%s\n\n", e.Intro)
	}
	files(w, e.Good)
	w("\n## Bad\n\n")
	files(w, e.Bad)
	if len(e.Findings) > 0 {
		w("\nwhich is told as\n\n%s", block("text", strings.Join(e.Findings, "\n")))
	}
	w("\n## Switching it off\n\nIn %s, for all of the content:\n\n%s", code("blindspot.yaml"), block("yaml", "checks:\n  "+c.ID+": off"))
	return b.String()
}

// maxExample is how much of a file a page shows; a few examples are long only to be too long.
const maxExample = 6000

func files(w func(string, ...any), list []check.ExampleFile) {
	for i, f := range list {
		if i > 0 {
			w("\n")
		}
		text := f.Text
		if len(text) > maxExample {
			text = text[:strings.LastIndexByte(text[:maxExample], '\n')+1] + "...\n"
		}
		language := "yaml"
		if strings.HasSuffix(f.Name, ".csv") {
			language = "csv"
		}
		w("%s\n\n%s", code(f.Name), block(language, text))
	}
}

// assumptions lists what the emulator's model decides where the service's behaviour is not documented.
func assumptions() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s# What the emulator assumes\n\nWhere the service's behaviour is not documented, or has changed, the emulator had to decide. Each decision is an option of package sentinel, with this default.\n\n| option | the emulator | with the option changed |\n|---|---|---|\n", mark)
	for _, a := range sentinel.Assumptions() {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", code(a.Option), cell(a.Says), cell(a.Instead))
	}
	return b.String()
}
