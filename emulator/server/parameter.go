package server

import (
	"fmt"
	"strings"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/symbol"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
)

// parseParameters reads a saved function's parameters as the service writes them: `name:type = default, T:(A:string)`.
//
// Source: Azure Monitor documentation, "Functions in Azure Monitor log queries".
func parseParameters(text string) ([]symbol.Parameter, error) {
	var out []symbol.Parameter
	parts, err := outside(text, ',')
	if err != nil {
		return nil, err
	}
	for _, part := range parts {
		if part = strings.TrimSpace(part); part == "" {
			if len(parts) == 1 {
				return nil, nil
			}
			return nil, fmt.Errorf("a parameter is empty in %q", text)
		}
		name, rest, ok := strings.Cut(part, ":")
		name = strings.TrimSpace(name)
		if !ok || !identifier(name) {
			return nil, fmt.Errorf("%q is no parameter; write name:type or name:type=default", part)
		}
		p := symbol.Parameter{Name: name}
		rest = strings.TrimSpace(rest)
		if strings.HasPrefix(rest, "(") {
			if !strings.HasSuffix(rest, ")") {
				return nil, fmt.Errorf("the table of the parameter %q is not closed", name)
			}
			p.Tabular = true
			if p.Columns, err = tableColumns(rest[1 : len(rest)-1]); err != nil {
				return nil, err
			}
			out = append(out, p)
			continue
		}
		typeName, def, has := strings.Cut(rest, "=")
		typ, ok := value.ParseType(strings.TrimSpace(typeName))
		if !ok {
			return nil, fmt.Errorf("%q is no type of a parameter", strings.TrimSpace(typeName))
		}
		p.Type, p.Default, p.HasDefault = typ, strings.TrimSpace(def), has
		out = append(out, p)
	}
	return out, nil
}

// tableColumns reads "A:string, B:long"; "*" has no columns.
func tableColumns(text string) ([]symbol.Column, error) {
	if text = strings.TrimSpace(text); text == "*" {
		return nil, nil
	}
	var out []symbol.Column
	for _, part := range strings.Split(text, ",") {
		name, typeName, ok := strings.Cut(part, ":")
		typ, known := value.ParseType(strings.TrimSpace(typeName))
		name = strings.Trim(strings.TrimSpace(name), `[]'"`)
		if !ok || !known || name == "" {
			return nil, fmt.Errorf("%q is no column; write name:type", strings.TrimSpace(part))
		}
		out = append(out, symbol.Column{Name: name, Type: typ})
	}
	return out, nil
}

// outside splits a text at a mark that stands outside of quotes and brackets.
func outside(text string, mark byte) (out []string, err error) {
	depth, from := 0, 0
	for i := 0; i < len(text); i++ {
		switch b := text[i]; {
		case b == '"' || b == '\'':
			verbatim := i > 0 && text[i-1] == '@'
			for i++; i < len(text) && text[i] != b; i++ {
				if text[i] == '\\' && !verbatim {
					i++
				}
			}
			if i >= len(text) {
				return nil, fmt.Errorf("a text is not closed in %q", text)
			}
		case b == '(' || b == '[' || b == '{':
			depth++
		case b == ')' || b == ']' || b == '}':
			depth--
		case b == mark && depth == 0:
			out, from = append(out, text[from:i]), i+1
		}
	}
	return append(out, text[from:]), nil
}
