package server

import (
	"io"
	"net/http"
	"time"
)

// Bounds of what a client may send, and how slowly. A body that is decoded into values takes up to thirty times its length,
// so those are kept shorter than what is only copied.
const (
	maxHeaders = 64 << 10
	maxBody    = 64 << 20 // as it comes over the wire
	maxJSON    = 8 << 20  // decoded
	// headerTime and bodyTime are how long a client may take to send its headers and its body.
	headerTime = 10 * time.Second
	bodyTime   = 30 * time.Second
)

// unhurried is a body that must arrive in time. The deadline is lifted once the body is read, because a query may then take
// longer than that.
type unhurried struct {
	io.ReadCloser
	control *http.ResponseController
	begun   bool
	time    time.Duration
}

func (u *unhurried) Read(p []byte) (int, error) {
	if !u.begun {
		u.begun = true
		_ = u.control.SetReadDeadline(time.Now().Add(u.time)) // a recorder of a test has none
	}
	n, err := u.ReadCloser.Read(p)
	if err == io.EOF {
		_ = u.control.SetReadDeadline(time.Time{})
	}
	return n, err
}

// atMost reads up to a number of bytes, and fails at the next one.
type atMost struct {
	from io.Reader
	left int64
	most int64
}

func limited(from io.Reader, most int64) io.Reader { return &atMost{from, most, most} }

func (a *atMost) Read(p []byte) (int, error) {
	if a.left < 0 {
		return 0, &http.MaxBytesError{Limit: a.most}
	}
	if int64(len(p)) > a.left+1 {
		p = p[:a.left+1]
	}
	n, err := a.from.Read(p)
	if a.left -= int64(n); a.left < 0 {
		return n - 1, &http.MaxBytesError{Limit: a.most}
	}
	return n, err
}
