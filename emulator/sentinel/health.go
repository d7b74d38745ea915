package sentinel

import (
	"encoding/json"
	"strconv"
	"time"

	"github.com/seed-caab1ad3/blindspot/content"
)

// Health lists the SentinelHealth rows of a log, in its order: one a run, none for a run that suppression skipped unless
// Options.HealthWhenSuppressed says so (fact S66).
func (l *Log) Health(o Options, w Workspace) []content.Record {
	var out []content.Record
	for _, x := range l.Outcomes {
		if x.Status != StatusSuppressed || o.HealthWhenSuppressed {
			out = append(out, SentinelHealth(x, w))
		}
	}
	return out
}

// SentinelHealth is the row that a run leaves (facts S128 to S132).
func SentinelHealth(o Outcome, w Workspace) content.Record {
	r := o.Rule
	nrt := r.Kind == content.NRT
	operation, kind, trigger := "Scheduled analytics rule run", "Scheduled", "Scheduled"
	if nrt {
		operation, kind, trigger = "NRT analytics rule run", "NRT", "NrtRun"
	}
	if o.Run.Manual {
		trigger = "User-triggered"
	}
	status, description, reason := "Success", "Rule executed successfully", ""
	var issues []any
	switch {
	case o.Status == StatusFailure:
		status, description, reason = "Failure", "Rule execution failed", o.Reason
		issues = append(issues, content.Record{{Name: "Code", Value: o.Reason}, {Name: "Description", Value: errorText(o.Err)}})
	case o.Status == StatusDisabled:
		status, description, reason = "Failure", o.Reason, o.Reason
	case o.Status == StatusSuppressed:
		description = "Rule not executed: it is suppressed after its last alert"
	case len(o.Alerts) == 0:
		description = "Rule executed successfully, but did not reach the threshold"
	case o.Alerts[len(o.Alerts)-1].Summary:
		limit := maxAlerts
		if nrt {
			limit = maxAlertsNRT
		}
		description = "Rule executed successfully; " + strconv.Itoa(len(o.Rows.Rows)) + " results are over the limit of " + strconv.Itoa(limit) + " alerts of a " + kind + " rule"
	}
	entities, dropped, over := 0, 0, 0
	for _, a := range o.Alerts {
		entities += len(a.Entities)
		dropped += a.Dropped - a.OverLimit
		over += a.OverLimit
	}
	if dropped > 0 {
		issues = append(issues, content.Record{{Name: "Code", Value: "ENTITIES_DROPPED_DUE_TO_MAPPING_ISSUES"}, {Name: "Count", Value: number(dropped)}})
	}
	if over > 0 {
		issues = append(issues, content.Record{{Name: "Code", Value: "ENTITIES_DROPPED_DUE_TO_SIZE_LIMIT"}, {Name: "Count", Value: number(over)}})
	}
	aggregation := r.EventGrouping
	if aggregation == "" {
		aggregation = "SingleAlert"
	}
	p := content.Record{
		{Name: "AggregationKind", Value: aggregation},
		{Name: "AlertsGeneratedAmount", Value: number(len(o.Alerts))},
		{Name: "CorrelationId", Value: stable("run", r.ID, o.Run.Due.UTC().Format(time.RFC3339Nano), strconv.Itoa(o.Run.Attempt))},
		{Name: "EntitiesDroppedDueToMappingIssuesAmount", Value: number(dropped)},
		{Name: "EntitiesGeneratedAmount", Value: number(entities)},
		{Name: "Issues", Value: issues},
		{Name: "QueryEndTimeUTC", Value: iso(o.Run.Window.To)},
		{Name: "QueryFrequency", Value: timespanText(r.QueryFrequency.Value)},
		{Name: "QueryPerformanceIndicators", Value: content.Record{}},
		{Name: "QueryPeriod", Value: timespanText(r.QueryPeriod.Value)},
		{Name: "QueryResultAmount", Value: number(len(o.Rows.Rows))},
		{Name: "QueryStartTimeUTC", Value: iso(o.Run.Window.From)},
		{Name: "RuleId", Value: r.ID},
		{Name: "SuppressionDuration", Value: timespanText(r.SuppressionDuration.Value)},
		{Name: "SuppressionEnabled", Value: r.SuppressionEnabled},
		{Name: "TriggerOperator", Value: r.TriggerOperator},
		{Name: "TriggerThreshold", Value: number(r.TriggerThreshold)},
		{Name: "TriggerType", Value: trigger},
		{Name: "executionStart", Value: iso(o.Run.Executes)},
	}
	return content.Record{
		{Name: "TimeGenerated", Value: iso(o.Run.Executes)},
		{Name: "TenantId", Value: w.ID},
		{Name: "OperationName", Value: operation},
		{Name: "SentinelResourceId", Value: r.ID},
		{Name: "SentinelResourceName", Value: r.Name},
		{Name: "SentinelResourceType", Value: "Analytics Rule"},
		{Name: "SentinelResourceKind", Value: kind},
		{Name: "Status", Value: status},
		{Name: "Description", Value: description},
		{Name: "Reason", Value: reason},
		{Name: "WorkspaceId", Value: w.ID},
		{Name: "RecordId", Value: stable("health", r.ID, o.Run.Due.UTC().Format(time.RFC3339Nano), strconv.Itoa(o.Run.Attempt))},
		{Name: "ExtendedProperties", Value: p},
		{Name: "SourceSystem", Value: "Azure"},
		{Name: "Type", Value: "SentinelHealth"},
	}
}

func number(n int) json.Number { return json.Number(strconv.Itoa(n)) }

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
