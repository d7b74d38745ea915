package exec

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
	"time"
)

// watchEvery is how often a run is looked at. One that is shorter never is.
const watchEvery = 10 * time.Millisecond

// memoryWatch ends runs before the process outgrows the limit that the Go runtime keeps to (GOMEMLIMIT, or what the program set).
// Operators and kernels know only roughly what they hold, what runs beside each other hold adds up, and a process that takes more
// than its machine gives is killed without a word.
type memoryWatch struct {
	limit  int64
	before int64 // what was alive when the run began: stored rows, and what other runs hold
	cancel context.CancelCauseFunc

	mu    sync.Mutex
	timer *time.Timer // nil once the run is over
}

type memoryWatchKey struct{}

// watchMemory returns a context that is over when memory is, and what ends the watch. Without a limit nothing is watched.
func watchMemory(ctx context.Context) (context.Context, func()) {
	limit := debug.SetMemoryLimit(-1)
	held, _, ok := memoryInUse()
	if limit == math.MaxInt64 || !ok {
		return ctx, func() {}
	}
	ctx, cancel := context.WithCancelCause(ctx)
	w := &memoryWatch{limit: limit, before: min(held, limit), cancel: cancel}
	ctx = context.WithValue(ctx, memoryWatchKey{}, w)
	w.mu.Lock()
	w.timer = time.AfterFunc(watchEvery, w.look)
	w.mu.Unlock()
	return ctx, w.end
}

func (w *memoryWatch) end() {
	w.mu.Lock()
	if w.timer != nil {
		w.timer.Stop()
		w.timer = nil
	}
	w.mu.Unlock()
	w.cancel(nil)
}

func (w *memoryWatch) look() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.timer == nil {
		return
	}
	if err := w.tooMuch(0); err != nil {
		w.cancel(err)
		return
	}
	w.timer.Reset(watchEvery)
}

// memoryInUse is what the last collection found alive, and that with what has come since, in bytes.
func memoryInUse() (alive, all int64, ok bool) {
	samples := []metrics.Sample{{Name: "/gc/heap/live:bytes"}, {Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(samples)
	if samples[0].Value.Kind() != metrics.KindUint64 || samples[1].Value.Kind() != metrics.KindUint64 {
		return 0, 0, false
	}
	return int64(samples[0].Value.Uint64()), int64(samples[1].Value.Uint64()), true
}

// tooMuch returns an error when the process holds too much, or would with so many bytes more. Of what the run found free it may keep
// half alive, because a copy of it, which growing makes, has to fit; with what is taken, three quarters.
func (w *memoryWatch) tooMuch(taken int64) error {
	alive, all, _ := memoryInUse()
	free := w.limit - w.before
	if all+taken-w.before > free/8*5 {
		runtime.GC() // much of it may be of the past
		alive, _, _ = memoryInUse()
	}
	if grown := alive - w.before; grown <= free/2 && grown+taken <= free/4*3 {
		return nil
	}
	return fmt.Errorf("%w: the query needs more memory than the process has: it holds %d MiB of %d MiB, %d MiB of them from before; GOMEMLIMIT=%dMiB in the environment raises it", ErrLimit, (alive+taken)>>20, w.limit>>20, w.before>>20, w.limit>>19)
}

// roomFor returns an error when copying so many cells would take more memory than there is.
func roomFor(ctx context.Context, cells int) error {
	if w, ok := ctx.Value(memoryWatchKey{}).(*memoryWatch); ok && cells >= 1<<20 {
		return w.tooMuch(int64(cells) * 16)
	}
	return nil
}
