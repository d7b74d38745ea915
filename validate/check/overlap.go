package check

import (
	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/validate/report"
)

var overlap = Check{
	ID:      "overlap",
	Summary: "The period of a scheduled rule is longer than its frequency",
	Why:     "Sign-in events arrive minutes late, non-interactive ones often half an hour. A rule whose period equals its frequency never sees an event that arrives after the run that should have seen it. Look back further and count by ingestion_time().",
	Level:   report.Warning,
	Run: func(p *Pass) {
		for _, r := range p.Bundle.Rules {
			if r.Kind == content.Scheduled && r.QueryPeriod.IsSet() && r.QueryPeriod.Value == r.QueryFrequency.Value {
				p.report(r.Doc.Where("queryPeriod"), "look back further, and keep the rows with ingestion_time() > ago("+r.QueryFrequency.Short()+")",
					"queryPeriod equals queryFrequency (%s): events that arrive late are never seen", r.QueryPeriod.Text)
			}
		}
	},
}
