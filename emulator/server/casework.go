package server

import (
	"net/http"
	"strings"
)

// What people write down about incidents: comments, tasks, bookmarks and what they relate to.

// Limits of an incident.
//
// Source: Sentinel documentation, "Service limits for Microsoft Sentinel: Incident limits".
const (
	maxComments     = 100
	maxCommentRunes = 30_000
	maxTasks        = 40
)

// person is who the service says has done something; the stand-in knows one.
func (s *Server) person() map[string]any {
	return map[string]any{"objectId": "00000000-0000-4000-8000-0000000000c1", "email": nil, "name": "Stand-in", "userPrincipalName": nil}
}

// signed notes when a resource was made and changed, and by whom.
func (c *checking) signed(created, modified, maker, changer string) {
	c.r.Properties = clone(c.r.Properties)
	now := stamp(c.server.opts.Now())
	c.r.Properties[created], c.r.Properties[modified] = now, now
	for _, p := range []string{maker, changer} {
		if p != "" {
			c.r.Properties[p] = c.server.person()
		}
	}
	if c.old == nil {
		return
	}
	for _, p := range []string{created, maker} {
		if v, ok := c.old.Properties[p]; ok && p != "" {
			c.r.Properties[p] = v
		}
	}
}

// siblings counts the resources of the same kind beside a new one.
func (c *checking) siblings() (n int) {
	prefix := strings.ToLower(c.r.ID[:strings.LastIndexByte(c.r.ID, '/')+1])
	for id := range c.s.items {
		if strings.HasPrefix(id, prefix) && id != strings.ToLower(c.r.ID) {
			n++
		}
	}
	return n
}

func checkComment(c *checking) *armError {
	if e := missing(c.r, "message"); e != nil {
		return e
	}
	if n := len([]rune(c.r.text("message"))); n > maxCommentRunes {
		return bad("Invalid data model. [message: The field message must be a string with a maximum length of %d.]", maxCommentRunes)
	}
	if c.old == nil && c.siblings() >= maxComments {
		return bad("An incident may have %d comments.", maxComments)
	}
	c.signed("createdTimeUtc", "lastModifiedTimeUtc", "author", "")
	return nil
}

func checkTask(c *checking) *armError {
	if e := missing(c.r, "title", "status"); e != nil {
		return e
	}
	if !oneOf(c.r.text("status"), "New", "Completed") {
		return bad("Invalid data model. [status: Invalid value '%v'.]", c.r.Properties["status"])
	}
	if c.old == nil && c.siblings() >= maxTasks {
		return bad("An incident may have %d tasks.", maxTasks)
	}
	c.signed("createdTimeUtc", "lastModifiedTimeUtc", "createdBy", "lastModifiedBy")
	return nil
}

func checkBookmark(c *checking) *armError {
	if e := missing(c.r, "displayName", "query"); e != nil {
		return e
	}
	c.signed("created", "updated", "createdBy", "updatedBy")
	c.r.setDefault("labels", []any{})
	return nil
}

// checkRelation ties an incident or a bookmark to another resource, which must be there if it is of this workspace.
func checkRelation(c *checking) *armError {
	if e := missing(c.r, "relatedResourceId"); e != nil {
		return e
	}
	id := c.r.text("relatedResourceId")
	p, ok := c.server.parse(pathOf(id))
	if !ok || p.name == "" || p.action != "" {
		return bad("Invalid data model. [relatedResourceId: '%s' is no id of a resource.]", shorten(id))
	}
	kind := any(nil)
	to := c.s.items[strings.ToLower(p.id())]
	if to == nil {
		return &armError{404, "NotFound", "The related resource '" + id + "' was not found."}
	}
	if to.Kind != "" {
		kind = to.Kind
	}
	c.r.Properties = map[string]any{"relatedResourceId": id, "relatedResourceName": p.name, "relatedResourceType": p.t.name, "relatedResourceKind": kind}
	return nil
}

// related are the resources of a type that an incident is tied to.
func (s *Server) related(incident, typeName string) (out []*resource) {
	for _, r := range s.store.list(incident + "/relations") {
		if to := s.store.get(r.text("relatedResourceId")); to != nil && strings.EqualFold(to.Type, typeName) {
			out = append(out, to)
		}
	}
	return out
}

// showIncident counts what lies below.
func showIncident(s *Server, r *resource, out map[string]any, _ string) {
	p := out["properties"].(map[string]any)
	a, _ := p["additionalData"].(map[string]any)
	a = clone(a)
	a["commentsCount"] = len(s.store.list(r.ID + "/comments"))
	a["bookmarksCount"] = len(s.related(r.ID, "Microsoft.SecurityInsights/bookmarks"))
	p["additionalData"] = a
}

func checkSigned(check func(*checking) *armError) func(*checking) *armError {
	return func(c *checking) *armError {
		if e := check(c); e != nil {
			return e
		}
		c.signed("createdTimeUtc", "lastModifiedTimeUtc", "createdBy", "lastModifiedBy")
		return nil
	}
}

// incidentParts answers what an incident is made of. Rules are not run here, so there are no alerts and no entities.
func (s *Server) incidentParts(w http.ResponseWriter, p place, version string) {
	if s.store.get(p.id()) == nil {
		writeArm(w, notFound(p))
		return
	}
	out := map[string]any{"value": []any{}}
	switch p.action {
	case "entities":
		out = map[string]any{"entities": []any{}, "metaData": []any{}}
	case "bookmarks":
		value := []any{}
		for _, r := range s.related(p.id(), "Microsoft.SecurityInsights/bookmarks") {
			value = append(value, s.render(s.types()[strings.ToLower(r.Type)], r, version))
		}
		out["value"] = value
	}
	writeJSON(w, http.StatusOK, out)
}
