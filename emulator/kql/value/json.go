package value

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// maxJSONDepth bounds the nesting that ParseJSON follows.
const maxJSONDepth = 1000

// ParseJSON reads one JSON text strictly (RFC 8259). Whole numbers that fit are long, all others real. false when the text is no
// JSON; parse_json then holds the text as a string. The nodes share the text's memory.
func ParseJSON(text string) (*Node, bool) {
	p := jsonParser{s: text}
	p.space()
	n, ok := p.value(0)
	if !ok {
		return nil, false
	}
	p.space()
	return n, p.i == len(p.s)
}

// ParseDynamic is ParseJSON with parse_json's answer for text that is no JSON: a string of that text. The empty text is null.
//
// Source: Kusto documentation, "parse_json()".
func ParseDynamic(text string) *Node {
	if text == "" {
		return nil
	}
	if n, ok := ParseJSON(text); ok {
		if n.Kind == KindNull {
			return nil
		}
		return n
	}
	return NodeString(text)
}

type jsonParser struct {
	s string
	i int
}

func (p *jsonParser) space() {
	for p.i < len(p.s) {
		switch p.s[p.i] {
		case ' ', '\t', '\n', '\r':
			p.i++
		default:
			return
		}
	}
}

func (p *jsonParser) value(depth int) (*Node, bool) {
	if p.i >= len(p.s) || depth > maxJSONDepth {
		return nil, false
	}
	switch c := p.s[p.i]; c {
	case '{':
		return p.bag(depth)
	case '[':
		return p.array(depth)
	case '"':
		s, ok := p.str()
		return &Node{Kind: KindString, S: s}, ok
	case 't':
		return &Node{Kind: KindBool, I: 1}, p.keyword("true")
	case 'f':
		return &Node{Kind: KindBool}, p.keyword("false")
	case 'n':
		return &Node{Kind: KindNull}, p.keyword("null")
	default:
		if c == '-' || c >= '0' && c <= '9' {
			return p.number()
		}
	}
	return nil, false
}

func (p *jsonParser) keyword(w string) bool {
	if strings.HasPrefix(p.s[p.i:], w) {
		p.i += len(w)
		return true
	}
	return false
}

func (p *jsonParser) bag(depth int) (*Node, bool) {
	p.i++
	n := &Node{Kind: KindBag}
	p.space()
	if p.i < len(p.s) && p.s[p.i] == '}' {
		p.i++
		return n, true
	}
	var index map[string]int
	for {
		p.space()
		if p.i >= len(p.s) || p.s[p.i] != '"' {
			return nil, false
		}
		key, ok := p.str()
		if !ok {
			return nil, false
		}
		p.space()
		if p.i >= len(p.s) || p.s[p.i] != ':' {
			return nil, false
		}
		p.i++
		p.space()
		v, ok := p.value(depth + 1)
		if !ok {
			return nil, false
		}
		if len(n.Keys) >= 16 && index == nil {
			index = make(map[string]int, 32)
			for i, k := range n.Keys {
				index[k] = i
			}
		}
		if at := slotOf(n.Keys, index, key); at >= 0 {
			n.Elems[at] = v
		} else {
			if index != nil {
				index[key] = len(n.Keys)
			}
			n.Keys = append(n.Keys, key)
			n.Elems = append(n.Elems, v)
		}
		p.space()
		if p.i >= len(p.s) {
			return nil, false
		}
		c := p.s[p.i]
		p.i++
		if c == '}' {
			return n, true
		}
		if c != ',' {
			return nil, false
		}
	}
}

func slotOf(keys []string, index map[string]int, key string) int {
	if index != nil {
		if i, ok := index[key]; ok {
			return i
		}
		return -1
	}
	for i, k := range keys {
		if k == key {
			return i
		}
	}
	return -1
}

func (p *jsonParser) array(depth int) (*Node, bool) {
	p.i++
	n := &Node{Kind: KindArray}
	p.space()
	if p.i < len(p.s) && p.s[p.i] == ']' {
		p.i++
		return n, true
	}
	for {
		p.space()
		v, ok := p.value(depth + 1)
		if !ok {
			return nil, false
		}
		n.Elems = append(n.Elems, v)
		p.space()
		if p.i >= len(p.s) {
			return nil, false
		}
		c := p.s[p.i]
		p.i++
		if c == ']' {
			return n, true
		}
		if c != ',' {
			return nil, false
		}
	}
}

func (p *jsonParser) number() (*Node, bool) {
	from := p.i
	whole := true
	if p.s[p.i] == '-' {
		p.i++
	}
	digits := p.digits()
	if digits == 0 || digits > 1 && p.s[p.i-digits] == '0' {
		return nil, false
	}
	if p.i < len(p.s) && p.s[p.i] == '.' {
		p.i++
		whole = false
		if p.digits() == 0 {
			return nil, false
		}
	}
	if p.i < len(p.s) && p.s[p.i]|0x20 == 'e' {
		p.i++
		whole = false
		if p.i < len(p.s) && (p.s[p.i] == '+' || p.s[p.i] == '-') {
			p.i++
		}
		if p.digits() == 0 {
			return nil, false
		}
	}
	text := p.s[from:p.i]
	if whole {
		if i, err := strconv.ParseInt(text, 10, 64); err == nil {
			return &Node{Kind: KindLong, I: i}, true
		}
	}
	f, _ := strconv.ParseFloat(text, 64)
	return &Node{Kind: KindReal, F: f}, true
}

func (p *jsonParser) digits() int {
	from := p.i
	for p.i < len(p.s) && p.s[p.i] >= '0' && p.s[p.i] <= '9' {
		p.i++
	}
	return p.i - from
}

func (p *jsonParser) str() (string, bool) {
	p.i++
	from := p.i
	for p.i < len(p.s) {
		switch c := p.s[p.i]; {
		case c == '"':
			s := p.s[from:p.i]
			p.i++
			return s, true
		case c == '\\':
			return p.escaped(from)
		case c < 0x20:
			return "", false
		}
		p.i++
	}
	return "", false
}

func (p *jsonParser) escaped(from int) (string, bool) {
	buf := append(make([]byte, 0, p.i-from+32), p.s[from:p.i]...)
	for p.i < len(p.s) {
		c := p.s[p.i]
		switch {
		case c == '"':
			p.i++
			return string(buf), true
		case c < 0x20:
			return "", false
		case c != '\\':
			buf = append(buf, c)
			p.i++
			continue
		}
		p.i++
		if p.i >= len(p.s) {
			return "", false
		}
		c = p.s[p.i]
		p.i++
		switch c {
		case '"', '\\', '/':
			buf = append(buf, c)
		case 'b':
			buf = append(buf, '\b')
		case 'f':
			buf = append(buf, '\f')
		case 'n':
			buf = append(buf, '\n')
		case 'r':
			buf = append(buf, '\r')
		case 't':
			buf = append(buf, '\t')
		case 'u':
			r, ok := p.hex4()
			if !ok {
				return "", false
			}
			if utf16.IsSurrogate(r) && strings.HasPrefix(p.s[p.i:], "\\u") {
				mark := p.i
				p.i += 2
				low, ok := p.hex4()
				if !ok {
					return "", false
				}
				if both := utf16.DecodeRune(r, low); both != utf8.RuneError {
					r = both
				} else {
					p.i = mark
				}
			}
			buf = utf8.AppendRune(buf, r)
		default:
			return "", false
		}
	}
	return "", false
}

func (p *jsonParser) hex4() (rune, bool) {
	if p.i+4 > len(p.s) {
		return 0, false
	}
	u, err := strconv.ParseUint(p.s[p.i:p.i+4], 16, 32)
	p.i += 4
	return rune(u), err == nil
}

// JSON returns the JSON text of a node, "null" for nil.
func (n *Node) JSON() string { return string(AppendJSON(nil, n)) }

// AppendJSON appends a node as JSON without spaces. Values that JSON does not have are written as text: datetime, timespan,
// guid, decimal, NaN and the infinities.
func AppendJSON(dst []byte, n *Node) []byte {
	if n == nil {
		return append(dst, "null"...)
	}
	switch n.Kind {
	case KindNull:
		return append(dst, "null"...)
	case KindBool:
		return strconv.AppendBool(dst, n.I != 0)
	case KindLong:
		return strconv.AppendInt(dst, n.I, 10)
	case KindReal:
		if f := n.F; f != f || f > 1.7976931348623157e308 || f < -1.7976931348623157e308 {
			dst = append(dst, '"')
			dst = AppendReal(dst, f)
			return append(dst, '"')
		}
		return AppendReal(dst, n.F)
	case KindString, KindGUID:
		return AppendQuoted(dst, n.S)
	case KindDateTime:
		dst = append(dst, '"')
		dst = AppendDateTime(dst, n.I)
		return append(dst, '"')
	case KindTimespan:
		dst = append(dst, '"')
		dst = AppendTimespan(dst, n.I)
		return append(dst, '"')
	case KindDecimal:
		dst = append(dst, '"')
		dst = append(dst, FormatDecimal(n.Dec)...)
		return append(dst, '"')
	case KindArray:
		dst = append(dst, '[')
		for i, e := range n.Elems {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = AppendJSON(dst, e)
		}
		return append(dst, ']')
	}
	dst = append(dst, '{')
	for i, e := range n.Elems {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = AppendQuoted(dst, n.Keys[i])
		dst = append(dst, ':')
		dst = AppendJSON(dst, e)
	}
	return append(dst, '}')
}

// AppendQuoted appends a JSON string. Bytes that are no UTF-8 become U+FFFD.
func AppendQuoted(dst []byte, s string) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	from := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && size == 1 {
				dst = append(dst, s[from:i]...)
				dst = append(dst, "\uFFFD"...)
				from = i + 1
			}
			i += size
			continue
		}
		if c >= 0x20 && c != '"' && c != '\\' {
			i++
			continue
		}
		dst = append(dst, s[from:i]...)
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		case '\b':
			dst = append(dst, '\\', 'b')
		case '\f':
			dst = append(dst, '\\', 'f')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
		i++
		from = i
	}
	dst = append(dst, s[from:]...)
	return append(dst, '"')
}
