// Command validate measures `blindspot validate` as a whole process: a folder of copies of the shipped rules, cold, and one
// rule with nothing around it. Programs are run turn by turn, so that what else runs on the machine is the same for all;
// medians of processor time (user and system), of the clock, and the peak of memory are printed, and that all programs said the same.
//
// Every copy has an id, a name and a query of its own (a comment stands before it), so that nothing is saved by two rules
// being one text.
//
//	go run ./bench/validate [-rules 3000] [-runs 7] ./blindspot-before ./blindspot
package main

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"time"
)

const one = "content/rules/cross-stream/spray-across-streams.yaml"

func main() {
	rules := flag.Int("rules", 3000, "copies in the folder")
	runs := flag.Int("runs", 7, "runs of each program over the folder; one rule is run three times as often")
	keep := flag.String("keep", "", "make the folder here and leave it")
	flag.Parse()
	if err := run(flag.Args(), *rules, *runs, *keep); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(programs []string, rules, runs int, keep string) error {
	if len(programs) == 0 {
		programs = []string{"./blindspot"}
	}
	dir := keep
	if dir == "" {
		temp, err := os.MkdirTemp("", "blindspot-validate-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(temp)
		dir = temp
	}
	if err := copies("content", dir, rules); err != nil {
		return err
	}
	if err := compare(fmt.Sprintf("%d rules", rules), programs, runs, "validate", dir); err != nil {
		return err
	}
	return compare("one rule", programs, 3*runs, "validate", one)
}

// compare runs a command with each program, turn by turn.
func compare(what string, programs []string, runs int, args ...string) error {
	type measured struct {
		processor, clock []time.Duration
		peak             int64 // KiB
		said             [sha256.Size]byte
		last             string
	}
	all := make([]measured, len(programs))
	for turn := range runs + 1 {
		for i, program := range programs {
			cmd := exec.Command(program, args...)
			begin := time.Now()
			said, err := cmd.CombinedOutput()
			took := time.Since(begin)
			var exit *exec.ExitError
			if err != nil && !(errors.As(err, &exit) && exit.ExitCode() == 1) {
				return fmt.Errorf("%s %s: %w\n%s", program, strings.Join(args, " "), err, said)
			}
			if turn == 0 {
				continue // reads the files into the system's memory
			}
			m := &all[i]
			m.processor = append(m.processor, cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime())
			m.clock = append(m.clock, took)
			if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
				m.peak = max(m.peak, usage.Maxrss)
			}
			m.said = sha256.Sum256(said)
			lines := strings.Split(strings.TrimSpace(string(said)), "\n")
			m.last = lines[len(lines)-1]
		}
	}
	fmt.Printf("%-12s %-28s %14s %10s %10s\n", what, "", "processor ms", "clock ms", "peak MiB")
	for i, m := range all {
		fmt.Printf("%-12s %-28s %14.1f %10.1f %10d   %s\n", "", programs[i], median(m.processor), median(m.clock), m.peak>>10, m.last)
		if m.said != all[0].said {
			fmt.Printf("%-12s %s says something else than %s\n", "", programs[i], programs[0])
		}
	}
	return nil
}

func median(list []time.Duration) float64 {
	slices.Sort(list)
	return float64(list[len(list)/2].Microseconds()) / 1000
}

// copies makes a folder with the functions, watchlists and tables of a pack, and so many copies of its rules.
func copies(pack, dir string, n int) error {
	var rules []string
	err := filepath.WalkDir(pack, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		inside, err := filepath.Rel(pack, name)
		if err != nil {
			return err
		}
		top, _, _ := strings.Cut(filepath.ToSlash(inside), "/")
		switch {
		case top == "rules" && strings.HasSuffix(name, ".yaml") && !strings.HasSuffix(name, ".test.yaml"):
			rules = append(rules, name)
		case (top == "functions" || top == "watchlists" || top == "streams" || top == "tables") &&
			(strings.HasSuffix(name, ".yaml") || strings.HasSuffix(name, ".csv")):
			text, err := os.ReadFile(name)
			if err != nil {
				return err
			}
			return write(filepath.Join(dir, inside), text)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if len(rules) == 0 {
		return fmt.Errorf("%s has no rules; run this in the root of the tree", pack)
	}
	id, name, query := regexp.MustCompile(`(?m)^id: .*$`), regexp.MustCompile(`(?m)^(name: .*[^'"\n])(['"]?)$`), regexp.MustCompile(`(?m)^query: \|.*\n`)
	for i := range n {
		text, err := os.ReadFile(rules[i%len(rules)])
		if err != nil {
			return err
		}
		text = id.ReplaceAll(text, fmt.Appendf(nil, "id: %08x-0000-4000-8000-000000000000", i+1))
		text = name.ReplaceAll(text, fmt.Appendf(nil, "${1}, copy %d${2}", i))
		text = query.ReplaceAllFunc(text, func(m []byte) []byte { return append(bytes.Clone(m), fmt.Sprintf("  // Copy %d.\n", i)...) })
		if err := write(filepath.Join(dir, "rules", fmt.Sprintf("copy-%04d.yaml", i)), text); err != nil {
			return err
		}
	}
	return nil
}

func write(name string, text []byte) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	return os.WriteFile(name, text, 0o644)
}
