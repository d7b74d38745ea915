package syntax

import (
	"strings"
	"unicode/utf8"

	"github.com/seed-caab1ad3/blindspot/content/nearest"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/source"
)

// All that the parser has to say is worded here, a method a mistake. The codes are those of Microsoft's language service.

// maxDiagnostics bounds what is said of one text.
const maxDiagnostics = 200

// report adds a diagnostic. Of several that start at one token only the first is kept: the others follow from it. So do all that
// start at a token with a flaw, which the flaw's own diagnostic explains.
func (p *parser) report(code string, span Span, message, help string, notes ...source.Note) {
	if p.errorAt == p.pos || len(p.diagnostics) >= maxDiagnostics {
		return
	}
	p.errorAt = p.pos
	if p.tok().Kind == kindBad {
		return
	}
	p.add(source.Diagnostic{Code: code, Span: span, Message: message, Help: help, Notes: notes})
}

func (p *parser) add(d source.Diagnostic) {
	d.Kind = source.Syntax
	p.diagnostics = append(p.diagnostics, d)
}

// found names the next token for a message.
func (p *parser) found() string {
	t := p.toks[p.pos]
	if t.Kind == kindEOF {
		return "the end of the query"
	}
	return quoteToken(p.tokenText(t))
}

func quoteToken(s string) string {
	if i := strings.IndexAny(s, "\r\n"); i >= 0 {
		s = s[:i]
	}
	if utf8.RuneCountInString(s) > 40 {
		s = string([]rune(s)[:37]) + "..."
	}
	s = strings.ToValidUTF8(s, "\uFFFD")
	if strings.IndexByte(s, '"') >= 0 {
		return "`" + s + "`"
	}
	return "\"" + s + "\""
}

// gap is the empty place behind the token that was read last, where something is missing.
func (p *parser) gap() Span {
	end := p.lastEnd()
	return Span{Start: end, End: end}
}

// place is where something is expected: the next token, or the gap before it when that is on a later line.
func (p *parser) place() Span {
	if gap := p.gap(); strings.ContainsAny(p.text[gap.End:p.start()], "\r\n") {
		return gap
	}
	return p.tok().Span()
}

// here points at the next token, for diagnostics whose place may be the line before.
func (p *parser) here(place Span) []source.Note {
	t := p.tok().Span()
	if t == place || t.Len() == 0 {
		return nil
	}
	return []source.Note{{Span: t, Message: "found here"}}
}

// expectedToken: a token that must stand here does not.
func (p *parser) expectedToken(what string) {
	at := p.place()
	p.report("KS005", at, "expected "+quoteToken(what)+", found "+p.found(), "", p.here(at)...)
}

// expectedClose: a bracket that was opened is not closed.
func (p *parser) expectedClose(what string, open Token) {
	help := p.meant()
	if help == "" {
		help = p.meantBefore(open)
	}
	p.report("KS005", p.place(), "expected "+quoteToken(what)+", found "+p.found(), help,
		source.Note{Span: open.Span(), Message: "to close this " + quoteToken(p.tokenText(open))})
}

// expectedComma: two items of a list stand side by side.
func (p *parser) expectedComma() {
	help := "separate the items of a list with commas"
	if t := p.tok(); t.Kind == kindIdentifier {
		if near := suggestion(p.tokenText(t), []string{"asc", "desc", "nulls", "with", "from", "step"}); near != "" {
			help = near
		}
	}
	p.report("KS005", p.place(), "expected \",\" before "+p.found(), help)
}

// expectedOneOf: a word of a list must stand here.
func (p *parser) expectedOneOf(words ...string) {
	p.report("KS005", p.place(), "expected one of "+strings.Join(words, ", ")+", found "+p.found(), suggestion(p.tokenText(p.tok()), words))
}

// missing: an expression, a name or another part is not there.
func (p *parser) missing(what string) {
	help := ""
	if t := p.tok(); t.Kind.isKeyword() {
		word := p.tokenText(t)
		help = quoteToken(word) + " is a keyword; to use it as a name write ['" + word + "']"
	} else if t.Kind == kindIdentifier && strings.HasPrefix(what, "typeof") {
		help = suggestion(p.tokenText(t), []string{"typeof"})
	}
	p.report("KS006", p.gap(), "missing "+what+" before "+p.found(), help)
}

// keywordAsName: a keyword stands where only a name can.
func (p *parser) keywordAsName(span Span) {
	word := span.Text(p.text)
	p.report("KS228", span, quoteToken(word)+" cannot be a name here as it is", "write ['"+word+"']")
}

// operatorExpected: no operator follows a pipe.
func (p *parser) operatorExpected() {
	t := p.tok()
	if t.Kind != kindIdentifier {
		p.report("KS176", p.gap(), "missing operator after \"|\", found "+p.found(), "")
		return
	}
	word := p.tokenText(t)
	if whole := p.dashed(t); whole != word {
		if help := suggestion(whole, operatorNames()); help != "" {
			p.report("KS176", t.Span(), "unknown operator "+quoteToken(whole), help)
			return
		}
	}
	p.report("KS176", t.Span(), "unknown operator "+quoteToken(word), suggestion(word, operatorNames()))
}

// dashed is the word at a token with what hangs on it by hyphens: mv-expands is one word to who wrote it.
func (p *parser) dashed(t Token) string {
	end := int(t.Start)
	for end < len(p.text) {
		c := p.text[end]
		if c != '-' && c != '_' && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') {
			break
		}
		end++
	}
	return p.text[t.Start:end]
}

// meant asks whether the name before the next token is a mistyped word of the language, which would explain why the token cannot be placed.
func (p *parser) meant() string {
	if p.pos == 0 {
		return ""
	}
	t := p.toks[p.pos-1]
	if t.Kind != kindIdentifier {
		return ""
	}
	words := []string{"union", "search", "print", "range"}
	if p.kind() == kindEqual {
		words = []string{"kind", "isfuzzy", "withsource", "with_itemindex", "bagexpansion", "default", "flags"}
	}
	return suggestion(p.tokenText(t), words)
}

// meantBefore asks the same of the name before a bracket: what dynamic and materialize take, no function takes.
func (p *parser) meantBefore(open Token) string {
	i := p.pos
	for i > 0 && p.toks[i].Start > open.Start {
		i--
	}
	for i > 0 && (p.toks[i].Kind == kindOpenParen || p.toks[i].Kind == kindOpenBracket) {
		i--
	}
	if t := p.toks[i]; t.Kind == kindIdentifier {
		return suggestion(p.tokenText(t), []string{"dynamic", "materialize", "toscalar", "datatable", "externaldata"})
	}
	return ""
}

// unexpected: a statement or subquery is over, but more text follows.
func (p *parser) unexpected() {
	t := p.tok()
	switch t.Kind {
	case kindIdentifier, kindString, kindLong, kindReal, kindTimespan, kindDateTime, kindOpenParen:
		at := p.place()
		p.report("KS005", at, "unexpected "+p.found(), "put an operator or a pipe before it, or end the statement before it with \";\"", p.here(at)...)
	case kindEqual:
		help := p.meant()
		if help == "" {
			help = "compare with \"==\""
		}
		p.report("KS198", t.Span(), "unexpected \"=\"", help)
	case kindFatArrow:
		p.report("KS198", t.Span(), "unexpected \"=>\"", "compare with \">=\"")
	case kindEqualEqual, kindLess, kindLessEqual, kindGreater, kindGreaterEqual, kindBangEqual:
		p.report("KS198", t.Span(), "unexpected "+p.found(), "comparisons do not chain; join them with \"and\"")
	default:
		if t.Kind.isName() || p.startsOperator() {
			at := p.place()
			p.report("KS005", at, "unexpected "+p.found(), "put a pipe before an operator, or end the statement before it with \";\"", p.here(at)...)
			return
		}
		p.report("KS198", t.Span(), "unexpected "+p.found(), "")
	}
}

// misplacedMaterialize: materialize(x) stands elsewhere than as the whole value of a let.
func (p *parser) misplacedMaterialize() {
	p.report("KS006", p.gap(), "materialize(...) cannot stand here", "write let m = materialize(...); and use m here",
		source.Note{Span: p.tok().Span(), Message: "found here"})
}

// pipeAfterMaterialize: let m = materialize(x) goes on with a pipe.
func (p *parser) pipeAfterMaterialize() {
	p.report("KS198", p.tok().Span(), "unexpected \"|\" after materialize(...)", "put the operators inside its brackets, or in a let statement of their own")
}

// expectedSemicolon: a statement begins before the one in front of it has ended.
func (p *parser) expectedSemicolon() {
	p.report("KS005", p.place(), "expected \";\" before "+p.found(), "end each statement but the last with \";\"")
}

// literalExpected: datatable holds something that is no literal.
func (p *parser) literalExpected() {
	p.report("KS005", p.place(), "expected a literal, found "+p.found(), "datatable holds literals only; use print, range or union for computed rows")
}

// invalidType: the name is no scalar type that may stand here.
func (p *parser) invalidType(t Token) {
	word := p.tokenText(t)
	p.report("KS160", t.Span(), quoteToken(word)+" is no type that can be used here", suggestion(word, []string{
		"bool", "datetime", "decimal", "dynamic", "guid", "int", "long", "real", "string", "timespan"}))
}

// rawGUID: a guid stands without guid(...).
func (p *parser) rawGUID(t Token) {
	p.report("KS214", t.Span(), "a guid cannot stand alone", "write guid("+p.tokenText(t)+")")
}

// malformedLiteral: the text in a literal's brackets cannot be read. The language service lets it pass, the service does not.
func (p *parser) malformedLiteral(span Span, typ string) {
	p.add(source.Diagnostic{Code: "KS004", Severity: source.Warning, Span: span,
		Message: quoteToken(span.Text(p.text)) + " cannot be read as " + typ, Help: literalHelp(typ)})
}

func literalHelp(typ string) string {
	switch typ {
	case "datetime":
		return "write a date such as datetime(2026-01-05T10:30:00Z); for a computed value use todatetime(...)"
	case "timespan":
		return "write a timespan such as 1d, time(1.02:03:04) or time(30m); for a computed value use totimespan(...)"
	case "guid":
		return "write 32 hexadecimal digits with dashes; for a computed value use toguid(...)"
	}
	return "for a computed value use to" + typ + "(...)"
}

// tooDeep: brackets or subqueries are nested beyond any sense.
func (p *parser) tooDeep() {
	p.errorAt = -1
	p.report("", p.tok().Span(), "the query is nested too deeply", "split it into let statements")
}

// tooLong: an expression has more operands than any sense.
func (p *parser) tooLong() {
	p.errorAt = -1
	p.report("", p.tok().Span(), "the expression has too many operands", "use in (...) or has_any (...) with a list")
}

// tooBig: the text is larger than what is parsed.
func (p *parser) tooBig(limit int) {
	p.report("", Span{}, "the query is larger than "+itoa(limit>>20)+" MiB", "keep large tables of values in a watchlist or externaldata")
}

func itoa(n int) string {
	if n < 10 {
		return string(rune('0' + n))
	}
	return itoa(n/10) + string(rune('0'+n%10))
}

// flawed says what is wrong with a token by itself.
func (p *parser) flawed(t Token) {
	if len(p.diagnostics) >= maxDiagnostics {
		return
	}
	text := p.tokenText(t)
	end := Span{Start: int(t.End), End: int(t.End)}
	opening := source.Note{Span: Span{Start: int(t.Start), End: int(t.Start) + 1}, Message: "it begins here"}
	d := source.Diagnostic{}
	switch {
	case t.Flaw == flawUnclosed && t.Kind == kindString:
		quote := text[strings.IndexAny(text, "'\"`~")]
		d = source.Diagnostic{Code: "KS001", Span: end, Message: "the string is not closed", Notes: []source.Note{opening},
			Help: "close it with " + string(rune(quote)) + " on the same line; a string of several lines is written ```...```"}
		if quote == '`' || quote == '~' {
			d.Help = "close it with " + strings.Repeat(string(rune(quote)), 3)
		}
	case t.Flaw == flawUnclosed:
		d = source.Diagnostic{Code: "KS001", Span: end, Message: "the literal is not closed", Help: "close it with \")\" on the same line", Notes: []source.Note{opening}}
	case t.Flaw == flawEscape:
		at := p.wrongEscape(t)
		d = source.Diagnostic{Code: "KS001", Span: at, Message: "wrong escape " + quoteToken(at.Text(p.text)) + " in a string",
			Help: "write \\\\ for a backslash, or put @ before the string", Notes: []source.Note{opening}}
	case t.Flaw == flawEncoding:
		d = source.Diagnostic{Code: "KS002", Span: t.Span(), Message: "the text is not valid UTF-8 here", Help: "save the query as UTF-8"}
	default:
		d = source.Diagnostic{Code: "KS002", Span: t.Span(), Message: "unexpected character " + quoteToken(text), Help: characterHelp(text)}
	}
	p.add(d)
}

// wrongEscape returns the place of a string's first wrong escape.
func (p *parser) wrongEscape(t Token) Span {
	l := Lexer{text: p.text[:t.End]}
	for i := int(t.Start); i < int(t.End); i++ {
		if p.text[i] != '\\' {
			continue
		}
		n := l.escape(i)
		if n == 0 {
			_, size := utf8.DecodeRuneInString(p.text[min(i+1, int(t.End)):t.End])
			return Span{Start: i, End: i + 1 + size}
		}
		i += n - 1
	}
	return t.Span()
}

func characterHelp(text string) string {
	switch text {
	case "“", "”", "„", "‘", "’":
		return "use plain quotes, \" or '"
	case "–", "—":
		return "use a plain hyphen, -"
	case "!":
		return "write not(...), or one of !=, !~, !in, !has, !contains"
	case "&":
		return "write \"and\""
	case "\\":
		return "a backslash stands only in strings"
	}
	if r, _ := utf8.DecodeRuneInString(text); r >= utf8.RuneSelf {
		return "names beyond ASCII letters, digits and _ are written ['...']"
	}
	return ""
}

// suggestion asks whether another word was meant, when one is near.
func suggestion(word string, words []string) string {
	if near := nearest.Of(word, words); near != "" {
		return "did you mean \"" + near + "\"?"
	}
	return ""
}

func operatorNames() []string {
	return []string{
		"as", "assert-schema", "consume", "count", "distinct", "evaluate", "extend", "facet", "filter", "find", "fork", "getschema",
		"graph-mark-components", "graph-match", "graph-shortest-paths", "graph-to-table", "graph-where-edges", "graph-where-nodes",
		"invoke", "join", "limit", "lookup", "macro-expand", "make-graph", "make-series", "mv-apply", "mv-expand", "order", "parse",
		"parse-kv", "parse-where", "partition", "print", "project", "project-away", "project-by-names", "project-keep",
		"project-rename", "project-reorder", "range", "reduce", "render", "sample", "sample-distinct", "scan", "search", "serialize",
		"sort", "summarize", "take", "top", "top-hitters", "top-nested", "union", "where",
	}
}
