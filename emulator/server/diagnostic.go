package server

import (
	"fmt"
	"net/http"
	"strings"
)

// maxSettings is how many diagnostic settings a resource may have.
//
// Source: Azure Monitor documentation, "Diagnostic settings in Azure Monitor: Requirements and limitations".
const maxSettings = 5

// checkResourceSetting is what the service demands of the diagnostic setting of a resource.
//
// Source: Azure/azure-rest-api-specs, monitor preview/2021-05-01-preview/diagnosticsSettings_API.json.
func checkResourceSetting(c *checking) *armError {
	r := c.r
	if r.text("workspaceId") == "" && r.text("storageAccountId") == "" && r.text("eventHubAuthorizationRuleId") == "" && r.text("marketplacePartnerId") == "" && r.text("serviceBusRuleId") == "" {
		return bad("At least one data sink needs to be specified.")
	}
	given := false
	for _, list := range []string{"logs", "metrics"} {
		v, there := r.Properties[list]
		items, ok := v.([]any)
		if there && v != nil && !ok {
			return bad("Invalid data model. [%s: The value must be a list.]", list)
		}
		for _, x := range items {
			m, _ := x.(map[string]any)
			category, _ := m["category"].(string)
			group, _ := m["categoryGroup"].(string)
			if _, ok := m["enabled"].(bool); !ok {
				return bad("Invalid data model. [%s: The enabled field is required.]", list)
			}
			if list == "logs" && (category == "") == (group == "") {
				return bad("Invalid data model. [logs: Either category or categoryGroup is required, and not both.]")
			}
			given = true
		}
	}
	if !given {
		return bad("At least one log or metric category must be given.")
	}
	if c.old == nil && c.siblings() >= maxSettings {
		return &armError{http.StatusConflict, "Conflict", fmt.Sprintf("A resource may have %d diagnostic settings.", maxSettings)}
	}
	r.Properties = clone(r.Properties)
	for _, p := range []string{"storageAccountId", "serviceBusRuleId", "workspaceId", "eventHubAuthorizationRuleId", "eventHubName", "logAnalyticsDestinationType"} {
		r.setDefault(p, nil)
	}
	r.setDefault("logs", []any{})
	r.setDefault("metrics", []any{})
	return nil
}

// logged reports whether a diagnostic setting of the workspace sends a category of its logs to the workspace itself. The
// caller holds the store's lock.
func (s *Server) logged(category string) bool {
	prefix := strings.ToLower(s.WorkspaceResource() + "/providers/microsoft.insights/diagnosticsettings/")
	for id, r := range s.store.items {
		if !strings.HasPrefix(id, prefix) || !strings.EqualFold(r.text("workspaceId"), s.WorkspaceResource()) {
			continue
		}
		logs, _ := r.Properties["logs"].([]any)
		for _, x := range logs {
			m, _ := x.(map[string]any)
			on, _ := m["enabled"].(bool)
			if group, _ := m["categoryGroup"].(string); on && (m["category"] == category || strings.EqualFold(group, "allLogs")) {
				return true
			}
		}
	}
	return false
}
