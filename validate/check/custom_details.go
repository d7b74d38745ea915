package check

import "github.com/seed-caab1ad3/blindspot/validate/report"

const (
	maxDetails   = 20
	maxDetailKey = 20
)

// Source: Microsoft Learn "Surface custom event details in alerts"; the forms are those of the service's validation.
var customDetails = Check{
	ID:      "custom-details",
	Summary: "Custom details are at most 20, with short names and plain columns",
	Why:     "The service refuses more than 20 details, a name longer than 20 characters or one that is not a letter followed by letters, digits and _, and a value that is not a column's name.",
	Level:   report.Error,
	Run: func(p *Pass) {
		for _, it := range p.items() {
			if n := len(it.details); n > maxDetails {
				p.report(it.doc.WhereKey("customDetails"), "the service takes 20", "%d custom details", n)
			}
			for _, d := range it.details {
				at := it.doc.WhereKey("customDetails", d.Name)
				if len(d.Name) > maxDetailKey {
					p.report(at, "20 are allowed", "the name of the custom detail %s is %d characters long", d.Name, len(d.Name))
				}
				if !columnName(d.Name) || d.Name[0] == '_' {
					p.report(at, "a name is a letter followed by letters, digits and _", "the custom detail %q has no name that the service takes", d.Name)
				}
				if d.Column != "" && !columnName(d.Column) {
					p.report(it.doc.Where("customDetails", d.Name), "name a column of the result; project the value to a column of its own", "%q is not a column", d.Column)
				}
			}
		}
	},
}
