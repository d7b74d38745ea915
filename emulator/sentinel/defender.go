package sentinel

import (
	"fmt"

	"github.com/seed-caab1ad3/blindspot/content"
)

// Visible returns the alerts that people see as such. In the Defender portal an alert whose rule makes no incident is in
// the SecurityAlert table only (fact S145).
func (l *Log) Visible(o Options) []Alert {
	var out []Alert
	for _, a := range l.Alerts() {
		if o.Defender && a.Rule.Incident != nil && !a.Rule.Incident.CreateIncident {
			continue
		}
		out = append(out, a)
	}
	return out
}

// Notes says what of a rule's settings does not bind, or works otherwise, under the options: one sentence each.
func Notes(rule *content.Rule, o Options) []string {
	if !o.Defender {
		return nil
	}
	var out []string
	if g := grouping(rule); g != nil {
		out = append(out, fmt.Sprintf("%q groups alerts by %s, which does not bind in the Defender portal: its correlation engine decides on grouping and merging", rule.Name, g.MatchingMethod))
		if g.ReopenClosedIncident {
			out = append(out, fmt.Sprintf("%q reopens closed incidents, which the Defender portal never does: a new alert makes a new incident", rule.Name))
		}
	}
	if rule.Incident != nil && !rule.Incident.CreateIncident {
		out = append(out, fmt.Sprintf("%q creates no incident: its alerts are in the SecurityAlert table and nowhere in the Defender portal", rule.Name))
	}
	return out
}
