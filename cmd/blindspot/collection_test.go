package main

import (
	"runtime"
	"runtime/debug"
	"testing"
	"time"
)

func TestGrowthOf(t *testing.T) {
	for live, want := range map[uint64]int{0: seldom, 1 << 20: seldom, 256 << 20: 400, 512 << 20: 200, 1 << 30: 100, 8 << 30: often} {
		if got := growthOf(live); got != want {
			t.Errorf("%d bytes alive: %d percent; want %d", live, got, want)
		}
	}
}

// A heap that is large is collected more often than a small one, though the command began with a small one.
func TestCollectionFollowsTheHeap(t *testing.T) {
	percent, limit := debug.SetGCPercent(100), debug.SetMemoryLimit(-1)
	defer func() {
		collection.Store(collectsByUse)
		debug.SetGCPercent(percent)
		debug.SetMemoryLimit(limit)
	}()
	collection.Store(collectsAsGiven)
	t.Setenv("GOGC", "")
	t.Setenv("GOMEMLIMIT", "")
	collectSeldom()
	if got := debug.SetGCPercent(100); got != seldom {
		t.Fatalf("%d percent with little alive; want %d", got, seldom)
	}
	held := make([]byte, 512<<20)
	for wait := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		runtime.GC()
		got := debug.SetGCPercent(100)
		if got > often && got < seldom {
			break
		}
		if time.Now().After(wait) {
			t.Fatalf("%d percent with half a GiB alive; want between %d and %d", got, often, seldom)
		}
	}
	runtime.KeepAlive(held)
}

// A command that ends collects late, and what it sets for that is no limit that a query could meet.
func TestLateCollectionLimitsNoQuery(t *testing.T) {
	percent, limit := debug.SetGCPercent(100), debug.SetMemoryLimit(-1)
	defer func() {
		collection.Store(collectsByUse)
		debug.SetGCPercent(percent)
	}()
	collection.Store(collectsAsGiven)
	t.Setenv("GOGC", "")
	t.Setenv("GOMEMLIMIT", "")
	collectLate()
	if got := debug.SetMemoryLimit(-1); got != limit {
		t.Errorf("the limit on memory is %d; want %d as before", got, limit)
	}
	if got := debug.SetGCPercent(100); got != firstCollection/(4<<20)*100 {
		t.Errorf("%d percent; want the first collection at %d bytes", got, firstCollection)
	}
}
