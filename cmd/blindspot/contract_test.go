package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/urfave/cli/v2"
	"github.com/xeipuuv/gojsonschema"

	"github.com/seed-caab1ad3/blindspot/cmd/internal/shape"
	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/validate/explain"
)

// ran runs a command line in the process and returns what it wrote and its exit code.
func ran(t *testing.T, ctx context.Context, stdin io.Reader, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	o, err := os.CreateTemp(t.TempDir(), "out")
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	e, err := os.CreateTemp(t.TempDir(), "err")
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	code = run(ctx, append([]string{"blindspot"}, args...), stdin, o, e)
	return readFile(t, o.Name()), readFile(t, e.Name()), code
}

// The schemas of what commands print are as they were published: a line that goes away is a promise broken. Fields may be
// added, with -update.
func TestPublishedShapes(t *testing.T) {
	for name, o := range outputs() {
		b, err := json.MarshalIndent(shape.Schema(name, o.title, o.of), "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		b = append(b, '\n')
		file := filepath.Join("testdata", "shapes", name+".json")
		if *update {
			if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, b, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil || !bytes.Equal(b, want) {
			t.Errorf("%s is not as published (%v); if fields were only added, run with -update", name, err)
		}
	}
}

// What commands print is as their schemas say, well and failing.
func TestOutputsKeepTheirShape(t *testing.T) {
	pack, err := filepath.Abs("../../content")
	if err != nil {
		t.Fatal(err)
	}
	address := standIn(t)
	t.Chdir(t.TempDir())
	writeFiles(t, ".", map[string]string{"content/rules/admins.yaml": lspRule, "content/rules/admins.test.yaml": lspTest, "good/rules/admins.yaml": strings.ReplaceAll(lspRule, "UserPrincipleName", "UserPrincipalName"),
		"good/rules/admins.test.yaml": lspTest, "good/watchlists/vips.yaml": lspList, "blindspot.yaml": "checks: { overlap: off }\n", "good/functions/README.md": "", "b.json": ""})
	for _, c := range []struct {
		shape string
		args  []string
	}{
		{"report.validate", []string{"validate", "--format", "json"}},
		{"report.validate", []string{"validate", "--format", "json", "good"}},
		{"report.test", []string{"test", "--format", "json", "good", "--mutate", "--coverage", "--replay-streams"}},
		{"report.test", []string{"test", "--format", "json", "content"}},
		{"report.backtest", []string{"backtest", "good", "--generate", "days=1,users=40", "--format", "json"}},
		{"report.explain", []string{"explain", "KS142", "--format", "json"}},
		{"report.explain", []string{"explain", "overlap", "--format", "json"}},
		{"report.trace", []string{"explain", "good/rules/admins.yaml", "--format", "json"}},
		{"report.config", []string{"config", "show", "--format", "json", "--all"}},
		{"report.workbook", []string{"workbook", "test", "--format", "json", filepath.Join(pack, "workbooks", "legacy-authentication.json")}},
		{"report.plan", []string{"plan", "--workspace", address, "--format", "json", "good"}},
		{"report.pull", []string{"pull", "--workspace", address, "--format", "json", "--to", "pulled", "--dry-run"}},
		{"report.apply", []string{"apply", "--workspace", address, "--format", "json", "--yes", "good"}},
		{"report.apply", []string{"apply", "--workspace", address, "--format", "json", "--yes", "good"}}, // nothing to do
		{"report.snapshots", []string{"rollback", "--workspace", address, "--format", "json", "--list"}},
		{"report.apply", []string{"rollback", "--workspace", address, "--format", "json", "--yes"}},
		{"events.apply", []string{"apply", "--workspace", address, "--format", "jsonl", "--yes", "good"}},
		{"events.apply", []string{"apply", "--workspace", "nowhere", "--format", "jsonl", "--yes", "good"}},
		{"events.test", []string{"test", "--format", "jsonl", "good", "--coverage"}},
		{"events.test", []string{"test", "--format", "jsonl", "nowhere"}},
		{"events.backtest", []string{"backtest", "good", "--generate", "days=1,users=40", "--format", "jsonl"}},
		{"events.backtest", []string{"backtest", "good", "--format", "jsonl"}},
		{"report.connect", []string{"connect", "status", "--workspace", address, "--format", "json"}},
		{"report.connection", []string{"connect", "enable", "--workspace", address, "--format", "json", "--yes", "SignInLogs"}},
		{"report.version", []string{"version", "--format", "json"}},
		{"report.failure", []string{"validate", "nowhere", "--format", "json"}},
		{"report.failure", []string{"test", "--nosuch", "--format", "json"}},
	} {
		said, words, code := ran(t, t.Context(), strings.NewReader(""), c.args...)
		if code == exitBug {
			t.Errorf("%v: %s", c.args, words)
		}
		o := outputs()[c.shape]
		s, err := gojsonschema.NewSchema(gojsonschema.NewGoLoader(shape.Schema(c.shape, o.title, o.of)))
		if err != nil {
			t.Fatalf("%s: %v", c.shape, err)
		}
		documents := []string{said}
		if strings.HasPrefix(c.shape, "events.") {
			documents = strings.Split(strings.TrimSuffix(said, "\n"), "\n")
		}
		last := ""
		for _, said := range documents {
			res, err := s.Validate(gojsonschema.NewStringLoader(said))
			if err != nil {
				t.Errorf("%v printed no JSON: %v\n%.500s\n%s", c.args, err, said, words)
				continue
			}
			for _, e := range res.Errors() {
				t.Errorf("%v is not as %s says: %s; %.300s", c.args, c.shape, e, words)
			}
			var v struct {
				SchemaVersion int
				Event         string
			}
			if json.Unmarshal([]byte(said), &v) != nil || v.SchemaVersion != 1 {
				t.Errorf("%v has no schemaVersion", c.args)
			}
			last = v.Event
		}
		if want := map[bool]string{true: "summary outcome", false: "error"}[code == exitWell]; last != "" && !strings.Contains(want, last) {
			t.Errorf("%v ended with %d and its last event is %q: %s", c.args, code, last, said)
		}
	}
	if _, _, code := ran(t, t.Context(), nil, "validate", "--write-baseline", "b.json"); code != 0 {
		t.Errorf("--write-baseline ended with %d", code)
	}
	o := outputs()["report.baseline"]
	res, err := gojsonschema.Validate(gojsonschema.NewGoLoader(shape.Schema("report.baseline", o.title, o.of)), gojsonschema.NewStringLoader(readFile(t, "b.json")))
	if err != nil || !res.Valid() {
		t.Errorf("the baseline is not as its schema says: %v %v", err, res)
	}
}

// Every command that can print JSON prints one document also when it is used wrongly.
func TestJSONParsesOnFailure(t *testing.T) {
	t.Chdir(t.TempDir())
	n := 0
	for name, c := range commandLeaves(newApp(nil, nil, nil).Commands) {
		takes := false
		for _, f := range c.Flags {
			s, ok := f.(*cli.StringFlag)
			takes = takes || ok && s.Name == "format" && strings.Contains(s.Usage+s.Value, "json")
		}
		if !takes {
			continue
		}
		n++
		words := strings.Fields(name)
		for _, wrong := range [][]string{{"--nosuch"}, {"nowhere-at-all"}, {"--workspace", "nowhere"}, {"--data", "nowhere"}, {}} {
			args := append(append(append([]string{}, words...), "--format", "json"), wrong...)
			said, stderr, code := ran(t, t.Context(), strings.NewReader(""), args...)
			if code == exitBug {
				t.Errorf("%v: %s", args, stderr)
			}
			if code != exitWell && !json.Valid([]byte(said)) {
				t.Errorf("%v ended with %d and printed no JSON: %.300q; %s", args, code, said, stderr)
			}
		}
	}
	if n < 8 {
		t.Errorf("%d commands print JSON", n)
	}
}

// breaks panics when it is read.
type breaks struct{}

func (breaks) Read([]byte) (int, error) { panic("broken on purpose") }

// TestExitCodes holds the table of exit codes, each by a command that ends with it.
func TestExitCodes(t *testing.T) {
	address := standIn(t)
	t.Chdir(t.TempDir())
	writeFiles(t, ".", map[string]string{"good/rules/a.yaml": strings.ReplaceAll(lspRule, "UserPrincipleName", "UserPrincipalName"), "good/rules/a.test.yaml": strings.Replace(lspTest, "admins.yaml", "a.yaml", 1), "good/watchlists/vips.yaml": lspList, "good/functions/README.md": "",
		"bad/rules/a.yaml": lspRule, "fails/rules/a.yaml": strings.ReplaceAll(lspRule, "UserPrincipleName", "UserPrincipalName"), "fails/rules/a.test.yaml": strings.Replace(strings.Replace(lspTest, "admins.yaml", "a.yaml", 1), "alerts: []", "alerts: [{}]", 1), "fails/watchlists/vips.yaml": lspList, "fails/functions/README.md": "",
		"plain/rules/a.yaml": "id: 11111111-2222-4333-8444-555555555577\nkind: NRT\nname: Plain\ndescription: x\nseverity: Low\nquery: SigninLogs | where ResultType == \"50126\"\nversion: 1.0.0\n", "plain/functions/README.md": "",
		"broken/rules/a.yaml": "id: [\n", "denied/blindspot.yaml": "workspaces:\n  prod: { tenant: 00000000-0000-0000-0000-000000000001, subscription: 00000000-0000-0000-0000-000000000002, resourceGroup: a, workspace: b, auth: secret, clientId: 00000000-0000-0000-0000-000000000003 }\n"})
	for _, name := range []string{"AZURE_CLIENT_SECRET", "AZURE_CLIENT_ID", "AZURE_TENANT_ID"} {
		t.Setenv(name, "")
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range []struct {
		code  int
		ctx   context.Context
		stdin io.Reader
		args  string
	}{
		{exitWell, nil, nil, "validate good"},
		{exitWell, nil, nil, "test good"},
		{exitWell, nil, nil, "version"},
		{exitWell, nil, nil, "help"},
		{exitFindings, nil, nil, "validate bad"},
		{exitFindings, nil, nil, "test fails"},
		{exitFindings, nil, strings.NewReader("T|count"), "fmt --check -"},
		{exitUsage, nil, nil, "validate nowhere"},
		{exitUsage, nil, nil, "validate --nosuch"},
		{exitUsage, nil, nil, "nosuch"},
		{exitUsage, nil, nil, "test broken"},
		{exitUsage, nil, nil, "plan --workspace nobody good"},
		{exitDenied, nil, nil, "plan --workspace prod denied"},
		{exitRefused, nil, nil, "plan --workspace http://127.0.0.1:1 good"},
		{exitBug, nil, breaks{}, "fmt -"},
		{exitInterrupted, ended, nil, "validate good"},
		{exitInterrupted, ended, nil, "test good"},
		{2, nil, nil, "plan --detailed-exitcode --workspace " + address + " plain"},
		{0, nil, nil, "apply --yes --workspace " + address + " plain"},
		{0, nil, nil, "plan --detailed-exitcode --workspace " + address + " plain"},
		{1, nil, nil, "plan --detailed-exitcode --workspace http://127.0.0.1:1 good"},
	} {
		ctx := c.ctx
		if ctx == nil {
			ctx = t.Context()
		}
		if c.stdin == nil {
			c.stdin = strings.NewReader("")
		}
		if _, stderr, code := ran(t, ctx, c.stdin, strings.Fields(c.args)...); code != c.code {
			t.Errorf("%s ended with %d, want %d: %s", c.args, code, c.code, stderr)
		}
	}
	help := topics["exit-codes"]
	for _, code := range []string{"0", "1", "2", "4", "5", "70", "130"} {
		if !strings.Contains(help, "  "+code+"   ") {
			t.Errorf("help exit-codes leaves out %s", code)
		}
	}
}

// A reader that has seen enough hears nothing more: no word on stderr.
func TestBrokenPipe(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	bin := filepath.Join(t.TempDir(), "blindspot")
	if err := os.Symlink(self, bin); err != nil {
		t.Skipf("no symbolic links here: %v", err)
	}
	for _, line := range []string{"schema rule", "explain --list", "validate --format sarif", "test --format json --run nothing-at-all", "generate --days 1 --users 40 --describe"} {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		r.Close()
		cmd := exec.Command(bin, strings.Fields(line)...)
		cmd.Dir = t.TempDir()
		var stderr bytes.Buffer
		cmd.Stdout, cmd.Stderr = w, &stderr
		err = cmd.Run()
		w.Close()
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			t.Fatal(err)
		}
		if s := stderr.String(); strings.Contains(s, "pipe") || strings.Contains(s, "bug") {
			t.Errorf("%s said %q to a closed pipe", line, s)
		}
	}
}

// The examples of codes that a query gets only when it runs.
func TestExamplesOfRunningQueries(t *testing.T) {
	t.Chdir(t.TempDir())
	n := 0
	for _, e := range explain.All() {
		if !e.Options.RunOnly && !e.Options.QueryOnly {
			continue
		}
		n++
		if _, said, code := ran(t, t.Context(), nil, "query", e.Bad[0].Text); code == exitWell || !strings.Contains(said, e.ID) {
			t.Errorf("%s: the bad example ended with %d: %s", e.ID, code, said)
		}
		if _, said, code := ran(t, t.Context(), nil, "query", "--check", e.Good[0].Text); code != exitWell {
			t.Errorf("%s: the good example ended with %d: %s", e.ID, code, said)
		}
	}
	if n < 2 {
		t.Errorf("%d codes", n)
	}
}

// The figures of the README are those of the tree.
func TestReadmeFigures(t *testing.T) {
	readme := readFile(t, "../../README.md")
	b, _ := content.Load(os.DirFS("../../content"), content.Options{})
	tests := 0
	for _, f := range b.Tests {
		tests += len(f.Tests)
	}
	without := 0
	for _, e := range explain.All() {
		if e.Code() && len(e.Bad) == 0 {
			without++
		}
	}
	words := map[int]string{4: "four", 5: "five", 6: "six"}
	about := func(pattern string, n int) {
		t.Helper()
		m := regexp.MustCompile(pattern).FindStringSubmatch(readme)
		if m == nil {
			t.Errorf("the README does not say %s", pattern)
			return
		}
		if said, _ := strconv.Atoi(m[1]); said*10 < n*9 || said*10 > n*11 {
			t.Errorf("the README says %s, and there are %d", m[0], n)
		}
	}
	about(`about (\d+) tests`, tests)
	about(`about (\d+) checks and codes explained`, len(explain.All()))
	for _, want := range []string{fmt.Sprintf("%d rules over all sign-in streams", len(b.Rules)), "except " + words[without] + " codes"} {
		if !strings.Contains(readme, want) {
			t.Errorf("the README does not say %q", want)
		}
	}
}
