// Command pack measures the shipped rules on generated data: how many alerts a day they raise on a benign month, and
// whether each attack that the generator lays is caught by its rule. Rules run on their own schedules in virtual time.
//
//	go run ./bench/pack month -users 500 -days 30
//	go run ./bench/pack attacks -seeds 3
//
// It exits with 1 when a bar is missed: more than three alerts a day, or an attack that its rule does not see.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"regexp"
	"runtime"
	"sort"
	"strings"
	"time"

	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/emulator/generate"
)

type settings struct {
	content string
	cfg     generate.Config
	seeds   int
	warm    int
	bar     float64
	jobs    int
	only    string
	every   time.Duration
	show    int
}

func main() {
	cfg := generate.DefaultConfig()
	cfg.Delay = "entra"
	s := settings{cfg: cfg}
	what := ""
	if len(os.Args) > 1 {
		what = os.Args[1]
	}
	f := flag.NewFlagSet("pack "+what, flag.ExitOnError)
	f.StringVar(&s.content, "content", "content", "the content folder")
	f.Uint64Var(&s.cfg.Seed, "seed", 1, "the first seed")
	f.IntVar(&s.cfg.Users, "users", map[string]int{"month": 500, "attacks": 112}[what], "people")
	f.IntVar(&s.cfg.Days, "days", map[string]int{"month": 30, "attacks": 16}[what], "days of data")
	f.Float64Var(&s.cfg.Ratio, "ratio", map[string]float64{"month": 20, "attacks": 3}[what], "non-interactive rows for each interactive one")
	f.StringVar(&s.cfg.Delay, "delay", cfg.Delay, "ingestion delay")
	f.IntVar(&s.seeds, "seeds", 3, "attacks: how many seeds")
	f.IntVar(&s.warm, "warm", 14, "month: days of history before the rules begin to run")
	f.Float64Var(&s.bar, "bar", 3, "month: alerts a day that are too many")
	f.IntVar(&s.jobs, "jobs", runtime.GOMAXPROCS(0), "rules at once")
	f.DurationVar(&s.every, "every", 0, "month: run rules with a long memory only this often, with as much new evidence a run; 0 keeps their schedules")
	f.StringVar(&s.only, "only", "", "only rules whose file, or attacks whose name, matches this expression")
	f.IntVar(&s.show, "show", 5, "alerts to show of each rule")
	var err error
	ok := false
	switch what {
	case "month":
		f.Parse(os.Args[2:])
		ok, err = month(context.Background(), os.Stdout, s)
	case "attacks":
		f.Parse(os.Args[2:])
		ok, err = attacks(context.Background(), os.Stdout, s)
	default:
		fmt.Fprintln(os.Stderr, "usage: pack month|attacks [flags]")
		os.Exit(2)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	if !ok {
		os.Exit(1)
	}
}

// month runs every rule over a benign span and reports the alerts a day; false when they are above the bar.
func month(ctx context.Context, out io.Writer, s settings) (bool, error) {
	b, rules, err := load(s.content, s.only)
	if err != nil {
		return false, err
	}
	for i, r := range rules {
		rules[i] = slower(r, s.every)
	}
	begin := time.Now()
	w, err := build(ctx, b, s.cfg)
	if err != nil {
		return false, err
	}
	fmt.Fprintf(out, "%d users, %d days, seed %d: %d rows in %s\n", s.cfg.Users, s.cfg.Days, s.cfg.Seed, w.rows, time.Since(begin).Round(time.Second))
	from := w.from.AddDate(0, 0, s.warm)
	days := w.to.Sub(from).Hours() / 24
	total, ok := 0, true
	list := run(ctx, w, rules, from, w.to, s.jobs, func(r *ruleRun) {
		if r.err != nil {
			fmt.Fprintf(out, "%-60s %v\n", r.rule.File(), r.err)
			ok = false
		}
		total += len(r.alerts)
		fmt.Fprintf(out, "%-60s %5d runs %4d alerts %6.2f a day  %s\n", r.rule.File(), r.runs, len(r.alerts), float64(len(r.alerts))/days, r.elapsed.Round(time.Millisecond))
	})
	for _, r := range list {
		for i, a := range r.alerts {
			if i == s.show {
				break
			}
			fmt.Fprintf(out, "  %s  %s  %s\n", a.Time.Format(time.RFC3339), a.Severity, a.Name)
		}
	}
	rate := float64(total) / days
	fmt.Fprintf(out, "%d alerts of %d rules in %.0f days: %.2f a day (bar %.1f), %s\n", total, len(rules), days, rate, s.bar, time.Since(begin).Round(time.Second))
	return ok && rate <= s.bar, nil
}

// attacks lays every attack in several seeds and reports which of them its rule caught; false when one was not.
func attacks(ctx context.Context, out io.Writer, s settings) (bool, error) {
	b, _, err := load(s.content, "")
	if err != nil {
		return false, err
	}
	only, err := regexp.Compile("^(" + s.only + ")$")
	if err != nil {
		return false, err
	}
	var names []string
	for _, a := range generate.Attacks() {
		if s.only == "" || only.MatchString(a.Name) {
			names = append(names, a.Name)
		}
	}
	all, caught := 0, 0
	for k := range s.seeds {
		cfg := s.cfg
		cfg.Seed += uint64(k)
		cfg.Attacks = names
		w, err := build(ctx, b, cfg)
		if err != nil {
			return false, err
		}
		fmt.Fprintf(out, "seed %d: %d rows\n", cfg.Seed, w.rows)
		found, err := hunt(ctx, b, w, s.jobs)
		if err != nil {
			return false, err
		}
		for _, c := range found {
			all++
			word := "NOT CAUGHT"
			if c.caught {
				caught++
				word = "caught"
			}
			fmt.Fprintf(out, "  %-4s %-52s %-10s %s\n", c.attack.Attack, c.attack.Rule, word, c.says)
		}
	}
	fmt.Fprintf(out, "%d of %d attacks caught by their rule\n", caught, all)
	return caught == all, nil
}

func load(folder, only string) (*content.Bundle, []*content.Rule, error) {
	b, problems := content.Load(os.DirFS(folder), content.Options{})
	for _, p := range problems {
		if p.Severity == content.Error {
			return nil, nil, p
		}
	}
	want, err := regexp.Compile(only)
	if err != nil {
		return nil, nil, err
	}
	var rules []*content.Rule
	for _, r := range b.Rules {
		if want.MatchString(r.File()) {
			rules = append(rules, r)
		}
	}
	sort.Slice(rules, func(i, j int) bool { return rules[i].File() < rules[j].File() })
	return b, rules, nil
}

// catch is what became of one attack.
type catch struct {
	attack generate.Attack
	caught bool
	says   string // the alert, or what there was instead
}

// hunt runs the rule of each attack over the day of the attacks and the hours after it.
func hunt(ctx context.Context, b *content.Bundle, w *world, jobs int) ([]catch, error) {
	var rules []*content.Rule
	for _, a := range w.attacks {
		for _, r := range b.Rules {
			if strings.HasSuffix(r.File(), catchers[a.Attack]+".yaml") {
				rules = append(rules, r)
			}
		}
	}
	if len(rules) != len(w.attacks) {
		return nil, fmt.Errorf("%d attacks, but %d rules for them", len(w.attacks), len(rules))
	}
	var out []catch
	for i, r := range run(ctx, w, rules, w.to.AddDate(0, 0, -1), w.to.Add(6*time.Hour), jobs, nil) {
		if r.err != nil {
			return nil, fmt.Errorf("%s: %w", r.rule.File(), r.err)
		}
		c := catch{attack: w.attacks[i], says: fmt.Sprintf("%d alerts, none about it", len(r.alerts))}
		for _, a := range r.alerts {
			if about(a, c.attack) {
				c.caught, c.says = true, a.Name
				break
			}
		}
		out = append(out, c)
	}
	return out, nil
}
