// Package deploy keeps a workspace equal to a folder. In come content (package content), the workspace as it is (package
// azure) and what was applied before; out come a Plan, which is a value that can be printed, saved and tested, its Apply,
// and files: pulled, exported, imported. It knows no flags and prints nothing.
package deploy

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"path"
	"sort"
	"strconv"
	"strings"

	"github.com/seed-caab1ad3/blindspot/content"
)

// Resource is one piece of content as Resource Manager knows it.
//
// Body holds kind, tags, location and properties as they are sent, without what the service sets itself; tags of saved
// searches are a mapping of names to values there. Items are the rows of a watchlist, nil when they were not read.
type Resource struct {
	Kind    Kind             `json:"resource"`
	ID      string           `json:"id"`
	Body    map[string]any   `json:"body"`
	Items   []map[string]any `json:"items"`
	Version string           `json:"version,omitempty"` // of the file, for the mark
	File    string           `json:"file,omitempty"`

	etag    string
	itemIDs []string // of Items, in the workspace
	doc     *content.Document
	fields  map[string]bool // keys of the file that blindspot.yaml overrides
}

// Key identifies a resource in a workspace.
func (r *Resource) Key() string { return string(r.Kind) + "/" + strings.ToLower(r.ID) }

// Name is the resource's name for people.
func (r *Resource) Name() string {
	p := r.props()
	if app, _ := p["logicAppResourceId"].(string); r.Kind == RuleAction && app != "" {
		return app[strings.LastIndexByte(app, '/')+1:] // the playbook's
	}
	for _, k := range [...]string{"displayName", "functionAlias", "name"} {
		if s, _ := p[k].(string); s != "" {
			return s
		}
	}
	return r.ID
}

func (r *Resource) props() map[string]any {
	p, _ := r.Body["properties"].(map[string]any)
	return p
}

func (r *Resource) text(name string) string {
	s, _ := r.props()[name].(string)
	return s
}

// armKind is the discriminator of the body: Scheduled, NRT, Fusion.
func (r *Resource) armKind() string {
	s, _ := r.Body["kind"].(string)
	return s
}

// received turns a resource as the service answers it into ours.
func received(k Kind, m map[string]any) *Resource {
	r := &Resource{Kind: k, Body: map[string]any{}}
	r.ID, _ = m["name"].(string)
	if k == RuleAction {
		if id, _ := m["id"].(string); id != "" {
			parts := strings.Split(id, "/")
			if n := len(parts); n >= 3 {
				r.ID = parts[n-3] + "/" + parts[n-1]
			}
		}
	}
	for _, name := range [...]string{"etag", "eTag"} {
		if s, _ := m[name].(string); s != "" {
			r.etag = s
		}
	}
	for _, name := range [...]string{"kind", "tags", "location", "identity"} {
		if v := m[name]; v != nil && !isEmpty(v) {
			r.Body[name] = v
		}
	}
	if id, ok := r.Body["identity"].(map[string]any); ok {
		r.Body["identity"] = withoutReadOnly("identity", id, []string{"identity.principalId", "identity.tenantId", "identity.userAssignedIdentities.*.principalId", "identity.userAssignedIdentities.*.clientId"})
	}
	props, _ := m["properties"].(map[string]any)
	r.Body["properties"] = strip(k, r.armKind(), props)
	return r
}

// savedKind tells hunting queries, functions and other saved searches apart.
func savedKind(props map[string]any) Kind {
	if a, _ := props["functionAlias"].(string); a != "" {
		return Function
	}
	switch c, _ := props["category"].(string); c {
	case "Hunting Queries", "Livestream Queries":
		return HuntingQuery
	}
	return SavedSearch
}

// strip drops nulls and what the service sets, and gives saved searches their tags as a mapping.
func strip(k Kind, armKind string, props map[string]any) map[string]any {
	out := make(map[string]any, len(props))
	info := k.info()
next:
	for name, v := range props {
		for _, ro := range info.readOnly {
			if strings.EqualFold(ro, name) {
				continue next
			}
		}
		if v == nil {
			continue
		}
		out[name] = withoutReadOnly(name, dropNulls(v), info.nested)
	}
	switch k {
	case Rule:
		switch armKind {
		case "Fusion", "MLBehaviorAnalytics", "ThreatIntelligence":
			for _, ro := range [...]string{"displayName", "description", "severity", "tactics", "techniques", "subTechniques"} {
				delete(out, ro)
			}
		}
	case Table:
		if s, ok := out["schema"].(map[string]any); ok {
			for _, ro := range [...]string{"standardColumns", "solutions", "isTroubleshootingAllowed", "source", "tableType", "tableSubType", "categories", "labels"} {
				delete(s, ro)
			}
		}
	case Function, HuntingQuery, SavedSearch:
		if m, ok := tagsToMap(out["tags"]); ok {
			out["tags"] = m
		}
	}
	return out
}

// withoutReadOnly leaves out what lies at the paths given; a list's items have their list's path, and * is any name.
func withoutReadOnly(at string, v any, paths []string) any {
	if len(paths) == 0 {
		return v
	}
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
	next:
		for k, x := range v {
			here := at + "." + k
			for _, p := range paths {
				if ok, _ := path.Match(strings.ReplaceAll(p, ".", "/"), strings.ReplaceAll(here, ".", "/")); ok {
					continue next
				}
			}
			out[k] = withoutReadOnly(here, x, paths)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, x := range v {
			out[i] = withoutReadOnly(at, x, paths)
		}
		return out
	}
	return v
}

func dropNulls(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, x := range v {
			if x != nil {
				out[k] = dropNulls(x)
			}
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, x := range v {
			out[i] = dropNulls(x)
		}
		return out
	}
	return v
}

// tagsToMap turns the service's list of names and values into a mapping, when no name stands twice.
func tagsToMap(v any) (map[string]any, bool) {
	list, ok := v.([]any)
	if !ok {
		return nil, false
	}
	out := map[string]any{}
	for _, x := range list {
		m, ok := x.(map[string]any)
		name, isText := m["name"].(string)
		_, twice := out[name]
		if !ok || !isText || twice || len(m) > 2 || len(m) == 2 && m["value"] == nil {
			return nil, false
		}
		out[name] = m["value"]
		if m["value"] == nil {
			out[name] = ""
		}
	}
	return out, true
}

// tagsToList is the reverse; what the portal shows comes first.
func tagsToList(m map[string]any) []any {
	names := make([]string, 0, len(m))
	for n := range m {
		names = append(names, n)
	}
	first := func(n string) int {
		switch n {
		case "description":
			return 0
		case "tactics":
			return 1
		case "techniques":
			return 2
		}
		return 3
	}
	sort.Slice(names, func(i, j int) bool {
		if a, b := first(names[i]), first(names[j]); a != b {
			return a < b
		}
		return names[i] < names[j]
	})
	out := make([]any, len(names))
	for i, n := range names {
		out[i] = map[string]any{"name": n, "value": m[n]}
	}
	return out
}

// wire is the body as it is sent.
func (r *Resource) wire() map[string]any {
	out := make(map[string]any, len(r.Body))
	for k, v := range r.Body {
		out[k] = v
	}
	props := make(map[string]any, len(r.props()))
	for k, v := range r.props() {
		props[k] = v
	}
	if m, ok := props["tags"].(map[string]any); ok && (r.Kind == Function || r.Kind == HuntingQuery || r.Kind == SavedSearch) {
		props["tags"] = tagsToList(m)
	}
	if r.Kind == Rule { // the stable api-version refuses these by name, also when they say nothing
		for _, name := range previewOnly {
			if isEmpty(props[name]) {
				delete(props, name)
			}
		}
	}
	out["properties"] = props
	return out
}

// unordered are lists whose order the service does not keep or use.
func unordered(name string) bool {
	switch name {
	case "tactics", "techniques", "subTechniques", "groupByEntities", "groupByAlertDetails", "groupByCustomDetails", "labels", "entityMappings", "fieldMappings",
		"sentinelEntitiesMappings", "alertDynamicProperties", "severitiesFilter", "displayNamesFilter", "displayNamesExcludeFilter", "threatAnalysisTactics", "threatAnalysisTechniques":
		return true
	}
	return false
}

// durations are properties that hold ISO 8601 durations.
func isDuration(name string) bool {
	switch name {
	case "queryFrequency", "queryPeriod", "suppressionDuration", "lookbackDuration", "defaultDuration":
		return true
	}
	return false
}

// emptyTexts are texts that mean the same when they are empty and when they are absent.
func emptyText(name string) bool {
	switch name {
	case "description", "alertRuleTemplateName", "templateVersion", "functionParameters":
		return true
	}
	return false
}

func isEmpty(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	}
	return false
}

// canon gives the form in which values are compared: null, empty and absent are one, durations and numbers are by value,
// and lists are sorted where the service does not look at their order.
func canon(name string, v any) any {
	switch v := v.(type) {
	case nil:
		return nil
	case string:
		switch {
		case v == "" && emptyText(name):
			return nil
		case isDuration(name):
			if d, err := content.ParseDuration(v); err == nil {
				return d.ISO()
			}
		case name == "sourceId" || name == "logicAppResourceId" || name == "parentId" || len(v) > 15 && strings.EqualFold(v[:15], "/subscriptions/"):
			return strings.ToLower(v) // ids of resources are the same in any letter case
		case name == "functionParameters":
			return tightParameters(v)
		case name == "serializedData":
			if x, err := decodeAny([]byte(v)); err == nil {
				return canon("", x)
			}
		}
		return v
	case json.Number:
		if n, err := strconv.ParseInt(string(v), 10, 64); err == nil {
			return json.Number(strconv.FormatInt(n, 10))
		}
		if f, err := v.Float64(); err == nil {
			b, err := json.Marshal(f)
			if err == nil {
				return json.Number(b)
			}
		}
		return v
	case int:
		return json.Number(strconv.Itoa(v))
	case float64:
		b, _ := json.Marshal(v)
		return canon(name, json.Number(b))
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, x := range v {
			if c := canon(k, x); c != nil {
				out[k] = c
			}
		}
		if len(out) == 0 {
			return nil
		}
		if name == "eventGroupingSettings" && len(out) == 1 && out["aggregationKind"] == "SingleAlert" {
			return nil
		}
		return out
	case []any:
		if len(v) == 0 {
			return nil
		}
		out := make([]any, len(v))
		for i, x := range v {
			out[i] = canon("", x)
		}
		if unordered(name) {
			keys := make([]string, len(out))
			for i := range out {
				keys[i] = string(compact(out[i]))
			}
			sort.Sort(&byKey{keys, out})
			same := out[:1]
			for i := 1; i < len(out); i++ {
				if keys[i] != keys[i-1] {
					same = append(same, out[i])
				}
			}
			out = same
		}
		return out
	}
	return v
}

type byKey struct {
	keys   []string
	values []any
}

func (b *byKey) Len() int           { return len(b.keys) }
func (b *byKey) Less(i, j int) bool { return b.keys[i] < b.keys[j] }
func (b *byKey) Swap(i, j int) {
	b.keys[i], b.keys[j] = b.keys[j], b.keys[i]
	b.values[i], b.values[j] = b.values[j], b.values[i]
}

// compact is the JSON text of a value with sorted keys.
func compact(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil
	}
	return bytes.TrimRight(b.Bytes(), "\n")
}

func decodeAny(b []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	return v, nil
}

// same reports whether two values mean the same.
func same(name string, a, b any) bool {
	return bytes.Equal(compact(canon(name, a)), compact(canon(name, b)))
}

// comparable is the whole of a resource in the form for comparing. Locations are left out: they never change.
func (r *Resource) comparable() map[string]any {
	out := map[string]any{}
	if k := r.armKind(); k != "" && r.Kind != Workbook {
		out["kind"] = k
	}
	if t := canon("tags", r.Body["tags"]); t != nil && r.Kind == Workbook {
		out["tags"] = visibleTags(t)
	}
	if id := canon("identity", r.Body["identity"]); id != nil && r.Kind == Workbook {
		out["identity"] = id
	}
	props := any(r.props())
	if r.Kind == SummaryRule {
		props = byGrid(r.props())
	}
	if r.Kind.holdsSecrets() {
		props = withoutSecrets(props)
	}
	if p := canon("", props); p != nil {
		out["properties"] = p
	}
	if r.Items != nil {
		rows := make([]string, len(r.Items))
		for i, it := range r.Items {
			rows[i] = string(compact(it))
		}
		sort.Strings(rows)
		out["items"] = rows
	}
	return out
}

// visibleTags leaves out the tags that the portal hides and sets itself.
func visibleTags(v any) any {
	m, ok := v.(map[string]any)
	if !ok {
		return v
	}
	out := map[string]any{}
	for k, x := range m {
		if !strings.HasPrefix(k, "hidden-") {
			out[k] = x
		}
	}
	return out
}

// hash is the digest of what a resource means.
func (r *Resource) hash() string {
	h := sha256.Sum256(compact(r.comparable()))
	return hex.EncodeToString(h[:])
}

// equal reports whether two resources mean the same.
func (r *Resource) equal(o *Resource) bool {
	return bytes.Equal(compact(r.comparable()), compact(o.comparable()))
}

// tightParameters drops the blanks of a parameter list that stand outside its literals.
func tightParameters(s string) string {
	var b strings.Builder
	var quote byte
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case quote != 0:
			if c == '\\' && i+1 < len(s) {
				b.WriteByte(c)
				i++
				c = s[i]
			} else if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}
