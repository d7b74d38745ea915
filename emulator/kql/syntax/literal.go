package syntax

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/cockroachdb/apd/v3"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
)

// Ticks (100 ns) in each unit.
const (
	ticksMicrosecond = 10
	ticksMillisecond = 1000 * ticksMicrosecond
	ticksSecond      = 1000 * ticksMillisecond
	ticksMinute      = 60 * ticksSecond
	ticksHour        = 60 * ticksMinute
	ticksDay         = 24 * ticksHour
)

// timespanUnit returns the ticks of a unit such as d or milliseconds; a nanosecond is 0, because it is less than a tick.
func timespanUnit(word string) (int64, bool) {
	switch word {
	case "d", "day", "days":
		return ticksDay, true
	case "h", "hr", "hrs", "hour", "hours":
		return ticksHour, true
	case "m", "min", "minute", "minutes":
		return ticksMinute, true
	case "s", "sec", "second", "seconds":
		return ticksSecond, true
	case "ms", "milli", "millis", "millisec", "millisecond", "milliseconds":
		return ticksMillisecond, true
	case "micro", "micros", "microsec", "microsecond", "microseconds":
		return ticksMicrosecond, true
	case "tick", "ticks":
		return 1, true
	case "nano", "nanos", "nanosec", "nanosecond", "nanoseconds":
		return 0, true
	}
	return 0, false
}

// literalValue reads a literal token's text; ok is false when it cannot be read as its type, and the value is then null.
func literalValue(kind Kind, text string) (v value.Value, ok bool) {
	content, bracketed := inBrackets(text)
	typ := literalType(kind)
	if bracketed && content == "null" {
		return value.Null(typ), true
	}
	switch kind {
	case kindBool:
		v, ok = boolValue(content)
	case kindLong:
		var i int64
		if i, ok = parseInteger(content, 64); ok {
			v = value.NewLong(i)
		}
	case kindInt:
		var i int64
		if i, ok = parseInteger(content, 32); ok {
			v = value.NewInt(i)
		}
	case kindReal:
		var f float64
		if f, ok = parseReal(content); ok {
			v = value.NewReal(f)
		}
	case kindDecimal:
		if d, _, err := apd.NewFromString(content); err == nil && d.Form == apd.Finite {
			v, ok = value.NewDecimal(d), true
		}
	case kindGUID, kindRawGUID:
		var s string
		if s, ok = parseGUID(content); ok {
			v = value.NewGUID(s)
		}
	case kindDateTime:
		var t int64
		if t, ok = parseDateTime(unquoted(content)); !ok {
			t, ok = value.ParseDateTime(unquoted(content)) // the notations that only todatetime() documents
		}
		if ok {
			v = value.NewDateTime(t)
		}
	case kindTimespan:
		var t int64
		if t, ok = parseTimespan(unquoted(content)); ok {
			v = value.NewTimespan(t)
		}
	}
	if !ok {
		return value.Null(typ), false
	}
	return v, true
}

func literalType(kind Kind) value.Type {
	switch kind {
	case kindBool:
		return value.Bool
	case kindLong:
		return value.Long
	case kindInt:
		return value.Int
	case kindReal:
		return value.Real
	case kindDecimal:
		return value.Decimal
	case kindDateTime:
		return value.DateTime
	case kindTimespan:
		return value.Timespan
	case kindGUID, kindRawGUID:
		return value.GUID
	}
	return value.String
}

// inBrackets returns the content of type(content), trimmed, or the text itself when it has no brackets.
func inBrackets(text string) (string, bool) {
	open := strings.IndexByte(text, '(')
	if open < 0 {
		return text, false
	}
	return strings.TrimSpace(strings.TrimSuffix(text[open+1:], ")")), true
}

// unquoted strips the quotes that datetime("2026-01-05") and time('1h') may have.
func unquoted(s string) string {
	if n := len(s); n >= 2 && (s[0] == '"' || s[0] == '\'') && s[n-1] == s[0] {
		return strings.TrimSpace(s[1 : n-1])
	}
	return s
}

func boolValue(s string) (value.Value, bool) {
	switch strings.ToLower(s) {
	case "true", "1":
		return value.NewBool(true), true
	case "false", "0":
		return value.NewBool(false), true
	}
	if i, ok := parseInteger(s, 64); ok {
		return value.NewBool(i != 0), true
	}
	return value.Value{}, false
}

func parseInteger(s string, bits int) (int64, bool) {
	negative := strings.HasPrefix(s, "-")
	digits := strings.TrimPrefix(s, "+")
	if negative {
		digits = s[1:]
	}
	if len(digits) > 2 && digits[0] == '0' && digits[1]|0x20 == 'x' {
		u, err := strconv.ParseUint(digits[2:], 16, bits)
		if err != nil {
			return 0, false
		}
		i := int64(u)
		if bits == 32 {
			i = int64(int32(u))
		}
		if negative {
			i = -i
		}
		return i, true
	}
	if digits == "" || !isDigit(digits[0]) {
		return 0, false
	}
	if negative {
		digits = s
	}
	i, err := strconv.ParseInt(digits, 10, bits)
	return i, err == nil
}

func parseReal(s string) (float64, bool) {
	switch strings.ToLower(s) {
	case "nan":
		return math.NaN(), true
	case "inf", "+inf":
		return math.Inf(1), true
	case "-inf":
		return math.Inf(-1), true
	}
	if strings.ContainsAny(s, "_xXpP") {
		return 0, false
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil && !math.IsInf(f, 0) {
		return 0, false
	}
	return f, true
}

// parseGUID reads a guid with or without dashes or braces and returns it in lower case with dashes.
func parseGUID(s string) (string, bool) {
	s = unquoted(s)
	if len(s) > 2 && s[0] == '{' && s[len(s)-1] == '}' {
		s = s[1 : len(s)-1]
	}
	var out [36]byte
	n := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == '-' && len(s) == 36 && (i == 8 || i == 13 || i == 18 || i == 23) {
			continue
		}
		if !isHex(c) || n == len(out) {
			return "", false
		}
		if n == 8 || n == 13 || n == 18 || n == 23 {
			out[n] = '-'
			n++
		}
		if 'A' <= c && c <= 'F' {
			c += 'a' - 'A'
		}
		out[n] = c
		n++
	}
	if n != len(out) {
		return "", false
	}
	return string(out[:]), true
}

// parseTimespan reads 1.5h, 2 (days), 1.02:03:04.5, 02:03 and the like, with an optional sign, into ticks.
func parseTimespan(s string) (int64, bool) {
	negative := false
	if s != "" && (s[0] == '-' || s[0] == '+') {
		negative = s[0] == '-'
		s = strings.TrimSpace(s[1:])
	}
	var ticks int64
	var ok bool
	if strings.IndexByte(s, ':') >= 0 {
		ticks, ok = parseClockSpan(s)
	} else {
		ticks, ok = parseUnitSpan(s)
	}
	if negative {
		ticks = -ticks
	}
	return ticks, ok
}

// parseUnitSpan reads a number and a unit; without a unit the number counts days.
func parseUnitSpan(s string) (int64, bool) {
	n := 0
	for n < len(s) && (isDigit(s[n]) || s[n] == '.') {
		n++
	}
	number, word := s[:n], strings.TrimSpace(s[n:])
	unit, ok := int64(ticksDay), true
	if word != "" {
		unit, ok = timespanUnit(word)
	}
	if !ok || number == "" {
		return 0, false
	}
	if i, err := strconv.ParseInt(number, 10, 64); err == nil {
		if unit == 0 {
			return i / 100, true
		}
		if i > math.MaxInt64/unit {
			return 0, false
		}
		return i * unit, true
	}
	f, err := strconv.ParseFloat(number, 64)
	if err != nil {
		return 0, false
	}
	per := float64(unit)
	if unit == 0 {
		per = 0.01
	}
	if f*per >= math.MaxInt64 {
		return 0, false
	}
	return int64(math.Round(f * per)), true
}

// parseClockSpan reads [d.]hh:mm[:ss[.fffffff]].
func parseClockSpan(s string) (int64, bool) {
	var days int64
	if dot := strings.IndexByte(s, '.'); dot >= 0 && dot < strings.IndexByte(s, ':') {
		d, err := strconv.ParseUint(s[:dot], 10, 31)
		if err != nil {
			return 0, false
		}
		days, s = int64(d), s[dot+1:]
	}
	ticks, rest, ok := parseClock(s)
	if !ok || rest != "" || days > math.MaxInt64/ticksDay-1 {
		return 0, false
	}
	return days*ticksDay + ticks, true
}

// parseClock reads h:mm[:ss[.fraction]] and returns what follows.
func parseClock(s string) (ticks int64, rest string, ok bool) {
	hours, s, ok := leadingNumber(s, 2)
	if !ok || hours > 23 || s == "" || s[0] != ':' {
		return 0, s, false
	}
	minutes, s, ok := leadingNumber(s[1:], 2)
	if !ok || minutes > 59 {
		return 0, s, false
	}
	ticks = hours*ticksHour + minutes*ticksMinute
	if s == "" || s[0] != ':' {
		return ticks, s, true
	}
	seconds, s, ok := leadingNumber(s[1:], 2)
	if !ok || seconds > 59 {
		return 0, s, false
	}
	ticks += seconds * ticksSecond
	if s == "" || s[0] != '.' && s[0] != ',' {
		return ticks, s, true
	}
	scale := int64(ticksSecond)
	n := 1
	for ; n < len(s) && isDigit(s[n]); n++ {
		scale /= 10
		ticks += int64(s[n]-'0') * scale
	}
	return ticks, s[n:], n > 1
}

// leadingNumber reads up to width digits.
func leadingNumber(s string, width int) (n int64, rest string, ok bool) {
	i := 0
	for i < len(s) && i < width && isDigit(s[i]) {
		n = n*10 + int64(s[i]-'0')
		i++
	}
	return n, s[i:], i > 0
}

// stringValue decodes a string token. hidden says that it is h'...'.
func stringValue(text string, flaw Flaw) (s string, hidden bool) {
	if text[0] == 'h' || text[0] == 'H' {
		hidden, text = true, text[1:]
	}
	verbatim := text[0] == '@'
	if verbatim {
		text = text[1:]
	}
	quote := text[0]
	if quote == '`' || quote == '~' {
		text = text[3:]
		return strings.TrimSuffix(text, string([]byte{quote, quote, quote})), hidden
	}
	text = text[1:]
	if n := len(text); n > 0 && text[n-1] == quote && flaw != flawUnclosed {
		text = text[:n-1]
	}
	if verbatim {
		q := string(quote)
		return strings.ReplaceAll(text, q+q, q), hidden
	}
	if strings.IndexByte(text, '\\') < 0 {
		return text, hidden
	}
	return unescape(text), hidden
}

// unescape decodes the escapes of a string; a wrong one stands for itself.
func unescape(s string) string {
	l := Lexer{text: s}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); {
		n := 0
		if s[i] == '\\' {
			n = l.escape(i)
		}
		if n == 0 {
			out = append(out, s[i])
			i++
			continue
		}
		r := escapeRune(s[i : i+n])
		i += n
		if utf16.IsSurrogate(r) && i < len(s) && s[i] == '\\' {
			if m := l.escape(i); m > 0 {
				if pair := utf16.DecodeRune(r, escapeRune(s[i:i+m])); pair != utf8.RuneError {
					r, i = pair, i+m
				}
			}
		}
		out = utf8.AppendRune(out, r)
	}
	return string(out)
}

func escapeRune(escape string) rune {
	switch c := escape[1]; c {
	case 'a':
		return '\a'
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	case 'v':
		return '\v'
	case 'x', 'u', 'U':
		r, _ := strconv.ParseUint(escape[2:], 16, 32)
		return rune(r)
	case '0', '1', '2', '3', '4', '5', '6', '7':
		r, _ := strconv.ParseUint(escape[1:], 8, 32)
		return rune(r)
	default:
		return rune(c)
	}
}
