package syntax

// Kind is what a token is.
type Kind uint16

// The tokens that are no keywords.
const (
	kindEOF Kind = iota
	kindBad
	kindIdentifier
	kindDirective // # to the end of its line
	kindString
	kindBool
	kindLong
	kindInt
	kindReal
	kindDecimal
	kindDateTime
	kindTimespan
	kindGUID
	kindRawGUID // a guid without guid(...)
	kindOpenParen
	kindCloseParen
	kindOpenBracket
	kindCloseBracket
	kindOpenBrace
	kindCloseBrace
	kindBar
	kindDot
	kindDotDot
	kindPlus
	kindMinus
	kindAsterisk
	kindSlash
	kindPercent
	kindLess
	kindLessEqual
	kindLessBar
	kindLessGreater
	kindGreater
	kindGreaterEqual
	kindEqual
	kindEqualEqual
	kindFatArrow
	kindEqualTilde
	kindBangEqual
	kindBangTilde
	kindColon
	kindSemicolon
	kindComma
	kindAt
	kindQuestion
	firstKeyword
)

// isKeyword reports whether the token is one of the language's keywords.
func (k Kind) isKeyword() bool { return k >= firstKeyword }

// isLiteral reports whether the token is a literal by itself.
func (k Kind) isLiteral() bool { return kindString <= k && k <= kindRawGUID }

// Token is a part of the text: text[Start:End]. Blanks and comments lie between tokens.
type Token struct {
	Kind  Kind
	Flaw  Flaw
	Start int32
	End   int32
}

// Flaw says what is wrong with a token by itself.
type Flaw uint8

// The flaws.
const (
	flawNone      Flaw = iota
	flawUnclosed       // a string or bracketed literal does not end
	flawEscape         // a string holds a wrong escape
	flawCharacter      // no token of the language begins like this
	flawEncoding       // the bytes are no UTF-8
)

// Span returns the token's place.
func (t Token) Span() Span { return Span{Start: int(t.Start), End: int(t.End)} }

// Lexer cuts a text into tokens, one a call of Next. It allocates nothing for a token. The text must be shorter than 2 GiB.
type Lexer struct {
	text string
	pos  int
	// comments, when not nil, is given each comment's place.
	comments *[]Span
}

// NewLexer returns a lexer at the beginning of the text.
func NewLexer(text string) *Lexer { return &Lexer{text: text} }

// byteAt returns a byte of the text, 0 past its end.
func (l *Lexer) byteAt(i int) byte {
	if i < len(l.text) {
		return l.text[i]
	}
	return 0
}

func isLetter(c byte) bool      { return 'a' <= c|0x20 && c|0x20 <= 'z' }
func isDigit(c byte) bool       { return '0' <= c && c <= '9' }
func isHex(c byte) bool         { return isDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'f' }
func isWordStart(c byte) bool   { return isLetter(c) || c == '_' || c == '$' }
func isWordByte(c byte) bool    { return isLetter(c) || isDigit(c) || c == '_' }
func isStringStart(c byte) bool { return c == '\'' || c == '"' || c == '`' || c == '~' }
