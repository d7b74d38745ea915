package server

import (
	"net/http"
	"strings"
	"sync"
	"time"
)

// operation is a row of the route table: what has no resource type of its own. Resource types are served by
// resourceManager, behind the table.
type operation struct {
	// methods are those that are answered, "GET POST"; HEAD is as good as GET.
	methods string
	// path is the pattern in lower case: {x} stands for one segment, {x...} for any number of them, one or more.
	path string
	// guard is who is let in and what else is asked for.
	guard guard
	serve func(*Server, http.ResponseWriter, *http.Request, call)
	parts []string
}

type guard int

const (
	unguarded  guard = iota // anybody, or whoever the function lets in
	needsToken              // a bearer token
	needsARM                // that, an api-version, and room in the bucket of requests
)

// call is a request's path in segments, as it was sent and in lower case.
type call struct{ segments, lower []string }

// operations is the route table. The first row that fits answers.
var operations = sync.OnceValue(func() []operation {
	type w = http.ResponseWriter
	type r = *http.Request
	rows := []operation{
		{methods: "GET", path: "/", serve: (*Server).about},
		{methods: "GET", path: "/studio", serve: (*Server).studio},
		{methods: "GET", path: "/health", serve: (*Server).health},
		{methods: "POST", path: "/reset", serve: (*Server).reset},

		{methods: "GET", path: "/msi/token", serve: func(s *Server, w w, r r, _ call) { s.managedIdentity(w, r) }},
		{methods: "GET", path: "/{authority...}/.well-known/openid-configuration", serve: func(s *Server, w w, r r, c call) { s.openIDConfiguration(w, r, c.segments[0]) }},
		{methods: "GET", path: "/common/discovery/instance", serve: func(s *Server, w w, r r, _ call) { s.instanceDiscovery(w, r) }},
		{methods: "POST", path: "/{authority...}/oauth2/v2.0/token", serve: func(s *Server, w w, r r, c call) { s.token(w, r, c.segments[0]) }},
		{methods: "POST", path: "/{authority...}/oauth2/token", serve: func(s *Server, w w, r r, c call) { s.token(w, r, c.segments[0]) }},
		{methods: "GET", path: "/metadata/endpoints", serve: func(s *Server, w w, r r, _ call) { s.cloudMetadata(w, r) }},

		{methods: "GET POST", path: "/workspaces/{workspace}/query", guard: needsToken, serve: (*Server).queryWorkspace},
		{methods: "GET POST", path: "/workspaces/{workspace}/metadata", guard: needsToken, serve: func(s *Server, w w, _ r, _ call) { s.metadata(w) }},
		{methods: "POST", path: "/$batch", guard: needsToken, serve: func(s *Server, w w, r r, _ call) { s.batch(w, r) }},
		{methods: "GET POST", path: "/subscriptions/{resource...}/providers/microsoft.insights/logs", guard: needsARM, serve: (*Server).queryResource},
		{methods: "GET POST", path: "/subscriptions/{resource...}/api/query", guard: needsARM, serve: (*Server).queryResource},
		{methods: "GET POST", path: "/subscriptions/{resource...}/query", guard: needsToken, serve: (*Server).queryResource},
		{methods: "POST", path: "/datacollectionrules/{rule}/streams/{stream}", guard: needsToken, serve: func(s *Server, w w, r r, c call) { s.ingest(w, r, c.segments[1], c.segments[3]) }},

		{methods: "GET", path: "/v1/rest/auth/metadata", serve: func(s *Server, w w, r r, _ call) { s.kustoMetadata(w, r) }},
		{methods: "GET POST", path: "/v1/rest/query", serve: func(s *Server, w w, r r, _ call) { s.kusto(w, r, "v1", "query") }},
		{methods: "GET POST", path: "/v2/rest/query", serve: func(s *Server, w w, r r, _ call) { s.kusto(w, r, "v2", "query") }},
		{methods: "GET POST", path: "/v1/rest/mgmt", serve: func(s *Server, w w, r r, _ call) { s.kusto(w, r, "v1", "mgmt") }},
		{methods: "POST", path: "/v1/rest/ingest/{database}/{table}", serve: func(s *Server, w w, r r, c call) { s.kustoIngest(w, r, c.segments[len(c.segments)-1]) }},

		{methods: "GET", path: "/tenants", guard: needsARM, serve: (*Server).tenants},
		{methods: "GET", path: "/subscriptions", guard: needsARM, serve: (*Server).subscriptions},
		{methods: "GET", path: "/subscriptions/{subscription}", guard: needsARM, serve: (*Server).subscription},
		{methods: "GET", path: "/subscriptions/{subscription}/locations", guard: needsARM, serve: (*Server).locations},
		{methods: "GET", path: "/subscriptions/{subscription}/resources", guard: needsARM, serve: (*Server).resources},
		{methods: "GET", path: "/subscriptions/{subscription}/resourcegroups", guard: needsARM, serve: (*Server).groups},
		{methods: "GET HEAD", path: "/subscriptions/{subscription}/resourcegroups/{group}", guard: needsARM, serve: (*Server).group},
		{methods: "GET", path: "/subscriptions/{subscription}/resourcegroups/{group}/resources", guard: needsARM, serve: (*Server).resources},
		{methods: "GET", path: "/subscriptions/{subscription}/providers/{namespace}", guard: needsARM, serve: (*Server).provider},
		{methods: "POST", path: "/subscriptions/{subscription}/providers/{namespace}/register", guard: needsARM, serve: (*Server).provider},
		{methods: "GET", path: "/subscriptions/{subscription}/providers/microsoft.operationalinsights/locations/{location}/operationstatuses/{operation}", guard: needsARM, serve: (*Server).insightsOperation},
		{methods: "GET", path: "/subscriptions/{subscription}/resourcegroups/{group}/providers/microsoft.resources/deployments/{deployment}/operationstatuses/{operation}", guard: needsARM, serve: (*Server).operationStatus},
	}
	// The query API is served with and without its version, and Azure Data Explorer below any path, as clients ask for both.
	for _, o := range rows {
		switch {
		case strings.HasPrefix(o.path, "/workspaces/"), o.path == "/$batch", o.guard == needsToken && strings.HasPrefix(o.path, "/subscriptions/"):
			o.path = "/v1" + o.path
			rows = append(rows, o)
		case strings.Contains(o.path, "/rest/"):
			o.path = "/{base...}" + o.path
			rows = append(rows, o)
		}
	}
	for i := range rows {
		rows[i].parts = splitPath(rows[i].path)
	}
	return rows
})

// fits reports whether a path in lower case is of the pattern.
func (o *operation) fits(lower []string) bool { return fits(o.parts, lower) }

func fits(parts, lower []string) bool {
	for i, p := range parts {
		if strings.HasSuffix(p, "...}") {
			rest := parts[i+1:]
			n := len(lower) - len(rest)
			return n > i && fits(rest, lower[n:])
		}
		if i >= len(lower) || p != lower[i] && p[0] != '{' {
			return false
		}
	}
	return len(parts) == len(lower)
}

// takes refuses a method that is not answered, in the shape of the API; false means it has answered.
func (o *operation) takes(w http.ResponseWriter, r *http.Request) bool {
	method := r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	for _, m := range strings.Fields(o.methods) {
		if m == method {
			return true
		}
	}
	text := r.Method + " is not allowed here."
	w.Header().Set("Allow", strings.ReplaceAll(o.methods, " ", ", "))
	switch {
	case strings.Contains(o.path, "/rest/"):
		writeKustoError(w, http.StatusMethodNotAllowed, "General_BadRequest", "Kusto.Common.Svc.Exceptions.BadRequestException", text)
	case strings.HasSuffix(o.path, "/token") && o.methods == "POST":
		oauthError(w, http.StatusMethodNotAllowed, "invalid_request", "AADSTS900561: The endpoint only accepts POST requests.")
	default:
		writeError(w, http.StatusMethodNotAllowed, "MethodNotAllowed", text)
	}
	return false
}

// letIn does what a guard demands; false means it has answered.
func (s *Server) letIn(g guard, w http.ResponseWriter, r *http.Request, c call) bool {
	if g == unguarded {
		return true
	}
	if !s.authorized(w, r) {
		return false
	}
	if g != needsARM {
		return true
	}
	if s.throttle.over(w, time.Now()) {
		return false
	}
	if len(c.lower) > 1 && c.lower[0] == "subscriptions" && c.lower[1] != strings.ToLower(s.opts.Subscription) {
		writeError(w, http.StatusNotFound, "SubscriptionNotFound", "The subscription '"+shorten(c.segments[1])+"' could not be found.")
		return false
	}
	return true
}

// versioned wants an api-version that is one; false means it has answered. Types have lists of theirs, see armType.
func versioned(w http.ResponseWriter, r *http.Request) bool {
	v := queryValue(r.URL.Query(), "api-version")
	if v == "" {
		writeArm(w, versionMissing())
		return false
	}
	if !isVersion(v) {
		writeError(w, http.StatusBadRequest, "InvalidApiVersionParameter", "The api-version '"+shorten(v)+"' is invalid. An api-version is a day, as in 2025-09-01.")
		return false
	}
	return true
}

// action is a verb behind a resource.
type action struct {
	methods, typeName, name string
	serve                   func(*Server, http.ResponseWriter, *http.Request, place, string)
}

// actions are the verbs that are served.
var actions = sync.OnceValue(func() []action {
	type w = http.ResponseWriter
	type r = *http.Request
	const deployments, incidents = "Microsoft.Resources/deployments", "Microsoft.SecurityInsights/incidents"
	return []action{
		{"POST", "Microsoft.SecurityInsights/alertRules", "triggerRuleRun", (*Server).triggerRuleRun},
		{"POST", deployments, "validate", func(s *Server, w w, r r, p place, _ string) { s.validateDeployment(w, r, p) }},
		{"POST", deployments, "whatIf", func(s *Server, w w, r r, _ place, _ string) { s.whatIf(w, r) }},
		{"GET", deployments, "operations", func(s *Server, w w, _ r, p place, _ string) { s.deploymentOperations(w, p) }},
		{"POST", summaryLogs, "start", func(s *Server, w w, r r, p place, _ string) { s.switchSummary(w, r, p, true) }},
		{"POST", summaryLogs, "stop", func(s *Server, w w, r r, p place, _ string) { s.switchSummary(w, r, p, false) }},
		{"POST", summaryLogs, "retrybin", (*Server).retryBin},
		{"POST", "Microsoft.OperationalInsights/workspaces", "schema", func(s *Server, w w, _ r, _ place, _ string) { s.searchSchema(w) }},
		{"POST", incidents, "alerts", func(s *Server, w w, _ r, p place, v string) { s.incidentParts(w, p, v) }},
		{"POST", incidents, "bookmarks", func(s *Server, w w, _ r, p place, v string) { s.incidentParts(w, p, v) }},
		{"POST", incidents, "entities", func(s *Server, w w, _ r, p place, v string) { s.incidentParts(w, p, v) }},
	}
})

func (s *Server) action(w http.ResponseWriter, r *http.Request, p place, version string) {
	for _, a := range actions() {
		if a.typeName != p.t.name || !strings.EqualFold(a.name, p.action) {
			continue
		}
		if a.methods != r.Method {
			writeError(w, http.StatusMethodNotAllowed, "MethodNotAllowed", r.Method+" is not allowed here.")
			return
		}
		a.serve(s, w, r, p, version)
		return
	}
	writeError(w, http.StatusNotFound, "InvalidResourceType", "There is no action '"+shorten(p.action)+"' on "+p.t.name+".")
}
