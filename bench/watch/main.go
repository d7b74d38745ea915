// Command watch measures how soon `blindspot test --watch` of the built binary answers a change: from the moment before a
// file is written until the line that sums the tests up is read. It works on a copy of the content folder in a temporary
// folder, and writes as editors do.
//
//	go run ./bench/watch ./blindspot [RUNS]
//
// It prints the clock (median, 95th percentile, worst) and the processor time that the program used for each answer, where
// the system tells (/proc).
package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// edit is one way in which a file changes.
type edit struct {
	name string
	file string
	// write gives the file its new text.
	write func(file string, text []byte) error
}

const (
	rule     = "content/rules/cross-stream/spray-across-streams.yaml"
	test     = "content/rules/cross-stream/spray-across-streams.test.yaml"
	function = "content/functions/bs_Signins.yaml"
	template = "content/events/signin.yaml"
)

var edits = []edit{
	{"rule, in place", rule, inPlace},
	{"rule, renamed over", rule, renamedOver},
	{"rule, as vim does", rule, withBackup},
	{"test, in place", test, inPlace},
	{"function of many rules", function, inPlace},
	{"template of all tests", template, inPlace},
}

func main() {
	bin, runs := "./blindspot", 30
	if len(os.Args) > 1 {
		bin = os.Args[1]
	}
	if len(os.Args) > 2 {
		n, err := strconv.Atoi(os.Args[2])
		if err != nil || n < 1 {
			fail(fmt.Errorf("%q is no number of runs", os.Args[2]))
		}
		runs = n
	}
	if err := measure(bin, runs); err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "watch: "+err.Error())
	os.Exit(1)
}

func measure(bin string, runs int) error {
	bin, err := filepath.Abs(bin)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "blindspot-watch-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := os.CopyFS(filepath.Join(dir, "content"), os.DirFS("content")); err != nil {
		return err
	}
	cmd := exec.Command(bin, "test", "--watch", "content")
	cmd.Dir = dir
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	cmd.Stdout, cmd.Stderr = w, w
	if err := cmd.Start(); err != nil {
		return err
	}
	w.Close()
	defer func() {
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait()
	}()
	lines := make(chan string, 1024)
	go read(r, lines)
	if _, err := waitFor(lines, "watching "); err != nil {
		return err
	}
	fmt.Printf("%-26s %6s %10s %10s %10s %14s   %s\n", "", "runs", "median ms", "p95 ms", "worst ms", "processor ms", "result")
	for _, e := range edits {
		file := filepath.Join(dir, filepath.FromSlash(e.file))
		original, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		var clock, processor []time.Duration
		said := ""
		for n := range runs {
			time.Sleep(150 * time.Millisecond) // the last change is over
			for len(lines) > 0 {
				<-lines
			}
			text := altered(string(original), n)
			used := usedBy(cmd.Process.Pid)
			begin := time.Now()
			if err := e.write(file, []byte(text)); err != nil {
				return err
			}
			if said, err = waitFor(lines, " passed, "); err != nil {
				return fmt.Errorf("%s: %w", e.name, err)
			}
			clock = append(clock, time.Since(begin))
			processor = append(processor, usedBy(cmd.Process.Pid)-used)
		}
		if err := os.WriteFile(file, original, 0o644); err != nil {
			return err
		}
		slices.Sort(clock)
		slices.Sort(processor)
		fmt.Printf("%-26s %6d %10.1f %10.1f %10.1f %14.1f   %s\n", e.name, runs, ms(clock[runs/2]), ms(clock[(runs*95)/100]), ms(clock[runs-1]), ms(processor[runs/2]), said)
	}
	return nil
}

// altered is a file's text with a new comment, in the query when there is one, so that it is compiled again; event templates
// get another value, because a comment alone touches no test.
func altered(text string, n int) string {
	if before, after, found := strings.Cut(text, "DurationMs: 0\n"); found {
		return before + fmt.Sprintf("DurationMs: %d\n", n+1) + after
	}
	if at := strings.Index(text, "query: |\n"); at >= 0 {
		at += len("query: |\n")
		indent := text[at : at+len(text[at:])-len(strings.TrimLeft(text[at:], " "))]
		return text[:at] + indent + fmt.Sprintf("// change %d\n", n) + text[at:]
	}
	return text + fmt.Sprintf("# change %d\n", n)
}

// waitFor reads lines until one has words, and returns it.
func waitFor(lines <-chan string, words string) (string, error) {
	limit := time.After(20 * time.Second)
	var seen []string
	for {
		select {
		case l, ok := <-lines:
			if !ok {
				return "", errors.New("the program ended:\n" + strings.Join(seen, "\n"))
			}
			if strings.Contains(l, words) {
				return l, nil
			}
			seen = append(seen, l)
		case <-limit:
			return "", fmt.Errorf("no line with %q in twenty seconds:\n%s", words, strings.Join(seen, "\n"))
		}
	}
}

func read(r io.Reader, lines chan<- string) {
	defer close(lines)
	for s := bufio.NewScanner(r); s.Scan(); {
		lines <- s.Text()
	}
}

func inPlace(file string, text []byte) error { return os.WriteFile(file, text, 0o644) }

func renamedOver(file string, text []byte) error {
	fresh := filepath.Join(filepath.Dir(file), ".fresh.tmp")
	if err := os.WriteFile(fresh, text, 0o644); err != nil {
		return err
	}
	return os.Rename(fresh, file)
}

// withBackup moves the file aside, writes it anew and deletes the old one.
func withBackup(file string, text []byte) error {
	if err := os.Rename(file, file+"~"); err != nil {
		return err
	}
	if err := os.WriteFile(file, text, 0o644); err != nil {
		return err
	}
	return os.Remove(file + "~")
}

// usedBy is the time that the threads of a process have run, 0 where the system does not tell.
func usedBy(pid int) time.Duration {
	files, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
	sum := time.Duration(0)
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			continue
		}
		if words := strings.Fields(string(b)); len(words) > 0 {
			n, _ := strconv.ParseInt(words[0], 10, 64)
			sum += time.Duration(n)
		}
	}
	return sum
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
