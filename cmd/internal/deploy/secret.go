package deploy

import (
	"strings"
)

// Some properties the service takes and never shows: the address that triggers a playbook, the password of a feed. In files
// such a property is ${env:NAME}, and an apply puts the environment's value in its place. It takes no part in comparing.

// secretValue reports whether a text under this name is a secret itself, not the name of one: apiKey is, apiKeyName is not.
func secretValue(name string) bool {
	n := strings.ToLower(name)
	for _, w := range [...]string{"triggeruri", "password", "apikey", "secret", "sastoken", "sasuri", "connectionstring", "accesskey", "sharedkey", "accountkey", "refreshtoken", "accesstoken"} {
		if strings.HasSuffix(n, w) {
			return true
		}
	}
	return false
}

// holdsSecrets says which kinds have such properties.
func (k Kind) holdsSecrets() bool { return k == RuleAction || k == DataConnector }

// withoutSecrets is a value with the texts that are secrets left out.
func withoutSecrets(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, x := range v {
			if _, text := x.(string); text && secretValue(k) {
				continue
			}
			out[k] = withoutSecrets(x)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, x := range v {
			out[i] = withoutSecrets(x)
		}
		return out
	}
	return v
}

// secretSlots are the paths of what must be sent for a resource although no answer shows it.
func (r *Resource) secretSlots() [][]string {
	p := r.props()
	switch r.Kind {
	case RuleAction:
		return [][]string{{"triggerUri"}}
	case DataConnector:
		if r.armKind() == "ThreatIntelligenceTaxii" && p["userName"] != nil {
			return [][]string{{"password"}}
		}
		auth, _ := p["auth"].(map[string]any)
		switch auth["type"] {
		case "Basic":
			return [][]string{{"auth", "password"}}
		case "APIKey":
			return [][]string{{"auth", "apiKey"}}
		case "OAuth2":
			return [][]string{{"auth", "clientSecret"}}
		}
	}
	return nil
}

// withPlaces puts ${env:NAME} where a resource's file must name a secret: as the file has it already, else under a name
// made of the resource's own. A secret that the service did show is replaced too: it is not for files.
func (r *Resource) withPlaces(file *Resource) *Resource {
	if r == nil || !r.Kind.holdsSecrets() {
		return r
	}
	c := *r
	c.Body = cloneMap(r.Body)
	var old map[string]any
	if file != nil {
		old = file.props()
	}
	props, _ := r.place(r.props(), old, nil).(map[string]any)
	for _, slot := range r.secretSlots() {
		at, was := props, old
		for _, step := range slot[:len(slot)-1] {
			at, _ = at[step].(map[string]any)
			was, _ = was[step].(map[string]any)
		}
		if last := slot[len(slot)-1]; at != nil && at[last] == nil {
			at[last] = r.placeFor(was[last], slot)
		}
	}
	c.Body["properties"] = props
	return &c
}

func (r *Resource) place(v, old any, path []string) any {
	switch v := v.(type) {
	case map[string]any:
		o, _ := old.(map[string]any)
		out := make(map[string]any, len(v))
		for k, x := range v {
			p := append(path[:len(path):len(path)], k)
			if _, text := x.(string); text && secretValue(k) {
				out[k] = r.placeFor(o[k], p)
				continue
			}
			out[k] = r.place(x, o[k], p)
		}
		return out
	case []any:
		o, _ := old.([]any)
		out := make([]any, len(v))
		for i, x := range v {
			var y any
			if i < len(o) {
				y = o[i]
			}
			out[i] = r.place(x, y, path)
		}
		return out
	}
	return v
}

func isPlace(v any) bool {
	s, _ := v.(string)
	return strings.HasPrefix(s, "${env:") && strings.HasSuffix(s, "}")
}

func (r *Resource) placeFor(old any, path []string) string {
	if isPlace(old) {
		return old.(string)
	}
	id := r.ID
	if r.Kind == RuleAction {
		_, id, _ = strings.Cut(id, "/")
	}
	name := strings.Map(func(c rune) rune {
		switch {
		case 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
			return c
		case 'a' <= c && c <= 'z':
			return c - 'a' + 'A'
		}
		return '_'
	}, "BLINDSPOT_"+id+"_"+path[len(path)-1])
	return "${env:" + name + "}"
}

// plainSecrets are the paths of secrets that a file holds in plain text.
func (r *Resource) plainSecrets() (out []string) {
	if !r.Kind.holdsSecrets() {
		return nil
	}
	var walk func(at string, v any)
	walk = func(at string, v any) {
		switch v := v.(type) {
		case map[string]any:
			keys := map[string]bool{}
			for k := range v {
				keys[k] = true
			}
			for _, k := range sorted(keys) {
				if s, text := v[k].(string); text && s != "" && secretValue(k) {
					if !isPlace(s) {
						out = append(out, strings.TrimPrefix(at+"."+k, "."))
					}
					continue
				}
				walk(at+"."+k, v[k])
			}
		case []any:
			for _, x := range v {
				walk(at, x)
			}
		}
	}
	walk("", r.props())
	return out
}
