package main

import (
	"encoding/json"
	"io"
	"reflect"

	"github.com/urfave/cli/v2"
)

// eventStream writes the lines of --format jsonl: one JSON object each, as soon as something has happened, for who watches
// long work. Every line begins with schemaVersion and event.
type eventStream struct{ w io.Writer }

func events(c *cli.Context) eventStream { return eventStream{c.App.Writer} }

// write encodes an event, whose SchemaVersion it fills in.
func (e eventStream) write(v any) error {
	p := reflect.New(reflect.TypeOf(v)).Elem()
	p.Set(reflect.ValueOf(v))
	p.FieldByName("SchemaVersion").SetInt(1)
	j := json.NewEncoder(e.w)
	j.SetEscapeHTML(false)
	return j.Encode(p.Interface())
}

type messageJSON struct {
	Message string `json:"message"`
}

type errorEventJSON struct {
	SchemaVersion int         `json:"schemaVersion"`
	Event         string      `json:"event"`
	Error         messageJSON `json:"error"`
}
