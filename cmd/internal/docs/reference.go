package docs

import (
	"fmt"
	"strings"

	"github.com/seed-caab1ad3/blindspot/emulator/sentinel"
	"github.com/seed-caab1ad3/blindspot/validate/explain"
)

// checks writes a page a check, their list, and a page with all codes of the compiler: the texts of package explain.
func (g *generator) checks() {
	var index, all strings.Builder
	fmt.Fprintf(&index, "%s# Checks\n\nWhat %s looks at. %s prints the same text, and so does the help of an alert in code scanning. Levels can be changed in %s and with %s; a test runs every example. What the compiler says of queries is in [codes.md](../codes.md).\n\n| check | level | what holds |\n|---|---|---|\n",
		mark, code("blindspot validate"), code("blindspot explain CHECK"), code("blindspot.yaml"), code("--level CHECK=LEVEL"))
	fmt.Fprintf(&all, "%s# Codes of the compiler\n\nWhat %s says of a query. KS codes are those of Microsoft's language service, BS codes are ours. %s prints the same text; a test compiles every example.\n\n| code | |\n|---|---|\n", mark, code("blindspot validate"), code("blindspot explain CODE"))
	var sections strings.Builder
	for _, e := range explain.All() {
		if e.Code() {
			fmt.Fprintf(&all, "| [%s](#%s) | %s |\n", e.ID, strings.ToLower(e.ID), cell(e.Title))
			sections.WriteString("\n" + e.Markdown(2))
			continue
		}
		fmt.Fprintf(&index, "| [%s](%s.md) | %s | %s |\n", e.ID, e.ID, e.Level, cell(e.Title))
		g.add("checks/"+e.ID+".md", mark+e.Markdown(1))
	}
	g.add("checks/README.md", index.String())
	g.add("codes.md", all.String()+sections.String())
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
