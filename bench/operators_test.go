//go:build unix

package bench

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/seed-caab1ad3/blindspot/bench/signins"
	"github.com/seed-caab1ad3/blindspot/content/tables"
	"github.com/seed-caab1ad3/blindspot/emulator"
	"github.com/seed-caab1ad3/blindspot/emulator/catalog"
	"github.com/seed-caab1ad3/blindspot/emulator/store"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

// The operators that rules use most, one a query: rows in, and little out.
var operators = []struct{ name, text string }{
	{"where", "SigninLogs | where ResultType in ('50126', '50053') and UserAgent has 'python' and DurationMs > 100 | count"},
	{"extend-case", "SigninLogs | extend S = case(ResultType == '0', 'ok', ResultType in ('50126', '50053'), 'password', DurationMs > 2000, 'slow', 'other') | summarize count() by S"},
	{"extend-text", "SigninLogs | extend D = tolower(tostring(split(UserPrincipalName, '@')[1])) | summarize count() by D"},
	{"parse", "SigninLogs | parse CommandLine with * 'tool' Tool: long '.exe --task ' Task ' --out ' * | summarize count(), dcount(Task) by Tool"},
	{"parse-dictionary", "SigninLogs | parse UserAgent with * 'build ' Build: long ' ' Browser '/' * | summarize count() by Browser"},
	{"extract", "SigninLogs | extend Bin = extract(@'-([0-9a-f]+)\\.bin', 1, CommandLine) | where Bin != '' | count"},
	{"make_set", "SigninLogs | summarize S = make_set(IPAddress, 100) by UserPrincipalName | where array_length(S) > 5 | count"},
	{"make_list", "SigninLogs | summarize L = make_list(DurationMs) by UserPrincipalName | where array_length(L) > 5 | count"},
	{"arg_max", "SigninLogs | summarize arg_max(TimeGenerated, *) by UserPrincipalName | where ResultType != '0' | count"},
	{"dcount", "SigninLogs | summarize N = dcount(IPAddress) by UserPrincipalName | where N > 5 | count"},
	{"dcount-unique", "SigninLogs | summarize dcount(CorrelationId)"},
	{"min-max-countif", "SigninLogs | summarize min(TimeGenerated), max(TimeGenerated), countif(ResultType != '0') by IPAddress, bin(TimeGenerated, 1h) | count"},
	{"min-text", "SigninLogs | summarize min(UserAgent), take_any(Location) by UserPrincipalName | count"},
	{"percentile", "SigninLogs | summarize percentile(DurationMs, 95) by AppDisplayName | count"},
	{"distinct", "SigninLogs | distinct UserPrincipalName, AppDisplayName | count"},
	{"top", "SigninLogs | top 100 by DurationMs desc"},
	{"sort", "SigninLogs | where ResultType != '0' | sort by UserPrincipalName asc, TimeGenerated asc | project UserPrincipalName, IPAddress"},
	{"prev", "SigninLogs | where ResultType != '0' | sort by UserPrincipalName asc, TimeGenerated asc | extend P = prev(IPAddress), U = prev(UserPrincipalName) | where U == UserPrincipalName and P != IPAddress | count"},
	{"join-inner", "SigninLogs | where ResultType == '50126' | project UserPrincipalName, IP1 = IPAddress | join kind=inner (SigninLogs | where ResultType == '53003' | project UserPrincipalName, IP2 = IPAddress) on UserPrincipalName | where IP1 != IP2 | count"},
	{"join-innerunique", "SigninLogs | join (SigninLogs | where ResultType == '53003' | project UserPrincipalName, IP2 = IPAddress) on UserPrincipalName | count"},
	{"join-leftouter", "SigninLogs | join kind=leftouter (SigninLogs | summarize arg_max(TimeGenerated, IPAddress) by UserPrincipalName) on UserPrincipalName | where IPAddress == IPAddress1 | count"},
	{"join-fullouter", "SigninLogs | where ResultType == '50126' | summarize N = count() by IPAddress | join kind=fullouter (SigninLogs | where ResultType == '0' | summarize M = count() by IPAddress) on IPAddress | where isnull(N) or isnull(M) | count"},
	{"join-leftsemi", "SigninLogs | join kind=leftsemi (SigninLogs | where ResultType == '50126') on UserPrincipalName, IPAddress | count"},
	{"join-leftanti", "SigninLogs | join kind=leftanti (SigninLogs | where TimeGenerated < datetime(2026-01-06)) on UserPrincipalName, AppDisplayName | count"},
	{"join-rightanti", "SigninLogs | where TimeGenerated < datetime(2026-01-06) | join kind=rightanti SigninLogs on UserPrincipalName, AppDisplayName | count"},
	{"lookup", "SigninLogs | lookup (SigninLogs | summarize Usual = take_any(Location) by UserPrincipalName) on UserPrincipalName | where Location != Usual | count"},
	{"in-subquery", "SigninLogs | where IPAddress in ((SigninLogs | where ResultType == '53003' | distinct IPAddress)) | count"},
	{"mv-expand-set", "SigninLogs | summarize S = make_set(IPAddress) by UserPrincipalName | mv-expand S to typeof(string) | summarize N = count() by S | where N > 50 | count"},
	{"mv-expand-split", "SigninLogs | mv-expand W = split(UserAgent, ' ') to typeof(string) | summarize count() by W"},
	{"make-series", "SigninLogs | make-series N = count() default = 0 on TimeGenerated from datetime(2026-01-05) to datetime(2026-01-08) step 1h by AppDisplayName | count"},
	{"json-path", "SigninLogs | where tostring(DeviceDetail.operatingSystem) startswith 'Windows' and tobool(DeviceDetail.isManaged) == false | count"},
	{"union-four", "union SigninLogs, AADNonInteractiveUserSignInLogs, AADServicePrincipalSignInLogs, AADManagedIdentitySignInLogs | where ResultType != '0' | summarize count(), dcount(IPAddress) by ResultType"},
}

// quarters is a workspace whose four tables hold a quarter of the rows each.
var quarters = sync.OnceValue(func() *emulator.Workspace {
	ws := emulator.New(emulator.Options{Catalog: catalog.New(tables.Sentinel), Memory: -1})
	for _, table := range []string{"SigninLogs", "AADNonInteractiveUserSignInLogs", "AADServicePrincipalSignInLogs", "AADManagedIdentitySignInLogs"} {
		err := signins.Rows(million()/4, func(d *store.Data) error {
			copied := *d
			copied.Table = table
			return ws.Ingest(&copied)
		})
		if err != nil {
			panic(err)
		}
	}
	return ws
})

// processor is the processor time of this process in nanoseconds.
func processor() int64 {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return u.Utime.Nano() + u.Stime.Nano()
}

// measure runs a query on one worker and reports processor time, allocations and bytes a row.
func measure(b *testing.B, ws *emulator.Workspace, text string, rows, workers int) {
	run := func() {
		if _, err := ws.Query(context.Background(), text, emulator.QueryOptions{Workers: workers}); err != nil {
			b.Fatal(err)
		}
	}
	run() // dictionaries' hashes and ranks are of the rows, not of the query
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	begin := processor()
	for b.Loop() {
		run()
	}
	used := processor() - begin
	runtime.ReadMemStats(&after)
	total := float64(b.N) * float64(rows)
	b.ReportMetric(float64(used)/total, "cpu-ns/row")
	b.ReportMetric(float64(after.Mallocs-before.Mallocs)/total, "allocs/row")
	b.ReportMetric(float64(after.TotalAlloc-before.TotalAlloc)/total, "B/row")
}

// Each operator over a million rows.
func BenchmarkOperator(b *testing.B) {
	for _, q := range operators {
		b.Run(q.name, func(b *testing.B) {
			ws := oneMillion()
			if q.name == "union-four" {
				ws = quarters()
			}
			measure(b, ws, q.text, million(), 1)
		})
	}
}

// What it costs that rows come from many files, each with dictionaries of its own.
func BenchmarkSegments(b *testing.B) {
	queries := []struct{ name, text string }{
		{"group-address", "SigninLogs | summarize N = count() by IPAddress | where N > 50 | count"},
		{"group-user-address", "SigninLogs | summarize N = count() by UserPrincipalName, IPAddress | where N > 3 | count"},
		{"make_set-address", "SigninLogs | summarize S = make_set(IPAddress) by AppDisplayName | where array_length(S) > 5 | count"},
		{"distinct-address", "SigninLogs | distinct IPAddress | count"},
		{"join-address", "SigninLogs | where ResultType != '0' | project IPAddress, A = AppDisplayName | join kind=inner (SigninLogs | where ResultType == '50126' | project IPAddress, B = AppDisplayName) on IPAddress | count"},
		{"leftanti-address", "SigninLogs | join kind=leftanti (SigninLogs | where ResultType != '0') on IPAddress | count"},
		{"sort-address", "SigninLogs | where ResultType != '0' | sort by IPAddress asc | project IPAddress"},
	}
	many := sync.OnceValue(func() *emulator.Workspace {
		ws := emulator.New(emulator.Options{Catalog: catalog.New(tables.Sentinel), Memory: -1})
		if err := signins.Rows(million(), func(d *store.Data) error { return pieces(d, 1<<16, ws.Ingest) }); err != nil {
			panic(err)
		}
		return ws
	})
	for _, q := range queries {
		b.Run(q.name+"/one", func(b *testing.B) { measure(b, oneMillion(), q.text, million(), 1) })
		b.Run(q.name+"/many", func(b *testing.B) { measure(b, many(), q.text, million(), 1) })
	}
}

// pieces hands on rows as so many files would hold them: dictionaries of their own, in an order of their own.
func pieces(d *store.Data, rows int, add func(*store.Data) error) error {
	r := rand.New(rand.NewPCG(7, uint64(d.N)))
	for from := 0; from < d.N; from += rows {
		to := min(from+rows, d.N)
		p := &store.Data{Table: d.Table, N: to - from, Columns: d.Columns}
		for _, col := range d.Vectors {
			col = col.Slice(from, to)
			if s, ok := col.(*vector.Strings); ok && s.Dict != nil {
				texts := make([]string, 0, len(s.Codes))
				for i := range s.Codes {
					texts = append(texts, s.At(i))
				}
				dict, codes := vector.DictOf(texts)
				order := r.Perm(len(dict.Values))
				shuffled := &vector.Dict{Values: make([]string, len(order))}
				for code, at := range order {
					shuffled.Values[at] = dict.Values[code]
				}
				for i, c := range codes {
					codes[i] = uint32(order[c])
				}
				col = &vector.Strings{Typ: s.Typ, Dict: shuffled, Codes: codes}
			}
			p.Vectors = append(p.Vectors, col)
		}
		if err := add(p); err != nil {
			return err
		}
	}
	return nil
}

// The six queries whose processor time a row should not change with the rows. BENCH_GROWTH=1M,3M,10M names the sizes; ten
// million rows take some 5 GB.
func BenchmarkGrowth(b *testing.B) {
	if os.Getenv("BENCH_GROWTH") == "" {
		b.Skip("BENCH_GROWTH=1M,3M runs it")
	}
	for _, rows := range sizesOf(b, os.Getenv("BENCH_GROWTH")) {
		ws := signinTable(b, rows)
		for _, q := range queries {
			switch q.name {
			case "groupby-low", "groupby-high", "has-unique", "arg_max", "make_set", "sort":
				b.Run(fmt.Sprintf("%s/%dK", q.name, rows/1000), func(b *testing.B) { measure(b, ws, q.text, rows, 1) })
			}
		}
	}
}

// sizesOf reads 1M,3M or 500K.
func sizesOf(b *testing.B, text string) []int {
	var out []int
	for part := range strings.SplitSeq(strings.ToUpper(text), ",") {
		digits, scale := strings.TrimSpace(part), 1
		if s, ok := strings.CutSuffix(digits, "M"); ok {
			digits, scale = s, 1_000_000
		} else if s, ok := strings.CutSuffix(digits, "K"); ok {
			digits, scale = s, 1000
		}
		n, err := strconv.Atoi(digits)
		if err != nil || n < 1 {
			b.Fatalf("BENCH_GROWTH=%s; write 1M,3M,10M", text)
		}
		out = append(out, n*scale)
	}
	return out
}
