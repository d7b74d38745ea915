package check

import (
	"time"

	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/validate/report"
)

var suppression = Check{
	ID:      "suppression",
	Summary: "Suppression lasts at least as long as the rule's frequency and at most 24 hours",
	Why:     "The service refuses a suppression shorter than queryFrequency, which would suppress nothing, and one longer than a day.",
	Level:   report.Error,
	Run: func(p *Pass) {
		for _, r := range p.Bundle.Rules {
			d := r.SuppressionDuration
			if r.SuppressionEnabled && !d.IsSet() {
				p.report(r.Doc.WhereKey("suppressionEnabled"), "add suppressionDuration: 5h", "suppression is switched on without suppressionDuration")
			}
			if !d.IsSet() || !r.SuppressionEnabled {
				continue // the portal writes five hours into every rule whose suppression is off
			}
			at := r.Doc.Where("suppressionDuration")
			switch {
			case d.Value < 5*time.Minute || d.Value > day:
				p.report(at, "the service takes 5 minutes to 24 hours", "suppressionDuration is %s", d.Text)
			case r.Kind == content.Scheduled && r.QueryFrequency.IsSet() && d.Value < r.QueryFrequency.Value:
				p.report(at, "make it "+r.QueryFrequency.Text+" or longer", "suppressionDuration is %s, shorter than queryFrequency %s", d.Text, r.QueryFrequency.Text)
			}
		}
	},
}
