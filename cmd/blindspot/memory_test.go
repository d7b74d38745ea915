package main

import (
	"math"
	"testing"
)

// What the system says of memory, in the forms in which it says it.
func TestMemoryLimits(t *testing.T) {
	const none = math.MaxInt64
	for text, want := range map[string]int64{
		"MemFree: 1 kB\nMemTotal:       16384 kB\n": 16 << 20, "MemTotal: x kB": none, "": none, "MemTotal: 0 kB": none, "MemTotal: 99999999999999999 kB": none,
	} {
		if got := machineMemory(text); got != want {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	}
	files := map[string]string{
		"/sys/fs/cgroup/memory.max": "max\n", "/sys/fs/cgroup/a/memory.max": "1048576\n", "/sys/fs/cgroup/a/b/memory.max": "4194304\n",
		"/sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n", "/sys/fs/cgroup/memory/x/memory.limit_in_bytes": "2097152",
	}
	for groups, want := range map[string]int64{
		"0::/a/b\n": 1 << 20, "0::/\n": none, "0::/other": none, "12:cpu,cpuacct:/x\n9:memory:/x/y\n": 2 << 20, "9:memory:/\n": 9223372036854771712, "": none, "nonsense": none,
	} {
		if got := groupLimit(groups, func(name string) string { return files[name] }); got != want {
			t.Errorf("%q: %d, want %d", groups, got, want)
		}
	}
}
