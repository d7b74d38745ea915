package server

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/seed-caab1ad3/blindspot/emulator/catalog"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/summary"
)

// Summary rules sum up what came into tables, bin by bin, into a table of their own. Bins are run when something asks for
// rows after they were due, as if they had run then: rows that arrived later are not seen.
//
// Source: Azure/azure-rest-api-specs, operationalinsights stable/2025-07-01/SummaryLogs.json; Azure Monitor documentation,
// "Aggregate data in a Log Analytics workspace by using summary rules".

const (
	summaryLogs = "Microsoft.OperationalInsights/workspaces/summaryLogs"
	// maxSummaries is the number of active summary rules of a workspace.
	maxSummaries = 100
	// catchUp is the number of bins of a rule that are run at once after the stand-in did not run; older ones are skipped.
	catchUp = 1000

	// Properties that the stand-in keeps for itself.
	keptModified = "~modified"
	keptFirst    = "~first"
)

// SummaryRule is a summary rule as it runs.
type SummaryRule struct {
	Name, Query, Table string
	Modified           time.Time
	Schedule           summary.Schedule
	Columns            map[string]bool // of the destination table
}

func minutes(v any) (int, bool) {
	n, ok := v.(json.Number)
	i, err := integer(n)
	return int(i), ok && err == nil
}

func checkSummaryRule(c *checking) *armError {
	r := c.r
	r.Properties = clone(r.Properties)
	for _, p := range []string{"isActive", "statusCode", "provisioningState", keptModified, keptFirst} {
		delete(r.Properties, p)
	}
	if e := missing(r, "ruleDefinition"); e != nil {
		return e
	}
	r.setDefault("ruleType", "User")
	if !oneOf(r.text("ruleType"), "User") {
		return bad("Invalid data model. [ruleType: Invalid value '%v'.]", r.Properties["ruleType"])
	}
	d, ok := r.Properties["ruleDefinition"].(map[string]any)
	if !ok {
		return bad("Invalid data model. [ruleDefinition: The value must be an object.]")
	}
	text := func(name string) string { t, _ := d[name].(string); return t }
	for _, n := range []string{"query", "destinationTable"} {
		if text(n) == "" {
			return bad("Invalid data model. [ruleDefinition.%s: The %s field is required.]", n, n)
		}
	}
	size, ok := minutes(d["binSize"])
	if !ok || !slices.Contains(summary.Sizes[:], size) {
		return bad("Invalid data model. [ruleDefinition.binSize: The value '%v' is invalid. Allowed values: 20, 30, 60, 120, 180, 360, 720, 1440.]", d["binSize"])
	}
	if v := d["binDelay"]; v != nil {
		if n, ok := minutes(v); !ok || n < 0 || n > summary.MaxDelay {
			return bad("Invalid data model. [ruleDefinition.binDelay: The value '%v' is invalid. It must be between 0 and %d.]", v, summary.MaxDelay)
		}
	}
	if v := d["timeSelector"]; v != nil && v != "TimeGenerated" {
		return bad("Invalid data model. [ruleDefinition.timeSelector: The value '%v' is invalid. Allowed values: TimeGenerated.]", v)
	}
	table := text("destinationTable")
	if !strings.HasSuffix(table, "_CL") || !identifier(table) {
		return bad("Invalid data model. [ruleDefinition.destinationTable: The name '%s' is no name of a custom table; it must end with '_CL'.]", table)
	}
	if e := c.summaryTimes(d, size); e != nil {
		return e
	}
	active := c.old == nil || c.old.Properties["isActive"] == true
	r.Properties["isActive"] = active
	if !active {
		r.Properties["statusCode"] = c.old.Properties["statusCode"]
	} else if c.activeSummaries() >= maxSummaries {
		return bad("The limit of %d active summary rules has been reached.", maxSummaries)
	}
	r.Properties["provisioningState"] = "Succeeded"
	return c.summaryTable(text("query"), table)
}

// summaryTimes finds the start of the first bin: the rule's own, that of the rule before the change, or by the hour at which
// it is made.
func (c *checking) summaryTimes(d map[string]any, size int) *armError {
	now := c.server.opts.Now().UTC()
	bin := time.Duration(size) * time.Minute
	first := summary.FirstOf(now, bin)
	said, _ := d["binStartTime"].(string)
	before := ""
	if c.old != nil {
		if old, ok := c.old.Properties["ruleDefinition"].(map[string]any); ok {
			before, _ = old["binStartTime"].(string)
		}
		if t, err := time.Parse(time.RFC3339, c.old.text(keptFirst)); err == nil {
			first = t
		}
	}
	if d["binStartTime"] != nil && said != before {
		at, err := time.Parse(time.RFC3339, said)
		switch {
		case err != nil:
			return bad("Invalid data model. [ruleDefinition.binStartTime: The value '%v' is no time in ISO 8601.]", d["binStartTime"])
		case at.UTC().Truncate(time.Hour) != at.UTC():
			return bad("Invalid data model. [ruleDefinition.binStartTime: The value '%s' is not a whole hour.]", said)
		case at.Before(now.Add(-bin)):
			return bad("Invalid data model. [ruleDefinition.binStartTime: The value '%s' is earlier than now minus the bin size.]", said)
		}
		first = at.UTC()
	}
	c.r.Properties[keptFirst] = first.Format(time.RFC3339)
	c.r.Properties[keptModified] = now.Format(time.RFC3339Nano)
	return nil
}

func (c *checking) activeSummaries() (n int) {
	for _, x := range c.s.items {
		if x.Type == summaryLogs && !strings.EqualFold(x.ID, c.r.ID) && x.Properties["isActive"] == true {
			n++
		}
	}
	return n
}

// summaryTable compiles the query and makes the destination table, or gives it the columns that it lacks.
func (c *checking) summaryTable(query, table string) *armError {
	library := c.library()
	isFunction := func(name string) bool {
		return slices.ContainsFunc(library.Functions, func(f Function) bool { return f.Alias == name })
	}
	if refused := catalog.SummaryRefusals(query, isFunction); len(refused) > 0 {
		return bad("The query of a summary rule may not use %s.", refused[0].What)
	}
	columns := summary.Columns(nil)
	if c.server.opts.Engine != nil {
		ctx, cancel := context.WithTimeout(context.Background(), compileTime)
		defer cancel()
		found, err := c.server.opts.Engine.Check(ctx, query, library)
		if err != nil {
			return bad("The query of the summary rule is invalid. %s", err.Error())
		}
		columns = summary.Columns(found)
	}
	id := c.server.WorkspaceResource() + "/tables/" + table
	t := &resource{ID: id, Name: table, Type: "Microsoft.OperationalInsights/workspaces/tables", Properties: map[string]any{"plan": "Analytics", "provisioningState": "Succeeded"}}
	var list []any
	known := map[string]string{}
	old := c.s.items[strings.ToLower(id)]
	if old != nil {
		t.ID, t.Name, t.Sequence, t.Properties = old.ID, old.Name, old.Sequence, clone(old.Properties)
		schema, _ := old.Properties["schema"].(map[string]any)
		list, _ = schema["columns"].([]any)
		list = slices.Clone(list)
		for _, x := range list {
			m, _ := x.(map[string]any)
			name, _ := m["name"].(string)
			known[name], _ = m["type"].(string)
		}
	}
	grown := false
	for _, x := range columns {
		typ := x.Type.String()
		if have, ok := known[x.Name]; ok {
			if want, ok := value.ParseType(have); ok && want != x.Type {
				return bad("The column '%s' of the destination table '%s' is of the type '%s', and the query gives '%s'.", x.Name, table, have, typ)
			}
			continue
		}
		list, grown = append(list, map[string]any{"name": x.Name, "type": typ}), true
	}
	if !grown {
		return nil
	}
	t.Properties["schema"] = map[string]any{"name": table, "columns": list}
	t.Etag = c.server.etag(t, old)
	c.put(t)
	return nil
}

// showSummaryRule leaves out what the stand-in keeps for itself.
func showSummaryRule(_ *Server, _ *resource, out map[string]any, _ string) {
	p := out["properties"].(map[string]any)
	delete(p, keptModified)
	delete(p, keptFirst)
	delete(out, "etag")
}

// summaryRule reads a rule that is active; false for others.
func summaryRule(r *resource, tables []TableInfo) (SummaryRule, bool) {
	d, _ := r.Properties["ruleDefinition"].(map[string]any)
	size, _ := minutes(d["binSize"])
	delay := summary.DefaultDelay
	if n, ok := minutes(d["binDelay"]); ok {
		delay = time.Duration(n) * time.Minute
	}
	x := SummaryRule{Name: r.Name, Schedule: summary.Schedule{Size: time.Duration(size) * time.Minute, Delay: delay}, Columns: map[string]bool{}}
	x.Query, _ = d["query"].(string)
	x.Table, _ = d["destinationTable"].(string)
	var err1, err2 error
	x.Schedule.First, err1 = time.Parse(time.RFC3339, r.text(keptFirst))
	x.Modified, err2 = time.Parse(time.RFC3339Nano, r.text(keptModified))
	there := false
	for _, t := range tables {
		if t.Name == x.Table {
			there = true
			for _, c := range t.Columns {
				x.Columns[c.Name] = true
			}
		}
	}
	return x, there && err1 == nil && err2 == nil && size > 0 && r.Properties["isActive"] == true
}

// summarize runs the bins that are due and have not run.
func (s *Server) summarize() {
	if s.opts.Engine == nil {
		return
	}
	lib := s.library()
	if len(lib.Summaries) == 0 {
		return
	}
	s.binning.Lock()
	defer s.binning.Unlock()
	type due struct {
		rule *SummaryRule
		bin  summary.Bin
	}
	var all []due
	now := s.opts.Now().UTC()
	for i := range lib.Summaries {
		x := &lib.Summaries[i]
		for _, b := range x.Schedule.Between(s.rows.ended(x.Name), now, catchUp) {
			all = append(all, due{x, b})
		}
	}
	slices.SortStableFunc(all, func(a, b due) int { return a.bin.Due.Compare(b.bin.Due) })
	for _, d := range all {
		s.runBin(lib, d.rule, d.bin)
	}
}

// runBin sums one bin up and keeps its rows, as of the moment at which it was due.
func (s *Server) runBin(lib *Library, x *SummaryRule, b summary.Bin) {
	ctx, cancel := context.WithTimeout(context.Background(), summaryTime)
	defer cancel()
	begin := time.Now()
	a, err := s.opts.Engine.Query(ctx, x.Query, Run{Now: b.Due, From: b.Start, To: b.End, Library: lib, Rows: mostRows})
	if err == nil && a.Partial != nil {
		err = a.Partial
	}
	var lines []byte
	rows := 0
	if err == nil && len(a.Tables) > 0 {
		rows = a.Tables[0].Rows
		lines = summary.AppendRows(nil, a.Tables[0], summary.Of{Rule: x.Name, Modified: x.Modified, Size: x.Schedule.Size, Start: b.Start}, func(c string) bool { return x.Columns[c] })
	}
	kept := s.rows.keepBin(s.opts.Engine, x.Table, lines, b.Due, binOf{x.Name, b.Start, b.End, err == nil})
	if err == nil {
		err = kept
	}
	s.store.mu.RLock()
	logged := s.logged("SummaryLogs")
	s.store.mu.RUnlock()
	if !logged {
		return
	}
	row := func(status, message string, took time.Duration, n int) []byte {
		line, _ := json.Marshal(map[string]any{"TimeGenerated": stamp(b.Due), "RuleName": x.Name, "RuleLastModifiedTime": stamp(x.Modified), "BinStartTime": stamp(b.Start),
			"BinSize": int(x.Schedule.Size / time.Minute), "Status": status, "Message": message, "QueryDurationMs": took.Milliseconds(), "ResultsRecordCount": n})
		return append(line, '\n')
	}
	status, message := "Succeeded", ""
	if err != nil {
		status, message, rows = "Failed", err.Error(), 0
	}
	record := append(row("Started", "", 0, 0), row(status, message, time.Since(begin), rows)...)
	if err := s.rows.keep(s.opts.Engine, "LASummaryLogs", record, b.Due); err != nil && s.opts.Log != nil {
		s.opts.Log("LASummaryLogs: " + err.Error())
	}
}

// summaryTime bounds the query of one bin, as the query API does.
const summaryTime = 10 * time.Minute

// switchSummary starts or stops a rule.
func (s *Server) switchSummary(w http.ResponseWriter, r *http.Request, p place, on bool) {
	_, e := s.store.change(p.id(), func(t *txn, old *resource) (*resource, *armError) {
		if old == nil {
			return nil, notFound(p)
		}
		n := *old
		n.Properties = clone(old.Properties)
		was := n.Properties["isActive"] == true
		n.Properties["isActive"] = on
		delete(n.Properties, "statusCode")
		if !on {
			n.Properties["statusCode"] = "UserAction"
		} else if !was {
			c := &checking{txn: t, server: s, r: &n}
			if c.activeSummaries() >= maxSummaries {
				return nil, bad("The limit of %d active summary rules has been reached.", maxSummaries)
			}
			if next := summary.NextHour(s.opts.Now()); n.text(keptFirst) < next.Format(time.RFC3339) { // it goes on from the next whole hour
				n.Properties[keptFirst] = next.Format(time.RFC3339)
			}
		}
		n.Etag = s.etag(&n, old)
		return &n, nil
	})
	if e != nil {
		writeArm(w, e)
		return
	}
	if !on {
		w.WriteHeader(http.StatusOK)
		return
	}
	s.accepted(w, r)
}

// accepted answers what the service goes on doing: it is done already, and the address that says so is given.
func (s *Server) accepted(w http.ResponseWriter, r *http.Request) {
	at := fmt.Sprintf("%s/subscriptions/%s/providers/Microsoft.OperationalInsights/locations/%s/operationStatuses/%s?api-version=%s", baseOf(r), s.opts.Subscription, s.opts.Location,
		stableID("operation", r.URL.Path, stamp(s.opts.Now())), queryValue(r.URL.Query(), "api-version"))
	w.Header().Set("Azure-AsyncOperation", at)
	w.WriteHeader(http.StatusAccepted)
}

func (s *Server) insightsOperation(w http.ResponseWriter, r *http.Request, c call) {
	writeJSON(w, http.StatusOK, map[string]any{"id": r.URL.Path, "name": c.segments[len(c.segments)-1], "status": "Succeeded", "startTime": stamp(s.opts.Now()), "endTime": stamp(s.opts.Now())})
}

// retryBin runs one bin that failed, or one before the rule's first.
func (s *Server) retryBin(w http.ResponseWriter, r *http.Request, p place, _ string) {
	var in struct {
		Properties struct {
			RetryBinStartTime string `json:"retryBinStartTime"`
		} `json:"properties"`
	}
	if e := body(r, &in); e != nil {
		writeArm(w, e)
		return
	}
	rule := s.store.get(p.id())
	if rule == nil {
		writeArm(w, notFound(p))
		return
	}
	start, err := time.Parse(time.RFC3339, in.Properties.RetryBinStartTime)
	if err != nil {
		writeArm(w, bad("Invalid data model. [retryBinStartTime: The retryBinStartTime field is required, and must be a time in ISO 8601.]"))
		return
	}
	if s.opts.Engine == nil {
		writeError(w, http.StatusServiceUnavailable, "ServiceUnavailable", "This stand-in was started without an engine.")
		return
	}
	lib := s.library()
	x, ok := summaryRule(rule, lib.Tables)
	b, aligned := x.Schedule.Bin(start)
	s.summarize()
	s.binning.Lock()
	defer s.binning.Unlock()
	switch {
	case !ok:
		writeArm(w, bad("The summary rule '%s' is not active.", rule.Name))
		return
	case !aligned:
		writeArm(w, bad("No bin of the summary rule starts at '%s'.", in.Properties.RetryBinStartTime))
		return
	case b.Due.After(s.opts.Now()):
		writeArm(w, bad("The bin that starts at '%s' is not due yet.", in.Properties.RetryBinStartTime))
		return
	case s.rows.succeeded(x.Name, b.Start):
		writeArm(w, bad("The bin that starts at '%s' has not failed.", in.Properties.RetryBinStartTime))
		return
	}
	b.Due = s.opts.Now().UTC() // it sees what came in since
	s.runBin(lib, &x, b)
	s.accepted(w, r)
}

// binOf is a bin that was run.
type binOf struct {
	Rule       string
	Start, End time.Time
	OK         bool
}

// ended is the end of the last bin of a rule that was run.
func (j *rowJournal) ended(rule string) time.Time {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.bins[strings.ToLower(rule)].last
}

func (j *rowJournal) succeeded(rule string, start time.Time) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.bins[strings.ToLower(rule)].ok[start.Unix()]
}

// binsOf are the bins of a rule that were run: the end of the last, and which ones succeeded.
type binsOf struct {
	last time.Time
	ok   map[int64]bool
}

func (j *rowJournal) noteBin(b binOf) {
	key := strings.ToLower(b.Rule)
	of := j.bins[key]
	if of.ok == nil {
		of.ok = map[int64]bool{}
	}
	if b.End.After(of.last) {
		of.last = b.End
	}
	if b.OK {
		of.ok[b.Start.Unix()] = true
	}
	j.bins[key] = of
}
