package sentinel

import (
	"sort"
	"strings"
	"time"

	"github.com/seed-caab1ad3/blindspot/content"
)

// Incident is a case made of one or more alerts of one rule.
type Incident struct {
	Number   int
	Rule     *content.Rule
	Title    string
	Severity string
	Status   string // New, Active, Closed
	Alerts   []Alert
	Created  time.Time
	Modified time.Time
	// FirstActivity and LastActivity span the events of its alerts (fact S113).
	FirstActivity, LastActivity time.Time
	// Reopened counts how often a matching alert opened it again.
	Reopened int
}

const maxIncidentAlerts = 150

const defaultGroupingLookback = 5 * time.Hour

// Incidents files alerts into incidents as their rules' grouping says.
type Incidents struct {
	Options Options
	All     []*Incident

	perRule map[*content.Rule][]*Incident
}

// Add files the alerts of one run and returns the incidents that were made or changed, each once, in order.
func (s *Incidents) Add(rule *content.Rule, alerts []Alert, at time.Time) []*Incident {
	if rule.Incident != nil && !rule.Incident.CreateIncident {
		return nil
	}
	var touched []*Incident
	for _, a := range alerts {
		i := s.file(rule, a, at)
		if len(touched) == 0 || touched[len(touched)-1] != i {
			touched = append(touched, i)
		}
	}
	return touched
}

func (s *Incidents) file(rule *content.Rule, a Alert, at time.Time) *Incident {
	g := grouping(rule)
	if g != nil {
		if i := s.match(rule, g, a, at); i != nil {
			s.join(i, a, at)
			return i
		}
	}
	i := &Incident{Number: len(s.All) + 1, Rule: rule, Title: a.Name, Severity: a.Severity, Status: "New", Created: at}
	s.All = append(s.All, i)
	if s.perRule == nil {
		s.perRule = map[*content.Rule][]*Incident{}
	}
	s.perRule[rule] = append(s.perRule[rule], i)
	s.join(i, a, at)
	return i
}

func grouping(rule *content.Rule) *content.Grouping {
	if rule.Incident == nil || rule.Incident.Grouping == nil || !rule.Incident.Grouping.Enabled {
		return nil
	}
	return rule.Incident.Grouping
}

// match finds the youngest incident that takes the alert. The time frame runs from the incident's first alert (facts
// S102, S103), a closed incident takes it only when the rule reopens (S108), and a full one never does (S107).
func (s *Incidents) match(rule *content.Rule, g *content.Grouping, a Alert, at time.Time) *Incident {
	frame := g.Lookback.Value
	if frame == 0 {
		frame = defaultGroupingLookback
	}
	list := s.perRule[rule]
	for k := len(list) - 1; k >= 0; k-- {
		i := list[k]
		switch {
		case at.Sub(i.Alerts[0].Time) > frame, len(i.Alerts) >= maxIncidentAlerts:
			continue
		case i.Status == "Closed" && (!g.ReopenClosedIncident || s.Options.Defender):
			continue
		}
		if s.same(g, i, a) {
			return i
		}
	}
	return nil
}

func (s *Incidents) same(g *content.Grouping, i *Incident, a Alert) bool {
	switch g.MatchingMethod {
	case "AnyAlert":
		return true
	case "Selected":
		return selectedKey(g, i.Alerts[0]) == selectedKey(g, a)
	}
	mine, theirs := entityKeys(a.Entities, nil), map[string]bool{}
	for _, b := range i.Alerts {
		for _, k := range entityKeys(b.Entities, nil) {
			theirs[k] = true
		}
	}
	if len(mine) == 0 || len(theirs) == 0 {
		return s.Options.EmptyEntitiesMatch && len(mine) == len(theirs)
	}
	for _, k := range mine {
		if !theirs[k] {
			return false
		}
	}
	return s.Options.SubsetEntitiesMatch || len(mine) == len(theirs)
}

// selectedKey is the alert's values of what the rule groups by, as one text.
func selectedKey(g *content.Grouping, a Alert) string {
	var b strings.Builder
	for _, k := range entityKeys(a.Entities, g.Entities) {
		b.WriteString(k)
		b.WriteByte(2)
	}
	for _, d := range g.AlertDetails {
		b.WriteByte(3)
		switch d {
		case "DisplayName":
			b.WriteString(a.Name)
		case "Severity":
			b.WriteString(a.Severity)
		}
	}
	for _, name := range g.CustomDetails {
		b.WriteByte(4)
		for _, d := range a.Details {
			if d.Name == name {
				values := append([]string(nil), d.Values...)
				sort.Strings(values)
				b.WriteString(strings.Join(values, "\x05"))
			}
		}
	}
	return b.String()
}

// entityKeys lists the entities' keys, sorted, each once; types restricts them when it is not nil.
func entityKeys(entities []Entity, types []string) []string {
	seen := map[string]bool{}
	var out []string
	for _, e := range entities {
		if types != nil {
			wanted := false
			for _, t := range types {
				wanted = wanted || sameName(t, e.Type)
			}
			if !wanted {
				continue
			}
		}
		if k := e.key(); !seen[k] {
			seen[k] = true
			out = append(out, k)
		}
	}
	sort.Strings(out)
	return out
}

func (s *Incidents) join(i *Incident, a Alert, at time.Time) {
	if i.Status == "Closed" {
		i.Status = "New"
		i.Reopened++
	}
	if len(i.Alerts) == 0 || a.StartTime.Before(i.FirstActivity) {
		i.FirstActivity = a.StartTime
	}
	if a.EndTime.After(i.LastActivity) {
		i.LastActivity = a.EndTime
	}
	if s.Options.RaiseSeverity && severityRank(a.Severity) > severityRank(i.Severity) {
		i.Severity = a.Severity
	}
	i.Alerts = append(i.Alerts, a)
	i.Modified = at
}

func severityRank(s string) int {
	switch s {
	case "High":
		return 3
	case "Medium":
		return 2
	case "Low":
		return 1
	}
	return 0
}

// Close closes an incident, as an analyst or a rule of automation does.
func (s *Incidents) Close(i *Incident, at time.Time) {
	i.Status = "Closed"
	i.Modified = at
}
