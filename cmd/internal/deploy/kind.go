package deploy

import (
	"net/url"
	"strings"

	"github.com/seed-caab1ad3/blindspot/cmd/internal/azure"
)

// The api-versions in use. NRT rules and some properties exist in the preview line alone.
const (
	stableVersion    = "2025-09-01"
	previewVersion   = "2025-07-01-preview"
	savedVersion     = "2020-08-01"
	tableVersion     = "2022-10-01"
	workbookVersion  = "2023-06-01"
	summaryVersion   = "2025-07-01"
	entraVersion     = "2017-04-01"
	securityInsights = "/providers/Microsoft.SecurityInsights/"
)

// Kind is a kind of content in a workspace.
type Kind string

// The kinds, in the order in which they are written: what others need comes first.
const (
	Onboarding     Kind = "onboarding"
	Table          Kind = "table"
	Watchlist      Kind = "watchlist"
	Function       Kind = "function"
	SummaryRule    Kind = "summaryRule"
	Rule           Kind = "rule"
	RuleAction     Kind = "action"
	HuntingQuery   Kind = "huntingQuery"
	SavedSearch    Kind = "savedSearch"
	Workbook       Kind = "workbook"
	AutomationRule Kind = "automationRule"
	DataConnector  Kind = "dataConnector"
	Metadata       Kind = "metadata"
)

// kindInfo is what is special to a kind.
type kindInfo struct {
	kind     Kind
	folder   string // of its files
	mark     string // the word of the metadata resource for it; "" when the service has none
	armType  string
	readOnly []string // properties that the service sets
	nested   []string // the same further in, by path
	noEtag   bool     // the service guards it by nothing; we compare before writing
}

var kindTable = [...]kindInfo{
	{Onboarding, "onboarding", "", "Microsoft.SecurityInsights/onboardingStates", nil, nil, false},
	{Table, "tables", "", "Microsoft.OperationalInsights/workspaces/tables", []string{"provisioningState", "lastPlanModifiedDate", "archiveRetentionInDays", "retentionInDaysAsDefault", "totalRetentionInDaysAsDefault", "resultStatistics"},
		[]string{"searchResults.sourceTable", "searchResults.azureAsyncOperationId", "restoredLogs.azureAsyncOperationId", "schema.columns.isDefaultDisplay", "schema.columns.isHidden"}, true},
	{Watchlist, "watchlists", "Watchlist", "Microsoft.SecurityInsights/watchlists", []string{"watchlistId", "watchlistAlias", "watchlistType", "created", "updated", "createdBy", "updatedBy", "isDeleted", "provisioningState", "uploadStatus", "tenantId", "watchlistItemsCount", "rawContent", "contentType", "numberOfLinesToSkip", "sasUri"}, nil, false},
	{Function, "functions", "Parser", "Microsoft.OperationalInsights/workspaces/savedSearches", nil, nil, false},
	{SummaryRule, "summaries", "", "Microsoft.OperationalInsights/workspaces/summaryLogs", []string{"statusCode", "provisioningState"}, nil, true},
	{Rule, "rules", "AnalyticsRule", "Microsoft.SecurityInsights/alertRules", []string{"lastModifiedUtc", "lastUpdatedDateUtc", "createdDateUtc"},
		[]string{"sourceSettings.sourceSubTypes.sourceSubTypeDisplayName", "sourceSettings.sourceSubTypes.severityFilters.isSupported"}, false},
	{RuleAction, "actions", "", "Microsoft.SecurityInsights/alertRules/actions", []string{"workflowId"}, nil, false},
	{HuntingQuery, "hunting", "HuntingQuery", "Microsoft.OperationalInsights/workspaces/savedSearches", nil, nil, false},
	{SavedSearch, "queries", "", "Microsoft.OperationalInsights/workspaces/savedSearches", nil, nil, false},
	{Workbook, "workbooks", "Workbook", "Microsoft.Insights/workbooks", []string{"timeModified", "userId", "revision"}, nil, true},
	{AutomationRule, "automation", "AutomationRule", "Microsoft.SecurityInsights/automationRules", []string{"lastModifiedTimeUtc", "createdTimeUtc", "lastModifiedBy", "createdBy"},
		[]string{"actions.actionConfiguration.labels.labelType"}, false},
	{DataConnector, "connectors", "DataConnector", "Microsoft.SecurityInsights/dataConnectors", nil, nil, false},
	{Metadata, "metadata", "", "Microsoft.SecurityInsights/metadata", nil, nil, false},
}

func (k Kind) info() *kindInfo {
	for i := range kindTable {
		if kindTable[i].kind == k {
			return &kindTable[i]
		}
	}
	if k == watchlistItem {
		return &itemInfo
	}
	return nil
}

// rank is the place of a kind in the order of writing.
func (k Kind) rank() int {
	for i := range kindTable {
		if kindTable[i].kind == k {
			return i
		}
	}
	return len(kindTable)
}

// people is the kind's name in sentences.
func (k Kind) people() string {
	switch k {
	case HuntingQuery:
		return "hunting query"
	case SavedSearch:
		return "saved search"
	case SummaryRule:
		return "summary rule"
	case AutomationRule:
		return "automation rule"
	case DataConnector:
		return "data connector"
	case RuleAction:
		return "rule action"
	case Metadata:
		return "mark"
	}
	return string(k)
}

// collection is the path of the collection that holds a kind.
func collection(t *azure.Target, k Kind) string {
	switch k {
	case Table:
		return t.ResourceID() + "/tables"
	case Function, HuntingQuery, SavedSearch:
		return t.ResourceID() + "/savedSearches"
	case SummaryRule:
		return t.ResourceID() + "/summaryLogs"
	case Workbook:
		return t.GroupID() + "/providers/Microsoft.Insights/workbooks"
	case Onboarding:
		return t.ResourceID() + securityInsights + "onboardingStates"
	case Watchlist:
		return t.ResourceID() + securityInsights + "watchlists"
	case Rule, RuleAction:
		return t.ResourceID() + securityInsights + "alertRules"
	case AutomationRule:
		return t.ResourceID() + securityInsights + "automationRules"
	case DataConnector:
		return t.ResourceID() + securityInsights + "dataConnectors"
	}
	return t.ResourceID() + securityInsights + "metadata"
}

// resourceID is the path of one resource. The id of a rule action is rule/action.
func resourceID(t *azure.Target, k Kind, id string) string {
	if k == RuleAction {
		rule, action, _ := strings.Cut(id, "/")
		return collection(t, k) + "/" + rule + "/actions/" + action
	}
	return collection(t, k) + "/" + id
}

// readVersion is the api-version that shows everything of a kind.
func readVersion(k Kind) string {
	switch k {
	case Table:
		return tableVersion
	case Function, HuntingQuery, SavedSearch:
		return savedVersion
	case Workbook:
		return workbookVersion
	case SummaryRule:
		return summaryVersion
	case Rule:
		return previewVersion
	}
	return stableVersion
}

// writeVersion is the api-version that a body goes out with: the stable one, save where only the preview one knows the
// kind of rule or a property that the rule has.
func writeVersion(k Kind, body map[string]any) string {
	if k != Rule {
		return readVersion(k)
	}
	switch body["kind"] {
	case "NRT", "MLBehaviorAnalytics", "ThreatIntelligence":
		return previewVersion
	}
	p, _ := body["properties"].(map[string]any)
	for _, name := range previewOnly {
		if v := p[name]; v != nil && !isEmpty(v) {
			return previewVersion
		}
	}
	return stableVersion
}

// previewOnly are the properties of rules that only the preview api-version knows.
var previewOnly = [...]string{"subTechniques", "sentinelEntitiesMappings", "sourceSettings", "scenarioExclusionPatterns"}

// listQuery is what a list must be asked with.
func listQuery(k Kind) url.Values {
	if k == Workbook {
		return url.Values{"category": {"sentinel"}, "canFetchContent": {"true"}}
	}
	return nil
}
