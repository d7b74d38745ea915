// Package server is the service's side on the desk: the HTTP APIs that clients of a Sentinel workspace talk to, answered
// from memory. Unmodified SDK clients accept it: tokens, the Log Analytics query API, and content over Azure Resource
// Manager with its api-versions, etags, paging, limits and messages. Queries run in package emulator; content lives in
// this package's store. Listeners bind loopback only.
package server

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
)

// Options say what a server stands for and how it behaves.
type Options struct {
	// Addr and TLSAddr are where to listen; a port of 0 picks a free one. Both must be loopback addresses.
	Addr, TLSAddr string
	// Subscription, ResourceGroup and Workspace name the workspace; WorkspaceID and Tenant are GUIDs.
	Subscription, ResourceGroup, Workspace string
	WorkspaceID, Tenant                    string
	Location                               string
	// Engine answers queries; nil refuses them, and rules are kept without compiling their query.
	Engine Engine
	// Now is the clock of timestamps, etags and query times; the machine's when nil.
	Now func() time.Time
	// Faults are injected in order of arrival, see ParseFault.
	Faults []Fault
	// State is a folder that content is kept in between runs; "" keeps it in memory.
	State string
	// Secret is the client secret that the token endpoint accepts; any when "".
	Secret string
	// Log receives one line a request: method, path without query, status, time. nil is silent.
	Log func(line string)
}

// DefaultWorkspaceID is the workspace's GUID where none is given.
const DefaultWorkspaceID = "00000000-0000-4000-8000-0000000000aa"

// defaults fills what is not set.
func (o *Options) defaults() {
	set := func(p *string, v string) {
		if *p == "" {
			*p = v
		}
	}
	set(&o.Addr, "127.0.0.1:0")
	set(&o.TLSAddr, "127.0.0.1:0")
	set(&o.Subscription, "00000000-0000-4000-8000-000000000001")
	set(&o.ResourceGroup, "soc")
	set(&o.Workspace, "sentinel")
	set(&o.WorkspaceID, DefaultWorkspaceID)
	set(&o.Tenant, "00000000-0000-4000-8000-0000000000ff")
	set(&o.Location, "westeurope")
	if o.Now == nil {
		o.Now = time.Now
	}
}

// Server is a running stand-in.
type Server struct {
	opts   Options
	store  *state
	faults *faults
	ca     *authority

	http, https *http.Server
	plain, safe net.Listener
	done        sync.WaitGroup
	throttle    throttle
	shelf       shelf
	key         [32]byte      // signs tokens
	running     atomic.Int64  // queries under way, those that wait too
	slots       chan struct{} // one for each that runs
	templating  sync.Mutex    // held while templates are put in place
	templated   atomic.Bool   // they are
	rows        *rowJournal
	binning     sync.Mutex    // held while bins of summary rules run
	bodyTime    time.Duration // see the constant
}

// New builds a server that does not listen yet; Handler serves it in tests.
func New(opts Options) (*Server, error) {
	opts.defaults()
	for _, id := range []string{opts.Subscription, opts.WorkspaceID, opts.Tenant} {
		if !isGUID(id) {
			return nil, fmt.Errorf("%q is no GUID; subscription, workspace id and tenant must be", id)
		}
	}
	if !workspaceName(opts.Workspace) {
		return nil, fmt.Errorf("workspace name %q: want 3 to 63 letters, digits and dashes, no dash at the ends", opts.Workspace)
	}
	s := &Server{bodyTime: bodyTime, opts: opts, faults: newFaults(opts.Faults), slots: make(chan struct{}, mostRunning)}
	if _, err := rand.Read(s.key[:]); err != nil {
		return nil, err
	}
	var err error
	if s.store, err = openState(opts.State); err != nil {
		return nil, err
	}
	if s.ca, err = newAuthority(opts.State, opts.Now()); err != nil {
		return nil, err
	}
	if s.rows, err = openRows(opts.State, opts.Engine); err != nil {
		return nil, err
	}
	if err := s.seed(); err != nil {
		return nil, err
	}
	return s, nil
}

// workspaceName holds the service's rule for names of workspaces.
func workspaceName(n string) bool {
	if len(n) < 3 || len(n) > 63 || n[0] == '-' || n[len(n)-1] == '-' {
		return false
	}
	for _, c := range n {
		if c != '-' && !(c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z') {
			return false
		}
	}
	return true
}

// Start listens on both addresses and serves until Close.
func (s *Server) Start() error {
	for _, a := range []string{s.opts.Addr, s.opts.TLSAddr} {
		if err := loopback(a); err != nil {
			return err
		}
	}
	plain, err := net.Listen("tcp", s.opts.Addr)
	if err != nil {
		return err
	}
	safe, err := net.Listen("tcp", s.opts.TLSAddr)
	if err != nil {
		plain.Close()
		return err
	}
	s.plain, s.safe = plain, safe
	h := s.Handler()
	mk := func() *http.Server {
		return &http.Server{Handler: h, MaxHeaderBytes: maxHeaders, ReadHeaderTimeout: headerTime, IdleTimeout: 2 * time.Minute}
	}
	s.http, s.https = mk(), mk()
	s.https.TLSConfig = &tls.Config{Certificates: []tls.Certificate{s.ca.leaf}, MinVersion: tls.VersionTLS12}
	s.done.Add(2)
	go func() { defer s.done.Done(); _ = s.http.Serve(plain) }()
	go func() { defer s.done.Done(); _ = s.https.ServeTLS(safe, "", "") }()
	return nil
}

// Close stops listening and waits for the requests under way, at most until ctx ends.
func (s *Server) Close(ctx context.Context) error {
	var errs []error
	if s.http != nil {
		for _, h := range []*http.Server{s.http, s.https} {
			if err := h.Shutdown(ctx); err != nil { // who is still connected is cut off
				errs = append(errs, h.Close())
			}
		}
		s.done.Wait()
	}
	errs = append(errs, s.store.close(), s.rows.close())
	return errors.Join(errs...)
}

// URL is the address of the plain listener, SecureURL that of the TLS one.
func (s *Server) URL() string       { return "http://" + s.plain.Addr().String() }
func (s *Server) SecureURL() string { return "https://" + s.safe.Addr().String() }

// Identity returns what the server stands for, its defaults filled in and without the secret.
func (s *Server) Identity() Options {
	o := s.opts
	o.Secret = ""
	return o
}

// NextPort is the address with the port after the one given, or a free port where that is free too.
func NextPort(addr string) string {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return addr
	}
	if n, err := strconv.Atoi(port); err == nil && n > 0 && n < 65535 {
		return net.JoinHostPort(host, strconv.Itoa(n+1))
	}
	return net.JoinHostPort(host, "0")
}

// CA is the PEM text of the certificate that clients must trust.
func (s *Server) CA() []byte { return s.ca.pem }

// WorkspaceResource is the ARM id of the workspace.
func (s *Server) WorkspaceResource() string {
	return fmt.Sprintf("/subscriptions/%s/resourceGroups/%s/providers/Microsoft.OperationalInsights/workspaces/%s", s.opts.Subscription, s.opts.ResourceGroup, s.opts.Workspace)
}

// loopback refuses addresses that other machines could reach.
func loopback(addr string) error {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf("address %q: want host:port, for instance 127.0.0.1:8080", addr)
	}
	if host == "localhost" {
		return nil
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return fmt.Errorf("address %q is not a loopback address; the stand-in listens on 127.0.0.1, ::1 or localhost only", addr)
	}
	return nil
}

// Handler is the whole of the APIs.
func (s *Server) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begin := s.opts.Now()
		rec := &recorder{ResponseWriter: w, status: http.StatusOK}
		defer func() {
			if s.opts.Log != nil {
				s.opts.Log(fmt.Sprintf("%s %s %d %s", r.Method, r.URL.Path, rec.status, s.opts.Now().Sub(begin).Round(time.Millisecond)))
			}
		}()
		h := rec.Header()
		h.Set("x-ms-request-id", uuid.NewString())
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "no-store")
		if !localHost(r.Host) || !localOrigin(r.Header.Get("Origin")) {
			writeError(rec, http.StatusForbidden, "HostNotAllowed", "The stand-in answers on loopback names only.")
			return
		}
		if r.ContentLength > maxBody { // said before it is sent
			h.Set("Connection", "close")
			writeArm(rec, unreadable(&http.MaxBytesError{Limit: maxBody}))
			return
		}
		r.Body = &unhurried{ReadCloser: http.MaxBytesReader(rec, r.Body, maxBody), control: http.NewResponseController(rec), time: s.bodyTime}
		if s.faults.strike(rec, r) {
			return
		}
		s.route(rec, r)
		if rec.after != nil {
			rec.after()
		}
	})
}

// localHost guards against pages elsewhere that name this server by their own host name.
func localHost(host string) bool {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	host = strings.Trim(host, "[]")
	if host == "localhost" || host == "example.com" { // example.com is what httptest requests carry
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// localOrigin lets programs, which send no origin, and pages of this machine in.
func localOrigin(origin string) bool {
	if origin == "" {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && u.Host != "" && localHost(u.Host)
}

type recorder struct {
	http.ResponseWriter
	status int
	after  func() // what a fault does once the request has been carried out
}

func (r *recorder) WriteHeader(code int) {
	r.status = code
	r.ResponseWriter.WriteHeader(code)
}

// Unwrap lets http.ResponseController reach the connection.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
