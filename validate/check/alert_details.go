package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/content/nearest"
	"github.com/seed-caab1ad3/blindspot/validate/report"
)

// alertProperties are the properties that alertDynamicProperties may set.
//
// Source: Microsoft Learn "Customize alert details".
func alertProperties() []string {
	return []string{"AlertLink", "ConfidenceLevel", "ConfidenceScore", "ExtendedLinks", "ProductName", "ProviderName", "ProductComponentName", "RemediationSteps", "Techniques", "SubTechniques"}
}

var alertDetails = Check{
	ID:      "alert-details",
	Summary: "Formats of alert details have at most three placeholders and fit the service's lengths",
	Why:     "The service refuses a format with more than 3 columns in double braces, a name format over 256 characters or a description format over 5,000, and properties it does not know.",
	Level:   report.Error,
	Run: func(p *Pass) {
		for _, r := range p.Bundle.Rules {
			a := r.AlertDetails
			if a == nil {
				continue
			}
			for _, f := range formats(a) {
				at := r.Doc.Where("alertDetailsOverride", f.key)
				if n := len([]rune(f.text)); n > f.limit {
					p.report(at, fmt.Sprintf("%d are allowed", f.limit), "%s is %d characters long", f.key, n)
				}
				names, bad := placeholders(f.text)
				if bad != "" {
					p.report(at, "write {{Column}}", "%s has a placeholder that does not close or names no column: %s", f.key, bad)
				}
				if len(names) > 3 {
					p.report(at, "3 are allowed", "%s has %d placeholders", f.key, len(names))
				}
			}
			seen := map[string]bool{}
			for i, d := range a.DynamicProperties {
				at := r.Doc.Where("alertDetailsOverride", "alertDynamicProperties", i, "alertProperty")
				if known := alertProperties(); d.Property != "" && !slices.Contains(known, d.Property) {
					help := "it is one of " + strings.Join(known, ", ")
					if best := nearest.Of(d.Property, known); best != "" {
						help = "write " + best
					}
					p.report(at, help, "the alert property %q is not known", d.Property)
				}
				if seen[d.Property] {
					p.report(at, "keep one of them", "the alert property %s is set twice", d.Property)
				}
				seen[d.Property] = true
			}
		}
	},
}

type format struct {
	key, text string
	limit     int
}

func formats(a *content.AlertDetails) []format {
	return []format{
		{"alertDisplayNameFormat", a.DisplayNameFormat, 256},
		{"alertDescriptionFormat", a.DescriptionFormat, 5000},
	}
}

// placeholders returns the columns in double braces of a format, and the first one that is malformed.
func placeholders(s string) (names []string, bad string) {
	for rest := s; ; {
		i := strings.Index(rest, "{{")
		if i < 0 {
			return names, bad
		}
		j := strings.Index(rest[i:], "}}")
		if j < 0 {
			return names, clipped(rest[i:])
		}
		name := strings.TrimSpace(rest[i+2 : i+j])
		if columnName(name) {
			names = append(names, name)
		} else if bad == "" {
			bad = clipped(rest[i : i+j+2])
		}
		rest = rest[i+j+2:]
	}
}

func clipped(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:40]) + "..."
	}
	return s
}
