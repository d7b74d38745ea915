package sentinel_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"os"
	"slices"
	"sort"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/emulator"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/symbol"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/sentinel"
)

// A world is a few days of a workspace that is made of a number: rules of any schedule, rows that come late and out of order,
// faults, edits, analysts who close incidents, and the options of the model. It runs on the scheduler, and again by the plain
// account of reference_test.go, which shares no code with it.

// worldSpan is how long a world lasts.
const worldSpan = 72 * time.Hour

// worldSpec is one state of a rule.
type worldSpec struct {
	nrt               bool
	frequency, period time.Duration
	operator          string
	threshold         int
	each              bool
	quiet             time.Duration
	incident          bool
	group             bool
	method            string
	frame             time.Duration
	reopen            bool
	table             string
	mod               int64
}

func (s worldSpec) query() string {
	return fmt.Sprintf("%s | where N %% %d == 0 | project TimeGenerated, User, N | sort by TimeGenerated asc, N asc", s.table, s.mod)
}

func (s worldSpec) rule(k int) *content.Rule {
	r := &content.Rule{ID: fmt.Sprintf("00000000-0000-4000-8000-%012d", k), Name: fmt.Sprintf("rule %d", k), Kind: content.Scheduled, Severity: "Low",
		Query: content.NewText("world", s.query()), QueryFrequency: content.Duration{Value: s.frequency}, QueryPeriod: content.Duration{Value: s.period},
		TriggerOperator: s.operator, TriggerThreshold: s.threshold, SuppressionEnabled: s.quiet > 0, SuppressionDuration: content.Duration{Value: s.quiet},
		EntityMappings: []content.EntityMapping{{EntityType: "Account", FieldMappings: []content.FieldMapping{{Identifier: "Name", ColumnName: "User"}}}},
		Incident: &content.Incident{CreateIncident: s.incident, Grouping: &content.Grouping{Enabled: s.group, MatchingMethod: s.method,
			Lookback: content.Duration{Value: s.frame}, ReopenClosedIncident: s.reopen}}}
	if s.nrt {
		r.Kind, r.QueryFrequency, r.QueryPeriod = content.NRT, content.Duration{}, content.Duration{}
	}
	if s.each {
		r.EventGrouping = "AlertPerResult"
	}
	return r
}

type worldRow struct {
	at, in time.Time
	user   string
	n      int64
}

type worldChange struct {
	at   time.Time
	rule int
	do   sentinel.Action // Edit, Disable, Enable; Other closes an incident
	with worldSpec
	nth  int // which incident is closed, counted round
}

type world struct {
	seed      uint64
	start     time.Time
	options   sentinel.Options
	anchors   []time.Time
	specs     []worldSpec
	changes   []worldChange
	rows      map[string][]worldRow // by time
	arrived   map[string][]worldRow // by arrival
	flaky     float64
	outages   [][2]time.Time // the engine fails what executes in them
	forbidden int            // a rule that fails for good in the span, -1 for none
	denied    [2]time.Time
	queries   map[string]worldSpec
}

// newWorld makes the world of a number.
func newWorld(seed uint64) *world {
	r := rand.New(rand.NewPCG(seed, 0x62736e74))
	w := &world{seed: seed, options: sentinel.DefaultOptions(), rows: map[string][]worldRow{}, arrived: map[string][]worldRow{}, forbidden: -1, queries: map[string]worldSpec{}}
	w.start = time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC).Add(time.Duration(r.Int64N(36_000_000_000)) * 100)
	chance := func(p float64) bool { return r.Float64() < p }
	o := &w.options
	o.Delay = []time.Duration{5 * time.Minute, 5 * time.Minute, 0, 11 * time.Minute}[r.IntN(4)]
	o.ClosedWindow, o.FirstRunWaits, o.ReanchorOnEnable = chance(.2), chance(.7), chance(.7)
	o.ThresholdGatesPerResult, o.EmptyEntitiesMatch, o.SubsetEntitiesMatch = chance(.7), chance(.3), chance(.3)
	o.Retries, o.PermanentFailures, o.Defender = r.IntN(6), 2+r.IntN(4), chance(.2)
	o.NRTCatchUp = []int{60, 3}[r.IntN(2)]
	o.IncidentDelay = []time.Duration{0, 0, 0, 3 * time.Minute}[r.IntN(4)]
	for k := range 1 + r.IntN(20) {
		w.specs = append(w.specs, w.spec(r, chance(.04)))
		anchor := w.start
		if chance(.5) {
			anchor = w.start.Add(time.Duration(r.Int64N(int64(6*time.Hour)/100))*100 - 3*time.Hour)
		}
		w.anchors = append(w.anchors, anchor)
		_ = k
	}
	id := int64(0)
	for _, table := range []string{"Logons", "Changes"} {
		for range r.IntN(300) {
			w.add(r, table, &id, w.start.Add(time.Duration(r.Int64N(int64(96*time.Hour)/100))*100-24*time.Hour), 1)
		}
		if chance(.2) { // more at once than a run raises alerts
			w.add(r, table, &id, w.start.Add(time.Duration(r.Int64N(int64(48*time.Hour)/100))*100), 150+r.IntN(20))
		}
	}
	w.flaky = []float64{0, 0.02, 0.3}[r.IntN(3)]
	for range r.IntN(3) {
		from := w.start.Add(time.Duration(r.Int64N(int64(worldSpan))))
		w.outages = append(w.outages, [2]time.Time{from, from.Add(time.Duration(r.Int64N(int64(90 * time.Minute))))})
	}
	if chance(.3) {
		w.forbidden = r.IntN(len(w.specs))
		from := w.start.Add(time.Duration(r.Int64N(int64(worldSpan))))
		w.denied = [2]time.Time{from, from.Add(time.Duration(r.Int64N(int64(24 * time.Hour))))}
	}
	for range r.IntN(10) {
		c := worldChange{at: w.start.Add(time.Duration(r.Int64N(int64(worldSpan)/100)) * 100), rule: r.IntN(len(w.specs)), nth: r.IntN(100)}
		if k := slices.IndexFunc(w.specs, func(s worldSpec) bool { return s.nrt }); k >= 0 && chance(.3) {
			c.rule = k
		}
		if chance(.3) { // at the very instant of a run
			c.at = w.anchors[c.rule].Add(time.Duration(r.IntN(24)) * time.Hour).Add(o.Delay)
			if c.at.Before(w.start) {
				c.at = w.start
			}
		}
		c.do = []sentinel.Action{sentinel.Edit, sentinel.Disable, sentinel.Enable, sentinel.Other, sentinel.Other}[r.IntN(5)]
		c.with = w.spec(r, w.specs[c.rule].nrt)
		w.changes = append(w.changes, c)
	}
	sort.SliceStable(w.changes, func(i, j int) bool { return w.changes[i].at.Before(w.changes[j].at) })
	for table, rows := range w.rows {
		arrived := slices.Clone(rows)
		sort.SliceStable(arrived, func(i, j int) bool { return arrived[i].in.Before(arrived[j].in) })
		w.arrived[table] = arrived
		sort.SliceStable(rows, func(i, j int) bool {
			if !rows[i].at.Equal(rows[j].at) {
				return rows[i].at.Before(rows[j].at)
			}
			return rows[i].n < rows[j].n
		})
	}
	return w
}

func (w *world) spec(r *rand.Rand, nrt bool) worldSpec {
	s := worldSpec{nrt: nrt, operator: "GreaterThan", table: []string{"Logons", "Changes"}[r.IntN(2)], mod: 1 + r.Int64N(4), method: []string{"AllEntities", "AnyAlert"}[r.IntN(2)]}
	minutes := []int{5, 10, 15, 30, 37, 60, 60, 61, 120, 180, 360, 720, 1440}
	s.frequency = time.Duration(minutes[r.IntN(len(minutes))]) * time.Minute
	s.period = s.frequency * time.Duration([]int{1, 1, 2, 3}[r.IntN(4)])
	if r.IntN(4) == 0 {
		s.period += time.Duration(r.IntN(60)) * time.Minute
	}
	if r.IntN(4) == 0 {
		s.operator = []string{"LessThan", "Equal", "NotEqual"}[r.IntN(3)]
	}
	s.threshold = []int{0, 0, 0, 1, 3}[r.IntN(5)]
	s.each = r.IntN(3) == 0
	if r.IntN(3) == 0 {
		s.quiet = time.Duration(5+r.IntN(600)) * time.Minute
	}
	s.incident, s.group, s.reopen = r.IntN(8) > 0, r.IntN(3) > 0, r.IntN(2) == 0
	s.frame = []time.Duration{0, 5 * time.Minute, time.Hour, 24 * time.Hour}[r.IntN(4)]
	w.queries[s.query()] = s
	return s
}

func (w *world) add(r *rand.Rand, table string, id *int64, at time.Time, n int) {
	for range n {
		late := time.Duration(0)
		switch x := r.IntN(20); {
		case x < 12:
			late = time.Duration(r.Int64N(int64(2 * time.Minute)))
		case x < 17:
			late = time.Duration(r.Int64N(int64(30 * time.Minute)))
		case x < 19:
			late = time.Duration(r.Int64N(int64(14 * time.Hour)))
		default:
			late = time.Duration(r.Int64N(int64(72 * time.Hour)))
		}
		in := at.Add(late / 100 * 100)
		user := fmt.Sprintf("u%d", r.IntN(5))
		if r.IntN(6) == 0 {
			user = ""
		}
		w.rows[table] = append(w.rows[table], worldRow{sentinel.Received(at, in, w.options), in, user, *id})
		*id++
	}
}

// fault says how the engine fails an execution: "", transient, or the reason of a failure for good.
func (w *world) fault(rule int, due, executes time.Time) string {
	if rule == w.forbidden && !due.Before(w.denied[0]) && due.Before(w.denied[1]) {
		return []string{"INSUFFICIENT_ACCESS_TO_QUERY", "TABLE_NOT_EXISTS"}[due.Unix()/7200%2]
	}
	for _, o := range w.outages {
		if !executes.Before(o[0]) && executes.Before(o[1]) {
			return "transient"
		}
	}
	if w.flaky > 0 {
		var b [32]byte
		binary.LittleEndian.PutUint64(b[0:], w.seed)
		binary.LittleEndian.PutUint64(b[8:], uint64(rule))
		binary.LittleEndian.PutUint64(b[16:], uint64(due.UnixNano()))
		binary.LittleEndian.PutUint64(b[24:], uint64(executes.UnixNano()))
		h := fnv.New64a()
		h.Write(b[:])
		x := h.Sum64()
		x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
		x = (x ^ x>>27) * 0x94d049bb133111eb
		if float64(x>>11)/(1<<53) < w.flaky {
			return "transient"
		}
	}
	return ""
}

// plain is an engine that filters the world's rows by hand; behind, when set, answers in its place.
type plain struct {
	w      *world
	behind sentinel.Engine
}

func (e plain) Run(ctx context.Context, rule *content.Rule, r sentinel.Request) (sentinel.Rows, error) {
	k, _ := strconv.Atoi(rule.ID[len(rule.ID)-12:])
	if kind := e.w.fault(k, r.Now, r.Visible); kind != "" {
		return sentinel.Rows{}, &engineFault{kind, kind}
	}
	if e.behind != nil {
		return e.behind.Run(ctx, rule, r)
	}
	s := e.w.queries[r.Query]
	out := sentinel.Rows{Columns: worldColumns}
	add := func(x worldRow) {
		if x.n%s.mod == 0 {
			out.Rows = append(out.Rows, []value.Value{value.NewDateTime(value.TicksOf(x.at)), value.NewString(x.user), value.NewLong(x.n)})
		}
	}
	if !r.Window.ByIngestion {
		rows := e.w.rows[s.table]
		from := sort.Search(len(rows), func(i int) bool { return !rows[i].at.Before(r.Window.From) })
		for _, x := range rows[from:] {
			if x.at.After(r.Window.To) || !r.Closed && x.at.Equal(r.Window.To) {
				break
			}
			if !x.in.After(r.Visible) {
				add(x)
			}
		}
		return out, nil
	}
	rows := e.w.arrived[s.table]
	from := sort.Search(len(rows), func(i int) bool { return rows[i].in.After(r.Window.From) })
	var seen []worldRow
	for _, x := range rows[from:] {
		if x.in.After(r.Window.To) {
			break
		}
		if !x.at.Before(r.Window.Oldest) {
			seen = append(seen, x)
		}
	}
	sort.SliceStable(seen, func(i, j int) bool {
		if !seen[i].at.Equal(seen[j].at) {
			return seen[i].at.Before(seen[j].at)
		}
		return seen[i].n < seen[j].n
	})
	for _, x := range seen {
		add(x)
	}
	return out, nil
}

var worldColumns = []symbol.Column{{Name: "TimeGenerated", Type: value.DateTime}, {Name: "User", Type: value.String}, {Name: "N", Type: value.Long}}

// run runs the world on the scheduler.
func (w *world) run(t testing.TB, behind sentinel.Engine) *sentinel.Log {
	t.Helper()
	s := &sentinel.Scheduler{Engine: plain{w, behind}, Options: w.options}
	for k, spec := range w.specs {
		s.Rules = append(s.Rules, sentinel.Scheduled{Rule: spec.rule(k), Anchor: w.anchors[k]})
	}
	for _, c := range w.changes {
		x := sentinel.Change{At: c.at, Rule: c.rule, Do: c.do, With: c.with.rule(c.rule)}
		if c.do == sentinel.Other {
			x.Then = func(i *sentinel.Incidents) {
				if n := len(i.All); n > 0 && i.All[c.nth%n].Status != "Closed" {
					i.Close(i.All[c.nth%n], c.at)
				}
			}
		}
		s.Changes = append(s.Changes, x)
	}
	log, err := s.Span(context.Background(), w.start, w.start.Add(worldSpan))
	if err != nil {
		t.Fatalf("world %d: %v", w.seed, err)
	}
	return log
}

// account is what a log says, a line each.
func account(w *world, log *sentinel.Log) []string {
	out := make([]string, 0, len(log.Outcomes))
	for _, o := range log.Outcomes {
		line := runLine(o.Rule.ID, w.start, o.Run.Due, o.Run.Executes, o.Run.Window.From, o.Run.Window.To, o.Run.Attempt, o.Status, len(o.Rows.Rows))
		for _, a := range o.Alerts {
			var users []string
			for _, e := range a.Entities {
				users = append(users, e.Label())
			}
			sort.Strings(users)
			line += alertLine(w.start, a.StartTime, a.EndTime, len(a.Rows.Rows), a.Summary, users)
		}
		out = append(out, line)
	}
	for _, i := range log.Incidents {
		line := fmt.Sprintf("incident %d of %s %s reopened %d:", i.Number, i.Rule.ID[len(i.Rule.ID)-4:], i.Status, i.Reopened)
		for _, a := range i.Alerts {
			line += fmt.Sprintf(" %s/%d", a.Run.Due.Sub(w.start), a.Number)
		}
		out = append(out, line)
	}
	return out
}

func runLine(id string, start, due, executes, from, to time.Time, attempt int, status string, rows int) string {
	return fmt.Sprintf("rule %s due %s at %s [%s, %s] try %d: %s %d rows", id[len(id)-4:], due.Sub(start), executes.Sub(start), from.Sub(start), to.Sub(start), attempt, status, rows)
}

func alertLine(start, from, to time.Time, rows int, summary bool, users []string) string {
	return fmt.Sprintf("; alert %s..%s %d rows summary %t %s", from.Sub(start), to.Sub(start), rows, summary, strings.Join(users, ","))
}

func digest(lines []string) string {
	h := sha256.New()
	for _, l := range lines {
		h.Write([]byte(l))
		h.Write([]byte{'\n'})
	}
	return fmt.Sprintf("%x", h.Sum(nil))
}

// TestWorlds runs sixty worlds, as many as BLINDSPOT_WORLDS says (a thousand take a minute), or the one that BLINDSPOT_WORLD names.
func TestWorlds(t *testing.T) {
	from, to := uint64(0), uint64(60)
	if testing.Short() {
		to = 10
	}
	if n, err := strconv.ParseUint(os.Getenv("BLINDSPOT_WORLDS"), 10, 32); err == nil {
		to = n
	}
	if n, err := strconv.ParseUint(os.Getenv("BLINDSPOT_WORLD"), 10, 64); err == nil {
		from, to = n, n+1
	}
	runs, alerts, incidents, failed := 0, 0, 0, 0
	begin := time.Now()
	for seed := from; seed < to && failed < 3; seed++ {
		w := newWorld(seed)
		log := w.run(t, nil)
		got, want := account(w, log), w.reference()
		for i := range max(len(got), len(want)) {
			var g, x string
			if i < len(got) {
				g = got[i]
			}
			if i < len(want) {
				x = want[i]
			}
			if g != x {
				t.Errorf("world %d, line %d:\n  %s\nwant\n  %s", seed, i, g, x)
				failed++
				break
			}
		}
		if err := w.invariants(log); err != nil {
			t.Errorf("world %d: %v", seed, err)
			failed++
		}
		if seed%10 == 0 {
			if digest(got) != digest(account(w, newWorld(seed).run(t, nil))) {
				t.Errorf("world %d: two runs differ", seed)
			}
		}
		runs += len(log.Outcomes)
		alerts += len(log.Alerts())
		incidents += len(log.Incidents)
	}
	spent := time.Since(begin)
	t.Logf("%d worlds of %s: %d runs, %d alerts, %d incidents; %.0f times as fast as the clock, with the reference", to-from, worldSpan, runs, alerts, incidents,
		float64(to-from)*worldSpan.Seconds()/spent.Seconds())
}

// TestWorldsOnTheEngine runs some worlds on the real engine: it sees the rows that the plain filter sees.
func TestWorldsOnTheEngine(t *testing.T) {
	most := 2_000 // runs of the worlds that are tried
	if os.Getenv("BLINDSPOT_WORLDS") != "" {
		most = 200_000
	}
	for seed, runs := uint64(0), 0; runs < most; seed++ {
		w := newWorld(seed)
		want := w.run(t, nil)
		if len(want.Outcomes) > most/2 {
			continue
		}
		runs += len(want.Outcomes)
		ws := emulator.New(emulator.Options{Clock: func() time.Time { return w.start }})
		for _, table := range []string{"Logons", "Changes"} {
			ws.CreateTable(table, scenarioColumns)
			var b bytes.Buffer
			for _, x := range w.arrived[table] {
				line, err := json.Marshal(map[string]any{"TimeGenerated": x.at.Format("2006-01-02T15:04:05.0000000Z"), "_ingested": x.in.Format("2006-01-02T15:04:05.0000000Z"), "User": x.user, "N": x.n})
				if err != nil {
					t.Fatal(err)
				}
				b.Write(append(line, '\n'))
			}
			if _, err := ws.IngestJSON(table, &b); err != nil {
				t.Fatal(err)
			}
		}
		got := account(w, w.run(t, sentinel.OnWorkspace{Workspace: ws}))
		if digest(got) != digest(account(w, want)) {
			for i, line := range account(w, want) {
				if i >= len(got) || got[i] != line {
					t.Fatalf("world %d, line %d:\n  %s\nwant\n  %s", seed, i, got[min(i, len(got)-1)], line)
				}
			}
			t.Fatalf("world %d: the engine's account is longer", seed)
		}
	}
}

// BenchmarkWorld is a world of three days without the reference.
func BenchmarkWorld(b *testing.B) {
	for i := range b.N {
		newWorld(uint64(i%100)).run(b, nil)
	}
	b.ReportMetric(float64(b.N)*worldSpan.Seconds()/b.Elapsed().Seconds(), "clock-times")
}
