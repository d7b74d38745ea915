package server

import (
	"net/http"
	"sync"
	"time"
)

// throttle is a bucket of requests to Resource Manager. Its size is far above what one client does, so it only guards the
// process; --fault is the way to test a client's patience. It goes by the machine's clock, because the workspace's may stand
// still.
type throttle struct {
	mu    sync.Mutex
	since time.Time
	n     int
}

const (
	throttleWindow = 30 * time.Second
	throttleMost   = 60_000
)

func (t *throttle) over(w http.ResponseWriter, now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if now.Sub(t.since) > throttleWindow {
		t.since, t.n = now, 0
	}
	t.n++
	if t.n <= throttleMost {
		return false
	}
	w.Header().Set("Retry-After", "30")
	writeError(w, http.StatusTooManyRequests, "TooManyRequests", "The request is being throttled.")
	return true
}
