package deploy

import (
	"encoding/json"
	"fmt"
	"sort"
	"strings"

	"github.com/seed-caab1ad3/blindspot/content"
)

// defaultSuppression is what the portal fills in; the service wants a duration also when suppression is off.
const defaultSuppression = "PT5H"

// sameKeys are the keys that a rule's file and its resource share as they are.
var sameKeys = [...]string{"description", "severity", "query", "triggerThreshold", "tactics", "entityMappings", "sentinelEntitiesMappings", "customDetails",
	"alertDetailsOverride", "eventGroupingSettings", "incidentConfiguration"}

// ruleToARM turns a rule's file, as values, into its resource.
func ruleToARM(m map[string]any) (id string, body map[string]any) {
	id, _ = m["id"].(string)
	kind, _ := m["kind"].(string)
	if kind == "" {
		kind = content.Scheduled
	}
	p := map[string]any{"enabled": true, "suppressionEnabled": false, "suppressionDuration": defaultSuppression}
	if v, ok := m["name"]; ok {
		p["displayName"] = v
	}
	for _, k := range sameKeys {
		if v, ok := m[k]; ok && v != nil {
			p[k] = v
		}
	}
	for _, k := range [...]string{"enabled", "suppressionEnabled"} {
		if v, ok := m[k].(bool); ok {
			p[k] = v
		}
	}
	for _, k := range [...]string{"queryFrequency", "queryPeriod", "suppressionDuration"} {
		if v, ok := m[k]; ok && v != nil {
			p[k] = isoDuration(v)
		}
	}
	if g := groupingOf(p["incidentConfiguration"]); g != nil && g["lookbackDuration"] != nil {
		c := cloneMap(p["incidentConfiguration"].(map[string]any))
		g = cloneMap(g)
		g["lookbackDuration"] = isoDuration(g["lookbackDuration"])
		c["groupingConfiguration"] = g
		p["incidentConfiguration"] = c
	}
	if s, ok := m["triggerOperator"].(string); ok {
		p["triggerOperator"] = content.TriggerOperator(s)
	}
	if list, ok := m["relevantTechniques"].([]any); ok {
		techniques, subs := splitTechniques(list)
		if len(techniques) > 0 {
			p["techniques"] = techniques
		}
		if len(subs) > 0 {
			p["subTechniques"] = subs
		}
	}
	body = map[string]any{"kind": kind, "properties": p}
	overlay(body, m["arm"])
	p = body["properties"].(map[string]any)
	if t, _ := p["alertRuleTemplateName"].(string); t != "" && p["templateVersion"] == nil {
		if v, _ := m["version"].(string); v != "" {
			p["templateVersion"] = v
		}
	}
	return id, body
}

// overlay lays the arm key of a file over the properties: null deletes, mappings merge, the rest replaces.
func overlay(body map[string]any, arm any) {
	m, ok := arm.(map[string]any)
	if !ok {
		return
	}
	body["properties"] = mergePatch(body["properties"], m)
}

// mergePatch is RFC 7386.
func mergePatch(target, patch any) any {
	p, ok := patch.(map[string]any)
	if !ok {
		return patch
	}
	t, ok := target.(map[string]any)
	if !ok {
		t = map[string]any{}
	}
	out := cloneMap(t)
	for k, v := range p {
		if v == nil {
			delete(out, k)
			continue
		}
		out[k] = mergePatch(out[k], v)
	}
	return out
}

// patchFor returns the merge patch that makes have mean what want means; nil when it does already.
func patchFor(have, want map[string]any) map[string]any {
	out := map[string]any{}
	for k, w := range want {
		h, there := have[k]
		if there && same(k, h, w) || !there && canon(k, w) == nil {
			continue
		}
		hm, ok1 := h.(map[string]any)
		wm, ok2 := w.(map[string]any)
		if ok1 && ok2 && len(wm) > 0 {
			if p := patchFor(hm, wm); p != nil {
				out[k] = p
			}
			continue
		}
		out[k] = w
	}
	for k, h := range have {
		if _, there := want[k]; !there && canon(k, h) != nil {
			out[k] = nil
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

func cloneMap(m map[string]any) map[string]any {
	out := make(map[string]any, len(m))
	for k, v := range m {
		out[k] = v
	}
	return out
}

func groupingOf(v any) map[string]any {
	c, _ := v.(map[string]any)
	g, _ := c["groupingConfiguration"].(map[string]any)
	return g
}

func isoDuration(v any) any {
	if s, ok := v.(string); ok {
		if d, err := content.ParseDuration(s); err == nil {
			return d.ISO()
		}
	}
	return v
}

// shortDuration is the reverse for files; a text that it could not give back exactly is kept.
func shortDuration(v any) any {
	s, ok := v.(string)
	if !ok {
		return v
	}
	d, err := content.ParseDuration(s)
	if err != nil {
		return v
	}
	if back, err := content.ParseDuration(d.Short()); err != nil || back.Value != d.Value {
		return v
	}
	return d.Short()
}

func shortOperator(v any) any {
	switch v {
	case "GreaterThan":
		return "gt"
	case "LessThan":
		return "lt"
	case "Equal":
		return "eq"
	case "NotEqual":
		return "ne"
	}
	return v
}

// splitTechniques parts T#### from T####.###; the service wants both lists, and a sub-technique's technique in the first.
func splitTechniques(list []any) (techniques, subs []any) {
	seen := map[any]bool{}
	add := func(dst *[]any, v any) {
		if !seen[v] {
			seen[v] = true
			*dst = append(*dst, v)
		}
	}
	for _, v := range list {
		s, ok := v.(string)
		if !ok {
			continue
		}
		if parent, _, sub := strings.Cut(s, "."); sub {
			add(&techniques, parent)
			add(&subs, s)
		} else {
			add(&techniques, s)
		}
	}
	return techniques, subs
}

// joinTechniques is the reverse: a technique that its sub-techniques stand for is not named.
func joinTechniques(techniques, subs any) []any {
	ts, _ := techniques.([]any)
	ss, _ := subs.([]any)
	used := make([]bool, len(ss))
	var out []any
	for _, t := range ts {
		name, _ := t.(string)
		covered := false
		for i, s := range ss {
			if sub, _ := s.(string); strings.HasPrefix(sub, name+".") && name != "" {
				covered = true
				if !used[i] {
					used[i] = true
					out = append(out, s)
				}
			}
		}
		if !covered {
			out = append(out, t)
		}
	}
	for i, s := range ss {
		if !used[i] {
			out = append(out, s)
		}
	}
	return out
}

// ordered turns decoded JSON into records, keys in the order given first and then by name.
func ordered(v any, first ...string) any {
	switch v := v.(type) {
	case map[string]any:
		names := make([]string, 0, len(v))
		for k := range v {
			names = append(names, k)
		}
		rank := func(n string) int {
			for i, f := range first {
				if f == n {
					return i
				}
			}
			return len(first)
		}
		sort.Slice(names, func(i, j int) bool {
			if a, b := rank(names[i]), rank(names[j]); a != b {
				return a < b
			}
			return names[i] < names[j]
		})
		rec := make(content.Record, len(names))
		for i, n := range names {
			rec[i] = content.Field{Name: n, Value: ordered(v[n], nestedOrder[:]...)}
		}
		return rec
	case []any:
		out := make([]any, len(v))
		for i, x := range v {
			out[i] = ordered(x, nestedOrder[:]...)
		}
		return out
	}
	return v
}

// nestedOrder is the order of keys inside the mappings of a file.
var nestedOrder = [...]string{"entityType", "fieldMappings", "identifier", "columnName", "alertDisplayNameFormat", "alertDescriptionFormat", "alertTacticsColumnName",
	"alertSeverityColumnName", "alertDynamicProperties", "alertProperty", "value", "createIncident", "groupingConfiguration", "enabled", "reopenClosedIncident",
	"lookbackDuration", "matchingMethod", "groupByEntities", "groupByAlertDetails", "groupByCustomDetails", "name", "type", "default", "kind", "properties"}

// ruleOrder is the order of keys in a rule's file.
var ruleOrder = [...]string{"id", "kind", "name", "description", "severity", "enabled", "status", "requiredDataConnectors", "queryFrequency", "queryPeriod", "triggerOperator",
	"triggerThreshold", "tactics", "relevantTechniques", "query", "entityMappings", "sentinelEntitiesMappings", "customDetails", "alertDetailsOverride", "eventGroupingSettings",
	"incidentConfiguration", "suppressionEnabled", "suppressionDuration", "version", "tags", "streams", "blindspots", "metadata", "arm"}

// armToRule turns a Scheduled or NRT rule into the values of its file. What the file's form cannot say is under arm.
func armToRule(id string, body map[string]any) map[string]any {
	p, _ := body["properties"].(map[string]any)
	m := map[string]any{"id": id, "kind": body["kind"]}
	set := func(k string, v any) {
		if canon(k, v) != nil {
			m[k] = v
		}
	}
	set("name", p["displayName"])
	for _, k := range sameKeys {
		set(k, p[k])
	}
	if g := groupingOf(m["incidentConfiguration"]); g != nil && g["lookbackDuration"] != nil {
		c := cloneMap(m["incidentConfiguration"].(map[string]any))
		g = cloneMap(g)
		g["lookbackDuration"] = shortDuration(g["lookbackDuration"])
		c["groupingConfiguration"] = g
		m["incidentConfiguration"] = c
	}
	if e, ok := p["enabled"].(bool); ok && !e {
		m["enabled"] = false
	}
	if s, ok := p["suppressionEnabled"].(bool); ok && s {
		m["suppressionEnabled"] = true
	}
	if !same("suppressionDuration", p["suppressionDuration"], defaultSuppression) {
		set("suppressionDuration", shortDuration(p["suppressionDuration"]))
	}
	for _, k := range [...]string{"queryFrequency", "queryPeriod"} {
		set(k, shortDuration(p[k]))
	}
	set("triggerOperator", shortOperator(p["triggerOperator"]))
	set("relevantTechniques", joinTechniques(p["techniques"], p["subTechniques"]))
	if t, _ := p["alertRuleTemplateName"].(string); t != "" {
		set("version", p["templateVersion"])
		m["arm"] = map[string]any{"alertRuleTemplateName": t}
	}
	return withRest(m, p, func(m map[string]any) map[string]any { _, b := ruleToARM(m); return b })
}

// withRest puts under arm what the file does not say by itself.
func withRest(m, props map[string]any, back func(map[string]any) map[string]any) map[string]any {
	for range 3 { // one patch can bring forth a default that the next one undoes
		again, _ := back(m)["properties"].(map[string]any)
		rest := patchFor(again, props)
		if rest == nil {
			break
		}
		arm, _ := m["arm"].(map[string]any)
		m["arm"] = mergeKeepingNulls(arm, rest)
	}
	return m
}

// mergeKeepingNulls joins two patches.
func mergeKeepingNulls(a, b map[string]any) map[string]any {
	out := cloneMap(a)
	for k, v := range b {
		am, ok1 := out[k].(map[string]any)
		bm, ok2 := v.(map[string]any)
		if ok1 && ok2 {
			out[k] = mergeKeepingNulls(am, bm)
			continue
		}
		out[k] = v
	}
	return out
}

// huntingToARM turns a hunting query's file into its saved search.
func huntingToARM(m map[string]any) (id string, body map[string]any) {
	id, _ = m["id"].(string)
	tags := map[string]any{}
	if d, _ := m["description"].(string); d != "" {
		tags["description"] = d
	}
	if s := commaList(m["tactics"]); s != "" {
		tags["tactics"] = s
	}
	if s := commaList(m["relevantTechniques"]); s != "" {
		tags["techniques"] = s
	}
	p := map[string]any{"category": "Hunting Queries", "version": json.Number("2")}
	if len(tags) > 0 {
		p["tags"] = tags
	}
	if v, ok := m["name"]; ok {
		p["displayName"] = v
	}
	if v, ok := m["query"]; ok {
		p["query"] = v
	}
	body = map[string]any{"properties": p}
	overlay(body, m["arm"])
	return id, body
}

func commaList(v any) string {
	list, _ := v.([]any)
	var parts []string
	for _, x := range list {
		if s, ok := x.(string); ok {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, ",")
}

func fromCommaList(v any) []any {
	s, _ := v.(string)
	var out []any
	for _, p := range strings.Split(s, ",") {
		if p = strings.TrimSpace(p); p != "" {
			out = append(out, p)
		}
	}
	return out
}

var huntingOrder = [...]string{"id", "name", "description", "requiredDataConnectors", "tactics", "relevantTechniques", "query", "entityMappings", "customDetails", "version", "tags", "streams", "blindspots", "metadata", "arm"}

func armToHunting(id string, body map[string]any) map[string]any {
	p, _ := body["properties"].(map[string]any)
	m := map[string]any{"id": id}
	if v := p["displayName"]; v != nil {
		m["name"] = v
	}
	if v := p["query"]; v != nil {
		m["query"] = v
	}
	tags, _ := p["tags"].(map[string]any)
	if d, _ := tags["description"].(string); d != "" {
		m["description"] = d
	}
	if l := fromCommaList(tags["tactics"]); l != nil {
		m["tactics"] = l
	}
	if l := fromCommaList(tags["techniques"]); l != nil {
		m["relevantTechniques"] = l
	}
	return withRest(m, p, func(m map[string]any) map[string]any { _, b := huntingToARM(m); return b })
}

// functionToARM turns a function's file into its saved search.
func functionToARM(f *content.Function, arm any) (id string, body map[string]any) {
	id = f.ID
	if id == "" {
		id = f.Alias
	}
	category := f.Category
	if category == "" {
		category = "Functions"
	}
	p := map[string]any{"category": category, "displayName": f.Name, "functionAlias": f.Alias, "query": f.Query.String(), "version": json.Number("2")}
	if len(f.Parameters) > 0 {
		p["functionParameters"] = parameterList(f.Parameters)
	}
	if f.Description != "" {
		p["tags"] = map[string]any{"description": f.Description}
	}
	body = map[string]any{"properties": p}
	overlay(body, arm)
	return id, body
}

func parameterList(list []content.Parameter) string {
	var b strings.Builder
	for i, x := range list {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(x.Name + ":" + x.Type)
		if x.HasDefault {
			b.WriteString("=" + x.Default)
		}
	}
	return b.String()
}

// readParameters reads the service's text of a parameter list; false when it is not one that parameterList would write.
func readParameters(s string) ([]content.Parameter, bool) {
	var parts []string
	depth, start := 0, 0
	var quote byte
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case quote != 0:
			if c == '\\' {
				i++
			} else if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '(' || c == '[' || c == '{':
			depth++
		case c == ')' || c == ']' || c == '}':
			depth--
		case c == ',' && depth == 0:
			parts = append(parts, s[start:i])
			start = i + 1
		}
	}
	parts = append(parts, s[start:])
	var out []content.Parameter
	for _, p := range parts {
		name, rest, ok := strings.Cut(p, ":")
		if !ok {
			return nil, false
		}
		x := content.Parameter{Name: strings.TrimSpace(name)}
		typ, def, has := rest, "", false
		if !strings.HasPrefix(strings.TrimSpace(rest), "(") {
			typ, def, has = strings.Cut(rest, "=")
		}
		x.Type, x.Default, x.HasDefault = strings.TrimSpace(typ), strings.TrimSpace(def), has
		out = append(out, x)
	}
	return out, tightParameters(parameterList(out)) == tightParameters(s)
}

var functionOrder = [...]string{"id", "name", "alias", "category", "description", "version", "parameters", "query", "metadata", "arm"}

func armToFunction(id string, body map[string]any) map[string]any {
	p, _ := body["properties"].(map[string]any)
	m := map[string]any{}
	alias, _ := p["functionAlias"].(string)
	m["alias"] = alias
	if id != alias {
		m["id"] = id
	}
	if s, _ := p["displayName"].(string); s != alias && s != "" {
		m["name"] = s
	}
	if s, _ := p["category"].(string); s != "Functions" && s != "" {
		m["category"] = s
	}
	if v := p["query"]; v != nil {
		m["query"] = v
	}
	tags, _ := p["tags"].(map[string]any)
	if d, _ := tags["description"].(string); d != "" {
		m["description"] = d
	}
	if s, _ := p["functionParameters"].(string); s != "" {
		if list, ok := readParameters(s); ok {
			var out []any
			for _, x := range list {
				e := map[string]any{"name": x.Name, "type": x.Type}
				if x.HasDefault {
					e["default"] = x.Default
				}
				out = append(out, e)
			}
			m["parameters"] = out
		}
	}
	return withRest(m, p, func(m map[string]any) map[string]any {
		_, b := functionToARM(functionOf(m), m["arm"])
		return b
	})
}

// functionOf reads a function from values, by the rules of package content.
func functionOf(m map[string]any) *content.Function {
	f := &content.Function{}
	f.ID, _ = m["id"].(string)
	f.Name, _ = m["name"].(string)
	f.Alias, _ = m["alias"].(string)
	f.Category, _ = m["category"].(string)
	f.Description, _ = m["description"].(string)
	q, _ := m["query"].(string)
	f.Query = content.NewText("", q)
	if f.Name == "" {
		f.Name = f.Alias
	}
	list, _ := m["parameters"].([]any)
	for _, x := range list {
		e, _ := x.(map[string]any)
		var p content.Parameter
		p.Name, _ = e["name"].(string)
		p.Type, _ = e["type"].(string)
		if d, ok := e["default"]; ok {
			p.Default, p.HasDefault = fmt.Sprint(d), true
		}
		f.Parameters = append(f.Parameters, p)
	}
	return f
}

// watchlistToARM turns a watchlist's file into its resource.
func watchlistToARM(w *content.Watchlist, arm any) (id string, body map[string]any, items []map[string]any) {
	p := map[string]any{"displayName": w.Name, "provider": w.Provider, "itemsSearchKey": w.ItemsSearchKey, "source": w.Alias + ".csv", "sourceType": "Local"}
	if w.Provider == "" {
		p["provider"] = "Custom"
	}
	if w.Description != "" {
		p["description"] = w.Description
	}
	if len(w.Labels) > 0 {
		l := make([]any, len(w.Labels))
		for i, s := range w.Labels {
			l[i] = s
		}
		p["labels"] = l
	}
	if w.DefaultDuration.IsSet() {
		p["defaultDuration"] = w.DefaultDuration.ISO()
	}
	body = map[string]any{"properties": p}
	overlay(body, arm)
	items = []map[string]any{}
	for _, rec := range w.Items {
		row := map[string]any{}
		for _, c := range w.Columns {
			row[c.Name] = ""
		}
		for _, f := range rec {
			row[f.Name] = f.Value
		}
		items = append(items, row)
	}
	takeMappings(body, items)
	return w.Alias, body, items
}

var watchlistOrder = [...]string{"id", "alias", "displayName", "name", "description", "provider", "itemsSearchKey", "labels", "defaultDuration", "version", "source", "columns", "items", "metadata", "arm"}

// armToWatchlist turns a watchlist into the values of its file; columns are in the order given.
func armToWatchlist(id string, body map[string]any, items []map[string]any, columns []string, inline bool) map[string]any {
	p, _ := body["properties"].(map[string]any)
	m := map[string]any{"alias": id}
	for file, arm := range map[string]string{"displayName": "displayName", "description": "description", "itemsSearchKey": "itemsSearchKey", "labels": "labels"} {
		if v := p[arm]; canon(arm, v) != nil {
			m[file] = v
		}
	}
	if s, _ := p["provider"].(string); s != "Custom" && s != "" {
		m["provider"] = s
	}
	if v := p["defaultDuration"]; v != nil {
		m["defaultDuration"] = shortDuration(v)
	}
	if len(columns) > 0 {
		l := make([]any, len(columns))
		for i, c := range columns {
			l[i] = c
		}
		m["columns"] = l
	}
	if inline {
		rows := make([]any, len(items))
		for i, it := range items {
			rec := content.Record{}
			for _, c := range columns {
				rec = append(rec, content.Field{Name: c, Value: it[c]})
			}
			rows[i] = rec
		}
		m["items"] = rows
	}
	if l := mappingsOf(items); l != nil {
		m["arm"] = map[string]any{mappingsKey: l}
	}
	return withRest(m, p, func(m map[string]any) map[string]any {
		_, b, _ := watchlistToARM(watchlistOf(m), m["arm"])
		return b
	})
}

func watchlistOf(m map[string]any) *content.Watchlist {
	w := &content.Watchlist{}
	w.Alias, _ = m["alias"].(string)
	w.Name, _ = m["displayName"].(string)
	w.Description, _ = m["description"].(string)
	w.Provider, _ = m["provider"].(string)
	w.ItemsSearchKey, _ = m["itemsSearchKey"].(string)
	if w.Name == "" {
		w.Name = w.Alias
	}
	l, _ := m["labels"].([]any)
	for _, x := range l {
		if s, ok := x.(string); ok {
			w.Labels = append(w.Labels, s)
		}
	}
	if s, _ := m["defaultDuration"].(string); s != "" {
		w.DefaultDuration, _ = content.ParseDuration(s)
	}
	return w
}
