package server

import (
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/content/attack"
)

// Limits on rules of a workspace (facts S58, S86).
const (
	maxScheduledEnabled = 512
	maxScheduled        = 1024
	maxNRTEnabled       = 50
	maxNRT              = 100
)

var technique = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^T\d{4}$`) })

// readOnlyRule are properties that the service sets.
var readOnlyRule = []string{"lastModifiedUtc"}

// checkAlertRule is the service's validation of a rule, with its texts where they are known (facts S86 to S98).
func checkAlertRule(c *checking) *armError {
	r := c.r
	if r.Kind == "" {
		return bad("Invalid data model. [kind: The kind field is required.]")
	}
	old, version := c.old, c.version
	if old != nil && old.Kind != r.Kind {
		return &armError{409, "Conflict", fmt.Sprintf("The kind of an existing rule cannot be changed from '%s' to '%s'.", old.Kind, r.Kind)}
	}
	preview := strings.HasSuffix(version, "-preview")
	r.Properties = clone(r.Properties)
	for _, p := range readOnlyRule {
		delete(r.Properties, p)
	}
	var e *armError
	switch r.Kind {
	case "Scheduled":
		e = c.checkQueryRule(true, preview)
	case "NRT":
		if !preview {
			return bad("The rule kind 'NRT' is not supported by api-version '%s'; it needs a preview version.", version)
		}
		e = c.checkQueryRule(false, preview)
	case "Fusion":
		e = missing(r, "alertRuleTemplateName", "enabled")
	case "MLBehaviorAnalytics", "ThreatIntelligence":
		if !preview {
			return bad("The rule kind '%s' is not supported by api-version '%s'; it needs a preview version.", r.Kind, version)
		}
		e = missing(r, "alertRuleTemplateName", "enabled")
	case "MicrosoftSecurityIncidentCreation":
		e = missing(r, "displayName", "enabled", "productFilter")
	default:
		return bad("Invalid rule kind '%s'. Valid kinds are: Scheduled, NRT, Fusion, MLBehaviorAnalytics, ThreatIntelligence, MicrosoftSecurityIncidentCreation.", r.Kind)
	}
	if e != nil {
		return e
	}
	r.Properties["lastModifiedUtc"] = stamp(c.server.opts.Now())
	return nil
}

// ruleConflict is the answer to an etag in the body that is out of date.
func ruleConflict(r *resource) *armError {
	return &armError{409, "Conflict", fmt.Sprintf("Newer instance of rule '%s' exists (etag does not match). Data was not saved.", r.Name)}
}

func clone(m map[string]any) map[string]any {
	out := make(map[string]any, len(m))
	for k, v := range m {
		out[k] = v
	}
	return out
}

func (c *checking) checkQueryRule(scheduled, preview bool) *armError {
	r := c.r
	kind := "NRT"
	required := []string{"displayName", "enabled", "severity", "query", "suppressionEnabled", "suppressionDuration"}
	if scheduled {
		kind = "Scheduled"
		required = append(required, "queryFrequency", "queryPeriod", "triggerOperator", "triggerThreshold")
	}
	if e := missing(r, required...); e != nil {
		return e
	}
	invalid := func(format string, args ...any) *armError {
		return bad("Invalid Properties for %s alert rule: %s", kind, fmt.Sprintf(format, args...))
	}
	if !oneOf(r.text("severity"), "High", "Medium", "Low", "Informational") {
		return bad("Invalid data model. [severity: Invalid value '%v'.]", r.Properties["severity"])
	}
	if n := len(r.text("displayName")); n > 256 {
		return bad("Invalid data model. [displayName: The field displayName must be a string with a maximum length of 256.]")
	}
	if len(r.text("description")) > 5000 {
		return bad("Invalid data model. [description: The field description must be a string with a maximum length of 5000.]")
	}
	q := r.text("query")
	if len(q) < 1 || len([]rune(q)) > 10000 {
		return bad("Invalid data model. [query: The field query must be a string with a minimum length of 1 and a maximum length of 10000.]")
	}
	if scheduled {
		if e := checkTimes(r, invalid); e != nil {
			return e
		}
	} else {
		for _, p := range []string{"queryFrequency", "queryPeriod", "triggerOperator", "triggerThreshold"} {
			if r.Properties[p] != nil {
				return invalid("'%s' is not a property of this kind.", p)
			}
		}
	}
	duration, ok := isoDuration(r.text("suppressionDuration"))
	if !ok {
		return bad("Invalid data model. [suppressionDuration: The value '%v' is not an ISO 8601 duration.]", r.Properties["suppressionDuration"])
	}
	if r.flag("suppressionEnabled") {
		if duration < 5*time.Minute || duration > 24*time.Hour {
			return invalid("'suppressionDuration' should be between 5 minutes and 24 hours.")
		}
		if f, ok := isoDuration(r.text("queryFrequency")); scheduled && ok && duration < f {
			return invalid("'suppressionDuration' should be greater than or equal to 'queryFrequency'")
		}
	}
	if e := checkTactics(r, preview); e != nil {
		return e
	}
	if e := checkMappings(r); e != nil {
		return e
	}
	if e := checkDetails(r); e != nil {
		return e
	}
	if e := checkGrouping(r); e != nil {
		return e
	}
	if v := r.text("templateVersion"); v != "" {
		if r.text("alertRuleTemplateName") == "" {
			return invalid("'templateVersion' can only be used if 'alertRuleTemplateName' is not empty")
		}
		if !threePart(v) {
			return invalid("'templateVersion' should be in format X.Y.Z (all numbers).")
		}
	}
	if e := c.checkCounts(scheduled); e != nil {
		return e
	}
	return c.checkRuleQuery()
}

func threePart(v string) bool {
	parts := strings.Split(v, ".")
	for _, p := range parts {
		if p == "" || strings.Trim(p, "0123456789") != "" {
			return false
		}
	}
	return len(parts) == 3
}

// integer reads a whole number that may be written as 5 or 5.0.
func integer(n json.Number) (int64, error) {
	if v, err := n.Int64(); err == nil {
		return v, nil
	}
	f, err := n.Float64()
	if err == nil && f != math.Trunc(f) {
		err = strconv.ErrSyntax
	}
	return int64(f), err
}

func checkTimes(r *resource, invalid func(string, ...any) *armError) *armError {
	read := func(name string) (time.Duration, *armError) {
		d, ok := isoDuration(r.text(name))
		if !ok {
			return 0, bad("Invalid data model. [%s: The value '%v' is not an ISO 8601 duration.]", name, r.Properties[name])
		}
		if d < 5*time.Minute || d > 14*24*time.Hour {
			return 0, invalid("'%s' should be between 5 minutes and 14 days.", name)
		}
		return d, nil
	}
	frequency, e := read("queryFrequency")
	if e != nil {
		return e
	}
	period, e := read("queryPeriod")
	if e != nil {
		return e
	}
	if period < frequency {
		return invalid("'queryPeriod' should be greater than or equal to 'queryFrequency'")
	}
	if period >= 48*time.Hour && frequency < time.Hour {
		return invalid("When 'queryPeriod' greater than or equal to 2 days, the 'queryFrequency' should be greater than or equal to 1 hour.")
	}
	if !oneOf(r.text("triggerOperator"), "GreaterThan", "LessThan", "Equal", "NotEqual") {
		return bad("Invalid data model. [triggerOperator: Invalid value '%v'.]", r.Properties["triggerOperator"])
	}
	n, ok := r.Properties["triggerThreshold"].(json.Number)
	v, err := integer(n)
	if !ok || err != nil || v < 0 || v > 10000 {
		return bad("Invalid data model. [triggerThreshold: The field triggerThreshold must be between 0 and 10000.]")
	}
	return nil
}

func oneOf(v string, list ...string) bool {
	for _, x := range list {
		if v == x {
			return true
		}
	}
	return false
}

// isoDuration reads what the service takes: an ISO 8601 duration, nothing else.
func isoDuration(text string) (time.Duration, bool) {
	if !strings.HasPrefix(text, "P") {
		return 0, false
	}
	d, err := content.ParseDuration(text)
	return d.Value, err == nil
}

func stringsOf(v any) ([]string, bool) {
	if v == nil {
		return nil, true
	}
	list, ok := v.([]any)
	if !ok {
		return nil, false
	}
	out := make([]string, 0, len(list))
	for _, x := range list {
		s, ok := x.(string)
		if !ok {
			return nil, false
		}
		out = append(out, s)
	}
	return out, true
}

func checkTactics(r *resource, preview bool) *armError {
	tactics, ok := stringsOf(r.Properties["tactics"])
	if !ok {
		return bad("Invalid data model. [tactics: The value must be a list of strings.]")
	}
	for _, t := range tactics {
		if !attack.IsTactic(t) {
			return bad("Invalid data model. [tactics: Invalid value '%s'.]", t)
		}
	}
	techniques, ok := stringsOf(r.Properties["techniques"])
	if !ok {
		return bad("Invalid data model. [techniques: The value must be a list of strings.]")
	}
	for _, t := range techniques {
		if !technique().MatchString(t) {
			return bad("Invalid data model. [techniques: The technique '%s' does not match ^T\\d{4}$.]", t)
		}
	}
	if r.Properties["subTechniques"] != nil && !preview {
		return bad("Could not find member 'subTechniques' on object of type 'ScheduledAlertRuleProperties'.")
	}
	for _, t := range techniques { // what ATT&CK does not list may be of another matrix; nothing is known of its tactics
		if known, ok := attack.Lookup(t); ok && !slices.ContainsFunc(known.Tactics, func(x string) bool { return slices.Contains(tactics, x) }) {
			return bad("Invalid data model. [techniques: No valid tactic corresponding to the technique %s was provided in the tactics field.]", t)
		}
	}
	return nil
}

func checkMappings(r *resource) *armError {
	v := r.Properties["entityMappings"]
	if v == nil {
		return nil
	}
	list, ok := v.([]any)
	if !ok || len(list) > 10 {
		return bad("Invalid data model. [entityMappings: The length of entityMappings must be between 1 and 10.]")
	}
	for _, x := range list {
		m, _ := x.(map[string]any)
		t, _ := m["entityType"].(string)
		entity := content.LookupEntity(t)
		if entity == nil || entity.Name != t {
			return bad("Invalid data model. [entityMappings: Invalid entity type '%s'.]", t)
		}
		fields, _ := m["fieldMappings"].([]any)
		if len(fields) < 1 || len(fields) > 3 {
			return bad("Invalid data model. [entityMappings: The length of FieldMappings of entity type '%s' must be between 1 and 3.]", t)
		}
		seen := map[string]bool{}
		for _, y := range fields {
			f, _ := y.(map[string]any)
			id, _ := f["identifier"].(string)
			column, _ := f["columnName"].(string)
			if !entity.Has(id) {
				return bad("Invalid data model. [entityMappings: Invalid identifier '%s' for entity type '%s' encountered. Valid identifiers are: [%s].]", id, t, strings.Join(entity.Identifiers, ", "))
			}
			if seen[id] {
				return bad("Invalid data model. [entityMappings: The identifier '%s' is defined multiple times.]", id)
			}
			seen[id] = true
			if column == "" {
				return bad("Invalid data model. [entityMappings: The columnName of identifier '%s' is required.]", id)
			}
		}
		if !covered(entity, seen) {
			var sets []string
			for _, s := range entity.Required {
				sets = append(sets, strings.Join(s, " and "))
			}
			return bad("Invalid data model. [entityMappings: The entity type '%s' misses its required identifiers. One of these is needed: [%s].]", t, strings.Join(sets, "; "))
		}
	}
	return nil
}

// covered reports whether one of the entity's required sets of identifiers is mapped as a whole.
func covered(e *content.EntityType, mapped map[string]bool) bool {
	for _, set := range e.Required {
		whole := true
		for _, id := range set {
			whole = whole && mapped[id]
		}
		if whole {
			return true
		}
	}
	return len(e.Required) == 0
}

func checkDetails(r *resource) *armError {
	if v := r.Properties["customDetails"]; v != nil {
		m, ok := v.(map[string]any)
		if !ok || len(m) > 20 {
			return bad("Invalid data model. [customDetails: At most 20 custom details can be defined.]")
		}
		for _, k := range sortedKeys(m) {
			if len(k) > 20 {
				return bad("Invalid data model. [customDetails: The key '%s' is longer than 20 characters.]", k)
			}
		}
	}
	d, _ := r.Properties["alertDetailsOverride"].(map[string]any)
	for _, f := range []string{"alertDisplayNameFormat", "alertDescriptionFormat"} {
		t, _ := d[f].(string)
		if n := strings.Count(t, "{{"); n > 3 {
			return bad("Invalid data model. [alertDetailsOverride: You have defined %d parameters in '%s'. The maximum allowed is 3.]", n, f)
		}
	}
	return nil
}

func checkGrouping(r *resource) *armError {
	c, _ := r.Properties["incidentConfiguration"].(map[string]any)
	g, _ := c["groupingConfiguration"].(map[string]any)
	if g == nil {
		return nil
	}
	method, _ := g["matchingMethod"].(string)
	if !oneOf(method, "AllEntities", "AnyAlert", "Selected") {
		return bad("Invalid data model. [matchingMethod: Invalid value '%s'.]", method)
	}
	if d, ok := isoDuration(fmt.Sprint(g["lookbackDuration"])); !ok || d < 5*time.Minute || d > 7*24*time.Hour {
		return bad("Invalid data model. [lookbackDuration: The value must be between 5 minutes and 7 days.]")
	}
	if method == "Selected" {
		n := 0
		for _, k := range []string{"groupByEntities", "groupByAlertDetails", "groupByCustomDetails"} {
			l, _ := g[k].([]any)
			n += len(l)
		}
		if n == 0 {
			return bad("Invalid data model. [groupingConfiguration: When 'matchingMethod' is 'Selected', at least one of 'groupByEntities', 'groupByAlertDetails' and 'groupByCustomDetails' must not be empty.]")
		}
	}
	return nil
}

// checkCounts holds the number of rules and that display names are unique.
func (c *checking) checkCounts(scheduled bool) *armError {
	r := c.r
	kind, most, mostEnabled := "NRT", maxNRT, maxNRTEnabled
	if scheduled {
		kind, most, mostEnabled = "Scheduled", maxScheduled, maxScheduledEnabled
	}
	total, enabled := 1, 0
	if r.flag("enabled") {
		enabled = 1
	}
	for _, x := range c.s.items {
		if x.Type != r.Type || strings.EqualFold(x.ID, r.ID) {
			continue
		}
		if x.text("displayName") == r.text("displayName") {
			return bad("A rule with the display name '%s' exists already.", r.text("displayName"))
		}
		if x.Kind == kind {
			total++
			if x.flag("enabled") {
				enabled++
			}
		}
	}
	if total > most {
		return bad("The limit of %d %s rules has been reached.", most, kind)
	}
	if enabled > mostEnabled {
		return bad("The limit of %d enabled %s rules has been reached.", mostEnabled, kind)
	}
	return nil
}

// nullable are the properties that the service answers with null when they were never set.
var nullable = []string{"alertRuleTemplateName", "customDetails", "entityMappings", "alertDetailsOverride", "templateVersion", "eventGroupingSettings", "incidentConfiguration", "techniques", "tactics", "description"}

func showAlertRule(_ *Server, r *resource, out map[string]any, version string) {
	if r.Kind != "Scheduled" && r.Kind != "NRT" {
		return
	}
	p := out["properties"].(map[string]any)
	for _, n := range nullable {
		if _, ok := p[n]; !ok {
			p[n] = nil
		}
	}
	if p["eventGroupingSettings"] == nil {
		p["eventGroupingSettings"] = map[string]any{"aggregationKind": "SingleAlert"}
	}
	if d, ok := p["alertDetailsOverride"].(map[string]any); ok {
		d = clone(d)
		for _, n := range []string{"alertDisplayNameFormat", "alertDescriptionFormat", "alertTacticsColumnName", "alertSeverityColumnName"} {
			if _, ok := d[n]; !ok {
				d[n] = nil
			}
		}
		p["alertDetailsOverride"] = d
	}
	if !strings.HasSuffix(version, "-preview") {
		delete(p, "subTechniques")
		delete(p, "sentinelEntitiesMappings")
	} else {
		for _, n := range []string{"subTechniques", "sentinelEntitiesMappings"} {
			if _, ok := p[n]; !ok {
				p[n] = nil
			}
		}
	}
}

func checkRuleAction(c *checking) *armError {
	return missing(c.r, "logicAppResourceId", "triggerUri")
}

// hideTrigger leaves the secret out of answers, as the service does.
func hideTrigger(_ *Server, _ *resource, out map[string]any, _ string) {
	delete(out["properties"].(map[string]any), "triggerUri")
}

func sortedKeys(m map[string]any) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	sort.Strings(out)
	return out
}
