package server

import "strings"

// checkSavedSearch takes hunting queries and workspace functions. The service answers 200 for new ones too.
func checkSavedSearch(c *checking) *armError {
	r := c.r
	if e := missing(r, "category", "displayName", "query"); e != nil {
		return e
	}
	r.Properties = clone(r.Properties)
	r.setDefault("version", number("2"))
	if a := r.text("functionAlias"); a != "" && !identifier(a) {
		return bad("The functionAlias '%s' is not a valid function name.", a)
	}
	if _, err := parseParameters(r.text("functionParameters")); err != nil {
		return bad("The functionParameters are invalid: %v.", err)
	}
	if a := r.text("functionAlias"); a != "" {
		for _, x := range c.s.items {
			if x.Type == r.Type && strings.EqualFold(x.text("functionAlias"), a) && !strings.EqualFold(x.ID, r.ID) {
				return &armError{409, "Conflict", "The functionAlias '" + a + "' is used by the saved search '" + x.Name + "'."}
			}
		}
	}
	return nil
}

func identifier(s string) bool {
	for i, c := range s {
		letter := c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return s != ""
}
