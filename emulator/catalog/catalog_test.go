package catalog

import (
	"testing"

	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/content/tables"
	"github.com/seed-caab1ad3/blindspot/emulator/kql"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/symbol"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
)

func column(t *symbol.Table, name string) *symbol.Column {
	for i := range t.Columns {
		if t.Columns[i].Name == name {
			return &t.Columns[i]
		}
	}
	return nil
}

func TestShippedNames(t *testing.T) {
	c := New(tables.Sentinel)
	s, ok := c.Table("SigninLogs")
	if !ok {
		t.Fatal("SigninLogs is not there")
	}
	if got := column(s, "DeviceDetail"); got == nil || got.Type != value.Dynamic {
		t.Errorf("DeviceDetail: %+v", got)
	}
	if got := column(s, "_ItemId"); got == nil || !got.Hidden {
		t.Errorf("_ItemId: %+v", got)
	}
	again, _ := c.Table("SigninLogs")
	if again != s {
		t.Error("a table is made anew each time")
	}
	if _, ok := c.Table("signinlogs"); ok {
		t.Error("names are compared without regard to case")
	}
	if custom, ok := c.Table("Nobody_Described_CL"); ok {
		t.Errorf("a custom table that nobody described: %+v", custom)
	}
	if _, ok := c.Table("ExposureGraphNodes"); !ok {
		t.Error("a table of Defender is unknown")
	}
	hunting := New(tables.Hunting)
	if both, ok := hunting.Table("DeviceEvents"); !ok || column(both, "MachineGroup") == nil || both.Columns[0].Name != "Timestamp" {
		t.Errorf("a table of both services: %+v", both)
	}
	if _, ok := hunting.Table("SecurityAlert"); !ok {
		t.Error("hunting knows no table of Log Analytics")
	}
	if f, ok := c.Function("workspace"); !ok || f.Remote != symbol.SameTables {
		t.Errorf("workspace(): %+v", f)
	}
	if f, ok := c.Function("_Im_Authentication"); !ok || f.Returns == nil || !f.Returns.Open || column(f.Returns, "TargetAppId") == nil {
		t.Errorf("_Im_Authentication(): %+v", f.Returns)
	}
	if got := c.NearestTable("SigninLog"); got != "SigninLogs" {
		t.Errorf("nearest to SigninLog: %q", got)
	}
	if got := c.TableNames("AADNonInteractive*"); len(got) != 1 {
		t.Errorf("AADNonInteractive*: %q", got)
	}
	if got := c.TableNames("*"); len(got) != 0 {
		t.Errorf("* without data: %q", got)
	}
	c.Hold("SigninLogs", "AuditLogs")
	if got := c.TableNames("*"); len(got) != 2 || got[0] != "AuditLogs" {
		t.Errorf("*: %q", got)
	}
}

func TestBundle(t *testing.T) {
	b := &content.Bundle{
		Functions: []*content.Function{{Alias: "bs_Fails", Query: content.NewText("f.yaml", "SigninLogs | where ResultType != ok | project UserPrincipalName"),
			Parameters: []content.Parameter{{Name: "ok", Type: "string", Default: `"0"`, HasDefault: true}}}},
		Watchlists: []*content.Watchlist{{Alias: "vips", Columns: []content.WatchlistColumn{{Name: "User"}, {Name: "Since", Type: "datetime"}}}},
		Tables:     []*content.TableSchema{{Schema: tables.Schema{Name: "My_CL", Known: true, Columns: []tables.Column{{Name: "A", Type: "long"}}}}},
	}
	c := FromBundle(tables.Sentinel, b)
	for _, x := range []struct{ query, want string }{
		{"bs_Fails | count", "Count:long"},
		{`bs_Fails("1") | take 1`, "UserPrincipalName:string"},
		{"_GetWatchlist('vips') | project User, Since, SearchKey", "User:string,Since:datetime,SearchKey:string"},
		{"My_CL | where A > 1 | project A", "A:long"},
	} {
		r := kql.Compile(x.query, kql.Options{Catalog: c})
		got := ""
		for i, col := range r.Columns {
			if i > 0 {
				got += ","
			}
			got += col.Name + ":" + col.Type.String()
		}
		if !r.OK() || got != x.want {
			t.Errorf("%s: %s, want %s; %+v", x.query, got, x.want, r.Diagnostics)
		}
	}
	r := kql.Compile("_GetWatchlist('vips') | project Usr", kql.Options{Catalog: c})
	if r.OK() {
		t.Error("a column that a known watchlist lacks binds")
	}
}

func TestMatch(t *testing.T) {
	for _, x := range []struct {
		pattern, name string
		want          bool
	}{
		{"Sec*", "SecurityEvent", true}, {"*Event", "SecurityEvent", true}, {"S*E*y*t", "SecurityEvent", false}, {"S*y*t", "SecurityEvent", true},
		{"a*a", "a", false}, {"**", "x", true}, {"x", "x", true}, {"x", "xy", false},
	} {
		if got := match(x.pattern, x.name); got != x.want {
			t.Errorf("%q matches %q: %v", x.pattern, x.name, got)
		}
	}
}
