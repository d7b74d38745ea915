package main

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
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
	// Go collects for the first time at 4 MiB where this is 100 percent. A limit on memory would do too, but a query would take
	// it for all the memory there is.
	debug.SetGCPercent(firstCollection / (4 << 20) * 100)
	afterCollection(func() {
		collection.Store(collectsByUse)
		collectByUse()
	})
}

func collectionIsGiven() bool { return os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" }

// collectByUse lets the heap grow by what suits its size; it looks anew after each collection.
func collectByUse() {
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	debug.SetGCPercent(growthOf(live[0].Value.Uint64()))
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
