package content

import yaml "go.yaml.in/yaml/v4"

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
