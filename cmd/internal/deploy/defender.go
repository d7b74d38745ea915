package deploy

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/content/attack"
)

// A custom detection of Microsoft Defender takes less than a rule of Sentinel does. What fits is written as the body of
// POST /security/rules/detectionRules; what does not fit is said for each rule, and a rule that would mean something else
// is not written.
//
// Source: Microsoft Graph documentation, "Create detectionRule", "alertTemplate", "entityMappingConfiguration".

// defenderFiles writes a file a rule, and says what is lost.
func defenderFiles(list []*Resource) ([]File, []string, error) {
	var out []File
	var notes []string
	taken := map[string]bool{}
	x := newReads(list)
	for _, r := range list {
		if r.Kind != Rule {
			if r.Kind != Function && r.Kind != Watchlist {
				notes = append(notes, fmt.Sprintf("%s %q: only analytics rules become custom detections", r.Kind.people(), r.Name()))
			}
			continue
		}
		body, lost, refused := detection(r, x.of(r))
		if refused != "" {
			notes = append(notes, fmt.Sprintf("rule %q is not written: %s", r.Name(), refused))
			continue
		}
		for _, l := range lost {
			notes = append(notes, fmt.Sprintf("rule %q: %s", r.Name(), l))
		}
		var b bytes.Buffer
		if err := json.Indent(&b, content.AppendJSON(nil, ordered(body, "id", "displayName", "status", "queryCondition", "schedule", "detectionAction")), "", "  "); err != nil {
			return nil, nil, err
		}
		b.WriteByte('\n')
		out = append(out, File{unique("detections", slug(r.Name())+".json", taken), b.Bytes()})
	}
	return out, notes, nil
}

// detection turns a rule into a detectionRule. lost are settings that the form has no place for; refused says why the rule
// would mean something else there.
func detection(r *Resource, reads *readSet) (body map[string]any, lost []string, refused string) {
	p := r.props()
	text := func(k string) string { s, _ := p[k].(string); return s }
	query := text("query")
	frequency := "PT0S"
	switch r.armKind() {
	case content.Scheduled:
		f, err := content.ParseDuration(text("queryFrequency"))
		if err != nil {
			return nil, nil, "its queryFrequency cannot be read"
		}
		frequency = f.ISO()
		period, err := content.ParseDuration(text("queryPeriod"))
		if err != nil {
			return nil, nil, "its queryPeriod cannot be read"
		}
		// How far back a detection may look goes by its frequency (Microsoft Defender XDR documentation, "Custom detection rules").
		const hour, day = time.Hour, 24 * time.Hour
		switch back := period.Value; {
		case f.Value < hour && back >= 2*day:
			return nil, nil, fmt.Sprintf("it looks back %s, and a detection that runs every %s looks back less than 48 hours", period.Short(), f.Short())
		case f.Value < day && back > 14*day, back > 30*day:
			return nil, nil, fmt.Sprintf("it looks back %s, and a detection that runs every %s looks back 14 days at most, 30 if it runs once a day or less", period.Short(), f.Short())
		}
		lost = append(lost, fmt.Sprintf("queryPeriod %s: a detection chooses its look-back by ingestion time and drops what overlaps; the beta's schedule.lookback can be set to %s", period.Short(), period.ISO()))
		query, refused = withThreshold(query, text("triggerOperator"), p["triggerThreshold"])
		if refused != "" {
			return nil, nil, refused
		}
		if query != text("query") {
			lost = append(lost, "the threshold became part of the query")
		}
	case content.NRT:
		names, _ := words(query)
		for _, w := range [...]string{"join", "union", "externaldata"} {
			if names[w] {
				return nil, nil, "a detection that runs at once may not use " + w
			}
		}
		if len(reads.tables) != 1 {
			return nil, nil, fmt.Sprintf("a detection that runs at once reads one table, this one %d", len(reads.tables))
		}
		if strings.Contains(query, "//") {
			return nil, nil, "a detection that runs at once may hold no comments"
		}
	default:
		return nil, nil, fmt.Sprintf("it is of the kind %s, which has no query", r.armKind())
	}
	if len(reads.functions) > 0 {
		lost = append(lost, "it calls "+strings.Join(sorted(reads.functions), ", ")+", which must be saved functions of advanced hunting or of the connected workspace")
	}
	if len(reads.watchlists) > 0 {
		lost = append(lost, "it reads the watchlists "+strings.Join(sorted(reads.watchlists), ", ")+", which only a connected workspace has")
	}
	if on, _ := p["suppressionEnabled"].(bool); on {
		lost = append(lost, "suppression has no place there")
	}
	if p["startTimeUtc"] != nil {
		lost = append(lost, "the time of the first run has no place there")
	}
	c, _ := p["incidentConfiguration"].(map[string]any)
	if create, ok := c["createIncident"].(bool); ok && !create {
		lost = append(lost, "createIncident: false: every alert of a detection is in an incident")
	}
	if g := groupingOf(c); g != nil {
		if on, _ := g["enabled"].(bool); on {
			lost = append(lost, "grouping into incidents is left to Defender's correlation")
		}
	}
	if e, _ := p["eventGroupingSettings"].(map[string]any); e["aggregationKind"] == "AlertPerResult" {
		lost = append(lost, "an alert for each row, 150 a run at most, and none that sums up the rest")
	} else {
		lost = append(lost, "one alert for all rows: a detection makes an alert for each, unless the beta's eventGroupingKind is singleAlert")
	}
	status := "enabled"
	if on, ok := p["enabled"].(bool); ok && !on {
		status = "disabled"
	}
	template := map[string]any{"title": text("displayName"), "description": text("description"), "severity": strings.ToLower(text("severity"))}
	if o, _ := p["alertDetailsOverride"].(map[string]any); o != nil {
		if s, _ := o["alertDisplayNameFormat"].(string); s != "" {
			template["title"] = s
		}
		if s, _ := o["alertDescriptionFormat"].(string); s != "" {
			template["description"] = s
		}
		for _, k := range [...]string{"alertSeverityColumnName", "alertTacticsColumnName", "alertDynamicProperties"} {
			if o[k] != nil {
				lost = append(lost, "alertDetailsOverride."+k+" has no place there")
			}
		}
	}
	if t := tacticsOf(p); t != nil {
		template["tactics"] = t
	}
	if d, _ := p["customDetails"].(map[string]any); len(d) > 0 {
		template["customDetails"] = d
	}
	entities, missing := detectionEntities(p)
	lost = append(lost, missing...)
	if len(entities) > 0 {
		template["entityMappings"] = entities
	} else {
		lost = append(lost, "no entity of it is known there; a detection wants at least one column that names what was hit")
	}
	body = map[string]any{"id": r.ID, "displayName": text("displayName"), "status": status,
		"queryCondition":  map[string]any{"queryText": query},
		"schedule":        map[string]any{"frequency": frequency},
		"detectionAction": map[string]any{"alertTemplate": template}}
	return body, lost, ""
}

// withThreshold makes a threshold part of the query: a detection fires on every row.
func withThreshold(query, operator string, threshold any) (string, string) {
	n := fmt.Sprint(threshold)
	if operator == "GreaterThan" && n == "0" {
		return query, ""
	}
	if operator != "GreaterThan" {
		return "", fmt.Sprintf("it fires on %s %s rows, and a detection needs rows to fire on", strings.ToLower(operator), n)
	}
	q := strings.TrimRight(query, "\n ;")
	if strings.Contains(q, ";") || strings.Contains(q, "render") {
		return "", fmt.Sprintf("its threshold of %s cannot be made part of a query with statements; move it into the query", n)
	}
	return "let Found = materialize(\n" + q + "\n);\nFound\n| where toscalar(Found | count) > " + n + "\n", ""
}

func tacticsOf(p map[string]any) []any {
	tactics, _ := p["tactics"].([]any)
	techniques, _ := p["techniques"].([]any)
	subs, _ := p["subTechniques"].([]any)
	if len(tactics) == 0 {
		return nil
	}
	// The rule does not say which technique belongs to which of its tactics; MITRE's table does. One that belongs to none of
	// them, or that the table does not know, stands under the first.
	under := make([][]any, len(tactics))
	for _, x := range joinTechniques(techniques, subs) {
		id, _ := x.(string)
		known, _ := attack.Lookup(id)
		placed := false
		for i, t := range tactics {
			if name, _ := t.(string); slices.Contains(known.Tactics, name) {
				under[i], placed = append(under[i], map[string]any{"technique": x}), true
			}
		}
		if !placed {
			under[0] = append(under[0], map[string]any{"technique": x})
		}
	}
	var out []any
	for i, t := range tactics {
		e := map[string]any{"tactic": t}
		if under[i] != nil {
			e["techniques"] = under[i]
		}
		out = append(out, e)
	}
	return out
}

// detectionEntities maps entity types to the lists of a detection, and identifiers to their columns.
func detectionEntities(p map[string]any) (map[string]any, []string) {
	lists := map[string]string{"Account": "accounts", "Host": "hosts", "File": "files", "IP": "ips", "URL": "urls", "DNS": "dns", "AzureResource": "azureResources",
		"CloudApplication": "cloudApplications", "SecurityGroup": "securityGroups", "Mailbox": "mailboxes", "MailMessage": "mailMessages", "Process": "processes", "RegistryKey": "registryKeys"}
	out := map[string]any{}
	var lost []string
	mappings, _ := p["entityMappings"].([]any)
	for _, x := range mappings {
		m, _ := x.(map[string]any)
		typ, _ := m["entityType"].(string)
		list := lists[typ]
		if list == "" {
			lost = append(lost, fmt.Sprintf("entities of the type %s have no place there", typ))
			continue
		}
		e := map[string]any{}
		fields, _ := m["fieldMappings"].([]any)
		for _, y := range fields {
			f, _ := y.(map[string]any)
			id, _ := f["identifier"].(string)
			if id == "" {
				continue
			}
			e[lowerFirst(id)+"Column"] = f["columnName"]
		}
		old, _ := out[list].([]any)
		out[list] = append(old, e)
	}
	return out, lost
}

// lowerFirst turns UPNSuffix into upnSuffix and Name into name.
func lowerFirst(s string) string {
	n := 0
	for n < len(s) && s[n] >= 'A' && s[n] <= 'Z' {
		n++
	}
	if n > 1 && n < len(s) {
		n--
	}
	return strings.ToLower(s[:n]) + s[n:]
}
