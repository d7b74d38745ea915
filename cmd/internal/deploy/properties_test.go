package deploy

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/content/attack"
)

// The list of properties, testdata/properties.txt, as data.

type property struct {
	name                           string
	envelope                       bool // stands beside "properties"
	typ                            string
	required, ro, wo, secret       bool
	preview, unordered, fromTarget bool
}

type object struct {
	name, model string
	properties  []*property
}

func (o *object) find(name string) *property {
	for _, p := range o.properties {
		if p.name == name {
			return p
		}
	}
	return nil
}

type kindOf struct {
	object
	kind             Kind
	variant, version string
}

func (k *kindOf) String() string {
	if k.variant == "-" {
		return string(k.kind)
	}
	return string(k.kind) + " " + k.variant
}

type propertyList struct {
	types map[string]*object
	kinds []*kindOf
}

func (l *propertyList) kind(name string) *kindOf {
	for _, k := range l.kinds {
		if k.String() == name {
			return k
		}
	}
	return nil
}

func readProperties(t testing.TB) *propertyList {
	t.Helper()
	b, err := os.ReadFile("testdata/properties.txt")
	if err != nil {
		t.Fatal(err)
	}
	l := &propertyList{types: map[string]*object{}}
	var into *object
	for n, line := range strings.Split(string(b), "\n") {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		bad := func(why string) { t.Fatalf("testdata/properties.txt:%d: %s: %s", n+1, why, line) }
		words := strings.Fields(line)
		switch words[0] {
		case "type":
			if len(words) > 1 && (len(words) < 3 || words[2] == strings.TrimSpace(words[2])) && !strings.HasPrefix(words[1], "enum") && strings.ToUpper(words[1][:1]) == words[1][:1] && words[1][0] != '=' {
				into = &object{name: words[1], model: words[1]}
				if len(words) > 2 {
					into.model = words[2]
				}
				l.types[into.name] = into
				continue
			}
		case "kind":
			if len(words) == 5 && !strings.HasPrefix(words[1], "enum(") {
				k := &kindOf{kind: Kind(words[1]), variant: words[2], version: words[3], object: object{model: words[4]}}
				l.kinds = append(l.kinds, k)
				into = &k.object
				continue
			}
		}
		if into == nil || len(words) < 2 {
			bad("a property without a place")
		}
		p := &property{name: words[0]}
		p.name, p.envelope = strings.CutPrefix(p.name, "@")
		rest := strings.TrimSpace(line[len(words[0]):])
		p.typ, rest = cutType(rest)
		for _, f := range strings.Fields(rest) {
			switch f {
			case "required":
				p.required = true
			case "ro":
				p.ro = true
			case "wo":
				p.wo = true
			case "secret":
				p.secret = true
			case "preview":
				p.preview = true
			case "set":
				p.unordered = true
			case "target":
				p.fromTarget = true
			default:
				bad("the flag " + f + " is not known")
			}
		}
		if into.find(p.name) != nil && into.find(p.name).envelope == p.envelope {
			bad("named twice")
		}
		into.properties = append(into.properties, p)
	}
	return l
}

// cutType parts a type from the flags behind it: brackets, parentheses and quotes hold together, and int takes its range.
func cutType(s string) (typ, rest string) {
	depth, quoted := 0, false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '(' || c == '[' || c == '{':
			depth++
		case c == ')' || c == ']' || c == '}':
			depth--
		case c == ' ' && depth == 0 && s[:i] != "int":
			return s[:i], s[i:]
		}
	}
	return s, ""
}

// enumValues are the values of enum(A "B C" +).
func enumValues(typ string) (values []string, open bool) {
	s := strings.TrimSuffix(strings.TrimPrefix(typ, "enum("), ")")
	for s = strings.TrimSpace(s); s != ""; s = strings.TrimSpace(s) {
		word := ""
		if s[0] == '"' {
			word, err := strconv.QuotedPrefix(s)
			if err != nil {
				panic("the list's quotes do not close: " + typ)
			}
			v, _ := strconv.Unquote(word)
			s = s[len(word):]
			values = append(values, v)
			continue
		}
		word, s, _ = strings.Cut(s, " ")
		if word == "+" {
			open = true
			continue
		}
		values = append(values, word)
	}
	return values, open
}

// maker makes resources from the list. Each value that it makes is noted under its path.
type maker struct {
	list   *propertyList
	valid  bool // what the service takes; otherwise anything of the right shape
	serial int
	made   map[string]int // non-null values by kind and path
}

func (m *maker) fields(t *rapid.T, o *object, at string, on []string, readOnly bool) (props, envelope map[string]any) {
	props, envelope = map[string]any{}, map[string]any{}
	for _, p := range o.properties {
		if p.ro && !readOnly || p.wo && at == string(Watchlist) && !readOnly {
			continue
		}
		into := props
		if p.envelope {
			into = envelope
		}
		here := at + "." + p.name
		if p.envelope {
			here = at + "@" + p.name
		}
		if !p.required {
			rare := 4
			if strings.Contains(at, "onditions") { // far in, or little would be made there
				rare = 9
			}
			switch rapid.IntRange(0, rare).Draw(t, "there") {
			case 0:
				continue
			case 1:
				into[p.name] = nil
				continue
			}
		}
		if p.typ == "=" {
			continue
		}
		into[p.name] = m.value(t, p.typ, here, on, readOnly)
	}
	return props, envelope
}

func (m *maker) value(t *rapid.T, typ, at string, on []string, readOnly bool) any {
	m.made[at]++
	switch {
	case strings.HasPrefix(typ, "["):
		inner := typ[1 : len(typ)-1]
		out := []any{}
		lo := 0
		if strings.HasSuffix(at, "fieldMappings") || strings.HasSuffix(at, ".actions") || strings.HasSuffix(at, ".logs") {
			lo = 1
		}
		n := rapid.IntRange(lo, 3).Draw(t, "length")
		if len(m.list.free(inner, on)) == 0 {
			n = 0
		}
		seen := map[string]bool{}
		for range n {
			v := m.value(t, inner, at+"[]", on, readOnly)
			if k := string(compact(v)); !seen[k] {
				seen[k] = true
				out = append(out, v)
			}
		}
		return out
	case strings.HasPrefix(typ, "{"):
		out := map[string]any{}
		for range rapid.IntRange(0, 3).Draw(t, "length") {
			out[rapid.StringMatching(`Key[A-Z]{1,4}`).Draw(t, "key")] = m.value(t, typ[1:len(typ)-1], at+"{}", on, readOnly)
		}
		return out
	case strings.HasPrefix(typ, "enum("):
		values, _ := enumValues(typ)
		return rapid.SampledFrom(values).Draw(t, "value")
	case typ == "=WORKSPACE":
		return anyTarget().ResourceID()
	case typ == "=false":
		return false
	case strings.HasPrefix(typ, "="):
		return typ[1:]
	case strings.HasPrefix(typ, "int "):
		lo, hi, _ := strings.Cut(typ[4:], "..")
		a, _ := strconv.Atoi(lo)
		b, _ := strconv.Atoi(hi)
		return json.Number(fmt.Sprint(rapid.IntRange(a, b).Draw(t, "number")))
	case strings.Contains(typ, "|"):
		name := rapid.SampledFrom(m.list.free(typ, on)).Draw(t, "variant")
		o := m.list.types[name]
		v, _ := m.fields(t, o, at+tag(o), append(on[:len(on):len(on)], name), readOnly)
		return v
	case m.list.types[typ] != nil:
		if typ == "EntityMapping" {
			return m.mapping(t, at)
		}
		v, _ := m.fields(t, m.list.types[typ], at, append(on[:len(on):len(on)], typ), readOnly)
		return v
	}
	switch typ {
	case "string":
		return rapid.StringMatching(`[A-Za-z_][A-Za-z0-9_]{0,12}`).Draw(t, "string")
	case "text":
		if m.valid {
			return rapid.SampledFrom([]string{"One line.", "Two\nlines", "Ends with one\n", "'quoted' and \"double\"", "a: b # c", "- é 東京", "1.10", "yes", "null", "${x}", "tab\there", " leading", "x | where A == \"b\" // c"}).Draw(t, "text")
		}
		return text().Draw(t, "text")
	case "bool":
		return rapid.Bool().Draw(t, "bool")
	case "duration":
		return duration().Draw(t, "duration")
	case "time":
		return rapid.SampledFrom([]string{"2026-01-05T11:00:00Z", "2026-02-01T00:00:00.1234567Z"}).Draw(t, "time")
	case "guid":
		return guid(rapid.IntRange(1, 999).Draw(t, "guid"))
	case "id":
		return "/subscriptions/" + guid(1) + "/resourceGroups/g/providers/Microsoft.Logic/workflows/" + rapid.StringMatching(`[a-z]{1,6}`).Draw(t, "id")
	case "url":
		return "https://contoso.example/" + rapid.StringMatching(`[a-z]{1,6}`).Draw(t, "url")
	case "json":
		return m.document(t)
	case "object":
		return map[string]any{"name": rapid.StringMatching(`[a-z]{1,6}`).Draw(t, "name"), "list": []any{json.Number("1"), "x"}}
	}
	panic("the list has the unknown type " + typ)
}

// free are the types of a type or a union that may stand here: none stands inside itself, and dependencies only once.
func (l *propertyList) free(typ string, on []string) (out []string) {
	for _, name := range strings.Split(typ, "|") {
		n, most := 0, 1
		if name == "MetadataDependencies" {
			most = 2
		}
		for _, x := range on {
			if x == name {
				n++
			}
		}
		if n < most || l.types[name] == nil {
			out = append(out, name)
		}
	}
	return out
}

// tag tells the types of a union apart in a path: by the value of their constant.
func tag(o *object) string {
	for _, p := range o.properties {
		if v, ok := strings.CutPrefix(p.typ, "="); ok {
			return "(" + v + ")"
		}
	}
	return ""
}

// mapping makes an entity mapping whose identifiers fit its type.
func (m *maker) mapping(t *rapid.T, at string) any {
	values, _ := enumValues(m.list.types["EntityMapping"].find("entityType").typ)
	typ := rapid.SampledFrom(values).Draw(t, "entityType")
	e := content.LookupEntity(typ)
	if e == nil {
		panic("no entity " + typ)
	}
	ids := append([]string{}, rapid.SampledFrom(e.Required).Draw(t, "required")...)
	if other := rapid.SampledFrom(e.Identifiers).Draw(t, "identifier"); len(ids) < 3 && !contains(ids, other) {
		ids = append(ids, other)
	}
	var fields []any
	for _, id := range ids {
		m.made[at+".fieldMappings[].identifier"]++
		m.made[at+".fieldMappings[].columnName"]++
		fields = append(fields, map[string]any{"identifier": id, "columnName": word().Draw(t, "columnName")})
	}
	m.made[at+".entityType"]++
	m.made[at+".fieldMappings"]++
	m.made[at+".fieldMappings[]"]++
	return map[string]any{"entityType": typ, "fieldMappings": fields}
}

func (m *maker) document(t *rapid.T) string {
	doc := map[string]any{"version": "Notebook/1.0", "$schema": "https://contoso.example/workbook.json", "items": []any{map[string]any{"type": json.Number("1"), "name": "t", "content": map[string]any{"json": text().Draw(t, "text")}}}}
	b := compact(doc)
	if rapid.Bool().Draw(t, "indented") {
		b, _ = json.MarshalIndent(doc, "", "\t")
	}
	return string(b)
}

// resource makes a resource of a kind as the service would answer it; with readOnly also what the service sets itself.
// What only some kinds need, because the service or the file's form wants parts to agree, is done at the end.
func (m *maker) resource(t *rapid.T, k *kindOf, readOnly bool) *Resource {
	m.serial++
	props, body := m.fields(t, &k.object, k.String(), nil, readOnly)
	id := guid(m.serial)
	switch k.kind {
	case Onboarding:
		id = "default"
	case Table:
		id = fmt.Sprintf("Table%d_CL", m.serial)
	case RuleAction:
		id = guid(1) + "/" + id
	case Watchlist:
		id = fmt.Sprintf("List%d", m.serial)
	case Rule:
		if k.variant == "Fusion" {
			id = rapid.SampledFrom([]string{id, fmt.Sprintf("BuiltInFusion%d", m.serial)}).Draw(t, "id")
		}
	}
	if s, ok := props["schema"].(map[string]any); ok {
		s["name"] = id
	}
	if a, ok := props["functionAlias"].(string); ok {
		props["functionAlias"] = fmt.Sprintf("%s_%d", a, m.serial)
	}
	if list, ok := props["tags"].([]any); ok { // a name twice has no place in a mapping; the service would show one of them
		seen := map[any]bool{}
		out := []any{}
		for _, x := range list {
			if n := x.(map[string]any)["name"]; !seen[n] {
				seen[n] = true
				out = append(out, x)
			}
		}
		props["tags"] = out
	}
	if !readOnly { // an unknown property of the service's next version
		if rapid.Bool().Draw(t, "unknown") {
			props["aPropertyOfTheNextVersion"] = map[string]any{"deep": []any{json.Number("1.50"), "x"}, "text": text().Draw(t, "text")}
		}
	}
	if m.valid {
		m.agree(t, k, props)
	}
	body["properties"], body["name"] = props, id
	r := received(k.kind, roundJSON(body))
	if k.kind == RuleAction {
		r.ID = id
	}
	if k.kind == Watchlist {
		r.Items = m.rows(t, r.text("itemsSearchKey"), readOnly)
	}
	return r
}

// rows are the items of a watchlist, by the list's kind watchlistItem.
func (m *maker) rows(t *rapid.T, key string, readOnly bool) []map[string]any {
	item := m.list.kind("watchlistItem")
	columns := []string{key}
	for _, c := range rapid.SliceOfNDistinct(word(), 0, 3, strings.ToLower).Draw(t, "columns") {
		if !strings.EqualFold(c, key) {
			columns = append(columns, c)
		}
	}
	out := []map[string]any{}
	for range rapid.IntRange(0, 60).Draw(t, "rows") {
		row := map[string]any{}
		for _, c := range columns {
			row[c] = rapid.SampledFrom([]string{"", "a", "1.10", "x,y", "quote\"d", "line\nbreak", " lead", "true", "192.0.2.1", "東"}).Draw(t, "cell")
		}
		p := map[string]any{}
		if readOnly {
			p, _ = m.fields(t, &item.object, item.String(), nil, true)
		}
		m.made["watchlistItem.itemsKeyValue"]++
		m.made["watchlistItem.itemsKeyValue{}"]++
		p["itemsKeyValue"], p["entityMapping"] = row, map[string]any{}
		if rapid.IntRange(0, 9).Draw(t, "mapped") == 0 {
			m.made["watchlistItem.entityMapping"]++
			m.made["watchlistItem.entityMapping{}"]++
			p["entityMapping"] = map[string]any{key: "Account"}
		}
		got, _, gone := itemOf(map[string]any{"name": guid(1), "properties": p})
		if gone {
			panic("a row of the list is gone")
		}
		out = append(out, got)
	}
	return out
}

// agree makes the parts of a resource fit each other, as the service demands.
func (m *maker) agree(t *rapid.T, k *kindOf, p map[string]any) {
	if p["displayName"] != nil && k.kind != Watchlist {
		p["displayName"] = fmt.Sprintf("%s %d", clipTo(p["displayName"].(string), 100), m.serial)
	}
	switch k.kind {
	case Rule:
		if k.variant == "Scheduled" {
			times := rapid.SampledFrom([][2]string{{"PT5M", "PT1H"}, {"PT1H", "P1D"}, {"P1D", "P14D"}, {"PT1H30M", "P2DT1H30M"}}).Draw(t, "times")
			p["queryFrequency"], p["queryPeriod"] = times[0], times[1]
		}
		if p["suppressionEnabled"] == true {
			p["suppressionDuration"] = "PT24H"
		}
		if p["templateVersion"] != nil {
			p["alertRuleTemplateName"] = guid(7)
		}
		if list, _ := p["techniques"].([]any); len(list) > 0 { // each needs one of its tactics
			tactics, _ := p["tactics"].([]any)
			for _, x := range list {
				if known, ok := attack.Lookup(fmt.Sprint(x)); ok && !slices.ContainsFunc(known.Tactics, func(n string) bool { return slices.Contains(tactics, any(n)) }) {
					tactics = append(tactics, known.Tactics[0])
				}
			}
			p["tactics"] = tactics
		}
		if m.serial%16 != 0 { // the service bounds how many are on
			p["enabled"] = false
		}
		if g := groupingOf(p["incidentConfiguration"]); g != nil {
			g["lookbackDuration"] = rapid.SampledFrom([]string{"PT5M", "PT5H", "P7D"}).Draw(t, "lookback")
			if g["matchingMethod"] == "Selected" && isEmpty(g["groupByEntities"]) && isEmpty(g["groupByAlertDetails"]) && isEmpty(g["groupByCustomDetails"]) {
				g["groupByAlertDetails"] = []any{"Severity"}
			}
		}
	case SummaryRule:
		d := p["ruleDefinition"].(map[string]any)
		d["destinationTable"] = fmt.Sprintf("Summary%d_CL", m.serial)
		d["binSize"] = rapid.SampledFrom([]int{20, 30, 60, 120, 180, 360, 720, 1440}).Draw(t, "size")
		if d["binStartTime"] != nil {
			d["binStartTime"] = time.Now().UTC().Truncate(time.Hour).Add(time.Duration(1+m.serial%48) * time.Hour).Format(time.RFC3339)
		}
	case AutomationRule:
		l := p["triggeringLogic"].(map[string]any)
		if l["triggersOn"] == "Alerts" {
			l["triggersWhen"] = "Created"
		}
	}
}

func clipTo(s string, n int) string { return strings.ToValidUTF8(s[:min(n, len(s))], "") }

// walk visits every property of a kind by its path, outer ones first. A type inside itself is visited once.
func (l *propertyList) walk(k *kindOf, visit func(path string, p *property)) {
	var inside func(o *object, at string, on []string)
	ro := 0 // how many of the objects around are set by the service
	var typed func(typ, at string, p *property, on []string)
	typed = func(typ, at string, p *property, on []string) {
		switch {
		case strings.HasPrefix(typ, "["):
			typed(typ[1:len(typ)-1], at+"[]", p, on)
		case strings.HasPrefix(typ, "{"):
			typed(typ[1:len(typ)-1], at+"{}", p, on)
		case strings.Contains(typ, "|") && !strings.HasPrefix(typ, "enum("):
			for _, name := range strings.Split(typ, "|") {
				if !contains(on, name) {
					inside(l.types[name], at+tag(l.types[name]), append(on[:len(on):len(on)], name))
				}
			}
		case l.types[typ] != nil && !contains(on, typ):
			inside(l.types[typ], at, append(on[:len(on):len(on)], typ))
		}
	}
	inside = func(o *object, at string, on []string) {
		if o == nil {
			panic("a type is missing at " + at)
		}
		for _, p := range o.properties {
			here := at + "." + p.name
			if p.envelope {
				here = at + "@" + p.name
			}
			q := *p
			q.ro = p.ro || ro > 0
			visit(here, &q)
			if p.ro {
				ro++
			}
			typed(p.typ, here, p, on)
			if p.ro {
				ro--
			}
		}
	}
	inside(&k.object, k.String(), nil)
}
