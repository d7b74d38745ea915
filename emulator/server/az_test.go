package server

import (
	"bufio"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// azStep is a command and what it must answer.
type azStep struct {
	line     int
	command  string
	refused  bool
	expected string
}

func readWalk(t *testing.T, file string) (steps []azStep) {
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	in := bufio.NewScanner(f)
	answer := false
	for n := 1; in.Scan(); n++ {
		line := in.Text()
		last := len(steps) - 1
		switch {
		case strings.TrimSpace(line) == "" || line[0] == '#':
		case strings.HasPrefix(line, "az "):
			steps, answer = append(steps, azStep{line: n, command: line}), false
		case line == "<- ok", line == "<- refused":
			steps[last].refused, answer = line == "<- refused", true
		case line[0] == ' ' && answer:
			steps[last].expected += strings.TrimSpace(line)
		case line[0] == ' ':
			steps[last].command += " " + strings.TrimSpace(line)
		default:
			t.Fatalf("%s:%d: %q is no step", file, n, line)
		}
	}
	return steps
}

// TestAzureCLI runs Microsoft's az against a server: Debian's package azure-cli.
func TestAzureCLI(t *testing.T) {
	t.Parallel()
	if out, err := exec.Command(systemPython, "-c", "import azure.cli.core").CombinedOutput(); err != nil {
		absent(t, "az", systemPython+" has no azure.cli: "+strings.TrimSpace(string(out)))
	}
	s, _ := started(t, Options{Secret: "correct", Log: asked(t, "az")})
	cmd := exec.Command(systemPython, "run.py")
	cmd.Dir = "testdata/az"
	cmd.Env = append(identityOf(t, s), "AZURE_CONFIG_DIR="+filepath.Join(t.TempDir(), "az"), "AZURE_CORE_COLLECT_TELEMETRY=false", "AZURE_CORE_NO_COLOR=true",
		"PYTHONDONTWRITEBYTECODE=1", "PYTHONWARNINGS=ignore")
	var said strings.Builder
	cmd.Stderr = &said
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	late := time.AfterFunc(5*time.Minute, func() { _ = cmd.Process.Kill() })
	defer func() {
		late.Stop()
		_ = stdin.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("%v\n%s", err, said.String())
		}
	}()
	answers := bufio.NewScanner(stdout)
	answers.Buffer(nil, 8<<20)
	vars := strings.NewReplacer("{https}", s.SecureURL(), "{tenant}", s.opts.Tenant, "{subscription}", s.opts.Subscription, "{id}", s.opts.WorkspaceID, "{ws}", s.WorkspaceResource(),
		"{si}", s.WorkspaceResource()+"/providers/Microsoft.SecurityInsights", "{rg}", "/subscriptions/"+s.opts.Subscription+"/resourceGroups/"+s.opts.ResourceGroup)
	steps := readWalk(t, "testdata/az/walk.az")
	if len(steps) < 60 {
		t.Fatalf("only %d steps", len(steps))
	}
	for _, x := range steps {
		if _, err := stdin.Write([]byte(vars.Replace(x.command) + "\n")); err != nil {
			t.Fatalf("line %d: %v\n%s", x.line, err, said.String())
		}
		if !answers.Scan() {
			t.Fatalf("line %d: az is gone\n%s", x.line, said.String())
		}
		var got struct {
			Code       int
			Out, Error string
		}
		if err := json.Unmarshal(answers.Bytes(), &got); err != nil {
			t.Fatalf("line %d: %v: %s", x.line, err, answers.Bytes())
		}
		expected := vars.Replace(x.expected)
		if x.refused {
			if got.Code == 0 || !strings.Contains(got.Error, expected) {
				t.Errorf("line %d: %s: exit code %d, want a refusal with %q\n%s%s", x.line, x.command, got.Code, expected, got.Out, got.Error)
			}
			continue
		}
		if got.Code != 0 {
			t.Errorf("line %d: %s: exit code %d\n%s", x.line, x.command, got.Code, got.Error)
			continue
		}
		if expected == "" {
			continue
		}
		var want, have any
		if err := json.Unmarshal([]byte(expected), &want); err != nil {
			t.Fatalf("line %d: %v", x.line, err)
		}
		if err := json.Unmarshal([]byte(got.Out), &have); err != nil {
			t.Errorf("line %d: %v in %s", x.line, err, got.Out)
			continue
		}
		if d := part(want, have, ""); d != "" {
			t.Errorf("line %d: %s: %s\n%s", x.line, x.command, d, got.Out)
		}
	}
}
