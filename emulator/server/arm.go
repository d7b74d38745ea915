package server

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// armType is one type of resource: where it lies, which api-versions it answers, and what the service demands of it.
type armType struct {
	// name is the type as Resource Manager writes it.
	name string
	// versions are the api-versions known to work. Others are refused when they are older than the oldest, and served by the
	// nearest with a header when they are newer, so that an SDK's next release is not locked out.
	versions []string
	// createdStatus is what PUT answers for a new resource; 200 for an existing one.
	createdStatus int
	// check looks at a resource before it is kept; old is nil for a new one. It may fill read-only fields in.
	check func(c *checking) *armError
	// show changes the answer for one resource, and must not change the resource.
	show func(s *Server, r *resource, out map[string]any, version string)
	// page is the length of a list's page.
	page int
	// conflict is the answer to an etag in a body that is not the current one; a 412 when nil.
	conflict func(r *resource) *armError
	// patch types take PATCH.
	patch bool
	// readOnly types answer GET only.
	readOnly bool
	// deletedStatus is what DELETE answers; 200 when 0. A missing resource is 204.
	deletedStatus int
	// listed changes what a list shows of a resource.
	listed func(out map[string]any, q url.Values)
	// filter drops resources from a list.
	filter func(r *resource, q url.Values) (keep bool, err *armError)
}

// place is a parsed Resource Manager path.
type place struct {
	t      *armType
	parent string // the path that the type's name ends; resources are parent/name
	name   string // "" for the collection
	action string // a segment behind the resource
}

func (p place) id() string { return p.parent + "/" + p.name }

// above is the id of the resource that one of a nested type lies under, "" for others.
func (p place) above() string {
	if strings.Count(p.t.name, "/") < 2 {
		return ""
	}
	return p.parent[:strings.LastIndexByte(p.parent, '/')]
}

// resourceManager serves everything below /subscriptions and /providers.
func (s *Server) resourceManager(w http.ResponseWriter, r *http.Request, segments, lower []string) {
	if !s.authorized(w, r) {
		return
	}
	if s.throttle.over(w, s.opts.Now()) {
		return
	}
	if s.fixed(w, r, segments, lower) {
		return
	}
	p, ok := s.parse(segments, lower)
	if !ok {
		writeError(w, http.StatusNotFound, "InvalidResourceType", "The resource type could not be found at "+r.URL.Path+".")
		return
	}
	version, e := p.t.version(r.URL.Query())
	if e != nil {
		writeArm(w, e)
		return
	}
	if version != queryValue(r.URL.Query(), "api-version") {
		w.Header().Set("x-blindspot-api-version", version)
	}
	if !s.knownScope(p.parent) {
		writeError(w, http.StatusNotFound, "ResourceNotFound", "The workspace or resource group of "+r.URL.Path+" was not found.")
		return
	}
	switch {
	case p.action != "":
		s.action(w, r, p, version)
	case p.name == "" && r.Method == http.MethodGet:
		s.armList(w, r, p, version)
	case p.name == "":
		writeError(w, http.StatusMethodNotAllowed, "MethodNotAllowed", r.Method+" is not allowed on a collection.")
	case r.Method == http.MethodGet:
		res := s.store.get(p.id())
		if res == nil {
			writeArm(w, notFound(p))
			return
		}
		s.answer(w, http.StatusOK, p.t, res, version)
	case p.t.readOnly:
		writeError(w, http.StatusMethodNotAllowed, "MethodNotAllowed", "This resource is read-only.")
	case r.Method == http.MethodPut && p.t.name == "Microsoft.Resources/deployments":
		s.deploy(w, r, p, version)
	case r.Method == http.MethodPut:
		s.put(w, r, p, version, false)
	case r.Method == http.MethodPatch && p.t.patch:
		s.put(w, r, p, version, true)
	case r.Method == http.MethodDelete:
		s.remove(w, r, p)
	default:
		writeError(w, http.StatusMethodNotAllowed, "MethodNotAllowed", r.Method+" is not allowed here.")
	}
}

func writeArm(w http.ResponseWriter, e *armError) { writeError(w, e.status, e.code, e.message) }

func notFound(p place) *armError {
	return &armError{http.StatusNotFound, "NotFound", fmt.Sprintf("%s '%s' was not found.", p.t.name, p.name)}
}

// queryValue reads a query parameter whose name's case does not matter.
func queryValue(q url.Values, name string) string {
	for k, v := range q {
		if strings.EqualFold(k, name) && len(v) > 0 {
			return v[0]
		}
	}
	return ""
}

// version picks the api-version that answers.
func (t *armType) version(q url.Values) (string, *armError) {
	v := queryValue(q, "api-version")
	if v == "" {
		return "", &armError{http.StatusBadRequest, "MissingApiVersionParameter", "The api-version query parameter (?api-version=) is required for all requests."}
	}
	for _, k := range t.versions {
		if k == v {
			return v, nil
		}
	}
	if len(v) < 10 || v[4] != '-' || v[7] != '-' || v[:10] < t.versions[0][:10] {
		return "", &armError{http.StatusBadRequest, "InvalidApiVersionParameter", fmt.Sprintf("The api-version '%s' is invalid. The supported versions are '%s'.", v, strings.Join(t.versions, ", "))}
	}
	preview := strings.HasSuffix(v, "-preview")
	best := ""
	for _, k := range t.versions { // ordered by date
		if strings.HasSuffix(k, "-preview") == preview && k[:10] <= v[:10] {
			best = k
		}
	}
	for _, k := range t.versions { // asked for an older preview than any that is known
		if best == "" && strings.HasSuffix(k, "-preview") == preview {
			best = k
		}
	}
	if best == "" {
		best = t.versions[len(t.versions)-1]
	}
	return best, nil
}

// parse finds the type that a path names: the longest chain of known segments behind the scope.
func (s *Server) parse(segments, lower []string) (place, bool) {
	// The last "providers" begins the type: .../providers/Namespace/type/name[/type/name].
	at := -1
	for i, l := range lower {
		if l == "providers" && i+2 < len(lower) {
			at = i
		}
	}
	if at < 0 {
		return place{}, false
	}
	scope := "/" + strings.Join(segments[:at], "/")
	if at == 0 {
		scope = ""
	}
	namespace := lower[at+1]
	rest, restLower := segments[at+2:], lower[at+2:]
	typeName, parent := namespace, scope+"/providers/"+segments[at+1]
	for i := 0; i < len(rest); i += 2 {
		typeName += "/" + restLower[i]
		t := s.types()[typeName]
		parent += "/" + rest[i]
		last := i+2 >= len(rest)
		if t != nil && last {
			p := place{t: t, parent: parent}
			if i+1 < len(rest) {
				p.name = rest[i+1]
			}
			return p, true
		}
		if t != nil && i+3 == len(rest) && s.types()[typeName+"/"+restLower[i+2]] == nil {
			return place{t: t, parent: parent, name: rest[i+1], action: restLower[i+2]}, true
		}
		if i+1 < len(rest) {
			parent += "/" + rest[i+1]
		}
	}
	return place{}, false
}

// knownScope reports whether the workspace or resource group of a path is the one this server stands for.
func (s *Server) knownScope(parent string) bool {
	l := strings.ToLower(parent)
	if !strings.HasPrefix(l, "/subscriptions/") {
		return true
	}
	group := strings.ToLower("/subscriptions/" + s.opts.Subscription + "/resourcegroups/" + s.opts.ResourceGroup)
	if strings.Contains(l, "/resourcegroups/") && !strings.HasPrefix(l, group+"/") {
		return false
	}
	if i := strings.Index(l, "/workspaces/"); i >= 0 {
		name, _, _ := strings.Cut(l[i+len("/workspaces/"):], "/")
		return name == strings.ToLower(s.opts.Workspace)
	}
	return strings.HasPrefix(l, "/subscriptions/"+strings.ToLower(s.opts.Subscription)+"/") || strings.HasPrefix(l, group)
}

func (s *Server) answer(w http.ResponseWriter, status int, t *armType, r *resource, version string) {
	w.Header().Set("ETag", r.Etag)
	writeJSON(w, status, s.render(t, r, version))
}

// render is a resource as the service answers it.
func (s *Server) render(t *armType, r *resource, version string) map[string]any {
	out := map[string]any{"id": r.ID, "name": r.Name, "type": t.name, "etag": r.Etag}
	if r.Kind != "" {
		out["kind"] = r.Kind
	}
	if r.Location != "" {
		out["location"] = r.Location
	}
	if r.Tags != nil {
		out["tags"] = r.Tags
	}
	if r.Identity != nil {
		out["identity"] = r.Identity
	}
	props := make(map[string]any, len(r.Properties))
	for k, v := range r.Properties {
		props[k] = v
	}
	out["properties"] = props
	if t.show != nil {
		t.show(s, r, out, version)
	}
	return out
}

// armList answers a collection in pages.
func (s *Server) armList(w http.ResponseWriter, r *http.Request, p place, version string) {
	q := r.URL.Query()
	if strings.HasPrefix(strings.ToLower(p.t.name), "microsoft.securityinsights/alertruletemplates") {
		s.templates()
	}
	all := s.store.list(p.parent)
	if l := strings.ToLower(p.parent); strings.HasPrefix(l, "/subscriptions/") && !strings.Contains(l, "/resourcegroups/") {
		all = s.store.ofType(p.t.name) // a list over all resource groups
	}
	if p.t.filter != nil {
		kept := all[:0:0]
		for _, x := range all {
			keep, e := p.t.filter(x, q)
			if e != nil {
				writeArm(w, e)
				return
			}
			if keep {
				kept = append(kept, x)
			}
		}
		if len(all) == 0 {
			if _, e := p.t.filter(&resource{Properties: map[string]any{}}, q); e != nil {
				writeArm(w, e)
				return
			}
		}
		all = kept
	}
	page := p.t.page
	if page == 0 {
		page = 100
	}
	if top, err := strconv.Atoi(queryValue(q, "$top")); err == nil && top > 0 && top < page {
		page = top
	}
	from := 0
	if token := queryValue(q, "$skipToken"); token != "" {
		b, err := base64.RawURLEncoding.DecodeString(token)
		n, err2 := strconv.Atoi(string(b))
		if err != nil || err2 != nil || n < 0 {
			writeArm(w, bad("The $skipToken is invalid."))
			return
		}
		from = min(n, len(all))
	}
	to := min(from+page, len(all))
	value := make([]any, 0, to-from)
	for _, x := range all[from:to] {
		out := s.render(p.t, x, version)
		if p.t.listed != nil {
			p.t.listed(out, q)
		}
		value = append(value, out)
	}
	out := map[string]any{"value": value}
	if to < len(all) {
		u := *r.URL
		q.Set("$skipToken", base64.RawURLEncoding.EncodeToString([]byte(strconv.Itoa(to))))
		u.RawQuery = q.Encode()
		scheme := "http"
		if r.TLS != nil {
			scheme = "https"
		}
		u.Scheme, u.Host = scheme, r.Host
		out["nextLink"] = u.String()
	}
	writeJSON(w, http.StatusOK, out)
}

// request is the body of a PUT or PATCH.
type request struct {
	Kind       string         `json:"kind"`
	Etag       string         `json:"etag"`
	ETag       string         `json:"eTag"`
	Location   string         `json:"location"`
	Tags       map[string]any `json:"tags"`
	Identity   map[string]any `json:"identity"`
	Properties map[string]any `json:"properties"`
}

// put creates or replaces a resource; with patch, properties are laid over those that are there.
func (s *Server) put(w http.ResponseWriter, r *http.Request, p place, version string, patch bool) {
	var in request
	if e := body(r, &in); e != nil {
		writeArm(w, e)
		return
	}
	res, created, e := s.write(p, in, version, r.Header.Get("If-Match"), r.Header.Get("If-None-Match"), patch)
	if e != nil {
		writeArm(w, e)
		return
	}
	status := http.StatusOK
	if created && p.t.createdStatus != 0 {
		status = p.t.createdStatus
	}
	s.answer(w, status, p.t, res, version)
}

func (s *Server) write(p place, in request, version, ifMatch, ifNoneMatch string, patch bool) (res *resource, created bool, e *armError) {
	if in.Properties == nil && !patch {
		return nil, false, bad("Invalid data model. [properties: The properties field is required.]")
	}
	res, e = s.store.change(p.id(), func(t *txn, old *resource) (*resource, *armError) {
		if patch && old == nil {
			return nil, notFound(p)
		}
		if above := p.above(); above != "" && t.s.items[strings.ToLower(above)] == nil {
			return nil, &armError{http.StatusNotFound, "ParentResourceNotFound", "The parent resource '" + above + "' could not be found."}
		}
		match := ifMatch
		for _, m := range []string{in.Etag, in.ETag} {
			if match == "" {
				match = m
			}
		}
		match = strings.TrimPrefix(match, "W/")
		stale := match != "" && match != "*" && old != nil && strings.Trim(match, `"`) != strings.Trim(old.Etag, `"`)
		switch {
		case stale && ifMatch == "" && p.t.conflict != nil:
			return nil, p.t.conflict(old)
		case ifNoneMatch == "*" && old != nil:
			return nil, &armError{http.StatusPreconditionFailed, "PreconditionFailed", "The resource exists already."}
		case match != "" && match != "*" && old == nil && ifMatch != "":
			return nil, &armError{http.StatusPreconditionFailed, "PreconditionFailed", "The resource does not exist, and an etag was given."}
		case stale:
			return nil, &armError{http.StatusPreconditionFailed, "PreconditionFailed", "The etag does not match the resource's current one."}
		}
		created = old == nil
		n := &resource{ID: p.id(), Name: p.name, Type: p.t.name, Kind: in.Kind, Location: in.Location, Tags: in.Tags, Identity: in.Identity, Properties: in.Properties}
		if patch {
			if n.Kind == "" {
				n.Kind = old.Kind
			}
			if n.Location == "" {
				n.Location = old.Location
			}
			if n.Tags == nil {
				n.Tags = old.Tags
			}
			if n.Identity == nil {
				n.Identity = old.Identity
			}
			n.Properties = make(map[string]any, len(old.Properties))
			for k, v := range old.Properties {
				n.Properties[k] = v
			}
			for k, v := range in.Properties {
				n.Properties[k] = v
			}
		}
		if p.t.check != nil {
			if e := p.t.check(&checking{txn: t, server: s, r: n, old: old, version: version}); e != nil {
				return nil, e
			}
		}
		n.Etag = s.etag(n, old)
		return n, nil
	})
	return res, created, e
}

// etag changes with every write, also with one that changes nothing, as the service's do.
func (s *Server) etag(r, old *resource) string {
	before := ""
	if old != nil {
		before = old.Etag
	}
	b, _ := json.Marshal(r)
	h := sha256.Sum256([]byte(before + string(b)))
	x := hex.EncodeToString(h[:16])
	return `"` + x[:8] + "-" + x[8:12] + "-" + x[12:16] + "-" + x[16:20] + "-" + x[20:32] + `"`
}

func (s *Server) remove(w http.ResponseWriter, r *http.Request, p place) {
	gone := false
	_, e := s.store.change(p.id(), func(_ *txn, old *resource) (*resource, *armError) {
		if old == nil {
			gone = true
			return nil, nil
		}
		if m := r.Header.Get("If-Match"); m != "" && m != "*" && strings.Trim(m, `"`) != strings.Trim(old.Etag, `"`) {
			return nil, &armError{http.StatusPreconditionFailed, "PreconditionFailed", "The etag does not match the resource's current one."}
		}
		return nil, nil
	})
	switch {
	case e != nil:
		writeArm(w, e)
	case gone:
		w.WriteHeader(http.StatusNoContent)
	default:
		status := p.t.deletedStatus
		if status == 0 {
			status = http.StatusOK
		}
		w.WriteHeader(status)
	}
}
