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

// wantedFormat is the format that the command line asks for, also when the rest of it is wrong; "" where it asks for none.
func wantedFormat(args []string) string {
	for i, a := range args {
		switch {
		case a == "--":
			return ""
		case strings.HasPrefix(a, "--format=") || strings.HasPrefix(a, "-format="):
			return a[strings.IndexByte(a, '=')+1:]
		case (a == "--format" || a == "-format") && i+1 < len(args):
			return args[i+1]
		}
	}
	return ""
}

// writesEvents reports whether --format jsonl of a command means events rather than rows.
func writesEvents(args []string) bool {
	for _, a := range args[min(1, len(args)):] {
		switch a {
		case "test", "backtest", "apply", "rollback":
			return true
		case "query":
			return false
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
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	v := failureJSON{SchemaVersion: 1}
	v.Error.Message = gist(err)
	_ = e.Encode(v)
}

// gist is what an error says in one text.
func gist(err error) string {
	message := strings.TrimSpace(err.Error())
	if coded := (*codedError)(nil); message == "" && errors.As(err, &coded) {
		message = coded.said
	}
	if message == "" {
		message = "it failed; standard error says why"
	}
	return message
}
