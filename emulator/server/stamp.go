package server

import "time"

// stamp writes a time as the service does, with seven digits.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.0000000Z") }
