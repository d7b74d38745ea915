package server

import (
	"encoding/json"
	"errors"
	"unicode/utf8"
)

// strictJSON rewrites the JSON that Resource Manager forgives in templates into that of the standard: comments, names
// without quotes, texts in single quotes or over several lines, commas before a closing bracket. The Azure CLI sends
// templates as they stand in their files, under a name without quotes.
//
// Source: Azure Resource Manager documentation, "Understand the structure and syntax of ARM templates: Comments and
// metadata, Multi-line strings"; azure-cli 2.45.0, JsonCTemplatePolicy.
func strictJSON(in []byte) ([]byte, error) {
	out := make([]byte, 0, len(in))
	comma := false // one that is held back until something follows
	put := func(b ...byte) {
		if comma {
			out = append(out, ',')
			comma = false
		}
		out = append(out, b...)
	}
	for i := 0; i < len(in); {
		switch c := in[i]; {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			i++
		case c == '/':
			n := comment(in[i:])
			if n == 0 {
				return nil, errors.New("a comment is not ended")
			}
			i += n
		case c == '"' || c == '\'':
			text, n, err := quoted(in[i:])
			if err != nil {
				return nil, err
			}
			put(text...)
			i += n
		case c == ',':
			if comma {
				return nil, errors.New("there are two commas in a row")
			}
			comma = true
			i++
		case c == '}' || c == ']':
			comma = false
			put(c)
			i++
		case c == '{' || c == '[' || c == ':':
			put(c)
			i++
		default:
			n := i
			for n < len(in) && (in[n] >= utf8.RuneSelf || in[n] == '_' || in[n] == '$' || in[n] == '.' || in[n] == '+' || in[n] == '-' ||
				in[n] >= '0' && in[n] <= '9' || in[n] >= 'a' && in[n] <= 'z' || in[n] >= 'A' && in[n] <= 'Z') {
				n++
			}
			if n == i {
				return nil, errors.New("there is a character that begins nothing: " + string(rune(c)))
			}
			word := in[i:n]
			i = n
			if named(in[i:]) {
				put(appendJSON(nil, string(word))...)
				continue
			}
			put(append([]byte{' '}, word...)...) // apart from a word before it
		}
	}
	if comma || !json.Valid(out) {
		return nil, errors.New("it is no JSON")
	}
	return out, nil
}

// comment returns the length of a comment, 0 where it has no end.
func comment(in []byte) int {
	if len(in) < 2 {
		return 0
	}
	switch in[1] {
	case '/':
		for i, c := range in {
			if c == '\n' {
				return i + 1
			}
		}
		return len(in)
	case '*':
		for i := 3; i < len(in); i++ {
			if in[i-1] == '*' && in[i] == '/' {
				return i + 1
			}
		}
	}
	return 0
}

// named reports whether a colon is what follows.
func named(in []byte) bool {
	for i := 0; i < len(in); {
		switch in[i] {
		case ' ', '\t', '\n', '\r':
			i++
		case '/':
			n := comment(in[i:])
			if n == 0 {
				return false
			}
			i += n
		default:
			return in[i] == ':'
		}
	}
	return false
}

// quoted rewrites a text in either quotes, and tells how long it was.
func quoted(in []byte) (out []byte, n int, err error) {
	quote := in[0]
	out = append(out, '"')
	for i := 1; i < len(in); i++ {
		switch c := in[i]; {
		case c == quote:
			return append(out, '"'), i + 1, nil
		case c == '\\' && i+1 < len(in):
			i++
			if in[i] == '\'' {
				out = append(out, '\'')
				continue
			}
			out = append(out, '\\', in[i])
		case c == '"':
			out = append(out, '\\', '"')
		case c == '\n':
			out = append(out, '\\', 'n')
		case c == '\r':
			out = append(out, '\\', 'r')
		case c == '\t':
			out = append(out, '\\', 't')
		default:
			out = append(out, c)
		}
	}
	return nil, 0, errors.New("a text is not ended")
}
