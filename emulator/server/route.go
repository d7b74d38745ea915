package server

import (
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
)

// armError is a failure in Resource Manager's shape.
type armError struct {
	status        int
	code, message string
}

func (e *armError) Error() string { return e.code + ": " + e.message }

func bad(format string, args ...any) *armError {
	return &armError{http.StatusBadRequest, "BadRequest", fmt.Sprintf(format, args...)}
}

// writeError answers in the shape that both Resource Manager and the query API use: {"error":{"code","message"}}.
func writeError(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("x-ms-error-code", code)
	writeJSON(w, status, map[string]any{"error": map[string]any{"code": code, "message": message}})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	_ = e.Encode(v)
}

// route hands a request to the row of the route table that its path fits, or to the resource types. Paths are compared
// without regard to case, and a doubled or trailing slash is forgiven, as the service does.
func (s *Server) route(w http.ResponseWriter, r *http.Request) {
	if id := r.Header.Get("x-ms-client-request-id"); id != "" && len(id) <= 128 {
		w.Header().Set("x-ms-client-request-id", id)
	}
	correlation := r.Header.Get("x-ms-correlation-request-id")
	if !isGUID(correlation) {
		correlation = w.Header().Get("x-ms-request-id")
	}
	w.Header().Set("x-ms-correlation-request-id", correlation)
	var c call
	c.segments, c.lower = pathOf(r.URL.Path)
	if strings.Contains(r.URL.Path, "//") {
		r.URL.Path = "/" + strings.Join(c.segments, "/")
	}
	for _, o := range operations() {
		if o.fits(c.lower) {
			if s.letIn(o.guard, w, r, c) && o.takes(w, r) && (o.guard != needsARM || versioned(w, r)) {
				o.serve(s, w, r, c)
			}
			return
		}
	}
	if len(c.lower) > 0 && (c.lower[0] == "subscriptions" || c.lower[0] == "providers") {
		s.resourceManager(w, r, c)
		return
	}
	if s.authorized(w, r) {
		writeError(w, http.StatusNotFound, "PathNotFoundError", "The requested path does not exist")
	}
}

// about says what this server stands for.
func (s *Server) about(w http.ResponseWriter, _ *http.Request, _ call) {
	writeJSON(w, http.StatusOK, map[string]any{"name": "blindspot", "workspaceId": s.opts.WorkspaceID,
		"subscription": s.opts.Subscription, "resourceGroup": s.opts.ResourceGroup, "workspace": s.opts.Workspace, "tenant": s.opts.Tenant})
}

func splitPath(p string) []string {
	var out []string
	for _, s := range strings.Split(p, "/") {
		if s != "" {
			out = append(out, s)
		}
	}
	return out
}

// unpacked returns a request's body, out of its gzip.
func unpacked(r *http.Request) (io.Reader, *armError) {
	if !strings.EqualFold(r.Header.Get("Content-Encoding"), "gzip") {
		return r.Body, nil
	}
	z, err := gzip.NewReader(r.Body)
	if err != nil {
		return nil, bad("The body is not gzip: %v", err)
	}
	return limited(z, maxBody), nil
}

// body reads a JSON body with numbers kept as they are.
func body(r *http.Request, into any) *armError {
	in, e := unpacked(r)
	if e != nil {
		return e
	}
	d := json.NewDecoder(limited(in, maxJSON))
	d.UseNumber()
	if err := d.Decode(into); err != nil {
		return unreadable(err)
	}
	return nil
}

// unreadable is the answer to a body that is no JSON, or too much of it.
func unreadable(err error) *armError {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return &armError{http.StatusRequestTimeout, "RequestTimeout", "The body did not arrive in time."}
	}
	var big *http.MaxBytesError
	if errors.As(err, &big) {
		return &armError{http.StatusRequestEntityTooLarge, "RequestEntityTooLarge", fmt.Sprintf("The body is over %d bytes.", big.Limit)}
	}
	return &armError{http.StatusBadRequest, "InvalidRequestContent", "The request content was invalid and could not be deserialized: " + err.Error()}
}

// authorized wants a bearer token that this server gave, or any while it has no secret; false means it has answered.
func (s *Server) authorized(w http.ResponseWriter, r *http.Request) bool {
	h := r.Header.Get("Authorization")
	if h == "" {
		w.Header().Set("WWW-Authenticate", `Bearer authorization_uri="https://`+r.Host+"/"+s.opts.Tenant+`"`)
		writeError(w, http.StatusUnauthorized, "AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing.")
		return false
	}
	kind, token, ok := strings.Cut(h, " ")
	if !ok || !strings.EqualFold(kind, "Bearer") || strings.TrimSpace(token) == "" {
		writeError(w, http.StatusForbidden, "InvalidAuthenticationToken", "The access token is missing or invalid.")
		return false
	}
	if s.opts.Secret != "" && !s.issued(strings.TrimSpace(token)) {
		writeError(w, http.StatusUnauthorized, "InvalidAuthenticationToken", "The access token is invalid or has run out.")
		return false
	}
	return true
}
