//go:build !unix && !windows

package deploy

import "os"

// lockFile does nothing here: etags alone keep two applies apart.
func lockFile(*os.File) error { return nil }
