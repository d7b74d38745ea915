package main

import (
	"github.com/urfave/cli/v2"

	"github.com/seed-caab1ad3/blindspot/cmd/internal/azure"
	"github.com/seed-caab1ad3/blindspot/cmd/internal/deploy"
)

// applyJSON is what an apply or a rollback did, with the plan that it was shown as.
type applyJSON struct {
	SchemaVersion int          `json:"schemaVersion"`
	Plan          *deploy.Plan `json:"plan"`
	outcomeJSON
}

type outcomeJSON struct {
	Done        []itemJSON `json:"done"`
	Failed      []itemJSON `json:"failed"`
	Left        []itemJSON `json:"left"` // not begun, or not ended
	Snapshot    string     `json:"snapshot,omitempty"`
	Interrupted bool       `json:"interrupted"`
}

type itemJSON struct {
	Kind   string `json:"kind"`
	Name   string `json:"name"`
	ID     string `json:"id"`
	Action string `json:"action"`
	Error  string `json:"error,omitempty"`
}

// applyEventJSON is a line of --format jsonl: plan, an item for each request that ended, outcome; or error, and nothing more.
type applyEventJSON struct {
	SchemaVersion int          `json:"schemaVersion"`
	Event         string       `json:"event"`
	Plan          *deploy.Plan `json:"plan,omitempty"`
	Item          *itemJSON    `json:"item,omitempty"`
	Count         int          `json:"count,omitempty"`
	Total         int          `json:"total,omitempty"`
	Outcome       *outcomeJSON `json:"outcome,omitempty"`
	Error         *messageJSON `json:"error,omitempty"`
}

func applyFormat(c *cli.Context) error {
	switch f := c.String("format"); f {
	case "text", "json", "jsonl":
		return nil
	default:
		return fail(exitUsage, "--format %q is unknown; it is text, json or jsonl", f)
	}
}

// showPlan tells what is about to be done; json tells it with what was done.
func showPlan(c *cli.Context, plan *deploy.Plan) error {
	switch c.String("format") {
	case "json":
		return nil
	case "jsonl":
		return events(c).write(applyEventJSON{Event: "plan", Plan: plan})
	}
	return plan.WriteText(out(c))
}

// writeOutcome tells programs what was done; people are told by tellOutcome.
func writeOutcome(c *cli.Context, plan *deploy.Plan, o *deploy.Outcome) error {
	switch c.String("format") {
	case "json":
		return writeIndented(c, applyJSON{1, plan, outcomeOf(o)})
	case "jsonl":
		v := outcomeOf(o)
		return events(c).write(applyEventJSON{Event: "outcome", Outcome: &v})
	}
	return nil
}

func outcomeOf(o *deploy.Outcome) outcomeJSON {
	list := func(items []deploy.Item) []itemJSON {
		out := []itemJSON{}
		for _, i := range items {
			out = append(out, itemOf(i))
		}
		return out
	}
	if o == nil {
		o = &deploy.Outcome{}
	}
	return outcomeJSON{list(o.Done), list(o.Failed), list(o.Left), o.Snapshot, o.Interrupted}
}

func itemOf(i deploy.Item) itemJSON {
	j := itemJSON{Kind: string(i.Kind), Name: i.Name, ID: i.ID, Action: string(i.Action)}
	if i.Err != nil {
		j.Error = azure.Redact(i.Err.Error())
	}
	return j
}
