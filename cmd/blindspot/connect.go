package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/urfave/cli/v2"
	"golang.org/x/term"

	"bufio"

	"github.com/seed-caab1ad3/blindspot/cmd/internal/azure"
	"github.com/seed-caab1ad3/blindspot/cmd/internal/deploy"
	"github.com/seed-caab1ad3/blindspot/content"
)

func connectCommand() *cli.Command {
	change := func() []cli.Flag {
		return workspaceFlags(
			&cli.StringFlag{Name: "setting", Usage: "`NAME` of the diagnostic setting (default: the one that sends to the workspace)"},
			&cli.Float64Flag{Name: "price", Usage: "what a GB costs, for the estimate"},
			&cli.StringSliceFlag{Name: "volume", Usage: "`CATEGORY=GB` a day that you expect; may be repeated"},
			&cli.BoolFlag{Name: "yes", Usage: "do not ask"},
			&cli.StringFlag{Name: "format", Value: "text", Usage: "`FORMAT`: text, json"},
		)
	}
	return &cli.Command{
		Name:  "connect",
		Usage: "see and turn on the streams that Entra ID sends",
		Subcommands: []*cli.Command{
			{
				Name:      "status",
				Usage:     "for each stream: on or off, rows, delay, volume, who needs it, who is blind without it",
				ArgsUsage: "[PATH...]",
				Description: `Examples:
   blindspot connect status --workspace prod
   blindspot connect status --workspace prod --days 30 --format json`,
				Flags: workspaceFlags(
					&cli.IntFlag{Name: "days", Value: 7, Usage: "how many days are looked at"},
					&cli.StringFlag{Name: "format", Value: "text", Usage: "`FORMAT`: text, json"},
				),
				Action: runConnectStatus,
			},
			{
				Name:      "enable",
				Usage:     "turn streams on in the tenant's diagnostic setting, keeping what is there",
				ArgsUsage: "CATEGORY...",
				Description: `Shows the plan and what it will cost, and asks. ` + deploy.EntraRole + `.

Examples:
   blindspot connect enable --workspace prod NonInteractiveUserSignInLogs --price 4.30 --volume NonInteractiveUserSignInLogs=12
   blindspot connect enable --workspace prod --yes ServicePrincipalSignInLogs ManagedIdentitySignInLogs`,
				Flags:  change(),
				Action: func(c *cli.Context) error { return runConnect(c, true) },
			},
			{
				Name:      "disable",
				Usage:     "turn streams off in the tenant's diagnostic setting",
				ArgsUsage: "CATEGORY...",
				Description: `Examples:
   blindspot connect disable --workspace prod MicrosoftGraphActivityLogs
   blindspot connect disable --workspace prod --yes --format json MicrosoftGraphActivityLogs`,
				Flags:  change(),
				Action: func(c *cli.Context) error { return runConnect(c, false) },
			},
		},
	}
}

// streamsOf are the streams of the content, or those of the pack.
func streamsOf(l *loaded) []*content.Stream {
	if len(l.Streams) > 0 {
		return l.Streams
	}
	pack, _ := content.Load(content.Embedded(), content.Options{Paths: []string{"streams"}})
	return pack.Streams
}

func runConnectStatus(c *cli.Context) error {
	p, w, err := placeOf(c, c.Args().Slice())
	if err != nil {
		return failJSON(c, err)
	}
	d, err := p.wanted()
	if err != nil {
		return failJSON(c, err)
	}
	days := c.Int("days")
	if days < 1 || days > 90 {
		return fail(exitUsage, "--days %d is out of 1 to 90", days)
	}
	s, err := deploy.ReadStatus(c.Context, w, streamsOf(p.content), d.Resources, days, ask(w))
	if err != nil {
		return failJSON(c, remoteError(err))
	}
	if c.String("format") == "json" {
		return writeIndented(c, s)
	}
	t := table.NewWriter()
	t.SetStyle(table.StyleLight)
	t.AppendHeader(table.Row{"category", "on", "rows a day", "MB a day", "last row", "delay p50", "p95", "used by", "blind"})
	for _, x := range s.Streams {
		on := "?"
		if x.Enabled != nil {
			on = map[bool]string{true: "yes", false: "no"}[*x.Enabled]
		}
		last := strings.TrimSuffix(strings.Replace(x.LastReceived, "T", " ", 1), "Z")
		if i := strings.IndexByte(last, '.'); i > 0 {
			last = last[:i]
		}
		t.AppendRow(table.Row{x.Category, on, fmt.Sprintf("%.0f", x.RowsPerDay), fmt.Sprintf("%.1f", x.BytesPerDay/1e6), last, delayText(x.DelayP50Seconds), delayText(x.DelayP95Seconds), len(x.UsedBy), len(x.Blind)})
	}
	fmt.Fprintln(c.App.Writer, t.Render())
	for _, x := range s.Streams {
		if len(x.Blind) > 0 {
			fmt.Fprintf(c.App.Writer, "\nWithout %s these see nothing of it:\n", x.Category)
			for _, n := range x.Blind {
				fmt.Fprintf(c.App.Writer, "  %s\n", n)
			}
		}
		if x.Note != "" {
			s.Notes = append(s.Notes, x.Category+" was "+x.Note)
		}
	}
	for _, n := range s.Notes {
		fmt.Fprintf(remarks(c), "Note: %s.\n", azure.Redact(n))
	}
	return nil
}

func delayText(v *float64) string {
	switch {
	case v == nil:
		return ""
	case *v < 120:
		return fmt.Sprintf("%.0fs", *v)
	}
	return fmt.Sprintf("%.0fm", *v/60)
}

func writeIndented(c *cli.Context, v any) error {
	e := json.NewEncoder(c.App.Writer)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

func runConnect(c *cli.Context, on bool) error {
	if !c.Args().Present() {
		return fail(exitUsage, "name the categories, for instance NonInteractiveUserSignInLogs; connect status lists them")
	}
	volume := map[string]float64{}
	for _, v := range c.StringSlice("volume") {
		name, text, ok := strings.Cut(v, "=")
		gb, err := strconv.ParseFloat(text, 64)
		if !ok || err != nil || gb < 0 {
			return fail(exitUsage, "--volume %q: write CATEGORY=GB, for instance SignInLogs=3.5", v)
		}
		volume[strings.ToLower(name)] = gb
	}
	if c.Float64("price") < 0 {
		return fail(exitUsage, "--price cannot be below 0")
	}
	t, _, err := targetOf(c, nil)
	if err != nil {
		return err
	}
	w, err := openWorkspace(c, t)
	if err != nil {
		return err
	}
	streams := streamsOf(&loaded{Bundle: &content.Bundle{}})
	var measured *deploy.Status
	if on && c.Float64("price") > 0 {
		if measured, err = deploy.ReadStatus(c.Context, w, streams, nil, 7, ask(w)); err != nil {
			return remoteError(err)
		}
	}
	x, err := deploy.PlanConnection(c.Context, w, c.Args().Slice(), on, c.String("setting"), streams, volume, measured, c.Float64("price"))
	if err != nil {
		return remoteError(err)
	}
	if c.String("format") == "json" {
		if err := writeIndented(c, x); err != nil {
			return err
		}
	} else {
		showConnection(c, x)
	}
	if !x.Changes() {
		return nil
	}
	if !c.Bool("yes") {
		in, ok := c.App.Reader.(*os.File)
		if !ok || !term.IsTerminal(int(in.Fd())) {
			return fail(exitUsage, "nobody is there to ask; give --yes to go on without a question")
		}
		fmt.Fprint(c.App.ErrWriter, "Go on? [y/N] ")
		line, _ := bufio.NewReader(in).ReadString('\n')
		if a := strings.ToLower(strings.TrimSpace(line)); a != "y" && a != "yes" {
			return fail(exitFindings, "nothing was changed")
		}
	}
	if err := deploy.Connect(c.Context, w, x); err != nil {
		return remoteError(err)
	}
	fmt.Fprintln(remarks(c), "Done. The first rows take up to 15 minutes; some streams take three days to begin.")
	return nil
}

func showConnection(c *cli.Context, x *deploy.Connection) {
	o := c.App.Writer
	what := "the diagnostic setting " + x.Setting
	if x.New {
		what = "a new diagnostic setting " + x.Setting
	}
	fmt.Fprintf(o, "In %s, for workspace %s:\n", what, x.Workspace)
	for _, l := range []struct {
		sign string
		list []string
		what string
	}{{"+", x.On, "on"}, {"-", x.Off, "off"}, {"=", x.Already, "is so already"}, {" ", x.Kept, "stays on"}} {
		for _, n := range l.list {
			fmt.Fprintf(o, "  %s %s: %s\n", l.sign, n, l.what)
		}
	}
	for _, k := range x.Cost {
		switch {
		case k.PerDay != nil:
			fmt.Fprintf(o, "Cost of %s: about %.2f a day (%.2f GB %s, %.2f a GB)\n", k.Category, *k.PerDay, *k.GB, k.From, x.Price)
		case k.GB != nil:
			fmt.Fprintf(o, "Volume of %s: %.2f GB a day, %s; give --price for what it costs\n", k.Category, *k.GB, k.From)
		default:
			fmt.Fprintf(o, "Cost of %s: not known; give --price and --volume %s=GB, or turn it on for a day and see connect status\n", k.Category, k.Category)
		}
	}
	if x.Total != nil {
		fmt.Fprintf(o, "Together about %.2f a day, %.2f a month of 30 days.\n", *x.Total, *x.Total*30)
	}
	for _, n := range x.Notes {
		fmt.Fprintf(remarks(c), "Note: %s.\n", n)
	}
}
