package content

import (
	"path"
	"strings"

	yaml "go.yaml.in/yaml/v4"
)

// SummaryRule sums up, bin by bin, what came into tables into a custom table of its own, which rules then read in place of
// the tables of high volume.
type SummaryRule struct {
	Doc *Document

	ID               string // its name in the workspace; the file's when the file has none
	Name             string
	Description      string
	Version          string
	DestinationTable string
	BinSize          Duration // 20m, 30m, 1h, 2h, 3h, 6h, 12h or 1d
	BinDelay         Duration
	BinStartTime     string // RFC 3339, a whole hour
	Enabled          bool
	Query            Text
	Tags             []Tag
	Streams          []string
	Metadata         Record
}

// File returns the name of the rule's file.
func (s *SummaryRule) File() string { return s.Doc.File() }

func readSummaryRule(r *reader, n *yaml.Node) *SummaryRule {
	s := &SummaryRule{Doc: r.doc, Enabled: true}
	r.object(n, "a summary rule", []field{
		{"id", r.str(&s.ID)},
		{"name", r.str(&s.Name)},
		{"description", r.str(&s.Description)},
		{"version", r.str(&s.Version)},
		{"enabled", r.boolean(&s.Enabled)},
		{"destinationTable", r.str(&s.DestinationTable)},
		{"binSize", r.duration(&s.BinSize)},
		{"binDelay", r.duration(&s.BinDelay)},
		{"binStartTime", r.str(&s.BinStartTime)},
		{"query", r.text(&s.Query)},
		{"tags", r.tags(&s.Tags)},
		{"streams", r.strs(&s.Streams)},
		{"metadata", r.rec(&s.Metadata)},
		{"arm", nil}, // what the service keeps and this form has no word for; package deploy reads it
	})
	if s.ID == "" {
		base := path.Base(r.doc.File())
		s.ID = strings.TrimSuffix(base, path.Ext(base))
	}
	if s.Name == "" {
		s.Name = s.ID
	}
	r.require(n, "a summary rule", "query", s.Query.String())
	r.require(n, "a summary rule", "destinationTable", s.DestinationTable)
	return s
}
