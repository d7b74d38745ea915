package sentinel

import (
	"crypto/sha1"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/seed-caab1ad3/blindspot/content"
)

// Workspace names the workspace in the records that rules leave behind.
type Workspace struct {
	ID   string // its GUID: TenantId of every row
	Name string
}

// stable is a GUID that depends on its parts alone, so that a replay writes the same records.
func stable(parts ...string) string {
	h := sha1.Sum([]byte(strings.Join(parts, "\x00")))
	var u uuid.UUID
	copy(u[:], h[:])
	u[6] = u[6]&0x0f | 0x50
	u[8] = u[8]&0x3f | 0x80
	return u.String()
}

// ID is the SystemAlertId of an alert.
func (a Alert) ID() string {
	return stable("alert", a.Rule.ID, a.Run.Due.UTC().Format(time.RFC3339Nano), strconv.Itoa(a.Number), strconv.FormatBool(a.Run.Manual))
}

func iso(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.0000000Z") }

// timespanText prints a duration as the service does in records: [d.]hh:mm:ss.
func timespanText(d time.Duration) string {
	s := ""
	if days := d / (24 * time.Hour); days > 0 {
		s = strconv.Itoa(int(days)) + "."
		d -= days * 24 * time.Hour
	}
	return s + fmt.Sprintf("%02d:%02d:%02d", d/time.Hour, d%time.Hour/time.Minute, d%time.Minute/time.Second)
}

// bag is an ordered JSON object of strings.
type bag []Identifier

func (b bag) json() string {
	var s strings.Builder
	s.WriteByte('{')
	for i, f := range b {
		if i > 0 {
			s.WriteByte(',')
		}
		s.WriteString(quoteJSON(f.Name))
		s.WriteByte(':')
		s.WriteString(quoteJSON(f.Value))
	}
	s.WriteByte('}')
	return s.String()
}

// publishing is how long after its processing an alert row is written (fact S123).
const publishing = 200 * time.Millisecond

// SecurityAlert is the row that an alert leaves in the table of that name (facts S122 to S127).
func SecurityAlert(a Alert, w Workspace) content.Record {
	nrt := a.Rule.Kind == content.NRT
	provider, component := "ASI Scheduled Alerts", "Scheduled Alerts"
	if nrt {
		provider, component = "ASI NRT Alerts", "NRT Alerts"
	}
	tactics := strings.Join(a.Tactics, ", ")
	if tactics == "" {
		tactics = "Unknown"
	}
	rec := content.Record{}
	add := func(name string, v any) { rec = append(rec, content.Field{Name: name, Value: v}) }
	add("TimeGenerated", iso(a.Time.Add(publishing)))
	add("TenantId", w.ID)
	add("DisplayName", a.Name)
	add("AlertName", a.Name)
	add("AlertSeverity", a.Severity)
	add("Description", a.Description)
	add("ProviderName", provider)
	add("VendorName", "Microsoft")
	add("VendorOriginalId", stable("vendor", a.ID()))
	add("SystemAlertId", a.ID())
	add("AlertType", w.ID+"_"+a.Rule.ID)
	add("ConfidenceLevel", "")
	add("ConfidenceScore", nil)
	add("IsIncident", false)
	add("StartTime", iso(a.StartTime))
	add("EndTime", iso(a.EndTime))
	add("ProcessingEndTime", iso(a.Time))
	add("RemediationSteps", "")
	add("ExtendedProperties", alertProperties(a, w, nrt).json())
	add("Entities", EntitiesJSON(a.Entities))
	add("SourceSystem", "Detection")
	add("WorkspaceSubscriptionId", "")
	add("WorkspaceResourceGroup", "")
	add("ExtendedLinks", "")
	add("ProductName", "Azure Sentinel")
	add("ProductComponentName", component)
	add("AlertLink", "")
	add("Status", "New")
	add("CompromisedEntity", "")
	add("Tactics", tactics)
	add("Techniques", techniquesJSON(a.Techniques))
	add("Type", "SecurityAlert")
	for _, p := range a.Properties {
		for i := range rec {
			if rec[i].Name == p.Name {
				rec[i].Value = p.Value
			}
		}
	}
	return rec
}

func techniquesJSON(t []string) string {
	if len(t) == 0 {
		return ""
	}
	b, err := json.Marshal(t)
	if err != nil {
		return ""
	}
	return string(b)
}

func alertProperties(a Alert, w Workspace, nrt bool) bag {
	r := a.Rule
	grouping := "SingleAlert"
	if r.EventGrouping == "AlertPerResult" {
		grouping = "AlertPerEvent"
	}
	from, to := a.Run.Window.From, a.Run.Window.To
	if nrt {
		from = a.Run.Window.Oldest
	}
	names, _ := json.Marshal(append([]string{w.Name}, otherWorkspaces(r.Query.String())...))
	ids, _ := json.Marshal([]string{r.ID})
	query, original := queriesOf(a)
	var b bag
	if !nrt {
		b = append(b,
			Identifier{"Query Period", timespanText(r.QueryPeriod.Value)},
			Identifier{"Trigger Operator", r.TriggerOperator},
			Identifier{"Trigger Threshold", strconv.Itoa(r.TriggerThreshold)})
	}
	b = append(b,
		Identifier{"Correlation Id", stable("correlation", a.ID())},
		Identifier{"Search Query Results Overall Count", strconv.Itoa(len(a.Rows.Rows))},
		Identifier{"Data Sources", string(names)},
		Identifier{"Query", query})
	if original != "" {
		b = append(b, Identifier{"OriginalQuery", original})
	}
	b = append(b,
		Identifier{"Query Start Time UTC", printedStart(from)},
		Identifier{"Query End Time UTC", printedEnd(to)},
		Identifier{"Analytic Rule Ids", string(ids)},
		Identifier{"Event Grouping", grouping},
		Identifier{"Analytic Rule Name", r.Name},
		Identifier{"ProcessedBySentinel", "True"},
		Identifier{"Alert generation status", "Full alert created"})
	if len(a.Details) > 0 {
		b = append(b, Identifier{"Custom Details", detailsJSON(a.Details)})
	}
	return b
}

// printedStart floors and printedEnd ceils a window's bound to the second, as records print them (fact S7).
func printedStart(t time.Time) string {
	return t.UTC().Truncate(time.Second).Format("2006-01-02 15:04:05Z")
}

func printedEnd(t time.Time) string {
	f := t.UTC().Truncate(time.Second)
	if f.Before(t) {
		f = f.Add(time.Second)
	}
	return f.Format("2006-01-02 15:04:05Z")
}

// SecurityIncident is the row that a change of an incident leaves (facts S111 to S113). Readers take the last one of
// each IncidentNumber.
func SecurityIncident(c IncidentChange, o Options, w Workspace) content.Record {
	i := c.Incident
	ids := make([]any, len(i.Alerts))
	for k, a := range i.Alerts {
		ids[k] = a.ID()
	}
	provider := "Azure Sentinel"
	if o.Defender {
		provider = "Microsoft XDR"
	}
	labels := []any{}
	for _, l := range i.Labels {
		labels = append(labels, content.Record{{Name: "labelName", Value: l}, {Name: "labelType", Value: "User"}})
	}
	var owner any
	if i.Owner != "" {
		owner = i.Owner
	}
	tactics, techniques := []any{}, []any{}
	seen := map[string]bool{}
	for _, a := range i.Alerts {
		for _, t := range a.Tactics {
			if !seen[t] {
				seen[t] = true
				tactics = append(tactics, t)
			}
		}
		for _, t := range a.Techniques {
			if !seen[t] {
				seen[t] = true
				techniques = append(techniques, t)
			}
		}
	}
	rec := content.Record{}
	add := func(name string, v any) { rec = append(rec, content.Field{Name: name, Value: v}) }
	add("TimeGenerated", iso(c.At))
	add("TenantId", w.ID)
	add("IncidentName", stable("incident", i.Rule.ID, strconv.Itoa(i.Number)))
	add("Title", i.Title)
	add("Description", i.Description)
	add("Severity", i.Severity)
	add("Status", i.Status)
	add("Classification", i.Classification)
	add("ClassificationComment", i.ClassificationComment)
	add("ClassificationReason", i.ClassificationReason)
	add("Owner", content.Record{{Name: "objectId", Value: nil}, {Name: "email", Value: nil}, {Name: "assignedTo", Value: owner}, {Name: "userPrincipalName", Value: owner}})
	add("ProviderName", provider)
	add("ProviderIncidentId", strconv.Itoa(i.Number))
	add("FirstActivityTime", iso(i.FirstActivity))
	add("LastActivityTime", iso(i.LastActivity))
	add("FirstModifiedTime", iso(i.Created))
	add("LastModifiedTime", iso(i.Modified))
	add("CreatedTime", iso(i.Created))
	if !i.Closed.IsZero() {
		add("ClosedTime", iso(i.Closed))
	} else {
		add("ClosedTime", nil)
	}
	add("IncidentNumber", json.Number(strconv.Itoa(i.Number)))
	add("RelatedAnalyticRuleIds", []any{i.Rule.ID})
	add("AlertIds", ids)
	add("BookmarkIds", []any{})
	add("Comments", []any{})
	add("Labels", labels)
	add("IncidentUrl", "")
	add("AdditionalData", content.Record{
		{Name: "alertsCount", Value: json.Number(strconv.Itoa(len(i.Alerts)))},
		{Name: "bookmarksCount", Value: json.Number("0")},
		{Name: "commentsCount", Value: json.Number("0")},
		{Name: "alertProductNames", Value: []any{"Azure Sentinel"}},
		{Name: "tactics", Value: tactics},
		{Name: "techniques", Value: techniques},
	})
	add("ModifiedBy", c.By)
	add("SourceSystem", "Azure")
	add("Type", "SecurityIncident")
	return rec
}
