package main

import (
	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"github.com/seed-caab1ad3/blindspot/cmd/internal/terminal"
)

// bar shows how far long work is, with its rate and the time left, to a person; elsewhere it is nothing.
type bar struct {
	p *mpb.Progress
	b *mpb.Bar
}

// newBar begins a bar for a number of things. It is drawn only on a terminal and only when there is more than one thing.
func newBar(w terminal.Stream, what string, total int) *bar {
	if !w.TTY || total < 2 {
		return &bar{}
	}
	p := mpb.New(mpb.WithOutput(w), mpb.WithWidth(max(10, min(w.Width-40, 40))))
	b := p.AddBar(int64(total), mpb.BarRemoveOnComplete(),
		mpb.PrependDecorators(decor.CountersNoUnit("%d/%d "+what)),
		mpb.AppendDecorators(decor.AverageSpeed(0, "%.0f/s "), decor.AverageETA(decor.ET_STYLE_GO)))
	return &bar{p, b}
}

// set moves the bar to a number of things done.
func (b *bar) set(done int) {
	if b.b != nil {
		b.b.SetCurrent(int64(done))
	}
}

// finish takes the bar away.
func (b *bar) finish() {
	if b.p == nil {
		return
	}
	b.b.Abort(true)
	b.p.Wait()
}
