package main

import (
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/seed-caab1ad3/blindspot/cmd/internal/deploy"
)

func rollbackCommand() *cli.Command {
	return &cli.Command{
		Name:      "rollback",
		Usage:     "undo an apply from its snapshot",
		ArgsUsage: "[SNAPSHOT]",
		Description: `Puts back what an apply changed, as it was before; without SNAPSHOT the newest apply is undone. What was not ours
before loses our mark again. Shown and asked for like any apply, and itself kept for another rollback.

Examples:
   blindspot rollback --workspace prod --list
   blindspot rollback --workspace prod --list --format json
   blindspot rollback --workspace prod
   blindspot rollback --workspace prod --yes 20260105T110000.000Z-1f0c9a3b`,
		Flags: workspaceFlags(append(applyFlags(), stateFlag(),
			&cli.BoolFlag{Name: "list", Usage: "list the snapshots, the newest first"},
		)...),
		Action: runRollback,
	}
}

type snapshotsJSON struct {
	SchemaVersion int            `json:"schemaVersion"`
	Snapshots     []snapshotJSON `json:"snapshots"` // the newest first
}

type snapshotJSON struct {
	Name    string `json:"name"`
	Changed int    `json:"changed"`
}

func runRollback(c *cli.Context) error {
	if err := applyFormat(c); err != nil {
		return err
	}
	t, home, err := targetOf(c, nil)
	if err != nil {
		return err
	}
	w, err := openWorkspace(c, t)
	if err != nil {
		return err
	}
	store := storeOf(c, home, &w.Target)
	list, err := store.Snapshots()
	if err != nil {
		return fail(exitUsage, "%v", err)
	}
	if c.Bool("list") {
		v := snapshotsJSON{SchemaVersion: 1, Snapshots: []snapshotJSON{}}
		for _, n := range list {
			s, err := store.Snapshot(n)
			if err != nil {
				return fail(exitUsage, "%v", err)
			}
			if c.String("format") != "text" {
				v.Snapshots = append(v.Snapshots, snapshotJSON{n, len(s.Entries)})
				continue
			}
			fmt.Fprintf(c.App.Writer, "%s  %d changed\n", n, len(s.Entries))
		}
		if c.String("format") != "text" {
			return writeIndented(c, v)
		}
		return nil
	}
	name := c.Args().First()
	if name == "" {
		if len(list) == 0 {
			return fail(exitUsage, "there is no snapshot of this workspace; apply makes one")
		}
		name = list[0]
	}
	snap, err := store.Snapshot(name)
	if err != nil {
		return fail(exitUsage, "%v", err)
	}
	s, err := deploy.Read(c.Context, w, deploy.ReadAll(snap))
	if err != nil {
		return remoteError(err)
	}
	plan, err := deploy.BuildRollback(snap, s)
	if err != nil {
		return fail(exitUsage, "%v", err)
	}
	return carryOut(c, w, plan, store, "", name)
}
