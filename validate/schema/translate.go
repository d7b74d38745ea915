package schema

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/content/nearest"
	"github.com/xeipuuv/gojsonschema"
)

// patternWords says in words what the patterns of the schemas ask for.
func patternWords(pattern string) string {
	switch pattern {
	case `^T[0-9]{4}(\.[0-9]{3})?$`:
		return "write a technique as T1078, a sub-technique as T1078.004"
	}
	return "it must match " + pattern
}

// translate makes one sentence of one error of the runner. ok is false for the errors that only repeat others: the
// branches of if, anyOf, oneOf, allOf and not.
func translate(doc *content.Document, e gojsonschema.ResultError) (v Violation, ok bool) {
	words := strings.Split(e.Context().String("\x00"), "\x00")[1:] // the first word is "(root)"
	details := e.Details()
	path := doc.Path(words)
	v.Path = strings.Join(words, ".")
	v.Span = doc.Where(path...)
	what := subject(words, doc.Kind)
	value := show(e.Value())
	switch e.Type() {
	case "condition_then", "condition_else", "number_one_of", "number_any_of", "number_all_of", "number_not", "false":
		return v, false
	case "additional_property_not_allowed":
		if doc.Kind != content.KindConfig {
			return v, false // the reader of content warns about unknown keys, with the nearest known one
		}
		key := fmt.Sprint(details["property"])
		v.Path = strings.TrimPrefix(v.Path+"."+key, ".")
		v.Span = doc.WhereKey(append(path, key)...)
		v.Message, v.Help = fmt.Sprintf("nothing reads the key %q", key), "delete it"
		if best := nearest.Of(key, configKeys(words)); best != "" {
			v.Help = fmt.Sprintf("did you mean %q?", best)
		}
	case "required":
		property := fmt.Sprint(details["property"])
		v.Path = strings.TrimPrefix(v.Path+"."+property, ".")
		v.Message = fmt.Sprintf("%s lacks %s", what, property)
		v.Help = "add a line " + property + ": ..."
		if len(words) > 0 {
			v.Span = doc.WhereKey(path...)
		}
	case "invalid_type":
		v.Message = fmt.Sprintf("%s is %s", what, kindOf(e.Value()))
		v.Help = "it must be " + typeWords(fmt.Sprint(details["expected"]))
	case "enum":
		allowed := enumValues(fmt.Sprint(details["allowed"]))
		v.Message = fmt.Sprintf("%s is %s", what, value)
		v.Help = "it must be one of " + strings.Join(allowed, ", ")
		if s, is := e.Value().(string); is {
			if best := nearest.Of(s, allowed); best != "" {
				v.Help = fmt.Sprintf("write %s; %s", best, v.Help)
			}
		}
	case "const":
		v.Message = fmt.Sprintf("%s is %s", what, value)
		v.Help = fmt.Sprintf("it must be %s", show(details["allowed"]))
	case "string_gte":
		if s, is := e.Value().(string); is && s == "" {
			v.Message, v.Help = what+" is empty", "write a value, or delete the key"
		} else {
			v.Message, v.Help = fmt.Sprintf("%s is too short", what), fmt.Sprintf("%v or more characters are needed", details["min"])
		}
	case "string_lte":
		n := 0
		if s, is := e.Value().(string); is {
			n = len([]rune(s))
		}
		v.Message, v.Help = fmt.Sprintf("%s is %d characters long", what, n), fmt.Sprintf("at most %v are allowed", details["max"])
	case "pattern":
		v.Message, v.Help = fmt.Sprintf("%s is %s", what, value), patternWords(fmt.Sprint(details["pattern"]))
	case "number_gte", "number_gt":
		v.Message, v.Help = fmt.Sprintf("%s is %s", what, value), fmt.Sprintf("it must be %s or more", number(details["min"]))
	case "number_lte", "number_lt":
		v.Message, v.Help = fmt.Sprintf("%s is %s", what, value), fmt.Sprintf("it must be %s or less", number(details["max"]))
	case "array_min_items":
		v.Message, v.Help = what+" is empty", fmt.Sprintf("%v or more entries are needed", details["min"])
	case "array_max_items":
		v.Message, v.Help = what+" is too long", fmt.Sprintf("at most %v entries are allowed", details["max"])
	case "unique":
		v.Message, v.Help = fmt.Sprintf("%s holds a value twice: entries %v and %v", what, details["i"], details["j"]), "delete one of them"
	default:
		v.Message = fmt.Sprintf("%s: %s", what, strings.ToLower(e.Description()))
	}
	return v, true
}

// configKeys are the keys that the configuration's schema has at its root, or where the words lead to: under defaults, in a workspace.
func configKeys(words []string) []string {
	type mapping struct {
		Properties           map[string]json.RawMessage
		AdditionalProperties json.RawMessage
	}
	keys := func(text []byte) (mapping, []string) {
		var m mapping
		if json.Unmarshal(text, &m) != nil {
			return m, nil
		}
		return m, slices.Sorted(maps.Keys(m.Properties))
	}
	text, err := files.ReadFile("config.json")
	if err != nil {
		return nil
	}
	root, list := keys(text)
	if len(words) == 0 {
		return list
	}
	inner, list := keys(root.Properties[words[0]])
	if len(words) > 1 {
		_, list = keys(inner.AdditionalProperties)
	}
	return list
}

// subject names the value: its last key, or the document's kind at the root.
func subject(words []string, k content.Kind) string {
	for i := len(words) - 1; i >= 0; i-- {
		if words[i] == "" || words[i][0] < '0' || words[i][0] > '9' {
			if i < len(words)-1 {
				return "an entry of " + words[i]
			}
			return words[i]
		}
	}
	if k == content.KindConfig {
		return "the configuration"
	}
	return "the " + k.String()
}

func show(v any) string {
	switch v := v.(type) {
	case string:
		r := []rune(v)
		if len(r) > 40 {
			r = append(r[:40], '.', '.', '.')
		}
		return fmt.Sprintf("%q", string(r))
	case nil:
		return "empty"
	case json.Number:
		return v.String()
	case bool:
		return fmt.Sprint(v)
	}
	return kindOf(v)
}

func kindOf(v any) string {
	switch v := v.(type) {
	case map[string]any:
		return "a mapping"
	case []any:
		return "a list"
	case nil:
		return "empty"
	case string, json.Number, bool:
		return show(v)
	}
	return fmt.Sprintf("%v", v)
}

func typeWords(expected string) string {
	names := map[string]string{"string": "a text", "integer": "a whole number", "number": "a number", "boolean": "true or false", "array": "a list", "object": "a mapping of keys to values"}
	parts := strings.FieldsFunc(expected, func(c rune) bool { return c == '/' || c == ',' || c == '[' || c == ']' || c == ' ' })
	for i, p := range parts {
		if w, ok := names[p]; ok {
			parts[i] = w
		}
	}
	return strings.Join(parts, " or ")
}

// enumValues reads the runner's list of JSON texts: "High", "Low".
func enumValues(s string) []string {
	var list []string
	for _, p := range strings.Split(s, ", ") {
		list = append(list, strings.Trim(p, `"`))
	}
	return list
}

func number(v any) string {
	if f, ok := v.(interface{ Text(byte, int) string }); ok {
		return f.Text('f', -1)
	}
	return fmt.Sprint(v)
}
