package check

import (
	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/content/nearest"
	"github.com/seed-caab1ad3/blindspot/validate/report"
)

var ruleKind = Check{
	ID:      "rule-kind",
	Summary: "A rule is of a kind that can be written as content, and has the fields of its kind",
	Why:     "Only scheduled and near-real-time rules carry a query. A near-real-time rule runs every minute over what was ingested, so the service takes no schedule and no threshold for it.",
	Level:   report.Error,
	Run: func(p *Pass) {
		for _, r := range p.Bundle.Rules {
			switch r.Kind {
			case content.Scheduled:
			case content.NRT:
				for _, key := range []string{"queryFrequency", "queryPeriod", "triggerOperator", "triggerThreshold"} {
					if r.Doc.Has(key) {
						p.report(r.Doc.WhereKey(key), "delete the key, or make the rule kind: Scheduled", "an NRT rule has no %s", key)
					}
				}
			default:
				best := nearest.Of(r.Kind, []string{content.Scheduled, content.NRT})
				help := "only Scheduled and NRT rules are content"
				if best != "" {
					help = "write " + best
				}
				p.report(r.Doc.Where("kind"), help, "the kind %q is not supported", r.Kind)
				if best != "" {
					p.fix(replace(r.Doc, help, best, "kind"))
				}
			}
		}
	},
}
