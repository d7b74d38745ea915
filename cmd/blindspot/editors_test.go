package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// A real editor's own client is the judge of the language server: Neovim opens a rule, and sees, asks, completes, mends and
// lays out. The test is skipped where there is no nvim.
func TestNeovim(t *testing.T) {
	nvim, err := exec.LookPath("nvim")
	if err != nil {
		t.Skip("nvim is not on the PATH")
	}
	dir := t.TempDir()
	rule := strings.Replace(lspRule, "  | summarize Failures", "  |    summarize Failures", 1)
	writeFiles(t, dir, map[string]string{"content/rules/admins.yaml": rule, "content/rules/admins.test.yaml": lspTest, "content/watchlists/vips.yaml": lspList, "content/functions/README.md": "",
		"blindspot.yaml": "checks: { overlap: off }\n"})
	said := editorRuns(t, dir, "content/rules/admins.yaml", nvim, "--headless", "--clean", "-n", "-S", absolute(t, "testdata/editors/nvim.lua"))
	var found []struct {
		Line, Column int
		Code         string
		Message      string
	}
	said.get("diagnostics", &found)
	if len(found) != 1 || found[0].Line != 15 || found[0].Column != 37 || !strings.HasPrefix(found[0].Message, `unknown column "UserPrincipleName"`) {
		t.Errorf("diagnostics: %+v", found)
	}
	var hover, line, why string
	said.get("hover", &hover)
	if !strings.Contains(hover, "KS142") {
		t.Errorf("hover: %q", hover)
	}
	var labels, titles, after, text []string
	said.get("completion", &labels)
	if !slices.Contains(labels, "UserPrincipalName") {
		t.Errorf("completion: %q", labels)
	}
	said.get("actions", &titles)
	if !strings.Contains(strings.Join(titles, "\n"), `UserPrincipalName`) {
		t.Errorf("actions: %q", titles)
	}
	said.get("after", &after)
	said.get("line", &line)
	if len(after) != 0 || !strings.Contains(line, `UserPrincipalName startswith`) {
		t.Errorf("after the fix: %q, %q", after, line)
	}
	said.get("format", &text)
	if !slices.Contains(text, "  | summarize Failures = count() by UserPrincipalName, IPAddress") {
		t.Errorf("format: %q", text)
	}
	if said.get("failed", &why); why != "" {
		t.Error(why)
	}
}

// The same with Emacs and its client eglot; skipped where either is missing.
func TestEmacs(t *testing.T) {
	emacs, err := exec.LookPath("emacs")
	if err != nil {
		t.Skip("emacs is not on the PATH")
	}
	if exec.Command(emacs, "--batch", "--eval", "(package-initialize)", "-l", "eglot").Run() != nil {
		t.Skip("this Emacs has no eglot")
	}
	dir := t.TempDir()
	rule := strings.Replace(strings.Replace(lspRule, "  | summarize Failures", "  |    summarize Failures", 1), " 𝛑", "", 1)
	writeFiles(t, dir, map[string]string{"content/rules/admins.yaml": rule, "content/rules/admins.test.yaml": lspTest, "content/watchlists/vips.yaml": lspList, "content/functions/README.md": "",
		"blindspot.yaml": "checks: { overlap: off }\n"})
	t.Setenv("ROOT", dir+"/")
	said := editorRuns(t, dir, "content/rules/admins.yaml", emacs, "--batch", "--eval", "(package-initialize)", "-l", absolute(t, "testdata/editors/emacs.el"))
	var found, titles []string
	var hover, line, text, why string
	left := -1
	said.get("diagnostics", &found)
	said.get("hover", &hover)
	said.get("actions", &titles)
	said.get("after", &left)
	said.get("line", &line)
	said.get("format", &text)
	if len(found) != 1 || !strings.Contains(found[0], `unknown column "UserPrincipleName"`) || !strings.Contains(hover, "KS142") || !strings.Contains(strings.Join(titles, "\n"), "UserPrincipalName") {
		t.Errorf("%q, %q, %q", found, hover, titles)
	}
	if left != 0 || !strings.Contains(line, "UserPrincipalName startswith") || !strings.Contains(text, "\n  | summarize Failures = count() by") {
		t.Errorf("%d left, %q, %q", left, line, text)
	}
	if said.get("failed", &why); why != "" {
		t.Error(why)
	}
}

// heard is what an editor's script told.
type heard struct {
	t     *testing.T
	lines map[string]json.RawMessage
}

func (h heard) get(name string, v any) {
	if raw, ok := h.lines[name]; ok {
		if err := json.Unmarshal(raw, v); err != nil && string(raw) != "{}" { // an empty table of Lua is either
			h.t.Errorf("%s: %v in %s", name, err, raw)
		}
	} else if name != "failed" {
		h.t.Errorf("the editor did not come to %s", name)
	}
}

// editorRuns runs an editor in a folder and reads what its script told.
func editorRuns(t *testing.T, dir, file string, command ...string) heard {
	t.Helper()
	bin, out := filepath.Join(t.TempDir(), "blindspot"), filepath.Join(t.TempDir(), "out.jsonl")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(self, bin); err != nil {
		t.Skipf("no symbolic links here: %v", err)
	}
	cmd := exec.CommandContext(t.Context(), command[0], command[1:]...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "BLINDSPOT="+bin, "OUT="+out, "FILE="+file, "HOME="+dir, "XDG_CONFIG_HOME="+filepath.Join(dir, "none"), "XDG_STATE_HOME="+filepath.Join(dir, "none"), "XDG_DATA_HOME="+filepath.Join(dir, "none"), "XDG_CACHE_HOME="+filepath.Join(dir, "none"))
	var words bytes.Buffer
	cmd.Stdout, cmd.Stderr = &words, &words
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case <-ended:
	case <-time.After(90 * time.Second):
		_ = cmd.Process.Kill()
		<-ended
		t.Errorf("%s did not end in 90 s", command[0])
	}
	h := heard{t, map[string]json.RawMessage{}}
	f, err := os.Open(out)
	if err != nil {
		t.Fatalf("%s told nothing: %s", command[0], words.String())
	}
	defer f.Close()
	s := bufio.NewScanner(f)
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		var v struct {
			Name  string
			Value json.RawMessage
		}
		if err := json.Unmarshal(s.Bytes(), &v); err != nil {
			t.Errorf("%v: %s", err, s.Bytes())
		}
		h.lines[v.Name] = v.Value
	}
	if t.Failed() {
		t.Log(words.String())
	}
	return h
}

func absolute(t *testing.T, name string) string {
	t.Helper()
	p, err := filepath.Abs(name)
	if err != nil {
		t.Fatal(err)
	}
	return p
}
