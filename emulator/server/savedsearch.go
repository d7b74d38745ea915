package server

import "strings"

// checkSavedSearch takes hunting queries and workspace functions. The service answers 200 for new ones too.
func checkSavedSearch(_ *Server, r, _ *resource, _ string) *armError {
	if e := missing(r, "category", "displayName", "query"); e != nil {
		return e
	}
	r.Properties = clone(r.Properties)
	r.setDefault("version", number("2"))
	if a := r.text("functionAlias"); a != "" && !identifier(a) {
		return bad("The functionAlias '%s' is not a valid function name.", a)
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

// functions returns the workspace functions: alias, parameters as written, and body.
func (s *Server) functions() (out []savedFunction) {
	s.store.each(func(r *resource) {
		if strings.EqualFold(r.Type, "Microsoft.OperationalInsights/workspaces/savedSearches") {
			if a := r.text("functionAlias"); a != "" {
				out = append(out, savedFunction{a, r.text("functionParameters"), r.text("query")})
			}
		}
	})
	return out
}

type savedFunction struct{ alias, parameters, query string }
