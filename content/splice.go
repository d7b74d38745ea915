package content

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	yaml "go.yaml.in/yaml/v4"
)

// Edit replaces the bytes [Start, End) of a file.
type Edit struct {
	Start, End int
	Text       string
}

// Splice applies edits to the bytes of a file; every byte outside them stays. Edits may come in any order and must not
// overlap.
func Splice(src []byte, edits ...Edit) ([]byte, error) {
	sorted := slices.Clone(edits)
	slices.SortStableFunc(sorted, func(a, b Edit) int { return a.Start - b.Start })
	out := make([]byte, 0, len(src)+64)
	at := 0
	for _, e := range sorted {
		if e.Start < at || e.End < e.Start || e.End > len(src) {
			return nil, fmt.Errorf("the edit of bytes %d to %d overlaps another one or leaves the file", e.Start, e.End)
		}
		out = append(append(out, src[at:e.Start]...), e.Text...)
		at = e.End
	}
	return append(out, src[at:]...), nil
}

// ReplaceScalar returns the edit that gives the scalar at a path a new value, in the style it has: a block scalar stays
// one with its indentation, a quoted one keeps its quotes, a plain one is quoted when the value asks for it. The edit is
// checked: the edited text reads as the value.
func (d *Document) ReplaceScalar(value string, path ...any) (Edit, error) {
	if d.Root == nil {
		return Edit{}, fmt.Errorf("%s is kept raw and cannot be edited", d.File())
	}
	n, _, ok := d.find(path)
	if !ok || n.Kind != yaml.ScalarNode {
		return Edit{}, fmt.Errorf("%s: there is no text at %q", d.Where(path...), pathString(path))
	}
	src := d.Source.Bytes
	sc := locate(d.Source, n)
	a := align(src, sc, n.Value)
	if !a.exact {
		return Edit{}, fmt.Errorf("%s: the layout of this value is too unusual to edit", d.NodeSpan(n))
	}
	e := Edit{Start: sc.offset, End: a.end}
	eol := "\n"
	if i := strings.IndexByte(string(src), '\n'); i > 0 && src[i-1] == '\r' {
		eol = "\r\n"
	}
	switch {
	case n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		indent := blockIndent(src, a)
		if indent == 0 {
			indent = d.parentIndent(sc.offset) + 2
		}
		e.End = blockEnd(src, a, sc)
		e.Text = blockScalar(value, indent, eol)
	case n.Style&yaml.DoubleQuotedStyle != 0:
		e.Text = DoubleQuoted(value)
	case n.Style&yaml.SingleQuotedStyle != 0 && !strings.ContainsAny(value, "\n\r\t") && printable(value):
		e.Text = "'" + strings.ReplaceAll(value, "'", "''") + "'"
	case plainSafe(value, n):
		e.Text = value
		if a.end == sc.offset && sc.offset > 0 && src[sc.offset-1] == ':' {
			e.Text = " " + value
		}
	default:
		e.Text = DoubleQuoted(value)
		if !strings.ContainsAny(value, "\n\r\t") && printable(value) {
			e.Text = "'" + strings.ReplaceAll(value, "'", "''") + "'"
		}
		if a.end == sc.offset && sc.offset > 0 && src[sc.offset-1] == ':' {
			e.Text = " " + e.Text
		}
	}
	edited, err := Splice(src, e)
	if err != nil {
		return Edit{}, err
	}
	again, _ := Parse(d.File(), edited)
	if again == nil {
		return Edit{}, fmt.Errorf("%s: the value cannot be written in place", d.NodeSpan(n))
	}
	if got, _, ok := again.find(path); !ok || got.Kind != yaml.ScalarNode || got.Value != value {
		return Edit{}, fmt.Errorf("%s: the value cannot be written in place", d.NodeSpan(n))
	}
	return e, nil
}

// blockIndent returns the indentation of a block scalar's body, 0 when the body is empty.
func blockIndent(src []byte, a alignment) int {
	for _, g := range a.segments {
		if g.length > 0 {
			i := g.source
			for i > 0 && src[i-1] == ' ' {
				i--
			}
			return g.source - i
		}
	}
	return 0
}

// blockEnd returns the end of a block scalar's body with the blank lines that chomping left out.
func blockEnd(src []byte, a alignment, sc scalar) int {
	end := a.end
	for end < len(src) {
		j := end
		for j < len(src) && src[j] == ' ' {
			j++
		}
		if j >= len(src) {
			return len(src)
		}
		n := breakLen(src, j)
		if n == 0 {
			break
		}
		// Blank lines between two keys are layout; only one directly before the end of the file is part of the text.
		k := j + n
		for k < len(src) && (src[k] == ' ' || breakLen(src, k) > 0) {
			k++
		}
		if k < len(src) {
			break
		}
		end = k
	}
	return max(end, sc.offset)
}

// parentIndent returns the indentation of the line that holds an offset.
func (d *Document) parentIndent(offset int) int {
	line := d.Source.Line(d.Source.Position(offset).Line)
	return len(line) - len(strings.TrimLeft(line, " -"))
}

func blockScalar(value string, indent int, eol string) string {
	var b strings.Builder
	b.WriteByte('|')
	body := strings.TrimRight(value, "\n")
	if body == "" || body[0] == ' ' || body[0] == '\n' {
		b.WriteString(strconv.Itoa(min(indent, 9)))
	}
	switch trailing := len(value) - len(body); {
	case trailing == 0:
		b.WriteByte('-')
	case trailing > 1:
		b.WriteByte('+')
	}
	b.WriteString(eol)
	pad := strings.Repeat(" ", indent)
	for _, line := range strings.Split(body, "\n") {
		if line != "" {
			b.WriteString(pad)
			b.WriteString(line)
		}
		b.WriteString(eol)
	}
	for range len(value) - len(body) - 1 {
		b.WriteString(eol)
	}
	return b.String()
}

func printable(s string) bool {
	for _, r := range s {
		if r < ' ' || r == 0x7F || r == 0x85 || r == 0x2028 || r == 0x2029 || r == 0xFEFF {
			return false
		}
	}
	return true
}

// plainSafe says whether a value can stand without quotes where the old one stood. A text that would read as a number, a
// date or a word of YAML is left plain only when the old value was of that kind.
func plainSafe(s string, old *yaml.Node) bool {
	if s == "" || !printable(s) || s != strings.TrimSpace(s) {
		return false
	}
	if strings.ContainsRune("-?:,[]{}#&*!|>'\"%@`", rune(s[0])) && !(s[0] == '-' && len(s) > 1 && s[1] != ' ') {
		return false
	}
	if strings.Contains(s, ": ") || strings.Contains(s, " #") || strings.HasSuffix(s, ":") || strings.ContainsAny(s, "[]{},") {
		return false
	}
	var n yaml.Node
	if load([]byte(s), &n) != nil || len(n.Content) != 1 || n.Content[0].Kind != yaml.ScalarNode {
		return false
	}
	tag := n.Content[0].Tag
	return tag == "!!str" || tag == old.Tag || tag == "!!timestamp"
}

// DoubleQuoted writes a text as a double-quoted scalar of YAML on one line.
func DoubleQuoted(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case r < ' ' || 0x7F <= r && r <= 0xA0 || r == 0x2028 || r == 0x2029 || r == 0xFEFF || r == 0xFFFE || r == 0xFFFF:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
