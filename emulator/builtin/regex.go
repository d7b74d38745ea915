package builtin

import (
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

// pattern is a compiled regular expression with a literal that every match holds, "" when none is known.
type pattern struct {
	re         *regexp.Regexp
	literal    string
	once, many atomic.Pointer[edgeSet] // for trim, made when first used
}

// match reports whether the pattern matches anywhere in s.
func (p *pattern) match(s string) bool {
	return (p.literal == "" || strings.Contains(s, p.literal)) && p.re.MatchString(s)
}

// patterns keeps compiled patterns for the whole program: rules share them. It is emptied when it is full.
var patterns = sync.OnceValue(func() *patternCache { return &patternCache{byText: map[string]*pattern{}} })

type patternCache struct {
	mu     sync.Mutex
	byText map[string]*pattern
}

const patternLimit = 4096

// compilePattern compiles an RE2 expression, from the cache when it is there.
func compilePattern(text string) (*pattern, error) {
	c := patterns()
	c.mu.Lock()
	p := c.byText[text]
	c.mu.Unlock()
	if p != nil {
		return p, nil
	}
	re, err := regexp.Compile(text)
	if err != nil {
		return nil, fmt.Errorf("regular expression %q: %w", text, err)
	}
	p = &pattern{re: re}
	if tree, err := syntax.Parse(text, syntax.Perl); err == nil {
		p.literal = requiredLiteral(tree.Simplify())
	}
	c.mu.Lock()
	if len(c.byText) >= patternLimit {
		clear(c.byText)
	}
	c.byText[text] = p
	c.mu.Unlock()
	return p, nil
}

// requiredLiteral returns the longest text that every match must hold, with regard to case.
func requiredLiteral(re *syntax.Regexp) string {
	switch re.Op {
	case syntax.OpLiteral:
		if re.Flags&syntax.FoldCase == 0 {
			return string(re.Rune)
		}
	case syntax.OpCapture, syntax.OpPlus:
		return requiredLiteral(re.Sub[0])
	case syntax.OpRepeat:
		if re.Min > 0 {
			return requiredLiteral(re.Sub[0])
		}
	case syntax.OpConcat:
		best := ""
		for _, sub := range re.Sub {
			if s := requiredLiteral(sub); len(s) > len(best) {
				best = s
			}
		}
		return best
	}
	return ""
}

// patternOf returns the pattern of an argument that is constant; nil when it varies by row.
func patternOf(args []vector.Column, i int) (*pattern, error) {
	text, ok := constText(args, i)
	if !ok {
		return nil, nil
	}
	return compilePattern(text)
}

func matchesRegex(_ *Call, args []vector.Column, n int) (vector.Column, error) {
	s := texts(args[0])
	out := make([]bool, n)
	p, err := patternOf(args, 1)
	if err != nil {
		return nil, err
	}
	w := texts(args[1])
	for i := range out {
		q := p
		if q == nil {
			if q, err = compilePattern(w.At(i)); err != nil {
				return nil, err
			}
		}
		out[i] = q.match(s.At(i))
	}
	return &vector.Bools{Data: out}, nil
}

// withPattern makes a kernel of a function over a row whose argument `at` is a pattern.
func withPattern(at int, f func(c *Call, p *pattern, a []value.Value) value.Value) Kernel {
	return func(c *Call, args []vector.Column, n int) (vector.Column, error) {
		fixed, err := patternOf(args, at)
		if err != nil {
			return nil, err
		}
		var failed error
		col, err := rows(func(c *Call, a []value.Value) value.Value {
			p := fixed
			if p == nil {
				if p, err = compilePattern(a[at].Text()); err != nil {
					failed = err
					return value.Null(c.Out)
				}
			}
			return f(c, p, a)
		})(c, args, n)
		if failed != nil {
			return nil, failed
		}
		return col, err
	}
}

func regexKernels() []Scalar {
	return []Scalar{
		{Name: "extract", Kernel: withPattern(0, extract)},
		{Name: "extract_all", Kernel: withPattern(0, extractAll)},
		{Name: "replace_regex", Kernel: withPattern(1, replaceRegex)},
		{Name: "trim", Kernel: withPattern(0, trimBoth)},
		{Name: "trim_start", Kernel: withPattern(0, trimStart)},
		{Name: "trim_end", Kernel: withPattern(0, trimEnd)},
		{Name: "indexof_regex", Kernel: withPattern(1, indexOfRegex)},
		{Name: "regex_quote", Kernel: textToText(regexp.QuoteMeta)},
	}
}

// extract gives the text of a group of the first match, converted to the wanted type; "" or null when nothing matches.
func extract(c *Call, p *pattern, a []value.Value) value.Value {
	s := a[2].Text()
	group := longOr(a, 1, 0)
	if p.literal != "" && !strings.Contains(s, p.literal) {
		return value.Null(c.Out)
	}
	m := p.re.FindStringSubmatchIndex(s)
	if m == nil || group < 0 || group > int64(p.re.NumSubexp()) || m[2*group] < 0 {
		return value.Null(c.Out)
	}
	return value.Convert(value.NewString(s[m[2*group]:m[2*group+1]]), c.Out)
}

// extractAll gives an array of all matches: of texts when one group is wanted, of arrays of texts otherwise. null when nothing matches.
func extractAll(_ *Call, p *pattern, a []value.Value) value.Value {
	s := a[len(a)-1].Text()
	groups := wantedGroups(p, a)
	if len(groups) == 0 || p.literal != "" && !strings.Contains(s, p.literal) {
		return value.Null(value.Dynamic)
	}
	var out []*value.Node
	for _, m := range p.re.FindAllStringSubmatchIndex(s, -1) {
		parts := make([]*value.Node, len(groups))
		for i, g := range groups {
			if m[2*g] < 0 {
				parts[i] = value.NodeString("")
				continue
			}
			parts[i] = value.NodeString(s[m[2*g]:m[2*g+1]])
		}
		if len(groups) == 1 {
			out = append(out, parts[0])
		} else {
			out = append(out, value.NodeArray(parts...))
		}
	}
	if out == nil {
		return value.Null(value.Dynamic)
	}
	return value.NewDynamic(value.NodeArray(out...))
}

// wantedGroups returns the groups that the second of three arguments lists, by number or name; all groups otherwise.
func wantedGroups(p *pattern, a []value.Value) []int {
	var groups []int
	if len(a) == 3 && a[1].Dyn != nil {
		for _, e := range a[1].Dyn.Elems {
			g := -1
			switch e.Kind {
			case value.KindLong:
				g = int(min(max(e.I, -1), 1<<20))
			case value.KindString:
				g = p.re.SubexpIndex(e.S)
			}
			if g >= 0 && g <= p.re.NumSubexp() {
				groups = append(groups, g)
			}
		}
		return groups
	}
	for g := 1; g <= p.re.NumSubexp(); g++ {
		groups = append(groups, g)
	}
	return groups
}

// replaceRegex replaces every match; in the rewrite \0 is the match and \1 to \9 its groups.
func replaceRegex(c *Call, p *pattern, a []value.Value) value.Value {
	s, rewrite := a[0].Text(), a[2].Text()
	if p.literal != "" && !strings.Contains(s, p.literal) {
		return value.NewString(s)
	}
	var out []byte
	last := 0
	for _, m := range p.re.FindAllStringSubmatchIndex(s, -1) {
		out = append(out, s[last:m[0]]...)
		if out = appendRewrite(out, rewrite, s, m); !c.room(len(out)) {
			return value.NewString("")
		}
		last = m[1]
	}
	if out == nil && last == 0 {
		return value.NewString(s)
	}
	return value.NewString(string(append(out, s[last:]...)))
}

func appendRewrite(out []byte, rewrite, s string, m []int) []byte {
	for i := 0; i < len(rewrite); i++ {
		c := rewrite[i]
		if c != '\\' || i+1 >= len(rewrite) {
			out = append(out, c)
			continue
		}
		i++
		if d := rewrite[i]; d >= '0' && d <= '9' {
			if g := int(d - '0'); 2*g+1 < len(m) && m[2*g] >= 0 {
				out = append(out, s[m[2*g]:m[2*g+1]]...)
			}
			continue
		} else if d != '\\' {
			out = append(out, c)
		}
		out = append(out, rewrite[i])
	}
	return out
}

// trimBoth drops all matches at the start and at the end.
func trimBoth(_ *Call, p *pattern, a []value.Value) value.Value {
	s := a[1].Text()
	start, end := p.edges("+")
	if m := start.FindStringIndex(s); m != nil {
		s = s[m[1]:]
	}
	if m := end.FindStringIndex(s); m != nil {
		s = s[:m[0]]
	}
	return value.NewString(s)
}

// trimStart drops the match that stands at the start.
func trimStart(_ *Call, p *pattern, a []value.Value) value.Value {
	s := a[1].Text()
	start, _ := p.edges("")
	if m := start.FindStringIndex(s); m != nil {
		s = s[m[1]:]
	}
	return value.NewString(s)
}

// trimEnd drops the match that stands at the end.
func trimEnd(_ *Call, p *pattern, a []value.Value) value.Value {
	s := a[1].Text()
	_, end := p.edges("")
	if m := end.FindStringIndex(s); m != nil {
		s = s[:m[0]]
	}
	return value.NewString(s)
}

// edgeSet is a pattern bound to the start and to the end of a text.
type edgeSet struct{ start, end *regexp.Regexp }

// edges returns the pattern, repeated as `times` says, bound to the start and to the end.
func (p *pattern) edges(times string) (start, end *regexp.Regexp) {
	which := &p.once
	if times == "+" {
		which = &p.many
	}
	e := which.Load()
	if e == nil {
		text := "(?:" + p.re.String() + ")" + times
		e = &edgeSet{p.re, p.re}
		if re, err := regexp.Compile("^" + text); err == nil {
			e.start = re
		}
		if re, err := regexp.Compile(text + "$"); err == nil {
			e.end = re
		}
		which.Store(e)
	}
	return e.start, e.end
}
