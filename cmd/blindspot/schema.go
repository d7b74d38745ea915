package main

import (
	"encoding/json"
	"fmt"
	"reflect"
	"sort"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/seed-caab1ad3/blindspot/cmd/internal/deploy"
	"github.com/seed-caab1ad3/blindspot/cmd/internal/shape"
	"github.com/seed-caab1ad3/blindspot/content/nearest"
	"github.com/seed-caab1ad3/blindspot/validate/report"
	"github.com/seed-caab1ad3/blindspot/validate/schema"
)

// output is a document that a command prints.
type output struct {
	title string
	of    reflect.Type
}

// outputs are the documents of --format json, by the name of their schema.
func outputs() map[string]output {
	return map[string]output{
		"report.validate":   {"blindspot validate --format json", reflect.TypeFor[report.Document]()},
		"report.baseline":   {"blindspot validate --write-baseline", reflect.TypeFor[baseline]()},
		"report.test":       {"blindspot test --format json", reflect.TypeFor[testJSON]()},
		"report.backtest":   {"blindspot backtest --format json", reflect.TypeFor[backtestJSON]()},
		"report.explain":    {"blindspot explain CODE --format json", reflect.TypeFor[explanationJSON]()},
		"report.trace":      {"blindspot explain RULE --format json", reflect.TypeFor[traceJSON]()},
		"report.config":     {"blindspot config show --format json", reflect.TypeFor[settingsJSON]()},
		"report.workbook":   {"blindspot workbook test --format json", reflect.TypeFor[booksJSON]()},
		"report.plan":       {"blindspot plan --format json", reflect.TypeFor[deploy.Plan]()},
		"report.pull":       {"blindspot pull --format json", reflect.TypeFor[pullJSON]()},
		"report.apply":      {"blindspot apply and rollback --format json", reflect.TypeFor[applyJSON]()},
		"events.apply":      {"a line of blindspot apply and rollback --format jsonl", reflect.TypeFor[applyEventJSON]()},
		"report.snapshots":  {"blindspot rollback --list --format json", reflect.TypeFor[snapshotsJSON]()},
		"report.connect":    {"blindspot connect status --format json", reflect.TypeFor[deploy.Status]()},
		"report.connection": {"blindspot connect enable and disable --format json", reflect.TypeFor[deploy.Connection]()},
		"events.test":       {"a line of blindspot test --format jsonl", reflect.TypeFor[testEventJSON]()},
		"events.backtest":   {"a line of blindspot backtest --format jsonl", reflect.TypeFor[backtestEventJSON]()},
		"report.version":    {"blindspot version --format json", reflect.TypeFor[versionJSON]()},
		"report.failure":    {"what a command prints that fails before it has a document", reflect.TypeFor[failureJSON]()},
	}
}

func schemaCommand() *cli.Command {
	return &cli.Command{
		Name:      "schema",
		Usage:     "print the JSON Schema of a kind of content, for editors, or of what a command prints",
		ArgsUsage: "[" + "KIND]",
		Description: `Without a kind the kinds are listed; those that begin with report. are documents of --format json, with events. lines of
--format jsonl.

Examples:
   blindspot schema
   blindspot schema rule > rule.schema.json
   blindspot schema report.validate`,
		Action: func(c *cli.Context) error {
			names := schemaNames()
			if !c.Args().Present() {
				for _, n := range names {
					fmt.Fprintln(c.App.Writer, n)
				}
				return nil
			}
			name := c.Args().First()
			if o, ok := outputs()[name]; ok {
				e := json.NewEncoder(c.App.Writer)
				e.SetEscapeHTML(false)
				e.SetIndent("", "  ")
				return e.Encode(shape.Schema(name, o.title, o.of))
			}
			b, err := schema.Text(name)
			if err != nil {
				if n := nearest.Of(name, names); n != "" {
					return fail(exitUsage, "there is no schema %q; the nearest is %q", name, n)
				}
				return fail(exitUsage, "there is no schema %q; there are %s", name, strings.Join(names, ", "))
			}
			_, err = c.App.Writer.Write(b)
			return err
		},
	}
}

// schemaNames lists the schemas of content and of outputs, sorted.
func schemaNames() []string {
	names := schema.Names()
	for n := range outputs() {
		names = append(names, n)
	}
	sort.Strings(names)
	return names
}
