package check

import (
	"strings"
	"time"

	"github.com/seed-caab1ad3/blindspot/content"
)

// mask is the function mask, once a query for all checks.
func (p *Pass) mask(q string) string {
	p.results.mu.Lock()
	defer p.results.mu.Unlock()
	m, ok := p.results.masks[q]
	if !ok {
		m = mask(q)
		p.results.masks[q] = m
	}
	return m
}

// mask returns the query with comments and the insides of string literals blanked out, byte for byte, so that words in it are
// words of the language. It follows KQL's literals: '..' and ".." with backslashes, @'..' and @".." without, h and H before
// them, and ``` or ~~~ fences.
func mask(q string) string {
	b := []byte(q)
	blank := func(from, to int) {
		for i := from; i < to && i < len(b); i++ {
			if b[i] != '\n' && b[i] != '\r' {
				b[i] = ' '
			}
		}
	}
	for i := 0; i < len(b); {
		switch c := b[i]; {
		case c == '/' && i+1 < len(b) && b[i+1] == '/':
			j := i
			for j < len(b) && b[j] != '\n' {
				j++
			}
			blank(i, j)
			i = j
		case (c == '`' || c == '~') && i+2 < len(b) && b[i+1] == c && b[i+2] == c:
			end := strings.Index(q[i+3:], q[i:i+3])
			j := len(b)
			if end >= 0 {
				j = i + 3 + end + 3
			}
			blank(i, j)
			i = j
		case c == '"' || c == '\'':
			verbatim := i > 0 && q[i-1] == '@'
			j := i + 1
			for j < len(b) && b[j] != '\n' {
				if q[j] == '\\' && !verbatim {
					j += 2
					continue
				}
				if q[j] == c {
					if verbatim && j+1 < len(b) && q[j+1] == c {
						j += 2
						continue
					}
					break
				}
				j++
			}
			blank(i+1, min(j, len(b)))
			i = j + 1
		default:
			i++
		}
	}
	return string(b)
}

func wordByte(c byte) bool { return wordBytes[c] }

// wordBytes are the digits, letters and the underscore.
var wordBytes = [256]bool{'_': true,
	'0': true, '1': true, '2': true, '3': true, '4': true, '5': true, '6': true, '7': true, '8': true, '9': true,
	'A': true, 'B': true, 'C': true, 'D': true, 'E': true, 'F': true, 'G': true, 'H': true, 'I': true, 'J': true, 'K': true, 'L': true, 'M': true,
	'N': true, 'O': true, 'P': true, 'Q': true, 'R': true, 'S': true, 'T': true, 'U': true, 'V': true, 'W': true, 'X': true, 'Y': true, 'Z': true,
	'a': true, 'b': true, 'c': true, 'd': true, 'e': true, 'f': true, 'g': true, 'h': true, 'i': true, 'j': true, 'k': true, 'l': true, 'm': true,
	'n': true, 'o': true, 'p': true, 'q': true, 'r': true, 's': true, 't': true, 'u': true, 'v': true, 'w': true, 'x': true, 'y': true, 'z': true,
}

// words calls f for every word of a masked query with its offset; f returns false to stop.
func words(masked string, f func(word string, at int) bool) {
	for i := 0; i < len(masked); {
		if !wordByte(masked[i]) {
			i++
			continue
		}
		j := i
		for j < len(masked) && wordByte(masked[j]) {
			j++
		}
		if !f(masked[i:j], i) {
			return
		}
		i = j
	}
}

// each calls f for every place of one word in a masked query; f returns false to stop.
func each(masked, word string, f func(at int) bool) {
	for from := 0; from <= len(masked); {
		i := strings.Index(masked[from:], word)
		if i < 0 {
			return
		}
		i += from
		end := i + len(word)
		if (i == 0 || !wordByte(masked[i-1])) && (end == len(masked) || !wordByte(masked[end])) && !f(i) {
			return
		}
		from = end
	}
}

// hasWord says whether a masked query has a word, and where first.
func hasWord(masked, word string) (at int, ok bool) {
	each(masked, word, func(i int) bool {
		at, ok = i, true
		return false
	})
	return at, ok
}

// skipSpace returns the offset of the next byte that is no blank.
func skipSpace(s string, i int) int {
	for i < len(s) && (s[i] == ' ' || s[i] == '\t' || s[i] == '\n' || s[i] == '\r') {
		i++
	}
	return i
}

// closing returns the offset of the bracket that closes the one at i, len(s) when there is none.
func closing(s string, i int) int {
	depth := 0
	for ; i < len(s); i++ {
		switch s[i] {
		case '(', '[', '{':
			depth++
		case ')', ']', '}':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return len(s)
}

// lets returns the scalar lets of a query whose value is one timespan literal, by name.
func lets(masked string) map[string]time.Duration {
	out := map[string]time.Duration{}
	each(masked, "let", func(at int) bool {
		i := skipSpace(masked, at+3)
		j := i
		for j < len(masked) && wordByte(masked[j]) {
			j++
		}
		name := masked[i:j]
		if j = skipSpace(masked, j); j >= len(masked) || masked[j] != '=' {
			return true
		}
		end := strings.IndexByte(masked[j:], ';')
		if end < 0 {
			return true
		}
		if d, ok := timespan(strings.TrimSpace(masked[j+1:j+end]), out); ok {
			out[name] = d
		}
		return true
	})
	return out
}

// timespan evaluates a sum of timespan literals (14d, 1.5h) and named ones. ok is false for anything else.
func timespan(expr string, named map[string]time.Duration) (total time.Duration, ok bool) {
	if strings.HasPrefix(expr, "(") && closing(expr, 0) == len(expr)-1 {
		return timespan(strings.TrimSpace(expr[1:len(expr)-1]), named)
	}
	if strings.Contains(expr, "+") {
		for _, part := range strings.Split(expr, "+") {
			d, ok := timespan(strings.TrimSpace(part), named)
			if !ok {
				return 0, false
			}
			total += d
		}
		return total, true
	}
	if d, ok := named[expr]; ok {
		return d, true
	}
	if inner, is := strings.CutPrefix(expr, "timespan("); is && strings.HasSuffix(inner, ")") {
		expr = strings.TrimSuffix(inner, ")")
	}
	digits := strings.TrimRight(expr, "abcdefghijklmnopqrstuvwxyz")
	unit := expr[len(digits):]
	var u time.Duration
	switch unit {
	case "d", "day", "days":
		u = 24 * time.Hour
	case "h", "hr", "hrs", "hour", "hours":
		u = time.Hour
	case "m", "min", "minute", "minutes":
		u = time.Minute
	case "s", "sec", "second", "seconds":
		u = time.Second
	default:
		return 0, false
	}
	whole, fraction, _ := strings.Cut(digits, ".")
	if whole == "" || len(whole) > 6 || len(fraction) > 6 {
		return 0, false
	}
	scale := 1.0
	value := 0.0
	for _, c := range whole {
		if c < '0' || c > '9' {
			return 0, false
		}
		value = value*10 + float64(c-'0')
	}
	for _, c := range fraction {
		if c < '0' || c > '9' {
			return 0, false
		}
		scale /= 10
		value += float64(c-'0') * scale
	}
	return time.Duration(value * float64(u)), true
}

// agos calls f for each ago(...) of a query whose argument can be evaluated.
func (p *Pass) agos(query content.Text, f func(d time.Duration, at content.Span)) {
	m := p.mask(query.String())
	if _, any := hasWord(m, "ago"); !any {
		return
	}
	named := lets(m)
	each(m, "ago", func(at int) bool {
		open := skipSpace(m, at+3)
		if open >= len(m) || m[open] != '(' {
			return true
		}
		end := closing(m, open)
		if end < len(m) {
			if d, ok := timespan(strings.TrimSpace(m[open+1:end]), named); ok {
				f(d, query.Span(at, end+1))
			}
		}
		return true
	})
}
