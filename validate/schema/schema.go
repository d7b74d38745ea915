// Package schema holds the JSON Schemas (draft-07) of the kinds of content, and runs them: a document comes in, violations
// at their lines come out, one clear sentence each. The schemas are embedded, compiled when a kind is first checked, and
// never fetch anything. What a schema cannot say (limits that depend on other values) is asked by package check.
package schema

import (
	"embed"
	"fmt"
	"path"
	"sort"
	"strings"
	"sync"

	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/xeipuuv/gojsonschema"
)

//go:embed *.json
var files embed.FS

const base = "https://blindspot.example/schema/"

// Violation is one place where a document breaks its schema.
type Violation struct {
	Span    content.Span
	Path    string // "entityMappings.0.entityType", as content.Problem has it
	Message string
	Help    string
}

// name returns the schema of a kind, "" when it has none.
func name(k content.Kind) string {
	switch k {
	case content.KindRule:
		return "rule"
	case content.KindHunting:
		return "hunting"
	case content.KindFunction:
		return "function"
	case content.KindWatchlist:
		return "watchlist"
	case content.KindSummary:
		return "summary"
	case content.KindTest:
		return "test"
	case content.KindConfig:
		return "config"
	}
	return ""
}

// Names returns the names of the schemas that content has, sorted.
func Names() []string {
	return []string{"config", "function", "hunting", "rule", "summary", "test", "watchlist"}
}

// Text returns the text of a schema for editors, with the definitions it refers to inside, so that it stands alone.
func Text(name string) ([]byte, error) {
	b, err := files.ReadFile(path.Clean(name) + ".json")
	if err != nil {
		return nil, fmt.Errorf("there is no schema %q; there are %s", name, strings.Join(Names(), ", "))
	}
	if name == "common" {
		return b, nil
	}
	common, err := files.ReadFile("common.json")
	if err != nil {
		return nil, err
	}
	return bundle(b, common)
}

type compiled struct {
	once   sync.Once
	schema *gojsonschema.Schema
	err    error
}

var cache sync.Map // name to *compiled

// compile makes a schema ready. gojsonschema's loader is not safe for parallel use, and its pool of format checkers is
// global, so no format is used and each schema has a loader of its own.
func compile(name string) (*gojsonschema.Schema, error) {
	c, _ := cache.LoadOrStore(name, &compiled{})
	e := c.(*compiled)
	e.once.Do(func() {
		common, err := files.ReadFile("common.json")
		if err != nil {
			e.err = err
			return
		}
		own, err := files.ReadFile(name + ".json")
		if err != nil {
			e.err = err
			return
		}
		l := gojsonschema.NewSchemaLoader()
		l.Draft, l.AutoDetect, l.Validate = gojsonschema.Draft7, false, false
		if e.err = l.AddSchemas(gojsonschema.NewBytesLoader(common)); e.err != nil {
			return
		}
		e.schema, e.err = l.Compile(gojsonschema.NewBytesLoader(own))
	})
	return e.schema, e.err
}

// Check runs the schema of the document's kind. A kind without a schema gives nothing. The error is not nil when the
// schema itself or the values of the document cannot be used, which is a fault of this program or a document of endless
// aliases.
func Check(doc *content.Document) ([]Violation, error) {
	n := name(doc.Kind)
	if n == "" || doc.Root == nil {
		return nil, nil
	}
	if s := shapeOf(n); s != nil && s.fits(doc.Root) {
		return nil, nil
	}
	return run(doc, n)
}

// run asks the runner.
func run(doc *content.Document, n string) ([]Violation, error) {
	s, err := compile(n)
	if err != nil {
		return nil, fmt.Errorf("the schema %s: %w", n, err)
	}
	value, err := doc.JSON()
	if err != nil {
		return nil, err
	}
	if n == "rule" || n == "hunting" {
		leaveOutEmpty(value)
	}
	result, err := s.Validate(gojsonschema.NewRawLoader(value)) // decoded already, numbers as json.Number
	if err != nil {
		return nil, fmt.Errorf("%s: %w", doc.File(), err)
	}
	var out []Violation
	for _, e := range result.Errors() {
		if v, ok := translate(doc, e); ok {
			out = append(out, v)
		}
	}
	sort.SliceStable(out, func(i, j int) bool {
		a, b := out[i], out[j]
		if a.Span.Start.Line != b.Span.Start.Line {
			return a.Span.Start.Line < b.Span.Start.Line
		}
		if a.Span.Start.Column != b.Span.Start.Column {
			return a.Span.Start.Column < b.Span.Start.Column
		}
		return a.Message < b.Message
	})
	return out, nil
}

// leaveOutEmpty takes out of a rule the keys without a value that templates keep for later. The service takes them as if they were
// not there (https://learn.microsoft.com/rest/api/securityinsights/alert-rules/create-or-update, all of them optional).
func leaveOutEmpty(value any) {
	rule, is := value.(map[string]any)
	if !is {
		return
	}
	drop := func(m map[string]any, keys ...string) {
		for _, k := range keys {
			if v, has := m[k]; has && v == nil {
				delete(m, k)
			}
		}
	}
	drop(rule, "tactics", "relevantTechniques", "entityMappings", "customDetails", "tags", "requiredDataConnectors", "alertDetailsOverride", "eventGroupingSettings", "incidentConfiguration")
	if details, is := rule["alertDetailsOverride"].(map[string]any); is {
		drop(details, "alertDisplayNameFormat", "alertDescriptionFormat", "alertSeverityColumnName", "alertTacticsColumnName", "alertDynamicProperties")
	}
}
