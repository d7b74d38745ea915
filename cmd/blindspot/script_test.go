package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"blindspot": main})
}

// TestStories runs the user stories in testdata/script: each is a folder of files and the commands that a person types.
func TestStories(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		UpdateScripts:       os.Getenv("UPDATE") != "",
		RequireExplicitExec: true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("NO_COLOR", "1")
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exit":     wantExit,
			"bigline":  bigLine,
			"binaries": binaries,
			"utf16":    utf16File,
			"ready":    waitReady,
		},
	})
}

// wantExit runs a command and wants its exit code: exit 2 blindspot validate x.
func wantExit(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exit CODE COMMAND [ARG...]")
	}
	err := ts.Exec(args[1], args[2:]...)
	code := "0"
	if err != nil {
		code = strings.TrimPrefix(err.Error(), "exit status ")
	}
	if code != args[0] {
		ts.Fatalf("exit code %s, want %s", code, args[0])
	}
}

// bigLine writes a file that is one JSON line of so many megabytes.
func bigLine(ts *testscript.TestScript, neg bool, args []string) {
	f, err := os.Create(ts.MkAbs(args[0]))
	ts.Check(err)
	defer f.Close()
	_, err = f.WriteString(`{"UserAgent":"`)
	ts.Check(err)
	chunk := bytes.Repeat([]byte("x"), 1<<20)
	for n := 0; n < 200; n++ {
		_, err = f.Write(chunk)
		ts.Check(err)
	}
	_, err = f.WriteString("\"}\n")
	ts.Check(err)
}

// binaries fills a folder with files that are no text.
func binaries(ts *testscript.TestScript, neg bool, args []string) {
	dir := ts.MkAbs(args[0])
	ts.Check(os.MkdirAll(dir, 0o755))
	for i, name := range []string{"a.yaml", "b.yaml", "c.json", "d.jsonl"} {
		data := make([]byte, 4096)
		for k := range data {
			data[k] = byte(k*7 + i)
		}
		ts.Check(os.WriteFile(filepath.Join(dir, name), data, 0o644))
	}
}

// waitReady waits for the ready file of a serve and sets a variable to its address: ready ready.json URL.
func waitReady(ts *testscript.TestScript, neg bool, args []string) {
	for range 400 {
		data, err := os.ReadFile(ts.MkAbs(args[0]))
		var r struct{ HTTP string }
		if err == nil && json.Unmarshal(data, &r) == nil && r.HTTP != "" {
			ts.Setenv(args[1], r.HTTP)
			return
		}
		time.Sleep(25 * time.Millisecond)
	}
	ts.Fatalf("the server did not write %s in ten seconds", args[0])
}

func utf16File(ts *testscript.TestScript, neg bool, args []string) {
	data := []byte{0xFF, 0xFE}
	for _, c := range "id: x\n" {
		data = append(data, byte(c), 0)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), data, 0o644))
}
