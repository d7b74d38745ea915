package syntax

import (
	"strings"
	"unicode/utf8"
)

// Next returns the next token; at the end of the text it returns an end token again and again.
func (l *Lexer) Next() Token {
	l.skipTrivia()
	start := l.pos
	kind, flaw := l.scan()
	return Token{Kind: kind, Flaw: flaw, Start: int32(start), End: int32(l.pos)}
}

// skipTrivia moves past blanks and comments.
func (l *Lexer) skipTrivia() {
	for l.pos < len(l.text) {
		c := l.text[l.pos]
		switch {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f':
			l.pos++
		case c == '/' && l.byteAt(l.pos+1) == '/':
			start := l.pos
			l.pos = l.lineEnd(start)
			if l.comments != nil {
				*l.comments = append(*l.comments, Span{Start: start, End: l.pos})
			}
		case c >= utf8.RuneSelf:
			r, size := utf8.DecodeRuneInString(l.text[l.pos:])
			if !isBlank(r) {
				return
			}
			l.pos += size
		default:
			return
		}
	}
}

// isBlank reports whether a rune past ASCII separates tokens. Zero-width and Unicode blanks reach queries by copying from web pages.
func isBlank(r rune) bool {
	switch r {
	case 0xA0, 0x1680, 0x180E, 0x202F, 0x205F, 0x3000, 0xFEFF, 0x85, 0x2028, 0x2029:
		return true
	}
	return 0x2000 <= r && r <= 0x200B
}

// lineEnd returns the offset of the line end at or after i.
func (l *Lexer) lineEnd(i int) int {
	for ; i < len(l.text); i++ {
		switch c := l.text[i]; {
		case c == '\n' || c == '\r':
			return i
		case c == 0xE2 && l.isLineSeparator(i):
			return i
		}
	}
	return i
}

// isLineSeparator reports whether U+2028 or U+2029 stands at i.
func (l *Lexer) isLineSeparator(i int) bool {
	return l.byteAt(i) == 0xE2 && l.byteAt(i+1) == 0x80 && l.byteAt(i+2)&^1 == 0xA8
}

// scan moves past one token, of which l.pos is the first byte.
func (l *Lexer) scan() (Kind, Flaw) {
	if l.pos >= len(l.text) {
		return kindEOF, flawNone
	}
	c := l.text[l.pos]
	switch {
	case isWordStart(c):
		return l.scanWord()
	case isDigit(c):
		return l.scanNumber()
	case isStringStart(c):
		if flaw, ok := l.scanString(l.pos); ok {
			return kindString, flaw
		}
	case c == '@' && isStringStart(l.byteAt(l.pos+1)):
		if flaw, ok := l.scanString(l.pos); ok {
			return kindString, flaw
		}
	case c == '#':
		l.pos = l.lineEnd(l.pos)
		return kindDirective, flawNone
	case c == '!':
		if kind, n := l.bangKeyword(); n > 0 {
			l.pos += n
			return kind, flawNone
		}
	}
	if kind, n := l.punctuation(c); n > 0 {
		l.pos += n
		return kind, flawNone
	}
	if c < utf8.RuneSelf {
		l.pos++
		return kindBad, flawCharacter
	}
	r, size := utf8.DecodeRuneInString(l.text[l.pos:])
	l.pos += size
	if r == utf8.RuneError && size == 1 {
		return kindBad, flawEncoding
	}
	return kindBad, flawCharacter
}

// punctuation returns the operator or bracket that begins with c, and its length, 0 when there is none.
func (l *Lexer) punctuation(c byte) (Kind, int) {
	next := l.byteAt(l.pos + 1)
	switch c {
	case '(':
		return kindOpenParen, 1
	case ')':
		return kindCloseParen, 1
	case '[':
		return kindOpenBracket, 1
	case ']':
		return kindCloseBracket, 1
	case '{':
		return kindOpenBrace, 1
	case '}':
		return kindCloseBrace, 1
	case '|':
		return kindBar, 1
	case '.':
		if next == '.' {
			return kindDotDot, 2
		}
		return kindDot, 1
	case '+':
		return kindPlus, 1
	case '-':
		return kindMinus, 1
	case '*':
		return kindAsterisk, 1
	case '/':
		return kindSlash, 1
	case '%':
		return kindPercent, 1
	case '<':
		switch next {
		case '=':
			return kindLessEqual, 2
		case '|':
			return kindLessBar, 2
		case '>':
			return kindLessGreater, 2
		}
		return kindLess, 1
	case '>':
		if next == '=' {
			return kindGreaterEqual, 2
		}
		return kindGreater, 1
	case '=':
		switch next {
		case '=':
			return kindEqualEqual, 2
		case '>':
			return kindFatArrow, 2
		case '~':
			return kindEqualTilde, 2
		}
		return kindEqual, 1
	case '!':
		switch next {
		case '=':
			return kindBangEqual, 2
		case '~':
			return kindBangTilde, 2
		}
	case ':':
		return kindColon, 1
	case ';':
		return kindSemicolon, 1
	case ',':
		return kindComma, 1
	case '@':
		return kindAt, 1
	case '?':
		return kindQuestion, 1
	}
	return kindBad, 0
}

// bangKeyword returns the operator that begins with !, such as !has or !in~, and its length, 0 when there is none.
func (l *Lexer) bangKeyword() (Kind, int) {
	n := 1
	for isWordByte(l.byteAt(l.pos + n)) {
		n++
	}
	if l.byteAt(l.pos+n) == '~' && l.text[l.pos:l.pos+n] == "!in" && !isWordByte(l.byteAt(l.pos+n+1)) {
		return kwNotInCI, n + 1
	}
	if kind := keywordOf(l.text[l.pos : l.pos+n]); kind != kindIdentifier {
		return kind, n
	}
	return kindBad, 0
}

// scanWord moves past an identifier, a keyword, a keyword with its bracketed value such as datetime(2026-01-05), or a
// string that begins with h.
func (l *Lexer) scanWord() (Kind, Flaw) {
	start := l.pos
	end := start + 1
	for isWordByte(l.byteAt(end)) {
		end++
	}
	l.pos = end
	word := l.text[start:end]
	if kind, more := l.compound(word, end); more > 0 {
		l.pos = end + more
		return kind, flawNone
	}
	if kind := keywordOf(word); kind != kindIdentifier {
		if l.byteAt(end) == '(' {
			if literal := bracketedLiteral(kind); literal != kindBad {
				return literal, l.scanBracketed(end)
			}
		}
		return kind, flawNone
	}
	switch word {
	case "true", "false", "True", "False", "TRUE", "FALSE":
		return kindBool, flawNone
	case "h", "H":
		if next := l.byteAt(end); isStringStart(next) || next == '@' {
			if flaw, ok := l.scanString(start); ok {
				return kindString, flaw
			}
		}
	}
	if n := l.rawGUID(start); n > 0 {
		l.pos = start + n
		return kindRawGUID, flawNone
	}
	return kindIdentifier, flawNone
}

// compound returns the keyword of several parts that begins with word, such as project-away, and the length of what follows
// the word, 0 when there is none.
func (l *Lexer) compound(word string, end int) (Kind, int) {
	var tails []string
	switch l.byteAt(end) {
	case '-':
		tails = dashedTails(word)
	case '.':
		if word != "hint" {
			return kindBad, 0
		}
		tails = hintTails[:]
	case '~':
		if word == "in" && !isWordByte(l.byteAt(end+1)) {
			return kwInCI, 1
		}
		return kindBad, 0
	case ' ':
		if word == "matches" && l.followedBy(end, " regex") {
			return kwMatchesRegex, len(" regex")
		}
		return kindBad, 0
	default:
		return kindBad, 0
	}
	for _, tail := range tails {
		if l.followedBy(end, tail) {
			return keywordOf(l.text[end-len(word) : end+len(tail)]), len(tail)
		}
	}
	return kindBad, 0
}

// followedBy reports whether the tail stands at offset i as a whole.
func (l *Lexer) followedBy(i int, tail string) bool {
	return strings.HasPrefix(l.text[i:], tail) && !isWordByte(l.byteAt(i+len(tail)))
}

var hintTails = [...]string{
	".concurrency", ".distribution", ".materialized", ".progressive_top", ".remote", ".shufflekey", ".spread", ".strategy",
}

// The tails of dashed keywords, longest first where one begins another.
var (
	projectTails = [...]string{"-away", "-by-names", "-keep", "-rename", "-reorder", "-smart"}
	graphTails   = [...]string{"-match", "-shortest-paths", "-to-table", "-mark-components", "-where-nodes", "-where-edges"}
	mvTails      = [...]string{"-expand", "-apply"}
	topTails     = [...]string{"-nested", "-hitters"}
	parseTails   = [...]string{"-where", "-kv"}
	makeTails    = [...]string{"-series", "-graph"}
	grannyTails  = [...]string{"-asc", "-desc"}
	setTails     = [...]string{"-or-append", "-or-replace"}
	viewTails    = [...]string{"-view-combine", "-views"}
	assertTails  = [...]string{"-schema"}
	sampleTails  = [...]string{"-distinct"}
	macroTails   = [...]string{"-expand"}
	byTails      = [...]string{"-by"}
	commandTails = [...]string{"-and-queries"}
)

func dashedTails(word string) []string {
	switch word {
	case "project":
		return projectTails[:]
	case "graph":
		return graphTails[:]
	case "mv":
		return mvTails[:]
	case "top":
		return topTails[:]
	case "parse":
		return parseTails[:]
	case "make":
		return makeTails[:]
	case "granny":
		return grannyTails[:]
	case "set":
		return setTails[:]
	case "materialized":
		return viewTails[:]
	case "assert":
		return assertTails[:]
	case "sample":
		return sampleTails[:]
	case "macro":
		return macroTails[:]
	case "partitioned":
		return byTails[:]
	case "commands":
		return commandTails[:]
	}
	return nil
}

// bracketedLiteral returns the literal that a type's name with a bracket begins, kindBad when it is no such type.
func bracketedLiteral(kind Kind) Kind {
	switch kind {
	case kwLong, kwInt64:
		return kindLong
	case kwInt, kwInt32:
		return kindInt
	case kwReal, kwDouble:
		return kindReal
	case kwDecimal:
		return kindDecimal
	case kwBool:
		return kindBool
	case kwDatetime, kwDate:
		return kindDateTime
	case kwTime, kwTimespan:
		return kindTimespan
	case kwGuid:
		return kindGUID
	}
	return kindBad
}

// scanBracketed moves past (...), of which the bracket is at i: to the first closing bracket of the same line.
func (l *Lexer) scanBracketed(i int) Flaw {
	for i++; i < len(l.text); i++ {
		c := l.text[i]
		if c == ')' {
			l.pos = i + 1
			return flawNone
		}
		if c == '\n' || c == '\r' || c == 0xE2 && l.isLineSeparator(i) {
			break
		}
	}
	l.pos = i
	return flawUnclosed
}

// rawGUID returns 36 when a guid stands at i, else 0.
func (l *Lexer) rawGUID(i int) int {
	if i+36 > len(l.text) {
		return 0
	}
	for n := 0; n < 36; n++ {
		switch c := l.text[i+n]; n {
		case 8, 13, 18, 23:
			if c != '-' {
				return 0
			}
		default:
			if !isHex(c) {
				return 0
			}
		}
	}
	return 36
}

// scanNumber moves past a number, a timespan such as 1.5h, a guid, or a name that begins with a digit.
func (l *Lexer) scanNumber() (Kind, Flaw) {
	start := l.pos
	if n := l.rawGUID(start); n > 0 {
		l.pos += n
		return kindRawGUID, flawNone
	}
	if l.followedBy(start, "3Dchart") {
		l.pos += len("3Dchart")
		return kwReserved, flawNone
	}
	digits := l.digits(start)
	if end := l.real(digits); end > 0 {
		l.pos = end
		return kindReal, flawNone
	}
	if end := l.timespan(digits); end > 0 {
		l.pos = end
		return kindTimespan, flawNone
	}
	end := digits
	if digits == start+1 && l.text[start] == '0' && l.byteAt(digits)|0x20 == 'x' && isHex(l.byteAt(digits+1)) {
		for end = digits + 1; isHex(l.byteAt(end)); end++ {
		}
	}
	if !isWordByte(l.byteAt(end)) {
		l.pos = end
		return kindLong, flawNone
	}
	for end = digits; isWordByte(l.byteAt(end)); end++ {
	}
	l.pos = end
	return kindIdentifier, flawNone
}

func (l *Lexer) digits(i int) int {
	for isDigit(l.byteAt(i)) {
		i++
	}
	return i
}

// real returns the end of a real whose digits end at i, 0 when it is none: 1.5, 1., 1e5, but not the 1 of 1..2.
func (l *Lexer) real(i int) int {
	if l.byteAt(i) == '.' && (l.byteAt(i+1) != '.' || l.byteAt(i+2) == '.') {
		i = l.digits(i + 1)
		if end := l.exponent(i); end > 0 {
			i = end
		}
	} else if i = l.exponent(i); i == 0 {
		return 0
	}
	if isWordByte(l.byteAt(i)) {
		return 0
	}
	return i
}

func (l *Lexer) exponent(i int) int {
	if l.byteAt(i)|0x20 != 'e' {
		return 0
	}
	i++
	if c := l.byteAt(i); c == '+' || c == '-' {
		i++
	}
	if !isDigit(l.byteAt(i)) {
		return 0
	}
	return l.digits(i)
}

// timespan returns the end of a timespan whose first digits end at i, 0 when it is none.
func (l *Lexer) timespan(i int) int {
	if l.byteAt(i) == '.' && isDigit(l.byteAt(i+1)) {
		i = l.digits(i + 1)
	}
	end := i
	for isLetter(l.byteAt(end)) {
		end++
	}
	if isWordByte(l.byteAt(end)) {
		return 0
	}
	if _, ok := timespanUnit(l.text[i:end]); !ok {
		return 0
	}
	return end
}

// scanString moves past a string that begins at start: 'x', "x", @"x", h'x', ```x``` or ~~~x~~~. It reports false when no
// string begins there, and then has not moved.
func (l *Lexer) scanString(start int) (Flaw, bool) {
	i := start
	if c := l.text[i]; c == 'h' || c == 'H' {
		i++
	}
	verbatim := l.byteAt(i) == '@'
	if verbatim {
		i++
	}
	quote := l.byteAt(i)
	switch quote {
	case '\'', '"':
		end, flaw := l.stringEnd(i+1, quote, verbatim)
		l.pos = end
		return flaw, true
	case '`', '~':
		fence := "```"
		if quote == '~' {
			fence = "~~~"
		}
		if !strings.HasPrefix(l.text[i:], fence) {
			return flawNone, false
		}
		n := strings.Index(l.text[i+3:], fence)
		if n < 0 {
			l.pos = len(l.text)
			return flawUnclosed, true
		}
		l.pos = i + 3 + n + 3
		return flawNone, true
	}
	return flawNone, false
}

// stringEnd returns the offset past a string's end, of which i is the first byte of content. A string that is not closed ends
// with its line. After a wrong escape the scan goes on, so that one slip does not turn the rest of the line inside out.
func (l *Lexer) stringEnd(i int, quote byte, verbatim bool) (end int, flaw Flaw) {
	for i < len(l.text) {
		switch c := l.text[i]; {
		case c == quote:
			if !verbatim || l.byteAt(i+1) != quote {
				return i + 1, flaw
			}
			i += 2
		case c == '\\' && !verbatim:
			n := l.escape(i)
			if n == 0 {
				flaw, n = flawEscape, 1
			}
			i += n
		case c == '\r' || c == '\n':
			return i, max(flaw, flawUnclosed)
		default:
			i++
		}
	}
	return i, max(flaw, flawUnclosed)
}

// escape returns the length of the escape at i, 0 when it is none.
func (l *Lexer) escape(i int) int {
	hex := 0
	switch c := l.byteAt(i + 1); c {
	case '\\', '\'', '"', 'a', 'b', 'f', 'n', 'r', 't', 'v':
		return 2
	case 'x':
		hex = 2
	case 'u':
		hex = 4
	case 'U':
		hex = 8
	case '0', '1', '2', '3', '4', '5', '6', '7':
		n := 2
		if d := l.byteAt(i + 2); '0' <= d && d <= '7' {
			n++
			if d := l.byteAt(i + 3); '0' <= d && d <= '7' && c <= '3' {
				n++
			}
		}
		return n
	default:
		return 0
	}
	for n := 0; n < hex; n++ {
		if !isHex(l.byteAt(i + 2 + n)) {
			return 0
		}
	}
	return hex + 2
}
