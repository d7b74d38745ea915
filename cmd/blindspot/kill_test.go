package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/seed-caab1ad3/blindspot/emulator"
	"github.com/seed-caab1ad3/blindspot/emulator/catalog"
	"github.com/seed-caab1ad3/blindspot/emulator/server"

	"github.com/seed-caab1ad3/blindspot/content/tables"
)

const killRules = 6

// killContent is a small repository of rules.
func killContent(t *testing.T) string {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "rules"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "blindspot.yaml"), []byte("workspaces: {}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for i := range killRules {
		text := fmt.Sprintf("id: 6d1a1d3c-6f4e-4f37-9c3e-5a1a6c1b01%02d\nname: Rule %d\ndescription: A rule.\nkind: Scheduled\nseverity: Low\nversion: 1.0.0\nrequiredDataConnectors: []\nqueryFrequency: 1h\nqueryPeriod: 2h\ntriggerOperator: gt\ntriggerThreshold: %d\ntactics: [InitialAccess]\nrelevantTechniques: [T1078]\nquery: SigninLogs | where ResultType == \"50126\"\n", i, i, i)
		if err := os.WriteFile(filepath.Join(dir, "rules", fmt.Sprintf("r%d.yaml", i)), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestApplyKilled kills the applying process for real (SIGKILL) after each of its requests in turn: the next plan shows
// what is left and no more, the next apply converges, nothing is there twice, and no lock is left.
func TestApplyKilled(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	bin := filepath.Join(t.TempDir(), "blindspot")
	if err := os.Symlink(self, bin); err != nil {
		t.Skipf("no symbolic links here: %v", err)
	}
	for after := 1; ; after++ {
		dir := killContent(t)
		var mu sync.Mutex
		var victim *os.Process
		seen := 0
		ws := emulator.New(emulator.Options{Catalog: catalog.New(tables.Sentinel), TenantID: server.DefaultWorkspaceID})
		s, err := server.New(server.Options{Engine: server.Adapt(ws), Log: func(string) {
			mu.Lock()
			defer mu.Unlock()
			if seen++; victim != nil && seen >= after {
				_ = victim.Kill()
				victim = nil
			}
		}})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Start(); err != nil {
			t.Fatal(err)
		}
		run := func(kill bool, args ...string) (string, error) {
			args = append(args, "--workspace", s.URL())
			if args[0] != "pull" {
				args = append(args, dir)
			}
			cmd := exec.Command(bin, args...)
			var out bytes.Buffer
			cmd.Stdout, cmd.Stderr, cmd.Dir = &out, &out, dir
			mu.Lock()
			err := cmd.Start()
			if err == nil && kill {
				victim, seen = cmd.Process, 0
			}
			mu.Unlock()
			if err == nil {
				err = cmd.Wait()
			}
			mu.Lock()
			victim = nil
			mu.Unlock()
			return out.String(), err
		}
		first, err := run(true, "apply", "--yes", "--jobs", "1")
		finished := err == nil
		if out, err := run(false, "apply", "--yes"); err != nil {
			t.Fatalf("killed after request %d; the second apply: %v\n%s\nthe first said:\n%s", after, err, out, first)
		}
		if out, err := run(false, "plan", "--detailed-exitcode"); err != nil {
			t.Fatalf("killed after request %d; a plan after the second apply: %v\n%s", after, err, out)
		}
		out, err := run(false, "pull", "--to", filepath.Join(dir, "pulled"), "--adopt")
		if err != nil {
			t.Fatalf("pull: %v\n%s", err, out)
		}
		if n := strings.Count(out, "rules/"); n != killRules {
			t.Fatalf("killed after request %d: %d rules in the workspace, want %d\n%s", after, n, killRules, out)
		}
		if err := s.Close(context.Background()); err != nil {
			t.Fatal(err)
		}
		if finished {
			if after < killRules {
				t.Fatalf("the apply was over after %d requests", after)
			}
			return
		}
		if after > 200 {
			t.Fatal("the apply never ends")
		}
	}
}
