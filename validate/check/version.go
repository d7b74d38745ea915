package check

import (
	"strings"

	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/validate/report"
)

var version = Check{
	ID:      "version",
	Summary: "Versions are three numbers, a.b.c",
	Why:     "The service keeps the version as templateVersion and refuses other forms and more than 20 characters. By custom the first number rises when what is detected changes, the second for cosmetic changes.",
	Level:   report.Error,
	Run: func(p *Pass) {
		ask := func(doc *content.Document, v string) {
			if v == "" || threeNumbers(v) {
				return
			}
			p.report(doc.Where("version"), "write a.b.c, for instance 1.0.0", "the version is %q", clipped(v))
			fixed := v
			for strings.Count(fixed, ".") < 2 {
				fixed += ".0"
			}
			if threeNumbers(fixed) {
				p.fix(replace(doc, "write "+fixed, fixed, "version"))
			}
		}
		for _, r := range p.Bundle.Rules {
			ask(r.Doc, r.Version)
		}
		for _, h := range p.Bundle.Hunting {
			ask(h.Doc, h.Version)
		}
	},
}

func threeNumbers(v string) bool {
	parts := strings.Split(v, ".")
	if len(parts) != 3 || len(v) > 20 {
		return false
	}
	for _, part := range parts {
		if part == "" || strings.Trim(part, "0123456789") != "" {
			return false
		}
	}
	return true
}
