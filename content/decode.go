package content

import (
	"fmt"
	"strconv"

	"github.com/seed-caab1ad3/blindspot/content/nearest"
	yaml "go.yaml.in/yaml/v4"
)

// reader takes typed values out of a document's nodes and notes what does not fit. It never stops at the first problem: a
// value that does not fit keeps its zero value.
type reader struct {
	doc       *Document
	problems  []Problem
	path      []any
	visited   int
	exhausted bool
}

// field says how a mapping's key is read. A nil read accepts any value and ignores it.
type field struct {
	name string
	read func(*yaml.Node)
}

func (r *reader) report(n *yaml.Node, code string, sev Severity, message, help string) {
	r.problems = append(r.problems, Problem{Span: r.doc.NodeSpan(n), Code: code, Severity: sev, Message: message, Help: help, Path: pathString(r.path)})
}

// resolve follows aliases and counts what is read, so that a file of aliases to aliases ends.
func (r *reader) resolve(n *yaml.Node) *yaml.Node {
	r.visited++
	if r.visited > maxNodes {
		if !r.exhausted {
			r.exhausted = true
			r.report(n, CodeSyntax, Error, "the aliases of the file expand to too many values", "write the values out")
		}
		return nil
	}
	for i := 0; n != nil && n.Kind == yaml.AliasNode; i++ {
		if i > maxDepth {
			return nil
		}
		n = n.Alias
	}
	if len(r.path) > maxDepth {
		if !r.exhausted {
			r.exhausted = true
			r.report(n, CodeSyntax, Error, "an alias of the file holds itself", "write the values out")
		}
		return nil
	}
	return n
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }

func nodeKind(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	}
	if isNull(n) {
		return "nothing"
	}
	v := n.Value
	if len(v) > 40 {
		v = v[:40] + "..."
	}
	return strconv.Quote(v)
}

// name of the value being read, for messages: the last key of the path.
func (r *reader) name() string {
	for i := len(r.path) - 1; i >= 0; i-- {
		if s, ok := r.path[i].(string); ok {
			return s
		}
	}
	return "the file"
}

func (r *reader) wrong(n *yaml.Node, want string) {
	r.report(n, CodeType, Error, fmt.Sprintf("%s is %s", r.name(), nodeKind(n)), "it must be "+want)
}

// object reads a mapping by its table of fields. Unknown keys are warned about with the nearest known one.
func (r *reader) object(n *yaml.Node, what string, fields []field) {
	n = r.resolve(n)
	if n == nil {
		return
	}
	if n.Kind != yaml.MappingNode {
		if isNull(n) {
			return
		}
		r.wrong(n, "a mapping of keys to values")
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		if k.Kind != yaml.ScalarNode || k.Tag == "!!merge" {
			continue
		}
		known := false
		for _, f := range fields {
			if f.name != k.Value {
				continue
			}
			known = true
			if f.read != nil {
				r.path = append(r.path, k.Value)
				f.read(v)
				r.path = r.path[:len(r.path)-1]
			}
			break
		}
		if !known {
			f := nearest.New(k.Value)
			for _, c := range fields {
				f.Try(c.name)
			}
			help := "delete it, or check its spelling"
			if best := f.Best(); best != "" {
				help = fmt.Sprintf("did you mean %q?", best)
			}
			r.path = append(r.path, k.Value)
			r.report(k, CodeUnknownKey, Warning, fmt.Sprintf("%s has no key %q", what, k.Value), help)
			r.path = r.path[:len(r.path)-1]
		}
	}
}

// entries reads a mapping whose keys are names that the file chooses.
func (r *reader) entries(n *yaml.Node, read func(name string, key, value *yaml.Node)) {
	n = r.resolve(n)
	if n == nil || isNull(n) {
		return
	}
	if n.Kind != yaml.MappingNode {
		r.wrong(n, "a mapping of names to values")
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		if k.Kind != yaml.ScalarNode || k.Tag == "!!merge" {
			continue
		}
		r.path = append(r.path, k.Value)
		read(k.Value, k, v)
		r.path = r.path[:len(r.path)-1]
	}
}

// list reads a sequence.
func (r *reader) list(n *yaml.Node, read func(i int, n *yaml.Node)) {
	n = r.resolve(n)
	if n == nil || isNull(n) {
		return
	}
	if n.Kind != yaml.SequenceNode {
		r.wrong(n, "a list")
		return
	}
	for i, e := range n.Content {
		r.path = append(r.path, i)
		read(i, e)
		r.path = r.path[:len(r.path)-1]
	}
}

// scalar returns a scalar's node, or nil after reporting what it is instead.
func (r *reader) scalar(n *yaml.Node, want string) *yaml.Node {
	n = r.resolve(n)
	if n == nil {
		return nil
	}
	if n.Kind != yaml.ScalarNode {
		r.wrong(n, want)
		return nil
	}
	return n
}

func (r *reader) str(dst *string) func(*yaml.Node) {
	return func(n *yaml.Node) {
		if n = r.scalar(n, "a text"); n != nil && !isNull(n) {
			*dst = n.Value
		}
	}
}

func (r *reader) text(dst *Text) func(*yaml.Node) {
	return func(n *yaml.Node) {
		if n = r.scalar(n, "a text"); n != nil && !isNull(n) {
			*dst = r.doc.text(n)
		}
	}
}

// text makes the Text of a scalar node.
func (d *Document) text(n *yaml.Node) Text {
	return Text{s: n.Value, o: &origin{source: d.Source, scalar: locate(d.Source, n)}}
}

func (r *reader) strs(dst *[]string) func(*yaml.Node) {
	return func(n *yaml.Node) {
		*dst = nil
		r.list(n, func(_ int, n *yaml.Node) {
			var s string
			if n = r.scalar(n, "a text"); n != nil {
				s = n.Value
			}
			*dst = append(*dst, s)
		})
	}
}

func (r *reader) boolean(dst *bool) func(*yaml.Node) {
	return func(n *yaml.Node) {
		if n = r.scalar(n, "true or false"); n == nil || isNull(n) {
			return
		}
		if b, ok := scalarValue(n).(bool); ok && n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) == 0 {
			*dst = b
			return
		}
		r.wrong(n, "true or false")
	}
}

// integer reads a whole number between the bounds that an int32 has, which is what the service keeps.
func (r *reader) integer(dst *int) func(*yaml.Node) {
	return func(n *yaml.Node) {
		if n = r.scalar(n, "a whole number"); n == nil || isNull(n) {
			return
		}
		v, err := strconv.ParseInt(n.Value, 10, 32)
		if err != nil {
			r.wrong(n, "a whole number")
			return
		}
		*dst = int(v)
	}
}

func (r *reader) duration(dst *Duration) func(*yaml.Node) {
	return func(n *yaml.Node) {
		if n = r.scalar(n, "a duration, for instance 5m, 1h or 14d"); n == nil || isNull(n) {
			return
		}
		d, err := ParseDuration(n.Value)
		if err != nil {
			r.report(n, CodeType, Error, err.Error(), "")
			return
		}
		*dst = d
	}
}

func (r *reader) moment(dst *Moment) func(*yaml.Node) {
	return func(n *yaml.Node) {
		if n = r.scalar(n, "a moment, for instance -30m or 2026-01-05T11:00:00Z"); n == nil || isNull(n) {
			return
		}
		m, err := ParseMoment(n.Value)
		if err != nil {
			r.report(n, CodeType, Error, err.Error(), "")
			return
		}
		*dst = m
	}
}

// value reads any value: nil, bool, string, json.Number, []any or Record.
func (r *reader) value(n *yaml.Node) any {
	n = r.resolve(n)
	if n == nil {
		return nil
	}
	switch n.Kind {
	case yaml.ScalarNode:
		return scalarValue(n)
	case yaml.SequenceNode:
		l := make([]any, 0, len(n.Content))
		r.list(n, func(_ int, e *yaml.Node) { l = append(l, r.value(e)) })
		return l
	case yaml.MappingNode:
		return r.record(n)
	}
	return nil
}

// record reads a mapping in its order. A key that comes twice keeps its first value; the tree check has reported it.
func (r *reader) record(n *yaml.Node) Record {
	rec := Record{}
	seen := map[string]bool{}
	r.entries(n, func(name string, _, v *yaml.Node) {
		if !seen[name] {
			seen[name] = true
			rec = append(rec, Field{Name: name, Value: r.value(v), Position: Position{v.Line, v.Column}})
		}
	})
	return rec
}

func (r *reader) rec(dst *Record) func(*yaml.Node) {
	return func(n *yaml.Node) { *dst = r.record(n) }
}
