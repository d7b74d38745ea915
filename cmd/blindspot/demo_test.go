package main

import (
	"bytes"
	"flag"
	"fmt"
	"html"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite docs/demo.svg")

// demo is what the picture in the README shows: command lines as typed, in a folder with content, a rule and a day of data.
var demo = []string{
	"validate my-rules",
	"test content/rules/cross-stream/spray-across-streams.yaml --replay-streams",
	"backtest content/rules/cross-stream/spray-across-streams.yaml --generate days=2,users=200,attack=a1",
	"query --data data \"union withsource=Stream SigninLogs, AAD*SignInLogs | summarize Events = count() by Stream | sort by Events\"",
}

const demoRule = `id: 11111111-2222-4333-8444-555555555555
kind: Scheduled
name: Administrators who fail
description: |
  Somebody tries an administrator's password.
severity: Medium
queryFrequency: 1h
queryPeriod: 2h
triggerOperator: gt
triggerThreshold: 0
tactics: [CredentialAccess]
relevantTechniques: [T1110]
query: |
  SigninLogs
  | where ResultType == "50126" and UserPrincipleName startswith "admin"
  | summarize Failures = count() by UserPrincipalName, IPAddress
version: 1.0.0
`

// TestDemo holds docs/demo.svg to what the program prints.
func TestDemo(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	if err := os.CopyFS("content", os.DirFS(filepath.Join(root, "content"))); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"my-rules/admins.yaml": demoRule, "blindspot.yaml": "checks: { missing-tests: off, overlap: off }\n"} {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	shown(t, "generate --days 1 --users 200 --out data")
	var lines []string
	for _, line := range demo {
		lines = append(lines, "\x1b[1m$ blindspot "+line+"\x1b[0m")
		lines = append(lines, strings.Split(strings.TrimRight(shown(t, line), "\n"), "\n")...)
		lines = append(lines, "")
	}
	got := picture(lines[:len(lines)-1])
	file := filepath.Join(root, "docs", "demo.svg")
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("docs/demo.svg is out of date; run go test ./cmd/blindspot -run TestDemo -update, and look at it")
	}
}

// shown runs a command line and returns what a terminal would have shown.
func shown(t *testing.T, line string) string {
	t.Helper()
	f, err := os.CreateTemp(t.TempDir(), "out")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	args := []string{"blindspot", "--color", "always"}
	for i, part := range strings.Split(line, `"`) { // what stands in double quotes is one argument
		if i%2 == 1 {
			args = append(args, part)
		} else {
			args = append(args, strings.Fields(part)...)
		}
	}
	if code := run(t.Context(), args, strings.NewReader(""), f, f); code > exitFindings {
		t.Fatalf("%s: exit code %d", line, code)
	}
	b, err := os.ReadFile(f.Name())
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// picture draws lines of a terminal, with their colours, as an SVG that needs nothing else.
func picture(lines []string) []byte {
	const size, height, left, top = 13, 18, 18, 20
	width := 0
	var body bytes.Buffer
	for i, line := range lines {
		column := 0
		fmt.Fprintf(&body, `<text x="%d" y="%d" xml:space="preserve">`, left, top+size+i*height)
		for k, part := range strings.Split(line, "\x1b[") {
			code := ""
			if k > 0 {
				code, part, _ = strings.Cut(part, "m")
			}
			if part == "" {
				continue
			}
			column += len([]rune(part))
			if code == "" || code == "0" {
				body.WriteString(html.EscapeString(part))
			} else {
				fmt.Fprintf(&body, `<tspan class="c%s">%s</tspan>`, code, html.EscapeString(part))
			}
		}
		width = max(width, column)
		body.WriteString("</text>\n")
	}
	w, h := 2*left+width*8, 2*top+len(lines)*height
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" role="img" aria-label="blindspot in a terminal">
<style>
text { font: %dpx ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: #d6dbe4; white-space: pre }
.c1 { font-weight: 600; fill: #ffffff } .c2 { fill: #8b94a5 } .c31 { fill: #ff7b72 } .c32 { fill: #7ee787 } .c33 { fill: #e3b341 } .c34 { fill: #79c0ff } .c36 { fill: #76e3ea }
</style>
<rect width="100%%" height="100%%" rx="8" fill="#10151d"/>
`, w, h, w, h, size)
	b.Write(body.Bytes())
	b.WriteString("</svg>\n")
	return b.Bytes()
}
