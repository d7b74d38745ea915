package server

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/result"
)

// The endpoints of Azure Data Explorer over the same tables. Clients on loopback need no token.
//
// Source: Azure Data Explorer documentation, "Query V2 HTTP response" and "Query/management HTTP request", with the order
// of keys and the line breaks that azkustodata 1.2.3 insists on.

// kustoRequest is a query or a command.
type kustoRequest struct {
	Database   string `json:"db"`
	Text       string `json:"csl"`
	Properties *struct {
		Options    map[string]any `json:"Options"`
		Parameters map[string]any `json:"Parameters"`
	} `json:"properties"`
}

// option reads a request option, "" when it is not there. JavaScript clients send the properties as text.
func (k *kustoRequest) option(name string) string {
	if k.Properties == nil {
		return ""
	}
	if v, ok := k.Properties.Options[name]; ok {
		return fmt.Sprint(v)
	}
	return ""
}

func (s *Server) kustoMetadata(w http.ResponseWriter, r *http.Request) {
	login := s.authority(r) + "/" + adfs
	writeJSON(w, http.StatusOK, map[string]any{"AzureAD": map[string]any{
		"LoginEndpoint": login, "LoginMfaRequired": false, "KustoClientAppId": "00000000-0000-4000-8000-0000000000c2", "KustoClientRedirectUri": "https://microsoft/kustoclient",
		"KustoServiceResourceId": "https://kusto.kusto.windows.net", "FirstPartyAuthorityUrl": login + "/" + s.opts.Tenant}})
}

// kusto answers v1 and v2 queries and commands. version is "v1" or "v2", verb "query" or "mgmt".
func (s *Server) kusto(w http.ResponseWriter, r *http.Request, version, verb string) {
	if r.Header.Get("Authorization") != "" || s.opts.Secret != "" {
		if !s.authorized(w, r) {
			return
		}
	}
	w.Header().Set("x-ms-activity-id", uuid.NewString())
	fail := func(status int, code, kind, message string) {
		writeKustoError(w, status, code, kind, message)
	}
	var in kustoRequest
	switch r.Method {
	case http.MethodPost:
		if e := bodyLoose(r, &in); e != nil {
			fail(e.status, "General_BadRequest", "Kusto.Common.Svc.Exceptions.BadRequestException", e.message)
			return
		}
	case http.MethodGet:
		in.Database, in.Text = r.URL.Query().Get("db"), r.URL.Query().Get("csl")
	default:
		fail(http.StatusMethodNotAllowed, "General_BadRequest", "Kusto.Common.Svc.Exceptions.BadRequestException", r.Method+" is not allowed here.")
		return
	}
	if version != "v1" && (version != "v2" || verb == "mgmt") {
		fail(http.StatusNotFound, "General_NotFound", "Kusto.Common.Svc.Exceptions.NotFoundException", "There is no endpoint "+version+"/rest/"+verb+".")
		return
	}
	text := strings.TrimSpace(in.Text)
	if strings.HasPrefix(text, ".") {
		t, err := s.command(text)
		if err != nil {
			fail(http.StatusBadRequest, "BadRequest_CommandNotSupported", "Kusto.Data.Exceptions.KustoBadRequestException", err.Error())
			return
		}
		if version == "v2" {
			writeBytes(w, r, http.StatusOK, kustoV2(&Answer{Result: &result.Result{Tables: []*result.Table{t}}}, in.option("results_v2_fragment_primary_tables") == "true", s.opts.Now()))
			return
		}
		writeBytes(w, r, http.StatusOK, kustoV1([]*result.Table{t}))
		return
	}
	if text == "" {
		fail(http.StatusBadRequest, "General_BadRequest", "Kusto.Data.Exceptions.SyntaxException", "The query is empty.")
		return
	}
	if in.Properties != nil && len(in.Properties.Parameters) > 0 {
		fail(http.StatusBadRequest, "General_BadRequest", "Kusto.Data.Exceptions.KustoBadRequestException", "Query parameters are not supported by the stand-in.")
		return
	}
	if s.opts.Engine == nil {
		fail(http.StatusServiceUnavailable, "General_ServiceUnavailable", "Kusto.Common.Svc.Exceptions.ServiceUnavailableException", "This stand-in was started without an engine.")
		return
	}
	if !s.enter(w, r) {
		return
	}
	defer s.leave()
	ctx, cancel := context.WithTimeout(r.Context(), serverTimeout(in.option("servertimeout")))
	defer cancel()
	s.summarize()
	a, err := s.opts.Engine.Query(ctx, text, Run{Now: s.opts.Now().UTC(), Library: s.library(), Rows: mostRows})
	if err != nil {
		if r.Context().Err() != nil {
			panic(http.ErrAbortHandler)
		}
		s.kustoFailure(w, err)
		return
	}
	if version == "v1" {
		writeBytes(w, r, http.StatusOK, kustoV1(a.Tables))
		return
	}
	writeBytes(w, r, http.StatusOK, kustoV2(a, in.option("results_v2_fragment_primary_tables") == "true", s.opts.Now()))
}

// bodyLoose reads a body whose properties may be a text that holds JSON, as some clients send them.
func bodyLoose(r *http.Request, into *kustoRequest) *armError {
	var raw struct {
		Database   string          `json:"db"`
		Text       string          `json:"csl"`
		Properties json.RawMessage `json:"properties"`
	}
	if e := body(r, &raw); e != nil {
		return e
	}
	into.Database, into.Text = raw.Database, raw.Text
	if len(raw.Properties) == 0 {
		return nil
	}
	p := []byte(raw.Properties)
	var text string
	if json.Unmarshal(p, &text) == nil {
		if text == "" {
			return nil
		}
		p = []byte(text)
	}
	if err := json.Unmarshal(p, &into.Properties); err != nil {
		return bad("The properties are no JSON object: %v", err)
	}
	return nil
}

// serverTimeout reads hh:mm:ss; at most an hour, four minutes when there is none.
func serverTimeout(text string) time.Duration {
	if ticks, ok := value.ParseTimespan(text); ok && ticks > 0 {
		return min(time.Duration(min(ticks, 36_000_000_000))*100, time.Hour)
	}
	return 4 * time.Minute
}

func (s *Server) kustoFailure(w http.ResponseWriter, err error) {
	f := failureOf(err)
	e := &f.body
	for e.Inner != nil {
		e = e.Inner
	}
	kind, code := "Kusto.Data.Exceptions.KustoServiceException", "General_InternalServerError"
	switch {
	case f.status == http.StatusGatewayTimeout:
		kind, code = "Kusto.Data.Exceptions.KustoServiceTimeoutException", "General_RequestTimeout"
	case f.body.Inner != nil && f.body.Inner.Code == "SyntaxError":
		kind, code = "Kusto.Data.Exceptions.SyntaxException", "General_BadRequest"
	case f.body.Inner != nil && f.body.Inner.Code == "SemanticError":
		kind, code = "Kusto.Data.Exceptions.SemanticException", "General_BadRequest"
	case f.status == http.StatusBadRequest:
		kind, code = "Kusto.Data.Exceptions.KustoBadRequestException", "General_BadRequest"
	}
	text := e.Message
	if e != &f.body {
		text = e.Code + ": " + e.Message
	}
	writeKustoError(w, f.status, code, kind, text)
}

func writeKustoError(w http.ResponseWriter, status int, code, kind, message string) {
	writeJSON(w, status, map[string]any{"error": map[string]any{"code": code, "message": "Request is invalid and cannot be executed.", "@type": kind, "@message": message,
		"@context":   map[string]any{"serviceAlias": "BLINDSPOT", "clientRequestId": w.Header().Get("x-ms-client-request-id"), "activityId": w.Header().Get("x-ms-activity-id")},
		"@permanent": status < 500}})
}

// Frames of a v2 answer. The order of fields is part of the protocol.
type (
	frameHeader struct {
		FrameType               string
		IsProgressive           bool
		Version                 string
		IsFragmented            bool
		ErrorReportingPlacement string
	}
	frameTable struct {
		FrameType string
		TableID   int `json:"TableId"`
		TableKind string
		TableName string
		Columns   []kustoColumn
		Rows      json.RawMessage `json:",omitempty"`
	}
	frameFragment struct {
		FrameType         string
		TableFragmentType string
		TableID           int `json:"TableId"`
		Rows              json.RawMessage
	}
	frameTableEnd struct {
		FrameType    string
		TableID      int `json:"TableId"`
		RowCount     int
		OneApiErrors []any `json:",omitempty"`
	}
	frameEnd struct {
		FrameType    string
		HasErrors    bool
		Cancelled    bool
		OneApiErrors []any `json:",omitempty"`
	}
)

// kustoV2 writes an answer as v2 frames, fragmented with a frame a line, or whole tables in one array.
func kustoV2(a *Answer, fragmented bool, now time.Time) []byte {
	out := []byte{'['}
	first := true
	frame := func(f any) {
		if !first {
			out = append(out, ',')
		}
		first = false
		out = appendJSON(out, f)
		if fragmented {
			out = append(out, '\n')
		}
	}
	placement := "InData"
	if fragmented {
		placement = "EndOfTable"
	}
	frame(frameHeader{"DataSetHeader", false, "v2.0", fragmented, placement})
	visualization := map[string]any{"Visualization": nil, "Title": nil}
	if a.Render != nil {
		visualization["Visualization"] = a.Render.Visualization
		for _, p := range a.Render.Properties {
			if p[0] != "" {
				visualization[strings.ToUpper(p[0][:1])+p[0][1:]] = p[1]
			}
		}
	}
	properties := appendJSON(nil, [][]any{{1, "Visualization", string(appendJSON(nil, visualization))}})
	frame(frameTable{"DataTable", 0, "QueryProperties", "@ExtendedProperties", []kustoColumn{{"TableId", "int"}, {"Key", "string"}, {"Value", "dynamic"}}, properties})
	var errors []any
	if a.Partial != nil {
		errors = []any{map[string]any{"error": map[string]any{"code": "LimitsExceeded", "message": "Request is invalid and cannot be processed.",
			"@type": "Kusto.Data.Exceptions.KustoServicePartialQueryFailureLimitsExceededException", "@message": a.Partial.Message, "@permanent": false}}}
	}
	id := 1
	for _, t := range a.Tables {
		rows := cells{}.rows(nil, t.Vectors, t.Rows)
		if !fragmented {
			frame(frameTable{"DataTable", id, "PrimaryResult", t.Name, kustoColumns(t.Columns), rows})
			id++
			continue
		}
		frame(frameTable{"TableHeader", id, "PrimaryResult", t.Name, kustoColumns(t.Columns), nil})
		if t.Rows > 0 {
			frame(frameFragment{"TableFragment", "DataAppend", id, rows})
		}
		frame(frameTableEnd{"TableCompletion", id, t.Rows, errors})
		id++
	}
	level, levelName, status := 4, "Info", `{"Count":1,"Text":"Query completed successfully"}`
	if a.Partial != nil {
		level, levelName, status = 2, "Error", a.Partial.Message
	}
	zero := "00000000-0000-0000-0000-000000000000"
	completion := appendJSON(nil, [][]any{{stamp(now), "", zero, zero, zero, level, levelName, 0, "S_OK (0)", 4, "QueryInfo", status}})
	frame(frameTable{"DataTable", id, "QueryCompletionInformation", "QueryCompletionInformation", []kustoColumn{{"Timestamp", "datetime"}, {"ClientRequestId", "string"}, {"ActivityId", "guid"},
		{"SubActivityId", "guid"}, {"ParentActivityId", "guid"}, {"Level", "int"}, {"LevelName", "string"}, {"StatusCode", "int"}, {"StatusCodeName", "string"}, {"EventType", "int"},
		{"EventTypeName", "string"}, {"Payload", "string"}}, completion})
	frame(frameEnd{"DataSetCompletion", a.Partial != nil, false, errors})
	return append(out, ']', '\n')
}

type kustoV1Column struct {
	ColumnName string
	DataType   string
	ColumnType string
}

type kustoV1Table struct {
	TableName string
	Columns   []kustoV1Column
	Rows      json.RawMessage
}

// kustoV1 writes tables as v1 does: one table alone, more with a table of contents behind them.
func kustoV1(tables []*result.Table) []byte {
	var all []kustoV1Table
	for i, t := range tables {
		x := kustoV1Table{TableName: "Table_" + strconv.Itoa(i), Columns: []kustoV1Column{}, Rows: cells{}.rows(nil, t.Vectors, t.Rows)}
		for _, c := range t.Columns {
			x.Columns = append(x.Columns, kustoV1Column{c.Name, dotNetType(c.Type), c.Type.String()})
		}
		all = append(all, x)
	}
	if len(tables) > 1 {
		var toc [][]any
		for i, t := range tables {
			toc = append(toc, []any{i, "QueryResult", t.Name, stableID("toc", strconv.Itoa(i)), ""})
		}
		all = append(all, kustoV1Table{TableName: "Table_" + strconv.Itoa(len(tables)), Rows: appendJSON(nil, toc), Columns: []kustoV1Column{
			{"Ordinal", "Int64", "long"}, {"Kind", "String", "string"}, {"Name", "String", "string"}, {"Id", "String", "string"}, {"PrettyName", "String", "string"}}})
	}
	return append(appendJSON(nil, struct{ Tables []kustoV1Table }{all}), '\n')
}

func dotNetType(t value.Type) string {
	switch t {
	case value.Bool:
		return "SByte"
	case value.Int:
		return "Int32"
	case value.Long:
		return "Int64"
	case value.Real:
		return "Double"
	case value.Decimal:
		return "SqlDecimal"
	case value.DateTime:
		return "DateTime"
	case value.Timespan:
		return "TimeSpan"
	case value.GUID:
		return "Guid"
	case value.Dynamic:
		return "Object"
	}
	return "String"
}

// kustoIngest is streaming ingestion of JSON lines.
func (s *Server) kustoIngest(w http.ResponseWriter, r *http.Request, table string) {
	if s.opts.Secret != "" && !s.authorized(w, r) {
		return
	}
	format := strings.ToLower(queryValue(r.URL.Query(), "streamFormat"))
	if !slices.Contains([]string{"json", "multijson", ""}, format) || !identifier(table) || s.opts.Engine == nil {
		writeKustoError(w, http.StatusBadRequest, "BadRequest", "Kusto.Data.Exceptions.KustoBadRequestException", "The stand-in takes POST of JSON lines into a table (streamFormat json or multijson).")
		return
	}
	in, e := unpacked(r)
	if e != nil {
		writeKustoError(w, e.status, "BadRequest", "Kusto.Data.Exceptions.KustoBadRequestException", e.message)
		return
	}
	b, err := io.ReadAll(in)
	if err != nil {
		e := unreadable(err)
		writeKustoError(w, e.status, "BadRequest", "Kusto.Data.Exceptions.KustoBadRequestException", e.message)
		return
	}
	if err := s.rows.keep(s.opts.Engine, table, b, s.opts.Now().UTC()); err != nil {
		writeKustoError(w, http.StatusBadRequest, "BadRequest", "Kusto.Data.Exceptions.KustoBadRequestException", err.Error())
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{})
}
