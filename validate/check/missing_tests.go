package check

import (
	"path"
	"strings"

	"github.com/seed-caab1ad3/blindspot/validate/report"
)

var missingTests = Check{
	ID:      "missing-tests",
	Summary: "A rule has a test with a case that fires and one that stays quiet",
	Why:     "A rule that was never seen firing may be unable to fire; one that was never seen quiet may drown the analyst.",
	Level:   report.Warning,
	Run: func(p *Pass) {
		for _, r := range p.Bundle.Rules {
			if r.Test == nil {
				file := path.Base(r.File())
				p.report(r.Doc.Where(), "write "+strings.TrimSuffix(file, path.Ext(file))+".test.yaml beside it", "the rule has no test")
				continue
			}
			fires, quiet := false, false
			for _, c := range r.Test.Tests {
				if c.Skip != "" {
					continue
				}
				fires = fires || len(c.Alerts) > 0 || len(c.Incidents) > 0
				quiet = quiet || c.Alerts != nil && len(c.Alerts) == 0
			}
			at := r.Test.Doc.WhereKey("tests")
			if !fires {
				p.report(at, "add a case with alerts", "no case of the test makes the rule fire")
			}
			if !quiet {
				p.report(at, "add a near miss with alerts: []", "no case of the test leaves the rule quiet")
			}
		}
	},
}
