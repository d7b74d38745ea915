// Package generate makes the sign-in data of a sample company: the four sign-in streams of Microsoft Entra ID and
// AuditLogs, as their Log Analytics tables hold them.
//
// In comes a Config, out go rows to a Sink, each table in TimeGenerated order. The company (people, devices, networks,
// applications) is built first and never changes, so that a rule that asks what is new finds nothing new in the benign
// part. A day of a table is then planned by one goroutine as small events with a seed each; workers fill and encode runs
// of events; one writer puts them in order. Nothing depends on how many workers there are. Attacks are rows laid over
// the benign days with the truth beside them, faults change finished rows.
//
// It knows nothing of rules, of the engine or of flags. The figures it aims at are printed by Describe.
package generate

import (
	"context"
	"fmt"
	"slices"
	"sync"
)

// Summary says what was written.
type Summary struct {
	Tables  []TableSummary
	Attacks []Attack
}

// TableSummary counts one table.
type TableSummary struct {
	Table string
	Rows  int64
	Bytes int64  // 0 for a Sink that does not write files
	File  string // "" for a Sink that does not write files
}

// Rows is the number of rows of all tables.
func (s Summary) Rows() (n int64) {
	for _, t := range s.Tables {
		n += t.Rows
	}
	return n
}

// Bytes is the size of all tables.
func (s Summary) Bytes() (n int64) {
	for _, t := range s.Tables {
		n += t.Bytes
	}
	return n
}

// Generate sends the rows that cfg describes to sink. It stops at the first error of the sink or when ctx ends, after
// all its goroutines have ended.
func Generate(ctx context.Context, cfg Config, sink Sink) (Summary, error) {
	o, err := cfg.options()
	if err != nil {
		return Summary{}, err
	}
	w := newWorld(cfg)
	if err := w.lay(o.attacks); err != nil {
		return Summary{}, err
	}
	var sum Summary
	done, total := 0, cfg.Days*len(o.tables)
	step := func() {
		if done++; cfg.Progress != nil {
			cfg.Progress(done, total)
		}
	}
	for _, t := range o.tables {
		if o.faults.missing[t] {
			total -= cfg.Days
		}
	}
	for _, table := range o.tables {
		if o.faults.missing[table] {
			continue
		}
		rows, err := w.table(ctx, cfg, o, table, sink, step)
		if err != nil {
			return Summary{}, fmt.Errorf("%s: %w", table, err)
		}
		sum.Tables = append(sum.Tables, TableSummary{Table: table, Rows: rows})
	}
	sum.Attacks = w.truthOf(sum.Tables)
	return sum, nil
}

// chunkRows is how many events a worker takes at a time: two to four megabytes of JSON.
const chunkRows = 512

// job is a run of events on its way through a worker to the writer.
type job struct {
	events []event
	chunk  Chunk
	rows   int64
	done   chan struct{}
}

// table writes one table: one goroutine plans, workers fill, one writer keeps the order.
func (w *world) table(ctx context.Context, cfg Config, o options, table string, sink Sink, step func()) (rows int64, err error) {
	columns := tableColumns(table)
	if o.delays != nil {
		columns = append(columns, Column{IngestedColumn, Datetime})
	}
	out, err := sink.Open(table, columns)
	if err != nil {
		return 0, err
	}
	defer func() {
		if e := out.Close(); err == nil {
			err = e
		}
	}()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()

	workers := cfg.workers()
	work := make(chan *job)
	order := make(chan *job, 2*workers)
	var running sync.WaitGroup
	for range workers {
		running.Add(1)
		go func() {
			defer running.Done()
			plan := newFaultPlan(w, o, table, columns)
			f := w.newFiller(table, columns, plan)
			for j := range work {
				counter := countingChunk{Chunk: out.NewChunk()}
				f.chunk(j.events, &counter)
				j.chunk, j.rows = counter.Chunk, counter.rows
				close(j.done)
			}
		}()
	}
	var failed error
	running.Add(1)
	go func() {
		defer running.Done()
		for j := range order {
			<-j.done
			if failed != nil || j.chunk == nil {
				continue
			}
			if failed = out.Write(j.chunk); failed != nil {
				cancel()
			}
			rows += j.rows
		}
	}()
	send := func(j *job) bool {
		select {
		case order <- j:
		case <-ctx.Done():
			return false
		}
		select {
		case work <- j:
			return true
		case <-ctx.Done():
			close(j.done) // the writer waits for it; failed or cancelled, it is not written
			return false
		}
	}
	planned := make(chan []event)
	running.Add(1)
	go func() { // one day ahead of the workers
		defer running.Done()
		defer close(planned)
		for d := range w.days {
			select {
			case planned <- w.plan(table, d, nil):
			case <-ctx.Done():
				return
			}
		}
	}()
	stopped := false
	for events := range planned {
		for run := range slices.Chunk(events, chunkRows) {
			if !send(&job{events: run, done: make(chan struct{})}) {
				stopped = true
				break
			}
		}
		if stopped {
			break
		}
		step()
	}
	stopped = stopped || ctx.Err() != nil
	close(work)
	close(order)
	running.Wait()
	if failed != nil {
		return rows, failed
	}
	if stopped {
		return rows, context.Cause(ctx)
	}
	return rows, nil
}

type countingChunk struct {
	Chunk
	rows int64
}

func (c *countingChunk) Append(r *Row) {
	c.rows++
	c.Chunk.Append(r)
}
