package main

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"strings"
)

// tally is standard output that knows whether a command has written to it.
type tally struct {
	*os.File
	bytes int64
}

func (t *tally) Write(b []byte) (int, error) {
	n, err := t.File.Write(b)
	t.bytes += int64(n)
	return n, err
}

// WriteString goes through Write, so that it counts.
func (t *tally) WriteString(s string) (int, error) { return t.Write([]byte(s)) }

// ReadFrom goes through Write, so that it counts.
func (t *tally) ReadFrom(r io.Reader) (int64, error) {
	return io.Copy(struct{ io.Writer }{t}, r)
}

// wantsJSON reports whether the command line asks for one JSON document, also when the rest of it is wrong.
func wantsJSON(args []string) bool {
	for i, a := range args {
		switch {
		case a == "--":
			return false
		case a == "--format=json" || a == "-format=json":
			return true
		case (a == "--format" || a == "-format") && i+1 < len(args):
			return args[i+1] == "json"
		}
	}
	return false
}

type failureJSON struct {
	Error struct {
		Message string `json:"message"`
	} `json:"error"`
	SchemaVersion int `json:"schemaVersion"`
}

// writeFailure writes the document of a command that failed before it had one: {"error":{"message"},"schemaVersion":1}.
func writeFailure(w io.Writer, err error) {
	message := strings.TrimSpace(err.Error())
	if coded := (*codedError)(nil); message == "" && errors.As(err, &coded) {
		message = coded.said
	}
	if message == "" {
		message = "it failed; standard error says why"
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	v := failureJSON{SchemaVersion: 1}
	v.Error.Message = message
	_ = e.Encode(v)
}
