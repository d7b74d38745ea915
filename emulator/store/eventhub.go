package store

import (
	"bytes"
	"strings"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
)

// The Event Hub envelope is how diagnostic settings send log records: {"time", "category", "properties": {...}, ...}, alone
// or in {"records": [...]}. Category names the table, and the columns are the envelope's and the properties' fields, whose
// names begin with a small letter there.

// tableOfCategory maps the categories of Entra ID's diagnostic settings to tables.
func tableOfCategory(category string) (string, bool) {
	switch strings.ToLower(category) {
	case "signinlogs":
		return "SigninLogs", true
	case "noninteractiveusersigninlogs":
		return "AADNonInteractiveUserSignInLogs", true
	case "serviceprincipalsigninlogs":
		return "AADServicePrincipalSignInLogs", true
	case "managedidentitysigninlogs":
		return "AADManagedIdentitySignInLogs", true
	case "auditlogs":
		return "AuditLogs", true
	case "provisioninglogs":
		return "AADProvisioningLogs", true
	case "adfssigninlogs":
		return "ADFSSignInLogs", true
	case "riskyusers":
		return "AADRiskyUsers", true
	case "userriskevents":
		return "AADUserRiskEvents", true
	case "microsoftgraphactivitylogs":
		return "MicrosoftGraphActivityLogs", true
	}
	return "", false
}

// isEnvelope reports whether the first object looks like an envelope.
func isEnvelope(b []byte) bool {
	head := b[:min(len(b), 64<<10)]
	i := skipSpace(head, 0)
	if i < len(head) && head[i] == '[' {
		i = skipSpace(head, i+1)
	}
	if i >= len(head) || head[i] != '{' {
		return false
	}
	if rest := bytes.TrimLeft(head[i+1:], " \r\n\t"); bytes.HasPrefix(rest, []byte(`"records"`)) {
		return bytes.Contains(rest, []byte(`"category"`))
	}
	return bytes.Contains(head, []byte(`"category"`)) && bytes.Contains(head, []byte(`"properties"`)) && bytes.Contains(head, []byte(`"time"`)) &&
		!bytes.Contains(head, []byte(`"TimeGenerated"`))
}

func readEnvelopes(all []byte, o Options, located func(error, int) error) ([]*Data, error) {
	h := &hub{o: o, tables: map[string]*jsonRows{}, columns: map[string]map[string]Column{}}
	i := skipSpace(all, 0)
	array := i < len(all) && all[i] == '['
	if array {
		i++
	}
	for {
		i = skipSpace(all, i)
		for i < len(all) && (all[i] == ',' || all[i] == ']') && array {
			i = skipSpace(all, i+1)
		}
		if i >= len(all) {
			break
		}
		if all[i] != '{' {
			return nil, located(fail(i, "%s where a JSON object should begin with {", found(all, i)), i)
		}
		end, err := skipContainer(all, i)
		if err != nil {
			return nil, located(err, end)
		}
		n, ok := value.ParseJSON(string(all[i:end]))
		if !ok {
			return nil, located(fail(i, "the record that begins here is no valid JSON"), i)
		}
		if records := n.Get("records"); records != nil && records.Kind == value.KindArray {
			for _, r := range records.Elems {
				if err := h.add(r); err != nil {
					return nil, located(err, i)
				}
			}
		} else if err := h.add(n); err != nil {
			return nil, located(err, i)
		}
		i = end
	}
	var out []*Data
	for _, table := range h.order {
		out = append(out, h.tables[table].finish(table))
	}
	return out, nil
}

// hub gathers the rows of envelopes by table.
type hub struct {
	o       Options
	tables  map[string]*jsonRows
	columns map[string]map[string]Column // by table: by name in small letters
	order   []string
}

func (h *hub) add(n *value.Node) error {
	category := n.Get("category")
	if category == nil || category.Kind != value.KindString {
		return fail(0, "a record without category: it tells the table")
	}
	table, ok := tableOfCategory(category.S)
	if !ok {
		table = category.S
	}
	rows, ok := h.tables[table]
	if !ok {
		rows = newJSONRows(h.o.types(table))
		rows.skips = h.o.skips(table)
		h.tables[table] = rows
		h.order = append(h.order, table)
		h.columns[table] = map[string]Column{}
		if h.o.Schema != nil {
			cols, _ := h.o.Schema(table)
			for _, c := range cols {
				h.columns[table][strings.ToLower(c.Name)] = c
			}
		}
	}
	seen := map[string]bool{}
	set := func(name string, v *value.Node) {
		if v.IsNull() {
			return
		}
		if c, ok := h.columns[table][strings.ToLower(name)]; ok {
			name = c.Name
		} else if name != "" && name[0] >= 'a' && name[0] <= 'z' && name[0] != '_' {
			name = strings.ToUpper(name[:1]) + name[1:]
		}
		if seen[name] {
			return
		}
		seen[name] = true
		c := rows.column([]byte(name), len(seen)-1)
		switch {
		case c.skip:
		case c.typ == value.Unknown:
			c.texts.add(unknownText(v))
			c.n++
		case c.typ == value.Dynamic:
			c.texts.add([]byte(v.JSON()))
			c.n++
		case c.typ == value.String && v.Kind == value.KindString:
			c.texts.add([]byte(v.S))
			c.n++
		default:
			c.value(value.Convert(value.NewDynamic(v), c.typ))
		}
	}
	properties := n.Get("properties")
	if properties != nil && properties.Kind == value.KindString {
		if p, ok := value.ParseJSON(properties.S); ok {
			properties = p
		}
	}
	set(TimeColumn, n.Get("time"))
	if properties != nil && properties.Kind == value.KindBag {
		for i, k := range properties.Keys {
			v := properties.Elems[i]
			if k == "location" && !v.IsNull() && v.Kind == value.KindBag {
				set("LocationDetails", v)
				set("Location", v.Get("countryOrRegion"))
				continue
			}
			set(k, v)
		}
	}
	for i, k := range n.Keys {
		switch k {
		case "time", "properties":
		case "callerIpAddress":
			set("IPAddress", n.Elems[i])
		case "tenantId":
			set("AADTenantId", n.Elems[i])
		case "_ingested", "ingested":
			c := rows.column([]byte(k), len(seen))
			c.value(value.Convert(value.NewDynamic(n.Elems[i]), value.DateTime))
		default:
			set(k, n.Elems[i])
		}
	}
	rows.endRecord()
	return nil
}
