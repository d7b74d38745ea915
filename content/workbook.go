package content

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path"
	"strings"
)

// Workbook is an Azure workbook. The JSON is kept as it is in Raw; the head and the queries are read out of it. Workbook
// files nest far and repeat keys of their own, so what an item means beyond its query is left to package workbook.
type Workbook struct {
	Doc *Document // the source; its Root is nil

	Name    string // the file's base name
	Version string // "Notebook/1.0"
	Raw     json.RawMessage
	Items   []WorkbookItem // depth first, in the order of the page
}

// File returns the name of the workbook's file.
func (w *Workbook) File() string { return w.Doc.File() }

// WorkbookItem is one item of a workbook's page. Type is the number the format uses: 1 text, 3 query, 9 parameters, 10
// metric, 11 links, 12 group.
type WorkbookItem struct {
	Type  int
	Name  string
	Path  string // "items.3.content.items.0"
	Query string // of a query item, or of each parameter as its own item of type 9
	Raw   json.RawMessage
}

func readWorkbook(src *Source) (*Workbook, []Problem) {
	fail := func(offset int, message, help string) (*Workbook, []Problem) {
		return nil, []Problem{{Span: Span{File: src.File, Start: src.Position(offset)}, Code: CodeSyntax, Severity: Error, Message: message, Help: help}}
	}
	if p, bad := textProblem(src); bad {
		return nil, []Problem{p}
	}
	if len(bytes.TrimSpace(src.Bytes)) == 0 {
		return nil, []Problem{emptyProblem(src)}
	}
	var head struct {
		Version string            `json:"version"`
		Items   []json.RawMessage `json:"items"`
	}
	if err := json.Unmarshal(src.Bytes, &head); err != nil {
		switch e := err.(type) {
		case *json.SyntaxError:
			return fail(int(e.Offset)-1, "the file is no JSON: "+e.Error(), "a workbook is one JSON object")
		case *json.UnmarshalTypeError:
			return fail(int(e.Offset)-1, fmt.Sprintf("%q of the workbook is a %s", e.Field, e.Value), "a workbook is a JSON object with version and items")
		}
		return fail(0, "the file is no JSON: "+err.Error(), "")
	}
	if !strings.HasPrefix(head.Version, "Notebook/") {
		return fail(0, "the file is no workbook: it has no version Notebook/1.0", "save the workbook's gallery template (Advanced editor)")
	}
	base := path.Base(src.File)
	w := &Workbook{Doc: &Document{Source: src, Kind: KindWorkbook}, Name: strings.TrimSuffix(base, path.Ext(base)), Version: head.Version, Raw: src.Bytes}
	problems := w.walk(head.Items, "items", 0)
	return w, problems
}

func (w *Workbook) walk(items []json.RawMessage, at string, depth int) (problems []Problem) {
	if depth > 20 {
		return []Problem{{Span: Span{File: w.File(), Start: Position{1, 1}}, Code: CodeSyntax, Severity: Error, Message: "the workbook's groups nest more than 20 deep", Help: "flatten them", Path: at}}
	}
	for i, raw := range items {
		here := fmt.Sprintf("%s.%d", at, i)
		var item struct {
			Type    json.Number `json:"type"`
			Name    string      `json:"name"`
			Content struct {
				Query      string            `json:"query"`
				Items      []json.RawMessage `json:"items"`
				Parameters []struct {
					Name  string `json:"name"`
					Query string `json:"query"`
				} `json:"parameters"`
			} `json:"content"`
		}
		if err := json.Unmarshal(raw, &item); err != nil {
			problems = append(problems, Problem{Span: Span{File: w.File(), Start: Position{1, 1}}, Code: CodeType, Severity: Error, Message: fmt.Sprintf("%s of the workbook cannot be read: %s", here, err), Path: here})
			continue
		}
		kind, _ := item.Type.Int64()
		w.Items = append(w.Items, WorkbookItem{Type: int(kind), Name: item.Name, Path: here, Query: item.Content.Query, Raw: raw})
		for j, p := range item.Content.Parameters {
			if p.Query != "" {
				w.Items = append(w.Items, WorkbookItem{Type: int(kind), Name: p.Name, Path: fmt.Sprintf("%s.content.parameters.%d", here, j), Query: p.Query})
			}
		}
		problems = append(problems, w.walk(item.Content.Items, here+".content.items", depth+1)...)
	}
	return problems
}

// looksLikeWorkbook says whether a JSON document has a workbook's head, without reading it all.
func looksLikeWorkbook(b []byte) bool {
	head := b
	if len(head) > 4096 {
		head = head[:4096]
	}
	return bytes.Contains(head, []byte(`"Notebook/1.0"`)) || bytes.Contains(head, []byte(`KqlItem/1.0`))
}
