// Package lsp is a language server for content: messages of the Language Server Protocol come in on one stream, answers and
// diagnostics go out on another. What it says of a file is what validate says, word for word and at the same place; how
// content is read, formatted and tested is the Backend's.
//
// One goroutine owns everything: it takes messages in order, and validates when no more are waiting. Tests run beside it
// and hand their results back to it.
package lsp

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/emulator/catalog"
	"github.com/seed-caab1ad3/blindspot/validate/report"
)

// Backend reads, checks, formats and tests content. File names are those that the command line shows: relative to the folder
// that was opened, with slashes.
type Backend interface {
	// Open makes a folder the one that is worked on.
	Open(dir string) error
	// Load reads the content of the folder; texts stand for the files of their names, saved or not.
	Load(texts map[string]string) (*Content, error)
	// Format returns a file's text laid out, the text itself when it is so already. An error says why it cannot be.
	Format(c *Content, file, text string) (string, error)
	// Test runs the tests of the rules of a file, or those of a test file.
	Test(ctx context.Context, c *Content, file string) ([]TestResult, error)
}

// Content is a folder as it was read.
type Content struct {
	Bundle  *content.Bundle
	Catalog *catalog.Catalog
	// Validate says what is to be said of it.
	Validate func(ctx context.Context) (*report.Report, error)
	// Query says what is to be said of a file that is a query and no content.
	Query func(file, text string) []report.Finding
}

// TestResult is the outcome of one case.
type TestResult struct {
	File    string
	At      content.Position
	Name    string
	Passed  bool
	Message string
}

// Server serves one editor.
type Server struct {
	backend Backend
	version string

	out   io.Writer
	write sync.Mutex

	root     string
	open     map[string]*document // by uri
	loaded   *Content
	report   *report.Report
	findings map[string][]report.Finding // by file
	sources  map[string]*content.Source  // of open files, for places
	tested   map[string][]diagnostic     // by uri
	told     map[string]string           // what was published, by uri
	dirty    bool
	since    time.Time // when it became so
	started  bool
	stopping bool

	ctx     context.Context
	results chan func()
	testing sync.WaitGroup
}

type document struct {
	uri, file string
	version   int
	language  string
	buffer    *buffer
}

// New returns a server.
func New(b Backend, version string) *Server {
	return &Server{backend: b, version: version, open: map[string]*document{}, findings: map[string][]report.Finding{}, sources: map[string]*content.Source{},
		tested: map[string][]diagnostic{}, told: map[string]string{}, results: make(chan func(), 16)}
}

// quietFor is how long nothing must come in before content is validated; patience is how long that may be put off.
const (
	quietFor = 20 * time.Millisecond
	patience = 200 * time.Millisecond
)

// Run serves until the editor says exit, the stream ends, or ctx does. The error is nil when the editor left in order.
func (s *Server) Run(ctx context.Context, in io.Reader, out io.Writer) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s.ctx, s.out = ctx, out
	defer s.testing.Wait()
	type incoming struct {
		body []byte
		err  error
	}
	messages := make(chan incoming, 64)
	go func() {
		r := bufio.NewReaderSize(in, 64<<10)
		for {
			body, err := readFrame(r)
			select {
			case messages <- incoming{body, err}:
			case <-ctx.Done():
				return
			}
			if err != nil {
				return
			}
		}
	}()
	for {
		var timer <-chan time.Time
		if s.dirty && s.started {
			wait := quietFor
			if time.Since(s.since) > patience {
				wait = 0
			}
			timer = time.After(wait)
		}
		select {
		case m := <-messages:
			if errors.Is(m.err, io.EOF) {
				if s.stopping {
					return nil
				}
				return nil // the editor is gone
			}
			if m.err != nil {
				return fmt.Errorf("the editor's stream: %w", m.err)
			}
			if s.handle(m.body) {
				return nil
			}
		case done := <-s.results:
			done()
		case <-timer:
			s.validate()
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// handle answers one message; true means exit.
func (s *Server) handle(body []byte) bool {
	var m message
	if err := json.Unmarshal(body, &m); err != nil {
		s.reply(json.RawMessage("null"), nil, &failure{parseError, "the message is no JSON: " + err.Error()})
		return false
	}
	if m.Method == "" {
		return false // an answer to a question of ours, or nothing
	}
	if m.Method == "exit" {
		return true
	}
	result, err := s.dispatch(&m)
	if len(m.ID) == 0 {
		return false
	}
	if err != nil {
		f := &failure{}
		if !errors.As(err, &f) {
			f = &failure{requestFailed, err.Error()}
		}
		s.reply(m.ID, nil, f)
		return false
	}
	s.reply(m.ID, result, nil)
	return false
}

// dispatch calls the method; a panic in it is an answer, and the server lives on.
func (s *Server) dispatch(m *message) (result any, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &failure{internalError, fmt.Sprintf("a bug of ours: %v\n%s", p, debug.Stack())}
		}
	}()
	if !s.started && m.Method != "initialize" {
		if len(m.ID) == 0 {
			return nil, nil
		}
		return nil, &failure{notInitialized, "initialize comes first"}
	}
	if s.stopping && len(m.ID) > 0 {
		return nil, &failure{invalidRequest, "the server is shutting down"}
	}
	switch m.Method {
	case "initialize":
		return call(m, s.initialize)
	case "shutdown":
		s.stopping = true
		return nil, nil
	case "initialized", "$/cancelRequest", "$/setTrace", "workspace/didChangeConfiguration":
		return nil, nil
	case "textDocument/didOpen":
		return call(m, s.didOpen)
	case "textDocument/didChange":
		return call(m, s.didChange)
	case "textDocument/didClose":
		return call(m, s.didClose)
	case "textDocument/didSave":
		return call(m, s.didSave)
	case "workspace/didChangeWatchedFiles":
		s.touch()
		return nil, nil
	case "textDocument/completion":
		return call(m, s.completion)
	case "textDocument/hover":
		return call(m, s.hover)
	case "textDocument/signatureHelp":
		return call(m, s.signatureHelp)
	case "textDocument/definition":
		return call(m, s.definition)
	case "textDocument/documentSymbol":
		return call(m, s.symbols)
	case "textDocument/formatting":
		return call(m, s.formatting)
	case "textDocument/codeAction":
		return call(m, s.codeActions)
	case "textDocument/codeLens":
		return call(m, s.codeLenses)
	case "workspace/executeCommand":
		return call(m, s.execute)
	}
	if len(m.ID) == 0 || strings.HasPrefix(m.Method, "$/") {
		return nil, nil
	}
	return nil, &failure{methodNotFound, fmt.Sprintf("%q is no method that is served", clipped(m.Method))}
}

// call reads a message's parameters and calls its method.
func call[T, R any](m *message, do func(T) (R, error)) (any, error) {
	var params T
	if len(m.Params) > 0 {
		if err := json.Unmarshal(m.Params, &params); err != nil {
			return nil, &failure{invalidParams, m.Method + ": " + err.Error()}
		}
	}
	return do(params)
}

func (s *Server) reply(id json.RawMessage, result any, failed *failure) {
	m := map[string]any{"jsonrpc": "2.0", "id": id}
	if failed != nil {
		m["error"] = failed
	} else {
		m["result"] = result
	}
	s.send(m)
}

func (s *Server) notify(method string, params any) {
	s.send(map[string]any{"jsonrpc": "2.0", "method": method, "params": params})
}

func (s *Server) send(m map[string]any) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(m); err != nil {
		return // values of our own always encode
	}
	s.write.Lock()
	defer s.write.Unlock()
	_ = writeFrame(s.out, bytes.TrimRight(b.Bytes(), "\n")) // an editor that is gone is seen by the reader
}

type initializeParams struct {
	RootURI          string `json:"rootUri"`
	RootPath         string `json:"rootPath"`
	WorkspaceFolders []struct {
		URI string `json:"uri"`
	} `json:"workspaceFolders"`
}

func (s *Server) initialize(p initializeParams) (any, error) {
	if s.started {
		return nil, &failure{invalidRequest, "initialize comes once"}
	}
	dir := p.RootPath
	if p.RootURI != "" {
		dir = pathOf(p.RootURI)
	} else if len(p.WorkspaceFolders) > 0 {
		dir = pathOf(p.WorkspaceFolders[0].URI)
	}
	if dir == "" {
		dir = "."
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if st, err := os.Stat(dir); err != nil || !st.IsDir() {
		return nil, &failure{invalidParams, fmt.Sprintf("%s is no folder", dir)}
	}
	if err := s.backend.Open(dir); err != nil {
		return nil, err
	}
	s.root, s.started = dir, true
	s.touch()
	return map[string]any{
		"serverInfo": map[string]string{"name": "blindspot", "version": s.version},
		"capabilities": map[string]any{
			"positionEncoding":           "utf-16",
			"textDocumentSync":           map[string]any{"openClose": true, "change": 2, "save": map[string]bool{"includeText": false}},
			"completionProvider":         map[string]any{"triggerCharacters": []string{"|", ".", "'", "\"", "(", " ", "-", ":", "{"}},
			"signatureHelpProvider":      map[string]any{"triggerCharacters": []string{"(", ","}},
			"hoverProvider":              true,
			"definitionProvider":         true,
			"documentSymbolProvider":     true,
			"documentFormattingProvider": true,
			"codeActionProvider":         map[string]any{"codeActionKinds": []string{"quickfix", "source.fixAll"}},
			"codeLensProvider":           map[string]any{"resolveProvider": false},
			"executeCommandProvider":     map[string]any{"commands": []string{runTests}},
		},
	}, nil
}

// pathOf returns the path of a file URI, "" of others.
func pathOf(uri string) string {
	u, err := url.Parse(uri)
	if err != nil || u.Scheme != "file" {
		return ""
	}
	p := u.Path
	if len(p) > 2 && p[0] == '/' && p[2] == ':' { // /c:/folder
		p = p[1:]
	}
	return filepath.FromSlash(p)
}

// uriOf returns the URI of a file of the folder.
func (s *Server) uriOf(file string) string {
	for _, d := range s.open {
		if d.file == file {
			return d.uri // as the editor writes it
		}
	}
	p := filepath.ToSlash(filepath.Join(s.root, filepath.FromSlash(file)))
	if !strings.HasPrefix(p, "/") {
		p = "/" + p
	}
	return (&url.URL{Scheme: "file", Path: p}).String()
}

// fileOf returns a URI's name within the folder, the URI itself when it is outside.
func (s *Server) fileOf(uri string) string {
	p := pathOf(uri)
	if p == "" {
		return uri
	}
	rel, err := filepath.Rel(s.root, p)
	if err != nil || strings.HasPrefix(rel, "..") {
		return uri
	}
	return filepath.ToSlash(rel)
}

// touch says that something changed.
func (s *Server) touch() {
	if !s.dirty {
		s.dirty, s.since = true, time.Now()
	}
}

type openParams struct {
	TextDocument struct {
		URI        string `json:"uri"`
		LanguageID string `json:"languageId"`
		Version    int    `json:"version"`
		Text       string `json:"text"`
	} `json:"textDocument"`
}

func (s *Server) didOpen(p openParams) (any, error) {
	t := p.TextDocument
	if len(t.Text) > maxText {
		return nil, nil
	}
	s.open[t.URI] = &document{uri: t.URI, file: s.fileOf(t.URI), version: t.Version, language: t.LanguageID, buffer: newBuffer(t.Text)}
	delete(s.told, t.URI)
	s.touch()
	return nil, nil
}

type changeParams struct {
	TextDocument   documentID `json:"textDocument"`
	ContentChanges []change   `json:"contentChanges"`
}

func (s *Server) didChange(p changeParams) (any, error) {
	d := s.open[p.TextDocument.URI]
	if d == nil {
		return nil, nil
	}
	b, err := d.buffer.apply(p.ContentChanges)
	d.buffer, d.version = b, p.TextDocument.Version
	s.touch()
	return nil, err
}

type closeParams struct {
	TextDocument documentID `json:"textDocument"`
}

func (s *Server) didClose(p closeParams) (any, error) {
	delete(s.open, p.TextDocument.URI)
	delete(s.told, p.TextDocument.URI)
	s.publish(p.TextDocument.URI, nil)
	s.touch()
	return nil, nil
}

func (s *Server) didSave(p closeParams) (any, error) {
	s.touch()
	if d := s.open[p.TextDocument.URI]; d != nil && testable(d.file) {
		s.startTests(d.file, false)
	}
	return nil, nil
}

// query reports whether a document is a query and no content.
func (d *document) query() bool {
	return strings.HasSuffix(d.file, ".kql") || strings.HasSuffix(d.file, ".csl") || strings.HasSuffix(d.file, ".kusto") || d.language == "kql" || d.language == "kusto"
}

// load reads the content with the open texts in the place of their files.
func (s *Server) load() error {
	texts := map[string]string{}
	for _, d := range s.open {
		if d.file != d.uri && !d.query() {
			texts[d.file] = d.buffer.text
		}
	}
	c, err := s.backend.Load(texts)
	if err != nil {
		return err
	}
	s.loaded = c
	return nil
}

// content returns what was loaded last; it is loaded when nothing was.
func (s *Server) content() (*Content, error) {
	if s.loaded == nil {
		if err := s.load(); err != nil {
			return nil, err
		}
	}
	return s.loaded, nil
}

// validate reads and checks the content again and publishes what changed.
func (s *Server) validate() {
	s.dirty = false
	defer func() {
		if p := recover(); p != nil {
			s.notify("window/logMessage", map[string]any{"type": 1, "message": fmt.Sprintf("a bug of ours: %v\n%s", p, debug.Stack())})
		}
	}()
	if err := s.load(); err != nil {
		s.notify("window/logMessage", map[string]any{"type": 1, "message": err.Error()})
		return
	}
	rep, err := s.loaded.Validate(s.ctx)
	if err != nil {
		s.notify("window/logMessage", map[string]any{"type": 1, "message": err.Error()})
		return
	}
	s.report = rep
	findings := map[string][]report.Finding{}
	for _, f := range rep.Findings {
		findings[f.File] = append(findings[f.File], f)
	}
	s.sources = map[string]*content.Source{}
	for _, d := range s.open {
		if d.query() {
			findings[d.file] = s.loaded.Query(d.file, d.buffer.text)
		}
	}
	old := s.findings
	s.findings = findings
	for file := range findings {
		s.publishFile(file)
	}
	for file := range old {
		if _, ok := findings[file]; !ok {
			s.publishFile(file)
		}
	}
	for _, d := range s.open {
		s.publishFile(d.file)
	}
}

// publishFile publishes what is said of a file and of its tests.
func (s *Server) publishFile(file string) {
	uri := file
	if !strings.Contains(file, "://") {
		uri = s.uriOf(file)
	}
	list := []diagnostic{}
	for i := range s.findings[file] {
		list = append(list, s.diagnostic(&s.findings[file][i]))
	}
	s.publish(uri, append(list, s.tested[uri]...))
}

func (s *Server) publish(uri string, list []diagnostic) {
	if list == nil {
		list = []diagnostic{}
	}
	params := map[string]any{"uri": uri, "diagnostics": list}
	if d := s.open[uri]; d != nil {
		params["version"] = d.version
	}
	b, _ := json.Marshal(params)
	if s.told[uri] == string(b) || s.told[uri] == "" && len(list) == 0 && s.open[uri] == nil {
		return
	}
	s.told[uri] = string(b)
	s.notify("textDocument/publishDiagnostics", params)
}

// diagnostic is a finding in the protocol's shape: the words are those of the other formats.
func (s *Server) diagnostic(f *report.Finding) diagnostic {
	d := diagnostic{Range: s.place(f), Code: f.Name(), Source: "blindspot", Message: f.Message, Severity: 1 + int(f.Severity)}
	if f.Help != "" {
		d.Message += "; " + f.Help
	}
	return d
}

// place is the stretch of a finding.
func (s *Server) place(f *report.Finding) span {
	b, src := s.textOf(f.File)
	if b == nil || f.Line < 1 {
		return span{}
	}
	from := src.Offset(content.Position{Line: f.Line, Column: f.Column})
	to := from
	if f.EndLine > 0 {
		to = max(from, src.Offset(content.Position{Line: f.EndLine, Column: f.EndColumn}))
	}
	return b.span(from, to)
}

// textOf returns the text of a file, as the editor has it or as it was read.
func (s *Server) textOf(file string) (*buffer, *content.Source) {
	for _, d := range s.open {
		if d.file == file {
			src := s.sources[file]
			if src == nil || len(src.Bytes) != len(d.buffer.text) || string(src.Bytes) != d.buffer.text {
				src = content.NewSource(file, []byte(d.buffer.text))
				s.sources[file] = src
			}
			return d.buffer, src
		}
	}
	if s.loaded != nil {
		if d := s.loaded.Bundle.Document(file); d != nil {
			return newBuffer(string(d.Source.Bytes)), d.Source
		}
	}
	data, err := os.ReadFile(filepath.Join(s.root, filepath.FromSlash(file)))
	if err != nil || len(data) > maxText {
		return nil, nil
	}
	data = bytes.TrimPrefix(data, []byte("\xEF\xBB\xBF"))
	return newBuffer(string(data)), content.NewSource(file, data)
}
