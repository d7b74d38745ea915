package server

import (
	"net/http"
	"strings"
)

// What stands around a workspace: the tenant, the subscription, the resource group.

func writeList(w http.ResponseWriter, list ...any) {
	if list == nil {
		list = []any{}
	}
	writeJSON(w, http.StatusOK, map[string]any{"value": list})
}

func (s *Server) tenants(w http.ResponseWriter, _ *http.Request, _ call) {
	writeList(w, map[string]any{"id": "/tenants/" + s.opts.Tenant, "tenantId": s.opts.Tenant, "displayName": "Stand-in", "tenantCategory": "Home"})
}

func (s *Server) aboutSubscription() map[string]any {
	return map[string]any{"id": "/subscriptions/" + s.opts.Subscription, "subscriptionId": s.opts.Subscription, "tenantId": s.opts.Tenant, "displayName": "Stand-in", "state": "Enabled"}
}

func (s *Server) subscriptions(w http.ResponseWriter, _ *http.Request, _ call) {
	writeList(w, s.aboutSubscription())
}

func (s *Server) subscription(w http.ResponseWriter, _ *http.Request, _ call) {
	writeJSON(w, http.StatusOK, s.aboutSubscription())
}

func (s *Server) locations(w http.ResponseWriter, _ *http.Request, _ call) {
	writeList(w, map[string]any{"id": "/subscriptions/" + s.opts.Subscription + "/locations/" + s.opts.Location, "name": s.opts.Location, "type": "Region",
		"displayName": s.opts.Location, "regionalDisplayName": s.opts.Location, "metadata": map[string]any{"regionType": "Physical", "regionCategory": "Recommended"}})
}

func (s *Server) aboutGroup() map[string]any {
	return map[string]any{"id": "/subscriptions/" + s.opts.Subscription + "/resourceGroups/" + s.opts.ResourceGroup, "name": s.opts.ResourceGroup,
		"type": "Microsoft.Resources/resourceGroups", "location": s.opts.Location, "properties": map[string]any{"provisioningState": "Succeeded"}}
}

func (s *Server) groups(w http.ResponseWriter, _ *http.Request, _ call) {
	writeList(w, s.aboutGroup())
}

func (s *Server) group(w http.ResponseWriter, r *http.Request, c call) {
	ours := c.lower[3] == strings.ToLower(s.opts.ResourceGroup)
	switch {
	case r.Method == http.MethodHead && ours:
		w.WriteHeader(http.StatusNoContent)
	case r.Method == http.MethodHead:
		w.WriteHeader(http.StatusNotFound)
	case !ours:
		writeError(w, http.StatusNotFound, "ResourceGroupNotFound", "Resource group '"+shorten(c.segments[3])+"' could not be found.")
	default:
		writeJSON(w, http.StatusOK, s.aboutGroup())
	}
}

// resources lists what stands in the resource group by itself: the workspace and the workbooks.
func (s *Server) resources(w http.ResponseWriter, _ *http.Request, _ call) {
	var list []any
	for _, name := range []string{"Microsoft.OperationalInsights/workspaces", "Microsoft.Insights/workbooks"} {
		for _, r := range s.store.ofType(name) {
			list = append(list, map[string]any{"id": r.ID, "name": r.Name, "type": r.Type, "location": r.Location, "tags": r.Tags})
		}
	}
	writeList(w, list...)
}

func (s *Server) provider(w http.ResponseWriter, _ *http.Request, c call) {
	writeJSON(w, http.StatusOK, map[string]any{"id": "/" + strings.Join(c.segments[:4], "/"), "namespace": c.segments[3], "registrationState": "Registered", "resourceTypes": []any{}})
}
