package check

import (
	"strings"

	"github.com/seed-caab1ad3/blindspot/content/attack"
	"github.com/seed-caab1ad3/blindspot/content/nearest"
	"github.com/seed-caab1ad3/blindspot/validate/report"
)

var tactics = Check{
	ID:      "tactics",
	Summary: "Tactics are named as Sentinel names them",
	Why:     "The service refuses a tactic that it does not know; names have no blanks (CredentialAccess).",
	Level:   report.Error,
	Run: func(p *Pass) {
		known := attack.Tactics()
		for _, it := range p.items() {
			for i, t := range it.tactics {
				if attack.IsTactic(t) {
					continue
				}
				best := nearest.Of(strings.NewReplacer(" ", "", "-", "", "_", "").Replace(t), known)
				if best == "" {
					for _, k := range known {
						if strings.EqualFold(k, strings.NewReplacer(" ", "", "-", "", "_", "").Replace(t)) {
							best = k
						}
					}
				}
				at := it.doc.Where("tactics", i)
				if best == "" {
					p.report(at, "it is one of "+strings.Join(known, ", "), "the tactic %q is not known", t)
					continue
				}
				p.report(at, "write "+best, "the tactic %q is not known", t)
				p.fix(replace(it.doc, "write "+best, best, "tactics", i))
			}
		}
	},
}
