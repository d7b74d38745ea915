package main

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/emulator/generate"
	"github.com/seed-caab1ad3/blindspot/emulator/sentinel"
)

// ruleRun is what one rule did over a span.
type ruleRun struct {
	rule    *content.Rule
	runs    int
	alerts  []sentinel.Alert
	err     error
	elapsed time.Duration
}

// run runs rules on their own schedules from the first instant to the last, several at once. Each rule's grid begins at
// the first instant.
func run(ctx context.Context, w *world, rules []*content.Rule, from, to time.Time, jobs int, done func(*ruleRun)) []ruleRun {
	out := make([]ruleRun, len(rules))
	next := make(chan int)
	var wg sync.WaitGroup
	var mu sync.Mutex
	for range max(1, jobs) {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := range next {
				out[i] = runOne(ctx, w, rules[i], from, to)
				if done != nil {
					mu.Lock()
					done(&out[i])
					mu.Unlock()
				}
			}
		}()
	}
	for i := range rules {
		next <- i
	}
	close(next)
	wg.Wait()
	return out
}

func runOne(ctx context.Context, w *world, rule *content.Rule, from, to time.Time) ruleRun {
	begin := time.Now()
	s := &sentinel.Scheduler{Engine: sentinel.OnWorkspace{Workspace: w.ws}, Options: sentinel.DefaultOptions(), Rules: []sentinel.Scheduled{{Rule: rule, Anchor: from}}}
	log, err := s.Span(ctx, from, to)
	r := ruleRun{rule: rule, err: err}
	if log != nil {
		r.runs, r.alerts = len(log.Outcomes), log.Alerts()
		for _, o := range log.Outcomes {
			if o.Err != nil && r.err == nil {
				r.err = o.Err
			}
		}
	}
	r.elapsed = time.Since(begin)
	return r
}

// slower returns a copy of a rule that runs less often and tells in one run what its own runs in between would have told.
// Rules that look back too briefly for that stay as they are.
func slower(r *content.Rule, every time.Duration) *content.Rule {
	own := r.QueryFrequency
	if every <= own.Value || r.QueryPeriod.Value < 4*every {
		return r
	}
	word := fmt.Sprintf("let frequency = %dh;", int(own.Value.Hours()))
	query := strings.Replace(r.Query.String(), word, fmt.Sprintf("let frequency = %dh;", int(every.Hours())), 1)
	if query == r.Query.String() {
		return r
	}
	c := *r
	c.Query = content.NewText(r.File(), query)
	c.QueryFrequency.Value = every
	return &c
}

// about says whether an alert names any of an attack's people, addresses, applications or resources. Attacks on a whole
// stream name none: then any alert is about them.
func about(a sentinel.Alert, t generate.Attack) bool {
	var text strings.Builder
	for _, e := range a.Entities {
		fmt.Fprintf(&text, "%s\n%+v\n", e.Label(), e)
	}
	for _, d := range a.Details {
		fmt.Fprintf(&text, "%+v\n", d)
	}
	hay := strings.ToLower(text.String())
	named := false
	for kind, values := range t.Entities {
		if kind == "Table" || kind == "Column" {
			continue
		}
		for _, v := range values {
			named = true
			if strings.Contains(hay, strings.ToLower(v)) {
				return true
			}
		}
	}
	return !named
}
