package sentinel

import (
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/seed-caab1ad3/blindspot/content"
)

// Incident is a case made of one or more alerts of one rule.
type Incident struct {
	Number      int
	Rule        *content.Rule
	Title       string
	Description string
	Severity    string
	Status      string // New, Active, Closed
	Alerts      []Alert
	Created     time.Time
	Modified    time.Time
	Closed      time.Time // zero when it is open
	// FirstActivity and LastActivity span the events of its alerts (fact S113).
	FirstActivity, LastActivity time.Time
	// Reopened counts how often a matching alert opened it again.
	Reopened int

	Owner    string
	Labels   []string
	Tasks    []string
	Comments []string
	// Classification, with its reason and comment, is given when the incident is closed.
	Classification, ClassificationReason, ClassificationComment string
}

// IncidentChange is an incident as it was after a change: one row of SecurityIncident (fact S111).
type IncidentChange struct {
	Incident Incident
	At       time.Time
	By       string
	// What names the properties that changed: Created, Alerts, Status, Severity, Owner, Labels, Tasks, Comments.
	What []string
}

// Who changes incidents.
const (
	ByRule       = "Microsoft Sentinel"
	ByGrouping   = "Alert Grouping"
	ByAutomation = "Automation rule"
	ByUser       = "User"
)

const maxIncidentAlerts = 150

const defaultGroupingLookback = 5 * time.Hour

// Incidents files alerts into incidents as their rules' grouping says.
type Incidents struct {
	Options    Options
	Automation []AutomationRule
	All        []*Incident
	History    []IncidentChange
	// Played are the playbooks that automation rules started.
	Played []Played

	perRule map[any][]*Incident
}

// Add files the alerts of one run and returns the incidents that were made or changed, each once, in order. They get all
// alerts of the run at once (fact S107); automation rules then run on each.
func (s *Incidents) Add(rule *content.Rule, alerts []Alert, at time.Time) []*Incident {
	if len(alerts) == 0 {
		return nil
	}
	s.onAlerts(rule, alerts, at)
	if rule.Incident != nil && !rule.Incident.CreateIncident {
		return nil
	}
	var touched []*Incident
	was := map[*Incident]Incident{}
	for _, a := range alerts {
		i, before := s.file(rule, a, at)
		if _, seen := was[i]; !seen {
			was[i] = before
			touched = append(touched, i)
		}
	}
	for _, i := range touched {
		before := was[i]
		if before.Number == 0 {
			s.record(i, at, ByRule, "Created")
			s.onCreate(i, at)
			continue
		}
		what := []string{"Alerts"}
		if before.Status != i.Status {
			what = append(what, "Status")
		}
		if before.Severity != i.Severity {
			what = append(what, "Severity")
		}
		s.record(i, at, ByGrouping, what...)
		s.onUpdate(i, before, at, ByGrouping, what)
	}
	return touched
}

// record notes an incident's state after a change.
func (s *Incidents) record(i *Incident, at time.Time, by string, what ...string) {
	i.Modified = at
	c := *i
	c.Alerts = i.Alerts[:len(i.Alerts):len(i.Alerts)]
	c.Labels, c.Tasks, c.Comments = slices.Clone(i.Labels), slices.Clone(i.Tasks), slices.Clone(i.Comments)
	s.History = append(s.History, IncidentChange{c, at, by, what})
}

// file puts an alert into an incident that takes it or a new one. before is what the incident was; its Number is 0 when
// it is new.
func (s *Incidents) file(rule *content.Rule, a Alert, at time.Time) (i *Incident, before Incident) {
	if g := grouping(rule); g != nil {
		if i := s.match(rule, g, a); i != nil {
			before = *i
			s.join(i, a, at)
			return i, before
		}
	}
	i = &Incident{Number: len(s.All) + 1, Rule: rule, Title: a.Name, Description: a.Description, Severity: a.Severity, Status: "New", Created: at}
	if s.Options.Defender { // the row has none there (fact S146)
		i.Description = ""
	}
	s.All = append(s.All, i)
	if s.perRule == nil {
		s.perRule = map[any][]*Incident{}
	}
	key := ruleKey(rule)
	s.perRule[key] = append(s.perRule[key], i)
	s.join(i, a, at)
	return i, before
}

func grouping(rule *content.Rule) *content.Grouping {
	if rule.Incident == nil || rule.Incident.Grouping == nil || !rule.Incident.Grouping.Enabled {
		return nil
	}
	return rule.Incident.Grouping
}

// match finds the youngest incident that takes the alert. The time frame runs from the incident's first alert (facts
// S102, S103), a closed incident takes it only when the rule reopens (S108), and a full one never does (S107).
func (s *Incidents) match(rule *content.Rule, g *content.Grouping, a Alert) *Incident {
	frame := g.Lookback.Value
	if frame == 0 {
		frame = defaultGroupingLookback
	}
	list := s.perRule[ruleKey(rule)]
	for k := len(list) - 1; k >= 0; k-- {
		i := list[k]
		switch {
		case a.Time.Sub(i.Alerts[0].Time) > frame, len(i.Alerts) >= maxIncidentAlerts:
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
	types := g.Entities
	if types == nil { // none, not all
		types = []string{}
	}
	for _, k := range entityKeys(a.Entities, types) {
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
		i.Status, i.Closed = "New", time.Time{}
		i.Classification, i.ClassificationReason, i.ClassificationComment = "", "", ""
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

// Close closes an incident as an analyst does.
func (s *Incidents) Close(i *Incident, at time.Time) {
	before := *i
	i.Status, i.Closed = "Closed", at
	if i.Classification == "" {
		i.Classification = "Undetermined"
	}
	s.record(i, at, ByUser, "Status")
	s.onUpdate(i, before, at, ByUser, []string{"Status"})
}
