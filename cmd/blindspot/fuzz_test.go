package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/seed-caab1ad3/blindspot/cmd/internal/azure"
	"github.com/seed-caab1ad3/blindspot/cmd/internal/lsp"
	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/content/tables"
	"github.com/seed-caab1ad3/blindspot/emulator"
	"github.com/seed-caab1ad3/blindspot/emulator/catalog"
	"github.com/seed-caab1ad3/blindspot/emulator/exec"
	"github.com/seed-caab1ad3/blindspot/validate"
	"github.com/seed-caab1ad3/blindspot/validate/report"
)

// FuzzConfig reads anything as blindspot.yaml: every reader of a setting takes it or says at which place it is wrong.
func FuzzConfig(f *testing.F) {
	for _, s := range []string{
		"workspaces:\n  prod:\n    subscription: 11111111-1111-4111-8111-111111111111\n    resourceGroup: soc\n    workspace: sentinel\n    values: {A: b}\n    overrides: {\"rules/*\": {enabled: false}}\nchecks: {all: warning}\npaths:\n  \"rules/**\": {checks: {id-format: off}}\ndefaults: {jobs: 2}\n",
		"checks: {no-such: x}\n", "paths: [a]\ndefaults: 1\n", "workspaces: {a: null}\n", "a: &a [*a]\n", "? [a]\n: b\n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 1<<14 {
			return
		}
		doc, _ := content.Parse("blindspot.yaml", b)
		if doc == nil {
			return
		}
		doc.Kind = content.KindConfig
		_ = unreadKeys(doc)
		_ = checkDefaults(doc)
		_, _ = configuredLevels(doc)
		if level, err := pathLevels(doc); err == nil && level != nil {
			level("rules/a.yaml", "id-format")
		}
		leaves(doc, doc.Root, nil)
		targets, err := azure.Targets(doc)
		if err != nil {
			return
		}
		for _, x := range targets {
			if x.Name == "" {
				t.Errorf("a workspace without a name: %q", b)
			}
		}
	})
}

// FuzzBaseline reads anything as a baseline: what is left of a report is a part of it.
func FuzzBaseline(f *testing.F) {
	f.Add([]byte(`{"schemaVersion":1,"known":[{"file":"a.yaml","check":"id-format","message":"m","count":1}]}`))
	f.Add([]byte(`{"known":[{"file":"a.yaml","check":"id-format","message":"m","count":-9223372036854775808},{"count":1e3}]}`))
	f.Add([]byte(`{"schemaVersion":2}`))
	f.Add([]byte(`null`))
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, b []byte) {
		name := filepath.Join(dir, "baseline.json")
		if err := os.WriteFile(name, b, 0o600); err != nil {
			t.Fatal(err)
		}
		rep := &report.Report{Findings: []report.Finding{{File: "a.yaml", Check: "id-format", Message: "m"}, {File: "a.yaml", Check: "id-format", Message: "m"}, {File: "b.yaml", Check: "id-format", Message: "n"}}}
		err := applyBaseline(name, rep)
		var e *codedError
		if err != nil && (!errors.As(err, &e) || e.code != exitUsage) {
			t.Errorf("%v", err)
		}
		if n := len(rep.Findings); n > 3 || err != nil && n != 3 {
			t.Errorf("%d findings are left of three: %v", n, err)
		}
	})
}

// FuzzBatch sends lines to query --batch: each line that is not blank is answered by one line of JSON.
func FuzzBatch(f *testing.F) {
	f.Add(`{"id":"a","query":"print 1"}` + "\n" + `{"id":1,"query":"T","profile":"x","now":"2026-01-05"}` + "\n\n" + `nonsense` + "\r\n" + `{"query":"SigninLogs | count","profile":"sentinel","now":"2026-01-05T00:00:00Z"}`)
	f.Add("null\n[]\n1")
	ws := emulator.New(emulator.Options{Catalog: catalog.New(tables.Sentinel)})
	f.Fuzz(func(t *testing.T, in string) {
		want := 0
		for line := range strings.SplitSeq(in, "\n") {
			if strings.TrimSpace(line) != "" {
				want++
			}
		}
		o := emulator.QueryOptions{Limits: exec.Limits{Time: time.Second, Bytes: 64 << 20, Cells: 1 << 18, Rows: 1 << 14}}
		for _, check := range []bool{false, true} {
			var out strings.Builder
			if err := runBatch(context.Background(), ws, o, check, strings.NewReader(in), &out); err != nil {
				t.Fatal(err)
			}
			got := strings.SplitAfter(out.String(), "\n")
			if got = got[:len(got)-1]; len(got) != want {
				t.Fatalf("%d answers to %d lines:\n%s", len(got), want, out.String())
			}
			for _, line := range got {
				if !json.Valid([]byte(line)) {
					t.Errorf("an answer is no JSON: %s", line)
				}
				if strings.Contains(line, "a bug of ours") {
					t.Error(line)
				}
			}
		}
	})
}

// FuzzLastSeen writes the rows of a watchlist's file anew: they read back as they were.
func FuzzLastSeen(f *testing.F) {
	for _, s := range []string{
		"alias: w\ndisplayName: w\nitemsSearchKey: AppId\n# rows\nitems:\n  - { AppId: a, LastSeen: \"2026-01-05T00:00:00Z\", Owner: }\n  - {AppId: 'b: c', Owner: |-\n     x}\nprovider: me\n",
		"alias: w\nitemsSearchKey: A\nitems: []\n", "items:\n- A: 1\n  \"b c\": yes\n", "alias: w\nitems: [{A: \"\\u00e9\\0\"}]\n",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 1<<13 {
			return
		}
		read := func(text string) []content.Record {
			b, problems := content.Load(fstest.MapFS{"watchlists/w.yaml": {Data: []byte(text)}}, content.Options{})
			for _, p := range problems {
				if p.Severity == content.Error {
					return nil
				}
			}
			if len(b.Watchlists) != 1 {
				return nil
			}
			return b.Watchlists[0].Items
		}
		items := read(text)
		if len(items) == 0 {
			return
		}
		out, err := withItems(text, items)
		if err != nil {
			return
		}
		show := func(list []content.Record) string {
			var b strings.Builder
			for _, r := range list {
				for _, x := range r {
					fmt.Fprintf(&b, "%q=%q ", x.Name, fmt.Sprint(x.Value))
				}
				b.WriteByte('\n')
			}
			return b.String()
		}
		if was, is := show(items), show(read(out)); was != is {
			t.Errorf("%s\nwas written as\n%s\nthe rows were\n%sand are\n%s", text, out, was, is)
		}
	})
}

// FuzzEditor sends messages to the language server as an editor does, one a line: whatever they hold, nothing in it panics, and
// what it answers is JSON.
func FuzzEditor(f *testing.F) {
	const opened = `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"rootUri":null,"capabilities":{}}}` + "\n" + `{"method":"textDocument/didOpen","params":{"textDocument":{"uri":"file:///rules/a.yaml","languageId":"yaml","version":1,"text":"id: x\nquery: |\n  SigninLogs | where \n"}}}` + "\n"
	for _, s := range []string{
		opened + `{"id":2,"method":"textDocument/completion","params":{"textDocument":{"uri":"file:///rules/a.yaml"},"position":{"line":2,"character":20}}}`,
		opened + `{"id":2,"method":"textDocument/hover","params":{"textDocument":{"uri":"file:///rules/a.yaml"},"position":{"line":-1,"character":1e9}}}`,
		opened + `{"method":"textDocument/didChange","params":{"textDocument":{"uri":"file:///rules/a.yaml","version":null},"contentChanges":[{"range":{"start":{"line":9,"character":9},"end":{"line":0,"character":0}},"text":"x"},{"text":"y"}]}}` + "\n" + `{"id":3,"method":"textDocument/documentSymbol","params":{"textDocument":{"uri":"file:///rules/a.yaml"}}}`,
		opened + `{"id":2,"method":"textDocument/codeAction","params":{"textDocument":{"uri":"file:///rules/a.yaml"},"range":{"start":{"line":0,"character":0},"end":{"line":3,"character":0}},"context":{"diagnostics":[]}}}` + "\n" + `{"id":4,"method":"textDocument/codeLens","params":{"textDocument":{"uri":"file:///rules/a.yaml"}}}`,
		opened + `{"id":2,"method":"workspace/executeCommand","params":{"command":"blindspot.test","arguments":["../x"]}}` + "\n" + `{"id":3,"method":"textDocument/formatting","params":{}}` + "\n" + `{"id":4,"method":"textDocument/definition","params":{"textDocument":{"uri":"%"},"position":{}}}`,
		opened + `{"method":"textDocument/didClose","params":{"textDocument":{"uri":"file:///rules/a.yaml"}}}` + "\n" + `{"id":[],"method":"shutdown"}` + "\n" + `{"id":5,"method":"textDocument/signatureHelp","params":[]}`,
		"{}\nnull\n[]\nx",
	} {
		f.Add(s)
	}
	dir := f.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "rules"), 0o700); err != nil {
		f.Fatal(err)
	}
	here, err := os.Getwd()
	if err != nil {
		f.Fatal(err)
	}
	compiler := validate.NewIncremental(exec.Supports)
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 1<<13 || strings.Count(text, "\n") > 30 {
			return
		}
		if err := os.Chdir(dir); err != nil {
			t.Fatal(err)
		}
		defer func() { _ = os.Chdir(here) }()
		var in strings.Builder
		for line := range strings.SplitSeq(text, "\n") {
			var m struct{ Method string }
			if json.Unmarshal([]byte(line), &m) == nil && m.Method == "initialize" {
				line = `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"rootUri":"file://` + filepath.ToSlash(dir) + `","capabilities":{}}}` // no other folder is read
			}
			line = strings.ReplaceAll(line, "file:///rules", "file://"+filepath.ToSlash(dir)+"/rules")
			fmt.Fprintf(&in, "Content-Length: %d\r\n\r\n%s", len(line), line)
		}
		var out strings.Builder
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		s := lsp.New(&editorBackend{cache: &content.Cache{}, compiler: compiler}, "x")
		if err := s.Run(ctx, io.MultiReader(strings.NewReader(in.String())), &out); err != nil {
			t.Fatalf("%v\n%q", err, text)
		}
		for part := range strings.SplitSeq(out.String(), "Content-Length: ") {
			if _, body, ok := strings.Cut(part, "\r\n\r\n"); ok && !json.Valid([]byte(body)) {
				t.Errorf("an answer is no JSON: %q", body)
			}
		}
		if strings.Contains(out.String(), "a bug of ours") {
			t.Errorf("%q\n%s", text, out.String())
		}
	})
}
