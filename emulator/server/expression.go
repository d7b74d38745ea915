package server

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/google/uuid"
)

// Expressions of deployment templates: texts in square brackets. The functions that exports of content use are
// evaluated, any other is refused by its name.
//
// Source: Azure Resource Manager documentation, "Syntax and expressions in ARM templates" and "ARM template functions".

// scope is what an expression can name.
type scope struct {
	parameters, variables map[string]any // by lower-cased names
	subscription, group   string
	location, tenant      string
	utcNow                string // only where defaults of parameters are evaluated
	depth                 int
}

const (
	mostDepth    = 64
	mostText     = 4 << 20
	mostTemplate = 4 << 20
)

// evaluate replaces the expressions in a value.
func (c *scope) evaluate(v any) (any, error) {
	if c.depth++; c.depth > mostDepth {
		return nil, fmt.Errorf("values are nested over %d deep", mostDepth)
	}
	defer func() { c.depth-- }()
	switch v := v.(type) {
	case string:
		return c.text(v)
	case []any:
		out := make([]any, len(v))
		for i, x := range v {
			y, err := c.evaluate(x)
			if err != nil {
				return nil, err
			}
			out[i] = y
		}
		return out, nil
	case map[string]any:
		out := make(map[string]any, len(v))
		for _, k := range sortedKeys(v) {
			y, err := c.evaluate(v[k])
			if err != nil {
				return nil, err
			}
			key, err := c.text(k)
			if err != nil {
				return nil, err
			}
			name, ok := key.(string)
			if !ok {
				return nil, fmt.Errorf("the name %q of a property is no text", k)
			}
			out[name] = y
		}
		return out, nil
	}
	return v, nil
}

func (c *scope) text(s string) (any, error) {
	if strings.HasPrefix(s, "[[") {
		return s[1:], nil
	}
	if len(s) < 2 || s[0] != '[' || s[len(s)-1] != ']' {
		return s, nil
	}
	p := &exprParser{c: c, in: s[1 : len(s)-1]}
	v, err := p.value()
	if err == nil {
		p.space()
		if p.at < len(p.in) {
			err = fmt.Errorf("%q is left over", p.in[p.at:])
		}
	}
	if err != nil {
		return nil, fmt.Errorf("the expression %s: %w", abbreviate(s), err)
	}
	return v, nil
}

func abbreviate(s string) string {
	if len(s) > 80 {
		s = s[:77] + "..."
	}
	return strconv.Quote(s)
}

type exprParser struct {
	c     *scope
	in    string
	at    int
	depth int
	// skip is set in the branch of if() that is not taken: it is read and not evaluated.
	skip bool
}

func (p *exprParser) space() {
	for p.at < len(p.in) && (p.in[p.at] == ' ' || p.in[p.at] == '\t' || p.in[p.at] == '\n' || p.in[p.at] == '\r') {
		p.at++
	}
}

func (p *exprParser) peek() byte {
	p.space()
	if p.at < len(p.in) {
		return p.in[p.at]
	}
	return 0
}

func (p *exprParser) value() (any, error) {
	if p.depth++; p.depth > mostDepth {
		return nil, fmt.Errorf("calls are nested over %d deep", mostDepth)
	}
	defer func() { p.depth-- }()
	b := p.peek()
	var v any
	var err error
	switch {
	case b == '\'':
		v, err = p.quoted()
	case b == '-' || b >= '0' && b <= '9':
		from := p.at
		p.at++
		for p.at < len(p.in) && p.in[p.at] >= '0' && p.in[p.at] <= '9' {
			p.at++
		}
		v = json.Number(p.in[from:p.at])
		if _, e := strconv.ParseInt(p.in[from:p.at], 10, 64); e != nil {
			return nil, fmt.Errorf("%q is no whole number", p.in[from:p.at])
		}
	default:
		v, err = p.call()
	}
	if err != nil {
		return nil, err
	}
	return p.access(v)
}

func (p *exprParser) quoted() (string, error) {
	var b strings.Builder
	for p.at++; p.at < len(p.in); p.at++ {
		if p.in[p.at] != '\'' {
			b.WriteByte(p.in[p.at])
			continue
		}
		if p.at+1 < len(p.in) && p.in[p.at+1] == '\'' {
			b.WriteByte('\'')
			p.at++
			continue
		}
		p.at++
		return b.String(), nil
	}
	return "", fmt.Errorf("a text is not closed")
}

func (p *exprParser) name() string {
	p.space()
	from := p.at
	for p.at < len(p.in) {
		b := p.in[p.at]
		if b != '_' && !(b >= 'a' && b <= 'z') && !(b >= 'A' && b <= 'Z') && !(p.at > from && b >= '0' && b <= '9') {
			break
		}
		p.at++
	}
	return p.in[from:p.at]
}

func (p *exprParser) call() (any, error) {
	name := p.name()
	if name == "" {
		return nil, fmt.Errorf("a function is expected at %d", p.at+1)
	}
	if p.peek() != '(' {
		return nil, fmt.Errorf("%q is followed by no bracket; only functions have names", name)
	}
	p.at++
	var args []any
	conditional := strings.EqualFold(name, "if")
	outer := p.skip
	for p.peek() != ')' {
		if len(args) > 0 {
			if p.peek() != ',' {
				return nil, fmt.Errorf("%s(: a comma or a bracket is missing", name)
			}
			p.at++
		}
		if conditional && len(args) > 0 && !outer {
			taken, ok := args[0].(bool)
			if !ok {
				return nil, fmt.Errorf("if(: the condition is no bool")
			}
			p.skip = taken != (len(args) == 1)
		}
		v, err := p.value()
		p.skip = outer
		if err != nil {
			return nil, err
		}
		args = append(args, v)
	}
	p.at++
	f := templateFunction(name)
	if f == nil {
		return nil, fmt.Errorf("the template function %q is not supported by the stand-in", name)
	}
	if p.skip {
		return nil, nil
	}
	v, err := f(p.c, args)
	if err != nil {
		return nil, fmt.Errorf("%s(): %w", name, err)
	}
	if s, ok := v.(string); ok && len(s) > mostText {
		return nil, fmt.Errorf("%s(): the text is over %d bytes", name, mostText)
	}
	return v, nil
}

// access reads .name and [index] behind a value.
func (p *exprParser) access(v any) (any, error) {
	for {
		switch p.peek() {
		case '.':
			p.at++
			n := p.name()
			if p.skip {
				continue
			}
			w, ok := member(v, n)
			if !ok {
				return nil, fmt.Errorf("there is no property %q", n)
			}
			v = w
		case '[':
			p.at++
			i, err := p.value()
			if err != nil {
				return nil, err
			}
			if p.peek() != ']' {
				return nil, fmt.Errorf("a square bracket is not closed")
			}
			p.at++
			if p.skip {
				continue
			}
			switch i := i.(type) {
			case string:
				w, ok := member(v, i)
				if !ok {
					return nil, fmt.Errorf("there is no property %q", i)
				}
				v = w
			case json.Number:
				list, _ := v.([]any)
				n, err := i.Int64()
				if err != nil || n < 0 || n >= int64(len(list)) {
					return nil, fmt.Errorf("there is no element %s", i)
				}
				v = list[n]
			default:
				return nil, fmt.Errorf("an index must be a text or a number")
			}
		default:
			return v, nil
		}
	}
}

func member(v any, name string) (any, bool) {
	m, ok := v.(map[string]any)
	if !ok {
		return nil, false
	}
	if w, ok := m[name]; ok {
		return w, true
	}
	for _, k := range sortedKeys(m) {
		if strings.EqualFold(k, name) {
			return m[k], true
		}
	}
	return nil, false
}

func texts(args []any) ([]string, error) {
	out := make([]string, len(args))
	for i, a := range args {
		switch a := a.(type) {
		case string:
			out[i] = a
		case json.Number:
			out[i] = a.String()
		case bool:
			out[i] = map[bool]string{true: "True", false: "False"}[a]
		default:
			return nil, fmt.Errorf("argument %d is no text", i+1)
		}
	}
	return out, nil
}

type templateFunc func(c *scope, args []any) (any, error)

// strs makes a function of texts.
func strs(least, most int, f func(s []string) (any, error)) templateFunc {
	return func(_ *scope, args []any) (any, error) {
		if len(args) < least || len(args) > most {
			return nil, fmt.Errorf("%d arguments", len(args))
		}
		s, err := texts(args)
		if err != nil {
			return nil, err
		}
		return f(s)
	}
}

const many = 256

func templateFunction(name string) templateFunc {
	switch strings.ToLower(name) {
	case "parameters":
		return func(c *scope, args []any) (any, error) { return lookUp(c.parameters, args, "parameter") }
	case "variables":
		return func(c *scope, args []any) (any, error) { return lookUp(c.variables, args, "variable") }
	case "concat":
		return concat
	case "format":
		return strs(1, many, format)
	case "tolower":
		return strs(1, 1, func(s []string) (any, error) { return strings.ToLower(s[0]), nil })
	case "toupper":
		return strs(1, 1, func(s []string) (any, error) { return strings.ToUpper(s[0]), nil })
	case "trim":
		return strs(1, 1, func(s []string) (any, error) { return strings.TrimSpace(s[0]), nil })
	case "string":
		return func(_ *scope, args []any) (any, error) {
			if len(args) != 1 {
				return nil, fmt.Errorf("%d arguments", len(args))
			}
			if s, ok := args[0].(string); ok {
				return s, nil
			}
			b, err := json.Marshal(args[0])
			return string(b), err
		}
	case "json":
		return strs(1, 1, func(s []string) (any, error) {
			var v any
			d := json.NewDecoder(strings.NewReader(s[0]))
			d.UseNumber()
			if err := d.Decode(&v); err != nil {
				return nil, err
			}
			return v, nil
		})
	case "int":
		return strs(1, 1, func(s []string) (any, error) {
			if _, err := strconv.ParseInt(s[0], 10, 64); err != nil {
				return nil, fmt.Errorf("%q is no whole number", s[0])
			}
			return json.Number(s[0]), nil
		})
	case "bool":
		return strs(1, 1, func(s []string) (any, error) {
			switch strings.ToLower(s[0]) {
			case "true", "1":
				return true, nil
			case "false", "0":
				return false, nil
			}
			return nil, fmt.Errorf("%q is no bool", s[0])
		})
	case "replace":
		return strs(3, 3, func(s []string) (any, error) {
			if n := strings.Count(s[0], s[1]); n*(len(s[2])+1) > mostText {
				return nil, fmt.Errorf("the text is over %d bytes", mostText)
			}
			return strings.ReplaceAll(s[0], s[1], s[2]), nil
		})
	case "split":
		return strs(2, 2, func(s []string) (any, error) { return list(strings.Split(s[0], s[1])), nil })
	case "substring":
		return strs(2, 3, substring)
	case "startswith":
		return strs(2, 2, func(s []string) (any, error) {
			return strings.HasPrefix(strings.ToLower(s[0]), strings.ToLower(s[1])), nil
		})
	case "endswith":
		return strs(2, 2, func(s []string) (any, error) {
			return strings.HasSuffix(strings.ToLower(s[0]), strings.ToLower(s[1])), nil
		})
	case "base64":
		return strs(1, 1, func(s []string) (any, error) { return base64.StdEncoding.EncodeToString([]byte(s[0])), nil })
	case "base64tostring":
		return strs(1, 1, func(s []string) (any, error) {
			b, err := base64.StdEncoding.DecodeString(s[0])
			return string(b), err
		})
	case "guid":
		return strs(1, many, func(s []string) (any, error) { return stableID(append([]string{"guid"}, s...)...), nil })
	case "newguid":
		return func(c *scope, args []any) (any, error) {
			if c.utcNow == "" {
				return nil, fmt.Errorf("it may stand in defaults of parameters only")
			}
			return uuid.NewString(), nil
		}
	case "uniquestring":
		return strs(1, many, func(s []string) (any, error) {
			return strings.ReplaceAll(stableID(append([]string{"unique"}, s...)...), "-", "")[:13], nil
		})
	case "utcnow":
		return func(c *scope, args []any) (any, error) {
			if c.utcNow == "" {
				return nil, fmt.Errorf("it may stand in defaults of parameters only")
			}
			if len(args) > 0 {
				return nil, fmt.Errorf("a format is not supported by the stand-in")
			}
			return c.utcNow, nil
		}
	case "resourceid":
		return resourceID
	case "extensionresourceid":
		return func(_ *scope, args []any) (any, error) {
			s, err := texts(args)
			if err != nil || len(s) < 3 {
				return nil, fmt.Errorf("a scope, a type and names are needed")
			}
			rest, err := typePath(s[1], s[2:])
			return s[0] + rest, err
		}
	case "subscriptionresourceid":
		return func(c *scope, args []any) (any, error) {
			s, err := texts(args)
			if err != nil || len(s) < 2 {
				return nil, fmt.Errorf("a type and names are needed")
			}
			sub := c.subscription
			if !strings.Contains(s[0], "/") {
				sub, s = s[0], s[1:]
			}
			rest, err := typePath(s[0], s[1:])
			return "/subscriptions/" + sub + rest, err
		}
	case "tenantresourceid":
		return func(_ *scope, args []any) (any, error) {
			s, err := texts(args)
			if err != nil || len(s) < 2 {
				return nil, fmt.Errorf("a type and names are needed")
			}
			return typePath(s[0], s[1:])
		}
	case "resourcegroup":
		return func(c *scope, _ []any) (any, error) {
			return map[string]any{"id": "/subscriptions/" + c.subscription + "/resourceGroups/" + c.group, "name": c.group, "location": c.location, "type": "Microsoft.Resources/resourceGroups"}, nil
		}
	case "subscription":
		return func(c *scope, _ []any) (any, error) {
			return map[string]any{"id": "/subscriptions/" + c.subscription, "subscriptionId": c.subscription, "tenantId": c.tenant}, nil
		}
	case "tenant":
		return func(c *scope, _ []any) (any, error) { return map[string]any{"tenantId": c.tenant}, nil }
	case "if":
		return func(_ *scope, args []any) (any, error) {
			if len(args) != 3 {
				return nil, fmt.Errorf("%d arguments; want 3", len(args))
			}
			if args[0] == true {
				return args[1], nil
			}
			return args[2], nil
		}
	case "equals":
		return func(_ *scope, args []any) (any, error) {
			if len(args) != 2 {
				return nil, fmt.Errorf("%d arguments; want 2", len(args))
			}
			return sameJSON(args[0], args[1]), nil
		}
	case "not", "and", "or":
		return func(_ *scope, args []any) (any, error) { return logic(strings.ToLower(name), args) }
	case "empty", "length", "first", "last":
		return func(_ *scope, args []any) (any, error) { return measure(strings.ToLower(name), args) }
	case "coalesce":
		return func(_ *scope, args []any) (any, error) {
			for _, a := range args {
				if a != nil {
					return a, nil
				}
			}
			return nil, nil
		}
	case "null":
		return func(*scope, []any) (any, error) { return nil, nil }
	case "true":
		return func(*scope, []any) (any, error) { return true, nil }
	case "false":
		return func(*scope, []any) (any, error) { return false, nil }
	case "createarray":
		return func(_ *scope, args []any) (any, error) { return append([]any{}, args...), nil }
	case "createobject":
		return createObject
	case "contains":
		return contains
	case "join":
		return func(_ *scope, args []any) (any, error) {
			if len(args) != 2 {
				return nil, fmt.Errorf("%d arguments; want 2", len(args))
			}
			l, _ := args[0].([]any)
			s, err := texts(append(append([]any{}, l...), args[1]))
			if err != nil {
				return nil, err
			}
			return strings.Join(s[:len(s)-1], s[len(s)-1]), nil
		}
	}
	return nil
}

func lookUp(m map[string]any, args []any, what string) (any, error) {
	if len(args) != 1 {
		return nil, fmt.Errorf("%d arguments; want 1", len(args))
	}
	n, ok := args[0].(string)
	if !ok {
		return nil, fmt.Errorf("the name of a %s must be a text", what)
	}
	v, ok := m[strings.ToLower(n)]
	if !ok {
		return nil, fmt.Errorf("there is no %s %q", what, n)
	}
	return v, nil
}

func concat(_ *scope, args []any) (any, error) {
	if len(args) == 0 {
		return nil, fmt.Errorf("no arguments")
	}
	if _, ok := args[0].([]any); ok {
		var out []any
		for i, a := range args {
			l, ok := a.([]any)
			if !ok {
				return nil, fmt.Errorf("argument %d is no array", i+1)
			}
			out = append(out, l...)
		}
		return out, nil
	}
	s, err := texts(args)
	return strings.Join(s, ""), err
}

// format fills {0}, {1}, ... in; doubled braces stand for one.
func format(s []string) (any, error) {
	var b strings.Builder
	f := s[0]
	for i := 0; i < len(f); i++ {
		switch {
		case strings.HasPrefix(f[i:], "{{"), strings.HasPrefix(f[i:], "}}"):
			b.WriteByte(f[i])
			i++
		case f[i] == '{':
			n := strings.IndexByte(f[i:], '}')
			if n < 0 {
				return nil, fmt.Errorf("a brace is not closed")
			}
			k, err := strconv.Atoi(f[i+1 : i+n])
			if err != nil {
				return nil, fmt.Errorf("the placeholder %q is not supported by the stand-in", f[i:i+n+1])
			}
			if k < 0 || k+1 >= len(s) {
				return nil, fmt.Errorf("there is no argument %d", k)
			}
			b.WriteString(s[k+1])
			i += n
		case f[i] == '}':
			return nil, fmt.Errorf("a closing brace stands alone")
		default:
			b.WriteByte(f[i])
		}
		if b.Len() > mostText {
			return nil, fmt.Errorf("the text is over %d bytes", mostText)
		}
	}
	return b.String(), nil
}

func substring(s []string) (any, error) {
	runes := []rune(s[0])
	from, err := strconv.Atoi(s[1])
	if err != nil || from < 0 || from > len(runes) {
		return nil, fmt.Errorf("the start %s is outside of the text", s[1])
	}
	n := len(runes) - from
	if len(s) == 3 {
		if n, err = strconv.Atoi(s[2]); err != nil || n < 0 || n > len(runes)-from {
			return nil, fmt.Errorf("the length %s is outside of the text", s[2])
		}
	}
	return string(runes[from : from+n]), nil
}

// resourceID is resourceId([subscription,] [group,] type, name...).
func resourceID(c *scope, args []any) (any, error) {
	s, err := texts(args)
	if err != nil {
		return nil, err
	}
	at := -1
	for i, x := range s {
		if strings.Contains(x, "/") {
			at = i
			break
		}
	}
	if at < 0 || at > 2 {
		return nil, fmt.Errorf("a type as Namespace/type is needed")
	}
	subscription, group := c.subscription, c.group
	switch at {
	case 1:
		group = s[0]
	case 2:
		subscription, group = s[0], s[1]
	}
	rest, err := typePath(s[at], s[at+1:])
	return "/subscriptions/" + subscription + "/resourceGroups/" + group + rest, err
}

// typePath lays names between the segments of a type: A.B/x/y with n, m is /providers/A.B/x/n/y/m.
func typePath(typeName string, names []string) (string, error) {
	parts := strings.Split(typeName, "/")
	if len(parts)-1 != len(names) {
		return "", fmt.Errorf("the type %q needs %d names, and %d are given", typeName, len(parts)-1, len(names))
	}
	var b strings.Builder
	b.WriteString("/providers/" + parts[0])
	for i, n := range names {
		if n == "" {
			return "", fmt.Errorf("a name of the type %q is empty", typeName)
		}
		b.WriteString("/" + parts[i+1] + "/" + n)
	}
	return b.String(), nil
}

func sameJSON(a, b any) bool {
	x, err := json.Marshal(a)
	y, err2 := json.Marshal(b)
	return err == nil && err2 == nil && string(x) == string(y)
}

func logic(name string, args []any) (any, error) {
	out := name != "or"
	for i, a := range args {
		v, ok := a.(bool)
		if !ok {
			return nil, fmt.Errorf("argument %d is no bool", i+1)
		}
		switch name {
		case "not":
			if len(args) != 1 {
				return nil, fmt.Errorf("%d arguments; want 1", len(args))
			}
			return !v, nil
		case "and":
			out = out && v
		default:
			out = out || v
		}
	}
	return out, nil
}

func measure(name string, args []any) (any, error) {
	if len(args) != 1 {
		return nil, fmt.Errorf("%d arguments; want 1", len(args))
	}
	n := 0
	switch v := args[0].(type) {
	case nil:
	case string:
		r := []rune(v)
		n = len(r)
		if n > 0 && name == "first" {
			return string(r[0]), nil
		}
		if n > 0 && name == "last" {
			return string(r[n-1]), nil
		}
	case []any:
		n = len(v)
		if n > 0 && name == "first" {
			return v[0], nil
		}
		if n > 0 && name == "last" {
			return v[n-1], nil
		}
	case map[string]any:
		n = len(v)
	default:
		return nil, fmt.Errorf("the argument has no length")
	}
	switch name {
	case "empty":
		return n == 0, nil
	case "length":
		return json.Number(strconv.Itoa(n)), nil
	}
	return nil, nil
}

func createObject(_ *scope, args []any) (any, error) {
	if len(args)%2 != 0 {
		return nil, fmt.Errorf("names and values must come in pairs")
	}
	out := map[string]any{}
	for i := 0; i < len(args); i += 2 {
		n, ok := args[i].(string)
		if !ok {
			return nil, fmt.Errorf("argument %d is no name", i+1)
		}
		out[n] = args[i+1]
	}
	return out, nil
}

func contains(_ *scope, args []any) (any, error) {
	if len(args) != 2 {
		return nil, fmt.Errorf("%d arguments; want 2", len(args))
	}
	switch v := args[0].(type) {
	case string:
		s, err := texts(args[1:])
		if err != nil {
			return nil, err
		}
		return strings.Contains(v, s[0]), nil
	case []any:
		for _, x := range v {
			if sameJSON(x, args[1]) {
				return true, nil
			}
		}
		return false, nil
	case map[string]any:
		n, _ := args[1].(string)
		_, ok := member(v, n)
		return ok, nil
	}
	return nil, fmt.Errorf("argument 1 is no text, array or object")
}
