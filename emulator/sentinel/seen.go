package sentinel

import (
	"sort"
	"time"

	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
)

// Arrivals are the rows of one table: when each happened and when it could be queried, in ticks, by row.
type Arrivals struct {
	Table          string
	Time, Ingested []int64
}

// Missed finds the rows that no run of a rule ever saw: the runs that would have had their time in the window executed
// before they arrived, were suppressed, failed, or did not exist. Rows that a run after the span may still see, or that are
// older than the first window, are not counted. The result is row numbers, ascending.
func Missed(rule *content.Rule, outcomes []Outcome, a Arrivals, o Options) []int {
	var seen []Run
	var first, last time.Time
	for _, x := range outcomes {
		if !sameRule(x.Rule, rule) {
			continue
		}
		if first.IsZero() || x.Run.Due.Before(first) {
			first = x.Run.Due
		}
		if x.Run.Due.After(last) {
			last = x.Run.Due
		}
		if x.Status == StatusSuccess {
			seen = append(seen, x.Run)
		}
	}
	if first.IsZero() {
		return nil
	}
	nrt := rule.Kind == content.NRT
	var from, to int64
	if nrt {
		from, to = value.TicksOf(NRTRun(first, time.Time{}, o).Window.From), value.TicksOf(NRTRun(last, time.Time{}, o).Window.To)
	} else {
		period, step := rule.QueryPeriod.Value, rule.QueryFrequency.Value
		from, to = value.TicksOf(first.Add(-period)), value.TicksOf(last.Add(step).Add(-period))
		if end := value.TicksOf(last); to > end {
			to = end
		}
	}
	sort.SliceStable(seen, func(i, j int) bool { return seen[i].Window.To.Before(seen[j].Window.To) })
	type window struct{ from, to, visible, oldest int64 }
	windows := make([]window, len(seen))
	for i, r := range seen {
		w := window{value.TicksOf(r.Window.From), value.TicksOf(r.Window.To), value.TicksOf(r.Executes), 0}
		if nrt {
			w.oldest = value.TicksOf(r.Window.Oldest)
		} else if o.ClosedWindow {
			w.to++
		}
		windows[i] = w
	}
	var out []int
	for row, t := range a.Time {
		in := a.Ingested[row]
		key := t
		if nrt {
			key = in
		}
		if key < from || key >= to {
			continue
		}
		// The first window that ends after the row, and those after it that still hold it.
		k := sort.Search(len(windows), func(i int) bool {
			if nrt {
				return windows[i].to >= key
			}
			return windows[i].to > key
		})
		found := false
		for ; k < len(windows) && !found; k++ {
			w := windows[k]
			if nrt {
				if w.from >= key {
					break
				}
				found = t >= w.oldest
				continue
			}
			if w.from > key {
				break
			}
			found = in <= w.visible
		}
		if !found {
			out = append(out, row)
		}
	}
	return out
}

// Doubled is one thing that a rule told twice: two alerts of different runs that stand for the same result row, or, where
// the rule sums up, whose events and entities overlap.
type Doubled struct {
	First, Second Alert
}

// DoubledAlerts finds the alerts of a rule that tell again what an alert of an earlier run has told: the windows overlap,
// and either a result row is the same in both, or all entities of the later alert are among those of the earlier and the
// spans of their events meet.
func DoubledAlerts(alerts []Alert) []Doubled {
	var out []Doubled
	for j := range alerts {
		for i := j - 1; i >= 0; i-- {
			a, b := alerts[i], alerts[j]
			if !sameRule(a.Rule, b.Rule) || a.Run.Due.Equal(b.Run.Due) {
				continue
			}
			if !a.Run.Window.ByIngestion && !a.Run.Window.To.After(b.Run.Window.From) {
				break // earlier alerts lie even further back
			}
			if sharesRow(a.Rows, b.Rows) || sameStory(a, b) {
				out = append(out, Doubled{a, b})
				break
			}
		}
	}
	return out
}

func sharesRow(a, b Rows) bool {
	if len(a.Rows) == 0 || len(b.Rows) == 0 {
		return false
	}
	seen := make(map[string]bool, len(a.Rows))
	for _, r := range a.Rows {
		seen[rowKey(r)] = true
	}
	for _, r := range b.Rows {
		if seen[rowKey(r)] {
			return true
		}
	}
	return false
}

func rowKey(r []value.Value) string {
	var b []byte
	for _, v := range r {
		if !v.Null {
			b = append(b, v.Text()...)
		}
		b = append(b, 0)
	}
	return string(b)
}

func sameStory(a, b Alert) bool {
	if len(b.Entities) == 0 || a.EndTime.Before(b.StartTime) || b.EndTime.Before(a.StartTime) {
		return false
	}
	have := map[string]bool{}
	for _, e := range a.Entities {
		have[e.key()] = true
	}
	for _, e := range b.Entities {
		if !have[e.key()] {
			return false
		}
	}
	return true
}
