package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-caab1ad3/blindspot/cmd/internal/lsp"
	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/emulator/exec"
	"github.com/seed-caab1ad3/blindspot/validate"
	"github.com/seed-caab1ad3/blindspot/validate/report"
)

// editor is the other end of a language server.
type editor struct {
	t    testing.TB
	in   io.WriteCloser
	out  *bufio.Reader
	id   int
	dir  string
	said map[string][]lspDiagnostic // what was published, by file
	log  []string
	done chan error
}

type lspPosition struct{ Line, Character int }

type lspDiagnostic struct {
	Range    struct{ Start, End lspPosition }
	Severity int
	Code     string
	Source   string
	Message  string
}

func newEditor(t testing.TB, dir string) *editor {
	t.Helper()
	was, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chdir(was) })
	sr, in := io.Pipe()
	out, sw := io.Pipe()
	e := &editor{t: t, in: in, out: bufio.NewReader(out), dir: dir, said: map[string][]lspDiagnostic{}, done: make(chan error, 1)}
	server := lsp.New(&editorBackend{cache: &content.Cache{}, compiler: validate.NewIncremental(exec.Supports)}, "test")
	go func() { e.done <- server.Run(t.Context(), sr, sw); sw.Close() }()
	e.call("initialize", map[string]any{"rootUri": uriOf(dir), "capabilities": map[string]any{}}, nil)
	e.notify("initialized", map[string]any{})
	return e
}

func uriOf(path string) string {
	return (&url.URL{Scheme: "file", Path: filepath.ToSlash(path)}).String()
}

func (e *editor) uri(file string) string { return uriOf(filepath.Join(e.dir, file)) }

func (e *editor) send(m map[string]any) {
	m["jsonrpc"] = "2.0"
	b, err := json.Marshal(m)
	if err != nil {
		e.t.Fatal(err)
	}
	if _, err := fmt.Fprintf(e.in, "Content-Length: %d\r\n\r\n%s", len(b), b); err != nil {
		e.t.Fatal(err)
	}
}

func (e *editor) notify(method string, params any) {
	e.send(map[string]any{"method": method, "params": params})
}

// receive reads one message; diagnostics and messages are kept.
func (e *editor) receive() (id int, result json.RawMessage, failed string) {
	length := 0
	for {
		line, err := e.out.ReadString('\n')
		if err != nil {
			e.t.Fatalf("the server is gone: %v", err)
		}
		if line = strings.TrimSpace(line); line == "" {
			break
		}
		fmt.Sscanf(line, "Content-Length: %d", &length)
	}
	b := make([]byte, length)
	if _, err := io.ReadFull(e.out, b); err != nil {
		e.t.Fatal(err)
	}
	var m struct {
		ID     *int
		Method string
		Params struct {
			URI         string
			Diagnostics []lspDiagnostic
			Message     string
		}
		Result json.RawMessage
		Error  *struct{ Message string }
	}
	if err := json.Unmarshal(b, &m); err != nil {
		e.t.Fatal(err)
	}
	switch {
	case m.ID != nil:
		if m.Error != nil {
			return *m.ID, nil, m.Error.Message
		}
		return *m.ID, m.Result, ""
	case m.Method == "textDocument/publishDiagnostics":
		u, _ := url.Parse(m.Params.URI)
		rel, _ := filepath.Rel(e.dir, u.Path)
		e.said[filepath.ToSlash(rel)] = m.Params.Diagnostics
		return -1, nil, ""
	}
	e.log = append(e.log, m.Params.Message)
	return 0, nil, ""
}

// call asks and waits for the answer.
func (e *editor) call(method string, params, result any) string {
	e.t.Helper()
	e.id++
	e.send(map[string]any{"id": e.id, "method": method, "params": params})
	for {
		id, r, failed := e.receive()
		if id != e.id {
			continue
		}
		if failed == "" && result != nil {
			if err := json.Unmarshal(r, result); err != nil {
				e.t.Fatalf("%s: %v: %s", method, err, r)
			}
		}
		return failed
	}
}

func (e *editor) open(file, text string) {
	e.notify("textDocument/didOpen", map[string]any{"textDocument": map[string]any{"uri": e.uri(file), "languageId": "yaml", "version": 1, "text": text}})
}

func (e *editor) change(file string, version int, from, to lspPosition, text string) {
	e.notify("textDocument/didChange", map[string]any{"textDocument": map[string]any{"uri": e.uri(file), "version": version},
		"contentChanges": []any{map[string]any{"range": map[string]any{"start": from, "end": to}, "text": text}}})
}

// diagnostics waits until something is published.
func (e *editor) diagnostics() {
	e.t.Helper()
	for {
		if id, _, _ := e.receive(); id == -1 {
			return
		}
	}
}

func (e *editor) at(file string, line, character int) map[string]any {
	return map[string]any{"textDocument": map[string]any{"uri": e.uri(file)}, "position": lspPosition{line, character}}
}

func (e *editor) leave() {
	e.call("shutdown", nil, nil)
	e.notify("exit", nil)
	if err := <-e.done; err != nil {
		e.t.Error(err)
	}
}

func writeFiles(t testing.TB, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

const lspRule = `id: 11111111-2222-4333-8444-555555555555
kind: Scheduled
name: Administrators who fail 𝛑
description: Somebody tries.
severity: Medium
queryFrequency: 1h
queryPeriod: 2h
triggerOperator: gt
triggerThreshold: 0
tactics: [CredentialAccess]
relevantTechniques: [T1110]
query: |
  let threshold = 1;
  SigninLogs
  | where ResultType == "50126" and UserPrincipleName startswith "admin"
  | summarize Failures = count() by UserPrincipalName, IPAddress
  | where Failures >= threshold and UserPrincipalName !in ((_GetWatchlist('vips') | project SearchKey))
version: 1.0.0
blindspots: [{ what: Background sign-ins, reason: Another rule reads them., streams: [noninteractive] }]
`

const lspTest = `rule: admins.yaml
now: 2026-01-05T11:00:00Z
tests:
  - name: an administrator fails
    events:
      SigninLogs:
        - { use: signin.failure, at: -30m, set: { UserPrincipalName: admin@contoso.example } }
    alerts:
      - {}
  - name: somebody else fails
    events:
      SigninLogs:
        - { use: signin.failure, at: -30m, set: { UserPrincipalName: bob@contoso.example } }
    alerts: []
`

const lspList = "alias: vips\ndisplayName: VIPs\ndescription: Them.\nitemsSearchKey: User\ncolumns: [User]\nitems:\n  - { User: vip@contoso.example }\n"

// A person writes a rule: the mistake is told as validate tells it, completed, explained, mended, tested and laid out.
func TestLSPConversation(t *testing.T) {
	dir := t.TempDir()
	writeFiles(t, dir, map[string]string{"content/rules/admins.yaml": lspRule, "content/rules/admins.test.yaml": lspTest, "content/watchlists/vips.yaml": lspList,
		"content/functions/f.yaml": "id: 11111111-2222-4333-8444-555555555556\nname: f\nalias: f\nversion: 1.0.0\ndescription: Rows.\nquery: SigninLogs\n"})
	e := newEditor(t, dir)
	const file = "content/rules/admins.yaml"
	e.diagnostics()
	e.open(file, lspRule)
	e.diagnostics()
	got := e.said[file]
	if len(got) != 1 || got[0].Code != "KS142" || got[0].Message != `unknown column "UserPrincipleName"; did you mean "UserPrincipalName"?` ||
		got[0].Range.Start != (lspPosition{14, 36}) || got[0].Range.End != (lspPosition{14, 53}) {
		t.Fatalf("%+v", got)
	}
	// Completion at the place of the mistake, in the middle of the pipe.
	var list struct{ Items []struct{ Label string } }
	e.call("textDocument/completion", e.at(file, 14, 45), &list)
	if len(list.Items) == 0 || list.Items[0].Label != "UserPrincipalName" {
		t.Errorf("completion: %+v", list)
	}
	e.call("textDocument/completion", e.at(file, 16, 11), &list)
	if len(list.Items) == 0 || !slices.ContainsFunc(list.Items, func(i struct{ Label string }) bool { return i.Label == "Failures" }) {
		t.Errorf("completion behind summarize: %+v", list)
	}
	// Hover: the finding is explained; a function, a column, a let, a technique.
	hover := func(line, character int) string {
		var h *struct{ Contents struct{ Value string } }
		e.call("textDocument/hover", e.at(file, line, character), &h)
		if h == nil {
			return ""
		}
		return h.Contents.Value
	}
	for _, c := range []struct {
		line, character int
		want            string
	}{
		{14, 40, "blindspot explain KS142"}, {15, 28, "the number of rows"}, {15, 40, "UserPrincipalName: string"}, {13, 5, "table **SigninLogs**"},
		{16, 10, "Failures: long"}, {16, 24, "let threshold = 1"}, {15, 5, "one row for each group"}, {10, 22, "Brute Force"}, {16, 76, "watchlist **vips**"}, {4, 3, "**severity**"},
	} {
		if got := hover(c.line, c.character); !strings.Contains(got, c.want) {
			t.Errorf("hover at %d:%d: %q, want %q", c.line, c.character, got, c.want)
		}
	}
	// Definition: a let, a watchlist, the column that the query made.
	var loc *struct {
		URI   string
		Range struct{ Start lspPosition }
	}
	e.call("textDocument/definition", e.at(file, 16, 24), &loc)
	if loc == nil || loc.Range.Start != (lspPosition{12, 6}) {
		t.Errorf("definition of the let: %+v", loc)
	}
	e.call("textDocument/definition", e.at(file, 16, 76), &loc)
	if loc == nil || loc.URI != e.uri("content/watchlists/vips.yaml") || loc.Range.Start != (lspPosition{0, 7}) {
		t.Errorf("definition of the watchlist: %+v", loc)
	}
	e.call("textDocument/definition", e.at(file, 16, 10), &loc)
	if loc == nil || loc.Range.Start != (lspPosition{15, 14}) {
		t.Errorf("definition of the column: %+v", loc)
	}
	// The fix, applied as an editor does.
	var actions []struct {
		Title string
		Kind  string
		Edit  struct {
			Changes map[string][]struct {
				Range   struct{ Start, End lspPosition }
				NewText string
			}
		}
	}
	e.call("textDocument/codeAction", map[string]any{"textDocument": map[string]any{"uri": e.uri(file)}, "range": map[string]any{"start": lspPosition{14, 40}, "end": lspPosition{14, 40}}, "context": map[string]any{"diagnostics": []any{}}}, &actions)
	if len(actions) != 2 || actions[0].Title != "write UserPrincipalName" || !strings.Contains(actions[1].Title, "ignore KS142") {
		t.Fatalf("%+v", actions)
	}
	if edit := actions[1].Edit.Changes[e.uri(file)][0]; edit.NewText != "  // blindspot: ignore KS142\n" || edit.Range.Start != (lspPosition{14, 0}) {
		t.Errorf("%+v", edit)
	}
	edit := actions[0].Edit.Changes[e.uri(file)][0]
	e.change(file, 2, edit.Range.Start, edit.Range.End, edit.NewText)
	e.diagnostics()
	if got := e.said[file]; len(got) != 0 {
		t.Errorf("after the fix: %+v", got)
	}
	// The tests, on the unsaved text.
	var lenses []struct {
		Command struct {
			Title     string
			Arguments []string
		}
	}
	e.call("textDocument/codeLens", map[string]any{"textDocument": map[string]any{"uri": e.uri(file)}}, &lenses)
	if len(lenses) != 1 || lenses[0].Command.Title != "run 2 tests" {
		t.Fatalf("%+v", lenses)
	}
	run := func(want string) {
		t.Helper()
		e.log = nil
		if failed := e.call("workspace/executeCommand", map[string]any{"command": "blindspot.runTests", "arguments": lenses[0].Command.Arguments}, nil); failed != "" {
			t.Fatal(failed)
		}
		for len(e.log) == 0 {
			e.receive()
		}
		if e.log[0] != want {
			t.Errorf("%q, want %q", e.log[0], want)
		}
	}
	run("content/rules/admins.yaml: 2 tests passed")
	e.change(file, 3, lspPosition{12, 18}, lspPosition{12, 19}, "5")
	run("content/rules/admins.yaml: 1 of 2 tests failed")
	if got := e.said["content/rules/admins.test.yaml"]; len(got) != 1 || got[0].Source != "blindspot test" || got[0].Range.Start.Line != 3 || !strings.Contains(got[0].Message, "an administrator fails: ") {
		t.Errorf("%+v", got)
	}
	e.change(file, 4, lspPosition{12, 18}, lspPosition{12, 19}, "1")
	run("content/rules/admins.yaml: 2 tests passed")
	if got := e.said["content/rules/admins.test.yaml"]; len(got) != 0 {
		t.Errorf("%+v", got)
	}
	// Layout.
	e.change(file, 5, lspPosition{14, 9}, lspPosition{14, 10}, "   ")
	var edits []struct {
		Range   struct{ Start, End lspPosition }
		NewText string
	}
	e.call("textDocument/formatting", map[string]any{"textDocument": map[string]any{"uri": e.uri(file)}, "options": map[string]any{}}, &edits)
	if len(edits) != 1 || edits[0].Range.Start.Line != 14 {
		t.Fatalf("%+v", edits)
	}
	e.change(file, 6, edits[0].Range.Start, edits[0].Range.End, edits[0].NewText)
	e.call("textDocument/formatting", map[string]any{"textDocument": map[string]any{"uri": e.uri(file)}, "options": map[string]any{}}, &edits)
	if len(edits) != 0 {
		t.Errorf("laid out twice: %+v", edits)
	}
	// Signature help, a query file, what is not served, and an id that is a text.
	var help *struct {
		Signatures      []struct{ Label string }
		ActiveParameter int
	}
	e.open("q.kql", "SigninLogs | extend x = substring(UserPrincipalName, 0, strlen(\"𝛑\")) | where Nobody == 1")
	e.call("textDocument/signatureHelp", e.at("q.kql", 0, 53), &help)
	if help == nil || len(help.Signatures) == 0 || !strings.HasPrefix(help.Signatures[0].Label, "substring(") || help.ActiveParameter != 1 {
		t.Errorf("%+v", help)
	}
	for len(e.said["q.kql"]) == 0 {
		e.receive()
	}
	if got := e.said["q.kql"]; got[0].Code != "KS142" || got[0].Range.Start != (lspPosition{0, 78}) {
		t.Errorf("%+v", got)
	}
	if failed := e.call("textDocument/nonsense", nil, nil); !strings.Contains(failed, "no method") {
		t.Error(failed)
	}
	if failed := e.call("textDocument/hover", "x", nil); failed == "" {
		t.Error("wrong parameters were taken")
	}
	e.leave()
}

// What the server says of files is what validate says: the same words at the same places, for a folder full of mistakes, and
// after edits.
func TestLSPSaysWhatValidateSays(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(filepath.Join(dir, "content"), os.DirFS("../../content")); err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 2))
	var names []string
	err := filepath.WalkDir(filepath.Join(dir, "content"), func(file string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(file, ".yaml") {
			return err
		}
		b, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(dir, file)
		names = append(names, filepath.ToSlash(rel))
		if r.IntN(3) == 0 { // a mistake: bytes taken out, doubled or put in
			at := r.IntN(len(b))
			switch r.IntN(4) {
			case 0:
				b = append(b[:at:at], b[min(len(b), at+1+r.IntN(6)):]...)
			case 1:
				b = append(b[:at:at], append([]byte("é𝛑"), b[at:]...)...)
			case 2:
				b = append(b[:at:at], append([]byte("\n# blindspot: ignore KS999\n"), b[at:]...)...)
			default:
				b = append(b[:at:at], append([]byte(" | where Nobody == 1"), b[at:]...)...)
			}
			return os.WriteFile(file, b, 0o644)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	e := newEditor(t, dir)
	compare := func(step int) int {
		t.Helper()
		// Fixes are asked of a file that is open, so the server validates before it answers: then all diagnostics are there.
		e.call("textDocument/codeAction", map[string]any{"textDocument": map[string]any{"uri": e.uri(names[0])}, "range": map[string]any{"start": lspPosition{}, "end": lspPosition{}}, "context": map[string]any{}}, nil)
		l, err := loadContent([]string{"content"})
		if err != nil {
			t.Fatal(err)
		}
		opts, err := checkOptions(nil, l, newCompiler())
		if err != nil {
			t.Fatal(err)
		}
		rep, err := validate.Run(t.Context(), l.Bundle, l.Problems, opts)
		if err != nil {
			t.Fatal(err)
		}
		want := map[string][]string{}
		for _, f := range rep.Findings {
			if !strings.HasPrefix(f.File, "shipped/") {
				want[f.File] = append(want[f.File], placeOfFinding(t, &f))
			}
		}
		n := 0
		for file, list := range e.said {
			var got []string
			for _, d := range list {
				message := d.Message
				got = append(got, fmt.Sprintf("%d %d:%d-%d:%d %s %s", d.Severity, d.Range.Start.Line, d.Range.Start.Character, d.Range.End.Line, d.Range.End.Character, d.Code, message))
			}
			if !slices.Equal(got, want[file]) {
				t.Errorf("step %d, %s:\ngot  %s\nwant %s", step, file, strings.Join(got, "\n     "), strings.Join(want[file], "\n     "))
			}
			n += len(got)
			delete(want, file)
		}
		for file, list := range want {
			t.Errorf("step %d: nothing is said of %s, want %s", step, file, strings.Join(list, "\n"))
		}
		return n
	}
	e.open(names[0], readFile(t, filepath.Join(dir, names[0])))
	if n := compare(0); n < 50 {
		t.Errorf("%d findings were compared", n)
	}
	// Edits, each written to the disk as well so that validate sees the same.
	for step := 1; step <= 6; step++ {
		file := names[r.IntN(len(names))]
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		e.open(file, string(b))
		line := r.IntN(strings.Count(string(b), "\n") + 1)
		e.change(file, 2, lspPosition{line, 3}, lspPosition{line, 3}, "x𝛑")
		lines := strings.SplitAfter(string(b), "\n")
		at := min(3, len(strings.TrimRight(lines[line], "\n")))
		for i := range lines[line] { // a place inside of a character is its beginning
			if i <= 3 {
				at = min(i, len(strings.TrimRight(lines[line], "\n")))
			}
		}
		lines[line] = lines[line][:at] + "x𝛑" + lines[line][at:]
		if err := os.WriteFile(file, []byte(strings.Join(lines, "")), 0o644); err != nil {
			t.Fatal(err)
		}
		compare(step)
	}
	e.leave()
}

// placeOfFinding writes a finding of validate as the protocol counts: lines from 0, columns in UTF-16 code units.
func placeOfFinding(t *testing.T, f *report.Finding) string {
	t.Helper()
	message := f.Message
	if f.Help != "" {
		message += "; " + f.Help
	}
	b, err := os.ReadFile(f.File)
	if err != nil || f.Line < 1 {
		return fmt.Sprintf("%d 0:0-0:0 %s %s", 1+int(f.Severity), f.Name(), message)
	}
	units := func(line, column int) (int, int) {
		src := content.NewSource(f.File, b)
		head := string(b[:src.Offset(content.Position{Line: line, Column: column})])
		n := strings.Count(head, "\n")
		c := 0
		for _, r := range head[strings.LastIndexByte(head, '\n')+1:] {
			c++
			if r >= 0x10000 {
				c++
			}
		}
		return n, c
	}
	l1, c1 := units(f.Line, f.Column)
	l2, c2 := l1, c1
	if f.EndLine > 0 {
		l2, c2 = units(f.EndLine, f.EndColumn)
	}
	return fmt.Sprintf("%d %d:%d-%d:%d %s %s", 1+int(f.Severity), l1, c1, l2, c2, f.Name(), message)
}

// BenchmarkLSP measures the answers of a server in a workspace of 500 rules and in a query of 2,000 lines; it reports the 95th
// percentile in milliseconds.
func BenchmarkLSP(b *testing.B) {
	dir := b.TempDir()
	files := map[string]string{"content/watchlists/vips.yaml": lspList}
	for i := range 500 {
		text := strings.Replace(lspRule, "11111111-2222-4333-8444-555555555555", fmt.Sprintf("11111111-2222-4333-8444-%012d", i), 1)
		text = strings.Replace(strings.Replace(text, "UserPrincipleName", "UserPrincipalName", 1), "who fail", fmt.Sprintf("who fail %d", i), 1)
		files[fmt.Sprintf("content/rules/g%d/admins.yaml", i)] = text
		files[fmt.Sprintf("content/rules/g%d/admins.test.yaml", i)] = lspTest
	}
	// 2,000 lines as people write them: a hundred statements of twenty lines, and the query that joins them.
	var long strings.Builder
	for i := range 100 {
		fmt.Fprintf(&long, "// Part %d.\nlet part%d = SigninLogs\n    | where TimeGenerated > ago(1d)\n    | where ResultType in (\"50126\", \"50053\", \"50055\")\n", i, i)
		for k := range 7 {
			fmt.Fprintf(&long, "    | extend c%d = strcat(UserPrincipalName, \"%d\"), d%d = tostring(DeviceDetail.operatingSystem)\n    | where c%d has \"a\" or d%d startswith \"Win\"\n", k, i, k, k, k)
		}
		fmt.Fprintf(&long, "    | summarize n%d = count(), Addresses%d = make_set(IPAddress, 100) by UserPrincipalName;\n", i, i)
	}
	long.WriteString("union part0, part1, part2\n")
	for strings.Count(long.String(), "\n") < 1999 {
		fmt.Fprintf(&long, "| join kind=leftouter part%d on UserPrincipalName\n| project-away UserPrincipalName1\n", strings.Count(long.String(), "\n")%97+3)
	}
	long.WriteString("| where UserPr\n")
	writeFiles(b, dir, files)
	e := newEditor(b, dir)
	const rule = "content/rules/g7/admins.yaml"
	e.open(rule, files[rule])
	e.open("long.kql", long.String())
	last := strings.Count(long.String(), "\n") - 1
	version := 1
	edit := func(file string, line int) {
		version++
		e.change(file, version, lspPosition{line, 2}, lspPosition{line, 2}, "x")
		e.diagnosticsOf(file)
		version++
		e.change(file, version, lspPosition{line, 2}, lspPosition{line, 3}, "")
		e.diagnosticsOf(file)
	}
	e.diagnosticsOf("long.kql")
	edit(rule, 13)
	for _, c := range []struct {
		name string
		do   func()
	}{
		{"completion/500rules", func() { e.call("textDocument/completion", e.at(rule, 14, 40), nil) }},
		{"completion/2000lines", func() { e.call("textDocument/completion", e.at("long.kql", last, 14), nil) }},
		{"hover/500rules", func() { e.call("textDocument/hover", e.at(rule, 15, 28), nil) }},
		{"hover/2000lines", func() { e.call("textDocument/hover", e.at("long.kql", last-1, 4), nil) }},
		{"two-edits/500rules", func() { edit(rule, 13) }},
		{"two-edits/2000lines", func() { edit("long.kql", 700) }},
	} {
		b.Run(c.name, func(b *testing.B) {
			var took []time.Duration
			for b.Loop() {
				start := time.Now()
				c.do()
				took = append(took, time.Since(start))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)*95/100].Microseconds())/1000, "p95-ms")
		})
	}
	e.leave()
}

// diagnosticsOf waits until something is published about a file.
func (e *editor) diagnosticsOf(file string) {
	delete(e.said, file)
	for {
		if _, ok := e.said[file]; ok {
			return
		}
		e.receive()
	}
}
