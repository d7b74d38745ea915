package deploy

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/seed-caab1ad3/blindspot/content"
)

// writeYAML prints a record as a file of content: two blanks a level, texts of several lines as blocks, quotes only where
// YAML would read something else. The printed text reads back as the same values.
func writeYAML(rec content.Record) string {
	var b strings.Builder
	printMapping(&b, rec, 0, false)
	return b.String()
}

func pad(b *strings.Builder, n int) {
	for range n {
		b.WriteByte(' ')
	}
}

// printMapping prints entries; when inList is set the first one stands behind a dash already.
func printMapping(b *strings.Builder, rec content.Record, indent int, inList bool) {
	for i, f := range rec {
		if i > 0 || !inList {
			pad(b, indent)
		}
		b.WriteString(key(f.Name))
		b.WriteByte(':')
		printValue(b, f.Value, indent)
	}
}

func key(s string) string {
	if plain(s) {
		return s
	}
	return quote(s)
}

// printValue prints what follows a colon, with the line's end.
func printValue(b *strings.Builder, v any, indent int) {
	switch v := v.(type) {
	case content.Record:
		if len(v) == 0 {
			b.WriteString(" {}\n")
			return
		}
		b.WriteByte('\n')
		printMapping(b, v, indent+2, false)
	case []any:
		if len(v) == 0 {
			b.WriteString(" []\n")
			return
		}
		b.WriteByte('\n')
		printList(b, v, indent+2)
	default:
		b.WriteByte(' ')
		printScalar(b, v, indent+2)
	}
}

func printList(b *strings.Builder, list []any, indent int) {
	for _, x := range list {
		pad(b, indent)
		b.WriteByte('-')
		switch x := x.(type) {
		case content.Record:
			if len(x) == 0 {
				b.WriteString(" {}\n")
				continue
			}
			b.WriteByte(' ')
			printMapping(b, x, indent+2, true)
		case []any:
			if len(x) == 0 {
				b.WriteString(" []\n")
				continue
			}
			b.WriteByte('\n')
			printList(b, x, indent+2)
		default:
			b.WriteByte(' ')
			printScalar(b, x, indent+2)
		}
	}
}

func printScalar(b *strings.Builder, v any, indent int) {
	switch v := v.(type) {
	case string:
		if block(v) {
			printBlock(b, v, indent)
			return
		}
		if plain(v) {
			b.WriteString(v)
		} else {
			b.WriteString(quote(v))
		}
	case nil:
		b.WriteString("null")
	case bool:
		b.WriteString(strconv.FormatBool(v))
	case json.Number:
		b.WriteString(string(v))
	case int:
		b.WriteString(strconv.Itoa(v))
	default:
		b.WriteString(quote(fmt.Sprint(v)))
	}
	b.WriteByte('\n')
}

// block says whether a text can stand as a literal block: it has line breaks, and nothing that a block cannot hold.
func block(s string) bool {
	if !strings.Contains(s, "\n") || strings.Trim(s, "\n ") == "" {
		return false
	}
	for _, r := range s {
		if r != '\n' && r != '\t' && (r < ' ' || r == 0x7F || r == 0x85 || r == 0x2028 || r == 0x2029 || r == 0xFEFF || 0x80 <= r && r < 0xA0 || r == 0xFFFD) {
			return false
		}
	}
	// A first line of blanks, or one that begins with a tab, would hide the indentation.
	return s[0] != '\n' && s[0] != '\t' && s[0] != ' '
}

func printBlock(b *strings.Builder, s string, indent int) {
	body := strings.TrimRight(s, "\n")
	switch trailing := len(s) - len(body); {
	case trailing == 0:
		b.WriteString("|-")
	case trailing == 1:
		b.WriteString("|")
	default:
		b.WriteString("|+")
	}
	b.WriteByte('\n')
	for _, line := range strings.Split(body, "\n") {
		if line != "" {
			pad(b, indent)
			b.WriteString(line)
		}
		b.WriteByte('\n')
	}
	for range len(s) - len(body) - 1 {
		b.WriteByte('\n')
	}
}

// plain says whether a text may stand without quotes. It is stricter than YAML: words, GUIDs, durations, versions, paths
// and sentences without the characters that mean something.
func plain(s string) bool {
	if s == "" || len(s) > 400 || s[0] == ' ' || s[len(s)-1] == ' ' || s[len(s)-1] == ':' {
		return false
	}
	switch strings.ToLower(s) {
	case "null", "true", "false", "yes", "no", "on", "off", "y", "n":
		return false
	}
	letters, first := false, s[0]
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_':
			letters = true
		case '0' <= c && c <= '9':
		case c == ' ' || c == '.' || c == '/' || c == '(' || c == ')' || c == '@' || c == '+' || c == '-' || c == ';' || c == '$' || c == '=' || c == '\'' || c == '<' || c == '>':
			if i == 0 && c != '/' && c != '(' && c != '$' {
				return false
			}
		case c == ':':
			if i+1 < len(s) && s[i+1] == ' ' {
				return false
			}
		case c == ',':
		default:
			return false
		}
	}
	if '0' <= first && first <= '9' || first == '.' {
		return letters && numeral(s) == false
	}
	return letters
}

// numeral says whether a text that begins with a digit could be read as a number, a date or a number of base 60.
func numeral(s string) bool {
	if strings.ContainsAny(s, ":") {
		return true
	}
	if len(s) == 36 && strings.Count(s, "-") == 4 {
		return false // a GUID
	}
	if n := len(s); n <= 6 && strings.ContainsAny(s[n-1:], "dhms") {
		if _, err := strconv.Atoi(s[:n-1]); err == nil {
			return false // a duration
		}
	}
	return true
}

// quote writes a text between quotes: single ones where they do, else double ones.
func quote(s string) string {
	simple := true
	for _, r := range s {
		if r < ' ' || r == 0x7F || r == 0x85 || 0x80 <= r && r <= 0xA0 || r == 0x2028 || r == 0x2029 || r == 0xFEFF || r >= 0xFFFD {
			simple = false
		}
	}
	if simple && strings.TrimSpace(s) == s && s != "" && len(s) < 200 {
		if !strings.ContainsAny(s, `"\`) {
			return `"` + s + `"`
		}
		return "'" + strings.ReplaceAll(s, "'", "''") + "'"
	}
	return content.DoubleQuoted(s)
}

// plainValues turns records into decoded JSON.
func plainValues(v any) any {
	switch v := v.(type) {
	case content.Record:
		m := make(map[string]any, len(v))
		for _, f := range v {
			m[f.Name] = plainValues(f.Value)
		}
		return m
	case []any:
		l := make([]any, len(v))
		for i := range v {
			l[i] = plainValues(v[i])
		}
		return l
	}
	return v
}
