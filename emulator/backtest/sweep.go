package backtest

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/syntax"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/sentinel"
)

// Sweep runs a rule again with other values of one number: triggerThreshold, or a let constant of the query.
type Sweep struct {
	Field    string
	From, To int64
	Step     int64
}

// maxSteps bounds a sweep, maxSwept its values; thresholds have the service's bound.
const (
	maxSteps     = 100
	maxSwept     = 1_000_000_000_000
	maxThreshold = 10_000
)

// ParseSweep reads FIELD=a..b or FIELD=a..b/step.
func ParseSweep(text string) (*Sweep, error) {
	wrong := fmt.Errorf("sweep %q: write FIELD=a..b, for instance minUsers=4..12 or triggerThreshold=0..10/2", text)
	field, span, ok := strings.Cut(text, "=")
	low, high, ok2 := strings.Cut(span, "..")
	if !ok || !ok2 || field == "" {
		return nil, wrong
	}
	s := &Sweep{Field: strings.TrimSpace(field), Step: 1}
	high, step, stepped := strings.Cut(high, "/")
	var err [3]error
	s.From, err[0] = strconv.ParseInt(strings.TrimSpace(low), 10, 64)
	s.To, err[1] = strconv.ParseInt(strings.TrimSpace(high), 10, 64)
	if stepped {
		s.Step, err[2] = strconv.ParseInt(strings.TrimSpace(step), 10, 64)
	}
	for _, e := range err {
		if e != nil {
			return nil, wrong
		}
	}
	for _, n := range []int64{s.From, s.To, s.Step} {
		if n < -maxSwept || n > maxSwept {
			return nil, fmt.Errorf("sweep %q: %d is too far from zero", text, n)
		}
	}
	if s.Field == "triggerThreshold" && (s.From < 0 || s.To > maxThreshold) {
		return nil, fmt.Errorf("sweep %q: a threshold is 0 to %d", text, maxThreshold)
	}
	if s.To < s.From || s.Step < 1 || (s.To-s.From)/s.Step >= maxSteps {
		return nil, fmt.Errorf("sweep %q: from the smaller to the larger, in at most %d steps", text, maxSteps)
	}
	return s, nil
}

// Step is one value of a sweep.
type Step struct {
	Value  int64
	Alerts int
	PerDay float64
	// Lost are the marks that no alert fits any more; without marks, the alerts of the rule as it is whose first entity no
	// alert names on that day.
	Lost []string
	// Current: the rule has this value now.
	Current bool
}

func (c Config) sweep(ctx context.Context, r *content.Rule, base []sentinel.Alert) ([]Step, error) {
	days := c.To.Sub(c.From).Hours() / 24
	var marks []Mark
	if x := c.Expect.of(r); x != nil {
		marks = x.Marks
	}
	var out []Step
	for v := c.Sweep.From; v <= c.Sweep.To; v += c.Sweep.Step {
		changed, current, err := with(r, c.Sweep.Field, v)
		if err != nil {
			return nil, err
		}
		log, err := c.span(ctx, changed)
		if err != nil {
			return nil, fmt.Errorf("%s = %d: %w", c.Sweep.Field, v, err)
		}
		alerts := log.Alerts()
		s := Step{Value: v, Alerts: len(alerts), PerDay: float64(len(alerts)) / days, Current: current == float64(v)}
		if marks != nil {
			for _, m := range marks {
				found := false
				for _, a := range alerts {
					found = found || m.fits(a, c.From)
				}
				if !found {
					s.Lost = append(s.Lost, m.label())
				}
			}
		} else {
			s.Lost = lost(base, alerts)
		}
		out = append(out, s)
	}
	return out, nil
}

// lost names the alerts of which nothing is left: no alert of the same day names the entity that they are about first.
func lost(before, after []sentinel.Alert) []string {
	var out []string
	for _, a := range before {
		found := false
		for _, b := range after {
			if a.Run.Due.UTC().Format(time.DateOnly) == b.Run.Due.UTC().Format(time.DateOnly) && names(b, a) {
				found = true
				break
			}
		}
		if !found {
			out = append(out, a.Run.Due.UTC().Format("2006-01-02T15:04Z")+" "+a.Name)
		}
	}
	return out
}

// names reports whether alert a names the entity that alert b is about first.
func names(a, b sentinel.Alert) bool {
	if len(b.Entities) == 0 {
		return true
	}
	for _, e := range a.Entities {
		if e.Type == b.Entities[0].Type && e.Label() == b.Entities[0].Label() {
			return true
		}
	}
	return false
}

// with returns a rule with another value in a field, and the value it has.
func with(r *content.Rule, field string, v int64) (*content.Rule, float64, error) {
	c := *r
	if field == "triggerThreshold" {
		if r.Kind == content.NRT {
			return nil, 0, fmt.Errorf("rule %q: a near-real-time rule has no triggerThreshold", r.Name)
		}
		c.TriggerThreshold = int(v)
		return &c, float64(r.TriggerThreshold), nil
	}
	text := r.Query.String()
	var known []string
	for _, s := range syntax.Parse(text).Statements {
		let, ok := s.(*syntax.LetStatement)
		if !ok {
			continue
		}
		lit, ok := let.Value.(*syntax.Literal)
		if !ok || lit.Value.Null || !lit.Value.Type.Integer() && lit.Value.Type != value.Real {
			continue
		}
		known = append(known, let.Name.Text)
		if let.Name.Text != field {
			continue
		}
		now, number := float64(lit.Value.I), strconv.FormatInt(v, 10)
		if lit.Value.Type == value.Real { // stays one, or its quotients would be whole
			now, number = lit.Value.F, number+".0"
		}
		at := lit.Span()
		c.Query = content.NewText(r.Query.File(), text[:at.Start]+number+text[at.End:])
		return &c, now, nil
	}
	return nil, 0, fmt.Errorf("rule %q has no number named %q; it has %s", r.Name, field, strings.Join(append(known, "triggerThreshold"), ", "))
}
