//go:build unix

package main

import (
	"math"
	"syscall"
)

// processLimit is three quarters of what ulimit -d and -v allow: they count what the runtime has given back too.
func processLimit() int64 {
	least := uint64(math.MaxInt64)
	for _, which := range []int{syscall.RLIMIT_DATA, syscall.RLIMIT_AS} {
		var l syscall.Rlimit
		if syscall.Getrlimit(which, &l) == nil {
			least = min(least, uint64(l.Cur))
		}
	}
	if least == math.MaxInt64 {
		return math.MaxInt64
	}
	return int64(least / 4 * 3)
}
