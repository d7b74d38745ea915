package check

import (
	"fmt"
	"strings"

	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/content/nearest"
	"github.com/seed-caab1ad3/blindspot/validate/report"
)

var alertDetailColumns = Check{
	ID:      "alert-detail-columns",
	Summary: "Every column in the alert's name, description and properties is in the query's result",
	Why:     "The service refuses a placeholder whose column the query does not give; letter case counts. At run time a wrong one makes the whole text fall back to the rule's own.",
	Level:   report.Error,
	Compile: true,
	Run: func(p *Pass) {
		for _, r := range p.Bundle.Rules {
			a := r.AlertDetails
			if a == nil {
				continue
			}
			res := p.compiledRule(r)
			for _, f := range formats(a) {
				names, _ := placeholders(f.text)
				for _, n := range names {
					p.placeholder(r, res, f.key, n)
				}
			}
			p.column(r.Doc, res, a.TacticsColumn, "alertTacticsColumnName", "alertDetailsOverride", "alertTacticsColumnName")
			if t, ok := p.column(r.Doc, res, a.SeverityColumn, "alertSeverityColumnName", "alertDetailsOverride", "alertSeverityColumnName"); ok && t != "string" {
				p.report(r.Doc.Where("alertDetailsOverride", "alertSeverityColumnName"), "give it one of Informational, Low, Medium, High as text", "the severity comes from %s, which is %s", a.SeverityColumn, t)
			}
			for i, d := range a.DynamicProperties {
				p.column(r.Doc, res, d.Column, "the alert property "+d.Property, "alertDetailsOverride", "alertDynamicProperties", i, "value")
			}
		}
	},
}

// placeholder is column for a name inside a format; a fix of its letter case rewrites the format.
func (p *Pass) placeholder(r *content.Rule, res CompileResult, key, name string) {
	if res.Columns == nil {
		return
	}
	var names []string
	for _, c := range res.Columns {
		if c.Name == name {
			return
		}
		names = append(names, c.Name)
	}
	if res.Open {
		return
	}
	best := nearest.Of(name, names)
	help := "the query gives " + strings.Join(names, ", ")
	if best != "" {
		help = fmt.Sprintf("did you mean %q?", best)
	}
	p.report(r.Doc.Where("alertDetailsOverride", key), help, "%s names the column %q, which the query does not give", key, name)
}
