package check

import (
	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/validate/report"
)

var guid = Check{
	ID:      "guid",
	Summary: "Ids are GUIDs",
	Why:     "Templates and most tools around Sentinel take the id of a rule for a GUID; another text works in the service, but not with them.",
	Level:   report.Error,
	Run: func(p *Pass) {
		ask := func(doc *content.Document, id string) {
			if id != "" && !isGUID(id) {
				p.report(doc.Where("id"), "write a random GUID, for instance 3f6d2f0a-7c1e-4b8e-9a54-1d2c3b4a5f60", "the id %q is not a GUID", clipped(id))
			}
		}
		for _, it := range p.items() {
			if it.rule != nil {
				ask(it.doc, it.rule.ID)
			}
		}
		for _, h := range p.Bundle.Hunting {
			ask(h.Doc, h.ID)
		}
	},
}

func isGUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		if i == 8 || i == 13 || i == 18 || i == 23 {
			if c != '-' {
				return false
			}
			continue
		}
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') && (c < 'A' || c > 'F') {
			return false
		}
	}
	return true
}
