package content

import (
	"encoding/json"
	"math/big"
	"strconv"
	"strings"

	yaml "go.yaml.in/yaml/v4"
)

// Record is an ordered mapping: a row of a table, the fields of an event template, an object inside a dynamic value.
type Record []Field

// Field is one entry of a Record. Value is nil, bool, string, json.Number (the number as it was written, in JSON's form),
// []any or Record. Position is the place of the value, zero when it was not read from a file.
type Field struct {
	Name     string
	Value    any
	Position Position
}

// Get returns the value of a field and whether it is there.
func (r Record) Get(name string) (any, bool) {
	for i := range r {
		if r[i].Name == name {
			return r[i].Value, true
		}
	}
	return nil, false
}

// MarshalJSON writes the record as a JSON object, keys in their order.
func (r Record) MarshalJSON() ([]byte, error) { return AppendJSON(nil, r), nil }

// AppendJSON appends the JSON text of a value of this package: no blanks, keys in the order written, no escapes that JSON
// does not ask for.
func AppendJSON(b []byte, v any) []byte {
	switch v := v.(type) {
	case nil:
		return append(b, "null"...)
	case bool:
		return strconv.AppendBool(b, v)
	case json.Number:
		return append(b, v...)
	case string:
		return appendJSONString(b, v)
	case []any:
		b = append(b, '[')
		for i, e := range v {
			if i > 0 {
				b = append(b, ',')
			}
			b = AppendJSON(b, e)
		}
		return append(b, ']')
	case Record:
		b = append(b, '{')
		for i, f := range v {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(appendJSONString(b, f.Name), ':')
			b = AppendJSON(b, f.Value)
		}
		return append(b, '}')
	}
	return append(b, "null"...)
}

func appendJSONString(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c == '\n':
			b = append(b, '\\', 'n')
		case c == '\r':
			b = append(b, '\\', 'r')
		case c == '\t':
			b = append(b, '\\', 't')
		case c < ' ':
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		default:
			b = append(b, c)
		}
	}
	return append(b, '"')
}

// plainJSON turns a value into what encoding/json would decode, for the schema runner: Record becomes map[string]any.
func plainJSON(v any) any {
	switch v := v.(type) {
	case Record:
		m := make(map[string]any, len(v))
		for _, f := range v {
			m[f.Name] = plainJSON(f.Value)
		}
		return m
	case []any:
		l := make([]any, len(v))
		for i := range v {
			l[i] = plainJSON(v[i])
		}
		return l
	}
	return v
}

// scalarValue is the value of a plain or quoted scalar: only null, true, false and numbers are not strings. Dates stay
// text, and so do words like yes and on.
func scalarValue(n *yaml.Node) any {
	switch n.Tag {
	case "!!null":
		return nil
	case "!!bool":
		switch n.Value {
		case "true", "True", "TRUE":
			return true
		case "false", "False", "FALSE":
			return false
		}
	case "!!int", "!!float":
		if j, ok := jsonNumber(n.Value); ok {
			return j
		}
	}
	return n.Value
}

// jsonNumber turns YAML's ways of writing numbers (+1, 0x1F, 0o17, .5, 1_000) into JSON's. Infinities and what is not a
// number stay text.
func jsonNumber(s string) (json.Number, bool) {
	if len(s) > 400 {
		return "", false
	}
	t := strings.ReplaceAll(strings.TrimPrefix(s, "+"), "_", "")
	if validJSONNumber(t) {
		return json.Number(t), true
	}
	if i, ok := new(big.Int).SetString(t, 0); ok {
		return json.Number(i.String()), true
	}
	sign := ""
	if strings.HasPrefix(t, "-") {
		sign, t = "-", t[1:]
	}
	if strings.HasPrefix(t, ".") {
		t = "0" + t
	}
	if i := strings.IndexByte(t, '.'); i >= 0 && (i+1 == len(t) || t[i+1] < '0' || t[i+1] > '9') {
		t = t[:i] + t[i+1:]
	}
	for len(t) > 1 && t[0] == '0' && '0' <= t[1] && t[1] <= '9' {
		t = t[1:]
	}
	if t = sign + t; validJSONNumber(t) {
		return json.Number(t), true
	}
	return "", false
}

func validJSONNumber(s string) bool {
	if s == "" || s[0] != '-' && (s[0] < '0' || s[0] > '9') {
		return false
	}
	return json.Valid([]byte(s))
}
