package keys

import (
	"math/rand/v2"
	"syscall"
	"testing"
)

// processor is the processor time of this process in nanoseconds.
func processor() int64 {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return u.Utime.Nano() + u.Stime.Nano()
}

// Looking up a million keys of which two thirds are new, by runs and one by one.
func BenchmarkLongs(b *testing.B) {
	keys := make([]uint64, 1<<20)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range keys {
		keys[i] = uint64(r.IntN(20_000))<<32 | uint64(r.IntN(300)*r.IntN(300)/100)
	}
	out := make([]int32, len(keys))
	for _, runs := range []bool{true, false} {
		name := "one"
		if runs {
			name = "runs"
		}
		b.Run(name, func(b *testing.B) {
			begin := processor()
			for b.Loop() {
				var t Longs
				if runs {
					t.IDs(keys, true, out)
				} else {
					for i, k := range keys {
						out[i] = t.ID(k, true)
					}
				}
			}
			b.ReportMetric(float64(processor()-begin)/float64(b.N)/float64(len(keys)), "cpu-ns/key")
		})
	}
}
