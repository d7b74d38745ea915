package main

import (
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/seed-caab1ad3/blindspot/cmd/internal/azure"
	"github.com/seed-caab1ad3/blindspot/cmd/internal/deploy"
	"github.com/seed-caab1ad3/blindspot/content/tables"
)

func recordCommand() *cli.Command {
	return &cli.Command{
		Name:      "record",
		Usage:     "take real events as fixtures in which nobody can be found",
		ArgsUsage: "TABLE|KQL",
		Description: `Users, addresses, ids, names, tenants and hosts are replaced: the same value by the same replacement, different ones by
different ones, in the same form. The key is random and thrown away. Columns that are not known to be harmless are
replaced too. Read the file before you share it all the same.

Examples:
   blindspot record --workspace prod SigninLogs --take 200 --out signins.jsonl
   blindspot record --workspace prod 'SigninLogs | where ResultType == "50126" | take 50' --timespan P1D`,
		Flags: workspaceFlags(
			&cli.IntFlag{Name: "take", Value: 100, Usage: "how many rows of a table"},
			&cli.StringFlag{Name: "timespan", Value: "P1D", Usage: "over which time, ISO 8601"},
			&cli.StringSliceFlag{Name: "keep", Usage: "a `VALUE` that stays as it is, for instance the id of a published application; may be repeated"},
			&cli.StringFlag{Name: "out", Usage: "`FILE` to write to (default: stdout)"},
		),
		Action: func(c *cli.Context) error {
			if c.Int("take") < 1 {
				return fail(exitUsage, "--take is %d; give 1 or more", c.Int("take"))
			}
			kql := strings.Join(c.Args().Slice(), " ")
			if strings.TrimSpace(kql) == "" {
				return fail(exitUsage, "name a table or write a query")
			}
			if _, ok := tables.Lookup(tables.Sentinel, kql); ok {
				kql = fmt.Sprintf("%s | take %d", kql, c.Int("take"))
			}
			t, _, err := targetOf(c, nil)
			if err != nil {
				return err
			}
			w, err := openWorkspace(c, t)
			if err != nil {
				return err
			}
			r, err := w.Query(c.Context, kql, azure.QueryOptions{Timespan: c.String("timespan"), Partial: func(m string) { fmt.Fprintf(c.App.ErrWriter, "Note: only a part was answered: %s\n", m) }})
			if err != nil {
				return remoteError(err)
			}
			a, err := deploy.NewAnonymiser(c.StringSlice("keep"))
			if err != nil {
				return err
			}
			b, err := a.Record(r.Primary())
			if err != nil {
				return fail(exitRefused, "%v", err)
			}
			if name := c.String("out"); name != "" {
				if err := writePrivate(name, b); err != nil {
					return fail(exitUsage, "%v", err)
				}
				fmt.Fprintf(remarks(c), "%d events written to %s\n", r.Primary().Rows, name)
				return nil
			}
			_, err = c.App.Writer.Write(b)
			return err
		},
	}
}
