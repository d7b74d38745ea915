package server

import (
	"net/http"
)

// health answers whoever waits for the server: 200 once it serves and can keep what it is given, 503 when its state folder
// can no longer be written. It asks for no token.
func (s *Server) health(w http.ResponseWriter, _ *http.Request, _ call) {
	if err := s.store.failed(); err != nil {
		writeJSON(w, http.StatusServiceUnavailable, map[string]any{"status": "failed", "reason": err.Error()})
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{"status": "ok", "resources": s.store.count(), "queries": s.running.Load()})
}

// reset forgets all content and the rows that were taken in, and begins anew, for tests that share a server. It needs a token where one
// is demanded, and its own name in a header, so that no page in a browser can do it by a form.
func (s *Server) reset(w http.ResponseWriter, r *http.Request, _ call) {
	if s.opts.Secret != "" && !s.authorized(w, r) {
		return
	}
	if r.Header.Get("x-blindspot-reset") == "" {
		writeError(w, http.StatusBadRequest, "HeaderMissing", "A reset needs the header x-blindspot-reset, with any value.")
		return
	}
	if err := s.rows.forget(s.opts.Engine); err != nil {
		writeError(w, http.StatusInternalServerError, "InternalServerError", "The rows could not be forgotten: "+err.Error())
		return
	}
	if err := s.store.clear(); err != nil {
		writeError(w, http.StatusInternalServerError, "InternalServerError", "The state could not be written: "+err.Error())
		return
	}
	if err := s.seed(); err != nil {
		writeError(w, http.StatusInternalServerError, "InternalServerError", err.Error())
		return
	}
	s.templated.Store(false)
	w.WriteHeader(http.StatusNoContent)
}
