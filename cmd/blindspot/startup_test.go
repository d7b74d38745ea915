package main

import (
	"os/exec"
	"slices"
	"testing"
	"time"
)

// TestStartsAtOnce holds start-up far above what it takes (bench/cold gives the figure), so that a loaded machine passes
// and an init function that reads the whole library does not.
func TestStartsAtOnce(t *testing.T) {
	const most = 150 * time.Millisecond
	for _, args := range [][]string{{"version"}, {"query", "print x = 1"}} {
		var used []time.Duration
		for range 5 {
			cmd := exec.Command("blindspot", args...)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("blindspot %v: %v\n%s", args, err, out)
			}
			used = append(used, cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime())
		}
		if least := slices.Min(used); least > most {
			t.Errorf("blindspot %v takes %s of processor time, more than %s", args, least, most)
		}
	}
}
