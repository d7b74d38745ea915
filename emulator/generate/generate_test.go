package generate

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"
)

func small(days, users int) Config {
	cfg := DefaultConfig()
	cfg.Days, cfg.Users, cfg.Ratio = days, users, 10
	return cfg
}

func hashDir(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(data)
		rel, _ := filepath.Rel(dir, path)
		out[rel] = hex.EncodeToString(sum[:])
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestSameSeedSameBytes(t *testing.T) {
	for _, format := range Formats() {
		cfg := small(15, 100)
		cfg.Ratio = 1.5
		cfg.Attacks, cfg.Faults, cfg.Delay = []string{"all"}, []string{"late-rows", "duplicates"}, "entra"
		if format != "jsonl" {
			cfg = small(2, 60)
		}
		var first map[string]string
		for _, workers := range []int{1, 8} {
			cfg.Workers = workers
			dir := t.TempDir()
			if _, err := ToDir(context.Background(), dir, format, cfg); err != nil {
				t.Fatal(err)
			}
			got := hashDir(t, dir)
			if first == nil {
				first = got
			} else if fmt.Sprint(got) != fmt.Sprint(first) {
				t.Errorf("%s: %d workers write other bytes than one", format, workers)
			}
		}
		cfg.Seed++
		dir := t.TempDir()
		if _, err := ToDir(context.Background(), dir, format, cfg); err != nil {
			t.Fatal(err)
		}
		for name, h := range hashDir(t, dir) {
			if first[name] == h && name != filepath.Join(WatchlistFolder, "bs_legacy_ok.csv") {
				t.Errorf("%s: another seed writes the same %s", format, name)
			}
		}
	}
}

// schemas reads the published tables where they are at hand.
func schemas(t *testing.T) map[string][]Column {
	for dir := "."; len(dir) < 40; dir = filepath.Join("..", dir) {
		data, err := os.ReadFile(filepath.Join(dir, "shared", "schemas", "tables.json"))
		if err != nil {
			continue
		}
		var all map[string][]struct{ Name, Type string }
		if err := json.Unmarshal(data, &all); err != nil {
			t.Fatal(err)
		}
		out := map[string][]Column{}
		for _, table := range Tables() {
			for _, c := range all[table] {
				out[table] = append(out[table], Column{c.Name, Type(c.Type)})
			}
		}
		return out
	}
	t.Log("../shared/schemas is absent: only the columns that matter most are compared")
	clash := func(typ Type) []Column {
		out := []Column{{"TimeGenerated", Datetime}, {"ResultType", String}, {"Id", String}, {"IPAddress", String}}
		for _, n := range []string{"ConditionalAccessPolicies", "DeviceDetail", "LocationDetails", "MfaDetail", "Status"} {
			out = append(out, Column{n, typ})
		}
		return out
	}
	return map[string][]Column{tableSignin: clash(Dynamic), tableBackground: clash(String), "": nil}
}

func TestColumnsAreTheTables(t *testing.T) {
	known := schemas(t)
	_, partial := known[""]
	for _, table := range Tables() {
		types := map[string]Type{}
		for _, c := range known[table] {
			types[c.Name] = c.Type
		}
		seen := map[string]bool{}
		for _, c := range tableColumns(table) {
			if seen[c.Name] {
				t.Errorf("%s has %s twice", table, c.Name)
			}
			seen[c.Name] = true
			if typ, ok := types[c.Name]; ok && typ != c.Type || !ok && !partial {
				t.Errorf("%s.%s is %s here and %q in the table", table, c.Name, c.Type, typ)
			}
		}
	}
}

// kind is what a JSON value of a column must be.
func checkValue(c Column, raw json.RawMessage) error {
	if string(raw) == "null" {
		if c.Type == String {
			return errors.New("a null string")
		}
		return nil
	}
	switch c.Type {
	case String:
		var s string
		return json.Unmarshal(raw, &s)
	case Long:
		var n int64
		return json.Unmarshal(raw, &n)
	case Bool:
		var b bool
		return json.Unmarshal(raw, &b)
	case Datetime:
		var s string
		if err := json.Unmarshal(raw, &s); err != nil {
			return err
		}
		if len(s) != timeSize {
			return fmt.Errorf("%q has not seven digits", s)
		}
		_, err := time.Parse("2006-01-02T15:04:05.0000000Z", s)
		return err
	}
	if raw[0] != '{' && raw[0] != '[' {
		return fmt.Errorf("%s is no object or array", raw)
	}
	return nil
}

// Strings that hold JSON must parse as it.
var jsonStrings = map[string]bool{
	"AuthenticationDetails": true, "AuthenticationProcessingDetails": true, "ConditionalAccessPolicies": true,
	"DeviceDetail": true, "LocationDetails": true, "Status": true, "NetworkLocationDetails": true, "RiskEventTypes_V2": true,
}

func TestJSONLines(t *testing.T) {
	cfg := small(2, 90)
	cfg.Delay, cfg.Attacks = "entra", []string{"a1", "a2", "a5", "a13", "b1", "b2", "c2", "c5", "c10", "f2", "f4"}
	dir := t.TempDir()
	last, total := 0, 0
	cfg.Progress = func(done, of int) { last, total = done, of }
	sum, err := ToDir(context.Background(), dir, "jsonl", cfg)
	if err != nil {
		t.Fatal(err)
	}
	if last != total || total != 10 {
		t.Errorf("progress ends at %d of %d", last, total)
	}
	if len(sum.Tables) != 5 {
		t.Fatalf("tables: %+v", sum.Tables)
	}
	for _, table := range sum.Tables {
		columns := append(tableColumns(table.Table), Column{IngestedColumn, Datetime})
		f, err := os.Open(table.File)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		scan := bufio.NewScanner(f)
		scan.Buffer(nil, 1<<20)
		rows, before := int64(0), ""
		for scan.Scan() {
			rows++
			var row map[string]json.RawMessage
			if err := json.Unmarshal(scan.Bytes(), &row); err != nil {
				t.Fatalf("%s row %d: %v\n%s", table.Table, rows, err, scan.Text())
			}
			if len(row) != len(columns) {
				t.Fatalf("%s row %d has %d keys, not %d", table.Table, rows, len(row), len(columns))
			}
			for _, c := range columns {
				if err := checkValue(c, row[c.Name]); err != nil {
					t.Fatalf("%s row %d: %s: %v", table.Table, rows, c.Name, err)
				}
				var s string
				if jsonStrings[c.Name] && c.Type == String && json.Unmarshal(row[c.Name], &s) == nil && s != "" && !json.Valid([]byte(s)) {
					t.Fatalf("%s row %d: %s holds no JSON: %s", table.Table, rows, c.Name, s)
				}
			}
			at := string(row["TimeGenerated"])
			if at < before {
				t.Fatalf("%s row %d: %s comes after %s", table.Table, rows, at, before)
			}
			if before = at; string(row[IngestedColumn]) <= at {
				t.Fatalf("%s row %d: ingested at %s, before %s", table.Table, rows, row[IngestedColumn], at)
			}
		}
		if err := scan.Err(); err != nil || rows != table.Rows {
			t.Fatalf("%s: %d rows, summary says %d; %v", table.Table, rows, table.Rows, err)
		}
		if info, _ := f.Stat(); info.Size() != table.Bytes {
			t.Errorf("%s: %d bytes, summary says %d", table.Table, info.Size(), table.Bytes)
		}
	}
}

// rows collects the named columns of every row by table.
type rows map[string][]map[string]string

func (r rows) value(v Value, typ Type) string {
	switch {
	case v.Null:
		return ""
	case typ == Datetime:
		return string(ticks(v.Number).append(nil))
	case typ == Long || typ == Bool:
		return fmt.Sprint(v.Number)
	}
	return string(v.Text)
}

var watched = []string{
	"TimeGenerated", "Id", "ResultType", "UserPrincipalName", "IPAddress", "Location", "AppId", "ResourceIdentity", "DeviceDetail",
	"SessionId", "CorrelationId", "ServicePrincipalId", "ServicePrincipalCredentialKeyId", "FederatedCredentialId", "ClientAppUsed",
	"IncomingTokenType", "AuthenticationProtocol", "UserAgent", "AutonomousSystemNumber", "ConditionalAccessStatus", "OperationName",
	"TargetResources", "TokenIssuerType", "LocationDetails", "AuthenticationDetails",
	"OriginalTransferMethod", IngestedColumn, "InitiatedBy", "CrossTenantAccessType",
}

func collect(t *testing.T, cfg Config) (rows, Summary) {
	t.Helper()
	out := rows{}
	wanted := map[string][]int{}
	sum, err := Generate(context.Background(), cfg, NewCallback(func(table string, r *Row) error {
		columns := r.Columns()
		if wanted[table] == nil {
			for i, c := range columns {
				if slices.Contains(watched, c.Name) {
					wanted[table] = append(wanted[table], i)
				}
			}
		}
		row := make(map[string]string, len(wanted[table]))
		for _, i := range wanted[table] {
			row[columns[i].Name] = out.value(r.Value(i), columns[i].Type)
		}
		out[table] = append(out[table], row)
		return nil
	}))
	if err != nil {
		t.Fatal(err)
	}
	return out, sum
}

func TestFormatsAgree(t *testing.T) {
	cfg := small(1, 40)
	cfg.Delay = "agent"
	want, _ := collect(t, cfg)
	dir := t.TempDir()
	for _, format := range []string{"csv", "parquet"} {
		if _, err := ToDir(context.Background(), dir, format, cfg); err != nil {
			t.Fatal(err)
		}
	}
	for table, list := range want {
		data, err := os.ReadFile(filepath.Join(dir, table+".csv"))
		if err != nil {
			t.Fatal(err)
		}
		records, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		if len(records) != len(list)+1 {
			t.Fatalf("%s: %d records for %d rows", table, len(records), len(list))
		}
		for i, row := range list {
			for k, name := range records[0] {
				if v, ok := row[name]; ok && v != records[i+1][k] {
					t.Fatalf("%s row %d: %s is %q in CSV, %q in the callback", table, i, name, records[i+1][k], v)
				}
			}
		}
		compareParquet(t, filepath.Join(dir, table+".parquet"), list, records[0])
	}
}

func compareParquet(t *testing.T, name string, list []map[string]string, header []string) {
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := parquet.NewReader(f)
	var names []string
	for _, c := range r.Schema().Fields() {
		names = append(names, c.Name())
	}
	if !slices.Equal(names, header) {
		t.Fatalf("%s: columns %v, not %v", name, names, header)
	}
	buf := make([]parquet.Row, 64)
	at := 0
	for {
		n, err := r.ReadRows(buf)
		for _, row := range buf[:n] {
			for _, v := range row {
				col := names[v.Column()]
				want, ok := list[at][col]
				if !ok {
					continue
				}
				got := v.String()
				switch {
				case v.IsNull():
					got = ""
				case v.Kind() == parquet.Int64 && (col == "TimeGenerated" || col == IngestedColumn):
					got = string(ticks(v.Int64() / 100).append(nil))
				}
				if got != want {
					t.Fatalf("%s row %d: %s is %q, not %q", name, at, col, got, want)
				}
			}
			at++
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if at != len(list) {
		t.Fatalf("%s: %d rows, not %d", name, at, len(list))
	}
}

func TestShape(t *testing.T) {
	cfg := DefaultConfig()
	cfg.Days = 7
	d, err := Measure(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Log("\n" + d.String())
	front, back := d.Shape(tableSignin), d.Shape(tableBackground)
	for _, c := range []struct {
		what          string
		got, low, top float64
	}{
		{"interactive rows a day", d.PerDay(front), 2000, 3000},
		{"non-interactive rows a day", d.PerDay(back), 42000, 58000},
		{"service principal rows a day", d.PerDay(d.Shape(tablePrincipal)), 6000, 10000},
		{"managed identity rows a day", d.PerDay(d.Shape(tableIdentity)), 2300, 3700},
		{"ratio", d.Ratio(), 18, 22},
		{"interactive failure share", front.FailureShare(), 0.08, 0.15},
		{"interrupts of interactive failures", share(front.Interrupts, front.Failures), 0.5, 1},
		{"non-interactive failure share", back.FailureShare(), 0.02, 0.06},
		{"expired and revoked of non-interactive failures", back.CodeShare("70043", "70044", "50173", "50133", "65001", "50058"), 0.5, 1},
		{"policy bytes", back.PolicyShare(), 0.5, 0.8},
		{"night floor", back.Floor(), 0.10, 0.20},
		{"interactive at 09", share(front.Hours[9], front.WeekdayRows), 0.1, 0.16},
		{"interactive at 13 against 12", share(front.Hours[13], front.Hours[12]), 1.3, 3},
		{"flat applications", d.Shape(tablePrincipal).Floor(), 0.9, 1},
		{"weekend dip", share(front.Rows-front.WeekdayRows, front.Rows), 0.03, 0.15},
	} {
		if c.got < c.low || c.got > c.top {
			t.Errorf("%s: %.3f, not within %.3f to %.3f", c.what, c.got, c.low, c.top)
		}
	}
	for _, ratio := range []float64{3, 40} {
		cfg := small(7, 100)
		cfg.Ratio = ratio
		d, err := Measure(context.Background(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		// The stuck clients and the mailboxes do not scale with the ratio.
		if got := d.Ratio(); got < ratio*0.85 || got > ratio*1.15+3 {
			t.Errorf("ratio %g gives %.1f", ratio, got)
		}
	}
}

// A benign month brings nothing new after its first day: no rule of the kind "not seen in 13 days" can fire by chance.
func TestNothingNewAfterTheFirstDays(t *testing.T) {
	cfg := small(30, 60)
	cfg.Ratio = 3
	data, _ := collect(t, cfg)
	type pair struct{ what, who, value string }
	first := map[pair]string{}
	note := func(what, who, value, at string) {
		if k := (pair{what, who, value}); first[k] == "" {
			first[k] = at
		}
	}
	for _, table := range []string{tableSignin, tableBackground} {
		for _, r := range data[table] {
			if r["ResultType"] != "0" {
				continue
			}
			who, at := r["UserPrincipalName"], r["TimeGenerated"]
			for _, c := range []string{"Location", "IPAddress", "AppId", "DeviceDetail", "UserAgent", "TokenIssuerType"} {
				note(table+" "+c, who, r[c], at)
			}
			note(table+" incoming", who, r["IncomingTokenType"], at)
		}
	}
	for _, table := range []string{tablePrincipal, tableIdentity} {
		for _, r := range data[table] {
			who, at := r["ServicePrincipalId"], r["TimeGenerated"]
			for _, c := range []string{"Location", "IPAddress", "ResourceIdentity", "FederatedCredentialId"} {
				note(table+" "+c, who, r[c], at)
			}
		}
	}
	var late []string
	for k, at := range first {
		limit := "2026-01-06T00:00:01"
		if strings.HasSuffix(k.what, "incoming") {
			limit = "2026-01-13" // a primary refresh token of a known device may wait for its turn
		}
		if at > limit {
			late = append(late, fmt.Sprint(at, " ", k))
		}
	}
	sort.Strings(late)
	if len(late) > 0 {
		t.Errorf("%d things are new after the first day:\n%s", len(late), strings.Join(late[:min(20, len(late))], "\n"))
	}
}

func TestCancelLeavesNothing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := ToDir(ctx, dir, "jsonl", small(3, 50)); !errors.Is(err, context.Canceled) {
		t.Fatalf("error %v", err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a cancelled run left %s", dir)
	}
	// One that is stopped on its way keeps the files of the run before.
	cfg := small(1, 50)
	if _, err := ToDir(context.Background(), dir, "jsonl", cfg); err != nil {
		t.Fatal(err)
	}
	before := hashDir(t, dir)
	ctx, cancel = context.WithTimeout(context.Background(), 30*time.Millisecond)
	defer cancel()
	if _, err := ToDir(ctx, dir, "jsonl", small(60, 300)); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("error %v", err)
	}
	if after := hashDir(t, dir); fmt.Sprint(after) != fmt.Sprint(before) {
		t.Errorf("a stopped run changed the folder: %v", after)
	}
}

func TestSinkErrorStopsTheRun(t *testing.T) {
	full := errors.New("disk full")
	n := 0
	_, err := Generate(context.Background(), small(5, 100), NewCallback(func(string, *Row) error {
		if n++; n > 2000 {
			return full
		}
		return nil
	}))
	if !errors.Is(err, full) || n > 2001 {
		t.Errorf("after %d rows: %v", n, err)
	}
}

func TestTimes(t *testing.T) {
	for _, s := range []string{"1971-01-01T00:00:00.0000000Z", "2000-02-29T23:59:59.9999999Z", "2026-01-05T08:03:09.0000001Z", "2200-12-31T12:00:00.1234567Z"} {
		at, err := time.Parse(time.RFC3339Nano, s)
		if err != nil {
			t.Fatal(err)
		}
		if got := string(ticksOf(at).append(nil)); got != s {
			t.Errorf("%s is written %s", s, got)
		}
		if got := ticksOf(at).weekday(); got != (int(at.Weekday())+6)%7 {
			t.Errorf("%s is weekday %d", s, got)
		}
		if got := ticksOf(at).time(); !got.Equal(at) {
			t.Errorf("%s comes back as %s", s, got)
		}
	}
}

func TestRowPathDoesNotAllocate(t *testing.T) {
	w := newWorld(small(1, 60))
	events := w.plan(tableBackground, 0, nil)
	f := w.newFiller(tableBackground, tableColumns(tableBackground), &faultPlan{})
	table, err := NewJSONLines(func(string) (io.WriteCloser, error) { return &discard{}, nil }).Open(tableBackground, tableColumns(tableBackground))
	if err != nil {
		t.Fatal(err)
	}
	chunk := table.NewChunk()
	f.chunk(events, chunk)
	noise := 0
	for _, e := range events {
		if e.flags&flagNoise != 0 {
			noise++
		}
	}
	allocs := testing.AllocsPerRun(3, func() {
		chunk.(*textChunk).buf = chunk.(*textChunk).buf[:0]
		f.chunk(events, chunk)
	})
	if allocs > float64(30*noise+10) {
		t.Errorf("%d rows take %.0f allocations", len(events), allocs)
	}
}
