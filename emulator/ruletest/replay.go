package ruletest

import (
	"context"
	"fmt"
	"strings"

	"github.com/seed-caab1ad3/blindspot/content"
)

// Outcome is what a rule did when a firing case's events moved to the sibling stream.
type Outcome string

// The outcomes.
const (
	Fires    Outcome = "fires"
	Silent   Outcome = "silent"   // a blind spot that nobody declared
	Declared Outcome = "declared" // silent, and the rule says so under blindspots
)

// Replay is one firing case moved from one stream to its sibling.
type Replay struct {
	Test    string  `json:"test"`
	From    string  `json:"from"`
	To      string  `json:"to"`
	Outcome Outcome `json:"outcome"`
	Message string  `json:"message,omitempty"`
}

// sibling is the table that holds the other half of a stream's story.
func (r *Runner) sibling(table string) (stream, sibling *content.Stream) {
	for _, s := range r.Bundle.Streams {
		if s.Table == table {
			stream = s
		}
	}
	if stream == nil || stream.Sibling == "" {
		return stream, nil
	}
	for _, s := range r.Bundle.Streams {
		if s.Table == stream.Sibling {
			sibling = s
		}
	}
	return stream, sibling
}

// Replay moves each firing case's events to the sibling stream, with the column types that the sibling really has, and
// runs the rule again. Where it goes silent it has a blind spot, unless it declares one for that stream.
func (r *Runner) Replay(ctx context.Context, rule *content.Rule, file *content.TestFile) []Replay {
	var out []Replay
	for _, t := range file.Tests {
		if len(t.Alerts) == 0 || t.Skip != "" || ctx.Err() != nil {
			continue
		}
		for _, te := range t.Events {
			stream, sib := r.sibling(te.Table)
			if sib == nil || len(te.Events) == 0 {
				continue
			}
			out = append(out, r.replayOne(ctx, rule, file, t, stream, sib))
		}
	}
	return out
}

func (r *Runner) replayOne(ctx context.Context, rule *content.Rule, file *content.TestFile, t *content.TestCase, from, to *content.Stream) Replay {
	p := Replay{Test: t.Name, From: from.Table, To: to.Table, Outcome: Fires}
	moved := r.moved(t, from.Table, to.Table)
	silent := func(why string) Replay {
		p.Outcome, p.Message = Silent, why
		if reason, ok := declared(rule, to); ok {
			p.Outcome, p.Message = Declared, reason
		}
		return p
	}
	ready, errs := r.prepare(file, moved)
	if len(errs) > 0 {
		return silent("the events do not fit the sibling: " + errs[0].Error())
	}
	log, err := r.fire(ctx, rule, ready)
	if err != nil {
		return silent(queryMessage(rule, err))
	}
	if n := len(log.Alerts()); n == 0 {
		return silent(fmt.Sprintf("%s raised in %s, none in %s", alertsOf(len(t.Alerts)), from.Table, to.Table))
	}
	return p
}

// moved is a case with one table's events in another. What the other table has no column for is left out of what the
// case sets.
func (r *Runner) moved(t *content.TestCase, from, to string) *content.TestCase {
	m := *t
	m.Events = nil
	var joined content.TableEvents
	x := &expander{bundle: r.Bundle, test: t}
	schema := x.schema(to, content.Position{})
	take := func(te content.TableEvents) {
		for _, e := range te.Events {
			if te.Table == from && schema != nil && !schema.Open {
				var set content.Record
				for _, f := range e.Set {
					if top, _, _ := strings.Cut(f.Name, "."); has(schema, top) {
						set = append(set, f)
					}
				}
				e.Set = set
			}
			joined.Events = append(joined.Events, e)
		}
	}
	for _, te := range t.Events {
		switch te.Table {
		case from, to:
			if joined.Table == "" {
				joined.Table, joined.Position = to, te.Position
			}
			take(te)
		default:
			m.Events = append(m.Events, te)
		}
	}
	m.Events = append(m.Events, joined)
	// A case that takes the sibling away cannot be moved there; the replay gives it back.
	m.Tables = nil
	for _, tt := range t.Tables {
		if tt.Name == to && tt.Missing {
			continue
		}
		m.Tables = append(m.Tables, tt)
	}
	return &m
}

// declared finds the rule's own word on a stream it does not see: by the stream's name, category or table.
func declared(rule *content.Rule, s *content.Stream) (reason string, ok bool) {
	for _, b := range rule.Blindspots {
		for _, name := range b.Streams {
			if strings.EqualFold(name, s.Name) || strings.EqualFold(name, s.Category) || strings.EqualFold(name, s.Table) {
				return b.Reason, true
			}
		}
	}
	return "", false
}
