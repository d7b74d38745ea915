package main

import (
	"context"
	"time"

	"github.com/seed-caab1ad3/blindspot/content/tables"
	"github.com/seed-caab1ad3/blindspot/emulator"
	"github.com/seed-caab1ad3/blindspot/emulator/catalog"
	"github.com/seed-caab1ad3/blindspot/emulator/server"
)

// serveEngine makes the engine that answers queries, with the events that were named.
func serveEngine(_ context.Context, paths []string, clock func() time.Time) (server.Engine, error) {
	return server.AdaptMade(func() (*emulator.Workspace, error) {
		w := emulator.New(emulator.Options{Catalog: catalog.New(tables.Sentinel), Clock: clock, TenantID: server.DefaultWorkspaceID})
		if len(paths) > 0 {
			if _, err := w.LoadPaths(paths, emulator.LoadOptions{Workers: 2}); err != nil {
				return nil, fail(exitUsage, "--seed-data: %v", err)
			}
		}
		return w, nil
	})
}
