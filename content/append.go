package content

import (
	"fmt"
	"strings"

	yaml "go.yaml.in/yaml/v4"
)

// AppendItem returns the edit that puts a text behind the last item of the list of texts at a path, in the list's own layout. The edit is
// checked: the edited file reads as before with the item added. An empty list cannot be appended to.
func (d *Document) AppendItem(value string, path ...any) (Edit, error) {
	if d.Root == nil {
		return Edit{}, fmt.Errorf("%s is kept raw and cannot be edited", d.File())
	}
	list, _, ok := d.find(path)
	if !ok || list.Kind != yaml.SequenceNode || len(list.Content) == 0 {
		return Edit{}, fmt.Errorf("%s: there is no list with items at %q", d.Where(path...), pathString(path))
	}
	last := list.Content[len(list.Content)-1]
	src := d.Source.Bytes
	sc := locate(d.Source, last)
	a := align(src, sc, last.Value)
	if last.Kind != yaml.ScalarNode || !a.exact || !plainSafe(value, &yaml.Node{Tag: "!!str"}) {
		return Edit{}, fmt.Errorf("%s: the layout of this list is too unusual to edit", d.NodeSpan(last))
	}
	e := Edit{Start: a.end, End: a.end, Text: ", " + value}
	if list.Style&yaml.FlowStyle == 0 {
		start := sc.offset
		for start > 0 && src[start-1] != '\n' {
			start--
		}
		lead := string(src[start:sc.offset])
		dash := strings.LastIndexByte(lead, '-')
		if dash < 0 {
			return Edit{}, fmt.Errorf("%s: the layout of this list is too unusual to edit", d.NodeSpan(last))
		}
		eol := "\n"
		if i := strings.IndexByte(string(src), '\n'); i > 0 && src[i-1] == '\r' {
			eol = "\r\n"
		}
		// What stands before the dash may be the dash of an outer list.
		e.Text = eol + strings.ReplaceAll(lead[:dash], "-", " ") + lead[dash:] + value
		// A comment behind the last item stays on its line.
		for e.Start < len(src) && breakLen(src, e.Start) == 0 {
			e.Start++
		}
		e.End = e.Start
	}
	edited, err := Splice(src, e)
	if err != nil {
		return Edit{}, err
	}
	again, _ := Parse(d.File(), edited)
	if again == nil {
		return Edit{}, fmt.Errorf("%s: the item cannot be written in place", d.NodeSpan(last))
	}
	got, _, ok := again.find(path)
	if !ok || got.Kind != yaml.SequenceNode || len(got.Content) != len(list.Content)+1 || got.Content[len(list.Content)].Value != value {
		return Edit{}, fmt.Errorf("%s: the item cannot be written in place", d.NodeSpan(last))
	}
	for i, n := range list.Content {
		if got.Content[i].Kind != n.Kind || got.Content[i].Value != n.Value {
			return Edit{}, fmt.Errorf("%s: the item cannot be written in place", d.NodeSpan(last))
		}
	}
	return e, nil
}
