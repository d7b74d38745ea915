package sentinel

import (
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/seed-caab1ad3/blindspot/content"
)

// AutomationRule acts on incidents and alerts (facts S115 to S121). Rules of one trigger run one after the other in their
// order; later ones see what earlier ones did, and those on creation run before those on updates. Rules of equal order run
// in the order of the list here; the service promises none.
type AutomationRule struct {
	Name    string
	Order   int
	Trigger AutomationTrigger
	// Expires, when set, is the instant from which the rule no longer runs.
	Expires time.Time
	// Rules limits it to alerts and incidents of these analytics rules, by id or name; none means all.
	Rules      []string
	Conditions []Condition
	Actions    []AutomationAction
}

// AutomationTrigger is what sets an automation rule off.
type AutomationTrigger string

// The triggers.
const (
	OnIncidentCreated AutomationTrigger = "incident created"
	OnIncidentUpdated AutomationTrigger = "incident updated"
	OnAlertCreated    AutomationTrigger = "alert created"
)

// Condition is one test; all of a rule's must hold.
type Condition struct {
	// Property is Title, Description, Severity, Status, Owner, Label, Tactic, UpdatedBy, or an entity's identifier with its
	// type before it: AccountName, AccountUPNSuffix, IPAddress.
	Property string
	// Operator is Equals, NotEquals, Contains, NotContains, StartsWith, EndsWith; on updates also Changed, ChangedFrom,
	// ChangedTo, Added.
	Operator string
	Values   []string // one of them is enough; for the negated operators none may hold
}

// AutomationAction is one step; exactly one of its fields is set.
type AutomationAction struct {
	Status, Severity, Owner, Label, Task, Playbook string
	// Classification goes with Status Closed.
	Classification, Comment string
}

// Limits of automation rules (fact S121).
const (
	maxAutomationRules      = 512
	maxAutomationActions    = 20
	maxAutomationConditions = 50
)

func checkAutomation(rules []AutomationRule) error {
	if n := len(rules); n > maxAutomationRules {
		return fmt.Errorf("%d automation rules; a workspace has %d at most", n, maxAutomationRules)
	}
	for _, r := range rules {
		if err := r.Check(); err != nil {
			return err
		}
	}
	return nil
}

// Check tells what is wrong with a rule.
func (r AutomationRule) Check() error {
	switch {
	case len(r.Actions) == 0:
		return fmt.Errorf("automation rule %q has no action", r.Name)
	case len(r.Actions) > maxAutomationActions:
		return fmt.Errorf("automation rule %q has %d actions; %d are allowed", r.Name, len(r.Actions), maxAutomationActions)
	case len(r.Conditions) > maxAutomationConditions:
		return fmt.Errorf("automation rule %q has %d conditions; %d are allowed", r.Name, len(r.Conditions), maxAutomationConditions)
	case r.Trigger == OnAlertCreated && len(r.Conditions) > 0:
		return fmt.Errorf("automation rule %q runs when an alert is created and has conditions; such a rule can only be limited to analytics rules", r.Name)
	}
	switch r.Trigger {
	case OnIncidentCreated, OnIncidentUpdated, OnAlertCreated:
		return nil
	}
	return fmt.Errorf("automation rule %q has the trigger %q; it is %q, %q or %q", r.Name, r.Trigger, OnIncidentCreated, OnIncidentUpdated, OnAlertCreated)
}

// ordered lists the rules of a trigger that run at an instant, in their order.
func (s *Incidents) ordered(t AutomationTrigger, rule *content.Rule, at time.Time) []AutomationRule {
	var out []AutomationRule
	for _, r := range s.Automation {
		if r.Trigger != t || !r.Expires.IsZero() && !at.Before(r.Expires) {
			continue
		}
		if len(r.Rules) > 0 && !slices.Contains(r.Rules, rule.ID) && !slices.Contains(r.Rules, rule.Name) {
			continue
		}
		out = append(out, r)
	}
	sort.SliceStable(out, func(i, j int) bool { return out[i].Order < out[j].Order })
	return out
}

// update is what a rule on updates is asked about.
type update struct {
	before Incident
	by     string
	what   []string
}

// onCreate runs the rules on creation, then those on updates for what they changed (facts S116, S117).
func (s *Incidents) onCreate(i *Incident, at time.Time) {
	before := *i
	var what []string
	for _, r := range s.ordered(OnIncidentCreated, i.Rule, at) {
		if i.meets(r.Conditions, nil) {
			what = append(what, s.act(i, r, at)...)
		}
	}
	if len(what) > 0 {
		s.onUpdate(i, before, at, ByAutomation, what)
	}
}

// onUpdate runs the rules on updates once. What they change themselves sets none of them off again.
func (s *Incidents) onUpdate(i *Incident, before Incident, at time.Time, by string, what []string) {
	for _, r := range s.ordered(OnIncidentUpdated, i.Rule, at) {
		if i.meets(r.Conditions, &update{before, by, what}) {
			s.act(i, r, at)
		}
	}
}

// onAlerts runs the rules on alerts: all they can do is run playbooks, which is left to the caller to see in Played.
func (s *Incidents) onAlerts(rule *content.Rule, alerts []Alert, at time.Time) {
	for _, r := range s.ordered(OnAlertCreated, rule, at) {
		for _, a := range r.Actions {
			if a.Playbook != "" {
				for range alerts {
					s.Played = append(s.Played, Played{r.Name, a.Playbook, at})
				}
			}
		}
	}
}

// Played is a playbook that an automation rule started; what it does is not modelled.
type Played struct {
	By, Playbook string
	At           time.Time
}

// act runs a rule's actions in the list's order and returns the properties that changed.
func (s *Incidents) act(i *Incident, r AutomationRule, at time.Time) []string {
	var what []string
	for _, a := range r.Actions {
		switch {
		case a.Status != "" && a.Status != i.Status:
			i.Status = a.Status
			i.Closed = time.Time{}
			if a.Status == "Closed" {
				i.Closed = at
				i.Classification, i.ClassificationComment = a.Classification, a.Comment
			}
			what = append(what, "Status")
		case a.Severity != "" && a.Severity != i.Severity:
			i.Severity = a.Severity
			what = append(what, "Severity")
		case a.Owner != "" && a.Owner != i.Owner:
			i.Owner = a.Owner
			what = append(what, "Owner")
		case a.Label != "" && !slices.Contains(i.Labels, a.Label):
			i.Labels = append(i.Labels, a.Label)
			what = append(what, "Labels")
		case a.Task != "":
			i.Tasks = append(i.Tasks, a.Task)
			what = append(what, "Tasks")
		case a.Playbook != "":
			s.Played = append(s.Played, Played{r.Name, a.Playbook, at})
		}
	}
	if len(what) > 0 {
		s.record(i, at, ByAutomation, what...)
	}
	return what
}

// meets reports whether all conditions hold. u is nil on creation.
func (i *Incident) meets(conditions []Condition, u *update) bool {
	for _, c := range conditions {
		if !i.holds(c, u) {
			return false
		}
	}
	return true
}

func (i *Incident) holds(c Condition, u *update) bool {
	one := func(list []string, match func(have, want string) bool) bool {
		for _, have := range list {
			for _, want := range c.Values {
				if match(strings.ToLower(have), strings.ToLower(want)) {
					return true
				}
			}
		}
		return false
	}
	have := i.property(c.Property)
	if c.Property == "UpdatedBy" {
		if u == nil {
			return false
		}
		have = []string{u.by}
	}
	equal := func(a, b string) bool { return a == b }
	switch c.Operator {
	case "Equals":
		return one(have, equal)
	case "NotEquals":
		return !one(have, equal)
	case "Contains":
		return one(have, strings.Contains)
	case "NotContains":
		return !one(have, strings.Contains)
	case "StartsWith":
		return one(have, strings.HasPrefix)
	case "EndsWith":
		return one(have, strings.HasSuffix)
	}
	if u == nil {
		return false
	}
	changed := slices.Contains(u.what, c.Property) || slices.Contains(u.what, c.Property+"s")
	switch c.Operator {
	case "Changed", "Added":
		return changed
	case "ChangedFrom":
		return changed && one(u.before.property(c.Property), equal)
	case "ChangedTo":
		return changed && one(have, equal)
	}
	return false
}

// property lists the values that a condition looks at.
func (i *Incident) property(name string) []string {
	switch name {
	case "Title":
		return []string{i.Title}
	case "Description":
		return []string{i.Description}
	case "Severity":
		return []string{i.Severity}
	case "Status":
		return []string{i.Status}
	case "Owner":
		return []string{i.Owner}
	case "Label":
		return i.Labels
	case "Tactic":
		var out []string
		for _, a := range i.Alerts {
			out = append(out, a.Tactics...)
		}
		return out
	}
	var out []string
	for _, a := range i.Alerts {
		for _, e := range a.Entities {
			if rest, ok := strings.CutPrefix(name, e.Type); ok {
				if v := e.Get(rest); v != "" {
					out = append(out, v)
				}
			}
		}
	}
	return out
}
