package exec_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/seed-caab1ad3/blindspot/emulator"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/store"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

// benchRows is the number of rows of the benchmarks' tables.
const benchRows = 1_000_000

// signins makes a table of sign-ins: 20,000 users with a long tail, 100,000 addresses, 2,000 user agents, nine of ten with
// success.
func signins(name string, rows int, seed uint64) *store.Data {
	r := rand.New(rand.NewPCG(seed, 1))
	zipf := rand.NewZipf(r, 1.2, 8, 19_999)
	day := value.TicksOf(time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC))
	column := func(n int, format string, pick func() int) *vector.Strings {
		c := &vector.Strings{Typ: value.String, Dict: &vector.Dict{}}
		for i := range n {
			c.Dict.Values = append(c.Dict.Values, fmt.Sprintf(format, i))
		}
		for range rows {
			c.Codes = append(c.Codes, uint32(pick()))
		}
		return c
	}
	times, took := &vector.Longs{Typ: value.DateTime}, &vector.Longs{Typ: value.Long}
	for i := range rows {
		times.Data = append(times.Data, day+int64(i)*int64(24*time.Hour/100)/int64(rows))
		took.Data = append(took.Data, int64(r.IntN(5000)))
	}
	users := column(20_000, "user%05d@contoso.example", func() int { return int(zipf.Uint64()) })
	result := column(20, "5%04d", func() int { return max(0, r.IntN(200)-180) })
	result.Dict.Values[0] = "0"
	address := column(100_000, "192.0.2.%d", func() int { return r.IntN(100_000) })
	agent := column(2_000, "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/%d.0.0.0 Safari/537.36", func() int { return r.IntN(2_000) })
	device := column(5_000, `{"operatingSystem":"Windows %d","browser":"Edge 120","isCompliant":false}`, func() int { return r.IntN(5_000) })
	dyn := &vector.Dynamics{Text: vector.NewJSONDict(device.Dict.Values), Codes: device.Codes}
	return &store.Data{Table: name, N: rows, Columns: []store.Column{{Name: "TimeGenerated", Type: value.DateTime}, {Name: "UserPrincipalName", Type: value.String},
		{Name: "ResultType", Type: value.String}, {Name: "IPAddress", Type: value.String}, {Name: "UserAgent", Type: value.String},
		{Name: "DeviceDetail", Type: value.Dynamic}, {Name: "DurationMs", Type: value.Long}},
		Vectors: []vector.Column{times, users, result, address, agent, dyn, took}}
}

func BenchmarkQuery(b *testing.B) {
	w := emulator.New(emulator.Options{})
	for i, name := range []string{"SigninLogs", "AADNonInteractiveUserSignInLogs"} {
		if err := w.Ingest(signins(name, benchRows>>(2*i), uint64(i))); err != nil {
			b.Fatal(err)
		}
	}
	for _, q := range []struct{ name, text string }{
		{"filter", `SigninLogs | where ResultType != "0" and UserAgent has "Chrome" and DurationMs > 100 | count`},
		{"has", `SigninLogs | where UserAgent has "77" | count`},
		{"group", `SigninLogs | where ResultType != "0" | summarize Failures = count() by UserPrincipalName | where Failures > 10`},
		{"group all", `SigninLogs | summarize Users = dcount(UserPrincipalName), n = count() by IPAddress, bin(TimeGenerated, 1h)`},
		{"spray", `SigninLogs | where ResultType != "0" | summarize Users = dcount(UserPrincipalName) by IPAddress, bin(TimeGenerated, 1h) | where Users > 3`},
		{"arg_max", `SigninLogs | summarize arg_max(TimeGenerated, *) by UserPrincipalName`},
		{"sets", `SigninLogs | where ResultType != "0" | summarize make_set(IPAddress, 100), make_set(ResultType) by UserPrincipalName`},
		{"path", `SigninLogs | summarize n = count() by os = tostring(DeviceDetail.operatingSystem)`},
		{"join", `SigninLogs | where ResultType != "0" | join kind=inner (AADNonInteractiveUserSignInLogs | where ResultType == "0" | summarize Last = max(TimeGenerated) by UserPrincipalName) on UserPrincipalName | count`},
		{"anti", `SigninLogs | join kind=leftanti (AADNonInteractiveUserSignInLogs) on IPAddress | count`},
		{"sort", `SigninLogs | where DurationMs > 2500 | sort by UserPrincipalName asc, TimeGenerated desc | take 100000 | count`},
		{"union", `union SigninLogs, AADNonInteractiveUserSignInLogs | where ResultType != "0" | summarize count() by UserPrincipalName`},
	} {
		for _, workers := range []int{1, 2} {
			b.Run(fmt.Sprintf("%s/workers=%d", q.name, workers), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if _, err := w.Query(context.Background(), q.text, emulator.QueryOptions{Workers: workers}); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// BenchmarkSmall is a rule's query over a test's ten rows, compiled anew each time.
func BenchmarkSmall(b *testing.B) {
	d := signins("SigninLogs", 10, 3)
	text := `SigninLogs | where ResultType != "0" | summarize Users = dcount(UserPrincipalName), Names = make_set(UserPrincipalName) by IPAddress, bin(TimeGenerated, 1h) | where Users >= 1 | project IPAddress, Users, Names`
	for b.Loop() {
		w := emulator.New(emulator.Options{})
		copied := *d
		if err := w.Ingest(&copied); err != nil {
			b.Fatal(err)
		}
		if _, err := w.Query(context.Background(), text, emulator.QueryOptions{}); err != nil {
			b.Fatal(err)
		}
	}
}
