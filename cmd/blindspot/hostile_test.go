//go:build linux

package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// stream is a text n times, as a stream.
func stream(s string, n int) io.Reader {
	list := make([]io.Reader, 0, 1024)
	block := strings.Repeat(s, min(n, 4096))
	for ; n >= 4096; n -= 4096 {
		list = append(list, strings.NewReader(block))
	}
	return io.MultiReader(append(list, strings.NewReader(strings.Repeat(s, n)))...)
}

func packed(t *testing.T, in io.Reader) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := io.Copy(z, in); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

const hostileRule = "id: 11111111-1111-4111-8111-111111111111\nname: A\ndescription: A.\nkind: Scheduled\nseverity: Low\nversion: 1.0.0\nrequiredDataConnectors: []\nqueryFrequency: 1h\nqueryPeriod: 1h\ntriggerOperator: gt\ntriggerThreshold: 0\ntactics: [InitialAccess]\nrelevantTechniques: [T1078]\n"

// hostile is one bomb: files, or standard input, and a command line; the program must end with a line that says want.
type hostile struct {
	name  string
	args  []string
	files map[string]string
	stdin io.Reader
	want  string
}

func hostileCases(t *testing.T) []hostile {
	repeat := strings.Repeat
	query := func(name, q, want string) hostile {
		return hostile{name: name, args: []string{"query", "-f", "q.kql"}, files: map[string]string{"q.kql": q}, want: want}
	}
	data := func(name, file, text, want string) hostile {
		return hostile{name: name, args: []string{"query", "--data", file, "--table", "Own_CL", "Own_CL | count"}, files: map[string]string{file: text}, want: want}
	}
	validate := func(name, file, text, want string) hostile {
		return hostile{name: name, args: []string{"validate", "."}, files: map[string]string{file: text}, want: want}
	}
	aliases := "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
	for i := 1; i < 12; i++ {
		aliases += fmt.Sprintf("a%d: &a%d [%s*a%d]\n", i, i, repeat(fmt.Sprintf("*a%d, ", i-1), 9), i-1)
	}
	inflates := base64.StdEncoding.EncodeToString(packed(t, stream("a", 100<<20)))
	grows := func(f string, n int) string {
		return "print s = " + f + repeat(" | extend s = strcat(s,s,s,s,s,s,s,s,s,s)", n) + " | project strlen(s)"
	}
	test := func(name, body, want string) hostile {
		return hostile{name: name, args: []string{"test", "."}, want: want, files: map[string]string{
			"rules/a.yaml": hostileRule + "query: SigninLogs | where ResultType == '0'\n", "rules/a.test.yaml": "rule: a.yaml\nnow: 2026-01-05T11:00:00Z\ntests:\n" + body}}
	}
	return []hostile{
		// Queries whose answer has no end
		query("range", "range i from 1 to 1000000000000 step 1 | count", "range yields more than 10000000 rows"),
		query("range of datetimes", "range t from datetime(1900-01-01) to datetime(2100-01-01) step 1ms | count", "range yields more than 10000000 rows"),
		query("join", "let t = range i from 1 to 100000 step 1 | extend k = 1; t | join kind=inner t on k | count", "join yields more than 200000000 rows"),
		query("join that is kept", "let t = range i from 1 to 100000 step 1 | extend k = 1; t | join kind=inner t on k", "GOMEMLIMIT="),
		query("cross join by a placeholder", "range i from 1 to 1000000 step 1 | extend one = 1 | join kind=fullouter (range j from 1 to 1000000 step 1 | extend one = 1) on one | summarize count()", "join yields more than 200000000 rows"),
		query("mv-expand", "print a = range(1, 1000000) | mv-expand a | extend b = range(1, 1000000) | mv-expand b | count", "limit"),
		query("mv-apply", "print a = range(1, 1000000) | mv-apply a on (mv-expand b = range(1, 1000000) | summarize count())", "limit"),
		query("arrays", "range i from 1 to 100000 step 1 | extend b = range(i, 1000000 + i) | summarize make_list(b)", "GOMEMLIMIT="),
		query("array_concat", "print s = range(1, 1000000)"+repeat(" | extend s = array_concat(s,s,s,s,s,s,s,s)", 6)+" | project array_length(s)", "array_concat(): an array of more than 4194304 elements"),
		query("make_list", "range i from 1 to 10000000 step 1 | extend j = tostring(i) | summarize make_list(strcat(j, '"+repeat("x", 200)+"'), 100000000)", "GOMEMLIMIT="),
		query("materialize", "let t = materialize(range i from 1 to 10000000 step 1 | extend s = strcat('"+repeat("a", 200)+"', i)); t | join t on s | count", "GOMEMLIMIT="),
		query("sort", "range i from 1 to 10000000 step 1 | extend s = strcat('"+repeat("a", 200)+"', i) | sort by s desc | extend p = prev(s) | summarize max(p)", "GOMEMLIMIT="),
		query("summarize", "range i from 1 to 10000000 step 1 | summarize count() by strcat('"+repeat("a", 200)+"', i) | count", "GOMEMLIMIT="),
		query("graph", "range i from 0 to 2000 step 1 | extend j = (i * 7) % 200, k = i % 200 | make-graph j --> k with_node_id=n | graph-match (a)-[e*1..10]->(b) project a.n | count", "limit"),

		// Texts that grow
		query("strcat", grows("strrep('a', 1024)", 8), "strcat(): a text of more than 64 MiB"),
		query("strrep", "print s = strrep(strrep(strrep('abcdefgh', 1024), 1024), 1024)", "strrep(): a text of more than 64 MiB"),
		query("replace_string", "print s = strrep(strrep('a', 1024), 1024) | project strlen(replace_string(s, 'a', s))", "replace_string(): a text of more than 64 MiB"),
		query("replace_regex", "print s = strrep(strrep('a', 1024), 64) | project strlen(replace_regex(s, 'a', '"+repeat("b", 100_000)+"'))", "replace_regex(): a text of more than 64 MiB"),
		query("strcat_array", "print s = strrep(strrep('a', 1024), 64) | project strlen(strcat_array(repeat(s, 100000), s))", "strcat_array(): a text of more than 64 MiB"),
		query("gzip", "print strlen(gzip_decompress_from_base64_string('"+inflates+"'))", "more than 64 MiB come out, the limit"),

		// Queries that are hard to read
		query("parentheses", "print "+repeat("(", 100_000)+"1"+repeat(")", 100_000), "nested too deeply"),
		query("brackets of a dynamic", "print dynamic("+repeat("[", 100_000)+repeat("]", 100_000)+")", "deep"),
		query("functions", "print "+repeat("strcat(", 100_000)+`"a"`+repeat(")", 100_000), "nested too deeply"),
		query("pipes", "print a = 1"+repeat(" | where a > 0", 100_000), "nested too deeply"),
		query("lets that double", "let f0 = (x: long) { x };"+doublingLets(60)+"print f60(1)", "too"),
		query("long", "print '"+repeat("x", 6<<20)+"'", "a query may have"),
		query("regular expression", "print 'aaaaaaaa' matches regex '((a{1,100}){1,100}){1,100}$'", "regular expression"),

		// Content
		validate("aliases", "rules/a.yaml", aliases, "alias"),
		validate("aliases in the settings", "blindspot.yaml", aliases, "alias"),
		validate("brackets in YAML", "rules/a.yaml", hostileRule+"query: T\nx: "+repeat("[", 100_000)+repeat("]", 100_000)+"\n", "deep"),
		validate("indented", "rules/a.yaml", deepYAML(3000), "deep"),
		validate("a large file", "rules/a.yaml", hostileRule+"query: T\ndescription: "+repeat("x", 9<<20)+"\n", "larger than"),
		validate("brackets in a workbook", "workbooks/a.json", `{"version":"Notebook/1.0","items":`+repeat("[", 100_000)+repeat("]", 100_000)+"}", "max depth"),
		validate("parentheses in a rule", "rules/a.yaml", hostileRule+"query: print "+repeat("(", 100_000)+"1"+repeat(")", 100_000)+"\n", "nested too deeply"),
		test("a rule that joins", "  - {name: x, events: {SigninLogs: [{at: -1m, repeat: 2000000000, set: {ResultType: '0'}}]}, alerts: [{}]}\n", "repeat"),
		test("a span of ages", "  - {name: x, until: 2926-01-05T11:00:00Z, alerts: []}\n", "at most 105120"),
		{name: "a baseline that is deep", args: []string{"validate", "--baseline", "b.json", "."}, want: "b.json", files: map[string]string{"rules/a.yaml": hostileRule + "query: SigninLogs\n", "b.json": repeat("[", 100_000) + repeat("]", 100_000)}},

		// Events
		data("brackets in JSON lines", "Own_CL.jsonl", `{"a":`+repeat("[", 100_000)+repeat("]", 100_000)+"}\n", "deep"),
		data("brackets in JSON", "Own_CL.json", `[{"a":`+repeat(`{"b":`, 100_000)+"1"+repeat("}", 100_000)+"}]", "deep"),
		{name: "a line of a gigabyte", args: []string{"query", "--data", "sparse.jsonl", "--table", "Own_CL", "Own_CL | count"}, want: "longer than"},
		{name: "a field of a gigabyte", args: []string{"query", "--data", "sparse.csv", "--table", "Own_CL", "Own_CL | count"}, want: "larger than"},
		{name: "a line that swells", args: []string{"query", "--data", "Own_CL.jsonl.gz", "Own_CL | count"}, files: map[string]string{"Own_CL.jsonl.gz": string(packed(t, io.MultiReader(strings.NewReader(`{"a":"`), stream("a", 200<<20), strings.NewReader(`"}`))))}, want: "longer than"},
		data("many columns", "Own_CL.jsonl", manyColumns(200_000), "Count"),

		// Streams
		{name: "a batch line of a gigabyte", args: []string{"query", "--batch"}, stdin: stream("x", 1<<30), want: "longer than"},
		{name: "a query without end", args: []string{"query", "-"}, stdin: stream("x", 1<<30), want: "longer than"},
		{name: "a text without end to fmt", args: []string{"fmt", "-"}, stdin: stream("x\n", 1<<29), want: "longer than"},
		{name: "a frame of a terabyte", args: []string{"lsp"}, stdin: io.MultiReader(strings.NewReader("Content-Length: 1099511627776\r\n\r\n"), stream("x", 1<<30)), want: "Content-Length"},
		{name: "a head without end", args: []string{"lsp"}, stdin: stream("x", 1<<30), want: "stream"},
		{name: "a deep message", args: []string{"lsp"}, stdin: strings.NewReader(fmt.Sprintf("Content-Length: %d\r\n\r\n%s", 1_000_000, repeat("[", 1_000_000))), want: "no JSON"},
	}
}

func doublingLets(n int) string {
	var b strings.Builder
	for i := 1; i <= n; i++ {
		fmt.Fprintf(&b, "let f%d = (x: long) { f%d(x) + f%d(x) };", i, i-1, i-1)
	}
	return b.String()
}

func deepYAML(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return b.String()
}

func manyColumns(n int) string {
	var b strings.Builder
	b.WriteByte('{')
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `"c%d":1`, i)
	}
	b.WriteString("}\n")
	return b.String()
}

// watchResident looks at the most that a process has held, in KiB, until end. What the system says once it is over would count
// what the process before it held.
func watchResident(pid int, end <-chan struct{}, ended chan<- int) {
	most := 0
	for {
		if b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid)); err == nil {
			if _, rest, ok := strings.Cut(string(b), "VmHWM:"); ok {
				n := 0
				if _, err := fmt.Sscan(rest, &n); err == nil {
					most = max(most, n)
				}
			}
		}
		select {
		case <-end:
			ended <- most
			return
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// TestHostileInput gives the program bombs as in a container of half a gigabyte: none makes it hold more, each ends soon, with one
// line that names what was too much. The system's own limit, which counts what was given back too, only guards the machine.
func TestHostileInput(t *testing.T) {
	if testing.Short() {
		t.Skip("takes most of a minute of processor time")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	bin := filepath.Join(t.TempDir(), "blindspot")
	if err := os.Symlink(self, bin); err != nil {
		t.Skipf("no symbolic links here: %v", err)
	}
	for _, c := range hostileCases(t) {
		t.Run(strings.ReplaceAll(c.name, " ", "-"), func(t *testing.T) {
			dir := t.TempDir()
			for name, text := range c.files {
				file := filepath.Join(dir, name)
				if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			for _, arg := range c.args {
				if strings.HasPrefix(arg, "sparse.") { // a gigabyte that takes no room on the disk
					begins := `{"a":"`
					if arg == "sparse.csv" {
						begins = "a\n\""
					}
					file := filepath.Join(dir, arg)
					if err := os.WriteFile(file, []byte(begins), 0o600); err != nil {
						t.Fatal(err)
					}
					if err := os.Truncate(file, 1<<30); err != nil {
						t.Fatal(err)
					}
				}
			}
			ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
			defer cancel()
			cmd := exec.CommandContext(ctx, "sh", append([]string{"-c", `ulimit -d 1048576 && exec "$0" "$@"`, bin}, c.args...)...)
			cmd.Dir, cmd.Stdin = dir, c.stdin
			cmd.Env = append(os.Environ(), "GOMEMLIMIT=400MiB") // what the program takes of a container of 512 MiB
			cmd.WaitDelay = time.Second
			var out bytes.Buffer
			cmd.Stdout, cmd.Stderr = &out, &out
			err := cmd.Start()
			most := 0
			if err == nil {
				end, ended := make(chan struct{}), make(chan int)
				go watchResident(cmd.Process.Pid, end, ended)
				err = cmd.Wait()
				close(end)
				most = <-ended
			}
			text := out.String()
			var exit *exec.ExitError
			switch {
			case ctx.Err() != nil:
				t.Fatalf("does not end: %.600s", text)
			case err != nil && !errors.As(err, &exit) && !strings.Contains(err.Error(), "broken pipe"):
				t.Fatal(err)
			case strings.Contains(text, "fatal error") || strings.Contains(text, "panic") || strings.Contains(text, "a bug of ours"):
				t.Fatalf("it dies: %.900s", text)
			case exit != nil && exit.ExitCode() != exitUsage && exit.ExitCode() != exitFindings:
				t.Errorf("exit code %d: %.600s", exit.ExitCode(), text)
			}
			if !strings.Contains(text, c.want) {
				t.Errorf("says nothing of %q: %.600s", c.want, text)
			}
			took := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
			if took > 20*time.Second { // of two processors, ten seconds
				t.Errorf("takes %v of the processors", took)
			}
			if most > 512<<10 {
				t.Errorf("holds %d MiB", most>>10)
			}
			t.Logf("%v, %d MiB: %.160s", took.Round(10*time.Millisecond), most>>10, strings.TrimSpace(text))
		})
	}
}
