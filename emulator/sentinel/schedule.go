package sentinel

import "time"

// Window is the span of events one run may see.
type Window struct {
	// From (inclusive) and To (exclusive unless Options.ClosedWindow) bound the column that Column names.
	From, To time.Time
	// ByIngestion: the window is on ingestion_time(), as near-real-time rules have it; TimeGenerated is then bounded by
	// Oldest only.
	ByIngestion bool
	Oldest      time.Time
}

// Run is one execution of a rule: when it was due, what it may see, and when it executes.
type Run struct {
	// Due is the scheduled instant: the window's end for a scheduled rule, and what now() answers inside the query.
	Due time.Time
	// Executes is when the query runs; rows ingested later are unseen.
	Executes time.Time
	Window   Window
	Attempt  int // 0 for the first try
	// Manual: a user started this run; Original is when the run it repeats executed.
	Manual   bool
	Original time.Time
}

// Grid is the sequence of a scheduled rule's runs: Anchor, Anchor+Frequency, ... It never drifts (fact S8).
type Grid struct {
	Anchor            time.Time
	Frequency, Period time.Duration
}

// At returns run k of the grid.
func (g Grid) At(k int, o Options) Run {
	due := g.Anchor.Add(time.Duration(k) * g.Frequency)
	r := Run{Due: due, Executes: due.Add(o.Delay), Window: Window{From: due.Add(-g.Period), To: due}}
	if k == 0 && !o.FirstRunWaits {
		r.Executes = due
	}
	return r
}

// From returns the number of the first run due at or after t, never less than 0.
func (g Grid) From(t time.Time) int {
	if !t.After(g.Anchor) {
		return 0
	}
	d := t.Sub(g.Anchor)
	k := int(d / g.Frequency)
	if d%g.Frequency != 0 {
		k++
	}
	return k
}

// NRTRun returns the near-real-time run at instant e. since is the end of the last window that was covered: the run makes
// up for what was not, up to a limit, and repeats nothing. The zero time means that the run covers its own slice.
func NRTRun(e, since time.Time, o Options) Run {
	to := e.Add(-o.NRTDelay)
	from := to.Add(-o.NRTSlice)
	if since.After(from) && since.Before(to) {
		from = since
	} else if !since.IsZero() && since.Before(from) {
		from = since
		if oldest := to.Add(-o.NRTSlice * time.Duration(o.NRTCatchUp+1)); from.Before(oldest) {
			from = oldest
		}
	}
	return Run{Due: e, Executes: e, Window: Window{From: from, To: to, ByIngestion: true, Oldest: e.Add(-o.NRTLookback)}}
}
