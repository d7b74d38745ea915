package deploy

import (
	"os"
	"path/filepath"
)

// Lock keeps a second apply from the same folder away while one runs. The system frees it when the process ends, however
// it ends.
func (s *Store) Lock() (release func(), err error) {
	if err := s.make(); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(filepath.Join(s.dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, notWritten(filepath.Join(s.dir, "lock"), err)
	}
	if err := lockFile(f); err != nil {
		f.Close()
		return nil, err
	}
	return func() { f.Close() }, nil
}
