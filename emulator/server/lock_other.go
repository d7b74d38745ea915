//go:build !unix && !windows

package server

import "os"

// lockFile does nothing: two processes over one folder are for the user to avoid here.
func lockFile(*os.File) error { return nil }
