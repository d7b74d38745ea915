package server

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// The parts of OData that lists take: $filter with comparisons of properties and literals, and, or, not, brackets,
// contains, startswith and endswith; $orderby with several keys. Anything else is refused by name, so that a list never
// has more than was asked for.
//
// Source: Sentinel REST reference, "Incidents: List", and OData 4.01 "URL conventions", section 5.1.1.

const (
	mostFilter      = 4 << 10
	mostFilterDepth = 40
)

// condition tells whether a rendered resource is wanted.
type condition func(map[string]any) bool

// parseFilter reads a $filter; "" wants all.
func parseFilter(text string) (condition, *armError) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	if len(text) > mostFilter {
		return nil, bad("Invalid $filter: it is over %d characters.", mostFilter)
	}
	p := &filterParser{}
	if err := p.split(text); err != nil {
		return nil, bad("Invalid $filter: %v.", err)
	}
	c, err := p.or(0)
	if err == nil && len(p.tokens) > 0 {
		err = fmt.Errorf("%q is not expected there", p.tokens[0].text)
	}
	if err != nil {
		return nil, bad("Invalid $filter: %v.", err)
	}
	return c, nil
}

type filterToken struct {
	text    string
	literal bool // a text in quotes
}

type filterParser struct{ tokens []filterToken }

// split cuts a filter into words, quoted texts (a quote in them is doubled) and brackets.
func (p *filterParser) split(text string) error {
	for i := 0; i < len(text); {
		switch c := text[i]; {
		case c == ' ' || c == '\t' || c == '\n':
			i++
		case c == '(' || c == ')' || c == ',':
			p.tokens = append(p.tokens, filterToken{text: string(c)})
			i++
		case c == '\'':
			var b strings.Builder
			for i++; ; i++ {
				if i >= len(text) {
					return fmt.Errorf("a text is not ended")
				}
				if text[i] == '\'' {
					if i+1 >= len(text) || text[i+1] != '\'' {
						break
					}
					i++
				}
				b.WriteByte(text[i])
			}
			i++
			p.tokens = append(p.tokens, filterToken{b.String(), true})
		default:
			n := strings.IndexAny(text[i:], " \t\n(),'")
			if n < 0 {
				n = len(text) - i
			}
			p.tokens = append(p.tokens, filterToken{text: text[i : i+n]})
			i += n
		}
	}
	return nil
}

// take removes the next token if it is one of the words.
func (p *filterParser) take(words ...string) bool {
	if len(p.tokens) == 0 || p.tokens[0].literal || !slices.Contains(words, strings.ToLower(p.tokens[0].text)) {
		return false
	}
	p.tokens = p.tokens[1:]
	return true
}

func (p *filterParser) next() (filterToken, error) {
	if len(p.tokens) == 0 {
		return filterToken{}, fmt.Errorf("it ends too early")
	}
	t := p.tokens[0]
	p.tokens = p.tokens[1:]
	return t, nil
}

func (p *filterParser) or(depth int) (condition, error) {
	return p.chain("or", depth, p.and, func(a, b condition) condition {
		return func(m map[string]any) bool { return a(m) || b(m) }
	})
}

func (p *filterParser) and(depth int) (condition, error) {
	return p.chain("and", depth, p.not, func(a, b condition) condition {
		return func(m map[string]any) bool { return a(m) && b(m) }
	})
}

func (p *filterParser) chain(word string, depth int, operand func(int) (condition, error), join func(a, b condition) condition) (condition, error) {
	if depth > mostFilterDepth {
		return nil, fmt.Errorf("it is nested over %d deep", mostFilterDepth)
	}
	all, err := operand(depth + 1)
	for err == nil && p.take(word) {
		var more condition
		if more, err = operand(depth + 1); err == nil {
			all = join(all, more)
		}
	}
	return all, err
}

func (p *filterParser) not(depth int) (condition, error) {
	if depth > mostFilterDepth {
		return nil, fmt.Errorf("it is nested over %d deep", mostFilterDepth)
	}
	if p.take("not") {
		c, err := p.not(depth + 1)
		if err != nil {
			return nil, err
		}
		return func(m map[string]any) bool { return !c(m) }, nil
	}
	if p.take("(") {
		c, err := p.or(depth + 1)
		if err == nil && !p.take(")") {
			err = fmt.Errorf("a bracket is not closed")
		}
		return c, err
	}
	return p.comparison()
}

func (p *filterParser) comparison() (condition, error) {
	first, err := p.next()
	if err != nil {
		return nil, err
	}
	if name := strings.ToLower(first.text); !first.literal && p.take("(") {
		return p.call(name)
	}
	operator, err := p.next()
	if err != nil {
		return nil, err
	}
	literal, err := p.next()
	if err != nil {
		return nil, err
	}
	if first.literal {
		return nil, fmt.Errorf("a comparison begins with a property, and %q is a text", first.text)
	}
	path, word := first.text, strings.ToLower(operator.text)
	if !oneOf(word, "eq", "ne", "gt", "ge", "lt", "le") {
		return nil, fmt.Errorf("the operator %q is not supported by the stand-in", operator.text)
	}
	return func(m map[string]any) bool {
		order, same := compareFilter(follow(m, path), literal)
		switch word {
		case "eq":
			return same && order == 0
		case "ne":
			return !same || order != 0
		case "gt":
			return same && order > 0
		case "ge":
			return same && order >= 0
		case "lt":
			return same && order < 0
		}
		return same && order <= 0
	}, nil
}

// call reads contains(path, 'text') and its kin.
func (p *filterParser) call(name string) (condition, error) {
	test, ok := map[string]func(s, t string) bool{"contains": strings.Contains, "startswith": strings.HasPrefix, "endswith": strings.HasSuffix}[name]
	if !ok {
		return nil, fmt.Errorf("the function %q is not supported by the stand-in", name)
	}
	path, err := p.next()
	if err != nil {
		return nil, err
	}
	if !p.take(",") {
		return nil, fmt.Errorf("%s needs a property and a text", name)
	}
	text, err := p.next()
	if err != nil {
		return nil, err
	}
	if !text.literal || path.literal || !p.take(")") {
		return nil, fmt.Errorf("%s needs a property and a text", name)
	}
	return func(m map[string]any) bool {
		s, ok := follow(m, path.text).(string)
		return ok && test(strings.ToLower(s), strings.ToLower(text.text))
	}, nil
}

// follow walks a path with slashes or dots; nil where it leads nowhere. Letter case does not matter.
func follow(m map[string]any, path string) any {
	var at any = m
	for _, part := range strings.FieldsFunc(path, func(r rune) bool { return r == '/' || r == '.' }) {
		o, ok := at.(map[string]any)
		if !ok {
			return nil
		}
		at = nil
		for k, v := range o {
			if strings.EqualFold(k, part) {
				at = v
			}
		}
	}
	return at
}

// compareFilter orders a property and a literal; same is false where they cannot be compared.
func compareFilter(v any, l filterToken) (order int, same bool) {
	switch x := v.(type) {
	case nil:
		return 0, !l.literal && strings.EqualFold(l.text, "null")
	case bool:
		b := strings.EqualFold(l.text, "true")
		return cmp.Compare(intOf(x), intOf(b)), !l.literal && (b || strings.EqualFold(l.text, "false"))
	case json.Number:
		a, err := x.Float64()
		b, err2 := json.Number(l.text).Float64()
		return cmp.Compare(a, b), err == nil && err2 == nil && !l.literal
	case string:
		a, err := time.Parse(time.RFC3339Nano, x)
		b, err2 := time.Parse(time.RFC3339Nano, l.text)
		if err == nil && err2 == nil {
			return a.Compare(b), true
		}
		return cmp.Compare(x, l.text), l.literal
	}
	return 0, false
}

func intOf(b bool) int {
	if b {
		return 1
	}
	return 0
}

// orderBy sorts rendered resources by an $orderby, keeping the order of those that are equal.
func orderBy(list []map[string]any, text string) *armError {
	if strings.TrimSpace(text) == "" {
		return nil
	}
	keys := strings.Split(text, ",")
	if len(keys) > 5 {
		return bad("Invalid $orderby: it has over 5 keys.")
	}
	var down []bool
	for i, k := range keys {
		f := strings.Fields(k)
		if len(f) == 0 || len(f) > 2 || len(f) == 2 && !strings.EqualFold(f[1], "asc") && !strings.EqualFold(f[1], "desc") {
			return bad("Invalid $orderby: '%s' is no property with asc or desc.", strings.TrimSpace(k))
		}
		keys[i] = f[0]
		down = append(down, len(f) == 2 && strings.EqualFold(f[1], "desc"))
	}
	slices.SortStableFunc(list, func(a, b map[string]any) int {
		for i, k := range keys {
			if order := compareValues(follow(a, k), follow(b, k)); order != 0 {
				if down[i] {
					return -order
				}
				return order
			}
		}
		return 0
	})
	return nil
}

// compareValues orders numbers, then texts and whatever else by its text; what is missing comes first.
func compareValues(a, b any) int {
	if a == nil || b == nil {
		return cmp.Compare(intOf(a != nil), intOf(b != nil))
	}
	x, ok := a.(json.Number)
	y, ok2 := b.(json.Number)
	if ok && ok2 {
		f, _ := x.Float64()
		g, _ := y.Float64()
		return cmp.Compare(f, g)
	}
	return cmp.Compare(fmt.Sprint(a), fmt.Sprint(b))
}
