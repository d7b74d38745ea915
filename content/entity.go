package content

import "slices"

// EntityType describes one type of entity that a rule can map.
//
// Source: Microsoft Learn "Microsoft Sentinel entity types reference"; the required sets are those of the service's own
// validation of rules, which are wider than the strong identifiers of that page.
type EntityType struct {
	Name        string     // as rules write it: Account
	AlertType   string     // as alerts write it: account
	Identifiers []string   // as rules write them; letter case counts
	Required    [][]string // at least one of these sets must be mapped as a whole
}

// Has says whether the type has an identifier, in exactly this spelling.
func (e *EntityType) Has(identifier string) bool { return slices.Contains(e.Identifiers, identifier) }

func one(names ...string) [][]string {
	sets := make([][]string, len(names))
	for i := range names {
		sets[i] = names[i : i+1]
	}
	return sets
}

// LookupEntity returns the entity type with a name, in exactly this spelling, nil when there is none.
func LookupEntity(name string) *EntityType {
	for i, t := range EntityTypes() {
		if t.Name == name {
			return &EntityTypes()[i]
		}
	}
	return nil
}

// EntityTypes returns all types, in the order of the reference. The slice must not be changed.
func EntityTypes() []EntityType { return entityTypes() }
