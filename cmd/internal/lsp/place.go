package lsp

import (
	"strings"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/syntax"
)

// place says what can stand at an offset of a query: which pipe it is in, behind which operator, in which call. It is found
// from the tokens before the offset, so that it is there also while the query does not parse.
type place struct {
	prefix string // the part of a word before the offset
	start  int    // where it begins
	// comment and text say that nothing of the language can stand here; in a text, quoted is what stands before the offset.
	comment, text bool
	quoted        string

	lets     string // the statements before the one at hand, with parameters of functions as statements
	source   string // the pipe up to its last bar, "" before the first
	operator string // the operator that is being written, "" directly behind a bar
	words    []string
	piped    bool // behind a bar
	begin    bool // where a table or statement begins
	top      bool // begin, at the top of a statement
	by       bool // behind by
	on       bool // behind on of a join or lookup
	right    string
	path     string // what stands before a dot: $left, a column
	call     string // the innermost function whose arguments are being written
	argument int    // which of them
	assigned bool   // name = value of an operator's parameter: words[len-1] is the name
	locals   []string
	bounds   frame // the pipe that the offset is in
	depth    int
}

// frame is an opened bracket, or the whole text.
type frame struct {
	open   byte
	start  int    // behind the bracket
	before string // the word before the bracket
	begin  int    // where the statement's expression begins
	lets   int    // where the statements of a body begin
	stmt   int    // where the statement at hand begins
	bars   []int
	commas int
	params string // of a body: its declared parameters
	words  []string
}

type tok struct {
	text       string
	start, end int
}

func isName(s string) bool {
	c := s[0]
	return c == '_' || c == '$' || 'a' <= c|0x20 && c|0x20 <= 'z'
}

// tokensBefore cuts the text before an offset, and the token that the offset is in or directly behind.
func tokensBefore(text string, offset int) []tok {
	var out []tok
	l := syntax.NewLexer(text[:offset])
	for {
		t := l.Next()
		if t.End <= t.Start && int(t.Start) >= offset || int(t.End) > offset || t.Kind == 0 {
			return out
		}
		out = append(out, tok{text[t.Start:t.End], int(t.Start), int(t.End)})
	}
}

// placeAt finds the place of an offset.
func placeAt(text string, offset int) *place {
	offset = min(max(offset, 0), len(text))
	p := &place{start: offset}
	toks := tokensBefore(text, offset)
	if n := len(toks); n > 0 {
		last := toks[n-1]
		switch {
		case last.end == offset && isName(last.text):
			p.prefix, p.start = last.text, last.start
			toks = toks[:n-1]
		case isText(last.text) && (last.end == offset || !strings.ContainsAny(text[last.end:offset], "\n")) && !closedText(last.text):
			p.text, p.quoted = true, strings.TrimLeft(last.text, "h@\"'`~")
			p.start = offset - len(p.quoted)
			p.prefix = p.quoted
			toks = toks[:n-1]
		}
	}
	end := 0
	if n := len(toks); n > 0 {
		end = toks[n-1].end
	}
	gap := text[end:p.start]
	if i := strings.LastIndex(gap, "//"); i >= 0 && !strings.ContainsAny(gap[i:], "\r\n") && !p.text {
		p.comment = true
	}
	p.walk(text, toks)
	return p
}

func isText(s string) bool {
	s = strings.TrimLeft(s, "hH@")
	return s != "" && (s[0] == '"' || s[0] == '\'' || s[0] == '`' || s[0] == '~' && len(s) > 2)
}

func closedText(s string) bool {
	s = strings.TrimLeft(s, "hH@")
	if strings.HasPrefix(s, "```") || strings.HasPrefix(s, "~~~") {
		return len(s) >= 6 && strings.HasSuffix(s, s[:3])
	}
	return len(s) >= 2 && s[len(s)-1] == s[0]
}

// walk follows the brackets, bars and statements of the tokens.
func (p *place) walk(text string, toks []tok) {
	stack := []frame{{}}
	seen := map[string]bool{}
	local := func(name string) {
		if !seen[name] {
			seen[name] = true
			p.locals = append(p.locals, name)
		}
	}
	for i, t := range toks {
		f := &stack[len(stack)-1]
		switch t.text {
		case "(", "[", "{":
			next := frame{open: t.text[0], start: t.end, begin: t.end, lets: t.end, stmt: t.end}
			if i > 0 && isName(toks[i-1].text) {
				next.before = toks[i-1].text
			}
			if t.text == "{" && i > 0 && toks[i-1].text == ")" {
				next.params = parametersBefore(text, toks[:i])
				for _, par := range splitParameters(next.params) {
					local(par[0])
				}
			}
			f.words = append(f.words, t.text)
			stack = append(stack, next)
		case ")", "]", "}":
			if len(stack) > 1 {
				stack = stack[:len(stack)-1]
				top := &stack[len(stack)-1]
				top.words = append(top.words, t.text)
			}
		case ";":
			f.stmt, f.begin, f.bars, f.words, f.commas = t.end, t.end, nil, nil, 0
		case "|":
			f.bars = append(f.bars, t.start)
			f.words = nil
			f.commas = 0
		case ",":
			f.commas++
			f.words = append(f.words, ",")
		case "=":
			if f.stmt == f.begin && len(f.words) == 2 && f.words[0] == "let" {
				f.begin, f.words = t.end, nil
				local(toks[i-1].text)
				continue
			}
			f.words = append(f.words, "=")
		default:
			f.words = append(f.words, t.text)
		}
	}
	p.depth = len(stack)
	// The innermost bracket that is the arguments of a call.
	for i := len(stack) - 1; i > 0; i-- {
		if f := stack[i]; f.open == '(' && len(f.bars) == 0 && f.before != "" && !tabularBefore(f.before) {
			p.call, p.argument = f.before, f.commas
			break
		} else if f.open == '{' || len(f.bars) > 0 {
			break
		}
	}
	// The pipe that the offset is in: the innermost frame with a bar, or that begins a table.
	at := len(stack) - 1
	for at > 0 && len(stack[at].bars) == 0 && !beginsTable(stack, at) {
		at--
	}
	f := stack[at]
	p.bounds = f
	var lets strings.Builder
	for i := 0; i <= at; i++ {
		if stack[i].open == '(' || stack[i].open == '[' {
			continue
		}
		for _, par := range splitParameters(stack[i].params) {
			lets.WriteString(parameterLet(par[0], par[1]))
		}
		lets.WriteString(text[stack[i].lets:stack[i].stmt])
		lets.WriteByte('\n')
	}
	p.lets = lets.String()
	if n := len(f.bars); n > 0 {
		p.piped = true
		p.source = text[f.begin:f.bars[n-1]]
		p.words = f.words
		if len(f.words) > 0 {
			p.operator = operatorOf(f.words)
		}
	} else {
		p.begin = true
		p.words = f.words
		if len(f.words) > 0 && isName(f.words[0]) {
			p.operator = operatorOf(f.words)
			p.begin = p.operator == "union" || p.operator == "find" || len(f.words) == 0
		}
		p.top = p.begin && len(f.words) == 0 && f.open != '('
	}
	if n := len(p.words); n > 0 {
		p.assigned = p.words[n-1] == "="
		for i, w := range p.words {
			switch w {
			case "by":
				p.by = true
			case "on":
				p.on = i > 0
			}
		}
		if p.words[n-1] == "." && n > 1 {
			p.path = p.words[n-2]
		}
	}
	if strings.HasSuffix(p.prefix, ".") {
		p.path = strings.TrimSuffix(p.prefix, ".")
	}
	if p.on {
		p.right = rightOf(text, stack, at, toks)
	}
}

// operatorOf is the name of the operator that words begin with; names of two words with a dash come as one token or several.
func operatorOf(words []string) string {
	name := words[0]
	for i := 1; i+1 < len(words) && words[i] == "-"; i += 2 {
		name += "-" + words[i+1]
	}
	return name
}

// tabularBefore reports whether brackets behind a word hold a table.
func tabularBefore(word string) bool {
	switch word {
	case "join", "lookup", "union", "in", "toscalar", "materialize", "view", "on", "fork", "partition", "facet", "has_any", "has_all", "leftouter", "inner", "innerunique", "leftanti", "leftsemi", "rightouter", "rightanti", "rightsemi", "fullouter", "leftantisemi", "rightantisemi", "anti":
		return true
	}
	return false
}

// beginsTable reports whether a frame without bars begins a table of its own.
func beginsTable(stack []frame, at int) bool {
	f := stack[at]
	return f.open == '{' || f.open == '(' && tabularBefore(f.before)
}

// parametersBefore returns what stands in the brackets that the tokens end with.
func parametersBefore(text string, toks []tok) string {
	depth := 0
	for i := len(toks) - 1; i >= 0; i-- {
		switch toks[i].text {
		case ")":
			depth++
		case "(":
			if depth--; depth == 0 {
				if i == 0 || toks[i-1].text == "=" || toks[i-1].text == "view" {
					return text[toks[i].end:toks[len(toks)-1].start]
				}
				return ""
			}
		}
	}
	return ""
}

// splitParameters cuts "a: string, T: (b: long)" into names and types.
func splitParameters(s string) [][2]string {
	var out [][2]string
	depth, from := 0, 0
	add := func(part string) {
		name, typ, ok := strings.Cut(part, ":")
		if name = strings.TrimSpace(name); ok && name != "" {
			typ, _, _ = strings.Cut(typ, "=")
			out = append(out, [2]string{name, strings.TrimSpace(typ)})
		}
	}
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '(':
			depth++
		case ')':
			depth--
		case ',':
			if depth == 0 {
				add(s[from:i])
				from = i + 1
			}
		}
	}
	add(s[from:])
	return out
}

// parameterLet is a statement that stands for a parameter.
func parameterLet(name, typ string) string {
	switch {
	case strings.HasPrefix(typ, "(") && strings.Trim(typ, "(* )") == "":
		return "let " + name + " = datatable(TimeGenerated: datetime)[] | evaluate bag_unpack(dynamic({}));\n"
	case strings.HasPrefix(typ, "("):
		return "let " + name + " = datatable" + typ + "[];\n"
	case typ == "string":
		return "let " + name + " = tostring(\"\");\n"
	}
	return "let " + name + " = " + typ + "(null);\n"
}

// rightOf returns the text of the table in the brackets of a join or lookup, "" when it is not there.
func rightOf(text string, stack []frame, at int, toks []tok) string {
	f := stack[at]
	from := f.start
	if n := len(f.bars); n > 0 {
		from = f.bars[n-1]
	}
	depth, open := 0, -1
	for _, t := range toks {
		if t.start < from {
			continue
		}
		switch t.text {
		case "(":
			if depth == 0 {
				open = t.end
			}
			depth++
		case ")":
			if depth--; depth == 0 && open >= 0 {
				return text[open:t.start]
			}
		case "on":
			if depth == 0 {
				return ""
			}
		}
	}
	return ""
}
