// Command cold measures whole processes of the built binary: start-up, one rule, the shipped pack. It prints medians of
// the clock and of processor time (user and system), and what package initialisation takes.
//
//	go run ./bench/cold ./blindspot
package main

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"time"
)

const rule = "content/rules/cross-stream/spray-across-streams.yaml"

func main() {
	bin := "./blindspot"
	if len(os.Args) > 1 {
		bin = os.Args[1]
	}
	fmt.Printf("%-28s %12s %12s\n", "", "clock ms", "processor ms")
	for _, c := range []struct {
		name string
		runs int
		args []string
	}{
		{"version", 21, []string{"version"}},
		{"validate one rule", 21, []string{"validate", rule}},
		{"query print x=1", 21, []string{"query", "print x=1"}},
		{"test one rule", 21, []string{"test", rule}},
		{"validate the pack", 7, []string{"validate", "content"}},
		{"test the pack", 7, []string{"test", "content"}},
	} {
		var clock, processor []time.Duration
		var said []byte
		for range c.runs {
			cmd := exec.Command(bin, c.args...)
			begin := time.Now()
			out, err := cmd.CombinedOutput()
			took := time.Since(begin)
			if err != nil {
				fmt.Fprintf(os.Stderr, "%s %v: %v\n%s", bin, c.args, err, out)
				os.Exit(1)
			}
			said = out
			clock = append(clock, took)
			processor = append(processor, cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime())
		}
		fmt.Printf("%-28s %12.1f %12.1f   %s\n", c.name, median(clock), median(processor), lastLine(said))
	}
	var sums []time.Duration
	for range 11 {
		cmd := exec.Command(bin, "version")
		cmd.Env = append(os.Environ(), "GODEBUG=inittrace=1")
		out, _ := cmd.CombinedOutput()
		sum := 0.0
		for _, m := range regexp.MustCompile(`(?m)^init \S+ @.*?, ([\d.]+) ms clock`).FindAllSubmatch(out, -1) {
			ms, _ := strconv.ParseFloat(string(m[1]), 64)
			sum += ms
		}
		sums = append(sums, time.Duration(sum*1e6))
	}
	fmt.Printf("%-28s %12.1f\n", "package initialisation", median(sums))
}

func median(list []time.Duration) float64 {
	slices.Sort(list)
	return float64(list[len(list)/2].Microseconds()) / 1000
}

func lastLine(b []byte) string {
	m := regexp.MustCompile(`[^\n]+\n*$`).Find(b)
	for len(m) > 0 && m[len(m)-1] == '\n' {
		m = m[:len(m)-1]
	}
	return string(m)
}
