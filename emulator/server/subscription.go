package server

import (
	"net/http"
	"strings"
)

// fixed answers what has no resource type of its own: subscriptions, resource groups, provider registration, and query
// paths below a workspace. true means that it has answered.
func (s *Server) fixed(w http.ResponseWriter, r *http.Request, segments, lower []string) bool {
	n := len(lower)
	join := strings.Join(lower, "/")
	subscription := map[string]any{"id": "/subscriptions/" + s.opts.Subscription, "subscriptionId": s.opts.Subscription, "tenantId": s.opts.Tenant, "displayName": "Stand-in", "state": "Enabled"}
	group := map[string]any{"id": "/subscriptions/" + s.opts.Subscription + "/resourceGroups/" + s.opts.ResourceGroup, "name": s.opts.ResourceGroup,
		"type": "Microsoft.Resources/resourceGroups", "location": s.opts.Location, "properties": map[string]any{"provisioningState": "Succeeded"}}
	known := n < 2 || lower[0] != "subscriptions" || lower[1] == strings.ToLower(s.opts.Subscription)
	switch {
	case join == "tenants" && r.Method == http.MethodGet:
		writeJSON(w, 200, map[string]any{"value": []any{map[string]any{"id": "/tenants/" + s.opts.Tenant, "tenantId": s.opts.Tenant, "displayName": "Stand-in", "tenantCategory": "Home"}}})
	case join == "subscriptions" && r.Method == http.MethodGet:
		writeJSON(w, 200, map[string]any{"value": []any{subscription}})
	case !known:
		writeError(w, 404, "SubscriptionNotFound", "The subscription '"+segments[1]+"' could not be found.")
	case n == 2 && lower[0] == "subscriptions" && r.Method == http.MethodGet:
		writeJSON(w, 200, subscription)
	case n == 3 && lower[2] == "resourcegroups" && r.Method == http.MethodGet:
		writeJSON(w, 200, map[string]any{"value": []any{group}})
	case n == 4 && lower[2] == "resourcegroups" && r.Method == http.MethodHead:
		w.WriteHeader(map[bool]int{true: http.StatusNoContent, false: http.StatusNotFound}[lower[3] == strings.ToLower(s.opts.ResourceGroup)])
	case n == 3 && lower[2] == "locations" && r.Method == http.MethodGet:
		writeJSON(w, 200, map[string]any{"value": []any{map[string]any{"id": "/subscriptions/" + s.opts.Subscription + "/locations/" + s.opts.Location, "name": s.opts.Location,
			"type": "Region", "displayName": s.opts.Location, "regionalDisplayName": s.opts.Location, "metadata": map[string]any{"regionType": "Physical", "regionCategory": "Recommended"}}}})
	case n == 3 && lower[2] == "resources" && r.Method == http.MethodGet, n == 5 && lower[2] == "resourcegroups" && lower[4] == "resources" && r.Method == http.MethodGet:
		s.resources(w)
	case n == 4 && lower[2] == "resourcegroups" && r.Method == http.MethodGet:
		if lower[3] != strings.ToLower(s.opts.ResourceGroup) {
			writeError(w, 404, "ResourceGroupNotFound", "Resource group '"+segments[3]+"' could not be found.")
			return true
		}
		writeJSON(w, 200, group)
	case n >= 4 && lower[0] == "subscriptions" && lower[2] == "providers" && (n == 4 && r.Method == http.MethodGet || n == 5 && lower[4] == "register" && r.Method == http.MethodPost):
		writeJSON(w, 200, map[string]any{"id": "/" + strings.Join(segments[:4], "/"), "namespace": segments[3], "registrationState": "Registered", "resourceTypes": []any{}})
	case n == 10 && lower[5] == "microsoft.resources" && lower[8] == "operationstatuses" && r.Method == http.MethodGet:
		s.operationStatus(w, "/"+strings.Join(segments[:8], "/"))
	case strings.HasSuffix(join, "/api/query"), strings.HasSuffix(join, "/providers/microsoft.insights/logs"), strings.HasSuffix(join, "/query"):
		s.logs(w, r, segments, lower)
	default:
		return false
	}
	return true
}

// resources lists what stands in the resource group by itself: the workspace and the workbooks.
func (s *Server) resources(w http.ResponseWriter) {
	value := []any{}
	for _, name := range []string{"Microsoft.OperationalInsights/workspaces", "Microsoft.Insights/workbooks"} {
		for _, r := range s.store.ofType(name) {
			value = append(value, map[string]any{"id": r.ID, "name": r.Name, "type": r.Type, "location": r.Location, "tags": r.Tags})
		}
	}
	writeJSON(w, http.StatusOK, map[string]any{"value": value})
}

// action answers a segment behind a resource.
func (s *Server) action(w http.ResponseWriter, r *http.Request, p place, version string) {
	switch {
	case p.t.name == "Microsoft.Resources/deployments" && p.action == "validate" && r.Method == http.MethodPost:
		s.validateDeployment(w, r, p)
	case p.t.name == "Microsoft.Resources/deployments" && strings.EqualFold(p.action, "whatIf") && r.Method == http.MethodPost:
		s.whatIf(w, r)
	case p.t.name == "Microsoft.SecurityInsights/incidents" && r.Method == http.MethodPost && oneOf(p.action, "alerts", "bookmarks", "entities"):
		s.incidentParts(w, p, version)
	case p.t.name == "Microsoft.OperationalInsights/workspaces" && p.action == "schema" && r.Method == http.MethodPost:
		s.searchSchema(w)
	case p.t.name == "Microsoft.Resources/deployments" && p.action == "operations" && r.Method == http.MethodGet:
		s.deploymentOperations(w, p)
	default:
		writeError(w, http.StatusNotFound, "InvalidResourceType", "There is no action '"+p.action+"' on "+p.t.name+".")
	}
}
