package sentinel_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/emulator/exec"
	"github.com/seed-caab1ad3/blindspot/emulator/sentinel"
)

// faulty is the real engine with the scenario's faults in front.
type faulty struct {
	sentinel.OnWorkspace
	x     *stage
	tries map[string]int
}

type engineFault struct {
	kind, reason string
}

func (e *engineFault) Error() string { return "the engine failed: " + e.kind }

var errUnknown = errors.New("something that nobody foresaw")

func (e *engineFault) Transient() bool { return e.kind == "transient" }
func (e *engineFault) Reason() string  { return e.reason }

func (f *faulty) Run(ctx context.Context, rule *content.Rule, r sentinel.Request) (sentinel.Rows, error) {
	for i, w := range f.x.s.Faults {
		from := f.x.moment(w.From)
		to := from.Add(time.Nanosecond)
		if w.To != "" {
			to = f.x.moment(w.To)
		}
		if w.Rule != "" && w.Rule != rule.Name || r.Now.Before(from) || !r.Now.Before(to) {
			continue
		}
		key := fmt.Sprint(i, r.Now)
		f.tries[key]++
		if w.Attempts == 0 || f.tries[key] <= w.Attempts {
			reason := w.Reason
			if reason == "" {
				reason = "GENERAL_ERROR"
			}
			switch w.Kind {
			case "unknown":
				return sentinel.Rows{}, errUnknown
			case "too large", "too slow":
				tight := f.OnWorkspace
				tight.Limits.Rows = 1
				if w.Kind == "too slow" {
					tight.Limits = exec.Limits{Time: time.Nanosecond}
				}
				return tight.Run(ctx, rule, r)
			}
			return sentinel.Rows{}, &engineFault{w.Kind, reason}
		}
	}
	return f.OnWorkspace.Run(ctx, rule, r)
}
