package content

import (
	"time"

	yaml "go.yaml.in/yaml/v4"
)

// HuntingQuery is a saved query for people: a rule's query without a schedule.
type HuntingQuery struct {
	Doc *Document

	ID             string
	Name           string
	Description    string
	Version        string
	Status         string
	Connectors     []Connector
	Tactics        []string
	Techniques     []string
	Query          Text
	EntityMappings []EntityMapping
	CustomDetails  []CustomDetail
	Tags           []Tag
	Streams        []string
	Blindspots     []Blindspot
	Metadata       Record

	Test *TestFile // the test beside it, nil when there is none
}

// AsRule returns the query as a rule that gives an alert for each row and looks back as far as a workspace commonly keeps its logs, so
// that it can be tested like a rule. It is in no bundle.
func (h *HuntingQuery) AsRule() *Rule {
	return &Rule{
		Doc: h.Doc, ID: h.ID, Kind: Scheduled, Name: h.Name, Description: h.Description, Severity: "Informational", Version: h.Version, Enabled: true,
		Connectors: h.Connectors, Tactics: h.Tactics, Techniques: h.Techniques, Query: h.Query,
		QueryFrequency:  Duration{Value: 24 * time.Hour, Text: "1d"},
		QueryPeriod:     Duration{Value: 90 * 24 * time.Hour, Text: "90d"},
		TriggerOperator: "GreaterThan", EntityMappings: h.EntityMappings, CustomDetails: h.CustomDetails, EventGrouping: "AlertPerResult",
		Tags: h.Tags, Streams: h.Streams, Blindspots: h.Blindspots, Metadata: h.Metadata,
	}
}

// File returns the name of the query's file.
func (h *HuntingQuery) File() string { return h.Doc.File() }

func readHunting(r *reader, n *yaml.Node) *HuntingQuery {
	h := &HuntingQuery{Doc: r.doc}
	r.object(n, "a hunting query", []field{
		{"id", r.str(&h.ID)},
		{"name", r.str(&h.Name)},
		{"description", r.str(&h.Description)},
		{"description-detailed", nil},
		{"severity", nil},
		{"kind", nil},
		{"status", r.str(&h.Status)},
		{"version", r.str(&h.Version)},
		{"requiredDataConnectors", r.connectors(&h.Connectors)},
		{"tactics", r.strs(&h.Tactics)},
		{"relevantTechniques", r.strs(&h.Techniques)},
		{"query", r.text(&h.Query)},
		{"entityMappings", r.entityMappings(&h.EntityMappings)},
		{"customDetails", func(n *yaml.Node) {
			r.entries(n, func(name string, _, v *yaml.Node) {
				d := CustomDetail{Name: name}
				r.str(&d.Column)(v)
				h.CustomDetails = append(h.CustomDetails, d)
			})
		}},
		{"tags", r.tags(&h.Tags)},
		{"streams", r.strs(&h.Streams)},
		{"blindspots", func(n *yaml.Node) {
			r.list(n, func(_ int, n *yaml.Node) {
				var b Blindspot
				r.object(n, "a blind spot", []field{
					{"id", r.str(&b.ID)}, {"what", r.str(&b.What)}, {"reason", r.str(&b.Reason)}, {"streams", r.strs(&b.Streams)},
				})
				h.Blindspots = append(h.Blindspots, b)
			})
		}},
		{"metadata", r.rec(&h.Metadata)},
		{"arm", nil}, // what the service keeps and this form has no word for; package deploy reads it
	})
	r.require(n, "a hunting query", "query", h.Query.String())
	r.require(n, "a hunting query", "name", h.Name)
	return h
}
