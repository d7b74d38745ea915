package main

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/urfave/cli/v2"
)

// leaves lists the commands that do something, with the words that call them.
func commandLeaves(list []*cli.Command, words ...string) map[string]*cli.Command {
	out := map[string]*cli.Command{}
	for _, c := range list {
		name := append(words[:len(words):len(words)], c.Name)
		if len(c.Subcommands) == 0 {
			out[strings.Join(name, " ")] = c
			continue
		}
		for k, v := range commandLeaves(c.Subcommands, name...) {
			out[k] = v
		}
	}
	return out
}

// examplesOf are the lines that a command's help shows, without the words behind them.
func examplesOf(c *cli.Command) []string {
	_, after, found := strings.Cut(c.Description, "Examples:\n")
	if !found {
		return nil
	}
	var out []string
	for _, line := range strings.Split(after, "\n") {
		text := strings.TrimSpace(line)
		if text == "" {
			break
		}
		if strings.Contains(text, "blindspot") {
			text, _, _ = strings.Cut(text, "    ")
			out = append(out, text)
		}
	}
	return out
}

// mayEnd are the exit codes of examples that show a finding, or something that this test's folder has not.
var mayEnd = map[string]int{
	"blindspot backtest content/rules --workspace prod --from 2026-01-12 --to 2026-01-13": exitFindings, // nothing is deployed there yet
	"blindspot plan --workspace http://127.0.0.1:8080 --format json --detailed-exitcode":  2,            // there are changes
	"blindspot apply --workspace prod --plan today.plan --yes":                            exitUsage,    // the plan is stale: the line before was applied
	"blindspot query --check 'SigninLogs | where UserPrincipleName has \"a\"'":            exitFindings,
	"blindspot rollback --workspace prod --yes 20260105T110000.000Z-1f0c9a3b":             exitUsage,
	"blindspot backtest content/rules --data benign --delay entra --expect quiet.yaml":    exitFindings,
	"blindspot test --mutate --min-score 70":                                              exitFindings,
	"blindspot test --replay-streams":                                                     exitFindings,
	"blindspot validate --level missing-tests=off --level all=error":                      exitFindings,
	"blindspot validate --since origin/main --format github":                              exitFindings,
	"blindspot fmt --check --diff":                                                        exitFindings,
	"blindspot docs --check":                                                              exitFindings,
	"blindspot completion powershell | Out-String | Invoke-Expression":                    -1, // is for another shell
}

// Every command has at least two examples, and every example runs.
func TestExamples(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the examples are written for a POSIX shell")
	}
	leaves := commandLeaves(newApp(nil, nil, nil).Commands)
	total := 0
	for name, c := range leaves {
		n := len(examplesOf(c))
		if n < 2 {
			t.Errorf("%s has %d examples, want 2", name, n)
		}
		total += n
	}
	if total < 60 {
		t.Errorf("%d examples", total)
	}
	if testing.Short() {
		t.Skip("the examples take half a minute")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	bin := t.TempDir()
	if err := os.Symlink(self, filepath.Join(bin, "blindspot")); err != nil {
		t.Skipf("no symbolic links here: %v", err)
	}
	dir, address := exampleFolder(t, bin)
	port := regexp.MustCompile(`http://127\.0\.0\.1:8080`)
	// The order is that of help, because a plan is made before it is applied.
	var order []string
	var walk func(before string, list []*cli.Command)
	walk = func(before string, list []*cli.Command) {
		for _, c := range list {
			name := before + c.Name
			if _, ok := leaves[name]; ok {
				order = append(order, name)
			}
			walk(name+" ", c.Subcommands)
		}
	}
	walk("", newApp(nil, nil, nil).Commands)
	if len(order) != len(leaves) {
		t.Fatalf("%d commands in order, %d in all", len(order), len(leaves))
	}
	for _, name := range order {
		for _, line := range examplesOf(leaves[name]) {
			t.Run(strings.TrimPrefix(line, "blindspot "), func(t *testing.T) {
				want := mayEnd[line]
				if want < 0 {
					t.Skip("another shell")
				}
				typed := port.ReplaceAllString(smaller(line), address)
				limit := 120 * time.Second
				serves := strings.HasPrefix(line, "blindspot serve") || strings.Contains(line, "--watch")
				if serves {
					limit = 1500 * time.Millisecond
				}
				ctx, cancel := context.WithTimeout(t.Context(), limit)
				defer cancel()
				cmd := exec.CommandContext(ctx, "bash", "-c", "exec "+strings.TrimSuffix(typed, "&"))
				if strings.ContainsAny(line, "|;&<") {
					cmd = exec.CommandContext(ctx, "bash", "-c", strings.TrimSuffix(typed, "&"))
				}
				if serves {
					cmd = exec.CommandContext(ctx, "bash", "-c", "exec "+strings.TrimSuffix(line, "&"))
				}
				cmd.Dir = dir
				cmd.Env = exampleEnv(bin, dir)
				cmd.WaitDelay = time.Second
				said, err := cmd.CombinedOutput()
				if serves {
					if ctx.Err() == nil {
						t.Errorf("%s ended by itself: %v\n%.2000s", line, err, said)
					}
					return
				}
				code := 0
				var exit *exec.ExitError
				if errors.As(err, &exit) {
					code = exit.ExitCode()
				} else if err != nil {
					t.Fatal(err)
				}
				if code == exitUsage && strings.Contains(string(said), "nobody is there to ask; give --yes") {
					return // as it should where no terminal is
				}
				if code != 0 && code != want || strings.Contains(string(said), "blindspot: a bug of ours") {
					t.Errorf("%s ended with %d\n...%s", line, code, said[max(0, len(said)-1000):])
				}
			})
		}
	}
}

func exampleEnv(bin, dir string) []string {
	return append(os.Environ(), "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"), "HOME="+dir, "NO_COLOR=1", "GITHUB_STEP_SUMMARY="+filepath.Join(dir, "summary.md"), "GIT_CONFIG_GLOBAL=/dev/null",
		"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@contoso.example", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@contoso.example")
}

// exampleFolder makes the folder that the examples speak of: some content, data, and a workspace.
func exampleFolder(t *testing.T, bin string) (dir, address string) {
	t.Helper()
	dir = t.TempDir()
	for _, folder := range []string{"functions", "watchlists", "events", "streams", "hunting", "workbooks", "rules/cross-stream"} {
		if err := os.CopyFS(filepath.Join(dir, "content", folder), os.DirFS(filepath.Join("../../content", folder))); err != nil {
			t.Fatal(err)
		}
	}
	// A few rules do: mutants of all would take minutes.
	kept := 0
	rules, _ := filepath.Glob(filepath.Join(dir, "content/rules/cross-stream/*.yaml"))
	for _, r := range rules {
		base := filepath.Base(r)
		if strings.HasPrefix(base, "spray-across-streams") {
			continue
		}
		if strings.HasSuffix(base, ".test.yaml") || kept >= 1 {
			if err := os.Remove(r); err != nil && !errors.Is(err, os.ErrNotExist) {
				t.Fatal(err)
			}
			continue
		}
		kept++
		b, _ := os.ReadFile(r)
		test, _ := os.ReadFile(strings.TrimSuffix("../../content/rules/cross-stream/"+base, ".yaml") + ".test.yaml")
		writeFiles(t, dir, map[string]string{"content/rules/cross-stream/" + base: string(b), "content/rules/cross-stream/" + strings.TrimSuffix(base, ".yaml") + ".test.yaml": string(test)})
	}
	spray, err := os.ReadFile("../../content/rules/cross-stream/spray-across-streams.yaml")
	if err != nil {
		t.Fatal(err)
	}
	writeFiles(t, dir, map[string]string{
		"content/rules/old-rule.yaml":   "id: 11111111-2222-4333-8444-555555555599\nkind: NRT\nname: Old\ndescription: Old.\nseverity: Low\nquery: SigninLogs | where ResultType == \"50126\"\nversion: 1.0.0\n",
		"quiet.yaml":                    "unexpected: pass\nrules:\n  - rule: spray-across-streams.yaml\n    at_most: 100\n",
		"export.csv":                    "TimeGenerated,UserPrincipalName,ResultType\n2026-01-05T10:00:00Z,alice@contoso.example,0\n",
		"hunt.kql":                      "SigninLogs | count\n",
		"workbook.json":                 readFile(t, "../../content/workbooks/legacy-authentication.json"),
		".config/fish/completions/keep": "",
		"summary.md":                    "",
		"blindspot-rules/a.yaml":        string(spray),
	})
	setup := []string{
		"blindspot generate --days 2 --users 40 --attack a1 --out data",
		"blindspot generate --days 1 --users 20 --out logs",
		"blindspot generate --days 1 --users 20 --out benign",
		"mkdir -p data/workspaces/soc-emea && cp data/*SigninLogs* data/workspaces/soc-emea/",
		"mkdir one two && cd one && blindspot new rule brought-1 && blindspot export --to arm content/rules > ../Azure_Sentinel_analytics_rule.json",
		"cd two && blindspot new rule brought-2 && blindspot export --to arm content/rules > ../mainTemplate.json",
		"rm -r one two",
		"cp content/rules/cross-stream/spray-across-streams.yaml content/rules/cross-stream/spray-across-streams.test.yaml .",
		"git init -q . && git add content && git commit -q -m one && git update-ref refs/remotes/origin/main HEAD",
		"mkdir -p .config/fish/completions content/rules/vpn",
		"blindspot docs",
	}
	for _, line := range setup {
		cmd := exec.Command("bash", "-c", line)
		cmd.Dir, cmd.Env = dir, exampleEnv(bin, dir)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", line, err, out)
		}
	}
	serve := exec.Command(filepath.Join(bin, "blindspot"), "serve", "--addr", "127.0.0.1:0", "--seed-data", "data", "--ready-file", "up.json")
	serve.Dir, serve.Env = dir, exampleEnv(bin, dir)
	if err := serve.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = serve.Process.Kill(); _ = serve.Wait() })
	var up struct{ HTTP string }
	for range 1200 {
		if b, err := os.ReadFile(filepath.Join(dir, "up.json")); err == nil && json.Unmarshal(b, &up) == nil && up.HTTP != "" {
			break
		}
		time.Sleep(25 * time.Millisecond)
	}
	if up.HTTP == "" {
		t.Fatal("the stand-in did not come up in 30 seconds")
	}
	writeFiles(t, dir, map[string]string{"blindspot.yaml": "workspaces:\n  prod: { url: \"" + up.HTTP + "\" }\n  test: { url: \"" + up.HTTP + "\" }\n"})
	return dir, up.HTTP
}

// smaller makes an example's data fit a test: the same words with fewer people.
func smaller(line string) string {
	if strings.Contains(line, "blindspot generate") && !strings.Contains(line, "--users") {
		line = strings.Replace(line, "blindspot generate", "blindspot generate --users 40", 1)
	}
	if !strings.Contains(line, "users=") {
		line = strings.Replace(line, "--generate days=8,", "--generate days=2,users=40,", 1)
	}
	return strings.Replace(line, "--generate days=8,users=500", "--generate days=2,users=100", 1)
}

func readFile(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// Every block of commands on every page is run by a test: those of docs/workspace.md by TestWorkspaceWalk, the rest here.
func TestPagesRun(t *testing.T) {
	block := regexp.MustCompile("(?ms)^```(sh|bash|shell|console)([^\n]*)\n(.*?)^```")
	pages, err := filepath.Glob("../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	makefile := readFile(t, "../../Makefile")
	bin := t.TempDir()
	self, _ := os.Executable()
	if err := os.Symlink(self, filepath.Join(bin, "blindspot")); err != nil {
		t.Skipf("no symbolic links here: %v", err)
	}
	ran := 0
	for _, page := range append(pages, "../../README.md", "../../CONTRIBUTING.md") {
		if filepath.Base(page) == "workspace.md" {
			continue
		}
		for _, m := range block.FindAllStringSubmatch(readFile(t, page), -1) {
			info, body := strings.TrimSpace(m[2]), m[3]
			if strings.HasPrefix(info, "needs=") {
				continue // an editor, a package manager or a service that is not here; the page says so beside it
			}
			dir := t.TempDir()
			for _, line := range strings.Split(strings.TrimRight(body, "\n"), "\n") {
				line, _, _ = strings.Cut(strings.TrimPrefix(line, "$ "), "   # ")
				line = strings.TrimSpace(strings.SplitN(line, "    #", 2)[0])
				if line == "" || strings.HasPrefix(line, "#") {
					continue
				}
				if target, ok := strings.CutPrefix(line, "make "); ok {
					if !regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(strings.Fields(target)[0]) + `:`).MatchString(makefile) {
						t.Errorf("%s: the Makefile has no target %s", page, target)
					}
					ran++
					continue
				}
				cmd := exec.Command("bash", "-c", line)
				cmd.Dir, cmd.Env = dir, exampleEnv(bin, dir)
				out, err := cmd.CombinedOutput()
				var exit *exec.ExitError
				if err != nil && !(errors.As(err, &exit) && exit.ExitCode() == exitFindings && info == "finds") {
					t.Errorf("%s: %s: %v\n%.2000s", page, line, err, out)
				}
				ran++
			}
		}
	}
	if ran < 2 {
		t.Errorf("%d commands were run", ran)
	}
}

// The GitHub Action's script, run as a runner does: annotations, the summary once, outputs, and the gravest exit code. The
// pre-commit hooks name commands that take files.
func TestActionAndHooks(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a POSIX shell")
	}
	bin := t.TempDir()
	self, _ := os.Executable()
	if err := os.Symlink(self, filepath.Join(bin, "blindspot")); err != nil {
		t.Skipf("no symbolic links here: %v", err)
	}
	script, err := filepath.Abs("../../.ci/action")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	writeFiles(t, dir, map[string]string{"content/rules/admins.yaml": lspRule, "content/rules/admins.test.yaml": lspTest, "content/watchlists/vips.yaml": lspList, "content/functions/README.md": "",
		"fine/rules/admins.yaml": strings.ReplaceAll(lspRule, "UserPrincipleName", "UserPrincipalName"), "fine/rules/admins.test.yaml": lspTest, "fine/watchlists/vips.yaml": lspList, "fine/functions/README.md": "", "out": "", "summary.md": ""})
	act := func(more ...string) (string, int) {
		t.Helper()
		cmd := exec.Command("bash", script)
		cmd.Dir = dir
		cmd.Env = append(append(exampleEnv(bin, dir), "BLINDSPOT="+filepath.Join(bin, "blindspot"), "GITHUB_OUTPUT="+filepath.Join(dir, "out")), more...)
		said, err := cmd.CombinedOutput()
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			t.Fatal(err)
		}
		return string(said), cmd.ProcessState.ExitCode()
	}
	said, code := act("SARIF=findings.sarif")
	if code != exitFindings || !strings.Contains(said, "::error file=content/rules/admins.yaml,line=15") || !strings.Contains(said, "1 rule, 2 tests") {
		t.Errorf("%d %s", code, said)
	}
	if out := readFile(t, filepath.Join(dir, "out")); out != "errors=1\nwarnings=0\n" {
		t.Errorf("outputs: %q", out)
	}
	if n := strings.Count(readFile(t, filepath.Join(dir, "summary.md")), "### blindspot validate"); n != 1 {
		t.Errorf("the summary was written %d times", n)
	}
	if !strings.Contains(readFile(t, filepath.Join(dir, "findings.sarif")), `"KS142"`) {
		t.Error("the SARIF file holds no finding")
	}
	if said, code := act("CONTENT=fine", "FORMAT_CHECK=true"); code != exitWell {
		t.Errorf("%d %s", code, said)
	}
	// The comment on a pull request: written once, then changed; a token that may not write is told.
	writeFiles(t, bin, map[string]string{"gh": "#!/bin/sh\nprintf '%s\\n' \"$*\" >> calls\nfor a in \"$@\"; do case $a in body=@*) cat \"${a#body=@}\" > posted;; esac; done\ncase \"$*\" in *--paginate*) cat known;; *) exit $(cat refuses);; esac\n"})
	if err := os.Chmod(filepath.Join(bin, "gh"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ ref, known, refuses, call, said string }{
		{"refs/pull/7/merge", "", "0", "--method POST repos/contoso/content/issues/7/comments", ""},
		{"refs/pull/7/merge", "4711\n4712\n", "0", "--method PATCH repos/contoso/content/issues/comments/4711", ""},
		{"refs/pull/7/merge", "", "1", "--method POST", "::warning title=blindspot::the comment was not written"},
		{"refs/heads/main", "", "0", "", "no pull request, so no comment"},
	} {
		writeFiles(t, dir, map[string]string{"calls": "", "posted": "", "known": c.known, "refuses": c.refuses})
		said, code := act("COMMENT=true", "GITHUB_REF="+c.ref, "GITHUB_REPOSITORY=contoso/content", "GH_TOKEN=none")
		calls, posted := readFile(t, filepath.Join(dir, "calls")), readFile(t, filepath.Join(dir, "posted"))
		if code != exitFindings || !strings.Contains(calls, c.call) || !strings.Contains(said, c.said) {
			t.Errorf("%v: %d %s\n%s", c, code, calls, said)
		}
		if c.call != "" && (!strings.HasPrefix(posted, "<!-- blindspot -->\n### blindspot validate") || !strings.Contains(posted, "KS142") || !strings.Contains(posted, "### blindspot test")) {
			t.Errorf("%v posted %q", c, posted)
		}
	}
	for _, m := range regexp.MustCompile(`(?m)^  entry: (.*)$`).FindAllStringSubmatch(readFile(t, "../../.pre-commit-hooks.yaml"), -1) {
		cmd := exec.Command("bash", "-c", m[1]+" fine/rules/admins.yaml fine/rules/admins.test.yaml")
		cmd.Dir, cmd.Env = dir, exampleEnv(bin, dir)
		if said, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", m[1], err, said)
		}
	}
	for _, word := range regexp.MustCompile(`inputs\.([a-z-]+)`).FindAllStringSubmatch(readFile(t, "../../action.yml"), -1) {
		if !strings.Contains(readFile(t, "../../action.yml"), "\n  "+word[1]+":\n") {
			t.Errorf("the action has no input %s", word[1])
		}
	}
}
