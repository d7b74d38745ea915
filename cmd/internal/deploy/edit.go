package deploy

import (
	"bytes"
	"fmt"
	"strings"

	yaml "go.yaml.in/yaml/v4"

	"github.com/seed-caab1ad3/blindspot/content"
)

// aliasesOf are the keys that a file may use for one of ours.
func aliasesOf(key string) []string {
	switch key {
	case "alias":
		return []string{"functionAlias", "FunctionAlias", "FunctionName", "ParserName", "watchlistAlias"}
	case "query":
		return []string{"ParserQuery", "FunctionQuery"}
	case "parameters":
		return []string{"ParserParams", "FunctionParams"}
	case "displayName":
		return []string{"name"}
	case "description":
		return []string{"Description"}
	case "category":
		return []string{"Category"}
	}
	return nil
}

// editFile gives a file of content the values that differ between have (what it says) and want, key by key at the top.
// Scalars are replaced in place, nested scalars too where the shape stays; other values are printed anew in their block.
// Comments, order and quotes elsewhere stay as they are.
func editFile(doc *content.Document, have, want map[string]any, order []string) ([]byte, error) {
	if doc.Root == nil || doc.Root.Kind != yaml.MappingNode || doc.Root.Style&yaml.FlowStyle != 0 {
		return []byte(writeYAML(ordered(want, order...).(content.Record))), nil
	}
	src := doc.Source.Bytes
	for _, k := range order {
		h, hasH := have[k]
		w, hasW := want[k]
		if hasH == hasW && bytes.Equal(compact(plainValues(h)), compact(plainValues(w))) {
			continue
		}
		d, problems := content.Parse(doc.File(), src)
		if d == nil {
			return nil, fmt.Errorf("%s: cannot be edited: %v", doc.File(), problems)
		}
		next, err := editKey(d, k, h, w, hasW, order)
		if err != nil {
			return nil, err
		}
		src = next
	}
	return src, nil
}

func editKey(d *content.Document, k string, have, want any, keep bool, order []string) ([]byte, error) {
	name := k
	for _, a := range aliasesOf(k) {
		if !d.Has(k) && d.Has(a) {
			name = a
		}
	}
	switch {
	case !keep && !d.Has(name):
		return d.Source.Bytes, nil
	case !keep:
		from, to := blockRange(d, name)
		return content.Splice(d.Source.Bytes, content.Edit{Start: from, End: to})
	case !d.Has(name):
		return insertKey(d, name, want, order)
	}
	if edits, ok := inPlace(d, plainValues(have), plainValues(want), []any{name}); ok {
		if out, err := content.Splice(d.Source.Bytes, edits...); err == nil {
			return out, nil
		}
	}
	from, to := blockRange(d, name)
	return content.Splice(d.Source.Bytes, content.Edit{Start: from, End: to, Text: printKey(d, name, want)})
}

// inPlace finds the edits of scalars when the shape of a value stays.
func inPlace(d *content.Document, have, want any, at []any) ([]content.Edit, bool) {
	if bytes.Equal(compact(have), compact(want)) {
		return nil, true
	}
	switch w := want.(type) {
	case map[string]any:
		h, ok := have.(map[string]any)
		if !ok || len(h) != len(w) {
			return nil, false
		}
		var out []content.Edit
		for k := range w {
			if _, there := h[k]; !there {
				return nil, false
			}
			e, ok := inPlace(d, h[k], w[k], append(at[:len(at):len(at)], k))
			if !ok {
				return nil, false
			}
			out = append(out, e...)
		}
		return out, true
	case []any:
		h, ok := have.([]any)
		if !ok || len(h) != len(w) {
			return nil, false
		}
		var out []content.Edit
		for i := range w {
			e, ok := inPlace(d, h[i], w[i], append(at[:len(at):len(at)], i))
			if !ok {
				return nil, false
			}
			out = append(out, e...)
		}
		return out, true
	case nil:
		return nil, false
	}
	switch have.(type) {
	case map[string]any, []any, nil:
		return nil, false
	}
	_, wasText := have.(string)
	text, isText := want.(string)
	if wasText != isText {
		return nil, false
	}
	if !isText {
		text = fmt.Sprint(want)
	}
	e, err := d.ReplaceScalar(text, at...)
	return []content.Edit{e}, err == nil
}

// blockRange is the stretch of a top-level key: from its line to the line of the next key, without the comments and blank
// lines before that one.
func blockRange(d *content.Document, name string) (from, to int) {
	list := d.Root.Content
	line, next := 0, d.Source.Lines()+1
	for i := 0; i+1 < len(list); i += 2 {
		if list[i].Value == name {
			line = list[i].Line
			if i+2 < len(list) {
				next = list[i+2].Line
			}
		}
	}
	for next > line+1 {
		text := d.Source.Line(next - 1)
		if strings.TrimSpace(text) != "" && !strings.HasPrefix(text, "#") {
			break
		}
		next--
	}
	from = d.Source.Offset(content.Position{Line: line, Column: 1})
	if next > d.Source.Lines() {
		return from, len(d.Source.Bytes)
	}
	return from, d.Source.Offset(content.Position{Line: next, Column: 1})
}

func printKey(d *content.Document, name string, v any) string {
	text := writeYAML(content.Record{{Name: name, Value: ordered(v, nestedOrder[:]...)}})
	if bytes.Contains(d.Source.Bytes, []byte("\r\n")) {
		text = strings.ReplaceAll(text, "\n", "\r\n")
	}
	return text
}

// insertKey adds a key behind the nearest one that comes before it in the order of a file.
func insertKey(d *content.Document, name string, v any, order []string) ([]byte, error) {
	at := -1
	for _, k := range order {
		if k == name {
			break
		}
		if d.Has(k) {
			_, at = blockRange(d, k)
		}
	}
	if at < 0 {
		at = d.Source.Offset(content.Position{Line: d.Root.Line, Column: 1})
	}
	text := printKey(d, name, v)
	if at > 0 && at <= len(d.Source.Bytes) && d.Source.Bytes[at-1] != '\n' {
		text = "\n" + text
	}
	return content.Splice(d.Source.Bytes, content.Edit{Start: at, End: at, Text: text})
}
