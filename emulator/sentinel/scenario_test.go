package sentinel_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	yaml "go.yaml.in/yaml/v4"

	"github.com/seed-caab1ad3/blindspot/emulator/sentinel"
)

func scenarios(t testing.TB) []scenario {
	t.Helper()
	files, err := filepath.Glob("testdata/scenarios/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scenarios: %v", err)
	}
	var out []scenario
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		var list []scenario
		d := yaml.NewDecoder(bytes.NewReader(data))
		d.KnownFields(true)
		if err := d.Decode(&list); err != nil {
			t.Fatalf("%s: %v", f, err)
		}
		for i := range list {
			list[i].file = filepath.Base(f)
		}
		out = append(out, list...)
	}
	sort.SliceStable(out, func(i, j int) bool { return out[i].Number < out[j].Number })
	return out
}

const scenarioCount = 84

func TestScenarios(t *testing.T) {
	have := map[int]bool{}
	waiting := 0
	for _, s := range scenarios(t) {
		have[s.Number] = true
		name := fmt.Sprintf("%02d %s", s.Number, s.Title)
		if s.Case != "" {
			name += ", " + s.Case
		}
		t.Run(name, func(t *testing.T) {
			if s.Title == "" || len(s.Facts) == 0 {
				t.Fatalf("%s: a scenario has a title and names its facts", s.file)
			}
			if s.Waiting != "" {
				waiting++
				t.Skip(s.Waiting)
			}
			t.Parallel()
			newStage(t, s).check()
		})
	}
	changed := map[string]bool{}
	for _, s := range scenarios(t) {
		for name := range s.Options {
			changed[name] = true
		}
	}
	for _, a := range sentinel.Assumptions() {
		if !changed[a.Option] {
			t.Errorf("no scenario shows what the option %s changes", a.Option)
		}
	}
	for n := 1; n <= scenarioCount; n++ {
		if !have[n] {
			t.Errorf("scenario %d is missing", n)
		}
	}
	t.Logf("%d scenarios wait", waiting)
}

func (x *stage) check() {
	t, e := x.t, x.s.Expect
	if e.Findings != nil {
		x.checkFindings(*e.Findings)
	}
	if e.Export != nil {
		t.Skip("cmd/internal/deploy TestExportScenarios runs it")
	}
	if e.Loses != nil {
		x.checkLoses(e.Loses)
	}
	if x.s.Until == "" {
		if e.Findings == nil && e.Loses == nil {
			t.Fatal("a scenario runs until an instant")
		}
		return
	}
	log, err := x.scheduler().Span(context.Background(), x.start, x.moment(x.s.Until))
	if e.Error != "" {
		if err == nil || !strings.Contains(err.Error(), e.Error) {
			t.Fatalf("error %v; want %q", err, e.Error)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	x.log = log
	for _, o := range log.Outcomes {
		var f *engineFault
		if o.Err != nil && !errors.Is(o.Err, errUnknown) && !errors.As(o.Err, &f) && e.Disabled == nil && e.Health == nil {
			t.Fatalf("the query fails: %v", o.Err)
		}
	}
	x.checkAlerts()
	x.checkRuns()
	x.checkIncidents()
	x.checkRecords()
	if e.Missed != nil {
		for _, table := range sortedKeys(e.Missed) {
			n := 0
			for _, r := range x.rules {
				n += len(sentinel.Missed(r, log.Outcomes, *x.rows[table], x.options))
			}
			if n != e.Missed[table] {
				t.Errorf("%d rows of %s missed; want %d", n, table, e.Missed[table])
			}
		}
	}
	if e.Doubled != nil {
		if n := len(sentinel.DoubledAlerts(log.Alerts())); n != *e.Doubled {
			t.Errorf("%d alerts doubled; want %d", n, *e.Doubled)
		}
	}
	var notes []string
	for _, r := range x.rules {
		notes = append(notes, sentinel.Notes(r, x.options)...)
	}
	for i, want := range e.Notes {
		if i >= len(notes) || !strings.Contains(notes[i], want) {
			t.Errorf("notes %q; want one with %q", notes, want)
		}
	}
}
