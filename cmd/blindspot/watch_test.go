package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/seed-caab1ad3/blindspot/content"
)

// Which tests a change of one file of the pack runs again.
func TestAffected(t *testing.T) {
	dir := t.TempDir()
	root := filepath.Join(dir, "content")
	if err := os.CopyFS(root, os.DirFS(filepath.Join("..", "..", "content"))); err != nil {
		t.Fatal(err)
	}
	cache := &content.Cache{}
	load := func() *loaded {
		l, err := loadContentFrom([]string{root}, cache)
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	const spray = "rules/cross-stream/spray-across-streams"
	all := len(load().Tests)
	for _, c := range []struct {
		file, old, fresh string // the first old becomes fresh; "" appends
		least, most      int
		must             string // a test among them
	}{
		{spray + ".yaml", "", "# x\n", 1, 1, spray + ".test.yaml"},
		{spray + ".test.yaml", "", "# x\n", 1, 1, spray + ".test.yaml"},
		{"functions/bs_Signins.yaml", "", "# x\n", 5, all - 1, spray + ".test.yaml"},
		{"events/signin.yaml", "", "# x\n", 0, 0, ""},                                // every template as before
		{"events/signin.yaml", "Password", "Passw0rd", 1, all, spray + ".test.yaml"}, // in the one that most are like
		{"streams", "", "", 0, 0, ""},                                                // nothing at all
		{"rules/README.md", "", "x", 0, 0, ""},                                       // no content
		{"hunting", "", "", 0, 0, ""},                                                //
		{"streams/" + firstFile(t, filepath.Join(root, "streams")), "", "# x\n", all, all, spray + ".test.yaml"},
	} {
		before := load()
		file := filepath.Join(root, filepath.FromSlash(c.file))
		if st, err := os.Stat(file); err != nil || !st.IsDir() {
			text, err := os.ReadFile(file)
			if err != nil && filepath.Ext(file) != ".md" {
				t.Fatal(err)
			}
			if c.old == "" {
				text = append(text, c.fresh...)
			} else if !bytes.Contains(text, []byte(c.old)) {
				t.Fatalf("%s holds no %q", c.file, c.old)
			} else {
				text = bytes.Replace(text, []byte(c.old), []byte(c.fresh), 1)
			}
			if err := os.WriteFile(file, text, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		now := load()
		_, touched := affected(before.Bundle, now.Bundle)
		var got []string
		for _, f := range now.Tests {
			if touched(f) {
				got = append(got, strings.TrimPrefix(f.File(), filepath.ToSlash(root)+"/"))
			}
		}
		if len(got) < c.least || len(got) > c.most || c.must != "" && !slices.Contains(got, c.must) {
			t.Errorf("%s touches %d tests of %d, %q among them: %v; want %d to %d", c.file, len(got), all, c.must, slices.Contains(got, c.must), c.least, c.most)
		}
	}
}

func firstFile(t *testing.T, dir string) string {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		if filepath.Ext(e.Name()) == ".yaml" {
			return e.Name()
		}
	}
	t.Fatalf("no YAML file in %s", dir)
	return ""
}

const (
	watchedFunction = "id: 6d1a1d3c-6f4e-4f37-9c3e-5a1a6c1b0003\nalias: Failures\nquery: SigninLogs | where ResultType == \"50126\"\n"
	watchedRule     = "id: 6d1a1d3c-6f4e-4f37-9c3e-5a1a6c1b0001\nname: RULE\ndescription: A rule.\nkind: Scheduled\nseverity: Low\nversion: 1.0.0\nrequiredDataConnectors: []\nqueryFrequency: 1h\nqueryPeriod: 1h\ntriggerOperator: gt\ntriggerThreshold: 1\ntactics: [InitialAccess]\nrelevantTechniques: [T1078]\nquery: Failures | where UserPrincipalName has \"a\"\n"
	watchedTest     = "rule: RULE.yaml\nnow: 2026-01-05T11:00:00Z\ntests:\n  - name: two\n    events:\n      SigninLogs:\n        - { at: -10m, repeat: 2, set: { ResultType: '50126', UserPrincipalName: a } }\n    alerts:\n      - { severity: Low }\n"
)

// TestWatch saves files as people's editors and tools do, while the real program watches, and wants each answer.
func TestWatch(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a process cannot be interrupted there from outside")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	bin := filepath.Join(dir, "blindspot")
	if err := os.Symlink(self, bin); err != nil {
		t.Skipf("no symbolic links here: %v", err)
	}
	at := func(name string) string { return filepath.Join(dir, "content", filepath.FromSlash(name)) }
	write := func(name, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(at(name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at(name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	do := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	rule := func(name string) string { return strings.ReplaceAll(watchedRule, "RULE", name) }
	test := func(name string) string { return strings.ReplaceAll(watchedTest, "RULE", name) }
	write("blindspot.yaml", "workspaces: {}\n")
	write("functions/Failures.yaml", watchedFunction)
	for _, n := range []string{"one", "two"} {
		write("rules/"+n+".yaml", rule(n))
		write("rules/"+n+".test.yaml", test(n))
	}
	var said lockedBuffer
	cmd := exec.Command(bin, "test", "--watch", "content")
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &said, &said
	do(cmd.Start())
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	defer func() { _ = cmd.Process.Kill() }()
	wait := func(what string, want ...string) {
		t.Helper()
		limit := time.Now().Add(20 * time.Second)
		for {
			text := said.String()
			found := true
			for _, w := range want {
				found = found && regexp.MustCompile(w).MatchString(text)
			}
			if found {
				break
			}
			if time.Now().After(limit) {
				t.Fatalf("%s: the program said\n%s\nwant %q", what, text, want)
			}
			time.Sleep(2 * time.Millisecond)
		}
		time.Sleep(100 * time.Millisecond) // anything more that it has to say
	}
	wait("at the start", `(?m)^2 rules, 2 tests, 2 passed, 0 failed$`, `watching 3 folders`)

	broken := strings.Replace(rule("one"), "name: one", "name: [one", 1)
	higher := strings.Replace(rule("one"), "triggerThreshold: 1", "triggerThreshold: 5", 1)
	for _, step := range []struct {
		name   string
		change func()
		want   []string
		not    []string
	}{
		{"written over in place", func() { write("rules/one.yaml", higher) }, []string{`FAIL  one`, `1 rule, 1 test, 0 passed, 1 failed`}, []string{`(ok  |FAIL)  two`}},
		{"renamed over", func() {
			write("rules/.one.yaml.tmp", rule("one"))
			do(os.Rename(at("rules/.one.yaml.tmp"), at("rules/one.yaml")))
		}, []string{`1 rule, 1 test, 1 passed, 0 failed`}, []string{`(ok  |FAIL)  two`}},
		{"moved aside and written anew", func() {
			write("rules/4913", "")
			do(os.Remove(at("rules/4913")))
			do(os.Rename(at("rules/one.yaml"), at("rules/one.yaml~")))
			write("rules/one.yaml", higher)
			do(os.Chmod(at("rules/one.yaml"), 0o600))
			do(os.Remove(at("rules/one.yaml~")))
		}, []string{`FAIL  one`, `1 rule, 1 test, 0 passed, 1 failed`}, []string{`which is not there`}},
		{"a swap file comes and goes", func() {
			write("rules/.one.yaml.swp", "x")
			do(os.Remove(at("rules/.one.yaml.swp")))
			do(os.Chtimes(at("rules/one.yaml"), time.Now(), time.Now()))
		}, nil, []string{`.`}},
		{"emptied, then filled slowly", func() {
			f, err := os.Create(at("rules/one.yaml"))
			do(err)
			time.Sleep(20 * time.Millisecond)
			_, err = f.WriteString(rule("one")[:40])
			do(err)
			time.Sleep(20 * time.Millisecond)
			_, err = f.WriteString(rule("one")[40:])
			do(err)
			do(f.Close())
		}, []string{`1 rule, 1 test, 1 passed, 0 failed`}, []string{`is empty`, `without query`}},
		{"a mistake of writing", func() { write("rules/one.yaml", broken) }, []string{`content/rules/one.yaml:\d+:\d+: `}, []string{`passed`}},
		{"the other rule meanwhile", func() { write("rules/two.test.yaml", test("two")+"# x\n") }, []string{`1 rule, 1 test, 1 passed, 0 failed`}, []string{`one.yaml`}},
		{"the mistake is put right", func() { write("rules/one.yaml", rule("one")) }, []string{`ok    one`, `1 rule, 1 test, 1 passed, 0 failed`}, []string{`(ok  |FAIL)  two`}},
		{"a function that does not parse", func() { write("functions/Failures.yaml", "alias: [\n") }, []string{`content/functions/Failures.yaml:\d+:\d+: `}, []string{`failed`}},
		{"a rule meanwhile", func() { write("rules/one.yaml", higher) }, nil, []string{`failed`}},
		{"the function is put right", func() { write("functions/Failures.yaml", watchedFunction+"# x\n") }, []string{`FAIL  one`, `ok    two`, `2 rules, 2 tests, 1 passed, 1 failed`}, nil},
		{"several files at once", func() {
			write("rules/one.yaml", rule("one"))
			write("rules/two.yaml", rule("two")+"# y\n")
		}, []string{`2 rules, 2 tests, 2 passed, 0 failed`}, nil},
		{"a rule and its test are deleted", func() {
			do(os.Remove(at("rules/two.test.yaml")))
			do(os.Remove(at("rules/two.yaml")))
		}, []string{`rules/two.test.yaml, content/rules/two.yaml`}, []string{`passed`}},
		{"a rule of which the test is left", func() {
			do(os.Remove(at("rules/one.yaml")))
		}, []string{`the test names the rule "one.yaml", which is not there`}, []string{`passed`}},
		{"and comes back", func() { write("rules/one.yaml", rule("one")) }, []string{`1 rule, 1 test, 1 passed, 0 failed`}, nil},
		{"a folder that is new", func() {
			write("rules/more/deep/three.yaml", rule("three"))
			write("rules/more/deep/three.test.yaml", test("three"))
		}, []string{`ok    three`, `1 rule, 1 test, 1 passed, 0 failed`}, []string{`one`}},
		{"a change in it", func() { write("rules/more/deep/three.test.yaml", test("three")+"# x\n") }, []string{`1 rule, 1 test, 1 passed, 0 failed`}, nil},
		{"a folder gets another name", func() { do(os.Rename(at("rules/more"), at("rules/other"))) }, []string{`rules/other/deep/three.test.yaml`, `1 rule, 1 test, 1 passed, 0 failed`}, nil},
		{"a change below it", func() { write("rules/other/deep/three.yaml", rule("three")+"# x\n") }, []string{`1 rule, 1 test, 1 passed, 0 failed`}, nil},
		{"everything goes away", func() { do(os.Rename(at(""), at("")+".away")) }, []string{`content: no such file or folder`}, []string{`passed`}},
		{"and comes back with a change", func() {
			do(os.Rename(at("")+".away", at("")))
		}, nil, []string{`failed`}},
		{"a change after that", func() { write("rules/one.yaml", rule("one")+"# z\n") }, []string{`1 rule, 1 test, 1 passed, 0 failed`}, nil},
	} {
		said.Reset()
		step.change()
		if len(step.want) == 0 {
			time.Sleep(300 * time.Millisecond)
		} else {
			wait(step.name, step.want...)
		}
		for _, not := range step.not {
			if text := said.String(); regexp.MustCompile(not).MatchString(text) {
				t.Errorf("%s: the program said\n%s\nwhich should not hold %q", step.name, text, not)
			}
		}
	}
	do(cmd.Process.Signal(syscall.SIGINT))
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("after Ctrl-C: %v\n%s", err, said.String())
		}
	case <-time.After(10 * time.Second):
		t.Error("Ctrl-C does not end it")
	}
}

// lockedBuffer takes what a process says while it is read.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func (l *lockedBuffer) Reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.b.Reset()
}
