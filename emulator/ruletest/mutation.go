package ruletest

import (
	"context"

	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/emulator/kql"
)

// Mutation is how well a rule's tests notice mistakes in it.
type Mutation struct {
	Killed     int
	Equivalent int // mutants that cannot behave differently, or do not compile
	Survivors  []Survivor
}

// Survivor is a mutant that every test of the rule let pass.
type Survivor struct {
	Kind   string `json:"kind"`
	Line   int    `json:"line"`
	Column int    `json:"column"`
	Diff   string `json:"diff"`
}

// Score is the share of mutants that a test noticed, in percent; 100 when there was none.
func (m Mutation) Score() float64 {
	n := m.Killed + len(m.Survivors)
	if n == 0 {
		return 100
	}
	return 100 * float64(m.Killed) / float64(n)
}

// Mutate breaks a rule in small ways and runs its tests on each. The rule's tests must pass as they are.
func (r *Runner) Mutate(ctx context.Context, rule *content.Rule, file *content.TestFile) Mutation {
	trials := r.trials(file)
	query := rule.Query.String()
	proven := prove(rule, r.base.shared.Compile(query, kql.Sentinel).Query)
	var out Mutation
	for _, m := range Mutants(query) {
		if ctx.Err() != nil {
			break
		}
		if proven.equivalent(m) {
			out.Equivalent++
			continue
		}
		broken := *rule
		broken.Query = content.NewText(rule.File(), m.Query)
		runs, failed := r.noticed(ctx, &broken, trials)
		switch {
		case !runs:
			out.Equivalent++ // the compiler notices before any test could
			continue
		case failed:
			out.Killed++
			continue
		}
		p := rule.Query.Position(m.Span.Start)
		out.Survivors = append(out.Survivors, Survivor{m.Kind, p.Line, p.Column, m.Diff(query)})
	}
	return out
}

func compiles(trials []*trial, query string) bool {
	if len(trials) == 0 {
		return false
	}
	c := trials[0].ws.Compile(query, kql.Sentinel)
	return c.OK() && len(c.Query.Unsupported) == 0
}

// noticed reports whether a broken rule compiles at all and, then, whether a case fails on it, the last to have noticed a
// mutant first. What was compiled for it is let go of.
func (r *Runner) noticed(ctx context.Context, rule *content.Rule, trials []*trial) (runs, failed bool) {
	query := rule.Query.String()
	defer func() {
		for _, t := range trials {
			t.ws.Forget(query, kql.Sentinel)
		}
	}()
	if !compiles(trials, query) {
		return false, false
	}
	for i, t := range trials {
		var res Result
		r.judge(ctx, rule, t, &res)
		if !res.Passed {
			copy(trials[1:i+1], trials[:i])
			trials[0] = t
			return true, true
		}
	}
	return true, false
}
