package server

import (
	"context"
	"net/http"
	"strings"
	"time"
)

const triggeredRuns = "Microsoft.SecurityInsights/triggeredAnalyticsRuleRuns"

// triggerRuleRun runs a scheduled rule once, as if it were due at the time given. The query runs over its period before that
// time, and the run says whether it could; alerts are written by no rule here.
//
// Source: Azure/azure-rest-api-specs, SecurityInsights preview/2025-07-01-preview/TriggeredAnalyticsRuleRuns.json.
func (s *Server) triggerRuleRun(w http.ResponseWriter, r *http.Request, p place, version string) {
	rule := s.store.get(p.id())
	if rule == nil {
		writeArm(w, notFound(p))
		return
	}
	if !strings.HasSuffix(version, "-preview") {
		writeArm(w, &armError{http.StatusNotFound, "InvalidResourceType", "There is no action 'triggerRuleRun' on " + p.t.name + " in api-version '" + version + "'; it needs a preview version."})
		return
	}
	var in struct {
		Properties struct {
			ExecutionTimeUTC string `json:"executionTimeUtc"`
		} `json:"properties"`
	}
	if e := body(r, &in); e != nil {
		writeArm(w, e)
		return
	}
	at, err := time.Parse(time.RFC3339, in.Properties.ExecutionTimeUTC)
	if err != nil {
		writeArm(w, bad("Invalid data model. [executionTimeUtc: The executionTimeUtc field is required, and must be a time in ISO 8601.]"))
		return
	}
	if rule.Kind != "Scheduled" {
		writeArm(w, bad("A rule of the kind '%s' cannot be run on demand; only scheduled rules can.", rule.Kind))
		return
	}
	state := "Succeeded"
	if s.opts.Engine != nil {
		period, _ := isoDuration(rule.text("queryPeriod"))
		ctx, cancel := context.WithTimeout(r.Context(), compileTime)
		defer cancel()
		s.summarize()
		if _, err := s.opts.Engine.Query(ctx, rule.text("query"), Run{Now: at.UTC(), From: at.UTC().Add(-period), To: at.UTC(), Library: s.library(), Rows: mostRows}); err != nil {
			state = "Failed"
		}
	}
	id := stableID(p.id(), in.Properties.ExecutionTimeUTC, stamp(s.opts.Now()))
	path := s.WorkspaceResource() + "/providers/" + triggeredRuns + "/" + id
	_, e := s.store.change(path, func(_ *txn, _ *resource) (*resource, *armError) {
		n := &resource{ID: path, Name: id, Type: triggeredRuns, Properties: map[string]any{"executionTimeUtc": stamp(at), "ruleId": rule.Name, "triggeredAnalyticsRuleRunId": id, "provisioningState": state}}
		n.Etag = s.etag(n, nil)
		return n, nil
	})
	if e != nil {
		writeArm(w, e)
		return
	}
	w.Header().Set("Location", baseOf(r)+path+"?api-version="+version)
	w.WriteHeader(http.StatusAccepted)
}
