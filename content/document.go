package content

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	yaml "go.yaml.in/yaml/v4"
)

// Document is one parsed YAML (or JSON) file: its source and its tree of nodes. Kind is set by the loader.
type Document struct {
	Source *Source
	Kind   Kind
	Root   *yaml.Node // the node of the document's value; nil for files kept raw
}

// File returns the name of the file, as shown to people.
func (d *Document) File() string { return d.Source.File }

// Limits of a document. They are far above any content met in the wild and keep hostile files cheap.
const (
	maxDepth = 100
	maxNodes = 2_000_000
)

// Parse reads the bytes of one YAML or JSON file into a Document. The document is nil when the text is no YAML; problems
// that leave the tree usable (a key named twice) come with the document.
func Parse(file string, data []byte) (*Document, []Problem) {
	data = bytes.TrimPrefix(data, []byte("\xEF\xBB\xBF"))
	src := NewSource(file, data)
	if p, bad := textProblem(src); bad {
		return nil, []Problem{p}
	}
	var doc yaml.Node
	if err := load(data, &doc); err != nil {
		return nil, []Problem{syntaxProblem(src, err)}
	}
	if doc.Kind != yaml.DocumentNode || len(doc.Content) == 0 {
		return nil, []Problem{emptyProblem(src)}
	}
	d := &Document{Source: src, Root: doc.Content[0]}
	if d.Root.Kind == yaml.ScalarNode && d.Root.Tag == "!!null" {
		return nil, []Problem{emptyProblem(src)}
	}
	t := treeCheck{doc: d}
	t.check(d.Root, 0)
	if t.fatal {
		return nil, t.problems
	}
	return d, t.problems
}

// load calls the YAML reader and turns a panic of it into an error: the reader is given files from anywhere.
func load(data []byte, n *yaml.Node) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the YAML reader failed on it: %v", r)
		}
	}()
	return yaml.Load(data, n)
}

func emptyProblem(src *Source) Problem {
	return Problem{Span: Span{File: src.File, Start: Position{1, 1}}, Code: CodeSyntax, Severity: Error,
		Message: "the file is empty", Help: "write the content, or delete the file"}
}

// textProblem refuses what is no UTF-8 text, which the YAML reader refuses without a place.
func textProblem(src *Source) (Problem, bool) {
	b := src.Bytes
	fail := func(offset int, code, message, help string) (Problem, bool) {
		return Problem{Span: Span{File: src.File, Start: src.Position(offset)}, Code: code, Severity: Error, Message: message, Help: help}, true
	}
	if bytes.HasPrefix(b, []byte("\xFF\xFE")) || bytes.HasPrefix(b, []byte("\xFE\xFF")) {
		return fail(0, CodeBinary, "the file is written in UTF-16", "save it as UTF-8")
	}
	for i := 0; i < len(b); {
		c := b[i]
		if c < utf8.RuneSelf {
			if c < ' ' && c != '\n' && c != '\r' && c != '\t' || c == 0x7F {
				if c == 0 || c == 0x7F || bytes.IndexByte(b, 0) >= 0 {
					return fail(i, CodeBinary, fmt.Sprintf("the file holds the byte 0x%02x, so it is not text", c), "only UTF-8 text is read")
				}
				return fail(i, CodeBinary, fmt.Sprintf("the file holds the control character 0x%02x", c), "delete it; only printable UTF-8 text is read")
			}
			i++
			continue
		}
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n == 1 {
			return fail(i, CodeBinary, fmt.Sprintf("the byte 0x%02x is not UTF-8", c), "save the file as UTF-8")
		}
		if 0x80 <= r && r < 0xA0 && r != 0x85 || r == 0xFFFE || r == 0xFFFF {
			return fail(i, CodeBinary, fmt.Sprintf("the file holds the control character U+%04X", r), "delete it")
		}
		i += n
	}
	return Problem{}, false
}

// syntaxProblem says in our words what the YAML reader found.
func syntaxProblem(src *Source, err error) Problem {
	p := Problem{Span: Span{File: src.File, Start: Position{1, 1}}, Code: CodeSyntax, Severity: Error}
	var le *yaml.LoadError
	if !errors.As(err, &le) {
		p.Message = "the file cannot be read as YAML: " + oneLine(err.Error())
		return p
	}
	msg := le.Message
	if le.Mark.Line > 0 {
		p.Span.Start = Position{le.Mark.Line, max(1, le.Mark.Column)}
	}
	line := src.Line(p.Span.Start.Line)
	opened := ""
	if le.ContextMark.Line > 0 {
		opened = fmt.Sprintf("%d:%d", le.ContextMark.Line, le.ContextMark.Column)
	}
	has := func(s string) bool { return strings.Contains(msg, s) }
	// The reader notices a tab late and at a different place; the tab itself is what the person must see.
	if at, ok := tabIndent(src, p.Span.Start.Line); ok && !has("unexpected end of stream") {
		p.Span.Start = at
		p.Message, p.Help = "a tab is used for indentation", "YAML does not allow tabs there; use spaces"
		return p
	}
	switch {
	case has("no documents in stream"):
		return emptyProblem(src)
	case has("found multiple"):
		p.Span.Start = secondDocument(src)
		p.Message, p.Help = "a second document starts here", "keep one document a file"
	case has("mapping values are not allowed"):
		if before, ok := valueWithColon(line, p.Span.Start.Column); ok {
			p.Message, p.Help = "a value holds a colon followed by a blank", fmt.Sprintf("quote the value: %s'...'", before)
		} else {
			p.Message, p.Help = "a key stands where none can stand", "align it with the keys around it, or put a blank after the colon of the line above"
		}
	case has("cannot start any token"):
		c := ""
		if r := []rune(line); p.Span.Start.Column <= len(r) {
			c = string(r[p.Span.Start.Column-1])
		}
		p.Message, p.Help = fmt.Sprintf("a value cannot start with %q", c), "quote the value: it starts with a reserved character"
	case has("block sequence entries are not allowed"):
		p.Message, p.Help = "a list starts on the line of its key", "start the list on a line of its own"
	case has("did not find expected key"):
		p.Message, p.Help = "the line does not continue the mapping around it", "align it with the keys above; if it belongs to a text or a query, indent it as far as the text"
		if opened != "" && strings.ContainsAny(line, `'"`) {
			p.Help = "quote the whole value (two single quotes '' stand for one), or align the line with the keys above"
		}
	case has("did not find expected '-' indicator"):
		p.Message, p.Help = "the line does not continue the list around it", "align it with the dashes above, or indent it less"
	case has("could not find expected ':'"):
		p.Message, p.Help = "a line without a colon stands among keys", "write key: value; if it belongs to a text or a query above, indent it as far as the text"
		if le.ContextMark.Line > 0 {
			p.Span.Start = Position{le.ContextMark.Line, max(1, le.ContextMark.Column)}
		}
	case has("did not find expected ',' or ']'"):
		p.Message, p.Help = "the list opened with [ at "+opened+" is not closed", "close it with ], or separate its values with commas"
	case has("did not find expected ',' or '}'"):
		p.Message, p.Help = "the mapping opened with { at "+opened+" is not closed", "close it with }, or separate its entries with commas"
	case has("unexpected end of stream"):
		p.Message, p.Help = "the quote opened at "+opened+" is never closed", "close the quote"
		if le.ContextMark.Line > 0 {
			p.Span.Start = Position{le.ContextMark.Line, max(1, le.ContextMark.Column)}
		}
	case has("unknown escape character"):
		p.Message, p.Help = "a double-quoted text holds an unknown escape", `write \\ for a backslash, or use single quotes`
	case has("unknown anchor"):
		p.Message, p.Help = oneLine(msg), "quote the value if it is meant to start with *"
	case has("did not find expected node content"):
		p.Message, p.Help = "a value is expected here", "quote the value if it is meant to start with this character"
	case has("comment without preceding whitespace"):
		p.Message, p.Help = "a # follows a text without a blank", "put a blank before the comment, or quote the value"
	case has("depth"):
		p.Message, p.Help = "the file nests too deeply", fmt.Sprintf("at most %d levels are read", maxDepth)
	default:
		p.Message = oneLine(msg)
		if le.ContextMsg != "" {
			p.Message = oneLine(le.ContextMsg) + ": " + p.Message
		}
	}
	return p
}

func oneLine(s string) string {
	s = strings.Join(strings.Fields(strings.TrimPrefix(s, "yaml: ")), " ")
	if len(s) > 200 {
		s = s[:200]
	}
	return s
}

// tabIndent looks for a tab in the indentation of the line of an error and of the line before it.
func tabIndent(src *Source, line int) (Position, bool) {
	for _, n := range [...]int{line, line - 1} {
		if n < 1 {
			continue
		}
		for i, c := range src.Line(n) {
			if c == '\t' {
				return Position{n, i + 1}, true
			}
			if c != ' ' {
				break
			}
		}
	}
	return Position{}, false
}

func secondDocument(src *Source) Position {
	started := false
	for n := 1; n <= src.Lines(); n++ {
		l := src.Line(n)
		if started && (l == "---" || strings.HasPrefix(l, "--- ")) {
			return Position{n, 1}
		}
		if t := strings.TrimSpace(l); t != "" && t[0] != '#' && t[0] != '%' {
			started = true
		}
	}
	return Position{1, 1}
}

// valueWithColon says whether the colon at a column is the second one of a line "key: text: more", and returns the part up
// to the value.
func valueWithColon(line string, column int) (before string, ok bool) {
	r := []rune(line)
	if column < 1 || column > len(r) {
		return "", false
	}
	first := strings.Index(string(r[:column-1]), ": ")
	if first < 0 {
		return "", false
	}
	return strings.TrimLeft(line[:first+2], " -"), true
}

// treeCheck finds what the reader accepts and we do not: keys named twice, keys that are no words, merge keys, tags of
// other programs, and nesting that would cost too much.
type treeCheck struct {
	doc      *Document
	problems []Problem
	nodes    int
	fatal    bool
}

func (t *treeCheck) fail(n *yaml.Node, code, message, help string) {
	if len(t.problems) < 100 {
		t.problems = append(t.problems, Problem{Span: t.doc.NodeSpan(n), Code: code, Severity: Error, Message: message, Help: help})
	}
}

func (t *treeCheck) check(n *yaml.Node, depth int) {
	if t.nodes++; t.fatal {
		return
	}
	if depth > maxDepth || t.nodes > maxNodes {
		t.fatal = true
		t.fail(n, CodeSyntax, "the file nests too deeply or holds too many values", fmt.Sprintf("at most %d levels and %d values are read", maxDepth, maxNodes))
		return
	}
	if tag := n.Tag; n.Style&yaml.TaggedStyle != 0 {
		switch tag {
		case "!!str", "!!int", "!!float", "!!bool", "!!null", "!!map", "!!seq", "!!timestamp":
		default:
			t.fail(n, CodeSyntax, fmt.Sprintf("the tag %s is not known", tag), "delete the tag")
		}
	}
	if n.Kind == yaml.MappingNode {
		seen := make(map[string]*yaml.Node, len(n.Content)/2)
		for i := 0; i+1 < len(n.Content); i += 2 {
			k := n.Content[i]
			switch {
			case k.Kind != yaml.ScalarNode:
				t.fail(k, CodeSyntax, "a key is not a word", "write key: value")
				continue
			case k.Tag == "!!merge":
				t.fail(k, CodeSyntax, "merge keys (<<) are not read", "write the keys out")
				continue
			}
			if first, dup := seen[k.Value]; dup {
				t.fail(k, CodeDuplicateKey, fmt.Sprintf("the key %q is here for the second time; the first is at %d:%d", k.Value, first.Line, first.Column), "keep one of them")
				continue
			}
			seen[k.Value] = k
		}
	}
	for _, c := range n.Content {
		t.check(c, depth+1)
	}
}

// NodeSpan returns the place of a node. Of a block scalar, a list or a mapping only the start is given.
func (d *Document) NodeSpan(n *yaml.Node) Span {
	s := Span{File: d.Source.File, Start: Position{n.Line, n.Column}}
	if n.Kind == yaml.ScalarNode && n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) == 0 && n.Line > 0 {
		sc := locate(d.Source, n)
		a := align(d.Source.Bytes, sc, n.Value)
		if a.exact {
			s.Start = d.Source.Position(sc.offset)
			if end := d.Source.Position(a.end); end.Line == s.Start.Line {
				s.End = end
			}
		}
	}
	return s
}

// find walks a path of keys (string) and indexes (int). It returns the deepest node reached, the key that led there (nil
// in lists), and whether the whole path exists.
func (d *Document) find(path []any) (value, key *yaml.Node, ok bool) {
	n := d.Root
	for _, step := range path {
		for i := 0; n != nil && n.Kind == yaml.AliasNode && i < maxDepth; i++ {
			n = n.Alias
		}
		switch step := step.(type) {
		case string:
			found := false
			if n.Kind == yaml.MappingNode {
				for i := 0; i+1 < len(n.Content); i += 2 {
					if n.Content[i].Value == step && n.Content[i].Kind == yaml.ScalarNode {
						key, n, found = n.Content[i], n.Content[i+1], true
						break
					}
				}
			}
			if !found {
				return n, key, false
			}
		case int:
			if n.Kind != yaml.SequenceNode || step < 0 || step >= len(n.Content) {
				return n, key, false
			}
			n, key = n.Content[step], nil
		default:
			return n, key, false
		}
	}
	return n, key, true
}

// Where returns the place of the value at a path of keys (string) and indexes (int), for instance "entityMappings", 0,
// "entityType". When the path ends early, the place is that of the deepest part that exists: its key when it has one, else
// the start of the document.
func (d *Document) Where(path ...any) Span {
	if d.Root == nil {
		return Span{File: d.Source.File, Start: Position{1, 1}}
	}
	value, key, ok := d.find(path)
	if !ok {
		if key != nil {
			return d.NodeSpan(key)
		}
		if value == d.Root {
			return Span{File: d.Source.File, Start: Position{value.Line, value.Column}}
		}
		return d.NodeSpan(value)
	}
	return d.NodeSpan(value)
}

// WhereKey is Where for the key at the end of the path.
func (d *Document) WhereKey(path ...any) Span {
	if d.Root == nil {
		return Span{File: d.Source.File, Start: Position{1, 1}}
	}
	if _, key, ok := d.find(path); ok && key != nil {
		return d.NodeSpan(key)
	}
	return d.Where(path...)
}

// Has says whether the document has a value at a path.
func (d *Document) Has(path ...any) bool {
	if d.Root == nil {
		return false
	}
	_, _, ok := d.find(path)
	return ok
}

// JSON returns the document as values of package encoding/json (map[string]any, []any, string, json.Number, bool, nil).
// Aliases are followed, within the limits of a document.
func (d *Document) JSON() (any, error) {
	if d.Root == nil {
		return nil, fmt.Errorf("%s: the document is kept raw", d.Source.File)
	}
	r := &reader{doc: d}
	v := r.value(d.Root)
	if r.exhausted {
		return nil, fmt.Errorf("%s: aliases expand to too many values", d.Source.File)
	}
	return plainJSON(v), nil
}

// pathString joins a path with dots, as JSON Schema's runner names fields.
func pathString(path []any) string {
	var b strings.Builder
	for i, p := range path {
		if i > 0 {
			b.WriteByte('.')
		}
		switch p := p.(type) {
		case string:
			b.WriteString(p)
		case int:
			b.WriteString(strconv.Itoa(p))
		}
	}
	return b.String()
}

// Path turns the words of a path ("entityMappings", "0", "entityType") into keys and indexes, by what the document holds.
func (d *Document) Path(words []string) []any {
	path := make([]any, 0, len(words))
	n := d.Root
	for _, w := range words {
		for i := 0; n != nil && n.Kind == yaml.AliasNode && i < maxDepth; i++ {
			n = n.Alias
		}
		var step any = w
		if n != nil && n.Kind == yaml.SequenceNode {
			if i, err := strconv.Atoi(w); err == nil {
				step = i
			}
		}
		path = append(path, step)
		sub := Document{Source: d.Source, Root: n}
		next, _, ok := sub.find([]any{step})
		if n == nil || !ok {
			n = &yaml.Node{}
			continue
		}
		n = next
	}
	return path
}
