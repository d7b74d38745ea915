package lsp

import (
	"sort"
	"strings"
)

// region is the query of a document: its text, and where each of its bytes stands in the document. It is found by the
// layout alone, so that it is there also while the YAML around it is being written.
type region struct {
	text  string
	lines []regionLine
	// key is the name under which the query stands, "" for a file that is a query.
	key string
}

// regionLine is a line of the query: where it begins in the text and in the document.
type regionLine struct{ text, document int }

// document returns the byte of the document of a byte of the text.
func (r *region) document(offset int) int {
	i := sort.Search(len(r.lines), func(i int) bool { return r.lines[i].text > offset }) - 1
	if i < 0 {
		return 0
	}
	return r.lines[i].document + offset - r.lines[i].text
}

// inside returns the byte of the text of a byte of the document; false when it lies outside of the query.
func (r *region) inside(document int) (int, bool) {
	if len(r.lines) == 0 || document < r.lines[0].document {
		return 0, false
	}
	i := sort.Search(len(r.lines), func(i int) bool { return r.lines[i].document > document }) - 1
	at := r.lines[i].text + document - r.lines[i].document
	end := len(r.text)
	if i+1 < len(r.lines) {
		end = r.lines[i+1].text - 1 // the line's end
	}
	if i == len(r.lines)-1 && at > end {
		return 0, false
	}
	return min(at, end), true
}

// wholeFile is the region of a file that is a query.
func wholeFile(text string) *region {
	return &region{text: text, lines: []regionLine{{0, 0}}}
}

// queryKeys are those under which documents hold queries.
func queryKey(key string) bool {
	return key == "query" || key == "ParserQuery" || key == "FunctionQuery"
}

// queryOf finds the query of a YAML document, nil when there is none.
func queryOf(b *buffer) *region {
	for n := range b.lines {
		from, to := b.line(n)
		line := b.text[from:to]
		key, value, ok := strings.Cut(line, ":")
		if !ok || !queryKey(key) {
			continue
		}
		value = strings.TrimLeft(value, " \t")
		at := to - len(value)
		if value == "" || value[0] == '|' || value[0] == '>' {
			if value != "" {
				return block(b, n+1, key)
			}
			continue
		}
		end := to
		if q := value[0]; q == '"' || q == '\'' {
			at++
			if i := strings.LastIndexByte(value, q); i > 0 {
				end = to - (len(value) - i)
			}
		}
		return &region{text: b.text[at:end], lines: []regionLine{{0, at}}, key: key}
	}
	return nil
}

// block reads the block scalar that begins at a line: its lines lose the indentation of the first that is not blank.
func block(b *buffer, first int, key string) *region {
	r := &region{key: key}
	indent := -1
	var text strings.Builder
	last := first - 1
	for n := first; n < len(b.lines); n++ {
		from, to := b.line(n)
		line := b.text[from:to]
		deep := len(line) - len(strings.TrimLeft(line, " "))
		if strings.TrimSpace(line) != "" {
			if indent < 0 {
				indent = deep
			}
			if deep < indent || indent == 0 {
				break
			}
			last = n
		}
	}
	if indent <= 0 {
		indent = 2 // an empty block: what is typed next is indented
		last = min(first, len(b.lines)-1)
		if from, to := b.line(first); strings.TrimSpace(b.text[from:to]) != "" || first >= len(b.lines) {
			return nil
		}
	}
	// Blank lines behind the block belong to it while they are being written.
	for n := last + 1; n < len(b.lines); n++ {
		from, to := b.line(n)
		if strings.TrimSpace(b.text[from:to]) != "" {
			break
		}
		if to-from >= indent {
			last = n
		}
	}
	for n := first; n <= last; n++ {
		from, to := b.line(n)
		cut := min(indent, to-from)
		if len(r.lines) > 0 {
			text.WriteByte('\n')
		}
		r.lines = append(r.lines, regionLine{text.Len(), from + cut})
		text.WriteString(b.text[from+cut : to])
	}
	r.text = text.String()
	if len(r.lines) == 0 {
		return nil
	}
	return r
}
