package lsp

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/validate/report"
)

// runTests is the command that runs the tests of a file's rules.
const runTests = "blindspot.runTests"

type actionParams struct {
	TextDocument documentID `json:"textDocument"`
	Range        span       `json:"range"`
	Context      struct {
		Only []string `json:"only"`
	} `json:"context"`
}

// codeActions offers the fixes of the findings in a stretch, all safe fixes of the file, and a comment that ignores.
func (s *Server) codeActions(p actionParams) (any, error) {
	out := []codeAction{}
	d := s.open[p.TextDocument.URI]
	if d == nil {
		return out, nil
	}
	if s.dirty {
		s.validate() // fixes are edits of the text that was validated
	}
	wants := func(kind string) bool {
		if len(p.Context.Only) == 0 {
			return true
		}
		for _, o := range p.Context.Only {
			if kind == o || strings.HasPrefix(kind, o+".") {
				return true
			}
		}
		return false
	}
	b := d.buffer
	from, to := b.offset(p.Range.Start), b.offset(p.Range.End)
	var safe []content.Edit
	list := s.findings[d.file]
	for i := range list {
		f := &list[i]
		if f.Fix != nil && !f.Fix.Unsafe {
			if next := append(safe[:len(safe):len(safe)], f.Fix.Edits...); spliced(b.text, next) != nil {
				safe = next
			}
		}
		at := s.place(f)
		if b.offset(at.Start) > to || b.offset(at.End) < from || !wants("quickfix") {
			continue
		}
		if f.Fix != nil {
			out = append(out, codeAction{Title: f.Fix.Title, Kind: "quickfix", Diagnostics: []diagnostic{s.diagnostic(f)}, IsPreferred: true, Edit: s.edits(d, f.Fix.Edits)})
		}
		if e := s.ignoring(d, f); e != nil {
			out = append(out, codeAction{Title: fmt.Sprintf("ignore %s here, with a reason", f.Name()), Kind: "quickfix", Diagnostics: []diagnostic{s.diagnostic(f)}, Edit: e})
		}
	}
	if len(safe) > 0 && wants("source.fixAll") {
		out = append(out, codeAction{Title: "apply all safe fixes of this file", Kind: "source.fixAll.blindspot", Edit: s.edits(d, safe)})
	}
	return out, nil
}

// spliced applies edits, nil when they overlap.
func spliced(text string, edits []content.Edit) []byte {
	out, err := content.Splice([]byte(text), edits...)
	if err != nil {
		return nil
	}
	return out
}

func (s *Server) edits(d *document, list []content.Edit) *workspaceEdit {
	var out []textEdit
	for _, e := range list {
		out = append(out, textEdit{d.buffer.span(e.Start, e.End), e.Text})
	}
	return &workspaceEdit{map[string][]textEdit{d.uri: out}}
}

// ignoring is the comment that ignores a finding, on a line of its own before it; nil where none can stand. The reason is left to
// the user: validate asks for it until one is there.
func (s *Server) ignoring(d *document, f *report.Finding) *workspaceEdit {
	if f.Line < 1 || strings.HasSuffix(d.file, ".json") || d.query() {
		return nil
	}
	at := s.place(f)
	from, to := d.buffer.line(at.Start.Line)
	line := d.buffer.text[from:to]
	indent := line[:len(line)-len(strings.TrimLeft(line, " \t"))]
	mark := "#"
	if r := queryOf(d.buffer); r != nil {
		if _, ok := r.inside(d.buffer.offset(at.Start)); ok {
			if len(r.lines) == 1 {
				return nil // a query of one line has no line before it
			}
			mark = "//"
		}
	}
	text := indent + mark + " blindspot: ignore " + f.Name() + "\n"
	start := position{at.Start.Line, 0}
	return &workspaceEdit{map[string][]textEdit{d.uri: {{span{start, start}, text}}}}
}

// testable reports whether a file has tests, or is one.
func testable(file string) bool {
	return strings.HasSuffix(file, ".yaml") || strings.HasSuffix(file, ".yml")
}

func (s *Server) codeLenses(p closeParams) (any, error) {
	out := []codeLens{}
	d := s.open[p.TextDocument.URI]
	if d == nil {
		return out, nil
	}
	c, err := s.content()
	if err != nil {
		return nil, err
	}
	for _, t := range c.Bundle.Tests {
		if t.File() != d.file && (t.Rule == nil || t.Rule.File() != d.file) {
			continue
		}
		title := fmt.Sprintf("run %d tests", len(t.Tests))
		if len(t.Tests) == 1 {
			title = "run 1 test"
		}
		out = append(out, codeLens{span{}, &command{title, runTests, []any{d.file}}})
	}
	return out, nil
}

type executeParams struct {
	Command   string            `json:"command"`
	Arguments []json.RawMessage `json:"arguments"`
}

func (s *Server) execute(p executeParams) (any, error) {
	if p.Command != runTests {
		return nil, &failure{invalidParams, fmt.Sprintf("%q is no command that is served", clipped(p.Command))}
	}
	file := ""
	if len(p.Arguments) > 0 {
		if err := json.Unmarshal(p.Arguments[0], &file); err != nil {
			return nil, &failure{invalidParams, "the argument is a file or its URI"}
		}
	}
	if strings.Contains(file, "://") {
		file = s.fileOf(file)
	}
	if file == "" {
		return nil, &failure{invalidParams, "name the file whose tests are to run"}
	}
	s.startTests(file, true)
	return nil, nil
}

// startTests runs tests beside the server and publishes what came of them.
func (s *Server) startTests(file string, say bool) {
	if err := s.load(); err != nil {
		s.notify("window/showMessage", map[string]any{"type": 1, "message": err.Error()})
		return
	}
	c := s.loaded
	s.testing.Add(1)
	go func() {
		defer s.testing.Done()
		results, err := s.backend.Test(s.ctx, c, file)
		select {
		case s.results <- func() { s.tests(file, results, err, say) }:
		case <-s.ctx.Done():
		}
	}()
}

func (s *Server) tests(file string, results []TestResult, err error, say bool) {
	if err != nil {
		if say {
			s.notify("window/showMessage", map[string]any{"type": 1, "message": err.Error()})
		}
		return
	}
	failed := 0
	byFile := map[string][]diagnostic{}
	for _, r := range results {
		if _, ok := byFile[r.File]; !ok {
			byFile[r.File] = nil
		}
		if r.Passed {
			continue
		}
		failed++
		d := diagnostic{Severity: 1, Code: "test", Source: "blindspot test", Message: r.Name + ": " + r.Message}
		if b, src := s.textOf(r.File); b != nil {
			from := src.Offset(r.At)
			_, end := b.line(b.position(from).Line)
			d.Range = b.span(from, max(from, end))
		}
		byFile[r.File] = append(byFile[r.File], d)
	}
	for f, list := range byFile {
		s.tested[s.uriOf(f)] = list
		s.publishFile(f)
	}
	if say {
		kind, text := 3, fmt.Sprintf("%s: %d tests passed", file, len(results))
		if failed > 0 {
			kind, text = 1, fmt.Sprintf("%s: %d of %d tests failed", file, failed, len(results))
		}
		s.notify("window/showMessage", map[string]any{"type": kind, "message": text})
	}
}
