package server

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"net/http"
	"strings"
	"sync"
)

// The studio is one page over the query API that everybody else uses: a box for a query, what is wrong with it and where,
// the rows, and the tables there are. It holds everything it needs, asks this server only, and keeps nothing.
//
//go:embed ui/studio.html
var studioPage string

// studioPolicy lets the page run its own script and style, known by their hashes, and speak to this server; nothing else.
var studioPolicy = sync.OnceValue(func() string {
	hash := func(tag string) string {
		_, text, _ := strings.Cut(studioPage, "<"+tag+">")
		text, _, _ = strings.Cut(text, "</"+tag+">")
		sum := sha256.Sum256([]byte(text))
		return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	return "default-src 'none'; connect-src 'self'; script-src " + hash("script") + "; style-src " + hash("style") + "; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
})

func (s *Server) studio(w http.ResponseWriter, _ *http.Request, _ call) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", studioPolicy())
	h.Set("Referrer-Policy", "no-referrer")
	_, _ = w.Write([]byte(studioPage))
}
