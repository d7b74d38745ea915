package check

import (
	"embed"
	"fmt"
	"strings"

	"golang.org/x/tools/txtar"
)

//go:embed testdata/*.txtar
var examples embed.FS

// Example is what a check's test data shows: content that it lets pass, content that it does not, and what it says of that.
type Example struct {
	Intro     string
	Good, Bad []ExampleFile
	Findings  []string // a line each, file:line:column: level: message
}

// ExampleFile is a file of an example, its name relative to the content folder.
type ExampleFile struct {
	Name string
	Text string
}

// Example returns the check's good and bad example, which its tests run.
func (c Check) Example() (Example, error) {
	data, err := examples.ReadFile("testdata/" + c.ID + ".txtar")
	if err != nil {
		return Example{}, fmt.Errorf("check %s has no example", c.ID)
	}
	a := txtar.Parse(data)
	e := Example{Intro: strings.TrimSpace(string(a.Comment))}
	for _, f := range a.Files {
		side, name, _ := strings.Cut(f.Name, "/")
		file := ExampleFile{Name: name, Text: string(f.Data)}
		switch side {
		case "good":
			e.Good = append(e.Good, file)
		case "bad":
			e.Bad = append(e.Bad, file)
		case "want":
			e.Findings = strings.Split(strings.TrimSpace(file.Text), "\n")
		}
	}
	return e, nil
}
