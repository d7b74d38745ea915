package sentinel

import (
	"strconv"
	"strings"

	"github.com/seed-caab1ad3/blindspot/content"
)

// Entity is one entity of an alert: a type and the identifiers that the rule's mapping filled.
type Entity struct {
	Type        string // as the rule writes it: Account, IP, CloudApplication
	Identifiers []Identifier
}

// Identifier is one identifier with its value.
type Identifier struct {
	Name, Value string
}

// Limits of the service on entities (facts S69, S70).
const (
	maxEntities     = 500
	maxEntityBytes  = 64 << 10
	maxIdentifiers  = 3
	entityJSONStart = 3 // the number that "$id" starts at in records of the service
)

// Get returns an identifier's value, "" when it is not filled.
func (e Entity) Get(name string) string {
	for _, i := range e.Identifiers {
		if i.Name == name {
			return i.Value
		}
	}
	return ""
}

// Label is the entity in one text, as people and rule tests name it: an Account name@suffix, FullName, Name or
// AadUserId, an IP its Address, and so on.
func (e Entity) Label() string {
	first := func(names ...string) string {
		for _, n := range names {
			if v := e.Get(n); v != "" {
				return v
			}
		}
		return ""
	}
	switch e.Type {
	case "Account":
		if n, s := e.Get("Name"), e.Get("UPNSuffix"); n != "" && s != "" {
			return n + "@" + s
		}
		if l := first("FullName", "Name", "AadUserId", "ObjectGuid", "Sid", "PUID"); l != "" {
			return l
		}
	case "IP":
		return e.Get("Address")
	case "Host":
		if l := first("FullName", "HostName", "NetBiosName", "AzureID"); l != "" {
			return l
		}
	case "CloudApplication":
		if l := first("AppId", "Name"); l != "" {
			return l
		}
	case "FileHash":
		return e.Get("Value")
	}
	if len(e.Identifiers) > 0 {
		return e.Identifiers[0].Value
	}
	return ""
}

// key tells equal entities.
func (e Entity) key() string {
	var b strings.Builder
	b.WriteString(e.Type)
	for _, i := range e.Identifiers {
		b.WriteByte(0)
		b.WriteString(i.Name)
		b.WriteByte(1)
		b.WriteString(strings.ToLower(i.Value))
	}
	return b.String()
}

// reservedAccounts are the names for which an Account known by its Name alone is no entity.
func reservedAccount(name string) bool {
	switch strings.ToUpper(name) {
	case "ADMIN", "ADMINISTRATOR", "SYSTEM", "ROOT", "ANONYMOUS", "AUTHENTICATED USER", "NETWORK", "NULL", "LOCAL SYSTEM", "LOCALSYSTEM", "NETWORK SERVICE":
		return true
	}
	return false
}

// entitiesOf extracts the entities of an alert from its rows: in the order of the mappings, then of the rows, equal ones
// once (facts S69 to S73, S76). dropped counts rows whose mapping gave no entity, and entities over a limit, which over counts
// alone.
func entitiesOf(mappings []content.EntityMapping, rows Rows, o Options) (entities []Entity, dropped, over int) {
	if len(mappings) == 0 {
		return nil, 0, 0
	}
	share := maxEntities / len(mappings)
	seen := map[string]bool{}
	size := 2
	for _, m := range mappings {
		columns := make([]int, len(m.FieldMappings))
		for i, f := range m.FieldMappings {
			columns[i] = rows.Column(f.ColumnName)
		}
		taken := 0
		for r := range rows.Rows {
			e := Entity{Type: m.EntityType}
			whole := len(m.FieldMappings) > 0
			for i, f := range m.FieldMappings {
				v := rows.Text(r, columns[i])
				if v == "" {
					whole = false
					continue
				}
				e.Identifiers = append(e.Identifiers, Identifier{f.Identifier, v})
			}
			if !whole && !identified(e) {
				dropped++
				continue
			}
			if e.Type == "Account" {
				if e, whole = splitAccount(e, o); !whole {
					dropped++
					continue
				}
			}
			k := e.key()
			if seen[k] {
				continue
			}
			if taken == share || size+entitySize(e) > maxEntityBytes {
				dropped++
				over++
				continue
			}
			seen[k] = true
			taken++
			size += entitySize(e)
			entities = append(entities, e)
		}
	}
	return entities, dropped, over
}

// splitAccount applies the naming rule of 2026-07-01 to an Account whose Name holds a full user principal name, and
// drops the well-known names that identify nobody.
func splitAccount(e Entity, o Options) (Entity, bool) {
	name := e.Get("Name")
	if name != "" && len(e.Identifiers) == 1 && reservedAccount(name) {
		return e, false
	}
	at := strings.LastIndexByte(name, '@')
	if !o.SplitFullUPN || at <= 0 || at == len(name)-1 || e.Get("UPNSuffix") != "" {
		return e, true
	}
	out := Entity{Type: e.Type}
	for _, i := range e.Identifiers {
		if i.Name == "Name" {
			out.Identifiers = append(out.Identifiers, Identifier{"Name", name[:at]}, Identifier{"UPNSuffix", name[at+1:]}, Identifier{"UserPrincipalName", name})
			continue
		}
		out.Identifiers = append(out.Identifiers, i)
	}
	return out, true
}

// identified reports whether the identifiers that are filled name an entity without the others: one of the type's required
// sets is enough.
func identified(e Entity) bool {
	t := content.LookupEntity(e.Type)
	if t == nil {
		return false
	}
	for _, set := range t.Required {
		whole := len(set) > 0
		for _, name := range set {
			whole = whole && e.Get(name) != ""
		}
		if whole {
			return true
		}
	}
	return false
}

// wireType is the entity's type in an alert's JSON.
func wireType(name string) string {
	if t := content.LookupEntity(name); t != nil {
		return t.AlertType
	}
	return strings.ToLower(name)
}

func entitySize(e Entity) int {
	n := len(`  {"$id": "000", "Type": ""},`) + len(wireType(e.Type)) + 12
	for _, i := range e.Identifiers {
		n += len(i.Name) + len(i.Value) + 12
	}
	return n
}

// EntitiesJSON is the Entities field of a SecurityAlert row: an indented array with CRLF line ends, "" when there are
// none (fact S77).
func EntitiesJSON(entities []Entity) string {
	if len(entities) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString("[\r\n")
	for n, e := range entities {
		b.WriteString("  {\r\n    \"$id\": \"")
		b.WriteString(strconv.Itoa(entityJSONStart + n))
		b.WriteString("\",\r\n")
		for _, i := range e.Identifiers {
			b.WriteString("    ")
			b.WriteString(quoteJSON(i.Name))
			b.WriteString(": ")
			b.WriteString(quoteJSON(i.Value))
			b.WriteString(",\r\n")
		}
		b.WriteString("    \"Type\": ")
		b.WriteString(quoteJSON(wireType(e.Type)))
		b.WriteString("\r\n  }")
		if n+1 < len(entities) {
			b.WriteByte(',')
		}
		b.WriteString("\r\n")
	}
	b.WriteByte(']')
	return b.String()
}
