package sentinel

import (
	"context"
	"errors"
	"time"

	"github.com/seed-caab1ad3/blindspot/content"
)

// Request is what the scheduler asks of an engine: a query, the clock inside it, and the rows it may see.
type Request struct {
	Query string
	// Now is what now() answers.
	Now time.Time
	// Window bounds every table reference; watchlists are exempt (facts S14 to S16).
	Window Window
	// Closed includes the window's end.
	Closed bool
	// Visible hides rows ingested after it.
	Visible time.Time
}

// Engine runs a rule's query. An error says by Transient() bool whether a later try may go well; one that does not say is
// permanent when it gives a Reason() that the service counts as such, and passing otherwise (facts S25, S26).
type Engine interface {
	Run(ctx context.Context, rule *content.Rule, r Request) (Rows, error)
}

// transient reports whether an error is of the passing kind: a time-out or a lost connection.
func transient(err error) bool {
	if errors.Is(err, context.DeadlineExceeded) {
		return true
	}
	var t interface{ Transient() bool }
	if errors.As(err, &t) {
		return t.Transient()
	}
	var r reasoner
	return !errors.As(err, &r)
}

// reasoner is an error that knows its SentinelHealth reason code.
type reasoner interface{ Reason() string }

func reasonOf(err error) string {
	var r reasoner
	if errors.As(err, &r) {
		return r.Reason()
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return "QUERY_TIMEOUT"
	}
	return "GENERAL_ERROR"
}

// Execute runs a rule once, for one run, and raises its alerts. The rows are those of the query, also when nothing fired.
func Execute(ctx context.Context, e Engine, rule *content.Rule, run Run, o Options) (rows Rows, alerts []Alert, err error) {
	rows, err = e.Run(ctx, rule, Request{Query: rule.Query.String(), Now: run.Due, Window: run.Window, Closed: o.ClosedWindow, Visible: run.Executes})
	if err != nil {
		return Rows{}, nil, err
	}
	return rows, Raise(rule, run, rows, o), nil
}
