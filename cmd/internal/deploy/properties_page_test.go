package deploy

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"sort"
	"strconv"
	"strings"
	"testing"

	"github.com/seed-caab1ad3/blindspot/content"
)

var update = flag.Bool("update", false, "rewrite docs/properties.md")

const propertiesPage = "../../../docs/properties.md"

// prober makes one fixed resource of a kind that has every property, and the same with one property changed or missing.
// Where the files of the two differ is where the property stands in a file: the page is measured, not written.
type prober struct {
	list    *propertyList
	k       *kindOf
	form    string // a path: where there are several forms, the one on it is taken
	changed string
	missing string
}

func (x *prober) fields(o *object, at string, on []string) (props, envelope map[string]any) {
	props, envelope = map[string]any{}, map[string]any{}
	for _, p := range o.properties {
		here, into := at+"."+p.name, props
		if p.envelope {
			here, into = at+"@"+p.name, envelope
		}
		if here == x.missing || p.typ == "=" {
			continue
		}
		into[p.name] = x.value(p.typ, here, here == x.changed, on)
	}
	return props, envelope
}

func (x *prober) value(typ, at string, other bool, on []string) any {
	pick := func(a, b any) any {
		if other {
			return b
		}
		return a
	}
	switch {
	case strings.HasPrefix(typ, "["):
		inner := typ[1 : len(typ)-1]
		if strings.Contains(inner, "|") && !strings.HasPrefix(inner, "enum(") {
			var out []any
			for _, name := range strings.Split(inner, "|") {
				if !contains(on, name) {
					out = append(out, x.value(name, at+"[]"+tag(x.list.types[name]), false, on))
				}
			}
			return out
		}
		if contains(on, inner) {
			return []any{}
		}
		return []any{x.value(inner, at+"[]", other, on)}
	case strings.HasPrefix(typ, "{"):
		return map[string]any{"Name": x.value(typ[1:len(typ)-1], at+"{}", other, on)}
	case strings.HasPrefix(typ, "enum("):
		v, _ := enumValues(typ)
		if len(v) == 1 {
			return pick(v[0], v[0]+"2")
		}
		if strings.HasSuffix(at, "aggregationKind") {
			return pick(v[1], v[0]+"x") // the first is what the service fills in
		}
		return pick(v[0], v[1])
	case typ == "=WORKSPACE":
		return pick(anyTarget().ResourceID(), anyTarget().ResourceID()+"x")
	case typ == "=TABLE":
		return pick("T_CL", "T2_CL")
	case typ == "=false":
		return false
	case strings.HasPrefix(typ, "="):
		return pick(typ[1:], typ[1:]+"2")
	case strings.HasPrefix(typ, "int "):
		lo, hi, _ := strings.Cut(typ[4:], "..")
		a, _ := strconv.Atoi(lo)
		b, _ := strconv.Atoi(hi)
		if a == 1 && b == 9 {
			a, b = 3, 4 // a saved search's version, which is 2 otherwise
		}
		return json.Number(fmt.Sprint(pick(a, min(a+1, b))))
	case strings.Contains(typ, "|"):
		options := strings.Split(typ, "|")
		for i, name := range options {
			if form := at + tag(x.list.types[name]); i == len(options)-1 || strings.HasPrefix(x.form, form) {
				return x.value(name, form, other, on)
			}
		}
	case x.list.types[typ] != nil:
		if contains(on, typ) {
			return map[string]any{}
		}
		v, _ := x.fields(x.list.types[typ], at, append(on[:len(on):len(on)], typ))
		return v
	}
	last := at[strings.LastIndexAny(at, ".@")+1:]
	switch typ {
	case "string", "text":
		return pick("Some "+strings.NewReplacer("[]", "", "{}", "").Replace(last), "Other")
	case "bool":
		return pick(last == "createIncident" || last == "suppressionEnabled", !(last == "createIncident" || last == "suppressionEnabled"))
	case "duration":
		return pick("PT7H", "PT8H")
	case "time":
		return pick("2026-01-05T11:00:00Z", "2026-01-06T11:00:00Z")
	case "guid":
		return pick(guid(1), guid(2))
	case "id":
		return pick("/subscriptions/s/resourceGroups/g/providers/Microsoft.Logic/workflows/a", "/subscriptions/s/resourceGroups/g/providers/Microsoft.Logic/workflows/b")
	case "url":
		return pick("https://contoso.example/a", "https://contoso.example/b")
	case "json":
		return pick(`{"version":"Notebook/1.0","items":[]}`, `{"version":"Notebook/1.0","items":[1]}`)
	case "object":
		return map[string]any{"name": pick("a", "b")}
	}
	panic("the list has the unknown type " + typ)
}

// file is what the resource's file says, flattened: path to values. A kind without files of ours gives none.
func (x *prober) file(t *testing.T) map[string]string {
	props, body := x.fields(&x.k.object, x.k.String(), nil)
	kind, item := x.k.kind, map[string]any(nil)
	if kind == "watchlistItem" {
		item = map[string]any{"name": guid(9), "properties": props}
		kind, props = Watchlist, map[string]any{"displayName": "L", "provider": "Custom", "itemsSearchKey": "Name"}
	}
	id := guid(1)
	if kind == RuleAction {
		id = guid(1) + "/" + guid(2)
	}
	if kind == Watchlist || kind == Table {
		id = "T_CL"
	}
	body["properties"], body["name"] = props, id
	r := received(kind, roundJSON(body))
	r.ID = id
	if kind == Watchlist {
		r.Items = []map[string]any{}
	}
	if item != nil {
		row, _, _ := itemOf(roundJSON(item))
		r.Items = []map[string]any{row}
	}
	files, err := newFiles(r, anyTarget(), func(n string) string { return n })
	if err != nil {
		t.Fatalf("%s %s%s: %v", x.k, x.changed, x.missing, err)
	}
	doc, problems := content.Parse(files[0].Name, files[0].Data)
	if doc == nil {
		t.Fatal(problems)
	}
	v, err := doc.JSON()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	flatten(out, "", v)
	return out
}

func flatten(out map[string]string, at string, v any) {
	switch v := v.(type) {
	case map[string]any:
		keys := map[string]bool{}
		for k := range v {
			keys[k] = true
		}
		for _, k := range sorted(keys) {
			flatten(out, strings.TrimPrefix(at+"."+k, "."), v[k])
		}
		if len(v) == 0 {
			out[at] += "{}"
		}
	case []any:
		for _, x := range v {
			flatten(out, at+"[]", x)
		}
		if len(v) == 0 {
			out[at] += "[]"
		}
	default:
		out[at] += string(compact(v)) + "\x00"
	}
}

// places are the paths at which two files differ.
func places(a, b map[string]string) []string {
	set := map[string]bool{}
	for k := range a {
		if a[k] != b[k] {
			set[k] = true
		}
	}
	for k := range b {
		if a[k] != b[k] {
			set[k] = true
		}
	}
	return sorted(set)
}

// common is the path that all of some have in front.
func common(list []string) string {
	if len(list) == 1 {
		return list[0]
	}
	parts := strings.Split(strings.ReplaceAll(list[0], "[]", ".[]"), ".")
	for _, p := range list[1:] {
		q := strings.Split(strings.ReplaceAll(p, "[]", ".[]"), ".")
		n := 0
		for n < len(parts) && n < len(q) && parts[n] == q[n] {
			n++
		}
		parts = parts[:n]
	}
	return strings.ReplaceAll(strings.Join(parts, "."), ".[]", "[]")
}

// leaf says whether a property's own value can be changed; others are found by leaving them out.
func (l *propertyList) leaf(p *property) bool {
	typ := strings.TrimSuffix(strings.TrimPrefix(p.typ, "["), "]")
	if strings.HasPrefix(typ, "{") {
		typ = strings.TrimSuffix(strings.TrimPrefix(typ, "{"), "}")
	}
	return l.types[typ] == nil && (!strings.Contains(typ, "|") || strings.HasPrefix(typ, "enum("))
}

// TestPropertiesPage holds docs/properties.md to the list and to what the program does: for each property the place in a
// file, measured by changing it; what only the service sets must change nothing, and everything else must change something.
func TestPropertiesPage(t *testing.T) {
	list := readProperties(t)
	var b bytes.Buffer
	b.WriteString(`<!-- Made by go test ./cmd/internal/deploy -run TestPropertiesPage -update from testdata/properties.txt; change that, not this page. -->

# Every property of every kind

What a pull reads, a plan compares and an apply writes, property by property. Names are Resource Manager's; "in the file" is where
the property stands in a file of yours, measured by changing it. ` + "`[]`" + ` are the items of a list, ` + "`{}`" + ` the values of a mapping,
` + "`(X)`" + ` one of several forms.

| direction | means |
|---|---|
| written | pulled into the file, compared, sent |
| written (preview) | the same; it makes the rule go out with a preview api-version, which alone knows it |
| read only | the service sets it; it is not in the file, not compared and not sent |
| secret | sent and never shown by the service; the file says ` + "`${env:NAME}`" + `, the environment says the value |
| sent once | part of the request that makes the resource; the service does not keep it as such |
| target | taken from the workspace that is written to, not from the file |

` + "`TestEveryPropertyComesBack`" + ` makes a thousand resources of each kind from this list, half of them with what only the service sets,
and fails when a property was never made: each must mean the same after a way through files, and a second pull must give
the same bytes. ` + "`TestGeneratedWorkspace`" + ` does it through the stand-in: pull, apply to an empty workspace, pull. A property that is
not here is written too: it stands under ` + "`arm:`" + ` in YAML, or as it is in JSON, and the tests make one in every second resource.

`)
	total := 0
	for _, k := range list.kinds {
		if k.kind == "diagnosticSetting" {
			continue
		}
		test := "TestEveryPropertyComesBack/" + strings.ReplaceAll(k.String(), " ", "_")
		if k.kind == "watchlistItem" {
			test = "TestEveryPropertyComesBack/watchlist"
		}
		fmt.Fprintf(&b, "## %s\n\napi-version %s, round trip: `%s`\n\n| property | type | in the file | direction |\n|---|---|---|---|\n", k, k.version, test)
		done := map[string]bool{}
		list.walk(k, func(path string, p *property) {
			if p.typ == "=" {
				return
			}
			total++
			where, direction := list.probe(t, k, path, p)
			shown := strings.TrimLeft(strings.TrimPrefix(path, k.String()), ".@")
			if done[shown] {
				t.Errorf("%s is listed twice", path)
			}
			done[shown] = true
			if strings.Count(shown, "(") > 1 {
				return // conditions inside conditions have the same properties; they are tested, and not listed again
			}
			fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", shown, list.typeText(p), where, direction)
		})
		if k.kind == AutomationRule {
			b.WriteString("\nConditions in `itemConditions` and `innerConditions` have the same properties again.\n")
		}
		b.WriteByte('\n')
	}
	k := list.kind("diagnosticSetting")
	fmt.Fprintf(&b, "## Diagnostic settings of Entra ID\n\napi-version %s, kept whole: `TestConnectKeepsEveryProperty`. There is no file; `connect enable` and `connect disable` change `enabled` of the categories named and send everything else back as it was read.\n\n| property | type | direction |\n|---|---|---|\n", k.version)
	list.walk(k, func(path string, p *property) {
		total++
		fmt.Fprintf(&b, "| `%s` | %s | kept |\n", strings.TrimPrefix(path, k.String()+"."), list.typeText(p))
	})
	b.WriteString("\n## Around all of them\n\n| property | direction |\n|---|---|\n| `id`, `name` | the name is the file's `id` (the alias of a watchlist); the id follows from it and the workspace |\n| `type`, `systemData` | read only |\n| `etag` | read only; every write is guarded by the one that the plan read |\n\n" +
		"## Not held\n\nAnomaly settings (`securityMLAnalyticsSettings`), content packages and templates, playbooks, bookmarks, incidents and threat indicators are not read, not planned and not written.\n")
	if total < 500 {
		t.Errorf("the list has only %d properties", total)
	}
	t.Logf("%d properties of %d kinds", total, len(list.kinds))
	if *update {
		if err := os.WriteFile(propertiesPage, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	old, err := os.ReadFile(propertiesPage)
	if err != nil || !bytes.Equal(old, b.Bytes()) {
		t.Errorf("docs/properties.md is out of date; run go test ./cmd/internal/deploy -run TestPropertiesPage -update (%v)", err)
	}
}

// probe measures where a property stands in a file, and in which direction it goes.
func (l *propertyList) probe(t *testing.T, k *kindOf, path string, p *property) (where, direction string) {
	base := (&prober{list: l, k: k, form: path}).file(t)
	x := &prober{list: l, k: k, form: path}
	if l.leaf(p) {
		x.changed = path
	} else {
		x.missing = path
	}
	constant := p.envelope && p.name == "kind" && strings.HasPrefix(p.typ, "=")
	if constant || strings.HasPrefix(p.typ, "=") && strings.Contains(path, "(") || k.kind == Function && p.name == "category" {
		where = "`" + strings.TrimLeft(strings.TrimPrefix(path, k.String()), ".@") + "`"
		return rawPath(k, path, where), "written"
	}
	at := places(base, x.file(t))
	switch {
	case p.ro:
		if len(at) > 0 {
			t.Errorf("%s is set by the service, and yet it changes the file at %v", path, at)
		}
		return "", "read only"
	case p.fromTarget || p.typ == "=WORKSPACE":
		return "", "target"
	case p.wo && k.kind == Watchlist:
		if len(at) > 0 {
			t.Errorf("%s is not kept by the service, and yet it changes the file at %v", path, at)
		}
		return "", "sent once"
	case p.secret:
		if len(at) > 0 {
			t.Errorf("%s is a secret, and yet its value changes the file at %v", path, at)
		}
		return "`" + strings.ReplaceAll(strings.TrimPrefix(path, k.String()+"."), "(", "` (`") + "`", "secret"
	case len(at) == 0:
		t.Errorf("%s changes nothing in a file, so a pull loses it", path)
		return "", ""
	}
	if p.typ == "json" {
		return "the document itself", "written"
	}
	sort.Strings(at)
	where = common(at)
	if where == "" {
		where = strings.Join(at, "`, `")
	}
	direction = "written"
	if p.preview {
		direction = "written (preview)"
	}
	return "`" + where + "`", direction
}

// rawPath is the place of a constant in a file of Resource Manager's own form.
func rawPath(k *kindOf, path, where string) string {
	if strings.Contains(path, "@") {
		return where
	}
	switch {
	case k.kind == Function:
		return where
	}
	inner := strings.TrimPrefix(path, k.String()+".")
	var b strings.Builder
	depth := 0
	for _, c := range inner {
		switch c {
		case '(':
			depth++
		case ')':
			depth--
		default:
			if depth == 0 {
				b.WriteRune(c)
			}
		}
	}
	return "`properties." + b.String() + "`"
}

// typeText is a type for people.
func (l *propertyList) typeText(p *property) string {
	typ, many := p.typ, ""
	if strings.HasPrefix(typ, "[") {
		typ, many = typ[1:len(typ)-1], "list of "
		if p.unordered {
			many = "list, in any order, of "
		}
	}
	if strings.HasPrefix(typ, "{") {
		typ, many = typ[1:len(typ)-1], "mapping to "
	}
	text := typ
	switch {
	case strings.HasPrefix(typ, "enum("):
		v, open := enumValues(typ)
		if text = strings.Join(v, ", "); len(v) > 6 {
			text = strings.Join(v[:5], ", ") + fmt.Sprintf(" and %d more", len(v)-5)
		}
		if open {
			text += ", ..."
		}
	case strings.HasPrefix(typ, "="):
		text = "always the same"
		if s := typ[1:]; s != "WORKSPACE" && s != "TABLE" {
			text = s
		}
		if typ == "=WORKSPACE" {
			text = "the workspace's id"
		}
	case strings.HasPrefix(typ, "int "):
		text = "whole number"
	case strings.Contains(typ, "|"):
		text = "one of several forms"
	case l.types[typ] != nil:
		text = "object"
		if many != "" {
			text = "objects"
		}
	case typ == "bool":
		text = "true or false"
	case typ == "json":
		text = "text that holds JSON"
	case typ == "id":
		text = "id in Resource Manager"
	}
	if p.required {
		text += ", required"
	}
	return many + text
}
