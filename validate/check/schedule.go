package check

import (
	"time"

	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/validate/report"
)

const day = 24 * time.Hour

// Source: Microsoft Learn "Scheduled analytics rules in Microsoft Sentinel"; the rule for long periods is the service's
// check FrequencyLimitationForLongPeriodQuery.
var schedule = Check{
	ID:      "schedule",
	Summary: "A scheduled rule has a frequency, a period and a threshold that the service takes",
	Why:     "The service refuses a frequency or period outside 5 minutes to 14 days, a period shorter than the frequency (events between runs would never be looked at), and a period of 2 days or more that runs oftener than every hour.",
	Level:   report.Error,
	Run: func(p *Pass) {
		for _, r := range p.Bundle.Rules {
			if r.Kind != content.Scheduled {
				continue
			}
			for _, key := range []string{"queryFrequency", "queryPeriod", "triggerOperator", "triggerThreshold"} {
				if !r.Doc.Has(key) {
					p.report(r.Doc.Where(), "add a line "+key+": ...", "a scheduled rule lacks %s", key)
				}
			}
			bounds := func(key string, d content.Duration) bool {
				if !d.IsSet() {
					return false
				}
				if d.Value < 5*time.Minute || d.Value > 14*day {
					p.report(r.Doc.Where(key), "the service takes 5 minutes (5m) to 14 days (14d)", "%s is %s", key, d.Text)
					return false
				}
				return true
			}
			f, q := bounds("queryFrequency", r.QueryFrequency), bounds("queryPeriod", r.QueryPeriod)
			if !f || !q {
				continue
			}
			if r.QueryPeriod.Value < r.QueryFrequency.Value {
				p.report(r.Doc.Where("queryPeriod"), "make the period as long as the frequency or longer",
					"queryPeriod is %s, shorter than queryFrequency %s: what happens between two runs is never looked at", r.QueryPeriod.Text, r.QueryFrequency.Text)
			}
			if r.QueryPeriod.Value >= 2*day && r.QueryFrequency.Value < time.Hour {
				p.report(r.Doc.Where("queryFrequency"), "run it every hour (1h) or less often, or look back less than 2 days",
					"queryFrequency is %s with a period of %s", r.QueryFrequency.Text, r.QueryPeriod.Text)
			}
		}
	},
}
