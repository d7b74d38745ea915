package validate

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/validate/report"
)

const rule = `id: 11111111-1111-4111-8111-111111111111
name: A
description: D
severity: High
kind: Scheduled
queryFrequency: 1h
queryPeriod: 2h
triggerOperator: gt
triggerThreshold: 0
query: T
version: 1.0.0
`

func validate(t *testing.T, opts Options, files ...string) []string {
	t.Helper()
	fsys := fstest.MapFS{}
	for i := 0; i < len(files); i += 2 {
		fsys[files[i]] = &fstest.MapFile{Data: []byte(files[i+1])}
	}
	b, problems := content.Load(fsys, content.Options{})
	r, err := Run(context.Background(), b, problems, opts)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, f := range r.Findings {
		out = append(out, fmt.Sprintf("%s:%d:%d %s %s: %s", f.File, f.Line, f.Column, f.Severity, f.Check, f.Message))
	}
	return out
}

func TestRun(t *testing.T) {
	quiet := map[string]string{"missing-tests": "off"}
	for _, c := range []struct {
		name string
		opts Options
		file string
		want []string
	}{
		{"good", Options{Levels: quiet}, rule, nil},
		{"level raised", Options{Levels: map[string]string{"missing-tests": "error"}}, rule, []string{"rules/a.yaml:1:1 error missing-tests: the rule has no test"}},
		{"one check", Options{Checks: []string{"version"}}, strings.Replace(rule, "1.0.0", "1.0", 1) + "zzz: 1\n", []string{`rules/a.yaml:11:10 error version: the version is "1.0"`}},
		{"a mistake is said once", Options{Levels: quiet}, rule + "tactics: Impact\n", []string{`rules/a.yaml:12:10 error yaml-type: tactics is "Impact"`}},
		{"a missing query is said once", Options{Levels: quiet}, strings.Replace(rule, "query: T\n", "", 1), []string{"rules/a.yaml:1:1 error content-missing: a rule without query"}},
		{"an unknown key is said once", Options{Levels: quiet}, rule + "zzz: 1\n", []string{`rules/a.yaml:12:1 warning yaml-unknown-key: a rule has no key "zzz"`}},
		{"problems have levels too", Options{Levels: map[string]string{"missing-tests": "off", "yaml-unknown-key": "off"}}, rule + "zzz: 1\n", nil},
		{"all off but one", Options{Levels: map[string]string{"all": "off", "schema": "warning"}}, strings.Replace(rule, "High", "high", 1), []string{`rules/a.yaml:4:11 warning schema: severity is "high"`}},
		{"only other files", Options{Only: map[string]bool{"x": true}}, rule, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := validate(t, c.opts, "rules/a.yaml", c.file); !slices.Equal(got, c.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
		})
	}
}

func TestRunRefusesUnknownSettings(t *testing.T) {
	for want, opts := range map[string]Options{
		`there is no check "versoin"; did you mean "version"?`:                              {Checks: []string{"versoin"}},
		`there is no check "zzzzzz"`:                                                        {Levels: map[string]string{"zzzzzz": "off"}},
		`the level of version: "fatal" is no level; it is one of error, warning, info, off`: {Levels: map[string]string{"version": "fatal"}},
	} {
		if _, err := Run(context.Background(), &content.Bundle{}, nil, opts); err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

func TestRunStops(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	b, _ := content.Load(content.Embedded(), content.Options{})
	if _, err := Run(ctx, b, nil, Options{}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// The same content gives the same bytes in every format.
func TestRunIsDeterministic(t *testing.T) {
	var first []byte
	for range 5 {
		b, p := content.Load(content.Embedded(), content.Options{Prefix: "content"})
		r, err := Run(context.Background(), b, p, Options{Levels: map[string]string{"unbounded-set": "warning"}})
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		r.WriteText(&out, report.TextOptions{})
		r.WriteJSON(&out)
		r.WriteSARIF(&out, report.SARIFOptions{})
		r.WriteJUnit(&out)
		r.WriteGitHub(&out)
		if first == nil {
			first = out.Bytes()
		}
		if !bytes.Equal(first, out.Bytes()) {
			t.Fatal("two runs differ")
		}
	}
}

func TestRules(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range Rules() {
		if seen[r.ID] || r.Summary == "" || r.Why == "" {
			t.Errorf("%+v", r)
		}
		seen[r.ID] = true
	}
}

// Validation must not link the engine or a client of the service.
func TestImports(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "github.com/seed-caab1ad3/blindspot/validate/...").Output()
	if err != nil {
		t.Skip("go list does not run here: ", err)
	}
	for _, dep := range strings.Fields(string(out)) {
		for _, bad := range []string{"blindspot/emulator/exec", "blindspot/emulator/vector", "blindspot/emulator/store", "blindspot/cmd", "github.com/Azure"} {
			if strings.Contains(dep, bad) {
				t.Errorf("validate imports %s", dep)
			}
		}
	}
}

// What we ship must pass our own inspection, as far as it goes without the compiler.
func TestShippedPack(t *testing.T) {
	b, p := content.Load(content.Embedded(), content.Options{Prefix: "content"})
	r, err := Run(context.Background(), b, p, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if r.Failed() {
		var out bytes.Buffer
		r.WriteText(&out, report.TextOptions{})
		t.Error(out.String())
	}
}
