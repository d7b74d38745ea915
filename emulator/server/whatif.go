package server

import (
	"net/http"
	"strings"
)

// whatIf says what a deployment would change, without changing it: a create, a modification with the properties that
// differ, or none. Properties that the template does not name are left out, as the service sets many of them itself.
//
// Source: Azure Resource Manager documentation, "ARM template deployment what-if operation".
func (s *Server) whatIf(w http.ResponseWriter, r *http.Request) {
	_, _, plan, _, e := s.readDeployment(r)
	if e != nil {
		writeArm(w, e)
		return
	}
	changes := []any{}
	for _, one := range plan {
		after := map[string]any{"id": one.id, "name": one.place.name, "type": one.place.t.name, "apiVersion": one.version, "properties": one.in.Properties}
		if one.in.Kind != "" {
			after["kind"] = one.in.Kind
		}
		if one.in.Location != "" {
			after["location"] = one.in.Location
		}
		change := map[string]any{"resourceId": one.id, "changeType": "Create", "after": after}
		if old := s.store.get(one.id); old != nil {
			before := s.render(one.place.t, old, one.version)
			delete(before, "etag")
			change["before"], change["changeType"] = before, "NoChange"
			delta := differences("properties", before["properties"], one.in.Properties)
			for _, k := range []string{"kind", "location"} {
				if v, ok := after[k]; ok {
					delta = append(delta, differences(k, before[k], v)...)
				}
			}
			if len(delta) > 0 {
				change["changeType"], change["delta"] = "Modify", delta
			}
		}
		changes = append(changes, change)
	}
	writeJSON(w, http.StatusOK, map[string]any{"status": "Succeeded", "properties": map[string]any{"correlationId": stableID("whatif", stamp(s.opts.Now())), "changes": changes}})
}

// differences lists what a new value would change of an old one, by dotted paths; objects are compared by what the new
// one names, and what is null is the same as what is not there.
func differences(path string, before, after any) []any {
	if m, ok := after.(map[string]any); ok {
		old, _ := before.(map[string]any)
		var out []any
		for _, k := range sortedKeys(m) {
			was := any(nil)
			for name, v := range old {
				if strings.EqualFold(name, k) {
					was = v
				}
			}
			out = append(out, differences(path+"."+k, was, m[k])...)
		}
		return out
	}
	if sameJSON(before, after) {
		return nil
	}
	change := map[string]any{"path": path, "propertyChangeType": "Modify", "before": before, "after": after, "children": nil}
	if before == nil {
		change["propertyChangeType"] = "Create"
	}
	return []any{change}
}
