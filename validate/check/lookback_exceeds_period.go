package check

import (
	"time"

	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/validate/report"
)

var lookback = Check{
	ID:      "lookback-exceeds-period",
	Summary: "A query looks back no further than the rule's period",
	Why:     "The service cuts every table to the period before the query runs. A baseline of 14 days in a rule with a period of 7 is silently a baseline of 7.",
	Level:   report.Warning,
	Run: func(p *Pass) {
		for _, r := range p.Bundle.Rules {
			if r.Kind != content.Scheduled || !r.QueryPeriod.IsSet() {
				continue
			}
			p.agos(r.Query, func(d time.Duration, at content.Span) {
				if d > r.QueryPeriod.Value {
					p.report(at, "make queryPeriod as long (14d at most), or look back less", "the query looks back %s, but the rule sees only queryPeriod %s",
						content.Duration{Value: d}.Short(), r.QueryPeriod.Text)
				}
			})
		}
	},
}
