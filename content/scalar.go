package content

import (
	"strings"
	"unicode/utf8"

	yaml "go.yaml.in/yaml/v4"
)

// scalar says where a value stands in a source: the offset of its first byte (the quote, the | or >, or the first
// character), and its style.
type scalar struct {
	offset int
	style  yaml.Style
}

// segment maps value bytes [value, value+length) to source bytes [source, source+length). Value bytes between two segments
// (escapes, folded line breaks) belong to the segment before them and map to its end.
type segment struct {
	value, source, length int
}

// alignment is the map from a decoded value to its source, made by reading the source again beside the value. bodyStart
// and end are the stretch that an edit replaces.
type alignment struct {
	segments []segment
	exact    bool
	end      int // the offset after the scalar's last byte (after the closing quote; for a block, after its last line break)
}

// locate finds the first byte of a scalar node, past an anchor or a tag.
func locate(src *Source, n *yaml.Node) scalar {
	b := src.Bytes
	i := src.Offset(Position{Line: n.Line, Column: n.Column})
	for i < len(b) && (b[i] == '&' || b[i] == '!') && (n.Anchor != "" || n.Style&yaml.TaggedStyle != 0) {
		for i < len(b) && b[i] > ' ' {
			i++
		}
		for i < len(b) && b[i] <= ' ' {
			i++
		}
	}
	return scalar{offset: i, style: n.Style}
}

// align reads a scalar's source beside its value. When the two part ways, the alignment is not exact and maps all to the
// scalar's start; its end is then the end of the line.
func align(b []byte, s scalar, value string) alignment {
	var a aligner
	a.src, a.value = b, value
	ok := false
	if s.offset < len(b) {
		switch {
		case s.style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
			ok = a.block(s)
		case s.style&yaml.DoubleQuotedStyle != 0:
			ok = b[s.offset] == '"' && a.flow(s.offset+1, '"')
		case s.style&yaml.SingleQuotedStyle != 0:
			ok = b[s.offset] == '\'' && a.flow(s.offset+1, '\'')
		default:
			ok = a.flow(s.offset, 0)
		}
	} else {
		ok = value == ""
		a.end = len(b)
	}
	if !ok {
		end := min(s.offset, len(b))
		for end < len(b) && breakLen(b, end) == 0 {
			end++
		}
		return alignment{segments: []segment{{source: min(s.offset, len(b))}}, end: end}
	}
	return alignment{segments: a.segs, exact: true, end: a.end}
}

type aligner struct {
	src   []byte
	value string
	segs  []segment
	end   int
}

func (a *aligner) add(value, source, length int) {
	if n := len(a.segs); n > 0 {
		if g := &a.segs[n-1]; g.value+g.length == value && g.source+g.length == source {
			g.length += length
			return
		}
	}
	a.segs = append(a.segs, segment{value, source, length})
}

// flow aligns plain and quoted scalars. Line breaks fold: one becomes a space, n become n-1 line feeds.
func (a *aligner) flow(i int, quote byte) bool {
	b, v := a.src, 0
	for v < len(a.value) {
		if i >= len(b) {
			return false
		}
		c := b[i]
		switch {
		case quote == '\'' && c == '\'':
			if i+1 >= len(b) || b[i+1] != '\'' || a.value[v] != '\'' {
				return false
			}
			a.add(v, i, 1)
			i, v = i+2, v+1
			continue
		case quote == '"' && c == '"':
			return false
		case quote == '"' && c == '\\':
			n, r, skip := escape(b, i)
			if n == 0 {
				return false
			}
			if skip { // an escaped line break gives nothing
				i += n
				continue
			}
			if !strings.HasPrefix(a.value[v:], string(r)) {
				return false
			}
			a.add(v, i, 0)
			i, v = i+n, v+utf8.RuneLen(r)
			continue
		}
		if c == ' ' || c == '\t' || breakLen(b, i) > 0 {
			j, breaks := i, 0
			for j < len(b) {
				if b[j] == ' ' || b[j] == '\t' {
					j++
				} else if n := breakLen(b, j); n > 0 {
					j, breaks = j+n, breaks+1
				} else {
					break
				}
			}
			if breaks > 0 {
				want := " "
				if breaks > 1 {
					want = strings.Repeat("\n", breaks-1)
				}
				if !strings.HasPrefix(a.value[v:], want) {
					return false
				}
				a.add(v, i, 0)
				i, v = j, v+len(want)
				continue
			}
		}
		if a.value[v] != c {
			return false
		}
		a.add(v, i, 1)
		i, v = i+1, v+1
	}
	if quote == '"' { // escaped line breaks may stand before the closing quote
		for i < len(b) && b[i] == '\\' {
			n, _, skip := escape(b, i)
			if !skip {
				return false
			}
			i += n
		}
	}
	if len(a.segs) == 0 {
		a.segs = append(a.segs, segment{source: i})
	}
	if quote != 0 {
		if i >= len(b) || b[i] != quote {
			return false
		}
		i++
	}
	a.end = i
	return true
}

// escape reads an escape of a double-quoted scalar at i: its length and the character it stands for. skip says that it is
// an escaped line break, with the blanks of the next line.
func escape(b []byte, i int) (n int, r rune, skip bool) {
	if i+1 >= len(b) {
		return 0, 0, false
	}
	if k := breakLen(b, i+1); k > 0 {
		n = 1 + k
		for i+n < len(b) && (b[i+n] == ' ' || b[i+n] == '\t') {
			n++
		}
		return n, 0, true
	}
	hex := 0
	switch b[i+1] {
	case '0':
		return 2, 0, false
	case 'a':
		return 2, 7, false
	case 'b':
		return 2, 8, false
	case 't', '\t':
		return 2, '\t', false
	case 'n':
		return 2, '\n', false
	case 'v':
		return 2, 11, false
	case 'f':
		return 2, 12, false
	case 'r':
		return 2, '\r', false
	case 'e':
		return 2, 27, false
	case ' ', '"', '/', '\\', '\'':
		return 2, rune(b[i+1]), false
	case 'N':
		return 2, 0x85, false
	case '_':
		return 2, 0xA0, false
	case 'L':
		return 2, 0x2028, false
	case 'P':
		return 2, 0x2029, false
	case 'x':
		hex = 2
	case 'u':
		hex = 4
	case 'U':
		hex = 8
	default:
		return 0, 0, false
	}
	if i+2+hex > len(b) {
		return 0, 0, false
	}
	for _, c := range b[i+2 : i+2+hex] {
		switch {
		case '0' <= c && c <= '9':
			r = r<<4 | rune(c-'0')
		case 'a' <= c && c <= 'f':
			r = r<<4 | rune(c-'a'+10)
		case 'A' <= c && c <= 'F':
			r = r<<4 | rune(c-'A'+10)
		default:
			return 0, 0, false
		}
	}
	if r < 0 || r > utf8.MaxRune || utf8.RuneLen(r) < 0 {
		return 0, 0, false
	}
	return 2 + hex, r, false
}

// block aligns literal and folded scalars. The indentation is the difference between the leading blanks of the first line
// that is not blank in the source and in the value, which holds with and without an indentation digit.
func (a *aligner) block(s scalar) bool {
	b, i := a.src, s.offset
	if b[i] != '|' && b[i] != '>' {
		return false
	}
	for i < len(b) && breakLen(b, i) == 0 {
		i++
	}
	if i >= len(b) {
		a.segs = []segment{{source: len(b)}}
		a.end = len(b)
		return strings.Trim(a.value, "\n") == ""
	}
	i += breakLen(b, i)
	bodyStart := i

	indent := -1
	for j := i; j < len(b); {
		k := j
		for k < len(b) && b[k] == ' ' {
			k++
		}
		if k >= len(b) {
			break
		}
		if n := breakLen(b, k); n > 0 {
			j = k + n
			continue
		}
		first := a.value
		for first != "" && first[0] == '\n' {
			first = first[1:]
		}
		lead := len(first) - len(strings.TrimLeft(first, " "))
		indent = k - j - lead
		break
	}
	if indent < 1 { // a body of blank lines only, or a value that does not belong here
		a.segs = []segment{{source: bodyStart}}
		a.end = bodyStart
		for a.end < len(b) && strings.Count(a.value, "\n") > 0 && breakLen(b, a.end) > 0 {
			a.end += breakLen(b, a.end)
		}
		return strings.Trim(a.value, "\n ") == "" && indent < 1
	}
	if b[s.offset] == '|' {
		return a.literal(bodyStart, indent)
	}
	return a.folded(bodyStart, indent)
}

// strip returns where the content of the line at i starts after the indentation, and where it ends.
func (a *aligner) strip(i, indent int) (from, to, next int, ok bool) {
	b := a.src
	from = i
	for from < len(b) && from-i < indent && b[from] == ' ' {
		from++
	}
	for to = from; to < len(b) && breakLen(b, to) == 0; to++ {
	}
	next = to
	if to < len(b) {
		next += breakLen(b, to)
	}
	// A line indented less is part of the block only when it is blank.
	ok = from-i == indent || from == to
	return from, to, next, ok
}

func (a *aligner) literal(i, indent int) bool {
	v := 0
	for v < len(a.value) {
		if i >= len(a.src) {
			return false
		}
		from, to, next, ok := a.strip(i, indent)
		if !ok || !strings.HasPrefix(a.value[v:], string(a.src[from:to])) {
			return false
		}
		a.segs = append(a.segs, segment{v, from, to - from})
		v += to - from
		i, a.end = next, next
		if v == len(a.value) {
			break
		}
		// The break is kept as LF, save NEL, LS and PS, which stay themselves.
		switch {
		case a.value[v] == '\n':
			v++
		case next > to && strings.HasPrefix(a.value[v:], string(a.src[to:next])):
			v += next - to
		default:
			return false
		}
	}
	return true
}

func (a *aligner) folded(i, indent int) bool {
	v := 0
	for v < len(a.value) {
		if i >= len(a.src) {
			return strings.Trim(a.value[v:], "\n") == ""
		}
		from, to, next, ok := a.strip(i, indent)
		if !ok {
			return false
		}
		i, a.end = next, next
		if from == to {
			continue
		}
		if a.src[from] != ' ' && a.src[from] != '\t' {
			// Blanks in the value before an ordinary line come from folding.
			if v > 0 && a.value[v] == ' ' {
				v++
			}
		}
		for v < len(a.value) && a.value[v] == '\n' {
			v++
		}
		if !strings.HasPrefix(a.value[v:], string(a.src[from:to])) {
			return false
		}
		a.segs = append(a.segs, segment{v, from, to - from})
		v += to - from
		if strings.Trim(a.value[v:], "\n") == "" {
			break
		}
	}
	return true
}
