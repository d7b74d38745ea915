package main

import (
	"bytes"
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strconv"
	"sync/atomic"
)

// Commands over content end soon, and while they hold little, memory is cheaper than collecting it. Who sets GOGC or GOMEMLIMIT
// decides instead.

const (
	// seldom is how much a small heap grows before it is collected, in percent of what is alive; often is that of a large one.
	seldom, often = 400, 100
	// spare is what a heap between small and large may hold beyond what is alive, in bytes.
	spare = 1 << 30
	// firstCollection is the memory in use at which a command that ends collects for the first time, in bytes. Below it most
	// commands are done.
	firstCollection = 768 << 20
)

// How memory is collected: as Go does it; not before firstCollection; by what is alive.
const (
	collectsAsGiven int32 = iota
	collectsLate
	collectsByUse
)

var collection atomic.Int32

// collectSeldom is for every command over content.
func collectSeldom() {
	if !collectionIsGiven() && collection.CompareAndSwap(collectsAsGiven, collectsByUse) {
		collectByUse()
	}
}

// collectLate is for commands that end when their content is looked at.
func collectLate() {
	if collectionIsGiven() || !collection.CompareAndSwap(collectsAsGiven, collectsLate) {
		return
	}
	debug.SetGCPercent(-1)
	debug.SetMemoryLimit(firstCollection)
	afterCollection(func() {
		collection.Store(collectsByUse)
		collectByUse()
	})
}

func collectionIsGiven() bool { return os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" }

// collectByUse lets the heap grow by what suits its size, and works harder when the machine's memory comes to its end. It looks
// anew after each collection.
func collectByUse() {
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	debug.SetGCPercent(growthOf(live[0].Value.Uint64()))
	debug.SetMemoryLimit(memoryRoof())
	afterCollection(collectByUse)
}

// growthOf is how much a heap may grow before it is collected, in percent of the bytes that are alive.
func growthOf(live uint64) int {
	return int(min(max(spare*100/max(live, 1), often), seldom))
}

// afterCollection calls f once memory has been collected: the runtime tells of it by finding this without an owner.
func afterCollection(f func()) {
	runtime.AddCleanup(new([64]byte), func(struct{}) { f() }, struct{}{})
}

// memoryRoof is five sixths of the memory of the machine, or of the container, where the system says what that is.
func memoryRoof() int64 {
	roof := int64(math.MaxInt64)
	if text, err := os.ReadFile("/proc/meminfo"); err == nil {
		if _, rest, ok := bytes.Cut(text, []byte("MemTotal:")); ok {
			if kib := bytes.Fields(rest); len(kib) > 0 {
				roof = lowered(roof, kib[0], 1<<10)
			}
		}
	}
	if text, err := os.ReadFile("/sys/fs/cgroup/memory.max"); err == nil {
		roof = lowered(roof, bytes.TrimSpace(text), 1)
	}
	if roof == math.MaxInt64 {
		return roof
	}
	return roof / 6 * 5
}

// lowered is a size that is written as a number of units where it is below the roof.
func lowered(roof int64, number []byte, unit int64) int64 {
	if n, err := strconv.ParseInt(string(number), 10, 64); err == nil && n > 0 && n < roof/unit {
		return n * unit
	}
	return roof
}
