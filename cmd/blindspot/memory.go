package main

import (
	"math"
	"os"
	"path"
	"runtime/debug"
	"strconv"
	"strings"
)

// limitMemory tells the Go runtime how much memory there is, unless GOMEMLIMIT has. Queries end with an error before it is used up.
func limitMemory() {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryRoof())
	}
}

// memoryRoof is five sixths of the memory of the machine, of the container or of what the process may have, whichever is least;
// math.MaxInt64 where the system says nothing of it.
func memoryRoof() int64 {
	roof := min(processLimit(), machineMemory(readSystem("/proc/meminfo")), groupLimit(readSystem("/proc/self/cgroup"), readSystem))
	if roof == math.MaxInt64 {
		return roof
	}
	return roof / 6 * 5
}

// readSystem reads a small file of the system; "" where there is none.
func readSystem(name string) string {
	b, err := os.ReadFile(name)
	if err != nil {
		return ""
	}
	return string(b)
}

// machineMemory reads MemTotal of /proc/meminfo.
func machineMemory(meminfo string) int64 {
	for line := range strings.SplitSeq(meminfo, "\n") {
		if rest, ok := strings.CutPrefix(line, "MemTotal:"); ok {
			if n, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 10, 64); err == nil && n > 0 && n < 1<<40 {
				return n << 10
			}
		}
	}
	return math.MaxInt64
}

// groupLimit is the least memory limit of the control group that /proc/self/cgroup names and of those above it, in both versions.
func groupLimit(groups string, read func(name string) string) int64 {
	least := int64(math.MaxInt64)
	for line := range strings.SplitSeq(strings.TrimSpace(groups), "\n") {
		parts := strings.SplitN(line, ":", 3)
		if len(parts) != 3 {
			continue
		}
		root, file := "/sys/fs/cgroup", "memory.max"
		if parts[1] != "" {
			if parts[1] != "memory" {
				continue
			}
			root, file = "/sys/fs/cgroup/memory", "memory.limit_in_bytes"
		}
		for at := path.Clean("/" + parts[2]); ; at = path.Dir(at) {
			if n, err := strconv.ParseInt(strings.TrimSpace(read(path.Join(root, at, file))), 10, 64); err == nil && n > 0 {
				least = min(least, n) // "max" is no number
			}
			if at == "/" {
				break
			}
		}
	}
	return least
}
