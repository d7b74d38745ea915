package content

import (
	"fmt"
	"path"
	"strings"
	"time"

	"github.com/seed-caab1ad3/blindspot/content/tables"
	yaml "go.yaml.in/yaml/v4"
)

// TestFile is a <rule>.test.yaml: cases for one rule. What is compared and how rows are made from templates is the
// business of package ruletest.
type TestFile struct {
	Doc *Document

	RuleFile string // as written, relative to the test's folder
	Rule     *Rule  // nil when the rule was not loaded
	Now      Moment // the default for the cases; a fixed time
	Tests    []*TestCase
}

// File returns the name of the test file.
func (t *TestFile) File() string { return t.Doc.File() }

// TestCase is one case. Alerts and Incidents are nil when the case does not speak of them, and empty but not nil when it
// says that there are none.
type TestCase struct {
	Name     string
	Position Position

	Now   Moment // the instant of the run; the file's when not set
	Until Moment // with it, the rule is scheduled from Now to Until instead of run once
	Skip  string // the reason for which the case is not run, "" when it is

	Events     []TableEvents
	Tables     []TestTable
	Watchlists []TestWatchlist
	Functions  []TestFunction

	Alerts    []ExpectedAlert
	Incidents []ExpectedIncident
}

// TableEvents are the events of one table, in the file's order.
type TableEvents struct {
	Table    string
	Position Position
	Events   []Event
}

// Event asks for Repeat rows made from the template Use with the fields of Set, the k-th at At + (k-1) x Every.
type Event struct {
	Position Position
	Use      string // "" makes a row of Set alone
	At       Moment // TimeGenerated; now when not set
	Repeat   int    // at least 1
	Every    time.Duration
	Ingested Moment // relative: the delay after TimeGenerated; not set: no delay
	Set      Record
}

// TestTable changes a table for one case: rows given in full, a table that is missing, columns that arrive empty.
type TestTable struct {
	Name     string
	Position Position
	Missing  bool
	Empty    []string
	Columns  []tables.Column // nil: those of the known schema
	Rows     []Record
}

// TestWatchlist replaces the items of a watchlist for one case.
type TestWatchlist struct {
	Alias    string
	Position Position
	Missing  bool
	Items    []Record
}

// TestFunction defines or replaces a workspace function for one case.
type TestFunction struct {
	Name       string
	Parameters []Parameter
	Query      Text
}

// ExpectedAlert is what one alert must be like; only what is named is compared.
type ExpectedAlert struct {
	Position Position

	Name          string // the alert's display name
	Description   string
	Severity      string
	Tactics       []string
	Techniques    []string
	At            Moment // when the run was that raised it
	Rows          int    // result rows in the alert, -1 when not named
	Entities      []ExpectedEntities
	Columns       Record // of the alert's first row
	CustomDetails Record
}

// ExpectedEntities are values that must be among an alert's entities of one type.
type ExpectedEntities struct {
	Type     string
	Position Position
	Values   []any
}

// ExpectedIncident is what one incident must be like; only what is named is compared.
type ExpectedIncident struct {
	Position Position

	Title    string
	Severity string
	Status   string
	Alerts   int // number of alerts, -1 when not named
	Entities []ExpectedEntities
}

func readTest(r *reader, n *yaml.Node) *TestFile {
	t := &TestFile{Doc: r.doc}
	r.object(n, "a rule test", []field{
		{"rule", r.str(&t.RuleFile)},
		{"now", r.moment(&t.Now)},
		{"description", nil},
		{"tests", func(n *yaml.Node) {
			r.list(n, func(_ int, n *yaml.Node) { t.Tests = append(t.Tests, readCase(r, n)) })
		}},
	})
	if t.RuleFile == "" {
		base := path.Base(r.doc.File())
		t.RuleFile = strings.TrimSuffix(strings.TrimSuffix(base, ".test.yaml"), ".test.yml") + ".yaml"
	}
	if t.Now.Relative {
		r.problems = append(r.problems, Problem{Span: r.doc.Where("now"), Code: CodeType, Severity: Error, Path: "now",
			Message: fmt.Sprintf("now is %q, which is relative to itself", t.Now.Text), Help: "write a fixed time, for instance 2026-01-05T11:00:00Z"})
		t.Now = Moment{}
	}
	if len(t.Tests) == 0 && n.Kind == yaml.MappingNode {
		r.require(n, "a rule test", "tests", "")
	}
	return t
}

func readCase(r *reader, n *yaml.Node) *TestCase {
	c := &TestCase{Position: Position{n.Line, n.Column}}
	r.object(n, "a test case", []field{
		{"name", r.str(&c.Name)},
		{"description", nil},
		{"now", r.moment(&c.Now)},
		{"until", r.moment(&c.Until)},
		{"skip", r.str(&c.Skip)},
		{"events", func(n *yaml.Node) {
			r.entries(n, func(table string, key, v *yaml.Node) {
				te := TableEvents{Table: table, Position: Position{key.Line, key.Column}}
				r.list(v, func(_ int, n *yaml.Node) { te.Events = append(te.Events, readEvent(r, n)) })
				c.Events = append(c.Events, te)
			})
		}},
		{"tables", func(n *yaml.Node) {
			r.entries(n, func(name string, key, v *yaml.Node) {
				c.Tables = append(c.Tables, readTestTable(r, name, key, v))
			})
		}},
		{"watchlists", func(n *yaml.Node) {
			r.entries(n, func(alias string, key, v *yaml.Node) {
				w := TestWatchlist{Alias: alias, Position: Position{key.Line, key.Column}}
				if e := r.resolve(v); e != nil && e.Kind == yaml.ScalarNode && e.Value == "missing" {
					w.Missing = true
				} else {
					r.list(v, func(_ int, n *yaml.Node) { w.Items = append(w.Items, textRecord(r.record(n))) })
				}
				c.Watchlists = append(c.Watchlists, w)
			})
		}},
		{"functions", func(n *yaml.Node) {
			r.entries(n, func(name string, _, v *yaml.Node) {
				f := TestFunction{Name: name}
				if e := r.resolve(v); e != nil && e.Kind == yaml.MappingNode {
					r.object(v, "a function", []field{{"parameters", r.parameters(&f.Parameters)}, {"query", r.text(&f.Query)}})
				} else {
					r.text(&f.Query)(v)
				}
				c.Functions = append(c.Functions, f)
			})
		}},
		{"alerts", func(n *yaml.Node) {
			c.Alerts = []ExpectedAlert{}
			r.list(n, func(_ int, n *yaml.Node) { c.Alerts = append(c.Alerts, readAlert(r, n)) })
		}},
		{"incidents", func(n *yaml.Node) {
			c.Incidents = []ExpectedIncident{}
			r.list(n, func(_ int, n *yaml.Node) {
				i := ExpectedIncident{Position: Position{n.Line, n.Column}, Alerts: -1}
				r.object(n, "an expected incident", []field{
					{"title", r.str(&i.Title)}, {"severity", r.str(&i.Severity)}, {"status", r.str(&i.Status)},
					{"alerts", r.integer(&i.Alerts)}, {"entities", r.expectedEntities(&i.Entities)},
				})
				c.Incidents = append(c.Incidents, i)
			})
		}},
	})
	return c
}

func readEvent(r *reader, n *yaml.Node) Event {
	e := Event{Position: Position{n.Line, n.Column}, Repeat: 1}
	r.object(n, "an event", []field{
		{"use", r.str(&e.Use)},
		{"at", r.moment(&e.At)},
		{"repeat", func(n *yaml.Node) {
			r.integer(&e.Repeat)(n)
			if e.Repeat < 1 || e.Repeat > 1_000_000 {
				r.report(n, CodeType, Error, fmt.Sprintf("repeat is %d", e.Repeat), "it must be from 1 to 1000000")
				e.Repeat = 1
			}
		}},
		{"every", func(n *yaml.Node) {
			if n = r.scalar(n, "a duration, for instance 30s or -1d"); n == nil || isNull(n) {
				return
			}
			text, sign := n.Value, time.Duration(1)
			if strings.HasPrefix(text, "-") {
				text, sign = text[1:], -1
			} else {
				text = strings.TrimPrefix(text, "+")
			}
			d, err := ParseDuration(text)
			if err != nil {
				r.report(n, CodeType, Error, err.Error(), "")
				return
			}
			e.Every = sign * d.Value
		}},
		{"ingested", r.moment(&e.Ingested)},
		{"set", r.rec(&e.Set)},
	})
	return e
}

func readTestTable(r *reader, name string, key, v *yaml.Node) TestTable {
	t := TestTable{Name: name, Position: Position{key.Line, key.Column}}
	n := r.resolve(v)
	switch {
	case n == nil:
	case n.Kind == yaml.ScalarNode && n.Value == "missing":
		t.Missing = true
	case n.Kind == yaml.SequenceNode:
		r.list(n, func(_ int, n *yaml.Node) { t.Rows = append(t.Rows, r.record(n)) })
	case n.Kind == yaml.MappingNode:
		r.object(n, "a table of a test", []field{
			{"missing", r.boolean(&t.Missing)},
			{"empty", r.strs(&t.Empty)},
			{"columns", func(n *yaml.Node) { t.Columns = r.columns(n) }},
			{"rows", func(n *yaml.Node) {
				r.list(n, func(_ int, n *yaml.Node) { t.Rows = append(t.Rows, r.record(n)) })
			}},
		})
	default:
		r.wrong(n, "the word missing, a list of rows, or a mapping with columns, rows or empty")
	}
	return t
}

func readAlert(r *reader, n *yaml.Node) ExpectedAlert {
	a := ExpectedAlert{Position: Position{n.Line, n.Column}, Rows: -1}
	r.object(n, "an expected alert", []field{
		{"name", r.str(&a.Name)},
		{"description", r.str(&a.Description)},
		{"severity", r.str(&a.Severity)},
		{"tactics", r.strs(&a.Tactics)},
		{"techniques", r.strs(&a.Techniques)},
		{"at", r.moment(&a.At)},
		{"rows", r.integer(&a.Rows)},
		{"entities", r.expectedEntities(&a.Entities)},
		{"columns", r.rec(&a.Columns)},
		{"customDetails", r.rec(&a.CustomDetails)},
	})
	return a
}

func (r *reader) expectedEntities(dst *[]ExpectedEntities) func(*yaml.Node) {
	return func(n *yaml.Node) {
		r.entries(n, func(name string, key, v *yaml.Node) {
			e := ExpectedEntities{Type: name, Position: Position{key.Line, key.Column}}
			if one := r.resolve(v); one != nil && one.Kind == yaml.ScalarNode {
				e.Values = []any{scalarValue(one)}
			} else {
				r.list(v, func(_ int, n *yaml.Node) { e.Values = append(e.Values, r.value(n)) })
			}
			*dst = append(*dst, e)
		})
	}
}
