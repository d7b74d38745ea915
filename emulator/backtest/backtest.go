// Package backtest runs rules over a span of past or generated events and says what they would have raised: alerts a day,
// whom they are about, the events that no run saw and the alerts that were told twice, what another threshold would have
// changed, and whether all that is as expected. Events come from files or from the sample generator; rules and their
// scheduling are package sentinel's.
package backtest

import (
	"context"
	"errors"
	"fmt"
	"sort"
	"sync"
	"time"

	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/emulator"
	"github.com/seed-caab1ad3/blindspot/emulator/kql"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/symbol"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/sentinel"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

// Config says what is run over what.
type Config struct {
	Workspace *emulator.Workspace
	// Engine, when set, answers the queries in place of Workspace: a real workspace, whose rows cannot be counted here, so
	// that nothing is said of missed events.
	Engine sentinel.Engine
	Rules  []*content.Rule
	// From and To bound the runs: those due from the first (inclusive) to the last (inclusive).
	From, To time.Time
	Options  sentinel.Options
	Expect   *Expectations
	Sweep    *Sweep
	Workers  int // rules run at once; 0 or 1 is one
	// Progress, when set, is told of each rule that is done; one call at a time.
	Progress func(done, total int)
}

// Report is what came of it, rules in the order of Config.
type Report struct {
	From, To time.Time
	Rules    []RuleReport
}

// RuleReport is one rule's part.
type RuleReport struct {
	Rule *content.Rule
	// Err is why the rule's query does not run; the rest is then empty.
	Err      error
	Runs     int
	Alerts   []sentinel.Alert
	PerDay   []Day
	Noisiest []Entity
	Missed   []Missed
	Doubled  []sentinel.Doubled
	Notes    []string
	Verdicts []Verdict
	Sweep    []Step
	Elapsed  time.Duration
}

// Day is the alerts of one UTC day, by their execution.
type Day struct {
	Date   time.Time
	Alerts int
}

// Entity is an entity with the alerts that name it.
type Entity struct {
	Type, Label string
	Alerts      int
}

// Missed are the rows of one table that no run of the rule saw.
type Missed struct {
	Table       string
	Rows, Of    int
	First, Last time.Time // of their times
	// MostLate is the longest delay among them.
	MostLate time.Duration
}

// maxNoisiest bounds the entities that a report names.
const maxNoisiest = 10

// Run runs the rules. An error is one of the whole; a rule whose query fails has its own.
func Run(ctx context.Context, c Config) (*Report, error) {
	if !c.To.After(c.From) {
		return nil, errors.New("the span is empty: to is not after from")
	}
	rep := &Report{From: c.From, To: c.To, Rules: make([]RuleReport, len(c.Rules))}
	arrivals := &arrivalCache{ws: c.Workspace}
	var wg sync.WaitGroup
	var mu sync.Mutex
	done := 0
	next := make(chan int)
	for range min(max(c.Workers, 1), max(len(c.Rules), 1)) {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := range next {
				rep.Rules[i] = c.rule(ctx, c.Rules[i], arrivals)
				mu.Lock()
				done++
				if c.Progress != nil {
					c.Progress(done, len(c.Rules))
				}
				mu.Unlock()
			}
		}()
	}
	for i := range c.Rules {
		if ctx.Err() != nil {
			break
		}
		next <- i
	}
	close(next)
	wg.Wait()
	return rep, ctx.Err()
}

// rule runs one rule and reports on it.
func (c Config) rule(ctx context.Context, r *content.Rule, arrivals *arrivalCache) RuleReport {
	begin := time.Now()
	rep := RuleReport{Rule: r}
	log, err := c.span(ctx, r)
	if err != nil {
		rep.Err = err
		return rep
	}
	rep.Runs = len(log.Outcomes)
	rep.Alerts = log.Alerts()
	rep.PerDay = perDay(rep.Alerts, c.From, c.To)
	rep.Noisiest = noisiest(rep.Alerts)
	rep.Doubled = sentinel.DoubledAlerts(rep.Alerts)
	if compiled := c.Workspace.Compile(r.Query.String(), kql.Sentinel); compiled.Query != nil && c.Engine == nil {
		for _, table := range compiled.Query.Tables {
			a, err := arrivals.of(ctx, table)
			if err != nil || len(a.Time) == 0 {
				continue
			}
			if m, some := missed(r, log.Outcomes, a, c.Options); some {
				rep.Missed = append(rep.Missed, m)
			}
		}
	}
	rep.Notes = append(rep.Notes, sentinel.Notes(r, c.Options)...)
	if r.SuppressionEnabled {
		n := 0
		for _, o := range log.Outcomes {
			if o.Status == sentinel.StatusSuppressed {
				n++
			}
		}
		if n > 0 {
			rep.Notes = append(rep.Notes, fmt.Sprintf("%d of %d runs were skipped by suppression", n, len(log.Outcomes)))
		}
	}
	if c.Expect != nil {
		rep.Verdicts = c.Expect.judge(r, rep.Alerts, c.From)
	}
	if c.Sweep != nil {
		rep.Sweep, rep.Err = c.sweep(ctx, r, rep.Alerts)
	}
	rep.Elapsed = time.Since(begin)
	return rep
}

// span runs the rule's schedule. Result rows are kept with the alerts alone.
func (c Config) span(ctx context.Context, r *content.Rule) (*sentinel.Log, error) {
	engine := c.Engine
	if engine == nil {
		engine = sentinel.OnWorkspace{Workspace: c.Workspace}
	}
	s := &sentinel.Scheduler{Engine: engine, Options: c.Options, Rules: []sentinel.Scheduled{{Rule: r, Anchor: c.From}},
		Observe: func(o *sentinel.Outcome) { o.Rows = sentinel.Rows{} }}
	log, err := s.Span(ctx, c.From, c.To)
	if err != nil {
		return nil, err
	}
	for _, o := range log.Outcomes {
		if o.Err != nil {
			return nil, o.Err
		}
	}
	return log, nil
}

func perDay(alerts []sentinel.Alert, from, to time.Time) []Day {
	first := from.UTC().Truncate(24 * time.Hour)
	n := int(to.UTC().Sub(first)/(24*time.Hour)) + 1
	out := make([]Day, n)
	for i := range out {
		out[i].Date = first.AddDate(0, 0, i)
	}
	for _, a := range alerts {
		i := int(a.Run.Due.UTC().Sub(first) / (24 * time.Hour))
		if i >= 0 && i < n {
			out[i].Alerts++
		}
	}
	if n > 1 && out[n-1].Alerts == 0 && to.UTC().Equal(out[n-1].Date) {
		out = out[:n-1] // the span ends with the day before
	}
	return out
}

func noisiest(alerts []sentinel.Alert) []Entity {
	at := map[[2]string]int{}
	var out []Entity
	for _, a := range alerts {
		seen := map[[2]string]bool{}
		for _, e := range a.Entities {
			k := [2]string{e.Type, e.Label()}
			if k[1] == "" || seen[k] {
				continue
			}
			seen[k] = true
			i, ok := at[k]
			if !ok {
				i = len(out)
				at[k] = i
				out = append(out, Entity{Type: k[0], Label: k[1]})
			}
			out[i].Alerts++
		}
	}
	sort.SliceStable(out, func(i, j int) bool { return out[i].Alerts > out[j].Alerts })
	return out[:min(len(out), maxNoisiest)]
}

func missed(r *content.Rule, outcomes []sentinel.Outcome, a sentinel.Arrivals, o sentinel.Options) (Missed, bool) {
	rows := sentinel.Missed(r, outcomes, a, o)
	if len(rows) == 0 {
		return Missed{}, false
	}
	m := Missed{Table: a.Table, Rows: len(rows), Of: len(a.Time)}
	for k, i := range rows {
		t := value.TimeOf(a.Time[i])
		if k == 0 || t.Before(m.First) {
			m.First = t
		}
		if t.After(m.Last) {
			m.Last = t
		}
		m.MostLate = max(m.MostLate, time.Duration(a.Ingested[i]-a.Time[i])*100)
	}
	return m, true
}

// tableText is a table's name as queries write it.
func tableText(table string) string {
	workspace, name := symbol.SplitWorkspace(table)
	return symbol.InWorkspace(workspace, "['"+name+"']")
}

// arrivalCache reads each table's times once.
type arrivalCache struct {
	ws   *emulator.Workspace
	mu   sync.Mutex
	have map[string]sentinel.Arrivals
}

func (c *arrivalCache) of(ctx context.Context, table string) (sentinel.Arrivals, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if a, ok := c.have[table]; ok {
		return a, nil
	}
	res, err := c.ws.Query(ctx, tableText(table)+" | project TimeGenerated, ingestion_time()", emulator.QueryOptions{})
	if err != nil {
		return sentinel.Arrivals{}, err
	}
	t := res.Tables[0]
	a := sentinel.Arrivals{Table: table, Time: make([]int64, t.Rows), Ingested: make([]int64, t.Rows)}
	at, in := vector.Int64s(t.Vectors[0]), vector.Int64s(t.Vectors[1])
	for i := range t.Rows {
		a.Time[i] = at.At(i)
		a.Ingested[i] = a.Time[i]
		if !in.IsNull(i) {
			a.Ingested[i] = in.At(i)
		}
	}
	if c.have == nil {
		c.have = map[string]sentinel.Arrivals{}
	}
	c.have[table] = a
	return a, nil
}
