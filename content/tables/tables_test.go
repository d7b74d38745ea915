package tables

import (
	"encoding/json"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

func TestLookup(t *testing.T) {
	for _, c := range []struct {
		profile      Profile
		name, column string
		typ          string // "" means that the column is not there
		hidden       bool
	}{
		{Sentinel, "SigninLogs", "Status", "dynamic", false},
		{Sentinel, "AADNonInteractiveUserSignInLogs", "Status", "string", false},
		{Sentinel, "SigninLogs", "_ItemId", "string", true},
		{Sentinel, "SigninLogs", "_TimeReceived", "datetime", true},
		{Sentinel, "SigninLogs", "_BilledSize", "real", true},
		{Sentinel, "SigninLogs", "Nope", "", false},
		{Sentinel, "ZPA_CL", "RawData", "string", false},
		{Hunting, "DeviceInfo", "Timestamp", "datetime", false},
		{Hunting, "SigninLogs", "TimeGenerated", "datetime", false},
		{ADX, "StormEvents", "StartTime", "datetime", false},
	} {
		s, ok := Lookup(c.profile, c.name)
		if !ok {
			t.Errorf("%s %s is not known", c.profile, c.name)
			continue
		}
		got, ok := s.Column(c.column)
		if ok != (c.typ != "") || got.Type != c.typ || got.Hidden != c.hidden {
			t.Errorf("%s %s.%s = %+v, %v", c.profile, c.name, c.column, got, ok)
		}
	}
	for _, c := range []struct {
		profile Profile
		name    string
	}{{Sentinel, "signinlogs"}, {Sentinel, ""}, {Sentinel, "Zzz"}, {ADX, "AADRiskyUsers"}, {Sentinel, "_CL"}, {Sentinel, "a b_CL"}} {
		if s, ok := Lookup(c.profile, c.name); ok {
			t.Errorf("%s %q is known: %+v", c.profile, c.name, s)
		}
	}
	s, ok := Lookup(Sentinel, "Nobody_CL")
	if !ok || !s.Open || s.Known {
		t.Errorf("Nobody_CL: %+v %v", s, ok)
	}
	if d, _ := Lookup(Sentinel, "AzureDiagnostics"); !d.Open || !d.Known {
		t.Errorf("AzureDiagnostics: open %v", d.Open)
	}
	if s, _ := Lookup(Sentinel, "SigninLogs"); len(s.Visible())+6 != len(s.Columns) {
		t.Errorf("SigninLogs shows %d of %d columns", len(s.Visible()), len(s.Columns))
	}
	if got := Nearest(Sentinel, "SignInLogs"); got != "SigninLogs" {
		t.Errorf("nearest of SignInLogs: %q", got)
	}
	if got := Nearest(Sentinel, "AADNonInteractiveUserSigninLog"); got != "AADNonInteractiveUserSignInLogs" {
		t.Errorf("nearest: %q", got)
	}
	if got := Nearest(Sentinel, "CompletelyElsewhere"); got != "" {
		t.Errorf("nearest of nothing: %q", got)
	}
}

func TestFunctions(t *testing.T) {
	for _, c := range []struct {
		name   string
		shape  Shape
		params int
		column string
	}{
		{"_Im_Authentication", Tabular, -1, "TargetUsername"},
		{"_GetWatchlist", OpenTabular, 2, "SearchKey"},
		{"_ASIM_LookupDnsQueryType", Scalar, 2, ""},
		{"FileProfile", Invoke, 3, "GlobalPrevalence"},
		{"workspace", Database, 1, ""},
		{"adx", OpenDatabase, 1, ""},
	} {
		f, ok := LookupFunction(c.name)
		if !ok || f.Shape != c.shape || c.params >= 0 && len(f.Params) != c.params {
			t.Errorf("%s: %+v %v", c.name, f, ok)
			continue
		}
		found := c.column == ""
		for _, col := range f.Columns {
			found = found || col.Name == c.column
		}
		if !found {
			t.Errorf("%s has no column %s", c.name, c.column)
		}
	}
	if f, _ := LookupFunction("_ASIM_LookupDnsQueryType"); f.ScalarType != "string" {
		t.Errorf("scalar type %q", f.ScalarType)
	}
	if cols, ok := ASIMSchema("Authentication"); !ok || len(cols) < 50 {
		t.Errorf("ASIM Authentication: %d columns", len(cols))
	}
	if _, ok := LookupFunction("nope"); ok {
		t.Error("nope is a function")
	}
}

// Every table of the collected schemas must come back column by column.
func TestPackedEqualsSource(t *testing.T) {
	dir := "../../../shared/schemas"
	if _, err := os.Stat(dir); err != nil {
		t.Skip("../shared/schemas is not there")
	}
	files := map[string]int{"tables.json": sectionLA, "tables-xdr.json": sectionXDR, "tables-custom.json": sectionCustom, "tables-adx.json": sectionADX}
	for file, section := range files {
		b, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil {
			t.Fatal(err)
		}
		var want map[string][]Column
		if err := json.Unmarshal(b, &want); err != nil {
			t.Fatal(err)
		}
		if got := pack().count(section); got != len(want) {
			t.Errorf("%s: %d tables, want %d", file, got, len(want))
		}
		for name, cols := range want {
			i, ok := pack().find(section, name)
			if !ok {
				t.Errorf("%s: %s is missing", file, name)
				continue
			}
			_, data := pack().entry(section, i)
			got := pack().columns(data)
			if len(got) != len(cols) {
				t.Errorf("%s: %s has %d columns, want %d", file, name, len(got), len(cols))
				continue
			}
			for j := range cols {
				if got[j] != cols[j] {
					t.Errorf("%s: %s column %d is %v, want %v", file, name, j, got[j], cols[j])
				}
			}
		}
	}
}

func TestSize(t *testing.T) {
	if len(packed) > 700_000 {
		t.Errorf("schemas.bin is %d bytes; it is part of every copy of the program", len(packed))
	}
}

func TestLookupConcurrent(t *testing.T) {
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for _, n := range Names(Sentinel) {
				if s, ok := Lookup(Sentinel, n); !ok || s.Name != n {
					t.Errorf("%s: %v", n, ok)
				}
			}
		})
	}
	wg.Wait()
}

func BenchmarkLookupCold(b *testing.B) {
	for b.Loop() {
		decoded.Clear()
		if _, ok := Lookup(Sentinel, "SigninLogs"); !ok {
			b.Fatal("SigninLogs is not known")
		}
	}
}

func BenchmarkLookupWarm(b *testing.B) {
	for b.Loop() {
		Lookup(Sentinel, "SigninLogs")
	}
}

func BenchmarkNearest(b *testing.B) {
	for b.Loop() {
		Nearest(Sentinel, "SignInLog")
	}
}
