package main

import (
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestSameBytes runs commands over and over with other numbers of workers, time zones, languages and folders, and wants
// the same bytes each time.
func TestSameBytes(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	bin := filepath.Join(t.TempDir(), "blindspot")
	if err := os.Symlink(self, bin); err != nil {
		t.Skipf("no symbolic links here: %v", err)
	}
	pack, err := filepath.Abs("../../content")
	if err != nil {
		t.Fatal(err)
	}
	runs := 20
	if testing.Short() {
		runs = 4
	}
	data := t.TempDir()
	generate := exec.Command(bin, "generate", "--days", "1", "--users", "20", "--ratio", "4", "--seed", "3", "--out", data)
	if out, err := generate.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	query := `bs_Signins() | join kind=inner (AADServicePrincipalSignInLogs | summarize n = count() by IPAddress) on $left.IPAddress == $right.IPAddress
| union withsource=From (AuditLogs | take 5)
| summarize c = count(), apps = make_set(AppDisplayName, 20), u = dcount(UserPrincipalName), arg_max(TimeGenerated, ResultType) by Country, Stream | take 50`
	group := `bs_Signins() | summarize c = count(), apps = make_set(AppDisplayName, 20), l = make_list(ResultCode, 30), u = dcount(UserPrincipalName), arg_max(TimeGenerated, ResultType), take_any(IPAddress) by Country, Stream | order by c desc`
	for _, c := range []struct {
		name string
		jobs bool
		args []string
	}{
		{"validate", false, []string{"validate", "--format", "json"}},
		{"sarif", false, []string{"validate", "--format", "sarif"}},
		{"test", true, []string{"test", "--verbose", "--run", "spray|Dormant|legacy"}},
		{"group", true, []string{"query", "--data", data, "--now", "2026-01-06T00:00:00Z", "--format", "json", group}},
		{"join", true, []string{"query", "--data", data, "--now", "2026-01-06T00:00:00Z", "--format", "json", query}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var first string
			for i := range runs {
				args := append([]string(nil), c.args...)
				if c.jobs {
					args = append(args[:1:1], append([]string{"--jobs", []string{"1", "2", "8"}[i%3]}, args[1:]...)...)
				}
				cmd := exec.Command(bin, args...)
				cmd.Dir = t.TempDir() // another folder, with the pack under the name that all share
				if err := os.Symlink(pack, filepath.Join(cmd.Dir, "content")); err != nil {
					t.Fatal(err)
				}
				cmd.Env = append(os.Environ(), "TZ="+[]string{"UTC", "Asia/Kolkata", "America/St_Johns"}[i%3], "LC_ALL="+[]string{"C", "tr_TR.UTF-8"}[i%2], "NO_COLOR=1")
				out, err := cmd.Output()
				if err != nil {
					if e, ok := err.(*exec.ExitError); !ok || e.ExitCode() != exitFindings {
						t.Fatalf("%v: %v\n%s", args, err, out)
					}
				}
				if len(out) == 0 {
					t.Fatalf("%v printed nothing", args)
				}
				sum := fmt.Sprintf("%x", sha256.Sum256(out))
				if first == "" {
					first = sum
				}
				if sum != first {
					t.Fatalf("run %d of %v gave other bytes", i, args)
				}
			}
		})
	}
}
