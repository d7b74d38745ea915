package kql_test

import (
	"strings"
	"testing"

	"github.com/seed-caab1ad3/blindspot/content/tables"
	"github.com/seed-caab1ad3/blindspot/emulator/catalog"
	"github.com/seed-caab1ad3/blindspot/emulator/kql"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/source"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/symbol"
)

// rule is a rule of thirty lines, as rules come.
const rule = `let threshold = 8;
let window = 1h;
let ignored = dynamic(["198.51.100.7", "198.51.100.8"]);
let failures = (T: (TimeGenerated: datetime, UserPrincipalName: string, IPAddress: string, ResultType: string)) {
    T
    | where ResultType in ("50126", "50053", "50055")
    | where isnotempty(IPAddress) and not(IPAddress in (ignored))
    | extend Name = tolower(UserPrincipalName)
};
let interactive = SigninLogs
    | where TimeGenerated > ago(window)
    | extend Browser = tostring(DeviceDetail.browser), Country = tostring(LocationDetails.countryOrRegion)
    | project TimeGenerated, UserPrincipalName, IPAddress, ResultType, AppDisplayName, Browser, Country;
let background = AADNonInteractiveUserSignInLogs
    | where TimeGenerated > ago(window)
    | extend Details = parse_json(DeviceDetail)
    | extend Browser = tostring(Details.browser), Country = tostring(parse_json(LocationDetails).countryOrRegion)
    | project TimeGenerated, UserPrincipalName, IPAddress, ResultType, AppDisplayName, Browser, Country;
let all = materialize(union isfuzzy=true interactive, background);
let sprayed = failures(all)
    | summarize Users = dcount(Name), Names = make_set(Name, 100), Apps = make_set(AppDisplayName, 20), First = min(TimeGenerated), Last = max(TimeGenerated)
        by IPAddress, bin(TimeGenerated, 10m)
    | where Users >= threshold;
sprayed
| join kind=leftouter (all | where ResultType == "0" | summarize Succeeded = make_set(UserPrincipalName) by IPAddress) on IPAddress
| extend Hit = set_intersect(Names, Succeeded)
| mv-expand Name = Names to typeof(string)
| summarize arg_max(Last, *) by IPAddress
| project Last, IPAddress, Users, Names, Apps, Hits = array_length(Hit), Prefix = strcat(split(IPAddress, ".")[0], ".", split(IPAddress, ".")[1])
| order by Users desc`

func TestCompileRule(t *testing.T) {
	c := kql.Compile(rule, kql.Options{Catalog: catalog.New(tables.Sentinel), Profile: kql.Sentinel})
	for _, d := range c.Diagnostics {
		t.Errorf("%s %q: %s", d.Code, d.Span.Text(rule), d.Message)
	}
	if err := verify(c.Query); err != nil {
		t.Error(err)
	}
	var names []string
	for _, col := range c.Columns {
		names = append(names, col.Name+":"+col.Type.String())
	}
	if got, want := strings.Join(names, " "), "Last:datetime IPAddress:string Users:long Names:dynamic Apps:dynamic Hits:long Prefix:string"; got != want {
		t.Errorf("columns %s, want %s", got, want)
	}
	if got := strings.Join(c.Query.Tables, " "); got != "SigninLogs AADNonInteractiveUserSignInLogs" {
		t.Errorf("tables %s", got)
	}
}

func TestProfiles(t *testing.T) {
	for _, x := range []struct {
		query   string
		profile kql.Profile
		code    string // "" when it is clean
	}{
		{"print a = extent_id()", kql.Sentinel, "BS203"},
		{"print a = extent_id()", kql.ADX, ""},
		{"cluster('c').database('d').T | take 1", kql.Sentinel, "BS203"},
		{`workspace("w").SigninLogs | take 1`, kql.Sentinel, ""},
		{`adx("https://c.contoso.example/d").T | take 1`, kql.Sentinel, "BS204"},
		{`declare query_parameters(a: long = 1); print a`, kql.Hunting, "BS201"},
		{".show tables", kql.Sentinel, "BS202"},
		{"print 1", "", ""},
	} {
		p := tables.Sentinel
		if x.profile == kql.ADX {
			p = tables.ADX
		}
		got := ""
		for _, d := range kql.Compile(x.query, kql.Options{Catalog: catalog.New(p), Profile: x.profile}).Diagnostics {
			if d.Severity == source.Error && got == "" {
				got = d.Code
			}
		}
		if got != x.code {
			t.Errorf("%s in %s: %q, want %q", x.query, x.profile, got, x.code)
		}
	}
}

func TestKernels(t *testing.T) {
	has := func(kind symbol.FunctionKind, name string) bool {
		return name != "geo_distance_2points" && name != "make_set" && name != "autocluster"
	}
	c := kql.Compile("SigninLogs | extend d = geo_distance_2points(1, 2, 3, 4) | summarize makeset(d) | evaluate autocluster()",
		kql.Options{Catalog: catalog.New(tables.Sentinel), HasKernel: has})
	if !c.OK() {
		t.Fatal(c.Diagnostics)
	}
	var got []string
	for _, u := range c.Query.Unsupported {
		got = append(got, u.What)
	}
	if s := strings.Join(got, ", "); s != "plugin autocluster(), aggregate make_set(), function geo_distance_2points()" {
		t.Errorf("unsupported: %s", s)
	}
}

func BenchmarkCompile(b *testing.B) {
	c := catalog.New(tables.Sentinel)
	o := kql.Options{Catalog: c, Profile: kql.Sentinel}
	if r := kql.Compile(rule, o); !r.OK() {
		b.Fatal(r.Diagnostics)
	}
	b.ReportAllocs()
	for b.Loop() {
		kql.Compile(rule, o)
	}
}

// The first query pays for the tables and functions that it names.
func BenchmarkCompileFirst(b *testing.B) {
	for b.Loop() {
		kql.Compile(rule, kql.Options{Catalog: catalog.New(tables.Sentinel), Profile: kql.Sentinel})
	}
}

// Of union * over no data every name may be a column, also one that is a table's.
func TestColumnsOfEveryTable(t *testing.T) {
	for query, want := range map[string]string{
		"union * | extend a = coalesce(Operation, OperationName) | distinct Type, a":                                          "Type: string, a: unknown",
		"union withsource=Name * | where TimeGenerated > ago(1d) and Operation == 'x' | summarize max(TimeGenerated) by Name": "Name: string, max_TimeGenerated: datetime",
		"search 'x' | distinct Type, Operation":                                                                               "Type: string, Operation: unknown",
		"let Operation = 5; union * | where Free == Operation | project Free":                                                 "Free: unknown",
		"SigninLogs | extend a = coalesce(Operation, '')":                                                                     "KS108",
	} {
		c := kql.Compile(query, kql.Options{Catalog: catalog.New(tables.Sentinel), Profile: kql.Sentinel})
		var got []string
		for _, d := range c.Diagnostics {
			got = append(got, d.Code)
		}
		if got == nil {
			for _, col := range c.Columns {
				got = append(got, col.Name+": "+col.Type.String())
			}
		}
		if s := strings.Join(got, ", "); s != want {
			t.Errorf("%s: %s, want %s", query, s, want)
		}
	}
}
