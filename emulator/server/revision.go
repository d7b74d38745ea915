package server

import (
	"strings"
)

const (
	workbookRevisions = "Microsoft.Insights/workbooks/revisions"
	// maxRevisions is how many states of a workbook the stand-in keeps, the newest ones.
	maxRevisions = 100
)

// keepRevision adds a workbook's new state to its revisions.
func (c *checking) keepRevision() {
	r := c.r
	name := r.text("revision")
	c.put(&resource{ID: r.ID + "/revisions/" + name, Name: name, Type: workbookRevisions, Kind: r.Kind, Location: r.Location, Tags: r.Tags, Identity: r.Identity, Properties: r.Properties,
		Etag: `"` + name + `"`})
	prefix := strings.ToLower(r.ID) + "/revisions/"
	var oldest *resource
	kept := 0
	for id, x := range c.s.items {
		if strings.HasPrefix(id, prefix) {
			kept++
			if oldest == nil || x.Sequence < oldest.Sequence {
				oldest = x
			}
		}
	}
	if kept >= maxRevisions {
		c.deletes = append(c.deletes, strings.ToLower(oldest.ID))
	}
}

// showRevision answers with the workbook's own id, name and type.
//
// Source: Azure/azure-rest-api-specs, applicationinsights stable/2023-06-01/examples/WorkbookRevisionGet.json.
func showRevision(s *Server, r *resource, out map[string]any, version string) {
	id := r.ID[:strings.LastIndex(strings.ToLower(r.ID), "/revisions/")]
	out["id"], out["name"], out["type"] = id, id[strings.LastIndexByte(id, '/')+1:], "Microsoft.Insights/workbooks"
	delete(out, "etag")
	showWorkbook(s, r, out, version)
}
