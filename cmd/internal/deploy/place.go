package deploy

import (
	"bytes"
	"strings"

	"github.com/seed-caab1ad3/blindspot/cmd/internal/azure"
)

// Some properties name the workspace itself: what a mark belongs to, the rules that an automation rule speaks of, the
// workspaces that a workbook reads. In a file such a text begins with ${workspace:id} or, for workbooks, which lie beside
// the workspace, with ${workspace:group}; so the file means the workspace that it is applied to.

const (
	idPlace    = "${workspace:id}"
	groupPlace = "${workspace:group}"
)

// workspaceValue gives the values that every workspace has.
func workspaceValue(name string, t *azure.Target) (string, bool) {
	switch name {
	case "workspace:id":
		return t.ResourceID(), true
	case "workspace:group":
		return t.GroupID(), true
	}
	return "", false
}

// below cuts the id of a resource off the text that begins with it; letter case does not matter in ids.
func below(text, id string) (rest string, ok bool) {
	if len(text) < len(id) || !strings.EqualFold(text[:len(id)], id) || len(text) > len(id) && text[len(id)] != '/' {
		return "", false
	}
	return text[len(id):], true
}

// withWorkspacePlaces is a value in which texts that name a workspace begin with a place instead.
func withWorkspacePlaces(v any, t *azure.Target) any {
	switch v := v.(type) {
	case string:
		if rest, ok := below(v, t.ResourceID()); ok {
			return idPlace + rest
		}
		if rest, ok := below(v, t.GroupID()+workbooksBelow); ok {
			return groupPlace + workbooksBelow + rest
		}
		return v
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, x := range v {
			out[k] = withWorkspacePlaces(x, t)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, x := range v {
			out[i] = withWorkspacePlaces(x, t)
		}
		return out
	}
	return v
}

const workbooksBelow = "/providers/Microsoft.Insights/workbooks"

// portable is a resource whose body names no workspace.
func (r *Resource) portable(t *azure.Target) *Resource {
	c := *r
	c.Body = cloneMap(r.Body)
	c.Body["properties"] = withWorkspacePlaces(r.props(), t)
	return &c
}

// documentPlaces does for the texts of a JSON document what withWorkspacePlaces does for values.
func documentPlaces(doc []byte, t *azure.Target) []byte {
	id := []byte(`"` + t.ResourceID())
	var out []byte
	for {
		i := indexFold(doc, id)
		if i < 0 || i+len(id) >= len(doc) {
			return append(out, doc...)
		}
		end := i + len(id)
		out = append(out, doc[:i]...)
		if c := doc[end]; c == '"' || c == '/' || c == '\\' {
			out = append(append(out, '"'), idPlace...)
		} else { // another workspace, whose name begins with this one's
			out = append(out, doc[i:end]...)
		}
		doc = doc[end:]
	}
}

// indexFold is bytes.Index for ASCII of any letter case.
func indexFold(b, sub []byte) int {
	for i := 0; i+len(sub) <= len(b); i++ {
		j := bytes.IndexByte(b[i:], sub[0])
		if j < 0 || i+j+len(sub) > len(b) {
			return -1
		}
		if i += j; bytes.EqualFold(b[i:i+len(sub)], sub) {
			return i
		}
	}
	return -1
}

// parentHere gives a mark's parent the workspace that it is applied to: a mark and what it marks are in one workspace, so
// a file that names another one came from there.
func parentHere(parent string, t *azure.Target) string {
	parts := strings.Split(parent, "/")
	if len(parts) < 7 || parts[0] != "" || !strings.EqualFold(parts[1], "subscriptions") || !strings.EqualFold(parts[3], "resourceGroups") || !strings.EqualFold(parts[5], "providers") {
		return parent
	}
	switch {
	case len(parts) >= 9 && strings.EqualFold(parts[6]+"/"+parts[7], "Microsoft.OperationalInsights/workspaces"):
		return strings.Join(append([]string{t.ResourceID()}, parts[9:]...), "/")
	case len(parts) == 9 && strings.EqualFold(parts[6]+"/"+parts[7], "Microsoft.Insights/workbooks"):
		return t.GroupID() + workbooksBelow + "/" + parts[8]
	}
	return parent
}
