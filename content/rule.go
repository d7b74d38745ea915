package content

import (
	"fmt"
	"strings"

	yaml "go.yaml.in/yaml/v4"
)

// The kinds of analytics rules that are read.
const (
	Scheduled = "Scheduled"
	NRT       = "NRT"
)

// Rule is an analytics rule in the YAML form of the Azure-Sentinel templates, with two lists of our own: Streams, the
// sign-in streams the rule is meant to watch, and Blindspots, what it knowingly does not see. Values are as written; where
// the service has one spelling for several (gt, GreaterThan) the service's is kept.
//
// An empty Query, Name or Kind means that the file lacks it; the loader has said so.
type Rule struct {
	Doc *Document

	ID          string
	Kind        string // Scheduled or NRT; other kinds are kept as written and reported
	Name        string
	Description string
	Severity    string // Informational, Low, Medium, High
	Status      string
	Version     string
	Enabled     bool // true unless the file says enabled: false

	Connectors []Connector
	Tactics    []string
	Techniques []string // relevantTechniques: T#### and T####.### together

	Query            Text
	QueryFrequency   Duration
	QueryPeriod      Duration
	TriggerOperator  string // GreaterThan, LessThan, Equal, NotEqual; another text as written
	TriggerThreshold int

	EntityMappings   []EntityMapping
	SentinelEntities []string // sentinelEntitiesMappings: columns that hold entities
	CustomDetails    []CustomDetail
	AlertDetails     *AlertDetails
	EventGrouping    string // SingleAlert (also when empty) or AlertPerResult
	Incident         *Incident

	SuppressionEnabled  bool
	SuppressionDuration Duration

	Tags       []Tag
	Streams    []string
	Blindspots []Blindspot
	Metadata   Record

	Test *TestFile // the test beside it, nil when there is none
}

// File returns the name of the rule's file.
func (r *Rule) File() string { return r.Doc.File() }

// Connector names the tables of a data connector that a rule or hunting query reads.
type Connector struct {
	ID        string
	DataTypes []string
}

// EntityMapping builds entities of one type from columns of the result.
type EntityMapping struct {
	EntityType    string
	FieldMappings []FieldMapping
}

// FieldMapping gives one identifier of an entity its column.
type FieldMapping struct {
	Identifier string
	ColumnName string
}

// CustomDetail puts the values of a column into the alert under a name. The file's order is kept.
type CustomDetail struct {
	Name   string
	Column string
}

// AlertDetails overrides details of the alert from the result. Formats take columns in double braces.
type AlertDetails struct {
	DisplayNameFormat string
	DescriptionFormat string
	TacticsColumn     string
	SeverityColumn    string
	DynamicProperties []DynamicProperty
}

// DynamicProperty gives one property of the alert the value of a column.
type DynamicProperty struct {
	Property string
	Column   string
}

// Incident says whether and how alerts become incidents.
type Incident struct {
	CreateIncident bool
	Grouping       *Grouping
}

// Grouping joins alerts of the rule into one incident.
type Grouping struct {
	Enabled              bool
	ReopenClosedIncident bool
	Lookback             Duration
	MatchingMethod       string // AllEntities, AnyAlert, Selected
	Entities             []string
	AlertDetails         []string
	CustomDetails        []string
}

// Tag is a tag of a rule: a word (Value), or a name with a value, as ASIM's Schema and SchemaVersion are.
type Tag struct {
	Name  string
	Value string
}

// Blindspot is something that a rule knowingly does not see. Streams, when given, names the sign-in streams in which the
// rule stays silent for it, so that a replay of the rule's tests in these streams is expected to be quiet.
type Blindspot struct {
	ID      string
	What    string
	Reason  string
	Streams []string
}

// TriggerOperator returns the service's name of a trigger operator, given it or its short name in any case; other texts come
// back as they are.
func TriggerOperator(s string) string {
	switch strings.ToLower(s) {
	case "gt", "greaterthan":
		return "GreaterThan"
	case "lt", "lessthan":
		return "LessThan"
	case "eq", "equal":
		return "Equal"
	case "ne", "notequal":
		return "NotEqual"
	}
	return s
}

func readRule(r *reader, n *yaml.Node) *Rule {
	u := &Rule{Doc: r.doc, Enabled: true}
	r.object(n, "a rule", []field{
		{"id", r.str(&u.ID)},
		{"kind", r.str(&u.Kind)},
		{"name", r.str(&u.Name)},
		{"description", r.str(&u.Description)},
		{"description-detailed", nil},
		{"severity", r.str(&u.Severity)},
		{"status", r.str(&u.Status)},
		{"version", r.str(&u.Version)},
		{"enabled", r.boolean(&u.Enabled)},
		{"requiredDataConnectors", r.connectors(&u.Connectors)},
		{"tactics", r.strs(&u.Tactics)},
		{"relevantTechniques", r.strs(&u.Techniques)},
		{"query", r.text(&u.Query)},
		{"queryFrequency", r.duration(&u.QueryFrequency)},
		{"queryPeriod", r.duration(&u.QueryPeriod)},
		{"triggerOperator", func(n *yaml.Node) {
			r.str(&u.TriggerOperator)(n)
			u.TriggerOperator = TriggerOperator(u.TriggerOperator)
		}},
		{"triggerThreshold", r.integer(&u.TriggerThreshold)},
		{"entityMappings", r.entityMappings(&u.EntityMappings)},
		{"sentinelEntitiesMappings", func(n *yaml.Node) {
			r.list(n, func(_ int, n *yaml.Node) {
				var c string
				r.object(n, "an entry of sentinelEntitiesMappings", []field{{"columnName", r.str(&c)}})
				u.SentinelEntities = append(u.SentinelEntities, c)
			})
		}},
		{"customDetails", func(n *yaml.Node) {
			r.entries(n, func(name string, _, v *yaml.Node) {
				d := CustomDetail{Name: name}
				r.str(&d.Column)(v)
				u.CustomDetails = append(u.CustomDetails, d)
			})
		}},
		{"alertDetailsOverride", func(n *yaml.Node) {
			u.AlertDetails = readAlertDetails(r, n)
		}},
		{"eventGroupingSettings", func(n *yaml.Node) {
			r.object(n, "eventGroupingSettings", []field{{"aggregationKind", r.str(&u.EventGrouping)}})
		}},
		{"incidentConfiguration", func(n *yaml.Node) {
			u.Incident = readIncident(r, n)
		}},
		{"suppressionEnabled", r.boolean(&u.SuppressionEnabled)},
		{"suppressionDuration", r.duration(&u.SuppressionDuration)},
		{"tags", r.tags(&u.Tags)},
		{"streams", r.strs(&u.Streams)},
		{"blindspots", func(n *yaml.Node) {
			r.list(n, func(_ int, n *yaml.Node) {
				var b Blindspot
				r.object(n, "a blind spot", []field{
					{"id", r.str(&b.ID)}, {"what", r.str(&b.What)}, {"reason", r.str(&b.Reason)}, {"streams", r.strs(&b.Streams)},
				})
				u.Blindspots = append(u.Blindspots, b)
			})
		}},
		{"metadata", r.rec(&u.Metadata)},
		{"arm", nil}, // what the service keeps and this form has no word for; package deploy reads it
	})
	r.require(n, "a rule", "query", u.Query.String())
	r.require(n, "a rule", "name", u.Name)
	if u.Kind == "" {
		r.require(n, "a rule", "kind", "")
		u.Kind = Scheduled
	}
	return u
}

// require reports a key without which the item is of no use.
func (r *reader) require(n *yaml.Node, what, key, value string) {
	if strings.TrimSpace(value) != "" || n.Kind != yaml.MappingNode {
		return
	}
	span := Span{File: r.doc.File(), Start: Position{n.Line, n.Column}}
	message := fmt.Sprintf("%s without %s", what, key)
	if r.doc.Has(key) {
		span = r.doc.WhereKey(key)
		message = fmt.Sprintf("%s of %s is empty", key, what)
	}
	for _, p := range r.problems {
		if p.Path == key && p.Code == CodeType {
			return // a value of the wrong kind has been reported already
		}
	}
	help := "add a line " + key + ": ..."
	if key == "kind" {
		help = "add kind: Scheduled or kind: NRT"
	}
	r.problems = append(r.problems, Problem{Span: span, Code: CodeMissing, Severity: Error, Message: message, Help: help, Path: key})
}

func readAlertDetails(r *reader, n *yaml.Node) *AlertDetails {
	a := &AlertDetails{}
	r.object(n, "alertDetailsOverride", []field{
		{"alertDisplayNameFormat", r.str(&a.DisplayNameFormat)},
		{"alertDescriptionFormat", r.str(&a.DescriptionFormat)},
		{"alertTacticsColumnName", r.str(&a.TacticsColumn)},
		{"alertSeverityColumnName", r.str(&a.SeverityColumn)},
		{"alertDynamicProperties", func(n *yaml.Node) {
			r.list(n, func(_ int, n *yaml.Node) {
				var p DynamicProperty
				r.object(n, "an entry of alertDynamicProperties", []field{{"alertProperty", r.str(&p.Property)}, {"value", r.str(&p.Column)}})
				a.DynamicProperties = append(a.DynamicProperties, p)
			})
		}},
	})
	return a
}

func readIncident(r *reader, n *yaml.Node) *Incident {
	c := &Incident{CreateIncident: true}
	r.object(n, "incidentConfiguration", []field{
		{"createIncident", r.boolean(&c.CreateIncident)},
		{"groupingConfiguration", func(n *yaml.Node) {
			g := &Grouping{}
			c.Grouping = g
			r.object(n, "groupingConfiguration", []field{
				{"enabled", r.boolean(&g.Enabled)},
				{"reopenClosedIncident", r.boolean(&g.ReopenClosedIncident)},
				{"lookbackDuration", r.duration(&g.Lookback)},
				{"matchingMethod", r.str(&g.MatchingMethod)},
				{"groupByEntities", r.strs(&g.Entities)},
				{"groupByAlertDetails", r.strs(&g.AlertDetails)},
				{"groupByCustomDetails", r.strs(&g.CustomDetails)},
			})
		}},
	})
	return c
}

func (r *reader) connectors(dst *[]Connector) func(*yaml.Node) {
	return func(n *yaml.Node) {
		r.list(n, func(_ int, n *yaml.Node) {
			var c Connector
			r.object(n, "a data connector", []field{{"connectorId", r.str(&c.ID)}, {"dataTypes", r.strs(&c.DataTypes)}})
			*dst = append(*dst, c)
		})
	}
}

func (r *reader) entityMappings(dst *[]EntityMapping) func(*yaml.Node) {
	return func(n *yaml.Node) {
		r.list(n, func(_ int, n *yaml.Node) {
			var m EntityMapping
			r.object(n, "an entity mapping", []field{
				{"entityType", r.str(&m.EntityType)},
				{"fieldMappings", func(n *yaml.Node) {
					r.list(n, func(_ int, n *yaml.Node) {
						var f FieldMapping
						r.object(n, "a field mapping", []field{{"identifier", r.str(&f.Identifier)}, {"columnName", r.str(&f.ColumnName)}})
						m.FieldMappings = append(m.FieldMappings, f)
					})
				}},
			})
			*dst = append(*dst, m)
		})
	}
}

// tags reads a list of words and of mappings with names and values (hunting queries and ASIM rules write the latter).
func (r *reader) tags(dst *[]Tag) func(*yaml.Node) {
	return func(n *yaml.Node) {
		r.list(n, func(_ int, n *yaml.Node) {
			n = r.resolve(n)
			switch {
			case n == nil:
			case n.Kind == yaml.ScalarNode:
				*dst = append(*dst, Tag{Value: n.Value})
			default:
				r.entries(n, func(name string, _, v *yaml.Node) {
					t := Tag{Name: name}
					r.str(&t.Value)(v)
					*dst = append(*dst, t)
				})
			}
		})
	}
}
