package deploy

import "flag"

// The generated cases are the same in every run, so that a run never fails for a case that no other has seen; give
// -rapid.seed to look for new ones.
func init() {
	if f := flag.Lookup("rapid.seed"); f != nil {
		_ = f.Value.Set("20260105")
	}
}
