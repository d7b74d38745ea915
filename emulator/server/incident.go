package server

import "fmt"

// checkIncident fills in what the service sets: the number, the times, the address.
func checkIncident(c *checking) *armError {
	r := c.r
	if e := missing(r, "title", "severity", "status"); e != nil {
		return e
	}
	if !oneOf(r.text("severity"), "High", "Medium", "Low", "Informational") {
		return bad("Invalid data model. [severity: Invalid value '%v'.]", r.Properties["severity"])
	}
	if !oneOf(r.text("status"), "New", "Active", "Closed") {
		return bad("Invalid data model. [status: Invalid value '%v'.]", r.Properties["status"])
	}
	if r.text("status") == "Closed" && !oneOf(r.text("classification"), "Undetermined", "TruePositive", "BenignPositive", "FalsePositive") {
		return bad("Invalid data model. [classification: A closed incident needs a classification.]")
	}
	if len([]rune(r.text("description"))) > 5000 {
		return bad("Invalid data model. [description: The field description must be a string with a maximum length of 5000.]")
	}
	r.Properties = clone(r.Properties)
	now := stamp(c.server.opts.Now())
	r.Properties["lastModifiedTimeUtc"] = now
	r.Properties["providerName"] = "Azure Sentinel"
	if c.old != nil {
		for _, k := range []string{"incidentNumber", "createdTimeUtc", "providerIncidentId", "incidentUrl", "additionalData", "relatedAnalyticRuleIds"} {
			if v, ok := c.old.Properties[k]; ok {
				r.Properties[k] = v
			}
		}
		return nil
	}
	n := 1
	for _, x := range c.s.items {
		if x.Type == r.Type {
			n++
		}
	}
	r.Properties["incidentNumber"] = number(fmt.Sprint(n))
	r.Properties["providerIncidentId"] = fmt.Sprint(n)
	r.Properties["createdTimeUtc"] = now
	r.Properties["incidentUrl"] = "https://portal.azure.com/#asset/Microsoft_Azure_Security_Insights/Incident" + r.ID
	r.setDefault("labels", []any{})
	r.setDefault("relatedAnalyticRuleIds", []any{})
	r.setDefault("additionalData", map[string]any{"alertsCount": number("0"), "bookmarksCount": number("0"), "commentsCount": number("0"), "alertProductNames": []any{}, "tactics": []any{}})
	r.setDefault("owner", map[string]any{"objectId": nil, "email": nil, "assignedTo": nil, "userPrincipalName": nil})
	return nil
}

func checkKind(c *checking) *armError {
	if c.r.Kind == "" {
		return bad("Invalid data model. [kind: The kind field is required.]")
	}
	return nil
}
