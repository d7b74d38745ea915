package server

import (
	"net/url"
	"strings"
	"sync"
)

// types returns the resource types by their lower-cased names.
func (s *Server) types() map[string]*armType {
	typeTable.Do(func() { typesByName = allTypes() })
	return typesByName
}

var (
	typeTable   sync.Once // a check looks types up, so they cannot be made where the variable is declared
	typesByName map[string]*armType
)

// The api-versions of each namespace, ordered by date. The service's stable and preview lines are kept apart because NRT
// rules exist only in the latter.
func allTypes() map[string]*armType {
	insights := []string{"2021-10-01", "2022-08-01", "2022-11-01", "2023-02-01", "2023-11-01", "2024-03-01", "2024-09-01", "2025-03-01", "2025-06-01", "2025-07-01-preview", "2025-09-01"}
	m := map[string]*armType{}
	add := func(t *armType) {
		m[strings.ToLower(t.name)] = t
	}
	si := "Microsoft.SecurityInsights/"
	add(&armType{name: si + "alertRules", versions: insights, createdStatus: 201, check: checkAlertRule, show: showAlertRule, conflict: ruleConflict})
	add(&armType{name: si + "alertRules/actions", versions: insights, createdStatus: 201, check: checkRuleAction, show: hideTrigger})
	add(&armType{name: si + "alertRuleTemplates", versions: insights, readOnly: true})
	add(&armType{name: si + "automationRules", versions: insights, createdStatus: 201, check: checkSigned(checkAutomationRule)})
	add(&armType{name: si + "watchlists", versions: insights, createdStatus: 201, check: checkWatchlist, show: showWatchlist})
	add(&armType{name: si + "watchlists/watchlistItems", versions: insights, createdStatus: 201, check: checkWatchlistItem})
	add(&armType{name: si + "metadata", patch: true, versions: insights, createdStatus: 201, check: checkMetadata})
	add(&armType{name: si + "dataConnectors", versions: insights, createdStatus: 201, check: checkDataConnector})
	add(&armType{name: si + "onboardingStates", bare: true, versions: insights, createdStatus: 201, check: checkOnboarding})
	add(&armType{name: si + "securityMLAnalyticsSettings", versions: insights, createdStatus: 201, check: checkKind})
	add(&armType{name: si + "contentPackages", versions: insights, createdStatus: 201, check: need("contentId", "contentKind", "version", "displayName")})
	add(&armType{name: si + "contentTemplates", versions: insights, createdStatus: 201, check: need("contentId", "contentKind", "version", "displayName")})
	add(&armType{name: si + "settings", bare: true, versions: insights, createdStatus: 200})
	add(&armType{name: si + "incidents", versions: insights, createdStatus: 201, check: checkIncident, show: showIncident, page: 50})
	add(&armType{name: si + "incidents/comments", versions: insights, createdStatus: 201, check: checkComment})
	add(&armType{name: si + "incidents/tasks", versions: insights, createdStatus: 201, check: checkTask})
	add(&armType{name: si + "incidents/relations", versions: insights, createdStatus: 201, check: checkRelation})
	add(&armType{name: si + "bookmarks", versions: insights, createdStatus: 201, check: checkBookmark})
	add(&armType{name: si + "bookmarks/relations", versions: insights, createdStatus: 201, check: checkRelation})
	add(&armType{name: triggeredRuns, versions: []string{"2025-07-01-preview"}, readOnly: true})
	oi := "Microsoft.OperationalInsights/workspaces"
	add(&armType{name: oi, patch: true, check: checkWorkspace, versions: []string{"2020-08-01", "2021-06-01", "2022-10-01", "2023-09-01", "2025-02-01"}, createdStatus: 201})
	add(&armType{name: oi + "/savedSearches", versions: []string{"2020-08-01", "2023-09-01", "2025-02-01"}, createdStatus: 200, check: checkSavedSearch})
	add(&armType{name: oi + "/tables", patch: true, versions: []string{"2021-12-01-preview", "2022-10-01", "2023-09-01", "2025-02-01"}, createdStatus: 200, check: checkTable, show: showTable})
	add(&armType{name: summaryLogs, versions: []string{"2023-01-01-preview", "2025-07-01"}, createdStatus: 201, deletedStatus: 204, check: checkSummaryRule, show: showSummaryRule})
	add(&armType{name: "Microsoft.Insights/workbooks", patch: true, versions: []string{"2021-03-08", "2021-08-01", "2022-04-01", "2023-06-01"}, createdStatus: 201, check: checkWorkbook, show: showWorkbook, filter: workbookFilter, listed: listedWorkbook})
	add(&armType{name: workbookRevisions, versions: []string{"2021-08-01", "2022-04-01", "2023-06-01"}, readOnly: true, show: showRevision})
	add(&armType{name: "Microsoft.Insights/diagnosticSettings", versions: []string{"2021-05-01-preview"}, createdStatus: 200, check: checkResourceSetting})
	add(&armType{name: "microsoft.aadiam/diagnosticSettings", versions: []string{"2017-04-01", "2017-04-01-preview"}, createdStatus: 200, check: checkDiagnosticSetting, show: showDiagnosticSetting})
	add(&armType{name: "microsoft.aadiam/diagnosticSettingsCategories", versions: []string{"2017-04-01", "2017-04-01-preview"}, readOnly: true})
	add(&armType{name: "Microsoft.Resources/deployments", versions: []string{"2020-06-01", "2021-04-01", "2022-09-01", "2024-03-01", "2025-04-01"}, createdStatus: 201, deletedStatus: 204, show: showDeployment})
	return m
}

func missing(r *resource, names ...string) *armError {
	var texts []string
	for _, n := range names {
		if v, ok := r.Properties[n]; !ok || v == nil || v == "" {
			texts = append(texts, n+": The "+n+" field is required.")
		}
	}
	if len(texts) == 0 {
		return nil
	}
	return bad("Invalid data model. [%s]", strings.Join(texts, ", "))
}

// text reads a string property; "" when it is absent or something else.
func (r *resource) text(name string) string {
	s, _ := r.Properties[name].(string)
	return s
}

func (r *resource) flag(name string) bool {
	b, _ := r.Properties[name].(bool)
	return b
}

// setDefault fills a property that was not sent.
func (r *resource) setDefault(name string, v any) {
	if _, ok := r.Properties[name]; !ok {
		r.Properties[name] = v
	}
}

// listedWorkbook leaves the document out of a list that does not ask for it.
func listedWorkbook(out map[string]any, q url.Values) {
	if !strings.EqualFold(queryValue(q, "canFetchContent"), "true") {
		delete(out["properties"].(map[string]any), "serializedData")
	}
}

func workbookFilter(r *resource, q url.Values) (bool, *armError) {
	category := queryValue(q, "category")
	if category == "" {
		return false, bad("The query parameter 'category' is required.")
	}
	if !strings.EqualFold(category, r.text("category")) {
		return false, nil
	}
	if source := queryValue(q, "sourceId"); source != "" && !strings.EqualFold(source, r.text("sourceId")) {
		return false, nil
	}
	return true, nil
}
