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
	cancel context.CancelCauseFunc

	mu    sync.Mutex
	timer *time.Timer // nil once the run is over
}

// watchMemory returns a context that is over when memory is, and what ends the watch. Without a limit nothing is watched.
func watchMemory(ctx context.Context) (context.Context, func()) {
	limit := debug.SetMemoryLimit(-1)
	if limit == math.MaxInt64 {
		return ctx, func() {}
	}
	ctx, cancel := context.WithCancelCause(ctx)
	w := &memoryWatch{limit: limit, cancel: cancel}
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
	if held := memoryHeld(w.limit, 0); held > 0 {
		w.cancel(errMemory(held, w.limit))
		return
	}
	w.timer.Reset(watchEvery)
}

// memoryHeld is what the process holds, with what it is about to take, when that is too much, else 0. What a collection finds alive
// may be half of the limit, because a copy of it, which growing makes, has to fit; with what is taken, three quarters.
func memoryHeld(limit, taken int64) int64 {
	samples := []metrics.Sample{{Name: "/gc/heap/live:bytes"}, {Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(samples)
	if samples[0].Value.Kind() != metrics.KindUint64 || samples[1].Value.Kind() != metrics.KindUint64 {
		return 0
	}
	if int64(samples[1].Value.Uint64())+taken > limit/8*5 {
		runtime.GC() // much of it may be of the past
		metrics.Read(samples[:1])
	}
	if live := int64(samples[0].Value.Uint64()); live > limit/2 || live+taken > limit/4*3 {
		return live + taken
	}
	return 0
}

// errMemory says that too much is held.
func errMemory(held, limit int64) error {
	return fmt.Errorf("%w: the process holds %d MiB, and half of %d MiB is the most; GOMEMLIMIT=%dMiB in the environment raises it", ErrLimit, held>>20, limit>>20, limit>>19)
}

// roomFor returns an error when copying so many cells would take more memory than there is.
func roomFor(cells int) error {
	limit := debug.SetMemoryLimit(-1)
	if cells < 1<<20 || limit == math.MaxInt64 {
		return nil
	}
	if held := memoryHeld(limit, int64(cells)*16); held > 0 {
		return errMemory(held, limit)
	}
	return nil
}
