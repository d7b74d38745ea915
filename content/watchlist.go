package content

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"

	yaml "go.yaml.in/yaml/v4"
)

// Watchlist is a small table that rules read through _GetWatchlist(alias). Its items stand in the file (items), or in a
// CSV file beside it: the one named by source, else <same name>.csv.
type Watchlist struct {
	Doc *Document

	ID              string
	Alias           string
	Name            string
	Description     string
	Provider        string
	ItemsSearchKey  string
	Labels          []string
	DefaultDuration Duration
	Version         string
	Columns         []WatchlistColumn
	Items           []Record // values as text; a missing cell is ""
	Body            string   // the CSV file the items came from, "" when they stand in the file
	Metadata        Record
}

// File returns the name of the watchlist's file.
func (w *Watchlist) File() string { return w.Doc.File() }

// WatchlistColumn is a column of a watchlist. The service keeps every cell as text; Type says what rules turn it into.
type WatchlistColumn struct {
	Name        string
	Type        string // "string" when not given
	Description string
}

func readWatchlist(r *reader, n *yaml.Node, l *loader, read func(string) ([]byte, *Problem)) *Watchlist {
	w := &Watchlist{Doc: r.doc}
	var source string
	r.object(n, "a watchlist", []field{
		{"id", r.str(&w.ID)},
		{"alias", r.str(&w.Alias)},
		{"watchlistAlias", r.str(&w.Alias)},
		{"name", r.str(&w.Name)},
		{"displayName", r.str(&w.Name)},
		{"description", r.str(&w.Description)},
		{"provider", r.str(&w.Provider)},
		{"itemsSearchKey", r.str(&w.ItemsSearchKey)},
		{"labels", r.strs(&w.Labels)},
		{"tags", nil},
		{"defaultDuration", r.duration(&w.DefaultDuration)},
		{"version", r.str(&w.Version)},
		{"source", r.str(&source)},
		{"file", r.str(&source)},
		{"contentType", nil}, {"numberOfLinesToSkip", nil}, {"sourceType", nil}, {"refresh", nil},
		{"columns", func(n *yaml.Node) {
			n = r.resolve(n)
			if n != nil && n.Kind == yaml.MappingNode { // columns: {AppId: string}
				r.entries(n, func(name string, _, v *yaml.Node) {
					c := WatchlistColumn{Name: name, Type: "string"}
					r.str(&c.Type)(v)
					w.Columns = append(w.Columns, c)
				})
				return
			}
			if n == nil {
				return
			}
			r.list(n, func(_ int, n *yaml.Node) {
				c := WatchlistColumn{Type: "string"}
				if e := r.resolve(n); e != nil && e.Kind == yaml.ScalarNode {
					c.Name = e.Value
				} else {
					r.object(n, "a column", []field{{"name", r.str(&c.Name)}, {"type", r.str(&c.Type)}, {"description", r.str(&c.Description)}})
				}
				w.Columns = append(w.Columns, c)
			})
		}},
		{"items", func(n *yaml.Node) {
			r.list(n, func(_ int, n *yaml.Node) {
				w.Items = append(w.Items, textRecord(r.record(n)))
			})
		}},
		{"metadata", r.rec(&w.Metadata)},
		{"arm", nil}, // what the service keeps and this form has no word for; package deploy reads it
	})
	r.require(n, "a watchlist", "itemsSearchKey", w.ItemsSearchKey)
	if w.Alias == "" {
		base := path.Base(r.doc.File())
		w.Alias = strings.TrimSuffix(base, path.Ext(base))
	}
	if w.Name == "" {
		w.Name = w.Alias
	}
	if l != nil && !r.doc.Has("items") {
		l.watchlistBody(r, n, w, source, read)
	}
	if len(w.Columns) == 0 && len(w.Items) > 0 {
		for _, f := range w.Items[0] {
			w.Columns = append(w.Columns, WatchlistColumn{Name: f.Name, Type: "string"})
		}
	}
	return w
}

// textRecord turns the values of an item into text, as the service keeps them.
func textRecord(rec Record) Record {
	for i := range rec {
		switch v := rec[i].Value.(type) {
		case string:
		case nil:
			rec[i].Value = ""
		case json.Number:
			rec[i].Value = string(v)
		default:
			rec[i].Value = string(AppendJSON(nil, v))
		}
	}
	return rec
}

// watchlistBody reads the CSV file of a watchlist.
func (l *loader) watchlistBody(r *reader, n *yaml.Node, w *Watchlist, source string, read func(string) ([]byte, *Problem)) {
	file := l.inside(r.doc.File())
	body := strings.TrimSuffix(file, path.Ext(file)) + ".csv"
	named := source != ""
	if named {
		body = path.Join(path.Dir(file), strings.ReplaceAll(source, `\`, "/"))
	}
	at := r.doc.Where("source")
	if !r.doc.Has("source") {
		at = r.doc.Where("file")
	}
	fail := func(code, message, help string) {
		r.problems = append(r.problems, Problem{Span: at, Code: code, Severity: Error, Message: message, Help: help, Path: "source"})
	}
	if !fs.ValidPath(body) {
		fail(CodeReference, fmt.Sprintf("the watchlist's source %q is outside the folder", source), "keep the CSV file beside the watchlist")
		return
	}
	data, problem := read(body)
	if problem != nil {
		if !named && problem.Code == CodeUnreadable {
			fail(CodeReference, "the watchlist has no items", "add items:, or a file "+path.Base(body)+" beside it")
			return
		}
		problem.Span = at
		r.problems = append(r.problems, *problem)
		return
	}
	w.Body = l.outside(body)
	items, columns, err := readCSV(data)
	if err != nil {
		line, column := 1, 1
		var pe *csv.ParseError
		if errors.As(err, &pe) {
			line, column, err = pe.Line, max(1, pe.Column), pe.Err
		}
		r.problems = append(r.problems, Problem{Span: Span{File: w.Body, Start: Position{line, column}}, Code: CodeSyntax, Severity: Error, Message: "the CSV file cannot be read: " + err.Error(), Help: "write one row a line, with the header's number of cells"})
		return
	}
	w.Items = items
	if len(w.Columns) == 0 {
		for _, c := range columns {
			w.Columns = append(w.Columns, WatchlistColumn{Name: c, Type: "string"})
		}
	}
}

// readCSV reads RFC 4180 text with a header line into records of texts.
func readCSV(data []byte) (items []Record, columns []string, err error) {
	c := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(data, []byte("\xEF\xBB\xBF"))))
	columns, err = c.Read()
	if err != nil {
		if errors.Is(err, io.EOF) {
			return nil, nil, errors.New("the file has no header line")
		}
		return nil, nil, err
	}
	for {
		row, err := c.Read()
		if errors.Is(err, io.EOF) {
			return items, columns, nil
		}
		if err != nil {
			return nil, nil, err
		}
		line, _ := c.FieldPos(0)
		rec := make(Record, len(row))
		for i, cell := range row {
			rec[i] = Field{Name: columns[i], Value: cell, Position: Position{line, 1}}
		}
		items = append(items, rec)
	}
}
