// Package shape describes documents that the program prints: the Go type that is encoded comes in, the JSON Schema of what
// comes out of it goes out. Because the type itself is read, the two cannot part.
package shape

import (
	"encoding/json"
	"reflect"
	"strings"
	"time"
)

// Schema returns the JSON Schema (draft-07) of a type's encoding. More properties may be there than are described: fields
// are added without a new version, none is removed.
func Schema(id, title string, t reflect.Type) map[string]any {
	s := of(t, map[reflect.Type]bool{})
	s["$schema"] = "http://json-schema.org/draft-07/schema#"
	s["$id"] = "https://blindspot.example/schema/" + id + ".json"
	s["title"] = title
	return s
}

var (
	timeType      = reflect.TypeFor[time.Time]()
	marshalerType = reflect.TypeFor[json.Marshaler]()
	textType      = reflect.TypeFor[interface{ MarshalText() ([]byte, error) }]()
)

func of(t reflect.Type, inside map[reflect.Type]bool) map[string]any {
	switch {
	case t == timeType:
		return map[string]any{"type": "string", "format": "date-time"}
	case t.Kind() != reflect.Pointer && t.Kind() != reflect.Interface && (t.Implements(marshalerType) || reflect.PointerTo(t).Implements(marshalerType)):
		return map[string]any{}
	case t.Kind() != reflect.Pointer && t.Implements(textType):
		return map[string]any{"type": "string"}
	}
	switch t.Kind() {
	case reflect.String:
		return map[string]any{"type": "string"}
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64, reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return map[string]any{"type": "integer"}
	case reflect.Float32, reflect.Float64:
		return map[string]any{"type": "number"}
	case reflect.Slice, reflect.Array:
		return map[string]any{"type": "array", "items": of(t.Elem(), inside)}
	case reflect.Map:
		return map[string]any{"type": "object", "additionalProperties": of(t.Elem(), inside)}
	case reflect.Pointer:
		return nullable(of(t.Elem(), inside))
	case reflect.Struct:
		if inside[t] {
			return map[string]any{"type": "object"} // of its own kind again
		}
		inside[t] = true
		defer delete(inside, t)
		properties, required := map[string]any{}, []string{}
		fields(t, inside, properties, &required)
		s := map[string]any{"type": "object", "properties": properties}
		if len(required) > 0 {
			s["required"] = required
		}
		return s
	}
	return map[string]any{}
}

func fields(t reflect.Type, inside map[reflect.Type]bool, properties map[string]any, required *[]string) {
	for i := range t.NumField() {
		f := t.Field(i)
		tag := f.Tag.Get("json")
		name, options, _ := strings.Cut(tag, ",")
		if name == "-" || !f.IsExported() && !f.Anonymous {
			continue
		}
		if f.Anonymous && name == "" && f.Type.Kind() == reflect.Struct {
			fields(f.Type, inside, properties, required)
			continue
		}
		if name == "" {
			name = f.Name
		}
		properties[name] = of(f.Type, inside)
		if !strings.Contains(options, "omitempty") && !strings.Contains(options, "omitzero") {
			*required = append(*required, name)
		} else if p, ok := properties[name].(map[string]any); ok && f.Type.Kind() == reflect.Pointer {
			properties[name] = bare(p) // left out instead of null
		}
	}
}

// nullable lets a null stand as well.
func nullable(s map[string]any) map[string]any {
	if t, ok := s["type"].(string); ok {
		s["type"] = []string{t, "null"}
	}
	return s
}

func bare(s map[string]any) map[string]any {
	if t, ok := s["type"].([]string); ok {
		s["type"] = t[0]
	}
	return s
}
