package main

import (
	"context"
	"time"

	"github.com/seed-caab1ad3/blindspot/emulator/server"
)

// serveEngine makes the engine that answers queries, with the events that were named.
func serveEngine(_ context.Context, paths []string, _ func() time.Time) (server.Engine, error) {
	if len(paths) > 0 {
		return nil, fail(exitUsage, "--seed-data is not supported yet")
	}
	return nil, nil
}
