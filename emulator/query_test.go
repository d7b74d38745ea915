package emulator

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/symbol"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/plan"
	"github.com/seed-caab1ad3/blindspot/emulator/store"
)

func testWorkspace(t *testing.T) *Workspace {
	w := New(Options{Clock: func() time.Time { return time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC) }})
	if _, err := w.IngestJSON("SigninLogs", strings.NewReader(`{"TimeGenerated":"2026-01-05T10:00:00Z","User":"a@contoso.example","ResultType":"0","IPAddress":"192.0.2.1"}
{"TimeGenerated":"2026-01-05T11:00:00Z","User":"b@contoso.example","ResultType":"50126","IPAddress":"192.0.2.2"}`)); err != nil {
		t.Fatal(err)
	}
	return w
}

func TestQueryErrors(t *testing.T) {
	w := testWorkspace(t)
	for _, c := range []struct{ text, code, want string }{
		{"SigninLogs\n| where Usr == 1", "KS142", "2:9: KS142"},
		{"SigninLog | count", "KS204", "1:1: KS204"},
		{"SigninLogs | evaluate autocluster()", "Unsupported", "1:23: plugin autocluster() is not supported by the emulator"},
		{"SigninLogs | reduce by User", "Unsupported", "1:14: operator reduce is not supported by the emulator"},
		{"", "BS101", "the query has no tabular expression"},
	} {
		_, err := w.Query(context.Background(), c.text, QueryOptions{})
		var qe *QueryError
		if !errors.As(err, &qe) || qe.Code() != c.code || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v, want %s", c.text, err, c.want)
		}
	}
}

// TestPlans holds the optimiser to what it should have done.
func TestPlans(t *testing.T) {
	w := testWorkspace(t)
	if _, err := w.IngestJSON("Other", strings.NewReader(`{"TimeGenerated":"2026-01-05T10:00:00Z","User":"a@contoso.example","Extra":1}`)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ text, want string }{
		{`SigninLogs | extend x = 1 | where ResultType == "0" | project User`,
			`project User
  project User
    where (ResultType == "0")
      table SigninLogs [User, ResultType]
`},
		{`union SigninLogs, Other | where User has "a" | summarize count() by User`,
			`summarize count_ = count() by User
  union
    where (User has "a")
      table SigninLogs [User]
    where (User has "a")
      table Other [User]
`},
		{`let T = SigninLogs | where ResultType != "0"; T | sort by TimeGenerated desc | take 3 | project User`,
			`project User
  top 3 by TimeGenerated desc
`},
		{`SigninLogs | join kind=inner (Other) on User | where ResultType == "0" and Extra == 1 | project User`,
			`project User
  join kind=inner on User == User
    where (ResultType == "0")
      table SigninLogs [User, ResultType]
    where (Extra == 1)
      table Other [User, Extra]
`},
		{`SigninLogs | summarize arg_max(TimeGenerated, *) by User | project User, ResultType`,
			`project User, ResultType
  summarize TimeGenerated, ResultType = arg_max(TimeGenerated, ResultType) by User
    table SigninLogs [TimeGenerated, User, ResultType]
`},
	} {
		got, err := w.Plan(c.text, QueryOptions{})
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
		} else if !strings.HasPrefix(got, c.want) {
			t.Errorf("%s:\n%s\nwant\n%s", c.text, got, c.want)
		}
	}
}

func TestLoadPaths(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"SigninLogs.jsonl":      `{"TimeGenerated":"2026-01-05T10:00:00Z","User":"a"}` + "\n",
		"SigninLogs-2026.csv":   "TimeGenerated,User\n2026-01-05T11:00:00Z,b\n",
		"deep/Own_CL.json":      `[{"n":1},{"n":2}]`,
		"deep/README.md":        "no data",
		"deep/.hidden/x.sqlite": "",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	w := New(Options{})
	loaded, err := w.LoadPaths([]string{dir}, LoadOptions{})
	if err != nil || len(loaded) != 3 {
		t.Fatalf("%v %v", loaded, err)
	}
	r, err := w.Query(context.Background(), `union withsource=T SigninLogs, Own_CL | summarize n = count() by T | sort by T asc`, QueryOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if got := string(r.Primary().AppendBatch(nil, "x")); !strings.Contains(got, `"rows":[["Own_CL",2],["SigninLogs",2]]`) {
		t.Error(got)
	}
	for path, want := range map[string]string{
		filepath.Join(dir, "none"):              "no such file",
		filepath.Join(dir, "deep", "README.md"): "not a data file",
		filepath.Join(dir, "deep", ".hidden"):   "no data files in this folder",
	} {
		if _, err := w.LoadPaths([]string{path}, LoadOptions{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", path, err, want)
		}
	}
}

// TestCompiledAnew asks that a query that was compiled sees columns and functions that come later.
func TestCompiledAnew(t *testing.T) {
	w := testWorkspace(t)
	query := func(text string) error { _, err := w.Query(context.Background(), text, QueryOptions{}); return err }
	if query("SigninLogs | where Late == 1") == nil || query("F()") == nil {
		t.Fatal("what does not exist is found")
	}
	if _, err := w.IngestJSON("SigninLogs", strings.NewReader(`{"TimeGenerated":"2026-01-05T10:00:00Z","Late":1}`)); err != nil {
		t.Fatal(err)
	}
	w.AddFunction(&symbol.StoredFunction{Name: "F", Body: "SigninLogs | where Late == 1"})
	if err := query("SigninLogs | where Late == 1"); err != nil {
		t.Error(err)
	}
	if err := query("F() | count"); err != nil {
		t.Error(err)
	}
}

// TestNeeds loads files for one query and asks for the answer that all rows and columns give.
func TestNeeds(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"SigninLogs.jsonl": `{"TimeGenerated":"2026-01-05T10:00:00Z","User":"a","ResultType":"0","Device":{"os":"x \"y\""},"More":[1,{"k":"]"}],"Text":"a \\\" b","N":-1.5e3}
{"User":"b","TimeGenerated":"2026-01-05T11:00:00Z","Text":"","Device":{"os":"z"},"ResultType":"50126","_ingested":"2026-01-05T11:10:00Z"}
`,
		"Other.csv": "TimeGenerated,User,Extra\n2026-01-05T11:00:00Z,b,7\n",
		"Third.csv": "TimeGenerated,Broken\n2026-01-05T11:00:00Z\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	open := func() *Workspace {
		w := New(Options{})
		w.CreateTable("SigninLogs", []store.Column{{Name: "TimeGenerated", Type: value.DateTime}, {Name: "User", Type: value.String}, {Name: "ResultType", Type: value.String},
			{Name: "Device", Type: value.Dynamic}, {Name: "Text", Type: value.String}, {Name: "N", Type: value.Real}})
		w.CreateTable("Other", []store.Column{{Name: "TimeGenerated", Type: value.DateTime}, {Name: "User", Type: value.String}, {Name: "Extra", Type: value.Long}})
		w.CreateTable("Third", []store.Column{{Name: "TimeGenerated", Type: value.DateTime}})
		return w
	}
	for _, c := range []struct {
		text string
		want map[string][]string // nil when it cannot be told
	}{
		{`SigninLogs | where ResultType == "0" | project User`, map[string][]string{"SigninLogs": {"User", "ResultType"}}},
		{`SigninLogs | summarize n = count() by os = tostring(Device.os) | where n < toscalar(Other | summarize sum(Extra))`, map[string][]string{"SigninLogs": {"Device"}, "Other": {"Extra"}}},
		{`SigninLogs | join kind=inner (Other) on User | project User, Extra, late = ingestion_time()`, map[string][]string{"SigninLogs": {"User", plan.IngestionColumn}, "Other": {"User", "Extra"}}},
		{`SigninLogs | sort by TimeGenerated asc`, map[string][]string{"SigninLogs": nil}},
		{`SigninLogs | count`, map[string][]string{"SigninLogs": {}}},
		{`union Sign* | count`, nil},
		{`search "a"`, nil},
		{`Unknown | count`, nil},
	} {
		w := open()
		got, ok := w.Needs(c.text, "")
		if ok != (c.want != nil) || ok && !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %v, want %v", c.text, got, c.want)
			continue
		}
		if !ok {
			continue
		}
		if _, err := w.LoadPaths([]string{dir}, LoadOptions{Columns: got}); err != nil {
			t.Errorf("%s: %v", c.text, err)
			continue
		}
		all := open()
		if _, err := all.LoadPaths([]string{filepath.Join(dir, "SigninLogs.jsonl"), filepath.Join(dir, "Other.csv")}, LoadOptions{}); err != nil {
			t.Fatal(err)
		}
		few, err := w.Query(context.Background(), c.text, QueryOptions{})
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
			continue
		}
		full, err := all.Query(context.Background(), c.text, QueryOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if a, b := string(few.Primary().AppendBatch(nil, "")), string(full.Primary().AppendBatch(nil, "")); a != b {
			t.Errorf("%s:\n%s\nwant\n%s", c.text, a, b)
		}
	}
}
