package syntax

import (
	"strings"
	"unicode/utf8"
)

// printer writes a layout. Groups are opened as their first item comes; each is broken or not once and for all then.
type printer struct {
	*layout
	b      strings.Builder
	column int
	// flat[i] is the width of items 0 to i-1 and the gaps before them on one line.
	flat []int
	// ends[i] counts the gaps before gap i that are line ends whatever fits: hard ones and those with comments.
	ends     []int
	mayBreak []bool // gap i is a break of some group
	open     []openGroup
}

// openGroup is a broken group that is not over yet.
type openGroup struct {
	*group
	next int // of breaks
}

func (l *layout) print() string {
	p := &printer{layout: l}
	p.measure()
	next := 0
	for i := range l.items {
		broken := p.breaksAt(i)
		p.gap(i, broken)
		for next < len(l.groups) && l.groups[next].first == i {
			p.enter(&l.groups[next])
			next++
		}
		p.write(l.text[l.items[i].Start:l.items[i].End])
		for len(p.open) > 0 && p.open[len(p.open)-1].last <= i {
			p.open = p.open[:len(p.open)-1]
		}
	}
	p.gap(len(l.items), false)
	if p.b.Len() == 0 {
		return ""
	}
	return p.b.String() + "\n"
}

func (p *printer) measure() {
	n := len(p.items)
	p.flat, p.ends, p.mayBreak = make([]int, n+1), make([]int, n+2), make([]bool, n+1)
	for i := range p.groups {
		for _, b := range p.groups[i].breaks {
			p.mayBreak[b.gap] = true
			if p.groups[i].forced && !b.fill {
				p.hard[b.gap] = true
			}
		}
	}
	for i := 0; i < n; i++ {
		width := utf8.RuneCountInString(p.text[p.items[i].Start:p.items[i].End])
		if p.spaced(i) {
			width++
		}
		p.flat[i+1] = p.flat[i] + width
	}
	for i := 0; i <= n; i++ {
		p.ends[i+1] = p.ends[i]
		if p.hard[i] || len(p.comments[i]) > 0 {
			p.ends[i+1]++
		}
	}
}

// spaced reports whether a blank stands in gap i on one line.
func (p *printer) spaced(i int) bool {
	if i == 0 || p.tight[i] {
		return false
	}
	switch p.kinds[i] {
	case kindComma, kindSemicolon, kindCloseParen, kindCloseBracket, kindDot, kindColon:
		return false
	case kindCloseBrace:
		return p.kinds[i-1] != kindOpenBrace
	}
	switch p.kinds[i-1] {
	case kindOpenParen, kindOpenBracket, kindDot:
		return false
	}
	return true
}

// width is that of items first to last on one line, without the gap before them.
func (p *printer) width(first, last int) int {
	w := p.flat[last+1] - p.flat[first]
	if p.spaced(first) {
		w--
	}
	return w
}

// enter opens a group at its first item and breaks it when it must or when its line would be too long.
func (p *printer) enter(g *group) {
	if !p.follows(g) && p.ends[g.last+1] == p.ends[g.first+1] && p.column+p.width(g.first, g.last)+p.tail(g.last) <= formatWidth {
		return
	}
	p.open = append(p.open, openGroup{group: g})
}

// follows reports whether a group breaks because the brackets around it did.
func (p *printer) follows(g *group) bool {
	if !g.follows || len(p.open) == 0 {
		return false
	}
	around := p.open[len(p.open)-1]
	return around.first == g.first-1 && around.last == g.last+1
}

// tail is the width of what must follow an item on its line.
func (p *printer) tail(last int) int {
	i := last + 1
	for i < len(p.items) && !p.mayBreak[i] && !p.hard[i] && len(p.comments[i]) == 0 && p.flat[i]-p.flat[last+1] <= formatWidth {
		i++
	}
	return p.flat[i] - p.flat[last+1]
}

// breaksAt reports whether an open group breaks gap i.
func (p *printer) breaksAt(i int) bool {
	for k := len(p.open) - 1; k >= 0; k-- {
		g := &p.open[k]
		for g.next < len(g.breaks) && g.breaks[g.next].gap < i {
			g.next++
		}
		if g.next == len(g.breaks) || g.breaks[g.next].gap != i {
			continue
		}
		if !g.breaks[g.next].fill || len(p.comments[i]) > 0 || p.fillBreaks(g, i) {
			return true
		}
	}
	return false
}

// fillBreaks reports whether the part that begins at gap i of a filled group does not fit on the line.
func (p *printer) fillBreaks(g *openGroup, i int) bool {
	end, tail := g.last+1, 0
	if g.next+1 < len(g.breaks) {
		end = g.breaks[g.next+1].gap
	} else {
		tail = p.tail(g.last)
	}
	return p.column+p.flat[end]-p.flat[i]+tail > formatWidth || p.ends[end] > p.ends[i+1]
}

// indent is the depth of a line that begins with item i.
func (p *printer) indent(i int) int {
	n := 0
	for _, g := range p.open {
		for _, r := range g.indents {
			if r[0] <= i && i < r[1] {
				n++
			}
		}
	}
	return n
}

// gap writes what stands before item i.
func (p *printer) gap(i int, broken bool) {
	comments := p.comments[i]
	if len(comments) == 0 && !broken && !p.hard[i] {
		if i < len(p.items) && p.spaced(i) {
			p.write(" ")
		}
		return
	}
	if i == len(p.items) && len(comments) == 0 {
		return
	}
	depth := p.indent(i)
	inner := depth
	if i < len(p.items) {
		switch {
		case !broken && !p.hard[i] && i > 0:
			depth++ // a line that only the comment makes
			inner++
		case p.closes(i):
			inner++
		}
	}
	keepsBlank := p.free[i] || i == len(p.items)
	for _, c := range comments {
		if c.trailing {
			p.write(" " + c.text)
			continue
		}
		p.line(inner, keepsBlank && c.blank)
		p.write(c.text)
	}
	if i < len(p.items) {
		p.line(depth, p.free[i] && p.blank[i])
	}
}

// closes reports whether item i is a closing bracket.
func (p *printer) closes(i int) bool {
	k := p.kinds[i]
	return k == kindCloseParen || k == kindCloseBracket || k == kindCloseBrace
}

// line ends the line and begins one at a depth; the first line of a text has nothing to end.
func (p *printer) line(depth int, blank bool) {
	if p.b.Len() > 0 {
		p.b.WriteByte('\n')
		if blank {
			p.b.WriteByte('\n')
		}
	}
	p.column = 0
	p.write(strings.Repeat("    ", depth))
}

func (p *printer) write(s string) {
	p.b.WriteString(s)
	if i := strings.LastIndexByte(s, '\n'); i >= 0 {
		p.column = utf8.RuneCountInString(s[i+1:])
		return
	}
	p.column += utf8.RuneCountInString(s)
}
