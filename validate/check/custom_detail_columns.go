package check

import "github.com/seed-caab1ad3/blindspot/validate/report"

var customDetailColumns = Check{
	ID:      "custom-detail-columns",
	Summary: "Every column of a custom detail is in the query's result",
	Why:     "The service refuses a custom detail whose column the query does not give; letter case counts.",
	Level:   report.Error,
	Compile: true,
	Run: func(p *Pass) {
		for _, it := range p.items() {
			if len(it.details) == 0 {
				continue
			}
			res := it.compiled(p)
			for _, d := range it.details {
				p.column(it.doc, res, d.Column, "the custom detail "+d.Name, "customDetails", d.Name)
			}
		}
	},
}
