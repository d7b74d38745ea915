package generate

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestValidate(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*Config)
		says   []string // none: valid
	}{
		{"default", func(c *Config) {}, nil},
		{"everything", func(c *Config) { c.Attacks = []string{"all"}; c.Faults = []string{"late-rows,duplicates"} }, nil},
		{"days", func(c *Config) { c.Days = 0 }, []string{"days is 0", "1 to 400"}},
		{"too many days", func(c *Config) { c.Days = 401 }, []string{"days is 401"}},
		{"users", func(c *Config) { c.Users = -3 }, []string{"users is -3", "1 to 100000"}},
		{"ratio", func(c *Config) { c.Ratio = 0 }, []string{"ratio is 0", "at most 200"}},
		{"start", func(c *Config) { c.Start = c.Start.Add(time.Hour) }, []string{"2026-01-05T01:00:00Z", "midnight", "2026-01-05T00:00:00Z"}},
		{"no start", func(c *Config) { c.Start = time.Time{} }, []string{"start is not set", "DefaultConfig"}},
		{"stream", func(c *Config) { c.Streams = []string{"noninteractiv"} }, []string{`"noninteractiv"`, `did you mean "noninteractive"?`}},
		{"stream by table", func(c *Config) { c.Streams = []string{"auditlogs", "SigninLogs"} }, nil},
		{"attack", func(c *Config) { c.Attacks = []string{"a12"} }, []string{`attack "a12" is not known`, "did you mean", "c10"}},
		{"attack history", func(c *Config) { c.Attacks = []string{"a6"}; c.Days = 3 }, []string{`"a6"`, "--days 14"}},
		{"attack stream", func(c *Config) { c.Attacks = []string{"a1"}; c.Streams = []string{"interactive"} },
			[]string{`"a1"`, "AADNonInteractiveUserSignInLogs", `"noninteractive"`}},
		{"attack users", func(c *Config) { c.Attacks = []string{"all"}; c.Users = 30 }, []string{"36 attacks need", "--users"}},
		{"fault", func(c *Config) { c.Faults = []string{"late-row"} }, []string{`"late-row"`, `did you mean "late-rows"?`}},
		{"missing table", func(c *Config) { c.Faults = []string{"missing-table=Signin"} }, []string{"missing-table=Signin", "SigninLogs"}},
		{"missing no table", func(c *Config) { c.Faults = []string{"missing-table"} }, []string{"name one of"}},
		{"emptied", func(c *Config) { c.Faults = []string{"emptied-columns=UserAgnt"} }, []string{`"UserAgnt"`, `did you mean "UserAgent"?`}},
		{"emptied none", func(c *Config) { c.Faults = []string{"emptied-columns="} }, []string{"names no column"}},
		{"emptied time", func(c *Config) { c.Faults = []string{"emptied-columns=TimeGenerated"} }, []string{"cannot be empty"}},
		{"emptied two", func(c *Config) { c.Faults = []string{"emptied-columns=UserAgent,LocationDetails"} }, nil},
		{"emptied two flags", func(c *Config) { c.Faults = []string{"emptied-columns=UserAgent", "LocationDetails"} }, nil},
		{"delay", func(c *Config) { c.Delay = "agnt" }, []string{`"agnt"`, `did you mean "agent"?`}},
		{"delay of a stream", func(c *Config) { c.Delay = "noninteractive=18m/30m,audit=5m/15m" }, nil},
		{"delay upside down", func(c *Config) { c.Delay = "audit=15m/5m" }, []string{"audit=5m/15m", "smaller first"}},
		{"delay nonsense", func(c *Config) { c.Delay = "audit=soon" }, []string{"median"}},
		{"delay stream", func(c *Config) { c.Delay = "audits=1m/2m" }, []string{`did you mean "audit"?`}},
		{"workers", func(c *Config) { c.Workers = -1 }, []string{"workers is -1"}},
	} {
		cfg := DefaultConfig()
		c.change(&cfg)
		err := cfg.Validate()
		if (err == nil) != (c.says == nil) {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		for _, s := range c.says {
			if !strings.Contains(err.Error(), s) {
				t.Errorf("%s: %q does not say %q", c.name, err, s)
			}
		}
	}
	if _, err := ToDir(context.Background(), t.TempDir(), "jsonlines", small(1, 5)); err == nil || !strings.Contains(err.Error(), "jsonl, csv, parquet") {
		t.Errorf("format: %v", err)
	}
}

// every attack alone, and with the smallest company it accepts.
func TestEveryAttackAlone(t *testing.T) {
	for _, a := range Attacks() {
		cfg := small(max(1, a.MinDays), max(1, peopleNeeded([]string{a.Name})))
		cfg.Attacks = []string{a.Name}
		w := newWorld(cfg)
		if err := cfg.Validate(); err != nil {
			t.Errorf("%s: %v", a.Name, err)
		} else if err := w.lay([]string{a.Name}); err != nil {
			t.Errorf("%s with %d users: %v", a.Name, cfg.Users, err)
		}
		if a.MinDays > 1 {
			cfg.Days = a.MinDays - 1
			if cfg.Validate() == nil {
				t.Errorf("%s accepts %d days", a.Name, cfg.Days)
			}
		}
	}
	if n := len(Attacks()); n != 36 {
		t.Errorf("%d attacks", n)
	}
}

func TestFaults(t *testing.T) {
	base := small(3, 60)
	plain, _ := collect(t, base)
	with := func(faults ...string) (rows, Summary) {
		cfg := base
		cfg.Faults = faults
		return collect(t, cfg)
	}
	if _, ok := plain[tableSignin][0][IngestedColumn]; ok {
		t.Error("no delay, yet rows have an ingestion time")
	}

	got, sum := with("missing-table=AuditLogs")
	if len(got[tableAudit]) != 0 || len(sum.Tables) != 4 || len(got[tableSignin]) != len(plain[tableSignin]) {
		t.Errorf("missing-table leaves %d rows, %d tables", len(got[tableAudit]), len(sum.Tables))
	}

	got, _ = with("emptied-columns=UserAgent,AuthenticationDetails,LocationDetails")
	for table, list := range got {
		for _, r := range list {
			if r["UserAgent"] != "" || r["LocationDetails"] != "" || strings.Trim(r["AuthenticationDetails"], "[]") != "" {
				t.Fatalf("%s keeps %v", table, r)
			}
		}
	}
	if plain[tableSignin][0]["LocationDetails"] == "" {
		t.Error("LocationDetails is empty without a fault")
	}

	got, _ = with("duplicates")
	for _, table := range []string{tableSignin, tableBackground, tablePrincipal} {
		seen := map[string]int{}
		twice := 0
		for _, r := range got[table] {
			if seen[r["Id"]]++; seen[r["Id"]] == 2 {
				twice++
			}
		}
		if want := len(got[table]) - len(plain[table]); twice == 0 || twice != want {
			t.Errorf("%s: %d ids come twice, %d rows more", table, twice, want)
		}
	}
	seen := map[string]bool{}
	for _, r := range plain[tableBackground] {
		if seen[r["Id"]] {
			t.Error("an id comes twice without a fault")
		}
		seen[r["Id"]] = true
	}

	got, _ = with("late-rows")
	late := 0
	for _, r := range got[tableBackground] {
		if lag(t, r) > time.Hour {
			late++
		}
	}
	if part := float64(late) / float64(len(got[tableBackground])); part < 0.03 || part > 0.05 {
		t.Errorf("late-rows makes %.3f of the rows late", part)
	}
}

func lag(t *testing.T, r map[string]string) time.Duration {
	at, err1 := time.Parse(time.RFC3339Nano, r["TimeGenerated"])
	in, err2 := time.Parse(time.RFC3339Nano, r[IngestedColumn])
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2, r)
	}
	return in.Sub(at)
}

func TestDelays(t *testing.T) {
	cfg := small(3, 100)
	cfg.Delay = "noninteractive=18m/30m,interactive=7m/15m"
	data, _ := collect(t, cfg)
	for _, c := range []struct {
		table    string
		p50, p95 time.Duration
	}{{tableBackground, 18 * time.Minute, 30 * time.Minute}, {tableSignin, 7 * time.Minute, 15 * time.Minute}, {tableAudit, 0, 0}} {
		p50, p95 := percentiles(t, data[c.table])
		near := func(got, want time.Duration) bool { return got >= want*85/100 && got <= want*115/100 }
		if !near(p50, c.p50) || !near(p95, c.p95) {
			t.Errorf("%s: half within %s, 95 of 100 within %s", c.table, p50, p95)
		}
	}
}

func TestMissingTableMindsAnOldFile(t *testing.T) {
	dir := t.TempDir()
	cfg := small(1, 20)
	if _, err := ToDir(context.Background(), dir, "jsonl", cfg); err != nil {
		t.Fatal(err)
	}
	cfg.Faults = []string{"missing-table=AuditLogs"}
	_, err := ToDir(context.Background(), dir, "jsonl", cfg)
	if err == nil || !strings.Contains(err.Error(), filepath.Join(dir, "AuditLogs.jsonl")) {
		t.Errorf("error %v", err)
	}
}
