package main

import (
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"sync/atomic"
)

// Commands over content end soon: memory is cheaper than collecting it. Who sets GOGC or GOMEMLIMIT decides instead.

// seldom is how much the memory in use grows before it is collected, in percent.
const seldom = 400

// firstCollection is the memory in use at which a command that ends collects for the first time, in bytes. Below it most
// commands are done.
const firstCollection = 768 << 20

var late atomic.Bool // the first collection has not been yet

// collectSeldom is for every command over content.
func collectSeldom() {
	if os.Getenv("GOGC") == "" && !late.Load() {
		debug.SetGCPercent(seldom)
	}
}

// collectLate is for commands that end when their content is looked at.
func collectLate() {
	if os.Getenv("GOGC") != "" || debug.SetMemoryLimit(-1) != math.MaxInt64 || !late.CompareAndSwap(false, true) {
		return
	}
	debug.SetGCPercent(-1)
	debug.SetMemoryLimit(firstCollection)
	// The runtime tells of a collection by finding this without an owner; from then on memory is collected as it grows.
	runtime.AddCleanup(new([64]byte), func(struct{}) {
		debug.SetGCPercent(seldom)
		debug.SetMemoryLimit(math.MaxInt64)
		late.Store(false)
	}, struct{}{})
}
