package sentinel

import (
	"fmt"
	"strings"
	"time"

	"github.com/seed-caab1ad3/blindspot/content"
)

// CustomDetection is a rule as the Defender portal's custom detections hold it: what POST /security/rules/detectionRules of
// Graph takes (facts S148 to S156).
type CustomDetection struct {
	// Frequency is zero for a near-real-time detection. Lookback is what the beta schema calls so.
	Frequency, Lookback time.Duration
	// Body is the request's JSON.
	Body content.Record
	// Lost are the settings that have no place there, one sentence each.
	Lost []string
}

// maxLookback is how far back a custom detection of a frequency may look (fact S149).
func maxLookback(frequency time.Duration) time.Duration {
	switch {
	case frequency < time.Hour:
		return 48*time.Hour - time.Minute
	case frequency < 24*time.Hour:
		return 14 * 24 * time.Hour
	}
	return 30 * 24 * time.Hour
}

// CustomDetectionOf turns a rule into a custom detection. A rule that cannot be one is refused with the reason.
func CustomDetectionOf(r *content.Rule) (*CustomDetection, error) {
	d := &CustomDetection{Frequency: r.QueryFrequency.Value, Lookback: r.QueryPeriod.Value}
	lose := func(format string, args ...any) { d.Lost = append(d.Lost, fmt.Sprintf(format, args...)) }
	if r.Kind == content.NRT {
		d.Frequency, d.Lookback = 0, 0
		for _, word := range []string{"join", "union", "externaldata", "//"} {
			if strings.Contains(r.Query.String(), word) {
				return nil, fmt.Errorf("rule %q: a near-real-time custom detection takes no %s", r.Name, word)
			}
		}
	} else {
		switch limit := maxLookback(d.Frequency); {
		case d.Frequency < 5*time.Minute || d.Frequency > 14*24*time.Hour:
			return nil, fmt.Errorf("rule %q: the frequency %s is outside 5 minutes to 14 days", r.Name, r.QueryFrequency.Text)
		case d.Lookback < d.Frequency:
			return nil, fmt.Errorf("rule %q: the lookback %s is shorter than the frequency %s", r.Name, r.QueryPeriod.Text, r.QueryFrequency.Text)
		case d.Lookback > limit:
			return nil, fmt.Errorf("rule %q: with a frequency of %s a custom detection looks back %s at most, not %s", r.Name, r.QueryFrequency.Text, limit, r.QueryPeriod.Text)
		}
	}
	if r.TriggerThreshold != 0 || r.TriggerOperator != "GreaterThan" && r.Kind != content.NRT {
		lose("threshold: %s; say it in the query", Trigger{r.TriggerOperator, r.TriggerThreshold}.Words())
	}
	if r.SuppressionEnabled {
		lose("suppression for %s", r.SuppressionDuration.Text)
	}
	if grouping(r) != nil {
		lose("grouping of alerts into incidents: the correlation engine decides")
	}
	if r.Incident != nil && !r.Incident.CreateIncident {
		lose("alerts without incidents")
	}
	kind := "singleAlert"
	if perResult(r) {
		kind = "alertPerEvent"
		lose("the limit of rows that get an alert of their own is %d a run", maxAlerts)
	}
	status := "enabled"
	if !r.Enabled {
		status = "disabled"
	}
	schedule := content.Record{{Name: "frequency", Value: isoDuration(d.Frequency)}}
	if d.Frequency > 0 {
		schedule = append(schedule, content.Field{Name: "lookback", Value: isoDuration(d.Lookback)})
	}
	var tactics []any
	for _, t := range r.Tactics {
		tactics = append(tactics, content.Record{{Name: "tactic", Value: strings.ToLower(t[:1]) + t[1:]}})
	}
	details := content.Record{}
	for _, c := range r.CustomDetails {
		details = append(details, content.Field{Name: c.Name, Value: c.Column})
	}
	template := content.Record{
		{Name: "title", Value: r.Name}, {Name: "description", Value: r.Description}, {Name: "severity", Value: strings.ToLower(r.Severity)},
		{Name: "tactics", Value: tactics}, {Name: "eventGroupingKind", Value: kind}, {Name: "customDetails", Value: details},
	}
	d.Body = content.Record{
		{Name: "id", Value: r.ID}, {Name: "displayName", Value: r.Name}, {Name: "status", Value: status},
		{Name: "queryCondition", Value: content.Record{{Name: "queryText", Value: r.Query.String()}}},
		{Name: "schedule", Value: schedule},
		{Name: "detectionAction", Value: content.Record{{Name: "alertTemplate", Value: template}}},
	}
	return d, nil
}

// isoDuration prints a duration in ISO 8601: PT1H, P1D, PT0S.
func isoDuration(d time.Duration) string {
	if d == 0 {
		return "PT0S"
	}
	s := "P"
	if days := d / (24 * time.Hour); days > 0 {
		s += fmt.Sprintf("%dD", days)
		d -= days * 24 * time.Hour
	}
	if d == 0 {
		return s
	}
	s += "T"
	for _, u := range [...]struct {
		unit time.Duration
		name string
	}{{time.Hour, "H"}, {time.Minute, "M"}, {time.Second, "S"}} {
		if n := d / u.unit; n > 0 {
			s += fmt.Sprintf("%d%s", n, u.name)
			d -= n * u.unit
		}
	}
	return s
}
