package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
)

type junitCase struct {
	Name      string        `xml:"name,attr"`
	ClassName string        `xml:"classname,attr"`
	File      string        `xml:"file,attr"`
	Line      int           `xml:"line,attr,omitempty"`
	Failure   *junitFailure `xml:"failure,omitempty"`
	Output    string        `xml:"system-out,omitempty"`
}

type junitFailure struct {
	Type    string `xml:"type,attr"`
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitSuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Name     string       `xml:"name,attr"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

// WriteJUnit writes a suite for each file. An error is a failed case; warnings and notes are cases that pass and say so in
// their output; a file without findings is one case that passes.
func (r *Report) WriteJUnit(w io.Writer) error {
	byFile := map[string][]Finding{}
	files := append([]string{}, r.Files...)
	known := map[string]bool{}
	for _, f := range files {
		known[f] = true
	}
	for _, f := range r.Findings {
		if !known[f.File] {
			known[f.File] = true
			files = append(files, f.File)
		}
		byFile[f.File] = append(byFile[f.File], f)
	}
	all := junitSuites{Name: "blindspot validate"}
	for _, file := range files {
		s := junitSuite{Name: xmlText(file)}
		for _, f := range byFile[file] {
			place := xmlText(file)
			if f.Line > 0 {
				place = fmt.Sprintf("%s:%d:%d", place, f.Line, f.Column)
			}
			c := junitCase{Name: fmt.Sprintf("%s at %d:%d", f.Name(), f.Line, f.Column), ClassName: xmlText(file), File: xmlText(file), Line: f.Line}
			text := place + ": " + f.Message
			if f.Help != "" {
				text += "\n" + f.Help
			}
			if f.Severity == Error {
				c.Failure = &junitFailure{Type: f.Check, Message: xmlText(f.Message), Text: xmlText(text)}
				s.Failures++
			} else {
				c.Output = xmlText(f.Severity.String() + ": " + text)
			}
			s.Cases = append(s.Cases, c)
		}
		if len(s.Cases) == 0 {
			s.Cases = []junitCase{{Name: "valid", ClassName: xmlText(file), File: xmlText(file)}}
		}
		s.Tests = len(s.Cases)
		all.Tests += s.Tests
		all.Failures += s.Failures
		all.Suites = append(all.Suites, s)
	}
	return WriteXML(w, all)
}

// WriteXML writes a value as an XML document, indented.
func WriteXML(w io.Writer, v any) error {
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if err := e.Encode(v); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

// xmlText drops what XML cannot hold.
func xmlText(s string) string {
	return strings.Map(func(c rune) rune {
		if c == '\t' || c == '\n' || c == '\r' || 0x20 <= c && c <= 0xD7FF || 0xE000 <= c && c <= 0xFFFD || 0x10000 <= c && c <= 0x10FFFF {
			return c
		}
		return '?'
	}, s)
}
