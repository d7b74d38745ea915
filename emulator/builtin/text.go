package builtin

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

func textKernels() []Scalar {
	return []Scalar{
		{Name: "tolower", Kernel: textToText(strings.ToLower)},
		{Name: "toupper", Kernel: textToText(strings.ToUpper)},
		{Name: "strlen", Kernel: textToLong(func(s string) (int64, bool) { return int64(utf8.RuneCountInString(s)), true })},
		{Name: "string_size", Kernel: textToLong(func(s string) (int64, bool) { return int64(len(s)), true })},
		{Name: "reverse", Kernel: textToText(reverseText)},
		{Name: "isascii", Kernel: textToBool(isASCII)},
		{Name: "isutf8", Kernel: textToBool(utf8.ValidString)},
		{Name: "strcat", Kernel: strcat},
		{Name: "strcat_delim", Kernel: strcatDelim},
		{Name: "strcat_array", Kernel: rows(strcatArray)},
		{Name: "strrep", Kernel: rows(strrep)},
		{Name: "strcmp", Kernel: rows(func(_ *Call, a []value.Value) value.Value {
			return value.NewLong(int64(strings.Compare(a[0].Text(), a[1].Text())))
		})},
		{Name: "substring", Kernel: rows(substring)},
		{Name: "split", Kernel: rows(split)},
		{Name: "indexof", Kernel: rows(indexOf)},
		{Name: "countof", Kernel: countOf},
		{Name: "replace_string", Kernel: rows(func(c *Call, a []value.Value) value.Value {
			s, from, to := a[0].Text(), a[1].Text(), a[2].Text()
			if from == "" {
				return value.NewString(s)
			}
			if len(s)/len(from)*len(to) > maxText && !c.room(len(s)+strings.Count(s, from)*(len(to)-len(from))) {
				return value.NewString("")
			}
			return value.NewString(strings.ReplaceAll(s, from, to))
		})},
		{Name: "replace_strings", Kernel: rows(replaceStrings)},
		{Name: "translate", Kernel: rows(translate)},
		{Name: "unicode_codepoints_from_string", Kernel: textToNode(codepoints)},
		{Name: "unicode_codepoints_to_string", Kernel: rows(fromCodepoints)},
	}
}

func reverseText(s string) string {
	out := make([]byte, len(s))
	at := len(s)
	for _, r := range s {
		at -= utf8.RuneLen(r)
		if at < 0 { // a broken byte was replaced
			rs := []rune(s)
			for i, j := 0, len(rs)-1; i < j; i, j = i+1, j-1 {
				rs[i], rs[j] = rs[j], rs[i]
			}
			return string(rs)
		}
		utf8.EncodeRune(out[at:], r)
	}
	return string(out[at:])
}

func isASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// strcat joins the texts of its arguments.
func strcat(c *Call, args []vector.Column, n int) (vector.Column, error) {
	return joinRows(c, nil, args, n)
}

// strcatDelim joins with its first argument between the others.
func strcatDelim(c *Call, args []vector.Column, n int) (vector.Column, error) {
	return joinRows(c, args[0], args[1:], n)
}

// joinRows joins the texts of each row, with those of between in the middle where there are any.
func joinRows(c *Call, between vector.Column, args []vector.Column, n int) (vector.Column, error) {
	parts := make([]vector.Texts, len(args))
	for k, a := range args {
		parts[k] = texts(a)
	}
	var delim vector.Texts
	if between != nil {
		delim = texts(between)
	}
	// One block of memory a batch: the texts are cut out of it at the end.
	ends := make([]int, n)
	size := 0
	for i := range ends {
		from := size
		for k := range parts {
			size += len(parts[k].At(i))
		}
		if between != nil && len(parts) > 1 {
			size += (len(parts) - 1) * len(delim.At(i))
		}
		if ends[i] = size; !c.room(size - from) {
			return nil, c.refused
		}
		if size > maxBatchText {
			return nil, fmt.Errorf("%s(): more than %d MiB of text come out of a batch, the limit", c.Fn.Name, maxBatchText>>20)
		}
	}
	var arena strings.Builder
	arena.Grow(size)
	for i := range ends {
		for k := range parts {
			if between != nil && k > 0 {
				arena.WriteString(delim.At(i))
			}
			arena.WriteString(parts[k].At(i))
		}
	}
	all := arena.String()
	out := make([]string, n)
	from := 0
	for i, end := range ends {
		out[i] = all[from:end]
		from = end
	}
	return flatStrings(out), nil
}

func strcatArray(c *Call, a []value.Value) value.Value {
	n := a[0].Node()
	if n.IsNull() || n.Kind != value.KindArray {
		return value.NewString(n.Text())
	}
	delim := a[1].Text()
	var dst []byte
	for i, e := range n.Elems {
		if i > 0 {
			dst = append(dst, delim...)
		}
		if dst = value.AppendNodeText(dst, e); !c.room(len(dst)) {
			return value.NewString("")
		}
	}
	return value.NewString(string(dst))
}

// maxRepeat bounds the texts and arrays that repeat and strrep make.
const maxRepeat = 1 << 20

func strrep(c *Call, a []value.Value) value.Value {
	count := longOr(a, 1, 0)
	if count > 1024 {
		count = 1024 // Source: Kusto documentation, "strrep()": the multiplier is at most 1024.
	}
	s, delim := a[0].Text(), argOr(a, 2, value.NewString("")).Text()
	if count <= 0 || !c.room((len(s)+len(delim))*int(count)) {
		return value.NewString("")
	}
	return value.NewString(strings.Repeat(s+delim, int(count-1)) + s)
}

// substring counts characters; a negative start counts from the end.
func substring(_ *Call, a []value.Value) value.Value {
	s := a[0].Text()
	start, length := longOr(a, 1, 0), longOr(a, 2, int64(len(s)))
	if length < 0 {
		return value.NewString("")
	}
	if isASCII(s) {
		from, to := window(start, length, int64(len(s)))
		return value.NewString(s[from:to])
	}
	rs := []rune(s)
	from, to := window(start, length, int64(len(rs)))
	return value.NewString(string(rs[from:to]))
}

func window(start, length, size int64) (from, to int64) {
	if start < 0 {
		start = max(0, start+size)
	}
	from = min(start, size)
	return from, from + min(length, size-from)
}

// split cuts at a delimiter; with an index only that part is in the array, none when there is no such part.
func split(_ *Call, a []value.Value) value.Value {
	s, delim := a[0].Text(), a[1].Text()
	parts := []string{s}
	if delim != "" {
		parts = strings.Split(s, delim)
	}
	if len(a) > 2 && !a[2].Null {
		i := longOr(a, 2, 0)
		if i < 0 || i >= int64(len(parts)) {
			return value.Null(value.Dynamic)
		}
		parts = parts[i : i+1]
	}
	return value.NewDynamic(textArray(parts))
}

func textArray(parts []string) *value.Node {
	nodes := make([]value.Node, len(parts))
	elems := make([]*value.Node, len(parts))
	for i, p := range parts {
		nodes[i] = value.Node{Kind: value.KindString, S: p}
		elems[i] = &nodes[i]
	}
	return value.NodeArray(elems...)
}

// searchWindow returns where indexof looks: byte offsets of s and the number of characters before the first.
func searchWindow(a []value.Value, s string) (from, to int, ok bool) {
	size := int64(utf8.RuneCountInString(s))
	start, length := longOr(a, 2, 0), longOr(a, 3, -1)
	if start < 0 {
		start = max(0, start+size)
	}
	if start > size {
		return 0, 0, false
	}
	if length < 0 || length > size-start {
		length = size - start
	}
	from = byteOffset(s, start)
	return from, from + byteOffset(s[from:], length), true
}

func byteOffset(s string, chars int64) int {
	for i := range s {
		if chars == 0 {
			return i
		}
		chars--
	}
	return len(s)
}

// occurrence returns which match is wanted, 0 when the argument makes the answer null.
func occurrence(a []value.Value) int64 {
	n := longOr(a, 4, 1)
	if n <= 0 {
		return 0
	}
	return n
}

// indexOf gives the place of a text in characters, -1 when it is not there, null when the occurrence is no positive number.
func indexOf(_ *Call, a []value.Value) value.Value {
	s, sub := a[0].Text(), a[1].Text()
	nth := occurrence(a)
	if nth == 0 {
		return value.Null(value.Long)
	}
	from, to, ok := searchWindow(a, s)
	if !ok {
		return value.NewLong(-1)
	}
	for at := from; at <= to; {
		i := strings.Index(s[at:to], sub)
		if i < 0 {
			break
		}
		if nth--; nth == 0 {
			return value.NewLong(int64(utf8.RuneCountInString(s[:at+i])))
		}
		at += i + 1
	}
	return value.NewLong(-1)
}

func indexOfRegex(_ *Call, p *pattern, a []value.Value) value.Value {
	s := a[0].Text()
	nth := occurrence(a)
	if nth == 0 {
		return value.Null(value.Long)
	}
	from, to, ok := searchWindow(a, s)
	if !ok {
		return value.NewLong(-1)
	}
	for at := from; at <= to; {
		m := p.re.FindStringIndex(s[at:to])
		if m == nil {
			break
		}
		if nth--; nth == 0 {
			return value.NewLong(int64(utf8.RuneCountInString(s[:at+m[0]])))
		}
		at += max(m[1], m[0]+1)
	}
	return value.NewLong(-1)
}

// countOf counts a text, overlaps included, or the matches of a pattern, which do not overlap.
func countOf(c *Call, args []vector.Column, n int) (vector.Column, error) {
	var failed error
	col, err := rows(func(_ *Call, a []value.Value) value.Value {
		s, sub := a[0].Text(), a[1].Text()
		if argOr(a, 2, value.NewString("")).Text() == "regex" {
			p, err := compilePattern(sub)
			if err != nil {
				failed = err
				return value.Null(value.Long)
			}
			return value.NewLong(int64(len(p.re.FindAllStringIndex(s, -1))))
		}
		count := int64(0)
		for at := 0; sub != "" && at < len(s); count++ {
			i := strings.Index(s[at:], sub)
			if i < 0 {
				break
			}
			at += i + 1
		}
		return value.NewLong(count)
	})(c, args, n)
	if failed != nil {
		return nil, failed
	}
	return col, err
}

// replaceStrings goes through a text once: where a lookup stands, the first in the list, its rewrite is put and the search goes on behind it. A
// lookup whose rewrite is no text is passed over in one piece.
//
// Source: Kusto documentation, "replace_strings()", the example with a number among the rewrites.
func replaceStrings(c *Call, a []value.Value) value.Value {
	s := a[0].Text()
	from, to := a[1].Node(), a[2].Node()
	if from.IsNull() || to.IsNull() || len(from.Elems) != len(to.Elems) {
		return value.NewString("")
	}
	lookups := make([]string, len(from.Elems))
	for i, e := range from.Elems {
		lookups[i] = e.Text()
	}
	var out []byte
next:
	for i := 0; i < len(s); {
		for k, w := range lookups {
			if w == "" || !strings.HasPrefix(s[i:], w) {
				continue
			}
			if r := to.Elems[k]; r != nil && r.Kind == value.KindString {
				out = append(out, r.S...)
			} else {
				out = append(out, w...)
			}
			if i += len(w); !c.room(len(out)) {
				return value.NewString("")
			}
			continue next
		}
		out = append(out, s[i])
		i++
	}
	return value.NewString(string(out))
}

// translate replaces characters of the first text by those at the same place in the second, whose last serves for the rest. With an empty second text the characters go.
func translate(_ *Call, a []value.Value) value.Value {
	search, replacement, s := []rune(a[0].Text()), []rune(a[1].Text()), a[2].Text()
	var out []rune
	for _, r := range s {
		at := -1
		for i, q := range search {
			if q == r {
				at = i
				break
			}
		}
		switch {
		case at < 0:
			out = append(out, r)
		case len(replacement) == 0:
		case at < len(replacement):
			out = append(out, replacement[at])
		default:
			out = append(out, replacement[len(replacement)-1])
		}
	}
	return value.NewString(string(out))
}

func codepoints(s string) *value.Node {
	elems := make([]*value.Node, 0, len(s))
	for _, r := range s {
		elems = append(elems, value.NodeLong(int64(r)))
	}
	return value.NodeArray(elems...)
}

func fromCodepoints(_ *Call, a []value.Value) value.Value {
	var out []rune
	for _, v := range a {
		if v.Type == value.Dynamic && v.Dyn != nil && v.Dyn.Kind == value.KindArray {
			for _, e := range v.Dyn.Elems {
				if e.Kind == value.KindLong {
					out = append(out, rune(e.I))
				}
			}
			continue
		}
		if l := value.Convert(v, value.Long); !l.Null {
			out = append(out, rune(l.I))
		}
	}
	return value.NewString(string(out))
}
