package bench

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/content/tables"
	"github.com/seed-caab1ad3/blindspot/emulator"
	"github.com/seed-caab1ad3/blindspot/emulator/backtest"
	"github.com/seed-caab1ad3/blindspot/emulator/catalog"
	"github.com/seed-caab1ad3/blindspot/emulator/generate"
	"github.com/seed-caab1ad3/blindspot/emulator/sentinel"
)

// The rules of the shipped pack that are no rewrites of older ones, 36 of them.
const ruleCount = 36

// eventsWanted are the sizes of the benchmark: BLINDSPOT_BENCH_EVENTS=1M,3M,10M, one million unless given.
func eventsWanted(b *testing.B) []int {
	text := os.Getenv("BLINDSPOT_BENCH_EVENTS")
	if text == "" {
		text = "1M"
	}
	var out []int
	for _, part := range strings.Split(text, ",") {
		scale := 1
		n := strings.ToUpper(strings.TrimSpace(part))
		for suffix, k := range map[string]int{"K": 1_000, "M": 1_000_000} {
			if s, ok := strings.CutSuffix(n, suffix); ok {
				n, scale = s, k
			}
		}
		v, err := strconv.Atoi(n)
		if err != nil || v < 1 {
			b.Fatalf("BLINDSPOT_BENCH_EVENTS=%s; write 1M,3M,10M", text)
		}
		out = append(out, v*scale)
	}
	return out
}

// day is 24 hours of runs over generated events: the last of fifteen days, so that rules have their history. Every attack
// of the generator lies on it.
type day struct {
	ws       *emulator.Workspace
	rules    []*content.Rule
	from, to time.Time
	events   int
}

// usersFor gives about so many events in fifteen days: workloads make some 150,000 of them, and each user 1,585. All attacks
// together need fewestUsers to choose their victims from.
func usersFor(events int) int { return max((events-150_000)/1585, fewestUsers) }

const fewestUsers = 150

func newDay(b *testing.B, events int) *day {
	b.Helper()
	pack, _ := content.Load(content.Embedded(), content.Options{})
	d := &day{}
	for _, r := range pack.Rules {
		if !strings.Contains(r.File(), "classic/") && len(d.rules) < ruleCount {
			d.rules = append(d.rules, r)
		}
	}
	cat := catalog.New(tables.Sentinel)
	cat.AddBundle(pack)
	d.ws = emulator.New(emulator.Options{Catalog: cat})
	if err := d.ws.AddWatchlists(pack); err != nil {
		b.Fatal(err)
	}
	cfg := generate.DefaultConfig()
	cfg.Users = usersFor(events)
	cfg.Attacks = []string{"all"} // they all fall on the last day
	load := &backtest.Loader{Workspace: d.ws, Options: sentinel.DefaultOptions(), Columns: backtest.ColumnsOf(d.ws, d.rules)}
	if _, err := load.Generate(context.Background(), cfg); err != nil {
		b.Fatal(err)
	}
	d.to = cfg.Start.AddDate(0, 0, cfg.Days)
	d.from = d.to.Add(-24 * time.Hour)
	for _, t := range d.ws.Tables() {
		d.events += t.Rows
	}
	return d
}

// BenchmarkScheduler36Rules24h runs 36 rules over 24 hours of virtual time; BenchmarkOncePerWindow36Rules24h runs the same
// queries over the same windows without a scheduler, alerts or incidents, and is what the first is held against.
//
//	BLINDSPOT_BENCH_EVENTS=1M,3M,10M go test -run ^$ -bench 36Rules24h -benchtime 1x ./bench
//
// With -v the second logs the processor time of each rule.
func BenchmarkScheduler36Rules24h(b *testing.B) {
	for _, n := range eventsWanted(b) {
		b.Run(fmt.Sprintf("events=%d", n), func(b *testing.B) {
			d := newDay(b, n)
			var log *sentinel.Log
			var err error
			watch := d.begin(b)
			for range b.N {
				s := &sentinel.Scheduler{Engine: sentinel.OnWorkspace{Workspace: d.ws}, Options: sentinel.DefaultOptions()}
				for _, r := range d.rules {
					s.Rules = append(s.Rules, sentinel.Scheduled{Rule: r, Anchor: d.from})
				}
				if log, err = s.Span(context.Background(), d.from, d.to); err != nil {
					b.Fatal(err)
				}
			}
			watch.end(b, len(log.Outcomes))
			alerts, entities, fired := 0, 0, map[*content.Rule]bool{}
			for _, o := range log.Outcomes {
				if o.Err != nil {
					b.Fatalf("%s: %v", o.Rule.Name, o.Err)
				}
				alerts += len(o.Alerts)
				for _, a := range o.Alerts {
					entities += len(a.Entities)
					fired[o.Rule] = true
				}
			}
			if alerts == 0 || len(log.Incidents) == 0 {
				b.Fatalf("%d alerts and %d incidents of a day full of attacks", alerts, len(log.Incidents))
			}
			b.ReportMetric(float64(alerts), "alerts")
			b.ReportMetric(float64(entities), "entities")
			b.ReportMetric(float64(len(log.Incidents)), "incidents")
			b.ReportMetric(float64(len(fired)), "rules-fired")
		})
	}
}

func BenchmarkOncePerWindow36Rules24h(b *testing.B) {
	for _, n := range eventsWanted(b) {
		b.Run(fmt.Sprintf("events=%d", n), func(b *testing.B) {
			d := newDay(b, n)
			spent := make([]time.Duration, len(d.rules))
			runs := 0
			watch := d.begin(b)
			for range b.N {
				runs = 0
				for i, r := range d.rules {
					before := processorTime()
					runs += d.windows(b, r)
					spent[i] += processorTime() - before
				}
			}
			watch.end(b, runs)
			for i, r := range d.rules {
				b.Logf("%8.3f s  %s", (spent[i] / time.Duration(b.N)).Seconds(), r.File())
			}
		})
	}
}

// windows runs a rule's query once for each of its windows of the day and returns how many there are.
func (d *day) windows(b *testing.B, r *content.Rule) int {
	e, o := sentinel.OnWorkspace{Workspace: d.ws}, sentinel.DefaultOptions()
	g := sentinel.Grid{Anchor: d.from, Frequency: r.QueryFrequency.Value, Period: r.QueryPeriod.Value}
	for k := 0; ; k++ {
		run := g.At(k, o)
		if r.Kind == content.NRT {
			run = sentinel.NRTRun(d.from.Add(time.Duration(k)*o.NRTSlice), time.Time{}, o)
		}
		if run.Due.After(d.to) {
			return k
		}
		if _, err := d.ws.Query(context.Background(), r.Query.String(), e.Options(sentinel.Request{Now: run.Due, Window: run.Window, Visible: run.Executes})); err != nil {
			b.Fatalf("%s: %v", r.Name, err)
		}
	}
}

// watch measures the timed part of a benchmark in processor time, which other work on the machine changes little.
type watch struct {
	d      *day
	before time.Duration
	loaded uint64
}

func (d *day) begin(b *testing.B) *watch {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	b.ResetTimer()
	return &watch{d, processorTime(), m.HeapAlloc}
}

func (w *watch) end(b *testing.B, runs int) {
	b.StopTimer()
	spent := (processorTime() - w.before) / time.Duration(b.N)
	b.ReportMetric(spent.Seconds(), "cpu-s/op")
	b.ReportMetric(float64(spent.Microseconds())/float64(runs), "cpu-us/run")
	b.ReportMetric(float64(w.d.events), "events")
	b.ReportMetric(float64(runs), "runs")
	b.ReportMetric(float64(w.loaded)/float64(w.d.events), "loaded-B/event")
	b.ReportMetric(float64(peakMemory())/(1<<20), "peak-MiB")
}

// processorTime is the user and system time of all threads of the process so far.
func processorTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// peakMemory is the largest resident size that the process had, in bytes.
func peakMemory() int64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return u.Maxrss << 10
}
