package server

import (
	"os"

	"golang.org/x/sys/windows"
)

// lockFile keeps a second process away from a folder while this one uses it; the system frees it however the process ends.
func lockFile(f *os.File) error {
	const whole = ^uint32(0)
	return windows.LockFileEx(windows.Handle(f.Fd()), windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, whole, whole, new(windows.Overlapped))
}
