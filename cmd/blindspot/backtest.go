package main

import (
	"fmt"
	"os"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/content/nearest"
	"github.com/seed-caab1ad3/blindspot/content/tables"
	"github.com/seed-caab1ad3/blindspot/emulator"
	"github.com/seed-caab1ad3/blindspot/emulator/backtest"
	"github.com/seed-caab1ad3/blindspot/emulator/catalog"
	"github.com/seed-caab1ad3/blindspot/emulator/generate"
	"github.com/seed-caab1ad3/blindspot/emulator/kql"
	"github.com/seed-caab1ad3/blindspot/emulator/sentinel"
)

func backtestCommand() *cli.Command {
	return &cli.Command{
		Name:      "backtest",
		Usage:     "run rules over past or generated events and see what they would have raised",
		ArgsUsage: "RULE...",
		Description: `Each rule runs on its schedule over the span, in virtual time: alerts a day, whom they are about, events that no run saw
and alerts told twice. A rule is a file, a folder, or a shipped rule's name or id; none means all of ./content.

Examples:
   blindspot backtest content/rules/cross-stream --data data --from 2026-01-12 --to 2026-01-19
   blindspot backtest spray-across-streams.yaml --generate days=8,users=500,seed=1,attack=a1
   blindspot backtest spray-across-streams.yaml --generate days=8,attack=a1 --sweep minUsers=4..12
   blindspot backtest content/rules --data benign --delay entra --expect quiet.yaml
   blindspot backtest content/rules --data data --format html > backtest.html
   blindspot backtest content/rules --workspace prod --from 2026-01-12 --to 2026-01-13

The expectations file:
   unexpected: fail            # rules that are not named must raise nothing
   rules:
     - rule: spray-across-streams.yaml
       at_least: 1             # at_most, exactly
       alerts:                 # each must be raised
         - { name: the spray, from: 2026-01-12, to: 2026-01-13, entities: { IP: [203.0.113.9] } }`,
		Flags: []cli.Flag{
			&cli.StringSliceFlag{Name: "data", Usage: "a file or folder of events; may be repeated"},
			&cli.StringFlag{Name: "generate", Usage: "sample events in memory: `days=15,users=500,seed=1,start=2026-01-05,attack=a1`"},
			&cli.StringFlag{Name: "from", Usage: "the first run is due then (UTC); the events' first day unless given"},
			&cli.StringFlag{Name: "to", Usage: "the last run is due by then; the last event unless given"},
			&cli.StringFlag{Name: "delay", Usage: "ingestion delay of rows that have none: " + strings.Join(sentinel.LatencyPresets(), ", ") + ", or TABLE=P50/P95,..."},
			&cli.StringFlag{Name: "expect", Usage: "a `FILE` of expectations; what is not met fails"},
			&cli.StringFlag{Name: "sweep", Usage: "try other numbers: `FIELD=a..b`, a let constant or triggerThreshold"},
			&cli.BoolFlag{Name: "defender", Usage: "the workspace is in the Defender portal"},
			&cli.StringFlag{Name: "format", Value: "text", Usage: "`FORMAT`: text, json, jsonl (an event a line, while it runs), html"},
			&cli.IntFlag{Name: "jobs", Usage: "rules run at once; 0 means one a processor"},
			&cli.StringFlag{Name: "workspace", Aliases: []string{"w"}, Usage: "run the same windows in this workspace instead: `NAME` in blindspot.yaml, or the URL of a blindspot serve; wants --from and --to"},
		},
		Action: runBacktest,
	}
}

func runBacktest(c *cli.Context) error {
	write, err := backtestWriter(c.String("format"))
	if err != nil {
		return err
	}
	l, rules, err := rulesOf(c)
	if err != nil {
		return err
	}
	cfg := backtest.Config{Rules: rules, Options: sentinel.DefaultOptions(), Workers: workers(c.Int("jobs"))}
	cfg.Options.Defender = c.Bool("defender")
	if f := c.String("expect"); f != "" {
		data, err := os.ReadFile(f)
		if err != nil {
			return fail(exitUsage, "%s: %s", f, plainCause(err))
		}
		if cfg.Expect, err = backtest.ReadExpectations(f, data); err != nil {
			return fail(exitUsage, "%v", err)
		}
		for _, name := range cfg.Expect.Unknown(append(rules[:len(rules):len(rules)], l.Bundle.Rules...)) {
			fmt.Fprintf(remarks(c), "warning: %s expects something of %q, and no rule is called so\n", f, name)
		}
	}
	if s := c.String("sweep"); s != "" {
		if cfg.Sweep, err = backtest.ParseSweep(s); err != nil {
			return fail(exitUsage, "%v", err)
		}
	}
	var load *backtest.Loader
	var attacks []generate.Attack
	if c.String("workspace") != "" {
		if load, cfg.Engine, err = remoteEngine(c, l); err != nil {
			return err
		}
	} else if load, attacks, err = loadEvents(c, l, rules, cfg.Options); err != nil {
		return err
	}
	cfg.Workspace = load.Workspace
	cfg.From, cfg.To = load.First.UTC().Truncate(24*time.Hour), load.Last.UTC().Truncate(time.Minute)
	for _, b := range []struct {
		flag string
		to   *time.Time
	}{{"from", &cfg.From}, {"to", &cfg.To}} {
		if v := c.String(b.flag); v != "" {
			m, err := content.ParseMoment(v)
			if err != nil || m.Relative {
				return fail(exitUsage, "--%s %q is no time; write 2026-01-12 or 2026-01-12T08:00:00Z", b.flag, v)
			}
			*b.to = m.At(time.Time{})
		}
	}
	if load.First.IsZero() && cfg.Engine == nil {
		return fail(exitUsage, "no events of the tables that the rules read")
	}
	bar := newBar(remarks(c), "rules", len(rules))
	cfg.Progress = func(done, _ int) { bar.set(done) }
	if c.String("format") == "jsonl" {
		e := events(c)
		_ = e.write(backtestEventJSON{Event: "begin", From: &cfg.From, To: &cfg.To, Total: len(rules)})
		cfg.Progress = func(done, total int) {
			_ = e.write(backtestEventJSON{Event: "progress", Done: done, Total: total})
		}
	}
	rep, err := backtest.Run(c.Context, cfg)
	bar.finish()
	if err != nil {
		return fail(exitUsage, "%v", err)
	}
	if err := write(backtestReport{rep, attacks}, out(c)); err != nil {
		return err
	}
	for _, r := range rep.Rules {
		if r.Err != nil {
			return quiet(exitFindings)
		}
		for _, v := range r.Verdicts {
			if !v.Passed {
				return quiet(exitFindings)
			}
		}
	}
	return nil
}

// rulesOf finds the rules that the arguments name: files and folders, or names, ids and file names of rules at hand.
func rulesOf(c *cli.Context) (*loaded, []*content.Rule, error) {
	l, named, err := contentNamed(c.Args().Slice(), nil)
	if err != nil {
		return nil, nil, err
	}
	var rules []*content.Rule
	for _, r := range l.Rules {
		if (r.Kind == content.Scheduled || r.Kind == content.NRT) && l.wanted(r.File()) && (named == nil || named[r]) {
			rules = append(rules, r)
		}
	}
	if len(rules) == 0 && named == nil {
		// A hunting query that has tests is run as the rule that they test.
		for _, h := range l.Hunting {
			if h.Test != nil && l.wanted(h.File()) {
				rules = append(rules, h.Test.Rule)
			}
		}
	}
	if len(rules) == 0 {
		return nil, nil, fail(exitUsage, "no rules; name a file, a folder or a rule")
	}
	return l, rules, nil
}

// contentNamed loads what the arguments name: files and folders, or else rules by name, id or file name of ./content or of
// the pack inside the binary. named are those rules; it is nil when there are only files and folders.
func contentNamed(args []string, cache *content.Cache) (*loaded, map[*content.Rule]bool, error) {
	var paths, names []string
	for _, a := range args {
		if _, err := os.Stat(a); err == nil {
			paths = append(paths, a)
		} else {
			names = append(names, a)
		}
	}
	l, err := loadContentFrom(paths, cache)
	if err != nil || len(names) == 0 {
		return l, nil, err
	}
	named := map[*content.Rule]bool{}
	for _, n := range names {
		r := ruleNamed(l.Rules, n)
		if r == nil {
			return nil, nil, noRule(l.Rules, n)
		}
		named[r] = true
	}
	for _, r := range l.Rules {
		if len(paths) > 0 && l.wanted(r.File()) {
			named[r] = true
		}
	}
	return l, named, nil
}

// noRule says that an argument is nothing, with the nearest rule.
func noRule(rules []*content.Rule, word string) error {
	var all []string
	for _, r := range rules {
		all = append(all, strings.TrimSuffix(path.Base(r.File()), ".yaml"), r.Name)
	}
	if n := nearest.Of(strings.TrimSuffix(path.Base(word), ".yaml"), all); n != "" {
		return fail(exitUsage, "%s: no such file or folder, and no rule of that name; the nearest is %q", word, n)
	}
	return fail(exitUsage, "%s: no such file or folder, and no rule of that name", word)
}

// ruleNamed finds a rule by name, id, file, or the file's base name with or without its ending.
func ruleNamed(rules []*content.Rule, name string) *content.Rule {
	for _, r := range rules {
		base := r.File()[strings.LastIndexByte(r.File(), '/')+1:]
		switch {
		case strings.EqualFold(r.Name, name), r.ID == name, r.File() == name, base == name, strings.TrimSuffix(base, ".yaml") == name:
			return r
		}
	}
	return nil
}

// loadEvents fills a workspace with what --data or --generate names.
func loadEvents(c *cli.Context, l *loaded, rules []*content.Rule, o sentinel.Options) (*backtest.Loader, []generate.Attack, error) {
	cat := catalog.New(tables.Sentinel)
	cat.AddBundle(l.Bundle)
	ws := emulator.New(emulator.Options{Catalog: cat})
	if err := ws.AddWatchlists(l.Bundle); err != nil {
		return nil, nil, err
	}
	data, gen := c.StringSlice("data"), c.String("generate")
	if _, err := ws.DataFiles(data); err != nil { // the other workspaces that queries may name
		return nil, nil, fail(exitUsage, "%v", err)
	}
	load := &backtest.Loader{Workspace: ws, Options: o, Columns: backtest.ColumnsOf(ws, rules), Tables: map[string]bool{}}
	for _, r := range rules {
		q := ws.Compile(r.Query.String(), kql.Sentinel)
		if !q.OK() { // its tables may be known by their rows
			load.Tables = nil
			break
		}
		for _, t := range q.Query.Tables {
			load.Tables[t] = true
		}
	}
	if len(data) == 0 && gen == "" {
		return nil, nil, fail(exitUsage, "no events: name files with --data, or make some with --generate days=15")
	}
	if d := c.String("delay"); d != "" {
		late, err := sentinel.ParseLatency(d)
		if err != nil {
			return nil, nil, fail(exitUsage, "--%v", err)
		}
		load.Delay = &late
	}
	var attacks []generate.Attack
	if gen != "" {
		cfg, err := generatorOf(gen)
		if err != nil {
			return nil, nil, fail(exitUsage, "--generate: %v", err)
		}
		if attacks, err = load.Generate(c.Context, cfg); err != nil {
			return nil, nil, fail(exitUsage, "--generate: %v", err)
		}
	}
	if len(data) > 0 {
		if err := load.Files(data, workers(c.Int("jobs"))); err != nil {
			return nil, nil, fail(exitUsage, "%v", err)
		}
	}
	return load, attacks, nil
}

// generatorOf reads days=15,users=500,seed=1,start=2026-01-05,ratio=20,attack=a1,attack=b5,fault=late-rows.
func generatorOf(text string) (generate.Config, error) {
	cfg := generate.DefaultConfig()
	for _, part := range strings.Split(text, ",") {
		key, v, ok := strings.Cut(strings.TrimSpace(part), "=")
		if !ok {
			return cfg, fmt.Errorf("%q is no setting; write days=15,users=500,seed=1,attack=a1", part)
		}
		var err error
		switch key {
		case "days":
			cfg.Days, err = strconv.Atoi(v)
		case "users":
			cfg.Users, err = strconv.Atoi(v)
		case "seed":
			cfg.Seed, err = strconv.ParseUint(v, 10, 64)
		case "start":
			cfg.Start, err = time.Parse(time.DateOnly, v)
		case "ratio":
			cfg.Ratio, err = strconv.ParseFloat(v, 64)
		case "attack":
			cfg.Attacks = append(cfg.Attacks, v)
		case "fault":
			cfg.Faults = append(cfg.Faults, v)
		default:
			return cfg, fmt.Errorf("%q is no setting; it is days, users, seed, start, ratio, attack or fault", key)
		}
		if err != nil {
			return cfg, fmt.Errorf("%s=%s: %v", key, v, err)
		}
	}
	return cfg, cfg.Validate()
}

// marked are the attacks whose entities an alert names within a day of them.
func marked(a sentinel.Alert, attacks []generate.Attack) string {
	for _, x := range attacks {
		from, err1 := time.Parse(time.RFC3339Nano, x.From)
		to, err2 := time.Parse(time.RFC3339Nano, x.To)
		if err1 != nil || err2 != nil || a.EndTime.Before(from) || a.StartTime.After(to) {
			continue
		}
		for _, e := range a.Entities {
			for _, v := range x.Entities[e.Type] {
				if strings.EqualFold(v, e.Label()) {
					return x.Attack
				}
			}
		}
	}
	return ""
}
