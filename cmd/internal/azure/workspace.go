package azure

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/monitor/azquery"
)

// Options change how a workspace is reached.
type Options struct {
	// Transport carries requests; the SDK's own when nil.
	Transport policy.Transporter
	// Credential replaces the target's own way to sign in.
	Credential azcore.TokenCredential
	// Cloud replaces the target's cloud: addresses of Resource Manager and the query API.
	Cloud *cloud.Configuration
	// Retry is the SDK's retry policy: 5 retries from 800 ms on, and whatever Retry-After says, when zero.
	Retry policy.RetryOptions
	// Log receives a line for every attempt: method, path, api-version, status, time. Nothing else of a request or an
	// answer is ever logged.
	Log func(line string)
}

// Workspace is an open workspace. It is safe for use by several goroutines.
type Workspace struct {
	Target
	arm      *arm.Client
	logs     *azquery.LogsClient
	endpoint string // of Resource Manager, without a slash at the end
	host     string

	mu         sync.Mutex
	identified bool
	location   string
}

// The bounds of what is read.
const (
	maxAnswer = 256 << 20
	maxPages  = 10_000
)

// Open prepares the clients of a target. Only a URL is asked something: the names of what it stands for.
func Open(ctx context.Context, t *Target, o Options) (*Workspace, error) {
	w := &Workspace{Target: *t}
	for _, name := range environmentSecrets {
		KnowSecret(os.Getenv(name))
	}
	if o.Transport == nil {
		o.Transport = defaultTransport()
	}
	if o.Retry.MaxRetries == 0 {
		o.Retry.MaxRetries = 5
	}
	if o.Retry.TryTimeout == 0 {
		o.Retry.TryTimeout = 3 * time.Minute
	}
	if o.Retry.MaxRetryDelay == 0 {
		o.Retry.MaxRetryDelay = 5 * time.Minute
	}
	c := clouds(t.Cloud)
	if o.Cloud != nil {
		c = *o.Cloud
	}
	cred := o.Credential
	if t.URL != "" {
		base, err := local(t.URL)
		if err != nil {
			return nil, err
		}
		if err := w.ask(ctx, base, o.Transport); err != nil {
			return nil, err
		}
		if cred == nil {
			cred = &standInCredential{base: base, client: o.Transport}
		}
		if base.Scheme == "http" {
			o.Transport = plainly{o.Transport}
		}
		c = StandInCloud("https://" + base.Host)
	}
	co := policy.ClientOptions{Cloud: c, Transport: o.Transport, Retry: o.Retry, Telemetry: policy.TelemetryOptions{ApplicationID: "blindspot"}}
	if cred == nil {
		var err error
		if cred, err = credential(t, c, policy.ClientOptions{Transport: o.Transport, Retry: o.Retry, Telemetry: co.Telemetry}); err != nil {
			return nil, failure(err)
		}
	}
	cred = discreet{cred}
	co.PerRetryPolicies = []policy.Policy{watch{o.Log}, tee{}}
	var err error
	if w.arm, err = arm.NewClient("blindspot", "v1.0.0", cred, &arm.ClientOptions{ClientOptions: co, DisableRPRegistration: true}); err != nil {
		return nil, failure(err)
	}
	if w.logs, err = azquery.NewLogsClient(cred, &azquery.LogsClientOptions{ClientOptions: co}); err != nil {
		return nil, failure(err)
	}
	w.endpoint = strings.TrimSuffix(w.arm.Endpoint(), "/")
	if u, err := url.Parse(w.endpoint); err == nil {
		w.host = u.Host
	}
	return w, nil
}

// defaultTransport has time limits that the SDK's lacks for a peer that never answers.
func defaultTransport() *http.Client {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConnsPerHost = 16
	return &http.Client{Transport: t, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// clouds returns the addresses of a cloud.
func clouds(name string) cloud.Configuration {
	switch name {
	case "usgovernment":
		return cloud.AzureGovernment
	case "china":
		return cloud.AzureChina
	}
	return cloud.AzurePublic
}

// StandInCloud is the cloud whose every service is at one address, as of a `blindspot serve`.
func StandInCloud(base string) cloud.Configuration {
	return cloud.Configuration{ActiveDirectoryAuthorityHost: base + "/", Services: map[cloud.ServiceName]cloud.ServiceConfiguration{
		cloud.ResourceManager:   {Endpoint: base, Audience: "https://management.azure.com"},
		azquery.ServiceNameLogs: {Endpoint: base + "/v1", Audience: "https://api.loganalytics.io"},
	}}
}

// plainly sends what the SDK believes to be https over plain http. It is used for loopback addresses alone: azquery
// refuses plain http even on them.
type plainly struct{ next policy.Transporter }

func (p plainly) Do(r *http.Request) (*http.Response, error) {
	c := r.Clone(r.Context())
	c.URL.Scheme = "http"
	return p.next.Do(c)
}

// ask takes the names of what a `blindspot serve` stands for from its front page.
func (w *Workspace) ask(ctx context.Context, base *url.URL, client policy.Transporter) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, base.String()+"/", nil)
	if err != nil {
		return err
	}
	req.Header.Set("Accept", "application/json")
	resp, err := client.Do(req)
	if err != nil {
		return &Failure{Message: fmt.Sprintf("nothing answers at %s; start it with `blindspot serve`", base), Cause: err}
	}
	defer resp.Body.Close()
	var a struct {
		WorkspaceID   string `json:"workspaceId"`
		Subscription  string `json:"subscription"`
		ResourceGroup string `json:"resourceGroup"`
		Workspace     string `json:"workspace"`
		Tenant        string `json:"tenant"`
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, 1<<20)).Decode(&a); err != nil || a.WorkspaceID == "" {
		return &Failure{Message: fmt.Sprintf("what answers at %s is not a blindspot serve", base)}
	}
	set := func(dst *string, v, otherwise string) {
		if *dst == "" {
			*dst = v
		}
		if *dst == "" {
			*dst = otherwise
		}
	}
	set(&w.Subscription, a.Subscription, "00000000-0000-4000-8000-000000000001")
	set(&w.ResourceGroup, a.ResourceGroup, "soc")
	set(&w.Workspace, a.Workspace, "sentinel")
	set(&w.WorkspaceID, a.WorkspaceID, "")
	set(&w.Tenant, a.Tenant, "")
	set(&w.Name, w.Workspace, "")
	return nil
}

// watch logs attempts by an allow-list of what may be said.
type watch struct{ log func(string) }

func (p watch) Do(req *policy.Request) (*http.Response, error) {
	begin := time.Now()
	resp, err := req.Next()
	if err == nil && resp.Body != nil {
		resp.Body = bounded{io.LimitReader(resp.Body, maxAnswer), resp.Body}
	}
	if p.log == nil {
		return resp, err
	}
	status := "no answer"
	if err == nil {
		status = fmt.Sprint(resp.StatusCode)
	}
	version := ""
	if v := req.Raw().URL.Query().Get("api-version"); v != "" {
		version = " api-version=" + Redact(v)
	}
	p.log(fmt.Sprintf("%s %s%s %s %dms", req.Raw().Method, Redact(req.Raw().URL.Path), version, status, time.Since(begin).Milliseconds()))
	return resp, err
}

// bounded reads no more of a body than is ever wanted.
type bounded struct {
	io.Reader
	io.Closer
}

// answerKey finds the place for a raw body in a request's context.
type answerKey struct{}

// tee keeps the bytes of an answer: the SDK decodes numbers as float64, which loses longs beyond 2^53.
type tee struct{}

func (tee) Do(req *policy.Request) (*http.Response, error) {
	resp, err := req.Next()
	if err != nil {
		return resp, err
	}
	if dst, ok := req.Raw().Context().Value(answerKey{}).(*[]byte); ok {
		b, err := payload(resp)
		if err != nil {
			return resp, err
		}
		*dst = b
	}
	return resp, nil
}

// payload reads a body that can be read again.
func payload(resp *http.Response) ([]byte, error) {
	if resp.ContentLength > maxAnswer {
		return nil, fmt.Errorf("the answer has %d bytes; at most %d are read", resp.ContentLength, maxAnswer)
	}
	return runtime.Payload(resp)
}

// Answer is an answer of Resource Manager.
type Answer struct {
	Status int
	Etag   string // of the header, "" when there is none
	Body   []byte
}

// Request is one request to Resource Manager.
type Request struct {
	Method      string
	Path        string // from the root: /subscriptions/...
	Version     string
	Query       url.Values
	Body        any
	IfMatch     string
	IfNoneMatch string
}

// Do sends a request. Answers other than 2xx are Failures.
func (w *Workspace) Do(ctx context.Context, r Request) (*Answer, error) {
	q := url.Values{}
	for k, v := range r.Query {
		q[k] = v
	}
	q.Set("api-version", r.Version)
	u := &url.URL{Path: r.Path, RawQuery: q.Encode()}
	return w.send(ctx, r, w.endpoint+u.EscapedPath()+"?"+u.RawQuery)
}

func (w *Workspace) send(ctx context.Context, r Request, address string) (*Answer, error) {
	req, err := runtime.NewRequest(ctx, r.Method, address)
	if err != nil {
		return nil, failure(err)
	}
	req.Raw().Header.Set("Accept", "application/json")
	if r.IfMatch != "" {
		req.Raw().Header.Set("If-Match", r.IfMatch)
	}
	if r.IfNoneMatch != "" {
		req.Raw().Header.Set("If-None-Match", r.IfNoneMatch)
	}
	if r.Body != nil {
		var b bytes.Buffer
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		if err := e.Encode(r.Body); err != nil {
			return nil, err
		}
		if err := req.SetBody(nopCloser{bytes.NewReader(b.Bytes())}, "application/json"); err != nil {
			return nil, failure(err)
		}
	}
	resp, err := w.arm.Pipeline().Do(req)
	if err != nil {
		return nil, failure(err)
	}
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return nil, failure(runtime.NewResponseError(resp))
	}
	b, err := payload(resp)
	if err != nil {
		return nil, failure(err)
	}
	return &Answer{Status: resp.StatusCode, Etag: resp.Header.Get("ETag"), Body: b}, nil
}

type nopCloser struct{ *bytes.Reader }

func (nopCloser) Close() error { return nil }

// Get reads one resource; a missing one gives nil without an error.
func (w *Workspace) Get(ctx context.Context, path, version string) (map[string]any, string, error) {
	a, err := w.Do(ctx, Request{Method: http.MethodGet, Path: path, Version: version})
	if IsMissing(err) {
		return nil, "", nil
	}
	if err != nil {
		return nil, "", err
	}
	m, err := Decode(a.Body)
	if err != nil {
		return nil, "", err
	}
	return m, a.Etag, nil
}

// List reads all pages of a collection. The link to the next page must stay on the same host: tokens go nowhere else.
func (w *Workspace) List(ctx context.Context, path, version string, query url.Values) ([]map[string]any, error) {
	a, err := w.Do(ctx, Request{Method: http.MethodGet, Path: path, Version: version, Query: query})
	var out []map[string]any
	for page := 0; ; page++ {
		if err != nil {
			return nil, err
		}
		var list struct {
			Value []map[string]any `json:"value"`
			Next  string           `json:"nextLink"`
		}
		d := json.NewDecoder(bytes.NewReader(a.Body))
		d.UseNumber()
		if err := d.Decode(&list); err != nil {
			return nil, &Failure{Message: "the service's list cannot be read: " + Redact(err.Error())}
		}
		out = append(out, list.Value...)
		if list.Next == "" {
			return out, nil
		}
		u, perr := url.Parse(list.Next)
		if perr != nil || !strings.EqualFold(u.Host, w.host) || page >= maxPages {
			return nil, &Failure{Message: "the service's list goes on at a place that is not the service"}
		}
		u.Scheme = "https"
		a, err = w.send(ctx, Request{Method: http.MethodGet}, u.String())
	}
}

// Decode reads a JSON object with its numbers as written.
func Decode(b []byte) (map[string]any, error) {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var m map[string]any
	if err := d.Decode(&m); err != nil {
		return nil, &Failure{Message: "the service's answer cannot be read: " + Redact(err.Error())}
	}
	return m, nil
}

// Identify asks for what the target does not say: the workspace's GUID and its location. It also proves that the
// workspace is there.
func (w *Workspace) Identify(ctx context.Context) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.identified {
		return nil
	}
	m, _, err := w.Get(ctx, w.ResourceID(), "2022-10-01")
	switch {
	case err != nil:
		return err
	case m == nil:
		return &Failure{Status: http.StatusNotFound, Code: "ResourceNotFound", Message: fmt.Sprintf("there is no workspace %q in the resource group %q", w.Workspace, w.ResourceGroup)}
	}
	p, _ := m["properties"].(map[string]any)
	if id, _ := p["customerId"].(string); w.WorkspaceID == "" {
		w.WorkspaceID = id
	}
	w.location, _ = m["location"].(string)
	w.identified = true
	return nil
}

// Region is where new resources go: the target's location, else the workspace's own.
func (w *Workspace) Region() string {
	if w.Location != "" {
		return w.Location
	}
	return w.location
}
