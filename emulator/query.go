package emulator

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/seed-caab1ad3/blindspot/emulator/exec"
	"github.com/seed-caab1ad3/blindspot/emulator/kql"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/bind"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/source"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/plan"
	"github.com/seed-caab1ad3/blindspot/emulator/result"
	"github.com/seed-caab1ad3/blindspot/emulator/store"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

// QueryOptions say as of when, over what and how a query runs. The zero value runs over all rows at the workspace's time.
type QueryOptions struct {
	Now time.Time // now() of the query; zero takes the workspace's clock
	// From and To bound TimeGenerated in every table the query reads: [From, To). Zero bounds nothing. Watchlists are not
	// bounded.
	From, To time.Time
	// VisibleUntil hides rows that were ingested later; IngestedFrom those that were ingested at it or before. Zero hides none.
	VisibleUntil, IngestedFrom time.Time

	Profile     kql.Profile   // the service whose language is checked
	Workers     int           // 0 or 1 runs on the calling goroutine
	BatchSize   int           // 0 is right but for tests
	NoOptimizer bool          // runs the plan as it was bound, for tests
	Limits      exec.Limits   // zero limits nothing
	Seed        uint64        // of rand(), sample and their kin
	Trace       *exec.Profile // filled with what each operator yielded, when not nil
}

// QueryError says why a query did not compile, or what of it the engine does not run.
type QueryError struct {
	Text        string
	Diagnostics []source.Diagnostic // errors and warnings, in the order of the text
	Unsupported []bind.Unsupported  // what compiles and does not run
}

// Error returns the first mistake as one line, with line and column.
func (e *QueryError) Error() string {
	for _, d := range e.Diagnostics {
		if d.Severity == source.Error {
			p := source.NewLineIndex(e.Text).Position(d.Span.Start)
			msg := fmt.Sprintf("%d:%d: %s %s", p.Line, p.Column, d.Code, d.Message)
			if d.Help != "" {
				msg += "; " + d.Help
			}
			return strings.ReplaceAll(msg, "\n", " ")
		}
	}
	for _, u := range e.Unsupported {
		p := source.NewLineIndex(e.Text).Position(u.Span.Start)
		return fmt.Sprintf("%d:%d: %s is not supported by the emulator", p.Line, p.Column, u.What)
	}
	return "the query has no result"
}

// Code returns the code of the first mistake: a diagnostic's, or Unsupported.
func (e *QueryError) Code() string {
	for _, d := range e.Diagnostics {
		if d.Severity == source.Error {
			return d.Code
		}
	}
	return "Unsupported"
}

// Position returns the line and column of the first mistake, counted from 1.
func (e *QueryError) Position() (line, column int) {
	at := 0
	found := false
	for _, d := range e.Diagnostics {
		if d.Severity == source.Error {
			at, found = d.Span.Start, true
			break
		}
	}
	if !found && len(e.Unsupported) > 0 {
		at = e.Unsupported[0].Span.Start
	}
	p := source.NewLineIndex(e.Text).Position(at)
	return p.Line, p.Column
}

// Compile compiles a query against the workspace. The result is shared and must not be changed.
func (w *Workspace) Compile(text string, profile kql.Profile) *kql.Compiled {
	return w.compile(text, profile).Compiled
}

func (w *Workspace) compile(text string, profile kql.Profile) *compiled {
	return w.compiled.get(w.meaning(), compiledKey{profile, text}, func() *compiled {
		if w.o.Plans != nil {
			return w.o.Plans.get(w, text, profile)
		}
		return compile(text, profile, w.Catalog())
	})
}

// Query compiles and runs a query. An error of the query itself is a *QueryError; a fault of the engine is an *exec.Fault.
func (w *Workspace) Query(ctx context.Context, text string, o QueryOptions) (res *result.Result, err error) {
	err = exec.Guard(func() error {
		res, err = w.query(ctx, text, o)
		return err
	})
	if err != nil {
		return nil, err
	}
	return res, nil
}

func (w *Workspace) query(ctx context.Context, text string, o QueryOptions) (*result.Result, error) {
	start := time.Now()
	c := w.compile(text, o.Profile)
	if !c.OK() || len(c.Query.Unsupported) > 0 {
		return nil, &QueryError{text, c.Diagnostics, c.Query.Unsupported}
	}
	if len(c.Query.Results) == 0 {
		return nil, &QueryError{Text: text, Diagnostics: []source.Diagnostic{{Severity: source.Error, Code: "BS101", Message: "the query has no tabular expression", Help: "end it with a table, print or another expression that yields rows"}}}
	}
	if at := c.Query.Unresolved; len(at) > 0 {
		return nil, &QueryError{Text: text, Diagnostics: []source.Diagnostic{{Severity: source.Error, Code: "BS102", Span: at[0], Message: "the fuzzy union has none of its tables", Help: "one of them must be there, or a datatable beside them"}}}
	}
	out := &result.Result{}
	for i, q := range c.Query.Results {
		t, err := w.run(ctx, c, q.Rel, o)
		if err != nil {
			return nil, err
		}
		t.Name = "PrimaryResult"
		if i > 0 {
			t.Name = fmt.Sprintf("Table_%d", i)
		}
		out.Tables = append(out.Tables, t)
		if q.Render != nil && out.Render == nil {
			out.Render = &result.Render{Visualization: q.Render.Visualization}
			for _, p := range q.Render.Properties {
				out.Render.Properties = append(out.Render.Properties, [2]string{p.Name, p.Value})
			}
		}
	}
	out.Stats.ElapsedUs = time.Since(start).Microseconds()
	return out, nil
}

// Plan returns a query's plan as text, optimised unless o says otherwise.
func (w *Workspace) Plan(text string, o QueryOptions) (string, error) {
	c := w.Compile(text, o.Profile)
	if !c.OK() || len(c.Query.Unsupported) > 0 {
		return "", &QueryError{text, c.Diagnostics, c.Query.Unsupported}
	}
	var b strings.Builder
	for _, q := range c.Query.Results {
		rel := plan.Ingestion(q.Rel)
		if !o.NoOptimizer {
			rel = plan.Optimize(rel)
		}
		b.WriteString(plan.Explain(rel))
	}
	return b.String(), nil
}

func (w *Workspace) run(ctx context.Context, c *compiled, rel bind.Rel, o QueryOptions) (*result.Table, error) {
	now := o.Now
	if now.IsZero() {
		now = w.Now()
	}
	x := exec.Options{
		Tables: &view{w, store.Range{From: ticks(o.From), To: ticks(o.To), VisibleUntil: ticks(o.VisibleUntil), IngestedFrom: ticks(o.IngestedFrom)}},
		Now:    value.TicksOf(now), Seed: o.Seed, Workers: o.Workers, BatchSize: o.BatchSize, Limits: o.Limits, Profile: o.Trace, Memory: w.memory,
	}
	var res *exec.Result
	var err error
	if o.NoOptimizer {
		x.Rewrite = plan.Ingestion
		res, err = exec.Run(ctx, plan.Ingestion(rel), x)
	} else {
		if rel, err = c.planWithin(ctx, rel); err != nil {
			return nil, err
		}
		x.Rewrite = func(rel bind.Rel) bind.Rel {
			p, err := c.planWithin(ctx, rel)
			if err != nil {
				return plan.Ingestion(rel) // the run is about to stop for the same cause
			}
			return p
		}
		res, err = c.prepared(rel).Run(ctx, x)
	}
	if err != nil {
		var refusal *exec.Refusal
		if errors.As(err, &refusal) {
			return nil, &QueryError{Text: c.Text, Unsupported: []bind.Unsupported{{What: refusal.What, Span: refusal.At}}}
		}
		return nil, err
	}
	t := &result.Table{Rows: res.Rows.N}
	for i, c := range res.Columns {
		if c.Hidden {
			continue
		}
		v := res.Rows.Columns[i]
		typ := c.Type
		if typ == value.Unknown {
			typ = v.Type()
		}
		t.Columns = append(t.Columns, result.Column{Name: c.Name, Type: typ})
		t.Vectors = append(t.Vectors, v)
	}
	return t, nil
}

// ticks returns a time's ticks, 0 for the zero time.
func ticks(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return value.TicksOf(t)
}

// view is the workspace's rows as one query may see them.
type view struct {
	w *Workspace
	r store.Range
}

func (v *view) Table(name string, columns []string) ([]exec.Segment, error) {
	w, table := v.w.holder(name)
	w.mu.RLock()
	t, ok := w.tables[table]
	w.mu.RUnlock()
	if !ok {
		return nil, nil // the compiler knows the table, and no row of it has come
	}
	return segments(t.Read(columns, v.r)), nil
}

func (v *view) Watchlist(alias string, columns []string) ([]exec.Segment, error) {
	v.w.mu.RLock()
	l, ok := v.w.watchlists[alias]
	v.w.mu.RUnlock()
	if !ok {
		return nil, nil // _GetWatchlist of an alias that nobody made has no rows
	}
	return segments(l.rows.Read(columns, store.Range{})), nil
}

func segments(list []store.Rows) []exec.Segment {
	out := make([]exec.Segment, len(list))
	for i, r := range list {
		out[i] = exec.Segment{Columns: append([]vector.Column(nil), r.Columns...), From: r.From, To: r.To, Rows: r.Pick}
	}
	return out
}
