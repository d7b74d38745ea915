package server

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Fault is one thing that goes wrong: what, to which requests, from which one on and how often.
type Fault struct {
	// Kind is a status (429, 409, 412, 500, 503, ...), "slow", "drop" (the connection is cut before an answer), "cut" (the
	// request is carried out and the connection is cut), "half" (half of the body), "timeout" (no answer until the client gives up) or "etag" (a wrong etag conflict).
	Kind   string
	Method string        // "" for all
	Path   string        // a part of the path, letter case aside; "" for all
	After  int           // requests that pass first
	Times  int           // 0 means for ever
	Wait   time.Duration // of slow, and Retry-After of 429 and 503
}

// ParseFault reads `KIND[:METHOD][:PATH][@AFTER][xTIMES][~WAIT]`, for instance `429:PUT:alertRules@3x2~1s`.
func ParseFault(text string) (Fault, error) {
	f := Fault{}
	rest := text
	bad := func(what string) (Fault, error) {
		return Fault{}, fmt.Errorf("fault %q: %s; write KIND[:METHOD][:PATH][@AFTER][xTIMES][~WAIT], for instance 429:PUT:alertRules@3x2~1s", text, what)
	}
	if i := strings.LastIndexByte(rest, '~'); i >= 0 {
		d, err := time.ParseDuration(rest[i+1:])
		if err != nil || d < 0 || d > 10*time.Minute {
			return bad(fmt.Sprintf("%q is no waiting time up to 10m", rest[i+1:]))
		}
		f.Wait, rest = d, rest[:i]
	}
	number := func(mark string, dst *int) bool {
		i := strings.LastIndex(rest, mark)
		if i < 0 {
			return true
		}
		n, err := strconv.Atoi(rest[i+1:])
		if err != nil {
			return mark == "x" // a path may hold an x
		}
		*dst, rest = n, rest[:i]
		return n >= 0
	}
	if !number("x", &f.Times) {
		return bad("TIMES is no number")
	}
	if !number("@", &f.After) {
		return bad("AFTER is no number")
	}
	parts := strings.SplitN(rest, ":", 3)
	f.Kind = parts[0]
	switch len(parts) {
	case 2:
		if m := strings.ToUpper(parts[1]); isMethod(m) {
			f.Method = m
		} else {
			f.Path = parts[1]
		}
	case 3:
		f.Method, f.Path = strings.ToUpper(parts[1]), parts[2]
		if f.Method != "" && !isMethod(f.Method) {
			return bad(fmt.Sprintf("%q is no method", parts[1]))
		}
	}
	switch f.Kind {
	case "slow", "drop", "cut", "half", "timeout", "etag":
	default:
		n, err := strconv.Atoi(f.Kind)
		if err != nil || n < 400 || n > 599 {
			return bad(fmt.Sprintf("%q is no fault; there are 4xx, 5xx, slow, drop, cut, half, timeout and etag", f.Kind))
		}
	}
	return f, nil
}

// String writes a fault so that ParseFault reads it again.
func (f Fault) String() string {
	return fmt.Sprintf("%s:%s:%s@%dx%d~%s", f.Kind, f.Method, f.Path, f.After, f.Times, f.Wait)
}

func isMethod(m string) bool {
	switch m {
	case "GET", "PUT", "POST", "PATCH", "DELETE", "HEAD":
		return true
	}
	return false
}

type faults struct {
	mu   sync.Mutex
	list []Fault
	seen []int
}

func newFaults(list []Fault) *faults { return &faults{list: list, seen: make([]int, len(list))} }

// next finds the fault that hits a request, counting it.
func (f *faults) next(r *http.Request) (Fault, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, x := range f.list {
		if x.Method != "" && x.Method != r.Method || x.Path != "" && !strings.Contains(strings.ToLower(r.URL.Path), strings.ToLower(x.Path)) {
			continue
		}
		n := f.seen[i]
		f.seen[i]++
		if n < x.After || x.Times > 0 && n >= x.After+x.Times {
			continue
		}
		return x, true
	}
	return Fault{}, false
}

// strike carries out the fault of a request, if there is one; true means the request has been answered. Faults that
// need the answer first (cut, half) leave a mark that the recorder acts on.
func (f *faults) strike(w *recorder, r *http.Request) bool {
	x, hit := f.next(r)
	if !hit {
		return false
	}
	switch x.Kind {
	case "slow":
		select {
		case <-time.After(x.Wait):
		case <-r.Context().Done():
			panic(http.ErrAbortHandler)
		}
		return false
	case "drop":
		panic(http.ErrAbortHandler)
	case "timeout":
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	case "cut":
		w.ResponseWriter = &discard{header: http.Header{}}
		w.after = func() { panic(http.ErrAbortHandler) }
		return false
	case "half":
		h := &holding{ResponseWriter: w.ResponseWriter}
		w.ResponseWriter = h
		w.after = h.half
		return false
	case "etag":
		writeError(w, http.StatusPreconditionFailed, "PreconditionFailed", "The etag does not match the resource's current one.")
		return true
	}
	status, _ := strconv.Atoi(x.Kind)
	if status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", strconv.Itoa(int((x.Wait+time.Second-1)/time.Second)))
	}
	writeError(w, status, faultCode(status), "Injected by the stand-in.")
	return true
}

func faultCode(status int) string {
	switch status {
	case 401:
		return "AuthenticationFailed"
	case 403:
		return "AuthorizationFailed"
	case 404:
		return "ResourceNotFound"
	case 409:
		return "Conflict"
	case 412:
		return "PreconditionFailed"
	case 429:
		return "TooManyRequests"
	case 503:
		return "ServiceUnavailable"
	}
	return "InternalServerError"
}

// discard takes an answer that nobody will see.
type discard struct{ header http.Header }

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) Write(b []byte) (int, error) { return len(b), nil }
func (d *discard) WriteHeader(int)             {}

// holding keeps an answer back to send half of it.
type holding struct {
	http.ResponseWriter
	status int
	body   []byte
}

func (h *holding) WriteHeader(code int) { h.status = code }
func (h *holding) Write(b []byte) (int, error) {
	h.body = append(h.body, b...)
	return len(b), nil
}

func (h *holding) half() {
	h.ResponseWriter.Header().Set("Content-Length", strconv.Itoa(len(h.body)))
	if h.status != 0 {
		h.ResponseWriter.WriteHeader(h.status)
	}
	_, _ = h.ResponseWriter.Write(h.body[:len(h.body)/2])
	_ = http.NewResponseController(h.ResponseWriter).Flush()
	panic(http.ErrAbortHandler)
}
