package exec_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/seed-caab1ad3/blindspot/emulator"
	"github.com/seed-caab1ad3/blindspot/emulator/exec"
)

func workspace(t testing.TB, rows int) *emulator.Workspace {
	w := emulator.New(emulator.Options{Clock: func() time.Time { return time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC) }})
	for i, name := range []string{"SigninLogs", "AADNonInteractiveUserSignInLogs"} {
		if err := w.Ingest(signins(name, rows>>i, uint64(i))); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

// TestSameBytes runs queries over tables large enough to be divided and asks for the same bytes whatever the number of
// workers, the size of batches and the optimiser.
func TestSameBytes(t *testing.T) {
	w := workspace(t, 60_000)
	for _, text := range []string{
		`SigninLogs | where ResultType != "0" | project TimeGenerated, UserPrincipalName | take 500`,
		`SigninLogs | summarize n = count(), u = dcount(UserPrincipalName), s = sum(DurationMs), m = max(DurationMs) by ResultType`,
		`SigninLogs | summarize avg(DurationMs), stdev(DurationMs), sum(toreal(DurationMs) / 7), percentile(DurationMs, 90) by ResultType`,
		`SigninLogs | summarize make_list(IPAddress, 5), make_set(UserAgent, 3), take_any(IPAddress) by ResultType, os = tostring(DeviceDetail.operatingSystem) | take 300`,
		`SigninLogs | summarize arg_max(TimeGenerated, *) by UserPrincipalName | take 400`,
		`SigninLogs | summarize arg_min(DurationMs, UserPrincipalName), arg_max(UserAgent, IPAddress) by ResultType`,
		`SigninLogs | summarize count() by IPAddress, bin(TimeGenerated, 1h) | top 50 by count_`,
		`SigninLogs | distinct UserPrincipalName | count`,
		`SigninLogs | distinct UserPrincipalName, ResultType, bin(TimeGenerated, 5m) | take 900`,
		`SigninLogs | summarize n = count(), a = avg(DurationMs), r = sum(toreal(DurationMs) / 7), make_set(ResultType), make_list(DurationMs, 2), dcount(UserAgent), take_any(UserAgent) by UserPrincipalName, IPAddress | where n > 1`,
		`SigninLogs | summarize arg_max(DurationMs, UserAgent, ResultType), min(TimeGenerated) by IPAddress, tolower(UserPrincipalName), os = tostring(DeviceDetail.operatingSystem) | take 3000`,
		`SigninLogs | summarize count() by IPAddress, UserPrincipalName | summarize n = count(), m = max(count_) by UserPrincipalName | sort by n desc, UserPrincipalName asc | take 50`,
		`SigninLogs | summarize s = make_set(IPAddress), l = make_list(ResultType, 300) by UserPrincipalName | where array_length(s) > 3 | mv-expand s to typeof(string), l | summarize n = count() by s, tostring(l) | sort by n desc, s asc | take 100`,
		`SigninLogs | mv-expand W = split(UserAgent, " ") to typeof(string) limit 5 | summarize n = count() by W | sort by n desc, W asc`,
		`SigninLogs | where ResultType != "0" | join kind=leftsemi (AADNonInteractiveUserSignInLogs | where ResultType != "0") on UserPrincipalName, IPAddress | project TimeGenerated, IPAddress`,
		`SigninLogs | where ResultType != "0" | join kind=leftanti (AADNonInteractiveUserSignInLogs | distinct UserPrincipalName, ResultType) on UserPrincipalName, ResultType | summarize n = count() by ResultType`,
		`union SigninLogs, AADNonInteractiveUserSignInLogs | where UserAgent has "7" | summarize n = count() by UserPrincipalName | sort by n desc, UserPrincipalName asc | take 100`,
		`SigninLogs | where ResultType != "0" | join kind=inner (AADNonInteractiveUserSignInLogs | where DurationMs > 4000) on UserPrincipalName | summarize n = count(), s = sum(DurationMs1) by ResultType`,
		`SigninLogs | where ResultType != "0" | join kind=leftanti (AADNonInteractiveUserSignInLogs) on IPAddress | count`,
		`let S = SigninLogs | where DurationMs > 4900; union S, (S | where ResultType != "0") | summarize count() by UserPrincipalName | take 200`,
		`SigninLogs | sort by UserPrincipalName asc, DurationMs desc | extend i = row_number(), p = prev(UserPrincipalName) | where i % 997 == 0 | project i, p, DurationMs`,
		`SigninLogs | make-series n = count() on TimeGenerated step 1m by ResultType`,
		`SigninLogs | where DurationMs > toscalar(SigninLogs | summarize percentile(DurationMs, 99)) | count`,
		`SigninLogs | where IPAddress in ((AADNonInteractiveUserSignInLogs | where ResultType != "0" | project IPAddress)) | summarize count() by ResultType`,
	} {
		var want []byte
		for _, o := range []emulator.QueryOptions{{}, {Workers: 2}, {Workers: 8}, {BatchSize: 777, Workers: 3}, {NoOptimizer: true}, {NoOptimizer: true, Workers: 4}} {
			r, err := w.Query(context.Background(), text, o)
			if err != nil {
				t.Errorf("%s: %v", text, err)
				break
			}
			var b bytes.Buffer
			if err := r.WriteJSON(&b); err != nil {
				t.Fatal(err)
			}
			if want == nil {
				want = b.Bytes()
			} else if !bytes.Equal(want, b.Bytes()) {
				t.Errorf("%s: other bytes with %d workers, batches of %d, optimiser off: %v", text, o.Workers, o.BatchSize, o.NoOptimizer)
			}
		}
	}
}

func TestLimits(t *testing.T) {
	w := workspace(t, 30_000)
	for _, c := range []struct {
		text   string
		limits exec.Limits
		want   string
	}{
		{"SigninLogs", exec.Limits{Rows: 1000}, "the result has more than 1000 rows"},
		{"SigninLogs | join kind=inner (SigninLogs) on ResultType | count", exec.Limits{Cells: 100_000}, "join yields more than 100000 rows"},
		{"SigninLogs | extend l = range(1, 100, 1) | mv-expand l | count", exec.Limits{Cells: 100_000}, "mv-expand yields more than 100000 rows"},
		{"SigninLogs | summarize count() by TimeGenerated", exec.Limits{Bytes: 10_000}, "summarize holds more than 10000 bytes"},
		{"SigninLogs | join kind=inner (SigninLogs) on ResultType | summarize count() by IPAddress, IPAddress1", exec.Limits{Time: 20 * time.Millisecond}, "the query ran longer than 20ms"},
		{"range x from 1 to 100000000 step 1 | count", exec.Limits{}, "range yields more than"},
	} {
		for _, workers := range []int{1, 4} {
			_, err := w.Query(context.Background(), c.text, emulator.QueryOptions{Limits: c.limits, Workers: workers})
			if !errors.Is(err, exec.ErrLimit) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: %v, want %s", c.text, err, c.want)
			}
		}
	}
}

func TestCancel(t *testing.T) {
	w := workspace(t, 30_000)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for _, workers := range []int{1, 4} {
		if _, err := w.Query(ctx, "SigninLogs | where UserAgent has '7' | sort by IPAddress | count", emulator.QueryOptions{Workers: workers}); !errors.Is(err, context.Canceled) {
			t.Errorf("%d workers: %v", workers, err)
		}
	}
}

// TestLongQueries asks that what is long is not slow: a pipe of ten thousand filters, over a table, a projection, a union and
// a join, and a list of two hundred thousand values.
func TestLongQueries(t *testing.T) {
	w := workspace(t, 2_000)
	many := func(n int, f func(i int) string) string {
		var b strings.Builder
		for i := range n {
			b.WriteString(f(i))
		}
		return b.String()
	}
	truths := strings.Repeat("| where true\n", 10_000)
	others := many(10_000, func(i int) string { return fmt.Sprintf("| where UserPrincipalName != 'nobody%d'\n", i) })
	numbers := many(200_000, func(i int) string { return fmt.Sprintf(", %d", i) })
	texts := many(200_000, func(i int) string { return fmt.Sprintf(", 'User%d@contoso.example'", i) })
	for _, c := range []struct {
		name, text, rows string
	}{
		{"where true", "SigninLogs\n" + truths + "| count", "2000"},
		{"a table", "SigninLogs\n" + others + "| count", "2000"},
		{"a projection", "SigninLogs | project UserPrincipalName, i = 1\n" + others + "| count", "2000"},
		{"a union", "union SigninLogs, AADNonInteractiveUserSignInLogs | project-rename u = UserPrincipalName | extend UserPrincipalName = u\n" + others + "| count", "3000"},
		{"a join", "SigninLogs | join kind=leftsemi (AADNonInteractiveUserSignInLogs | take 0) on IPAddress\n" + others + "| count", "0"},
		{"in", "range x from 1 to 300000 step 1 | where x in (-1" + numbers + ") | count", "199999"},
		{"!in", "range x from 1 to 300000 step 1 | where x !in (-1" + numbers + ") | count", "100001"},
		{"in~", "print u = 'user7@CONTOSO.example' | where u in~ (''" + texts + ") | count", "1"},
	} {
		start := processorTime()
		r, err := w.Query(context.Background(), c.text, emulator.QueryOptions{})
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if got := r.Tables[0].Vectors[0].Value(0).Text(); got != c.rows {
			t.Errorf("%s: %s rows, want %s", c.name, got, c.rows)
		}
		if spent := processorTime() - start; spent > 3*time.Second { // some tenths of a second, and a minute when quadratic
			t.Errorf("%s: took %s of the processor", c.name, spent)
		} else {
			t.Logf("%s: %s", c.name, spent)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := w.Query(ctx, "SigninLogs\n"+others, emulator.QueryOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("planned on after the end: %v", err)
	}
}

func processorTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// TestProfile asks that a profile counts what each operator yielded.
func TestProfile(t *testing.T) {
	w := workspace(t, 2_000)
	var p exec.Profile
	if _, err := w.Query(context.Background(), `SigninLogs | where ResultType == "0" | summarize n = count() by ResultType`, emulator.QueryOptions{Trace: &p}); err != nil {
		t.Fatal(err)
	}
	rows := map[string]int64{}
	for _, o := range p.Operators {
		rows[o.Name] = o.Rows
	}
	if rows["table"] != 2000 || rows["where"] == 0 || rows["where"] >= 2000 || rows["summarize"] != 1 {
		t.Errorf("%v", rows)
	}
}
