package bench

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"testing"

	"github.com/seed-caab1ad3/blindspot/bench/signins"
	"github.com/seed-caab1ad3/blindspot/content/tables"
	"github.com/seed-caab1ad3/blindspot/emulator"
	"github.com/seed-caab1ad3/blindspot/emulator/catalog"
	"github.com/seed-caab1ad3/blindspot/emulator/generate"
	"github.com/seed-caab1ad3/blindspot/emulator/kql"
)

// rows of the tables; BENCH_ROWS sets another number.
func million() int {
	if n, err := strconv.Atoi(os.Getenv("BENCH_ROWS")); err == nil && n > 0 {
		return n
	}
	return 1_000_000
}

func signinTable(tb testing.TB, rows int) *emulator.Workspace {
	ws := emulator.New(emulator.Options{Catalog: catalog.New(tables.Sentinel), Memory: -1})
	if err := signins.Rows(rows, ws.Ingest); err != nil {
		tb.Fatal(err)
	}
	return ws
}

var oneMillion = sync.OnceValue(func() *emulator.Workspace {
	ws := emulator.New(emulator.Options{Catalog: catalog.New(tables.Sentinel), Memory: -1})
	if err := signins.Rows(million(), ws.Ingest); err != nil {
		panic(err)
	}
	return ws
})

var queries = []struct{ name, text string }{
	{"filter", "SigninLogs | where ResultType != '0' and Location == 'C07' | count"},
	{"groupby-low", "SigninLogs | summarize count(), sum(DurationMs) by ResultType, Location"},
	{"groupby-high", "SigninLogs | summarize count() by UserPrincipalName, IPAddress"},
	{"groupby-unique", "SigninLogs | summarize N = count() by CorrelationId | where N > 1"},
	{"join", "SigninLogs | where ResultType == '50126' | project UserPrincipalName, IP1 = IPAddress | join kind=inner (SigninLogs | where ResultType == '53003' | project UserPrincipalName, IP2 = IPAddress) on UserPrincipalName | count"},
	{"join-unique", "SigninLogs | where ResultType != '0' | project CorrelationId | join kind=inner (SigninLogs | project CorrelationId, UserId) on CorrelationId | count"},
	{"leftanti", "SigninLogs | join kind=leftanti (SigninLogs | where TimeGenerated < datetime(2026-01-06) | distinct UserPrincipalName) on UserPrincipalName | count"},
	{"has-dictionary", "SigninLogs | where UserAgent has 'python' | count"},
	{"has-unique", "SigninLogs | where CommandLine has 'invoke' | count"},
	{"arg_max", "SigninLogs | summarize arg_max(TimeGenerated, *) by UserPrincipalName"},
	{"dcount", "SigninLogs | summarize dcount(UserPrincipalName) by IPAddress"},
	{"make_set", "SigninLogs | summarize make_set(IPAddress), make_set(AppDisplayName) by UserPrincipalName"},
	{"json-path", "SigninLogs | summarize count() by tostring(DeviceDetail.operatingSystem), tostring(DeviceDetail.browser)"},
	{"top", "SigninLogs | top 100 by DurationMs desc"},
	{"sort", "SigninLogs | where ResultType != '0' | sort by UserPrincipalName asc, TimeGenerated asc"},
	{"mv-expand", "SigninLogs | summarize S = make_set(IPAddress) by AppDisplayName | mv-expand S to typeof(string) | count"},
	{"regex-dictionary", "SigninLogs | where UserAgent matches regex @'Chrome/(9\\d)' | count"},
}

// Queries over a million rows in memory, on one worker and on two.
func BenchmarkQuery(b *testing.B) {
	for _, q := range queries {
		for _, workers := range []int{1, 2} {
			b.Run(fmt.Sprintf("%s/w%d", q.name, workers), func(b *testing.B) {
				ws := oneMillion()
				runtime.GC()
				for b.Loop() {
					if _, err := ws.Query(context.Background(), q.text, emulator.QueryOptions{Workers: workers}); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(million())*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mrows/s")
			})
		}
	}
}

// Loading a day of generated sign-ins: whole rows of the real width, and the six columns that a rule reads.
func BenchmarkLoad(b *testing.B) {
	cfg := generate.DefaultConfig()
	cfg.Days, cfg.Users, cfg.Streams = 1, 5000, []string{"interactive"}
	six := []string{"TimeGenerated", "UserPrincipalName", "IPAddress", "ResultType", "AppDisplayName", "UserAgent"}
	for _, format := range []string{"jsonl", "parquet"} {
		dir := b.TempDir()
		if _, err := generate.ToDir(context.Background(), dir, format, cfg); err != nil {
			b.Fatal(err)
		}
		file := filepath.Join(dir, "SigninLogs."+format)
		info, err := os.Stat(file)
		if err != nil {
			b.Fatal(err)
		}
		for _, columns := range []map[string][]string{nil, {"SigninLogs": six}} {
			for _, workers := range []int{1, 2} {
				name := fmt.Sprintf("%s/all/w%d", format, workers)
				if columns != nil {
					name = fmt.Sprintf("%s/six/w%d", format, workers)
				}
				b.Run(name, func(b *testing.B) {
					b.SetBytes(info.Size())
					rows := 0
					for b.Loop() {
						ws := emulator.New(emulator.Options{Catalog: catalog.New(tables.Sentinel)})
						done, err := ws.LoadPaths([]string{file}, emulator.LoadOptions{Workers: workers, Columns: columns})
						if err != nil {
							b.Fatal(err)
						}
						rows = done[0].Rows
					}
					b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds()/1e3, "krows/s")
				})
			}
		}
	}
}

const thirtyLines = `let lookback = 1h;
let threshold = 5;
let failures = dynamic(["50126", "50053", "50055", "50057"]);
let known = SigninLogs
    | where TimeGenerated > ago(14d) and TimeGenerated < ago(lookback)
    | where ResultType == "0"
    | summarize by UserPrincipalName, IPAddress;
let attempts = union isfuzzy=true
    (SigninLogs | extend DeviceDetail = tostring(DeviceDetail)),
    (AADNonInteractiveUserSignInLogs | extend DeviceDetail = tostring(DeviceDetail))
    | where TimeGenerated > ago(lookback)
    | extend Device = parse_json(DeviceDetail)
    | extend OS = tostring(Device.operatingSystem), Browser = tostring(Device.browser)
    | extend Outcome = case(ResultType in (failures), "failure", ResultType == "0", "success", "other");
attempts
| summarize
    Failures = countif(Outcome == "failure"),
    Successes = countif(Outcome == "success"),
    Users = dcount(UserPrincipalName),
    Names = make_set(UserPrincipalName, 100),
    Agents = make_set(UserAgent, 20),
    FirstSeen = min(TimeGenerated),
    LastSeen = max(TimeGenerated)
    by IPAddress, bin(TimeGenerated, 10m)
| where Failures > threshold and Users >= 3
| join kind=leftanti known on IPAddress
| extend Span = LastSeen - FirstSeen, Ratio = round(1.0 * Failures / (Failures + Successes), 2)
| mv-expand Name = Names to typeof(string)
| extend Suffix = tostring(split(Name, "@")[1])
| where Suffix endswith "contoso.example"
| project TimeGenerated, IPAddress, Name, Suffix, Failures, Successes, Users, Ratio, Span, Agents
| sort by Failures desc`

// Compiling a rule of thirty lines against the shipped schemas.
func BenchmarkCompile(b *testing.B) {
	names := catalog.New(tables.Sentinel)
	b.ReportAllocs()
	for b.Loop() {
		if c := kql.Compile(thirtyLines, kql.Options{Catalog: names, Profile: kql.Sentinel}); !c.OK() {
			b.Fatal(c.Diagnostics)
		}
	}
}
