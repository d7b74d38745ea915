package server

import (
	"fmt"
	"strings"

	"github.com/seed-caab1ad3/blindspot/content"
)

// seed puts in place what every workspace has: itself, its onboarding to Sentinel, and the tenant's categories.
func (s *Server) seed() error {
	var failed error
	put := func(id string, props map[string]any) {
		if e := s.place(id, "", props); e != nil && failed == nil {
			failed = fmt.Errorf("%s: %w", id, e)
		}
	}
	put(s.WorkspaceResource(), map[string]any{"customerId": s.opts.WorkspaceID, "provisioningState": "Succeeded", "retentionInDays": number("90"), "sku": map[string]any{"name": "PerGB2018"}})
	put(s.WorkspaceResource()+"/providers/Microsoft.SecurityInsights/onboardingStates/default", map[string]any{"customerManagedKey": false})
	for _, c := range entraCategories {
		put("/providers/microsoft.aadiam/diagnosticSettingsCategories/"+c, map[string]any{"categoryType": "Logs"})
	}
	return failed
}

// place keeps a resource of our own making, unless it is there.
func (s *Server) place(id, kind string, props map[string]any) error {
	p, ok := s.parse(pathOf(id))
	if !ok {
		return fmt.Errorf("no type is known for %s", id)
	}
	if s.store.get(p.id()) != nil {
		return nil
	}
	_, e := s.store.change(p.id(), func(_ *txn, old *resource) (*resource, *armError) {
		if old != nil {
			return old, nil
		}
		n := &resource{ID: p.id(), Name: p.name, Type: p.t.name, Kind: kind, Properties: props}
		if p.t.name == "Microsoft.OperationalInsights/workspaces" {
			n.Location = s.opts.Location
		}
		n.Etag = s.etag(n, nil)
		return n, nil
	})
	if e != nil {
		return e
	}
	return nil
}

func pathOf(id string) (segments, lower []string) {
	segments = splitPath(id)
	lower = make([]string, len(segments))
	for i, p := range segments {
		lower[i] = strings.ToLower(p)
	}
	return segments, lower
}

// templates puts the rules of the shipped pack in place as alert rule templates, once somebody asks for templates.
func (s *Server) templates() {
	if s.templated.Load() {
		return
	}
	s.templating.Lock()
	defer s.templating.Unlock()
	if s.templated.Load() {
		return
	}
	b, _ := content.Load(content.Embedded(), content.Options{})
	for _, r := range b.Rules {
		if r.ID == "" || r.Kind != content.Scheduled && r.Kind != "NRT" {
			continue
		}
		if err := s.place(s.WorkspaceResource()+"/providers/Microsoft.SecurityInsights/alertRuleTemplates/"+r.ID, r.Kind, s.template(r)); err != nil && s.opts.Log != nil {
			s.opts.Log("templates: " + err.Error())
		}
	}
	s.templated.Store(true)
}

// template is a rule as the service's gallery shows it.
func (s *Server) template(r *content.Rule) map[string]any {
	day := s.opts.Now().UTC().Format("2006-01-02T00:00:00Z")
	p := map[string]any{"displayName": r.Name, "description": r.Description, "severity": r.Severity, "query": r.Query.String(), "status": "Available",
		"version": r.Version, "alertRulesCreatedByTemplateCount": number("0"), "createdDateUTC": day, "lastUpdatedDateUTC": day, "tactics": list(r.Tactics)}
	if r.Status != "" {
		p["status"] = r.Status
	}
	var techniques, sub []string
	for _, t := range r.Techniques {
		if strings.Contains(t, ".") {
			sub = append(sub, t)
		} else {
			techniques = append(techniques, t)
		}
	}
	p["techniques"], p["subTechniques"] = list(techniques), list(sub)
	if r.Kind == content.Scheduled {
		p["queryFrequency"], p["queryPeriod"] = r.QueryFrequency.ISO(), r.QueryPeriod.ISO()
		p["triggerOperator"], p["triggerThreshold"] = r.TriggerOperator, number(fmt.Sprint(r.TriggerThreshold))
	}
	var connectors, mappings []any
	for _, c := range r.Connectors {
		connectors = append(connectors, map[string]any{"connectorId": c.ID, "dataTypes": list(c.DataTypes)})
	}
	for _, m := range r.EntityMappings {
		var fields []any
		for _, f := range m.FieldMappings {
			fields = append(fields, map[string]any{"identifier": f.Identifier, "columnName": f.ColumnName})
		}
		mappings = append(mappings, map[string]any{"entityType": m.EntityType, "fieldMappings": fields})
	}
	p["requiredDataConnectors"], p["entityMappings"] = connectors, mappings
	if len(r.CustomDetails) > 0 {
		d := map[string]any{}
		for _, c := range r.CustomDetails {
			d[c.Name] = c.Column
		}
		p["customDetails"] = d
	}
	kind := r.EventGrouping
	if kind == "" {
		kind = "SingleAlert"
	}
	p["eventGroupingSettings"] = map[string]any{"aggregationKind": kind}
	return p
}

func list(s []string) []any {
	out := make([]any, len(s))
	for i, x := range s {
		out[i] = x
	}
	return out
}
