package server

import (
	"crypto/sha1"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/google/uuid"
)

// stableID is a GUID that depends on its parts alone.
func stableID(parts ...string) string {
	h := sha1.Sum([]byte(strings.Join(parts, "\x00")))
	var u uuid.UUID
	copy(u[:], h[:])
	u[6] = u[6]&0x0f | 0x50
	u[8] = u[8]&0x3f | 0x80
	return u.String()
}

// checkAutomationRule holds the limits of rules that act on incidents and alerts.
func checkAutomationRule(c *checking) *armError {
	r := c.r
	if e := missing(r, "displayName", "order", "triggeringLogic", "actions"); e != nil {
		return e
	}
	if len([]rune(r.text("displayName"))) > 500 {
		return bad("Invalid data model. [displayName: The field displayName must be a string with a maximum length of 500.]")
	}
	n, _ := r.Properties["order"].(json.Number)
	if v, err := integer(n); err != nil || v < 1 || v > 1000 {
		return bad("Invalid data model. [order: The field order must be between 1 and 1000.]")
	}
	t, ok := r.Properties["triggeringLogic"].(map[string]any)
	if !ok {
		return bad("Invalid data model. [triggeringLogic: The value must be an object.]")
	}
	on, _ := t["triggersOn"].(string)
	when, _ := t["triggersWhen"].(string)
	if !oneOf(on, "Incidents", "Alerts") || !oneOf(when, "Created", "Updated") {
		return bad("Invalid data model. [triggeringLogic: triggersOn must be Incidents or Alerts and triggersWhen Created or Updated.]")
	}
	if on == "Alerts" && when == "Updated" {
		return bad("Invalid data model. [triggeringLogic: Alerts can only trigger when Created.]")
	}
	if c, _ := t["conditions"].([]any); len(c) > 50 {
		return bad("Invalid data model. [conditions: At most 50 conditions can be defined.]")
	}
	actions, ok := r.Properties["actions"].([]any)
	if !ok || len(actions) == 0 || len(actions) > 20 {
		return bad("Invalid data model. [actions: Between 1 and 20 actions must be defined.]")
	}
	for _, a := range actions {
		m, _ := a.(map[string]any)
		kind, _ := m["actionType"].(string)
		if !oneOf(kind, "ModifyProperties", "RunPlaybook", "AddIncidentTask") {
			return bad("Invalid data model. [actions: Invalid action type '%s'.]", kind)
		}
	}
	return nil
}

func checkMetadata(c *checking) *armError {
	r := c.r
	if e := missing(r, "parentId", "kind"); e != nil {
		return e
	}
	if k := r.text("kind"); !oneOf(k, "DataConnector", "DataType", "Workbook", "WorkbookTemplate", "Playbook", "PlaybookTemplate", "AnalyticsRuleTemplate", "AnalyticsRule",
		"HuntingQuery", "InvestigationQuery", "Parser", "Watchlist", "WatchlistTemplate", "Solution", "AzureFunction", "LogicAppsCustomConnector", "AutomationRule") {
		return bad("Invalid data model. [kind: Invalid value '%s'.]", k)
	}
	return nil
}

func checkDataConnector(c *checking) *armError {
	r := c.r
	if r.Kind == "" {
		return bad("Invalid data model. [kind: The kind field is required.]")
	}
	if r.Kind == "AzureActiveDirectory" {
		return missing(r, "tenantId", "dataTypes")
	}
	return nil
}

func checkOnboarding(c *checking) *armError {
	r := c.r
	if !strings.EqualFold(r.Name, "default") {
		return bad("The only onboarding state is 'default'.")
	}
	return nil
}

// checkWorkspace keeps what the service sets of a workspace.
func checkWorkspace(c *checking) *armError {
	r := c.r
	r.Properties = clone(r.Properties)
	if c.old != nil {
		for _, p := range []string{"customerId", "createdDate"} {
			if v, ok := c.old.Properties[p]; ok {
				r.Properties[p] = v
			}
		}
	}
	if v, ok := r.Properties["retentionInDays"].(json.Number); ok {
		if d, err := v.Int64(); err != nil || d < 7 || d > 730 {
			return bad("The property 'retentionInDays' must be between 7 and 730.")
		}
	}
	r.setDefault("sku", map[string]any{"name": "PerGB2018"})
	r.setDefault("retentionInDays", number("30"))
	r.setDefault("publicNetworkAccessForIngestion", "Enabled")
	r.setDefault("publicNetworkAccessForQuery", "Enabled")
	r.Properties["provisioningState"] = "Succeeded"
	r.Properties["modifiedDate"] = stamp(c.server.opts.Now())
	return nil
}

func checkTable(c *checking) *armError {
	r := c.r
	schema, _ := r.Properties["schema"].(map[string]any)
	if schema != nil {
		if name, _ := schema["name"].(string); name != "" && !strings.EqualFold(name, r.Name) {
			return bad("The schema is of table '%s'.", name)
		}
		if columns, _ := schema["columns"].([]any); len(columns) > 500 {
			return bad("The table has %d columns; a table may have 500.", len(columns))
		}
	}
	for _, p := range []struct {
		name   string
		lo, hi int64
	}{{"retentionInDays", 4, 730}, {"totalRetentionInDays", 4, 4383}} {
		v, ok := r.Properties[p.name].(json.Number)
		if !ok {
			continue
		}
		if d, err := v.Int64(); err != nil || d != -1 && (d < p.lo || d > p.hi) {
			return bad("The property '%s' must be between %d and %d.", p.name, p.lo, p.hi)
		}
	}
	r.Properties = clone(r.Properties)
	r.setDefault("plan", "Analytics")
	r.Properties["provisioningState"] = "Succeeded"
	return nil
}

// entraCategories are the log categories of Entra ID that the stand-in knows; the service's list is open.
var entraCategories = []string{"AuditLogs", "SignInLogs", "NonInteractiveUserSignInLogs", "ServicePrincipalSignInLogs", "ManagedIdentitySignInLogs", "ProvisioningLogs",
	"ADFSSignInLogs", "RiskyUsers", "UserRiskEvents", "NetworkAccessTrafficLogs", "RiskyServicePrincipals", "ServicePrincipalRiskEvents", "EnrichedOffice365AuditLogs",
	"MicrosoftGraphActivityLogs", "RemoteNetworkHealthLogs", "NetworkAccessAlerts", "MicrosoftServicePrincipalSignInLogs", "CustomSecurityAttributeAuditLogs", "B2CRequestLogs", "AzureADGraphActivityLogs"}

const maxDiagnosticSettings = 5

func checkDiagnosticSetting(c *checking) *armError {
	r := c.r
	if r.text("workspaceId") == "" && r.text("storageAccountId") == "" && r.text("eventHubAuthorizationRuleId") == "" {
		return bad("At least one destination (workspaceId, storageAccountId or eventHubAuthorizationRuleId) must be given.")
	}
	logs, ok := r.Properties["logs"].([]any)
	if !ok || len(logs) == 0 {
		return bad("At least one log category must be given.")
	}
	for _, l := range logs {
		m, _ := l.(map[string]any)
		c, _ := m["category"].(string)
		if !oneOf(c, entraCategories...) {
			return bad("Category '%s' is not supported.", c)
		}
	}
	if c.old == nil {
		n := 1
		for _, x := range c.s.items {
			if x.Type == r.Type {
				n++
			}
		}
		if n > maxDiagnosticSettings {
			return &armError{409, "Conflict", fmt.Sprintf("A tenant may have %d diagnostic settings.", maxDiagnosticSettings)}
		}
	}
	return nil
}

// showDiagnosticSetting gives the id without its leading slash and no type, as the service's examples show.
func showDiagnosticSetting(_ *Server, r *resource, out map[string]any, _ string) {
	out["id"] = strings.TrimPrefix(r.ID, "/")
	out["type"] = nil
	delete(out, "etag")
}

// showTable adds what the service says of every table.
func showTable(_ *Server, r *resource, out map[string]any, _ string) {
	p := out["properties"].(map[string]any)
	for _, n := range []string{"retentionInDays", "totalRetentionInDays"} {
		if _, ok := p[n]; !ok {
			p[n] = number("90")
		}
	}
	schema, _ := p["schema"].(map[string]any)
	schema = clone(schema)
	schema["name"] = r.Name
	schema["tableType"] = "Microsoft"
	schema["tableSubType"] = "Any"
	if strings.HasSuffix(r.Name, "_CL") {
		schema["tableType"], schema["tableSubType"] = "CustomLog", "DataCollectionRuleBased"
	}
	p["schema"] = schema
}
