package server

import (
	"encoding/json"
	"strings"
)

// checkWorkbook demands what the service does: a GUID as name, and the document as a string of JSON.
func checkWorkbook(c *checking) *armError {
	r := c.r
	if !isGUID(r.Name) {
		return bad("The workbook name '%s' is not a GUID.", r.Name)
	}
	if r.Location == "" {
		return &armError{400, "LocationRequired", "The location property is required for this definition."}
	}
	if e := missing(r, "displayName", "category", "serializedData"); e != nil {
		return e
	}
	if !json.Valid([]byte(r.text("serializedData"))) {
		return bad("The property 'serializedData' must be a string that holds JSON.")
	}
	r.Properties = clone(r.Properties)
	if r.Kind == "" {
		r.Kind = "shared"
	}
	r.setDefault("version", "Notebook/1.0")
	r.Properties["timeModified"] = stamp(c.server.opts.Now())
	r.Properties["userId"] = "00000000-0000-4000-8000-0000000000c1"
	before := ""
	if c.old != nil {
		before = c.old.text("revision")
	}
	r.Properties["revision"] = strings.ReplaceAll(stableID(r.ID, r.Properties["timeModified"].(string), before), "-", "")
	c.keepRevision()
	return nil
}

// showWorkbook answers as the service does. The etag is kept: the specification has it, though not every answer shows it.
func showWorkbook(_ *Server, r *resource, out map[string]any, _ string) {
	if r.Identity == nil {
		out["identity"] = nil
	}
}

func isGUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i, c := range s {
		switch i {
		case 8, 13, 18, 23:
			if c != '-' {
				return false
			}
		default:
			if !(c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F') {
				return false
			}
		}
	}
	return true
}
