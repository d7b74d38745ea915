package deploy

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/seed-caab1ad3/blindspot/cmd/internal/azure"
	"github.com/seed-caab1ad3/blindspot/content"
)

// A summary rule is on or off by actions of its own, not by a property that is written: isActive stands in its body as the
// service shows it, and an apply starts or stops the rule.
//
// Source: Azure/azure-rest-api-specs, operationalinsights stable/2025-07-01/SummaryLogs.json; Azure Monitor documentation,
// "Aggregate data in a Log Analytics workspace by using summary rules".

var summaryOrder = [...]string{"id", "name", "description", "enabled", "destinationTable", "binSize", "binDelay", "binStartTime", "query", "version", "tags", "streams", "metadata", "arm"}

// summaryToARM turns a summary rule's file, as values, into its resource.
func summaryToARM(m map[string]any) (id string, body map[string]any) {
	id, _ = m["id"].(string)
	d := map[string]any{}
	p := map[string]any{"ruleType": "User", "isActive": true, "ruleDefinition": d}
	if v, ok := m["name"]; ok {
		p["displayName"] = v
	}
	if v, ok := m["description"]; ok && v != nil {
		p["description"] = v
	}
	if on, ok := m["enabled"].(bool); ok {
		p["isActive"] = on
	}
	for _, k := range [...]string{"query", "destinationTable", "binStartTime"} {
		if v, ok := m[k]; ok && v != nil {
			d[k] = v
		}
	}
	for _, k := range [...]string{"binSize", "binDelay"} {
		if v, ok := m[k]; ok && v != nil {
			d[k] = inMinutes(v)
		}
	}
	body = map[string]any{"properties": p}
	overlay(body, m["arm"])
	return id, body
}

// inMinutes is a duration of a file as the service counts it.
func inMinutes(v any) any {
	if s, ok := v.(string); ok {
		if d, err := content.ParseDuration(s); err == nil && d.Value%time.Minute == 0 {
			return json.Number(strconv.FormatInt(int64(d.Value/time.Minute), 10))
		}
	}
	return v
}

// fromMinutes is the reverse; a number that is none of minutes is kept.
func fromMinutes(v any) any {
	number, ok := canon("", v).(json.Number)
	if !ok {
		return v
	}
	n, err := number.Int64()
	switch {
	case err != nil || n < 0:
		return v
	case n > 0 && n%1440 == 0:
		return fmt.Sprintf("%dd", n/1440)
	case n > 0 && n%60 == 0:
		return fmt.Sprintf("%dh", n/60)
	}
	return fmt.Sprintf("%dm", n)
}

// armToSummary turns a summary rule into the values of its file.
func armToSummary(id string, body map[string]any) map[string]any {
	p, _ := body["properties"].(map[string]any)
	m := map[string]any{"id": id}
	if s, _ := p["displayName"].(string); s != "" {
		m["name"] = s
	}
	if v := p["description"]; canon("description", v) != nil {
		m["description"] = v
	}
	if on, ok := p["isActive"].(bool); ok && !on {
		m["enabled"] = false
	}
	d, _ := p["ruleDefinition"].(map[string]any)
	for _, k := range [...]string{"query", "destinationTable", "binStartTime"} {
		if v := d[k]; v != nil {
			m[k] = v
		}
	}
	for _, k := range [...]string{"binSize", "binDelay"} {
		if v := d[k]; v != nil {
			m[k] = fromMinutes(v)
		}
	}
	return withRest(m, p, func(m map[string]any) map[string]any { _, b := summaryToARM(m); return b })
}

// destination is the table that a summary rule fills.
func destination(r *Resource) string {
	d, _ := r.props()["ruleDefinition"].(map[string]any)
	s, _ := d["destinationTable"].(string)
	return s
}

// step is the time after which bins begin at the same place of a whole hour again.
func step(definition map[string]any) time.Duration {
	n, ok := canon("", definition["binSize"]).(json.Number)
	size, err := n.Int64()
	if !ok || err != nil || size <= 0 || size > 1<<20 {
		return 0
	}
	if size < 60 {
		return time.Hour
	}
	return time.Duration(size) * time.Minute
}

// byGrid is a rule's properties with binStartTime by the times at which bins begin: a start that is past says no more.
func byGrid(p map[string]any) map[string]any {
	d, _ := p["ruleDefinition"].(map[string]any)
	text, _ := d["binStartTime"].(string)
	at, err := time.Parse(time.RFC3339, text)
	every := step(d)
	if err != nil || every == 0 {
		return p
	}
	out, def := cloneMap(p), cloneMap(d)
	def["binStartTime"] = time.Unix(0, 0).UTC().Add(time.Duration(at.Unix())*time.Second%every).Format("15:04") + " every " + fmt.Sprint(every)
	out["ruleDefinition"] = def
	return out
}

// beside is a summary rule with what its file leaves to the service as the workspace has it.
func (r *Resource) beside(have *Resource) *Resource {
	if r.Kind != SummaryRule || have == nil {
		return r
	}
	d, _ := r.props()["ruleDefinition"].(map[string]any)
	h, _ := have.props()["ruleDefinition"].(map[string]any)
	var def map[string]any
	for _, k := range [...]string{"binStartTime", "timeSelector"} {
		if d[k] == nil && h[k] != nil {
			if def == nil {
				def = cloneMap(d)
			}
			def[k] = h[k]
		}
	}
	if def == nil {
		return r
	}
	c := *r
	c.Body = cloneMap(r.Body)
	p := cloneMap(r.props())
	p["ruleDefinition"] = def
	c.Body["properties"] = p
	return &c
}

// startingNow moves a binStartTime that is too long ago for a new rule to the first on its grid that the service takes:
// not before now minus the bin size.
func startingNow(p map[string]any, now time.Time) map[string]any {
	d, _ := p["ruleDefinition"].(map[string]any)
	text, _ := d["binStartTime"].(string)
	at, err := time.Parse(time.RFC3339, text)
	every := step(d)
	n, _ := canon("", d["binSize"]).(json.Number)
	size, err2 := n.Int64()
	if err != nil || err2 != nil || every == 0 {
		return p
	}
	first := now.UTC().Add(-time.Duration(size) * time.Minute)
	if !at.Before(first) {
		return p
	}
	at = at.Add((first.Sub(at) + every - 1) / every * every)
	out, def := cloneMap(p), cloneMap(d)
	def["binStartTime"] = at.UTC().Format(time.RFC3339)
	out["ruleDefinition"] = def
	return out
}

// summaryWritten waits until the service has made a summary rule and its table.
func (r *run) summaryWritten(want *Resource, got *Resource, m map[string]any) (*Resource, error) {
	id := resourceID(r.plan.target, SummaryRule, want.ID)
	for wait := time.Second; ; wait = min(2*wait, 30*time.Second) {
		p, _ := m["properties"].(map[string]any)
		switch p["provisioningState"] {
		case "Updating", "Deleting":
		case "Failed", "Canceled":
			return nil, fmt.Errorf("the service could not take the summary rule (provisioningState %v)", p["provisioningState"])
		default:
			return got, nil
		}
		select {
		case <-time.After(wait):
		case <-r.stop.Done():
			return nil, errStopped
		}
		var err error
		if m, _, err = r.W.Get(r.req, id, summaryVersion); err != nil {
			return nil, err
		}
		if m == nil {
			return nil, fmt.Errorf("the summary rule is gone after it was written")
		}
		got = received(SummaryRule, m)
	}
}

// switched starts or stops a summary rule that was written, when it is not as it should be.
func (r *run) switched(a *Action, got *Resource) error {
	want, ok := a.want.props()["isActive"].(bool)
	if is, _ := got.props()["isActive"].(bool); !ok || is == want {
		return nil
	}
	verb := "stop"
	if want {
		verb = "start"
	}
	if err := r.begin(a, verb); err != nil {
		return err
	}
	_, err := r.W.Do(r.req, azure.Request{Method: http.MethodPost, Path: resourceID(r.plan.target, SummaryRule, a.want.ID) + "/" + verb, Version: summaryVersion})
	if err != nil {
		return fmt.Errorf("the summary rule is written, and could not be %sed: %w", map[string]string{"stop": "stopp", "start": "start"}[verb], err)
	}
	return nil
}
