//go:build unix

package deploy

import (
	"errors"
	"os"
	"syscall"
)

// lockFile takes a lock that goes with the process; ErrLocked when another has it.
func lockFile(f *os.File) error {
	err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return ErrLocked
	}
	return err
}
