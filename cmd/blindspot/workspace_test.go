package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/seed-caab1ad3/blindspot/emulator"
	"github.com/seed-caab1ad3/blindspot/emulator/server"
)

// standIn starts the service's side for a test and returns its plain address.
func standIn(t *testing.T) string {
	t.Helper()
	e := emulator.New(emulator.Options{})
	row := fmt.Sprintf(`{"TimeGenerated":%q,"UserPrincipalName":"alice@contoso.example","ResultType":"0"}`, time.Now().UTC().Add(-time.Hour).Format(time.RFC3339))
	if _, err := e.IngestJSON("SigninLogs", strings.NewReader(row)); err != nil {
		t.Fatal(err)
	}
	s, err := server.New(server.Options{Engine: server.Adapt(e)})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		_ = s.Close(ctx)
	})
	return s.URL()
}

// TestWorkspaceWalk runs docs/workspace.md: its files are written, its commands typed, and each line below a command must
// be somewhere in what it says.
func TestWorkspaceWalk(t *testing.T) {
	page, err := os.ReadFile("../../docs/workspace.md")
	if err != nil {
		t.Fatal(err)
	}
	var script strings.Builder
	files := map[string]string{}
	var names []string
	commands := 0
	block := regexp.MustCompile("(?ms)^```(\\w+)([^\n]*)\n(.*?)^```")
	for _, m := range block.FindAllStringSubmatch(string(page), -1) {
		kind, info, body := m[1], strings.TrimSpace(m[2]), strings.ReplaceAll(m[3], "http://127.0.0.1:8080", standInAddress)
		switch {
		case strings.HasPrefix(info, "file="):
			name := strings.TrimPrefix(info, "file=")
			files[name] = body
			names = append(names, name)
		case kind == "console":
			for _, line := range strings.Split(strings.TrimRight(body, "\n"), "\n") {
				command, isCommand := strings.CutPrefix(line, "$ ")
				if !isCommand {
					fmt.Fprintf(&script, "said %s\n", quoteScript(line))
					continue
				}
				commands++
				not := ""
				if info == "fails" {
					not = "! "
				}
				fmt.Fprintf(&script, "%sexec %s\n", not, strings.ReplaceAll(strings.ReplaceAll(command, "'", "''"), `"`, "'"))
			}
		}
	}
	if commands < 12 || len(files) != 3 {
		t.Fatalf("the page has %d commands and %d files", commands, len(files))
	}
	for _, n := range names {
		fmt.Fprintf(&script, "-- %s --\n%s", n, files[n])
	}
	runWalk(t, script.String())
}

const standInAddress = "STAND-IN"

func quoteScript(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

func runWalk(t *testing.T, text string) {
	t.Helper()
	address := standIn(t)
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "walk.txtar"), []byte(strings.ReplaceAll(text, standInAddress, address)), 0o600); err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: dir,
		Setup: func(e *testscript.Env) error {
			e.Setenv("NO_COLOR", "1")
			e.Setenv("STANDIN", address)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			// said wants the words of a line, in their order, somewhere in what the last command said.
			"said": func(ts *testscript.TestScript, neg bool, args []string) {
				said := ts.ReadFile("stdout") + ts.ReadFile("stderr")
				want := strings.Join(strings.Fields(args[0]), " ")
				if strings.Contains(strings.Join(strings.Fields(said), " "), want) == neg {
					ts.Fatalf("%q is not in:\n%s", want, said)
				}
			},
			"exit": wantExit,
		},
	})
}

// TestWorkspaceCommands runs what the page does not show: refusals, exit codes, drift, pruning, one document of JSON also
// on failure.
func TestWorkspaceCommands(t *testing.T) {
	rule := func(n int, name string) string {
		return fmt.Sprintf("id: 00000000-0000-4000-8000-%012d\nkind: Scheduled\nname: %s\ndescription: x\nseverity: Low\nqueryFrequency: 1h\nqueryPeriod: 1h\ntriggerOperator: gt\ntriggerThreshold: 0\nquery: SigninLogs\nversion: 1.0.0\n", n, name)
	}
	runWalk(t, `# nobody to ask
exit 2 blindspot apply --workspace STAND-IN
said 'give --yes'
# an unknown name, a URL elsewhere
exit 2 blindspot plan --workspace prod
said 'no workspace is known'
exit 2 blindspot plan --workspace http://192.0.2.1:80
said 'not on this machine'
exit 5 blindspot plan --workspace http://127.0.0.1:1 --format json
said '"error"'
exit 2 blindspot plan --workspace STAND-IN --detailed-exitcode
exec blindspot apply --workspace STAND-IN --yes
said 'Done: 2 of 2.'
exec blindspot plan --workspace STAND-IN --detailed-exitcode
# a second folder with one rule fewer prunes, and says so first
exec blindspot plan --workspace STAND-IN --prune less
said '- delete rule "Two"'
exec blindspot apply --workspace STAND-IN --prune --yes less
said 'Done: 2 of 2.'
# rollback brings it back
exec blindspot rollback --workspace STAND-IN --yes
exec blindspot plan --workspace STAND-IN --detailed-exitcode
# a pattern that selects nothing is a mistake
exit 2 blindspot plan --workspace STAND-IN --only nothing
said 'selects nothing'
exec blindspot plan --workspace STAND-IN --format markdown
said '### Blindspot plan'
# a rule without an id
exit 2 blindspot plan --workspace STAND-IN broken
said 'without an id'
-- content/rules/one.yaml --
`+rule(1, "One")+"-- content/rules/two.yaml --\n"+rule(2, "Two")+"-- less/rules/one.yaml --\n"+rule(1, "One")+"-- less/functions/f.yaml --\nalias: Unused\nquery: SigninLogs\n-- broken/rules/one.yaml --\n"+strings.SplitN(rule(3, "Three"), "\n", 2)[1])
}
