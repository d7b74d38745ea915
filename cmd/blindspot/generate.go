package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/seed-caab1ad3/blindspot/emulator/generate"
)

func generateCommand() *cli.Command {
	d := generate.DefaultConfig()
	return &cli.Command{
		Name:      "generate",
		Usage:     "write sample sign-in data of the four streams and AuditLogs",
		ArgsUsage: " ",
		Description: `Users, apps, devices, networks, the hours of a day and the mix of result codes are those of a sample company; the same
seed gives the same bytes. Attacks are laid over the benign noise, with the truth in truth.json.

Examples:
   blindspot generate --days 1 --users 200 --out data
   blindspot generate --days 15 --attack a1 --out spray && blindspot query --data spray 'SigninLogs | count'
   blindspot generate --days 3 --fault emptied-columns=ConditionalAccessPolicies --format parquet --out stripped
   blindspot generate --days 2 --describe`,
		Flags: []cli.Flag{
			&cli.IntFlag{Name: "days", Value: d.Days, Usage: "whole days"},
			&cli.IntFlag{Name: "users", Value: d.Users, Usage: "people of the sample company"},
			&cli.Uint64Flag{Name: "seed", Value: d.Seed, Usage: "same seed, same bytes"},
			&cli.StringFlag{Name: "start", Value: d.Start.Format(time.DateOnly), Usage: "first day, UTC"},
			&cli.Float64Flag{Name: "ratio", Value: d.Ratio, Usage: "non-interactive sign-ins for each interactive one"},
			&cli.StringFlag{Name: "delay", Value: d.Delay, Usage: "ingestion delay: none, agent, resource, activity, entra, or STREAM=P50/P95,..."},
			&cli.StringSliceFlag{Name: "attack", Usage: "lay the attack of a rule (a1, b5, c2, ...) or all of them; may be repeated"},
			&cli.StringSliceFlag{Name: "fault", Usage: "late-rows, missing-table=NAME, emptied-columns=COL, duplicates; may be repeated"},
			&cli.StringSliceFlag{Name: "streams", Usage: "interactive, noninteractive, serviceprincipal, managedidentity, audit"},
			&cli.StringFlag{Name: "format", Value: "jsonl", Usage: "`FORMAT`: " + strings.Join(generate.Formats(), ", ")},
			&cli.StringFlag{Name: "out", Usage: "the folder to write to"},
			&cli.IntFlag{Name: "jobs", Usage: "goroutines; 0 means one a processor"},
			&cli.BoolFlag{Name: "describe", Usage: "print the distributions beside those of real tenants and write nothing"},
		},
		Action: func(c *cli.Context) error {
			if c.Args().Present() {
				return fail(exitUsage, "generate takes no argument %q; name the folder with --out", c.Args().First())
			}
			start, err := time.Parse(time.DateOnly, c.String("start"))
			if err != nil {
				return fail(exitUsage, "--start %q is no day; write it as 2026-01-05", c.String("start"))
			}
			cfg := generate.Config{
				Days: c.Int("days"), Users: c.Int("users"), Seed: c.Uint64("seed"), Start: start, Ratio: c.Float64("ratio"), Delay: c.String("delay"),
				Streams: c.StringSlice("streams"), Attacks: c.StringSlice("attack"), Faults: c.StringSlice("fault"), Workers: c.Int("jobs"),
			}
			if err := cfg.Validate(); err != nil {
				return fail(exitUsage, "%v", err)
			}
			if c.Bool("describe") {
				return generate.Describe(c.Context, cfg, c.App.Writer)
			}
			if c.String("out") == "" {
				return fail(exitUsage, "where to? name a folder with --out")
			}
			begin := time.Now()
			sum, err := generate.ToDir(c.Context, c.String("out"), c.String("format"), cfg)
			if err != nil {
				return fail(exitUsage, "%v", err)
			}
			took := time.Since(begin)
			w := remarks(c)
			for _, t := range sum.Tables {
				fmt.Fprintf(w, "%-34s %10d rows %8.1f MB  %s\n", t.Table, t.Rows, float64(t.Bytes)/1e6, t.File)
			}
			for _, a := range sum.Attacks {
				fmt.Fprintf(w, "attack %s: %s\n", a.Attack, a.Rule)
			}
			fmt.Fprintf(w, "%d rows, %.1f MB in %.2f s (%.0f MB/s)\n", sum.Rows(), float64(sum.Bytes())/1e6, took.Seconds(), float64(sum.Bytes())/1e6/took.Seconds())
			return nil
		},
	}
}
