package deploy

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/seed-caab1ad3/blindspot/cmd/internal/azure"
	"github.com/seed-caab1ad3/blindspot/content"
)

// Export writes resources in the form of another tool. Names are relative to the folder that the person gives.
func Export(to string, list []*Resource, t *azure.Target) ([]File, []string, error) {
	list = exportable(list)
	if to == "arm" || to == "bicep" || to == "terraform" {
		list = withItemResources(list)
		for i, r := range list {
			list[i] = r.portable(t)
		}
	}
	switch to {
	case "arm":
		b, err := armTemplate(list)
		return []File{{"blindspot.json", b}}, stoppedNotes(list), err
	case "bicep":
		return bicepFiles(list), stoppedNotes(list), nil
	case "terraform":
		return []File{{"main.tf", []byte(terraformFile(list))}}, stoppedNotes(list), nil
	case "yaml":
		return yamlFiles(list, t)
	case "package":
		return packageFiles(list, t)
	case "defender":
		return defenderFiles(list)
	}
	return nil, nil, fmt.Errorf("--to %q is not known; there are arm, bicep, terraform, yaml, package and defender", to)
}

// stoppedNotes names the summary rules that a template cannot keep from running.
func stoppedNotes(list []*Resource) (notes []string) {
	for _, r := range list {
		if on, ok := r.props()["isActive"].(bool); r.Kind == SummaryRule && ok && !on {
			notes = append(notes, fmt.Sprintf("summary rule %q: a template cannot say enabled: false; stop it after the deployment", r.Name()))
		}
	}
	return notes
}

// exportable leaves out what is no content of a template.
func exportable(list []*Resource) []*Resource {
	var out []*Resource
	for _, r := range list {
		if r.Kind != Onboarding && r.Kind != Metadata {
			out = append(out, r)
		}
	}
	sortResources(out)
	return out
}

// armText escapes a text that Resource Manager would take for an expression.
func armText(v any) any {
	switch v := v.(type) {
	case string:
		if strings.HasPrefix(v, "[") {
			return "[" + v
		}
		if rest, ok := strings.CutPrefix(v, idPlace); ok {
			return "[concat(resourceId('Microsoft.OperationalInsights/workspaces', parameters('workspace')), '" + strings.ReplaceAll(rest, "'", "''") + "')]"
		}
		return v
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, x := range v {
			out[k] = armText(x)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, x := range v {
			out[i] = armText(x)
		}
		return out
	}
	return v
}

// sendable is a body with what a new resource needs beside its properties.
func sendable(r *Resource) map[string]any {
	body := r.wire()
	delete(body, "etag")
	if r.Kind == SummaryRule { // the service's own, which no template sets
		p := cloneMap(body["properties"].(map[string]any))
		delete(p, "isActive")
		body["properties"] = p
	}
	if r.Kind == Watchlist && len(r.Items) > 0 {
		p := cloneMap(body["properties"].(map[string]any))
		p["rawContent"], p["contentType"], p["numberOfLinesToSkip"] = csvOf(r.Items), "text/csv", json.Number("0")
		body["properties"] = p
	}
	return body
}

// armTemplate is one template with every resource; workspace and location are its parameters. A watchlist carries its
// rows, a workbook's sourceId is the workspace that is deployed to.
func armTemplate(list []*Resource) ([]byte, error) {
	resources := []any{}
	for _, r := range list {
		body := armText(sendable(r)).(map[string]any)
		m := content.Record{}
		set := func(k string, v any) { m = append(m, content.Field{Name: k, Value: v}) }
		name := strings.ReplaceAll(r.ID, "'", "''")
		switch r.Kind {
		case Workbook:
			body["properties"].(map[string]any)["sourceId"] = "[resourceId('Microsoft.OperationalInsights/workspaces', parameters('workspace'))]"
			set("type", "Microsoft.Insights/workbooks")
			set("apiVersion", workbookVersion)
			set("name", r.ID)
			set("location", "[parameters('location')]")
		case Function, HuntingQuery, SavedSearch, SummaryRule, Table:
			set("type", r.Kind.info().armType)
			set("apiVersion", readVersion(r.Kind))
			set("name", "[concat(parameters('workspace'), '/"+name+"')]")
		default:
			segment := r.Kind.info().armType[strings.IndexByte(r.Kind.info().armType, '/')+1:]
			set("type", "Microsoft.OperationalInsights/workspaces/providers/"+segment)
			set("apiVersion", writeVersion(r.Kind, r.Body))
			set("name", "[concat(parameters('workspace'), '/Microsoft.SecurityInsights/"+name+"')]")
			if _, child := r.Kind.parent(); child {
				above, _, _ := strings.Cut(name, "/")
				set("dependsOn", []any{"[resourceId('Microsoft.OperationalInsights/workspaces/providers/" + segment[:strings.IndexByte(segment, '/')] + "', parameters('workspace'), 'Microsoft.SecurityInsights', '" + above + "')]"})
			}
		}
		if deps := dependencies(r, list); len(deps) > 0 {
			set("dependsOn", deps)
		}
		for _, k := range [...]string{"kind", "tags"} {
			if v := body[k]; v != nil {
				set(k, ordered(v))
			}
		}
		set("properties", ordered(body["properties"]))
		resources = append(resources, m)
	}
	doc := content.Record{
		{Name: "$schema", Value: "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"},
		{Name: "contentVersion", Value: "1.0.0.0"},
		{Name: "parameters", Value: content.Record{
			{Name: "workspace", Value: content.Record{{Name: "type", Value: "string"}}},
			{Name: "location", Value: content.Record{{Name: "type", Value: "string"}, {Name: "defaultValue", Value: "[resourceGroup().location]"}}},
		}},
		{Name: "resources", Value: resources},
	}
	var b bytes.Buffer
	if err := json.Indent(&b, content.AppendJSON(nil, doc), "", "  "); err != nil {
		return nil, err
	}
	b.WriteByte('\n')
	return b.Bytes(), nil
}

// dependencies are the functions and watchlists of a template that a rule must find when the service checks its query.
func dependencies(r *Resource, list []*Resource) []any {
	if r.Kind != Rule {
		return nil
	}
	x := newReads(list)
	s := x.of(r)
	var out []any
	for _, d := range list {
		switch {
		case d.Kind == Function && s.functions[d.text("functionAlias")]:
			out = append(out, "[resourceId('Microsoft.OperationalInsights/workspaces/savedSearches', parameters('workspace'), '"+strings.ReplaceAll(d.ID, "'", "''")+"')]")
		case d.Kind == SummaryRule && s.custom[destination(d)]:
			out = append(out, "[resourceId('Microsoft.OperationalInsights/workspaces/summaryLogs', parameters('workspace'), '"+strings.ReplaceAll(d.ID, "'", "''")+"')]")
		case d.Kind == Watchlist && s.watchlists[strings.ToLower(d.ID)]:
			out = append(out, "[resourceId('Microsoft.OperationalInsights/workspaces/providers/watchlists', parameters('workspace'), 'Microsoft.SecurityInsights', '"+strings.ReplaceAll(d.ID, "'", "''")+"')]")
		}
	}
	return out
}

// symbolic is a name that Bicep and Terraform take: of letters, digits and _, and unique.
func symbolic(r *Resource, taken map[string]bool) string {
	base := strings.ReplaceAll(slug(string(r.Kind)+"_"+r.Name()), "-", "_")
	for n := 1; ; n++ {
		name := base
		if n > 1 {
			name = fmt.Sprintf("%s_%d", base, n)
		}
		if !taken[name] {
			taken[name] = true
			return name
		}
	}
}

// bicepFiles are main.bicep and the queries beside it, which it loads: they stay readable and testable.
func bicepFiles(list []*Resource) []File {
	var b strings.Builder
	b.WriteString("targetScope = 'resourceGroup'\n\n@description('The name of the Log Analytics workspace.')\nparam workspace string\nparam location string = resourceGroup().location\n\nresource log 'Microsoft.OperationalInsights/workspaces@2022-10-01' existing = {\n  name: workspace\n}\n")
	var files []File
	taken := map[string]bool{"log": true}
	symbols := map[string]string{}
	for _, r := range list {
		symbols[r.Key()] = symbolic(r, taken)
	}
	for _, r := range list {
		symbol := symbols[r.Key()]
		body := sendable(r)
		props := cloneMap(body["properties"].(map[string]any))
		type_, version := r.Kind.info().armType, writeVersion(r.Kind, r.Body)
		fmt.Fprintf(&b, "\nresource %s '%s@%s' = {\n", symbol, type_, version)
		switch r.Kind {
		case Workbook:
			fmt.Fprintf(&b, "  name: %s\n  location: location\n", bicepString(r.ID))
			props["sourceId"] = bicepRaw("log.id")
		case Function, HuntingQuery, SavedSearch, SummaryRule, Table:
			fmt.Fprintf(&b, "  parent: log\n  name: %s\n", bicepString(r.ID))
		case RuleAction, watchlistItem:
			above, below, _ := strings.Cut(r.ID, "/")
			parent, _ := r.Kind.parent()
			if p := symbols[string(parent)+"/"+strings.ToLower(above)]; p != "" {
				fmt.Fprintf(&b, "  parent: %s\n  name: %s\n", p, bicepString(below))
			} else {
				fmt.Fprintf(&b, "  scope: log\n  name: %s\n", bicepString(r.ID))
			}
		default:
			fmt.Fprintf(&b, "  scope: log\n  name: %s\n", bicepString(r.ID))
		}
		for _, k := range [...]string{"kind", "tags"} {
			if v := body[k]; v != nil {
				fmt.Fprintf(&b, "  %s: %s\n", k, bicepValue(v, 2))
			}
		}
		for _, x := range [...]struct{ name, ext string }{{"query", ".kql"}, {"serializedData", ".json"}, {"rawContent", ".csv"}} {
			if s, ok := props[x.name].(string); ok {
				file := r.Kind.info().folder + "/" + symbol + x.ext
				files = append(files, File{file, []byte(s)})
				props[x.name] = bicepRaw("loadTextContent(" + bicepString(file) + ")")
			}
		}
		fmt.Fprintf(&b, "  properties: %s\n", bicepValue(props, 2))
		var deps []string
		x := newReads(list)
		if r.Kind == Rule {
			s := x.of(r)
			for _, d := range list {
				if s.needs(d) {
					deps = append(deps, symbols[d.Key()])
				}
			}
		}
		if len(deps) > 0 {
			b.WriteString("  dependsOn: [\n    " + strings.Join(deps, "\n    ") + "\n  ]\n")
		}
		b.WriteString("}\n")
	}
	return append([]File{{"main.bicep", []byte(b.String())}}, files...)
}

// bicepRaw is an expression.
type bicepRaw string

func bicepString(s string) string {
	var b strings.Builder
	b.WriteByte('\'')
	if rest, ok := strings.CutPrefix(s, idPlace); ok {
		b.WriteString("${log.id}")
		s = rest
	}
	for i, r := range s {
		switch {
		case r == '\'' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case r == '$' && strings.HasPrefix(s[i:], "${"):
			b.WriteString(`\$`)
		case r < ' ':
			fmt.Fprintf(&b, `\u{%x}`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('\'')
	return b.String()
}

func identifierText(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c != '_' && !('a' <= c|0x20 && c|0x20 <= 'z') && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return s != ""
}

func bicepValue(v any, indent int) string {
	in := strings.Repeat(" ", indent+2)
	switch v := v.(type) {
	case nil:
		return "null"
	case bicepRaw:
		return string(v)
	case string:
		return bicepString(v)
	case bool:
		return fmt.Sprint(v)
	case json.Number:
		if strings.ContainsAny(string(v), ".eE") {
			return "json(" + bicepString(string(v)) + ")" // Bicep has no fractions
		}
		return string(v)
	case map[string]any:
		if len(v) == 0 {
			return "{}"
		}
		names := map[string]bool{}
		for k := range v {
			names[k] = true
		}
		var b strings.Builder
		b.WriteString("{\n")
		for _, k := range sorted(names) {
			name := k
			if !identifierText(k) {
				name = bicepString(k)
			}
			fmt.Fprintf(&b, "%s%s: %s\n", in, name, bicepValue(v[k], indent+2))
		}
		return b.String() + strings.Repeat(" ", indent) + "}"
	case []any:
		if len(v) == 0 {
			return "[]"
		}
		var b strings.Builder
		b.WriteString("[\n")
		for _, x := range v {
			b.WriteString(in + bicepValue(x, indent+2) + "\n")
		}
		return b.String() + strings.Repeat(" ", indent) + "]"
	}
	return fmt.Sprint(v)
}

// terraformFile writes every resource for the provider azapi, which sends a body as it is: no property of any kind is
// lost, which the typed resources of azurerm cannot say.
func terraformFile(list []*Resource) string {
	var b strings.Builder
	b.WriteString("terraform {\n  required_providers {\n    azapi = {\n      source  = \"Azure/azapi\"\n      version = \">= 2.0\"\n    }\n  }\n}\n\nvariable \"workspace_id\" {\n  description = \"The resource id of the Log Analytics workspace.\"\n  type        = string\n}\n\nlocals {\n  resource_group_id = join(\"/\", slice(split(\"/\", var.workspace_id), 0, 5))\n}\n")
	if slices.ContainsFunc(list, func(r *Resource) bool { return r.Kind == Workbook }) { // nothing else has a place of its own
		b.WriteString("\nvariable \"location\" {\n  description = \"The region of the workbooks, such as westeurope.\"\n  type        = string\n}\n")
	}
	taken := map[string]bool{}
	symbols := map[string]string{}
	for _, r := range list {
		symbols[r.Key()] = symbolic(r, taken)
	}
	x := newReads(list)
	for _, r := range list {
		body := sendable(r)
		parent, name := "var.workspace_id", r.ID
		if r.Kind == Workbook {
			parent = "local.resource_group_id"
		}
		if kind, child := r.Kind.parent(); child {
			var above string
			above, name, _ = strings.Cut(r.ID, "/")
			parent = hclString(above)
			if p := symbols[string(kind)+"/"+strings.ToLower(above)]; p != "" {
				parent = "azapi_resource." + p + ".id"
			}
		}
		fmt.Fprintf(&b, "\nresource \"azapi_resource\" %s {\n  type      = %s\n  name      = %s\n  parent_id = %s\n", hclString(symbols[r.Key()]), hclString(r.Kind.info().armType+"@"+writeVersion(r.Kind, r.Body)), hclString(name), parent)
		out := map[string]any{"properties": body["properties"]}
		if k := body["kind"]; k != nil {
			out["kind"] = k
		}
		if r.Kind == Workbook {
			b.WriteString("  location  = var.location\n")
			p := cloneMap(body["properties"].(map[string]any))
			p["sourceId"] = hclRaw("var.workspace_id")
			out["properties"] = p
			if tags, ok := body["tags"].(map[string]any); ok {
				fmt.Fprintf(&b, "  tags      = %s\n", hclValue(tags, 2))
			}
		}
		fmt.Fprintf(&b, "  body = %s\n", hclValue(out, 2))
		if r.Kind == Rule {
			s := x.of(r)
			var deps []string
			for _, d := range list {
				if s.needs(d) {
					deps = append(deps, "azapi_resource."+symbols[d.Key()])
				}
			}
			if len(deps) > 0 {
				b.WriteString("  depends_on = [" + strings.Join(deps, ", ") + "]\n")
			}
		}
		b.WriteString("}\n")
	}
	return b.String()
}

type hclRaw string

func hclString(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	if rest, ok := strings.CutPrefix(s, idPlace); ok {
		b.WriteString("${var.workspace_id}")
		s = rest
	}
	for i, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case (r == '$' || r == '%') && strings.HasPrefix(s[i+1:], "{"):
			b.WriteRune(r)
			b.WriteRune(r)
		case r < ' ':
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// heredoc says whether a text can stand as <<-KQL: it must end with a line break, and no line may lead with a tab or be
// taken for the end.
func heredoc(s string) bool {
	if !strings.HasSuffix(s, "\n") || strings.Count(s, "\n") < 2 || strings.ContainsAny(s, "\r\t") || strings.HasPrefix(s, " ") || strings.HasPrefix(s, "\n") {
		return false
	}
	for _, l := range strings.Split(s, "\n") {
		if strings.TrimSpace(l) == "KQL" {
			return false
		}
	}
	return true
}

func hclValue(v any, indent int) string {
	in := strings.Repeat(" ", indent+2)
	switch v := v.(type) {
	case nil:
		return "null"
	case hclRaw:
		return string(v)
	case string:
		if heredoc(v) {
			text := strings.NewReplacer("${", "$${", "%{", "%%{").Replace(v)
			var b strings.Builder
			b.WriteString("<<-KQL\n")
			for _, l := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
				if l != "" {
					b.WriteString(in + l)
				}
				b.WriteByte('\n')
			}
			return b.String() + strings.Repeat(" ", indent) + "KQL"
		}
		return hclString(v)
	case bool:
		return fmt.Sprint(v)
	case json.Number:
		return string(v)
	case map[string]any:
		if len(v) == 0 {
			return "{}"
		}
		names := map[string]bool{}
		for k := range v {
			names[k] = true
		}
		var b strings.Builder
		b.WriteString("{\n")
		for _, k := range sorted(names) {
			name := k
			if !identifierText(k) {
				name = hclString(k)
			}
			fmt.Fprintf(&b, "%s%s = %s\n", in, name, hclValue(v[k], indent+2))
		}
		return b.String() + strings.Repeat(" ", indent) + "}"
	case []any:
		if len(v) == 0 {
			return "[]"
		}
		var b strings.Builder
		b.WriteString("[\n")
		for _, x := range v {
			item := hclValue(x, indent+2)
			if strings.HasPrefix(item, "<<-") {
				item = hclString(x.(string)) // a heredoc must end its line
			}
			b.WriteString(in + item + ",\n")
		}
		return b.String() + strings.Repeat(" ", indent) + "]"
	}
	return fmt.Sprint(v)
}

// yamlFiles are the files of a pull.
func yamlFiles(list []*Resource, t *azure.Target) ([]File, []string, error) {
	taken := map[string]bool{}
	var out []File
	for _, r := range list {
		files, err := newFiles(r, t, func(n string) string { return unique("", n, taken) })
		if err != nil {
			return nil, nil, err
		}
		out = append(out, files...)
	}
	return out, nil, nil
}

// packageFiles are what a content hub package is made of: the template, the metadata and the sources it came from.
func packageFiles(list []*Resource, t *azure.Target) ([]File, []string, error) {
	rows := withItemResources(list)
	for i, r := range rows {
		rows[i] = r.portable(t)
	}
	b, err := armTemplate(rows)
	if err != nil {
		return nil, nil, err
	}
	files, notes, err := yamlFiles(list, t)
	if err != nil {
		return nil, nil, err
	}
	count := map[string]int{}
	for _, r := range list {
		count[r.Kind.info().folder]++
	}
	names := map[string]bool{}
	for k := range count {
		names[k] = true
	}
	contents := content.Record{}
	for _, n := range sorted(names) {
		contents = append(contents, content.Field{Name: n, Value: json.Number(fmt.Sprint(count[n]))})
	}
	meta := content.Record{
		{Name: "contentId", Value: stableGUID("package", t.Ours())}, {Name: "contentKind", Value: "Solution"}, {Name: "displayName", Value: "Blindspot"},
		{Name: "version", Value: "1.0.0"}, {Name: "contents", Value: contents},
	}
	var m bytes.Buffer
	if err := json.Indent(&m, content.AppendJSON(nil, meta), "", "  "); err != nil {
		return nil, nil, err
	}
	m.WriteByte('\n')
	out := []File{{"package/mainTemplate.json", b}, {"package/packageMetadata.json", m.Bytes()}}
	for _, f := range files {
		out = append(out, File{"sources/" + f.Name, f.Data})
	}
	sort.SliceStable(out, func(i, j int) bool { return out[i].Name < out[j].Name })
	return out, notes, nil
}
