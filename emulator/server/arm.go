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
	"time"
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
	// bare types may come without properties.
	bare bool
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

// resourceManager serves the resource types, which lie below /subscriptions and /providers.
func (s *Server) resourceManager(w http.ResponseWriter, r *http.Request, c call) {
	if !s.letIn(needsARM, w, r, c) {
		return
	}
	segments, lower := c.segments, c.lower
	if len(lower) == 7 && lower[4] == "deployments" && lower[6] == "operations" { // the one type that may be named without its provider
		segments = append(append(segments[:4:4], "providers", "Microsoft.Resources"), segments[4:]...)
		segments, lower = pathOf("/" + strings.Join(segments, "/"))
	}
	p, ok := s.parse(segments, lower)
	if !ok {
		writeError(w, http.StatusNotFound, "InvalidResourceType", "The resource type could not be found at "+r.URL.Path+".")
		return
	}
	version, e := p.t.version(r.URL.Query(), s.opts.Location)
	if e != nil {
		writeArm(w, e)
		return
	}
	if asked := queryValue(r.URL.Query(), "api-version"); version != asked {
		w.Header().Set("x-blindspot-api-version", version)
		w.Header().Set("Warning", fmt.Sprintf(`299 blindspot "api-version %s is not known to the stand-in; answered as %s"`, asked, version))
	}
	if !s.knownScope(p.parent) {
		writeError(w, http.StatusNotFound, "ResourceNotFound", "The workspace or resource group of "+r.URL.Path+" was not found.")
		return
	}
	if p.t.name == "Microsoft.SecurityInsights/alertRuleTemplates" {
		s.templates()
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
	case r.Method == http.MethodHead:
		if s.store.get(p.id()) == nil {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		w.WriteHeader(http.StatusNoContent)
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

func parentMissing(id string) *armError {
	return &armError{http.StatusNotFound, "ParentResourceNotFound", "The parent resource '" + id + "' could not be found."}
}

func versionMissing() *armError {
	return &armError{http.StatusBadRequest, "MissingApiVersionParameter", "The api-version query parameter (?api-version=) is required for all requests."}
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

// isVersion reports whether a text is a day of the calendar, alone or with -preview or another word behind it.
func isVersion(v string) bool {
	if len(v) < 10 || len(v) > 40 {
		return false
	}
	_, err := time.Parse("2006-01-02", v[:10])
	word := v[10:]
	return err == nil && (word == "" || len(word) > 1 && word[0] == '-' && strings.Trim(strings.ToLower(word[1:]), "abcdefghijklmnopqrstuvwxyz") == "")
}

// shorten keeps a text that comes from outside to a line.
func shorten(s string) string {
	if len(s) > 60 {
		return strings.ToValidUTF8(s[:60], "") + "..."
	}
	return s
}

// version picks the api-version that answers: the one asked for; for one that is not known, the nearest before it in its
// line (stable or preview). Only one that is no version, or older than the oldest, is refused.
func (t *armType) version(q url.Values, location string) (string, *armError) {
	v := queryValue(q, "api-version")
	if v == "" {
		return "", versionMissing()
	}
	for _, k := range t.versions {
		if k == v {
			return v, nil
		}
	}
	if !isVersion(v) {
		return "", &armError{http.StatusBadRequest, "InvalidApiVersionParameter", fmt.Sprintf("The api-version '%s' is invalid. The supported versions are '%s'.", shorten(v), strings.Join(t.versions, ", "))}
	}
	if v[:10] < t.versions[0][:10] {
		return "", &armError{http.StatusBadRequest, "NoRegisteredProviderFound", fmt.Sprintf("No registered resource provider found for location '%s' and API version '%s' for type '%s'. The supported api-versions are '%s'.",
			location, v, t.name[strings.IndexByte(t.name, '/')+1:], strings.Join(t.versions, ", "))}
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

// baseOf is the address that a request came to.
func baseOf(r *http.Request) string {
	if r.TLS != nil {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

// armList answers a collection in pages.
func (s *Server) armList(w http.ResponseWriter, r *http.Request, p place, version string) {
	q := r.URL.Query()
	if above := p.above(); above != "" && s.store.get(above) == nil {
		writeArm(w, parentMissing(above))
		return
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
	out := map[string]any{}
	list, e := s.chosen(p.t, all, version, queryValue(q, "$filter"), queryValue(q, "$orderby"))
	if e != nil {
		writeArm(w, e)
		return
	}
	if skip, err := strconv.Atoi(queryValue(q, "$skip")); err == nil && skip > 0 {
		list = list[min(skip, len(list)):]
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
		from = min(n, len(list))
	}
	to := min(from+page, len(list))
	value := make([]any, 0, to-from)
	for _, one := range list[from:to] {
		one := one()
		if p.t.listed != nil {
			p.t.listed(one, q)
		}
		value = append(value, one)
	}
	out["value"] = value
	if to < len(list) {
		u := *r.URL
		u.Scheme, u.Host = "", ""
		q.Set("$skipToken", base64.RawURLEncoding.EncodeToString([]byte(strconv.Itoa(to))))
		u.RawQuery = q.Encode()
		out["nextLink"] = baseOf(r) + u.String()
	}
	writeJSON(w, http.StatusOK, out)
}

// chosen filters and orders resources by what they show. Without a filter and an order nothing is rendered that is not
// on the page.
func (s *Server) chosen(t *armType, all []*resource, version, filter, order string) ([]func() map[string]any, *armError) {
	out := make([]func() map[string]any, 0, len(all))
	if filter == "" && order == "" {
		for _, r := range all {
			out = append(out, func() map[string]any { return s.render(t, r, version) })
		}
		return out, nil
	}
	wanted, e := parseFilter(filter)
	if e != nil {
		return nil, e
	}
	var shown []map[string]any
	for _, r := range all {
		if m := s.render(t, r, version); wanted == nil || wanted(m) {
			shown = append(shown, m)
		}
	}
	if e := orderBy(shown, order); e != nil {
		return nil, e
	}
	for _, m := range shown {
		out = append(out, func() map[string]any { return m })
	}
	return out, nil
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

	ifMatch, ifNoneMatch string
	patch                bool // properties are laid over those that are there
}

// put creates or replaces a resource; with patch, properties are laid over those that are there.
func (s *Server) put(w http.ResponseWriter, r *http.Request, p place, version string, patch bool) {
	var in request
	if e := body(r, &in); e != nil {
		writeArm(w, e)
		return
	}
	in.ifMatch, in.ifNoneMatch, in.patch = r.Header.Get("If-Match"), r.Header.Get("If-None-Match"), patch
	res, created, e := s.write(p, in, version)
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

func (s *Server) write(p place, in request, version string) (res *resource, created bool, e *armError) {
	if in.Properties == nil && p.t.bare {
		in.Properties = map[string]any{}
	}
	if in.Properties == nil && !in.patch {
		return nil, false, bad("Invalid data model. [properties: The properties field is required.]")
	}
	res, e = s.store.change(p.id(), func(t *txn, old *resource) (*resource, *armError) {
		created = old == nil
		return s.decide(t, p, in, version, old)
	})
	return res, created, e
}

// decide makes the resource that a request asks for out of the one before it, or says what is wrong with it.
func (s *Server) decide(t *txn, p place, in request, version string, old *resource) (*resource, *armError) {
	if in.patch && old == nil {
		return nil, notFound(p)
	}
	if above := p.above(); above != "" && t.s.items[strings.ToLower(above)] == nil {
		return nil, parentMissing(above)
	}
	match := in.ifMatch
	for _, m := range []string{in.Etag, in.ETag} {
		if match == "" {
			match = m
		}
	}
	match = strings.TrimPrefix(match, "W/")
	stale := match != "" && match != "*" && old != nil && strings.Trim(match, `"`) != strings.Trim(old.Etag, `"`)
	switch {
	case stale && in.ifMatch == "" && p.t.conflict != nil:
		return nil, p.t.conflict(old)
	case in.ifNoneMatch == "*" && old != nil:
		return nil, &armError{http.StatusPreconditionFailed, "PreconditionFailed", "The resource exists already."}
	case match != "" && match != "*" && old == nil && in.ifMatch != "":
		return nil, &armError{http.StatusPreconditionFailed, "PreconditionFailed", "The resource does not exist, and an etag was given."}
	case stale:
		return nil, &armError{http.StatusPreconditionFailed, "PreconditionFailed", "The etag does not match the resource's current one."}
	}
	n := &resource{ID: p.id(), Name: p.name, Type: p.t.name, Kind: in.Kind, Location: in.Location, Tags: in.Tags, Identity: in.Identity, Properties: in.Properties}
	if in.patch {
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
