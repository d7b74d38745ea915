package sentinel_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/emulator"
	"github.com/seed-caab1ad3/blindspot/emulator/sentinel"
)

var update = flag.Bool("update", false, "rewrite golden files")

// checkGolden compares everything that a scenario leaves in the three tables with testdata/golden.
func (x *stage) checkGolden(name string) {
	t := x.t
	var out bytes.Buffer
	write := func(r content.Record) {
		if err := json.Indent(&out, content.AppendJSON(nil, r), "", "  "); err != nil {
			t.Fatal(err)
		}
		out.WriteByte('\n')
	}
	if name == "health" {
		for _, r := range x.log.Health(x.options, scenarioWorkspace) {
			write(r)
		}
	} else {
		for _, a := range x.log.Alerts() {
			write(sentinel.SecurityAlert(a, scenarioWorkspace))
		}
		for _, c := range x.log.History {
			write(sentinel.SecurityIncident(c, x.options, scenarioWorkspace))
		}
	}
	golden(t, name+".json", out.Bytes())
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", "golden", name)
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(want, got) {
		t.Errorf("%s differs; run the test with -update and read the diff", file)
	}
}

// The query that a per-row alert carries gives its row again.
func TestPackedQueryRuns(t *testing.T) {
	for _, s := range scenarios(t) {
		if s.Number != 43 {
			continue
		}
		x := newStage(t, s)
		log, err := x.scheduler().Span(context.Background(), x.start, x.moment(s.Until))
		if err != nil {
			t.Fatal(err)
		}
		a := log.Alerts()[0]
		var p map[string]string
		if err := json.Unmarshal([]byte(field(sentinel.SecurityAlert(a, scenarioWorkspace), "ExtendedProperties")), &p); err != nil {
			t.Fatal(err)
		}
		pipe := strings.TrimSuffix(strings.TrimPrefix(p["Query"], "let alertedEvent = "), "; alertedEvent")
		res, err := x.ws.Query(context.Background(), pipe, emulator.QueryOptions{})
		if err != nil {
			t.Fatal(err)
		}
		rows := sentinel.RowsOf(res)
		if len(rows.Rows) != 1 || rows.Text(0, rows.Column("User")) != "a" {
			t.Errorf("%d rows, User %q; want the alert's row", len(rows.Rows), rows.Text(0, rows.Column("User")))
		}
		return
	}
	t.Fatal("scenario 43 is missing")
}
