package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"

	"github.com/urfave/cli/v2"
	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
	"golang.org/x/term"

	"github.com/seed-caab1ad3/blindspot/cmd/internal/azure"
	"github.com/seed-caab1ad3/blindspot/cmd/internal/deploy"
)

func applyFlags() []cli.Flag {
	return []cli.Flag{
		&cli.BoolFlag{Name: "yes", Usage: "do not ask"},
		&cli.IntFlag{Name: "jobs", Value: 4, Usage: "requests at once"},
		&cli.StringFlag{Name: "format", Value: "text", Usage: "`FORMAT`: text, json, jsonl (an event a line, while it runs)"},
	}
}

func applyCommand() *cli.Command {
	return &cli.Command{
		Name:      "apply",
		Usage:     "make a workspace equal to the content",
		ArgsUsage: "[PATH...]",
		Description: `Shows the plan, asks, and carries it out: what others need first, every write guarded by the etag that was read, every
request in a journal before it is sent. A broken apply is taken up by the next one. A snapshot is kept for rollback.
Ctrl-C ends after the requests under way and says what is done; a second one ends at once.

Examples:
   blindspot apply --workspace prod
   blindspot apply --workspace prod --yes --prune
   blindspot apply --workspace prod --plan today.plan --yes
   blindspot apply --workspace prod --yes --format jsonl
   blindspot apply --workspace test --disabled --only 'rule/*'`,
		Flags: workspaceFlags(append(append(planFlags(), applyFlags()...), stateFlag(),
			&cli.StringFlag{Name: "plan", Usage: "carry out the saved plan of `FILE`; it is refused when anything has changed"},
		)...),
		Action: runApply,
	}
}

func runApply(c *cli.Context) error {
	if err := applyFormat(c); err != nil {
		return err
	}
	if name := c.String("plan"); name != "" {
		return applySaved(c, name)
	}
	p, w, err := placeOf(c, c.Args().Slice())
	if err != nil {
		return err
	}
	_, plan, _, err := makePlan(c, p, w)
	if err != nil {
		return err
	}
	return carryOut(c, w, plan, p.store(c), "", "")
}

func applySaved(c *cli.Context, name string) error {
	for _, f := range []string{"prune", "adopt", "disabled", "only"} {
		if c.IsSet(f) {
			return fail(exitUsage, "--%s cannot be changed for a saved plan; make the plan anew", f)
		}
	}
	b, err := os.ReadFile(name)
	if err != nil {
		return fail(exitUsage, "%s: %s", name, plainCause(err))
	}
	saved, err := deploy.ReadSaved(b)
	if err != nil {
		return fail(exitUsage, "%s: %v", name, err)
	}
	t, home, err := targetOf(c, c.Args().Slice())
	if err != nil {
		return err
	}
	w, err := openWorkspace(c, t)
	if err != nil {
		return err
	}
	store := storeOf(c, home, &w.Target)
	if store.Spent(saved.Plan.ID) {
		return fail(exitUsage, "%s: %v", name, deploy.ErrSpent)
	}
	s, err := deploy.Read(c.Context, w, deploy.ReadFor(saved.Desired))
	if err != nil {
		return remoteError(err)
	}
	if err := saved.Fits(s); err != nil {
		return fail(exitUsage, "%s: %v", name, err)
	}
	o := saved.Options
	if err := unfinished(c, store, &o); err != nil {
		return err
	}
	plan, err := deploy.BuildPlan(saved.Desired, s, o)
	if err != nil {
		return fail(exitUsage, "%v", err)
	}
	return carryOut(c, w, plan, store, saved.Plan.ID, "")
}

// carryOut shows a plan, asks, and does it. spend is the id of a saved plan, "" for none; back is the snapshot that is gone
// back to, "" for an apply.
func carryOut(c *cli.Context, w *azure.Workspace, plan *deploy.Plan, store *deploy.Store, spend, back string) error {
	if err := showPlan(c, plan); err != nil {
		return err
	}
	if plan.Summary.Changes() == 0 {
		o, err := (&deploy.Applier{W: w, Store: store}).Apply(c.Context, plan) // closes the journal of a broken apply
		if err != nil {
			return remoteError(err)
		}
		return writeOutcome(c, plan, o)
	}
	if !c.Bool("yes") {
		ok, err := confirm(c, plan)
		if err != nil {
			return err
		}
		if !ok {
			return fail(exitFindings, "nothing was changed")
		}
	}
	if err := store.Spend(spend); err != nil {
		return fail(exitUsage, "%v", err)
	}
	a := &deploy.Applier{W: w, Store: store, Jobs: c.Int("jobs")}
	hurry, end := secondSignal(c)
	defer end()
	a.Hurry = hurry
	progress, wait := applyProgress(c, plan.Summary.Changes())
	a.Progress = progress
	o, err := a.Apply(c.Context, plan)
	wait()
	if o != nil {
		if e := writeOutcome(c, plan, o); e != nil && err == nil {
			err = e
		}
	}
	if err != nil && o != nil {
		_ = tellOutcome(c, w, o, spend, back)
	}
	if err != nil {
		if errors.Is(err, deploy.ErrLocked) {
			return fail(exitRefused, "%v", err)
		}
		return remoteError(err)
	}
	return tellOutcome(c, w, o, spend, back)
}

// tellOutcome says what was done and what was not.
func tellOutcome(c *cli.Context, w *azure.Workspace, o *deploy.Outcome, spend, back string) error {
	// What does the rest: the newest snapshot is now this one's own, so a rollback must name the one it goes back to, and a
	// saved plan is used up.
	again := "run the same command again"
	switch {
	case back != "":
		again = "run blindspot rollback --workspace " + nameOr(c.String("workspace"), w.Name) + " " + back
	case spend != "":
		again = "the saved plan is used up, so make a new one (or run apply without --plan)"
	}
	talk := c.App.ErrWriter
	for _, i := range o.Failed {
		fmt.Fprintf(talk, "not done: %s: %s\n", i, azure.Redact(i.Err.Error()))
	}
	for n, i := range o.Left {
		if n == 20 {
			fmt.Fprintf(talk, "not done: ... and %d more\n", len(o.Left)-n)
			break
		}
		fmt.Fprintf(talk, "not done: %s\n", i)
	}
	if c.String("format") == "text" {
		fmt.Fprintf(c.App.Writer, "Done: %d of %d.", len(o.Done), len(o.Done)+len(o.Failed)+len(o.Left))
		if len(o.Done) > 0 && back == "" {
			fmt.Fprintf(c.App.Writer, " To go back: blindspot rollback --workspace %s %s", nameOr(c.String("workspace"), w.Name), o.Snapshot)
		}
		fmt.Fprintln(c.App.Writer)
	}
	switch {
	case o.Interrupted:
		fmt.Fprintf(talk, "For the rest, %s.\n", again)
		return fail(exitInterrupted, "interrupted")
	case !o.Whole():
		for _, i := range o.Failed {
			if azure.IsDenied(i.Err) {
				return fail(exitDenied, "not all was allowed; with a role that may write (Microsoft Sentinel Contributor), %s", again)
			}
		}
		return fail(exitRefused, "not all was done; for the rest, %s", again)
	}
	return nil
}

// confirm asks on the terminal. Deletions want the workspace's name, not just a y.
func confirm(c *cli.Context, plan *deploy.Plan) (bool, error) {
	in, ok := c.App.Reader.(*os.File)
	if !ok || !term.IsTerminal(int(in.Fd())) {
		return false, fail(exitUsage, "nobody is there to ask; give --yes to go on without a question")
	}
	question, want := "Go on? [y/N] ", "y"
	if plan.Summary.Delete > 0 {
		question, want = fmt.Sprintf("%d will be deleted. Type the workspace's name (%s) to go on: ", plan.Summary.Delete, plan.Workspace), plan.Workspace
	}
	fmt.Fprint(c.App.ErrWriter, question)
	answer := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(in).ReadString('\n')
		answer <- strings.TrimSpace(line)
	}()
	select {
	case a := <-answer:
		return a == want || want == "y" && strings.EqualFold(a, "yes"), nil
	case <-c.Context.Done():
		fmt.Fprintln(c.App.ErrWriter)
		return false, c.Context.Err()
	}
}

// secondSignal gives a channel that is closed at the second Ctrl-C, and says at the first what a second one does.
func secondSignal(c *cli.Context) (<-chan struct{}, func()) {
	hurry := make(chan struct{})
	signals := make(chan os.Signal, 4)
	quit := make(chan struct{})
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		for n := 0; ; {
			select {
			case <-signals:
				if n++; n == 1 {
					fmt.Fprintln(c.App.ErrWriter, "\nEnding after the requests under way; press Ctrl-C again to end at once.")
				} else {
					close(hurry)
					return
				}
			case <-quit:
				return
			}
		}
	}()
	var once sync.Once
	return hurry, func() { once.Do(func() { signal.Stop(signals); close(quit) }) }
}

// applyProgress shows a bar on a terminal, and a line an item elsewhere.
func applyProgress(c *cli.Context, total int) (func(deploy.Item), func()) {
	t := remarks(c)
	if c.String("format") == "jsonl" {
		var mu sync.Mutex
		n := 0
		return func(i deploy.Item) {
			mu.Lock()
			defer mu.Unlock()
			n++
			j := itemOf(i)
			_ = events(c).write(applyEventJSON{Event: "item", Item: &j, Count: n, Total: total})
		}, func() {}
	}
	if c.Bool("quiet") {
		return func(deploy.Item) {}, func() {}
	}
	if !t.TTY {
		var mu sync.Mutex
		n := 0
		return func(i deploy.Item) {
			mu.Lock()
			defer mu.Unlock()
			n++
			state := "done"
			if i.Err != nil {
				state = "failed"
			}
			fmt.Fprintf(t, "[%d/%d] %s: %s\n", n, total, i, state)
		}, func() {}
	}
	p := mpb.New(mpb.WithOutput(t), mpb.WithWidth(max(10, min(40, t.Width-40))))
	bar := p.AddBar(int64(total), mpb.PrependDecorators(decor.Name("apply "), decor.CountersNoUnit("%d/%d")), mpb.AppendDecorators(decor.AverageSpeed(0, "%.0f/s "), decor.AverageETA(decor.ET_STYLE_MMSS)))
	return func(deploy.Item) { bar.Increment() }, func() {
		if !bar.Completed() {
			bar.Abort(false)
		}
		p.Wait()
	}
}

// nameOr is what the person called the workspace, or its own name.
func nameOr(flag, name string) string {
	if flag != "" {
		return flag
	}
	return name
}
