package syntax

import (
	"sync"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/source"
)

const (
	// maxText bounds the text that is parsed.
	maxText = 64 << 20
	// maxDepth bounds nesting: brackets, subqueries, function bodies.
	maxDepth = 1000
	// freeChain operands may stand at one level without drawing on the budget; maxChain is the budget of a whole text. Both keep
	// the depth of the tree, which a chain of operators makes deep on its left side, within what recursion bears.
	freeChain = 100
	maxChain  = 100_000
)

// parser reads tokens. Methods that read a part return nil when the part does not begin at the next token, and then have read
// nothing; once a part has begun they read it to its end and report what is missing.
type parser struct {
	text        string
	toks        []Token // ends with an end token
	pos         int
	diagnostics []source.Diagnostic
	errorAt     int // token of the last diagnostic, -1 at first
	depth       int
	chain       int // budget that is left for long chains
}

// Parse reads a query. It never fails: what could not be read is in Diagnostics. The zero Diagnostics says that the text is a
// correct query, or a command or directive, which are kept as they are.
func Parse(text string) *Query {
	q := &Query{Text: text}
	p := &parser{text: text, errorAt: -1, chain: maxChain}
	if len(text) > maxText {
		p.toks = []Token{{}}
		p.tooBig(maxText)
		q.Diagnostics = p.diagnostics
		return q
	}
	p.tokenize(q)
	defer p.giveTokensBack()
	q.Statements = p.parseQuery()
	source.Sort(p.diagnostics)
	q.Diagnostics = p.diagnostics
	return q
}

func (p *parser) tokenize(q *Query) {
	var comments []Span
	l := Lexer{text: p.text, comments: &comments}
	if kept, ok := tokenSlices.Get().(*[]Token); ok {
		p.toks = (*kept)[:0]
	} else {
		p.toks = make([]Token, 0, len(p.text)/5+8)
	}
	for {
		t := l.Next()
		p.toks = append(p.toks, t)
		if t.Kind == kindEOF {
			break
		}
		if t.Flaw != flawNone {
			p.flawed(t)
		}
	}
	if len(comments) > 0 {
		q.Comments = make([]Comment, len(comments))
		for i, s := range comments {
			q.Comments[i] = Comment{node: node{s}, Text: s.Text(p.text)}
		}
	}
}

// tokenSlices keep the tokens' places for the next text; no tree holds them.
var tokenSlices sync.Pool

// longestKept bounds what is kept, so that one enormous query does not hold memory for good.
const longestKept = 1 << 15

func (p *parser) giveTokensBack() {
	if toks := p.toks; cap(toks) <= longestKept {
		tokenSlices.Put(&toks)
	}
	p.toks = nil
}

// tok returns the next token.
func (p *parser) tok() Token { return p.toks[p.pos] }

// kind returns the kind of the next token.
func (p *parser) kind() Kind { return p.toks[p.pos].Kind }

// peek returns the token n places on.
func (p *parser) peek(n int) Token { return p.toks[min(p.pos+n, len(p.toks)-1)] }

func (p *parser) tokenText(t Token) string { return p.text[t.Start:t.End] }

// adjacent reports whether nothing stands between the token n places on and the one before it.
func (p *parser) adjacent(n int) bool { return p.peek(n).Start == p.peek(n-1).End }

// next reads a token; the end token stays.
func (p *parser) next() Token {
	t := p.toks[p.pos]
	if t.Kind != kindEOF {
		p.pos++
	}
	return t
}

// accept reads the next token when it is of the kind.
func (p *parser) accept(k Kind) bool {
	if p.toks[p.pos].Kind == k {
		p.next()
		return true
	}
	return false
}

// expect reads a token of the kind, or reports that the text is missing.
func (p *parser) expect(k Kind, text string) bool {
	if p.accept(k) {
		return true
	}
	p.expectedToken(text)
	return false
}

// expectWord reads an identifier or keyword with the given text, or reports that it is missing.
func (p *parser) expectWord(text string) bool {
	if t := p.tok(); (t.Kind == kindIdentifier || t.Kind.isKeyword()) && p.tokenText(t) == text {
		p.next()
		return true
	}
	p.expectedToken(text)
	return false
}

// open reads an opening bracket; ok is false, and reported, when it is missing.
func (p *parser) open(k Kind, text string) (open Token, ok bool) {
	open = p.tok()
	return open, p.expect(k, text)
}

// close reads the bracket that closes open, unless open itself was missing.
func (p *parser) close(k Kind, text string, open Token, opened bool) {
	if p.accept(k) || !opened {
		return
	}
	p.expectedClose(text, open)
	p.skipTo(k)
	p.accept(k)
}

// start returns the offset of the next token.
func (p *parser) start() int { return int(p.toks[p.pos].Start) }

// lastEnd returns the offset past the token that was read last.
func (p *parser) lastEnd() int {
	if p.pos == 0 {
		return int(p.toks[0].Start)
	}
	return int(p.toks[p.pos-1].End)
}

// from makes the span of a node that began at start and ends with the last token; a node without tokens stands in the gap.
func (p *parser) from(start int) node {
	end := p.lastEnd()
	return node{Span{Start: min(start, end), End: end}}
}

// enter goes a level deeper; at the limit it reports and reads the rest of the text away, so that parsing ends at once.
func (p *parser) enter() bool {
	p.depth++
	if p.depth <= maxDepth {
		return true
	}
	if p.kind() != kindEOF {
		p.tooDeep()
		p.pos = len(p.toks) - 1
		p.errorAt = p.pos
	}
	return false
}

func (p *parser) leave() { p.depth-- }

// link counts an operand of a chain, of which n were before; false means that the budget is spent.
func (p *parser) link(n int) bool {
	if n < freeChain {
		return true
	}
	if p.chain--; p.chain > 0 {
		return true
	}
	if p.kind() != kindEOF {
		p.tooLong()
		p.pos = len(p.toks) - 1
		p.errorAt = p.pos
	}
	return false
}

// bad returns the place of a missing expression.
func (p *parser) bad() *BadExpr { return &BadExpr{node{p.gap()}} }

// badExpr reports a missing expression.
func (p *parser) badExpr() Expr {
	p.missing("expression")
	return p.bad()
}

// atListEnd reports whether the next token ends any list.
func (p *parser) atListEnd() bool {
	switch p.kind() {
	case kindCloseParen, kindCloseBracket, kindCloseBrace, kindBar, kindSemicolon, kindEOF:
		return true
	}
	return false
}

// skipTo reads tokens away up to one of the kind, or to a bar, semicolon or closing bracket, outside brackets that open on the
// way.
func (p *parser) skipTo(k Kind) {
	depth := 0
	for {
		switch t := p.kind(); t {
		case kindEOF:
			return
		case kindOpenParen, kindOpenBracket, kindOpenBrace:
			depth++
		case kindCloseParen, kindCloseBracket, kindCloseBrace:
			if depth == 0 {
				return
			}
			depth--
		case kindBar, kindSemicolon:
			if depth == 0 {
				return
			}
		default:
			if t == k && depth == 0 {
				return
			}
		}
		p.pos++
	}
}

// list says how a list separated by commas is read.
type list struct {
	what     string // what is missing when an item is
	end      func(*parser) bool
	some     bool // at least one item must stand
	trailing bool // a comma may follow the last item
}

var atListEnd = (*parser).atListEnd

// parseList reads items separated by commas. item reports false when none begins; where it does, a missing item is
// reported and stands in the list as gap makes it.
func parseList[T any](p *parser, item func(*parser) (T, bool), gap func(*parser) T, l list) []T {
	var items []T
	ended := func() bool { return l.end != nil && l.end(p) }
	for {
		at := p.pos
		ok := false
		if !ended() {
			var v T
			if v, ok = item(p); ok {
				items = append(items, v)
			}
		}
		if !ok {
			after := at > 0 && len(items) > 0
			if p.kind() != kindComma && (after && l.trailing || !after && !l.some) {
				return items
			}
			p.missing(l.what)
			items = append(items, gap(p))
			if p.kind() != kindComma {
				return items
			}
		}
		if p.accept(kindComma) {
			continue
		}
		if ended() || l.end == nil || p.pos == at || !p.startsExpr() {
			return items
		}
		p.expectedComma()
	}
}

// exprList reads expressions separated by commas.
func (p *parser) exprList(item func(*parser) Expr, l list) []Expr {
	if l.what == "" {
		l.what = "expression"
	}
	return parseList(p, func(p *parser) (Expr, bool) {
		e := item(p)
		return e, e != nil
	}, func(p *parser) Expr { return p.bad() }, l)
}

// startsExpr reports whether the next token may begin an item that lacks its comma.
func (p *parser) startsExpr() bool {
	k := p.kind()
	return k.isLiteral() || k == kindIdentifier || k == kindOpenBracket || k.isName() && p.peek(1).Kind == kindEqual
}
