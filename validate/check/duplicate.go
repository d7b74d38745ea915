package check

import (
	"strings"

	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/validate/report"
)

var duplicate = Check{
	ID:      "duplicate",
	Summary: "Ids and names are unique",
	Why:     "The id is the rule's address in the workspace: of two rules with one id the second overwrites the first. The service also refuses two rules of one name.",
	Level:   report.Error,
	Run: func(p *Pass) {
		seen := map[string]content.Span{}
		once := func(doc *content.Document, kind, key, value string) {
			if value == "" {
				return
			}
			at := doc.Where(key)
			k := kind + "\x00" + key + "\x00" + strings.ToLower(value)
			if first, dup := seen[k]; dup {
				help := "give one of them another " + key
				if key == "id" {
					help = "give one of them a new id (a random GUID)"
				}
				p.report(at, help, "the %s of this %s, %q, is that of %s", key, kind, value, first)
				return
			}
			seen[k] = at
		}
		for _, r := range p.Bundle.Rules {
			once(r.Doc, "rule", "id", r.ID)
			once(r.Doc, "rule", "name", r.Name)
		}
		for _, h := range p.Bundle.Hunting {
			once(h.Doc, "hunting query", "id", h.ID)
			once(h.Doc, "hunting query", "name", h.Name)
		}
		for _, f := range p.Bundle.Functions {
			once(f.Doc, "function", "id", f.ID)
			key := "alias"
			for _, k := range []string{"functionAlias", "FunctionAlias", "FunctionName", "ParserName"} {
				if f.Doc.Has(k) {
					key = k
				}
			}
			once(f.Doc, "function", key, f.Alias)
		}
		for _, w := range p.Bundle.Watchlists {
			once(w.Doc, "watchlist", "alias", w.Alias)
		}
		// An id is the address among all content that is made from it, whatever its kind.
		byID := map[string]content.Span{}
		kinds := map[string]string{}
		cross := func(doc *content.Document, kind, id string) {
			k := strings.ToLower(id)
			if k == "" {
				return
			}
			if first, dup := byID[k]; dup && kinds[k] != kind {
				p.report(doc.Where("id"), "give one of them a new id (a random GUID)", "the id of this %s, %q, is that of the %s %s", kind, id, kinds[k], first)
				return
			}
			byID[k], kinds[k] = doc.Where("id"), kind
		}
		for _, r := range p.Bundle.Rules {
			cross(r.Doc, "rule", r.ID)
		}
		for _, h := range p.Bundle.Hunting {
			cross(h.Doc, "hunting query", h.ID)
		}
		for _, f := range p.Bundle.Functions {
			cross(f.Doc, "function", f.ID)
		}
	},
}
