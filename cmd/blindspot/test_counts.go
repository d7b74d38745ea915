package main

import "github.com/seed-caab1ad3/blindspot/content"

// tested says how much content was tested: rules, and hunting queries where there are some.
func (t testReport) tested() string {
	queries := 0
	for _, r := range t.runs {
		if r.rule.Doc.Kind == content.KindHunting {
			queries++
		}
	}
	rules := counted(len(t.runs)-queries, "rule")
	switch {
	case queries == 0:
		return rules
	case queries == 1 && len(t.runs) == 1:
		return "1 hunting query"
	case queries == 1:
		return rules + ", 1 hunting query"
	case queries == len(t.runs):
		return counted(queries, "hunting querie")
	}
	return rules + ", " + counted(queries, "hunting querie")
}
