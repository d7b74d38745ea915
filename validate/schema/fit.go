package schema

import (
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"unicode/utf8"

	yaml "go.yaml.in/yaml/v4"
)

// Most documents are right, and of those nothing has to be said. shape reads the same schemas for that one answer: a
// document of which fits says yes has no violation. Whatever it does not know, a keyword, an alias, a number of unusual
// spelling, makes it say no; then the real runner is asked, which alone says what is wrong.
type shape struct {
	types      []string
	properties map[string]*shape
	required   []string
	closed     bool   // additionalProperties is false
	others     *shape // additionalProperties is a schema
	items      *shape
	unique     bool
	minItems   int
	minLength  int
	maxLength  int // -1 without a bound
	minimum    *float64
	maximum    *float64
	enum       []string
	pattern    *regexp.Regexp
	unsure     bool // it holds what is not read here
}

// shapes are read when a kind is first asked for; nil when a schema cannot be read, which compile then says.
var shapes sync.Map // name -> func() *shape

func shapeOf(name string) *shape {
	once, ok := shapes.Load(name)
	if !ok {
		once, _ = shapes.LoadOrStore(name, sync.OnceValue(func() *shape { return readShapes(name) }))
	}
	return once.(func() *shape)()
}

func readShapes(name string) *shape {
	definitions := definitions()
	own, ok := readJSON(name + ".json")
	if !ok || definitions == nil {
		return nil
	}
	r := shapeReader{definitions: definitions, known: map[string]*shape{}}
	return r.read(own)
}

// definitions are those that the schemas share.
var definitions = sync.OnceValue(func() map[string]any {
	common, _ := readJSON("common.json")
	all, _ := common.(map[string]any)
	list, _ := all["definitions"].(map[string]any)
	return list
})

func readJSON(file string) (v any, ok bool) {
	b, err := files.ReadFile(file)
	return v, err == nil && json.Unmarshal(b, &v) == nil
}

type shapeReader struct {
	definitions map[string]any
	known       map[string]*shape
}

func (r *shapeReader) read(schema any) *shape {
	s := &shape{maxLength: -1}
	fields, ok := schema.(map[string]any)
	s.unsure = !ok
	if ref, ok := fields["$ref"].(string); ok {
		return r.reference(ref) // what stands beside a reference does not count in draft-07
	}
	texts := func(v any) []string {
		list, ok := v.([]any)
		out := make([]string, len(list))
		for i := range list {
			var text bool
			out[i], text = list[i].(string)
			ok = ok && text
		}
		s.unsure = s.unsure || !ok
		return out
	}
	number := func(v any) float64 {
		n, ok := v.(float64)
		s.unsure = s.unsure || !ok
		return n
	}
	for key, v := range fields {
		switch key {
		case "$schema", "$id", "title", "description", "default", "examples", "$comment":
		case "type":
			if one, ok := v.(string); ok {
				s.types = []string{one}
			} else {
				s.types = texts(v)
			}
		case "properties":
			list, ok := v.(map[string]any)
			s.unsure = s.unsure || !ok
			s.properties = make(map[string]*shape, len(list))
			for name, v := range list {
				s.properties[name] = r.read(v)
			}
		case "additionalProperties":
			if any, ok := v.(bool); ok {
				s.closed = !any
			} else {
				s.others = r.read(v)
			}
		case "required":
			s.required = texts(v)
		case "items":
			s.items = r.read(v)
		case "uniqueItems":
			s.unique, ok = v.(bool)
			s.unsure = s.unsure || !ok
		case "minItems":
			s.minItems = int(number(v))
		case "minLength":
			s.minLength = int(number(v))
		case "maxLength":
			s.maxLength = int(number(v))
		case "minimum":
			n := number(v)
			s.minimum = &n
		case "maximum":
			n := number(v)
			s.maximum = &n
		case "enum":
			s.enum = texts(v) // of anything but texts it is not read
		case "pattern":
			text, _ := v.(string)
			var err error
			if s.pattern, err = regexp.Compile(text); err != nil {
				s.unsure = true
			}
		default:
			s.unsure = true
		}
	}
	return s
}

func (r *shapeReader) reference(ref string) *shape {
	const common = "common.json#/definitions/"
	if len(ref) < len(common) || ref[:len(common)] != common {
		return &shape{unsure: true}
	}
	name := ref[len(common):]
	s, ok := r.known[name]
	if !ok {
		s = &shape{unsure: true} // for a definition that refers to itself
		r.known[name] = s
		if b, there := r.definitions[name]; there {
			s = r.read(b)
			r.known[name] = s
		}
	}
	return s
}

// manyKeys is how many keys of a mapping are compared with each other; larger ones are left to the runner.
const manyKeys = 200

// fits reports whether a node is surely right.
func (s *shape) fits(n *yaml.Node) bool {
	if s.unsure {
		return false
	}
	switch n.Kind {
	case yaml.MappingNode:
		return s.fitsMapping(n)
	case yaml.SequenceNode:
		return s.fitsSequence(n)
	case yaml.ScalarNode:
		return s.fitsScalar(n)
	}
	return false
}

func (s *shape) takes(kind string) bool {
	return s.types == nil || slices.Contains(s.types, kind) || kind == "integer" && slices.Contains(s.types, "number")
}

func (s *shape) fitsMapping(n *yaml.Node) bool {
	if !s.takes("object") || s.enum != nil || len(n.Content) > 2*manyKeys {
		return false
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		if key.Kind != yaml.ScalarNode || key.Tag == "!!merge" {
			return false
		}
		for j := 0; j < i; j += 2 {
			if n.Content[j].Value == key.Value {
				return false
			}
		}
		of, known := s.properties[key.Value]
		switch {
		case !known && s.closed:
			return false
		case !known:
			of = s.others
		}
		if of != nil && !of.fits(n.Content[i+1]) || of == nil && !plain(n.Content[i+1]) {
			return false
		}
	}
	for _, name := range s.required {
		found := false
		for i := 0; i+1 < len(n.Content) && !found; i += 2 {
			found = n.Content[i].Value == name
		}
		if !found {
			return false
		}
	}
	return true
}

// plain reports whether a tree holds no aliases: it is then what it seems.
func plain(n *yaml.Node) bool {
	for _, c := range n.Content {
		if !plain(c) {
			return false
		}
	}
	return n.Kind != yaml.AliasNode
}

func (s *shape) fitsSequence(n *yaml.Node) bool {
	if !s.takes("array") || s.enum != nil || len(n.Content) < s.minItems {
		return false
	}
	if s.unique && len(n.Content) > manyKeys {
		return false
	}
	for i, e := range n.Content {
		if s.items != nil && !s.items.fits(e) || s.items == nil && !plain(e) {
			return false
		}
		if !s.unique {
			continue
		}
		if e.Kind != yaml.ScalarNode || scalarKind(e) != "string" {
			return false
		}
		for _, before := range n.Content[:i] {
			if before.Value == e.Value {
				return false
			}
		}
	}
	return true
}

// scalarKind is the JSON type of a scalar, as content.Document.JSON has it; "" when that takes a closer look.
func scalarKind(n *yaml.Node) string {
	switch n.Tag {
	case "!!null":
		return "null"
	case "!!bool":
		switch n.Value {
		case "true", "false":
			return "boolean"
		}
		return ""
	case "!!int":
		digits := n.Value
		if len(digits) > 0 && digits[0] == '-' {
			digits = digits[1:]
		}
		if digits == "" || len(digits) > 15 || digits[0] == '0' && len(digits) > 1 {
			return ""
		}
		for i := range len(digits) {
			if digits[i] < '0' || digits[i] > '9' {
				return ""
			}
		}
		return "integer"
	case "!!str", "!!timestamp":
		return "string"
	}
	return ""
}

func (s *shape) fitsScalar(n *yaml.Node) bool {
	kind := scalarKind(n)
	if kind == "" || !s.takes(kind) {
		return false
	}
	switch kind {
	case "string":
		if s.enum != nil && !slices.Contains(s.enum, n.Value) {
			return false
		}
		if s.minLength > 0 || s.maxLength >= 0 {
			length := len(n.Value)
			if s.maxLength >= 0 && length > s.maxLength || length < 4*s.minLength {
				length = utf8.RuneCountInString(n.Value)
			}
			if length < s.minLength || s.maxLength >= 0 && length > s.maxLength {
				return false
			}
		}
		return s.pattern == nil || s.pattern.MatchString(n.Value)
	case "integer":
		v, err := strconv.ParseInt(n.Value, 10, 64)
		return err == nil && s.enum == nil && (s.minimum == nil || float64(v) >= *s.minimum) && (s.maximum == nil || float64(v) <= *s.maximum)
	}
	return s.enum == nil
}
