package content

import (
	"bytes"
	"strings"
	"time"
	"unicode/utf8"

	yaml "go.yaml.in/yaml/v4"
)

// plainYAML reads the YAML that content is written in: block mappings with simple keys, block sequences, flow collections,
// scalars of one line, and literal and folded blocks. It gives the tree that the YAML library gives, without comments, some
// ten times sooner; ok is false for everything else (anchors, tags, scalars of several lines, empty values, whatever looks
// like a mistake), and then the library reads the file and says what is wrong with it. A test and a fuzz target hold the two
// trees together.
func plainYAML(data []byte) (root *yaml.Node, ok bool) {
	if bytes.IndexByte(data, '\r') >= 0 || bytes.IndexByte(data, 0x7F) >= 0 {
		return nil, false
	}
	p := &plainReader{s: string(data), line: 1, tags: map[string]string{}}
	for i := 0; i < len(p.s); i++ {
		if c := p.s[i]; c >= utf8.RuneSelf {
			p.wide = true
			break
		}
	}
	if p.wide {
		for _, odd := range [...]string{"\u0085", "\u2028", "\u2029", "\uFEFF"} { // line breaks of YAML 1.1, and the mark
			if strings.Contains(p.s, odd) {
				return nil, false
			}
		}
	}
	defer func() {
		if r := recover(); r != nil {
			if _, other := r.(notPlain); !other {
				panic(r)
			}
			root, ok = nil, false
		}
	}()
	c := p.nextLine()
	if c < 0 {
		return nil, false
	}
	root = p.node(c, 0)
	if p.i < len(p.s) {
		return nil, false
	}
	return root, true
}

// notPlain leaves a file to the library.
type notPlain struct{}

func bail() { panic(notPlain{}) }

// plainDepth is well under the depth that documents may have.
const plainDepth = 50

type plainReader struct {
	s     string
	i     int
	line  int
	start int  // where the line begins
	wide  bool // not all characters are of one byte
	slab  []yaml.Node
	stack []*yaml.Node // the children of the nodes that are being read
	tags  map[string]string
}

// at is the byte at i, a line break at the end of the text.
func (p *plainReader) at(i int) byte {
	if i < len(p.s) {
		return p.s[i]
	}
	return '\n'
}

func (p *plainReader) make(kind yaml.Kind, tag string, i int) *yaml.Node {
	if len(p.slab) == 0 {
		p.slab = make([]yaml.Node, 64)
	}
	n := &p.slab[0]
	p.slab = p.slab[1:]
	n.Kind, n.Tag, n.Line, n.Column = kind, tag, p.line, i-p.start+1
	if p.wide {
		n.Column = utf8.RuneCountInString(p.s[p.start:i]) + 1
	}
	return n
}

// children takes what was put on the stack since it had a height.
func (p *plainReader) children(height int) []*yaml.Node {
	list := append([]*yaml.Node(nil), p.stack[height:]...)
	p.stack = p.stack[:height]
	return list
}

// nextLine goes to the first character of the next line that is neither empty nor a comment, and returns its place in the
// line, -1 at the end. It is called at the start of a line.
func (p *plainReader) nextLine() int {
	for p.i < len(p.s) {
		p.start = p.i
		i := p.i
		for p.at(i) == ' ' {
			i++
		}
		switch c := p.at(i); {
		case c == '\n':
			p.i = min(i+1, len(p.s))
			p.line++
		case c == '#':
			p.endLine(i)
		case c == '\t', c == '%' && i == p.i, i == p.i && (strings.HasPrefix(p.s[i:], "---") || strings.HasPrefix(p.s[i:], "...")):
			bail()
		default:
			if i >= len(p.s) {
				p.i = len(p.s)
				return -1
			}
			p.i = i
			return i - p.start
		}
	}
	return -1
}

// endLine goes to the start of the line after i.
func (p *plainReader) endLine(i int) {
	k := strings.IndexByte(p.s[i:], '\n')
	if k < 0 {
		p.i = len(p.s)
		return
	}
	p.i = i + k + 1
	p.line++
}

// rest wants nothing but blanks and a comment in the line from i on, and goes to the next line with content.
func (p *plainReader) rest(i int) int {
	from := i
	for p.at(i) == ' ' {
		i++
	}
	if c := p.at(i); c != '\n' && (c != '#' || i == from) {
		bail()
	}
	p.endLine(i)
	return p.nextLine()
}

// blank reports whether the line holds nothing more from i on, where a blank or the sign before a value has stood.
func (p *plainReader) blank(i int) bool {
	for p.at(i) == ' ' {
		i++
	}
	return p.at(i) == '\n' || p.at(i) == '#' && p.s[i-1] == ' '
}

// node reads the block mapping or sequence that begins at p.i, in column c.
func (p *plainReader) node(c, depth int) *yaml.Node {
	if depth > plainDepth {
		bail()
	}
	if p.dash(p.i) {
		n, _ := p.sequence(c, depth)
		return n
	}
	if _, ok := p.key(p.i); !ok {
		bail()
	}
	n, _ := p.mapping(c, depth)
	return n
}

func (p *plainReader) dash(i int) bool {
	return p.at(i) == '-' && (p.at(i+1) == ' ' || p.at(i+1) == '\n')
}

// key finds the end of a simple key at i: letters, digits and a few signs, and a colon before a blank.
func (p *plainReader) key(i int) (end int, ok bool) {
	from := i
	for ; i < len(p.s) && i-from < 200; i++ {
		switch c := p.s[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '_':
		case i == from:
			return 0, false
		case c == '.', c == '-', c == '$', c == '/', c == '(', c == ')':
		case c == ' ' && p.at(i+1) != ' ' && p.at(i+1) != ':' && p.at(i+1) != '#':
		case c == ':' && (p.at(i+1) == ' ' || p.at(i+1) == '\n'):
			return i, true
		default:
			return 0, false
		}
	}
	return 0, false
}

// mapping reads a block mapping whose keys stand in column c, and returns the column of the line after it.
func (p *plainReader) mapping(c, depth int) (n *yaml.Node, next int) {
	n = p.make(yaml.MappingNode, "!!map", p.i)
	height := len(p.stack)
	for {
		end, ok := p.key(p.i)
		if !ok {
			bail()
		}
		p.stack = append(p.stack, p.plain(p.i, end))
		i := end + 1
		var v *yaml.Node
		if p.blank(i) {
			p.endLine(i)
			next = p.nextLine()
			switch {
			case next > c:
				v, next = p.nested(next, depth)
			case next == c && p.dash(p.i):
				v, next = p.sequence(c, depth+1)
			default:
				bail() // an empty value
			}
		} else {
			for p.at(i) == ' ' {
				i++
			}
			v, next = p.value(i, c, depth)
		}
		p.stack = append(p.stack, v)
		if next > c {
			bail()
		}
		if next < c {
			n.Content = p.children(height)
			return n, next
		}
	}
}

// nested reads a collection on lines of its own, and returns the column of the line after it.
func (p *plainReader) nested(c, depth int) (*yaml.Node, int) {
	if depth+1 > plainDepth {
		bail()
	}
	if p.dash(p.i) {
		return p.sequence(c, depth+1)
	}
	if _, ok := p.key(p.i); !ok {
		bail()
	}
	return p.mapping(c, depth+1)
}

// sequence reads a block sequence whose dashes stand in column c, and returns the column of the line after it.
func (p *plainReader) sequence(c, depth int) (n *yaml.Node, next int) {
	if depth > plainDepth {
		bail()
	}
	n = p.make(yaml.SequenceNode, "!!seq", p.i)
	height := len(p.stack)
	for {
		i := p.i + 1
		var v *yaml.Node
		if p.blank(i) {
			p.endLine(i)
			if next = p.nextLine(); next <= c {
				bail()
			}
			v, next = p.nested(next, depth)
		} else {
			for p.at(i) == ' ' {
				i++
			}
			if _, ok := p.key(i); ok || p.dash(i) {
				p.i = i
				v, next = p.nested(i-p.start, depth)
			} else {
				v, next = p.value(i, c, depth)
			}
		}
		p.stack = append(p.stack, v)
		if next > c {
			bail()
		}
		if next < c || !p.dash(p.i) {
			n.Content = p.children(height)
			return n, next
		}
	}
}

// value reads what follows a key or a dash in its line, at i; c is the column of the key or dash. It returns the column of
// the line after it.
func (p *plainReader) value(i, c, depth int) (*yaml.Node, int) {
	switch p.at(i) {
	case '|', '>':
		return p.block(i, c)
	case '{', '[':
		n, end := p.flow(i, depth)
		return n, p.rest(end)
	case '"', '\'':
		n, end := p.quoted(i)
		return n, p.rest(end)
	}
	p.mayBegin(i, false)
	end := i
	for ; p.at(end) != '\n'; end++ {
		switch p.s[end] {
		case '\t':
			bail()
		case ':':
			if after := p.at(end + 1); after == ' ' || after == '\n' {
				bail()
			}
		}
		if p.s[end] == '#' && p.s[end-1] == ' ' {
			break
		}
	}
	last := end
	for p.s[last-1] == ' ' {
		last--
	}
	n := p.plain(i, last)
	next := p.rest(last)
	if next > c {
		bail() // the scalar goes on
	}
	return n, next
}

// mayBegin wants a character that a plain scalar may begin with.
func (p *plainReader) mayBegin(i int, flow bool) {
	switch c := p.at(i); c {
	case '-':
		after := p.at(i + 1)
		if after == ' ' || after == '\n' || flow && strings.IndexByte(",[]{}", after) >= 0 {
			bail()
		}
	case '?', ':', ',', '[', ']', '{', '}', '#', '&', '*', '!', '|', '>', '\'', '"', '%', '@', '`', '\n', '\t', ' ':
		bail()
	}
}

// plain makes a plain scalar of the text from i to end.
func (p *plainReader) plain(i, end int) *yaml.Node {
	n := p.make(yaml.ScalarNode, "", i)
	n.Value = p.s[i:end]
	n.Tag = p.tag(n.Value)
	return n
}

// tag is the type of a plain scalar. The library is asked about what begins like a number and is no small whole one.
func (p *plainReader) tag(v string) string {
	switch c := v[0]; {
	case '0' <= c && c <= '9' || c == '+' || c == '-' || c == '.':
		if len(v) < 10 && c != '0' && c != '+' && c != '-' && c != '.' || v == "0" {
			k := 0
			for k < len(v) && '0' <= v[k] && v[k] <= '9' {
				k++
			}
			if k == len(v) {
				return "!!int"
			}
		}
		if words(v) {
			return "!!str"
		}
		if len(v) == len("2026-01-05T11:00:00Z") && v[10] == 'T' {
			if _, err := time.Parse(time.RFC3339, v); err == nil {
				return "!!timestamp"
			}
		}
		if tag, known := p.tags[v]; known {
			return tag
		}
		var doc yaml.Node
		if err := load([]byte(v), &doc); err != nil || len(doc.Content) != 1 || doc.Content[0].Value != v {
			bail()
		}
		p.tags[v] = doc.Content[0].Tag
		return doc.Content[0].Tag
	case c == '~' || c == '<':
		bail()
	case len(v) > 5:
		return "!!str"
	}
	switch v {
	case "true", "True", "TRUE", "false", "False", "FALSE":
		return "!!bool"
	case "null", "Null", "NULL":
		return "!!null"
	}
	return "!!str"
}

// words reports whether a scalar that begins like a number is surely none, and no time: a duration (-30m), an address or a
// version (192.0.2.10), a GUID.
func words(v string) bool {
	switch {
	case len(v) == 36 && v[8] == '-' && v[13] == '-':
		return true
	case strings.Count(v, ".") > 1:
		return strings.IndexByte(v, '-') < 0
	}
	switch v[len(v)-1] {
	case 'd', 'h', 'm', 's':
		return strings.IndexAny(v, "xX") < 0
	}
	return false
}

// quoted reads a quoted scalar of one line, and returns where it ends.
func (p *plainReader) quoted(i int) (*yaml.Node, int) {
	n := p.make(yaml.ScalarNode, "!!str", i)
	quote := p.s[i]
	n.Style = yaml.SingleQuotedStyle
	if quote == '"' {
		n.Style = yaml.DoubleQuotedStyle
	}
	from := i + 1
	var b []byte // the text so far, when it is not as it stands
	for i = from; ; i++ {
		switch c := p.at(i); {
		case c == '\n' || c == '\t':
			bail()
		case c == quote && quote == '\'' && p.at(i+1) == '\'':
			b = append(b, p.s[from:i+1]...)
			i++
			from = i + 1
		case c == quote:
			if n.Value = p.s[from:i]; b != nil {
				n.Value = string(append(b, n.Value...))
			}
			return n, i + 1
		case c == '\\' && quote == '"':
			b = append(b, p.s[from:i]...)
			i++
			switch p.at(i) {
			case '\\', '"', '/':
				b = append(b, p.s[i])
			case 'n':
				b = append(b, '\n')
			case 't':
				b = append(b, '\t')
			default:
				bail()
			}
			from = i + 1
		}
	}
}

// flow reads a flow mapping or sequence at i, and returns where it ends.
func (p *plainReader) flow(i, depth int) (*yaml.Node, int) {
	if depth > plainDepth {
		bail()
	}
	mapping := p.s[i] == '{'
	kind, tag, closing := yaml.SequenceNode, "!!seq", byte(']')
	if mapping {
		kind, tag, closing = yaml.MappingNode, "!!map", '}'
	}
	n := p.make(kind, tag, i)
	n.Style = yaml.FlowStyle
	height := len(p.stack)
	for i = p.space(i + 1); p.at(i) != closing; {
		v, end := p.flowScalar(i, mapping, depth)
		p.stack = append(p.stack, v)
		i = p.space(end)
		if mapping {
			if after := p.at(i + 1); p.at(i) != ':' || i != end || after != ' ' && after != '\n' {
				bail()
			}
			i = p.space(i + 1)
			v, end = p.flowScalar(i, false, depth)
			p.stack = append(p.stack, v)
			i = p.space(end)
		}
		switch p.at(i) {
		case ',':
			if i = p.space(i + 1); p.at(i) == ',' {
				bail()
			}
		case closing:
		default:
			bail()
		}
	}
	n.Content = p.children(height)
	return n, i + 1
}

// space goes over blanks and line breaks within a flow collection.
func (p *plainReader) space(i int) int {
	for {
		switch p.at(i) {
		case ' ':
			i++
		case '\n':
			if i++; i >= len(p.s) || p.s[i] != ' ' && p.s[i] != '\n' {
				bail()
			}
			p.line++
			p.start = i
		case '#', '\t':
			bail()
		default:
			return i
		}
	}
}

// flowScalar reads a value within a flow collection, or a key of it, and returns where it ends.
func (p *plainReader) flowScalar(i int, key bool, depth int) (*yaml.Node, int) {
	switch c := p.at(i); {
	case (c == '{' || c == '[') && !key:
		return p.flow(i, depth+1)
	case c == '"' || c == '\'':
		return p.quoted(i)
	}
	p.mayBegin(i, true)
	end := i
scan:
	for ; ; end++ {
		switch c, after := p.at(end), p.at(end+1); c {
		case ',', ']', '}', '\n':
			break scan
		case '[', '{', '\t', '?':
			bail()
		case '#':
			if p.s[end-1] == ' ' {
				bail()
			}
		case ':':
			if after == ' ' || after == '\n' {
				if !key {
					bail()
				}
				break scan
			}
			if strings.IndexByte(",?[]{}", after) >= 0 {
				bail()
			}
		}
	}
	last := end
	for p.s[last-1] == ' ' {
		last--
	}
	if key && last != end {
		bail()
	}
	if p.at(end) == '\n' { // the scalar ends with its line, or is left to the library
		k := end
		for p.at(k) == ' ' || p.at(k) == '\n' {
			if k++; k >= len(p.s) {
				bail()
			}
		}
		if c := p.s[k]; c != ',' && c != ']' && c != '}' {
			bail()
		}
	}
	return p.plain(i, last), last
}

// block reads a literal or folded block whose header stands at i, under a key or dash in column c, and returns the column of
// the line after it.
func (p *plainReader) block(i, c int) (*yaml.Node, int) {
	n := p.make(yaml.ScalarNode, "!!str", i)
	folded := p.s[i] == '>'
	n.Style = yaml.LiteralStyle
	if folded {
		n.Style = yaml.FoldedStyle
	}
	chomp := byte(0)
	if i++; p.at(i) == '-' || p.at(i) == '+' {
		chomp = p.s[i]
		i++
	}
	if p.at(i) != '\n' || i >= len(p.s) {
		bail()
	}
	p.i, p.line = i+1, p.line+1
	indent := -1
	var b strings.Builder
	breaks := 0 // line breaks since the last text
	for first := true; p.i < len(p.s); {
		from := p.i
		to := strings.IndexByte(p.s[from:], '\n')
		if to < 0 {
			bail()
		}
		to += from
		k := from
		for k < to && p.s[k] == ' ' && (indent < 0 || k-from < indent) {
			k++
		}
		if k == to { // an empty line
			if indent < 0 && k > from {
				bail() // blanks before the first text decide on the indentation
			}
			breaks++
			p.i, p.line = to+1, p.line+1
			continue
		}
		if indent < 0 {
			if p.s[k] == '\t' || k-from <= c {
				bail()
			}
			indent = k - from
		}
		if k-from < indent {
			if p.s[k] == '\t' {
				bail()
			}
			break
		}
		text := p.s[k:to]
		if folded && (text[0] == ' ' || text[0] == '\t') {
			bail()
		}
		switch {
		case first:
			for range breaks {
				b.WriteByte('\n')
			}
		case !folded:
			for range breaks {
				b.WriteByte('\n')
			}
		case breaks == 1:
			b.WriteByte(' ')
		default:
			for range breaks - 1 {
				b.WriteByte('\n')
			}
		}
		first = false
		b.WriteString(text)
		breaks = 1
		p.i, p.line = to+1, p.line+1
	}
	if indent < 0 {
		bail()
	}
	switch chomp {
	case 0:
		b.WriteByte('\n')
	case '+':
		for range breaks {
			b.WriteByte('\n')
		}
	}
	n.Value = b.String()
	return n, p.nextLine()
}
