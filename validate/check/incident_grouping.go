package check

import (
	"slices"
	"strings"
	"time"

	"github.com/seed-caab1ad3/blindspot/validate/report"
)

var incidentGrouping = Check{
	ID:      "incident-grouping",
	Summary: "Incidents are grouped by what the rule really has",
	Why:     "The service refuses matchingMethod Selected with nothing selected, entities and details that the rule does not define, and a lookback outside 5 minutes to 7 days.",
	Level:   report.Error,
	Run: func(p *Pass) {
		for _, r := range p.Bundle.Rules {
			if r.Incident == nil || r.Incident.Grouping == nil {
				continue
			}
			g := r.Incident.Grouping
			where := func(path ...any) []any {
				return append([]any{"incidentConfiguration", "groupingConfiguration"}, path...)
			}
			if g.Lookback.IsSet() && (g.Lookback.Value < 5*time.Minute || g.Lookback.Value > 7*day) {
				p.report(r.Doc.Where(where("lookbackDuration")...), "the service takes 5 minutes to 7 days", "lookbackDuration is %s", g.Lookback.Text)
			}
			if g.MatchingMethod == "Selected" && len(g.Entities)+len(g.AlertDetails)+len(g.CustomDetails) == 0 {
				p.report(r.Doc.Where(where("matchingMethod")...), "fill groupByEntities, groupByAlertDetails or groupByCustomDetails, or use AllEntities", "matchingMethod is Selected, but nothing is selected")
			}
			if !r.Incident.CreateIncident && g.Enabled {
				p.hint(r.Doc.Where(where("enabled")...), "set createIncident: true, or enabled: false", "grouping is switched on for a rule that creates no incidents")
			}
			var mapped, details []string
			for _, m := range r.EntityMappings {
				mapped = append(mapped, m.EntityType)
			}
			for _, d := range r.CustomDetails {
				details = append(details, d.Name)
			}
			for i, e := range g.Entities {
				if !slices.Contains(mapped, e) {
					p.report(r.Doc.Where(where("groupByEntities", i)...), orOneOf("map it in entityMappings", mapped), "incidents are grouped by the entity %q, which the rule does not map", e)
				}
			}
			for i, d := range g.CustomDetails {
				if !slices.Contains(details, d) {
					p.report(r.Doc.Where(where("groupByCustomDetails", i)...), orOneOf("add it to customDetails", details), "incidents are grouped by the custom detail %q, which the rule does not have", d)
				}
			}
		}
	},
}

func orOneOf(first string, names []string) string {
	if len(names) == 0 {
		return first
	}
	return first + ", or group by one of: " + strings.Join(names, ", ")
}
