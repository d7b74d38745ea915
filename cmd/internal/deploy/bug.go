package deploy

import (
	"context"

	"golang.org/x/sync/errgroup"

	"github.com/seed-caab1ad3/blindspot/cmd/internal/azure"
)

// group is an errgroup whose functions may panic.
type group struct{ *errgroup.Group }

func newGroup(ctx context.Context, limit int) (group, context.Context) {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(limit)
	return group{g}, ctx
}

func (g group) Go(f func() error) { g.Group.Go(func() error { return azure.Caught(f) }) }
