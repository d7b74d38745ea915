package server

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/seed-caab1ad3/blindspot/emulator/result"
)

// Limits of the query API.
//
// Source: Azure Monitor documentation, "Service limits: Log queries".
const (
	mostRows       = 500_000
	mostBytes      = 104_857_600
	mostRunning    = 5
	mostConcurrent = mostRunning + 200 // these wait
	mostQueued     = 3 * time.Minute
	mostWorkspaces = 100
	mostBatch      = 100
	queryTextMost  = 1 << 20
)

// query is the body of a query request.
type query struct {
	Query      string   `json:"query"`
	Timespan   string   `json:"timespan"`
	Workspaces []string `json:"workspaces"`
	// MaxRows and Options of the portal's own client are read past.
	MaxRows json.Number `json:"maxRows"`
}

// queryWorkspace is a query of the workspace by its id or name.
func (s *Server) queryWorkspace(w http.ResponseWriter, r *http.Request, c call) {
	name := c.segments[len(c.segments)-2]
	if !s.ours(name) {
		writeError(w, http.StatusNotFound, "WorkspaceNotFoundError", "The requested workspace "+strconv.Quote(name)+" could not be found.")
		return
	}
	s.query(w, r)
}

// queryResource is a query of the workspace by its resource id, or of the resource group or subscription that it is in.
func (s *Server) queryResource(w http.ResponseWriter, r *http.Request, c call) {
	id := "/" + strings.TrimPrefix(strings.Join(c.lower, "/"), "v1/")
	for _, end := range []string{"/providers/microsoft.insights/logs", "/api/query", "/query"} {
		if rest, ok := strings.CutSuffix(id, end); ok {
			id = rest
			break
		}
	}
	if !s.covers(id) {
		writeError(w, http.StatusNotFound, "ResourceNotFoundError", "The requested resource "+id+" could not be found.")
		return
	}
	s.query(w, r)
}

// covers reports whether a lower-cased resource id is the workspace, or its resource group or subscription.
func (s *Server) covers(id string) bool {
	return strings.HasPrefix(strings.ToLower(s.WorkspaceResource())+"/", id+"/")
}

// ours reports whether a name, a GUID or a resource id is that of the workspace.
func (s *Server) ours(name string) bool {
	return strings.EqualFold(name, s.opts.WorkspaceID) || strings.EqualFold(name, s.opts.Workspace) || strings.EqualFold("/"+strings.Trim(name, "/"), s.WorkspaceResource())
}

// query answers one query, by GET or POST.
func (s *Server) query(w http.ResponseWriter, r *http.Request) {
	var q query
	url := r.URL.Query()
	switch r.Method {
	case http.MethodGet:
		q.Query = url.Get("query")
		if list := url.Get("workspaces"); list != "" {
			q.Workspaces = strings.Split(list, ",")
		}
	case http.MethodPost:
		if e := body(r, &q); e != nil {
			refuseBody(w, e)
			return
		}
	default:
		writeError(w, http.StatusMethodNotAllowed, "MethodNotAllowed", r.Method+" is not allowed here.")
		return
	}
	if !s.enter(w, r) {
		return
	}
	defer s.leave()
	p := parsePrefer(r.Header.Values("Prefer"))
	out, failure := s.run(r.Context(), q, []string{url.Get("timespan"), q.Timespan}, p)
	if r.Context().Err() != nil && failure != nil {
		panic(http.ErrAbortHandler) // nobody is there to read an answer
	}
	if failure != nil {
		writeQueryFailure(w, failure)
		return
	}
	writeBytes(w, r, http.StatusOK, out)
}

// enter counts a query in and waits until it may run; false means that it has been refused.
func (s *Server) enter(w http.ResponseWriter, r *http.Request) bool {
	refuse := func() bool {
		s.running.Add(-1)
		w.Header().Set("Retry-After", "5")
		writeError(w, http.StatusTooManyRequests, "TooManyRequests", "Too many queries run at once.")
		return false
	}
	if s.running.Add(1) > mostConcurrent {
		return refuse()
	}
	select {
	case s.slots <- struct{}{}:
		return true
	default:
	}
	late := time.NewTimer(mostQueued)
	defer late.Stop()
	select {
	case s.slots <- struct{}{}:
		return true
	case <-late.C:
		return refuse()
	case <-r.Context().Done():
		s.running.Add(-1)
		panic(http.ErrAbortHandler) // nobody is there to read an answer
	}
}

func (s *Server) leave() {
	<-s.slots
	s.running.Add(-1)
}

// queryFailure is an error of the query API.
type queryFailure struct {
	status int
	body   errorBody
}

type errorBody struct {
	Message       string     `json:"message"`
	Code          string     `json:"code"`
	CorrelationID string     `json:"correlationId,omitempty"`
	Inner         *errorBody `json:"innererror,omitempty"`
	Line          int        `json:"line,omitempty"`
	Pos           int        `json:"pos,omitempty"`
	Severity      int        `json:"severity,omitempty"`
	SeverityName  string     `json:"severityName,omitempty"`
	Details       []any      `json:"details,omitempty"`
}

func badArgument(message string) *queryFailure {
	return &queryFailure{http.StatusBadRequest, errorBody{Message: "The request had some invalid properties", Code: "BadArgumentError",
		Inner: &errorBody{Code: "QueryValidationError", Message: message}}}
}

// refuseBody tells of a body that cannot be read: as an argument that is wrong, or as too long or too slow.
func refuseBody(w http.ResponseWriter, e *armError) {
	if e.status == http.StatusBadRequest {
		writeQueryFailure(w, badArgument(e.message))
		return
	}
	writeArm(w, e)
}

func writeQueryFailure(w http.ResponseWriter, f *queryFailure) {
	if f.body.CorrelationID == "" {
		f.body.CorrelationID = uuid.NewString()
	}
	w.Header().Set("x-ms-error-code", f.body.Code)
	writeJSON(w, f.status, map[string]any{"error": f.body})
}

// failureOf is the service's body for what went wrong with a query.
func failureOf(err error) *queryFailure {
	var e *QueryError
	if !errors.As(err, &e) {
		if errors.Is(err, context.DeadlineExceeded) {
			return &queryFailure{http.StatusGatewayTimeout, errorBody{Code: "GatewayTimeout", Message: "Query timed out", Inner: &errorBody{Code: "QueryTimeout", Message: "The query ran longer than the client was ready to wait."}}}
		}
		return &queryFailure{http.StatusInternalServerError, errorBody{Code: "InternalServerError", Message: err.Error()}}
	}
	switch e.Kind {
	case SyntaxError:
		return &queryFailure{http.StatusBadRequest, errorBody{Message: "The request had some invalid properties", Code: "BadArgumentError",
			Inner: &errorBody{Code: "SyntaxError", Message: "A recognition error occurred in the query.", Inner: &errorBody{Code: orElse(e.Code, "SYN0002"), Message: e.Message, Line: e.Line, Pos: e.Column}}}}
	case SemanticError, UnknownTable:
		return &queryFailure{http.StatusBadRequest, errorBody{Message: "The request had some invalid properties", Code: "BadArgumentError",
			Inner: &errorBody{Code: "SemanticError", Message: "A semantic error occurred.", Inner: &errorBody{Code: orElse(e.Code, "SEM0100"), Message: e.Message, Line: e.Line, Pos: e.Column}}}}
	case Unsupported:
		return &queryFailure{http.StatusBadRequest, errorBody{Message: "The request had some invalid properties", Code: "BadArgumentError",
			Inner: &errorBody{Code: "NotSupportedByStandIn", Message: e.Message, Line: e.Line, Pos: e.Column}}}
	}
	return &queryFailure{http.StatusBadRequest, errorBody{Message: "The request could not be completed", Code: "BadArgumentError",
		Inner: &errorBody{Code: orElse(e.Code, "EngineError"), Message: e.Message}}}
}

func orElse(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// run runs a query and returns the body of its answer.
func (s *Server) run(ctx context.Context, q query, spans []string, p prefer) ([]byte, *queryFailure) {
	if strings.TrimSpace(q.Query) == "" {
		return nil, badArgument("The query is empty.")
	}
	if len(q.Query) > queryTextMost {
		return nil, badArgument(fmt.Sprintf("The query is over %d bytes.", queryTextMost))
	}
	if len(q.Workspaces) > mostWorkspaces {
		return nil, badArgument(fmt.Sprintf("A query may name %d workspaces.", mostWorkspaces))
	}
	for _, name := range q.Workspaces {
		if name = strings.TrimSpace(name); name != "" && !s.ours(name) {
			return nil, badArgument("The workspace " + strconv.Quote(name) + " could not be found.")
		}
	}
	if s.opts.Engine == nil {
		return nil, &queryFailure{http.StatusServiceUnavailable, errorBody{Code: "ServiceUnavailable", Message: "This stand-in was started without an engine."}}
	}
	s.summarize()
	now := s.opts.Now().UTC()
	var within span
	for _, text := range spans {
		part, err := parseTimespan(text, now)
		if err != nil {
			return nil, badArgument(err.Error())
		}
		within = within.intersect(part)
	}
	ctx, cancel := context.WithTimeout(ctx, p.wait)
	defer cancel()
	begin := time.Now()
	a, err := s.opts.Engine.Query(ctx, q.Query, Run{Now: now, From: within.from, To: within.to, Library: s.library(), Rows: mostRows})
	if err != nil {
		return nil, failureOf(err)
	}
	return encodeAnswer(a, p, time.Since(begin)), nil
}

// encodeAnswer writes the body of a good answer; rows beyond the service's size make it partial.
func encodeAnswer(a *Answer, p prefer, took time.Duration) []byte {
	partial := a.Partial
	out := []byte(`{"tables":[`)
	var counted []any
	for i, t := range a.Tables {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, `{"name":`...)
		out = appendJSON(out, t.Name)
		out = append(out, `,"columns":`...)
		out = appendJSON(out, logsColumns(t.Columns))
		out = append(out, `,"rows":`...)
		before := len(out)
		out = cells{dynamicAsText: true}.rows(out, t.Vectors, t.Rows)
		out = append(out, '}')
		counted = append(counted, map[string]any{"tableRowCount": t.Rows, "tableSize": len(out) - before})
	}
	out = append(out, ']')
	if len(out) > mostBytes && partial == nil {
		partial = &QueryError{Kind: LimitExceeded, Code: "-2133196797", Message: fmt.Sprintf("The results of this query exceed the set limit of %d bytes.", mostBytes)}
	}
	if p.statistics {
		out = append(out, `,"statistics":`...)
		out = appendJSON(out, map[string]any{"query": map[string]any{"executionTime": took.Seconds(), "resourceUsage": map[string]any{}, "datasetStatistics": counted}})
	}
	if p.render {
		out = append(out, `,"render":`...)
		out = appendJSON(out, renderOf(a.Render))
	}
	if partial != nil {
		out = append(out, `,"error":`...)
		out = appendJSON(out, errorBody{Code: "PartialError", Message: "There were some errors when processing your query.",
			Details: []any{errorBody{Code: "EngineError", Message: "Something went wrong processing your query on the server.",
				Inner: &errorBody{Code: orElse(partial.Code, "-2133196797"), Message: partial.Message, Severity: 2, SeverityName: "Error"}}}})
	}
	return append(out, '}', '\n')
}

// render is the render object in the order in which the service writes it.
type render struct {
	Visualization *string  `json:"visualization"`
	Title         *string  `json:"title"`
	Accumulate    bool     `json:"accumulate"`
	IsQuerySorted bool     `json:"isQuerySorted"`
	Kind          *string  `json:"kind"`
	Annotation    string   `json:"annotation"`
	By            []string `json:"by"`
	XColumn       *string  `json:"xColumn"`
	YColumns      []string `json:"yColumns"`
	XTitle        *string  `json:"xTitle"`
	YTitle        *string  `json:"yTitle"`
	Legend        *string  `json:"legend"`
	YSplit        *string  `json:"ySplit"`
}

func renderOf(r *result.Render) render {
	if r == nil {
		return render{}
	}
	property := func(name string) string {
		for _, p := range r.Properties {
			if strings.EqualFold(p[0], name) {
				return p[1]
			}
		}
		return ""
	}
	text := func(name string) *string {
		if v := property(name); v != "" {
			return &v
		}
		return nil
	}
	names := func(name string) []string {
		v := property(name)
		if v == "" {
			return nil
		}
		out := strings.Split(v, ",")
		for i := range out {
			out[i] = strings.TrimSpace(out[i])
		}
		return out
	}
	kind := text("kind")
	if kind == nil {
		d := "default"
		kind = &d
	}
	return render{Visualization: &r.Visualization, Title: text("title"), Accumulate: property("accumulate") == "true", Kind: kind, By: names("series"),
		XColumn: text("xcolumn"), YColumns: names("ycolumns"), XTitle: text("xtitle"), YTitle: text("ytitle"), Legend: text("legend"), YSplit: text("ysplit")}
}

func appendJSON(dst []byte, v any) []byte {
	b, err := json.Marshal(v)
	if err != nil { // only texts, numbers and our own structs come here
		return append(dst, "null"...)
	}
	return append(dst, b...)
}

// writeBytes answers JSON that is written already, packed where the client takes gzip.
func writeBytes(w http.ResponseWriter, r *http.Request, status int, b []byte) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Add("Vary", "Accept-Encoding")
	if len(b) < 1400 || !takesGzip(r) {
		w.Header().Set("Content-Length", strconv.Itoa(len(b)))
		w.WriteHeader(status)
		_, _ = w.Write(b)
		return
	}
	w.Header().Set("Content-Encoding", "gzip")
	w.WriteHeader(status)
	z, err := gzip.NewWriterLevel(w, gzip.BestSpeed)
	if err != nil {
		return
	}
	_, _ = z.Write(b)
	_ = z.Close()
}

func takesGzip(r *http.Request) bool {
	for _, h := range r.Header.Values("Accept-Encoding") {
		for _, part := range strings.Split(h, ",") {
			name, q, _ := strings.Cut(strings.TrimSpace(part), ";")
			if strings.EqualFold(strings.TrimSpace(name), "gzip") && strings.ReplaceAll(q, " ", "") != "q=0" {
				return true
			}
		}
	}
	return false
}

// batchRequest is one query of a batch.
type batchRequest struct {
	ID        string            `json:"id"`
	Headers   map[string]string `json:"headers"`
	Body      query             `json:"body"`
	Method    string            `json:"method"`
	Path      string            `json:"path"`
	Workspace string            `json:"workspace"`
}

type batchResponse struct {
	ID      string            `json:"id"`
	Status  int               `json:"status"`
	Headers map[string]string `json:"headers"`
	Body    json.RawMessage   `json:"body"`
}

// batch answers many queries in one request, each with a status of its own.
func (s *Server) batch(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Requests []batchRequest `json:"requests"`
	}
	if e := body(r, &in); e != nil {
		refuseBody(w, e)
		return
	}
	if len(in.Requests) == 0 || len(in.Requests) > mostBatch {
		writeQueryFailure(w, badArgument(fmt.Sprintf("A batch holds 1 to %d requests.", mostBatch)))
		return
	}
	seen := map[string]bool{}
	for _, q := range in.Requests {
		if q.ID == "" || seen[q.ID] {
			writeQueryFailure(w, badArgument("Each request of a batch needs an id of its own."))
			return
		}
		seen[q.ID] = true
	}
	if !s.enter(w, r) {
		return
	}
	defer s.leave()
	responses := make([]batchResponse, 0, len(in.Requests))
	for _, q := range in.Requests {
		if r.Context().Err() != nil {
			panic(http.ErrAbortHandler)
		}
		responses = append(responses, s.batched(r.Context(), q))
	}
	writeBytes(w, r, http.StatusOK, append(appendJSON(nil, map[string]any{"responses": responses}), '\n'))
}

func (s *Server) batched(ctx context.Context, q batchRequest) batchResponse {
	out := batchResponse{ID: q.ID, Status: http.StatusOK, Headers: map[string]string{}}
	var headers []string
	for k, v := range q.Headers {
		if strings.EqualFold(k, "prefer") {
			headers = append(headers, v)
		}
	}
	failure := (*queryFailure)(nil)
	var answer []byte
	if s.ours(q.Workspace) {
		answer, failure = s.run(ctx, q.Body, []string{q.Body.Timespan}, parsePrefer(headers))
	} else {
		failure = &queryFailure{http.StatusNotFound, errorBody{Code: "WorkspaceNotFoundError", Message: "The requested workspace " + strconv.Quote(q.Workspace) + " could not be found."}}
	}
	if failure != nil {
		failure.body.CorrelationID = uuid.NewString()
		out.Status, out.Body = failure.status, appendJSON(nil, map[string]any{"error": failure.body})
		return out
	}
	out.Body = answer
	return out
}

// metadata lists the tables and functions that queries can name.
func (s *Server) metadata(w http.ResponseWriter) {
	tables, functions := []any{}, []any{}
	if s.opts.Engine != nil {
		for _, t := range s.opts.Engine.Tables() {
			tables = append(tables, map[string]any{"id": "t/" + t.Name, "name": t.Name, "timespanColumn": "TimeGenerated", "columns": logsColumns(t.Columns)})
		}
	}
	for _, f := range s.library().Functions {
		functions = append(functions, map[string]any{"id": "f/" + f.Alias, "name": f.Alias, "parameters": f.Parameters, "body": f.Query})
	}
	writeJSON(w, http.StatusOK, map[string]any{"tables": tables, "functions": functions,
		"workspaces": []any{map[string]any{"id": s.opts.WorkspaceID, "resourceId": s.WorkspaceResource(), "name": s.opts.Workspace, "region": s.opts.Location}}})
}
