package deploy

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/seed-caab1ad3/blindspot/cmd/internal/azure"
	"github.com/seed-caab1ad3/blindspot/content"
)

// Import reads what other tools write: ARM templates (also the portal's exports of rules, and nested ones of content hub
// packages), a workbook's template, and bodies of Resource Manager alone or in a list. Expressions of templates are
// followed as far as names and parameters with defaults go; a property that needs more is refused by name.
func Import(name string, data []byte, t *azure.Target) ([]*Resource, []string, error) {
	data = bytes.TrimPrefix(data, []byte("\xEF\xBB\xBF"))
	if len(data) > content.MaxFileSize {
		return nil, nil, fmt.Errorf("%s: the file is larger than %d MB", name, content.MaxFileSize>>20)
	}
	doc, problems := content.Parse(name, data)
	if doc == nil {
		return nil, nil, problems[0]
	}
	v, err := doc.JSON()
	if err != nil {
		return nil, nil, err
	}
	im := &importing{file: name, target: t, parameters: map[string]any{}, variables: map[string]any{}}
	switch v := v.(type) {
	case []any:
		im.list(v, 0)
	case map[string]any:
		switch {
		case v["resources"] != nil:
			im.template(v, 0)
		case v["value"] != nil:
			l, _ := v["value"].([]any)
			im.list(l, 0)
		case isWorkbook(v):
			k, err := workbookResource(&content.Workbook{Doc: doc, Name: baseName(name), Raw: data}, t)
			if err != nil {
				return nil, nil, err
			}
			im.out = append(im.out, k)
		case v["properties"] != nil:
			im.list([]any{v}, 0)
		default:
			return nil, nil, fmt.Errorf("%s: it is no ARM template, no export of the portal and no workbook", name)
		}
	default:
		return nil, nil, fmt.Errorf("%s: it is no ARM template, no export of the portal and no workbook", name)
	}
	if len(im.out) == 0 {
		return nil, im.notes, fmt.Errorf("%s: no content of a workspace is in it", name)
	}
	list, homeless := takeItemResources(im.out)
	for _, r := range homeless {
		im.note("the item %s is left out: its watchlist is not in the template", r.ID)
	}
	if len(list) == 0 {
		return nil, im.notes, fmt.Errorf("%s: no content of a workspace is in it", name)
	}
	sortResources(list)
	return list, im.notes, nil
}

func baseName(name string) string {
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	name, _, _ = strings.Cut(name, ".")
	return name
}

func isWorkbook(v map[string]any) bool {
	s, _ := v["version"].(string)
	return strings.HasPrefix(s, "Notebook/")
}

type importing struct {
	file       string
	target     *azure.Target
	parameters map[string]any
	variables  map[string]any
	out        []*Resource
	notes      []string
}

func (im *importing) note(format string, args ...any) {
	im.notes = append(im.notes, fmt.Sprintf("%s: %s", im.file, fmt.Sprintf(format, args...)))
}

func (im *importing) template(v map[string]any, depth int) {
	params, _ := v["parameters"].(map[string]any)
	for k, p := range params {
		m, _ := p.(map[string]any)
		if d, ok := m["defaultValue"]; ok {
			im.parameters[strings.ToLower(k)] = d
		}
	}
	vars, _ := v["variables"].(map[string]any)
	for k, x := range vars {
		im.variables[strings.ToLower(k)] = x
	}
	list, _ := v["resources"].([]any)
	im.list(list, depth)
}

func (im *importing) list(list []any, depth int) {
	if depth > 5 {
		im.note("templates nest more than five deep; the rest is not read")
		return
	}
	for i, x := range list {
		m, ok := x.(map[string]any)
		if !ok {
			im.note("resource %d is no object", i+1)
			continue
		}
		im.resource(m, depth)
	}
}

// kindOfType tells our kind from a resource's type.
func kindOfType(t string) (Kind, bool) {
	switch low := strings.ToLower(t); {
	case strings.HasSuffix(low, "alertrules/actions"):
		return RuleAction, true
	case strings.HasSuffix(low, "/alertrules"):
		return Rule, true
	case strings.HasSuffix(low, "/savedsearches"):
		return SavedSearch, true
	case strings.HasSuffix(low, "/summarylogs"):
		return SummaryRule, true
	case strings.HasSuffix(low, "/workbooks"):
		return Workbook, true
	case strings.HasSuffix(low, "watchlists/watchlistitems"):
		return watchlistItem, true
	case strings.HasSuffix(low, "/watchlists"):
		return Watchlist, true
	case strings.HasSuffix(low, "/automationrules"):
		return AutomationRule, true
	case strings.HasSuffix(low, "/dataconnectors"):
		return DataConnector, true
	case strings.HasSuffix(low, "workspaces/tables"):
		return Table, true
	}
	return "", false
}

func (im *importing) resource(m map[string]any, depth int) {
	typ, _ := m["type"].(string)
	props, _ := m["properties"].(map[string]any)
	low := strings.ToLower(typ)
	if strings.HasSuffix(low, "resources/deployments") || strings.HasSuffix(low, "/contenttemplates") || strings.HasSuffix(low, "/templatespecs/versions") {
		for _, k := range [...]string{"template", "mainTemplate"} {
			if inner, ok := props[k].(map[string]any); ok {
				im.template(inner, depth+1)
			}
		}
		return
	}
	kind, ok := kindOfType(typ)
	if !ok {
		if !strings.HasSuffix(low, "/metadata") && !strings.HasSuffix(low, "/workspaces") && typ != "" {
			im.note("resources of the type %s are not read", typ)
		}
		if typ != "" {
			return
		}
		kind = Rule // a body without a type, as the rules API gives it
		if _, has := props["query"]; has && m["kind"] == nil {
			kind = SavedSearch
		}
	}
	name, _ := m["name"].(string)
	if id, _ := m["id"].(string); name == "" {
		name = id
	}
	id := im.id(name)
	if kind == watchlistItem {
		id = im.last(name, 2)
	}
	body := map[string]any{"name": id, "kind": m["kind"], "tags": m["tags"]}
	if kind == SavedSearch {
		kind = savedKind(props)
	}
	clean, failed := im.evaluate("", props)
	if failed != "" {
		im.note("%s %q is left out: %s", kind.people(), body["name"], failed)
		return
	}
	p := clean.(map[string]any)
	body["properties"] = p
	raw, _ := p["rawContent"].(string)
	body = roundTrip(body)
	r := received(kind, body)
	r.File = im.file
	if kind == Rule && !validID(r.ID) || r.ID == "" {
		r.ID = stableGUID("import", string(kind), r.Name())
		im.note("%s %q has no name of its own in the template; it gets the id %s", kind.people(), r.Name(), r.ID)
	}
	if kind == Rule && !knownRuleKind(r.armKind()) {
		im.note("rule %q is left out: its kind %q is not known", r.Name(), r.armKind())
		return
	}
	switch kind {
	case Workbook:
		if !isGUIDText(r.ID) {
			r.ID = stableGUID("workbook", r.Name())
		}
		r.props()["sourceId"] = im.target.ResourceID()
	case SummaryRule:
		if r.props()["isActive"] == nil { // no template says so; a deployed rule runs
			r.props()["isActive"] = true
		}
	case Watchlist:
		if a, _ := p["watchlistAlias"].(string); a != "" {
			r.ID = a
		}
		items, err := rowsOf(raw, p)
		if err != nil {
			im.note("watchlist %q: its rows cannot be read: %v", r.ID, err)
		}
		r.Items = items
	}
	im.out = append(im.out, r)
	if inner, ok := m["resources"].([]any); ok {
		im.list(inner, depth+1)
	}
}

func knownRuleKind(k string) bool {
	switch k {
	case "Scheduled", "NRT", "Fusion", "MLBehaviorAnalytics", "ThreatIntelligence", "MicrosoftSecurityIncidentCreation":
		return true
	}
	return false
}

func validID(s string) bool { return s != "" && !strings.ContainsAny(s, "[](){}'\"/?#%\\ ") }

func roundTrip(m map[string]any) map[string]any {
	v, err := decodeAny(compact(m))
	if err != nil {
		return m
	}
	return v.(map[string]any)
}

func rowsOf(raw string, p map[string]any) ([]map[string]any, error) {
	if raw == "" {
		return []map[string]any{}, nil
	}
	skip := 0
	if n, ok := p["numberOfLinesToSkip"].(json.Number); ok {
		v, err := n.Int64()
		if err != nil || v < 0 {
			return nil, fmt.Errorf("numberOfLinesToSkip is %s", n)
		}
		skip = int(v)
	}
	for ; skip > 0; skip-- {
		_, rest, found := strings.Cut(raw, "\n")
		if !found {
			return nil, fmt.Errorf("it has fewer lines than are to be skipped")
		}
		raw = rest
	}
	return readRows(raw)
}

// id is the last part of a resource's name, out of an expression when it stands in one.
func (im *importing) id(name string) string { return im.last(name, 1) }

// last are the last parts of a resource's name.
func (im *importing) last(name string, parts int) string {
	if strings.HasPrefix(name, "[") && !strings.HasPrefix(name, "[[") {
		e := &expr{im: im, lenient: true, s: strings.TrimSuffix(strings.TrimPrefix(name, "["), "]")}
		if v, ok := e.value(0); ok {
			name, _ = v.(string)
			if strings.Contains(name[strings.LastIndexByte(name, '/')+1:], unknownPart) {
				return ""
			}
		} else { // [concat(parameters('workspace'), '/Microsoft.SecurityInsights/GUID')]: the last literal says it
			last := ""
			for _, p := range strings.Split(name, "'") {
				if strings.Contains(p, "/") || isGUIDText(p) {
					last = p
				}
			}
			name = last
		}
	}
	split := strings.Split(name, "/")
	return strings.Join(split[max(0, len(split)-parts):], "/")
}

// evaluate turns a property's expressions into values, and says which one could not be.
func (im *importing) evaluate(at string, v any) (any, string) {
	switch v := v.(type) {
	case string:
		switch {
		case strings.HasPrefix(v, "[["):
			return v[1:], ""
		case strings.HasPrefix(v, "[") && strings.HasSuffix(v, "]"):
			if s, ok := im.expression(v); ok {
				return s, ""
			}
			switch at[strings.LastIndexByte(at, '.')+1:] {
			case "sourceId", "parentId", "tenantId":
				return "", ""
			}
			return nil, fmt.Sprintf("%s is the expression %s, which only a deployment can evaluate", strings.TrimPrefix(at, "."), short60(v))
		}
		return v, ""
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, x := range v {
			y, failed := im.evaluate(at+"."+k, x)
			if failed != "" {
				return nil, failed
			}
			out[k] = y
		}
		return out, ""
	case []any:
		out := make([]any, len(v))
		for i, x := range v {
			y, failed := im.evaluate(fmt.Sprintf("%s.%d", at, i), x)
			if failed != "" {
				return nil, failed
			}
			out[i] = y
		}
		return out, ""
	}
	return v, ""
}

func short60(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:57]) + "..."
	}
	return s
}

// expression evaluates the few forms that templates of content use for texts: a parameter with a default, a variable, and
// concat or a literal of such.
func (im *importing) expression(s string) (string, bool) {
	e := &expr{im: im, s: strings.TrimSuffix(strings.TrimPrefix(s, "["), "]")}
	v, ok := e.value(0)
	e.space()
	text, isText := v.(string)
	if !ok || !isText || e.i != len(e.s) {
		return "", false
	}
	return text, true
}

type expr struct {
	im      *importing
	s       string
	i       int
	lenient bool // a parameter without a default is an unknown part of the text
}

const unknownPart = "\x00"

func (e *expr) space() {
	for e.i < len(e.s) && (e.s[e.i] == ' ' || e.s[e.i] == '\n' || e.s[e.i] == '\t' || e.s[e.i] == '\r') {
		e.i++
	}
}

func (e *expr) value(depth int) (any, bool) {
	if depth > 20 {
		return nil, false
	}
	e.space()
	if e.i >= len(e.s) {
		return nil, false
	}
	if e.s[e.i] == '\'' {
		var b strings.Builder
		for e.i++; e.i < len(e.s); e.i++ {
			if e.s[e.i] == '\'' {
				if e.i+1 < len(e.s) && e.s[e.i+1] == '\'' {
					e.i++
				} else {
					e.i++
					return b.String(), true
				}
			}
			b.WriteByte(e.s[e.i])
		}
		return nil, false
	}
	start := e.i
	for e.i < len(e.s) && (wordByte(e.s[e.i]) || e.s[e.i] == '_') {
		e.i++
	}
	name := strings.ToLower(e.s[start:e.i])
	e.space()
	if name == "" || e.i >= len(e.s) || e.s[e.i] != '(' {
		return nil, false
	}
	e.i++
	var args []string
	if lenient := e.lenient; name == "resourceid" { // only whose id it is matters, not the workspace's name
		e.lenient = true
		defer func() { e.lenient = lenient }()
	}
	for {
		e.space()
		if e.i < len(e.s) && e.s[e.i] == ')' {
			e.i++
			break
		}
		v, ok := e.value(depth + 1)
		text, isText := v.(string)
		if !ok || !isText {
			return nil, false
		}
		args = append(args, text)
		e.space()
		if e.i < len(e.s) && e.s[e.i] == ',' {
			e.i++
		}
	}
	resolve := func(from map[string]any) (any, bool) {
		if len(args) != 1 {
			return nil, false
		}
		v, ok := from[strings.ToLower(args[0])]
		s, isText := v.(string)
		if !ok && e.lenient {
			return unknownPart, true
		}
		if !ok || !isText {
			return nil, false
		}
		if strings.HasPrefix(s, "[") && !strings.HasPrefix(s, "[[") {
			inner := &expr{im: e.im, lenient: e.lenient, s: strings.TrimSuffix(strings.TrimPrefix(s, "["), "]")}
			return inner.value(depth + 1)
		}
		return s, true
	}
	switch name {
	case "parameters":
		return resolve(e.im.parameters)
	case "variables":
		return resolve(e.im.variables)
	case "resourceid":
		if len(args) == 2 && strings.EqualFold(args[0], "Microsoft.OperationalInsights/workspaces") {
			return e.im.target.ResourceID(), true
		}
	case "concat":
		return strings.Join(args, ""), true
	}
	return nil, false
}
