package check

import (
	"slices"
	"strings"

	"github.com/seed-caab1ad3/blindspot/content/attack"
	"github.com/seed-caab1ad3/blindspot/validate/report"
)

var techniques = Check{
	ID:      "techniques",
	Summary: "Every technique serves one of the tactics that the rule names",
	Why:     "The service refuses a technique without a matching tactic. Techniques that ATT&CK " + attack.Version + " does not have are shown nowhere in the coverage view.",
	Level:   report.Error,
	Run: func(p *Pass) {
		for _, it := range p.items() {
			for i, id := range it.techniques {
				at := it.doc.Where("relevantTechniques", i)
				t, ok := attack.Lookup(id)
				if !ok {
					if len(id) >= 5 && id[0] == 'T' {
						p.hint(at, "check the id; it may be retired, or of another matrix", "the technique %s is not in ATT&CK %s (enterprise)", id, attack.Version)
					}
					continue
				}
				if slices.ContainsFunc(t.Tactics, func(s string) bool { return slices.Contains(it.tactics, s) }) {
					continue
				}
				p.report(at, "add "+strings.Join(t.Tactics, " or ")+" to tactics, or delete the technique", "%s (%s) serves none of the rule's tactics", id, t.Name)
			}
		}
	},
}
